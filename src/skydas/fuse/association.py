"""Which plot is whose: clusters by union-find, marginals in each by belief propagation on the edges.

An edge is a plot in the gate of a track. With w = Pd N / (lambda (1 - Pd Pg)) of each edge, the messages
    mu = w / (1 + sum of w nu over the track's other edges)
    nu = 1 / (1 + sum of mu over the plot's other edges)
converge to good marginals (Williams and Lau, arXiv 1209.6299). On edges the work is linear, so a cluster of any size
has a bounded answer: ROUNDS_MAX rounds; beyond CLUSTER_MAX tracks as many rounds less as it is larger.

Where a study wants the single best assignment instead, an auction finds it (Bertsekas 1988), within BID_MIN a track.
"""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from skydas.fuse.records import FREE, Records
from skydas.model import FloatArray, IntArray

ROUNDS_MAX: Final = 30
ROUNDS_MIN: Final = 3
CLUSTER_MAX: Final = 64
BID_MIN: Final = 0.01  # a price rises by at least so much, in units of the logarithm
BIDDING_ROUNDS_MAX: Final = 500  # beyond it whoever has no plot goes without
_TOLERANCE: Final = 1e-4


@njit(cache=True)
def root_of(members: Records, k: int) -> int:
    """Return the representative of member `k`, halving the path on the way."""
    while members[k].parent != k:
        members[k].parent = members[members[k].parent].parent
        k = members[k].parent
    return k


@njit(cache=True)
def clusters(edges: Records, edge_count: int, members: Records, member_count: int, plots: Records) -> None:
    """Join members (tracks) that share a plot, and sort them by cluster.

    edges (EDGE), members (MEMBER), plots (PREPARED); `owner` of the plots is FREE before and after.
    Afterwards the members of the cluster that member n leads are members[cluster_start:cluster_end].order of n.
    """
    for k in range(member_count):
        members[k].parent = k
    for e in range(edge_count):
        j, k = edges[e].plot, edges[e].member
        if plots[j].owner == FREE:
            plots[j].owner = k
            continue
        a, b = root_of(members, k), root_of(members, plots[j].owner)
        if a < b:  # the smaller number leads, so that the outcome does not depend on the order
            members[b].parent = a
        else:
            members[a].parent = b
    for e in range(edge_count):
        plots[edges[e].plot].owner = FREE
    for k in range(member_count):
        members[k].cluster = root_of(members, k)
        members[k].cluster_end = 0
    for k in range(member_count):
        members[members[k].cluster].cluster_end += 1
    at = 0
    for k in range(member_count):
        members[k].cluster_start = at
        at += members[k].cluster_end
        members[k].cluster_end = members[k].cluster_start
    for k in range(member_count):
        leader = members[k].cluster
        members[members[leader].cluster_end].order = k
        members[leader].cluster_end += 1


@njit(cache=True)
def sort_edges(edges: Records, edge_count: int, members: Records, member_count: int, edge_list: IntArray) -> None:
    """Sort edges by member: those of member k are edge_list[start:end], by plot."""
    for k in range(member_count):
        members[k].end = 0
    for e in range(edge_count):
        members[edges[e].member].end += 1
    at = 0
    for k in range(member_count):
        members[k].start = at
        at += members[k].end
        members[k].end = members[k].start
    for e in range(edge_count):
        k = edges[e].member
        edge_list[members[k].end] = e
        members[k].end += 1


