"""WGS-84, ECEF, local tangent planes."""

from skydas.geo.frames import (
    TangentPlane,
    distance_m,
    ecef_from_geodetic,
    geodetic_from_ecef,
    rotation_enu_to_ecef,
)

__all__ = ["TangentPlane", "distance_m", "ecef_from_geodetic", "geodetic_from_ecef", "rotation_enu_to_ecef"]
