"""The bounded queue in front of each output: the node never waits, the oldest goes, what went is counted."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

from skydas.model import Fact

INBOX_FACTS_MAX: Final = 16_384
INBOX_OCTETS_MAX: Final = 64 * 1024 * 1024


class BoundedInbox:
    """Facts waiting for one output; satisfies `skydas.outputs.Inbox`."""

    def __init__(self, facts_max: int = INBOX_FACTS_MAX, octets_max: int = INBOX_OCTETS_MAX) -> None:
        self.dropped = 0
        self._facts_max = facts_max
        self._octets_max = octets_max
        self._octets = 0
        self._waiting: deque[tuple[Fact, bytes]] = deque()
        self._ended = False
        self._ready = asyncio.Event()

    def put(self, fact: Fact, encoded: bytes) -> None:
        """Take a fact; where the queue is over a limit the oldest goes."""
        self._waiting.append((fact, encoded))
        self._octets += len(encoded)
        while len(self._waiting) > self._facts_max or self._octets > self._octets_max:
            _, lost = self._waiting.popleft()
            self._octets -= len(lost)
            self.dropped += 1
        self._ready.set()

    def end(self) -> None:
        """Say that no more will come; what waits is still handed out."""
        self._ended = True
        self._ready.set()

    def __len__(self) -> int:
        return len(self._waiting)

    async def get(self) -> tuple[Fact, bytes] | None:
        """Return the next fact and its octets; None when no more will come."""
        while not self._waiting:
            if self._ended:
                return None
            self._ready.clear()
            await self._ready.wait()
        fact, encoded = self._waiting.popleft()
        self._octets -= len(encoded)
        return fact, encoded
