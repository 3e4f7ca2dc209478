"""How well free text becomes fields, on real sightings: `PYTHONPATH=. python bench/people_words.py ../shared/data`.

`people_labels.csv` holds what a reader found in 113 lines drawn at random of the FAA's sightings 2019 to 2023, by the
number of the line; the sentences themselves are not part of the project. A field is right if it is the label's value
or, with the label, not there. Feet count as right within 2 per cent, for fields are whole metres.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
from pathlib import Path
from typing import Any, Final

from skydas.respond.people.words import structured

LABELS: Final = Path(__file__).with_name("people_labels.csv")
SIGHTINGS: Final = "incidents/faa_uas_sightings_2019Q4_2023Q4.csv.gz"
FEET: Final = {"vertical_ft": "vertical_m", "object_ft": "height_m", "observer_ft": "observer_height_m"}
_FT_M: Final = 0.3048


def labels() -> list[dict[str, str]]:
    """Return the labelled lines."""
    with LABELS.open(newline="") as opened:
        return list(csv.DictReader(opened))


def sightings(data: Path) -> list[str]:
    """Return the words of every line."""
    with gzip.open(data / SIGHTINGS, "rt", newline="") as opened:
        return [row["summary"] for row in csv.DictReader(opened)]


def agrees(field: str, found: dict[str, str], label: str) -> bool:
    """Return whether a field is as labelled."""
    value = found.get(FEET.get(field, field), "")
    if field in FEET and label and value:
        stated_m = float(label) * _FT_M
        return abs(float(value) - stated_m) <= max(0.02 * abs(stated_m), 1.0)
    if field == "colours":
        return sorted(value.replace(",", "").split()) == sorted(label.split())
    return value == label


def measure(data: Path) -> tuple[dict[str, dict[str, float]], list[tuple[int, str, str, str]]]:
    """Return of each field how often it is right where labelled, where not labelled; and every disagreement."""
    texts = sightings(data)
    fields = [name for name in labels()[0] if name != "row"]
    out: dict[str, dict[str, float]] = {}
    wrong: list[tuple[int, str, str, str]] = []
    for field in fields:
        there = right = silent = quiet = 0
        for row in labels():
            found = structured(texts[int(row["row"])])
            is_right = agrees(field, found, row[field])
            if row[field]:
                there, right = there + 1, right + is_right
            else:
                silent, quiet = silent + 1, quiet + is_right
            if not is_right:
                wrong.append((int(row["row"]), field, row[field], found.get(FEET.get(field, field), "")))
        out[field] = {"said": there, "right": right, "not_said": silent, "left_empty": quiet}
    return out, wrong


def main() -> None:
    """Print the table, or JSON."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("data", type=Path)
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--wrong", action="store_true", help="list every disagreement by line and field")
    given = arguments.parse_args()
    out, wrong = measure(given.data)
    total: dict[str, Any] = {name: sum(one[name] for one in out.values()) for name in next(iter(out.values()))}
    if given.json:
        print(json.dumps({"lines": len(labels()), "fields": out, "all": total}))
        return
    for field, one in {**out, "all": total}.items():
        print(
            f"{field:16} said {one['right']:4} of {one['said']:4}"
            f"   not said {one['left_empty']:4} of {one['not_said']:4}"
        )
    for line in wrong if given.wrong else ():
        print(*line)


if __name__ == "__main__":
    main()
