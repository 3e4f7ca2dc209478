"""Remote ID messages (ASTM F3411, EN 4709-002), 25 octets each, little-endian; layouts of versions 0, 1 and 2.

octet 0       type (high half), version (low half)
0 Basic ID    1: id type (high), kind of aircraft (low); 2-21: id
1 Location    1: status (high), height above ground (bit 2), direction + 180 deg (bit 1), speed x 0.75 + 63.75 (bit 0)
              2: direction, deg; 3: speed, 0.25 m/s; 4: vertical speed, 0.5 m/s; 5-8, 9-12: place, 1e-7 deg
              13-14, 15-16, 17-18: pressure altitude, height above ellipsoid, height, 0.5 m from -1000 m
              19: accuracy of height (high) and position (low); 20: of pressure altitude (high) and speed (low)
              21-22: time, 0.1 s of the UTC hour; 23: accuracy of time, 0.1 s (low half)
2 Auth        1: type (high), page (low); page 0: 2 last page, 3 length, 4-7 s since 2019, 8-24 data; others: 2-24 data
3 Self ID     1: kind of text; 2-24: text
4 System      1: region (bits 2-4), whose place (bits 0-1); 2-5, 6-9: the operator's place; 10-11: aircraft in the group
              12: radius, 10 m; 13-14, 15-16: ceiling, floor; 17: category (high), class (low); 18-19: operator's height
              20-23: s since 2019 (version 2; 0 before)
5 Operator ID 1: kind; 2-21: id
F Pack        1: 25; 2: how many; 3-: messages

"Not known" is: both coordinates 0, heights -1000 m, direction 361, speed 255, vertical speed 63, time 0xFFFF.
"""

from __future__ import annotations

import struct
from typing import Final

import msgspec

MESSAGE_OCTETS: Final = 25
PACK_MESSAGES_MAX: Final = 10  # nine since version 2
VERSIONS: Final = frozenset({0, 1, 2})
EPOCH_2019_S: Final = 1_546_300_800

_BASIC_ID, _LOCATION, _AUTH, _SELF_ID, _SYSTEM, _OPERATOR_ID, _PACK = 0, 1, 2, 3, 4, 5, 15
_LOCATION_LAYOUT: Final = struct.Struct("<xBBBbiiHHHBBHB")
_SYSTEM_LAYOUT: Final = struct.Struct("<xBiiHBHHBHI")

# 95% bounds by code; None: not known or worse
HORIZONTAL_M: Final = (None, 18520.0, 7408.0, 3704.0, 1852.0, 926.0, 555.6, 185.2, 92.6, 30.0, 10.0, 3.0, 1.0)
VERTICAL_M: Final = (None, 150.0, 45.0, 25.0, 10.0, 3.0, 1.0)
SPEED_MPS: Final = (None, 10.0, 3.0, 1.0, 0.3)


class BasicId(msgspec.Struct, frozen=True):
    """Who it is: `id_type` 1 serial number, 2 registration, 3 UTM session, 4 session of another kind."""

    version: int
    id_type: int
    aircraft: int
    id: str


class Location(msgspec.Struct, frozen=True):
    """Where it says it is; None: not known. `time_s` is of the UTC hour."""

    version: int
    status: int
    latitude_deg: float | None
    longitude_deg: float | None
    height_hae_m: float | None
    height_pressure_m: float | None
    height_m: float | None
    height_above_ground: bool
    direction_deg: float | None
    speed_mps: float | None
    v_up_mps: float | None
    horizontal_code: int
    vertical_code: int
    pressure_code: int
    speed_code: int
    time_s: float | None
    time_accuracy_s: float | None


class Auth(msgspec.Struct, frozen=True):
    """One page of a signature; not checked here."""

    version: int
    auth_type: int
    page: int
    data: bytes


class SelfId(msgspec.Struct, frozen=True):
    """What its pilot says about the flight."""

    version: int
    text_type: int
    text: str


class System(msgspec.Struct, frozen=True):
    """Where the operator says to be: `place` 0 take-off, 1 live, 2 fixed."""

    version: int
    place: int
    region: int
    latitude_deg: float | None
    longitude_deg: float | None
    height_hae_m: float | None
    aircraft_count: int
    radius_m: float
    ceiling_m: float | None
    floor_m: float | None
    category: int
    class_: int
    time_s: int | None


class OperatorId(msgspec.Struct, frozen=True):
    """The operator's registration."""

    version: int
    id_type: int
    id: str


Message = BasicId | Location | Auth | SelfId | System | OperatorId


