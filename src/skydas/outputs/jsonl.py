"""Write facts as JSON lines: one fact a line; tracks and plots, if asked for, one line a row with names and units.

    {"type":"NodeStarted","node":"lt-1","sequence":0,...}
    {"type":"Frame","sequence":7,"now_ns":...,"t_ns":...,"node":"lt-1","track_no":12,"status":"confirmed",...}

What is not known is left out of a row. A file that is there is continued after its last whole line, and facts up to
the sequence in that line are not written again.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Final

import msgspec
import numpy as np
import pyarrow as pa

from skydas.errors import OutputError
from skydas.history import plots_table, tracks_table
from skydas.model import PLOT, TRACK, Fact, Frame, NodeStarted, PlotFrame
from skydas.outputs import Emit, Inbox

BATCH_ROWS_MAX: Final = 4096  # rows made into lines at once; any other fact ends a batch
LINE_OCTETS_MAX: Final = 1 << 20
FILES_MAX: Final = 10  # NAME, NAME.1 ... NAME.9, oldest deleted
_MB: Final = 1_000_000
_BUFFER_OCTETS: Final = 1 << 20

_encoder: Final = msgspec.json.Encoder()


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which file, and what goes into it."""

    path: str = "facts.jsonl"  # in `directory`, unless it begins with /
    frames: bool = True  # tracks, one line each
    plots: bool = False  # plots, one line each
    size_mb_max: float = 1000.0  # a larger file is renamed and a new one begun; 0: never
    directory: str = "."


class Lines:
    """Turns facts into lines, rows in batches; plain calls, so that a replay uses it without asyncio."""

    def __init__(self, params: Params) -> None:
        self._params = params
        self._sensors: Sequence[str] = ()
        self._batch: list[Frame | PlotFrame] = []
        self._batch_rows = 0

    def of(self, fact: Fact) -> bytes:
        """Return the lines that are ready, in the order of the facts, each ended by a line feed."""
        if isinstance(fact, Frame | PlotFrame):
            return self._row_lines(fact)
        if isinstance(fact, NodeStarted):
            ready = self.rest()
            self._sensors = fact.sensors
        else:
            ready = self.rest()
        return ready + _encoder.encode(fact) + b"\n"

    def rest(self) -> bytes:
        """Return the lines of the rows still held back."""
        batch, self._batch, self._batch_rows = self._batch, [], 0
        if not batch:
            return b""
        if isinstance(batch[0], Frame):
            rows = np.frombuffer(b"".join(fact.tracks for fact in batch if isinstance(fact, Frame)), TRACK)
            table = tracks_table(rows, batch[0].node, self._sensors)
        else:
            plots = [fact for fact in batch if isinstance(fact, PlotFrame)]
            rows = np.frombuffer(b"".join(fact.plots for fact in plots), PLOT)
            names = sorted({fact.source for fact in plots})
            source = np.repeat([names.index(fact.source) for fact in plots], [len(fact.rows()) for fact in plots])
            table = plots_table(rows, plots[0].node, self._sensors, names, source)
        return _lines_of(batch, table)

    def _row_lines(self, fact: Frame | PlotFrame) -> bytes:
        wanted = self._params.frames if isinstance(fact, Frame) else self._params.plots
        if not wanted:
            return b""
        ready = b""
        if self._batch and (type(self._batch[0]) is not type(fact) or self._batch_rows >= BATCH_ROWS_MAX):
            ready = self.rest()
        self._batch.append(fact)
        self._batch_rows += len(fact.rows())
        return ready


class LineFile:
    """A file of lines that continues where it ended and is renamed when it is large."""

    def __init__(self, path: Path, size_mb_max: float) -> None:
        self._path = path
        self._octets_max = size_mb_max * _MB
        path.parent.mkdir(parents=True, exist_ok=True)
        self.last_sequence = _mend(path) if path.exists() else -1
        self._file: BinaryIO = path.open("ab", buffering=_BUFFER_OCTETS)

    def write(self, lines: bytes) -> None:
        """Append whole lines. Raises OSError."""
        self._file.write(lines)
        if self._octets_max and self._file.tell() > self._octets_max:
            self._file.close()
            _rename_older(self._path)
            self._file = self._path.open("ab", buffering=_BUFFER_OCTETS)

    def close(self) -> None:
        """Put everything on disk. Raises OSError."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()


async def run(params: Params, inbox: Inbox, emit: Emit) -> None:
    """Write until the inbox ends. Raises OutputError when the file cannot be written."""
    lines = Lines(params)
    try:
        file = LineFile(Path(params.directory) / params.path, params.size_mb_max)
        while (got := await inbox.get()) is not None:
            if isinstance(got[0], NodeStarted) or got[0].sequence > file.last_sequence:
                file.write(lines.of(got[0]))
        file.write(lines.rest())
        file.close()
    except OSError as error:
        raise OutputError(f"{params.path} cannot be written: {error.strerror}; make room or change path") from error


def _lines_of(facts: Sequence[Frame | PlotFrame], table: pa.Table) -> bytes:
    """Return one line for each row of `table`, which holds the rows of `facts` in their order."""
    lines = []
    rows = iter(table.to_pylist())
    for fact in facts:
        head = {"type": type(fact).__name__, "sequence": fact.sequence, "now_ns": fact.now_ns}
        for _ in range(len(fact.rows())):
            known = {name: value for name, value in next(rows).items() if value is not None}
            lines.append(_encoder.encode(head | known))
    return b"".join(line + b"\n" for line in lines)


def _mend(path: Path) -> int:
    """Cut off an unfinished last line and return the sequence in the last whole one, or -1."""
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        start = file.seek(max(0, size - 2 * LINE_OCTETS_MAX))
        tail = file.read()
        whole = tail.rfind(b"\n") + 1
        if whole < len(tail):
            file.truncate(start + whole)
    lines = tail[:whole].splitlines()
    if not lines:
        return -1
    try:
        return msgspec.json.decode(lines[-1], type=_Named).sequence
    except msgspec.DecodeError:
        return -1


class _Named(msgspec.Struct):
    sequence: int


def _rename_older(path: Path) -> None:
    for number in range(FILES_MAX - 1, 0, -1):
        older = path if number == 1 else path.with_name(f"{path.name}.{number - 1}")
        if older.exists():
            older.replace(path.with_name(f"{path.name}.{number}"))
