"""Where an object that is no longer seen came down: points that fell, glided, landed or flew on, by what it is.

How it came down is not known, so each way has a share. The shares and speeds are what handbooks and manuals of such
craft give, not measurements: `docs/prediction.md` says what real landings made of them.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec
import numpy as np

from skydas.assess.predict.flat import offset_m
from skydas.assess.predict.quasi import normals, uniforms
from skydas.model import BoolArray, FloatArray, ObjectClass

POINTS: Final = 2_000
SINK_MPS_MIN: Final = 0.5
LANDS_M_PER_S: Final = 0.3  # share of its speed that a craft which lands under control keeps on average


class Ways(NamedTuple):
    """How a kind of craft comes down: shares of each way, and ranges."""

    falls: float  # out of control, at a steep path
    glides: float  # without power, at its own glide ratio, straight or in a turn
    lands: float  # under control, near
    flies_on: float  # below what the sensors see
    glide_ratio: tuple[float, float]
    sink_mps: tuple[float, float]  # of a controlled landing
    fall_mps: tuple[float, float]
    endurance_s: float  # it flies on for so long at most


MULTIROTOR: Final = Ways(0.25, 0.0, 0.45, 0.3, (1.0, 1.0), (1.0, 4.0), (8.0, 25.0), 900.0)
SMALL_WING: Final = Ways(0.25, 0.35, 0.1, 0.3, (5.0, 15.0), (1.0, 4.0), (15.0, 40.0), 1_800.0)
LARGE_WING: Final = Ways(0.15, 0.35, 0.3, 0.2, (8.0, 18.0), (2.0, 6.0), (30.0, 80.0), 1_800.0)
SAILPLANE: Final = Ways(0.05, 0.25, 0.5, 0.2, (20.0, 40.0), (0.5, 2.0), (20.0, 50.0), 3_600.0)
ROTORCRAFT: Final = Ways(0.15, 0.25, 0.4, 0.2, (2.5, 4.5), (1.5, 6.0), (15.0, 50.0), 3_600.0)
UNKNOWN: Final = Ways(0.25, 0.2, 0.25, 0.3, (3.0, 15.0), (1.0, 4.0), (8.0, 40.0), 1_800.0)

WAYS: Final[dict[int, Ways]] = {
    ObjectClass.AIRLINER: LARGE_WING,
    ObjectClass.LIGHT_AIRCRAFT: LARGE_WING,
    ObjectClass.GLIDER: SAILPLANE,
    ObjectClass.HELICOPTER: ROTORCRAFT,
    ObjectClass.FIXED_WING_DRONE: SMALL_WING,
    ObjectClass.ONE_WAY_DRONE: SMALL_WING,
    ObjectClass.CRUISE: SMALL_WING,
    ObjectClass.MULTIROTOR: MULTIROTOR,
}
NOT_SEARCHED: Final = frozenset((ObjectClass.BIRD, ObjectClass.BALLOON, ObjectClass.BALLISTIC))


class Last(msgspec.Struct, frozen=True):
    """How an object was last seen."""

    t_ns: int
    latitude_deg: float
    longitude_deg: float
    height_m: float  # above the ground beneath it
    velocity_mps: tuple[float, float, float]
    sigma_m: float
    sigma_mps: float
    kind: int  # ObjectClass


class Points(NamedTuple):
    """Where it may lie."""

    at_m: FloatArray  # (p, 2) east and north of where it was last seen
    weight: FloatArray  # (p,) sums to 1 - elsewhere


def points_of(last: Last, wind_mps: tuple[float, float] = (0.0, 0.0), wind_sigma_mps: float = 4.0) -> Points:
    """Return the places where it may lie if nothing more is known."""
    ways = WAYS.get(last.kind, UNKNOWN)
    u = uniforms(POINTS, 12)
    z = normals(u[:, :8])
    at = last.sigma_m * z[:, :2]
    velocity = np.array(last.velocity_mps[:2]) + min(last.sigma_mps, 10.0) * z[:, 2:4]
    wind = np.array(wind_mps) + wind_sigma_mps * z[:, 4:6]
    height_m = np.maximum(last.height_m * (1.0 + 0.1 * z[:, 6]), 2.0)
    speed = np.maximum(np.hypot(*velocity.T), 0.5)
    shares = np.cumsum([ways.falls, ways.glides, ways.lands])
    way = np.searchsorted(shares, u[:, 8] * (shares[-1] + ways.flies_on))
    course = np.arctan2(velocity[:, 0], velocity[:, 1])
    pick = u[:, 9]

    # Falling: the way on decays as drag takes it, within the few seconds of the fall; wind carries it.
    fall_s = height_m / _between(ways.fall_mps, pick)
    fallen = velocity * (2.0 * -np.expm1(-fall_s / 2.0))[:, None] + wind * fall_s[:, None] * 0.5
    # Gliding: path length = ratio x height, bent by a turn that is kept; the wind of that time on top.
    length = _between(ways.glide_ratio, pick) * height_m
    bend = z[:, 7] * 1.0 * length / (speed * 60.0)
    glided = _arc(course, length, bend) + wind * (length / speed)[:, None]
    # Landing under control: some of the speed until it is down.
    sink = np.maximum(_between(ways.sink_mps, pick), -last.velocity_mps[2])
    down_s = height_m / sink
    landed = velocity * LANDS_M_PER_S * np.minimum(down_s, 60.0)[:, None] * (2.0 * u[:, 10:11])
    # Flying on: any time up to its endurance, most likely soon; a course that wanders.
    on_s = ways.endurance_s * u[:, 10] ** 3
    on = _arc(course, speed * on_s, z[:, 7] * 1.2)
    at = at + np.choose(way[:, None], (fallen, glided, landed, on))
    return Points(at, np.full(POINTS, 1.0 / POINTS))


def _between(ends: tuple[float, float], share: FloatArray) -> FloatArray:
    return ends[0] * (ends[1] / ends[0]) ** share


def _arc(course_rad: FloatArray, length_m: FloatArray, bend_rad: FloatArray) -> FloatArray:
    """Return where an arc of constant turn ends, (p, 2): `bend_rad` is the turn in all."""
    half = 0.5 * bend_rad
    chord = length_m * np.sinc(half / np.pi)
    return np.stack((chord * np.sin(course_rad + half), chord * np.cos(course_rad + half)), axis=1)


class Area(msgspec.Struct, frozen=True):
    """A searched area: a circle, or a ring of corners."""

    ring: tuple[tuple[float, float], ...] = ()  # latitude, longitude (deg)
    latitude_deg: float = 0.0
    longitude_deg: float = 0.0
    radius_m: float = 0.0


def inside(area: Area, latitude_deg: float, longitude_deg: float, at_m: FloatArray) -> BoolArray:
    """Return which points (p, 2), metres east and north of a place, lie in an area."""
    from_rad = np.radians(latitude_deg), np.radians(longitude_deg)
    if not area.ring:
        east_m, north_m = offset_m(*from_rad, np.radians(area.latitude_deg), np.radians(area.longitude_deg))
        near: BoolArray = np.hypot(at_m[:, 0] - east_m, at_m[:, 1] - north_m) <= area.radius_m
        return near
    corners = np.radians(np.array(area.ring))
    x, y = offset_m(*from_rad, corners[:, 0], corners[:, 1])
    odd = np.zeros(len(at_m), bool)
    for k in range(len(x)):
        before = k - 1
        crosses = (y[k] > at_m[:, 1]) != (y[before] > at_m[:, 1])
        rise = y[before] - y[k]
        where = x[k] + (x[before] - x[k]) * (at_m[:, 1] - y[k]) / (rise if rise else 1.0)
        odd ^= crosses & (at_m[:, 0] < where)
    return odd


def searched(weight: FloatArray, elsewhere: float, hit: BoolArray, detection: float) -> tuple[FloatArray, float]:
    """Return weights and "elsewhere" after a search that would have found it with `detection` and did not (Bayes)."""
    left = np.where(hit, weight * (1.0 - detection), weight)
    whole = float(left.sum()) + elsewhere
    return left / whole, elsewhere / whole
