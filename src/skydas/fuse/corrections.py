"""What a person says of tracks: these two are one, this one is two, this one is number n.

It is done at once, repeated by every replay of late plots at its own instant, and lasts: a merge is remembered, so
that a second track which the same sensors begin at the same offset is ended before it gets a number.
"""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from skydas.fuse.birth import COASTING, CONFIRMED, drop
from skydas.fuse.index import code_slot, link, relink
from skydas.fuse.records import FREE, SLOTS, Records, Store, Work
from skydas.fuse.update import HEIGHT_ASSUMED, commit, touch
from skydas.model import MODE_3A_UNKNOWN, TrackFlag

MERGE: Final = 0
SPLIT: Final = 1
RENUMBER: Final = 2

# Why it was not done; `refusal` has the words.
DONE: Final = 0
_NO_TRACK: Final = 1
_NO_OTHER: Final = 2
_SAME: Final = 3
_TWO_CODES: Final = 4
_NO_ROOM: Final = 5
_TAKEN: Final = 6
_NEVER_GIVEN: Final = 7

_CLAIM_ONLY: Final = int(TrackFlag.CLAIM_ONLY)
_SPLIT_SIGMAS: Final = (
    1.0  # a copy begins so far beside, along the longer axis: two alike would share every plot for ever
)
_SPLIT_FACTOR: Final = 2.0  # of the copy's covariance


def refusal(reason: int, track_no: int, other_no: int) -> str:
    """Return why a correction was not done, in words for the person who asked."""
    return {
        _NO_TRACK: f"there is no confirmed track {track_no}",
        _NO_OTHER: f"there is no confirmed track {other_no}",
        _SAME: f"track {track_no} is the same already",
        _TWO_CODES: f"tracks {track_no} and {other_no} have Mode S addresses of their own: they are two aircraft",
        _NO_ROOM: "there is no room for another track",
        _TAKEN: f"the number {other_no} is a living track's",
        _NEVER_GIVEN: f"the number {other_no} was never given to a track here; leave it out for a new one",
    }[reason]


@njit(cache=True)
def row_of(store: Store, number: int) -> int:
    """Return the row of the confirmed track with this number, or FREE."""
    tracks = store.tracks
    for i in range(store.own[0].high):
        if tracks[i].number == number and (tracks[i].status == CONFIRMED or tracks[i].status == COASTING):
            return i
    return FREE


@njit(cache=True)
def correct(store: Store, setups: Records, work: Work, what: int, number: int, other: int, now_ns: int) -> int:
    """Do what a person says of track `number`; return DONE or why not.

    other : MERGE: the track that is the same and ends; SPLIT: number of the second track; RENUMBER: the number it gets
    """
    i = row_of(store, number)
    if i == FREE:
        return _NO_TRACK
    if what == MERGE:
        return _merge(store, setups[0], work, i, row_of(store, other))
    if what == SPLIT:
        return _split(store, setups[0], work, i, other, now_ns)
    return _renumber(store, work, i, other)


@njit(cache=True)
def _merge(store: Store, setup: Records, work: Work, i: int, ended: int) -> int:
    """End track `ended`: what it is known by goes to track `i`, and its state too where `i` was not seen lately."""
    tracks, codes, partners = store.tracks, store.codes, store.partners
    if ended == FREE:
        return _NO_OTHER
    if ended == i:
        return _SAME
    if tracks[i].mode_s != 0 and tracks[ended].mode_s != 0:
        return _TWO_CODES
    if tracks[ended].mode_s != 0:
        slot = code_slot(codes, tracks[ended].mode_s)
        tracks[i].mode_s = tracks[ended].mode_s
        codes[slot].row, codes[slot].serial, codes[slot].number = i, tracks[i].serial, tracks[i].number
    if tracks[i].mode_3a == MODE_3A_UNKNOWN:
        tracks[i].mode_3a = tracks[ended].mode_3a
    if tracks[i].callsign == 0:
        tracks[i].callsign = tracks[ended].callsign
    for k in range(len(partners)):
        if partners[k].key != 0 and partners[k].row == ended and partners[k].serial == tracks[ended].serial:
            partners[k].row, partners[k].serial = i, tracks[i].serial
    if tracks[i].status == COASTING and tracks[ended].status == CONFIRMED:
        _take_state(store, setup, work, i, ended)
    else:
        _remember(store, i, ended)
    tracks[i].sensors |= tracks[ended].sensors
    both = HEIGHT_ASSUMED | _CLAIM_ONLY  # these hold only where they hold of both
    flags = tracks[i].flags | tracks[ended].flags
    tracks[i].flags = (flags & ~both) | (tracks[i].flags & tracks[ended].flags & both)
    tracks[i].llr = max(tracks[i].llr, tracks[ended].llr)
    drop(store, work, ended)
    touch(tracks, work.desk[0], work.touched, i)
    return DONE


