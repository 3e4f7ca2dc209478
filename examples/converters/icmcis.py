"""Turn a folder of the ICMCIS drone trial (two radars, a direction finder, GPS truth) into skydas files.

    python examples/converters/icmcis.py ../shared/data/icmcis/1_1 --out trial
    skydas replay trial/plots.csv --node trial/node.toml --out trial/out

Writes plots.csv (the format `plots`), node.toml (the sensors at their places) and truth.parquet.

What is done to the recording, and counted on the screen:
- Both radars report their own smoothed tracks: kind `track`. When one of them dies its last row comes about eight times
  more with the same time and place: such a copy is no measurement and is left out.
- ALVIRA turns in two dimensions: its heights are left out. Both radars' class words say nothing and are left out.
- VENUS: bearing = azimuth + 7 degrees, clockwise from north. The azimuth of one emitter stays as it was for up to a
  minute after the last real change: only changes are measurements.
- DIANA's bearings are wrong by 33 to 65 degrees: left out. `arcus_plots.csv` has no times: left out.
- Truth heights are above the take-off place; the height that the sensors state for the place (31 m) is added.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from skydas.model import utc_ns

RADARS = ("alvira", "arcus")
CLUTTERED = "arcus"  # sees birds as it sees drones: what it alone sees is shown only where VENUS agrees
VENUS_OFFSET_DEG = 7.0
VENUS_SIGMA_DEG = 8.0  # of what points at a drone at all: a third of the bearings do not
PLACE_HEIGHT_M = 31.0
HEADING = (
    *("t_ns", "sensor", "kind", "latitude_deg", "longitude_deg", "height_hae_m", "azimuth_true_deg"),
    *("sigma_position_m", "sigma_height_m", "sigma_azimuth_deg", "rcs_db", "object"),
)
EMITTER_MAX = 120  # characters: some rows name a whole list of radios

Row = dict[str, str | int | float]


def read_csv(folder: Path, name: str) -> list[dict[str, str]]:
    """Return the rows of `name` or `name.gz`, none where the scenario lacks it."""
    for path in (folder / name, folder / f"{name}.gz"):
        if path.exists():
            with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
                return list(csv.DictReader(file))
    return []


def radar_rows(folder: Path, radar: str, counts: dict[str, int]) -> Iterator[Row]:
    """Yield a radar's reports, each once."""
    seen: set[tuple[str, str, str]] = set()
    for row in read_csv(folder, f"{radar}_tracks.csv"):
        key = row["t_utc"], row["lat"], row["lon"]
        if key in seen:
            counts[f"{radar}_copies"] = counts.get(f"{radar}_copies", 0) + 1
            continue
        seen.add(key)
        counts[radar] = counts.get(radar, 0) + 1
        report: Row = {
            "t_ns": utc_ns(row["t_utc"]),
            "sensor": radar,
            "kind": "track",
            "latitude_deg": row["lat"],
            "longitude_deg": row["lon"],
            "sigma_position_m": 15,
            "rcs_db": row["reflection"],
        }
        if radar == "arcus":
            report["height_hae_m"], report["sigma_height_m"] = row["alt_m"], 30
        yield report


def venus_rows(folder: Path, counts: dict[str, int]) -> Iterator[Row]:
    """Yield a bearing each time that an emitter's azimuth changes."""
    before: dict[str, str] = {}
    for row in sorted(read_csv(folder, "venus.csv"), key=lambda row: row["datetime(utc)"]):
        azimuth = row["VenusTrigger_Azimuth"]
        words = (row["VenusTrigger_VenusName"], row["VenusTrigger_RadioId"], row["VenusTrigger_Frequency"])
        emitter = " ".join(words)[:EMITTER_MAX]
        if not azimuth:
            counts["venus_without_azimuth"] = counts.get("venus_without_azimuth", 0) + 1
            continue
        if before.get(emitter) == azimuth:
            counts["venus_unchanged"] = counts.get("venus_unchanged", 0) + 1
            continue
        before[emitter] = azimuth
        counts["venus"] = counts.get("venus", 0) + 1
        yield {
            "t_ns": utc_ns(row["datetime(utc)"]),
            "sensor": "venus",
            "kind": "bearing",
            "azimuth_true_deg": (float(azimuth) + VENUS_OFFSET_DEG) % 360.0,
            "sigma_azimuth_deg": VENUS_SIGMA_DEG,
            "object": emitter,
        }


def truth_table(folder: Path) -> pa.Table:
    """Return the drones' own recordings as a truth table, one row a sample."""
    one = read_csv(folder, "truth.csv")
    if one:
        tables = [_truth_of_one(one)]
    else:
        rows = [
            row
            for row in read_csv(folder, "truth_two_drones_1hz.csv")
            if row["scenario_name"] == f"Scenario_{folder.name}"
        ]
        tables = [_truth_of_two(rows, target_no) for target_no in (1, 2)]
    return pa.concat_tables(tables)


