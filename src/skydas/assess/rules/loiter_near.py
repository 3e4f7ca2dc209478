"""Does it stay, circle or search near something that matters?"""

from __future__ import annotations

from typing import Final

import numpy as np

from skydas.assess.behaviour import MOTIONS, TRANSIT
from skydas.assess.combine import RuleParams, Said, Tries
from skydas.assess.picture import Picture
from skydas.model import FloatArray

VERSION: Final = "1"
_STAYS: Final = ("loiter", "orbit", "search", "hover")


class Params(RuleParams, frozen=True):
    """`[rules.loiter_near]`."""

    weight: float = 2.0
    near_m: float = 5_000.0  # beyond the asset's edge; at it the score is a third


class Rule:
    """Probability that it does not just pass, times how near it is to an asset, times that asset's value."""

    VERSION = VERSION

    def __init__(self, params: Params) -> None:
        self._params = params

    def score(self, now_ns: int, picture: Picture) -> FloatArray:
        """Return (k,) in 0 .. 1."""
        found: FloatArray = picture.motion_of(*_STAYS) * self._near(picture).max(axis=1, initial=0.0)
        return found

    def explain(self, now_ns: int, picture: Picture, row: int) -> Said:
        """Return what it does, and where."""
        near = self._near(picture)
        if not near.size:
            return Said("there is no asset")
        column = int(np.argmax(near[row]))
        asset = int(np.flatnonzero(picture.table.is_asset & picture.is_open)[column])
        word = max(_STAYS, key=lambda one: float(picture.motion_of(one)[row]))
        away_km = max(float(picture.arrivals.distance_m[row, asset]), 0.0) / 1000.0
        passing = np.zeros(len(MOTIONS))
        passing[TRANSIT] = 1.0
        tries: Tries = [("if it flew straight on", {"motion": passing})]
        text = f"{word} {away_km:.1f} km from {picture.table.name(asset)}"
        return Said(text, tries)

    def _near(self, picture: Picture) -> FloatArray:
        rows = np.flatnonzero(picture.table.is_asset & picture.is_open)
        away_m = np.maximum(picture.arrivals.distance_m[:, rows], 0.0)
        found: FloatArray = np.exp(-away_m / self._params.near_m) * picture.table.value[rows]
        return found
