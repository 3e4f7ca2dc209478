"""Truth and tracks as columns in one local plane, read from Parquet.

A directory is read as its `truth.parquet` / `tracks.parquet`, or else as all Parquet files under it whose name
begins so, and below a folder of that name: one-minute files join into one table. Rows that cannot be used are
counted by reason.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from skydas.errors import ConfigError
from skydas.geo import TangentPlane
from skydas.model import NS_PER_S, FloatArray, IntArray, TrackStatus, utc_text

ROWS_MAX: Final = 100_000_000
FILES_MAX: Final = 100_000
POSITION: Final = ("latitude_deg", "longitude_deg", "height_hae_m")
VELOCITY: Final = ("v_east_mps", "v_north_mps", "v_up_mps")
COV_COUNT: Final = 21  # upper triangle by rows of (position, velocity)


class States(msgspec.Struct):
    """Rows of many objects, sorted by object and time; `first[o] : first[o + 1]` are the rows of object o."""

    names: list[str]
    first: IntArray  # (objects + 1,)
    t_ns: IntArray  # (n,)
    latitude_rad: FloatArray
    longitude_rad: FloatArray
    height_hae_m: FloatArray  # NaN: not known
    velocity_enu_mps: FloatArray  # (n, 3) at the object's own place; NaN: not known
    kinds: list[str]  # of each object, as last said; empty text: not known
    kind_words: list[str]
    kind_of_row: IntArray  # (n,) row of kind_words, -1 not known
    status: IntArray  # (n,) TrackStatus; truth: CONFIRMED
    plot_ns: IntArray  # (n,) when a plot last supported the row
    cov: FloatArray | None = None  # (n, 21)
    nis: FloatArray | None = None  # (n,) normalised innovation squared
    nis_dof: FloatArray | None = None
    refused: dict[str, int] = msgspec.field(default_factory=dict)
    plane_at: tuple[float, float, float] | None = None  # latitude_deg, longitude_deg, height of the covariance's plane

    @property
    def object_of_row(self) -> IntArray:
        """The object each row belongs to, (n,)."""
        return np.repeat(np.arange(len(self.names)), np.diff(self.first))


def read_truth(path: Path | str) -> States:
    """Return the truth in a file or directory. Raises ConfigError when it cannot be read or lacks a column."""
    path = Path(path)
    table = _read(path, "truth", ("t_ns", "target_no", *POSITION), (*VELOCITY, "kind"))
    return states_from_table(table, ("target_no",), str(path))


def read_tracks(path: Path | str) -> States:
    """Return the tracks in a file or directory. Raises ConfigError when it cannot be read or lacks a column."""
    path = Path(path)
    more = (*VELOCITY, "node", "status", "last_plot_ns", "class", "cov", "nis", "nis_dof")
    table = _read(path, "tracks", ("t_ns", "track_no", *POSITION), more, cov=True)
    keys = ("node", "track_no") if "node" in table.column_names else ("track_no",)
    return states_from_table(table, keys, str(path))


def check_overlap(truth: States, tracks: States, age_s_max: float) -> None:
    """Raise ConfigError where truth and tracks are of different times, so that no figure would mean anything."""
    if not len(truth.t_ns) or not len(tracks.t_ns):
        return
    held_ns = round(age_s_max * NS_PER_S)  # a track's last row is moved on for so long
    if tracks.t_ns.min() > truth.t_ns.max() or tracks.t_ns.max() + held_ns < truth.t_ns.min():
        raise ConfigError(f"truth is {_span(truth)}, tracks are {_span(tracks)}: they do not overlap")


def _span(states: States) -> str:
    return f"{utc_text(int(states.t_ns.min()))} to {utc_text(int(states.t_ns.max()))}"


class FirstPlots(msgspec.Struct, frozen=True):
    """Plots that have a place, and how late all plots came in."""

    t_ns: IntArray  # (n,)
    latitude_rad: FloatArray
    longitude_rad: FloatArray
    latency_s: FloatArray  # (m,) of every plot with a time of its own


def read_plots(path: Path | str) -> FirstPlots | None:
    """Return the plots that lie beside the tracks of a directory, None where there are none."""
    path = Path(path)
    if not path.is_dir():
        return None
    try:
        files_of(path, "plots")
    except ConfigError:
        return None
    table = _read(path, "plots", ("t_ns", "latitude_deg", "longitude_deg"), ("rx_ns",))
    t_ns = _integers(table, "t_ns", str(path))
    latitude, longitude = _floats(table, "latitude_deg", str(path)), _floats(table, "longitude_deg", str(path))
    placed = np.isfinite(latitude) & np.isfinite(longitude)
    latency = (_integers(table, "rx_ns", str(path)) - t_ns) / 1e9 if "rx_ns" in table.column_names else np.zeros(0)
    return FirstPlots(t_ns[placed], np.radians(latitude[placed]), np.radians(longitude[placed]), latency)


def files_of(path: Path, what: str) -> list[Path]:
    """Return the Parquet files that hold `what` (truth, tracks or plots) under `path`, sorted."""
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise ConfigError(f"{what}: there is no file or directory {path}")
    whole = path / f"{what}.parquet"
    if whole.is_file():
        return [whole]
    found = sorted(
        entry
        for entry in path.rglob("*.parquet")
        if entry.name.startswith(what)
        or what in entry.relative_to(path).parts[:-1]
        or what in (path.name, path.absolute().parent.name)  # the folder of one day among them
    )
    if not found:
        raise ConfigError(f"{what}: {path} holds no {what}.parquet and no {what}*.parquet")
    if len(found) > FILES_MAX:
        raise ConfigError(f"{what}: {path} holds {len(found)} files, at most {FILES_MAX} are read at once")
    return found


def _read(path: Path, what: str, needed: tuple[str, ...], wanted: tuple[str, ...], *, cov: bool = False) -> pa.Table:
    parts = []
    rows = 0
    for file in files_of(path, what):
        try:
            reader = pq.ParquetFile(file)
            names = reader.schema_arrow.names
            missing = [name for name in needed if name not in names]
            if missing:
                raise ConfigError(f"{what}: {file} lacks the columns {', '.join(missing)}")
            rows += reader.metadata.num_rows
            if rows > ROWS_MAX:
                raise ConfigError(f"{what}: more than {ROWS_MAX} rows in {path}")
            columns = [name for name in (*needed, *wanted) if name in names]
            columns += [name for name in names if cov and name.startswith("cov_") and name not in columns]
            parts.append(reader.read(columns=columns))
        except (pa.ArrowException, OSError) as error:
            raise ConfigError(f"{what}: {file} cannot be read as Parquet: {error}") from error
    return pa.concat_tables(parts, promote_options="default")


def states_from_table(table: pa.Table, keys: tuple[str, ...], where: str) -> States:
    """Return the rows of an Arrow table as States, an object being one value of `keys`."""
    names, objects = _objects(table, keys)
    t_ns = _integers(table, "t_ns", where)
    order = np.lexsort((t_ns, objects))
    latitude, longitude, height = (_floats(table, name, where) for name in POSITION)
    good = np.isfinite(latitude) & np.isfinite(longitude) & (np.abs(latitude) <= 90) & (np.abs(longitude) <= 360)
    refused = {"position_not_finite": int(np.sum(~good))} if not good.all() else {}
    order = order[good[order]]
    copies = (np.diff(objects[order]) == 0) & (np.diff(t_ns[order]) == 0)
    if copies.any():  # the last row written for an instant counts: lexsort keeps the order of writing
        refused["same_instant_again"] = int(np.sum(copies))
        order = order[np.append(~copies, True)]
    velocity = np.full((len(order), 3), np.nan)
    for axis, name in enumerate(VELOCITY):
        if name in table.column_names:
            velocity[:, axis] = _floats(table, name, where)[order]
    first = np.searchsorted(objects[order], np.arange(len(names) + 1))
    status = _status(table, where)[order]
    words, kind_of_row = _kinds(table, order)
    plot_ns = _plot_ns(table, t_ns, where)[order]
    return States(
        names=names,
        first=first.astype(np.int64),
        t_ns=t_ns[order],
        latitude_rad=np.radians(latitude[order]),
        longitude_rad=np.radians(longitude[order]),
        height_hae_m=height[order],
        velocity_enu_mps=velocity,
        kinds=_last_words(words, kind_of_row, first),
        kind_words=words,
        kind_of_row=kind_of_row,
        status=status,
        plot_ns=plot_ns,
        cov=_cov(table, order),
        nis=_floats(table, "nis", where)[order] if "nis" in table.column_names else None,
        nis_dof=_floats(table, "nis_dof", where)[order] if "nis_dof" in table.column_names else None,
        refused=refused,
        plane_at=_plane_at(table),
    )


def plane_of(truth: States, tracks: States, given: tuple[float, float] | None) -> TangentPlane:
    """Return the plane to score in: as given, else the tracks' own where their file names it, else amid the truth."""
    if given is not None:
        return TangentPlane(*given)
    if tracks.plane_at is not None:
        return TangentPlane(*tracks.plane_at)
    some = truth if len(truth.t_ns) else tracks
    if not len(some.t_ns):
        return TangentPlane(0.0, 0.0, 0.0)
    longitude = np.arctan2(np.mean(np.sin(some.longitude_rad)), np.mean(np.cos(some.longitude_rad)))
    return TangentPlane(float(np.degrees(np.mean(some.latitude_rad))), float(np.degrees(longitude)))


