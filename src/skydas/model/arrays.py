"""PLOT and TRACK: what is many is a row in a little-endian structured array, with the unit last in each name.

NaN means not known, never 0. In integer fields the value that means "not known" is named below.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from skydas.model.enums import ObjectClass

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.void]  # a structured array: PLOT or TRACK, as the name says

MODE_S_UNKNOWN: Final = 0
MODE_3A_UNKNOWN: Final = 0xFFFF
SENSOR_UNKNOWN: Final = 0xFFFF_FFFF
ASSET_NONE: Final = 0xFFFF
QUALITY_UNKNOWN: Final = 0xFF
CLASS_COUNT: Final = len(ObjectClass)
PROVISIONAL_NO: Final = 1 << 31  # from here on numbers of tracks are provisional: those of tentative ones

PLOT: Final = np.dtype(
    [
        ("t_ns", "<i8"),  # measured, UTC
        ("rx_ns", "<i8"),  # received, UTC
        ("sensor", "<u4"),  # from a decoder: its wire key (sensor_key); in the node: the row of the sensor table
        ("kind", "u1"),  # PlotKind
        ("flags", "<u4"),  # PlotFlag
        ("range_m", "<f8"),  # slant range; TDOA: difference of ranges
        ("azimuth_true_rad", "<f8"),  # 0 .. tau, clockwise from true north at the sensor
        ("elevation_rad", "<f8"),  # above the sensor's local horizontal
        ("range_rate_mps", "<f8"),  # positive: going away
        ("latitude_rad", "<f8"),
        ("longitude_rad", "<f8"),
        ("height_hae_m", "<f8"),  # above the WGS-84 ellipsoid
        ("height_pressure_m", "<f8"),  # Mode C or barometric, 1013.25 hPa
        (
            "cov",
            "<f8",
            (6,),
        ),  # upper triangle by rows, in its own coordinates (see PlotKind); NaN: as configured
        ("mode_s", "<u4"),  # 24-bit address; 0 not known
        ("mode_3a", "<u2"),  # 12 bits; 0xFFFF not known
        ("callsign", "S8"),
        ("object", "<u8"),  # hash of the sender's own name for it (object_key); TDOA: key of the second receiver
        ("class_word", "<u2"),  # ObjectClass the sensor named, plus one; 0 none
        ("rcs_db", "<f4"),  # dBsm
        ("snr_db", "<f4"),  # strength: over noise, or in dBm, as the sensor has it
        ("quality", "u1", (4,)),  # NIC, NACp, NACv, SIL; 0xFF not known
        ("seq", "<u4"),  # running number of the decoder; one number for all rows of a TDOA group
    ]
)

TRACK: Final = np.dtype(
    [
        ("t_ns", "<i8"),  # instant the state is valid for, UTC
        ("track_no", "<u4"),  # counter of the node, from 1
        ("status", "u1"),  # TrackStatus
        ("flags", "<u4"),  # TrackFlag
        ("position_enu_m", "<f8", (3,)),  # in the node's tangent plane
        ("velocity_mps", "<f8", (3,)),  # east, north, up at the track's own place
        ("cov", "<f8", (21,)),  # upper triangle by rows of (position_enu_m, velocity in the node's plane)
        ("latitude_deg", "<f8"),
        ("longitude_deg", "<f8"),
        ("height_hae_m", "<f8"),
        ("height_agl_m", "<f4"),
        ("existence", "<f4"),  # probability
        ("mode_probability", "<f4", (3,)),  # quiet, manoeuvring, hovering
        ("sensors", "<u8"),  # bit set over the sensor table; bit 63 is any sensor from row 63 on
        ("last_plot_ns", "<i8"),
        ("mode_s", "<u4"),
        ("mode_3a", "<u2"),
        ("callsign", "S8"),
        ("group", "<u4"),  # 0 none
        ("group_count", "<u2", (2,)),  # at least, at most
        ("class_probability", "<f4", (CLASS_COUNT,)),
        ("identity", "u1"),  # Identity
        ("threat", "<f4"),  # 0 .. 1
        ("threat_asset", "<u2"),  # 0xFFFF none
        ("label", "<u2"),  # row of the table of release labels
        ("origin", "u1"),  # Origin
        ("revised_from_ns", "<i8"),  # 0: nothing earlier changed
    ]
)

_PLOT_UNKNOWN = np.zeros(1, PLOT)
for _name in ("range_m", "azimuth_true_rad", "elevation_rad", "range_rate_mps", "latitude_rad", "longitude_rad"):
    _PLOT_UNKNOWN[_name] = np.nan
for _name in ("height_hae_m", "height_pressure_m", "cov", "rcs_db", "snr_db"):
    _PLOT_UNKNOWN[_name] = np.nan
_PLOT_UNKNOWN["sensor"] = SENSOR_UNKNOWN
_PLOT_UNKNOWN["mode_3a"] = MODE_3A_UNKNOWN
_PLOT_UNKNOWN["quality"] = QUALITY_UNKNOWN

_TRACK_UNKNOWN = np.zeros(1, TRACK)
for _name in ("position_enu_m", "velocity_mps", "cov", "latitude_deg", "longitude_deg", "height_hae_m"):
    _TRACK_UNKNOWN[_name] = np.nan
for _name in ("height_agl_m", "existence", "mode_probability", "class_probability", "threat"):
    _TRACK_UNKNOWN[_name] = np.nan
_TRACK_UNKNOWN["mode_3a"] = MODE_3A_UNKNOWN
_TRACK_UNKNOWN["threat_asset"] = ASSET_NONE


def empty_plots(count: int) -> Rows:
    """Return `count` plots in which nothing is known yet, PLOT (count,)."""
    return np.repeat(_PLOT_UNKNOWN, count)


def empty_tracks(count: int) -> Rows:
    """Return `count` tracks in which nothing is known yet, TRACK (count,)."""
    return np.repeat(_TRACK_UNKNOWN, count)


def rows_from(octets: bytes, dtype: np.dtype[Any]) -> Rows:
    """Return a read-only view of raw rows as written by `tobytes`."""
    return np.frombuffer(octets, dtype)


def copy_rows(rows: Rows) -> Rows:
    """Return a writable copy; by way of the octets, because NumPy copies structured arrays field by field."""
    return np.frombuffer(bytearray(rows.tobytes()), rows.dtype)


def chosen_rows(rows: Rows, at: IntArray | BoolArray) -> Rows:
    """Return a writable copy of some rows, by number or mask; as whole octets, for the same reason."""
    chosen: Rows = rows.view(np.dtype((np.void, rows.dtype.itemsize)))[at].view(rows.dtype)
    return chosen
