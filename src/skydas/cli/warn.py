"""`skydas warn`: try what a node would make of a file of municipalities, of an area, or of a person's words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from cyclopts import App

from skydas.errors import ConfigError
from skydas.respond.people.joining import category_of
from skydas.respond.people.words import structured
from skydas.respond.warning.asked import change_of
from skydas.respond.warning.municipalities import read_municipalities, within

app = App(
    name="warn",
    help="Try municipalities, areas and words before a node uses them; nothing is sent.\n\n"
    "Example: skydas warn words 'Two drones, low, heading west'",
)
_FAULTS_SHOWN: Final = 20


@app.command
def municipalities(
    path: Path, *, code_key: str = "", name_key: str = "", tolerance_m: float = 100.0, circle: str = "", ring: str = ""
) -> None:
    """List the municipalities of a GeoJSON or TopoJSON file, or those in an area.

    Parameters
    ----------
    path
        The national file.
    code_key, name_key
        Properties that hold code and name; without them the first known ones.
    tolerance_m
        By which outlines are simplified.
    circle
        "latitude,longitude,radius in km".
    ring
        "latitude,longitude latitude,longitude ..."
    """
    try:
        octets = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from error
    read = read_municipalities(octets, tolerance_m, code_key, name_key)
    for fault in read.faults[:_FAULTS_SHOWN]:
        print(f"fault: {fault}")
    found = [(one.code, one.name) for one in read.municipalities]
    area = {key: text for key, text in (("circle", circle), ("ring", ring)) if text}
    if area:
        found = list(within(change_of(area).ring or (), read.municipalities))
    for code, name in found:
        print(f"{code}  {name}")
    print(f"{len(found)} of {len(read.municipalities)} municipalities, {len(read.faults)} faults, ", end="")
    print(f"{read.corners} corners, {read.corners_kept} kept")


@app.command
def words(text: str) -> None:
    """Show the fields that a report's words become.

    Parameters
    ----------
    text
        What the person says, in English, Lithuanian, Latvian or Estonian.
    """
    fields = structured(text)
    print(json.dumps({"category": category_of(fields), **fields}, ensure_ascii=False, indent=1))
