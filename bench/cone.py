"""How far real objects are from where they were expected: the radii of the cone, and whether they hold.

    python -m bench.cone [--data DIR] [--fit] [--json]

`--fit` writes src/skydas/assess/predict/data/cone.json. Coverage is always of flights that the radii were not fitted
to: each flight (where a kind has many, a tenth of them) is left out in turn. Positions are the objects' own, without a
radar's errors, which the cone adds from the track's covariance.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

from bench.machine import machine
from bench.recordings import Flight, motion
from skydas.assess.predict.cone import CONE_S, LOW_M, ConeParameters, Motion
from skydas.assess.predict.destinations import DATA as OUT
from skydas.assess.predict.flat import offset_m
from skydas.model import FloatArray

DATA: Final = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
STEP_S: Final = 5.0
FORGET_S: Final = (2.0, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 640.0, 1e4)
FOLDS_MAX: Final = 10
SAMPLES_MIN: Final = 30  # of a kind, at one time ahead
INFLATION: Final = tuple(np.round(np.arange(1.0, 2.55, 0.05), 2).tolist())
# name of a motion -> kinds of recordings that it is fitted to, speed at least (m/s)
KINDS: Final = {
    "airliner": (("airliner",), 75.0),
    "airliner_low": (("airliner",), 75.0),
    "helicopter": (("helicopter", "light_aircraft"), 30.0),
    "glider": (("glider",), 15.0),
    "multirotor": (("multirotor",), 8.0),
    "bird": (("bird",), 8.0),
    "balloon": (("balloon",), 5.0),
    "slow": (("helicopter", "light_aircraft", "glider", "multirotor", "bird"), 8.0),
}


class Samples(NamedTuple):
    """Predictions of one flight."""

    source: str
    speed_mps: FloatArray  # (n,)
    off_m: FloatArray  # (n, forget, ahead) distance from the expected place; NaN: nobody knows where it was


def samples(flight: Flight, speed_mps_min: float, name: str = "") -> Samples:
    """Return how far a flight was from where it was expected, every five seconds; of airliners the high or low part."""
    at_s = np.arange(flight.t_s[0], flight.t_s[-1], STEP_S)
    rows = np.unique(np.searchsorted(flight.t_s, at_s))
    if name.startswith("airliner"):
        rows = rows[(flight.height_m[rows] < LOW_M) == (name == "airliner_low")]
    ahead_s = np.array(CONE_S)
    wanted_s = flight.t_s[rows][:, None] + ahead_s
    latitude, longitude = (np.interp(wanted_s, flight.t_s, v) for v in (flight.latitude_rad, flight.longitude_rad))
    after = np.clip(np.searchsorted(flight.t_s, wanted_s), 1, len(flight.t_s) - 1)
    is_known = (wanted_s <= flight.t_s[-1]) & (flight.t_s[after] - flight.t_s[after - 1] < 15.0)
    east_m, north_m = offset_m(
        flight.latitude_rad[rows][:, None], flight.longitude_rad[rows][:, None], latitude, longitude
    )
    velocity = flight.velocity_mps[rows]
    forget_s = np.array(FORGET_S)
    fade_s = forget_s[:, None] * -np.expm1(-ahead_s / forget_s[:, None])
    off_m = np.hypot(
        east_m[:, None] - velocity[:, 0, None, None] * fade_s, north_m[:, None] - velocity[:, 1, None, None] * fade_s
    )
    off_m[~np.broadcast_to(is_known[:, None], off_m.shape)] = np.nan
    return Samples(flight.source, np.maximum(np.hypot(velocity[:, 0], velocity[:, 1]), speed_mps_min), off_m)


def shares(given: list[Samples], forget: int) -> tuple[FloatArray, FloatArray]:
    """Return off / (speed x time) of all samples, (n, ahead), and weights that make all flights count the same."""
    share = np.concatenate([one.off_m[:, forget] / (one.speed_mps[:, None] * np.array(CONE_S)) for one in given])
    weight = np.concatenate([np.full(len(one.speed_mps), 1.0 / len(one.speed_mps)) for one in given])
    return share, weight


def quantile90(share: FloatArray, weight: FloatArray) -> FloatArray:
    """Return the weighted 90 % quantile by time ahead; what was never seen is as its neighbour."""
    found = np.full(share.shape[1], np.nan)
    for column in range(share.shape[1]):
        known = np.isfinite(share[:, column])
        if known.sum() >= SAMPLES_MIN:
            order = np.argsort(share[known, column])
            heap = np.cumsum(weight[known][order])
            found[column] = share[known, column][order][np.searchsorted(heap, 0.9 * heap[-1])]
    for column in range(1, len(found)):
        if np.isnan(found[column]):
            found[column] = found[column - 1]
    return found


def fit(given: list[Samples]) -> tuple[int, FloatArray]:
    """Return the row of FORGET_S with the smallest cones, and the 90 % quantiles of shares for it."""
    tables = [quantile90(*shares(given, forget)) for forget in range(len(FORGET_S))]
    best = int(np.argmin([np.nanmean(np.log(table)) for table in tables]))
    return best, tables[best]


def left_out(given: list[Samples]) -> list[tuple[int, FloatArray, list[Samples]]]:
    """Return, for each fold, a fit without it and the fold: whole recordings of what was recorded rarely."""
    sources = sorted({one.source for one in given})
    folds = min(len(given), FOLDS_MAX)
    parts = [given[fold::folds] for fold in range(folds)]
    if len(given) < FOLDS_MAX and len(sources) > 2:
        folds = len(sources)
        parts = [[one for one in given if one.source == source] for source in sources]
    return [
        (*fit([one for other, part in enumerate(parts) if other != fold for one in part]), parts[fold])
        for fold in range(folds)
        if folds > 1
    ]


def coverage(folds: list[tuple[int, FloatArray, list[Samples]]], inflation: float) -> FloatArray:
    """Return the share inside the stated 90 %, by time ahead, every flight counting the same."""
    inside, whole = np.zeros(len(CONE_S)), np.zeros(len(CONE_S))
    for forget, table, part in folds:
        share, weight = shares(part, forget)
        known = np.isfinite(share)
        inside += (weight[:, None] * (known & (share <= inflation * table))).sum(axis=0)
        whole += (weight[:, None] * known).sum(axis=0)
    return inside / np.where(whole > 0.0, whole, np.nan)


def measure(flights: list[Flight]) -> tuple[ConeParameters, dict[str, Any]]:
    """Return the parameters and what they hold."""
    motions, found = {}, {}
    for name, (kinds, speed_mps_min) in KINDS.items():
        chosen = [flight for flight in flights if flight.kind in kinds]
        given = [one for flight in chosen if len((one := samples(flight, speed_mps_min, name)).speed_mps)]
        forget, table = fit(given)
        folds = left_out(given)
        plain = coverage(folds, 1.0)
        inflation = next((one for one in INFLATION if np.nanmean(coverage(folds, one)) >= 0.9), INFLATION[-1])
        table = np.round(table * inflation, 4)
        motions[name] = Motion(speed_mps_min, FORGET_S[forget], table.tolist())
        found[name] = {
            "flights": len(given),
            "sources": sorted({flight.source for flight in chosen}),
            "forget_s": FORGET_S[forget],
            "inflation": inflation,
            "share": table.tolist(),
            "covered_without_inflation": np.round(plain, 3).tolist(),
            "covered": np.round(coverage(folds, inflation), 3).tolist(),
        }
    return ConeParameters("python -m bench.cone --fit", motions), found


def across(flights: list[Flight]) -> dict[str, Any]:
    """Return coverage of one source by radii fitted to another."""
    found = {}
    for kind, fitted, tested, speed in (
        ("airliner", "quickstart", "opensky", 75.0),
        ("airliner", "opensky", "quickstart", 75.0),
        ("helicopter", "opensky", "rega_zh", 30.0),
        ("multirotor", "1_1", "2_1", 8.0),
        ("multirotor", "airtraffic", "1_2", 8.0),
    ):
        kinds = KINDS[kind][0]
        chosen = [flight for flight in flights if flight.kind in kinds]
        own = [samples(flight, speed) for flight in chosen if flight.source == fitted]
        other = [samples(flight, speed) for flight in chosen if flight.source == tested]
        if own and other:
            found[f"{kind}: {fitted} -> {tested}"] = np.round(coverage([(*fit(own), other)], 1.0), 3).tolist()
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    flights = motion(given.data)
    parameters, found = measure(flights)
    if given.fit:
        OUT.mkdir(exist_ok=True)
        (OUT / "cone.json").write_bytes(msgspec.json.format(msgspec.json.encode(parameters), indent=1) + b"\n")
    crossed = across(flights)
    if given.json:
        print(json.dumps({"machine": machine(), "ahead_s": CONE_S, "kinds": found, "across": crossed}, indent=2))
        return
    for name, row in found.items():
        print(name, *(f"{key} {value}" for key, value in row.items()), sep="\n  ")
    print(*(f"{name} {value}" for name, value in crossed.items()), sep="\n")


if __name__ == "__main__":
    main()
