"""From a scenario and a seed to octets, one step of the world after the other; and the truth beside them."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from skydas.model import NS_PER_S, Rows
from skydas.sim.adsb import Receiver, claims_ghosts, ghost_world
from skydas.sim.block import Block, Piece
from skydas.sim.kinds import KIND_NAMES
from skydas.sim.lines import make_line_sensors
from skydas.sim.link import Emission, Outbox, Way
from skydas.sim.rotating import RotatingRadar
from skydas.sim.scenario import Scenario
from skydas.sim.vary import varied
from skydas.sim.world import STEP_S, World

TRUTH: Final = np.dtype(
    [
        ("t_ns", "<i8"),
        ("target_no", "<i8"),
        ("kind_no", "<i8"),  # ObjectClass
        ("latitude_deg", "<f8"),
        ("longitude_deg", "<f8"),
        ("height_hae_m", "<f8"),
        ("v_east_mps", "<f8"),
        ("v_north_mps", "<f8"),
        ("v_up_mps", "<f8"),
    ]
)
TRUTH_SCHEMA: Final = pa.schema(
    [
        ("t_ns", pa.int64()),
        ("target_no", pa.int64()),
        ("kind", pa.dictionary(pa.int8(), pa.string())),
        ("latitude_deg", pa.float64()),
        ("longitude_deg", pa.float64()),
        ("height_hae_m", pa.float64()),
        ("v_east_mps", pa.float64()),
        ("v_north_mps", pa.float64()),
        ("v_up_mps", pa.float64()),
    ]
)
BLOCK_STEPS: Final = 8
ROWS_WRITTEN_TOGETHER: Final = 200_000


def generator(seed: int, name: str) -> np.random.Generator:
    """Return the generator of one part of the scene: adding a sensor leaves the others' numbers as they were."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def simulate(scenario: Scenario, seed: int, noise_seed: int | None = None) -> Iterator[Emission]:
    """Yield what reaches the node, in order of time; the same scenario and seed yield the same octets.

    noise_seed : of the sensors and their links, if not `seed` as well: the same truth, sensed another time
    """
    scenario = varied(scenario, generator(seed, "variation"))
    world = World(scenario, generator(seed, "truth"))
    ghosts = ghost_world(scenario, generator(seed, "ghosts"))
    outbox = Outbox()
    sensing = seed if noise_seed is None else noise_seed

    def way(name: str, stream: str, link: Any) -> Way:
        return Way(link, stream or name, outbox, generator(sensing, f"link {name}"))

    def rng_of(name: str) -> np.random.Generator:
        return generator(sensing, f"sensor {name}")

    radars = [
        RotatingRadar(one, scenario.scene, way(one.name, one.stream, one.link), rng_of(one.name))
        for one in scenario.radars
    ]
    receivers = [
        Receiver(one, scenario, way(one.name, one.stream, one.link), rng_of(one.name))
        for one in scenario.adsb_receivers
    ]
    others = make_line_sensors(scenario, way, rng_of)
    start_ns, step_ns = scenario.scene.start_ns, round(STEP_S * NS_PER_S)
    end_ns = start_ns + round(scenario.scene.duration_s * NS_PER_S)
    steps = math.ceil(scenario.scene.duration_s / STEP_S)
    for first in range(0, steps, BLOCK_STEPS):
        pieces = []
        for _ in range(BLOCK_STEPS):
            world.step()
            if ghosts is not None:
                ghosts.step()
            for receiver in receivers:
                receiver.step(world, ghosts)
            for other in others:
                other.step(world)
            pieces.append(Piece(world))
        block = Block(pieces)
        for radar in radars:
            radar.look(block)
        yield from outbox.until(min(start_ns + (first + BLOCK_STEPS) * step_ns, end_ns))


def truth(scenario: Scenario, seed: int, step_s: float = 1.0) -> Iterator[Rows]:
    """Yield the truth at every `step_s`, TRUTH (k,) of the k objects there are at that instant."""
    yield from _truth_of(true_world(scenario, seed), scenario, step_s)


def ghosts(scenario: Scenario, seed: int, step_s: float = 1.0) -> Iterator[Rows]:
    """Yield, as `truth`, where the aircraft are claimed to be that do not exist."""
    scenario = varied(scenario, generator(seed, "variation"))
    world = ghost_world(scenario, generator(seed, "ghosts"))
    if world is None:
        return
    for rows in _truth_of(world, scenario, step_s):
        if len(rows) and claims_ghosts(scenario, (int(rows["t_ns"][0]) - scenario.scene.start_ns) / NS_PER_S):
            yield rows


def true_world(scenario: Scenario, seed: int) -> World:
    """Return the truth before its first step, as the seed has it."""
    return World(varied(scenario, generator(seed, "variation")), generator(seed, "truth"))


def _truth_of(world: World, scenario: Scenario, step_s: float) -> Iterator[Rows]:
    instant = 0
    for _ in range(math.ceil(scenario.scene.duration_s / STEP_S)):
        world.step()
        while (t_s := instant * step_s) < min(world.now_s + STEP_S, scenario.scene.duration_s):
            yield _rows(world, t_s, scenario.scene.start_ns)
            instant += 1


def _rows(world: World, t_s: float, start_ns: int) -> Rows:
    alive = np.flatnonzero(world.alive)
    state = world.at(alive, t_s - world.now_s)
    rows = np.zeros(len(alive), TRUTH)
    rows["t_ns"] = start_ns + round(t_s * NS_PER_S)
    rows["target_no"] = world.traits.target_no[alive]
    rows["kind_no"] = world.traits.kind_no[alive]
    rows["latitude_deg"], rows["longitude_deg"] = np.degrees(state.latitude_rad), np.degrees(state.longitude_rad)
    rows["height_hae_m"] = state.height_hae_m
    velocity_mps = state.velocity_enu_mps()
    for column, name in enumerate(("v_east_mps", "v_north_mps", "v_up_mps")):
        rows[name] = velocity_mps[:, column]
    return rows


def write_truth(path: str | Path, scenario: Scenario, seed: int, step_s: float = 1.0) -> int:
    """Write `truth` as Parquet, one row an object and instant; return how many rows."""
    return _write(path, truth(scenario, seed, step_s))


def write_ghosts(path: str | Path, scenario: Scenario, seed: int, step_s: float = 1.0) -> int:
    """Write `ghosts` as Parquet, in the columns of the truth; return how many rows."""
    return _write(path, ghosts(scenario, seed, step_s))


def _write(path: str | Path, instants: Iterator[Rows]) -> int:
    count = 0
    with pyarrow.parquet.ParquetWriter(path, TRUTH_SCHEMA, compression="zstd") as writer:
        for rows in _gathered(instants):
            writer.write_table(truth_table(rows))
            count += len(rows)
    return count


def truth_table(rows: Rows) -> pa.Table:
    """Return rows as the table that `truth.parquet` holds."""
    words = [KIND_NAMES[number] for number in range(len(KIND_NAMES))]
    kinds = pa.DictionaryArray.from_arrays(pa.array(rows["kind_no"], pa.int8()), pa.array(words))
    columns = [kinds if name == "kind" else pa.array(np.ascontiguousarray(rows[name])) for name in TRUTH_SCHEMA.names]
    return pa.table(columns, schema=TRUTH_SCHEMA)


def _gathered(parts: Iterator[Rows]) -> Iterator[Rows]:
    held: list[Rows] = []
    count = 0
    for part in parts:
        held.append(part)
        count += len(part)
        if count >= ROWS_WRITTEN_TOGETHER:
            yield np.concatenate(held)
            held, count = [], 0
    if count:
        yield np.concatenate(held)
