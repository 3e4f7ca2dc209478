"""What the plots of a track say about the biases: one step of the two-stage filter.

For a plot z = h(x) + C b + noise with h linearised at the reference biases, scalar by scalar, whitened:
    u = C + H V     y = z - h(x)     s = H P H' + 1
    L += u' u / s   e += u y / s     x += K y     V -= K u
so x + V b is the state if the biases are b. Twin in NumPy: tests/reference_registration.py.
"""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from skydas.fuse.filters import absorb, drift
from skydas.fuse.measure import POLAR, POSITION, rows
from skydas.fuse.records import Records
from skydas.fuse.registration.records import (
    BUCKETS,
    CLAIMED,
    COLUMNS_MAX,
    MEASURED,
    NONE,
    NOT_REGISTERED,
    PLACED,
    PRESSURE,
    RADAR_3D,
    SLOTS,
    TRACKS_MAX,
    Around,
    Store,
)
from skydas.model import IntArray, PlotFlag, TrackFlag, TrackStatus

GATE: Final = 25.0
STRIKES_MAX: Final = 4  # then the target has turned: its filter is begun anew, what it taught stays
LATE_S_MAX: Final = 3.0  # a plot older than the state by this is left out
GAP_NS: Final = 30_000_000_000  # after a gap of this the filter is begun anew
FAST: Final = 5.0  # sigmas of its velocity: a target faster than this tells the time
HEIGHT_VARIANCE_MAX: Final = 300.0**2
_START_VARIANCE: Final = 20_000.0**2
_START_SPEED_VARIANCE: Final = 250.0**2
_START_CLIMB_VARIANCE: Final = 20.0**2
_CONFIRMED: Final = int(TrackStatus.CONFIRMED)
_UNFIT: Final = int(TrackFlag.HEIGHT_ASSUMED | TrackFlag.GROUP | TrackFlag.ON_GROUND | TrackFlag.CLAIM_ONLY)
_CLAIM: Final = int(PlotFlag.CLAIM)


@njit(cache=True)
def find(tracks: Records, buckets: IntArray, number: int) -> int:
    """Return the row of the track with `number`, or NONE."""
    slot = (number * 2654435761) & (BUCKETS - 1)
    while buckets[slot] != NONE:
        if tracks[buckets[slot]].number == number:
            return buckets[slot]
        slot = (slot + 1) & (BUCKETS - 1)
    return NONE


@njit(cache=True)
def enter(tracks: Records, buckets: IntArray, i: int) -> None:
    """Enter row `i` into the index."""
    slot = (tracks[i].number * 2654435761) & (BUCKETS - 1)
    while buckets[slot] != NONE:
        slot = (slot + 1) & (BUCKETS - 1)
    buckets[slot] = i


@njit(cache=True)
def admit(reported: Records, store: Store, around: Around) -> None:
    """Note how the operational tracks fare (TRACK_NUMBERS), and take in those that can teach something."""
    tracks, own, tuning = store.tracks, store.own[0], around.tuning[0]
    for k in range(len(reported)):
        number = np.int64(reported[k].track_no)
        i = find(tracks, store.buckets, number)
        if reported[k].status != _CONFIRMED:
            if i != NONE:
                tracks[i].is_quiet = 0
                tracks[i].is_ended = 1 if reported[k].status > _CONFIRMED + 1 else 0
            continue
        fit = np.int64(reported[k].flags) & _UNFIT == 0 and not reported[k].mode_probability[0] < tuning.quiet_min
        if i != NONE:
            tracks[i].is_quiet = 1 if fit else 0
            continue
        seen = np.uint64(reported[k].sensors) & np.uint64(tuning.sensor_bits)
        if fit and number > 0 and seen & (seen - np.uint64(1)):  # at least two sensors that are registered
            _begin_track(store, number, np.int64(reported[k].t_ns), own)


