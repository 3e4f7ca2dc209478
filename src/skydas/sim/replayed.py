"""Reads recorded trajectories, puts them on a grid of steps, and moves and turns them to another place.

Motion is then real and sensing simulated: a claim of its own, never to be mixed with either.
"""

from __future__ import annotations

import gzip
import io
import math
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from skydas.errors import ConfigError
from skydas.geo import TangentPlane
from skydas.model import FT_M, NS_PER_S, FloatArray, utc_ns
from skydas.sim.scenario import Replay, Scene

ROWS_MAX: Final = 20_000_000
GAP_S_MAX: Final = 120.0  # a longer silence ends one trajectory and begins the next
POINTS_MIN: Final = 5
_TIME: Final = ("t_ns", "timestamp", "time", "DateTime", "Time")
_LATITUDE: Final = ("latitude_deg", "latitude", "lat", "Latitude", "Latitude_degrees")
_LONGITUDE: Final = ("longitude_deg", "longitude", "lon", "Longitude", "Longitude_degrees")
_HEIGHT: Final = (
    "height_hae_m",
    "height_above_ellipsoid",
    "geoaltitude",
    "altitude",
    "altitude (m)",
    "Altitude",
)
_IN_METRES: Final = ("height_hae_m", "height_above_ellipsoid", "altitude (m)")
_WHO: Final = ("target_no", "icao24", "track_id", "SONDE", "groupNb", "MMSI", "flight_id")


class Trajectory(NamedTuple):
    """One object on the grid of steps: `latitude_rad[i]` holds at step `first_step + i`."""

    first_step: int
    latitude_rad: FloatArray
    longitude_rad: FloatArray
    height_hae_m: FloatArray


def load_replay(replay: Replay, scene: Scene, step_s: float) -> list[Trajectory]:
    """Return the trajectories of a recording, in the order they begin. Raises ConfigError."""
    table = _table(Path(replay.file))
    if table.num_rows > ROWS_MAX:
        raise ConfigError(f"replay {replay.name}: {table.num_rows} rows, at most {ROWS_MAX} fit")
    names = [_find(table, wanted, replay) for wanted in (_TIME, _LATITUDE, _LONGITUDE, _HEIGHT)]
    t_s = _seconds(table.column(names[0]))
    latitude, longitude, height_m = [_numbers(table.column(name)) for name in names[1:]]
    if names[3] not in _IN_METRES and replay.altitude_unit == "ft":
        height_m = height_m * FT_M
    who_name = next((name for name in _WHO if name in table.column_names), None)
    who = np.zeros(len(t_s), np.int64)
    if who_name is not None:
        who = np.unique(np.asarray(table.column(who_name).to_pylist(), dtype=str), return_inverse=True)[1]
    known = np.isfinite(t_s) & np.isfinite(latitude) & np.isfinite(longitude) & np.isfinite(height_m)
    if not known.any():
        raise ConfigError(
            f"replay {replay.name}: {replay.file} holds no row with time, latitude, longitude and altitude"
        )
    t_s, who = t_s[known], who[known]
    latitude, longitude, height_m = latitude[known], longitude[known], height_m[known]
    latitude_rad, longitude_rad = _moved(np.radians(latitude), np.radians(longitude), height_m, replay)
    begin_s = t_s.min()
    made: list[Trajectory] = []
    for one in range(int(who.max()) + 1):
        rows = np.flatnonzero(who == one)
        rows = rows[np.argsort(t_s[rows], kind="stable")]
        rows = rows[np.concatenate(([True], np.diff(t_s[rows]) > 0.0))]
        for part in np.split(rows, np.flatnonzero(np.diff(t_s[rows]) > GAP_S_MAX) + 1):
            if len(part) >= POINTS_MIN:
                at_s = t_s[part] - begin_s
                columns = (latitude_rad[part], longitude_rad[part], height_m[part])
                made.append(_on_grid(at_s, columns, step_s, replay.smooth_s))
    made = [one for one in made if len(one.latitude_rad) > 1]
    if not made:
        raise ConfigError(f"replay {replay.name}: {replay.file} holds no trajectory of {POINTS_MIN} points or more")
    # what could not be used may have come first: the scene's clock starts with the first trajectory that can
    shift = math.ceil(replay.start_s / step_s) - min(one.first_step for one in made)
    made = [one._replace(first_step=one.first_step + shift) for one in made]
    made = [one for one in made if one.first_step * step_s < scene.duration_s]
    made.sort(key=lambda one: one.first_step)
    return made[: replay.count_max]


