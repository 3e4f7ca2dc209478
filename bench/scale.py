"""How many tracks: 10,000 to 1,000,000 on one core, 100,000 with 100 radars on four. Writes docs/accuracy/scale.md.

    python -m bench.scale [--targets 10000 100000 1000000] [--no-shards] [--json] [--no-write]

One core: one position sensor of 50 m every 4 s, 90% seen, a fifth of the plots clutter, as `bench/stonesoup.py`; the
side is 632 km for 10,000 targets and 2,000 km for more, so a million lie ten times as close. Shards: 100 radars in a
square of 2,000 km, 150 km of range and a turn of 4 s each, four processes. CPU is of the tracker's processes.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

import numpy as np

from bench.accuracy import header, table, write_page
from bench.machine import machine
from bench.stonesoup_scenes import polar_of
from skydas.evaluate.points import score_points
from skydas.fuse import warm_up
from skydas.fuse.records import TRACK_STATE
from skydas.fuse.registration.registration import warm_up as warm_registration
from skydas.library import PLANE, Sensor, Shards, Tracker
from skydas.library.paths import geodetic_at_height
from skydas.model import FloatArray, Rows

PERIOD_S: Final = 4.0
SCANS: Final = 10
WARM_SCANS: Final = 7
SIGMA_M: Final = 50.0
DETECTION: Final = 0.9
PLOTS_TOGETHER: Final = 5_000  # as an antenna that turns would bring them
RADARS_A_SIDE: Final = 10
RADAR_RANGE_M: Final = 150e3
SHARD_TARGETS: Final = 100_000
SHARD_SIDE_M: Final = 2_000e3
SHARD_STEP_S: Final = 0.4
SHARD_S: Final = 40.0
CUTOFF_M: Final = 1_000.0
LATE_S: Final = 10.0
LATE_TARGETS_MAX: Final = 300_000  # with more, the copies of the window for late plots do not fit into 16 GB
GOSPA_TARGETS_MAX: Final = 300_000  # with more, so close together, the score would take longer than the run


class Targets:
    """Targets at 20-250 m/s under white acceleration, q = 1 m2/s3, in a square."""

    def __init__(self, count: int, side_m: float, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.side_m = side_m
        self.place = self.rng.uniform(-0.5 * side_m, 0.5 * side_m, (count, 2))
        speed, course = self.rng.uniform(20.0, 250.0, count), self.rng.uniform(0.0, 2.0 * np.pi, count)
        self.velocity = speed[:, None] * np.column_stack((np.cos(course), np.sin(course)))
        self.height = self.rng.uniform(3e3, 10e3, count)

    def move(self, dt_s: float) -> None:
        """Let `dt_s` pass."""
        kick = self.rng.normal(size=self.place.shape) / np.sqrt(dt_s)
        self.place += dt_s * self.velocity + 0.5 * dt_s**2 * kick
        self.velocity += dt_s * kick

    def scan(self, sensor: Sensor, t_s: float) -> Rows:
        """Return what a position sensor reports, by angle round the middle."""
        count = len(self.place)
        seen = self.place[self.rng.uniform(size=count) < DETECTION]
        false = self.rng.uniform(-0.5 * self.side_m, 0.5 * self.side_m, (self.rng.poisson(0.225 * count), 2))
        at = np.concatenate((seen + self.rng.normal(0.0, SIGMA_M, seen.shape), false))
        return sensor.position(t_s, at[np.argsort(np.arctan2(at[:, 0], at[:, 1]))])


def one_core(targets: int, motion: str, side_m: float = 0.0) -> dict[str, Any]:
    """Return speed, quality and memory of one tracker; run it in a process of its own. `side_m` 0: as above."""
    side_m = side_m or min(200e3 * (targets / 1_000.0) ** 0.5, 2_000e3)
    sensor = Sensor(name="one", sigma_position_m=SIGMA_M, period_s=PERIOD_S, range_m_max=1.5 * side_m)
    moving = Targets(targets, side_m, 1)
    late_s = LATE_S if targets <= LATE_TARGETS_MAX else 0.0
    tracker = Tracker([sensor], motion=motion, late_s_max=late_s)
    warm_up()
    before_mb = memory_mb(os.getpid())
    cpu_s, plot_count, gospa = 0.0, 0, None
    for scan in range(SCANS):
        plots = moving.scan(sensor, scan * PERIOD_S)
        began_s = time.process_time()
        for at in range(0, len(plots), PLOTS_TOGETHER):
            tracker.take(plots[at : at + PLOTS_TOGETHER])
        spent_s = time.process_time() - began_s
        if scan >= WARM_SCANS:
            cpu_s += spent_s
            plot_count += len(plots)
        if scan == SCANS - 1 and targets <= GOSPA_TARGETS_MAX:
            gospa = gospa_of(moving.place, tracker.picture().held.position_m[:, :2])
        moving.move(PERIOD_S)
    counted = tracker.counters()
    alive = len(tracker.engine.picture(tracker.now_ns))
    return {
        "targets": targets,
        "motion": motion,
        "side_km": side_m / 1e3,
        "late_s_max": late_s,
        "cpu_s_per_scan": cpu_s / (SCANS - WARM_SCANS),
        "plots_per_cpu_s": plot_count / cpu_s,
        "gospa": gospa,
        "alive": alive,
        "confirmed": counted["confirmed"],
        "state_octets_per_track": TRACK_STATE.itemsize,
        "process_mb": memory_mb(os.getpid()) - before_mb,
        "pairs_left_out": counted["pairs_left_out"],
        "births_without_room": counted["births_without_room"],
    }


def one_core_apart(targets: int, motion: str) -> dict[str, Any]:
    """Return `one_core` from a process of its own, so that memory is of one case."""
    command = [sys.executable, "-m", "bench.scale", "--one", "--targets", str(targets), "--motion", motion]
    found: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return found


def gospa_of(truth_m: FloatArray, tracks_m: FloatArray) -> float:
    """Return GOSPA of places (n, 2) over the root of the number of targets."""
    flat = [np.pad(points, ((0, 0), (0, 1))) for points in (truth_m, tracks_m)]
    first = [np.array([0, len(points)]) for points in flat]
    return float(score_points(first[0], flat[0], first[1], flat[1], CUTOFF_M).gospa_m[0] / np.sqrt(len(truth_m)))


def memory_mb(process: int) -> float:
    """Return the memory that a process holds, MB."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(float(line.split()[1]) / 1e3 for line in lines if line.startswith("VmRSS"))


