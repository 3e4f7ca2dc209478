"""How long the scores take: 1,000 targets over an hour, scored every second.

    python bench/evaluate.py [--targets 1000] [--seconds 3600] [--seed 1] [--json]

The scene is made here: targets in gentle turns over 200 x 200 km, a track each with errors and lost numbers, updates
every 4 s, and false tracks. Prints time and memory with what was scored, the machine and the versions.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import skydas
from skydas.evaluate import read_tracks, read_truth, score_with_workings
from skydas.evaluate.report import report_html
from skydas.geo import TangentPlane
from skydas.history import TRACKS_SCHEMA

AREA_M = 200_000.0
START_NS = 1_700_000_000_000_000_000
SIGMA_M = 25.0


def make(folder: Path, targets: int, seconds: int, seed: int) -> tuple[int, int]:
    """Write truth.parquet and tracks.parquet; return how many rows each has."""
    generator = np.random.default_rng(seed)
    plane = TangentPlane(55.0, 24.0)
    time_s = np.arange(seconds + 1.0)
    course = generator.uniform(0, 2 * np.pi, (targets, 1)) + generator.normal(0, 0.004, (targets, 1)) * time_s
    speed = generator.uniform(20, 220, (targets, 1))
    velocity = np.stack((speed * np.sin(course), speed * np.cos(course), np.zeros_like(course)), axis=-1)
    start = generator.uniform(-AREA_M / 2, AREA_M / 2, (targets, 1, 3))
    position = start + np.cumsum(velocity, axis=1) - velocity
    position[..., 2] = generator.uniform(200, 9000, (targets, 1)) - np.sum(position[..., :2] ** 2, axis=-1) / 12.742e6
    t_ns = START_NS + (time_s * 1e9).astype(np.int64)
    truth = _table(
        "target_no", np.repeat(np.arange(targets), seconds + 1), np.tile(t_ns, targets), plane, position, velocity
    )
    pq.write_table(truth.append_column("kind", pa.repeat("airliner", truth.num_rows)), folder / "truth.parquet")

    scan = (np.arange(targets) % 4)[:, None] + np.arange(8, seconds - 4, 4)[None]
    item = np.repeat(np.arange(targets), scan.shape[1])
    lost = generator.uniform(size=scan.shape) < 0.002  # the next update has a new number
    number = np.cumsum(lost, axis=1) + np.arange(targets)[:, None] * 1000
    seen = generator.uniform(size=scan.shape) < 0.93
    error = generator.normal(0, SIGMA_M, (scan.size, 3))
    made = [position[item, scan.ravel()] + error, velocity[item, scan.ravel()] + generator.normal(0, 2, (scan.size, 3))]
    false = max(targets // 3, 1)
    steps = np.arange(15)
    began = generator.integers(0, max(seconds - 60, 1), (false, 1))
    drift = generator.normal(0, 30, (false, 1, 3)) * np.ones((1, 15, 1))
    ghost = generator.uniform(-AREA_M / 2, AREA_M / 2, (false, 1, 3)) * [1, 1, 0] + drift * steps[None, :, None] * 4
    rows = np.concatenate((scan.ravel()[seen.ravel()], (began + 4 * steps).ravel()))
    numbers = np.concatenate((number.ravel()[seen.ravel()], np.repeat(10_000_000 + np.arange(false), 15)))
    places = np.concatenate((made[0][seen.ravel()], ghost.reshape(-1, 3)))
    speeds = np.concatenate((made[1][seen.ravel()], drift.reshape(-1, 3)))
    tracks = _table("track_no", numbers, START_NS + rows.astype(np.int64) * 1_000_000_000, plane, places, speeds)
    spread = [SIGMA_M**2] * 3 + [4.0] * 3
    names = [name for name in TRACKS_SCHEMA.names if name.startswith("cov_")]
    pairs = [(a, b) for a in range(6) for b in range(a, 6)]
    for name, (a, b) in zip(names, pairs, strict=True):
        tracks = tracks.append_column(name, [np.full(tracks.num_rows, spread[a] if a == b else 0.0)])
    pq.write_table(tracks, folder / "tracks.parquet")
    return truth.num_rows, tracks.num_rows


def _table(
    key: str, numbers: np.ndarray, t_ns: np.ndarray, plane: TangentPlane, position: np.ndarray, velocity: np.ndarray
) -> pa.Table:
    latitude, longitude, height = plane.geodetic_from_enu(position.reshape(-1, 3))
    speed = velocity.reshape(-1, 3)
    columns: dict[str, Any] = {"t_ns": t_ns, key: numbers}
    columns |= {"latitude_deg": np.degrees(latitude), "longitude_deg": np.degrees(longitude), "height_hae_m": height}
    columns |= {name: speed[:, axis] for axis, name in enumerate(("v_east_mps", "v_north_mps", "v_up_mps"))}
    return pa.table(columns)


def main() -> None:
    """Make the scene, score it twice (the first run may compile), print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--targets", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=3600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        truth_rows, track_rows = make(folder, given.targets, given.seconds, given.seed)
        small = folder / "small"
        small.mkdir()
        make(small, 5, 120, given.seed)
        report_html(*score_with_workings(read_truth(small), read_tracks(small)), "warm-up: compiles")
        began, cpu = time.perf_counter(), time.process_time()
        truth, tracks = read_truth(folder), read_tracks(folder)
        read_s = time.perf_counter() - began
        scores, workings = score_with_workings(truth, tracks)
        score_s = time.perf_counter() - began - read_s
        page = report_html(scores, workings, "bench")
        whole_s = time.perf_counter() - began
        cpu_s = time.process_time() - cpu
    trajectory = scores.detail.t_gospa
    found = {
        "targets": given.targets,
        "seconds": given.seconds,
        "seed": given.seed,
        "truth_rows": truth_rows,
        "track_rows": track_rows,
        "read_s": round(read_s, 2),
        "score_s": round(score_s, 2),
        "report_s": round(whole_s - read_s - score_s, 2),
        "whole_s": round(whole_s, 2),
        "cpu_s": round(cpu_s, 2),
        "memory_gb_max": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2),
        "page_mb": round(len(page) / 1e6, 2),
        "gospa_m": scores.gospa,
        "ospa2_m": scores.ospa2,
        "completeness": scores.siap.completeness,
        "t_gospa_m": trajectory.value_m if trajectory else None,
        "t_gospa_lower_m": trajectory.lower_m if trajectory else None,
        "machine": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "versions": {
            "skydas": skydas.__version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
            "numba": numba.__version__,
        },
    }
    if given.json:
        json.dump(found, sys.stdout, indent=2)
        print()
        return
    for key, value in found.items():
        print(f"{key:18} {value}")


if __name__ == "__main__":
    main()
