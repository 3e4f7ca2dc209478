"""Fit the weights of the rules to scenes whose truth is known, and show how well the whole holds on seeds never seen.

    python -m bench.assess_fit --seeds 1 3 5 --held-out 5 --seconds 600 --keep kept --json

Every scene and seed goes through a node as octets. Every eight seconds each confirmed track is assessed and labelled
by the truth, as `bench.assessment` does it: every flight weighs the same in the fit, however long it is seen, a flock
as one, and each track on nothing as a flight of its own. A weight stays within 0.4 to 2 times what people gave it
(`GIVEN`) and is drawn to that, so that few scenes make no rule say nothing, or everything. Simulated scenes of our own
making: see docs/assess.md for what that means. Even seeds are those that `bench.assessment` scores: fit on odd ones.
"""

from __future__ import annotations

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from scipy.optimize import minimize

from bench.assessment import SCENES
from bench.assessment_run import NOBODY, Truth, inputs_of
from bench.feed import lasting
from bench.machine import machine
from skydas.assess import Assessor, AssessParams
from skydas.geo import TangentPlane
from skydas.model import NS_PER_S, FloatArray, InputKind, IntArray, TrackStatus
from skydas.node import Node
from skydas.sim import intents, load_scenario, node_config

SAMPLE_S: Final = 8.0
RIDGE: Final = 0.1  # pull of each weight to what it was given, in units of one object's likelihood
LEAST, MOST = 0.4, 2.0  # times what it was given
# What people gave: a bias where one flight in fifty is a threat, and what each rule makes of that. A rule that is not
# named here is drawn to the weight it has.
GIVEN_BIAS: Final = -4.0
GIVEN: Final = {
    "approach": 2.5,
    "border_crossed": 2.3,
    "doubtful_track": -1.9,
    "known_traffic": -2.5,
    "loiter_near": 2.0,
    "low_and_slow": 0.3,
    "natural": -1.7,
    "no_identity": 0.4,
    "one_way_profile": 1.5,
    "swarm": 2.5,
}
BINS: Final = 10
Job = tuple[str, int, float, str]  # scene, seed, seconds, folder of kept samples


class Samples(NamedTuple):
    """What the rules said, n rows."""

    scores: FloatArray  # (n, r)
    whole: FloatArray  # (n,)
    is_threat: IntArray  # (n,)
    thing: IntArray  # (n,) number of the flight, unique over scenes
    seed: IntArray  # (n,)


