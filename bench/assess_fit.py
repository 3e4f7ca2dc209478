"""Fit the weights of the rules to scenes whose truth is known, and show how well the whole holds on seeds never seen.

    skydas sim one-way-attack --seed 1 --out scenes/one-way-attack-1      # and others, several seeds each
    python -m bench.assess_fit scenes/* --held-out 3 --json

Each folder holds a journal, assets.geojson, truth.parquet and intent.parquet, as `skydas sim` writes them. Every eight
seconds each confirmed track is assessed and labelled by the truth within 400 m of it. Every object weighs the same in
the fit, however long it is seen. A weight keeps its sign and is drawn to what it was, so that a rule that the scenes
do not need keeps what people gave it. Simulated scenes of our own making: see docs/assess.md for what that means.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import pyarrow.parquet as pq
from scipy.optimize import minimize

from bench.machine import machine
from skydas.assess import Assessor, AssessParams, read_assets
from skydas.errors import ConfigError
from skydas.geo import distance_m
from skydas.journal import JournalReader
from skydas.model import NS_PER_S, FloatArray, InputKind, IntArray, NodeConfig
from skydas.node import Node

SAMPLE_S: Final = 8
GATE_M: Final = 400.0
RIDGE: Final = 0.02  # pull of each weight to what it was, in units of one object's likelihood
BINS: Final = 10


class Samples(NamedTuple):
    """What the rules said, n rows."""

    scores: FloatArray  # (n, r)
    whole: FloatArray  # (n,)
    is_threat: IntArray  # (n,)
    thing: IntArray  # (n,) number of the object, unique over scenes
    seed: IntArray  # (n,)
    scene: IntArray  # (n,) index of the folder


def samples(folders: list[Path], jobs: int, seconds: float) -> Samples:
    """Return what the rules say of every track of the first `seconds` of the scenes."""
    with ProcessPoolExecutor(jobs) as pool:
        parts = list(pool.map(_of_scene, folders, range(len(folders)), [seconds] * len(folders)))
    return Samples(*(np.concatenate([part[column] for part in parts]) for column in range(6)))


def _of_scene(folder: Path, index: int, seconds: float) -> list[Any]:
    truth = _truth(folder / "truth.parquet")
    intent = {row["target_no"]: row for row in pq.read_table(folder / "intent.parquet").to_pylist()}
    seed = int(folder.name.rpartition("-")[2])
    node: Node | None = None
    rows: list[tuple[FloatArray, FloatArray, IntArray, IntArray]] = []
    next_s = first_ns = 0
    for record in JournalReader(folder):
        given = record.input
        if given.kind == InputKind.CONFIG:
            node = Node(_configured(given.payload, folder))
            continue
        assert node is not None
        node.step(given)
        first_ns = first_ns or given.rx_ns
        if given.rx_ns - first_ns > seconds * NS_PER_S:
            break
        second = given.rx_ns // NS_PER_S
        if given.kind != InputKind.TICK or second < next_s:
            continue
        next_s = second + SAMPLE_S
        rows.append(_sampled(node, truth.get(int(second), (np.zeros(0), np.zeros((0, 2)))), intent))
    assert node is not None
    scores, whole, is_threat, target = (np.concatenate(part) for part in zip(*rows, strict=True))
    keep = is_threat >= 0
    count = int(keep.sum())
    thing = index * 1_000_000 + target[keep]
    return [scores[keep], whole[keep], is_threat[keep], thing, np.full(count, seed), np.full(count, index)]


def _configured(payload: bytes, folder: Path) -> NodeConfig:
    try:
        config = msgspec.json.decode(payload, type=NodeConfig)
    except msgspec.DecodeError as error:
        raise ConfigError(f"{folder}: its configuration is of another version: {error}") from error
    return msgspec.structs.replace(config, assets=read_assets((folder / "assets.geojson").read_bytes(), str(folder)))


def _truth(path: Path) -> dict[int, tuple[IntArray, FloatArray]]:
    table = pq.read_table(path, columns=["t_ns", "target_no", "latitude_deg", "longitude_deg"])
    t_ns, number, latitude, longitude = (table[name].to_numpy() for name in table.column_names)
    found: dict[int, list[int]] = defaultdict(list)
    for row, second in enumerate((t_ns // NS_PER_S).tolist()):
        found[second].append(row)
    place = np.radians(np.stack((latitude, longitude), axis=1))
    return {second: (number[rows], place[rows]) for second, rows in found.items()}


def _sampled(node: Node, truth: tuple[IntArray, FloatArray], intent: dict[int, Any]) -> Any:
    """Return what the rules say of each confirmed track, and whether it is a threat: -1 where nobody can say."""
    assessor = node.judging.stages["assess"].assessor  # type: ignore[attr-defined]
    tracks = node.picture(node.now_ns)
    slots = assessor.memory.find(tracks["track_no"].astype(np.int64))
    tracks, slots = tracks[(slots >= 0) & (tracks["status"] == 1)], slots[(slots >= 0) & (tracks["status"] == 1)]
    assessor.with_identity(tracks, slots)
    scored = assessor.judge(node.now_ns, tracks, slots).scored
    numbers, places = truth
    is_threat, target = np.full(len(tracks), -1), np.zeros(len(tracks), np.int64)
    for row, track in enumerate(tracks):
        if not len(numbers):
            continue
        latitude, longitude = np.radians(track["latitude_deg"]), np.radians(track["longitude_deg"])
        away = distance_m(latitude, longitude, places[:, 0], places[:, 1])
        nearest = int(np.argmin(away))
        if away[nearest] < GATE_M:
            about = intent[int(numbers[nearest])]
            target[row] = int(numbers[nearest])
            is_threat[row] = int(about["is_threat"] and node.now_ns >= about["from_ns"])
    return scored.scores, scored.whole, is_threat, target


def weights_of(found: Samples) -> FloatArray:
    """Return a weight for each sample: every object weighs one, half of all weight is of threats."""
    _, of, count = np.unique(found.thing, return_inverse=True, return_counts=True)
    return 1.0 / count[of]


def fit(found: Samples, before: FloatArray, bias: float) -> tuple[FloatArray, float]:
    """Return weights (r,) and bias by logistic regression with signs kept, drawn to what they were."""
    weight = weights_of(found)

    def loss(x: FloatArray) -> tuple[float, FloatArray]:
        log_odds = x[-1] + found.scores @ x[:-1]
        probability = 1.0 / (1.0 + np.exp(-log_odds))
        value = float(np.sum(weight * (np.logaddexp(0.0, log_odds) - found.is_threat * log_odds)))
        slope = weight * (probability - found.is_threat)
        away = x[:-1] - before
        pull = RIDGE * weight.sum() / 100.0
        return value + pull * float(away @ away), np.append(found.scores.T @ slope + 2.0 * pull * away, slope.sum())

    bounds = [(0.0, 6.0) if w > 0.0 else (-6.0, 0.0) for w in before] + [(-12.0, 2.0)]
    made = minimize(loss, np.append(before, bias), jac=True, bounds=bounds, method="L-BFGS-B")
    return made.x[:-1], float(made.x[-1])


def quality(whole: FloatArray, found: Samples) -> dict[str, Any]:
    """Return Brier score, calibration error and reliability, every object weighing one."""
    weight = weights_of(found)
    bins = np.minimum((whole * BINS).astype(int), BINS - 1)
    reliability, error = [], 0.0
    for one in range(BINS):
        here = bins == one
        share = float(weight[here].sum())
        if share > 0.0:
            said = float((weight * whole)[here].sum() / share)
            was = float((weight * found.is_threat)[here].sum() / share)
            reliability.append([round(said, 3), round(was, 3), round(share, 1)])
            error += abs(said - was) * share / float(weight.sum())
    rate = float((weight * found.is_threat).sum() / weight.sum())
    brier = float((weight * (whole - found.is_threat) ** 2).sum() / weight.sum())
    return {
        "objects": len(np.unique(found.thing)),
        "threats": len(np.unique(found.thing[found.is_threat == 1])),
        "brier": round(brier, 4),
        "brier_of_base_rate": round(rate * (1.0 - rate), 4),
        "ece": round(error, 4),
        "auc": round(_auc(whole, found, weight), 4),
        "reliability_said_was_objects": reliability,
    }


def _auc(whole: FloatArray, found: Samples, weight: FloatArray) -> float:
    """Return how often a threat's score is above another's, every object weighing one."""
    order = np.argsort(whole, kind="stable")
    threat = (weight * found.is_threat)[order]
    other = (weight * (1 - found.is_threat))[order]
    return float((threat * np.cumsum(other)).sum() / max(threat.sum() * other.sum(), 1e-12))


def main() -> None:
    """Print the fit and its quality."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--held-out", type=int, nargs="*", default=[], help="seeds that the fit does not see")
    parser.add_argument("--seconds", type=float, default=1e9, help="of each scene, from its start")
    parser.add_argument("--jobs", type=int, default=1, help="scenes at the same time, each in a process")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = samples(given.folders, given.jobs, given.seconds)
    assessor = Assessor(AssessParams(), {}, [])
    params, names, before = assessor.params, assessor.rules.names, assessor.rules.weights
    held_out = np.isin(found.seed, given.held_out)
    seen = Samples(*(column[~held_out] for column in found))
    after, bias = fit(seen, before, params.bias_log_odds)
    told: dict[str, Any] = {"machine": machine(), "scenes": [folder.name for folder in given.folders]}
    told["as_it_is"] = {"bias": params.bias_log_odds, "weights": dict(zip(names, before.tolist(), strict=True))}
    told["fitted"] = {"bias": round(bias, 2), "weights": dict(zip(names, np.round(after, 2).tolist(), strict=True))}
    for what, rows in (("seen", ~held_out), ("held_out", held_out)):
        if rows.any():
            part = Samples(*(column[rows] for column in found))
            refitted = 1.0 / (1.0 + np.exp(-(bias + part.scores @ after)))
            told[f"{what}_as_it_is"], told[f"{what}_fitted"] = quality(part.whole, part), quality(refitted, part)
    print(json.dumps(told, indent=2) if given.json else "\n".join(f"{key:20} {value}" for key, value in told.items()))


if __name__ == "__main__":
    main()
