"""Row by row: which truth each update is meant for, its error; update probability, gaps, wrong positions, latency.

An update is a row that a new plot supports (`last_plot_ns` differs from the row before); a coasted row is none.
"""

from __future__ import annotations

import msgspec
import numpy as np

from skydas.evaluate.belonging import NOBODY, Belonging
from skydas.evaluate.scene import Samples, truth_at
from skydas.evaluate.tables import States
from skydas.model import NS_PER_S, BoolArray, FloatArray, IntArray, TrackStatus

LAG_SPEED_MPS_MIN = 5.0  # a slower target's lag in time says nothing


class Updates(msgspec.Struct, frozen=True):
    """The updates of live tracks that could be judged, in the order of the tracks' rows."""

    row: IntArray  # (n,) row of the tracks
    track: IntArray
    truth: IntArray  # truth object or NOBODY
    t_ns: IntArray
    error_m: FloatArray  # (n, 3) track less truth, NaN without a truth
    error_mps: FloatArray
    truth_mps: FloatArray
    distance_m: FloatArray  # NaN without a truth


def updates_of(
    truth: States,
    truth_place: tuple[FloatArray, FloatArray],
    tracks: States,
    track_place: tuple[FloatArray, FloatArray],
    samples: Samples,
    belonging: Belonging,
    instants_ns: IntArray,
    gap_s_max: float,
    include_tentative: bool,
) -> Updates:
    """Return the updates with their errors. samples, belonging: of the tracks, also those that cannot be judged."""
    track = tracks.object_of_row
    rows = np.flatnonzero(new_plot(tracks, track) & live(tracks, include_tentative))
    owner = _owner(track[rows], tracks.t_ns[rows], samples, belonging, instants_ns)
    at_m, at_mps = truth_at(truth, *truth_place, np.maximum(owner, NOBODY), tracks.t_ns[rows], gap_s_max)
    within = (
        (tracks.t_ns[rows] >= instants_ns[0]) & (tracks.t_ns[rows] <= instants_ns[-1]) if len(instants_ns) else False
    )
    judged = within & ((owner == NOBODY) | np.isfinite(at_m).all(axis=1))
    rows, owner, at_m, at_mps = rows[judged], owner[judged], at_m[judged], at_mps[judged]
    error_m = track_place[0][rows] - at_m
    return Updates(
        row=rows,
        track=track[rows],
        truth=owner,
        t_ns=tracks.t_ns[rows],
        error_m=error_m,
        error_mps=track_place[1][rows] - at_mps,
        truth_mps=at_mps,
        distance_m=np.linalg.norm(error_m, axis=1),
    )


def new_plot(tracks: States, track: IntArray) -> BoolArray:
    """Return which rows a new plot supports."""
    fresh = np.ones(len(track), bool)
    fresh[1:] = (np.diff(track) != 0) | (np.diff(tracks.plot_ns) != 0)
    return fresh


def live(tracks: States, include_tentative: bool) -> BoolArray:
    """Return which rows are of a live track."""
    rows = tracks.status != int(TrackStatus.DROPPED)
    return np.asarray(rows if include_tentative else rows & (tracks.status != int(TrackStatus.TENTATIVE)))


def _owner(track: IntArray, t_ns: IntArray, samples: Samples, belonging: Belonging, instants_ns: IntArray) -> IntArray:
    """Return the truth of each row: that of its track at the next scoring instant, else at the one before."""
    if not len(instants_ns) or not len(samples.object):
        return np.full(len(track), NOBODY)
    width = len(instants_ns) + 1
    key = samples.object * width + samples.instant
    order = np.argsort(key)
    key = key[order]
    after = np.searchsorted(instants_ns, t_ns)
    owner = np.full(len(track), NOBODY)
    unset = np.ones(len(track), bool)
    for instant in (after, after - 1):
        wanted = track * width + instant
        at = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
        hit = unset & (instant >= 0) & (key[at] == wanted)
        owner[hit] = belonging.truth[order[at[hit]]]
        unset &= ~hit
    return owner


class Pieces(msgspec.Struct, frozen=True):
    """Unbroken times of truth, sorted by object and time."""

    truth: IntArray
    begin_ns: IntArray
    end_ns: IntArray


def pieces_of(truth: States, gap_s_max: float) -> Pieces:
    """Return the times over which each truth is known without a gap."""
    item = truth.object_of_row
    if not len(item):
        return Pieces(item, item, item)
    cut = (np.diff(item) != 0) | (np.diff(truth.t_ns) > gap_s_max * NS_PER_S)
    begin = np.append(0, np.flatnonzero(cut) + 1)
    end = np.append(np.flatnonzero(cut), len(item) - 1)
    return Pieces(item[begin], truth.t_ns[begin], truth.t_ns[end])