def place(states: States, plane: TangentPlane, dimensions: int) -> tuple[FloatArray, FloatArray]:
    """Return positions and velocities in the plane, (n, 3) each.

    In two dimensions every height and climb is 0: errors are then along the ground, whatever heights were assumed.
    """
    flat = dimensions == 2
    height = np.zeros(len(states.t_ns)) if flat else states.height_hae_m
    position_m = plane.enu_from_geodetic(states.latitude_rad, states.longitude_rad, height)
    v_east, v_north, v_up = states.velocity_enu_mps.T
    v_up = np.zeros(len(v_up)) if flat else v_up
    sin_lat, cos_lat = np.sin(states.latitude_rad), np.cos(states.latitude_rad)
    sin_lon, cos_lon = np.sin(states.longitude_rad), np.cos(states.longitude_rad)
    outward = cos_lat * v_up - sin_lat * v_north  # away from the earth's axis
    ecef_mps = np.stack(
        (
            cos_lon * outward - sin_lon * v_east,
            sin_lon * outward + cos_lon * v_east,
            sin_lat * v_up + cos_lat * v_north,
        ),
        axis=-1,
    )
    return position_m, ecef_mps @ plane.rotation_enu_to_ecef


def _objects(table: pa.Table, keys: tuple[str, ...]) -> tuple[list[str], IntArray]:
    columns = [table.column(key).cast(pa.string()).combine_chunks() for key in keys]
    text = columns[0] if len(columns) == 1 else pc.binary_join_element_wise(*columns, "/")
    encoded = pc.dictionary_encode(pc.fill_null(text, "?"))
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.unify_dictionaries().chunk(0)
    return encoded.dictionary.to_pylist(), encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)


