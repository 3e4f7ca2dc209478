"""SIAP: completeness, ambiguity, spuriousness, accuracy, continuity and identity (Votruba et al. 2001).

At an instant there are J truths, JT of them with a track within the gate, N tracks, NA of them within the gate of a
truth. Over time the sums are divided, not the ratios averaged. Empty cases: completeness without truth, ambiguity
without a tracked truth, spuriousness without a track and accuracy without a pair are "not known" (None), never a
good score.
"""

from __future__ import annotations

import msgspec
import numpy as np
from numba import njit

from skydas.evaluate.belonging import Belonging
from skydas.evaluate.scene import Samples
from skydas.model import BoolArray, FloatArray, IntArray


class Siap(msgspec.Struct, frozen=True, kw_only=True):
    """SIAP over the whole time; None: not known."""

    completeness: float | None  # sum JT / sum J
    ambiguity: float | None  # sum NA / sum JT
    spuriousness: float | None  # sum (N - NA) / sum N
    position_accuracy_m: float | None  # mean error of the pairs
    velocity_accuracy_mps: float | None
    number_change_per_s: float | None  # sum (NU - 1) / sum TT
    longest_segment: float | None  # sum TL / sum T
    id_completeness: float | None  # (JT - JU) / JT
    id_correctness: float | None  # JC / JT
    id_ambiguity: float | None  # JA / JT
    gate_m: float


class Runs(msgspec.Struct, frozen=True):
    """Unbroken times of one track on one truth, sorted by truth, then first instant."""

    truth: IntArray  # (runs,)
    track: IntArray
    begin: IntArray  # first instant
    end: IntArray  # last instant, inclusive


def runs_of(truth: IntArray, track: IntArray, instant: IntArray) -> Runs:
    """Return the runs of (truth, track) pairs; a run ends where the next instant does not hold the pair."""
    order = np.lexsort((instant, track, truth))
    truth, track, instant = truth[order], track[order], instant[order]
    starts = np.ones(len(order), bool)
    starts[1:] = (np.diff(truth) != 0) | (np.diff(track) != 0) | (np.diff(instant) != 1)
    begins = np.flatnonzero(starts)
    ends = np.append(begins[1:], len(order)) - 1 if len(order) else begins
    by_time = np.lexsort((instant[begins], truth[begins]))
    return Runs(truth[begins][by_time], track[begins][by_time], instant[begins][by_time], instant[ends][by_time])


class Continuity(msgspec.Struct, frozen=True):
    """How each truth was held, (truths,) each; durations count the steps between instants."""

    numbers: IntArray  # NU: track numbers needed one after the other; the same number again is no new one
    pieces: IntArray  # runs needed one after the other
    tracked_steps: IntArray  # TT
    longest_steps: IntArray  # TL: all the time of the track that was on it longest


