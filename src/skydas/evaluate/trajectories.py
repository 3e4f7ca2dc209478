"""T-GOSPA, the trajectory metric with switching costs (arXiv 1605.01177), sparse, between two proven bounds.

The metric pays p-th powers: d^p for a matched pair, c^p / 2 for each thing left alone at an instant, and gamma^p /
2 each time a pair is joined or parted. Against "all alone", a joined pair gains c^p - d^p where both exist within c
and 0 elsewhere, so only pairs that are ever within c matter. The best path of one truth over its few tracks is
found exactly by dynamic programming; what couples the truths is that a track serves one at a time.

- lower bound: prices on (track, instant) in place of that rule, improved by subgradient steps. Without a conflict
  the prices stay 0 and the bound is the metric. Its limit is the linear-programming metric of the paper (each path
  polytope is integral).
- upper bound: paths that keep the rule, each re-planned around the others until nothing improves.

The value reported is the upper bound, which a real assignment attains; `gap` says how far the metric may lie below
it.
"""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np
from numba import njit

from skydas.evaluate.ospa2 import near_gain
from skydas.evaluate.scene import Samples
from skydas.model import FloatArray, IntArray

ROUNDS_MAX: Final = 40  # of prices, in each component that has a conflict
CELLS_MAX: Final = 40_000_000  # tracks x instants of one component


class TrajectoryScore(msgspec.Struct, frozen=True, kw_only=True):
    """T-GOSPA of the whole time; parts are p-th powers that add up to value^p; per_instant^p = value^p / instants."""

    value_m: float
    lower_m: float
    per_instant_m: float
    localisation_mp: float
    missed_mp: float
    false_mp: float
    switch_mp: float
    switches: float  # a change of track counts 1, a join or a part one half
    components: int  # groups of truths and tracks that share a pair
    open_components: int  # of them those whose bounds do not meet


class _Rows(msgspec.Struct):
    first: IntArray
    instant: IntArray
    position_m: FloatArray


def t_gospa(
    truth: Samples,
    tracks: Samples,
    truth_count: int,
    track_count: int,
    cutoff_m: float,
    switch_m: float,
    order: float = 2.0,
) -> TrajectoryScore | None:
    """Return T-GOSPA of a scene, None when a component is larger than CELLS_MAX."""
    instants = len(truth.first) - 1
    unit, half_switch = cutoff_m**order, 0.5 * switch_m**order
    a, b, _ = near_gain(truth, tracks, 0, instants, max(track_count, 1), cutoff_m)
    mine, theirs = _by_object(truth, truth_count), _by_object(tracks, track_count)
    label = _components(a, b, truth_count, track_count)
    pair_first = np.searchsorted(a, np.arange(truth_count + 1)).astype(np.int64)
    column = np.zeros(track_count, np.int64)
    parts = np.zeros(4)  # gain kept, localisation, matched, switches
    upper_gain = 0.0
    opened = 0
    labels = np.unique(label[a]) if len(a) else np.zeros(0, np.int64)
    truth_order, track_order = (
        np.argsort(label[:truth_count], kind="stable"),
        np.argsort(label[truth_count:], kind="stable"),
    )
    truth_label, track_label = label[:truth_count][truth_order], label[truth_count:][track_order]
    for one in labels:
        members = truth_order[np.searchsorted(truth_label, one) : np.searchsorted(truth_label, one, side="right")]
        columns = track_order[np.searchsorted(track_label, one) : np.searchsorted(track_label, one, side="right")]
        if len(columns) * instants > CELLS_MAX:
            return None
        column[columns] = np.arange(len(columns))
        bound, best = _solve(
            members, len(columns), column, pair_first, b, mine.first, mine.instant, mine.position_m,
            theirs.first, theirs.instant, theirs.position_m, instants, cutoff_m, order, half_switch, ROUNDS_MAX,
        )  # fmt: skip
        upper_gain += bound
        parts += best
        opened += int(bound - best[0] > 1e-9 * max(unit, abs(bound)))
    alone = 0.5 * unit * (len(truth.object) + len(tracks.object))
    gain, localisation, matched, switches = (float(part) for part in parts)
    total = max(alone - gain, 0.0)
    return TrajectoryScore(
        value_m=total ** (1.0 / order),
        lower_m=max(alone - upper_gain, 0.0) ** (1.0 / order),
        per_instant_m=(total / max(instants, 1)) ** (1.0 / order),
        localisation_mp=localisation,
        missed_mp=0.5 * unit * (len(truth.object) - matched),
        false_mp=0.5 * unit * (len(tracks.object) - matched),
        switch_mp=switches * 2.0 * half_switch,
        switches=switches,
        components=len(labels),
        open_components=opened,
    )


def _by_object(samples: Samples, count: int) -> _Rows:
    order = np.argsort(samples.object, kind="stable")
    first = np.searchsorted(samples.object[order], np.arange(count + 1)).astype(np.int64)
    return _Rows(first, samples.instant[order], samples.position_m[order])


