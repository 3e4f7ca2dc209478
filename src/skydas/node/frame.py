"""The plane in which a node tracks, and what else of `[node]` shapes a tracker."""

from __future__ import annotations

from typing import Any

import numpy as np

from skydas.geo import TangentPlane
from skydas.model import NodeConfig
from skydas.model.config import SensorConfig


def frame_of(config: NodeConfig) -> tuple[Any, ...]:
    """Return what of `[node]` shapes a tracker."""
    node = config.node
    return node.name, node.origin, node.latitude_deg, node.longitude_deg, node.qnh_hpa


def configured_plane(config: NodeConfig) -> TangentPlane | None:
    """Return the node's plane: at the configured origin or in the middle of the sensors, or None."""
    if config.node.latitude_deg is not None and config.node.longitude_deg is not None:
        return TangentPlane(config.node.latitude_deg, config.node.longitude_deg)
    placed: list[SensorConfig] = [sensor for sensor in config.sensors if sensor.latitude_deg is not None]
    if not placed:
        return None
    latitude_deg = sum(sensor.latitude_deg or 0.0 for sensor in placed) / len(placed)
    longitude_deg = sum(sensor.longitude_deg or 0.0 for sensor in placed) / len(placed)
    return TangentPlane(round(latitude_deg, 6), round(longitude_deg, 6))


def plane_at(plot: np.void) -> TangentPlane:
    """Return a plane at the first plot's own place, to a tenth of a degree: for nodes that declare no place at all.

    Without a placed sensor only position plots pass the intake, so there is a latitude.
    """
    latitude_deg, longitude_deg = np.degrees(plot["latitude_rad"]), np.degrees(plot["longitude_rad"])
    return TangentPlane(round(float(latitude_deg), 1), round(float(longitude_deg), 1))
