"""`skydas report incident`."""

from __future__ import annotations

import asyncio
import os
import ssl
import urllib.error
import urllib.request
from pathlib import Path
from typing import Annotated, Final

import msgspec
from cyclopts import App, Parameter

from skydas.cli.files import check_free
from skydas.cli.store import connected, database_url
from skydas.cli.terminal import say
from skydas.clock import LiveClock
from skydas.config import read_node_file
from skydas.errors import ConfigError, JournalError, StoreError
from skydas.history import History
from skydas.journal import JournalWriter
from skydas.model import Action, Input, InputKind, NodeConfig
from skydas.outputs._report_dossier import Dossier
from skydas.outputs._report_forms import FORMS
from skydas.outputs._report_gather import gather, made, track_lines
from skydas.outputs._report_words import Language
from skydas.outputs.report import write

TOKEN_VARIABLE: Final = "SKYDAS_TOKEN"
ANSWER_S_MAX: Final = 10.0
app = App(
    name="report",
    help="Write a report. Example: skydas report incident 1 --node border.toml --out reports --who me",
)


@app.command
def incident(
    number: int,
    /,
    *,
    node: Path,
    out: Path,
    who: str,
    form: list[str] | None = None,
    language: Language = "en",
    url: str = "",
    directory: str = "",
    overwrite: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Write the report of one incident; who looked at it goes into the node's record first.

    Where the node runs, it is told through its API, with the token in the variable SKYDAS_TOKEN if it asks for one;
    where it does not, the view is written into its journal.

    Example: skydas report incident 1 --node border.toml --out reports --who "watch 1"

    Parameters
    ----------
    number
        The incident's number.
    node
        Node file.
    out
        Folder for the files.
    who
        Your name, for the audit.
    form
        pdf, html, json, misp or csv; several: --form pdf --form csv. Default: all.
    language
        Of the headings; all texts stay as they were written.
    url
        Database, instead of the one that the node file names.
    directory
        The node's directory, instead of the one that the node file names.
    overwrite
        Replace files that are there already.
    """
    forms = form or list(FORMS)
    if unknown := [one for one in forms if one not in FORMS]:
        raise ConfigError(f"--form: there is no {unknown[0]!r}; there are: {', '.join(FORMS)}")
    if number < 1:
        raise ConfigError(f"incident: expected a number from 1, got {number}")
    config = read_node_file(node)
    folder = Path(directory or config.node.directory)
    names = [f"{config.node.name}-incident-{number}.{FORMS[one].suffix}" for one in forms]
    check_free("--out", overwrite, *(out / name for name in names))
    now_ns = LiveClock().now_ns()
    dossier = asyncio.run(_gathered(folder, config, number, url, who, now_ns))
    fields = {"incident": str(number)}
    told = _tell(folder, config, [Action(who, "report", "view_incident", fields | {"form": one}) for one in forms])
    say(f"the view by {who} stands in {told}")
    for path in write(msgspec.structs.replace(dossier, language=language), forms, out):
        print(path)


async def _gathered(folder: Path, config: NodeConfig, number: int, url: str, who: str, now_ns: int) -> Dossier:
    async with connected(database_url(folder, config, url)) as connection:
        dossier = await gather(connection, made(config, who, now_ns), number)
    history = History(folder / "history")
    try:
        return msgspec.structs.replace(dossier, tracks=track_lines(history, dossier.incident, now_ns))
    finally:
        history.close()


def _tell(folder: Path, config: NodeConfig, actions: list[Action]) -> str:
    """Put actions into the node's record and say where. Raises StoreError: what is not recorded is not shown."""
    try:
        journal = JournalWriter(folder / "journal")
    except JournalError:
        for action in actions:
            address = _tell_running(config, action)
        return f"the record of the running node ({address})"
    try:
        if journal.next_number == 0:
            raise StoreError(f"{folder}: this node has recorded nothing")
        for action in actions:
            journal.append(Input(LiveClock().now_ns(), "people", InputKind.ACTION, msgspec.msgpack.encode(action)))
        journal.sync()
    finally:
        journal.close()
    return f"the journal in {folder}"


def _tell_running(config: NodeConfig, action: Action) -> str:
    web = config.web
    scheme = "https" if web.certificate_file else "http"
    address = f"{scheme}://{web.host}:{web.port}/api/v1/actions"
    headers = {"Content-Type": "application/json"}
    if token := os.environ.get(TOKEN_VARIABLE):
        headers["Authorization"] = f"Bearer {token}"
    body = {"who": action.who, "role": action.role, "what": action.what, "fields": action.fields}
    request = urllib.request.Request(address, msgspec.json.encode(body), headers, method="POST")
    trusted = ssl.create_default_context(cafile=web.certificate_file or None)
    straight = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trusted)
    )
    try:
        with straight.open(request, timeout=ANSWER_S_MAX) as answer:
            refused: str = msgspec.json.decode(answer.read())["refused"]
    except urllib.error.HTTPError as error:
        refused = msgspec.json.decode(error.read()).get("error", str(error))
    except (OSError, msgspec.DecodeError) as error:
        raise StoreError(f"the node is running, but {address} does not answer ({error}); nothing was shown") from error
    if refused:
        raise StoreError(f"{address}: {refused}; nothing was shown")
    return address
