"""Big-endian numbers in octets, and the characters ASTERIX packs into six bits.

The readers do not check `at`: whoever calls them has found that the item lies inside the record.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

import numpy as np
import numpy.typing as npt
from numba import njit

from skydas.model import NS_PER_S

Octets = npt.NDArray[np.uint8]
Int = Any  # a whole number in a kernel: numba makes 64 bits of what checkers see as int or numpy.int64
Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile a kernel and keep the machine code on disk."""
    return cast(Function, njit(cache=True)(function))


def inlined(function: Function) -> Function:
    """As `compiled`, for a part of a kernel: put where it is called, so that no reference counts are taken for it."""
    return cast(Function, njit(cache=True, forceinline=True)(function))


# ICAO Annex 10 volume IV table 3-9: 1..26 are A..Z, 32 is the space, 48..57 are 0..9; the rest are no characters.
ICAO_ALPHABET: Final = np.frombuffer(b" ABCDEFGHIJKLMNOPQRSTUVWXYZ" + b" " * 21 + b"0123456789" + b" " * 6, np.uint8)
DAY_TICKS: Final = 86_400 * 128  # one day in the 1/128 s of a time of day
TICK_NS: Final = NS_PER_S // 128
DAY_NS: Final = 86_400 * NS_PER_S


@inlined
def u16(octets: Octets, at: Int) -> Int:
    """Return an unsigned number of 2 octets."""
    return np.int64(octets[at]) << 8 | np.int64(octets[at + 1])


@inlined
def u24(octets: Octets, at: Int) -> Int:
    """Return an unsigned number of 3 octets."""
    return np.int64(octets[at]) << 16 | np.int64(octets[at + 1]) << 8 | np.int64(octets[at + 2])


@inlined
def u32(octets: Octets, at: Int) -> Int:
    """Return an unsigned number of 4 octets."""
    return u16(octets, at) << 16 | u16(octets, at + 2)


@inlined
def signed(value: Int, bits: Int) -> Int:
    """Return the two's complement number in the low `bits` of `value`."""
    half = np.int64(1) << (bits - 1)
    return ((value & (2 * half - 1)) ^ half) - half


@inlined
def put(out: Octets, at: Int, value: Int, count: Int) -> Int:
    """Write the low `count` octets of `value` at `at`; return where the next ones go."""
    for place in range(count):
        out[at + place] = (value >> (8 * (count - 1 - place))) & 0xFF
    return at + count


@inlined
def put_icao(out: Octets, at: Int, text: Octets) -> Int:
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


@inlined
def ticks_of_day(t_ns: Int) -> Int:
    """Return the UTC time of day of `t_ns` in 1/128 s, rounded, below a whole day."""
    return int((t_ns % DAY_NS * 128 + NS_PER_S // 2) // NS_PER_S) % DAY_TICKS


@inlined
def mark_item(out: Octets, start: Int, frn: Int) -> None:
    """Set the FSPEC bit of `frn` (from 1) in the FSPEC that begins at `start`."""
    out[start + (frn - 1) // 7] |= 0x80 >> ((frn - 1) % 7)


@inlined
def close_fspec(out: Octets, start: Int, kept: Int, end: Int) -> Int:
    """Shorten the FSPEC of `kept` octets at `start` to those in use, set its FX bits; return the record's new end."""
    used = kept
    while used > 1 and out[start + used - 1] == 0:
        used -= 1
    for place in range(used - 1):
        out[start + place] |= 1
    spared = kept - used
    if spared:
        for at in range(start + kept, end):
            out[at - spared] = out[at]
    return end - spared


def texts_of(rows: npt.NDArray[Any]) -> Octets:
    """Return the callsigns of PLOT or TRACK rows as ASCII codes, shape (n, 8), 0 where there is none."""
    return np.ascontiguousarray(rows["callsign"]).view(np.uint8).reshape(len(rows), 8)


@inlined
def instant_ns(rx_ns: Int, ticks: Int) -> Int:
    """Return the instant nearest to `rx_ns` whose UTC time of day is `ticks` of 1/128 s; see model.time_of_day_ns."""
    t_ns = rx_ns - rx_ns % DAY_NS + ticks * TICK_NS
    if t_ns - rx_ns > DAY_NS // 2:
        return t_ns - DAY_NS
    if rx_ns - t_ns > DAY_NS // 2:
        return t_ns + DAY_NS
    return t_ns


@inlined
def copy_icao(octets: Octets, at: Int, out: Octets, to: Int) -> None:
    """Write the 8 characters of 6 bits at `at` as ASCII; the spaces behind them become 0, as numpy pads text."""
    packed = np.int64(0)
    for place in range(6):
        packed = packed << 8 | np.int64(octets[at + place])
    written = 0
    for place in range(8):
        letter = ICAO_ALPHABET[(packed >> (42 - 6 * place)) & 0x3F]
        out[to + place] = letter
        if letter != 32:
            written = place + 1
    for place in range(written, 8):
        out[to + place] = 0
