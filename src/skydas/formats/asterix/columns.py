"""Values of one kind to an Arrow array: the only place that knows how a field's bits become what a person reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pyarrow as pa

from skydas.formats.asterix.layout import Field
from skydas.formats.asterix.octets import ICAO_ALPHABET
from skydas.formats.asterix.program import Column, unit_suffix
from skydas.model import BoolArray, IntArray

_LETTERS: Final = ICAO_ALPHABET.tobytes().decode()


def text_of(field: Field, value: int) -> str:
    """Return digits, characters or octets; the spaces behind a text are cut off."""
    if field.kind == "octal":
        return f"{value:0{field.bits // 3}o}"
    if field.kind == "hex":
        return f"{value & (1 << field.bits) - 1:0{field.bits // 4}x}"
    if field.kind == "icao":
        letters = (_LETTERS[value >> shift & 0x3F] for shift in range(field.bits - 6, -1, -6))
    else:
        letters = (chr(value >> shift & 0xFF) for shift in range(field.bits - 8, -1, -8))
    return "".join(letters).rstrip(" ")


def numbers_of(field: Field, values: IntArray) -> IntArray:
    """Return the whole numbers, two's complement where the field has it."""
    if field.kind != "s":
        return values
    half = np.int64(1) << np.int64(field.bits - 1)
    return (values ^ half) - half


def elements(field: Field, values: IntArray, lsb: float | None) -> Any:
    """Return the values as an Arrow array without gaps."""
    if field.kind in ("octal", "hex", "icao", "ascii"):
        return pa.array([text_of(field, value) for value in values.tolist()], pa.string())
    numbers = numbers_of(field, values)
    return pa.array(numbers if lsb is None else numbers * lsb)


def spread(rows: IntArray, values: Any, count: int) -> Any:
    """Return `values` at `rows` of `count` rows, null elsewhere."""
    place = np.zeros(count, np.int64)
    absent = np.ones(count, np.bool_)
    place[rows] = np.arange(len(rows))
    absent[rows] = False
    return values.take(pa.array(place, mask=absent))


def lists(rows: IntArray, lengths: IntArray, values: Any, count: int) -> Any:
    """Return lists of `values`: `lengths[i]` of them at `rows[i]`, null at the other rows."""
    sizes = np.zeros(count, np.int64)
    sizes[rows] = lengths
    absent = np.ones(count, np.bool_)
    absent[rows] = False
    offsets = np.concatenate(([0], np.cumsum(sizes))).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), values, mask=pa.array(absent))


def arrays_of(
    column: Column, rows: IntArray, values: IntArray, chooser: IntArray | None, count: int
) -> Iterator[tuple[str, Any]]:
    """Yield name and array of a field that does not repeat: two, each with gaps, where a code chooses between scales.

    chooser : (len(rows),) the code, where the column has one
    """
    field = column.field
    assert field is not None
    if len(field.scales) < 2:
        lsb = field.scales[0][0] if field.scales else None
        yield column.name, spread(rows, elements(field, values, lsb), count)
        return
    assert chooser is not None
    for code, (lsb, unit) in enumerate(field.scales):
        chosen: BoolArray = chooser == code
        yield column.name + unit_suffix(unit), spread(rows[chosen], elements(field, values[chosen], lsb), count)
