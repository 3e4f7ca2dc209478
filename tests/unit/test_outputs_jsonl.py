"""Facts as JSON lines."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import msgspec
import pytest

from skydas.errors import OutputError
from skydas.model import Fact
from skydas.outputs import jsonl
from tests.facts import T0_NS, Emitted, ListInbox, frame, notice, plots, started, tracks


def write(path: Path, facts: list[Fact], **params: object) -> list[dict[str, object]]:
    """Run the output over facts as the node would; return its lines."""
    given = msgspec.convert({"path": str(path), **params}, jsonl.Params)
    asyncio.run(jsonl.run(given, ListInbox(facts), Emitted()))
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_facts_come_out_in_order_and_a_frame_is_a_line_a_track(tmp_path: Path) -> None:
    facts: list[Fact] = [started(), frame(1, tracks([1, 2])), frame(2, tracks([3])), notice(3), plots(4, 2)]
    lines = write(tmp_path / "facts.jsonl", facts)
    assert [(line["type"], line["sequence"], line.get("track_no")) for line in lines] == [
        ("NodeStarted", 0, None),
        ("Frame", 1, 1),
        ("Frame", 1, 2),
        ("Frame", 2, 3),
        ("Notice", 3, None),
    ]
    assert lines[1]["sensors"] == ["radar-1", "adsb-1"]
    assert lines[1]["now_ns"] == T0_NS
    assert "mode_s" not in lines[1]


def test_frames_and_plots_are_written_only_if_asked_for(tmp_path: Path) -> None:
    facts: list[Fact] = [started(), frame(1, tracks([1])), plots(2, 2, source="b"), plots(3, 1, source="a")]
    lines = write(tmp_path / "facts.jsonl", facts, frames=False, plots=True)
    assert [(line["type"], line["sequence"], line.get("source")) for line in lines] == [
        ("NodeStarted", 0, None),
        ("PlotFrame", 2, "b"),
        ("PlotFrame", 2, "b"),
        ("PlotFrame", 3, "a"),
    ]


def test_a_file_is_continued_without_repeating_facts_and_a_torn_line_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "facts.jsonl"
    write(path, [started(), notice(1), notice(2)])
    with path.open("ab") as file:
        file.write(b'{"type":"Notice","seq')
    lines = write(path, [notice(1), notice(2), notice(3)])
    assert [line["sequence"] for line in lines] == [0, 1, 2, 3]


def test_a_large_file_is_renamed_and_the_oldest_go(tmp_path: Path) -> None:
    path = tmp_path / "facts.jsonl"
    write(path, [started(), *(notice(n) for n in range(1, 40))], size_mb_max=100 / 1e6)
    names = sorted(file.name for file in tmp_path.iterdir())
    assert names == ["facts.jsonl", *(f"facts.jsonl.{n}" for n in range(1, jsonl.FILES_MAX))]
    newest = path.with_name("facts.jsonl.1").read_text().splitlines()
    assert json.loads(newest[-1])["sequence"] == 39


def test_a_path_that_cannot_be_written_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="make room or change path"):
        write(tmp_path, [started()])
