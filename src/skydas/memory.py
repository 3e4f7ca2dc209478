"""Memory that a long-running process no longer needs goes back to the system."""

from __future__ import annotations

import ctypes
import os
from typing import Final

_TRIM_THRESHOLD: Final = -1  # glibc's names of what mallopt sets
_MMAP_THRESHOLD: Final = -3
BLOCK_OCTETS: Final = 1_000_000


def one_thread_for_blas() -> None:
    """Let NumPy's linear algebra and learning, where nobody chose otherwise, work in one thread; call it before NumPy.

    No matrix here is large enough to gain by more, and each thread holds some megabytes: 15 MB on four cores. Learning
    in threads waits by spinning: beside other work it took minutes for what one thread does in seconds.
    """
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, "1")


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
