"""The rows of one minute, or of one replay, and the files they become."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from skydas.disk import sync
from skydas.history import (
    GROUP,
    GROUPS_SCHEMA,
    PLOTS_SCHEMA,
    TRACKS_SCHEMA,
    group_row,
    groups_table,
    plots_table,
    tracks_table,
)
from skydas.model import NS_PER_S, PLOT, S_PER_DAY, TRACK, Frame, Group, PlotFrame, utc_ns, utc_text
from skydas.outputs._sorted_rows import SortedRows

ORIGINS_MAX: Final = 65_535  # sources times tables of sensors in one file
ZSTD_LEVEL: Final = 1
KINDS: Final = ("tracks", "plots", "groups")
_MINUTE_NS: Final = 60 * NS_PER_S
_DAY_NAME: Final = re.compile(r"\d{4}-\d\d-\d\d")
_MINUTE_NAME: Final = re.compile(r"\d{4}\.parquet(\.damaged)?")


class Recording:
    """Rows that will stand in one file of each kind; what memory does not hold lies in `spool`."""

    def __init__(self, node: str, sensors: tuple[str, ...], minute: int, spool: Path) -> None:
        self.minute = minute
        self.written: dict[str, int] = {}  # kind -> rows in the file that this recording began
        self._node = node
        self._sensors = [sensors]  # tables of sensors' names; each row is stamped with the one it means
        self._origins: dict[tuple[str, int], int] = {}  # (source, table of sensors) -> stamp
        self._rows = {
            "tracks": SortedRows(spool, f"tracks-{minute}", TRACK, ("track_no", "t_ns")),
            "plots": SortedRows(spool, f"plots-{minute}", PLOT, ("t_ns", "sensor")),
            "groups": SortedRows(spool, f"groups-{minute}", GROUP, ("group_no", "t_ns")),
        }

    @property
    def row_count(self) -> int:
        """Return how many rows of all kinds are here."""
        return sum(rows.row_count for rows in self._rows.values())

    @property
    def is_full(self) -> bool:
        """Say whether `spill` is due."""
        return any(rows.is_full for rows in self._rows.values())

    def count(self, kind: str) -> int:
        """Return how many rows of one kind are here."""
        return self._rows[kind].row_count

    def use_sensors(self, sensors: tuple[str, ...]) -> None:
        """Take the node's table of sensors from now on; one that only grew serves the earlier rows as well."""
        if sensors[: len(self._sensors[-1])] == self._sensors[-1]:
            self._sensors[-1] = sensors
        else:
            self._sensors.append(sensors)

    def add(self, fact: Frame | PlotFrame | Group) -> None:
        """Take the rows of one fact."""
        source = fact.source if isinstance(fact, PlotFrame) else ""
        origin = (source, len(self._sensors) - 1)
        stamp = self._origins.setdefault(origin, len(self._origins))
        assert stamp <= ORIGINS_MAX
        if isinstance(fact, Frame):
            self._rows["tracks"].append(fact.sequence, stamp, fact.tracks)
        elif isinstance(fact, PlotFrame):
            self._rows["plots"].append(fact.sequence, stamp, fact.plots)
        else:
            self._rows["groups"].append(fact.sequence, stamp, group_row(fact).tobytes())

    def spill(self) -> None:
        """Move what memory should not hold to disk. Raises OSError."""
        for rows in self._rows.values():
            if rows.is_full:
                rows.spill()

    def tables(self, kind: str) -> Iterator[pa.Table]:
        """Yield the tracks by track, then time, the plots by time, then sensor, or the groups by group, then time."""
        origins = list(self._origins)
        sources = [source for source, _ in origins]
        table_of = np.array([table for _, table in origins], np.int64)
        for rows, sequence, stamp in self._rows[kind].slices():
            if kind == "groups":
                yield groups_table(rows, self._node, sequence)
                continue
            parts, places = [], []
            for number in np.unique(table_of[stamp]):
                at = np.flatnonzero(table_of[stamp] == number)
                sensors = self._sensors[number]
                if kind == "tracks":
                    parts.append(tracks_table(rows[at], self._node, sensors, sequence[at]))
                else:
                    parts.append(plots_table(rows[at], self._node, sensors, sources, stamp[at], sequence[at]))
                places.append(at)
            if len(parts) == 1:
                yield parts[0]
            else:
                yield pa.concat_tables(parts).unify_dictionaries().take(np.argsort(np.concatenate(places)))

    def clear(self) -> None:
        """Forget the rows and delete what lies in the spool."""
        for rows in self._rows.values():
            rows.clear()


def minute_of(t_ns: int) -> int:
    """Return the number of the minute since 1970 that `t_ns` is in."""
    return t_ns // _MINUTE_NS


