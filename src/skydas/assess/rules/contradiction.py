"""Is what it says of itself contradicted?"""

from __future__ import annotations

from typing import Final

from skydas.assess.combine import RuleParams, Said, Tries
from skydas.assess.picture import Picture
from skydas.model import FloatArray

VERSION: Final = "1"


class Params(RuleParams, frozen=True):
    """`[rules.contradiction]`."""

    weight: float = 2.5


class Rule:
    """The strength of what the checks for deception found."""

    VERSION = VERSION

    def __init__(self, params: Params) -> None:
        self._params = params

    def score(self, now_ns: int, picture: Picture) -> FloatArray:
        """Return (k,) in 0 .. 1."""
        return picture.contradiction

    def explain(self, now_ns: int, picture: Picture, row: int) -> Said:
        """Return the check's own words."""
        tries: Tries = [("without the contradiction", {"contradiction": 0.0})]
        return Said(picture.contradictions[row] or "nothing contradicts it", tries)
