"""Whether a sensor that saw something should still see it where it would be now."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from skydas.geo.frames import MEAN_RADIUS_M
from skydas.model import SensorConfig

EFFECTIVE_RADIUS_M: Final = 4.0 / 3.0 * MEAN_RADIUS_M  # a standard atmosphere bends radar down, ITU-R P.834
EDGE: Final = 0.95  # of the declared range: at its edge it may have flown out
LINE_OF_SIGHT: Final = ("radar_2d", "radar_3d", "rf", "camera", "remote_id", "adsb")


def should_be_seen(
    sensors: Sequence[SensorConfig], saw: int, latitude_deg: float, longitude_deg: float, height_hae_m: float
) -> bool:
    """Return whether any placed sensor of those that saw it (`saw`: bits, as TRACK `sensors`) should see that place."""
    for row, sensor in enumerate(sensors):
        if not saw >> min(row, 63) & 1 or sensor.latitude_deg is None or sensor.longitude_deg is None:
            continue
        if sensor.kind not in LINE_OF_SIGHT:
            continue
        north = math.radians(latitude_deg - sensor.latitude_deg)
        east = math.radians(longitude_deg - sensor.longitude_deg) * math.cos(math.radians(latitude_deg))
        distance_m = MEAN_RADIUS_M * math.hypot(north, east)
        horizon_m = sum(
            math.sqrt(2.0 * EFFECTIVE_RADIUS_M * max(height, 0.0)) for height in (sensor.height_hae_m, height_hae_m)
        )
        if sensor.range_m_min <= distance_m <= EDGE * min(sensor.range_m_max, horizon_m):
            return True
    return False
