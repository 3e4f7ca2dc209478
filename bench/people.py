"""How well people's reports alone track a drone that crosses at 50 m: `python bench/people.py`.

Simulated: people stand at random, one a square kilometre; each hears the drone within 2.5 km or sees it within 1.2 km
with a probability, taps once to three times, and points wrongly by a compass error of their own (8 degrees), a
scatter (8 degrees, 14 by ear) and the delay of sound. A tap arrives 1 to 5 s later. Beside them, some report what is
not there. Every report goes as octets of the format `people` through a whole node; nothing else is in the picture.
"""

from __future__ import annotations

import argparse
import json
import math
from time import process_time
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

from bench.accuracy import header, table, write_page
from bench.machine import machine
from skydas.geo import TangentPlane
from skydas.model import NS_PER_S, Action, Input, InputKind, Rows, Sighting, TrackStatus, utc_ns, utc_text
from skydas.model.config import NodeConfig, NodeSection, SensorConfig, SourceConfig
from skydas.node.step import Node

START_NS: Final = utc_ns("2026-03-01T12:00:00Z")
PLANE: Final = TangentPlane(55.9, 25.3)
HEIGHT_M: Final = 50.0
HALF_M: Final = 6_000.0  # the drone crosses the middle of a square of twice this side
SOUND_MPS: Final = 340.3
HEARS_M: Final = 2_500.0
SEES_M: Final = 1_200.0
NOTICES: Final = 0.35  # the share of those near enough who take their phone out
BIAS_DEG: Final = 8.0
SCATTER_DEG: Final = 8.0
EAR_DEG: Final = 14.0
# speed, people a square kilometre, false reports a minute
CASES: Final = ((45, 1, 0), (45, 3, 0), (45, 0.3, 0), (20, 1, 0), (45, 1, 10), (45, 3, 10), (45, 0, 10), (45, 0, 40))
HEADS: Final = (
    "m/s", "people/km2", "false/min", "reports", "tracked", "begun after, s", "held", "error median / 90%, m",
    "velocity, m/s", "NEES", "false tracks a crossing", "an hour", "CPU",
)  # fmt: skip
encode: Final = msgspec.msgpack.encode
NEAR_M: Final = 2_000.0  # a track further from the drone than this is of something else


class Scene(NamedTuple):
    """One crossing."""

    reports: list[tuple[int, bytes]]  # when it arrives, octets
    first_ns: int  # when the first true report was made
    speed_mps: float
    course_rad: float


def place(t_s: float, speed_mps: float, course_rad: float) -> Any:
    """Return where the drone is, (2,) m east and north; it passes the middle after HALF_M."""
    along_m = speed_mps * t_s - HALF_M
    return along_m * np.array([math.sin(course_rad), math.cos(course_rad)])


def scene(seed: int, speed_mps: float, people_per_km2: float, false_per_minute: float) -> Scene:
    """Return the reports of one crossing in the order of their arrival."""
    rng = np.random.default_rng(seed)
    course_rad = rng.uniform(0.0, 2.0 * np.pi)
    seconds = 2.0 * HALF_M / speed_mps
    count = rng.poisson(people_per_km2 * (2.0 * HALF_M / 1_000.0) ** 2)
    stands = rng.uniform(-HALF_M, HALF_M, (count, 2))
    made: list[tuple[int, float, bytes]] = []
    for person, stand in enumerate(stands):
        offered = np.arange(0.0, seconds, 1.0)
        away_m = np.array([np.hypot(*(place(t, speed_mps, course_rad) - stand)) for t in offered])
        sees = rng.random() < 0.4
        near = offered[away_m < (SEES_M if sees else HEARS_M)]
        if len(near) == 0 or rng.random() > NOTICES:
            continue
        bias_deg = rng.normal(0.0, BIAS_DEG)
        t_s = near[0] + rng.uniform(2.0, 8.0) + (0.0 if sees else HEARS_M / SOUND_MPS)
        for _ in range(int(rng.integers(1, 4))):
            then_s = t_s
            for _ in range(0 if sees else 4):  # what is heard set out earlier
                then_s = t_s - np.hypot(*(place(then_s, speed_mps, course_rad) - stand)) / SOUND_MPS
            way = place(then_s, speed_mps, course_rad) - stand
            if np.hypot(*way) > (SEES_M if sees else HEARS_M):
                break
            wrong_deg = bias_deg + rng.normal(0.0, SCATTER_DEG if sees else EAR_DEG)
            azimuth_deg = math.degrees(math.atan2(way[0], way[1])) + wrong_deg
            made.append((person, t_s, _line(f"w{person}", stand, t_s, azimuth_deg, sees)))
            t_s += rng.uniform(4.0, 12.0)
    first_s = min((t_s for _, t_s, _ in made), default=0.0)
    for number in range(rng.poisson(false_per_minute * seconds / 60.0)):
        t_s, stand = rng.uniform(0.0, seconds), rng.uniform(-HALF_M, HALF_M, 2)
        made.append((-1, t_s, _line(f"f{number}", stand, t_s, rng.uniform(0.0, 360.0), rng.random() < 0.5)))
    arrivals = sorted((at_ns(t_s + rng.uniform(1.0, 5.0)), line) for _, t_s, line in made)
    return Scene(arrivals, at_ns(first_s), speed_mps, course_rad)


