"""Belief propagation against the enumeration of every assignment, and the grid against a walk over every track."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from skydas.fuse.association import BID_MIN, marginals
from skydas.fuse.index import link, neighbours, relink, unlink
from skydas.fuse.layout import empty_prepared, empty_store
from skydas.fuse.records import EDGE, MEMBER, SENSOR
from skydas.model import FloatArray
from tests import reference


def propagated(weight: FloatArray, *, assigns: bool = False) -> FloatArray:
    """Return the marginals that the tracker's own kernels give."""
    tracks, plots = weight.shape
    edges = max(int((weight > 0.0).sum()), 1)
    out = np.zeros((tracks, plots + 1))
    marginals(
        weight,
        np.zeros(edges + 1, EDGE),
        np.zeros(max(edges, tracks) + 1, MEMBER),
        np.zeros(edges, np.int64),
        empty_prepared(plots),
        assigns,
        out,
    )
    return out


def scene(rng: np.random.Generator, tracks: int, spacing_m: float) -> FloatArray:
    """Return w of tracks some `spacing_m` apart, each seen with 0.9, and as much clutter again."""
    place = rng.uniform(0.0, spacing_m * np.sqrt(tracks), (tracks, 2))
    seen = place[rng.uniform(size=tracks) < 0.9]
    plots = np.concatenate((seen + rng.normal(0.0, 70.0, seen.shape), rng.uniform(0.0, 400.0, (2, 2))))
    d2 = ((place[:, None] - plots[None]) ** 2).sum(2) / 7500.0
    return np.where(d2 < 13.8, 0.9 * np.exp(-0.5 * d2) / (np.pi * 15_000.0) / 2e-6 / 0.1, 0.0)


@pytest.mark.parametrize("seed", range(10))
def test_one_track_has_exact_marginals(seed: int) -> None:
    weight = np.random.default_rng(seed).exponential(5.0, (1, 5))
    np.testing.assert_allclose(propagated(weight), reference.exact_marginals(weight), rtol=1e-9)


@pytest.mark.parametrize("seed", range(10))
def test_tracks_that_share_one_plot_have_exact_marginals(seed: int) -> None:
    weight = np.random.default_rng(seed).exponential(5.0, (4, 1))
    np.testing.assert_allclose(propagated(weight), reference.exact_marginals(weight), rtol=1e-3)


@pytest.mark.parametrize(("spacing_m", "mean_max", "worst_max"), [(200.0, 0.08, 0.3), (500.0, 0.06, 0.3)])
def test_crowded_scenes_are_near_the_enumeration(spacing_m: float, mean_max: float, worst_max: float) -> None:
    rng = np.random.default_rng(1)
    errors = []
    for _ in range(60):
        weight = scene(rng, 5, spacing_m)
        got, exact = propagated(weight), reference.exact_marginals(weight)
        np.testing.assert_allclose(got.sum(axis=1), 1.0, rtol=1e-9)
        errors.append(np.abs(got - exact).max())
    assert np.mean(errors) < mean_max
    assert max(errors) < worst_max


@pytest.mark.parametrize("seed", range(10))
def test_messages_on_edges_are_those_on_full_matrices(seed: int) -> None:
    weight = scene(np.random.default_rng(seed), 8, 250.0)
    np.testing.assert_allclose(propagated(weight), reference.believed_marginals(weight, 200), atol=2e-3)


@pytest.mark.parametrize("seed", range(20))
def test_the_auction_finds_the_best_single_assignment(seed: int) -> None:
    weight = scene(np.random.default_rng(seed), 30, 150.0)
    tracks = len(weight)
    gain = np.full((tracks, weight.shape[1] + tracks), -1e6)  # each track may go without, for nothing
    gain[:, : weight.shape[1]] = np.where(weight > 0.0, np.log(np.maximum(weight, 1e-300)), -1e6)
    gain[np.arange(tracks), weight.shape[1] + np.arange(tracks)] = 0.0
    best = gain[linear_sum_assignment(gain, maximize=True)].sum()
    chosen = propagated(weight, assigns=True)[:, 1:] > 0.0
    assert chosen.sum(axis=0).max() <= 1
    assert chosen.sum(axis=1).max() <= 1
    assert best - np.log(weight[chosen]).sum() <= tracks * BID_MIN


def test_tracks_far_apart_do_not_hear_of_each_other() -> None:
    near = np.array([[3.0, 1.0], [0.5, 2.0]])
    both = np.zeros((4, 4))
    both[:2, :2], both[2:, 2:] = near, near[::-1]
    np.testing.assert_allclose(propagated(both)[:2, :3], propagated(near), rtol=1e-12)


def test_a_cluster_of_any_size_has_a_bounded_answer() -> None:
    weight = np.random.default_rng(2).exponential(1.0, (200, 200))
    got = propagated(weight)
    assert np.isfinite(got).all()
    np.testing.assert_allclose(got.sum(axis=1), 1.0, rtol=1e-9)


def test_huge_odds_do_not_overflow() -> None:
    got = propagated(np.full((2, 2), np.exp(50.0)))
    np.testing.assert_allclose(got[:, 1:], 0.5, atol=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_the_grid_proposes_every_track_that_is_near(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = 400
    store = empty_store(np.zeros(1, SENSOR))
    tracks = store.tracks
    tracks["centre"][:count, :2] = rng.uniform(-150e3, 150e3, (count, 2))
    tracks["centre"][:count, 3:5] = rng.normal(0.0, 200.0, (count, 2))
    tracks["spread"][:count, 0] = rng.uniform(20.0, 2_000.0, count)
    tracks["spread"][:count, 1] = rng.uniform(1.0, 150.0, count)
    for row in range(count):
        link(store, row, int(rng.integers(0, 4_000_000_000)), 500.0)
    for row in range(0, count, 3):
        relink(store, row, 2_000_000_000, 500.0)
    for row in range(0, count, 7):
        unlink(store, row)
    linked = [row for row in range(count) if row % 7]
    found = np.zeros(1024, np.int64)
    for _ in range(50):
        place, radius = rng.uniform(-150e3, 150e3, 2), rng.uniform(0.0, 5e3)
        got = set(found[: neighbours(store, *place, radius, found)].tolist())
        assert got <= set(linked)
        for row in linked:
            dt_s = tracks["index_ns"][row] * 1e-9
            expected = tracks["centre"][row, :2] + dt_s * tracks["centre"][row, 3:5]
            reach = 4.3 * (tracks["spread"][row, 0] + dt_s * tracks["spread"][row, 1])
            if np.hypot(*(place - expected)) < radius + reach:
                assert row in got
