"""The kernel that takes states of tracks into their thinned paths."""

from __future__ import annotations

import math
from typing import Any, Final

from numba import njit

from skydas.model.units import NS_PER_S

# One point: s since 1970, latitude and longitude (rad), east, north and up (m/s), height (m)
COLUMNS: Final = 7
T, LATITUDE, LONGITUDE, EAST, NORTH, UP, HEIGHT = range(COLUMNS)
# Diagonal of TRACK's packed covariance.
_EAST, _NORTH, _UP, _V_EAST, _V_NORTH = 0, 6, 11, 15, 18


@njit(cache=True)
def take(tracks: Any, at: Any, slots: Any, points: Any, count: Any, interval_s: Any, now: Any, sigma: Any) -> None:
    """Take rows of TRACK (k,), `at` (m,), into their slots (m,), below 0: none; the others are columns of `Paths`.

    A full path loses every second point, and takes the next ones at twice the interval.
    """
    size = points.shape[1]
    for m in range(len(at)):
        track, slot = tracks[at[m]], slots[m]
        if slot < 0:
            continue
        newest = now[slot]
        newest[T] = track.t_ns / NS_PER_S
        newest[LATITUDE], newest[LONGITUDE] = math.radians(track.latitude_deg), math.radians(track.longitude_deg)
        for axis in range(3):
            newest[EAST + axis] = track.velocity_mps[axis]
        newest[HEIGHT] = track.height_hae_m
        sigma[slot, 0] = math.sqrt(max(0.5 * (track.cov[_EAST] + track.cov[_NORTH]), 1.0))
        sigma[slot, 1] = math.sqrt(max(0.5 * (track.cov[_V_EAST] + track.cov[_V_NORTH]), 0.01))
        sigma[slot, 2] = math.sqrt(max(track.cov[_UP], 0.0))
        held = count[slot]
        if held > 0 and newest[T] - points[slot, held - 1, T] < interval_s[slot]:
            continue
        if held == size:
            held = size // 2
            for kept in range(held):
                points[slot, kept] = points[slot, 2 * kept]
            interval_s[slot] *= 2.0
        points[slot, held] = newest
        count[slot] = held + 1
