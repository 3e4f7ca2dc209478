"""Coverage: how far each sensor is said to reach, where the horizon ends its sight, and what it really sees.

What the horizon hides follows from 4/3 of the earth's radius and the antenna's height above the ellipsoid; there is
no terrain in it, so the true coverage is smaller. What is measured is sensor health's.
"""

from __future__ import annotations

import math
from typing import Final

import msgspec

from skydas.geo.frames import MEAN_RADIUS_M
from skydas.model import SensorConfig, SensorHealth

HEIGHTS_M: Final = (100.0, 300.0, 1000.0)
EFFECTIVE_RADIUS_M: Final = MEAN_RADIUS_M * 4.0 / 3.0  # ITU-R P.834: the standard atmosphere bends rays so much
_NOT_KNOWN: Final = 255  # as SensorHealth says of `coverage`
_LINE_OF_SIGHT: Final = ("radar_2d", "radar_3d", "adsb", "mlat", "remote_id", "rf", "camera", "tdoa")


class HorizonRing(msgspec.Struct, frozen=True, kw_only=True):
    """How far a target at one height above the ellipsoid can be seen, declared range included."""

    target_height_m: float
    range_m: float


class CoverageRing(msgspec.Struct, frozen=True, kw_only=True):
    """One sensor's declared coverage."""

    sensor: str
    latitude_deg: float
    longitude_deg: float
    range_m_min: float
    range_m_max: float
    horizon: list[HorizonRing]


class MeasuredCoverage(msgspec.Struct, frozen=True, kw_only=True):
    """What one sensor sees of what it should, around where it stands."""

    sensor: str
    now_ns: int  # of the measurement
    latitude_deg: float
    longitude_deg: float
    ring_m: float  # ring k reaches from k ring_m to (k + 1) ring_m
    detection: list[list[float | None]]  # probability by sector, clockwise from true north, and in it by ring


def coverage_rings(sensors: list[SensorConfig]) -> list[CoverageRing]:
    """Return the declared coverage of every sensor whose place is known."""
    return [
        CoverageRing(
            sensor=sensor.name,
            latitude_deg=sensor.latitude_deg,
            longitude_deg=sensor.longitude_deg,
            range_m_min=sensor.range_m_min,
            range_m_max=sensor.range_m_max,
            horizon=_horizon(sensor) if sensor.kind in _LINE_OF_SIGHT else [],
        )
        for sensor in sensors
        if sensor.latitude_deg is not None and sensor.longitude_deg is not None
    ]


def measured_coverage(sensor: SensorConfig, health: SensorHealth) -> MeasuredCoverage:
    """Return what a sensor with a place sees of what it should."""
    assert sensor.latitude_deg is not None
    assert sensor.longitude_deg is not None
    rings = len(health.rings)
    cells = [None if percent == _NOT_KNOWN else percent / 100.0 for percent in health.coverage]
    return MeasuredCoverage(
        sensor=sensor.name,
        now_ns=health.now_ns,
        latitude_deg=sensor.latitude_deg,
        longitude_deg=sensor.longitude_deg,
        ring_m=health.ring_m,
        detection=[cells[first : first + rings] for first in range(0, len(cells), rings)],
    )


def horizon_m(antenna_height_m: float, target_height_m: float) -> float:
    """Return how far a target can be seen over a smooth earth, metres along the ground."""
    return sum(math.sqrt(2.0 * EFFECTIVE_RADIUS_M * max(height, 0.0)) for height in (antenna_height_m, target_height_m))


def _horizon(sensor: SensorConfig) -> list[HorizonRing]:
    return [
        HorizonRing(target_height_m=height, range_m=min(horizon_m(sensor.height_hae_m, height), sensor.range_m_max))
        for height in HEIGHTS_M
    ]
