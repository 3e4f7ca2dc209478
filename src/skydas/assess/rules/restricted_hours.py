"""Is it about to be at an event while that is on?"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from skydas.assess.combine import RuleParams, Said, Tries
from skydas.assess.picture import Picture
from skydas.model import FloatArray, IntArray

VERSION: Final = "1"


class Params(RuleParams, frozen=True):
    """`[rules.restricted_hours]`."""

    weight: float = 1.0


class Rule:
    """Probability of arrival at an asset that has hours, while they run: its value is of these hours alone."""

    VERSION = VERSION

    def __init__(self, params: Params) -> None:
        self._params = params

    def score(self, now_ns: int, picture: Picture) -> FloatArray:
        """Return (k,) in 0 .. 1."""
        rows = self._rows(picture)
        found = picture.arrivals.probability[:, rows].max(axis=1, initial=0.0)
        return np.where(picture.is_known(), 0.0, found)

    def explain(self, now_ns: int, picture: Picture, row: int) -> Said:
        """Return which event."""
        rows = self._rows(picture)
        if not len(rows):
            return Said("nothing has hours that run now")
        asset = int(rows[np.argmax(picture.arrivals.probability[row, rows])])
        turns: Tries = [
            (f"a turn of {turn_deg:g} degrees to the {side}", {"turn_rad": sign * math.radians(turn_deg)})
            for turn_deg in (20.0, 80.0, 180.0)
            for side, sign in (("right", 1.0), ("left", -1.0))
        ]
        text = f"{picture.table.name(asset)} is on now"
        return Said(text, turns)

    def _rows(self, picture: Picture) -> IntArray:
        table = picture.table
        has_hours = np.array([bool(hours.spans) for hours in table.hours], bool)
        return np.flatnonzero(table.is_asset & has_hours & picture.is_open)