def _floats(table: pa.Table, name: str, where: str) -> FloatArray:
    try:
        column = table.column(name).cast(pa.float64())
    except pa.ArrowException as error:
        raise ConfigError(f"{where}: column {name} holds no numbers: {error}") from error
    return np.asarray(pc.fill_null(column, np.nan).to_numpy(), np.float64)


def _integers(table: pa.Table, name: str, where: str) -> IntArray:
    try:
        column = table.column(name).cast(pa.int64())
    except pa.ArrowException as error:
        raise ConfigError(f"{where}: column {name} holds no whole numbers: {error}") from error
    if column.null_count:
        raise ConfigError(f"{where}: column {name} has {column.null_count} empty rows")
    return np.asarray(column.to_numpy(), np.int64)


def _plot_ns(table: pa.Table, t_ns: IntArray, where: str) -> IntArray:
    """Return when a plot last supported each row; where the file does not say, every row counts as an update."""
    if "last_plot_ns" not in table.column_names:
        return t_ns
    try:
        column = table.column("last_plot_ns").cast(pa.int64())
    except pa.ArrowException as error:
        raise ConfigError(f"{where}: column last_plot_ns holds no whole numbers: {error}") from error
    given = np.asarray(pc.fill_null(column, 0).to_numpy(), np.int64)
    return np.where(np.asarray(column.is_null().to_numpy(), bool), t_ns, given)


