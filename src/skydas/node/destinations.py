"""Where tracks may be going, told of every confirmed track that something lies ahead of, whatever its score.

A track is asked once in `destinations_every_s`, as its number's turn comes, so the work of a second is a share of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from skydas.assess.predict import Predictor
from skydas.assess.predict.params import PredictParams
from skydas.model import NS_PER_S, Destinations, Rows, TrackStatus

if TYPE_CHECKING:
    from skydas.node.judging import Desk

ASKED_MAX: Final = 1_000  # in one second; the others wait for their next turn
OVER: Final = 0.5  # of the least probability: below it a track that was told approaches nothing any more


class DestinationTeller:
    """Which tracks stand as approaching something."""

    def __init__(self, desk: Desk, predictor: Predictor, params: PredictParams) -> None:
        self._desk, self._predictor, self._params = desk, predictor, params
        self._standing: set[int] = set()

    def second(self, now_ns: int, tracks: Rows) -> None:
        """Tell those of TRACK (k,), confirmed ones that live, whose turn it is."""
        if not self._desk.assets:
            for number in sorted(self._standing):
                self._over(number)
            return
        turn = now_ns // NS_PER_S % self._params.destinations_every_s
        numbers = tracks["track_no"].astype(np.int64)
        numbers = np.sort(numbers[numbers % self._params.destinations_every_s == turn])[:ASKED_MAX]
        likeliest = self._predictor.likeliest(numbers, self._desk.assets)
        for number, (most, said) in zip(numbers.tolist(), likeliest, strict=True):
            if most >= self._params.destination_probability_min * (OVER if number in self._standing else 1.0):
                self._standing.add(number)
                self._desk.tell(Destinations, track_no=number, destinations=said)
            else:
                self._over(number)

    def end(self, tracks: Rows) -> None:
        """What was said of tracks that dropped is over."""
        for number in tracks["track_no"][tracks["status"] == TrackStatus.DROPPED].tolist():
            self._over(number)

    def _over(self, number: int) -> None:
        if number in self._standing:
            self._standing.discard(number)
            self._desk.tell(Destinations, track_no=number, is_over=True)

    def state(self) -> list[int]:
        """Return what a snapshot must hold."""
        return sorted(self._standing)

    def restore(self, state: list[int]) -> None:
        """Take back what `state` returned."""
        self._standing = set(state)
