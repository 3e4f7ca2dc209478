"""What every fact has."""

from __future__ import annotations

import msgspec


class Message(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """A fact: (node, sequence) is its name for ever."""

    node: str
    sequence: int
    now_ns: int
