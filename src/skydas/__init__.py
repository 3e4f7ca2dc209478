"""skydas: sensors in, one honest picture out.

    from skydas import Sensor, Tracker, score, simulate

are the library for researchers (docs/tutorials/01-one-sensor.md). Nothing heavy is imported until it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from skydas.kernel_cache import use_kernel_cache

if TYPE_CHECKING:
    from skydas.library import Paths, Sensor, Tracker, score, simulate

__version__ = "0.1.0"
__all__ = ["Paths", "Sensor", "Tracker", "score", "simulate"]

_LIBRARY: Final = "skydas.library"

use_kernel_cache(__version__)


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'skydas' has no attribute {name!r}")
    return getattr(import_module(_LIBRARY), name)
