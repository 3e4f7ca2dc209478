"""A number kept over a gap: is a new track the one that was lost?

The lost track is moved on to the new one's instant with the noise of unseen manoeuvres, and compared with it in place
and velocity. Its likelihood stands against that of a newcomer: any place, any velocity, at the rate at which objects
appear there. That rate is taken to be the one at which they get lost, so among birds nearly nothing is linked.
Whatever carries a Mode S address is found again by it, and is not in this table.
"""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from skydas.fuse import counters as c
from skydas.fuse.filters import combine
from skydas.fuse.measure import HEIGHT_EXTENT_M
from skydas.fuse.records import FREE, Records, Store
from skydas.fuse.update import GATE, HEIGHT_ASSUMED
from skydas.model import MODE_3A_UNKNOWN, TAU, FloatArray, TrackStatus

_DROPPED: Final = int(TrackStatus.DROPPED)
_TENTATIVE: Final = int(TrackStatus.TENTATIVE)
_RETURNS: Final = 0.5  # chance that a lost track comes back at all
_AROUND_M: Final = 20_000.0  # lost tracks within this say how often objects appear here
_CODE_EQUAL: Final = 2.0  # as in association: log of the odds that two equal Mode A codes are no accident
_FLAT: Final = np.array([0, 1, 3, 4])  # horizontal place and velocity in the state
_NEVER: Final = -1e30


@njit(cache=True)
def note_lost(store: Store, models: int, desk: Records, i: int) -> None:
    """Remember track `i`, which is about to be dropped, unless it has a code to be known by."""
    tracks, lost, own = store.tracks, store.lost, store.own[0]
    if tracks[i].mode_s != 0:
        return
    k = own.lost_next
    own.lost_next = (k + 1) % len(lost)
    combine(tracks[i].mean, tracks[i].cov, tracks[i].weight, models, lost[k].mean, lost[k].cov)
    lost[k].number = tracks[i].number
    lost[k].serial = tracks[i].serial
    lost[k].t_ns = tracks[i].t_ns
    lost[k].last_ns = tracks[i].last_ns
    lost[k].hits = tracks[i].hits
    lost[k].mode_3a = tracks[i].mode_3a
    lost[k].flags = tracks[i].flags


@njit(cache=True)
def lost_with(lost: Records, serial: int) -> int:
    """Return the entry of the lost track with this serial, or FREE."""
    for k in range(len(lost)):
        if lost[k].number != 0 and lost[k].serial == serial:
            return k
    return FREE


@njit(cache=True)
def find_lost(store: Store, setup: Records, desk: Records, i: int) -> int:
    """Return the entry of the lost track that the new track `i` surely is, or FREE."""
    tracks, lost = store.tracks, store.lost
    s = np.empty((4, 4))
    d = np.empty(4)
    best, most, second, around = FREE, _NEVER, _NEVER, 0
    x, p = desk.x, desk.p
    combine(tracks[i].mean, tracks[i].cov, tracks[i].weight, setup.models, x, p)
    for k in range(len(lost)):
        if lost[k].number == 0 or not 0 <= tracks[i].first_ns - lost[k].last_ns <= setup.relink_ns_max:
            continue
        if np.hypot(lost[k].mean[0] - x[0], lost[k].mean[1] - x[1]) < _AROUND_M:
            around += 1
        value = log_density(lost, k, tracks, i, x, p, setup, s, d)
        if value > most:
            best, most, second = k, value, most
        elif value > second:
            second = value
    if best == FREE:
        return FREE
    ns = setup.relink_ns_max * 1e-9
    rate = max(setup.newcomer_rate, (around - 1) / (0.5 * TAU * _AROUND_M**2) / ns)
    sigma2 = store.sensors[tracks[i].slot_sensor[0]].velocity_sigma ** 2
    newcomer = np.log(rate) - np.log(TAU * sigma2) - 0.5 * (x[3] ** 2 + x[4] ** 2) / sigma2
    if most + np.log(_RETURNS / ns) - newcomer < setup.relink_log_odds_min:
        return FREE
    second = max(second, _rival(store, setup, desk, best, i, s, d))
    if most - second < setup.relink_log_ratio_min:
        store.counts[c.RELINK_ALIKE] += 1
        return FREE
    return best


