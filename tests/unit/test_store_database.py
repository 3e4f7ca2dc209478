"""The output `database`: what the node told is in the database, once, whatever happened in between."""

from __future__ import annotations

import asyncio
import errno
import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from skydas.errors import ConfigError, OutputError, StoreError
from skydas.model import Fact, Frame, Link, encode_fact
from skydas.node.inbox import BoundedInbox
from skydas.outputs import database
from skydas.outputs._spool import Spool
from skydas.store import content, open_store, position, reading, shown, store_url
from skydas.store.models import Base
from tests.databases import Server
from tests.facts import Emitted, ListInbox, notice, started
from tests.incidents import LETTERS, MARKUP, NODE, action, incident, told

Content = dict[str, tuple[int, str]]
FreshUrl = Callable[[], str]


def params(directory: Path, url: str = "", spool_mb_max: float = 64.0) -> database.Params:
    return database.Params(url=url, spool_mb_max=spool_mb_max, node_directory=str(directory))


async def written(given: database.Params, facts: list[Fact]) -> list[Link]:
    """Return what the output said of itself while it wrote `facts`."""
    emitted = Emitted()
    await database.run(given, ListInbox(facts), emitted)
    return [msgspec.json.decode(one.payload, type=Link) for one in emitted.inputs]


async def content_of(given: database.Params) -> Content:
    engine = await open_store(store_url(Path(given.node_directory) / "store", given.url))
    async with engine.begin() as connection:
        found = await content(connection, NODE)
    await engine.dispose()
    return found


def test_what_the_node_told_is_in_the_database_and_telling_it_again_changes_nothing(
    tmp_path: Path, fresh_url: FreshUrl
) -> None:
    async def check() -> None:
        given, facts = params(tmp_path, fresh_url()), told()
        assert await written(given, facts) == []
        once = await content_of(given)
        assert {name: count for name, (count, _) in once.items()} == {
            "incidents": 2, "incident_entries": 11, "alerts": 1, "alert_changes": 5, "warnings": 1, "sightings": 1,
            "shifts": 1, "personal_records": 0, "notices": 4, "audit": 10,
        }  # fmt: skip
        assert await written(given, facts) == []
        assert await content_of(given) == once

    asyncio.run(check())


def test_both_databases_hold_the_same(tmp_path: Path, postgresql_server: Server) -> None:
    async def check() -> None:
        sqlite, server = params(tmp_path / "a"), params(tmp_path / "b", postgresql_server.url("the_same"))
        await written(sqlite, told(80))
        await written(server, told(80))
        assert await content_of(sqlite) == await content_of(server)

    asyncio.run(check())


def test_an_incident_comes_back_as_it_was_told(tmp_path: Path, fresh_url: FreshUrl) -> None:
    async def check() -> None:
        given = params(tmp_path, fresh_url())
        fact = incident(1, headline=f"U+0000 \0 {LETTERS} {MARKUP}")
        await written(given, [started(0), fact])
        engine = await open_store(store_url(tmp_path / "store", given.url))
        async with engine.begin() as connection:
            assert await reading.incident(connection, NODE, 1) == fact
            assert await reading.incident(connection, NODE, 2) is None
        await engine.dispose()

    asyncio.run(check())


@pytest.mark.parametrize("cut", [1, 7, 20, 39])
def test_a_run_that_stops_anywhere_goes_on_where_it_left(tmp_path: Path, fresh_url: FreshUrl, cut: int) -> None:
    async def check() -> None:
        whole, parts, facts = params(tmp_path / "whole"), params(tmp_path / "parts", fresh_url()), told()
        await written(whole, facts)
        await written(parts, facts[:cut])
        assert database.safe_until(parts) == cut - 1
        await written(parts, facts[max(0, cut - 5) :])
        assert await content_of(parts) == await content_of(whole)

    asyncio.run(check())


