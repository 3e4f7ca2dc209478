"""Tracks of other trackers: paired with ours, kept by hysteresis, and never counted twice."""

from __future__ import annotations

import numpy as np

from skydas.fuse import Tracker
from skydas.fuse.intersect import prior_share
from skydas.model import FloatArray, PlotKind, Rows, SensorConfig, TrackFlag
from tests.unit.fuse_scenes import PLANE, at_ns, confirmed, polar_plots, position_plots, radar, straight, tracker_of

RADAR = radar()
PARTNER = SensorConfig(id=2, name="partner", kind="tracker", period_s=4.0, range_m_max=400_000.0)
OTHER = SensorConfig(id=3, name="other", kind="tracker", period_s=4.0, range_m_max=400_000.0)
PAIR = np.array([[40_000.0, 20_000.0, 8_000.0, -180.0, 90.0, 0.0], [46_000.0, 20_000.0, 8_000.0, -180.0, 90.0, 0.0]])


def reports(row: int, t_s: float, place_m: FloatArray, sigma_m: float, objects: list[int]) -> Rows:
    """Return a partner's tracks at places (n, 3)."""
    plots = position_plots(row, t_s, place_m, sigma_m)
    plots["kind"] = PlotKind.TRACK
    plots["object"] = objects
    return plots


def watch(
    tracker: Tracker, turns: range, objects: list[int], start: FloatArray = PAIR, wrong_m: float = 0.0, seed: int = 1
) -> None:
    """Let the radar see `start`, and a partner report it one second later under its own numbers."""
    rng = np.random.default_rng(seed + turns.start)
    for turn in turns:
        t_s = 4.0 * turn
        tracker.step(at_ns(t_s), polar_plots(RADAR, 0, t_s, straight(t_s, start), rng.normal(size=(len(start), 4))))
        place = straight(t_s + 1.0, start)[:, :3] + rng.normal(0.0, 40.0, (len(start), 3)) + (0.0, wrong_m, 0.0)
        tracker.step(at_ns(t_s + 1.0), reports(1, t_s + 1.0, place, 60.0, objects))
        tracker.tick(at_ns(t_s + 2.0))


def by_east(tracker: Tracker, turn: int) -> Rows:
    """Return the confirmed tracks from west to east."""
    rows = confirmed(tracker.picture(at_ns(4.0 * turn)))
    ordered: Rows = rows[np.argsort(rows["position_enu_m"][:, 0])]
    return ordered


def test_a_partners_track_is_paired_with_ours_and_makes_no_second_one() -> None:
    tracker = tracker_of(RADAR, PARTNER)
    watch(tracker, range(12), [71, 72])
    rows = by_east(tracker, 11)
    assert rows["track_no"].tolist() == [1, 2]
    assert (rows["flags"] & TrackFlag.PARTNER > 0).all()
    assert tracker.counters()["partners_paired"] == 2


def test_two_numbers_of_a_partner_that_change_places_do_not_move_ours() -> None:
    tracker, undisturbed = tracker_of(RADAR, PARTNER), tracker_of(RADAR, PARTNER)
    watch(tracker, range(12), [71, 72])
    watch(undisturbed, range(12), [71, 72])
    before = by_east(tracker, 11)["track_no"].tolist()
    watch(tracker, range(12, 20), [72, 71])
    watch(undisturbed, range(12, 20), [71, 72])
    rows = by_east(tracker, 19)
    assert rows["track_no"].tolist() == before
    assert tracker.counters()["partners_contradicted"] == 2
    assert tracker.counters()["partners_paired"] == 4
    away = rows["position_enu_m"] - by_east(undisturbed, 19)["position_enu_m"]
    assert np.linalg.norm(away, axis=1).max() < 60.0


def test_one_report_far_off_moves_nothing_and_begins_nothing() -> None:
    tracker = tracker_of(RADAR, PARTNER)
    watch(tracker, range(12), [71, 72])
    before = tracker.picture(at_ns(48.0))
    wrong = straight(45.0, PAIR)[:, :3] + (0.0, 3_000.0, 0.0)
    tracker.step(at_ns(47.0), reports(1, 47.0, wrong, 60.0, [71, 72]))
    after = tracker.picture(at_ns(48.0))
    assert after["track_no"].tolist() == before["track_no"].tolist()
    assert np.abs(after["position_enu_m"] - before["position_enu_m"]).max() < 1.0
    assert tracker.counters()["partners_contradicted"] == 0


