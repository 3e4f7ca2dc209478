"""What a seed varies of a scenario before anything flies: who flies, by which way, how fast, in what weather.

`varied` leaves a scenario that varies no more: doing it twice changes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import msgspec
import numpy as np

from skydas.geo import TangentPlane
from skydas.model import TAU
from skydas.sim.kinds import KINDS
from skydas.sim.routes import drawn
from skydas.sim.scenario import Scenario, Target, Variation, Waypoint, WindLayer

PIECE_M: Final = 2_500.0  # of a leg between two points that are moved aside
PIECES_MAX: Final = 200  # of one leg
ORBIT_POINTS: Final = 12  # of one circle
PATTERN_POINTS_MAX: Final = 600  # of one hold

_STILL = Target(name="", kind="unknown", waypoints=[])


def varied(scenario: Scenario, rng: np.random.Generator) -> Scenario:
    """Return the scenario as one seed has it."""
    variation = scenario.variation
    chosen = _chosen(scenario.targets, rng)
    targets = [_target(target, rng) for target, flies in zip(scenario.targets, chosen, strict=True) if flies]
    turn_deg, wind_factor = rng.normal(0.0, 1.0) * variation.wind_turn_deg, drawn(rng, variation.wind_factor)
    clutter_factor = drawn(rng, variation.clutter_factor)
    traffic = [
        msgspec.structs.replace(one, count=max(1, round(one.count * drawn(rng, variation.traffic_factor))))
        for one in scenario.traffic
    ]
    radars = [
        msgspec.structs.replace(
            one,
            clutter_per_scan=one.clutter_per_scan * clutter_factor,
            clutter_areas=[
                msgspec.structs.replace(area, plots_per_scan=area.plots_per_scan * clutter_factor)
                for area in one.clutter_areas
            ],
        )
        for one in scenario.radars
    ]
    return msgspec.structs.replace(
        scenario,
        variation=Variation(),
        targets=targets,
        traffic=traffic,
        radars=radars,
        winds=[_wind(layer, turn_deg, wind_factor) for layer in scenario.winds],
    )


def _wind(layer: WindLayer, turn_deg: float, factor: float) -> WindLayer:
    return msgspec.structs.replace(
        layer, from_deg=(layer.from_deg + turn_deg) % 360.0, speed_mps=layer.speed_mps * factor
    )


def _chosen(targets: list[Target], rng: np.random.Generator) -> list[bool]:
    """Return which targets fly: one of each choice, and those that chance lets fly."""
    choices: dict[str, list[int]] = {}
    for row, target in enumerate(targets):
        if target.one_of:
            choices.setdefault(target.one_of, []).append(row)
    flies = [not target.one_of for target in targets]
    for rows in choices.values():
        flies[rows[int(rng.integers(len(rows)))]] = True
    return [is_chosen and rng.random() < target.chance for is_chosen, target in zip(flies, targets, strict=True)]


def _target(target: Target, rng: np.random.Generator) -> Target:
    """Return one target with a route, times, speeds and heights of this seed's own."""
    speed_factor, height_factor = drawn(rng, target.speed_factor), drawn(rng, target.height_factor)
    hold_factor = drawn(rng, target.hold_factor)
    kind = KINDS[target.kind]
    points: list[Waypoint] = []
    height_m, speed_mps = sum(kind.height_agl_m) / 2.0, sum(kind.speed_mps) / 2.0
    for given in target.waypoints:
        height_m = height_m if given.height_agl_m is None else given.height_agl_m
        speed_mps = speed_mps if given.speed_mps is None else given.speed_mps
        spread_m = target.spread_m if given.spread_m is None else given.spread_m
        east_m, north_m = rng.normal(0.0, 1.0, 2) * spread_m
        latitude_deg, longitude_deg = moved(given.latitude_deg, given.longitude_deg, east_m, north_m)
        point = msgspec.structs.replace(
            given,
            latitude_deg=latitude_deg,
            longitude_deg=longitude_deg,
            height_agl_m=height_m * height_factor,
            speed_mps=speed_mps * speed_factor,
            hold_s=given.hold_s * hold_factor,
            spread_m=None,
        )
        if points and target.wander_m:
            points += _wandering(points[-1], point, target.wander_m, rng)
        points += _held(point, rng)
    return msgspec.structs.replace(
        target,
        waypoints=points,
        start_s=target.start_s + drawn(rng, target.start_after_s),
        **{name: getattr(_STILL, name) for name in _VARIED},
    )


