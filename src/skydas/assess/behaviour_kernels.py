"""Kernels: what is kept of each track's path, and the numbers that say how it moves."""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numba import njit

from skydas.model import PROVISIONAL_NO

EARTH_RADIUS_M: Final = 6_371_008.8
SAMPLES_MAX: Final = 64  # of one path; older ones are forgotten
SAMPLE_S: Final = 6.0  # between two of them: a path of six minutes
# Columns of a sample, and of what `measure` writes.
T, EAST, NORTH, HEIGHT, TURN, AGL = range(6)
SPAN, PATH, NET, RADIUS, TURNS, TURNS_ABSOLUTE, SLOW, AXIAL, LEGS, HEIGHT_SIGMA, AGL_SIGMA, SPEED_MOST = range(12)
FEATURE_COUNT: Final = 12
PASSED_OVER, ENDED, NEW = -3, -2, -1  # what `meet` says of rows without a slot
_CONFIRMED: Final = 1  # TrackStatus; between it and the next: coasting
_DROPPED: Final = 3
SLOW_MPS: Final = 3.0
_MOVING_MPS: Final = 2.0  # below it a course means nothing
_LEG_COS: Final = -0.5  # a segment at more than 120 degrees to the leg begins a new one


@njit(cache=True)
def meet(
    tracks: Any, numbers: Any, slots: Any, kept: Any, path: Any, now_ns: int, watch_min: float, rest_ns: int, out: Any
) -> None:
    """Take rows of TRACK (k,) into their slots and write their last score and its asset on them.

    numbers, slots : track numbers, ascending, and the slot of each; kept MOTION (s,), path (s, SAMPLES_MAX, 6) float32
    out            : (k, 2) slot, or NEW, ENDED, PASSED_OVER; 1 where it is to be assessed now
    """
    for k in range(tracks.shape[0]):
        number = np.int64(tracks[k].track_no)
        out[k, 0], out[k, 1] = PASSED_OVER, 0
        if number >= PROVISIONAL_NO or not (_CONFIRMED <= tracks[k].status <= _DROPPED):
            continue
        at = np.searchsorted(numbers, number)
        is_held = at < numbers.shape[0] and numbers[at] == number
        if is_held:
            s = slots[at]
            tracks[k].threat = kept[s].score
            tracks[k].threat_asset = kept[s].asset
            if tracks[k].status != _DROPPED:
                remember(s, tracks[k], kept, path)
                score = kept[s].score
                is_watched = score >= watch_min and now_ns - kept[s].assessed_ns >= rest_ns
                out[k, 0], out[k, 1] = s, 1 if math.isnan(score) or is_watched else 0
                continue
        out[k, 0] = ENDED if tracks[k].status == _DROPPED else NEW


@njit(cache=True)
def stand(tracks: Any, numbers: Any, slots: Any, kept: Any, now_ns: int, watch_min: float, rest_ns: int) -> int:
    """Write the last score and its asset on rows of TRACK (k,); return how many `meet` would say are due, new or ended.

    The other arguments are those of `meet`.
    """
    urgent = 0
    for k in range(tracks.shape[0]):
        number = np.int64(tracks[k].track_no)
        if number >= PROVISIONAL_NO or not (_CONFIRMED <= tracks[k].status <= _DROPPED):
            continue
        at = np.searchsorted(numbers, number)
        if tracks[k].status == _DROPPED or at == numbers.shape[0] or numbers[at] != number:
            urgent += 1
            continue
        s = slots[at]
        score = kept[s].score
        tracks[k].threat, tracks[k].threat_asset = score, kept[s].asset
        if math.isnan(score) or (score >= watch_min and now_ns - kept[s].assessed_ns >= rest_ns):
            urgent += 1
    return urgent


