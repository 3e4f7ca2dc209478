"""Which plots and tracks may belong together: pairs within a coarse gate, never stricter than the fine one."""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from skydas.fuse import counters as c
from skydas.fuse.birth import SUPPORT_NS, TENTATIVE
from skydas.fuse.index import (
    DROPPED,
    GATE_SIGMAS,
    reach_m,
)
from skydas.fuse.life import (
    slot_of,
)
from skydas.fuse.measure import BEARING, SOUND, TDOA
from skydas.fuse.records import CANDIDATES_MAX, FREE, Records, Store, Work
from skydas.model import TAU, IntArray

BESIDE_M: Final = 300.0  # of a confirmed track: a second report of one object is no clutter
_SEEN_SHARE: Final = 0.4  # of a period: within it no sensor reports one object twice


@njit(cache=True)
def off_place(tracks: Records, i: int, x: float, y: float, t_ns: int, variance: float, q: float) -> float:
    """Return how far (x, y) is from track `i` in coarse gates: above 1 is out of the question.

    Horizontally only; the plot's largest variance in all directions, and the noise of a manoeuvre on the way: so it is
    never stricter than the gate.
    """
    dt = (t_ns - tracks[i].t_ns) * 1e-9
    centre, p = tracks[i].centre, tracks[i].flat
    dx = centre[0] + dt * centre[3] - x
    dy = centre[1] + dt * centre[4] - y
    noise = variance + q * abs(dt) * dt * dt * (1.0 / 3.0)
    s00 = p[0] + dt * (2.0 * p[2] + dt * p[7]) + noise
    s11 = p[4] + dt * (2.0 * p[6] + dt * p[9]) + noise
    if dx * dx + dy * dy > GATE_SIGMAS * GATE_SIGMAS * (s00 + s11):  # the trace is above the larger eigenvalue
        return 2.0
    s01 = p[1] + dt * (p[3] + p[5] + dt * p[8])
    d2 = (s11 * dx * dx - 2.0 * s01 * dx * dy + s00 * dy * dy) / (s00 * s11 - s01 * s01)
    return d2 * (1.0 / (GATE_SIGMAS * GATE_SIGMAS))


@njit(cache=True)
def support(tracks: Records, prepared: Records, i: int, j: int) -> None:
    """Note that the bearing of plot `j` agrees with tentative track `i`, if it does: to one sigma, and its own spread.

    Such bearings say that something is there that transmits or sounds; they do not move the track.
    """
    dt = (prepared[j].t_ns - tracks[i].t_ns) * 1e-9
    dx = tracks[i].centre[0] + dt * tracks[i].centre[3] - prepared[j].place[0]
    dy = tracks[i].centre[1] + dt * tracks[i].centre[4] - prepared[j].place[1]
    off = np.arctan2(dx, dy) - prepared[j].z[0]
    off = abs((off + 0.5 * TAU) % TAU - 0.5 * TAU)
    if off > prepared[j].sigma + np.arctan2(tracks[i].spread[0], max(np.sqrt(dx * dx + dy * dy), 1.0)):
        return
    if prepared[j].t_ns - tracks[i].support_ns > SUPPORT_NS:
        tracks[i].support = 0
    tracks[i].support += 1
    tracks[i].support_ns = prepared[j].t_ns


@njit(cache=True)
def off_line(tracks: Records, setup: Records, prepared: Records, i: int, j: int) -> float:
    """Return how far track `i` is from the bearing of plot `j` in coarse gates; a TDOA is near to everything."""
    if prepared[j].kind == TDOA:
        return 0.5
    dt = (prepared[j].t_ns - tracks[i].t_ns) * 1e-9
    dx = tracks[i].centre[0] + dt * tracks[i].centre[3] - prepared[j].place[0]
    dy = tracks[i].centre[1] + dt * tracks[i].centre[4] - prepared[j].place[1]
    if prepared[j].flags & SOUND:
        late_s = np.hypot(dx, dy) * setup.sound_slowness
        dx -= late_s * tracks[i].centre[3]
        dy -= late_s * tracks[i].centre[4]
    off = np.arctan2(dx, dy) - prepared[j].z[0]
    off = abs((off + 0.5 * TAU) % TAU - 0.5 * TAU)
    wide = np.arctan2(reach_m(tracks, i, dt, setup.q_manoeuvre), max(np.sqrt(dx * dx + dy * dy), 1.0))
    return off / (GATE_SIGMAS * prepared[j].sigma + wide + 0.02)  # 0.02: the two norths differ a little