@njit(cache=True)
def _rival(store: Store, setup: Records, desk: Records, k: int, i: int, s: FloatArray, d: FloatArray) -> float:
    """Return the log density of lost track `k` at the best of the other tracks that began since it was lost."""
    tracks, x, p = store.tracks, desk.x, desk.p
    most = _NEVER
    for n in range(store.own[0].high):
        if n == i or not _TENTATIVE <= tracks[n].status < _DROPPED or tracks[n].first_ns < store.lost[k].last_ns:
            continue
        if tracks[n].status == _TENTATIVE and tracks[n].llr <= 0.0:
            continue
        combine(tracks[n].mean, tracks[n].cov, tracks[n].weight, setup.models, x, p)
        most = max(most, log_density(store.lost, k, tracks, n, x, p, setup, s, d))
    return most


@njit(cache=True)
def log_density(
    lost: Records,
    k: int,
    tracks: Records,
    i: int,
    x: FloatArray,
    p: FloatArray,
    setup: Records,
    s: FloatArray,
    d: FloatArray,
) -> float:
    """Return ln N of track `i`'s state less lost track `k`'s, moved on; _NEVER where that is out of the question.

    x, p : (6,), (21,) state and covariance of track `i` over its models
    s, d : (4, 4), (4,) scratch
    Heights count where both are measured, as a density over HEIGHT_EXTENT_M.
    """
    code, was = tracks[i].mode_3a, lost[k].mode_3a
    if lost[k].hits < setup.relink_hits_min or (code != was and MODE_3A_UNKNOWN not in (code, was)):
        return _NEVER
    dt = max((tracks[i].t_ns - lost[k].t_ns) * 1e-9, 0.0)
    q = setup.relink_q
    _moved_sum(lost[k].cov, p, dt, q, s)
    if max(s[0, 0], s[1, 1]) > setup.relink_sigma_m_max**2:
        return _NEVER
    for a in range(4):
        d[a] = x[_FLAT[a]] - lost[k].mean[_FLAT[a]]
    d[0] -= dt * lost[k].mean[3]
    d[1] -= dt * lost[k].mean[4]
    value = 0.0
    chi2 = 0.0
    for a in range(4):  # Cholesky factor and forward substitution, a row at a time
        for b in range(a + 1):
            rest = s[a, b]
            for e in range(b):
                rest -= s[a, e] * s[b, e]
            if b < a:
                s[a, b] = rest / s[b, b]
            elif rest > 0.0:
                s[a, a] = np.sqrt(rest)
            else:
                return _NEVER
        for e in range(a):
            d[a] -= s[a, e] * d[e]
        d[a] /= s[a, a]
        chi2 += d[a] * d[a]
        value -= np.log(s[a, a])
    if chi2 > GATE[4]:
        return _NEVER
    value -= 0.5 * chi2 + 2.0 * np.log(TAU)
    if (tracks[i].flags | lost[k].flags) & HEIGHT_ASSUMED == 0:
        old = lost[k].cov
        variance = old[11] + dt * (2.0 * old[14] + dt * old[20]) + p[11]
        variance += setup.q_vertical * q * dt * dt * dt / 3.0
        off = x[2] - lost[k].mean[2] - dt * lost[k].mean[5]
        if off * off > GATE[1] * variance:
            return _NEVER
        value += np.log(HEIGHT_EXTENT_M) - 0.5 * (off * off / variance + np.log(TAU * variance))
    return value + _CODE_EQUAL if code == was and code != MODE_3A_UNKNOWN else value


@njit(cache=True)
def _moved_sum(old: FloatArray, new: FloatArray, dt: float, q: float, s: FloatArray) -> None:
    """Write the covariance of the difference to `s` (4, 4), lower triangle: `old` moved on by `dt`, and `new`."""
    s[0, 0] = old[0] + dt * (2.0 * old[3] + dt * old[15]) + q * dt * dt * dt / 3.0 + new[0]
    s[1, 0] = old[1] + dt * (old[4] + old[8] + dt * old[16]) + new[1]
    s[1, 1] = old[6] + dt * (2.0 * old[9] + dt * old[18]) + q * dt * dt * dt / 3.0 + new[6]
    s[2, 0] = old[3] + dt * old[15] + 0.5 * q * dt * dt + new[3]
    s[2, 1] = old[8] + dt * old[16] + new[8]
    s[2, 2] = old[15] + q * dt + new[15]
    s[3, 0] = old[4] + dt * old[16] + new[4]
    s[3, 1] = old[9] + dt * old[18] + 0.5 * q * dt * dt + new[9]
    s[3, 2] = old[16] + new[16]
    s[3, 3] = old[18] + q * dt + new[18]
