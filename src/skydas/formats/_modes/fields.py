"""Fields of one Mode S frame (ICAO Annex 10 volume IV; ED-102A, DO-260B).

octet 1        DF bits 1-5; CA, CF or FS bits 6-8
octets 2-4     DF 11, 17, 18: the announced address AA;  DF 0, 4, 5, 16, 20, 21: AC or ID in bits 20-32
octets 5-11    DF 17, 18: ME, 56 bits, its type code in bits 1-5
last 3 octets  parity: CRC-24, for DF 0, 4, 5, 16, 20, 21 with the address on top of it

Bits are numbered from 1, most significant first, as in the standard. Every value is int64 before it is combined: numba
makes a float of uint64 and int64.
"""

# mypy: disable-error-code="no-any-return, return-value"
# (NumPy's int64 and float64 are Python's int and float to numba.)

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from numba import njit

Octets = npt.NDArray[np.uint8]

SHORT_OCTETS: Final = 7
LONG_OCTETS: Final = 14
_GENERATOR: Final = 0xFFF409  # CRC-24 of Mode S, without its leading one


def _crc_table() -> npt.NDArray[np.int64]:
    table = np.zeros(256, np.int64)
    for octet in range(256):
        rest = octet << 16
        for _ in range(8):
            rest = ((rest << 1) ^ _GENERATOR if rest & 0x800000 else rest << 1) & 0xFFFFFF
        table[octet] = rest
    return table


_CRC: Final = _crc_table()
# Six-bit characters of an identification; "?" stands for those that mean nothing
_CHARACTERS: Final = np.frombuffer(b"?ABCDEFGHIJKLMNOPQRSTUVWXYZ????? ???????????????0123456789??????", np.uint8)


@njit(cache=True)
def parity_rest(frame: Octets, length: int) -> int:
    """Return CRC-24 of all but the last three octets, xor those three: 0 for an intact DF 17, else what lies on top."""
    rest = np.int64(0)
    for at in range(length - 3):
        rest = ((rest << 8) & 0xFFFFFF) ^ _CRC[(rest >> 16) ^ np.int64(frame[at])]
    tail = (np.int64(frame[length - 3]) << 16) | (np.int64(frame[length - 2]) << 8) | np.int64(frame[length - 1])
    return rest ^ tail


@njit(cache=True)
def announced_address(frame: Octets) -> int:
    """Return AA, 24 bits."""
    return (np.int64(frame[1]) << 16) | (np.int64(frame[2]) << 8) | np.int64(frame[3])


@njit(cache=True)
def message_of(frame: Octets) -> int:
    """Return ME, 56 bits."""
    message = np.int64(0)
    for at in range(4, 11):
        message = (message << 8) | np.int64(frame[at])
    return message


@njit(cache=True)
def bits(message: int, first: int, last: int) -> int:
    """Return bits `first` to `last` of the 56 bits of ME, both included, numbered from 1."""
    return (message >> (56 - last)) & ((1 << (last - first + 1)) - 1)


@njit(cache=True)
def code_13(frame: Octets) -> int:
    """Return AC or ID of DF 0, 4, 5, 16, 20 and 21: bits 20 to 32."""
    return ((np.int64(frame[2]) & 0x1F) << 8) | np.int64(frame[3])


@njit(cache=True)
def mode_3a_of(code: int) -> int:
    """Return Mode A as 12 bits ABCD from its pulses C1 A1 C2 A2 C4 A4 X B1 D1 B2 D2 B4 D4."""
    a = ((code >> 11) & 1) | ((code >> 9) & 1) << 1 | ((code >> 7) & 1) << 2
    b = ((code >> 5) & 1) | ((code >> 3) & 1) << 1 | ((code >> 1) & 1) << 2
    c = ((code >> 12) & 1) | ((code >> 10) & 1) << 1 | ((code >> 8) & 1) << 2
    d = ((code >> 4) & 1) | ((code >> 2) & 1) << 1 | (code & 1) << 2
    return a << 9 | b << 6 | c << 3 | d


@njit(cache=True)
def _binary_of_gray(gray: int) -> int:
    binary = gray
    shift = gray >> 1
    while shift:
        binary ^= shift
        shift >>= 1
    return binary


@njit(cache=True)
def altitude_ft_of(code: int) -> float:
    """Return the altitude in feet from the 13 bits of AC; NaN where it is absent, metric or no legal code.

    Q (bit 9 of 13) set: 11 bits of 25 ft from -1000. Clear: Mode C, Gillham code, steps of 100 ft.
    """
    if code == 0 or code & 0x40:  # M set: metric, never defined further
        return np.nan
    if code & 0x10:
        steps = (code & 0x1F80) >> 2 | (code & 0x20) >> 1 | code & 0x0F
        return steps * 25.0 - 1000.0
    reply = mode_3a_of(code)
    a, b, c, d = reply >> 9, reply >> 6 & 7, reply >> 3 & 7, reply & 7
    # each digit as the standard writes it: its "1" pulse is the least significant bit of the Mode A digit
    five_hundreds = _binary_of_gray(
        (d >> 1 & 1) << 7 | (d >> 2 & 1) << 6  # D2 D4
        | (a & 1) << 5 | (a >> 1 & 1) << 4 | (a >> 2 & 1) << 3  # A1 A2 A4
        | (b & 1) << 2 | (b >> 1 & 1) << 1 | (b >> 2 & 1)  # B1 B2 B4
    )  # fmt: skip
    hundreds = _binary_of_gray((c & 1) << 2 | (c >> 1 & 1) << 1 | (c >> 2 & 1))  # C1 C2 C4
    if d & 1 or hundreds in (0, 5, 6):
        return np.nan
    if hundreds == 7:
        hundreds = 5
    if five_hundreds & 1:
        hundreds = 6 - hundreds
    return five_hundreds * 500.0 + hundreds * 100.0 - 1300.0


@njit(cache=True)
def altitude_12_ft(code: int) -> float:
    """Return the altitude in feet from the 12 bits of a position message: AC without its M bit."""
    return altitude_ft_of((code & 0xFC0) << 1 | code & 0x3F)


@njit(cache=True)
def callsign_of(message: int) -> int:
    """Return the identification in ME as eight ASCII octets, big-endian, NUL after its end; 0 if no legal text."""
    packed = np.int64(0)
    for at in range(8):
        character = np.int64(_CHARACTERS[bits(message, 9 + 6 * at, 14 + 6 * at)])
        if character == 0x3F:
            return np.int64(0)
        packed = packed << 8 | character
    for at in range(8):  # trailing spaces are filling
        if (packed >> (8 * at)) & 0xFF != 0x20:
            break
        packed &= ~(np.int64(0xFF) << (8 * at))
    return packed


@njit(cache=True)
def movement_kt(code: int) -> float:
    """Return the ground speed of a surface position in knots; NaN where it is not known (ED-102A table 2-15)."""
    if code == 0 or code > 124:
        return np.nan
    if code == 1:
        return 0.0
    if code < 9:
        return 0.125 + (code - 2) * 0.125
    if code < 13:
        return 1.0 + (code - 9) * 0.25
    if code < 39:
        return 2.0 + (code - 13) * 0.5
    if code < 94:
        return 15.0 + (code - 39) * 1.0
    if code < 109:
        return 70.0 + (code - 94) * 2.0
    if code < 124:
        return 100.0 + (code - 109) * 5.0
    return 175.0
