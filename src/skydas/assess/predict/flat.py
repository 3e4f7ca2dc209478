"""Distances of up to some hundred kilometres as east and north, without a plane that belongs to anybody.

The parallel in the middle of both places serves as scale: within 0.5 % of the ellipsoid's at 300 km and 60 degrees.
"""

from __future__ import annotations

import numpy as np

from skydas.geo.frames import MEAN_RADIUS_M
from skydas.model import FloatArray


def offset_m(
    latitude_rad: FloatArray, longitude_rad: FloatArray, to_latitude_rad: FloatArray, to_longitude_rad: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return how far east and north the second place lies of the first, metres; shapes are broadcast."""
    turn_rad = (to_longitude_rad - longitude_rad + np.pi) % (2.0 * np.pi) - np.pi
    east_m = MEAN_RADIUS_M * turn_rad * np.cos(0.5 * (latitude_rad + to_latitude_rad))
    return east_m, MEAN_RADIUS_M * (to_latitude_rad - latitude_rad)


def moved(
    latitude_rad: FloatArray, longitude_rad: FloatArray, east_m: FloatArray, north_m: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the place that lies so far east and north, radians; the inverse of `offset_m`."""
    to_latitude_rad = latitude_rad + north_m / MEAN_RADIUS_M
    scale = np.cos(0.5 * (latitude_rad + to_latitude_rad))
    turned_rad = longitude_rad + east_m / (MEAN_RADIUS_M * scale) + np.pi
    return to_latitude_rad, turned_rad % (2.0 * np.pi) - np.pi
