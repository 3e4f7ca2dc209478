"""Counter-evidence: is it traffic that is known and behaves as such?"""

from __future__ import annotations

from typing import Final

import numpy as np

from skydas.assess.combine import RuleParams, Said, Tries
from skydas.assess.picture import Picture
from skydas.model import MODE_3A_UNKNOWN, MODE_S_UNKNOWN, FloatArray, Identity, TrackFlag

VERSION: Final = "1"


class Params(RuleParams, frozen=True):
    """`[rules.known_traffic]`."""

    weight: float = -2.7
    address: float = 0.5  # an address or code that something else than its own claim supports
    claim: float = 0.2  # its own claim alone


class Rule:
    """1 for a friend or neutral, less for a code, and nothing for a code while its claims are contradicted."""

    VERSION = VERSION

    def __init__(self, params: Params) -> None:
        self._params = params

    def score(self, now_ns: int, picture: Picture) -> FloatArray:
        """Return (k,) in 0 .. 1."""
        tracks = picture.tracks
        has_code = (tracks["mode_s"] != MODE_S_UNKNOWN) | (tracks["mode_3a"] != MODE_3A_UNKNOWN)
        is_claim = tracks["flags"] & int(TrackFlag.CLAIM_ONLY) != 0
        said = np.where(has_code, np.where(is_claim, self._params.claim, self._params.address), 0.0)
        found: FloatArray = np.where(picture.is_known(), 1.0, said * (1.0 - picture.contradiction))
        return found

    def explain(self, now_ns: int, picture: Picture, row: int) -> Said:
        """Return what is known of it."""
        if picture.is_known()[row]:
            text = f"taken for {Identity(int(picture.tracks['identity'][row])).name.lower().replace('_', ' ')}"
        else:
            text = "has a code or an address, not yet checked against a plan"
        nobody = {"identity": int(Identity.UNKNOWN), "mode_s": MODE_S_UNKNOWN, "mode_3a": MODE_3A_UNKNOWN}
        tries: Tries = [
            ("if its claims were contradicted", {"contradiction": 1.0}),
            ("without identity and codes", {"tracks": nobody}),
        ]
        return Said(text, tries)
