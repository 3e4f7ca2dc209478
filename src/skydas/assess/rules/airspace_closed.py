"""Does anything fly where the airspace is closed to all?"""

from __future__ import annotations

from typing import Final

from skydas.assess.combine import RuleParams, Said, Tries
from skydas.assess.picture import Picture
from skydas.assess.zones import inside_any, zone_of
from skydas.model import FloatArray

VERSION: Final = "1"


class Params(RuleParams, frozen=True):
    """`[rules.airspace_closed]`."""

    weight: float = 2.0


class Rule:
    """1 inside a closed zone in force, whoever it is; half where its height is not known."""

    VERSION = VERSION

    def __init__(self, params: Params) -> None:
        self._params = params

    def score(self, now_ns: int, picture: Picture) -> FloatArray:
        """Return (k,) in 0 .. 1."""
        return inside_any(picture, picture.table.is_closed & picture.is_open)

    def explain(self, now_ns: int, picture: Picture, row: int) -> Said:
        """Return which zone."""
        zone = zone_of(picture, picture.table.is_closed & picture.is_open, row)
        tries: Tries = [
            ("1,000 m higher", {"climb_m": 1_000.0}),
            ("10,000 m higher", {"climb_m": 10_000.0}),
        ]
        return Said(f"the airspace is closed: {zone}", tries)
