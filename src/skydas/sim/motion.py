"""How everything moves: arcs of constant turn rate and acceleration, steered once a step within each object's limits.

A state is latitude, longitude, height, course, ground speed and climb at the start of a step, with the commands that
hold in it; so the place at any instant of the step is a formula, and neither place nor velocity ever jumps.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from skydas.geo.frames import ECCENTRICITY2, SEMI_MAJOR_M
from skydas.model import TAU, FloatArray, IntArray

GRAVITY_MPS2: Final = 9.80665
CLIMB_SETTLE_S: Final = 8.0  # a wrong height is corrected over so long
SPEED_MPS_MIN: Final = 1.0  # below it a turn rate means nothing
# Gauss-Legendre on 0..1, three points: exact for polynomials of degree 5
_NODES: Final = ((0.1127016653792583, 5 / 18), (0.5, 8 / 18), (0.8872983346207417, 5 / 18))


class State(NamedTuple):
    """Where and how fast, each shape (k,)."""

    latitude_rad: FloatArray
    longitude_rad: FloatArray
    height_hae_m: FloatArray
    course_rad: FloatArray  # of the velocity over ground, clockwise from true north
    speed_mps: FloatArray  # horizontal
    climb_mps: FloatArray

    def taken(self, rows: IntArray) -> State:
        """Return the given rows only."""
        return State(*(column[rows] for column in self))

    def velocity_enu_mps(self) -> FloatArray:
        """Return east, north, up at the object's own place, shape (k, 3)."""
        return np.stack(
            (self.speed_mps * np.sin(self.course_rad), self.speed_mps * np.cos(self.course_rad), self.climb_mps),
            axis=-1,
        )


class Command(NamedTuple):
    """What holds through one step, each shape (k,)."""

    turn_radps: FloatArray  # positive to the right
    accel_mps2: FloatArray
    climb_accel_mps2: FloatArray

    def taken(self, rows: IntArray) -> Command:
        """Return the given rows only."""
        return Command(*(column[rows] for column in self))


class Limits(NamedTuple):
    """What an object can do, each shape (k,)."""

    turn_mps2: FloatArray  # sideways acceleration
    accel_mps2: FloatArray
    climb_mps: FloatArray


def advance(state: State, command: Command, dt_s: FloatArray | float) -> State:
    """Return the state `dt_s` later, (k,) or one for all; exact to under a millimetre for steps of a second."""
    north_mps = np.zeros_like(state.speed_mps)
    east_mps = np.zeros_like(state.speed_mps)
    for node, weight in _NODES:
        course_rad = state.course_rad + command.turn_radps * (dt_s * node)
        speed_mps = (state.speed_mps + command.accel_mps2 * (dt_s * node)) * weight
        north_mps += speed_mps * np.cos(course_rad)
        east_mps += speed_mps * np.sin(course_rad)
    climb_mps = state.climb_mps + command.climb_accel_mps2 * dt_s
    height_m = state.height_hae_m + (state.climb_mps + climb_mps) * 0.5 * dt_s
    latitude_rad, longitude_rad = displaced(
        state.latitude_rad, state.longitude_rad, state.height_hae_m, east_mps * dt_s, north_mps * dt_s
    )
    return State(
        latitude_rad,
        longitude_rad,
        height_m,
        (state.course_rad + command.turn_radps * dt_s) % TAU,
        state.speed_mps + command.accel_mps2 * dt_s,
        climb_mps,
    )


def displaced(
    latitude_rad: FloatArray, longitude_rad: FloatArray, height_m: FloatArray, east_m: FloatArray, north_m: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return latitude and longitude after a short way over the ellipsoid (a few kilometres at most)."""
    w2 = 1.0 - ECCENTRICITY2 * np.sin(latitude_rad) ** 2
    normal_m = SEMI_MAJOR_M / np.sqrt(w2)
    meridian_m = normal_m * (1.0 - ECCENTRICITY2) / w2
    moved_rad = north_m / (meridian_m + height_m)
    parallel_m = (normal_m + height_m) * np.cos(latitude_rad + 0.5 * moved_rad)
    return latitude_rad + moved_rad, longitude_rad + east_m / parallel_m


def offset_m(
    latitude_a_rad: FloatArray, longitude_a_rad: FloatArray, latitude_b_rad: FloatArray, longitude_b_rad: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return distance (m) and initial course (rad) from a to b on the great circle."""
    d_lon = longitude_b_rad - longitude_a_rad
    cos_b = np.cos(latitude_b_rad)
    sin_a, cos_a, sin_b = np.sin(latitude_a_rad), np.cos(latitude_a_rad), np.sin(latitude_b_rad)
    cos_d = np.cos(d_lon)
    east = np.sin(d_lon) * cos_b
    north = cos_a * sin_b - sin_a * cos_b * cos_d
    along = sin_a * sin_b + cos_a * cos_b * cos_d
    return SEMI_MAJOR_M * np.arctan2(np.hypot(east, north), along), np.arctan2(east, north)


def half_turn(angle_rad: FloatArray) -> FloatArray:
    """Return the angle within -pi .. pi."""
    return np.remainder(angle_rad + np.pi, TAU) - np.pi


def steer(
    state: State, course_rad: FloatArray, speed_mps: FloatArray, height_m: FloatArray, limits: Limits, step_s: float
) -> Command:
    """Return the commands that bring each object nearest to what is wanted within one step and its limits."""
    turn_max = limits.turn_mps2 / np.maximum(state.speed_mps, SPEED_MPS_MIN)
    turn = np.clip(half_turn(course_rad - state.course_rad) / step_s, -turn_max, turn_max)
    accel = np.clip((speed_mps - state.speed_mps) / step_s, -limits.accel_mps2, limits.accel_mps2)
    climb = np.clip((height_m - state.height_hae_m) / CLIMB_SETTLE_S, -limits.climb_mps, limits.climb_mps)
    climb_accel = np.clip((climb - state.climb_mps) / step_s, -limits.accel_mps2, limits.accel_mps2)
    return Command(turn, accel, climb_accel)


def turn_radius_m(speed_mps: FloatArray, turn_mps2: FloatArray) -> FloatArray:
    """Return the radius of the tightest turn."""
    return speed_mps**2 / np.maximum(turn_mps2, 1e-3)
