"""A number kept over a gap longer than coasting: taken up again where it is sure, never where it is not."""

from __future__ import annotations

import numpy as np
import pytest

from skydas.fuse import Tracker
from skydas.model import FloatArray, Rows, TrackStatus
from tests.unit.fuse_scenes import at_ns, confirmed, polar_plots, radar, straight, tracker_of

RADAR = radar(range_m_max=40_000.0)
DRONE = np.array([[9_000.0, 6_000.0, 300.0, -18.0, 7.0, 0.0]])


def watch(tracker: Tracker, turns: range, start: FloatArray, seed: int = 1) -> None:
    """Let the radar see `start` (n, 6) at every turn of 4 s, with ticks."""
    rng = np.random.default_rng(seed + turns.start)
    for turn in turns:
        plots = polar_plots(RADAR, 0, 4.0 * turn, straight(4.0 * turn, start), rng.normal(size=(len(start), 4)))
        tracker.step(at_ns(4.0 * turn), plots)
        tracker.tick(at_ns(4.0 * turn + 1.0))


def wait(tracker: Tracker, turns: range) -> None:
    """Let the time of these turns pass without a plot."""
    for second in range(4 * turns.start, 4 * turns.stop):
        tracker.tick(at_ns(second))


def numbers(tracker: Tracker, turn: int) -> list[int]:
    """Return the numbers of the confirmed tracks from west to east."""
    rows: Rows = confirmed(tracker.picture(at_ns(4.0 * turn)))
    return rows["track_no"][np.argsort(rows["position_enu_m"][:, 0])].tolist()  # type: ignore[no-any-return]


def after_a_gap(tracker: Tracker, before: FloatArray, after: FloatArray, gap_turns: int = 15) -> list[int]:
    """Show `before` for 15 turns, nothing for a while, then `after` for 8; return the numbers at the end."""
    watch(tracker, range(15), before)
    wait(tracker, range(15, 15 + gap_turns))
    assert numbers(tracker, 15 + gap_turns) == []
    watch(tracker, range(15 + gap_turns, 23 + gap_turns), after)
    return numbers(tracker, 22 + gap_turns)


def test_a_lost_track_seen_again_where_it_should_be_keeps_its_number() -> None:
    tracker = tracker_of(RADAR)
    assert after_a_gap(tracker, DRONE, DRONE) == [1]
    assert tracker.counters()["relinked"] == 1


def test_it_keeps_its_number_over_two_gaps() -> None:
    tracker = tracker_of(RADAR)
    after_a_gap(tracker, DRONE, DRONE)
    wait(tracker, range(38, 53))
    watch(tracker, range(53, 61), DRONE)
    assert numbers(tracker, 60) == [1]
    assert tracker.counters()["relinked"] == 2


@pytest.mark.parametrize(
    ("changed", "gap_turns"),
    [
        (np.array([[0.0, 6_000.0, 0.0, 0.0, 0.0, 0.0]]), 15),  # elsewhere
        (np.array([[0.0, 0.0, 2_500.0, 0.0, 0.0, 0.0]]), 15),  # much higher
        (np.array([[-15 * 40 * 4.0, 0.0, 0.0, 90.0, 0.0, 0.0]]), 15),  # about there, but 90 m/s faster
        (np.zeros((1, 6)), 40),  # there, but after 160 s
    ],
)
def test_what_is_seen_where_the_lost_track_cannot_be_gets_another_number(changed: FloatArray, gap_turns: int) -> None:
    tracker = tracker_of(RADAR)
    assert after_a_gap(tracker, DRONE, DRONE + changed, gap_turns) == [2]
    assert tracker.counters()["relinked"] == 0


def test_two_lost_tracks_that_are_alike_lend_their_number_to_nobody() -> None:
    beside = DRONE + np.array([[0.0, 900.0, 0.0, 0.0, 0.0, 0.0]])
    middle = DRONE + np.array([[0.0, 450.0, 0.0, 0.0, 0.0, 0.0]])
    tracker = tracker_of(RADAR)
    assert after_a_gap(tracker, np.concatenate((DRONE, beside)), middle) == [3]
    assert tracker.counters()["relink_refused_alike"] == 1


def test_two_new_tracks_that_are_alike_do_not_contend_for_one_number() -> None:
    around = np.concatenate((DRONE, DRONE))
    around[:, 1] += -450.0, 450.0
    tracker = tracker_of(RADAR)
    assert sorted(after_a_gap(tracker, DRONE, around)) == [2, 3]
    assert tracker.counters()["relinked"] == 0
    assert tracker.counters()["relink_refused_alike"] >= 1


def test_where_many_tracks_get_lost_none_is_linked() -> None:
    rng = np.random.default_rng(4)
    birds = np.zeros((150, 6))
    birds[:, :2] = rng.uniform(-9e3, 9e3, (150, 2)) + 3_000.0
    birds[:, 2] = rng.uniform(100.0, 900.0, 150)
    birds[:, 3:5] = rng.normal(0.0, 8.0, (150, 2))
    others = birds[rng.permutation(150)].copy()
    others[:, :2] = rng.uniform(-9e3, 9e3, (150, 2)) + 3_000.0
    tracker = tracker_of(RADAR)
    found = after_a_gap(tracker, birds, others)
    assert len(found) > 120
    assert tracker.counters()["relinked"] <= 3


