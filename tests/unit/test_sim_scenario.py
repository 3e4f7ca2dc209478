"""Scenario files: those that come with the package load, and a wrong one is told all its faults at once."""

from __future__ import annotations

import itertools
import tomllib
from pathlib import Path

import pyarrow.parquet
import pytest

from skydas.config import meaning_faults, read_node_file
from skydas.errors import ConfigError
from skydas.model import NodeConfig, utc_ns
from skydas.sim import TRUTH, load_scenario, node_config, scenario_names, simulate, write_truth
from skydas.sim.simulate import TRUTH_SCHEMA
from tests.paths import REPOSITORY
from tests.unit.sim_scenes import SEED, radar, scene, traffic, truth_rows

EXAMPLES = sorted((REPOSITORY / "examples" / "scenarios").glob("*.toml"))


def faults_of(text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        load_scenario(text)
    return caught.value.faults


def test_the_shipped_scenarios_are_listed() -> None:
    assert {"baltic", "crossing", "region", "three-radars"} <= set(scenario_names())


@pytest.mark.parametrize("name", scenario_names())
def test_every_shipped_scenario_loads_and_its_node_file_is_sound(name: str) -> None:
    scenario = load_scenario(name)
    assert scenario.scene.name == name
    config = node_config(scenario)
    assert isinstance(config, NodeConfig)
    assert list(meaning_faults(config)) == []
    assert config.node.origin == "simulated"
    streams = {source.name for source in config.sources}
    heard = {emission.source for emission in itertools.islice(simulate(scenario, SEED), 2_000)}
    assert heard <= streams
    assert len(heard) >= min(len(scenario.radars), 5)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_example_scenario_loads(path: Path) -> None:
    assert load_scenario(path).scene.duration_s > 0


def test_all_faults_of_a_file_are_told_at_once() -> None:
    faults = faults_of(
        """
colour = "red"
[scene]
name = "x"
start_utc = "2026-06-01T05:00:00Z"
duration_s = "long"
latitude_deg = 55.0
[[traffic]]
name = "a"
kind = "zeppelin"
count = 3
latitude_deg = 55
longitude_deg = 24
radius_m = 1000
radius_km = 1
"""
    )
    told = "\n".join(faults)
    assert len(faults) == 5
    for words in (
        "colour: unknown key",
        "scene.duration_s: Expected `float`",
        "scene.longitude_deg: missing",
        "traffic[0].kind: Invalid enum value 'zeppelin'",
        "traffic[0].radius_km: unknown key",
    ):
        assert words in told


def test_all_impossible_values_are_told_at_once() -> None:
    faults = faults_of(
        """
[scene]
name = "x"
start_utc = "yesterday"
duration_s = 10
latitude_deg = 95
longitude_deg = 24
[[targets]]
name = "t"
kind = "airliner"
waypoints = []
manoeuvres = [{ at_s = 1, for_s = 2, turn_g = 6 }]
[[traffic]]
name = "a"
kind = "bird"
count = 0
latitude_deg = 55
longitude_deg = nan
radius_m = 1000
speed_mps = [20, 10]
[[radars]]
name = "r"
sac = 1
sic = 1
latitude_deg = 55
longitude_deg = 24
sigma_range_m = -5
detection_probability_max = 1.2
primary = false
secondary = false
[[radars]]
name = "r"
sac = 1
sic = 300
period_s = 0.2
latitude_deg = 55
longitude_deg = 24
[[replays]]
name = "p"
file = "nowhere.csv"
kind = "bird"
"""
    )
    told = "\n".join(faults)
    for words in (
        "scene.start_utc: expected ISO 8601",
        "scene.latitude_deg: must be -85 to 85, got 95",
        "targets[0].waypoints: expected one or more",
        "targets[0].manoeuvres[0].turn_g: 6.0 exceeds the 0.45 g of this airliner",
        "traffic[0].count: must be 1",
        "traffic[0].longitude_deg: expected a finite number",
        "traffic[0].speed_mps: the first of the two must not exceed the second",
        "radars[0].sigma_range_m: must be",
        "radars[0].detection_probability_max: must be 0 to 1, got 1.2",
        "radars[0]: neither primary nor secondary",
        "radars[1].sic: must be 0 to 255, got 300",
        "radars[1].period_s: must be 1",
        "sensors: the name 'r' is given 2 times",
        "replays[0].file: there is no",
    ):
        assert words in told
    assert len(faults) == 14


def test_two_sensors_with_one_code_or_one_stream_in_two_formats_are_refused() -> None:
    adsb = """
[[adsb_receivers]]
name = "{name}"
format = "{format}"
sac = 1
sic = 1
latitude_deg = 55
longitude_deg = 24
stream = "radar"
"""
    with pytest.raises(ConfigError, match="share SAC/SIC 1/1"):
        scene(radar(), adsb.format(name="a", format="cat021"))
    with pytest.raises(ConfigError, match="on the stream 'radar', which carries asterix"):
        scene(radar(), adsb.format(name="a", format="sbs"))


def test_what_is_no_toml_or_no_file_says_so() -> None:
    assert "not TOML" in faults_of("[scene\nname = 1\n")[0]
    assert "shipped scenarios: balloon-night, baltic" in faults_of("no-such-scene.toml")[0]


def test_the_truth_file_holds_what_truth_yields(tmp_path: Path) -> None:
    scenario = scene(traffic("airliner", 4), traffic("bird", 2), duration_s=20)
    path = tmp_path / "truth.parquet"
    rows = truth_rows(scenario)
    assert write_truth(path, scenario, SEED) == len(rows)
    table = pyarrow.parquet.read_table(path)
    assert table.schema.names == TRUTH_SCHEMA.names
    assert table.schema.names == [
        "t_ns",
        "target_no",
        "kind",
        "latitude_deg",
        "longitude_deg",
        "height_hae_m",
        "v_east_mps",
        "v_north_mps",
        "v_up_mps",
    ]
    assert table["t_ns"][0].as_py() == utc_ns("2026-06-01T05:00:00Z")
    assert set(table["kind"].to_pylist()) == {"airliner", "bird"}
    assert table["latitude_deg"].to_pylist() == rows["latitude_deg"].tolist()
    assert rows.dtype == TRUTH


@pytest.mark.parametrize("name", ["baltic", "three-radars"])
def test_the_example_node_of_a_scene_states_its_sensors(name: str) -> None:
    given = read_node_file(REPOSITORY / "examples" / "nodes" / f"{name}.toml")
    made = node_config(load_scenario(name))
    assert given.node == made.node
    assert given.sensors == made.sensors
    assert [source for source in given.sources if source.source == "fed"] == made.sources
    assert [source.params["scenario"] for source in given.sources if source.source == "sim"] == [name]


def test_the_node_is_not_told_the_biases() -> None:
    config = node_config(load_scenario("three-radars"))
    assert all(sensor.bias_range_m == 0.0 and sensor.bias_azimuth_deg == 0.0 for sensor in config.sensors)
    given = tomllib.loads((REPOSITORY / "src/skydas/sim/scenarios/three-radars.toml").read_text())
    assert any(one["bias_range_m"] for one in given["radars"])
