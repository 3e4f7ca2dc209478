"""The tracker as a whole: life, numbers, codes, and the same bytes for the same input."""

from __future__ import annotations

import numpy as np
import pytest

from skydas.fuse import Tracker
from skydas.fuse.layout import TRACKS_MIN
from skydas.model import FloatArray, PlotFlag, PlotKind, Rows, TrackFlag, TrackStatus, sensor_key_of
from tests.unit.fuse_scenes import PLANE, at_ns, confirmed, polar_plots, position_plots, radar, straight, tracker_of

RADAR = radar()
AIRLINER = np.array([[40_000.0, 20_000.0, 8_000.0, -180.0, 90.0, 0.0]])


def watch(tracker: Tracker, turns: range, start: FloatArray = AIRLINER, seed: int = 1, code: int = 0) -> Rows:
    """Let a radar see `start` at every turn of 4 s, with ticks; return the last picture."""
    rng = np.random.default_rng(seed)
    for turn in turns:
        plots = polar_plots(RADAR, 0, 4.0 * turn, straight(4.0 * turn, start), rng.normal(size=(len(start), 4)))
        plots["mode_s"] = code
        tracker.step(at_ns(4.0 * turn), plots)
        tracker.tick(at_ns(4.0 * turn + 1.0))
    return tracker.picture(at_ns(4.0 * (turns.stop - 1)))


def busy(tracker: Tracker, turns: range, seed: int = 5) -> list[bytes]:
    """Run 40 targets, clutter and codes from two radars; return what every step and tick gave."""
    rng = np.random.default_rng(seed)
    start = np.concatenate((rng.uniform(-60e3, 60e3, (40, 2)), rng.uniform(3e3, 9e3, (40, 1))), axis=1)
    start = np.concatenate((start, rng.normal(0.0, 120.0, (40, 2)), np.zeros((40, 1))), axis=1)
    rng = np.random.default_rng(seed + turns.start)
    out = []
    for turn in turns:
        for row, offset in ((0, 0.0), (1, 1.3)):
            t_s = 4.0 * turn + offset
            seen = straight(t_s, start)[rng.uniform(size=40) < 0.9]
            clutter = np.concatenate((rng.uniform(-60e3, 60e3, (10, 2)), np.full((10, 1), 4e3)), axis=1)
            clutter = np.concatenate((clutter, np.zeros((10, 3))), axis=1)
            states = np.concatenate((seen, clutter))
            plots = polar_plots(RADAR, row, t_s, states, rng.normal(size=(len(states), 4)))
            plots["mode_s"][:10] = 1 + rng.permutation(10)
            for part in np.array_split(plots, 5):
                out.append(tracker.step(at_ns(t_s), part).tobytes())
            out.append(tracker.tick(at_ns(t_s + 0.5)).tobytes())
    return out


def test_the_same_plots_give_the_same_bytes() -> None:
    sensors = RADAR, radar("second", north_deg=55.3)
    assert busy(tracker_of(*sensors), range(8)) == busy(tracker_of(*sensors), range(8))


def test_a_restored_tracker_goes_on_with_the_same_bytes() -> None:
    sensors = RADAR, radar("second", north_deg=55.3)
    first, second = tracker_of(*sensors), tracker_of(*sensors)
    busy(first, range(6))
    second.restore(first.state())
    assert busy(second, range(6, 12)) == busy(first, range(6, 12))
    assert second.state() == first.state()
    assert second.counters() == first.counters()


def test_a_state_of_something_else_is_refused() -> None:
    tracker = tracker_of(RADAR)
    state = tracker_of(RADAR, radar("second")).state()
    for octets in (b"", b"\x00", state, tracker.state()[:-1]):
        with pytest.raises(ValueError, match="state"):
            tracker.restore(octets)
    assert len(tracker.picture(at_ns(0.0))) == 0


def test_a_target_is_confirmed_within_five_turns_near_where_it_is() -> None:
    tracker = tracker_of(RADAR)
    track = confirmed(watch(tracker, range(5)))
    assert len(track) == 1
    assert track["track_no"][0] == 1
    away = track["position_enu_m"][0] - straight(16.0, AIRLINER)[0, :3]
    assert np.linalg.norm(away) < 300.0
    assert track["existence"][0] > 0.9
    assert track["last_plot_ns"][0] == at_ns(16.0)
    assert track["sensors"][0] == 1


