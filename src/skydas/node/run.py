"""Run a node: sources hand in octets, the journal takes them, `Node.step` turns them into facts, outputs get those.

asyncio lives here and at the edges; nothing in here decides anything about the picture.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import msgspec
import structlog

import skydas
from skydas import plugins
from skydas.clock import Clock, LiveClock, stopwatch_ns
from skydas.config import FED, decode_config, encode_config
from skydas.errors import JournalError, RefusedError, SkydasError
from skydas.journal import (
    JournalReader,
    JournalWriter,
    Reserve,
    Snapshot,
    first_configuration,
    is_cut,
    newest_snapshot,
    write_snapshot,
)
from skydas.model import (
    NS_PER_S,
    Action,
    ActionTaken,
    Fact,
    Input,
    InputKind,
    NodeConfig,
    Rows,
    encode_fact,
    link_payload,
)
from skydas.model.personal import ERASE_PHOTO, PersonalRecord
from skydas.node.inbox import INBOX_FACTS_MAX, BoundedInbox
from skydas.node.replay import TICK_NS, FactsHash
from skydas.node.sourcing import JOURNAL
from skydas.node.step import Node
from skydas.node.streams import stream_name
from skydas.node.waiting import Waiting, WaitingRoom

log = structlog.get_logger()

LEAD_NS_MAX: Final = 10 * NS_PER_S  # of a recording's time before a live node's: more would be a leap of the picture's
BATCH_MAX: Final = 256  # inputs journalled together before they are stepped
SYNC_EVERY_S: Final = 1.0
DISK_RETRY_S: Final = 5.0
RETENTION_EVERY_S: Final = 3_600.0
SOURCE_RETRY_S: Final = 5.0
PHOTOS: Final = "photos"  # of sightings, in the node's directory
PERSONAL: Final = "personal"  # records of witnesses
CLOCK: Final = "clock"  # the source of ticks
CLOCK_DIFFERS_S: Final = 1.0  # the machine's from the node's: more is told
NS_PER_DAY: Final = 86_400 * NS_PER_S


class Running:
    """One node with its journal, its sources and its outputs."""

    def __init__(self, config: NodeConfig, clock: Clock | None = None, *, keep_hash: bool = False) -> None:
        self.config = config
        self.clock = clock or LiveClock()
        self.directory = Path(config.node.directory)
        self.node = Node(config, stopwatch_ns)
        self.facts_hash = FactsHash() if keep_hash else None
        self.inboxes: dict[str, BoundedInbox] = {}
        self.recording = True
        self.lost_records = 0
        self._not_recorded = ""  # why
        self.truth: Rows | None = None  # of a scene that a source plays, TRUTH of `skydas.sim`; for the page alone
        self._waiting = WaitingRoom()
        self._stopping = False
        self._journal: JournalWriter | None = None
        self._reserve: Reserve | None = None
        self._recorded_ns = 0
        self._clock_differs = False  # and that was told
        self._unerased: dict[tuple[str, str], str] = {}  # folder and hash of what is still to be erased -> why
        self._next_tick_ns = 0

    @property
    def history_directory(self) -> Path:
        """Return where recorded tracks and plots lie."""
        return self.directory / "history"

    def now_ns(self) -> int:
        """Return the time of what happens now: the clock's, or that of the recordings being played."""
        return self.node.now_ns if self.config.node.clock == "sources" else self.clock.now_ns()

    def stages(self) -> dict[str, dict[str, float]]:
        """Return how long each stage took."""
        return self.node.stage_times.summary()

    def stage(self, name: str) -> Any:
        """Return a judging stage by its name, to be asked and never changed, or None."""
        return self.node.judging.stages.get(name)

    def add_output(self, name: str) -> BoundedInbox:
        """Return a new inbox that gets every fact from now on."""
        self.inboxes[name] = BoundedInbox()
        return self.inboxes[name]

    async def submit(self, action: Action) -> ActionTaken:
        """Take a person's action; it returns when the journal's record is on disk. Raises RefusedError."""
        if not self.recording:
            raise RefusedError("nothing can be recorded at the moment (is the disk full?), so no action is taken")
        answer: asyncio.Future[ActionTaken] = asyncio.get_running_loop().create_future()
        payload = msgspec.msgpack.encode(action)
        self._waiting.put(Input(self.now_ns(), "people", InputKind.ACTION, payload), answer)
        return await answer

    async def submit_input(self, given: Input, /) -> None:
        """Take an input from an output: a fact about the node itself, or a partner's answer. It happens now."""
        self._waiting.put(msgspec.structs.replace(given, rx_ns=self.now_ns()))

    async def run(self, ready: asyncio.Event | None = None) -> None:
        """Recover, then run until cancelled or until every source has ended and all is said."""
        outputs = [self._start_output(index) for index in range(len(self.config.outputs))]
        await self._open_journal()
        links = [
            asyncio.create_task(self._source(index), name=source.name)
            for index, source in enumerate(self.config.sources)
            if source.source != FED
        ]
        housekeeping = [asyncio.create_task(self._clockwork()), asyncio.create_task(self._keep())]
        core = asyncio.create_task(self._core(), name="core")
        if ready is not None:
            ready.set()
        try:
            done, _ = await asyncio.wait([core, *outputs], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await self._stop(core, links + housekeeping, outputs)

    def stop(self) -> None:
        """End the run once what waits has been stepped."""
        self._stopping = True
        self._waiting.wake()

    # -- the one loop in which the picture changes

    async def _core(self) -> None:
        while True:
            while not self._waiting:
                if self._stopping:
                    return
                await self._waiting.arrival()
            batch = self._waiting.take(BATCH_MAX)
            self._record(batch)
            for given, answer in batch:
                facts = self.node.step(given)
                self._tell(facts)
                if answer is not None and not answer.done():
                    self._answer(answer, facts)
            await asyncio.sleep(0)

    def _record(self, batch: list[Waiting]) -> None:
        """Put the inputs into the journal; where the disk is full the picture goes on and actions are refused."""
        assert self._journal is not None
        if not self.recording:
            self._refuse_actions(batch)
            self.lost_records += len(batch)
            return
        mark = self._journal.mark()
        try:
            for given, _ in batch:
                self._journal.append(given)
            if any(given.kind == InputKind.ACTION for given, _ in batch):
                self._journal.sync()
            else:
                self._journal.flush()
        except OSError as error:
            self.lost_records += self._journal.take_back(mark)
            self._stop_recording(error, batch)

    def _stop_recording(self, error: OSError, batch: list[Waiting]) -> None:
        assert self._reserve is not None
        self.recording = False
        reason = "the disk is full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else str(error)
        log.error("recording_stopped", reason=reason, directory=str(self.directory))
        self._not_recorded = reason
        try:
            self._reserve.note_recorded(False)
        except OSError as failure:
            log.error("numbers_not_noted", reason=str(failure), directory=str(self.directory))
        self._refuse_actions(batch)
        text = f"{reason}: inputs are not recorded and actions are refused; free space in {self.directory}"
        self._tell(self.node.step(self._link_input(JOURNAL, "stopped", text)))

    def _refuse_actions(self, batch: list[Waiting]) -> None:
        """Take the actions out of a batch that cannot be recorded: none is stepped that a recovery would not know."""
        for waiting in batch:
            if waiting.answer is not None and not waiting.answer.done():
                waiting.answer.set_exception(RefusedError(f"not taken, because not recorded: {self._not_recorded}"))
        batch[:] = [waiting for waiting in batch if waiting.given.kind != InputKind.ACTION]

    def _try_recording_again(self) -> None:
        free_octets = shutil.disk_usage(self.directory).free
        if free_octets < self.config.retention.disk_free_mb_min * 1e6 / 10:
            return
        text = "inputs are recorded again; what came between is not"
        try:
            self._record_numbers("resumed", text, self.node.numbers())
        except OSError:
            return
        self.recording = True
        self._snapshot()

    def _record_numbers(self, state: str, text: str, numbers: dict[str, int]) -> None:
        """Let the journal know below which numbers all may be in use, and go on above them. Raises OSError."""
        assert self._journal is not None
        assert self._reserve is not None
        given = Input(self.now_ns(), JOURNAL, InputKind.LINK, link_payload(state, text, numbers))
        mark = self._journal.mark()
        try:
            self._journal.append(given)
            self._journal.sync()
        except OSError:
            self._journal.take_back(mark)
            raise
        self._tell(self.node.step(given))
        try:
            self._reserve.keep(self.node.numbers())
            self._reserve.note_recorded(True)
        except OSError as error:  # then a start goes on above them once more
            log.warning("numbers_not_noted", reason=str(error), directory=str(self.directory))

    def _tell(self, facts: list[Fact]) -> None:
        self._erase(facts)
        for fact in facts:
            encoded = encode_fact(fact)
            if self.facts_hash is not None:
                self.facts_hash.add(fact.sequence, encoded)
            self._show(fact, encoded)

    def _erase(self, facts: list[Fact]) -> None:
        """Delete what somebody said is to be erased, before it is answered, and again in a recovery."""
        for fact in facts:
            if isinstance(fact, ActionTaken) and fact.what == ERASE_PHOTO and not fact.refused:
                self._erase_one(PHOTOS, fact.fields["sha256"])
            elif isinstance(fact, PersonalRecord) and fact.is_erased:
                self._erase_one(PERSONAL, fact.sha256)

    def _erase_one(self, folder: str, sha256: str) -> bool:
        """Delete one sealed record; where that fails it is told, and tried again until it is done."""
        from skydas.store import Vault  # here: only who erases loads the store

        vault, is_new = Vault(self.directory / folder), (folder, sha256) not in self._unerased
        try:
            if folder == PHOTOS:
                vault.remove(sha256)
            else:
                vault.erase(sha256)  # the sealed octets stay: the journal names them
        except OSError as error:
            self._unerased[folder, sha256] = str(error)
            if is_new:
                log.error("record_not_erased", folder=folder, sha256=sha256, reason=str(error))
                text = f"{sha256[:12]} in {self.directory / folder} is not erased yet, tried again: {error}"
                self._waiting.put(self._link_input("erasure", "pending", text))
            return False
        if not is_new:
            del self._unerased[folder, sha256]
            self._waiting.put(self._link_input("erasure", "done", f"{sha256[:12]} is erased now"))
        return True

    def _erase_again(self) -> None:
        """Try what could not be erased, until the first that still cannot."""
        for folder, sha256 in list(self._unerased):
            if not self._erase_one(folder, sha256):
                return

    def _answer(self, answer: asyncio.Future[ActionTaken], facts: list[Fact]) -> None:
        """Say what became of an action; what is recorded but not erased is not answered as done."""
        taken = next(fact for fact in facts if isinstance(fact, ActionTaken))
        named = {taken.fields.get("sha256", "")} if taken.what == ERASE_PHOTO else set()
        named |= {fact.sha256 for fact in facts if isinstance(fact, PersonalRecord) and fact.is_erased}
        reasons = [reason for (_, sha256), reason in self._unerased.items() if sha256 in named]
        if reasons and not taken.refused:
            text = f"recorded, but not erased yet: {reasons[0]}; the node tries again until it is done and says so"
            answer.set_exception(RefusedError(text))
        else:
            answer.set_result(taken)

    def _show(self, fact: Fact, encoded: bytes) -> None:
        for inbox in self.inboxes.values():
            inbox.put(fact, encoded)

    # -- what comes in

    async def _source(self, index: int) -> None:
        source = self.config.sources[index]
        module = plugins.load("sources", source.source)
        params = plugins.params("sources", source.source, source.params, f"sources[{index}].params")
        emit = _Emitter(self, source.name)
        while True:
            try:
                await module.run(params, emit)
            except (SkydasError, OSError) as error:
                emit.link("lost", str(error))
                log.warning("source_lost", source=source.name, reason=str(error), retry_s=SOURCE_RETRY_S)
                await asyncio.sleep(SOURCE_RETRY_S)
            else:
                return

    async def _clockwork(self) -> None:
        """Tick on each whole tenth of a second, unless the sources bring a recording's time."""
        if self.config.node.clock == "sources":
            return
        while True:
            now_ns = self.clock.now_ns()
            await asyncio.sleep((TICK_NS - now_ns % TICK_NS) / NS_PER_S)
            self._waiting.put(Input(self.clock.now_ns(), CLOCK, InputKind.TICK, b""))

    def tick_to(self, rx_ns: int) -> None:
        """Put the ticks that a recording's time passes."""
        if self._next_tick_ns == 0 or rx_ns - self._next_tick_ns > 120 * NS_PER_S:
            self._next_tick_ns = (rx_ns // TICK_NS) * TICK_NS
        while self._next_tick_ns <= rx_ns:
            self._waiting.put(Input(self._next_tick_ns, CLOCK, InputKind.TICK, b""))
            self._next_tick_ns += TICK_NS

    # -- what goes out

    def _start_output(self, index: int) -> asyncio.Task[None]:
        output = self.config.outputs[index]
        name = output.name or output.kind
        module, params = self._output(index)
        return asyncio.create_task(module.run(params, self.add_output(name), self.submit_input), name=f"output {name}")

    def _safe_until(self) -> int | None:
        """Return the sequence up to which the outputs that must miss nothing are safe; None: there is none of those."""
        outputs = [self._output(index) for index in range(len(self.config.outputs))]
        safe = [module.safe_until(params) for module, params in outputs if hasattr(module, "safe_until")]
        return min(safe, default=None)

    def _output(self, index: int) -> tuple[ModuleType, Any]:
        """Return an output's module and its parameters, with the node's own where the file says nothing."""
        output = self.config.outputs[index]
        module = plugins.load("outputs", output.kind)
        given = dict(output.params)
        retention = self.config.retention
        usual = {
            "directory": str(self.history_directory),
            "node_directory": str(self.directory),
            "history_days": retention.history_days,
            "disk_free_mb_min": retention.disk_free_mb_min,
        }
        for field in msgspec.structs.fields(module.Params):
            if field.name in usual:
                given.setdefault(field.name, usual[field.name])
        return module, plugins.params("outputs", output.kind, given, f"outputs[{index}].params")

    # -- start, upkeep, end

    async def _open_journal(self) -> None:
        directory = self.directory / "journal"
        self._journal = JournalWriter(directory, int(self.config.retention.journal_segment_mb * 1e6))
        self._reserve = Reserve(directory)
        is_begun_anew = await self._recover(directory, self._reserve)
        self._go_on_from_the_journal()
        if self._reserve.is_unrecorded:
            self._number_on(self._reserve)
        self._reserve.keep(self.node.numbers())
        now_ns = self.now_ns()
        if self._journal.torn is not None:
            torn = self._journal.torn
            text = f"the last record was cut short by a crash: {torn.octets} octets set aside in {torn.path.stem}.torn"
            self._waiting.put(Input(now_ns, JOURNAL, InputKind.LINK, link_payload("torn", text)))
        if is_begun_anew:
            text = (
                "the journal's beginning was deleted by its retention and no snapshot of this version is left: "
                "tracks and open alerts from before are not known any more; numbers go on above all that were given"
            )
            self._waiting.put(Input(now_ns, JOURNAL, InputKind.LINK, link_payload("begun_anew", text)))
        first = Input(now_ns, self.config.node.name, InputKind.CONFIG, encode_config(self.config))
        self._waiting.put_first(first)

    def _number_on(self, reserve: Reserve) -> None:
        """Go on above the numbers that were given while nothing was recorded, and let the journal know of them."""
        text = "an earlier run could not record all of its inputs: numbers go on above those that it gave"
        try:
            self._record_numbers("numbered_on", text, reserve.until)
        except OSError as error:
            self.node.number_from(reserve.until)
            self._stop_recording(error, [])

    def _go_on_from_the_journal(self) -> None:
        """Begin no earlier than the journal's last input; where the machine's clock is behind it, say what to do."""
        if self.config.node.clock == "sources" or not isinstance(self.clock, LiveClock):
            return
        behind_s = (self.node.now_ns - self.clock.now_ns()) / NS_PER_S
        self.clock.go_on_from(self.node.now_ns)
        if behind_s <= CLOCK_DIFFERS_S:
            return
        self._clock_differs = True
        text = (
            f"the machine's clock is {behind_s:.0f} s behind the journal's last input, and the node goes on from the "
            "journal's time: set the machine's clock right (NTP or GNSS); if the journal's time is the wrong one, stop "
            f"the node and move {self.directory / 'journal'} away"
        )
        self._waiting.put(self._link_input(CLOCK, "behind_journal", text))

    def _compare_clocks(self) -> None:
        """Say once that the machine's clock differs from the node's time, and when that is over."""
        if self.config.node.clock == "sources" or not isinstance(self.clock, LiveClock):
            return
        ahead_s = self.clock.machine_ahead_s()
        if not self._clock_differs and abs(ahead_s) > CLOCK_DIFFERS_S:
            self._clock_differs = True
            text = (
                f"the machine's clock was set {abs(ahead_s):.1f} s {'ahead' if ahead_s > 0 else 'back'}; the node's "
                "time goes on and follows it slowly: check NTP or GNSS; where the new time is right, restart the node"
            )
            self._waiting.put(self._link_input(CLOCK, "differs", text))
        elif self._clock_differs and abs(ahead_s) < CLOCK_DIFFERS_S / 2.0:
            self._clock_differs = False
            self._waiting.put(self._link_input(CLOCK, "agrees", "the machine's clock and the node's time agree again"))

    async def _recover(self, directory: Path, reserve: Reserve) -> bool:
        """Newest snapshot that fits, and the journal after it; return whether the beginning is lost.

        A journal whose beginning is deleted, without a snapshot, tells another history than was told: what it can
        still bring is stepped unheard, and every number begins above those that were given.
        """
        assert self._journal is not None
        if self._journal.next_number == 0:
            return False
        snapshot, passed_over = newest_snapshot(directory, skydas.__version__, self._safe_until())
        for line in passed_over:
            log.warning("snapshot_passed_over", reason=line)
        start, is_lost = 0, False
        if snapshot is not None:
            self.node = Node(decode_config(snapshot.configuration), stopwatch_ns)
            self.node.restore(snapshot.state)
            again = self.node.started_again()  # for the outputs; no new fact, so not in the hash
            self._show(again, encode_fact(again))
            start = snapshot.next_number
        elif (recorded := first_configuration(directory)) is not None:
            self.node = Node(decode_config(recorded), stopwatch_ns)
            if is_lost := is_cut(directory):
                self.node.number_from(reserve.until)
        count = 0
        for record in JournalReader(directory, start):
            facts = self.node.step(record.input)
            if is_lost:
                self._erase(facts)
            else:
                self._tell(facts)
            count += 1
            if count % BATCH_MAX == 0:
                await self._outputs_keep_up()
        if is_lost:
            self.node.sequence = reserve.until.get("sequence", 0)  # what nobody heard has no sequence
        log.info("node_recovered", from_record=start, replayed=count, snapshot=snapshot is not None, is_lost=is_lost)
        return is_lost

    async def _outputs_keep_up(self) -> None:
        """While recovering nothing may be dropped: wait for the slowest output."""
        await asyncio.sleep(0)
        while any(len(inbox) > INBOX_FACTS_MAX // 2 for inbox in self.inboxes.values()):
            await asyncio.sleep(0.01)

    async def _keep(self) -> None:
        """Sync, snapshot, watch the disk, delete what is past its retention."""
        loop = asyncio.get_running_loop()
        next_snapshot = loop.time() + self.config.node.snapshot_every_s
        next_retention = loop.time()
        while True:
            await asyncio.sleep(SYNC_EVERY_S if self.recording else DISK_RETRY_S)
            assert self._journal is not None
            for source, count in sorted(self._waiting.take_untold().items()):
                self._waiting.put(self._link_input(source, "overrun", str(count)))
            assert self._reserve is not None
            self._compare_clocks()
            self._erase_again()
            if not self.recording:
                self._try_recording_again()
                with contextlib.suppress(OSError):
                    self._reserve.keep(self.node.numbers())
                continue
            if shutil.disk_usage(self.directory).free < self.config.retention.disk_free_mb_min * 1e6 / 10:
                self._stop_recording(OSError(errno.ENOSPC, "less than a tenth of disk_free_mb_min is left"), [])
                continue
            with contextlib.suppress(OSError):
                self._journal.sync()
                self._reserve.keep(self.node.numbers())
            if loop.time() >= next_snapshot:
                next_snapshot = loop.time() + self.config.node.snapshot_every_s
                self._snapshot()
            if loop.time() >= next_retention:
                next_retention = loop.time() + RETENTION_EVERY_S
                before_ns = self.now_ns() - int(self.config.retention.journal_days * NS_PER_DAY)
                with contextlib.suppress(OSError, JournalError):
                    self._journal.delete_before(before_ns)

    def _snapshot(self) -> None:
        """Write the state as it is between two inputs; not while an erasure waits, which a start must find again."""
        assert self._journal is not None
        if self._journal.next_number == 0 or self._unerased:
            return
        state = Snapshot(
            skydas.__version__, encode_config(self.node.config), self._journal.next_number, self.node.state()
        )
        try:
            self._journal.sync()
            write_snapshot(self._journal.directory, state)
        except OSError as error:
            log.warning("snapshot_failed", reason=str(error))

    async def _stop(
        self, core: asyncio.Task[None], others: list[asyncio.Task[None]], outputs: list[asyncio.Task[None]]
    ) -> None:
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        self.stop()
        with contextlib.suppress(asyncio.CancelledError):
            await core
        for inbox in self.inboxes.values():
            inbox.end()
        await asyncio.gather(*outputs, return_exceptions=True)
        if self._journal is not None:
            if self.recording:
                self._snapshot()
            try:
                self._journal.close()
            except OSError as error:
                log.error("journal_not_synced", reason=str(error), directory=str(self.directory))
                if self._reserve is not None:
                    with contextlib.suppress(OSError):
                        self._reserve.note_recorded(False)
            if self._reserve is not None:
                with contextlib.suppress(OSError):
                    self._reserve.settle(self.node.numbers())

    def _link_input(self, source: str, state: str, text: str) -> Input:
        return Input(self.now_ns(), source, InputKind.LINK, link_payload(state, text))


class _Emitter:
    """What a source calls; satisfies `skydas.sources.Emit`."""

    def __init__(self, running: Running, source: str) -> None:
        self._running = running
        self._source = source

    async def __call__(
        self, payload: bytes, rx_ns: int | None = None, source: str | None = None, connection: int = 0
    ) -> None:
        running = self._running
        await running._waiting.room()
        at_ns = running.clock.now_ns() if rx_ns is None else rx_ns
        if running.config.node.clock != "sources" and at_ns > (now_ns := running.clock.now_ns()) + LEAD_NS_MAX:
            at_ns = now_ns
        stream = stream_name(source or self._source, connection)
        running._waiting.put(Input(at_ns, stream, InputKind.DATA, payload))

    def nowait(self, payload: bytes, source: str | None = None) -> bool:
        running = self._running
        given = Input(running.clock.now_ns(), source or self._source, InputKind.DATA, payload)
        return running._waiting.offer(given)

    async def tick(self, rx_ns: int) -> None:
        if self._running.config.node.clock == "sources":
            await self._running._waiting.room()
            self._running.tick_to(rx_ns)

    def truth(self, rows: Rows) -> None:
        self._running.truth = rows

    def link(self, state: str, text: str = "", connection: int = 0) -> None:
        running = self._running
        stream = stream_name(self._source, connection)
        running._waiting.put(Input(running.now_ns(), stream, InputKind.LINK, link_payload(state, text)))


def running_metrics(running: Running) -> dict[str, Any]:
    """Return the stage times and counts that are not facts."""
    return {
        "stages": running.node.stage_times.summary(),
        "tracker": running.node.tracker_counters(),
        "dropped_inputs": dict(sorted(running._waiting.dropped.items())),
        "dropped_facts": {name: inbox.dropped for name, inbox in running.inboxes.items()},
        "recording": running.recording,
        "lost_records": running.lost_records,
    }
