"""Sets of assets that come with skydas: `assets_file = "baltic"` names one."""

from __future__ import annotations

from pathlib import Path

from skydas.assess.assets import read_assets
from skydas.model import Asset

FOLDER = Path(__file__).parent / "data"


def set_path(name: str) -> Path | None:
    """Return the file of a shipped set, or None where there is none of that name."""
    path = FOLDER / f"{name}.geojson"
    return path if name.isidentifier() and path.is_file() else None


def shipped_assets(name: str) -> list[Asset]:
    """Return the assets of a shipped set."""
    return read_assets((FOLDER / f"{name}.geojson").read_bytes(), name)


def set_names() -> list[str]:
    """Return the names of the sets there are."""
    return sorted(path.stem for path in FOLDER.glob("*.geojson"))
