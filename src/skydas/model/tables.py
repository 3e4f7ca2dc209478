"""Check a table, as TOML or JSON gives it, against a Struct: every fault at once, in words of a file's reader."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any, Final, Literal, get_args, get_origin

import msgspec

_WORDS: Final = {
    "object": "a table",
    "array": "a list",
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "null": "nothing",
}


def table_faults(table: Any, kind: type[msgspec.Struct], where: str, *, from_text: bool = False) -> Iterator[str]:
    """Yield one line for each key of `table` that `kind` does not take as it stands, and for each that is missing.

    where     : what stands before a key's name: `sensors[0]`, or words that end in a space
    from_text : numbers may come as text, as on a command line
    """
    if not isinstance(table, dict):
        yield f"{where.strip()}: expected a table, got {table!r}"
        return
    before = where if where.endswith(" ") else f"{where}."
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    there_are = f"there are: {', '.join(fields)}" if fields else "there are none here"
    for key, value in table.items():
        if key not in fields:
            yield f"{before}{key}: no such key; {there_are}"
        elif fault := value_fault(value, fields[key].type, from_text=from_text):
            yield f"{before}{key}: {fault}"
    for name, field in fields.items():
        if field.required and name not in table:
            yield f"{before}{name}: missing"


def value_fault(value: Any, kind: Any, *, from_text: bool = False) -> str:
    """Return what was expected instead of `value`, empty text where nothing is wrong with it."""
    try:
        msgspec.convert(value, kind, strict=not from_text)
    except msgspec.ValidationError as error:
        if get_origin(kind) is Literal:
            return f"expected one of {', '.join(map(str, get_args(kind)))}, got {value!r}"
        expected, _, place = re.sub(r", got `[^`]*`", "", str(error)).partition(" - at `$")
        text = re.sub(r"`([^`]*)`", lambda found: _in_words(found[1]), expected)
        inside = f" at {place.strip('`')}" if place else ""
        return f"{text[:1].lower()}{text[1:]}{inside}, got {value!r}"
    if isinstance(value, float) and not math.isfinite(value):
        return f"expected a finite number, got {value!r}"
    return ""


def _in_words(types: str) -> str:
    return " or ".join(_WORDS.get(name, name) for name in types.split(" | "))
