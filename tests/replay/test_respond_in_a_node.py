"""Alerts, incidents and the watch log in a whole node: from plots to what people are told, and back."""

from __future__ import annotations

import msgspec
import pytest

from skydas.config import encode_config
from skydas.model import ActionTaken, Alert, Fact, Incident, Input, InputKind, NodeConfig, ShiftEntry
from skydas.node import Node
from skydas.outputs._board import Board
from tests.replay.flights import T0_NS, Flight, after, among, inputs_of, later, node_config, play, refusals, said
from tests.replay.scenes import facts_of


def test_an_aircraft_in_distress_is_one_alert_from_its_code_to_its_end() -> None:
    config = node_config()
    flights = [
        Flight("LOT1", 55.0, 24.0, code=lambda s: "7700" if 20 <= s < 60 else "1234"),
        Flight("LOT2", 55.3, 24.0),
    ]
    facts = play(Node(config), among(inputs_of(config, flights, 90), [said(40.0, "acknowledge_alert", number="1")]))
    alerts = [fact for fact in facts if isinstance(fact, Alert)]
    assert refusals(facts) == [""]
    assert {alert.number for alert in alerts} == {1}
    raised = alerts[0]
    assert (raised.priority, raised.rule, raised.text) == (1, "emergency_7700", "LOT1 sends 7700, emergency")
    assert raised.delay_s == pytest.approx(3.05)  # the code must stand for three seconds
    assert [(alert.state, alert.is_active) for alert in alerts[1:]] == [
        ("unacknowledged", True),
        ("acknowledged", True),
        ("acknowledged", True),
        ("acknowledged", False),  # so urgent that it stays until somebody resets it
    ]
    assert alerts[-1].first_plot_ns == T0_NS


def incidents_of(facts: list[Fact]) -> list[Incident]:
    return [fact for fact in facts if isinstance(fact, Incident)]


def test_an_incident_fills_itself_from_its_alert_and_goes_on_by_itself_until_a_person_closes_it() -> None:
    config = node_config()
    flights = [Flight("LOT1", 55.0, 24.0, code=lambda s: "7700" if 20 <= s < 60 else "1234", ends_s=80.0)]
    words = [
        said(30.0, "open_incident", alert="1", category="aircraft", **{"assessed.object": "aircraft"}),
        said(32.0, "note_incident", number="1", text="<b>fire</b> on board, says the pilot"),
        said(33.0, "edit_incident", number="1", **{"reported.words": "it smoked", "assessed.operator": "unknown"}),
        said(34.0, "edit_incident", number="1", **{"reported.words": "it did not"}),
        said(35.0, "attach_evidence", number="1", what="photo", where="photos/1.jpg", sha256="ab" * 32),
        said(36.0, "notify", number="1", whom="rescue service", how="by telephone"),
        said(40.0, "acknowledge_alert", number="1"),
        said(170.0, "close_incident", number="1", lessons="call earlier"),
        said(171.0, "note_incident", number="1", text="too late"),
    ]
    facts = play(Node(config), among(inputs_of(config, flights, 80) + later(config, 80, 175), words))
    incident = incidents_of(facts)[-1]
    assert refusals(facts) == [
        "", "", "",
        "what was reported is never edited: words; what we know better goes under assessed",
        "", "", "", "",
        "incident 1 is closed; reopen_incident first",
    ]  # fmt: skip
    assert (incident.state, incident.category, incident.headline) == (
        "closed",
        "aircraft",
        "LOT1 sends 7700, emergency",
    )
    assert (incident.first_plot_ns, incident.track_nos, incident.alerts) == (T0_NS, (1,), (1,))
    assert incident.reported == {"words": "it smoked"}
    assert incident.assessed["callsign"] == "LOT1"
    assert incident.assessed["detecting_system"] == "receiver"
    assert incident.notified == (("rescue service", after(36.0), "by telephone"),)
    assert incident.evidence == (
        ("journal", "journal of lt-1, --begin 2026-03-01T11:59:00.000Z --end 2026-03-01T12:03:50.000Z", ""),
        ("tracks", "history of lt-1, tracks 1", ""),
        ("photo", "photos/1.jpg", "ab" * 32),
    )
    assert "operator" in incident.missing  # "unknown" is an answer, and is asked for again
    assert "object" not in incident.missing
    assert incident.lessons == "call earlier"
    judged = [entry for entry in incident.timeline if entry.what in ("identity", "class")]
    assert judged[0].text.startswith("track 1 is assessed ")
    lines = [entry for entry in incident.timeline if entry not in judged]
    assert [(entry.who, entry.what) for entry in lines] == [
        ("", "first_plot"),
        ("", "alert"),
        ("watch 1", "opened"),
        ("watch 1", "note"),
        ("watch 1", "edited"),
        ("watch 1", "evidence"),
        ("watch 1", "notified"),
        ("", "alert"),
        ("", "alert"),
        ("", "track_lost"),
        ("watch 1", "closed"),
    ]
    assert lines[3].text == "<b>fire</b> on board, says the pilot"  # as it was written: the page shows text


