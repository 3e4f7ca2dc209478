"""Has a sensor changed? Sequential tests (CUSUM of log-likelihood ratios), a block of ten seconds at a time.

The evidence for "changed" against "as before" is summed and never falls below 0. A change is told when it passes
ln(blocks between false alarms): by Lorden's bound (Annals of Mathematical Statistics 42, 1971) a test of independent
blocks then alarms falsely less often than that. Counts that come in runs say less: `evidence_share` weighs them.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from skydas.fuse.health.counts import Watched, chosen_counts
from skydas.fuse.health.params import HealthParams
from skydas.model import FloatArray, IntArray

BLOCK_S: Final = 10.0
BLOCK_EVIDENCE_MAX: Final = 3.0
_SURE: Final = 0.98  # no cell is taken to be better than this: one miss must not decide
_BLIND: Final = 0.3  # and what is worse than this tells nothing of a loss
_NOTHING_RARE: Final = 1.0  # false plots a turn: a rise by less is nobody's concern


def bar(params: HealthParams) -> float:
    """Return the evidence that tells a change."""
    return math.log(params.days_between_false_alarms * 86_400.0 / BLOCK_S)


def loss(block: Watched, base: Watched, params: HealthParams) -> FloatArray:
    """Return each sensor's log-likelihood ratio of "sees less than it did" in a block, (s,); 0 where none can be had.

    Each cell is held against itself: traffic that moves to where a sensor sees badly is no loss.
    """
    total = base.cells.sum(axis=(1, 2))
    with_others = chosen_counts(total, "others")[1] >= params.baseline_due_min
    alone = ~with_others & (chosen_counts(total, "own")[1] >= params.baseline_due_min)
    ratio = np.zeros(len(total))
    for basis, sensors in (("others", with_others), ("own", alone)):
        if sensors.any():
            ratio[sensors] = _cell_ratios(block.cells[sensors], base.cells[sensors], basis, params)
    return params.evidence_share * ratio


def _cell_ratios(block: FloatArray, base: FloatArray, basis: str, params: HealthParams) -> FloatArray:
    seen, due = chosen_counts(base, basis)
    mean = (np.minimum(seen, due) + 0.5) / (due + 1.0)
    before = np.minimum(mean - np.sqrt(mean * (1.0 - mean) / (due + 2.0)), _SURE)
    tells = (due >= params.cell_due_min) & (before > _BLIND)
    before = np.where(tells, before, 0.5)
    odds = before / (1.0 - before) * params.detection_odds_factor
    after = odds / (1.0 + odds)
    seen, due = chosen_counts(block, basis)
    # Over short times more plots than turns may come: then misses are below 0, which keeps the sum right.
    ratio = seen * np.log(after / before) + (due - seen) * np.log((1.0 - after) / (1.0 - before))
    total: FloatArray = np.where(tells, ratio, 0.0).sum(axis=(1, 2))
    return total


def more_clutter(block: Watched, base: Watched, params: HealthParams) -> FloatArray:
    """Return each sensor's log-likelihood ratio of "more false plots a turn than before" in a block, (s,)."""
    turns = np.maximum(base.turns, 1.0)
    before = (base.false_plots + np.sqrt(base.false_plots + 1.0)) / turns
    after = np.maximum(params.clutter_factor * before, before + _NOTHING_RARE)
    ratio = block.false_plots * np.log(after / before) - (after - before) * block.turns
    return np.where(base.turns >= params.baseline_turns_min, params.evidence_share * ratio, 0.0)


class Change:
    """One test of every sensor: evidence, alarm, and the way back."""

    def __init__(self, sensor_count: int) -> None:
        self.evidence: FloatArray = np.zeros(sensor_count)  # for a change; during an alarm: that it is over
        self.since_ns: IntArray = np.zeros(sensor_count, np.int64)  # of the alarm; 0 none

    def step(self, now_ns: int, ratio: FloatArray, params: HealthParams) -> tuple[list[int], list[int]]:
        """Take a block's ratios (s,); return which sensors begin and which end to be alarmed."""
        is_alarmed = self.since_ns > 0
        # Evidence cut off above says less than there is, so the bound holds; and no single block decides.
        new = np.minimum(np.where(is_alarmed, -ratio, ratio), BLOCK_EVIDENCE_MAX)
        self.evidence = np.maximum(self.evidence + new, 0.0)
        begins = ~is_alarmed & (self.evidence > bar(params))
        ends = is_alarmed & (self.evidence > math.log(params.recovery_odds))
        self.since_ns[begins] = now_ns
        self.since_ns[ends] = 0
        self.evidence[begins | ends] = 0.0
        return np.flatnonzero(begins).tolist(), np.flatnonzero(ends).tolist()
