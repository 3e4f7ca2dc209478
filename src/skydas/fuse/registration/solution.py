"""One estimate of all biases from one bank, with the sensors that contradict the others set free."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from skydas.fuse.registration.linear import invert
from skydas.fuse.registration.records import CLAIMED, NONE, NOT_REGISTERED, PLACED, TRACKS_MAX, Around, Store
from skydas.fuse.registration.solve import (
    FIXED,
    ROUNDS_MAX,
    Gathered,
    contradiction,
    count_tracks,
    eliminate,
    empty_gathered,
    estimate,
    free_sensor,
    gather,
    ties,
)
from skydas.model import BoolArray, FloatArray, IntArray

# Chi-square that goes when a sensor is set free, per bias and track, above which it contradicts the others; a mean over
# the three quarters of the tracks that are cured least, because one odd target is no contradiction. Honest sensors have
# 1, at most 1.7 in 320 simulated scenes of five minutes; one that stands 300 m from its stated place has 3 to 25.
CURE_MAX: Final = 2.2
LOOKS_MAX: Final = 3  # in a row, then it is excluded
_TRACKS_FOR_IT: Final = 6
LOOKED_AT: Final = 8  # sensors at one solution
CLAIMS_CHI2_MAX: Final = 2.0  # per degree of freedom
CLAIMS_SENSOR_CHI2_MAX: Final = 18.5  # of one sensor's biases: 0.999 of four
_NO_DOUBT: Final = np.zeros(TRACKS_MAX, np.bool_)


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
        """Estimate from what bank `bank` learned. clock_before (s,): the clocks of the last estimate.

        A track that does not agree with the others is tried again without its claims before it is left out.
        """
        doubted = np.zeros(TRACKS_MAX, np.bool_)
        outcome = self._outcome(store, bank, clock_before, doubted)
        left_out = self.gathered[bank].row[: self.counts[bank]][~outcome.kept]
        doubted[left_out] = store.tracks["is_forked"][left_out] != 0
        if bank == CLAIMED and doubted.any():
            outcome = self._outcome(store, bank, clock_before, doubted)
        return outcome

    def _outcome(self, store: Store, bank: int, clock_before: IntArray, doubted: BoolArray) -> Outcome:
        around, gathered = self._around, self.gathered[bank]
        count = self.counts[bank] = gather(store, around, bank, doubted, gathered)
        group = np.zeros(len(around.registered), np.int64)
        kept, fit = np.ones(count, np.bool_), np.zeros(count)
        ties(gathered, count, kept, self._sensor_of, store.folded_info[bank], self.sigma, group)
        clock = self._clocks(group, clock_before)
        n = len(self.sigma)
        delta, factor, cov = np.zeros(n), np.zeros((n, n)), np.eye(n)
        misfit = self._estimate(store, bank, gathered, count, clock, ROUNDS_MAX, kept, fit, delta, factor)
        if np.isfinite(misfit):
            invert(factor, n, cov)
            cov *= max(misfit, 1.0)
        tracks = np.zeros(len(group), np.int64)
        count_tracks(gathered, count, kept, store.tracks, around.registered, bank, tracks)
        mean = store.reference + delta * self.sigma
        contradicts = store.excluded_ns > 0
        return Outcome(mean, cov * np.outer(self.sigma, self.sigma), group, clock, tracks, contradicts, kept, misfit)

    def contradicting(self, store: Store, bank: int, clock: IntArray, turn: int, suspect: int) -> int:
        """Return the sensor that says what the others deny, NONE where there is none: without it the tracks agree.

        The last `suspect` and a few sensors are looked at, others in every `turn`; if one contradicts, all are.
        When one is excluded and the rest still do not agree, the next solutions find the next one.
        """
        registered = self._around.registered
        before, kept, median = self._fit_without(store, bank, clock, NONE, None)
        learned = [s for s, row in enumerate(registered) if row["kind"] != NOT_REGISTERED and not row["claims"]]
        turns = -(-len(learned) // LOOKED_AT)
        worst = NONE
        some = [s for at, s in enumerate(learned) if s == suspect or at % turns == turn % turns]
        for looked_at in (some, learned):
            worst, most = NONE, CURE_MAX
            for s in looked_at:
                shared = kept & self._shares(len(kept), s)
                if np.count_nonzero(shared) < _TRACKS_FOR_IT:
                    continue
                after, _, _ = self._fit_without(store, bank, clock, s, kept)
                cured = np.sort((before - after)[shared])[: 3 * np.count_nonzero(shared) // 4]
                cure = float(cured.mean()) / max(median, 0.1) / float(registered[s]["width"])
                if cure > most:
                    worst, most = s, cure
            if worst == NONE or len(looked_at) == len(learned):
                break
        return worst

    def exclude(self, store: Store, s: int) -> None:
        """Forget what was learned with sensor `s`: of it, and of those that were held against it."""
        tracks = store.tracks
        is_its = (tracks["slot_sensor"] == s) & (
            np.arange(tracks["slot_sensor"].shape[1]) < tracks["slot_count"][:, None]
        )
        tracks["number"][is_its.any(axis=1)] = 0
        n = len(self.sigma)
        own = self._sensor_of == s
        for info, score in zip(store.folded_info, store.folded_score, strict=True):
            touched = own | ((info[own] != 0.0).any(axis=0) | (info[:, own] != 0.0).any(axis=1))
            for sensor in np.unique(self._sensor_of[touched]).tolist():
                for column in np.flatnonzero(self._sensor_of == sensor).tolist():
                    eliminate(info, score, n, column, 1.0 / self.sigma[column] ** 2)

    def claims_agree(self, measured: Outcome, claimed: Outcome) -> bool:
        """Return whether the estimate with claims is one that the measurements alone allow."""
        every: list[int] = []
        for s, row in enumerate(self._around.registered):
            if row["kind"] == NOT_REGISTERED or row["claims"] or measured.contradicts[s]:
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

    def _fit_without(
        self, store: Store, bank: int, clock: IntArray, without: int, kept: BoolArray | None
    ) -> tuple[FloatArray, BoolArray, float]:
        """Return chi-square, (count,), use, (count,), and the median misfit of the tracks, one sensor set free or none.

        kept : the tracks to use; None: find them
        """
        trial = self._trial
        count = gather(store, self._around, bank, _NO_DOUBT, trial)
        if without != NONE:
            row = self._around.registered[without]
            free_sensor(trial, count, row["first"], row["width"], self.sigma)
        rounds = ROUNDS_MAX if kept is None else 1
        kept = np.ones(count, np.bool_) if kept is None else kept
        n = len(self.sigma)
        fit = np.zeros(count)
        median = self._estimate(store, bank, trial, count, clock, rounds, kept, fit, np.zeros(n), np.zeros((n, n)))
        return fit * trial.rows[:count], kept, median

    def _shares(self, count: int, s: int) -> BoolArray:
        """Return which gathered tracks sensor `s` saw, (count,)."""
        column, columns = self._trial.column[:count], self._trial.columns[:count]
        first, width = self._around.registered[s]["first"], self._around.registered[s]["width"]
        is_its = (column >= first) & (column < first + width) & (np.arange(column.shape[1]) < columns[:, None])
        shares: BoolArray = is_its.any(axis=1)
        return shares

    def _chi2(self, measured: Outcome, claimed: Outcome, columns: list[int]) -> tuple[float, float]:
        if not columns:
            return 0.0, 0.0
        scale = np.outer(self.sigma, self.sigma)
        chi2, freedom = contradiction(
            measured.mean / self.sigma,
            measured.cov / scale,
            claimed.mean / self.sigma,
            claimed.cov / scale,
            np.array(columns, np.int64),
        )
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
        self,
        store: Store,
        bank: int,
        gathered: Gathered,
        count: int,
        clock: IntArray,
        rounds: int,
        kept: BoolArray,
        fit: FloatArray,
        delta: FloatArray,
        factor: FloatArray,
    ) -> float:
        registered = self._around.registered
        prior_info = np.ones(len(self.sigma))
        for s in range(len(registered)):
            if np.count_nonzero(clock == s) > 1:
                prior_info[registered[s]["first"] + registered[s]["width"] - 1] = FIXED
        return float(
            estimate(
                gathered, count, self.sigma, prior_info, store.reference,
                store.folded_info[bank], store.folded_score[bank], rounds, kept, fit, delta, factor,
            )
        )  # fmt: skip
