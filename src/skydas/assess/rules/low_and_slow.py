"""Is it as low and as slow as a drone?"""

from __future__ import annotations

from typing import Final

import numpy as np

from skydas.assess.combine import RuleParams, Said, Tries
from skydas.assess.picture import Picture
from skydas.model import FloatArray

VERSION: Final = "1"


class Params(RuleParams, frozen=True):
    """`[rules.low_and_slow]`."""

    weight: float = 0.6
    low_m: float = 500.0
    high_m: float = 1_500.0
    slow_mps: float = 70.0
    fast_mps: float = 100.0


class Rule:
    """1 below `low_m` and `slow_mps`, 0 above `high_m` or `fast_mps`."""

    VERSION = VERSION

    def __init__(self, params: Params) -> None:
        self._params = params

    def score(self, now_ns: int, picture: Picture) -> FloatArray:
        """Return (k,) in 0 .. 1."""
        given = self._params
        slow = np.clip((given.fast_mps - picture.going.speed_mps) / (given.fast_mps - given.slow_mps), 0.0, 1.0)
        return picture.low(given.low_m, given.high_m) * slow

    def explain(self, now_ns: int, picture: Picture, row: int) -> Said:
        """Return height and speed."""
        height_m, speed_mps = float(picture.height_m[row]), float(picture.going.speed_mps[row])
        height = f"{height_m:.0f} m above the ellipsoid" if np.isfinite(height_m) else "height not measured"
        tries: Tries = [
            ("500 m higher", {"climb_m": 500.0}),
            ("1,500 m higher", {"climb_m": 1_500.0}),
            ("at twice its speed", {"speed": 2.0}),
            ("at four times its speed", {"speed": 4.0}),
        ]
        return Said(f"{height}, {speed_mps:.0f} m/s", tries)
