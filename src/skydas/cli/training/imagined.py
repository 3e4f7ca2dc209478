"""Simulated motion: how each class flies, drawn as widely as open sources describe it. Every flight is drawn afresh.

An air speed, a course and a climb are steered twice a second towards what the moment's task wants, within limits of
bank and acceleration, and the wind carries the rest. No number here was fitted to a recording.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import numpy as np

from skydas.cli.training.flights import Flight
from skydas.model import FloatArray, ObjectClass

SOURCE: Final = "imagined"
STEP_S: Final = 0.5
LOWEST_M: Final = 5.0  # nothing simulated flies into the ground
HEIGHTS_M: Final[dict[ObjectClass, tuple[float, float]]] = {
    ObjectClass.AIRLINER: (500, 11_500),
    ObjectClass.LIGHT_AIRCRAFT: (150, 3_000),
    ObjectClass.GLIDER: (300, 3_000),
    ObjectClass.HELICOPTER: (50, 1_000),
    ObjectClass.FIXED_WING_DRONE: (50, 3_000),
    ObjectClass.ONE_WAY_DRONE: (50, 3_000),
    ObjectClass.MULTIROTOR: (15, 500),
    ObjectClass.BALLOON: (50, 15_000),
    ObjectClass.BIRD: (10, 1_500),
}
_G_MPS2: Final = 9.81


class Task(NamedTuple):
    """What is wanted for a while."""

    for_s: float
    speed_mps: float  # through the air
    climb_mps: float = 0.0
    turn_radps: float = 0.0  # where no course is wanted
    course_rad: float = np.nan  # through the air
    accel_mps2: float = 1.0
    bank_radps: float = 0.5  # turn rate at most


class Unrest(NamedTuple):
    """Random changes about what is wanted: standard deviation and how long each lasts."""

    speed_mps: float
    climb_mps: float
    turn_radps: float
    tau_s: float
    sway_mps: float = 0.0  # of the body itself, as of what hovers or flaps


Pilot = Callable[[np.random.Generator], tuple[Iterator[Task], Unrest]]


def imagined_flight(kind: ObjectClass, number: int, length_s: float, rng: np.random.Generator) -> Flight:
    """Return one simulated flight of `length_s` through a wind of its own."""
    tasks, unrest = PILOTS[kind](rng)
    count = int(length_s / STEP_S) + 1
    wind = _wind(count, rng, strong=kind in (ObjectClass.BALLOON, ObjectClass.AIRLINER))
    noise = _wander(count, unrest.tau_s, rng, 3) * (unrest.speed_mps, unrest.climb_mps, unrest.turn_radps)
    sway = _wander(count, 1.5, rng, 3) * unrest.sway_mps
    task = next(tasks)
    left_s, speed, climb, course = task.for_s, task.speed_mps, task.climb_mps, rng.uniform(-np.pi, np.pi)
    if np.isfinite(task.course_rad):
        course = task.course_rad
    velocity: FloatArray = np.empty((count, 3))
    for k in range(count):
        if left_s <= 0.0:
            task = next(tasks)
            left_s += task.for_s
        left_s -= STEP_S
        change = task.accel_mps2 * STEP_S
        speed += float(np.clip(task.speed_mps + noise[k, 0] - speed, -change, change))
        climb += float(np.clip(task.climb_mps + noise[k, 1] - climb, -change, change))
        turn = task.turn_radps
        if np.isfinite(task.course_rad):
            off = (task.course_rad - course + np.pi) % (2.0 * np.pi) - np.pi
            turn = float(np.clip(off / 3.0, -task.bank_radps, task.bank_radps))
        course += (turn + noise[k, 2]) * STEP_S
        velocity[k] = speed * np.sin(course), speed * np.cos(course), climb
    velocity += wind + sway
    place: FloatArray = np.concatenate((np.zeros((1, 3)), np.cumsum(velocity * STEP_S, axis=0)))[:-1]
    low_m, high_m = HEIGHTS_M[kind]
    base_m = float(np.exp(rng.uniform(np.log(low_m), np.log(high_m))))
    place[:, 2] += max(base_m, LOWEST_M - float(place[:, 2].min()))
    t_s = np.linspace(0.0, (count - 1) * STEP_S, count)
    return Flight(kind, SOURCE, f"{kind.name.lower()}-{number}", False, t_s, place, 0.0)


def _wander(count: int, tau_s: float, rng: np.random.Generator, width: int) -> FloatArray:
    """Return Ornstein-Uhlenbeck noise of unit variance, (count, width)."""
    keep = np.exp(-STEP_S / tau_s)
    drawn = rng.normal(size=(count, width))
    out = np.empty((count, width))
    out[0] = drawn[0]
    for k in range(1, count):
        out[k] = keep * out[k - 1] + np.sqrt(1.0 - keep * keep) * drawn[k]
    return out


def _wind(count: int, rng: np.random.Generator, strong: bool) -> FloatArray:
    """Return a mean wind with slow changes and gusts, (count, 3)."""
    mean_mps = min(rng.gamma(2.0, 4.5 if strong else 2.5), 35.0)
    from_rad = rng.uniform(-np.pi, np.pi)
    wind = np.zeros((count, 3))
    wind[:, 0], wind[:, 1] = mean_mps * np.sin(from_rad), mean_mps * np.cos(from_rad)
    wind[:, :2] += _wander(count, rng.uniform(20.0, 90.0), rng, 2) * (0.06 * mean_mps + 0.1)
    return wind


def _turn_of(speed_mps: float, bank_deg: float) -> float:
    """Return the turn rate (rad/s) of a level turn."""
    return _G_MPS2 * float(np.tan(np.radians(bank_deg))) / max(speed_mps, 1.0)


def _airliner(rng: np.random.Generator) -> tuple[Iterator[Task], Unrest]:
    phase = rng.choice(["cruise", "climb", "descent", "terminal"])

    def tasks() -> Iterator[Task]:
        speed = {"cruise": (190, 255), "climb": (120, 230), "descent": (110, 230), "terminal": (62, 125)}[phase]
        v, course = rng.uniform(*speed), rng.uniform(-np.pi, np.pi)
        while True:
            climb = {"cruise": 0.0, "climb": rng.uniform(4, 15), "descent": -rng.uniform(4, 14), "terminal": 0.0}[phase]
            if phase == "terminal":
                climb = rng.choice([0.0, -3.5, rng.uniform(-9, -3), rng.uniform(5, 14)])
                v = float(np.clip(v + rng.normal(0, 12), 62, 130))
            yield Task(rng.uniform(20, 150), v, climb, 0.0, course, 0.5, _turn_of(v, 25))
            if rng.random() < (0.6 if phase == "terminal" else 0.25):
                course += rng.normal(0, 1.2 if phase == "terminal" else 0.4)

    return tasks(), Unrest(0.6, 0.3, 0.0004, 15.0)


def _light_aircraft(rng: np.random.Generator) -> tuple[Iterator[Task], Unrest]:
    v0 = rng.uniform(24, 95) if rng.random() < 0.3 else rng.uniform(34, 68)

    def tasks() -> Iterator[Task]:
        course = rng.uniform(-np.pi, np.pi)
        style = rng.choice(["cruise", "circuit", "sightseeing"])
        side = rng.choice([-1.0, 1.0])
        while True:
            climb = rng.choice([0.0, 0.0, 0.0, rng.uniform(1, 5), rng.uniform(-5, -1)])
            v = v0 * rng.uniform(0.9, 1.08)
            if style == "sightseeing" and rng.random() < 0.4:
                yield Task(rng.uniform(15, 90), v, climb, side * _turn_of(v, rng.uniform(10, 35)))
            else:
                yield Task(rng.uniform(25, 70) if style == "circuit" else rng.uniform(60, 400), v, climb, 0.0, course,
                           0.6, _turn_of(v, 25))  # fmt: skip
            course += side * np.pi / 2 if style == "circuit" else rng.normal(0, 0.5)

    return tasks(), Unrest(1.2, 0.6, 0.006, 12.0)


def _glider(rng: np.random.Generator) -> tuple[Iterator[Task], Unrest]:
    def tasks() -> Iterator[Task]:
        course = rng.uniform(-np.pi, np.pi)
        while True:
            if rng.random() < 0.5:  # circling in a thermal
                v, bank, side = rng.uniform(21, 29), rng.uniform(25, 48), rng.choice([-1.0, 1.0])
                lift = rng.uniform(-0.5, 3.5)
                for _ in range(int(rng.integers(3, 25))):
                    yield Task(
                        rng.uniform(8, 25), v, lift + rng.normal(0, 0.5), side * _turn_of(v, bank + rng.normal(0, 4))
                    )
            else:  # gliding to the next one
                v = rng.uniform(24, 46)
                for _ in range(int(rng.integers(1, 12))):
                    lift = rng.normal(0, 1.2)
                    course += rng.normal(0, 0.25)
                    yield Task(
                        rng.uniform(8, 35),
                        v - 2.5 * lift,
                        -0.7 - (v / 40) ** 2 + lift,
                        0.0,
                        course,
                        0.8,
                        _turn_of(v, 35),
                    )

    return tasks(), Unrest(1.0, 0.6, 0.015, 6.0)


def _helicopter(rng: np.random.Generator) -> tuple[Iterator[Task], Unrest]:
    v0 = rng.uniform(42, 78)

    def tasks() -> Iterator[Task]:
        course = rng.uniform(-np.pi, np.pi)
        while True:
            what = rng.choice(["cruise", "search", "hover", "orbit"], p=[0.55, 0.2, 0.15, 0.1])
            climb = rng.choice([0.0, 0.0, rng.uniform(1, 7), rng.uniform(-6, -1)])
            course += rng.normal(0, 0.6)
            if what == "cruise":
                v = v0 * rng.uniform(0.85, 1.05)
                for _ in range(int(rng.integers(1, 6))):
                    yield Task(rng.uniform(20, 90), v, climb, 0.0, course, 1.3, _turn_of(v, 25))
                    course += rng.normal(0, 0.15)
                    climb = rng.choice([0.0, rng.normal(0, 2)])
            elif what == "hover":
                yield Task(rng.uniform(15, 120), rng.uniform(0, 3), climb * 0.3, 0.0, course, 1.5)
            elif what == "orbit":
                v = rng.uniform(15, 45)
                yield Task(
                    rng.uniform(30, 150),
                    v,
                    0.0,
                    rng.choice([-1.0, 1.0]) * _turn_of(v, rng.uniform(8, 25)),
                    accel_mps2=1.3,
                )
            else:
                v = rng.uniform(8, 35)
                yield Task(rng.uniform(10, 50), v, climb * 0.5, 0.0, course + rng.normal(0, 1.0), 1.3, _turn_of(v, 22))

    return tasks(), Unrest(1.0, 0.5, 0.006, 10.0)


def _fixed_wing_drone(rng: np.random.Generator) -> tuple[Iterator[Task], Unrest]:
    v0 = rng.uniform(14, 46)

    def tasks() -> Iterator[Task]:
        course, side = rng.uniform(-np.pi, np.pi), rng.choice([-1.0, 1.0])
        style = rng.choice(["transit", "survey", "loiter", "waypoints"], p=[0.45, 0.15, 0.2, 0.2])
        radius, leg_s = rng.uniform(40, 350), rng.uniform(12, 60)
        while True:
            v = v0 * rng.uniform(0.95, 1.05)
            climb = rng.choice([0.0, 0.0, 0.0, rng.uniform(1, 4), rng.uniform(-4, -1)])
            if style == "transit":
                yield Task(rng.uniform(40, 200), v, climb, 0.0, course, 1.5, _turn_of(v, 35))
                course += rng.normal(0, 0.3)
            elif style == "survey":
                yield Task(leg_s, v, 0.0, 0.0, course, 1.5, _turn_of(v, 40))
                yield Task(np.pi * v / max(_turn_of(v, 35) * v, 1.0), v, 0.0, side * _turn_of(v, 35))
                course, side = course + np.pi, -side
            elif style == "loiter":
                yield Task(rng.uniform(40, 300), v, climb * 0.3, side * v / max(radius, v * v / (_G_MPS2 * 0.8)))
                style = rng.choice(["loiter", "transit"])
            else:
                yield Task(rng.uniform(8, 45), v, climb, 0.0, course, 1.5, _turn_of(v, 40))
                course += rng.normal(0, 1.2)

    return tasks(), Unrest(0.8, 0.5, 0.012, 4.0)


def _one_way_drone(rng: np.random.Generator) -> tuple[Iterator[Task], Unrest]:
    v = rng.uniform(42, 60)

    def tasks() -> Iterator[Task]:
        course = rng.uniform(-np.pi, np.pi)
        while True:
            climb = rng.choice([0.0, 0.0, 0.0, 0.0, rng.uniform(1, 4), rng.uniform(-6, -1)])
            yield Task(rng.uniform(60, 600), v, climb, 0.0, course, 0.6, _turn_of(v, 25))
            course += rng.normal(0, rng.choice([0.1, 0.7]))

    return tasks(), Unrest(0.6, 0.4, 0.003, 10.0)


def _multirotor(rng: np.random.Generator) -> tuple[Iterator[Task], Unrest]:
    def tasks() -> Iterator[Task]:
        course = rng.uniform(-np.pi, np.pi)
        style = rng.choice(["mission", "by_hand", "transit"])
        fast = rng.uniform(4, 20)
        while True:
            if style == "transit":
                yield Task(
                    rng.uniform(20, 120), fast, rng.choice([0.0, 0.0, 0.0, rng.normal(0, 2)]), 0.0, course, 2.5, 1.5
                )
                course += rng.normal(0, 0.4)
                style = rng.choice(["transit", "mission", "by_hand"], p=[0.7, 0.2, 0.1])
            elif style == "mission":
                yield Task(
                    rng.uniform(5, 40), fast, rng.choice([0.0, 0.0, 0.0, 0.0, rng.normal(0, 2)]), 0.0, course, 2.5, 1.5
                )
                yield Task(
                    rng.uniform(1, 25), 0.0, rng.choice([0.0, 0.0, 0.0, 0.0, rng.normal(0, 2)]), 0.0, course, 2.5, 1.5
                )
                course += rng.choice([np.pi / 2, -np.pi / 2, np.pi, rng.uniform(-np.pi, np.pi)])
            else:
                yield Task(
                    rng.uniform(2, 15), rng.uniform(0, fast), rng.normal(0, 1.5), rng.normal(0, 0.15), accel_mps2=2.5
                )

    flight, unrest = tasks(), Unrest(0.3, 0.2, 0.01, 2.0, 0.2)
    return flight, unrest


def _bird(rng: np.random.Generator) -> tuple[Iterator[Task], Unrest]:
    v0 = rng.uniform(8, 18)
    style = rng.choice(["flapping", "soaring", "feeding"], p=[0.3, 0.55, 0.15])

    def tasks() -> Iterator[Task]:
        course = rng.uniform(-np.pi, np.pi)
        while True:
            if style == "soaring" and rng.random() < 0.6:
                v, side, lift = rng.uniform(7.5, 12), rng.choice([-1.0, 1.0]), rng.uniform(0, 2.8)
                radius = rng.uniform(14, 45)
                for _ in range(int(rng.integers(3, 30))):
                    yield Task(
                        rng.uniform(6, 20),
                        v,
                        lift + rng.normal(0, 0.5),
                        side * v / radius * rng.uniform(0.8, 1.2),
                        bank_radps=1.0,
                    )
            elif style == "soaring":
                v = rng.uniform(9, 19)
                for _ in range(int(rng.integers(2, 10))):
                    course += rng.normal(0, 0.3)
                    yield Task(rng.uniform(5, 25), v, -rng.uniform(0.3, 1.8), 0.0, course, 1.5, 0.6)
            elif style == "flapping":
                course += rng.normal(0, 0.25)
                yield Task(rng.uniform(10, 60), v0, rng.normal(0, 0.5), 0.0, course, 1.5, 0.6)
            else:
                yield Task(
                    rng.uniform(3, 15),
                    v0 * rng.uniform(0.5, 1.1),
                    rng.normal(0, 1.0),
                    rng.normal(0, 0.25),
                    accel_mps2=2.0,
                )

    return tasks(), Unrest(0.7, 0.35, 0.04, 4.0, 0.25)


def _balloon(rng: np.random.Generator) -> tuple[Iterator[Task], Unrest]:
    rise = float(
        rng.choice([0.0, rng.uniform(-1.5, 1.5), rng.uniform(1, 4), rng.uniform(3.5, 7)], p=[0.25, 0.25, 0.25, 0.25])
    )

    def tasks() -> Iterator[Task]:
        while True:  # the wind changes with the height: slowly, one way
            yield Task(1e9, 0.0, rise, rng.normal(0, 0.01))

    return tasks(), Unrest(0.4, 0.3, 0.0, 12.0)


PILOTS: Final[dict[ObjectClass, Pilot]] = {
    ObjectClass.AIRLINER: _airliner,
    ObjectClass.LIGHT_AIRCRAFT: _light_aircraft,
    ObjectClass.GLIDER: _glider,
    ObjectClass.HELICOPTER: _helicopter,
    ObjectClass.FIXED_WING_DRONE: _fixed_wing_drone,
    ObjectClass.ONE_WAY_DRONE: _one_way_drone,
    ObjectClass.MULTIROTOR: _multirotor,
    ObjectClass.BALLOON: _balloon,
    ObjectClass.BIRD: _bird,
}
