"""From the private store to TRACK rows: the models become one estimate, the plane becomes latitude and longitude."""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from skydas.fuse.bare import bare, bare_work
from skydas.fuse.birth import release
from skydas.fuse.filters import combine, move
from skydas.fuse.groups import group_at
from skydas.fuse.index import DROPPED
from skydas.fuse.life import existence
from skydas.fuse.measure import ADDRESS_MAX
from skydas.fuse.records import Records, Store, Work
from skydas.geo.frames import ECCENTRICITY2, SEMI_MAJOR_M, SEMI_MINOR_M
from skydas.model import CLASS_COUNT, TRACK, FloatArray, TrackFlag

# A view of TRACK in which the eight octets of the callsign are one number.
TRACK_NUMBERS: Final = np.dtype([(name, "<u8" if name == "callsign" else TRACK[name]) for name in TRACK.names or ()])
_GROUPED: Final = int(TrackFlag.GROUP)
_REVISED: Final = int(TrackFlag.REVISED)
_SECOND_ECCENTRICITY2: Final = ECCENTRICITY2 / (1.0 - ECCENTRICITY2)


@njit(cache=True)
def fill(out: Records, k: int, store: Store, setup: Records, desk: Records, i: int, t_ns: int, origin: int) -> None:
    """Write track `i`, moved on to `t_ns`, to out[k] (TRACK_NUMBERS)."""
    tracks, models = store.tracks, setup.models
    dt_s = (t_ns - tracks[i].t_ns) * 1e-9
    x, p = desk.x, desk.p
    for m in range(models):
        desk.weight[m] = tracks[i].weight[m]
    if dt_s > 0.0:
        for m in range(models):
            for a in range(6):
                desk.mean[m, a] = tracks[i].mean[m, a]
            for a in range(21):
                desk.cov[m, a] = tracks[i].cov[m, a]
        move(desk.mean, desk.cov, desk.weight, dt_s, setup, x, p)
        combine(desk.mean, desk.cov, desk.weight, models, x, p)
    else:
        combine(tracks[i].mean, tracks[i].cov, tracks[i].weight, models, x, p)
    row = out[k]
    row.t_ns = max(t_ns, tracks[i].t_ns)
    row.track_no = tracks[i].number
    row.status = tracks[i].status
    row.flags = tracks[i].flags
    for a in range(3):
        row.position_enu_m[a] = x[a]
    for a in range(21):
        row.cov[a] = p[a]
    for m in range(3):
        row.mode_probability[m] = desk.weight[m] if m < models else 0.0
    _place(row, setup.plane, x)
    row.height_agl_m = np.nan
    row.existence = existence(tracks, i)
    row.sensors = tracks[i].sensors
    row.last_plot_ns = tracks[i].last_ns
    row.mode_s = tracks[i].mode_s if tracks[i].mode_s <= ADDRESS_MAX else 0
    row.mode_3a = tracks[i].mode_3a
    row.callsign = tracks[i].callsign
    row.group = row.group_count[0] = row.group_count[1] = 0
    if tracks[i].group != 0:
        g = group_at(store.groups, tracks[i].group)
        row.group = tracks[i].group
        row.group_count[0], row.group_count[1] = store.groups[g].least, store.groups[g].most
        row.flags |= _GROUPED
    for a in range(CLASS_COUNT):
        row.class_probability[a] = np.nan
    row.identity = 0
    row.threat = np.nan
    row.threat_asset = 0xFFFF
    row.label = 0
    row.origin = origin
    row.revised_from_ns = 0


