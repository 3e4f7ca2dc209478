"""Streams of messages that carry their own clock: Beast and SAPIENT.

Beast       1A, kind (31 Mode A/C, 32 short, 33 long, 34 status, 35 position), stamp 6, level 1, frame; every 1A after
            the first is doubled. Stamp: a counter at 12 MHz, or (GPS) seconds of day 18 bits, nanoseconds 30 bits
SAPIENT     length 4 (little-endian), protobuf; field 1 of a message is its time (field 1 seconds, field 2 nanoseconds)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from skydas.capture.chunk import Chunk, Errors, count_error
from skydas.model import NS_PER_S, S_PER_DAY, time_of_day_ns

BEAST_OCTETS_MAX: Final = 4_096  # of a chunk
BEAST_CHUNK_NS_MAX: Final = 100_000_000
BEAST_STEP_NS_MAX: Final = 3_600 * NS_PER_S
SAPIENT_OCTETS_MAX: Final = 1 << 20

_ESCAPE: Final = 0x1A
_BEAST_TICKS_PER_S: Final = 12_000_000
_BEAST_BODY: Final = {0x31: 9, 0x32: 14, 0x33: 21, 0x34: 21, 0x35: 28}  # stamp, level, frame
_MLAT_STAMP: Final = 0xFF004D4C4154  # "MLAT": made by a server, no time in it


def is_beast(data: memoryview) -> bool:
    """Say whether the file opens with a Beast frame that another follows."""
    head = bytes(data[:128])
    if len(head) < 2 or head[0] != _ESCAPE or head[1] not in _BEAST_BODY:
        return False
    after = _beast_end(head, 0)
    return after == len(data) or (after + 1 < len(head) and head[after] == _ESCAPE and head[after + 1] in _BEAST_BODY)


def read_beast(data: memoryview, errors: Errors, start_ns: int, *, gps: bool = False) -> Iterator[Chunk]:
    """Yield runs of whole frames with the time of the last; octets between frames stay in: the decoder counts them."""
    octets = bytes(data)
    clock = _BeastClock(start_ns, gps)
    begin, at, first_ns = 0, 0, start_ns
    while at < len(octets):
        after = _beast_end(octets, at)
        before_ns = clock.t_ns
        stamp = _unescaped(octets[at + 2 : after])[:6] if after > at + 1 else b""
        if len(stamp) == 6 and octets[at] == _ESCAPE:
            clock.read(int.from_bytes(stamp, "big"), errors)
        if begin < at and (clock.t_ns - first_ns >= BEAST_CHUNK_NS_MAX or after - begin > BEAST_OCTETS_MAX):
            yield Chunk(before_ns, octets[begin:at])
            begin, first_ns = at, clock.t_ns
        at = after
    if begin < at:
        yield Chunk(clock.t_ns, octets[begin:at])


def _beast_end(octets: bytes, at: int) -> int:
    """Return where the frame, or the stretch of other octets, that begins at `at` ends."""
    if octets[at] != _ESCAPE or at + 1 >= len(octets) or octets[at + 1] not in _BEAST_BODY:
        following = octets.find(_ESCAPE, at + 1)
        return following if following >= 0 else len(octets)
    body, end = _BEAST_BODY[octets[at + 1]], at + 2
    for _ in range(body):
        if octets[end : end + 1] == b"\x1a":
            if octets[end + 1 : end + 2] != b"\x1a":
                return min(end, len(octets))  # a new frame begins inside this one
            end += 1
        end += 1
    return min(end, len(octets))


def _unescaped(octets: bytes) -> bytes:
    return octets.replace(b"\x1a\x1a", b"\x1a")


class _BeastClock:
    """Follows the receiver's stamps; a step back or far forward restarts it where it stands, and is counted."""

    def __init__(self, start_ns: int, gps: bool) -> None:
        self.t_ns = start_ns
        self._gps = gps
        self._before: int | None = None

    def read(self, stamp: int, errors: Errors) -> None:
        """Move on to `stamp`."""
        if stamp in (0, _MLAT_STAMP):
            return
        stamp_ns = self._of_day_ns(stamp) if self._gps else stamp * NS_PER_S // _BEAST_TICKS_PER_S
        if self._before is not None:
            step_ns = stamp_ns - self._before
            if step_ns < -BEAST_CHUNK_NS_MAX or step_ns > BEAST_STEP_NS_MAX:
                count_error(errors, "clock_jump")
                step_ns = 0
            # frames of several aerials are a little out of order; the recording's time does not run back
            self.t_ns += max(step_ns, 0)
        elif self._gps:
            self.t_ns = stamp_ns
        if self._before is None or stamp_ns > self._before or self._before - stamp_ns > BEAST_CHUNK_NS_MAX:
            self._before = stamp_ns

    def _of_day_ns(self, stamp: int) -> int:
        seconds, ns = stamp >> 30, stamp & 0x3FFFFFFF
        day_ns = S_PER_DAY * NS_PER_S
        if self._before is None:
            return self.t_ns - self.t_ns % day_ns + seconds * NS_PER_S + ns
        return time_of_day_ns(self._before, seconds) + ns


def is_sapient(data: memoryview) -> bool:
    """Say whether the file opens with a framed message that begins with its time."""
    length = int.from_bytes(data[:4], "little")
    return len(data) >= 12 and 8 < length <= SAPIENT_OCTETS_MAX and _sapient_time(bytes(data[4:32])) is not None


def read_sapient(data: memoryview, errors: Errors, start_ns: int) -> Iterator[Chunk]:
    """Yield each message with its frame, at the time it carries."""
    at, end, t_ns = 0, len(data), start_ns
    while at + 4 <= end:
        length = int.from_bytes(data[at : at + 4], "little")
        if length > SAPIENT_OCTETS_MAX:
            count_error(errors, "message_too_long")
            return
        if at + 4 + length > end:
            break
        frame = bytes(data[at : at + 4 + length])
        t_ns = max(t_ns, _sapient_time(frame[4:32]) or t_ns)
        yield Chunk(t_ns, frame)
        at += 4 + length
    if at < end:
        count_error(errors, "truncated")


def _sapient_time(message: bytes) -> int | None:
    """Return the time in a message's first field, or None where it does not begin with one."""
    if len(message) < 4 or message[0] != 0x0A or message[2] != 0x08:
        return None
    seconds, at = _varint(message, 3)
    ns = 0
    if at < min(len(message), 2 + message[1]) and message[at] == 0x10:
        ns, at = _varint(message, at + 1)
    if at != 2 + message[1] or ns >= NS_PER_S or seconds >= 1 << 33:
        return None
    return seconds * NS_PER_S + ns


def _varint(octets: bytes, at: int) -> tuple[int, int]:
    value = 0
    for count, octet in enumerate(octets[at : at + 10]):
        value |= (octet & 0x7F) << (7 * count)
        if octet < 0x80:
            return value, at + count + 1
    return value, len(octets) + 1
