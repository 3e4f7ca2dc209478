"""Octets to tracks through a whole node on one core, and how many times real time a region is replayed.

    python -m bench.node --seconds 60 --json

The `region` scene: 30 radars, 4,000 objects, about 2,000 plots a second, as ASTERIX datagrams. What is timed is
`Node.step` for every input, ticks included, and the encoding and hashing of every fact; the simulation is made before.
Beside it stands how many confirmed tracks live at the end.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from typing import Any

import msgspec
import numpy as np
from bench.machine import machine

from skydas.clock import stopwatch_ns
from skydas.config import encode_config
from skydas.model import PLOT, Frame, Input, InputKind, PlotFrame, TrackStatus
from skydas.node import FactsHash, Node, replay, with_ticks
from skydas.sim import load_scenario, node_config, simulate
from skydas.warm import warm_up


def measure(scenario_name: str, seconds: float, seed: int) -> dict[str, Any]:
    """Return the figures of one run."""
    scenario = load_scenario(scenario_name)
    scenario = msgspec.structs.replace(scenario, scene=msgspec.structs.replace(scenario.scene, duration_s=seconds))
    config = node_config(scenario)
    emissions = [Input(e.t_ns, e.source, InputKind.DATA, e.payload) for e in simulate(scenario, seed)]
    first = Input(emissions[0].rx_ns, config.node.name, InputKind.CONFIG, encode_config(config))
    inputs = [first, *with_ticks(emissions)]
    warm_up()
    _run(config, inputs[: len(inputs) // 20])
    node, facts_hash = Node(config, stopwatch_ns), FactsHash()
    plots = 0
    frames = []
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    for fact, _ in replay(node, inputs, facts_hash):
        if isinstance(fact, PlotFrame):
            plots += len(fact.plots) // PLOT.itemsize
        elif isinstance(fact, Frame):
            rows = fact.rows()
            frames.append((rows["track_no"].copy(), rows["status"].copy()))
    wall_s, cpu_s = time.perf_counter() - wall_s, time.process_time() - cpu_s
    span_s = (inputs[-1].rx_ns - inputs[0].rx_ns) / 1e9
    confirmed: dict[int, int] = {}
    for numbers, statuses in frames:
        confirmed.update(zip(numbers.tolist(), statuses.tolist(), strict=True))
    living = sum(status in (TrackStatus.CONFIRMED, TrackStatus.COASTING) for status in confirmed.values())
    return {
        "scene": scenario_name,
        "seed": seed,
        "simulated_s": round(span_s, 1),
        "inputs": len(inputs),
        "plots": plots,
        "plots_per_s_of_scene": round(plots / span_s),
        "cpu_s": round(cpu_s, 3),
        "plots_per_cpu_s": round(plots / cpu_s),
        "times_real_time": round(span_s / wall_s, 1),
        "tracks_confirmed_at_end": living,
        "facts_sha256": facts_hash.hexdigest(),
        "stages": {
            name: {key: round(value, 4) for key, value in stage.items()}
            for name, stage in node.stage_times.summary().items()
        },
        "memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "mean_plots_per_datagram": round(float(np.divide(plots, max(len(emissions), 1))), 2),
    }


def _run(config: Any, inputs: list[Input]) -> None:
    for _ in replay(Node(config), inputs):
        pass


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenario", default="region")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = {"machine": machine(), **measure(given.scenario, given.seconds, given.seed)}
    if given.json:
        print(json.dumps(found, indent=2))
    else:
        for key, value in found.items():
            print(f"{key:26} {value}")


if __name__ == "__main__":
    main()
