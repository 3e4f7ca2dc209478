"""Where something that falls freely comes down, to warn people there: an area and a time, never a point.

What holds: after its engine has stopped, without lift and without control. Between no drag at all and the drag of a
light fragment lies a factor of twenty in mass over area, and the points spread over it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from skydas.assess.predict.fall_kernels import fall
from skydas.assess.predict.flat import offset_m
from skydas.assess.predict.quasi import normals, uniforms
from skydas.geo.frames import ecef_from_geodetic, geodetic_from_ecef, rotation_enu_to_ecef
from skydas.model import BoolArray, FloatArray

POINTS: Final = 200
STEP_S: Final = 0.5
FALL_S_MAX: Final = 900.0
MASS_KGPM2: Final = (500.0, 10_000.0)  # mass over drag coefficient times area
NO_DRAG: Final = 0.1  # share of points without any: the outer edge


class Thrown(NamedTuple):
    """Something that flies without power."""

    latitude_deg: float
    longitude_deg: float
    height_hae_m: float
    velocity_mps: tuple[float, float, float]  # east, north, up
    sigma_m: float
    sigma_mps: float


class Impact(NamedTuple):
    """Where and when its points come down."""

    at_m: FloatArray  # (p, 2) east and north of where it is now
    fall_s: FloatArray  # (p,)
    came_down: BoolArray  # (p,) False: it was still up after FALL_S_MAX


def impact(now: Thrown, ground_hae_m: float = 0.0) -> Impact:
    """Return where it may come down."""
    u = uniforms(POINTS, 8)
    z = normals(u[:, :6])
    latitude, longitude = np.radians(now.latitude_deg), np.radians(now.longitude_deg)
    turn = rotation_enu_to_ecef(float(latitude), float(longitude))
    centre = ecef_from_geodetic(np.array(latitude), np.array(longitude), np.array(now.height_hae_m))
    surface = ecef_from_geodetic(np.array(latitude), np.array(longitude), np.array(ground_hae_m))
    position = centre + now.sigma_m * z[:, :3] @ turn.T
    velocity = (np.array(now.velocity_mps) + now.sigma_mps * z[:, 3:6]) @ turn.T
    drag = 1.0 / (MASS_KGPM2[0] * (MASS_KGPM2[1] / MASS_KGPM2[0]) ** u[:, 6])
    drag[u[:, 7] < NO_DRAG] = 0.0
    fall_s = np.zeros(POINTS)
    steps = int(FALL_S_MAX / STEP_S)
    fall(position, velocity, drag, float(np.linalg.norm(surface)), STEP_S, steps, np.zeros((4, 3)), fall_s)
    to_latitude, to_longitude, _ = geodetic_from_ecef(position)
    east_m, north_m = offset_m(np.array(latitude), np.array(longitude), to_latitude, to_longitude)
    return Impact(np.stack((east_m, north_m), axis=1), fall_s, np.isfinite(fall_s))
