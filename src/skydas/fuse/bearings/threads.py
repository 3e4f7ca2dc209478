"""Bearings of one sensor that follow each other: what one object's direction does in a few seconds."""

from __future__ import annotations

from typing import Final

import numpy as np

from skydas.model import NS_PER_S, TAU, FloatArray, IntArray, Rows

WINDOW_S: Final = 12.0
THREADS_MAX: Final = 16  # of one sensor; bearings that fit none of them are left out and counted
THREAD_MIN: Final = 3  # bearings
_GATE_SIGMAS: Final = 3.5
_RATE_RADPS: Final = 0.15  # by which a direction may change: 45 m/s at 300 m
_GAP_S_MAX: Final = 5.0
_SMOOTHING: Final = 0.5


def waiting(kept: Rows, now_ns: int) -> IntArray:
    """Return the rows of KEPT (r,) that no track took, of the last seconds, by sensor and time."""
    is_fresh = (kept["t_ns"] > now_ns - round(WINDOW_S * NS_PER_S)) & (kept["is_used"] == 0) & (kept["t_ns"] > 0)
    rows = np.flatnonzero(is_fresh)
    order: IntArray = rows[np.lexsort((rows, kept["t_ns"][rows], kept["sensor"][rows]))]
    return order


def threads(kept: Rows, rows: IntArray) -> tuple[list[IntArray], int]:
    """Return the threads among `rows` (by sensor and time), each as rows of KEPT, and how many bearings fit none.

    Each bearing goes on the nearest thread whose last direction it may continue, or begins one.
    """
    found: list[IntArray] = []
    left_out = 0
    for sensor in np.unique(kept["sensor"][rows]):
        own = rows[kept["sensor"][rows] == sensor]
        made, lost = _of_one(kept, own)
        left_out += lost
        found += [np.array(thread) for thread in made if len(thread) >= THREAD_MIN]
    return found, left_out


def _of_one(kept: Rows, rows: IntArray) -> tuple[list[list[int]], int]:
    made: list[list[int]] = []
    direction: list[float] = []
    left_out = 0
    for row in rows.tolist():
        t_ns, azimuth, sigma = kept["t_ns"][row], float(kept["azimuth"][row]), float(kept["sigma_azimuth"][row])
        best, least = -1, 1.0
        for at, thread in enumerate(made):
            gap_s = (t_ns - kept["t_ns"][thread[-1]]) / NS_PER_S
            if gap_s <= 0.0 or gap_s > _GAP_S_MAX:
                continue  # one object is not in two directions at once
            off = _wrapped(azimuth - direction[at])
            miss = abs(off) / (_GATE_SIGMAS * 1.4 * sigma + _RATE_RADPS * gap_s)
            if miss < least:
                best, least = at, miss
        if best >= 0:
            made[best].append(row)
            direction[best] += _SMOOTHING * _wrapped(azimuth - direction[best])
        elif len(made) < THREADS_MAX:
            made.append([row])
            direction.append(azimuth)
        else:
            left_out += 1
    return made, left_out


def _wrapped(angle_rad: float) -> float:
    return (angle_rad + 0.5 * TAU) % TAU - 0.5 * TAU


def may_cross(kept: Rows, a: IntArray, b: IntArray, reach_m: FloatArray) -> bool:
    """Return whether the middle directions of two threads meet, within `reach_m` (2,) of their sensors, or nearly.

    Coarse: what is heard is seconds old, and directions turn meanwhile; so an object near a sensor always may.
    """
    one, other = a[len(a) // 2], b[len(b) // 2]
    apart = kept["site"][other][:2] - kept["site"][one][:2]
    baseline_m = float(np.hypot(*apart))
    u, v = (np.array([np.sin(kept["azimuth"][k]), np.cos(kept["azimuth"][k])]) for k in (one, other))
    cross = float(u[0] * v[1] - u[1] * v[0])
    if abs(cross) < 0.1:  # nearly along each other: only one behind the other can be the same
        return bool(baseline_m < reach_m.max())
    along_u = float(apart[0] * v[1] - apart[1] * v[0]) / cross
    along_v = float(apart[0] * u[1] - apart[1] * u[0]) / cross
    slack_m = 0.5 * baseline_m
    return bool(-slack_m < along_u < reach_m[0] + slack_m and -slack_m < along_v < reach_m[1] + slack_m)
