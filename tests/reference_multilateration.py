"""The obvious NumPy versions of what fuse/multilateration computes: a grid instead of a descent, whole matrices."""

from __future__ import annotations

import numpy as np

from skydas.geo import TangentPlane
from skydas.model import FloatArray, IntArray

AIR_INDEX = 1.0003


def best_instant_m(z: FloatArray, path_m: FloatArray, variance: FloatArray) -> float:
    """Return the instant of sending, as a length, that explains the times best for given paths."""
    return float(np.sum((z - path_m) / variance) / np.sum(1.0 / variance))


def chi2_at(place: FloatArray, site: FloatArray, z: FloatArray, variance: FloatArray) -> float:
    """Return the sum of the squared residuals of arrival times (m) at a place, the instant of sending at its best."""
    path_m = AIR_INDEX * np.linalg.norm(place - site, axis=1)
    return float(np.sum((z - path_m - best_instant_m(z, path_m, variance)) ** 2 / variance))


def place_by_search(
    site: FloatArray, z: FloatArray, variance: FloatArray, height_m: float, plane: TangentPlane, reach_m: float
) -> FloatArray:
    """Return the place (3,) at a known height with the least chi-square: a grid that is refined eleven times."""
    centre, half = site[:, :2].mean(axis=0), reach_m
    best = np.zeros(3)
    for _ in range(11):
        least = np.inf
        for x in np.linspace(centre[0] - half, centre[0] + half, 41):
            for y in np.linspace(centre[1] - half, centre[1] + half, 41):
                up = height_m - float(plane.geodetic_from_enu(np.array([x, y, 0.0]))[2])
                value = chi2_at(np.array([x, y, up]), site, z, variance)
                if value < least:
                    least, best = value, np.array([x, y, up])
        centre, half = best[:2], 0.25 * half
    return best


def learnt(
    offset: FloatArray, cov: FloatArray, member: IntArray, noise: FloatArray, residual: FloatArray, h: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return offsets and covariance after y = E o + H x + noise, x free: an update in the left null space of H."""
    select = np.zeros((len(member), len(offset)))
    select[np.arange(len(member)), member] = 1.0
    left, _, _ = np.linalg.svd(h)
    null = left[:, h.shape[1] :].T
    rows = null @ select
    s = rows @ cov @ rows.T + null @ np.diag(noise) @ null.T
    gain = cov @ rows.T @ np.linalg.inv(s)
    return offset + gain @ (null @ residual), cov - gain @ rows @ cov
