"""Merges that a person ordered, remembered: the second track that the same sensors begin again is ended at once."""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from skydas.fuse.records import Records, Store
from skydas.model import TrackStatus

_DROPPED: Final = int(TrackStatus.DROPPED)
_SIGMAS: Final = 4.0
_OFFSET_SHARE: Final = 0.5  # the offset of a turned radar's echoes changes on the way: by half of it is still the same
_SPEED_MPS_MAX: Final = 60.0  # a track is compared as soon as it is confirmed: its velocity is rough


@njit(cache=True)
def is_merged(store: Store, i: int) -> bool:
    """Return whether track `i` is what a person merged with another track before."""
    tracks, merged = store.tracks, store.merged
    if tracks[i].mode_s != 0:
        return False
    for m in range(len(merged)):
        k = merged[m].row
        if merged[m].serial == 0 or tracks[k].serial != merged[m].serial or not 0 <= tracks[k].status < _DROPPED:
            continue
        if k == i or tracks[i].sensors & ~merged[m].sensors != 0:
            continue
        dt = (tracks[i].t_ns - tracks[k].t_ns) * 1e-9
        offset = merged[m].offset
        dx = tracks[i].centre[0] - tracks[k].centre[0] - dt * tracks[k].centre[3] - offset[0]
        dy = tracks[i].centre[1] - tracks[k].centre[1] - dt * tracks[k].centre[4] - offset[1]
        apart = np.hypot(tracks[i].centre[3] - tracks[k].centre[3], tracks[i].centre[4] - tracks[k].centre[4])
        sigma = np.hypot(tracks[i].spread[0], tracks[k].spread[0])
        near = _SIGMAS * sigma + _OFFSET_SHARE * np.hypot(offset[0], offset[1])
        alike = min(_SIGMAS * np.hypot(tracks[i].spread[1], tracks[k].spread[1]), _SPEED_MPS_MAX)
        if np.hypot(dx, dy) < near and apart < alike:
            return True
    return False


@njit(cache=True)
def hand_on(merged: Records, before: int, i: int, serial: int) -> None:
    """Let track `i` have what was merged into the lost track with the serial `before`, which it turned out to be."""
    for m in range(len(merged)):
        if merged[m].serial == before:
            merged[m].row, merged[m].serial = i, serial
