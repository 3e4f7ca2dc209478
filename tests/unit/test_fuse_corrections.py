"""A person's word about tracks: done at once, kept by snapshots and replays, refused with the reason."""

from __future__ import annotations

import numpy as np
import pytest

from skydas.errors import RefusedError
from skydas.fuse import Tracker
from skydas.fuse.corrections import MERGE, RENUMBER, SPLIT
from skydas.model import FloatArray, Rows, TrackStatus
from tests.unit.fuse_scenes import at_ns, confirmed, polar_plots, radar, straight, tracker_of

NORTH = radar()
TURNED = radar("turned", north_deg=55.2, east_deg=24.2)
PAIR = np.array([[40_000.0, 20_000.0, 8_000.0, -180.0, 90.0, 0.0], [46_000.0, 8_000.0, 6_000.0, -150.0, -90.0, 0.0]])
TURN_RAD = 0.05  # a radar so badly aligned that its echoes are tracks of their own


def watch(tracker: Tracker, turns: range, start: FloatArray = PAIR, *, turned: bool = False, code: int = 0) -> None:
    """Let the radar see `start` at every turn of 4 s; with `turned`, a misaligned one sees the first object too."""
    rng = np.random.default_rng(turns.start + 1)
    for turn in turns:
        t_s = 4.0 * turn
        plots = polar_plots(NORTH, 0, t_s, straight(t_s, start), rng.normal(size=(len(start), 4)))
        plots["mode_s"][0] = code
        tracker.step(at_ns(t_s), plots)
        if turned:
            plots = polar_plots(TURNED, 1, t_s + 1.0, straight(t_s + 1.0, start[:1]), rng.normal(size=(1, 4)))
            plots["azimuth_true_rad"] += TURN_RAD
            tracker.step(at_ns(t_s + 1.0), plots)
        tracker.tick(at_ns(t_s + 2.0))


def shown(tracker: Tracker, turn: int) -> Rows:
    """Return the confirmed tracks by number."""
    rows = confirmed(tracker.picture(at_ns(4.0 * turn)))
    ordered: Rows = rows[np.argsort(rows["track_no"])]
    return ordered


def numbers(tracker: Tracker, turn: int) -> list[int]:
    return shown(tracker, turn)["track_no"].tolist()  # type: ignore[no-any-return]


def two_tracks_of_one() -> Tracker:
    """Return a tracker that holds one object twice, because of a misaligned radar: tracks 1 and 2."""
    tracker = tracker_of(NORTH, TURNED)
    watch(tracker, range(10), PAIR[:1], turned=True)
    assert numbers(tracker, 9) == [1, 2]
    return tracker


def test_a_merged_track_ends_and_does_not_come_back() -> None:
    tracker = two_tracks_of_one()
    rows, _ = tracker.correct(at_ns(39.0), MERGE, 1, 2)
    assert {(int(row["track_no"]), int(row["status"])) for row in rows} == {
        (1, TrackStatus.CONFIRMED),
        (2, TrackStatus.DROPPED),
    }
    watch(tracker, range(10, 30), PAIR[:1], turned=True)
    assert numbers(tracker, 29) == [1]
    assert tracker.counters()["merged_again"] >= 1
    assert tracker.next_track_no == 3


def test_a_merge_holds_nobody_else_back() -> None:
    tracker = two_tracks_of_one()
    tracker.correct(at_ns(39.0), MERGE, 1, 2)
    watch(tracker, range(10, 20), PAIR, turned=True)
    assert numbers(tracker, 19) == [1, 3]


def test_a_split_takes_a_merge_back() -> None:
    tracker = two_tracks_of_one()
    tracker.correct(at_ns(39.0), MERGE, 1, 2)
    watch(tracker, range(10, 20), PAIR[:1], turned=True)
    assert tracker.correct(at_ns(79.0), SPLIT, 1)[1] == 3
    assert numbers(tracker, 20) == [1, 3]


def test_a_merged_track_hands_on_its_address() -> None:
    tracker = tracker_of(NORTH)
    watch(tracker, range(8), code=0xABCDEF)
    coded = int(shown(tracker, 7)["track_no"][shown(tracker, 7)["mode_s"] == 0xABCDEF][0])
    kept = 3 - coded
    tracker.correct(at_ns(30.0), MERGE, kept, coded)
    rows = shown(tracker, 7)
    assert rows["track_no"].tolist() == [kept]
    assert rows["mode_s"].tolist() == [0xABCDEF]


def test_a_track_that_coasts_goes_on_from_the_one_merged_into_it() -> None:
    tracker = tracker_of(NORTH)
    watch(tracker, range(10), PAIR[:1])
    away = PAIR[:1] + np.array([[2_000.0, 15_000.0, 0.0, 0.0, 0.0, 0.0]])
    watch(tracker, range(10, 13), away)
    assert shown(tracker, 12)["status"].tolist() == [TrackStatus.COASTING, TrackStatus.CONFIRMED]
    tracker.correct(at_ns(50.5), MERGE, 1, 2)
    [track] = shown(tracker, 12)
    assert track["track_no"] == 1
    assert np.linalg.norm(track["position_enu_m"] - straight(48.0, away)[0, :3]) < 500.0
    watch(tracker, range(13, 20), away)
    assert numbers(tracker, 19) == [1]


