"""Several connections of one source at once, connections that break off, and a source that floods."""

from __future__ import annotations

import asyncio

import msgspec

from skydas.formats import sbs
from skydas.model import Fact, Input, InputKind, NodeConfig, Notice, SourceStatus, link_payload, utc_ns
from skydas.model.config import NodeSection, SourceConfig
from skydas.node import Node
from skydas.node.streams import STREAMS_MAX, source_of, stream_name
from skydas.node.waiting import DATAGRAMS_WAITING_MAX, INPUTS_WAITING_MAX, WaitingRoom

START_NS = utc_ns("2024-06-06T10:00:02Z")
CONFIG = NodeConfig(
    node=NodeSection(name="test", latitude_deg=58.0, longitude_deg=24.0),
    sources=[SourceConfig(name="feed", source="tcp", format="sbs", params={"port": 1})],
)
LINES = b"".join(sbs.EXAMPLES).splitlines(keepends=True)


def data(octets: bytes, connection: int = 0) -> Input:
    return Input(START_NS, stream_name("feed", connection), InputKind.DATA, octets)


def link(state: str, text: str = "", connection: int = 0) -> Input:
    return Input(START_NS, stream_name("feed", connection), InputKind.LINK, link_payload(state, text))


def tick(tenth: int) -> Input:
    return Input(START_NS + tenth * 100_000_000, "clock", InputKind.TICK, b"")


def status(node: Node) -> SourceStatus:
    facts: list[Fact] = []
    for tenth in range(1, 21):
        facts += node.step(tick(tenth))
    return next(fact for fact in facts if isinstance(fact, SourceStatus))


def test_lines_of_two_connections_that_come_in_halves_are_all_read() -> None:
    node = Node(CONFIG)
    for line in LINES:
        half = len(line) // 2
        node.step(data(line[:half]))
        node.step(data(line[: half + 3], connection=1))
        node.step(data(line[half:]))
        node.step(data(line[half + 3 :], connection=1))
    told = status(node)
    alone = Node(CONFIG)
    for line in LINES:
        alone.step(data(line))
    assert told.record_count == 2 * status(alone).record_count
    assert not [reason for reason in told.rejected if "line" in reason or "field" in reason], told.rejected


def test_what_a_broken_connection_left_unfinished_is_not_joined_to_the_next() -> None:
    node = Node(CONFIG)
    node.step(link("open"))
    node.step(data(LINES[0][:30]))
    node.step(link("lost"))
    node.step(link("open"))
    node.step(data(LINES[1]))
    assert status(node).record_count == 1


def test_a_snapshot_holds_the_unfinished_line_of_each_connection() -> None:
    node, restored = Node(CONFIG), Node(CONFIG)
    for connection in (0, 2):
        node.step(data(LINES[0][: 20 + connection], connection))
    restored.restore(node.state())
    for connection in (0, 2):
        restored.step(data(LINES[0][20 + connection :], connection))
    assert status(restored).record_count == 2


def test_connections_beyond_the_limit_have_no_decoder_and_are_counted() -> None:
    node = Node(CONFIG)
    node.step(data(LINES[0], STREAMS_MAX))
    assert status(node).rejected == {"source_without_format": 1}
    assert source_of(stream_name("feed", 7)) == "feed"


def test_a_source_that_floods_leaves_room_for_the_others() -> None:
    async def scene() -> None:
        room = WaitingRoom()
        flood = [Input(0, "flood", InputKind.DATA, b"x")] * (2 * INPUTS_WAITING_MAX)
        taken = sum(room.offer(given) for given in flood)
        assert taken == DATAGRAMS_WAITING_MAX
        assert room.offer(Input(0, "quiet", InputKind.DATA, b"y"))
        assert room.dropped == {"flood": len(flood) - taken}
        assert len(room.take(INPUTS_WAITING_MAX)) == taken + 1
        assert room.offer(flood[0])
        assert room.take_untold() == {"flood": len(flood) - taken}
        assert room.take_untold() == {}

    asyncio.run(scene())


def test_datagrams_that_were_dropped_are_counted_and_told_once_a_minute() -> None:
    node = Node(CONFIG)
    facts = [*node.step(link("overrun", "120")), *node.step(link("overrun", "30"))]
    assert [fact.what for fact in facts if isinstance(fact, Notice)] == ["source_overran"]
    assert status(node).rejected == {"node_full": 150}
    assert not [fact for fact in node.step(link("overrun", "many")) if isinstance(fact, SourceStatus)]


def test_a_fed_source_has_the_link_of_the_source_that_feeds_it() -> None:
    fed = [SourceConfig(name=name, source="fed", format="sbs") for name in ("one", "other")]
    scene = SourceConfig(name="scene", source="sim", params={"scenario": "crossing"})
    file = SourceConfig(name="file", source="file", params={"path": "x.pcap", "ports": {"8600": "other"}})
    for feeder, linked in ((scene, {"one": "open", "other": "open"}), (file, {"one": "never", "other": "open"})):
        node = Node(msgspec.structs.replace(CONFIG, sources=[*fed, feeder]))
        node.step(Input(START_NS, feeder.name, InputKind.LINK, link_payload("open", "")))
        facts = [fact for tenth in range(1, 12) for fact in node.step(tick(tenth))]
        told = {fact.source: fact.link for fact in facts if isinstance(fact, SourceStatus)}
        assert told == {feeder.name: "open", **linked}
        notices = [fact.text for fact in facts if isinstance(fact, Notice)]
        assert not [text for text in notices if text.startswith(("one", "other"))]