@njit(cache=True)
def _begin_track(store: Store, number: int, t_ns: int, own: Records) -> None:
    tracks, banks = store.tracks, store.banks
    i = own.free
    while i < TRACKS_MAX and tracks[i].number != 0:
        i += 1
    own.free = i
    if i == TRACKS_MAX:
        return
    tracks[i].number = number
    tracks[i].is_quiet = 1
    tracks[i].is_ended = 0
    tracks[i].is_forked = 0
    tracks[i].started_ns = t_ns
    tracks[i].claim_ns = 0
    tracks[i].column_count = 1
    tracks[i].column[0] = PRESSURE
    tracks[i].slot_count = 0
    for k in range(2 * i, 2 * i + 2):
        banks[k].hits = 0
        banks[k].strikes = 0
        banks[k].t_ns = 0
        banks[k].chi2 = 0.0
        banks[k].rows = 0.0
        for a in range(COLUMNS_MAX):
            banks[k].score[a] = 0.0
            for b in range(COLUMNS_MAX):
                banks[k].info[a, b] = 0.0
    enter(tracks, store.buckets, i)


@njit(cache=True)
def learn(prepared: Records, track_no: IntArray, store: Store, around: Around) -> None:
    """Learn from plots (PREPARED) that belong to a track for certain: `track_no` (n,), below 1 where none."""
    tracks, registered, own = store.tracks, around.registered, store.own[0]
    for j in range(len(track_no)):
        if track_no[j] < 1 or prepared[j].verdict != 0:
            continue
        s = prepared[j].sensor
        kind = registered[s].kind
        if store.excluded_ns[s] > 0:
            continue
        if kind == NOT_REGISTERED or prepared[j].kind != (POSITION if kind == PLACED else POLAR):
            continue
        i = find(tracks, store.buckets, track_no[j])
        if i == NONE or tracks[i].is_quiet == 0:
            continue
        slot = _slot_of(tracks, registered, i, s)
        if slot == NONE:
            continue
        if registered[s].claims or prepared[j].flags & _CLAIM:
            if prepared[j].t_ns - tracks[i].claim_ns < around.tuning[0].claim_every_ns:
                continue
            tracks[i].claim_ns = prepared[j].t_ns
            if tracks[i].is_forked == 0:
                tracks[i].is_forked = 1
                _copy_bank(store.banks, 2 * i)
            learned = absorb_plot(prepared, store, around, i, CLAIMED, j, slot, around.tuning[0].claim_variance)
        else:
            learned = absorb_plot(prepared, store, around, i, MEASURED, j, slot, 0.0)
            if tracks[i].is_forked:
                absorb_plot(prepared, store, around, i, CLAIMED, j, slot, 0.0)
        if learned:
            tracks[i].slot_plots[slot] += 1.0
            own.plots += 1


@njit(cache=True)
def _slot_of(tracks: Records, registered: Records, i: int, s: int) -> int:
    """Return where track `i` keeps sensor `s`, making room if there is some, else NONE."""
    count = tracks[i].slot_count
    for k in range(count):
        if tracks[i].slot_sensor[k] == s:
            return k
    first, width = tracks[i].column_count, registered[s].width
    if count == SLOTS or first + width > COLUMNS_MAX:
        return NONE
    tracks[i].slot_sensor[count] = s
    tracks[i].slot_first[count] = first
    tracks[i].slot_plots[count] = 0.0
    for c in range(width):
        tracks[i].column[first + c] = registered[s].first + c
    tracks[i].column_count = first + width
    tracks[i].slot_count = count + 1
    return count


@njit(cache=True)
def _copy_bank(banks: Records, k: int) -> None:
    """Make bank k + 1 what bank k is."""
    old, new = banks[k], banks[k + 1]
    for a in range(6):
        new.x[a] = old.x[a]
        for c in range(COLUMNS_MAX):
            new.v[a, c] = old.v[a, c]
    for a in range(21):
        new.p[a] = old.p[a]
    for a in range(COLUMNS_MAX):
        new.score[a] = old.score[a]
        for c in range(COLUMNS_MAX):
            new.info[a, c] = old.info[a, c]
    banks[k + 1].chi2 = banks[k].chi2
    banks[k + 1].rows = banks[k].rows
    banks[k + 1].t_ns = banks[k].t_ns
    banks[k + 1].hits = banks[k].hits
    banks[k + 1].strikes = banks[k].strikes


