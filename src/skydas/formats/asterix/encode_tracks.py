"""Tracks to records of CAT062 edition 1.20, in one pass of compiled code.

010 SAC, SIC                        380 ADR: the address
070 time of the track 1/128 s       040 number, 16 bits
105 position 180/2**25 deg          080 SPI MRH CNF, SIM TSE, -, CST, EMS
185 vx, vy 1/4 m/s                  130 geometric height 6.25 ft
060 Mode 3/A                        220 rate of climb 6.25 ft/min
245 callsign, 8 x 6 bits            500 APC, COV, AGA, ATV: 1 sigma of position 1/2 m, of height 6.25 ft, of
                                        velocity 1/4 m/s; COV is the root of the covariance with its sign
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from skydas.formats.asterix.octets import (
    Int,
    Octets,
    close_fspec,
    compiled,
    inlined,
    mark_item,
    put,
    put_icao,
    ticks_of_day,
)
from skydas.model import FPM_MPS, FT_M, MODE_3A_UNKNOWN, IntArray, Origin, TrackFlag, TrackStatus

RECORD_062_OCTETS_MAX: Final = 72
NUMBERS: Final = 65_536
_FSPEC_KEPT: Final = 4

_TENTATIVE: Final = int(TrackStatus.TENTATIVE)
_COASTING: Final = int(TrackStatus.COASTING)
_DROPPED: Final = int(TrackStatus.DROPPED)
_SIMULATED: Final = int(TrackFlag.SIMULATED)
_EMERGENCY: Final = int(TrackFlag.EMERGENCY)
_SIMULATED_ORIGIN: Final = int(Origin.SIMULATED)
# Places in TRACK cov, the upper triangle by rows of (x, y, z, vx, vy, vz).
_XX, _XY, _YY, _ZZ, _VXVX, _VYVY = 0, 1, 6, 11, 15, 18


@inlined
def wire_number(track_no: Int, owners: IntArray, reach: IntArray) -> Int:
    """Return the number of 16 bits that a track has or now gets; -1 when all are taken.

    owners : (65536,) track_no + 1 of whom a number belongs to, 0 free
    reach  : (1,) how far behind its own low 16 bits any track ever had to look
    """
    for step in range(reach[0] + 1):
        number = (track_no + step) & 0xFFFF
        if owners[number] == track_no + 1:
            return number
    for step in range(NUMBERS):
        number = (track_no + step) & 0xFFFF
        if owners[number] == 0:
            owners[number] = track_no + 1
            reach[0] = max(reach[0], step)
            return number
    return -1


@inlined
def _put_status(out: Octets, at: Int, track: Any) -> Int:
    """Write I062/080, as many extents as say something; return the next place."""
    flags = np.int64(track.flags)
    first = 0x20 | (0x02 if track.status == _TENTATIVE else 0)
    simulated = flags & _SIMULATED != 0 or track.origin == _SIMULATED_ORIGIN
    second = (0x80 if simulated else 0) | (0x40 if track.status == _DROPPED else 0)
    fourth = 0x80 if track.status == _COASTING else 0
    fifth = 0x08 if flags & _EMERGENCY else 0
    if fifth:
        return put(out, at, (first | 1) << 32 | (second | 1) << 24 | 1 << 16 | (fourth | 1) << 8 | fifth, 5)
    if fourth:
        return put(out, at, (first | 1) << 24 | (second | 1) << 16 | 1 << 8 | fourth, 4)
    if second:
        return put(out, at, (first | 1) << 8 | second, 2)
    return put(out, at, first, 1)


@inlined
def _put_accuracy(out: Octets, at: Int, track: Any) -> Int:
    """Write I062/500 as far as it is known and fits; return the next place, the same one for nothing."""
    sx, sy = math.sqrt(track.cov[_XX]) * 2.0, math.sqrt(track.cov[_YY]) * 2.0
    horizontal = sx <= 65535.0 and sy <= 65535.0
    sz = math.sqrt(track.cov[_ZZ]) / (6.25 * FT_M)
    vertical = sz <= 255.0
    svx, svy = math.sqrt(track.cov[_VXVX]) * 4.0, math.sqrt(track.cov[_VYVY]) * 4.0
    moving = svx <= 255.0 and svy <= 255.0
    named = (0xC0 if horizontal else 0) | (0x10 if vertical else 0) | (0x04 if moving else 0)
    if named == 0:
        return at
    at = put(out, at, named, 1)
    if horizontal:
        at = put(out, at, np.int64(np.rint(sx)), 2)
        at = put(out, at, np.int64(np.rint(sy)), 2)
        root = np.rint(math.copysign(math.sqrt(abs(track.cov[_XY])), track.cov[_XY]) * 2.0)
        at = put(out, at, np.int64(min(max(root, -32768.0), 32767.0)), 2)
    if vertical:
        at = put(out, at, np.int64(math.ceil(sz)), 1)
    if moving:
        at = put(out, at, np.int64(math.ceil(svx)), 1)
        at = put(out, at, np.int64(math.ceil(svy)), 1)
    return at


@compiled
def records_062(
    tracks: Any,
    texts: Octets,
    sac: Int,
    sic: Int,
    owners: IntArray,
    reach: IntArray,
    out: Octets,
    ends: IntArray,
) -> Int:
    """Write a record for each track that has a position and a number; return the octets written.

    ends : (k,) where each record ends; equal to its start for a track that cannot be sent
    """
    end = 0
    for row in range(len(tracks)):
        track = tracks[row]
        ends[row] = end
        latitude = np.rint(track.latitude_deg / 180.0 * 2.0**25)
        longitude = np.rint(track.longitude_deg / 180.0 * 2.0**25)
        if not (abs(latitude) <= 2.0**24) or not (abs(longitude) <= 2.0**25):
            continue
        track_no = np.int64(track.track_no)
        number = wire_number(track_no, owners, reach)
        if number < 0:
            continue
        if track.status == _DROPPED:
            owners[number] = 0
        start = end
        put(out, start, 0x98 << 24, _FSPEC_KEPT)  # 010, 070, 105
        at = put(out, start + _FSPEC_KEPT, sac << 8 | sic, 2)
        at = put(out, at, ticks_of_day(track.t_ns), 3)
        at = put(out, at, np.int64(latitude), 4)
        at = put(out, at, np.int64(longitude), 4)
        vx, vy = np.rint(track.velocity_mps[0] * 4.0), np.rint(track.velocity_mps[1] * 4.0)
        if abs(vx) <= 32767.0 and abs(vy) <= 32767.0:
            mark_item(out, start, 7)
            at = put(out, at, np.int64(vx), 2)
            at = put(out, at, np.int64(vy), 2)
        if track.mode_3a != MODE_3A_UNKNOWN:
            mark_item(out, start, 9)
            at = put(out, at, np.int64(track.mode_3a) & 0xFFF, 2)
        if texts[row, 0]:
            mark_item(out, start, 10)
            at = put_icao(out, put(out, at, 0, 1), texts[row])
        if track.mode_s:
            mark_item(out, start, 11)
            at = put(out, at, 0x80 << 24 | np.int64(track.mode_s) & 0xFFFFFF, 4)
        mark_item(out, start, 12)
        at = put(out, at, number, 2)
        mark_item(out, start, 13)
        at = _put_status(out, at, track)
        height = np.rint(track.height_hae_m / (6.25 * FT_M))
        if abs(height) <= 32767.0:
            mark_item(out, start, 18)
            at = put(out, at, np.int64(height), 2)
        climb = np.rint(track.velocity_mps[2] / (6.25 * FPM_MPS))
        if abs(climb) <= 32767.0:
            mark_item(out, start, 20)
            at = put(out, at, np.int64(climb), 2)
        before = at
        at = _put_accuracy(out, at, track)
        if at > before:
            mark_item(out, start, 27)
        end = close_fspec(out, start, _FSPEC_KEPT, at)
        ends[row] = end
    return end