def test_a_provisional_number_ends_when_the_lasting_one_begins() -> None:
    tracker = tracker_of(RADAR)
    rows: list[tuple[int, int]] = []
    for turn in range(5):
        plots = polar_plots(RADAR, 0, 4.0 * turn, straight(4.0 * turn, AIRLINER), np.zeros((1, 4)))
        rows += [(int(row["track_no"]), int(row["status"])) for row in tracker.step(at_ns(4.0 * turn), plots)]
    provisional = rows[0][0]
    assert provisional > 0x8000_0000
    assert (provisional, TrackStatus.DROPPED) in rows
    assert rows[-1] == (1, TrackStatus.CONFIRMED)
    assert rows.index((1, TrackStatus.CONFIRMED)) == rows.index((provisional, TrackStatus.DROPPED)) + 1


def test_a_track_that_loses_its_sensor_coasts_and_then_drops_once() -> None:
    tracker = tracker_of(RADAR)
    watch(tracker, range(8))
    states = []
    for second in range(30, 120):
        states += [int(status) for status in tracker.tick(at_ns(second))["status"]]
    assert states.count(TrackStatus.DROPPED) == 1
    assert states[-1] == TrackStatus.DROPPED
    assert states.count(TrackStatus.COASTING) == len(states) - 1
    assert 15 <= len(states) <= 40
    assert len(tracker.picture(at_ns(120.0))) == 0


def test_a_coasting_track_keeps_its_number_when_it_is_seen_again() -> None:
    tracker = tracker_of(RADAR)
    watch(tracker, range(8))
    for second in range(29, 44):
        tracker.tick(at_ns(second))
    assert tracker.picture(at_ns(44.0))["status"].tolist() == [TrackStatus.COASTING]
    track = watch(tracker, range(11, 13))
    assert track["track_no"].tolist() == [1]
    assert track["status"].tolist() == [TrackStatus.CONFIRMED]


def test_a_dropped_track_gets_its_number_back_by_its_code() -> None:
    tracker = tracker_of(RADAR)
    watch(tracker, range(6), code=0x4CA123)
    watch(tracker, range(6), start=AIRLINER + np.array([0.0, 9_000.0, 0.0, 0.0, 0.0, 0.0]))
    for second in range(30, 150):
        tracker.tick(at_ns(second))
    assert len(tracker.picture(at_ns(150.0))) == 0
    track = watch(tracker, range(40, 44), start=straight(0.0, AIRLINER), code=0x4CA123)
    assert track["track_no"].tolist() == [1]
    assert tracker.counters()["reacquired"] == 1


def test_codes_keep_two_aircraft_apart_that_fly_through_each_other() -> None:
    tracker = tracker_of(RADAR)
    rng = np.random.default_rng(2)
    pair = np.array([[-8_000.0, 30_000.0, 7_000.0, 200.0, 10.0, 0.0], [8_000.0, 30_400.0, 7_000.0, -200.0, 0.0, 0.0]])
    numbers: dict[int, set[int]] = {1: set(), 2: set()}
    for turn in range(20):
        plots = polar_plots(RADAR, 0, 4.0 * turn, straight(4.0 * turn, pair), rng.normal(size=(2, 4)))
        plots["mode_s"] = 1, 2
        for row in confirmed(tracker.step(at_ns(4.0 * turn), plots)):
            numbers[int(row["mode_s"])].add(int(row["track_no"]))
    assert sorted(len(found) for found in numbers.values()) == [1, 1]
    assert numbers[1] != numbers[2]


def test_a_track_of_a_primary_radar_takes_the_code_that_a_cooperative_report_brings() -> None:
    adsb = radar("adsb", kind="adsb", period_s=1.0)
    tracker = tracker_of(RADAR, adsb)
    watch(tracker, range(6))
    for second in (21.0, 22.0, 23.0):
        plots = position_plots(1, second, straight(second, AIRLINER)[:, :3], 30.0)
        plots["mode_s"], plots["callsign"], plots["flags"] = 0xABC, b"TEST1", PlotFlag.CLAIM
        tracker.step(at_ns(second), plots)
    track = confirmed(tracker.picture(at_ns(23.0)))
    assert track["track_no"].tolist() == [1]
    assert track["mode_s"].tolist() == [0xABC]
    assert track["callsign"].tolist() == [b"TEST1"]
    assert track["sensors"].tolist() == [0b11]
    assert not track["flags"][0] & TrackFlag.CLAIM_ONLY


