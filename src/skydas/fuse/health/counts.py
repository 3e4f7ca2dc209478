"""What was counted of every sensor, and what it says: Beta and Gamma posteriors."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skydas.fuse.records import COUNT, DUE, INTERVALS, OWN_DUE, OWN_SEEN, RINGS, SECTORS, SEEN
from skydas.model import Estimate, FloatArray

DUE_MIN: Final = 10.0  # turns of targets; what rests on fewer is not told
INTERVALS_SEEN_MIN: Final = 30.0
CELL_DUE_MIN: Final = 3.0
NOT_KNOWN: Final = 255  # in `coverage`
JEFFREYS: Final = 0.5  # of seen and of missed, before anything is counted


Percentages = npt.NDArray[np.uint8]


class Watched(NamedTuple):
    """Counts of `s` sensors; of an instant since the start, of a block, or with forgetting."""

    cells: FloatArray  # (s, SECTORS, RINGS, 4) see records.py
    intervals: FloatArray  # (s, INTERVALS, 3)
    false_plots: FloatArray  # (s,)
    turns: FloatArray  # (s,)

    def less(self, other: Watched) -> Watched:
        """Return what was counted since `other`; never below 0, where a late plot took a false one back."""
        return Watched(*(np.maximum(new - old, 0.0) for new, old in zip(self, other, strict=True)))

    def add(self, block: Watched, kept: FloatArray, chosen: FloatArray) -> None:
        """Let what was counted weigh `kept` (s,) as much, and add the block of the `chosen` (s,): 1 or 0."""
        for mine, new in zip(self, block, strict=True):
            shape = (-1, *(1,) * (new.ndim - 1))
            mine *= kept.reshape(shape)
            mine += new * chosen.reshape(shape)


def nothing_watched(sensor_count: int) -> Watched:
    """Return counts of 0."""
    return Watched(
        np.zeros((sensor_count, SECTORS, RINGS, 4)),
        np.zeros((sensor_count, INTERVALS, 3)),
        np.zeros(sensor_count),
        np.zeros(sensor_count),
    )


def detection(seen: float, due: float, least: float = DUE_MIN) -> Estimate | None:
    """Return the probability to see a target at a turn, mean and sigma of the Beta posterior; None: not known."""
    if due < least:
        return None
    hits = min(seen, due)
    a, b = hits + JEFFREYS, due - hits + JEFFREYS
    mean = a / (a + b)
    return Estimate(mean, math.sqrt(mean * (1.0 - mean) / (a + b + 1.0)), due)


def basis_of(total: FloatArray) -> str:
    """Return what a detection probability rests on, of counts (4,): what others see, its own tracks, or nothing yet."""
    if total[DUE] >= DUE_MIN:
        return "others"
    return "own" if total[OWN_DUE] >= DUE_MIN else "none"


def chosen_counts(cells: FloatArray, basis: str) -> tuple[FloatArray, FloatArray]:
    """Return seen and due, (..., ) each, of cells (..., 4) on that basis."""
    if basis == "others":
        return cells[..., SEEN], cells[..., DUE]
    return cells[..., OWN_SEEN], cells[..., OWN_DUE]


def coverage(cells: FloatArray) -> Percentages:
    """Return the detection probability in percent of each cell, (...,) of cells (..., 4); 255: not known."""
    seen, due = chosen_counts(cells, "others")
    own_seen, own_due = chosen_counts(cells, "own")
    is_alone = due < CELL_DUE_MIN
    seen, due = np.where(is_alone, own_seen, seen), np.where(is_alone, own_due, due)
    share = (np.minimum(seen, due) + JEFFREYS) / (due + 2.0 * JEFFREYS)
    return np.where(due < CELL_DUE_MIN, float(NOT_KNOWN), np.rint(100.0 * share)).astype(np.uint8)


def period(intervals: FloatArray, stated_s: float) -> Estimate | None:
    """Return the usual time (s) between two plots of one object: the mean of the fullest three bins that adjoin.

    intervals : (INTERVALS, 3), in periods as stated
    """
    count = intervals[:, COUNT]
    together = count[:-2] + count[1:-1] + count[2:]
    first = int(together.argmax())
    n, total, squares = intervals[first : first + 3].sum(axis=0).tolist()
    if n < INTERVALS_SEEN_MIN:
        return None
    mean = total / n
    variance = max(squares / n - mean * mean, 0.0)
    return Estimate(stated_s * mean, stated_s * math.sqrt(variance / n), n)


def false_plots(plots: float, turns: float) -> Estimate | None:
    """Return the false plots in one turn of the antenna, mean and sigma of the Gamma posterior; None: not known."""
    if turns < 1.0:
        return None
    shape = plots + JEFFREYS
    return Estimate(shape / turns, math.sqrt(shape) / turns, turns)
