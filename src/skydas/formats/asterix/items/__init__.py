"""The item tables, one module a category."""

from __future__ import annotations

from types import ModuleType
from typing import Final

from skydas.formats.asterix.items import (
    cat001,
    cat002,
    cat010,
    cat020,
    cat021,
    cat023,
    cat034,
    cat048,
    cat062,
    cat063,
    cat065,
)

CATEGORIES: Final[dict[int, ModuleType]] = {
    1: cat001,
    2: cat002,
    10: cat010,
    20: cat020,
    21: cat021,
    23: cat023,
    34: cat034,
    48: cat048,
    62: cat062,
    63: cat063,
    65: cat065,
}
