"""Does it come towards something that matters, low enough to mean it?"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from skydas.assess.combine import RuleParams, Said, Tries
from skydas.assess.picture import Picture
from skydas.model import FloatArray, IntArray

VERSION: Final = "2"
_TURNS_DEG: Final = (10.0, 20.0, 40.0, 80.0, 180.0)


class Params(RuleParams, frozen=True):
    """`[rules.approach]`."""

    weight: float = 2.3
    low_m: float = 1_500.0  # below it a height fits fully, above `high_m` not at all
    high_m: float = 5_000.0
    near_m: float = 2_000.0  # nearer than this a course counts the more, however little of it is known
    known: float = 0.3  # so much of it for a friend, or a flight that is announced


class Rule:
    """Probability of arrival at the asset that matters most, times its value, where the height fits.

    A course counts as far as the track is firm: one made of two plots leads anywhere. What is near is near.
    """

    VERSION = VERSION

    def __init__(self, params: Params) -> None:
        self._params = params

    def score(self, now_ns: int, picture: Picture) -> FloatArray:
        """Return (k,) in 0 .. 1."""
        rows = self._rows(picture)
        if not len(rows):
            return np.zeros(picture.size)
        found: FloatArray = self._matters(picture, rows).max(axis=1) * picture.low(
            self._params.low_m, self._params.high_m
        )
        found[picture.is_known()] *= self._params.known
        return found

    def explain(self, now_ns: int, picture: Picture, row: int) -> Said:
        """Return where it is going, when, and which turn would end it."""
        rows = self._rows(picture)
        if not len(rows):
            return Said("there is no asset")
        asset = int(rows[np.argmax(self._matters(picture, rows)[row])])
        reach = picture.arrivals
        seconds, probability = float(reach.expected_s[row, asset]), float(reach.probability[row, asset])
        name = picture.table.name(asset)
        when = f", at its speed in {seconds:.0f} s" if math.isfinite(seconds) else ""
        text = f"reaches {name} within {picture.params.horizon_s:.0f} s with probability {probability:.2f}{when}"
        if reach.distance_m[row, asset] <= 0.0:
            text = f"is at {name}"
        return Said(text, self._tries(picture, row))

    def _matters(self, picture: Picture, rows: IntArray) -> FloatArray:
        """Return how much an arrival of each track at each asset matters, (k, rows)."""
        near = np.clip(1.0 - picture.arrivals.distance_m[:, rows] / self._params.near_m, 0.0, 1.0)
        course = np.maximum(near, picture.firmness()[:, None])
        found: FloatArray = picture.arrivals.probability[:, rows] * picture.table.value[rows] * course
        return found

    def _rows(self, picture: Picture) -> IntArray:
        return np.flatnonzero(picture.table.is_asset & picture.is_open)

    def _tries(self, picture: Picture, row: int) -> Tries:
        turns = [
            (f"a turn of {turn_deg:g} degrees to the {side}", {"turn_rad": sign * math.radians(turn_deg)})
            for turn_deg in _TURNS_DEG
            for side, sign in (("right", 1.0), ("left", -1.0))
        ]
        return [*turns, (f"a height of {self._params.high_m:g} m more", {"climb_m": self._params.high_m})]
