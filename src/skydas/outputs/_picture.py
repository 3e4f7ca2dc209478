"""The latest row of every track, and the last minutes of rows that are in no file yet."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from skydas.model import TRACK, BoolArray, Rows, TrackStatus, empty_tracks

TRACKS_MAX: Final = 200_000
TRAIL_ROWS_MAX: Final = 262_144  # one minute of 4,000 tracks a second

TRAIL: Final = np.dtype(
    [
        ("t_ns", "<i8"),
        ("track_no", "<u4"),
        ("status", "u1"),
        ("latitude_deg", "<f8"),
        ("longitude_deg", "<f8"),
        ("height_hae_m", "<f8"),
        ("velocity_mps", "<f4", (3,)),
    ]
)
_OCTETS: Final = np.dtype((np.void, TRACK.itemsize))
_CALLSIGN: Final = np.dtype([(name, "<u8" if name == "callsign" else TRACK[name]) for name in TRACK.names or ()])


class Picture:
    """All tracks that live, TRACK (k,), sorted by number."""

    def __init__(self) -> None:
        self.rows: Rows = empty_tracks(0)
        self.refused_count = 0  # rows of tracks beyond TRACKS_MAX

    def update(self, rows: Rows) -> tuple[Rows, BoolArray]:
        """Take rows in the order they were made; return the last of each track and which of them bear a new callsign.

        Tracks that dropped are among those returned and no longer in the picture.
        """
        latest = last_of_each(rows)
        at, there = self._find(latest["track_no"])
        room = TRACKS_MAX - len(self.rows)
        if np.count_nonzero(~there) > room:
            fits = there | (np.cumsum(~there) <= room)
            self.refused_count += int(np.count_nonzero(~fits))
            latest, at, there = latest[fits], at[fits], there[fits]
        was = np.zeros(len(latest), np.uint64)
        was[there] = _callsigns(self.rows)[at[there]]
        renamed = (_callsigns(latest) != was) & (latest["status"] != TrackStatus.DROPPED)
        self.rows.view(_OCTETS)[at[there]] = latest.view(_OCTETS)[there]
        dropped = latest["status"] == TrackStatus.DROPPED
        added = ~there & ~dropped
        if added.any() or (there & dropped).any():
            kept = self.rows.view(_OCTETS)[self.rows["status"] != TrackStatus.DROPPED]
            whole = np.concatenate((kept, latest.view(_OCTETS)[added])).view(TRACK)
            self.rows = whole.view(_OCTETS)[np.argsort(whole["track_no"], kind="stable")].view(TRACK)
        return latest, renamed

    def track(self, track_no: int) -> Rows | None:
        """Return the row of one track, TRACK (1,), or None."""
        at, there = self._find(np.array([track_no], np.uint32))
        return self.rows[at] if there[0] else None

    def _find(self, track_no: Any) -> tuple[Any, BoolArray]:
        """Return where each number stands, and whether it does."""
        at = np.searchsorted(self.rows["track_no"], track_no)
        if not len(self.rows):
            return at, np.zeros(len(at), np.bool_)
        at = np.minimum(at, len(self.rows) - 1)
        return at, self.rows["track_no"][at] == track_no


class Trail:
    """The last TRAIL_ROWS_MAX rows of all tracks, oldest overwritten."""

    def __init__(self) -> None:
        self._ring = np.zeros(TRAIL_ROWS_MAX, TRAIL)
        self._count = 0

    def append(self, rows: Rows) -> None:
        """Keep what a trail needs of TRACK (k,)."""
        rows = rows[-TRAIL_ROWS_MAX:]
        at = (self._count + np.arange(len(rows))) % TRAIL_ROWS_MAX
        for name in TRAIL.names or ():
            self._ring[name][at] = rows[name]
        self._count += len(rows)

    def of(self, track_no: int, from_ns: int, to_ns: int) -> Rows:
        """Return one track's rows in a span of time, TRAIL (k,), oldest first."""
        held = self._ring[: min(self._count, TRAIL_ROWS_MAX)]
        mine = held[(held["track_no"] == track_no) & (held["t_ns"] >= from_ns) & (held["t_ns"] <= to_ns)]
        ordered: Rows = mine[np.argsort(mine["t_ns"], kind="stable")]
        return ordered


def last_of_each(rows: Rows) -> Rows:
    """Return the last row of each track, TRACK (m,), sorted by number."""
    number = rows["track_no"]
    if (number[1:] > number[:-1]).all():
        return rows
    order = np.argsort(number, kind="stable")
    number = number[order]
    last = np.append(number[1:] != number[:-1], True)
    latest: Rows = np.ascontiguousarray(rows).view(_OCTETS)[order[last]].view(TRACK)
    return latest


def _callsigns(rows: Rows) -> Any:
    """Return callsigns as integers, (k,): eight octets compare faster so than as text."""
    return rows.view(_CALLSIGN)["callsign"]
