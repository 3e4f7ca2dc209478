"""Scores of what a node said of threats and destinations: see docs/assessment.md for what each means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from bench.assessment_run import NOBODY, SAMPLE_S, Run, Target
from skydas.model import CLASS_WORDS, BoolArray, FloatArray, IntArray, Rows

BINS: Final = 10
HELD_S_MIN: Final = 20.0  # a threat that was tracked for less is not counted as missed by the assessment
FALSE_PER_HOUR: Final = 6.0  # of the methods that have no alerts of their own: their threshold is set for so many
CLASS_AFTER_S: Final = 60.0
TOP: Final = 10
NOWHERE: Final = ("bird", "balloon", "airliner")  # nobody asks where they go, but of airliners that land
FRACTIONS: Final = (0.1, 0.25, 0.5, 0.75, 0.9)


def threats(run: Run) -> BoolArray:
    """Return which samples are of a threat at that time, (n,)."""
    since = {one.number: one.from_s for one in run.targets if one.is_threat}
    begin_s = np.array([since.get(number, np.inf) for number in run.samples["target_no"].tolist()])
    return run.samples["t_s"] >= begin_s


def object_weights(run: Run) -> FloatArray:
    """Return weights by which every flight counts the same, (n,): however long it was seen, and a flock as one.

    A track on nothing is a flight of its own.
    """
    names = {target.number: target.name for target in run.targets}
    numbers = {name: row for row, name in enumerate(dict.fromkeys(names.values()))}
    flight = {number: numbers[name] for number, name in names.items()} | {NOBODY: NOBODY}
    of = np.array([flight[number] for number in run.samples["target_no"].tolist()], np.int64)
    of = np.where(of == NOBODY, -run.samples["track_no"].astype(np.int64), of)
    _, inverse, count = np.unique(of, return_inverse=True, return_counts=True)
    return 1.0 / count[inverse]


def brier(chance: FloatArray, is_true: BoolArray, weight: FloatArray) -> float:
    """Return the weighted mean squared error of chances."""
    return float(np.average((chance - is_true) ** 2, weights=weight))


def reliability(chance: FloatArray, is_true: BoolArray, weight: FloatArray) -> dict[str, Any]:
    """Return for each tenth of the scale: share of the samples, mean said, mean true; and the expected error."""
    place = np.minimum((chance * BINS).astype(np.int64), BINS - 1)
    rows, error = [], 0.0
    for one in range(BINS):
        chosen = place == one
        share = float(weight[chosen].sum() / weight.sum())
        if not share:
            continue
        said = float(np.average(chance[chosen], weights=weight[chosen]))
        came = float(np.average(is_true[chosen], weights=weight[chosen]))
        rows.append({"from": one / BINS, "share": share, "said": said, "true": came})
        error += share * abs(said - came)
    return {"bins": rows, "expected_calibration_error": error}


# ---------------------------------------------------------------- alerts


class Raised(NamedTuple):
    """One alert of any method: when, on whom, by what."""

    t_s: float
    target_nos: tuple[int, ...]
    rule: str
    is_first: bool = True  # False: only more tracks under an alert that stands


def alerts_at(run: Run, score: FloatArray, threshold: float) -> list[Raised]:
    """Return one alert for each track whose score is at the threshold for two samples on end."""
    raised = []
    for rows in _tracks(run.samples):
        both = np.minimum(score[rows][1:], score[rows][:-1]) >= threshold
        if both.any():
            row = rows[1:][int(both.argmax())]
            raised.append(Raised(float(run.samples["t_s"][row]), (int(run.samples["target_no"][row]),), "score"))
    return sorted(raised)


def threshold_for(runs: Sequence[Run], scores: Sequence[FloatArray], false_per_hour: float) -> float:
    """Return the least threshold at which there are at most so many false alerts an hour."""
    heights: list[float] = []
    for run, score in zip(runs, scores, strict=True):
        is_threat = threats(run)
        for rows in _tracks(run.samples):
            calm = rows[~is_threat[rows]]
            if len(calm) > 1:
                heights.append(float(np.minimum(score[calm][1:], score[calm][:-1]).max()))
    hours = sum(run.duration_s for run in runs) / 3600.0
    allowed = int(false_per_hour * hours)
    heights.sort(reverse=True)
    return float(np.nextafter(heights[allowed], np.inf)) if allowed < len(heights) else 0.0


def _tracks(samples: Rows) -> list[IntArray]:
    """Return the rows of each track, in order of time."""
    order = np.lexsort((samples["t_s"], samples["track_no"]))
    breaks = np.flatnonzero(np.diff(samples["track_no"][order].astype(np.int64))) + 1
    return list(np.split(order, breaks)) if len(order) else []


def own_alerts(run: Run) -> list[Raised]:
    """Return the alerts that the node raised."""
    return [Raised(one.t_s, one.target_nos, one.rule, one.is_first) for one in run.alerts]


class Outcome(NamedTuple):
    """What the alerts of one run were worth."""

    hours: float
    threats: int  # that were tracked long enough
    alerted: int
    in_time: int  # before the threat was inside its asset, of `bound`
    bound: int  # threats that entered their asset
    delays_s: list[float]  # from the first plot to the first alert
    track_delays_s: list[float]  # from the first confirmed track
    warnings_s: list[float]  # from the alert to the entry
    false: int
    false_on: Counter[str]  # intent and kind, or "nothing"
    repeated: int  # another alert on what there was one on already


def outcome(run: Run, raised: Sequence[Raised]) -> Outcome:
    """Return what alerts were worth against the truth."""
    by_number = {one.number: one for one in run.targets}
    first_s: dict[int, float] = {}
    false_on: Counter[str] = Counter()
    repeated = 0
    for one in raised:
        on = [by_number[number] for number in one.target_nos if number != NOBODY]
        meant = [target for target in on if target.is_threat and one.t_s >= target.from_s]
        if not one.is_first:
            pass
        elif not meant:
            false_on[f"{on[0].intent}: {on[0].kind}" if on else "nothing"] += 1
        elif all(target.number in first_s for target in meant):
            repeated += 1
        for target in meant:
            first_s.setdefault(target.number, one.t_s)
    seen = [target for target in run.targets if target.is_threat and _held_s(run, target) >= HELD_S_MIN]
    found = [target for target in seen if target.number in first_s]
    bound = [target for target in seen if target.inside_s is not None and target.inside_s <= run.duration_s]
    in_time = [target for target in bound if first_s.get(target.number, np.inf) < (target.inside_s or 0.0)]
    return Outcome(
        run.duration_s / 3600.0,
        len(seen),
        len(found),
        len(in_time),
        len(bound),
        [first_s[one.number] - one.first_plot_s for one in found if one.first_plot_s is not None],
        [first_s[one.number] - _tracked_s(run, one) for one in found],
        [(one.inside_s or 0.0) - first_s[one.number] for one in in_time],
        sum(false_on.values()),
        false_on,
        repeated,
    )


def _held_s(run: Run, target: Target) -> float:
    return len(np.unique(run.samples["t_s"][run.samples["target_no"] == target.number])) * SAMPLE_S


def _tracked_s(run: Run, target: Target) -> float:
    return float(run.samples["t_s"][run.samples["target_no"] == target.number].min()) - SAMPLE_S


def total(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return the figures of many runs together."""
    hours = sum(one.hours for one in outcomes)
    threat_count, bound = sum(one.threats for one in outcomes), sum(one.bound for one in outcomes)
    false_on: Counter[str] = Counter()
    for one in outcomes:
        false_on += one.false_on
    return {
        "hours": hours,
        "threats": threat_count,
        "missed": 1.0 - sum(one.alerted for one in outcomes) / threat_count if threat_count else None,
        "in_time": sum(one.in_time for one in outcomes) / bound if bound else None,
        "delay_s": quantiles([value for one in outcomes for value in one.delays_s]),
        "delay_from_track_s": quantiles([value for one in outcomes for value in one.track_delays_s]),
        "warning_s": quantiles([value for one in outcomes for value in one.warnings_s]),
        "false_per_hour": sum(one.false for one in outcomes) / hours,
        "repeated_per_hour": sum(one.repeated for one in outcomes) / hours,
        "false_on": dict(false_on.most_common()),
    }


