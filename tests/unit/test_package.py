"""What a user installs, and what every command says of itself."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from skydas.cli import COMMANDS
from tests.paths import REPOSITORY


def test_the_wheel_holds_the_built_page_the_scenarios_and_the_licence(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", str(tmp_path), str(REPOSITORY)], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("skydas-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "skydas/web/static/index.html" in names
    assert "skydas/sim/scenarios/baltic.toml" in names
    assert "skydas/py.typed" in names
    assert any(name.endswith("LICENSE") for name in names)
    assert not [name for name in names if name.endswith((".nbi", ".nbc", ".pyc"))]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_with_an_example(name: str) -> None:
    said = subprocess.run([sys.executable, "-m", "skydas", name, "--help"], capture_output=True, text=True, check=True)
    assert f"skydas {name}" in said.stdout
    assert "Example" in said.stdout


def test_a_wrong_command_is_one_clear_line() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "skydas", "replay", "no-such-file", "--out", "x"], capture_output=True, text=True
    )
    assert said.returncode == 2
    assert said.stderr.startswith("skydas: no-such-file: there is no such file")
    assert "Traceback" not in said.stderr


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = subprocess.run(
        [sys.executable, "-m", "skydas", "sim", "crossing", "--duration-s", "1", "--out", str(tmp_path / "file" / "x")],
        capture_output=True,
        text=True,
    )
    assert said.returncode == 2
    assert "Traceback" not in said.stderr
    assert said.stderr.startswith("skydas: ")


def test_every_link_of_the_documentation_leads_somewhere() -> None:
    for page in [*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["replay"], 'skydas: Command "replay" parameter RECORDINGS requires an argument.'),
        (["replay", "x", "--oot", "y"], "skydas: Unknown option: --oot. Did you mean --out?"),
        (["nonsense"], 'skydas: Unknown command "nonsense".'),
        (["decode", ".", "--format", "avr"], "skydas: .: a folder, but no journal in it"),
        (["decode", "nowhere", "--format", "avr"], "skydas: nowhere: there is no such file"),
        (["decode", "README.md", "--format", "avr", "--param", "a=1"], "skydas: --param a: no such key; there are"),
    ],
)
def test_whatever_is_wrong_with_a_command_is_one_clear_line(words: list[str], said: str) -> None:
    made = subprocess.run([sys.executable, "-m", "skydas", *words], capture_output=True, text=True, cwd=REPOSITORY)
    assert made.returncode == 2
    assert made.stderr.startswith(said)
    assert made.stderr.count("\n") == 1


def test_a_node_whose_folder_cannot_be_made_promises_no_page(tmp_path: Path) -> None:
    (tmp_path / "node.toml").write_text('[node]\nname = "x"\ndirectory = "node.toml/below"\n')
    command = [sys.executable, "-m", "skydas", "run", "node.toml", "--for-s", "1"]
    made = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert made.returncode == 2
    assert made.stderr == (
        "skydas: node.directory: node.toml/below cannot be made (Not a directory); "
        "set directory under [node], or --directory\n"
    )
