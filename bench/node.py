"""Octets to tracks through a whole node on one core, and how many times real time a region is replayed.

    python -m bench.node --seconds 240 --json
    python -m bench.node --seconds 120 --judges --json    # with identity, assessment, prediction and alerts

The `region` scene: 30 radars, 4,000 objects, about 2,000 plots a second, as ASTERIX datagrams, made by another
process. What is timed is `Node.step` for every input, ticks included, and the encoding of every fact, from the first
plot on: all 4,000 tracks begin in it. Beside it stands how many confirmed tracks live at the end, and the
memory of the process, which holds a node and nothing else.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from typing import Any

import msgspec

from bench.feed import batches
from bench.machine import machine
from skydas.assess.sets import shipped_assets
from skydas.clock import stopwatch_ns
from skydas.config import encode_config
from skydas.model import NS_PER_S, Input, InputKind, NodeConfig
from skydas.node import Node, replay
from skydas.warm import compile_apart, warm_up


def measure(scenario_name: str, seconds: float, seed: int, *, judges: bool = False) -> dict[str, Any]:
    """Return the figures of one run."""
    compile_apart()
    loaded_s = warm_up()
    config, feed = batches(scenario_name, seconds, seed)
    section = msgspec.structs.replace(config.node, judges=judges)
    config = msgspec.structs.replace(config, node=section, assess={"assets_file": "baltic"})
    config = msgspec.structs.replace(config, assets=shipped_assets("baltic") if judges else [])
    node = Node(config, stopwatch_ns)
    inputs = first_ns = last_ns = 0
    wall_s = cpu_s = 0.0
    for given in feed:
        batch = [_configured(one, config) for one in given]
        began_s, cpu_began_s = time.perf_counter(), time.process_time()
        for _ in replay(node, batch):
            pass
        wall_s += time.perf_counter() - began_s
        cpu_s += time.process_time() - cpu_began_s
        inputs += len(batch)
        first_ns, last_ns = first_ns or batch[0].rx_ns, batch[-1].rx_ns
    counted = node.tracker_counters()
    span_s = (last_ns - first_ns) / NS_PER_S
    return {
        "scene": scenario_name,
        "seed": seed,
        "judges": judges,
        "kernels_loaded_s": round(loaded_s, 1),
        "simulated_s": round(span_s, 1),
        "inputs": inputs,
        "plots": counted["plots"],
        "plots_per_s_of_scene": round(counted["plots"] / span_s),
        "mean_plots_per_input": round(counted["plots"] / inputs, 2),
        "cpu_s": round(cpu_s, 3),
        "plots_per_cpu_s": round(counted["plots"] / cpu_s),
        "times_real_time": round(span_s / wall_s, 1),
        "tracks_confirmed_at_end": counted["confirmed"] - counted["dropped_confirmed"],
        "stages": {
            name: {key: round(value, 4) for key, value in stage.items()}
            for name, stage in node.stage_times.summary().items()
        },
        "memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def _configured(one: Input, config: NodeConfig) -> Input:
    """Return an input; the scene's own configuration is replaced by the one that is measured."""
    if one.kind != InputKind.CONFIG:
        return one
    return Input(one.rx_ns, one.source, one.kind, encode_config(config))


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenario", default="region")
    parser.add_argument("--seconds", type=float, default=240.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--judges", action="store_true", help="and identify, assess, predict, alert")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = {"machine": machine(), **measure(given.scenario, given.seconds, given.seed, judges=given.judges)}
    if given.json:
        print(json.dumps(found, indent=2))
    else:
        for key, value in found.items():
            print(f"{key:26} {value}")


if __name__ == "__main__":
    main()
