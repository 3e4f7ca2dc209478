"""Compiled kernels belong to one state of the source, and to nobody who chose another place for them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import skydas.kernel_cache as cache


def folder_for(version: str, monkeypatch: pytest.MonkeyPatch, home: Path) -> Path:
    monkeypatch.delenv(cache.VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(home))
    cache.use_kernel_cache(version)
    return Path(os.environ[cache.VARIABLE])


def test_another_version_has_another_folder_and_the_same_one_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = folder_for("1", monkeypatch, tmp_path)
    assert folder_for("1", monkeypatch, tmp_path) == first
    assert folder_for("2", monkeypatch, tmp_path) != first
    assert first.is_dir()


def test_only_the_newest_folders_are_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for number in range(cache.FOLDERS_KEPT + 5):
        folder = folder_for(str(number), monkeypatch, tmp_path)
    assert folder.is_dir()
    assert len(list(folder.parent.iterdir())) <= cache.FOLDERS_KEPT


def test_a_place_that_the_user_chose_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cache.VARIABLE, "/somewhere/else")
    cache.use_kernel_cache("1")
    assert os.environ[cache.VARIABLE] == "/somewhere/else"


def test_every_file_with_a_kernel_is_part_of_the_key() -> None:
    package = Path(cache.__file__).parent
    counted = set(cache.kernel_files(package))
    with_kernels = {path for path in package.rglob("*.py") if "@njit" in path.read_text()}
    assert len(with_kernels) > 40
    assert with_kernels <= counted


def test_importing_skydas_imports_nothing_heavy() -> None:
    script = "import sys, skydas; print([name for name in ('numba', 'numpy', 'pyarrow') if name in sys.modules])"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_the_library_is_three_names_away() -> None:
    from skydas import Tracker, score, simulate

    assert all(callable(name) for name in (Tracker, score, simulate))