def _truth_of_one(rows: list[dict[str, str]]) -> pa.Table:
    columns = {name: [float(row[name]) for row in rows] for name in rows[0] if name != "t_utc"}
    t_ns, first = np.unique([utc_ns(row["t_utc"]) for row in rows], return_index=True)
    east, north, down = (np.array(columns[name])[first] for name in ("ve_mps", "vn_mps", "vd_mps"))
    latitude, longitude, height = (np.array(columns[name])[first] for name in ("lat", "lon", "alt_m_above_takeoff"))
    return _truth(t_ns, 1, latitude, longitude, height, east, north, -down)


def _truth_of_two(rows: list[dict[str, str]], target_no: int) -> pa.Table:
    """The two drones come at 1 Hz without velocities: taken from the neighbouring samples."""
    suffix = "" if target_no == 1 else "_2"
    read = [
        (int(row["timestamp"]), *(float(row[name + suffix]) for name in ("latitude", "longitude", "altitude")))
        for row in rows
        if row[f"latitude{suffix}"]
    ]
    t_s, latitude, longitude, height = (np.array(column) for column in zip(*read, strict=True))
    t_s, first = np.unique(t_s, return_index=True)
    latitude, longitude, height = latitude[first], longitude[first], height[first]
    north = np.gradient(np.radians(latitude), t_s) * 6_371_008.8
    east = np.gradient(np.radians(longitude), t_s) * 6_371_008.8 * np.cos(np.radians(latitude))
    return _truth(t_s * 1_000_000_000, target_no, latitude, longitude, height, east, north, np.gradient(height, t_s))


def _truth(
    t_ns: np.ndarray,
    target_no: int,
    latitude: np.ndarray,
    longitude: np.ndarray,
    height: np.ndarray,
    east: np.ndarray,
    north: np.ndarray,
    up: np.ndarray,
) -> pa.Table:
    return pa.table(
        {
            "t_ns": pa.array(t_ns, pa.int64()),
            "target_no": pa.array([target_no] * len(t_ns), pa.uint32()),
            "kind": ["multirotor"] * len(t_ns),
            "latitude_deg": latitude,
            "longitude_deg": longitude,
            "height_hae_m": height + PLACE_HEIGHT_M,
            "v_east_mps": east,
            "v_north_mps": north,
            "v_up_mps": up,
        }
    )


def node_file(folder: Path, plots: Path) -> str:
    """Return a node file with the trial's sensors."""
    places = json.loads((folder.parent / "sensors.json").read_text())
    kinds = {"alvira": "tracker", "arcus": "tracker", "venus": "rf"}
    text = f'[node]\nname = "icmcis-{folder.name}"\ndirectory = "skydas-data"\n'
    for number, (name, kind) in enumerate(kinds.items(), 1):
        place = places[name.upper()]
        text += (
            f'\n[[sensors]]\nid = {number}\nname = "{name}"\nkind = "{kind}"\n'
            f"latitude_deg = {place['lat']}\nlongitude_deg = {place['lon']}\nheight_hae_m = {place['alt_m']}\n"
            f"period_s = {2.0 if name == 'alvira' else 1.0}\nrange_m_max = 10000\n"
            f"needs_support = {'true' if name == CLUTTERED else 'false'}\n"
            f"sigma_position_m = 15\nsigma_height_m = 30\nsigma_azimuth_deg = {VENUS_SIGMA_DEG}\n"
        )
    source = '\n[[sources]]\nname = "plots"\nsource = "file"\nformat = "plots"\n'
    return text + source + f"params = {{ path = {json.dumps(str(plots))} }}\n"


def main(arguments: list[str] | None = None) -> int:
    """Convert one scenario."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="a scenario, with sensors.json in the folder above it")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    given = parser.parse_args(arguments)
    if not (given.folder / "venus.csv").exists():
        parser.error(f"{given.folder} holds no venus.csv: give a scenario's folder, such as icmcis/1_1")
    counts: dict[str, int] = {}
    rows = [row for radar in RADARS for row in radar_rows(given.folder, radar, counts)]
    rows += venus_rows(given.folder, counts)
    rows.sort(key=lambda row: row["t_ns"])
    given.out.mkdir(parents=True, exist_ok=True)
    with (given.out / "plots.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, HEADING, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    (given.out / "node.toml").write_text(node_file(given.folder, (given.out / "plots.csv").resolve()))
    pq.write_table(truth_table(given.folder), given.out / "truth.parquet")
    print(json.dumps({"plots": len(rows), **counts}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
