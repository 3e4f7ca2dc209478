"""Deception through a whole node, as octets: what is told, whom it makes suspect, what a snapshot keeps."""

from __future__ import annotations

from functools import cache

import msgspec

from skydas.model import (
    NS_PER_S,
    Alert,
    ClaimFigures,
    Deception,
    Fact,
    Identified,
    Identity,
    Input,
    NodeConfig,
    encode_fact,
)
from skydas.node import Node
from skydas.outputs._board import Board
from skydas.sim import load_scenario, node_config, simulate
from skydas.sim.adsb import GHOST_NO_FIRST
from skydas.sim.population import address_of
from skydas.sim.scenario import Spoof
from tests.replay.scenes import facts_of, inputs_of

GHOSTS = {address_of(GHOST_NO_FIRST + number) for number in range(1_000)}


@cache
def played() -> tuple[NodeConfig, list[Input], list[Fact]]:
    scenario = load_scenario("three-radars")
    ghosts = Spoof(kind="ghost", latitude_deg=55.0, longitude_deg=24.0, radius_m=60_000.0, count=3, from_s=20.0)
    short = msgspec.structs.replace(scenario.scene, duration_s=75.0)
    scenario = msgspec.structs.replace(scenario, scene=short, spoofs=[ghosts])
    config = node_config(scenario)
    inputs = inputs_of(config, list(simulate(scenario, 3)))
    node = Node(config)
    return config, inputs, [fact for given in inputs for fact in node.step(given)]


def deceptions(facts: list[Fact]) -> list[Deception]:
    return [fact for fact in facts if isinstance(fact, Deception)]


def test_claims_of_aircraft_that_do_not_exist_are_told_and_nobody_elses() -> None:
    told = deceptions(played()[2])
    assert {fact.mode_s for fact in told} <= GHOSTS
    assert len({fact.mode_s for fact in told}) == 3
    assert {fact.what for fact in told} == {"position_contradicted"}
    assert all(fact.source == "adsb" and "no echo" in fact.text for fact in told)
    assert all(fact.latitude_deg is not None and 54.0 < fact.latitude_deg < 56.0 for fact in told)


def test_their_tracks_become_suspect_by_the_check_and_the_page_gets_them() -> None:
    facts = played()[2]
    accused = {track_no for fact in deceptions(facts) for track_no in fact.track_nos}
    suspects = {fact.track_no for fact in facts if isinstance(fact, Identified) and fact.identity == Identity.SUSPECT}
    assert accused
    assert accused <= suspects
    board = Board()
    for fact in facts:
        board.take(fact)
    assert {fact.number for fact in board.standing("deceptions")} == {fact.number for fact in deceptions(facts)}  # type: ignore[attr-defined]


def test_once_a_minute_it_is_told_how_claims_go() -> None:
    facts = [fact for fact in played()[2] if isinstance(fact, ClaimFigures)]
    assert 1 <= len(facts) <= 2
    assert facts[-1].claimant_count >= 15
    assert facts[-1].contradicted_count == 3
    assert set(facts[-1].dropped.values()) == {0}


def test_the_same_inputs_give_the_same_octets_and_a_restored_node_goes_on_to_the_octet() -> None:
    config, inputs, facts = played()
    assert facts_of(Node(config), inputs)[0] == [encode_fact(fact) for fact in facts]
    first_ns = deceptions(facts)[0].now_ns
    part = next(at for at, given in enumerate(inputs) if given.rx_ns > first_ns + NS_PER_S // 2)
    node, restored = Node(config), Node(config)
    for given in inputs[:part]:
        node.step(given)
    restored.restore(node.state())
    told = 0
    for given in inputs[part:]:
        here = node.step(given)
        told += len(deceptions(here))
        assert [encode_fact(fact) for fact in restored.step(given)] == [encode_fact(fact) for fact in here]
    assert told


def test_each_address_is_one_alert_of_whatever_it_is_accused() -> None:
    facts = played()[2]
    alerts = {fact.number: fact for fact in facts if isinstance(fact, Alert) and fact.text.startswith("address")}
    assert {fact.rule for fact in alerts.values()} == {"deception"}
    assert len(alerts) == len({fact.mode_s for fact in deceptions(facts)})
