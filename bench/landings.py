"""Where real flights land: destinations half way through recorded flights around Paris, time-causal.

    python -m bench.landings [--data DIR] [--json]

Three hours of flights pass through the same `Predictor` as in a node, in the order of time: a flight teaches its
pattern when it has ended, and each is asked for its destination when half of its recorded time is over. Flights that
do not land at one of the airports go elsewhere.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from bench.calibration import calibration_error
from bench.cone import DATA
from bench.machine import machine
from bench.recordings import Flight, aircraft
from skydas.assess.predict import Predictor, PredictParams
from skydas.assess.predict.destinations import baseline_scores, destination_parameters, evidence, probabilities
from skydas.assess.predict.flat import offset_m
from skydas.assess.predict.paths import Paths
from skydas.assess.predict.places import places_of
from skydas.model import TRACK, Asset, FloatArray, TrackStatus

STEP_S: Final = 5.0
FRACTIONS: Final = (0.25, 0.5, 0.75)
# Aerodrome reference points (published in the AIP of France) and height, m
AIRPORTS: Final = {
    "Paris Charles-de-Gaulle": (49.0097, 2.5478, 119.0), "Paris Orly": (48.7233, 2.3794, 89.0),
    "Paris Le Bourget": (48.9694, 2.4414, 66.0), "Beauvais": (49.4544, 2.1128, 109.0),
    "Pontoise": (49.0967, 2.0408, 99.0), "Toussus": (48.7519, 2.1061, 164.0), "Melun": (48.6047, 2.6711, 92.0),
    "Velizy": (48.7742, 2.1917, 178.0), "Vatry": (48.7761, 4.1844, 179.0), "Reims": (49.2086, 4.1567, 94.0),
}  # fmt: skip


def assets() -> list[Asset]:
    """Return the airports."""
    return [
        Asset(name=name, kind="airport", shape="point", points=((lat, lon),), radius_m=2_000.0, from_amsl_m=height_m)
        for name, (lat, lon, height_m) in AIRPORTS.items()
    ]


def landed_at(flight: Flight, at: list[Asset], params: PredictParams) -> int:
    """Return the row of the airport where a flight's recording ends low, their count where it does not."""
    for row, asset in enumerate(at):
        place = np.radians(asset.points[0])
        east_m, north_m = offset_m(flight.latitude_rad[-1], flight.longitude_rad[-1], place[0], place[1])
        is_low = flight.height_m[-1] - (asset.from_amsl_m or 0.0) < params.history_height_m
        if is_low and np.hypot(east_m, north_m) < params.history_radius_m:
            return row
    return len(at)


def tracks(flights: list[Flight], numbers: list[int], at_s: float, status: TrackStatus) -> np.ndarray:
    """Return TRACK (k,) of some flights at one moment."""
    rows = np.zeros(len(numbers), TRACK)
    for row, number in zip(rows, numbers, strict=True):
        one = flights[number - 1]
        at = min(int(np.searchsorted(one.t_s, at_s)), len(one.t_s) - 1)
        row["t_ns"], row["track_no"], row["status"] = round(at_s * 1e9), number, status
        row["latitude_deg"], row["longitude_deg"] = np.degrees(one.latitude_rad[at]), np.degrees(one.longitude_rad[at])
        row["height_hae_m"], row["velocity_mps"] = one.height_m[at], one.velocity_mps[at]
        row["cov"][[0, 6, 15, 18]] = 900.0, 900.0, 4.0, 4.0
    return rows


def play(flights: list[Flight], params: PredictParams) -> dict[float, list[tuple[int, FloatArray, FloatArray, int]]]:
    """Return by fraction: the flight, what was said, what the baseline says, and the airport where it lands."""
    at = assets()
    predictor, paths, places = Predictor(params), Paths(params.path_every_s), places_of(at)
    weights = destination_parameters()[0].baseline
    goal = [landed_at(one, at, params) for one in flights]
    found: dict[float, list[tuple[int, FloatArray, FloatArray, int]]] = {fraction: [] for fraction in FRACTIONS}
    living: set[int] = set()
    for at_s in np.arange(min(one.t_s[0] for one in flights), max(one.t_s[-1] for one in flights) + STEP_S, STEP_S):
        now = [number for number, one in enumerate(flights, 1) if one.t_s[0] <= at_s <= one.t_s[-1]]
        for gone in (sorted(living - set(now)), now):
            status = TrackStatus.CONFIRMED if gone is now else TrackStatus.DROPPED
            rows = tracks(flights, gone, float(at_s), status)
            predictor.step(round(at_s * 1e9), rows, at)
            paths.step(rows)
        living = set(now)
        for number in now:
            one = flights[number - 1]
            for fraction in FRACTIONS:
                if 0.0 <= at_s - one.t_s[0] - fraction * (one.t_s[-1] - one.t_s[0]) < STEP_S:
                    numbers = np.array([number])
                    said = predictor.destinations(numbers, at)[0]
                    given = evidence(paths, paths.slots(numbers), places)
                    plain = probabilities(*baseline_scores(weights, given), places)[0]
                    found[fraction].append((number, said, plain, goal[number - 1]))
    return found


def figures(cases: list[tuple[int, FloatArray, FloatArray, int]]) -> dict[str, float]:
    """Return the figures of all flights, and of those that land at an airport."""
    goal = np.array([case[3] for case in cases])
    result: dict[str, float] = {"flights": len(goal), "landings": int((goal < len(AIRPORTS)).sum())}
    for name, column in (("ours", 1), ("baseline", 2)):
        shares = np.stack([case[column] for case in cases])
        right = shares.argmax(axis=1) == goal
        wanted = np.eye(shares.shape[1])[goal]
        lands = goal < len(AIRPORTS)
        result |= {
            f"{name}_landings_first": round(float(right[lands].mean()), 3),
            f"{name}_landings_of_places": round(float((shares[:, :-1].argmax(axis=1) == goal)[lands].mean()), 3),
            f"{name}_all_first": round(float(right.mean()), 3),
            f"{name}_brier": round(float(((shares - wanted) ** 2).sum(axis=1).mean()), 3),
            f"{name}_ece": round(calibration_error(shares, goal), 3),
        }
    return result


def by_fraction(
    flights: list[Flight], played: dict[float, list[tuple[int, FloatArray, FloatArray, int]]]
) -> dict[str, dict[str, float]]:
    """Return figures by fraction, and of half way once there was an hour of history."""
    found = {str(fraction): figures(cases) for fraction, cases in played.items()}
    begin_s = min(one.t_s[0] for one in flights)
    middle_s = {number: 0.5 * (one.t_s[0] + one.t_s[-1]) - begin_s for number, one in enumerate(flights, 1)}
    late = [case for case in played[0.5] if middle_s[case[0]] > 3_600.0]
    return found | {"0.5 after an hour": figures(late)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    flights = aircraft(given.data / "airtraffic" / "quickstart.json.gz")
    params = PredictParams()
    alone = msgspec.structs.replace(params, history_share=1e9)
    found: dict[str, Any] = {
        name: by_fraction(flights, play(flights, which))
        for name, which in (("with history", params), ("geometry alone", alone))
    }
    if given.json:
        print(json.dumps({"machine": machine(), "cases": found}, indent=2))
        return
    for name, rows in found.items():
        for fraction, row in rows.items():
            print(name, fraction, ", ".join(f"{key} {value:g}" for key, value in row.items()))


if __name__ == "__main__":
    main()