def at_ns(t_s: float) -> int:
    """Return the instant so long after the scene's start."""
    return START_NS + round(t_s * NS_PER_S)


def _line(reporter: str, stand: Any, t_s: float, azimuth_deg: float, sees: bool) -> bytes:
    latitude, longitude, _ = PLANE.geodetic_from_enu(np.array([*stand, 2.0]))
    report = {
        "t_utc": utc_text(at_ns(t_s)),
        "reporter": reporter,
        "latitude_deg": round(math.degrees(latitude), 6),
        "longitude_deg": round(math.degrees(longitude), 6),
        "azimuth_true_deg": round(azimuth_deg % 360.0, 1),
        "sense": "saw" if sees else "heard",
    }
    return json.dumps(report).encode() + b"\n"


def node() -> Node:
    """Return a node that hears people alone."""
    people = SensorConfig(
        id=1, name="people", kind="people", period_s=10.0, sigma_azimuth_deg=12.0, range_m_max=5_000.0
    )
    return Node(
        NodeConfig(
            node=NodeSection(name="people", origin="simulated", latitude_deg=55.9, longitude_deg=25.3),
            sensors=[people],
            sources=[SourceConfig(name="people", source="tcp", format="people", params={"port": 1}, sensor="people")],
        )
    )


def run(made: Scene) -> list[tuple[int, Rows]]:
    """Return the picture after every second, TRACK (k,) confirmed and coasting."""
    one = node()
    reports = iter([*made.reports, (1 << 62, b"")])
    next_ns, octets = next(reports)
    pictures = []
    seconds = 2.0 * HALF_M / made.speed_mps
    for tick in range(int(seconds * 2.0)):
        now_ns = at_ns(tick / 2.0)
        while next_ns <= now_ns:
            one.step(Input(next_ns, "people", InputKind.DATA, octets))
            next_ns, octets = next(reports)
        one.step(Input(now_ns, "clock", InputKind.TICK, b""))
        if tick % 2 == 0:
            rows = one.picture(now_ns)
            pictures.append((now_ns, rows[np.isin(rows["status"], (TrackStatus.CONFIRMED, TrackStatus.COASTING))]))
    return pictures


def figures(made: Scene, pictures: list[tuple[int, Rows]]) -> dict[str, float]:
    """Return what became of one crossing."""
    errors, nees, speeds, held, wrong, numbers = [], [], [], 0, set(), set()
    begun_ns = 0
    after = [(now_ns, rows) for now_ns, rows in pictures if now_ns >= made.first_ns]
    for now_ns, rows in after:
        true = place((now_ns - START_NS) / NS_PER_S, made.speed_mps, made.course_rad)
        off = rows["position_enu_m"][:, :2] - true
        miss = np.hypot(*off.T)
        wrong.update(rows["track_no"][miss >= NEAR_M].tolist())
        if len(rows) == 0 or miss.min() >= NEAR_M:
            continue
        best = int(np.argmin(miss))
        begun_ns = begun_ns or now_ns
        held += 1
        numbers.add(int(rows["track_no"][best]))
        errors.append(float(miss[best]))
        cov = rows["cov"][best]
        block = np.array([[cov[0], cov[1]], [cov[1], cov[6]]])
        nees.append(float(off[best] @ np.linalg.solve(block, off[best])))
        v = made.speed_mps * np.array([math.sin(made.course_rad), math.cos(made.course_rad)])
        speeds.append(float(np.hypot(*(rows["velocity_mps"][best, :2] - v))))
    wrong -= numbers
    return {
        "reports": float(len(made.reports)),
        "is_tracked": float(bool(errors)),
        "begun_after_s": (begun_ns - made.first_ns) / NS_PER_S if errors else math.nan,
        "held": held / max(len(after), 1),
        "error_m": float(np.median(errors)) if errors else math.nan,
        "error_p90_m": float(np.quantile(errors, 0.9)) if errors else math.nan,
        "velocity_error_mps": float(np.median(speeds)) if errors else math.nan,
        "nees_2d": float(np.median(nees)) if errors else math.nan,
        "numbers": float(len(numbers)),
        "false_tracks": float(len(wrong)),
    }


