"""What tests of the store run on: each of the databases that it supports."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest

from tests.databases import Server, postgresql

_names = itertools.count()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Server]:
    """Return a PostgreSQL of this run of the tests."""
    with postgresql() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.peer)])
def fresh_url(request: pytest.FixtureRequest) -> Callable[[], str]:
    """Return what makes the URL of an empty database; of SQLite the usual file."""
    if request.param == "sqlite":
        return lambda: ""
    server: Server = request.getfixturevalue("postgresql_server")
    return lambda: server.url(f"store_{next(_names)}")
