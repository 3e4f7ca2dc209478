"""The watch log: who has the watch, what they wrote down, and what they handed over to whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from skydas.errors import RefusedError
from skydas.respond.record import WAITING, Record
from skydas.respond.wording import NAME_OCTETS_MAX, needed, number_of, text_of

ENTRIES_MAX: Final = 1_000  # that are kept here; older ones stand in the journal
NUMBERS_MAX: Final = 200  # of alerts and incidents in one hand-over
LINES_MAX: Final = 60
ON_WATCH_MAX: Final = 50
SIGNS_MAX: Final = 200  # of one line of the summary

Fields = Mapping[str, str]


class Entry(msgspec.Struct):
    """One line of the watch log."""

    number: int
    t_ns: int
    who: str
    role: str
    what: str
    text: str
    to: str = ""
    open_alerts: tuple[int, ...] = ()
    open_incidents: tuple[int, ...] = ()
    sensors_out: tuple[str, ...] = ()
    summary: tuple[str, ...] = ()
    accepted_by: str = ""
    accepted_ns: int = 0


class Shifts:
    """The watch log of a node."""

    def __init__(self) -> None:
        self._entries: dict[int, Entry] = {}
        self._on_watch: dict[str, int] = {}  # name -> since when
        self.next_number = 1
        self._changed: dict[int, None] = {}

    def start(self, now_ns: int, who: str, role: str, fields: Fields) -> None:
        """Begin a watch."""
        if who in self._on_watch:
            raise RefusedError(f"{who} has the watch already")
        if len(self._on_watch) >= ON_WATCH_MAX:
            raise RefusedError(f"{ON_WATCH_MAX} people have the watch; hand_over or end_shift first")
        text = text_of(fields, "text")
        self._on_watch[who] = now_ns
        self._add(now_ns, who, role, "shift_started", text)

    def write(self, now_ns: int, who: str, role: str, fields: Fields) -> None:
        """Write a line: `text`."""
        self._add(now_ns, who, role, "entry", needed(fields, "text", "log_entry"))

    def hand_over(
        self,
        now_ns: int,
        who: str,
        role: str,
        fields: Fields,
        alerts: list[Record],
        incidents: list[tuple[int, str]],
        sensors_out: list[str],
    ) -> None:
        """Hand the watch over, `to` somebody or to whoever accepts, with `text` and all that is open.

        The watch stays with the one who hands it over until another person accepts it.
        """
        if who not in self._on_watch:
            raise RefusedError(f"{who} does not have the watch; start_shift first")
        if any(entry.what == "handed_over" and entry.who == who and not entry.accepted_by for entry in self._last()):
            raise RefusedError(f"{who} has handed over already; the next has to accept_hand_over")
        to, text = text_of(fields, "to", NAME_OCTETS_MAX), text_of(fields, "text")
        if to == who:
            raise RefusedError("the watch is handed over to another person")
        entry = self._add(now_ns, who, role, "handed_over", text)
        entry.to = to
        entry.open_alerts = tuple(alert.number for alert in alerts)[:NUMBERS_MAX]
        entry.open_incidents = tuple(number for number, _ in incidents)[:NUMBERS_MAX]
        entry.sensors_out = tuple(sensors_out)[:NUMBERS_MAX]
        entry.summary = summary(alerts, incidents, sensors_out)

    def accept(self, now_ns: int, who: str, role: str, fields: Fields) -> None:
        """Take over what was handed over in entry `number`: who handed over has the watch no more."""
        number = number_of(fields, "number", "accept_hand_over")
        entry = self._entries.get(number)
        if entry is None or entry.what != "handed_over":
            raise RefusedError(f"there is no hand-over {number}")
        if entry.accepted_by:
            raise RefusedError(f"hand-over {number} was accepted by {entry.accepted_by}")
        if who == entry.who:
            raise RefusedError("another person accepts a hand-over")
        if entry.to and who != entry.to:
            raise RefusedError(f"hand-over {number} is for {entry.to}")
        entry.accepted_by, entry.accepted_ns = who, now_ns
        self._changed[number] = None
        self._on_watch.pop(entry.who, None)
        if who not in self._on_watch:
            self._on_watch[who] = now_ns
            self._add(now_ns, who, role, "shift_started", f"took over from {entry.who}")

    def end(self, now_ns: int, who: str, role: str, fields: Fields) -> None:
        """End a watch that nobody has to take over, because others have it too."""
        if who not in self._on_watch:
            raise RefusedError(f"{who} does not have the watch")
        if len(self._on_watch) == 1:
            raise RefusedError("nobody else has the watch: hand_over, and the next accepts")
        text = text_of(fields, "text")
        del self._on_watch[who]
        self._add(now_ns, who, role, "shift_ended", text)

    def changed(self) -> list[dict[str, Any]]:
        """Return the fields of each `ShiftEntry` that is to be told; it is told by then."""
        told = [msgspec.structs.asdict(self._entries[number]) for number in sorted(self._changed)]
        self._changed.clear()
        return told

    def tell_all(self) -> None:
        """Let the whole log be told again."""
        self._changed = dict.fromkeys(self._entries)

    def _add(self, now_ns: int, who: str, role: str, what: str, text: str) -> Entry:
        entry = Entry(self.next_number, now_ns, who, role, what, text)
        self._entries[entry.number] = entry
        self.next_number += 1
        if len(self._entries) > ENTRIES_MAX:
            oldest = next(iter(self._entries))
            del self._entries[oldest]
            self._changed.pop(oldest, None)
        self._changed[entry.number] = None
        return entry

    def _last(self) -> list[Entry]:
        return list(self._entries.values())

    def state(self) -> dict[str, Any]:
        """Return what a snapshot must hold."""
        return {
            "entries": [msgspec.to_builtins(entry) for entry in self._entries.values()],
            "on_watch": list(self._on_watch.items()),
            "next_number": self.next_number,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        self._entries = {one["number"]: msgspec.convert(one, Entry) for one in state["entries"]}
        self._on_watch = dict(state["on_watch"])
        self.next_number = state["next_number"]


def summary(alerts: list[Record], incidents: list[tuple[int, str]], sensors_out: list[str]) -> tuple[str, ...]:
    """Return what is open, in lines to be read aloud, the most urgent first."""
    lines = [f"{len(alerts)} alerts open, {sum(alert.state in WAITING for alert in alerts)} not answered"]
    for alert in sorted(alerts, key=lambda one: (one.state not in WAITING, one.priority, one.number)):
        state = alert.state.replace("_", " ")
        why = f" ({alert.reason})" if alert.reason else ""
        lines.append(f"alert {alert.number}, priority {alert.priority}, {state}{why}: {alert.worst().text}")
    rest = [f"{len(incidents)} incidents open"]
    rest += [f"incident {number}: {headline}" for number, headline in incidents]
    rest.append(f"{len(sensors_out)} sensors silent" + (f": {', '.join(sensors_out)}" if sensors_out else ""))
    return tuple(line[:SIGNS_MAX] for line in [*_cut(lines, LINES_MAX // 2), *_cut(rest, LINES_MAX // 2)])


def _cut(lines: list[str], most: int) -> list[str]:
    """Return the first lines, the last of them saying how many are left out; the very last line always stays."""
    if len(lines) <= most:
        return lines
    return [*lines[: most - 2], f"and {len(lines) - most + 1} more", lines[-1]]
