"""Simulated routes to places, past them or about them, sensed and tracked, for fitting and judging destinations.

A route begins at the edge of an area and flies to one of its places or to a point beyond it; or it stays about a point
of its own. It holds course or wanders, straight or by way of points. It is seen from its begin or from later on. A
radar with errors and gaps sees it; a filter of one model tracks it; the tracks go through the same `Paths` and the same
features as in a node.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from skydas.assess.predict.destinations import Evidence, evidence
from skydas.assess.predict.flat import moved
from skydas.assess.predict.paths import Paths
from skydas.assess.predict.places import SPREAD_M_MIN, Places
from skydas.model import TRACK, BoolArray, FloatArray, IntArray, TrackStatus

KINDS: Final = ("direct_steady", "direct_wandering", "waypoints", "past_straight", "past_waypoints", "stays")
PAST, STAYS = 3, 5  # from PAST on, nothing goes to a place
WANDER_RAD: Final = (0.05, 0.10)  # steady; the rest is drawn from the second and third
WANDER_MORE_RAD: Final = (0.15, 0.3)
FRACTIONS: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
STEP_S: Final = 4.0
STEPS_MAX: Final = 4_000
POINTS_MAX: Final = 4
TURN_RADPS: Final = 0.05
STAYS_TURN_RADPS: Final = 0.2
STAYS_STEPS: Final = (20, 400)
STAYS_REACH_M: Final = (50.0, 6_000.0)
STAYS_MPS: Final = (3.0, 45.0)
RESTS_S: Final = 120.0  # mean of standing still, of those that do
SPREAD_M_MAX: Final = 3_000.0
CLUSTERED: Final = 0.5  # of the areas have their places together
SEEN_LATER: Final = 0.5  # of the routes, from up to half of their way on
GLIDE: Final = 0.07  # at most: how steeply a fast one comes down to its place
LATITUDE_RAD, LONGITUDE_RAD = 0.96, 0.42  # the middle of every area
START_NS: Final = 1_800_000_000_000_000_000


class Case(NamedTuple):
    """What was known of one route at one moment, and where it went."""

    kind: str
    fraction: float  # of its way since it was first seen
    given: Evidence  # of one track and its places
    goal: int  # row of the place, or their count: elsewhere


class Routes(NamedTuple):
    """Many routes, flown."""

    kind: IntArray  # (n,)
    goal: IntArray  # (n,)
    places_m: list[FloatArray]  # (g, 2) each
    spread_m: list[FloatArray]  # (g,) each
    path_m: FloatArray  # (n, steps, 2)
    length: IntArray  # (n,) steps flown
    seen: IntArray  # (n,) first step that is seen
    height_m: FloatArray  # (n,) cruising
    descends: BoolArray  # (n,) comes down to its place


def fly(rng: np.random.Generator, count: int, places: tuple[int, int] = (3, 20)) -> Routes:
    """Return `count` routes, as many of each kind; areas, speeds, places and wandering are drawn."""
    kind = np.arange(count) % len(KINDS)
    half_m = 20e3 * 6.0 ** rng.random(count)
    # From slow drones to airliners; the slowest do not cross the widest areas within STEPS_MAX.
    speed = np.maximum(12.0 * 20.0 ** rng.random(count), half_m / 3_600.0)
    places_m = [_area(rng, one, places) for one in half_m]
    spread_m = [SPREAD_M_MIN * (SPREAD_M_MAX / SPREAD_M_MIN) ** rng.random(len(one)) for one in places_m]
    begin = rng.uniform(0.0, 2.0 * np.pi, count)
    at = 1.5 * half_m[:, None] * np.stack((np.cos(begin), np.sin(begin)), axis=1)
    goal = np.array([int(rng.integers(len(one))) for one in places_m])
    off_m = np.array([max(0.3 * one[row], 150.0) for one, row in zip(spread_m, goal, strict=True)])
    aim = np.array([one[row] for one, row in zip(places_m, goal, strict=True)])
    aim = aim + rng.normal(0.0, 1.0, (count, 2)) * off_m[:, None]
    beyond = begin + np.pi + rng.normal(0.0, 0.5, count)
    is_past, stays = kind >= PAST, kind == STAYS
    aim[is_past] = (1.9 * half_m[:, None] * np.stack((np.cos(beyond), np.sin(beyond)), axis=1))[is_past]
    goal[is_past] = [len(one) for one, past in zip(places_m, is_past, strict=True) if past]
    by_points = (kind == 2) | (kind == 4)
    legs = np.where(by_points, rng.integers(1, POINTS_MAX, count), 0)
    points = np.repeat(aim[:, None], POINTS_MAX + 1, axis=1)
    for leg in range(POINTS_MAX - 1):
        part = ((leg + 1) / (legs + 1))[:, None]
        detour = at + part * (aim - at) + rng.normal(0.0, 0.3, (count, 2)) * half_m[:, None]
        points[leg < legs, leg] = detour[leg < legs]
    wander = np.where(kind == 0, rng.choice(WANDER_RAD, count), rng.choice(WANDER_MORE_RAD, count))
    wander = np.where((kind >= 2) & (rng.random(count) < 0.5), WANDER_RAD[0], wander)
    # What stays begins near one of the places as often as anywhere.
    near = np.array([one[int(rng.integers(len(one)))] for one in places_m])
    near = near + rng.normal(0.0, 1.0, (count, 2)) * 3_000.0 * rng.random((count, 1))
    home = np.where(rng.random((count, 1)) < 0.5, near, rng.uniform(-1.0, 1.0, (count, 2)) * half_m[:, None])
    at[stays] = home[stays]
    speed[stays] = (STAYS_MPS[0] * (STAYS_MPS[1] / STAYS_MPS[0]) ** rng.random(count))[stays]
    # A route ends at the edge of its place.
    edge_m = np.array([0.0 if row == len(one) else one[row] for one, row in zip(spread_m, goal, strict=True)])
    path_m, length = _flown(rng, at, speed, points, legs, wander, stays, edge_m)
    seen = np.where(rng.random(count) < SEEN_LATER, 0.5 * rng.random(count), 0.0)
    fast = speed > 60.0
    height_m = np.where(fast, 300.0 * 40.0 ** rng.random(count), 50.0 * 30.0 ** rng.random(count))
    descends = fast & ~is_past & (rng.random(count) < 0.8)  # the others dive at the end
    return Routes(kind, goal, places_m, spread_m, path_m, length, (seen * length).astype(np.int64), height_m, descends)


def _area(rng: np.random.Generator, half_m: float, places: tuple[int, int]) -> FloatArray:
    """Return the places of one area, (g, 2): anywhere in it, or most of them together as about a town."""
    count = int(rng.integers(places[0], places[1] + 1))
    anywhere = rng.uniform(-half_m, half_m, (count, 2))
    if rng.random() >= CLUSTERED:
        return anywhere
    together = rng.uniform(-0.5, 0.5, 2) * half_m + rng.normal(0.0, rng.uniform(0.1, 0.4) * half_m, (count, 2))
    found: FloatArray = np.where(rng.random((count, 1)) < 0.8, together, anywhere)
    return found


def _flown(
    rng: np.random.Generator, at: FloatArray, speed: FloatArray, points: FloatArray, legs: IntArray, wander: FloatArray,
    stays: BoolArray, edge_m: FloatArray,
) -> tuple[FloatArray, IntArray]:  # fmt: skip
    """Fly every route to its end: (n, steps, 2) and the steps flown, (n,)."""
    count, rows = len(at), np.arange(len(at))
    home, reach_m = at.copy(), STAYS_REACH_M[0] * (STAYS_REACH_M[1] / STAYS_REACH_M[0]) ** rng.random(count)
    until = np.where(stays, rng.integers(*STAYS_STEPS, count), STEPS_MAX)
    rests = stays & (rng.random(count) < 0.5)
    moves = np.ones(count, bool)
    turn_radps = np.where(stays, STAYS_TURN_RADPS, TURN_RADPS)
    points[stays] = home[stays, None]
    leg = np.zeros(count, np.int64)
    toward = points[rows, leg] - at
    heading = np.arctan2(toward[:, 1], toward[:, 0])
    drift = np.zeros(count)
    alive = np.ones(count, bool)
    length = np.zeros(count, np.int64)
    flown = []
    for step in range(STEPS_MAX):
        flown.append(at.astype(np.float32))
        length[alive] += 1
        drift += -drift * STEP_S / 60.0 + wander * np.sqrt(2.0 * STEP_S / 60.0) * rng.normal(size=count)
        toward = points[rows, leg] - at
        reached = np.hypot(*toward.T) < np.where(leg < legs, 800.0, np.maximum(1.5 * speed * STEP_S, edge_m + 100.0))
        alive &= ~(reached & (leg == legs) & ~stays) & (step < until)
        leg += reached & (leg < legs)
        again = np.flatnonzero(reached & stays)
        angle = rng.uniform(0.0, 2.0 * np.pi, len(again))
        away = (reach_m[again] * np.sqrt(rng.random(len(again))))[:, None]
        points[again, 0] = home[again] + away * np.stack((np.cos(angle), np.sin(angle)), axis=1)
        moves ^= rests & (rng.random(count) < STEP_S / RESTS_S)
        if not alive.any():
            break
        toward = points[rows, leg] - at
        off = (np.arctan2(toward[:, 1], toward[:, 0]) + drift - heading + np.pi) % (2.0 * np.pi) - np.pi
        heading += np.clip(off, -turn_radps * STEP_S, turn_radps * STEP_S)
        step_m = (speed * STEP_S * alive * moves)[:, None]
        at = at + step_m * np.stack((np.cos(heading), np.sin(heading)), axis=1)
    return np.stack(flown, axis=1), length


def cases(rng: np.random.Generator, count: int, places: tuple[int, int] = (3, 20)) -> Iterator[Case]:
    """Yield every route at every fraction of its length."""
    routes = fly(rng, count, places)
    sigma_m = rng.choice((30.0, 80.0, 150.0), count)
    filters = _Filters(count, sigma_m, rng)
    paths = Paths(5.0)
    numbers = np.arange(1, count + 1)
    placed = [_places(*one) for one in zip(routes.places_m, routes.spread_m, strict=True)]
    last_m = routes.path_m[np.arange(count), routes.length - 1]
    for step in range(routes.path_m.shape[1]):
        alive = np.flatnonzero((routes.length > step) & (routes.seen <= step))
        seen = filters.step(routes.path_m[:, step].astype(np.float64), step == 0)
        alive = alive[seen[alive] | (routes.seen[alive] == step)]
        to_go_m = np.hypot(*(last_m - routes.path_m[:, step]).T)
        height_m = np.where(routes.descends, np.minimum(routes.height_m, GLIDE * to_go_m + 100.0), routes.height_m)
        paths.step(filters.tracks(alive, numbers, step, height_m))
        for fraction in FRACTIONS:
            at = routes.seen + (fraction * (routes.length - routes.seen)).astype(int)
            for row in np.flatnonzero(at == step).tolist():
                slots = paths.slots(numbers[row : row + 1])
                given = evidence(paths, slots, placed[row])
                yield Case(KINDS[routes.kind[row]], fraction, given, int(routes.goal[row]))


class _Filters:
    """Near-constant velocity, one for each route: a mean and one axis of covariance."""

    def __init__(self, count: int, sigma_m: FloatArray, rng: np.random.Generator) -> None:
        self._sigma_m, self._rng = sigma_m, rng
        self._mean = np.zeros((count, 4))
        self._height_m = np.full(count, np.nan)
        self._pp, self._pv, self._vv = sigma_m**2, np.zeros(count), np.full(count, 45.0**2)

    def step(self, truth_m: FloatArray, is_first: bool) -> np.ndarray:
        """Move on and take what the radar sees; return which routes it saw, (n,)."""
        seen = (self._rng.random(len(truth_m)) < 0.85) | is_first
        measured = truth_m + self._rng.normal(size=truth_m.shape) * self._sigma_m[:, None]
        if is_first:
            self._mean[:, :2] = measured
            return seen
        dt, q = STEP_S, 0.3
        self._mean[:, :2] += dt * self._mean[:, 2:]
        pp, pv, vv = self._pp, self._pv, self._vv
        pp = pp + 2.0 * dt * pv + dt * dt * vv + q * dt**3 / 3.0
        pv, vv = pv + dt * vv + q * dt * dt / 2.0, vv + q * dt
        whole = pp + self._sigma_m**2
        a, b = np.where(seen, pp / whole, 0.0), np.where(seen, pv / whole, 0.0)
        off = measured - self._mean[:, :2]
        self._mean[:, :2] += a[:, None] * off
        self._mean[:, 2:] += b[:, None] * off
        self._pp, self._pv, self._vv = pp * (1.0 - a), pv * (1.0 - a), vv - b * pv
        return seen

    def tracks(self, rows: IntArray, numbers: IntArray, step: int, height_m: FloatArray) -> np.ndarray:
        """Return TRACK (k,) of some routes."""
        tracks = np.zeros(len(rows), TRACK)
        tracks["t_ns"] = START_NS + round(step * STEP_S * 1e9)
        tracks["track_no"], tracks["status"] = numbers[rows], TrackStatus.CONFIRMED
        latitude, longitude = moved(
            np.array(LATITUDE_RAD), np.array(LONGITUDE_RAD), self._mean[rows, 0], self._mean[rows, 1]
        )
        tracks["latitude_deg"], tracks["longitude_deg"] = np.degrees(latitude), np.degrees(longitude)
        tracks["velocity_mps"][:, :2] = self._mean[rows, 2:]
        tracks["height_hae_m"] = height_m[rows]
        tracks["velocity_mps"][:, 2] = np.nan_to_num((height_m - self._height_m)[rows] / STEP_S)
        self._height_m = height_m
        for at, value in ((0, self._pp), (6, self._pp), (15, self._vv), (18, self._vv)):
            tracks["cov"][:, at] = value[rows]
        return tracks


def _places(places_m: FloatArray, spread_m: FloatArray) -> Places:
    latitude, longitude = moved(np.array(LATITUDE_RAD), np.array(LONGITUDE_RAD), places_m[:, 0], places_m[:, 1])
    count = len(places_m)
    return Places(np.stack((latitude, longitude), axis=1), spread_m, np.arange(count), count)
