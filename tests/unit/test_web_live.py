"""The live link over real sockets: pages that read, pages that do not, pages that go away."""

from __future__ import annotations

import asyncio
import json
import socket
from typing import Any

import numpy as np
import pytest
import websockets

from skydas.outputs import websocket
from skydas.outputs._page_wire import RECORD
from tests.facts import after, frame, tracks
from tests.served import Served, served

SNAPSHOT, UPDATE, TEXT = 1, 2, 3
UPGRADE = (
    "GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def run(scenario: Any) -> None:
    async def serve() -> None:
        async with served() as server:
            await scenario(server)

    asyncio.run(serve())


def connect(server: Served) -> Any:
    return websockets.connect(f"ws://127.0.0.1:{server.port}/api/v1/live", max_size=None, compression=None)


def seq(one: bytes) -> int:
    return int.from_bytes(one[4:8], "little")


def numbers(one: bytes) -> list[int]:
    found: list[int] = np.frombuffer(one, RECORD, offset=24)["track_no"].tolist()
    return found


async def until(link: Any, kind: int) -> bytes:
    while (one := await link.recv())[0] != kind:
        pass
    made: bytes = one
    return made


async def read_on(link: Any) -> None:
    while True:
        await link.recv()


def test_the_snapshot_is_the_picture_and_updates_follow_it() -> None:
    async def scenario(server: Served) -> None:
        server.hub.add(frame(1, tracks([1, 2, 3])))
        server.hub.tick()
        async with connect(server) as link:
            first = await link.recv()
            assert json.loads(first[16:])["type"] == "node"
            snapshot = await until(link, SNAPSHOT)
            assert numbers(snapshot) == server.hub.tracks["track_no"].tolist() == [1, 2, 3]
            server.hub.add(frame(2, tracks([2], after(1))))
            server.hub.tick()
            update = await until(link, UPDATE)
            assert (numbers(update), seq(update)) == ([2], seq(snapshot) + 1)

    run(scenario)


def test_a_page_that_stops_reading_slows_no_other_and_recovers_by_a_snapshot() -> None:
    many = list(range(1, 5_001))  # 200 kB a frame: the slow page's buffers are soon full

    async def scenario(server: Served) -> None:
        loop = asyncio.get_running_loop()
        slow = socket.socket()
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.setblocking(False)
        await loop.sock_connect(slow, ("127.0.0.1", server.port))
        await loop.sock_sendall(slow, UPGRADE.format(port=server.port).encode())
        async with connect(server) as quick:
            await until(quick, SNAPSHOT)
            assert (await quick.recv())[0] == TEXT  # the names in the snapshot,
            assert (await quick.recv())[0] == TEXT  # and what stands
            while server.hub.node_text().client_count < 2:
                await asyncio.sleep(0)
            expected = server.hub.seq
            for n in range(1, 120):
                server.hub.add(frame(n, tracks(many, after(n))))
                server.hub.tick()
                while expected < server.hub.seq:
                    expected += 1
                    assert seq(await quick.recv()) == expected
        assert server.hub.dropped_count > 50
        reader, writer = await asyncio.open_connection(sock=slow)
        await reader.readuntil(b"\r\n\r\n")
        seen = [await frame_of(reader)]
        while seq(seen[-1]) < server.hub.seq:
            seen.append(await frame_of(reader))
        gaps = [b - a for a, b in zip(map(seq, seen), map(seq, seen[1:]), strict=False) if b - a > 1]
        assert gaps
        writer.write(masked_text(b"snapshot"))
        while (one := await frame_of(reader))[0] != SNAPSHOT:
            pass
        assert (numbers(one), seq(one)) == (many, server.hub.seq)
        writer.close()

    run(scenario)


async def frame_of(reader: asyncio.StreamReader) -> bytes:
    """Return the payload of the next binary WebSocket frame, RFC 6455 section 5.2; pings are passed over."""
    while True:
        head = await reader.readexactly(2)
        length = head[1] & 0x7F
        if length > 125:
            length = int.from_bytes(await reader.readexactly(2 if length == 126 else 8), "big")
        payload = await reader.readexactly(length)
        if head[0] & 0x0F == 2:
            return payload


def masked_text(payload: bytes) -> bytes:
    return bytes([0x81, 0x80 | len(payload), 0, 0, 0, 0]) + payload


def test_a_page_that_takes_nothing_for_too_long_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("skydas.web.live.SEND_S_MAX", 0.05)
    many = list(range(1, 20_001))

    async def scenario(server: Served) -> None:
        loop = asyncio.get_running_loop()
        with socket.socket() as dead:
            dead.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            dead.setblocking(False)
            await loop.sock_connect(dead, ("127.0.0.1", server.port))
            await loop.sock_sendall(dead, UPGRADE.format(port=server.port).encode())
            while server.hub.node_text().client_count == 0:
                await asyncio.sleep(0.001)
            n = 0
            while server.hub.node_text().client_count:
                n += 1
                server.hub.add(frame(n, tracks(many, after(n))))
                server.hub.tick()
                await asyncio.sleep(0.001)

    run(scenario)


def test_a_page_that_goes_away_is_forgotten() -> None:
    async def scenario(server: Served) -> None:
        async with connect(server) as link:
            await until(link, SNAPSHOT)
            assert server.hub.node_text().client_count == 1
        while server.hub.node_text().client_count:
            await asyncio.sleep(0.001)

    run(scenario)


def test_pages_beyond_the_limit_are_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "CLIENTS_MAX", 1)

    async def scenario(server: Served) -> None:
        async with connect(server) as first:
            await until(first, SNAPSHOT)
            async with connect(server) as second:
                with pytest.raises(websockets.ConnectionClosed) as closed:
                    await second.recv()
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, "close one" in closed.value.rcvd.reason) == (1013, True)

    run(scenario)


@pytest.mark.parametrize("message", ["what?", b"\x00\x01", "snapshot " * 3, b""])
def test_a_message_that_means_nothing_is_passed_over(message: str | bytes) -> None:
    async def scenario(server: Served) -> None:
        async with connect(server) as link:
            await until(link, SNAPSHOT)
            await link.send(message)
            await link.send("snapshot")
            await until(link, SNAPSHOT)

    run(scenario)


def test_a_message_that_is_too_large_ends_that_page_only() -> None:
    async def scenario(server: Served) -> None:
        async with connect(server) as link, connect(server) as other:
            await until(other, SNAPSHOT)
            await link.send("x" * 2_000)
            with pytest.raises(websockets.ConnectionClosed):
                await read_on(link)
            await other.send("snapshot")
            await until(other, SNAPSHOT)

    run(scenario)


def test_stopping_the_node_closes_every_page() -> None:
    async def scenario() -> None:
        async with served() as server:
            link = await connect(server)
            await until(link, SNAPSHOT)
        with pytest.raises(websockets.ConnectionClosed):
            await read_on(link)

    asyncio.run(scenario())
