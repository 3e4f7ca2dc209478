"""Every kernel of the tracker, compiled or loaded from the cache before the first plot comes."""

from __future__ import annotations

import contextlib

from skydas.errors import RefusedError
from skydas.fuse.compact import compact
from skydas.fuse.corrections import MERGE
from skydas.fuse.layout import (
    TRACKS_MIN,
)
from skydas.fuse.multilateration import warm_up as warm_groups
from skydas.fuse.params import FuseParams
from skydas.fuse.tracker import Tracker
from skydas.geo import TangentPlane
from skydas.model import (
    NS_PER_S,
    TAU,
    PlotKind,
    SensorConfig,
    empty_plots,
)


def warm_up() -> None:
    """Compile every kernel, or load it from the cache, so that the first plot need not wait."""
    plane = TangentPlane(0.0, 0.0)
    sensor = SensorConfig(id=1, name="warm-up", kind="radar_3d", latitude_deg=0.0, longitude_deg=0.0)
    tracker = Tracker(FuseParams(), [sensor], plane)
    for turn in range(3):
        plots = empty_plots(2)
        plots["t_ns"] = plots["rx_ns"] = (1 + 4 * turn) * NS_PER_S
        plots["range_m"] = 50_000.0
        plots["azimuth_true_rad"] = 1.0, 2.0
        plots["cov"] = 2500.0, 0.0, 0.0, 1e-6, 0.0, 1e-4
        plots["mode_s"] = 0, 1
        tracker.step(int(plots["t_ns"][0]), plots)
    with contextlib.suppress(RefusedError):
        tracker.correct(0, MERGE, 1, 2)
    tracker._grow(2 * TRACKS_MIN)
    compact(tracker._store)
    tracker.tick(100 * NS_PER_S)
    plots["t_ns"] = 6 * NS_PER_S  # late: it makes a replay
    tracker.step(15 * NS_PER_S, plots)
    tracker.tick(102 * NS_PER_S)
    tracker.picture(102 * NS_PER_S)
    warm_groups()
    _warm_bearings()


def _warm_bearings() -> None:
    """Let two stations hear something that stands still, until a track begins."""
    plane = TangentPlane(0.0, 0.0)
    stations = [
        SensorConfig(id=1, name=name, kind="acoustic", latitude_deg=0.0, longitude_deg=longitude_deg)
        for name, longitude_deg in (("west", -0.006), ("east", 0.006))
    ]
    tracker = Tracker(FuseParams(), stations, plane)
    for second in range(1, 10):
        plots = empty_plots(2)
        plots["t_ns"] = plots["rx_ns"] = second * NS_PER_S
        plots["sensor"], plots["kind"] = (0, 1), PlotKind.BEARING
        plots["azimuth_true_rad"] = 0.6, TAU - 0.6
        plots["cov"] = 1.0, 0.0, 0.0, 1e-3, 0.0, 1.0
        tracker.step(second * NS_PER_S, plots)
        tracker.tick(second * NS_PER_S)
