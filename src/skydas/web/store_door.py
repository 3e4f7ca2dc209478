"""The way from the API to a node's database and its sealed records."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from litestar import Request
from litestar.exceptions import NotFoundException, PermissionDeniedException
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from skydas.errors import RefusedError, StoreError
from skydas.model import Action, ActionTaken
from skydas.store import Vault, open_store, position, said, shown, store_url
from skydas.web.access import Person
from skydas.web.state import WebState

BEHIND_S_MAX: Final = 5.0  # how long a question waits for the database to hold what was just done
POLL_S: Final = 0.02
VIEWER: Final = "viewer"
_ENGINE: Final = "store_engine"  # in the application's state


def vault_of(web: WebState) -> Vault:
    """Return the sealed records of the node."""
    return Vault(Path(web.config.node.directory) / "personal")


@asynccontextmanager
async def connected(web: WebState, request: Request[Any, Any, Any]) -> AsyncIterator[AsyncConnection]:
    """Give a connection to the node's database. Raises NotFoundException where it has none, StoreError."""
    given = next((output.params for output in web.config.outputs if output.kind == "database"), None)
    if given is None:
        raise NotFoundException('no database is kept; add [[outputs]] with kind = "database" to the node file')
    url = store_url(Path(web.config.node.directory) / "store", given.get("url", ""), given.get("url_file", ""))
    engine: AsyncEngine | None = request.app.state.get(_ENGINE)
    if engine is None:
        engine = await open_store(url, keeps_connections=False)
        request.app.state[_ENGINE] = engine
    try:
        async with engine.connect() as connection:
            yield connection
    except (SQLAlchemyError, OSError) as error:
        raise StoreError(f"{shown(url)}: {said(error)}") from error


async def recorded(
    web: WebState, request: Request[Any, Any, Any], who: str, role: str, what: str, fields: dict[str, str]
) -> ActionTaken:
    """Put what a person does into the node's record; what is not recorded is not done. Raises RefusedError."""
    person: Person | None = request.scope.get("state", {}).get("person")
    if person is not None:
        who, role = person.name, person.role
    taken = await web.submit(Action(who=who, role=role, what=what, fields=fields))
    if taken.refused:
        raise RefusedError(taken.refused)
    return taken


def check_may_act(request: Request[Any, Any, Any]) -> None:
    """Raise PermissionDeniedException for those who only look."""
    person: Person | None = request.scope.get("state", {}).get("person")
    if person is not None and person.role == VIEWER:
        raise PermissionDeniedException(f"{person.name} may look but not act; ask for a token of another role")


async def caught_up(connection: AsyncConnection, taken: ActionTaken) -> None:
    """Wait until the database holds an action; after BEHIND_S_MAX go on with what it holds."""
    for _ in range(round(BEHIND_S_MAX / POLL_S)):
        if (await position(connection, taken.node)).sequence >= taken.sequence:
            return
        await connection.rollback()  # the next question sees what was written meanwhile
        await asyncio.sleep(POLL_S)
