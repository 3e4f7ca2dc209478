"""Small dense linear algebra in one thread, in one order of summation: the same bits on every run.

A library's solver may split the sums over threads; what the node says must not depend on that.
"""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

import numpy as np
from numba import njit

from skydas.model import FloatArray


@njit(cache=True)
def cholesky(a: FloatArray, n: int) -> bool:
    """Make the lower triangle of the leading (n, n) of `a` its Cholesky factor; return False if it has none."""
    for i in range(n):
        for j in range(i + 1):
            total = a[i, j]
            for k in range(j):
                total -= a[i, k] * a[j, k]
            if i > j:
                a[i, j] = total / a[j, j]
            elif total > 0.0:
                a[i, i] = np.sqrt(total)
            else:
                return False
    return True


@njit(cache=True)
def solve(factor: FloatArray, n: int, b: FloatArray) -> None:
    """Make `b` (n,) the solution of A x = b, given the factor of A."""
    for i in range(n):
        total = b[i]
        for k in range(i):
            total -= factor[i, k] * b[k]
        b[i] = total / factor[i, i]
    for i in range(n - 1, -1, -1):
        total = b[i]
        for k in range(i + 1, n):
            total -= factor[k, i] * b[k]
        b[i] = total / factor[i, i]


@njit(cache=True)
def invert(factor: FloatArray, n: int, out: FloatArray) -> None:
    """Write the inverse of A (n, n) to `out`, given the factor of A."""
    for i in range(n):
        for k in range(n):
            out[i, k] = 0.0
        out[i, i] = 1.0
        solve(factor, n, out[i])
