"""A straight flight through bearings: what it is, what the fit is given, and whether lines of sight cross well."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from skydas.fuse.bearings.fit import SIGHT, VELOCITY_SIGMA_MPS
from skydas.fuse.records import Records
from skydas.model import NS_PER_S, FloatArray, IntArray, Rows

CROSSING_RAD_MIN: Final = np.radians(20.0)
AXIS_SHARE_MAX: Final = 0.5  # of the distance


class Flight(NamedTuple):
    """A fit that may become a track."""

    rows: IntArray  # of KEPT
    numbers: tuple[int, ...]  # of its threads
    t_ns: int
    mean: FloatArray  # (6,)
    cov: FloatArray  # (6, 6)
    cost: float  # chi-square per degree of freedom
    sensor_count: int


def sights_of(kept: Rows, sensors: Records, slowness: float, rows: IntArray, t_ns: int) -> Rows:
    """Return rows of KEPT as SIGHT (n,), their time since `t_ns`."""
    sights = np.zeros(len(rows), SIGHT)
    sights["t_s"] = (kept["t_ns"][rows] - t_ns) / NS_PER_S
    for name in ("site", "azimuth", "elevation", "sigma_azimuth", "sigma_elevation"):
        sights[name] = kept[name][rows]
    sights["rotation"] = sensors["rotation"][kept["sensor"][rows]]
    sights["slowness"] = np.where(kept["is_sound"][rows] == 1, slowness, 0.0)
    return sights


def prior_of(sensors: Records, setup: Rows, sensor: int, sights: Rows) -> FloatArray:
    """Return what is known before the fit, (4,): height, its sigma (m), sigmas of the velocity (m/s)."""
    height_m, sigma_m = sensors["height"][sensor]
    has_elevation = not np.isnan(sights["elevation"]).all()
    return np.array(
        [
            height_m,
            sigma_m * (np.sqrt(setup["height_pull"][0]) if has_elevation else 1.0),
            VELOCITY_SIGMA_MPS,
            np.sqrt(setup["velocity_vertical_variance"][0]),
        ]
    )


def crosses(kept: Rows, flight: Flight) -> bool:
    """Return whether the lines from the sensors to the place cross well, and it is known well for its distance."""
    way = flight.mean[:2] - kept["site"][flight.rows][:, :2]
    distance_m = np.maximum(np.hypot(*way.T), 1.0)
    unit = way / distance_m[:, None]
    # 20 to 160 degrees: two sensors on opposite sides of an object see it on one line
    widest = np.abs(unit[:, None, 0] * unit[None, :, 1] - unit[:, None, 1] * unit[None, :, 0]).max()
    axis_m = float(np.sqrt(np.linalg.eigvalsh(flight.cov[:2, :2])[-1]))
    return bool(widest >= np.sin(CROSSING_RAD_MIN) and axis_m < AXIS_SHARE_MAX * distance_m.mean())
