"""What the assessment is worth: whole nodes over the open scenes, many seeds, against the truth of threat and intent.

    python -m bench.assessment --jobs 4 --write
    python -m bench.assessment --scenes transit one-way-attack --seeds 1 2 3 4 --json

Every scene and seed is simulated, goes through a node as octets, and what the node says is held against the truth that
it never saw. Beside it stand baselines that know distance, or distance and heading, and nothing else: what they need
is fitted on every other seed (the first, third ...), and every figure is of the seeds between. Where a node tells no
alert of its own, an alert is a score above a threshold that gives so many false alerts an hour on the fitting seeds.
`--seconds` cuts the scenes, for a quick look; what their objects are about stays that of the whole scene.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from bench import assessment_scores as scores
from bench.assessment_baselines import (
    ELSEWHERE,
    asset_array,
    closeness,
    destination_chances,
    features,
    fit_destinations,
    fit_logistic,
    logistic,
)
from bench.assessment_run import SAMPLE, SAMPLE_S, Run, decode_run, encode_run, run_scene
from bench.machine import machine
from skydas.model import BoolArray, FloatArray, IntArray, ObjectClass
from skydas.warm import compile_apart, warm_up

SCENES: Final = (
    "ordinary-day",
    "transit",
    "smuggling-drop",
    "reconnaissance-loiter",
    "one-way-attack",
    "lost-hobbyist",
    "balloon-night",
    "border-crossing",
    "decoy-wave",
    "spoofed-airliner",
    "inland-launch",
)
SEEDS: Final = tuple(range(1, 21))
NOISE_SEED_STEP: Final = 1_000  # of the second sensing of a truth
PAIRS: Final = 4  # seeds of which the truth is sensed twice
TOLD_S_MAX: Final = 12.0  # a destination told so long ago still stands
NOT_TOLD: Final = 0.0  # the score of a track that is not assessed
SKYDAS: Final = "skydas"
Job = tuple[str, int, int, float, str]  # scene, seed, noise seed, seconds, folder of kept runs
Score = Callable[[Run], FloatArray]


class Method(NamedTuple):
    """What is said of every sample of a run."""

    chance: Score  # that it is a threat
    rank: Score  # what alerts and ranks go by


def measure(jobs: Sequence[Job], processes: int) -> list[Run]:
    """Return the run of each job, in order."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes, initializer=warm_up) as pool:
        return [decode_run(octets) for octets in pool.imap(_work, jobs)]


def _work(job: Job) -> bytes:
    name, seed, noise_seed, seconds, folder = job
    kept = Path(folder) / f"{name}-{seed}-{noise_seed}-{seconds:g}s.run" if folder else None
    if kept is not None and kept.exists():
        return kept.read_bytes()
    octets = encode_run(run_scene(name, seed, noise_seed, seconds))
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(octets)
    return octets


# ---------------------------------------------------------------- threats


def fitted(tuning: Sequence[Run]) -> dict[str, Method]:
    """Return each method, the chances of the baselines fitted."""
    is_true = np.concatenate([scores.threats(run) for run in tuning])
    weight = np.concatenate([scores.object_weights(run) for run in tuning])
    seen = [features(run) for run in tuning]
    methods = {}
    for name in seen[0]:
        coefficients = fit_logistic(np.concatenate([one[name] for one in seen]), is_true, weight)
        methods[name] = _baseline(name, coefficients)
    methods[SKYDAS] = Method(said, said)
    return methods


def _baseline(name: str, coefficients: FloatArray) -> Method:
    return Method(
        lambda run: logistic(features(run)[name], coefficients),
        lambda run: closeness(run)[name],
    )


def said(run: Run) -> FloatArray:
    """Return the score that the node gave each track, NOT_TOLD where it gave none."""
    score: FloatArray = np.nan_to_num(run.samples["threat"].astype(float), nan=NOT_TOLD)
    return score


