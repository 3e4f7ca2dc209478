"""The reader behind `skydas decode`: a table a category, a row a record, a column a field.

Columns are named after the item, the sub-item and the field, with the unit last: `I048_040_RHO_NM`,
`I048_130_SRL_deg`, `I048_220`. A field that repeats is a list. Codes are whole numbers, digits and characters are text,
octets are hex text; a quantity is the wire's count times its least bit, in the wire's own unit. A column is there when
a record has it. Before them stand `rx_ns` and `copy`: the same octets were read before (networks A and B send each
datagram twice).
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, Final

import numpy as np
import pyarrow as pa

from skydas.formats.asterix.columns import arrays_of, elements, lists, spread
from skydas.formats.asterix.decode import PROFILES, Params, editions_of
from skydas.formats.asterix.emit import READ_COUNTS, VALUES_PER_OCTET_MAX, emit_block
from skydas.formats.asterix.impossible import bounds_of, count_impossible
from skydas.formats.asterix.kernel import PORTION_OCTETS_MAX, REASONS, SLOT_COUNT
from skydas.formats.asterix.program import checked_edition, compile_program
from skydas.model import IntArray

PAYLOADS_KEPT_MAX: Final = 65_536  # how far back a copy is known as one
VALUES_HELD_MAX: Final = 2_000_000  # before they are turned into columns
READ_REASONS: Final = (*REASONS, "expansion_unread", "category_unknown")
_NOT_ERRORS: Final = ("expansion_unread", "category_unknown")


class Reader:
    """Takes payloads, gives tables. Copies of a payload are kept, marked and counted."""

    def __init__(self, params: Params | None = None) -> None:
        self.params = params or Params()
        self._editions = editions_of(self.params)
        self._program = compile_program(self._editions, {})
        self._bounds = bounds_of(self._program.columns)
        self._impossible: dict[str, int] = {}
        self._choice = PROFILES[self.params.profile_001]
        self._at = np.zeros(SLOT_COUNT, np.int64)
        self._rows = np.zeros(256, np.int64)  # read so far, by category
        self._out = np.empty((PORTION_OCTETS_MAX * VALUES_PER_OCTET_MAX, 3), np.int64)
        self._counts = np.zeros(READ_COUNTS, np.int64)
        self._seen: dict[bytes, None] = {}
        self._payload_count = self._octet_count = self._copy_count = self._copy_record_count = 0
        # Since the last flush: values, the octets they came from, (category, records, rx_ns, copy) of each payload.
        self._held: list[IntArray] = []
        self._held_count = 0
        self._held_octets = bytearray()
        self._heads: list[tuple[int, int, int, bool]] = []
        self._flushed = np.zeros(256, np.int64)
        self._tables: dict[int, list[Any]] = {}

    def feed(self, rx_ns: int, payload: bytes) -> None:
        """Read one payload; never raises on any octets."""
        if not payload:
            return
        copy = self._is_copy(payload)
        self._payload_count += 1
        self._octet_count += len(payload)
        self._copy_count += copy
        before = self._rows.copy()
        program = self._program
        octets = np.frombuffer(payload, np.uint8)
        here = 0
        while here < len(payload):
            here, count = emit_block(
                octets,
                here,
                program.nodes,
                program.parts,
                program.subs,
                program.uaps,
                program.chosen,
                program.fields,
                self._choice,
                self._at,
                self._rows,
                self._out,
                self._counts,
                len(self._held_octets),
            )
            if count:
                self._held.append(self._out[:count].copy())
                self._held_count += count
        self._held_octets += payload
        added = self._rows - before
        for category in np.flatnonzero(added).tolist():
            self._heads.append((category, int(added[category]), rx_ns, copy))
        self._copy_record_count += int(added.sum()) if copy else 0
        if self._held_count > VALUES_HELD_MAX:
            self._flush()

    def tables(self) -> dict[str, pa.Table]:
        """Return the table of each category there was, by its three digits."""
        self._flush()
        found = {}
        for category, parts in sorted(self._tables.items()):
            table = pa.concat_tables(parts, promote_options="default")
            found[f"{category:03d}"] = table.select(self._in_order(table.column_names))
        return found

    def summary(self) -> dict[str, Any]:
        """Return counts: records, by_category, errors, reasons, impossible, payloads, bytes, copies, copy_records.

        `impossible` counts values that cannot be true by their column, of the tables made so far; `editions` says under
        which edition each category was read.
        """
        reasons = {name: count for name, count in zip(READ_REASONS, self._counts.tolist(), strict=True) if count}
        by_category = {f"{category:03d}": int(self._rows[category]) for category in np.flatnonzero(self._rows).tolist()}
        return {
            "records": sum(by_category.values()),
            "by_category": by_category,
            "errors": sum(count for name, count in reasons.items() if name not in _NOT_ERRORS),
            "reasons": reasons,
            "impossible": dict(sorted(self._impossible.items())),
            "editions": {name: checked_edition(int(name), self._editions[int(name)]) for name in by_category},
            "payloads": self._payload_count,
            "bytes": self._octet_count,
            "copies": self._copy_count,
            "copy_records": self._copy_record_count,
        }

    def _is_copy(self, payload: bytes) -> bool:
        digest = blake2b(payload, digest_size=16).digest()
        if digest in self._seen:
            return True
        if len(self._seen) >= PAYLOADS_KEPT_MAX:
            del self._seen[next(iter(self._seen))]
        self._seen[digest] = None
        return False

    def _in_order(self, names: list[str]) -> list[str]:
        """Return column names as the item tables have them."""
        order = {name: place for place, name in enumerate(("rx_ns", "copy"))}
        for column in self._program.columns:
            for suffix in ("", "_NM_per_s", "_Mach"):
                order.setdefault(column.name + suffix, len(order))
        return sorted(names, key=lambda name: order[name])

    def _flush(self) -> None:
        """Turn the values held into a table for each category."""
        parts: dict[int, dict[str, Any]] = {}
        for category in np.flatnonzero(self._rows - self._flushed).tolist():
            heads = [head for head in self._heads if head[0] == category]
            counts = [head[1] for head in heads]
            parts[category] = {
                "rx_ns": pa.array(np.repeat(np.array([head[2] for head in heads], np.int64), counts)),
                "copy": pa.array(np.repeat(np.array([head[3] for head in heads], np.bool_), counts)),
            }
        if self._held:
            self._add_columns(parts)
        for category, columns in parts.items():
            for name, count in count_impossible(columns, self._bounds).items():
                self._impossible[name] = self._impossible.get(name, 0) + count
            self._tables.setdefault(category, []).append(pa.table(columns))
        self._flushed[:] = self._rows
        self._held, self._held_count, self._heads = [], 0, []
        self._held_octets = bytearray()

    def _add_columns(self, parts: dict[int, dict[str, Any]]) -> None:
        """Sort the values held by column and add an Arrow array for each to its category's part."""
        values = np.concatenate(self._held)
        values = values[np.argsort(values[:, 0], kind="stable")]
        numbers, starts = np.unique(values[:, 0], return_index=True)
        stops = np.append(starts[1:], len(values))
        found = {int(n): values[a:b, 1:] for n, a, b in zip(numbers, starts, stops, strict=True)}
        for number, pairs in found.items():
            column = self._program.columns[number]
            category = int(column.name[1:4])
            first = int(self._flushed[category])
            count = int(self._rows[category]) - first
            rows, raw = pairs[:, 0] - first, pairs[:, 1]
            part = parts[category]
            if column.name.endswith("_hex"):
                texts = [self._held_octets[at >> 8 : (at >> 8) + (at & 0xFF)].hex() for at in raw.tolist()]
                part[column.name] = spread(rows, pa.array(texts, pa.string()), count)
            elif column.field is None:
                self._add_lists(part, number, rows, raw, found, count)
            elif column.counted_by < 0:
                chooser = found[column.chooser][:, 1] if column.chooser >= 0 else None
                part.update(arrays_of(column, rows, raw, chooser, count))

    def _add_lists(
        self,
        part: dict[str, Any],
        counted_by: int,
        rows: IntArray,
        lengths: IntArray,
        found: dict[int, IntArray],
        count: int,
    ) -> None:
        """Add every field of a repeated item, of which `lengths` elements stand in `rows`."""
        for number, column in enumerate(self._program.columns):
            if column.counted_by == counted_by and column.field is not None:
                raw = found[number][:, 1] if number in found else np.empty(0, np.int64)
                lsb = column.field.scales[0][0] if column.field.scales else None
                part[column.name] = lists(rows, lengths, elements(column.field, raw, lsb), count)
