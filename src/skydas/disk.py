"""Files that are on disk when we say so: their octets, and the folder's entry that names them."""

from __future__ import annotations

import os
from pathlib import Path


def sync(path: Path) -> None:
    """Wait until the octets of a file, or the entries of a folder, are on disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_whole(path: Path, octets: bytes) -> None:
    """Write a file so that it is either whole or absent, whenever the power fails. Raises OSError."""
    unfinished = path.with_suffix(".part")
    with unfinished.open("wb") as file:
        file.write(octets)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)
    sync(path.parent)