def test_while_the_server_is_down_facts_wait_in_the_spool_and_come_in_later(
    tmp_path: Path, postgresql_server: Server
) -> None:
    async def check() -> None:
        given, facts = params(tmp_path / "node", postgresql_server.url("goes_down")), told()
        await written(given, facts[:10])
        postgresql_server.stop()
        said = await written(given, facts[10:])
        assert [link.state for link in said] == ["lost"]
        assert "waits in" in said[0].text
        assert database.safe_until(given) == facts[-1].sequence
        postgresql_server.start()
        assert await written(given, facts[-1:]) == []
        await written(params(tmp_path / "whole"), facts)
        assert await content_of(given) == await content_of(params(tmp_path / "whole"))

    asyncio.run(check())


def test_facts_that_never_came_are_told_and_noted(tmp_path: Path, fresh_url: FreshUrl) -> None:
    async def check() -> None:
        given, facts = params(tmp_path, fresh_url()), told()
        said = await written(given, facts[:10] + facts[15:])
        assert [link.state for link in said] == ["incomplete"]
        assert "facts 10 to 14 are missing" in said[0].text
        assert "skydas store rebuild" in said[0].text
        engine = await open_store(store_url(tmp_path / "store", given.url))
        async with engine.begin() as connection:
            assert [(gap.first, gap.last) for gap in await reading.gaps(connection, NODE)] == [(10, 14)]
        await engine.dispose()

    asyncio.run(check())


def test_a_lost_spool_is_no_gap_where_the_database_has_it_all(tmp_path: Path) -> None:
    async def check() -> None:
        facts = told()
        await written(params(tmp_path), facts[:20])
        for name in ("spool", "position"):
            (tmp_path / "store" / name).unlink()
        assert database.safe_until(params(tmp_path)) == -1
        assert await written(params(tmp_path), facts[20:]) == []

    asyncio.run(check())


def test_a_full_spool_is_an_alarm_and_what_did_not_fit_is_named(tmp_path: Path) -> None:
    async def check() -> None:
        facts: list[Fact] = [started(0), *(action(number, text="x" * 500) for number in range(1, 9))]
        room = len(encode_fact(facts[0])) + 3 * (len(encode_fact(facts[1])) + 16)
        said = await written(params(tmp_path, spool_mb_max=room / 1e6), facts)
        assert [link.state for link in said] == ["incomplete"]
        assert "facts 4 to 8 are missing in the database: the spool was full" in said[0].text

    asyncio.run(check())


def test_a_full_disk_is_an_alarm_and_what_waited_is_kept_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "RETRY_S", 0.05)
    append, tries = Spool.append, itertools.count()

    def full_at_first(spool: Spool, encoded: list[bytes]) -> None:
        if next(tries) < 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        append(spool, encoded)

    async def check() -> None:
        monkeypatch.setattr(Spool, "append", full_at_first)
        inbox, emitted = BoundedInbox(), Emitted()
        task = asyncio.create_task(database.run(params(tmp_path / "full"), inbox, emitted))
        for fact in told():
            inbox.put(fact, encode_fact(fact))
        while not (tmp_path / "full" / "store" / "position").exists():  # it is tried again while the node runs
            await asyncio.sleep(0.01)
        inbox.end()
        await task
        links = [msgspec.json.decode(one.payload, type=Link) for one in emitted.inputs]
        assert links[0].state == "lost"
        assert "the spool cannot be written: No space left on device" in links[0].text
        await written(params(tmp_path / "room"), told())
        assert await content_of(params(tmp_path / "full")) == await content_of(params(tmp_path / "room"))

    asyncio.run(check())


def test_two_databases_of_one_node_are_refused(tmp_path: Path) -> None:
    async def check() -> None:
        first = Spool(tmp_path / "store", 1_000)
        with pytest.raises(OutputError, match="a node has one database"):
            await written(params(tmp_path), told())
        first.close()

    asyncio.run(check())


def test_another_history_is_refused_and_the_rows_stay(tmp_path: Path) -> None:
    async def check() -> None:
        await written(params(tmp_path), told(20))
        before = await content_of(params(tmp_path))
        for name in ("spool", "position"):
            (tmp_path / "store" / name).unlink()
        said = await written(params(tmp_path), [started(0), notice(1, now_ns=told(20)[-1].now_ns + 1)])
        assert [link.state for link in said] == ["lost"]
        assert "counts from the start again" in said[0].text
        assert await content_of(params(tmp_path)) == before

    asyncio.run(check())


