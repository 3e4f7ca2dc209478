"""The assessment in a whole node: told, handed on, kept in snapshots, changed by people, asked for."""

from __future__ import annotations

import json
from functools import cache
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np

from skydas.assess.sets import shipped_assets
from skydas.model import (
    ASSET_NONE,
    NS_PER_S,
    Action,
    ActionTaken,
    Alert,
    Assessed,
    Asset,
    Destinations,
    Fact,
    Frame,
    Input,
    InputKind,
    NodeConfig,
    TrackStatus,
    encode_fact,
)
from skydas.node import Node
from skydas.sim import load_scenario, node_config, simulate
from tests.replay.scenes import inputs_of, scene

AHEAD = Asset(name="ahead", kind="power_plant", shape="point", points=((55.1, 24.0),), radius_m=3_000.0)


@cache
def played() -> tuple[NodeConfig, list[Input], list[Fact], Node]:
    config, emissions = scene("crossing", 180.0)
    config = msgspec.structs.replace(config, assets=[*shipped_assets("baltic"), AHEAD])
    inputs = inputs_of(config, emissions)
    node = Node(config)
    return config, inputs, [fact for given in inputs for fact in node.step(given)], node


def assessed() -> list[Assessed]:
    return [fact for fact in played()[2] if isinstance(fact, Assessed)]


def acted(node: Node, what: str, now_ns: int, **fields: str) -> tuple[ActionTaken, list[Fact]]:
    action = msgspec.msgpack.encode(Action(who="watch 1", role="operator", what=what, fields=fields))
    facts = node.step(Input(now_ns, "people", InputKind.ACTION, action))
    return next(fact for fact in facts if isinstance(fact, ActionTaken)), facts


