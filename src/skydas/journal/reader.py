"""Read a journal: a folder of segments or one segment file, also while it is being written.

A record cut short at the very end is a torn tail: the process was killed while writing it. It is left out and
reported. A damaged record with sound ones behind it is corruption: reading stops there with a JournalError.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from skydas.errors import JournalError
from skydas.journal.records import (
    CHECKED_FROM,
    RECORD_HEAD,
    RECORD_OCTETS_MAX,
    SEGMENT_HEAD,
    SEGMENT_MAGIC,
    Record,
    decode_record,
)
from skydas.model import InputKind

SEGMENT_SUFFIX: Final = ".skj"
KEPT_FILE: Final = "kept-actions"
_READ_OCTETS: Final = 1 << 20


class Torn(NamedTuple):
    """The unfinished end of a segment."""

    path: Path
    offset: int
    octets: int


def segments(path: Path) -> list[Path]:
    """Return the segment files of a journal, oldest first. Raises JournalError where there is none."""
    if path.is_file():
        return [path]
    found = sorted(path.glob(f"*{SEGMENT_SUFFIX}")) or sorted(path.glob(f"journal/*{SEGMENT_SUFFIX}"))
    if not found:
        raise JournalError(f"{path}: no journal here (expected files named *{SEGMENT_SUFFIX})")
    return found


def read_head(path: Path) -> int:
    """Return the number of a segment's first record. Raises JournalError where it is no segment."""
    with path.open("rb") as file:
        head = file.read(SEGMENT_HEAD.size)
    if len(head) < SEGMENT_HEAD.size:
        raise JournalError(f"{path}: shorter than a segment's head")
    magic, first = SEGMENT_HEAD.unpack(head)
    if magic != SEGMENT_MAGIC:
        raise JournalError(f"{path}: not a journal segment of version {SEGMENT_MAGIC[-1:].decode()}: {magic!r}")
    return int(first)


class JournalReader:
    """Iterate over a journal's records from record `start` on; afterwards `torn` says what was left out."""

    def __init__(self, path: Path, start: int = 0) -> None:
        self.paths = segments(path)
        self.start = start
        self.torn: Torn | None = None
        self.expected: int | None = None

    def __iter__(self) -> Iterator[Record]:
        firsts = [self._first(path) for path in self.paths]
        for index, path in enumerate(self.paths):
            behind = firsts[index + 1] if index + 1 < len(firsts) else None
            if behind is not None and behind <= self.start:
                continue
            for record in self._segment(path, is_last=index == len(self.paths) - 1):
                if record.number >= self.start:
                    yield record

    def _first(self, path: Path) -> int:
        try:
            return read_head(path)
        except JournalError:
            if path == self.paths[-1] and path.stat().st_size < SEGMENT_HEAD.size:
                self.torn = Torn(path, 0, path.stat().st_size)
                return 1 << 62
            raise

    def _segment(self, path: Path, *, is_last: bool) -> Iterator[Record]:
        with path.open("rb") as file:
            if len(file.read(SEGMENT_HEAD.size)) < SEGMENT_HEAD.size:
                return
            base, buffer = SEGMENT_HEAD.size, b""
            while True:
                fresh = file.read(_READ_OCTETS)
                buffer += fresh
                at = 0
                view = memoryview(buffer)
                while (got := decode_record(view[at:])) is not None:
                    record, size = got
                    self._check_number(record, path)
                    at += size
                    yield record
                base, buffer = base + at, buffer[at:]
                if fresh and len(buffer) <= RECORD_HEAD.size + RECORD_OCTETS_MAX:
                    continue
                if buffer:
                    self._judge_rest(path, base, buffer + file.read(), is_last=is_last)
                return

    def _check_number(self, record: Record, path: Path) -> None:
        if self.expected is not None and record.number != self.expected:
            raise JournalError(
                f"{path}: record {record.number} where {self.expected} was expected: a segment is missing"
            )
        self.expected = record.number + 1

    def _judge_rest(self, path: Path, base: int, rest: bytes, *, is_last: bool) -> None:
        if not is_last or sound_record_behind(rest):
            raise JournalError(f"{path}: damaged at octet {base}, with records behind it that cannot be reached")
        self.torn = Torn(path, base, len(rest))


def kept_records(path: Path) -> Iterator[Record]:
    """Yield the actions and configurations of segments that the retention deleted, each once, oldest first.

    A crash between keeping and deleting leaves them in both places: a reader of both goes on after the last number.
    """
    folder = path / "journal" if (path / "journal" / KEPT_FILE).is_file() else path
    if not (folder / KEPT_FILE).is_file():
        return
    octets = (folder / KEPT_FILE).read_bytes()
    view, at, next_number = memoryview(octets), 0, 0
    while (got := decode_record(view[at:])) is not None:
        record, size = got
        at += size
        if record.number >= next_number:
            next_number = record.number + 1
            yield record
    if at < len(view) and sound_record_behind(octets[at:]):
        raise JournalError(f"{folder / KEPT_FILE}: damaged at octet {at}, with records behind it")


def sound_octets(path: Path) -> int:
    """Return how many octets of the file of kept records are whole, sound ones. Raises JournalError, as a reader."""
    for _ in kept_records(path):
        pass
    view, at = memoryview((path / KEPT_FILE).read_bytes()), 0
    while (got := decode_record(view[at:])) is not None:
        at += got[1]
    return at


def is_cut(path: Path) -> bool:
    """Return whether the retention deleted the beginning of a journal. Raises JournalError where there is none."""
    return read_head(segments(path)[0]) > 0


def first_configuration(path: Path) -> bytes | None:
    """Return the configuration that holds at the first record of a journal; None: there is none.

    Where the retention deleted the beginning, that is the last one of those that it kept apart.
    """
    reader = JournalReader(path)
    first = read_head(reader.paths[0])
    found: bytes | None = None
    for record in kept_records(path):
        if record.number < first and record.input.kind == InputKind.CONFIG:
            found = record.input.payload
    if found is not None:
        return found
    return next((record.input.payload for record in reader if record.input.kind == InputKind.CONFIG), None)


def sound_record_behind(rest: bytes) -> bool:
    """Return whether a whole, sound record comes behind the unsound one at the front of `rest`.

    One that begins before the end which that record claims is its payload (people and sensors may send the octets of a
    record), unless the checksum, which does not cover the length, says that the record in truth ends there.
    """
    if len(rest) < RECORD_HEAD.size:
        return False
    view = memoryview(rest)
    size, crc, _, _, _, source_size = RECORD_HEAD.unpack_from(view)
    is_possible = source_size <= size <= RECORD_OCTETS_MAX
    claimed_end = RECORD_HEAD.size + (size if is_possible else 0)
    return any(
        decode_record(view[at:]) is not None and (at >= claimed_end or zlib.crc32(view[CHECKED_FROM:at]) == crc)
        for at in range(RECORD_HEAD.size, len(rest) - RECORD_HEAD.size + 1)
    )
