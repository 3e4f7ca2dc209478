"""Who must know, in a node: causes become alerts, people answer them, incidents and the watch log are kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np

from skydas.errors import ConfigError, RefusedError
from skydas.model import (
    NS_PER_S,
    PROVISIONAL_NO,
    Action,
    Alert,
    AlertPerformance,
    Incident,
    Rows,
    ShiftEntry,
    TrackStatus,
)
from skydas.respond import answers
from skydas.respond.alerts import Alerts
from skydas.respond.codes import Distress
from skydas.respond.incidents import Incidents
from skydas.respond.index import Index
from skydas.respond.joins import Moves
from skydas.respond.params import RespondParams
from skydas.respond.record import Record
from skydas.respond.shift import Shifts
from skydas.respond.sights import Sight, Sights, sight_of
from skydas.respond.wording import NAME_OCTETS_MAX, needed, number_of

if TYPE_CHECKING:
    from skydas.node.judging import Desk, Seen

_DROPPED: Final = int(TrackStatus.DROPPED)
PERFORMANCE_EVERY_NS: Final = 60 * NS_PER_S


ANSWERS: Final[dict[str, Callable[[Alerts, int, str, dict[str, str]], None]]] = {
    "acknowledge_alert": answers.acknowledge_alert,
    "reject_alert": answers.reject_alert,
    "shelve_alert": answers.shelve_alert,
    "unshelve_alert": answers.unshelve_alert,
    "silence": answers.silence,
    "reset_alert": answers.reset_alert,
    "out_of_service": answers.out_of_service,
    "return_to_service": answers.return_to_service,
}
FILED: Final[dict[str, Callable[[Incidents, int, str, dict[str, str]], None]]] = {
    "note_incident": Incidents.note,
    "edit_incident": Incidents.edit,
    "attach_evidence": Incidents.attach,
    "notify": Incidents.notify,
    "close_incident": Incidents.close,
    "reopen_incident": Incidents.reopen,
    "join_incidents": Incidents.join,
}
LOGGED: Final[dict[str, Callable[[Shifts, int, str, str, dict[str, str]], None]]] = {
    "start_shift": Shifts.start,
    "log_entry": Shifts.write,
    "accept_hand_over": Shifts.accept,
    "end_shift": Shifts.end,
}


class Responding:
    """The alerts of one node; satisfies `Stage`, `Lasting` and `Renumbered` of `skydas.node.judging`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        try:
            params = msgspec.convert(desk.config.respond, RespondParams)
        except msgspec.ValidationError as error:
            raise ConfigError(f"respond: {error}") from error
        self._alerts = Alerts(params)
        self._distress = Distress()
        self._sights = Sights()
        self._incidents = Incidents(params, [sensor.name for sensor in desk.sensors])
        self._shifts = Shifts()
        self._performance = b""  # as it was told last
        self._performance_ns = 0

    def stand(self, now_ns: int, tracks: Rows) -> bool:
        """Return whether one of TRACK (k,) begins to send a code of distress: nothing is written on it."""
        return self._distress.is_news(tracks)

    def step(self, seen: Seen) -> None:
        """Take what one input changed."""
        self._take(seen, Moves(seen.tracks))
        self._tell(seen.now_ns)

    def second(self, seen: Seen) -> None:
        """Let a second pass."""
        moves = Moves(seen.tracks)
        self._take(seen, moves)
        self._alerts.second(seen.now_ns, moves)
        self._find_first_plots()
        self._tell(seen.now_ns)
        self._tell_performance(seen.now_ns)

    def _take(self, seen: Seen, moves: Moves) -> None:
        rows, alerts = seen.tracks, self._alerts
        self._sights.step(rows)
        self._incidents.follow(rows)
        alerts.index.group(_groups(rows, alerts.index))
        causes = [*(cause for cause in seen.causes if not cause.is_evidence), *self._distress.step(rows)]
        if causes:
            alerts.step(seen.now_ns, causes, moves)
        ended = rows["track_no"][(rows["status"] == _DROPPED) & (rows["track_no"] < PROVISIONAL_NO)]
        if len(ended):
            track_nos = ended.tolist()
            alerts.lost(seen.now_ns, track_nos)
            for track_no in track_nos:
                self._distress.forget(track_no)

    def renumber(self, now_ns: int, old_no: int, new_no: int) -> None:
        """Note that a person said of a track that it is another one."""
        self._distress.forget(old_no)
        self._alerts.renumber(now_ns, old_no, new_no)
        self._incidents.renumber(old_no, new_no)
        self._tell(now_ns)

    def started(self, now_ns: int) -> None:
        """Tell all that stands: the node begins, or begins again."""
        self._alerts.tell_all()
        self._incidents.tell_all()
        self._shifts.tell_all()
        self._tell(now_ns)
        self._performance = b""

    def numbers(self) -> dict[str, int]:
        """Return the next number of each kind."""
        return {
            "alert": self._alerts.next_number,
            "incident": self._incidents.next_number,
            "shift_entry": self._shifts.next_number,
        }

    def number_from(self, numbers: dict[str, int]) -> None:
        """Give no number below these."""
        self._alerts.next_number = numbers["alert"]
        self._incidents.next_number = numbers["incident"]
        self._shifts.next_number = numbers["shift_entry"]

    # -- what is told

    def _tell(self, now_ns: int) -> None:
        for alert in self._alerts.changed(now_ns):
            self._desk.tell(Alert, **alert.told())
            self._incidents.alerted(now_ns, alert)
        for notice in self._alerts.take_notices():
            self._desk.notice(*notice)
        for case in self._incidents.changed():
            self._desk.tell(Incident, **case.told(self._desk.config.node.name, self._alerts.params))
        for fields in self._shifts.changed():
            self._desk.tell(ShiftEntry, **fields)

    def _tell_performance(self, now_ns: int) -> None:
        if self._performance and now_ns - self._performance_ns < PERFORMANCE_EVERY_NS:
            return
        out = [" ".join(key).strip() for key in self._alerts.out_of_service]
        fields = self._alerts.load.told(now_ns, self._alerts.open_alerts(), out)
        encoded = msgspec.msgpack.encode(fields)
        if encoded != self._performance:
            self._performance, self._performance_ns = encoded, now_ns
            self._desk.tell(AlertPerformance, **fields)

    def _find_first_plots(self) -> None:
        """Ask when the first plot of each new track was; an alert that did not know tells it now."""
        fresh = self._sights.fresh()
        if len(fresh):
            self._sights.began(fresh, self._desk.first_plots_ns(fresh))
        for alert in self._alerts.open_alerts():
            if alert.first_plot_ns == 0 and (track_nos := alert.members[0].track_nos):
                alert.first_plot_ns = self._sights.first_ns(track_nos[0])
                if alert.first_plot_ns:
                    self._alerts.tell(alert)

    # -- what people do

    def _act(self, action: Action) -> None:
        """Do what a person says. Raises RefusedError."""
        now_ns, what, fields = self._desk.now_ns(), action.what, action.fields
        who = needed({"who": action.who}, "who", what, NAME_OCTETS_MAX)
        role = needed({"role": action.role}, "role", what, NAME_OCTETS_MAX)
        if what in ANSWERS:
            ANSWERS[what](self._alerts, now_ns, who, fields)
        elif what in FILED:
            FILED[what](self._incidents, now_ns, who, fields)
        elif what in LOGGED:
            LOGGED[what](self._shifts, now_ns, who, role, fields)
        elif what == "hand_over":
            open_alerts, incidents = self._alerts.open_alerts(), self._incidents.open_numbers()
            self._shifts.hand_over(now_ns, who, role, fields, open_alerts, incidents, self._desk.silent())
        else:
            file = self._incidents.open if what == "open_incident" else self._incidents.extend
            alert = self._alert(number_of(fields, "alert", what)) if fields.get("alert") else None
            file(now_ns, who, fields, alert, self._sight())
        self._tell(now_ns)

    ACTIONS: dict[str, Callable[[Any, Action], None]] = dict.fromkeys(
        (*ANSWERS, *FILED, *LOGGED, "hand_over", "open_incident", "extend_incident"), _act
    )

    def _alert(self, number: int) -> Record:
        alert = self._alerts.get(number)
        if alert is None:
            raise RefusedError(f"there is no alert {number}, and none that ended lately had this number")
        return alert

    def _sight(self) -> Callable[[int], tuple[int, Sight | None] | None]:
        """Return what tells when a track's first plot was and what it is, or was when it ended."""
        picture = self._desk.picture(self._desk.now_ns())
        numbers = picture["track_no"]

        def of(track_no: int) -> tuple[int, Sight | None] | None:
            at = np.flatnonzero(numbers == track_no)
            if track_no >= PROVISIONAL_NO or (len(at) == 0 and not self._sights.knows(track_no)):
                return None
            sight = sight_of(picture[at[0]]) if len(at) else self._sights.ended(track_no)
            first_ns = self._sights.first_ns(track_no) or int(self._desk.first_plots_ns(np.array([track_no]))[0])
            return first_ns, sight

        return of

    # -- snapshots

    def state(self) -> dict[str, Any]:
        """Return what a snapshot must hold."""
        return {
            "alerts": self._alerts.state(),
            "distress": self._distress.state(),
            "sights": self._sights.state(),
            "incidents": self._incidents.state(),
            "shifts": self._shifts.state(),
            "performance_ns": self._performance_ns,
            "performance": self._performance,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        self._alerts.restore(state["alerts"])
        self._distress.restore(state["distress"])
        self._sights.restore(state["sights"])
        self._incidents.restore(state["incidents"])
        self._shifts.restore(state["shifts"])
        self._performance_ns = state["performance_ns"]
        self._performance = state["performance"]

    def take_over(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned under the configuration before; its tracks are no more."""
        self.restore(state)
        self._distress = Distress()
        self._alerts.begin_again(self._desk.now_ns())


def _groups(rows: Rows, index: Index) -> list[tuple[int, int]]:
    """Return (track, group) of the tracks that are in a group, or were."""
    grouped = rows["group"] != 0
    if index.has_groups:
        grouped |= np.isin(rows["track_no"], index.grouped())
    if not grouped.any():
        return []
    return list(zip(rows["track_no"][grouped].tolist(), rows["group"][grouped].tolist(), strict=True))
