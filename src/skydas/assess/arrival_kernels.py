"""Kernels: every track against every asset. `tests/reference_assess.py` has the plain twin."""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

import math
from typing import Any, Final

from numba import njit

EARTH_RADIUS_M: Final = 6_371_008.8
_AREA: Final = 2
_HALF_TURN: Final = math.pi
_MINUTE_S: Final = 60.0


@njit(cache=True)
def _normal(z: float) -> float:
    """Return the standard normal distribution function."""
    return 0.5 * math.erfc(-z * 0.7071067811865476)


@njit(cache=True)
def _turned(angle: float) -> float:
    """Return an angle between minus and plus half a turn."""
    return angle - 2.0 * _HALF_TURN * math.floor((angle + _HALF_TURN) / (2.0 * _HALF_TURN))


@njit(cache=True)
def _outline(corners: Any, first: int, end: int, latitude: float, longitude: float, is_area: bool, out: Any) -> None:
    """Hold one place against a ring or a line: out = distance to it (m), bearing to its nearest point, is inside,
    and how far it reaches to the left and right of that bearing (rad)."""
    half_cos, half_sin = math.cos(0.5 * latitude), math.sin(0.5 * latitude)
    best2 = 1e300
    best_east = best_north = 0.0
    inside = False
    east_a = north_a = 0.0
    for k in range(first, end):
        north_b, east_b = _north(corners[k], latitude), _east(corners[k], longitude, half_cos, half_sin)
        if k == first:
            east_a, north_a = east_b, north_b
            if end - first > 1:
                continue
        along_e, along_n = east_b - east_a, north_b - north_a
        length2 = along_e * along_e + along_n * along_n
        share = 0.0
        if length2 > 0.0:
            share = min(max(-(east_a * along_e + north_a * along_n) / length2, 0.0), 1.0)
        e, n = east_a + share * along_e, north_a + share * along_n
        if e * e + n * n < best2:
            best2, best_east, best_north = e * e + n * n, e, n
        straddles = is_area and (north_a > 0.0) != (north_b > 0.0)
        if straddles and east_a - along_e * north_a / along_n > 0.0:
            inside = not inside
        east_a, north_a = east_b, north_b
    bearing = math.atan2(best_east, best_north)
    left = right = 0.0
    if not inside:
        for k in range(first, end):
            if corners[k, 4] > 0.0:
                north_b, east_b = _north(corners[k], latitude), _east(corners[k], longitude, half_cos, half_sin)
                aside = _turned(math.atan2(east_b, north_b) - bearing)
                left, right = min(left, aside), max(right, aside)
    out[0], out[1], out[2], out[3], out[4] = math.sqrt(best2), bearing, 1.0 if inside else 0.0, left, right


@njit(cache=True)
def _north(corner: Any, latitude: float) -> float:
    return (corner[0] - latitude) * EARTH_RADIUS_M


@njit(cache=True)
def _east(corner: Any, longitude: float, half_cos: float, half_sin: float) -> float:
    """The cosine at the middle parallel, by its sum formula: a distance of 150 km is right within 0.1 %."""
    away = corner[1] - longitude
    if away > _HALF_TURN or away < -_HALF_TURN:
        away = _turned(away)
    return away * EARTH_RADIUS_M * (corner[2] * half_cos - corner[3] * half_sin)


@njit(cache=True)
def hold_against(
    place: Any, speed: Any, speed_most: Any, course: Any, sigma_course: Any, sigma_speed: Any, shape: Any,
    centre: Any, bound_m: Any, radius_m: Any, first: Any, corners: Any, setting: Any, out: Any, desk: Any,
) -> None:  # fmt: skip
    """Fill out (k, a): probability to arrive, distance (m, negative inside), earliest and expected time (s, inf:
    not within the horizon), closest point of approach (m), how far off the course it lies (rad).

    corners      : (v, 5) latitude, longitude (rad), cosine and sine of half the latitude, 1 on the hull
    place        : (k, 2) latitude, longitude (rad); course (k,) rad from north; speed, speed_most, sigma_speed (k,) m/s
    setting      : horizon_s, wander of the course rad/sqrt(min), seconds between two turns, margin_m of the pre-filter
    desk         : (5,) scratch
    """
    horizon, wander, turn_s, margin = setting[0], setting[1], setting[2], setting[3]
    for i in range(place.shape[0]):
        latitude, longitude = place[i, 0], place[i, 1]
        reach = speed_most[i] * horizon + margin
        for a in range(shape.shape[0]):
            row = out[i, a]
            row[0], row[1], row[2], row[3], row[4], row[5] = 0.0, 1e300, math.inf, math.inf, 1e300, _HALF_TURN
            if shape[a] == 0:
                continue
            north = (centre[a, 0] - latitude) * EARTH_RADIUS_M
            if abs(north) - bound_m[a] > reach:
                row[1] = row[4] = abs(north) - bound_m[a]
                continue
            east = _turned(centre[a, 1] - longitude) * EARTH_RADIUS_M * math.cos(0.5 * (centre[a, 0] + latitude))
            away = math.sqrt(north * north + east * east)
            if away - bound_m[a] > reach:
                row[1] = row[4] = away - bound_m[a]
                continue
            _outline(corners, first[a], first[a + 1], latitude, longitude, shape[a] == _AREA, desk)
            distance = desk[0] - radius_m[a]
            if desk[2] > 0.0:
                distance = -desk[0] - radius_m[a]
            row[1] = distance
            if distance <= 0.0:
                row[0], row[2], row[3], row[4], row[5] = 1.0, 0.0, 0.0, 0.0, 0.0
                continue
            extra = math.asin(min(radius_m[a] / desk[0], 1.0))
            left, right = desk[3] - extra, desk[4] + extra
            off = _turned(course[i] - desk[1])  # of the course from the bearing to its nearest point
            miss = max(left - off, off - right, 0.0)
            row[5] = miss
            v = max(speed[i], 0.1)
            t = distance / v
            # The course now is known within sigma_course; until it is there the object wanders off it.
            spread = math.sqrt(sigma_course[i] ** 2 + wander * wander * min(t, horizon) / _MINUTE_S)
            keeps = _normal((right - off) / spread) - _normal((left - off) / spread)
            turns = 1.0 - math.exp(-min(t, horizon) / turn_s)
            anywhere = min((right - left) / (2.0 * _HALF_TURN), 1.0)
            in_time = _normal((v * horizon - distance) / max(sigma_speed[i] * horizon, 1.0))
            row[0] = ((1.0 - turns) * keeps + turns * anywhere) * in_time
            if distance <= speed_most[i] * horizon:
                row[2] = distance / max(speed_most[i], 0.1)
            if t <= horizon:
                row[3] = t
            row[4] = 0.0 if miss == 0.0 else distance if miss >= 0.5 * _HALF_TURN else max(
                desk[0] * math.sin(min(miss + extra, 0.5 * _HALF_TURN)) - radius_m[a], 0.0)  # fmt: skip
