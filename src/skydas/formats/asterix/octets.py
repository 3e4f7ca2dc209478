"""Big-endian numbers in octets, and the characters ASTERIX packs into six bits.

The readers do not check `at`: whoever calls them has found that the item lies inside the record.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from numba import njit

from skydas.model import NS_PER_S

Octets = npt.NDArray[np.uint8]

# ICAO Annex 10 volume IV table 3-9: 1..26 are A..Z, 32 is the space, 48..57 are 0..9; the rest are no characters.
ICAO_ALPHABET: Final = np.frombuffer(b" ABCDEFGHIJKLMNOPQRSTUVWXYZ" + b" " * 21 + b"0123456789" + b" " * 6, np.uint8)
DAY_TICKS: Final = 86_400 * 128  # one day in the 1/128 s of a time of day
_DAY_NS: Final = 86_400 * NS_PER_S


@njit(cache=True)  # type: ignore[untyped-decorator]
def u16(octets: Octets, at: int) -> int:
    """Return an unsigned number of 2 octets."""
    return np.int64(octets[at]) << 8 | np.int64(octets[at + 1])


@njit(cache=True)  # type: ignore[untyped-decorator]
def u24(octets: Octets, at: int) -> int:
    """Return an unsigned number of 3 octets."""
    return np.int64(octets[at]) << 16 | np.int64(octets[at + 1]) << 8 | np.int64(octets[at + 2])


@njit(cache=True)  # type: ignore[untyped-decorator]
def u32(octets: Octets, at: int) -> int:
    """Return an unsigned number of 4 octets."""
    return u16(octets, at) << 16 | u16(octets, at + 2)


@njit(cache=True)  # type: ignore[untyped-decorator]
def signed(value: int, bits: int) -> int:
    """Return the two's complement number in the low `bits` of `value`."""
    half = np.int64(1) << (bits - 1)
    return ((value & (2 * half - 1)) ^ half) - half


@njit(cache=True)  # type: ignore[untyped-decorator]
def put(out: Octets, at: int, value: int, count: int) -> int:
    """Write the low `count` octets of `value` at `at`; return where the next ones go."""
    for place in range(count):
        out[at + place] = (value >> (8 * (count - 1 - place))) & 0xFF
    return at + count


@njit(cache=True)  # type: ignore[untyped-decorator]
def put_icao(out: Octets, at: int, text: Octets) -> int:
    """Write the 8 ASCII characters of `text` in 6 octets, spaces for what has no code; return the next place."""
    packed = np.int64(0)
    for place in range(8):
        letter = np.int64(text[place])
        if 65 <= letter <= 90:
            code = letter - 64
        elif 97 <= letter <= 122:
            code = letter - 96
        elif 48 <= letter <= 57:
            code = letter
        else:
            code = np.int64(32)
        packed = packed << 6 | code
    return put(out, at, packed, 6)


@njit(cache=True)  # type: ignore[untyped-decorator]
def ticks_of_day(t_ns: int) -> int:
    """Return the UTC time of day of `t_ns` in 1/128 s, rounded, below a whole day."""
    return int((t_ns % _DAY_NS * 128 + NS_PER_S // 2) // NS_PER_S) % DAY_TICKS


def texts_of(rows: npt.NDArray[Any]) -> Octets:
    """Return the callsigns of PLOT or TRACK rows as ASCII codes, shape (n, 8), 0 where there is none."""
    return np.ascontiguousarray(rows["callsign"]).view(np.uint8).reshape(len(rows), 8)
