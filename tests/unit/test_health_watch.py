"""What the tracker counts of its sensors: held against a twin, against what was simulated, and with late plots."""

from __future__ import annotations

import dataclasses

import numpy as np

from skydas.fuse import Tracker
from skydas.fuse.health import HealthParams, Watched
from skydas.fuse.health.counts import basis_of, detection, false_plots, period
from skydas.fuse.health.health import Health
from skydas.fuse.records import DUE, OWN_DUE, OWN_SEEN, SEEN
from skydas.model import FloatArray, Rows, SensorConfig, TrackStatus
from tests import reference_health
from tests.unit.fuse_scenes import PLANE, at_ns, polar_plots, radar, straight, tracker_of

NORTH = radar("north", id=1, north_deg=55.6)
SOUTH = radar("south", id=2, north_deg=54.4, period_s=5.0)


@dataclasses.dataclass
class Call:
    """Plots of one radar, measured at `t_s`."""

    t_s: float
    plots: Rows


def flights(count: int, seed: int) -> FloatArray:
    """Return targets between 60 and 150 km from the middle, 8 km high, (n, 6)."""
    rng = np.random.default_rng(seed)
    bearing, range_m = rng.uniform(0.0, 2.0 * np.pi, count), rng.uniform(60e3, 150e3, count)
    course = rng.uniform(0.0, 2.0 * np.pi, count)
    zeros = np.zeros(count)
    place = [range_m * np.sin(bearing), range_m * np.cos(bearing), 8000.0 - range_m**2 / (2.0 * 6_371e3)]
    return np.stack([*place, 150.0 * np.sin(course), 150.0 * np.cos(course), zeros], axis=1)


def calls(
    sensors: list[SensorConfig], shares: list[float], seconds: float, seed: int = 1, targets: int = 25
) -> list[Call]:
    """Return what the radars report, each target with the radar's probability and at its own time in the turn."""
    rng = np.random.default_rng(seed)
    start = flights(targets, seed)
    made = []
    for row, (sensor, share) in enumerate(zip(sensors, shares, strict=True)):
        for target in range(targets):
            t_s = 0.1 + sensor.period_s * target / targets
            while t_s < seconds:
                if rng.random() < share:
                    state = straight(t_s, start[target : target + 1])
                    made.append(Call(t_s, polar_plots(sensor, row, t_s, state, rng.normal(size=(1, 4)))))
                t_s += sensor.period_s
    return sorted(made, key=lambda call: call.t_s)


def run(tracker: Tracker, made: list[Call], delay_s: float = 0.0, delayed_row: int = -1) -> Tracker:
    """Let the tracker have all calls, those of one sensor later than they were measured, and a tick each second."""
    arrivals = [(call.t_s + (delay_s if call.plots["sensor"][0] == delayed_row else 0.0), call) for call in made]
    second = 0
    for t_s, call in sorted(arrivals, key=lambda arrival: arrival[0]):
        while second + 1 <= t_s:
            second += 1
            tracker.tick(at_ns(second))
        tracker.step(at_ns(t_s), call.plots)
    tracker.tick(at_ns(second + 1))
    tracker.tick(at_ns(second + 2))
    return tracker


def totals(watched: Watched, row: int) -> FloatArray:
    """Return a sensor's counts over all cells, (4,)."""
    counted: FloatArray = watched.cells[row].sum(axis=(0, 1))
    return counted


def test_a_look_adds_what_the_twin_says() -> None:
    sensors = [NORTH, SOUTH, radar("short", id=3, range_m_max=90_000.0), radar("low", id=4, height_hae_m=0.0)]
    made = calls(sensors, [0.8, 0.9, 0.7, 0.6], 47.0, targets=12)
    tracker = run(tracker_of(*sensors), made)
    store = tracker._store
    tracks = store.tracks[: int(store.own[0]["high"])]
    held = tracks[(tracks["status"] == TrackStatus.CONFIRMED) | (tracks["status"] == TrackStatus.COASTING)].copy()
    assert len(held) >= 12
    before = tracker.watched()
    now_ns = int(store.own[0]["watched_ns"]) + 10_000_000_000
    expected = reference_health.watched(PLANE, sensors, held, now_ns)
    tracker.tick(now_ns)
    added = tracker.watched().cells - before.cells
    assert expected[..., DUE].sum() > 50.0
    np.testing.assert_allclose(added, expected, atol=1e-9)


def test_detection_periods_and_the_sensor_that_others_judge_are_found() -> None:
    made = calls([NORTH, SOUTH], [0.7, 0.95], 200.0)
    watched = run(tracker_of(NORTH, SOUTH), made).watched()
    for row, share, period_s in ((0, 0.7, 4.0), (1, 0.95, 5.0)):
        seen, due = totals(watched, row)[[SEEN, DUE]]
        estimate = detection(seen, due)
        assert estimate is not None
        assert due > 700
        assert abs(estimate.value - share) < 4.0 * estimate.sigma
        own_seen, own_due = totals(watched, row)[[OWN_SEEN, OWN_DUE]]
        assert abs(own_seen / own_due - share) < 0.06
        turn = period(watched.intervals[row], period_s)
        assert turn is not None
        assert abs(turn.value - period_s) < 0.01


def test_a_radar_that_turns_otherwise_than_stated_shows_its_own_period() -> None:
    made = calls([NORTH, SOUTH], [0.9, 0.9], 120.0)
    stated = radar("north", id=1, north_deg=55.6, period_s=2.5)
    watched = run(tracker_of(stated, SOUTH), made).watched()
    turn = period(watched.intervals[0], stated.period_s)
    assert turn is not None
    assert abs(turn.value - 4.0) < 0.02


