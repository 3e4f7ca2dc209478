"""Identity through a whole node, as octets: what is told, what people may say, what a snapshot and a replay keep."""

from __future__ import annotations

from functools import cache

import msgspec
import numpy as np
import pytest

from skydas.config import encode_config
from skydas.model import (
    NS_PER_S,
    Action,
    ActionTaken,
    Fact,
    Frame,
    Identified,
    Identity,
    Input,
    InputKind,
    NodeConfig,
    Notice,
    SensorConfig,
    SourceConfig,
    TrackStatus,
    encode_fact,
)
from skydas.model.config import FlightSection, NodeSection, RetentionSection
from skydas.node import Node, with_ticks
from tests.replay.flights import T0_NS
from tests.replay.scenes import facts_of, inputs_of, scene

SHOWN = (TrackStatus.CONFIRMED, TrackStatus.COASTING)


@cache
def played() -> tuple[NodeConfig, list[Input], list[Fact]]:
    config, emissions = scene("three-radars", 60.0)
    inputs = inputs_of(config, emissions)
    node = Node(config)
    return config, inputs, [fact for given in inputs for fact in node.step(given)]


def identified(facts: list[Fact], track_no: int = 0) -> list[Identified]:
    return [fact for fact in facts if isinstance(fact, Identified) and track_no in (0, fact.track_no)]


def act(node: Node, what: str, **fields: str) -> list[Fact]:
    action = Action(who="watch 1", role="operator", what=what, fields=fields)
    return node.step(Input(node.now_ns, "web", InputKind.ACTION, msgspec.msgpack.encode(action)))


def refusal(facts: list[Fact]) -> str:
    [taken] = [fact for fact in facts if isinstance(fact, ActionTaken)]
    return taken.refused


def node_with_tracks() -> tuple[Node, list[Input]]:
    config, inputs, _ = played()
    half = len(inputs) // 2
    node = Node(config)
    for given in inputs[:half]:
        node.step(given)
    return node, inputs[half:]


def test_every_track_of_the_scene_is_told_with_its_class_its_identity_its_rule_and_its_evidence() -> None:
    facts = played()[2]
    rows = np.concatenate([fact.rows() for fact in facts if isinstance(fact, Frame)])
    shown = set(rows["track_no"][np.isin(rows["status"], SHOWN) & (rows["track_no"] < 1 << 31)].tolist())
    last = {fact.track_no: fact for fact in identified(facts)}
    assert set(last) == shown
    airliners = [fact for fact in last.values() if fact.class_probability.get("airliner", 0.0) > 0.9]
    assert len(airliners) >= len(last) // 2
    assert all(fact.identity == Identity.NEUTRAL and "address" in fact.rule for fact in airliners)
    assert all({"code", "speed", "height"} <= {one.kind for one in fact.evidence} for fact in airliners)
    assert not [fact for fact in identified(facts) if fact.identity in (Identity.FRIEND, Identity.HOSTILE)]


def test_every_row_that_leaves_bears_a_judgement_that_is_told_within_two_seconds_and_no_oftener_than_each() -> None:
    facts = played()[2]
    told: dict[int, list[Identified]] = {}
    for fact in identified(facts):
        told.setdefault(fact.track_no, []).append(fact)
    assert all((np.diff([fact.now_ns for fact in of_one]) >= NS_PER_S).all() for of_one in told.values())
    checked = 0
    for frame in (fact for fact in facts if isinstance(fact, Frame)):
        rows = frame.rows()
        rows = rows[np.isin(rows["status"], SHOWN) & (rows["track_no"] < 1 << 31)]
        for track_no, code in zip(rows["track_no"].tolist(), rows["identity"].tolist(), strict=True):
            before = [fact.identity for fact in told[track_no] if fact.now_ns <= frame.now_ns][-1:]
            soon = [f.identity for f in told[track_no] if 0 < f.now_ns - frame.now_ns <= 2 * NS_PER_S]
            assert code in (before or [Identity.PENDING]) + soon
            checked += 1
    assert checked > 200


