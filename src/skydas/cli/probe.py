"""`skydas probe`: what a recording is, who speaks in it, and which editions fit."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from skydas import plugins
from skydas.cli.reasons import sorted_out
from skydas.cli.recordings import open_foreign
from skydas.cli.terminal import print_json, print_table
from skydas.errors import CaptureError
from skydas.model import utc_text

PAYLOADS_TRIED_MAX: Final = 2_000  # by each format; the editions of ASTERIX are tried on all
REASONS_SHOWN_MAX: Final = 2  # of a format that reads nothing
ASTERIX_FRAMINGS: Final = frozenset({"asterix", "final", "gps", "framed"})


def probe(file: Path, /, *, framing: str = "auto", start: str = "1970-01-01T00:00:00Z", json: bool = False) -> None:
    """Say what a recording is: container, formats that read it, sources, time span, and the editions that fit.

    Example: skydas probe capture.pcap --json

    Of the editions of an ASTERIX category the best stands first; `default` is the one that is read where none is asked
    for, and editions in one line read the recording alike. Where no format reads the file, it says what was tried.

    Parameters
    ----------
    framing
        Container, where `auto` guesses wrong.
    start
        UTC time of recordings that hold none.
    json
        Print everything as JSON.
    """
    capture = open_foreign(file, framing, start)
    chunks = list(capture)
    tried = {name: _tried(name, chunks[:PAYLOADS_TRIED_MAX]) for name in plugins.names("formats")}
    fitting = {name: found for name, found in tried.items() if found["records"] > found["refused"]}
    found: dict[str, Any] = {
        "file": str(file),
        "framing": capture.framing,
        "bytes": capture.octets,
        "payloads": len(chunks),
        "payloads_tried": min(len(chunks), PAYLOADS_TRIED_MAX),
        "from": utc_text(min((chunk.t_ns for chunk in chunks), default=0)),
        "to": utc_text(max((chunk.t_ns for chunk in chunks), default=0)),
        "ports": _counted(chunk.port for chunk in chunks if chunk.port),
        "groups": _counted(chunk.group for chunk in chunks if chunk.group),
        "errors": dict(sorted(capture.errors.items())),
        "formats": dict(sorted(fitting.items(), key=lambda item: (-item[1]["records"], item[0]))),
    }
    if capture.framing in ASTERIX_FRAMINGS or tried["asterix"]["records"]:
        from skydas.formats.asterix import probe as probe_asterix

        asterix = probe_asterix([(chunk.t_ns, chunk.payload) for chunk in chunks])
        if any(seen["fits"] for seen in asterix["categories"].values()) or "asterix" in fitting:
            found["asterix"] = asterix
    is_read = bool(fitting) or "asterix" in found
    if not is_read:
        found["tried"] = tried
    if json:
        print_json(found)
    else:
        _print(found)
    if not is_read:
        raise CaptureError(
            f"no format reads {file}; tried: {', '.join(tried)}; "
            "docs/formats/plots.md says how the lines of any sensor can join"
        )


def _tried(name: str, chunks: list[Any]) -> dict[str, Any]:
    """Return what a format reads: records, plots, refused, passed over, and the refusals by reason."""
    module = plugins.load("formats", name)
    decoder = module.Decoder(plugins.params("formats", name, {}, name))
    records = plots = 0
    counts: dict[str, int] = {}
    unknown_columns: list[str] = []
    for chunk in chunks:
        decoded = decoder.decode(chunk.t_ns, chunk.payload)
        records += decoded.records
        plots += len(decoded.plots)
        for reason, count in decoded.rejected.items():
            counts[reason] = counts.get(reason, 0) + count
        unknown_columns += (text for report in decoded.statuses if (text := report.words.get("unknown_columns")))
    meant = sorted_out(name, dict(sorted(counts.items())))
    return {
        "records": records,
        "plots": plots,
        "refused": sum(meant.refused.values()),
        "used_with_doubt": sum(meant.doubted.values()),
        "passed_over": sum(meant.passed_over.values()),
        "reasons": meant.refused,
        "unknown_columns": unknown_columns,
    }


def _counted(values: Iterable[object]) -> dict[str, int]:
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
    print()
    if found["formats"]:
        if found["payloads_tried"] < found["payloads"]:
            print(f"of the first {found['payloads_tried']} of {found['payloads']} payloads:")
        keys = ("records", "plots", "refused", "used_with_doubt", "passed_over")
        rows = [(name, *(result[key] for key in keys)) for name, result in found["formats"].items()]
        print_table(("read as", "records", "plots", "refused", "used, with doubt", "passed over"), rows)
    elif "tried" in found:
        print_table(("not read as", "because"), ((name, _first(result)) for name, result in found["tried"].items()))
    else:
        print("read as asterix, but under another edition than the default")
    if "asterix" in found:
        _print_asterix(found["asterix"])


def _print_asterix(asterix: dict[str, Any]) -> None:
    print()
    categories = sorted(asterix["categories"].items())
    rows = []
    for category, seen in categories:
        for group in seen["ranked"]:
            result = seen["editions"][group[-1]]
            names = [f"{name} (default)" if name == seen["default"] else name for name in group]
            reasons, impossible = _reasons(result["failures"]), _reasons(result["impossible"])
            rows.append((category, " ".join(names), result["records"], reasons, impossible))
        if not seen["editions"]:
            rows.append((category, "none is built in", seen["blocks"], "relayed, not read", "-"))
    print_table(("category", "editions, best first", "records", "failures", "impossible values"), rows)
    if asterix["payloads_read"] < asterix["payloads"]:
        print(f"impossible values were looked for in the first {asterix['payloads_read']} payloads")
    print("Editions in one line read it alike. The octets do not name their edition: one that is not here may fit too.")
    for category, seen in categories:
        if seen["ranked"] and seen["default"] not in seen["ranked"][0]:
            print(f"{category}: the default does not fit best; ask for --edition {category}={seen['ranked'][0][-1]}")
    print()
    sources = [
        (category, f"{sac}/{sic}", records) for category, seen in categories for sac, sic, records in seen["sources"]
    ]
    print_table(("category", "SAC/SIC", "records"), sources)


def _first(result: dict[str, Any]) -> str:
    """Return the commonest refusals of a format that reads nothing."""
    commonest = sorted(result["reasons"].items(), key=lambda item: (-item[1], item[0]))[:REASONS_SHOWN_MAX]
    names = f": columns {', '.join(result['unknown_columns'])}" if result["unknown_columns"] else ""
    return _reasons(dict(commonest)) + names if commonest else "nothing of it was found"


def _reasons(failures: dict[str, int]) -> str:
    return ", ".join(f"{reason} {count}" for reason, count in failures.items()) or "none"
