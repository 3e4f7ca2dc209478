"""Causes become alerts: one for each object and cause, one for a swarm, and none is ever lost or hidden."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from typing import Final

import msgspec

from skydas.model import NS_PER_S, Cause
from skydas.respond.index import NO_OBJECT
from skydas.respond.joins import Move, Moves, distance_m, moves_alike
from skydas.respond.life import ask, come_back, escalate, hush, is_over, must_ask_again, return_, weigh
from skydas.respond.members import apart, member_about, shares, shown, together
from skydas.respond.params import Rule
from skydas.respond.priority import priority_of
from skydas.respond.record import (
    MEMBER_TRACKS_MAX,
    MEMBERS_MAX,
    NAME_SIGNS_MAX,
    QUIET,
    TEXT_SIGNS_MAX,
    WAITING,
    Key,
    Member,
    Record,
    member_of,
    objects_of,
)
from skydas.respond.table import Table

ALERTS_MAX: Final = 2_000  # that are open
OBJECTS_MAX: Final = 20_000  # of all alerts: tracks and groups that lead to one
LOOKED_AT_MAX: Final = 256  # alerts, and objects in them, that a new object is held against; the newest first
CLOSED_MAX: Final = 5_000  # that are remembered until they may come again as new ones
MOVED_MAX: Final = 64  # objects of one alert whose place follows their track each second; the newest
ESCALATED_TOLD_MAX: Final = 5  # in one second
CAUSES_MAX: Final = 20_000  # of one step
PENDING_MAX: Final = 10_000  # causes that must stand for a while first
AREA_M: Final = 30_000.0  # causes of no track that are nearer than this are about the same thing


class Alerts(Table):
    """Takes causes and lets time pass; `answers` has what people do."""

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
        self._follow(moves)
        for key, (since_ns, cause) in list(self._pending.items()):
            if now_ns - since_ns >= self.rule(cause.rule).on_s * NS_PER_S:
                del self._pending[key]
                self._raise(now_ns, cause, moves)
        for alert in list(self._alerts.values()):
            if alert.is_open:
                self._live(now_ns, alert)
            elif self._is_forgotten(now_ns, alert):
                self._forget(alert)
        self._say_escalated(now_ns)
        self.load.second(now_ns)
        self._say_flood(now_ns)
        due_ns = now_ns - round(self.params.repeat_s * NS_PER_S)
        for number in list(self._drifted):
            if number not in self._alerts:
                del self._drifted[number]
            elif self._alerts[number].told_ns <= due_ns:
                self._changed[number] = None

    def begin_again(self, now_ns: int) -> None:
        """Note that every stage begins again: what still holds will be told again, and the tracks are others."""
        for alert in self._alerts.values():
            for member in alert.members:
                member.over_ns = member.over_ns or now_ns
        self._pending.clear()

    def lost(self, now_ns: int, track_nos: list[int]) -> None:
        """Note that these tracks ended."""
        self.index.group((track_no, 0) for track_no in track_nos)
        for track_no in track_nos:
            for number in self.index.about(track_no).values():
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

    def renumber(self, now_ns: int, old_no: int, new_no: int) -> None:
        """Note that a track goes on under another number: a person merged or renumbered it."""
        for key, number in list(self.index.take(old_no).items()):
            alert = self._alerts[number]
            for member in alert.members:
                member.lost = [no for no in member.lost if no != old_no]
                member.track_nos = list(dict.fromkeys(new_no if no == old_no else no for no in member.track_nos))
            there = self.index.about(new_no).get(key)
            if there is not None and there != number:
                self._unite(now_ns, [there, number])
            else:
                self.index.point([new_no], alert)
                self.tell(alert)

    # -- from a cause to its alert

    def _take(self, now_ns: int, cause: Cause, moves: Moves) -> None:
        objects = self.index.objects(cause)
        found = self._find(cause, objects)
        if found:
            alert = self._alerts[found[0]] if len(found) == 1 else self._unite(now_ns, found)
            self._update(now_ns, alert, cause, objects, moves)
            return
        rule = self.rule(cause.rule)
        waiting = (cause.rule, cause.asset, objects[0])
        elsewhere = self._elsewhere(now_ns, cause, objects)
        if cause.score < rule.score_min:
            self._pending.pop(waiting, None)
            for alert in elsewhere:  # it matters less, for whichever asset it was said to matter
                self._update(now_ns, alert, cause, objects, moves)
            return
        if elsewhere:
            self._turn(now_ns, elsewhere, cause, objects, moves)
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

    def _find(self, cause: Cause, objects: list[int]) -> list[int]:
        """Return the alerts that are about the same object and cause, the oldest first."""
        key = (cause.rule, cause.asset)
        found = self.index.find(key, objects)
        if objects != [NO_OBJECT]:
            return found
        same = (no for no in [*self.index.open(key), *found] if self._is_placed_there(self._alerts[no], cause))
        return list(itertools.islice(same, 1))

    def _elsewhere(self, now_ns: int, cause: Cause, objects: list[int]) -> list[Record]:
        """Return the alerts of the same rule about the same object and another asset, unless this step confirmed them.

        A stage that sees an object turn to another asset says so, and says no more of the first one.
        """
        numbers = {
            number
            for one in objects
            for key, number in self.index.about(one).items()
            if one != NO_OBJECT and key[0] == cause.rule and key[1] != cause.asset
        }
        alerts = [self._alerts[number] for number in sorted(numbers)]
        return [alert for alert in alerts if member_about(alert, objects).heard_ns < now_ns]

    def _turn(self, now_ns: int, alerts: list[Record], cause: Cause, objects: list[int], moves: Moves) -> None:
        """Let the alert of an object that turned to another asset go on as one about that asset."""
        for alert in alerts[1:]:
            member = member_about(alert, objects)
            member.over_ns = member.over_ns or now_ns
        alert = alerts[0]
        if len(alert.members) > 1 and self._flies_along(alert, cause, objects, moves):
            self._update(now_ns, alert, cause, objects, moves)
        elif len(alert.members) == 1:
            self.index.rename(alert, cause.asset)
            self.tell(alert)
            self._update(now_ns, alert, cause, objects, moves)
        else:
            self._take_out(now_ns, alert, member_about(alert, objects))
            self._raise(now_ns, cause, moves)

    def _flies_along(self, alert: Record, cause: Cause, objects: list[int], moves: Moves) -> bool:
        """Return whether an object still moves as others of its alert do, whichever asset it is nearest to."""
        member, move = member_about(alert, objects), moves.first_of([one for one in objects if one > 0])
        others = [other for other in alert.members if other is not member and other.over_ns == 0]
        return self.rule(cause.rule).joins and move is not None and self._is_near_one(move, others)

    def _is_near_one(self, move: Move, others: Iterable[Member]) -> bool:
        apart_m, apart_mps = self.params.swarm_m, self.params.swarm_mps
        return any(other.move is not None and moves_alike(other.move, move, apart_m, apart_mps) for other in others)

    def _take_out(self, now_ns: int, alert: Record, member: Member) -> None:
        alert.members.remove(member)
        self.index.unpoint(objects_of(member), alert)
        self._settle(now_ns, alert)
        self.tell(alert)

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
        objects = self.index.objects(cause)
        if found := self._find(cause, objects):  # it waited, and another cause came first
            self._update(now_ns, self._alerts[found[0]], cause, objects, moves)
            return
        rule, key = self.rule(cause.rule), (cause.rule, cause.asset)
        track_nos = [one for one in objects if one > 0]
        member = member_of(cause, track_nos, -min(objects[0], 0), moves.first_of(track_nos))
        member.heard_ns = now_ns
        if self.index.object_count >= OBJECTS_MAX:
            self._say_full(now_ns)
            return
        alert = self._joined(key, rule, member)
        if alert is not None:
            alert.members.append(member)
            self.index.point(objects, alert)
            self._settle(now_ns, alert)
            self.tell(alert)
        elif self.index.open_count < ALERTS_MAX:
            self._begin(now_ns, cause, objects, member)
        else:
            self._say_full(now_ns)

    def _begin(self, now_ns: int, cause: Cause, objects: list[int], member: Member) -> None:
        rule = self.rule(cause.rule)
        alert = Record(
            number=self.next_number,
            rule=cause.rule,
            asset=cause.asset,
            priority=priority_of(member.score, rule),
            state="unacknowledged",
            members=[member],
            raised_ns=now_ns,
            changed_ns=now_ns,
            delay_s=max(now_ns - cause.plot_ns, 0) / NS_PER_S if cause.plot_ns else 0.0,
        )
        self.next_number += 1
        self._alerts[alert.number] = alert
        self.index.point(objects, alert)
        self.index.note(alert)
        weigh(alert, rule)
        ask(alert, now_ns, self.load, self.quiet(alert))
        self.tell(alert)

    def _update(self, now_ns: int, alert: Record, cause: Cause, objects: list[int], moves: Moves) -> None:
        """Let an alert follow what is said of one of its objects."""
        rule = self.rule(cause.rule)
        before = shown(alert)
        member = apart(alert, together(alert, objects), objects)
        member.heard_ns = now_ns
        track_nos = [one for one in objects if one > 0]
        stands = cause.score >= rule.score_min
        fresh = member_of(cause, track_nos, -min(objects[0], 0), moves.first_of(track_nos) or member.move)
        if stands and member.is_bundled and priority_of(fresh.score, rule) < 3 and len(alert.members) > 1:
            self._take_out(now_ns, alert, member)  # more urgent than what it was put together with
            self._raise(now_ns, cause, moves)
            return
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
        self.index.point(objects, alert)
        if before != shown(alert) and alert.is_open:
            self.tell(alert)
        elif drifted and alert.is_open:
            self._drifted[alert.number] = None
        self._settle(now_ns, alert)

    def _settle(self, now_ns: int, alert: Record) -> None:
        """Let state and priority follow from the objects."""
        if not alert.standing():
            return
        before = (alert.state, alert.priority, alert.is_active)
        more_urgent = weigh(alert, self.rule(alert.rule))
        if not alert.is_active or not alert.is_open:
            come_back(alert, now_ns, self.load, self.quiet(alert))
        if must_ask_again(alert, self.params):
            ask(alert, now_ns, self.load, self.quiet(alert))
        elif more_urgent and alert.state in WAITING:
            alert.escalated, alert.is_silenced = 0, False  # its steps are now those of the higher priority
        self.index.note(alert)
        if before != (alert.state, alert.priority, alert.is_active):
            self.tell(alert)

    # -- what belongs together

    def _joined(self, key: Key, rule: Rule, member: Member) -> Record | None:
        """Return the open alert of the same rule that a new object goes into; None: it is its own.

        It goes with the swarm that it moves with, whichever asset each of them is nearest to; in a flood, if it is of
        low priority, with others of low priority about the same asset; and anywhere there when there is no room.
        """
        newest = itertools.islice(reversed(self.index.open(key)), LOOKED_AT_MAX)
        there = [self._alerts[number] for number in newest]
        there = [alert for alert in there if len(alert.members) < MEMBERS_MAX]
        if rule.joins and member.move is not None and (alert := self._swarm_of(key, member, there)) is not None:
            self.load.joined_count += 1
            return alert
        if self.index.open_count >= ALERTS_MAX:
            found = there[:1]
        elif self.load.in_flood and priority_of(member.score, rule) == 3:
            found = [alert for alert in there if alert.priority == 3 and alert.state not in QUIET][:1]
        else:
            found = []
        self.load.bundled_count += len(found)
        member.is_bundled = bool(found)
        return found[0] if found else None

    def _swarm_of(self, key: Key, member: Member, there: list[Record]) -> Record | None:
        """Return the alert with which a new object flies: one of `there`, about its asset, before any of its rule."""
        assert member.move is not None
        newest = itertools.islice(reversed(self._alerts.values()), LOOKED_AT_MAX)
        of_rule = [alert for alert in newest if alert.is_open and alert.rule == key[0] and alert.asset != key[1]]
        looked_at = 0
        for alert in [*there, *of_rule]:
            if alert.state in ("shelved", "out_of_service") or len(alert.members) >= MEMBERS_MAX:
                continue
            if any(shares(other, member.track_nos) for other in alert.members):
                continue  # it is about this object already, and another asset
            others = alert.members[::-1][: LOOKED_AT_MAX - looked_at]
            looked_at += len(others)
            if self._is_near_one(member.move, others):
                return alert
        return None

    def _say_full(self, now_ns: int) -> None:
        """Count and tell that something is not shown because there are too many alerts."""
        self.load.refused["alerts_full"] += 1
        if now_ns - self._full_told_ns > 60 * NS_PER_S:
            self._full_told_ns = now_ns
            text = "no more alerts can be raised, too many are open: acknowledge what is over, reject what is none"
            self.notices.append(("alarm", "alerts_full", text))

    def _unite(self, now_ns: int, found: list[int]) -> Record:
        """Make one alert of several that turned out to be about one object: the oldest open one goes on."""
        numbers = sorted(found, key=lambda number: (not self._alerts[number].is_open, number))
        kept = self._alerts[numbers[0]]
        for number in numbers[1:]:
            alert = self._alerts[number]
            for member in alert.members:
                objects = objects_of(member)
                same = next((one for one in kept.members if shares(one, objects)), None)
                if same is None and len(kept.members) < MEMBERS_MAX:
                    kept.members.append(member)
                elif same is not None:
                    same.track_nos = list(dict.fromkeys(same.track_nos + member.track_nos))
                    same.lost = [no for no in dict.fromkeys(same.lost + member.lost) if no in same.track_nos]
                    same.group = same.group or member.group
                    same.over_ns = 0 if 0 in (same.over_ns, member.over_ns) else max(same.over_ns, member.over_ns)
                self.index.point(objects, kept)
            if alert.is_open:
                alert.joined_to = kept.number
                self.end(now_ns, alert, f"part of alert {kept.number}")
        self._settle(now_ns, kept)
        self.tell(kept)
        return kept

    # -- what time brings

    def _live(self, now_ns: int, alert: Record) -> None:
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
            self._escalated.append(alert)
        if len(alert.members) > 1:
            self._drop_members(now_ns, alert)

    def _suppress(self, now_ns: int, alert: Record) -> None:
        """Let an alert be quiet while another one about the same object says it already."""
        quiet = self.quiet(alert)
        if quiet is not None and quiet[0] == "suppressed" and alert.state in (*WAITING, "acknowledged"):
            hush(alert, now_ns, quiet)
            self.tell(alert)
        elif quiet is None and alert.state == "suppressed":
            ask(alert, now_ns, self.load, None)
            self.tell(alert)

    def _drop_members(self, now_ns: int, alert: Record) -> None:
        """Forget objects whose cause has long been over, as long as one is left."""
        old_ns = now_ns - round(self.params.rearm_s * NS_PER_S)
        old = [member for member in alert.members if 0 < member.over_ns < old_ns]
        for member in old[: len(alert.members) - 1]:
            alert.members.remove(member)
            self.index.unpoint(objects_of(member), alert)
            self.tell(alert)

    def _follow(self, moves: Moves) -> None:
        """Let the newest objects' places follow their tracks: newcomers are held against those."""
        members = [
            member
            for alert in self._alerts.values()
            if alert.is_open
            for member in alert.members[-MOVED_MAX:]
            if member.track_nos
        ]
        for member, move in zip(members, moves.of_many([one.track_nos[0] for one in members]), strict=True):
            if move is not None:
                member.move = move
                member.latitude_deg, member.longitude_deg = move.latitude_deg, move.longitude_deg

    def _is_forgotten(self, now_ns: int, alert: Record) -> bool:
        """Return whether a closed alert's cause may raise a new one: it has been over for long enough."""
        since_ns = alert.over_ns
        if not alert.joined_to:
            since_ns = max([since_ns, *(member.over_ns or now_ns for member in alert.members)])
        is_late = now_ns - since_ns > self.params.rearm_s * NS_PER_S or len(self._alerts) > ALERTS_MAX + CLOSED_MAX
        return is_late and alert.number not in self._changed

    def _forget(self, alert: Record) -> None:
        self.index.unpoint(alert.objects, alert)
        del self._alerts[alert.number]

    def _say_escalated(self, now_ns: int) -> None:
        """Tell whom the alerts go to that nobody answered; of many in one second the most urgent, and how many more."""
        escalated = sorted(self._escalated, key=lambda alert: (alert.priority, alert.number))
        self._escalated.clear()
        names = self.params.escalate_to
        for alert in escalated[:ESCALATED_TOLD_MAX]:
            to = names[min(alert.escalated, len(names)) - 1] if names else "everybody"
            waited_s = (now_ns - alert.waits_ns) / NS_PER_S
            text = f"alert {alert.number}, nobody answered in {waited_s:.0f} s, to {to}: {alert.worst().text}"
            self.notices.append(("warning", "alert_escalated", text))
        if (more := len(escalated) - ESCALATED_TOLD_MAX) > 0:
            self.notices.append(("warning", "alert_escalated", f"and {more} more alerts that nobody answered"))

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
