"""Reports that name their object go to the track that has it: by Mode S address, or as a partner's own track.

A partner's track is paired with ours once several of its reports in a row went there of themselves, and stays so until
several in a row contradict it: where two tracks meet, its name for one does not change hands by chance.
"""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from skydas.fuse import counters as c
from skydas.fuse.birth import CLAIM_ONLY, judge, note_plot
from skydas.fuse.index import DROPPED, code_slot, hashed, relink, track_of_code
from skydas.fuse.life import CODED_LLR, slot_of
from skydas.fuse.measure import BEARING, TDOA
from skydas.fuse.records import FREE, Records, Store, Work
from skydas.fuse.update import GATE, advance, commit, evaluate, start_state, take_edge, touch

_GATE_CODED: Final = 60.0  # a report with the track's own code may be this far out: three in a row restart it
_STRIKES_MAX: Final = 3
_AGREED_MIN: Final = 3  # reports in a row that make a pair
_GATE_PAIRED: Final = 15.0  # beyond the gate's chi-square: further out contradicts the pair
_PAIR_KEEP_NS: Final = 120_000_000_000  # a partner's number not heard for so long may be another object's
_WAYS: Final = 8  # entries that one key may be in


@njit(cache=True)
def plot_log_odds(sensors: Records, setup: Records, prepared: Records, j: int) -> float:
    """Return ln(Pd / (1 - Pd Pg) / lambda), lambda in false plots per m2 (of a bearing or TDOA: in a scan)."""
    s = prepared[j].sensor
    chance = sensors[s].detection
    odds = chance / (1.0 - chance * setup.gate_probability)
    if prepared[j].kind == BEARING or prepared[j].kind == TDOA:
        turns = sensors[s].map_scans + setup.clutter_scans * sensors[s].map_unit
        plots = sensors[s].map_total + setup.clutter_plots * setup.clutter_scans * sensors[s].map_unit
        return np.log(odds * turns / plots)
    return np.log(odds / prepared[j].density)


@njit(cache=True)
def claim(prepared: Records, j: int, i: int, share: float, explains: bool) -> None:
    """Note that track `i` takes so much of plot `j`; what a tentative track takes is not explained by it yet."""
    if explains:
        prepared[j].claimed += share
    if share > prepared[j].share:
        prepared[j].share = share
        prepared[j].row = i


@njit(cache=True)
def follow_code(store: Store, setup: Records, work: Work, prepared: Records, j: int) -> bool:
    """Give plot `j` to the track that has its code, and say whether there is one: then nobody else may have it."""
    tracks, codes, desk = store.tracks, store.codes, work.desk[0]
    slot = code_slot(codes, prepared[j].mode_s)
    i = track_of_code(tracks, codes, slot)
    if i == FREE:
        return False
    claim(prepared, j, i, 1.0, True)
    known = slot_of(tracks, i, prepared[j].sensor)
    if known != FREE and tracks[i].slot_ns[known] == prepared[j].t_ns:
        store.counts[c.COPIES] += 1
        return True
    advance(tracks, setup, desk, i, prepared[j].t_ns)
    least = evaluate(tracks, store.sensors, setup, desk, work.edges, prepared, 0, i, j, 0.0)
    if least + GATE[3] <= _GATE_CODED:
        take_edge(tracks, setup.models, work.edges, i, 0)
        tracks[i].strikes = 0
    else:
        store.counts[c.CODE_IMPLAUSIBLE] += 1
        tracks[i].strikes += 1
        if tracks[i].strikes < _STRIKES_MAX:
            commit(tracks, setup, desk, i)
            return True
        store.counts[c.CODE_RESTARTED] += 1
        if tracks[i].flags & CLAIM_ONLY == 0:  # something else sees the track where it is: the code goes its own way
            tracks[i].mode_s = 0
            tracks[i].strikes = 0
            codes[slot].row = FREE
            codes[slot].number = 0
            commit(tracks, setup, desk, i)
            prepared[j].claimed = prepared[j].share = 0.0
            return False
        start_state(tracks, store.sensors, setup, desk, prepared, i, j)
    tracks[i].llr += CODED_LLR
    note_plot(store, prepared, i, j)
    codes[slot].t_ns = prepared[j].t_ns
    commit(tracks, setup, desk, i)
    judge(store, setup, work, i, True)
    relink(store, i, tracks[i].t_ns, setup.q_manoeuvre)
    touch(tracks, desk, work.touched, i)
    return True


