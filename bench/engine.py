"""What the engine's decisions are worth: beginnings, motion models, association, late plots. Simulated.

    python -m bench.engine [--sections beginnings manoeuvres crossings late] [--seeds 20] [--json] [--no-write]

It writes docs/accuracy/engine.md. Every section compares on the same plots, seed by seed.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any, Final

import numpy as np

from bench.accuracy import header, table, write_page
from bench.machine import machine
from bench.tracker import gospa
from skydas.fuse import FuseParams, Tracker, warm_up
from skydas.geo import TangentPlane
from skydas.model import NS_PER_S, FloatArray, PlotKind, Rows, SensorConfig, TrackStatus, empty_plots

PLANE: Final = TangentPlane(55.0, 24.0)
START_NS: Final = 1_700_000_000 * NS_PER_S
SIGMA_M: Final = 50.0
HEIGHT_M: Final = 5_000.0
FOUND_M: Final = 600.0  # of a target: a track so near is of it
SINGLE_Q: Final = (0.05, 1.0, 10.0, 100.0, 500.0, 1000.0, 2000.0)  # m2/s3, of the best single model


def position_sensor(period_s: float, reach_m: float, detection: float = 0.9) -> SensorConfig:
    """Return a sensor that reports positions from the middle of the plane."""
    return SensorConfig(
        id=1, name="one", kind="radar_2d", latitude_deg=55.0, longitude_deg=24.0,
        period_s=period_s, range_m_max=reach_m, detection_probability=detection,
    )  # fmt: skip


def reports(place_m: FloatArray, t_s: float, sigma_m: float = SIGMA_M) -> Rows:
    """Return position plots, PLOT (n,), of places (n, 2) in the plane at a height that they do not tell."""
    plots = empty_plots(len(place_m))
    plots["t_ns"] = plots["rx_ns"] = START_NS + round(t_s * NS_PER_S)
    plots["kind"], plots["sensor"] = PlotKind.POSITION, 0
    z = HEIGHT_M - (place_m**2).sum(1) / (2.0 * 6_378_137.0)
    plots["latitude_rad"], plots["longitude_rad"], _ = PLANE.geodetic_from_enu(np.column_stack((place_m, z)))
    plots["cov"] = 0.0
    plots["cov"][:, [0, 3]] = sigma_m**2
    return plots


def held(tracker: Tracker, t_s: float) -> Rows:
    """Return the tracks that are confirmed or coast."""
    picture = tracker.picture(START_NS + round(t_s * NS_PER_S))
    return picture[np.isin(picture["status"], (TrackStatus.CONFIRMED, TrackStatus.COASTING))]


# Beginnings


def beginnings(seeds: int) -> list[dict[str, Any]]:
    """Return false tracks in clutter alone, and how many scans real ones take, over clutter and detection."""
    found = []
    for kind, speed_mps, reach_m in (("20-250 m/s", (20.0, 250.0), 75e3), ("drones", (3.0, 25.0), 40e3)):
        for clutter in (12.5, 62.5, 312.5):
            false = [false_tracks(seed, clutter, reach_m) for seed in range(1, seeds // 4 + 1)]
            for detection in (0.6, 0.9):
                turns = np.concatenate(
                    [scans_taken(seed, clutter, detection, speed_mps, reach_m) for seed in range(1, seeds // 2 + 1)]
                )
                found.append(
                    {
                        "targets": kind,
                        "clutter_per_scan_and_10000_km2": clutter,
                        "detection": detection,
                        "false_per_hour_and_10000_km2": float(np.mean(false)),
                        "hours": len(false),
                        "median_scans": float(np.median(turns)),
                        "p90_scans": float(np.quantile(turns, 0.9)),
                        "targets_counted": len(turns),
                    }
                )
    return found


def false_tracks(seed: int, clutter: float, reach_m: float) -> float:
    """Return confirmed tracks per hour and 10,000 km2 from an hour of clutter on a square round the sensor."""
    rng = np.random.default_rng(seed)
    side_m = 1.3 * reach_m
    area = side_m**2 / 1e10
    tracker = Tracker(FuseParams(), [position_sensor(4.0, reach_m)], PLANE)
    for scan in range(900):
        place = rng.uniform(-0.5 * side_m, 0.5 * side_m, (rng.poisson(clutter * area), 2))
        tracker.step(START_NS + 4 * scan * NS_PER_S, reports(place, 4.0 * scan))
        tracker.tick(START_NS + (4 * scan + 2) * NS_PER_S)
    return tracker.counters()["confirmed"] / area


def scans_taken(
    seed: int, clutter: float, detection: float, speed_mps: tuple[float, float], reach_m: float
) -> FloatArray:
    """Return the scans from the first in which each of 60 targets could be seen to its confirmed track; 99: none."""
    rng = np.random.default_rng(1000 + seed)
    side_m = 1.3 * reach_m
    targets = 60
    course, speed = rng.uniform(0.0, 2.0 * np.pi, targets), rng.uniform(*speed_mps, targets)
    velocity = np.stack((speed * np.cos(course), speed * np.sin(course)), axis=1)
    start = rng.uniform(-0.35 * side_m, 0.35 * side_m, (targets, 2))
    born = rng.integers(40, 80, targets)  # the clutter map has settled by then
    turns = np.full(targets, 99.0)
    tracker = Tracker(FuseParams(), [position_sensor(4.0, reach_m, detection)], PLANE)
    for scan in range(105):
        alive = born <= scan
        place = start + velocity * (4.0 * (scan - born))[:, None]
        seen = place[alive & (rng.uniform(size=targets) < detection)]
        false = rng.uniform(-0.5 * side_m, 0.5 * side_m, (rng.poisson(clutter * side_m**2 / 1e10), 2))
        both = np.concatenate((seen + rng.normal(0.0, SIGMA_M, seen.shape), false))
        tracker.step(START_NS + 4 * scan * NS_PER_S, reports(both, 4.0 * scan))
        tracks = held(tracker, 4.0 * scan)["position_enu_m"][:, :2]
        for target in np.flatnonzero(alive & (turns == 99.0)):
            if len(tracks) and np.hypot(*(tracks - place[target]).T).min() < FOUND_M:
                turns[target] = scan - born[target] + 1
    return turns


# Manoeuvres


def manoeuvres(seeds: int) -> list[dict[str, Any]]:
    """Return errors of mixed targets: three models, and one model with each noise."""
    found = []
    for period_s in (1.0, 4.0):
        errors: dict[str, list[tuple[float, float]]] = {}
        for seed in range(1, seeds + 1):
            errors.setdefault("three models", []).append(mixed_errors(seed, period_s, FuseParams()))
            for q in SINGLE_Q:
                params = FuseParams(motion="constant_velocity", q_constant_velocity_m2ps3=q)
                errors.setdefault(f"one model, q = {q}", []).append(mixed_errors(seed, period_s, params))
        for name, each in errors.items():
            position, velocity = np.sqrt(np.mean(np.square(each), axis=0))
            found.append({"period_s": period_s, "model": name, "position_m": position, "velocity_mps": velocity})
    return found


def mixed_errors(seed: int, period_s: float, params: FuseParams) -> tuple[float, float]:
    """Return the root mean square errors of place (m) and velocity (m/s), horizontally, of 45 targets over 120 s.

    A third flies straight at 100 to 250 m/s, a third turns with 2 to 5 g for 10 s of every 30, a third are drones that
    stand and go. Each has its own code, so that errors are those of motion, not of association.
    """
    rng = np.random.default_rng(seed)
    count, steps_per_s = 45, 10
    kind = np.arange(count) % 3
    speed = np.where(kind == 2, rng.uniform(5.0, 18.0, count), rng.uniform(100.0, 250.0, count))
    course, turn = rng.uniform(0.0, 2.0 * np.pi, count), rng.choice([-1.0, 1.0], count) * rng.uniform(2.0, 5.0, count)
    from_s = rng.uniform(0.0, 30.0, count)
    place = rng.uniform(-40e3, 40e3, (count, 2))
    tracker = Tracker(params, [position_sensor(period_s, 75e3)], PLANE)
    scans = round(120.0 / period_s)
    squares = np.zeros(2)
    number = 0
    for scan in range(scans):
        t_s = scan * period_s
        seen = rng.uniform(size=count) < 0.9
        plots = reports(place[seen] + rng.normal(0.0, SIGMA_M, (seen.sum(), 2)), t_s)
        plots["mode_s"] = 1 + np.flatnonzero(seen)
        tracker.step(START_NS + round(t_s * NS_PER_S), plots)
        phase = (t_s - from_s) % 30.0 < 10.0
        moving = np.where((kind == 2) & phase, 0.0, speed)
        velocity = moving[:, None] * np.stack((np.cos(course), np.sin(course)), axis=1)
        if t_s >= 30.0:
            tracks = held(tracker, t_s)
            of = tracks["mode_s"].astype(int) - 1
            squares[0] += np.square(tracks["position_enu_m"][:, :2] - place[of]).sum()
            squares[1] += np.square(tracks["velocity_mps"][:, :2] - velocity[of]).sum()
            number += len(tracks)
        for step in range(round(period_s * steps_per_s)):
            phase = (t_s + step / steps_per_s - from_s) % 30.0 < 10.0
            course = course + np.where((kind == 1) & phase, 9.81 * turn / speed, 0.0) / steps_per_s
            moving = np.where((kind == 2) & phase, 0.0, speed)
            place = place + moving[:, None] * np.stack((np.cos(course), np.sin(course)), axis=1) / steps_per_s
    return float(np.sqrt(squares[0] / number)), float(np.sqrt(squares[1] / number))


# Crossings

CROSSINGS: Final = {  # pairs, spacing (m) at the meeting, angle between courses (deg), clutter per scan
    "pairs that cross at 20 deg": (30, 0.0, 20.0, 20.0),
    "pairs side by side, 150 m": (30, 150.0, 0.0, 20.0),
    "pairs that cross, heavy clutter": (30, 0.0, 20.0, 400.0),
    "100 in 20 x 20 km": (0, 0.0, 0.0, 22.0),
}


def crossings(seeds: int) -> list[dict[str, Any]]:
    """Return GOSPA of belief propagation and of the best single assignment, a scene each."""
    found = []
    for name in CROSSINGS:
        each = np.array(
            [
                [crossing_gospa(name, seed, association) for association in ("belief", "assignment")]
                for seed in range(1, 2 * seeds + 1)
            ]
        )
        better = each[:, 0] - each[:, 1]
        found.append(
            {
                "scene": name,
                "belief_m": float(each[:, 0].mean()),
                "assignment_m": float(each[:, 1].mean()),
                "difference_m": float(better.mean()),
                "error_of_difference_m": float(better.std(ddof=1) / np.sqrt(len(better))),
                "seeds": len(better),
            }
        )
    return found


def crossing_gospa(name: str, seed: int, association: str) -> float:
    """Return mean GOSPA per root target, c = 1000 m, over the scans from the eighth of a minute and a half."""
    pairs, spacing_m, angle_deg, clutter = CROSSINGS[name]
    rng = np.random.default_rng(seed)
    side_m = 100e3 if pairs else 20e3
    if pairs:
        meeting = rng.uniform(-40e3, 40e3, (pairs, 2))
        course = rng.uniform(0.0, 2.0 * np.pi, pairs)
        half = 0.5 * np.radians(angle_deg)
        courses = np.concatenate((course - half, course + half))
        speed = np.tile(rng.uniform(60.0, 200.0, pairs), 2)
        across = 0.5 * spacing_m * np.stack((-np.sin(course), np.cos(course)), axis=1)
        middle = np.concatenate((meeting - across, meeting + across))
    else:
        courses, speed = rng.uniform(0.0, 2.0 * np.pi, 100), rng.uniform(20.0, 100.0, 100)
        middle = rng.uniform(-0.4 * side_m, 0.4 * side_m, (100, 2))
    velocity = speed[:, None] * np.stack((np.cos(courses), np.sin(courses)), axis=1)
    tracker = Tracker(FuseParams(association=association), [position_sensor(4.0, 75e3)], PLANE)  # type: ignore[arg-type]
    scores = []
    for scan in range(24):
        t_s = 4.0 * scan
        place = middle + velocity * (t_s - 48.0)
        seen = place[rng.uniform(size=len(place)) < 0.9]
        false = rng.uniform(-0.5 * side_m, 0.5 * side_m, (rng.poisson(clutter), 2))
        both = np.concatenate((seen + rng.normal(0.0, SIGMA_M, seen.shape), false))
        tracker.step(START_NS + round(t_s * NS_PER_S), reports(rng.permutation(both), t_s))
        if scan >= 8:
            scores.append(gospa(place, held(tracker, t_s)["position_enu_m"][:, :2]) / np.sqrt(len(place)))
    return float(np.mean(scores))


# Late plots


def late(seeds: int) -> list[dict[str, Any]]:
    """Return how much more CPU late plots cost, by their share and lag, with 500 targets seen every 4 s."""
    found: list[dict[str, Any]] = []
    in_time = np.median([late_cpu_s(seed, 0.0, 0.0) for seed in range(1, max(seeds // 4, 3) + 1)])
    for share, lag_s in ((0.01, 2.0), (0.05, 2.0), (0.05, 5.0), (0.2, 5.0), (0.5, 8.0)):
        cpu_s = np.median([late_cpu_s(seed, share, lag_s) for seed in range(1, max(seeds // 4, 3) + 1)])
        found.append(
            {
                "late_share": share,
                "lag_s": lag_s,
                "share_x_lag_x_plots_per_s_and_track": share * lag_s / 4.0,
                "times_the_work": float(cpu_s / in_time),
            }
        )
    return found


def late_cpu_s(seed: int, share: float, lag_s: float) -> float:
    """Return the CPU seconds of a minute in which a share of all datagrams of 20 plots comes late."""
    rng = np.random.default_rng(seed)
    targets, size = 500, 20
    place = rng.uniform(-60e3, 60e3, (targets, 2))
    place = place[np.argsort(np.arctan2(place[:, 0], place[:, 1]))]
    velocity = rng.normal(0.0, 80.0, (targets, 2))
    sent = []
    for scan in range(15):
        for first in range(0, targets, size):
            t_s = 4.0 * scan + 4.0 * first / targets
            at = (place + velocity * t_s)[first : first + size] + rng.normal(0.0, SIGMA_M, (size, 2))
            arrival_s = t_s + (lag_s if rng.uniform() < share else 0.0)
            sent.append((arrival_s, reports(at, t_s)))
    sent.sort(key=lambda one: one[0])
    tracker = Tracker(FuseParams(), [position_sensor(4.0, 100e3)], PLANE)
    began_s, ticked_s = time.process_time(), 0.0
    for arrival_s, plots in sent:
        while ticked_s + 1.0 <= arrival_s:
            ticked_s += 1.0
            tracker.tick(START_NS + round(ticked_s * NS_PER_S))
        tracker.step(START_NS + round(arrival_s * NS_PER_S), plots)
    return time.process_time() - began_s


SECTIONS: Final = {"beginnings": beginnings, "manoeuvres": manoeuvres, "crossings": crossings, "late": late}
WORDS: Final = {
    "beginnings": (
        "An hour of clutter alone for the false tracks; targets that appear after 160 to 320 s for the scans. Asked:\n"
        "at most one false track an hour and 10,000 km2 at every clutter and detection; median 5 scans (drones 3) at\n"
        "62.5 and 0.9."
    ),
    "manoeuvres": (
        "45 targets of three kinds (straight; 2 to 5 g for a third of the time; drones that stand and go), 50 m, 90%\n"
        "seen. Asked: position 20% and velocity 30% better than the best single model of each column."
    ),
    "crossings": (
        "GOSPA (c = 1000 m) of the same plots with marginals by belief propagation and with the single best\n"
        "assignment. Asked: better in the mean of every scene. The error is that of the mean difference."
    ),
    "late": (
        "500 targets every 4 s in datagrams of 20. Asked: at most twice the work while the third column is at most 1."
    ),
}


def page(found: dict[str, Any]) -> str:
    """Return docs/accuracy/engine.md."""
    parts = [header("What the engine's decisions are worth", "python -m bench.engine", found, "simulated")]
    for name in SECTIONS:
        if name in found:
            rows = found[name]
            heads = [key.replace("_", " ") for key in rows[0]]
            cells = [[f"{v:.3g}" if isinstance(v, float) else v for v in row.values()] for row in rows]
            parts += [f"## {name.capitalize()}\n`python -m bench.engine --sections {name}`. {WORDS[name]}\n"]
            parts += [table(heads, cells), ""]
    return "\n".join(parts)


def main() -> None:
    """Measure, print, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sections", nargs="+", choices=list(SECTIONS), default=list(SECTIONS))
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--no-write", action="store_true")
    given = parser.parse_args()
    warm_up()
    found: dict[str, Any] = {"machine": machine(), "seeds": given.seeds}
    for name in given.sections:
        found[name] = SECTIONS[name](given.seeds)
    if not given.no_write:
        write_page("engine", page(found))
    print(json.dumps(found, indent=2) if given.json else page(found))


if __name__ == "__main__":
    main()
