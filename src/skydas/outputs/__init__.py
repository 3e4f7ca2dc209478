"""Where facts go: one plug-in a file, each with `Params` and `async run(params, inbox, emit)`."""

from __future__ import annotations

from typing import Protocol

from skydas.model import Fact, Input


class Inbox(Protocol):
    """An output's bounded queue: the oldest is dropped and counted, the node never waits."""

    dropped: int

    async def get(self) -> tuple[Fact, bytes] | None:
        """Return the next fact and its encoded octets; None when no more will come."""


class Emit(Protocol):
    """How an output hands an input back to the node: what it could not do, what a partner answered."""

    async def __call__(self, one: Input, /) -> None:
        """Put `one` into the node's inputs."""
