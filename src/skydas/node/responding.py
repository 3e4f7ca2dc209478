"""Who must know, in a node: causes become alerts, people answer them, incidents and the watch log are kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np

from skydas.errors import ConfigError
from skydas.model import NS_PER_S, Action, Alert, AlertPerformance, Rows, TrackStatus
from skydas.respond import answers
from skydas.respond.alerts import PROVISIONAL_NO, Alerts
from skydas.respond.codes import Distress
from skydas.respond.joins import Moves
from skydas.respond.params import RespondParams

if TYPE_CHECKING:
    from skydas.node.judging import Desk, Seen

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
        self._performance: dict[str, Any] = {}  # as it was told last
        self._performance_ns = 0

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
        alerts.grouped(_groups(rows, alerts))
        causes = [*seen.causes, *self._distress.step(rows)]
        if causes:
            alerts.step(seen.now_ns, causes, moves)
        ended = rows["track_no"][(rows["status"] == TrackStatus.DROPPED) & (rows["track_no"] < PROVISIONAL_NO)]
        if len(ended):
            track_nos = ended.tolist()
            alerts.lost(seen.now_ns, track_nos)
            for track_no in track_nos:
                self._distress.forget(track_no)

    def renumber(self, now_ns: int, old_no: int, new_no: int) -> None:
        """Note that a person said of a track that it is another one."""
        self._distress.forget(old_no)
        self._alerts.renumber(now_ns, old_no, new_no)
        self._tell(now_ns)

    def started(self, now_ns: int) -> None:
        """Tell all that stands: the node begins, or begins again."""
        self._alerts.tell_all()
        self._tell(now_ns)
        self._performance = {}

    # -- what is told

    def _tell(self, now_ns: int) -> None:
        for alert in self._alerts.changed(now_ns):
            self._desk.tell(Alert, **alert.told())
        for notice in self._alerts.take_notices():
            self._desk.notice(*notice)

    def _tell_performance(self, now_ns: int) -> None:
        if self._performance and now_ns - self._performance_ns < PERFORMANCE_EVERY_NS:
            return
        out = [" ".join(key).strip() for key in self._alerts.out_of_service]
        fields = self._alerts.load.told(now_ns, self._alerts.open_alerts(), out)
        if fields != self._performance:
            self._performance, self._performance_ns = fields, now_ns
            self._desk.tell(AlertPerformance, **fields)

    def _find_first_plots(self) -> None:
        """Fill in when the first plot of each new alert's object was; told with its next change."""
        for alert in self._alerts.open_alerts():
            if alert.first_plot_ns == 0 and (track_nos := alert.members[0].track_nos):
                alert.first_plot_ns = self._desk.first_plot_ns(track_nos[0])
                if alert.first_plot_ns:
                    self._alerts.tell(alert)

    # -- what people do

    def _answer(self, action: Action) -> None:
        now_ns = self._desk.now_ns()
        ANSWERS[action.what](self._alerts, now_ns, action.who, action.fields)
        self._tell(now_ns)

    ACTIONS: dict[str, Callable[[Any, Action], None]] = dict.fromkeys(ANSWERS, _answer)

    # -- snapshots

    def state(self) -> dict[str, Any]:
        """Return what a snapshot must hold."""
        return {
            "alerts": self._alerts.state(),
            "distress": self._distress.state(),
            "performance_ns": self._performance_ns,
            "performance": msgspec.to_builtins(self._performance),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        self._alerts.restore(state["alerts"])
        self._distress.restore(state["distress"])
        self._performance_ns = state["performance_ns"]
        self._performance = state["performance"]

    def take_over(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned under the configuration before; its tracks are no more."""
        self.restore(state)
        self._distress = Distress()
        for alert in self._alerts.open_alerts():
            self._alerts.lost(self._desk.now_ns(), [no for member in alert.members for no in member.track_nos])


def _groups(rows: Rows, alerts: Alerts) -> list[tuple[int, int]]:
    """Return (track, group) of the tracks that are in a group, or were."""
    grouped = rows["group"] != 0
    if (known := alerts.grouped_tracks()).size:
        grouped |= np.isin(rows["track_no"], known)
    if not grouped.any():
        return []
    return list(zip(rows["track_no"][grouped].tolist(), rows["group"][grouped].tolist(), strict=True))
