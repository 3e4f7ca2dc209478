"""Lines of text with the time that each says of itself, so that a replay of them runs on their own clock.

Understood: JSON lines with `t_ns`, `t_utc`, `timestamp`, `time` or `now`; CSV whose heading names `t_ns` or `t_utc`;
CSV whose first column is seconds since 1970; SBS (fields 8 and 9: date and time of
logging, or 6 and 7); AVR with a 12 MHz stamp (`@` and 12 hexadecimal digits).
A line without a time has that of the line before it. Time never runs backwards in a recording: a line that came late
has the time at which it came.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from skydas.capture.chunk import Chunk, Errors, count_error
from skydas.model import NS_PER_S, utc_ns

CHUNK_OCTETS_MAX: Final = 1 << 16
CHUNK_NS_MAX: Final = 100_000_000  # lines of one tenth of a second come together
LINE_OCTETS_MAX: Final = 1 << 20
STEP_NS_MAX: Final = 366 * 86_400 * NS_PER_S  # a longer step forward is a damaged number

_JSON_TIME: Final = re.compile(
    rb'"(t_ns|t_utc|timestamp|time|now)"\s*:\s*(?:"([0-9TtZz:. +-]{4,40})"|(-?[0-9]{1,19}(?:\.[0-9]{1,12})?))'
)
_EPOCH_TIME: Final = re.compile(rb"([0-9]{9,10})(?:\.([0-9]{1,9})[0-9]*)?,")
_AVR_TICKS_PER_S: Final = 12_000_000

_TimeOf = Callable[[bytes], int | None]


def read_lines(data: memoryview, errors: Errors, start_ns: int) -> Iterator[Chunk]:
    """Yield runs of whole lines, each run with the time of its last line."""
    time_of = _time_reader(bytes(data[:4_096]), start_ns)
    now_ns, heard, held_octets, first_ns = start_ns, False, 0, start_ns
    held: list[bytes] = []
    for line in _lines(data, errors):
        line_ns = time_of(line)
        if line_ns is not None and (line_ns > now_ns or not heard):
            if heard and line_ns - now_ns > STEP_NS_MAX:
                count_error(errors, "time_out_of_range")
            else:
                if not heard:
                    first_ns = line_ns
                elif held and line_ns - first_ns >= CHUNK_NS_MAX:
                    yield Chunk(now_ns, b"".join(held))
                    held, held_octets, first_ns = [], 0, line_ns
                now_ns, heard = line_ns, True
        held.append(line)
        held_octets += len(line)
        if held_octets >= CHUNK_OCTETS_MAX:
            yield Chunk(now_ns, b"".join(held))
            held, held_octets, first_ns = [], 0, now_ns
    if held:
        yield Chunk(now_ns, b"".join(held))


def _lines(data: memoryview, errors: Errors) -> Iterator[bytes]:
    """Yield lines with their line end; a line longer than the limit is counted and left out."""
    tail = b""
    for at in range(0, len(data), CHUNK_OCTETS_MAX):
        pieces = (tail + bytes(data[at : at + CHUNK_OCTETS_MAX])).splitlines(keepends=True)
        # a piece without an end, or with "\r" whose "\n" may follow, waits for the next window
        tail = pieces.pop() if pieces and not pieces[-1].endswith(b"\n") else b""
        if len(tail) > LINE_OCTETS_MAX:
            count_error(errors, "line_too_long")
            tail = b""
        yield from pieces
    if tail:
        yield tail + b"\n"  # a decoder waits for the end of a line, which the end of a file is


def _time_reader(head: bytes, start_ns: int) -> _TimeOf:
    first = head.lstrip()[:1]
    if first == b"{":
        return _json_time
    if first in (b"@", b"*"):
        return _AvrTime(start_ns)
    heading = head.split(b"\n", 1)[0].strip().split(b",")
    for name, parse in ((b"t_ns", _int_ns), (b"t_utc", _text_ns)):
        if name in heading:
            return _CsvTime(heading.index(name), parse)
    if _epoch_time(head) is not None:
        return _epoch_time
    if heading[0] in (b"MSG", b"SEL", b"ID", b"AIR", b"STA", b"CLK"):
        return _sbs_time
    return lambda _: None


def _int_ns(text: bytes) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None


def _text_ns(text: bytes) -> int | None:
    try:
        return utc_ns(text.decode("ascii").strip())
    except (ValueError, OverflowError):
        return None


def _json_time(line: bytes) -> int | None:
    found = _JSON_TIME.search(line)
    if found is None:
        return None
    name, text, number = found.groups()
    if text is not None:
        return _text_ns(text)
    if name == b"t_ns":
        return _int_ns(number)
    # whole seconds apart from the fraction: a float would lose the last hundred nanoseconds
    seconds, _, fraction = number.partition(b".")
    if len(seconds) > 11:
        return None
    return int(seconds) * NS_PER_S + int(fraction[:9].ljust(9, b"0"))


class _CsvTime:
    """The time in one column; a text in quotes before it would shift it, and then it does not parse."""

    def __init__(self, column: int, parse: _TimeOf) -> None:
        self._column = column
        self._parse = parse

    def __call__(self, line: bytes) -> int | None:
        fields = line.split(b",", self._column + 1)
        return self._parse(fields[self._column].strip()) if len(fields) > self._column else None


def _epoch_time(line: bytes) -> int | None:
    found = _EPOCH_TIME.match(line)
    return int(found[1]) * NS_PER_S + int((found[2] or b"").ljust(9, b"0")) if found else None


def _sbs_time(line: bytes) -> int | None:
    fields = line.split(b",", 10)
    if len(fields) < 10:
        return None
    for at in (8, 6):
        if fields[at]:
            return _text_ns(fields[at].replace(b"/", b"-") + b"T" + fields[at + 1])
    return None


class _AvrTime:
    """Instants from a receiver's counter: the first is the start, the rest as far from it as the counter says."""

    def __init__(self, start_ns: int) -> None:
        self._start_ns = start_ns
        self._first: int | None = None

    def __call__(self, line: bytes) -> int | None:
        if line[:1] != b"@":
            return None
        try:
            ticks = int(line[1:13], 16)
        except ValueError:
            return None
        if self._first is None:
            self._first = ticks
        return self._start_ns + (ticks - self._first) * NS_PER_S // _AVR_TICKS_PER_S
