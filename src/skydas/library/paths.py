"""`Paths`: where objects were, as plain arrays; truth and tracks are both of this kind."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from skydas.errors import ConfigError
from skydas.geo import TangentPlane
from skydas.model import NS_PER_S, FloatArray, IntArray, Rows, TrackStatus

PLANE: Final = TangentPlane(55.0, 24.0)  # where nobody says where on earth
START_NS: Final = 1_700_000_000 * NS_PER_S  # the instant that seconds of arrays count from
_UPPER: Final = np.triu_indices(6)
_HEIGHT_ROUNDS: Final = 3  # of Newton: under a micrometre within 500 km of the plane's origin


class Paths(msgspec.Struct, frozen=True):
    """States of many objects, one row an object and instant, in any order.

    t_s        : (n,) seconds from `START_NS`
    number     : (n,) whose state it is
    position_m : (n, 3) east, north, up in the plane; (n, 2) where heights do not matter
    velocity_mps : as position_m, along the plane's axes; NaN: not known
    cov        : (n, 6, 6) of position and velocity, or None
    status     : (n,) TrackStatus; None: all confirmed
    """

    t_s: FloatArray
    number: IntArray
    position_m: FloatArray
    velocity_mps: FloatArray
    cov: FloatArray | None = None
    status: IntArray | None = None
    plane: TangentPlane = PLANE

    def __len__(self) -> int:
        return len(self.t_s)

    @classmethod
    def of(
        cls,
        t_s: npt.ArrayLike,
        number: npt.ArrayLike,
        position_m: npt.ArrayLike,
        velocity_mps: npt.ArrayLike | None = None,
        plane: TangentPlane = PLANE,
    ) -> Paths:
        """Return paths of what can be made into such arrays. Raises ConfigError where the shapes do not fit."""
        place = np.asarray(position_m, np.float64)
        if place.ndim != 2 or place.shape[1] not in (2, 3):
            raise ConfigError(f"position_m must be (n, 2) or (n, 3), got {place.shape}")
        velocity = np.full(place.shape, np.nan) if velocity_mps is None else np.asarray(velocity_mps, np.float64)
        if velocity.shape != place.shape:
            raise ConfigError(f"velocity_mps must be {place.shape} as position_m, got {velocity.shape}")
        try:
            t, whose = (np.broadcast_to(column, len(place)) for column in (t_s, number))
        except ValueError as error:
            raise ConfigError(f"t_s and number must be one value or {len(place)}: {error}") from error
        return cls(t.astype(np.float64), whose.astype(np.int64), place, velocity, plane=plane)

    @property
    def held(self) -> Paths:
        """Return the rows that are confirmed or coast."""
        if self.status is None:
            return self
        return self.only((self.status == int(TrackStatus.CONFIRMED)) | (self.status == int(TrackStatus.COASTING)))

    def only(self, keep: npt.NDArray[np.bool_] | IntArray) -> Paths:
        """Return the rows of `keep`, a mask or row numbers."""
        return Paths(
            self.t_s[keep],
            self.number[keep],
            self.position_m[keep],
            self.velocity_mps[keep],
            None if self.cov is None else self.cov[keep],
            None if self.status is None else self.status[keep],
            self.plane,
        )


def paths_of(tracks: Rows, plane: TangentPlane) -> Paths:
    """Return tracks, TRACK (k,), as paths in their node's plane."""
    cov = np.empty((len(tracks), 6, 6))
    cov[:, _UPPER[0], _UPPER[1]] = tracks["cov"]
    cov[:, _UPPER[1], _UPPER[0]] = tracks["cov"]
    turn = local_axes(np.radians(tracks["latitude_deg"]), np.radians(tracks["longitude_deg"]), plane)
    return Paths(
        seconds(tracks["t_ns"]),
        tracks["track_no"].astype(np.int64),
        tracks["position_enu_m"].copy(),
        np.einsum("nab,nb->na", turn, tracks["velocity_mps"]),
        cov,
        tracks["status"].astype(np.int64),
        plane,
    )


def join_paths(parts: Iterable[Paths], plane: TangentPlane = PLANE) -> Paths:
    """Return all rows of paths in one plane; of none, paths without a row."""
    every = list(parts)
    if not every:
        nothing = np.zeros((0, 3))
        none = np.zeros(0, np.int64)
        return Paths(np.zeros(0), none, nothing, nothing, np.zeros((0, 6, 6)), none, plane)
    covs = [part.cov for part in every if part.cov is not None]
    statuses = [part.status for part in every if part.status is not None]
    return Paths(
        np.concatenate([part.t_s for part in every]),
        np.concatenate([part.number for part in every]),
        np.concatenate([part.position_m for part in every]),
        np.concatenate([part.velocity_mps for part in every]),
        np.concatenate(covs) if len(covs) == len(every) else None,
        np.concatenate(statuses) if len(statuses) == len(every) else None,
        every[0].plane,
    )


def nanoseconds(t_s: npt.ArrayLike) -> IntArray:
    """Return instants, ns UTC, of seconds from START_NS."""
    return START_NS + np.rint(np.asarray(t_s, np.float64) * NS_PER_S).astype(np.int64)


def seconds(t_ns: npt.ArrayLike) -> FloatArray:
    """Return seconds from START_NS of instants, ns UTC."""
    return (np.asarray(t_ns, np.int64) - START_NS) / NS_PER_S


def geodetic_at_height(
    plane: TangentPlane, east_north_m: FloatArray, height_hae_m: FloatArray | float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return latitude (rad), longitude (rad), height of what is at `height_hae_m` over places (n, 2) of the plane.

    Over a place means with this east and north, not along the local vertical: that leans by 1 degree in 111 km.
    """
    place_m = np.column_stack((east_north_m, np.zeros(len(east_north_m))))
    for _ in range(_HEIGHT_ROUNDS):
        place_m[:, 2] += height_hae_m - plane.geodetic_from_enu(place_m)[2]
    return plane.geodetic_from_enu(place_m)


def local_axes(latitude_rad: FloatArray, longitude_rad: FloatArray, plane: TangentPlane) -> FloatArray:
    """Return the rotations (n, 3, 3) from east, north, up of each place to the plane's axes."""
    sin_lat, cos_lat = np.sin(latitude_rad), np.cos(latitude_rad)
    sin_lon, cos_lon = np.sin(longitude_rad), np.cos(longitude_rad)
    axes = np.empty((len(sin_lat), 3, 3))  # columns: east, north, up in ECEF
    axes[:, :, 0] = np.stack((-sin_lon, cos_lon, np.zeros_like(sin_lon)), axis=-1)
    axes[:, :, 1] = np.stack((-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat), axis=-1)
    axes[:, :, 2] = np.stack((cos_lat * cos_lon, cos_lat * sin_lon, sin_lat), axis=-1)
    turned: FloatArray = plane.rotation_enu_to_ecef.T @ axes
    return turned
