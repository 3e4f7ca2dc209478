"""The database is a projection of the journal: rebuilt from it, it is what the node wrote as it ran."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from skydas.cli.store import audit, rebuild, status
from skydas.errors import StoreError
from skydas.journal import JournalWriter
from skydas.model import Action, NodeConfig, OutputConfig
from skydas.model.config import NodeSection
from skydas.node import Running

RUN = """
import asyncio, sys
from pathlib import Path
from tests.unit.test_store_rebuild import config, remark, started
async def main():
    running, _ = await started(config(Path(sys.argv[1])))
    number = int(sys.argv[2])
    while True:
        await running.submit(remark(number))
        print('done', number, flush=True)
        number += 1
asyncio.run(main())
"""


def config(directory: Path, url: str = "") -> NodeConfig:
    outputs = [OutputConfig(kind="database", params={"url": url} if url else {})]
    return NodeConfig(node=NodeSection(name="lt-1", directory=str(directory)), outputs=outputs)


def remark(number: int) -> Action:
    return Action("watch 1", "officer", "remark", {"text": f"note {number}"})


def keep(number: int) -> Action:
    fields = {"incident": "1", "sha256": f"{number:064x}", "octet_count": "80"}
    return Action("watch 1", "officer", "keep_contact", fields)


async def started(given: NodeConfig) -> tuple[Running, asyncio.Task[None]]:
    running = Running(given)
    ready = asyncio.Event()
    task = asyncio.create_task(running.run(ready))
    await ready.wait()
    return running, task


async def run_once(given: NodeConfig, actions: list[Action]) -> list[str]:
    """Run a node, do what is to be done, stop it; return why actions were refused."""
    running, task = await started(given)
    refused = [(await running.submit(action)).refused for action in actions]
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    return refused


def summary(capsys: pytest.CaptureFixture[str], command: Callable[..., None], *given: object, **more: object) -> object:
    capsys.readouterr()
    command(*given, json=True, **more)
    return json.loads(capsys.readouterr().out)


def content_sha256(capsys: pytest.CaptureFixture[str], directory: Path, url: str = "") -> str:
    found = summary(capsys, status, directory, url=url)
    assert isinstance(found, dict)
    assert found["missing_facts"] == []
    return str(found["content_sha256"])


def work(directory: Path, url: str = "") -> None:
    """Run a node three times with actions of every kind, some refused."""
    form = {"headline": "Drone", "category": "drone", "latitude_deg": "54.5", "longitude_deg": "25.6"}
    opened = Action("watch 1", "officer", "open_incident", form)
    noted = Action("watch 1", "officer", "note_incident", {"number": "1", "text": "seen again"})
    shift = Action("watch 1", "officer", "start_shift", {})
    erase = Action("watch 2", "officer", "erase_person", {"person": "2", "reason": "asked for"})
    given = config(directory, url)
    assert asyncio.run(run_once(given, [remark(1), keep(1), keep(2), keep(2)]))[3] == "this record is kept already"
    assert asyncio.run(run_once(given, [erase, remark(2), Action("x", "y", "no_such", {})]))[:2] == ["", ""]
    assert asyncio.run(run_once(given, [shift, opened, noted, keep(3), erase]))[:4] == ["", "", "", ""]


def test_a_rebuilt_database_is_the_one_that_the_node_wrote(
    tmp_path: Path, fresh_url: Callable[[], str], capsys: pytest.CaptureFixture[str]
) -> None:
    url = fresh_url()
    work(tmp_path, url)
    live = content_sha256(capsys, tmp_path)
    assert content_sha256(capsys, tmp_path) == live
    found = summary(capsys, status, tmp_path)
    assert isinstance(found, dict)
    assert {name: found["rows"][name] for name in ("incidents", "shifts", "personal_records")} == {
        "incidents": 1, "shifts": 1, "personal_records": 3,
    }  # fmt: skip
    elsewhere = f"sqlite:///{tmp_path}/elsewhere.sqlite"
    rebuild(tmp_path, url=elsewhere)
    assert content_sha256(capsys, tmp_path, elsewhere) == live
    rebuild(tmp_path)
    assert content_sha256(capsys, tmp_path) == live
    audit(tmp_path, verify=True)
    assert asyncio.run(run_once(config(tmp_path, url), [remark(9)])) == [""]  # and the node goes on with it
    rebuild(tmp_path, url=elsewhere)
    assert content_sha256(capsys, tmp_path, elsewhere) == content_sha256(capsys, tmp_path)


def test_what_was_acknowledged_before_kill_9_is_in_the_database_after_the_next_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    acknowledged = -1
    for _ in range(2):
        running = subprocess.Popen(
            [sys.executable, "-c", RUN, str(tmp_path), str(acknowledged + 1)], stdout=subprocess.PIPE, text=True
        )
        assert running.stdout is not None
        wanted = acknowledged + 25
        for line in running.stdout:
            if line.startswith("done "):
                acknowledged = int(line.split()[1])
            if acknowledged == wanted:
                break
        running.kill()
        running.wait()
        running.stdout.close()
    assert asyncio.run(run_once(config(tmp_path), [remark(10_000)])) == [""]
    live = content_sha256(capsys, tmp_path)
    audit(tmp_path, verify=True)
    rows = summary(capsys, audit, tmp_path, last=1_000)
    assert isinstance(rows, list)
    texts = [json.loads(row["record"])["fields"]["text"] for row in rows]
    assert set(texts) >= {f"note {number}" for number in range(acknowledged + 1)}
    rebuild(tmp_path)
    assert content_sha256(capsys, tmp_path) == live


def test_a_store_that_is_behind_the_newest_snapshot_gets_the_facts_from_an_older_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = config(tmp_path / "node")
    asyncio.run(run_once(given, [remark(1), remark(2)]))
    shutil.copytree(tmp_path / "node" / "store", tmp_path / "behind")
    asyncio.run(run_once(given, [remark(3), keep(1)]))
    shutil.rmtree(tmp_path / "node" / "store")
    shutil.move(tmp_path / "behind", tmp_path / "node" / "store")
    asyncio.run(run_once(given, [remark(4)]))
    live = content_sha256(capsys, tmp_path / "node")
    rebuild(tmp_path / "node")
    assert content_sha256(capsys, tmp_path / "node") == live


def test_tampering_is_told_with_exit_by_an_error(tmp_path: Path) -> None:
    import sqlite3

    work(tmp_path)
    with contextlib.closing(sqlite3.connect(tmp_path / "store" / "store.sqlite")) as database:
        database.execute("DELETE FROM audit WHERE position = 1")
        database.commit()
    with pytest.raises(StoreError, match="rows 1 to 1 are missing"):
        audit(tmp_path, verify=True)


def test_a_running_node_is_not_rebuilt_under_its_feet(tmp_path: Path) -> None:
    work(tmp_path)
    holding = JournalWriter(tmp_path / "journal")
    with pytest.raises(StoreError, match="its node is running; stop it first"):
        rebuild(tmp_path)
    holding.close()


def test_a_journal_whose_beginning_was_deleted_is_not_rebuilt_unless_told_to_and_its_audit_still_verifies(
    tmp_path: Path,
) -> None:
    work(tmp_path)
    writer = JournalWriter(tmp_path / "journal")
    assert writer.delete_before(2**62) > 0
    writer.close()
    asyncio.run(run_once(config(tmp_path), [remark(5)]))
    with pytest.raises(StoreError, match="was deleted by its retention and cannot be rebuilt"):
        rebuild(tmp_path)
    audit(tmp_path, verify=True)
