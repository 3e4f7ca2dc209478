"""`skydas journal slice | verify | compare`."""

from __future__ import annotations

import hashlib
import itertools
from pathlib import Path
from typing import Any

import msgspec
from cyclopts import App

from skydas.cli.files import check_folder_free
from skydas.cli.terminal import print_json
from skydas.config import decode_config
from skydas.errors import ConfigError, JournalError
from skydas.journal import JournalReader, JournalWriter, segments
from skydas.model import Input, InputKind, encode_fact, utc_ns, utc_text
from skydas.node import Node

app = App(name="journal", help="Slice, verify and compare journals. Example: skydas journal verify skydas-data")


@app.command
def verify(journal: Path, /, *, json: bool = False) -> None:
    """Read every record of a journal and say whether it is whole.

    Example: skydas journal verify skydas-data --json
    """
    kinds: dict[str, int] = dict.fromkeys((kind.name.lower() for kind in InputKind), 0)
    sources: dict[str, int] = {}
    octets, first_ns, last_ns = 0, 0, 0
    damaged = ""
    inputs_sha256 = hashlib.sha256()
    reader = JournalReader(journal)
    try:
        for record in reader:
            given = record.input
            kinds[given.kind.name.lower()] += 1
            sources[given.source] = sources.get(given.source, 0) + 1
            octets += len(given.payload)
            first_ns = first_ns or given.rx_ns
            last_ns = given.rx_ns
            inputs_sha256.update(b"%d %d %d " % (given.rx_ns, given.kind, len(given.payload)))
            inputs_sha256.update(given.source.encode() + b" " + given.payload)
    except JournalError as error:
        damaged = str(error)
    summary: dict[str, Any] = {
        "whole": not damaged,
        "damage": damaged,
        "torn_octets": reader.torn.octets if reader.torn else 0,
        "segments": len(segments(journal)),
        "records": sum(kinds.values()),
        "by_kind": kinds,
        "by_source": dict(sorted(sources.items())),
        "bytes": octets,
        "from": utc_text(first_ns),
        "to": utc_text(last_ns),
        "inputs_sha256": inputs_sha256.hexdigest(),
    }
    if json:
        print_json(summary)
    else:
        for key, value in summary.items():
            if key != "torn_octets":
                print(f"{key:14} {_whole(summary) if key == 'whole' else value}")
    if damaged:
        raise JournalError(f"{damaged}; `skydas journal slice` keeps what lies before the damage")


def _whole(summary: dict[str, Any]) -> str:
    if summary["damage"]:
        return "no"
    if summary["torn_octets"]:
        return (
            f"up to {summary['to']}; {summary['torn_octets']} octets torn at the end: the record being written is lost"
        )
    return "yes"


@app.command(name="slice")
def slice_(journal: Path, /, *, out: Path, begin: str = "", end: str = "") -> None:
    """Copy a span of time into a new journal, with the configuration in front, so that it replays by itself.

    Example: skydas journal slice skydas-data --begin 2026-11-21T08:00:00Z --end 2026-11-21T08:05:00Z --out incident

    Parameters
    ----------
    out
        Folder for the new journal; must hold nothing yet.
    begin
        First instant, UTC; default: the start.
    end
        First instant no longer taken, UTC; default: the end.
    """
    check_folder_free("--out", out)
    from_ns, to_ns = _instant(begin, "--begin"), _instant(end, "--end")
    writer: JournalWriter | None = None
    configuration: Input | None = None
    first_ns = last_ns = count = 0
    for record in JournalReader(journal):
        given = record.input
        first_ns, last_ns = first_ns or given.rx_ns, given.rx_ns
        if from_ns is not None and given.rx_ns < from_ns:
            if given.kind == InputKind.CONFIG:
                configuration = given
            continue
        if to_ns is not None and given.rx_ns >= to_ns:
            continue
        if writer is None:
            writer = JournalWriter(out)
        if configuration is not None:
            writer.append(msgspec.structs.replace(configuration, rx_ns=given.rx_ns))
            configuration = None
        writer.append(given)
        count += 1
    if writer is None:
        raise ConfigError(f"{journal}: nothing in that span; it holds {utc_text(first_ns)} to {utc_text(last_ns)}")
    writer.close()
    print(f"{count} records written to {out}")


@app.command
def compare(one: Path, other: Path, /, *, json: bool = False) -> None:
    """Replay two journals and say whether they give the same facts, and where they part if not.

    Example: skydas journal compare skydas-data copy-of-it
    """
    facts = (_facts(one), _facts(other))
    count = 0
    for ours, theirs in itertools.zip_longest(*facts):
        if ours != theirs:
            break
        count += 1
    else:
        ours = theirs = None
    same = ours is None and theirs is None
    summary = {
        "same": same,
        "facts_equal": count,
        "first_difference": None if same else {"one": _short(ours), "other": _short(theirs)},
    }
    if json:
        print_json(summary)
    elif same:
        print(f"the same: {count} facts")
    else:
        print(f"equal for {count} facts, then:\n  {_short(ours)}\n  {_short(theirs)}")
    if not same:
        raise JournalError(f"{one} and {other} part at fact {count}")


def _facts(path: Path) -> Any:
    node: Node | None = None
    for record in JournalReader(path):
        if node is None:
            if record.input.kind != InputKind.CONFIG:
                raise JournalError(f"{path}: does not start with a configuration")
            node = Node(decode_config(record.input.payload))
        for fact in node.step(record.input):
            yield encode_fact(fact)


def _short(encoded: bytes | None) -> str:
    if encoded is None:
        return "(no more facts)"
    from skydas.model import decode_fact

    fact = decode_fact(encoded)
    return (
        f"{type(fact).__name__} {fact.sequence} at {utc_text(fact.now_ns)}: {hashlib.sha256(encoded).hexdigest()[:12]}"
    )


def _instant(text: str, option: str) -> int | None:
    if not text:
        return None
    try:
        return utc_ns(text)
    except ValueError as error:
        raise ConfigError(f"{option}: expected a UTC time such as 2026-11-21T08:00:00Z, got {text!r}") from error
