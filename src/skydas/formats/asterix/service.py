"""What sensors and systems say about themselves: CAT002, 010 (messages 2 to 4), 023, 034, 063 and 065 as SensorReports.

010  SAC:8 SIC:8                       120  I034: height 1 m:16, latitude, longitude 180/2**23 deg:24
030  time of day 1/128 s:24 (023: 070) 050  I063: SAC and SIC of the sensor that the report is about
000  1 north mark, 2 sector crossing   050  I034: compound, COM = NOGO RDPC RDPR OVLRDP OVLXMT MSC TSV -
020  azimuth of the sector 360/256 deg 060  I063: CON:2 ...
041  period of rotation 1/128 s:16     040  I065: NOGO:2 OVL TSV PSS:2 ...
                                       100  I023: NOGO ODP OXT MSC TSV ...
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from skydas.formats.asterix.kernel import ABOUT, MESSAGE, PERIOD, POSITION, SECTOR, STATE
from skydas.formats.asterix.octets import DAY_TICKS
from skydas.formats.asterix.plots_radar import SOURCE, TIME
from skydas.model import SENSOR_UNKNOWN, TAU, SensorReport, time_of_day_ns

What = Literal["north", "sector", "status", "position", "other"]
_NORTH, _SECTOR = 1, 2
_TEXTS: Final = tuple(f"{category:03d}" for category in range(256))
_NUMBERS: Final = tuple(str(message) for message in range(256))
_CONNECTION_063: Final = ("operational", "degraded", "initialising", "not_connected")
_NOGO_065: Final = ("operational", "degraded", "not_connected", "not_known")


def sensor_report(payload: bytes, category: int, at: Sequence[int], rx_ns: int) -> SensorReport:
    """Return the report of a record of `payload` whose items begin at `at`, by slot (SLOTS_SERVICE); 0: not there."""
    source = _number(payload, at[SOURCE], 2) if at[SOURCE] else SENSOR_UNKNOWN
    ticks = _number(payload, at[TIME], 3) if at[TIME] else DAY_TICKS
    t_ns = time_of_day_ns(rx_ns, ticks / 128.0) if ticks < DAY_TICKS else rx_ns
    if category == 10:
        return SensorReport(t_ns, source, "status", words={"category": _TEXTS[category]})
    words = {"category": _TEXTS[category]}
    message = payload[at[MESSAGE]] if at[MESSAGE] else 0
    if message:
        words["message"] = _NUMBERS[message]
    if at[STATE]:
        words["state"] = _state(payload, category, at[STATE])
    sensor = source
    if category == 63 and at[ABOUT]:
        sensor = _number(payload, at[ABOUT], 2)
        words["reported_by"] = f"{source >> 8}/{source & 0xFF}"
    latitude_deg, longitude_deg, height_m = _place(payload, at[POSITION])
    return SensorReport(
        t_ns,
        sensor,
        _what(category, message),
        azimuth_true_rad=payload[at[SECTOR]] * (TAU / 256.0) if at[SECTOR] else None,
        period_s=_number(payload, at[PERIOD], 2) / 128.0 if at[PERIOD] else None,
        latitude_deg=latitude_deg,
        longitude_deg=longitude_deg,
        height_hae_m=height_m,
        words=words,
    )


def _number(payload: bytes, at: int, octets: int, *, is_signed: bool = False) -> int:
    return int.from_bytes(payload[at : at + octets], "big", signed=is_signed)


def _what(category: int, message: int) -> What:
    if category in (2, 34):
        if message == _NORTH:
            return "north"
        return "sector" if message == _SECTOR else "other"
    return "status"


def _place(payload: bytes, at: int) -> tuple[float | None, float | None, float | None]:
    """Return latitude, longitude (deg) and height (m) of I034/120; None for each without it."""
    if not at:
        return None, None, None
    per_count_deg = 180.0 / 2.0**23
    latitude_deg = _number(payload, at + 2, 3, is_signed=True) * per_count_deg
    longitude_deg = _number(payload, at + 5, 3, is_signed=True) * per_count_deg
    return latitude_deg, longitude_deg, float(_number(payload, at, 2, is_signed=True))


def _state(payload: bytes, category: int, at: int) -> str:
    """Return in a word whether what it sends may be used."""
    if category == 63:
        return _CONNECTION_063[payload[at] >> 6]
    if category == 65:
        return _NOGO_065[payload[at] >> 6]
    if category == 34:
        if not payload[at] & 0x80:
            return "not_known"
        at += 1
    return "not_released" if payload[at] & 0x80 else "operational"
