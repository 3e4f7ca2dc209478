"""What sensors have in common: the place they look from, the horizon, the radar equation, blind sectors."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np

from skydas.geo import TangentPlane, ecef_from_geodetic
from skydas.geo.frames import MEAN_RADIUS_M
from skydas.model import TAU, BoolArray, FloatArray, IntArray
from skydas.sim.motion import State
from skydas.sim.scenario import Scene, Span
from skydas.sim.world import STEP_S, World

EFFECTIVE_RADIUS_M: Final = 4.0 / 3.0 * MEAN_RADIUS_M  # straight rays over it bend like radio over the earth
NOISE_DBM: Final = -105.0  # of a rotating radar's receiver: what its amplitudes count from
_CANDIDATES_EVERY: Final = 10  # steps
_CANDIDATES_MARGIN_M: Final = 30_000.0  # more than anything flies in that time


class Seen(NamedTuple):
    """Objects as an exact, tireless observer at the sensor's place would measure them, (k,) each."""

    range_m: FloatArray
    azimuth_rad: FloatArray  # 0 .. tau
    elevation_rad: FloatArray
    range_rate_mps: FloatArray
    height_agl_m: FloatArray


class Site:
    """A sensor's place and what may be near it."""

    def __init__(self, latitude_deg: float, longitude_deg: float, mast_m: float, scene: Scene) -> None:
        self.mast_m = mast_m
        self.ground_m = scene.ground_height_hae_m
        self.plane = TangentPlane(latitude_deg, longitude_deg, scene.ground_height_hae_m + mast_m)
        self._near: IntArray = np.zeros(0, np.int64)

    def candidates(self, world: World, range_m_max: float) -> IntArray:
        """Return the rows of living objects that may be within range in this step, rising."""
        reach_m = range_m_max + _CANDIDATES_MARGIN_M
        if world.step_no % _CANDIDATES_EVERY == 0 or not len(self._near):
            self._near = self.within(world.start_ecef_m, reach_m)
        elif world.born.any():
            born = np.flatnonzero(world.born)
            self._near = np.union1d(self._near, born[self.within(world.start_ecef_m[born], reach_m)])
        near: IntArray = self._near[world.alive[self._near]]
        return near

    def within(self, ecef_m: FloatArray, reach_m: float) -> IntArray:
        """Return which places are within reach, rising."""
        return self.near(ecef_m, np.einsum("ij,ij->i", ecef_m, ecef_m), reach_m)

    def near(self, ecef_m: FloatArray, ecef_m2: FloatArray, reach_m: float) -> IntArray:
        """Return as `within`, given the squares of the distances from the earth's centre, (k,): one product a place."""
        origin_m = self.plane.origin_ecef_m
        return np.flatnonzero(ecef_m2 - 2.0 * (ecef_m @ origin_m) < reach_m**2 - origin_m @ origin_m)

    def see(self, state: State) -> Seen:
        """Return what would be measured of `state` without any error."""
        enu_m = self.enu_m(ecef_from_geodetic(*state[:3]))
        range_m = np.sqrt(np.einsum("ij,ij->i", enu_m, enu_m))
        return Seen(
            range_m,
            np.arctan2(enu_m[:, 0], enu_m[:, 1]) % TAU,
            np.arcsin(np.clip(enu_m[:, 2] / np.maximum(range_m, 1e-3), -1.0, 1.0)),
            np.einsum("ij,ij->i", enu_m, velocity_ecef_mps(state) @ self.plane.rotation_enu_to_ecef)
            / np.maximum(range_m, 1e-3),
            state.height_hae_m - self.ground_m,
        )

    def enu_m(self, ecef_m: FloatArray) -> FloatArray:
        """Return ECEF positions in the sensor's plane, (k, 3)."""
        return (ecef_m - self.plane.origin_ecef_m) @ self.plane.rotation_enu_to_ecef

    def above_horizon(self, seen: Seen) -> BoolArray:
        """Return which objects have a free line of sight over the smooth earth, (k,)."""
        return seen.range_m < horizon_m(self.mast_m, seen.height_agl_m)

    def places(self, range_m: FloatArray, azimuth_rad: FloatArray, elevation_rad: FloatArray) -> FloatArray:
        """Return heights above the ellipsoid of measured polar places, (k,)."""
        flat_m = range_m * np.cos(elevation_rad)
        enu_m = np.column_stack(
            (flat_m * np.sin(azimuth_rad), flat_m * np.cos(azimuth_rad), range_m * np.sin(elevation_rad))
        )
        return self.plane.geodetic_from_enu(enu_m)[2]