def test_a_journal_told_again_by_another_version_is_refused(tmp_path: Path) -> None:
    async def check() -> None:
        await written(params(tmp_path), told(20))
        newer = msgspec.structs.replace(started(0), version="1")
        said = await written(params(tmp_path), [newer, *told(20)[1:]])
        assert "told its journal again as version 1, the rows are of version 0" in said[0].text

    asyncio.run(check())


def test_a_record_torn_by_a_crash_is_left_out_and_the_rest_of_the_spool_is_read(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 10_000)
    spool.append([encode_fact(action(1)), encode_fact(action(2))])
    spool.close()
    octets = (tmp_path / "spool").read_bytes()
    (tmp_path / "spool").write_bytes(octets[:-3])
    again = Spool(tmp_path, 10_000)
    assert again.left == [action(1)]
    assert again.position() == (1, action(1).now_ns)
    again.append([encode_fact(action(2))])
    again.close()
    assert (tmp_path / "spool").read_bytes() == octets


def test_the_migrations_make_the_tables_of_the_models(tmp_path: Path, fresh_url: FreshUrl) -> None:
    def difference(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))

    async def check() -> None:
        url = store_url(tmp_path, fresh_url())
        for _ in range(2):  # a database that is up to date stays as it is
            engine = await open_store(url)
            async with engine.begin() as connection:
                assert await connection.run_sync(difference) == []
                assert (await position(connection, NODE)).sequence == -1
            await engine.dispose()

    asyncio.run(check())


def test_several_may_open_a_fresh_store_at_once(tmp_path: Path, fresh_url: FreshUrl) -> None:
    url = store_url(tmp_path, fresh_url())

    async def opened() -> int:
        engine = await open_store(url)
        async with engine.connect() as connection:
            sequence = (await position(connection, NODE)).sequence
        await engine.dispose()
        return sequence

    with ThreadPoolExecutor(4) as threads:  # each with an event loop of its own, as processes have
        assert list(threads.map(lambda _: asyncio.run(opened()), range(8))) == [-1] * 8


def test_tables_of_a_newer_version_are_left_alone(tmp_path: Path, fresh_url: FreshUrl) -> None:
    async def check() -> None:
        url = store_url(tmp_path, fresh_url())
        engine = await open_store(url)
        async with engine.begin() as connection:
            await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        await engine.dispose()
        with pytest.raises(StoreError, match="of a newer version of skydas"):
            await open_store(url)

    asyncio.run(check())


@pytest.mark.parametrize("url", ["mysql://host/name", "no url at all", "sqlite"])
def test_a_url_of_no_use_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError, match="expected sqlite:///PATH or postgresql://USER@HOST/NAME"):
        store_url(tmp_path, url)


def test_a_password_is_read_from_a_file_that_nobody_else_can_read_and_is_never_shown(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("postgresql://watch:secret@127.0.0.1/skydas\n")
    file.chmod(0o644)
    with pytest.raises(ConfigError, match="others can read"):
        store_url(tmp_path, url_file=str(file))
    file.chmod(0o600)
    url = store_url(tmp_path, url_file=str(file))
    assert url.password == "secret"
    assert "secret" not in shown(url)
    with pytest.raises(ConfigError, match="holds a password"):
        store_url(tmp_path, "postgresql://watch:secret@127.0.0.1/skydas")


def test_what_is_not_kept_is_marked_as_passed_too_when_the_node_stops(tmp_path: Path) -> None:
    """Or the next start would find every snapshot newer than the store, though nothing is missing in it."""
    given = params(tmp_path)
    passing: Fact = Frame(node=NODE, sequence=1, now_ns=1, tracks=b"")
    asyncio.run(written(given, [notice(0), passing]))
    assert database.safe_until(given) == 1
