"""Beginning, confirming and ending a track, its number and what it carries besides its state."""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from skydas.fuse import counters as c
from skydas.fuse.index import DROPPED, code_slot, link, track_of_code, unlink
from skydas.fuse.life import BAR_MIN, CODED_LLR, HITS_MIN, HITS_UNCERTAIN, LLR_HEADROOM, saw, unlearn_clutter
from skydas.fuse.measure import BEARING, TDOA, TRACK_REPORT
from skydas.fuse.merged import hand_on, is_merged
from skydas.fuse.records import BELIEVED, FREE, NEEDS_SUPPORT, SLOTS, Records, Store, Work
from skydas.fuse.relink import find_lost, lost_with
from skydas.fuse.update import HEIGHT_ASSUMED, commit, start_state, touch
from skydas.model import MODE_3A_UNKNOWN, PROVISIONAL_NO, PlotFlag, TrackFlag, TrackStatus

TENTATIVE: Final = int(TrackStatus.TENTATIVE)
CONFIRMED: Final = int(TrackStatus.CONFIRMED)
COASTING: Final = int(TrackStatus.COASTING)
CLAIM_ONLY: Final = int(TrackFlag.CLAIM_ONLY)
SUPPORTS_MIN: Final = 4  # directions that must agree with a track of a sensor that is not believed alone,
SUPPORT_NS: Final = 60_000_000_000  # the last of them so lately
CODE_KEEP_NS: Final = 3_600_000_000_000  # a number is kept for its code this long after its track was dropped

_CLAIM: Final = int(PlotFlag.CLAIM)
_GROUND: Final = int(PlotFlag.ON_GROUND)
_EMERGENCY: Final = int(PlotFlag.EMERGENCY | PlotFlag.MILITARY_EMERGENCY)
_SIMULATED: Final = int(PlotFlag.SIMULATED)
_TRACK_GROUND: Final = int(TrackFlag.ON_GROUND)
_TRACK_EMERGENCY: Final = int(TrackFlag.EMERGENCY)
_PARTNER: Final = int(TrackFlag.PARTNER)
_SHARE_TOLD: Final = 0.5  # of a plot: a track that takes so much is the one that it is said to be of
_TRACK_SIMULATED: Final = int(TrackFlag.SIMULATED)


@njit(cache=True)
def note_plot(store: Store, prepared: Records, i: int, j: int) -> None:
    """Let track `i` carry what plot `j` says besides its place."""
    tracks = store.tracks
    flags = prepared[j].flags
    tracks[i].hits += 1
    tracks[i].last_ns = max(tracks[i].last_ns, prepared[j].t_ns)
    saw(tracks, store.sensors, i, prepared[j].sensor, prepared[j].t_ns)
    if prepared[j].kind != BEARING and prepared[j].kind != TDOA:
        tracks[i].plot_sigma = prepared[j].sigma
    if prepared[j].mode_3a != MODE_3A_UNKNOWN:
        tracks[i].mode_3a = prepared[j].mode_3a
    if prepared[j].callsign != 0:
        tracks[i].callsign = prepared[j].callsign
    if prepared[j].mode_s != 0 and tracks[i].mode_s == 0:
        give_code(store, i, prepared[j].mode_s, prepared[j].t_ns)
    state = tracks[i].flags
    if prepared[j].has_height:
        state &= ~HEIGHT_ASSUMED
    if flags & _CLAIM == 0:
        state &= ~CLAIM_ONLY
    if prepared[j].mode_s != 0 or flags & _CLAIM:
        state = state | _TRACK_GROUND if flags & _GROUND else state & ~_TRACK_GROUND
        code = tracks[i].mode_3a  # a claim without a word of it does not take back what the transponder says
        is_emergency = flags & _EMERGENCY != 0 or code == 0o7500 or code == 0o7600 or code == 0o7700
        state = state | _TRACK_EMERGENCY if is_emergency else state & ~_TRACK_EMERGENCY
    if prepared[j].kind == TRACK_REPORT:
        state |= _PARTNER
    if flags & _SIMULATED:
        state |= _TRACK_SIMULATED
    tracks[i].flags = state


