"""What each class of object does and shows: the likelihood of every kind of evidence under every class.

The figures are typical open ones, to an order of magnitude, not measured on recordings; each likelihood has a floor, so
that no single piece of evidence can rule a class out. The likelihoods themselves stand in `evidence_kernels.py`.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from skydas.identify.evidence_kernels import FLOOR
from skydas.model import CLASS_COUNT, CLASS_WORDS, FloatArray, ObjectClass

AIRCRAFT: Final = (ObjectClass.AIRLINER, ObjectClass.LIGHT_AIRCRAFT, ObjectClass.GLIDER, ObjectClass.HELICOPTER)
THREATS: Final = (ObjectClass.ONE_WAY_DRONE, ObjectClass.CRUISE, ObjectClass.BALLISTIC)


class Looks(NamedTuple):
    """One class: limits of speed and height, size on radar, and how probably it gives each sign."""

    speed_mps: tuple[float, float]
    height_m: tuple[float, float]
    rcs_db: tuple[float, float]  # mean of the class in dBsm, and one sigma from object to object
    hover: float  # stands in the air
    transponder: float  # answers an interrogation, or broadcasts an address of ICAO
    remote_id: float
    transmits: float  # a control or video link that a direction finder for drones hears
    audible: float  # to microphones on the ground, within their few kilometres


# A bird alone is -30 to -15 dBsm; a flock in one cell of a radar, which is what a radar mostly sees, up to 0.
LOOKS: Final[dict[ObjectClass, Looks]] = {
    ObjectClass.AIRLINER: Looks((60, 270), (300, 13_000), (15, 6), 0.005, 0.99, 0.002, 0.02, 0.2),
    ObjectClass.LIGHT_AIRCRAFT: Looks((30, 80), (100, 3_500), (4, 5), 0.005, 0.85, 0.005, 0.02, 0.6),
    ObjectClass.GLIDER: Looks((17, 50), (150, 3_000), (1, 5), 0.01, 0.4, 0.005, 0.02, 0.03),
    ObjectClass.HELICOPTER: Looks((10, 80), (30, 1_500), (7, 5), 0.15, 0.85, 0.005, 0.02, 0.8),
    ObjectClass.FIXED_WING_DRONE: Looks((15, 50), (30, 1_500), (-13, 6), 0.02, 0.05, 0.3, 0.7, 0.4),
    ObjectClass.ONE_WAY_DRONE: Looks((40, 75), (40, 3_000), (-10, 6), 0.005, 0.01, 0.005, 0.1, 0.7),
    ObjectClass.MULTIROTOR: Looks((0.5, 20), (10, 300), (-20, 6), 0.5, 0.02, 0.7, 0.85, 0.5),
    ObjectClass.BALLOON: Looks((0.5, 25), (100, 12_000), (-15, 8), 0.2, 0.03, 0.02, 0.05, 0.01),
    ObjectClass.BIRD: Looks((4, 25), (10, 1_500), (-19, 8), 0.05, 0.001, 0.001, 0.005, 0.01),
    ObjectClass.CRUISE: Looks((150, 300), (20, 1_500), (-10, 6), 0.002, 0.005, 0.001, 0.02, 0.6),
    ObjectClass.BALLISTIC: Looks((350, 3_000), (500, 60_000), (-3, 8), 0.002, 0.001, 0.001, 0.005, 0.05),
    ObjectClass.UNKNOWN: Looks((0.5, 3_000), (10, 60_000), (-5, 15), 0.1, 0.2, 0.05, 0.1, 0.2),
}
assert tuple(LOOKS) == tuple(ObjectClass)

# Even among what flies here every day; rare things have to be shown by evidence.
PRIOR: Final = dict.fromkeys(CLASS_WORDS, 1.0) | {"cruise": 0.1, "ballistic": 0.05, "unknown": 0.1}

# How often a word is right that a sensor of this kind reports, at one look; a person's, a camera's and a claim's too.
WORD_ACCURACY: Final[dict[str, float]] = {
    "camera": 0.8,
    "rf": 0.8,
    "adsb": 0.85,
    "remote_id": 0.8,
    "mlat": 0.85,
    "radar_3d": 0.6,
    "radar_2d": 0.6,
    "acoustic": 0.6,
    "people": 0.5,
}
WORD_ACCURACY_OTHER: Final = 0.6
# Classes that are taken for each other: a wrong word is so many times likelier to be one of these.
_ALIKE: Final = (
    (ObjectClass.AIRLINER, ObjectClass.LIGHT_AIRCRAFT, ObjectClass.CRUISE),
    (ObjectClass.LIGHT_AIRCRAFT, ObjectClass.GLIDER, ObjectClass.HELICOPTER),
    (ObjectClass.FIXED_WING_DRONE, ObjectClass.ONE_WAY_DRONE, ObjectClass.LIGHT_AIRCRAFT, ObjectClass.CRUISE),
    (ObjectClass.MULTIROTOR, ObjectClass.BIRD, ObjectClass.FIXED_WING_DRONE, ObjectClass.BALLOON),
)
_ALIKE_TIMES: Final = 4.0

# What each class does and shows, as the kernels take it, (12, 11): limits of speed and height as logarithms, size on
# radar, and the probability of each sign.
LOOKS_TABLE: Final[FloatArray] = np.array(
    [
        [
            *np.log(looks.speed_mps),
            *np.log(looks.height_m),
            *looks.rcs_db,
            looks.hover,
            looks.transponder,
            looks.remote_id,
            looks.transmits,
            looks.audible,
        ]
        for looks in LOOKS.values()
    ]
)


def word_table(accuracy: float) -> FloatArray:
    """Return ln P(word | class) of one look, (word 12, class 12), of a sensor whose word is right so often."""
    weight = np.ones((CLASS_COUNT, CLASS_COUNT))
    for alike in _ALIKE:
        for one in alike:
            for other in alike:
                weight[one, other] = _ALIKE_TIMES
    np.fill_diagonal(weight, 0.0)
    wrong = weight / weight.sum(axis=0)
    table = (1.0 - accuracy) * wrong + accuracy * np.eye(CLASS_COUNT)
    table[:, ObjectClass.UNKNOWN] = 1.0 / CLASS_COUNT  # what we have no word for may be called anything
    out: FloatArray = np.log((1.0 - FLOOR) * table + FLOOR / CLASS_COUNT)
    return out


def prior_log(shares: dict[str, float]) -> FloatArray:
    """Return ln of what is expected before any evidence, (12,), with these shares instead of the usual ones."""
    weights = np.array([shares.get(word, PRIOR[word]) for word in CLASS_WORDS])
    out: FloatArray = np.log(weights / weights.sum())
    return out
