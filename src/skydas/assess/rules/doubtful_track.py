"""Counter-evidence: may it be clutter, or an object whose way is not known yet?"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from skydas.assess.combine import RuleParams, Said, Tries
from skydas.assess.picture import FIRM_AGE_S, FIRM_SIGMA_MPS, VX, VY, Picture
from skydas.model import FloatArray

VERSION: Final = "1"


class Params(RuleParams, frozen=True):
    """`[rules.doubtful_track]`."""

    weight: float = -1.8
    one_sensor: float = 0.3  # doubt that is left while a single sensor sees it


class Rule:
    """1 for a track just begun or whose velocity is hardly known, 0 for an old one with a known velocity."""

    VERSION = VERSION

    def __init__(self, params: Params) -> None:
        self._params = params

    def score(self, now_ns: int, picture: Picture) -> FloatArray:
        """Return (k,) in 0 .. 1."""
        alone = np.bitwise_count(picture.tracks["sensors"]) <= 1
        return 1.0 - picture.firmness() * np.where(alone, 1.0 - self._params.one_sensor, 1.0)

    def explain(self, now_ns: int, picture: Picture, row: int) -> Said:
        """Return for how long and by how many sensors it was seen, and how well its velocity is known."""
        age_s, sigma_mps = float(picture.age_s[row]), float(picture.velocity_sigma_mps()[row])
        count = int(np.bitwise_count(picture.tracks["sensors"][row]))
        seen_by = f"{count} sensor" if count == 1 else f"{count} sensors"
        text = f"seen for {age_s:.0f} s by {seen_by}, its velocity known to {sigma_mps:.0f} m/s"
        cov = picture.tracks["cov"][row].copy()
        cov[[VX, VY]] = FIRM_SIGMA_MPS**2
        known: dict[str, Any] = {"tracks": {"cov": cov}}
        older = {"age_s": max(age_s, FIRM_AGE_S)}
        tries: Tries = [
            (f"seen for {FIRM_AGE_S:.0f} s", older),
            (f"its velocity known to {FIRM_SIGMA_MPS:.0f} m/s", known),
            (f"seen for {FIRM_AGE_S:.0f} s, its velocity known to {FIRM_SIGMA_MPS:.0f} m/s", older | known),
            ("seen by two sensors", {"tracks": {"sensors": 3}}),
        ]
        return Said(text, tries)