def _status(table: pa.Table, where: str) -> IntArray:
    if "status" not in table.column_names:
        return np.full(table.num_rows, int(TrackStatus.CONFIRMED), np.int64)
    column = table.column("status")
    if not (pa.types.is_string(column.type) or pa.types.is_dictionary(column.type)):
        return _integers(table, "status", where)
    words = column.cast(pa.string()).to_pylist()
    numbers = {status.name.lower(): int(status) for status in TrackStatus}
    unknown = {str(word) for word in set(words) if str(word).lower() not in numbers}
    if unknown:
        raise ConfigError(f"{where}: status {sorted(unknown)[0]!r} is none of {', '.join(numbers)}")
    return np.array([numbers[word.lower()] for word in words], np.int64)


def _kinds(table: pa.Table, order: IntArray) -> tuple[list[str], IntArray]:
    """Return the words of the column `kind` or `class`, and the word of each row, -1 where there is none."""
    name = next((name for name in ("kind", "class") if name in table.column_names), None)
    if name is None:
        return [], np.full(len(order), -1)
    column = table.column(name).cast(pa.string()).combine_chunks()
    encoded = pc.dictionary_encode(column)
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.chunk(0) if encoded.num_chunks else pa.array([], pa.string()).dictionary_encode()
    codes = np.asarray(pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False), np.int64)
    words = encoded.dictionary.to_pylist()
    blank = np.array([word in ("", "unknown") for word in words] + [True])
    return words, np.where(blank[codes], -1, codes)[order]


def _last_words(words: list[str], kind_of_row: IntArray, first: IntArray) -> list[str]:
    """Return the last word said of each object, empty text where none was."""
    item = np.repeat(np.arange(len(first) - 1), np.diff(first))
    said = kind_of_row >= 0
    last = np.full(len(first) - 1, -1)
    last[item[said]] = kind_of_row[said]  # rows are in time order: the last one stays
    return [words[row] if row >= 0 else "" for row in last.tolist()]


def _cov(table: pa.Table, order: IntArray) -> FloatArray | None:
    if "cov" in table.column_names:
        rows: Any = table.column("cov").combine_chunks()
        rows = rows.combine_chunks() if isinstance(rows, pa.ChunkedArray) else rows
        flat = np.asarray(pc.fill_null(rows.flatten(), np.nan).cast(pa.float64()).to_numpy(zero_copy_only=False))
        return flat.reshape(-1, COV_COUNT)[order] if len(flat) == COV_COUNT * table.num_rows else None
    names = [name for name in table.column_names if name.startswith("cov_")]
    if len(names) != COV_COUNT:
        return None
    return np.stack([_floats(table, name, "cov")[order] for name in names], axis=-1)


def _plane_at(table: pa.Table) -> tuple[float, float, float] | None:
    metadata = table.schema.metadata or {}
    try:
        return (
            float(metadata[b"plane_latitude_deg"]),
            float(metadata[b"plane_longitude_deg"]),
            float(metadata.get(b"plane_height_hae_m", b"0")),
        )
    except (KeyError, ValueError):
        return None
