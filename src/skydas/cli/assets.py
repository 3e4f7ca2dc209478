"""`skydas assets`: files of what is protected (docs/assess.md)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from skydas.cli.files import check_free
from skydas.cli.terminal import print_json, print_table, say
from skydas.errors import ConfigError

app = App(
    name="assets",
    help_format="plaintext",
    help="Check a file of protected assets, or write one to start from.\n\n"
    "Example: skydas assets starter my-assets.geojson --overwrite",
)


@app.command
def check(file: Path, /, *, json: bool = False) -> None:
    """List every fault of a GeoJSON file of assets, zones and axes; exit code 2 where there is one.

    Example: skydas assets check my-assets.geojson

    Parameters
    ----------
    file
        The file, or the name of a set that comes with skydas.
    json
        Print what was found as JSON.
    """
    from skydas.assess.assets import examined_assets
    from skydas.assess.sets import set_path

    path = set_path(str(file)) or file
    try:
        found = examined_assets(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror})") from error
    if json:
        print_json({"assets": found.assets, "faults": found.faults})
    else:
        counted = Counter((asset.what, asset.kind, asset.shape) for asset in found.assets)
        print_table(("what", "kind", "shape", "count"), [(*kind, count) for kind, count in sorted(counted.items())])
    if found.faults:
        raise ConfigError(*(f"{path.name}: {fault}" for fault in found.faults))


@app.command
def starter(out: Path, /, *, name: str = "baltic", overwrite: Annotated[bool, Parameter(negative="")] = False) -> None:
    """Write a set of assets that comes with skydas, to edit: airports, towns and borders of the Baltic states.

    Example: skydas assets starter my-assets.geojson

    Parameters
    ----------
    out
        Where to write it.
    name
        Which set.
    overwrite
        Replace a file that is there already.
    """
    from skydas.assess.sets import FOLDER, set_names, set_path

    path = set_path(name)
    if path is None:
        raise ConfigError(f"--name: there is no set {name!r}; there are: {', '.join(set_names())}")
    check_free("OUT", overwrite, out)
    try:
        out.write_bytes(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"{out} cannot be written: {error.strerror}") from error
    say(f"{out}: a set to start from; where its data come from: {FOLDER / 'ATTRIBUTION.txt'}")
