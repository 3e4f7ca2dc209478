"""Makes Mode S frames for tests, bit by bit and independently of the decoder: parity, messages, compact positions."""

from __future__ import annotations

import math


def parity(octets: bytes) -> int:
    """Return CRC-24 of `octets`, by long division."""
    rest = int.from_bytes(octets, "big") << 24
    for at in range(len(octets) * 8 + 23, 23, -1):
        if rest >> at & 1:
            rest ^= 0x1FFF409 << (at - 24)
    return rest


def packed(*fields: tuple[int, int]) -> int:
    """Return (value, bits) pairs put together, the first one highest."""
    number = 0
    for value, width in fields:
        assert 0 <= value < 1 << width
        number = number << width | value
    return number


def squitter(address: int, message: int, *, df: int = 17, low: int = 5) -> bytes:
    """Return DF 17 or 18 around the 56 bits of `message`; `low`: CA or CF."""
    body = bytes([df << 3 | low]) + address.to_bytes(3, "big") + message.to_bytes(7, "big")
    return body + parity(body).to_bytes(3, "big")


def reply(df: int, address: int, code: int, *, status: int = 0, comm_b: bytes = bytes(7)) -> bytes:
    """Return DF 4, 5, 20 or 21 with its 13-bit code, the address under the parity."""
    body = bytes([df << 3 | status]) + code.to_bytes(3, "big") + (comm_b if df >= 16 else b"")
    return body + (parity(body) ^ address).to_bytes(3, "big")


def zones(latitude_deg: float) -> int:
    """Return NL by the formula of the standard."""
    if abs(latitude_deg) >= 87.0:
        return 1 if abs(latitude_deg) > 87.0 else 2
    inner = 1 - (1 - math.cos(math.pi / 30)) / math.cos(math.radians(latitude_deg)) ** 2
    return math.floor(math.tau / math.acos(inner))


def compact(latitude_deg: float, longitude_deg: float, odd: bool, circle_deg: float = 360.0) -> tuple[int, int]:
    """Return the 17-bit latitude and longitude; circle_deg 90 for the surface."""
    steps = 1 << 17 if circle_deg == 360.0 else 1 << 19
    height = 360.0 / (60 - odd)
    y = math.floor(steps * (latitude_deg % height) / height + 0.5)
    told_deg = height * (y / steps + math.floor(latitude_deg / height))
    width = 360.0 / max(zones(told_deg) - odd, 1)
    x = math.floor(steps * (longitude_deg % width) / width + 0.5)
    return y & 0x1FFFF, x & 0x1FFFF


def altitude_12(altitude_ft: int) -> int:
    """Return the 12 bits of an altitude in steps of 25 ft."""
    steps = (altitude_ft + 1000) // 25
    return (steps & 0x7F0) << 1 | 0x10 | steps & 0x0F


def in_air(
    latitude_deg: float,
    longitude_deg: float,
    odd: bool,
    *,
    altitude_ft: int | None = 36_000,
    typecode: int = 11,
    status: int = 0,
    bit_8: int = 0,
) -> int:
    """Return the message of a position in the air."""
    lat, lon = compact(latitude_deg, longitude_deg, odd)
    altitude = 0 if altitude_ft is None else altitude_12(altitude_ft)
    return packed((typecode, 5), (status, 2), (bit_8, 1), (altitude, 12), (0, 1), (int(odd), 1), (lat, 17), (lon, 17))


def on_surface(latitude_deg: float, longitude_deg: float, odd: bool, *, movement: int = 20, typecode: int = 7) -> int:
    """Return the message of a position on the surface."""
    lat, lon = compact(latitude_deg, longitude_deg, odd, 90.0)
    return packed((typecode, 5), (movement, 7), (0, 8), (0, 1), (int(odd), 1), (lat, 17), (lon, 17))


def identification(callsign: str, *, typecode: int = 4, category: int = 3) -> int:
    """Return the message of a callsign and an emitter category."""
    alphabet = "#ABCDEFGHIJKLMNOPQRSTUVWXYZ##### ###############0123456789######"
    return packed((typecode, 5), (category, 3), *((alphabet.index(letter), 6) for letter in callsign.ljust(8)))