def test_whatever_track_a_person_names_an_incident_of_one_that_never_was_is_refused() -> None:
    config = node_config()
    words = [
        said(20.0, "open_incident", track_no="7"),
        said(20.0, "open_incident", alert="7"),
        said(20.0, "open_incident", headline="lights over the forest", category="drone"),
        said(20.0, "open_incident", headline="x", category="ufo", **{"assessed.place": "unknown"}),
        said(20.0, "open_incident", headline="lights", category="drone", **{"assessed.place": "unknown"}),
        said(20.0, "open_incident", track_no="1", **{"assessed.colour": "red"}),
        said(20.0, "open_incident", track_no="1"),
    ]
    facts = play(Node(config), among(inputs_of(config, [Flight("A", 55.0, 24.0)], 30), words))
    refused = refusals(facts)
    assert refused[0] == "there is no track 7, and none that ended lately had this number"
    assert refused[1] == "there is no alert 7, and none that ended lately had this number"
    assert refused[2].startswith("open_incident needs alert or track_no; without one: headline, category, and latitude")
    assert refused[3] == "category is one of drone, balloon, aircraft, border, cbrn, other, got 'ufo'"
    assert refused[5] == "the form has no field 'assessed.colour'; GET /api/v1/incidents/form lists them"
    assert [refused[4], refused[6]] == ["", ""]
    of_words, of_track = incidents_of(facts)[0], incidents_of(facts)[-1]
    assert (of_words.headline, of_words.track_nos, of_words.first_plot_ns) == ("lights", (), 0)
    assert "place" in of_words.missing
    assert (of_track.headline, of_track.first_plot_ns) == ("track 1", T0_NS)
    assert of_track.latitude_deg == pytest.approx(55.0, abs=0.01)


def test_the_watch_goes_from_one_person_to_the_next_with_all_that_is_open() -> None:
    config = node_config()
    flights = [Flight("LOT1", 55.0, 24.0, code=lambda s: "7500" if s >= 20 else "1234", ends_s=60.0)]
    words = [
        said(1.0, "hand_over", who="watch 1"),
        said(2.0, "start_shift", who="watch 1", text="all quiet"),
        said(3.0, "log_entry", who="watch 1", text="radar 2 is being repaired"),
        said(30.0, "open_incident", who="watch 1", alert="1"),
        said(90.0, "hand_over", who="watch 1", text="keep an eye on LOT1"),
        said(91.0, "accept_hand_over", who="watch 1", number="3"),
        said(92.0, "accept_hand_over", who="watch 2", number="3"),
        said(93.0, "accept_hand_over", who="watch 3", number="3"),
        said(94.0, "end_shift", who="watch 2"),
    ]
    facts = play(Node(config), among(inputs_of(config, flights, 60) + later(config, 60, 95), words))
    assert refusals(facts) == [
        "watch 1 does not have the watch; start_shift first",
        "", "", "", "",
        "another person accepts a hand-over",
        "",
        "hand-over 3 was accepted by watch 2",
        "nobody else has the watch: hand_over, and the next accepts",
    ]  # fmt: skip
    entries = [fact for fact in facts if isinstance(fact, ShiftEntry)]
    offered, accepted = [entry for entry in entries if entry.number == 3]
    assert (offered.accepted_by, accepted.accepted_by, accepted.accepted_ns) == ("", "watch 2", after(92.0))
    assert (offered.open_alerts, offered.open_incidents, offered.sensors_out) == ((1,), (1,), ("receiver",))
    assert offered.summary == (
        "1 alerts open, 1 not answered",
        "alert 1, priority 1, unacknowledged: LOT1 sends 7500, unlawful interference",
        "1 incidents open",
        "incident 1: LOT1 sends 7500, unlawful interference",
        "1 sensors silent: receiver",
    )
    assert [(entry.who, entry.what) for entry in entries if entry.number == 4] == [("watch 2", "shift_started")]


