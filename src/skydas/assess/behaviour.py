"""Words for how a track moves, each with its probability.

Transit, loiter, orbit, search and hover exclude one another: a softmax over sums of features (`WEIGHTS`, fitted by
`python -m bench.assess --fit`). The others stand beside them.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from skydas.assess import behaviour_kernels as b
from skydas.model import FloatArray

MOTIONS: Final = ("transit", "loiter", "orbit", "search", "hover")
TRANSIT, LOITER, ORBIT, SEARCH, HOVER = range(5)
SPAN_S_MIN: Final = 30.0  # less of a path says nothing
SWARM_SHAPES: Final = ("", "cluster", "column", "line")
# Row by MOTIONS, columns: 1, straightness, turns, coherence of turns, slow share, axial, legs.
WEIGHTS: Final = np.array(
    [
        [0.23, 4.05, -6.53, -3.12, -1.86, 5.23, -1.75],
        [4.54, -1.98, 2.02, -3.1, -0.99, -0.79, 0.53],
        [-4.89, 0.06, 4.16, 10.33, -2.67, -7.05, -0.29],
        [1.26, -1.97, -2.15, -1.36, -6.19, 4.16, 0.94],
        [-1.15, -0.16, 2.51, -2.75, 11.71, -1.54, 0.56],
    ]
)
COLUMNS: Final = WEIGHTS.shape[1]


def columns_of(features: FloatArray) -> FloatArray:
    """Return what the softmax is over, (k, COLUMNS), each about 0 .. 3."""
    path = np.maximum(features[:, b.PATH], 1.0)
    turns = np.abs(features[:, b.TURNS])
    return np.stack(
        (
            np.ones(len(features)),
            np.minimum(features[:, b.NET] / path, 1.0),
            np.minimum(turns, 3.0),
            turns / np.maximum(features[:, b.TURNS_ABSOLUTE], 0.1),
            features[:, b.SLOW],
            np.minimum(features[:, b.AXIAL], 1.0),
            np.minimum(features[:, b.LEGS], 6.0),
        ),
        axis=1,
    )


def motions(features: FloatArray) -> FloatArray:
    """Return the probability of each of MOTIONS, (k, 5); NaN where the path is too short to say."""
    logits = columns_of(features) @ WEIGHTS.T
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    found: FloatArray = odds / odds.sum(axis=1, keepdims=True)
    found[features[:, b.SPAN] < SPAN_S_MIN] = np.nan
    return found


def terrain_following(features: FloatArray) -> FloatArray:
    """Return the probability that a track keeps its height above the ground and not above the sea, (k,).

    NaN where the terrain is not known (height_agl_m), or where the ground is too flat to tell.
    """
    above_ground, above_sea = features[:, b.AGL_SIGMA], features[:, b.HEIGHT_SIGMA]
    log_ratio = np.log(np.maximum(above_sea, 5.0) / np.maximum(above_ground, 5.0))
    found: FloatArray = 1.0 / (1.0 + np.exp(-4.0 * (log_ratio - 0.7)))
    tells = (features[:, b.SPAN] >= 60.0) & (above_sea > 20.0) & np.isfinite(above_ground)
    return np.where(tells, found, np.nan)


def border_hugging(hug_m: FloatArray) -> FloatArray:
    """Return the probability that a track follows a border, (k,), from its way along one (m)."""
    return 1.0 - np.exp(-np.maximum(hug_m, 0.0) / 12_000.0)
