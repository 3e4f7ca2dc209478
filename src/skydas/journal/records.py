"""One record of the journal, and the head of a segment.

segment   8 octets "SKYDASJ" + version digit, u8 number of the first record, then records to the end
record    u4 octets of source and payload together
          u4 CRC-32 of everything behind this field
          u8 number of the record, counted from 0 without a gap over all segments
          i8 rx_ns
          u1 kind (InputKind)
          u1 octets of the source's name
          ... source, UTF-8
          ... payload
All little-endian.
"""

from __future__ import annotations

import struct
import zlib
from typing import Final, NamedTuple

from skydas.model import Input, InputKind

JOURNAL_VERSION: Final = 1
SEGMENT_MAGIC: Final = b"SKYDASJ1"
SEGMENT_HEAD: Final = struct.Struct("<8sQ")
RECORD_HEAD: Final = struct.Struct("<IIQqBB")
RECORD_OCTETS_MAX: Final = 16 * 1024 * 1024
CHECKED_FROM: Final = 8  # the CRC is over the record from here on


class Record(NamedTuple):
    """One input with its number in the journal."""

    number: int
    input: Input


def encode_record(number: int, given: Input) -> bytes:
    """Return the octets of one record. Raises ValueError where a name or payload is over its limit."""
    source = given.source.encode()
    size = len(source) + len(given.payload)
    if len(source) > 255 or size > RECORD_OCTETS_MAX:
        raise ValueError(f"an input of {size} octets from {given.source[:40]!r} is over the journal's limit")
    behind = (
        RECORD_HEAD.pack(size, 0, number, given.rx_ns, given.kind, len(source))[CHECKED_FROM:] + source + given.payload
    )
    return struct.pack("<II", size, zlib.crc32(behind)) + behind


def decode_record(octets: memoryview) -> tuple[Record, int] | None:
    """Return the record at the front of `octets` and its length, or None where it is not whole and sound."""
    if len(octets) < RECORD_HEAD.size:
        return None
    size, crc, number, rx_ns, kind, source_size = RECORD_HEAD.unpack_from(octets)
    end = RECORD_HEAD.size + size
    if size > RECORD_OCTETS_MAX or source_size > size or end > len(octets):
        return None
    if zlib.crc32(octets[CHECKED_FROM:end]) != crc:
        return None
    split = RECORD_HEAD.size + source_size
    try:
        source = str(octets[RECORD_HEAD.size : split], "utf-8")
        given = Input(rx_ns, source, InputKind(kind), bytes(octets[split:end]))
    except ValueError:
        return None
    return Record(number, given), end
