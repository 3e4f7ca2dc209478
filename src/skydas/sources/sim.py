"""The simulator as a source: the octets that real links would bring, each in the name of its sensor's stream.

A live node plays the scene now: whatever start the scenario states is set to the present.
"""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec

from skydas.clock import LiveClock, stopwatch_ns
from skydas.model import NS_PER_S, utc_text
from skydas.sim import load_scenario, simulate, truth
from skydas.sources import Emit

TRUTH_EVERY_S: Final = 1.0


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which scene, and how fast."""

    scenario: str
    seed: int = 1
    now: bool = True  # start the scene at the present instead of the scenario's own start
    speed: float = 1.0  # times real time, of a node whose clock is "sources"; 0: as fast as the node takes it


async def run(params: Params, emit: Emit) -> None:
    """Play the scene to its end."""
    scenario = load_scenario(params.scenario)
    speed = params.speed
    if params.now:
        scene = msgspec.structs.replace(scenario.scene, start_utc=utc_text(LiveClock().now_ns()))
        scenario = msgspec.structs.replace(scenario, scene=scene)
        speed = 1.0
    emit.link("open", f"scenario {params.scenario}, seed {params.seed}")
    instants = enumerate(truth(scenario, params.seed, TRUTH_EVERY_S))
    began_ns, first_ns, truth_ns = stopwatch_ns(), None, scenario.scene.start_ns
    for emission in simulate(scenario, params.seed):
        first_ns = emission.t_ns if first_ns is None else first_ns
        if speed > 0.0:
            due_ns = began_ns + int((emission.t_ns - first_ns) / speed)
            if (wait_ns := due_ns - stopwatch_ns()) > 0:
                await asyncio.sleep(wait_ns / NS_PER_S)
        while truth_ns <= emission.t_ns and (one := next(instants, None)) is not None:
            emit.truth(one[1])
            truth_ns = scenario.scene.start_ns + round((one[0] + 1) * TRUTH_EVERY_S * NS_PER_S)
        await emit.tick(emission.t_ns)
        await emit(emission.payload, emission.t_ns, emission.source)
    emit.link("ended", f"scenario {params.scenario} is over")
