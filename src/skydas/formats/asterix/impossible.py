"""Values that cannot be true: the sign of a record that was read under the wrong edition.

A latitude beyond 90 degrees, a longitude beyond 180, a flight level that no aircraft has (the item's own bounds in
I021/145: -15 to 1500), a time of day past midnight. A record may hold them all and still follow its FSPEC to the octet.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from skydas.formats.asterix.program import Column

DAY_S: Final = 86_400.0
_TIME_OF_DAY: Final = (24, ((1 / 128, "s"),))  # bits and scale of every time of day
_BOUNDS: Final = (  # the end of a column's name, least and largest value
    ("_LAT_deg", -90.0, 90.0),
    ("_LON_deg", -180.0, 180.0),
    ("_FL", -15.0, 1_500.0),
)


def bounds_of(columns: tuple[Column, ...]) -> dict[str, tuple[float, float]]:
    """Return the least and largest value of every column that has such bounds and does not repeat."""
    found = {}
    for column in columns:
        field = column.field
        if field is None or column.counted_by >= 0:
            continue
        if (field.bits, field.scales) == _TIME_OF_DAY:
            found[column.name] = (0.0, DAY_S)
        for ending, least, largest in _BOUNDS:
            if column.name.endswith(ending):
                found[column.name] = (least, largest)
    return found


def count_impossible(values: Mapping[str, Any], bounds: dict[str, tuple[float, float]]) -> dict[str, int]:
    """Return how many values of each column lie outside its bounds; a column without any is left out.

    values : name -> Arrow array, null where a record has no such item
    """
    counts = {}
    for name, (least, largest) in bounds.items():
        column = values.get(name)
        if column is None or not pa.types.is_floating(column.type):
            continue
        outside = pc.or_(pc.less(column, least), pc.greater(column, largest))
        if count := pc.sum(outside).as_py():
            counts[name] = int(count)
    return counts
