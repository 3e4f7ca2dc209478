"""Counting what a sensor sees of what it should: kernels of the tracker, so that late plots count where they belong.

Two counts stand side by side in every cell of a sensor's surroundings.
seen, due          of confirmed tracks that another sensor saw in the same ten seconds: a blind sensor cannot flatter
                   itself, but a sensor alone learns nothing
own_seen, own_due  of confirmed tracks that the sensor saw again, over the turns since it last did: what it loses for
                   good is not in it
"""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from skydas.fuse.measure import height_of
from skydas.fuse.records import (
    COUNT,
    DUE,
    FREE,
    INTERVALS,
    MODELS,
    OWN_DUE,
    OWN_SEEN,
    RINGS,
    SECTORS,
    SEEN,
    SLOTS,
    SQUARES,
    SUM,
    Records,
    Store,
)
from skydas.geo.frames import MEAN_RADIUS_M
from skydas.model import NS_PER_S, TAU, FloatArray, TrackStatus

WATCH_NS: Final = 10 * NS_PER_S
TRACKS_WATCHED_MAX: Final = 4096  # of more rows than this every second, third, ... is watched
ELEVATION_RAD_MAX: Final = 0.7  # above it, 40 degrees, a rotating antenna has its cone of silence
TURNS_MAX: Final = 8  # between two plots of one track; after more of them it was lost, not missed
BINS_PER_OCTAVE: Final = 8  # of the intervals
OCTAVES_BELOW: Final = INTERVALS // BINS_PER_OCTAVE // 2

_RADIUS_M: Final = MEAN_RADIUS_M * 4.0 / 3.0  # ITU-R P.834: the standard atmosphere bends rays so much
_TENTATIVE: Final = int(TrackStatus.TENTATIVE)
_DROPPED: Final = int(TrackStatus.DROPPED)
# Kinds of sensors as in life.py, which imports this module.
_COOPERATIVE: Final = 1
_OTHER: Final = 2
_NO_CELL: Final = -1


@njit(cache=True)
def cell_of(sensors: Records, s: int, place: FloatArray) -> int:
    """Return the cell, sector x RINGS + ring, of a place in the node's plane (3,), or -1 where `s` does not look."""
    d0 = place[0] - sensors[s].origin[0]
    d1 = place[1] - sensors[s].origin[1]
    d2 = place[2] - sensors[s].origin[2]
    range2 = d0 * d0 + d1 * d1 + d2 * d2
    nearest, furthest = sensors[s].limits_m[0], sensors[s].limits_m[1]
    if not nearest * nearest <= range2 < furthest * furthest:
        return _NO_CELL
    m = sensors[s].rotation
    up = m[2, 0] * d0 + m[2, 1] * d1 + m[2, 2] * d2
    range_m = np.sqrt(range2)
    if up > np.sin(ELEVATION_RAD_MAX) * range_m:
        return _NO_CELL
    east = m[0, 0] * d0 + m[0, 1] * d1 + m[0, 2] * d2
    north = m[1, 0] * d0 + m[1, 1] * d1 + m[1, 2] * d2
    turned = np.arctan2(east, north) / TAU
    sector = min(int((turned + 1.0 if turned < 0.0 else turned) * SECTORS), SECTORS - 1)
    return sector * RINGS + min(int(range_m / furthest * RINGS), RINGS - 1)


@njit(cache=True)
def is_in_sight(sensors: Records, s: int, place: FloatArray, height_m: float) -> bool:
    """Return whether a place (3,) at this height above the ellipsoid is above the horizon of a smooth earth."""
    d0 = place[0] - sensors[s].origin[0]
    d1 = place[1] - sensors[s].origin[1]
    reach_m = np.sqrt(2.0 * _RADIUS_M * max(sensors[s].height_hae, 0.0)) + np.sqrt(2.0 * _RADIUS_M * max(height_m, 0.0))
    return d0 * d0 + d1 * d1 <= reach_m * reach_m


