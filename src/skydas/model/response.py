"""What people were told, and what they did about it."""

from __future__ import annotations

from typing import Literal

import msgspec

from skydas.model.base import Message


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """Why an alert may be due, from one stage of the node: no fact, but what the stages hand to `respond`."""

    rule: str  # what found it: the name of a rule or of a check
    track_nos: tuple[int, ...]
    group: int = 0
    asset: str = ""
    score: float  # 0 .. 1; it is over where a later cause of the same key says less
    text: str  # one line that can be read aloud
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    plot_ns: int = 0  # of the newest plot that it rests on


class Alert(Message, frozen=True):
    """An assessment that a person should see; each change of it is told whole."""

    number: int
    priority: Literal[1, 2, 3]
    state: str  # unacknowledged, acknowledged, returned_unacknowledged, shelved, closed
    rule: str
    track_nos: tuple[int, ...]
    group: int
    asset: str
    score: float
    text: str
    latitude_deg: float | None
    longitude_deg: float | None
    raised_ns: int
    changed_ns: int
    escalated: int = 0  # how often nobody answered in time
    who: str = ""  # acknowledged, rejected or shelved it
    reason: str = ""  # why it was rejected or shelved
    until_ns: int = 0  # shelved until then
    delay_s: float = 0.0  # from the plot that caused it to the alert
    is_over: bool = False


class IncidentEntry(msgspec.Struct, frozen=True):
    """One line of an incident's timeline."""

    t_ns: int
    who: str  # empty: the node itself
    what: str
    text: str


class Incident(Message, frozen=True, kw_only=True):
    """One record from the first plot to closure; each change of it is told whole."""

    number: int
    state: str  # open, closed
    category: str  # drone, balloon, aircraft, border, cbrn, other
    headline: str
    opened_ns: int
    first_plot_ns: int
    closed_ns: int = 0
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    track_nos: tuple[int, ...] = ()
    alerts: tuple[int, ...] = ()
    reported: dict[str, str] = {}  # the witness's words, never edited
    assessed: dict[str, str] = {}  # ours, with confidence
    evidence: tuple[tuple[str, str, str], ...] = ()  # what, where it lies, SHA-256
    notified: tuple[tuple[str, int, str], ...] = ()  # who, when, how
    timeline: tuple[IncidentEntry, ...] = ()
    lessons: str = ""
    joined_to: int = 0  # the incident that this one turned out to be
    missing: tuple[str, ...] = ()  # fields that are asked for again
