"""What one window of a track's filtered states says of how the thing moves: one row of numbers a window.

A sample is what `windows.py` keeps of a TRACK row: instant (int64 ns) and VALUES (float32), in that order.
"""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from numba import njit

from skydas.model.units import NS_PER_S, TAU

Floats = npt.NDArray[np.float64]
Values = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int64]

VALUES: Final = (
    "east_m", "north_m", "up_m", "east_mps", "north_mps", "up_mps",
    "sigma_position_m", "sigma_velocity_mps", "sigma_height_m", "manoeuvre", "hover", "height_agl_m",
)  # fmt: skip
NAMES: Final = (
    "speed_mean_mps", "speed_std_mps", "speed_min_mps", "speed_p25_mps", "speed_p50_mps", "speed_p75_mps",
    "speed_max_mps",  # horizontal, as filtered
    "leg_speed_min_mps", "leg_speed_max_mps", "leg_speed_std_mps", "leg_accel_max_mps2", "leg_turn_rad",  # of six legs
    "line_speed_mps", "line_rest_log_m", "line_rest_log", "arc_rest_log", "cubic_rest_log",  # polynomials in time
    "accel_along_mps2", "accel_across_mps2", "straightness", "net_mps", "spread_log_m",
    "turn_net_rad", "turn_abs_rad", "turn_p50_radps", "turn_p90_radps", "turn_one_way", "slow_share",
    "air_speed_mps", "air_rest_mps", "wind_mps",  # a circle through the velocities: its radius, rest, middle
    "manoeuvre_mean", "manoeuvre_max", "hover_mean", "hover_max",
    "sigma_position_log_m", "sigma_velocity_log_mps", "step_s",  # what the sensor gave
    "climb_mps", "climb_std_mps", "climb_min_mps", "climb_max_mps", "climb_rest_log", "climb_per_way",
    "climb_turning", "climb_slowing", "sigma_height_log_m",  # NaN where no sensor measured the height
    "height_agl_log_m",  # NaN where nobody knows the ground
)  # fmt: skip
HEIGHT_FROM: Final = NAMES.index("climb_mps")  # from here on the features need a measured height
TERRAIN_FROM: Final = NAMES.index("height_agl_log_m")  # from here on also the ground below must be known
FEATURE_COUNT: Final = len(NAMES)
SAMPLES_MIN: Final = 8
SAMPLES_MAX: Final = 128  # of one window
_LEGS: Final = 6
_LEG_SAMPLES_MIN: Final = 3
_TURNING_MPS: Final = 2.0  # slower than this a course means nothing
_SLOW_MPS: Final = 4.0
_TINY: Final = 1e-9
_AGL_M_MIN: Final = 5.0  # lower heights are the radar's noise


@njit(cache=True)
def samples_within(t_ns: Numbers, newest: int, count: int, window_ns: int) -> int:
    """Return how many samples of a ring, newest first, lie within `window_ns` of the newest one."""
    size = len(t_ns)
    last_ns = t_ns[newest]
    within = 0
    while within < count and last_ns - t_ns[(newest - within) % size] <= window_ns:
        within += 1
    return within


@njit(cache=True)
def features(t_ns: Numbers, values: Values, newest: int, count: int, work: Floats, out: Floats) -> None:
    """Write the features of the newest `count` samples of one ring to `out` (FEATURE_COUNT,).

    t_ns   : (size,) instants; values : (size, len(VALUES)); newest : where the ring was written last
    work   : (WORK_ROWS, SAMPLES_MAX) scratch
    """
    size = len(t_ns)
    first = (newest - count + 1) % size
    time, east, north, up = work[0], work[1], work[2], work[3]
    v_east, v_north, v_up, speed = work[4], work[5], work[6], work[7]
    heights = True
    for k in range(count):
        at = (first + k) % size
        time[k] = (t_ns[at] - t_ns[first]) / NS_PER_S
        east[k] = values[at, 0] - values[first, 0]
        north[k] = values[at, 1] - values[first, 1]
        up[k] = values[at, 2] - values[first, 2]
        v_east[k], v_north[k], v_up[k] = values[at, 3], values[at, 4], values[at, 5]
        speed[k] = np.hypot(v_east[k], v_north[k])
        heights = heights and not np.isnan(values[at, 8])
    span_s = time[count - 1]
    _speeds(speed, count, work[8], out)
    _legs(time, east, north, count, span_s, out)
    _quality(values, first, count, span_s, out)
    sigma_m = np.exp(out[35])
    _polynomials(time, east, north, count, span_s, sigma_m, out)
    _turns(time, v_east, v_north, speed, count, span_s, work[8], out)
    _air(v_east, v_north, count, out)
    if heights:
        _climbs(time, up, v_up, speed, work[9], values, first, count, span_s, out)


