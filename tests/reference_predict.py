"""The kernels of prediction once more, as plainly as can be."""

from __future__ import annotations

import numpy as np

from skydas.assess.predict import fall_kernels
from skydas.assess.predict.history_kernels import FAR
from skydas.model import FloatArray

RADIUS_M = 6_371_008.8


def bridge(
    velocity: FloatArray, pp: float, vv: float, start: FloatArray, vv0: float, flown_s: float, goal: FloatArray,
    spread_m: float, q: float,
) -> float:  # fmt: skip
    """Return log p(path | at the goal at T) / p(path) of a track now at the origin, by direct sums of densities."""
    distance, speed = float(np.hypot(*goal)) + spread_m, float(np.hypot(*velocity)) + 1.0
    u = np.linspace(-0.4, 1.2, 9)
    step = u[1] - u[0]
    ahead = distance / speed * np.exp(u)
    after = flown_s + ahead
    wide = pp + ahead**2 * vv + q * ahead**3 / 3.0 + spread_m**2 + (speed * ahead * step) ** 2 / 24.0
    wide0 = pp + after**2 * vv0 + q * after**3 / 3.0 + spread_m**2

    def density(off: FloatArray, variance: FloatArray) -> FloatArray:
        return np.exp(-0.5 * (off**2).sum(axis=1) / variance) / (2.0 * np.pi * variance)

    from_now = density(goal - ahead[:, None] * velocity, wide)
    from_start = density(np.broadcast_to(goal - start, (len(u), 2)), wide0)
    late = np.log(after / (flown_s + 1.1 * distance / speed)) / 0.25
    prior = np.exp(-0.5 * late**2) / (0.25 * np.sqrt(2.0 * np.pi)) * ahead / after * step
    return float(np.log((prior * from_now / from_start).sum()))


def vote(now: FloatArray, samples: FloatArray, near: FloatArray, flights: int) -> FloatArray:
    """Return exp(-d2 / 2) of the nearest point of each flight, (m, flights): every leg tried at its nearest point."""
    found = np.zeros((len(now), flights))
    for m, one in enumerate(now):
        scale = np.array([RADIUS_M * np.cos(one[1]), RADIUS_M])
        for flight in range(flights):
            own = samples[samples[:, 7] == flight]
            for a, b in zip(own, np.vstack((own[1:], own[-1:])), strict=True):
                begin = scale * (a[[2, 1]] - one[[2, 1]])
                leg = scale * (b[[2, 1]] - a[[2, 1]])
                share = np.clip(-begin @ leg / max(leg @ leg, 1.0), 0.0, 1.0)
                there = a + share * (b - a)
                off = begin + share * leg
                turn = np.arctan2(there[3], there[4]) - np.arctan2(one[3], one[4])
                turn = (turn + np.pi) % (2.0 * np.pi) - np.pi
                d2 = off @ off / near[0] ** 2 + (turn / near[1]) ** 2
                d2 += (np.log((np.hypot(*there[3:5]) + 1.0) / (np.hypot(*one[3:5]) + 1.0)) / near[4]) ** 2
                d2 += ((there[6] - one[6]) / near[2]) ** 2 + ((there[5] - one[5]) / near[3]) ** 2
                if d2 < FAR:
                    found[m, flight] = max(found[m, flight], np.exp(-0.5 * d2))
    return found


def pull(position: FloatArray, velocity: FloatArray, drag_m2pkg: float, ground_m: float) -> FloatArray:
    """Return the acceleration in ECEF, m/s2."""
    turn = np.array([0.0, 0.0, fall_kernels.TURN_RADPS])
    r = np.linalg.norm(position)
    air = fall_kernels.AIR_KGPM3 * np.exp(-max(r - ground_m, 0.0) / fall_kernels.SCALE_M)
    drag = -0.5 * air * drag_m2pkg * np.linalg.norm(velocity) * velocity
    gravity = -fall_kernels.GRAVITY_M3PS2 * position / r**3
    return gravity + drag - 2.0 * np.cross(turn, velocity) - np.cross(turn, np.cross(turn, position))
