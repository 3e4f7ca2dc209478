"""How well destinations are told in the open scenes: of every confirmed track, whoever it is.

    python -m bench.destination_scenes [--scenes transit one-way-attack] [--seeds 1 2 3] [--keep DIR] [--json]

Each scene goes as octets through a node that only tracks (`judges = false`: what an object is said to be changes
nothing of where it goes); its tracks then pass through the same `Predictor` as in a node that judges. Asked is what
`bench.assessment` asks, at the same fractions of each observed path. Beside it stands the baseline of distance and
heading of that bench, fitted on CALIBRATE_SEEDS of the same scenes.

FIT_SEEDS and CALIBRATE_SEEDS belong to `python -m bench.destinations --fit`; what is told here is of other seeds.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

from bench import assessment_scores as scores
from bench.assessment_baselines import ELSEWHERE, asset_array, destination_chances, fit_destinations
from bench.assessment_run import (
    SAMPLE,
    TRACKS_MAX,
    Run,
    Taken,
    Truth,
    assets_of,
    decode_run,
    encode_run,
    inputs_of,
    targets_of,
)
from bench.calibration import calibration_error
from bench.machine import machine
from skydas.assess.predict import Predictor, PredictParams
from skydas.assess.predict.destinations import SHOWN, Evidence
from skydas.clock import stopwatch_ns
from skydas.geo import TangentPlane
from skydas.model import NS_PER_S, TRACK, Asset, FloatArray, Frame, IntArray, Rows, TrackStatus, rows_from
from skydas.node import Node
from skydas.sim import load_scenario, node_config
from skydas.warm import compile_apart, warm_up

SCENES: Final = (
    "one-way-attack", "decoy-wave", "ordinary-day", "transit", "spoofed-airliner", "border-crossing",
    "reconnaissance-loiter", "smuggling-drop", "lost-hobbyist", "balloon-night",
)  # fmt: skip
FIT_SEEDS: Final = (11, 12, 13)
CALIBRATE_SEEDS: Final = (14,)
TEACH_EVERY_S: Final = 60.0
ALIKE_MAX: Final = 5.0  # flights of one table of a scene count at most as so many


class Tracked(NamedTuple):
    """One scene as a node tracked it."""

    run: Run  # without anything that a judging stage says
    start_ns: int
    frames_ns: list[int]
    lengths: list[int]  # rows of each frame
    tracks: Rows  # TRACK (n,): confirmed, coasting and dropped ones, frame after frame
    assets: list[Asset]


class Moment(NamedTuple):
    """A track at one time, and where it goes."""

    t_s: float
    track_no: int
    goal: str  # an asset or "elsewhere"
    weight: float
    fraction: float = 0.0  # of its observed path, where it is a question
    row: int = -1  # of the samples


def track_scene(name: str, seed: int) -> Tracked:
    """Return what a node that does not judge makes of one scene."""
    scenario = load_scenario(name)
    plane = TangentPlane(scenario.scene.latitude_deg, scenario.scene.longitude_deg)
    config = node_config(scenario)
    config = msgspec.structs.replace(config, node=msgspec.structs.replace(config.node, judges=False))
    node = Node(config, stopwatch_ns)
    true_m = Truth(scenario, seed, plane)
    taken = Taken(scenario, true_m)
    frames_ns, frames = [], []
    for given in inputs_of(scenario, config, seed, seed):
        for fact in node.step(given):
            if not isinstance(fact, Frame):
                continue
            taken.take(fact)
            rows = rows_from(fact.tracks, TRACK)
            rows = rows[(rows["track_no"] < TRACKS_MAX) & (rows["status"] != TrackStatus.TENTATIVE)]
            if len(rows):
                frames_ns.append(fact.now_ns)
                frames.append(rows.copy())
    run = Run(
        name, seed, seed, scenario.scene.duration_s, taken.samples(),
        targets_of(scenario, seed, true_m, np.zeros((0, 4))), [], [], assets_of(scenario, plane), [], {},
    )  # fmt: skip
    tracks = np.concatenate(frames) if frames else np.zeros(0, TRACK)
    assets = [asset for asset in config.assets if asset.what == "asset"]
    return Tracked(run, scenario.scene.start_ns, frames_ns, [len(rows) for rows in frames], tracks, assets)


def encode_tracked(tracked: Tracked) -> bytes:
    """Return a tracked scene as octets, for another process and for a folder."""
    table = tracked._asdict() | {"run": encode_run(tracked.run), "tracks": tracked.tracks.tobytes()}
    return msgspec.msgpack.encode(table)


def decode_tracked(octets: bytes) -> Tracked:
    """Take back what `encode_tracked` returned."""
    table = msgspec.msgpack.decode(octets)
    table["run"], table["tracks"] = decode_run(table["run"]), rows_from(table["tracks"], TRACK)
    table["assets"] = msgspec.convert(table["assets"], list[Asset])
    return Tracked(**table)


def tracked_scenes(names: Sequence[str], seeds: Sequence[int], keep: str, processes: int) -> Iterator[Tracked]:
    """Yield every scene of every seed as it lies in the folder `keep`, or as it is tracked now and laid there."""
    jobs = [(name, seed, keep) for seed in seeds for name in names]
    if all(_kept(*job) for job in jobs):
        yield from (decode_tracked(_kept(*job)) for job in jobs)
        return
    compile_apart()
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes, initializer=warm_up) as pool:
        for octets in pool.imap(_work, jobs):
            yield decode_tracked(octets)


def _kept(name: str, seed: int, keep: str) -> bytes:
    """Return what lies in the folder, empty where nothing does."""
    path = _path(name, seed, keep)
    return path.read_bytes() if keep and path.exists() else b""


def _path(name: str, seed: int, keep: str) -> Path:
    return Path(keep) / f"{name}-{seed}.tracked"


def _work(job: tuple[str, int, str]) -> bytes:
    if octets := _kept(*job):
        return octets
    name, seed, keep = job
    octets = encode_tracked(track_scene(name, seed))
    if keep:
        Path(keep).mkdir(parents=True, exist_ok=True)
        _path(*job).write_bytes(octets)
    return octets


def questions(run: Run) -> list[Moment]:
    """Return what is asked of one scene, in order of time."""
    asked = [
        Moment(
            float(run.samples["t_s"][one.row]), int(run.samples["track_no"][one.row]), one.true, 1.0, one.fraction,
            one.row,
        )
        for one in scores.asked(run, ELSEWHERE)
    ]  # fmt: skip
    return sorted(asked)


def lessons(run: Run) -> list[Moment]:
    """Return moments of every track whose goal is known, all flights counting the same, those of one table less."""
    alike = {name: sum(one.name == name for one in run.targets) for name in {one.name for one in run.targets}}
    found = []
    for target in run.targets:
        goes_to = target.asset if target.inside_s is not None else ""
        if target.is_ghost or (target.asset and not goes_to) or (goes_to and goes_to not in run.assets):
            continue
        rows = run.samples[run.samples["target_no"] == target.number]
        if goes_to:
            rows = rows[rows["t_s"] < target.inside_s]
        rows = rows[np.unique(np.round(rows["t_s"] / TEACH_EVERY_S), return_index=True)[1]]
        if not len(rows):
            continue
        weight = min(alike[target.name], ALIKE_MAX) / alike[target.name] / len(rows)
        found += [
            Moment(t_s, number, goes_to or ELSEWHERE, weight)
            for t_s, number in zip(rows["t_s"].tolist(), rows["track_no"].tolist(), strict=True)
        ]
    return sorted(found)


def played(tracked: Tracked, moments: Sequence[Moment], params: PredictParams) -> Iterator[tuple[Moment, Predictor]]:
    """Yield each moment, in order of time, with a predictor that has taken everything before."""
    predictor, first, waiting = Predictor(params), 0, list(moments[::-1])
    for now_ns, length in zip(tracked.frames_ns, tracked.lengths, strict=True):
        while waiting and tracked.start_ns + waiting[-1].t_s * NS_PER_S < now_ns:
            yield waiting.pop(), predictor
        predictor.step(now_ns, tracked.tracks[first : first + length], tracked.assets)
        first += length
    for one in waiting[::-1]:
        yield one, predictor


def taught(scenes: Iterator[Tracked]) -> Iterator[tuple[Moment, Evidence, int]]:
    """Yield for fitting: a moment, its evidence, and the row of its goal, the count of places for elsewhere."""
    params = PredictParams()
    for tracked in scenes:
        names = [asset.name for asset in tracked.assets]
        for moment, predictor in played(tracked, lessons(tracked.run), params):
            given = predictor.evidence(np.array([moment.track_no]), tracked.assets)
            if given is not None:
                yield moment, given, names.index(moment.goal) if moment.goal in names else len(names)


class Asked(NamedTuple):
    """All that was asked of some scenes."""

    rows: Rows  # SAMPLE (n,)
    goal: IntArray  # (n,) column, the last of elsewhere
    fraction: FloatArray
    said: FloatArray  # (n, a + 1)
    shown: Any  # (n,) kind of route that the path shows, a word
    assets: FloatArray  # as the baseline takes them


def ask(scenes: Iterator[Tracked], params: PredictParams) -> Asked:
    """Return the answers to every question."""
    rows, goal, fraction, said, shown, assets = [], [], [], [], [], np.zeros((0, 3))
    for tracked in scenes:
        names = [*(asset.name for asset in tracked.assets), ELSEWHERE]
        assets = asset_array(tracked.run)
        assert names[:-1] == list(tracked.run.assets)
        for moment, predictor in played(tracked, questions(tracked.run), params):
            number = np.array([moment.track_no])
            rows.append(tracked.run.samples[moment.row])
            goal.append(names.index(moment.goal))
            fraction.append(moment.fraction)
            said.append(predictor.destinations(number, tracked.assets)[0])
            shown += predictor.shown(number, tracked.assets) or [""]
    return Asked(
        np.array(rows, SAMPLE), np.array(goal, np.int64), np.array(fraction), np.array(said), np.array(shown), assets
    )


def figures(chances: FloatArray, goal: IntArray) -> dict[str, float]:
    """Return the scores of some answers, and how far the likeliest is from as sure as it says."""
    found = scores.destination_scores(chances, goal)
    return {**found, "ece": calibration_error(chances, goal)}


def report(asked: Asked, shape: tuple[float, float, float]) -> dict[str, Any]:
    """Return by method the figures of what goes to an asset and elsewhere, by fraction, and by the kind shown.

    shape : of the baseline of distance and heading
    """
    elsewhere = asked.said.shape[1] - 1
    to_asset = asked.goal < elsewhere
    methods = {"distance and heading": destination_chances(asked.rows, asked.assets, shape), "skydas": asked.said}
    groups = {
        f"{name} {fraction:g}": kind & (asked.fraction == fraction)
        for name, kind in (("to an asset", to_asset), ("elsewhere", ~to_asset))
        for fraction in scores.FRACTIONS
    }
    groups |= {f"shown: {kind}": asked.shown == kind for kind in SHOWN}
    groups |= {"to an asset": to_asset, "elsewhere": ~to_asset, "all": np.ones(len(to_asset), bool)}
    return {
        group: {name: figures(chances[rows], asked.goal[rows]) for name, chances in methods.items()}
        for group, rows in groups.items()
        if rows.any()
    }


def main() -> None:
    """Track, ask and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", nargs="+", default=list(SCENES), choices=SCENES)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--keep", default="", help="folder of tracked scenes: those in it are not run again")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if fitted := sorted({*given.seeds} & {*FIT_SEEDS, *CALIBRATE_SEEDS}):
        parser.error(f"seeds {fitted} were fitted on; report others")
    params = PredictParams()
    tuning = ask(tracked_scenes(given.scenes, CALIBRATE_SEEDS, given.keep, given.jobs), params)
    shape = fit_destinations(tuning.rows, tuning.assets, tuning.goal)["distance and heading"]
    found = report(ask(tracked_scenes(given.scenes, given.seeds, given.keep, given.jobs), params), shape)
    if given.json:
        print(json.dumps({"machine": machine(), "seeds": given.seeds, "shape": shape, "groups": found}, indent=1))
        return
    print(f"seeds {given.seeds}; the baseline's shape {shape}, fitted on {list(CALIBRATE_SEEDS)}")
    for group, methods in found.items():
        for name, row in methods.items():
            print(f"{group:18s} {name:21s}", " ".join(f"{key} {value:.3f}" for key, value in row.items()))


if __name__ == "__main__":
    main()
