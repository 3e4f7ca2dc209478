"""The obvious versions of the kernels of a track's life: relinking and covariance intersection."""

from __future__ import annotations

import numpy as np

from skydas.model import FloatArray

FLAT = [0, 1, 3, 4]


def unpacked(packed: FloatArray) -> FloatArray:
    """Return the 6 x 6 matrix of its upper triangle by rows."""
    full = np.zeros((6, 6))
    full[np.triu_indices(6)] = packed
    return full + np.triu(full, 1).T


def packed(full: FloatArray) -> FloatArray:
    """Return the upper triangle by rows, (21,)."""
    return full[np.triu_indices(6)]


def log_normal(residual: FloatArray, cov: FloatArray) -> float:
    """Return the log of the normal density."""
    _, log_det = np.linalg.slogdet(2.0 * np.pi * cov)
    return float(-0.5 * (residual @ np.linalg.solve(cov, residual) + log_det))


def log_density(old: FloatArray, p_old: FloatArray, new: FloatArray, p_new: FloatArray, dt_s: float, q: float) -> float:
    """Return ln N of the horizontal state `new` less `old` moved on by `dt_s` with white noise of acceleration."""
    move = np.eye(6)
    move[:3, 3:] = dt_s * np.eye(3)
    noise = np.zeros((6, 6))
    for a in range(3):
        noise[a, a], noise[a + 3, a + 3] = q * dt_s**3 / 3.0, q * dt_s
        noise[a, a + 3] = noise[a + 3, a] = q * dt_s**2 / 2.0
    cov = move @ p_old @ move.T + noise + p_new
    return log_normal((new - move @ old)[FLAT], cov[np.ix_(FLAT, FLAT)])


def prior_share(p: FloatArray, variance: float) -> float:
    """Return the w of the least determinant of covariance intersection of place and velocity, by trying many.

    p : (4, 4) of (east, north, v_east, v_north)
    """
    rows = np.eye(4)[:2]
    shares = np.linspace(0.02, 1.0, 491)
    information = [w * np.linalg.inv(p) + (1.0 - w) * rows.T @ rows / variance for w in shares]
    return float(shares[np.argmax([np.linalg.det(one) for one in information])])


def map_shape(counts: FloatArray, parents: int, least: float, most: float) -> FloatArray:
    """Return the shape of the Gamma of which each parent's cells are drawn, by moments, (parents, parents)."""
    side = len(counts) // parents
    out = np.empty((parents, parents))
    for b in range(parents):
        for a in range(parents):
            cells = counts[b * side : (b + 1) * side, a * side : (a + 1) * side]
            excess = cells.var(ddof=1) - cells.mean()
            out[b, a] = cells.mean() ** 2 / excess if excess > 0.0 else np.inf
    return np.clip(out, least, most)
