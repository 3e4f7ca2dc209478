"""The filter's kernels against their twins."""

from __future__ import annotations

import numpy as np
import pytest

from skydas.fuse.filters import absorb, absorb_place, combine, drift, keep_positive, mix, move, normalise
from skydas.fuse.layout import setup_of
from skydas.fuse.params import FuseParams
from skydas.geo import TangentPlane
from skydas.model import FloatArray
from tests import reference

PLANE = TangentPlane(55.0, 24.0)
SETUP = setup_of(FuseParams(), PLANE)[0]
SEEDS = range(20)


def some_models(rng: np.random.Generator) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return means (3, 6), packed covariances (3, 21) and weights (3,)."""
    root = rng.normal(size=(3, 6, 6)) * np.array([80.0, 80.0, 200.0, 9.0, 9.0, 3.0])[:, None]
    cov = root @ root.transpose(0, 2, 1)
    return rng.normal(0.0, 100.0, (3, 6)), reference.packed(cov), rng.dirichlet(np.ones(3))


@pytest.mark.parametrize("seed", SEEDS)
def test_combining_models_gives_the_moments_of_their_mixture(seed: int) -> None:
    mean, cov, weight = some_models(np.random.default_rng(seed))
    x, p = np.zeros(6), np.zeros(21)
    combine(mean, cov, weight, 3, x, p)
    expected_x, expected_p = reference.combine(mean, reference.unpacked(cov), weight)
    np.testing.assert_allclose(x, expected_x, rtol=1e-12)
    np.testing.assert_allclose(reference.unpacked(p), expected_p, rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize("dt_s", [0.0, 0.02, 1.0, 4.0, 60.0])
@pytest.mark.parametrize("seed", range(5))
def test_three_blends_are_the_nine_pairs_of_imm_mixing(seed: int, dt_s: float) -> None:
    mean, cov, weight = some_models(np.random.default_rng(seed))
    pi = reference.transition(dt_s, float(SETUP["switch_rate_hz"]), SETUP["share"])
    expected = reference.mix(mean, reference.unpacked(cov), weight, pi)
    mix(mean, cov, weight, dt_s, SETUP, np.zeros(6), np.zeros(21))
    np.testing.assert_allclose(mean, expected[0], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(reference.unpacked(cov), expected[1], rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(weight, expected[2], rtol=1e-12)


@pytest.mark.parametrize("parts", [2, 7])
def test_the_chain_of_models_composes_over_any_parts_of_an_interval(parts: int) -> None:
    share = SETUP["share"]
    whole = reference.transition(4.0, 0.05, share)
    part = reference.transition(4.0 / parts, 0.05, share)
    np.testing.assert_allclose(np.linalg.matrix_power(part, parts), whole, rtol=1e-12)


@pytest.mark.parametrize("dt_s", [0.001, 0.5, 4.0, 30.0])
def test_prediction_is_the_textbooks_in_every_model(dt_s: float) -> None:
    mean, cov, weight = some_models(np.random.default_rng(3))
    pi = reference.transition(dt_s, float(SETUP["switch_rate_hz"]), SETUP["share"])
    mixed_mean, mixed_cov, _ = reference.mix(mean, reference.unpacked(cov), weight, pi)
    move(mean, cov, weight, dt_s, SETUP, np.zeros(6), np.zeros(21))
    vertical = float(SETUP["q_vertical"])
    for m, q in ((0, float(SETUP["q_quiet"])), (1, float(SETUP["q_manoeuvre"]))):
        noise = q * np.array([1.0, 1.0, vertical])
        x, p = reference.predict_constant_velocity(mixed_mean[m], mixed_cov[m], dt_s, noise)
        np.testing.assert_allclose(mean[m], x, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(reference.unpacked(cov[m]), p, rtol=1e-9, atol=1e-6)
    tau_s, variance = float(SETUP["hover_tau_s"]), float(SETUP["hover_variance"])
    x, p = reference.predict_hover(mixed_mean[2], mixed_cov[2], dt_s, tau_s, variance)
    np.testing.assert_allclose(mean[2], x, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(reference.unpacked(cov[2]), p, rtol=1e-4, atol=1e-4)


def test_predicting_twice_is_predicting_once_over_both() -> None:
    mean, cov, _ = some_models(np.random.default_rng(4))
    x, p = mean[0].copy(), cov[0].copy()
    for dt_s in (1.5, 2.5):
        drift(x, p, dt_s, 1.0, 2.0 * dt_s**3 / 3.0, dt_s**2, 2.0 * dt_s, 1.0)
    drift(mean[0], cov[0], 4.0, 1.0, 2.0 * 4.0**3 / 3.0, 16.0, 8.0, 1.0)
    np.testing.assert_allclose(x, mean[0], rtol=1e-12)
    np.testing.assert_allclose(p, cov[0], rtol=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_scalars_one_after_the_other_are_the_joint_update(seed: int) -> None:
    rng = np.random.default_rng(seed)
    mean, cov, _ = some_models(rng)
    h = rng.normal(size=(4, 6))
    residual, variance = rng.normal(0.0, 50.0, 4), rng.uniform(1.0, 900.0, 4)
    x, p = mean[0].copy(), cov[0].copy()
    for k in range(4):
        absorb(x, p, h[k], residual[k] - h[k] @ (x - mean[0]), variance[k])
    expected_x, expected_p, _ = reference.update(mean[0], reference.unpacked(cov[0]), h, residual, np.diag(variance))
    np.testing.assert_allclose(x, expected_x, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(reference.unpacked(p), expected_p, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_the_short_update_is_the_long_one_where_velocity_is_not_measured(seed: int) -> None:
    rng = np.random.default_rng(seed)
    mean, cov, _ = some_models(rng)
    h = np.concatenate((rng.normal(size=3), np.zeros(3)))
    x, p = mean[1].copy(), cov[1].copy()
    variance = absorb(x, p, h, 12.0, 4.0)
    assert absorb_place(mean[1], cov[1], h, 12.0, 4.0) == pytest.approx(variance, rel=1e-12)
    np.testing.assert_allclose(mean[1], x, rtol=1e-12)
    np.testing.assert_allclose(cov[1], p, rtol=1e-9, atol=1e-9)


def test_a_covariance_that_rounding_broke_is_one_again() -> None:
    broken = np.zeros(21)
    broken[[0, 6, 11, 15, 18, 20]] = -1e-9, 4.0, 4.0, 1.0, 1.0, 1.0
    broken[7] = 4.1
    keep_positive(broken)
    full = reference.unpacked(broken)
    assert np.all(np.diag(full) > 0.0)
    assert abs(full[1, 2]) <= np.sqrt(full[1, 1] * full[2, 2])


def test_no_model_is_ever_out_of_reach() -> None:
    weight = np.array([1.0, 0.0, 1e-30])
    normalise(weight, 3)
    assert weight.sum() == pytest.approx(1.0)
    assert weight.min() > 1e-7


def test_models_are_weighed_alike_whatever_the_unit_of_the_likelihood() -> None:
    shares = np.array([0.9, 0.099, 0.001])
    weight = 1e-9 * shares  # a density per m2, as of a report that carries its track's own code
    normalise(weight, 3)
    np.testing.assert_allclose(weight, shares, rtol=1e-12)