def test_a_code_that_jumps_is_doubted_twice_and_then_followed() -> None:
    adsb = radar("adsb", kind="adsb", period_s=1.0)
    tracker = tracker_of(adsb)
    for second in range(8):
        jump = 20_000.0 if second >= 5 else 0.0
        place = straight(second, AIRLINER)[:, :3] + np.array([jump, 0.0, 0.0])
        plots = position_plots(0, second, place, 30.0)
        plots["mode_s"], plots["flags"] = 0xABC, PlotFlag.CLAIM
        tracker.step(at_ns(second), plots)
        track = confirmed(tracker.picture(at_ns(second)))
        if 2 <= second < 7:
            assert abs(track["position_enu_m"][0, 0] - straight(second, AIRLINER)[0, 0]) < 500.0
    assert abs(track["position_enu_m"][0, 0] - place[0, 0]) < 200.0
    assert tracker.counters()["code_implausible"] == 3
    assert tracker.counters()["code_restarted"] == 1
    assert track["flags"][0] & TrackFlag.CLAIM_ONLY


def test_a_copy_of_a_report_is_no_second_measurement() -> None:
    tracker = tracker_of(RADAR)
    watch(tracker, range(6), code=7)
    plots = polar_plots(RADAR, 0, 20.0, straight(20.0, AIRLINER), np.zeros((1, 4)))
    plots["mode_s"] = 7
    before = tracker.picture(at_ns(20.0))["cov"]
    tracker.step(at_ns(20.0), plots)
    np.testing.assert_array_equal(tracker.picture(at_ns(20.0))["cov"], before)
    assert tracker.counters()["copies"] == 1


def test_one_bad_sensor_cannot_ruin_the_picture() -> None:
    liar = radar("liar", north_deg=55.2)  # it stands 20 km from where it says
    broken = radar("broken")
    tracker = tracker_of(RADAR, liar, broken)
    rng = np.random.default_rng(3)
    for turn in range(12):
        t_s = 4.0 * turn
        good = polar_plots(RADAR, 0, t_s, straight(t_s, AIRLINER), rng.normal(size=(1, 4)))
        shifted = straight(t_s, AIRLINER) + np.array([[0.0, 20_000.0, 0.0, 0.0, 0.0, 0.0]])
        false = polar_plots(liar, 1, t_s, shifted, rng.normal(size=(1, 4)))
        useless = polar_plots(broken, 2, t_s, straight(t_s, AIRLINER), rng.normal(size=(1, 4)))
        useless["range_m"] = np.nan
        useless["cov"] = -np.inf
        tracker.step(at_ns(t_s), np.concatenate((good, false, useless)))
    tracks = confirmed(tracker.picture(at_ns(t_s)))
    away = np.linalg.norm(tracks["position_enu_m"] - straight(t_s, AIRLINER)[0, :3], axis=1)
    assert away.min() < 300.0
    assert tracker.counters()["refused_not_finite"] == 12
    assert np.isfinite(tracks["cov"]).all()


@pytest.mark.parametrize("kind", [PlotKind.BEARING, PlotKind.TDOA])
def test_a_line_of_position_improves_a_track_and_begins_none(kind: PlotKind) -> None:
    sensors = RADAR, radar("side", north_deg=55.0, east_deg=25.5), radar("other", north_deg=55.6)
    tracker = tracker_of(*sensors)
    watch(tracker, range(6))
    before = tracker.picture(at_ns(24.0))
    plots = polar_plots(sensors[1], 1, 24.0, straight(24.0, AIRLINER), np.zeros((1, 4)))
    plots["kind"] = kind
    if kind == PlotKind.TDOA:
        own = PLANE.enu_from_geodetic(np.radians(55.0), np.radians(25.5), np.array(50.0))
        far = PLANE.enu_from_geodetic(np.radians(55.6), np.radians(24.0), np.array(50.0))
        place = straight(24.0, AIRLINER)[0, :3]
        plots["range_m"] = np.linalg.norm(place - own) - np.linalg.norm(place - far)
        plots["object"] = sensor_key_of("other")
        plots["cov"][:, 0] = 50.0**2
    changed = tracker.step(at_ns(24.0), plots)
    assert changed["track_no"].tolist() == [1]
    assert changed["cov"][0, [0, 6]].sum() < 0.9 * before["cov"][0, [0, 6]].sum()
    plots["t_ns"] = at_ns(25.0)
    plots["azimuth_true_rad"] = 1.0
    plots["range_m"] = 90_000.0
    tracker.step(at_ns(25.0), plots)
    assert len(tracker.picture(at_ns(25.0))) == 1


