"""Packets out of pcap and pcapng files, with their link type and time.

pcap        24 octets: magic, version 2+2, zone 4, accuracy 4, snap length 4, link type 4 (low 16 bits)
            each packet: seconds 4, micro- or nanoseconds 4, captured length 4, original length 4, octets
            magic A1B2C3D4 microseconds, A1B23C4D nanoseconds; written in the byte order of the machine that recorded
pcapng      blocks: type 4, total length 4, body, total length 4 again; padded to 4 octets
            0A0D0D0A section header (byte-order magic 1A2B3C4D), 1 interface description, 6 enhanced packet,
            3 simple packet (no time), 2 packet (obsolete)
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from skydas.capture.chunk import Errors, count_error

Octets = bytes | memoryview

PCAP_MAGICS: Final[dict[bytes, tuple[str, int]]] = {
    b"\xd4\xc3\xb2\xa1": ("<", 1_000),
    b"\xa1\xb2\xc3\xd4": (">", 1_000),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
    b"\xa1\xb2\x3c\x4d": (">", 1),
}
PCAPNG_MAGIC: Final = b"\x0a\x0d\x0d\x0a"
PACKET_OCTETS_MAX: Final = 1 << 20  # longer is a damaged length field
INTERFACES_MAX: Final = 4_096

_SECTION, _INTERFACE, _PACKET, _SIMPLE, _ENHANCED = 0x0A0D0D0A, 1, 2, 3, 6
_OPTION_TIME_RESOLUTION, _OPTION_TIME_OFFSET = 9, 14


class Packet(NamedTuple):
    """One recorded packet with its link layer."""

    t_ns: int
    link_type: int
    octets: Octets
    original_length: int


def read_pcap(data: memoryview, errors: Errors) -> Iterator[Packet]:
    """Yield the packets of a pcap file. Stops, counted, at a length that cannot be."""
    order, tick_ns = PCAP_MAGICS[bytes(data[:4])]
    if len(data) < 24:
        count_error(errors, "truncated")
        return
    link_type = struct.unpack_from(order + "I", data, 20)[0] & 0xFFFF
    header = struct.Struct(order + "IIII")
    at, end = 24, len(data)
    while at + 16 <= end:
        seconds, ticks, captured, original = header.unpack_from(data, at)
        at += 16
        if captured > PACKET_OCTETS_MAX:
            count_error(errors, "bad_packet_length")
            return
        if at + captured > end:
            break
        yield Packet(seconds * 1_000_000_000 + ticks * tick_ns, link_type, data[at : at + captured], original)
        at += captured
    else:
        if at == end:
            return
    count_error(errors, "truncated")


class _Interface(NamedTuple):
    link_type: int
    snap_length: int
    ticks_per_s: int
    offset_s: int

    def t_ns(self, high: int, low: int) -> int:
        return self.offset_s * 1_000_000_000 + ((high << 32 | low) * 1_000_000_000) // self.ticks_per_s


def read_pcapng(data: memoryview, errors: Errors, start_ns: int) -> Iterator[Packet]:
    """Yield the packets of a pcapng file; simple packets have the time of the one before them."""
    order, at, end = "<", 0, len(data)
    interfaces: list[_Interface] = []
    t_ns = start_ns
    while at + 12 <= end:
        if bytes(data[at : at + 4]) == PCAPNG_MAGIC:
            order = "<" if bytes(data[at + 8 : at + 12]) == b"\x4d\x3c\x2b\x1a" else ">"
            interfaces = []
        kind, length = struct.unpack_from(order + "II", data, at)
        if length < 12 or length % 4 or length > PACKET_OCTETS_MAX + 4_096:
            count_error(errors, "bad_block_length")
            return
        if at + length > end:
            break
        body = data[at + 8 : at + length - 4]
        at += length
        if kind == _INTERFACE:
            if len(body) < 8 or len(interfaces) >= INTERFACES_MAX:
                count_error(errors, "bad_interface")
                return
            interfaces.append(_interface(body, order))
        elif kind in (_ENHANCED, _PACKET, _SIMPLE):
            packet = _packet(kind, body, order, interfaces, t_ns)
            if packet is None:
                count_error(errors, "bad_packet_length")
                continue
            t_ns = packet.t_ns
            yield packet
    if at != end:
        count_error(errors, "truncated")


def _interface(body: memoryview, order: str) -> _Interface:
    link_type, _, snap_length = struct.unpack_from(order + "HHI", body)
    ticks_per_s, offset_s, at = 1_000_000, 0, 8
    while at + 4 <= len(body):
        code, length = struct.unpack_from(order + "HH", body, at)
        value = body[at + 4 : at + 4 + length]
        if code == 0:
            break
        if code == _OPTION_TIME_RESOLUTION and len(value) == 1:
            # top bit: power of two, else of ten; powers beyond 30 and 18 do not occur and would only slow us
            power = min(value[0] & 0x7F, 30 if value[0] & 0x80 else 18)
            ticks_per_s = 2**power if value[0] & 0x80 else 10**power
        if code == _OPTION_TIME_OFFSET and len(value) == 8:
            offset_s = struct.unpack_from(order + "q", value)[0]
        at += 4 + length + (-length) % 4
    return _Interface(link_type, snap_length, ticks_per_s, offset_s)


def _packet(kind: int, body: memoryview, order: str, interfaces: list[_Interface], last_ns: int) -> Packet | None:
    if kind == _SIMPLE:
        if len(body) < 4 or not interfaces:
            return None
        original = struct.unpack_from(order + "I", body)[0]
        captured = min(original, interfaces[0].snap_length or original, len(body) - 4)
        return Packet(last_ns, interfaces[0].link_type, body[4 : 4 + captured], original)
    if len(body) < 20:
        return None
    if kind == _ENHANCED:
        row, high, low, captured, original = struct.unpack_from(order + "IIIII", body)
    else:
        row, _, high, low, captured, original = struct.unpack_from(order + "HHIIII", body)
    if row >= len(interfaces) or captured > len(body) - 20:
        return None
    interface = interfaces[row]
    return Packet(interface.t_ns(high, low), interface.link_type, body[20 : 20 + captured], original)
