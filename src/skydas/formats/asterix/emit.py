"""The kernel that turns every field of every record into a value, for tables.

A value is a row of three arrays: its column (`Program.columns`), the record's row in the table of its category, and the
bits as a number. A repeated item emits its number of elements under a column of its own; an explicit item emits where
its octets lie (`(base + offset) << 8 | length`).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from skydas.formats.asterix.kernel import COUNTS, block_stop, profile_of
from skydas.formats.asterix.layout import Shape
from skydas.formats.asterix.octets import Int, Octets, compiled, inlined
from skydas.formats.asterix.program import (
    COLUMN,
    COUNT,
    FIELD,
    FIELDS,
    FIRST,
    SHAPE,
    SIZE,
    Table,
)
from skydas.formats.asterix.walk import expansion_fits, find_items, fspec_end, item_end
from skydas.model import IntArray

# An octet gives at most 8 one-bit fields, or the count of an item without elements.
VALUES_PER_OCTET_MAX: Final = 9
EXPANSION_UNREAD: Final = COUNTS  # counted behind the reasons of `kernel`
BLOCK_UNKNOWN: Final = COUNTS + 1
READ_COUNTS: Final = COUNTS + 2

_RANDOM: Final = int(Shape.RANDOM)
_EXTENDED: Final = int(Shape.EXTENDED)
_FIXED: Final = int(Shape.FIXED)
_COUNTED: Final = int(Shape.COUNTED)
_CHAINED: Final = int(Shape.CHAINED)
_EXPLICIT: Final = int(Shape.EXPLICIT)
_COMPOUND: Final = int(Shape.COMPOUND)


@inlined
def bits_of(octets: Octets, at: Int, bit: Int, bits: Int) -> Int:
    """Return `bits` bits that begin `bit` bits behind the octet at `at`; they lie in 8 octets or fewer."""
    last = at + (bit + bits - 1) // 8
    value = np.uint64(0)
    for place in range(at + bit // 8, last + 1):
        value = value << np.uint64(8) | np.uint64(octets[place])
    value >>= np.uint64(7 - (bit + bits - 1) % 8)
    if bits < 64:
        value &= (np.uint64(1) << np.uint64(bits)) - np.uint64(1)
    return np.int64(value)


@inlined
def _emit(column: Int, row: Int, value: Int, out: IntArray, count: Int) -> Int:
    out[count, 0] = column
    out[count, 1] = row
    out[count, 2] = value
    return count + 1


@inlined
def _emit_fields(
    octets: Octets, at: Int, first: Int, number: Int, row: Int, fields: Table, out: IntArray, count: Int
) -> Int:
    for field in range(first, first + number):
        value = bits_of(octets, at, fields[field, 0], fields[field, 1])
        count = _emit(fields[field, 2], row, value, out, count)
    return count


@compiled
def _emit_simple(
    octets: Octets, at: Int, node: Int, row: Int, nodes: Table, parts: Table, fields: Table, out: IntArray, count: Int
) -> Int:
    """Emit a fixed, extended or repeated item that was found good."""
    shape = nodes[node, SHAPE]
    first, number, size = nodes[node, FIELD], nodes[node, FIELDS], nodes[node, SIZE]
    if shape == _FIXED:
        return _emit_fields(octets, at, first, number, row, fields, out, count)
    if shape == _EXTENDED:
        for extent in range(nodes[node, FIRST], nodes[node, FIRST] + nodes[node, COUNT]):
            count = _emit_fields(octets, at, parts[extent, 1], parts[extent, 2], row, fields, out, count)
            at += parts[extent, 0]
            if octets[at - 1] & 1 == 0:
                break
        return count
    elements = np.int64(0)
    if shape == _COUNTED:
        elements = np.int64(octets[at])
        for element in range(elements):
            count = _emit_fields(octets, at + 1 + element * size, first, number, row, fields, out, count)
    elif shape == _CHAINED:
        more = True
        while more:
            count = _emit_fields(octets, at, first, number, row, fields, out, count)
            at += size
            elements += 1
            more = octets[at - 1] & 1 != 0
    return _emit(nodes[node, COLUMN], row, elements, out, count)


@compiled
def _emit_member(
    octets: Octets,
    at: Int,
    stop: Int,
    node: Int,
    row: Int,
    nodes: Table,
    parts: Table,
    subs: Table,
    fields: Table,
    out: IntArray,
    count: Int,
) -> Int:
    """Emit a compound, or what `_emit_simple` does."""
    if nodes[node, SHAPE] != _COMPOUND:
        return _emit_simple(octets, at, node, row, nodes, parts, fields, out, count)
    fspec = at
    at = fspec_end(octets, fspec, stop, (nodes[node, COUNT] + 6) // 7)
    for place in range(7 * (at - fspec)):
        if octets[fspec + place // 7] & (0x80 >> (place % 7)):
            sub = subs[nodes[node, FIRST] + place]
            count = _emit_simple(octets, at, sub, row, nodes, parts, fields, out, count)
            at = item_end(octets, at, stop, sub, nodes, parts, subs)
    return count


@compiled
def _emit_item(
    octets: Octets,
    at: Int,
    stop: Int,
    node: Int,
    row: Int,
    nodes: Table,
    parts: Table,
    subs: Table,
    fields: Table,
    out: IntArray,
    count: Int,
    counts: IntArray,
    base: Int,
) -> Int:
    """Emit one item of a record that was found good; an RE field's expansion too when it fits."""
    if nodes[node, SHAPE] != _EXPLICIT:
        return _emit_member(octets, at, stop, node, row, nodes, parts, subs, fields, out, count)
    length = np.int64(octets[at])
    count = _emit(nodes[node, COLUMN], row, (base + at + 1) << 8 | (length - 1), out, count)
    if nodes[node, COUNT] == 0 or length < 2:
        return count
    if not expansion_fits(octets, at + 1, at + length, node, nodes, parts, subs):
        counts[EXPANSION_UNREAD] += 1
        return count
    here = at + 2
    for place in range(8):
        if octets[at + 1] & (0x80 >> place):
            sub = subs[nodes[node, FIRST] + place]
            count = _emit_member(octets, here, at + length, sub, row, nodes, parts, subs, fields, out, count)
            here = item_end(octets, here, at + length, sub, nodes, parts, subs)
    return count


