"""Did it come over the border, and is nothing known of it?"""

from __future__ import annotations

from typing import Final

import numpy as np

from skydas.assess.combine import RuleParams, Said, Tries
from skydas.assess.picture import Picture
from skydas.model import FloatArray, Identity, IntArray

VERSION: Final = "2"
_NEAR_M: Final = 20_000.0


class Params(RuleParams, frozen=True):
    """`[rules.border_crossed]`."""

    weight: float = 1.4
    ahead: float = 0.5  # of the probability to cross, before it has


class Rule:
    """1 once it crossed, though it went on or back since; before that, the probability to cross, near the border."""

    VERSION = VERSION

    def __init__(self, params: Params) -> None:
        self._params = params

    def score(self, now_ns: int, picture: Picture) -> FloatArray:
        """Return (k,) in 0 .. 1."""
        rows = np.flatnonzero(picture.table.is_border & picture.is_open)
        if not len(rows):
            return np.zeros(picture.size)
        score = self._of_each(picture, rows).max(axis=1)
        return np.where(picture.is_known(), 0.0, score)

    def explain(self, now_ns: int, picture: Picture, row: int) -> Said:
        """Return which border, and whether it is crossed or ahead."""
        rows = np.flatnonzero(picture.table.is_border & picture.is_open)
        if not len(rows):
            return Said("there is no border")
        border = int(rows[np.argmax(self._of_each(picture.changed(row, [{}]), rows)[0])])
        name, away_m = picture.table.name(border), float(picture.arrivals.distance_m[row, border])
        if int(picture.border_crossed[row]) != border:
            text = f"{away_m / 1000.0:.1f} km from {name} and coming"
        elif int(picture.border_from[row]) == border:
            text = f"first seen in {name}, and left it"
        else:
            text = f"crossed into {name}" if away_m <= 0.0 else f"crossed into {name} and out of it again"
        tries: Tries = [
            ("if it had been first seen there and stayed", {"border_from": border, "border_crossed": -1}),
            ("if it were known to be a friend", {"tracks": {"identity": int(Identity.FRIEND)}}),
        ]
        return Said(text, tries)

    def _of_each(self, picture: Picture, rows: IntArray) -> FloatArray:
        away_m = picture.arrivals.distance_m[:, rows]
        near = np.clip(1.0 - away_m / _NEAR_M, 0.0, 1.0)
        foreign = picture.border_from[:, None] != rows[None, :]
        ahead = self._params.ahead * picture.arrivals.probability[:, rows] * near * foreign
        found: FloatArray = np.where(picture.border_crossed[:, None] == rows[None, :], 1.0, ahead)
        return found
