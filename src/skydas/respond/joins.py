"""What belongs together: objects that move alike, and places that are near each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from skydas.model import NS_PER_S, IntArray, Rows

METRES_PER_DEGREE: Final = 111_195.0  # of a great circle on a sphere of 6,371 km
MOVED_ON_S_MAX: Final = 60.0  # a place is moved on by its velocity for so long, not longer


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
        self._sorted: tuple[IntArray, IntArray] | None = None  # numbers, and their rows; made when first asked for

    def of_many(self, track_nos: Sequence[int]) -> list[Move | None]:
        """Return how each of these tracks moves, None where it is not there."""
        if len(track_nos) == 0 or len(self._rows) == 0:
            return [None] * len(track_nos)
        if self._sorted is None:
            numbers = self._rows["track_no"].astype(np.int64)
            order = np.argsort(numbers, kind="stable")
            self._sorted = numbers[order], order
        numbers, order = self._sorted
        at = np.searchsorted(numbers, track_nos, side="right") - 1  # the last of a number
        found = (at >= 0) & (numbers[at] == track_nos)
        rows = self._rows[order[at[found]]]
        east, north = rows["velocity_mps"][:, 0], rows["velocity_mps"][:, 1]
        columns = (rows["t_ns"], rows["latitude_deg"], rows["longitude_deg"], east, north)
        moves = iter([Move(*values) for values in zip(*(column.tolist() for column in columns), strict=True)])
        known = [next(moves) if there else None for there in found.tolist()]
        return [move if move is not None and math.isfinite(sum(move_numbers(move))) else None for move in known]

    def of(self, track_no: int) -> Move | None:
        """Return how one track moves, None where it is not there."""
        return self.of_many((track_no,))[0]

    def first_of(self, track_nos: Sequence[int]) -> Move | None:
        """Return the move of the first of these tracks that is there."""
        return next((move for move in self.of_many(track_nos) if move is not None), None)


def move_numbers(move: Move) -> tuple[float, float, float, float]:
    """Return what must be finite for a move to mean anything."""
    return move.latitude_deg, move.longitude_deg, move.east_mps, move.north_mps


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
