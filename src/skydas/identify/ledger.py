"""What was observed of every track: a row for each, with a slot for each kind of evidence of each sensor.

Plots come in batches; a slot keeps first and last time, how many looks it rests on, and what they said. Old looks fade,
so that a slot says what a sensor has seen of late.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from skydas.model import CLASS_COUNT, NS_PER_S, BoolArray, FloatArray, IntArray, PlotFlag, PlotKind, Rows

SLOTS_MAX: Final = 12  # of a track; beyond it the slot that was not used for the longest gives way, and is counted
SENSOR_ROWS_MAX: Final = 1 << 16
INTERROGATES_S: Final = 60.0  # a radar that brought a reply within this time asks for replies
SMOOTH_S: Final = 20.0  # over which speed, height and hovering are averaged
FADE_S: Final = 120.0  # looks older than this count a third

# Kinds of slots; the number is in states, so it only grows.
WORD, CLAIMED_WORD, RCS, RF, SOUND, REMOTE_ID, ADDRESS, INTERROGATED = range(1, 9)

# Kinds of sensors that matter to what a plot says.
OTHER_SENSOR, RF_SENSOR, ACOUSTIC_SENSOR, REMOTE_ID_SENSOR, ADSB_SENSOR = range(5)
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

_CLAIM, _DERIVED = int(PlotFlag.CLAIM), int(PlotFlag.DERIVED)
_REPLY = int(PlotFlag.SECONDARY | PlotFlag.MODE_S)
_PRIMARY, _MLAT = int(PlotFlag.PRIMARY), int(PlotFlag.MLAT)
_NOT_MEASURED = int(PlotFlag.DERIVED | PlotFlag.COASTED | PlotFlag.REPORT_BY_PERSON)


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

    def absorb(self, plots: Rows, rows: IntArray, kinds: IntArray) -> None:
        """Take what plots say of the tracks that they are surely of.

        plots : PLOT (n,)
        rows  : (n,) of their tracks
        kinds : (n,) of their sensors, as SENSOR_KINDS has them
        """
        flags, sensor, t_ns = plots["flags"], plots["sensor"].astype(np.int64), plots["t_ns"]
        sensor = np.minimum(sensor, SENSOR_ROWS_MAX - 1)
        if sensor.max(initial=0) >= len(self._reply_ns):
            self._reply_ns = np.append(self._reply_ns, np.zeros(int(sensor.max()) + 1, np.int64))
        # What hears claims brings claims, whatever its plots are marked as; a position by multilateration is none.
        hears_claims = (kinds == REMOTE_ID_SENSOR) | ((kinds == ADSB_SENSOR) & (flags & _MLAT == 0))
        claimed, derived = (flags & _CLAIM > 0) | hears_claims, flags & _DERIVED > 0
        is_place = (plots["kind"] == PlotKind.POLAR) | (plots["kind"] == PlotKind.POSITION)
        self._note_measured(rows, t_ns, is_place & ~claimed & (flags & _NOT_MEASURED == 0))
        replied = (flags & _REPLY > 0) & ~claimed
        np.maximum.at(self._reply_ns, sensor[replied], t_ns[replied])
        asks = t_ns - self._reply_ns[sensor] < INTERROGATES_S * NS_PER_S
        word = plots["class_word"].astype(np.int64)
        word[word > CLASS_COUNT] = 0
        rcs_db = plots["rcs_db"].astype(np.float64)
        named = (kinds == REMOTE_ID_SENSOR) | (claimed & (plots["object"] > 0) & (plots["mode_s"] == 0))
        is_bearing = plots["kind"] == PlotKind.BEARING
        parts: list[tuple[int, BoolArray, FloatArray | None]] = [
            (WORD, (word > 0) & ~claimed & ~derived, None),
            (CLAIMED_WORD, (word > 0) & claimed, None),
            (RCS, ~np.isnan(rcs_db), rcs_db),
            (RF, is_bearing & (kinds == RF_SENSOR), None),
            (SOUND, is_bearing & (kinds == ACOUSTIC_SENSOR), None),
            (REMOTE_ID, named, None),
            (ADDRESS, (plots["mode_s"] > 0) & (claimed | (flags & _MLAT > 0)), None),
            (INTERROGATED, ~claimed & asks & (flags & (_PRIMARY | _REPLY) > 0), replied.astype(np.float64)),
        ]
        at = np.concatenate([np.flatnonzero(chosen) for _, chosen, _ in parts])
        if len(at) == 0:
            return
        kind = np.repeat([number for number, _, _ in parts], [int(chosen.sum()) for _, chosen, _ in parts])
        value = np.concatenate([np.zeros(int(chosen.sum())) if of is None else of[chosen] for _, chosen, of in parts])
        of_word = np.where((kind == WORD) | (kind == CLAIMED_WORD), word[at] - 1, 0)
        value[(kind == WORD) | (kind == CLAIMED_WORD)] = 1.0
        self._enter(rows[at], kind << 16 | sensor[at], t_ns[at], of_word, value)
        named_at = np.flatnonzero(named & (plots["object"] > 0))
        self.held["object"][rows[named_at]] = plots["object"][named_at]

    def _note_measured(self, rows: IntArray, t_ns: IntArray, measured: BoolArray) -> None:
        np.maximum.at(self.held["measured_ns"], rows[measured], t_ns[measured])
        np.add.at(self.held["measured"], rows[measured], 1)

    def _enter(self, rows: IntArray, keys: IntArray, t_ns: IntArray, word: IntArray, value: FloatArray) -> None:
        """Add looks to the slots of their rows and keys, all (m,)."""
        order = np.lexsort((t_ns, keys, rows))
        rows, keys, t_ns, word, value = rows[order], keys[order], t_ns[order], word[order], value[order]
        begins = np.flatnonzero(np.r_[True, (rows[1:] != rows[:-1]) | (keys[1:] != keys[:-1])])
        group = np.repeat(np.arange(len(begins)), np.diff(np.r_[begins, len(rows)]))
        values = np.zeros((len(begins), CLASS_COUNT))
        np.add.at(values, (group, word), value)
        count = np.diff(np.r_[begins, len(rows)]).astype(np.float64)
        first_ns, last_ns = t_ns[begins], np.maximum.reduceat(t_ns, begins)
        rows, keys = rows[begins], keys[begins]
        there = (self.slots["key"][rows] == keys[:, None]).any(axis=1)
        for g in np.flatnonzero(~there).tolist():
            self._begin_slot(int(rows[g]), int(keys[g]), int(first_ns[g]))
        fits = self.slots["key"][rows] == keys[:, None]
        kept = fits.any(axis=1)  # all, but for a slot that had to give way to another of this very batch
        where = rows[kept], np.argmax(fits[kept], axis=1)
        last_ns, count, values = last_ns[kept], count[kept], values[kept]
        slots = self.slots
        passed_s = np.maximum(last_ns - slots["last_ns"][where], 0) / NS_PER_S
        fade = np.exp(-passed_s / FADE_S)
        slots["count"][where] = slots["count"][where] * fade + count
        slots["value"][where] = slots["value"][where] * fade[:, None] + values
        slots["last_ns"][where] = np.maximum(slots["last_ns"][where], last_ns)
        self.held["changed"][rows] = True

    def _begin_slot(self, row: int, key: int, t_ns: int) -> None:
        """Give a kind of evidence a free slot of a row, or the one not used for the longest."""
        keys = self.slots["key"][row]
        if (keys == 0).any():
            at = int(np.argmax(keys == 0))
        else:
            at = int(np.argmin(self.slots["last_ns"][row]))
            self.replaced += 1
        slot = self.slots[row, at]
        slot["key"], slot["first_ns"], slot["last_ns"] = key, t_ns, t_ns
        slot["count"], slot["value"] = 0.0, 0.0
        self.held["new"][row] = True

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
