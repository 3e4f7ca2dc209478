"""Groups: several objects that cannot be told apart become one with a count, and single tracks again."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from skydas.fuse import Tracker
from skydas.model import FloatArray, Rows, TrackFlag
from tests.unit.fuse_scenes import at_ns, confirmed, polar_plots, radar, tracker_of

RADAR = radar(range_m_max=40_000.0, period_s=2.0, sigma_range_m=20.0)
SIGMA_M = 32.0  # of a plot at 18 km, across


def swarm(t_s: float, count: int, spacing_m: FloatArray | float) -> FloatArray:
    """Return drones abreast that fly north-west, (count, 6)."""
    states = np.zeros((count, 6))
    states[:, 0] = 15_000.0 - 20.0 * t_s + spacing_m * (np.arange(count) - 0.5 * (count - 1))
    states[:, 1] = 8_000.0 + 20.0 * t_s
    states[:, 2] = 300.0
    states[:, 3:5] = -20.0, 20.0
    return states


def watch(
    tracker: Tracker, times_s: FloatArray, count: int, spacing_m: FloatArray, merges_m: float = 0.0
) -> list[Rows]:
    """Let the radar see the swarm; drones closer than `merges_m` are one echo. Return the pictures."""
    rng = np.random.default_rng(int(times_s[0]) + 1)
    pictures = []
    for t_s, spacing in zip(times_s.tolist(), spacing_m.tolist(), strict=True):
        seen = swarm(t_s, count, spacing)
        if spacing < merges_m:
            seen = seen.mean(axis=0, keepdims=True)
        plots = polar_plots(RADAR, 0, t_s, seen, rng.normal(size=(len(seen), 4)))
        tracker.step(at_ns(t_s), plots)
        tracker.tick(at_ns(t_s + 1.0))
        pictures.append(confirmed(tracker.picture(at_ns(t_s + 1.0))))
    return pictures


TURNS = np.arange(0.0, 60.0, 2.0)


@cache
def whole_life() -> tuple[Tracker, list[Rows]]:
    """Five drones 600 m apart close up until they are one echo, fly so for a minute, and part again."""
    tracker = tracker_of(RADAR)
    t_s = np.arange(0.0, 300.0, 2.0)
    spacing = np.interp(t_s, [0.0, 40.0, 90.0, 160.0, 220.0, 300.0], [600.0, 600.0, 45.0, 45.0, 700.0, 700.0])
    return tracker, watch(tracker, t_s, 5, spacing, merges_m=60.0)


def test_drones_far_apart_are_single_tracks() -> None:
    tracker = tracker_of(RADAR)
    rows = watch(tracker, TURNS, 4, np.full(30, 12.0 * SIGMA_M))[-1]
    assert len(rows) == 4
    assert (rows["group"] == 0).all()
    assert tracker.groups() == []


def test_drones_too_close_to_be_told_apart_become_a_group_with_a_count() -> None:
    tracker = tracker_of(RADAR)
    rows = watch(tracker, TURNS, 5, np.full(30, 2.5 * SIGMA_M))[-1]
    [(group, track_nos)] = tracker.groups()
    grouped = rows[rows["group"] == group["number"]]
    assert sorted(grouped["track_no"].tolist()) == track_nos
    assert (grouped["flags"] & TrackFlag.GROUP > 0).all()
    assert group["number"] in track_nos
    assert 3 <= group["least"] <= 5
    assert group["most"] == 5
    centre = swarm(59.0, 5, 2.5 * SIGMA_M).mean(axis=0)
    assert np.linalg.norm(group["centre"][:2] - centre[:2]) < 2.0 * SIGMA_M
    assert np.sqrt(group["extent"][0]) == pytest.approx(2.5 * SIGMA_M * np.sqrt(2.0), rel=0.4)
    assert np.sqrt(group["extent"][2]) < 1.5 * SIGMA_M


def test_two_are_no_group() -> None:
    tracker = tracker_of(RADAR)
    watch(tracker, TURNS, 2, np.full(30, 2.5 * SIGMA_M))
    assert tracker.groups() == []


def test_codes_tell_objects_apart_however_close_they_are() -> None:
    tracker = tracker_of(RADAR)
    rng = np.random.default_rng(0)
    for t_s in TURNS.tolist():
        plots = polar_plots(RADAR, 0, t_s, swarm(t_s, 5, 2.0 * SIGMA_M), rng.normal(size=(5, 4)))
        plots["mode_s"] = np.arange(1, 6)
        tracker.step(at_ns(t_s), plots)
        tracker.tick(at_ns(t_s + 1.0))
    assert len(confirmed(tracker.picture(at_ns(60.0)))) == 5
    assert tracker.groups() == []


def test_those_that_cross_at_speed_are_no_group() -> None:
    tracker = tracker_of(RADAR)
    rng = np.random.default_rng(2)
    headings = np.radians([0.0, 90.0, 180.0, 270.0])
    for t_s in np.arange(0.0, 80.0, 2.0).tolist():
        states = np.zeros((4, 6))
        states[:, 3], states[:, 4] = 40.0 * np.sin(headings), 40.0 * np.cos(headings)
        states[:, :2] = [15_000.0, 8_000.0] + (t_s - 40.0) * states[:, 3:5]
        states[:, 2] = 300.0
        tracker.step(at_ns(t_s), polar_plots(RADAR, 0, t_s, states, rng.normal(size=(4, 4))))
        tracker.tick(at_ns(t_s + 1.0))
        assert tracker.groups() == []


def test_merged_into_one_echo_the_count_says_at_least_one_and_at_most_all() -> None:
    pictures = whole_life()[1]
    merged = pictures[75]  # at 150 s: one echo for 70 s
    assert len(merged) == 1
    assert merged["group"][0] != 0
    assert merged["group_count"][0].tolist()[0] == 1
    assert 4 <= merged["group_count"][0].tolist()[1] <= 5


def test_parted_again_they_are_single_tracks_and_the_group_is_over() -> None:
    tracker, pictures = whole_life()
    last = pictures[-1]
    assert len(last) == 5
    assert (last["group"] == 0).all()
    assert tracker.groups() == []


def test_a_group_keeps_its_number_for_as_long_as_it_lives() -> None:
    numbers = [set(rows["group"].tolist()) - {0} for rows in whole_life()[1]]
    assert len(set.union(*numbers)) == 1


def test_one_that_leaves_is_a_single_track_and_the_rest_stay_a_group() -> None:
    tracker = tracker_of(RADAR)
    rng = np.random.default_rng(3)
    for t_s in np.arange(0.0, 120.0, 2.0).tolist():
        states = swarm(t_s, 5, 3.0 * SIGMA_M)
        states[4, 1] -= 12.0 * max(t_s - 60.0, 0.0)
        states[4, 4] -= 12.0 if t_s > 60.0 else 0.0
        tracker.step(at_ns(t_s), polar_plots(RADAR, 0, t_s, states, rng.normal(size=(5, 4))))
        tracker.tick(at_ns(t_s + 1.0))
    rows = confirmed(tracker.picture(at_ns(119.0)))
    alone = rows[np.argmin(rows["position_enu_m"][:, 1])]
    assert alone["group"] == 0
    [(group, track_nos)] = tracker.groups()
    assert len(track_nos) >= 3
    assert group["most"] == 4


def test_late_plots_leave_the_groups_that_plots_in_time_would_have_made() -> None:
    in_time, late = tracker_of(RADAR, late_tolerance_s=0.0), tracker_of(RADAR, late_tolerance_s=0.0)
    rng = np.random.default_rng(5)
    sent = [
        (t_s, polar_plots(RADAR, 0, t_s, swarm(t_s, 5, 2.5 * SIGMA_M), rng.normal(size=(5, 4))))
        for t_s in TURNS.tolist()
    ]
    arriving = sorted(
        (t_s + (5.0 if k % 4 == 1 and t_s < 50.0 else 0.0), k, plots) for k, (t_s, plots) in enumerate(sent)
    )
    for second in np.arange(0.5, 70.0, 1.0).tolist():
        for tracker, plots_at in ((in_time, [(t, p) for t, p in sent]), (late, [(t, p) for t, _, p in arriving])):
            for t_s, plots in plots_at:
                if second - 1.0 < t_s <= second:
                    tracker.step(at_ns(t_s), plots)
            tracker.tick(at_ns(second))
    assert late.counters()["late_replays"] > 2
    [(one, one_nos)], [(other, other_nos)] = in_time.groups(), late.groups()
    assert (one["least"], one["most"], len(one_nos)) == (other["least"], other["most"], len(other_nos))
    np.testing.assert_array_equal(one["centre"], other["centre"])
    np.testing.assert_array_equal(one["extent"], other["extent"])


def test_a_restored_tracker_goes_on_with_its_groups() -> None:
    first, second = tracker_of(RADAR), tracker_of(RADAR)
    watch(first, TURNS, 5, np.full(30, 2.5 * SIGMA_M))
    second.restore(first.state())
    for tracker in (first, second):
        watch(tracker, TURNS + 60.0, 5, np.full(30, 2.5 * SIGMA_M))
    assert first.state() == second.state()
    assert len(second.groups()) == 1
