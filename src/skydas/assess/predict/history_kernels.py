"""Nearness of tracks to samples of earlier flights. Twin in NumPy: tests/reference_predict.py."""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

import math

from numba import njit

from skydas.model.arrays import FloatArray

RADIUS_M = 6_371_008.8
LEG_M_MAX = 60_000.0  # no leg of a path between two samples is longer
FAR = 16.0  # sum of squares, in sigmas, beyond which nothing is like anything


@njit(cache=True)
def vote(now: FloatArray, samples: FloatArray, near: FloatArray, out: FloatArray) -> None:
    """Fill `out` (m, flights) with exp(-d2 / 2) of the nearest point of each flight, 0 beyond FAR.

    now     : (m, 7) s, latitude, longitude (rad), east, north, up (m/s), height (m)
    samples : (n, 8) the same and the flight's row; between two of one flight it flew straight
    near    : (5,) sigmas of place (m), course (rad), height (m), climb (m/s), logarithm of the speed
    """
    for m in range(len(now)):
        scale = math.cos(now[m, 1]) * RADIUS_M
        course = math.atan2(now[m, 3], now[m, 4])
        speed = math.hypot(now[m, 3], now[m, 4]) + 1.0
        for n in range(len(samples)):
            north = RADIUS_M * (samples[n, 1] - now[m, 1])
            if abs(north) > LEG_M_MAX:
                continue
            east = scale * ((samples[n, 2] - now[m, 2] + math.pi) % (2.0 * math.pi) - math.pi)
            share = 0.0
            after = min(n + 1, len(samples) - 1)
            if samples[after, 7] == samples[n, 7]:
                leg_east = scale * (samples[after, 2] - samples[n, 2])
                leg_north = RADIUS_M * (samples[after, 1] - samples[n, 1])
                leg2 = leg_east * leg_east + leg_north * leg_north
                if leg2 < 1.0:
                    leg2 = 1.0
                share = min(max(-(east * leg_east + north * leg_north) / leg2, 0.0), 1.0)
                east, north = east + share * leg_east, north + share * leg_north
            d2 = (north * north + east * east) / (near[0] * near[0])
            if d2 > FAR:
                continue
            fe = samples[n, 3] + share * (samples[after, 3] - samples[n, 3])
            fn = samples[n, 4] + share * (samples[after, 4] - samples[n, 4])
            turn = (math.atan2(fe, fn) - course + math.pi) % (2.0 * math.pi) - math.pi
            d2 += (turn / near[1]) ** 2 + (math.log((math.hypot(fe, fn) + 1.0) / speed) / near[4]) ** 2
            height = samples[n, 6] + share * (samples[after, 6] - samples[n, 6])
            if not math.isnan(now[m, 6]) and not math.isnan(height):
                d2 += ((height - now[m, 6]) / near[2]) ** 2
                d2 += ((samples[n, 5] + share * (samples[after, 5] - samples[n, 5]) - now[m, 5]) / near[3]) ** 2
            if d2 < FAR:
                flight = int(samples[n, 7])
                out[m, flight] = max(out[m, flight], math.exp(-0.5 * d2))
