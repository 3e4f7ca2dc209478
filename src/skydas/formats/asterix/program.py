"""Item tables compiled to flat arrays, which the kernels of `walk` follow.

    nodes  (n, 8)  an item or sub-item: SHAPE, SIZE, FIRST, COUNT, FIELD, FIELDS, COLUMN, SLOT
    parts  (p, 3)  an extent: octets, first field, number of fields
    subs   (s,)    the nodes of a compound's members in order; -1 spare
    fields (f, 3)  first bit in its part, bits, column
    uaps   (u, 65) number of items, then the node of each in the order of the FSPEC; -1 spare
    chosen (256, 2) the uaps of a category: the only one or that of plots, that of tracks; -1 not read here

A node's SLOT says where a plot maker looks for the item (`slots`): 0 nowhere, else 1 and up.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skydas.errors import ConfigError
from skydas.formats.asterix.items import CATEGORIES
from skydas.formats.asterix.layout import Field, Layout, Part, Shape, read_layout

Table = npt.NDArray[np.int32]

SHAPE: Final = 0
SIZE: Final = 1  # octets of a fixed item or of one element
FIRST: Final = 2  # first part of an extended item, first of the subs of a compound or of an RE field's expansion
COUNT: Final = 3  # parts or subs
FIELD: Final = 4  # first field of a fixed item or of one element
FIELDS: Final = 5
COLUMN: Final = 6  # of the element count of a repeated item, or of an explicit item's octets
SLOT: Final = 7
FRN_MAX: Final = 63
NO_LAST_FX: Final = 1  # in FIELD of an extended item whose last extent has no FX bit

_UNIT_WORDS: Final = {"": "", "%": "percent"}


class Column(NamedTuple):
    """What a table's column holds."""

    name: str
    field: Field | None  # None: a count of elements or the octets of an explicit item
    counted_by: int = -1  # of a repeated field: the column with the number of its elements
    chooser: int = -1  # column whose value chooses between two scales


class Program(NamedTuple):
    """The compiled tables of one edition of each category."""

    nodes: Table
    parts: Table
    subs: Table
    fields: Table
    uaps: Table
    chosen: Table
    columns: tuple[Column, ...]


def editions(category: int) -> tuple[str, ...]:
    """Return the editions there are of a category, oldest first."""
    return tuple(CATEGORIES[category].EDITIONS)


def checked_edition(category: int, edition: str) -> str:
    """Return `edition`, or the newest when it is empty. Raises ConfigError naming those there are."""
    known = editions(category)
    if edition and edition not in known:
        raise ConfigError(f"asterix: CAT{category:03d} has no edition {edition!r} here; there are: {', '.join(known)}")
    return edition or known[-1]


def compile_program(chosen_editions: dict[int, str], slots: dict[int, tuple[str, ...]]) -> Program:
    """Return the program of one edition a category.

    chosen_editions : category -> edition ("" the newest); a category left out is not read
    slots           : category -> keys of items in the order of their slots, from 1
    """
    builder = _Builder()
    chosen = np.full((256, 2), -1, np.int32)
    for category, edition in sorted(chosen_editions.items()):
        first = len(builder.uaps)
        count = builder.category(category, checked_edition(category, edition), slots.get(category, ()))
        chosen[category] = (first, first + count - 1)
    return builder.program(chosen)


def slot_of(key: str, slots: tuple[str, ...]) -> int:
    """Return the slot of an item: the longest entry that begins its key (`040@2` before `040`); 0 for none."""
    found = [
        slot for slot in slots if key == slot or key.partition("@")[0] == slot or ("@" in slot and key.startswith(slot))
    ]
    return slots.index(max(found, key=len)) + 1 if found else 0


