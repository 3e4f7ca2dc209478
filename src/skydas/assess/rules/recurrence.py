"""Is it on a way that nameless low flights took on earlier days?"""

from __future__ import annotations

from typing import Final

import numpy as np

from skydas.assess.combine import RuleParams, Said, Tries
from skydas.assess.picture import Picture
from skydas.model import FloatArray

VERSION: Final = "1"


class Params(RuleParams, frozen=True):
    """`[rules.recurrence]`."""

    weight: float = 0.8
    days: int = 5  # of so many earlier days it counts fully


class Rule:
    """On how many earlier days something nameless passed here in its direction."""

    VERSION = VERSION

    def __init__(self, params: Params) -> None:
        self._params = params

    def score(self, now_ns: int, picture: Picture) -> FloatArray:
        """Return (k,) in 0 .. 1."""
        found: FloatArray = np.clip(picture.recurrence / self._params.days, 0.0, 1.0)
        return np.where(picture.is_known(), 0.0, found)

    def explain(self, now_ns: int, picture: Picture, row: int) -> Said:
        """Return on how many days."""
        days = int(picture.recurrence[row])
        tries: Tries = [("if nothing had passed here before", {"recurrence": 0.0})]
        of_days = picture.params.recurrence_days
        text = f"something nameless passed here in this direction on {days} of the last {of_days} days"
        return Said(text, tries)
