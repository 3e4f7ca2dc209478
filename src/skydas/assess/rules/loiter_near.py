"""Does it stay, circle or search near something that matters?"""

from __future__ import annotations

from typing import Final

import numpy as np

from skydas.assess.behaviour import MOTIONS, TRANSIT
from skydas.assess.combine import RuleParams, Said, Tries
from skydas.assess.picture import Picture
from skydas.model import FloatArray, Identity

VERSION: Final = "2"
_STAYS: Final = ("loiter", "orbit", "search", "hover")


class Params(RuleParams, frozen=True):
    """`[rules.loiter_near]`."""

    weight: float = 1.2
    near_m: float = 1_000.0  # beyond the asset's edge: so near counts fully, and a third at `fades_m` more
    fades_m: float = 500.0
    known: float = 0.2  # so much of it for a friend, or a flight that is announced: it has work there


class Rule:
    """Probability that it does not just pass, times how near it is to an asset, times that asset's value."""

    VERSION = VERSION

    def __init__(self, params: Params) -> None:
        self._params = params

    def score(self, now_ns: int, picture: Picture) -> FloatArray:
        """Return (k,) in 0 .. 1."""
        found: FloatArray = picture.motion_of(*_STAYS) * self._near(picture).max(axis=1, initial=0.0)
        found[picture.is_known()] *= self._params.known
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
        tries: Tries = [
            ("if it flew straight on", {"motion": passing}),
            ("if it were known to be a friend", {"tracks": {"identity": int(Identity.FRIEND)}}),
        ]
        text = f"{word} {away_km:.1f} km from {picture.table.name(asset)}"
        return Said(text, tries)

    def _near(self, picture: Picture) -> FloatArray:
        rows = np.flatnonzero(picture.table.is_asset & picture.is_open)
        beyond_m = np.maximum(picture.arrivals.distance_m[:, rows] - self._params.near_m, 0.0)
        found: FloatArray = np.exp(-beyond_m / self._params.fades_m) * picture.table.value[rows]
        return found