@njit(cache=True)
def absorb_plot(
    prepared: Records, store: Store, around: Around, i: int, bank: int, j: int, slot: int, added: float
) -> bool:
    """Take plot `j` into a bank of track `i`; return whether it taught something.

    added : variance of its place besides what it states, m2
    """
    banks, k = store.banks, 2 * i + bank
    t_ns = prepared[j].t_ns
    if banks[k].hits == 0 or t_ns - banks[k].t_ns > GAP_NS:
        if prepared[j].has_height == 0:
            return False
        _begin_state(prepared, banks, k, j)
    if t_ns > banks[k].t_ns:
        _predict(banks, k, t_ns, around.tuning[0], store.tracks[i].column_count)
    shift_s = (t_ns - banks[k].t_ns) * 1e-9
    if shift_s < -LATE_S_MAX:
        return False
    count, chi2 = _work_out(prepared, store, around, i, k, j, slot, shift_s, added)
    if chi2 > GATE:
        store.own[0].outside += 1
        banks[k].strikes += 1
        if banks[k].strikes == STRIKES_MAX:
            banks[k].hits = 0
            banks[k].strikes = 0
        return False
    return _commit(store, around, i, k, count)


@njit(cache=True)
def _begin_state(prepared: Records, banks: Records, k: int, j: int) -> None:
    """Let the state be anywhere near the plot's place; the plot itself is absorbed next."""
    x, p, v = banks[k].x, banks[k].p, banks[k].v
    for a in range(21):
        p[a] = 0.0
    for a in range(3):
        x[a] = prepared[j].place[a]
        x[a + 3] = 0.0
    for a in range(6):
        for c in range(COLUMNS_MAX):
            v[a, c] = 0.0
    p[0] = p[6] = p[11] = _START_VARIANCE
    p[15] = p[18] = _START_SPEED_VARIANCE
    p[20] = _START_CLIMB_VARIANCE
    banks[k].t_ns = prepared[j].t_ns
    banks[k].hits = 0
    banks[k].strikes = 0


@njit(cache=True)
def _predict(banks: Records, k: int, t_ns: int, tuning: Records, columns: int) -> None:
    dt_s = (t_ns - banks[k].t_ns) * 1e-9
    q, v = tuning.q, banks[k].v
    drift(
        banks[k].x, banks[k].p, dt_s, 1.0,
        q * dt_s * dt_s * dt_s / 3.0, q * dt_s * dt_s / 2.0, q * dt_s, tuning.q_vertical,
    )  # fmt: skip
    for a in range(3):
        for c in range(columns):
            v[a, c] += dt_s * v[a + 3, c]
    banks[k].t_ns = t_ns


