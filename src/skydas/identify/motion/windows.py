"""`Windows`: the last two minutes of many live tracks, as arrays; one ring of samples a track."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from skydas.identify.motion.features_kernels import (
    FEATURE_COUNT,
    HEIGHT_FROM,
    SAMPLES_MAX,
    TERRAIN_FROM,
    VALUES,
    WORK_ROWS,
    features_of,
    samples_within,
)
from skydas.identify.motion.windows_kernels import keep
from skydas.model import NS_PER_S, PROVISIONAL_NO, BoolArray, FloatArray, IntArray, Rows, TrackFlag, TrackStatus

GAP_NS: Final = 950_000_000  # samples are at least so far apart: two minutes fit into a ring
SILENT_NS_MAX: Final = 40 * NS_PER_S  # after a longer silence the window begins again
ROWS_FIRST: Final = 64
_HEIGHT_ASSUMED: Final = int(TrackFlag.HEIGHT_ASSUMED)
REACH_NS: Final = 120 * NS_PER_S  # the longest window
SPAN_SHARE_MIN: Final = 0.85  # a window is full when its samples span so much of it
_EAST, _NORTH, _UP, _V_EAST, _V_NORTH = 0, 6, 11, 15, 18  # diagonal of TRACK's packed covariance


class Windows:
    """Samples of confirmed tracks, taken only where a plot renewed them: a coasting state is no new evidence."""

    def __init__(self, tracks_max: int) -> None:
        self.tracks_max = tracks_max
        self.refused_count = 0  # tracks for which there was no room, each time they were seen
        self._work = np.zeros((WORK_ROWS, SAMPLES_MAX))
        self._clear()

    def _clear(self) -> None:
        self.t_ns = np.zeros((0, SAMPLES_MAX), np.int64)
        self.values = np.zeros((0, SAMPLES_MAX, len(VALUES)), np.float32)
        self.newest = np.zeros(0, np.int64)  # (rows,) where each ring was written last
        self.count = np.zeros(0, np.int64)  # (rows,) samples in it
        self.last_plot_ns = np.zeros(0, np.int64)
        self._row: dict[int, int] = {}  # track_no -> row
        self._free: list[int] = []  # rows, the next one last

    def __len__(self) -> int:
        return len(self._row)

    def take(self, tracks: Rows) -> None:
        """Keep a sample of each confirmed track in TRACK (k,) that a plot has renewed since its last sample."""
        wanted = (tracks["status"] == int(TrackStatus.CONFIRMED)) & (tracks["track_no"] < PROVISIONAL_NO)
        at = np.flatnonzero(wanted)
        if len(at) == 0:
            return
        rows = self._rows(tracks["track_no"][at].tolist())
        keep(
            tracks,
            at,
            rows,
            GAP_NS,
            SILENT_NS_MAX,
            self.t_ns,
            self.values,
            self.newest,
            self.count,
            self.last_plot_ns,
        )

    def rows_of(self, track_no: IntArray) -> IntArray:
        """Return the row of each track, (m,); -1 where nothing is known of it."""
        return np.array([self._row.get(number, -1) for number in track_no.tolist()], np.int64)

    def features(self, rows: IntArray, window_s: int) -> tuple[FloatArray, IntArray, BoolArray]:
        """Return features (m, FEATURE_COUNT) of the newest `window_s` of rows, what is KNOWN, and which are full."""
        out = np.full((len(rows), FEATURE_COUNT), np.nan)
        full = np.zeros(len(rows), np.bool_)
        span_ns_min = round(SPAN_SHARE_MIN * window_s * NS_PER_S)
        features_of(
            self.t_ns,
            self.values,
            self.newest,
            self.count,
            rows,
            window_s * NS_PER_S,
            span_ns_min,
            self._work,
            full,
            out,
        )
        return out, np.isfinite(out[:, HEIGHT_FROM]).astype(np.int64) + np.isfinite(out[:, TERRAIN_FROM]), full

    def forget(self, track_no: IntArray) -> None:
        """Let go of tracks that ended."""
        for number in track_no.tolist():
            row = self._row.pop(number, None)
            if row is not None:
                self.count[row] = 0
                self._free.append(row)

    def state(self) -> dict[str, Any]:
        """Return everything that the next step depends on; of each ring what a window can still reach, oldest first."""
        kept, t_ns, values = [], [], []
        for row in self._row.values():
            count = samples_within(self.t_ns[row], self.newest[row], self.count[row], REACH_NS)
            slots = (self.newest[row] + 1 - count + np.arange(count)) % SAMPLES_MAX
            kept.append(count)
            t_ns.append(self.t_ns[row, slots].tobytes())
            values.append(self.values[row, slots].tobytes())
        rows = list(self._row.values())
        return {
            "track_no": list(self._row),
            "count": kept,
            "last_plot_ns": self.last_plot_ns[rows].tolist(),
            "refused_count": self.refused_count,
            "t_ns": b"".join(t_ns),
            "values": b"".join(values),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        self.refused_count = state["refused_count"]
        self._clear()
        rows = self._rows(state["track_no"])
        t_ns = np.frombuffer(state["t_ns"], np.int64)
        values = np.frombuffer(state["values"], np.float32).reshape(-1, len(VALUES))
        begin = 0
        for row, count, plot_ns in zip(rows.tolist(), state["count"], state["last_plot_ns"], strict=True):
            self.t_ns[row, :count] = t_ns[begin : begin + count]
            self.values[row, :count] = values[begin : begin + count]
            self.newest[row], self.count[row], self.last_plot_ns[row] = max(count - 1, 0), count, plot_ns
            begin += count

    def _rows(self, numbers: list[int]) -> IntArray:
        """Return the row of each track, making one for what is new; -1 where there is no room."""
        rows = np.empty(len(numbers), np.int64)
        for k, number in enumerate(numbers):
            row = self._row.get(number, -1)
            if row < 0:
                row = self._new_row()
                if row < 0:
                    self.refused_count += 1
                else:
                    self._row[number] = row
            rows[k] = row
        return rows

    def _new_row(self) -> int:
        if not self._free:
            before = len(self.count)
            after = min(max(2 * before, ROWS_FIRST), self.tracks_max)
            if after <= before:
                return -1
            self._grow(after - before)
            self._free = list(range(after - 1, before - 1, -1))
        row = self._free.pop()
        self.count[row] = self.newest[row] = self.last_plot_ns[row] = 0
        return row

    def _grow(self, more: int) -> None:
        for name in ("t_ns", "values", "newest", "count", "last_plot_ns"):
            before = getattr(self, name)
            after = np.zeros((len(before) + more, *before.shape[1:]), before.dtype)  # takes no memory until it is used
            after[: len(before)] = before
            setattr(self, name, after)
