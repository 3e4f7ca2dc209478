"""Small random scenes and tables for the tests of the scores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from skydas.evaluate.scene import Samples
from skydas.evaluate.tables import States, states_from_table
from skydas.geo import TangentPlane
from skydas.model import BoolArray, FloatArray

START_NS = 1_700_000_000_000_000_000
PLANE = TangentPlane(55.0, 24.0)


def samples_of(present: BoolArray, position_m: FloatArray, velocity_mps: FloatArray | None = None) -> Samples:
    """Return samples from presence (instants, objects) and positions (instants, objects, 3)."""
    instant, item = np.nonzero(present)
    velocity = np.zeros_like(position_m) if velocity_mps is None else velocity_mps
    first = np.concatenate(([0], np.cumsum(present.sum(axis=1)))).astype(np.int64)
    return Samples(first, item, np.zeros_like(item), position_m[instant, item], velocity[instant, item])


def random_samples(
    generator: np.random.Generator,
    instants: int,
    count: int,
    *,
    like: Samples | None = None,
    whole_lives: bool = False,
) -> Samples:
    """Return walking points, each with instants missing, or with one unbroken life; `like`: some near those points."""
    start = generator.uniform(0, 200, (1, count, 3))
    if like is not None and len(like.position_m):
        start = like.position_m[generator.integers(0, len(like.position_m), (1, count))] + generator.normal(
            0, 15, (1, count, 3)
        )
    position = start + np.cumsum(generator.normal(0, 8, (instants, count, 3)), axis=0)
    present = generator.uniform(size=(instants, count)) < 0.8
    present[generator.integers(0, instants, count), np.arange(count)] = True
    if whole_lives:
        edges = np.sort(generator.integers(0, instants, (2, count)), axis=0)
        present = (np.arange(instants)[:, None] >= edges[0]) & (np.arange(instants)[:, None] <= edges[1])
    return samples_of(present, position, generator.normal(0, 5, (instants, count, 3)))


def table_of(
    key: str, numbers: list[int], t_s: FloatArray, position_m: FloatArray, velocity_mps: FloatArray, **more: object
) -> pa.Table:
    """Return a table of rows given in PLANE: one number, time, place and velocity a row."""
    latitude, longitude, height = PLANE.geodetic_from_enu(position_m)
    columns = {
        "t_ns": START_NS + np.round(np.asarray(t_s) * 1e9).astype(np.int64),
        key: numbers,
        "latitude_deg": np.degrees(latitude),
        "longitude_deg": np.degrees(longitude),
        "height_hae_m": height,
        "v_east_mps": velocity_mps[:, 0],
        "v_north_mps": velocity_mps[:, 1],
        "v_up_mps": velocity_mps[:, 2],
        **more,
    }
    return pa.table(columns)


def straight(
    key: str, number: int, t_s: FloatArray, start_m: FloatArray, velocity_mps: FloatArray, **more: object
) -> pa.Table:
    """Return the rows of one object in straight flight from `start_m` at time 0."""
    position = np.asarray(start_m) + np.outer(t_s, velocity_mps)
    return table_of(key, [number] * len(t_s), t_s, position, np.tile(velocity_mps, (len(t_s), 1)), **more)


def truth_states(*tables: pa.Table) -> States:
    """Return truth from tables."""
    return states_from_table(pa.concat_tables(tables, promote_options="default"), ("target_no",), "truth")


def track_states(*tables: pa.Table) -> States:
    """Return tracks from tables."""
    return states_from_table(pa.concat_tables(tables, promote_options="default"), ("track_no",), "tracks")


def write(path: Path, *tables: pa.Table) -> Path:
    """Write tables as one Parquet file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.concat_tables(tables, promote_options="default"), path)
    return path