def _components(a: IntArray, b: IntArray, truth_count: int, track_count: int) -> IntArray:
    """Return the component of every truth, then every track, (truth_count + track_count,)."""
    parent = np.arange(truth_count + track_count)
    _join(parent, a, b, truth_count)
    return parent


@njit(cache=True)
def _join(parent: IntArray, a: IntArray, b: IntArray, offset: int) -> None:
    for edge in range(len(a)):
        x, y = a[edge], b[edge] + offset
        while parent[x] != x:
            parent[x] = parent[parent[x]]
            x = parent[x]
        while parent[y] != y:
            parent[y] = parent[parent[y]]
            y = parent[y]
        if x != y:
            parent[max(x, y)] = min(x, y)
    for node in range(len(parent)):
        root = node
        while parent[root] != root:
            root = parent[root]
        parent[node] = root


@njit(cache=True)
def _gain(a: FloatArray, i: int, b: FloatArray, j: int, cutoff: float, order: float) -> float:
    dx, dy, dz = a[i, 0] - b[j, 0], a[i, 1] - b[j, 1], a[i, 2] - b[j, 2]
    d2 = dx * dx + dy * dy + dz * dz
    if d2 >= cutoff * cutoff:
        return 0.0
    return float(cutoff**order - d2 ** (0.5 * order))


@njit(cache=True)
def _best_path(
    truth: int,
    column: IntArray,
    pair_first: IntArray,
    pair_track: IntArray,
    t_first: IntArray,
    t_instant: IntArray,
    t_m: FloatArray,
    k_first: IntArray,
    k_instant: IntArray,
    k_m: FloatArray,
    price: FloatArray,
    cutoff: float,
    order: float,
    half: float,
    value: FloatArray,
    pointer: IntArray,
    stay: IntArray,
    hub: IntArray,
    path: IntArray,
) -> float:
    """Write one truth's column (or -1) at each instant to `path`; return gains less switches and prices."""
    low = pair_first[truth]
    options = pair_first[truth + 1] - low
    at = t_first[truth]
    alone = 0.0
    for s in range(options):
        value[s] = 0.0
        pointer[s] = k_first[pair_track[low + s]]
    for instant in range(len(path)):
        if instant > 0:
            best, come = alone, -1
            for s in range(options):
                if value[s] - half > best:
                    best, come = value[s] - half, s
            hub[instant] = come
            for s in range(options):
                if best - half > value[s]:
                    value[s] = best - half
                    stay[instant, s] = 0
                else:
                    stay[instant, s] = 1
            alone = best
        exists = at < t_first[truth + 1] and t_instant[at] == instant
        for s in range(options):
            track = pair_track[low + s]
            here = pointer[s]
            if here < k_first[track + 1] and k_instant[here] == instant:
                if exists:
                    value[s] += _gain(t_m, at, k_m, here, cutoff, order)
                pointer[s] = here + 1
            value[s] -= price[column[track], instant]
        if exists:
            at += 1
    best, state = alone, -1
    for s in range(options):
        if value[s] > best:
            best, state = value[s], s
    for instant in range(len(path) - 1, -1, -1):
        path[instant] = -1 if state < 0 else column[pair_track[low + state]]
        if instant > 0 and (state < 0 or stay[instant, state] == 0):
            state = hub[instant]
    return best


@njit(cache=True)
def _path_parts(
    truth: int,
    path: IntArray,
    track_of: IntArray,
    t_first: IntArray,
    t_instant: IntArray,
    t_m: FloatArray,
    k_first: IntArray,
    k_instant: IntArray,
    k_m: FloatArray,
    cutoff: float,
    order: float,
    parts: FloatArray,
) -> None:
    """Add localisation, matched count and switches of one truth's path to parts[1:4]."""
    for instant in range(1, len(path)):
        if path[instant] != path[instant - 1]:
            parts[3] += 1.0 if path[instant] >= 0 and path[instant - 1] >= 0 else 0.5
    for at in range(t_first[truth], t_first[truth + 1]):
        if path[t_instant[at]] < 0:
            continue
        track = track_of[path[t_instant[at]]]
        low, high = k_first[track], k_first[track + 1]
        while low < high:
            middle = (low + high) // 2
            if k_instant[middle] < t_instant[at]:
                low = middle + 1
            else:
                high = middle
        if low < k_first[track + 1] and k_instant[low] == t_instant[at]:
            gain = _gain(t_m, at, k_m, low, cutoff, order)
            if gain > 0.0:
                parts[1] += cutoff**order - gain
                parts[2] += 1.0


