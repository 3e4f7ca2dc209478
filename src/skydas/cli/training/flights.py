"""`Flight`: where one object was, as samples through which a smooth path is laid."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from skydas.geo import TangentPlane
from skydas.model import BoolArray, FloatArray, ObjectClass

GAP_S_MAX: Final = 25.0  # a longer silence ends a piece
PIECE_S_MIN: Final = 150.0
SAMPLES_MIN: Final = 8
STEP_MPS_MAX: Final = 350.0  # a faster step is a fault of the recording: the flight is cut there


class Flight(NamedTuple):
    """One piece of one object's path without a long gap."""

    kind: ObjectClass
    source: str  # what was recorded together: one airfield, flock or trial on one day is one source
    name: str  # of the object
    is_real: bool
    t_s: FloatArray  # (n,) rising
    place_m: FloatArray  # (n, 3) east, north about its own middle; height as recorded
    ground_m: float  # height of the ground, by the same measure; of a recording the usual one of its region

    @property
    def length_s(self) -> float:
        """Return how long it lasts."""
        return float(self.t_s[-1] - self.t_s[0])

    def thinned(self, step_s: float) -> Flight:
        """Return the flight with a sample each `step_s` at most."""
        keep = np.concatenate(([True], np.diff(np.floor(self.t_s / step_s)) > 0.0))
        keep[-1] = True
        return self._replace(t_s=self.t_s[keep], place_m=self.place_m[keep])

    def path(self) -> Path:
        """Return the path through the samples."""
        return Path(self)


class Path:
    """A smooth curve through a flight's samples: cubic where they are seconds apart, straight between dense ones."""

    def __init__(self, flight: Flight) -> None:
        from scipy.interpolate import Akima1DInterpolator

        step_s = float(np.median(np.diff(flight.t_s)))
        self._t_s, self._place_m = flight.t_s, flight.place_m
        self._curve = Akima1DInterpolator(flight.t_s, flight.place_m) if step_s > 1.5 else None

    def at(self, t_s: FloatArray) -> FloatArray:
        """Return places, (n, 3), at instants within the flight."""
        if self._curve is not None:
            return np.asarray(self._curve(np.clip(t_s, self._t_s[0], self._t_s[-1])))
        return np.column_stack([np.interp(t_s, self._t_s, self._place_m[:, a]) for a in range(3)])


def pieces(
    kind: ObjectClass,
    source: str,
    name: str,
    t_s: FloatArray,
    geodetic: tuple[FloatArray, FloatArray, FloatArray],
    flying: BoolArray | None,
    ground_m: float,
) -> list[Flight]:
    """Return the pieces of a recording, (n,) latitude and longitude in degrees and height in metres.

    flying : (n,) of bool, where the object is in the air; None: throughout
    """
    latitude, longitude, height = geodetic
    good = np.isfinite(latitude) & np.isfinite(longitude) & np.isfinite(height) & np.isfinite(t_s)
    if flying is not None:
        good &= np.asarray(flying, np.bool_)
    order = np.argsort(t_s[good], kind="stable")
    t, latitude, longitude, height = (column[good][order] for column in (t_s, latitude, longitude, height))
    rising = np.concatenate(([True], np.diff(t) > 0.0)) if len(t) else np.zeros(0, np.bool_)
    t, latitude, longitude, height = t[rising], latitude[rising], longitude[rising], height[rising]
    found = []
    for part in np.split(np.arange(len(t)), np.flatnonzero(np.diff(t) > GAP_S_MAX) + 1):
        if len(part) < SAMPLES_MIN:
            continue
        middle = part[len(part) // 2]
        plane = TangentPlane(float(latitude[middle]), float(longitude[middle]))
        place = plane.enu_from_geodetic(np.radians(latitude[part]), np.radians(longitude[part]), height[part])
        place[:, 2] = height[part]  # flights of 300 km would sink below their own plane
        step_mps = np.hypot(np.diff(place[:, 0]), np.diff(place[:, 1])) / np.diff(t[part])
        for smooth in np.split(np.arange(len(part)), np.flatnonzero(step_mps > STEP_MPS_MAX) + 1):
            if len(smooth) >= SAMPLES_MIN and t[part[smooth[-1]]] - t[part[smooth[0]]] >= PIECE_S_MIN:
                found.append(
                    Flight(kind, source, name, True, t[part[smooth]] - t[part[smooth[0]]], place[smooth], ground_m)
                )
    return found


def smoothed(x: FloatArray, t_s: FloatArray, over_s: float) -> FloatArray:
    """Return running means over about `over_s`: recorded heights come in steps of 25 feet."""
    step_s = max(float(np.median(np.diff(t_s))), 0.05) if len(t_s) > 1 else 1.0
    half = max(round(over_s / step_s / 2), 0)
    if half == 0 or len(x) < 2 * half + 1:
        return x
    padded = np.concatenate((np.full(half, x[0]), x, np.full(half, x[-1])))
    total = np.cumsum(np.concatenate(([0.0], padded)))
    means: FloatArray = (total[2 * half + 1 :] - total[: -2 * half - 1]) / (2 * half + 1)
    return means
