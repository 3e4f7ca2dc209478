"""A sensor that stands elsewhere, is turned, late or stretched by more than registration can learn.

None of its plots then falls where the others see a target, so it teaches nothing: it makes tracks of its own. But those
are the others' tracks, all moved in one way. If most of what a sensor alone sees, where others should see it too, fits
tracks of the others by one movement, its place (or north, clock, range) is wrong, and the movement says by how much.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from skydas.fuse.health.invented import invented
from skydas.fuse.health.params import HealthParams
from skydas.geo import TangentPlane
from skydas.geo.frames import MEAN_RADIUS_M
from skydas.model import NS_PER_S, BoolArray, FloatArray, IntArray, Rows, SensorConfig, TrackStatus

LOOK_NS: Final = 10 * NS_PER_S
FITS_MAX: Final = 2  # at one look: the sensors take turns
LOOKS: Final = 2  # in a row that must say the same
TRACKS_MIN: Final = 4  # that must fit
SHARE_MIN: Final = 0.6  # of what it alone sees
TRACKS_MAX: Final = 24  # of its own that are looked at, those seen last
PAIRS_MAX: Final = 1_000  # that one way of moving is tried on
NEAR_M: Final = 500.0  # two tracks fit
MOVED_M_MIN: Final = 1_000.0  # less is registration's business
VELOCITY_MPS: Final = 5.0  # so alike are the velocities of one object's two tracks,
VELOCITY_SIGMAS: Final = 1.5  # and so many sigmas more
VELOCITY_SIGMA_MAX: Final = 40.0  # m/s; what is known less well fits everything
SPEED_MPS_MIN: Final = 15.0  # what stands still fits everything
FRESH_S: Final = 20.0
_RADIUS_M: Final = MEAN_RADIUS_M * 4.0 / 3.0  # ITU-R P.834
_RADARS: Final = ("radar_2d", "radar_3d")


class Fit(NamedTuple):
    """One movement that takes a sensor's own tracks to those of the others."""

    way: str  # moved, turned, late, stretched; or invented: none of these
    value: FloatArray  # (2,) m east and north; or rad, s, m and 0; or nothing
    matched: int
    looked_at: int


