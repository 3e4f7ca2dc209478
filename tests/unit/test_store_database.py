"""The output `database`: what the node told is in the database, once, whatever happened in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from skydas.errors import ConfigError
from skydas.model import Fact, encode_fact
from skydas.outputs import database
from skydas.outputs._spool import Spool
from skydas.store import content, open_store, position, store_url
from tests.facts import Emitted, ListInbox
from tests.incidents import NODE, told

Content = dict[str, tuple[int, str]]


def params(directory: Path, url: str = "") -> database.Params:
    return database.Params(url=url, node_directory=str(directory))


async def written(given: database.Params, facts: list[Fact]) -> Emitted:
    emitted = Emitted()
    await database.run(given, ListInbox(facts), emitted)
    return emitted


async def content_of(given: database.Params) -> Content:
    engine = await open_store(store_url(Path(given.node_directory) / "store", given.url))
    async with engine.begin() as connection:
        found = await content(connection, NODE)
    await engine.dispose()
    return found


def test_what_the_node_told_is_in_the_database_and_telling_it_again_changes_nothing(tmp_path: Path) -> None:
    async def check() -> None:
        facts = told()
        await written(params(tmp_path), facts)
        once = await content_of(params(tmp_path))
        assert {name: count for name, (count, _) in once.items()} == {
            "incidents": 2, "incident_entries": 11, "alerts": 1, "alert_changes": 5, "warnings": 1, "sightings": 1,
            "personal_records": 0, "notices": 5, "audit": 10,
        }  # fmt: skip
        assert not (await written(params(tmp_path), facts)).inputs
        assert await content_of(params(tmp_path)) == once

    asyncio.run(check())


@pytest.mark.parametrize("cut", [1, 7, 20, 39])
def test_a_run_that_stops_anywhere_goes_on_where_it_left(tmp_path: Path, cut: int) -> None:
    async def check() -> None:
        facts = told()
        await written(params(tmp_path / "whole"), facts)
        await written(params(tmp_path / "parts"), facts[:cut])
        assert database.safe_until(params(tmp_path / "parts")) == cut - 1
        await written(params(tmp_path / "parts"), facts[max(0, cut - 5) :])
        assert await content_of(params(tmp_path / "parts")) == await content_of(params(tmp_path / "whole"))

    asyncio.run(check())