@njit(cache=True)
def _work_out(
    prepared: Records, store: Store, around: Around, i: int, k: int, j: int, slot: int, shift_s: float, added: float
) -> tuple[int, float]:
    """Absorb plot `j` into a copy of bank `k` on the bench; return its scalars and their chi-square."""
    track, old, desk, bench = store.tracks[i], store.banks[k].x, around.desk[0], around.bench[0]
    x, p, v = bench.x, bench.p, bench.v
    columns, first = track.column_count, track.slot_first[slot]
    column, spread = track.column, store.spread
    kind = around.registered[prepared[j].sensor].kind
    time = first + around.registered[prepared[j].sensor].width - 1
    for a in range(6):
        x[a] = old[a]
        for c in range(columns):
            v[a, c] = store.banks[k].v[a, c]
    for a in range(21):
        p[a] = store.banks[k].p[a]
    tells_time = x[3] * x[3] + x[4] * x[4] > FAST * FAST * (p[15] + p[18])
    count = rows(prepared, around.sensors, around.setup[0], j, old, shift_s, False, desk)
    pressure_row = NONE if np.isnan(prepared[j].height) else count - 1
    chi2 = 0.0
    for r in range(count):
        h, u = desk.h[r], bench.u[r]
        residual = desk.residual[r]
        for a in range(6):
            residual -= h[a] * (x[a] - old[a])
        h0, h1, h2, h3, h4, h5 = h[0], h[1], h[2], h[3], h[4], h[5]
        for c in range(columns):
            u[c] = h0 * v[0, c] + h1 * v[1, c] + h2 * v[2, c] + h3 * v[3, c] + h4 * v[4, c] + h5 * v[5, c]
        if kind != PLACED and r < prepared[j].count:
            axes = prepared[j].axes
            u[first] += axes[3 * r]
            u[first + 1] += axes[3 * r + 1]
            if kind == RADAR_3D:
                u[first + 2] += axes[3 * r + 2]
        if tells_time:  # a stamp b too late: the target was there b earlier
            u[time] -= h0 * old[3] + h1 * old[4] + h2 * old[5]
        if r == pressure_row:
            u[PRESSURE] += 1.0
        variance = desk.variance[r]
        if r < prepared[j].count:
            variance += added * (h0 * h0 + h1 * h1 + h2 * h2)
        s = absorb(x, p, h, residual, variance)
        wide = s
        for c in range(columns):
            wide += u[c] * u[c] * spread[column[c]]
        chi2 += residual * residual / wide
        g = 1.0 / variance  # the gain is the new P times H' over the variance
        k0 = g * (p[0] * h0 + p[1] * h1 + p[2] * h2 + p[3] * h3 + p[4] * h4 + p[5] * h5)
        k1 = g * (p[1] * h0 + p[6] * h1 + p[7] * h2 + p[8] * h3 + p[9] * h4 + p[10] * h5)
        k2 = g * (p[2] * h0 + p[7] * h1 + p[11] * h2 + p[12] * h3 + p[13] * h4 + p[14] * h5)
        k3 = g * (p[3] * h0 + p[8] * h1 + p[12] * h2 + p[15] * h3 + p[16] * h4 + p[17] * h5)
        k4 = g * (p[4] * h0 + p[9] * h1 + p[13] * h2 + p[16] * h3 + p[18] * h4 + p[19] * h5)
        k5 = g * (p[5] * h0 + p[10] * h1 + p[14] * h2 + p[17] * h3 + p[19] * h4 + p[20] * h5)
        root = 1.0 / np.sqrt(s)
        for c in range(columns):
            v[0, c] -= k0 * u[c]
            v[1, c] -= k1 * u[c]
            v[2, c] -= k2 * u[c]
            v[3, c] -= k3 * u[c]
            v[4, c] -= k4 * u[c]
            v[5, c] -= k5 * u[c]
            u[c] *= root
        bench.y[r] = residual * root
    return count, chi2


@njit(cache=True)
def _commit(store: Store, around: Around, i: int, k: int, count: int) -> bool:
    """Make the bench bank `k`, and add up what it teaches if the filter has settled."""
    banks, bench = store.banks, around.bench[0]
    columns = store.tracks[i].column_count
    x, p, v = banks[k].x, banks[k].p, banks[k].v
    for a in range(6):
        x[a] = bench.x[a]
        for c in range(columns):
            v[a, c] = bench.v[a, c]
    for a in range(21):
        p[a] = bench.p[a]
    banks[k].strikes = 0
    banks[k].hits += 1
    if banks[k].hits <= around.tuning[0].hits_before or p[11] > HEIGHT_VARIANCE_MAX:
        return False
    info, score = banks[k].info, banks[k].score
    u, y = bench.u, bench.y
    for r in range(count):
        residual = y[r]
        banks[k].chi2 += residual * residual
        for a in range(columns):
            ua = u[r, a]
            score[a] += ua * residual
            for c in range(a + 1):
                info[a, c] += ua * u[r, c]
    banks[k].rows += count
    return True
