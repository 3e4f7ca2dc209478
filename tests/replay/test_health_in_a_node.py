"""Sensors through a whole node, as octets: what is told of their health, what is told when one fails, what is kept."""

from __future__ import annotations

import re
from functools import cache

import msgspec
import numpy as np
import pytest

from skydas.config import node_config as read_config
from skydas.errors import ConfigError
from skydas.model import NS_PER_S, Estimate, Fact, Input, NodeConfig, Notice, SensorHealth, TrackStatus, encode_fact
from skydas.node import Node
from skydas.sim import Emission, load_scenario, node_config, simulate
from tests.replay.scenes import inputs_of, scene

FAULT_S = 240.0
OURS = ("detection_fell", "clutter_rose", "bias_moved", "period_differs", "sensor_fell_silent")


@cache
def played() -> tuple[NodeConfig, list[Emission], list[Input], list[Fact]]:
    config, emissions = scene("three-radars", 360.0)
    inputs = inputs_of(config, emissions)
    node = Node(config)
    return config, emissions, inputs, [fact for given in inputs for fact in node.step(given)]


def told_of(facts: list[Fact], sensor: str) -> list[SensorHealth]:
    return [fact for fact in facts if isinstance(fact, SensorHealth) and fact.sensor == sensor]


def noticed(facts: list[Fact]) -> list[tuple[str, str]]:
    """Return event and sensor of what was said of sensors' health."""
    return [(fact.what, fact.text.split(":")[0]) for fact in facts if isinstance(fact, Notice) and fact.what in OURS]


def is_near(estimate: Estimate | None, true: float, sigmas: float = 4.0) -> bool:
    assert estimate is not None
    return abs(estimate.value - true) < sigmas * estimate.sigma


def test_every_radar_tells_its_period_its_clutter_and_what_it_sees_every_ten_seconds() -> None:
    facts = played()[3]
    scenario = load_scenario("three-radars")
    for radar in scenario.radars:
        told = told_of(facts, radar.name)
        steps_s = np.diff([fact.now_ns for fact in told]) / NS_PER_S
        assert ((steps_s >= 10.0) & (steps_s <= 11.0)).all()
        last = told[-1]
        assert last.period_s is not None
        assert abs(last.period_s.value - radar.period_s) < 0.02
        assert is_near(last.false_per_turn, radar.clutter_per_scan)
        assert last.basis == "others"
        assert last.detection is not None
        # An echo or a reply: it misses one in five hundred, and a track that turns takes another.
        assert last.detection.value > 0.97
        assert len(last.coverage) == 360
    adsb = told_of(facts, "adsb")[-1]
    assert adsb.false_per_turn is None
    assert is_near(adsb.detection, scenario.adsb_receivers[0].reception_probability)
    assert noticed(facts) == []


def test_a_radar_that_begins_to_miss_is_told_within_two_minutes_and_no_other_is() -> None:
    config, emissions, _, _ = played()
    rng = np.random.default_rng(1)
    from_ns = emissions[0].t_ns + round(FAULT_S * NS_PER_S)
    kept = [one for one in emissions if one.t_ns < from_ns or one.source != "north" or rng.random() > 0.6]
    node = Node(config)
    facts = [fact for given in inputs_of(config, kept) for fact in node.step(given)]
    assert noticed(facts) == [("detection_fell", "north")]
    notice = next(fact for fact in facts if isinstance(fact, Notice) and fact.what == "detection_fell")
    assert notice.level == "warning"
    assert "check transmitter" in notice.text
    assert (notice.now_ns - from_ns) / NS_PER_S < 120.0
    assert told_of(facts, "north")[-1].alarms == ["detection_fell"]


def test_a_radar_that_goes_off_is_silent_and_not_called_blind_too() -> None:
    config, emissions, _, _ = played()
    from_ns = emissions[0].t_ns + round(FAULT_S * NS_PER_S)
    node = Node(config)
    kept = [one for one in emissions if one.t_ns < from_ns or one.source != "north"]
    facts = [fact for given in inputs_of(config, kept) for fact in node.step(given)]
    assert noticed(facts) == [("sensor_fell_silent", "north")]


def test_a_restored_node_goes_on_to_the_octet() -> None:
    config, _, inputs, _ = played()
    half = len(inputs) // 2 + 7
    node, restored = Node(config), Node(config)
    for given in inputs[:half]:
        node.step(given)
    restored.restore(node.state())
    told = 0
    for given in inputs[half : half + 3_000]:
        facts = node.step(given)
        told += sum(isinstance(fact, SensorHealth) for fact in facts)
        assert [encode_fact(fact) for fact in restored.step(given)] == [encode_fact(fact) for fact in facts]
    assert told >= 4


def test_the_tracker_takes_what_was_measured_when_it_is_told_to() -> None:
    config, _, inputs, _ = played()
    stated = [msgspec.structs.replace(sensor, detection_probability=0.5) for sensor in config.sensors]
    for uses, expected in ((False, 0.5), (True, 0.95)):
        node = Node(msgspec.structs.replace(config, sensors=stated, health={"tracker_uses_detection": uses}))
        for given in inputs[1:]:
            node.step(given)
        assert node._tracker is not None
        assert node._tracker._store.sensors["detection"][0] == expected


def test_a_wrong_parameter_is_a_fault_of_the_node_file() -> None:
    with pytest.raises(ConfigError, match=r"health\.forget: no such key"):
        read_config('[node]\nname = "x"\n\n[health]\nforget = 3\n')


def test_a_radar_whose_place_is_wrong_is_named_with_its_error_and_no_longer_doubles_the_picture() -> None:
    scenario = load_scenario("three-radars")
    radars = [msgspec.structs.replace(radar, secondary=False) for radar in scenario.radars]
    of_echoes = msgspec.structs.replace(scenario.scene, duration_s=240.0)
    scenario = msgspec.structs.replace(scenario, scene=of_echoes, radars=radars, adsb_receivers=[])
    config, emissions = node_config(scenario), list(simulate(scenario, 3))
    wrong = config.sensors[0]
    assert wrong.latitude_deg is not None
    moved = msgspec.structs.replace(wrong, latitude_deg=wrong.latitude_deg + 0.18)  # 20 km north of where it stands
    config = msgspec.structs.replace(config, sensors=[moved, *config.sensors[1:]])
    inputs = inputs_of(config, emissions)
    node, doubled = Node(config), 0
    facts: list[Fact] = []
    for given in inputs[: len(inputs) // 2]:
        facts += node.step(given)
        doubled = max(doubled, int((node.picture(given.rx_ns)["sensors"] == 1).sum()))
    (told,) = [fact for fact in facts if isinstance(fact, Notice) and fact.what == "sensor_misplaced"]
    assert told.level == "alarm"
    assert told.text.startswith(f"{wrong.name}: ")
    found = re.search(r"moved by ([\d.]+) km towards (\d+) deg: check its place", told.text)
    assert found is not None
    assert abs(float(found[1]) - 20.0) < 1.0  # the radars are biased too
    assert abs(int(found[2]) - 180) < 5
    again = Node(config)
    again.restore(node.state())
    late = inputs[len(inputs) // 2 :]
    rest = [fact for given in late for fact in node.step(given)]
    assert [encode_fact(fact) for given in late for fact in again.step(given)] == [encode_fact(fact) for fact in rest]
    picture = node.picture(late[-1].rx_ns)
    alone = (picture["sensors"] == 1) & (picture["status"] != TrackStatus.TENTATIVE)
    assert doubled > 10
    assert not alone.any()
    assert "misplaced" in told_of(rest, wrong.name)[-1].alarms