@njit(cache=True)
def give_code(store: Store, i: int, code: int, t_ns: int) -> None:
    """Enter `code` for track `i`, if the table has room and no other living track has it."""
    codes, tracks, own = store.codes, store.tracks, store.own[0]
    if 2 * own.codes > len(codes):
        return
    slot = code_slot(codes, code)
    owner = track_of_code(tracks, codes, slot)
    if owner != FREE and owner != i:
        return
    if codes[slot].code == 0:
        codes[slot].code = code
        codes[slot].number = 0
        own.codes += 1
    elif t_ns - codes[slot].t_ns > CODE_KEEP_NS:
        codes[slot].number = 0
    codes[slot].row = i
    codes[slot].serial = tracks[i].serial
    codes[slot].t_ns = t_ns
    tracks[i].mode_s = code
    if tracks[i].status != TENTATIVE:
        codes[slot].number = tracks[i].number


@njit(cache=True)
def has_support(tracks: Records, sensors: Records, i: int) -> bool:
    """Return whether track `i` was seen by a sensor that is believed alone, or directions agreed with it of late."""
    seen = asks_support = False
    for k in range(SLOTS):
        s = tracks[i].slot_sensor[k]
        if s == FREE:
            break
        if sensors[s].trust == BELIEVED:
            return True
        seen = True
        asks_support |= sensors[s].trust == NEEDS_SUPPORT
    if seen and not asks_support:
        return False
    return tracks[i].support >= SUPPORTS_MIN and tracks[i].last_ns - tracks[i].support_ns <= SUPPORT_NS


@njit(cache=True)
def is_ready(tracks: Records, sensors: Records, i: int) -> bool:
    """Return whether tentative track `i` has gathered enough to be confirmed."""
    if not has_support(tracks, sensors, i):
        return False
    has_code = tracks[i].mode_s != 0
    if tracks[i].hits < HITS_MIN - (1 if has_code else 0):
        return False
    bar = tracks[i].bar
    return tracks[i].llr >= (min(bar, CODED_LLR) if has_code else bar)


@njit(cache=True)
def judge(store: Store, setup: Records, work: Work, i: int, is_hit: bool) -> None:
    """Confirm track `i`, wake it from coasting, or cap what it has gathered; end it where a person merged it before."""
    tracks = store.tracks
    bar = tracks[i].bar
    tracks[i].llr = min(tracks[i].llr, bar + LLR_HEADROOM)
    if tracks[i].status == COASTING and is_hit:
        tracks[i].status = CONFIRMED
    if tracks[i].status != TENTATIVE or not is_hit or not is_ready(tracks, store.sensors, i):
        return
    if is_merged(store, i):
        store.counts[c.MERGED_AGAIN] += 1
        drop(store, work, i)
    else:
        confirm(store, setup, work, i)


@njit(cache=True)
def confirm(store: Store, setup: Records, work: Work, i: int) -> None:
    """Give track `i` a lasting number: the one its code had before, a lost track's that it is, or the next."""
    tracks, codes, desk = store.tracks, store.codes, work.desk[0]
    slot = code_slot(codes, tracks[i].mode_s) if tracks[i].mode_s != 0 else FREE
    if slot != FREE and codes[slot].serial != tracks[i].serial:
        slot = FREE
    number = codes[slot].number if slot != FREE else 0
    if number != 0:
        store.counts[c.REACQUIRED] += 1
    else:
        number = number_of(store, setup, work, i)
    work.promoted[desk.promoted, 0] = tracks[i].number
    work.promoted[desk.promoted, 1] = i
    desk.promoted += 1
    tracks[i].number = number
    tracks[i].status = CONFIRMED
    store.counts[c.CONFIRMED_COUNT] += 1
    if tracks[i].mode_s == 0:
        unlearn_clutter(
            store.sensors, tracks[i].slot_sensor[0], tracks[i].centre[0], tracks[i].centre[1], HITS_UNCERTAIN
        )
    if slot != FREE:
        codes[slot].number = number


@njit(cache=True)
def number_of(store: Store, setup: Records, work: Work, i: int) -> int:
    """Return a number for track `i`: the one it got before the replay, that of a lost track, or the next.

    What it got before it keeps; but a lost track's number only if that track is lost in the replay as well.
    """
    births, own, lost = store.births, store.own[0], store.lost
    serial = store.tracks[i].serial
    slot = code_slot(births, serial)
    is_known = births[slot].code != 0
    if is_known:
        births[slot].t_ns = store.tracks[i].t_ns
        if births[slot].serial == 0:
            return births[slot].number
        k = lost_with(lost, births[slot].serial)
    else:
        k = FREE
    if k == FREE:
        k = find_lost(store, setup, work.desk[0], i)
    if k != FREE:
        number, before = lost[k].number, lost[k].serial
        lost[k].number = 0
        hand_on(store.merged, before, i, serial)
        store.counts[c.RELINKED] += 1
    else:
        number, before = own.next_number, 0
        own.next_number += 1
    if not is_known:
        if 4 * own.births > 3 * len(births):  # `Tracker` makes room before every step; this is the last resort
            return number
        own.births += 1
        births[slot].code = serial
    births[slot].number = number
    births[slot].serial = before
    births[slot].t_ns = store.tracks[i].t_ns
    return number