def test_a_split_track_becomes_two_that_follow_what_is_there() -> None:
    tracker = tracker_of(NORTH)
    close = np.concatenate((PAIR[:1], PAIR[:1]))
    close[1, 4] += 30.0
    close[1, 1] -= 30.0 * 30.0
    watch(tracker, range(8), close[:1])
    assert tracker.correct(at_ns(30.0), SPLIT, 1)[1] == 2
    watch(tracker, range(8, 24), close)
    rows = shown(tracker, 23)
    assert rows["track_no"].tolist() == [1, 2]
    truth = straight(92.0, close)[:, :3]
    away = np.linalg.norm(rows["position_enu_m"][:, None] - truth, axis=2)
    assert away.min(axis=0).max() < 200.0


def test_a_renumbered_track_keeps_its_number_and_its_old_one_ends() -> None:
    tracker = tracker_of(NORTH)
    watch(tracker, range(8))
    rows, given = tracker.correct(at_ns(30.0), RENUMBER, 1)
    assert given == 3
    assert {(int(row["track_no"]), int(row["status"])) for row in rows} == {
        (1, TrackStatus.DROPPED),
        (3, TrackStatus.CONFIRMED),
    }
    tracker.correct(at_ns(30.0), RENUMBER, 2, 1)
    watch(tracker, range(8, 14))
    assert numbers(tracker, 13) == [1, 3]
    assert tracker.next_track_no == 4


def test_a_number_given_by_a_person_goes_with_the_address() -> None:
    tracker = tracker_of(NORTH)
    watch(tracker, range(8), PAIR[:1], code=7)
    tracker.correct(at_ns(30.0), RENUMBER, 1)
    for second in range(30, 120):
        tracker.tick(at_ns(second))
    assert numbers(tracker, 30) == []
    watch(tracker, range(30, 36), PAIR[:1], code=7)
    assert numbers(tracker, 35) == [2]


@pytest.mark.parametrize(
    ("what", "track_no", "other_no", "why"),
    [
        (MERGE, 9, 1, "no confirmed track 9"),
        (MERGE, 1, 9, "no confirmed track 9"),
        (MERGE, 1, 1, "the same already"),
        (SPLIT, 9, 0, "no confirmed track 9"),
        (RENUMBER, 1, 2, "a living track's"),
        (RENUMBER, 1, 1, "the same already"),
        (RENUMBER, 1, 77, "never given"),
        (RENUMBER, 0x8000_0001, 0, "no confirmed track"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(what: int, track_no: int, other_no: int, why: str) -> None:
    tracker = tracker_of(NORTH)
    watch(tracker, range(8))
    before = tracker.state()
    with pytest.raises(RefusedError, match=why):
        tracker.correct(at_ns(30.0), what, track_no, other_no)
    assert tracker.state() == before


def test_two_addresses_are_not_merged() -> None:
    tracker = tracker_of(NORTH)
    rng = np.random.default_rng(1)
    for turn in range(8):
        plots = polar_plots(NORTH, 0, 4.0 * turn, straight(4.0 * turn, PAIR), rng.normal(size=(2, 4)))
        plots["mode_s"] = 7, 8
        tracker.step(at_ns(4.0 * turn), plots)
    with pytest.raises(RefusedError, match="two aircraft"):
        tracker.correct(at_ns(30.0), MERGE, 1, 2)


@pytest.mark.parametrize(("what", "other_no", "after"), [(MERGE, 2, [1]), (SPLIT, 0, [1, 2, 3]), (RENUMBER, 0, [2, 3])])
def test_a_replay_of_late_plots_repeats_what_a_person_said(what: int, other_no: int, after: list[int]) -> None:
    tracker = tracker_of(NORTH, late_tolerance_s=0.0)
    watch(tracker, range(8))
    tracker.correct(at_ns(30.5), what, 1, other_no)
    watch(tracker, range(8, 9))
    late = polar_plots(
        NORTH, 0, 26.0, straight(26.0, PAIR) + np.array([0.0, 30e3, 0.0, 0.0, 0.0, 0.0]), np.zeros((2, 4))
    )
    tracker.step(at_ns(34.5), late)
    tracker.tick(at_ns(35.5))
    assert tracker.counters()["late_replays"] == 1
    assert tracker.counters()["corrections_not_repeated"] == 0
    assert numbers(tracker, 9) == after


@pytest.mark.parametrize(("what", "other_no"), [(MERGE, 2), (SPLIT, 0), (RENUMBER, 0)])
def test_a_restored_tracker_goes_on_as_a_person_said(what: int, other_no: int) -> None:
    first, second = tracker_of(NORTH, TURNED), tracker_of(NORTH, TURNED)
    watch(first, range(10), PAIR[:1], turned=True)
    first.correct(at_ns(39.0), what, 1, other_no)
    second.restore(first.state())
    for tracker in (first, second):
        watch(tracker, range(10, 16), PAIR[:1], turned=True)
    assert first.state() == second.state()
