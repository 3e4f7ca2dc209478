"""Memory that a long-running process no longer needs goes back to the system."""

from __future__ import annotations

import ctypes
from typing import Final

_TRIM_THRESHOLD: Final = -1  # glibc's names of what mallopt sets
_MMAP_THRESHOLD: Final = -3
BLOCK_OCTETS: Final = 1_000_000


def return_large_blocks() -> None:
    """Let the C library give each block above BLOCK_OCTETS back when it is freed; without glibc nothing changes.

    Left alone, glibc raises that size to that of the largest block ever freed, up to 32 MB, and holes between
    long-lived blocks stay with the process: a node that records was 60 MB larger.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return
    mallopt(_MMAP_THRESHOLD, BLOCK_OCTETS)
    mallopt(_TRIM_THRESHOLD, BLOCK_OCTETS)
