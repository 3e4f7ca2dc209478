"""Inputs that wait to be stepped: bounded as a whole, and for each source that cannot be asked to wait.

TCP and files wait for room; a datagram is dropped and counted when the room is full or its own source fills a quarter
of it, so that one source that floods does not push out the others.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final, NamedTuple

from skydas.model import ActionTaken, Input

INPUTS_WAITING_MAX: Final = 8_192
DATAGRAMS_WAITING_MAX: Final = INPUTS_WAITING_MAX // 4  # of one source


class Waiting(NamedTuple):
    """An input, and who waits for what becomes of it."""

    given: Input
    answer: asyncio.Future[ActionTaken] | None = None


class WaitingRoom:
    """A queue from the sources, the clock and the people to the one loop that steps."""

    def __init__(self) -> None:
        self.dropped: dict[str, int] = {}  # datagrams that found no room, by source
        self._waiting: deque[Waiting] = deque()
        self._datagrams: dict[str, int] = {}  # waiting now, by source
        self._untold: dict[str, int] = {}
        self._arrived = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    def put(self, given: Input, answer: asyncio.Future[ActionTaken] | None = None) -> None:
        """Queue an input."""
        self._waiting.append(Waiting(given, answer))
        self._arrived.set()
        if len(self._waiting) >= INPUTS_WAITING_MAX:
            self._room.clear()

    def put_first(self, given: Input) -> None:
        """Queue an input before all others."""
        self._waiting.appendleft(Waiting(given))
        self._arrived.set()

    def offer(self, given: Input) -> bool:
        """Queue a datagram, or count it as dropped and return False."""
        source = given.source
        count = self._datagrams.get(source, 0)
        if count >= DATAGRAMS_WAITING_MAX or not self._room.is_set():
            self.dropped[source] = self.dropped.get(source, 0) + 1
            self._untold[source] = self._untold.get(source, 0) + 1
            return False
        self._datagrams[source] = count + 1
        self.put(given)
        return True

    async def room(self) -> None:
        """Return when there is room."""
        await self._room.wait()

    async def arrival(self) -> None:
        """Return when something waits or `wake` was called."""
        self._arrived.clear()
        await self._arrived.wait()

    def wake(self) -> None:
        """Let `arrival` return."""
        self._arrived.set()

    def take(self, count_max: int) -> list[Waiting]:
        """Return the next inputs in their order."""
        batch = [self._waiting.popleft() for _ in range(min(count_max, len(self._waiting)))]
        for given, _ in batch:
            if given.source in self._datagrams:
                self._datagrams[given.source] -= 1
        self._room.set()
        return batch

    def take_untold(self) -> dict[str, int]:
        """Return what was dropped since the last call, by source."""
        untold, self._untold = self._untold, {}
        return untold

    def __len__(self) -> int:
        return len(self._waiting)
