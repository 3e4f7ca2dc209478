"""libasterix as an oracle: runs in its own environment, reads a question a line and answers a line (JSON).

    {"do": "editions"}                                           {"48": ["1.27", ...], ...}
    {"do": "decode", "category", "edition", "records" (hex)}     {"records": [...]} or {"error": "..."}
    {"do": "random", "category", "edition", "seed", "count"}     {"records": [...], "octets": hex}

A record is {path: value}. A path is item, sub-item and field joined by _; a value is [kind, value, unit]: "number",
"code" or "text", and for a repeated item a list of them. RE fields are also given by their newest expansion.
"""

from __future__ import annotations

import json
import random
import sys
from typing import Any

import asterix.base as base
import asterix.generated as generated

Values = dict[str, Any]


def cat_of(category: int, edition: str) -> Any:
    return next(
        cat for cat in generated.manifest["CATS"][category] if ".".join(map(str, cat.cv_edition)) == edition
    ).cv_uap


def records_of(uap: Any) -> dict[str, Any]:
    return {"": uap.cv_record} if hasattr(uap, "cv_record") else uap.cv_uaps


def expansion_of(category: int) -> Any:
    found = generated.manifest["REFS"].get(category)
    return found[-1].cv_expansion if found else None


# ---- what a record holds


def joined(*names: str) -> str:
    return "_".join(name for name in names if name)


def leaf(path: str, element: Any, values: Values, chooser: int | None) -> None:
    rule = element.cv_rule
    raw, bits = element.as_uint(), element.cv_bit_size
    if issubclass(rule, base.RuleContentDependent):
        content = rule._find_content([chooser])(element.bs)
    else:
        content = rule.cv_content(element.bs)
    if isinstance(content, base.ContentQuantity):
        values[path] = ["number", content._as_quantity(), content.cv_unit]
    elif isinstance(content, base.ContentInteger):
        values[path] = ["number", content.as_integer(), ""]
    elif isinstance(content, base.ContentString):
        values[path] = ["text", content.as_string(), content.cv_string_type.__name__]
    else:
        values[path] = ["code", raw, bits]


def flatten(path: str, variation: Any, values: Values, category: int) -> None:
    if isinstance(variation, base.Element):
        leaf(path, variation, values, values.get(path.rpartition("_")[0] + "_IM", [0, None])[1])
    elif isinstance(variation, base.Group):
        for member in variation.arg:
            if isinstance(member, base.Item):
                flatten(joined(path, member.arg.cv_name), member.arg.arg.arg, values, category)
    elif isinstance(variation, base.Extended):
        for part in variation.arg:
            for member in part:
                if isinstance(member, base.Item):
                    flatten(joined(path, member.arg.cv_name), member.arg.arg.arg, values, category)
    elif isinstance(variation, base.Repetitive):
        lists: dict[str, list[Any]] = {name: [] for name in leaves(path, variation.cv_variation)}
        for element in variation.arg:
            one: Values = {}
            flatten(path, element, one, category)
            for name, value in one.items():
                lists[name].append(value)
        values.update(lists)
    elif isinstance(variation, base.Compound):
        for name, member in variation.arg.items():
            flatten(joined(path, name), member.arg.arg, values, category)
    elif isinstance(variation, base.Explicit):
        values[f"{path}_hex"] = ["octets", variation.get_bytes().hex(), ""]
        expansion = expansion_of(category)
        if path == "RE" and expansion is not None and variation.get_bytes():
            parsed = expansion._parse(base.Bits.from_bytes(variation.get_bytes()))
            if not isinstance(parsed, ValueError) and len(parsed[1]) == 0:
                for name, member in parsed[0].arg.items():
                    flatten(joined(path, name), member.arg.arg, values, category)
    else:
        raise TypeError(variation)


def leaves(path: str, kind: Any) -> list[str]:
    """Return the paths of the fields of one element of a repeated item."""
    if issubclass(kind, base.Element):
        return [path]
    return [joined(path, name) for name in kind.cv_items_dict]


def flat(record: Any, category: int) -> Values:
    values: Values = {}
    for name, item in record.items_regular.items():
        flatten(name, item.arg.arg, values, category)
    for items in record.items_rfs:
        for name, item in items or []:
            flatten(name, item.arg.arg, values, category)
    return values


