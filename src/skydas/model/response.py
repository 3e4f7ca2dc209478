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
    is_evidence: bool = False  # it speaks against its tracks, and another cause raises the alert


class Alert(Message, frozen=True):
    """An assessment that a person should see; each change of it is told whole."""

    number: int
    priority: Literal[1, 2, 3]
    # unacknowledged, acknowledged, returned_unacknowledged, shelved, suppressed, out_of_service, closed
    state: str
    rule: str
    track_nos: tuple[int, ...]  # the first of them; `object_count` says how many there are
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
    reason: str = ""  # why it was rejected, shelved, suppressed or closed
    until_ns: int = 0  # shelved until then
    delay_s: float = 0.0  # from the plot that caused it to the alert
    is_over: bool = False
    is_active: bool = True  # its cause stands
    is_silenced: bool = False  # no tone; it is shown as before
    is_bundle: bool = False  # of low priority, put together in a flood
    object_count: int = 1
    activation_count: int = 1  # how often it asked for an answer
    first_plot_ns: int = 0  # of its first object; 0 not known
    joined_to: int = 0  # the alert that this one turned out to be part of


class AlertFigures(msgspec.Struct, frozen=True):
    """How one priority is answered."""

    activation_count: int
    share: float  # of all activations
    answered_count: int
    answer_median_s: float | None  # of the last ANSWERS_MAX
    answer_p95_s: float | None


class AlertPerformance(Message, frozen=True, kw_only=True):
    """How the alerts load the people, as EEMUA 191 and ISA-18.2 count; told once a minute while it changes."""

    since_ns: int  # first period that is counted
    positions: int  # among which the load is divided
    activation_count: int
    per_period: float  # activations in ten minutes and position, the mean of all periods, empty ones too
    last_period: float  # in the last ten minutes, sliding
    worst_period: float
    period_count: int
    crowded_share: float  # of the periods: more than ten in one
    flood_share: float  # of the time
    in_flood: bool
    flood_count: int
    top: tuple[tuple[str, int], ...]  # the ten most frequent: rule and asset, activations
    top_share: float
    chattering: tuple[int, ...]  # alerts with three activations in a minute
    stale: tuple[int, ...]  # alerts that stand for more than a day
    priorities: dict[str, AlertFigures]
    open_count: int
    unanswered_count: int
    shelved_count: int
    suppressed_count: int
    out_of_service: tuple[str, ...]  # rule and asset
    bundled_count: int  # objects of low priority put into an alert that there was, in a flood
    joined_count: int  # objects put into an alert as part of a swarm
    refused: dict[str, int]  # causes that were not used, by reason
    findings: tuple[str, ...] = ()  # which of the limits are broken, in words


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
    perhaps: tuple[int, ...] = ()  # incidents that may be the same: a person joins them
    opened_by: str = ""
    closed_by: str = ""
    due_ns: int = 0  # when the authority wants to know at the latest


class ShiftEntry(Message, frozen=True, kw_only=True):
    """One line of the watch log; a hand-over is told again when the next accepts it."""

    number: int
    t_ns: int
    who: str
    role: str
    what: str  # shift_started, entry, handed_over, shift_ended
    text: str
    to: str = ""  # whom it is handed to; empty: whoever accepts
    open_alerts: tuple[int, ...] = ()
    open_incidents: tuple[int, ...] = ()
    sensors_out: tuple[str, ...] = ()
    summary: tuple[str, ...] = ()  # lines to be read aloud
    accepted_by: str = ""
    accepted_ns: int = 0
