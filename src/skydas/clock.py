"""The only module that reads the time.

Everything else gets `now_ns` or a `Clock` as an argument, so a replay and a simulation run on the same code.
"""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Something that says what time it is."""

    def now_ns(self) -> int:
        """Return UTC as int64 ns since 1970-01-01."""


class LiveClock:
    """The machine's clock, never running backwards within one process."""

    def __init__(self) -> None:
        self._last_ns = 0

    def now_ns(self) -> int:
        """Return UTC in ns; a clock set back holds still until it has caught up."""
        self._last_ns = max(self._last_ns, time.time_ns())
        return self._last_ns


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