def samples(jobs: list[Job], processes: int) -> Samples:
    """Return what the rules say of every track of every scene and seed."""
    with ProcessPoolExecutor(processes) as pool:
        parts = list(pool.map(_of_scene, jobs))
    things = np.cumsum([0, *(int(part.thing.max(initial=-1)) + 1 for part in parts)])
    parts = [part._replace(thing=part.thing + first) for part, first in zip(parts, things, strict=False)]
    return Samples(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _of_scene(job: Job) -> Samples:
    name, seed, seconds, folder = job
    kept = Path(folder) / f"{name}-{seed}-{seconds:g}s.npz"
    if folder and kept.exists():
        with np.load(kept) as held:
            return Samples(**{column: held[column] for column in Samples._fields})
    whole = load_scenario(name)
    scenario = lasting(name, min(seconds, whole.scene.duration_s))
    plane = TangentPlane(scenario.scene.latitude_deg, scenario.scene.longitude_deg)
    config = node_config(scenario)
    node, taker = Node(config), Taker(name, seed, Truth(scenario, seed, plane))
    for given in inputs_of(scenario, config, seed, seed):
        node.step(given)
        if given.kind == InputKind.TICK:
            taker.take(node)
    found = taker.samples()
    if folder:
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(kept, **found._asdict())
    return found


class Taker:
    """Asks a node every SAMPLE_S what its rules say, and labels it by the truth."""

    def __init__(self, name: str, seed: int, truth: Truth) -> None:
        whole = load_scenario(name)
        rows = intents(whole, seed).to_pylist()
        self._seed, self._truth = seed, truth
        self._since_ns = {row["target_no"]: row["from_ns"] for row in rows if row["is_threat"]}
        self._flight = {row["target_no"]: row["name"] for row in rows}
        self._numbers: dict[str | int, int] = {}  # flight, or track on nothing -> number
        self._next_ns = truth.start_ns + round(SAMPLE_S * NS_PER_S)
        self._parts: list[tuple[FloatArray, FloatArray, list[int], list[int]]] = []

    def take(self, node: Node) -> None:
        """Ask the node if it is time to."""
        if node.now_ns < self._next_ns:
            return
        self._next_ns += round(SAMPLE_S * NS_PER_S)
        assessor = node.judging.stages["assess"].assessor  # type: ignore[attr-defined]
        tracks = node.picture(node.now_ns)
        slots = assessor.memory.find(tracks["track_no"].astype(np.int64))
        asked = (slots >= 0) & (tracks["status"] == TrackStatus.CONFIRMED)
        tracks, slots = tracks[asked], slots[asked]
        assessor.with_identity(tracks, slots)
        scored = assessor.judge(node.now_ns, tracks, slots).scored
        t_s = (node.now_ns - self._truth.start_ns) / NS_PER_S
        targets = self._truth.targets_of(t_s, tracks, tracks["position_enu_m"][:, :2])
        threat = [int(node.now_ns >= self._since_ns.get(number, node.now_ns + 1)) for number in targets]
        flights: list[str | int] = [
            track_no if number == NOBODY else self._flight[number]
            for number, track_no in zip(targets, tracks["track_no"].tolist(), strict=True)
        ]
        things = [self._numbers.setdefault(flight, len(self._numbers)) for flight in flights]
        self._parts.append((scored.scores, scored.whole, threat, things))

    def samples(self) -> Samples:
        """Return everything that was taken."""
        scores, whole, threat, thing = zip(*self._parts, strict=True)
        is_threat, things = (np.concatenate([np.array(part, np.int64) for part in parts]) for parts in (threat, thing))
        seed = np.full(len(things), self._seed)
        return Samples(np.concatenate(scores), np.concatenate(whole), is_threat, things, seed)


def weights_of(found: Samples) -> FloatArray:
    """Return a weight for each sample: every flight weighs one."""
    _, of, count = np.unique(found.thing, return_inverse=True, return_counts=True)
    return 1.0 / count[of]


def fit(found: Samples, given: FloatArray, bias: float) -> tuple[FloatArray, float]:
    """Return weights (r,) and bias by logistic regression within bounds, drawn to those given (r,)."""
    weight = weights_of(found)

    def loss(x: FloatArray) -> tuple[float, FloatArray]:
        log_odds = x[-1] + found.scores @ x[:-1]
        probability = 1.0 / (1.0 + np.exp(-log_odds))
        value = float(np.sum(weight * (np.logaddexp(0.0, log_odds) - found.is_threat * log_odds)))
        slope = weight * (probability - found.is_threat)
        away = x[:-1] - given
        pull = RIDGE * weight.sum() / 100.0
        return value + pull * float(away @ away), np.append(found.scores.T @ slope + 2.0 * pull * away, slope.sum())

    bounds = [tuple(sorted((LEAST * w, MOST * w))) for w in given.tolist()] + [(-12.0, 2.0)]
    made = minimize(loss, np.append(given, bias), jac=True, bounds=bounds, method="L-BFGS-B")
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
    parser.add_argument("--scenes", nargs="+", default=list(SCENES), choices=SCENES)
    parser.add_argument("--seeds", type=int, nargs="+", required=True)
    parser.add_argument("--held-out", type=int, nargs="*", default=[], help="seeds that the fit does not see")
    parser.add_argument("--seconds", type=float, default=600.0, help="of each scene, from its start")
    parser.add_argument("--keep", default="", help="folder of samples: scenes and seeds in it are not run again")
    parser.add_argument("--jobs", type=int, default=1, help="scenes at the same time, each in a process")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    jobs = [(name, seed, given.seconds, given.keep) for seed in given.seeds for name in given.scenes]
    found = samples(jobs, given.jobs)
    assessor = Assessor(AssessParams(), {}, [])
    params, names, before = assessor.params, assessor.rules.names, assessor.rules.weights
    held_out = np.isin(found.seed, given.held_out)
    seen = Samples(*(column[~held_out] for column in found))
    given_weights = np.array([GIVEN.get(name, weight) for name, weight in zip(names, before.tolist(), strict=True)])
    after, bias = fit(seen, given_weights, GIVEN_BIAS)
    told: dict[str, Any] = {"machine": machine(), "scenes": given.scenes, "seeds": given.seeds}
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
