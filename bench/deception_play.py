"""Playing plots to the checks for deception, a second at a time, and recorded claims as plots."""

from __future__ import annotations

import csv
import gzip
import itertools
import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from skydas.formats import modes_json
from skydas.identify.deception import Checker, DeceptionParams
from skydas.model import FT_M, NS_PER_S, PlotFlag, PlotKind, Rows, SensorConfig, empty_plots

RECEIVER = SensorConfig(id=1, name="adsb", kind="adsb")


class Found(NamedTuple):
    """What was found, when it began."""

    t_ns: int
    what: str
    mode_s: int


class Played(NamedTuple):
    """What came of one run."""

    found: list[Found]
    areas: list[dict[str, Any]]
    checker: Checker
    cpu_s: float
    seconds: int


def play(plots: Rows, sensors: list[SensorConfig], times: str = "t_ns") -> Played:
    """Return what the checks find in PLOT (n,), whose sensors are rows, in the order of a column of times."""
    plots = plots[np.argsort(plots[times], kind="stable")]
    checker = Checker(DeceptionParams(), sensors)
    second = plots[times] // NS_PER_S
    found, areas, known = [], [], set()
    began_s = time.process_time()
    edges = np.searchsorted(second, np.arange(second[0], second[-1] + 2)) if len(second) else np.zeros(1, np.int64)
    for index, (low, high) in enumerate(itertools.pairwise(edges)):
        now_ns = int(second[0] + index + 1) * NS_PER_S
        checker.take(plots[low:high], np.full(high - low, -1))
        changes = checker.second(now_ns)
        areas += changes.areas
        for fields in changes.deceptions:
            if fields["number"] not in known:
                known.add(fields["number"])
                found.append(Found(now_ns, fields["what"], fields["mode_s"]))
    return Played(found, areas, checker, time.process_time() - began_s, len(edges) - 1)


def claims_of(rows: Iterable[tuple[float, str, float, float, float, bool]]) -> Rows:
    """Return claims of (s since 1970, address, latitude, longitude in degrees, pressure height in m, on the ground)."""
    columns = list(zip(*rows, strict=True))
    plots = empty_plots(len(columns[0]))
    plots["t_ns"] = plots["rx_ns"] = np.rint(np.array(columns[0]) * 1e3).astype(np.int64) * 1_000_000
    plots["mode_s"] = [int(address, 16) for address in columns[1]]
    plots["latitude_rad"], plots["longitude_rad"] = np.radians(columns[2]), np.radians(columns[3])
    plots["height_pressure_m"] = columns[4]
    plots["kind"], plots["sensor"] = PlotKind.POSITION, 0
    plots["flags"] = PlotFlag.CLAIM | np.where(columns[5], int(PlotFlag.ON_GROUND), 0)
    return plots[np.argsort(plots["t_ns"], kind="stable")]


def recorded(path: Path) -> Rows:
    """Return the claims of a recording in JSON of states, one row a second and aircraft."""
    with gzip.open(path) as file:
        rows = json.load(file)
    wanted = ("latitude", "longitude", "altitude")
    return claims_of(
        (row["timestamp"] / 1e3, row["icao24"], row["latitude"], row["longitude"], row["altitude"] * FT_M,
         bool(row.get("onground")))
        for row in rows if None not in [row.get(name) for name in wanted]
    )  # fmt: skip


def states(path: Path) -> Rows:
    """Return the claims of state vectors in CSV, at the time of their position."""
    with path.open() as file:
        return claims_of(
            (float(row["lastposupdate"]), row["icao24"], float(row["lat"]), float(row["lon"]),
             float(row["baroaltitude"] or "nan"), row["onground"] == "True")
            for row in csv.DictReader(file) if row["lat"] and row["lastposupdate"]
        )  # fmt: skip


def frames(path: Path) -> Rows:
    """Return the claims in Mode S frames of JSON lines, by our own decoder."""
    decoder = modes_json.Decoder(modes_json.Params())
    parts = []
    with gzip.open(path) as file:
        for line in file:
            rx_ns = round(json.loads(line)["timestamp"] * 1e9)
            parts.append(decoder.decode(rx_ns, line).plots)
    plots = np.concatenate(parts)
    plots = plots[(plots["kind"] == PlotKind.POSITION) & (plots["flags"] & int(PlotFlag.CLAIM) > 0)]
    plots["sensor"] = 0
    return plots[np.argsort(plots["t_ns"], kind="stable")]


def without_repeats(plots: Rows) -> Rows:
    """Return claims without those that say their claimant's last position again."""
    order = np.lexsort((plots["t_ns"], plots["mode_s"]))
    sorted_ = plots[order]
    same = np.zeros(len(plots), np.bool_)
    same[1:] = (
        (sorted_["mode_s"][1:] == sorted_["mode_s"][:-1])
        & (sorted_["latitude_rad"][1:] == sorted_["latitude_rad"][:-1])
        & (sorted_["longitude_rad"][1:] == sorted_["longitude_rad"][:-1])
    )
    return plots[np.sort(order[~same])]
