"""Whether and when a track may reach an asset: every track against every asset, far pairs passed over.

A course is kept with a wander that grows with the root of time, or left at some moment for anywhere; the time is that
of the straight way at the speed now. `docs/assess.md` has the formula and how well its probabilities hold.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np

from skydas.assess.arrival_kernels import hold_against
from skydas.assess.params import AssessParams
from skydas.assess.table import AssetTable
from skydas.model import FloatArray

MARGIN_M: Final = 20_000.0  # assets nearer than this are looked at whatever the speed
SPEED_SIGMA_SHARE: Final = 0.1  # of the speed: it does not stay what it is
WINDING_RAD: Final = 1.5  # sigma of the course of what flies in circles


class Going(NamedTuple):
    """Where k tracks are and how they go."""

    place_rad: FloatArray  # (k, 2) latitude, longitude
    speed_mps: FloatArray  # (k,)
    speed_most_mps: FloatArray  # (k,) the highest shown
    course_rad: FloatArray  # (k,) from true north
    sigma_course_rad: FloatArray  # (k,)
    sigma_speed_mps: FloatArray  # (k,)


class Arrivals(NamedTuple):
    """Views, each (k, a)."""

    probability: FloatArray  # to be there within the horizon; 1 where it is inside
    distance_m: FloatArray  # to its edge, below 0 inside; a lower bound where it is too far to matter
    earliest_s: FloatArray  # at the highest speed it has shown; inf: not within the horizon
    expected_s: FloatArray  # at the speed it has
    closest_m: FloatArray  # at the closest point of approach on its present course
    off_rad: FloatArray  # between its course and the nearest direction that leads there


def course_sigma(sigma_rad: FloatArray, straightness: FloatArray) -> FloatArray:
    """Return how well a course says where a track goes, (k,) rad: on a winding path (net over path) hardly at all."""
    found: FloatArray = np.hypot(sigma_rad, WINDING_RAD * (1.0 - straightness))
    return found


def arrivals(going: Going, table: AssetTable, params: AssessParams) -> Arrivals:
    """Return every track held against every asset."""
    out = np.empty((len(going.speed_mps), len(table.shape), 6))
    setting = np.array([params.horizon_s, math.radians(params.wander_deg), params.turn_s, MARGIN_M])
    hold_against(
        going.place_rad,
        going.speed_mps,
        going.speed_most_mps,
        going.course_rad,
        going.sigma_course_rad,
        going.sigma_speed_mps,
        table.shape,
        table.centre_rad,
        table.bound_m,
        table.radius_m,
        table.first,
        table.corners,
        setting,
        out,
        np.zeros(5),
    )
    return Arrivals(*(out[:, :, column] for column in range(6)))
