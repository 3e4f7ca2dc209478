"""Best matching of truths and tracks at every instant: gated by a grid, split into clusters, exact in each.

The cost of a pair nearer than the cut-off c is d^p - c^p (below 0); leaving a thing unmatched costs 0. The matching
of least total cost is the one behind OSPA and behind GOSPA with any alpha, so one run serves both.

A scene is two lists of points sorted by instant; `first[k] : first[k + 1]` are the rows of instant k.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from skydas.model import FloatArray, IntArray

UNMATCHED: Final = -1


def match_scene(
    first_truth: IntArray,
    truth_m: FloatArray,
    first_track: IntArray,
    track_m: FloatArray,
    cutoff_m: float,
    order: float,
) -> IntArray:
    """Return for each truth point the row of the track point matched to it or -1, shape (len(truth_m),).

    first_truth, first_track : (instants + 1,) rows where each instant begins
    truth_m, track_m         : (n, 3), (m, 3) positions in one plane
    """
    matched = np.full(len(truth_m), UNMATCHED, np.int64)
    width = 1 + max(_widest(first_truth), _widest(first_track))
    _match_scene(first_truth, truth_m, first_track, track_m, float(cutoff_m), float(order), width, matched)
    return matched


def _widest(first: IntArray) -> int:
    return int(np.max(np.diff(first), initial=0))


@njit(cache=True)
def pair_distance2(a: FloatArray, i: int, b: FloatArray, j: int) -> float:
    """Return the squared distance of two points, m2."""
    dx, dy, dz = a[i, 0] - b[j, 0], a[i, 1] - b[j, 1], a[i, 2] - b[j, 2]
    return float(dx * dx + dy * dy + dz * dz)


@njit(cache=True)
def _pair_cost(a: FloatArray, i: int, b: FloatArray, j: int, cutoff: float, order: float) -> float:
    """Return d^p - c^p, or 0 for a pair at the cut-off and beyond."""
    d2 = pair_distance2(a, i, b, j)
    if d2 >= cutoff * cutoff:
        return 0.0
    if order == 2.0:
        return float(d2 - cutoff * cutoff)
    return float(d2 ** (0.5 * order) - cutoff**order)


@njit(cache=True)
def cell_of(value_m: float, size_m: float) -> int:
    """Return the grid cell a coordinate lies in."""
    return int(np.floor(value_m / size_m))


@njit(cache=True)
def bucket_of(ix: int, iy: int, mask: int) -> int:
    """Return the bucket of a grid cell in a table of mask + 1 buckets."""
    return ((ix * 73856093) ^ (iy * 19349663)) & mask


@njit(cache=True)
def table_size(count: int) -> int:
    """Return the smallest power of two that holds `count` things at half load."""
    size = 16
    while size < 2 * count:
        size *= 2
    return size


@njit(cache=True)
def fill_grid(
    points: FloatArray, low: int, high: int, cell_m: float, head: IntArray, following: IntArray, mask: int
) -> None:
    """Hang rows low .. high of `points` into the buckets of `head`; `following` links the rows of a bucket."""
    head[: mask + 1] = -1
    for row in range(low, high):
        bucket = bucket_of(cell_of(points[row, 0], cell_m), cell_of(points[row, 1], cell_m), mask)
        following[row - low] = head[bucket]
        head[bucket] = row


@njit(cache=True)
def _root(parent: IntArray, node: int) -> int:
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


@njit(cache=True)
def _match_scene(
    first_truth: IntArray,
    truth_m: FloatArray,
    first_track: IntArray,
    track_m: FloatArray,
    cutoff: float,
    order: float,
    width: int,
    matched: IntArray,
) -> None:
    size = table_size(width)
    head = np.empty(size, np.int64)
    following = np.empty(width, np.int64)
    parent = np.empty(2 * width, np.int64)
    label = np.empty(2 * width, np.int64)
    begin = np.empty(2 * width + 1, np.int64)
    place = np.empty(2 * width + 1, np.int64)
    member = np.empty(2 * width, np.int64)
    integers = np.empty((3, width + 1), np.int64)
    floats = np.empty((3, width + 1), np.float64)
    for instant in range(len(first_truth) - 1):
        t0, t1 = first_truth[instant], first_truth[instant + 1]
        k0, k1 = first_track[instant], first_track[instant + 1]
        truths, tracks = t1 - t0, k1 - k0
        if truths == 0 or tracks == 0:
            continue
        for node in range(truths + tracks):
            parent[node] = node
        _join_near(truth_m, t0, t1, track_m, k0, k1, cutoff, head, following, size - 1, parent)
        count = _bucket_clusters(parent, truths + tracks, label, begin, place, member)
        for cluster in range(count):
            low, high = begin[cluster], begin[cluster + 1]
            # members are in rising order, so the truths of a cluster come first
            middle = low
            while middle < high and member[middle] < truths:
                middle += 1
            if middle in (low, high):
                continue
            _assign_cluster(
                truth_m, t0, member, low, middle, high, truths, track_m, k0, cutoff, order, integers, floats, matched
            )


@njit(cache=True)
def _join_near(
    truth_m: FloatArray,
    t0: int,
    t1: int,
    track_m: FloatArray,
    k0: int,
    k1: int,
    cutoff: float,
    head: IntArray,
    following: IntArray,
    mask: int,
    parent: IntArray,
) -> None:
    """Join every truth with every track nearer than the cut-off into one cluster."""
    fill_grid(track_m, k0, k1, cutoff, head, following, mask)
    truths = t1 - t0
    for row in range(t0, t1):
        ix, iy = cell_of(truth_m[row, 0], cutoff), cell_of(truth_m[row, 1], cutoff)
        for jx in range(ix - 1, ix + 2):
            for jy in range(iy - 1, iy + 2):
                other = head[bucket_of(jx, jy, mask)]
                while other >= 0:
                    if pair_distance2(truth_m, row, track_m, other) < cutoff * cutoff:
                        a, b = _root(parent, row - t0), _root(parent, truths + other - k0)
                        if a != b:
                            parent[max(a, b)] = min(a, b)
                    other = following[other - k0]


@njit(cache=True)
def _bucket_clusters(
    parent: IntArray, count: int, label: IntArray, begin: IntArray, place: IntArray, member: IntArray
) -> int:
    """Write the members of each cluster side by side, in rising order; return how many clusters there are."""
    clusters = 0
    for node in range(count):
        root = _root(parent, node)
        if root == node:
            label[node] = clusters
            begin[clusters] = 0
            clusters += 1
        else:
            label[node] = label[root]  # a root is its cluster's smallest node: labelled before
    begin[clusters] = 0
    for node in range(count):
        begin[label[node]] += 1
    total = 0
    for cluster in range(clusters):
        size = begin[cluster]
        begin[cluster] = total
        place[cluster] = total
        total += size
    begin[clusters] = total
    for node in range(count):
        member[place[label[node]]] = node
        place[label[node]] += 1
    return clusters


@njit(cache=True)
def _assign_cluster(
    truth_m: FloatArray,
    t0: int,
    member: IntArray,
    low: int,
    middle: int,
    high: int,
    truths: int,
    track_m: FloatArray,
    k0: int,
    cutoff: float,
    order: float,
    integers: IntArray,
    floats: FloatArray,
    matched: IntArray,
) -> None:
    """Find the least-cost matching of one cluster by shortest augmenting paths (Kuhn-Munkres with potentials).

    The smaller side is augmented row by row; costs are computed when asked for, so memory is O(rows + columns).
    """
    row_low, row_high, column_low, column_high = low, middle, middle, high
    swapped = middle - low > high - middle
    if swapped:
        row_low, row_high, column_low, column_high = middle, high, low, middle
    rows, columns = row_high - row_low, column_high - column_low
    owner, came_from, used = integers[0], integers[1], integers[2]
    row_price, column_price, least = floats[0], floats[1], floats[2]
    for row in range(rows + 1):
        row_price[row] = 0.0
    for column in range(columns + 1):
        owner[column] = 0
        column_price[column] = 0.0
    for row in range(1, rows + 1):
        owner[0] = row
        at = 0
        for column in range(columns + 1):
            least[column] = np.inf
            used[column] = 0
        while True:
            used[at] = 1
            i = owner[at]
            step = np.inf
            following = 0
            node_i = member[row_low + i - 1]
            for column in range(1, columns + 1):
                if used[column]:
                    continue
                node_j = member[column_low + column - 1]
                if swapped:
                    cost = _pair_cost(truth_m, t0 + node_j, track_m, k0 + node_i - truths, cutoff, order)
                else:
                    cost = _pair_cost(truth_m, t0 + node_i, track_m, k0 + node_j - truths, cutoff, order)
                reduced = cost - row_price[i] - column_price[column]
                if reduced < least[column]:
                    least[column] = reduced
                    came_from[column] = at
                if least[column] < step:
                    step = least[column]
                    following = column
            for column in range(columns + 1):
                if used[column]:
                    row_price[owner[column]] += step
                    column_price[column] -= step
                else:
                    least[column] -= step
            at = following
            if owner[at] == 0:
                break
        while at != 0:
            before = came_from[at]
            owner[at] = owner[before]
            at = before
    for column in range(1, columns + 1):
        if owner[column] == 0:
            continue
        node_i, node_j = member[row_low + owner[column] - 1], member[column_low + column - 1]
        truth, track = (node_j, node_i) if swapped else (node_i, node_j)
        if pair_distance2(truth_m, t0 + truth, track_m, k0 + track - truths) < cutoff * cutoff:
            matched[t0 + truth] = k0 + track - truths
