"""Incidents: what fills itself, what is never edited, what may be the same, and what there is room for."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest

from skydas.errors import RefusedError
from skydas.model import CLASS_COUNT, NS_PER_S, Identity, Incident, ObjectClass, Rows, TrackStatus
from skydas.respond import RespondParams
from skydas.respond.case import NOTIFIED_MAX, TIMELINE_MAX, TIMELINE_SELF_MAX, Case
from skydas.respond.form import CATEGORIES, FIELDS, missing
from skydas.respond.incidents import OPEN_MAX, Incidents
from skydas.respond.sights import Sights, sight_of
from tests.unit.respond_scenes import T0_NS, Watch, cause, tracks_at

Seen = dict[int, Any]


class Desk:
    """Incidents of a node with two tracks, 7 and 8, and a clock that only the test moves."""

    def __init__(self, **params: Any) -> None:
        self.params = RespondParams(**params)
        self.incidents = Incidents(self.params, ["radar-1", "radar-2", "adsb-1"])
        self.now_ns = T0_NS + 60 * NS_PER_S
        self.watch = Watch()
        self.watch.say(cause(7, latitude_deg=55.0, longitude_deg=24.0))
        self.tracks = {7: assessed(7, ObjectClass.MULTIROTOR), 8: assessed(8, ObjectClass.AIRLINER)}

    def open(self, who: str = "watch 1", **fields: str) -> Incident:
        alert = self.watch.alerts.get(int(fields.pop("alert"))) if "alert" in fields else None
        case = self.incidents.open(self.now_ns, who, fields, alert, self.seen)
        return self.fact(case.number)

    def seen(self, track_no: int) -> Any:
        rows = self.tracks.get(track_no)
        return None if rows is None else (T0_NS, sight_of(rows[0]))

    def do(self, what: str, /, who: str = "watch 1", **fields: str) -> Incident:
        self.now_ns += NS_PER_S
        getattr(self.incidents, what)(self.now_ns, who, fields)
        return self.fact(int(fields["number"]))

    def fact(self, number: int) -> Incident:
        case = self.case(number)
        return Incident(node="lt-1", sequence=0, now_ns=self.now_ns, **case.told("lt-1", self.params))

    def case(self, number: int) -> Case:
        return self.incidents._cases[number]


def assessed(track_no: int, kind: ObjectClass, identity: Identity = Identity.UNKNOWN, sure: float = 0.8) -> Rows:
    rows = tracks_at({track_no: (55.0, 24.0)}, velocity_mps=(0.0, 20.0))
    rows["class_probability"] = (1.0 - sure) / (CLASS_COUNT - 1)
    rows["class_probability"][0, kind] = sure
    rows["identity"] = identity
    rows["sensors"] = 0b101
    rows["height_hae_m"] = 120.4
    rows["t_ns"] = T0_NS
    return rows


def test_three_words_are_enough_where_a_track_says_the_rest() -> None:
    incident = Desk().open(track_no="7")
    assert (incident.category, incident.headline) == ("drone", "track 7, assessed multirotor")
    assert incident.assessed == {
        "identity": "unknown",
        "class": "multirotor",
        "class_confidence": "0.80",
        "height_hae_m": "120",
        "speed_mps": "20",
        "course_deg": "0",
        "detecting_system": "radar-1, adsb-1",
    }
    assert (incident.latitude_deg, incident.longitude_deg, incident.first_plot_ns) == (55.0, 24.0, T0_NS)
    assert [entry.what for entry in incident.timeline] == ["identity", "class", "first_plot", "opened"]


def test_what_a_track_is_assessed_to_be_goes_into_the_timeline_and_the_form_until_a_person_writes_there() -> None:
    desk = Desk()
    desk.open(track_no="7")
    desk.incidents.follow(assessed(7, ObjectClass.MULTIROTOR, Identity.SUSPECT))
    said = [entry.text for entry in desk.fact(1).timeline if entry.what == "identity"]
    assert said == ["track 7 is assessed unknown", "track 7 is assessed suspect, before unknown"]
    desk.do("edit", number="1", **{"assessed.class": "a toy balloon"})
    desk.incidents.follow(assessed(7, ObjectClass.BALLOON, Identity.NEUTRAL, 0.9))
    incident = desk.fact(1)
    assert (incident.assessed["class"], incident.assessed["identity"]) == ("a toy balloon", "neutral")
    assert [entry.text for entry in incident.timeline if entry.what == "class"] == [
        "track 7 is assessed multirotor (80%)",
        "track 7 is assessed balloon (90%), before multirotor",
    ]


def test_a_track_that_is_lost_and_found_again_stands_in_the_timeline_once_each() -> None:
    desk = Desk()
    desk.open(track_no="7")
    gone = assessed(7, ObjectClass.MULTIROTOR)
    gone["status"] = TrackStatus.DROPPED
    for rows in (gone, gone, assessed(7, ObjectClass.MULTIROTOR), assessed(7, ObjectClass.MULTIROTOR)):
        desk.incidents.follow(rows)
    assert [entry.text for entry in desk.fact(1).timeline if "track_" in entry.what] == [
        "track 7 was lost at 55.0000 N 24.0000 E",
        "track 7 was found again at 55.0000 N 24.0000 E",
    ]


def test_an_alert_about_its_track_belongs_to_the_incident_and_its_answers_to_the_timeline() -> None:
    desk = Desk()
    desk.open(track_no="7")
    alerts = desk.watch.alerts
    desk.incidents.alerted(desk.now_ns, alerts.open_alerts()[0])
    desk.watch.do("reject_alert", number="1", reason="a kite")
    rejected = alerts.get(1)
    assert rejected is not None
    desk.incidents.alerted(desk.now_ns, rejected)
    incident = desk.fact(1)
    assert incident.alerts == (1,)
    assert [entry.text for entry in incident.timeline if entry.what == "alert"] == [
        "alert 1 (near airport, 60%): unacknowledged",
        "alert 1 (near airport, 60%): rejected by watch 1: a kite",
    ]


def test_near_duplicates_are_suggested_to_both_and_joined_by_a_person_alone() -> None:
    desk = Desk(duplicate_m=5_000.0, duplicate_s=1_800.0)
    words = {"category": "drone", "headline": "lights", "longitude_deg": "24.0"}
    desk.open(track_no="7")
    assert desk.open(latitude_deg="55.03", first_seen_utc="2026-03-01T12:20:00Z", **words).perhaps == (1,)
    assert desk.fact(1).perhaps == (2,)
    assert desk.open(latitude_deg="55.1", first_seen_utc="2026-03-01T12:20:00Z", **words).perhaps == ()  # 11 km
    assert desk.open(latitude_deg="55.03", first_seen_utc="2026-03-01T13:30:00Z", **words).perhaps == ()  # an hour
    other = words | {"category": "balloon"}
    assert desk.open(latitude_deg="55.03", first_seen_utc="2026-03-01T12:20:00Z", **other).perhaps == ()
    assert {desk.fact(number).state for number in range(1, 6)} == {"open"}


def test_what_is_joined_is_kept_and_the_other_one_has_all_of_it() -> None:
    desk = Desk()
    desk.open(track_no="7", **{"reported.words": "a whirring"})
    desk.open(track_no="8", category="drone", **{"reported.words": "a light", "assessed.load": "a bag"})
    desk.do("attach", number="2", what="photo", where="p.jpg", sha256="cd" * 32)
    desk.do("notify", number="2", whom="police", how="by radio")
    first = desk.do("join", number="2", into="1")
    into = desk.fact(1)
    assert (first.state, first.joined_to, first.missing, first.due_ns) == ("closed", 1, (), 0)
    assert into.track_nos == (7, 8)
    assert into.reported == {"words": "a whirring", "words (incident 2)": "a light"}
    assert into.assessed["load"] == "a bag"
    assert into.evidence[-1] == ("photo", "p.jpg", "cd" * 32)
    assert into.notified[0][0] == "police"
    assert [entry.t_ns for entry in into.timeline] == sorted(entry.t_ns for entry in into.timeline)
    with pytest.raises(RefusedError, match="incident 2 was joined to incident 1"):
        desk.do("note", number="2", text="x")
    with pytest.raises(RefusedError, match="incident 1 cannot be joined to itself"):
        desk.do("join", number="1", into="1")


def test_evidence_needs_a_hash_and_the_nodes_own_gets_one_once() -> None:
    desk = Desk()
    desk.open(track_no="7")
    for fields, why in (
        ({"what": "photo", "where": "p.jpg"}, "needs sha256, 64 hexadecimal digits"),
        ({"what": "photo", "where": "p.jpg", "sha256": "zz" * 32}, "needs sha256, 64 hexadecimal digits"),
        ({"where": "p.jpg", "sha256": "ab" * 32}, "attach_evidence needs what"),
        ({"what": "photo", "sha256": "ab" * 32}, "attach_evidence needs where"),
    ):
        with pytest.raises(RefusedError, match=why):
            desk.do("attach", number="1", **fields)
    desk.do("attach", number="1", what="photo", where="p.jpg", sha256="AB" * 32)
    with pytest.raises(RefusedError, match="has this evidence already"):
        desk.do("attach", number="1", what="photo", where="p.jpg", sha256="ab" * 32)
    with pytest.raises(RefusedError, match="is attached with another hash"):
        desk.do("attach", number="1", what="photo", where="p.jpg", sha256="cd" * 32)
    incident = desk.do("attach", number="1", what="journal", sha256="ef" * 32)
    assert incident.evidence[0] == ("journal", "journal of lt-1, --begin 2026-03-01T11:59:00.000Z", "ef" * 32)
    with pytest.raises(RefusedError, match="have another hash"):
        desk.do("attach", number="1", what="journal", sha256="ab" * 32)


def test_a_closed_incident_takes_lessons_and_nothing_else_until_it_is_reopened() -> None:
    desk = Desk()
    desk.open(track_no="7")
    closed = desk.do("close", number="1", lessons="lamps on the roof")
    assert (closed.state, closed.closed_by, closed.lessons) == ("closed", "watch 1", "lamps on the roof")
    assert closed.evidence[0][1].endswith("--end 2026-03-01T12:02:01.000Z")
    with pytest.raises(RefusedError, match="incident 1 is closed; reopen_incident first"):
        desk.do("edit", number="1", category="aircraft")
    assert desk.do("edit", number="1", lessons="lamps and a horn").lessons == "lamps and a horn"
    with pytest.raises(RefusedError, match="reopen_incident needs reason"):
        desk.do("reopen", number="1")
    assert desk.do("reopen", number="1", reason="seen again").state == "open"


def test_the_form_asks_again_for_what_its_category_needs_and_takes_only_what_it_knows() -> None:
    desk = Desk()
    incident = desk.open(track_no="7")
    assert "crossing_place" not in incident.missing
    assert "operator_place" in incident.missing
    incident = desk.do("edit", number="1", category="border", **{"assessed.operator_place": "Unknown"})
    assert {"crossing_place", "operator_place"} <= {*incident.missing}
    incident = desk.do("edit", number="1", **{"assessed.crossing_place": "km 12", "assessed.operator_place": "a car"})
    assert {"crossing_place", "operator_place"}.isdisjoint(incident.missing)
    assert incident.due_ns == 0
    for fields, why in (
        ({"assessed.mood": "bad"}, "the form has no field 'assessed.mood'"),
        ({"assessed.risk": "Z"}, "assessed.risk is one of A, B, C, D, E, unknown; got 'Z'"),
        ({"category": "war"}, "category is one of drone"),
        ({"latitude_deg": "91", "longitude_deg": "24"}, "needs latitude_deg from -90 to 90, got '91'"),
        ({"latitude_deg": "55"}, "needs longitude_deg from -180 to 180, got ''"),
        ({}, "edit_incident needs what is new"),
    ):
        with pytest.raises(RefusedError, match=why):
            desk.do("edit", number="1", **fields)


def test_every_field_of_the_form_is_named_once_and_is_for_categories_that_there_are() -> None:
    assert len({(field.block, field.name) for field in FIELDS}) == len(FIELDS)
    assert {category for field in FIELDS for category in field.categories} <= {*CATEGORIES}
    assert {field.block for field in FIELDS} == {"reported", "assessed"}
    assert not any(field.is_asked for field in FIELDS if field.block == "reported")
    assert all(missing(category, {}) for category in CATEGORIES)


def test_people_find_room_in_a_timeline_that_the_node_has_filled() -> None:
    desk = Desk()
    desk.open(track_no="7")
    for k in range(2_000):
        desk.incidents.follow(assessed(7, (ObjectClass.MULTIROTOR, ObjectClass.BALLOON)[k % 2]))
    case = desk.case(1)
    assert (case.self_count, case.timeline[-1].what) == (TIMELINE_SELF_MAX, "timeline_full")
    for k in range(TIMELINE_MAX - len(case.timeline)):
        desk.do("note", number="1", text=f"line {k}")
    with pytest.raises(RefusedError, match="the timeline of incident 1 is full"):
        desk.do("note", number="1", text="one more")
    with pytest.raises(RefusedError, match="the timeline of incident 1 is full"):
        desk.do("edit", number="1", headline="never written")
    assert desk.fact(1).headline == "track 7, assessed multirotor"
    assert desk.do("close", number="1").state == "closed"


def test_more_than_there_is_room_for_is_refused() -> None:
    desk = Desk()
    for _ in range(OPEN_MAX):
        desk.open(track_no="7")
    with pytest.raises(RefusedError, match=f"{OPEN_MAX} incidents are open; close or join some first"):
        desk.open(track_no="7")
    for k in range(NOTIFIED_MAX):
        desk.do("notify", number="1", whom=f"service {k}", how="by radio")
    with pytest.raises(RefusedError, match=f"at most {NOTIFIED_MAX} notifications"):
        desk.do("notify", number="1", whom="one more", how="by radio")
    with pytest.raises(RefusedError, match="at_utc lies ahead"):
        desk.do("notify", number="2", whom="police", how="by radio", at_utc="2030-01-01T00:00:00Z")


def test_a_snapshot_of_incidents_holds_all_of_them() -> None:
    desk = Desk()
    desk.open(alert="1", **{"assessed.wind": "3 m/s"})
    desk.open(track_no="8")
    desk.do("attach", number="2", what="journal", sha256="ef" * 32)
    again = Incidents(desk.params, ["radar-1"])
    again.restore(msgspec.msgpack.decode(msgspec.msgpack.encode(desk.incidents.state())))
    assert again.state() == desk.incidents.state()
    told = [case.told("lt-1", desk.params) for case in again._cases.values()]
    assert told == [case.told("lt-1", desk.params) for case in desk.incidents._cases.values()]


def test_the_first_plot_of_a_track_is_remembered_after_it_ended() -> None:
    sights = Sights()
    rows = tracks_at({7: (55.0, 24.0)})
    sights.step(rows)
    assert sights.fresh().tolist() == [7]
    sights.began(np.array([7]), np.array([T0_NS - 5]))
    rows["status"] = TrackStatus.DROPPED
    sights.step(rows)
    again = Sights()
    again.restore(msgspec.msgpack.decode(msgspec.msgpack.encode(sights.state())))
    for one in (sights, again):
        assert one.first_ns(7) == T0_NS - 5
        gone = one.ended(7)
        assert gone is not None
        assert gone.is_over
        assert not one.knows(8)
