"""Write a report of each incident when it closes, without anybody asking: files beside the node's journal.

What it holds comes from the node's database, so the node file needs an output `database` too.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from skydas.clock import LiveClock
from skydas.errors import ConfigError, SkydasError, StoreError
from skydas.history import History
from skydas.model import Incident, Input, InputKind, NodeStarted, Origin, link_payload
from skydas.outputs import Emit, Inbox
from skydas.outputs._report_dossier import Dossier, TrackLine
from skydas.outputs._report_forms import FORMS
from skydas.outputs._report_gather import Made, OriginWord, gather, track_lines
from skydas.outputs._report_words import Language
from skydas.store import open_store, position, said, store_url

FOLDER: Final = "reports"
BEHIND_S_MAX: Final = 60.0  # how long the database may be behind the fact that an incident closed
POLL_S: Final = 0.2
_ORIGINS: Final[dict[Origin, OriginWord]] = {
    Origin.LIVE: "live",
    Origin.SIMULATED: "simulated",
    Origin.EXERCISE: "exercise",
}

log = structlog.get_logger()


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which forms, and which database they are written from."""

    forms: tuple[str, ...] = ("pdf", "json")
    language: Language = "en"  # of the headings
    url: str = ""  # as of the output database
    url_file: str = ""
    node_directory: str = "."
    directory: str = "history"  # where tracks are recorded

    def __post_init__(self) -> None:
        """Raise ConfigError where a form is not known or the URL is of no use."""
        if unknown := [form for form in self.forms if form not in FORMS]:
            raise ConfigError(f"forms: there is no {unknown[0]!r}; there are: {', '.join(FORMS)}")
        if not self.url_file:
            store_url(Path("."), self.url)


async def run(params: Params, inbox: Inbox, emit: Emit) -> None:
    """Write until the inbox ends."""
    started: NodeStarted | None = None
    while (got := await inbox.get()) is not None:
        fact = got[0]
        if isinstance(fact, NodeStarted):
            started = fact
        if not isinstance(fact, Incident) or fact.state != "closed" or started is None:
            continue
        made = Made(fact.node, _ORIGINS[started.origin], started.labels[0], "the node", fact.now_ns)
        try:
            dossier = await _dossier(params, made, fact)
            paths = await asyncio.to_thread(write, dossier, params.forms, Path(params.node_directory) / FOLDER)
            log.info("report_written", incident=fact.number, files=len(paths))
        except (SkydasError, SQLAlchemyError, OSError) as error:
            text = f"incident {fact.number}: {said(error)}; `skydas report incident {fact.number}` writes it later"
            await emit(Input(LiveClock().now_ns(), "report", InputKind.LINK, link_payload("lost", text)))


def write(dossier: Dossier, forms: Sequence[str], directory: Path) -> list[Path]:
    """Write a report in each form and a list of their hashes; return the paths. Raises OSError."""
    directory.mkdir(parents=True, exist_ok=True)
    stem = f"{dossier.node}-incident-{dossier.incident.number}"
    paths, hashes = [], []
    for form in forms:
        octets = FORMS[form].render(dossier)
        path = directory / f"{stem}.{FORMS[form].suffix}"
        unfinished = path.with_name(f"{path.name}.part")
        unfinished.write_bytes(octets)
        unfinished.replace(path)
        paths.append(path)
        hashes.append(f"{hashlib.sha256(octets).hexdigest()}  {path.name}\n")
    listed = directory / f"{stem}.sha256"
    listed.write_text("".join(hashes))
    return [*paths, listed]


async def _dossier(params: Params, made: Made, incident: Incident) -> Dossier:
    engine = await open_store(store_url(Path(params.node_directory) / "store", params.url, params.url_file))
    try:
        await _caught_up(engine, incident)
        async with engine.connect() as connection:
            dossier = await gather(connection, made, incident.number)
    finally:
        await engine.dispose()
    tracks = await asyncio.to_thread(_tracks, Path(params.directory), incident)
    return msgspec.structs.replace(dossier, tracks=tracks, language=params.language)


def _tracks(directory: Path, incident: Incident) -> tuple[TrackLine, ...]:
    history = History(directory)
    try:
        return track_lines(history, incident, incident.now_ns)
    finally:
        history.close()


async def _caught_up(engine: AsyncEngine, incident: Incident) -> None:
    """Wait until the database holds the fact. Raises StoreError where it does not come."""
    for _ in range(round(BEHIND_S_MAX / POLL_S)):
        async with engine.connect() as connection:
            if (await position(connection, incident.node)).sequence >= incident.sequence:
                return
        await asyncio.sleep(POLL_S)
    raise StoreError('the database does not get it; is there an output with kind = "database"?')
