"""What the documents say holds: commands run, node files read, defaults are the defaults.

Placeholder files (capture.pcap, skydas-data ...) are small ones of the same kind; scenes are cut short.
"""

from __future__ import annotations

import contextlib
import importlib
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final, get_args

import msgspec
import pytest

from skydas import plugins
from skydas.assess import AssessParams
from skydas.assess.predict.params import PredictParams
from skydas.cli import COMMANDS, app, register
from skydas.cli.assets import app as assets_app
from skydas.cli.journal import app as journal_app
from skydas.cli.replay import replay
from skydas.cli.report import app as report_app
from skydas.cli.sim import sim
from skydas.cli.store import app as store_app
from skydas.config import LISTS, SECTIONS, examined, node_config, read_node_file
from skydas.formats._plots_columns import COLUMNS
from skydas.identify.deception import DeceptionParams
from skydas.identify.params import IdentifyParams
from skydas.model.config import PERIOD_S, Section, SensorKind
from skydas.outputs import _texts
from skydas.respond import RespondParams, RuleParams
from skydas.respond.people.params import PeopleParams
from skydas.respond.warning.params import WarnParams
from skydas.sim import load_scenario
from skydas.web.answers import DensityAnswer, TrackAnswer, TrackRow
from skydas.web.routes import HANDLERS
from tests.incidents import node_that_ran
from tests.paths import REPOSITORY, SHARED

