"""ASTERIX data blocks out of files: bare, in a final envelope, in a GPS recording, behind a 6-octet header.

block       category 1, length 2 (whole block, big-endian), records
final       length 2 (whole envelope), board 1, line 1, day 1, time of day 3 (1/100 s), blocks, A5 A5 A5 A5
gps         2,200 octets of heading, then after each block 10 octets, of which octets 7-9 are a time of day (1/128 s)
            (no published layout: read off recordings, where it follows the blocks' own times by under a second)
framed      length 2 (header and block), time of day 4 (ms), block; also found inside datagrams
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from skydas.capture.chunk import Chunk, Errors, count_error
from skydas.model import NS_PER_S, S_PER_DAY, time_of_day_ns

GPS_HEADING_OCTETS: Final = 2_200
GPS_TRAILER_OCTETS: Final = 10
FRAME_HEADER_OCTETS: Final = 6
FINAL_FOOTER: Final = b"\xa5\xa5\xa5\xa5"
_FINAL_OVERHEAD: Final = 12

# EUROCONTROL's list of categories in use, national ones included: only to find the next block after damage
CATEGORIES: Final = frozenset(
    {1, 2, 3, 4, 7, 8, 9, 10, 11, 15, 16, 17, 18, 19, 20, 21, 23, 25, 30, 31, 32, 34, 48, 62, 63, 65}
    | {129, 150, 204, 205, 240, 244, 247, 252, 253}
)


def block_length(data: memoryview, at: int) -> int:
    """Return the length that the block at `at` states, or 0 where no block can be."""
    if at + 3 > len(data) or data[at] == 0:
        return 0
    length = data[at + 1] << 8 | data[at + 2]
    return length if length > 3 else 0


def covers(data: memoryview, *, blocks_max: int = 64) -> bool:
    """Say whether blocks follow one another exactly to the end, or `blocks_max` of known category do."""
    at, known = 0, 0
    for _ in range(blocks_max):
        length = block_length(data, at)
        if not length or at + length > len(data):
            return False
        known += data[at] in CATEGORIES
        at += length
        if at == len(data):
            return True
    return known == blocks_max


def opens_with_block(data: memoryview) -> bool:
    """Say whether the first block is of known category and cut short by the end, or another known one follows."""
    length = block_length(data, 0)
    if not length or data[0] not in CATEGORIES:
        return False
    return length > len(data) or (length < len(data) and data[length] in CATEGORIES)


def read_blocks(data: memoryview, errors: Errors, start_ns: int) -> Iterator[Chunk]:
    """Yield each block; after damage go on at the next place where two blocks follow each other."""
    at, end = 0, len(data)
    while at < end:
        length = block_length(data, at)
        if length and at + length <= end:
            yield Chunk(start_ns, bytes(data[at : at + length]))
            at += length
            continue
        following = _next_block(data, at + 1)
        count_error(errors, "truncated" if following == end and length else "not_a_block")
        count_error(errors, "octets_skipped", following - at)
        at = following


def _next_block(data: memoryview, at: int) -> int:
    end = len(data)
    for place in range(at, end):
        if data[place] not in CATEGORIES:
            continue
        length = block_length(data, place)
        after = place + length
        if length and (after == end or (after + 3 <= end and data[after] in CATEGORIES and block_length(data, after))):
            return place
    return end


def is_final(data: memoryview) -> bool:
    """Say whether the file opens with a final envelope."""
    length = int.from_bytes(data[:2], "big")
    return _FINAL_OVERHEAD < length <= len(data) and bytes(data[length - 4 : length]) == FINAL_FOOTER


def _has_footer(data: memoryview, end: int) -> bool:
    return bytes(data[end - 4 : end]) == FINAL_FOOTER


def read_final(data: memoryview, errors: Errors, start_ns: int) -> Iterator[Chunk]:
    """Yield the blocks of each envelope together, with its time."""
    clock = _DayClock(start_ns)
    at, end = 0, len(data)
    while at + 2 <= end:
        length = int.from_bytes(data[at : at + 2], "big")
        if length > _FINAL_OVERHEAD and at + length <= end and _has_footer(data, at + length):
            t_ns = clock.at(int.from_bytes(data[at + 5 : at + 8], "big") / 100.0, errors)
            yield Chunk(t_ns, bytes(data[at + 8 : at + length - 4]))
            at += length
            continue
        footer = _find(data, FINAL_FOOTER, at)
        count_error(errors, "bad_envelope" if footer >= 0 else "truncated")
        count_error(errors, "octets_skipped", (footer + 4 if footer >= 0 else end) - at)
        at = footer + 4 if footer >= 0 else end
    if at < end:
        count_error(errors, "truncated")


def _find(data: memoryview, needle: bytes, at: int) -> int:
    """Return where `needle` is next, or -1, looking at a window of the file at a time."""
    window = 1 << 16
    for place in range(at, len(data), window):
        found = bytes(data[place : place + window + len(needle) - 1]).find(needle)
        if found >= 0:
            return place + found
    return -1


def is_gps(data: memoryview) -> bool:
    """Say whether a GPS recording's heading is followed by a block."""
    if len(data) <= GPS_HEADING_OCTETS or len(set(data[:64])) > 1:
        return False
    length = block_length(data, GPS_HEADING_OCTETS)
    return bool(length) and data[GPS_HEADING_OCTETS] in CATEGORIES


