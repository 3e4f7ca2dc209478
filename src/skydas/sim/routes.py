"""Makes routes: of one member of a formation on given waypoints, and of random traffic from a generator.

A route is shape (w, 5): latitude_rad, longitude_rad, height_hae_m, speed_mps, hold_s. The first row is where it begins.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from skydas.geo import TangentPlane, distance_m
from skydas.model import FloatArray
from skydas.sim.kinds import KINDS, Kind
from skydas.sim.motion import displaced, half_turn, offset_m
from skydas.sim.scenario import Scene, Span, Target, Traffic

LATITUDE, LONGITUDE, HEIGHT, SPEED, HOLD = range(5)
WANDER_GOALS: Final = 16
_RATIO: Final = (0.5, 1.6)  # of a member's speed to its leader's
_GOLDEN_ANGLE_RAD: Final = math.pi * (3.0 - math.sqrt(5.0))


def drawn(rng: np.random.Generator, span: Span) -> float:
    """Return a number drawn evenly from a span."""
    return float(span[0] + (span[1] - span[0]) * rng.random())


def member_offset_m(member: int, spacing_m: float) -> tuple[float, float]:
    """Return east and north of a flock's member from its leader: a sunflower, neighbours about a spacing apart."""
    radius_m = spacing_m * math.sqrt(member)
    angle_rad = member * _GOLDEN_ANGLE_RAD
    return radius_m * math.sin(angle_rad), radius_m * math.cos(angle_rad)


