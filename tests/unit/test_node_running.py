"""The edges of a running node: a full disk, slow outputs, a crash, a changed configuration."""

from __future__ import annotations

import asyncio
import errno
from pathlib import Path

import msgspec
import pytest

from skydas.errors import RefusedError
from skydas.journal import JournalReader
from skydas.model import Action, Fact, Frame, Input, InputKind, NodeConfig, NodeStarted, Notice, encode_fact
from skydas.node import Running
from skydas.node.inbox import BoundedInbox
from tests.replay.scenes import in_directory, inputs_of, scene

REMARK = Action("watch", "officer", "remark", {"text": "seen"})


async def started(config: NodeConfig) -> tuple[Running, asyncio.Task[None], BoundedInbox]:
    running = Running(config)
    inbox = running.add_output("test")
    ready = asyncio.Event()
    task = asyncio.create_task(running.run(ready))
    await ready.wait()
    return running, task, inbox


async def stopped(task: asyncio.Task[None]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def until(inbox: BoundedInbox, wanted: str) -> Notice:
    async with asyncio.timeout(20):
        while (got := await inbox.get()) is not None:
            if isinstance(got[0], Notice) and got[0].what == wanted:
                return got[0]
    raise AssertionError(f"no notice {wanted}")


def test_a_full_disk_stops_the_recording_with_an_alarm_and_refuses_actions_but_the_picture_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, emissions = scene("three-radars", 5.0)
    config = msgspec.structs.replace(config, node=msgspec.structs.replace(config.node, clock="sources"))
    inputs = inputs_of(config, emissions)[1:]

    async def play() -> None:
        running, task, inbox = await started(in_directory(config, tmp_path))
        assert not (await running.submit(REMARK)).refused
        monkeypatch.setattr("skydas.node.run.DISK_RETRY_S", 0.05)
        journal = running._journal
        assert journal is not None
        real_flush = journal.flush

        def full() -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(journal, "flush", full)
        with pytest.raises(RefusedError, match="disk is full"):
            await running.submit(REMARK)
        alarm = await until(inbox, "journal_stopped")
        assert alarm.level == "alarm"
        with pytest.raises(RefusedError, match="recorded"):
            await running.submit(REMARK)
        for given in inputs:
            running._waiting.put(given)
        async with asyncio.timeout(20):
            while (got := await inbox.get()) is not None:
                if isinstance(got[0], Frame):
                    break
        monkeypatch.setattr(journal, "flush", real_flush)
        await until(inbox, "journal_resumed")
        assert not (await running.submit(REMARK)).refused
        await stopped(task)

    asyncio.run(play())
    actions = [record for record in JournalReader(tmp_path) if record.input.kind == InputKind.ACTION]
    assert len(actions) == 2


def test_an_output_that_does_not_read_loses_the_oldest_and_the_loss_is_counted() -> None:
    inbox = BoundedInbox(facts_max=10)
    facts = [Notice(node="n", sequence=k, now_ns=k, level="info", what="w", text="t") for k in range(25)]
    for fact in facts:
        inbox.put(fact, encode_fact(fact))
    assert inbox.dropped == 15
    inbox.end()

    async def rest() -> list[Fact]:
        got = []
        while (one := await inbox.get()) is not None:
            got.append(one[0])
        return got

    assert asyncio.run(rest()) == facts[15:]


def test_an_inbox_is_bounded_in_octets_too() -> None:
    inbox = BoundedInbox(octets_max=1_000)
    for k in range(20):
        fact = Notice(node="n", sequence=k, now_ns=k, level="info", what="w", text="x" * 300)
        inbox.put(fact, encode_fact(fact))
    assert len(inbox) <= 3
    assert inbox.dropped >= 17


def test_after_a_restart_the_picture_is_there_and_track_numbers_go_on(tmp_path: Path) -> None:
    config, emissions = scene("three-radars", 20.0)
    config = msgspec.structs.replace(config, node=msgspec.structs.replace(config.node, clock="sources"))
    config = in_directory(config, tmp_path)
    inputs = inputs_of(config, emissions)[1:]
    half = len(inputs) // 2

    async def play(part: list[Input]) -> tuple[int, int, bytes]:
        running, task, inbox = await started(config)
        for given in part:
            running._waiting.put(given)
        async with asyncio.timeout(30):
            while running._waiting:
                await asyncio.sleep(0.01)
        state = running.node.state()
        newest = 0
        while len(inbox):
            got = await inbox.get()
            assert got is not None
            if isinstance(got[0], Frame):
                newest = max(newest, int(got[0].rows()["track_no"].max()))
        await stopped(task)
        return running.node.sequence, newest, state

    first_sequence, first_newest, _ = asyncio.run(play(inputs[:half]))
    second_sequence, second_newest, _ = asyncio.run(play(inputs[half:]))
    assert second_sequence > first_sequence
    assert second_newest > first_newest
    kinds = [record.input.kind for record in JournalReader(tmp_path)]
    assert kinds.count(InputKind.CONFIG) == 2


def test_a_changed_configuration_is_journalled_and_sequence_and_numbers_go_on(tmp_path: Path) -> None:
    config, emissions = scene("three-radars", 8.0)
    config = msgspec.structs.replace(config, node=msgspec.structs.replace(config.node, clock="sources"))
    config = in_directory(config, tmp_path)
    inputs = inputs_of(config, emissions)[1:]

    async def play(with_config: NodeConfig, part: list[Input]) -> tuple[int, int]:
        running, task, inbox = await started(with_config)
        for given in part:
            running._waiting.put(given)
        async with asyncio.timeout(30):
            while running._waiting:
                await asyncio.sleep(0.01)
        started_facts = 0
        while len(inbox):
            got = await inbox.get()
            started_facts += got is not None and isinstance(got[0], NodeStarted)
        await stopped(task)
        assert running.node._tracker is not None
        return running.node.sequence, running.node._tracker.next_track_no

    sequence, next_no = asyncio.run(play(config, inputs))
    retention = msgspec.structs.replace(config.retention, journal_days=5.0)
    changed = msgspec.structs.replace(config, retention=retention)
    later_sequence, later_no = asyncio.run(play(changed, []))
    assert later_sequence > sequence
    assert later_no == next_no
