"""Writes chunks as a pcap file with nanoseconds: Ethernet, IPv4, UDP.

A chunk without a multicast group is sent to a documentation address (RFC 5737), which names no real machine.
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from skydas.capture.chunk import Chunk
from skydas.errors import CaptureError

_SOURCE: Final = bytes((192, 0, 2, 1))
_DESTINATION: Final = bytes((192, 0, 2, 2))
_SOURCE_PORT: Final = 50_000
_FILE_HEADER: Final = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262_144, 1)
_PAYLOAD_OCTETS_MAX: Final = 65_507


def write_pcap(path: str | Path, chunks: Iterable[Chunk]) -> int:
    """Write `chunks` in the order given and return their count. Raises CaptureError for what UDP cannot carry."""
    count = 0
    try:
        with Path(path).open("wb") as file:
            file.write(_FILE_HEADER)
            for chunk in chunks:
                packet = _packet(chunk)
                seconds, ns = divmod(chunk.t_ns, 1_000_000_000)
                file.write(struct.pack("<IIII", seconds & 0xFFFFFFFF, ns, len(packet), len(packet)))
                file.write(packet)
                count += 1
    except OSError as error:
        raise CaptureError(f"{path} cannot be written: {error}") from error
    return count


def _packet(chunk: Chunk) -> bytes:
    if len(chunk.payload) > _PAYLOAD_OCTETS_MAX:
        raise CaptureError(f"a payload of {len(chunk.payload)} octets does not fit in one UDP datagram")
    destination = _multicast(chunk.group)
    if destination is None:
        ethernet = b"\x02\x00\x00\x00\x00\x02"
        destination = _DESTINATION
    else:
        ethernet = bytes((0x01, 0x00, 0x5E, destination[1] & 0x7F, destination[2], destination[3]))  # RFC 1112
    udp_length = 8 + len(chunk.payload)
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + udp_length, 0, 0x4000, 16, 17, 0) + _SOURCE + destination
    header = header[:10] + struct.pack(">H", _checksum(header)) + header[12:]
    # a UDP checksum of 0 means that there is none (RFC 768)
    udp = struct.pack(">HHHH", _SOURCE_PORT, chunk.port, udp_length, 0)
    return ethernet + b"\x02\x00\x00\x00\x00\x01\x08\x00" + header + udp + chunk.payload


def _multicast(group: str) -> bytes | None:
    try:
        address = ipaddress.IPv4Address(group)
    except ipaddress.AddressValueError:
        return None
    return address.packed if address.is_multicast else None


def _checksum(header: bytes) -> int:
    total: int = sum(struct.unpack(">10H", header))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
