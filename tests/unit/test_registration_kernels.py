"""The kernels of registration agree with their twins, and the twins with the filter of everything together."""

from __future__ import annotations

import numpy as np
import pytest

from skydas.fuse.registration.linear import cholesky, invert, solve
from skydas.fuse.registration.registration import prior_sigmas
from skydas.fuse.registration.solve import eliminate, move_reference
from skydas.model import NS_PER_S
from tests.reference_registration import joint_filter, learn_track, two_stage
from tests.registration_scenes import PLANE, Registration, RegistrationParams, quiet_tracks, run, scene


def test_two_stages_are_the_filter_of_state_and_biases_together() -> None:
    rng = np.random.default_rng(1)
    f = np.array([[1.0, 2.0], [0.0, 1.0]])
    noise, h, r = np.array([[3.0, 1.0], [1.0, 2.0]]), np.array([[1.0, 0.0], [0.5, 1.0]]), np.diag([4.0, 9.0])
    c, plots = rng.normal(size=(40, 2, 3)), rng.normal(size=(40, 2)) * 5.0
    prior, start = np.array([2.0, 3.0, 1.0]), np.diag([100.0, 50.0])
    mean, cov = joint_filter(f, noise, h, c, r, prior, start, plots)
    mean_two, cov_two = two_stage(f, noise, h, c, r, prior, start, plots)
    np.testing.assert_allclose(mean_two, mean, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(cov_two, cov, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_track_learns_what_its_twin_learns(seed: int) -> None:
    made = scene(seed, targets=1, claiming=0, turning=0.0, seconds=120.0)
    params = RegistrationParams(solve_every_s=1e6)
    registration = Registration(params, made.sensors, PLANE)
    for j in range(len(made.plots)):
        now_ns = int(made.plots["rx_ns"][j])
        tracks = quiet_tracks(now_ns, made.track_no[j : j + 1], made.sensors)
        registration.step(now_ns, made.plots[j : j + 1], made.track_no[j : j + 1], tracks)
    track, bank = registration._store.tracks[0], registration._store.banks[0]
    order = track["slot_sensor"][: track["slot_count"]].tolist()
    prior = prior_sigmas(params, registration._around.registered)[track["column"][: track["column_count"]]]
    twin = learn_track(
        PLANE, made.sensors, order, made.plots, params.mode_c_sigma_m, params.q_m2ps3, params.q_vertical_share, prior,
        params.plots_before_learning,
    )  # fmt: skip
    n = len(prior)
    np.testing.assert_allclose(bank["x"], twin.x, atol=0.05)
    np.testing.assert_allclose(bank["v"][:, :n] * prior, twin.v * prior, rtol=1e-3, atol=0.2)
    root = np.sqrt(np.diag(twin.info))
    scale = np.outer(root, root)
    np.testing.assert_allclose(bank["info"][:n, :n] / scale, np.tril(twin.info) / scale, atol=2e-4)
    np.testing.assert_allclose(bank["score"][:n] / root, twin.score / root, atol=0.02)
    assert bank["chi2"] == pytest.approx(twin.chi2, rel=1e-3)


def test_the_solver_is_numpys() -> None:
    rng = np.random.default_rng(2)
    root = rng.normal(size=(30, 30))
    a, b = root @ root.T + np.eye(30), rng.normal(size=30)
    factor, x, inverse = a.copy(), b.copy(), np.empty((30, 30))
    assert cholesky(factor, 30)
    solve(factor, 30, x)
    invert(factor, 30, inverse)
    np.testing.assert_allclose(x, np.linalg.solve(a, b), rtol=1e-9)
    np.testing.assert_allclose(inverse, np.linalg.inv(a), rtol=1e-7, atol=1e-10)
    assert not cholesky(-np.eye(3), 3)


def test_an_eliminated_column_is_the_marginal() -> None:
    rng = np.random.default_rng(3)
    root = rng.normal(size=(6, 6))
    whole, score = root @ root.T + np.eye(6), rng.normal(size=6)
    with_prior = whole.copy()
    with_prior[2, 2] += 0.5
    rest = [0, 1, 3, 4, 5]
    cov = np.linalg.inv(with_prior)
    mean = cov @ score
    info, left = np.tril(whole), score.copy()
    eliminate(info, left, 6, 2, 0.5)
    kept = (info + np.tril(info, -1).T)[np.ix_(rest, rest)]
    np.testing.assert_allclose(np.linalg.inv(kept), cov[np.ix_(rest, rest)], rtol=1e-9)
    np.testing.assert_allclose(np.linalg.solve(kept, left[rest]), mean[rest], rtol=1e-9)
    assert info[2, 2] == left[2] == 0.0


def test_moving_the_reference_there_and_back_changes_nothing() -> None:
    registration = run(scene(5, seconds=60.0))
    store = registration._store
    before = [np.copy(store.banks[name]) for name in ("x", "score", "chi2")]
    change = np.sqrt(store.spread) * np.random.default_rng(5).normal(size=len(store.spread))
    move_reference(store, change)
    assert np.abs(store.banks["score"] - before[1]).max() > 1.0
    move_reference(store, -change)
    for name, was in zip(("x", "score", "chi2"), before, strict=True):
        np.testing.assert_allclose(store.banks[name], was, rtol=1e-6, atol=1e-5 * max(1.0, float(np.abs(was).max())))


def test_a_track_whose_plots_come_late_learns_from_them_at_their_own_time() -> None:
    made = scene(7, targets=1, claiming=0, turning=0.0, seconds=200.0, bias_share=0.0)
    late = made.plots["rx_ns"].copy()
    late[made.plots["sensor"] == 1] += int(1.5 * NS_PER_S)
    order = np.argsort(late, kind="stable")
    registration = run(made._replace(plots=made.plots[order]))
    assert registration.counters()["plots_outside"] < 3
    assert registration._store.banks["rows"][0] > 300
