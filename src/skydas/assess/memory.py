"""What the assessment keeps of each track between two inputs: its path, its last score, what was said of it."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from skydas.assess.behaviour_kernels import ENDED, FEATURE_COUNT, NEW, SAMPLES_MAX, measure, meet, stand
from skydas.model import ASSET_NONE, CLASS_COUNT, FloatArray, IntArray, Rows

SLOTS_MIN: Final = 256
SLOTS_MAX: Final = 1 << 17  # tracks assessed; those beyond are not, and counted
NOT_LOOKED: Final = -2
MOTION: Final = np.dtype(
    [
        ("first_ns", "<i8"),  # 0: nothing yet
        ("last_ns", "<i8"),
        ("origin", "<f8", (2,)),  # latitude, longitude (rad) where it was first seen
        ("course", "<f8"),  # rad from north, NaN: not known
        ("turn", "<f8"),  # rad to the right since the last sample
        ("count", "<i8"),  # samples ever
        ("score", "<f8"),  # last one, NaN: never assessed
        ("asset", "<i8"),  # row that it is about, ASSET_NONE: none
        ("assessed_ns", "<i8"),
        ("told_ns", "<i8"),  # 0: nothing said of it stands
        ("caused_ns", "<i8"),  # 0: `respond` holds no cause of it
        ("identity", "u1"),  # as the stage before has filled them in last
        ("class_probability", "<f4", (CLASS_COUNT,)),
        ("hug_m", "<f8"),  # way along a border, fading
        ("born_in", "<i8"),  # row of the border zone it was first seen in, -1: none, NOT_LOOKED
        ("crossed", "<i8"),  # row of the border zone that it came into or left since, -1: none
        ("border_m", "<f8"),  # distance to the nearest border at the last assessment
        ("border_ns", "<i8"),
        ("swarm", "<i8"),  # number of its swarm, 0: none
        ("swarm_count", "<i8"),
        ("swarm_shape", "u1"),
        ("swarm_split", "u1"),
        ("recurrence", "<f8"),  # days on which something like it passed here
    ]
)


class Met(NamedTuple):
    """What became of k rows."""

    slots: IntArray  # (k,) below 0: none
    due: IntArray  # rows to be assessed now
    ended: IntArray  # rows of tracks that dropped


class Memory:
    """Slots by track number."""

    def __init__(self) -> None:
        self.kept = np.zeros(SLOTS_MIN, MOTION)
        self.path = np.zeros((SLOTS_MIN, SAMPLES_MAX, 6), np.float32)
        self.refused = 0  # tracks that found no slot, ever
        self._numbers: IntArray = np.zeros(0, np.int64)  # sorted
        self._slots: IntArray = np.zeros(0, np.int64)  # of those
        self._free = list(range(SLOTS_MIN - 1, -1, -1))

    def __len__(self) -> int:
        return len(self._numbers)

    def meet(self, tracks: Rows, now_ns: int, watch_score_min: float, rest_ns: int) -> Met:
        """Take rows of TRACK (k,), writable, each number once: new tracks get a slot, threat columns are filled.

        watch_score_min, rest_ns : tracks with such a score are due when they were not assessed for so long
        """
        out = self._met(tracks, now_ns, watch_score_min, rest_ns)
        fresh = out[:, 0] == NEW
        if fresh.any():
            self._add(tracks["track_no"][fresh].astype(np.int64))
            part = tracks[fresh]
            out[fresh] = self._met(part, now_ns, watch_score_min, rest_ns)
        return Met(out[:, 0], np.flatnonzero(out[:, 1]), np.flatnonzero(out[:, 0] == ENDED))

    def stand(self, tracks: Rows, now_ns: int, watch_score_min: float, rest_ns: int) -> bool:
        """Fill the threat columns of TRACK (k,) as assessed last; return whether `meet` would find a row due or ended.

        watch_score_min, rest_ns : as in `meet`
        """
        return bool(stand(tracks, self._numbers, self._slots, self.kept, now_ns, watch_score_min, rest_ns) > 0)

    def _met(self, tracks: Rows, now_ns: int, watch_score_min: float, rest_ns: int) -> IntArray:
        out = np.empty((len(tracks), 2), np.int64)
        meet(tracks, self._numbers, self._slots, self.kept, self.path, now_ns, watch_score_min, rest_ns, out)
        return out

    def find(self, numbers: IntArray) -> IntArray:
        """Return the slot of each track number, -1 where it has none, (k,)."""
        if not len(self._numbers):
            return np.full(len(numbers), -1)
        at = np.minimum(np.searchsorted(self._numbers, numbers), len(self._numbers) - 1)
        found: IntArray = np.where(self._numbers[at] == numbers, self._slots[at], -1)
        return found

    def features(self, slots: IntArray) -> FloatArray:
        """Return how the paths in `slots` go, (k, FEATURE_COUNT)."""
        out = np.zeros((len(slots), FEATURE_COUNT))
        measure(slots, self.kept, self.path, out)
        return out

    def drop(self, numbers: IntArray) -> None:
        """Forget tracks that ended."""
        gone = np.isin(self._numbers, numbers)
        self._free += sorted(self._slots[gone].tolist(), reverse=True)
        self._numbers, self._slots = self._numbers[~gone], self._slots[~gone]

    def all_slots(self) -> tuple[IntArray, IntArray]:
        """Return the numbers of all tracks, ascending, and their slots."""
        return self._numbers, self._slots

    def _add(self, numbers: IntArray) -> None:
        numbers = np.unique(numbers)
        while len(self._free) < len(numbers) and len(self.kept) < SLOTS_MAX:
            self._grow()
        room = min(len(self._free), len(numbers))
        self.refused += len(numbers) - room
        numbers = numbers[:room]
        slots = np.array([self._free.pop() for _ in range(room)], np.int64)
        self.kept[slots] = np.zeros(1, MOTION)
        self.kept["score"][slots] = np.nan
        self.kept["class_probability"][slots] = np.nan
        self.kept["asset"][slots] = ASSET_NONE
        self.kept["born_in"][slots] = NOT_LOOKED
        self.kept["crossed"][slots] = -1
        self.kept["border_m"][slots] = np.nan
        at = np.searchsorted(self._numbers, numbers)
        self._numbers = np.insert(self._numbers, at, numbers)
        self._slots = np.insert(self._slots, at, slots)

    def _grow(self) -> None:
        before = len(self.kept)
        kept, path = np.zeros(2 * before, MOTION), np.zeros((2 * before, *self.path.shape[1:]), np.float32)
        kept[:before], path[:before] = self.kept, self.path
        self.kept, self.path = kept, path
        self._free = list(range(2 * before - 1, before - 1, -1)) + self._free

    def state(self) -> list[Any]:
        """Return everything that the next step depends on: the slots in use, by number."""
        used = self._slots
        return [
            self._numbers.tobytes(), used.tobytes(), self._free, len(self.kept), self.refused,
            self.kept[used].tobytes(), self.path[used].tobytes(),
        ]  # fmt: skip

    def restore(self, state: list[Any]) -> None:
        """Take back what `state` returned."""
        numbers, slots, self._free, size, self.refused, kept, path = state
        self._numbers, self._slots = (np.frombuffer(octets, np.int64).copy() for octets in (numbers, slots))
        self._free = list(self._free)
        self.kept = np.zeros(size, MOTION)
        self.path = np.zeros((size, SAMPLES_MAX, 6), np.float32)
        self.kept[self._slots] = np.frombuffer(kept, MOTION)
        self.path[self._slots] = np.frombuffer(path, np.float32).reshape(-1, SAMPLES_MAX, 6)
