"""The committed build of the page: made from this source, complete, and in four languages."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.paths import REPOSITORY

UI = REPOSITORY / "ui"
STATIC = REPOSITORY / "src/skydas/web/static"
NODE_LEAST = (20, 19)
LANGUAGES = ("en", "lt", "lv", "et")
NO_NETWORK = ("ENOTFOUND", "ECONNREFUSED", "EAI_AGAIN", "ETIMEDOUT", "ECONNRESET", "ENETUNREACH")


def catalogue(language: str) -> dict[str, str]:
    """Return the words of one language."""
    words: dict[str, str] = json.loads((UI / f"src/messages/{language}.json").read_text(encoding="utf-8"))
    return words


def files_of(folder: Path) -> dict[str, bytes]:
    """Return every file under a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_language_has_the_same_words_with_the_same_gaps(language: str) -> None:
    english, other = catalogue("en"), catalogue(language)
    assert list(other) == list(english)
    for key, words in english.items():
        assert other[key].strip(), key
        assert sorted(re.findall(r"\{\w+\}", other[key])) == sorted(re.findall(r"\{\w+\}", words)), key


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_most_words_are_translated(language: str) -> None:
    english, other = catalogue("en"), catalogue(language)
    same = [key for key in english if english[key] == other[key]]
    assert len(same) < 0.1 * len(english), same


def test_the_built_page_names_no_address_outside() -> None:
    page = (STATIC / "index.html").read_text()
    assert "http://" not in page
    assert "https://" not in page
    assert "Content-Security-Policy" in page
    assert "<script>" not in page


def test_no_lock_file_names_a_host() -> None:
    assert '"resolved"' not in (UI / "package-lock.json").read_text()


@pytest.mark.slow
def test_a_rebuild_gives_the_committed_files(tmp_path: Path) -> None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("no Node on this machine")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    if tuple(map(int, version.strip().removeprefix("v").split(".")[:2])) < NODE_LEAST:
        pytest.skip(f"Node {version.strip()} is older than {'.'.join(map(str, NODE_LEAST))}")
    source = tmp_path / "tree/ui"
    shutil.copytree(UI, source, ignore=shutil.ignore_patterns("node_modules"))
    installed = subprocess.run([npm, "ci"], cwd=source, capture_output=True, text=True, check=False)
    if installed.returncode and any(word in installed.stderr for word in NO_NETWORK):
        pytest.skip("no network to install the build's tools from")
    assert installed.returncode == 0, installed.stderr[-2000:]
    built = subprocess.run([npm, "run", "build"], cwd=source, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr[-2000:]
    fresh, committed = files_of(tmp_path / "tree/src/skydas/web/static"), files_of(STATIC)
    assert sorted(fresh) == sorted(committed)
    assert [name for name in fresh if fresh[name] != committed[name]] == []
