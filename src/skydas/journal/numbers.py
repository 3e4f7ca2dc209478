"""Which numbers a node may have given: of facts, tracks, alerts, incidents and all else that is remembered elsewhere.

A node that lost its state (the retention deleted the journal's beginning, and no snapshot can be read) must not give
a number again. So numbers are reserved in blocks: the file `numbers` beside the segments says, synced before any of
them is given, below which all may be in use. A node that stops in order writes the exact ones.

A node that cannot record goes on without its journal, and gives numbers that the journal knows nothing of: the file is
then called `numbers-unrecorded`, until a record of the journal bears them. A new name needs no room on a full disk.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final

import msgspec

from skydas.disk import sync, write_whole
from skydas.errors import JournalError

NUMBERS_FILE: Final = "numbers"
UNRECORDED_FILE: Final = "numbers-unrecorded"
# How many are reserved at once. It is looked after once a second, and renewed when half of a block is left: so half
# a block must be more than a node can give in a second.
BLOCKS: Final = {"sequence": 1_000_000, "track": 200_000}
BLOCK_OTHERS: Final = 10_000
FILE_OCTETS: Final = 512  # always as many, and no more than a disk writes at once


class Reserve:
    """The numbers reserved for one node. Its calls block for one small write at most."""

    def __init__(self, directory: Path) -> None:
        """Read what an earlier run reserved. Raises JournalError, OSError."""
        self._directory = directory
        self.is_unrecorded = (directory / UNRECORDED_FILE).is_file()
        self.until = reserved(directory)

    def keep(self, numbers: dict[str, int]) -> None:
        """Reserve more where one of the next numbers, by kind, comes near its limit. Raises OSError."""
        if any(number + _block(kind) // 2 > self.until.get(kind, 0) for kind, number in numbers.items()):
            self._write({kind: max(number + _block(kind), self.until.get(kind, 0)) for kind, number in numbers.items()})

    def settle(self, numbers: dict[str, int]) -> None:
        """Write the exact next numbers: no more will be given by this run. Raises OSError."""
        self._write(numbers)

    def note_recorded(self, is_recorded: bool) -> None:
        """Note whether the journal knows of all numbers given. Raises OSError: then it is not noted."""
        if self.is_unrecorded == is_recorded:
            before = self._path
            with contextlib.suppress(FileNotFoundError):
                before.rename(self._directory / (NUMBERS_FILE if is_recorded else UNRECORDED_FILE))
            sync(self._directory)
            self.is_unrecorded = not is_recorded

    @property
    def _path(self) -> Path:
        return self._directory / (UNRECORDED_FILE if self.is_unrecorded else NUMBERS_FILE)

    def _write(self, numbers: dict[str, int]) -> None:
        octets = (msgspec.json.encode(numbers) + b"\n").ljust(FILE_OCTETS)
        try:
            write_whole(self._path, octets)
        except OSError:
            if not self._path.is_file() or self._path.stat().st_size != len(octets):
                raise
            with self._path.open("r+b") as file:  # on a full disk the room that the file has is still there
                file.write(octets)
                file.flush()
                os.fsync(file.fileno())
        self.until = numbers


def reserved(directory: Path) -> dict[str, int]:
    """Return below which numbers, by kind, all may have been given; empty: this journal knows of none.

    Raises JournalError where the file cannot be read.
    """
    path = directory / UNRECORDED_FILE
    if not path.is_file():
        path = directory / NUMBERS_FILE
    if not path.is_file():
        return {}
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, int])
    except msgspec.DecodeError as error:
        raise JournalError(f"{path}: not readable ({error}); what it held is the next number of each kind") from error


def _block(kind: str) -> int:
    return BLOCKS.get(kind, BLOCK_OTHERS)
