"""What a track's path says of each place: one row of features for every track and place.

Three families, after which the columns are ordered:
heading/CPA     the angle off the place, how near the straight line passes it, its distance
bridging        log p(path | at the place at T) / p(path), integrated over T (Ahmad, Murphy, Langdon, Godsill, Hardy,
                Skelly: Bayesian Intent Prediction in Object Tracking Using Bridging Distributions, arXiv 1508.06115)
virtual leader  log p(path | its velocity is pulled towards the place) / p(path), from step to step, so that it survives
                turns (the idea of arXiv 2311.06139 with a leader that flies straight at the place)
and how much of the path led nearer: over all of it, lately, and against the nearest that it ever was; and how steeply
it would have to come down, where its height is known: nothing lands from eleven kilometres above.

Distances are flat, east and north of where the track is now. Twin in NumPy: tests/reference_predict.py.
"""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

import math

import numpy as np
from numba import njit

from skydas.model.arrays import FloatArray, IntArray

FEATURES = 13
(ANGLE, MISS, DISTANCE, BRIDGE_STEADY, BRIDGE_FREE, COURSE, COURSE_LATE, CLOSING, CLOSING_LATE, PASSED, LEADER,
 DETOUR, STEEP) = range(FEATURES)  # fmt: skip
CONTEXT = 8
STRAIGHT, STRAIGHT_LATE, LENGTH, SPEED, RESTLESS, PLACES, HIGH, CLIMB = range(CONTEXT)

RADIUS_M = 6_371_008.8
MISS_M = 500.0  # a pass as near as this is a visit
DISTANCE_M = 1_000.0
LOW_M = 1_500.0  # a height below this is no hindrance to being anywhere soon
PLACES_MAX = 40  # more were not fitted
HEIGHT_SIGMA_M_MAX = 500.0  # a height known worse than this is not known
NODES = 9  # of the integral over the time of arrival
STEADY, FREE = 2e-5, 4e-4  # noise of acceleration over speed squared, 1/s: of one that holds course, and that wanders
LEADER_RATE_HZ = 1.0 / 60.0  # how fast the velocity turns to the leader
LEADER_NOISE = 0.02  # noise of a step of velocity over speed, 1/sqrt(s)
LATE = 0.3  # the last part of the path that "lately" means
BRIDGE_MAX, LEADER_MAX = 20.0, 30.0


@njit(cache=True)
def bridge(
    x: float, y: float, vx: float, vy: float, pp: float, vv: float, x0: float, y0: float, vx0: float, vy0: float,
    pp0: float, vv0: float, flown_s: float, gx: float, gy: float, spread_m: float, q: float,
) -> float:  # fmt: skip
    """Return log p(path | at (gx, gy) at T) / p(path), T log-normal about a tenth more than the straight way.

    (x, y, vx, vy), pp, vv    : now, with variance of position and velocity on one axis; x0 ... vv0: at the start
    flown_s                   : from the start to now
    """
    rx, ry = gx - x, gy - y
    distance = math.sqrt(rx * rx + ry * ry) + spread_m
    speed = math.sqrt(vx * vx + vy * vy) + 1.0
    middle = math.log(flown_s + 1.1 * distance / speed)
    step = 1.6 / (NODES - 1)
    best, total = -1e300, 0.0
    for node in range(NODES):
        ahead = distance / speed * math.exp(-0.4 + node * step)
        after = flown_s + ahead
        grid = (speed * ahead * step) ** 2 / 24.0  # nodes stand apart: half of that is spread along the track
        wide = pp + ahead * ahead * vv + q * ahead**3 / 3.0 + spread_m * spread_m + grid
        wide0 = pp0 + after * after * vv0 + q * after**3 / 3.0 + spread_m * spread_m
        ex, ey = rx - ahead * vx, ry - ahead * vy
        fx, fy = gx - x0 - after * vx0, gy - y0 - after * vy0
        late = (math.log(after) - middle) / 0.25
        prior = -0.5 * late * late - math.log(0.25 * math.sqrt(2.0 * math.pi)) + math.log(ahead / after * step)
        value = prior - math.log(wide / wide0) - 0.5 * (ex * ex + ey * ey) / wide + 0.5 * (fx * fx + fy * fy) / wide0
        if value > best:
            total = total * math.exp(best - value) + 1.0
            best = value
        else:
            total += math.exp(value - best)
    return min(max(best + math.log(total), -BRIDGE_MAX), BRIDGE_MAX)


