"""Plots of CAT010, CAT020 and CAT021: reports of a place.

CAT010 surface movement               CAT020 multilateration             CAT021 ADS-B 0.23-0.26 | 2.1-2.7
    010  SAC:8 SIC:8                      010                                010
    140  time of day 1/128 s              140                                030 | 071, else 073: time of day 1/128 s
    000  1 target report, 2-4 status      -                                  -
    020  TYP:3 DCR CHN GBS CRT FX         SSR MS HF VDL4 UAT DME OT FX       040 DCR GBS SIM TST RAB SAA SPI - ATP:3
         SIM TST RAB LOP:2 TOT:2 FX SPI   RAB SPI CHN GBS CRT SIM TST FX       | ATP:3 ARC:2 RC RAB FX DCR GBS SIM TST
    041  180/2**31 deg, 32 bits           180/2**25 deg                      130 180/2**25 (0.23: 2**23, 24 bits) deg
    040  RHO 1 m, THETA 360/65536 deg     -                                    | 131 180/2**30, else 130 2**23
    042  x, y 1 m, 16 bits                0.5 m, 24 bits                     -
    060  V G L -, Mode 3/A:12             070                                070
    090  V G, flight level 1/4:14         090                                145 flight level 1/4:16
    220  address:24                       220                                080
    245  STI:2 -:6, 8 characters          245                                170 8 characters
    -                                     105 height above WGS-84 6.25 ft    140
    500  sx, sy 1/4 m:8, sxy 1/4 m2:16    SDP: sx, sy 1/4 m:16; SDH 1/2 m    090 NACv:3 NIC:4 FX NICb SIL:2 NACp:4
    -                                     230 flight status                  200 ICF LNAV ME PS:3 SS:2; 020 category

An x, y report gives range and azimuth from the system's reference point, which is then the sensor's place.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from skydas.formats.asterix.octets import Int, Octets, copy_icao, inlined, signed, u16, u24, u32
from skydas.formats.asterix.plots_radar import CALLSIGN_AT, flight_status, put_level, put_mode_3a
from skydas.model import FL_M, FT_M, TAU, IntArray, ObjectClass, PlotFlag, PlotKind

SLOTS_010: Final = ("010", "140", "020", "041", "042", "060", "090", "220", "245", "500", "000", "040")
SLOTS_020: Final = ("010", "140", "020", "041", "042", "070", "090", "220", "245", "500", "105", "230")
_REPORT, _PLACE, _CARTESIAN, _MODE_3A, _LEVEL, _ADDRESS, _CALLSIGN, _ACCURACY = range(3, 11)
MESSAGE_010: Final = 11
_POLAR_010: Final = 12
_HEIGHT_020: Final = 11
_FLIGHT_020: Final = 12

SLOTS_021: Final = (
    *("010", "071", "040", "040@2", "073", "030", "130", "130@0", "131@2", "080"),
    *("140", "090@2", "145", "200", "200@2", "170", "070", "020", "210@2"),
)
(_DESCRIPTOR_0, _DESCRIPTOR_2, TIME_RECEIVED, TIME_OLD, _PLACE_24, _PLACE_32, _PLACE_HIGH, _ADDRESS_021) = range(3, 11)
(_HEIGHT_021, _QUALITY, _LEVEL_021, _STATUS_0, _STATUS_2, _CALLSIGN_021, _MODE_3A_021, _EMITTER, _VERSION) = range(
    11, 20
)

_POLAR_KIND: Final = int(PlotKind.POLAR)
_POSITION_KIND: Final = int(PlotKind.POSITION)
_PRIMARY: Final = int(PlotFlag.PRIMARY)
_SECONDARY: Final = int(PlotFlag.SECONDARY)
_MODE_S: Final = int(PlotFlag.MODE_S)
_CLAIM: Final = int(PlotFlag.CLAIM)
_MLAT: Final = int(PlotFlag.MLAT)
_ON_GROUND: Final = int(PlotFlag.ON_GROUND)
_IDENT: Final = int(PlotFlag.IDENT)
_EMERGENCY: Final = int(PlotFlag.EMERGENCY)
_SIMULATED: Final = int(PlotFlag.SIMULATED)
_TEST: Final = int(PlotFlag.TEST)
_FIELD_MONITOR: Final = int(PlotFlag.FIELD_MONITOR)
_MILITARY_EMERGENCY: Final = int(PlotFlag.MILITARY_EMERGENCY)


def _class_words() -> Any:
    """Return PLOT `class_word` by emitter category (I021/020): 0 where it names no class of ours."""
    words = np.zeros(256, np.uint16)
    for category, word in (
        *((code, ObjectClass.AIRLINER) for code in (3, 4, 5)),
        *((code, ObjectClass.LIGHT_AIRCRAFT) for code in (1, 15)),
        (10, ObjectClass.HELICOPTER),
        (11, ObjectClass.GLIDER),
        (12, ObjectClass.BALLOON),
    ):
        words[category] = word + 1
    return words


_CLASS_WORDS: Final = _class_words()


@inlined
def plot_010(octets: Octets, at: IntArray, plots: Any, row: Int, raw: Octets) -> bool:
    """Fill a plot from a CAT010 target report; return whether it has a position."""
    plot = plots[row]
    if at[_PLACE]:
        _put_place(plots, row, signed(u32(octets, at[_PLACE]), 32), signed(u32(octets, at[_PLACE] + 4), 32), 2.0**31)
    elif at[_POLAR_010]:
        plot.kind = _POLAR_KIND
        plot.range_m = float(u16(octets, at[_POLAR_010]))
        plot.azimuth_true_rad = u16(octets, at[_POLAR_010] + 2) * (TAU / 65536.0)
    elif at[_CARTESIAN]:
        x_m = signed(u16(octets, at[_CARTESIAN]), 16)
        _put_xy(plots, row, float(x_m), float(signed(u16(octets, at[_CARTESIAN] + 2), 16)))
    else:
        return False
    flags = 0
    if at[_REPORT]:
        head = octets[at[_REPORT]]
        kind = head >> 5
        if kind == 0 or kind == 1 or kind == 5:
            flags |= _MLAT | (_MODE_S if kind == 1 else 0) | (_SECONDARY if kind == 0 else 0)
        flags |= (_CLAIM if kind == 2 else 0) | (_PRIMARY if kind == 3 else 0)
        flags |= _ON_GROUND if head & 0x04 else 0
        if head & 1:
            more = octets[at[_REPORT] + 1]
            flags |= (_SIMULATED if more & 0x80 else 0) | (_TEST if more & 0x40 else 0)
            flags |= _FIELD_MONITOR if more & 0x20 else 0
            if more & 1 and octets[at[_REPORT] + 2] & 0x80:
                flags |= _IDENT
    if at[_ACCURACY] and plot.kind == _POSITION_KIND:
        here = at[_ACCURACY]
        _put_cov(plots, row, octets[here] / 4.0, octets[here + 1] / 4.0, signed(u16(octets, here + 2), 16) / 4.0)
    plot.flags = flags | _put_codes(octets, at, plots, row, raw)
    return True


@inlined
def plot_020(octets: Octets, at: IntArray, plots: Any, row: Int, raw: Octets) -> bool:
    """Fill a plot from a CAT020 record; return whether it has a position."""
    plot = plots[row]
    if at[_PLACE]:
        _put_place(plots, row, signed(u32(octets, at[_PLACE]), 32), signed(u32(octets, at[_PLACE] + 4), 32), 2.0**25)
    elif at[_CARTESIAN]:
        x_m = signed(u24(octets, at[_CARTESIAN]), 24) / 2.0
        _put_xy(plots, row, x_m, signed(u24(octets, at[_CARTESIAN] + 3), 24) / 2.0)
    else:
        return False
    flags = _MLAT
    if at[_REPORT]:
        head = octets[at[_REPORT]]
        flags |= (_SECONDARY if head & 0x80 else 0) | (_MODE_S if head & 0x40 else 0)
        if head & 1:
            more = octets[at[_REPORT] + 1]
            flags |= (_FIELD_MONITOR if more & 0x80 else 0) | (_IDENT if more & 0x40 else 0)
            flags |= (_ON_GROUND if more & 0x10 else 0) | (_SIMULATED if more & 0x04 else 0)
            flags |= _TEST if more & 0x02 else 0
    if at[_HEIGHT_020]:
        plot.height_hae_m = signed(u16(octets, at[_HEIGHT_020]), 16) * (6.25 * FT_M)
    if at[_FLIGHT_020]:
        flags |= flight_status(octets[at[_FLIGHT_020]] >> 2 & 7)
    if at[_ACCURACY] and plot.kind == _POSITION_KIND:
        _put_accuracy_020(octets, at[_ACCURACY], plots, row)
    plot.flags = flags | _put_codes(octets, at, plots, row, raw)
    return True


@inlined
def plot_021(octets: Octets, at: IntArray, plots: Any, row: Int, raw: Octets) -> bool:
    """Fill a plot from a CAT021 record of either family of editions; return whether it has a position."""
    plot = plots[row]
    if at[_PLACE_HIGH]:
        here, scale = at[_PLACE_HIGH], 2.0**30
        _put_place(plots, row, signed(u32(octets, here), 32), signed(u32(octets, here + 4), 32), scale)
    elif at[_PLACE_32]:
        here = at[_PLACE_32]
        _put_place(plots, row, signed(u32(octets, here), 32), signed(u32(octets, here + 4), 32), 2.0**25)
    elif at[_PLACE_24]:
        here = at[_PLACE_24]
        _put_place(plots, row, signed(u24(octets, here), 24), signed(u24(octets, here + 3), 24), 2.0**23)
    else:
        return False
    flags = _CLAIM
    if at[_DESCRIPTOR_0]:
        flags |= _bits_021(octets[at[_DESCRIPTOR_0]])
        flags |= _FIELD_MONITOR if octets[at[_DESCRIPTOR_0]] & 0x08 else 0
        flags |= _IDENT if octets[at[_DESCRIPTOR_0]] & 0x02 else 0
    if at[_DESCRIPTOR_2]:
        head = octets[at[_DESCRIPTOR_2]]
        flags |= _FIELD_MONITOR if head & 0x02 else 0
        if head & 1:
            flags |= _bits_021(octets[at[_DESCRIPTOR_2] + 1])
    if at[_STATUS_0]:
        flags |= _priority_021(octets[at[_STATUS_0]])
    if at[_STATUS_2]:
        status = octets[at[_STATUS_2]]
        flags |= _priority_021(status >> 2 & 7) | (_IDENT if status & 3 == 3 else 0)
        flags |= _MILITARY_EMERGENCY if status & 0x20 else 0
    if at[_HEIGHT_021]:
        height = signed(u16(octets, at[_HEIGHT_021]), 16)
        if height != 32767:  # "greater than" the largest height there is
            plot.height_hae_m = height * (6.25 * FT_M)
    if at[_LEVEL_021]:
        plot.height_pressure_m = signed(u16(octets, at[_LEVEL_021]), 16) * (FL_M / 4.0)
    if at[_ADDRESS_021]:
        plot.mode_s = u24(octets, at[_ADDRESS_021])
    if at[_CALLSIGN_021]:
        copy_icao(octets, at[_CALLSIGN_021], raw[row], CALLSIGN_AT)
    if at[_MODE_3A_021]:
        flags |= put_mode_3a(octets, at[_MODE_3A_021], plots, row)
    if at[_EMITTER]:
        plot.class_word = _CLASS_WORDS[octets[at[_EMITTER]]]
    # With a version-0 transponder the same bits are NUCr and NUCp, which are other figures.
    if at[_QUALITY] and not (at[_VERSION] and octets[at[_VERSION]] >> 3 & 7 == 0):
        head = octets[at[_QUALITY]]
        plot.quality[0] = head >> 1 & 0xF
        plot.quality[2] = head >> 5
        if head & 1:
            more = octets[at[_QUALITY] + 1]
            plot.quality[1] = more >> 1 & 0xF
            plot.quality[3] = more >> 5 & 3
    plot.flags = flags
    return True


@inlined
def _bits_021(octet: Int) -> Int:
    """Return the flags of DCR GBS SIM TST."""
    flags = (_ON_GROUND if octet & 0x40 else 0) | (_SIMULATED if octet & 0x20 else 0)
    return flags | (_TEST if octet & 0x10 else 0)


@inlined
def _priority_021(status: Int) -> Int:
    """Return the flag of a priority: 1 general, 4 no communications, 5 interference, 6 downed; 2 and 3 are none."""
    return _EMERGENCY if status == 1 or 4 <= status <= 6 else 0


@inlined
def _put_codes(octets: Octets, at: IntArray, plots: Any, row: Int, raw: Octets) -> Int:
    """Set code, level, address and callsign of 010 and 020; return the flags of the code."""
    if at[_LEVEL]:
        put_level(octets, at[_LEVEL], plots, row)
    if at[_ADDRESS]:
        plots[row].mode_s = u24(octets, at[_ADDRESS])
    if at[_CALLSIGN]:
        copy_icao(octets, at[_CALLSIGN] + 1, raw[row], CALLSIGN_AT)
    return put_mode_3a(octets, at[_MODE_3A], plots, row) if at[_MODE_3A] else 0


@inlined
def _put_accuracy_020(octets: Octets, at: Int, plots: Any, row: Int) -> None:
    """Set the covariance from I020/500: DOP 6 octets, SDP sx sy rho, SDH; SDP has to be there."""
    named = octets[at]
    here = at + 1 + (6 if named & 0x80 else 0)
    if named & 0x40:
        sx_m, sy_m = u16(octets, here) / 4.0, u16(octets, here + 2) / 4.0
        correlation = signed(u16(octets, here + 4), 16) / 4.0
        _put_cov(plots, row, sx_m, sy_m, correlation * sx_m * sy_m if abs(correlation) < 1.0 else 0.0)
        here += 6
        if named & 0x20:
            plots[row].cov[5] = (u16(octets, here) / 2.0) ** 2


@inlined
def _put_cov(plots: Any, row: Int, sx_m: float, sy_m: float, sxy_m2: float) -> None:
    """Set the horizontal covariance (east, north), m2; a correlation of 1 or more is no covariance: left out."""
    if sx_m > 0.0 and sy_m > 0.0:
        plots[row].cov[0] = sx_m**2
        plots[row].cov[1] = sxy_m2 if abs(sxy_m2) < sx_m * sy_m else 0.0
        plots[row].cov[3] = sy_m**2


@inlined
def _put_place(plots: Any, row: Int, latitude: Int, longitude: Int, half_turn: float) -> None:
    """Set a position from counts of which `half_turn` are 180 degrees."""
    plots[row].kind = _POSITION_KIND
    plots[row].latitude_rad = latitude * (math.pi / half_turn)
    plots[row].longitude_rad = longitude * (math.pi / half_turn)


@inlined
def _put_xy(plots: Any, row: Int, x_m: float, y_m: float) -> None:
    """Set range and azimuth of a place given east and north of the reference point."""
    plots[row].kind = _POLAR_KIND
    plots[row].range_m = math.hypot(x_m, y_m)
    plots[row].azimuth_true_rad = math.atan2(x_m, y_m) % TAU
