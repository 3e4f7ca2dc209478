"""What people say to the prediction, read out of an action's fields. RefusedError carries the reason back."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from skydas.assess.predict.lost import Area
from skydas.errors import RefusedError
from skydas.model import Action, FloatArray

CORNERS_MAX: Final = 100
LAYERS_MAX: Final = 200
RADIUS_M_MAX: Final = 200_000.0
WIND_MPS_MAX: Final = 150.0


def number(action: Action, field: str, low: float, high: float, default: float | None = None) -> float:
    """Return one number between two; without a default it must be there."""
    text = action.fields.get(field, "").strip()
    if not text and default is not None:
        return default
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        raise RefusedError(f"{action.what} needs {field}, a number from {low:g} to {high:g}, got {text!r}")
    return value


def whole(action: Action, field: str) -> int:
    """Return a whole number from 1 on."""
    text = action.fields.get(field, "").strip()
    if not (text.isascii() and text.isdecimal() and len(text) <= 10 and int(text) >= 1):
        raise RefusedError(f"{action.what} needs {field}, a whole number from 1, got {text!r}")
    return int(text)


def area(action: Action) -> Area:
    """Return the searched area: `ring`, corners "lat,lon lat,lon ...", or `latitude_deg, longitude_deg, radius_m`."""
    text = action.fields.get("ring", "").strip()
    if not text:
        return Area(
            latitude_deg=number(action, "latitude_deg", -90.0, 90.0),
            longitude_deg=number(action, "longitude_deg", -180.0, 180.0),
            radius_m=number(action, "radius_m", 1.0, RADIUS_M_MAX),
        )
    corners = [_corner(action, pair) for pair in text.split()]
    if corners[0] == corners[-1]:
        corners.pop()
    if not 3 <= len(corners) <= CORNERS_MAX:
        raise RefusedError(f"a ring has 3 to {CORNERS_MAX} corners, got {len(corners)}")
    if crosses_itself(corners):
        raise RefusedError("the ring crosses itself: give its corners in the order in which one walks around it")
    return Area(ring=tuple(corners))


def _corner(action: Action, pair: str) -> tuple[float, float]:
    try:
        latitude_deg, longitude_deg = (float(part) for part in pair.split(","))
    except ValueError:
        raise RefusedError(f"{action.what}: a corner is latitude,longitude in degrees, got {pair[:40]!r}") from None
    if not (abs(latitude_deg) <= 90.0 and abs(longitude_deg) <= 180.0):
        raise RefusedError(f"{action.what}: a corner lies outside the world: {pair[:40]!r}")
    return latitude_deg, longitude_deg


def crosses_itself(ring: list[tuple[float, float]]) -> bool:
    """Return whether two sides that are no neighbours meet."""
    sides = list(zip(ring, ring[1:] + ring[:1], strict=True))
    for i, (a, b) in enumerate(sides):
        for j in range(i + 2, len(sides)):
            if i == 0 and j == len(sides) - 1:
                continue
            c, d = sides[j]
            if _side(a, b, c) * _side(a, b, d) <= 0.0 and _side(c, d, a) * _side(c, d, b) <= 0.0:
                return True
    return False


def _side(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def wind_profile(action: Action) -> tuple[FloatArray, FloatArray]:
    """Return heights (n,) and where the air goes to, east and north (n, 2), of `profile`.

    One layer is height (m), direction that the wind comes from (deg), speed (m/s): "0,230,5 1500,250,12 5500,270,25".
    """
    found = []
    layers = action.fields.get("profile", "").split()
    if not 1 <= len(layers) <= LAYERS_MAX:
        raise RefusedError(f"set_wind needs profile with 1 to {LAYERS_MAX} layers height_m,from_deg,speed_mps")
    for layer in layers:
        try:
            height_m, from_deg, speed_mps = (float(part) for part in layer.split(","))
        except ValueError:
            raise RefusedError(f"a layer is height_m,from_deg,speed_mps, got {layer[:40]!r}") from None
        if not (0.0 <= height_m <= 40_000.0 and 0.0 <= from_deg <= 360.0 and 0.0 <= speed_mps <= WIND_MPS_MAX):
            raise RefusedError(f"a layer is out of bounds (40 km, 360 deg, {WIND_MPS_MAX:g} m/s): {layer[:40]!r}")
        to_rad = math.radians(from_deg + 180.0)
        found.append((height_m, speed_mps * math.sin(to_rad), speed_mps * math.cos(to_rad)))
    table = np.array(found)
    if (np.diff(table[:, 0]) <= 0.0).any():
        raise RefusedError("the layers' heights must rise")
    return table[:, 0], table[:, 1:]
