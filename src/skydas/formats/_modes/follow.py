"""The kernel: Mode S frames in order -> the table of addresses, and a point for each position that is believed.

DF 17, DF 18   extended squitter: its own parity proves it; makes a row for its address
DF 4, 5, 20, 21, 0, 16   replies: their parity is under the address, so one wrong bit makes another address: used only
               for addresses that a squitter named, and a Mode A code only when it came twice
DF 11          all-call reply: nothing that a plot needs
"""

# mypy: disable-error-code="no-any-return, return-value"
# (NumPy's int64 and float64 are Python's int and float to numba.)

from __future__ import annotations

from enum import IntEnum
from typing import Final

import numpy as np
from numba import njit

from skydas.formats._modes import cpr, fields, quality
from skydas.formats._modes.addresses import (
    ADDRESS_AGE_NS_MAX,
    ADDRESS_AGE_S_MAX,
    NEVER_NS,
    NOT_ICAO,
    WAY_ADSB,
    WAY_GROUND,
    WAY_RELAYED,
    Record,
    slot_of,
)
from skydas.model import FT_M, KT_MPS, NS_PER_S, FloatArray, IntArray, Rows

PAIR_S_MAX: Final = 10.0  # in the air
PAIR_SURFACE_FAST_S_MAX: Final = 25.0
PAIR_SURFACE_SLOW_S_MAX: Final = 50.0  # at 25 kt or less
REPEAT_S_MAX: Final = 0.2  # a position is sent every 0.4 s or less often: the same one sooner is a copy
REFUSED_MAX: Final = 4  # then the old position is the one that was wrong
TIME_SLACK_S: Final = 1.0  # time stamps of whole seconds still pass the check of speed
DISTANCE_SLACK_M: Final = 500.0
SPEED_ON_GROUND_MPS_MAX: Final = 150.0
NEAR_SURFACE_S_MAX: Final = 180.0  # half a zone is 45 NM there
_DIFFERENCE_S_MAX: Final = 60.0
_REPLY_HEIGHT_S_MAX: Final = 10.0
_OVERLAY_MAX: Final = 79  # of an all-call reply: four codes of 16 interrogators, and 0 for a squitter

_NS: Final = 1.0 / NS_PER_S
_SLOW_MPS: Final = 25.0 * KT_MPS


class Mark(IntEnum):
    """What the wire says of a frame beside its octets."""

    NONE = 0
    MLAT = 1  # made by a multilateration server
    RELAYED = 2  # made from another link's report


class Reason(IntEnum):
    """Why a frame gave no point though it should have; `REASONS` holds their names."""

    USED = 0
    LENGTH_NOT_VALID = 1
    CRC_FAILED = 2
    DF_NOT_READ = 3
    ADDRESS_NOT_VALID = 4
    ADDRESS_NOT_CONFIRMED = 5
    TISB_NOT_READ = 6
    POSITION_WITHOUT_PAIR = 7
    PAIR_ACROSS_ZONES = 8
    SURFACE_WITHOUT_REFERENCE = 9
    POSITION_TOO_FAR = 10
    POSITION_TOO_FAST = 11
    POSITION_REPEATED = 12
    ADDRESS_DROPPED = 13


REASONS: Final = tuple(reason.name.lower() for reason in Reason)

# plain numbers for the kernel
_LENGTH_NOT_VALID: Final = int(Reason.LENGTH_NOT_VALID)
_CRC_FAILED: Final = int(Reason.CRC_FAILED)
_DF_NOT_READ: Final = int(Reason.DF_NOT_READ)
_ADDRESS_NOT_VALID: Final = int(Reason.ADDRESS_NOT_VALID)
_ADDRESS_NOT_CONFIRMED: Final = int(Reason.ADDRESS_NOT_CONFIRMED)
_TISB_NOT_READ: Final = int(Reason.TISB_NOT_READ)
_POSITION_WITHOUT_PAIR: Final = int(Reason.POSITION_WITHOUT_PAIR)
_PAIR_ACROSS_ZONES: Final = int(Reason.PAIR_ACROSS_ZONES)
_SURFACE_WITHOUT_REFERENCE: Final = int(Reason.SURFACE_WITHOUT_REFERENCE)
_POSITION_TOO_FAR: Final = int(Reason.POSITION_TOO_FAR)
_POSITION_TOO_FAST: Final = int(Reason.POSITION_TOO_FAST)
_POSITION_REPEATED: Final = int(Reason.POSITION_REPEATED)
_RELAYED: Final = int(Mark.RELAYED)
_MLAT: Final = int(Mark.MLAT)
_FULL: Final = -1  # instead of a reason: no row is free


