"""Several moving claims at one place: what one false position for many receivers of satellites looks like."""

from __future__ import annotations

from typing import Final

import numpy as np

from skydas.geo.frames import MEAN_RADIUS_M
from skydas.identify.deception.claimants import JUMPED, SEVERAL_AT_ONE_PLACE, Claimants
from skydas.identify.deception.motion import FROZEN_MPS
from skydas.identify.deception.params import DeceptionParams
from skydas.model import NS_PER_S

TOGETHER_MIN: Final = 3
RECENT_S: Final = 5.0
HIGH_M: Final = 1_500.0
JUMPED_S: Final = 300.0


def find_crowds(now_ns: int, params: DeceptionParams, claimants: Claimants) -> None:
    """Note claimants that have been within one place with others for long, whatever their heights."""
    held = claimants.held
    rows = claimants.living()
    if len(rows) < TOGETHER_MIN:
        return
    first = held["strands"][rows, 0]
    active = (first["t_ns"] > 0) & (now_ns - held["last_ns"][rows] < RECENT_S * NS_PER_S) & (first["fits"] > 1)
    # Moving, high, or brought there by a jump: what stands on an apron is none of these.
    flies = np.nan_to_num(np.hypot(*first["velocity_mps"].T)) > FROZEN_MPS
    flies |= (first["height_m"] > HIGH_M) | (now_ns - held["held_ns"][rows, JUMPED] < JUMPED_S * NS_PER_S)
    active &= flies
    rows, first = rows[active], first[active]
    north = first["latitude_rad"] * MEAN_RADIUS_M / params.together_m
    east = first["longitude_rad"] * np.cos(first["latitude_rad"]) * MEAN_RADIUS_M / params.together_m
    count = np.zeros(len(rows), np.int64)
    for shift in (0.0, 0.5):  # two grids, so that no edge divides a crowd in both
        cells = np.stack((np.floor(north + shift), np.floor(east + shift)), axis=1)
        _, back, size = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
        count = np.maximum(count, size[back.ravel()])
    crowded = count >= TOGETHER_MIN
    since_ns = held["together_ns"][rows]
    held["together_ns"][rows] = np.where(crowded, np.where(since_ns > 0, since_ns, now_ns), 0)
    long = crowded & (since_ns > 0) & (now_ns - since_ns >= params.together_s * NS_PER_S)
    claimants.find_check(rows[long], SEVERAL_AT_ONE_PLACE, now_ns, 0.7, count[long])
