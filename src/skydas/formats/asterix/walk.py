"""The kernels that walk a record by its FSPEC, for every category alike.

`find_items` checks a record and finds where its items begin; `emit_fields` turns one that was found good into values.
Each step uses up an octet, a bit of a FSPEC or a counted element, so the work is bounded by the octets of the record.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from skydas.formats.asterix.layout import Shape
from skydas.formats.asterix.octets import Int, Octets, compiled, inlined
from skydas.formats.asterix.program import (
    COUNT,
    FIELD,
    FIRST,
    NO_LAST_FX,
    SHAPE,
    SIZE,
    SLOT,
    Table,
)
from skydas.model import IntArray

# Why a record is refused, as what `find_items` returns.
RECORD_TRUNCATED: Final = -1  # an item, or the FSPEC, goes on beyond the block
FSPEC_TOO_LONG: Final = -2  # more FSPEC octets than the edition has items for
EDITION_MISMATCH: Final = -3  # the FSPEC, an extent or a sub-item that the edition does not have
RECORD_EMPTY: Final = -4  # a FSPEC without an item
EXPLICIT_EMPTY: Final = -5  # an explicit item of length 0
ITEM_TWICE: Final = -6  # random field sequencing names an item again
REFUSALS: Final = (
    "",
    "record_truncated",
    "fspec_too_long",
    "edition_mismatch",
    "record_empty",
    "explicit_empty",
    "item_twice",
)

_EXTENDED: Final = int(Shape.EXTENDED)
_FIXED: Final = int(Shape.FIXED)
_COUNTED: Final = int(Shape.COUNTED)
_CHAINED: Final = int(Shape.CHAINED)
_EXPLICIT: Final = int(Shape.EXPLICIT)
_COMPOUND: Final = int(Shape.COMPOUND)


@inlined
def simple_end(octets: Octets, at: Int, stop: Int, node: Int, nodes: Table, parts: Table) -> Int:
    """Return where an item that is no compound ends, or why it cannot be read (below 0)."""
    shape = nodes[node, SHAPE]
    if shape == _FIXED:
        end = at + nodes[node, SIZE]
        return end if end <= stop else RECORD_TRUNCATED
    if shape == _EXTENDED:
        count = nodes[node, COUNT]
        for extent in range(count):
            at += parts[nodes[node, FIRST] + extent, 0]
            if at > stop:
                return RECORD_TRUNCATED
            last = extent == count - 1
            if last and nodes[node, FIELD] == NO_LAST_FX:
                return at
            if octets[at - 1] & 1 == 0:
                return at
        return EDITION_MISMATCH
    if at >= stop:
        return RECORD_TRUNCATED
    if shape == _COUNTED:
        end = at + 1 + np.int64(octets[at]) * nodes[node, SIZE]
        return end if end <= stop else RECORD_TRUNCATED
    if shape == _CHAINED:
        while True:
            at += nodes[node, SIZE]
            if at > stop:
                return RECORD_TRUNCATED
            if octets[at - 1] & 1 == 0:
                return at
    if octets[at] == 0:
        return EXPLICIT_EMPTY
    end = at + np.int64(octets[at])
    return end if end <= stop else RECORD_TRUNCATED


@inlined
def item_end(octets: Octets, at: Int, stop: Int, node: Int, nodes: Table, parts: Table, subs: Table) -> Int:
    """Return where an item ends, or why it cannot be read (below 0)."""
    if nodes[node, SHAPE] != _COMPOUND:
        return simple_end(octets, at, stop, node, nodes, parts)
    count = nodes[node, COUNT]
    fspec = at
    at = fspec_end(octets, fspec, stop, (count + 6) // 7)
    if at < 0:
        return at
    for place in range(7 * (at - fspec)):
        if octets[fspec + place // 7] & (0x80 >> (place % 7)):
            sub = subs[nodes[node, FIRST] + place] if place < count else -1
            if sub < 0:
                return EDITION_MISMATCH
            at = simple_end(octets, at, stop, sub, nodes, parts)
            if at < 0:
                return at
    return at


@inlined
def fspec_end(octets: Octets, at: Int, stop: Int, octets_max: Int) -> Int:
    """Return where the FSPEC that begins at `at` ends, or why it cannot be read (below 0)."""
    end = at
    while end < stop:
        end += 1
        if octets[end - 1] & 1 == 0:
            return end if end - at <= octets_max else FSPEC_TOO_LONG
    return RECORD_TRUNCATED if end - at <= octets_max else FSPEC_TOO_LONG


@compiled
def find_items(
    octets: Octets, start: Int, stop: Int, uap: Int, nodes: Table, parts: Table, subs: Table, uaps: Table, at: IntArray
) -> Int:
    """Fill where the items of the record at `start` begin; return its end, or why it is refused (below 0).

    at : (slots,) where the item of each slot begins, 0 for an item that the record does not have
    """
    at[:] = 0
    count = uaps[uap, 0]
    here = fspec_end(octets, start, stop, (count + 6) // 7)
    if here < 0:
        return here
    frn = 0
    found = 0
    for place in range(start, here):
        bits = octets[place]
        for bit in range(7):
            frn += 1
            if bits & (0x80 >> bit) == 0:
                continue
            found += 1
            node = uaps[uap, frn] if frn <= count else -1
            if node < 0:
                return EDITION_MISMATCH
            shape = nodes[node, SHAPE]
            at[nodes[node, SLOT]] = here
            if shape == _FIXED:
                here += nodes[node, SIZE]
                if here > stop:
                    return RECORD_TRUNCATED
            elif shape <= _COMPOUND:
                here = item_end(octets, here, stop, node, nodes, parts, subs)
            else:
                here = _find_random(octets, start, here, stop, uap, nodes, parts, subs, uaps, at)
            if here < 0:
                return here
    return here if found else RECORD_EMPTY


@inlined
def named_items(octets: Octets, start: Int) -> Int:
    """Return the items that the FSPEC at `start` names: bit n is the n-th, from 1."""
    named = np.int64(0)
    frn = 1
    place = start
    while True:
        for bit in range(7):
            if octets[place] & (0x80 >> bit):
                named |= np.int64(1) << frn
            frn += 1
        if octets[place] & 1 == 0:
            return named
        place += 1


@compiled
def _find_random(
    octets: Octets,
    start: Int,
    here: Int,
    stop: Int,
    uap: Int,
    nodes: Table,
    parts: Table,
    subs: Table,
    uaps: Table,
    at: IntArray,
) -> Int:
    """As `find_items`, for a count of items, each behind an octet with its place in the FSPEC."""
    if here >= stop:
        return RECORD_TRUNCATED
    seen = named_items(octets, start)
    remaining = np.int64(octets[here])
    here += 1
    for _ in range(remaining):
        if here >= stop:
            return RECORD_TRUNCATED
        frn = np.int64(octets[here])
        here += 1
        node = uaps[uap, frn] if 1 <= frn <= uaps[uap, 0] else -1
        if node < 0 or nodes[node, SHAPE] > _COMPOUND:
            return EDITION_MISMATCH
        if seen & (np.int64(1) << frn):
            return ITEM_TWICE
        seen |= np.int64(1) << frn
        at[nodes[node, SLOT]] = here
        here = item_end(octets, here, stop, node, nodes, parts, subs)
        if here < 0:
            return here
    return here


@compiled
def expansion_fits(octets: Octets, at: Int, stop: Int, node: Int, nodes: Table, parts: Table, subs: Table) -> bool:
    """Return whether the octets of an RE field are a FSPEC of one octet and its items, and nothing else."""
    fspec = octets[at]
    at += 1
    for place in range(8):
        if fspec & (0x80 >> place):
            sub = subs[nodes[node, FIRST] + place] if place < nodes[node, COUNT] else -1
            if sub < 0:
                return False
            at = item_end(octets, at, stop, sub, nodes, parts, subs)
            if at < 0:
                return False
    return bool(at == stop)


@compiled
def expansion_item(octets: Octets, at: Int, place: Int, node: Int, nodes: Table, parts: Table, subs: Table) -> Int:
    """Return where the `place`-th item (from 0) of the RE field at `at` begins; 0 when it is not there to be read."""
    stop = at + np.int64(octets[at])
    if stop - at < 2 or octets[at + 1] & (0x80 >> place) == 0:
        return 0
    if not expansion_fits(octets, at + 1, stop, node, nodes, parts, subs):
        return 0
    here = at + 2
    for before in range(place):
        if octets[at + 1] & (0x80 >> before):
            here = item_end(octets, here, stop, subs[nodes[node, FIRST] + before], nodes, parts, subs)
    return here
