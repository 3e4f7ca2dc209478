"""A low drone that comes down in sight of a radar, as octets through a whole node: the search for it."""

from __future__ import annotations

from functools import cache

import msgspec
import numpy as np

from skydas.model import Action, ActionTaken, Fact, Input, InputKind, NodeConfig, SearchArea, encode_fact
from skydas.node import Node, with_ticks
from skydas.sim import Scenario, load_scenario, node_config, simulate
from tests.replay.scenes import inputs_of

DOWN = (55.06, 24.10)  # where the drone's last waypoint is
SCENE = f"""
[scene]
name = "down"
title = "A drone flies low towards a radar and comes down"
start_utc = "2026-06-01T12:00:00Z"
duration_s = 190
latitude_deg = 55.0
longitude_deg = 24.0

[[targets]]
name = "drone"
kind = "fixed_wing_drone"
waypoints = [
  {{ latitude_deg = 55.09, longitude_deg = 24.16, height_agl_m = 120, speed_mps = 40 }},
  {{ latitude_deg = {DOWN[0]}, longitude_deg = {DOWN[1]}, height_agl_m = 120 }},
]

[[radars]]
name = "radar"
sac = 1
sic = 1
latitude_deg = 55.0
longitude_deg = 24.0
mast_m = 20
dimensions = 3
secondary = false
doppler = true
period_s = 2
range_m_max = 40_000
clutter_per_scan = 0
"""


@cache
def played() -> tuple[NodeConfig, list[Input], Node, list[Fact]]:
    scenario: Scenario = load_scenario(SCENE)
    config = node_config(scenario)
    inputs = inputs_of(config, list(simulate(scenario, 3)))
    last_ns = inputs[-1].rx_ns
    quiet = [Input(last_ns + 60_000_000_000, "nobody", InputKind.LINK, b'{"state":"open"}')]
    inputs += [given for given in with_ticks(iter([inputs[-1], *quiet])) if given.rx_ns > last_ns]
    node = Node(config)
    return config, inputs, node, [fact for given in inputs for fact in node.step(given)]


def said(node: Node, what: str, **fields: str) -> list[Fact]:
    action = Action(who="watch 1", role="operator", what=what, fields=fields)
    return node.step(Input(node.now_ns + 1_000_000, "web", InputKind.ACTION, msgspec.msgpack.encode(action)))


def fresh() -> Node:
    """Return a node in the state that the scene left."""
    config, _, node, _ = played()
    copy = Node(config)
    copy.restore(node.state())
    return copy


def areas(facts: list[Fact]) -> list[SearchArea]:
    return [fact for fact in facts if isinstance(fact, SearchArea)]


def refusals(facts: list[Fact]) -> list[str]:
    return [fact.refused for fact in facts if isinstance(fact, ActionTaken)]


def test_a_drone_lost_low_in_sight_of_a_radar_is_searched_for_and_its_place_lies_on_the_map() -> None:
    (area,) = areas(played()[3])
    assert (area.what, area.is_over, area.elsewhere) == ("landed_or_crashed", False, 0.1)
    cells = np.frombuffer(area.probability, np.uint8).reshape(area.rows, area.columns)
    row = int((DOWN[0] - area.latitude_deg) / area.cell_north_deg)
    column = int((DOWN[1] - area.longitude_deg) / area.cell_east_deg)
    assert cells[row, column] > 0
    assert [share for share, _ in area.rings] == [0.5, 0.9]


def test_a_search_in_vain_moves_the_map_and_makes_elsewhere_likelier() -> None:
    node = fresh()
    number = str(areas(played()[3])[0].number)
    here = {"latitude_deg": str(DOWN[0]), "longitude_deg": str(DOWN[1]), "radius_m": "600"}
    (area,) = areas(said(node, "searched_area", search=number, detection="0.9", **here))
    assert area.searched == 1
    assert area.elsewhere > 0.1
    again = said(node, "searched_area", search=number, detection="0.9", **here)
    assert areas(again)[0].elsewhere > area.elsewhere
    ended = said(node, "end_search", search=number, reason="found by a patrol")
    assert areas(ended)[0].is_over
    assert refusals(said(node, "end_search", search=number, reason="again")) == [
        f"there is no search {number}; there are: none"
    ]


def test_what_cannot_be_meant_is_refused_with_the_reason() -> None:
    node = fresh()
    number = str(areas(played()[3])[0].number)
    ask = {"search": number, "detection": "0.5"}
    bow_tie = "55,24 55.1,24.1 55.1,24 55,24.1"
    assert "crosses itself" in refusals(said(node, "searched_area", ring=bow_tie, **ask))[0]
    assert "corner" in refusals(said(node, "searched_area", ring="55 24", **ask))[0]
    assert "detection" in refusals(said(node, "searched_area", search=number, detection="nan", ring=bow_tie))[0]
    assert "radius_m" in refusals(said(node, "searched_area", latitude_deg="55", longitude_deg="24", **ask))[0]
    assert "searched for already" in refusals(said(node, "start_search", track_no="1"))[0]
    assert "no track 99" in refusals(said(node, "start_search", track_no="99"))[0]
    assert "heights must rise" in refusals(said(node, "set_wind", profile="500,270,10 100,270,10"))[0]
    assert "out of bounds" in refusals(said(node, "set_wind", profile="500,270,1000"))[0]
    assert refusals(said(node, "set_wind", profile="0,240,6 1500,260,14")) == [""]


def test_a_node_restored_before_the_loss_goes_on_to_the_octet() -> None:
    config, inputs, _, facts = played()
    found = next(fact.now_ns for fact in facts if isinstance(fact, SearchArea))
    split = next(at for at, given in enumerate(inputs) if given.rx_ns > found - 5_000_000_000)
    node, restored = Node(config), Node(config)
    for given in inputs[:split]:
        node.step(given)
    restored.restore(node.state())
    for given in inputs[split:]:
        here = [encode_fact(fact) for fact in node.step(given)]
        assert [encode_fact(fact) for fact in restored.step(given)] == here
