"""How much of a core 50 pages cost at 20,000 track updates a second, and how old a frame is when a page has it.

    python bench/websocket.py [--clients 50] [--updates-per-s 20000] [--seconds 10] [--json]

The server (hub, gate, Litestar, uvicorn) runs in this process, the clients in another. Latency is from the moment the
hub made a frame to the moment a client's program has it whole; both read the same machine's clock. The share of a
core is CPU time over wall time of the server's process, with the share of making the tracks taken apart.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import platform
import resource
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from skydas.model import ActionTaken, Frame, NodeConfig, Rows, TrackStatus, empty_tracks
from skydas.model.config import NodeSection, WebSection
from skydas.outputs.websocket import Hub
from skydas.web import WebState, create_app, listen, serve

INTERVAL_S = 0.1
TARGET_CORE_SHARE = 0.05
TARGET_P99_S = 0.010


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--updates-per-s", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = asyncio.run(measure(given.clients, given.updates_per_s, given.seconds))
    if given.json:
        print(json.dumps(found, indent=2))
        return
    print(f"{found['clients']} clients, {found['updates_per_s']:.0f} updates/s, {found['mb_per_s']:.1f} MB/s")
    print(f"server: {found['core_share']:.1%} of a core (target {TARGET_CORE_SHARE:.0%})")
    print(f"latency: p50 {found['p50_ms']:.2f} ms, p99 {found['p99_ms']:.2f} ms (target {TARGET_P99_S * 1e3:.0f} ms)")


async def measure(client_count: int, updates_per_s: int, seconds: float) -> dict[str, Any]:
    """Return the figures of one run."""
    config = NodeConfig(node=NodeSection(name="bench"), web=WebSection(port=0))
    hub = Hub(config, "bench")
    app = create_app(WebState(config, hub, _refuse, dict))
    listening = listen(config.web)
    port = listening.getsockname()[1]
    serving = asyncio.create_task(serve(app, config.web, listening))
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    clients = multiprocessing.get_context("spawn").Process(target=run_clients, args=(theirs, port, client_count))
    clients.start()
    rows = _tracks(round(updates_per_s * INTERVAL_S))
    sequence = 0
    while not ours.poll():  # until every client has its first snapshot
        sequence = _step(hub, rows, sequence)
        await asyncio.sleep(INTERVAL_S)
    ours.recv()
    cpu_s, wall_s, made_s = _cpu_s(), time.perf_counter(), 0.0
    count = 0
    due_s = time.perf_counter()
    while time.perf_counter() - wall_s < seconds:
        before_s = time.process_time()
        fact = _fact(rows, sequence := sequence + 1)
        made_s += time.process_time() - before_s
        hub.add(fact)
        hub.tick()
        count += len(rows)
        due_s += INTERVAL_S
        await asyncio.sleep(max(0.0, due_s - time.perf_counter()))
    cpu_s, wall_s = _cpu_s() - cpu_s - made_s, time.perf_counter() - wall_s
    ours.send("stop")
    ages_s, octets, frames, gaps = ours.recv()
    clients.join()
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    ages_s = np.sort(ages_s)
    return {
        "clients": client_count,
        "updates_per_s": count / wall_s,
        "seconds": wall_s,
        "core_share": cpu_s / wall_s,
        "p50_ms": float(np.quantile(ages_s, 0.50) * 1e3),
        "p99_ms": float(np.quantile(ages_s, 0.99) * 1e3),
        "max_ms": float(ages_s[-1] * 1e3),
        "frames_received": frames,
        "gaps": gaps,
        "mb_per_s": octets / wall_s / 1e6,
        "load_1_min": os.getloadavg()[0],
        "cpu_count": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
    }


def run_clients(pipe: Connection, port: int, client_count: int) -> None:
    """Run all clients in a process of their own; send back the ages of frames."""
    asyncio.run(_clients(pipe, port, client_count))


class _Page(asyncio.BufferedProtocol):
    """A client that reads frames and their ages and does nothing else, so that the figures are the server's."""

    def __init__(self, port: int, all_counts: _Counts) -> None:
        self._request = (
            f"GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        self._counts = all_counts
        self._held = bytearray(1 << 20)
        self._used = 0
        self._greeted = False
        self._last: int | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        transport.write(self._request.encode())

    def get_buffer(self, sizehint: int) -> memoryview:
        return memoryview(self._held)[self._used :]

    def buffer_updated(self, nbytes: int) -> None:
        self._used += nbytes
        at = 0
        if not self._greeted:
            end = self._held.find(b"\r\n\r\n", 0, self._used)
            if end < 0:
                return
            self._greeted, at = True, end + 4
        while (whole := self._frame_at(at)) is not None:
            start, at = whole
            self._take(start, at)
        self._held[: self._used - at] = self._held[at : self._used]
        self._used -= at

    def _frame_at(self, at: int) -> tuple[int, int] | None:
        """Return where a WebSocket frame's payload starts and ends, RFC 6455 section 5.2; None until it is whole."""
        head = 2
        if self._used - at < head:
            return None
        length = self._held[at + 1] & 0x7F
        if length > 125:
            head = 4 if length == 126 else 10
            length = int.from_bytes(self._held[at + 2 : at + head], "big")
        end = at + head + length
        return (at + head, end) if end <= self._used else None

    def _take(self, start: int, end: int) -> None:
        now_ns = time.time_ns()
        kind, seq = self._held[start], int.from_bytes(self._held[start + 4 : start + 8], "little")
        counts = self._counts
        if kind == 1:
            counts.ready += 1
        elif counts.measuring:
            counts.gaps += self._last is not None and seq > self._last + 1
            counts.octets += end - start
            counts.frames += 1
            if kind == 2:
                made_ns = int.from_bytes(self._held[start + 8 : start + 16], "little")
                counts.ages_s.append((now_ns - made_ns) / 1e9)
        self._last = seq


@dataclass
class _Counts:
    ages_s: list[float] = field(default_factory=list)
    octets: int = 0
    frames: int = 0
    gaps: int = 0
    ready: int = 0
    measuring: bool = False


async def _clients(pipe: Connection, port: int, client_count: int) -> None:
    counts = _Counts()
    loop = asyncio.get_running_loop()
    for _ in range(client_count):
        await loop.create_connection(lambda: _Page(port, counts), "127.0.0.1", port)
    while counts.ready < client_count:
        await asyncio.sleep(0.01)
    counts.measuring = True
    pipe.send("ready")
    await asyncio.to_thread(pipe.recv)
    pipe.send((counts.ages_s, counts.octets, counts.frames, counts.gaps))


def _tracks(count: int) -> Rows:
    rng = np.random.default_rng(1)
    rows = empty_tracks(count)
    rows["track_no"] = np.arange(1, count + 1)
    rows["status"] = TrackStatus.CONFIRMED
    rows["latitude_deg"] = rng.uniform(53.0, 58.0, count)
    rows["longitude_deg"] = rng.uniform(20.0, 28.0, count)
    rows["height_hae_m"] = rng.uniform(50.0, 11_000.0, count)
    rows["velocity_mps"] = rng.normal(0.0, 150.0, (count, 3))
    rows["cov"] = 100.0
    rows["sensors"] = 7
    return rows


def _fact(rows: Rows, sequence: int) -> Frame:
    """Return a fact whose time is now: a frame bears the time of its last fact."""
    now_ns = time.time_ns()
    rows["t_ns"] = rows["last_plot_ns"] = now_ns
    return Frame(node="bench", sequence=sequence, now_ns=now_ns, tracks=rows.tobytes())


def _step(hub: Hub, rows: Rows, sequence: int) -> int:
    hub.add(_fact(rows, sequence + 1))
    hub.tick()
    return sequence + 1


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def _refuse(action: object) -> ActionTaken:
    raise NotImplementedError(action)


if __name__ == "__main__":
    main()
