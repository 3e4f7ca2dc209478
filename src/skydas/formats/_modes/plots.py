"""Points of the kernel -> PLOT."""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from skydas.formats._modes.addresses import NEVER_NS, NOT_ICAO, WAY_GROUND, WAY_RELAYED, Record
from skydas.formats._modes.fields import Octets
from skydas.formats._modes.quality import sigma_2_horizontal_m2, sigma_2_vertical_m2
from skydas.model import (
    NS_PER_S,
    SENSOR_UNKNOWN,
    IntArray,
    ObjectClass,
    PlotFlag,
    PlotKind,
    Rows,
    empty_plots,
    object_key,
)

IDENT_S_MAX: Final = 18.0  # as long as a transponder sends it

_ICAO: Final = 0xFF_FFFF
_IDENT_NS_MAX: Final = int(IDENT_S_MAX * NS_PER_S)
_SENSOR: Final = SENSOR_UNKNOWN
_POSITION: Final = int(PlotKind.POSITION)
_MODE_S: Final = int(PlotFlag.MODE_S)
_CLAIM: Final = int(PlotFlag.CLAIM)
_MLAT: Final = int(PlotFlag.MLAT)
_DERIVED: Final = int(PlotFlag.DERIVED)
_ON_GROUND: Final = int(PlotFlag.ON_GROUND)
_IDENT: Final = int(PlotFlag.IDENT)
_EMERGENCY: Final = int(PlotFlag.EMERGENCY)
_TIME_ASSUMED: Final = int(PlotFlag.TIME_ASSUMED)

# Emitter category (type code << 4 | category) -> ObjectClass + 1; the others may be several classes
CLASS_WORD: Final = np.zeros(256, np.int64)
for _category, _class in (
    (0x41, ObjectClass.LIGHT_AIRCRAFT),
    (0x43, ObjectClass.AIRLINER),
    (0x44, ObjectClass.AIRLINER),
    (0x45, ObjectClass.AIRLINER),
    (0x47, ObjectClass.HELICOPTER),
    (0x31, ObjectClass.GLIDER),
    (0x32, ObjectClass.BALLOON),
    (0x34, ObjectClass.LIGHT_AIRCRAFT),
):
    CLASS_WORD[_category] = _class + 1


def plots_of(points: Rows, t_ns: IntArray, rx_ns: int, assumed: Octets, seq: int) -> Rows:
    """Return one plot a point, PLOT (n,).

    points  : ADDRESS (n,), as the addresses were at the position
    t_ns    : (n,) measured; assumed : (n,) 1 where that rests on rx_ns
    seq     : running number of the first
    """
    plots = empty_plots(len(points))
    _fill(points, t_ns, rx_ns, assumed, seq, plots)
    plots["callsign"] = points["callsign"].astype(">i8").view("S8")
    for row in np.flatnonzero(points["key"] & NOT_ICAO):
        plots["object"][row] = object_key(name_of(int(points["key"][row])))
    return plots


def name_of(key: int) -> str:
    """Return the text that stands for an address which ICAO did not give."""
    return f"~{key & _ICAO:06x}"


def names_of(points: Rows) -> dict[int, str]:
    """Return object key -> name for the addresses that ICAO did not give."""
    names = (name_of(int(key)) for key in points["key"][points["key"] & NOT_ICAO != 0])
    return {object_key(name): name for name in names}


@njit(cache=True)
def is_emergency_code(mode_3a: int) -> bool:
    """Return whether it is 7500 (unlawful interference), 7600 (radio failed) or 7700 (emergency)."""
    return mode_3a == 0o7500 or mode_3a == 0o7600 or mode_3a == 0o7700


@njit(cache=True)
def _flags(point: Record, t_ns: int) -> int:
    """Return PlotFlag: what others located is no claim; what was relayed is one, but no evidence of its own."""
    way = point.key >> 24 & 3
    flags = _MLAT if way == WAY_GROUND else _CLAIM | _DERIVED if way == WAY_RELAYED else _CLAIM
    if not point.key & NOT_ICAO:
        flags |= _MODE_S
    if point.on_ground:
        flags |= _ON_GROUND
    if point.ident_ns != NEVER_NS and abs(t_ns - point.ident_ns) <= _IDENT_NS_MAX:
        flags |= _IDENT
    if point.alert or point.emergency or is_emergency_code(np.int64(point.mode_3a)):
        flags |= _EMERGENCY
    return flags


@njit(cache=True)
def _fill(points: Rows, t_ns: IntArray, rx_ns: int, assumed: Octets, seq: int, plots: Rows) -> None:
    """Fill all that is a number."""
    for at in range(len(points)):
        point, plot = points[at], plots[at]
        plot.t_ns, plot.rx_ns = t_ns[at], rx_ns
        plot.sensor = _SENSOR
        plot.kind = _POSITION
        plot.flags = _flags(point, t_ns[at]) | (_TIME_ASSUMED if assumed[at] else 0)
        plot.latitude_rad = np.radians(point.latitude_deg)
        plot.longitude_rad = np.radians(point.longitude_deg)
        plot.height_hae_m = point.height_hae_m
        plot.height_pressure_m = point.height_pressure_m
        horizontal_m2 = sigma_2_horizontal_m2(np.int64(point.nac_p), point.on_ground != 0)
        if not np.isnan(horizontal_m2):
            plot.cov[0] = plot.cov[3] = horizontal_m2
            plot.cov[1] = plot.cov[2] = plot.cov[4] = 0.0
        if not np.isnan(point.height_hae_m):
            plot.cov[5] = sigma_2_vertical_m2(np.int64(point.gva))
        plot.mode_s = 0 if point.key & NOT_ICAO else point.key & _ICAO
        plot.mode_3a = point.mode_3a
        plot.class_word = CLASS_WORD[point.category]
        plot.quality[0] = point.nic
        plot.quality[1] = point.nac_p
        plot.quality[2] = point.nac_v
        plot.quality[3] = point.sil
        plot.seq = (seq + at) & 0xFFFF_FFFF
