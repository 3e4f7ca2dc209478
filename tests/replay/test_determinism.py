"""The same inputs give the same facts: twice, after a snapshot, and after a live run over real sockets."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest

from skydas.journal import JournalReader
from skydas.model import (
    Action,
    Frame,
    Input,
    InputKind,
    NodeConfig,
    Notice,
    OutputConfig,
    PlotFrame,
    SourceConfig,
    SourceStatus,
    TrackStatus,
    decode_fact,
)
from skydas.node import FactsHash, Node, Running, replay
from skydas.sim import Emission
from tests.replay.scenes import facts_of, in_directory, inputs_of, scene


def test_a_scene_gives_tracks() -> None:
    config, emissions = scene("three-radars", 60.0)
    facts, _ = facts_of(Node(config), inputs_of(config, emissions))
    frames = [fact for fact in map(decode_fact, facts) if isinstance(fact, Frame)]
    rows = np.concatenate([frame.rows() for frame in frames])
    assert (rows["status"] == TrackStatus.CONFIRMED).sum() > 100
    confirmed = rows[rows["status"] == TrackStatus.CONFIRMED]
    for name in ("latitude_deg", "longitude_deg", "height_hae_m", "position_enu_m", "velocity_mps", "cov", "existence"):
        assert np.isfinite(confirmed[name]).all(), name


def test_the_same_inputs_give_the_same_facts_in_two_processes() -> None:
    script = (
        "from tests.replay.scenes import *; from skydas.node import Node\n"
        "config, emissions = scene('three-radars', 20.0)\n"
        "print(facts_of(Node(config), inputs_of(config, emissions))[1])\n"
    )
    root = Path(__file__).parent.parent.parent
    hashes = []
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        made = subprocess.run(
            [sys.executable, "-c", script], cwd=root, env=environment, capture_output=True, text=True, check=True
        )
        hashes.append(made.stdout)
    assert hashes[0] == hashes[1]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_node_restored_from_a_snapshot_goes_on_with_the_same_facts(share: float) -> None:
    config, emissions = scene("three-radars", 40.0)
    inputs = inputs_of(config, emissions)
    cut = int(len(inputs) * share)
    whole, _ = facts_of(Node(config), inputs)
    first = Node(config)
    before, _ = facts_of(first, inputs[:cut])
    second = Node(config)
    second.restore(first.state())
    assert second.state() == first.state()
    after, _ = facts_of(second, inputs[cut:])
    assert before + after == whole


def test_stage_times_are_measured_but_never_in_a_fact() -> None:
    config, emissions = scene("three-radars", 10.0)
    inputs = inputs_of(config, emissions)
    ticking = iter(range(10**9))
    watched = Node(config, lambda: next(ticking) * 1_000)
    assert facts_of(watched, inputs)[1] == facts_of(Node(config), inputs)[1]
    assert {"decode", "intake", "track", "step", "tick"} <= set(watched.stage_times.summary())


def udp_node(directory: Path) -> tuple:  # type: ignore[type-arg]
    config, emissions = scene("three-radars", 8.0)
    ports = {}
    sources = []
    for source in config.sources:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            ports[source.name] = probe.getsockname()[1]
        sources.append(
            SourceConfig(
                name=source.name,
                source="udp",
                format=source.format,
                params={"port": ports[source.name]},
                sensor=source.sensor,
            )
        )
    config = msgspec.structs.replace(in_directory(config, directory), sources=sources)
    config = msgspec.structs.replace(config, outputs=[OutputConfig(kind="parquet")])
    return config, ports, emissions


async def live(config: NodeConfig, ports: dict[str, int], emissions: list[Emission]) -> FactsHash:
    """Run a node, send it what the sensors send over UDP, act once, stop it; return the hash of what it told."""
    running = Running(config, keep_hash=True)
    ready = asyncio.Event()
    task = asyncio.create_task(running.run(ready))
    await ready.wait()
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for number, emission in enumerate(emissions):
        sender.sendto(emission.payload, ("127.0.0.1", ports[emission.source]))
        if number % 20 == 0:
            await asyncio.sleep(0.002)
    taken = await running.submit(Action("watch", "officer", "remark", {"text": "seen"}))
    assert not taken.refused
    await asyncio.sleep(0.3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert running.facts_hash is not None
    return running.facts_hash


def test_a_live_run_over_udp_and_its_replay_have_the_same_hash(tmp_path: Path) -> None:
    config, ports, emissions = udp_node(tmp_path)
    told = asyncio.run(live(config, ports, emissions))
    facts_hash = FactsHash()
    inputs = [record.input for record in JournalReader(tmp_path)]
    assert sum(given.kind == InputKind.DATA for given in inputs) == len(emissions)
    facts = [fact for fact, _ in replay(Node(config), inputs, facts_hash)]
    assert facts_hash.count == told.count
    assert facts_hash.hexdigest() == told.hexdigest()
    assert any(isinstance(fact, Notice) and fact.what == "remark_made" for fact in facts)
    assert any(isinstance(fact, PlotFrame) for fact in facts)


def test_a_node_that_went_on_says_from_which_fact_its_hash_begins_and_a_replay_from_there_has_it(
    tmp_path: Path,
) -> None:
    config, ports, emissions = udp_node(tmp_path)
    asyncio.run(live(config, ports, emissions))
    told = asyncio.run(live(config, ports, emissions[:50]))
    assert told.sequence_first is not None
    assert told.sequence_first > 0
    facts_hash = FactsHash(told.sequence_first)
    for _ in replay(Node(config), (record.input for record in JournalReader(tmp_path)), facts_hash):
        pass
    assert (facts_hash.count, facts_hash.hexdigest()) == (told.count, told.hexdigest())


def test_what_was_acknowledged_survives_kill_9_and_the_node_goes_on(tmp_path: Path) -> None:
    """An action's answer comes after its record is on disk, so killing at that instant may lose nothing."""
    script = """
import asyncio, sys
from pathlib import Path
from skydas.cli.terminal import log_to_stderr
from skydas.model import Action
from skydas.node import Running
from tests.replay.scenes import in_directory, scene
config, _ = scene("three-radars", 1.0)
log_to_stderr()
async def main():
    running = Running(in_directory(config, Path(sys.argv[1])))
    asyncio.get_running_loop().create_task(running.run())
    number = 0
    while True:
        await running.submit(Action("watch", "officer", "remark", {"text": str(number)}))
        print(number, flush=True)
        number += 1
asyncio.run(main())
"""
    root = Path(__file__).parent.parent.parent
    acknowledged = []
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path)], cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(20)]
        os.kill(process.pid, signal.SIGKILL)
        lines += process.stdout.read().splitlines(keepends=True)
        process.wait()
        whole = [line.strip() for line in lines if line.endswith(b"\n")]
        acknowledged.append([line.decode() for line in whole if line.isdigit()])
    recorded = [
        msgspec.msgpack.decode(record.input.payload, type=Action).fields["text"]
        for record in JournalReader(tmp_path)
        if record.input.kind == InputKind.ACTION
    ]
    for run in acknowledged:
        assert len(run) >= 20
        at = recorded.index("0") if "0" in recorded else -1
        assert recorded[at : at + len(run)] == run
        del recorded[: at + len(run)]


