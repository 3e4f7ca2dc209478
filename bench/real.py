"""Real measurements through the node's own commands, against truth: arrival times, cameras, two radars and RF.

    python -m bench.real [--sections mlat cameras trial] [--leave-out venus] [--data DIR] [--json] [--no-write]

It writes docs/accuracy/real.md. The recordings are not part of the project: `--data` is the folder that holds mlat,
multicam and icmcis (default: ../shared/data), and a section whose recording is missing is left out. One recording is
one seed: differences of a few per cent mean nothing.
"""

from __future__ import annotations

import argparse
import json
import runpy
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow.parquet as pq

from bench.accuracy import REPOSITORY, header, table, write_page
from bench.machine import machine
from skydas.capture import open_capture
from skydas.config import read_node_file
from skydas.formats.plots import Decoder, Params
from skydas.fuse import FuseParams
from skydas.fuse.layout import receiver_rows, sensor_rows, setup_of
from skydas.fuse.measure import PLOT_NUMBERS
from skydas.fuse.multilateration import Groups
from skydas.geo import TangentPlane
from skydas.model import NS_PER_S, BoolArray, FloatArray, IntArray
from skydas.node.frame import configured_plane
from skydas.node.intake import Intake, SensorTable

DATA: Final = REPOSITORY.parent / "shared" / "data"
SETS: Final = (1, 2, 3, 4)
SCENARIOS: Final = ("1_1", "1_2", "2_1")
NEAR_M: Final = 100.0  # of a drone: nearer a track is of it
SEEN_S: Final = 8.0  # a report so old still shows a drone
GAP_S_MAX: Final = 2.0  # truth is interpolated over no more
EARTH_M: Final = 6_371_008.8


class Positions(NamedTuple):
    """Positions of aircraft beside what they reported of themselves, n rows in the order of time."""

    t_s: FloatArray
    aircraft: IntArray
    off_m: FloatArray  # (n, 2) east and north of the reported place
    cov_m2: FloatArray  # (n, 2, 2)
    velocity_mps: FloatArray  # (n, 2), NaN where no neighbouring report tells


def convert(name: str, source: Path, out: Path) -> None:
    """Run a converter of examples/converters."""
    held, sys.stdout = sys.stdout, sys.stderr
    try:
        runpy.run_path(str(REPOSITORY / "examples" / "converters" / name))["main"]([str(source), "--out", str(out)])
    finally:
        sys.stdout = held


def replay(folder: Path) -> dict[str, np.ndarray]:
    """Replay what a converter wrote; return the columns of tracks.parquet, in the order they were told."""
    out = folder / "out"
    command = [sys.executable, "-m", "skydas", "replay", str(folder / "plots.csv"), "--node"]
    subprocess.run([*command, str(folder / "node.toml"), "--out", str(out)], check=True, stdout=subprocess.DEVNULL)
    return columns(out / "tracks.parquet")


def columns(path: Path) -> dict[str, np.ndarray]:
    """Return a table as arrays."""
    return {name: column.to_numpy(zero_copy_only=False) for name, column in zip(*_named(path), strict=True)}


def _named(path: Path) -> tuple[list[str], list[Any]]:
    read = pq.read_table(path)
    return read.column_names, read.columns


def metres(latitude_deg: FloatArray, longitude_deg: FloatArray, at: tuple[float, float]) -> FloatArray:
    """Return metres east and north of a place near by, (n, 2)."""
    east = np.radians(longitude_deg - at[1]) * EARTH_M * np.cos(np.radians(at[0]))
    return np.stack((east, np.radians(latitude_deg - at[0]) * EARTH_M), axis=-1)


# Multilateration


def positions(folder: Path) -> tuple[Positions, dict[str, int]]:
    """Solve the groups of a converted set in their order, as the tracker does; return positions and counts."""
    config = read_node_file(folder / "node.toml")
    sensors = SensorTable(config)
    plane = configured_plane(config)
    assert plane is not None
    params = FuseParams()
    groups = Groups(
        params, sensor_rows(params, sensors.sensors, plane), receiver_rows(sensors.sensors), plane,
        setup_of(params, plane),
    )  # fmt: skip
    decoder, intake, found = Decoder(Params()), Intake(sensors), []
    end_ns = 0
    for chunk in open_capture(folder / "plots.csv"):
        ripe = groups.ripe(chunk.t_ns)
        found += [] if ripe is None else [ripe]
        taken = intake.step(chunk.t_ns, "plots", decoder.decode(chunk.t_ns, chunk.payload).plots, {})
        groups.hold(chunk.t_ns, taken.plots[taken.reasons == 0].view(PLOT_NUMBERS))
        end_ns = chunk.t_ns
    last = groups.ripe(end_ns + NS_PER_S)
    plots = np.concatenate([*found, *([] if last is None else [last])])
    plots = plots[plots["kind"] == 1]
    truth = columns(folder / "truth.parquet")
    return _beside(plots, truth, plane), groups.counts


