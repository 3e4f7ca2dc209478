"""Detection, tracking and identification of each flight, in the manner of CWA 18150.

For each truth: time and range of its first plot and of its confirmed track, time of the right class, how it was
held, how often the number changed, how long it took to get it back, and the errors. The workshop agreement's own
formulas are not public to us: these are our definitions. What the input does not hold (alerts, the operator's
place) is None, "not assessed".
"""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np

from skydas.evaluate.belonging import Belonging
from skydas.evaluate.scene import Samples
from skydas.evaluate.siap import Runs, continuity
from skydas.model import NS_PER_S, BoolArray, FloatArray, IntArray

FLIGHTS_LISTED_MAX: Final = 2_000


class Flight(msgspec.Struct, frozen=True, kw_only=True):
    """One truth and how it was seen; times are seconds from its first instant."""

    target: str
    kind: str
    begin_ns: int
    life_s: float
    first_plot_s: float | None = None
    first_plot_range_m: float | None = None
    first_track_s: float | None = None
    first_track_range_m: float | None = None
    right_class_s: float | None = None
    alert_s: float | None = None
    operator_found_s: float | None = None
    held: float = 0.0  # share of its instants with a track within the gate
    longest_hold_s: float = 0.0
    numbers: int = 0  # track numbers needed one after the other
    losses: int = 0  # times it was lost and found again
    reacquire_s: float | None = None  # mean time to find it again
    error_median_m: float | None = None
    error_p95_m: float | None = None
    error_max_m: float | None = None
    horizontal_median_m: float | None = None
    vertical_median_m: float | None = None


def score_flights(
    names: list[str],
    kinds: list[str],
    truth: Samples,
    tracks: Samples,
    belonging: Belonging,
    on: BoolArray,
    runs: Runs,
    instants_ns: IntArray,
    begin_ns: IntArray,
    end_ns: IntArray,
    first_plot: IntArray,
    right_class: IntArray,
    site_m: FloatArray | None,
    step_s: float,
) -> list[Flight]:
    """Return one Flight for each truth.

    first_plot, right_class : (truths,) first instant of a plot and of the right class, -1 none
    site_m                  : (3,) where ranges are measured from, None: no ranges
    """
    count = len(names)
    held = continuity(runs, count)
    known = np.bincount(truth.object, minlength=count)
    seen = np.zeros(len(truth.object), bool)
    seen[belonging.sample[on]] = True
    covered = np.bincount(truth.object[seen], minlength=count)
    first_track = np.full(count, -1)
    later = runs.truth[::-1], runs.begin[::-1]
    first_track[later[0]] = later[1]  # runs are in time order: written backwards, the first stays
    errors = split_errors(truth, tracks, belonging, on)
    owner = belonging.truth[on]
    order = np.argsort(owner, kind="stable")
    edge = np.searchsorted(owner[order], np.arange(count + 1))
    run_first = np.searchsorted(runs.truth, np.arange(count + 1))
    flights = []
    for item in range(count):
        mine = errors[order[edge[item] : edge[item + 1]]]
        part = slice(int(run_first[item]), int(run_first[item + 1]))
        waits = waits_of(runs.begin[part], runs.end[part]) * step_s
        flights.append(
            Flight(
                target=names[item],
                kind=kinds[item],
                begin_ns=int(begin_ns[item]),
                life_s=float(end_ns[item] - begin_ns[item]) / NS_PER_S,
                first_plot_s=_since(first_plot[item], instants_ns, begin_ns[item]),
                first_plot_range_m=_range(first_plot[item], item, truth, site_m),
                first_track_s=_since(first_track[item], instants_ns, begin_ns[item]),
                first_track_range_m=_range(first_track[item], item, truth, site_m),
                right_class_s=_since(right_class[item], instants_ns, begin_ns[item]),
                held=float(covered[item] / known[item]) if known[item] else 0.0,
                longest_hold_s=float(held.longest_steps[item] * step_s),
                numbers=int(held.numbers[item]),
                losses=len(waits),
                reacquire_s=float(waits.mean()) if len(waits) else None,
                error_median_m=_part(mine[:, 0], 50),
                error_p95_m=_part(mine[:, 0], 95),
                error_max_m=_part(mine[:, 0], 100),
                horizontal_median_m=_part(mine[:, 1], 50),
                vertical_median_m=_part(np.abs(mine[:, 2]), 50),
            )
        )
    return flights


def split_errors(truth: Samples, tracks: Samples, belonging: Belonging, on: BoolArray) -> FloatArray:
    """Return (whole, horizontal, vertical) errors of the samples on a truth, m, (k, 3)."""
    at = truth.position_m[belonging.sample[on]]
    error = tracks.position_m[on] - at
    # up is away from the centre of a round earth: within 0.2 degrees of the ellipsoid's
    up = at + np.array([0.0, 0.0, 6_371_008.8])
    up /= np.linalg.norm(up, axis=1, keepdims=True)
    vertical = np.sum(error * up, axis=1)
    horizontal = np.linalg.norm(error - vertical[:, None] * up, axis=1)
    return np.stack((np.linalg.norm(error, axis=1), horizontal, vertical), axis=-1)


def waits_of(begin: IntArray, end: IntArray) -> IntArray:
    """Return the steps for which nothing held a truth between two runs, from runs in the order of their begin."""
    if len(begin) < 2:
        return np.zeros(0, np.int64)
    furthest = np.maximum.accumulate(end)[:-1]
    waits = begin[1:] - furthest
    return waits[waits > 1]


def first_instants(truth_of: IntArray, instant: IntArray, truth_count: int) -> IntArray:
    """Return the first instant of each truth among pairs (truth, instant), -1 none."""
    none = np.iinfo(np.int64).max
    first = np.full(truth_count, none)
    np.minimum.at(first, truth_of, instant)
    return np.where(first == none, -1, first)


def _since(instant: int, instants_ns: IntArray, begin_ns: int) -> float | None:
    return max(float(instants_ns[instant] - begin_ns) / NS_PER_S, 0.0) if instant >= 0 else None


def _range(instant: int, item: int, truth: Samples, site_m: FloatArray | None) -> float | None:
    if instant < 0 or site_m is None:
        return None
    low, high = truth.first[instant], truth.first[instant + 1]
    at = low + np.flatnonzero(truth.object[low:high] == item)
    return float(np.linalg.norm(truth.position_m[at[0]] - site_m)) if len(at) else None


def _part(values: FloatArray, percent: float) -> float | None:
    known = values[np.isfinite(values)]
    return float(np.percentile(known, percent)) if len(known) else None