def _table(path: Path) -> pa.Table:
    octets = path.read_bytes()
    if path.suffix == ".gz":
        octets, path = gzip.decompress(octets), path.with_suffix("")
    try:
        if path.suffix == ".parquet":
            return pyarrow.parquet.read_table(io.BytesIO(octets))
        if path.suffix == ".csv":
            delimiter = ";" if b";" in octets[:200].split(b"\n", 1)[0] else ","
            options = pyarrow.csv.ParseOptions(delimiter=delimiter)
            return pyarrow.csv.read_csv(io.BytesIO(octets), parse_options=options)
        if octets.lstrip()[:1] == b"[":
            return pa.Table.from_pylist(msgspec.json.decode(octets, type=list[dict[str, object]]))
        return pa.Table.from_pylist([msgspec.json.decode(line) for line in octets.splitlines() if line.strip()])
    except (pa.ArrowException, msgspec.DecodeError, RecursionError) as error:
        raise ConfigError(f"replay {path.name}: cannot be read as a table: {error}") from error


def _find(table: pa.Table, wanted: tuple[str, ...], replay: Replay) -> str:
    for name in wanted:
        if name in table.column_names:
            return name
    there = ", ".join(table.column_names)
    raise ConfigError(f"replay {replay.name}: {replay.file} has none of {', '.join(wanted)}; there are: {there}")


def _numbers(column: pa.ChunkedArray) -> FloatArray:
    return np.array([math.nan if value is None else float(value) for value in column.to_pylist()])


def _seconds(column: pa.ChunkedArray) -> FloatArray:
    """Return seconds from whatever a recording calls time: text, a timestamp, or s, ms, us or ns since 1970."""
    if pa.types.is_timestamp(column.type):
        nanoseconds = column.cast(pa.timestamp("ns", column.type.tz)).cast(pa.int64())
        return _numbers(nanoseconds) / NS_PER_S
    if pa.types.is_string(column.type):
        return np.array([math.nan if text is None else utc_ns(text) / NS_PER_S for text in column.to_pylist()])
    numbers = _numbers(column)
    for limit, per_s in ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3)):
        if np.nanmax(numbers) > limit:
            return numbers / per_s
    return numbers


def _moved(
    latitude_rad: FloatArray, longitude_rad: FloatArray, height_m: FloatArray, replay: Replay
) -> tuple[FloatArray, FloatArray]:
    """Return the places with their middle put at the wanted place and turned about it."""
    middle_deg = math.degrees(np.median(latitude_rad)), math.degrees(np.median(longitude_rad))
    wanted_deg = middle_deg
    if replay.latitude_deg is not None and replay.longitude_deg is not None:
        wanted_deg = replay.latitude_deg, replay.longitude_deg
    if wanted_deg == middle_deg and not replay.turn_deg:
        return latitude_rad, longitude_rad
    enu_m = TangentPlane(*middle_deg).enu_from_geodetic(latitude_rad, longitude_rad, height_m)
    turn = math.radians(replay.turn_deg)
    east_m = enu_m[:, 0] * math.cos(turn) + enu_m[:, 1] * math.sin(turn)
    north_m = enu_m[:, 1] * math.cos(turn) - enu_m[:, 0] * math.sin(turn)
    turned_m = np.column_stack((east_m, north_m, enu_m[:, 2]))
    moved_latitude_rad, moved_longitude_rad, _ = TangentPlane(*wanted_deg).geodetic_from_enu(turned_m)
    return moved_latitude_rad, moved_longitude_rad


def _on_grid(at_s: FloatArray, columns: tuple[FloatArray, ...], step_s: float, smooth_s: float) -> Trajectory:
    """Return the columns at whole steps, each the mean over `smooth_s` of the straight lines between the points."""
    first, last = math.ceil(at_s[0] / step_s), math.floor(at_s[-1] / step_s)
    grid_s = np.arange(first, last + 1) * step_s
    half = round(smooth_s / step_s / 2.0)
    smoothed = []
    for column in columns:
        values = np.interp(grid_s, at_s, column)
        if half and len(values) > 2 * half:
            sums = np.cumsum(np.concatenate(([0.0], np.pad(values, half, mode="edge"))))
            values = (sums[2 * half + 1 :] - sums[: -2 * half - 1]) / (2 * half + 1)
        smoothed.append(values)
    return Trajectory(first, *smoothed)
