"""Where octets come from; one file each: `Params`, `async run(params, emit)`."""

from __future__ import annotations

from typing import Protocol

from skydas.model import Rows


class Emit(Protocol):
    """How a source hands octets to the node."""

    async def __call__(
        self, payload: bytes, rx_ns: int | None = None, source: str | None = None, connection: int = 0
    ) -> None:
        """Hand over octets and wait while the node is full.

        source     : the name of a source that this one feeds
        connection : which of several at once they came by, from 0
        """

    def nowait(self, payload: bytes, source: str | None = None) -> bool:
        """Hand over octets received now, or count them as dropped and return False while the node is full."""

    async def tick(self, rx_ns: int) -> None:
        """Move the clock of a node that runs on a recording's time; a live node's clock moves by itself."""

    def truth(self, rows: Rows) -> None:
        """Show what a simulated scene really holds, TRUTH of `skydas.sim`: no input, for the page to lay over it."""

    def link(self, state: str, text: str = "", connection: int = 0) -> None:
        """Say that the link is `open`, was `lost`, or has `ended`. What comes by one that opens is a new stream."""