# ---- random records


def random_of(kind: Any, draw: random.Random, category: int) -> Any:
    """Return an argument for `kind.create`."""
    if issubclass(kind, (base.Element, base.Group)):
        return draw.choice((0, (1 << kind.cv_bit_size) - 1, draw.getrandbits(kind.cv_bit_size)))
    if issubclass(kind, base.Extended):
        parts = kind.cv_items_list[: draw.randint(1, len(kind.cv_items_list))]
        return tuple(draw.getrandbits(sum(member[1] for member in part if member is not None)) for part in parts)
    if issubclass(kind, base.Repetitive):
        low = 0 if kind.cv_rep_bytes else 1
        return [random_of(kind.cv_variation, draw, category) for _ in range(draw.randint(low, 4))]
    if issubclass(kind, base.Compound):
        members = [member for member in kind.cv_items_list if member is not None]
        return random_items(members, draw, category)
    return draw.randbytes(draw.randint(1, 9))


def random_items(members: list[Any], draw: random.Random, category: int) -> dict[str, Any]:
    named = draw.sample(members, draw.randint(1, len(members)))
    return {
        member.cv_name: random_of(member.cv_rule.cv_variation, draw, category) for member in members if member in named
    }


def random_record(kind: Any, profile: str, draw: random.Random, category: int) -> Any:
    items = [item.cv_non_spare for item in kind.cv_items_list if issubclass(item, base.UapItem)]
    given = random_items(items, draw, category)
    if category == 1:
        given["020"] = ((draw.getrandbits(6) | (64 if profile == "track" else 0)), draw.getrandbits(7))
    expansion = expansion_of(category)
    if "RE" in given and expansion is not None and draw.random() < 0.8:
        members = [member for member in expansion.cv_items_list if member is not None]
        given["RE"] = expansion._create(random_items(members, draw, category)).unparse().to_bytes()
    if any(issubclass(item, base.UapItemRFS) for item in kind.cv_items_list) and draw.random() < 0.5:
        rest = [item for item in items if item.cv_name not in given]
        chosen = draw.sample(rest, draw.randint(0, len(rest)))
        return kind._create(given, [(i.cv_name, random_of(i.cv_rule.cv_variation, draw, category)) for i in chosen])
    return kind._create(given)


# ---- questions


def profile_of(uap: Any, bits: Any) -> Any:
    """Return the record class for the next record: by the first bit of item 020 where there are two."""
    kinds = records_of(uap)
    if "" in kinds:
        return kinds[""]
    octets = bits.to_bytes()
    at = 0
    while octets[at : at + 1] and octets[at] & 1:
        at += 1
    at += 1 + (2 if octets[0] & 0x80 else 0)
    track = bool(octets[0] & 0x40) and len(octets) > at and bool(octets[at] & 0x80)
    return kinds["track" if track else "plot"]


def decode(category: int, edition: str, octets: bytes) -> dict[str, Any]:
    uap = cat_of(category, edition)
    remaining = base.Bits.from_bytes(octets)
    found = []
    while len(remaining):
        try:
            parsed = profile_of(uap, remaining)._parse(base.ParsingMode.StrictParsing, remaining)
        except TypeError:  # raised where the FSPEC names more items than there are
            parsed = ValueError("fspec")
        if isinstance(parsed, ValueError):
            return {"records": found, "error": str(parsed)}
        record, remaining = parsed
        found.append(flat(record, category))
    return {"records": found, "error": ""}


def answer(question: dict[str, Any]) -> Any:
    if question["do"] == "editions":
        return {
            category: [".".join(map(str, cat.cv_edition)) for cat in cats]
            for category, cats in generated.manifest["CATS"].items()
        }
    category, edition = question["category"], question["edition"]
    if question["do"] == "decode":
        return decode(category, edition, bytes.fromhex(question["records"]))
    draw = random.Random(question["seed"])
    kinds = list(records_of(cat_of(category, edition)).items())
    made = []
    for _ in range(question["count"]):
        profile, kind = draw.choice(kinds)
        made.append(random_record(kind, profile, draw, category))
    octets = b"".join(record.unparse().to_bytes() for record in made)
    return {"records": [flat(record, category) for record in made], "octets": octets.hex()}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)
