"""Which tracks move as one: near each other, with nearly the same velocity; their shape, and whether they split.

Single linkage: whoever is near one of a swarm is of the swarm. Only slow, low tracks that nobody knows are held
against each other, so airliners on one route are no swarm.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from skydas.assess.behaviour import SWARM_SHAPES
from skydas.model import MODE_S_UNKNOWN, FloatArray, IntArray, Rows, TrackFlag

NEAR_M: Final = 1_500.0
APART_MPS: Final = 8.0  # between the velocities of two of a swarm
FAST_MPS: Final = 110.0
SLOW_MPS: Final = 3.0
HIGH_M: Final = 3_000.0  # above the ellipsoid
COUNT_MIN: Final = 3
LOOKED_AT_MAX: Final = 4_000  # tracks held against each other; of more, those with the highest scores
_CLUSTER, _COLUMN, _LINE = (SWARM_SHAPES.index(word) for word in ("cluster", "column", "line"))
_LONG: Final = 3.0  # longer axis over shorter, of a column or a line


class Swarms(NamedTuple):
    """Of each track, (k,)."""

    number: IntArray  # of its swarm, the lowest track number in it or as before; 0: none
    size: IntArray  # tracks in it
    shape: IntArray  # index into SWARM_SHAPES
    has_split: IntArray  # 1: it was of one swarm with others that are in another now


def swarms(tracks: Rows, looked_at: IntArray, before: IntArray) -> Swarms:
    """Return the swarm of each track, TRACK (k,): of the rows `looked_at`.

    before : (k,) number of the swarm that each was of a second ago, 0: none
    """
    k = len(tracks)
    found = Swarms(*(np.zeros(k, np.int64) for _ in range(4)))
    if len(looked_at) < COUNT_MIN:
        return found
    place = np.radians(np.stack((tracks["latitude_deg"], tracks["longitude_deg"]), axis=1)[looked_at])
    velocity = tracks["velocity_mps"][looked_at, :2]
    east_north = _local_m(place)
    leader = _linked(east_north, velocity)
    labels, counts = np.unique(leader, return_counts=True)
    for label in labels[counts >= COUNT_MIN].tolist():
        members = np.flatnonzero(leader == label)
        rows = looked_at[members]
        found.number[rows] = int(tracks["track_no"][rows].min())
        found.size[rows] = len(rows)
        found.shape[rows] = _shape(east_north[members], velocity[members])
    _carry_on(found, before)
    return found


def candidates(tracks: Rows, score: FloatArray) -> IntArray:
    """Return the rows of TRACK (k,) that may be of a swarm: slow, low or of unknown height, without an address."""
    speed = np.hypot(tracks["velocity_mps"][:, 0], tracks["velocity_mps"][:, 1])
    may = (speed < FAST_MPS) & (speed > SLOW_MPS) & (tracks["mode_s"] == MODE_S_UNKNOWN)
    is_assumed = tracks["flags"] & int(TrackFlag.HEIGHT_ASSUMED) != 0
    may &= is_assumed | ~(tracks["height_hae_m"] > HIGH_M)
    rows = np.flatnonzero(may)
    if len(rows) > LOOKED_AT_MAX:
        rows = np.sort(rows[np.argsort(-np.nan_to_num(score[rows]), kind="stable")[:LOOKED_AT_MAX]])
    return rows


def _local_m(place_rad: FloatArray) -> FloatArray:
    """Return east and north of the first one, (k, 2); over some hundred km the links stay right: they are short."""
    middle = place_rad[0]
    narrow = np.cos(place_rad[:, 0])
    return np.stack(((place_rad[:, 1] - middle[1]) * narrow, place_rad[:, 0] - middle[0]), axis=1) * 6_371_008.8


def _linked(east_north_m: FloatArray, velocity_mps: FloatArray) -> IntArray:
    """Return for each the index of the first of those it is linked with, (n,)."""
    count = len(east_north_m)
    leader = np.arange(count)
    order = np.argsort(east_north_m[:, 1], kind="stable")
    north = east_north_m[order, 1]
    last = np.searchsorted(north, north + NEAR_M, side="right")
    for at in range(count):
        here, near = order[at], order[at + 1 : last[at]]
        apart = np.abs(east_north_m[near] - east_north_m[here]).max(axis=1, initial=0.0)
        near = near[(apart <= NEAR_M) & (np.hypot(*(velocity_mps[near] - velocity_mps[here]).T) <= APART_MPS)]
        for other in near.tolist():
            a, b = _top(leader, int(here)), _top(leader, other)
            leader[max(a, b)] = min(a, b)
    return np.array([_top(leader, index) for index in range(count)], np.int64)


def _top(leader: IntArray, index: int) -> int:
    while leader[index] != index:
        leader[index] = leader[leader[index]]
        index = int(leader[index])
    return index


def _shape(east_north_m: FloatArray, velocity_mps: FloatArray) -> int:
    """Return the shape of one swarm: long along its course is a column, long across it a line."""
    centred = east_north_m - east_north_m.mean(axis=0)
    values, axes = np.linalg.eigh(centred.T @ centred / len(centred))
    if np.sqrt(values[1]) < _LONG * np.sqrt(max(values[0], 1.0)):
        return _CLUSTER
    course = velocity_mps.mean(axis=0)
    along = abs(float(axes[:, 1] @ course)) / max(float(np.hypot(*course)), 0.1)
    return _COLUMN if along > 0.7 else _LINE


def _carry_on(found: Swarms, before: IntArray) -> None:
    """Keep the number of the swarm that most of the members were of; whose former swarm is in two parts has split."""
    new = found.number.copy()
    taken: set[int] = set()
    groups = [np.flatnonzero(new == number) for number in np.unique(new[new != 0])]
    for rows in sorted(groups, key=lambda rows: (-len(rows), int(new[rows[0]]))):
        numbers, votes = np.unique(before[rows][before[rows] != 0], return_counts=True)
        kept = int(numbers[np.argmax(votes)]) if len(numbers) else 0
        if kept and 2 * votes.max() >= len(rows):
            if kept in taken:
                found.has_split[rows] = 1
                found.has_split[found.number == kept] = 1
            else:
                taken.add(kept)
                found.number[rows] = kept