def geojson(**properties: Any) -> str:
    ring = [[24.0, 55.0], [24.2, 55.0], [24.2, 55.2], [24.0, 55.2], [24.0, 55.0]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    return json.dumps({"type": "Feature", "properties": properties, "geometry": shape})


def test_tracks_are_told_with_reasons_arrivals_and_behaviours() -> None:
    told = [fact for fact in assessed() if not fact.is_over]
    assert len({fact.track_no for fact in told}) >= 4
    best = max(told, key=lambda fact: fact.score)
    assert best.score > 0.15
    assert best.reasons[0].text
    assert any("becomes" in reason.change for reason in best.reasons)
    assert {arrival.asset for fact in told for arrival in fact.arrivals} >= {"ahead"}
    assert any(fact.behaviours.get("transit", 0.0) > 0.5 for fact in told)
    assert all(fact.delay_s >= 0.0 for fact in told)


def test_no_track_is_told_oftener_than_once_a_second_unless_it_crosses_the_threshold() -> None:
    by_track: dict[int, list[Assessed]] = {}
    for fact in assessed():
        by_track.setdefault(fact.track_no, []).append(fact)
    for told in by_track.values():
        for before, after in pairwise(told):
            crossed = (before.score >= 0.5) != (after.score >= 0.5)
            assert after.is_over or crossed or after.now_ns - before.now_ns >= NS_PER_S


def test_every_confirmed_track_that_approaches_something_is_told_where_it_may_go_whatever_its_score() -> None:
    _, _, facts, node = played()
    by_track: dict[int, list[Destinations]] = {}
    for fact in facts:
        if isinstance(fact, Destinations):
            by_track.setdefault(fact.track_no, []).append(fact)
    assert {number for number, told in by_track.items() if any("ahead" in one.destinations for one in told)}
    for told in by_track.values():
        assert all(one.is_over or sum(one.destinations.values()) < 1.001 for one in told)
        for before, after in pairwise(told):
            assert after.is_over or after.now_ns - before.now_ns >= 9.9 * NS_PER_S
    stands = {number for number, told in by_track.items() if not told[-1].is_over}
    picture = node.picture(node.now_ns)
    lives = picture["track_no"][picture["status"] != TrackStatus.DROPPED]
    assert stands <= set(lives.tolist())


def test_every_confirmed_row_bears_its_score_and_the_row_of_its_asset() -> None:
    config, _, facts, _ = played()
    rows = np.concatenate([fact.rows() for fact in facts if isinstance(fact, Frame)])
    confirmed = rows[(rows["status"] == TrackStatus.CONFIRMED) & (rows["track_no"] < 0x8000_0000)]
    assert np.isfinite(confirmed["threat"]).all()
    about = confirmed["threat_asset"][confirmed["threat_asset"] != ASSET_NONE]
    assert len(about)
    assert (about < len(config.assets)).all()
    assert np.isnan(rows["threat"][rows["track_no"] >= 0x8000_0000]).all()


def test_what_drops_is_over() -> None:
    _, _, facts, _ = played()
    dropped = {
        int(number)
        for fact in facts
        if isinstance(fact, Frame)
        for number in fact.rows()["track_no"][fact.rows()["status"] == TrackStatus.DROPPED]
    }
    last = {fact.track_no: fact for fact in assessed()}
    assert all(last[number].is_over for number in dropped & set(last))


def test_a_node_restored_in_the_middle_goes_on_to_the_octet() -> None:
    config, inputs, _, _ = played()
    split = len(inputs) // 2
    node, restored = Node(config), Node(config)
    for given in inputs[:split]:
        node.step(given)
    taken, _ = acted(node, "put_asset", inputs[split].rx_ns, geojson=geojson(name="fair", kind="closed", what="zone"))
    assert not taken.refused
    restored.restore(node.state())
    for given in inputs[split:]:
        here = [encode_fact(fact) for fact in node.step(given)]
        assert [encode_fact(fact) for fact in restored.step(given)] == here


def test_asking_why_changes_no_fact() -> None:
    config, inputs, facts, _ = played()
    node, asked = Node(config), 0
    again: list[bytes] = []
    for given in inputs:
        again += [encode_fact(fact) for fact in node.step(given)]
        if given.kind == InputKind.TICK:
            found = node.judging.stages["assess"].why(node.now_ns, 1)  # type: ignore[attr-defined]
            asked += found is not None and bool(found.reasons)
    assert asked > 100
    assert again == [encode_fact(fact) for fact in facts]


def test_people_put_and_remove_assets_and_bad_ones_are_refused_with_every_fault() -> None:
    config, inputs, _, _ = played()
    node = Node(config)
    for given in inputs[:2]:
        node.step(given)
    now_ns = node.now_ns
    taken, _ = acted(node, "put_asset", now_ns, geojson=geojson(name="fair", kind="event", hours=[["08:00", "20:00"]]))
    assert not taken.refused
    stage: Any = node.judging.stages["assess"]
    [feature] = [one for one in stage.standing_assets(now_ns) if one["properties"]["name"] == "fair"]
    assert feature["id"] == len(config.assets)
    taken, _ = acted(node, "put_asset", now_ns, geojson=geojson(name="fair", kind="event", value=7, colour="red"))
    assert "properties.colour: no such key" in taken.refused
    taken, _ = acted(node, "put_asset", now_ns, geojson="nonsense")
    assert "not JSON" in taken.refused
    taken, _ = acted(node, "remove_asset", now_ns, name="fair")
    assert not taken.refused
    taken, _ = acted(node, "remove_asset", now_ns, name="fair")
    assert taken.refused == "there is no asset 'fair'"


def test_a_closed_airspace_raises_the_score_of_what_flies_in_it() -> None:
    config, inputs, _, _ = played()
    plain, closed = Node(config), Node(config)
    for given in inputs[: len(inputs) // 2]:
        plain.step(given)
        closed.step(given)
    everywhere = {"type": "Point", "coordinates": [24.0, 55.1]}
    zone = {"name": "closed", "kind": "closed", "what": "zone", "radius_m": 200_000}
    acted(
        closed,
        "put_asset",
        closed.now_ns,
        geojson=json.dumps({"type": "Feature", "properties": zone, "geometry": everywhere}),
    )
    number = int(plain.picture(plain.now_ns)["track_no"].min())
    before = plain.judging.stages["assess"].why(plain.now_ns, number)  # type: ignore[attr-defined]
    after = closed.judging.stages["assess"].why(closed.now_ns, number)  # type: ignore[attr-defined]
    assert after.score > before.score
    assert "airspace_closed" in [reason.rule for reason in after.reasons]


LONE_DRONE = """
[scene]
name = "approach"
start_utc = "2026-06-01T09:00:00Z"
duration_s = 180
latitude_deg = 55.0
longitude_deg = 24.0

[[targets]]
name = "drone"
kind = "fixed_wing_drone"
waypoints = [
  { latitude_deg = 55.13, longitude_deg = 24.10, height_agl_m = 150, speed_mps = 40 },
  { latitude_deg = 54.98, longitude_deg = 23.985, height_agl_m = 150 },
]

[[radars]]
name = "radar"
sac = 1
sic = 1
latitude_deg = 55.02
longitude_deg = 23.9
secondary = false
period_s = 2
"""


def test_a_lone_drone_that_says_nothing_and_crossed_no_border_is_an_alert_by_default() -> None:
    made = load_scenario(LONE_DRONE)
    plant = Asset(name="plant", kind="power_plant", shape="point", points=((55.0, 24.0),), radius_m=2_000.0)
    config = msgspec.structs.replace(node_config(made), assets=[plant])
    node = Node(config)
    facts = [fact for given in inputs_of(config, list(simulate(made, 1))) for fact in node.step(given)]
    raised = [fact for fact in facts if isinstance(fact, Alert)]
    assert raised
    assert raised[0].rule == "assessment"
    assert raised[0].now_ns < made.scene.start_ns + 170 * NS_PER_S  # still 7 km from the plant's edge
