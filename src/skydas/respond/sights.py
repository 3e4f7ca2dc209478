"""What is remembered of tracks, so that an incident can be opened when its track is long gone."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import numpy as np

from skydas.model import (
    CLASS_WORDS,
    IDENTITY_WORDS,
    PROVISIONAL_NO,
    IntArray,
    ObjectClass,
    Rows,
    TrackStatus,
    rows_from,
)
from skydas.model.arrays import TRACK

FIRSTS_MAX: Final = 100_000  # tracks whose first plot is remembered; the oldest is forgotten
ENDED_MAX: Final = 2_000  # tracks whose last row is remembered after they dropped
CLASS_MIN: Final = 0.5  # probability from which on a class is named
CATEGORY_OF_CLASS: Final = {
    "fixed_wing_drone": "drone",
    "one_way_drone": "drone",
    "multirotor": "drone",
    "balloon": "balloon",
    "airliner": "aircraft",
    "light_aircraft": "aircraft",
    "glider": "aircraft",
    "helicopter": "aircraft",
}
_TENTATIVE: Final = int(TrackStatus.TENTATIVE)
_DROPPED: Final = int(TrackStatus.DROPPED)


class Sight(msgspec.Struct, frozen=True):
    """What one track was at one instant."""

    t_ns: int
    is_over: bool
    latitude_deg: float | None
    longitude_deg: float | None
    height_hae_m: float | None
    speed_mps: float | None
    course_deg: float | None
    identity: str  # empty: nobody judged it yet
    class_word: str  # empty: cannot tell
    class_probability: float
    callsign: str
    mode_s: str
    sensors: int  # bit set over the sensor table


class Sights:
    """The first plot of every track, and the last row of those that ended."""

    def __init__(self) -> None:
        self._firsts: dict[int, int] = {}
        self._fresh: dict[int, None] = {}  # tracks whose first plot is to be asked for
        self._ended: OrderedDict[int, bytes] = OrderedDict()

    def step(self, rows: Rows) -> None:
        """Note which of TRACK (k,) are new and which ended."""
        status, numbers = rows["status"], rows["track_no"]
        sure = (status != _TENTATIVE) & (numbers < PROVISIONAL_NO)
        self._fresh |= dict.fromkeys(no for no in numbers[sure].tolist() if no not in self._firsts)
        for row in rows[np.flatnonzero(sure & (status == _DROPPED))]:
            self._ended[int(row["track_no"])] = row.tobytes()
            self._ended.move_to_end(int(row["track_no"]))
        while len(self._ended) > ENDED_MAX:
            self._ended.popitem(last=False)

    def fresh(self) -> IntArray:
        """Return the numbers whose first plot is not known yet."""
        return np.fromiter(self._fresh, np.int64, len(self._fresh))

    def began(self, track_nos: IntArray, first_ns: IntArray) -> None:
        """Take when these tracks began, 0 where nobody knows; they are asked for no more."""
        for track_no, t_ns in zip(track_nos.tolist(), first_ns.tolist(), strict=True):
            self._firsts[track_no] = t_ns
            self._fresh.pop(track_no, None)
        for track_no in list(self._firsts)[: max(0, len(self._firsts) - FIRSTS_MAX)]:
            del self._firsts[track_no]

    def first_ns(self, track_no: int) -> int:
        """Return when a track's first plot was measured, 0 where that is not known."""
        return self._firsts.get(track_no, 0)

    def knows(self, track_no: int) -> bool:
        """Return whether there ever was such a track, as far as is remembered."""
        return track_no in self._firsts or track_no in self._fresh or track_no in self._ended

    def ended(self, track_no: int) -> Sight | None:
        """Return what a track was when it ended."""
        octets = self._ended.get(track_no)
        return None if octets is None else sight_of(rows_from(octets, TRACK)[0])

    def state(self) -> dict[str, Any]:
        """Return what a snapshot must hold."""
        firsts = np.array([list(self._firsts), list(self._firsts.values())], np.int64)
        return {"firsts": firsts.tobytes(), "fresh": list(self._fresh), "ended": list(self._ended.items())}

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        numbers, first_ns = np.frombuffer(state["firsts"], np.int64).reshape(2, -1)
        self._firsts = dict(zip(numbers.tolist(), first_ns.tolist(), strict=True))
        self._fresh = dict.fromkeys(state["fresh"])
        self._ended = OrderedDict((track_no, octets) for track_no, octets in state["ended"])


def sight_of(row: np.void) -> Sight:
    """Return what a TRACK row says, in words and plain numbers."""
    east, north = float(row["velocity_mps"][0]), float(row["velocity_mps"][1])
    moves = math.isfinite(east + north)
    probability = row["class_probability"]
    known = bool(np.isfinite(probability).all())
    best = int(np.argmax(probability)) if known else int(ObjectClass.UNKNOWN)
    says = known and float(probability[best]) >= CLASS_MIN and best != ObjectClass.UNKNOWN
    return Sight(
        t_ns=int(row["t_ns"]),
        is_over=bool(row["status"] == _DROPPED),
        latitude_deg=_known(row["latitude_deg"]),
        longitude_deg=_known(row["longitude_deg"]),
        height_hae_m=_known(row["height_hae_m"]),
        speed_mps=math.hypot(east, north) if moves else None,
        course_deg=math.degrees(math.atan2(east, north)) % 360.0 if moves else None,
        identity=IDENTITY_WORDS[int(row["identity"])] if row["identity"] else "",
        class_word=CLASS_WORDS[best] if says else "",
        class_probability=float(probability[best]) if says else 0.0,
        callsign=row["callsign"].decode("ascii", "replace").strip(),
        mode_s=f"{int(row['mode_s']):06X}" if row["mode_s"] else "",
        sensors=int(row["sensors"]),
    )


def judged_of(sight: Sight) -> dict[str, str]:
    """Return what the form takes from how a track is assessed."""
    filled = {"identity": sight.identity} if sight.identity else {}
    if sight.class_word:
        filled |= {"class": sight.class_word, "class_confidence": f"{sight.class_probability:.2f}"}
    return filled


def filled_from(sight: Sight, sensors: Sequence[str]) -> dict[str, str]:
    """Return what the form takes from a track by itself, field by field."""
    names = [name for row, name in enumerate(sensors[:63]) if sight.sensors >> row & 1]
    filled = {
        "height_hae_m": _shown(sight.height_hae_m),
        "speed_mps": _shown(sight.speed_mps),
        "course_deg": _shown(sight.course_deg),
        "callsign": sight.callsign,
        "mode_s": sight.mode_s,
        "detecting_system": ", ".join(names),
    }
    return judged_of(sight) | {name: text for name, text in filled.items() if text}


def _known(value: Any) -> float | None:
    return float(value) if math.isfinite(value) else None


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}"
