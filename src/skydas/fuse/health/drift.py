"""Has a sensor changed? Sequential tests (CUSUM of log-likelihood ratios), a block of ten seconds at a time.

The evidence for "changed" against "as before" is summed and never falls below 0. A change is told when it passes
ln(blocks between false alarms): by Lorden's bound (Annals of Mathematical Statistics 42, 1971) a test of independent
counts then alarms falsely less often than that. Real counts come in runs: a target that is hard to see stays for
minutes, a shower brings its clutter together. So each test measures how much wider than independent counts its sums
are over some minutes, and divides the evidence by it.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np

from skydas.fuse.health.counts import Watched, chosen_counts
from skydas.fuse.health.params import HealthParams
from skydas.model import BoolArray, FloatArray, IntArray

BLOCK_S: Final = 10.0
BLOCK_EVIDENCE_MAX: Final = 3.0
WINDOW_BLOCKS: Final = 18  # over which the spread of the sums is measured
_SPREAD_MAX: Final = 40.0  # of one window: what is more is a change, and must not hide it
_SURE: Final = 0.98  # no cell is taken to be better than this: one miss must not decide
_BLIND: Final = 0.3  # and what is worse than this tells nothing of a loss
_NOTHING_RARE: Final = 1.0  # false plots a turn: a rise by less is nobody's concern


class Weighed(NamedTuple):
    """What one block says of every sensor, (s,) each; 0 where it says nothing."""

    ratio: FloatArray  # log-likelihood ratio of "changed", of independent counts
    residual: FloatArray  # counted less expected
    variance: FloatArray  # of that, of independent counts


def bar(params: HealthParams) -> float:
    """Return the evidence that tells a change."""
    return math.log(params.days_between_false_alarms * 86_400.0 / BLOCK_S)


def loss(block: Watched, base: Watched, params: HealthParams) -> Weighed:
    """Weigh "sees less than it did".

    Each cell is held against itself: traffic that moves to where a sensor sees badly is no loss.
    """
    total = base.cells.sum(axis=(1, 2))
    with_others = chosen_counts(total, "others")[1] >= params.baseline_due_min
    alone = ~with_others & (chosen_counts(total, "own")[1] >= params.baseline_due_min)
    weighed = Weighed(*np.zeros((3, len(total))))
    for basis, sensors in (("others", with_others), ("own", alone)):
        if sensors.any():
            for all_sensors, some in zip(
                weighed, _weigh_cells(block.cells[sensors], base.cells[sensors], basis, params), strict=True
            ):
                all_sensors[sensors] = some
    return weighed


def _weigh_cells(block: FloatArray, base: FloatArray, basis: str, params: HealthParams) -> Weighed:
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
    return Weighed(
        *(
            np.where(tells, cells, 0.0).sum(axis=(1, 2))
            for cells in (ratio, seen - due * mean, due * mean * (1.0 - mean))
        )
    )


def more_clutter(block: Watched, base: Watched, params: HealthParams) -> Weighed:
    """Weigh "more false plots a turn than before"."""
    turns = np.maximum(base.turns, 1.0)
    mean = (base.false_plots + 0.5) / turns
    before = mean + np.sqrt(base.false_plots + 1.0) / turns
    after = np.maximum(params.clutter_factor * before, before + _NOTHING_RARE)
    ratio = block.false_plots * np.log(after / before) - (after - before) * block.turns
    expected = mean * block.turns
    tells = base.turns >= params.baseline_turns_min
    return Weighed(*(np.where(tells, row, 0.0) for row in (ratio, block.false_plots - expected, expected)))


class Change:
    """One test of every sensor: evidence, alarm, and the way back."""

    def __init__(self, sensor_count: int) -> None:
        self.evidence: FloatArray = np.zeros(sensor_count)  # for a change; during an alarm: that it is over
        self.since_ns: IntArray = np.zeros(sensor_count, np.int64)  # of the alarm; 0 none
        self._window: FloatArray = np.zeros((3, sensor_count))  # blocks, residual and variance in the window at work
        self._spreads: FloatArray = np.zeros((2, sensor_count))  # how many windows were measured, and their sum

    def arrays(self) -> list[FloatArray | IntArray]:
        """Return all that the next step depends on."""
        return [self.evidence, self.since_ns, self._window, self._spreads]

    def spread(self, params: HealthParams) -> FloatArray:
        """Return how many times wider than independent counts the sums are, (s,), at least 1."""
        count, total = self._spreads
        prior = params.spread_windows
        spread: FloatArray = np.maximum((prior * params.spread_before + total) / (prior + count), 1.0)
        return spread

    def step(self, now_ns: int, weighed: Weighed, params: HealthParams) -> tuple[list[int], list[int]]:
        """Take what a block says; return which sensors begin and which end to be alarmed."""
        is_alarmed = self.since_ns > 0
        ratio = weighed.ratio / self.spread(params)
        # Evidence cut off above says less than there is, so the bound holds; and no single block decides.
        new = np.minimum(np.where(is_alarmed, -ratio, ratio), BLOCK_EVIDENCE_MAX)
        self.evidence = np.maximum(self.evidence + new, 0.0)
        begins = ~is_alarmed & (self.evidence > bar(params))
        ends = is_alarmed & (self.evidence > math.log(params.recovery_odds))
        self.since_ns[begins] = now_ns
        self.since_ns[ends] = 0
        self.evidence[begins | ends] = 0.0
        self._measure(weighed, is_alarmed | begins, params)
        return np.flatnonzero(begins).tolist(), np.flatnonzero(ends).tolist()

    def _measure(self, weighed: Weighed, is_alarmed: BoolArray, params: HealthParams) -> None:
        """Add a block to the window, and a full window to what is known of the spread; an alarm is no usual time."""
        self._window[:, is_alarmed] = 0.0
        says = (weighed.variance > 0.0) & ~is_alarmed
        self._window += np.stack((np.ones(len(says)), weighed.residual, weighed.variance)) * says
        blocks, residual, variance = self._window
        # A change at work must not pass for spread: its window stays open until the evidence is gone, or told.
        full = (blocks >= WINDOW_BLOCKS) & (self.evidence < 0.5 * bar(params))
        if not full.any():
            return
        forget = math.exp(-WINDOW_BLOCKS * BLOCK_S / params.baseline_forget_s)
        spread = np.minimum(residual[full] ** 2 / variance[full], _SPREAD_MAX)
        self._spreads[:, full] = forget * self._spreads[:, full] + np.stack((np.ones(len(spread)), spread))
        self._window[:, full] = 0.0
