"""The table of alerts: those that are open or ended a moment ago, what is to be told of them, and its snapshot."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import msgspec

from skydas.model import Cause
from skydas.respond.flood import Load
from skydas.respond.index import Index
from skydas.respond.life import close
from skydas.respond.params import RespondParams, Rule
from skydas.respond.record import Key, Record

OUT_OF_SERVICE_MAX: Final = 100
RULES_MAX: Final = 1_000  # names of rules that are remembered


class Out(NamedTuple):
    """What a person took out of service."""

    who: str
    reason: str
    since_ns: int


class Table:
    """Every alert of a node that is open, or ended a moment ago."""

    def __init__(self, params: RespondParams) -> None:
        self.params = params
        self.load = Load(params)
        self.out_of_service: dict[Key, Out] = {}
        self.notices: list[tuple[str, str, str]] = []  # level, event, text; taken by `take_notices`
        self._alerts: dict[int, Record] = {}
        self.next_number = 1
        self.index = Index()
        self._pending: dict[tuple[str, str, int], tuple[int, Cause]] = {}
        self._escalated: list[Record] = []  # in this second
        self._changed: dict[int, None] = {}  # to be told
        self._drifted: dict[int, None] = {}  # to be told when there is time
        self._rules: dict[str, Rule] = {}
        self._full_told_ns = 0
        self._was_in_flood = False

    # -- what is known

    def rule(self, name: str) -> Rule:
        """Return what holds for one rule."""
        if (rule := self._rules.get(name)) is None:
            if len(self._rules) >= RULES_MAX:
                self._rules.clear()
            rule = self._rules[name] = self.params.of(name)
        return rule

    def get(self, number: int) -> Record | None:
        """Return one alert, also one that ended a moment ago."""
        return self._alerts.get(number)

    def open_alerts(self) -> list[Record]:
        """Return every alert that is open, the oldest first."""
        return [alert for alert in self._alerts.values() if alert.is_open]

    def changed(self, now_ns: int) -> list[Record]:
        """Return what is to be told, each once, the oldest first; it is told by then."""
        told = [self._alerts[number] for number in sorted(self._changed) if number in self._alerts]
        for alert in told:
            alert.told_ns = now_ns
            self._drifted.pop(alert.number, None)
        self._changed.clear()
        return told

    def take_notices(self) -> list[tuple[str, str, str]]:
        """Return level, event and text of what people must know about the alerts as a whole."""
        taken, self.notices = self.notices, []
        return taken

    def tell_all(self) -> None:
        """Let everything that is open be told again: whoever listens is new."""
        for alert in self.open_alerts():
            self.tell(alert)

    def tell(self, alert: Record) -> None:
        """Let an alert be told as it is when the step is done."""
        self._changed[alert.number] = None

    def quiet(self, alert: Record) -> tuple[str, str] | None:
        """Return the state and the reason for which an alert asks nobody; None: it asks."""
        out = self.out_of_service.get(alert.key) or self.out_of_service.get((alert.rule, ""))
        if out is not None:
            return "out_of_service", f"{out.who}: {out.reason}"
        for rule in self.rule(alert.rule).suppressed_by:
            for member in alert.members:
                for track_no in member.track_nos:
                    for key, number in self.index.about(track_no).items():
                        if key[0] == rule and self._alerts[number].is_active and self._alerts[number].is_open:
                            return "suppressed", f"alert {number} says it already"
        return None

    def end(self, now_ns: int, alert: Record, reason: str) -> None:
        """Close an alert."""
        close(alert, now_ns, reason)
        self.index.note(alert)
        self.tell(alert)

    # -- snapshots

    def state(self) -> dict[str, Any]:
        """Return what a snapshot must hold."""
        return {
            "load": self.load.state(),
            "alerts": [msgspec.to_builtins(alert) for alert in self._alerts.values()],
            "next_number": self.next_number,
            "index": self.index.state(),
            "pending": [
                [*key, since_ns, msgspec.to_builtins(cause)] for key, (since_ns, cause) in self._pending.items()
            ],
            "drifted": list(self._drifted),
            "out_of_service": [[*key, *out] for key, out in self.out_of_service.items()],
            "told": [self._full_told_ns, self._was_in_flood],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        self.load.restore(state["load"])
        self._alerts = {one["number"]: msgspec.convert(one, Record) for one in state["alerts"]}
        self.next_number = state["next_number"]
        self.index.restore(state["index"])
        self._pending = {
            (rule, asset, one): (since_ns, msgspec.convert(cause, Cause))
            for rule, asset, one, since_ns, cause in state["pending"]
        }
        self._drifted = dict.fromkeys(state["drifted"])
        self.out_of_service = {(rule, asset): Out(*out) for rule, asset, *out in state["out_of_service"]}
        self._full_told_ns, self._was_in_flood = state["told"]
