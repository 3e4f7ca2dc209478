"""Cholesky's factor of small matrices, in place, for kernels."""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from skydas.model import FloatArray

_PIVOT_MIN: Final = 1e-14


@njit(cache=True)
def factor(n: FloatArray, size: int) -> bool:
    """Replace the lower triangle of `n` by its Cholesky factor; return whether it is positive definite."""
    for a in range(size):
        for b in range(a + 1):
            value = n[a, b]
            for c in range(b):
                value -= n[a, c] * n[b, c]
            if a == b:
                if not value > _PIVOT_MIN:
                    return False
                n[a, a] = np.sqrt(value)
            else:
                n[a, b] = value / n[b, b]
    return True


@njit(cache=True)
def solve_factored(n: FloatArray, size: int, g: FloatArray) -> None:
    """Replace `g` by the solution of L L' x = g."""
    for a in range(size):
        for c in range(a):
            g[a] -= n[a, c] * g[c]
        g[a] /= n[a, a]
    for a in range(size - 1, -1, -1):
        for c in range(a + 1, size):
            g[a] -= n[c, a] * g[c]
        g[a] /= n[a, a]


@njit(cache=True)
def invert_factored(n: FloatArray, size: int, out: FloatArray, column: FloatArray) -> None:
    """Write the inverse of L L' to `out` (size, size); `column` (size,) is scratch."""
    for a in range(size):
        column[:size] = 0.0
        column[a] = 1.0
        solve_factored(n, size, column)
        for b in range(size):
            out[b, a] = column[b]
