"""Free fall over a turning earth through thin and thick air. Twin in NumPy: tests/reference_predict.py."""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

import math

from numba import njit

from skydas.model.arrays import FloatArray

GRAVITY_M3PS2 = 3.986004418e14  # WGS-84, NGA.STND.0036
TURN_RADPS = 7.292115e-5
RADIUS_M = 6_371_008.8
AIR_KGPM3 = 1.225  # at sea level, and thinner by e every SCALE_M: ISA within a tenth up to 20 km
SCALE_M = 7_600.0


@njit(cache=True)
def pull(p: FloatArray, v: FloatArray, drag_m2pkg: float, ground_m: float, out: FloatArray) -> None:
    """Write the acceleration in ECEF, m/s2: gravity, the turn of the earth, and drag against its air."""
    r2 = p[0] * p[0] + p[1] * p[1] + p[2] * p[2]
    r = math.sqrt(r2)
    speed = math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2])
    air = AIR_KGPM3 * math.exp(-max(r - ground_m, 0.0) / SCALE_M)
    brake = 0.5 * air * speed * drag_m2pkg
    for k in range(3):
        out[k] = -GRAVITY_M3PS2 * p[k] / (r2 * r) - brake * v[k]
    out[0] += 2.0 * TURN_RADPS * v[1] + TURN_RADPS * TURN_RADPS * p[0]
    out[1] += -2.0 * TURN_RADPS * v[0] + TURN_RADPS * TURN_RADPS * p[1]


@njit(cache=True)
def fall(
    position: FloatArray, velocity: FloatArray, drag_m2pkg: FloatArray, ground_m: float, step_s: float, steps_max: int,
    work: FloatArray, fall_s: FloatArray,
) -> None:  # fmt: skip
    """Move every point (p, 3) in ECEF down to `ground_m` from the earth's centre, by Heun's method.

    drag_m2pkg : (p,) drag coefficient times area over mass; 0 none
    fall_s     : (p,) how long that took; NaN: it had not come down after `steps_max`
    work       : (4, 3)
    """
    for n in range(len(position)):
        p, v = position[n], velocity[n]
        fall_s[n] = math.nan
        for step in range(steps_max):
            pull(p, v, drag_m2pkg[n], ground_m, work[0])
            for k in range(3):
                work[1, k] = p[k] + step_s * v[k]
                work[2, k] = v[k] + step_s * work[0, k]
            pull(work[1], work[2], drag_m2pkg[n], ground_m, work[3])
            above = math.sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2]) - ground_m
            for k in range(3):
                p[k] += 0.5 * step_s * (v[k] + work[2, k])
                v[k] += 0.5 * step_s * (work[0, k] + work[3, k])
            below = math.sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2]) - ground_m
            if below <= 0.0:
                back = step_s * below / min(below - above, -1e-9)  # the part of the step below the ground
                for k in range(3):
                    p[k] -= back * v[k]
                fall_s[n] = (step + 1) * step_s - back
                break