def quantiles(values: Sequence[float]) -> dict[str, float] | None:
    """Return median, 90% and 95%, None without a value."""
    if not len(values):
        return None
    return {name: float(np.quantile(values, part)) for name, part in (("p50", 0.5), ("p90", 0.9), ("p95", 0.95))}


# ---------------------------------------------------------------- ranks


def kendall_tau(a: FloatArray, b: FloatArray) -> float | None:
    """Return Kendall's tau-b of two rankings, None where either ranks nothing."""
    rows, columns = np.triu_indices(len(a), 1)
    up_a, up_b = np.sign(a[rows] - a[columns]), np.sign(b[rows] - b[columns])
    scale = float(np.sqrt(np.count_nonzero(up_a) * np.count_nonzero(up_b)))
    return float((up_a * up_b).sum()) / scale if scale else None


def rank_stability(one: Run, other: Run, score: Callable[[Run], FloatArray]) -> dict[str, float | None]:
    """Return the mean tau between two sensings of the same truth: of all objects, and of the first few of either."""
    ranked = [_by_instant(run, score(run)) for run in (one, other)]
    found: dict[str, list[float]] = {"all": [], "top": []}
    for instant in sorted(ranked[0].keys() & ranked[1].keys()):
        here, there = ranked[0][instant], ranked[1][instant]
        both = sorted(here.keys() & there.keys())
        a, b = np.array([here[number] for number in both]), np.array([there[number] for number in both])
        top = np.unique(np.concatenate((np.argsort(-a, kind="stable")[:TOP], np.argsort(-b, kind="stable")[:TOP])))
        for name, chosen in (("all", np.arange(len(both))), ("top", top)):
            tau = kendall_tau(a[chosen], b[chosen])
            if tau is not None:
                found[name].append(tau)
    return {name: float(np.mean(values)) if values else None for name, values in found.items()}


