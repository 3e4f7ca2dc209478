"""A straight flight from bearings alone: Gauss and Newton, damped, on position and velocity, from five starts.

The unknowns are p and v (node's plane) at the instant 0. A bearing taken at t by a sensor at s is of the place
    p + v te,   te = t - |p + v te - s| / c
from which it set out: for sound that is seconds ago, for light now. te is found by Newton; its slope is
    dte/dp = -u' / (c + u'v),   dte/dv = te dte/dp,   u the unit vector from the sensor
Bearings with Huber's weights; besides, velocity is drawn to 0 with the sigma of what flies here, and height to a prior.
Twin: tests/reference_bearings.py.
"""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from skydas.fuse.cholesky import factor, invert_factored, solve_factored
from skydas.fuse.measure import height_of
from skydas.fuse.records import Records
from skydas.model import TAU, FloatArray

HUBER: Final = 2.5  # sigmas
VELOCITY_SIGMA_MPS: Final = 40.0  # of each horizontal axis: what is heard or seen by cameras is seldom faster
STARTS: Final = 5
ROUNDS_MAX: Final = 25
RETARDED_ROUNDS: Final = 3  # of Newton
STEP_M_MAX: Final = 5_000.0
PRIOR_ROWS: Final = 4
_START_SHARES: Final[FloatArray] = np.array([0.0, 0.3, 1.0, 2.0, 4.0])  # of the distance between sensors; 0: crossing
_CLOSE: Final = 1e-6

SIGHT: Final = np.dtype(  # one bearing, ready to be fitted
    [
        ("t_s", "<f8"),  # since the instant of the state
        ("site", "<f8", (3,)),  # in the node's plane
        ("rotation", "<f8", (3, 3)),  # from there to the sensor's east, north, up
        ("azimuth", "<f8"),  # rad
        ("elevation", "<f8"),  # NaN: not measured
        ("sigma_azimuth", "<f8"),
        ("sigma_elevation", "<f8"),
        ("slowness", "<f8"),  # s/m: one over the speed of sound, 0 for light
    ]
)


@njit(cache=True)
def retarded(u: FloatArray, sight: Records, d: FloatArray) -> float:
    """Return the instant that a sight shows, and write the way from the sensor to the place then to `d` (3,)."""
    te = sight.t_s
    for _ in range(RETARDED_ROUNDS if sight.slowness > 0.0 else 0):
        for a in range(3):
            d[a] = u[a] + te * u[a + 3] - sight.site[a]
        way = max(np.sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]), 1.0)
        closing = (d[0] * u[3] + d[1] * u[4] + d[2] * u[5]) / way
        te -= (te - sight.t_s + sight.slowness * way) / max(1.0 + sight.slowness * closing, 0.05)
    for a in range(3):
        d[a] = u[a] + te * u[a + 3] - sight.site[a]
    return te


@njit(cache=True)
def sight_rows(u: FloatArray, sight: Records, d: FloatArray, r: FloatArray, h: FloatArray) -> int:
    """Write residuals and rows of one sight in sigmas to r (2,) and h (2, 6); return how many it has."""
    te = retarded(u, sight, d)
    m = sight.rotation
    l0 = m[0, 0] * d[0] + m[0, 1] * d[1] + m[0, 2] * d[2]
    l1 = m[1, 0] * d[0] + m[1, 1] * d[1] + m[1, 2] * d[2]
    l2 = m[2, 0] * d[0] + m[2, 1] * d[1] + m[2, 2] * d[2]
    ground2 = max(l0 * l0 + l1 * l1, 1.0)
    slant2 = ground2 + l2 * l2
    ground, slant = np.sqrt(ground2), np.sqrt(slant2)
    off = sight.azimuth - np.arctan2(l0, l1)
    r[0] = (off - TAU * np.round(off / TAU)) / sight.sigma_azimuth
    g0, g1 = l1 / ground2 / sight.sigma_azimuth, -l0 / ground2 / sight.sigma_azimuth
    for a in range(3):
        h[0, a] = m[0, a] * g0 + m[1, a] * g1
    count = 1
    if not np.isnan(sight.elevation):
        r[1] = (sight.elevation - np.arctan2(l2, ground)) / sight.sigma_elevation
        w = 1.0 / (slant2 * sight.sigma_elevation)
        g0, g1, g2 = -l0 * l2 / ground * w, -l1 * l2 / ground * w, ground * w
        for a in range(3):
            h[1, a] = m[0, a] * g0 + m[1, a] * g1 + m[2, a] * g2
        count = 2
    closing = (d[0] * u[3] + d[1] * u[4] + d[2] * u[5]) / slant
    slope = -sight.slowness / (max(1.0 + sight.slowness * closing, 0.05) * slant)
    for k in range(count):
        along = h[k, 0] * u[3] + h[k, 1] * u[4] + h[k, 2] * u[5]
        for a in range(3):
            h[k, a] += along * slope * d[a]
            h[k, a + 3] = te * h[k, a]
    return count