def split(octets: bytes) -> tuple[list[bytes], str]:
    """Return the messages in a pack or a single message, and why some could not be had (a reason, or nothing)."""
    if len(octets) < MESSAGE_OCTETS and (not octets or octets[0] >> 4 != _PACK):
        return [], "message_too_short"
    if octets[0] >> 4 != _PACK:
        return [octets[:MESSAGE_OCTETS]], ""
    if len(octets) < 3 or octets[1] != MESSAGE_OCTETS or not 0 < octets[2] <= PACK_MESSAGES_MAX:
        return [], "bad_pack"
    end = min(len(octets), 3 + MESSAGE_OCTETS * octets[2])
    messages = [octets[at : at + MESSAGE_OCTETS] for at in range(3, end - MESSAGE_OCTETS + 1, MESSAGE_OCTETS)]
    return messages, "" if len(messages) == octets[2] else "pack_cut_short"


def read(octets: bytes) -> Message | str:
    """Return what 25 octets say, or the reason why they cannot be read."""
    kind, version = octets[0] >> 4, octets[0] & 0x0F
    if version not in VERSIONS:
        return "unknown_version"
    if kind == _LOCATION:
        return _location(octets, version)
    if kind == _BASIC_ID:
        return BasicId(version, octets[1] >> 4, octets[1] & 0x0F, _text(octets[2:22]))
    if kind == _SYSTEM:
        return _system(octets, version)
    if kind == _OPERATOR_ID:
        return OperatorId(version, octets[1], _text(octets[2:22]))
    if kind == _SELF_ID:
        return SelfId(version, octets[1], _text(octets[2:25]))
    if kind == _AUTH:
        return Auth(version, octets[1] >> 4, octets[1] & 0x0F, octets[2:25])
    return "unknown_message_type"


def _location(octets: bytes, version: int) -> Location | str:
    (
        flags,
        direction,
        speed,
        v_up,
        latitude,
        longitude,
        pressure,
        hae,
        height,
        accuracy,
        speed_accuracy,
        tenths,
        late,
    ) = _LOCATION_LAYOUT.unpack_from(octets)
    place = _place(latitude, longitude)
    if place is None:
        return "impossible_position"
    degrees = direction + (180 if flags & 2 else 0)
    if tenths > 36_000 and tenths != 0xFFFF:
        return "bad_time"
    fast = bool(flags & 1)
    return Location(
        version=version,
        status=flags >> 4,
        latitude_deg=place[0],
        longitude_deg=place[1],
        height_hae_m=_height(hae),
        height_pressure_m=_height(pressure),
        height_m=_height(height),
        height_above_ground=bool(flags & 4),
        direction_deg=float(degrees) if degrees < 360 else None,
        speed_mps=None if fast and speed == 255 else speed * 0.75 + 63.75 if fast else speed * 0.25,
        v_up_mps=None if v_up == 126 else v_up * 0.5,
        horizontal_code=accuracy & 0x0F,
        vertical_code=accuracy >> 4,
        pressure_code=speed_accuracy >> 4,
        speed_code=speed_accuracy & 0x0F,
        time_s=None if tenths == 0xFFFF else tenths / 10.0,
        time_accuracy_s=(late & 0x0F) / 10.0 or None,
    )


def _system(octets: bytes, version: int) -> System | str:
    flags, latitude, longitude, count, radius, ceiling, floor, eu, height, time_s = _SYSTEM_LAYOUT.unpack_from(octets)
    place = _place(latitude, longitude)
    if place is None:
        return "impossible_operator_position"
    return System(
        version=version,
        place=flags & 0x03,
        region=flags >> 2 & 0x07,
        latitude_deg=place[0],
        longitude_deg=place[1],
        height_hae_m=_height(height),
        aircraft_count=count,
        radius_m=radius * 10.0,
        ceiling_m=_height(ceiling),
        floor_m=_height(floor),
        category=eu >> 4,
        class_=eu & 0x0F,
        time_s=time_s + EPOCH_2019_S if time_s else None,
    )


def _place(latitude: int, longitude: int) -> tuple[float | None, float | None] | None:
    """Return degrees, (None, None) for the special value, None for a place that is not on the earth."""
    if latitude == 0 and longitude == 0:
        return None, None
    if abs(latitude) > 900_000_000 or abs(longitude) > 1_800_000_000:
        return None
    return latitude / 1e7, longitude / 1e7


def _height(half_metres: int) -> float | None:
    return half_metres * 0.5 - 1_000.0 if half_metres else None


def _text(octets: bytes) -> str:
    """Return the text before the first zero; what is not printable ASCII shows as `?`."""
    text = octets.split(b"\0", 1)[0].decode("ascii", "replace").strip()
    return "".join(character if " " <= character <= "~" else "?" for character in text)
