"""The thinned path of every track, in columns: at most POINTS_MAX points each, evenly spread over its whole life."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from skydas.assess.predict.paths_kernels import COLUMNS, T, take
from skydas.model import PROVISIONAL_NO, FloatArray, IntArray, Rows, TrackStatus

TRACKS_MAX: Final = 20_000
POINTS_MAX: Final = 32  # even: a full path loses every second point


class Paths:
    """Slots hold tracks; a slot's first `count` points are the path, the oldest first, `now` is its newest state."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._slot_of: dict[int, int] = {}
        self._free: list[int] = []
        self.refused = 0  # tracks that found no room
        self._make(64)

    def _make(self, size: int) -> None:
        self.points: FloatArray = np.zeros((size, POINTS_MAX, COLUMNS))
        self.count: IntArray = np.zeros(size, np.int64)
        self.interval_s: FloatArray = np.full(size, self._every_s)
        self.now: FloatArray = np.full((size, COLUMNS), np.nan)
        self.sigma: FloatArray = np.zeros((size, 3))  # of position (m), velocity (m/s), one axis; height (m)

    def step(self, tracks: Rows) -> None:
        """Take tracks that changed, TRACK (k,): tentative ones are left out, dropped ones are forgotten."""
        keep = (tracks["status"] == TrackStatus.CONFIRMED) | (tracks["status"] == TrackStatus.COASTING)
        for number in tracks["track_no"][tracks["status"] == TrackStatus.DROPPED].tolist():
            self.forget(number)
        at = np.flatnonzero(keep & (tracks["track_no"] < PROVISIONAL_NO) & np.isfinite(tracks["latitude_deg"]))
        slots = np.array([self._slot(number) for number in tracks["track_no"][at].tolist()], np.int64)
        take(tracks, at, slots, self.points, self.count, self.interval_s, self.now, self.sigma)

    def _slot(self, number: int) -> int:
        """Return the slot of a track, a new one where it has none; -1: there is no room."""
        slot = self._slot_of.get(number)
        if slot is not None:
            return slot
        if self._free:
            slot = self._free.pop()
        elif (slot := len(self._slot_of)) >= TRACKS_MAX:
            self.refused += 1
            return -1
        elif slot >= len(self.count):
            self._grow()
        self._slot_of[number] = slot
        self.count[slot], self.interval_s[slot] = 0, self._every_s
        return slot

    def _grow(self) -> None:
        old = self.points, self.count, self.interval_s, self.now, self.sigma
        size = len(self.count)
        self._make(min(2 * size, TRACKS_MAX))
        for new, kept in zip((self.points, self.count, self.interval_s, self.now, self.sigma), old, strict=True):
            new[:size] = kept

    def forget(self, number: int) -> None:
        """End a track."""
        slot = self._slot_of.pop(number, None)
        if slot is not None:
            self.count[slot] = 0
            self._free.append(slot)

    def slots(self, track_nos: IntArray) -> IntArray:
        """Return the slot of each track, (m,); -1: not known."""
        return np.array([self._slot_of.get(number, -1) for number in np.asarray(track_nos).tolist()], np.int64)

    def path(self, number: int) -> FloatArray:
        """Return one track's path up to its newest state, (n, 7); n is 0 where it is not known."""
        slot = self._slot_of.get(number, -1)
        if slot < 0:
            return np.zeros((0, COLUMNS))
        kept, now = self.points[slot, : self.count[slot]], self.now[slot : slot + 1]
        return np.concatenate((kept, now)) if now[0, T] > kept[-1, T] else kept.copy()

    def state(self) -> dict[str, Any]:
        """Return what a snapshot must hold."""
        used = sorted(self._slot_of.items())
        slots = np.array([slot for _, slot in used], np.int64)
        return {
            "numbers": [number for number, _ in used],
            "slots": slots.tolist(),
            "free": self._free,
            "refused": self.refused,
            "points": self.points[slots].tobytes(),
            "count": self.count[slots].tolist(),
            "interval_s": self.interval_s[slots].tolist(),
            "now": self.now[slots].tobytes(),
            "sigma": self.sigma[slots].tobytes(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        slots = np.array(state["slots"], np.int64)
        size = 64
        while size < max([-1, *state["slots"], *state["free"]]) + 1:
            size = min(2 * size, TRACKS_MAX)
        self._make(size)
        self._slot_of = dict(zip(state["numbers"], state["slots"], strict=True))
        self._free, self.refused = list(state["free"]), state["refused"]
        self.points[slots] = np.frombuffer(state["points"]).reshape(-1, POINTS_MAX, COLUMNS)
        self.count[slots] = state["count"]
        self.interval_s[slots] = state["interval_s"]
        self.now[slots] = np.frombuffer(state["now"]).reshape(-1, COLUMNS)
        self.sigma[slots] = np.frombuffer(state["sigma"]).reshape(-1, 3)
