"""Keep incidents, alerts, warnings, sightings, shifts, personal records and the audit in a database.

What is to be kept is spooled on disk first and written in batches, each one transaction; a database that does not
answer is tried again, and the node never waits. The spool's `position` says how far the facts are safe: a node that
starts again steps its journal from there. What is told twice is written once.
"""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Final

import msgspec
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from skydas.clock import LiveClock
from skydas.errors import OutputError, StoreError
from skydas.model import Fact, Input, InputKind, NodeStarted, PersonalRecord, link_payload
from skydas.outputs import Emit, Inbox
from skydas.outputs._spool import Spool
from skydas.store import Gap, Vault, is_kept, note_gap, open_store, project, said, shown, store_url, writing

BATCH_FACTS_MAX: Final = 500
MARK_EVERY_S: Final = 1.0
RETRY_S: Final = 5.0
GAPS_MAX: Final = 1_000  # noted apart while the database does not answer

log = structlog.get_logger()


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which database."""

    url: str = ""  # sqlite:///PATH or postgresql://USER@HOST/NAME; empty: store/store.sqlite in the node's directory
    url_file: str = ""  # a file that holds the URL, where it has a password
    spool_mb_max: float = 64.0  # what may wait while the database does not answer
    node_directory: str = "."

    def __post_init__(self) -> None:
        """Raise ConfigError where the URL is of no use; what a file holds is read at the start."""
        if not self.url_file:
            store_url(Path("."), self.url)


def safe_until(params: Params) -> int:
    """Return the sequence up to which the facts of an earlier run are safe; -1: no run has said."""
    directory = _directory(params)
    if not directory.is_dir():
        return -1
    spool = Spool(directory, 0)
    try:
        return spool.position()[0]
    finally:
        spool.close()


async def run(params: Params, inbox: Inbox, emit: Emit) -> None:
    """Write until the inbox ends. Raises OutputError where the spool cannot be opened."""
    try:
        writing = Writing(params, emit)
    except OSError as error:
        raise OutputError(f"{error.filename} cannot be written: {error.strerror}; make room") from error
    spooling = asyncio.create_task(writing.spool_what_comes(), name="database spool")
    storing = asyncio.create_task(writing.store_what_waits(), name="database writer")
    try:
        while (got := await inbox.get()) is not None:
            writing.take(*got)
    finally:
        writing.end()
        await asyncio.gather(spooling, storing)
        writing.close()


class Writing:
    """What stands between the node's facts and the database."""

    def __init__(self, params: Params, emit: Emit) -> None:
        self._directory = params.node_directory
        self.spool = Spool(_directory(params), int(params.spool_mb_max * 1e6))
        self._url = store_url(_directory(params), params.url, params.url_file)
        self._vault = Vault(Path(params.node_directory) / "personal")
        self._emit = emit
        self._clock = LiveClock()
        self._seen, self._seen_ns = self.spool.position()
        self._marked = self._seen
        self._coming: list[tuple[Fact, bytes]] = []  # kept, and not on disk yet
        self._coming_octets = 0
        self._waiting: list[Fact] = list(self.spool.left)  # on disk, and not in the database yet
        self._gaps: list[Gap] = []
        self._spool_is_mine = asyncio.Lock()
        self._has_come, self._has_work = asyncio.Event(), asyncio.Event()
        self._ended = self._spooled = False
        self._lost = ""
        self._has_work.set()

    def take(self, fact: Fact, encoded: bytes) -> None:
        """Take the next fact; what was told before, and what the store does not keep, only passes by."""
        if fact.sequence <= self._seen:
            if isinstance(fact, NodeStarted):  # the writer checks whether it is the same history
                self._come(fact, encoded)
            return
        if fact.sequence != self._seen + 1:
            self._note_gap(fact)
        self._seen, self._seen_ns = fact.sequence, fact.now_ns
        if not is_kept(fact):
            return
        if self.spool.octets + self._coming_octets + len(encoded) > self.spool.octets_max:
            self._note_gap(fact, lost=1)
            return
        self._come(fact, encoded)

    def _come(self, fact: Fact, encoded: bytes) -> None:
        self._coming.append((fact, encoded))
        self._coming_octets += len(encoded)
        self._has_come.set()

    def end(self) -> None:
        """Say that no more will come."""
        self._ended = True
        self._has_come.set()

    def close(self) -> None:
        """Let go of the spool."""
        self.spool.close()

    async def spool_what_comes(self) -> None:
        """Put what comes on disk and mark how far all is safe, until the end; a full disk is tried again."""
        try:
            # What the store does not keep is marked too: a start looks for a snapshot that is not newer than the mark.
            while not (self._ended and not self._coming and self._marked == self._seen):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._has_come.wait(), MARK_EVERY_S)
                self._has_come.clear()
                try:
                    await self._spool_once()
                except OSError as error:
                    await self._say_lost(f"the spool cannot be written: {error.strerror}")
                    if self._ended:
                        return  # it is not marked as safe, so the next start tells it again
                    await asyncio.sleep(RETRY_S)
                    self._has_come.set()
        finally:
            self._spooled = True
            self._has_work.set()

    async def _spool_once(self) -> None:
        count, octets = len(self._coming), self._coming_octets
        seen, seen_ns = self._seen, self._seen_ns
        if count:
            async with self._spool_is_mine:
                await asyncio.to_thread(self.spool.append, [encoded for _, encoded in self._coming[:count]])
                self._waiting += [fact for fact, _ in self._coming[:count]]
                del self._coming[:count]
                self._coming_octets -= octets
            self._has_work.set()
        if seen != self._marked:
            await asyncio.to_thread(self.spool.mark, seen, seen_ns)
            self._marked = seen

    async def store_what_waits(self) -> None:
        """Write what waits into the database, until the end; what it will not take stays in the spool."""
        engine: AsyncEngine | None = None
        try:
            while True:
                await self._has_work.wait()
                self._has_work.clear()
                while self._waiting or self._gaps or engine is None:
                    try:
                        engine = engine or await open_store(self._url)
                        await self._store_batch(engine)
                        await self._say_resumed()
                    except (SQLAlchemyError, OSError, StoreError) as error:
                        await self._say_lost(said(error))
                        if self._spooled:
                            return
                        await self._pause()
                if self._spooled and not self._waiting:
                    return
        finally:
            if engine is not None:
                await engine.dispose()

    async def _store_batch(self, engine: AsyncEngine) -> None:
        facts, gaps = self._waiting[:BATCH_FACTS_MAX], self._gaps[:]
        if facts or gaps:
            async with writing(engine).begin() as connection:
                noted = [gap for gap in gaps if await note_gap(connection, gap)]
                if facts:
                    newest = max((fact.sequence, fact.now_ns) for fact in facts)
                    await project(connection, facts[0].node, facts, newest)
            del self._waiting[: len(facts)], self._gaps[: len(gaps)]
            await self._tell_gaps(noted)
        for fact in facts:
            if isinstance(fact, PersonalRecord) and fact.is_erased:
                with contextlib.suppress(OSError):  # the node tells that, and tries until it is done
                    await asyncio.to_thread(self._vault.erase, fact.sha256)
        async with self._spool_is_mine:
            if not self._waiting and self.spool.octets:
                self.spool.empty()

    async def _pause(self) -> None:
        """Wait before the next try; the end does not wait."""
        for _ in range(round(RETRY_S * 10)):
            if self._spooled:
                return
            await asyncio.sleep(0.1)

    def _note_gap(self, fact: Fact, lost: int = 0) -> None:
        """Remember which facts are missing; the audit's check tells it until the store is rebuilt."""
        first = fact.sequence if lost else self._seen + 1
        last = fact.sequence if lost else fact.sequence - 1
        reason = "the spool was full" if lost else "the node had them no more"
        if self._gaps and self._gaps[-1].last == first - 1:
            self._gaps[-1] = self._gaps[-1]._replace(last=last)
        elif len(self._gaps) < GAPS_MAX:
            self._gaps.append(Gap(fact.node, first, last, fact.now_ns, reason))
        self._has_work.set()

    async def _tell_gaps(self, gaps: list[Gap]) -> None:
        for gap in gaps:
            text = f"facts {gap.first} to {gap.last} are missing in the database: {gap.reason}; stop the node and run"
            await self._link("incomplete", f"{text}: skydas store rebuild {self._directory}")

    async def _say_lost(self, reason: str) -> None:
        if reason != self._lost:
            log.warning("database_lost", url=shown(self._url), reason=reason, retry_s=RETRY_S)
            await self._link("lost", f"{shown(self._url)}: {reason}; what is to be kept waits in {self.spool.path}")
        self._lost = reason

    async def _say_resumed(self) -> None:
        if self._lost:
            self._lost = ""
            await self._link("resumed", f"{shown(self._url)} takes facts again")

    async def _link(self, state: str, text: str) -> None:
        await self._emit(Input(self._clock.now_ns(), "database", InputKind.LINK, link_payload(state, text)))


def _directory(params: Params) -> Path:
    return Path(params.node_directory) / "store"
