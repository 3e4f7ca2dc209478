"""Write the item tables in src/skydas/formats/asterix/items from libasterix.

Run it with the interpreter of an environment that holds libasterix 0.36.3, then `ruff format` what it wrote:

    .peers/libasterix/bin/python tools/asterix_tables.py src/skydas/formats/asterix/items

Only facts are taken: names of items, widths, scales, units, order. How a layout is written stands in
`skydas.formats.asterix.layout`.
"""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import asterix.base as base
import asterix.generated as generated

CATEGORIES = {
    1: "Monoradar target reports, plots and tracks",
    2: "Monoradar service messages",
    10: "Surface movement target reports",
    20: "Multilateration target reports",
    21: "ADS-B target reports",
    23: "ADS-B ground station and service status",
    34: "Monoradar service messages",
    48: "Monoradar target reports",
    62: "System track data",
    63: "Sensor status, from a tracker",
    65: "Status of a tracker",
}
UNITS = {"°": "deg", "°/s": "deg/s", "°C": "degC", "m/s²": "m/s2", "dBm²": "dBm2", "m²": "m2", "dBµV": "dBuV"}
STRINGS = {base.StringAscii: "ascii", base.StringICAO: "icao", base.StringOctal: "octal"}
HEAD = '''"""CAT{category:03d}  {title}.

Every item, octet by octet; `skydas.formats.asterix.layout` says how to read a layout. Made by tools/asterix_tables.py
from the item tables of libasterix 0.36.3 (copyright 2024 Zoran Bošnjak, BSD 3-clause): do not edit. An item whose
layout changed stands again as NAME@EDITION, the first edition that has the new one.
"""

from __future__ import annotations

from typing import Final

'''

Layout = str | tuple[str, ...]


def is_a(thing: Any, kind: type) -> bool:
    return isinstance(thing, type) and issubclass(thing, kind)


def scale(lsb: float) -> str:
    """Return `lsb` as a short product that Python evaluates to the very same float."""
    for turn in (1, 360, 45, 3600):
        ratio = Fraction(lsb) / turn
        if ratio.denominator > 1 and ratio.numerator in (1, 5, 25) and ratio.denominator & (ratio.denominator - 1) == 0:
            text = f"{turn * ratio.numerator}/{ratio.denominator}"
            top, bottom = text.split("/")
            if int(top) / int(bottom) == lsb and (turn > 1 or ratio.numerator == 1):
                return text
    text = repr(lsb)
    return text.removesuffix(".0")


def number(content: Any) -> str:
    """Return the letters behind the width: u or s, with scale and unit."""
    sign = "s" if content.cv_signedness is base.Signed else "u"
    if is_a(content, base.ContentInteger):
        return sign
    unit = UNITS.get(content.cv_unit, content.cv_unit)
    return f"{sign}*{scale(content.cv_lsb)}[{unit}]"


def element(name: str, variation: Any) -> str:
    rule, bits = variation.cv_rule, variation.cv_bit_size
    if is_a(rule, base.RuleContentDependent):
        assert [case for case, _ in rule.cv_cases] == [[0], [1]]
        assert rule.cv_depends_on[0][-1] == "IM"
        return f"{name}:{bits}" + "|".join(number(content) for _, content in rule.cv_cases)
    content = rule.cv_content
    if is_a(content, base.ContentString):
        return f"{name}:{bits}{STRINGS[content.cv_string_type]}"
    if is_a(content, base.ContentBds):
        return f"{name}:{bits}hex"
    if is_a(content, (base.ContentInteger, base.ContentQuantity)):  # type: ignore[arg-type]
        return f"{name}:{bits}{number(content)}"
    return f"{name}:{bits}" + ("hex" if bits > 32 else "")


def tokens(name: str, variation: Any) -> list[str]:
    """Return the tokens of a fixed layout; names of nested groups are joined by _."""
    if is_a(variation, base.Element):
        return [element(name, variation)]
    assert is_a(variation, base.Group), variation
    found: list[str] = []
    for item, size in variation.cv_items_list:
        found += sub_tokens(name, item, size)
    return found


def sub_tokens(prefix: str, item: Any, size: int) -> list[str]:
    if is_a(item, base.Spare):
        return [f"-:{size}"]
    inner = item.cv_non_spare
    name = f"{prefix}_{inner.cv_name}" if prefix else inner.cv_name
    return tokens(name, inner.cv_rule.cv_variation)


