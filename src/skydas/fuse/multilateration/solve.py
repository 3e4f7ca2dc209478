"""Where a signal came from, by its arrival times at four or more receivers: Levenberg and Marquardt from nine starts.

Unknown are the place p (node's plane, m) and the instant of sending as a length b (m). Receiver k at s_k measured
    z_k = n |p - s_k| + b + noise of variance_k
and a height row, measured or assumed, closes the geometry: stations on the ground hardly see height.
Huber's weights hold back one bad receiver. None is ever left out to make the rest agree: four of five receivers have no
redundancy left, and the mirror place then often fits better.
Twin: tests/reference_multilateration.py.
"""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from skydas.fuse.cholesky import factor, invert_factored, solve_factored
from skydas.fuse.measure import height_of
from skydas.model import TAU, FloatArray

AIR_INDEX: Final = 1.0003  # of refraction, for radio near the ground: light is that much slower
HUBER: Final = 1.5  # sigmas
ROUNDS_MAX: Final = 30
STEP_M_MAX: Final = 50_000.0
RINGS: Final = 2  # of starts around the receivers' middle, at these multiples of their mean distance from it
RING_SHARES: Final[FloatArray] = np.array([1.0, 3.0])
STARTS: Final = 1 + 4 * RINGS
COST_AMBIGUOUS: Final = 3.0  # a second place whose log-likelihood is within this is a mirror that nobody can exclude
MIRROR_SIGMAS: Final = 6.0  # and which is this far from the first
REFUSED_MIRROR: Final = 1
REFUSED_COST: Final = 2
REFUSED_SINGULAR: Final = 3
SOLVED: Final = 0
_COST_PER_FREEDOM_MAX: Final = 8.0  # Huber's cost of receivers that cannot have heard one and the same signal
_CLOSE: Final = 1e-7  # relative change of the cost at which a search rests


@njit(cache=True)
def robust_cost(r: FloatArray, count: int) -> float:
    """Return Huber's cost of residuals in sigmas; 0.5 r2 for small ones."""
    total = 0.0
    for k in range(count):
        a = abs(r[k])
        total += 0.5 * a * a if a < HUBER else HUBER * (a - 0.5 * HUBER)
    return total


@njit(cache=True)
def group_rows(
    u: FloatArray,
    site: FloatArray,
    z: FloatArray,
    variance: FloatArray,
    height_m: float,
    height_variance: float,
    plane: FloatArray,
    up: FloatArray,
    r: FloatArray,
    h: FloatArray,
) -> None:
    """Write residuals (m + 1,) and rows (m + 1, 4), in sigmas, at u = (place, b); the last is the height's.

    site (m, 3) receivers in the node's plane; z (m,) metres; plane (12,) of `measure.plane_numbers`; up (3,) scratch
    """
    count = len(z)
    for k in range(count):
        d0, d1, d2 = u[0] - site[k, 0], u[1] - site[k, 1], u[2] - site[k, 2]
        distance = max(np.sqrt(d0 * d0 + d1 * d1 + d2 * d2), 1.0)
        white = 1.0 / np.sqrt(variance[k])
        r[k] = white * (z[k] - AIR_INDEX * distance - u[3])
        slope = white * AIR_INDEX / distance
        h[k, 0], h[k, 1], h[k, 2], h[k, 3] = slope * d0, slope * d1, slope * d2, white
    white = 1.0 / np.sqrt(height_variance)
    r[count] = white * (height_m - height_of(plane, u[0], u[1], u[2], up))
    for a in range(3):
        h[count, a] = white * up[a]
    h[count, 3] = 0.0


@njit(cache=True)
def information(r: FloatArray, h: FloatArray, n: FloatArray, g: FloatArray) -> None:
    """Write H' W H to `n` (4, 4) and H' W r to `g` (4,), with Huber's weights."""
    n[:, :] = 0.0
    g[:] = 0.0
    for k in range(len(r)):
        w = min(HUBER / max(abs(r[k]), 1e-9), 1.0)
        for a in range(4):
            g[a] += w * h[k, a] * r[k]
            for b in range(4):
                n[a, b] += w * h[k, a] * h[k, b]