def _beside(plots: np.ndarray, truth: dict[str, np.ndarray], plane: TangentPlane) -> Positions:
    said = {(int(t), int(no)): at for at, (t, no) in enumerate(zip(truth["t_ns"], truth["target_no"], strict=True))}
    rows = np.array([said[int(plot["t_ns"]), int(plot["mode_s"])] for plot in plots])
    latitude, longitude = np.radians(truth["latitude_deg"][rows]), np.radians(truth["longitude_deg"][rows])
    there = plane.enu_from_geodetic(plots["latitude_rad"], plots["longitude_rad"], plots["height_hae_m"])
    said_m = plane.enu_from_geodetic(latitude, longitude, truth["height_hae_m"][rows])
    turn = np.array([plane.rotation_from(a, b).T for a, b in zip(latitude, longitude, strict=True)])
    off = np.einsum("nij,nj->ni", turn, there - said_m)[:, :2]
    cov = plots["cov"][:, [0, 1, 1, 3]].reshape(-1, 2, 2)
    t_s = plots["t_ns"] / NS_PER_S
    aircraft = plots["mode_s"].astype(np.int64)
    return Positions(t_s, aircraft, off, cov, reported_velocity(t_s, aircraft, latitude, longitude))


def reported_velocity(t_s: FloatArray, aircraft: IntArray, latitude: FloatArray, longitude: FloatArray) -> FloatArray:
    """Return velocities (n, 2) from each aircraft's nearest other report, 1 to 150 s away; NaN where there is none."""
    out = np.full((len(t_s), 2), np.nan)
    for at in range(len(t_s)):
        gap_s = np.abs(t_s - t_s[at])
        gap_s[(aircraft != aircraft[at]) | (gap_s < 1.0) | (gap_s > 150.0)] = np.inf
        other = int(np.argmin(gap_s))
        if not np.isfinite(gap_s[other]):
            continue
        east = (longitude[other] - longitude[at]) * EARTH_M * np.cos(latitude[at])
        found = np.array([east, (latitude[other] - latitude[at]) * EARTH_M]) / (t_s[other] - t_s[at])
        if 40.0 < np.hypot(*found) < 350.0:
            out[at] = found
    return out


def figures(one: Positions) -> dict[str, float]:
    """Return errors as reported, with each aircraft's own lag taken off, and across the track; and coverage."""
    known = np.isfinite(one.velocity_mps[:, 0])
    unit = one.velocity_mps / np.hypot(*one.velocity_mps.T)[:, None]
    across = one.off_m[:, 0] * unit[:, 1] - one.off_m[:, 1] * unit[:, 0]
    normal = np.stack((unit[:, 1], -unit[:, 0]), axis=1)
    sigma = np.sqrt(np.einsum("ni,nij,nj->n", normal, one.cov_m2, normal))
    lag_s = np.einsum("ni,ni->n", one.off_m, one.velocity_mps) / (one.velocity_mps**2).sum(axis=1)
    usual_s = np.full(len(lag_s), np.nan)
    for at in np.flatnonzero(known):
        others = lag_s[(one.aircraft == one.aircraft[at]) & known & (np.arange(len(lag_s)) != at)]
        if len(others):
            usual_s[at] = np.median(others)
    left = one.off_m - one.velocity_mps * usual_s[:, None]
    lagged = np.isfinite(usual_s)
    d2 = np.einsum("ni,nij,nj->n", left[lagged], np.linalg.inv(one.cov_m2[lagged]), left[lagged])
    reported, without = np.hypot(*one.off_m.T), np.hypot(*left[lagged].T)
    return {
        "count": len(reported),
        "reported_median_m": float(np.median(reported)),
        "reported_p90_m": float(np.quantile(reported, 0.9)),
        "lag_count": int(lagged.sum()),
        "lag_median_m": float(np.median(without)),
        "lag_p90_m": float(np.quantile(without, 0.9)),
        "across_count": int(known.sum()),
        "across_median_m": float(np.median(np.abs(across[known]))),
        "across_p90_m": float(np.quantile(np.abs(across[known]), 0.9)),
        "across_within_95": float(np.mean(np.abs(across[known]) < 1.96 * sigma[known])),
        "lag_within_95": float(np.mean(d2 < 5.99)),
        "lag_s_median": float(np.nanmedian(usual_s)),
    }


