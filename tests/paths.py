"""Where the recordings lie that may not be part of the project; tests that need one skip where it is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED = REPOSITORY.parent / "shared"
DATA = SHARED / "data"


def recording(name: str) -> Path:
    """Return the path of a recording under shared/data, or skip the test that asked for it."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"the recording {name} is not on this machine (looked in {DATA})")
    return path


needs_shared = pytest.mark.skipif(not DATA.exists(), reason=f"no recordings on this machine (looked in {DATA})")