@njit(cache=True)
def _take(
    frame: fields.Octets,
    length: int,
    t_ns: int,
    mark: int,
    limits: FloatArray,
    table: Rows,
    slots: IntArray,
    count: IntArray,
) -> tuple[int, int]:
    """Return the reason (0: used) and the row of the table whose new position is a point, or -1."""
    head = np.int64(frame[0]) >> 3
    df = head if head < 24 else np.int64(24)
    if length != (fields.LONG_OCTETS if df >= 16 else fields.SHORT_OCTETS):
        return _LENGTH_NOT_VALID, -1
    rest = fields.parity_rest(frame, length)
    if df == 17 or df == 18:
        if rest != 0:
            return _CRC_FAILED, -1
        return _squitter(frame, df, t_ns, mark, limits, table, slots, count)
    if df == 11:
        return (_CRC_FAILED if rest > _OVERLAY_MAX else 0), -1
    if df == 0 or df == 4 or df == 5 or df == 16 or df == 20 or df == 21:
        return _reply(frame, df, rest, t_ns, table, slots), -1
    return _DF_NOT_READ, -1


@njit(cache=True)
def _reply(frame: fields.Octets, df: int, address: int, t_ns: int, table: Rows, slots: IntArray) -> int:
    """Take a reply into every row of its address; return the reason.

    octet 1 bits 6-8, DF 4, 5, 20, 21: FS, flight status: 4 and 5 are the pilot's ident
    """
    reason = _ADDRESS_NOT_CONFIRMED
    code = fields.code_13(frame)
    for way in range(3):
        row = slots[slot_of(address | way << 24, table, slots)]
        if row < 0 or abs(t_ns - table[row].last_ns) > ADDRESS_AGE_NS_MAX:
            continue
        reason = 0
        known = table[row]
        known.last_ns = t_ns
        status = np.int64(frame[0]) & 7
        if df != 0 and df != 16 and (status == 4 or status == 5):
            known.ident_ns = t_ns
        if df == 5 or df == 21:
            mode_3a = fields.mode_3a_of(code)
            if mode_3a == np.int64(known.mode_3a_once):
                known.mode_3a = mode_3a
            known.mode_3a_once = mode_3a
        else:
            height_ft = fields.altitude_ft_of(code)
            if not np.isnan(height_ft):
                known.reply_height_m = height_ft * FT_M
                known.reply_height_ns = t_ns
    return reason


@njit(cache=True)
def _way_of(df: int, cf: int, mark: int, message: int, typecode: int) -> int:
    """Return the way and the NOT_ICAO bit of a key, or -1 if nobody says what the address is.

    DF 18 CF  0 ADS-B; 1 ADS-B, own number; 2 TIS-B; 3 TIS-B coarse; 4 TIS-B management; 5 TIS-B, own number; 6 ADS-R
    IMF       in 2 and 6: the address is not ICAO's; a bit whose place depends on the type
    """
    way = WAY_ADSB
    not_icao = 0
    if df == 18:
        if cf == 3 or cf == 4 or cf == 7:
            return -1
        if cf == 1 or cf == 5:
            not_icao = NOT_ICAO
        if cf == 2 or cf == 5:
            way = WAY_GROUND
        if cf == 6:
            way = WAY_RELAYED
        if cf == 2 or cf == 6:
            at = 0
            if 5 <= typecode <= 8:
                at = 21
            elif 9 <= typecode <= 18 or 20 <= typecode <= 22:
                at = 8
            elif typecode == 19:
                at = 9
            elif typecode == 31:
                at = 56
            if at and fields.bits(message, at, at):
                not_icao = NOT_ICAO
    if mark == _MLAT:
        way = WAY_GROUND
    elif mark == _RELAYED:
        way = WAY_RELAYED
    return way << 24 | not_icao