def joined(parts: list[Positions]) -> Positions:
    """Return the sets as one; aircraft of different sets are different."""
    aircraft = [part.aircraft + 1_000_000 * at for at, part in enumerate(parts)]
    fields = {name: np.concatenate([getattr(part, name) for part in parts]) for name in Positions._fields}
    return Positions(**(fields | {"aircraft": np.concatenate(aircraft)}))


def multilateration(data: Path, folder: Path) -> dict[str, Any]:
    """Return figures of each set and of all, of positions and of confirmed tracks at their updates."""
    parts, cases = [], []
    for number in SETS:
        out = folder / f"mlat-{number}"
        convert("mlat.py", data / "mlat" / f"set_{number}.csv", out)
        found, counts = positions(out)
        parts.append(found)
        cases.append({"set": str(number), **figures(found), **counts, **_tracked(out)})
    whole = figures(joined(parts))
    names = ("groups_solved", "groups_mirrored", "groups_inconsistent", "groups_too_small")
    whole |= {name: sum(case[name] for case in cases) for name in names}
    return {"sets": [*cases, {"set": "all", **whole}]}


def _tracked(folder: Path) -> dict[str, float]:
    """Return the errors of tracks in a replay by the node, at each update of a confirmed one with a report to hold."""
    tracks, truth = replay(folder), columns(folder / "truth.parquet")
    said = {(int(t), int(no)): at for at, (t, no) in enumerate(zip(truth["t_ns"], truth["target_no"], strict=True))}
    off = []
    for at in np.flatnonzero(tracks["status"] == "confirmed"):
        row = said.get((int(tracks["t_ns"][at]), int(tracks["mode_s"][at] or "0", 16)))
        if row is not None:
            place = float(truth["latitude_deg"][row]), float(truth["longitude_deg"][row])
            off.append(np.hypot(*metres(tracks["latitude_deg"][at], tracks["longitude_deg"][at], place)))
    confirmed = np.unique(tracks["track_no"][tracks["status"] == "confirmed"])
    return {
        "tracks": len(confirmed),
        "track_updates": len(off),
        "track_median_m": float(np.median(off)) if off else float("nan"),
        "track_p90_m": float(np.quantile(off, 0.9)) if off else float("nan"),
    }


# Drones against recorded truth


class Held(NamedTuple):
    """How one drone was held, at each whole second of its truth."""

    distance_m: FloatArray  # to the nearest shown track, inf where none is shown
    number: IntArray  # of that track
    seen: BoolArray  # whether a report lay near it within SEEN_S


def at_seconds(path: dict[str, np.ndarray], seconds: IntArray) -> tuple[FloatArray, BoolArray]:
    """Return latitude and longitude (n, 2) at whole seconds and which are known: truth not further apart than a gap."""
    t_ns, now_ns = path["t_ns"], seconds * NS_PER_S
    after = np.clip(np.searchsorted(t_ns, now_ns), 1, len(t_ns) - 1)
    known = (t_ns[after] - t_ns[after - 1] <= GAP_S_MAX * NS_PER_S) & (now_ns >= t_ns[0]) & (now_ns <= t_ns[-1])
    place = [np.interp(now_ns, t_ns, path[name]) for name in ("latitude_deg", "longitude_deg")]
    return np.stack(place, axis=-1), known


