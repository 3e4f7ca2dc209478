"""`skydas store rebuild | status | audit`."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from cyclopts import App, Parameter
from sqlalchemy import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from skydas.cli.terminal import print_json, print_table, progress, say
from skydas.config import decode_config
from skydas.errors import JournalError, StoreError
from skydas.journal import JournalReader, first_configuration, is_cut, kept_records, reserved
from skydas.journal.reader import read_head, segments
from skydas.model import Action, Fact, InputKind, NodeConfig, utc_text
from skydas.outputs._spool import Spool
from skydas.store import (
    chain_faults,
    content,
    content_sha256,
    forget,
    is_kept,
    journal_faults,
    open_store,
    position,
    project,
    reading,
    said,
    shown,
    store_url,
    writing,
)
from skydas.store.audit import Link

BATCH_FACTS_MAX: Final = 500
app = App(
    name="store", help="The database of incidents, alerts and the audit. Example: skydas store status border-data"
)


@app.command
def rebuild(
    directory: Path,
    /,
    *,
    url: str = "",
    partial: Annotated[bool, Parameter(negative="")] = False,
    json: bool = False,
) -> None:
    """Write the database of a stopped node anew from its journal.

    Example: skydas store rebuild border-data

    Parameters
    ----------
    directory
        The node's directory.
    url
        Database to write, instead of the one that the node's file names.
    partial
        Go on where the journal's beginning was deleted by its retention: older rows are lost.
    json
        Print the summary as JSON.
    """
    config = journal_config(directory)
    first = read_head(segments(directory)[0])
    if first and not partial:
        raise StoreError(
            f"{directory}: the journal begins with record {first}, what lies before was deleted by its retention and "
            "cannot be rebuilt; keep this database and name a new one with --url, or --partial to lose the older rows"
        )
    with not_running(directory):
        summary = asyncio.run(_rebuild(directory, config, database_url(directory, config, url)))
    _print(summary, json)


@app.command
def status(directory: Path, /, *, url: str = "", json: bool = False) -> None:
    """Say what the database holds, how far it has come, and one hash over its content.

    Example: skydas store status border-data --json

    Parameters
    ----------
    directory
        The node's directory.
    url
        Database, instead of the one that the node's file names.
    json
        Print the summary as JSON.
    """
    config = journal_config(directory)
    _print(asyncio.run(_status(config.node.name, database_url(directory, config, url))), json)


@app.command
def audit(
    directory: Path,
    /,
    *,
    verify: Annotated[bool, Parameter(negative="")] = False,
    last: int = 20,
    url: str = "",
    json: bool = False,
) -> None:
    """Show the last rows of the audit, or check that no row was changed, added or taken out.

    The check follows the chain of hashes, then compares every row with the actions in the journal, where it is there.

    Example: skydas store audit border-data --verify

    Parameters
    ----------
    directory
        The node's directory.
    verify
        Check the whole audit; the exit code is 2 where something is wrong.
    last
        How many rows to show.
    url
        Database, instead of the one that the node's file names.
    json
        Print JSON.
    """
    config = journal_config(directory)
    where = database_url(directory, config, url)
    if not verify:
        links = asyncio.run(_last_rows(config.node.name, where, max(1, min(last, reading.LISTED_MAX))))
        if json:
            print_json([link._asdict() for link in links])
            return
        rows = [(link.position, utc_text(link.now_ns), link.who, link.what, _outcome(link)) for link in links]
        print_table(("row", "time", "who", "what", "with"), rows)
        return
    summary = asyncio.run(_verify(directory, config.node.name, where))
    faults: list[str] = summary["faults"]
    _print(summary | {"faults": len(faults)} if not json else summary, json)
    if faults:
        raise StoreError("\n".join(faults))


def journal_config(directory: Path) -> NodeConfig:
    """Return the newest configuration in a node's journal. Raises JournalError."""
    config: NodeConfig | None = None
    for record in JournalReader(directory):
        if record.input.kind == InputKind.CONFIG:
            config = decode_config(record.input.payload)
    if config is None:
        raise JournalError(f"{directory}: this journal holds no configuration")
    return config


def database_url(directory: Path, config: NodeConfig, url: str = "") -> URL:
    """Return where a node's database is. Raises ConfigError."""
    given: dict[str, Any] = next((output.params for output in config.outputs if output.kind == "database"), {})
    if url:
        given = {"url": url}
    return store_url(directory / "store", str(given.get("url", "")), str(given.get("url_file", "")))


