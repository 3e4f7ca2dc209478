"""Recorded inputs through the very same node, as fast as it goes: what `skydas replay` and the tests run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Final

from skydas.model import NS_PER_S, Fact, Input, InputKind, encode_fact
from skydas.node.step import Node

TICK_NS: Final = NS_PER_S // 10
QUIET_TICKS_MAX: Final = 1_200  # two minutes without data drop every track; a longer gap is leapt over
FINAL_TICKS: Final = 11  # past a whole second, so that the last statuses are told


def with_ticks(given: Iterable[Input]) -> Iterator[Input]:
    """Put the clock's ticks between foreign inputs, on each whole tenth of a second, as a live node has them."""
    next_ns: int | None = None
    for one in given:
        if next_ns is None:
            next_ns = (one.rx_ns // TICK_NS + 1) * TICK_NS
        if one.rx_ns - next_ns > QUIET_TICKS_MAX * TICK_NS:
            for _ in range(QUIET_TICKS_MAX):
                yield Input(next_ns, "clock", InputKind.TICK, b"")
                next_ns += TICK_NS
            next_ns = (one.rx_ns // TICK_NS) * TICK_NS
        while next_ns <= one.rx_ns:
            yield Input(next_ns, "clock", InputKind.TICK, b"")
            next_ns += TICK_NS
        yield one
    if next_ns is not None:
        for _ in range(FINAL_TICKS):
            yield Input(next_ns, "clock", InputKind.TICK, b"")
            next_ns += TICK_NS


class FactsHash:
    """SHA-256 over the encoded facts in sequence, before any output, from the sequence `start` on.

    A node that goes on after a stop tells the facts after its last snapshot: `sequence_first` says where its hash
    begins, and a replay of the journal with that `start` gives the same one.
    """

    def __init__(self, start: int = 0) -> None:
        self._sha256 = hashlib.sha256()
        self._start = start
        self.sequence_first: int | None = None
        self.count = 0

    def add(self, sequence: int, encoded: bytes) -> None:
        """Take one encoded fact."""
        if sequence < self._start:
            return
        if self.sequence_first is None:
            self.sequence_first = sequence
        self._sha256.update(encoded)
        self.count += 1

    def hexdigest(self) -> str:
        """Return the hash of all facts so far."""
        return self._sha256.hexdigest()


def replay(node: Node, given: Iterable[Input], facts_hash: FactsHash | None = None) -> Iterator[tuple[Fact, bytes]]:
    """Yield every fact with its octets."""
    for one in given:
        for fact in node.step(one):
            encoded = encode_fact(fact)
            if facts_hash is not None:
                facts_hash.add(fact.sequence, encoded)
            yield fact, encoded
