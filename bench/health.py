"""What sensor health costs, how often it alarms for nothing, and how soon for something.

    python -m bench.health --hours 3 --seeds 5 6 --json

Cost: the `region` scene (30 radars, about 2,000 plots a second) through a node; CPU of the judgement every ten seconds,
of the tracker's look and of what is noted of each plot, over the CPU of all. Alarms for nothing: the `baltic` scene,
in which no sensor changes. Delay: `three-radars` for half an hour; from the middle on one radar loses a share of its
messages.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numba import njit

from bench.feed import batches
from bench.machine import machine
from skydas.clock import stopwatch_ns
from skydas.fuse.health.watch import WATCH_NS, note_again, watch
from skydas.fuse.records import Records
from skydas.model import NS_PER_S, Input, InputKind, Notice
from skydas.node import Node, replay
from skydas.warm import compile_apart, warm_up

ALARMS: Final = ("detection_fell", "clutter_rose", "bias_moved", "period_differs")
DELAY_S: Final = 1800.0
LOOKS: Final = 50
NOTES: Final = 1_000_000


@njit
def _note_many(tracks: Records, sensors: Records, count: int) -> None:
    for k in range(count):
        i = k % 1000
        note_again(tracks, sensors, i, tracks[i].slot_sensor[0], sensors[tracks[i].slot_sensor[0]].period_ns)


def cost(seconds: float) -> dict[str, float]:
    """Return what each part costs, and its share of the node's CPU."""
    config, feed = batches("region", seconds, 1)
    node = Node(config, stopwatch_ns)
    cpu_s, first_ns, last_ns = 0.0, 0, 0
    for batch in feed:
        began_s = time.process_time()
        for _ in replay(node, batch):
            pass
        cpu_s += time.process_time() - began_s
        first_ns, last_ns = first_ns or batch[0].rx_ns, batch[-1].rx_ns
    span_s = (last_ns - first_ns) / NS_PER_S
    tracker = node._tracker
    assert tracker is not None
    store = tracker._store
    look_s = 0.0
    for _ in range(LOOKS):
        store.tracks["slot_hits"] = 2  # as if all had been seen: the most that there can be to do
        began_s = time.process_time()
        watch(store, tracker._setup, tracker.watched_ns + WATCH_NS)
        look_s += (time.process_time() - began_s) / LOOKS
    _note_many(store.tracks, store.sensors, 1)
    began_s = time.process_time()
    _note_many(store.tracks, store.sensors, NOTES)
    note_s = (time.process_time() - began_s) / NOTES
    watching, heard_ns = node._watching, node._sensors.last_ns
    assert watching is not None
    began_s = time.process_time()
    for look in range(1, LOOKS + 1):
        watching.step(node.now_ns, tracker.watched_ns + look, tracker.watched(), heard_ns, [])
        watching.detection()
        watching.told(heard_ns)
    judge_s = (time.process_time() - began_s) / LOOKS
    plots_per_s = node.tracker_counters()["plots"] / span_s
    spent_s = (judge_s + look_s) * NS_PER_S / WATCH_NS + note_s * plots_per_s
    return {
        "plots_per_s": plots_per_s,
        "sensors": float(len(store.sensors)),
        "judgement_ms": 1e3 * judge_s,
        "look_ms": 1e3 * look_s,
        "note_ns": 1e9 * note_s,
        "share_percent": 100.0 * spent_s / (cpu_s / span_s),
    }


def for_nothing(hours: float, seed: int) -> dict[str, Any]:
    """Return the alarms of a scene in which nothing changes, and over how many sensor hours."""
    config, feed = batches("baltic", 3600.0 * hours, seed)
    radars = sum(sensor.kind in ("radar_2d", "radar_3d") for sensor in config.sensors)
    told = [f"{notice.what}: {notice.text}" for notice in _alarms(Node(config), feed)]
    return {"seed": seed, "radar_hours": radars * hours, "alarms": told}


def delay_s(lost: float, seed: int) -> float:
    """Return how long it took to tell that a radar loses this share of its messages; NaN: not at all."""
    config, feed = batches("three-radars", DELAY_S, seed)
    rng = np.random.default_rng(seed)
    from_ns = 0

    def damaged() -> Iterator[list[Input]]:
        nonlocal from_ns
        for batch in feed:
            from_ns = from_ns or batch[0].rx_ns + round(DELAY_S / 2 * NS_PER_S)
            yield [one for one in batch if not _is_lost(one, from_ns, rng.random(), lost)]

    told_ns = [
        notice.now_ns
        for notice in _alarms(Node(config), damaged())
        if notice.what == "detection_fell" and notice.text.startswith("north")
    ]
    return (told_ns[0] - from_ns) / NS_PER_S if told_ns else float("nan")


def _is_lost(one: Input, from_ns: int, lot: float, lost: float) -> bool:
    return one.kind == InputKind.DATA and one.source == "north" and one.rx_ns > from_ns and lot < lost


def _alarms(node: Node, feed: Iterator[list[Input]]) -> Iterator[Notice]:
    for batch in feed:
        for fact, _ in replay(node, batch):
            if isinstance(fact, Notice) and fact.what in ALARMS:
                yield fact


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=3.0)
    parser.add_argument("--seeds", type=int, nargs="+", default=[5, 6])
    parser.add_argument("--lost", type=float, nargs="+", default=[0.2, 0.3, 0.5])
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    compile_apart()
    warm_up()
    figures: dict[str, Any] = {
        "machine": machine(),
        "cost": cost(120.0),
        "delay_s": {str(lost): [delay_s(lost, seed) for seed in given.seeds] for lost in given.lost},
        "for_nothing": [for_nothing(given.hours, seed) for seed in given.seeds],
    }
    if given.json:
        print(json.dumps(figures, indent=2))
        return
    for name, value in figures.items():
        print(f"{name:12} {value}")


if __name__ == "__main__":
    main()