def continuity(runs: Runs, truth_count: int) -> Continuity:
    """Return how each truth was held."""
    found = Continuity(*(np.zeros(truth_count, np.int64) for _ in range(4)))
    first = np.searchsorted(runs.truth, np.arange(truth_count + 1))
    _continuity(first, runs.track, runs.begin, runs.end, found.numbers, found.pieces, found.tracked_steps)
    width = int(runs.track.max(initial=0)) + 1
    pair, inverse = np.unique(runs.truth * width + runs.track, return_inverse=True)
    held = np.bincount(inverse, runs.end - runs.begin, minlength=len(pair)).astype(np.int64)
    np.maximum.at(found.longest_steps, pair // width, held)
    return found


@njit(cache=True)
def _continuity(
    first: IntArray,
    track: IntArray,
    begin: IntArray,
    end: IntArray,
    numbers: IntArray,
    pieces: IntArray,
    tracked: IntArray,
) -> None:
    for truth in range(len(first) - 1):
        row, high = first[truth], first[truth + 1]
        last_end, last_track = -1, -1  # of the run in use
        furthest = -1  # time is counted as tracked up to here
        while row < high:
            # of the runs that have begun when the last one ends, the one that lasts longest; else the next to begin
            best = -1
            limit = max(last_end + 1, begin[row])
            while row < high and begin[row] <= limit:
                if best < 0 or end[row] > end[best] or (end[row] == end[best] and track[row] == last_track):
                    best = row
                tracked[truth] += max(0, end[row] - max(begin[row], furthest))
                furthest = max(furthest, end[row])
                row += 1
            if end[best] <= last_end:
                continue
            pieces[truth] += 1
            if track[best] != last_track:
                numbers[truth] += 1
            last_end, last_track = end[best], track[best]


def score_siap(
    truth: Samples,
    tracks: Samples,
    belonging: Belonging,
    lives: IntArray,
    step_s: float,
    gate_m: float,
    truth_kinds: list[str],
    track_kinds: list[str],
) -> Siap:
    """Return SIAP over the whole time; samples that cannot be judged must have been taken out."""
    on = belonging.on(gate_m)
    instant = tracks.instant[on]
    held = np.flatnonzero(np.bincount(belonging.sample[on], minlength=len(truth.object)))
    j, jt, n, na = len(truth.object), len(held), len(tracks.object), int(on.sum())
    speed_errors = np.linalg.norm(tracks.velocity_mps[on] - truth.velocity_mps[belonging.sample[on]], axis=-1)
    speed_known = np.isfinite(speed_errors)
    runs = runs_of(belonging.truth[on], tracks.object[on], instant)
    kept = continuity(runs, len(lives))
    life_steps = np.maximum(lives[:, 1] - lives[:, 0], 0)
    changes = np.maximum(kept.numbers - 1, 0).sum()
    identity = _identity(truth.object[held], belonging.sample[on], held, tracks.object[on], truth_kinds, track_kinds)
    return Siap(
        completeness=ratio(jt, j),
        ambiguity=ratio(na, jt),
        spuriousness=ratio(n - na, n),
        position_accuracy_m=ratio(float(belonging.distance_m[on].sum()), na),
        velocity_accuracy_mps=ratio(float(speed_errors[speed_known].sum()), int(speed_known.sum())),
        number_change_per_s=ratio(float(changes), float(kept.tracked_steps.sum() * step_s)),
        longest_segment=ratio(float(kept.longest_steps.sum()), float(life_steps.sum())),
        id_completeness=identity[0],
        id_correctness=identity[1],
        id_ambiguity=identity[2],
        gate_m=gate_m,
    )


def ratio(part: float, whole: float) -> float | None:
    """Return part / whole, None when there is nothing to divide by."""
    return float(part / whole) if whole else None


def _identity(
    held_truth: IntArray,
    sample: IntArray,
    held: IntArray,
    track: IntArray,
    truth_kinds: list[str],
    track_kinds: list[str],
) -> tuple[float | None, float | None, float | None]:
    """Return id completeness, correctness and ambiguity; None where truth or tracks name no kinds."""
    if not len(held) or not any(truth_kinds) or not any(track_kinds):
        return None, None, None
    words = sorted({*truth_kinds, *track_kinds} - {"", "unknown"})
    number = {word: row for row, word in enumerate(words)}
    of_truth = np.array([number.get(kind, -1) for kind in truth_kinds])
    of_track = np.array([number.get(kind, -1) for kind in track_kinds])
    at = np.searchsorted(held, sample)
    named = of_track[track] >= 0
    right = named & (of_track[track] == of_truth[held_truth[at]])
    wrong = named & ~right
    pairs, named_count, right_count, wrong_count = (_count(at, mask, len(held)) for mask in (None, named, right, wrong))
    unnamed = named_count == 0
    correct = right_count == pairs
    incorrect = wrong_count == pairs
    jt = len(held)
    ambiguous = ~(unnamed | correct | incorrect)
    return (jt - int(unnamed.sum())) / jt, int(correct.sum()) / jt, int(ambiguous.sum()) / jt


def _count(at: IntArray, mask: BoolArray | None, size: int) -> IntArray:
    return np.bincount(at if mask is None else at[mask], minlength=size)


def counts_at(samples: Samples, mask: BoolArray) -> FloatArray:
    """Return how many samples of `mask` each instant has, (instants,)."""
    return np.bincount(samples.instant[mask], minlength=len(samples.first) - 1).astype(np.float64)
