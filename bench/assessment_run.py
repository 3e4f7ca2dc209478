"""One scene and seed through a whole node: every confirmed track every few seconds, what it is told of it, and truth.

The node is given the octets of the sensors, the places that are protected and the flights that were announced. What
each object is about is read only afterwards, to score what the node said.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

from bench.feed import lasting
from skydas.clock import stopwatch_ns
from skydas.config import encode_config
from skydas.geo import TangentPlane
from skydas.model import (
    NS_PER_S,
    PLOT,
    TRACK,
    Alert,
    Assessed,
    BoolArray,
    Destinations,
    Fact,
    FloatArray,
    Frame,
    Input,
    InputKind,
    NodeConfig,
    PlotFrame,
    PlotKind,
    Rows,
    TrackStatus,
    rows_from,
)
from skydas.node import Node, with_ticks
from skydas.sim import Scenario, ghosts, intents, load_scenario, node_config, simulate, truth
from skydas.sim.population import address_of

SAMPLE_S: Final = 4.0
GATE_M: Final = 400.0  # along the ground, from a track to the truth it is of
PLOT_GATE_M: Final = 250.0  # and from a plot, on top of three sigmas of its azimuth
PLOTS_APART_S: Final = 12.0  # the first plot counts when another follows within so long: one alone may be clutter
ABOUT_S: Final = 20.0  # a track is of what it is of for most of so long before and after
NOBODY: Final = -1
TRACKS_MAX: Final = 1 << 31  # numbers from here on are tentative

SAMPLE: Final = np.dtype(
    [
        ("t_s", "<f4"),  # of the scene
        ("track_no", "<u4"),
        ("target_no", "<i4"),  # NOBODY: nothing is there
        ("x_m", "<f4"),  # in the scene's plane
        ("y_m", "<f4"),
        ("vx_mps", "<f4"),
        ("vy_mps", "<f4"),
        ("threat", "<f4"),  # NaN: not assessed
        ("class_no", "i1"),  # likeliest ObjectClass; -1: cannot tell
        ("class_probability", "<f4"),
        ("identity", "u1"),
    ]
)


class Target(NamedTuple):
    """One object as the truth has it, times of the scene (s)."""

    number: int
    name: str
    kind: str
    intent: str
    is_threat: bool
    asset: str
    from_s: float
    begin_s: float
    end_s: float
    inside_s: float | None  # entered its asset
    first_plot_s: float | None
    is_ghost: bool


class Told(NamedTuple):
    """An alert as it was raised, or as more tracks came under it."""

    t_s: float
    rule: str
    priority: int
    score: float
    delay_s: float
    track_nos: tuple[int, ...]
    target_nos: tuple[int, ...]  # NOBODY for a track on nothing
    is_first: bool  # of this alert


class Destination(NamedTuple):
    """What was said of where a track goes."""

    t_s: float
    track_no: int
    target_no: int
    chances: dict[str, float]


class Run(NamedTuple):
    """What one run brought."""

    scene: str
    seed: int
    noise_seed: int
    duration_s: float
    samples: Rows  # SAMPLE (n,), in order of time
    targets: list[Target]
    alerts: list[Told]
    destinations: list[Destination]
    assets: dict[str, tuple[float, float, float]]  # of discs: x, y in the plane, radius (m)
    assessed_delay_s: list[float]
    stages: dict[str, dict[str, float]]  # of the node's times, ms


def run_scene(name: str, seed: int, noise_seed: int, seconds: float) -> Run:
    """Return what a node makes of one scene.

    seconds : cut the scene after so long; 0: as long as it is. What its objects are about is that of the whole scene
    """
    whole = load_scenario(name)
    scenario = lasting(name, min(seconds, whole.scene.duration_s)) if seconds else whole
    plane = TangentPlane(scenario.scene.latitude_deg, scenario.scene.longitude_deg)
    config = node_config(scenario)
    node = Node(config, stopwatch_ns)
    true_m = Truth(scenario, seed, plane)
    taken = Taken(scenario, true_m)
    for given in inputs_of(scenario, config, seed, noise_seed):
        for fact in node.step(given):
            taken.take(fact)
    return Run(
        name,
        seed,
        noise_seed,
        scenario.scene.duration_s,
        taken.samples(),
        targets_of(whole, seed, true_m, taken.plots_m(config, plane)),
        taken.alerts(),
        taken.destinations,
        assets_of(scenario, plane),
        taken.assessed_delay_s,
        node.stage_times.summary(),
    )


def inputs_of(scenario: Scenario, config: NodeConfig, seed: int, noise_seed: int) -> Iterator[Input]:
    start = Input(scenario.scene.start_ns, config.node.name, InputKind.CONFIG, encode_config(config))
    data = (Input(one.t_ns, one.source, InputKind.DATA, one.payload) for one in simulate(scenario, seed, noise_seed))
    return chain((start,), with_ticks(data))


def assets_of(scenario: Scenario, plane: TangentPlane) -> dict[str, tuple[float, float, float]]:
    found = {}
    for asset in scenario.assets:
        if asset.latitude_deg is None or asset.longitude_deg is None or asset.radius_m is None:
            continue
        place_rad = np.radians((asset.latitude_deg, asset.longitude_deg))
        enu_m = plane.enu_from_geodetic(place_rad[0], place_rad[1], np.zeros(()))
        found[asset.name] = (float(enu_m[0]), float(enu_m[1]), asset.radius_m)
    return found


class Truth:
    """Where everything is, claimed aircraft too, every second."""

    def __init__(self, scenario: Scenario, seed: int, plane: TangentPlane) -> None:
        self.start_ns = scenario.scene.start_ns
        real, claimed = list(truth(scenario, seed)), list(ghosts(scenario, seed))
        self._instants = [_placed(rows, plane) for rows in real]
        self._by_target: dict[int, list[tuple[float, float, float]]] = {}
        for second, (numbers, at_m) in enumerate(self._instants):
            for number, (x_m, y_m) in zip(numbers.tolist(), at_m.tolist(), strict=True):
                self._by_target.setdefault(number, []).append((float(second), x_m, y_m))
        numbers = {int(number) for rows in (*real, *claimed) for number in rows["target_no"]}
        self.by_address = {address_of(number): number for number in numbers}

    def nearest(self, t_s: float, at_m: FloatArray) -> list[int]:
        """Return the target within the gate of each place, (k,)."""
        numbers, true_m = self._instants[min(round(t_s), len(self._instants) - 1)]
        if not len(numbers) or not len(at_m):
            return [NOBODY] * len(at_m)
        away_m = np.hypot(*(at_m[:, None, axis] - true_m[None, :, axis] for axis in (0, 1)))
        best = away_m.argmin(axis=1)
        near = away_m[np.arange(len(at_m)), best] < GATE_M
        return [int(number) for number in np.where(near, numbers[best], NOBODY)]

    def targets_of(self, t_s: float, tracks: Rows, at_m: FloatArray) -> list[int]:
        """Return whom each of TRACK (k,) is of, at places (k, 2): who sends its address, else who is nearest."""
        near = self.nearest(t_s, at_m)
        return [
            self.by_address.get(int(address), number) for address, number in zip(tracks["mode_s"], near, strict=True)
        ]

    def path(self, number: int) -> FloatArray:
        """Return seconds, x and y of one target, (n, 3)."""
        return np.array(self._by_target.get(number, [])).reshape(-1, 3)


def _placed(rows: Rows, plane: TangentPlane) -> tuple[Any, FloatArray]:
    at_m = plane.enu_from_geodetic(
        np.radians(rows["latitude_deg"]), np.radians(rows["longitude_deg"]), rows["height_hae_m"]
    )
    return rows["target_no"], at_m[:, :2]


class Taken:
    """What is kept of the facts of one run."""

    def __init__(self, scenario: Scenario, true_m: Truth) -> None:
        self._start_ns = scenario.scene.start_ns
        self._end_s = scenario.scene.duration_s
        self._truth = true_m
        self._living: dict[int, np.void] = {}
        self._next_s = SAMPLE_S
        self._samples: list[Rows] = []
        self._plots: list[Rows] = []
        self._under: dict[int, set[int]] = {}  # alert -> tracks
        self._alerts: list[Told] = []
        self.destinations: list[Destination] = []
        self.assessed_delay_s: list[float] = []

    def take(self, fact: Fact) -> None:
        t_s = (fact.now_ns - self._start_ns) / NS_PER_S
        while t_s >= self._next_s and self._next_s < self._end_s:
            self._sample(self._next_s)
            self._next_s += SAMPLE_S
        if isinstance(fact, Frame):
            for row in rows_from(fact.tracks, TRACK):
                self._follow(row)
        elif isinstance(fact, PlotFrame):
            self._plots.append(rows_from(fact.plots, PLOT))
        elif isinstance(fact, Alert):
            self._alert(t_s, fact)
        elif isinstance(fact, Assessed):
            self._assessed(t_s, fact)
        elif isinstance(fact, Destinations):
            self._bound(t_s, fact)

    def _follow(self, row: np.void) -> None:
        number = int(row["track_no"])
        if number >= TRACKS_MAX or row["status"] == TrackStatus.TENTATIVE:
            return
        if row["status"] == TrackStatus.DROPPED:
            self._living.pop(number, None)
        else:
            self._living[number] = row

    def _sample(self, t_s: float) -> None:
        rows = np.array(list(self._living.values()), TRACK)
        made = np.zeros(len(rows), SAMPLE)
        made["t_s"], made["track_no"] = t_s, rows["track_no"]
        if len(rows):
            age_s = (self._start_ns + t_s * NS_PER_S - rows["t_ns"]) / NS_PER_S
            for axis, (place, speed) in enumerate((("x_m", "vx_mps"), ("y_m", "vy_mps"))):
                made[speed] = rows["velocity_mps"][:, axis]
                made[place] = rows["position_enu_m"][:, axis] + rows["velocity_mps"][:, axis] * age_s
            made["threat"] = rows["threat"]
            chances = rows["class_probability"]
            told = np.isfinite(chances).all(axis=1)
            made["class_no"] = np.where(told, np.nan_to_num(chances).argmax(axis=1), -1)
            made["class_probability"] = np.nan_to_num(chances).max(axis=1)
            made["identity"] = rows["identity"]
            made["target_no"] = self._truth.targets_of(t_s, rows, np.column_stack((made["x_m"], made["y_m"])))
        self._samples.append(made)

    def _target_of(self, t_s: float, track_no: int) -> int:
        row = self._living.get(track_no)
        if row is None:
            return NOBODY
        return self._truth.targets_of(t_s, np.array([row], TRACK), row["position_enu_m"][None, :2])[0]

    def _alert(self, t_s: float, alert: Alert) -> None:
        is_first = alert.number not in self._under
        under = self._under.setdefault(alert.number, set())
        new = tuple(number for number in alert.track_nos if number not in under)
        if new or is_first:
            under.update(new)
            told = Told(t_s, alert.rule, alert.priority, alert.score, alert.delay_s, new, (), is_first)
            self._alerts.append(told)

    def alerts(self) -> list[Told]:
        """Return every alert with the targets that its tracks were of, for most of the time about it."""
        samples = self.samples()
        return [
            one._replace(target_nos=tuple(_about(samples, n, one.t_s) for n in one.track_nos)) for one in self._alerts
        ]

    def _assessed(self, t_s: float, assessed: Assessed) -> None:
        if assessed.is_over:
            return
        self.assessed_delay_s.append(assessed.delay_s)
        self._bound(t_s, assessed)

    def _bound(self, t_s: float, said: Assessed | Destinations) -> None:
        if said.destinations:
            target = self._target_of(t_s, said.track_no)
            self.destinations.append(Destination(t_s, said.track_no, target, dict(said.destinations)))

    def samples(self) -> Rows:
        """Return all samples, SAMPLE (n,)."""
        return np.concatenate(self._samples) if self._samples else np.zeros(0, SAMPLE)

    def plots_m(self, config: NodeConfig, plane: TangentPlane) -> FloatArray:
        """Return when each plot was measured (s), x, y, and how far from the truth it may be (m), (n, 4)."""
        plots = np.concatenate(self._plots) if self._plots else np.zeros(0, PLOT)
        t_s = (plots["t_ns"] - self._start_ns) / NS_PER_S
        found = np.column_stack((t_s, np.full((len(plots), 2), np.nan), np.full(len(plots), PLOT_GATE_M)))
        placed = plots["kind"] == PlotKind.POSITION
        enu_m = plane.enu_from_geodetic(plots["latitude_rad"][placed], plots["longitude_rad"][placed], _zeros(placed))
        found[placed, 1:3] = enu_m[:, :2]
        for row, sensor in enumerate(config.sensors):
            polar = (plots["kind"] == PlotKind.POLAR) & (plots["sensor"] == row)
            if not polar.any() or sensor.latitude_deg is None or sensor.longitude_deg is None:
                continue
            site_rad = np.radians((sensor.latitude_deg, sensor.longitude_deg))
            site_m = plane.enu_from_geodetic(site_rad[0], site_rad[1], np.zeros(()))
            range_m, azimuth_rad = plots["range_m"][polar], plots["azimuth_true_rad"][polar]
            found[polar, 1] = site_m[0] + range_m * np.sin(azimuth_rad)
            found[polar, 2] = site_m[1] + range_m * np.cos(azimuth_rad)
            found[polar, 3] += 3.0 * range_m * np.radians(sensor.sigma_azimuth_deg)
        known: FloatArray = found[np.isfinite(found[:, 1])]
        return known


def _about(samples: Rows, track_no: int, t_s: float) -> int:
    """Return the target that a track was of for most of the time about an instant."""
    of = samples["target_no"][(samples["track_no"] == track_no) & (np.abs(samples["t_s"] - t_s) <= ABOUT_S)]
    numbers, counts = np.unique(of, return_counts=True)
    return int(numbers[counts.argmax()]) if len(numbers) else NOBODY


def _zeros(chosen: BoolArray) -> FloatArray:
    return np.zeros(int(chosen.sum()))


def targets_of(scenario: Scenario, seed: int, true_m: Truth, plots_m: FloatArray) -> list[Target]:
    start_ns = scenario.scene.start_ns

    def second(t_ns: int) -> float:
        return (t_ns - start_ns) / NS_PER_S

    return [
        Target(
            row["target_no"],
            row["name"],
            row["kind"],
            row["intent"],
            row["is_threat"],
            row["asset"],
            second(row["from_ns"]),
            second(row["begin_ns"]),
            second(row["end_ns"]),
            second(row["inside_ns"]) if row["inside_ns"] else None,
            _first_plot_s(true_m.path(row["target_no"]), plots_m),
            row["is_ghost"],
        )
        for row in intents(scenario, seed).to_pylist()
    ]


def _first_plot_s(path: FloatArray, plots_m: FloatArray) -> float | None:
    """Return when a target was first seen: a plot on it that another follows soon."""
    if len(path) < 2:
        return None
    during = plots_m[(plots_m[:, 0] >= path[0, 0]) & (plots_m[:, 0] <= path[-1, 0])]
    away_m = np.hypot(*(during[:, axis] - np.interp(during[:, 0], path[:, 0], path[:, axis]) for axis in (1, 2)))
    seen_s = np.sort(during[away_m < during[:, 3], 0])
    soon = np.flatnonzero(np.diff(seen_s) < PLOTS_APART_S)
    return float(seen_s[soon[0]]) if len(soon) else None


def encode_run(run: Run) -> bytes:
    """Return a run as octets, for another process."""
    return msgspec.msgpack.encode(run._asdict() | {"samples": run.samples.tobytes()})


def decode_run(octets: bytes) -> Run:
    """Take back what `encode_run` returned."""
    table = msgspec.msgpack.decode(octets)
    return Run(
        **table
        | {
            "samples": rows_from(table["samples"], SAMPLE),
            "targets": [Target(*one) for one in table["targets"]],
            "alerts": [msgspec.convert(one, Told) for one in table["alerts"]],
            "destinations": [Destination(*one) for one in table["destinations"]],
        }
    )
