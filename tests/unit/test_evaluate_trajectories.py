"""T-GOSPA lies between its bounds and OSPA(2) is what its definition says, on scenes small enough for the slow way."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment, linprog
from scipy.sparse import coo_matrix

from skydas.evaluate.ospa2 import ospa2_m
from skydas.evaluate.scene import Samples
from skydas.evaluate.trajectories import t_gospa
from skydas.model import BoolArray, FloatArray
from tests.unit.evaluate_scenes import samples_of


def _scene(seed: int) -> tuple[BoolArray, FloatArray, BoolArray, FloatArray]:
    generator = np.random.default_rng(seed)
    instants, truths, tracks = int(generator.integers(1, 8)), *generator.integers(1, 5, 2).tolist()
    walks = [
        generator.uniform(0, 100, (1, count, 3)) + np.cumsum(generator.normal(0, 8, (instants, count, 3)), axis=0)
        for count in (truths, tracks)
    ]
    present = [generator.uniform(size=(instants, count)) < 0.8 for count in (truths, tracks)]
    return present[0], walks[0], present[1], walks[1]


def _linear_program(
    p: BoolArray, x: FloatArray, q: BoolArray, y: FloatArray, cutoff: float, switch: float, order: float
) -> float:
    """Return the metric of arXiv 1605.01177 as its linear program: weights of pairs and the size of their changes."""
    instants, truths = p.shape
    tracks = q.shape[1]
    distance = np.minimum(np.linalg.norm(x[:, :, None] - y[:, None], axis=-1), cutoff)
    gain = (distance**order - cutoff**order) * (p[:, :, None] & q[:, None])
    index = np.arange(gain.size).reshape(gain.shape)
    rows, columns, values, limits = [], [], [], []

    def add(places: list[int], signs: list[int], limit: float) -> None:
        rows.extend([len(limits)] * len(places))
        columns.extend(places)
        values.extend(signs)
        limits.append(limit)

    for k in range(instants):
        for i in range(truths):
            add(index[k, i].tolist(), [1] * tracks, 1.0)
        for j in range(tracks):
            add(index[k, :, j].tolist(), [1] * truths, 1.0)
    change = gain.size
    for before, after in zip(index[:-1].ravel().tolist(), index[1:].ravel().tolist(), strict=True):
        add([before, after, change], [1, -1, -1], 0.0)
        add([before, after, change], [-1, 1, -1], 0.0)
        change += 1
    cost = np.concatenate((gain.ravel(), np.full(change - gain.size, switch**order / 2)))
    table = coo_matrix((values, (rows, columns)), shape=(len(limits), change)).tocsr()
    found = linprog(cost, A_ub=table, b_ub=limits, bounds=(0, None), method="highs")
    alone = cutoff**order / 2 * (p.sum() + q.sum())
    return float(max(alone + found.fun, 0.0) ** (1 / order))


def test_t_gospa_has_the_linear_programme_between_its_bounds_and_mostly_meets_it() -> None:
    met = 0
    for seed in range(60):
        p, x, q, y = _scene(seed)
        generator = np.random.default_rng(1000 + seed)
        cutoff, switch, order = (
            generator.uniform(30, 120),
            generator.uniform(5, 80),
            float(generator.choice([1.0, 2.0])),
        )
        found = t_gospa(samples_of(p, x), samples_of(q, y), p.shape[1], q.shape[1], cutoff, switch, order)
        assert found is not None
        right = _linear_program(p, x, q, y, cutoff, switch, order)
        assert found.lower_m <= right + 1e-6
        assert found.value_m >= right - 1e-6
        parts = found.localisation_mp + found.missed_mp + found.false_mp + found.switch_mp
        assert parts == pytest.approx(found.value_m**order, rel=1e-9, abs=1e-6)
        met += abs(found.value_m - right) < 1e-6
        if not found.open_components:
            assert found.value_m == pytest.approx(right, abs=1e-6)
    assert met > 45


def _pair(instants: int) -> tuple[Samples, FloatArray]:
    time = np.arange(instants, dtype=float)
    place = np.zeros((instants, 2, 3))
    place[:, 0, 0] = place[:, 1, 0] = 10.0 * time
    place[:, 1, 1] = 500.0
    return samples_of(np.ones((instants, 2), bool), place), place


def test_two_tracks_that_change_places_cost_two_switches() -> None:
    truth, place = _pair(20)
    swapped = place.copy()
    swapped[10:] = swapped[10:, ::-1]
    found = t_gospa(truth, samples_of(np.ones((20, 2), bool), swapped), 2, 2, 100.0, 50.0)
    assert found is not None
    assert found.switches == 2.0
    assert found.value_m == pytest.approx(np.sqrt(2 * 50.0**2))
    assert found.open_components == 0


def test_a_swap_dearer_than_what_it_mends_is_not_made() -> None:
    truth, place = _pair(20)
    swapped = place.copy()
    swapped[19:] = swapped[19:, ::-1]
    found = t_gospa(truth, samples_of(np.ones((20, 2), bool), swapped), 2, 2, 100.0, 1000.0)
    assert found is not None
    assert found.switches == 0.0
    assert found.value_m == pytest.approx(np.sqrt(2 * 100.0**2))


def test_no_tracks_at_all_cost_every_instant_of_truth() -> None:
    truth, _ = _pair(20)
    nobody = samples_of(np.zeros((20, 0), bool), np.zeros((20, 0, 3)))
    found = t_gospa(truth, nobody, 2, 0, 100.0, 50.0)
    assert found is not None
    assert found.value_m == pytest.approx(np.sqrt(40 * 100.0**2 / 2))
    assert found.value_m == found.lower_m
    assert ospa2_m(truth, nobody, 2, 0, 100.0, 2.0, 20)[0] == pytest.approx(100.0)


def _slow_ospa2(
    p: BoolArray, x: FloatArray, q: BoolArray, y: FloatArray, cutoff: float, order: float, low: int, high: int
) -> float:
    p, x, q, y = p[low:high], x[low:high], q[low:high], y[low:high]
    mine, theirs = np.flatnonzero(p.any(axis=0)), np.flatnonzero(q.any(axis=0))
    larger = max(len(mine), len(theirs))
    if not larger:
        return 0.0
    base = np.full((larger, larger), cutoff)
    for row, i in enumerate(mine):
        for column, j in enumerate(theirs):
            both, either = p[:, i] & q[:, j], p[:, i] | q[:, j]
            distance = np.where(both, np.minimum(np.linalg.norm(x[:, i] - y[:, j], axis=-1), cutoff), cutoff)
            base[row, column] = distance[either].mean()
    rows, columns = linear_sum_assignment(base**order)
    return float((np.mean(base[rows, columns] ** order)) ** (1 / order))


@pytest.mark.parametrize("steps", [1, 3, 50])
def test_ospa2_of_each_window_is_that_of_the_full_table(steps: int) -> None:
    for seed in range(40):
        p, x, q, y = _scene(seed)
        values, lows = ospa2_m(samples_of(p, x), samples_of(q, y), p.shape[1], q.shape[1], 60.0, 2.0, steps)
        for value, low in zip(values, lows, strict=True):
            high = min(int(low) + steps, len(p))
            assert value == pytest.approx(_slow_ospa2(p, x, q, y, 60.0, 2.0, int(low), high), rel=1e-9, abs=1e-9)
