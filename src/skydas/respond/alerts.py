"""Causes become alerts: one for each object and cause, one for a swarm, and none is ever lost or hidden."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

from skydas.model import NS_PER_S, Cause, IntArray
from skydas.respond.flood import Load
from skydas.respond.joins import COMPARED_MAX, Moves, distance_m, moves_alike
from skydas.respond.life import ask, close, come_back, escalate, hush, is_over, must_ask_again, return_, weigh
from skydas.respond.params import RespondParams, Rule
from skydas.respond.priority import priority_of
from skydas.respond.record import (
    MEMBER_TRACKS_MAX,
    MEMBERS_MAX,
    NAME_SIGNS_MAX,
    QUIET,
    TEXT_SIGNS_MAX,
    WAITING,
    Member,
    Record,
    member_of,
    objects_of,
)

ALERTS_MAX: Final = 2_000  # that are open
CLOSED_MAX: Final = 5_000  # that are remembered until they may come again as new ones
CAUSES_MAX: Final = 20_000  # of one step
PENDING_MAX: Final = 10_000  # causes that must stand for a while first
OUT_OF_SERVICE_MAX: Final = 100
RULES_MAX: Final = 1_000  # names of rules that are remembered
PROVISIONAL_NO: Final = 2**31  # numbers of tracks from here on are provisional
AREA_M: Final = 30_000.0  # causes of no track that are nearer than this are about the same thing
NO_OBJECT: Final = 0

Key = tuple[str, str]  # rule, asset


class Out(NamedTuple):
    """What a person took out of service."""

    who: str
    reason: str
    since_ns: int


class Alerts:
    """Every alert of a node that is open, or ended a moment ago."""

    def __init__(self, params: RespondParams) -> None:
        self.params = params
        self.load = Load(params)
        self.out_of_service: dict[Key, Out] = {}
        self.notices: list[tuple[str, str, str]] = []  # level, event, text; taken by `take_notices`
        self._alerts: dict[int, Record] = {}
        self._next_number = 1
        self._by_object: dict[int, dict[Key, int]] = {}  # track, or less its group -> rule and asset -> alert
        self._by_key: dict[Key, dict[int, None]] = {}  # open alerts
        self._group_of: dict[int, int] = {}  # of tracks
        self._pending: dict[tuple[str, str, int], tuple[int, Cause]] = {}
        self._changed: dict[int, None] = {}  # to be told
        self._drifted: dict[int, None] = {}  # to be told when there is time
        self._rules: dict[str, Rule] = {}
        self._full_told_ns = 0
        self._was_in_flood = False

    # -- what comes in

    def step(self, now_ns: int, causes: list[Cause], moves: Moves) -> None:
        """Take causes, in their order; `moves` has the tracks that they may be about."""
        if len(causes) > CAUSES_MAX:
            self.load.refused["too_many_causes"] += len(causes) - CAUSES_MAX
        for cause in causes[:CAUSES_MAX]:
            if not (math.isfinite(cause.score) and cause.rule):
                self.load.refused["cause_not_readable"] += 1
                continue
            self._take(now_ns, _fit(cause), moves)
        self._say_flood(now_ns)

    def second(self, now_ns: int, moves: Moves) -> None:
        """Let a second pass: what had to stand for a while, what is over, who did not answer."""
        for key, (since_ns, cause) in list(self._pending.items()):
            if now_ns - since_ns >= self.rule(cause.rule).on_s * NS_PER_S:
                del self._pending[key]
                self._raise(now_ns, cause, moves)
        for alert in list(self._alerts.values()):
            if alert.is_open:
                self._live(now_ns, alert, moves)
            elif self._is_forgotten(now_ns, alert):
                self._forget(alert)
        self.load.second(now_ns)
        self._say_flood(now_ns)
        due_ns = now_ns - round(self.params.repeat_s * NS_PER_S)
        for number in list(self._drifted):
            if number not in self._alerts:
                del self._drifted[number]
            elif self._alerts[number].told_ns <= due_ns:
                self._changed[number] = None

    def lost(self, now_ns: int, track_nos: list[int]) -> None:
        """Note that these tracks ended."""
        for track_no in track_nos:
            self._group_of.pop(track_no, None)
            for number in self._by_object.get(track_no, {}).values():
                alert = self._alerts[number]
                for member in alert.members:
                    if track_no in member.track_nos and track_no not in member.lost:
                        member.lost.append(track_no)
                        if member.is_lost and member.over_ns == 0:
                            member.over_ns = now_ns
        if self._pending:
            gone = set(track_nos)
            for key in [key for key in self._pending if key[2] in gone]:
                del self._pending[key]

    def grouped(self, groups: Iterable[tuple[int, int]]) -> None:
        """Take (track, group): what nobody can tell apart is one object; group 0: it is alone."""
        for track_no, group in groups:
            if group:
                self._group_of[track_no] = group
            else:
                self._group_of.pop(track_no, None)

    def grouped_tracks(self) -> IntArray:
        """Return the numbers of the tracks that are in a group."""
        return np.fromiter(self._group_of, np.int64, len(self._group_of))

    def renumber(self, now_ns: int, old_no: int, new_no: int) -> None:
        """Note that a track goes on under another number: a person merged or renumbered it."""
        for key, number in list(self._by_object.pop(old_no, {}).items()):
            alert = self._alerts[number]
            for member in alert.members:
                member.lost = [no for no in member.lost if no != old_no]
                member.track_nos = list(dict.fromkeys(new_no if no == old_no else no for no in member.track_nos))
            there = self._by_object.setdefault(new_no, {}).get(key)
            if there is not None and there != number:
                self._unite(now_ns, [there, number])
            else:
                self._point([new_no], alert)
                self.tell(alert)

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

    def of_track(self, track_no: int) -> list[int]:
        """Return the numbers of the alerts about a track."""
        return sorted(set(self._by_object.get(track_no, {}).values()))

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

    # -- from a cause to its alert

    def _take(self, now_ns: int, cause: Cause, moves: Moves) -> None:
        objects = self._objects(cause)
        found = self._find(cause, objects)
        if found:
            alert = self._alerts[found[0]] if len(found) == 1 else self._unite(now_ns, found)
            self._update(now_ns, alert, cause, objects, moves)
            return
        rule = self.rule(cause.rule)
        waiting = (cause.rule, cause.asset, objects[0])
        if cause.score < rule.score_min:
            self._pending.pop(waiting, None)
            return
        if rule.on_s > 0.0:
            since_ns, first = self._pending.get(waiting, (now_ns, cause))
            if now_ns - since_ns < rule.on_s * NS_PER_S:
                if waiting in self._pending or len(self._pending) < PENDING_MAX:
                    # It is as old as the first plot that spoke for it, and says what the last one says.
                    cause = msgspec.structs.replace(cause, plot_ns=first.plot_ns)
                    self._pending[waiting] = (since_ns, cause)
                else:
                    self.load.refused["pending_full"] += 1
                return
            self._pending.pop(waiting, None)
            cause = msgspec.structs.replace(cause, plot_ns=first.plot_ns)
        self._raise(now_ns, cause, moves)

    def _objects(self, cause: Cause) -> list[int]:
        """Return what a cause is about: groups as numbers below 0, then tracks, or NO_OBJECT."""
        track_nos = [no for no in cause.track_nos if 0 < no < PROVISIONAL_NO]
        groups = [-cause.group] if cause.group > 0 else []
        if self._group_of:
            groups += [-self._group_of[no] for no in track_nos if no in self._group_of]
        return list(dict.fromkeys([*groups, *track_nos])) or [NO_OBJECT]

    def _find(self, cause: Cause, objects: list[int]) -> list[int]:
        """Return the alerts that are about the same object and cause, the oldest first."""
        key = (cause.rule, cause.asset)
        if objects == [NO_OBJECT]:
            at = self._by_object.get(NO_OBJECT, {}).get(key)
            same = [no for no in self._by_key.get(key, {}) if self._is_placed_there(self._alerts[no], cause)]
            return same[:1] or ([at] if at is not None and self._is_placed_there(self._alerts[at], cause) else [])
        by_object = self._by_object
        return sorted({by_object[one][key] for one in objects if one in by_object and key in by_object[one]})

    def _is_placed_there(self, alert: Record, cause: Cause) -> bool:
        member = alert.members[0]
        if member.track_nos or member.group:
            return False
        if cause.latitude_deg is None or cause.longitude_deg is None:
            return True
        if member.latitude_deg is None or member.longitude_deg is None:
            return True
        here = (cause.latitude_deg, cause.longitude_deg)
        return distance_m(here, (member.latitude_deg, member.longitude_deg)) < AREA_M

    def _raise(self, now_ns: int, cause: Cause, moves: Moves) -> None:
        objects = self._objects(cause)
        if found := self._find(cause, objects):  # it waited, and another cause came first
            self._update(now_ns, self._alerts[found[0]], cause, objects, moves)
            return
        rule, key = self.rule(cause.rule), (cause.rule, cause.asset)
        track_nos = [one for one in objects if one > 0]
        member = member_of(cause, track_nos, -min(objects[0], 0), moves.first_of(track_nos))
        priority = priority_of(member.score, rule, self.params)
        if rule.joins and (alert := self._moving_alike(key, member)) is not None:
            self.load.joined_count += 1
        elif priority == 3 and self.load.in_flood and (alert := self._of_low_priority(key)) is not None:
            self.load.bundled_count += 1
            member.is_bundled = True
        elif self._open_count() >= ALERTS_MAX:
            alert = self._when_full(now_ns, key)
            if alert is None:
                return
            member.is_bundled = True
        else:
            alert = None
        if alert is None:
            alert = Record(
                number=self._next_number,
                rule=cause.rule,
                asset=cause.asset,
                priority=priority,
                state="unacknowledged",
                members=[member],
                raised_ns=now_ns,
                changed_ns=now_ns,
                delay_s=max(now_ns - cause.plot_ns, 0) / NS_PER_S if cause.plot_ns else 0.0,
            )
            self._next_number += 1
            self._alerts[alert.number] = alert
            self._by_key.setdefault(key, {})[alert.number] = None
            self._point(objects, alert)
            weigh(alert, rule, self.params)
            ask(alert, now_ns, self.load, self.quiet(alert))
            self.tell(alert)
            return
        if len(alert.members) >= MEMBERS_MAX:
            self.load.refused["objects_full"] += 1
            return
        alert.members.append(member)
        self._point(objects, alert)
        self._settle(now_ns, alert)
        self.tell(alert)

    def _update(self, now_ns: int, alert: Record, cause: Cause, objects: list[int], moves: Moves) -> None:
        """Let an alert follow what is said of one of its objects."""
        rule = self.rule(cause.rule)
        member = _member_about(alert, objects)
        track_nos = [one for one in objects if one > 0]
        stands = cause.score >= rule.score_min
        fresh = member_of(cause, track_nos, -min(objects[0], 0), moves.first_of(track_nos) or member.move)
        if stands and member.is_bundled and priority_of(fresh.score, rule, self.params) < 3 and len(alert.members) > 1:
            alert.members.remove(member)  # more urgent than what it was put together with
            self._unpoint(objects_of(member), alert)
            self._settle(now_ns, alert)
            self.tell(alert)
            self._raise(now_ns, cause, moves)
            return
        shown = (member.over_ns == 0, set(member.track_nos), member.group)
        drifted = abs(fresh.score - member.score) >= 0.05 or fresh.text != member.text
        known = [no for no in member.track_nos if no not in track_nos]
        member.track_nos = (track_nos + known)[:MEMBER_TRACKS_MAX]
        member.lost = [no for no in member.lost if no not in track_nos and no in member.track_nos]
        member.group = fresh.group or member.group
        member.score, member.text, member.move = fresh.score, fresh.text, fresh.move
        member.plot_ns = max(member.plot_ns, fresh.plot_ns)
        if fresh.latitude_deg is not None:
            member.latitude_deg, member.longitude_deg = fresh.latitude_deg, fresh.longitude_deg
        if stands:
            member.over_ns = 0
        elif member.over_ns == 0 and cause.score < rule.score_min - rule.hysteresis:
            member.over_ns = now_ns
        self._point(objects, alert)
        if shown != (member.over_ns == 0, set(member.track_nos), member.group) and alert.is_open:
            self.tell(alert)
        elif drifted and alert.is_open:
            self._drifted[alert.number] = None
        self._settle(now_ns, alert)

    def _settle(self, now_ns: int, alert: Record) -> None:
        """Let state and priority follow from the objects."""
        if not alert.standing():
            return
        before = (alert.state, alert.priority, alert.is_active)
        more_urgent = weigh(alert, self.rule(alert.rule), self.params)
        if not alert.is_active or not alert.is_open:
            come_back(alert, now_ns, self.load, self.quiet(alert))
        if must_ask_again(alert, self.params):
            ask(alert, now_ns, self.load, self.quiet(alert))
        elif more_urgent and alert.state in WAITING:
            alert.escalated, alert.is_silenced = 0, False  # its steps are now those of the higher priority
        if alert.is_open:
            self._by_key.setdefault(alert.key, {})[alert.number] = None
        if before != (alert.state, alert.priority, alert.is_active):
            self.tell(alert)

    # -- what belongs together

    def _moving_alike(self, key: Key, member: Member) -> Record | None:
        """Return the alert about the swarm that a new object moves with."""
        if member.move is None:
            return None
        for number in self._by_key.get(key, {}):
            alert = self._alerts[number]
            if len(alert.members) >= MEMBERS_MAX or alert.state in ("shelved", "out_of_service"):
                continue
            for other in alert.members[-COMPARED_MAX:]:
                if other.move is not None and moves_alike(
                    other.move, member.move, self.params.swarm_m, self.params.swarm_mps
                ):
                    return alert
        return None

    def _of_low_priority(self, key: Key) -> Record | None:
        """Return the alert of low priority that the flood's next one of the same rule and asset goes into."""
        for number in self._by_key.get(key, {}):
            alert = self._alerts[number]
            if alert.priority == 3 and alert.state not in QUIET and len(alert.members) < MEMBERS_MAX:
                return alert
        return None

    def _when_full(self, now_ns: int, key: Key) -> Record | None:
        """Return where an object goes when the table of alerts is full; None: nowhere, and that is told."""
        for number in self._by_key.get(key, {}):
            if len(self._alerts[number].members) < MEMBERS_MAX:
                return self._alerts[number]
        self.load.refused["alerts_full"] += 1
        if now_ns - self._full_told_ns > 60 * NS_PER_S:
            self._full_told_ns = now_ns
            text = f"{ALERTS_MAX} alerts are open: no more can be raised; acknowledge what is over, or shelve"
            self.notices.append(("alarm", "alerts_full", text))
        return None

    def _unite(self, now_ns: int, found: list[int]) -> Record:
        """Make one alert of several that turned out to be about one object: the oldest open one goes on."""
        numbers = sorted(found, key=lambda number: (not self._alerts[number].is_open, number))
        kept = self._alerts[numbers[0]]
        for number in numbers[1:]:
            alert = self._alerts[number]
            for member in alert.members:
                objects = objects_of(member)
                same = next((one for one in kept.members if _shares(one, objects)), None)
                if same is None and len(kept.members) < MEMBERS_MAX:
                    kept.members.append(member)
                elif same is not None:
                    same.track_nos = list(dict.fromkeys(same.track_nos + member.track_nos))
                    same.lost = [no for no in dict.fromkeys(same.lost + member.lost) if no in same.track_nos]
                    same.group = same.group or member.group
                    same.over_ns = 0 if 0 in (same.over_ns, member.over_ns) else max(same.over_ns, member.over_ns)
                self._point(objects, kept)
            if alert.is_open:
                alert.joined_to = kept.number
                self.end(now_ns, alert, f"part of alert {kept.number}")
        self._settle(now_ns, kept)
        self.tell(kept)
        return kept

    def _point(self, objects: list[int], alert: Record) -> None:
        for one in objects:
            by_key = self._by_object.setdefault(one, {})
            if by_key.get(alert.key) != alert.number:
                by_key[alert.key] = alert.number
                alert.objects.append(one)

    def _unpoint(self, objects: list[int], alert: Record) -> None:
        for one in objects:
            by_key = self._by_object.get(one, {})
            if by_key.get(alert.key) == alert.number:
                del by_key[alert.key]
                if not by_key:
                    del self._by_object[one]

    # -- what time brings

    def _live(self, now_ns: int, alert: Record, moves: Moves) -> None:
        """Let a second pass for one open alert."""
        rule = self.rule(alert.rule)
        if alert.state == "shelved" and now_ns >= alert.until_ns:
            if alert.is_active:
                ask(alert, now_ns, self.load, self.quiet(alert))
            else:
                self.end(now_ns, alert, "its cause was over when its time on the shelf ended")
            self.tell(alert)
        if rule.suppressed_by or alert.state == "suppressed":
            self._suppress(now_ns, alert)
        if alert.is_active and is_over(alert, now_ns, rule.off_s, self.params.lost_s):
            return_(alert, now_ns, rule.latch_priority)
            if not alert.is_open:
                self.end(now_ns, alert, alert.reason)
            self.tell(alert)
        if escalate(alert, now_ns, self.params.escalate_s(alert.priority)):
            self.tell(alert)
            names = self.params.escalate_to
            to = names[min(alert.escalated, len(names)) - 1] if names else "everybody"
            waited_s = (now_ns - alert.waits_ns) / NS_PER_S
            text = f"alert {alert.number}, nobody answered in {waited_s:.0f} s, to {to}: {alert.worst().text}"
            self.notices.append(("warning", "alert_escalated", text))
        if len(alert.members) > 1:
            self._drop_members(now_ns, alert)
        self._move(alert, moves)

    def _suppress(self, now_ns: int, alert: Record) -> None:
        """Let an alert be quiet while another one about the same object says it already."""
        quiet = self.quiet(alert)
        if quiet is not None and quiet[0] == "suppressed" and alert.state in (*WAITING, "acknowledged"):
            hush(alert, now_ns, quiet)
            self.tell(alert)
        elif quiet is None and alert.state == "suppressed":
            ask(alert, now_ns, self.load, None)
            self.tell(alert)

    def quiet(self, alert: Record) -> tuple[str, str] | None:
        """Return the state and the reason for which an alert asks nobody; None: it asks."""
        out = self.out_of_service.get(alert.key) or self.out_of_service.get((alert.rule, ""))
        if out is not None:
            return "out_of_service", f"{out.who}: {out.reason}"
        for rule in self.rule(alert.rule).suppressed_by:
            for member in alert.members:
                for track_no in member.track_nos:
                    for key, number in self._by_object.get(track_no, {}).items():
                        if key[0] == rule and self._alerts[number].is_active and self._alerts[number].is_open:
                            return "suppressed", f"alert {number} says it already"
        return None

    def _drop_members(self, now_ns: int, alert: Record) -> None:
        """Forget objects whose cause has long been over, as long as one is left."""
        old_ns = now_ns - round(self.params.rearm_s * NS_PER_S)
        old = [member for member in alert.members if 0 < member.over_ns < old_ns]
        for member in old[: len(alert.members) - 1]:
            alert.members.remove(member)
            self._unpoint(objects_of(member), alert)
            self.tell(alert)

    def _move(self, alert: Record, moves: Moves) -> None:
        """Let the newest objects' places follow their tracks: newcomers are held against those."""
        for member in alert.members[-COMPARED_MAX:]:
            move = moves.first_of(member.track_nos[:1])
            if move is not None:
                member.move = move
                member.latitude_deg, member.longitude_deg = move.latitude_deg, move.longitude_deg

    def end(self, now_ns: int, alert: Record, reason: str) -> None:
        """Close an alert."""
        close(alert, now_ns, reason)
        self._by_key.get(alert.key, {}).pop(alert.number, None)
        if not self._by_key.get(alert.key):
            self._by_key.pop(alert.key, None)
        self.tell(alert)

    def _is_forgotten(self, now_ns: int, alert: Record) -> bool:
        """Return whether a closed alert's cause may raise a new one: it has been over for long enough."""
        since_ns = max([alert.over_ns, *(member.over_ns or now_ns for member in alert.members)])
        return (
            alert.joined_to > 0
            or now_ns - since_ns > self.params.rearm_s * NS_PER_S
            or len(self._alerts) > ALERTS_MAX + CLOSED_MAX
        ) and alert.number not in self._changed

    def _forget(self, alert: Record) -> None:
        self._unpoint(alert.objects, alert)
        del self._alerts[alert.number]

    def _open_count(self) -> int:
        return sum(len(numbers) for numbers in self._by_key.values())

    def _say_flood(self, now_ns: int) -> None:
        if self.load.in_flood == self._was_in_flood:
            return
        self._was_in_flood = self.load.in_flood
        rate = self.load.last_period(now_ns)
        if self.load.in_flood:
            text = f"{rate:.0f} alerts in ten minutes a position: those of low priority are put together until it ebbs"
            self.notices.append(("alarm", "alert_flood_began", text))
        else:
            self.notices.append(("info", "alert_flood_ended", f"{rate:.0f} alerts in the last ten minutes a position"))

    # -- snapshots

    def state(self) -> dict[str, Any]:
        """Return what a snapshot must hold."""
        return {
            "load": self.load.state(),
            "alerts": [msgspec.to_builtins(alert) for alert in self._alerts.values()],
            "next_number": self._next_number,
            "by_object": [[one, [[*key, no] for key, no in by.items()]] for one, by in self._by_object.items()],
            "by_key": [[*key, list(numbers)] for key, numbers in self._by_key.items()],
            "group_of": list(self._group_of.items()),
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
        self._next_number = state["next_number"]
        self._by_object = {one: {(rule, asset): no for rule, asset, no in by} for one, by in state["by_object"]}
        self._by_key = {(rule, asset): dict.fromkeys(numbers) for rule, asset, numbers in state["by_key"]}
        self._group_of = dict(state["group_of"])
        self._pending = {
            (rule, asset, one): (since_ns, msgspec.convert(cause, Cause))
            for rule, asset, one, since_ns, cause in state["pending"]
        }
        self._drifted = dict.fromkeys(state["drifted"])
        self.out_of_service = {(rule, asset): Out(*out) for rule, asset, *out in state["out_of_service"]}
        self._full_told_ns, self._was_in_flood = state["told"]


def _fit(cause: Cause) -> Cause:
    """Return a cause whose texts are no longer than they may be."""
    if len(cause.rule) <= NAME_SIGNS_MAX and len(cause.asset) <= NAME_SIGNS_MAX and len(cause.text) <= TEXT_SIGNS_MAX:
        return cause
    return msgspec.structs.replace(
        cause,
        rule=cause.rule[:NAME_SIGNS_MAX],
        asset=cause.asset[:NAME_SIGNS_MAX],
        text=cause.text[:TEXT_SIGNS_MAX],
    )


def _shares(member: Member, objects: list[int]) -> bool:
    return (member.group > 0 and -member.group in objects) or not {*objects}.isdisjoint(member.track_nos)


def _member_about(alert: Record, objects: list[int]) -> Member:
    """Return which of an alert's objects a cause is about."""
    return next((member for member in alert.members if _shares(member, objects)), alert.members[0])
