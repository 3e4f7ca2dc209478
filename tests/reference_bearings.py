"""The obvious NumPy versions of what fuse/bearings computes, one thing at a time; slopes by differences."""

from __future__ import annotations

import numpy as np

from skydas.model import FloatArray


def emission_s(state: FloatArray, t_s: float, site: FloatArray, speed_mps: float) -> float:
    """Return when what is sensed at `t_s` set out, by bisection; `speed_mps` may be infinite."""
    if np.isinf(speed_mps):
        return t_s
    low, high = t_s - 1_000.0, t_s
    for _ in range(100):
        middle = 0.5 * (low + high)
        arrives = middle + np.linalg.norm(state[:3] + middle * state[3:] - site) / speed_mps
        low, high = (middle, high) if arrives < t_s else (low, middle)
    return 0.5 * (low + high)


def sight(
    state: FloatArray, t_s: float, site: FloatArray, rotation: FloatArray, speed_mps: float
) -> tuple[float, float]:
    """Return azimuth and elevation (rad) in which a sensor at `site` senses the flight at `t_s`."""
    then = emission_s(state, t_s, site, speed_mps)
    east, north, up = rotation @ (state[:3] + then * state[3:] - site)
    return float(np.arctan2(east, north)), float(np.arctan2(up, np.hypot(east, north)))


def slopes(
    state: FloatArray, t_s: float, site: FloatArray, rotation: FloatArray, speed_mps: float, step: float = 0.01
) -> FloatArray:
    """Return the derivatives (2, 6) of `sight` by state, by central differences."""
    out = np.empty((2, 6))
    for a in range(6):
        change = step * np.eye(6)[a]
        above = np.array(sight(state + change, t_s, site, rotation, speed_mps))
        below = np.array(sight(state - change, t_s, site, rotation, speed_mps))
        out[:, a] = (above - below) / (2.0 * step)
    return out