@njit(cache=True)
def _squitter(
    frame: fields.Octets,
    df: int,
    t_ns: int,
    mark: int,
    limits: FloatArray,
    table: Rows,
    slots: IntArray,
    count: IntArray,
) -> tuple[int, int]:
    """Take an intact DF 17 or 18; as `_take`."""
    address = fields.announced_address(frame)
    if address == 0:
        return _ADDRESS_NOT_VALID, -1
    message = fields.message_of(frame)
    typecode = fields.bits(message, 1, 5)
    way = _way_of(df, np.int64(frame[0]) & 7, mark, message, typecode)
    if way < 0:
        return _TISB_NOT_READ, -1
    key = address | way
    slot = slot_of(key, table, slots)
    row = slots[slot]
    blank = len(table) - 1
    if row < 0:
        if count[0] == blank:
            return _FULL, -1
        row = count[0]
        count[0] += 1
        slots[slot] = row
        table[row] = table[blank]
    elif abs(t_ns - table[row].last_ns) > ADDRESS_AGE_NS_MAX:
        table[row] = table[blank]
    known = table[row]
    known.key = key
    known.last_ns = t_ns
    if 5 <= typecode <= 18 or 20 <= typecode <= 22:
        reason = _position(known, message, typecode, way, t_ns, limits)
        return reason, (row if reason == 0 else -1)
    _describe(known, message, typecode, t_ns)
    return 0, -1


@njit(cache=True)
def _describe(known: Record, message: int, typecode: int, t_ns: int) -> None:
    """Take what a squitter without a position says.

    1-4   callsign and category       19    NACv and GNSS height less pressure height
    28    emergency and Mode A        29    NACp and SIL (subtype 0: version 1, 1: version 2)
    31    version, NIC supplements, NACp, SIL, GVA
    """
    if 1 <= typecode <= 4:
        callsign = fields.callsign_of(message)
        if callsign != 0:
            known.callsign = callsign
        known.category = typecode << 4 | fields.bits(message, 6, 8)
    elif typecode == 19 and 1 <= fields.bits(message, 6, 8) <= 4:
        known.nac_v = fields.bits(message, 11, 13)
        steps = fields.bits(message, 50, 56)
        if steps:
            sign = -1.0 if fields.bits(message, 49, 49) else 1.0
            known.difference_m = sign * (steps - 1) * 25.0 * FT_M
            known.difference_ns = t_ns
    elif typecode == 28 and fields.bits(message, 6, 8) == 1:
        known.emergency = fields.bits(message, 9, 11)
        mode_3a = fields.mode_3a_of(fields.bits(message, 12, 24))
        if mode_3a:
            known.mode_3a = mode_3a
    elif typecode == 29 and fields.bits(message, 6, 7) <= 1:
        if np.int64(known.version) == quality.UNKNOWN:
            known.version = 1 + fields.bits(message, 6, 7)
        known.nac_p = fields.bits(message, 40, 43)
        known.sil = fields.bits(message, 45, 46)
    elif typecode == 31 and fields.bits(message, 6, 8) <= 1:
        _describe_status(known, message, t_ns)


@njit(cache=True)
def _describe_status(known: Record, message: int, t_ns: int) -> None:
    """Take an operational status: subtype 0 in the air, 1 on the surface."""
    known.version = fields.bits(message, 41, 43)
    if known.version == 0:
        return
    surface = fields.bits(message, 6, 8) == 1
    known.nic_a = fields.bits(message, 44, 44)
    known.nac_p = fields.bits(message, 45, 48)
    known.sil = fields.bits(message, 51, 52)
    if surface:
        known.nac_v = fields.bits(message, 17, 19)
    if known.version >= 2:
        if surface:
            known.nic_c = fields.bits(message, 20, 20)
        else:
            known.gva = fields.bits(message, 49, 50)
    if fields.bits(message, 25, 26) == 0 and fields.bits(message, 28, 28):
        known.ident_ns = t_ns


