"""A `Chunk` is one payload of a recording with its time; `Errors` counts what a container did not let us read."""

from __future__ import annotations

from typing import NamedTuple

Errors = dict[str, int]


class Chunk(NamedTuple):
    """One payload as it was received."""

    t_ns: int  # received, UTC; `start_ns` where the container holds no time
    payload: bytes
    port: int = 0  # destination port; 0 where there is none
    group: str = ""  # UDP: the multicast address it was sent to; TCP: the sender's address:port


def count_error(errors: Errors, reason: str, count: int = 1) -> None:
    """Count `count` things not read, under `reason` (a stable snake_case word)."""
    errors[reason] = errors.get(reason, 0) + count
