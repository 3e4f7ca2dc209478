"""Recorded flights as columns, for the benches of prediction. They are no part of the project."""

from __future__ import annotations

import csv
import gzip
import json
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from skydas.model import FT_M, FloatArray, utc_ns

GAP_S: Final = 60.0  # a flight not heard for so long is two


class Flight(NamedTuple):
    """One object's recorded motion, in the order of time."""

    source: str  # the recording
    kind: str
    name: str
    t_s: FloatArray  # since 1970
    latitude_rad: FloatArray
    longitude_rad: FloatArray
    height_m: FloatArray
    velocity_mps: FloatArray  # (n, 3) east, north, up

    def part(self, rows: Any) -> Flight:
        """Return some of its rows."""
        return self._replace(**{name: getattr(self, name)[rows] for name in self._fields[3:]})


def aircraft(path: Path, kind: str = "airliner") -> list[Flight]:
    """Return the flights of an ADS-B recording in JSON: feet, times in ms."""
    with gzip.open(path) as file:
        rows = json.load(file)
    wanted = ("latitude", "longitude", "altitude")
    by_name: dict[str, list[list[float]]] = {}
    for row in rows:
        values = [row.get(name) for name in wanted]
        if None not in values:
            name = f"{row['icao24']} {row.get('callsign') or ''}".strip()
            by_name.setdefault(name, []).append([row["timestamp"] / 1e3, *map(float, values)])
    return [one for name, rows in by_name.items() for one in _flights(path.stem.split(".")[0], kind, name, rows)]


def _flights(source: str, kind: str, name: str, rows: list[list[float]]) -> list[Flight]:
    """Return the parts between gaps of a flight: rows of s, deg, deg, ft."""
    table = np.array(sorted(rows))
    table = table[np.concatenate(([True], np.diff(table[:, 0]) > 0))]
    # A row that repeats the place of the one before is no new position: the receiver had nothing.
    table = table[np.concatenate(([True], (np.diff(table[:, 1:3], axis=0) != 0.0).any(axis=1)))]
    t_s, latitude, longitude, feet = table[:, :4].T
    return from_positions(source, kind, name, t_s, latitude, longitude, feet * FT_M, 5.0, 30.0)


def parts(whole: Flight, gap_s: float = GAP_S) -> list[Flight]:
    """Return a flight cut at its gaps, without parts of fewer than ten rows."""
    cuts = np.flatnonzero(np.diff(whole.t_s) > gap_s) + 1
    cut = [whole.part(rows) for rows in np.split(np.arange(len(whole.t_s)), cuts)]
    return [one for one in cut if len(one.t_s) >= 30]


def states(path: Path) -> list[Flight]:
    """Return the flights of OpenSky's state vectors in CSV, in SI units already, one row in ten seconds."""
    by_name: dict[str, list[list[float]]] = {}
    with path.open() as file:
        for row in csv.DictReader(file):
            values = [row[name] for name in ("time", "lat", "lon", "baroaltitude", "velocity", "heading", "vertrate")]
            if row["onground"] == "False" and all(values):
                by_name.setdefault(row["icao24"], []).append([*map(float, values)])
    found = []
    for name, rows in by_name.items():
        t_s, latitude, longitude, height_m, speed, heading, rate = np.array(sorted(rows)).T
        course = np.radians(heading)
        velocity = np.stack((speed * np.sin(course), speed * np.cos(course), rate), axis=1)
        kind = "airliner" if np.median(speed) > 75.0 else "light_aircraft"
        flight = Flight("opensky", kind, name, t_s, np.radians(latitude), np.radians(longitude), height_m, velocity)
        found += parts(flight)
    return found


def drone(path: Path, columns: tuple[str, str, str], kind: str = "multirotor") -> list[Flight]:
    """Return a drone's own log with columns of latitude, longitude, height; its velocity is that of its positions."""
    with path.open() as file:
        rows = list(csv.DictReader(file))
    t_s = np.array([_time_s(row.get("t_utc") or row.get("time") or row["timestamp"]) for row in rows])
    latitude, longitude, height_m = (np.array([float(row[name] or "nan") for row in rows]) for name in columns)
    keep = np.concatenate(([True], np.diff(t_s) > 0)) & np.isfinite(latitude) & (np.abs(latitude) > 1.0)
    return from_positions(path.parent.name, kind, path.stem, t_s[keep], latitude[keep], longitude[keep], height_m[keep])


