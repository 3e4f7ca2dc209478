"""Claims against physics: does each go on with the flight before it, and could anything fly so?

A claim that does not fit its claimant's flight begins a second strand beside the first. Both going on: two senders use
one address. Only the second going on: the flight jumped. A stray position goes on with nothing and is forgotten.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from skydas.geo.frames import MEAN_RADIUS_M
from skydas.identify.deception.claimants import (
    ADDRESS_END,
    DUPLICATE_ADDRESS,
    FROZEN,
    IMPOSSIBLE_STATE,
    JUMPED,
    Claimants,
)
from skydas.identify.deception.params import DeceptionParams
from skydas.model import NS_PER_S, BoolArray, FloatArray, IntArray, Rows

SAME_RAD: Final = 1e-9  # 6 mm: the very same position
REPEAT_S_MIN: Final = 0.5  # less is one transmission heard twice
STRAND_S_MAX: Final = 60.0  # a strand without a claim for so long tells nothing of where the next is
SETTLED_FITS: Final = 3
SETTLED_S: Final = 4.0
BASE_S: Final = 6.0
VELOCITY_S: Final = 5.0  # over which velocity is averaged
VELOCITY_FROM_S: Final = 2.0  # the first estimate rests on so much
TURN_MPS2: Final = 20.0
UNKNOWN_MPS: Final = 4_000.0  # before a velocity is known
FROZEN_MPS: Final = 30.0
FROZEN_REPEATS: Final = 5
FROZEN_UNSURE: Final = 3.0  # times as long, where a feed is not known yet
REPEAT_RUNS: Final = 2  # before: where nothing else is known of the feed, its positions are taken to repeat
FEED_MIN: Final = 5  # moving claimants of a receiver, before it is known whether its feed repeats
FEED_SHARE: Final = 0.2  # of them that repeat positions now and then: a feed of states, not of transmissions
ELSEWHERE_FITS: Final = 2.0
LATE_S: Final = 5.0
STALE_S: Final = 10.0  # by which positions in a feed of states may be late
JITTER_M: Final = 1_500.0
JITTER_DRONE_M: Final = 300.0
CLIMB_JITTER_M: Final = 400.0
IMPOSSIBLE_MIN: Final = 2  # looks in a row


def offset_m(
    latitude_rad: FloatArray, longitude_rad: FloatArray, to_latitude: FloatArray, to_longitude: FloatArray
) -> FloatArray:
    """Return east and north of one place from another on the mean sphere, (n, 2): within 1 % below 200 km."""
    turned = (to_longitude - longitude_rad + np.pi) % (2.0 * np.pi) - np.pi
    east = turned * np.cos(0.5 * (latitude_rad + to_latitude)) * MEAN_RADIUS_M
    return np.stack((east, (to_latitude - latitude_rad) * MEAN_RADIUS_M), axis=-1)


class Motion:
    """Take claims in the order of time, each claimant once in a call."""

    def __init__(self, params: DeceptionParams, claimants: Claimants, sensor_count: int) -> None:
        self._params = params
        self._claimants = claimants
        self.moving = np.zeros(sensor_count)  # claimants heard moving, by sensor
        self.gap_count = 0  # times without a fresh position: reception, no deceit
        self.repeating = np.zeros(sensor_count)  # of these, that ever repeated a position

    def take(self, now_ns: int, rows: IntArray, claims: Rows, height_m: FloatArray) -> None:
        """Hold claims, PLOT (n,) of different rows, against what went before."""
        held = self._claimants.held
        strands = held["strands"]
        latitude, longitude, t_ns = claims["latitude_rad"], claims["longitude_rad"], claims["t_ns"]
        first = strands[rows, 0]
        begins = first["t_ns"] == 0
        self._begin(rows[begins], 0, t_ns[begins], latitude[begins], longitude[begins], height_m[begins])
        same = (np.abs(first["latitude_rad"] - latitude) < SAME_RAD) & ~begins
        same &= np.abs(first["longitude_rad"] - longitude) < SAME_RAD
        self._repeated(now_ns, rows[same], claims[same])
        # What comes late is no news, unless it is from somewhere else altogether.
        away_m = np.hypot(*offset_m(first["latitude_rad"], first["longitude_rad"], latitude, longitude).T)
        later = (t_ns > first["t_ns"]) | (
            (away_m > ELSEWHERE_FITS * self._params.fit_m) & (t_ns > first["t_ns"] - LATE_S * NS_PER_S)
        )
        later &= ~begins & ~same & (t_ns > strands["t_ns"][rows, 1])
        at = np.flatnonzero(later)
        if not len(at):
            return
        rows, t_ns, latitude, longitude, height_m = rows[at], t_ns[at], latitude[at], longitude[at], height_m[at]
        fits = self._fits(rows, 0, t_ns, latitude, longitude)
        gap_s = (t_ns - strands["t_ns"][rows, 0]) / NS_PER_S
        moved = _speed(strands[rows, 0]) > FROZEN_MPS
        self.gap_count += int((fits & moved & (gap_s >= self._params.gap_s)).sum())
        self._note_moving(rows[fits & moved], claims["sensor"][at[fits & moved]].astype(np.int64))
        held["repeat_runs"][rows] += held["repeats"][rows] > 0
        held["repeats"][rows] = 0
        there = strands["t_ns"][rows, 1] > 0
        old = there & (t_ns - strands["t_ns"][rows, 1] > STRAND_S_MAX * NS_PER_S)
        strands["t_ns"][rows[old], 1] = 0
        held["alternations"][rows[fits & there]] += 1
        self._go_on(rows[fits], 0, t_ns[fits], latitude[fits], longitude[fits], height_m[fits])
        self._impossible(now_ns, rows[fits])
        self._beside(now_ns, rows[~fits], t_ns[~fits], latitude[~fits], longitude[~fits], height_m[~fits])

    def _note_moving(self, rows: IntArray, sensor: IntArray) -> None:
        """Count claimants that move, by the sensor that heard each of them do so first."""
        held = self._claimants.held
        new = ~held["ever_moved"][rows]
        np.add.at(self.moving, sensor[new], 1.0)
        held["ever_moved"][rows] = True

    # -- strands

    def _begin(
        self,
        rows: IntArray,
        strand: int,
        t_ns: IntArray,
        latitude: FloatArray,
        longitude: FloatArray,
        height_m: FloatArray,
    ) -> None:
        strands = self._claimants.held["strands"]
        for name, value in (("t_ns", t_ns), ("since_ns", t_ns), ("base_ns", t_ns), ("latitude_rad", latitude)):
            strands[name][rows, strand] = value
        strands["longitude_rad"][rows, strand], strands["height_m"][rows, strand] = longitude, height_m
        strands["velocity_mps"][rows, strand], strands["fits"][rows, strand] = np.nan, 1
        strands["base"][rows, strand] = np.stack((latitude, longitude, height_m), axis=-1)

    def _fits(
        self, rows: IntArray, strand: int, t_ns: IntArray, latitude: FloatArray, longitude: FloatArray
    ) -> BoolArray:
        """Return which claims go on with a strand, (n,)."""
        one = self._claimants.held["strands"][rows, strand]
        passed_s = (t_ns - one["t_ns"]) / NS_PER_S
        fit_m = np.where(self._claimants.held["key"][rows] < ADDRESS_END, self._params.fit_m, self._params.fit_drone_m)
        moved_m = offset_m(one["latitude_rad"], one["longitude_rad"], latitude, longitude)
        known = np.isfinite(one["velocity_mps"][:, 0])
        velocity = np.where(known[:, None], one["velocity_mps"], 0.0)
        away_m = np.hypot(*(moved_m - velocity * passed_s[:, None]).T)
        turned_m = 0.5 * TURN_MPS2 * np.minimum(passed_s, 20.0) ** 2
        fits = away_m < fit_m + np.where(known, turned_m, UNKNOWN_MPS * np.minimum(passed_s, 10.0))
        # Whatever it did in a gap: as far as it could fly at the speed that it had.
        could_m = fit_m + (1.3 * np.hypot(*velocity.T) + 60.0) * passed_s
        fits |= known & (passed_s > 10.0) & (np.hypot(*moved_m.T) < could_m)
        # What a feed of states says may be seconds old, by one or another.
        stale = self.feed_repeats()[self._claimants.held["sensor"][rows].astype(np.int64)]
        fits |= known & stale & (away_m < fit_m + STALE_S * np.hypot(*velocity.T))
        out: BoolArray = fits & (one["t_ns"] > 0) & (passed_s > 0.0) & (passed_s < STRAND_S_MAX)
        return out

    def _go_on(
        self,
        rows: IntArray,
        strand: int,
        t_ns: IntArray,
        latitude: FloatArray,
        longitude: FloatArray,
        height_m: FloatArray,
    ) -> None:
        strands = self._claimants.held["strands"]
        one = strands[rows, strand]
        passed_s = (t_ns - one["t_ns"]) / NS_PER_S
        moved_m = offset_m(one["latitude_rad"], one["longitude_rad"], latitude, longitude)
        known = np.isfinite(one["velocity_mps"][:, 0])
        seen_mps = moved_m / passed_s[:, None]
        share = (passed_s / (passed_s + VELOCITY_S))[:, None]
        mixed = one["velocity_mps"] + share * (seen_mps - one["velocity_mps"])
        base_s = (t_ns - one["base_ns"]) / NS_PER_S
        base_m = offset_m(one["base"][:, 0], one["base"][:, 1], latitude, longitude)
        first = np.where((base_s >= VELOCITY_FROM_S)[:, None], base_m / np.maximum(base_s, 1e-3)[:, None], np.nan)
        strands["velocity_mps"][rows, strand] = np.where(known[:, None], mixed, first)
        strands["t_ns"][rows, strand] = t_ns
        strands["latitude_rad"][rows, strand], strands["longitude_rad"][rows, strand] = latitude, longitude
        strands["height_m"][rows, strand] = np.where(np.isfinite(height_m), height_m, one["height_m"])
        strands["fits"][rows, strand] += 1

    def _beside(
        self,
        now_ns: int,
        rows: IntArray,
        t_ns: IntArray,
        latitude: FloatArray,
        longitude: FloatArray,
        height_m: FloatArray,
    ) -> None:
        """Take claims that do not fit the first strand into the second, and judge what has become of it."""
        if not len(rows):
            return
        held = self._claimants.held
        strands = held["strands"]
        fits = self._fits(rows, 1, t_ns, latitude, longitude)
        self._go_on(rows[fits], 1, t_ns[fits], latitude[fits], longitude[fits], height_m[fits])
        stray = ~fits
        self._begin(rows[stray], 1, t_ns[stray], latitude[stray], longitude[stray], height_m[stray])
        held["alternations"][rows[stray]] = 0
        rows, t_ns = rows[fits], t_ns[fits]
        second, first = strands[rows, 1], strands[rows, 0]
        settled = (second["fits"] >= SETTLED_FITS) & (t_ns - second["since_ns"] >= SETTLED_S * NS_PER_S)
        both = settled & (held["alternations"][rows] >= 2)
        apart_m = np.hypot(
            *offset_m(first["latitude_rad"], first["longitude_rad"], second["latitude_rad"], second["longitude_rad"]).T
        )
        self._claimants.find_check(rows[both], DUPLICATE_ADDRESS, now_ns, 0.9, apart_m[both])
        alone = settled & ~both & (t_ns - first["t_ns"] >= SETTLED_S * NS_PER_S)
        passed_s = (second["since_ns"] - first["t_ns"]) / NS_PER_S
        fast = np.where(held["key"][rows] < ADDRESS_END, self._params.speed_mps_max, self._params.speed_drone_mps_max)
        came_back = (passed_s >= STRAND_S_MAX) & (apart_m < self._params.fit_m + fast * passed_s)
        fell_silent = (passed_s >= STRAND_S_MAX) & (first["fits"] < SETTLED_FITS)
        jumped = alone & ~came_back & ~fell_silent
        jumped &= first["fits"] >= SETTLED_FITS  # a first position that was a stray proves nothing
        self._claimants.find_check(rows[jumped], JUMPED, now_ns, 0.8, apart_m[jumped], passed_s[jumped])
        self.gap_count += int((alone & came_back).sum())
        strands[rows[alone], 0] = strands[rows[alone], 1]
        strands["t_ns"][rows[alone], 1] = 0
        held["alternations"][rows[alone]] = 0

    # -- what no aircraft does

    def _impossible(self, now_ns: int, rows: IntArray) -> None:
        """Judge height, and speed and climb over BASE_S."""
        held, params = self._claimants.held, self._params
        strands = held["strands"]
        one = strands[rows, 0]
        base_s = (one["t_ns"] - one["base_ns"]) / NS_PER_S
        due = base_s >= BASE_S
        rows, one, base_s = rows[due], one[due], base_s[due]
        flown_m = np.hypot(*offset_m(one["base"][:, 0], one["base"][:, 1], one["latitude_rad"], one["longitude_rad"]).T)
        climbed_m = np.nan_to_num(one["height_m"] - one["base"][:, 2])
        fast = np.where(held["key"][rows] < ADDRESS_END, params.speed_mps_max, params.speed_drone_mps_max)
        is_short = base_s < STRAND_S_MAX
        jitter_m = np.where(held["key"][rows] < ADDRESS_END, JITTER_M, JITTER_DRONE_M)
        wrong = is_short & (flown_m - jitter_m > fast * base_s)
        climbs = is_short & (np.abs(climbed_m) - CLIMB_JITTER_M > params.climb_mps_max * base_s)
        wrong |= np.abs(np.nan_to_num(one["height_m"])) > params.height_m_max
        # A single wrong height goes up and comes down again: only what goes on one way is a climb.
        way = np.where(climbs, np.sign(climbed_m), 0.0).astype(np.int64)
        goes_on = wrong | (climbs & (way == held["climb_way"][rows]))
        wrong |= climbs
        held["impossible"][rows] = np.where(goes_on, held["impossible"][rows] + 1, wrong.astype(np.int64))
        held["climb_way"][rows] = way
        sure = wrong & (held["impossible"][rows] >= IMPOSSIBLE_MIN)
        self._claimants.find_check(
            rows[sure], IMPOSSIBLE_STATE, now_ns, 0.95, (flown_m / base_s)[sure], (climbed_m / base_s)[sure]
        )
        strands["base_ns"][rows, 0] = one["t_ns"]
        strands["base"][rows, 0] = np.stack((one["latitude_rad"], one["longitude_rad"], one["height_m"]), axis=-1)

    def _repeated(self, now_ns: int, rows: IntArray, claims: Rows) -> None:
        """Take positions that are the last one again: a frozen source, or a feed that has no news."""
        held = self._claimants.held
        one = held["strands"][rows, 0]
        passed_s = (claims["t_ns"] - one["t_ns"]) / NS_PER_S
        counts = (passed_s >= REPEAT_S_MIN) & (_speed(one) > FROZEN_MPS)
        rows, passed_s, sensor = rows[counts], passed_s[counts], claims["sensor"][counts].astype(np.int64)
        first_time = ~held["ever_repeated"][rows]
        np.add.at(self.repeating, sensor[first_time], 1.0)
        held["ever_repeated"][rows] = True
        held["repeats"][rows] += 1
        known = self.moving[sensor] >= FEED_MIN
        limit_s = self._params.frozen_s * np.where(known, 1.0, FROZEN_UNSURE)
        frozen = (held["repeats"][rows] >= FROZEN_REPEATS) & (passed_s >= limit_s)
        frozen &= ~self.feed_repeats()[sensor] & (known | (held["repeat_runs"][rows] < REPEAT_RUNS))
        self._claimants.find_check(rows[frozen], FROZEN, now_ns, 0.7, passed_s[frozen], _speed(one[counts][frozen]))

    def feed_repeats(self) -> BoolArray:
        """Return whose positions come again for want of news, by sensor: nothing can be said of frozen ones there."""
        out: BoolArray = (self.moving >= FEED_MIN) & (self.repeating > FEED_SHARE * self.moving)
        return out


def _speed(strands: Rows) -> FloatArray:
    out: FloatArray = np.nan_to_num(np.hypot(strands["velocity_mps"][:, 0], strands["velocity_mps"][:, 1]))
    return out
