"""Record tracks, plots and groups as Parquet: one file a minute while the node runs, or one file of each for a replay.

    minutes   tracks/YYYY-MM-DD/HHMM.parquet, plots/..., groups/...; the minute is that of the facts' `now_ns`
    single    tracks.parquet, plots.parquet, groups.parquet

A file is written beside its place, synced and renamed: what has its name is whole. A row's name is (node, sequence):
a minute that is recorded again, after a restart or in a replay, gets only what it does not hold yet. A disk that is
full stops the recording, with an alarm, and never the node: the journal still has the inputs, and replaying them
fills the gap.
"""

from __future__ import annotations

import asyncio
import errno
import shutil
from pathlib import Path
from typing import Final, Literal

import msgspec
import pyarrow as pa
import structlog

from skydas.clock import LiveClock
from skydas.model import NS_PER_S, S_PER_DAY, Fact, Frame, Group, Input, InputKind, NodeStarted, PlotFrame, link_payload
from skydas.outputs import Emit, Inbox
from skydas.outputs._recording import (
    KINDS,
    ORDERS,
    SCHEMAS,
    Recording,
    delete_old_days,
    empty_spool,
    merge_minute,
    minute_of,
    minute_path,
    with_plane,
    write_tables,
)

SPOOL: Final = ".spool"
FLUSH_ROWS_MAX: Final = 65_536
_MB: Final = 1_000_000

