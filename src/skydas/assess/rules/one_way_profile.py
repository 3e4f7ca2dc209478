"""Does it fly like a one-way drone: low, steady, straight, for long, and saying nothing?"""

from __future__ import annotations

from typing import Final

import numpy as np

from skydas.assess.combine import RuleParams, Said, Tries
from skydas.assess.picture import Picture
from skydas.model import MODE_3A_UNKNOWN, MODE_S_UNKNOWN, FloatArray, ObjectClass

VERSION: Final = "2"
_SLOWEST_MPS: Final = 25.0
_SLOWER_MPS: Final = 35.0
_FASTER_MPS: Final = 60.0
_FASTEST_MPS: Final = 90.0


class Params(RuleParams, frozen=True):
    """`[rules.one_way_profile]`."""

    weight: float = 1.8
    path_m: float = 5_000.0  # flown before the profile counts fully
    low_m: float = 1_500.0
    high_m: float = 3_500.0


class Rule:
    """35 to 60 m/s, straight, below `low_m`, without a code; or the class, where that is known and says more.

    A light aircraft without a transponder flies the same profile (docs/assess.md): it counts as far as it is a drone by
    everything that is known of it, its size above all, and no less than half.
    """

    VERSION = VERSION

    def __init__(self, params: Params) -> None:
        self._params = params

    def score(self, now_ns: int, picture: Picture) -> FloatArray:
        """Return (k,) in 0 .. 1."""
        given, speed = self._params, picture.going.speed_mps
        fits = np.clip((speed - _SLOWEST_MPS) / (_SLOWER_MPS - _SLOWEST_MPS), 0.0, 1.0)
        fits *= np.clip((_FASTEST_MPS - speed) / (_FASTEST_MPS - _FASTER_MPS), 0.0, 1.0)
        straight = np.clip((picture.straightness - 0.7) / 0.25, 0.0, 1.0)
        far = np.clip(picture.path_m / given.path_m, 0.0, 1.0)
        tracks = picture.tracks
        silent = (tracks["mode_s"] == MODE_S_UNKNOWN) & (tracks["mode_3a"] == MODE_3A_UNKNOWN) & ~picture.is_known()
        profile = fits * straight * far * silent * picture.low(given.low_m, given.high_m)
        of_class = picture.class_of(ObjectClass.ONE_WAY_DRONE, ObjectClass.CRUISE)
        is_drone = np.maximum(of_class + picture.class_of(ObjectClass.FIXED_WING_DRONE), 0.5)
        found: FloatArray = np.where(np.isfinite(of_class), np.maximum(of_class, is_drone * profile), 0.7 * profile)
        return found

    def explain(self, now_ns: int, picture: Picture, row: int) -> Said:
        """Return the profile in figures."""
        text = (
            f"{float(picture.going.speed_mps[row]):.0f} m/s, straightness {float(picture.straightness[row]):.2f} "
            f"over {float(picture.path_m[row]) / 1000.0:.1f} km, no code"
        )
        of_class = float(picture.class_of(ObjectClass.ONE_WAY_DRONE, ObjectClass.CRUISE)[row])
        if np.isfinite(of_class):
            text += f"; one-way drone or cruise missile with probability {of_class:.2f}"
        tries: Tries = [
            ("with a code heard", {"tracks": {"mode_3a": 0o1000}}),
            ("if its class were unknown", {"tracks": {"class_probability": np.nan}}),
            ("at half its speed", {"speed": 0.5}),
            ("at twice its speed", {"speed": 2.0}),
            ("on a winding path (straightness 0.5)", {"straightness": 0.5}),
        ]
        return Said(text, tries)
