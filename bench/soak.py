"""A simulated day through one node: does memory stay flat, and under 500 MB?

    python -m bench.soak --hours 24 --json

The `region` scene (30 radars, 4,000 objects, about 2,000 plots a second) is simulated by another process and stepped
here, with the journal and the Parquet recording written as in operation (and deleted as they go). Memory is read every
simulated ten minutes; flat means that the second half of the day adds less than 5%.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from itertools import chain
from pathlib import Path
from typing import Any

from bench.feed import batches
from bench.machine import machine
from skydas.journal import JournalWriter
from skydas.memory import return_large_blocks
from skydas.model import NS_PER_S, Fact, encode_fact
from skydas.node import Node
from skydas.outputs.parquet import Params, Recorder
from skydas.warm import compile_apart, warm_up

SAMPLE_EVERY_NS = 600 * NS_PER_S


def resident_mb() -> float:
    """Return this process's resident memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def measure(scenario_name: str, hours: float, seed: int, directory: Path) -> dict[str, Any]:
    """Return memory over the day and what was done in it."""
    compile_apart()
    return_large_blocks()
    warm_up()
    config, feed = batches(scenario_name, hours * 3_600.0, seed)
    node = Node(config)
    journal = JournalWriter(directory / "journal", 64_000_000)
    recorder = Recorder(Params(str(directory / "history"), history_days=0.02, disk_free_mb_min=1.0))
    began_s, start_ns, next_ns, inputs, facts = time.perf_counter(), 0, 0, 0, 0
    samples: list[float] = []
    for given in chain.from_iterable(feed):
        start_ns = start_ns or given.rx_ns
        journal.append(given)
        for fact in node.step(given):
            encode_fact(fact)
            facts += 1
            record(recorder, fact)
        inputs += 1
        if given.rx_ns >= next_ns:
            next_ns = given.rx_ns + SAMPLE_EVERY_NS
            journal.flush()
            journal.delete_before(given.rx_ns - SAMPLE_EVERY_NS)
            samples.append(round(resident_mb(), 1))
            hour, took_s = (given.rx_ns - start_ns) / 3.6e12, time.perf_counter() - began_s
            print(f"{hour:6.2f} h  {samples[-1]:7.1f} MB  {took_s:7.0f} s", file=sys.stderr, flush=True)
    half = samples[len(samples) // 2]
    return {
        "hours": hours,
        "inputs": inputs,
        "facts": facts,
        "seconds": round(time.perf_counter() - began_s, 1),
        "memory_mb": samples,
        "memory_mb_max": max(samples),
        "growth_in_second_half_percent": round(100.0 * (samples[-1] - half) / half, 2),
        "tracker": node.tracker_counters(),
    }


def record(recorder: Recorder, fact: Fact) -> None:
    """Take one fact as the running output does, on this thread."""
    ended = recorder.add(fact)
    if ended is not None:
        recorder.store(ended)
    if recorder.spill_is_due:
        recorder.spill()
    elif recorder.flush_is_due:
        recorder.flush()


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenario", default="region")
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="the only form there is")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="skydas-soak-") as directory:
        found = {"machine": machine(), **measure(given.scenario, given.hours, given.seed, Path(directory))}
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
