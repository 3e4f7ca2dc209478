"""Real motion, simulated sensing: recorded flights through simulated, biased radars and ADS-B.

    python -m bench.motion [--scenes paris gliders storks balloons] [--data DIR] [--seeds 1] [--json] [--no-write]

It writes docs/accuracy/motion.md. The recordings are not part of the project: `--data` is the folder that holds
airtraffic, birds and balloons (default: ../shared/data), and a scene whose recording is missing is left out.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any, Final, NamedTuple

from bench.accuracy import REPOSITORY, header, table, write_page
from bench.machine import machine
from bench.seen import SEEN_S, seen_share
from skydas.fuse import warm_up
from skydas.fuse.registration.registration import warm_up as warm_registration
from skydas.library import Scene, Tracker, score, simulate

DATA: Final = REPOSITORY.parent / "shared" / "data"
_BIASES: Final = ((120.0, 0.25, 0.0, 0.0), (-90.0, -0.18, 0.3, 0.1), (40.0, 0.08, -0.2, -0.1))


class Setting(NamedTuple):
    """A scene: whose flights, and where it is sensed from."""

    name: str
    told: str
    files: tuple[str, ...]
    kind: str
    duration_s: float
    latitude_deg: float
    longitude_deg: float
    ground_m: float
    radars_deg: tuple[tuple[float, float], ...]
    radar: str  # more lines of each radar
    adsb: bool = False
    is_biased: bool = True  # a flight alone shows no bias: radars then are as registered
    replay: str = ""  # more lines of each replay


SETTINGS: Final = (
    Setting(
        "paris",
        "213 aircraft around Paris, three hours; three 2-D radars with Mode S, ADS-B",
        ("airtraffic/quickstart.json.gz",),
        "airliner", 10_800.0, 48.85, 2.4, 100.0,
        ((49.0, 1.6), (48.3, 2.2), (49.2, 3.4)),
        "dimensions = 2\n",
        adsb=True,
    ),
    Setting(
        "paris, echoes only",
        "the same without transponders: three 3-D primary radars, five false plots a turn each",
        ("airtraffic/quickstart.json.gz",),
        "airliner", 10_800.0, 48.85, 2.4, 100.0,
        ((49.0, 1.6), (48.3, 2.2), (49.2, 3.4)),
        "dimensions = 3\nsecondary = false\n",
        replay="transponder = false\nadsb = false\n",
    ),
    Setting(
        "gliders",
        "a glider over Franconia, seven and a half hours; three 3-D primary radars",
        ("airtraffic/franconia.json.gz",),
        "glider", 27_000.0, 49.95, 11.8, 300.0,
        ((49.8, 11.1), (50.1, 11.9), (49.7, 12.6)),
        "dimensions = 3\nsecondary = false\n",
        is_biased=False,
    ),
    Setting(
        "storks",
        "three storks, nineteen hours in bursts; three short-range 3-D radars with a turn of 2 s",
        ("birds/storks_1hz_3birds.csv.gz",),
        "bird", 68_400.0, 47.18, 8.04, 500.0,
        ((47.15, 8.01), (47.21, 8.05), (47.18, 8.12)),
        "dimensions = 3\nsecondary = false\nperiod_s = 2.0\nrange_m_max = 20000.0\nrange_half_m = 60000.0\n"
        "range_m_min = 100.0\nsigma_range_m = 15.0\nsigma_azimuth_deg = 0.3\nsigma_elevation_deg = 0.4\n"
        "cell_range_m = 40.0\nclutter_per_scan = 2.0\n",
        is_biased=False,
    ),
    Setting(
        "balloons",
        "three radiosondes to 33 km; three 3-D primary radars",
        ("balloons/R3320833.csv", "balloons/R3330518.csv", "balloons/S3140158.csv"),
        "balloon", 8_500.0, 49.8, 8.1, 150.0,
        ((50.1, 7.4), (49.4, 8.0), (50.0, 8.9)),
        "dimensions = 3\nsecondary = false\nelevation_max_deg = 60.0\n",
        is_biased=False,
        replay='altitude_unit = "m"\n',
    ),
)  # fmt: skip


def scenario(setting: Setting, data: Path) -> str:
    """Return the scenario file of a setting."""
    lines = [
        f'[scene]\nname = "motion"\nstart_utc = "2026-01-01T00:00:00Z"\nduration_s = {setting.duration_s}',
        f"latitude_deg = {setting.latitude_deg}\nlongitude_deg = {setting.longitude_deg}",
        f"ground_height_hae_m = {setting.ground_m}",
    ]
    for number, file in enumerate(setting.files, start=1):
        lines.append(f'[[replays]]\nname = "flight-{number}"\nfile = "{data / file}"\nkind = "{setting.kind}"')
        lines.append(setting.replay)
    for number, (latitude_deg, longitude_deg) in enumerate(setting.radars_deg, start=1):
        range_m, azimuth_deg, time_s, elevation_deg = _BIASES[number - 1]
        lines.append(f'[[radars]]\nname = "radar-{number}"\nsac = 1\nsic = {number}')
        lines.append(f"latitude_deg = {latitude_deg}\nlongitude_deg = {longitude_deg}\n{setting.radar}")
        if not setting.is_biased:
            continue
        lines.append(f"bias_range_m = {range_m}\nbias_azimuth_deg = {azimuth_deg}\nbias_time_s = {time_s}")
        if "dimensions = 3" in setting.radar:
            lines.append(f"bias_elevation_deg = {elevation_deg}")
    if setting.adsb:
        lines.append(f'[[adsb_receivers]]\nname = "adsb"\nsac = 1\nsic = 9\nlatitude_deg = {setting.latitude_deg}')
        lines.append(f"longitude_deg = {setting.longitude_deg}")
    return "\n".join(lines) + "\n"


def measure(setting: Setting, data: Path, seeds: int) -> dict[str, Any]:
    """Return the scores of a setting with registration and without, means over the seeds."""
    runs: dict[str, list[dict[str, float]]] = {"registered": [], "as_they_are": []}
    found: dict[str, Any] = {"scene": setting.name, "told": setting.told, "seeds": seeds}
    for seed in range(1, seeds + 1):
        scene = simulate(scenario(setting, data), seed)
        found["plots"] = len(scene.plots)
        found["targets"] = len(set(scene.truth.number.tolist()))
        found["seen"] = found.get("seen", 0.0) + seen_share(scene) / seeds
        for name, registration in (("registered", True), ("as_they_are", False))[: 2 if setting.is_biased else 1]:
            tracker = Tracker(scene.sensors, scene.plane, registration=registration)
            began_s = time.process_time()
            tracks = tracker.run(scene.plots)
            cpu_s = time.process_time() - began_s
            runs[name].append(_scores(scene, tracks, cpu_s))
            if registration:
                found["biases"] = [bias for bias in tracker.biases() if bias["range_m"].value is not None]
    for name, each in runs.items():
        if not each:
            continue
        found[name] = {key: sum(run[key] for run in each) / seeds for key in each[0]}
    return found


def _scores(scene: Scene, tracks: Any, cpu_s: float) -> dict[str, float]:
    result = score(scene.truth, tracks)
    detail = result.detail
    assert detail.horizontal_m is not None
    assert detail.vertical_m is not None
    return {
        "gospa_per_root_target": detail.gospa_per_root_target_m or 0.0,
        "horizontal_median_m": detail.horizontal_m.median,
        "horizontal_p95_m": detail.horizontal_m.p95,
        "vertical_median_m": detail.vertical_m.median,
        "completeness": result.siap.completeness or 0.0,
        "numbers_per_target": detail.tracks / max(detail.targets, 1),
        "false_tracks": float(detail.surplus.false),
        "never_tracked": float(detail.never_tracked),
        "cpu_s": cpu_s,
    }


def page(found: dict[str, Any]) -> str:
    """Return docs/accuracy/motion.md."""
    rows = []
    for case in found["cases"]:
        for name, words in (("registered", "taken off"), ("as_they_are", "left in")):
            one = case.get(name)
            if one is None:
                continue
            words = words if "as_they_are" in case else "none"
            rows.append(
                (
                    f"**{case['scene']}**: {case['told']}" if name == "registered" else "",
                    f"{case['plots']:,}",
                    words,
                    f"{one['horizontal_median_m']:.0f} / {one['horizontal_p95_m']:.0f}",
                    f"{one['vertical_median_m']:.0f}",
                    f"{case['seen']:.1%}",
                    f"{one['completeness']:.1%}",
                    f"{one['numbers_per_target']:.2f}",
                    f"{one['never_tracked']:.0f} of {case['targets']}",
                    f"{one['false_tracks']:.0f}",
                    f"{one['gospa_per_root_target']:.0f}",
                    f"{one['cpu_s']:.1f}",
                )
            )
    heads = (
        "scene", "plots", "biases", "horizontal error, median / 95% m", "vertical median m", "seen", "complete",
        "numbers a target", "never tracked", "false tracks", "GOSPA a root target, m", "CPU s",
    )  # fmt: skip
    biases = [
        (
            case["scene"],
            bias["sensor"],
            *(
                f"{bias[part].value - true:+.{digits}f} ± {bias[part].sigma:.{digits}f}"
                if bias[part].value is not None
                else "-"
                for part, true, digits in zip(
                    ("range_m", "azimuth_deg", "elevation_deg"), _true(bias["sensor"]), (0, 3, 2), strict=True
                )
            ),
            bias["range_m"].reason or "taken off",
        )
        for case in found["cases"]
        for bias in case["biases"]
        if bias["sensor"].startswith("radar")
    ]
    return "\n".join(
        (
            header(
                "Recorded flights, simulated sensors", "python -m bench.motion", found, "real motion, simulated sensing"
            ),
            "Radars: 50 m, 0.08 deg, 0.3 deg in elevation where 3-D, seen with 0.95 at best, a turn of 4 s, unless",
            "told otherwise; their biases are up to 120 m, 0.25 deg, 0.3 s and 0.1 deg in elevation (none where a",
            "flight is alone: it cannot show them). What radars cannot see (below the horizon, too far, too small)",
            f"counts as missing. \"Seen\": share of the time that a plot of the target is at most {SEEN_S:.0f} s old:",
            "the most that a tracker can do but for coasting. \"Complete\": share of the time that a target has a",
            "track within 500 m.",
            "Recordings are smoothed over 5 s, on a grid of 1 s (docs/simulator.md).",
            "",
            table(heads, rows),
            "",
            "## Biases found",
            "Found less true, with the sigma that registration states at the end.",
            "",
            table(("scene", "radar", "range, m", "azimuth, deg", "elevation, deg", "standing"), biases),
            "",
        )
    )  # fmt: skip


def _true(radar: str) -> tuple[float, float, float]:
    range_m, azimuth_deg, _, elevation_deg = _BIASES[int(radar.rpartition("-")[2]) - 1]
    return range_m, azimuth_deg, elevation_deg


def main() -> None:
    """Run the scenes; write the page, or print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--scenes", nargs="+", default=[setting.name for setting in SETTINGS])
    arguments.add_argument("--data", type=Path, default=DATA)
    arguments.add_argument("--seeds", type=int, default=1)
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--no-write", action="store_true")
    given = arguments.parse_args()
    chosen = [setting for setting in SETTINGS if setting.name in given.scenes]
    ready = [setting for setting in chosen if all((given.data / file).exists() for file in setting.files)]
    if not ready:
        raise SystemExit(f"none of these recordings is in {given.data}: --data names the folder that holds them")
    warm_up()
    warm_registration()
    found = {
        "bench": "motion",
        "machine": machine(),
        "cases": [measure(setting, given.data.resolve(), given.seeds) for setting in ready],
    }
    if not given.no_write and len(ready) == len(SETTINGS):
        write_page("motion", page(found))
    print(json.dumps(found, default=str) if given.json else page(found))


if __name__ == "__main__":
    main()
