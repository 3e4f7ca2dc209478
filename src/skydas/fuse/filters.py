"""The filter of one track: mixing, prediction and update, on packed covariances.

state   x = (east, north, up, and their rates) in the node's plane, m and m/s
packed  P = the upper triangle by rows: 00 01 02 03 04 05 | 11 12 13 14 15 | 22 23 24 25 | 33 34 35 | 44 45 | 55

mean (models, 6), cov (models, 21), weight (models,): the models of one track, worked on in place.
motion: the record SETUP. Twins in NumPy: tests/reference.py.
"""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

import numpy as np
from numba import njit

from skydas.fuse.records import Records
from skydas.model import FloatArray

_WEIGHT_MIN = 1e-6  # a model below this could never come back


@njit(cache=True)
def combine(mean: FloatArray, cov: FloatArray, weight: FloatArray, models: int, x: FloatArray, p: FloatArray) -> None:
    """Write the moments of the mixture over the models to `x` (6,) and `p` (21,)."""
    if models == 1:
        for a in range(6):
            x[a] = mean[0, a]
        for a in range(21):
            p[a] = cov[0, a]
        return
    w0, w1, w2 = weight[0], weight[1], weight[2]
    for a in range(6):
        x[a] = w0 * mean[0, a] + w1 * mean[1, a] + w2 * mean[2, a]
    for a in range(21):
        p[a] = w0 * cov[0, a] + w1 * cov[1, a] + w2 * cov[2, a]
    for m in range(3):
        w = weight[m]
        d0, d1, d2 = mean[m, 0] - x[0], mean[m, 1] - x[1], mean[m, 2] - x[2]
        d3, d4, d5 = mean[m, 3] - x[3], mean[m, 4] - x[4], mean[m, 5] - x[5]
        add_outer(p, w, d0, d1, d2, d3, d4, d5)


@njit(cache=True)
def add_outer(p: FloatArray, w: float, d0: float, d1: float, d2: float, d3: float, d4: float, d5: float) -> None:
    """Add w d d' to the packed `p`."""
    p[0] += w * d0 * d0
    p[1] += w * d0 * d1
    p[2] += w * d0 * d2
    p[3] += w * d0 * d3
    p[4] += w * d0 * d4
    p[5] += w * d0 * d5
    p[6] += w * d1 * d1
    p[7] += w * d1 * d2
    p[8] += w * d1 * d3
    p[9] += w * d1 * d4
    p[10] += w * d1 * d5
    p[11] += w * d2 * d2
    p[12] += w * d2 * d3
    p[13] += w * d2 * d4
    p[14] += w * d2 * d5
    p[15] += w * d3 * d3
    p[16] += w * d3 * d4
    p[17] += w * d3 * d5
    p[18] += w * d4 * d4
    p[19] += w * d4 * d5
    p[20] += w * d5 * d5


@njit(cache=True)
def mix(
    mean: FloatArray, cov: FloatArray, weight: FloatArray, dt_s: float, motion: Records, x: FloatArray, p: FloatArray
) -> None:
    """Mix the models over `dt_s`; `x` and `p` receive the moments of the whole mixture.

    The chain is Pi(dt) = e I + (1 - e) 1 pi', e = exp(-rate dt): it composes exactly over any intervals. So the
    mixed model m is a blend of itself and of the whole mixture, and three models cost three blends, not nine.
    """
    combine(mean, cov, weight, motion.models, x, p)
    if motion.models == 1:
        return
    stay = np.exp(-motion.switch_rate_hz * dt_s)
    for m in range(3):
        own = stay * weight[m]
        predicted = own + (1.0 - stay) * motion.share[m]
        a = own / predicted
        b = 1.0 - a
        d0, d1, d2 = mean[m, 0] - x[0], mean[m, 1] - x[1], mean[m, 2] - x[2]
        d3, d4, d5 = mean[m, 3] - x[3], mean[m, 4] - x[4], mean[m, 5] - x[5]
        for k in range(6):
            mean[m, k] = a * mean[m, k] + b * x[k]
        for k in range(21):
            cov[m, k] = a * cov[m, k] + b * p[k]
        add_outer(cov[m], a * b, d0, d1, d2, d3, d4, d5)
        weight[m] = predicted


@njit(cache=True)
def drift(
    x: FloatArray, p: FloatArray, gain: float, keep: float, q_pp: float, q_pv: float, q_vv: float, vertical: float
) -> None:
    """Predict one model: position += gain * velocity, velocity *= keep, and the noise of it.

    q_pp, q_pv, q_vv: variance added to position, to their product, to velocity, of one horizontal axis
    vertical: the share of it that the vertical axis gets
    """
    for k in range(3):
        x[k] += gain * x[k + 3]
        x[k + 3] *= keep
    # position block, from the old cross and velocity blocks
    p[0] += 2.0 * gain * p[3] + gain * gain * p[15] + q_pp
    p[1] += gain * (p[4] + p[8]) + gain * gain * p[16]
    p[2] += gain * (p[5] + p[12]) + gain * gain * p[17]
    p[6] += 2.0 * gain * p[9] + gain * gain * p[18] + q_pp
    p[7] += gain * (p[10] + p[13]) + gain * gain * p[19]
    p[11] += 2.0 * gain * p[14] + gain * gain * p[20] + vertical * q_pp
    # cross block
    p[3] = keep * (p[3] + gain * p[15]) + q_pv
    p[4] = keep * (p[4] + gain * p[16])
    p[5] = keep * (p[5] + gain * p[17])
    p[8] = keep * (p[8] + gain * p[16])
    p[9] = keep * (p[9] + gain * p[18]) + q_pv
    p[10] = keep * (p[10] + gain * p[19])
    p[12] = keep * (p[12] + gain * p[17])
    p[13] = keep * (p[13] + gain * p[19])
    p[14] = keep * (p[14] + gain * p[20]) + vertical * q_pv
    # velocity block
    keep2 = keep * keep
    p[15] = keep2 * p[15] + q_vv
    p[16] *= keep2
    p[17] *= keep2
    p[18] = keep2 * p[18] + q_vv
    p[19] *= keep2
    p[20] = keep2 * p[20] + vertical * q_vv


