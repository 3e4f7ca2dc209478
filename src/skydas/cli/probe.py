"""`skydas probe`: what a recording is, who speaks in it, and which editions fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from skydas import plugins
from skydas.cli.recordings import is_journal
from skydas.cli.terminal import print_json, print_table
from skydas.errors import CaptureError
from skydas.model import utc_text
from skydas.sources.file import Params as FileParams
from skydas.sources.file import open_recording

PAYLOADS_TRIED_MAX = 2_000  # for formats that are not ASTERIX


def probe(file: Path, /, *, framing: str = "auto", start: str = "1970-01-01T00:00:00Z", json: bool = False) -> None:
    """Say what a recording is: container, formats that read it, sources, time span, and the editions that fit.

    Example: skydas probe capture.pcap --json

    Parameters
    ----------
    framing
        Container, where `auto` guesses wrong.
    start
        UTC time of recordings that hold none.
    json
        Print everything as JSON.
    """
    if not file.exists():
        raise CaptureError(f"{file}: there is no such file")
    if is_journal(file):
        raise CaptureError(f"{file}: a journal of skydas; `skydas journal verify {file}` says what is in it")
    capture = open_recording(FileParams(str(file), framing, start))
    chunks = list(capture)
    found: dict[str, Any] = {
        "file": str(file),
        "framing": capture.framing,
        "bytes": capture.octets,
        "payloads": len(chunks),
        "from": utc_text(min((chunk.t_ns for chunk in chunks), default=0)),
        "to": utc_text(max((chunk.t_ns for chunk in chunks), default=0)),
        "ports": _counted(chunk.port for chunk in chunks if chunk.port),
        "groups": _counted(chunk.group for chunk in chunks if chunk.group),
        "errors": dict(sorted(capture.errors.items())),
        "formats": _formats(chunks),
    }
    if found["formats"].get("asterix", {}).get("records"):
        from skydas.formats.asterix import probe as probe_asterix

        found["asterix"] = probe_asterix([(chunk.t_ns, chunk.payload) for chunk in chunks])
    if json:
        print_json(found)
    else:
        _print(found)


def _formats(chunks: list[Any]) -> dict[str, dict[str, int]]:
    """Return for each format that reads anything at all: records, plots, refused."""
    fitting = {}
    for name in plugins.names("formats"):
        module = plugins.load("formats", name)
        try:
            decoder = module.Decoder(plugins.params("formats", name, {}, name))
        except Exception:
            continue
        records = plots = refused = 0
        for chunk in chunks[:PAYLOADS_TRIED_MAX]:
            decoded = decoder.decode(chunk.t_ns, chunk.payload)
            records += decoded.records
            plots += len(decoded.plots)
            refused += sum(decoded.rejected.values())
        if records > refused:
            fitting[name] = {"records": records, "plots": plots, "refused": refused}
    return dict(sorted(fitting.items(), key=lambda item: (-item[1]["records"], item[0])))


def _counted(values: Any) -> dict[str, int]:
    counts: dict[str, int] = {}
    for value in values:
        counts[str(value)] = counts.get(str(value), 0) + 1
    return dict(sorted(counts.items()))


def _print(found: dict[str, Any]) -> None:
    for key in ("file", "framing", "bytes", "payloads", "from", "to"):
        print(f"{key:10} {found[key]}")
    for key in ("ports", "groups", "errors"):
        if found[key]:
            print(f"{key:10} {', '.join(f'{name}: {count}' for name, count in found[key].items())}")
    rows = [(name, f["records"], f["plots"], f["refused"]) for name, f in found["formats"].items()]
    print()
    print_table(("read as", "records", "plots", "refused"), rows)
    asterix = found.get("asterix")
    if asterix:
        print()
        categories = sorted(asterix["categories"].items())
        rows = [
            (category, edition, fit["records"], _reasons(fit["failures"]))
            for category, seen in categories
            for edition, fit in seen["editions"].items()
        ]
        print_table(("category", "edition", "records", "failures"), rows)
        print()
        sources = [
            (category, f"{sac}/{sic}", records)
            for category, seen in categories
            for sac, sic, records in seen["sources"]
        ]
        print_table(("category", "SAC/SIC", "records"), sources)


def _reasons(failures: dict[str, int]) -> str:
    return ", ".join(f"{reason} {count}" for reason, count in failures.items()) or "none"
