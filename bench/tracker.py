"""The tracker alone on one core: plots a second of the clock and of the processor, and GOSPA beside it.

    python -m bench.tracker --targets 1000 10000 --seeds 20 --json

Scene: targets at 20-250 m/s with white acceleration (q = 1 m2/s3) in a square, one position sensor of 50 m every 4 s,
seen with 0.9; a fifth of all plots are clutter. The side grows with the number of targets, 200 km at 1,000. GOSPA has
c = 1000 m and p = 2, over the scans from the ninth on, divided by the square root of the number of targets.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from bench.machine import machine
from skydas.fuse import FuseParams, Tracker, warm_up
from skydas.geo import TangentPlane
from skydas.model import NS_PER_S, FloatArray, PlotKind, Rows, SensorConfig, TrackStatus, empty_plots

PLANE = TangentPlane(55.0, 24.0)
START_NS = 1_700_000_000 * NS_PER_S
PERIOD_S = 4.0
SIGMA_M = 50.0
DETECTION = 0.9
CLUTTER_SHARE = 0.2
HEIGHT_M = 5_000.0
CUTOFF_M = 1_000.0
WARM_SCANS = 8
GOSPA_TARGETS_MAX = 20_000  # beyond it the score would take longer than the run


def scene(targets: int, scans: int, seed: int, side_m: float) -> list[tuple[FloatArray, Rows]]:
    """Return the true places (n, 2) and the plots of each scan."""
    rng = np.random.default_rng(seed)
    place = rng.uniform(-0.5 * side_m, 0.5 * side_m, (targets, 2))
    speed, course = rng.uniform(20.0, 250.0, targets), rng.uniform(0.0, 2.0 * np.pi, targets)
    velocity = np.stack((speed * np.cos(course), speed * np.sin(course)), axis=1)
    clutter = targets * DETECTION * CLUTTER_SHARE / (1.0 - CLUTTER_SHARE)
    out = []
    for scan in range(scans):
        seen = place[rng.uniform(size=targets) < DETECTION]
        false = rng.uniform(-0.5 * side_m, 0.5 * side_m, (rng.poisson(clutter), 2))
        plots = np.concatenate((seen + rng.normal(0.0, SIGMA_M, seen.shape), false))
        plots = plots[np.argsort(np.arctan2(plots[:, 0], plots[:, 1]))]  # as an antenna that turns would send them
        out.append((place.copy(), reports(plots, scan)))
        kick = rng.normal(size=(targets, 2)) / np.sqrt(PERIOD_S)
        place = place + PERIOD_S * velocity + 0.5 * PERIOD_S**2 * kick
        velocity = velocity + PERIOD_S * kick
    return out


def reports(place: FloatArray, scan: int) -> Rows:
    """Return position plots of places (n, 2) in the plane, at one height above the ellipsoid that they do not tell."""
    plots = empty_plots(len(place))
    plots["t_ns"] = plots["rx_ns"] = START_NS + round(scan * PERIOD_S * NS_PER_S)
    plots["kind"] = PlotKind.POSITION
    z = HEIGHT_M - (place**2).sum(1) / (2.0 * 6_378_137.0)
    plots["latitude_rad"], plots["longitude_rad"], _ = PLANE.geodetic_from_enu(np.column_stack((place, z)))
    plots["cov"] = 0.0
    plots["cov"][:, [0, 3]] = SIGMA_M**2
    plots["sensor"] = 0
    return plots


def gospa(truth: FloatArray, tracks: FloatArray) -> float:
    """Return GOSPA (alpha = 2), solved exactly in each group of places closer than the cut-off."""
    n, m = len(truth), len(tracks)
    near = cKDTree(truth).sparse_distance_matrix(cKDTree(tracks), CUTOFF_M, output_type="coo_matrix")
    links = coo_matrix((np.ones(near.nnz), (near.row, near.col + n)), shape=(n + m, n + m))
    labels = connected_components(links, directed=False)[1]
    order = np.argsort(labels[near.row], kind="stable")
    total, pairs = 0.0, 0
    for group in np.split(order, np.nonzero(np.diff(labels[near.row][order]))[0] + 1):
        if len(group) == 0:
            continue
        rows, row_at = np.unique(near.row[group], return_inverse=True)
        columns, column_at = np.unique(near.col[group], return_inverse=True)
        gain = np.zeros((len(rows), len(columns)))
        gain[row_at, column_at] = near.data[group] ** 2 - CUTOFF_M**2
        chosen = gain[linear_sum_assignment(gain)]
        total += float((chosen[chosen < 0.0] + CUTOFF_M**2).sum())
        pairs += int((chosen < 0.0).sum())
    return float(np.sqrt(total + 0.5 * CUTOFF_M**2 * (n + m - 2 * pairs)))


def run(targets: int, motion: str, seed: int, scans: int, plots_per_step: int) -> dict[str, Any]:
    """Return speed and quality of one run; `plots_per_step` 0: a whole scan in one step."""
    side_m = 200e3 * max((targets / 1000.0) ** 0.5, 0.05)
    station = SensorConfig(
        id=1, name="one", kind="radar_2d", latitude_deg=55.0, longitude_deg=24.0, range_m_max=0.75 * side_m
    )
    tracker = Tracker(FuseParams(motion=motion), [station], PLANE)  # type: ignore[arg-type]
    scores, plot_count, busy_s, cpu_s, slowest_s = [], 0, 0.0, 0.0, 0.0
    for scan, (truth, plots) in enumerate(scene(targets, scans, seed, side_m)):
        now_ns = int(plots["t_ns"][0])
        size = plots_per_step or len(plots)
        parts = [plots[at : at + size].copy() for at in range(0, len(plots), size)]
        began_s, cpu_began_s = time.perf_counter(), time.process_time()
        for part in parts:
            tracker.step(now_ns, part)
        spent_s, cpu_spent_s = time.perf_counter() - began_s, time.process_time() - cpu_began_s
        tracker.tick(now_ns)
        if scan < WARM_SCANS:
            continue
        plot_count += len(plots)
        busy_s += spent_s
        cpu_s += cpu_spent_s
        slowest_s = max(slowest_s, spent_s)
        if targets <= GOSPA_TARGETS_MAX:
            picture = tracker.picture(now_ns)
            held = (picture["status"] == TrackStatus.CONFIRMED) | (picture["status"] == TrackStatus.COASTING)
            scores.append(gospa(truth, picture["position_enu_m"][held][:, :2]) / np.sqrt(targets))
    return {
        "plots_per_s": round(plot_count / busy_s),
        "plots_per_cpu_s": round(plot_count / cpu_s),
        "cpu_ms_per_scan": round(1e3 * cpu_s / (scans - WARM_SCANS), 3),
        "slowest_scan_ms": round(1e3 * slowest_s, 3),
        "us_per_step": round(1e6 * busy_s / ((scans - WARM_SCANS) * max(len(parts), 1)), 1),
        "gospa_per_root_target": round(float(np.mean(scores)), 2) if scores else None,
        "confirmed": tracker.counters()["confirmed"],
        "alive": len(tracker.picture(now_ns)),
    }


def measure(targets: int, motion: str, seeds: int, scans: int, plots_per_step: int) -> dict[str, Any]:
    """Return the mean over seeds, and the spread of the quality."""
    runs = [run(targets, motion, seed, scans, plots_per_step) for seed in range(1, seeds + 1)]
    scores = [one["gospa_per_root_target"] for one in runs if one["gospa_per_root_target"] is not None]
    return {
        "targets": targets,
        "motion": motion,
        "plots_per_step": plots_per_step or "scan",
        "seeds": seeds,
        "scans": scans - WARM_SCANS,
        **{
            name: round(float(np.median([one[name] for one in runs])), 3)
            for name in (
                "plots_per_s",
                "plots_per_cpu_s",
                "cpu_ms_per_scan",
                "slowest_scan_ms",
                "us_per_step",
                "confirmed",
                "alive",
            )
        },
        "gospa_per_root_target": round(float(np.mean(scores)), 2) if scores else None,
        "gospa_sd": round(float(np.std(scores)), 2) if scores else None,
    }


def main() -> None:
    """Print every case; with --json one object."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--targets", nargs="+", type=int, default=[1000, 10_000])
    arguments.add_argument("--motion", nargs="+", default=["imm", "constant_velocity"])
    arguments.add_argument("--plots-per-step", nargs="+", type=int, default=[0, 20], help="0: a scan in one step")
    arguments.add_argument("--seeds", type=int, default=3)
    arguments.add_argument("--scans", type=int, default=20)
    arguments.add_argument("--json", action="store_true")
    given = arguments.parse_args()
    warm_up()
    cases = [
        measure(targets, motion, given.seeds, given.scans, plots_per_step)
        for targets in given.targets
        for motion in given.motion
        for plots_per_step in given.plots_per_step
    ]
    if given.json:
        print(json.dumps({"bench": "tracker", "machine": machine(), "cases": cases}))
        return
    for case in cases:
        print("  ".join(f"{name} {value}" for name, value in case.items()))


if __name__ == "__main__":
    main()