@njit(cache=True)
def move(
    mean: FloatArray, cov: FloatArray, weight: FloatArray, dt_s: float, motion: Records, x: FloatArray, p: FloatArray
) -> None:
    """Mix and predict by `dt_s` >= 0; `x` (6,) and `p` (21,) are scratch."""
    mix(mean, cov, weight, dt_s, motion, x, p)
    for m in range(motion.models):
        if m == 2:
            tau, variance = motion.hover_tau_s, motion.hover_variance
            keep = np.exp(-dt_s / tau)
            lost = 1.0 - keep
            q_pp = variance * tau * tau * (2.0 * dt_s / tau - 3.0 + 4.0 * keep - keep * keep)
            drift(
                mean[m], cov[m], tau * lost, keep,
                max(q_pp, 0.0), variance * tau * lost * lost, variance * (1.0 - keep * keep), 1.0,
            )  # fmt: skip
        else:
            q = motion.q_quiet if m == 0 else motion.q_manoeuvre
            drift(
                mean[m], cov[m], dt_s, 1.0,
                q * dt_s * dt_s * dt_s / 3.0, q * dt_s * dt_s / 2.0, q * dt_s, motion.q_vertical,
            )  # fmt: skip


@njit(cache=True)
def absorb(x: FloatArray, p: FloatArray, h: FloatArray, residual: float, variance: float) -> float:
    """Update one model by one scalar: residual = z - h(x), row `h` (6,). Return the variance of the residual."""
    h0, h1, h2, h3, h4, h5 = h[0], h[1], h[2], h[3], h[4], h[5]
    b0 = p[0] * h0 + p[1] * h1 + p[2] * h2 + p[3] * h3 + p[4] * h4 + p[5] * h5
    b1 = p[1] * h0 + p[6] * h1 + p[7] * h2 + p[8] * h3 + p[9] * h4 + p[10] * h5
    b2 = p[2] * h0 + p[7] * h1 + p[11] * h2 + p[12] * h3 + p[13] * h4 + p[14] * h5
    b3 = p[3] * h0 + p[8] * h1 + p[12] * h2 + p[15] * h3 + p[16] * h4 + p[17] * h5
    b4 = p[4] * h0 + p[9] * h1 + p[13] * h2 + p[16] * h3 + p[18] * h4 + p[19] * h5
    b5 = p[5] * h0 + p[10] * h1 + p[14] * h2 + p[17] * h3 + p[19] * h4 + p[20] * h5
    s = h0 * b0 + h1 * b1 + h2 * b2 + h3 * b3 + h4 * b4 + h5 * b5 + variance
    g = 1.0 / s
    r = residual * g
    x[0] += b0 * r
    x[1] += b1 * r
    x[2] += b2 * r
    x[3] += b3 * r
    x[4] += b4 * r
    x[5] += b5 * r
    add_outer(p, -g, b0, b1, b2, b3, b4, b5)
    return s


@njit(cache=True)
def absorb_place(x: FloatArray, p: FloatArray, h: FloatArray, residual: float, variance: float) -> float:
    """As `absorb`, of a measurement that does not depend on velocity: h[3:] is 0."""
    h0, h1, h2 = h[0], h[1], h[2]
    b0 = p[0] * h0 + p[1] * h1 + p[2] * h2
    b1 = p[1] * h0 + p[6] * h1 + p[7] * h2
    b2 = p[2] * h0 + p[7] * h1 + p[11] * h2
    b3 = p[3] * h0 + p[8] * h1 + p[12] * h2
    b4 = p[4] * h0 + p[9] * h1 + p[13] * h2
    b5 = p[5] * h0 + p[10] * h1 + p[14] * h2
    s = h0 * b0 + h1 * b1 + h2 * b2 + variance
    g = 1.0 / s
    r = residual * g
    x[0] += b0 * r
    x[1] += b1 * r
    x[2] += b2 * r
    x[3] += b3 * r
    x[4] += b4 * r
    x[5] += b5 * r
    add_outer(p, -g, b0, b1, b2, b3, b4, b5)
    return s


@njit(cache=True)
def keep_positive(p: FloatArray) -> None:
    """Mend what rounding may do: no variance below 1e-6, no correlation above 1."""
    for a in range(6):
        d = a * 6 - a * (a - 1) // 2
        if not p[d] >= 1e-6:
            p[d] = 1e-6
    k = 0
    for a in range(6):
        va = p[a * 6 - a * (a - 1) // 2]
        for b in range(a, 6):
            if b != a:
                limit = 0.999999 * np.sqrt(va * p[b * 6 - b * (b - 1) // 2])
                if p[k] > limit:
                    p[k] = limit
                elif p[k] < -limit:
                    p[k] = -limit
            k += 1


@njit(cache=True)
def normalise(weight: FloatArray, models: int) -> None:
    """Make the weights sum to 1, none below the floor; they come as likelihoods of any unit."""
    if models == 1:
        weight[0] = 1.0
        return
    total = 0.0
    for m in range(models):
        total += weight[m]
    share = 1.0 / total
    total = 0.0
    for m in range(models):
        weight[m] = max(weight[m] * share, _WEIGHT_MIN)
        total += weight[m]
    for m in range(models):
        weight[m] /= total