class Misplaced:
    """Which sensors of a node are misplaced, as far as the tracks tell."""

    def __init__(self, params: HealthParams, sensors: Sequence[SensorConfig], plane: TangentPlane) -> None:
        self._params = params
        self._looked_ns = 0
        self._next = 0  # sensor that is looked at first
        count = len(sensors)
        self._is_radar: BoolArray = np.array(
            [sensor.kind in _RADARS and sensor.latitude_deg is not None for sensor in sensors], np.bool_
        )
        place = np.array([(s.latitude_deg or 0.0, s.longitude_deg or 0.0, s.height_hae_m) for s in sensors]).reshape(
            -1, 3
        )
        self._origin = plane.enu_from_geodetic(np.radians(place[:, 0]), np.radians(place[:, 1]), place[:, 2])
        self._height = np.array([sensor.height_hae_m for sensor in sensors])
        self._limits = np.array([(sensor.range_m_min, sensor.range_m_max) for sensor in sensors]).reshape(count, 2)
        self._looks: IntArray = np.zeros(count, np.int64)
        self._value: FloatArray = np.zeros((count, 2))
        self._way = [""] * count
        self.doubted_ns: IntArray = np.zeros(count, np.int64)  # until when; 0 it is believed

    def step(self, now_ns: int, picture: Rows) -> list[tuple[int, bool, str]]:
        """Look at every living track, TRACK (k,); return (row, is it over, text) of what is new."""
        if now_ns - self._looked_ns < LOOK_NS:
            return []
        self._looked_ns = now_ns
        told = []
        for row in np.flatnonzero((self.doubted_ns > 0) & (self.doubted_ns <= now_ns)).tolist():
            self.doubted_ns[row] = 0
            told.append((row, True, "is believed again, and looked at anew"))
        if self._is_radar.sum() < 2:
            return told
        is_sure = picture["status"] != TrackStatus.TENTATIVE
        fresh = picture[is_sure & (picture["last_plot_ns"] > now_ns - FRESH_S * NS_PER_S)]
        speed = np.hypot(fresh["velocity_mps"][:, 0], fresh["velocity_mps"][:, 1])
        known = (fresh["cov"][:, 15] + fresh["cov"][:, 18] < VELOCITY_SIGMA_MAX**2) & (speed > SPEED_MPS_MIN)
        fresh = fresh[known]
        fits = 0
        rows = np.flatnonzero(self._is_radar & (self.doubted_ns == 0))
        for row in np.roll(rows, -int(np.searchsorted(rows, self._next))).tolist():
            own = self._own(row, fresh)
            if len(own) >= TRACKS_MIN and fits >= FITS_MAX:
                self._next = row
                break
            fits += len(own) >= TRACKS_MIN
            fit = self._fit_of(row, own, fresh)
            if fit is None or fit.way != self._way[row] or not self._is_alike(row, fit):
                self._looks[row] = 0
            self._way[row] = fit.way if fit else ""
            if fit is None:
                continue
            self._value[row] = fit.value
            self._looks[row] += 1
            if self._looks[row] >= LOOKS:
                self._looks[row] = 0
                self.doubted_ns[row] = now_ns + round(self._params.doubted_s * NS_PER_S)
                told.append((row, False, _text(fit)))
        return told

    def _is_alike(self, row: int, fit: Fit) -> bool:
        scale = {"moved": NEAR_M, "turned": 0.02, "late": 10.0, "stretched": NEAR_M, "invented": 1.0}[fit.way]
        return bool(np.linalg.norm(self._value[row] - fit.value) < 2.0 * scale)

    def _own(self, row: int, tracks: Rows) -> Rows:
        """Return the tracks that sensor `row` alone sees, where another one should too, TRACK (m,)."""
        own: Rows = tracks[tracks["sensors"] == _bit(row)]
        if len(own) >= TRACKS_MIN:
            own = own[self._is_seen_by_others(row, own)]
        return own

    def _fit_of(self, row: int, own: Rows, tracks: Rows) -> Fit | None:
        """Return the movement that takes what sensor `row` alone sees to what the others see, or None."""
        if len(own) < TRACKS_MIN:
            return None
        own = own[np.argsort(own["last_plot_ns"], kind="stable")][-TRACKS_MAX:]
        others = tracks[(tracks["sensors"] & ~_bit(row)) != 0]
        fit = best_fit(_plain(own), _plain(others), self._origin[row, :2])
        if fit is not None:
            return fit
        uncoded = _plain(own[own["mode_s"] == 0])  # a transponder answers for itself
        followers = invented(uncoded, _plain(others))
        return Fit("invented", np.zeros(2), followers, len(uncoded)) if followers else None

    def _is_seen_by_others(self, row: int, tracks: Rows) -> BoolArray:
        """Return which tracks lie where another radar is said to see, (k,)."""
        place, height_m = tracks["position_enu_m"], np.maximum(tracks["height_hae_m"], 0.0)
        seen = np.zeros(len(tracks), np.bool_)
        for other in np.flatnonzero(self._is_radar & (self.doubted_ns == 0)).tolist():
            if other == row:
                continue
            away = np.linalg.norm(place - self._origin[other], axis=1)
            horizon = np.sqrt(2.0 * _RADIUS_M * max(self._height[other], 0.0)) + np.sqrt(2.0 * _RADIUS_M * height_m)
            seen |= (away > self._limits[other, 0]) & (away < np.minimum(self._limits[other, 1], horizon))
        return seen

    def state(self) -> list[Any]:
        """Return everything that the next step depends on."""
        arrays = [self._looks.tobytes(), self._value.tobytes(), self.doubted_ns.tobytes()]
        return [self._looked_ns, self._next, list(self._way), *arrays]

    def restore(self, state: list[Any]) -> None:
        """Take back what `state` returned."""
        self._looked_ns, self._next, self._way, looks, value, doubted = state
        self._looks[:] = np.frombuffer(looks, np.int64)
        self._value[:] = np.frombuffer(value).reshape(-1, 2)
        self.doubted_ns[:] = np.frombuffer(doubted, np.int64)


def _bit(row: int) -> np.uint64:
    return np.uint64(1) << np.uint64(min(row, 63))


