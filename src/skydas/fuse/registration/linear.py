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
    """Make the upper triangle of the leading (n, n) of `a` its factor U, A = U' U; return False if it has none.

    Row by row: what is inner runs along rows and does not wait for the sum before.
    """
    for k in range(n):
        if not a[k, k] > 0.0:
            return False
        root = np.sqrt(a[k, k])
        a[k, k] = root
        for j in range(k + 1, n):
            a[k, j] /= root
        for i in range(k + 1, n):
            g = a[k, i]
            if g != 0.0:
                for j in range(i, n):
                    a[i, j] -= g * a[k, j]
    return True


@njit(cache=True)
def solve(factor: FloatArray, n: int, b: FloatArray) -> None:
    """Make `b` (n,) the solution of A x = b, given the factor of A."""
    for i in range(n):
        b[i] /= factor[i, i]
        for k in range(i + 1, n):
            b[k] -= factor[i, k] * b[i]
    for i in range(n - 1, -1, -1):
        total = b[i]
        for k in range(i + 1, n):
            total -= factor[i, k] * b[k]
        b[i] = total / factor[i, i]


@njit(cache=True)
def invert(factor: FloatArray, n: int, out: FloatArray) -> None:
    """Write the inverse of A (n, n) to `out`, given the factor of A."""
    for i in range(n):
        for j in range(n):
            out[i, j] = 0.0
        out[i, i] = 1.0
    for i in range(n):
        for j in range(i + 1):
            out[i, j] /= factor[i, i]
        for k in range(i + 1, n):
            g = factor[i, k]
            if g != 0.0:
                for j in range(i + 1):
                    out[k, j] -= g * out[i, j]
    for i in range(n - 1, -1, -1):
        for k in range(i + 1, n):
            g = factor[i, k]
            if g != 0.0:
                for j in range(n):
                    out[i, j] -= g * out[k, j]
        for j in range(n):
            out[i, j] /= factor[i, i]
