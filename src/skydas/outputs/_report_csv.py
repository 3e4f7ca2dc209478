"""The report as CSV for a spreadsheet: one row for each thing said. A cell that looks like a formula is text."""

from __future__ import annotations

import csv
import io
from typing import Final

import msgspec

from skydas.outputs._report_dossier import Dossier
from skydas.outputs._report_parts import Fields, footer, parts, title

HEADING: Final = ("section", "row", "name", "value")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet may run


def render(dossier: Dossier) -> bytes:
    """Return the file, UTF-8 with the mark that spreadsheets look for; its names are for programs, so English."""
    dossier = msgspec.structs.replace(dossier, language="en")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADING)
    writer.writerow(("Report", "1", "title", _safe(title(dossier))))
    writer.writerow(("Report", "1", "source", _safe(footer(dossier))))
    writer.writerow(("Report", "1", "origin", dossier.origin))
    for block in parts(dossier):
        if isinstance(block, Fields):
            for number, (name, value) in enumerate(block.rows, 1):
                writer.writerow((block.title, number, _safe(name), _safe(value)))
            continue
        for number, row in enumerate(block.rows, 1):
            for name, value in zip(block.heading, row, strict=True):
                writer.writerow((block.title, number, name, _safe(value)))
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
