"""Plain twins of the assessment's kernels: the obvious thing, one track and one asset at a time."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from scipy.stats import norm

RADIUS_M = 6_371_008.8


def local_m(place_rad: tuple[float, float], corners_rad: np.ndarray) -> np.ndarray:
    """Return east and north of corners seen from a place, (v, 2)."""
    latitude, longitude = place_rad
    aside = (corners_rad[:, 1] - longitude + math.pi) % (2.0 * math.pi) - math.pi
    east = aside * np.cos(0.5 * (corners_rad[:, 0] + latitude))
    return np.stack((east, corners_rad[:, 0] - latitude), axis=1) * RADIUS_M


def is_inside(ring_m: np.ndarray) -> bool:
    """Return whether the origin lies in a closed ring: the angles under which its sides are seen add up to a turn."""
    angle = np.arctan2(ring_m[:, 1], ring_m[:, 0])
    step = (np.diff(angle) + math.pi) % (2.0 * math.pi) - math.pi
    return bool(abs(step.sum()) > math.pi)


def arrival(
    place_rad: tuple[float, float],
    course_rad: float,
    speed_mps: float,
    sigma_course_rad: float,
    sigma_speed_mps: float,
    corners_rad: np.ndarray,
    is_area: bool,
    radius_m: float,
    horizon_s: float,
    wander_rad: float,
    turn_s: float,
) -> tuple[float, float]:
    """Return probability of arrival and distance to the edge (m, below 0 inside) of one pair."""
    corners_m = local_m(place_rad, corners_rad)
    sides = list(pairwise(corners_m)) or [(corners_m[0], corners_m[0])]
    nearest = min((_foot(a, b) for a, b in sides), key=lambda foot: float(np.hypot(*foot)))
    away_m = float(np.hypot(*nearest))
    if is_area and is_inside(corners_m):
        return 1.0, -away_m - radius_m
    distance_m = away_m - radius_m
    if distance_m <= 0.0:
        return 1.0, distance_m
    bearing = math.atan2(nearest[0], nearest[1])
    aside = (np.arctan2(corners_m[:, 0], corners_m[:, 1]) - bearing + math.pi) % (2.0 * math.pi) - math.pi
    extra = math.asin(min(radius_m / away_m, 1.0))
    left, right = min(0.0, aside.min()) - extra, max(0.0, aside.max()) + extra
    off = (course_rad - bearing + math.pi) % (2.0 * math.pi) - math.pi
    there_s = min(distance_m / max(speed_mps, 0.1), horizon_s)
    spread = math.sqrt(sigma_course_rad**2 + wander_rad**2 * there_s / 60.0)
    keeps = norm.cdf((right - off) / spread) - norm.cdf((left - off) / spread)
    turns = 1.0 - math.exp(-there_s / turn_s)
    anywhere = min((right - left) / (2.0 * math.pi), 1.0)
    in_time = norm.cdf((max(speed_mps, 0.1) * horizon_s - distance_m) / max(sigma_speed_mps * horizon_s, 1.0))
    return float(((1.0 - turns) * keeps + turns * anywhere) * in_time), distance_m


def _foot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    along = b - a
    length2 = float(along @ along)
    share = 0.0 if length2 == 0.0 else min(max(float(-a @ along) / length2, 0.0), 1.0)
    return np.asarray(a + share * along)