def threat_figures(methods: dict[str, Method], tuning: Sequence[Run], testing: Sequence[Run]) -> dict[str, Any]:
    """Return of each method: Brier score, reliability, and what alerts at one rate of false ones are worth."""
    own = [scores.own_alerts(run) for run in tuning]
    outcomes = [scores.outcome(run, raised) for run, raised in zip(tuning, own, strict=True)]
    has_own = any(own)
    rate = scores.total(outcomes)["false_per_hour"] if has_own else scores.FALSE_PER_HOUR
    found: dict[str, Any] = {"false_per_hour_asked": rate, "methods": {}}
    is_true = [scores.threats(run) for run in testing]
    weight = [scores.object_weights(run) for run in testing]
    share = float(np.average(np.concatenate(is_true), weights=np.concatenate(weight)))
    found["share_of_threats"] = share
    found["brier_of_that_share"] = share * (1.0 - share)
    for name, method in methods.items():
        threshold = scores.threshold_for(tuning, [method.rank(run) for run in tuning], rate)
        raised = [scores.alerts_at(run, method.rank(run), threshold) for run in testing]
        found["methods"][name] = {
            **_probability_figures([method.chance(run) for run in testing], is_true, weight),
            "threshold": threshold,
            **_alert_figures(testing, raised),
        }
    if has_own:
        raised = [scores.own_alerts(run) for run in testing]
        found["methods"][f"{SKYDAS}, its alerts"] = _alert_figures(testing, raised)
        rules = Counter(one.rule for run in testing for one in run.alerts)
        found["alerts_by_rule"] = dict(rules.most_common())
        found["false_per_hour_by_rule"] = {rule: _false_per_hour(testing, raised, rule) for rule in rules}
    return found


def _false_per_hour(runs: Sequence[Run], raised: Sequence[Sequence[scores.Raised]], rule: str) -> float:
    """Return how many of the false alerts a rule raises an hour."""
    of_rule = [[one for one in alerts if one.rule == rule] for alerts in raised]
    false = scores.total([scores.outcome(run, alerts) for run, alerts in zip(runs, of_rule, strict=True)])
    return float(false["false_per_hour"])


def _probability_figures(
    given: Sequence[FloatArray], is_true: Sequence[BoolArray], weight: Sequence[FloatArray]
) -> dict[str, Any]:
    chance, came, each = np.concatenate(given), np.concatenate(is_true), np.concatenate(weight)
    return {
        "brier": scores.brier(chance, came, each),
        "brier_of_samples": scores.brier(chance, came, np.ones(len(each))),
        **scores.reliability(chance, came, each),
    }


def _alert_figures(runs: Sequence[Run], raised: Sequence[Sequence[scores.Raised]]) -> dict[str, Any]:
    outcomes = [scores.outcome(run, one) for run, one in zip(runs, raised, strict=True)]
    by_scene = {
        scene: scores.total([one for run, one in zip(runs, outcomes, strict=True) if run.scene == scene])
        for scene in dict.fromkeys(run.scene for run in runs)
    }
    return {"alerts": scores.total(outcomes), "by_scene": by_scene}


# ---------------------------------------------------------------- destinations, ranks, classes


def destination_figures(tuning: Sequence[Run], testing: Sequence[Run]) -> dict[str, Any]:
    """Return by method and fraction of the observed path how often the destination was named."""
    names = [*tuning[0].assets, ELSEWHERE]
    assets = asset_array(tuning[0])

    def questions(runs: Sequence[Run]) -> tuple[Any, IntArray, FloatArray, FloatArray]:
        asked = [(run, one) for run in runs for one in scores.asked(run, ELSEWHERE)]
        rows = np.array([run.samples[one.row] for run, one in asked], SAMPLE)
        true = np.array([names.index(one.true) for _, one in asked], np.int64)
        told = np.array([_told(run, run.samples[one.row], names) for run, one in asked])
        return rows, true, np.array([one.fraction for _, one in asked]), told.reshape(-1, len(names))

    rows, true, _, _ = questions(tuning)
    if not len(rows):  # scenes cut so short that nothing has gone far enough to ask
        return {"shapes": {}, "told": 0.0, "methods": {}}
    shapes = fit_destinations(rows, assets, true)
    rows, true, fraction, told = questions(testing)
    chances = {name: destination_chances(rows, assets, shape) for name, shape in shapes.items()}
    is_told: BoolArray = told.sum(axis=1) > 0.0
    found: dict[str, Any] = {"shapes": shapes, "told": float(is_told.sum()) / max(len(true), 1), "methods": {}}
    if is_told.any():
        chances[SKYDAS] = told
    for name, chance in chances.items():
        of = is_told if is_told.any() else np.ones(len(true), np.bool_)
        found["methods"][name] = {
            group: {
                str(one): scores.destination_scores(chance[chosen & of], true[chosen & of])
                for one in scores.FRACTIONS
                if (chosen := (fraction == one) & kind).any() and (chosen & of).any()
            }
            for group, kind in (
                ("to an asset", true < len(names) - 1),
                ("elsewhere", true == len(names) - 1),
            )
        }
    return found


def _told(run: Run, sample: np.void, names: Sequence[str]) -> list[float]:
    """Return what the node last said of where a target's track goes, in the order of `names`; all 0: nothing."""
    t_s, target = float(sample["t_s"]), int(sample["target_no"])
    last = next(
        (one for one in reversed(run.destinations) if one.target_no == target and t_s - TOLD_S_MAX <= one.t_s <= t_s),
        None,
    )
    return [last.chances.get(name, 0.0) for name in names] if last is not None else [0.0] * len(names)


