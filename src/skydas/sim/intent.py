"""What each object of a scene is about, as the truth has it: the table `intent.parquet` beside a recording.

No sensor knows it and no node is told. `is_threat` means that a person on watch must know of the object: it is bound
for something protected, carries contraband, spies, or claims to be what it is not.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from skydas.model import NS_PER_S
from skydas.sim.adsb import claims_ghosts, ghost_world
from skydas.sim.assets import inside
from skydas.sim.kinds import KIND_NAMES
from skydas.sim.scenario import Intent, Replay, Scenario, Spoof, Target, Traffic
from skydas.sim.simulate import generator, true_world
from skydas.sim.vary import varied
from skydas.sim.world import STEP_S, World

INTENT_SCHEMA: Final = pa.schema(
    [
        ("target_no", pa.int64()),
        ("name", pa.string()),  # of the table of the scenario that it comes from
        ("kind", pa.string()),
        ("intent", pa.string()),
        ("is_threat", pa.bool_()),
        ("asset", pa.string()),  # where it goes, or what it is about; empty: nothing protected
        ("from_ns", pa.int64()),  # since when `intent` and `is_threat` hold
        ("begin_ns", pa.int64()),
        ("end_ns", pa.int64()),  # last second that it was there
        ("inside_ns", pa.int64()),  # when it first entered its asset; 0: never
        ("is_ghost", pa.bool_()),  # only claimed to be there
    ]
)
UNSAID: Final = Intent(what="")


class _Life(NamedTuple):
    """One object from its first step to its last, so far."""

    name: str
    kind: str
    intent: Intent
    begin_s: float
    is_ghost: bool


def states_intent(scenario: Scenario) -> bool:
    """Return whether a scenario says of anything what it is about."""
    stated: list[Target | Traffic | Replay | Spoof] = [*scenario.targets, *scenario.traffic]
    stated += [*scenario.replays, *scenario.spoofs]
    return any(one.intent is not None for one in stated)


def intents(scenario: Scenario, seed: int) -> pa.Table:
    """Return a row for every object of the scene, and for every one that is only claimed."""
    scenario = varied(scenario, generator(seed, "variation"))
    lives, last_s, inside_s = _lives(true_world(scenario, seed), scenario, [])
    ghosts = ghost_world(scenario, generator(seed, "ghosts"))
    if ghosts is not None:
        claimed = _lives(ghosts, scenario, scenario.spoofs)
        lives, last_s, inside_s = lives | claimed[0], last_s | claimed[1], inside_s | claimed[2]
    start_ns = scenario.scene.start_ns

    def instant_ns(t_s: float) -> int:
        return start_ns + round(t_s * NS_PER_S)

    rows = []
    for number, life in lives.items():
        intent, entered_s = life.intent, inside_s.get(number)
        rows.append(
            {
                "target_no": number,
                "name": life.name,
                "kind": life.kind,
                "intent": intent.what,
                "is_threat": intent.is_threat and not (intent.if_inside and entered_s is None),
                "asset": intent.asset,
                "from_ns": instant_ns(life.begin_s + intent.from_s),
                "begin_ns": instant_ns(life.begin_s),
                "end_ns": instant_ns(last_s[number]),
                "inside_ns": 0 if entered_s is None else instant_ns(entered_s),
                "is_ghost": life.is_ghost,
            }
        )
    return pa.Table.from_pylist(rows, schema=INTENT_SCHEMA)


def write_intents(path: str | Path, scenario: Scenario, seed: int) -> int:
    """Write `intents` as Parquet; return how many rows."""
    table = intents(scenario, seed)
    pyarrow.parquet.write_table(table, path, compression="zstd")
    return int(table.num_rows)


def _lives(
    world: World, scenario: Scenario, spoofs: list[Spoof]
) -> tuple[dict[int, _Life], dict[int, float], dict[int, float]]:
    """Return by number: each object, when it was last there, and when it first was inside its asset.

    spoofs : in a world of ghosts, those of the scenario, by whose rows its populations are named
    """
    assets = {asset.name: asset for asset in scenario.assets}
    lives: dict[int, _Life] = {}
    last_s: dict[int, float] = {}
    inside_s: dict[int, float] = {}
    for _ in range(math.ceil(scenario.scene.duration_s / STEP_S)):
        world.step()
        if spoofs and not claims_ghosts(scenario, world.now_s):
            continue
        alive = np.flatnonzero(world.alive)
        numbers = world.traits.target_no[alive].tolist()
        for row, number in zip(alive.tolist(), numbers, strict=True):
            if number in lives:
                continue
            given = world.given(row)
            intent = spoofs[int(given.name.rpartition("-")[2])].intent if spoofs else given.intent
            kind = KIND_NAMES[int(world.traits.kind_no[row])]
            lives[number] = _Life(given.name, kind, intent or UNSAID, world.now_s, bool(spoofs))
        last_s |= dict.fromkeys(numbers, world.now_s)
        for name in sorted({lives[number].intent.asset for number in numbers} - {""}):
            waiting = [n not in inside_s and lives[n].intent.asset == name for n in numbers]
            rows = alive[waiting]
            entered = inside(assets[name], world.state.latitude_rad[rows], world.state.longitude_rad[rows])
            for row in rows[entered].tolist():
                inside_s[int(world.traits.target_no[row])] = world.now_s
    return lives, last_s, inside_s
