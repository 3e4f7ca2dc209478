"""The only module that reads the time.

Everything else gets `now_ns` or a `Clock` as an argument, so a replay and a simulation run on the same code.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, Protocol

DRAWN_PART: Final = 20  # a twentieth of the time that passes: that far a live clock is drawn in it


class Clock(Protocol):
    """Something that says what time it is."""

    def now_ns(self) -> int:
        """Return UTC as int64 ns since 1970-01-01."""


class LiveClock:
    """The time of a live node: the machine's at the start, then counted on, and drawn towards the machine's slowly.

    A machine's clock may be set while the node runs, by a year or by mistake; the picture's time must not leap with it.
    """

    def __init__(self, wall_ns: Callable[[], int] = time.time_ns, counted_ns: Callable[[], int] | None = None) -> None:
        self._wall_ns = wall_ns
        self._count_ns = counted_ns or _counted_ns
        self._now_ns = wall_ns()
        self._counted_ns = self._count_ns()

    def now_ns(self) -> int:
        """Return UTC in ns; it never runs backwards, and never by more than a twentieth faster or slower than time."""
        counted_ns = self._count_ns()
        elapsed_ns = max(counted_ns - self._counted_ns, 0)
        self._counted_ns = counted_ns
        drawn_ns_max = elapsed_ns // DRAWN_PART
        self._now_ns += elapsed_ns
        self._now_ns += max(-drawn_ns_max, min(drawn_ns_max, self._wall_ns() - self._now_ns))
        return self._now_ns

    def go_on_from(self, now_ns: int) -> None:
        """Let no time before `now_ns` come any more: that is told already."""
        self._now_ns = max(self._now_ns, now_ns)

    def machine_ahead_s(self) -> float:
        """Return how far the machine's clock is ahead of this one; below 0: behind."""
        return (self._wall_ns() - self.now_ns()) / 1e9


class ManualClock:
    """A clock that a test, a replay or a simulation moves."""

    def __init__(self, now_ns: int = 0) -> None:
        self._now_ns = now_ns

    def now_ns(self) -> int:
        """Return the time last set."""
        return self._now_ns

    def set_ns(self, now_ns: int) -> None:
        """Move the clock to `now_ns`."""
        self._now_ns = now_ns


def stopwatch_ns() -> int:
    """Return a monotonic count of ns for measuring how long something took; it is no time of day."""
    return time.perf_counter_ns()


def _counted_ns() -> int:
    """Return ns that pass evenly whatever the machine's clock is set to, through its sleep too where it counts that."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    return time.monotonic_ns()
