"""Biases are found to the wanted accuracy, with an honest covariance, from targets that sensors share."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from skydas.fuse.registration.estimates import TIME, column_of
from skydas.model import FloatArray
from tests.registration_scenes import Registration, RegistrationParams, Scene, run, scene

SEEDS = 30


def errors(registration: Registration, made: Scene) -> tuple[FloatArray, float, int]:
    """Return estimate less truth, (radars, 4), time by the clock's; the NEES of all that is estimated; its freedom."""
    outcome = registration.last
    assert outcome is not None
    registered = registration._around.registered
    found, truth, columns, at = np.full(made.biases.shape, np.nan), made.biases.copy(), [], []
    truth[:, TIME] -= made.biases[outcome.clock[0], TIME]
    for s in range(len(made.biases)):
        for part in range(4):
            column = column_of(registered, s, part)
            if column < 0:
                continue
            found[s, part] = outcome.mean[column]
            if part != TIME or outcome.clock[s] != s:
                columns.append(column)
                at.append((s, part))
    error = found - truth
    vector = np.array([error[s, part] for s, part in at])
    cov = outcome.cov[np.ix_(columns, columns)]
    return error, float(vector @ np.linalg.solve(cov, vector)), len(columns)


def rms(values: FloatArray) -> float:
    return float(np.sqrt(np.mean(values**2)))


@pytest.mark.parametrize("kind", ["radar_2d", "radar_3d"])
def test_three_radars_with_twenty_targets_find_their_biases_in_five_minutes(kind: str) -> None:
    found = [errors(run(made), made) for made in (scene(seed, kind=kind) for seed in range(SEEDS))]
    error = np.array([each[0] for each in found])
    assert rms(error[..., 0]) < 5.0
    assert np.degrees(rms(error[..., 1])) < 0.006
    times = error[..., 3] - error[..., 3].mean(axis=1, keepdims=True)
    assert rms(times) * np.sqrt(1.5) < 0.020
    freedom = found[0][2]
    assert freedom == (8 if kind == "radar_2d" else 11)
    low, high = stats.chi2.ppf((0.025, 0.975), freedom * SEEDS)
    assert low < sum(each[1] for each in found) < high


def test_3d_radars_find_their_elevation_biases_and_the_error_of_the_pressure_is_not_taken_for_one() -> None:
    made = [scene(seed, pressure_m=40.0) for seed in range(12)]
    error = np.array([errors(run(each), each)[0] for each in made])
    assert rms(np.array([each.biases[:, 2] for each in made])) > np.radians(0.15)
    assert np.degrees(rms(error[..., 2])) < 0.03


def test_without_claims_the_radars_find_their_biases_alone() -> None:
    made = [scene(seed, claiming=0) for seed in range(12)]
    error = np.array([errors(run(each), each)[0] for each in made])
    assert rms(error[..., 0]) < 5.0
    assert np.degrees(rms(error[..., 1])) < 0.006


def test_where_there_is_no_bias_nothing_beyond_its_stated_sigma_is_taken_off() -> None:
    ratios = []
    for seed in range(15):
        for estimate in run(scene(seed, bias_share=0.0)).estimates()[:3]:
            for bias in (estimate.range_m, estimate.azimuth_rad, estimate.elevation_rad):
                if bias.is_applied:
                    ratios.append(abs(bias.value) / bias.sigma)
    assert len(ratios) > 100
    assert max(ratios) < 4.0
    assert np.mean(np.array(ratios) > 2.0) < 0.10


def test_a_bias_that_drifts_is_followed() -> None:
    followed, frozen = [], []
    for seed in range(4):
        made = scene(seed, seconds=2400.0, targets=30, area_m=60e3, drift_share_per_s=2e-4, speed_mps=(20.0, 40.0))
        end = made._replace(biases=made.biases * (1.0 + 2e-4 * made.seconds))
        for params, errors_rad in (
            (RegistrationParams(), followed),
            (RegistrationParams(forget_s=1e9), frozen),
        ):
            errors_rad.append(errors(run(made, params), end)[0][:, 1])
    moved = 0.48 * np.radians(0.3) / np.sqrt(3.0)
    assert rms(np.array(followed)) < 0.5 * moved
    assert rms(np.array(followed)) < 0.8 * rms(np.array(frozen))


def test_a_radar_that_comes_later_is_registered_with_the_others() -> None:
    made = scene(3, seconds=420.0)
    late = made.plots["sensor"] != 2
    late |= made.plots["rx_ns"] > made.plots["rx_ns"][0] + 180 * 10**9
    registration = run(made._replace(plots=made.plots[late], track_no=made.track_no[late]))
    error = errors(registration, made)[0]
    assert abs(error[2, 0]) < 12.0
    assert abs(np.degrees(error[2, 1])) < 0.015
    assert registration.estimates()[2].range_m.is_applied
