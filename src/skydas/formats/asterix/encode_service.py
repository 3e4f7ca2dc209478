"""What a sensor or a system says about itself: CAT034 edition 1.29 and CAT065 edition 1.6, one record at a time.

CAT034, in the order of the FSPEC:
    010 SAC, SIC                          020 sector, azimuth 360/256 deg
    000 message: 1 north mark, 2 sector   041 period of rotation 1/128 s
    030 time of day 1/128 s               120 height 1 m, latitude and longitude 180/2**23 deg
CAT065:
    010 SAC, SIC                          030 time of day 1/128 s
    000 message: 1 status, 2 end of batch 020 number of the batch
    015 service, 1                        040 NOGO:2 OVL TSV PSS:2 STTN -
"""

from __future__ import annotations

import math

from skydas.formats.asterix.octets import ticks_of_day
from skydas.model import TAU, SensorReport

_NORTH, _SECTOR = 1, 2


def fspec(frns: list[int]) -> bytes:
    """Return the FSPEC with the bits of `frns` (from 1, rising)."""
    octets = bytearray((frns[-1] + 6) // 7)
    for frn in frns:
        octets[(frn - 1) // 7] |= 0x80 >> (frn - 1) % 7
    for place in range(len(octets) - 1):
        octets[place] |= 1
    return bytes(octets)


def record_034(report: SensorReport, sac: int, sic: int) -> bytes:
    """Return the record of a report: a sector when it has an azimuth that is not north, a north mark otherwise."""
    azimuth_rad = report.azimuth_true_rad
    sector = report.what == "sector"
    frns = [1, 2, 3]
    body = bytes((sac, sic, _SECTOR if sector else _NORTH)) + int(ticks_of_day(report.t_ns)).to_bytes(3, "big")
    if sector:
        frns.append(4)
        body += bytes((math.floor((azimuth_rad or 0.0) / TAU * 256.0 + 1e-9) & 0xFF,))
    if report.period_s is not None:
        frns.append(5)
        body += min(round(report.period_s * 128.0), 0xFFFF).to_bytes(2, "big")
    if report.latitude_deg is not None and report.longitude_deg is not None:
        frns.append(11)
        body += round(report.height_hae_m or 0.0).to_bytes(2, "big", signed=True)
        body += min(round(report.latitude_deg / 180.0 * 2**23), 2**23 - 1).to_bytes(3, "big", signed=True)
        body += min(round(report.longitude_deg / 180.0 * 2**23), 2**23 - 1).to_bytes(3, "big", signed=True)
    return fspec(frns) + body


def record_065(t_ns: int, sac: int, sic: int, batch: int | None, released: bool) -> bytes:
    """Return the record of a status, or of the end of a batch when that has a number."""
    head = bytes((sac, sic, 1 if batch is None else 2, 1)) + int(ticks_of_day(t_ns)).to_bytes(3, "big")
    state = 0 if released else 0x40
    if batch is None:
        return fspec([1, 2, 3, 4, 6]) + head + bytes((state,))
    return fspec([1, 2, 3, 4, 5, 6]) + head + bytes((batch & 0xFF, state))
