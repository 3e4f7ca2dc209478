"""Is it in a zone where it must not be?"""

from __future__ import annotations

from typing import Final

import numpy as np

from skydas.assess.combine import RuleParams, Said, Tries
from skydas.assess.picture import Picture
from skydas.assess.zones import inside_any, zone_of
from skydas.model import FloatArray, Identity

VERSION: Final = "1"


class Params(RuleParams, frozen=True):
    """`[rules.inside_zone]`."""

    weight: float = 3.0


class Rule:
    """1 inside a prohibited or restricted zone in force, within its heights; less for what is known."""

    VERSION = VERSION

    def __init__(self, params: Params) -> None:
        self._params = params

    def score(self, now_ns: int, picture: Picture) -> FloatArray:
        """Return (k,) in 0 .. 1."""
        found = inside_any(picture, picture.table.is_prohibited & picture.is_open)
        return np.where(picture.is_known(), 0.2 * found, found)

    def explain(self, now_ns: int, picture: Picture, row: int) -> Said:
        """Return which zone."""
        zone = zone_of(picture, picture.table.is_prohibited & picture.is_open, row)
        tries: Tries = [
            ("if it were known to be a friend", {"tracks": {"identity": int(Identity.FRIEND)}}),
            ("10,000 m higher", {"climb_m": 10_000.0}),
        ]
        return Said(f"inside {zone}", tries)