@njit(cache=True)
def _place(row: Records, plane: FloatArray, x: FloatArray) -> None:
    """Write latitude, longitude, height, and the velocity along the local east, north and up."""
    ex = plane[0] + plane[3] * x[0] + plane[4] * x[1] + plane[5] * x[2]
    ey = plane[1] + plane[6] * x[0] + plane[7] * x[1] + plane[8] * x[2]
    ez = plane[2] + plane[9] * x[0] + plane[10] * x[1] + plane[11] * x[2]
    flat = np.sqrt(ex * ex + ey * ey)
    # Bowring's formula and one round more, on sine and cosine of the reduced latitude instead of the angle.
    s, k = ez * SEMI_MAJOR_M, flat * SEMI_MINOR_M
    sin_lat, cos_lat = 0.0, 1.0
    for _ in range(2):
        n = 1.0 / np.sqrt(s * s + k * k)
        s, k = s * n, k * n
        up = ez + _SECOND_ECCENTRICITY2 * SEMI_MINOR_M * s * s * s
        out = flat - ECCENTRICITY2 * SEMI_MAJOR_M * k * k * k
        n = 1.0 / np.sqrt(up * up + out * out)
        sin_lat, cos_lat = up * n, out * n
        s, k = SEMI_MINOR_M * sin_lat, SEMI_MAJOR_M * cos_lat
    sin_lon, cos_lon = ey / flat, ex / flat
    row.latitude_deg = np.degrees(np.arctan2(sin_lat, cos_lat))
    row.longitude_deg = np.degrees(np.arctan2(ey, ex))
    normal = np.sqrt(1.0 - ECCENTRICITY2 * sin_lat * sin_lat) * SEMI_MAJOR_M
    row.height_hae_m = flat * cos_lat + ez * sin_lat - normal
    vx = plane[3] * x[3] + plane[4] * x[4] + plane[5] * x[5]
    vy = plane[6] * x[3] + plane[7] * x[4] + plane[8] * x[5]
    vz = plane[9] * x[3] + plane[10] * x[4] + plane[11] * x[5]
    row.velocity_mps[0] = -sin_lon * vx + cos_lon * vy
    row.velocity_mps[1] = -sin_lat * cos_lon * vx - sin_lat * sin_lon * vy + cos_lat * vz
    row.velocity_mps[2] = cos_lat * cos_lon * vx + cos_lat * sin_lon * vy + sin_lat * vz


@njit(cache=True)
def report(out: Records, store: Store, setups: Records, work: Work, now_ns: int, origin: int) -> None:
    """Write the touched tracks to `out`, and give the rows of those that dropped back: the last thing of every step.

    now_ns : they are moved on to it; 0: they stay at their own instants. Provisional numbers that ended come first.
    """
    store, work = bare(store), bare_work(work)
    tracks, desk, setup = store.tracks, work.desk[0], setups[0]
    count = 0
    for k in range(desk.promoted):
        i = work.promoted[k, 1]
        fill(out, count, store, setup, desk, i, tracks[i].t_ns, origin)
        out[count].track_no = work.promoted[k, 0]
        out[count].status = DROPPED
        count += 1
    for k in range(desk.touched):
        i = work.touched[k]
        t_ns = max(now_ns, tracks[i].t_ns) if now_ns != 0 else tracks[i].t_ns
        fill(out, count, store, setup, desk, i, t_ns, origin)
        count += 1
    release(store, work)


@njit(cache=True)
def report_since(
    out: Records, store: Store, setups: Records, work: Work, now_ns: int, since_ns: int, origin: int
) -> int:
    """Write every living track with a plot not older than `since_ns` to `out`, marked as revised from then on."""
    store, work = bare(store), bare_work(work)
    tracks, own, desk, setup = store.tracks, store.own[0], work.desk[0], setups[0]
    count = 0
    for i in range(own.high):
        if 0 <= tracks[i].status < DROPPED and tracks[i].last_ns >= since_ns:
            fill(out, count, store, setup, desk, i, max(now_ns, tracks[i].t_ns), origin)
            out[count].flags |= _REVISED
            out[count].revised_from_ns = since_ns
            count += 1
    return count


@njit(cache=True)
def report_all(out: Records, store: Store, setups: Records, work: Work, now_ns: int, origin: int) -> int:
    """Write every living track, moved on to `now_ns`, to `out`."""
    store, work = bare(store), bare_work(work)
    tracks, own, desk, setup = store.tracks, store.own[0], work.desk[0], setups[0]
    count = 0
    for i in range(own.high):
        if 0 <= tracks[i].status < DROPPED:
            fill(out, count, store, setup, desk, i, now_ns, origin)
            count += 1
    return count
