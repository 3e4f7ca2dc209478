"""From a plot to its alert inside a node, what the alerts cost, and what a flood does to both.

    python -m bench.alerts --seconds 120 --json

The `region` scene (30 radars, 4,000 objects, about 2,000 plots a second) through a node, on one core. A stage of the
bench's own, before `respond`, finds a cause in tracks that come near: so many new ones a minute, each told again
whenever its track changed. Delay: CPU time of the step whose input raised the alert, from the octets to the encoded
fact; the machine may have other work. The share is the CPU of the stage `respond` over that of the node.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any, ClassVar

import numpy as np

from bench.feed import batches
from bench.machine import machine
from skydas.model import NS_PER_S, PROVISIONAL_NO, Alert, AlertPerformance, Cause, TrackStatus, encode_fact
from skydas.node import Node
from skydas.node.judging import Seen
from skydas.warm import compile_apart, warm_up


class Finding:
    """A stage that hands over causes: so many tracks a minute begin to matter, and matter until they end."""

    ACTIONS: ClassVar[dict[str, Any]] = {}

    def __init__(self, per_minute: float) -> None:
        self.per_minute = per_minute
        self._matter: set[int] = set()
        self._due = 0.0
        self._last_ns = 0

    def step(self, seen: Seen) -> None:
        """Hand over a cause for each track that matters and changed."""
        self._due += self.per_minute * (seen.now_ns - (self._last_ns or seen.now_ns)) / NS_PER_S / 60.0
        self._last_ns = seen.now_ns
        rows = seen.tracks
        sure = (rows["status"] == TrackStatus.CONFIRMED) & (rows["track_no"] < PROVISIONAL_NO)
        for row in rows[np.flatnonzero(sure)]:
            track_no = int(row["track_no"])
            if track_no not in self._matter:
                if self._due < 1.0:
                    continue
                self._due -= 1.0
                self._matter.add(track_no)
            seen.causes.append(
                Cause(
                    rule="near",
                    track_nos=(track_no,),
                    asset=f"asset {track_no % 20}",
                    score=(0.35, 0.35, 0.35, 0.6, 0.9)[track_no % 5],
                    text="comes near",
                    latitude_deg=float(row["latitude_deg"]),
                    longitude_deg=float(row["longitude_deg"]),
                    plot_ns=int(row["last_plot_ns"]),
                )
            )

    def second(self, seen: Seen) -> None:
        """Nothing is due once a second."""

    def state(self) -> None:
        """It is never restored."""

    def restore(self, state: None) -> None:
        """It is never restored."""


def measure(seconds: float, seed: int, per_minute: float) -> dict[str, Any]:
    """Return the delays, the cost and the load of one run with so many new causes a minute."""
    config, feed = batches("region", seconds, seed)
    node = Node(config, time.process_time_ns)
    finding = Finding(per_minute)
    stages = dict(node.judging.stages)
    respond = stages.pop("respond")
    node.judging.stages = {**stages, "finding": finding, "respond": respond}
    delays_ms: list[float] = []
    cpu_s, first_ns, last_ns, load = 0.0, 0, 0, None
    for batch in feed:
        began_cpu_s = time.process_time()
        for given in batch:
            began_ns = time.process_time_ns()
            facts = node.step(given)
            raised = False
            for fact in facts:
                encode_fact(fact)
                raised |= isinstance(fact, Alert) and fact.raised_ns == fact.now_ns
                load = fact if isinstance(fact, AlertPerformance) else load
            if raised:
                delays_ms.append((time.process_time_ns() - began_ns) / 1e6)
        cpu_s += time.process_time() - began_cpu_s
        first_ns, last_ns = first_ns or batch[0].rx_ns, batch[-1].rx_ns
    assert load is not None
    summary = node.stage_times.summary()
    spent_s = sum(summary[name]["total_s"] for name in ("respond", "respond each second"))
    span_s = (last_ns - first_ns) / NS_PER_S
    return {
        "seed": seed,
        "new_causes_per_minute": per_minute,
        "plots_per_s": round(node.tracker_counters()["plots"] / span_s),
        "step_with_an_alert_ms": {
            "count": len(delays_ms),
            "p50": round(float(np.percentile(delays_ms, 50)), 3),
            "p95": round(float(np.percentile(delays_ms, 95)), 3),
            "worst": round(max(delays_ms), 3),
        },
        "respond": {name: summary[name] for name in ("respond", "respond each second")},
        "respond_share_percent": round(100.0 * spent_s / cpu_s, 2),
        "tracks_that_mattered": len(finding._matter),
        "alerts_open": load.open_count,
        "activations": load.activation_count,
        "bundled": load.bundled_count,
        "joined": load.joined_count,
        "flood_share": round(load.flood_share, 3),
        "findings": load.findings,
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--per-minute", type=float, nargs="+", default=[6.0, 600.0])
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    compile_apart()
    warm_up()
    runs = [measure(given.seconds, given.seed, per_minute) for per_minute in given.per_minute]
    if given.json:
        print(json.dumps({"machine": machine(), "runs": runs}, indent=2))
        return
    for run in runs:
        for name, value in run.items():
            print(f"{name:24} {value}")
        print()


if __name__ == "__main__":
    main()
