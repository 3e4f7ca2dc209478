"""The open scenes with threats and what looks like them: each seed another way, and the truth of it in files only."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow.parquet
import pytest

from skydas.cli.sim import sim
from skydas.config import encode_config
from skydas.sim import Scenario, ghosts, intents, load_scenario, node_config, simulate, truth
from skydas.sim.simulate import generator
from skydas.sim.vary import varied
from skydas.sim.world import World

THREATS: Final = {
    "ordinary-day": frozenset[str](),
    "transit": frozenset[str](),
    "lost-hobbyist": frozenset({"lost"}),
    "smuggling-drop": frozenset({"drop"}),
    "reconnaissance-loiter": frozenset({"reconnaissance"}),
    "one-way-attack": frozenset({"attack"}),
    "balloon-night": frozenset({"drift"}),
    "border-crossing": frozenset({"crossing"}),
    "decoy-wave": frozenset({"attack", "decoy"}),
    "spoofed-airliner": frozenset({"attack", "false_claim"}),
    "inland-launch": frozenset({"attack", "reconnaissance"}),
}
SEEDS: Final = range(1, 21)


def rows_of(name: str, seed: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = intents(load_scenario(name), seed).to_pylist()
    return found


def places(scenario: Scenario, seed: int, number: int) -> np.ndarray[Any, Any]:
    rows = np.concatenate(list(truth(scenario, seed)))
    rows = rows[rows["target_no"] == number]
    return np.column_stack((rows["latitude_deg"], rows["longitude_deg"]))


@pytest.mark.parametrize("name", THREATS)
def test_what_is_a_threat_is_what_the_scene_is_about(name: str) -> None:
    found = {row["intent"] for seed in (1, 2) for row in rows_of(name, seed) if row["is_threat"]}
    assert found <= THREATS[name]
    assert bool(found) == bool(THREATS[name])


@pytest.mark.parametrize("name", THREATS)
def test_every_object_has_an_intent(name: str) -> None:
    rows = rows_of(name, 3)
    assert all(row["intent"] for row in rows)
    assert len({row["target_no"] for row in rows}) == len(rows)


def test_a_wave_is_of_forty() -> None:
    for seed in (1, 2, 3):
        wave = [row for row in rows_of("decoy-wave", seed) if row["is_threat"]]
        assert len(wave) == 40
        assert sum(row["intent"] == "attack" for row in wave) == 4


def test_attackers_reach_what_they_are_about_before_the_scene_ends() -> None:
    attacks = [row for seed in range(1, 4) for row in rows_of("one-way-attack", seed) if row["intent"] == "attack"]
    reached = [row for row in attacks if row["inside_ns"]]
    assert len(reached) > len(attacks) / 2
    assert all(row["end_ns"] > row["inside_ns"] > row["from_ns"] for row in reached)


def test_of_the_balloons_those_are_a_threat_that_come_over_the_airport() -> None:
    rows = [row for seed in range(1, 5) for row in rows_of("balloon-night", seed) if row["intent"] == "drift"]
    assert all(row["is_threat"] == bool(row["inside_ns"]) for row in rows)
    assert 0 < sum(row["is_threat"] for row in rows) < len(rows) / 2


def test_every_seed_goes_another_way_and_the_same_seed_the_same() -> None:
    scenario = load_scenario("border-crossing")
    begun = []
    for seed in SEEDS:
        one = varied(scenario, generator(seed, "variation"))
        again = varied(scenario, generator(seed, "variation"))
        assert one == again
        intruder = next(target for target in one.targets if target.name == "intruder")
        begun.append((intruder.waypoints[0].latitude_deg, intruder.start_s, one.winds[0].from_deg))
    assert len(set(begun)) == len(SEEDS)


def test_over_the_seeds_each_choice_is_made() -> None:
    scenario = load_scenario("reconnaissance-loiter")
    spies = [
        [target.name for target in varied(scenario, generator(seed, "variation")).targets if "spy" in target.name]
        for seed in SEEDS
    ]
    assert all(len(names) == 1 for names in spies)
    assert len({names[0] for names in spies}) == 3


def test_what_has_been_varied_varies_no_more() -> None:
    once = varied(load_scenario("ordinary-day"), generator(1, "variation"))
    assert varied(once, generator(2, "variation")) == once


def test_a_scene_that_varies_nothing_flies_as_it_is_written() -> None:
    scenario = load_scenario("crossing")
    plain, same = (
        World(scenario, generator(4, "truth")),
        World(varied(scenario, generator(4, "variation")), generator(4, "truth")),
    )
    for _ in range(120):
        plain.step()
        same.step()
    assert plain.alive.any()
    assert all(np.array_equal(a, b) for a, b in zip(plain.state, same.state, strict=True))


def test_the_same_truth_can_be_sensed_another_time() -> None:
    scenario = load_scenario("crossing")
    octets = [
        hashlib.sha256(b"".join(one.payload for one in simulate(scenario, 1, noise_seed))).hexdigest()
        for noise_seed in (None, 1, 2)
    ]
    assert octets[0] == octets[1] != octets[2]


def test_ghosts_are_in_no_truth() -> None:
    scenario = load_scenario("spoofed-airliner")
    claimed = {int(no) for rows in ghosts(scenario, 1, 10.0) for no in rows["target_no"]}
    real = {int(no) for rows in truth(scenario, 1, 10.0) for no in rows["target_no"]}
    told = {row["target_no"] for row in rows_of("spoofed-airliner", 1) if row["is_ghost"]}
    assert claimed
    assert claimed <= told
    assert not claimed & real


def test_the_node_of_a_scene_is_not_told_what_anything_is_about() -> None:
    for name in THREATS:
        scenario = load_scenario(name)
        told = encode_config(node_config(scenario))
        for secret in {one.name for one in scenario.targets} | {"is_threat", "intent"}:
            assert f'"{secret}"'.encode() not in told


def test_the_files_beside_a_recording(tmp_path: Path) -> None:
    sim("spoofed-airliner", out=str(tmp_path / "scene"), duration_s=90.0)
    names = {path.name for path in (tmp_path / "scene").iterdir()}
    assert {"truth.parquet", "intent.parquet", "ghosts.parquet", "assets.geojson"} <= names
    table = pyarrow.parquet.read_table(tmp_path / "scene" / "intent.parquet")
    assert "is_threat" in table.column_names
    sim("transit", out=str(tmp_path / "a.pcap"), duration_s=5.0)
    assert {"a.truth.parquet", "a.intent.parquet", "a.assets.geojson"} <= {path.name for path in tmp_path.iterdir()}
