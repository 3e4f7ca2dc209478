"""The table that is learned from: windows drawn from flights, each with its class, source, object and weight."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skydas import sim
from skydas.cli.training.flights import Flight
from skydas.cli.training.imagined import PILOTS, SOURCE, imagined_flight
from skydas.cli.training.sensing import LEAD_S, LONG_S, RADARS, sensed
from skydas.identify.motion.features_kernels import FEATURE_COUNT
from skydas.model import FloatArray, IntArray, ObjectClass

SCENARIO: Final = "scenario_simulator"  # the other simulator: what flies in `skydas sim`
THIN_S: Final = (5.0, 11.0)
THIN_SHARE: Final = 0.5
THINNED: Final = (
    ObjectClass.AIRLINER, ObjectClass.LIGHT_AIRCRAFT, ObjectClass.GLIDER, ObjectClass.HELICOPTER,
    ObjectClass.FIXED_WING_DRONE, ObjectClass.ONE_WAY_DRONE,
)  # fmt: skip
NOTHING: Final = np.zeros(0)
LENGTH_S: Final = LEAD_S + LONG_S + 1.0


class Samples(NamedTuple):
    """n windows of one length."""

    features: FloatArray  # (n, FEATURE_COUNT)
    kind: IntArray  # (n,) ObjectClass
    source: npt.NDArray[Any]  # (n,) text
    name: npt.NDArray[Any]  # (n,) text, the object
    radar: npt.NDArray[Any]  # (n,) text, what saw it

    def only(self, keep: npt.NDArray[np.bool_]) -> Samples:
        """Return the rows of a mask."""
        return Samples(*(np.asarray(column)[keep] for column in self))

    def weights(self) -> FloatArray:
        """Return weights (n,) by which classes count alike, in a class its sources, in a source its objects."""
        weight = np.zeros(len(self.kind))
        for kind in np.unique(self.kind):
            of_kind = self.kind == kind
            sources = np.unique(self.source[of_kind])
            for source in sources:
                of_source = of_kind & (self.source == source)
                names, at, counts = np.unique(self.name[of_source], return_inverse=True, return_counts=True)
                weight[of_source] = 1.0 / (len(sources) * len(names) * counts[at])
        return weight


Rows = dict[tuple[int, str], list[tuple[FloatArray, Flight]]]  # by (length in s, name of the radar)


def draw(
    flights: list[Flight],
    real_count: int,
    simulated_count: int,
    seed: int,
    advance: Callable[[int], object],
    jobs: int = 1,
) -> dict[tuple[int, str], Samples]:
    """Return windows by (length in s, name of the radar); the same for any number of jobs.

    real_count : windows of each class and source, drawn from its objects in turn; simulated_count : of each class
    jobs       : processes; every class and source has random numbers of its own
    """
    tasks: list[tuple[ObjectClass, str, list[Flight], int, int]] = [
        (kind, source, mine, real_count, seed) for (kind, source), mine in sorted(_by_source(flights).items())
    ]
    tasks += [(kind, SOURCE, [], simulated_count, seed) for kind in PILOTS]
    found: Rows = defaultdict(list)
    with ExitStack() as stack:
        spread = map if jobs == 1 else stack.enter_context(ProcessPoolExecutor(jobs)).map
        for task, part in zip(tasks, spread(_drawn, tasks), strict=True):
            for key, rows in part.items():
                found[key] += rows
            advance(task[3])
    return {key: _table(rows, key[1]) for key, rows in sorted(found.items())}


def _drawn(task: tuple[ObjectClass, str, list[Flight], int, int]) -> Rows:
    """Return the windows of one class and source; without flights they are simulated."""
    kind, source, mine, count, seed = task
    rng = np.random.default_rng([seed, int(kind), *source.encode()])
    objects = sorted({flight.name for flight in mine})
    order = [objects[k] for k in rng.permutation(len(objects))]
    rows: Rows = defaultdict(list)
    for k in range(count):
        if mine:
            of_object = [flight for flight in mine if flight.name == order[k % len(order)]]
            lengths = np.array([flight.length_s for flight in of_object])
            flight = of_object[int(rng.choice(len(of_object), p=lengths / lengths.sum()))]
        else:
            flight = imagined_flight(kind, k, LENGTH_S, rng)
        for key, features in _window(flight, rng).items():
            rows[key].append((features, flight._replace(t_s=NOTHING, place_m=NOTHING)))
    return dict(rows)


def _window(flight: Flight, rng: np.random.Generator) -> dict[tuple[int, str], FloatArray]:
    """Return what the radars make of two and a half minutes of a flight, drawn from all of it."""
    begin_s = rng.uniform(0.0, max(flight.length_s - LEAD_S - LONG_S, 0.0))
    # Some recordings of aircraft have a row each seven to ten seconds: that must not tell the class.
    thin_s = rng.uniform(*THIN_S) if flight.kind in THINNED and rng.random() < THIN_SHARE else 0.0
    path = (flight.thinned(thin_s) if thin_s > 0.0 else flight).path()
    return {
        (window_s, radar.name): features
        for radar in RADARS
        for window_s, features in sensed(path, flight.ground_m, begin_s, radar, rng).items()
    }


def _by_source(flights: list[Flight]) -> dict[tuple[ObjectClass, str], list[Flight]]:
    groups = defaultdict(list)
    for flight in flights:
        groups[flight.kind, flight.source].append(flight)
    return groups


def _table(rows: list[tuple[FloatArray, Flight]], radar: str) -> Samples:
    return Samples(
        np.array([features for features, _ in rows]).reshape(-1, FEATURE_COUNT),
        np.array([int(flight.kind) for _, flight in rows], np.int64),
        np.array([flight.source for _, flight in rows]),
        np.array([flight.name for _, flight in rows]),
        np.full(len(rows), radar),
    )


def joined(parts: list[Samples]) -> Samples:
    """Return all rows of several tables."""
    return Samples(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


_SCENE: Final = """
[scene]
name = "training"
title = "Drones of the scenario simulator"
start_utc = "2026-06-01T03:00:00Z"
duration_s = {duration_s}
latitude_deg = 55.0
longitude_deg = 24.0
"""
_TRAFFIC: Final = """
[[traffic]]
name = "{name}"
kind = "{kind}"
count = {count}
latitude_deg = 55.0
longitude_deg = 24.0
radius_m = 60_000
pattern = "{pattern}"
"""


def scenario_flights(seed: int, count: int, duration_s: float = 300.0) -> list[Flight]:
    """Return drones that fly in the scenario simulator, for the classes of which no recording is at hand."""
    text = _SCENE.format(duration_s=duration_s)
    for kind, patterns in (("fixed_wing_drone", ("cross", "wander")), ("one_way_drone", ("cross",))):
        for pattern in patterns:
            name, each = f"{kind}-{pattern}", count // len(patterns)
            text += _TRAFFIC.format(name=name, kind=kind, count=each, pattern=pattern)
    rows = np.concatenate(list(sim.truth(sim.load_scenario(text), seed, 1.0)))
    found = []
    for number in np.unique(rows["target_no"]):
        mine = rows[rows["target_no"] == number]
        t = (mine["t_ns"] - mine["t_ns"][0]) / 1e9
        if t[-1] < LENGTH_S:
            continue
        north = np.radians(mine["latitude_deg"] - mine["latitude_deg"][0]) * 6_371_000.0
        east = np.radians(mine["longitude_deg"] - mine["longitude_deg"][0]) * 6_371_000.0 * np.cos(np.radians(55.0))
        place = np.column_stack((east, north, mine["height_hae_m"]))
        what = ObjectClass(int(mine["kind_no"][0]))
        found.append(Flight(what, SCENARIO, f"scenario-{number}", False, t, place, 0.0))
    return found
