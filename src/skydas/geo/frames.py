"""WGS-84: geodetic, earth-centred (ECEF) and local tangent plane (ENU), vectorised.

Frames are in the names: `ecef` is metres from the earth's centre, `enu` is east, north, up in metres at an origin.
`rotation_enu_to_ecef` turns a vector of one into the other; its transpose turns it back.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from skydas.model import FloatArray

# WGS-84, NGA.STND.0036 table 3.1
SEMI_MAJOR_M: Final = 6_378_137.0
FLATTENING: Final = 1.0 / 298.257223563
SEMI_MINOR_M: Final = SEMI_MAJOR_M * (1.0 - FLATTENING)
ECCENTRICITY2: Final = FLATTENING * (2.0 - FLATTENING)
_SECOND_ECCENTRICITY2: Final = ECCENTRICITY2 / (1.0 - ECCENTRICITY2)
MEAN_RADIUS_M: Final = 6_371_008.8


def ecef_from_geodetic(latitude_rad: FloatArray, longitude_rad: FloatArray, height_hae_m: FloatArray) -> FloatArray:
    """Return ECEF positions, shape (..., 3), metres."""
    sin_lat, cos_lat = np.sin(latitude_rad), np.cos(latitude_rad)
    normal_m = SEMI_MAJOR_M / np.sqrt(1.0 - ECCENTRICITY2 * sin_lat**2)
    return np.stack(
        (
            (normal_m + height_hae_m) * cos_lat * np.cos(longitude_rad),
            (normal_m + height_hae_m) * cos_lat * np.sin(longitude_rad),
            (normal_m * (1.0 - ECCENTRICITY2) + height_hae_m) * sin_lat,
        ),
        axis=-1,
    )


def geodetic_from_ecef(position_ecef_m: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return latitude (rad), longitude (rad), height above the ellipsoid (m).

    Bowring's formula, then two rounds of Newton on the reduced latitude: under 1 nm up to 100 km height.
    """
    x, y, z = position_ecef_m[..., 0], position_ecef_m[..., 1], position_ecef_m[..., 2]
    p = np.hypot(x, y)
    beta = np.arctan2(z * SEMI_MAJOR_M, p * SEMI_MINOR_M)
    for _ in range(3):
        latitude = np.arctan2(
            z + _SECOND_ECCENTRICITY2 * SEMI_MINOR_M * np.sin(beta) ** 3,
            p - ECCENTRICITY2 * SEMI_MAJOR_M * np.cos(beta) ** 3,
        )
        beta = np.arctan2((1.0 - FLATTENING) * np.sin(latitude), np.cos(latitude))
    sin_lat, cos_lat = np.sin(latitude), np.cos(latitude)
    normal_m = SEMI_MAJOR_M / np.sqrt(1.0 - ECCENTRICITY2 * sin_lat**2)
    height = p * cos_lat + z * sin_lat - SEMI_MAJOR_M**2 / normal_m
    return latitude, np.arctan2(y, x), height


def rotation_enu_to_ecef(latitude_rad: float, longitude_rad: float) -> FloatArray:
    """Return the rotation, shape (3, 3), whose columns are east, north and up in ECEF."""
    sin_lat, cos_lat = np.sin(latitude_rad), np.cos(latitude_rad)
    sin_lon, cos_lon = np.sin(longitude_rad), np.cos(longitude_rad)
    return np.array(
        [
            [-sin_lon, -sin_lat * cos_lon, cos_lat * cos_lon],
            [cos_lon, -sin_lat * sin_lon, cos_lat * sin_lon],
            [0.0, cos_lat, sin_lat],
        ]
    )


class TangentPlane:
    """A local plane at one place: exact both ways, no flat-earth shortcut.

    `z` is distance from the plane, not height: 100 km out, a target at height 0 has z = -780 m.
    """

    def __init__(self, latitude_deg: float, longitude_deg: float, height_hae_m: float = 0.0) -> None:
        self.latitude_deg = latitude_deg
        self.longitude_deg = longitude_deg
        self.height_hae_m = height_hae_m
        latitude, longitude = np.radians(latitude_deg), np.radians(longitude_deg)
        self.origin_ecef_m = ecef_from_geodetic(np.array(latitude), np.array(longitude), np.array(height_hae_m))
        self.rotation_enu_to_ecef = rotation_enu_to_ecef(float(latitude), float(longitude))

    def enu_from_geodetic(
        self, latitude_rad: FloatArray, longitude_rad: FloatArray, height_hae_m: FloatArray
    ) -> FloatArray:
        """Return positions in this plane, shape (..., 3)."""
        ecef_m = ecef_from_geodetic(latitude_rad, longitude_rad, height_hae_m)
        enu_m: FloatArray = (ecef_m - self.origin_ecef_m) @ self.rotation_enu_to_ecef
        return enu_m

    def geodetic_from_enu(self, position_enu_m: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return latitude (rad), longitude (rad), height above the ellipsoid (m)."""
        return geodetic_from_ecef(self.origin_ecef_m + position_enu_m @ self.rotation_enu_to_ecef.T)

    def rotation_from(self, latitude_rad: float, longitude_rad: float) -> FloatArray:
        """Return the rotation, shape (3, 3), from another place's ENU axes to this plane's."""
        rotation: FloatArray = self.rotation_enu_to_ecef.T @ rotation_enu_to_ecef(latitude_rad, longitude_rad)
        return rotation


def distance_m(
    latitude_a_rad: FloatArray, longitude_a_rad: FloatArray, latitude_b_rad: FloatArray, longitude_b_rad: FloatArray
) -> FloatArray:
    """Return great-circle distances on the mean sphere (haversine): within 0.6% of the ellipsoid's."""
    half_lat = np.sin((latitude_b_rad - latitude_a_rad) / 2.0) ** 2
    half_lon = np.sin((longitude_b_rad - longitude_a_rad) / 2.0) ** 2
    chord = half_lat + np.cos(latitude_a_rad) * np.cos(latitude_b_rad) * half_lon
    arc_m: FloatArray = 2.0 * MEAN_RADIUS_M * np.arcsin(np.sqrt(np.clip(chord, 0.0, 1.0)))
    return arc_m