def test_the_same_inputs_give_the_same_octets_and_a_restored_node_goes_on_to_the_octet() -> None:
    config, inputs, facts = played()
    assert facts_of(Node(config), inputs)[0] == [encode_fact(fact) for fact in facts]
    half = len(inputs) // 2 + 5
    node, restored = Node(config), Node(config)
    for given in inputs[:half]:
        node.step(given)
    act(node, "identify_track", track_no="1", identity="suspect", reason="a test")
    act(node, "authorise_flight", flight="one", mode_s="503c01", identity="friend")
    restored.restore(node.state())
    told = 0
    for given in inputs[half:]:
        here = node.step(given)
        told += len(identified(here))
        assert [encode_fact(fact) for fact in restored.step(given)] == [encode_fact(fact) for fact in here]
    assert told > 5


def test_a_persons_word_holds_is_told_with_the_name_and_can_be_taken_back() -> None:
    node, rest = node_with_tracks()
    facts = act(
        node, "identify_track", track_no="2", identity="hostile", reason="seen from the tower", **{"class": "cruise"}
    )
    assert refusal(facts) == ""
    [told] = identified(facts)
    assert (told.identity, told.overridden_by, told.class_probability) == (Identity.HOSTILE, "watch 1", {"cruise": 1.0})
    assert told.rule == "watch 1 says so: seen from the tower"
    assert told.suggested.startswith("neutral: ")
    assert [fact.what for fact in facts if isinstance(fact, Notice)] == ["track_identified"]
    after = [fact for given in rest[:400] for fact in node.step(given)]
    rows = np.concatenate([fact.rows() for fact in after if isinstance(fact, Frame)])
    assert set(rows["identity"][rows["track_no"] == 2].tolist()) == {Identity.HOSTILE}
    facts = act(node, "release_identity", track_no="2")
    assert refusal(facts) == ""
    [told] = identified(facts)
    assert (told.identity, told.overridden_by, told.suggested) == (Identity.NEUTRAL, "", "")