def target_route(target: Target, member: int, scene: Scene) -> FloatArray:
    """Return the route of one member: abreast of the leader, at speeds that let all pass each waypoint together."""
    kind = KINDS[target.kind]
    lead = np.zeros((len(target.waypoints), 5))
    aside_m = np.zeros(len(lead))
    spacing_m = target.spacing_m
    height_m, speed_mps = sum(kind.height_agl_m) / 2.0, sum(kind.speed_mps) / 2.0
    for row, point in enumerate(target.waypoints):
        spacing_m = spacing_m if point.spacing_m is None else point.spacing_m
        height_m = height_m if point.height_agl_m is None else point.height_agl_m
        speed_mps = speed_mps if point.speed_mps is None else point.speed_mps
        lead[row] = (
            math.radians(point.latitude_deg),
            math.radians(point.longitude_deg),
            height_m + scene.ground_height_hae_m,
            speed_mps,
            point.hold_s,
        )
        aside_m[row] = spacing_m * (-1) ** member * ((member + 1) // 2)
    own = lead.copy()
    right_rad = _courses_rad(lead) + math.pi / 2.0
    own[:, LATITUDE], own[:, LONGITUDE] = displaced(
        lead[:, LATITUDE], lead[:, LONGITUDE], lead[:, HEIGHT], aside_m * np.sin(right_rad), aside_m * np.cos(right_rad)
    )
    ratio = _leg_lengths_m(own) / np.maximum(_leg_lengths_m(lead), 1.0)
    own[1:, SPEED] *= np.clip(ratio, *_RATIO)
    own[0, SPEED] = own[min(1, len(own) - 1), SPEED]
    return own


def traffic_route(traffic: Traffic, scene: Scene, rng: np.random.Generator, *, first: bool) -> FloatArray:
    """Return a random route; when `first` it is cut somewhere on the way, so that the scene begins full."""
    kind = KINDS[traffic.kind]
    height_m = drawn(rng, traffic.height_agl_m or kind.height_agl_m) + scene.ground_height_hae_m
    speed_mps = drawn(rng, traffic.speed_mps or kind.speed_mps)
    pattern = traffic.pattern or kind.pattern
    if traffic.routes:
        places = _along_route(traffic, rng)
    elif pattern == "cross":
        places = _across_disc(traffic, rng)
    else:
        places = _in_disc(traffic.latitude_deg, traffic.longitude_deg, traffic.radius_m, rng)[None, :]
    route = np.column_stack(
        (places, np.full(len(places), height_m), np.full(len(places), speed_mps), np.zeros(len(places)))
    )
    if first and len(route) > 1:
        route = _cut(route, rng.random())
    if pattern == "wander" and len(route) == 1:
        route = np.vstack((route, wander_goals(traffic, kind, route[0, :2], scene, rng)))
    return route


def wander_goals(
    traffic: Traffic, kind: Kind, home_rad: FloatArray, scene: Scene, rng: np.random.Generator
) -> FloatArray:
    """Return the next goals of one that strays about its home, shape (WANDER_GOALS, 5)."""
    radius_m = kind.wander_radius_m if traffic.wander_radius_m is None else traffic.wander_radius_m
    goals = np.zeros((WANDER_GOALS, 5))
    reach_m, angle_rad = radius_m * np.sqrt(rng.random(WANDER_GOALS)), math.tau * rng.random(WANDER_GOALS)
    east_m, north_m = reach_m * np.sin(angle_rad), reach_m * np.cos(angle_rad)
    goals[:, LATITUDE], goals[:, LONGITUDE] = displaced(
        home_rad[0], home_rad[1], np.zeros(WANDER_GOALS), east_m, north_m
    )
    height_agl_m = rng.uniform(*(traffic.height_agl_m or kind.height_agl_m), WANDER_GOALS)
    goals[:, HEIGHT] = height_agl_m + scene.ground_height_hae_m
    goals[:, SPEED] = rng.uniform(*(traffic.speed_mps or kind.speed_mps), WANDER_GOALS)
    return goals


def _across_disc(traffic: Traffic, rng: np.random.Generator) -> FloatArray:
    """Return both ends of a random chord of the area."""
    course_rad = math.radians(drawn(rng, traffic.course_deg))
    aside_m = drawn(rng, (-0.9, 0.9)) * traffic.radius_m
    half_m = math.sqrt(traffic.radius_m**2 - aside_m**2)
    along, across = (math.sin(course_rad), math.cos(course_rad)), (math.cos(course_rad), -math.sin(course_rad))
    ends = [
        _shifted(
            traffic.latitude_deg,
            traffic.longitude_deg,
            aside_m * across[0] + side * half_m * along[0],
            aside_m * across[1] + side * half_m * along[1],
        )
        for side in (-1.0, 1.0)
    ]
    return np.array(ends)


def _along_route(traffic: Traffic, rng: np.random.Generator) -> FloatArray:
    """Return one of the given routes, perhaps the other way, moved aside as a whole."""
    places = traffic.routes[int(rng.integers(len(traffic.routes)))]
    if not traffic.one_way and rng.random() < 0.5:
        places = places[::-1]
    east_m, north_m = rng.normal(0.0, traffic.route_spread_m, 2) if traffic.route_spread_m else (0.0, 0.0)
    return np.array([_shifted(latitude, longitude, east_m, north_m) for latitude, longitude in places])


def _in_disc(latitude_deg: float, longitude_deg: float, radius_m: float, rng: np.random.Generator) -> FloatArray:
    reach_m, angle_rad = radius_m * math.sqrt(rng.random()), math.tau * rng.random()
    return np.array(_shifted(latitude_deg, longitude_deg, reach_m * math.sin(angle_rad), reach_m * math.cos(angle_rad)))


def _shifted(latitude_deg: float, longitude_deg: float, east_m: float, north_m: float) -> tuple[float, float]:
    """Return latitude and longitude (rad) under a point of the tangent plane."""
    if not east_m and not north_m:
        return math.radians(latitude_deg), math.radians(longitude_deg)
    plane = TangentPlane(latitude_deg, longitude_deg)
    latitude_rad, longitude_rad, _ = plane.geodetic_from_enu(np.array([east_m, north_m, 0.0]))
    return float(latitude_rad), float(longitude_rad)


def _courses_rad(route: FloatArray) -> FloatArray:
    """Return the course at each waypoint, half way between the leg that ends and the leg that begins there, (w,)."""
    if len(route) < 2:
        return np.zeros(len(route))
    legs_rad = offset_m(route[:-1, LATITUDE], route[:-1, LONGITUDE], route[1:, LATITUDE], route[1:, LONGITUDE])[1]
    before_rad, after_rad = np.concatenate((legs_rad[:1], legs_rad)), np.concatenate((legs_rad, legs_rad[-1:]))
    middle_rad: FloatArray = before_rad + half_turn(after_rad - before_rad) / 2.0
    return middle_rad


def corners(route: FloatArray) -> FloatArray:
    """Return for each waypoint how many turn radii before it the turn to the next leg begins, 0 .. 1, (w,)."""
    if len(route) < 3:
        return np.zeros(len(route))
    legs_rad = offset_m(route[:-1, LATITUDE], route[:-1, LONGITUDE], route[1:, LATITUDE], route[1:, LONGITUDE])[1]
    turns = np.tan(np.minimum(np.abs(half_turn(np.diff(legs_rad))), math.pi / 2.0) / 2.0)
    return np.concatenate(([0.0], turns, [0.0]))


def _leg_lengths_m(route: FloatArray) -> FloatArray:
    return distance_m(route[:-1, LATITUDE], route[:-1, LONGITUDE], route[1:, LATITUDE], route[1:, LONGITUDE])


def _cut(route: FloatArray, fraction: float) -> FloatArray:
    """Return what is left of a route after a fraction of its length."""
    lengths_m = _leg_lengths_m(route)
    gone_m = fraction * lengths_m.sum()
    leg = int(np.searchsorted(np.cumsum(lengths_m), gone_m))
    leg = min(leg, len(lengths_m) - 1)
    within = (gone_m - lengths_m[:leg].sum()) / max(lengths_m[leg], 1.0)
    rest = route[leg:].copy()
    rest[0, :2] += (rest[1, :2] - rest[0, :2]) * within
    return rest
