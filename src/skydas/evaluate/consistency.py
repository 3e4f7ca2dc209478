"""NEES and NIS: does the stated covariance tell the truth?

NEES is e' P^-1 e of an update against the truth at that instant; its mean should be the number of dimensions. The
band holds the mean of `count` independent values with 95% chance; errors of one track at successive updates are not
independent, so the band for a whole run is narrower than fair: read it together with `inside`, the share of single
values within their own 95% bounds.
"""

from __future__ import annotations

import math
from typing import Final

import msgspec
import numpy as np

from skydas.model import FloatArray

CONFIDENCE: Final = 0.95
_UPPER: Final = np.triu_indices(6)


class Consistency(msgspec.Struct, frozen=True, kw_only=True):
    """Mean of a normalised squared error with its bounds."""

    mean: float
    median: float
    dof: float
    count: int
    low: float  # 95% bounds of the mean, were the values independent
    high: float
    inside: float  # share of single values within their 95% bounds: should be 0.95
    above: float  # share above the upper bound: should be 0.025; more means overconfident
    refused: int  # covariances that are not finite or not positive


def full_covariance(cov: FloatArray) -> FloatArray:
    """Return symmetric matrices (n, 6, 6) from upper triangles by rows (n, 21)."""
    matrix = np.zeros((len(cov), 6, 6))
    matrix[:, _UPPER[0], _UPPER[1]] = cov
    matrix[:, _UPPER[1], _UPPER[0]] = cov
    return matrix


def normalised_error(error: FloatArray, covariance: FloatArray) -> FloatArray:
    """Return e' P^-1 e, (n,), NaN where P is not finite or not positive definite.

    error : (n, d); covariance : (n, d, d)
    """
    found = np.full(len(error), np.nan)
    good = np.isfinite(covariance).all(axis=(1, 2)) & np.isfinite(error).all(axis=1)
    rows = np.flatnonzero(good)
    if len(rows):
        rows = rows[np.linalg.eigvalsh(covariance[rows])[:, 0] > 0.0]
        solved = np.linalg.solve(covariance[rows], error[rows][..., None])[..., 0]
        found[rows] = np.sum(error[rows] * solved, axis=1)
    return found


def summarise(values: FloatArray, dof: FloatArray) -> Consistency | None:
    """Return the mean of normalised squared errors with bounds, None without a value."""
    known = np.isfinite(values) & (dof > 0)
    if not known.any():
        return None
    used, used_dof = values[known], dof[known]
    total, count = float(used_dof.sum()), len(used)
    tail = 0.5 * (1.0 - CONFIDENCE)
    bounds = {d: (chi2_quantile(tail, d), chi2_quantile(1.0 - tail, d)) for d in np.unique(used_dof).tolist()}
    low = np.array([bounds[d][0] for d in used_dof.tolist()])
    high = np.array([bounds[d][1] for d in used_dof.tolist()])
    return Consistency(
        mean=float(used.mean()),
        median=float(np.median(used)),
        dof=total / count,
        count=count,
        low=chi2_quantile(tail, total) / count,
        high=chi2_quantile(1.0 - tail, total) / count,
        inside=float(np.mean((used >= low) & (used <= high))),
        above=float(np.mean(used > high)),
        refused=int(np.sum(~known)),
    )


def chi2_quantile(probability: float, dof: float) -> float:
    """Return the value that chi-square with `dof` degrees of freedom stays below with `probability`."""
    assert 0.0 < probability < 1.0
    assert dof > 0.0
    z = _normal_quantile(probability)
    # Wilson and Hilferty 1931 as a start; above 1e5 degrees of freedom it is exact to 1e-7
    guess = dof * max(1.0 - 2.0 / (9.0 * dof) + z * math.sqrt(2.0 / (9.0 * dof)), 1e-6) ** 3
    if dof > 1e5:
        return guess
    low, high = 0.0, max(guess, 1.0)
    while _chi2_below(high, dof) < probability:
        low, high = high, 2.0 * high
    for _ in range(200):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        if _chi2_below(middle, dof) < probability:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def _chi2_below(value: float, dof: float) -> float:
    """Return the regularised lower incomplete gamma function P(dof / 2, value / 2)."""
    a, x = 0.5 * dof, 0.5 * value
    if x <= 0.0:
        return 0.0
    scale = math.exp(a * math.log(x) - x - math.lgamma(a))
    if x < a + 1.0:  # series, Abramowitz and Stegun 6.5.29
        term = total = 1.0 / a
        n = a
        while term > 1e-17 * total:
            n += 1.0
            term *= x / n
            total += term
        return total * scale
    # continued fraction 6.5.31 by Lentz
    b = x + 1.0 - a
    c, d = 1e300, 1.0 / b
    h = d
    for i in range(1, 100_000):
        step = -i * (i - a)
        b += 2.0
        d = 1.0 / (step * d + b)
        c = b + step / c
        h *= d * c
        if abs(d * c - 1.0) < 1e-16:
            break
    return 1.0 - scale * h


def _normal_quantile(probability: float) -> float:
    """Return the standard normal quantile, by bisection on erf."""
    low, high = -10.0, 10.0
    for _ in range(80):
        middle = 0.5 * (low + high)
        if 0.5 * (1.0 + math.erf(middle / math.sqrt(2.0))) < probability:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)
