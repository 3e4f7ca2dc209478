"""Points that fill a cube evenly, instead of random ones: the same every time, and fewer of them are enough.

The additive recurrence of the generalised golden ratio (Roberts, The Unreasonable Effectiveness of Quasirandom
Sequences, 2018), and normal deviates of it by Box and Muller.
"""

from __future__ import annotations

import numpy as np

from skydas.model import FloatArray


def uniforms(count: int, dimensions: int) -> FloatArray:
    """Return `count` points in the open unit cube, (count, dimensions)."""
    ratio = 2.0
    for _ in range(40):  # the one root of x^(d+1) = x + 1
        ratio = (1.0 + ratio) ** (1.0 / (dimensions + 1))
    steps = ratio ** -np.arange(1.0, dimensions + 1.0)
    found: FloatArray = (0.5 + np.arange(1.0, count + 1.0)[:, None] * steps) % 1.0
    return np.clip(found, 1e-9, 1.0 - 1e-9)


def normals(uniform: FloatArray) -> FloatArray:
    """Return normal deviates of pairs of uniform columns, (count, 2 d) -> (count, 2 d)."""
    radius = np.sqrt(-2.0 * np.log(uniform[:, 0::2]))
    angle = 2.0 * np.pi * uniform[:, 1::2]
    found = np.empty_like(uniform)
    found[:, 0::2], found[:, 1::2] = radius * np.cos(angle), radius * np.sin(angle)
    return found