@njit(cache=True)
def normal(
    u: FloatArray, sights: Records, prior: FloatArray, plane: FloatArray, n: FloatArray, g: FloatArray, desk: FloatArray
) -> float:
    """Write the normal equations at u (6,) to n (6, 6) and g (6,); return Huber's cost of the sights and priors.

    prior : (4,) height above the ellipsoid, its sigma, sigma of the horizontal and of the vertical velocity; of people
            (5,) with the sigma, in each horizontal axis, of how far what they noticed was from where they stood
    desk  : (4, 6) scratch
    """
    n[:, :] = 0.0
    g[:] = 0.0
    cost = 0.0
    r, h, d = desk[0, :2], desk[1:3], desk[3, :3]
    for j in range(len(sights)):
        count = sight_rows(u, sights[j], d, r, h)
        if len(prior) > 4:
            te = retarded(u, sights[j], d)  # taken as it is: its slope is small beside a sigma of a kilometre
            for a in range(2):
                w = 1.0 / prior[4] ** 2
                cost += 0.5 * w * d[a] * d[a]
                g[a] -= w * d[a]
                g[a + 3] -= w * te * d[a]
                n[a, a] += w
                n[a, a + 3] += w * te
                n[a + 3, a] += w * te
                n[a + 3, a + 3] += w * te * te
        for k in range(count):
            size = abs(r[k])
            w = min(HUBER / max(size, 1e-9), 1.0)
            cost += 0.5 * size * size if size < HUBER else HUBER * (size - 0.5 * HUBER)
            for a in range(6):
                g[a] += w * h[k, a] * r[k]
                for b in range(6):
                    n[a, b] += w * h[k, a] * h[k, b]
    for a in range(3, 6):
        w = 1.0 / (prior[3] if a == 5 else prior[2]) ** 2
        n[a, a] += w
        g[a] -= w * u[a]
        cost += 0.5 * w * u[a] * u[a]
    up = desk[3, :3]
    off = (prior[0] - height_of(plane, u[0], u[1], u[2], up)) / prior[1]
    cost += 0.5 * off * off
    for a in range(3):
        g[a] += up[a] / prior[1] * off
        for b in range(3):
            n[a, b] += up[a] * up[b] / prior[1] ** 2
    return cost


@njit(cache=True)
def descend(u: FloatArray, sights: Records, prior: FloatArray, plane: FloatArray) -> float:
    """Improve u (6,) in place until it rests; return the cost there."""
    n, damped, g = np.empty((6, 6)), np.empty((6, 6)), np.empty(6)
    step, tried, desk = np.empty(6), np.empty(6), np.empty((4, 6))
    cost = normal(u, sights, prior, plane, n, g, desk)
    damping = 1e-2
    for _ in range(ROUNDS_MAX):
        for a in range(6):
            step[a] = g[a]
            for b in range(6):
                damped[a, b] = n[a, b]
            damped[a, a] = n[a, a] * (1.0 + damping)
        if not factor(damped, 6):
            return np.inf
        solve_factored(damped, 6, step)
        length = np.sqrt(step[0] ** 2 + step[1] ** 2 + step[2] ** 2)
        scale = min(STEP_M_MAX / max(length, 1e-9), 1.0)
        for a in range(6):
            tried[a] = u[a] + scale * step[a]
        found = normal(tried, sights, prior, plane, n, g, desk)
        if found < cost:
            rests = cost - found < _CLOSE * (cost + 1e-3)
            u[:] = tried
            cost = found
            damping *= 0.2
            if rests:
                break
        else:
            normal(u, sights, prior, plane, n, g, desk)
            damping = min(damping * 10.0, 1e6)
            if length < 1e-3:
                break
    return cost