def row(speed_mps: float, people_per_km2: float, false_per_minute: float, seeds: int) -> dict[str, float]:
    """Return the medians over seeds; of shares and counts of tracks the means."""
    began_s = process_time()
    found = []
    for seed in range(seeds):
        made = scene(seed, speed_mps, people_per_km2, false_per_minute)
        found.append(figures(made, run(made)))
    out = {"speed_mps": speed_mps, "people_per_km2": people_per_km2, "false_per_minute": false_per_minute}
    for name in found[0]:
        values = np.array([one[name] for one in found])
        values = values[~np.isnan(values)]
        middle = np.mean if name in ("is_tracked", "held", "false_tracks") else np.median
        out[name] = float(middle(values)) if len(values) else math.nan
    seconds = seeds * 2.0 * HALF_M / speed_mps
    return out | {
        "false_per_hour": out["false_tracks"] * seeds / seconds * 3600.0,
        "cpu_share": (process_time() - began_s) / seconds,
    }


def flood(reports: int) -> dict[str, float]:
    """Return what becomes of so many reports in a hundred seconds, each of another reporter."""
    made = node()
    fields = {"latitude_deg": "55.9", "longitude_deg": "25.3", "azimuth_true_deg": "90"}
    began_s, taken = process_time(), 0
    for number in range(reports):
        action = Action(who=f"x{number}", role="reporter", what="report_sighting", fields=fields)
        facts = made.step(Input(at_ns(100.0 * number / reports), "people", InputKind.ACTION, encode(action)))
        taken += isinstance(facts[0], Sighting)
    return {
        "reports": reports,
        "taken": taken,
        "cpu_us": (process_time() - began_s) / reports * 1e6,
        "state_octets": len(made.state()),
    }


def main() -> None:
    """Run; write docs/accuracy/people.md, or print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seeds", type=int, default=20)
    arguments.add_argument("--flood", type=int, default=100_000)
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--no-write", action="store_true")
    given = arguments.parse_args()
    cases = [row(*case, given.seeds) for case in CASES]
    found = {"machine": machine(), "cases": cases, "flood": flood(given.flood)}
    if given.json:
        print(json.dumps(found))
    told, side_km = found["flood"], 2.0 * HALF_M / 1_000.0
    text = "\n".join(
        (
            header("People alone", "PYTHONPATH=. python bench/people.py", found, "simulated"),
            f"A drone at {HEIGHT_M:.0f} m crosses {side_km:.0f} km. People stand at random; {NOTICES:.0%} of those",
            f"near enough report, one to three taps each, {BIAS_DEG:.0f} degrees of a compass error of their own,",
            f"{SCATTER_DEG:.0f} of scatter ({EAR_DEG:.0f} by ear), 1 to 5 s on the way. False reports come from",
            f"anywhere in the {side_km:.0f} x {side_km:.0f} km, in any direction. {given.seeds} seeds; medians over",
            "crossings, of shares and counts the means. Held: share of the seconds after the first report with a track",
            "within 2 km. NEES of two unknowns has the median 1.39 where the covariance is honest. CPU: share of one",
            "core in real time.",
            "",
            table(HEADS, [_cells(one) for one in cases]),
            "",
            f"A flood: {told['reports']:,} reports in 100 s, each of another reporter: {told['taken']:,} taken, the",
            f"rest refused with the reason, {told['cpu_us']:.0f} us each; the node's state is",
            f"{told['state_octets'] / 1e6:.1f} MB afterwards.",
            "",
        )
    )
    if not given.no_write:
        write_page("people", text)
    elif not given.json:
        print(text)


def _cells(one: dict[str, float]) -> tuple[str, ...]:
    return (
        f"{one['speed_mps']:.0f}",
        f"{one['people_per_km2']:g}",
        f"{one['false_per_minute']:g}",
        f"{one['reports']:.0f}",
        f"{one['is_tracked']:.0%}",
        _said(one["begun_after_s"]),
        f"{one['held']:.0%}",
        f"{_said(one['error_m'])} / {_said(one['error_p90_m'])}",
        _said(one["velocity_error_mps"]),
        _said(one["nees_2d"], 2),
        f"{one['false_tracks']:.2f}",
        f"{one['false_per_hour']:.1f}",
        f"{one['cpu_share']:.1%}",
    )


def _said(value: float, digits: int = 0) -> str:
    return "-" if math.isnan(value) else f"{value:.{digits}f}"


if __name__ == "__main__":
    main()