@njit(cache=True)
def propagate(leader: int, edges: Records, members: Records, edge_list: IntArray, plots: Records) -> int:
    """Run the messages of the cluster of `leader` until they rest; return the rounds it took.

    edges.weight goes in; edges.nu is the answer: what of the plot the other tracks leave to this one.
    """
    first, last = members[leader].cluster_start, members[leader].cluster_end
    size = last - first
    for a in range(first, last):
        k = members[a].order
        for b in range(members[k].start, members[k].end):
            edges[edge_list[b]].nu = 1.0
    if size == 1:
        return 0
    rounds_max = ROUNDS_MAX if size <= CLUSTER_MAX else max(ROUNDS_MAX * CLUSTER_MAX // size, ROUNDS_MIN)
    for turn in range(rounds_max):
        for a in range(first, last):
            k = members[a].order
            for b in range(members[k].start, members[k].end):
                plots[edges[edge_list[b]].plot].plot_sum = 1.0
        for a in range(first, last):
            k = members[a].order
            total = 1.0
            for b in range(members[k].start, members[k].end):
                e = edge_list[b]
                total += edges[e].weight * edges[e].nu
            for b in range(members[k].start, members[k].end):
                e = edge_list[b]
                edges[e].mu = edges[e].weight / max(total - edges[e].weight * edges[e].nu, 1.0)
                plots[edges[e].plot].plot_sum += edges[e].mu
        change = 0.0
        for a in range(first, last):
            k = members[a].order
            for b in range(members[k].start, members[k].end):
                e = edge_list[b]
                new = 1.0 / max(plots[edges[e].plot].plot_sum - edges[e].mu, 1.0)
                change = max(change, abs(new - edges[e].nu))
                edges[e].nu = new
        if change < _TOLERANCE:
            return turn + 1
    return rounds_max


@njit(cache=True)
def leave_open(leader: int, edges: Records, members: Records, edge_list: IntArray) -> None:
    """Let every track of the cluster of `leader` have its plots as if it were alone: edges.nu is 1."""
    for a in range(members[leader].cluster_start, members[leader].cluster_end):
        k = members[a].order
        for b in range(members[k].start, members[k].end):
            edges[edge_list[b]].nu = 1.0


@njit(cache=True)
def assign(leader: int, edges: Records, members: Records, edge_list: IntArray, plots: Records) -> int:
    """Choose at most one plot for each track of the cluster of `leader`, so that the product of their w is largest.

    edges.weight goes in; edges.nu is the answer: 1 of an edge that is chosen, otherwise 0. Returns the rounds it took.
    """
    first, last = members[leader].cluster_start, members[leader].cluster_end
    for a in range(first, last):
        k = members[a].order
        for b in range(members[k].start, members[k].end):
            e = edge_list[b]
            edges[e].nu = 0.0
            edges[e].mu = np.log(max(edges[e].weight, 1e-300))
            plots[edges[e].plot].plot_sum = 0.0  # its price
            plots[edges[e].plot].owner = FREE
    is_open, turn = True, 0
    while is_open and turn < BIDDING_ROUNDS_MAX:
        is_open = False
        turn += 1
        for a in range(first, last):
            k = members[a].order
            chosen, most, second = FREE, 0.0, 0.0  # to go without is worth 0
            for b in range(members[k].start, members[k].end):
                e = edge_list[b]
                if edges[e].nu == 1.0:
                    chosen, most = FREE, 0.0
                    break
                worth = edges[e].mu - plots[edges[e].plot].plot_sum
                if worth > most:
                    chosen, most, second = e, worth, most
                elif worth > second:
                    second = worth
            if chosen == FREE:
                continue
            j = edges[chosen].plot
            plots[j].plot_sum += most - second + BID_MIN
            if plots[j].owner != FREE:
                edges[plots[j].owner].nu = 0.0
            plots[j].owner = chosen
            edges[chosen].nu = 1.0
            is_open = True
    for a in range(first, last):
        k = members[a].order
        for b in range(members[k].start, members[k].end):
            plots[edges[edge_list[b]].plot].owner = FREE
    return turn


@njit(cache=True)
def marginals(
    weight: FloatArray,
    edges: Records,
    members: Records,
    edge_list: IntArray,
    plots: Records,
    assigns: bool,
    out: FloatArray,
) -> None:
    """Write the marginals of a whole problem to `out` (k, n + 1), the miss first; `weight` (k, n) holds w, 0 none.

    assigns : of the single best assignment, each chosen plot against the miss

    For tests and benchmarks: the tracker builds its edges itself.
    """
    member_count, n = weight.shape
    edge_count = 0
    for j in range(n):
        plots[j].owner = FREE
        for k in range(member_count):
            if weight[k, j] > 0.0:
                edges[edge_count].plot, edges[edge_count].member = j, k
                edges[edge_count].weight = weight[k, j]
                edge_count += 1
    sort_edges(edges, edge_count, members, member_count, edge_list)
    clusters(edges, edge_count, members, member_count, plots)
    for k in range(member_count):
        if members[k].cluster_start >= members[k].cluster_end:
            continue
        if assigns:
            assign(k, edges, members, edge_list, plots)
        else:
            propagate(k, edges, members, edge_list, plots)
    for k in range(member_count):
        whole = 1.0
        for j in range(n):
            out[k, j + 1] = 0.0
        for b in range(members[k].start, members[k].end):
            whole += edges[edge_list[b]].weight * edges[edge_list[b]].nu
        out[k, 0] = 1.0 / whole
        for b in range(members[k].start, members[k].end):
            e = edge_list[b]
            out[k, edges[e].plot + 1] = edges[e].weight * edges[e].nu / whole
