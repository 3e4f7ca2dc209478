"""Many plots at once: the tracks near each are those that it would find by itself, and no plot goes without."""

from __future__ import annotations

import numpy as np
import pytest

from skydas.fuse import Tracker
from skydas.fuse.index import neighbours
from skydas.fuse.together import propose, search_radius_m
from skydas.model import SensorConfig
from tests import reference
from tests.unit.fuse_scenes import at_ns, confirmed, position_plots, tracker_of

SENSOR = SensorConfig(
    id=1, name="one", kind="radar_2d", latitude_deg=55.0, longitude_deg=24.0, period_s=4.0, range_m_max=200_000.0
)


def scans(tracker: Tracker, seed: int, targets: int, side_m: float, count: int) -> None:
    """Let the sensor see `targets` and a quarter as much clutter, a scan in one step."""
    rng = np.random.default_rng(seed)
    place, velocity = rng.uniform(-0.5 * side_m, 0.5 * side_m, (targets, 2)), rng.normal(0.0, 100.0, (targets, 2))
    for scan in range(count):
        seen = (place + 4.0 * scan * velocity)[rng.uniform(size=targets) < 0.9]
        at = np.concatenate((seen, rng.uniform(-0.5 * side_m, 0.5 * side_m, (targets // 4, 2))))
        at += rng.normal(0.0, 50.0, at.shape)
        plots = position_plots(0, 4.0 * scan, np.column_stack((at, np.full(len(at), 5_000.0))), 50.0)
        tracker.step(at_ns(4.0 * scan), plots)
        tracker.tick(at_ns(4.0 * scan + 1.0))


@pytest.mark.parametrize(("seed", "side_m"), [(1, 20e3), (2, 100e3), (3, 200e3)])
def test_tracks_that_look_for_plots_find_what_plots_find_that_look_for_tracks(seed: int, side_m: float) -> None:
    tracker = tracker_of(SENSOR)
    scans(tracker, seed, 200, side_m, 6)
    store, prepared, order = tracker._store, tracker._prepared, tracker._order
    count = tracker._taken_count
    starts, rows = np.zeros(count + 1, np.int64), np.zeros(200_000, np.int64)
    assert propose(store, prepared, order, 0, count, starts, rows)
    places = store.places[: int(store.own[0]["high"])]
    found = np.zeros(10_000, np.int64)
    for a in range(count):
        j = int(order[a])
        x, y = prepared[j]["place"][:2]
        radius_m = search_radius_m(store.own[0], prepared, j)
        alone = np.sort(found[: neighbours(store, x, y, radius_m, found)])
        expected = reference.within_reach(np.array([x, y]), radius_m, places["centre"], places["reach_m"])
        np.testing.assert_array_equal(rows[starts[a] : starts[a + 1]], expected)
        np.testing.assert_array_equal(alone, expected)


def test_more_proposals_than_there_is_room_for_are_refused() -> None:
    tracker = tracker_of(SENSOR)
    scans(tracker, 1, 100, 20e3, 4)
    count = tracker._taken_count
    starts, rows = np.zeros(count + 1, np.int64), np.zeros(10, np.int64)
    assert not propose(tracker._store, tracker._prepared, tracker._order, 0, count, starts, rows)


def test_a_scan_in_one_step_and_in_parts_end_in_the_same_tracks() -> None:
    whole, parts = tracker_of(SENSOR), tracker_of(SENSOR)
    rng = np.random.default_rng(4)
    place, velocity = rng.uniform(-60e3, 60e3, (60, 2)), rng.normal(0.0, 100.0, (60, 2))
    for scan in range(8):
        at = place + 4.0 * scan * velocity + rng.normal(0.0, 50.0, (60, 2))
        at = at[np.argsort(np.arctan2(at[:, 0], at[:, 1]))]
        plots = position_plots(0, 4.0 * scan, np.column_stack((at, np.full(60, 5_000.0))), 50.0)
        whole.step(at_ns(4.0 * scan), plots)
        for plot in range(60):
            parts.step(at_ns(4.0 * scan), plots[plot : plot + 1].copy())
    pictures = [confirmed(tracker.picture(at_ns(28.0)))["position_enu_m"] for tracker in (whole, parts)]
    assert len(pictures[0]) == len(pictures[1]) == 60
    east = [picture[np.argsort(picture[:, 0])] for picture in pictures]
    assert np.median(np.abs(east[0] - east[1])) < 1.0


def test_a_scene_too_dense_for_the_room_of_a_step_leaves_no_plot_without_its_tracks() -> None:
    tracker = tracker_of(SENSOR)
    scans(tracker, 5, 1_600, 12e3, 3)
    assert tracker.counters()["branches"] > 8 * 1_600 // 2
    assert tracker.counters()["pairs_left_out"] == 0