@njit(cache=True)
def crossing(sights: Records, out: FloatArray) -> None:
    """Write to `out` (2,) the place, in the horizontal, that is nearest to all lines of sight."""
    a00 = a01 = a11 = b0 = b1 = 0.0
    for j in range(len(sights)):
        m, azimuth = sights[j].rotation, sights[j].azimuth
        e = np.sin(azimuth) * m[0, 0] + np.cos(azimuth) * m[1, 0]
        f = np.sin(azimuth) * m[0, 1] + np.cos(azimuth) * m[1, 1]
        x, y = sights[j].site[0], sights[j].site[1]
        a00 += f * f
        a01 -= e * f
        a11 += e * e
        b0 += f * (f * x - e * y)
        b1 += e * (e * y - f * x)
    det = a00 * a11 - a01 * a01
    if det < 1e-9 * (a00 + a11) ** 2:
        out[0], out[1] = sights[0].site[0], sights[0].site[1]
        return
    out[0], out[1] = (a11 * b0 - a01 * b1) / det, (a00 * b1 - a01 * b0) / det


@njit(cache=True)
def fit_flight(
    sights: Records, prior: FloatArray, plane: FloatArray, best: FloatArray, cov: FloatArray
) -> tuple[float, float, int]:
    """Fit sights, SIGHT (n,); write the state at the instant 0 to best (6,) and its covariance to cov (6, 6).

    Returns chi-square of the sights (Huber's cost, twice), the degrees of freedom, and 1 if it is a solution at all.
    """
    u, n, g, desk = np.empty(6), np.empty((6, 6)), np.empty(6), np.empty((4, 6))
    meeting = np.empty(2)
    crossing(sights, meeting)
    apart = 100.0
    for j in range(len(sights)):
        east, north = sights[j].site[0] - sights[0].site[0], sights[j].site[1] - sights[0].site[1]
        apart = max(apart, np.hypot(east, north))
    m, azimuth = sights[len(sights) - 1].rotation, sights[len(sights) - 1].azimuth
    last = sights[len(sights) - 1].site
    least = np.inf
    for start in range(STARTS):
        u[:] = 0.0
        away = _START_SHARES[start] * apart
        for a in range(2):
            u[a] = last[a] + away * (np.sin(azimuth) * m[0, a] + np.cos(azimuth) * m[1, a])
        if start == 0:
            u[0], u[1] = meeting[0], meeting[1]
        u[2] = prior[0] - height_of(plane, u[0], u[1], 0.0, desk[0, :3])
        cost = descend(u, sights, prior, plane)
        if cost < least - 1e-9:
            least = cost
            best[:] = u
    if not np.isfinite(least):
        return 0.0, 1.0, 0
    normal(best, sights, prior, plane, n, g, desk)
    if not factor(n, 6):
        return 0.0, 1.0, 0
    invert_factored(n, 6, cov, g)
    chi2, rows = 0.0, 0
    for j in range(len(sights)):
        count = sight_rows(best, sights[j], desk[3, :3], desk[0, :2], desk[1:3])
        rows += count
        for k in range(count):
            size = abs(desk[0, k])
            chi2 += size * size if size < HUBER else 2.0 * HUBER * (size - 0.5 * HUBER)
    unknowns = 4 if rows == len(sights) else 6  # bearings without elevation say nothing of height
    return chi2, float(max(rows - unknowns, 1)), 1
