"""`skydas doctor`: a fault is a fault, whether it stands in the file or shows when a source is opened."""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path
from typing import Any

import pytest

from skydas.cli.doctor import doctor
from skydas.errors import ConfigError
from tests.paths import REPOSITORY


def node_file(folder: Path, *sources: str) -> Path:
    """Return the path of a node file with these inline tables as its sources."""
    tables = "".join(f'[[sources]]\nname = "s{at}"\n{source}\n' for at, source in enumerate(sources))
    path = folder / "node.toml"
    path.write_text(
        f'[node]\nname = "here"\ndirectory = "{folder}/data"\n\n[retention]\ndisk_free_mb_min = 1\n\n{tables}'
    )
    return path


def unused_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def examine(path: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Return what doctor finds in a file that has faults."""
    with pytest.raises(ConfigError, match="fault"):
        doctor(path, listen_s=0.3, json=True)
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_source_that_cannot_be_opened_is_a_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = node_file(
        tmp_path,
        f'source = "udp"\nformat = "avr"\nparams = {{ port = {unused_port(socket.SOCK_DGRAM)} }}',
        'source = "udp"\nformat = "avr"\nparams = { port = 8600, group = "239.192.1.1", interface = "192.0.2.10" }',
        'source = "file"\nformat = "avr"\nparams = { path = "nowhere.txt" }',
        f'source = "tcp"\nformat = "avr"\nparams = {{ port = {unused_port(socket.SOCK_STREAM)} }}',
    )
    faults = examine(path, capsys)["faults"]
    assert [fault.split(":")[0] for fault in faults] == ["sources[1]", "sources[2]", "sources[3]"]
    assert "cannot listen" in faults[0]
    assert "nowhere.txt cannot be read" in faults[1]
    assert "trying again" in faults[2]


def test_the_sound_sources_are_heard_though_the_file_has_faults(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "lines.csv").write_text("t_ns,azimuth_true_deg\n1717664319250000000,12.5\n")
    path = node_file(
        tmp_path,
        'source = "pigeon"\nformat = "avr"',
        f'source = "file"\nformat = "plots"\nparams = {{ path = "{tmp_path}/lines.csv", speed = 0 }}',
    )
    found = examine(path, capsys)
    assert found["faults"][0].startswith("sources[0].source: there is no 'pigeon'")
    assert [(row["source"], row["plots"]) for row in found["sources"]] == [("s1", 1)]


def test_a_fed_source_is_heard_through_the_one_that_feeds_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shipped = (REPOSITORY / "src/skydas/sim/scenarios/three-radars.toml").read_text()
    (tmp_path / "short.toml").write_text(re.sub("duration_s = .*", "duration_s = 8.0", shipped, count=1))
    scene = f'params = {{ scenario = "{tmp_path}/short.toml", now = false, speed = 0 }}'
    path = node_file(tmp_path, f'source = "sim"\n{scene}')
    path.write_text(path.read_text() + '[[sources]]\nname = "north"\nsource = "fed"\nformat = "asterix"\n')
    doctor(path, listen_s=60.0, json=True)  # the scene ends long before
    heard = {row["source"]: row for row in json.loads(capsys.readouterr().out)["sources"]}
    assert heard["north"]["plots"] > 0
    assert heard["north"]["link"].startswith("ended: scenario")


def test_one_fault_is_not_called_faults(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ConfigError, match=r"node\.toml: 1 fault$"):
        doctor(node_file(tmp_path), listen_s=0.1)
    assert ": 1 fault\n" in capsys.readouterr().out
