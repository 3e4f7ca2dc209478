"""The classifier's kernels against their NumPy twins, and exported trees against the library that grew them."""

from __future__ import annotations

import numpy as np
import pytest

from skydas.cli.training.fit import exported
from skydas.identify.motion import shipped_model
from skydas.identify.motion.features_kernels import FEATURE_COUNT, NAMES, SAMPLES_MAX, VALUES, WORK_ROWS, features
from skydas.identify.motion.trees_kernels import add_trees
from skydas.model import NS_PER_S, FloatArray
from tests import reference_motion as reference


def flown(seed: int, count: int, with_height: bool) -> tuple[np.ndarray, FloatArray]:
    """Return instants (count,) in ns and values (count, len(VALUES)) of something that turns, climbs and stops."""
    rng = np.random.default_rng(seed)
    t = np.cumsum(rng.uniform(1.0, 60.0 / count * 2.0, count))
    course = np.cumsum(rng.normal(0.0, 0.4, count))
    speed = np.abs(rng.normal(0.0, 15.0, count) + rng.uniform(0.0, 60.0))
    values = np.empty((count, len(VALUES)))
    values[:, 3:6] = np.column_stack((speed * np.sin(course), speed * np.cos(course), rng.normal(0.0, 3.0, count)))
    values[:, 0:3] = np.cumsum(values[:, 3:6], axis=0) + rng.normal(0.0, 20.0, (count, 3)) + (3e4, -2e4, 800.0)
    values[:, 6:9] = rng.uniform(5.0, 50.0, (count, 3))
    values[:, 9:11] = rng.uniform(0.0, 0.5, (count, 2))
    values[:, 11] = values[:, 2] - 100.0
    if not with_height:
        values[:, 8] = np.nan
    return np.rint(t * NS_PER_S).astype(np.int64), values.astype(np.float32).astype(np.float64)


def in_a_ring(t_ns: np.ndarray, values: FloatArray, begin: int) -> FloatArray:
    """Return the features of samples that lie in a ring from slot `begin` on."""
    slots = (begin + np.arange(len(t_ns))) % SAMPLES_MAX
    ring_ns, ring = np.zeros(SAMPLES_MAX, np.int64), np.full((SAMPLES_MAX, len(VALUES)), 1e9, np.float32)
    ring_ns[slots], ring[slots] = t_ns, values
    out = np.full(FEATURE_COUNT, np.nan)
    features(ring_ns, ring, int(slots[-1]), len(t_ns), np.zeros((WORK_ROWS, SAMPLES_MAX)), out)
    return out


@pytest.mark.parametrize("with_height", [True, False])
@pytest.mark.parametrize("seed", range(12))
def test_features_agree_with_the_obvious_way(seed: int, with_height: bool) -> None:
    t_ns, values = flown(seed, 24 + 6 * seed, with_height)
    told = dict(zip(NAMES, in_a_ring(t_ns, values, 0), strict=True))
    expected = reference.features((t_ns - t_ns[0]) / NS_PER_S, values)
    for name in NAMES:
        assert told[name] == pytest.approx(expected[name], rel=2e-3, abs=2e-3, nan_ok=True), name


def test_features_do_not_depend_on_where_in_the_ring_a_window_lies() -> None:
    t_ns, values = flown(5, 40, True)
    assert in_a_ring(t_ns, values, 0).tobytes() == in_a_ring(t_ns, values, 111).tobytes()


def test_features_are_the_same_wherever_the_track_is_and_whichever_way_it_flies() -> None:
    t_ns, values = flown(6, 40, True)
    turned = values.copy()
    for east, north in ((0, 1), (3, 4)):
        turned[:, east], turned[:, north] = values[:, north], -values[:, east]
    np.testing.assert_allclose(in_a_ring(t_ns, turned, 0), in_a_ring(t_ns, values, 0), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("classes", [2, 4])
def test_exported_trees_say_what_scikit_learn_says(classes: int) -> None:
    from sklearn.ensemble import HistGradientBoostingClassifier

    rng = np.random.default_rng(classes)
    rows = rng.normal(size=(600, 12))
    answer = (rows[:, 0] * rows[:, 1] + rows[:, 2] > 0).astype(int) + (classes > 2) * (rows[:, 3] > 0.3) * 2
    rows[rng.random(rows.shape) < 0.1] = np.nan
    grown = HistGradientBoostingClassifier(max_iter=30, max_leaf_nodes=9, random_state=1).fit(rows, answer)
    asked = rng.normal(size=(400, 12)) * 2.0
    asked[rng.random(asked.shape) < 0.2] = np.nan
    told = exported(grown).probability(asked)
    assert np.abs(told - grown.predict_proba(asked)).max() < 1e-6


def test_the_kernel_walks_the_shipped_trees_as_one_would_by_hand() -> None:
    trees = shipped_model().parts[120, 1].group
    rows = np.random.default_rng(2).normal(size=(20, FEATURE_COUNT)) * 20.0
    rows[::3, 5] = np.nan
    out = np.repeat(trees.base[None, :], len(rows), axis=0)
    add_trees(rows, *trees[:8], out)
    np.testing.assert_allclose(out, [reference.tree_sums(trees, row) for row in rows], rtol=0, atol=1e-9)
