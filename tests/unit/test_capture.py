"""Recordings are recognised by content, and what is damaged in them costs no more than what is damaged."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skydas.capture import FRAMINGS, Chunk, open_capture, write_pcap
from skydas.errors import CaptureError
from tests.paths import recording

BLOCK_034 = bytes.fromhex("220010f6190e023a692b408840408000")  # hand-made shape: category 34, 16 octets
BLOCK_048 = bytes((48, 0, 10)) + bytes(range(7))


def _write(folder: Path, octets: bytes, name: str = "recording") -> Path:
    path = folder / name
    path.write_bytes(octets)
    return path


def _payloads(path: Path, framing: str = "auto") -> list[bytes]:
    return [chunk.payload for chunk in open_capture(path, framing)]


@pytest.mark.parametrize(
    ("name", "framing", "chunk_count", "octet_count"),
    [
        ("asterix/cat_034_048.pcap", "pcap", 100, 6_882),
        ("asterix/cat_062_065.pcap", "pcap", 1, 173),
        ("asterix/cat062cat065.raw", "asterix", 2, 195),
        ("asterix/cat21_re.ast", "asterix", 2, 91),
        ("asterix/readsb_cat021_from_pymodes_sample.bin", "asterix", 2_000, 61_590),
        ("asterix/parsegps.gps", "gps", 15, 663),
        ("remoteid/odid_wifi_bcn_sample.pcap", "pcap", 21, 4_347),
        ("remoteid/odid_wifi_sample.pcap", "pcap", 63, 6_132),
    ],
)
def test_real_recordings_are_recognised_and_read_whole(
    name: str, framing: str, chunk_count: int, octet_count: int
) -> None:
    capture = open_capture(recording(name))
    chunks = list(capture)
    assert capture.framing == framing
    assert len(chunks) == chunk_count
    assert sum(len(chunk.payload) for chunk in chunks) == octet_count
    assert capture.errors == {}


def test_datagrams_keep_their_time_port_and_group() -> None:
    first = next(iter(open_capture(recording("asterix/cat_034_048.pcap"))))
    assert first.t_ns == 1_462_433_756_508_910_000
    assert (first.port, first.group) == (22_131, "232.2.1.31")


def test_blocks_behind_a_header_of_six_octets_come_one_by_one() -> None:
    chunks = list(open_capture(recording("asterix/cat_001_002.pcap")))
    assert [chunk.payload[0] for chunk in chunks] == [1, 1, 2, 1, 1, 1]
    assert all(int.from_bytes(chunk.payload[1:3], "big") == len(chunk.payload) for chunk in chunks)


def test_a_gps_recording_gives_each_block_the_time_that_follows_it() -> None:
    chunks = list(open_capture(recording("asterix/parsegps.gps"), start_ns=86_400_000_000_000 * 3 + 5))
    assert chunks[0].t_ns == 86_400_000_000_000 * 3 + 2_179_687_500
    assert [chunk.t_ns for chunk in chunks] == sorted(chunk.t_ns for chunk in chunks)


def test_a_recording_in_final_envelopes_has_their_times_over_midnight(tmp_path: Path) -> None:
    octets = b"".join(
        struct.pack(">HBBB", 12 + len(block), 1, 0, 0) + ticks.to_bytes(3, "big") + block + b"\xa5" * 4
        for ticks, block in ((8_639_999, BLOCK_034), (1, BLOCK_048 + BLOCK_034))
    )
    capture = open_capture(_write(tmp_path, octets))
    first, second = capture
    assert capture.framing == "final"
    assert second.t_ns - first.t_ns == 20_000_000
    assert second.payload == BLOCK_048 + BLOCK_034


def test_damage_between_final_envelopes_is_counted_and_stepped_over(tmp_path: Path) -> None:
    envelope = struct.pack(">HBBB", 12 + len(BLOCK_034), 0, 0, 0) + b"\0\0\1" + BLOCK_034 + b"\xa5" * 4
    capture = open_capture(_write(tmp_path, envelope + b"\xff" * 9 + b"\xa5" * 4 + envelope))
    assert [chunk.payload for chunk in capture] == [BLOCK_034, BLOCK_034]
    assert capture.errors == {"bad_envelope": 1, "octets_skipped": 13}


def test_after_damage_the_next_blocks_are_found(tmp_path: Path) -> None:
    octets = BLOCK_034 + b"\x00\x01\x02" + BLOCK_048 + BLOCK_034
    capture = open_capture(_write(tmp_path, octets), "asterix")
    assert [chunk.payload for chunk in capture] == [BLOCK_034, BLOCK_048, BLOCK_034]
    assert capture.errors == {"not_a_block": 1, "octets_skipped": 3}


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("magic", "tick_ns"), [(0xA1B2C3D4, 1_000), (0xA1B23C4D, 1)])
def test_pcap_is_read_in_both_byte_orders_and_both_resolutions(
    tmp_path: Path, order: str, magic: int, tick_ns: int
) -> None:
    packet = _udp_ipv4(b"hello", 5_000)
    octets = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65_535, 101)
    octets += struct.pack(order + "IIII", 7, 123, len(packet), len(packet)) + packet
    (chunk,) = open_capture(_write(tmp_path, octets))
    assert chunk == Chunk(7_000_000_000 + 123 * tick_ns, b"hello", 5_000, "")


@pytest.mark.parametrize("order", ["<", ">"])
def test_pcapng_is_read_in_both_byte_orders_with_its_own_resolution(tmp_path: Path, order: str) -> None:
    packet = _udp_ipv4(b"hello", 5_000)
    resolution = struct.pack(order + "HHB3x", 9, 1, 9) + struct.pack(order + "HH", 0, 0)
    octets = _block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))
    octets += _block(order, 1, struct.pack(order + "HHI", 101, 0, 0) + resolution)
    t_ns = 1_700_000_000_123_456_789
    head = struct.pack(order + "IIIII", 0, t_ns >> 32, t_ns & 0xFFFFFFFF, len(packet), len(packet))
    octets += _block(order, 6, head + packet)
    octets += _block(order, 3, struct.pack(order + "I", len(packet)) + packet)
    octets += _block(order, 0x0BAD, b"unknown blocks are stepped over ")
    capture = open_capture(_write(tmp_path, octets))
    assert list(capture) == [Chunk(t_ns, b"hello", 5_000, "")] * 2
    assert (capture.framing, capture.errors) == ("pcapng", {})


@pytest.mark.parametrize(
    ("link_type", "header"),
    [
        (1, bytes(12) + b"\x08\x00"),
        (1, bytes(12) + b"\x81\x00\x00\x05\x08\x00"),
        (1, bytes(12) + b"\x88\xa8\x00\x05\x81\x00\x00\x06\x08\x00"),
        (0, b"\x02\x00\x00\x00"),
        (108, b"\x00\x00\x00\x02"),
        (113, bytes(14) + b"\x08\x00"),
        (276, b"\x08\x00" + bytes(18)),
    ],
)
def test_every_link_layer_leads_to_the_payload(tmp_path: Path, link_type: int, header: bytes) -> None:
    path = _write(tmp_path, _pcap(link_type, header + _udp_ipv4(b"hello", 5_000)))
    assert _payloads(path) == [b"hello"]


def test_ipv6_is_read_behind_its_extension_headers(tmp_path: Path) -> None:
    udp = struct.pack(">HHHH", 1, 5_000, 13, 0) + b"hello"
    extension = bytes((17, 0)) + bytes(6)
    group = bytes.fromhex("ff020000000000000000000000000101")
    header = bytes((0x60, 0, 0, 0)) + struct.pack(">HBB", len(udp) + 8, 0, 64) + bytes(15) + b"\1" + group
    (chunk,) = open_capture(_write(tmp_path, _pcap(101, header + extension + udp)))
    assert (chunk.payload, chunk.group) == (b"hello", "ff02::101")


def test_fragments_and_other_protocols_are_counted(tmp_path: Path) -> None:
    whole = bytearray(_udp_ipv4(b"hello", 5_000))
    fragment, icmp = bytearray(whole), bytearray(whole)
    fragment[6] = 0x20
    icmp[9] = 1
    capture = open_capture(_write(tmp_path, _pcap(101, bytes(fragment), bytes(icmp), bytes(whole), whole[:30])))
    assert [chunk.payload for chunk in capture] == [b"hello"]
    assert capture.errors == {"ip_fragment": 1, "not_udp_or_tcp": 1, "cut_short": 1}


def test_a_tcp_stream_comes_in_order_and_each_octet_once(tmp_path: Path) -> None:
    segments = [(99, b"", 2), (100, b"one ", 0), (109, b"three ", 0), (100, b"one ", 0), (104, b"two, ", 0)]
    packets = [_tcp_ipv4(sequence, payload, flags) for sequence, payload, flags in segments]
    capture = open_capture(_write(tmp_path, _pcap(101, *packets)))
    chunks = list(capture)
    assert b"".join(chunk.payload for chunk in chunks) == b"one two, three "
    assert {(chunk.port, chunk.group) for chunk in chunks} == {(4_000, "10.0.0.1:9000")}
    assert capture.errors == {"tcp_sent_again": 1}


def test_a_segment_that_never_came_is_a_counted_gap(tmp_path: Path) -> None:
    packets = [_tcp_ipv4(0xFFFFFFFE, b"ab", 0), _tcp_ipv4(7, b"later", 0)]
    capture = open_capture(_write(tmp_path, _pcap(101, *packets)))
    assert [chunk.payload for chunk in capture] == [b"ab", b"later"]
    assert capture.errors == {"tcp_gap": 1}


def test_radio_frames_are_handed_out_whole(tmp_path: Path) -> None:
    assert _payloads(_write(tmp_path, _pcap(127, b"radiotap and frame"))) == [b"radiotap and frame"]


def test_what_the_writer_writes_the_reader_reads(tmp_path: Path) -> None:
    chunks = [Chunk(1_700_000_000_000_000_001, b"one", 30_048, "232.1.2.3"), Chunk(1_700_000_000_000_000_002, b"", 9)]
    assert write_pcap(tmp_path / "out.pcap", chunks) == 2
    assert list(open_capture(tmp_path / "out.pcap")) == chunks


def test_the_writer_refuses_what_no_datagram_can_carry(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="65508 octets"):
        write_pcap(tmp_path / "out.pcap", [Chunk(0, bytes(65_508))])


def test_gzip_is_unpacked_and_a_torn_end_is_counted(tmp_path: Path) -> None:
    lines = b"".join(b'{"t_ns":%d}\n' % (row * 1_000_000_000) for row in range(500))
    packed = gzip.compress(lines)
    assert b"".join(_payloads(_write(tmp_path, packed, "whole.jsonl.gz"))) == lines
    capture = open_capture(_write(tmp_path, packed[:-400], "torn.jsonl.gz"))
    assert lines.startswith(b"".join(chunk.payload for chunk in capture).rstrip())
    assert capture.errors["gzip_truncated"] == 1


@pytest.mark.parametrize("name", ["asterix/cat_034_048.pcap", "asterix/cat_001_002.pcap", "asterix/parsegps.gps"])
def test_a_recording_cut_at_any_octet_gives_what_lies_before_the_cut(tmp_path: Path, name: str) -> None:
    whole = recording(name).read_bytes()
    framing = "gps" if name.endswith("gps") else "pcap"
    expected = _payloads(recording(name))
    # every octet of a short file; of a long one the first packets and the last, where everything that differs lies
    for length in [*range(1, min(len(whole), 3_100)), *range(len(whole) - 300, len(whole))]:
        capture = open_capture(_write(tmp_path, whole[:length]), framing)
        payloads = [chunk.payload for chunk in capture]
        assert payloads == expected[: len(payloads)]
        assert payloads or capture.errors or length in (24, 2_200)  # a heading alone is whole


@settings(max_examples=200, deadline=None)
@given(octets=st.binary(min_size=1, max_size=400), framing=st.sampled_from(FRAMINGS[1:]))
def test_no_octets_make_a_reader_raise(tmp_path_factory: pytest.TempPathFactory, octets: bytes, framing: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(octets)
    capture = open_capture(path, framing)
    assert sum(len(chunk.payload) for chunk in capture) <= len(octets) + 1  # a last line gets its end


@settings(max_examples=200, deadline=None)
@given(data=st.data(), name=st.sampled_from(["pcap", "pcapng", "final", "framed", "beast", "sapient", "asterix"]))
def test_no_damage_to_an_example_makes_a_reader_raise(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, name: str
) -> None:
    octets = bytearray(_EXAMPLES[name])
    for _ in range(data.draw(st.integers(1, 4))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "damaged"
    path.write_bytes(octets)
    capture = open_capture(path, name)
    assert sum(len(chunk.payload) for chunk in capture) <= len(octets)


@pytest.mark.parametrize("name", ["pcap", "pcapng", "final", "framed", "beast", "sapient", "asterix"])
def test_every_framing_is_recognised_by_content(tmp_path: Path, name: str) -> None:
    capture = open_capture(_write(tmp_path, _EXAMPLES[name]))
    assert list(capture)
    assert (capture.framing, capture.errors) == (name, {})


def test_an_empty_or_unknown_file_is_refused_with_the_framings_there_are(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="is empty"):
        open_capture(_write(tmp_path, b""))
    with pytest.raises(CaptureError, match=r"which framing it has \(pcap"):
        open_capture(_write(tmp_path, b"\xff\xfe\x00\x01\x02"))
    with pytest.raises(CaptureError, match="no framing 'tape'"):
        open_capture(tmp_path / "recording", "tape")
    with pytest.raises(CaptureError, match="cannot be read"):
        open_capture(tmp_path / "nowhere")


def _udp_ipv4(payload: bytes, port: int) -> bytes:
    udp = struct.pack(">HHHH", 1_234, port, 8 + len(payload), 0) + payload
    return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0) + bytes((10, 0, 0, 1, 10, 0, 0, 2)) + udp


def _tcp_ipv4(sequence: int, payload: bytes, flags: int) -> bytes:
    tcp = struct.pack(">HHIIBBHHH", 9_000, 4_000, sequence, 0, 0x50, flags, 0, 0, 0) + payload
    return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0) + bytes((10, 0, 0, 1, 10, 0, 0, 2)) + tcp


def _pcap(link_type: int, *packets: bytes) -> bytes:
    octets = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, link_type)
    return octets + b"".join(struct.pack("<IIII", 1, 0, len(packet), len(packet)) + packet for packet in packets)


def _block(order: str, kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    length = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + length + body + length


def _sapient(seconds: int) -> bytes:
    message = bytes((0x0A, 6, 0x08)) + bytes((0x80 | seconds & 0x7F, 0x80, 0x80, 0x80, 0x06)) + b"\x12\x00"
    return len(message).to_bytes(4, "little") + message


_EXAMPLES = {
    "pcap": _pcap(101, _udp_ipv4(b"hello", 5_000), _tcp_ipv4(5, b"stream", 0)),
    "pcapng": _block("<", 0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    + _block("<", 1, struct.pack("<HHI", 101, 0, 0))
    + _block("<", 6, struct.pack("<IIIII", 0, 0, 5, 33, 33) + _udp_ipv4(b"hello", 5_000)),
    "final": struct.pack(">HBBB", 12 + len(BLOCK_034), 0, 0, 0) + b"\0\0\1" + BLOCK_034 + b"\xa5" * 4,
    "framed": struct.pack(">HI", 6 + len(BLOCK_048), 45_000_000) + BLOCK_048,
    "beast": bytes.fromhex("1a3200000000100010") + bytes(7) + bytes.fromhex("1a3200000000200010") + bytes(7),
    "sapient": _sapient(1) + _sapient(2),
    "asterix": BLOCK_034 + BLOCK_048,
}
