"""Codes of distress that aircraft send: causes of alerts which the node finds by itself."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from skydas.model import PROVISIONAL_NO, BoolArray, Cause, IntArray, Rows, TrackFlag, TrackStatus

# ICAO Doc 8168 (PANS-OPS) III-3-1: unlawful interference, radio failure, emergency.
HIJACKED: Final = 0o7500
RADIO_FAILED: Final = 0o7600
IN_DISTRESS: Final = 0o7700
CODES: Final = {
    HIJACKED: (0.95, "unlawful interference"),
    RADIO_FAILED: (0.6, "radio failure"),
    IN_DISTRESS: (0.95, "emergency"),
}
DECLARED: Final = "emergency_declared"
DECLARED_SCORE: Final = 0.95
CODED_MAX: Final = 10_000  # tracks with such a code at one time
_CONFIRMED: Final = int(TrackStatus.CONFIRMED)
_COASTING: Final = int(TrackStatus.COASTING)
_EMERGENCY: Final = int(TrackFlag.EMERGENCY)


class Distress:
    """Which tracks send a code of distress."""

    def __init__(self) -> None:
        self._rules: dict[int, str] = {}  # track -> the rule that holds

    def is_news(self, rows: Rows) -> bool:
        """Return whether one of TRACK (k,) sends such a code that did not, or another one than before."""
        coded = _is_coded(rows)
        if not coded.any():
            return False
        for row in rows[coded & _is_sure(rows)]:
            if _rule_of(row)[0] != self._rules.get(int(row["track_no"]), ""):
                return True
        return False

    def step(self, rows: Rows) -> list[Cause]:
        """Return a cause for each of TRACK (k,) that sends such a code, or did and does no more."""
        coded = _is_coded(rows)
        if self._rules:
            coded |= np.isin(rows["track_no"], list(self._rules))
        if not coded.any():
            return []
        found: IntArray = np.flatnonzero(coded & _is_sure(rows))
        causes = []
        for row in rows[found]:
            causes += self._of(row)
        return causes

    def forget(self, track_no: int) -> None:
        """Forget a track that ended."""
        self._rules.pop(track_no, None)

    def _of(self, row: np.void) -> list[Cause]:
        track_no = int(row["track_no"])
        before = self._rules.get(track_no, "")
        name = row["callsign"].decode("ascii", "replace").strip() or f"track {track_no}"
        rule, score, words = _rule_of(row)
        text = f"{name} {words}"
        causes = [_cause(row, before, 0.0, f"{name} sends it no more")] if before and before != rule else []
        if rule and (track_no in self._rules or len(self._rules) < CODED_MAX):
            self._rules[track_no] = rule
            causes.append(_cause(row, rule, score, text))
        elif not rule:
            self._rules.pop(track_no, None)
        return causes

    def state(self) -> Any:
        """Return what a snapshot must hold."""
        return list(self._rules.items())

    def restore(self, state: Any) -> None:
        """Take back what `state` returned."""
        self._rules = dict(state)


def _is_coded(rows: Rows) -> BoolArray:
    """Return which of TRACK (k,) send a code of distress or declare an emergency, (k,)."""
    code = rows["mode_3a"]
    coded = (code == HIJACKED) | (code == RADIO_FAILED) | (code == IN_DISTRESS)
    out: BoolArray = coded | ((rows["flags"] & _EMERGENCY) != 0)
    return out


def _is_sure(rows: Rows) -> BoolArray:
    """Return which of TRACK (k,) are confirmed, moving or coasting, (k,)."""
    status = rows["status"]
    out: BoolArray = ((status == _CONFIRMED) | (status == _COASTING)) & (rows["track_no"] < PROVISIONAL_NO)
    return out


def _rule_of(row: np.void) -> tuple[str, float, str]:
    """Return which rule a row's code or flag is under, its score, and what the aircraft does, in words."""
    code = int(row["mode_3a"])
    if code in CODES:
        score, words = CODES[code]
        return f"emergency_{code:04o}", score, f"sends {code:04o}, {words}"
    if row["flags"] & _EMERGENCY:
        return DECLARED, DECLARED_SCORE, "declares an emergency"
    return "", 0.0, ""


def _cause(row: np.void, rule: str, score: float, text: str) -> Cause:
    latitude_deg, longitude_deg = float(row["latitude_deg"]), float(row["longitude_deg"])
    known = bool(np.isfinite(latitude_deg + longitude_deg))
    return Cause(
        rule=rule,
        track_nos=(int(row["track_no"]),),
        score=score,
        text=text,
        latitude_deg=latitude_deg if known else None,
        longitude_deg=longitude_deg if known else None,
        plot_ns=int(row["last_plot_ns"]),
    )
