"""Turn a set of multilateration times (LocaRDS) into skydas files.

    python examples/converters/mlat.py ../shared/data/mlat/set_1.csv --out mlat-1
    skydas replay mlat-1/plots.csv --node mlat-1/node.toml --out mlat-1/out

Writes plots.csv (the format `plots`: one row a receiver, one group a message), node.toml (the receivers that occur) and
truth.parquet (the aircraft's own reported positions, which lag by 0.1 to 1.8 s along the track: see below).

The recording's time starts at 0: `--start` says when that was. Aircraft are numbered in it, and the number stands where
an address would. Arrival times are of receivers synchronised by GPS; sigma is 67 ns (20 m). A receiver at 0, 0 has no
known place: its times are left out and counted. The reported position is what the aircraft said at the message's time,
not where it was: score along and across the track apart.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from skydas.model import NS_PER_S, utc_ns

SIGMA_TOA_NS = 67
HEADING = ("t_ns", "group", "sensor", "toa_ns", "sigma_toa_ns", "height_pressure_m", "mode_s")

Receiver = dict[str, str]


def read_receivers(path: Path) -> dict[str, Receiver]:
    """Return the receivers with a known place, by serial number."""
    with path.open() as file:
        return {
            row["serial"]: row
            for row in csv.DictReader(file)
            if row["latitude"] and (float(row["latitude"]), float(row["longitude"])) != (0.0, 0.0)
        }


def convert(
    messages: list[dict[str, str]], receivers: dict[str, Receiver], start_ns: int, counts: dict[str, int]
) -> tuple[list[list[str | int]], dict[str, Receiver]]:
    """Return the rows of plots.csv and the receivers that occur in them."""
    rows: list[list[str | int]] = []
    used: dict[str, Receiver] = {}
    for message in messages:
        t_ns = start_ns + round(float(message["timeAtServer"]) * NS_PER_S)
        for serial, toa_ns, _ in json.loads(message["measurements"]):
            receiver = receivers.get(str(serial))
            if receiver is None:
                counts["receiver_without_place"] = counts.get("receiver_without_place", 0) + 1
                continue
            used[str(serial)] = receiver
            address = f"{int(message['aircraft']):06x}"
            group, height_m = message["id"], message["baroAltitude"]
            rows.append([t_ns, group, f"rx-{serial}", toa_ns, SIGMA_TOA_NS, height_m, address])
    return rows, used


def truth_table(messages: list[dict[str, str]], start_ns: int) -> pa.Table:
    """Return the reported positions; velocities from each aircraft's neighbouring reports, NaN for a single one."""
    messages = sorted(messages, key=lambda row: (int(row["aircraft"]), float(row["timeAtServer"])))
    target = np.array([int(row["aircraft"]) for row in messages])
    t_s, latitude, longitude, height = (
        np.array([float(row[name] or "nan") for row in messages])
        for name in ("timeAtServer", "latitude", "longitude", "geoAltitude")
    )
    velocity = np.full((3, len(messages)), np.nan)
    for number in np.unique(target):
        rows = np.flatnonzero(target == number)
        if len(rows) > 1 and (np.diff(t_s[rows]) > 0).all():
            metres = np.radians(latitude[rows]) * 6_371_008.8, np.radians(longitude[rows]) * 6_371_008.8
            velocity[0, rows] = np.gradient(metres[1], t_s[rows]) * np.cos(np.radians(latitude[rows]))
            velocity[1, rows] = np.gradient(metres[0], t_s[rows])
            velocity[2, rows] = np.gradient(height[rows], t_s[rows])
    return pa.table(
        {
            "t_ns": pa.array([start_ns + round(seconds * NS_PER_S) for seconds in t_s], pa.int64()),
            "target_no": pa.array(target, pa.uint32()),
            "kind": ["airliner"] * len(messages),
            "latitude_deg": latitude,
            "longitude_deg": longitude,
            "height_hae_m": height,
            "v_east_mps": velocity[0],
            "v_north_mps": velocity[1],
            "v_up_mps": velocity[2],
        }
    )


def node_file(name: str, receivers: dict[str, Receiver], plots: Path) -> str:
    """Return a node file with the receivers."""
    text = f'[node]\nname = "mlat-{name}"\ndirectory = "skydas-data"\n'
    text += "\n[fuse]\ncoast_s_max = 300  # an aircraft occurs about once in a minute or two\n"
    for number, (serial, place) in enumerate(sorted(receivers.items(), key=lambda item: int(item[0])), 1):
        text += (
            f'\n[[sensors]]\nid = {number}\nname = "rx-{serial}"\nkind = "tdoa"\n'
            f"latitude_deg = {place['latitude']}\nlongitude_deg = {place['longitude']}\n"
            f"height_hae_m = {place['height']}\nsigma_range_m = 20\nperiod_s = 60\nsilent_after_s = 600\n"
        )
    source = '\n[[sources]]\nname = "plots"\nsource = "file"\nformat = "plots"\n'
    return text + source + f"params = {{ path = {json.dumps(str(plots))} }}\n"


def main(arguments: list[str] | None = None) -> int:
    """Convert one set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", type=Path, help="set_N.csv, with sensors.csv in the same folder")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--start", default="2020-01-01T00:00:00Z", help="UTC at the recording's time 0")
    given = parser.parse_args(arguments)
    start_ns = utc_ns(given.start)
    counts: dict[str, int] = {}
    receivers = read_receivers(given.set.parent / "sensors.csv")
    with given.set.open() as file:
        read = sorted(csv.DictReader(file), key=lambda row: float(row["timeAtServer"]))
    # a row that states the same arrival times again is a copy, not a second message
    messages = list({row["measurements"]: row for row in reversed(read)}.values())[::-1]
    counts.update(messages=len(messages), copies=len(read) - len(messages))
    rows, used = convert(messages, receivers, start_ns, counts)
    given.out.mkdir(parents=True, exist_ok=True)
    with (given.out / "plots.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADING)
        writer.writerows(rows)
    (given.out / "node.toml").write_text(node_file(given.set.stem, used, (given.out / "plots.csv").resolve()))
    pq.write_table(truth_table(messages, start_ns), given.out / "truth.parquet")
    print(json.dumps({"rows": len(rows), "receivers": len(used), **counts}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