@njit(cache=True)
def features(
    slots: IntArray, points: FloatArray, count: IntArray, now: FloatArray, sigma: FloatArray, place: FloatArray,
    spread_m: FloatArray, out: FloatArray, context: FloatArray,
) -> None:  # fmt: skip
    """Fill `out` (m, g, FEATURES) and `context` (m, CONTEXT) for the tracks in `slots` (m,).

    points : (slots, n, 7), count (slots,), now (slots, 7), sigma (slots, 3): as in paths.Paths
    place  : (g, 2) latitude and longitude, rad; spread_m (g,) how far around it still counts as there
    """
    size = points.shape[1] + 1
    x, y, vx, vy, dt = np.empty(size), np.empty(size), np.empty(size), np.empty(size), np.empty(size)
    for m in range(len(slots)):
        slot = slots[m]
        last = _flatten(points[slot], count[slot], now[slot], x, y, vx, vy, dt)
        late_from = _context(last, x, y, vx, vy, dt, len(place), context[m])
        over_m = 0.0
        if sigma[slot, 2] < HEIGHT_SIGMA_M_MAX and not math.isnan(now[slot, 6]):
            over_m = max(now[slot, 6] - LOW_M, 0.0)
            context[m, CLIMB] = now[slot, 5] / (math.hypot(now[slot, 3], now[slot, 4]) + 10.0)
        context[m, HIGH] = math.log1p(over_m / LOW_M)
        for g in range(len(place)):
            turn = (place[g, 1] - now[slot, 2] + math.pi) % (2.0 * math.pi) - math.pi
            gx = RADIUS_M * turn * math.cos(0.5 * (place[g, 0] + now[slot, 1]))
            gy = RADIUS_M * (place[g, 0] - now[slot, 1])
            _one(last, late_from, x, y, vx, vy, dt, sigma[slot], gx, gy, spread_m[g], out[m, g])
            out[m, g, STEEP] = math.atan2(over_m, math.hypot(gx, gy) + DISTANCE_M)


@njit(cache=True)
def _flatten(
    points: FloatArray, count: int, now: FloatArray, x: FloatArray, y: FloatArray, vx: FloatArray, vy: FloatArray,
    dt: FloatArray,
) -> int:  # fmt: skip
    """Write the path as metres east and north of now, `dt` the time since the point before; return its last index."""
    last = 0
    for k in range(count):
        if k > 0 and points[k, 0] >= now[0]:
            break
        turn = (points[k, 2] - now[2] + math.pi) % (2.0 * math.pi) - math.pi
        x[k] = RADIUS_M * turn * math.cos(0.5 * (points[k, 1] + now[1]))
        y[k] = RADIUS_M * (points[k, 1] - now[1])
        vx[k], vy[k] = points[k, 3], points[k, 4]
        dt[k] = points[k, 0] - points[k - 1, 0] if k > 0 else 0.0
        last = k + 1
    x[last], y[last], vx[last], vy[last] = 0.0, 0.0, now[3], now[4]
    dt[last] = now[0] - points[last - 1, 0] if last > 0 else 0.0
    return last


@njit(cache=True)
def _context(
    last: int, x: FloatArray, y: FloatArray, vx: FloatArray, vy: FloatArray, dt: FloatArray, places: int,
    out: FloatArray,
) -> int:  # fmt: skip
    """Write what the path is like whatever the place; return the index from which it is "lately"."""
    whole = 0.0
    for k in range(1, last + 1):
        whole += dt[k]
    late_from, late_s = last, 0.0
    while late_from > 0 and late_s < LATE * whole:
        late_s += dt[late_from]
        late_from -= 1
    length, late, restless = 0.0, 0.0, 0.0
    for k in range(1, last + 1):
        leg = math.hypot(x[k] - x[k - 1], y[k] - y[k - 1])
        length += leg
        if k > late_from:
            late += leg
        speed2 = vx[k] * vx[k] + vy[k] * vy[k] + 1.0
        change = (vx[k] - vx[k - 1]) ** 2 + (vy[k] - vy[k - 1]) ** 2
        restless += change / speed2 / max(dt[k], 0.1)
    out[STRAIGHT] = math.hypot(x[0], y[0]) / max(length, 1.0)
    out[STRAIGHT_LATE] = math.hypot(x[late_from], y[late_from]) / max(late, 1.0)
    out[LENGTH] = math.log((length + 100.0) / 20_000.0)
    out[SPEED] = math.log((math.hypot(vx[last], vy[last]) + 1.0) / 40.0)
    out[RESTLESS] = math.log(math.sqrt(restless / max(last, 1)) + 1e-3)
    out[PLACES] = math.log(min(places, PLACES_MAX) / 10.0)
    out[CLIMB] = 0.0
    return late_from