class UpdateScore(msgspec.Struct, frozen=True, kw_only=True):
    """How often targets are updated; None: nothing to judge."""

    interval_s: float
    probability: float | None  # that any interval of interval_s within a target's life holds an update
    probability_once_tracked: float | None  # the same from a target's first update on
    gap_s: float
    gap_count: int  # times between two updates longer than gap_s
    gap_share: float | None  # of all times between two updates
    longest_gap_s: float | None


def score_updates(pieces: Pieces, truth: IntArray, t_ns: IntArray, interval_s: float, gap_s: float) -> UpdateScore:
    """Return the update probability in continuous time: no phase of a counting window to be lucky with.

    A life of length T has T - I places for an interval of length I, and a gap of length g spoils g - I of them.
    truth, t_ns : the updates, on their truth
    """
    order = np.lexsort((t_ns, truth))
    truth, t_ns = truth[order], t_ns[order]
    piece = _piece_of(pieces, truth, t_ns)
    inside = piece >= 0
    piece, t_ns, truth = piece[inside], t_ns[inside], truth[inside]
    numbers = np.arange(len(pieces.truth))
    whole = _share_covered(numbers, pieces.begin_ns, pieces.end_ns, piece, t_ns, interval_s)
    first_ns = np.full(int(pieces.truth.max(initial=-1)) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first_ns, truth, t_ns)
    begin = np.maximum(pieces.begin_ns, first_ns[pieces.truth])
    held = begin < pieces.end_ns
    once = _share_covered(numbers[held], begin[held], pieces.end_ns[held], piece, t_ns, interval_s)
    between_s = np.diff(t_ns)[np.diff(piece) == 0] / NS_PER_S
    gap_count = int(np.sum(between_s > gap_s))
    return UpdateScore(
        interval_s=interval_s,
        probability=whole,
        probability_once_tracked=once,
        gap_s=gap_s,
        gap_count=gap_count,
        gap_share=gap_count / len(between_s) if len(between_s) else None,
        longest_gap_s=float(between_s.max()) if len(between_s) else None,
    )


def _piece_of(pieces: Pieces, truth: IntArray, t_ns: IntArray) -> IntArray:
    """Return the piece each update lies in, -1 none; updates sorted by truth and time."""
    if not len(pieces.truth):
        return np.full(len(truth), -1)
    zero = pieces.begin_ns.min()
    span = int(max(pieces.end_ns.max(), t_ns.max(initial=0)) - min(zero, t_ns.min(initial=zero))) + 1
    base = min(zero, t_ns.min(initial=zero))
    # truth and time in one whole number: in microseconds it stays within 63 bits
    span_us = span // 1000 + 1
    key = pieces.truth * span_us + (pieces.begin_ns - base) // 1000
    at = np.searchsorted(key, truth * span_us + (t_ns - base) // 1000, side="right") - 1
    at = np.maximum(at, 0)
    good = (pieces.truth[at] == truth) & (pieces.begin_ns[at] // 1000 <= t_ns // 1000) & (t_ns <= pieces.end_ns[at])
    return np.where(good, at, -1)


def _share_covered(
    numbers: IntArray, begin_ns: IntArray, end_ns: IntArray, piece: IntArray, t_ns: IntArray, interval_s: float
) -> float | None:
    known = np.isin(piece, numbers)
    all_piece = np.concatenate((numbers, piece[known], numbers))
    all_ns = np.concatenate((begin_ns, t_ns[known], end_ns))
    order = np.lexsort((all_ns, all_piece))
    same = np.diff(all_piece[order]) == 0
    gaps_s = np.diff(all_ns[order])[same] / NS_PER_S
    places_s = np.maximum((end_ns - begin_ns) / NS_PER_S - interval_s, 0.0).sum()
    if places_s <= 0.0:
        return None
    return float(1.0 - min(np.maximum(gaps_s - interval_s, 0.0).sum() / places_s, 1.0))


def lag_s(updates: Updates, on: BoolArray) -> FloatArray:
    """Return by how much time each update on a moving truth is behind it, from its error along the velocity."""
    speed2 = np.sum(updates.truth_mps[on] ** 2, axis=1)
    moving = speed2 > LAG_SPEED_MPS_MIN**2
    along = np.sum(updates.error_m[on][moving] * updates.truth_mps[on][moving], axis=1)
    return np.asarray(-along / speed2[moving])
