"""How long each stage of the node took; a metric, never part of a fact."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

Stopwatch = Callable[[], int]
BUCKETS_PER_OCTAVE: Final = 4
BUCKET_COUNT: Final = 64 * BUCKETS_PER_OCTAVE  # up to 2**63 ns


class _Stage:
    """Durations of one stage."""

    __slots__ = ("buckets", "count", "sum_ns")

    def __init__(self) -> None:
        self.count = 0
        self.sum_ns = 0
        self.buckets = [0] * BUCKET_COUNT


class StageTimes:
    """For each stage: count, sum and a histogram of durations in quarters of octaves (an error of at most 25%)."""

    def __init__(self) -> None:
        self._stages: dict[str, _Stage] = {}

    def add(self, stage: str, duration_ns: int) -> None:
        """Note one passage."""
        held = self._stages.get(stage)
        if held is None:
            held = self._stages[stage] = _Stage()
        held.count += 1
        held.sum_ns += duration_ns
        octave = duration_ns.bit_length()  # the two bits behind the first one are the quarter
        held.buckets[4 * octave + ((duration_ns << 2 >> octave - 1) & 3 if octave else 0)] += 1

    def summary(self) -> dict[str, dict[str, float]]:
        """Return for each stage: count, total_s, mean_ms, p50_ms, p95_ms, p99_ms (upper edges of buckets)."""
        return {
            stage: {
                "count": held.count,
                "total_s": held.sum_ns / 1e9,
                "mean_ms": held.sum_ns / held.count / 1e6,
                "p50_ms": _quantile_ms(held, 0.50),
                "p95_ms": _quantile_ms(held, 0.95),
                "p99_ms": _quantile_ms(held, 0.99),
            }
            for stage, held in self._stages.items()
        }


def _quantile_ms(held: _Stage, share: float) -> float:
    wanted = math.ceil(held.count * share)
    seen = 0
    for bucket, count in enumerate(held.buckets):
        seen += count
        if seen >= wanted:
            octave, quarter = divmod(bucket, BUCKETS_PER_OCTAVE)
            return (5 + quarter) / 4.0 * 2.0 ** (octave - 1) / 1e6
    return math.inf