@njit(cache=True)
def _is_fresh(then_ns: int, t_ns: int, age_s_max: float) -> bool:
    """Return whether something happened at all, and not too long ago."""
    return then_ns != NEVER_NS and abs(t_ns - then_ns) * _NS <= age_s_max


@njit(cache=True)
def _heights(known: Record, message: int, typecode: int, t_ns: int) -> None:
    """Take the altitude and the surveillance status of a position in the air.

    bits 6-7   surveillance status: 1 emergency code, 3 ident
    bits 9-20  altitude: pressure, or for types 20-22 above the ellipsoid
    """
    status = fields.bits(message, 6, 7)
    known.alert = 1 if status == 1 else 0
    if status == 3:
        known.ident_ns = t_ns
    height_m = fields.altitude_12_ft(fields.bits(message, 9, 20)) * FT_M
    if typecode >= 20:
        known.height_hae_m = height_m
        known.height_pressure_m = np.nan
    else:
        known.height_hae_m = np.nan
        known.height_pressure_m = height_m
    if np.isnan(known.height_pressure_m) and _is_fresh(known.reply_height_ns, t_ns, _REPLY_HEIGHT_S_MAX):
        known.height_pressure_m = known.reply_height_m
    if typecode < 20 and _is_fresh(known.difference_ns, t_ns, _DIFFERENCE_S_MAX):
        known.height_hae_m = known.height_pressure_m + known.difference_m


@njit(cache=True)
def _position(known: Record, message: int, typecode: int, way: int, t_ns: int, limits: FloatArray) -> int:
    """Take a position, with the heights and the quality that go with it; return the reason.

    bit 8  NIC supplement B (air)    bit 22  odd    bits 23-39  latitude    bits 40-56  longitude
    """
    surface = typecode < 9
    odd = fields.bits(message, 22, 22)
    lat, lon = fields.bits(message, 23, 39), fields.bits(message, 40, 56)
    if (
        known.pair_lat[odd] == lat
        and known.pair_lon[odd] == lon
        and known.pair_surface[odd] == surface
        and _is_fresh(known.pair_ns[odd], t_ns, REPEAT_S_MAX)
    ):
        return _POSITION_REPEATED
    if surface:
        known.ground_speed_mps = fields.movement_kt(fields.bits(message, 6, 12)) * KT_MPS
        known.height_pressure_m = np.nan
        known.height_hae_m = np.nan
        known.alert = 0
    else:
        known.ground_speed_mps = np.nan
        _heights(known, message, typecode, t_ns)
    known.on_ground = surface
    known.pair_ns[odd], known.pair_lat[odd], known.pair_lon[odd] = t_ns, lat, lon
    known.pair_surface[odd] = surface
    reason, latitude_deg, longitude_deg = _resolve(known, odd, t_ns, limits)
    if reason == 0:
        reason = _doubt(known, latitude_deg, longitude_deg, t_ns, limits)
    if reason != 0:
        return reason
    known.position_ns, known.latitude_deg, known.longitude_deg = t_ns, latitude_deg, longitude_deg
    known.refused = 0
    version = np.int64(known.version)
    if version == 0 or version == quality.UNKNOWN:
        known.nac_p, known.sil = quality.accuracy_without_version(typecode)
    nic_b = 0 if way >> 24 & 3 == WAY_RELAYED else fields.bits(message, 8, 8)  # there, this bit is IMF
    known.nic = quality.nic_of(typecode, version, np.int64(known.nic_a), nic_b, np.int64(known.nic_c))
    return 0