def held(path: dict[str, np.ndarray], tracks: dict[str, np.ndarray], reports: dict[str, np.ndarray]) -> Held:
    """Hold confirmed and coasting tracks against one drone; a track is shown until it is told to be dropped."""
    seconds = np.arange(int(path["t_ns"][0] // NS_PER_S) + 1, int(path["t_ns"][-1] // NS_PER_S))
    place, known = at_seconds(path, seconds)
    seconds, place = seconds[known], place[known]
    distance, number = np.full(len(seconds), np.inf), np.zeros(len(seconds), np.int64)
    for no in np.unique(tracks["track_no"][tracks["status"] == "confirmed"]):
        rows = np.flatnonzero(tracks["track_no"] == no)
        rows = rows[np.argsort(tracks["t_ns"][rows], kind="stable")]
        at = np.searchsorted(tracks["t_ns"][rows], seconds * NS_PER_S, side="right") - 1
        row = rows[np.maximum(at, 0)]
        shown = (at >= 0) & np.isin(tracks["status"][row], ("confirmed", "coasting"))
        shown &= seconds * NS_PER_S - tracks["t_ns"][row] <= GAP_S_MAX * NS_PER_S
        off = np.hypot(*_off(tracks, row, place).T)
        nearer = shown & (off < distance)
        distance[nearer], number[nearer] = off[nearer], no
    seen = np.zeros(len(seconds), np.bool_)
    truth_s = path["t_ns"] / NS_PER_S
    t_s = reports["t_ns"] / NS_PER_S
    there = np.stack([np.interp(t_s, truth_s, path[name]) for name in ("latitude_deg", "longitude_deg")], axis=-1)
    near_s = t_s[np.hypot(*_off(reports, np.arange(len(t_s)), there).T) < NEAR_M]
    for at_s in near_s:
        seen |= (seconds >= at_s) & (seconds <= at_s + SEEN_S)
    return Held(distance, number, seen)


def _off(of: dict[str, np.ndarray], rows: IntArray, place_deg: FloatArray) -> FloatArray:
    east = np.radians(of["longitude_deg"][rows] - place_deg[:, 1]) * EARTH_M * np.cos(np.radians(place_deg[:, 0]))
    return np.stack((east, np.radians(of["latitude_deg"][rows] - place_deg[:, 0]) * EARTH_M), axis=-1)


def drones(truth: dict[str, np.ndarray]) -> list[dict[str, np.ndarray]]:
    """Return each drone's truth."""
    numbers = np.unique(truth["target_no"])
    return [{name: column[truth["target_no"] == no] for name, column in truth.items()} for no in numbers]


def false_alerts(paths: list[dict[str, np.ndarray]], tracks: dict[str, np.ndarray]) -> int:
    """Return how many confirmed tracks spend more than half of their reports further than NEAR_M from every drone."""
    begin, end = min(path["t_ns"][0] for path in paths), max(path["t_ns"][-1] for path in paths)
    false = 0
    for no in np.unique(tracks["track_no"][tracks["status"] == "confirmed"]):
        rows = np.flatnonzero((tracks["track_no"] == no) & np.isin(tracks["status"], ("confirmed", "coasting")))
        rows = rows[(tracks["t_ns"][rows] >= begin) & (tracks["t_ns"][rows] <= end)]
        if len(rows) == 0:
            continue
        off = []
        for path in paths:
            at = [
                np.interp(tracks["t_ns"][rows], path["t_ns"], path[f"{name}_deg"]) for name in ("latitude", "longitude")
            ]
            off.append(np.hypot(*_off(tracks, rows, np.stack(at, axis=-1)).T))
        false += int(np.mean(np.min(off, axis=0) > NEAR_M) > 0.5)
    return false


def leave_out(path: Path, sensor: str) -> None:
    """Take a sensor's rows out of a converter's plots.csv."""
    rows = path.read_text().splitlines(keepends=True)
    path.write_text("".join(row for row in rows if row.split(",")[1] != sensor))


def trial(data: Path, folder: Path, left_out: str = "") -> dict[str, Any]:
    """Return figures of the drone trial: what was held of what could be, errors, numbers, false alerts."""
    cases = []
    for scenario in SCENARIOS:
        out = folder / f"trial-{scenario}"
        convert("icmcis.py", data / "icmcis" / scenario, out)
        leave_out(out / "plots.csv", left_out)
        tracks, plots = replay(out), columns(out / "out" / "plots.parquet")
        reports = {name: column[plots["kind"] == "track"] for name, column in plots.items()}
        paths = drones(columns(out / "truth.parquet"))
        each = [held(path, tracks, reports) for path in paths]
        near = [one.distance_m[one.distance_m < NEAR_M] for one in each]
        errors = np.concatenate(near)
        radar_m = np.concatenate([_report_errors(path, reports) for path in paths])
        arcus_ns = reports["t_ns"][reports["sensor"] == "arcus"]
        cases.append(
            {
                "scenario": scenario,
                "ceiling": [float(np.mean(one.seen)) for one in each],
                "held": [float(np.mean(one.distance_m < NEAR_M)) for one in each],
                "held_of_ceiling": [float(np.mean((one.distance_m < NEAR_M)[one.seen])) for one in each],
                "median_m": float(np.median(errors)) if len(errors) else float("nan"),
                "p90_m": float(np.quantile(errors, 0.9)) if len(errors) else float("nan"),
                "radar_median_m": float(np.median(radar_m)),
                "numbers": [len(np.unique(one.number[one.distance_m < NEAR_M])) for one in each],
                "false_alerts": false_alerts(paths, tracks),
                "minutes": float((paths[0]["t_ns"][-1] - paths[0]["t_ns"][0]) / 60e9),
                "cluttered_radar_minutes": float(np.ptp(arcus_ns) / 60e9) if len(arcus_ns) else 0.0,
            }
        )
    return {"scenarios": cases}


def _report_errors(path: dict[str, np.ndarray], reports: dict[str, np.ndarray]) -> FloatArray:
    """Return how far the radars' own reports of a drone are from it: those within NEAR_M."""
    at = [np.interp(reports["t_ns"], path["t_ns"], path[f"{name}_deg"]) for name in ("latitude", "longitude")]
    off: FloatArray = np.hypot(*_off(reports, np.arange(len(reports["t_ns"])), np.stack(at, axis=-1)).T)
    inside = (reports["t_ns"] >= path["t_ns"][0]) & (reports["t_ns"] <= path["t_ns"][-1])
    return off[(off < NEAR_M) & inside]


def cameras(data: Path, folder: Path) -> dict[str, Any]:
    """Return figures of the multi-camera set, on the part that the cameras were not calibrated with."""
    out = folder / "cameras"
    convert("multicam.py", data / "multicam" / "dataset3", out)
    tracks = replay(out)
    truth = columns(out / "truth.parquet")
    path = drones(truth)[0]
    rows = np.flatnonzero((tracks["status"] == "confirmed") & (tracks["t_ns"] <= path["t_ns"][-1]))
    t_ns = tracks["t_ns"][rows]
    at = [np.interp(t_ns, path["t_ns"], path[name]) for name in ("latitude_deg", "longitude_deg", "height_hae_m")]
    flat = np.hypot(*_off(tracks, rows, np.stack(at[:2], axis=-1)).T)
    up = tracks["height_hae_m"][rows] - at[2]
    whole = np.hypot(flat, up)
    shown = held(path, tracks, {name: tracks[name][rows] for name in ("t_ns", "latitude_deg", "longitude_deg")})
    return {
        "seconds": len(shown.distance_m),
        "held_10_m": float(np.mean(shown.distance_m < 10.0)),
        "median_m": float(np.median(whole)),
        "p90_m": float(np.quantile(whole, 0.9)),
        "begun_after_s": float((t_ns.min() - path["t_ns"][0]) / NS_PER_S),
        "numbers": len(np.unique(tracks["track_no"][rows])),
        "false_alerts": false_alerts([path], tracks),
    }


# The page


def page(found: dict[str, Any]) -> str:
    """Return docs/accuracy/real.md."""
    parts = [header("Recordings of real sensors", "python -m bench.real", found, "real measurements")]
    parts.append("One recording is one seed: differences of a few per cent mean nothing.\n")
    if "mlat" in found:
        parts.append(_mlat_page(found["mlat"]["sets"]))
    if "cameras" in found:
        parts.append(_camera_page(found["cameras"]))
    if "trial" in found:
        parts.append(_trial_page(found["trial"]["scenarios"]))
    return "\n".join(parts)


def _pair(case: dict[str, Any], name: str) -> str:
    return f"{case[f'{name}_median_m']:.1f} / {case[f'{name}_p90_m']:.0f}"


def _mlat_page(cases: list[dict[str, Any]]) -> str:
    heads = ("set", "signals solved", "mirror, inconsistent", "as reported, m", "own lag off, m", "across, m",
             "across within 95%", "lag off within 95%", "tracks, m")  # fmt: skip
    rows = [
        (
            case["set"], case["groups_solved"], f"{case['groups_mirrored']}, {case['groups_inconsistent']}",
            _pair(case, "reported"), _pair(case, "lag"), _pair(case, "across"),
            f"{case['across_within_95']:.1%}", f"{case['lag_within_95']:.1%}",
            _pair(case, "track") if "track_median_m" in case else "",
        )
        for case in cases
    ]  # fmt: skip
    return "\n".join(
        (
            "## Multilateration (LocaRDS)",
            "`python -m bench.real --sections mlat`. Five receivers a signal; median / 90% of the distance to what",
            "the aircraft reported. That report lags by some tenths of a second: so also with each aircraft's own",
            "lag (median of its other messages) taken off, and across its course alone. The receivers' clocks are",
            "learnt blind, from the set itself: each signal is solved with what those before it taught. Tracks:",
            "`skydas replay`, at the updates of confirmed tracks, as reported. \"Within 95%\": how often the truth",
            "lies inside the covariance's 95%; where the lag is taken off, its scatter is still in the truth, so",
            "that column is too low.",
            "",
            table(heads, rows),
            "",
        )
    )  # fmt: skip


def _camera_page(case: dict[str, Any]) -> str:
    return "\n".join(
        (
            "## Cameras alone",
            "`python -m bench.real --sections cameras`. A drone before six cameras, directions only, five a second",
            "each. Where the cameras stand and look was found on the first 240 s of truth; the figures are of what",
            "came after.",
            "",
            table(
                ("seconds", "held within 10 m", "in space, median / 90%, m", "begun after, s", "numbers", "false"),
                [(
                    case["seconds"], f"{case['held_10_m']:.1%}", f"{case['median_m']:.2f} / {case['p90_m']:.2f}",
                    f"{case['begun_after_s']:.1f}", case["numbers"], case["false_alerts"],
                )],
            ),
            "",
        )
    )  # fmt: skip


def _trial_page(cases: list[dict[str, Any]]) -> str:
    heads = ("scenario", "ceiling", "held", "held of the ceiling", "median / 90%, m", "radars' own median, m",
             "numbers", "false alerts", "minutes", "of them with the cluttered radar")  # fmt: skip
    rows = [
        (
            case["scenario"], _shares(case["ceiling"]), _shares(case["held"]), _shares(case["held_of_ceiling"]),
            f"{case['median_m']:.1f} / {case['p90_m']:.1f}", f"{case['radar_median_m']:.1f}",
            ", ".join(map(str, case["numbers"])), case["false_alerts"], f"{case['minutes']:.1f}",
            f"{case['cluttered_radar_minutes']:.1f}",
        )
        for case in cases
    ]  # fmt: skip
    return "\n".join(
        (
            "## The drone trial (ICMCIS 2021)",
            "`python -m bench.real --sections trial`. Two radars and a direction finder against GPS. Ceiling: share",
            "of the truth's seconds with a report of the drone within 100 m in the last 8 s; held: with a shown",
            "track within 100 m, coasting included, so it may pass the ceiling. False alerts: confirmed tracks that",
            "are mostly further than 100 m from every drone; birds that the second radar sees are real and move.",
            "",
            table(heads, rows),
            "",
        )
    )  # fmt: skip


def _shares(values: list[float]) -> str:
    return ", ".join(f"{value:.3f}" for value in values)


SECTIONS: Final = {
    "mlat": (multilateration, "mlat/set_1.csv"),
    "cameras": (cameras, "multicam/dataset3"),
    "trial": (trial, "icmcis/1_1"),
}


def main() -> None:
    """Run the sections; write the page, or print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--sections", nargs="+", choices=sorted(SECTIONS), default=list(SECTIONS))
    arguments.add_argument("--leave-out", default="", help="a sensor of the trial that is not used; writes no page")
    arguments.add_argument("--data", type=Path, default=DATA)
    arguments.add_argument("--json", action="store_true", help="print what was found as JSON")
    arguments.add_argument("--no-write", action="store_true", help="leave docs/accuracy/real.md as it is")
    given = arguments.parse_args()
    found: dict[str, Any] = {"machine": machine()}
    with tempfile.TemporaryDirectory() as folder:
        for name in given.sections:
            run, needed = SECTIONS[name]
            if (given.data / needed).exists():
                found[name] = run(given.data, Path(folder), *([given.leave_out] if run is trial else []))
            else:
                print(f"left out: {given.data / needed} is not here", file=sys.stderr)
    if given.json:
        print(json.dumps(found))
    is_whole = set(SECTIONS) <= set(found)
    if not given.no_write and is_whole and not given.leave_out:
        print(f"written: {write_page('real', page(found))}", file=sys.stderr)
    elif not given.json:
        print(page(found))


if __name__ == "__main__":
    main()
