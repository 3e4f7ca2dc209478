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


@app.command
def axes(
    directory: Path,
    /,
    *,
    out: Path,
    days: float = 30.0,
    threat_min: float = 0.5,
    width_km: float = 5.0,
    count_min: int = 3,
    overwrite: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Propose axes of threat from a node's recorded history: where tracks with a high score flew again and again.

    What is proposed is for people to edit: in the page's form, or in this file; then it goes among the node's assets.

    Example: skydas assets axes result --out axes.geojson

    Parameters
    ----------
    directory
        Recorded history: `history` in the node's directory (output parquet), or what `skydas replay` wrote.
    out
        Where to write the axes, as GeoJSON.
    days
        How far to look back from the newest record.
    threat_min
        A track counts that once had this score, from 0 to 1.
    width_km
        Paths further apart are not one axis.
    count_min
        How many tracks make an axis.
    overwrite
        Replace a file that is there already.
    """
    import msgspec

    from skydas.assess.assets import examined_assets, feature_of
    from skydas.assess.axes import learned_axes
    from skydas.history import History
    from skydas.history.threats import threat_paths

    if not (0.0 < days <= 3_660.0 and 0.0 < threat_min <= 1.0 and 0.1 <= width_km <= 100.0 and count_min >= 2):
        raise ConfigError("expected --days to 3660, --threat-min to 1, --width-km from 0.1 to 100, --count-min from 2")
    check_free("--out", overwrite, out)
    if not directory.is_dir():
        raise ConfigError(f"{directory}: no such folder")
    history = History(directory)
    try:
        paths = threat_paths(history, days, threat_min)
    finally:
        history.close()
    found = learned_axes(paths, width_km * 1_000.0, count_min)
    octets = msgspec.json.encode({"type": "FeatureCollection", "features": [feature_of(one) for one in found]})
    if found and (faults := examined_assets(octets).faults):
        raise ConfigError(*(f"{directory}: {fault}" for fault in faults))
    try:
        out.write_bytes(msgspec.json.format(octets, indent=1) + b"\n")
    except OSError as error:
        raise ConfigError(f"{out} cannot be written: {error.strerror}") from error
    rows = [(one.name, f"{one.value:.2f}", f"{one.radius_m:.0f}", len(one.points), one.text) for one in found]
    print_table(("axis", "value", "radius_m", "points", "from"), rows)
    say(f"{out}: {len(found)} axes of {len(paths)} tracks with a score from {threat_min}; edit them before use")
