"""What was observed of every track: a row for each, with a slot for each kind of evidence of each sensor.

Plots come in batches; a slot keeps first and last time, how many looks it rests on, and what they said. Old looks fade,
so that a slot says what a sensor has seen of late.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from skydas.identify.evidence_kernels import (
    ACOUSTIC_SENSOR,
    ADSB_SENSOR,
    REMOTE_ID_SENSOR,
    RF_SENSOR,
    SENSOR_ROWS_MAX,
    SLOTS_MAX,
    absorb,
)
from skydas.model import CLASS_COUNT, NS_PER_S, IntArray, Rows

SMOOTH_S: Final = 20.0  # over which speed, height and hovering are averaged

SENSOR_KINDS: Final = {
    "rf": RF_SENSOR,
    "acoustic": ACOUSTIC_SENSOR,
    "remote_id": REMOTE_ID_SENSOR,
    "adsb": ADSB_SENSOR,
}

SLOT: Final = np.dtype(
    [
        ("key", "<u4"),  # kind << 16 | row of the sensor; 0 free
        ("first_ns", "<i8"),
        ("last_ns", "<i8"),
        ("count", "<f8"),  # looks, older ones count less
        ("value", "<f8", (CLASS_COUNT,)),  # WORD: looks of each word; RCS: [sum of dBsm]; INTERROGATED: [replies]
    ]
)

HELD: Final = np.dtype(
    [
        ("track_no", "<u4"),  # 0 free
        ("born_ns", "<i8"),  # when it was first judged here
        ("measured_ns", "<i8"),  # last place that is nobody's claim
        ("measured", "<i8"),  # how many
        ("sampled_ns", "<i8"),
        ("samples", "<f8"),  # seconds that speed, height and hover rest on
        ("speed_mps", "<f8"),
        ("height_m", "<f8"),  # above ground where known, else above the ellipsoid
        ("hover", "<f8"),  # share of time
        ("motion", "<f4", (CLASS_COUNT,)),  # log ratio of the classifier of motion
        ("motion_s", "<f4"),  # its window, 0: it cannot tell yet
        ("motion_ns", "<i8"),  # newest state in it
        ("mode_s", "<u4"),
        ("mode_3a", "<u2"),
        ("callsign", "S8"),
        ("object", "<u8"),  # the last name that a Remote ID gave it
        ("latitude_deg", "<f8"),
        ("longitude_deg", "<f8"),
        ("changed", "?"),  # since it was last judged
        ("new", "?"),  # a kind of evidence that was not there, or a code
        # what it is judged to be
        ("judged_ns", "<i8"),  # 0 never
        ("identity", "u1"),
        ("rule", "i1"),  # Rule, -1 none yet
        ("probability", "<f4", (CLASS_COUNT,)),  # NaN: cannot tell
        ("there", "<u4"),  # bit set of the columns of evidence
        ("stale", "<u4"),
        # and what of it was told last
        ("told_ns", "<i8"),  # 0 never
        ("told_identity", "u1"),
        ("told_rule", "i1"),
        ("told_probability", "<f4", (CLASS_COUNT,)),
        ("told_there", "<u4"),
        ("told_stale", "<u4"),
    ]
)


class Ledger:
    """Rows of HELD and SLOT, and which track has which."""

    def __init__(self, rows: int = 256) -> None:
        self.held: Rows = np.zeros(rows, HELD)
        self.slots: Rows = np.zeros((rows, SLOTS_MAX), SLOT)
        self.replaced = 0  # slots that gave way
        self._row_of: dict[int, int] = {}
        self._free: list[int] = list(range(rows - 1, -1, -1))
        self._reply_ns: IntArray = np.zeros(64, np.int64)  # by row of the sensor: its last plot with a reply

    def __len__(self) -> int:
        return len(self._row_of)

    def __contains__(self, track_no: int) -> bool:
        return track_no in self._row_of

    def row(self, track_no: int) -> int:
        """Return the row of a track, or -1."""
        return self._row_of.get(track_no, -1)

    def rows(self, numbers: IntArray) -> IntArray:
        """Return the row of each track by its number, -1 where there is none, (k,)."""
        get = self._row_of.get
        return np.array([get(number, -1) for number in numbers.tolist()], np.int64)

    def living(self) -> IntArray:
        """Return the rows in use, in the order their tracks came."""
        return np.array(list(self._row_of.values()), np.int64)

    def add(self, now_ns: int, track_no: int) -> int:
        """Return the row of a track that was not there."""
        if not self._free:
            self._grow()
        row = self._free.pop()
        self._row_of[track_no] = row
        held = self.held[row]
        held["track_no"], held["born_ns"] = track_no, now_ns
        held["speed_mps"] = held["height_m"] = held["hover"] = np.nan
        held["mode_3a"] = 0xFFFF
        held["latitude_deg"] = held["longitude_deg"] = np.nan
        held["changed"] = held["new"] = True
        held["rule"] = -1
        held["probability"] = held["told_probability"] = np.nan
        return row

    def drop(self, track_no: int) -> None:
        """Forget a track."""
        row = self._row_of.pop(track_no)
        self.held[row] = np.zeros((), HELD)
        self.slots[row] = np.zeros((), SLOT)
        self._free.append(row)

    def sample(self, now_ns: int, tracks: Rows, rows: IntArray) -> None:
        """Take codes, place, speed, height and hovering from TRACK (k,) of these rows, each once."""
        held = self.held
        for name in ("latitude_deg", "longitude_deg"):
            held[name][rows] = tracks[name]
        is_new = np.zeros(len(rows), np.bool_)
        for name, unknown in (("mode_s", 0), ("mode_3a", 0xFFFF), ("callsign", b"")):
            differs = (tracks[name] != unknown) & (tracks[name] != held[name][rows])
            held[name][rows[differs]] = tracks[name][differs]
            is_new |= differs
        velocity = tracks["velocity_mps"]
        height_m = np.where(np.isnan(tracks["height_agl_m"]), tracks["height_hae_m"], tracks["height_agl_m"])
        elapsed_s = np.minimum((now_ns - held["sampled_ns"][rows]) / NS_PER_S, SMOOTH_S)
        kept = np.exp(-elapsed_s / SMOOTH_S)
        for name, value in (
            ("speed_mps", np.hypot(velocity[:, 0], velocity[:, 1])),
            ("height_m", np.where(tracks["flags"] & 1, np.nan, height_m)),  # HEIGHT_ASSUMED: nobody measured it
            ("hover", tracks["mode_probability"][:, 2].astype(np.float64)),
        ):
            before = held[name][rows]
            mixed = np.where(np.isnan(before), value, kept * before + (1.0 - kept) * value)
            held[name][rows] = np.where(np.isnan(value), before, mixed)
        first = held["sampled_ns"][rows] == 0
        held["samples"][rows] += np.where(first, 0.0, elapsed_s)
        held["sampled_ns"][rows] = now_ns
        held["changed"][rows] |= is_new
        held["new"][rows] |= is_new

    def absorb(self, plots: Rows, rows: IntArray, sensor_kinds: IntArray) -> None:
        """Take what plots say of the tracks that they are surely of.

        plots        : PLOT (n,)
        rows         : (n,) of their tracks, below 0: none
        sensor_kinds : of every sensor by row, as SENSOR_KINDS has them; the last is for all further rows
        """
        sensor_max = min(int(plots["sensor"].max(initial=0)), SENSOR_ROWS_MAX - 1)
        if sensor_max >= len(self._reply_ns):
            self._reply_ns = np.append(self._reply_ns, np.zeros(sensor_max + 1, np.int64))
        self.replaced += absorb(plots, rows, sensor_kinds, self.held, self.slots, self._reply_ns)

    def _grow(self) -> None:
        before = len(self.held)
        held, slots = np.zeros(2 * before, HELD), np.zeros((2 * before, SLOTS_MAX), SLOT)
        held[:before], slots[:before] = self.held, self.slots
        self.held, self.slots = held, slots
        self._free = list(range(2 * before - 1, before - 1, -1))

    def state(self) -> dict[str, Any]:
        """Return everything, for a snapshot: only the rows and slots that are in use."""
        rows = self.living()
        held, slots = self.held[rows], self.slots[rows]
        used = np.flatnonzero(slots["key"].ravel())
        return {
            "capacity": len(self.held),
            "rows": rows.tolist(),
            "held": held.tobytes(),
            "used": used.tolist(),
            "slots": slots.ravel()[used].tobytes(),
            "free": self._free,
            "reply_ns": self._reply_ns.tolist(),
            "replaced": self.replaced,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        rows = np.array(state["rows"], np.int64)
        self.held = np.zeros(state["capacity"], HELD)
        self.slots = np.zeros((state["capacity"], SLOTS_MAX), SLOT)
        self.held[rows] = np.frombuffer(state["held"], HELD)
        slots = np.zeros(len(rows) * SLOTS_MAX, SLOT)
        slots[np.array(state["used"], np.int64)] = np.frombuffer(state["slots"], SLOT)
        self.slots[rows] = slots.reshape(-1, SLOTS_MAX)
        self._row_of = dict(zip(self.held["track_no"][rows].tolist(), state["rows"], strict=True))
        self._free, self.replaced = list(state["free"]), state["replaced"]
        self._reply_ns = np.array(state["reply_ns"], np.int64)
