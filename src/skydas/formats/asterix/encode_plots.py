"""Plots to records: CAT048 edition 1.30 and CAT021 edition 2.6, one pass of compiled code each.

A record is written behind four (048) or six (021) octets of FSPEC kept for it, and moved up when fewer were needed.

CAT048, in the order of the FSPEC (NM, deg and ft on the wire):
    010 SAC, SIC                       040 range 1/256 NM, azimuth 360/65536   220 address, 24 bits
    140 time of day 1/128 s            070 V, G, L, 0, Mode 3/A 12 bits        240 callsign, 8 x 6 bits
    020 TYP SIM RDP SPI RAB, then TST  090 V, G, flight level 1/4, 14 bits     110 height 25 ft, 14 bits
    120 radial speed: CAL, 1 m/s in 10 bits    130 PAM: amplitude of the primary plot, 1 dBm in 8 bits
CAT021:
    010 SAC, SIC                       073 time of reception 1/128 s           145 flight level 1/4
    040 ATP ARC RC RAB, then GBS SIM   140 geometric height 6.25 ft            200 target status: PS, SS
    131 position, 180/2**30 deg        090 NACv NIC, then SIL NACp             170 callsign
    080 address                        210 version 2, 1090 ES
    070 Mode 3/A
"""

from __future__ import annotations

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
from skydas.model import FL_M, FT_M, MODE_3A_UNKNOWN, NM_M, QUALITY_UNKNOWN, TAU, IntArray, PlotFlag

RECORD_048_OCTETS_MAX: Final = 46
RECORD_021_OCTETS_MAX: Final = 60

_PAM_ALONE: Final = 0x08  # I048/130: of its sub-items the fifth
_PRIMARY: Final = int(PlotFlag.PRIMARY)
_SECONDARY: Final = int(PlotFlag.SECONDARY)
_MODE_S: Final = int(PlotFlag.MODE_S)
_ON_GROUND: Final = int(PlotFlag.ON_GROUND)
_IDENT: Final = int(PlotFlag.IDENT)
_EMERGENCY: Final = int(PlotFlag.EMERGENCY)
_SIMULATED: Final = int(PlotFlag.SIMULATED)
_TEST: Final = int(PlotFlag.TEST)
_FIELD_MONITOR: Final = int(PlotFlag.FIELD_MONITOR)
_CODE_GARBLED: Final = int(PlotFlag.CODE_GARBLED)
_CODE_NOT_VALID: Final = int(PlotFlag.CODE_NOT_VALID)
_MILITARY_EMERGENCY: Final = int(PlotFlag.MILITARY_EMERGENCY)


@inlined
def _type_048(flags: Int) -> Int:
    """Return I048/020 TYP: 1 PSR, 2 SSR, 3 both, 5 Mode S roll-call, 7 with PSR, 0 nothing known."""
    if flags & _MODE_S:
        return 7 if flags & _PRIMARY else 5
    return (1 if flags & _PRIMARY else 0) + (2 if flags & _SECONDARY else 0)


@compiled
def records_048(plots: Any, texts: Octets, sac: Int, sic: Int, out: Octets, ends: IntArray) -> Int:
    """Write a record for each plot that has range and azimuth; return the octets written.

    ends : (n,) where each plot's record ends; equal to its start for a plot that cannot be sent
    """
    end = 0
    for row in range(len(plots)):
        plot = plots[row]
        range_ticks = np.rint(plot.range_m / NM_M * 256.0)
        azimuth_rad = plot.azimuth_true_rad
        ends[row] = end
        if not (0.0 <= range_ticks <= 65535.0) or not np.isfinite(azimuth_rad):
            continue
        start = end
        for place in range(4):
            out[start + place] = 0
        at = start + 4
        flags = np.int64(plot.flags)

        out[start] = 0xF0  # 010, 140, 020, 040
        at = put(out, at, sac << 8 | sic, 2)
        at = put(out, at, ticks_of_day(plot.t_ns), 3)
        head = _type_048(flags) << 5
        head |= (0x10 if flags & _SIMULATED else 0) | (0x04 if flags & _IDENT else 0)
        head |= 0x02 if flags & _FIELD_MONITOR else 0
        more = (0x80 if flags & _TEST else 0) | (0x10 if flags & _MILITARY_EMERGENCY else 0)
        at = put(out, at, head | (1 if more else 0), 1)
        if more:
            at = put(out, at, more, 1)
        at = put(out, at, np.int64(range_ticks), 2)
        at = put(out, at, np.int64(np.rint(azimuth_rad / TAU * 65536.0)) & 0xFFFF, 2)
        if plot.mode_3a != MODE_3A_UNKNOWN:
            mark_item(out, start, 5)
            code = np.int64(plot.mode_3a) & 0xFFF
            code |= (0x8000 if flags & _CODE_NOT_VALID else 0) | (0x4000 if flags & _CODE_GARBLED else 0)
            at = put(out, at, code, 2)
        level = np.rint(plot.height_pressure_m / FL_M * 4.0)
        if -8192.0 <= level <= 8191.0:
            mark_item(out, start, 6)
            at = put(out, at, np.int64(level) & 0x3FFF, 2)
        amplitude_dbm = np.rint(plot.snr_db)
        if -128.0 <= amplitude_dbm <= 127.0 and flags & _PRIMARY:
            mark_item(out, start, 7)
            at = put(out, at, _PAM_ALONE << 8 | np.int64(amplitude_dbm) & 0xFF, 2)
        if plot.mode_s:
            mark_item(out, start, 8)
            at = put(out, at, np.int64(plot.mode_s) & 0xFFFFFF, 3)
        if texts[row, 0]:
            mark_item(out, start, 9)
            at = put_icao(out, at, texts[row])
        height = np.rint(plot.height_hae_m / (25.0 * FT_M))
        if -8192.0 <= height <= 8191.0:
            mark_item(out, start, 19)
            at = put(out, at, np.int64(height) & 0x3FFF, 2)
        speed = np.rint(plot.range_rate_mps)
        if -512.0 <= speed <= 511.0:
            mark_item(out, start, 20)
            at = put(out, at, 0x80 << 16 | np.int64(speed) & 0x3FF, 3)
        end = close_fspec(out, start, 4, at)
        ends[row] = end
    return end