PAGES: Final = sorted(
    [*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/*.md"), *REPOSITORY.glob("docs/formats/*.md")],
    key=lambda page: page.name,
)
FENCED: Final = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SHORTER: Final = {
    "sim": {"--duration-s": "5"},
    "run": {"--for-s": "0.5", "--port": "0"},
    "demo": {"--for-s": "0.5", "--port": "0"},
    "doctor": {"--listen-s": "0.2"},
    "train": {"--windows": "2", "--simulated": "6", "--rounds": "3"},
}
SCENE_START: Final = "2026-11-21T08:00:00Z"  # what the example of `journal slice` asks for


def commands_of(text: str) -> list[str]:
    """Return the lines of fenced blocks that a reader would type."""
    blocks = [body for language, body in FENCED.findall(text) if language in ("", "sh", "console")]
    lines = [line.partition("#")[0].strip() for body in blocks for line in body.splitlines()]
    return [line for line in lines if line.startswith(("skydas ", "python examples/"))]


def help_examples() -> list[str]:
    """Return every `Example: skydas ...` of the help texts."""
    texts = [journal_app.help or ""]
    for where, _ in COMMANDS.values():
        module, name = where.split(":")
        texts.append(getattr(importlib.import_module(module), name).__doc__ or "")
    texts += [journal_app[name].default_command.__doc__ or "" for name in ("verify", "slice", "compare")]
    texts += [store_app[name].default_command.__doc__ or "" for name in ("rebuild", "status", "audit")]
    texts += [store_app.help or "", report_app["incident"].default_command.__doc__ or ""]
    texts += [
        assets_app.help or "",
        *(assets_app[name].default_command.__doc__ or "" for name in ("check", "starter", "axes")),
    ]
    on_pages = {command for page in PAGES for command in commands_of(page.read_text())}
    found = [example for text in texts for example in re.findall(r"Example: (skydas .+)", text)]
    return [example for example in dict.fromkeys(found) if example not in on_pages]


@pytest.fixture(scope="module")
def placeholders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a small file for each name that the documents use."""
    folder = tmp_path_factory.mktemp("placeholders")
    shipped = (REPOSITORY / "src/skydas/sim/scenarios/three-radars.toml").read_text()
    mine = re.sub(r'start_utc = "[^"]*"', f'start_utc = "{SCENE_START}"', shipped)
    (folder / "my-scene.toml").write_text(mine)
    assert load_scenario(folder / "my-scene.toml").scene.start_utc == SCENE_START
    for out in ("scene", "skydas-data", "copy-of-it", "capture.pcap"):
        sim(str(folder / "my-scene.toml"), duration_s=5.0, out=str(folder / out))
    replay([folder / "scene"], out=folder / "out")
    readme = (REPOSITORY / "README.md").read_text()
    (node,) = [body for language, body in FENCED.findall(readme) if language == "toml"]
    (folder / "lt-1.toml").write_text(node.replace("[node]", "[retention]\ndisk_free_mb_min = 1\n\n[node]", 1))
    node_that_ran(folder)
    (folder / "examples").symlink_to(REPOSITORY / "examples")
    return folder


def run_as_written(command: str, folder: Path) -> None:
    """Run a command line in `folder`, shortened; what it would write must not be there yet."""
    written = command.replace("/tmp/", f"{folder}/").replace("../shared/", f"{SHARED}/")
    words = shlex.split(written)[1:]
    if command.startswith("python "):
        made = subprocess.run([sys.executable, *words], cwd=folder, capture_output=True)
        assert made.returncode == 0, (command, made.stderr.decode())
        return
    for option in ("--out", "--report"):
        if option in words:
            target = folder / words[words.index(option) + 1]
            shutil.rmtree(target) if target.is_dir() else target.unlink(missing_ok=True)
    if words[0] == "sim" and words[-1].endswith(".pcap"):
        for beside in folder.glob("capture.*"):
            beside.unlink()
    for option, value in SHORTER.get(words[0], {}).items() if "--list" not in words else ():
        if option in words:
            words[words.index(option) + 1] = value
        else:
            words += [option, value]
    if words[0] in ("run", "demo"):  # they handle signals, so they want a process of their own
        made = subprocess.run([sys.executable, "-m", "skydas", *words], cwd=folder, capture_output=True)
        assert made.returncode == 0, (command, made.stderr.decode())
        return
    if "decode" not in app:
        register("")
    with contextlib.chdir(folder):
        app(words, print_error=False, exit_on_error=False, result_action="return_value")


@pytest.mark.parametrize("page", [page for page in PAGES if commands_of(page.read_text())], ids=lambda page: page.stem)
def test_every_command_of_a_page_runs(page: Path, placeholders: Path, tmp_path: Path) -> None:
    commands = commands_of(page.read_text())
    if any("../shared/" in command for command in commands) and not SHARED.is_dir():
        pytest.skip(f"{page.name} starts from recordings in {SHARED}, which are not there")
    shutil.copytree(placeholders, tmp_path, dirs_exist_ok=True, symlinks=True)
    for command in commands:
        run_as_written(command, tmp_path)


@pytest.mark.parametrize("example", help_examples())
def test_every_example_of_a_help_text_runs(example: str, placeholders: Path, tmp_path: Path) -> None:
    shutil.copytree(placeholders, tmp_path, dirs_exist_ok=True, symlinks=True)
    run_as_written(example, tmp_path)


@pytest.mark.parametrize("path", sorted(REPOSITORY.glob("examples/nodes/*.toml")), ids=lambda path: path.stem)
def test_every_example_node_reads(path: Path) -> None:
    assert read_node_file(path).sources


def toml_blocks() -> list[tuple[str, str]]:
    found = []
    for page in PAGES:
        for language, body in FENCED.findall(page.read_text()):
            if language == "toml" and "[[sources]]" in body:
                found.append((page.stem, body))
    return found


@pytest.mark.parametrize(("page", "text"), toml_blocks())
def test_every_node_file_of_a_page_reads(page: str, text: str) -> None:
    assert node_config(text if "[node]" in text else f'[node]\nname = "{page}"\n\n{text}').sources


# -- docs/node.md against the Structs


def tables_of_the_reference() -> dict[str, dict[str, str]]:
    """Return heading -> key -> default, of every table of docs/node.md that has both."""
    text = (REPOSITORY / "docs" / "node.md").read_text()
    found: dict[str, dict[str, str]] = {}
    for part in re.split(r"^#{2,3} ", text, flags=re.MULTILINE)[1:]:
        heading = part.splitlines()[0].strip("`[] ")
        table = part.partition("| key | default |")[2].partition("\n\n")[0]
        rows = re.findall(r"^\| `(\w+)` \| (.*?) \|", table, re.MULTILINE)
        if rows:
            found[heading] = dict(rows)
    return found


def stated(struct: type[msgspec.Struct]) -> dict[str, str]:
    """Return key -> default as docs/node.md writes it."""
    written = {}
    for field in msgspec.structs.fields(struct):
        if field.required:
            written[field.name] = "-"
            continue
        default: Any = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
        written[field.name] = "none" if default is None else f"`{msgspec.json.encode(default).decode()}`"
    return written


def referenced() -> dict[str, type[msgspec.Struct]]:
    sections: dict[str, type[Section]] = {**SECTIONS, **LISTS}
    found: dict[str, type[msgspec.Struct]] = dict(sections) | {
        "identify": IdentifyParams,
        "deceive": DeceptionParams,
        "assess": AssessParams,
        "predict": PredictParams,
        "respond": RespondParams,
        "respond.rules.NAME": RuleParams,
        "warn": WarnParams,
        "warn.people": PeopleParams,
    }
    for group, left_out in (
        ("sources", {"fed"}),
        ("outputs", {"websocket"}),  # the page's own, which no node file names
        ("formats", {"plots", "sapient", "remote_id"}),  # have pages of their own
    ):
        for name in plugins.names(group):  # type: ignore[arg-type]
            if name not in left_out:
                found[name] = plugins.load(group, name).Params  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize("name", referenced())
def test_the_reference_of_the_node_file_has_every_key_with_its_default(name: str) -> None:
    expected = stated(referenced()[name])
    if name == "sensors":
        expected["period_s"] += f"; {' and '.join(f'`{kind}`' for kind in PERIOD_S)} `{PERIOD_S['adsb']}`"
    if name == "warn":
        expected["people"] = "`{}`"  # a table of its own
    assert tables_of_the_reference()[name] == expected


def test_the_page_of_the_assessment_has_every_rule_with_its_weight() -> None:
    text = (REPOSITORY / "docs" / "assess.md").read_text()
    said = dict(re.findall(r"^\| `(\w+)` \| (-?[0-9.]+) \|", text, re.MULTILINE))
    weights = {name: plugins.load("rules", name).Params().weight for name in plugins.names("rules")}
    assert {name: float(weight) for name, weight in said.items()} == weights


def test_the_reference_of_the_node_file_has_every_kind_of_sensor() -> None:
    text = (REPOSITORY / "docs" / "node.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \| [^|]+ \| (yes|no) \|$", text, re.MULTILINE))
    assert list(rows) == list(get_args(SensorKind))
    for kind, place in rows.items():
        file = f'[node]\nname = "x"\n\n[[sensors]]\nid = 1\nname = "s"\nkind = "{kind}"\n'
        faults = examined(file, "node file").faults
        assert [fault for fault in faults if "needs latitude_deg" in fault] == (faults if place == "yes" else [])
        assert bool(faults) == (place == "yes")


@pytest.mark.parametrize(
    ("kind", "struct"),
    [
        ("node", _texts.NodeText),
        ("sensors", _texts.SensorView),
        ("bias", _texts.BiasView),
        ("health", _texts.HealthView),
        ("sources", _texts.SourceView),
        ("notice", _texts.NoticeText),
        ("/api/v1/tracks", TrackRow),
        ("/api/v1/tracks/{track_no}", TrackAnswer),
        ("/api/v1/history/density", DensityAnswer),
    ],
)
def test_the_page_of_the_wire_has_every_field(kind: str, struct: type[msgspec.Struct]) -> None:
    text = (REPOSITORY / "docs" / "wire.md").read_text()
    begins = re.search(rf"`{kind}`:\s`{{" if kind in ("bias", "health") else rf"\| `{re.escape(kind)}` \|", text)
    assert begins is not None
    said = text[begins.start() :].partition("}`, " if kind == "bias" else "\n|")[0]
    if struct is TrackAnswer:
        said += text[text.index("| `/api/v1/tracks` |") :].partition("\n")[0]
    names = [field.encode_name for field in msgspec.structs.fields(struct)]
    assert not [name for name in names if not re.search(rf"\b{name}\b", said)]


def test_the_page_of_the_wire_has_every_path() -> None:
    text = (REPOSITORY / "docs" / "wire.md").read_text()
    paths = {path for handler in HANDLERS for path in handler.paths}
    assert not [path for path in paths if re.sub(r":(int|str)", "", path) not in text]


@pytest.mark.parametrize("name", ["plots", "sapient"])
def test_the_page_of_a_format_has_every_parameter(name: str) -> None:
    text = (REPOSITORY / "docs" / "formats" / f"{name}.md").read_text()
    for field in msgspec.structs.fields(plugins.load("formats", name).Params):
        assert f"| `{field.name}` |" in text


def test_the_page_of_plots_has_every_column() -> None:
    text = (REPOSITORY / "docs" / "formats" / "plots.md").read_text()
    assert not [name for name in COLUMNS if f"`{name}`" not in text]
