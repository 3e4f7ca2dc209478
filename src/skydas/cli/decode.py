"""`skydas decode`: a recording as a table, one row a record, the unit in each column's name."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter

from skydas import plugins
from skydas.cli.files import check_free
from skydas.cli.reasons import sorted_out
from skydas.cli.recordings import open_foreign
from skydas.cli.terminal import print_json, print_table, progress, say
from skydas.clock import stopwatch_ns
from skydas.errors import CaptureError, ConfigError
from skydas.formats._plots_columns import COLUMNS
from skydas.model import NS_PER_S
from skydas.sources.file import timed_chunks

SUFFIXES = (".parquet", ".csv", ".jsonl")


def decode(
    file: Path,
    /,
    *,
    format: str,
    out: Path | None = None,
    edition: Annotated[list[str], Parameter(negative="")] = [],  # noqa: B006
    category: str = "",
    param: Annotated[list[str], Parameter(negative="")] = [],  # noqa: B006
    framing: str = "auto",
    start: str = "1970-01-01T00:00:00Z",
    overwrite: Annotated[bool, Parameter(negative="")] = False,
    json: bool = False,
) -> None:
    """Decode every record of a recording and write one table for each category.

    Example: skydas decode capture.pcap --format asterix --edition 048=1.30 --out capture.parquet

    With --out capture.parquet the tables are capture.048.parquet, capture.034.parquet and so on; a format with one
    kind of record, or --category, writes the one file named.

    Parameters
    ----------
    format
        asterix, beast, avr, modes_json, sbs, readsb, sapient, remote_id, plots, or one of another package.
    out
        Table to write; its suffix says what: .parquet, .csv or .jsonl. Without it only the summary is made.
    edition
        Edition of a category, such as 048=1.30; may be given again. `skydas probe` says which fit.
    category
        Write only this one, to the very name given.
    param
        Another parameter of the format, name=value; a key of a table is name.key=value; may be given again.
    framing
        Container, where `auto` guesses wrong.
    start
        UTC time of recordings that hold none.
    overwrite
        Replace tables that are there already.
    json
        Print the summary as JSON.
    """
    given = _given(param)
    if edition:
        given["editions"] = dict(_pair(text, "--edition") for text in edition)
    if out is not None and out.suffix not in SUFFIXES:
        raise ConfigError(f"--out: expected a name that ends in {', '.join(SUFFIXES)}, got {out.name!r}")
    module = plugins.load("formats", format)
    params = plugins.params("formats", format, given, "--param ", from_text=True)
    reader = module.Reader(params) if hasattr(module, "Reader") else PlotReader(module.Decoder(params))
    capture = open_foreign(file, framing, start)
    began_ns = stopwatch_ns()
    with progress(f"decode {file.name}", capture.octets) as advance:
        for chunk in timed_chunks(capture, format, msgspec.to_builtins(params)):
            reader.feed(chunk.t_ns, chunk.payload)
            advance(len(chunk.payload))
        tables = reader.tables()
    found = reader.summary()
    told = _added(found.get("reasons", {}), capture.errors)
    meant = sorted_out(format, told)
    is_empty = not any(table.num_rows for table in tables.values())
    written = _write(tables, out, category, overwrite) if out is not None and not is_empty else []
    summary = {
        "records": found.get("records", 0),
        "by_category": found.get("by_category", {}),
        "editions": found.get("editions", {}),
        "duplicates": found.get("duplicates", found.get("copies", 0)),
        "errors": sum(meant.refused.values()),
        "reasons": meant.refused,
        "used_with_doubt": meant.doubted,
        "passed_over": meant.passed_over,
        "impossible": found.get("impossible", {}),
        "unknown_columns": found.get("unknown_columns", []),
        "bytes": capture.octets,
        "seconds": round((stopwatch_ns() - began_ns) / NS_PER_S, 3),
        "framing": capture.framing,
        "written": [str(path) for path in written],
    }
    if json:
        print_json(summary)
    else:
        _print(summary)
    for line in _warnings(summary, given.get("editions", {}), file):
        say(line)
    if is_empty:
        raise CaptureError(f"nothing in {file} could be decoded as {format}; `skydas probe {file}` says what it is")


def _print(summary: dict[str, Any]) -> None:
    for key in ("framing", "records", "duplicates", "errors", "bytes", "seconds"):
        print(f"{key:12} {summary[key]}")
    if summary["by_category"]:
        rows = [(name, count, summary["editions"].get(name, "-")) for name, count in summary["by_category"].items()]
        print_table(("category", "records", "edition"), rows)
    for heading, key in (
        ("refused because", "reasons"),
        ("used, with doubt", "used_with_doubt"),
        ("passed over because", "passed_over"),
        ("impossible values in", "impossible"),
    ):
        if summary[key]:
            print_table((heading, "count"), summary[key].items())
    for path in summary["written"]:
        print(f"written      {path}")


def _warnings(summary: dict[str, Any], asked: dict[str, str], file: Path) -> Iterator[str]:
    """Yield what a person should know of a table before trusting it."""
    if unknown := summary["unknown_columns"]:
        near = {name: difflib.get_close_matches(name, COLUMNS, 1) for name in unknown}
        texts = [f"{name!r} (is it {found[0]}?)" if found else repr(name) for name, found in near.items()]
        yield f"unknown columns: {', '.join(texts)}; docs/formats/plots.md lists those there are"
    for category, edition in summary["editions"].items():
        columns = [name for name in summary["impossible"] if name.startswith(f"I{category}_")]
        if columns:
            how = "" if category in asked else ", which was not asked for"
            yield (
                f"impossible values in {', '.join(columns)}: {category} was read as edition {edition}{how}; "
                f"`skydas probe {file}` says which editions fit"
            )


class PlotReader:
    """The plots of a format that has no table of its own."""

    def __init__(self, decoder: Any) -> None:
        self._decoder = decoder
        self._plots: list[Any] = []
        self._records = 0
        self._names: dict[int, str] = {}
        self._reasons: dict[str, int] = {}
        self._unknown_columns: list[str] = []

    def feed(self, rx_ns: int, payload: bytes) -> None:
        """Take one payload."""
        decoded = self._decoder.decode(rx_ns, payload)
        self._records += decoded.records
        self._names.update(decoded.names)
        self._reasons = _added(self._reasons, decoded.rejected)
        for report in decoded.statuses:
            self._unknown_columns += filter(None, report.words.get("unknown_columns", "").split(", "))
        if len(decoded.plots):
            self._plots.append(decoded.plots)

    def tables(self) -> dict[str, Any]:
        """Return {"plots": table}."""
        import numpy as np

        from skydas.history import plots_table
        from skydas.model import empty_plots

        plots = np.concatenate(self._plots) if self._plots else empty_plots(0)
        keys, rows = np.unique(plots["sensor"], return_inverse=True)
        plots["sensor"] = rows
        names = [self._names.get(int(key), f"{int(key):08x}") for key in keys]
        return {"plots": plots_table(plots, "", names)}

    def summary(self) -> dict[str, Any]:
        """Return the counts."""
        return {"records": self._records, "reasons": self._reasons, "unknown_columns": self._unknown_columns}


def _write(tables: dict[str, Any], out: Path, category: str, overwrite: bool) -> list[Path]:
    if category:
        if category not in tables:
            raise ConfigError(f"--category: there is no {category!r} in it; there are: {', '.join(tables) or 'none'}")
        tables = {category: tables[category]}
    is_one = len(tables) == 1 and (category or not next(iter(tables)).isdigit())
    paths = {name: out if is_one else out.with_suffix(f".{name}{out.suffix}") for name in tables}
    check_free("--out", overwrite, *paths.values())
    for name, table in tables.items():
        write_table(table, paths[name])
    return list(paths.values())


def write_table(table: Any, path: Path) -> None:
    """Write an Arrow table as Parquet, CSV (lists as JSON text) or JSON lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        pq.write_table(table, path, compression="zstd")
    elif path.suffix == ".csv":
        import pyarrow.csv as pacsv

        pacsv.write_csv(_flat(table), path)
    else:
        encoder = msgspec.json.Encoder(enc_hook=str)
        with path.open("wb") as file:
            for batch in table.to_batches(max_chunksize=10_000):
                for row in batch.to_pylist():
                    file.write(encoder.encode({k: v for k, v in row.items() if v is not None}) + b"\n")


def _flat(table: Any) -> Any:
    """Return the table with lists and structs as JSON text, and words as plain text: CSV knows neither."""
    import pyarrow as pa

    for index, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            table = table.set_column(index, field.name, table[index].cast(pa.string()))
        elif pa.types.is_nested(field.type):
            texts = [None if v is None else msgspec.json.encode(v).decode() for v in table[index].to_pylist()]
            table = table.set_column(index, field.name, pa.array(texts, pa.string()))
    return table


def _pair(text: str, option: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name or not value:
        raise ConfigError(f"{option}: expected NAME=VALUE, got {text!r}")
    return name, value


def _given(params: list[str]) -> dict[str, Any]:
    """Return the parameters as a table; `name.key=value` sets a key of a table in it."""
    given: dict[str, Any] = {}
    for text in params:
        name, value = _pair(text, "--param")
        table, dot, key = name.partition(".")
        if not dot:
            given[name] = value
        elif isinstance(given.setdefault(table, {}), dict):
            given[table][key] = value
    return given


def _added(a: dict[str, int], b: dict[str, int]) -> dict[str, int]:
    return {reason: a.get(reason, 0) + b.get(reason, 0) for reason in sorted({*a, *b})}
