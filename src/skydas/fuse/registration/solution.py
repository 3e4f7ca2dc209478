"""One estimate of all biases from one bank, with the sensors that contradict the others set free."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from skydas.fuse.registration.records import NONE, NOT_REGISTERED, PLACED, Around, Store
from skydas.fuse.registration.solve import (
    FIXED,
    Gathered,
    contradiction,
    count_tracks,
    empty_gathered,
    estimate,
    free_sensor,
    gather,
    ties,
)
from skydas.model import BoolArray, FloatArray, IntArray

# A sensor is looked for that contradicts the others when so many tracks had to be dropped, or the rest fit so badly.
_DROPPED_SHARE: Final = 0.2
_MISFIT_BAD: Final = 1.4
_TRACKS_FOR_IT: Final = 5
_CURED_SHARE: Final = 0.5  # of the excess chi-square that goes when the sensor is set free
CLAIMS_CHI2_MAX: Final = 2.0  # per degree of freedom
CLAIMS_SENSOR_CHI2_MAX: Final = 18.5  # of one sensor's biases: 0.999 of four


class Outcome(NamedTuple):
    """An estimate of the biases and what it rests on."""

    mean: FloatArray  # (n,)
    cov: FloatArray  # (n, n)
    group: IntArray  # (s,) sensors with the same number are tied together
    clock: IntArray  # (s,) the sensor whose clock each is told by
    tracks: IntArray  # (s,) shared tracks used
    contradicts: BoolArray  # (s,)
    kept: BoolArray  # (count,) of the gathered tracks
    misfit: float  # median chi-square per scalar


class Solver:
    """Buffers and constants of one network of sensors."""

    def __init__(self, around: Around, sigma: FloatArray) -> None:
        self.sigma = sigma
        self.gathered = (empty_gathered(), empty_gathered())
        self.counts = [0, 0]
        self._trial = empty_gathered()
        self._around = around
        registered = around.registered
        self._sensor_of = np.full(len(sigma), NONE, np.int64)
        for s, row in enumerate(registered):
            self._sensor_of[row["first"] : row["first"] + row["width"]] = s

    def outcome(self, store: Store, bank: int, clock_before: IntArray) -> Outcome:
        """Estimate from what bank `bank` learned. clock_before (s,): the clocks of the last estimate."""
        around, gathered = self._around, self.gathered[bank]
        registered = around.registered
        count = self.counts[bank] = gather(store, around, bank, gathered)
        group = np.zeros(len(registered), np.int64)
        kept = np.ones(count, np.bool_)
        ties(gathered, count, kept, self._sensor_of, store.folded_info[bank], self.sigma, group)
        clock = self._clocks(group, clock_before)
        fit = np.zeros(count)
        result = self._estimate(store, bank, gathered, count, clock, kept, fit)
        contradicts = np.zeros(len(registered), np.bool_)
        for s in self._contradicting(store, bank, count, clock, kept, fit, result[2]):
            contradicts[s] = True
            free_sensor(gathered, count, registered[s]["first"], registered[s]["width"], self.sigma)
        if contradicts.any():
            result = self._estimate(store, bank, gathered, count, clock, kept, fit)
        mean, cov, misfit = result
        tracks = np.zeros(len(registered), np.int64)
        count_tracks(gathered, count, kept, store.tracks, registered, bank, tracks)
        return Outcome(mean, cov, group, clock, tracks, contradicts, kept, misfit)

    def claims_agree(self, measured: Outcome, claimed: Outcome) -> bool:
        """Return whether the estimate with claims is one that the measurements alone allow."""
        registered = self._around.registered
        every: list[int] = []
        for s, row in enumerate(registered):
            if row["kind"] == NOT_REGISTERED or row["claims"] or measured.contradicts[s] or claimed.contradicts[s]:
                continue
            first, width = int(row["first"]), int(row["width"])
            columns = list(range(first, first + width - 1))
            if measured.clock[s] == claimed.clock[s] != s:
                columns.append(first + width - 1)
            if self._chi2(measured, claimed, columns)[0] > CLAIMS_SENSOR_CHI2_MAX:
                return False
            every += columns
        chi2, freedom = self._chi2(measured, claimed, every)
        return chi2 <= CLAIMS_CHI2_MAX * max(freedom, 1.0)

    def _chi2(self, measured: Outcome, claimed: Outcome, columns: list[int]) -> tuple[float, float]:
        if not columns:
            return 0.0, 0.0
        scale = np.outer(self.sigma, self.sigma)
        chi2, freedom = contradiction(
            measured.mean / self.sigma, measured.cov / scale, claimed.mean / self.sigma, claimed.cov / scale,
            np.array(columns, np.int64),
        )  # fmt: skip
        return float(chi2), float(freedom)

    def _clocks(self, group: IntArray, before: IntArray) -> IntArray:
        """Return the clock of each sensor: one that already was its group's, else its first radar."""
        registered = self._around.registered
        clock = np.arange(len(group))
        for root in np.unique(group).tolist():
            members = np.flatnonzero(group == root)
            if len(members) < 2:
                continue
            own = [s for s in members.tolist() if not registered[s]["claims"]]
            radars = [s for s in own if registered[s]["kind"] != PLACED]
            candidates = radars or own or members.tolist()
            established = [s for s in candidates if np.count_nonzero(before == s) > 1]
            clock[members] = min(established or candidates)
        return clock

    def _estimate(
        self, store: Store, bank: int, gathered: Gathered, count: int, clock: IntArray, kept: BoolArray, fit: FloatArray
    ) -> tuple[FloatArray, FloatArray, float]:
        n = len(self.sigma)
        registered = self._around.registered
        prior_info = np.ones(n)
        for s in range(len(registered)):
            if np.count_nonzero(clock == s) > 1:
                prior_info[registered[s]["first"] + registered[s]["width"] - 1] = FIXED
        delta, cov = np.zeros(n), np.zeros((n, n))
        misfit = estimate(
            gathered, count, self.sigma, prior_info, store.reference,
            store.folded_info[bank], store.folded_score[bank], kept, fit, delta, cov,
        )  # fmt: skip
        return store.reference + delta * self.sigma, cov * np.outer(self.sigma, self.sigma), float(misfit)

    def _contradicting(
        self, store: Store, bank: int, count: int, clock: IntArray, kept: BoolArray, fit: FloatArray, misfit: float
    ) -> list[int]:
        """Return the sensors without which the tracks agree, when they do not agree with all of them.

        Usually that is one. Of two sensors alone it cannot be told which one is wrong: then it is both.
        """
        if count < _TRACKS_FOR_IT or (np.count_nonzero(~kept) <= _DROPPED_SHARE * count and misfit < _MISFIT_BAD):
            return []
        registered, trial = self._around.registered, self._trial
        rows = self.gathered[bank].rows[:count]
        excess = float(np.sum(np.maximum(fit - 1.0, 0.0) * rows))
        left: list[tuple[float, int]] = []
        for s in range(len(registered)):
            if registered[s]["kind"] == NOT_REGISTERED or registered[s]["claims"]:
                continue
            gather(store, self._around, bank, trial)
            free_sensor(trial, count, registered[s]["first"], registered[s]["width"], self.sigma)
            again, misfits = np.ones(count, np.bool_), np.zeros(count)
            self._estimate(store, bank, trial, count, clock, again, misfits)
            left.append((float(np.sum(np.maximum(misfits - 1.0, 0.0) * rows)), s))
        best = min(left, default=(np.inf, NONE))
        if best[0] > (1.0 - _CURED_SHARE) * excess:
            return []
        return sorted(s for value, s in left if value < best[0] + 0.1 * (excess - best[0]))
