"""A 3-D radar that states heights (I048/110) measures elevations, and what it tracks has a height."""

from __future__ import annotations

import numpy as np
import pytest

from skydas.geo import TangentPlane
from skydas.model import NodeConfig, PlotKind, Rows, SensorConfig, TrackFlag, TrackStatus, empty_plots, utc_ns
from skydas.model.config import NodeSection, SensorKind
from skydas.node import Node
from skydas.node.intake import Intake, SensorTable
from skydas.sim import node_config, simulate
from tests.replay.scenes import inputs_of
from tests.unit.sim_scenes import SEED, radar, scene, traffic, truth_rows

NOON_NS = utc_ns("2026-06-01T12:00:00Z")
ANTENNA_M = 150.0


def taken(kind: SensorKind, range_m: float, height_hae_m: float, elevation_rad: float = np.nan) -> Rows:
    """Return a plot as the node takes it in."""
    sensor = SensorConfig(
        id=1, name="radar", kind=kind, sac=1, sic=1, latitude_deg=55.0, longitude_deg=24.0, height_hae_m=ANTENNA_M
    )
    plots = empty_plots(1)
    plots["t_ns"] = plots["rx_ns"] = NOON_NS
    plots["sensor"], plots["kind"], plots["azimuth_true_rad"] = 0x101, PlotKind.POLAR, 1.0
    plots["range_m"], plots["height_hae_m"], plots["elevation_rad"] = range_m, height_hae_m, elevation_rad
    config = NodeConfig(node=NodeSection(name="test"), sensors=[sensor])
    return Intake(SensorTable(config)).step(NOON_NS, "radar", plots, {}).plots


@pytest.mark.parametrize("range_m", [3_000.0, 30_000.0, 150_000.0])
@pytest.mark.parametrize("height_hae_m", [160.0, 1_500.0, 2_900.0])
def test_the_elevation_leads_back_to_the_height_that_was_stated(range_m: float, height_hae_m: float) -> None:
    elevation_rad = float(taken("radar_3d", range_m, height_hae_m)["elevation_rad"][0])
    flat_m, up_m = range_m * np.cos(elevation_rad), range_m * np.sin(elevation_rad)
    enu_m = np.array([flat_m * np.sin(1.0), flat_m * np.cos(1.0), up_m])
    found_m = float(TangentPlane(55.0, 24.0, ANTENNA_M).geodetic_from_enu(enu_m)[2])
    assert found_m == pytest.approx(height_hae_m, abs=6.0)  # the sphere is a few metres off the ellipsoid


def test_what_cannot_be_said_is_not_said() -> None:
    assert np.isnan(taken("radar_2d", 30_000.0, 1_500.0)["elevation_rad"][0])  # it measures none
    assert np.isnan(taken("radar_3d", 30_000.0, np.nan)["elevation_rad"][0])
    assert np.isnan(taken("radar_3d", 1_000.0, 9_000.0)["elevation_rad"][0])  # higher than it is far
    assert taken("radar_3d", 30_000.0, 1_500.0, elevation_rad=0.2)["elevation_rad"][0] == 0.2  # its own word stays


def test_tracks_of_a_radar_that_states_heights_have_them() -> None:
    made = scene(
        traffic("light_aircraft", 6, 15_000, "transponder = false\nadsb = false\nheight_agl_m = [800, 1600]"),
        radar("dimensions = 3\nsecondary = false\nperiod_s = 2\nsigma_elevation_deg = 0.3"),
        duration_s=60,
    )
    config = node_config(made)
    node = Node(config)
    for given in inputs_of(config, list(simulate(made, SEED))):
        node.step(given)
    tracks = node.picture(node.now_ns)
    tracks = tracks[tracks["status"] == TrackStatus.CONFIRMED]
    assert len(tracks) >= 5
    assert not (tracks["flags"] & int(TrackFlag.HEIGHT_ASSUMED)).any()
    rows = truth_rows(made)
    last = rows[rows["t_ns"] == rows["t_ns"].max()]
    away_deg = np.hypot(
        tracks["latitude_deg"][:, None] - last["latitude_deg"], tracks["longitude_deg"][:, None] - last["longitude_deg"]
    )
    errors_m = tracks["height_hae_m"] - last["height_hae_m"][away_deg.argmin(axis=1)]
    assert float(np.median(np.abs(errors_m))) < 60.0