def test_the_store_grows_and_no_track_is_lost() -> None:
    rng = np.random.default_rng(4)
    count = 3 * TRACKS_MIN
    start = np.zeros((count, 6))
    start[:, :2] = rng.permutation(np.stack(np.divmod(np.arange(count), 56), axis=1)) * 4_000.0 - 110_000.0
    start[:, 2] = 6_000.0
    start[:, 3:5] = rng.normal(0.0, 20.0, (count, 2))
    tracker = tracker_of(RADAR, velocity_sigma_mps=40.0)
    for turn in range(6):
        plots = polar_plots(RADAR, 0, 4.0 * turn, straight(4.0 * turn, start), rng.normal(size=(count, 4)) * 0.2)
        for part in np.array_split(plots, 7):
            tracker.step(at_ns(4.0 * turn), part)
    tracks = confirmed(tracker.picture(at_ns(20.0)))
    assert len(tracks) >= 0.99 * count
    assert len(np.unique(tracks["track_no"])) == len(tracks)
    assert tracks["track_no"].max() == len(tracks)


def test_a_node_that_starts_anew_goes_on_counting() -> None:
    tracker = tracker_of(RADAR)
    tracker.next_track_no = 500
    assert confirmed(watch(tracker, range(6)))["track_no"].tolist() == [500]
    assert tracker.next_track_no == 501


def test_nothing_is_made_of_nothing() -> None:
    tracker = tracker_of()
    assert len(tracker.step(at_ns(0.0), polar_plots(RADAR, 0, 0.0, AIRLINER, np.zeros((1, 4))))) == 0
    assert tracker.counters()["refused_sensor_unknown"] == 1
    assert len(tracker.step(at_ns(0.0), position_plots(0, 0.0, np.zeros((0, 3)), 30.0))) == 0
    assert len(tracker.tick(at_ns(1.0))) == 0
    assert len(tracker.picture(at_ns(1.0))) == 0


def test_however_many_addresses_were_heard_within_the_hour_the_next_one_is_taken_as_well() -> None:
    tracker = tracker_of(radar())
    for turn in range(36):
        for k in range(3):  # a hundred new aircraft, each seen three times, then never again
            t_s = 90.0 * turn + 4.0 * k
            place = np.column_stack((np.linspace(-90e3, 90e3, 100), np.full(100, 50e3), np.full(100, 9e3)))
            plots = position_plots(0, t_s, place, 30.0)
            plots["mode_s"] = 1 + 100 * turn + np.arange(100)
            tracker.step(at_ns(t_s), plots)
        assert set(tracker.picture(at_ns(t_s))["mode_s"]) >= set(plots["mode_s"])
        tracker.tick(at_ns(90.0 * turn + 85.0))


def test_drones_that_say_their_names_keep_their_tracks_where_they_meet() -> None:
    """Two that pass within a sigma, told in any order and oftener than the sensor's period: by place they swap."""
    receiver = radar(kind="remote_id", name="receiver", range_m_max=20_000.0)
    tracker = tracker_of(receiver)
    start = np.array([[-300.0, 1_000.0, 150.0, 15.0, 0.0, 0.0], [300.0, 1_010.0, 150.0, -15.0, 0.0, 0.0]])
    rng = np.random.default_rng(4)
    owners: dict[int, set[int]] = {1 << 40: set(), 2 << 40: set()}
    for second in range(40):
        order = rng.permutation(2)
        place = straight(second, start)[order, :3] + rng.normal(0.0, 10.0, (2, 3))
        plots = position_plots(0, second, place, 10.0)
        plots["object"], plots["flags"] = np.array(list(owners))[order], PlotFlag.CLAIM
        tracker.step(at_ns(second), plots)
        if second > 5:
            for name, number in zip(plots["object"].tolist(), tracker.last_track_no.tolist(), strict=True):
                owners[name].add(number)
    assert sorted(owners.values(), key=min) == [{1}, {2}]
    assert confirmed(tracker.picture(at_ns(40.0)))["mode_s"].tolist() == [0, 0]
