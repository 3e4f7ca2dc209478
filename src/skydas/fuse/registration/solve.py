"""From what the tracks learned to one estimate: gather, drop what contradicts, solve, compare, move the reference.

All of it is about `delta`, the biases less the reference, in units of the prior sigmas. Twins: NumPy's `linalg`.
"""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit

from skydas.fuse.records import Records
from skydas.fuse.registration.linear import cholesky, solve
from skydas.fuse.registration.records import (
    CLAIMED,
    COLUMNS_MAX,
    MEASURED,
    NONE,
    SLOTS,
    TRACKS_MAX,
    Around,
    Store,
)
from skydas.model import BoolArray, FloatArray, IntArray

PLOTS_SHARED_MIN: Final = 5.0  # of each of two sensors: else the track is one sensor's and ties nothing together
ROWS_MIN: Final = 20.0
ROUNDS_MAX: Final = 20
_DROP_SHARE: Final = 40  # of the tracks, one in so many more is dropped in a round
FIXED: Final = 1e8  # information that holds a clock in place
_REGULAR: Final = 0.05  # of the prior variance: directions in which claims add less say nothing


class Gathered(NamedTuple):
    """What the usable tracks say, in their own columns; a copy to work on."""

    row: IntArray  # (TRACKS_MAX,) of the calibration track
    columns: IntArray  # (TRACKS_MAX,) how many it has
    column: IntArray  # (TRACKS_MAX, COLUMNS_MAX) global numbers
    info: FloatArray  # (TRACKS_MAX, COLUMNS_MAX, COLUMNS_MAX) lower triangle
    score: FloatArray  # (TRACKS_MAX, COLUMNS_MAX)
    chi2: FloatArray  # (TRACKS_MAX,)
    rows: FloatArray  # (TRACKS_MAX,)


def empty_gathered() -> Gathered:
    """Return room for every track."""
    return Gathered(
        np.zeros(TRACKS_MAX, np.int64),
        np.zeros(TRACKS_MAX, np.int64),
        np.zeros((TRACKS_MAX, COLUMNS_MAX), np.int64),
        np.zeros((TRACKS_MAX, COLUMNS_MAX, COLUMNS_MAX)),
        np.zeros((TRACKS_MAX, COLUMNS_MAX)),
        np.zeros(TRACKS_MAX),
        np.zeros(TRACKS_MAX),
    )


@njit(cache=True)
def forget(store: Store, keep: float) -> None:
    """Let everything learned count `keep` times as much."""
    for i in range(TRACKS_MAX):
        if store.tracks[i].number != 0:
            _weigh(store.banks, i, keep)
    store.folded_info[:] *= keep
    store.folded_score[:] *= keep


@njit(cache=True)
def discount(store: Store, s: int, keep: float) -> None:
    """Let what living tracks learned with sensor `s` count `keep` times as much."""
    tracks = store.tracks
    for i in range(TRACKS_MAX):
        for slot in range(tracks[i].slot_count if tracks[i].number != 0 else 0):
            if tracks[i].slot_sensor[slot] == s:
                _weigh(store.banks, i, keep)


@njit(cache=True)
def _weigh(banks: Records, i: int, keep: float) -> None:
    for k in range(2 * i, 2 * i + 2):
        info, score = banks[k].info, banks[k].score
        for a in range(COLUMNS_MAX):
            score[a] *= keep
            for c in range(a + 1):
                info[a, c] *= keep
        banks[k].chi2 *= keep
        banks[k].rows *= keep


@njit(cache=True)
def is_shared(tracks: Records, registered: Records, i: int, bank: int) -> bool:
    """Return whether track `i` ties at least two sensors together, in what bank `bank` may use."""
    count = 0
    for k in range(tracks[i].slot_count):
        is_usable = bank == CLAIMED or registered[tracks[i].slot_sensor[k]].claims == 0
        if is_usable and tracks[i].slot_plots[k] >= PLOTS_SHARED_MIN:
            count += 1
    return count >= 2


@njit(cache=True)
def gather(store: Store, around: Around, bank: int, doubted: BoolArray, out: Gathered) -> int:
    """Copy what the tracks of `bank` that can be used learned to `out`; return how many they are.

    doubted : (TRACKS_MAX,) tracks whose claims are not to be used
    The latency of a claim's sender is its own: it is taken out of each track's information here.
    """
    tracks, banks, count = store.tracks, store.banks, 0
    for i in range(TRACKS_MAX):
        own = CLAIMED if bank == CLAIMED and tracks[i].is_forked and not doubted[i] else MEASURED
        k = 2 * i + own
        if tracks[i].number == 0 or banks[k].rows < ROWS_MIN or not is_shared(tracks, around.registered, i, own):
            continue
        n = tracks[i].column_count
        out.row[count] = i
        out.columns[count] = n
        for a in range(n):
            out.column[count, a] = tracks[i].column[a]
            out.score[count, a] = banks[k].score[a]
            for c in range(a + 1):
                out.info[count, a, c] = banks[k].info[a, c]
        out.chi2[count] = banks[k].chi2
        out.rows[count] = banks[k].rows
        if own == CLAIMED:
            for slot in range(tracks[i].slot_count):
                if around.registered[tracks[i].slot_sensor[slot]].claims:
                    _soften(out, count, tracks[i].slot_first[slot], 1.0 / around.tuning[0].claim_latency_variance)
        count += 1
    return count


