"""The bearings of the last seconds, a ring for each sensor: from those that no track takes, tracks begin."""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from skydas.fuse.measure import SOUND
from skydas.fuse.records import BEARINGS_KEPT_MAX, FREE, Records, Store
from skydas.model import IntArray

_COPIES_LOOKED_FOR: Final = 64  # of the newest bearings of the sensor


@njit(cache=True)
def keep_bearing(store: Store, prepared: Records, j: int) -> bool:
    """Keep bearing `j`; return False if it is one that was kept already: of the same time and the same value.

    Where the sensor's bearings are not kept, every one is new.
    """
    s = prepared[j].sensor
    first, count = store.sensors[s].kept, store.sensors[s].kept_count
    prepared[j].kept = FREE
    if first == FREE:
        return True
    kept = store.bearings
    for back in range(1, min(count, _COPIES_LOOKED_FOR) + 1):
        k = first + (count - back) % BEARINGS_KEPT_MAX
        if kept[k].t_ns == prepared[j].t_ns and kept[k].azimuth == prepared[j].z[0]:
            return False
    at = first + count % BEARINGS_KEPT_MAX
    store.sensors[s].kept_count = count + 1
    prepared[j].kept = at
    kept[at].t_ns = prepared[j].t_ns
    kept[at].sensor = s
    kept[at].is_used = 0
    kept[at].is_sound = 1 if prepared[j].flags & SOUND else 0
    for a in range(3):
        kept[at].site[a] = prepared[j].place[a]
    kept[at].azimuth = prepared[j].z[0]
    kept[at].sigma_azimuth = prepared[j].sigma
    if prepared[j].count == 2:
        kept[at].elevation = prepared[j].z[1]
        kept[at].sigma_elevation = 1.0 / prepared[j].axes[4]  # given the azimuth: as sure as it is on its own, or surer
    else:
        kept[at].elevation = np.nan
        kept[at].sigma_elevation = np.nan
    return True


@njit(cache=True)
def spend(kept: Records, rows: IntArray) -> None:
    """Note that a track began with these rows."""
    for k in rows:
        kept[k].is_used = 1