def rank_figures(methods: dict[str, Method], pairs: Sequence[tuple[Run, Run]]) -> dict[str, Any]:
    """Return Kendall's tau between two sensings of one truth, by method."""
    found = {}
    for name, method in methods.items():
        taus = [scores.rank_stability(one, other, method.rank) for one, other in pairs]
        found[name] = {
            what: float(np.mean(values))
            if (values := [tau for one in taus if (tau := one[what]) is not None])
            else None
            for what in ("all", "top")
        }
    return found


def class_figures(runs: Sequence[Run]) -> dict[str, dict[str, int]]:
    """Return true kind -> class said a minute after the first track -> objects."""
    counted: Counter[tuple[str, int]] = Counter()
    for run in runs:
        counted += scores.classes(run)
    found: dict[str, dict[str, int]] = {}
    for (kind, number), count in sorted(counted.items()):
        word = "cannot tell" if number < 0 else ObjectClass(number).name.lower()
        found.setdefault(kind, {})[word] = count
    return found


def figures(runs: Sequence[Run], seeds: Sequence[int]) -> dict[str, Any]:
    """Return every figure."""
    plain = [run for run in runs if run.seed == run.noise_seed]
    again = {(run.scene, run.seed): run for run in runs if run.seed != run.noise_seed}
    fitting = set(seeds[::2])
    tuning = [run for run in plain if run.seed in fitting]
    testing = [run for run in plain if run.seed not in fitting]
    methods = fitted(tuning)
    pairs = [(run, again[run.scene, run.seed]) for run in plain if (run.scene, run.seed) in again]
    delays_s = [one.delay_s for run in testing for one in run.alerts]
    return {
        "scenes": list(dict.fromkeys(run.scene for run in plain)),
        "seeds_fitted": sorted(fitting),
        "seeds_scored": sorted(set(seeds) - fitting),
        "hours_scored": sum(run.duration_s for run in testing) / 3600.0,
        "sample_s": SAMPLE_S,
        "assessed": float(np.mean([np.isfinite(run.samples["threat"]).mean() for run in testing])),
        "threat": threat_figures(methods, tuning, testing),
        "destinations": destination_figures(tuning, testing),
        "ranks": {"pairs": len(pairs), "methods": rank_figures(methods, pairs)},
        "classes": class_figures(testing),
        "class_reliability": scores.class_reliability(testing),
        "alert_delay_s": scores.quantiles(delays_s),
        "assessed_delay_s": scores.quantiles([value for run in testing for value in run.assessed_delay_s]),
        "stages_ms": _stages(testing),
    }


def _stages(runs: Sequence[Run]) -> dict[str, dict[str, float]]:
    """Return for each stage of the node the worst of the runs' 99% times, and the mean share of the time."""
    names = list(dict.fromkeys(name for run in runs for name in run.stages))
    found = {}
    for name in names:
        there = [run.stages[name] for run in runs if name in run.stages]
        found[name] = {
            "p99_ms": max(one["p99_ms"] for one in there),
            "cpu_s_per_hour": sum(one["total_s"] for one in there) / sum(run.duration_s for run in runs) * 3600.0,
        }
    return found


def main() -> None:
    """Run the scenes, print the figures, write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", nargs="+", default=list(SCENES), choices=SCENES)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS), help="two or more, in the order of use")
    parser.add_argument("--seconds", type=float, default=0.0, help="cut every scene after so long; 0: whole")
    parser.add_argument("--pairs", type=int, default=PAIRS, help="seeds of which the truth is sensed twice")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", default="", help="folder of runs: those in it are not run again")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", action="store_true", help="write docs/assessment.md")
    given = parser.parse_args()
    if len(given.seeds) < 2:
        parser.error("two seeds or more: one to fit the baselines on, one to score")
    compile_apart()
    jobs: list[Job] = [(name, seed, seed, given.seconds, given.keep) for seed in given.seeds for name in given.scenes]
    jobs += [
        (name, seed, seed + NOISE_SEED_STEP, given.seconds, given.keep)
        for seed in given.seeds[: given.pairs]
        for name in given.scenes
    ]
    found = {"machine": machine(), "seconds": given.seconds, **figures(measure(jobs, given.jobs), given.seeds)}
    if given.write:
        from bench.assessment_page import write_page

        print(write_page(found))
    if given.json:
        print(json.dumps(found, indent=2))
    elif not given.write:
        from bench.assessment_page import page

        print(page(found))


if __name__ == "__main__":
    main()