def minute_path(directory: Path, kind: str, minute: int) -> Path:
    """Return where the file of one minute lies."""
    text = utc_text(minute * _MINUTE_NS)
    return directory / kind / text[:10] / f"{text[11:13]}{text[14:16]}.parquet"


def with_plane(schema: pa.Schema, plane: tuple[float, float] | None) -> pa.Schema:
    """Return the schema with the origin of the plane that covariances are given in; None: as it is."""
    if plane is None:
        return schema
    origin = {"plane_latitude_deg": plane[0], "plane_longitude_deg": plane[1], "plane_height_hae_m": 0.0}
    return schema.with_metadata((schema.metadata or {}) | {key: str(value) for key, value in origin.items()})


def write_tables(path: Path, schema: pa.Schema, tables: Iterator[pa.Table]) -> int:
    """Write tables to one file that appears whole or not at all; return the count of rows. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    count = 0
    try:
        with pq.ParquetWriter(unfinished, schema, **_format(schema)) as writer:
            for table in tables:
                writer.write_table(table)
                count += table.num_rows
        sync(unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    sync(path.parent)
    return count


def merge_minute(path: Path, schema: pa.Schema, by: tuple[str, str], tables: Iterator[pa.Table]) -> int:
    """Add to a minute's file the facts it does not hold yet; return the count of rows added. Raises OSError.

    A file that cannot be read is put aside as NAME.damaged and written anew.
    """
    old = _readable(path, schema)
    if old is None:
        first = next(tables, None)
        return 0 if first is None else write_tables(path, schema, _chain(first, tables))
    new = [table.filter(pc.invert(pc.is_in(table["sequence"], old["sequence"].combine_chunks()))) for table in tables]
    added: int = sum(table.num_rows for table in new)
    if added:
        whole = pa.concat_tables([old, *new]).unify_dictionaries()
        order = [(name, "ascending") for name in (*by, "sequence")]
        write_tables(path, schema, iter([whole.take(pc.sort_indices(_keys(whole, by), sort_keys=order))]))
    return added


def delete_old_days(directory: Path, now_ns: int, history_days: float) -> int:
    """Delete the days that ended more than `history_days` ago; return how many. Touches no file but ours."""
    deleted = 0
    for kind in KINDS:
        for day in sorted((directory / kind).glob("????-??-??")):
            if not _DAY_NAME.fullmatch(day.name) or not day.is_dir():
                continue
            end_ns = utc_ns(day.name) + S_PER_DAY * NS_PER_S
            if now_ns - end_ns <= history_days * S_PER_DAY * NS_PER_S:
                continue
            for file in day.iterdir():
                if _MINUTE_NAME.fullmatch(file.name):
                    file.unlink(missing_ok=True)
            if not any(day.iterdir()):
                day.rmdir()
                deleted += 1
    return deleted


def empty_spool(spool: Path) -> None:
    """Delete what a process that was killed left behind."""
    if spool.is_dir():
        shutil.rmtree(spool, ignore_errors=True)


def _format(schema: pa.Schema) -> dict[str, object]:
    """Return how each column is written: words by dictionary, numbers so that zstd finds what repeats."""
    return {
        "compression": "zstd",
        "compression_level": ZSTD_LEVEL,
        "use_dictionary": [field.name for field in schema if pa.types.is_dictionary(field.type)],
        "column_encoding": {field.name: "BYTE_STREAM_SPLIT" for field in schema if pa.types.is_floating(field.type)},
    }


def _readable(path: Path, schema: pa.Schema) -> pa.Table | None:
    if not path.exists():
        return None
    try:
        return pq.read_table(path, partitioning=None).cast(schema)
    except (pa.ArrowException, ValueError):
        path.replace(path.with_name(f"{path.name}.damaged"))
        return None


def _keys(table: pa.Table, by: tuple[str, str]) -> pa.Table:
    """Return the columns to sort by; words are compared as text."""
    names = (*by, "sequence")
    arrays = [table[name] for name in names]
    return pa.table(
        [array.cast(pa.string()) if pa.types.is_dictionary(array.type) else array for array in arrays],
        names=list(names),
    )


def _chain(first: pa.Table, rest: Iterator[pa.Table]) -> Iterator[pa.Table]:
    yield first
    yield from rest


SCHEMAS: Final = {"tracks": TRACKS_SCHEMA, "plots": PLOTS_SCHEMA, "groups": GROUPS_SCHEMA}
ORDERS: Final = {"tracks": ("track_no", "t_ns"), "plots": ("t_ns", "sensor"), "groups": ("group_no", "t_ns")}
