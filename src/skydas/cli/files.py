"""One rule for what every command writes: what is there already stays, unless --overwrite says otherwise."""

from __future__ import annotations

from pathlib import Path

from skydas.errors import ConfigError


def check_free(option: str, overwrite: bool, *paths: Path) -> None:
    """Raise ConfigError naming the files that are there already."""
    there = [str(path) for path in paths if path.exists()]
    if there and not overwrite:
        raise ConfigError(f"{option}: {', '.join(there)} already there; another name, or --overwrite to replace")


def check_folder_free(option: str, path: Path) -> None:
    """Raise ConfigError where a journal would join other files: a journal is never replaced or mixed with anything."""
    if path.is_dir() and any(path.iterdir()):
        raise ConfigError(f"{option}: {path} holds files already; a journal wants a folder of its own")