_VARIED: Final = (
    "one_of", "chance", "spread_m", "wander_m", "start_after_s", "speed_factor", "height_factor", "hold_factor"
)  # fmt: skip


def _wandering(start: Waypoint, end: Waypoint, wander_m: float, rng: np.random.Generator) -> Iterator[Waypoint]:
    """Yield points between two waypoints, each aside of the straight way between them."""
    plane = TangentPlane(start.latitude_deg, start.longitude_deg)
    there_rad = np.radians((end.latitude_deg, end.longitude_deg))
    east_m, north_m, _ = plane.enu_from_geodetic(there_rad[0], there_rad[1], np.zeros(())).tolist()
    length_m = math.hypot(east_m, north_m)
    pieces = min(round(length_m / PIECE_M), PIECES_MAX)
    for piece in range(1, pieces):
        along, aside_m = piece / pieces, float(rng.normal(0.0, wander_m))
        at_m = (along * east_m + aside_m * north_m / length_m, along * north_m - aside_m * east_m / length_m)
        latitude_deg, longitude_deg = moved(start.latitude_deg, start.longitude_deg, *at_m)
        yield Waypoint(
            latitude_deg=latitude_deg, longitude_deg=longitude_deg,
            height_agl_m=end.height_agl_m, speed_mps=end.speed_mps,
        )  # fmt: skip


def _held(point: Waypoint, rng: np.random.Generator) -> list[Waypoint]:
    """Return a waypoint, or the circles or lanes that are flown about it instead of holding."""
    if not point.hold_s or not (point.orbit_radius_m or point.search_lane_m):
        return [point]
    way_m = point.hold_s * (point.speed_mps or 1.0)
    begin_rad, side = float(rng.random()) * TAU, 1.0 if rng.random() < 0.5 else -1.0
    places = _circle(point.orbit_radius_m, way_m) if point.orbit_radius_m else _lanes(point, way_m)
    made = []
    for east_m, north_m in places:
        right_m, ahead_m = side * east_m, north_m
        turned = (
            right_m * math.cos(begin_rad) + ahead_m * math.sin(begin_rad),
            ahead_m * math.cos(begin_rad) - right_m * math.sin(begin_rad),
        )
        latitude_deg, longitude_deg = moved(point.latitude_deg, point.longitude_deg, *turned)
        made.append(
            msgspec.structs.replace(
                point,
                latitude_deg=latitude_deg,
                longitude_deg=longitude_deg,
                hold_s=0.0,
                orbit_radius_m=0.0,
                search_lane_m=0.0,
            )
        )
    return made


def _circle(radius_m: float, way_m: float) -> Iterator[tuple[float, float]]:
    step_m = TAU * radius_m / ORBIT_POINTS
    for number in range(min(max(round(way_m / step_m), 1), PATTERN_POINTS_MAX)):
        angle_rad = TAU * number / ORBIT_POINTS
        yield radius_m * math.sin(angle_rad), radius_m * math.cos(angle_rad)


def _lanes(point: Waypoint, way_m: float) -> Iterator[tuple[float, float]]:
    """Yield the ends of lanes side by side, the whole in the middle of the waypoint."""
    length_m, lane_m = point.search_length_m, point.search_lane_m
    lanes = min(max(round(way_m / (length_m + lane_m)), 1), PATTERN_POINTS_MAX // 2)
    for lane in range(lanes):
        across_m = (lane - (lanes - 1) / 2.0) * lane_m
        for end in (-0.5, 0.5) if lane % 2 == 0 else (0.5, -0.5):
            yield across_m, end * length_m


def moved(latitude_deg: float, longitude_deg: float, east_m: float, north_m: float) -> tuple[float, float]:
    """Return the place so far east and north of another (deg)."""
    if not east_m and not north_m:
        return latitude_deg, longitude_deg
    plane = TangentPlane(latitude_deg, longitude_deg)
    latitude_rad, longitude_rad, _ = plane.geodetic_from_enu(np.array([east_m, north_m, 0.0]))
    return math.degrees(float(latitude_rad)), math.degrees(float(longitude_rad))
