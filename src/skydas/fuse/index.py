"""Where tracks are: a hash grid of four cell sizes; and who they say they are: a table of Mode S addresses.

A track lies in the grid whose cell is at least twice as wide as the circle it may be found in, so a search looks into
a few cells of each size. The grid only proposes: results never depend on it, because every proposal is checked.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from skydas.fuse.columns import FREE, LEVELS, Table, Tracks
from skydas.model import FloatArray

GATE_SIGMAS = 4.3  # beyond the chi-square gate of any number of rows used here
SLACK_S = 2.0  # how far a track's place in the index may be from the instant asked for
REACH_M_MAX = 100_000.0  # no circle is searched wider than this
_CELL_M = 2_000.0  # of the finest grid; each level is four times coarser
_OFFSET = 1 << 20  # cells are counted from here: +-1,048,576 cells of 2 km


@njit(cache=True)
def cell_key(level: int, x: float, y: float) -> int:
    """Return the key of the cell of (x, y) at `level`."""
    size = _CELL_M * 4.0**level
    cx = int(np.floor(x / size)) + _OFFSET
    cy = int(np.floor(y / size)) + _OFFSET
    cx = min(max(cx, 0), 2 * _OFFSET - 1)
    cy = min(max(cy, 0), 2 * _OFFSET - 1)
    return (level << 44) | (cx << 22) | cy


@njit(cache=True)
def hashed(key: int, size: int) -> int:
    """Return the slot of `key` in a table of `size`, a power of two."""
    mixed = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)
    return int((mixed >> np.uint64(24)) & np.uint64(size - 1))


@njit(cache=True)
def reach_m(tracks: Tracks, i: int, dt_s: float, q: float) -> float:
    """Return how far from its predicted place track `i` may be found after `dt_s`, horizontally."""
    dt = abs(dt_s)
    spread = tracks.spread[i, 0] + dt * tracks.spread[i, 1] + np.sqrt(q * dt * dt * dt / 3.0)
    return min(GATE_SIGMAS * spread, REACH_M_MAX)


@njit(cache=True)
def unlink(tracks: Tracks, table: Table, i: int) -> None:
    """Take track `i` out of the grid."""
    before, after = tracks.before[i], tracks.after[i]
    if before == FREE:
        table.bucket[hashed(tracks.cell[i], len(table.bucket))] = after
    else:
        tracks.after[before] = after
    if after != FREE:
        tracks.before[after] = before


@njit(cache=True)
def link(tracks: Tracks, table: Table, i: int, t_ns: int, q: float) -> None:
    """Put track `i` into the grid where it is expected at `t_ns`."""
    dt_s = (t_ns - tracks.t_ns[i]) * 1e-9
    x = tracks.centre[i, 0] + dt_s * tracks.centre[i, 3]
    y = tracks.centre[i, 1] + dt_s * tracks.centre[i, 4]
    speed = np.hypot(tracks.centre[i, 3], tracks.centre[i, 4])
    radius = reach_m(tracks, i, abs(dt_s) + SLACK_S, q) + speed * SLACK_S
    level = 0
    while level < LEVELS - 1 and _CELL_M * 4.0**level < 2.0 * radius:
        level += 1
    key = cell_key(level, x, y)
    tracks.cell[i] = key
    tracks.index_ns[i] = t_ns
    slot = hashed(key, len(table.bucket))
    first = table.bucket[slot]
    tracks.before[i] = FREE
    tracks.after[i] = first
    if first != FREE:
        tracks.before[first] = i
    table.bucket[slot] = i


@njit(cache=True)
def relink(tracks: Tracks, table: Table, i: int, t_ns: int, q: float) -> None:
    """Move track `i` to its place at `t_ns`."""
    unlink(tracks, table, i)
    link(tracks, table, i, t_ns, q)


@njit(cache=True)
def neighbours(tracks: Tracks, table: Table, x: float, y: float, radius: float, found: FloatArray) -> int:
    """Write the rows of tracks that may lie within `radius` of (x, y) to `found` (k,), sorted; return how many.

    What does not fit is left out: `found` is the named limit of candidates of one plot.
    """
    count = 0
    radius = min(radius, REACH_M_MAX)
    for level in range(LEVELS):
        size = _CELL_M * 4.0**level
        reach = radius + 0.5 * size if level < LEVELS - 1 else radius + REACH_M_MAX
        low = cell_key(level, x - reach, y - reach)
        high = cell_key(level, x + reach, y + reach)
        x0, y0 = (low >> 22) & 0x3FFFFF, low & 0x3FFFFF
        x1, y1 = (high >> 22) & 0x3FFFFF, high & 0x3FFFFF
        for cx in range(x0, x1 + 1):
            for cy in range(y0, y1 + 1):
                key = (level << 44) | (cx << 22) | cy
                i = table.bucket[hashed(key, len(table.bucket))]
                while i != FREE:
                    if tracks.cell[i] == key and count < len(found):
                        found[count] = i
                        count += 1
                    i = tracks.after[i]
    for a in range(1, count):  # few and almost sorted: insertion
        value = found[a]
        b = a - 1
        while b >= 0 and found[b] > value:
            found[b + 1] = found[b]
            b -= 1
        found[b + 1] = value
    return count


@njit(cache=True)
def code_slot(table: Table, code: int) -> int:
    """Return the slot that holds `code`, or the empty one where it belongs. The table is never full."""
    size = len(table.code)
    slot = hashed(code, size)
    while table.code[slot] != 0 and table.code[slot] != code:
        slot = (slot + 1) & (size - 1)
    return slot


@njit(cache=True)
def forget_codes(table: Table, older_ns: int) -> int:
    """Empty the table of codes of those dropped before `older_ns`, and return how many stay."""
    size = len(table.code)
    code, row = table.code.copy(), table.code_row.copy()
    number, t_ns = table.code_number.copy(), table.code_ns.copy()
    table.code[:] = 0
    table.code_row[:] = FREE
    kept = 0
    for k in range(size):
        if code[k] != 0 and (row[k] != FREE or t_ns[k] >= older_ns):
            slot = code_slot(table, code[k])
            table.code[slot], table.code_row[slot] = code[k], row[k]
            table.code_number[slot], table.code_ns[slot] = number[k], t_ns[k]
            kept += 1
    return kept
