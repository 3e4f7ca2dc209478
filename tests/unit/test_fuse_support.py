"""A sensor full of birds is not believed alone: a direction finder, or another sensor, must agree."""

from __future__ import annotations

import numpy as np
import pytest

from skydas.fuse import Tracker
from skydas.model import PlotKind, Rows, SensorConfig, empty_plots
from tests.unit.fuse_scenes import PLANE, at_ns, confirmed, polar_plots, radar, straight, tracker_of

BIRDS = radar("birds", range_m_max=10_000.0, period_s=1.0, needs_support=True)
FINDER = SensorConfig(id=2, name="finder", kind="rf", latitude_deg=55.02, longitude_deg=24.0, height_hae_m=50.0)
DRONE = np.array([[2_000.0, 3_000.0, 150.0, -12.0, 4.0, 0.0]])
SIGMA_RAD = np.radians(3.0)


def direction(t_s: float, off_rad: float) -> Rows:
    """Return a bearing from the direction finder to the drone, so far off."""
    station = PLANE.enu_from_geodetic(np.radians(55.02), np.radians(24.0), np.array(50.0))
    east_m, north_m, _ = straight(t_s, DRONE)[0, :3] - station
    plots = empty_plots(1)
    plots["t_ns"] = plots["rx_ns"] = at_ns(t_s)
    plots["sensor"], plots["kind"] = 1, PlotKind.BEARING
    plots["azimuth_true_rad"] = (np.arctan2(east_m, north_m) + off_rad) % (2.0 * np.pi)
    plots["cov"] = 0.0
    plots["cov"][:, 3] = SIGMA_RAD**2
    return plots


def watched(tracker: Tracker, *, bearings_off_rad: float | None, row: int = 0, station: SensorConfig = BIRDS) -> Rows:
    """Let a radar see the drone for 20 s, the direction finder every other second; return the confirmed tracks."""
    rng = np.random.default_rng(1)
    for second in range(20):
        tracker.step(at_ns(second), polar_plots(station, row, second, straight(second, DRONE), rng.normal(size=(1, 4))))
        if bearings_off_rad is not None and second % 2:
            tracker.step(at_ns(second + 0.4), direction(second + 0.4, bearings_off_rad))
        tracker.tick(at_ns(second + 0.5))
    return confirmed(tracker.picture(at_ns(20.0)))


def test_what_it_alone_sees_stays_tentative() -> None:
    tracker = tracker_of(BIRDS, FINDER)
    assert len(watched(tracker, bearings_off_rad=None)) == 0
    assert len(tracker.picture(at_ns(20.0))) >= 1


def test_directions_that_agree_confirm_it() -> None:
    assert len(watched(tracker_of(BIRDS, FINDER), bearings_off_rad=0.0)) == 1


@pytest.mark.parametrize("off_deg", [-20.0, 8.0, 90.0])
def test_directions_that_point_elsewhere_do_not(off_deg: float) -> None:
    assert len(watched(tracker_of(BIRDS, FINDER), bearings_off_rad=float(np.radians(off_deg)))) == 0


def test_a_sensor_that_is_believed_confirms_it() -> None:
    believed = radar("believed", range_m_max=10_000.0, period_s=1.0)
    tracker = tracker_of(BIRDS, believed)
    assert len(watched(tracker, bearings_off_rad=None, row=1, station=believed)) == 1
