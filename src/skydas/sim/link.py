"""The way from a sensor to the node: latency, loss, copies, late messages, wrong clocks; and what orders them."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from typing import Final

import msgspec
import numpy as np

from skydas.model import NS_PER_S
from skydas.sim.scenario import Link

OUTBOX_MAX: Final = 2_000_000  # messages under way at the same time


class Emission(msgspec.Struct, frozen=True):
    """Octets that reach the node at an instant."""

    t_ns: int  # the instant they arrive: measurement and latency
    source: str  # the stream they come in by
    payload: bytes


class Outbox:
    """Holds messages until their time has come; equal times leave in the order they were sent."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, str, bytes]] = []
        self._count = 0
        self.dropped = 0

    def put(self, t_ns: int, source: str, payload: bytes) -> None:
        """Take one message that arrives at `t_ns`."""
        if len(self._heap) >= OUTBOX_MAX:
            self.dropped += 1
            return
        self._count += 1
        heapq.heappush(self._heap, (t_ns, self._count, source, payload))

    def until(self, t_ns: int) -> Iterator[Emission]:
        """Yield and forget what arrives before `t_ns`."""
        heap = self._heap
        while heap and heap[0][0] < t_ns:
            at_ns, _, source, payload = heapq.heappop(heap)
            yield Emission(at_ns, source, payload)


class Way:
    """One sensor's link: sends its messages on, with the faults the scenario asks for."""

    def __init__(self, link: Link, stream: str, outbox: Outbox, rng: np.random.Generator) -> None:
        self._link = link
        self._stream = stream
        self._outbox = outbox
        self._rng = rng
        self._latency_ns = round(link.latency_s * NS_PER_S)

    def send(self, t_ns: int, payload: bytes) -> None:
        """Send a message that is ready at `t_ns`."""
        link, rng = self._link, self._rng
        if link.loss_probability and rng.random() < link.loss_probability:
            return
        t_ns += self._latency_ns
        if link.jitter_s:
            t_ns += round(rng.exponential(link.jitter_s) * NS_PER_S)
        if link.late_probability and rng.random() < link.late_probability:
            t_ns += round(rng.random() * link.late_s_max * NS_PER_S)
        self._outbox.put(t_ns, self._stream, payload)
        if link.copy_probability and rng.random() < link.copy_probability:
            self._outbox.put(t_ns + round(link.copy_delay_s * NS_PER_S), self._stream, payload)

    def clock_error_s(self, t_s: float) -> float:
        """Return how far the sensor's clock is ahead at `t_s` from the start of the scene."""
        return math.fsum(jump.by_s for jump in self._link.clock_jumps if jump.at_s <= t_s < jump.until_s)
