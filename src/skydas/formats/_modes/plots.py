"""Points of the kernel -> PLOT."""

from __future__ import annotations

from typing import Final

import numpy as np

from skydas.formats._modes.addresses import NEVER_NS, NOT_ICAO, WAY_ADSB, WAY_GROUND
from skydas.formats._modes.quality import EPU_M, LINEAR_95, RADIAL_95, VERTICAL_95_M
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
_STEP_AIR_M: Final = 5.1  # of CPR in latitude
_STEP_SURFACE_M: Final = 1.3
_EMERGENCY_CODES: Final = (0o7500, 0o7600, 0o7700)
_ICAO: Final = 0xFF_FFFF
_NOT_ICAO_NAME: Final = "~{:06x}"

# Emitter category (type code << 4 | category) -> ObjectClass + 1; the others may be several classes
_CLASS_WORD: Final = np.zeros(256, np.uint16)
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
    _CLASS_WORD[_category] = _class + 1


def plots_of(points: Rows, t_ns: IntArray, rx_ns: IntArray, time_flags: IntArray, seq: int) -> Rows:
    """Return one plot a point, PLOT (n,).

    points     : ADDRESS (n,), as the addresses were at the position
    t_ns       : (n,) measured; rx_ns : (n,) received
    time_flags : (n,) PlotFlag.TIME_ASSUMED or 0
    seq        : running number of the first
    """
    plots = empty_plots(len(points))
    if not len(points):
        return plots
    key = points["key"]
    plots["t_ns"], plots["rx_ns"] = t_ns, rx_ns
    plots["sensor"] = SENSOR_UNKNOWN
    plots["kind"] = PlotKind.POSITION
    plots["flags"] = _flags(points, t_ns) | time_flags
    plots["latitude_rad"] = np.radians(points["latitude_deg"])
    plots["longitude_rad"] = np.radians(points["longitude_deg"])
    plots["height_hae_m"] = points["height_hae_m"]
    plots["height_pressure_m"] = points["height_pressure_m"]
    _fill_cov(plots["cov"], points)
    plots["mode_s"] = np.where(key & NOT_ICAO, 0, key & _ICAO)
    for row in np.flatnonzero(key & NOT_ICAO):
        plots["object"][row] = object_key(name_of(int(key[row])))
    plots["mode_3a"] = points["mode_3a"]
    plots["callsign"] = points["callsign"].astype(">i8").view("S8")
    plots["class_word"] = _CLASS_WORD[points["category"]]
    for column, name in enumerate(("nic", "nac_p", "nac_v", "sil")):
        plots["quality"][:, column] = points[name]
    plots["seq"] = (seq + np.arange(len(points))) & 0xFFFF_FFFF
    return plots


def name_of(key: int) -> str:
    """Return the text that stands for an address which ICAO did not give."""
    return _NOT_ICAO_NAME.format(key & _ICAO)


def names_of(points: Rows) -> dict[int, str]:
    """Return object key -> name for the addresses that ICAO did not give."""
    names = (name_of(int(key)) for key in points["key"] if key & NOT_ICAO)
    return {object_key(name): name for name in names}


def _flags(points: Rows, t_ns: IntArray) -> IntArray:
    """Return PlotFlag, (n,)."""
    way = points["key"] >> 24 & 3
    flags = np.where(points["key"] & NOT_ICAO, 0, int(PlotFlag.MODE_S))
    # What others located is no claim; what was relayed is one, but no evidence of its own.
    flags |= np.where(way == WAY_GROUND, int(PlotFlag.MLAT), int(PlotFlag.CLAIM))
    flags |= np.where((way != WAY_GROUND) & (way != WAY_ADSB), int(PlotFlag.DERIVED), 0)
    flags |= np.where(points["on_ground"] != 0, int(PlotFlag.ON_GROUND), 0)
    ident = (points["ident_ns"] != NEVER_NS) & (np.abs(t_ns - points["ident_ns"]) <= IDENT_S_MAX * NS_PER_S)
    flags |= np.where(ident, int(PlotFlag.IDENT), 0)
    emergency = (points["alert"] != 0) | (points["emergency"] != 0) | np.isin(points["mode_3a"], _EMERGENCY_CODES)
    return flags | np.where(emergency, int(PlotFlag.EMERGENCY), 0)


def _fill_cov(cov: Rows, points: Rows) -> None:
    """Fill the covariance of (east, north, up) where NACp and GVA say it, (n, 6); the step of the grid comes on top."""
    step_m = np.where(points["on_ground"] != 0, _STEP_SURFACE_M, _STEP_AIR_M)
    horizontal_m2 = (EPU_M[points["nac_p"]] / RADIAL_95) ** 2 + step_m**2 / 12.0
    known = np.isfinite(horizontal_m2)
    cov[:, 0] = cov[:, 3] = horizontal_m2
    cov[known, 1] = cov[known, 2] = cov[known, 4] = 0.0
    cov[:, 5] = np.where(np.isfinite(points["height_hae_m"]), (VERTICAL_95_M[points["gva"]] / LINEAR_95) ** 2, np.nan)


