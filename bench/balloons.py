"""How far a balloon is from where it was expected: real radiosonde flights, error against time ahead, and the rings.

    python -m bench.balloons [--data DIR] [--json]

As in a node: the wind is what the balloon itself showed up to then, and it bursts at a height that nobody knows.
"Stays": the wind where it is now, for all that comes. "inside_90": the share that lay within the radius said to hold
nine tenths.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, Final

import numpy as np

from bench.cone import DATA
from bench.machine import machine
from bench.recordings import Flight, balloon
from skydas.assess.predict.balloon import Balloon, drift
from skydas.assess.predict.flat import offset_m
from skydas.assess.predict.wind import Wind

AHEAD_S: Final = (600.0, 1_200.0, 1_800.0, 3_600.0)
EVERY_S: Final = 300.0
CEILING_M: Final = (18_000.0, 35_000.0)  # of radiosondes; by default a node says 3 to 33 km


def whole(path: Path) -> Flight:
    """Return a recording's longest part."""
    return max(balloon(path), key=lambda one: one.t_s[-1] - one.t_s[0])


def learn(wind: Wind, flight: Flight, rows: Any) -> None:
    """Let a wind learn what a flight showed, second by second."""
    for row in rows:
        wind.learn(round(flight.t_s[row] * 1e9), flight.height_m[row : row + 1], flight.velocity_mps[row : row + 1, :2])


def errors(flight: Flight, ceiling_m: tuple[float, float]) -> list[tuple[float, ...]]:
    """Return time ahead (s), distance from the middle, radius of 90 %, distance of staying (m), and whether it rose."""
    wind = Wind()
    found, known = [], 0
    for at_s in np.arange(flight.t_s[0] + EVERY_S, flight.t_s[-1], EVERY_S):
        row = int(np.searchsorted(flight.t_s, at_s))
        learn(wind, flight, range(known, row))
        known = row
        latitude, longitude = flight.latitude_rad[row], flight.longitude_rad[row]
        up = flight.velocity_mps[row]
        now = Balloon(
            round(flight.t_s[row] * 1e9), float(np.degrees(latitude)), float(np.degrees(longitude)),
            float(flight.height_m[row]), (float(up[0]), float(up[1]), float(up[2])), 50.0,
        )  # fmt: skip
        drifting = drift(now, wind, 3_660.0, ceiling_m)
        for ahead_s in AHEAD_S:
            there = int(np.searchsorted(flight.t_s, flight.t_s[row] + ahead_s))
            if there >= len(flight.t_s) or flight.t_s[there] - flight.t_s[row] - ahead_s > 30.0:
                continue
            east, north = offset_m(latitude, longitude, flight.latitude_rad[there], flight.longitude_rad[there])
            points = drifting.at_m[int(ahead_s / 60.0)]
            middle = np.median(points, axis=0)
            radius_m = float(np.quantile(np.hypot(*(points - middle).T), 0.9))
            off_m = float(np.hypot(east - middle[0], north - middle[1]))
            stays_m = float(np.hypot(east - ahead_s * up[0], north - ahead_s * up[1]))
            found.append((ahead_s, off_m, radius_m, stays_m, float(up[2] > 0.0)))
    return found


def table(rows: list[tuple[float, ...]]) -> list[dict[str, float]]:
    """Return the figures by time ahead, rising and sinking apart."""
    given, found = np.array(rows), []
    for rises in (1.0, 0.0):
        for ahead_s in AHEAD_S:
            part = given[(given[:, 0] == ahead_s) & (given[:, 4] == rises)]
            if len(part) >= 3:
                found.append(
                    {
                        "rising": rises, "ahead_s": ahead_s, "predictions": len(part),
                        "median_km": round(float(np.median(part[:, 1])) / 1e3, 2),
                        "p90_km": round(float(np.quantile(part[:, 1], 0.9)) / 1e3, 2),
                        "stays_median_km": round(float(np.median(part[:, 3])) / 1e3, 2),
                        "radius_median_km": round(float(np.median(part[:, 2])) / 1e3, 2),
                        "inside_90": round(float((part[:, 1] <= part[:, 2]).mean()), 2),
                    }
                )  # fmt: skip
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    flights = [whole(path) for path in sorted((given.data / "balloons").glob("*.csv"))]
    own = [row for flight in flights for row in errors(flight, CEILING_M)]
    usual = [row for flight in flights for row in errors(flight, (3_000.0, 33_000.0))]
    found = {"its own wind": table(own), "its own wind, any ceiling": table(usual)}
    of = [
        {"name": f.name, "minutes": round((f.t_s[-1] - f.t_s[0]) / 60), "top_m": round(f.height_m.max())}
        for f in flights
    ]
    if given.json:
        print(json.dumps({"machine": machine(), "flights": of, "cases": found}, indent=2))
        return
    print(*of, sep="\n")
    for name, rows in found.items():
        print(name)
        for row in rows:
            print("  ", ", ".join(f"{key} {value:g}" for key, value in row.items()))


if __name__ == "__main__":
    main()
