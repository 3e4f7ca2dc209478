"""Boosted trees, evaluated as they stand in the model file: sums of one leaf of every tree."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int32]

LEAF: Final = -1  # in place of a feature


@njit(cache=True)
def add_trees(
    rows: Floats,
    root: Numbers,
    output: Numbers,
    feature: Numbers,
    threshold: Floats,
    left: Numbers,
    right: Numbers,
    missing_left: npt.NDArray[np.bool_],
    value: Floats,
    out: Floats,
) -> None:
    """Add the leaf that each row falls into, of every tree, to out (m, outputs).

    rows : (m, features), NaN where a feature is missing; root, output : (trees,) first node, and what the tree adds to
    feature, threshold, left, right, missing_left, value : (nodes,); a row goes left where its feature <= threshold
    """
    for k in range(len(rows)):
        for tree in range(len(root)):
            node = root[tree]
            while feature[node] != LEAF:
                x = rows[k, feature[node]]
                goes_left = missing_left[node] if np.isnan(x) else x <= threshold[node]
                node = left[node] if goes_left else right[node]
            out[k, output[tree]] += value[node]