def test_bad_input_is_counted_by_reason_and_the_picture_carries_on() -> None:
    config, emissions = scene("three-radars", 20.0)
    inputs = inputs_of(config, emissions)
    clean, _ = facts_of(Node(config), inputs)
    source = config.sources[0].name
    dirty = []
    for number, given in enumerate(inputs):
        dirty.append(given)
        if number % 50 == 10:
            dirty.append(Input(given.rx_ns, source, InputKind.DATA, b"\x30\x00\x09\xff\xff\xff\xff\xff\xff"))
            dirty.append(Input(given.rx_ns, source, InputKind.DATA, bytes(range(64))))
            dirty.append(Input(given.rx_ns, "nobody", InputKind.DATA, b"octets of a source that is not configured"))
            dirty.append(Input(given.rx_ns, source, InputKind.LINK, b"not json"))
    facts = [decode_fact(encoded) for encoded in facts_of(Node(config), dirty)[0]]
    statuses = {fact.source: fact for fact in facts if isinstance(fact, SourceStatus)}
    assert sum(statuses[source].rejected.values()) > 5
    assert statuses["nobody"].rejected["source_without_format"] > 5
    tracked = [fact.tracks for fact in facts if isinstance(fact, Frame)]
    assert tracked == [fact.tracks for fact in map(decode_fact, clean) if isinstance(fact, Frame)]


def test_a_clock_that_jumps_back_is_counted_and_time_never_runs_backwards() -> None:
    config, emissions = scene("three-radars", 10.0)
    inputs = inputs_of(config, emissions)
    late = [msgspec.structs.replace(inputs[50], rx_ns=inputs[50].rx_ns - 3_600_000_000_000)]
    facts = [decode_fact(encoded) for encoded in facts_of(Node(config), inputs[:60] + late + inputs[60:])[0]]
    assert [fact.now_ns for fact in facts] == sorted(fact.now_ns for fact in facts)
    statuses = [fact for fact in facts if isinstance(fact, SourceStatus)]
    assert any(fact.rejected.get("clock_went_back") for fact in statuses)


def test_facts_are_numbered_without_a_gap() -> None:
    config, emissions = scene("three-radars", 10.0)
    facts = [decode_fact(encoded) for encoded in facts_of(Node(config), inputs_of(config, emissions))[0]]
    assert [fact.sequence for fact in facts] == list(range(len(facts)))


def test_replay_prints_the_same_hash_twice(tmp_path: Path) -> None:
    from skydas.journal import JournalWriter

    config, emissions = scene("three-radars", 10.0)
    writer = JournalWriter(tmp_path / "journal")
    for given in inputs_of(config, emissions):
        writer.append(given)
    writer.close()
    summaries = []
    for name in ("one", "two"):
        command = [sys.executable, "-m", "skydas", "replay", str(tmp_path / "journal"), "--out", str(tmp_path / name)]
        made = subprocess.run([*command, "--json"], capture_output=True, text=True, check=True)
        summaries.append(json.loads(made.stdout))
    assert summaries[0]["facts_sha256"] == summaries[1]["facts_sha256"]
    assert summaries[0]["tracks_confirmed"] > 0
    for name in ("plots.parquet", "tracks.parquet", "groups.parquet", "facts.jsonl"):
        assert (tmp_path / "one" / name).stat().st_size > 500