def best_fit(own: FloatArray, others: FloatArray, origin: FloatArray) -> Fit | None:
    """Return the one way of moving that takes most of `own` to `others`, None where it takes too few.

    own, others : (k, 5), (m, 5) east, north (m), velocity east, north (m/s), sigma of the velocity (m/s)
    origin      : (2,) where the sensor is said to stand
    """
    best: Fit | None = None
    shift = others[None, :, :2] - own[:, None, :2]
    is_far = np.hypot(shift[..., 0], shift[..., 1]) > MOVED_M_MIN
    tolerance = VELOCITY_MPS + VELOCITY_SIGMAS * np.hypot(others[None, :, 4], own[:, None, 4])
    alike = is_far & (np.linalg.norm(others[None, :, 2:4] - own[:, None, 2:4], axis=2) < tolerance)
    for way, pairs, value, scale in (
        ("moved", alike, shift, NEAR_M),
        ("late", *_late(own, shift, alike)),
        ("stretched", *_stretched(own, others, origin, alike)),
        ("turned", *_turned(own, others, origin, is_far, tolerance)),
    ):
        x, y = np.nonzero(pairs)
        if len(x) > PAIRS_MAX:
            x, y = x[:: len(x) // PAIRS_MAX + 1], y[:: len(y) // PAIRS_MAX + 1]
        if len(x) < TRACKS_MIN:
            continue
        given = value[x, y]
        near = np.linalg.norm(given[:, None] - given[None], axis=2) < scale
        # How many different tracks of its own agree with each pair: a track counts once, whatever it may be.
        matched = (np.add.reduceat(near, np.flatnonzero(np.diff(x, prepend=-1)), axis=1) > 0).sum(axis=1)
        at = int(np.argmax(matched))
        if matched[at] >= max(TRACKS_MIN, SHARE_MIN * len(own)) and (best is None or matched[at] > best.matched):
            best = Fit(way, given[near[at]].mean(axis=0), int(matched[at]), len(own))
    return best


def _late(own: FloatArray, shift: FloatArray, alike: BoolArray) -> tuple[BoolArray, FloatArray, float]:
    """Return which pairs lie one behind the other on their course, by how many seconds, and how near is alike."""
    speed = np.maximum(np.hypot(own[:, 2], own[:, 3]), 1.0)[:, None]
    unit = own[:, None, 2:4] / speed[..., None]
    along = (shift * unit).sum(axis=2)
    across = np.abs(shift[..., 0] * unit[..., 1] - shift[..., 1] * unit[..., 0])
    return alike & (across < NEAR_M), _first(along / speed), NEAR_M / float(np.median(speed))


def _stretched(
    own: FloatArray, others: FloatArray, origin: FloatArray, alike: BoolArray
) -> tuple[BoolArray, FloatArray, float]:
    """Return which pairs lie in one direction from the sensor, how much further the other is (m), and what is alike."""
    range_own, range_other, turn = _polar(own, others, origin)
    return alike & (np.abs(turn) * range_own < NEAR_M), _first(range_other - range_own), NEAR_M


def _turned(
    own: FloatArray, others: FloatArray, origin: FloatArray, is_far: BoolArray, tolerance: FloatArray
) -> tuple[BoolArray, FloatArray, float]:
    """Return which pairs are as far from it, as fast, and turned alike in place and course; by what angle (rad)."""
    range_own, range_other, turn = _polar(own, others, origin)
    course = np.arctan2(others[:, 2], others[:, 3])[None] - np.arctan2(own[:, 2], own[:, 3])[:, None]
    speed_own, speed_other = np.hypot(own[:, 2], own[:, 3])[:, None], np.hypot(others[:, 2], others[:, 3])[None]
    alike = (np.abs(_wrapped(course - turn)) * speed_own < tolerance) & (np.abs(speed_other - speed_own) < tolerance)
    fits = is_far & alike & (np.abs(range_other - range_own) < NEAR_M)
    return fits, _first(turn), NEAR_M / max(float(np.median(range_own)), NEAR_M)


def _polar(own: FloatArray, others: FloatArray, origin: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return ranges (k, 1), (1, m), and by what angle clockwise each of `others` lies from each of `own`, (k, m)."""
    a, b = own[:, :2] - origin, others[:, :2] - origin
    azimuth_a, azimuth_b = np.arctan2(a[:, 0], a[:, 1]), np.arctan2(b[:, 0], b[:, 1])
    turn = _wrapped(azimuth_b[None] - azimuth_a[:, None])
    return np.hypot(a[:, 0], a[:, 1])[:, None], np.hypot(b[:, 0], b[:, 1])[None], turn


def _wrapped(angle: FloatArray) -> FloatArray:
    return (angle + np.pi) % (2.0 * np.pi) - np.pi


def _first(value: FloatArray) -> FloatArray:
    return np.stack((value, np.zeros_like(value)), axis=2)


def _plain(tracks: Rows) -> FloatArray:
    sigma = np.sqrt(tracks["cov"][:, 15] + tracks["cov"][:, 18])
    return np.column_stack((tracks["position_enu_m"][:, :2], tracks["velocity_mps"][:, :2], sigma))


def _text(fit: Fit) -> str:
    a, b = fit.value.tolist()
    if fit.way == "invented":
        return (
            f"{fit.matched} of {fit.looked_at} tracks that it alone sees fly like tracks of the others, each some "
            "kilometres beside another one: check what it makes them of; what it alone sees is not shown meanwhile"
        )
    if fit.way == "moved":
        towards = math.degrees(math.atan2(a, b)) % 360.0
        how = f"moved by {math.hypot(a, b) / 1e3:.1f} km towards {towards:03.0f} deg: check its place"
    elif fit.way == "turned":
        how = f"turned by {math.degrees(a):+.1f} deg: check its north"
    elif fit.way == "late":
        how = f"{a:+.0f} s later: check its clock"
    else:
        how = f"{a / 1e3:+.1f} km further from it: check its range"
    return (
        f"{fit.matched} of {fit.looked_at} tracks that it alone sees are tracks of the others, {how}; "
        "what it alone sees is not shown meanwhile"
    )
