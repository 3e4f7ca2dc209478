"""Twins of the engine's kernels: the obvious NumPy way, as the textbook has it, however slow."""

from __future__ import annotations

import itertools

import numpy as np

from skydas.geo import TangentPlane
from skydas.model import FloatArray, IntArray

_UPPER = np.triu_indices(6)


def unpacked(packed: FloatArray) -> FloatArray:
    """Return the symmetric matrix, shape (..., 6, 6), of packed upper triangles (..., 21)."""
    full = np.zeros((*packed.shape[:-1], 6, 6))
    full[..., _UPPER[0], _UPPER[1]] = packed
    full[..., _UPPER[1], _UPPER[0]] = packed
    return full


def packed(full: FloatArray) -> FloatArray:
    """Return the upper triangles by rows, shape (..., 21)."""
    return full[..., _UPPER[0], _UPPER[1]]


def combine(mean: FloatArray, cov: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the moments of a mixture: mean (m, 6), cov (m, 6, 6), weight (m,)."""
    x = weight @ mean
    away = mean - x
    return x, np.einsum("m,mab->ab", weight, cov + np.einsum("ma,mb->mab", away, away))


def mix(
    mean: FloatArray, cov: FloatArray, weight: FloatArray, transition: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return means, covariances and weights after IMM mixing with any transition matrix (m, m), all nine pairs."""
    models = len(weight)
    predicted = weight @ transition
    mixed_mean, mixed_cov = np.zeros_like(mean), np.zeros_like(cov)
    for target in range(models):
        share = weight * transition[:, target] / predicted[target]
        mixed_mean[target], mixed_cov[target] = combine(mean, cov, share)
    return mixed_mean, mixed_cov, predicted


def transition(dt_s: float, rate_hz: float, share: FloatArray) -> FloatArray:
    """Return Pi(dt) = e I + (1 - e) 1 pi'."""
    stay = np.exp(-rate_hz * dt_s)
    return stay * np.eye(len(share)) + (1.0 - stay) * np.tile(share, (len(share), 1))


def predict_constant_velocity(
    x: FloatArray, p: FloatArray, dt_s: float, q: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Predict with white acceleration of density q (3,), m2/s3."""
    f = np.eye(6)
    f[:3, 3:] = dt_s * np.eye(3)
    noise = np.zeros((6, 6))
    noise[:3, :3] = np.diag(q) * dt_s**3 / 3.0
    noise[:3, 3:] = noise[3:, :3] = np.diag(q) * dt_s**2 / 2.0
    noise[3:, 3:] = np.diag(q) * dt_s
    return f @ x, f @ p @ f.T + noise


def predict_hover(
    x: FloatArray, p: FloatArray, dt_s: float, tau_s: float, variance: float
) -> tuple[FloatArray, FloatArray]:
    """Predict with a velocity that is an Ornstein-Uhlenbeck process; its noise by numerical integration."""
    keep = np.exp(-dt_s / tau_s)
    f = np.eye(6)
    f[:3, 3:] = tau_s * (1.0 - keep) * np.eye(3)
    f[3:, 3:] = keep * np.eye(3)
    steps = 4_000
    noise = np.zeros((2, 2))
    for k in range(steps):
        left = dt_s * (k + 0.5) / steps
        gain = np.array([tau_s * (1.0 - np.exp(-left / tau_s)), np.exp(-left / tau_s)])
        noise += np.outer(gain, gain) * (2.0 * variance / tau_s) * dt_s / steps
    return f @ x, f @ p @ f.T + np.kron(noise, np.eye(3))


def update(
    x: FloatArray, p: FloatArray, h: FloatArray, residual: FloatArray, r: FloatArray
) -> tuple[FloatArray, FloatArray, float]:
    """Return the Kalman update by rows `h` (n, 6) with noise covariance `r` (n, n), in Joseph's form, and the NIS."""
    s = h @ p @ h.T + r
    gain = p @ h.T @ np.linalg.inv(s)
    rest = np.eye(6) - gain @ h
    return x + gain @ residual, rest @ p @ rest.T + gain @ r @ gain.T, float(residual @ np.linalg.solve(s, residual))


def height_m(plane: TangentPlane, place_enu_m: FloatArray) -> float:
    """Return the height above the ellipsoid, along the normal."""
    return float(plane.geodetic_from_enu(place_enu_m)[2])


def polar_of(state: FloatArray, rotation: FloatArray, origin: FloatArray) -> FloatArray:
    """Return (range, azimuth, elevation, range rate) of a state (6,) as a sensor sees it."""
    local = rotation @ (state[:3] - origin)
    slant = np.linalg.norm(local)
    return np.array(
        [
            slant,
            np.arctan2(local[0], local[1]),
            np.arcsin(local[2] / slant),
            local @ (rotation @ state[3:]) / slant,
        ]
    )


def numeric_rows(function: object, state: FloatArray, step: FloatArray) -> FloatArray:
    """Return the derivatives of `function(state)` by central differences, shape (n, 6)."""
    columns = []
    for k in range(6):
        up, down = state.copy(), state.copy()
        up[k] += step[k]
        down[k] -= step[k]
        columns.append((function(up) - function(down)) / (2.0 * step[k]))  # type: ignore[operator]
    return np.stack(columns, axis=1)


def exact_marginals(weight: FloatArray) -> FloatArray:
    """Return the association marginals, shape (k, n + 1), the miss first, by walking through every assignment.

    weight (k, n): w of each track and plot, 0 where the plot is out of the gate; a miss weighs 1.
    """
    tracks, plots = weight.shape
    out = np.zeros((tracks, plots + 1))
    choices = [[-1, *np.nonzero(weight[k] > 0.0)[0].tolist()] for k in range(tracks)]
    for choice in itertools.product(*choices):
        taken = [j for j in choice if j >= 0]
        if len(taken) != len(set(taken)):
            continue
        likelihood = float(np.prod([weight[k, j] for k, j in enumerate(choice) if j >= 0]))
        for k, j in enumerate(choice):
            out[k, j + 1] += likelihood
    return out / out.sum(axis=1, keepdims=True)


def believed_marginals(weight: FloatArray, rounds: int) -> FloatArray:
    """Return what belief propagation on full matrices gives, shape (k, n + 1); exact only where the graph is a tree."""
    nu = np.ones_like(weight)
    for _ in range(rounds):
        product = weight * nu
        mu = weight / (1.0 + product.sum(axis=1, keepdims=True) - product)
        nu = 1.0 / (1.0 + mu.sum(axis=0, keepdims=True) - mu)
    product = np.concatenate((np.ones((len(weight), 1)), weight * nu), axis=1)
    return product / product.sum(axis=1, keepdims=True)


def within_reach(place: FloatArray, radius_m: float, centre: FloatArray, reach_m: FloatArray) -> IntArray:
    """Return the rows of tracks at `centre` (k, 2) that may lie within `radius_m` of `place` (2,), ascending.

    reach_m : (k,) how far from its centre a track may be; below 0: there is none
    """
    away_m = np.hypot(*(centre - place).T)
    return np.flatnonzero((reach_m >= 0.0) & (away_m <= radius_m + reach_m))