def test_a_partner_that_follows_another_object_is_let_go_and_becomes_a_track_of_its_own() -> None:
    tracker = tracker_of(RADAR, PARTNER)
    watch(tracker, range(12), [71, 72])
    for turn in range(12, 22):
        t_s = 4.0 * turn
        tracker.step(at_ns(t_s), polar_plots(RADAR, 0, t_s, straight(t_s, PAIR), np.zeros((2, 4))))
        apart = straight(t_s + 1.0, PAIR)[:, :3] + np.array([[0.0, 0.0, 0.0], [0.0, 4_000.0, 0.0]])
        tracker.step(at_ns(t_s + 1.0), reports(1, t_s + 1.0, apart, 60.0, [71, 72]))
        tracker.tick(at_ns(t_s + 2.0))
    assert len(by_east(tracker, 21)) == 3
    assert tracker.counters()["partners_contradicted"] == 1


def test_two_tracks_of_one_partner_are_never_paired_with_the_same_one_of_ours() -> None:
    tracker = tracker_of(RADAR, PARTNER)
    single = PAIR[:1]
    for turn in range(12):
        t_s = 4.0 * turn
        tracker.step(at_ns(t_s), polar_plots(RADAR, 0, t_s, straight(t_s, single), np.zeros((1, 4))))
        for late_s, number in ((1.0, 71), (3.0, 72)):
            place = straight(t_s + late_s, single)[:, :3]
            tracker.step(at_ns(t_s + late_s), reports(1, t_s + late_s, place, 60.0, [number]))
        tracker.tick(at_ns(t_s + 3.5))
    assert tracker.counters()["partners_paired"] == 1


def run_of(seed: int, partners: int) -> tuple[float, float]:
    """Return the mean NEES of position and the mean error (m) where `partners` trackers echo what our radar measures.

    Each partner smooths the very plots that we get (an alpha-beta filter) and claims the accuracy of its filter.
    """
    rng = np.random.default_rng(seed)
    start = PAIR[:1]
    tracker = tracker_of(RADAR, PARTNER, OTHER)
    smooth, velocity = straight(0.0, start)[0, :3], start[0, 3:]
    nees, error = [], []
    for turn in range(60):
        t_s = 4.0 * turn
        truth = straight(t_s, start)
        noise = rng.normal(size=(1, 4))
        plots = polar_plots(RADAR, 0, t_s, truth, noise)
        tracker.step(at_ns(t_s), plots)
        latitude, longitude = np.radians(55.0), np.radians(24.0)
        origin = PLANE.enu_from_geodetic(latitude, longitude, np.array(50.0))
        r, a, e = plots["range_m"][0], plots["azimuth_true_rad"][0], plots["elevation_rad"][0]
        local = r * np.array([np.cos(e) * np.sin(a), np.cos(e) * np.cos(a), np.sin(e)])
        seen = origin + PLANE.rotation_from(float(latitude), float(longitude)) @ local
        smooth = smooth + 4.0 * velocity if turn else seen
        smooth, velocity = smooth + 0.5 * (seen - smooth), velocity + 0.04 * (seen - smooth)
        for row in range(1, partners + 1):
            tracker.step(at_ns(t_s + 0.4 * row), reports(row, t_s, smooth[None], 55.0, [71]))
        tracker.tick(at_ns(t_s + 1.0))
        track = confirmed(tracker.picture(at_ns(t_s)))
        if turn >= 20:
            away = track["position_enu_m"][0] - truth[0, :3]
            upper = track["cov"][0]
            cov = np.array(
                [[upper[0], upper[1], upper[2]], [upper[1], upper[6], upper[7]], [upper[2], upper[7], upper[11]]]
            )
            nees.append(float(away @ np.linalg.solve(cov, away)))
            error.append(float(np.linalg.norm(away)))
    return float(np.mean(nees)), float(np.mean(error))


def test_partners_that_echo_our_own_radar_do_not_make_a_track_surer_than_it_is() -> None:
    alone = np.mean([run_of(seed, 0) for seed in range(8)], axis=0)
    echoed = np.mean([run_of(seed, 2) for seed in range(8)], axis=0)
    assert 1.8 < alone[0] < 4.2
    assert echoed[0] < alone[0] * 1.15
    assert echoed[1] < alone[1] * 1.15


def test_a_report_is_used_only_as_far_as_it_knows_more_than_we_do() -> None:
    ours = np.zeros(10)
    ours[0] = ours[4] = 100.0**2
    assert prior_share(ours, 100.0**2) == 1.0
    assert prior_share(ours, 80.0**2) == 1.0
    assert 0.5 <= prior_share(ours, 30.0**2) < 0.65
    assert prior_share(ours, 1.0) == 0.5


def test_a_restored_tracker_keeps_its_pairs() -> None:
    first, second = tracker_of(RADAR, PARTNER), tracker_of(RADAR, PARTNER)
    watch(first, range(12), [71, 72])
    second.restore(first.state())
    for tracker in (first, second):
        watch(tracker, range(12, 16), [72, 71])
    assert first.state() == second.state()
