"""Which tracks many plots of one instant may belong to, found together: the tracks look for plots, not they for tracks.

A scan brings as many plots as there are tracks. Sorted into a grid of about one plot a cell, those within a track's
reach lie in a few short stretches of memory, while a plot that looks for tracks meets every wide one far around. The
proposals are the same as those of `index.neighbours`.
"""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from skydas.fuse.index import GATE_SIGMAS, REACH_M_MAX, SLACK_S, SPEED_MPS_MAX
from skydas.fuse.measure import BEARING, TDOA
from skydas.fuse.records import Records, Store
from skydas.model import FloatArray, IntArray

ROWS_PER_PLOT: Final = 4  # of the store, beyond which each plot looks for itself
_CELL_M_MIN: Final = 500.0


@njit(cache=True)
def search_radius_m(own: Records, prepared: Records, j: int) -> float:
    """Return how far from plot `j` the expected place of its track may be, beyond that track's own reach."""
    lag_s = abs(own.swept_ns - prepared[j].t_ns) * 1e-9
    return min(GATE_SIGMAS * prepared[j].sigma + max(lag_s - SLACK_S, 0.0) * SPEED_MPS_MAX, REACH_M_MAX)


@njit(cache=True)
def looks_together(store: Store, prepared: Records, order: IntArray, first: int, last: int) -> bool:
    """Return whether it is worth while: many plots, none of them a line, or with a name that moves tracks before."""
    if ROWS_PER_PLOT * (last - first) < store.own[0].high:
        return False
    for a in range(first, last):
        j = order[a]
        if prepared[j].mode_s != 0 or prepared[j].partner != 0 or prepared[j].kind in (BEARING, TDOA):
            return False
    return True


@njit(cache=True)
def propose(
    store: Store, prepared: Records, order: IntArray, first: int, last: int, starts: IntArray, rows: IntArray
) -> bool:
    """Write the rows of tracks near each of the plots order[first:last] to `rows`, those of a plot ascending.

    starts : (n + 1,) those of plot order[first + a] are rows[starts[a] : starts[a + 1]]
    Returns False where they do not all fit.
    """
    places, high, count = store.places, store.own[0].high, last - first
    at = np.empty((count, 3))  # x, y, radius
    for a in range(count):
        j = order[first + a]
        at[a, 0], at[a, 1] = prepared[j].place[0], prepared[j].place[1]
        at[a, 2] = search_radius_m(store.own[0], prepared, j)
    west, south, widest = at[:, 0].min(), at[:, 1].min(), at[:, 2].max()
    wide, tall = at[:, 0].max() - west, at[:, 1].max() - south
    size = max(np.sqrt(wide * tall / count), max(wide, tall) / count, _CELL_M_MIN)
    columns, lines = int(wide / size) + 1, int(tall / size) + 1
    cells, listed = _sorted_by_cell(at, west, south, size, columns, lines)
    hit_plot, hit_row = np.empty(len(rows), np.int64), np.empty(len(rows), np.int64)
    hits = 0
    for i in range(high):
        reach = places[i].reach_m
        if reach < 0.0:
            continue
        x, y = places[i].centre[0] - west, places[i].centre[1] - south
        around = reach + widest
        if x < -around or y < -around or x > wide + around or y > tall + around:
            continue
        c0, c1 = max(int((x - around) / size), 0), min(int((x + around) / size), columns - 1)
        for line in range(max(int((y - around) / size), 0), min(int((y + around) / size), lines - 1) + 1):
            for k in range(cells[line * columns + c0], cells[line * columns + c1 + 1]):
                a = listed[k]
                dx, dy, near = places[i].centre[0] - at[a, 0], places[i].centre[1] - at[a, 1], reach + at[a, 2]
                if dx * dx + dy * dy <= near * near:
                    if hits == len(rows):
                        return False
                    hit_plot[hits], hit_row[hits] = a, i
                    hits += 1
    starts[: count + 1] = 0
    for h in range(hits):
        starts[hit_plot[h] + 1] += 1
    for a in range(count):
        starts[a + 1] += starts[a]
    filled = starts[: count + 1].copy()
    for h in range(hits):
        rows[filled[hit_plot[h]]] = hit_row[h]
        filled[hit_plot[h]] += 1
    return True


@njit(cache=True)
def _sorted_by_cell(
    at: FloatArray, west: float, south: float, size: float, columns: int, lines: int
) -> tuple[IntArray, IntArray]:
    """Return where the plots of each cell begin, (columns lines + 1,) by lines, and the plots in this order."""
    cells = np.zeros(columns * lines + 2, np.int64)
    for a in range(len(at)):
        cells[int((at[a, 1] - south) / size) * columns + int((at[a, 0] - west) / size) + 2] += 1
    for n in range(columns * lines):
        cells[n + 2] += cells[n + 1]
    listed = np.empty(len(at), np.int64)
    for a in range(len(at)):
        n = int((at[a, 1] - south) / size) * columns + int((at[a, 0] - west) / size)
        listed[cells[n + 1]] = a
        cells[n + 1] += 1
    return cells[:-1], listed
