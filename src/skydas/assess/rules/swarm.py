"""Do several move as one?"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from skydas.assess.combine import RuleParams, Said
from skydas.assess.picture import Picture
from skydas.model import FloatArray

VERSION: Final = "1"


class Params(RuleParams, frozen=True):
    """`[rules.swarm]`."""

    weight: float = 2.4
    few: int = 2  # so many say nothing
    many: int = 6  # and so many all


class Rule:
    """How many fly with it, or are held in one track; birds do, so their probability counts against it."""

    VERSION = VERSION

    def __init__(self, params: Params) -> None:
        self._params = params

    def score(self, now_ns: int, picture: Picture) -> FloatArray:
        """Return (k,) in 0 .. 1."""
        count = np.maximum(picture.swarm_count, picture.tracks["group_count"][:, 0])
        found: FloatArray = np.clip((count - self._params.few) / (self._params.many - self._params.few), 0.0, 1.0)
        return np.where(picture.is_known(), 0.0, found)

    def explain(self, now_ns: int, picture: Picture, row: int) -> Said:
        """Return how many."""
        count = max(int(picture.swarm_count[row]), int(picture.tracks["group_count"][row, 0]))
        alone: dict[str, Any] = {"swarm_count": 1, "tracks": {"group_count": (1, 1)}}
        return Said(f"{count} move as one", [("if it flew alone", alone)])