@njit(cache=True)
def partner_slot(partners: Records, key: int) -> int:
    """Return the entry of the partner's track with this key, or FREE."""
    first = hashed(key, len(partners) // _WAYS) * _WAYS
    for k in range(first, first + _WAYS):
        if partners[k].key == key:
            return k
    return FREE


@njit(cache=True)
def track_of_partner(tracks: Records, partners: Records, k: int) -> int:
    """Return the row of the living track that the entry is paired with, or FREE."""
    i = partners[k].row
    return i if tracks[i].serial == partners[k].serial and 0 <= tracks[i].status < DROPPED else FREE


@njit(cache=True)
def follow_partner(store: Store, setup: Records, work: Work, prepared: Records, j: int) -> bool:
    """Give report `j` to the track its sender's track is paired with, and say whether it is spoken for.

    A report outside the gate moves nothing; a few in a row that are far outside end the pair.
    """
    tracks, partners, desk = store.tracks, store.partners, work.desk[0]
    k = partner_slot(partners, prepared[j].partner)
    if k == FREE or partners[k].agreed < _AGREED_MIN:
        return False
    i = track_of_partner(tracks, partners, k)
    if i == FREE or prepared[j].t_ns - partners[k].t_ns > _PAIR_KEEP_NS:
        partners[k].key = 0
        return False
    partners[k].t_ns = prepared[j].t_ns
    claim(prepared, j, i, 1.0, True)
    advance(tracks, setup, desk, i, prepared[j].t_ns)
    odds = plot_log_odds(store.sensors, setup, prepared, j)
    off = evaluate(tracks, store.sensors, setup, desk, work.edges, prepared, 0, i, j, odds)
    if off > 0.0:
        partners[k].strikes += 1 if off > _GATE_PAIRED else 0
        commit(tracks, setup, desk, i)
        if partners[k].strikes < _STRIKES_MAX:
            return True
        store.counts[c.PARTNERS_CONTRADICTED] += 1
        partners[k].key = 0
        prepared[j].claimed = prepared[j].share = 0.0
        return False
    partners[k].strikes = 0
    take_edge(tracks, setup.models, work.edges, i, 0)
    tracks[i].llr += np.log(1.0 + work.edges[0].weight)
    note_plot(store, prepared, i, j)
    commit(tracks, setup, desk, i)
    judge(store, setup, work, i, True)
    if tracks[i].status == DROPPED:
        return True
    relink(store, i, tracks[i].t_ns, setup.q_manoeuvre)
    touch(tracks, desk, work.touched, i)
    return True


@njit(cache=True)
def note_partner(store: Store, prepared: Records, j: int) -> None:
    """Remember which track report `j` went to of itself."""
    tracks, partners = store.tracks, store.partners
    key, i, t_ns = prepared[j].partner, prepared[j].row, prepared[j].t_ns
    k = partner_slot(partners, key)
    if k != FREE and partners[k].agreed >= _AGREED_MIN and track_of_partner(tracks, partners, k) != FREE:
        return
    if k == FREE:
        k = _room(store, key, t_ns)
    if partners[k].row != i or partners[k].serial != tracks[i].serial:
        partners[k].row, partners[k].serial, partners[k].agreed = i, tracks[i].serial, 0
    partners[k].t_ns = t_ns
    partners[k].strikes = 0
    partners[k].sensor = prepared[j].sensor
    if partners[k].agreed + 1 == _AGREED_MIN:
        if _has_another(partners, k, t_ns):
            return
        store.counts[c.PARTNERS_PAIRED] += 1
    partners[k].agreed += 1


@njit(cache=True)
def _room(store: Store, key: int, t_ns: int) -> int:
    """Return an empty entry for `key`; of a full bucket the one that was longest not heard."""
    partners = store.partners
    first = hashed(key, len(partners) // _WAYS) * _WAYS
    oldest = first
    store.own[0].partners = 1
    for k in range(first, first + _WAYS):
        if partners[k].key == 0:
            oldest = k
            break
        if partners[k].t_ns < partners[oldest].t_ns:
            oldest = k
    if partners[oldest].key != 0 and t_ns - partners[oldest].t_ns < _PAIR_KEEP_NS:
        store.counts[c.PARTNERS_FORGOTTEN] += 1
    partners[oldest].key = key
    partners[oldest].serial = partners[oldest].agreed = 0
    return oldest


@njit(cache=True)
def _has_another(partners: Records, k: int, t_ns: int) -> bool:
    """Return whether the same sender has another track of its own, still heard, paired with the same one of ours."""
    for n in range(len(partners)):
        if (
            n != k
            and partners[n].key != 0
            and partners[n].agreed >= _AGREED_MIN
            and partners[n].sensor == partners[k].sensor
            and partners[n].row == partners[k].row
            and partners[n].serial == partners[k].serial
            and t_ns - partners[n].t_ns < _PAIR_KEEP_NS
        ):
            return True
    return False
