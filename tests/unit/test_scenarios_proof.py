"""The proof of the assessment: its scores against obvious ones, its baselines, and one short scene through a node."""

from __future__ import annotations

import numpy as np
import pytest
from bench import assessment_scores as scores
from bench.assessment import figures, said
from bench.assessment_baselines import fit_logistic, logistic, to_assets
from bench.assessment_page import page
from bench.assessment_run import NOBODY, SAMPLE, Run, Target, Told, decode_run, encode_run, run_scene
from bench.machine import machine
from scipy.stats import kendalltau

from skydas.model import Rows

THREAT = Target(1, "raider", "one_way_drone", "attack", True, "plant", 0.0, 0.0, 100.0, 90.0, 10.0, False)
PASSER = Target(2, "passer", "light_aircraft", "transit", False, "", 0.0, 0.0, 100.0, None, 5.0, False)


def sampled(*tracks: tuple[int, int, float]) -> Rows:
    """Return samples of (track, target, threat) at 12 to 96 s, flying east at 50 m/s from the west."""
    rows = np.zeros(len(tracks) * 22, SAMPLE)
    for at, (track_no, target_no, threat) in enumerate(tracks):
        part = rows[at * 22 : (at + 1) * 22]
        part["t_s"] = 12.0 + 4.0 * np.arange(22)
        part["track_no"], part["target_no"], part["threat"] = track_no, target_no, threat
        part["x_m"], part["y_m"], part["vx_mps"] = -6_000.0 + 50.0 * part["t_s"], 500.0 * at, 50.0
        part["class_no"] = -1
    return rows


def a_run(*alerts: Told, samples: Rows | None = None) -> Run:
    rows = sampled((7, 1, 0.8), (8, 2, 0.4), (9, NOBODY, 0.2)) if samples is None else samples
    assets = {"plant": (0.0, 0.0, 500.0)}
    return Run("scene", 1, 1, 120.0, rows, [THREAT, PASSER], list(alerts), [], assets, [], {})


def told(t_s: float, *target_nos: int, is_first: bool = True) -> Told:
    return Told(t_s, "rule", 1, 0.7, 0.0, (7,), target_nos, is_first)


def test_an_alert_in_time_has_its_delay_from_the_first_plot() -> None:
    run = a_run(told(30.0, 1), told(40.0, 1), told(50.0, 2), told(60.0, NOBODY))
    found = scores.total([scores.outcome(run, scores.own_alerts(run))])
    assert found["missed"] == 0.0
    assert found["in_time"] == 1.0
    assert found["delay_s"]["p50"] == 20.0
    assert found["warning_s"]["p50"] == 60.0
    assert found["false_on"] == {"transit: light_aircraft": 1, "nothing": 1}
    assert found["false_per_hour"] == pytest.approx(60.0)
    assert found["repeated_per_hour"] == pytest.approx(30.0)


def test_more_tracks_under_an_alert_are_no_further_alert_but_count_for_their_targets() -> None:
    run = a_run(told(20.0, 2), told(95.0, 1, is_first=False))
    found = scores.outcome(run, scores.own_alerts(run))
    assert (found.false, found.alerted, found.in_time) == (1, 1, 0)


def test_a_threat_without_an_alert_is_missed() -> None:
    found = scores.total([scores.outcome(a_run(), [])])
    assert (found["missed"], found["in_time"], found["delay_s"]) == (1.0, 0.0, None)


def test_a_threshold_gives_no_more_false_alerts_than_asked() -> None:
    samples = sampled(*((100 + n, NOBODY, 0.01 * n) for n in range(60)), (7, 1, 0.99))
    run = a_run(samples=samples)
    score = said(run)
    for rate in (0.0, 60.0, 300.0):
        threshold = scores.threshold_for([run], [score], rate)
        found = scores.total([scores.outcome(run, scores.alerts_at(run, score, threshold))])
        assert found["false_per_hour"] <= rate
        assert found["missed"] == 0.0


def test_tau_is_that_of_the_textbook() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        a, b = rng.integers(0, 6, 15).astype(float), rng.integers(0, 6, 15).astype(float)
        tau = scores.kendall_tau(a, b)
        assert tau == pytest.approx(kendalltau(a, b).statistic)
    assert scores.kendall_tau(np.ones(5), np.arange(5.0)) is None


def test_a_flock_and_a_long_flight_count_as_one_each() -> None:
    weight = scores.object_weights(a_run())
    assert weight.sum() == pytest.approx(3.0)
    twins = a_run(samples=sampled((7, 1, 0.5), (8, 1, 0.5), (9, 2, 0.5)))
    assert scores.object_weights(twins).sum() == pytest.approx(2.0)


def test_reliability_of_a_calibrated_score_is_near_none() -> None:
    rng = np.random.default_rng(2)
    chance = rng.random(40_000)
    found = scores.reliability(chance, rng.random(40_000) < chance, np.ones(40_000))
    assert found["expected_calibration_error"] < 0.02
    assert scores.reliability(np.full(10, 0.9), np.zeros(10, np.bool_), np.ones(10))[
        "expected_calibration_error"
    ] == pytest.approx(0.9)


def test_a_baseline_never_rises_with_distance() -> None:
    rng = np.random.default_rng(3)
    x = rng.random((2_000, 2))
    is_true = rng.random(2_000) < 1.0 / (1.0 + np.exp(-(-1.0 - 2.0 * x[:, 0] + 3.0 * x[:, 1])))
    found = fit_logistic(x, is_true, np.ones(2_000))
    assert found[1] == pytest.approx(-2.0, abs=0.5)
    assert found[2] == 0.0
    assert logistic(x, found).mean() == pytest.approx(is_true.mean(), abs=0.01)


def test_the_way_to_an_asset_is_to_its_edge_and_the_miss_is_along_the_course() -> None:
    rows = np.zeros(1, SAMPLE)
    rows["x_m"], rows["y_m"], rows["vx_mps"] = -5_000.0, 800.0, 50.0
    distance_m, miss_m, closest_s = to_assets(rows, np.array([[0.0, 0.0, 500.0]]))
    assert distance_m[0, 0] == pytest.approx(np.hypot(5_000.0, 800.0) - 500.0)
    assert miss_m[0, 0] == pytest.approx(300.0)
    assert closest_s[0, 0] == pytest.approx(100.0)


def test_a_run_survives_its_octets() -> None:
    run = a_run(told(30.0, 1))
    again = decode_run(encode_run(run))
    assert np.array_equal(again.samples, run.samples)
    assert (again.targets, again.alerts) == (run.targets, run.alerts)


def test_a_short_scene_goes_through_a_node_and_onto_the_page() -> None:
    runs = [run_scene("one-way-attack", seed, seed, 60.0) for seed in (1, 2)]
    assert all(len(run.samples) > 100 for run in runs)
    found = {"machine": machine(), **figures(runs, [1, 2])}
    assert found["hours_scored"] == pytest.approx(60.0 / 3600.0)
    text = page(found)
    assert "| distance and heading |" in text
    airliners = [target for target in runs[0].targets if target.name == "airliners-high"]
    assert any(target.first_plot_s is not None and target.first_plot_s < 10.0 for target in airliners)
