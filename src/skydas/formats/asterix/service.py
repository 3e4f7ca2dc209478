"""What sensors and systems say about themselves: CAT002, 010 (messages 2 to 4), 023, 034, 063 and 065 as SensorReports.

010  SAC:8 SIC:8                       120  I034: height 1 m:16, latitude, longitude 180/2**23 deg:24
030  time of day 1/128 s:24 (023: 070) 050  I063: SAC and SIC of the sensor that the report is about
000  1 north mark, 2 sector crossing   050  I034: compound, COM = NOGO RDPC RDPR OVLRDP OVLXMT MSC TSV -
020  azimuth of the sector 360/256 deg 060  I063: CON:2 ...
041  period of rotation 1/128 s:16     040  I065: NOGO:2 OVL TSV PSS:2 ...
                                       100  I023: NOGO ODP OXT MSC TSV ...
"""

from __future__ import annotations

from typing import Final, Literal

from skydas.formats.asterix.kernel import ABOUT, MESSAGE, PERIOD, POSITION, SECTOR, STATE
from skydas.formats.asterix.octets import DAY_TICKS, Octets, signed, u16, u24
from skydas.formats.asterix.plots_radar import SOURCE, TIME
from skydas.model import SENSOR_UNKNOWN, TAU, IntArray, SensorReport, time_of_day_ns

What = Literal["north", "sector", "status", "position", "other"]
_NORTH, _SECTOR = 1, 2
_CONNECTION_063: Final = ("operational", "degraded", "initialising", "not_connected")
_NOGO_065: Final = ("operational", "degraded", "not_connected", "not_known")


def sensor_report(octets: Octets, category: int, at: IntArray, rx_ns: int) -> SensorReport:
    """Return the report of a record whose items begin at `at` (see SLOTS_SERVICE)."""
    source = int(u16(octets, at[SOURCE])) if at[SOURCE] else SENSOR_UNKNOWN
    ticks = int(u24(octets, at[TIME])) if at[TIME] else DAY_TICKS
    t_ns = time_of_day_ns(rx_ns, ticks / 128.0) if ticks < DAY_TICKS else rx_ns
    if category == 10:
        return SensorReport(t_ns, source, "status", words={"category": "010"})
    words = {"category": f"{category:03d}"}
    message = int(octets[at[MESSAGE]]) if at[MESSAGE] else 0
    if message:
        words["message"] = str(message)
    if at[STATE]:
        words["state"] = _state(octets, category, int(at[STATE]))
    sensor = source
    if category == 63 and at[ABOUT]:
        sensor = int(u16(octets, at[ABOUT]))
        words["reported_by"] = f"{source >> 8}/{source & 0xFF}"
    latitude_deg, longitude_deg, height_m = _place(octets, int(at[POSITION]))
    return SensorReport(
        t_ns,
        sensor,
        _what(category, message),
        azimuth_true_rad=int(octets[at[SECTOR]]) * (TAU / 256.0) if at[SECTOR] else None,
        period_s=int(u16(octets, at[PERIOD])) / 128.0 if at[PERIOD] else None,
        latitude_deg=latitude_deg,
        longitude_deg=longitude_deg,
        height_hae_m=height_m,
        words=words,
    )


def _what(category: int, message: int) -> What:
    if category in (2, 34):
        if message == _NORTH:
            return "north"
        return "sector" if message == _SECTOR else "other"
    return "status"


def _place(octets: Octets, at: int) -> tuple[float | None, float | None, float | None]:
    """Return latitude, longitude (deg) and height (m) of I034/120; None for each without it."""
    if not at:
        return None, None, None
    per_count_deg = 180.0 / 2.0**23
    latitude_deg = int(signed(u24(octets, at + 2), 24)) * per_count_deg
    longitude_deg = int(signed(u24(octets, at + 5), 24)) * per_count_deg
    return latitude_deg, longitude_deg, float(signed(u16(octets, at), 16))


def _state(octets: Octets, category: int, at: int) -> str:
    """Return in a word whether what it sends may be used."""
    if category == 63:
        return _CONNECTION_063[int(octets[at]) >> 6]
    if category == 65:
        return _NOGO_065[int(octets[at]) >> 6]
    if category == 34:
        if not octets[at] & 0x80:
            return "not_known"
        at += 1
    return "not_released" if octets[at] & 0x80 else "operational"