@njit(cache=True)
def _soften(g: Gathered, t: int, a: int, prior_info: float) -> None:
    """Add an offset of its own to column `a` of gathered track `t`: known to `prior_info`, the same sensitivity."""
    n, info, score = g.columns[t], g.info[t], g.score[t]
    whole = info[a, a] + prior_info
    if info[a, a] <= 0.0:
        return
    side = np.zeros(COLUMNS_MAX)
    for c in range(n):
        side[c] = info[max(a, c), min(a, c)]
    e = score[a]
    for r in range(n):
        score[r] -= side[r] * e / whole
        for c in range(r + 1):
            info[r, c] -= side[r] * side[c] / whole
    g.chi2[t] -= e * e / whole


@njit(cache=True)
def free_sensor(g: Gathered, count: int, first: int, width: int, sigma: FloatArray) -> None:
    """Let the biases of one sensor, global columns first .. first + width, be different for every track.

    What it says then ties nothing together: the others are judged without it.
    """
    for t in range(count):
        for a in range(g.columns[t]):
            if first <= g.column[t, a] < first + width:
                prior_info = 1.0 / sigma[g.column[t, a]] ** 2
                g.chi2[t] -= eliminate(g.info[t], g.score[t], g.columns[t], a, prior_info)


@njit(cache=True)
def eliminate(info: FloatArray, score: FloatArray, n: int, a: int, prior_info: float) -> float:
    """Take column `a` out of (n, n) information and (n,) score, as unknown but for `prior_info`.

    Returns the chi-square that its freedom takes away.
    """
    whole = info[a, a] + prior_info
    side = np.empty(n)
    for c in range(n):
        side[c] = info[max(a, c), min(a, c)]
        info[max(a, c), min(a, c)] = 0.0
    side[a] = 0.0
    e = score[a]
    score[a] = 0.0
    for r in range(n):
        score[r] -= side[r] * e / whole
        for c in range(r + 1):
            info[r, c] -= side[r] * side[c] / whole
    return e * e / whole


@njit(cache=True)
def add_track(g: Gathered, t: int, sigma: FloatArray, info: FloatArray, score: FloatArray) -> None:
    """Add gathered track `t` to the global sums (lower triangle), in units of the prior sigmas `sigma`."""
    for a in range(g.columns[t]):
        ga = g.column[t, a]
        score[ga] += g.score[t, a] * sigma[ga]
        for c in range(a + 1):
            gc = g.column[t, c]
            info[max(ga, gc), min(ga, gc)] += g.info[t, a, c] * sigma[ga] * sigma[gc]


@njit(cache=True)
def misfit(g: Gathered, t: int, sigma: FloatArray, delta: FloatArray) -> float:
    """Return the chi-square of gathered track `t` per scalar if the biases are reference + delta."""
    total = g.chi2[t]
    for a in range(g.columns[t]):
        ba = delta[g.column[t, a]] * sigma[g.column[t, a]]
        line = -2.0 * g.score[t, a] + g.info[t, a, a] * ba
        for c in range(a):
            line += 2.0 * g.info[t, a, c] * delta[g.column[t, c]] * sigma[g.column[t, c]]
        total += ba * line
    return total / g.rows[t]


@njit(cache=True)
def estimate(
    g: Gathered,
    count: int,
    sigma: FloatArray,
    prior_info: FloatArray,
    reference: FloatArray,
    folded_info: FloatArray,
    folded_score: FloatArray,
    rounds: int,
    kept: BoolArray,
    fit: FloatArray,
    delta: FloatArray,
    info: FloatArray,
) -> float:
    """Solve for `delta` (n,), dropping the worst track while one stands out, in at most `rounds` rounds.

    prior_info : (n,) in units of 1 / sigma2: 1, FIXED for a clock that others are told by
    kept, fit  : (count,) which tracks are used, in and out, and the misfit of each
    info       : (n, n) receives the factor of the information
    Returns the median misfit, infinite where there is no solution.
    """
    n = len(sigma)
    per_round = 1 + count // _DROP_SHARE
    median = 1.0
    for turn in range(rounds):
        for a in range(n):
            delta[a] = folded_score[a] * sigma[a] - reference[a] / sigma[a] * prior_info[a]
            for c in range(a + 1):
                info[a, c] = folded_info[a, c] * sigma[a] * sigma[c]
            info[a, a] += prior_info[a]
        for t in range(count):
            if kept[t]:
                add_track(g, t, sigma, info, delta)
        for a in range(n):
            for c in range(a):
                info[c, a] = info[a, c]
        if not cholesky(info, n):
            return np.inf
        solve(info, n, delta)
        for t in range(count):
            fit[t] = misfit(g, t, sigma, delta)
        if count > 0:
            median = np.median(fit[:count])
        dropped = 0
        for _ in range(per_round if turn < rounds - 1 else 0):
            worst, most = NONE, 0.0
            for t in range(count):
                over = fit[t] - 1.35 * median - 3.0 * np.sqrt(2.0 / g.rows[t])
                if kept[t] and over > most:
                    worst, most = t, over
            if worst == NONE:
                break
            kept[worst] = False
            dropped += 1
        if dropped == 0:
            break
    return median


