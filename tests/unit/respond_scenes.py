"""Causes and tracks for the tests of alerts: a watch that is played second by second."""

from __future__ import annotations

from typing import Any

import numpy as np

from skydas.model import NS_PER_S, Cause, Rows, TrackStatus, empty_tracks, utc_ns
from skydas.respond import RespondParams
from skydas.respond.alerts import Alerts
from skydas.respond.answers import (
    acknowledge_alert,
    out_of_service,
    reject_alert,
    reset_alert,
    return_to_service,
    shelve_alert,
    silence,
    unshelve_alert,
)
from skydas.respond.joins import Moves

T0_NS = utc_ns("2026-03-01T12:00:00Z")
ANSWERS = {
    answer.__name__: answer
    for answer in (
        acknowledge_alert,
        reject_alert,
        shelve_alert,
        unshelve_alert,
        silence,
        reset_alert,
        out_of_service,
        return_to_service,
    )
}


def cause(*track_nos: int, score: float = 0.6, rule: str = "near", asset: str = "airport", **fields: Any) -> Cause:
    """Return a cause, of priority 2 where nothing else is said."""
    text = f"{rule} {asset}, {score:.0%}"
    return Cause(**({"rule": rule, "track_nos": track_nos, "asset": asset, "score": score, "text": text} | fields))


def tracks_at(places: dict[int, tuple[float, float]], velocity_mps: tuple[float, float] = (50.0, 0.0)) -> Rows:
    """Return confirmed tracks at these places (latitude, longitude), all with one velocity (east, north)."""
    rows = empty_tracks(len(places))
    rows["track_no"] = list(places)
    rows["status"] = TrackStatus.CONFIRMED
    rows["latitude_deg"] = [place[0] for place in places.values()]
    rows["longitude_deg"] = [place[1] for place in places.values()]
    rows["velocity_mps"] = (*velocity_mps, 0.0)
    rows["t_ns"] = T0_NS
    return rows


class Watch:
    """Alerts, and a clock that only the test moves."""

    def __init__(self, **params: Any) -> None:
        self.alerts = Alerts(RespondParams(**params))
        self.now_ns = T0_NS
        self.told: list[dict[str, Any]] = []
        self.notices: list[tuple[str, str, str]] = []

    def say(self, *causes: Cause, rows: Rows | None = None) -> None:
        """Hand causes over."""
        self.alerts.step(self.now_ns, list(causes), Moves(empty_tracks(0) if rows is None else rows))
        self._take()

    def wait(self, seconds: int, *causes: Cause, rows: Rows | None = None) -> None:
        """Let seconds pass, with the same causes in each."""
        for _ in range(seconds):
            self.now_ns += NS_PER_S
            if causes:
                self.say(*causes, rows=rows)
            self.alerts.second(self.now_ns, Moves(empty_tracks(0) if rows is None else rows))
            self._take()

    def do(self, what: str, who: str = "watch 1", **fields: str) -> None:
        """Do what a person does."""
        ANSWERS[what](self.alerts, self.now_ns, who, fields)
        self._take()

    def _take(self) -> None:
        self.told += [alert.told() for alert in self.alerts.changed(self.now_ns)]
        self.notices += self.alerts.take_notices()

    def last(self, number: int = 1) -> dict[str, Any]:
        """Return what was told last of an alert."""
        return next(fields for fields in reversed(self.told) if fields["number"] == number)

    def states(self, number: int = 1) -> list[str]:
        """Return the states of an alert in their order, each once in a row."""
        states = [fields["state"] for fields in self.told if fields["number"] == number]
        return [state for at, state in enumerate(states) if at == 0 or state != states[at - 1]]

    def numbers(self) -> set[int]:
        """Return the numbers of all alerts there ever were."""
        return {fields["number"] for fields in self.told}

    def load(self) -> dict[str, Any]:
        """Return how the alerts load the people."""
        return self.alerts.load.told(self.now_ns, self.alerts.open_alerts(), [])


def line_of(count: int, first_no: int = 1, apart_m: float = 300.0) -> dict[int, tuple[float, float]]:
    """Return tracks in a line to the north."""
    return {first_no + k: (55.0 + k * apart_m / 111_195.0, 24.0) for k in range(count)}


def numbers_between(first: int, last: int) -> list[int]:
    """Return whole numbers, both ends included."""
    return np.arange(first, last + 1).tolist()