@njit(cache=True)
def _take_state(store: Store, setup: Records, work: Work, i: int, seen: int) -> None:
    """Let the coasting track `i` go on from where track `seen` is."""
    tracks, desk = store.tracks, work.desk[0]
    tracks[i].mean[:] = tracks[seen].mean
    tracks[i].cov[:] = tracks[seen].cov
    tracks[i].weight[:] = tracks[seen].weight
    tracks[i].t_ns = tracks[seen].t_ns
    tracks[i].last_ns = tracks[seen].last_ns
    tracks[i].plot_sigma = tracks[seen].plot_sigma
    tracks[i].bar = tracks[seen].bar
    tracks[i].status = CONFIRMED
    for k in range(SLOTS):
        tracks[i].slot_sensor[k] = tracks[seen].slot_sensor[k]
        tracks[i].slot_ns[k] = tracks[seen].slot_ns[k]
        tracks[i].slot_seen_ns[k] = tracks[seen].slot_seen_ns[k]
        tracks[i].slot_hits[k] = tracks[seen].slot_hits[k]
    commit(tracks, setup, desk, i)
    relink(store, i, tracks[i].t_ns, setup.q_manoeuvre)


@njit(cache=True)
def _remember(store: Store, i: int, ended: int) -> None:
    """Note by which sensors and how far beside track `i` track `ended` was seen."""
    tracks, merged, own = store.tracks, store.merged, store.own[0]
    m = own.merged_next
    own.merged_next = (m + 1) % len(merged)
    merged[m].row, merged[m].serial = i, tracks[i].serial
    merged[m].sensors = tracks[ended].sensors
    dt = (tracks[i].t_ns - tracks[ended].t_ns) * 1e-9
    for a in range(3):
        at = tracks[ended].centre[a] + dt * tracks[ended].centre[a + 3]
        merged[m].offset[a] = at - tracks[i].centre[a]


@njit(cache=True)
def _split(store: Store, setup: Records, work: Work, i: int, number: int, now_ns: int) -> int:
    """Begin a second track beside track `i`, less sure than it, and forget what was merged into `i`."""
    tracks, merged, own, desk = store.tracks, store.merged, store.own[0], work.desk[0]
    if own.free_count == 0:
        return _NO_ROOM
    for m in range(len(merged)):
        if merged[m].serial == tracks[i].serial:
            merged[m].serial = 0
    own.free_count -= 1
    own.alive += 1
    n = store.stack[own.free_count]
    own.high = max(own.high, n + 1)
    tracks[n] = tracks[i]
    tracks[n].serial = (tracks[i].serial ^ (now_ns * 0x9E3779B1)) & 0x3FFF_FFFF_FFFF_FFFF | 1
    tracks[n].number = number
    tracks[n].mode_s = tracks[n].callsign = tracks[n].strikes = 0
    tracks[n].group = tracks[n].crowd_ns = tracks[n].near_ns = tracks[n].far_ns = 0
    tracks[n].is_touched = 0
    tracks[n].first_ns = now_ns
    p = tracks[i].flat
    axis = 0.5 * np.arctan2(2.0 * p[1], p[0] - p[4])  # of the longer axis, from the east
    away = _SPLIT_SIGMAS * tracks[i].spread[0]
    for m in range(setup.models):
        tracks[n].mean[m, 0] += away * np.cos(axis)
        tracks[n].mean[m, 1] += away * np.sin(axis)
        for a in range(21):
            tracks[n].cov[m, a] *= _SPLIT_FACTOR
    commit(tracks, setup, desk, n)
    link(store, n, tracks[n].t_ns, setup.q_manoeuvre)
    relink(store, i, tracks[i].t_ns, setup.q_manoeuvre)
    touch(tracks, desk, work.touched, n)
    touch(tracks, desk, work.touched, i)
    return DONE


@njit(cache=True)
def _renumber(store: Store, work: Work, i: int, number: int) -> int:
    """Give track `i` another number, and see to it that nothing else can get it."""
    tracks, codes, births, lost, own, desk = (
        store.tracks, store.codes, store.births, store.lost, store.own[0], work.desk[0],
    )  # fmt: skip
    if tracks[i].number == number:
        return _SAME
    if number < 1 or number > own.next_number:
        return _NEVER_GIVEN
    if row_of(store, number) != FREE:
        return _TAKEN
    work.promoted[desk.promoted, 0] = tracks[i].number  # the old number is reported as dropped
    work.promoted[desk.promoted, 1] = i
    desk.promoted += 1
    for k in range(len(lost)):
        if lost[k].number == number:
            lost[k].number = 0
    for k in range(len(codes)):
        if codes[k].number == number:
            codes[k].number = 0
    for k in range(len(births)):  # in a replay, a track that has ended since must not come back with it
        if births[k].code != 0 and births[k].number == number:
            births[k].number = own.next_number
            own.next_number += 1
    tracks[i].number = number
    if tracks[i].mode_s != 0:
        codes[code_slot(codes, tracks[i].mode_s)].number = number
    slot = code_slot(births, tracks[i].serial)
    if births[slot].code != 0:
        births[slot].number = number
    touch(tracks, desk, work.touched, i)
    return DONE
