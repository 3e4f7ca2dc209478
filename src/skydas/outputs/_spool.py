"""Facts on disk that a database does not hold yet, and how far a node's facts are safe.

    spool      records, one after the other: u4 octets, u4 CRC-32 of them, the fact's octets (little-endian)
    position   text: sequence and now_ns of the newest fact before which nothing can be lost any more

A record cut short at the end was being written when the process was killed; it was not counted as safe.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from skydas.model import Fact, decode_fact

SPOOL_FILE: Final = "spool"
POSITION_FILE: Final = "position"
_HEAD: Final = struct.Struct("<II")


class Spool:
    """A file of facts that wait. Its calls block: an output calls them in a thread."""

    def __init__(self, directory: Path, octets_max: int) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.path = directory / SPOOL_FILE
        self.octets_max = octets_max
        self.octets = 0
        self.left: list[Fact] = []  # what the last run could not hand over
        self._position_path = directory / POSITION_FILE
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        self._read()

    def position(self) -> tuple[int, int]:
        """Return sequence and now_ns up to which all is safe; (-1, 0): nothing is known."""
        newest = (-1, 0)
        try:
            sequence, now_ns = map(int, self._position_path.read_text().split())
            newest = (sequence, now_ns)
        except (OSError, ValueError):
            pass  # none yet, or torn: then the spool and the database say less, which is safe
        return max([newest, *((fact.sequence, fact.now_ns) for fact in self.left)])

    def append(self, encoded: Iterable[bytes]) -> None:
        """Put facts on disk. Raises OSError."""
        octets = b"".join(_HEAD.pack(len(one), zlib.crc32(one)) + one for one in encoded)
        os.pwrite(self._file, octets, self.octets)
        os.fsync(self._file)
        self.octets += len(octets)

    def mark(self, sequence: int, now_ns: int) -> None:
        """Write down how far all is safe. Raises OSError."""
        unfinished = self._position_path.with_suffix(".part")
        unfinished.write_text(f"{sequence} {now_ns}\n")
        unfinished.replace(self._position_path)

    def empty(self) -> None:
        """Forget what the database holds by now. Raises OSError."""
        os.ftruncate(self._file, 0)
        self.octets = 0

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    def _read(self) -> None:
        octets = self.path.read_bytes()
        at = 0
        while at + _HEAD.size <= len(octets):
            size, crc = _HEAD.unpack_from(octets, at)
            one = octets[at + _HEAD.size : at + _HEAD.size + size]
            if len(one) < size or zlib.crc32(one) != crc:
                break
            try:
                self.left.append(decode_fact(one))
            except msgspec.DecodeError:
                break  # of another version of the program: the node tells it again from its journal
            at += _HEAD.size + size
        os.ftruncate(self._file, at)
        self.octets = at