@njit(cache=True)
def note_again(tracks: Records, sensors: Records, i: int, s: int, interval_ns: int) -> None:
    """Count that sensor `s` saw track `i` again, `interval_ns` after it last did."""
    if tracks[i].status == _TENTATIVE or interval_ns <= 0 or sensors[s].kind == _OTHER:
        return
    periods = interval_ns / sensors[s].period_ns
    at = int(np.floor((np.log2(periods) + OCTAVES_BELOW) * BINS_PER_OCTAVE))
    if 0 <= at < INTERVALS:
        sensors[s].interval[at, COUNT] += 1.0
        sensors[s].interval[at, SUM] += periods
        sensors[s].interval[at, SQUARES] += periods * periods
    turns = int(periods + 0.5)
    if turns < 1 or turns > TURNS_MAX:
        return
    cell = cell_of(sensors, s, tracks[i].centre)
    if cell != _NO_CELL:
        sensors[s].watched[cell // RINGS, cell % RINGS, OWN_SEEN] += 1.0
        sensors[s].watched[cell // RINGS, cell % RINGS, OWN_DUE] += turns


@njit(cache=True)
def lowest_height_m(tracks: Records, setup: Records, up: FloatArray, i: int) -> float:
    """Return the height above the ellipsoid of track `i` less its sigma: so low may it well be."""
    likely = 0
    for m in range(1, MODELS):
        if tracks[i].weight[m] > tracks[i].weight[likely]:
            likely = m
    centre = tracks[i].centre
    return height_of(setup.plane, centre[0], centre[1], centre[2], up) - np.sqrt(tracks[i].cov[likely, 11])


@njit(cache=True)
def watch(store: Store, setups: Records, now_ns: int) -> None:
    """Count for every sensor what it saw since the last call of the tracks that others saw, and of how many turns.

    A track counts from the first call after its confirmation on, while it is seen by anyone. What the horizon hides,
    the track taken one sigma lower than it is thought to be, is not due; of cooperative targets only those are that
    the sensor has heard before.
    """
    tracks, sensors, own, setup = store.tracks, store.sensors, store.own[0], setups[0]
    own.watched_ns = now_ns
    up = np.empty(3)
    for i in range(0, own.high, 1 + own.high // (TRACKS_WATCHED_MAX + 1)):
        if tracks[i].status <= _TENTATIVE or tracks[i].status >= _DROPPED:
            continue
        span_ns = now_ns - tracks[i].watched_ns
        is_new = tracks[i].watched_ns == 0 or span_ns > 2 * WATCH_NS
        tracks[i].watched_ns = now_ns
        witnesses, witness = 0, FREE
        for k in range(SLOTS):
            if tracks[i].slot_sensor[k] != FREE and tracks[i].slot_hits[k] > 0:
                witnesses += 1
                witness = tracks[i].slot_sensor[k]
        if witnesses > 0 and not is_new:
            height_m = lowest_height_m(tracks, setup, up, i)
            for s in range(len(sensors)):
                if sensors[s].kind == _OTHER or (witnesses == 1 and witness == s):
                    continue
                hits = -1
                for k in range(SLOTS):
                    if tracks[i].slot_sensor[k] == s:
                        hits = tracks[i].slot_hits[k]
                if hits < 0 and sensors[s].kind == _COOPERATIVE:
                    continue
                cell = cell_of(sensors, s, tracks[i].centre)
                if cell == _NO_CELL or not is_in_sight(sensors, s, tracks[i].centre, height_m):
                    continue
                sensors[s].watched[cell // RINGS, cell % RINGS, SEEN] += max(hits, 0)
                sensors[s].watched[cell // RINGS, cell % RINGS, DUE] += span_ns / sensors[s].period_ns
        for k in range(SLOTS):
            tracks[i].slot_hits[k] = 0
