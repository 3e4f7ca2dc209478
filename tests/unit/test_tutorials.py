"""Every block of code in docs/tutorials runs, in order, as a reader would run it."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import REPOSITORY
from tests.peers.environments import peer_python

FOLDER = REPOSITORY / "docs" / "tutorials"
PAGES = sorted(FOLDER.glob("*.md"))
OTHERS = [REPOSITORY / "docs" / "shards.md"]
NEEDS = re.compile(r"<!-- needs: (\S+) -->")  # a path that the page cannot do without
PEER = re.compile(r"<!-- peer: (\S+) -->")  # a package in an environment of its own
SAVED = re.compile(r"# file: (\S+)\n")  # a block that is another program


def blocks(page: Path) -> list[tuple[str, str]]:
    """Return language and text of each fenced block."""
    return re.findall(r"^```(\w*)\n(.*?)^```", page.read_text(), flags=re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", PAGES + OTHERS, ids=lambda page: page.stem)
def test_every_block_of_a_tutorial_runs(page: Path, tmp_path: Path) -> None:
    for needed in NEEDS.findall(page.read_text()):
        if not (REPOSITORY / needed).exists():
            pytest.skip(f"{page.name} needs {needed}")
    found = blocks(page)
    assert {language for language, _ in found} <= {"python", "sh", "toml", "text"}
    assert any(language == "python" for language, _ in found)
    lines = ["import subprocess"]
    for language, text in found:
        if language == "sh":
            lines.append(f"subprocess.run({text!r}, shell=True, check=True)")
        elif saved := SAVED.match(text):
            (tmp_path / saved[1]).write_text(text)
        elif language == "python":
            lines.append(text)
    (tmp_path / "page.py").write_text("\n".join(lines))
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    environment = os.environ | {"PATH": path, "SKYDAS": str(REPOSITORY)}
    for package in PEER.findall(page.read_text()):
        name = package.partition("=")[0]
        environment[name.upper()] = str(peer_python(name, package))
    said = subprocess.run(
        [sys.executable, "page.py"], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
    )
    assert said.returncode == 0, said.stderr[-3000:]


def test_the_tutorials_are_numbered_and_each_leads_to_the_next() -> None:
    assert [page.name[:2] for page in PAGES] == [f"{number:02d}" for number in range(1, len(PAGES) + 1)]
    for page, after in itertools.pairwise(PAGES):
        assert f"({after.name})" in page.read_text(), f"{page.name} does not name {after.name}"
