"""Ways that come again: cells of the country, with a direction, and the days on which something nameless passed."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from skydas.model import NS_PER_S, S_PER_DAY, FloatArray, IntArray

CELL_DEG: Final = 0.05  # of latitude; of longitude twice as much: about 5.5 x 6 km in the Baltic states
DIRECTIONS: Final = 8
CELLS_MAX: Final = 65_536  # beyond them those whose last day is longest ago are forgotten
DAYS_MAX: Final = 63
_DAY_NS: Final = S_PER_DAY * NS_PER_S


class Corridors:
    """For each cell and direction a set of days as bits, the newest lowest."""

    def __init__(self, days: int) -> None:
        self._mask = (1 << min(days, DAYS_MAX) + 1) - 1
        self._days: dict[int, tuple[int, int]] = {}  # key -> newest day, bits of the days before it

    def note(self, now_ns: int, place_rad: FloatArray, course_rad: FloatArray) -> None:
        """Take note that something passes at (k, 2) places on (k,) courses."""
        today = now_ns // _DAY_NS
        for key in keys_of(place_rad, course_rad).tolist():
            newest, bits = self._days.pop(key, (today, 0))
            self._days[key] = (today, ((bits << max(today - newest, 0)) | 1) & self._mask)
        while len(self._days) > CELLS_MAX:
            del self._days[next(iter(self._days))]

    def days(self, now_ns: int, place_rad: FloatArray, course_rad: FloatArray) -> FloatArray:
        """Return on how many days before today something passed there in that direction, (k,)."""
        today = now_ns // _DAY_NS
        found = np.zeros(len(course_rad))
        if self._days:
            for row, key in enumerate(keys_of(place_rad, course_rad).tolist()):
                newest, bits = self._days.get(key, (today, 0))
                found[row] = ((bits << max(today - newest, 0)) & self._mask & ~1).bit_count()
        return found

    def ways(self) -> list[tuple[float, float, float, int]]:
        """Return of each cell its middle (latitude, longitude, deg), its direction (deg) and its number of days."""
        found = []
        for key, (_, bits) in self._days.items():
            cell, direction = divmod(key, DIRECTIONS)
            north, east = divmod(cell, 1 << 16)
            found.append(
                (
                    (north + 0.5) * CELL_DEG - 90.0,
                    (east + 0.5) * 2.0 * CELL_DEG - 180.0,
                    direction * 45.0,
                    bits.bit_count(),
                )
            )
        return found

    def state(self) -> list[Any]:
        """Return everything that the next step depends on."""
        return [[key, newest, bits] for key, (newest, bits) in self._days.items()]

    def restore(self, state: list[Any]) -> None:
        """Take back what `state` returned."""
        self._days = {key: (newest, bits) for key, newest, bits in state}


def keys_of(place_rad: FloatArray, course_rad: FloatArray) -> IntArray:
    """Return the cell and direction of each, (k,)."""
    north = np.floor((np.degrees(place_rad[:, 0]) + 90.0) / CELL_DEG).astype(np.int64)
    east = np.floor((np.degrees(place_rad[:, 1]) + 180.0) / (2.0 * CELL_DEG)).astype(np.int64)
    direction = np.round(course_rad / (2.0 * math.pi) * DIRECTIONS).astype(np.int64) % DIRECTIONS
    found: IntArray = (north * (1 << 16) + east) * DIRECTIONS + direction
    return found
