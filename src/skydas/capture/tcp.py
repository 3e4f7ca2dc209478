"""TCP payloads in the order they were sent, each once, stream by stream."""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterator
from typing import Final

from skydas.capture.chunk import Chunk, Errors, count_error
from skydas.capture.packets import Octets

STREAMS_MAX: Final = 1_024
WAITING_MAX: Final = 64  # segments of one stream that came early

_SYN: Final = 0x02
_WRAP: Final = 1 << 32


class _Stream:
    """One direction of one connection."""

    def __init__(self, port: int, group: str, next_sequence: int) -> None:
        self.port = port
        self.group = group
        self.next_sequence = next_sequence
        self.waiting: dict[int, tuple[int, bytes]] = {}  # sequence -> (t_ns, octets)


class Streams:
    """Puts the segments of many streams in order."""

    def __init__(self, errors: Errors) -> None:
        self._errors = errors
        self._streams: dict[bytes, _Stream] = {}

    def segment(self, t_ns: int, octets: Octets, addresses: Octets) -> Iterator[Chunk]:
        """Yield what this segment makes readable, stamped with the time at which it became so."""
        source_port, port, sequence = struct.unpack_from(">HHI", octets)
        at = (octets[12] >> 4) * 4
        if at < 20 or at > len(octets):
            count_error(self._errors, "bad_tcp_header")
            return
        payload = bytes(octets[at:])
        key = bytes(addresses) + bytes(octets[:4])
        opens = bool(octets[13] & _SYN)
        stream = self._streams.get(key)
        if stream is None or opens:
            stream = self._open(key, addresses, source_port, port, (sequence + opens) % _WRAP)
        if not payload:
            return
        stream.waiting.setdefault((sequence + opens) % _WRAP, (t_ns, payload))
        yield from self._ready(stream, t_ns)
        if len(stream.waiting) > WAITING_MAX:
            yield from self._skip_gap(stream, t_ns)

    def rest(self) -> Iterator[Chunk]:
        """Yield what still waits for a segment that never came."""
        for stream in self._streams.values():
            while stream.waiting:
                yield from self._skip_gap(stream, max(t_ns for t_ns, _ in stream.waiting.values()))

    def _open(self, key: bytes, addresses: Octets, source_port: int, port: int, sequence: int) -> _Stream:
        if len(self._streams) >= STREAMS_MAX and key not in self._streams:
            self._streams.pop(next(iter(self._streams)))
            count_error(self._errors, "tcp_streams_full")
        source = ipaddress.ip_address(bytes(addresses[: len(addresses) // 2]))
        stream = self._streams[key] = _Stream(port, f"{source}:{source_port}", sequence)
        return stream

    def _ready(self, stream: _Stream, now_ns: int) -> Iterator[Chunk]:
        for sequence in sorted(stream.waiting, key=lambda number: _ahead(number, stream.next_sequence)):
            ahead = _ahead(sequence, stream.next_sequence)
            if ahead > 0:
                return
            _, payload = stream.waiting.pop(sequence)
            fresh = payload[-ahead:] if ahead else payload  # the first octets were sent before
            if not fresh or -ahead >= len(payload):
                count_error(self._errors, "tcp_sent_again")
                continue
            stream.next_sequence = (stream.next_sequence + len(fresh)) % _WRAP
            yield Chunk(now_ns, fresh, stream.port, stream.group)

    def _skip_gap(self, stream: _Stream, now_ns: int) -> Iterator[Chunk]:
        count_error(self._errors, "tcp_gap")
        stream.next_sequence = min(stream.waiting, key=lambda number: _ahead(number, stream.next_sequence))
        yield from self._ready(stream, now_ns)


def _ahead(sequence: int, expected: int) -> int:
    """Return how far `sequence` lies past `expected`, -2^31 .. 2^31, over the wrap."""
    return (sequence - expected + _WRAP // 2) % _WRAP - _WRAP // 2
