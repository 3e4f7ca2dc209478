"""Read recorded history: one-minute files, or the single files of a replay, alike, through DuckDB.

A file that cannot be read is left out, counted and named in `damaged`; the rest is still history.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Final

import duckdb
import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from skydas.history.groups import NUMBERS
from skydas.history.schema import TRACKS_SCHEMA
from skydas.history.tables import tracks_from_table
from skydas.model import NS_PER_S, Group, Rows, utc_ns, utc_text

PICTURE_S: Final = 60.0  # a track without a row for so long is no longer in the picture
GROUP_S: Final = 5.0  # a group is told once a second; one that was not for so long is none any more
LATE_S: Final = 60.0  # how much older than its minute a row may be
POINTS_MAX: Final = 2_000  # of one track's history
BINS_MAX: Final = 2_000
FILES_MAX: Final = 10_080  # read by one question: a week of minutes
THREADS_MAX: Final = 2
MEMORY_MB_MAX: Final = 256
DAMAGED_MAX: Final = 10_000  # names kept
_MINUTE_NS: Final = 60 * NS_PER_S


class TrackHistory(msgspec.Struct, frozen=True, kw_only=True):
    """One track's past, oldest first; one list a column, all of one length."""

    track_no: int
    t_ns: list[int]
    latitude_deg: list[float | None]
    longitude_deg: list[float | None]
    height_hae_m: list[float | None]
    v_east_mps: list[float | None]
    v_north_mps: list[float | None]
    v_up_mps: list[float | None]
    status: list[str]


class Density(msgspec.Struct, frozen=True, kw_only=True):
    """How many tracks there were in each of `bins` equal parts of a span of time."""

    from_ns: int
    to_ns: int
    bins: int
    track_count: list[int]
    first_ns: int | None  # oldest instant recorded
    last_ns: int | None


