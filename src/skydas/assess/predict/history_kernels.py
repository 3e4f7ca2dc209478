"""Nearness of tracks to samples of earlier flights. Twin in NumPy: tests/reference_predict.py."""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

import math

from numba import njit

from skydas.model.arrays import FloatArray

RADIUS_M = 6_371_008.8
FAR = 9.0  # sum of squares, in sigmas, beyond which nothing is like anything


@njit(cache=True)
def vote(now: FloatArray, samples: FloatArray, near: FloatArray, out: FloatArray) -> None:
    """Fill `out` (m, flights) with exp(-d2 / 2) of each flight's nearest sample, 0 beyond FAR.

    now     : (m, 7) s, latitude, longitude (rad), east, north, up (m/s), height (m)
    samples : (n, 8) the same and the flight's row
    near    : (4,) sigmas of place (m), course (rad), height (m), climb (m/s)
    """
    for m in range(len(now)):
        scale = math.cos(now[m, 1])
        course = math.atan2(now[m, 3], now[m, 4])
        reach = math.sqrt(FAR) * near[0] / RADIUS_M
        for n in range(len(samples)):
            north = samples[n, 1] - now[m, 1]
            if abs(north) > reach:
                continue
            east = scale * ((samples[n, 2] - now[m, 2] + math.pi) % (2.0 * math.pi) - math.pi)
            d2 = (north * north + east * east) * (RADIUS_M / near[0]) ** 2
            if d2 > FAR:
                continue
            turn = (math.atan2(samples[n, 3], samples[n, 4]) - course + math.pi) % (2.0 * math.pi) - math.pi
            d2 += (turn / near[1]) ** 2
            if not math.isnan(now[m, 6]) and not math.isnan(samples[n, 6]):
                d2 += ((samples[n, 6] - now[m, 6]) / near[2]) ** 2
                d2 += ((samples[n, 5] - now[m, 5]) / near[3]) ** 2
            if d2 < FAR:
                flight = int(samples[n, 7])
                out[m, flight] = max(out[m, flight], math.exp(-0.5 * d2))
