"""What the rules see: some tracks with all that is known of them, and the assets.

A rule explains itself by `changed`: one row with something about it altered, held against the assets again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from skydas.assess.arrival import SPEED_SIGMA_SHARE, Arrivals, Going, arrivals
from skydas.assess.behaviour import MOTIONS
from skydas.assess.params import AssessParams
from skydas.assess.table import AssetTable
from skydas.model import BoolArray, FloatArray, Identity, IntArray, ObjectClass, Rows

VX: Final = 15  # of TRACK cov: variances of the velocity's horizontal axes
VY: Final = 18
FIRM_AGE_S: Final = 30.0
FIRM_SIGMA_MPS: Final = 10.0  # a velocity known so well is firm, one known no better than the next not at all
LOOSE_SIGMA_MPS: Final = 30.0
SLOW_MPS: Final = 70.0  # drones, birds, small aircraft
UNKNOWN_SLOW: Final = 0.8  # how low something counts whose height nobody measured
UNKNOWN_FAST: Final = 0.5
_BY_TRACK: Final = (
    "tracks", "age_s", "height_m", "climb_mps", "motion", "straightness", "path_m", "border_from", "border_crossed",
    "contradiction", "swarm_count", "recurrence",
)  # fmt: skip
_KNOWN: Final = np.isin(np.arange(256), [Identity.FRIEND, Identity.ASSUMED_FRIEND, Identity.NEUTRAL])


class Picture(NamedTuple):
    """Some tracks, k of them; NaN: not known."""

    tracks: Rows  # TRACK (k,)
    going: Going
    arrivals: Arrivals
    table: AssetTable
    is_open: BoolArray  # (a,) counts now
    params: AssessParams
    age_s: FloatArray  # (k,) since it was first seen
    height_m: FloatArray  # above the ellipsoid, NaN where no sensor measured it
    climb_mps: FloatArray
    motion: FloatArray  # (k, 5) probability of each of `behaviour.MOTIONS`
    straightness: FloatArray  # net over path of the last minutes
    path_m: FloatArray
    border_from: IntArray  # row of the border zone that it was first seen in, -1: none
    border_crossed: IntArray  # row of the border zone that it came into or left since, -1: none
    contradiction: FloatArray  # strength of what speaks against its own claims, 0 .. 1
    contradictions: tuple[str, ...]  # the same in words
    swarm_count: IntArray  # tracks that move as one with it, itself counted; 0: none
    recurrence: FloatArray  # days on which something like it passed here

    @property
    def size(self) -> int:
        """Return how many tracks it holds."""
        return len(self.tracks)

    def motion_of(self, *words: str) -> FloatArray:
        """Return the probability that it moves in one of the ways named, 0 where nothing is known, (k,)."""
        found: FloatArray = np.nan_to_num(self.motion[:, [MOTIONS.index(word) for word in words]].sum(axis=1))
        return found

    def class_of(self, *classes: ObjectClass) -> FloatArray:
        """Return the probability that it is of one of the classes, NaN where nothing is known, (k,)."""
        found: FloatArray = self.tracks["class_probability"][:, list(map(int, classes))].sum(axis=1).astype(float)
        return found

    def is_known(self) -> BoolArray:
        """Return which are taken for friends or neutral, (k,)."""
        found: BoolArray = _KNOWN[self.tracks["identity"]]
        return found

    def velocity_sigma_mps(self) -> FloatArray:
        """Return how well its horizontal velocity is known, 1 sigma of one axis, (k,)."""
        return velocity_sigma_mps(self.tracks)

    def firmness(self) -> FloatArray:
        """Return how surely it is an object that goes as its velocity says, 0 .. 1, (k,).

        Tracks on clutter are young, and their velocity is hardly known: what is made of plots that do not belong
        together fits no course. The existence that the tracker states tells them apart less well (docs/assess.md).
        """
        old = np.clip(self.age_s / FIRM_AGE_S, 0.0, 1.0)
        sigma = self.velocity_sigma_mps()
        found: FloatArray = old * np.clip((LOOSE_SIGMA_MPS - sigma) / (LOOSE_SIGMA_MPS - FIRM_SIGMA_MPS), 0.0, 1.0)
        return found

    def low(self, low_m: float, high_m: float) -> FloatArray:
        """Return 1 below `low_m` above ground, or above the ellipsoid where that is not known, 0 above `high_m`, (k,).

        A height that nobody measured counts half; of what is slow more, for few slow things fly high.
        """
        agl = self.tracks["height_agl_m"].astype(float)
        height = np.where(np.isfinite(agl), agl, self.height_m)
        unknown = np.where(self.going.speed_mps < SLOW_MPS, UNKNOWN_SLOW, UNKNOWN_FAST)
        return np.where(np.isfinite(height), np.clip((high_m - height) / (high_m - low_m), 0.0, 1.0), unknown)

    def changed(self, row: int, changes: Sequence[dict[str, Any]]) -> Picture:
        """Return one track as often as there are `changes`, each time with one of them done to it.

        turn_rad : its course turned to the right
        speed    : its speed times that
        climb_m  : its height raised
        tracks   : columns of TRACK set
        others   : columns of this picture set
        Where it is or how it goes is changed, its arrivals are computed again.
        """
        rows = np.full(len(changes), row)
        arrays = {name: getattr(self, name)[rows] for name in _BY_TRACK}
        going = Going(*(column[rows] for column in self.going))
        is_moved = False
        for at, change in enumerate(changes):
            for name, value in change.items():
                if name == "turn_rad":
                    going.course_rad[at] += value
                    is_moved = True
                elif name == "speed":
                    going.speed_mps[at] *= value
                    going.sigma_speed_mps[at] *= value
                    going.speed_most_mps[at] *= min(value, 1.0)
                    is_moved = True
                elif name == "climb_m":
                    arrays["height_m"][at] += value
                    arrays["tracks"]["height_agl_m"][at] += np.float32(value)
                elif name == "tracks":
                    for column, held in value.items():
                        arrays["tracks"][column][at] = held
                else:
                    arrays[name][at] = value
        np.maximum(going.speed_most_mps, going.speed_mps, out=going.speed_most_mps)
        words = (self.contradictions[row],) * len(changes)
        reach = (
            arrivals(going, self.table, self.params)
            if is_moved
            else Arrivals(*(np.broadcast_to(view[row], (len(changes), view.shape[1])) for view in self.arrivals))
        )
        return self._replace(going=going, arrivals=reach, contradictions=words, **arrays)


def velocity_sigma_mps(tracks: Rows) -> FloatArray:
    """Return 1 sigma of one horizontal axis of the velocity of TRACK (k,), 5 m/s where it is not known, (k,)."""
    cov = tracks["cov"]
    variance = np.nan_to_num(0.5 * (cov[:, VX] + cov[:, VY]), nan=25.0)
    sigma: FloatArray = np.sqrt(np.maximum(variance, 0.01))
    return sigma


def going_of(tracks: Rows, speed_most_mps: FloatArray) -> Going:
    """Return how tracks go, TRACK (k,); `speed_most_mps` (k,) is the highest mean speed of their paths."""
    velocity = tracks["velocity_mps"]
    speed = np.hypot(velocity[:, 0], velocity[:, 1])
    sigma = velocity_sigma_mps(tracks)
    return Going(
        place_rad=np.radians(np.stack((tracks["latitude_deg"], tracks["longitude_deg"]), axis=1)),
        speed_mps=speed,
        speed_most_mps=np.maximum(speed + 2.0 * sigma, speed_most_mps),
        course_rad=np.arctan2(velocity[:, 0], velocity[:, 1]),
        sigma_course_rad=np.minimum(sigma / np.maximum(speed, 0.1), math.pi),
        sigma_speed_mps=np.hypot(sigma, SPEED_SIGMA_SHARE * speed),
    )