def test_a_radar_that_is_blind_to_one_side_cannot_flatter_itself() -> None:
    made = calls([NORTH, SOUTH], [0.9, 0.9], 150.0, targets=40)
    made = [
        call for call in made if call.plots["sensor"][0] == 1 or call.plots["azimuth_true_rad"][0] < np.pi
    ]  # north sees the east alone
    watched = run(tracker_of(NORTH, SOUTH), made).watched()
    east, west = watched.cells[0, :17].sum(axis=(0, 1)), watched.cells[0, 19:].sum(axis=(0, 1))
    assert east[SEEN] / east[DUE] > 0.85
    assert west[DUE] > 300
    assert west[SEEN] < 0.02 * west[DUE]
    health = Health(HealthParams(), [NORTH, SOUTH])
    for block in range(4):
        share = Watched(*(array * block for array in watched))
        health.step(at_ns(10.0 * block), share, np.full(2, at_ns(10.0 * block)))
    coverage = np.frombuffer(health.figures()[0].coverage, np.uint8).reshape(36, 10)
    assert np.median(coverage[:17][coverage[:17] != 255]) > 80
    assert np.median(coverage[19:][coverage[19:] != 255]) < 5


def test_a_radar_alone_is_measured_by_what_it_sees_again() -> None:
    watched = run(tracker_of(NORTH), calls([NORTH], [0.8], 150.0)).watched()
    assert totals(watched, 0)[DUE] == 0.0
    assert basis_of(totals(watched, 0)) == "own"
    own_seen, own_due = totals(watched, 0)[[OWN_SEEN, OWN_DUE]]
    assert abs(own_seen / own_due - 0.8) < 0.05


def test_what_the_horizon_hides_is_not_due() -> None:
    low = radar("low", id=3, height_hae_m=5.0)
    made = calls([NORTH, SOUTH], [0.9, 0.9], 60.0)
    high = run(tracker_of(NORTH, SOUTH, low), made).watched()
    assert totals(high, 2)[DUE] > 100.0  # 8 km high they are in sight, and it sees none of them
    assert totals(high, 2)[SEEN] == 0.0
    rng, start = np.random.default_rng(4), flights(10, 4)
    start[:, 2] += 60.0 - 8000.0
    found = []
    for row, sensor in enumerate((NORTH, SOUTH)):
        for turn in range(15):
            t_s = 0.1 + sensor.period_s * turn
            noise = 0.01 * rng.normal(size=(10, 4))
            found.append(Call(t_s, polar_plots(sensor, row, t_s, straight(t_s, start), noise)))
    hidden = run(tracker_of(NORTH, SOUTH, low), sorted(found, key=lambda call: call.t_s)).watched()
    assert totals(hidden, 2)[DUE] < 0.1 * totals(hidden, 0)[OWN_DUE]


def test_false_plots_are_counted_by_the_turn() -> None:
    rng = np.random.default_rng(8)
    made = calls([NORTH, SOUTH], [0.9, 0.9], 120.0)
    for turn in range(30):
        count = rng.poisson(6.0)
        place = np.zeros((count, 6))
        place[:, :2] = rng.uniform(-150e3, 150e3, (count, 2))
        place[:, 2] = 3000.0
        for one in range(count):
            t_s = 4.0 * (turn + rng.random())
            made.append(Call(t_s, polar_plots(NORTH, 0, t_s, place[one : one + 1], np.zeros((1, 4)))))
    made.sort(key=lambda call: call.t_s)
    watched = run(tracker_of(NORTH, SOUTH), made).watched()
    false = false_plots(float(watched.false_plots[0]), float(watched.turns[0]))
    assert false is not None
    assert abs(false.value - 6.0) < 4.0 * false.sigma
    assert watched.false_plots[1] < watched.turns[1]  # of south, which has none, but for births of targets


def test_late_plots_are_counted_as_if_they_had_come_in_time() -> None:
    made = calls([NORTH, SOUTH], [0.9, 0.9], 80.0, targets=10)
    in_time = run(tracker_of(NORTH, SOUTH), made).watched()
    late = run(tracker_of(NORTH, SOUTH), made, delay_s=1.7, delayed_row=1).watched()
    assert totals(in_time, 1)[DUE] > 50.0
    seen, due = totals(late, 1)[[SEEN, DUE]]
    assert abs(seen / due - 0.9) < 0.08
    np.testing.assert_allclose(totals(late, 1), totals(in_time, 1), rtol=0.06)


def test_a_restored_tracker_has_counted_the_same() -> None:
    made = calls([NORTH, SOUTH], [0.9, 0.9], 60.0, targets=8)
    half = len(made) // 2
    whole = run(tracker_of(NORTH, SOUTH), made[:half])
    other = tracker_of(NORTH, SOUTH)
    other.restore(whole.state())
    for one, two in zip(run(whole, made[half:]).watched(), run(other, made[half:]).watched(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_measured_detection_probability_is_taken_and_a_missing_one_leaves_what_there_was() -> None:
    tracker = tracker_of(NORTH, SOUTH)
    tracker.use_detection(np.array([0.5, np.nan]))
    assert tracker._store.sensors["detection"].tolist() == [0.5, 0.9]
    again = tracker_of(NORTH, SOUTH)
    again.restore(tracker.state())
    assert again._store.sensors["detection"].tolist() == [0.5, 0.9]
