"""Links in: real sockets on this machine, lost and healed, and recordings at their own pace."""

from __future__ import annotations

import asyncio
import socket
import struct
from pathlib import Path

import numpy as np
import pytest

from skydas.capture import Chunk, write_pcap
from skydas.errors import SourceError
from skydas.model import NS_PER_S, Rows
from skydas.sim import load_scenario, truth
from skydas.sources import file, sim, tcp, udp


class Heard:
    """Keeps what a source hands in; satisfies `skydas.sources.Emit`."""

    def __init__(self) -> None:
        self.octets: list[tuple[int | None, str | None, bytes]] = []
        self.links: list[str] = []
        self.ticks: list[int] = []
        self.truths: list[Rows] = []
        self.changed = asyncio.Event()

    async def __call__(
        self, payload: bytes, rx_ns: int | None = None, source: str | None = None, connection: int = 0
    ) -> None:
        self.octets.append((rx_ns, source, payload))
        self.changed.set()

    def nowait(self, payload: bytes, source: str | None = None) -> bool:
        self.octets.append((None, source, payload))
        self.changed.set()
        return True

    async def tick(self, rx_ns: int) -> None:
        self.ticks.append(rx_ns)

    def truth(self, rows: Rows) -> None:
        self.truths.append(rows)

    def link(self, state: str, text: str = "", connection: int = 0) -> None:
        self.links.append(state)
        self.changed.set()

    async def until(self, condition) -> None:  # type: ignore[no-untyped-def]
        async with asyncio.timeout(10):
            while not condition():
                self.changed.clear()
                await self.changed.wait()


def free_port(kind: int = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


def test_datagrams_arrive_whole() -> None:
    async def scene() -> Heard:
        heard, port = Heard(), free_port(socket.SOCK_DGRAM)
        task = asyncio.create_task(udp.run(udp.Params(port), heard))
        await heard.until(lambda: heard.links == ["open"])
        sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for size in (1, 1_400, 9_000):
            sender.sendto(b"x" * size, ("127.0.0.1", port))
        await heard.until(lambda: len(heard.octets) == 3)
        task.cancel()
        return heard

    assert [len(payload) for _, _, payload in asyncio.run(scene()).octets] == [1, 1_400, 9_000]


def test_multicast_is_joined() -> None:
    async def scene() -> Heard:
        heard, port = Heard(), free_port(socket.SOCK_DGRAM)
        params = udp.Params(port, group="239.192.7.7", interface="127.0.0.1")
        task = asyncio.create_task(udp.run(params, heard))
        await heard.until(lambda: heard.links == ["open"])
        sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, struct.pack("b", 1))
        sender.sendto(b"plots", ("239.192.7.7", port))
        await heard.until(lambda: len(heard.octets) == 1)
        task.cancel()
        return heard

    assert asyncio.run(scene()).octets == [(None, None, b"plots")]


def test_a_port_that_is_taken_says_what_to_check() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", 0))
        with pytest.raises(SourceError, match="is the address this machine's and the port free"):
            udp.open_socket(udp.Params(holder.getsockname()[1]))


def test_an_address_that_is_not_this_machines_is_refused() -> None:
    with pytest.raises(SourceError, match="cannot listen"):
        udp.open_socket(udp.Params(5_000, host="no address"))


def test_a_lost_connection_is_made_again_and_nothing_that_arrived_is_lost() -> None:
    async def scene() -> Heard:
        heard, port, served = Heard(), free_port(), 0

        async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal served
            served += 1
            writer.write(b"hello %d " % served)
            await writer.drain()
            writer.close()

        task = asyncio.create_task(tcp.run(tcp.Params(port, retry_s=0.01), heard))
        await heard.until(lambda: heard.links[:1] == ["lost"])
        server = await asyncio.start_server(client, "127.0.0.1", port)
        await heard.until(lambda: b"hello 3 " in b"".join(payload for _, _, payload in heard.octets))
        task.cancel()
        server.close()
        return heard

    heard = asyncio.run(scene())
    assert b"".join(payload for _, _, payload in heard.octets).startswith(b"hello 1 hello 2 hello 3 ")
    assert heard.links.count("open") >= 3
    assert heard.links.count("lost") >= 3


def test_sensors_may_connect_to_us_up_to_a_limit() -> None:
    async def scene() -> tuple[Heard, int]:
        heard, port = Heard(), free_port()
        task = asyncio.create_task(tcp.run(tcp.Params(port, listen=True), heard))
        await heard.until(lambda: heard.links == ["waiting"])
        pairs = [await asyncio.open_connection("127.0.0.1", port) for _ in range(tcp.CLIENTS_MAX)]
        for _, writer in pairs:
            writer.write(b"one")
        await heard.until(lambda: sum(len(payload) for _, _, payload in heard.octets) == 3 * len(pairs))
        reader, _ = await asyncio.open_connection("127.0.0.1", port)
        refused = await reader.read()
        for _, writer in pairs:
            writer.close()
        await heard.until(lambda: heard.links[-1] == "lost")
        task.cancel()
        return heard, len(refused)

    _, refused = asyncio.run(scene())
    assert refused == 0


def test_a_recording_is_paced_by_its_own_times(tmp_path: Path) -> None:
    second_ns = 1_000_000_000
    chunks = [Chunk(1_700_000_000 * second_ns + k * second_ns, b"%d" % k, 8600 + k % 2) for k in range(5)]
    write_pcap(tmp_path / "five.pcap", chunks)

    async def scene(speed: float) -> tuple[Heard, float]:
        heard = Heard()
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        params = file.Params(str(tmp_path / "five.pcap"), speed=speed, ports={"8601": "other"})
        await file.run(params, heard)
        return heard, loop.time() - began_s

    heard, taken_s = asyncio.run(scene(20.0))
    assert [(rx_ns, payload) for rx_ns, _, payload in heard.octets] == [(c.t_ns, c.payload) for c in chunks]
    assert [source for _, source, _ in heard.octets] == [None, "other", None, "other", None]
    assert taken_s >= 4.0 / 20.0
    assert heard.links == ["open", "ended"]
    assert len(asyncio.run(scene(0.0))[0].octets) == 5


def test_a_recording_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"none\.pcap"):
        file.open_recording(file.Params(str(tmp_path / "none.pcap")))


def test_a_scene_shows_its_truth_each_second_beside_what_its_sensors_send() -> None:
    async def scene() -> Heard:
        heard = Heard()
        await sim.run(sim.Params("crossing", seed=3, now=False, speed=0.0), heard)
        return heard

    heard = asyncio.run(scene())
    expected = list(truth(load_scenario("crossing"), 3))[: len(heard.truths)]
    assert len(heard.truths) > 10
    assert all(np.array_equal(told, true) for told, true in zip(heard.truths, expected, strict=True))
    assert np.diff([rows["t_ns"][0] for rows in heard.truths]).tolist() == [NS_PER_S] * (len(heard.truths) - 1)
    assert heard.links == ["open", "ended"]
