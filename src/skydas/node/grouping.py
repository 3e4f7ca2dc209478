"""Groups in a node: what the tracker holds together is told as facts, and that it no longer does."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from skydas.geo import TangentPlane


class Grouping:
    """What was last told of each group."""

    def __init__(self) -> None:
        self._told: dict[int, dict[str, Any]] = {}

    def told(self, groups: list[tuple[np.void, list[int]]], plane: TangentPlane) -> list[dict[str, Any]]:
        """Return the fields of a `Group` for each group there is (`Tracker.groups`), then for each that is over."""
        held = {int(group["number"]): _fields(group, track_nos, plane) for group, track_nos in groups}
        over = [fields | {"track_nos": (), "is_over": True} for no, fields in self._told.items() if no not in held]
        self._told = held
        return [*held.values(), *over]

    def state(self) -> list[dict[str, Any]]:
        """Return what a snapshot must hold."""
        return list(self._told.values())

    def restore(self, state: list[dict[str, Any]]) -> None:
        """Take back what `state` returned."""
        self._told = {fields["number"]: fields | {"track_nos": tuple(fields["track_nos"])} for fields in state}


def _fields(group: np.void, track_nos: list[int], plane: TangentPlane) -> dict[str, Any]:
    latitude, longitude, height_m = (float(value) for value in plane.geodetic_from_enu(group["centre"][:3]))
    velocity = plane.rotation_from(latitude, longitude).T @ group["centre"][3:]
    east, across, north = group["extent"].tolist()
    # Eigenvalues of a symmetric 2 x 2, and the direction of the larger one.
    middle, half = 0.5 * (east + north), math.hypot(0.5 * (east - north), across)
    axis = 0.5 * math.atan2(2.0 * across, north - east)
    return {
        "number": int(group["number"]),
        "track_nos": tuple(track_nos),
        "count_min": int(group["least"]),
        "count_max": int(group["most"]),
        "latitude_deg": math.degrees(latitude),
        "longitude_deg": math.degrees(longitude),
        "height_hae_m": height_m,
        "v_east_mps": float(velocity[0]),
        "v_north_mps": float(velocity[1]),
        "v_up_mps": float(velocity[2]),
        "major_m": math.sqrt(middle + half),
        "minor_m": math.sqrt(max(middle - half, 0.0)),
        "axis_true_deg": math.degrees(axis) % 180.0,
    }
