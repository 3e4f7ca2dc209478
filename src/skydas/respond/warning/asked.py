"""What a person asks for, as text fields of an action, made into a `Change`. Every fault is a RefusedError in words.

level         yellow, red
certainty     observed, likely
ring          "54.90,25.10 54.95,25.30 54.80,25.25": corners, latitude and longitude in degrees
circle        "54.90,25.10,12": centre and radius in km
cone          "0,54.9,25.1,500;60,54.92,25.14,900": s ahead, latitude, longitude, radius in m (`Assessed.cone`)
counties      "LT-UT LT-VL": ISO 3166-2 codes
expires_min   minutes
cause         in words
headline.lt   and description.*, instruction.*: people's own words
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from skydas.errors import RefusedError
from skydas.respond.warning import texts
from skydas.respond.warning.areas import RADIUS_M_MAX, Ring, circle_ring, cone_ring
from skydas.respond.warning.counties import COUNTIES
from skydas.respond.warning.drafts import Change

CONE_MAX: Final = 60  # places
_CHI_90: Final = 2.146  # radius of a circle that holds 90 % of a round normal distribution, in sigmas
_RADIUS_M_MIN: Final = 500.0
_AHEAD_S: Final = tuple(range(0, 601, 60))
Cone = list[tuple[float, float, float, float]]


def change_of(fields: Mapping[str, str], ahead: Cone | None = None) -> Change:
    """Return what the fields ask for; `ahead` is the cone of the track that they name."""
    own = {}
    for key, text in fields.items():
        part, dot, language = key.partition(".")
        if dot and part in texts.PARTS:
            own[language, part] = text
    return Change(
        level=fields.get("level"),
        certainty=fields.get("certainty"),
        ring=_ring(fields, ahead),
        areas=_counties(fields["counties"]) if "counties" in fields else None,
        expires_min=_number(fields["expires_min"], "expires_min") if "expires_min" in fields else None,
        cause=fields.get("cause"),
        texts=own,
    )


def cone_ahead(
    latitude_deg: float, longitude_deg: float, v_east_mps: float, v_north_mps: float, sigma_m: float, sigma_mps: float
) -> Cone:
    """Return where a track goes if it flies on straight, for ten minutes: for nodes that assess nothing."""
    cone = []
    north_m_per_deg = 111_195.0
    east_m_per_deg = north_m_per_deg * max(math.cos(math.radians(latitude_deg)), 0.01)
    for s in _AHEAD_S:
        radius_m = max(_CHI_90 * math.hypot(sigma_m, s * sigma_mps), _RADIUS_M_MIN)
        cone.append(
            (
                float(s),
                latitude_deg + s * v_north_mps / north_m_per_deg,
                longitude_deg + s * v_east_mps / east_m_per_deg,
                min(radius_m, RADIUS_M_MAX),
            )
        )
    return cone


def _ring(fields: Mapping[str, str], ahead: Cone | None) -> Ring | None:
    given = [key for key in ("ring", "circle", "cone") if key in fields]
    if len(given) > 1:
        raise RefusedError(f"one area at a time, got {' and '.join(given)}")
    if "ring" in fields:
        corners = [_numbers(pair, 2, "ring") for pair in fields["ring"].split()]
        if len(corners) > 1 and corners[0] == corners[-1]:
            corners.pop()
        return tuple((corner[0], corner[1]) for corner in corners)
    if "circle" in fields:
        latitude_deg, longitude_deg, radius_km = _numbers(fields["circle"], 3, "circle")
        return circle_ring(latitude_deg, longitude_deg, _radius_m(1_000.0 * radius_km))
    if "cone" in fields:
        places = [_numbers(place, 4, "cone") for place in fields["cone"].split(";") if place.strip()]
        if not 1 <= len(places) <= CONE_MAX:
            raise RefusedError(f"cone: 1 to {CONE_MAX} places, got {len(places)}")
        return cone_ring([(s, lat, lon, _radius_m(radius_m)) for s, lat, lon, radius_m in places])
    return None if ahead is None else cone_ring(ahead)


def _radius_m(radius_m: float) -> float:
    if not 10.0 <= radius_m <= RADIUS_M_MAX:
        raise RefusedError(f"a radius of {radius_m:.0f} m: expected 10 m to {RADIUS_M_MAX / 1000.0:.0f} km")
    return radius_m


def _counties(text: str) -> tuple[tuple[str, str], ...]:
    codes = dict.fromkeys(text.replace(",", " ").upper().split())
    unknown = [code for code in codes if code not in COUNTIES]
    if unknown:
        raise RefusedError(
            f"counties: {', '.join(unknown)[:80]}: expected ISO 3166-2 codes such as LT-UT, LV-RIX, EE-37"
        )
    return tuple((code, COUNTIES[code]) for code in codes)


def _numbers(text: str, count: int, what: str) -> list[float]:
    parts = text.split(",")
    if len(parts) != count:
        raise RefusedError(f"{what}: expected {count} numbers with commas between, got {text[:60]!r}")
    return [_number(part, what) for part in parts]


def _number(text: str, what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise RefusedError(f"{what}: expected a number, got {text[:40]!r}") from None
    if not math.isfinite(value):
        raise RefusedError(f"{what}: expected a finite number, got {text[:40]!r}")
    return value