@njit(cache=True)
def pair_place(
    store: Store,
    setup: Records,
    work: Work,
    prepared: Records,
    j: int,
    pair_count: int,
    found: IntArray,
    begins: int,
    ends: int,
) -> int:
    """Add every track of found[begins:ends] that a plot with a place may belong to; return the number of pairs."""
    tracks = store.tracks
    first = pair_count
    x, y, t_ns = prepared[j].place[0], prepared[j].place[1], prepared[j].t_ns
    s, coded = prepared[j].sensor, prepared[j].mode_s != 0
    if ends - begins >= CANDIDATES_MAX:
        store.counts[c.CANDIDATES_LEFT_OUT] += 1
        ends = begins + CANDIDATES_MAX
    variance, q = prepared[j].sigma ** 2, setup.q_manoeuvre
    seen_ns = np.int64(_SEEN_SHARE * store.sensors[s].period_ns)
    for k in range(begins, ends):
        i = found[k]
        miss = off_place(tracks, i, x, y, t_ns, variance, q)
        if miss > 1.0 or tracks[i].status >= DROPPED:
            continue
        if coded and tracks[i].mode_s != 0:
            continue  # its own code was looked up already: this is another one
        if tracks[i].status != TENTATIVE and _is_beside(tracks, i, x, y, t_ns, max(BESIDE_M, 3.0 * prepared[j].sigma)):
            prepared[j].known = 1.0
        known = slot_of(tracks, i, s)
        if known == FREE or not 0 <= t_ns - tracks[i].slot_ns[known] < seen_ns:
            pair_count = add_pair(store, work, first, pair_count, j, i, miss)
    return pair_count


@njit(cache=True)
def _is_beside(tracks: Records, i: int, x: float, y: float, t_ns: int, distance_m: float) -> bool:
    """Return whether track `i` is expected so near to (x, y) that what is reported there is likely of its object."""
    dt = (t_ns - tracks[i].t_ns) * 1e-9
    dx = tracks[i].centre[0] + dt * tracks[i].centre[3] - x
    dy = tracks[i].centre[1] + dt * tracks[i].centre[4] - y
    return dx * dx + dy * dy < distance_m * distance_m


@njit(cache=True)
def pair_line(store: Store, setup: Records, work: Work, prepared: Records, j: int, pair_count: int) -> int:
    """Add every confirmed track that a bearing or a TDOA may belong to; return the number of pairs."""
    tracks = store.tracks
    first = pair_count
    for i in range(store.own[0].high):
        if tracks[i].status < TENTATIVE or tracks[i].status >= DROPPED:
            continue
        if tracks[i].status == TENTATIVE:
            if prepared[j].kind == BEARING and tracks[i].llr >= tracks[i].bar:
                support(tracks, prepared, i, j)
            continue
        miss = off_line(tracks, setup, prepared, i, j)
        if miss <= 1.0:
            pair_count = add_pair(store, work, first, pair_count, j, i, miss)
    return pair_count


@njit(cache=True)
def add_pair(store: Store, work: Work, first: int, pair_count: int, j: int, i: int, miss: float) -> int:
    """Enter a pair; those of one plot, from `first` on, stay sorted by row, whatever the order of the index."""
    pairs = work.pairs
    if pair_count == len(pairs):
        store.counts[c.PAIRS_LEFT_OUT] += 1
        return pair_count
    at = pair_count
    while at > first and pairs[at - 1].row > i:
        pairs[at] = pairs[at - 1]
        at -= 1
    pairs[at].plot = j
    pairs[at].row = i
    pairs[at].miss = miss
    return pair_count + 1