def links_of(seed: int, count: int) -> tuple[int, int]:
    """Return how many links were right and wrong while drones wander for 15 minutes, each unseen now and then.

    Half a minute to two and a half unseen, every 200 s; the truth nearest to a track says whose it is.
    """
    rng = np.random.default_rng(seed)
    states = np.zeros((count, 6))
    states[:, :2], states[:, 2] = rng.uniform(-12e3, 12e3, (count, 2)), rng.uniform(100.0, 800.0, count)
    speed, course = rng.uniform(8.0, 25.0, count), rng.uniform(0.0, 2.0 * np.pi, count)
    tracker = tracker_of(RADAR)
    unseen_s = np.zeros(count)
    owner: dict[int, tuple[float, int]] = {}
    right = wrong = 0
    for t_s in np.arange(0.0, 900.0, 4.0).tolist():
        course += rng.normal(0.0, 0.05, count)
        states[:, 3], states[:, 4] = speed * np.sin(course), speed * np.cos(course)
        states[:, :2] += 4.0 * states[:, 3:5]
        unseen_s = np.maximum(unseen_s - 4.0, 0.0)
        begins = (unseen_s == 0.0) & (rng.random(count) < 4.0 / 200.0)
        unseen_s[begins] = rng.uniform(30.0, 150.0, int(begins.sum()))
        seen = states[(unseen_s == 0.0) & (rng.random(count) < 0.9)]
        tracker.step(at_ns(t_s), polar_plots(RADAR, 0, t_s, seen, rng.normal(size=(len(seen), 4))))
        for late_s in (1.0, 2.0, 3.0):
            tracker.tick(at_ns(t_s + late_s))
        rows = tracker.picture(at_ns(t_s))
        for row in rows[rows["status"] == TrackStatus.CONFIRMED]:
            away = np.hypot(*(states[:, :2] - row["position_enu_m"][:2]).T)
            if away.min() > 250.0:
                continue
            number, nearest = int(row["track_no"]), int(away.argmin())
            if number in owner and t_s - owner[number][0] > 30.0:
                right, wrong = right + (owner[number][1] == nearest), wrong + (owner[number][1] != nearest)
            owner[number] = t_s, nearest
    return right, wrong


def test_nearly_every_link_is_right() -> None:
    right, wrong = np.sum([links_of(seed, 20) for seed in range(8)], axis=0)
    assert right > 60
    assert wrong <= 0.05 * right


def test_switched_off_every_new_track_gets_a_new_number() -> None:
    assert after_a_gap(tracker_of(RADAR, relink_s_max=0.0), DRONE, DRONE) == [2]


def test_a_restored_tracker_still_knows_what_it_lost() -> None:
    tracker, restored = tracker_of(RADAR), tracker_of(RADAR)
    watch(tracker, range(15), DRONE)
    wait(tracker, range(15, 30))
    restored.restore(tracker.state())
    watch(restored, range(30, 38), DRONE)
    assert numbers(restored, 37) == [1]


def test_a_plot_that_comes_late_and_ends_the_gap_leaves_one_track_with_the_number() -> None:
    """The plot that was late keeps the track alive: in the replay nothing is lost and nothing linked."""
    late = tracker_of(RADAR, late_tolerance_s=0.0)
    watch(late, range(15), DRONE)
    wait(late, range(15, 23))
    held_back = polar_plots(RADAR, 0, 4.0 * 21, straight(4.0 * 21, DRONE), np.zeros((1, 4)))
    late.tick(at_ns(92.0))
    watch(late, range(23, 24), DRONE)
    late.step(at_ns(93.5), held_back)
    late.tick(at_ns(94.5))
    watch(late, range(24, 30), DRONE)
    assert late.counters()["late_replays"] == 1
    shown = numbers(late, 29)
    assert shown[0] == 1
    assert len(shown) == 1


def test_a_replay_across_a_link_gives_the_same_number_again() -> None:
    late = tracker_of(RADAR, late_tolerance_s=0.0)
    watch(late, range(15), DRONE)
    wait(late, range(15, 30))
    turn = 30
    while late.counters()["relinked"] == 0:
        watch(late, range(turn, turn + 1), DRONE)
        turn += 1
    linked_s = 4.0 * (turn - 1)
    elsewhere = DRONE + np.array([[-20_000.0, 0.0, 0.0, 0.0, 0.0, 0.0]])
    late.step(at_ns(linked_s + 2.0), polar_plots(RADAR, 0, linked_s - 5.0, elsewhere, np.zeros((1, 4))))
    late.tick(at_ns(linked_s + 3.0))
    assert late.counters()["late_replays"] == 1
    assert late.counters()["events_replayed"] >= 4  # the plot that brought the link is among them
    assert late.next_track_no == 2
    assert numbers(late, turn) == [1]
    watch(late, range(turn, turn + 3), DRONE)
    assert numbers(late, turn + 2) == [1]
