"""Run every benchmark, one after the other, and write docs/benchmarks.md: python -m bench.report [--only NAME ...]"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

from bench.machine import machine

REPOSITORY: Final = Path(__file__).resolve().parent.parent
OUT: Final = REPOSITORY / "docs" / "benchmarks.md"
LIMIT_S: Final = 400.0
Found = dict[str, Any]


class Row(NamedTuple):
    """One line of the table."""

    work: str
    target: str
    value: Callable[[Found], float]
    reached: Callable[[float], bool]
    unit: str


class Bench(NamedTuple):
    """One benchmark: its command and what its figures are held against."""

    name: str
    options: tuple[str, ...]
    rows: tuple[Row, ...]


def at_least(target: float) -> Callable[[float], bool]:
    """Return whether a figure is at least `target`."""
    return lambda value: value >= target


def at_most(target: float) -> Callable[[float], bool]:
    """Return whether a figure is at most `target`."""
    return lambda value: value <= target


def case(found: Found, plots_per_step: object, motion: str = "imm") -> Found:
    """Return one case of the tracker's benchmark."""
    return next(c for c in found["cases"] if c["plots_per_step"] == plots_per_step and c["motion"] == motion)


BENCHES: Final = (
    Bench(
        "decode",
        ("--seconds", "1"),
        (
            Row(
                "CAT048 decode, batch",
                "5,000,000/s",
                lambda f: f["figures"]["decode_048_batch_records_per_s"],
                at_least(5e6),
                "records/s",
            ),
            Row(
                "CAT048 decode, a datagram of one record at a time",
                "300,000/s",
                lambda f: f["figures"]["decode_048_datagrams_of_one_record_per_s"],
                at_least(3e5),
                "datagrams/s",
            ),
            Row(
                "CAT062 encode",
                "5,000,000/s",
                lambda f: f["figures"]["encode_062_records_per_s"],
                at_least(5e6),
                "records/s",
            ),
        ),
    ),
    Bench(
        "node",
        ("--seconds", "240"),
        (
            Row(
                "octets to tracks through a node that leaves judging to another, one core",
                "200,000 plots/s",
                lambda f: f["plots_per_cpu_s"],
                at_least(2e5),
                "plots per CPU second",
            ),
            Row(
                "replay of 30 radars at 2,000 plots/s",
                "50 times real time",
                lambda f: f["times_real_time"],
                at_least(50),
                "times real time",
            ),
            Row(
                "one input through the node, p99",
                "20 ms",
                lambda f: f["stages"]["step"]["p99_ms"],
                at_most(20),
                "ms",
            ),
            Row(
                "memory of that node, without journal, recording and page",
                "500 MB",
                lambda f: f["memory_mb"],
                at_most(500),
                "MB",
            ),
        ),
    ),
    Bench(
        "node",
        ("--seconds", "120", "--judges"),
        (
            Row(
                "that node with identity, assessment, prediction and alerts: the same region",
                "50 times real time",
                lambda f: f["times_real_time"],
                at_least(50),
                "times real time",
            ),
            Row(
                "one input through it, p95, from octets to assessed facts",
                "20 ms",
                lambda f: f["stages"]["step"]["p95_ms"],
                at_most(20),
                "ms",
            ),
            Row(
                "memory of it, without journal, recording and page",
                "500 MB",
                lambda f: f["memory_mb"],
                at_most(500),
                "MB",
            ),
        ),
    ),
    Bench(
        "tracker",
        ("--targets", "1000", "--seeds", "3"),
        (
            Row(
                "tracker alone, IMM, 1,000 targets, a scan at a time",
                "500,000 plots/s",
                lambda f: case(f, "scan")["plots_per_s"],
                at_least(5e5),
                "plots/s",
            ),
            Row(
                "its GOSPA per root target (Stone Soup's best set-up: 62.58)",
                "63.2",
                lambda f: case(f, "scan")["gospa_per_root_target"],
                at_most(63.2),
                "m",
            ),
        ),
    ),
    Bench(
        "sapient",
        (),
        (
            Row(
                "SAPIENT detections to plots",
                "100,000/s",
                lambda f: f["detections_per_s"],
                at_least(1e5),
                "detections/s",
            ),
        ),
    ),
    Bench(
        "plots",
        (),
        (Row("`plots` CSV rows", "200,000/s", lambda f: f["csv_rows_per_s"], at_least(2e5), "rows/s"),),
    ),
    Bench(
        "websocket",
        ("--clients", "50", "--updates-per-s", "20000"),
        (
            Row(
                "50 pages at 20,000 updates/s: share of a core",
                "5%",
                lambda f: 100 * f["core_share"],
                at_most(5),
                "%",
            ),
            Row("the same, p99", "10 ms", lambda f: f["p99_ms"], at_most(10), "ms"),
        ),
    ),
    Bench(
        "page",
        ("--tracks", "2000", "--size", "1280x720"),
        (
            Row(
                "2,000 moving tracks at 1280 x 720, SwiftShader",
                "20 frames/s",
                lambda f: f["frames_per_s"],
                at_least(20),
                "frames/s",
            ),
        ),
    ),
    Bench(
        "page",
        ("--tracks", "5000", "--size", "1600x900"),
        (
            Row(
                "5,000 moving tracks at 1600 x 900, SwiftShader",
                "10 frames/s",
                lambda f: f["frames_per_s"],
                at_least(10),
                "frames/s",
            ),
        ),
    ),
    Bench(
        "start",
        (),
        (
            Row("`skydas --help`", "0.3 s", lambda f: f["help_s"], at_most(0.3), "s"),
            Row(
                "`skydas demo` to moving tracks on the page's API",
                "5 s",
                lambda f: sorted(f["moving_tracks_s"])[1],
                at_most(5),
                "s",
            ),
        ),
    ),
    Bench(
        "evaluate",
        (),
        (Row("all scores, 1,000 targets over an hour", "60 s", lambda f: f["whole_s"], at_most(60), "s"),),
    ),
)


