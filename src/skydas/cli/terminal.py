"""Progress on a terminal, quiet in a pipe; tables and JSON for people and for programs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


@contextmanager
def progress(text: str, total: float | None = None) -> Iterator[Any]:
    """Give a function `advance(amount)` that moves a bar on standard error, where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda amount=1: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(text, total=total)
        yield lambda amount=1: bar.advance(task, amount)


def print_json(value: Any) -> None:
    """Print one JSON document on standard output."""
    print(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def print_table(heading: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
    """Print rows in columns as wide as they need."""
    texts = [heading, *(tuple(str(cell) for cell in row) for row in rows)]
    widths = [max(len(row[column]) for row in texts) for column in range(len(heading))]
    for row in texts:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def say(text: str) -> None:
    """Print one line for a person on standard error."""
    print(f"skydas: {text}", file=sys.stderr, flush=True)


def log_to_stderr() -> None:
    """Send events to standard error, each a line like those of `say`: skydas: TIME LEVEL EVENT name=value ..."""
    import structlog

    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _log_line,
        ],
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )


def _log_line(_logger: object, _method: str, event: MutableMapping[str, Any]) -> str:
    """Return an event as one line; text with a space in it stands in quotes."""
    head = " ".join(str(event.pop(name)) for name in ("timestamp", "level", "event"))
    return " ".join([f"skydas: {head}", *(f"{name}={_log_value(value)}" for name, value in event.items())])


def _log_value(value: object) -> str:
    text = str(value)
    return msgspec.json.encode(text).decode() if not text or any(c in text for c in ' "=\n') else text
