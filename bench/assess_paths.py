"""Simulated paths for the words of behaviour: a family of each, many shapes and sizes, with a tracker's noise."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from skydas.assess.behaviour import MOTIONS
from skydas.model import FloatArray

STEP_S: Final = 2.0
DURATION_S: Final = 400.0


def path(word: str, rng: np.random.Generator) -> FloatArray:
    """Return east and north each STEP_S, (n, 2) m, with noise."""
    made = {"transit": _transit, "loiter": _loiter, "orbit": _orbit, "search": _search, "hover": _hover}[word](rng)
    turn = rng.uniform(0.0, 2.0 * math.pi)
    turned = made @ np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    found: FloatArray = turned + rng.normal(0.0, rng.uniform(1.0, 8.0), made.shape)
    return found


def paths(count: int, seed: int) -> list[tuple[int, FloatArray]]:
    """Return `count` paths of each word, with the word's place in MOTIONS."""
    rng = np.random.default_rng(seed)
    return [(index, path(word, rng)) for index, word in enumerate(MOTIONS) for _ in range(count)]


def _steps() -> FloatArray:
    return np.arange(0.0, DURATION_S, STEP_S)


def _wander(course: FloatArray, speed_mps: FloatArray | float) -> FloatArray:
    steps = np.stack((np.sin(course), np.cos(course)), axis=1) * STEP_S * np.reshape(speed_mps, (-1, 1))
    found: FloatArray = np.cumsum(steps, axis=0)
    return found


def _transit(rng: np.random.Generator) -> FloatArray:
    """By waypoints a few kilometres apart, or straight, with a wandering course."""
    t_s = _steps()
    turns = np.where(rng.random(len(t_s)) < STEP_S / rng.uniform(90.0, 1e4), rng.normal(0.0, 0.6, len(t_s)), 0.0)
    course = np.cumsum(turns) + np.cumsum(rng.normal(0.0, 0.02, len(t_s)))
    return _wander(course, rng.uniform(10.0, 220.0))


def _loiter(rng: np.random.Generator) -> FloatArray:
    """Turns now and then, back towards one place, sometimes standing still."""
    speed, home_m = rng.uniform(6.0, 40.0), np.zeros(2)
    reach_m, place, course, found = rng.uniform(150.0, 1_500.0), np.zeros(2), 0.0, []
    for _ in _steps():
        away = place - home_m
        if rng.random() < 0.06 or np.hypot(*away) > reach_m:
            course = math.atan2(-away[0], -away[1]) + rng.normal(0.0, 1.0)
        moves = rng.random() > 0.1
        place = place + moves * speed * STEP_S * np.array((math.sin(course), math.cos(course)))
        found.append(place)
    return np.array(found)


def _orbit(rng: np.random.Generator) -> FloatArray:
    """Circles or race-tracks, once round in half a minute to three minutes."""
    speed, round_s = rng.uniform(12.0, 60.0), rng.uniform(30.0, 180.0)
    angle = _steps() * 2.0 * math.pi / round_s
    radius_m = speed * round_s / (2.0 * math.pi)
    along = rng.uniform(0.5, 1.0)
    drift = np.stack((_steps() * rng.normal(0.0, 1.0), _steps() * rng.normal(0.0, 1.0)), axis=1)
    return np.stack((np.cos(angle), along * np.sin(angle)), axis=1) * radius_m + drift


def _search(rng: np.random.Generator) -> FloatArray:
    """Parallel legs, each beside the one before."""
    speed, leg_m = rng.uniform(8.0, 35.0), rng.uniform(250.0, 1_800.0)
    apart_m = rng.uniform(0.05, 0.3) * leg_m
    way = _steps() * speed + rng.uniform(0.0, leg_m)
    leg, along = np.floor(way / (leg_m + apart_m)), way % (leg_m + apart_m)
    north = np.where(leg % 2 == 0, np.minimum(along, leg_m), leg_m - np.minimum(along, leg_m))
    return np.stack((leg * apart_m + np.maximum(along - leg_m, 0.0), north), axis=1)


def _hover(rng: np.random.Generator) -> FloatArray:
    """Stands, with short ways from one place to the next."""
    t_s = _steps()
    speed = np.where((t_s % rng.uniform(60.0, 400.0)) < rng.uniform(0.0, 12.0), rng.uniform(3.0, 10.0), 0.0)
    return _wander(np.full(len(t_s), rng.uniform(0.0, 6.3)), speed)
