"""Which numbers a node may have given: of facts, tracks, alerts, incidents and all else that is remembered elsewhere.

A node that lost its state (the retention deleted the journal's beginning, and no snapshot can be read) must not give
a number again. So numbers are reserved in blocks: the file `numbers` beside the segments says, synced before any of
them is given, below which all may be in use. A node that stops in order writes the exact ones.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from skydas.disk import write_whole
from skydas.errors import JournalError

NUMBERS_FILE: Final = "numbers"
# How many are reserved at once. It is looked after once a second, and renewed when half of a block is left: so half
# a block must be more than a node can give in a second.
BLOCKS: Final = {"sequence": 1_000_000, "track": 200_000}
BLOCK_OTHERS: Final = 10_000


class Reserve:
    """The numbers reserved for one node. Its calls block for one small write at most."""

    def __init__(self, directory: Path) -> None:
        """Read what an earlier run reserved. Raises JournalError, OSError."""
        self._path = directory / NUMBERS_FILE
        self.until = reserved(directory)

    def keep(self, numbers: dict[str, int]) -> None:
        """Reserve more where one of the next numbers, by kind, comes near its limit. Raises OSError."""
        if any(number + _block(kind) // 2 > self.until.get(kind, 0) for kind, number in numbers.items()):
            self._write({kind: max(number + _block(kind), self.until.get(kind, 0)) for kind, number in numbers.items()})

    def settle(self, numbers: dict[str, int]) -> None:
        """Write the exact next numbers: no more will be given by this run. Raises OSError."""
        self._write(numbers)

    def _write(self, numbers: dict[str, int]) -> None:
        write_whole(self._path, msgspec.json.encode(numbers) + b"\n")
        self.until = numbers


def reserved(directory: Path) -> dict[str, int]:
    """Return below which numbers, by kind, all may have been given; empty: this journal knows of none.

    Raises JournalError where the file cannot be read.
    """
    path = directory / NUMBERS_FILE
    if not path.is_file():
        return {}
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, int])
    except msgspec.DecodeError as error:
        raise JournalError(f"{path}: not readable ({error}); what it held is the next number of each kind") from error


def _block(kind: str) -> int:
    return BLOCKS.get(kind, BLOCK_OTHERS)