@njit(cache=True)
def _one(
    last: int, late_from: int, x: FloatArray, y: FloatArray, vx: FloatArray, vy: FloatArray, dt: FloatArray,
    sigma: FloatArray, gx: float, gy: float, spread_m: float, out: FloatArray,
) -> None:  # fmt: skip
    """Write the features of one place at (gx, gy)."""
    speed = math.hypot(vx[last], vy[last]) + 0.1
    distance = math.hypot(gx, gy)
    ahead = max(gx * vx[last] + gy * vy[last], 0.0) / (speed * speed)
    miss = math.hypot(gx - ahead * vx[last], gy - ahead * vy[last])
    off = math.acos(min(max((gx * vx[last] + gy * vy[last]) / (max(distance, 1.0) * speed), -1.0), 1.0))
    out[ANGLE] = max(off - math.atan2(spread_m, distance + 1.0), 0.0)
    out[MISS] = math.log((max(miss - spread_m, 0.0) + MISS_M) / 10_000.0)
    out[DISTANCE] = math.log((max(distance - spread_m, 0.0) + DISTANCE_M) / 20_000.0)
    course, course_late, whole, late = 0.0, 0.0, 1e-3, 1e-3
    length, length_late, nearest, leader = 1.0, 1.0, distance, 0.0
    keep = 0.0
    for k in range(1, last + 1):
        tx, ty = gx - x[k - 1], gy - y[k - 1]
        there = math.hypot(tx, ty) + 1.0
        own = math.hypot(vx[k - 1], vy[k - 1]) + 0.1
        nearest = min(nearest, there)
        along = dt[k] * (tx * vx[k - 1] + ty * vy[k - 1]) / (there * own)
        leg = math.hypot(x[k] - x[k - 1], y[k] - y[k - 1])
        course += along
        whole += dt[k]
        length += leg
        if k > late_from:
            course_late += along
            late += dt[k]
            length_late += leg
        keep = math.exp(-LEADER_RATE_HZ * dt[k])
        noise = (LEADER_NOISE * own) ** 2 * dt[k] + 2.0 * sigma[1] * sigma[1] + 1e-3
        cx, cy = vx[k] - vx[k - 1], vy[k] - vy[k - 1]
        px = (1.0 - keep) * (own * tx / there - vx[k - 1])
        py = (1.0 - keep) * (own * ty / there - vy[k - 1])
        leader += 0.5 * (cx * cx + cy * cy - (cx - px) ** 2 - (cy - py) ** 2) / noise
    start = math.hypot(gx - x[0], gy - y[0])
    start_late = math.hypot(gx - x[late_from], gy - y[late_from])
    out[COURSE] = course / whole
    out[COURSE_LATE] = course_late / late
    out[CLOSING] = (start - distance) / length
    out[CLOSING_LATE] = (start_late - distance) / length_late
    out[PASSED] = math.log((distance + MISS_M) / (nearest + MISS_M))
    out[LEADER] = min(max(leader, -LEADER_MAX), LEADER_MAX) / 10.0
    out[DETOUR] = math.log1p(max(length + distance - start, 0.0) / (start + MISS_M))
    # At the start the place is known and the velocity is not: any of this speed.
    pp, vv = sigma[0] * sigma[0], sigma[1] * sigma[1]
    out[BRIDGE_STEADY] = 0.2 * bridge(
        0.0, 0.0, vx[last], vy[last], pp, vv, x[0], y[0], 0.0, 0.0, pp, speed * speed, whole, gx, gy,
        spread_m, STEADY * speed * speed,
    )  # fmt: skip
    out[BRIDGE_FREE] = 0.2 * bridge(
        0.0, 0.0, vx[last], vy[last], pp, vv, x[0], y[0], 0.0, 0.0, pp, speed * speed, whole, gx, gy,
        spread_m, FREE * speed * speed,
    )  # fmt: skip