@compiled
def _emit_record(
    octets: Octets,
    start: Int,
    stop: Int,
    uap: Int,
    row: Int,
    nodes: Table,
    parts: Table,
    subs: Table,
    uaps: Table,
    fields: Table,
    out: IntArray,
    count: Int,
    counts: IntArray,
    base: Int,
) -> Int:
    here = fspec_end(octets, start, stop, 9)
    named_stop = here
    frn = 0
    for place in range(start, named_stop):
        for bit in range(7):
            frn += 1
            if octets[place] & (0x80 >> bit) == 0:
                continue
            node = uaps[uap, frn]
            if nodes[node, SHAPE] != _RANDOM:
                count = _emit_item(octets, here, stop, node, row, nodes, parts, subs, fields, out, count, counts, base)
                here = item_end(octets, here, stop, node, nodes, parts, subs)
                continue
            remaining = np.int64(octets[here])
            here += 1
            for _ in range(remaining):
                node = uaps[uap, octets[here]]
                count = _emit_item(
                    octets, here + 1, stop, node, row, nodes, parts, subs, fields, out, count, counts, base
                )
                here = item_end(octets, here + 1, stop, node, nodes, parts, subs)
    return count


@compiled
def emit_block(
    octets: Octets,
    start: Int,
    nodes: Table,
    parts: Table,
    subs: Table,
    uaps: Table,
    chosen: Table,
    fields: Table,
    choice: Int,
    at: IntArray,
    rows: IntArray,
    out: IntArray,
    counts: IntArray,
    base: Int,
) -> tuple[Int, Int]:
    """Emit the records of the block at `start`; return where the next one begins and how many values there are.

    choice : see `kernel.profile_of`
    rows   : (256,) the next row of each category's table, moved on
    out    : (VALUES_PER_OCTET_MAX * octets of a block, 3) column, row, value
    counts : (READ_COUNTS,)
    base   : where the payload's first octet lies among those that explicit items are looked up in
    """
    stop = block_stop(octets, start, len(octets))
    if stop < 0:
        counts[-stop] += 1
        return len(octets), 0
    category = np.int64(octets[start])
    if chosen[category, 0] < 0:
        counts[BLOCK_UNKNOWN] += 1
        return stop, 0
    count = 0
    record = start + 3
    while record < stop:
        uap = profile_of(octets, record, stop, category, choice, chosen)
        end = find_items(octets, record, stop, uap, nodes, parts, subs, uaps, at)
        if end < 0:
            counts[-end] += 1
            break
        row = rows[category]
        count = _emit_record(octets, record, end, uap, row, nodes, parts, subs, uaps, fields, out, count, counts, base)
        rows[category] += 1
        record = end
    return stop, count
