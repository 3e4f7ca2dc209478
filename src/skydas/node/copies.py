"""Datagrams that came twice: the two lines of a sensor carry the same octets, of which one is enough."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import Any, Final

from skydas.model import NS_PER_S

COPY_WINDOW_S: Final = 2.0
COPIES_REMEMBERED_MAX: Final = 65_536


class Copies:
    """The datagrams of the last COPY_WINDOW_S, by a digest of their octets."""

    def __init__(self) -> None:
        self._seen_ns: OrderedDict[bytes, int] = OrderedDict()

    def has(self, now_ns: int, payload: bytes) -> bool:
        """Return whether the same octets came within the window; remember them if not."""
        oldest_ns = now_ns - int(COPY_WINDOW_S * NS_PER_S)
        seen = self._seen_ns
        while seen and (len(seen) > COPIES_REMEMBERED_MAX or next(iter(seen.values())) < oldest_ns):
            seen.popitem(last=False)
        digest = hashlib.blake2b(payload, digest_size=16).digest()
        if digest in seen:
            return True
        seen[digest] = now_ns
        return False

    def state(self) -> list[Any]:
        """Return what a snapshot must hold."""
        return list(self._seen_ns.items())

    def restore(self, state: list[Any]) -> None:
        """Take back what `state` returned."""
        self._seen_ns = OrderedDict((digest, seen_ns) for digest, seen_ns in state)
