"""How long each stage of the node took; a metric, never part of a fact."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

Stopwatch = Callable[[], int]
BUCKETS_PER_OCTAVE: Final = 4
BUCKET_COUNT: Final = 40 * BUCKETS_PER_OCTAVE  # up to 2**40 ns, 18 minutes


class StageTimes:
    """For each stage: count, sum and a histogram of durations in quarter octaves (an error of at most 19%)."""

    def __init__(self) -> None:
        self._count: dict[str, int] = {}
        self._sum_ns: dict[str, int] = {}
        self._buckets: dict[str, list[int]] = {}

    def add(self, stage: str, duration_ns: int) -> None:
        """Note one passage."""
        if stage not in self._count:
            self._count[stage], self._sum_ns[stage], self._buckets[stage] = 0, 0, [0] * BUCKET_COUNT
        self._count[stage] += 1
        self._sum_ns[stage] += duration_ns
        bucket = int(math.log2(max(duration_ns, 1)) * BUCKETS_PER_OCTAVE)
        self._buckets[stage][min(bucket, BUCKET_COUNT - 1)] += 1

    def summary(self) -> dict[str, dict[str, float]]:
        """Return for each stage: count, total_s, mean_ms, p50_ms, p99_ms (upper edges of buckets)."""
        return {
            stage: {
                "count": count,
                "total_s": self._sum_ns[stage] / 1e9,
                "mean_ms": self._sum_ns[stage] / count / 1e6,
                "p50_ms": self._quantile_ms(stage, 0.50),
                "p99_ms": self._quantile_ms(stage, 0.99),
            }
            for stage, count in self._count.items()
        }

    def _quantile_ms(self, stage: str, share: float) -> float:
        wanted = math.ceil(self._count[stage] * share)
        seen = 0
        for bucket, count in enumerate(self._buckets[stage]):
            seen += count
            if seen >= wanted:
                return float(2.0 ** ((bucket + 1) / BUCKETS_PER_OCTAVE)) / 1e6
        return math.inf
