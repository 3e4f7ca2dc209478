"""Late plots: the same state as if they had come in time, numbers that stay, and limits that are counted."""

from __future__ import annotations

import numpy as np
import pytest

from skydas.fuse import Tracker
from skydas.model import FloatArray, Rows, TrackFlag, TrackStatus
from tests.unit.fuse_scenes import at_ns, confirmed, polar_plots, radar, straight, tracker_of

SENSORS = radar("first"), radar("second", north_deg=55.4, east_deg=24.3)
REST_S = 24.0  # after the last datagram: a replay rests as long as the one before went back
Datagram = tuple[float, Rows]


def datagrams(seed: int, until_s: float) -> list[Datagram]:
    """Return what two radars send of 15 targets and clutter, in order of time."""
    rng = np.random.default_rng(seed)
    start = np.zeros((15, 6))
    start[:, :2] = rng.uniform(-40e3, 40e3, (15, 2))
    start[:, 2] = 6_000.0
    start[:, 3:5] = rng.normal(0.0, 120.0, (15, 2))
    out: list[Datagram] = []
    for t_s in np.arange(0.0, until_s, 1.0):
        for row, sensor in enumerate(SENSORS):
            if (t_s + 2 * row) % 4 != 0:
                continue
            seen = straight(t_s, start)[rng.uniform(size=15) < 0.9]
            clutter = np.zeros((4, 6))
            clutter[:, :2], clutter[:, 2] = rng.uniform(-40e3, 40e3, (4, 2)), 6_000.0
            states = np.concatenate((seen, clutter))
            out.append(
                (float(t_s) + 0.01 * row, polar_plots(sensor, row, t_s, states, rng.normal(size=(len(states), 4))))
            )
    return out


def feed(tracker: Tracker, arriving: list[tuple[float, Rows]], until_s: float, rest_s: float = REST_S) -> list[Rows]:
    """Give every datagram at its time of arrival, and a tick every second a little after; return what was reported."""
    out, at = [], 0
    for second in np.arange(0.5, until_s + rest_s, 1.0):
        while at < len(arriving) and arriving[at][0] <= second:
            out.append(tracker.step(at_ns(arriving[at][0]), arriving[at][1]))
            at += 1
        out.append(tracker.tick(at_ns(float(second))))
    return out


def delayed(sent: list[Datagram], rng: np.random.Generator, share: float, lag_s_max: float) -> list[Datagram]:
    """Return the datagrams by arrival; a share of them is up to `lag_s_max` late."""
    lag = np.where(rng.uniform(size=len(sent)) < share, rng.uniform(0.0, lag_s_max, len(sent)), 0.0)
    lag[0] = 0.0
    arriving = [(t_s + float(late), plots) for (t_s, plots), late in zip(sent, lag, strict=True)]
    return sorted(arriving, key=lambda datagram: datagram[0])


def kinematics(tracker: Tracker, t_s: float) -> FloatArray:
    """Return states and covariances of the confirmed tracks, sorted by place."""
    rows = confirmed(tracker.picture(at_ns(t_s)))
    rows = rows[np.argsort(rows["position_enu_m"][:, 0])]
    return np.concatenate(
        (rows["position_enu_m"], rows["velocity_mps"], rows["cov"], rows["existence"][:, None]), axis=1
    )


@pytest.mark.parametrize("seed", range(6))
def test_late_datagrams_end_in_the_state_of_those_in_time(seed: int) -> None:
    sent = datagrams(seed, 40.0)
    in_time, late = tracker_of(*SENSORS, late_tolerance_s=0.0), tracker_of(*SENSORS, late_tolerance_s=0.0)
    feed(in_time, sent, 40.0)
    feed(late, delayed(sent, np.random.default_rng(seed), 0.4, 9.0), 40.0)
    assert late.counters()["late_replays"] > 0
    assert in_time.counters()["late_replays"] == 0
    assert late.counters()["refused_late"] == 0
    assert len(kinematics(late, 40.0 + REST_S)) >= 12
    np.testing.assert_array_equal(kinematics(late, 40.0 + REST_S), kinematics(in_time, 40.0 + REST_S))


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_however_many_plots_are_late_the_work_is_done_twice_again_at_most(share: float) -> None:
    arriving = delayed(datagrams(1, 120.0), np.random.default_rng(5), share, 9.0)
    tracker = tracker_of(*SENSORS, late_tolerance_s=0.0)
    feed(tracker, arriving, 120.0)
    events = len(arriving) + 120 + int(REST_S)
    assert tracker.counters()["late_replays"] >= 5
    assert tracker.counters()["events_replayed"] <= 2 * events
    assert tracker.counters()["refused_late"] == 0


def test_a_replay_gives_no_track_another_number() -> None:
    sent = datagrams(3, 40.0)
    tracker = tracker_of(*SENSORS, late_tolerance_s=0.0)
    last: dict[int, Rows] = {}
    for rows in feed(tracker, delayed(sent, np.random.default_rng(1), 0.3, 8.0), 40.0):
        for row in rows[rows["track_no"] < 0x8000_0000]:
            before = last.get(int(row["track_no"]))
            if before is not None:
                gap_s = (row["t_ns"] - before["t_ns"]) / 1e9
                away = row["position_enu_m"] - before["position_enu_m"] - gap_s * before["velocity_mps"]
                assert np.linalg.norm(away) < 3_000.0
            last[int(row["track_no"])] = row
    held = confirmed(tracker.picture(at_ns(40.0 + REST_S)))["track_no"].tolist()
    assert len(held) == len(set(held))
    assert max(held) <= 1.5 * len(held)


