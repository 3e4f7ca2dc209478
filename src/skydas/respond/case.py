"""What is held of one incident, and how its record grows."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from skydas.model import NS_PER_S, IncidentEntry, utc_text
from skydas.respond.form import missing
from skydas.respond.params import RespondParams
from skydas.respond.sights import Sight, judged_of

TIMELINE_MAX: Final = 1_000
TIMELINE_SELF_MAX: Final = 500  # lines that the node itself writes: people's always find room
TRACKS_MAX: Final = 200
ALERTS_OF_MAX: Final = 200
EVIDENCE_MAX: Final = 200
NOTIFIED_MAX: Final = 200
BEFORE_NS: Final = 60 * NS_PER_S  # the slice of the journal begins so long before the first plot,
AFTER_NS: Final = 60 * NS_PER_S  # and ends so long after the closure
REPORTABLE: Final = ("drone", "balloon", "aircraft")


class Known(msgspec.Struct):
    """What the timeline said last of one track."""

    identity: str = ""
    class_word: str = ""
    is_over: bool = False


class Case(msgspec.Struct):
    """One incident."""

    number: int
    category: str
    headline: str
    opened_ns: int
    opened_by: str
    first_plot_ns: int
    state: str = "open"
    closed_ns: int = 0
    closed_by: str = ""
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    track_nos: list[int] = msgspec.field(default_factory=list)
    alerts: list[int] = msgspec.field(default_factory=list)
    reported: dict[str, str] = msgspec.field(default_factory=dict)
    assessed: dict[str, str] = msgspec.field(default_factory=dict)
    attached: list[tuple[str, str, str]] = msgspec.field(default_factory=list)
    hashes: dict[str, str] = msgspec.field(default_factory=dict)  # of what the node itself lists: where -> SHA-256
    notified: list[tuple[str, int, str]] = msgspec.field(default_factory=list)
    timeline: list[IncidentEntry] = msgspec.field(default_factory=list)
    self_count: int = 0
    lessons: str = ""
    joined_to: int = 0
    perhaps: list[int] = msgspec.field(default_factory=list)
    filled: dict[str, str] = msgspec.field(default_factory=dict)  # of `assessed`, what the node wrote itself
    known: dict[int, Known] = msgspec.field(default_factory=dict)  # by track
    alert_states: dict[int, str] = msgspec.field(default_factory=dict)
    last_ns: int = 0  # newest instant that it is about

    def note(self, t_ns: int, who: str, what: str, text: str) -> bool:
        """Add a line to the timeline; False: there is no room for it."""
        if len(self.timeline) >= TIMELINE_MAX or (not who and self.self_count >= TIMELINE_SELF_MAX):
            return False
        self.self_count += not who
        self.last_ns = max(self.last_ns, t_ns)
        self.timeline.append(IncidentEntry(t_ns, who, what, text))
        if not who and self.self_count == TIMELINE_SELF_MAX:
            full = f"{TIMELINE_SELF_MAX} lines by the node: the rest stands in the journal"
            self.timeline.append(IncidentEntry(t_ns, "", "timeline_full", full))
        return True

    def follow(self, track_no: int, sight: Sight) -> bool:
        """Write into the timeline what is new of one of its tracks; return whether anything is."""
        known = self.known.setdefault(track_no, Known())
        lines = []
        if sight.identity and sight.identity != known.identity:
            was = f", before {known.identity}" if known.identity else ""
            lines.append(("identity", f"track {track_no} is assessed {_spoken(sight.identity)}{was}"))
            known.identity = sight.identity
        if sight.class_word and sight.class_word != known.class_word:
            was = f", before {_spoken(known.class_word)}" if known.class_word else ""
            sure = f"{sight.class_probability:.0%}"
            lines.append(("class", f"track {track_no} is assessed {_spoken(sight.class_word)} ({sure}){was}"))
            known.class_word = sight.class_word
        if sight.is_over != known.is_over:
            known.is_over = sight.is_over
            where = place_text(sight.latitude_deg, sight.longitude_deg)
            lines.append(
                ("track_lost", f"track {track_no} was lost{where}") if sight.is_over else _found(track_no, where)
            )
        if lines:
            self.fill(judged_of(sight))
        written = [self.note(sight.t_ns, "", what, text) for what, text in lines]
        return any(written)

    def fill(self, fields: dict[str, str]) -> None:
        """Write what the node knows into the form, wherever no person has written."""
        for name, text in fields.items():
            if self.assessed.get(name, "") == self.filled.get(name, ""):
                self.assessed[name] = self.filled[name] = text

    def evidence(self, node: str) -> list[tuple[str, str, str]]:
        """Return what proves it: the slice of the journal, the tracks in it, and what people attached."""
        begin = utc_text(max(self.first_plot_ns or self.opened_ns, BEFORE_NS) - BEFORE_NS)
        end = utc_text(max(self.closed_ns, self.last_ns) + AFTER_NS) if self.closed_ns else ""
        journal = f"journal of {node}, --begin {begin}" + (f" --end {end}" if end else "")
        listed = [("journal", journal, self.hashes.get("journal", ""))]
        if self.track_nos:
            numbers = ",".join(map(str, self.track_nos))
            listed.append(("tracks", f"history of {node}, tracks {numbers}", self.hashes.get("tracks", "")))
        return listed + self.attached

    def told(self, node: str, params: RespondParams) -> dict[str, Any]:
        """Return the fields of an `Incident`."""
        due_ns = self.opened_ns + round(params.report_due_h * 3_600 * NS_PER_S)
        return {
            "number": self.number,
            "state": self.state,
            "category": self.category,
            "headline": self.headline,
            "opened_ns": self.opened_ns,
            "first_plot_ns": self.first_plot_ns,
            "closed_ns": self.closed_ns,
            "latitude_deg": self.latitude_deg,
            "longitude_deg": self.longitude_deg,
            "track_nos": tuple(self.track_nos),
            "alerts": tuple(self.alerts),
            "reported": dict(self.reported),
            "assessed": dict(self.assessed),
            "evidence": tuple(self.evidence(node)),
            "notified": tuple(self.notified),
            "timeline": tuple(sorted(self.timeline, key=lambda entry: entry.t_ns)),
            "lessons": self.lessons,
            "joined_to": self.joined_to,
            "missing": missing(self.category, self.assessed) if not self.joined_to else (),
            "perhaps": tuple(self.perhaps),
            "opened_by": self.opened_by,
            "closed_by": self.closed_by,
            "due_ns": due_ns if self.category in REPORTABLE and not self.joined_to else 0,
        }


def place_text(latitude_deg: float | None, longitude_deg: float | None) -> str:
    """Return a place as it stands in a line, empty where it is not known."""
    if latitude_deg is None or longitude_deg is None:
        return ""
    north, east = "N" if latitude_deg >= 0 else "S", "E" if longitude_deg >= 0 else "W"
    return f" at {abs(latitude_deg):.4f} {north} {abs(longitude_deg):.4f} {east}"


def _found(track_no: int, where: str) -> tuple[str, str]:
    return "track_found", f"track {track_no} was found again{where}"


def _spoken(word: str) -> str:
    return word.replace("_", " ")
