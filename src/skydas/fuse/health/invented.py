"""A sensor whose targets follow real ones, each at an offset of its own.

No one movement takes its tracks to those of the others, so it is not misplaced (`misplaced.py`). But what flies by
itself does not turn and keep speed with others: if nearly all that a sensor alone sees does, each with another track a
few kilometres away, these are made from the real ones: a fault of its tracker, an echo of another sensor, or deceit.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from skydas.model import FloatArray

INVENTED_MIN: Final = 5  # tracks that must follow another one,
SHARE_MIN: Final = 0.8  # of what it alone sees,
BEYOND_CHANCE: Final = 4  # and so many more than if all flew another way
AWAY_M_MIN: Final = 1_000.0  # nearer it is a formation, or one target seen twice
AWAY_M_MAX: Final = 20_000.0  # further away there is always something that flies alike
VELOCITY_MPS: Final = 5.0
VELOCITY_SIGMAS: Final = 1.5
_TURNS: Final = (1, 2, 3)  # quarters of a circle


def invented(own: FloatArray, others: FloatArray) -> int:
    """Return how many of `own` fly like one of `others` some way off, each like another one; 0 where chance may do it.

    Chance is what is counted when all of `own` fly a quarter, half and three quarters of a circle differently.

    own, others : (k, 5), (m, 5) east, north (m), velocity east, north (m/s), sigma of the velocity (m/s)
    """
    if len(own) < INVENTED_MIN or len(others) < INVENTED_MIN:
        return 0
    count = _followers(own, others)
    chance = 0
    for quarters in _TURNS:
        turned = own.copy()
        angle = 0.5 * np.pi * quarters
        sin, cos = np.sin(angle), np.cos(angle)
        turned[:, 2], turned[:, 3] = cos * own[:, 2] - sin * own[:, 3], sin * own[:, 2] + cos * own[:, 3]
        chance = max(chance, _followers(turned, others))
    is_more = count >= max(INVENTED_MIN, SHARE_MIN * len(own)) and count >= chance + BEYOND_CHANCE
    return count if is_more else 0


def _followers(own: FloatArray, others: FloatArray) -> int:
    """Return how many of `own` have one of `others` that flies alike, no more than there are such others."""
    away_m = np.linalg.norm(others[None, :, :2] - own[:, None, :2], axis=2)
    off_mps = np.linalg.norm(others[None, :, 2:4] - own[:, None, 2:4], axis=2)
    tolerance = VELOCITY_MPS + VELOCITY_SIGMAS * np.hypot(others[None, :, 4], own[:, None, 4])
    alike = (away_m > AWAY_M_MIN) & (away_m < AWAY_M_MAX) & (off_mps < tolerance)
    return int(min(alike.any(axis=1).sum(), alike.any(axis=0).sum()))