@njit(cache=True)
def _resolve(known: Record, odd: int, t_ns: int, limits: FloatArray) -> tuple[int, float, float]:
    """Return the reason, latitude and longitude (deg) of the position just put into the pair.

    From the pair if its two halves are near in time, else near the last position.
    """
    surface = known.pair_surface[odd] != 0
    circle_deg = 90.0 if surface else 360.0
    pair_s_max = PAIR_S_MAX
    near_s_max = ADDRESS_AGE_S_MAX
    if surface:
        pair_s_max = PAIR_SURFACE_SLOW_S_MAX if known.ground_speed_mps <= _SLOW_MPS else PAIR_SURFACE_FAST_S_MAX
        near_s_max = NEAR_SURFACE_S_MAX
    near = _is_fresh(known.position_ns, t_ns, near_s_max)
    reference_latitude_deg, reference_longitude_deg = limits[0], limits[1]
    if near:
        reference_latitude_deg, reference_longitude_deg = known.latitude_deg, known.longitude_deg
    other = 1 - odd
    reason = _POSITION_WITHOUT_PAIR
    if known.pair_surface[other] == known.pair_surface[odd] and _is_fresh(known.pair_ns[other], t_ns, pair_s_max):
        if surface and np.isnan(reference_latitude_deg):
            return _SURFACE_WITHOUT_REFERENCE, np.nan, np.nan
        latitude_deg, longitude_deg = cpr.pair_position(
            known.pair_lat[0],
            known.pair_lon[0],
            known.pair_lat[1],
            known.pair_lon[1],
            odd == 1,
            circle_deg,
            reference_latitude_deg,
            reference_longitude_deg,
        )
        if not np.isnan(latitude_deg):
            return 0, latitude_deg, longitude_deg
        reason = _PAIR_ACROSS_ZONES
    if near:
        latitude_deg, longitude_deg = cpr.position_near(
            odd == 1,
            known.pair_lat[odd],
            known.pair_lon[odd],
            circle_deg,
            reference_latitude_deg,
            reference_longitude_deg,
        )
        if not np.isnan(latitude_deg):
            return 0, latitude_deg, longitude_deg
    return reason, np.nan, np.nan


@njit(cache=True)
def _doubt(known: Record, latitude_deg: float, longitude_deg: float, t_ns: int, limits: FloatArray) -> int:
    """Return why this position cannot be: too far from the receiver, or too far from the last one; 0 if it can."""
    if not np.isnan(limits[0]) and cpr.distance_m(limits[0], limits[1], latitude_deg, longitude_deg) > limits[2]:
        return _POSITION_TOO_FAR
    if known.position_ns == NEVER_NS:
        return 0
    elapsed_s = abs(t_ns - known.position_ns) * _NS
    speed_mps = SPEED_ON_GROUND_MPS_MAX if known.pair_surface[0] and known.pair_surface[1] else limits[3]
    moved_m = cpr.distance_m(known.latitude_deg, known.longitude_deg, latitude_deg, longitude_deg)
    if moved_m <= speed_mps * (elapsed_s + TIME_SLACK_S) + DISTANCE_SLACK_M:
        return 0
    known.refused += 1
    if known.refused >= REFUSED_MAX:
        known.position_ns = NEVER_NS
        known.refused = 0
    return _POSITION_TOO_FAST


@njit(cache=True)
def follow(
    frames: fields.Octets,
    lengths: fields.Octets,
    t_ns: IntArray,
    marks: fields.Octets,
    start: int,
    limits: FloatArray,
    table: Rows,
    slots: IntArray,
    count: IntArray,
    points: Rows,
    point_frames: IntArray,
    point_count: IntArray,
    reasons: IntArray,
) -> int:
    """Take frames `start` .. n in order; return n, or the frame at which the table is full.

    frames       : (n, 14) octets, short frames first seven
    limits       : receiver's latitude and longitude (deg, NaN not known), range_m_max, speed_mps_max
    points       : ADDRESS (n,), the row of the address as it was at the position; point_frames : (n,) its frame
    point_count  : (1,) added to
    reasons      : (len(REASONS),) added to
    """
    for at in range(start, len(lengths)):
        reason, row = _take(frames[at], np.int64(lengths[at]), t_ns[at], marks[at], limits, table, slots, count)
        if reason == _FULL:
            return at
        reasons[reason] += 1
        if row >= 0:
            points[point_count[0]] = table[row]
            point_frames[point_count[0]] = at
            point_count[0] += 1
    return len(lengths)
