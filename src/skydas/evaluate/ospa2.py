"""OSPA(2): OSPA between whole trajectories (Beard, Vo, Vo 2017, ICCAIS).

The distance of two trajectories over a window is the mean, over the instants at which either exists, of min(d, c),
and c where one alone exists. A pair that never comes within c is c apart, so only pairs that do are looked at:
sparse and exact.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from skydas.evaluate.matching import bucket_of, cell_of, fill_grid, pair_distance2, table_size
from skydas.evaluate.scene import Samples
from skydas.evaluate.sparse import assign_sparse
from skydas.model import FloatArray, IntArray

BitArray = npt.NDArray[np.uint64]


def near_gain(
    truth: Samples, tracks: Samples, low: int, high: int, track_count: int, cutoff_m: float
) -> tuple[IntArray, IntArray, FloatArray]:
    """Return (truth object, track object, sum of c - d) of the pairs ever nearer than c in instants low .. high."""
    width = 1 + int(np.max(np.diff(tracks.first[low : high + 1]), initial=0))
    size = 1024
    while True:
        keys = np.full(size, -1)
        gains = np.zeros(size)
        if _near_gain(
            truth.first, truth.object, truth.position_m, tracks.first, tracks.object, tracks.position_m,
            low, high, track_count, cutoff_m, width, keys, gains,
        ):  # fmt: skip
            break
        size *= 8
    used = np.flatnonzero(keys >= 0)
    used = used[np.argsort(keys[used])]
    return keys[used] // track_count, keys[used] % track_count, gains[used]


def ospa2_m(
    truth: Samples,
    tracks: Samples,
    truth_count: int,
    track_count: int,
    cutoff_m: float,
    order: float,
    window_steps: int,
) -> tuple[FloatArray, IntArray]:
    """Return OSPA(2) of each window, (windows,), and the first instant of each; the last window may be shorter."""
    instants = len(truth.first) - 1
    lows = np.arange(0, instants, window_steps)
    values = np.zeros(len(lows))
    for k, low in enumerate(lows):
        high = min(int(low) + window_steps, instants)
        values[k] = _window(truth, tracks, int(low), high, truth_count, track_count, cutoff_m, order)
    return values, lows


def _window(
    truth: Samples,
    tracks: Samples,
    low: int,
    high: int,
    truth_count: int,
    track_count: int,
    cutoff_m: float,
    order: float,
) -> float:
    truths = np.unique(truth.object[truth.first[low] : truth.first[high]])
    present = np.unique(tracks.object[tracks.first[low] : tracks.first[high]])
    larger = max(len(truths), len(present))
    if not larger:
        return 0.0
    a, b, gain = near_gain(truth, tracks, low, high, max(track_count, 1), cutoff_m)
    union = _union_steps(truth, tracks, low, high, a, b)
    distance = np.maximum(cutoff_m - gain / union, 0.0)
    chosen = assign_sparse(np.searchsorted(truths, a), np.searchsorted(present, b), distance**order - cutoff_m**order)
    total = np.sum(distance[chosen] ** order) + (larger - len(chosen)) * cutoff_m**order
    return float((total / larger) ** (1.0 / order))


def _union_steps(truth: Samples, tracks: Samples, low: int, high: int, a: IntArray, b: IntArray) -> IntArray:
    """Return at how many instants of the window either of each pair exists, (pairs,)."""
    mine = _presence(truth, low, high, a)
    theirs = _presence(tracks, low, high, b)
    return np.asarray(_union(mine[0], mine[1], theirs[0], theirs[1], high - low), np.int64)


def _presence(samples: Samples, low: int, high: int, wanted: IntArray) -> tuple[BitArray, IntArray]:
    """Return the bits of presence, uint64 (objects, words), of the objects of `wanted`, and the row for each of it."""
    objects, row = np.unique(wanted, return_inverse=True)
    words = np.zeros((len(objects), (high - low + 63) // 64), np.uint64)
    at, stop = samples.first[low], samples.first[high]
    item = np.searchsorted(objects, samples.object[at:stop])
    item[item == len(objects)] = 0
    mine = len(objects) > 0 and objects[item] == samples.object[at:stop]
    instant = np.repeat(np.arange(high - low), np.diff(samples.first[low : high + 1]))
    if len(objects):
        np.bitwise_or.at(
            words, (item[mine], instant[mine] // 64), np.uint64(1) << (instant[mine] % 64).astype(np.uint64)
        )
    return words, row.ravel().astype(np.int64)


@njit(cache=True)
def _union(mine: BitArray, row: IntArray, theirs: BitArray, other: IntArray, steps: int) -> IntArray:
    count = np.zeros(len(row), np.int64)
    for pair in range(len(row)):
        for word in range(mine.shape[1]):
            bits = mine[row[pair], word] | theirs[other[pair], word]
            while bits:
                bits &= bits - np.uint64(1)
                count[pair] += 1
    return count


@njit(cache=True)
def _near_gain(
    first_truth: IntArray,
    truth_object: IntArray,
    truth_m: FloatArray,
    first_track: IntArray,
    track_object: IntArray,
    track_m: FloatArray,
    low: int,
    high: int,
    track_count: int,
    cutoff: float,
    width: int,
    keys: IntArray,
    gains: FloatArray,
) -> bool:
    """Add up c - d by pair in an open hash table; return False when the table is half full."""
    size = table_size(width)
    head = np.empty(size, np.int64)
    following = np.empty(width, np.int64)
    slots = len(keys)
    used = 0
    for instant in range(low, high):
        k0, k1 = first_track[instant], first_track[instant + 1]
        fill_grid(track_m, k0, k1, cutoff, head, following, size - 1)
        for row in range(first_truth[instant], first_truth[instant + 1]):
            ix, iy = cell_of(truth_m[row, 0], cutoff), cell_of(truth_m[row, 1], cutoff)
            for jx in range(ix - 1, ix + 2):
                for jy in range(iy - 1, iy + 2):
                    other = head[bucket_of(jx, jy, size - 1)]
                    while other >= 0:
                        here = cell_of(track_m[other, 0], cutoff) == jx and cell_of(track_m[other, 1], cutoff) == jy
                        d2 = pair_distance2(truth_m, row, track_m, other)
                        if here and d2 < cutoff * cutoff:  # `here`: two cells may share a bucket
                            key = truth_object[row] * track_count + track_object[other]
                            slot = (key * 2654435761) & (slots - 1)
                            while keys[slot] >= 0 and keys[slot] != key:
                                slot = (slot + 1) & (slots - 1)
                            if keys[slot] < 0:
                                keys[slot] = key
                                used += 1
                                if 2 * used > slots:
                                    return False
                            gains[slot] += cutoff - np.sqrt(d2)
                        other = following[other - k0]
    return True