def from_positions(
    source: str, kind: str, name: str, t_s: FloatArray, latitude_deg: FloatArray, longitude_deg: FloatArray,
    height_m: FloatArray, over_s: float = 3.0, gap_s: float = 10.0,
) -> list[Flight]:  # fmt: skip
    """Return a flight at 1 Hz whose velocity is the slope over the last `over_s` seconds, not what comes later."""
    seconds = np.arange(np.ceil(t_s[0]), t_s[-1], 1.0)
    if len(seconds) < 60:
        return []
    latitude, longitude = (np.radians(np.interp(seconds, t_s, v)) for v in (latitude_deg, longitude_deg))
    height = np.interp(seconds, t_s, height_m)
    back = int(over_s)
    scale = 6_371_008.8 / over_s
    north = scale * (latitude[back:] - latitude[:-back])
    east = scale * np.cos(latitude[back:]) * (longitude[back:] - longitude[:-back])
    up = (height[back:] - height[:-back]) / over_s
    near = (
        t_s[np.clip(np.searchsorted(t_s, seconds), 1, len(t_s) - 1)]
        - t_s[np.clip(np.searchsorted(t_s, seconds) - 1, 0, len(t_s) - 1)]
    )
    velocity = np.stack((east, north, up), axis=1)
    heard = near[back:] < gap_s
    whole = Flight(source, kind, name, seconds[back:], latitude[back:], longitude[back:], height[back:], velocity)
    return parts(whole.part(heard), gap_s)


def two_drones(path: Path) -> list[Flight]:
    """Return both drones of a log that has them side by side."""
    return [
        *drone(path, ("latitude", "longitude", "altitude")),
        *drone(path, ("latitude_2", "longitude_2", "altitude_2")),
    ]


def storks(path: Path) -> list[Flight]:
    """Return the flights of tagged storks: what is slower than 5 m/s stands on the ground."""
    by_name: dict[str, list[list[float]]] = {}
    with gzip.open(path, "rt") as file:
        for row in csv.DictReader(file):
            values = [row[name] for name in ("lat", "lon", "height_above_ellipsoid", "ground_speed", "heading")]
            if all(values) and float(row["ground_speed"]) > 3.0:
                seconds = datetime.fromisoformat(row["timestamp"]).timestamp()
                by_name.setdefault(row["track_id"], []).append([seconds, *map(float, values)])
    found = []
    for name, rows in by_name.items():
        table = np.array(sorted(rows))
        t_s, latitude, longitude, height_m, speed, heading = table[np.append(True, np.diff(table[:, 0]) > 0)].T
        course = np.radians(heading)
        up = np.gradient(height_m, t_s)
        velocity = np.stack((speed * np.sin(course), speed * np.cos(course), up), axis=1)
        flight = Flight("storks", "bird", name, t_s, np.radians(latitude), np.radians(longitude), height_m, velocity)
        found += parts(flight, 10.0)
    return found


def balloon(path: Path) -> list[Flight]:
    """Return a radiosonde's flight, heard by many receivers: one row a second, the middle of what they say."""
    by_second: dict[float, list[tuple[float, ...]]] = {}
    with path.open(encoding="utf-8", errors="replace") as file:
        for row in csv.DictReader(file, delimiter=";"):
            try:
                values = tuple(float(row[name]) for name in ("Latitude", "Longitude", "Altitude"))
                second = utc_ns(row["DateTime"]) / 1e9
            except (TypeError, ValueError):
                continue
            by_second.setdefault(second, []).append(values)
    table = np.array([[second, *np.median(rows, axis=0)] for second, rows in sorted(by_second.items())])
    # A receiver with a wrong clock puts a row where the balloon was not: it climbs or falls under 60 m/s.
    kept = [0]
    for row in range(1, len(table)):
        dt_s, dz_m = table[row, 0] - table[kept[-1], 0], abs(table[row, 3] - table[kept[-1], 3])
        if dz_m < 60.0 * dt_s + 100.0:
            kept.append(row)
    t_s, latitude, longitude, height_m = table[kept].T
    return from_positions("balloons", "balloon", path.stem, t_s, latitude, longitude, height_m, 10.0, 60.0)


def _time_s(text: str) -> float:
    return float(text) if text.replace(".", "").isdecimal() else utc_ns(text) / 1e9


def motion(data: Path) -> list[Flight]:
    """Return every recording of flying objects that there is."""
    air, trial = data / "airtraffic", data / "icmcis"
    latitude = ("lat", "lon", "alt_m_above_takeoff")
    found = [*aircraft(air / "quickstart.json.gz"), *aircraft(air / "bornholm.json.gz")]
    found += aircraft(air / "franconia.json.gz", "glider") + aircraft(air / "rega_zh.json.gz", "helicopter")
    found += states(data / "adsb" / "OpenSky_Plane_States.csv")
    found += drone(trial / "1_1" / "truth.csv", latitude) + drone(trial / "1_2" / "truth.csv", latitude)
    found += two_drones(trial / "2_1" / "truth_two_drones_1hz.csv")
    found += drone(air / "UAV_Rot.csv", ("latitude", "longitude", "altitude (m)"))
    found += storks(data / "birds" / "storks_1hz_3birds.csv.gz")
    for path in sorted((data / "balloons").glob("*.csv")):
        found += balloon(path)
    return found