@njit(cache=True)
def serial_of(prepared: Records, j: int) -> int:
    """Return 62 bits, never 0, that stand for plot `j`."""
    mixed = np.uint64(prepared[j].t_ns) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= np.uint64(prepared[j].sensor + 1) * np.uint64(0xC2B2AE3D27D4EB4F)
    mixed ^= mixed >> np.uint64(29)
    for a in range(3):  # to a centimetre: a plot's place is the same again, to the bit
        mixed ^= np.uint64(np.int64(prepared[j].place[a] * 100.0))
        mixed *= np.uint64(0xBF58476D1CE4E5B9)
        mixed ^= mixed >> np.uint64(32)
    return np.int64(mixed >> np.uint64(2)) | 1  # type: ignore[return-value]


@njit(cache=True)
def take_row(store: Store) -> int:
    """Return a free row for a new track, or FREE."""
    own = store.own[0]
    if own.free_count == 0:
        store.counts[c.BIRTHS_WITHOUT_ROOM] += 1
        return FREE
    own.free_count -= 1
    i = store.stack[own.free_count]
    own.high = max(own.high, i + 1)
    own.alive += 1
    return i


@njit(cache=True)
def begin(store: Store, setup: Records, work: Work, prepared: Records, j: int) -> None:
    """Begin a tentative track with plot `j`."""
    tracks, desk = store.tracks, work.desk[0]
    i = take_row(store)
    if i == FREE:
        return
    store.counts[c.BIRTHS] += 1
    if prepared[j].share < _SHARE_TOLD:
        prepared[j].row = i
        prepared[j].share = 1.0
    tracks[i].serial = serial_of(prepared, j)
    tracks[i].number = PROVISIONAL_NO | (tracks[i].serial & (PROVISIONAL_NO - 1))
    tracks[i].status = TENTATIVE
    tracks[i].first_ns = prepared[j].t_ns
    tracks[i].last_ns = prepared[j].t_ns
    tracks[i].llr = 0.0
    tracks[i].bar = BAR_MIN
    tracks[i].hits = 0
    tracks[i].mode_s = 0
    tracks[i].mode_3a = MODE_3A_UNKNOWN
    tracks[i].callsign = 0
    tracks[i].sensors = 0
    tracks[i].flags = HEIGHT_ASSUMED | CLAIM_ONLY
    tracks[i].support = tracks[i].support_ns = 0
    tracks[i].group = tracks[i].crowd_ns = tracks[i].near_ns = tracks[i].far_ns = 0
    tracks[i].member = FREE
    tracks[i].is_touched = 0
    for k in range(SLOTS):
        tracks[i].slot_sensor[k] = FREE
        tracks[i].slot_ns[k] = 0
        tracks[i].slot_hits[k] = 0
    tracks[i].watched_ns = 0
    start_state(tracks, store.sensors, setup, desk, prepared, i, j)
    note_plot(store, prepared, i, j)
    commit(tracks, setup, desk, i)
    link(store, i, prepared[j].t_ns, setup.q_manoeuvre)
    touch(tracks, desk, work.touched, i)


@njit(cache=True)
def drop(store: Store, work: Work, i: int) -> None:
    """End track `i`: it is reported once more, then its row is free."""
    tracks = store.tracks
    store.counts[c.DROPPED_TENTATIVE if tracks[i].status == TENTATIVE else c.DROPPED_CONFIRMED] += 1
    tracks[i].status = DROPPED
    unlink(store, i)
    store.places[i].reach_m = FREE
    touch(tracks, work.desk[0], work.touched, i)


@njit(cache=True)
def release(store: Store, work: Work) -> None:
    """Give back the rows of dropped tracks and forget what was touched: the last thing of every step."""
    tracks, own, desk = store.tracks, store.own[0], work.desk[0]
    for k in range(desk.touched):
        i = work.touched[k]
        tracks[i].is_touched = 0
        if tracks[i].status == DROPPED:
            tracks[i].status = FREE
            store.stack[own.free_count] = i
            own.free_count += 1
            own.alive -= 1
    desk.touched = 0
    desk.promoted = 0