def read_gps(data: memoryview, errors: Errors, start_ns: int) -> Iterator[Chunk]:
    """Yield each block with the time that follows it; the last one may lack it and then has the time before."""
    clock = _DayClock(start_ns)
    at, end = GPS_HEADING_OCTETS, len(data)
    if end < at:
        count_error(errors, "truncated")
    while at < end:
        length = block_length(data, at)
        if not length or at + length > end:
            count_error(errors, "truncated" if length else "not_a_block")
            count_error(errors, "octets_skipped", end - at)
            return
        trailer = data[at + length : at + length + GPS_TRAILER_OCTETS]
        if len(trailer) >= 9:
            t_ns = clock.at(int.from_bytes(trailer[6:9], "big") / 128.0, errors)
        else:
            t_ns = clock.t_ns
        yield Chunk(t_ns, bytes(data[at : at + length]))
        at += length + GPS_TRAILER_OCTETS


def framed_blocks(data: memoryview) -> list[memoryview]:
    """Return the blocks of a payload in which each stands behind a header, or nothing if it is not so throughout."""
    blocks: list[memoryview] = []
    at, end = 0, len(data)
    while at < end:
        if at + FRAME_HEADER_OCTETS + 3 > end:
            return []
        length = data[at] << 8 | data[at + 1]
        block = data[at + FRAME_HEADER_OCTETS : at + length]
        if len(block) != length - FRAME_HEADER_OCTETS or block_length(block, 0) != len(block):
            return []
        blocks.append(block)
        at += length
    return blocks


def unframe(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """Take the 6-octet headers out of datagrams that have them; the datagram's own time stays."""
    for chunk in chunks:
        octets = memoryview(chunk.payload)
        blocks = framed_blocks(octets) if len(octets) > 8 and not covers(octets) else []
        if not blocks:
            yield chunk
        for block in blocks:
            yield chunk._replace(payload=bytes(block))


def read_framed(data: memoryview, errors: Errors, start_ns: int) -> Iterator[Chunk]:
    """Yield the blocks of a file in which each stands behind a header, with the header's time."""
    clock = _DayClock(start_ns)
    at, end = 0, len(data)
    while at + FRAME_HEADER_OCTETS <= end:
        length = data[at] << 8 | data[at + 1]
        if length <= FRAME_HEADER_OCTETS + 3:
            count_error(errors, "not_a_block")
            count_error(errors, "octets_skipped", end - at)
            return
        if at + length > end:
            break
        t_ns = clock.at(int.from_bytes(data[at + 2 : at + 6], "big") / 1_000.0, errors)
        yield Chunk(t_ns, bytes(data[at + FRAME_HEADER_OCTETS : at + length]))
        at += length
    if at < end:
        count_error(errors, "truncated")


class _DayClock:
    """Turns times of day into instants: the first on the day of the start, each next one nearest to the one before."""

    def __init__(self, start_ns: int) -> None:
        self.t_ns = start_ns
        self._first = True

    def at(self, tod_s: float, errors: Errors) -> int:
        """Return the instant of `tod_s`; a time of day that cannot be is counted and does not move the clock."""
        if tod_s >= S_PER_DAY:
            count_error(errors, "bad_time_of_day")
            return self.t_ns
        if self._first:
            day_ns = S_PER_DAY * NS_PER_S
            self.t_ns += round(tod_s * NS_PER_S) - self.t_ns % day_ns
            self._first = False
        else:
            self.t_ns = time_of_day_ns(self.t_ns, tod_s)
        return self.t_ns
