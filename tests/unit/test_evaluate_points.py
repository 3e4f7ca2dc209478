"""GOSPA and OSPA are metrics, are the least there is, and do not care about order."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from skydas.evaluate.points import gospa_m, ospa_m, score_points
from skydas.evaluate.sparse import assign_sparse
from skydas.model import FloatArray
from tests.unit.evaluate_scenes import random_samples

places = st.lists(st.tuples(*[st.integers(-60, 60)] * 3), max_size=6).map(
    lambda rows: np.array(rows, np.float64).reshape(-1, 3)
)
cutoffs = st.floats(1.0, 150.0)
orders = st.sampled_from([1.0, 2.0, 3.0])


def _slow_gospa(a: FloatArray, b: FloatArray, cutoff: float, order: float, alpha: float) -> float:
    distance = np.minimum(np.linalg.norm(a[:, None] - b[None], axis=-1), cutoff) ** order
    rows, columns = linear_sum_assignment(distance)
    return float((distance[rows, columns].sum() + cutoff**order / alpha * abs(len(a) - len(b))) ** (1 / order))


@given(places, places, cutoffs, orders, st.sampled_from([0.5, 1.0, 2.0]))
def test_gospa_is_what_the_full_assignment_gives(
    a: FloatArray, b: FloatArray, cutoff: float, order: float, alpha: float
) -> None:
    assert gospa_m(a, b, cutoff, order, alpha) == pytest.approx(_slow_gospa(a, b, cutoff, order, alpha), abs=1e-6)


@given(places, places, cutoffs, orders)
def test_ospa_is_what_the_full_assignment_gives(a: FloatArray, b: FloatArray, cutoff: float, order: float) -> None:
    larger = max(len(a), len(b))
    slow = (_slow_gospa(a, b, cutoff, order, 1.0) ** order / larger) ** (1 / order) if larger else 0.0
    assert ospa_m(a, b, cutoff, order) == pytest.approx(slow, abs=1e-6)


@given(places, cutoffs, orders)
def test_a_set_is_at_no_distance_from_itself_in_any_order(a: FloatArray, cutoff: float, order: float) -> None:
    assert gospa_m(a, a[::-1], cutoff, order) == 0.0
    assert ospa_m(a, a[::-1], cutoff, order) == 0.0


@given(places, places, cutoffs, orders)
def test_both_ways_are_equally_far(a: FloatArray, b: FloatArray, cutoff: float, order: float) -> None:
    assert gospa_m(a, b, cutoff, order) == pytest.approx(gospa_m(b, a, cutoff, order), abs=1e-9)
    assert ospa_m(a, b, cutoff, order) == pytest.approx(ospa_m(b, a, cutoff, order), abs=1e-9)


@given(places, places, places, cutoffs, orders)
def test_no_way_round_is_shorter(a: FloatArray, b: FloatArray, c: FloatArray, cutoff: float, order: float) -> None:
    for metric in (gospa_m, ospa_m):
        around = metric(a, c, cutoff, order) + metric(c, b, cutoff, order)
        assert metric(a, b, cutoff, order) <= around + 1e-6


@given(places, places, cutoffs, orders, st.randoms(use_true_random=False))
def test_the_order_of_tracks_does_not_matter(a: FloatArray, b: FloatArray, cutoff: float, order: float, random) -> None:  # type: ignore[no-untyped-def]
    shuffled = list(range(len(b)))
    random.shuffle(shuffled)
    assert gospa_m(a, b[shuffled], cutoff, order) == pytest.approx(gospa_m(a, b, cutoff, order), abs=1e-9)


@given(places, places, cutoffs, orders)
def test_a_larger_cutoff_never_makes_gospa_smaller(a: FloatArray, b: FloatArray, cutoff: float, order: float) -> None:
    assert gospa_m(a, b, cutoff, order) <= gospa_m(a, b, 1.5 * cutoff, order) + 1e-9


@given(places, st.tuples(*[st.integers(500, 900)] * 3), cutoffs)
def test_a_false_track_far_away_costs_half_the_cutoff_in_power(
    a: FloatArray, far: tuple[int, int, int], cutoff: float
) -> None:
    tracks = np.vstack((a, np.array([far], np.float64)))
    assert gospa_m(a, tracks, cutoff) == pytest.approx(np.sqrt(cutoff**2 / 2))


def test_empty_sets_are_equal_and_one_empty_set_costs_every_point() -> None:
    nothing, two = np.zeros((0, 3)), np.zeros((2, 3))
    assert gospa_m(nothing, nothing, 10.0) == 0.0
    assert ospa_m(nothing, nothing, 10.0) == 0.0
    assert gospa_m(two, nothing, 10.0) == pytest.approx(10.0)  # (2 x 100 / 2) ^ (1/2)
    assert ospa_m(nothing, two, 10.0) == pytest.approx(10.0)


def test_the_parts_of_gospa_add_up_and_say_what_is_wrong() -> None:
    generator = np.random.default_rng(5)
    truth, tracks = random_samples(generator, 40, 6), random_samples(generator, 40, 5)
    found = score_points(truth.first, truth.position_m, tracks.first, tracks.position_m, 60.0)
    whole = found.localisation_mp + found.missed_mp + found.false_mp
    np.testing.assert_allclose(found.gospa_m**2, whole, rtol=1e-12)
    np.testing.assert_allclose(found.missed_mp, 60.0**2 / 2 * (found.truth_count - found.matched_count))
    np.testing.assert_allclose(found.false_mp, 60.0**2 / 2 * (found.track_count - found.matched_count))
    assert found.matched_count.sum() > 20


def test_a_swarm_in_one_cluster_is_matched_as_the_full_assignment_does() -> None:
    generator = np.random.default_rng(6)
    truth, tracks = generator.uniform(0, 400, (150, 3)), generator.uniform(0, 400, (140, 3))
    assert gospa_m(truth, tracks, 300.0) == pytest.approx(_slow_gospa(truth, tracks, 300.0, 2.0, 2.0), rel=1e-12)


edges = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(-9, 2)), max_size=14)


@given(edges)
def test_the_sparse_assignment_is_the_least_of_all(rows: list[tuple[int, int, int]]) -> None:
    table = np.array(rows, np.int64).reshape(-1, 3)
    chosen = assign_sparse(table[:, 0], table[:, 1], table[:, 2].astype(float))
    assert len(set(table[chosen, 0])) == len(chosen)
    assert len(set(table[chosen, 1])) == len(chosen)
    full = np.zeros((5, 5))
    for row, column, cost in rows:
        full[row, column] = min(full[row, column], cost)
    least = min(
        sum(full[row, column] for row, column in enumerate(order)) for order in itertools.permutations(range(5))
    )
    assert table[chosen, 2].sum() == least
