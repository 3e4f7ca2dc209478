"""`skydas train`: the classifier of motion, from recordings and simulated flights to its file and its figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import Parameter

from skydas.cli.files import check_free
from skydas.cli.terminal import print_json, print_table, progress, say
from skydas.errors import ConfigError

if TYPE_CHECKING:
    from skydas.cli.training.metrics import Quality

JOBS_MAX: Final = 64
WINDOWS_MAX: Final = 5_000  # of one class and source: more say the same again


def train(
    *,
    data: Path,
    out: Path,
    seed: int = 1,
    windows: int = 150,
    simulated: int = 400,
    rounds: int = 90,
    jobs: int = 1,
    report: Path | None = None,
    json: bool = False,
    overwrite: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Learn to tell classes from the way they move, and say how well it works on sources never seen.

    Example: skydas train --data ../shared/data --out model.npz --seed 1

    Every recorded and simulated flight is put through simulated radars and the tracker; windows of its filtered states
    are what is learned from. The same data and seed give the same file. docs/classifier.md has the data, the
    figures and the format. Needs scikit-learn and scipy, which skydas itself does not.

    Parameters
    ----------
    data
        The folder with the recordings that docs/classifier.md lists.
    out
        The file of the model; `[identify]` of a node file may name it.
    seed
        Of the simulated flights, the noise of the radars and the trees.
    windows
        How many windows of each class and source are drawn.
    simulated
        How many simulated flights of each class are drawn.
    rounds
        Of boosting: as many trees for each answer.
    jobs
        How many processes work; the file is the same for any number.
    report
        Write figures as JSON to this file, and the reliability diagram beside it as .svg.
    json
        Print the figures as JSON.
    overwrite
        Replace files that are there already.
    """
    picture = None if report is None else report.with_suffix(".svg")
    check_free("--out", overwrite, *(path for path in (out, report, picture) if path is not None))
    for name, count in (("windows", windows), ("simulated", simulated), ("rounds", rounds)):
        if not 1 <= count <= WINDOWS_MAX:
            raise ConfigError(f"--{name} must be from 1 to {WINDOWS_MAX}, got {count}")
    if not 1 <= jobs <= JOBS_MAX:
        raise ConfigError(f"--jobs must be from 1 to {JOBS_MAX}, got {jobs}")
    if not data.is_dir():
        raise ConfigError(f"--data {data} is no folder; docs/classifier.md lists what it must hold")
    try:
        import scipy  # noqa: F401
        import sklearn
    except ImportError as error:
        raise ConfigError(f"training needs {error.name}: pip install -r requirements-dev.txt") from error
    from skydas.cli.training import learn

    with progress("flights through radars and tracker", learn.drawn_count(data, windows, simulated)) as advance:
        table = learn.windows_of(data, windows, simulated, seed, advance, jobs)
    say(f"{sum(len(one.kind) for one in table.values())} windows; fitting with scikit-learn {sklearn.__version__}")
    with progress("trees", learn.PARTS) as advance:
        made = learn.learned(table, seed, advance, rounds, jobs)
    out.write_bytes(made.octets)
    figures = {
        "model_sha256": made.sha256,
        "seed": seed,
        "octets": len(made.octets),
        "figures": made.figures,
        "figures_nine": made.figures_nine,
    }
    if report is not None and picture is not None:
        import msgspec

        from skydas.cli.training.diagram import reliability_svg

        report.write_bytes(msgspec.json.format(msgspec.json.encode(figures), indent=1))
        picture.write_text(reliability_svg(made.figures))
    if json:
        print_json(figures)
        return
    print_table(HEADING, _rows(made.figures))
    say(f"{out}: {len(made.octets)} octets, sha256 {made.sha256}")


HEADING: Final = (
    "sources never seen", "windows", "8 classes", "groups", "ECE", "ECE groups", "p>=0.7", "of these right",
    "sets hold", "size",
)  # fmt: skip


def _rows(figures: dict[str, Quality]) -> list[tuple[Any, ...]]:
    return [
        (name, one.windows, *(f"{value:.3f}" for value in (
            one.balanced, one.groups, one.ece, one.ece_groups, one.answered, one.answered_right, one.sets_hold,
        )), f"{one.sets_size:.2f}")
        for name, one in figures.items()
    ]  # fmt: skip
