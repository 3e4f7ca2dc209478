"""Anomaly against learned normal traffic: false alarms an hour on recorded flights, and odd flights that are found.

    python -m bench.anomalies [--data DIR] [--json]

Three hours around Paris. The first part teaches; in the rest, which nothing was tuned on, real flights that alarm are
counted as false, an hour. Then copies of real flights of the rest, made odd, fly alone through the same picture:
injected, told apart.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from bench.cone import DATA
from bench.machine import machine
from bench.recordings import Flight, aircraft
from skydas.assess.predict.normal import Normal
from skydas.model import FloatArray

STEP_S: Final = 10.0
NORTH_RAD, WEST_RAD = 0.012, 0.02  # 76 km and 84 km


def picture(flights: list[Flight], at_s: float) -> tuple[list[int], FloatArray]:
    """Return which flights are in the air, and their states (k, 6)."""
    rows, states = [], []
    for number, one in enumerate(flights):
        row = int(np.searchsorted(one.t_s, at_s))
        if 0 < row < len(one.t_s) and one.t_s[row] - at_s < STEP_S:
            rows.append(number)
            states.append([one.latitude_rad[row], one.longitude_rad[row], *one.velocity_mps[row], one.height_m[row]])
    return rows, np.array(states).reshape(-1, 6)


def play(normal: Normal, flights: list[Flight], begin_s: float, end_s: float) -> set[int]:
    """Let flights pass; return which of them were an alarm."""
    alarmed: set[int] = set()
    living: set[int] = set()
    for at_s in np.arange(begin_s, end_s, STEP_S):
        numbers, state = picture(flights, float(at_s))
        alarmed |= {number for number, _ in normal.step(round(at_s * 1e9), np.array(numbers, np.int64), state)}
        for gone in sorted(living - set(numbers)):
            normal.end(gone)
        living = set(numbers)
    return alarmed


def odd(flight: Flight, how: str) -> Flight:
    """Return a flight made odd in one way."""
    match how:
        case "backwards":
            back = flight.part(np.arange(len(flight.t_s))[::-1])
            return back._replace(t_s=flight.t_s, velocity_mps=-back.velocity_mps)
        case "low and slow":
            return flight._replace(
                height_m=np.full_like(flight.height_m, 120.0), velocity_mps=0.2 * flight.velocity_mps
            )
        case _:
            return flight._replace(
                latitude_rad=flight.latitude_rad + NORTH_RAD, longitude_rad=flight.longitude_rad - WEST_RAD
            )


def measure(data: Path, per_hour: float, taught: float) -> dict[str, Any]:
    """Return what a split at a share of the time gives."""
    flights = aircraft(data / "airtraffic" / "quickstart.json.gz")
    begin = min(one.t_s[0] for one in flights)
    end = max(one.t_s[-1] for one in flights)
    split = begin + taught * (end - begin)
    normal = Normal(per_hour)
    play(normal, flights, begin, split)
    learned = msgspec.msgpack.encode(normal.state())
    known = normal.ended_count
    false = play(normal, flights, split, end)
    heard = [one for one in flights if one.t_s[0] > split]
    hours = (end - split) / 3600.0
    aircraft_hours = sum((one.t_s[-1] - max(one.t_s[0], split)) for one in flights if one.t_s[-1] > split) / 3600.0
    found: dict[str, Any] = {
        "taught_tracks": known, "hours": round(hours, 2), "aircraft_hours": round(aircraft_hours, 1),
        "stated_per_hour": per_hour, "false_per_hour": round(len(false) / hours, 2),
        "false_per_aircraft_hour": round(len(false) / aircraft_hours, 3),
    }  # fmt: skip
    for how in ("backwards", "low and slow", "shifted"):
        caught = 0
        for one in heard[:60]:
            fresh = Normal(per_hour)
            fresh.restore(msgspec.msgpack.decode(learned))
            made = odd(one, how)
            caught += bool(play(fresh, [made], float(made.t_s[0]), float(made.t_s[-1])))
        found[how] = round(caught / max(len(heard[:60]), 1), 2)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = [measure(given.data, per_hour, taught) for per_hour in (0.5, 2.0, 5.0) for taught in (0.5, 0.7)]
    if given.json:
        print(json.dumps({"machine": machine(), "cases": found}, indent=2))
        return
    for row in found:
        print(", ".join(f"{key} {value}" for key, value in row.items()))


if __name__ == "__main__":
    main()
