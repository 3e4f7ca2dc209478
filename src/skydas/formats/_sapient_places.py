"""Range and bearing from a node's own reported place, as a position: for nodes that move or stand in no node file."""

from __future__ import annotations

import numpy as np

from skydas.geo.frames import ecef_from_geodetic, geodetic_from_ecef
from skydas.model import FloatArray, PlotKind, Rows


def to_positions(plots: Rows, place: FloatArray) -> None:
    """Turn polar plots into position plots, in place.

    plots : PLOT (n,), all of kind POLAR; an elevation that is not known is taken as 0 and leaves the height unknown
    place : (n, 3) the node's latitude (rad), longitude (rad), height above the ellipsoid (m)

    The covariance is turned at the node; at the object east and north differ by the curve of the earth, which is
    nothing beside the accuracy of an angle at the ranges of these sensors.
    """
    azimuth, range_m = plots["azimuth_true_rad"].copy(), plots["range_m"].copy()
    flat = np.isnan(plots["elevation_rad"])
    elevation = np.where(flat, 0.0, plots["elevation_rad"])
    sin_az, cos_az, sin_el, cos_el = np.sin(azimuth), np.cos(azimuth), np.sin(elevation), np.cos(elevation)
    zero = np.zeros(len(plots))
    along = np.stack((cos_el * sin_az, cos_el * cos_az, sin_el), axis=-1)
    rotation = _rotation_enu_to_ecef(place[:, 0], place[:, 1])
    origin_ecef_m = ecef_from_geodetic(place[:, 0], place[:, 1], place[:, 2])
    position_ecef_m = origin_ecef_m + np.einsum("nij,nj->ni", rotation, along * range_m[:, None])
    plots["latitude_rad"], plots["longitude_rad"], height_m = geodetic_from_ecef(position_ecef_m)
    plots["height_hae_m"] = np.where(flat, np.nan, height_m)
    across = range_m[:, None] * np.stack((cos_el * cos_az, -cos_el * sin_az, zero), axis=-1)
    upwards = range_m[:, None] * np.stack((-sin_el * sin_az, -sin_el * cos_az, cos_el), axis=-1)
    jacobian = np.stack((along, across, upwards), axis=-1)
    variances = plots["cov"][:, [0, 3, 5]]
    variances[flat, 2] = 0.0
    cov = np.einsum("nij,nj,nkj->nik", jacobian, variances, jacobian)
    plots["cov"] = cov[:, [0, 0, 0, 1, 1, 2], [0, 1, 2, 1, 2, 2]]
    plots["cov"][flat] = np.where(np.isin(np.arange(6), (2, 4, 5)), np.nan, plots["cov"][flat])
    plots["kind"] = int(PlotKind.POSITION)
    for name in ("range_m", "azimuth_true_rad", "elevation_rad"):
        plots[name] = np.nan


def _rotation_enu_to_ecef(latitude_rad: FloatArray, longitude_rad: FloatArray) -> FloatArray:
    """Return a rotation for each place, (n, 3, 3): `rotation_enu_to_ecef` of `geo.frames` for many."""
    sin_lat, cos_lat = np.sin(latitude_rad), np.cos(latitude_rad)
    sin_lon, cos_lon = np.sin(longitude_rad), np.cos(longitude_rad)
    zero = np.zeros(len(latitude_rad))
    east = np.stack((-sin_lon, cos_lon, zero), axis=-1)
    north = np.stack((-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat), axis=-1)
    up = np.stack((cos_lat * cos_lon, cos_lat * sin_lon, sin_lat), axis=-1)
    return np.stack((east, north, up), axis=-1)
