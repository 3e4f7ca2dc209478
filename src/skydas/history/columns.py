"""NumPy columns to Arrow arrays, a whole column at a time; what is rare (a word, a code, a set) is made once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from skydas.model import BoolArray

Column = npt.NDArray[Any]


def numbers(values: Column, unknown: int | None = None) -> pa.Array:
    """Return numbers (n,) with NaN, or the value `unknown` in an integer column, as null."""
    values = np.ascontiguousarray(values)
    if values.dtype.kind == "f":
        absent = np.isnan(values)
        return pa.array(values, mask=absent) if absent.any() else pa.array(values)
    if unknown is None:
        return pa.array(values)
    return pa.array(values, mask=values == unknown)


def where(values: Column, known: BoolArray) -> pa.Array:
    """Return numbers (n,) that are null where not `known` (n,) and where NaN."""
    values = np.ascontiguousarray(values)
    absent = ~known
    if values.dtype.kind == "f":
        absent |= np.isnan(values)
    return pa.array(values, mask=absent)


def named(index: Column, names: Sequence[str], known: BoolArray | None = None) -> pa.Array:
    """Return names[index] (n,) as a dictionary column; null where not `known` or outside the names."""
    absent = index >= len(names)
    if known is not None:
        absent |= ~known
    return pa.DictionaryArray.from_arrays(
        pa.array(index.astype(np.int32), mask=absent), pa.array(list(names), pa.string())
    )


def one(word: str, count: int) -> pa.Array:
    """Return the same word `count` times as a dictionary column."""
    return named(np.zeros(count, np.int32), [word])


def coded(codes: Column, text_of: Callable[[int], str], unknown: int) -> pa.Array:
    """Return the text of each code (n,) as a dictionary column; each distinct code is written once."""
    distinct, inverse = np.unique(np.ascontiguousarray(codes), return_inverse=True)
    return named(inverse, [text_of(int(code)) for code in distinct], np.asarray(codes != unknown))


def callsigns(values: Column) -> pa.Array:
    """Return callsigns (n,) S8 as a dictionary column; an empty one is null."""
    return coded(np.ascontiguousarray(values).view("<u8"), _callsign, 0)


def sets(bits: Column, names_of: Callable[[int], list[str]]) -> pa.Array:
    """Return a list of names for each bit set (n,); each distinct set is written once."""
    distinct, inverse = np.unique(np.ascontiguousarray(bits), return_inverse=True)
    lists = pa.array([names_of(int(one_set)) for one_set in distinct], pa.list_(pa.string()))
    return lists.take(pa.array(inverse))


def bit_names(bits: int, names: Sequence[str]) -> list[str]:
    """Return the names of the bits that are set; a bit without a name is left out."""
    return [name for bit, name in enumerate(names) if bits >> bit & 1]


def sensor_names(bits: int, sensors: Sequence[str]) -> list[str]:
    """Return the names of a track's sensors; bit 63 stands for any sensor from row 63 on."""
    names = bit_names(bits & ~(1 << 63), sensors)
    if bits >> 63:
        names.append(sensors[63] if len(sensors) == 64 else "others")
    return names


def _callsign(code: int) -> str:
    return code.to_bytes(8, "little").rstrip(b"\0").decode("ascii", "replace")
