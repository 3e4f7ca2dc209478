"""What waits to be judged: inputs that follow each other closely are judged together, by the node's time alone.

Nothing about what a track is, or may do, changes much from plot to plot, and a stage costs as much for one track as
for a hundred. So changed tracks leave within TOLD_EVERY_NS with what was judged of them last, and are judged within
JUDGED_EVERY_NS, each once. Where one of them must be judged at once, all that waits is.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from skydas.model import PLOT, PROVISIONAL_NO, TRACK, IntArray, Rows, chosen_rows

TOLD_EVERY_NS: Final = 10_000_000
JUDGED_EVERY_NS: Final = 250_000_000
JUDGED_COLUMNS: Final = ("height_agl_m", "class_probability", "identity", "threat", "threat_asset")


class Pile:
    """Plots and changed tracks since the last judgement; the newest of the tracks have not left yet."""

    def __init__(self) -> None:
        self._plots: list[bytes] = []
        self._owner: list[bytes] = []
        self._names: dict[int, str] = {}
        self._tracks: list[bytes] = []
        self._untold: list[bytes] = []  # behind those
        self._told_ns = 0
        self._judged_ns = 0

    def put(self, plots: Rows, owner: IntArray, names: dict[int, str], tracks: Rows) -> None:
        """Add PLOT (n,), the number of the track that each is surely of (-1 none), names, and TRACK (k,)."""
        if len(plots):
            self._plots.append(plots.tobytes())
            self._owner.append(owner.tobytes())
            self._names |= names
        if len(tracks):
            self._untold.append(tracks.tobytes())

    def is_due(self, now_ns: int) -> bool:
        """Return whether what has not left is to leave now."""
        return bool(self) and now_ns - self._told_ns >= TOLD_EVERY_NS

    def judgement_is_due(self, now_ns: int) -> bool:
        """Return whether what waits is to be judged now, though nothing in it is urgent."""
        return bool(self) and now_ns - self._judged_ns >= JUDGED_EVERY_NS

    def __bool__(self) -> bool:
        return bool(self._plots or self._tracks or self._untold)

    def untold(self) -> Rows:
        """Return TRACK (k,) that have not left, as they came, writable."""
        return np.frombuffer(bytearray(b"".join(self._untold)), TRACK)

    def told(self, now_ns: int) -> None:
        """Note that those have left; they go on waiting to be judged."""
        self._tracks += self._untold
        self._untold = []
        self._told_ns = now_ns

    def take(self, now_ns: int) -> tuple[Rows, IntArray, dict[int, str], Rows, int]:
        """Return all that waits, as it came, the tracks writable, and how many of the last of them have not left."""
        plots = np.frombuffer(b"".join(self._plots), PLOT)
        owner = np.frombuffer(b"".join(self._owner), np.int64)
        names = self._names
        untold = sum(map(len, self._untold)) // TRACK.itemsize
        tracks = np.frombuffer(bytearray(b"".join([*self._tracks, *self._untold])), TRACK)
        self._plots, self._owner, self._names, self._tracks, self._untold = [], [], {}, [], []
        self._told_ns = self._judged_ns = now_ns
        return plots, owner, names, tracks, untold

    def state(self) -> list[Any]:
        """Return what a snapshot must hold."""
        joined = [b"".join(part) for part in (self._plots, self._owner, self._tracks, self._untold)]
        return [*joined, list(self._names.items()), self._told_ns, self._judged_ns]

    def restore(self, state: list[Any]) -> None:
        """Take back what `state` returned."""
        *parts, names, self._told_ns, self._judged_ns = state
        self._plots, self._owner, self._tracks, self._untold = ([part] if part else [] for part in parts)
        self._names = dict(names)


def latest_of_each(tracks: Rows) -> tuple[Rows, IntArray]:
    """Return the last row of each track in TRACK (k,) that has a number of its own, (m,) in the order they came.

    And for every row which of those it is, (k,); -1: it is tentative, and not judged.
    """
    numbered = np.flatnonzero(tracks["track_no"] < PROVISIONAL_NO)
    _, last, which = np.unique(tracks["track_no"][numbered][::-1], return_index=True, return_inverse=True)
    last = len(numbered) - 1 - last
    order = np.argsort(last)
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    back = np.full(len(tracks), -1)
    back[numbered] = place[which][::-1]
    return chosen_rows(tracks, numbered[last[order]]), back


def fill_back(tracks: Rows, latest: Rows, back: IntArray) -> None:
    """Write into every row what was judged of its track's last one."""
    at = np.flatnonzero(back >= 0)
    for name in JUDGED_COLUMNS:
        tracks[name][at] = latest[name][back[at]]
