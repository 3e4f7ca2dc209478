"""A plug-in is a module; its file name is its name in the configuration.

Our own live in `skydas.GROUP` (rules: in `skydas.assess.rules`); an outside package adds one by an entry point in the
group `skydas.GROUP`.
"""

from __future__ import annotations

import importlib
import pkgutil
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any, Final, Literal

import msgspec

from skydas.errors import ConfigError, PluginError
from skydas.model.tables import table_faults

Group = Literal["formats", "sources", "outputs", "links", "rules"]

_PARTS: Final[dict[str, tuple[str, ...]]] = {
    "formats": ("EXAMPLES", "Params", "Decoder"),
    "sources": ("Params", "run"),
    "outputs": ("Params", "run"),
    "links": ("Params", "run"),
    "rules": ("Params", "Rule"),
}
_PACKAGES: Final[dict[str, str]] = {"rules": "skydas.assess.rules"}  # of a group that is no room of its own


def names(group: Group) -> list[str]:
    """Return the names of every plug-in in `group`, ours and other packages', sorted."""
    package = importlib.import_module(_PACKAGES.get(group, f"skydas.{group}"))
    ours = [info.name for info in pkgutil.iter_modules(package.__path__) if not info.name.startswith("_")]
    theirs = [point.name for point in entry_points(group=f"skydas.{group}")]
    return sorted({*ours, *theirs})


def load(group: Group, name: str) -> ModuleType:
    """Return the plug-in module `name`. Raises PluginError with the names there are."""
    if not name.isidentifier() or name.startswith("_"):
        raise PluginError(f"{group}: {name!r} is no plug-in name; there are: {', '.join(names(group))}")
    module = _load_ours(group, name) or _load_theirs(group, name)
    if module is None:
        raise PluginError(f"{group}: there is no {name!r}; there are: {', '.join(names(group))}")
    missing = [part for part in _PARTS[group] if not hasattr(module, part)]
    if missing:
        raise PluginError(f"{group}/{name} does not hold {', '.join(missing)} (see docs/ARCHITECTURE.md)")
    return module


def params(group: Group, name: str, given: dict[str, Any], where: str, *, from_text: bool = False) -> Any:
    """Return the plug-in's `Params` made from a configuration table. Raises ConfigError with every fault.

    where     : what stands before a key's name in a fault (see `model.tables`)
    from_text : numbers may come as text, as on a command line
    """
    module = load(group, name)
    faults = list(table_faults(given, module.Params, where, from_text=from_text))
    if faults:
        raise ConfigError(*faults)
    try:
        return msgspec.convert(given, module.Params, strict=not from_text)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{where}: {error}") from error


def _load_ours(group: str, name: str) -> ModuleType | None:
    path = f"{_PACKAGES.get(group, f'skydas.{group}')}.{name}"
    try:
        return importlib.import_module(path)
    except ModuleNotFoundError as error:
        if error.name == path:
            return None
        raise


def _load_theirs(group: str, name: str) -> ModuleType | None:
    for point in sorted(entry_points(group=f"skydas.{group}", name=name), key=lambda point: point.value):
        module = point.load()
        if isinstance(module, ModuleType):
            return module
    return None