@njit(cache=True)
def remember(s: int, track: Any, kept: Any, path: Any) -> None:
    """Take one row of TRACK into slot `s`."""
    latitude, longitude = math.radians(track.latitude_deg), math.radians(track.longitude_deg)
    if not (math.isfinite(latitude) and math.isfinite(longitude)):
        return
    v_east, v_north = track.velocity_mps[0], track.velocity_mps[1]
    if kept[s].first_ns == 0:
        kept[s].first_ns = track.t_ns
        kept[s].origin[0], kept[s].origin[1] = latitude, longitude
        kept[s].course = math.nan
    if math.sqrt(v_east * v_east + v_north * v_north) > _MOVING_MPS:
        course = math.atan2(v_east, v_north)
        if not math.isnan(kept[s].course):
            step = course - kept[s].course
            kept[s].turn += step - 2.0 * math.pi * math.floor((step + math.pi) / (2.0 * math.pi))
        kept[s].course = course
    t_s = (track.t_ns - kept[s].first_ns) * 1e-9
    kept[s].last_ns = track.t_ns
    count = kept[s].count
    if count > 0 and t_s - path[s, (count - 1) % SAMPLES_MAX, T] < SAMPLE_S:
        return
    sample = path[s, count % SAMPLES_MAX]
    east = longitude - kept[s].origin[1]
    east -= 2.0 * math.pi * math.floor((east + math.pi) / (2.0 * math.pi))
    sample[T] = t_s
    sample[EAST] = east * EARTH_RADIUS_M * math.cos(0.5 * (latitude + kept[s].origin[0]))
    sample[NORTH] = (latitude - kept[s].origin[0]) * EARTH_RADIUS_M
    sample[HEIGHT] = track.height_hae_m
    sample[TURN] = kept[s].turn
    sample[AGL] = track.height_agl_m
    kept[s].turn = 0.0
    kept[s].count = count + 1


@njit(cache=True)
def measure(slots: Any, kept: Any, path: Any, out: Any) -> None:
    """Write to out (k, FEATURE_COUNT) how the paths in `slots` go: s, m and turns of a circle."""
    for k in range(slots.shape[0]):
        _measure_one(slots[k], kept, path, out[k])


@njit(cache=True)
def _measure_one(s: int, kept: Any, path: Any, out: Any) -> None:
    out[:] = 0.0
    count = kept[s].count
    held = min(count, SAMPLES_MAX)
    if held < 2:
        return
    oldest, newest = (count - held) % SAMPLES_MAX, (count - 1) % SAMPLES_MAX
    out[SPAN] = path[s, newest, T] - path[s, oldest, T]
    east_mean = north_mean = height_mean = agl_mean = 0.0
    for j in range(held):
        at = (count - held + j) % SAMPLES_MAX
        east_mean += path[s, at, EAST] / held
        north_mean += path[s, at, NORTH] / held
        height_mean += path[s, at, HEIGHT] / held
        agl_mean += path[s, at, AGL] / held
    axial_c = axial_s = leg_e = leg_n = slow_s = 0.0
    for j in range(held):
        at = (count - held + j) % SAMPLES_MAX
        de, dn = path[s, at, EAST] - east_mean, path[s, at, NORTH] - north_mean
        out[RADIUS] += (de * de + dn * dn) / held
        out[HEIGHT_SIGMA] += (path[s, at, HEIGHT] - height_mean) ** 2 / held
        out[AGL_SIGMA] += (path[s, at, AGL] - agl_mean) ** 2 / held
        if j == 0:
            continue
        before = (at - 1) % SAMPLES_MAX
        de, dn = path[s, at, EAST] - path[s, before, EAST], path[s, at, NORTH] - path[s, before, NORTH]
        length = math.sqrt(de * de + dn * dn)
        dt = max(path[s, at, T] - path[s, before, T], 1.0)
        out[PATH] += length
        out[TURNS] += path[s, at, TURN]
        out[TURNS_ABSOLUTE] += abs(path[s, at, TURN])
        out[SPEED_MOST] = max(out[SPEED_MOST], length / dt)
        if length < SLOW_MPS * dt:
            slow_s += dt
        if length > 0.0:
            axial_c += (dn * dn - de * de) / length
            axial_s += 2.0 * de * dn / length
        if length >= _MOVING_MPS * dt:
            leg = math.sqrt(leg_e * leg_e + leg_n * leg_n)
            if leg == 0.0 or de * leg_e + dn * leg_n < _LEG_COS * leg * length:
                out[LEGS] += 1.0
                leg_e, leg_n = de, dn
            else:
                leg_e, leg_n = leg_e + de, leg_n + dn
    de = path[s, newest, EAST] - path[s, oldest, EAST]
    dn = path[s, newest, NORTH] - path[s, oldest, NORTH]
    out[NET] = math.sqrt(de * de + dn * dn)
    out[RADIUS] = math.sqrt(out[RADIUS])
    out[HEIGHT_SIGMA] = math.sqrt(out[HEIGHT_SIGMA])
    out[AGL_SIGMA] = math.sqrt(out[AGL_SIGMA])
    out[TURNS] /= 2.0 * math.pi
    out[TURNS_ABSOLUTE] /= 2.0 * math.pi
    out[SLOW] = slow_s / max(out[SPAN], 1.0)
    out[AXIAL] = math.sqrt(axial_c * axial_c + axial_s * axial_s) / max(out[PATH], 1.0)
