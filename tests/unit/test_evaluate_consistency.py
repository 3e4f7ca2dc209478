"""The bounds are those of chi-square, and a filter that tells the truth lies within them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from skydas.evaluate.consistency import chi2_quantile, full_covariance, normalised_error, summarise


@given(st.floats(0.001, 0.999), st.floats(0.5, 5000.0))
def test_quantiles_are_those_of_scipy(probability: float, dof: float) -> None:
    assert chi2_quantile(probability, dof) == pytest.approx(chi2.ppf(probability, dof), rel=1e-8)


def test_quantiles_of_very_many_degrees_of_freedom_are_those_of_scipy() -> None:
    for dof in (2e5, 1e7):
        assert chi2_quantile(0.975, dof) == pytest.approx(chi2.ppf(0.975, dof), rel=1e-7)


def _drawn(scale: float) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(3)
    root = generator.normal(0, 1, (400, 6, 6)) * np.array([30, 30, 30, 2, 2, 2])[None, :, None]
    covariance = root @ root.transpose(0, 2, 1) + np.eye(6)
    errors = np.linalg.cholesky(covariance) @ generator.normal(0, 1, (400, 6, 1)) * scale
    return errors[..., 0], covariance


def test_errors_drawn_from_their_covariance_are_consistent() -> None:
    errors, covariance = _drawn(1.0)
    packed = covariance[:, *np.triu_indices(6)]
    np.testing.assert_array_equal(full_covariance(packed), (covariance + covariance.transpose(0, 2, 1)) / 2)
    found = summarise(normalised_error(errors, full_covariance(packed)), np.full(400, 6.0))
    assert found is not None
    assert found.low < found.mean < found.high
    assert 0.92 < found.inside < 0.98


def test_a_covariance_too_small_by_half_is_found_overconfident() -> None:
    errors, covariance = _drawn(2.0)
    found = summarise(normalised_error(errors, covariance), np.full(400, 6.0))
    assert found is not None
    assert found.mean > found.high
    assert found.above > 0.5


def test_covariances_that_are_none_are_counted_not_used() -> None:
    errors = np.ones((3, 2))
    covariance = np.stack((np.eye(2), np.diag([1.0, -1.0]), np.full((2, 2), np.nan)))
    values = normalised_error(errors, covariance)
    assert values[0] == pytest.approx(2.0)
    assert np.isnan(values[1:]).all()
    found = summarise(values, np.full(3, 2.0))
    assert found is not None
    assert (found.count, found.refused) == (1, 2)
    assert summarise(np.array([np.nan]), np.array([2.0])) is None
