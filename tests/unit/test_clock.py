"""The live node's time where the machine's clock is set while it runs, or was set back before it began."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from skydas.clock import LiveClock
from skydas.config import node_config
from skydas.journal import JournalReader
from skydas.model import NS_PER_S, Action, Input, InputKind, NodeConfig, Notice, link_payload
from skydas.node import Running
from skydas.node.inbox import BoundedInbox
from skydas.node.run import _Emitter
from tests.facts import T0_NS

YEAR_NS = 365 * 86_400 * NS_PER_S
REMARK = Action("watch", "officer", "remark", {"text": "seen"})


class Machine:
    """A machine whose clock somebody sets."""

    def __init__(self) -> None:
        self.wall_ns, self.counted_ns = T0_NS, 5 * NS_PER_S
        self.clock = LiveClock(lambda: self.wall_ns, lambda: self.counted_ns)

    def pass_s(self, seconds: float) -> int:
        """Let time pass and return what it is then."""
        self.counted_ns += round(seconds * NS_PER_S)
        self.wall_ns += round(seconds * NS_PER_S)
        return self.clock.now_ns()


def test_a_machine_whose_clock_is_right_is_followed_to_the_nanosecond() -> None:
    machine = Machine()
    assert [machine.pass_s(0.1) - T0_NS for _ in range(3)] == [100_000_000, 200_000_000, 300_000_000]


@pytest.mark.parametrize("step_ns", [YEAR_NS, -YEAR_NS, 30 * NS_PER_S, -30 * NS_PER_S])
def test_a_step_of_the_machines_clock_is_never_a_leap(step_ns: int) -> None:
    machine = Machine()
    machine.wall_ns += step_ns
    before_ns = machine.clock.now_ns()
    for _ in range(100):
        now_ns = machine.pass_s(0.1)
        assert 0.095 * NS_PER_S <= now_ns - before_ns <= 0.105 * NS_PER_S
        before_ns = now_ns


def test_a_clock_that_was_two_seconds_wrong_is_right_again_after_forty() -> None:
    machine = Machine()
    machine.wall_ns += 2 * NS_PER_S
    for _ in range(410):
        machine.pass_s(0.1)
    assert machine.clock.now_ns() == machine.wall_ns
    assert machine.clock.machine_ahead_s() == 0.0


def test_one_wild_reading_leaves_next_to_nothing_behind() -> None:
    machine = Machine()
    machine.wall_ns += YEAR_NS
    machine.pass_s(0.1)
    machine.wall_ns -= YEAR_NS
    assert abs(machine.pass_s(0.1) - machine.wall_ns) < 0.001 * NS_PER_S


def node_file(directory: Path) -> NodeConfig:
    return node_config(f'[node]\nname = "lt-1"\ndirectory = "{directory}"\nlatitude_deg = 55.0\nlongitude_deg = 24.0\n')


async def noticed(inbox: BoundedInbox, wanted: str) -> Notice:
    async with asyncio.timeout(20):
        while (got := await inbox.get()) is not None:
            if isinstance(got[0], Notice) and got[0].what == wanted:
                return got[0]
    raise AssertionError(f"no notice {wanted}")


async def begun(config: NodeConfig, clock: LiveClock) -> tuple[Running, asyncio.Task[None], BoundedInbox]:
    running = Running(config, clock)
    inbox = running.add_output("test")
    ready = asyncio.Event()
    task = asyncio.create_task(running.run(ready))
    await ready.wait()
    return running, task, inbox


async def ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def test_a_node_whose_machines_clock_is_set_a_year_ahead_goes_on_and_says_so_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skydas.node.run.SYNC_EVERY_S", 0.05)
    ahead_ns = 0
    clock = LiveClock(lambda: LiveClock().now_ns() + ahead_ns)

    async def play() -> None:
        nonlocal ahead_ns
        running, task, inbox = await begun(node_file(tmp_path), clock)
        began_ns = (await running.submit(REMARK)).now_ns
        ahead_ns = YEAR_NS
        told = await noticed(inbox, "clock_differs")
        assert (told.level, "ahead" in told.text) == ("warning", True)
        ahead_ns = 0
        over = await noticed(inbox, "clock_agrees")
        assert over.level == "info"
        assert (await running.submit(REMARK)).now_ns - began_ns < 20 * NS_PER_S
        await ended(task)

    asyncio.run(play())
    links = [record.input for record in JournalReader(tmp_path) if record.input.kind == InputKind.LINK]
    assert len([given for given in links if given.source == "clock"]) == 2


def test_a_start_behind_the_journal_goes_on_from_its_time_and_says_what_to_do(tmp_path: Path) -> None:
    async def play(back_ns: int) -> tuple[int, list[Notice]]:
        clock = LiveClock(lambda: LiveClock().now_ns() - back_ns)
        running, task, inbox = await begun(node_file(tmp_path), clock)
        told = [await noticed(inbox, "clock_behind_journal")] if back_ns else []
        taken = await running.submit(REMARK)
        await asyncio.sleep(0.3)
        again = await running.submit(REMARK)
        assert again.now_ns > taken.now_ns
        await ended(task)
        return taken.now_ns, told

    before_ns, _ = asyncio.run(play(0))
    after_ns, (told,) = asyncio.run(play(86_400 * NS_PER_S))
    assert before_ns < after_ns < before_ns + 60 * NS_PER_S
    assert told.level == "warning"
    assert "set the machine's clock" in told.text


def test_what_an_output_says_is_stamped_with_the_nodes_time(tmp_path: Path) -> None:
    async def play() -> None:
        running, task, inbox = await begun(node_file(tmp_path), LiveClock())
        far_ns = running.now_ns() + YEAR_NS
        await running.submit_input(Input(far_ns, "cap", InputKind.LINK, link_payload("open", "posted again")))
        assert (await noticed(inbox, "cap_open")).now_ns < far_ns - YEAR_NS // 2
        await ended(task)

    asyncio.run(play())


def test_a_recording_of_next_year_does_not_take_a_live_node_there(tmp_path: Path) -> None:
    async def play() -> None:
        running, task, _ = await begun(node_file(tmp_path), LiveClock())
        emit = _Emitter(running, "recording")
        await emit(b"", running.now_ns() + YEAR_NS)
        assert (await running.submit(REMARK)).now_ns - running.now_ns() < NS_PER_S
        await ended(task)

    asyncio.run(play())
