"""Biased radars as octets through a whole node: what registration finds, tells, takes off and remembers."""

from __future__ import annotations

from functools import cache

import msgspec
import pytest

from skydas.config import node_config as read_config
from skydas.errors import ConfigError
from skydas.model import Fact, Input, NodeConfig, Notice, SensorBias, encode_fact
from skydas.node import Node
from skydas.sim import load_scenario
from tests.replay.scenes import inputs_of, scene

NO_PLOT_TOUCHED = {"is_applied": False}


@cache
def played() -> tuple[NodeConfig, list[Input], list[Fact]]:
    config, emissions = scene("three-radars", 300.0)
    inputs = inputs_of(config, emissions)
    node = Node(config)
    return config, inputs, [fact for given in inputs for fact in node.step(given)]


def found_in(facts: list[Fact]) -> dict[str, SensorBias]:
    """Return the last thing said of each sensor."""
    return {fact.sensor: fact for fact in facts if isinstance(fact, SensorBias)}


def test_the_biases_of_three_radars_are_found_in_five_minutes_and_honestly() -> None:
    found = found_in(played()[2])
    for radar in load_scenario("three-radars").radars:
        bias = found[radar.name]
        for part, true_value, close in (
            (bias.range_m, radar.bias_range_m, 10.0),
            (bias.azimuth_deg, radar.bias_azimuth_deg, 0.015),
        ):
            assert part.is_observed
            assert part.is_applied
            assert part.value is not None
            assert part.sigma is not None
            assert abs(part.value - true_value) < close
            assert abs(part.value - true_value) < 4.0 * part.sigma


def test_a_bias_is_told_to_the_people_when_it_is_first_taken_off() -> None:
    told = [fact for fact in played()[2] if isinstance(fact, Notice) and fact.what == "bias_found"]
    assert {fact.text.split(":")[0] for fact in told} >= {"north", "south-east", "south-west"}
    assert all("taken off" in fact.text for fact in told)


def test_a_two_dimensional_radar_says_that_it_has_no_elevation_to_be_wrong() -> None:
    part = found_in(played()[2])["north"].elevation_deg
    assert (part.value, part.is_observed, part.is_applied) == (None, False, False)
    assert "does not measure" in part.reason


def test_a_node_restored_between_two_solutions_goes_on_to_the_octet() -> None:
    config, inputs, _ = played()
    half = len(inputs) // 2 + 7
    node, restored = Node(config), Node(config)
    for given in inputs[:half]:
        node.step(given)
    restored.restore(node.state())
    for given in inputs[half : half + 3_000]:
        here = [encode_fact(fact) for fact in node.step(given)]
        assert [encode_fact(fact) for fact in restored.step(given)] == here


def test_switched_off_it_is_found_and_told_but_taken_off_nothing() -> None:
    config, inputs, _ = played()
    node = Node(msgspec.structs.replace(config, registration=NO_PLOT_TOUCHED))
    facts = [fact for given in inputs[1 : len(inputs) // 2] for fact in node.step(given)]
    found = found_in(facts)
    assert found["north"].range_m.is_observed
    assert not any(bias.range_m.is_applied or bias.azimuth_deg.is_applied for bias in found.values())


def test_one_radar_alone_is_not_registered() -> None:
    config, inputs, _ = played()
    sources = [source for source in config.sources if source.sensor in ("", "north")]
    alone = msgspec.structs.replace(config, sensors=config.sensors[:1], sources=sources)
    node = Node(alone)
    facts = [fact for given in inputs[1:4_000] for fact in node.step(given)]
    assert not found_in(facts)


def test_a_wrong_parameter_is_a_fault_of_the_node_file() -> None:
    with pytest.raises(ConfigError, match=r"registration\.forget: no such key"):
        read_config('[node]\nname = "x"\n\n[registration]\nforget = 3\n')