def a_busy_watch() -> tuple[NodeConfig, list[Input]]:
    """Return inputs with alerts of every state, incidents and a watch log, and silence at the end."""
    config = node_config({"escalate_1_s": [5.0, 20.0], "rearm_s": 30.0})
    flights = [
        Flight("LOT1", 55.0, 24.0, code=lambda s: "7700" if 20 <= s < 60 else "1234"),
        Flight("LOT2", 55.2, 24.0, code=lambda s: "7600" if s >= 25 else "1234", ends_s=70.0),
        Flight("LOT3", 55.4, 24.0, code=lambda s: "7500" if s % 50 >= 30 else "1234"),
    ]
    words = [
        said(21.0, "start_shift"),
        said(30.0, "acknowledge_alert", number="1"),
        said(31.0, "open_incident", track_no="1"),
        said(32.0, "open_incident", alert="2", category="aircraft"),
        said(33.0, "shelve_alert", number="2", reason="the radio is tested", minutes="1"),
        said(34.0, "out_of_service", rule="emergency_7500", reason="exercise"),
        said(50.0, "return_to_service", rule="emergency_7500"),
        said(80.0, "join_incidents", number="2", into="1"),
        said(85.0, "hand_over", text="busy"),
        said(90.0, "reset_alert", number="1"),
    ]
    return config, among(inputs_of(config, flights, 120) + later(config, 120, 200), words)


def test_a_node_restored_in_the_middle_of_a_watch_goes_on_to_the_octet() -> None:
    config, inputs = a_busy_watch()
    whole, _ = facts_of(Node(config), inputs)
    for at_s in (22.5, 33.0, 47.0, 80.5, 130.0):
        cut = next(at for at, given in enumerate(inputs) if given.rx_ns > after(at_s))
        first, second = Node(config), Node(config)
        before, _ = facts_of(first, inputs[:cut])
        second.restore(first.state())
        assert second.state() == first.state()
        rest, _ = facts_of(second, inputs[cut:])
        assert before + rest == whole


def test_alerts_and_incidents_outlive_a_changed_configuration_and_are_told_again() -> None:
    config, inputs = a_busy_watch()
    node = Node(config)
    cut = next(at for at, given in enumerate(inputs) if given.rx_ns > after(60.0))
    before = Board()
    for fact in play(node, inputs[:cut]):
        before.take(fact)
    changed = msgspec.structs.replace(config, respond={"off_s": 5.0})
    told = node.step(Input(after(60.0), "lt-1", InputKind.CONFIG, encode_config(changed)))
    again = Board()
    for fact in told:
        again.take(fact)
    for topic in ("alerts", "incidents", "shifts"):
        assert [fact.number for fact in again.standing(topic)] == [fact.number for fact in before.standing(topic)]
    assert before.standing("alerts")
    [noted, taken] = node.step(said(61.0, "note_incident", number="1", text="it goes on"))
    assert isinstance(noted, Incident)
    assert (noted.number, noted.timeline[-1].text) == (1, "it goes on")
    assert isinstance(taken, ActionTaken)