class _Builder:
    def __init__(self) -> None:
        self.nodes: list[list[int]] = []
        self.parts: list[tuple[int, int, int]] = []
        self.subs: list[int] = []
        self.fields: list[tuple[int, int, int]] = []
        self.uaps: list[list[int]] = []
        self.columns: list[Column] = []
        self.by_name: dict[str, int] = {}

    def program(self, chosen: Table) -> Program:
        return Program(
            np.array(self.nodes, np.int32).reshape(-1, 8),
            np.array(self.parts, np.int32).reshape(-1, 3),
            np.array(self.subs, np.int32),
            np.array(self.fields, np.int32).reshape(-1, 3),
            np.array(self.uaps, np.int32).reshape(-1, FRN_MAX + 2),
            chosen,
            tuple(self.columns),
        )

    def category(self, category: int, edition: str, slots: tuple[str, ...]) -> int:
        """Add a category; return the number of its UAPs."""
        module = CATEGORIES[category]
        prefix = f"I{category:03d}"
        expansion = tuple(module.EXPANSIONS.values())[-1].split() if module.EXPANSIONS else []
        nodes: dict[str, int] = {"-": -1}
        for text in module.EDITIONS[edition].values():
            row = []
            for key in text.split():
                if key not in nodes:
                    nodes[key] = self.item(module, prefix, key, expansion)
                    self.nodes[nodes[key]][SLOT] = slot_of(key, slots)
                row.append(nodes[key])
            assert len(row) <= FRN_MAX
            self.uaps.append([len(row), *row, *[-1] * (FRN_MAX + 1 - len(row))])
        return len(module.EDITIONS[edition])

    def item(self, module: object, prefix: str, key: str, expansion: list[str]) -> int:
        name = key.partition("@")[0]
        path = f"{prefix}_{name}"
        if key == "RFS":
            return self.node(Layout(key, Shape.RANDOM), path)
        node = self.node(read_layout(name, module.ITEMS[key]), path)  # type: ignore[attr-defined]
        if name == "RE" and expansion:
            layouts = {key: read_layout(key.partition("@")[0], text) for key, text in module.EXPANSION_ITEMS.items()}  # type: ignore[attr-defined]
            self.members(node, tuple(layouts.get(key) for key in expansion), path)
        return node

    def node(self, layout: Layout, path: str) -> int:
        row = len(self.nodes)
        node = [int(layout.shape), 0, 0, 0, 0, 0, -1, 0]
        self.nodes.append(node)
        if layout.shape in (Shape.FIXED, Shape.COUNTED, Shape.CHAINED):
            part = layout.parts[0]
            if layout.shape != Shape.FIXED:
                node[COLUMN] = self.column(Column(f"{path}_count", None))
            node[SIZE] = part.octets
            node[FIELD], node[FIELDS] = self.part_fields(part, path, node[COLUMN])
        elif layout.shape == Shape.EXTENDED:
            node[FIRST], node[COUNT] = len(self.parts), len(layout.parts)
            node[FIELD] = 0 if layout.last_continues else NO_LAST_FX
            for part in layout.parts:
                self.parts.append((part.octets, *self.part_fields(part, path, -1)))
        elif layout.shape == Shape.EXPLICIT:
            node[COLUMN] = self.column(Column(f"{path}_hex", None))
        elif layout.shape == Shape.COMPOUND:
            self.members(row, layout.members, path)
        return row

    def members(self, row: int, members: tuple[Layout | None, ...], path: str) -> None:
        found = [-1 if member is None else self.node(member, f"{path}_{member.name}") for member in members]
        self.nodes[row][FIRST], self.nodes[row][COUNT] = len(self.subs), len(found)
        self.subs += found

    def part_fields(self, part: Part, path: str, counted_by: int) -> tuple[int, int]:
        first = len(self.fields)
        for field in part.fields:
            name = f"{path}_{field.name}" if field.name else path
            chooser = self.by_name.get(f"{path}_IM", -1) if len(field.scales) > 1 else -1
            if len(field.scales) == 1:
                name += unit_suffix(field.scales[0][1])
            self.fields.append((field.bit, field.bits, self.column(Column(name, field, counted_by, chooser))))
        return first, len(self.fields) - first

    def column(self, column: Column) -> int:
        """Return the number of a column; two profiles of one category may share it."""
        if column.name in self.by_name:
            return self.by_name[column.name]
        self.by_name[column.name] = len(self.columns)
        self.columns.append(column)
        return len(self.columns) - 1


def unit_suffix(unit: str) -> str:
    """Return the end of a column's name for a unit: `m/s` gives `_m_per_s`."""
    word = _UNIT_WORDS.get(unit, unit)
    return f"_{re.sub('/', '_per_', word)}" if word else ""
