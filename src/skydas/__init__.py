"""skydas: sensors in, one honest picture out.

    from skydas import Tracker, simulate, score

Nothing heavy is imported until it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from skydas.kernel_cache import use_kernel_cache

if TYPE_CHECKING:
    from skydas.evaluate import score
    from skydas.fuse import Tracker
    from skydas.sim import simulate

__version__ = "0.1.0"
__all__ = ["Tracker", "score", "simulate"]

_WHERE: Final = {"Tracker": "skydas.fuse", "simulate": "skydas.sim", "score": "skydas.evaluate"}

use_kernel_cache(__version__)


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'skydas' has no attribute {name!r}")
    return getattr(import_module(_WHERE[name]), name)