@njit(cache=True)
def contradiction(
    delta_a: FloatArray, cov_a: FloatArray, delta_b: FloatArray, cov_b: FloatArray, columns: IntArray
) -> tuple[float, float]:
    """Return the chi-square of the difference of two estimates over some columns, and its degrees of freedom.

    b knows what a knows and more: the covariance of the difference is that of a less that of b.
    """
    n = len(columns)
    d = np.empty((n, n))
    y = np.empty(n)
    for a in range(n):
        y[a] = delta_b[columns[a]] - delta_a[columns[a]]
        for c in range(n):
            d[a, c] = cov_a[columns[a], columns[c]] - cov_b[columns[a], columns[c]]
    plain = d.copy()
    for a in range(n):
        d[a, a] += _REGULAR * cov_a[columns[a], columns[a]]
    if not cholesky(d, n):
        # More knowledge gave less certainty: the claims were a worse fit than the measurements.
        for a in range(n):
            for c in range(n):
                plain[a, c] = 0.0
                d[a, c] = 0.0
            plain[a, a] = d[a, a] = cov_a[columns[a], columns[a]]
        cholesky(d, n)
    x = y.copy()
    solve(d, n, x)
    chi2 = 0.0
    freedom = 0.0
    for a in range(n):
        chi2 += y[a] * x[a]
        side = plain[a].copy()
        solve(d, n, side)
        freedom += side[a]
    return chi2, freedom


@njit(cache=True)
def move_reference(store: Store, change: FloatArray) -> None:
    """Make states, scores and chi-squares about the reference + `change` (n,)."""
    tracks, banks = store.tracks, store.banks
    for k in range(2 * TRACKS_MAX):
        i = k // 2
        if tracks[i].number == 0:
            continue
        n, column = tracks[i].column_count, tracks[i].column
        info, score, v, x = banks[k].info, banks[k].score, banks[k].v, banks[k].x
        shift = np.zeros(COLUMNS_MAX)
        for a in range(n):
            for c in range(n):
                shift[a] += info[max(a, c), min(a, c)] * change[column[c]]
        for a in range(n):
            banks[k].chi2 -= (2.0 * score[a] - shift[a]) * change[column[a]]
        for a in range(n):
            score[a] -= shift[a]
            for b in range(6):
                x[b] += v[b, a] * change[column[a]]
    size = len(change)
    for bank in range(2):
        for a in range(size):
            total = 0.0
            for c in range(size):
                total += store.folded_info[bank, max(a, c), min(a, c)] * change[c]
            store.folded_score[bank, a] -= total
    for a in range(size):
        store.reference[a] += change[a]


@njit(cache=True)
def ties(g: Gathered, count: int, kept: BoolArray, sensor_of: IntArray, folded: FloatArray, sigma: FloatArray,
         group: IntArray) -> None:  # fmt: skip
    """Write to `group` (s,) the lowest sensor that each is tied to by tracks, itself if by none.

    sensor_of : (n,) sensor of each global column, NONE for the pressure's
    folded    : (n, n) what ended tracks left behind
    """
    for s in range(len(group)):
        group[s] = s
    for t in range(count):
        first = NONE
        for a in range(g.columns[t] if kept[t] else 0):
            s = sensor_of[g.column[t, a]]
            if s == NONE or not g.info[t, a, a] * sigma[g.column[t, a]] ** 2 > 1.0:
                continue
            first = s if first == NONE else first
            _join(group, first, s)
    for a in range(len(sensor_of)):
        for c in range(a):
            if sensor_of[a] == NONE or sensor_of[c] == NONE:
                continue
            if abs(folded[a, c]) * sigma[a] * sigma[c] > 1.0:
                _join(group, sensor_of[a], sensor_of[c])
    for s in range(len(group)):
        group[s] = _root(group, s)


@njit(cache=True)
def _root(group: IntArray, s: int) -> int:
    while group[s] != s:
        s = group[s]
    return s


@njit(cache=True)
def _join(group: IntArray, a: int, b: int) -> None:
    a, b = _root(group, a), _root(group, b)
    group[max(a, b)] = min(a, b)


@njit(cache=True)
def count_tracks(
    g: Gathered, count: int, kept: BoolArray, tracks: Records, registered: Records, bank: int, out: IntArray
) -> None:
    """Write to `out` (s,) how many kept tracks each sensor shares."""
    out[:] = 0
    for t in range(count):
        if kept[t]:
            i = g.row[t]
            for k in range(min(tracks[i].slot_count, SLOTS)):
                s = tracks[i].slot_sensor[k]
                if tracks[i].slot_plots[k] >= PLOTS_SHARED_MIN and (bank == CLAIMED or registered[s].claims == 0):
                    out[s] += 1
