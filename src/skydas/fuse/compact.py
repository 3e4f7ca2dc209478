"""Closing the gaps that tracks leave in the store.

Before anything is confirmed, a scene has several times as many tentative tracks as it has tracks later. Their rows stay
between those that live on: every sweep would pass over them, and every copy for late plots would hold them. So the
tracks move together. They keep their order, and nothing that follows depends on the row itself.
"""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from skydas.fuse.bare import bare
from skydas.fuse.index import DROPPED, enter
from skydas.fuse.records import FREE, Records, Store
from skydas.model import IntArray

ROWS_PER_TRACK: Final = 2  # up to the last that was used; with more of them,
SPARE_ROWS: Final = 128  # and these, it is worth while


@njit(cache=True)
def is_sparse(own: Records) -> bool:
    """Return whether too few of the rows in use hold a track."""
    return own[0].high > ROWS_PER_TRACK * own[0].alive + SPARE_ROWS


@njit(cache=True)
def compact(store: Store) -> None:
    """Move every track to the lowest rows, in their order. Between events only: scratch knows the old rows."""
    store = bare(store)
    tracks, places, own = store.tracks, store.places, store.own[0]
    moved = np.full(len(tracks), FREE, np.int64)
    count = 0
    for i in range(own.high):
        if not 0 <= tracks[i].status < DROPPED:
            continue
        moved[i] = count
        if i != count:
            tracks[count] = tracks[i]
            places[count] = places[i]
        count += 1
    for i in range(count, own.high):
        tracks[i].status = FREE
        tracks[i].serial = 0
        places[i].reach_m = FREE
    _readdress(store.codes, moved)
    _readdress(store.partners, moved)
    _readdress(store.merged, moved)
    own.high = own.alive = count
    own.free_count = len(tracks) - count
    for k in range(own.free_count):  # the lowest is taken first
        store.stack[k] = len(tracks) - 1 - k
    store.buckets[:] = FREE
    own.level[:] = 0
    for i in range(count):
        enter(store, i, places[i].cell >> 44)


@njit(cache=True)
def _readdress(table: Records, moved: IntArray) -> None:
    """Let each entry have the new row of its track; whose track is gone is known by the serial."""
    for k in range(len(table)):
        i = table[k].row
        if i >= 0:
            table[k].row = max(moved[i], 0)
