"""Does it say nothing of itself, although it was seen long enough to hear it?"""

from __future__ import annotations

from typing import Final

import numpy as np

from skydas.assess.combine import RuleParams, Said, Tries
from skydas.assess.picture import Picture
from skydas.model import MODE_3A_UNKNOWN, MODE_S_UNKNOWN, FloatArray

VERSION: Final = "1"


class Params(RuleParams, frozen=True):
    """`[rules.no_identity]`."""

    weight: float = 0.3
    heard_s: float = 20.0  # time to hear a code after it was first seen


class Rule:
    """1 without address, code and callsign after `heard_s`; rises to it before."""

    VERSION = VERSION

    def __init__(self, params: Params) -> None:
        self._params = params

    def score(self, now_ns: int, picture: Picture) -> FloatArray:
        """Return (k,) in 0 .. 1."""
        tracks = picture.tracks
        silent = (tracks["mode_s"] == MODE_S_UNKNOWN) & (tracks["mode_3a"] == MODE_3A_UNKNOWN)
        silent &= (tracks["callsign"] == b"") & ~picture.is_known()
        found: FloatArray = silent * np.clip(picture.age_s / self._params.heard_s, 0.0, 1.0)
        return found

    def explain(self, now_ns: int, picture: Picture, row: int) -> Said:
        """Return for how long nothing was heard."""
        tries: Tries = [("with a code heard", {"tracks": {"mode_3a": 0o1000}})]
        text = f"no address, code or callsign in {float(picture.age_s[row]):.0f} s"
        return Said(text, tries)
