"""The edges of a running node: a full disk, slow outputs, a crash, a changed configuration."""

from __future__ import annotations

import asyncio
import errno
import os
from pathlib import Path

import msgspec
import pytest

from skydas.errors import RefusedError
from skydas.journal import JournalReader, Reserve, reserved
from skydas.model import Action, Fact, Frame, Input, InputKind, NodeConfig, NodeStarted, Notice, encode_fact
from skydas.node import Node, Running
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


def test_with_a_full_disk_no_queued_action_is_taken_and_no_number_is_given_again_after_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More actions wait than fit into one batch when the disk fills, and it stays full until the node has stopped."""
    config, emissions = scene("three-radars", 5.0)
    config = msgspec.structs.replace(config, node=msgspec.structs.replace(config.node, clock="sources"))
    inputs = inputs_of(config, emissions)[1:]
    shift = Action("watch", "officer", "start_shift", {})

    def full(handle: int, octets: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    async def play() -> dict[str, int]:
        running, task, _ = await started(in_directory(config, tmp_path))
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", full)
            async with asyncio.timeout(20):
                answers = await asyncio.gather(*(running.submit(shift) for _ in range(400)), return_exceptions=True)
            assert [str(answer) for answer in answers if isinstance(answer, RefusedError)] == [
                "not taken, because not recorded: the disk is full"
            ] * 400
            for given in inputs:
                running._waiting.put(given)
            async with asyncio.timeout(20):
                while running._waiting:
                    await asyncio.sleep(0.01)
            await stopped(task)
        return running.node.numbers()

    async def play_again() -> tuple[dict[str, int], dict[str, int]]:
        running, task, inbox = await started(in_directory(config, tmp_path))
        began = running.node.numbers()
        await until(inbox, "journal_numbered_on")
        assert not (await running.submit(shift)).refused
        await stopped(task)
        return began, running.node.numbers()

    given = asyncio.run(play())
    assert given["track"] > 1
    assert [r for r in JournalReader(tmp_path) if r.input.kind == InputKind.ACTION] == []
    began, ended = asyncio.run(play_again())
    assert all(began[kind] >= number for kind, number in given.items())
    for snapshot in (tmp_path / "journal").glob("*.sks"):
        snapshot.unlink()
    again, _ = asyncio.run(play_again_without_snapshots(config, tmp_path))
    assert all(again[kind] >= number for kind, number in ended.items())


async def play_again_without_snapshots(config: NodeConfig, directory: Path) -> tuple[dict[str, int], bool]:
    """The journal alone: its record of the gap bears the numbers."""
    running, task, _ = await started(in_directory(config, directory))
    numbers = running.node.numbers()
    await stopped(task)
    return numbers, running.recording


def test_an_action_that_reached_the_file_but_not_the_disk_is_refused_and_not_in_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, _ = scene("three-radars", 5.0)
    config = msgspec.structs.replace(config, node=msgspec.structs.replace(config.node, clock="sources"))

    def fails(handle: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    async def play() -> None:
        running, task, _ = await started(in_directory(config, tmp_path))
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", fails)
            with pytest.raises(RefusedError, match="not recorded"):
                await running.submit(REMARK)
        await stopped(task)

    asyncio.run(play())
    assert [r for r in JournalReader(tmp_path) if r.input.kind == InputKind.ACTION] == []


def test_after_the_gap_the_journal_alone_numbers_on_as_the_node_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, emissions = scene("three-radars", 5.0)
    config = msgspec.structs.replace(config, node=msgspec.structs.replace(config.node, clock="sources"))
    inputs = inputs_of(config, emissions)[1:]
    monkeypatch.setattr("skydas.node.run.DISK_RETRY_S", 0.05)

    def full(handle: int, octets: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    async def play() -> dict[str, int]:
        running, task, inbox = await started(in_directory(config, tmp_path))
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", full)
            for given in inputs:
                running._waiting.put(given)
            async with asyncio.timeout(20):
                while running._waiting:
                    await asyncio.sleep(0.01)
        await until(inbox, "journal_resumed")
        await stopped(task)
        return running.node.numbers()

    given = asyncio.run(play())
    node = Node(config)
    for record in JournalReader(tmp_path):
        node.step(record.input)
    assert node.numbers() == given


def test_numbers_are_reserved_in_their_own_room_where_the_disk_gives_no_other(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path)
    reserve.keep({"sequence": 1})
    reserve.note_recorded(False)
    (tmp_path / "numbers-unrecorded.part").mkdir()  # no other file can be written
    reserve.keep({"sequence": 5_000_000})
    assert reserved(tmp_path)["sequence"] > 5_000_000
    assert Reserve(tmp_path).is_unrecorded
    reserve.note_recorded(True)
    assert not Reserve(tmp_path).is_unrecorded
    assert reserved(tmp_path)["sequence"] > 5_000_000


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
