"""A flight that comes again: positions that were claimed before, in the same order, all the same time later.

Of positions on a grid of 10 m every fourth cell is remembered, by what it is and not by when it came: so a feed that is
played again meets the very same cells. Real flights on one approach meet each other's cells seldom, and never most.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from skydas.geo.frames import MEAN_RADIUS_M
from skydas.identify.deception.claimants import REPLAYED_FEED, Claimants
from skydas.identify.deception.motion import FROZEN_MPS
from skydas.identify.deception.params import DeceptionParams
from skydas.model import NS_PER_S, FloatArray, IntArray, Rows

SLOTS: Final = 1 << 16  # cells remembered; a new one takes the place of an old one of the same slot
GRID_M: Final = 10.0
SAMPLED: Final = 4  # one cell of so many
SAME_S: Final = 2.0  # delays within so much are one delay
HITS_MIN: Final = 6.0
SHARE_MIN: Final = 0.6
FADE: Final = 0.93  # of older samples, with each new one
_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x165667B19E3779F9))

CELL: Final = np.dtype([("hash", "<u8"), ("t_ns", "<i8")])


class Replayed:
    """The cells that were claimed of late."""

    def __init__(self, params: DeceptionParams, claimants: Claimants) -> None:
        self._params = params
        self._claimants = claimants
        self._cells: Rows = np.zeros(SLOTS, CELL)

    def take(self, now_ns: int, rows: IntArray, claims: Rows, height_m: FloatArray) -> None:
        """Hold claims, PLOT (n,) of different rows, against what was claimed before."""
        held = self._claimants.held
        moving = np.nan_to_num(np.hypot(*held["strands"]["velocity_mps"][rows, 0].T)) > FROZEN_MPS
        moving &= held["repeats"][rows] == 0
        hashes = _hashes(claims["latitude_rad"], claims["longitude_rad"], height_m)
        at = np.flatnonzero(moving & (hashes % np.uint64(SAMPLED) == 0))
        if not len(at):
            return
        rows, hashes, t_ns = rows[at], hashes[at], claims["t_ns"][at]
        slot = ((hashes >> np.uint64(8)) % np.uint64(SLOTS)).astype(np.int64)
        cells = self._cells[slot]
        delta_ns = t_ns - cells["t_ns"]
        known = (cells["hash"] == hashes) & (delta_ns >= self._params.replay_s_min * NS_PER_S)
        same = known & (np.abs(delta_ns - held["replay_delta_ns"][rows]) < SAME_S * NS_PER_S)
        other = known & ~same & (held["replay_hits"][rows] < 2.0)
        held["replay_hits"][rows] = np.where(other, 0.0, held["replay_hits"][rows] * FADE) + known * (same | other)
        held["replay_count"][rows] = np.where(other, 0.0, held["replay_count"][rows] * FADE) + 1.0
        held["replay_delta_ns"][rows[other]] = delta_ns[other]
        hits, count = held["replay_hits"][rows], held["replay_count"][rows]
        found = (hits >= HITS_MIN) & (hits >= SHARE_MIN * count)
        self._claimants.find_check(
            rows[found], REPLAYED_FEED, now_ns, 0.9, held["replay_delta_ns"][rows[found]] / NS_PER_S, hits[found]
        )
        fresh = ~known  # the first time stays, so that a delay is that to the first flight
        self._cells["hash"][slot[fresh]], self._cells["t_ns"][slot[fresh]] = hashes[fresh], t_ns[fresh]

    def state(self) -> list[Any]:
        """Return everything that the next step depends on: only cells in use."""
        used = np.flatnonzero(self._cells["t_ns"])
        return [used.astype("<u4").tobytes(), self._cells[used].tobytes()]

    def restore(self, state: list[Any]) -> None:
        """Take back what `state` returned."""
        self._cells = np.zeros(SLOTS, CELL)
        self._cells[np.frombuffer(state[0], "<u4")] = np.frombuffer(state[1], CELL)


def _hashes(latitude_rad: FloatArray, longitude_rad: FloatArray, height_m: FloatArray) -> Any:
    """Return 64 bits for the cell of each position, (n,)."""
    parts = (
        np.floor(latitude_rad * MEAN_RADIUS_M / GRID_M),
        np.floor(longitude_rad * MEAN_RADIUS_M / GRID_M),
        np.floor(np.nan_to_num(height_m) / (5.0 * GRID_M)),
    )
    mixed = np.zeros(len(latitude_rad), np.uint64)
    for part, factor in zip(parts, _MIX, strict=True):
        mixed = (mixed ^ part.astype(np.int64).view(np.uint64)) * factor
        mixed ^= mixed >> np.uint64(29)
    return mixed