def velocity_ecef_mps(state: State) -> FloatArray:
    """Return velocities along the earth-centred axes, (k, 3)."""
    east, north, up = state.velocity_enu_mps().T
    sin_lat, cos_lat = np.sin(state.latitude_rad), np.cos(state.latitude_rad)
    sin_lon, cos_lon = np.sin(state.longitude_rad), np.cos(state.longitude_rad)
    outward = cos_lat * up - sin_lat * north
    return np.column_stack(
        (outward * cos_lon - east * sin_lon, outward * sin_lon + east * cos_lon, cos_lat * north + sin_lat * up)
    )


def horizon_m(mast_m: float, height_agl_m: FloatArray) -> FloatArray:
    """Return how far an object of that height is seen from a mast over a smooth earth of 4/3 radius."""
    return math.sqrt(2.0 * EFFECTIVE_RADIUS_M * mast_m) + np.sqrt(
        2.0 * EFFECTIVE_RADIUS_M * np.maximum(height_agl_m, 0.0)
    )


def detection_probability(
    range_m: FloatArray,
    rcs_m2: FloatArray,
    *,
    range_half_m: float,
    probability_max: float,
    false_alarm_probability: float,
) -> FloatArray:
    """Return the chance of an echo, (k,): Swerling 1, one look, fourth-power law.

    At `range_half_m` an object of 1 m2 has half of `probability_max`.
    """
    snr = mean_snr(range_m, rcs_m2, range_half_m, false_alarm_probability)
    return probability_max * np.exp(math.log(false_alarm_probability) / (1.0 + snr))


def mean_snr(
    range_m: FloatArray, rcs_m2: FloatArray | float, range_half_m: float, false_alarm_probability: float
) -> FloatArray:
    """Return the mean power of the echo over the noise, (k,), of a radar that sees 1 m2 half the time at a range."""
    snr_half = math.log(false_alarm_probability) / math.log(0.5) - 1.0
    found: FloatArray = snr_half * rcs_m2 * (range_half_m / np.maximum(range_m, 1.0)) ** 4
    return found


def echo_power(snr: FloatArray, passed: FloatArray, false_alarm_probability: float) -> FloatArray:
    """Return the power of echoes that were detected, noise and all, over the noise, (k,).

    snr    : (k,) their mean
    passed : (k,) even between 0 and 1: the lot that decided on detection over the chance of it
    Swerling 1: power is exponential with mean 1 + snr, and so is what exceeds the threshold.
    """
    threshold = -math.log(false_alarm_probability)
    power: FloatArray = threshold - (1.0 + snr) * np.log(np.maximum(passed, 1e-12))
    return power


def stated_echo(range_half_m: float, false_alarm_probability: float, noise_db: float) -> dict[str, float]:
    """Return what a node is told of a radar's echoes: `echo_1m2_db` and `echo_min_db` of its sensor."""
    at_1km = mean_snr(np.array([1_000.0]), 1.0, range_half_m, false_alarm_probability)
    return {
        "echo_1m2_db": round(noise_db + 10.0 * math.log10(float(at_1km[0])), 2),
        "echo_min_db": round(noise_db + 10.0 * math.log10(-math.log(false_alarm_probability)), 2),
    }


def in_spans_deg(azimuth_rad: FloatArray, spans_deg: list[Span]) -> BoolArray:
    """Return which azimuths lie in one of the spans, clockwise from first to second (350 to 20 passes north)."""
    inside = np.zeros(len(azimuth_rad), np.bool_)
    for begin_deg, end_deg in spans_deg:
        inside |= (azimuth_rad - math.radians(begin_deg)) % TAU < math.radians((end_deg - begin_deg) % 360.0 or 360.0)
    return inside


def faces(azimuth_rad: FloatArray, facing_deg: float, width_deg: float) -> BoolArray:
    """Return which azimuths lie within a field of view."""
    return in_spans_deg(azimuth_rad, [(facing_deg - width_deg / 2.0, facing_deg + width_deg / 2.0)])


def chances(rng: np.random.Generator, rate_per_s: float) -> int:
    """Return how many events of a rate fall into one step."""
    return int(rng.poisson(rate_per_s * STEP_S)) if rate_per_s > 0.0 else 0


def due(phase: FloatArray, period_s: float, now_s: float) -> tuple[BoolArray, FloatArray]:
    """Return which of the objects report in this step, and how long after its start, (k,) each.

    phase : (k,) 0..1, each object's place in the period; periods of at least a step
    """
    after_s = (phase * period_s - now_s) % period_s
    return after_s < STEP_S, after_s
