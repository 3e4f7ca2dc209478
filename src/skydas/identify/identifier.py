"""What every track is said to be: evidence comes in, class and identity with their reasons come out.

Evidence is taken together in every quarter of a second. A track is judged when it is new or shows a new kind of
evidence or code, and otherwise in its turn: once a second while it is young, then every four. The last judgement
stands in the ledger, ready for every row that is shown.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
import numpy as np

from skydas.identify.classes import (
    AIRCRAFT,
    THREATS,
    WORD_ACCURACY,
    WORD_ACCURACY_OTHER,
    prior_log,
    word_table,
)
from skydas.identify.evidence_kernels import fill
from skydas.identify.flights import Flight, FlightList, Match, Standing, standing
from skydas.identify.ledger import SENSOR_KINDS, Ledger
from skydas.identify.motion import Motion, MotionParams
from skydas.identify.overrides import Overrides
from skydas.identify.params import IdentifyParams
from skydas.identify.rules import Known, PlanState, Rule, judge
from skydas.identify.weigh import Settled, Weighed, settle, smallest_sets, weigh
from skydas.identify.words import class_words, evidence_of, other_evidence, pieces_of, plan_words, rule_words
from skydas.model import (
    CLASS_COUNT,
    CLASS_WORDS,
    MODE_3A_UNKNOWN,
    NS_PER_S,
    PLOT,
    PROVISIONAL_NO,
    BoolArray,
    Cause,
    Identity,
    IntArray,
    ObjectClass,
    Rows,
    SensorConfig,
    TrackStatus,
    empty_plots,
    empty_tracks,
)

PLOTS_WAITING_MAX: Final = 20_000  # evidence is taken at once where more would wait
NAMES_MAX: Final = 65_536  # of objects, as Remote ID sends them
TAKEN_EVERY_NS: Final = NS_PER_S // 4
YOUNG_NS: Final = 30 * NS_PER_S
YOUNG_EVERY_NS: Final = NS_PER_S
TURN_S: Final = 4  # what is no longer young is sampled and judged once in so many seconds
MOTION_TURNS: Final = 40  # quarters of a second in which the classifier of motion is asked about every track once
JUDGED_AT_ONCE_MAX: Final = 1_000  # the rest waits a quarter of a second
TOLD_EVERY_NS: Final = NS_PER_S  # of one track, where identity, rule or likeliest class changed
REASONS_TOLD_EVERY_NS: Final = 10 * NS_PER_S  # where only the evidence or a probability did
TOLD_AT_ONCE_MAX: Final = 100  # likewise: a fact with all its evidence in words takes a tenth of a millisecond
CHANGE_MIN: Final = 0.1  # of a class's probability, to be told
PLAN_ACCURACY: Final = 0.9  # a stated class is right so often, of flights that agree


class Identifier:
    """All tracks of one node."""

    def __init__(self, params: IdentifyParams, sensors: Sequence[SensorConfig], flights: Sequence[Flight]) -> None:
        self.overrides = Overrides()
        self.ledger = Ledger()
        self._params = params
        self._names = [sensor.name for sensor in sensors]
        self._kinds = np.array([SENSOR_KINDS.get(sensor.kind, 0) for sensor in sensors], np.int64)
        accuracy = params.word_accuracy
        self.tables = np.array(
            [
                word_table(accuracy.get(sensor.name, WORD_ACCURACY.get(sensor.kind, WORD_ACCURACY_OTHER)))
                for sensor in sensors
            ]
        )
        self._prior_log = prior_log(params.prior)
        self._flights = FlightList(flights)
        self._matches: dict[int, Match] = {}  # track -> the flight it is compared with
        self._contradictions: dict[int, dict[str, Cause]] = {}  # track -> check -> what is wrong
        self._waiting: list[tuple[Rows, IntArray]] = []
        self._waiting_count = 0
        self._object_names: dict[int, str] = {}
        self._taken_ns = 0
        self._motion = Motion(MotionParams())
        self._told: list[dict[str, Any]] = []

    def use_flights(self, flights: Sequence[Flight]) -> None:
        """Hold these flights against every track from now on."""
        self._flights = FlightList(flights)
        self._matches.clear()
        rows = self.ledger.living()
        self.ledger.held["changed"][rows] = self.ledger.held["new"][rows] = True

    def step(
        self, now_ns: int, plots: Rows, owner: IntArray, names: dict[int, str], tracks: Rows
    ) -> list[dict[str, Any]]:
        """Note what one input brought and fill in the tracks' columns; return the fields of each `Identified` due.

        plots, owner : PLOT (n,) and the number of the track that each is surely of, or -1
        names        : key of an object or sensor -> its name
        tracks       : TRACK (k,) that changed; identity and class_probability are filled in
        """
        self.put(plots, owner)
        self._object_names.update(names)
        rows = self.ledger.rows(tracks["track_no"])
        fresh = np.flatnonzero((rows < 0) & _is_shown(tracks))
        for at in fresh.tolist():
            track_no = int(tracks["track_no"][at])
            row = self.ledger.row(track_no)
            rows[at] = row if row >= 0 else self.ledger.add(now_ns, track_no)
        if len(fresh):
            self.ledger.sample(now_ns, tracks[fresh], rows[fresh])
        self._motion.step(now_ns, tracks)
        if len(fresh) or now_ns - self._taken_ns >= TAKEN_EVERY_NS or self._waiting_count > PLOTS_WAITING_MAX:
            self._take(now_ns)
        fill(tracks, rows, self.ledger.held)
        for at in np.flatnonzero((rows >= 0) & (tracks["status"] == TrackStatus.DROPPED)).tolist():
            self._end(int(tracks["track_no"][at]))
        return self._now_told()

    def put(self, plots: Rows, owner: IntArray) -> None:
        """Put by what plots say, PLOT (n,), of the tracks that they are surely of; -1 of none. It is taken in later."""
        if len(plots) and owner.max() >= 0:
            self._waiting.append((plots, owner))
            self._waiting_count += len(plots)

    def stand(self, tracks: Rows) -> bool:
        """Fill in the columns of TRACK (k,) as judged last; return whether a track is new here."""
        rows = self.ledger.rows(tracks["track_no"])
        fill(tracks, rows, self.ledger.held)
        return bool((rows < 0).any() and (_is_shown(tracks) & (rows < 0)).any())

    def second(self, now_ns: int, picture: Rows) -> list[dict[str, Any]]:
        """Look at the motion of those of TRACK (k,), all tracks, whose turn it is, and fill in the columns of all.

        Return the fields of what is due.
        """
        rows = self.ledger.rows(picture["track_no"])
        turn = now_ns // NS_PER_S % TURN_S
        in_turn = (now_ns - self.ledger.held["born_ns"][rows] < YOUNG_NS) | (rows % TURN_S == turn)
        seen = np.flatnonzero((rows >= 0) & in_turn & (picture["status"] == TrackStatus.CONFIRMED))
        self.ledger.sample(now_ns, picture[seen], rows[seen])
        self.ledger.held["changed"][turn::TURN_S] = True  # evidence ages, though nothing new comes
        self._take(now_ns)
        fill(picture, rows, self.ledger.held)
        return self._now_told()

    def judge_now(self, now_ns: int, track_no: int) -> list[dict[str, Any]]:
        """Judge one track at once, after a person's word; return the fields of what is due."""
        row = self.ledger.row(track_no)
        if row >= 0:
            self._judge(now_ns, np.array([row]), is_wanted=True)
        return self._now_told()

    def contradict(self, cause: Cause) -> None:
        """Take what a deception check says of tracks; a score that is too low ends what it said before."""
        for track_no in cause.track_nos:
            row = self.ledger.row(track_no)
            if row < 0:
                continue
            standing = self._contradictions.setdefault(track_no, {})
            if cause.score >= self._params.contradiction_score:
                standing[cause.rule] = cause
            else:
                standing.pop(cause.rule, None)
            if not standing:
                del self._contradictions[track_no]
            self.ledger.held["changed"][row] = self.ledger.held["new"][row] = True

    def _take(self, now_ns: int) -> None:
        """Enter the plots that wait; judge the tracks of which something is new."""
        if now_ns // TAKEN_EVERY_NS != self._taken_ns // TAKEN_EVERY_NS:
            self._ask_motion(now_ns)
        self._taken_ns = now_ns
        if self._waiting:
            plots = np.frombuffer(b"".join(part.tobytes() for part, _ in self._waiting), PLOT)
            owner = np.concatenate([part for _, part in self._waiting])
            self._waiting.clear()
            self._waiting_count = 0
            self.ledger.absorb(plots, self.ledger.rows(owner), self._kinds)
            if len(self._object_names) > NAMES_MAX:
                used = set(self.ledger.held["object"].tolist())
                self._object_names = {key: name for key, name in self._object_names.items() if key in used}
        held = self.ledger.held
        rest_ns = np.where(now_ns - held["born_ns"] < YOUNG_NS, YOUNG_EVERY_NS, TURN_S * NS_PER_S)
        due = held["new"] | (now_ns - held["judged_ns"] >= rest_ns)
        due &= now_ns - held["told_ns"] >= TOLD_EVERY_NS  # what could not be told yet is not thought either
        rows = np.flatnonzero(due & held["changed"] & (held["track_no"] > 0))
        if len(rows) > JUDGED_AT_ONCE_MAX:
            order = np.lexsort((held["judged_ns"][rows], ~held["new"][rows]))
            rows = np.sort(rows[order[:JUDGED_AT_ONCE_MAX]])
        if len(rows):
            self._judge(now_ns, rows)

    def _ask_motion(self, now_ns: int) -> None:
        """Ask the classifier of motion about the tracks whose turn it is."""
        held = self.ledger.held
        rows = np.arange(now_ns // TAKEN_EVERY_NS % MOTION_TURNS, len(held), MOTION_TURNS)
        rows = rows[(held["track_no"][rows] > 0) & ~np.isnan(held["speed_mps"][rows])]
        if len(rows) == 0:
            return
        judged = self._motion.judge(now_ns, held["track_no"][rows].astype(np.int64))
        can_tell = judged.window_s > 0.0
        rows = rows[can_tell]
        held["motion"][rows], held["motion_s"][rows] = judged.log_ratio[can_tell], judged.window_s[can_tell]
        held["motion_ns"][rows] = held["sampled_ns"][rows]
        held["changed"][rows] = True

    def _end(self, track_no: int) -> None:
        row = self.ledger.row(track_no)
        if row < 0:
            return
        if self.ledger.held["told_ns"][row]:
            identity = Identity(int(self.ledger.held["identity"][row]))
            over = {"track_no": track_no, "identity": identity, "rule": "the track ended", "class_probability": {}}
            self._told.append(over | {"is_over": True})
        self.ledger.drop(track_no)
        self._motion.forget(np.array([track_no]))
        self._matches.pop(track_no, None)
        self._contradictions.pop(track_no, None)

    def _judge(self, now_ns: int, rows: IntArray, is_wanted: bool = False) -> None:
        """Judge the tracks of these rows of the ledger; what changed, or is wanted, is to be told."""
        held = self.ledger.held
        numbers = held["track_no"][rows].astype(np.int64)
        standings = dict(self._standings(now_ns, rows))
        planned = np.zeros((len(rows), CLASS_COUNT))
        for k, (match, found) in standings.items():
            if match.flight.class_no >= 0 and found.state >= PlanState.AGREES:
                planned[k] = _PLANNED[match.flight.class_no]
        weighed = weigh(self.ledger, rows, now_ns, self.tables, planned)
        settled = settle(self.ledger, rows, weighed, self._prior_log)
        known = self._known(now_ns, rows, settled, standings)
        identity, rule = judge(known, self._params)
        probability = settled.probability
        probability[~settled.can_tell] = np.nan
        self.overrides.set_classes(numbers, probability)
        held["identity"][rows], held["rule"][rows] = identity, rule
        held["probability"][rows] = probability
        held["there"][rows], held["stale"][rows] = settled.kinds, settled.stale_kinds
        held["judged_ns"][rows] = now_ns
        held["changed"][rows] = held["new"][rows] = False
        due = np.arange(len(rows)) if is_wanted else self._first_due(now_ns, rows)
        if len(due):
            self._tell(now_ns, due, rows, weighed, known, standings)

    def _standings(self, now_ns: int, rows: IntArray) -> Iterator[tuple[int, tuple[Match, Standing]]]:
        """Yield position in `rows`, flight and standing of the tracks that are compared with an expected flight."""
        held = self.ledger.held
        for row in rows[held["new"][rows]].tolist():
            one = held[row]
            mode_3a = -1 if one["mode_3a"] == MODE_3A_UNKNOWN else int(one["mode_3a"])
            callsign = one["callsign"].decode("ascii", "replace").strip()
            match = self._flights.match(now_ns, int(one["mode_s"]), callsign, mode_3a, int(one["object"]))
            if match is not None:
                self._matches[int(one["track_no"])] = match
            else:
                self._matches.pop(int(one["track_no"]), None)
        if self._matches:
            for k, track_no in enumerate(held["track_no"][rows].tolist()):
                if (match := self._matches.get(track_no)) is not None:
                    latitude_deg, longitude_deg = (
                        float(held[name][rows[k]]) for name in ("latitude_deg", "longitude_deg")
                    )
                    place = None if np.isnan(latitude_deg) else (latitude_deg, longitude_deg)
                    yield k, (match, standing(match, now_ns, place, self._params))

    def _known(
        self,
        now_ns: int,
        rows: IntArray,
        settled: Settled,
        standings: dict[int, tuple[Match, Standing]],
    ) -> Known:
        """Return what the rules look at."""
        params, held = self._params, self.ledger.held
        numbers = held["track_no"][rows].astype(np.int64)
        probability = settled.probability * settled.can_tell[:, None]
        plan = np.zeros(len(rows), np.int64)
        friend = np.zeros(len(rows), np.bool_)
        for k, (match, found) in standings.items():
            plan[k], friend[k] = found.state, match.flight.is_friend
        fresh_s = (now_ns - held["measured_ns"][rows]) / NS_PER_S
        return Known(
            person=self.overrides.identities(numbers),
            contradicted=self._are_contradicted(numbers),
            mode_3a=held["mode_3a"][rows].astype(np.int64),
            corroborated=(held["measured"][rows] >= params.corroborated_min) & (fresh_s <= params.corroborated_s),
            claims=settled.claims,
            has_code=held["mode_s"][rows] > 0,
            plan=plan,
            plan_friend=friend,
            p_bird=probability[:, ObjectClass.BIRD],
            p_aircraft=probability[:, list(AIRCRAFT)].sum(axis=1),
            p_threat=probability[:, list(THREATS)].sum(axis=1),
            threat_kinds=settled.threat_kinds,
            age_s=(now_ns - held["born_ns"][rows]) / NS_PER_S,
            before=held["rule"][rows].astype(np.int64),
        )

    def _are_contradicted(self, numbers: IntArray) -> BoolArray:
        if not self._contradictions:
            return np.zeros(len(numbers), np.bool_)
        return np.array([number in self._contradictions for number in numbers.tolist()], np.bool_)

    def _first_due(self, now_ns: int, rows: IntArray) -> IntArray:
        """Return which of these rows are told now; of those that cannot be, the least urgent wait for the next time."""
        held = self.ledger.held[rows]
        differs, for_other_reasons = _differs(held)
        since_ns = now_ns - held["told_ns"]
        may = differs & ((held["told_ns"] == 0) | (since_ns >= TOLD_EVERY_NS))
        may |= for_other_reasons & (since_ns >= REASONS_TOLD_EVERY_NS)
        self.ledger.held["changed"][rows[differs & ~may]] = True  # looked at again when it may be told
        again = (held["told_ns"] > 0) & (since_ns >= self._params.told_again_s * NS_PER_S)
        due = np.flatnonzero(may | again)
        if len(due) <= TOLD_AT_ONCE_MAX:
            return due
        held = held[due]
        changed = held["identity"] != held["told_identity"]
        order = np.lexsort((held["told_ns"], ~changed, held["identity"] < Identity.SUSPECT))
        self.ledger.held["changed"][rows[due[order[TOLD_AT_ONCE_MAX:]]]] = True
        return np.sort(due[order[:TOLD_AT_ONCE_MAX]])

    def _tell(
        self,
        now_ns: int,
        due: IntArray,
        rows: IntArray,
        weighed: Weighed,
        known: Known,
        standings: dict[int, tuple[Match, Standing]],
    ) -> None:
        """Put the fields of the `Identified` of some of the rows with what is to be told."""
        held = self.ledger.held
        for name in ("identity", "rule", "probability", "there", "stale"):
            held[f"told_{name}"][rows[due]] = held[name][rows[due]]
        held["told_ns"][rows[due]] = now_ns
        probability = held["probability"][rows[due]].astype(np.float64)
        sets, pieces = smallest_sets(probability), pieces_of(weighed, due, self._prior_log)
        classifier = f"classifier {self._motion.model.sha256[:12]}"
        for k, chance, likely, piece in zip(due.tolist(), probability.tolist(), sets, pieces, strict=True):
            row = int(rows[k])
            one = held[row]
            track_no, rule, plan = int(one["track_no"]), Rule(int(one["rule"])), standings.get(k)
            override = self.overrides.of(track_no)
            contradictions = list(self._contradictions.get(track_no, {}).values())
            can_tell = not math.isnan(chance[0])
            plan_text = "" if plan is None else plan_words(plan)
            object_name = self._object_names.get(int(one["object"]), "")
            evidence = evidence_of(one, self.ledger.slots[row], piece, self._names, object_name, plan_text, classifier)
            evidence += other_evidence(now_ns, override, contradictions)
            self._told.append(
                {
                    "track_no": track_no,
                    "identity": Identity(int(one["identity"])),
                    "rule": rule_words(rule, known, k, plan, contradictions, override),
                    "class_probability": class_words(chance) if can_tell else {},
                    "set_words": tuple(CLASS_WORDS[c] for c in likely) if can_tell else (),
                    "evidence": tuple(evidence),
                    "overridden_by": "" if override is None else override.who,
                    "suggested": "" if override is None else self._suggested(known, k, plan, contradictions),
                    "flight": "" if plan is None else plan[0].flight.name,
                }
            )

    def _suggested(self, known: Known, k: int, plan: tuple[Match, Standing] | None, contradictions: list[Cause]) -> str:
        """Return what would be said of one track without the person's word."""
        without, why = judge(known._replace(person=np.full(len(known.person), -1)), self._params)
        said = rule_words(Rule(int(why[k])), known, k, plan, contradictions, None)
        return f"{Identity(int(without[k])).name.lower()}: {said}"

    def _now_told(self) -> list[dict[str, Any]]:
        told, self._told = self._told, []
        return told

    def state(self) -> dict[str, Any]:
        """Return everything that the next step depends on."""
        return {
            "ledger": self.ledger.state(),
            "overrides": self.overrides.state(),
            "contradictions": [
                [number, [msgspec.to_builtins(cause) for cause in found.values()]]
                for number, found in self._contradictions.items()
            ],
            "matches": [
                [number, match.flight.name, match.agrees, match.differs] for number, match in self._matches.items()
            ],
            "waiting": [[plots.tobytes(), owner.tobytes()] for plots, owner in self._waiting],
            "names": list(self._object_names.items()),
            "taken_ns": self._taken_ns,
            "motion": self._motion.state(),
        }

    def restore(self, state: dict[str, Any], flights: Sequence[Flight]) -> None:
        """Take back what `state` returned, with the flights that were expected then."""
        self._flights = FlightList(flights)
        self.ledger.restore(state["ledger"])
        known = self._flights.flights
        self._matches = {
            number: Match(known[name], tuple(agrees), tuple(differs))
            for number, name, agrees, differs in state["matches"]
        }
        self.overrides.restore(state["overrides"])
        self._contradictions = {
            number: {cause.rule: cause for cause in msgspec.convert(found, list[Cause])}
            for number, found in state["contradictions"]
        }
        self._waiting = [(np.frombuffer(a, PLOT), np.frombuffer(b, np.int64)) for a, b in state["waiting"]]
        self._waiting_count = sum(len(plots) for plots, _ in self._waiting)
        self._object_names = dict(state["names"])
        self._taken_ns = state["taken_ns"]
        self._motion.restore(state["motion"])


def _differs(held: Rows) -> tuple[BoolArray, BoolArray]:
    """Return which rows of HELD (k,) are another thing than they were told to be, and which are that for other reasons.

    Another thing is another identity, rule or likeliest class; other reasons are other evidence or a probability that
    moved. Of the rest nothing new can be said.
    """
    can_tell, could_tell = ~np.isnan(held["probability"][:, 0]), ~np.isnan(held["told_probability"][:, 0])
    differs = (held["identity"] != held["told_identity"]) | (held["rule"] != held["told_rule"])
    differs |= (can_tell != could_tell) | (
        held["probability"].argmax(axis=1) != held["told_probability"].argmax(axis=1)
    )
    first = (held["identity"] != Identity.PENDING) | can_tell
    moved = np.abs(held["probability"] - held["told_probability"]).max(axis=1)  # NaN: one of them cannot tell
    other = (moved > CHANGE_MIN) | (held["there"] != held["told_there"]) | (held["stale"] != held["told_stale"])
    return np.where(held["told_ns"] == 0, first, differs), other & (held["told_ns"] > 0)


def _is_shown(tracks: Rows) -> BoolArray:
    """Return which tracks are confirmed, moving or coasting, (k,)."""
    shown = (tracks["status"] == TrackStatus.CONFIRMED) | (tracks["status"] == TrackStatus.COASTING)
    out: BoolArray = shown & (tracks["track_no"] < PROVISIONAL_NO)
    return out


_PLANNED: Final = word_table(PLAN_ACCURACY)


def warm_up() -> None:
    """Load or compile every kernel of evidence: of one plot, taken in and judged."""
    sensor = SensorConfig(id=1, name="warm", kind="radar_3d")
    identifier = Identifier(IdentifyParams(), [sensor], [])
    tracks = empty_tracks(1)
    tracks["track_no"], tracks["status"] = 1, TrackStatus.CONFIRMED
    plots = np.frombuffer(empty_plots(1).tobytes(), PLOT)  # read only, as they come
    identifier.step(NS_PER_S, plots, np.array([1]), {}, tracks)
    identifier.stand(tracks)
    identifier.second(2 * NS_PER_S, tracks)