@pytest.mark.parametrize(
    ("what", "fields", "says"),
    [
        ("identify_track", {"track_no": "1", "identity": "hostile"}, "needs a reason"),
        ("identify_track", {"track_no": "1", "reason": "x"}, "needs identity or class"),
        ("identify_track", {"track_no": "1", "identity": "enemy", "reason": "x"}, "there is no identity 'enemy'"),
        ("identify_track", {"track_no": "1", "class": "zeppelin", "reason": "x"}, "there is no class 'zeppelin'"),
        ("identify_track", {"track_no": "999", "identity": "friend", "reason": "x"}, "there is no track 999"),
        ("identify_track", {"track_no": "-1", "identity": "friend", "reason": "x"}, "needs track_no"),
        ("identify_track", {"track_no": "1", "identity": "friend", "reason": "x" * 501}, "at most 500 octets"),
        ("release_identity", {"track_no": "1"}, "nobody's word holds"),
        ("withdraw_flight", {"flight": "nothing"}, "no flight 'nothing' is expected"),
        ("authorise_flight", {"flight": "a"}, "needs mode_s, callsign or remote_id"),
        ("authorise_flight", {"flight": "a", "mode_s": "xyz"}, "six hexadecimal digits"),
        ("authorise_flight", {"mode_s": "503c01"}, "flight: missing"),
        ("authorise_flight", {"flight": "a", "colour": "red", "mode_s": "503c01"}, "colour: no such key"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_reason(what: str, fields: dict[str, str], says: str) -> None:
    node, _ = node_with_tracks_once()
    facts = act(node, what, **fields)
    assert says in refusal(facts)
    assert not identified(facts)


@cache
def node_with_tracks_once() -> tuple[Node, list[Input]]:
    return node_with_tracks()


def test_a_flight_that_is_authorised_at_run_time_makes_its_track_a_friend_until_it_is_withdrawn() -> None:
    node, rest = node_with_tracks()
    rows = node.picture(node.now_ns)
    row = next(one for one in rows if one["mode_s"] and one["callsign"])
    track_no, mode_s = int(row["track_no"]), f"{int(row['mode_s']):06x}"
    facts = act(
        node,
        "authorise_flight",
        flight="ferry",
        identity="friend",
        mode_s=mode_s,
        callsign=row["callsign"].decode().strip(),
        from_utc="2000-01-01T00:00:00Z",
        area=f"{row['latitude_deg']:.3f} {row['longitude_deg']:.3f}",
        radius_m="100000",
    )
    assert refusal(facts) == ""
    told = identified([fact for given in rest[:300] for fact in node.step(given)], track_no)
    assert told[-1].identity == Identity.FRIEND
    assert told[-1].flight == "ferry"
    assert refusal(act(node, "withdraw_flight", flight="ferry")) == ""
    told = identified([fact for given in rest[300:600] for fact in node.step(given)], track_no)
    assert told[-1].identity == Identity.NEUTRAL


def changed(config: NodeConfig, **sections: object) -> Input:
    return Input(0, "lt-1", InputKind.CONFIG, encode_config(msgspec.structs.replace(config, **sections)))


def test_what_people_said_lasts_over_a_changed_configuration_and_can_still_be_taken_back() -> None:
    node, rest = node_with_tracks()
    config = node.config
    mode_s = f"{int(next(one for one in node.picture(node.now_ns) if one['mode_s'])['mode_s']):06x}"
    said = {"track_no": "2", "identity": "hostile", "reason": "seen from the tower"}
    assert refusal(act(node, "identify_track", **said)) == ""
    assert refusal(act(node, "authorise_flight", flight="ferry", identity="friend", mode_s=mode_s)) == ""
    facts = node.step(changed(config, identify={"contradiction_score": 0.6}))
    facts += [fact for given in rest[:200] for fact in node.step(given)]
    assert not [one for one in facts if isinstance(one, Notice) and one.what == "identified_tracks_ended"]
    rows = np.concatenate([fact.rows() for fact in facts if isinstance(fact, Frame)])
    last = rows[rows["track_no"] == 2][-1]
    assert last["identity"] == Identity.HOSTILE
    assert identified(facts, 2)[-1].overridden_by == "watch 1"
    again = Node(node.config)
    again.restore(node.state())
    for one in (node, again):
        assert refusal(act(one, "release_identity", track_no="2")) == ""
        assert refusal(act(one, "withdraw_flight", flight="ferry")) == ""


def test_a_changed_sensor_ends_the_tracks_and_names_those_that_people_identified() -> None:
    node, _ = node_with_tracks()
    assert refusal(act(node, "identify_track", track_no="2", identity="hostile", reason="seen")) == ""
    before = node.numbers()["track"]
    sensors = [msgspec.structs.replace(one, sigma_range_m=one.sigma_range_m + 1.0) for one in node.config.sensors]
    told = [one for one in node.step(changed(node.config, sensors=sensors)) if isinstance(one, Notice)]
    assert [one.text for one in told if one.what == "identified_tracks_ended"] == [
        "1 tracks that people identified begin anew with this configuration: 2; say it again of their new numbers"
    ]
    assert node.numbers()["track"] == before
    assert refusal(act(node, "release_identity", track_no="2")) == ""


@pytest.mark.parametrize(("stated", "holds"), [(0.0, False), (3_000.0, True)])
def test_of_a_flight_that_people_withdrew_the_file_is_the_newer_word_only_where_it_says_something_else(
    stated: float, holds: bool
) -> None:
    flight = FlightSection(flight="ferry", mode_s="503c01", area="54.9 25.3", radius_m=1_000.0)
    node = Node(msgspec.structs.replace(played()[0], flights=[flight]))
    node.step(Input(1, "clock", InputKind.TICK, b""))
    assert refusal(act(node, "withdraw_flight", flight="ferry")) == ""
    again = msgspec.structs.replace(flight, radius_m=stated or flight.radius_m)
    told = node.step(changed(node.config, flights=[again], retention=RetentionSection(journal_days=5.0)))
    assert ("flight_restated" in [one.what for one in told if isinstance(one, Notice)]) == holds
    assert (refusal(act(node, "withdraw_flight", flight="ferry")) == "") == holds


def test_an_asset_that_people_put_or_removed_stays_so_over_a_changed_configuration() -> None:
    node, _ = node_with_tracks()
    feature = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [25.0, 55.0]},
        "properties": {"name": "stadium", "kind": "event", "radius_m": 500.0},
    }
    assert refusal(act(node, "put_asset", geojson=msgspec.json.encode(feature).decode())) == ""
    node.step(changed(node.config, retention=RetentionSection(journal_days=5.0)))
    assert refusal(act(node, "remove_asset", name="stadium")) == ""
    node.step(changed(node.config, retention=RetentionSection(journal_days=6.0)))
    assert refusal(act(node, "remove_asset", name="stadium")) == "there is no asset 'stadium'"


def test_a_track_that_a_person_merged_away_leaves_with_its_identity_and_is_over() -> None:
    node, _ = node_with_tracks()
    split = act(node, "split_track", track_no="1")
    ended = max(fact.rows()["track_no"].max() for fact in split if isinstance(fact, Frame))
    act(node, "identify_track", track_no=str(ended), identity="neutral", reason="a decoy")
    facts = act(node, "merge_tracks", track_no="1", ended_no=str(ended))
    assert refusal(facts) == ""
    [over] = identified(facts, ended)
    assert over.is_over
    left = np.concatenate([fact.rows() for fact in facts if isinstance(fact, Frame)])
    assert left["identity"][left["track_no"] == ended].tolist() == [over.identity]


def test_a_track_that_dropped_is_over() -> None:
    config, inputs, _ = played()
    node, last_ns = Node(config), inputs[-1].rx_ns
    for given in inputs:
        node.step(given)
    ticks = [Input(last_ns + n * NS_PER_S // 10, "", InputKind.TICK, b"") for n in range(1, 1_500)]
    facts = [*played()[2], *(fact for given in ticks for fact in node.step(given))]
    over = [fact.track_no for fact in identified(facts) if fact.is_over]
    assert sorted(over) == sorted({fact.track_no for fact in identified(facts)})


def camera_after(late_s: float) -> tuple[NodeConfig, list[Input]]:
    """Return a node with a radar, and a camera whose every plot says `helicopter` and comes late."""
    place = {"latitude_deg": 55.0, "longitude_deg": 24.0}
    sensors = [
        SensorConfig(id=1, name="radar", kind="radar_3d", period_s=1.0, **place),
        SensorConfig(id=2, name="camera", kind="camera", period_s=1.0, **place),
    ]
    sources = [
        SourceConfig(name=one.name, source="udp", format="plots", params={"port": 9}, sensor=one.name)
        for one in sensors
    ]
    config = NodeConfig(
        node=NodeSection(name="lt-1", origin="exercise"),
        sensors=sensors,
        sources=sources,
        fuse={"late_tolerance_s": 0.0},
    )
    inputs = [Input(T0_NS, "lt-1", InputKind.CONFIG, encode_config(config))]
    data = []
    for second in range(60):
        t_ns = T0_NS + second * NS_PER_S
        plot = {"t_ns": t_ns, "latitude_deg": 55.1 + 0.0004 * second, "longitude_deg": 24.1, "height_hae_m": 500.0}
        data.append(Input(t_ns, "radar", InputKind.DATA, msgspec.json.encode(plot) + b"\n"))
        said = msgspec.json.encode(plot | {"t_ns": t_ns + 1, "class_word": "helicopter"}) + b"\n"
        data.append(Input(t_ns + round(late_s * NS_PER_S), "camera", InputKind.DATA, said))
    return config, inputs + list(with_ticks(sorted(data, key=lambda one: one.rx_ns)))


def test_what_late_plots_say_of_the_class_is_evidence_once_and_a_restored_node_agrees() -> None:
    told = []
    for late_s in (0.0, 6.0):
        config, inputs = camera_after(late_s)
        node, again = Node(config), Node(config)
        facts = []
        for k, given in enumerate(inputs):
            if k == len(inputs) * 2 // 3:
                again.restore(node.state())
            here = node.step(given)
            facts += here
            if k >= len(inputs) * 2 // 3:
                assert [encode_fact(fact) for fact in again.step(given)] == [encode_fact(fact) for fact in here]
        told.append(identified(facts)[-1])
        assert (node.tracker_counters()["late_replays"] > 0) == (late_s > 0.0)
        assert [one.source for one in told[-1].evidence if one.kind == "class_word"] == ["camera"]
    in_time, late = (one.class_probability["helicopter"] for one in told)
    assert late == pytest.approx(in_time, abs=0.1)
