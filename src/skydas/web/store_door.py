"""The way from the API to a node's database and its sealed records."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from litestar import Request
from litestar.exceptions import NotFoundException
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from skydas.errors import StoreError
from skydas.model import ActionTaken
from skydas.store import Vault, open_store, position, said, shown, store_url
from skydas.web.state import WebState

BEHIND_S_MAX: Final = 5.0  # how long a question waits for the database to hold what was just done
POLL_S: Final = 0.02
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


async def caught_up(connection: AsyncConnection, taken: ActionTaken) -> None:
    """Wait until the database holds an action; after BEHIND_S_MAX go on with what it holds."""
    for _ in range(round(BEHIND_S_MAX / POLL_S)):
        if (await position(connection, taken.node)).sequence >= taken.sequence:
            return
        await connection.rollback()  # the next question sees what was written meanwhile
        await asyncio.sleep(POLL_S)