@njit(cache=True)
def _solve(
    members: IntArray,
    columns: int,
    column: IntArray,
    pair_first: IntArray,
    pair_track: IntArray,
    t_first: IntArray,
    t_instant: IntArray,
    t_m: FloatArray,
    k_first: IntArray,
    k_instant: IntArray,
    k_m: FloatArray,
    instants: int,
    cutoff: float,
    order: float,
    half: float,
    rounds: int,
) -> tuple[float, FloatArray]:
    """Return an upper bound of a component's gain, and (gain, localisation, matched, switches) of the best plan."""
    count = len(members)
    widest = 0
    track_of = np.zeros(columns, np.int64)
    for m in range(count):
        widest = max(widest, pair_first[members[m] + 1] - pair_first[members[m]])
        for edge in range(pair_first[members[m]], pair_first[members[m] + 1]):
            track_of[column[pair_track[edge]]] = pair_track[edge]
    value, pointer = np.empty(widest), np.empty(widest, np.int64)
    stay, hub = np.empty((instants, widest), np.uint8), np.empty(instants, np.int64)
    price = np.zeros((columns, instants))
    blocked = np.zeros((columns, instants))
    used = np.zeros((columns, instants), np.int32)
    path = np.full((count, instants), -1, np.int32)
    plan = np.full((count, instants), -1, np.int32)
    kept = np.full((count, instants), -1, np.int32)
    trial = np.empty(instants, np.int32)
    values = np.zeros(count)
    planned = np.zeros(count)
    stale = np.ones(count, np.bool_)
    bound, best = np.inf, -np.inf
    for turn in range(rounds):
        for m in range(count):
            if not stale[m]:
                continue
            for k in range(instants):
                if path[m, k] >= 0:
                    used[path[m, k], k] -= 1
            values[m] = _best_path(
                members[m], column, pair_first, pair_track, t_first, t_instant, t_m, k_first, k_instant, k_m,
                price, cutoff, order, half, value, pointer, stay, hub, path[m],
            )  # fmt: skip
            for k in range(instants):
                if path[m, k] >= 0:
                    used[path[m, k], k] += 1
        bound = min(bound, values.sum() + price.sum())
        gain = _plan(
            members, column, pair_first, pair_track, t_first, t_instant, t_m, k_first, k_instant, k_m, cutoff, order,
            half, value, pointer, stay, hub, path, used, plan, planned, blocked, trial, np.argsort(-values),
        )  # fmt: skip
        if gain > best:
            best = gain
            kept[:] = plan
        if bound - best <= 1e-10 * max(1.0, abs(bound)) or turn == rounds - 1:
            break
        # one subgradient step towards the best plan known (Polyak); only truths near a changed price are planned again
        norm = 0.0
        for c in range(columns):
            for k in range(instants):
                slope = used[c, k] - 1
                if slope > 0 or (slope < 0 and price[c, k] > 0.0):
                    norm += slope * slope
        if norm == 0.0:
            break
        length = (values.sum() + price.sum() - best) / norm
        changed = np.zeros(columns, np.bool_)
        for c in range(columns):
            for k in range(instants):
                slope = used[c, k] - 1
                if slope > 0 or (slope < 0 and price[c, k] > 0.0):
                    price[c, k] = max(0.0, price[c, k] + length * slope)
                    changed[c] = True
        for m in range(count):
            stale[m] = False
            for edge in range(pair_first[members[m]], pair_first[members[m] + 1]):
                if changed[column[pair_track[edge]]]:
                    stale[m] = True
                    break
    parts = np.zeros(4)
    parts[0] = best
    for m in range(count):
        _path_parts(
            members[m], kept[m], track_of, t_first, t_instant, t_m, k_first, k_instant, k_m, cutoff, order, parts
        )
    return bound, parts


@njit(cache=True)
def _plan(
    members: IntArray,
    column: IntArray,
    pair_first: IntArray,
    pair_track: IntArray,
    t_first: IntArray,
    t_instant: IntArray,
    t_m: FloatArray,
    k_first: IntArray,
    k_instant: IntArray,
    k_m: FloatArray,
    cutoff: float,
    order: float,
    half: float,
    value: FloatArray,
    pointer: IntArray,
    stay: IntArray,
    hub: IntArray,
    path: IntArray,
    used: IntArray,
    plan: IntArray,
    planned: FloatArray,
    blocked: FloatArray,
    trial: IntArray,
    order_of: IntArray,
) -> float:
    """Make paths that share no track: each is planned around those before it, then again while it helps."""
    count, instants = plan.shape
    blocked[:] = 0.0
    again = np.zeros(count, np.bool_)
    for m in range(count):
        for k in range(instants):
            if path[m, k] >= 0 and used[path[m, k], k] > 1:
                again[m] = True
                break
    for sweep in range(4):
        improved = False
        for position in range(count):
            m = order_of[position]
            if sweep > 0:
                if not again[m]:
                    continue
                for k in range(instants):
                    if plan[m, k] >= 0:
                        blocked[plan[m, k], k] = 0.0
            gain = _best_path(
                members[m], column, pair_first, pair_track, t_first, t_instant, t_m, k_first, k_instant, k_m,
                blocked, cutoff, order, half, value, pointer, stay, hub, trial,
            )  # fmt: skip
            if sweep == 0 or gain > planned[m] + 1e-9:
                improved = improved or sweep > 0
                planned[m] = gain
                plan[m] = trial
            for k in range(instants):
                if plan[m, k] >= 0:
                    blocked[plan[m, k], k] = np.inf
        if sweep > 0 and not improved:
            break
    return float(planned.sum())
