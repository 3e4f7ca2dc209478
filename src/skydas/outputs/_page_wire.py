"""What the page gets: frames of packed track records. `docs/wire.md` is the standard, this the code.

header, 16 octets    u1 kind, u1 version, u2 reserved, u4 seq, i8 now_ns
kinds 1 and 2        u4 count, u4 0, then count records of 40 octets
kind 3               UTF-8 JSON
"""

from __future__ import annotations

import struct
from typing import Final

import msgspec
import numpy as np

from skydas.geo.frames import MEAN_RADIUS_M
from skydas.model import NS_PER_S, FloatArray, ObjectClass, Rows, TrackFlag, TrackStatus
from skydas.outputs._texts import Text

KIND_SNAPSHOT: Final = 1
KIND_UPDATE: Final = 2
KIND_TEXT: Final = 3
WIRE_VERSION: Final = 1
HEIGHT_UNKNOWN_DM: Final = -(2**31)

RECORD: Final = np.dtype(
    [
        ("track_no", "<u4"),
        ("latitude", "<i4"),  # 1e-7 deg
        ("longitude", "<i4"),  # 1e-7 deg
        ("height_hae_dm", "<i4"),  # -2^31 not known
        ("v_east_dmps", "<i2"),
        ("v_north_dmps", "<i2"),
        ("v_up_dmps", "<i2"),
        ("status", "u1"),
        ("identity", "u1"),
        ("class", "u1"),
        ("origin", "u1"),
        ("threat", "u1"),
        ("flags", "u1"),
        ("sigma_m", "<u2"),  # horizontal, 1 sigma
        ("age_ds", "<u2"),  # since the last plot
        ("mode_s", "<u4"),
        ("mode_3a", "<u2"),
        ("sensor_count", "<u2"),
    ]
)
assert RECORD.itemsize == 40

_HEADER: Final = struct.Struct("<BBHIq")
_COUNT: Final = struct.Struct("<II")
_PAGE_FLAGS: Final = (
    (TrackFlag.HEIGHT_ASSUMED, 1 << 0),
    (TrackFlag.GROUP, 1 << 1),
    (TrackFlag.CLAIM_ONLY, 1 << 2),
    (TrackFlag.ON_GROUND, 1 << 3),
    (TrackFlag.EMERGENCY, 1 << 4),
    (TrackFlag.PARTNER, 1 << 5),
)


def tracks_frame(kind: int, seq: int, now_ns: int, rows: Rows) -> bytes:
    """Return a snapshot or an update: TRACK (k,), each moved on to `now_ns`."""
    body = records(rows, now_ns)
    head = _HEADER.pack(kind, WIRE_VERSION, 0, seq & 0xFFFF_FFFF, now_ns)
    return head + _COUNT.pack(len(body), 0) + body.tobytes()


def text_frame(seq: int, now_ns: int, text: Text) -> bytes:
    """Return a text."""
    return _HEADER.pack(KIND_TEXT, WIRE_VERSION, 0, seq & 0xFFFF_FFFF, now_ns) + msgspec.json.encode(text)


def records(rows: Rows, now_ns: int) -> Rows:
    """Return RECORD (k,) for TRACK (k,), positions moved on to `now_ns`; without a position only those that dropped."""
    placed = np.isfinite(rows["latitude_deg"]) & np.isfinite(rows["longitude_deg"])
    shown = placed | (rows["status"] == TrackStatus.DROPPED)
    if not shown.all():
        rows = rows[shown]
    latitude_deg, longitude_deg, height_m = moved_on(rows, now_ns)
    out = np.zeros(len(rows), RECORD)
    for name in ("track_no", "status", "identity", "origin", "mode_s", "mode_3a"):
        out[name] = rows[name]
    out["latitude"] = np.rint(np.nan_to_num(latitude_deg) * 1e7)
    out["longitude"] = np.rint(np.nan_to_num(longitude_deg) * 1e7)
    out["height_hae_dm"] = np.where(np.isnan(height_m), HEIGHT_UNKNOWN_DM, _limited(height_m * 10.0, 2**31 - 1))
    velocity = _limited(rows["velocity_mps"] * 10.0, 32_767)
    for axis, name in enumerate(("v_east_dmps", "v_north_dmps", "v_up_dmps")):
        out[name] = velocity[:, axis]
    probability = rows["class_probability"]
    out["class"] = np.where(np.isnan(probability[:, 0]), ObjectClass.UNKNOWN, np.argmax(probability, axis=1))
    out["threat"] = _limited(rows["threat"] * 255.0, 255)
    flags = rows["flags"]
    for flag, bit in _PAGE_FLAGS:
        out["flags"] |= ((flags & flag) != 0).astype(np.uint8) * np.uint8(bit)
    cov = rows["cov"]
    out["sigma_m"] = _limited(np.sqrt(np.maximum(cov[:, 0], cov[:, 6])), 65_535, unknown=65_535)
    age_s = (now_ns - rows["last_plot_ns"]) / NS_PER_S
    out["age_ds"] = np.clip(age_s * 10.0, 0, 65_535)
    out["sensor_count"] = np.bitwise_count(rows["sensors"])
    return out


def moved_on(rows: Rows, now_ns: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return latitude (deg), longitude (deg) and height (m) at `now_ns`, by each track's own velocity.

    On the mean sphere: at 300 m/s and 10 s, within 10 m of the ellipsoid, far below a pixel.
    """
    age_s = (now_ns - rows["t_ns"]) / NS_PER_S
    step_m = np.nan_to_num(rows["velocity_mps"]) * age_s[:, None]
    latitude_deg = rows["latitude_deg"] + np.degrees(step_m[:, 1] / MEAN_RADIUS_M)
    parallel_m = MEAN_RADIUS_M * np.maximum(np.cos(np.radians(latitude_deg)), 1e-6)
    longitude_deg = rows["longitude_deg"] + np.degrees(step_m[:, 0] / parallel_m)
    longitude_deg = (longitude_deg + 180.0) % 360.0 - 180.0
    return np.clip(latitude_deg, -90.0, 90.0), longitude_deg, rows["height_hae_m"] + step_m[:, 2]


def _limited(values: FloatArray, magnitude_max: int, unknown: float = 0.0) -> FloatArray:
    """Return `values` rounded and within what the field can hold; NaN becomes `unknown`."""
    return np.clip(np.rint(np.nan_to_num(values, nan=unknown)), -magnitude_max, magnitude_max)