def test_tracks_that_a_late_plot_may_have_changed_are_reported_again() -> None:
    sent = datagrams(5, 24.0)
    tracker = tracker_of(*SENSORS, late_tolerance_s=0.0)
    held_back = sent.pop(-3)
    feed(tracker, sent, 12.0, rest_s=12.0)
    shown = tracker.picture(at_ns(24.0))["track_no"]
    assert len(tracker.step(at_ns(26.0), held_back[1])) == 0
    assert tracker.last_accepted.all()
    rows = tracker.tick(at_ns(26.5))
    revised = rows[(rows["flags"] & TrackFlag.REVISED) > 0]
    assert len(revised) > 10
    assert set(revised["revised_from_ns"].tolist()) == {int(held_back[1]["t_ns"][0])}
    gone = rows[rows["status"] == TrackStatus.DROPPED]["track_no"]
    after = tracker.picture(at_ns(26.5))["track_no"]
    assert set(shown.tolist()) - set(after.tolist()) <= set(gone.tolist())


def test_of_every_late_plot_it_is_said_once_whose_it_is() -> None:
    sent = datagrams(5, 40.0)
    for k, (_, plots) in enumerate(sent):
        plots["seq"] = 1_000 * k + np.arange(len(plots))
    tracker = tracker_of(*SENSORS, late_tolerance_s=0.0)
    arriving = delayed(sent, np.random.default_rng(1), 0.3, 9.0)
    owner: dict[int, list[int]] = {}
    at = 0
    for second in np.arange(0.5, 40.0 + REST_S, 1.0):
        while at < len(arriving) and arriving[at][0] <= second:
            plots = arriving[at][1]
            tracker.step(at_ns(arriving[at][0]), plots)
            for seq, number in zip(plots["seq"].tolist(), tracker.last_owner.tolist(), strict=True):
                owner.setdefault(seq, []).append(number)
            at += 1
        tracker.tick(at_ns(float(second)))
        late, numbers = tracker.late_owners()
        for seq, number in zip(late["seq"].tolist(), numbers.tolist(), strict=True):
            owner[seq].append(number)
    twice = [found for found in owner.values() if len(found) > 1]
    assert tracker.counters()["late_replays"] >= 3
    assert len(twice) > 40
    assert all(len(found) == 2 and found[0] == -1 for found in twice)
    held = set(confirmed(tracker.picture(at_ns(40.0 + REST_S)))["track_no"].tolist())
    assert sum(found[1] in held for found in twice) > 0.5 * len(twice)


def test_what_is_later_than_the_window_is_refused_and_counted() -> None:
    sent = datagrams(6, 40.0)
    tracker = tracker_of(*SENSORS, late_tolerance_s=0.0)
    feed(tracker, sent[1:], 28.0, rest_s=12.0)
    before = kinematics(tracker, 40.0)
    tracker.step(at_ns(40.0), sent[0][1])
    assert not tracker.last_accepted.any()
    assert tracker.counters()["refused_late"] == len(sent[0][1])
    np.testing.assert_array_equal(kinematics(tracker, 40.0), before)


def test_a_tracker_restored_between_a_late_plot_and_its_replay_goes_on_alike() -> None:
    arriving = delayed(datagrams(7, 40.0), np.random.default_rng(2), 0.5, 9.0)
    first, second = tracker_of(*SENSORS, late_tolerance_s=0.0), tracker_of(*SENSORS, late_tolerance_s=0.0)
    half = len(arriving) // 2
    for t_s, plots in arriving[:half]:
        first.step(at_ns(t_s), plots)
        if t_s < arriving[half - 3][0]:
            first.tick(at_ns(t_s))
    second.restore(first.state())
    for t_s, plots in arriving[half:]:
        assert second.step(at_ns(t_s), plots).tobytes() == first.step(at_ns(t_s), plots).tobytes()
        assert second.tick(at_ns(t_s)).tobytes() == first.tick(at_ns(t_s)).tobytes()
    assert second.state() == first.state()


def test_a_plot_within_the_tolerance_is_used_at_once_and_nearly_as_well() -> None:
    sent = datagrams(8, 40.0)
    exact, quick = tracker_of(*SENSORS, late_tolerance_s=0.0), tracker_of(*SENSORS, late_tolerance_s=4.5)
    arriving = sorted(
        ((t_s + (3.0 if k % 2 else 0.0), plots) for k, (t_s, plots) in enumerate(sent)), key=lambda d: d[0]
    )
    feed(exact, arriving, 40.0)
    feed(quick, arriving, 40.0)
    assert quick.counters()["late_replays"] == 0
    a, b = kinematics(exact, 52.0), kinematics(quick, 52.0)
    assert len(a) == len(b)
    away = np.linalg.norm(a[:, :3] - b[:, :3], axis=1)
    assert np.median(away) < 100.0
