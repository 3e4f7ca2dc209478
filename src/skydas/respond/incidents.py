"""Incidents: one record from the first plot to its closure, which fills itself as far as the node knows.

What a witness said is never edited, what we assess may be, and nothing is thrown away: two records of one incident are
joined by a person, and both are kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
import numpy as np

from skydas.errors import RefusedError
from skydas.model import NS_PER_S, IntArray, Rows
from skydas.respond.case import ALERTS_OF_MAX, EVIDENCE_MAX, NOTIFIED_MAX, TRACKS_MAX, Case, Known
from skydas.respond.form import category_of, written
from skydas.respond.joins import distance_m
from skydas.respond.params import RespondParams
from skydas.respond.record import NAME_SIGNS_MAX, Record
from skydas.respond.sights import CATEGORY_OF_CLASS, Sight, filled_from, sight_of
from skydas.respond.wording import NAME_OCTETS_MAX, instant_of, needed, number_of, numbers_of, place_of, text_of

INCIDENTS_MAX: Final = 1_000  # that are kept; the oldest closed one is forgotten here, not in the journal
OPEN_MAX: Final = 200
PERHAPS_MAX: Final = 20
LOOKS_BACK: Final = 200  # incidents that a new one is held against
SHA256: Final = re.compile(r"[0-9a-f]{64}")
LISTED: Final = ("journal", "tracks")  # evidence that the node lists by itself

Fields = Mapping[str, str]
SightOf = Callable[[int], tuple[int, Sight | None] | None]  # track -> its first plot (ns, 0 not known) and what it was


class Incidents:
    """Every incident of a node."""

    def __init__(self, params: RespondParams, sensors: Sequence[str]) -> None:
        self._params = params
        self._sensors = sensors
        self._cases: dict[int, Case] = {}
        self.next_number = 1
        self._changed: dict[int, None] = {}
        self._watched: IntArray = np.zeros(0, np.int64)  # tracks of open incidents, sorted

    # -- what fills itself

    def follow(self, rows: Rows) -> None:
        """Write into the timelines what is new in TRACK (k,)."""
        if len(self._watched) == 0:
            return
        for at in np.flatnonzero(np.isin(rows["track_no"], self._watched)):
            track_no = int(rows["track_no"][at])
            for case in self._open():
                if track_no in case.track_nos and case.follow(track_no, sight_of(rows[at])):
                    self._tell(case)

    def alerted(self, now_ns: int, alert: Record) -> None:
        """Write into the timelines that an alert about one of their tracks was raised, answered, or ended."""
        if not self._cases:
            return
        track_nos = {no for member in alert.members for no in member.track_nos}
        for case in self._open():
            if alert.number not in case.alerts and track_nos.isdisjoint(case.track_nos):
                continue
            if alert.number not in case.alerts:
                if len(case.alerts) >= ALERTS_OF_MAX:
                    continue
                case.alerts.append(alert.number)
            state = _state_of(alert)
            if case.alert_states.get(alert.number) != state:
                case.alert_states[alert.number] = state
                case.note(now_ns, "", "alert", f"alert {alert.number} ({alert.worst().text}): {state}")
                self._tell(case)

    def renumber(self, old_no: int, new_no: int) -> None:
        """Note that a track goes on under another number."""
        for case in self._cases.values():
            if old_no in case.track_nos:
                case.track_nos = list(dict.fromkeys(new_no if no == old_no else no for no in case.track_nos))
                known = case.known.pop(old_no, Known())
                case.known.setdefault(new_no, known)
                self._tell(case)
        self._watch()

    # -- what people do

    def open(self, now_ns: int, who: str, fields: Fields, alert: Record | None, sight_of_track: SightOf) -> Case:
        """Open an incident: of an alert, of tracks (`track_no`), or of words alone. Raises RefusedError."""
        if len(self._open()) >= OPEN_MAX:
            raise RefusedError(f"{OPEN_MAX} incidents are open; close or join some first")
        track_nos = numbers_of(fields, "track_no", "open_incident") if fields.get("track_no") else []
        if alert is not None:
            track_nos += [no for member in alert.members for no in member.track_nos]
        seen = self._seen(track_nos[:TRACKS_MAX], sight_of_track)
        place = place_of(fields, "open_incident")
        reported, assessed = written(fields)
        headline = text_of(fields, "headline", NAME_OCTETS_MAX)
        category = category_of(fields["category"]) if fields.get("category") else _category(seen)
        first_ns = instant_of(fields, "first_seen_utc", "open_incident")
        if not seen and alert is None and not (headline and category and (place or assessed.get("place"))):
            raise RefusedError(
                "open_incident needs alert or track_no; without one: headline, category, and latitude_deg and "
                'longitude_deg or assessed.place, which may be "unknown"'
            )
        case = Case(
            number=self.next_number,
            category=category or "other",
            headline=headline or (alert.worst().text if alert is not None else _headline(seen)),
            opened_ns=now_ns,
            opened_by=who,
            first_plot_ns=first_ns,
            reported=reported,
            last_ns=now_ns,
        )
        self.next_number += 1
        self._cases[case.number] = case
        if place is not None:
            case.latitude_deg, case.longitude_deg = place
        elif alert is not None:
            case.latitude_deg, case.longitude_deg = alert.worst().latitude_deg, alert.worst().longitude_deg
        self._extend(case, seen)
        case.assessed |= {name: text for name, text in assessed.items() if text}
        case.note(now_ns, who, "opened", case.headline)
        if alert is not None:
            if alert.first_plot_ns:
                case.first_plot_ns = min(case.first_plot_ns or alert.first_plot_ns, alert.first_plot_ns)
            case.alerts.append(alert.number)
            case.alert_states[alert.number] = _state_of(alert)
            case.note(alert.raised_ns, "", "alert", f"alert {alert.number} was raised: {alert.worst().text}")
        if case.first_plot_ns:
            case.note(case.first_plot_ns, "", "first_plot", "first plot of what the incident is about")
        self._look_for_same(case)
        self._make_room()
        self._tell(case)
        return case

    def extend(self, now_ns: int, who: str, fields: Fields, alert: Record | None, sight_of_track: SightOf) -> None:
        """Add tracks (`track_no`) or an alert to incident `number`."""
        case = self._chosen(fields, "extend_incident")
        track_nos = numbers_of(fields, "track_no", "extend_incident") if fields.get("track_no") else []
        if alert is not None:
            track_nos += [no for member in alert.members for no in member.track_nos]
        elif not track_nos:
            raise RefusedError("extend_incident needs track_no or alert")
        fresh = [no for no in dict.fromkeys(track_nos) if no not in case.track_nos]
        if len(case.track_nos) + len(fresh) > TRACKS_MAX:
            raise RefusedError(f"an incident holds at most {TRACKS_MAX} tracks")
        if alert is not None and alert.number not in case.alerts and len(case.alerts) >= ALERTS_OF_MAX:
            raise RefusedError(f"an incident holds at most {ALERTS_OF_MAX} alerts")
        self._extend(case, self._seen(fresh, sight_of_track))
        words = [f"track {no}" for no in fresh]
        if alert is not None and alert.number not in case.alerts:
            case.alerts.append(alert.number)
            words.append(f"alert {alert.number}")
        self._write(case, now_ns, who, "extended", ", ".join(words) or "nothing new")
        self._look_for_same(case)
        self._tell(case)

    def note(self, now_ns: int, who: str, fields: Fields) -> None:
        """Write a line into the timeline of incident `number`: `text`."""
        case = self._chosen(fields, "note_incident")
        self._write(case, now_ns, who, "note", needed(fields, "text", "note_incident"))
        self._tell(case)

    def edit(self, now_ns: int, who: str, fields: Fields) -> None:
        """Fill the form of incident `number`: `assessed.NAME`, `reported.NAME`, category, headline, place, lessons.

        What was reported is added, never edited. A closed incident takes lessons alone.
        """
        case = self._case(fields, "edit_incident")
        reported, assessed = written(fields)
        place = place_of(fields, "edit_incident")
        headline = text_of(fields, "headline", NAME_OCTETS_MAX)
        category = category_of(fields["category"]) if fields.get("category") else ""
        lessons = text_of(fields, "lessons")
        if not (reported or assessed or place or headline or category or "lessons" in fields):
            raise RefusedError("edit_incident needs what is new: assessed.NAME, category, headline, a place, lessons")
        if case.state != "open" and (reported or assessed or place or headline or category):
            raise RefusedError(f"incident {case.number} is closed; reopen_incident first (lessons may be added)")
        if again := sorted(set(reported) & set(case.reported)):
            raise RefusedError(
                f"what was reported is never edited: {', '.join(again)}; what we know better goes under assessed"
            )
        names = [*(f"reported {name}" for name in reported), *(f"assessed {name}" for name in assessed)]
        names += [name for name, value in (("headline", headline), ("category", category), ("place", place)) if value]
        names += ["lessons"] if "lessons" in fields else []
        self._write(case, now_ns, who, "edited", ", ".join(names))
        case.reported |= reported
        case.assessed = {name: text for name, text in (case.assessed | assessed).items() if text}
        case.headline, case.category = headline or case.headline, category or case.category
        if place is not None:
            case.latitude_deg, case.longitude_deg = place
        if "lessons" in fields:
            case.lessons = lessons
        self._tell(case)

    def attach(self, now_ns: int, who: str, fields: Fields) -> None:
        """Add evidence to incident `number`: `what`, `where` it lies, `sha256`.

        With `what` journal or tracks it gives the hash of what the node lists by itself.
        """
        case = self._case(fields, "attach_evidence")
        what = needed(fields, "what", "attach_evidence", NAME_SIGNS_MAX)
        sha256 = fields.get("sha256", "").strip().lower()
        if not SHA256.fullmatch(sha256):
            raise RefusedError(f"attach_evidence needs sha256, 64 hexadecimal digits, got {sha256[:70]!r}")
        if what in LISTED:
            if case.hashes.get(what, sha256) != sha256:
                raise RefusedError(f"the {what} of incident {case.number} have another hash: {case.hashes[what]}")
            self._write(case, now_ns, who, "evidence", f"{what}: SHA-256 {sha256}")
            case.hashes[what] = sha256
        else:
            where = needed(fields, "where", "attach_evidence")
            if any(one == (what, where, sha256) for one in case.attached):
                raise RefusedError(f"incident {case.number} has this evidence already")
            if any(one[:2] == (what, where) for one in case.attached):
                raise RefusedError(f"the {what} at {where} is attached with another hash; say where the new one lies")
            if len(case.attached) >= EVIDENCE_MAX:
                raise RefusedError(f"an incident holds at most {EVIDENCE_MAX} pieces of evidence")
            self._write(case, now_ns, who, "evidence", f"{what} at {where}: SHA-256 {sha256}")
            case.attached.append((what, where, sha256))
        self._tell(case)

    def notify(self, now_ns: int, who: str, fields: Fields) -> None:
        """Write down that somebody was told of incident `number`: `whom`, `how`, and `at_utc` where it was not now."""
        case = self._case(fields, "notify")
        whom = needed(fields, "whom", "notify", NAME_OCTETS_MAX)
        how = needed(fields, "how", "notify", NAME_OCTETS_MAX)
        at_ns = instant_of(fields, "at_utc", "notify") or now_ns
        if at_ns > now_ns:
            raise RefusedError("notify writes down what was done: at_utc lies ahead")
        if len(case.notified) >= NOTIFIED_MAX:
            raise RefusedError(f"an incident holds at most {NOTIFIED_MAX} notifications")
        self._write(case, now_ns, who, "notified", f"{whom}: {how}")
        case.notified.append((whom, at_ns, how))
        self._tell(case)

    def close(self, now_ns: int, who: str, fields: Fields) -> None:
        """Close incident `number`, with `lessons`."""
        case = self._chosen(fields, "close_incident")
        lessons = text_of(fields, "lessons")
        case.state, case.closed_ns, case.closed_by = "closed", now_ns, who
        case.lessons = lessons or case.lessons
        case.note(now_ns, who, "closed", lessons)
        self._tell(case)

    def reopen(self, now_ns: int, who: str, fields: Fields) -> None:
        """Open incident `number` again: `reason`."""
        case = self._case(fields, "reopen_incident")
        reason = needed(fields, "reason", "reopen_incident")
        if case.state == "open":
            raise RefusedError(f"incident {case.number} is open")
        if len(self._open()) >= OPEN_MAX:
            raise RefusedError(f"{OPEN_MAX} incidents are open; close or join some first")
        self._write(case, now_ns, who, "reopened", reason)
        case.state, case.closed_ns, case.closed_by = "open", 0, ""
        self._tell(case)

    def join(self, now_ns: int, who: str, fields: Fields) -> None:
        """Say that incident `number` is incident `into`: that one gets all there is, this one is closed and kept."""
        case, into = self._case(fields, "join_incidents"), self._chosen(fields, "join_incidents", "into")
        if case is into:
            raise RefusedError(f"incident {case.number} cannot be joined to itself")
        counts = (
            (len({*case.track_nos, *into.track_nos}), TRACKS_MAX, "tracks"),
            (len({*case.alerts, *into.alerts}), ALERTS_OF_MAX, "alerts"),
            (len({*case.attached, *into.attached}), EVIDENCE_MAX, "pieces of evidence"),
            (len(case.notified) + len(into.notified), NOTIFIED_MAX, "notifications"),
        )
        for count, most, what in counts:
            if count > most:
                raise RefusedError(f"an incident holds at most {most} {what}, the two have {count}")
        into.track_nos = list(dict.fromkeys(into.track_nos + case.track_nos))
        into.alerts = list(dict.fromkeys(into.alerts + case.alerts))
        into.attached = list(dict.fromkeys(into.attached + case.attached))
        into.notified = sorted({*into.notified, *case.notified}, key=lambda one: one[1])
        into.known = case.known | into.known
        into.alert_states = case.alert_states | into.alert_states
        for name, text in case.reported.items():
            into.reported[f"{name} (incident {case.number})" if name in into.reported else name] = text
        into.assessed = case.assessed | into.assessed
        if case.first_plot_ns:
            into.first_plot_ns = min(into.first_plot_ns or case.first_plot_ns, case.first_plot_ns)
        for entry in case.timeline:
            into.note(entry.t_ns, entry.who, entry.what, f"{entry.text} (incident {case.number})")
        case.note(now_ns, who, "joined", f"is incident {into.number}")
        into.note(now_ns, who, "joined", f"incident {case.number} is this one")
        case.state, case.joined_to = "closed", into.number
        case.closed_ns, case.closed_by, case.perhaps = case.closed_ns or now_ns, case.closed_by or who, []
        for other in self._cases.values():
            if case.number in other.perhaps:
                other.perhaps.remove(case.number)
                self._tell(other)
        self._tell(case)
        self._tell(into)

    # -- what is known

    def open_numbers(self) -> list[tuple[int, str]]:
        """Return number and headline of every open incident."""
        return [(case.number, case.headline) for case in self._open()]

    def changed(self) -> list[Case]:
        """Return what is to be told, each once; it is told by then."""
        told = [self._cases[number] for number in sorted(self._changed) if number in self._cases]
        self._changed.clear()
        return told

    def tell_all(self) -> None:
        """Let every incident be told again."""
        self._changed = dict.fromkeys(self._cases)

    def _open(self) -> list[Case]:
        return [case for case in self._cases.values() if case.state == "open"]

    def _tell(self, case: Case) -> None:
        self._changed[case.number] = None
        self._watch()

    def _watch(self) -> None:
        self._watched = np.unique(np.array([no for case in self._open() for no in case.track_nos], np.int64))

    def _case(self, fields: Fields, what: str, name: str = "number") -> Case:
        number = number_of(fields, name, what)
        if (case := self._cases.get(number)) is None:
            raise RefusedError(f"there is no incident {number}")
        if case.joined_to:
            raise RefusedError(f"incident {number} was joined to incident {case.joined_to}")
        return case

    def _chosen(self, fields: Fields, what: str, name: str = "number") -> Case:
        case = self._case(fields, what, name)
        if case.state != "open":
            raise RefusedError(f"incident {case.number} is closed; reopen_incident first")
        return case

    def _write(self, case: Case, now_ns: int, who: str, what: str, text: str) -> None:
        """Add a person's line. Raises RefusedError where there is no room, before anything is changed."""
        if not case.note(now_ns, who, what, text):
            raise RefusedError(f"the timeline of incident {case.number} is full; close it and open another one")

    def _seen(self, track_nos: list[int], sight_of_track: SightOf) -> dict[int, tuple[int, Sight | None]]:
        seen = {}
        for track_no in dict.fromkeys(track_nos):
            if (sight := sight_of_track(track_no)) is None:
                raise RefusedError(f"there is no track {track_no}, and none that ended lately had this number")
            seen[track_no] = sight
        return seen

    def _extend(self, case: Case, seen: dict[int, tuple[int, Sight | None]]) -> None:
        """Add tracks, and what they say where the form is still empty."""
        for track_no, (first_ns, sight) in seen.items():
            case.track_nos.append(track_no)
            if first_ns:
                case.first_plot_ns = min(case.first_plot_ns or first_ns, first_ns)
            if sight is None:
                continue
            if not case.filled:
                case.fill(filled_from(sight, self._sensors))
            case.known[track_no] = Known(is_over=sight.is_over)
            case.follow(track_no, sight)
            if case.latitude_deg is None:
                case.latitude_deg, case.longitude_deg = sight.latitude_deg, sight.longitude_deg

    def _look_for_same(self, case: Case) -> None:
        """Suggest which incidents may be the same one; a person joins them."""
        for other in list(self._cases.values())[-LOOKS_BACK:]:
            if other is case or other.joined_to or other.number in case.perhaps or not self._may_be_same(case, other):
                continue
            for one, same in ((case, other), (other, case)):
                if len(one.perhaps) < PERHAPS_MAX:
                    one.perhaps.append(same.number)
                    self._tell(one)

    def _may_be_same(self, case: Case, other: Case) -> bool:
        if not {*case.track_nos}.isdisjoint(other.track_nos) or not {*case.alerts}.isdisjoint(other.alerts):
            return True
        if case.category != other.category:
            return False
        apart_ns = abs((case.first_plot_ns or case.opened_ns) - (other.first_plot_ns or other.opened_ns))
        if apart_ns > self._params.duplicate_s * NS_PER_S:
            return False
        if case.latitude_deg is None or case.longitude_deg is None:
            return False
        if other.latitude_deg is None or other.longitude_deg is None:
            return False
        here, there = (case.latitude_deg, case.longitude_deg), (other.latitude_deg, other.longitude_deg)
        return distance_m(here, there) <= self._params.duplicate_m

    def _make_room(self) -> None:
        closed = [case.number for case in self._cases.values() if case.state == "closed"]
        for number in closed[: max(0, len(self._cases) - INCIDENTS_MAX)]:
            del self._cases[number]

    # -- snapshots

    def state(self) -> dict[str, Any]:
        """Return what a snapshot must hold."""
        return {
            "next_number": self.next_number,
            "cases": [msgspec.to_builtins(c, str_keys=True) for c in self._cases.values()],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        self.next_number = state["next_number"]
        self._cases = {one["number"]: msgspec.convert(one, Case, strict=False) for one in state["cases"]}
        self._watch()


def _state_of(alert: Record) -> str:
    state = alert.state.replace("_", " ")
    by = f" by {alert.who}" if alert.who else ""
    if alert.is_rejected:
        return f"rejected{by}: {alert.reason}"
    return f"{state}{by}" + ("" if alert.is_active or alert.state == "closed" else ", its cause is over")


def _category(seen: dict[int, tuple[int, Sight | None]]) -> str:
    """Return what the tracks' classes say, empty where they say nothing."""
    words = [sight.class_word for _, sight in seen.values() if sight is not None]
    return next((CATEGORY_OF_CLASS[word] for word in words if word in CATEGORY_OF_CLASS), "")


def _headline(seen: dict[int, tuple[int, Sight | None]]) -> str:
    track_no, (_, sight) = next(iter(seen.items()))
    name = f"track {track_no}" if len(seen) == 1 else f"{len(seen)} tracks"
    if sight is None or not sight.class_word:
        return name
    return f"{name}, assessed {sight.class_word.replace('_', ' ')}"
