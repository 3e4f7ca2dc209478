"""Simulated routes to places or past them, sensed and tracked, for fitting and judging the ranking of destinations.

A route begins at the edge of an area and flies to one of its places or to a point beyond it. It holds course or
wanders, straight or by way of points. A radar with errors and gaps sees it; a filter of one model tracks it; the
tracks go through the same `Paths` and the same features as in a node.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from skydas.assess.predict.destinations import Evidence, evidence
from skydas.assess.predict.flat import moved
from skydas.assess.predict.paths import Paths
from skydas.assess.predict.places import SPREAD_M_MIN, Places
from skydas.model import TRACK, FloatArray, IntArray, TrackStatus

KINDS: Final = ("direct_steady", "direct_wandering", "waypoints", "past_straight", "past_waypoints")
WANDER_RAD: Final = (0.05, 0.10)  # steady; the rest is drawn from the second and third
WANDER_MORE_RAD: Final = (0.15, 0.3)
FRACTIONS: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
STEP_S: Final = 4.0
STEPS_MAX: Final = 4_000
POINTS_MAX: Final = 4
TURN_RADPS: Final = 0.05
LATITUDE_RAD, LONGITUDE_RAD = 0.96, 0.42  # the middle of every area
START_NS: Final = 1_800_000_000_000_000_000


class Case(NamedTuple):
    """What was known of one route at one moment, and where it went."""

    kind: str
    fraction: float
    given: Evidence  # of one track and its places
    goal: int  # row of the place, or their count: elsewhere


class Routes(NamedTuple):
    """Many routes, flown."""

    kind: IntArray  # (n,)
    goal: IntArray  # (n,)
    places_m: list[FloatArray]  # (g, 2) each
    path_m: FloatArray  # (n, steps, 2)
    length: IntArray  # (n,) steps flown


def fly(rng: np.random.Generator, count: int, places: tuple[int, int] = (3, 20)) -> Routes:
    """Return `count` routes, as many of each kind; areas, speeds, places and wandering are drawn."""
    kind = np.arange(count) % len(KINDS)
    half_m = 20e3 * 6.0 ** rng.random(count)
    # From slow drones to airliners; the slowest do not cross the widest areas within STEPS_MAX.
    speed = np.maximum(12.0 * 20.0 ** rng.random(count), half_m / 3_600.0)
    places_m = [rng.uniform(-one, one, (int(rng.integers(places[0], places[1] + 1)), 2)) for one in half_m]
    begin = rng.uniform(0.0, 2.0 * np.pi, count)
    at = 1.5 * half_m[:, None] * np.stack((np.cos(begin), np.sin(begin)), axis=1)
    goal = np.array([int(rng.integers(len(one))) for one in places_m])
    aim = np.array([one[row] for one, row in zip(places_m, goal, strict=True)]) + rng.normal(0.0, 150.0, (count, 2))
    beyond = begin + np.pi + rng.normal(0.0, 0.5, count)
    is_past = kind >= 3
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
    path_m, length = _flown(rng, at, speed, points, legs, wander)
    return Routes(kind, goal, places_m, path_m, length)


def _flown(
    rng: np.random.Generator, at: FloatArray, speed: FloatArray, points: FloatArray, legs: IntArray, wander: FloatArray
) -> tuple[FloatArray, IntArray]:
    """Fly every route to its end: (n, steps, 2) and the steps flown, (n,)."""
    count, rows = len(at), np.arange(len(at))
    leg = np.zeros(count, np.int64)
    toward = points[rows, leg] - at
    heading = np.arctan2(toward[:, 1], toward[:, 0])
    drift = np.zeros(count)
    alive = np.ones(count, bool)
    length = np.zeros(count, np.int64)
    flown = []
    for _ in range(STEPS_MAX):
        flown.append(at.astype(np.float32))
        length[alive] += 1
        drift += -drift * STEP_S / 60.0 + wander * np.sqrt(2.0 * STEP_S / 60.0) * rng.normal(size=count)
        toward = points[rows, leg] - at
        reached = np.hypot(*toward.T) < np.where(leg < legs, 800.0, np.maximum(1.5 * speed * STEP_S, 100.0))
        alive &= ~(reached & (leg == legs))
        leg += reached & (leg < legs)
        if not alive.any():
            break
        off = (np.arctan2(toward[:, 1], toward[:, 0]) + drift - heading + np.pi) % (2.0 * np.pi) - np.pi
        heading += np.clip(off, -TURN_RADPS * STEP_S, TURN_RADPS * STEP_S)
        step_m = (speed * STEP_S * alive)[:, None]
        at = at + step_m * np.stack((np.cos(heading), np.sin(heading)), axis=1)
    return np.stack(flown, axis=1), length


def cases(rng: np.random.Generator, count: int, places: tuple[int, int] = (3, 20)) -> Iterator[Case]:
    """Yield every route at every fraction of its length."""
    routes = fly(rng, count, places)
    sigma_m = rng.choice((30.0, 80.0, 150.0), count)
    filters = _Filters(count, sigma_m, rng)
    paths = Paths(5.0)
    numbers = np.arange(1, count + 1)
    placed = [_places(one) for one in routes.places_m]
    for step in range(routes.path_m.shape[1]):
        alive = np.flatnonzero(routes.length > step)
        seen = filters.step(routes.path_m[:, step].astype(np.float64), step == 0)
        alive = alive[seen[alive]]
        paths.step(filters.tracks(alive, numbers, step))
        for fraction in FRACTIONS:
            for row in np.flatnonzero((fraction * routes.length).astype(int) == step).tolist():
                slots = paths.slots(numbers[row : row + 1])
                given = evidence(paths, slots, placed[row])
                yield Case(KINDS[routes.kind[row]], fraction, given, int(routes.goal[row]))


class _Filters:
    """Near-constant velocity, one for each route: a mean and one axis of covariance."""

    def __init__(self, count: int, sigma_m: FloatArray, rng: np.random.Generator) -> None:
        self._sigma_m, self._rng = sigma_m, rng
        self._mean = np.zeros((count, 4))
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

    def tracks(self, rows: IntArray, numbers: IntArray, step: int) -> np.ndarray:
        """Return TRACK (k,) of some routes."""
        tracks = np.zeros(len(rows), TRACK)
        tracks["t_ns"] = START_NS + round(step * STEP_S * 1e9)
        tracks["track_no"], tracks["status"] = numbers[rows], TrackStatus.CONFIRMED
        latitude, longitude = moved(
            np.array(LATITUDE_RAD), np.array(LONGITUDE_RAD), self._mean[rows, 0], self._mean[rows, 1]
        )
        tracks["latitude_deg"], tracks["longitude_deg"] = np.degrees(latitude), np.degrees(longitude)
        tracks["velocity_mps"][:, :2] = self._mean[rows, 2:]
        tracks["height_hae_m"] = 300.0
        for at, value in ((0, self._pp), (6, self._pp), (15, self._vv), (18, self._vv)):
            tracks["cov"][:, at] = value[rows]
        return tracks


def _places(places_m: FloatArray) -> Places:
    latitude, longitude = moved(np.array(LATITUDE_RAD), np.array(LONGITUDE_RAD), places_m[:, 0], places_m[:, 1])
    count = len(places_m)
    return Places(np.stack((latitude, longitude), axis=1), np.full(count, SPREAD_M_MIN), np.arange(count), count)
