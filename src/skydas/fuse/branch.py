"""The second plot of a track: which of several it is, is left open.

After one plot nothing is known of the velocity, so the gate is wide and may hold plots of other objects and false ones.
A mixture over all of them would be no state of anything: its covariance is so large that the third plot tells nothing
either. So the track goes on with each of these plots as a track of its own, a branch, and stays itself in case the
second plot is yet to come. Likelihoods choose between them: the third plot fits one of them.
"""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from skydas.fuse import counters as c
from skydas.fuse.birth import drop, judge, note_plot, serial_of, take_row
from skydas.fuse.index import link, relink
from skydas.fuse.life import missed_before, slot_of, threshold
from skydas.fuse.records import FREE, TRACKS_MAX, Records, Store, Work
from skydas.fuse.update import commit, take_edge, touch
from skydas.model import PROVISIONAL_NO

BRANCHES_MAX: Final = 8  # of one track; fewer where the store is more than half full
WORTH_MIN: Final = 0.5  # odds for a plot to be the second one, below which it is not followed


@njit(cache=True)
def branch(store: Store, setup: Records, work: Work, prepared: Records, i: int, first: int, last: int) -> None:
    """Follow track `i`, which has one plot, with each of its edges edge_list[first:last], and without any."""
    tracks, sensors, desk = store.tracks, store.sensors, work.desk[0]
    edges, edge_list = work.edges, work.edge_list
    plot = edges[edge_list[first]].plot
    s = prepared[plot].sensor
    miss = np.log(1.0 - sensors[s].detection * setup.gate_probability)
    known = slot_of(tracks, i, s)
    missed = missed_before(tracks, sensors, i, s, prepared[plot].t_ns) if known == FREE else 0
    tracks[i].bar = threshold(prepared[plot].density, sensors, s, setup)
    most = branches_max(store.own[0].alive)
    least = _worth_at_rank(work, first, last, most)
    store.counts[c.BRANCHES_LEFT_OUT] += max(last - first - most, 0)
    for b in range(first, last):
        e = edge_list[b]
        worth = edges[e].weight * edges[e].nu
        if worth < WORTH_MIN or worth < least:
            continue
        k = take_row(store)
        if k == FREE:
            break
        j = edges[e].plot
        store.counts[c.BRANCHES] += 1
        tracks[k] = tracks[i]
        tracks[k].serial = _mixed(tracks[i].serial, serial_of(prepared, j))
        tracks[k].number = PROVISIONAL_NO | (tracks[k].serial & (PROVISIONAL_NO - 1))
        tracks[k].is_touched = 0
        tracks[k].mode_s = 0  # a code has one track: the first plot's stays where it is
        take_edge(tracks, setup.models, edges, k, e)
        tracks[k].llr += miss * (1 + missed) + np.log(worth)
        note_plot(store, prepared, k, j)
        commit(tracks, setup, desk, k)
        link(store, k, tracks[k].t_ns, setup.q_manoeuvre)
        judge(store, setup, work, k, True)
        touch(tracks, desk, work.touched, k)
    if known != FREE:
        tracks[i].slot_ns[known] = max(prepared[plot].t_ns, tracks[i].slot_ns[known])
        tracks[i].llr += miss
    commit(tracks, setup, desk, i)
    if tracks[i].llr < setup.tentative_llr_min:
        drop(store, work, i)
        return
    relink(store, i, tracks[i].t_ns, setup.q_manoeuvre)
    touch(tracks, desk, work.touched, i)


@njit(cache=True)
def branches_max(alive: int) -> int:
    """Return how many branches one track may have among so many tracks: in a full store only the likeliest."""
    return min(BRANCHES_MAX, 1 + 2 * BRANCHES_MAX * (TRACKS_MAX - alive) // TRACKS_MAX)


@njit(cache=True)
def _worth_at_rank(work: Work, first: int, last: int, rank: int) -> float:
    """Return the odds of the edge of this rank, or 0 where there are not so many."""
    if last - first <= rank:
        return 0.0
    odds = np.empty(last - first)
    for b in range(first, last):
        e = work.edge_list[b]
        odds[b - first] = work.edges[e].weight * work.edges[e].nu
    odds.sort()
    return odds[last - first - rank]


@njit(cache=True)
def _mixed(a: int, b: int) -> int:
    mixed = np.uint64(a) * np.uint64(0x9E3779B97F4A7C15) ^ np.uint64(b)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(31)
    return np.int64(mixed >> np.uint64(2)) | 1  # type: ignore[return-value]
