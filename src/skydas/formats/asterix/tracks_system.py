"""CAT062: what one record of another system's tracker says, as a PLOT of kind TRACK and as a TRACK.

    010  SAC:8 SIC:8                       130  geometric height above WGS-84 6.25 ft:16
    070  time of the track 1/128 s:24      136  measured flight level 1/4:16
    105  latitude, longitude 180/2**25 deg 220  rate of climb 6.25 ft/min:16
    185  vx, vy 1/4 m/s:16                 245  STI:2 -:6, 8 characters of 6 bits
    040  track number:16                   060  V G CH -, Mode 3/A:12
    080  MON SPI MRH SRC:3 CNF FX          380  compound: ADR 24, ID 8 characters of 6 bits, ...
         SIM TSE TSB FPC AFF STP KOS FX    500  compound: APC sx, sy 1/2 m:16; COV 1/2 m:16; APW 4 octets;
         AMA MD4:2 ME MI MD5:2 FX               AGA height 6.25 ft:8; ABA 1 octet; ATV vx, vy 1/4 m/s:8; ...
         CST PSR SSR MDS ADS SUC AAC FX SDS:2 EMS:3 ...

COV is the root of the covariance with the covariance's sign. TRACK `cov` is in a node's plane, which a record does not
know: it stays not known there; PLOT `cov` holds it.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from skydas.formats.asterix.octets import Int, Octets, compiled, copy_icao, inlined, signed, u16, u24, u32
from skydas.formats.asterix.plots_radar import CALLSIGN_AT, put_mode_3a
from skydas.model import FL_M, FPM_MPS, FT_M, TRACK, IntArray, PlotFlag, PlotKind, TrackFlag, TrackStatus

SLOTS_062: Final = ("010", "070", "105", "185", "040", "080", "130", "136", "220", "245", "060", "380", "500")
_PLACE, _VELOCITY, NUMBER, _STATUS, _HEIGHT, _LEVEL, _CLIMB, _CALLSIGN, _MODE_3A, _DERIVED, _ACCURACY = range(3, 14)
TRACK_CALLSIGN_AT: Final = int(TRACK.fields["callsign"][1])  # type: ignore[index]
_OBJECT_062: Final = 62 << 56  # the object of a partner's track: 62, SAC, SIC, track number

_TRACK_KIND: Final = int(PlotKind.TRACK)
_TRACK_END: Final = int(PlotFlag.TRACK_END)
_COASTED: Final = int(PlotFlag.COASTED)
_IDENT: Final = int(PlotFlag.IDENT)
_SIMULATED: Final = int(PlotFlag.SIMULATED)
_EMERGENCY: Final = int(PlotFlag.EMERGENCY)
_MILITARY_EMERGENCY: Final = int(PlotFlag.MILITARY_EMERGENCY)
_T_SIMULATED: Final = int(TrackFlag.SIMULATED)
_T_EMERGENCY: Final = int(TrackFlag.EMERGENCY)
_T_PARTNER: Final = int(TrackFlag.PARTNER)
_TENTATIVE: Final = int(TrackStatus.TENTATIVE)
_CONFIRMED: Final = int(TrackStatus.CONFIRMED)
_COASTING: Final = int(TrackStatus.COASTING)
_DROPPED: Final = int(TrackStatus.DROPPED)


@inlined
def plot_062(octets: Octets, at: IntArray, plots: Any, row: Int, raw: Octets, sensor: Int) -> bool:
    """Fill a plot from a CAT062 record; return whether it is one: it has a position, or it ends a track."""
    plot = plots[row]
    plot.kind = _TRACK_KIND
    if at[_PLACE]:
        plot.latitude_rad = signed(u32(octets, at[_PLACE]), 32) * (math.pi / 2.0**25)
        plot.longitude_rad = signed(u32(octets, at[_PLACE] + 4), 32) * (math.pi / 2.0**25)
    flags = 0
    if at[_STATUS]:
        flags = _status_flags(octets, at[_STATUS])
    if at[NUMBER]:
        plot.object = np.uint64(_OBJECT_062 | sensor << 16 | u16(octets, at[NUMBER]))
    if at[_HEIGHT]:
        plot.height_hae_m = signed(u16(octets, at[_HEIGHT]), 16) * (6.25 * FT_M)
    if at[_LEVEL]:
        plot.height_pressure_m = signed(u16(octets, at[_LEVEL]), 16) * (FL_M / 4.0)
    if at[_MODE_3A]:
        flags |= put_mode_3a(octets, at[_MODE_3A], plots, row)
    if at[_DERIVED]:
        _put_derived(octets, at[_DERIVED], plots, row, raw)
    if at[_CALLSIGN]:
        copy_icao(octets, at[_CALLSIGN] + 1, raw[row], CALLSIGN_AT)
    if at[_ACCURACY]:
        _put_accuracy(octets, at[_ACCURACY], plots, row)
    plot.flags = flags
    return at[_PLACE] != 0 or flags & _TRACK_END != 0


@compiled
def track_062(octets: Octets, at: IntArray, plots: Any, plot_row: Int, raw: Octets, tracks: Any, row: Int) -> None:
    """Fill a track from a CAT062 record whose plot has been made; `raw` is of the tracks."""
    plot, track = plots[plot_row], tracks[row]
    track.t_ns = plot.t_ns
    track.latitude_deg = math.degrees(plot.latitude_rad)
    track.longitude_deg = math.degrees(plot.longitude_rad)
    track.height_hae_m = plot.height_hae_m
    track.mode_s = plot.mode_s
    track.mode_3a = plot.mode_3a
    track.last_plot_ns = plot.t_ns
    if at[NUMBER]:
        track.track_no = u16(octets, at[NUMBER])
    if at[_VELOCITY]:
        track.velocity_mps[0] = signed(u16(octets, at[_VELOCITY]), 16) / 4.0
        track.velocity_mps[1] = signed(u16(octets, at[_VELOCITY] + 2), 16) / 4.0
    if at[_CLIMB]:
        track.velocity_mps[2] = signed(u16(octets, at[_CLIMB]), 16) * (6.25 * FPM_MPS)
    flags = np.int64(plot.flags)
    track.flags = _T_PARTNER | (_T_SIMULATED if flags & _SIMULATED else 0) | (_T_EMERGENCY if flags & _EMERGENCY else 0)
    tentative = at[_STATUS] and octets[at[_STATUS]] & 0x02
    track.status = _TENTATIVE if tentative else _CONFIRMED
    if flags & _COASTED:
        track.status = _COASTING
    if flags & _TRACK_END:
        track.status = _DROPPED
    if at[_CALLSIGN]:
        copy_icao(octets, at[_CALLSIGN] + 1, raw[row], TRACK_CALLSIGN_AT)
    elif at[_DERIVED] and octets[at[_DERIVED]] & 0x40:
        copy_icao(octets, _derived_id(octets, at[_DERIVED]), raw[row], TRACK_CALLSIGN_AT)


@inlined
def _status_flags(octets: Octets, at: Int) -> Int:
    """Return the plot flags of a track status."""
    flags = _IDENT if octets[at] & 0x40 else 0
    if octets[at] & 1 == 0:
        return flags
    flags |= (_SIMULATED if octets[at + 1] & 0x80 else 0) | (_TRACK_END if octets[at + 1] & 0x40 else 0)
    if octets[at + 1] & 1 == 0:
        return flags
    flags |= _MILITARY_EMERGENCY if octets[at + 2] & 0x10 else 0
    if octets[at + 2] & 1 == 0:
        return flags
    flags |= _COASTED if octets[at + 3] & 0x80 else 0
    if octets[at + 3] & 1 and octets[at + 4] & 0x38:
        flags |= _EMERGENCY
    return flags


@inlined
def _fspec_size(octets: Octets, at: Int) -> Int:
    """Return the octets of the FSPEC of a compound that was found good."""
    size = 1
    while octets[at + size - 1] & 1:
        size += 1
    return size


@inlined
def _derived_id(octets: Octets, at: Int) -> Int:
    """Return where I062/380 ID is, behind ADR when that is there."""
    return at + _fspec_size(octets, at) + (3 if octets[at] & 0x80 else 0)


@inlined
def _put_derived(octets: Octets, at: Int, plots: Any, row: Int, raw: Octets) -> None:
    """Set the address and the callsign of I062/380."""
    if octets[at] & 0x80:
        plots[row].mode_s = u24(octets, at + _fspec_size(octets, at))
    if octets[at] & 0x40:
        copy_icao(octets, _derived_id(octets, at), raw[row], CALLSIGN_AT)


@inlined
def _put_accuracy(octets: Octets, at: Int, plots: Any, row: Int) -> None:
    """Set the covariance of I062/500: horizontal where APC is there, the height's where AGA is."""
    named = octets[at]
    here = at + _fspec_size(octets, at)
    if named & 0x80:
        sx_m, sy_m = u16(octets, here) / 2.0, u16(octets, here + 2) / 2.0
        here += 4
        root = signed(u16(octets, here), 16) / 2.0 if named & 0x40 else 0.0
        sxy_m2 = math.copysign(root * root, root)
        if sx_m > 0.0 and sy_m > 0.0:
            plots[row].cov[0] = sx_m**2
            plots[row].cov[1] = sxy_m2 if abs(sxy_m2) < sx_m * sy_m else 0.0
            plots[row].cov[3] = sy_m**2
    here += (2 if named & 0x40 else 0) + (4 if named & 0x20 else 0)
    if named & 0x10 and octets[here] > 0:
        plots[row].cov[5] = (octets[here] * (6.25 * FT_M)) ** 2