def cpu_s_of(process: int) -> float:
    """Return the CPU seconds that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def radars() -> list[Sensor]:
    """Return the radars on a square grid."""
    step_m = SHARD_SIDE_M / RADARS_A_SIDE
    offsets = (np.arange(RADARS_A_SIDE) - 0.5 * (RADARS_A_SIDE - 1)) * step_m
    made = []
    for north_m in offsets:
        for east_m in offsets:
            latitude, longitude, height = geodetic_at_height(PLANE, np.array([[east_m, north_m]]), 100.0)
            at_m = PLANE.enu_from_geodetic(latitude, longitude, height)[0]
            made.append(
                Sensor(
                    name=f"radar-{len(made) + 1}",
                    kind="radar_3d",
                    at_m=(float(at_m[0]), float(at_m[1]), float(at_m[2])),
                    sigma_elevation_deg=0.3,
                    period_s=PERIOD_S,
                    range_m_max=RADAR_RANGE_M,
                )
            )
    return made


def shards(registration: bool) -> dict[str, Any]:
    """Return what four processes spend on 100,000 targets in 100 radars."""
    moving = Targets(SHARD_TARGETS, SHARD_SIDE_M, 1)
    sensors = radars()
    steps = round(PERIOD_S / SHARD_STEP_S)
    own_s, wall_s, plot_count, seconds = 0.0, 0.0, 0, 0.0
    worst_s = 0.0
    with Shards(sensors, cuts_east_m=[0.0], cuts_north_m=[0.0], registration=registration) as many:
        many.picture()  # all have started
        began = [0.0] * len(many.process_ids)
        for step in range(round(SHARD_S / SHARD_STEP_S)):
            t_s = step * SHARD_STEP_S
            plots = np.concatenate([_seen(moving, radar, t_s) for radar in sensors[step % steps :: steps]])
            if t_s == 0.5 * SHARD_S:  # all tracks are there
                began = [cpu_s_of(process) for process in many.process_ids]
                own_s, wall_s, plot_count, seconds, worst_s = 0.0, 0.0, 0, 0.0, 0.0
            wall_began_s, own_began_s = time.perf_counter(), time.process_time()
            many.take(plots)
            worst_s = max(worst_s, time.perf_counter() - wall_began_s)
            wall_s += time.perf_counter() - wall_began_s
            own_s += time.process_time() - own_began_s
            plot_count += len(plots)
            seconds += SHARD_STEP_S
            moving.move(SHARD_STEP_S)
        spent = [cpu_s_of(process) - at for process, at in zip(many.process_ids, began, strict=True)]
        memory = [memory_mb(process) for process in many.process_ids]
        picture = many.picture()
        counted = many.counters()
    covered = np.abs(moving.place).max(axis=1) < 0.5 * SHARD_SIDE_M
    return {
        "targets": SHARD_TARGETS,
        "radars": len(sensors),
        "registration": registration,
        "plots_per_s": plot_count / seconds,
        "tracks": len(picture),
        "gospa": gospa_of(moving.place[covered], picture.position_m[:, :2]),
        "cpu_share_of_each_shard": [one / seconds for one in spent],
        "cpu_share_of_the_sharing": own_s / seconds,
        "wall_s_per_s": wall_s / seconds,
        "worst_step_s": worst_s,
        "memory_mb": memory,
        "pairs_left_out": sum(one["pairs_left_out"] for one in counted),
    }


def _seen(moving: Targets, radar: Sensor, t_s: float) -> Rows:
    """Return what one radar reports of its turn."""
    rng = moving.rng
    near = np.flatnonzero(np.hypot(*(moving.place - radar.at_m[:2]).T) < 0.97 * RADAR_RANGE_M)
    near = near[rng.uniform(size=len(near)) < DETECTION]
    false = rng.poisson(0.05 * len(near))
    away_m, course = RADAR_RANGE_M * 0.97 * np.sqrt(rng.uniform(size=false)), rng.uniform(0.0, 2.0 * np.pi, false)
    clutter = np.array(radar.at_m[:2]) + away_m[:, None] * np.column_stack((np.sin(course), np.cos(course)))
    at = np.concatenate((moving.place[near], clutter))
    height = np.concatenate((moving.height[near], rng.uniform(3e3, 10e3, false)))
    return polar_of(radar, t_s, at, height, rng.normal(size=(len(at), 3)), np.zeros(2))


def page(found: dict[str, Any]) -> str:
    """Return docs/accuracy/scale.md."""
    rows = [
        (
            f"{case['targets']:,}", case["motion"], f"{case['side_km']:.0f} km", f"{case['late_s_max']:.0f} s",
            f"{case['cpu_s_per_scan']:.2f} s",
            f"{case['plots_per_cpu_s']:,.0f}", f"{case['gospa']:.1f} m" if case["gospa"] else "-",
            f"{case['confirmed']:,}", f"{case['alive']:,}",
            f"{case['state_octets_per_track']:,}", f"{1e3 * case['process_mb'] / case['alive']:.1f} kB",
            f"{case['pairs_left_out']:,}",
        )
        for case in found["one_core"]
    ]  # fmt: skip
    heads = (
        "targets", "motion", "side", "window", "CPU a scan of 4 s", "plots a CPU second", "GOSPA a root target",
        "confirmed", "tracks, tentative ones too", "octets of state a track", "process memory a track",
        "pairs left out",
    )  # fmt: skip
    parts = [
        header("How many tracks", "python -m bench.scale", found, "simulated"),
        "## One core",
        "One position sensor of 50 m every 4 s, 90% seen, a fifth of the plots clutter; plots in groups of 5,000",
        f"by angle. The last {SCANS - WARM_SCANS} of {SCANS} scans count. A million targets lie ten times as close",
        "as the others, and have no window for late plots: its copies would not fit. Process memory holds that",
        "window, the tables and the plots in it. \"Pairs left out\": plots and tracks that one step had no room to",
        "look at together.",
        "",
        table(heads, rows),
        "",
    ]  # fmt: skip
    if found["shards"]:
        parts += [
            "## Four processes",
            f"{SHARD_TARGETS:,} targets, 100 radars of 150 km in a square of 2,000 km, a turn of {PERIOD_S:.0f} s;",
            "three motion models, existence, window for late plots. A share below 1 keeps up with real time. The",
            "sharing process cuts, sends, joins and links.",
            "",
            table(
                (
                    "registration", "plots/s", "tracks held", "GOSPA a root target", "cores of each shard",
                    "cores of the sharing", "wall time a second", "worst step of 0.4 s", "memory of each",
                ),
                [
                    (
                        "on" if one["registration"] else "off", f"{one['plots_per_s']:,.0f}", f"{one['tracks']:,}",
                        f"{one['gospa']:.1f} m", " ".join(f"{share:.2f}" for share in one["cpu_share_of_each_shard"]),
                        f"{one['cpu_share_of_the_sharing']:.2f}", f"{one['wall_s_per_s']:.2f} s",
                        f"{one['worst_step_s']:.2f} s", " ".join(f"{mb:.0f}" for mb in one["memory_mb"]) + " MB",
                    )
                    for one in found["shards"]
                ],
            ),
            "",
        ]  # fmt: skip
    return "\n".join(parts)


def main() -> None:
    """Run the cases, each of one core in a process of its own; write the page, or print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--targets", nargs="*", type=int, default=[10_000, 100_000, 1_000_000])
    arguments.add_argument("--motion", nargs="+", default=["constant_velocity", "imm"])
    arguments.add_argument("--one", action="store_true", help="the first case alone, in this process")
    arguments.add_argument(
        "--side-km", type=float, default=0.0, help="with --one: of the square, to set how dense it is"
    )
    arguments.add_argument("--no-shards", action="store_true")
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--no-write", action="store_true")
    given = arguments.parse_args()
    if given.one:
        print(json.dumps(one_core(given.targets[0], given.motion[0], 1e3 * given.side_km)))
        return
    warm_up()
    warm_registration()
    found: dict[str, Any] = {"bench": "scale", "machine": machine(), "one_core": [], "shards": []}

    def add(where: str, measured: dict[str, Any]) -> None:
        found[where].append(measured)
        if not given.no_write:  # after each: the last cases take the longest
            write_page("scale", page(found))

    registrations = [] if given.no_shards else [False, True]
    few, many = ([n for n in sorted(given.targets) if (n > GOSPA_TARGETS_MAX) == is_many] for is_many in (False, True))
    for targets in few:
        for motion in given.motion:
            add("one_core", one_core_apart(targets, motion))
    for registration in registrations:
        add("shards", shards(registration))
    for targets in many:
        for motion in given.motion:
            add("one_core", one_core_apart(targets, motion))
    print(json.dumps(found) if given.json else page(found))


if __name__ == "__main__":
    main()