@contextmanager
def not_running(directory: Path) -> Iterator[None]:
    """Hold the journal's lock, so that no node writes meanwhile. Raises StoreError where one does."""
    path = directory / "journal" / "writer.lock"
    handle = os.open(path if path.parent.is_dir() else directory / "writer.lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise StoreError(f"{directory}: its node is running; stop it first") from error
    finally:
        os.close(handle)


@asynccontextmanager
async def connected(url: URL, *, writes: bool = False) -> AsyncIterator[AsyncConnection]:
    """Give one connection in one transaction. Raises StoreError."""
    engine = await open_store(url)
    try:
        async with (writing(engine) if writes else engine).begin() as connection:
            yield connection
    except (SQLAlchemyError, OSError) as error:
        raise StoreError(f"{shown(url)}: {said(error)}") from error
    finally:
        await engine.dispose()


async def _rebuild(directory: Path, config: NodeConfig, url: URL) -> dict[str, Any]:
    name = config.node.name
    sequence = now_ns = count = 0
    async with connected(url, writes=True) as connection:
        await forget(connection, name)
        batch: list[Fact] = []
        for fact in _told(directory):
            sequence, now_ns = fact.sequence, fact.now_ns
            if is_kept(fact):
                batch.append(fact)
                count += 1
            if len(batch) >= BATCH_FACTS_MAX:
                await project(connection, name, batch, (sequence, now_ns))
                batch = []
        await project(connection, name, batch, (sequence, now_ns))
        tables = await content(connection, name)
    if url == database_url(directory, config):
        spool = Spool(directory / "store", 0)
        spool.empty()
        spool.mark(sequence, now_ns)
        spool.close()
    rows = {table: rows for table, (rows, _) in tables.items()}
    return {"url": shown(url), "facts_kept": count, "sequence": sequence, "rows": rows} | {
        "content_sha256": content_sha256(tables)
    }


def _told(directory: Path) -> Iterator[Fact]:
    """Yield every fact of a journal, told again by a node."""
    from skydas.node import Node

    paths = segments(directory)
    if (configuration := first_configuration(directory)) is None:
        raise JournalError(f"{directory}: this journal holds no configuration")
    node = Node(decode_config(configuration))
    if is_cut(directory):
        node.number_from(reserved(paths[0].parent))
    with progress("rebuild", sum(path.stat().st_size for path in paths)) as advance:
        for record in JournalReader(directory):
            yield from node.step(record.input)
            advance(len(record.input.payload))


async def _status(name: str, url: URL) -> dict[str, Any]:
    async with connected(url) as connection:
        at = await position(connection, name)
        tables = await content(connection, name)
        gaps = await reading.gaps(connection, name)
    return {
        "url": shown(url),
        "node": name,
        "sequence": at.sequence,
        "up_to": utc_text(at.now_ns),
        "audit_rows": at.audit.row_count,
        "audit_sha256": at.audit.sha256,
        "rows": {table: rows for table, (rows, _) in tables.items()},
        "content_sha256": content_sha256(tables),
        "missing_facts": [f"{gap.first} to {gap.last}: {gap.reason}" for gap in gaps],
    }


async def _last_rows(name: str, url: URL, last: int) -> list[Link]:
    async with connected(url) as connection:
        at = await position(connection, name)
        return await reading.audit(connection, name, max(0, at.audit.row_count - last), last)


async def _verify(directory: Path, name: str, url: URL) -> dict[str, Any]:
    async with connected(url) as connection:
        at = await position(connection, name)
        links = [link async for link in reading.whole_audit(connection, name)]
        gaps = await reading.gaps(connection, name)
    faults = chain_faults(name, links, at.audit)
    faults += journal_faults(name, links, _actions(directory))
    faults += [f"{name}: facts {gap.first} to {gap.last} are missing: {gap.reason}" for gap in gaps]
    return {"rows": len(links), "audit_sha256": at.audit.sha256, "faults": faults}


def _actions(directory: Path) -> Iterator[Action]:
    """Yield the actions of a journal in order, those first that its retention kept apart."""
    next_number = 0
    for record in kept_records(directory):
        next_number = record.number + 1
        if record.input.kind == InputKind.ACTION:
            yield msgspec.msgpack.decode(record.input.payload, type=Action)
    for record in JournalReader(directory):
        if record.input.kind == InputKind.ACTION and record.number >= next_number:
            yield msgspec.msgpack.decode(record.input.payload, type=Action)


def _outcome(link: Link) -> str:
    if link.refused:
        return f"refused: {link.refused}"
    fields = msgspec.json.decode(link.record)["fields"]
    return " ".join(f"{name}={value}" for name, value in fields.items())[:120]


def _print(summary: dict[str, Any], json: bool) -> None:
    if json:
        print_json(summary)
        return
    for key, value in summary.items():
        if isinstance(value, dict):
            value = ", ".join(f"{name} {count}" for name, count in value.items())
        elif isinstance(value, list):
            for line in value:
                say(line)
            value = len(value)
        print(f"{key:15} {value}")
