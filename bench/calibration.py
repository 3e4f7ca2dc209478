"""How far probabilities of several answers are from frequencies."""

from __future__ import annotations

from typing import Final

import numpy as np

from skydas.model import FloatArray, IntArray

BINS: Final = 15


def calibration_error(shares: FloatArray, goal: IntArray) -> float:
    """Return the expected calibration error of the likeliest."""
    sure, right = shares.max(axis=1), shares.argmax(axis=1) == goal
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    parts = [bins == one for one in range(BINS) if (bins == one).any()]
    return float(sum(part.mean() * abs(right[part].mean() - sure[part].mean()) for part in parts))
