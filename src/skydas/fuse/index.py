"""Where tracks are: a hash grid of seven cell sizes; and who they say they are: a table of Mode S addresses.

A track lies in a grid whose cell is at least twice as wide as the radius it may be found in, so a search looks mostly
into four cells of each size. The grid only proposes: results never depend on it, because every proposal is checked.
"""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from skydas.fuse.records import FREE, LEVELS, Records, Store
from skydas.model import FloatArray, IntArray, TrackStatus

DROPPED: Final = int(TrackStatus.DROPPED)
GATE_SIGMAS: Final = 4.3  # beyond the chi-square gate of any number of rows used here
SLACK_S: Final = 1.0  # a track's place in the index holds so long before and after its instant;
SPEED_MPS_MAX: Final = 600.0  # beyond it, searches are wider by this speed
REACH_M_MAX: Final = 100_000.0  # no circle is searched wider than this
_CELL_M: Final[FloatArray] = np.array([2_000.0 * 2.0**level for level in range(LEVELS)])  # a power in a kernel is slow
_OFFSET: Final = 1 << 20  # cells are counted from here: +-1,048,576 cells of 2 km


@njit(cache=True)
def cell_key(level: int, x: float, y: float) -> int:
    """Return the key of the cell of (x, y) at `level`."""
    size = _CELL_M[level]
    cx = int(np.floor(x / size)) + _OFFSET
    cy = int(np.floor(y / size)) + _OFFSET
    cx = min(max(cx, 0), 2 * _OFFSET - 1)
    cy = min(max(cy, 0), 2 * _OFFSET - 1)
    return (level << 44) | (cx << 22) | cy


@njit(cache=True)
def hashed(key: int, size: int) -> int:
    """Return the slot of `key` in a table of `size`, a power of two."""
    mixed = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)
    return np.int64((mixed >> np.uint64(24)) & np.uint64(size - 1))  # type: ignore[return-value]


@njit(cache=True)
def reach_m(tracks: Records, i: int, dt_s: float, q: float) -> float:
    """Return how far from its predicted place track `i` may be found after `dt_s`, horizontally."""
    dt = abs(dt_s)
    spread = tracks[i].spread[0] + dt * tracks[i].spread[1] + np.sqrt(q * dt * dt * dt / 3.0)
    return min(GATE_SIGMAS * spread, REACH_M_MAX)


@njit(cache=True)
def unlink(store: Store, i: int) -> None:
    """Take track `i` out of the grid."""
    places, buckets = store.places, store.buckets
    store.own[0].level[places[i].cell >> 44] -= 1
    before, after = places[i].before, places[i].after
    if before == FREE:
        buckets[hashed(places[i].cell, len(buckets))] = after
    else:
        places[before].after = after
    if after != FREE:
        places[after].before = before


@njit(cache=True)
def link(store: Store, i: int, t_ns: int, q: float) -> None:
    """Put track `i` into the grid where it is expected at `t_ns`."""
    enter(store, i, expect(store, i, t_ns, q))


@njit(cache=True)
def relink(store: Store, i: int, t_ns: int, q: float) -> None:
    """Move track `i` to its place at `t_ns`."""
    places = store.places
    level = expect(store, i, t_ns, q)
    now_in = places[i].cell >> 44
    if level == now_in and cell_key(now_in, places[i].centre[0], places[i].centre[1]) == places[i].cell:
        return
    unlink(store, i)
    enter(store, i, level)


@njit(cache=True)
def expect(store: Store, i: int, t_ns: int, q: float) -> int:
    """Note where track `i` is expected at `t_ns`; return the level whose cells are wide enough for it."""
    tracks, places = store.tracks, store.places
    dt_s = (t_ns - tracks[i].t_ns) * 1e-9
    vx, vy = tracks[i].centre[3], tracks[i].centre[4]
    radius = reach_m(tracks, i, abs(dt_s) + SLACK_S, q) + np.sqrt(vx * vx + vy * vy) * SLACK_S
    tracks[i].index_ns = t_ns
    places[i].centre[0] = tracks[i].centre[0] + dt_s * vx
    places[i].centre[1] = tracks[i].centre[1] + dt_s * vy
    places[i].reach_m = radius
    level = 0
    while level < LEVELS - 1 and _CELL_M[level] < 2.0 * radius:
        level += 1
    return level


@njit(cache=True)
def enter(store: Store, i: int, level: int) -> None:
    """Put track `i` into the cell of its expected place at `level`."""
    places, buckets = store.places, store.buckets
    key = cell_key(level, places[i].centre[0], places[i].centre[1])
    store.own[0].level[level] += 1
    slot = hashed(key, len(buckets))
    first = buckets[slot]
    places[i].cell = key
    places[i].before = FREE
    places[i].after = first
    if first != FREE:
        places[first].before = i
    buckets[slot] = i


@njit(cache=True)
def neighbours(store: Store, x: float, y: float, radius: float, found: IntArray) -> int:
    """Write the rows of tracks that may lie within `radius` of (x, y) to `found` (k,), in any order; return how many.

    What does not fit is left out: `found` is the named limit of candidates of one plot.
    """
    places, buckets, own = store.places, store.buckets, store.own[0]
    count = 0
    radius = min(radius, REACH_M_MAX)
    for level in range(LEVELS):
        if own.level[level] == 0:
            continue
        reach = radius + 0.5 * _CELL_M[level] if level < LEVELS - 1 else radius + REACH_M_MAX
        low = cell_key(level, x - reach, y - reach)
        high = cell_key(level, x + reach, y + reach)
        x0, y0 = (low >> 22) & 0x3FFFFF, low & 0x3FFFFF
        x1, y1 = (high >> 22) & 0x3FFFFF, high & 0x3FFFFF
        for cx in range(x0, x1 + 1):
            for cy in range(y0, y1 + 1):
                key = (level << 44) | (cx << 22) | cy
                i = buckets[hashed(key, len(buckets))]
                while i != FREE:
                    if places[i].cell == key:
                        dx, dy = places[i].centre[0] - x, places[i].centre[1] - y
                        near = radius + places[i].reach_m
                        if dx * dx + dy * dy <= near * near and count < len(found):
                            found[count] = i
                            count += 1
                    i = places[i].after
    return count


@njit(cache=True)
def code_slot(codes: Records, code: int) -> int:
    """Return the slot that holds `code`, or the empty one where it belongs. The table is never full."""
    size = len(codes)
    slot = hashed(code, size)
    while codes[slot].code != 0 and codes[slot].code != code:
        slot = (slot + 1) & (size - 1)
    return slot


@njit(cache=True)
def track_of_code(tracks: Records, codes: Records, slot: int) -> int:
    """Return the row of the living track that has the code in `slot`, or FREE."""
    i = codes[slot].row
    if codes[slot].code == 0 or i == FREE or tracks[i].serial != codes[slot].serial:
        return FREE
    return i if 0 <= tracks[i].status < DROPPED else FREE


@njit(cache=True)
def move_codes(tracks: Records, source: Records, target: Records, older_ns: int) -> int:
    """Enter codes in an empty table, without those of dropped tracks not heard since `older_ns`; return how many."""
    kept = 0
    for k in range(len(source)):
        if source[k].code != 0 and (source[k].t_ns >= older_ns or track_of_code(tracks, source, k) != FREE):
            target[code_slot(target, source[k].code)] = source[k]
            kept += 1
    return kept