def _by_instant(run: Run, score: FloatArray) -> dict[float, dict[int, float]]:
    """Return instant -> target -> the highest score of its tracks."""
    found: dict[float, dict[int, float]] = {}
    samples = run.samples
    columns = (samples["t_s"].tolist(), samples["target_no"].tolist(), score.tolist())
    for t_s, number, value in zip(*columns, strict=True):
        if number != NOBODY:
            there = found.setdefault(t_s, {})
            there[number] = max(value, there.get(number, -np.inf))
    return found


# ---------------------------------------------------------------- classes and destinations


def classes(run: Run) -> Counter[tuple[str, int]]:
    """Return how often an object of each kind was taken for each class a minute after its first track; -1: for none."""
    found: Counter[tuple[str, int]] = Counter()
    samples = run.samples
    for target in run.targets:
        rows = samples[samples["target_no"] == target.number]
        if target.is_ghost or not len(rows):
            continue
        late = rows[rows["t_s"] >= rows["t_s"].min() + CLASS_AFTER_S]
        if len(late):
            found[target.kind, int(late["class_no"][0])] += 1
    return found


def class_reliability(runs: Sequence[Run]) -> dict[str, Any]:
    """Return how often the likeliest class was the true one, by the probability that was said of it.

    Every kind of object weighs the same, and every flight of a kind.
    """
    chances, rights, weights = [], [], []
    for run in runs:
        kind_of = {one.number: CLASS_WORDS.index(one.kind) for one in run.targets if one.kind != "unknown"}
        kinds = np.array([kind_of.get(number, -1) for number in run.samples["target_no"].tolist()])
        chosen = (kinds >= 0) & (run.samples["class_no"] >= 0)
        chances.append(run.samples["class_probability"][chosen].astype(float))
        rights.append(run.samples["class_no"][chosen] == kinds[chosen])
        weights.append(np.stack((kinds[chosen].astype(float), object_weights(run)[chosen])))
    kinds, weight = np.concatenate(weights, axis=1)
    for kind in np.unique(kinds):
        weight[kinds == kind] /= weight[kinds == kind].sum()
    return reliability(np.concatenate(chances), np.concatenate(rights), weight)


class Asked(NamedTuple):
    """A target at one fraction of its observed path: where does it go?"""

    fraction: float
    row: int  # of the samples
    true: str  # the asset, or "elsewhere"
    intent: str


def asked(run: Run, elsewhere: str) -> list[Asked]:
    """Return the questions of one run: of objects with an asset they enter, and of those that have none."""
    found = []
    for target in run.targets:
        goes_to = target.asset if target.inside_s is not None else ""
        if target.is_ghost or (target.asset and not goes_to) or (goes_to and goes_to not in run.assets):
            continue
        if target.kind in NOWHERE and not goes_to:
            continue
        rows = np.flatnonzero(run.samples["target_no"] == target.number)
        end_s = target.inside_s if target.inside_s is not None else target.end_s
        rows = rows[run.samples["t_s"][rows] < end_s]
        if len(rows) * SAMPLE_S < HELD_S_MIN:
            continue
        seen_s = run.samples["t_s"][rows].astype(float)
        for fraction in FRACTIONS:
            at_s = seen_s[0] + fraction * (end_s - seen_s[0])
            if at_s > run.duration_s:
                break
            at = int(np.searchsorted(seen_s, at_s))
            found.append(Asked(fraction, int(rows[min(at, len(rows) - 1)]), goes_to or elsewhere, target.intent))
    return found


def destination_scores(chances: FloatArray, true: IntArray) -> dict[str, float]:
    """Return how often the first and the first three are right, and the Brier score over all answers.

    chances : (n, a + 1), the last of elsewhere; "first_of_assets" leaves that out
    """
    order = np.argsort(-chances, axis=1, kind="stable")
    truth = np.zeros_like(chances)
    truth[np.arange(len(true)), true] = 1.0
    return {
        "asked": float(len(true)),
        "first_of_assets": float((chances[:, :-1].argmax(axis=1) == true).mean()),
        "first": float((order[:, 0] == true).mean()),
        "first_three": float((order[:, :3] == true[:, None]).any(axis=1).mean()),
        "brier": float(((chances - truth) ** 2).sum(axis=1).mean()),
    }
