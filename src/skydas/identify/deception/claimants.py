"""Everybody who makes claims: one row each, by 24-bit address or by the name that a Remote ID gives."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from skydas.model import IntArray, Rows

CLAIMANTS_MAX: Final = 50_000
FORGOTTEN_S: Final = 300.0  # nothing heard for so long
ADDRESS_END: Final = 1 << 24  # keys below are addresses, the others names

# The checks; their numbers are in states, so the list only grows. What comes under which heading: LABELS.
CHECKS: Final = (
    "position_contradicted",
    "impossible_state",
    "duplicate_address",
    "jumped",
    "frozen",
    "replayed_feed",
    "several_at_one_place",
    "out_of_reach",
    "signal_implausible",
)
(
    POSITION_CONTRADICTED,
    IMPOSSIBLE_STATE,
    DUPLICATE_ADDRESS,
    JUMPED,
    FROZEN,
    REPLAYED_FEED,
    SEVERAL_AT_ONE_PLACE,
    OUT_OF_REACH,
    SIGNAL_IMPLAUSIBLE,
) = range(len(CHECKS))
LABELS: Final = tuple("contradicted" if code in (0, 7) else "implausible" for code in range(len(CHECKS)))

# A line of claims that fit each other. A claimant has two: what it did before, and what does not fit that.
STRAND: Final = np.dtype(
    [
        ("t_ns", "<i8"),  # of the last fresh position; 0: no strand
        ("since_ns", "<i8"),
        ("latitude_rad", "<f8"),
        ("longitude_rad", "<f8"),
        ("height_m", "<f8"),
        ("velocity_mps", "<f8", (2,)),  # east, north; NaN: not known yet
        ("fits", "<i4"),
        ("base_ns", "<i8"),  # some ten seconds earlier: speeds are taken over that time
        ("base", "<f8", (3,)),  # latitude, longitude (rad), height (m)
    ]
)

CLAIMANT: Final = np.dtype(
    [
        ("key", "<u8"),  # 0: free
        ("mode_s", "<u4"),
        ("sensor", "<u4"),  # row of the sensor that heard the last claim
        ("track_no", "<u4"),  # that its claims are surely of; 0 none
        ("other_no", "<u4"),  # track of echoes with its address elsewhere; 0 none
        ("first_ns", "<i8"),
        ("last_ns", "<i8"),
        ("strands", STRAND, (2,)),
        ("alternations", "<i4"),  # claims that fit the first strand since the second began
        ("repeats", "<i4"),  # of the last position
        ("repeat_runs", "<i4"),  # that ended with a new position
        ("ever_repeated", "?"),
        ("ever_moved", "?"),
        ("impossible", "<i4"),  # looks in a row
        ("climb_way", "i1"),  # of the last impossible climb: 1 up, -1 down
        ("far", "<i4"),  # claims in a row from beyond the horizon
        ("elsewhere", "<i4"),  # echoes in a row that contradict
        ("odds", "<f8"),  # natural log, for "no echo is there"
        ("heard_ns", "<i8"),  # by any radar
        ("empty_ns", "<i8"),  # since when the odds say that no echo is there; 0 they do not
        ("signal_db", "<f8"),  # mean distance from what is expected
        ("signal_count", "<f8"),
        ("together_ns", "<i8"),  # since when among several in one place; 0 not
        ("replay_delta_ns", "<i8"),
        ("replay_hits", "<f8"),
        ("replay_count", "<f8"),
        ("level", "<f8", (2,)),  # NIC and NACp that it had before; NaN not known
        ("level_s", "<f8"),
        ("fell_ns", "<i8"),  # last time below
        ("fell_place", "<f8", (2,)),  # and where: latitude, longitude (rad)
        ("quality_ns", "<i8"),
        ("held_ns", "<i8", (len(CHECKS),)),  # when each check found something last
        ("strength", "<f8", (len(CHECKS),)),
        ("figure", "<f8", (len(CHECKS), 2)),  # what its text says
    ]
)


class Claimants:
    """Rows of CLAIMANT, and which key has which."""

    def __init__(self, rows: int = 256) -> None:
        self.held: Rows = np.zeros(rows, CLAIMANT)
        self.refused = 0  # claims of those that found no room
        self._row_of: dict[int, int] = {}
        self._free = list(range(rows - 1, -1, -1))

    def __len__(self) -> int:
        return len(self._row_of)

    def living(self) -> IntArray:
        """Return the rows in use, in the order that they came."""
        return np.array(list(self._row_of.values()), np.int64)

    def find(self, keys: IntArray) -> IntArray:
        """Return the row of each key, -1 where there is none, (n,)."""
        get = self._row_of.get
        return np.array([get(key, -1) for key in keys.tolist()], np.int64)

    def rows(self, now_ns: int, keys: IntArray) -> IntArray:
        """Return the row of each key, (n,); those never met get one, -1 where there is no more room."""
        found = self.find(keys)
        for key in dict.fromkeys(keys[found < 0].tolist()):
            self._add(now_ns, key)
        if (found < 0).any():
            found = self.find(keys)
            self.refused += int((found < 0).sum())
        return found

    def _add(self, now_ns: int, key: int) -> None:
        if len(self._row_of) >= CLAIMANTS_MAX:
            return
        if not self._free:
            before = len(self.held)
            grown = np.zeros(2 * before, CLAIMANT)
            grown[:before] = self.held
            self.held = grown
            self._free = list(range(2 * before - 1, before - 1, -1))
        row = self._free.pop()
        self._row_of[key] = row
        one = self.held[row]
        one["key"], one["mode_s"], one["first_ns"] = key, key if key < ADDRESS_END else 0, now_ns
        one["last_ns"] = now_ns
        one["level"] = np.nan

    def forget(self, rows: IntArray) -> None:
        """Free rows."""
        for row in rows.tolist():
            del self._row_of[int(self.held["key"][row])]
            self.held[row] = np.zeros((), CLAIMANT)
            self._free.append(row)

    def find_check(self, rows: IntArray, check: int, now_ns: int, strength: Any, first: Any, second: Any = 0.0) -> None:
        """Note what a check found of claimants now: how sure, and two figures for its text."""
        held = self.held
        held["held_ns"][rows, check] = now_ns
        held["strength"][rows, check] = strength
        held["figure"][rows, check, 0] = first
        held["figure"][rows, check, 1] = second

    def state(self) -> dict[str, Any]:
        """Return everything, for a snapshot: only rows in use."""
        rows = self.living()
        return {
            "capacity": len(self.held),
            "rows": rows.tolist(),
            "held": self.held[rows].tobytes(),
            "free": self._free,
            "refused": self.refused,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        rows = np.array(state["rows"], np.int64)
        self.held = np.zeros(state["capacity"], CLAIMANT)
        self.held[rows] = np.frombuffer(state["held"], CLAIMANT)
        self._row_of = dict(zip(self.held["key"][rows].tolist(), state["rows"], strict=True))
        self._free, self.refused = list(state["free"]), state["refused"]
