"""The forms in which a report is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec

from skydas.outputs import _report_csv, _report_html, _report_misp
from skydas.outputs._report_dossier import Dossier


class Form(NamedTuple):
    """One form."""

    suffix: str  # of a file's name
    media_type: str
    render: Callable[[Dossier], bytes]


def _json(dossier: Dossier) -> bytes:
    return msgspec.json.format(msgspec.json.encode(dossier), indent=1)


def _pdf(dossier: Dossier) -> bytes:
    from skydas.outputs import _report_pdf  # here: the PDF library takes a third of a second to import

    return _report_pdf.render(dossier)


FORMS: Final[dict[str, Form]] = {
    "pdf": Form("pdf", "application/pdf", _pdf),
    "html": Form("html", "text/html; charset=utf-8", _report_html.render),
    "json": Form("json", "application/json", _json),
    "misp": Form("misp.json", "application/json", _report_misp.render),
    "csv": Form("csv", "text/csv; charset=utf-8", _report_csv.render),
}
