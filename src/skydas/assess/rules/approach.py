"""Does it come towards something that matters, low enough to mean it?"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from skydas.assess.combine import RuleParams, Said, Tries
from skydas.assess.picture import Picture
from skydas.model import FloatArray, IntArray

VERSION: Final = "1"
_TURNS_DEG: Final = (10.0, 20.0, 40.0, 80.0, 180.0)


class Params(RuleParams, frozen=True):
    """`[rules.approach]`."""

    weight: float = 3.5
    low_m: float = 1_500.0  # below it a height fits fully, above `high_m` not at all
    high_m: float = 5_000.0


class Rule:
    """Probability of arrival at the asset that matters most, times its value, where the height fits."""

    VERSION = VERSION

    def __init__(self, params: Params) -> None:
        self._params = params

    def score(self, now_ns: int, picture: Picture) -> FloatArray:
        """Return (k,) in 0 .. 1."""
        rows = self._rows(picture)
        if not len(rows):
            return np.zeros(picture.size)
        matters = picture.arrivals.probability[:, rows] * picture.table.value[rows]
        found: FloatArray = matters.max(axis=1) * picture.low(self._params.low_m, self._params.high_m)
        return found

    def explain(self, now_ns: int, picture: Picture, row: int) -> Said:
        """Return where it is going, when, and which turn would end it."""
        rows = self._rows(picture)
        if not len(rows):
            return Said("there is no asset")
        matters = picture.arrivals.probability[row, rows] * picture.table.value[rows]
        asset = int(rows[np.argmax(matters)])
        reach = picture.arrivals
        seconds, probability = float(reach.expected_s[row, asset]), float(reach.probability[row, asset])
        name = picture.table.name(asset)
        when = f", at its speed in {seconds:.0f} s" if math.isfinite(seconds) else ""
        text = f"reaches {name} within {picture.params.horizon_s:.0f} s with probability {probability:.2f}{when}"
        if reach.distance_m[row, asset] <= 0.0:
            text = f"is at {name}"
        return Said(text, self._tries(picture, row))

    def _rows(self, picture: Picture) -> IntArray:
        return np.flatnonzero(picture.table.is_asset & picture.is_open)

    def _tries(self, picture: Picture, row: int) -> Tries:
        turns = [
            (f"a turn of {turn_deg:g} degrees to the {side}", {"turn_rad": sign * math.radians(turn_deg)})
            for turn_deg in _TURNS_DEG
            for side, sign in (("right", 1.0), ("left", -1.0))
        ]
        return [*turns, (f"a height of {self._params.high_m:g} m more", {"climb_m": self._params.high_m})]