log = structlog.get_logger()


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where to, and how long it is kept."""

    directory: str = "history"
    mode: Literal["minutes", "single"] = "minutes"
    flush_s: float = 10.0  # how much of the minute being recorded a crash may cost, and a replay lag
    history_days: float = 365.0
    disk_free_mb_min: float = 500.0


class Recorder:
    """Turns facts into files: plain calls, so that a replay uses it without asyncio. Counts what it could not write."""

    def __init__(self, params: Params) -> None:
        self.recorded_count = 0  # rows on disk
        self.lost_count = 0  # rows that could not be written
        self.repeated_count = 0  # facts that came twice
        self._params = params
        self._directory = Path(params.directory)
        self._spool = self._directory / SPOOL
        self._sensors: tuple[str, ...] = ()
        self._plane: tuple[float, float] | None = None
        self._last_sequence = -1
        self._day = -1
        self._now_ns = 0
        self._flushed_ns = 0
        self._open: Recording | None = None
        empty_spool(self._spool)

    def add(self, fact: Fact) -> Recording | None:
        """Take one fact, in memory only; return the recording that ended with it, for `store`."""
        if isinstance(fact, NodeStarted):
            self._sensors = fact.sensors
            self._plane = fact.plane
            if self._open is not None:
                self._open.use_sensors(fact.sensors)
        elif fact.sequence <= self._last_sequence:
            self.repeated_count += 1
            return None
        self._last_sequence = max(self._last_sequence, fact.sequence)
        self._now_ns = fact.now_ns
        minute = minute_of(fact.now_ns) if self._params.mode == "minutes" else 0
        ended = None
        if self._open is not None and minute != self._open.minute:
            ended = self.take_open()
        if isinstance(fact, Frame | PlotFrame | Group):
            if self._open is None:
                self._open = Recording(fact.node, self._sensors, minute, self._spool)
                self._flushed_ns = fact.now_ns
            self._open.add(fact)
        return ended

    @property
    def spill_is_due(self) -> bool:
        """Say whether memory holds as many rows as it should."""
        return self._open is not None and self._open.is_full

    def spill(self) -> None:
        """Move rows from memory to the spool. Raises OSError; the rows of this recording are then lost and counted."""
        assert self._open is not None
        try:
            self._check_disk()
            self._open.spill()
        except OSError:
            self._lose(self._open)
            self._open = None
            raise

    @property
    def flush_is_due(self) -> bool:
        """Say whether the minute being recorded should be on disk as far as it is; a large one waits for its end."""
        if self._open is None or self._params.mode != "minutes" or self._open.row_count > FLUSH_ROWS_MAX:
            return False
        return self._now_ns - self._flushed_ns >= self._params.flush_s * NS_PER_S

    def flush(self) -> None:
        """Write the minute so far and go on with it. Raises OSError; nothing is lost yet."""
        assert self._open is not None
        self._flushed_ns = self._now_ns
        self._check_disk()
        self._write(self._open)

    def take_open(self) -> Recording | None:
        """Return what is being recorded and start afresh."""
        ended, self._open = self._open, None
        return ended

    def store(self, recording: Recording) -> None:
        """Write the files of an ended recording. Raises OSError; its rows are then lost and counted."""
        try:
            self._check_disk()
            self._write(recording)
        except OSError:
            self._lose(recording)
            raise
        recording.clear()
        pa.default_memory_pool().release_unused()  # a minute's columns are not needed again for a minute
        self._delete_old(recording)

    def finish(self) -> None:
        """Write what is still open; a replay without a row still gets its empty files. Raises OSError."""
        recording = self.take_open()
        if recording is None and self._params.mode == "single" and not self.recorded_count:
            recording = Recording("", self._sensors, 0, self._spool)
        if recording is not None:
            self.store(recording)
        empty_spool(self._spool)

    def _write(self, recording: Recording) -> None:
        """Write the files; one that an earlier start wrote is added to, our own is written anew."""
        for kind in KINDS:
            tables = recording.tables(kind)
            schema = with_plane(SCHEMAS[kind], self._plane)
            if self._params.mode == "single":
                self.recorded_count += write_tables(self._directory / f"{kind}.parquet", schema, tables)
                continue
            path = minute_path(self._directory, kind, recording.minute)
            before = recording.written.get(kind, 0)
            if recording.count(kind) and (before or not path.exists()):
                recording.written[kind] = write_tables(path, schema, tables)
                self.recorded_count += recording.written[kind] - before
            elif recording.count(kind):
                self.recorded_count += merge_minute(path, schema, ORDERS[kind], tables)

    def _lose(self, recording: Recording) -> None:
        self.lost_count += recording.row_count - sum(recording.written.values())
        recording.clear()

    def _check_disk(self) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        free_mb = shutil.disk_usage(self._directory).free / _MB
        if free_mb < self._params.disk_free_mb_min:
            text = f"{free_mb:.0f} MB free, disk_free_mb_min is {self._params.disk_free_mb_min:.0f}"
            raise OSError(errno.ENOSPC, text, str(self._directory))

    def _delete_old(self, recording: Recording) -> None:
        day = recording.minute * 60 // S_PER_DAY
        if self._params.mode == "minutes" and day > self._day:
            self._day = day
            delete_old_days(self._directory, recording.minute * 60 * NS_PER_S, self._params.history_days)


class _Alarm:
    """Tells the node, once, that recording stopped and, once, that it goes on."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._clock = LiveClock()
        self._stopped = False

    async def failed(self, error: OSError, lost_count: int) -> None:
        if self._stopped:
            return
        self._stopped = True
        text = f"history is not being recorded: {error.strerror} ({error.filename}); make room, it goes on by itself"
        log.error("recording_stopped", error=str(error), lost_rows=lost_count)
        await self._say("stopped", text)

    async def worked(self, lost_count: int) -> None:
        if not self._stopped:
            return
        self._stopped = False
        log.warning("recording_resumed", lost_rows=lost_count)
        await self._say(
            "resumed", f"history is being recorded again; {lost_count} rows were lost, replay fills them in"
        )

    async def _say(self, state: str, text: str) -> None:
        await self._emit(Input(self._clock.now_ns(), "history", InputKind.LINK, link_payload(state, text)))


async def run(params: Params, inbox: Inbox, emit: Emit) -> None:
    """Record until the inbox ends. Files are written by a thread while facts keep coming in."""
    recorder = Recorder(params)
    alarm = _Alarm(emit)
    storing: asyncio.Task[None] | None = None

    async def store(recording: Recording) -> None:
        try:
            await asyncio.to_thread(recorder.store, recording)
        except OSError as error:
            await alarm.failed(error, recorder.lost_count)
        else:
            await alarm.worked(recorder.lost_count)

    while (got := await inbox.get()) is not None:
        ended = recorder.add(got[0])
        if ended is not None:
            if storing is not None:
                await storing
            storing = asyncio.create_task(store(ended))
        if recorder.spill_is_due or recorder.flush_is_due:
            try:
                await asyncio.to_thread(recorder.spill if recorder.spill_is_due else recorder.flush)
            except OSError as error:
                await alarm.failed(error, recorder.lost_count)
    if storing is not None:
        await storing
    last = recorder.take_open()
    if last is not None:
        await store(last)
    try:
        await asyncio.to_thread(recorder.finish)
    except OSError as error:
        await alarm.failed(error, recorder.lost_count)
