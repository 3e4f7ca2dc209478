"""Updates, gaps, extra tracks and profiles on scenes counted by hand."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from skydas.errors import ConfigError
from skydas.evaluate import PROFILES, Options, profile_named, score
from skydas.evaluate.profiles import Profile, Row, judge
from skydas.evaluate.surplus import hull_area_km2
from skydas.evaluate.updates import Pieces, score_updates
from tests.unit.evaluate_scenes import straight, track_states, truth_states

EAST = np.array([100.0, 0.0, 0.0])
NORTH = np.array([0.0, 60.0, 0.0])
S = 1_000_000_000


def _updates(times_s: list[float], life_s: float, interval_s: float, gap_s: float):  # type: ignore[no-untyped-def]
    pieces = Pieces(np.array([0]), np.array([0]), np.array([int(life_s * S)]))
    t_ns = np.array([int(time * S) for time in times_s], np.int64)
    return score_updates(pieces, np.zeros(len(t_ns), np.int64), t_ns, interval_s, gap_s)


def test_update_probability_is_the_share_of_intervals_with_an_update() -> None:
    every4 = [float(time) for time in range(0, 101, 4)]
    assert _updates(every4, 100.0, 8.0, 16.4).probability == 1.0
    assert _updates(every4, 100.0, 4.0, 16.4).probability == 1.0
    assert _updates(every4, 100.0, 2.0, 16.4).probability == pytest.approx(1 - 25 * 2 / 98)
    hole = [time for time in every4 if not 40 < time < 60]
    found = _updates(hole, 100.0, 8.0, 16.4)
    assert found.probability == pytest.approx(1 - (20 - 8) / 92)
    assert (found.gap_count, found.gap_share, found.longest_gap_s) == (1, 1 / (len(hole) - 1), 20.0)


def test_a_target_never_updated_has_no_update_in_any_interval() -> None:
    found = _updates([], 100.0, 8.0, 16.4)
    assert found.probability == 0.0
    assert found.gap_share is None


def test_a_life_shorter_than_the_interval_cannot_be_judged() -> None:
    assert _updates([1.0], 5.0, 8.0, 16.4).probability is None


def _scene():  # type: ignore[no-untyped-def]
    time = np.arange(0.0, 121.0)
    truth = truth_states(
        straight("target_no", 1, time, [0, 0, 1000], EAST, kind=["airliner"] * 121),
        straight("target_no", 2, time, [0, 20_000, 1000], NORTH, kind=["bird"] * 121),
    )
    scans = np.arange(8.0, 121.0, 4.0)
    tracks = track_states(
        straight("track_no", 1, scans, [0, 40, 1000], EAST),
        straight("track_no", 2, scans[5:], [20, 0, 1000], EAST),  # a second one on target 1
        straight("track_no", 3, scans[:10], [30, 20_000, 1000], NORTH),
        straight("track_no", 4, scans[14:], [30, 20_000, 1000], NORTH),
        straight("track_no", 5, scans[:6], [50_000, -20_000, 1000], NORTH),  # on nothing
        straight("track_no", 6, scans[:2], [-50_000, -20_000, 1000], NORTH),  # on nothing, too short to count
    )
    return truth, tracks


def test_false_and_second_tracks_are_counted_apart() -> None:
    found = score(*_scene(), Options(area_km2=10_000.0)).detail.surplus
    assert (found.tracks, found.false, found.second) == (5, 1, 1)
    assert found.false_per_hour_10000_km2 == pytest.approx(30.0)


def test_each_flight_says_when_it_was_found_lost_and_found_again() -> None:
    scores = score(*_scene())
    first, second = scores.detail.flights
    assert (first.target, first.first_track_s, first.numbers, first.losses) == ("1", 8.0, 1, 0)
    assert (second.first_track_s, second.numbers, second.losses) == (8.0, 2, 1)
    assert second.reacquire_s == pytest.approx(64.0 - 44.0 - 10.0)  # the old track is moved on for 10 s
    assert second.alert_s is None
    assert scores.detail.never_tracked == 0
    assert first.error_median_m == pytest.approx(40.0, abs=21.0)
    assert "alerts" in scores.detail.not_assessed


def test_a_track_behind_its_target_has_that_lag() -> None:
    time = np.arange(0.0, 61.0)
    truth = truth_states(straight("target_no", 1, time, [0, 0, 1000], EAST))
    late = track_states(straight("track_no", 1, time[4:], [-150, 0, 1000], EAST))
    found = score(truth, late).detail.lag_s
    assert found is not None
    assert found.median == pytest.approx(1.5, abs=0.01)


def test_coasted_rows_are_no_updates() -> None:
    time = np.arange(0.0, 61.0)
    truth = truth_states(straight("target_no", 1, time, [0, 0, 1000], EAST))
    table = straight("track_no", 1, time, [0, 0, 1000], EAST)
    last = np.minimum(table.column("t_ns").to_numpy(), table.column("t_ns").to_numpy()[20])
    coasting = track_states(table.append_column("last_plot_ns", [last]))
    found = score(truth, coasting).detail
    assert found.updates.probability == pytest.approx(1 - (40 - 8) / 52)
    assert found.error_m is not None
    assert found.error_m.count == 61


def test_scores_do_not_depend_on_the_order_of_rows_or_numbers() -> None:
    truth, tracks = _scene()
    scores = score(truth, tracks)
    time = np.arange(0.0, 121.0)
    turned = truth_states(
        straight("target_no", 9, time[::-1], [0, 20_000, 1000], NORTH, kind=["bird"] * 121),
        straight("target_no", 4, time[::-1], [0, 0, 1000], EAST, kind=["airliner"] * 121),
    )
    again = score(turned, tracks)
    for name in ("gospa", "ospa2", "update", "gaps", "extra_tracks"):
        assert getattr(again, name) == pytest.approx(getattr(scores, name), rel=1e-9)
    assert again.siap.completeness == scores.siap.completeness


def test_nothing_at_all_is_scored_as_not_known() -> None:
    truth, tracks = _scene()
    empty = track_states(straight("track_no", 1, np.zeros(0), [0, 0, 0], EAST))
    scores = score(truth, empty)
    assert scores.gospa == pytest.approx(1000.0)  # two missed targets: (2 x 1000^2 / 2) ^ (1/2)
    assert scores.siap.completeness == 0.0
    assert scores.siap.spuriousness is None
    assert scores.update == 0.0
    nobody = truth_states(straight("target_no", 1, np.zeros(0), [0, 0, 0], EAST))
    assert score(nobody, empty).gospa is None
    found = score(nobody, tracks)
    assert found.siap.completeness is None
    assert found.siap.spuriousness == 1.0
    assert all(judged.verdict != "pass" for judged in found.profile.values())


def test_bad_options_are_all_named_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        score(*_scene(), Options(gate_m=-1.0, alpha=3.0, step_s=float("nan")))
    assert len(caught.value.faults) == 3


def test_a_row_without_a_number_or_without_input_is_never_a_pass() -> None:
    profile = Profile("p", "s", "sure", (Row("velocity_p90_mps", "<=", None), Row("address_share", ">=", 0.99)))
    judged = judge(profile, {("velocity_p90_mps", None, None, None): 0.0})
    assert [row.verdict for row in judged.rows] == ["not assessed", "not assessed"]
    assert judged.verdict == "not assessed"


def test_a_profile_passes_only_when_all_its_rows_do() -> None:
    rows = (Row("position_rms_m", "<=", 100.0), Row("update_probability", ">", 0.9, s=8.0))
    good = {("position_rms_m", None, None, None): 100.0, ("update_probability", 8.0, None, None): 0.95}
    assert judge(Profile("p", "", "", rows), good).verdict == "pass"
    assert judge(Profile("p", "", "", rows), {**good, ("update_probability", 8.0, None, None): 0.9}).verdict == "fail"
    assert (
        judge(Profile("p", "", "", rows), {**good, ("update_probability", 8.0, None, None): None}).verdict
        == "not assessed"
    )


def test_every_profile_says_its_source_and_how_sure_it_is() -> None:
    assert len(PROFILES) == 7
    for name, profile in PROFILES.items():
        assert profile_named(name) is profile
        assert profile.source
        assert profile.sure
        assert msgspec.json.decode(msgspec.json.encode(profile), type=Profile) == profile
    with pytest.raises(ConfigError, match="compass-ed142-tma"):
        profile_named("ed-142")


def test_a_perfect_tracker_passes_what_can_be_judged() -> None:
    time = np.arange(0.0, 301.0)
    truth = truth_states(*(straight("target_no", n, time, [0, 9000 * n, 1000], EAST) for n in range(4)))
    tracks = track_states(*(straight("track_no", n, time, [0, 9000 * n, 1000], EAST) for n in range(4)))
    scores = score(truth, tracks)
    assert scores.gospa == pytest.approx(0.0, abs=1e-3)
    assert scores.profile["esassp-3n-noncoop"].verdict == "pass"
    for judged in scores.profile.values():
        assert all(row.verdict != "fail" for row in judged.rows), judged


def test_the_hull_of_a_square_has_its_area() -> None:
    corners = np.array([[0, 0], [10_000, 0], [10_000, 10_000], [0, 10_000], [5_000, 5_000]], float)
    assert hull_area_km2(corners) == pytest.approx(100.0)
    assert hull_area_km2(corners[:2]) is None
