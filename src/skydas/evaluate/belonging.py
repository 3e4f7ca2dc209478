"""Which track is meant for which truth, instant by instant: many tracks may be on one truth, a track is on one at most.

A track takes the nearest truth within `gate_m`. It keeps it while it stays within the gate, unless another truth is
nearer than half as far: so two targets that pass each other do not swap tracks by a metre of noise, and a track that
has jumped to its neighbour is soon counted as the neighbour's. Beyond the gate it is still meant for that truth up to
`hold_m` while no other is within the gate: that is a wrong position. Where the truth a track was on has a gap, the
track cannot be judged.
"""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np
from numba import njit

from skydas.evaluate.matching import bucket_of, cell_of, fill_grid, pair_distance2, table_size
from skydas.evaluate.scene import Samples
from skydas.model import BoolArray, FloatArray, IntArray

NOBODY: Final = -1
UNJUDGED: Final = -2


class Belonging(msgspec.Struct, frozen=True):
    """For each track sample: the truth it is meant for."""

    truth: IntArray  # (n,) truth object, NOBODY or UNJUDGED
    sample: IntArray  # (n,) row of the truth samples, or -1
    distance_m: FloatArray  # (n,) NaN without a truth

    def on(self, gate_m: float) -> BoolArray:
        """Return which track samples lie within the gate of their truth, (n,)."""
        return self.distance_m <= gate_m

    def only(self, keep: BoolArray) -> Belonging:
        """Return the rows of `keep`."""
        return Belonging(self.truth[keep], self.sample[keep], self.distance_m[keep])


def belong(
    truth: Samples, tracks: Samples, lives: IntArray, track_count: int, gate_m: float, hold_m: float
) -> Belonging:
    """Return what each track sample is meant for.

    lives : (truth objects, 2) first and last instant of each truth, to know a gap from an end
    """
    count = len(tracks.object)
    found = Belonging(np.full(count, NOBODY), np.full(count, -1), np.full(count, np.nan))
    width = 1 + int(np.max(np.diff(truth.first), initial=0))
    _belong(
        truth.first, truth.object, truth.position_m, tracks.first, tracks.object, tracks.position_m, lives,
        np.full(track_count, NOBODY), np.full(len(lives), -1), gate_m, hold_m, width,
        found.truth, found.sample, found.distance_m,
    )  # fmt: skip
    return found


def lives_of(first_ns: IntArray, last_ns: IntArray, instants_ns: IntArray) -> IntArray:
    """Return the first and last instant within each object's life, (objects, 2)."""
    return np.stack(
        (np.searchsorted(instants_ns, first_ns), np.searchsorted(instants_ns, last_ns, side="right") - 1), axis=-1
    ).astype(np.int64)


@njit(cache=True)
def _belong(
    first_truth: IntArray,
    truth_object: IntArray,
    truth_m: FloatArray,
    first_track: IntArray,
    track_object: IntArray,
    track_m: FloatArray,
    lives: IntArray,
    held: IntArray,
    where: IntArray,
    gate: float,
    hold: float,
    width: int,
    out_truth: IntArray,
    out_sample: IntArray,
    out_distance: FloatArray,
) -> None:
    size = table_size(width)
    head = np.empty(size, np.int64)
    following = np.empty(width, np.int64)
    for instant in range(len(first_truth) - 1):
        t0, t1 = first_truth[instant], first_truth[instant + 1]
        for row in range(t0, t1):
            where[truth_object[row]] = row
        fill_grid(truth_m, t0, t1, gate, head, following, size - 1)
        for row in range(first_track[instant], first_track[instant + 1]):
            nearest, nearest2 = -1, np.inf
            ix, iy = cell_of(track_m[row, 0], gate), cell_of(track_m[row, 1], gate)
            for jx in range(ix - 1, ix + 2):
                for jy in range(iy - 1, iy + 2):
                    other = head[bucket_of(jx, jy, size - 1)]
                    while other >= 0:
                        d2 = pair_distance2(track_m, row, truth_m, other)
                        if d2 < nearest2 or (d2 == nearest2 and other < nearest):
                            nearest, nearest2 = other, d2
                        other = following[other - t0]
            if nearest2 > gate * gate:
                nearest, nearest2 = -1, np.inf
            item = held[track_object[row]]
            chosen, chosen2 = nearest, nearest2
            if item >= 0:
                sample = where[item]
                if sample < t0 or sample >= t1:  # nothing is known of it at this instant
                    if nearest < 0 and lives[item, 0] <= instant <= lives[item, 1]:
                        out_truth[row] = -2
                        continue
                else:
                    d2 = pair_distance2(track_m, row, truth_m, sample)
                    near = d2 <= gate * gate and 4.0 * nearest2 >= d2
                    if near or (nearest < 0 and d2 <= hold * hold):
                        chosen, chosen2 = sample, d2
            if chosen < 0:
                held[track_object[row]] = -1
                continue
            held[track_object[row]] = truth_object[chosen]
            out_truth[row] = truth_object[chosen]
            out_sample[row] = chosen
            out_distance[row] = np.sqrt(chosen2)