@compiled
def records_021(plots: Any, texts: Octets, sac: Int, sic: Int, out: Octets, ends: IntArray) -> Int:
    """Write a record for each plot that has a position and an address; as `records_048`."""
    end = 0
    for row in range(len(plots)):
        plot = plots[row]
        latitude = np.rint(np.degrees(plot.latitude_rad) / 180.0 * 2.0**30)
        longitude = np.rint(np.degrees(plot.longitude_rad) / 180.0 * 2.0**30)
        ends[row] = end
        if not (abs(latitude) <= 2.0**29) or not (abs(longitude) <= 2.0**30) or plot.mode_s == 0:
            continue
        start = end
        for place in range(6):
            out[start + place] = 0
        at = start + 6
        flags = np.int64(plot.flags)

        out[start] = 0xC2  # 010, 040, 131
        at = put(out, at, sac << 8 | sic, 2)
        head = 0x02 if flags & _FIELD_MONITOR else 0  # ATP 0: an ICAO address; ARC 0: altitudes in 25 ft
        more = (0x40 if flags & _ON_GROUND else 0) | (0x20 if flags & _SIMULATED else 0)
        more |= 0x10 if flags & _TEST else 0
        at = put(out, at, head | (1 if more else 0), 1)
        if more:
            at = put(out, at, more, 1)
        at = put(out, at, np.int64(latitude), 4)
        at = put(out, at, min(np.int64(longitude), 2**30 - 1), 4)
        mark_item(out, start, 11)
        at = put(out, at, np.int64(plot.mode_s) & 0xFFFFFF, 3)
        mark_item(out, start, 12)
        at = put(out, at, ticks_of_day(plot.t_ns), 3)
        height = np.rint(plot.height_hae_m / (6.25 * FT_M))
        if -32767.0 <= height < 32767.0:
            mark_item(out, start, 16)
            at = put(out, at, np.int64(height), 2)
        nic, nacp, nacv, sil = plot.quality[0], plot.quality[1], plot.quality[2], plot.quality[3]
        if nic != QUALITY_UNKNOWN:
            mark_item(out, start, 17)
            rate = np.int64(nacv) & 7 if nacv != QUALITY_UNKNOWN else 0
            whole = nacp != QUALITY_UNKNOWN
            at = put(out, at, rate << 5 | (np.int64(nic) & 0xF) << 1 | (1 if whole else 0), 1)
            if whole:
                level = np.int64(sil) & 3 if sil != QUALITY_UNKNOWN else 0
                at = put(out, at, level << 5 | (np.int64(nacp) & 0xF) << 1, 1)
        mark_item(out, start, 18)
        at = put(out, at, 2 << 3 | 2, 1)  # VN 2: DO-260B; LTT 2: 1090 ES
        if plot.mode_3a != MODE_3A_UNKNOWN:
            mark_item(out, start, 19)
            at = put(out, at, np.int64(plot.mode_3a) & 0xFFF, 2)
        level = np.rint(plot.height_pressure_m / FL_M * 4.0)
        if -60.0 <= level <= 6000.0:
            mark_item(out, start, 21)
            at = put(out, at, np.int64(level), 2)
        status = (1 << 2 if flags & _EMERGENCY else 0) | (3 if flags & _IDENT else 0)
        status |= 0x20 if flags & _MILITARY_EMERGENCY else 0
        if status:
            mark_item(out, start, 23)
            at = put(out, at, status, 1)
        if texts[row, 0]:
            mark_item(out, start, 29)
            at = put_icao(out, at, texts[row])
        end = close_fspec(out, start, 6, at)
        ends[row] = end
    return end
