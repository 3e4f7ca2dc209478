"""Twin of the kernels that watch the sensors: what each should have seen, the obvious way, however slow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skydas.fuse.records import DUE, FREE, RINGS, SECTORS, SEEN
from skydas.geo import TangentPlane
from skydas.model import NS_PER_S, FloatArray, Rows, SensorConfig
from tests import reference

ELEVATION_RAD_MAX = 0.7
RADIUS_M = 6_371_008.8 * 4.0 / 3.0
NO_CELL = (-1, -1)


def cell_of(plane: TangentPlane, sensor: SensorConfig, place_enu_m: FloatArray) -> tuple[int, int]:
    """Return sector and ring of a place in the node's plane (3,), or NO_CELL where the sensor does not look."""
    latitude, longitude = np.radians(sensor.latitude_deg or 0.0), np.radians(sensor.longitude_deg or 0.0)
    origin = plane.enu_from_geodetic(np.array(latitude), np.array(longitude), np.array(sensor.height_hae_m))
    rotation = plane.rotation_from(float(latitude), float(longitude)).T
    range_m, azimuth, elevation, _ = reference.polar_of(np.append(place_enu_m, np.zeros(3)), rotation, origin)
    if not sensor.range_m_min <= range_m < sensor.range_m_max or elevation > ELEVATION_RAD_MAX:
        return NO_CELL
    return int(azimuth % (2.0 * np.pi) / (2.0 * np.pi) * SECTORS), int(range_m / sensor.range_m_max * RINGS)


def is_in_sight(plane: TangentPlane, sensor: SensorConfig, place_enu_m: FloatArray, sigma_m: float) -> bool:
    """Return whether a place, taken `sigma_m` lower, is above the horizon of a smooth earth."""
    height_m = max(float(plane.geodetic_from_enu(place_enu_m)[2]) - sigma_m, 0.0)
    latitude, longitude = np.radians(sensor.latitude_deg or 0.0), np.radians(sensor.longitude_deg or 0.0)
    origin = plane.enu_from_geodetic(np.array(latitude), np.array(longitude), np.array(sensor.height_hae_m))
    away_m = np.hypot(*(place_enu_m - origin)[:2])
    return bool(away_m <= np.sqrt(2.0 * RADIUS_M * sensor.height_hae_m) + np.sqrt(2.0 * RADIUS_M * height_m))


def watched(plane: TangentPlane, sensors: Sequence[SensorConfig], tracks: Rows, now_ns: int) -> FloatArray:
    """Return what a look at `now_ns` adds to seen and due, (s, SECTORS, RINGS, 4); all sensors are radars.

    tracks : TRACK_STATE, those that are confirmed
    """
    added = np.zeros((len(sensors), SECTORS, RINGS, 4))
    for track in tracks:
        hits = {
            int(sensor): int(count)
            for sensor, count in zip(track["slot_sensor"], track["slot_hits"], strict=True)
            if sensor != FREE
        }
        span_s = (now_ns - track["watched_ns"]) / NS_PER_S
        if track["watched_ns"] == 0 or span_s > 20.0:
            continue
        sigma_m = np.sqrt(track["cov"][int(np.argmax(track["weight"])), 11])
        for row, sensor in enumerate(sensors):
            others = sum(count for other, count in hits.items() if other != row)
            cell = cell_of(plane, sensor, track["centre"][:3])
            if others == 0 or cell == NO_CELL or not is_in_sight(plane, sensor, track["centre"][:3], sigma_m):
                continue
            added[row, *cell, SEEN] += hits.get(row, 0)
            added[row, *cell, DUE] += span_s / sensor.period_s
    return added
