"""Plots of CAT048 and CAT001: what one record of a radar measured, as a POLAR plot.

CAT048 (edition 1.30; slots below in this order)        CAT001
    010  SAC:8 SIC:8                                        the same
    020  TYP:3 SIM RDP SPI RAB FX                           TYP SIM SSRPSR:2 ANT SPI RAB FX
         TST ERR XPP ME MI FOEFRI:2 FX                      TST DS1DS2:2 ME MI -:2 FX
    040  RHO 1/256 NM, THETA 360/65536 deg                  RHO 1/128 NM
    042  X, Y 1/128 NM, calculated                          X, Y 1/64 NM
    070  V G L -, Mode 3/A:12                               the same
    090  V G, flight level 1/4:14                           the same
    110  -:2, height 25 ft:14 above mean sea level          none
    120  compound: CAL = D -:5 CAL 1 m/s:10, RDS            radial speed 1/256 NM/s:8
    130  compound: SRL SRR SAM PRL PAM RPD APD FX, each 1     none
         octet; PAM amplitude of the echo 1 dBm:8
    140  time of day 1/128 s:24                             141 its low 16 bits
    170  CNF RAD:2 DOU MAH CDM:2 FX TRE GHO SUP TCC -:3 FX  CON RAD MAN DOU RDPC - GHO FX TRE -:6 FX
    220  address:24                                         none
    230  COM:3 STAT:3 SI -, ...                             none
    240  8 characters of 6 bits                             none

The flight level is taken as two's complement in every edition: those that call it unsigned end at FL 4095, which no
aircraft reaches, and radars send levels below zero. The last message of a radar's track (TRE) is often without a
position: it makes a plot flagged TRACK_END with range and azimuth not known. A radial speed is taken as positive when
the target goes away. With ERR set the range is that of the RE field, 1/256 NM:24.
"""

from __future__ import annotations

import math
from typing import Any, Final

from skydas.formats.asterix.octets import Int, Octets, copy_icao, inlined, signed, u16, u24
from skydas.model import FL_M, FT_M, NM_M, PLOT, TAU, IntArray, PlotFlag, PlotKind

SLOTS_048: Final = (
    "010", "140", "020", "040", "070", "090", "110", "120", "170", "220", "230", "240", "042", "RE", "130"
)  # fmt: skip
SLOTS_001: Final = ("010", "141", "020", "040", "070", "090", "-", "120", "170", "-", "-", "-", "042")
SOURCE: Final = 1  # the slot of I.../010 in every category
TIME: Final = 2  # of the time of day
_REPORT, _POLAR, _MODE_3A, _LEVEL, _HEIGHT, _DOPPLER, _STATUS, _ADDRESS, _FLIGHT, _CALLSIGN, _CARTESIAN = range(3, 14)
EXPANSION: Final = 14  # I048/RE
_CHARACTERISTICS: Final = 15  # I048/130
ERR_PLACE: Final = 4  # of the extended range in it

CALLSIGN_AT: Final = int(PLOT.fields["callsign"][1])  # type: ignore[index]
_POLAR_KIND: Final = int(PlotKind.POLAR)
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
_TRACK_END: Final = int(PlotFlag.TRACK_END)
_COASTED: Final = int(PlotFlag.COASTED)


@inlined
def plot_048(octets: Octets, at: IntArray, plots: Any, row: Int, raw: Octets, geoid_m: float) -> bool:
    """Fill a plot from a CAT048 record; return whether it is one: it has a position, or it ends a track."""
    placed = put_polar(octets, at[_POLAR], at[_CARTESIAN], 256.0, 128.0, plots, row)
    plot = plots[row]
    flags = 0
    if at[_REPORT]:
        head = octets[at[_REPORT]]
        flags |= _type_048(head >> 5)
        flags |= (_SIMULATED if head & 0x10 else 0) | (_IDENT if head & 0x04 else 0)
        flags |= _FIELD_MONITOR if head & 0x02 else 0
        if head & 1:
            more = octets[at[_REPORT] + 1]
            flags |= (_TEST if more & 0x80 else 0) | (_MILITARY_EMERGENCY if more & 0x10 else 0)
    if at[_STATUS] and octets[at[_STATUS]] & 1 and octets[at[_STATUS] + 1] & 0x80:
        flags |= _TRACK_END
    if at[_MODE_3A]:
        flags |= put_mode_3a(octets, at[_MODE_3A], plots, row)
    if at[_LEVEL]:
        put_level(octets, at[_LEVEL], plots, row)
    if at[_HEIGHT]:
        plot.height_hae_m = signed(u16(octets, at[_HEIGHT]), 14) * (25.0 * FT_M) + geoid_m
    if at[_DOPPLER] and octets[at[_DOPPLER]] & 0x80:
        plot.range_rate_mps = float(signed(u16(octets, at[_DOPPLER] + 1), 10))
    if at[_CHARACTERISTICS]:
        put_amplitude(octets, at[_CHARACTERISTICS], plots, row)
    if at[_ADDRESS]:
        plot.mode_s = u24(octets, at[_ADDRESS])
    if at[_FLIGHT]:
        flags |= flight_status(octets[at[_FLIGHT]] >> 2 & 7)
    if at[_CALLSIGN]:
        copy_icao(octets, at[_CALLSIGN], raw[row], CALLSIGN_AT)
    plot.flags = flags
    return placed or flags & _TRACK_END != 0


