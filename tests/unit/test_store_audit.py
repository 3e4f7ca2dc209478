"""The chain of the audit: any row that is changed, added or taken out is found."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from skydas.model import Action, ActionTaken
from skydas.outputs import database
from skydas.store import Head, Link, chain_faults, empty_head, journal_faults, open_store, position, reading, store_url
from skydas.store.audit import chained, linked
from tests.facts import Emitted, ListInbox
from tests.incidents import NODE, action, told


def chain(count: int) -> tuple[list[Link], Head]:
    links: list[Link] = []
    head = empty_head(NODE)
    for number in range(count):
        links.append(linked(head, action(number, text=f"note {number}")))
        head = Head(number + 1, links[-1].sha256)
    return links, head


def done(count: int) -> list[Action]:
    return [Action("watch 1", "officer", "remark", {"text": f"note {number}"}) for number in range(count)]


def test_a_whole_chain_has_no_fault() -> None:
    links, head = chain(5)
    assert chain_faults(NODE, links, head) == []
    assert chain_faults(NODE, [], empty_head(NODE)) == []


@pytest.mark.parametrize("row", range(5))
def test_a_row_that_was_taken_out_is_found(row: int) -> None:
    links, head = chain(5)
    assert chain_faults(NODE, links[:row] + links[row + 1 :], head)


@pytest.mark.parametrize("row", range(5))
@pytest.mark.parametrize("column", ["who", "role", "what", "refused", "now_ns", "sequence", "record", "sha256"])
def test_a_changed_column_is_found(row: int, column: str) -> None:
    links, head = chain(5)
    was = getattr(links[row], column)
    links[row] = links[row]._replace(**{column: was + 1 if isinstance(was, int) else f"{was}x"})
    faults = chain_faults(NODE, links, head)
    assert faults
    assert any(f"row {row}" in fault or f"row {row + 1}" in fault for fault in faults)


def test_rows_in_another_order_are_found() -> None:
    links, head = chain(5)
    links[1], links[2] = links[2]._replace(position=1), links[1]._replace(position=2)
    assert chain_faults(NODE, links, head)


def test_who_changes_a_row_and_computes_every_hash_anew_is_found_by_the_journal() -> None:
    links, _ = chain(5)
    forged = links[2].record.replace("note 2", "nothing")
    before = links[1].sha256
    for number in range(2, 5):
        record = forged if number == 2 else links[number].record
        links[number] = links[number]._replace(record=record, sha256=chained(before, number, record))
        before = links[number].sha256
    assert chain_faults(NODE, links, Head(5, before)) == []
    assert journal_faults(NODE, links, done(5)) == [f"{NODE}: row 2 is not what the journal holds: watch 1 did remark"]


def test_who_cuts_off_the_end_of_the_chain_and_its_head_is_found_where_the_journal_goes_on() -> None:
    links, _ = chain(5)
    head = Head(3, links[2].sha256)
    assert chain_faults(NODE, links[:3], head) == []
    assert journal_faults(NODE, links[:3], done(3)) == []
    assert journal_faults(NODE, links[:3], done(5)) == [f"{NODE}: 2 actions of the journal are not in the audit"]


def test_rows_that_no_journal_holds_are_found() -> None:
    links, _ = chain(5)
    assert journal_faults(NODE, links, done(3)) == [f"{NODE}: row 3 and those after it stand in no journal"]


@pytest.mark.parametrize(
    "tampering",
    [
        "DELETE FROM audit WHERE position = 3",
        "UPDATE audit SET who = 'nobody' WHERE position = 3",
        "UPDATE audit SET record = replace(record, 'watch', 'guard') WHERE position = 3",
        "DELETE FROM audit WHERE position >= 8",
        "UPDATE audit SET position = position + 100 WHERE position >= 8",
    ],
)
def test_tampering_in_the_database_is_found(tmp_path: Path, fresh_url: Callable[[], str], tampering: str) -> None:
    async def check() -> list[str]:
        given = database.Params(url=fresh_url(), node_directory=str(tmp_path))
        await database.run(given, ListInbox(told(80)), Emitted())
        engine = await open_store(store_url(tmp_path / "store", given.url))
        async with engine.begin() as connection:
            assert (
                chain_faults(NODE, await reading.audit(connection, NODE), (await position(connection, NODE)).audit)
                == []
            )
            await connection.execute(text(tampering))
        async with engine.begin() as connection:
            links = [link async for link in reading.whole_audit(connection, NODE)]
            faults = chain_faults(NODE, links, (await position(connection, NODE)).audit)
        await engine.dispose()
        return faults

    assert asyncio.run(check())


def test_the_record_of_a_row_is_the_fact_itself() -> None:
    import msgspec

    links, _ = chain(1)
    assert msgspec.json.decode(links[0].record, type=ActionTaken) == action(0, text="note 0")
