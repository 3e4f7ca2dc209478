"""Small scenes for the engine's tests: truth in the node's plane, sensors, and what they report."""

from __future__ import annotations

import numpy as np

from skydas.fuse import FuseParams, Tracker
from skydas.geo import TangentPlane
from skydas.model import NS_PER_S, FloatArray, PlotKind, Rows, SensorConfig, TrackStatus, empty_plots
from tests import reference

PLANE = TangentPlane(55.0, 24.0)
START_NS = 1_700_000_000 * NS_PER_S


def at_ns(t_s: float) -> int:
    """Return the instant `t_s` after the start of every scene."""
    return START_NS + round(t_s * NS_PER_S)


def radar(
    name: str = "radar", *, north_deg: float = 55.0, east_deg: float = 24.0, **fields: float | str
) -> SensorConfig:
    """Return a 3-D radar of 50 m and 0.1 degrees that turns in 4 s."""
    values = {
        "id": 1, "kind": "radar_3d", "latitude_deg": north_deg, "longitude_deg": east_deg, "height_hae_m": 50.0,
        "sigma_range_m": 50.0, "sigma_azimuth_deg": 0.1, "sigma_elevation_deg": 0.1, "range_m_max": 300_000.0,
    } | fields  # fmt: skip
    return SensorConfig(name=name, **values)  # type: ignore[arg-type]


def polar_plots(sensor: SensorConfig, row: int, t_s: float, states: FloatArray, noise: FloatArray) -> Rows:
    """Return what a radar reports of states (n, 6); noise (n, 4) in sigmas of range, azimuth, elevation, range rate."""
    assert sensor.latitude_deg is not None
    assert sensor.longitude_deg is not None
    latitude, longitude = np.radians(sensor.latitude_deg), np.radians(sensor.longitude_deg)
    origin = PLANE.enu_from_geodetic(latitude, longitude, np.array(sensor.height_hae_m))
    rotation = PLANE.rotation_from(float(latitude), float(longitude)).T
    sigma = np.array([sensor.sigma_range_m, *np.radians([sensor.sigma_azimuth_deg, sensor.sigma_elevation_deg])])
    plots = empty_plots(len(states))
    plots["t_ns"] = plots["rx_ns"] = at_ns(t_s)
    plots["sensor"] = row
    plots["kind"] = PlotKind.POLAR
    seen = np.array([reference.polar_of(state, rotation, origin) for state in states]).reshape(-1, 4)
    seen[:, :3] += noise[:, :3] * sigma
    plots["range_m"] = seen[:, 0]
    plots["azimuth_true_rad"] = seen[:, 1] % (2.0 * np.pi)
    if sensor.kind == "radar_3d":
        plots["elevation_rad"] = seen[:, 2]
    plots["cov"] = 0.0
    plots["cov"][:, [0, 3, 5]] = sigma**2
    return plots


def position_plots(row: int, t_s: float, place_enu_m: FloatArray, sigma_m: float) -> Rows:
    """Return position reports (n, 3) as they are, with the sigma that they state."""
    plots = empty_plots(len(place_enu_m))
    plots["t_ns"] = plots["rx_ns"] = at_ns(t_s)
    plots["sensor"] = row
    plots["kind"] = PlotKind.POSITION
    plots["latitude_rad"], plots["longitude_rad"], plots["height_hae_m"] = PLANE.geodetic_from_enu(place_enu_m)
    plots["cov"] = 0.0
    plots["cov"][:, [0, 3, 5]] = sigma_m**2
    return plots


def tracker_of(*sensors: SensorConfig, **params: float | str) -> Tracker:
    """Return a tracker with these sensors in the scenes' plane."""
    return Tracker(FuseParams(**params), sensors, PLANE)  # type: ignore[arg-type]


def confirmed(rows: Rows) -> Rows:
    """Return the tracks that are confirmed or coast."""
    return rows[(rows["status"] == TrackStatus.CONFIRMED) | (rows["status"] == TrackStatus.COASTING)]


def straight(t_s: float, start: FloatArray) -> FloatArray:
    """Return states (n, 6) moved on by `t_s`."""
    moved = start.copy()
    moved[:, :3] += t_s * start[:, 3:]
    return moved
