"""Open a store: SQLite (WAL, FULL) in a file, or PostgreSQL by its URL; tables are made or brought up to date first."""

from __future__ import annotations

import asyncio
import functools
from pathlib import Path
from typing import Any, Final
from weakref import WeakKeyDictionary

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL, Connection, NullPool, event, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from skydas.errors import ConfigError, StoreError

MIGRATIONS: Final = Path(__file__).parent / "migrations"
FILE_NAME: Final = "store.sqlite"
URL_FILE_OCTETS_MAX: Final = 10_000
BUSY_MS: Final = 10_000
MIGRATING_KEY: Final = 0x736B7964  # of PostgreSQL's advisory lock: two nodes do not migrate at once
_migrating: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock]] = WeakKeyDictionary()
_WRITES: Final = "skydas_writes"
_DRIVERS: Final = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}


def store_url(directory: Path, url: str = "", url_file: str = "") -> URL:
    """Return where a store is: by its URL, by a file that holds it, else a file in `directory`. Raises ConfigError."""
    if url and url_file:
        raise ConfigError("url and url_file: one of them")
    is_in_the_open = not url_file
    if url_file:
        url = _read_url(Path(url_file))
    if not url:
        return URL.create(_DRIVERS["sqlite"], database=str(directory / FILE_NAME))
    try:
        made = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise ConfigError("url: expected sqlite:///PATH or postgresql://USER@HOST/NAME") from error
    driver = _DRIVERS.get(made.drivername.partition("+")[0])
    if driver is None:
        raise ConfigError(f"url: expected sqlite:///PATH or postgresql://USER@HOST/NAME, got {made.drivername}://")
    if made.password and is_in_the_open:
        raise ConfigError("url: it holds a password, which every journal would keep; put it into a file: url_file")
    return made.set(drivername=driver)


def shown(url: URL) -> str:
    """Return a URL that may be printed: without its password."""
    return url.set(drivername=url.get_backend_name()).render_as_string(hide_password=True)


async def open_store(url: URL, *, keeps_connections: bool = True) -> AsyncEngine:
    """Return an engine on a store whose tables are up to date. Raises StoreError.

    keeps_connections : False where nobody disposes of the engine: each question then opens and closes its own
    """
    is_sqlite = url.get_backend_name() == "sqlite"
    try:
        if is_sqlite and url.database:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        if keeps_connections:
            engine = create_async_engine(url, pool_pre_ping=not is_sqlite)
        else:
            engine = create_async_engine(url, poolclass=NullPool)
        if is_sqlite:
            event.listen(engine.sync_engine, "connect", _set_up_sqlite)
            event.listen(engine.sync_engine, "begin", _begin_sqlite)
        async with engine.connect() as connection:
            is_up_to_date = await connection.run_sync(_revision) == _newest_revision()
        if not is_up_to_date:
            async with _one_at_a_time(), writing(engine).begin() as connection:
                if not is_sqlite:
                    await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATING_KEY})
                await connection.run_sync(migrate)
    except (SQLAlchemyError, OSError) as error:
        raise StoreError(f"{shown(url)}: the database cannot be opened: {said(error)}") from error
    except CommandError as error:
        raise StoreError(f"{shown(url)}: its tables are of a newer version of skydas ({error})") from error
    return engine


def writing(engine: AsyncEngine) -> AsyncEngine:
    """Return the engine for transactions that write: in SQLite they take the lock at once and wait for it."""
    return engine.execution_options(**{_WRITES: True})


def migrate(connection: Connection) -> None:
    """Bring the tables up to date; another process may have done so while this one waited for the lock."""
    if _revision(connection) == _newest_revision():
        return
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


@functools.cache
def _newest_revision() -> str | None:
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()


def _one_at_a_time() -> asyncio.Lock:
    """Return the lock of this event loop: Alembic keeps the migration that runs in variables of its modules."""
    return _migrating.setdefault(asyncio.get_running_loop(), asyncio.Lock())


def said(error: BaseException) -> str:
    """Return what a database's error says, in one line."""
    original = getattr(error, "orig", None) or error
    return " ".join(str(original).split()) or type(original).__name__


def _begin_sqlite(connection: Connection) -> None:
    """Begin a transaction, which Python's driver would do behind the first statements only."""
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _set_up_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None  # transactions begin and end where the engine says so
    cursor = connection.cursor()
    for pragma in ("journal_mode = WAL", "synchronous = FULL", f"busy_timeout = {BUSY_MS}", "secure_delete = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _read_url(path: Path) -> str:
    try:
        if path.stat().st_mode & 0o077:
            raise ConfigError(f"url_file: others can read {path}; run: chmod 600 {path}")
        if path.stat().st_size > URL_FILE_OCTETS_MAX:
            raise ConfigError(f"url_file: {path} is larger than {URL_FILE_OCTETS_MAX} octets")
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"url_file: {path} cannot be read ({error})") from error