class History:
    """What lies under one directory: `tracks/YYYY-MM-DD/HHMM.parquet` or `tracks.parquet`, and groups alike."""

    def __init__(self, directory: Path) -> None:
        self.damaged: dict[str, str] = {}  # file -> what is wrong with it
        self._directory = directory
        self._database = duckdb.connect(":memory:")
        self._database.execute(f"SET threads = {THREADS_MAX}; SET memory_limit = '{MEMORY_MB_MAX}MB'")
        self._database.execute("SET temp_directory = ''")  # never spills into the working directory
        self._lock = threading.Lock()  # DuckDB's connection serves one question at a time

    def picture_at(self, t_ns: int) -> Rows:
        """Return the last row of each track that lived at `t_ns`, TRACK (k,) by number, as `tracks_from_table` does."""
        from_ns = t_ns - round(PICTURE_S * NS_PER_S)
        table = self.ask(
            """SELECT rows.* FROM {files} AS rows SEMI JOIN (
                SELECT node, track_no, max(t_ns) AS t_ns FROM {files}
                WHERE t_ns > $from_ns AND t_ns <= $to_ns GROUP BY node, track_no
            ) AS newest USING (node, track_no, t_ns)
            WHERE t_ns > $from_ns AND t_ns <= $to_ns
            QUALIFY row_number() OVER (PARTITION BY node, track_no ORDER BY sequence DESC) = 1
            ORDER BY track_no""",
            from_ns,
            t_ns,
        )
        if table is None:
            return tracks_from_table(TRACKS_SCHEMA.empty_table())
        table = table.filter(pc.not_equal(table["status"], "dropped"))
        return tracks_from_table(table)

    def groups_at(self, t_ns: int) -> list[Group]:
        """Return the groups there were at `t_ns`, by number, each with the tracks whose rows then name it."""
        table = self.ask(
            """SELECT * FROM {files} WHERE t_ns > $from_ns AND t_ns <= $to_ns
            QUALIFY row_number() OVER (PARTITION BY node, group_no ORDER BY sequence DESC) = 1 ORDER BY group_no""",
            t_ns - round(GROUP_S * NS_PER_S),
            t_ns,
            kind="groups",
        )
        held = [] if table is None else [row for row in table.to_pylist() if not row["is_over"]]
        if not held:
            return []
        members = self._members_at(t_ns)
        return [
            Group(
                number=row["group_no"],
                now_ns=row["t_ns"],
                track_nos=tuple(members.get((row["node"], row["group_no"]), ())),
                **{name: row[name] for name in ("node", "sequence", "count_min", "count_max", *NUMBERS)},
            )
            for row in held
        ]

    def _members_at(self, t_ns: int) -> dict[tuple[str, int], list[int]]:
        """Return the tracks of each group at `t_ns`: by node and number of the group, the tracks' numbers, rising."""
        table = self.ask(
            """SELECT node, track_no, arg_max(coalesce(group_no, 0), sequence) AS group_no,
                arg_max(status, sequence) AS status
            FROM {files} WHERE t_ns > $from_ns AND t_ns <= $to_ns GROUP BY node, track_no ORDER BY track_no""",
            t_ns - round(PICTURE_S * NS_PER_S),
            t_ns,
        )
        members: dict[tuple[str, int], list[int]] = {}
        for row in [] if table is None else table.to_pylist():
            if row["group_no"] and row["status"] != "dropped":
                members.setdefault((row["node"], row["group_no"]), []).append(row["track_no"])
        return members

    def track_history(self, track_no: int, from_ns: int, to_ns: int) -> TrackHistory:
        """Return one track's rows in a span of time, thinned evenly to POINTS_MAX."""
        table = self.ask(
            """SELECT t_ns, latitude_deg, longitude_deg, height_hae_m, v_east_mps, v_north_mps, v_up_mps, status
            FROM {files} WHERE track_no = $track_no AND t_ns >= $from_ns AND t_ns <= $to_ns ORDER BY t_ns""",
            from_ns,
            to_ns,
            track_no=track_no,
        )
        names = [name for name in TrackHistory.__struct_fields__ if name != "track_no"]
        if table is None:
            return TrackHistory(track_no=track_no, **{name: [] for name in names})
        if table.num_rows > POINTS_MAX:
            table = table.take(np.linspace(0, table.num_rows - 1, POINTS_MAX).round().astype(np.int64))
        return TrackHistory(track_no=track_no, **{name: table[name].to_pylist() for name in names})

    def density(self, from_ns: int, to_ns: int, bins: int) -> Density:
        """Return the count of tracks in each of `bins` equal parts of a span of time."""
        assert 0 < bins <= BINS_MAX
        assert from_ns < to_ns
        count = np.zeros(bins, np.int64)
        table = self.ask(
            """SELECT bin, count(DISTINCT (node, track_no)) AS tracks FROM (
                SELECT node, track_no, ((t_ns - $from_ns) // $width_ns)::BIGINT AS bin FROM {files}
                WHERE t_ns >= $from_ns AND t_ns < $to_ns
            ) GROUP BY bin""",
            from_ns,
            to_ns,
            width_ns=-(-(to_ns - from_ns) // bins),
        )
        if table is not None:
            count[table["bin"].to_numpy()] = table["tracks"].to_numpy()
        first_ns, last_ns = self.span_ns()
        return Density(
            from_ns=from_ns, to_ns=to_ns, bins=bins, track_count=count.tolist(), first_ns=first_ns, last_ns=last_ns
        )

    def span_ns(self) -> tuple[int | None, int | None]:
        """Return the oldest and the newest instant recorded, from the files at both ends."""
        files = self._files()
        oldest = next((span for span in map(self._span_of, files) if span), None)
        newest = next((span for span in map(self._span_of, reversed(files)) if span), None)
        return oldest[0] if oldest else None, newest[1] if newest else None

    def close(self) -> None:
        """Close the database in memory."""
        self._database.close()

    def ask(self, question: str, from_ns: int, to_ns: int, kind: str = "tracks", **values: float) -> pa.Table | None:
        """Return the answer over the files that may hold rows of a span of time; None when there is none."""
        files = self._files(from_ns, to_ns + round(LATE_S * NS_PER_S), kind)[-FILES_MAX:]
        files = [file for file in files if str(file) not in self.damaged]
        given = {"from_ns": from_ns, "to_ns": to_ns, **values}
        while files:
            try:
                return self._run(question, files, given)
            except duckdb.OutOfMemoryException:
                raise  # the files are sound: the question was too large
            except duckdb.Error:
                readable = [file for file in files if self._is_readable(file)]
                if len(readable) == len(files):
                    raise
                files = readable
        return None

    def _run(self, question: str, files: list[Path], given: dict[str, float]) -> pa.Table:
        text = question.replace("{files}", "read_parquet($files, union_by_name = true, hive_partitioning = false)")
        used = {name: value for name, value in given.items() if f"${name}" in text}
        with self._lock:
            answer = self._database.sql(text, params={"files": [str(file) for file in files], **used})
            return answer.to_arrow_table()

    def _is_readable(self, file: Path) -> bool:
        """Read a file whole; note it in `damaged` if that fails."""
        try:
            with self._lock:
                self._database.execute(
                    "SELECT max(columns(*)) FROM read_parquet($file)", {"file": str(file)}
                ).fetchall()
        except duckdb.Error as error:
            self._note(file, error)
            return False
        return True

    def _note(self, file: Path, error: Exception) -> None:
        if len(self.damaged) < DAMAGED_MAX:
            self.damaged[str(file)] = str(error).splitlines()[0]

    def _files(self, from_ns: int | None = None, to_ns: int | None = None, kind: str = "tracks") -> list[Path]:
        """Return the files of one kind that may hold rows of a span of time, oldest first."""
        single = self._directory / f"{kind}.parquet"
        if single.exists():
            return [single]
        days = sorted(path for path in self._directory.glob(f"{kind}/????-??-??") if path.is_dir())
        if from_ns is not None and to_ns is not None:
            first, last = utc_text(from_ns)[:10], utc_text(to_ns)[:10]
            days = [day for day in days if first <= day.name <= last]
        files = (file for day in days for file in sorted(day.glob("????.parquet")))
        if from_ns is None or to_ns is None:
            return list(files)
        return [file for file in files if _overlaps(file, from_ns, to_ns)]

    def _span_of(self, file: Path) -> tuple[int, int] | None:
        """Return the oldest and newest instant in a file, from its footer; None when it cannot be read."""
        if str(file) in self.damaged:
            return None
        try:
            metadata = pq.read_metadata(file)
            at = metadata.schema.names.index("t_ns")
            parts = [metadata.row_group(row).column(at).statistics for row in range(metadata.num_row_groups)]
        except (pa.ArrowException, OSError, ValueError) as error:
            self._note(file, error)
            return None
        spans = [(part.min, part.max) for part in parts if part is not None and part.has_min_max]
        return (min(span[0] for span in spans), max(span[1] for span in spans)) if spans else None


def _overlaps(file: Path, from_ns: int, to_ns: int) -> bool:
    """Say whether a minute's file may hold rows of a span; a file whose name is no minute holds none."""
    try:
        start_ns = utc_ns(f"{file.parent.name}T{file.name[:2]}:{file.name[2:4]}")
    except ValueError:
        return False
    return start_ns < to_ns and start_ns + _MINUTE_NS > from_ns