def run(bench: Bench) -> tuple[Found | None, str]:
    """Return what a benchmark printed, or None and the reason."""
    command = [sys.executable, "-m", f"bench.{bench.name}", *bench.options, "--json"]
    try:
        made = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=LIMIT_S)
    except subprocess.TimeoutExpired:
        return None, f"took longer than {LIMIT_S:.0f} s"
    if made.returncode:
        return None, (made.stderr.strip().splitlines() or ["no reason given"])[-1]
    found: Found = json.loads(made.stdout)
    return found, ""


def lines_of(bench: Bench) -> list[str]:
    """Run one benchmark and return its lines of the table."""
    command = f"`python -m bench.{bench.name} {' '.join(bench.options)}`".replace(" `", "`")
    found, reason = run(bench)
    lines = []
    for row in bench.rows:
        if found is None:
            lines.append(f"| {row.work} | {row.target} | failed: {reason} | no | {command} |")
            continue
        value = row.value(found)
        shown = f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.3g}"
        answer = "yes" if row.reached(value) else "**no**"
        lines.append(f"| {row.work} | {row.target} | {shown} {row.unit} | {answer} | {command} |")
    return lines


def main() -> None:
    """Run all and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", default=[])
    given = parser.parse_args()
    table = []
    for bench in BENCHES:
        if given.only and bench.name not in given.only:
            continue
        lines = lines_of(bench)
        print("\n".join(lines), flush=True)
        table += lines
    if given.only:
        return
    facts = "\n".join(f"| {name} | {value} |" for name, value in machine().items())
    OUT.write_text(
        "# Benchmarks\n\nMade by `make bench` in one run, one benchmark after the other, on this machine (shared with "
        "others, so single figures move by a fifth):\n\n"
        f"| | |\n|---|---|\n{facts}\n\n"
        "| work | target | measured | reached | command |\n|---|---|---|---|---|\n"
        + "\n".join(table)
        + "\n\n"
        + (REPOSITORY / "bench" / "remarks.md").read_text()
    )
    print(f"written: {OUT.relative_to(REPOSITORY)}")


if __name__ == "__main__":
    main()