@njit(cache=True)
def descend(
    u: FloatArray,
    site: FloatArray,
    z: FloatArray,
    variance: FloatArray,
    height_m: float,
    height_variance: float,
    plane: FloatArray,
    r: FloatArray,
    h: FloatArray,
) -> float:
    """Improve u (4,) in place until it rests; return the cost there. r (m + 1,), h (m + 1, 4) are those at the end."""
    count = len(z) + 1
    up, g, tried = np.empty(3), np.empty(4), np.empty(4)
    n, damped = np.empty((4, 4)), np.empty((4, 4))
    group_rows(u, site, z, variance, height_m, height_variance, plane, up, r, h)
    cost = robust_cost(r, count)
    damping = 1e-2
    for _ in range(ROUNDS_MAX):
        information(r, h, n, g)
        for a in range(4):
            for b in range(4):
                damped[a, b] = n[a, b]
            damped[a, a] = n[a, a] * (1.0 + damping) + 1e-12
        if not factor(damped, 4):
            return np.inf
        solve_factored(damped, 4, g)
        length = np.sqrt(g[0] * g[0] + g[1] * g[1] + g[2] * g[2])
        scale = min(STEP_M_MAX / max(length, 1e-9), 1.0)
        for a in range(4):
            tried[a] = u[a] + scale * g[a]
        group_rows(tried, site, z, variance, height_m, height_variance, plane, up, r, h)
        found = robust_cost(r, count)
        if found < cost:
            for a in range(4):
                u[a] = tried[a]
            rests = cost - found < _CLOSE * (cost + 1e-3)
            cost = found
            damping *= 0.2
            if rests:
                break
        else:
            group_rows(u, site, z, variance, height_m, height_variance, plane, up, r, h)
            damping = min(damping * 10.0, 1e6)
            if length * scale < 1e-3:
                break
    return cost


@njit(cache=True)
def solve_group(
    site: FloatArray,
    z: FloatArray,
    variance: FloatArray,
    height_m: float,
    height_variance: float,
    plane: FloatArray,
    best: FloatArray,
    cov: FloatArray,
    r: FloatArray,
    h: FloatArray,
) -> int:
    """Write the place and the instant to `best` (4,), the place's covariance to `cov` (3, 3); return SOLVED or why not.

    r (m + 1,), h (m + 1, 4) : residuals and rows there, in sigmas
    """
    count = len(z)
    middle, u, n, g = np.zeros(3), np.empty(4), np.empty((4, 4)), np.empty(4)
    whole = np.empty((4, 4))
    others, costs = np.empty((STARTS, 4)), np.empty(STARTS)
    for k in range(count):
        for a in range(3):
            middle[a] += site[k, a] / count
    around = 0.0
    for k in range(count):
        around += np.hypot(site[k, 0] - middle[0], site[k, 1] - middle[1]) / count
    least, first = np.inf, -1
    for start in range(STARTS):
        ring = (start - 1) // 4
        away = 0.0 if start == 0 else RING_SHARES[ring] * around
        angle = TAU / 8.0 + (start - 1) % 4 * TAU / 4.0
        u[0] = middle[0] + away * np.cos(angle)
        u[1] = middle[1] + away * np.sin(angle)
        u[2] = 0.0
        u[2] = height_m - height_of(plane, u[0], u[1], 0.0, g[:3])
        total = 0.0
        for k in range(count):
            d0, d1, d2 = u[0] - site[k, 0], u[1] - site[k, 1], u[2] - site[k, 2]
            total += z[k] - AIR_INDEX * np.sqrt(d0 * d0 + d1 * d1 + d2 * d2)
        u[3] = total / count
        costs[start] = descend(u, site, z, variance, height_m, height_variance, plane, r, h)
        others[start] = u
        if costs[start] < least - 1e-9:
            least, first = costs[start], start
    if first < 0:
        return REFUSED_SINGULAR
    best[:] = others[first]
    group_rows(best, site, z, variance, height_m, height_variance, plane, u[:3], r, h)
    information(r, h, n, g)
    if not factor(n, 4):
        return REFUSED_SINGULAR
    invert_factored(n, 4, whole, g)
    cov[:, :] = whole[:3, :3]
    if least > _COST_PER_FREEDOM_MAX * max(count - 3, 1):
        return REFUSED_COST
    reach = MIRROR_SIGMAS * np.sqrt(cov[0, 0] + cov[1, 1])
    for start in range(STARTS):
        away = np.hypot(others[start, 0] - best[0], others[start, 1] - best[1])
        if costs[start] < least + COST_AMBIGUOUS and away > reach:
            return REFUSED_MIRROR
    return SOLVED
