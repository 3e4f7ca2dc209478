"""What belongs together: objects that move alike, and places that are near each other."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

import msgspec
import numpy as np

from skydas.model import NS_PER_S, IntArray, Rows

METRES_PER_DEGREE: Final = 111_195.0  # of a great circle on a sphere of 6,371 km
MOVED_ON_S_MAX: Final = 60.0  # a place is moved on by its velocity for so long, not longer
COMPARED_MAX: Final = 64  # objects of one alert that a newcomer is held against, the newest first


class Move(msgspec.Struct, frozen=True, array_like=True):
    """Where a track was at one instant, and how it moved."""

    t_ns: int
    latitude_deg: float
    longitude_deg: float
    east_mps: float
    north_mps: float


class Moves:
    """The moves of TRACK (k,), found by number."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._numbers: IntArray = rows["track_no"].astype(np.int64)

    def of(self, track_no: int) -> Move | None:
        """Return how one track moves, None where it is not there."""
        at = np.flatnonzero(self._numbers == track_no)
        if len(at) == 0:
            return None
        row = self._rows[at[-1]]
        values = (row["latitude_deg"], row["longitude_deg"], row["velocity_mps"][0], row["velocity_mps"][1])
        latitude, longitude, east, north = (float(value) for value in values)
        if not math.isfinite(latitude + longitude + east + north):
            return None
        return Move(int(row["t_ns"]), latitude, longitude, east, north)

    def first_of(self, track_nos: Iterable[int]) -> Move | None:
        """Return the move of the first of these tracks that is there."""
        return next((move for no in track_nos if (move := self.of(no)) is not None), None)


def distance_m(from_deg: tuple[float, float], to_deg: tuple[float, float]) -> float:
    """Return how far two places (latitude, longitude) are apart, good to 1 % up to 100 km."""
    across = math.cos(math.radians(0.5 * (from_deg[0] + to_deg[0])))
    around = (to_deg[1] - from_deg[1] + 180.0) % 360.0 - 180.0
    return METRES_PER_DEGREE * math.hypot(to_deg[0] - from_deg[0], around * across)


def moves_alike(one: Move, other: Move, apart_m: float, apart_mps: float) -> bool:
    """Return whether two objects are near each other, at the later one's instant, and have about the same velocity."""
    if math.hypot(one.east_mps - other.east_mps, one.north_mps - other.north_mps) > apart_mps:
        return False
    early, late = (one, other) if one.t_ns <= other.t_ns else (other, one)
    ahead_s = min((late.t_ns - early.t_ns) / NS_PER_S, MOVED_ON_S_MAX)
    across = max(math.cos(math.radians(early.latitude_deg)), 1e-6)
    moved = (
        early.latitude_deg + early.north_mps * ahead_s / METRES_PER_DEGREE,
        early.longitude_deg + early.east_mps * ahead_s / (METRES_PER_DEGREE * across),
    )
    return distance_m(moved, (late.latitude_deg, late.longitude_deg)) <= apart_m
