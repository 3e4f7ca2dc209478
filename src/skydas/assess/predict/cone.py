"""Where a track may be in the next minutes: a middle that forgets its velocity, and the radius that holds nine in ten.

What a class of object really does was measured on recordings (`python -m bench.cone --fit`): how fast it forgets where
it flew, and the 90 % quantile of how far it was from there, as a share of the way it could have flown. Nothing is taken
from theory but the shape, so the stated 90 % are what was counted.
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Final

import msgspec
import numpy as np

from skydas.assess.predict.destinations import DATA
from skydas.assess.predict.flat import moved
from skydas.model import FloatArray, IntArray, ObjectClass, Rows

CONE_S: Final = (10.0, 30.0, 60.0, 120.0, 300.0, 600.0)
CHI90: Final = 2.146  # radius over sigma of a round normal error that holds 90 %
FAST_MPS: Final = 75.0  # without a class, what is faster counts as an airliner
LOW_M: Final = 6_000.0  # below, airliners climb, turn and land
SURE: Final = 0.6  # a class less probable is none

# Which measured motion stands for which class. Nothing real was recorded of those in the second list.
LIKE: Final = {
    ObjectClass.AIRLINER: "airliner",
    ObjectClass.LIGHT_AIRCRAFT: "helicopter",
    ObjectClass.GLIDER: "glider",
    ObjectClass.HELICOPTER: "helicopter",
    ObjectClass.MULTIROTOR: "multirotor",
    ObjectClass.BIRD: "bird",
    ObjectClass.BALLOON: "balloon",
    ObjectClass.FIXED_WING_DRONE: "slow",
    ObjectClass.ONE_WAY_DRONE: "slow",
    ObjectClass.CRUISE: "airliner",
    ObjectClass.BALLISTIC: "airliner",
}


class Motion(msgspec.Struct, frozen=True):
    """How one kind of object moves."""

    speed_mps_min: float  # what it can fly at least, though it stands now
    forget_s: float  # its velocity counts for this long
    share: list[float]  # by CONE_S: radius of 90 % over speed x time


class ConeParameters(msgspec.Struct, frozen=True):
    """Everything that was measured."""

    made_by: str
    motions: dict[str, Motion]


@cache
def cone_parameters() -> tuple[ConeParameters, str]:
    """Return the parameters and the SHA-256 of their file."""
    octets = (DATA / "cone.json").read_bytes()
    return msgspec.json.decode(octets, type=ConeParameters), hashlib.sha256(octets).hexdigest()


def motions_of(names: list[str], tracks: Rows) -> IntArray:
    """Return which motion stands for each track, (k,) rows of `names`."""
    probability = np.nan_to_num(tracks["class_probability"])
    best = np.argmax(probability, axis=1)
    speed_mps = np.hypot(tracks["velocity_mps"][:, 0], tracks["velocity_mps"][:, 1])
    found = np.where(speed_mps > FAST_MPS, names.index("airliner"), names.index("slow"))
    is_sure = probability[np.arange(len(tracks)), best] >= SURE
    for kind, name in LIKE.items():
        found[is_sure & (best == kind)] = names.index(name)
    is_low = ~(tracks["height_hae_m"] >= LOW_M)
    found[is_low & (found == names.index("airliner"))] = names.index("airliner_low")
    return found


def middle_m(velocity_mps: FloatArray, forget_s: FloatArray, ahead_s: FloatArray) -> FloatArray:
    """Return how far east and north the middle moves, (k, h, 2): velocity that fades with `forget_s` (k,)."""
    fade_s = forget_s[:, None] * -np.expm1(-ahead_s[None, :] / forget_s[:, None])
    return velocity_mps[:, None, :2] * fade_s[:, :, None]


def cone(parameters: ConeParameters, tracks: Rows) -> FloatArray:
    """Return s ahead, latitude, longitude (deg) and radius of 90 % (m) of each track, (k, h, 4)."""
    names = sorted(parameters.motions)
    chosen = motions_of(names, tracks)
    table = [parameters.motions[name] for name in names]
    forget_s = np.array([motion.forget_s for motion in table])[chosen]
    slowest_mps = np.array([motion.speed_mps_min for motion in table])[chosen]
    share = np.array([motion.share for motion in table])[chosen]
    ahead_s = np.array(CONE_S)
    speed_mps = np.maximum(np.hypot(tracks["velocity_mps"][:, 0], tracks["velocity_mps"][:, 1]), slowest_mps)
    moved_m = middle_m(tracks["velocity_mps"], forget_s, ahead_s)
    latitude, longitude = moved(
        np.radians(tracks["latitude_deg"])[:, None],
        np.radians(tracks["longitude_deg"])[:, None],
        moved_m[:, :, 0],
        moved_m[:, :, 1],
    )
    cov = tracks["cov"]
    variance = 0.5 * (cov[:, 0] + cov[:, 6])[:, None] + ahead_s**2 * 0.5 * (cov[:, 15] + cov[:, 18])[:, None]
    own_m = CHI90 * np.sqrt(np.nan_to_num(np.maximum(variance, 0.0)))
    radius_m = np.hypot(share * speed_mps[:, None] * ahead_s, own_m)
    ahead = np.broadcast_to(ahead_s, radius_m.shape)
    return np.stack((ahead, np.degrees(latitude), np.degrees(longitude), radius_m), axis=2)
