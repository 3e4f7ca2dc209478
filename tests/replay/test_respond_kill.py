"""Alerts outlive the process: a node that people look at and answer over its API is killed and started again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from skydas.journal import JournalWriter
from tests.replay.flights import Flight, lines_at

START_S_MAX = 90.0  # compiled kernels are loaded on a busy machine
NODE = """
[node]
name = "lt-1"
origin = "exercise"
directory = "data"
clock = "sources"
snapshot_every_s = 1.0

[retention]
journal_segment_mb = 0.1

[[sensors]]
id = 1
name = "receiver"
kind = "tracker"
latitude_deg = 55.0
longitude_deg = 24.0
period_s = 1.0

[[sources]]
name = "receiver"
source = "file"
format = "plots"
sensor = "receiver"
params = { path = "reports.jsonl", speed = 20.0 }

[web]
port = PORT
"""


def started(directory: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "skydas", "run", "node.toml"],
        cwd=directory,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def until(client: httpx.Client, path: str, holds: Callable[[Any], bool]) -> Any:
    """Return the first answer for which something holds."""
    end_s = time.monotonic() + START_S_MAX
    while time.monotonic() < end_s:
        try:
            answer = client.get(path)
            if answer.status_code == 200 and holds(answer.json()):
                return answer.json()
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"{path} never answered as it should")


def test_after_kill_9_every_alert_and_every_answer_is_there_again(tmp_path: Path) -> None:
    flights = [
        Flight(f"LOT{k}", 55.0 + 0.1 * k, 24.0, code=lambda s, k=k: "7700" if s > 10 * k else "1234") for k in range(8)
    ]
    (tmp_path / "reports.jsonl").write_bytes(b"".join(lines_at(flights, second) for second in range(1200)))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "node.toml").write_text(NODE.replace("PORT", str(port)))
    address = f"http://127.0.0.1:{port}"
    process = started(tmp_path)
    try:
        with httpx.Client(base_url=address) as client:
            until(client, "/api/v1/standing/alerts", lambda alerts: len(alerts) >= 4)
            for what, fields in (
                ("acknowledge_alert", {"number": "1"}),
                ("shelve_alert", {"number": "2", "reason": "<i>known</i>", "minutes": "300"}),
                ("open_incident", {"alert": "3", "category": "aircraft"}),
                ("start_shift", {}),
            ):
                body = {"what": what, "who": "watch 1", "role": "operator", "fields": fields}
                taken = client.post("/api/v1/actions", json=body)
                assert (taken.status_code, taken.json()["refused"]) == (201, "")
            before = client.get("/api/v1/standing/alerts").json()
            os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process = started(tmp_path)
        with httpx.Client(base_url=address) as client:
            told = {fields["number"] for fields in before}
            after = until(client, "/api/v1/standing/alerts", lambda alerts: told <= {one["number"] for one in alerts})
            again = {fields["number"]: fields for fields in after}
            for alert in before:
                for name in ("rule", "raised_ns", "track_nos", "asset", "first_plot_ns"):
                    assert again[alert["number"]][name] == alert[name]
            assert (again[1]["state"], again[1]["who"]) == ("acknowledged", "watch 1")
            assert (again[2]["state"], again[2]["reason"]) == ("shelved", "<i>known</i>")
            [incident] = client.get("/api/v1/standing/incidents").json()
            assert (incident["alerts"], incident["category"], incident["state"]) == ([3], "aircraft", "open")
            [entry] = client.get("/api/v1/standing/shifts").json()
            assert (entry["what"], entry["who"]) == ("shift_started", "watch 1")
            load = until(client, "/api/v1/alerts/performance", lambda load: load["activation_count"] >= 4)
            assert load["priorities"]["1"]["answered_count"] == 2
            form = client.get("/api/v1/incidents/form").json()
            assert form["categories"][0] == "drone"
    finally:
        process.kill()
        process.wait()


def test_a_node_whose_past_is_lost_gives_no_number_again(tmp_path: Path) -> None:
    """Killed, the journal's beginning deleted by its retention, and no snapshot that this version can read."""
    flights = [Flight(f"LOT{k}", 55.0 + 0.1 * k, 24.0, code=lambda s: "7700") for k in range(4)]
    reports = tmp_path / "reports.jsonl"
    reports.write_bytes(b"".join(lines_at(flights, second) for second in range(1200)))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "node.toml").write_text(NODE.replace("PORT", str(port)))
    opening = {"what": "open_incident", "who": "watch 1", "fields": {"headline": "Seen", "category": "drone"}}
    opening["fields"] |= {"latitude_deg": "55.5", "longitude_deg": "24.5"}
    address = f"http://127.0.0.1:{port}"
    process = started(tmp_path)
    try:
        with httpx.Client(base_url=address) as client:
            before = until(client, "/api/v1/standing/alerts", lambda alerts: len(alerts) >= 4)
            assert client.post("/api/v1/actions", json=opening).json()["refused"] == ""
            [incident] = client.get("/api/v1/standing/incidents").json()
            journal = tmp_path / "data" / "journal"
            end_s = time.monotonic() + START_S_MAX
            while len(list(journal.glob("*.skj"))) < 2 and time.monotonic() < end_s:
                time.sleep(0.05)
            os.kill(process.pid, signal.SIGKILL)
        process.wait()
        writer = JournalWriter(journal)
        assert writer.delete_before(2**62) > 0
        writer.close()
        for snapshot in journal.glob("*.sks"):
            snapshot.unlink()
        reports.write_bytes(b"".join(lines_at(flights, second) for second in range(1300, 2500)))
        process = started(tmp_path)
        with httpx.Client(base_url=address) as client:
            after = until(client, "/api/v1/standing/alerts", lambda alerts: len(alerts) >= 4)
            for kind in ("number", "sequence"):
                assert min(one[kind] for one in after) > max(one[kind] for one in before)
            numbers = [max(track for one in before for track in one["track_nos"])]
            assert min(track for one in after for track in one["track_nos"]) > numbers[0]
            assert client.post("/api/v1/actions", json=opening).json()["refused"] == ""
            assert all(one["number"] > incident["number"] for one in client.get("/api/v1/standing/incidents").json())
    finally:
        process.kill()
        process.wait()
