"""How an item table writes the layout of an item, and its reading.

"SAC:8 SIC:8"                     two fields of 8 bits
"-:4 TRN:12"                      4 spare bits, then a field
"RHO:16u*1/256[NM]"               an unsigned quantity: its least bit is 1/256 NM; s is two's complement
":24"                             a field that is the whole item has no name of its own
"DIGITS:12octal ID:48icao CS:56ascii MB:56hex"   3-bit digits, 6-bit and 8-bit characters, octets
"IM:1 AS:15u*1/16384[NM/s]|u*0.001[Mach]"        the second scale holds where IM is 1
"TYP:7 FX TST:7 FX"               extents: the one behind an FX follows when that bit is 1
"N* MB:56hex BDS:8"               an octet with the number of elements, then the elements
"FX* WE:7"                        elements, each with its FX: another follows when that bit is 1
"explicit"                        an octet with the length (itself included), then octets nobody here defines
("SRL = :8", "-", "SAM = :8s")    a compound: a FSPEC of its own, then the sub-items it names; "-" is spare
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import Final, NamedTuple

_TOKEN: Final = re.compile(r"(?P<name>[0-9A-Z_]*|-):(?P<bits>\d+)(?P<rest>.*)")
_SCALE: Final = re.compile(r"(?P<sign>[us])\*(?P<lsb>[^\[]+)\[(?P<unit>[^\]]*)\]")


class Shape(IntEnum):
    """How long an item is."""

    FIXED = 0
    EXTENDED = 1
    COUNTED = 2  # N*
    CHAINED = 3  # FX*
    EXPLICIT = 4
    COMPOUND = 5
    RANDOM = 6  # the random field sequencing of 001 and 002: a count, then item numbers each with its item


class Field(NamedTuple):
    """One value: where it lies in its part and what its bits mean."""

    name: str
    bit: int  # from the first bit of the part
    bits: int
    kind: str  # "code", "u", "s", "octal", "icao", "ascii", "hex"
    scales: tuple[tuple[float, str], ...]  # (least bit, unit); two: chosen by the field IM


class Part(NamedTuple):
    """A run of octets: a whole fixed item, one extent, or one element of a repeated item."""

    octets: int
    fields: tuple[Field, ...]


class Layout(NamedTuple):
    """One item or sub-item."""

    name: str
    shape: Shape
    parts: tuple[Part, ...] = ()
    last_continues: bool = True  # extended: does the last extent have an FX bit?
    members: tuple[Layout | None, ...] = ()  # of a compound; None is spare


def read_layout(name: str, text: str | tuple[str, ...]) -> Layout:
    """Return the layout that `text` writes."""
    if isinstance(text, tuple):
        return Layout(name, Shape.COMPOUND, members=tuple(_read_member(member) for member in text))
    words = text.split()
    if words[0] == "explicit":
        return Layout(name, Shape.EXPLICIT)
    if words[0] == "N*":
        return Layout(name, Shape.COUNTED, (_read_part(words[1:]),))
    if words[0] == "FX*":
        return Layout(name, Shape.CHAINED, (_read_part([*words[1:], "FX"]),))
    if "FX" in words:
        parts: list[Part] = []
        start = 0
        for place, word in enumerate(words):
            if word == "FX":
                parts.append(_read_part(words[start : place + 1]))
                start = place + 1
        if start < len(words):
            parts.append(_read_part(words[start:]))
        return Layout(name, Shape.EXTENDED, tuple(parts), last_continues=words[-1] == "FX")
    return Layout(name, Shape.FIXED, (_read_part(words),))


def _read_member(text: str) -> Layout | None:
    if text == "-":
        return None
    name, _, layout = text.partition(" = ")
    return read_layout(name, layout)


def _read_part(words: list[str]) -> Part:
    fields = []
    bit = 0
    for word in words:
        if word == "FX":
            bit += 1
            continue
        field = _read_field(word, bit)
        if field.name != "-":
            fields.append(field)
        bit += field.bits
    assert bit % 8 == 0, words
    return Part(bit // 8, tuple(fields))


def _read_field(word: str, bit: int) -> Field:
    match = _TOKEN.fullmatch(word)
    assert match is not None, word
    name, bits, rest = match["name"], int(match["bits"]), match["rest"]
    if "*" not in rest:
        return Field(name, bit, bits, rest or "code", ())
    found = [_SCALE.fullmatch(scale) for scale in rest.split("|")]
    scales = []
    for scale in found:
        assert scale is not None, word
        scales.append((_number(scale["lsb"]), scale["unit"]))
    assert found[0] is not None
    return Field(name, bit, bits, found[0]["sign"], tuple(scales))


def _number(text: str) -> float:
    top, _, bottom = text.partition("/")
    return float(top) / float(bottom) if bottom else float(top)
