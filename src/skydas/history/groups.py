"""Groups as rows and as an Arrow table: what `groups.parquet` holds."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa

from skydas.history import columns
from skydas.history.schema import GROUPS_SCHEMA
from skydas.model import Group, IntArray, Rows

NUMBERS: Final = (
    *("latitude_deg", "longitude_deg", "height_hae_m", "v_east_mps", "v_north_mps", "v_up_mps"),
    *("major_m", "minor_m", "axis_true_deg"),
)
GROUP: Final = np.dtype(
    [
        ("t_ns", "<i8"),
        ("group_no", "<u4"),
        ("count_min", "<u2"),
        ("count_max", "<u2"),
        *((name, "<f8") for name in NUMBERS),
        ("is_over", "?"),
    ]
)


def group_row(group: Group) -> Rows:
    """Return one `Group` fact as GROUP (1,); which tracks it held stands in their rows."""
    row = np.zeros(1, GROUP)
    row["t_ns"], row["group_no"], row["is_over"] = group.now_ns, group.number, group.is_over
    for name in ("count_min", "count_max", *NUMBERS):
        row[name] = getattr(group, name)
    return row


def groups_table(rows: Rows, node: str, sequence: IntArray) -> pa.Table:
    """Return groups as a table of GROUPS_SCHEMA, in the order of the rows.

    rows     : GROUP (k,)
    sequence : (k,) number of the fact that each row came in
    """
    arrays = {name: columns.numbers(rows[name]) for name in GROUP.names or ()}
    arrays["node"] = columns.one(node, len(rows))
    arrays["sequence"] = columns.numbers(sequence)
    return pa.table([arrays[name] for name in GROUPS_SCHEMA.names], schema=GROUPS_SCHEMA)