def plain(variation: Any) -> str:
    """Return the layout of anything but a compound."""
    if is_a(variation, base.Explicit):
        return "explicit"
    if is_a(variation, base.Repetitive):
        assert variation.cv_rep_bytes in (1, None)
        lead = "N*" if variation.cv_rep_bytes else "FX*"
        return " ".join([lead, *tokens("", variation.cv_variation)])
    if is_a(variation, base.Extended):
        found: list[str] = []
        for part in variation.cv_items_list:
            for member in part:
                found += ["FX"] if member is None else sub_tokens("", *member)
        return " ".join(found)
    return " ".join(tokens("", variation))


def layout(spec: Any) -> Layout:
    rule = spec.cv_rule
    variation = rule.cv_variation
    if not is_a(variation, base.Compound):
        return plain(variation)
    assert variation.cv_fspec_max_bytes == -(-len(variation.cv_items_list) // 7)
    return tuple(
        "-" if sub is None else f"{sub.cv_name} = {plain(sub.cv_rule.cv_variation)}" for sub in variation.cv_items_list
    )


class Table:
    """Layouts by key; a layout that an item has had before gets the key it had."""

    def __init__(self) -> None:
        self.layouts: dict[str, Layout] = {}
        self.titles: dict[str, str] = {}

    def key(self, spec: Any, edition: str) -> str:
        wanted = layout(spec)
        name = spec.cv_name
        for key, known in self.layouts.items():
            if key.partition("@")[0] == name and known == wanted:
                return key
        key = name if name not in self.layouts else f"{name}@{edition}"
        self.layouts[key] = wanted
        self.titles[key] = spec.cv_title
        return key


def uap_text(record: Any, table: Table, edition: str) -> str:
    assert record.cv_fspec_max_bytes == -(-len(record.cv_items_list) // 7), record.cv_fspec_max_bytes
    found = []
    for item in record.cv_items_list:
        if is_a(item, base.UapItemSpare):
            found.append("-")
        elif is_a(item, base.UapItemRFS):
            found.append("RFS")
        else:
            found.append(table.key(item.cv_non_spare, edition))
    return " ".join(found)


def write_layouts(name: str, table: Table) -> str:
    lines = [f"{name}: Final[dict[str, str | tuple[str, ...]]] = {{"]
    for key in sorted(table.layouts, key=lambda key: (not key[0].isdigit(), key)):
        if table.titles[key]:
            lines.append(f"    # {table.titles[key]}")
        value = table.layouts[key]
        if isinstance(value, str):
            lines.append(f"    {key!r}: {wrapped(value)},")
        else:
            lines += [f"    {key!r}: (", *(f"        {wrapped(sub)}," for sub in value), "    ),"]
    return "\n".join([*lines, "}", ""])


def wrapped(text: str) -> str:
    """Return a string literal, in pieces of a line each when it is long."""
    if len(text) <= 100:
        return repr(text).replace("'", '"')
    pieces, line = [], ""
    for word in text.split(" "):
        if len(line) + len(word) > 95:
            pieces.append(line)
            line = ""
        line += word + " "
    pieces.append(line.rstrip())
    return "(" + "\n".join(f'"{piece}"' for piece in pieces) + ")"


def module(category: int) -> str:
    table, expansion_table = Table(), Table()
    editions = ["EDITIONS: Final[dict[str, dict[str, str]]] = {  # edition -> profile -> items in the order of FSPEC"]
    for spec in generated.manifest["CATS"][category]:
        edition = ".".join(map(str, spec.cv_edition))
        uap = spec.cv_uap
        profiles = {"": uap.cv_record} if hasattr(uap, "cv_record") else uap.cv_uaps
        inner = ", ".join(f'"{name}": {wrapped(uap_text(record, table, edition))}' for name, record in profiles.items())
        editions.append(f'    "{edition}": {{{inner}}},')
    editions.append("}\n")
    expansions = ["EXPANSIONS: Final[dict[str, str]] = {  # edition of the RE field -> items in the order of its FSPEC"]
    for spec in generated.manifest["REFS"].get(category, []):
        edition = ".".join(map(str, spec.cv_edition))
        assert spec.cv_expansion.cv_type == (base.FspecFixed, 1)
        keys = ["-" if sub is None else expansion_table.key(sub, edition) for sub in spec.cv_expansion.cv_items_list]
        expansions.append(f'    "{edition}": "{" ".join(keys)}",')
    expansions.append("}\n")
    text = HEAD.format(category=category, title=CATEGORIES[category])
    text += "\n".join(editions) + "\n" + write_layouts("ITEMS", table) + "\n"
    return text + "\n".join(expansions) + "\n" + write_layouts("EXPANSION_ITEMS", expansion_table)


def main(directory: Path) -> None:
    for category in CATEGORIES:
        path = directory / f"cat{category:03d}.py"
        path.write_text(module(category), encoding="utf-8")
        print(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