WORK_ROWS: Final = 10


@njit(cache=True)
def _mean_std(x: Floats, n: int) -> tuple[float, float]:
    mean = 0.0
    for k in range(n):
        mean += x[k]
    mean /= n
    square = 0.0
    for k in range(n):
        square += (x[k] - mean) ** 2
    return mean, np.sqrt(square / n)


@njit(cache=True)
def _speeds(speed: Floats, n: int, work: Floats, out: Floats) -> None:
    out[0], out[1] = _mean_std(speed, n)
    for k in range(n):
        work[k] = speed[k]
    ordered = work[:n]
    ordered.sort()
    for a in range(5):
        out[2 + a] = ordered[(n - 1) * a // 4]
    slow = 0
    for k in range(n):
        slow += speed[k] < _SLOW_MPS
    out[27] = slow / n


@njit(cache=True)
def _slope(t: Floats, x: Floats, a: int, b: int) -> float:
    """Return dx/dt of the straight line through samples a to b - 1."""
    mean_t = mean_x = 0.0
    for k in range(a, b):
        mean_t += t[k]
        mean_x += x[k]
    mean_t /= b - a
    mean_x /= b - a
    above = below = 0.0
    for k in range(a, b):
        above += (t[k] - mean_t) * (x[k] - mean_x)
        below += (t[k] - mean_t) ** 2
    return above / max(below, _TINY)


@njit(cache=True)
def _legs(t: Floats, east: Floats, north: Floats, n: int, span_s: float, out: Floats) -> None:
    """Six straight legs: their speeds, and how much course and velocity change from one to the next."""
    low, high, total, square, turn, accel = np.inf, 0.0, 0.0, 0.0, 0.0, 0.0
    legs = 0
    before_e = before_n = before_t = 0.0
    a = 0
    for leg in range(_LEGS):
        b = a
        while b < n and (t[b] < span_s * (leg + 1) / _LEGS or leg == _LEGS - 1):
            b += 1
        if b - a >= _LEG_SAMPLES_MIN:
            e, s = _slope(t, east, a, b), _slope(t, north, a, b)
            v = np.hypot(e, s)
            middle = 0.5 * (t[a] + t[b - 1])
            low, high, total, square = min(low, v), max(high, v), total + v, square + v * v
            if legs > 0:
                accel = max(accel, np.hypot(e - before_e, s - before_n) / max(middle - before_t, 1.0))
                if v > _TURNING_MPS and np.hypot(before_e, before_n) > _TURNING_MPS:
                    turn += abs(np.arctan2(before_e * s - before_n * e, before_e * e + before_n * s))
            before_e, before_n, before_t = e, s, middle
            legs += 1
        a = b
    if legs >= 2:
        out[7], out[8], out[10], out[11] = low, high, accel, turn
        out[9] = np.sqrt(max(square / legs - (total / legs) ** 2, 0.0))


@njit(cache=True)
def _quality(values: Values, first: int, n: int, span_s: float, out: Floats) -> None:
    size = len(values)
    position = velocity = manoeuvre = hover = 0.0
    manoeuvre_max = hover_max = 0.0
    for k in range(n):
        at = (first + k) % size
        position += values[at, 6]
        velocity += values[at, 7]
        manoeuvre += values[at, 9]
        hover += values[at, 10]
        manoeuvre_max = max(manoeuvre_max, values[at, 9])
        hover_max = max(hover_max, values[at, 10])
    out[31], out[32], out[33], out[34] = manoeuvre / n, manoeuvre_max, hover / n, hover_max
    out[35], out[36] = np.log(position / n + _TINY), np.log(velocity / n + _TINY)
    out[37] = span_s / (n - 1)


@njit(cache=True)
def _orthogonal(t: Floats, x: Floats, n: int, span_s: float, rest: Floats, rate: Floats) -> None:
    """Fit polynomials in u = 2 t / span - 1 of degree 0 to 3 by Gram-Schmidt on the samples.

    rest : (4,) receives the sum of squared residuals for each degree; rate : (2,) velocity and acceleration at u = 0.
    """
    s1 = s2 = s3 = s4 = s5 = s6 = 0.0
    y0 = y1 = y2 = y3 = yy = 0.0
    for k in range(n):
        u = 2.0 * t[k] / span_s - 1.0
        u2 = u * u
        u3 = u2 * u
        s1, s2, s3 = s1 + u, s2 + u2, s3 + u3
        s4, s5, s6 = s4 + u2 * u2, s5 + u2 * u3, s6 + u3 * u3
        y0, y1, y2, y3 = y0 + x[k], y1 + u * x[k], y2 + u2 * x[k], y3 + u3 * x[k]
        yy += x[k] * x[k]
    # Q0 = 1; Q1 = u - a; Q2 = u2 - b Q1 - c; Q3 = u3 - d Q2 - e Q1 - f
    a, c, f = s1 / n, s2 / n, s3 / n
    n1 = max(s2 - a * s1, _TINY)
    b = (s3 - a * s2) / n1
    e = (s4 - a * s3) / n1
    n2 = max(s4 - b * (s3 - a * s2) - c * s2, _TINY)
    d = (s5 - b * (s4 - a * s3) - c * s3) / n2
    n3 = max(s6 - d * (s5 - b * (s4 - a * s3) - c * s3) - e * (s4 - a * s3) - f * s3, _TINY)
    p0, p1 = y0, y1 - a * y0
    p2 = y2 - b * p1 - c * p0
    p3 = y3 - d * p2 - e * p1 - f * p0
    rest[0] = max(yy - p0 * p0 / n, 0.0)
    rest[1] = max(rest[0] - p1 * p1 / n1, 0.0)
    rest[2] = max(rest[1] - p2 * p2 / n2, 0.0)
    rest[3] = max(rest[2] - p3 * p3 / n3, 0.0)
    rate[0] = p1 / n1 * 2.0 / span_s
    rate[1] = 2.0 * p2 / n2 * (2.0 / span_s) ** 2


@njit(cache=True)
def _polynomials(t: Floats, east: Floats, north: Floats, n: int, span_s: float, sigma_m: float, out: Floats) -> None:
    rest_e, rest_n, rate_e, rate_n = np.zeros(4), np.zeros(4), np.zeros(2), np.zeros(2)
    _orthogonal(t, east, n, span_s, rest_e, rate_e)
    _orthogonal(t, north, n, span_s, rest_n, rate_n)
    v = np.hypot(rate_e[0], rate_n[0])
    out[12] = v
    line_m = np.sqrt((rest_e[1] + rest_n[1]) / (2 * n - 4))
    out[13] = np.log(line_m + 1.0)
    out[14] = np.log(line_m / sigma_m + 0.01)
    out[15] = np.log(np.sqrt((rest_e[2] + rest_n[2]) / (2 * n - 6)) / sigma_m + 0.01)
    out[16] = np.log(np.sqrt((rest_e[3] + rest_n[3]) / (2 * n - 8)) / sigma_m + 0.01)
    out[17] = abs(rate_e[1] * rate_e[0] + rate_n[1] * rate_n[0]) / (v + 1.0)
    out[18] = abs(rate_e[1] * rate_n[0] - rate_n[1] * rate_e[0]) / (v + 1.0)
    way_m = 0.0
    for k in range(1, n):
        way_m += np.hypot(east[k] - east[k - 1], north[k] - north[k - 1])
    net_m = np.hypot(east[n - 1], north[n - 1])
    out[19], out[20] = net_m / (way_m + 1.0), net_m / span_s
    out[21] = np.log(np.sqrt((rest_e[0] + rest_n[0]) / n) + 1.0)


@njit(cache=True)
def _turns(
    t: Floats, v_east: Floats, v_north: Floats, speed: Floats, n: int, span_s: float, work: Floats, out: Floats
) -> None:
    net = total = left = right = 0.0
    turns = 0
    for k in range(1, n):
        if speed[k] > _TURNING_MPS and speed[k - 1] > _TURNING_MPS:
            cross = v_east[k - 1] * v_north[k] - v_north[k - 1] * v_east[k]
            dot = v_east[k - 1] * v_east[k] + v_north[k - 1] * v_north[k]
            d = np.arctan2(cross, dot)
            net += d
            total += abs(d)
            if d > 0.0:
                left += d
            else:
                right -= d
            work[turns] = abs(d) / max(t[k] - t[k - 1], 0.1)
            turns += 1
    out[22], out[23] = abs(net) * 60.0 / span_s, total * 60.0 / span_s
    out[26] = abs(left - right) / (total + 0.05)
    if turns > 0:
        ordered = work[:turns]
        ordered.sort()
        out[24], out[25] = ordered[(turns - 1) // 2], ordered[(turns - 1) * 9 // 10]


@njit(cache=True)
def _air(v_east: Floats, v_north: Floats, n: int, out: Floats) -> None:
    """A circle through the velocities (Kasa): whatever turns at one air speed in one wind lies on it."""
    mean_e, _std_e = _mean_std(v_east, n)
    mean_n, _std_n = _mean_std(v_north, n)
    see = snn = sen = sez = snz = mz = 0.0
    for k in range(n):
        e, s = v_east[k] - mean_e, v_north[k] - mean_n
        z = e * e + s * s
        see, snn, sen = see + e * e, snn + s * s, sen + e * s
        sez, snz, mz = sez + e * z, snz + s * z, mz + z
    determinant = see * snn - sen * sen
    if determinant < 0.02 * (see + snn) ** 2 or see + snn < n * 1.0:
        return  # nearly straight: no circle is determined
    middle_e = 0.5 * (sez * snn - snz * sen) / determinant
    middle_n = 0.5 * (snz * see - sez * sen) / determinant
    radius = np.sqrt(middle_e**2 + middle_n**2 + mz / n)
    rest = 0.0
    for k in range(n):
        rest += (np.hypot(v_east[k] - mean_e - middle_e, v_north[k] - mean_n - middle_n) - radius) ** 2
    out[28], out[29] = min(radius, 1000.0), np.sqrt(rest / n)
    out[30] = min(np.hypot(mean_e + middle_e, mean_n + middle_n), 1000.0)


@njit(cache=True)
def _climbs(
    t: Floats, up: Floats, v_up: Floats, speed: Floats, climb: Floats, values: Values, first: int, n: int,
    span_s: float, out: Floats,
) -> None:  # fmt: skip
    rest, rate = np.zeros(4), np.zeros(2)
    _orthogonal(t, up, n, span_s, rest, rate)
    size = len(values)
    sigma_m = agl_m = 0.0
    for k in range(n):
        sigma_m += values[(first + k) % size, 8]
        agl_m += values[(first + k) % size, 11]
    sigma_m = sigma_m / n + _TINY
    out[38] = rate[0]
    low, high, total, square = np.inf, -np.inf, 0.0, 0.0
    legs = 0
    a = 0
    for leg in range(_LEGS):
        b = a
        while b < n and (t[b] < span_s * (leg + 1) / _LEGS or leg == _LEGS - 1):
            b += 1
        if b - a >= _LEG_SAMPLES_MIN:
            c = _slope(t, up, a, b)
            low, high, total, square = min(low, c), max(high, c), total + c, square + c * c
            legs += 1
        for k in range(a, b):
            climb[k] = v_up[k]
        a = b
    if legs >= 2:
        out[39] = np.sqrt(max(square / legs - (total / legs) ** 2, 0.0))
        out[40], out[41] = low, high
    out[42] = np.log(np.sqrt(rest[1] / n) / sigma_m + 0.01)
    out[43] = rate[0] / (out[12] + 3.0)
    out[44] = rate[0] * min(out[23] / TAU, 4.0)
    mean_c, std_c = _mean_std(climb, n)
    mean_v, std_v = out[0], out[1]
    both = 0.0
    for k in range(n):
        both += (climb[k] - mean_c) * (speed[k] - mean_v)
    out[45] = both / n / (std_c * std_v + 0.01)
    out[46] = np.log(sigma_m)
    out[47] = np.log(max(agl_m / n, _AGL_M_MIN)) if not np.isnan(agl_m) else np.nan


@njit(cache=True)
def features_of(
    t_ns: Numbers, values: Values, newest: Numbers, count: Numbers, rows: Numbers, window_ns: int, span_ns_min: int,
    work: Floats, full: npt.NDArray[np.bool_], out: Floats,
) -> None:  # fmt: skip
    """Write the features of the newest `window_ns` of many rings to out (m, FEATURE_COUNT), and which windows are full.

    rows : (m,) of t_ns, values, newest and count; a window without enough samples or span is not full and all NaN
    """
    size = t_ns.shape[1]
    for k in range(len(rows)):
        row = rows[k]
        within = samples_within(t_ns[row], newest[row], count[row], window_ns)
        oldest_ns = t_ns[row, (newest[row] - within + 1) % size]
        full[k] = within >= SAMPLES_MIN and t_ns[row, newest[row]] - oldest_ns >= span_ns_min
        if full[k]:
            features(t_ns[row], values[row], newest[row], within, work, out[k])
