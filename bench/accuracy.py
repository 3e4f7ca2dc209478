"""What the pages of docs/accuracy have in common: a head that says what was measured on what, and tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final, Literal

REPOSITORY: Final = Path(__file__).resolve().parent.parent
FOLDER: Final = REPOSITORY / "docs" / "accuracy"
Claim = Literal["simulated", "real motion, simulated sensing", "real measurements"]


def header(title: str, command: str, found: dict[str, Any], claim: Claim) -> str:
    """Return the title, the claim, the command and the machine."""
    machine = ", ".join(f"{name} {value}" for name, value in found["machine"].items())
    return f"# {title}\nMade by `{command}`. Every figure here is **{claim}**.\n\nMachine: {machine}.\n"


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table in Markdown."""
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    lines += [f"| {' | '.join(str(cell) for cell in row)} |" for row in rows]
    return "\n".join(lines)


def write_page(name: str, text: str) -> Path:
    """Write docs/accuracy/NAME.md and return its path."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}.md"
    path.write_text(text)
    return path