@inlined
def is_extended_048(octets: Octets, at: IntArray) -> bool:
    """Return whether the range is beyond what I048/040 can say (ERR): it then stands in the RE field."""
    here = at[_REPORT]
    return bool(here != 0 and octets[here] & 1 != 0 and octets[here + 1] & 0x40 != 0)


@inlined
def plot_001(octets: Octets, at: IntArray, plots: Any, row: Int) -> bool:
    """Fill a plot from a CAT001 record; return whether it is one: it has a position, or it ends a track."""
    placed = put_polar(octets, at[_POLAR], at[_CARTESIAN], 128.0, 64.0, plots, row)
    flags = 0
    if at[_REPORT]:
        head = octets[at[_REPORT]]
        found = head >> 4 & 3
        flags |= (_PRIMARY if found & 1 else 0) | (_SECONDARY if found & 2 else 0) | (0 if found else _COASTED)
        flags |= (_SIMULATED if head & 0x40 else 0) | (_IDENT if head & 0x04 else 0)
        flags |= _FIELD_MONITOR if head & 0x02 else 0
        if head & 1:
            more = octets[at[_REPORT] + 1]
            flags |= (_TEST if more & 0x80 else 0) | (_MILITARY_EMERGENCY if more & 0x10 else 0)
            flags |= _EMERGENCY if more & 0x60 else 0
    if at[_STATUS] and octets[at[_STATUS]] & 1 and octets[at[_STATUS] + 1] & 0x80:
        flags |= _TRACK_END
    if at[_MODE_3A]:
        flags |= put_mode_3a(octets, at[_MODE_3A], plots, row)
    if at[_LEVEL]:
        put_level(octets, at[_LEVEL], plots, row)
    if at[_DOPPLER]:
        plots[row].range_rate_mps = signed(octets[at[_DOPPLER]], 8) * (NM_M / 256.0)
    plots[row].flags = flags
    return placed or flags & _TRACK_END != 0


@inlined
def put_polar(
    octets: Octets, polar: Int, cartesian: Int, per_nm: float, xy_per_nm: float, plots: Any, row: Int
) -> bool:
    """Set range and azimuth from what was measured, else from the tracker's x and y."""
    plot = plots[row]
    plot.kind = _POLAR_KIND
    if polar:
        plot.range_m = u16(octets, polar) * (NM_M / per_nm)
        plot.azimuth_true_rad = u16(octets, polar + 2) * (TAU / 65536.0)
        return True
    if cartesian:
        x_m = signed(u16(octets, cartesian), 16) * (NM_M / xy_per_nm)
        y_m = signed(u16(octets, cartesian + 2), 16) * (NM_M / xy_per_nm)
        plot.range_m = math.hypot(x_m, y_m)
        plot.azimuth_true_rad = math.atan2(x_m, y_m) % TAU
        return True
    return False


@inlined
def put_amplitude(octets: Octets, at: Int, plots: Any, row: Int) -> None:
    """Set the amplitude of the echo, dBm, where PAM is among the sub-items that the first octet names."""
    named = octets[at]
    if named & 0x08:
        place = at
        while octets[place] & 1:  # further octets of the list of sub-items
            place += 1
        for before in range(4, 8):  # SRL, SRR, SAM, PRL
            place += named >> before & 1
        plots[row].snr_db = float(signed(octets[place + 1], 8))


@inlined
def put_mode_3a(octets: Octets, at: Int, plots: Any, row: Int) -> Int:
    """Set the code from V G L -, Mode 3/A:12; return its flags (7500, 7600 and 7700 are emergencies)."""
    word = u16(octets, at)
    code = word & 0xFFF
    plots[row].mode_3a = code
    doubts = (_CODE_NOT_VALID if word & 0x8000 else 0) | (_CODE_GARBLED if word & 0x4000 else 0)
    if doubts == 0 and (code == 0o7500 or code == 0o7600 or code == 0o7700):
        return _EMERGENCY
    return doubts


@inlined
def put_level(octets: Octets, at: Int, plots: Any, row: Int) -> None:
    """Set the pressure height from V G, flight level 1/4:14; a level not validated or garbled is not used."""
    word = u16(octets, at)
    if word & 0xC000 == 0:
        plots[row].height_pressure_m = signed(word, 14) * (FL_M / 4.0)


@inlined
def flight_status(status: Int) -> Int:
    """Return the flags of a Mode S flight status: 1 and 3 are on the ground, 4 and 5 have the ident."""
    if status == 1 or status == 3:
        return _ON_GROUND
    return _IDENT if status == 4 or status == 5 else 0


@inlined
def _type_048(kind: Int) -> Int:
    """Return the flags of I048/020 TYP: 0 none, 1 PSR, 2 SSR, 3 both, 4 5 Mode S, 6 7 Mode S and PSR."""
    if kind == 0:
        return _COASTED
    if kind >= 4:
        return _MODE_S | (_PRIMARY if kind >= 6 else 0)
    return (_PRIMARY if kind & 1 else 0) | (_SECONDARY if kind & 2 else 0)
