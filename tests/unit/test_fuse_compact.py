"""Gaps in the store are closed without anybody noticing."""

from __future__ import annotations

import numpy as np

from skydas.fuse import Tracker
from skydas.fuse.compact import compact, is_sparse
from skydas.model import SensorConfig
from tests.unit.fuse_scenes import at_ns, confirmed, position_plots, tracker_of

SENSOR = SensorConfig(
    id=1, name="one", kind="radar_2d", latitude_deg=55.0, longitude_deg=24.0, period_s=4.0, range_m_max=200_000.0
)
TARGETS = 150


def scans(tracker: Tracker, turns: range, ticks: bool) -> list[bytes]:
    """Let the sensor see 150 targets, every fifth with a code, and clutter; return what each step gave."""
    rng = np.random.default_rng(6)
    place, velocity = rng.uniform(-25e3, 25e3, (TARGETS, 2)), rng.normal(0.0, 100.0, (TARGETS, 2))
    rng = np.random.default_rng(7 + turns.start)
    out = []
    for turn in turns:
        at = np.concatenate((place + 4.0 * turn * velocity, rng.uniform(-40e3, 40e3, (30, 2))))
        plots = position_plots(0, 4.0 * turn, np.column_stack((at, np.full(len(at), 5_000.0))), 50.0)
        plots["mode_s"][:TARGETS:5] = np.arange(1, TARGETS + 1, 5)
        seen = plots[rng.uniform(size=len(plots)) < 0.9]
        out.append(tracker.step(at_ns(4.0 * turn), seen).tobytes())
        if ticks:
            out.append(tracker.tick(at_ns(4.0 * turn + 1.0)).tobytes())
    return out


def test_a_compacted_tracker_goes_on_with_the_same_tracks() -> None:
    first, second = tracker_of(SENSOR), tracker_of(SENSOR)
    scans(first, range(10), ticks=False)
    scans(second, range(10), ticks=False)
    high = int(first._store.own[0]["high"])
    assert is_sparse(first._store.own)
    compact(first._store)
    assert int(first._store.own[0]["high"]) == int(first._store.own[0]["alive"]) < high // 2
    assert first.picture(at_ns(36.0)).tobytes() == second.picture(at_ns(36.0)).tobytes()
    for tracker in (first, second):
        scans(tracker, range(10, 16), ticks=False)
    pictures = [np.sort(confirmed(one.picture(at_ns(60.0))), order="track_no") for one in (first, second)]
    assert len(pictures[0]) >= TARGETS
    np.testing.assert_array_equal(pictures[0]["mode_s"], pictures[1]["mode_s"])
    np.testing.assert_allclose(pictures[0]["position_enu_m"], pictures[1]["position_enu_m"], atol=1e-3)
    assert first.counters() == second.counters()


def test_the_store_stays_as_small_as_what_lives_in_it() -> None:
    tracker = tracker_of(SENSOR)
    scans(tracker, range(16), ticks=True)
    own = tracker._store.own[0]
    assert own["alive"] >= TARGETS
    assert not is_sparse(tracker._store.own)
    assert own["alive"] == len(tracker.picture(at_ns(60.0)))
