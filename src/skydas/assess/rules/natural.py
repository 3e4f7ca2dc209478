"""Counter-evidence: is it a bird or a balloon?"""

from __future__ import annotations

from typing import Final

import numpy as np

from skydas.assess.combine import RuleParams, Said, Tries
from skydas.assess.picture import Picture
from skydas.model import CLASS_COUNT, FloatArray, ObjectClass

VERSION: Final = "1"


class Params(RuleParams, frozen=True):
    """`[rules.natural]`."""

    weight: float = -1.9
    balloon: float = 0.5  # a balloon may carry something: it counts so much of a bird


class Rule:
    """The probability of a bird, and part of that of a balloon or glider."""

    VERSION = VERSION

    def __init__(self, params: Params) -> None:
        self._params = params

    def score(self, now_ns: int, picture: Picture) -> FloatArray:
        """Return (k,) in 0 .. 1; 0 where the class is not known."""
        bird = np.nan_to_num(picture.class_of(ObjectClass.BIRD))
        aloft = np.nan_to_num(picture.class_of(ObjectClass.BALLOON, ObjectClass.GLIDER))
        return bird + self._params.balloon * aloft

    def explain(self, now_ns: int, picture: Picture, row: int) -> Said:
        """Return the probabilities."""
        bird = float(picture.class_of(ObjectClass.BIRD)[row])
        balloon = float(picture.class_of(ObjectClass.BALLOON)[row])
        unknown = np.zeros(CLASS_COUNT)
        unknown[ObjectClass.UNKNOWN] = 1.0
        tries: Tries = [("if its class were unknown", {"tracks": {"class_probability": unknown}})]
        text = f"bird with probability {bird:.2f}, balloon {balloon:.2f}"
        return Said(text, tries)
