"""What the assessment costs in a node, and how long a plot waits in it for the assessed fact.

    python -m bench.assess --json

The `region` scene: 30 radars, 4,000 objects, 2,000 plots a second, with the Baltic set of assets and a grid of others,
200 in all. Times are CPU times of this process alone, so other work on the machine does not count. "Plot to fact" is
the time of `Node.step` for an input that told an Assessed fact of a track that a plot of this very input updated: from
the octets in the node's hands to the fact in the outputs'. Tracks that no input made due are told each second:
`second` is that work, which the input behind it waits for.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any, Final

import msgspec
import numpy as np

from bench.feed import batches
from bench.machine import machine
from skydas.assess.sets import shipped_assets
from skydas.model import NS_PER_S, Assessed, Asset, Frame, InputKind, NodeConfig
from skydas.node import Node
from skydas.warm import compile_apart, warm_up

ASSETS: Final = 200
WARM_UP_SHARE: Final = 0.5  # of the scene, in which its tracks begin


def with_assets(config: NodeConfig) -> NodeConfig:
    """Return the node with the Baltic set and a grid of places over the region."""
    assets = shipped_assets("baltic")
    side = int(np.ceil(np.sqrt(ASSETS - len(assets))))
    grid = [(52.0 + 4.0 * north / side, 18.0 + 8.0 * east / side) for north in range(side) for east in range(side)]
    for number, place in enumerate(grid[: ASSETS - len(assets)]):
        assets.append(Asset(name=f"place {number}", kind="plant", shape="point", points=(place,), radius_m=1_000.0))
    return msgspec.structs.replace(config, assets=assets)


def measure(seconds: float, seed: int) -> dict[str, Any]:
    """Return the figures of one run."""
    compile_apart()
    warm_up()
    config, feed = batches("region", seconds, seed)
    node = Node(with_assets(config), time.process_time_ns)
    step_ns, fact_ns, told, first_ns, plots = [], [], 0, 0, 0
    measured_from_ns, cpu_ns, stages_before = 0, 0, {}
    for batch in feed:
        for given in batch:
            if given.kind == InputKind.CONFIG:
                continue  # it would take the assets away again
            first_ns = first_ns or given.rx_ns
            is_measured = given.rx_ns - first_ns > seconds * WARM_UP_SHARE * NS_PER_S
            if is_measured and not measured_from_ns:
                measured_from_ns, stages_before = given.rx_ns, _totals(node)
                plots = -node.tracker_counters()["plots"]
            began_ns = time.process_time_ns()
            facts = node.step(given)
            took_ns = time.process_time_ns() - began_ns
            if not is_measured:
                continue
            cpu_ns += took_ns
            assessed = {fact.track_no for fact in facts if isinstance(fact, Assessed)}
            told += len(assessed)
            if given.kind == InputKind.DATA:
                step_ns.append(took_ns)
                updated = {no for fact in facts if isinstance(fact, Frame) for no in fact.rows()["track_no"].tolist()}
                if assessed & updated:
                    fact_ns.append(took_ns)
            last_ns = given.rx_ns
    span_s = (last_ns - measured_from_ns) / NS_PER_S
    plots += node.tracker_counters()["plots"]
    after = _totals(node)
    return {
        "scene": "region",
        "seed": seed,
        "assets": ASSETS,
        "measured_s": round(span_s, 1),
        "tracks": len(node.picture(node.now_ns)),
        "plots_per_s": round(plots / span_s),
        "assessed_told_per_s": round(told / span_s, 1),
        "plot_to_assessed_fact_ms": _quantiles(fact_ns),
        "step_ms": _quantiles(step_ns),
        "cpu_share": round(cpu_ns / 1e9 / span_s, 3),
        "cpu_share_of_stages": {
            name: round((total - stages_before.get(name, 0.0)) / span_s, 4) for name, total in after.items()
        },
        "second_ms": node.stage_times.summary()["assess each second"],
    }


def _totals(node: Node) -> dict[str, float]:
    return {name: stage["total_s"] for name, stage in node.stage_times.summary().items()}


def _quantiles(times_ns: list[int]) -> dict[str, float]:
    found = np.array(times_ns or [0]) / 1e6
    quantiles = {f"p{share}": round(float(np.percentile(found, share)), 3) for share in (50, 95, 99)}
    return quantiles | {"count": len(times_ns)}


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=240.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = {"machine": machine(), **measure(given.seconds, given.seed)}
    if given.json:
        print(json.dumps(found, indent=2))
        return
    for key, value in found.items():
        print(f"{key:26} {value}")


if __name__ == "__main__":
    main()
