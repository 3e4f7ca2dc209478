"""`skydas replay`: recordings through the very same node, as fast as it goes or paced."""

from __future__ import annotations

import heapq
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from cyclopts import Parameter

from skydas.cli.files import check_free
from skydas.cli.reasons import sorted_out
from skydas.cli.recordings import Recorded, open_recorded
from skydas.cli.terminal import print_json, print_table, progress, say
from skydas.clock import stopwatch_ns
from skydas.config import decode_config, encode_config, read_node_file
from skydas.errors import ConfigError, OutputError, SkydasError
from skydas.model import (
    NS_PER_S,
    Frame,
    Group,
    Input,
    InputKind,
    NodeConfig,
    Notice,
    PlotFrame,
    SensorStatus,
    SourceStatus,
    TrackStatus,
    utc_text,
)
from skydas.node import FactsHash, Node, with_ticks
from skydas.node import replay as replay_inputs

RESULTS: Final = ("plots.parquet", "tracks.parquet", "groups.parquet", "facts.jsonl")
ADVICE_SHARE: Final = 0.95
ADVICE: Final = {  # where so large a share of a source's plots falls to one reason of the intake
    "time_too_old": "their own times lie before those of the recording; is --start right?",
    "time_in_future": "their own times lie after those of the recording; is --start right?",
    "sensor_unknown": "where do their sensors stand? Add [[sensors]] with sac, sic and a place (docs/node.md)",
    "sensor_without_place": "add latitude_deg, longitude_deg and height_hae_m to their sensors (docs/node.md)",
    "outside_sensor_range": "they lie outside range_m_min to range_m_max of their sensors (docs/node.md)",
}


def replay(
    recordings: Annotated[list[Path], Parameter(help="Journals, pcap, raw ASTERIX, text lines; several are merged.")],
    /,
    *,
    out: Path,
    node: Path | None = None,
    speed: str = "max",
    start: str = "1970-01-01T00:00:00Z",
    framing: str = "auto",
    source: str = "",
    facts_from: int = 0,
    overwrite: Annotated[bool, Parameter(negative="")] = False,
    json: bool = False,
) -> None:
    """Put recordings through a node and write plots.parquet, tracks.parquet, groups.parquet and facts.jsonl.

    A journal brings its own configuration. Anything else needs a node file; `examples/nodes/` has some to start from.

    Example: skydas replay capture.pcap --node examples/nodes/one-radar.toml --out out

    Parameters
    ----------
    out
        Folder for the results.
    node
        Node file for foreign recordings.
    speed
        `max`, or a multiple of real time such as 1 or 20.
    start
        UTC time of recordings that hold none (raw ASTERIX files).
    framing
        Container, where `auto` guesses wrong: see `skydas probe`.
    source
        Name of the source in the node file that the recordings belong to; default: by port, or the only one.
    facts_from
        Take facts_sha256 from this sequence on: what `run --json` says of a node that went on after a stop.
    overwrite
        Replace results that are there already.
    json
        Print the summary as JSON.
    """
    pace = _pace(speed)
    check_free("--out", overwrite, *(out / name for name in RESULTS))
    recorded = [open_recorded(path, framing, start, source) for path in recordings]
    journals = [one for one in recorded if one.is_journal]
    if journals and len(recorded) > 1:
        raise ConfigError("one journal at a time: a journal is the whole of a node's inputs")
    config = _journal_config(journals[0]) if journals else _foreign_config(node)
    if journals and node is not None:
        say("the journal's own configuration is used, not --node")
    running = Node(config, stopwatch_ns)
    inputs = journals[0].inputs(config) if journals else with_ticks(_merged(recorded, config))
    if not journals:
        inputs = _started(inputs, encode_config(config), config.node.name)
    facts_hash = FactsHash(facts_from)
    counts = _Counts()
    began_ns = stopwatch_ns()
    with _writing(out), _Outputs(out) as outputs, progress("replay", sum(one.octets for one in recorded)) as advance:
        for fact, _ in replay_inputs(running, _paced(inputs, pace, advance), facts_hash):
            counts.add(fact)
            outputs.add(fact)
    seconds = (stopwatch_ns() - began_ns) / NS_PER_S
    summary = {
        **counts.summary(),
        "facts": facts_hash.count,
        "facts_sha256": facts_hash.hexdigest(),
        "seconds": round(seconds, 3),
        "times_real_time": round(counts.span_s / seconds, 1) if seconds else 0.0,
        "stages": running.stage_times.summary(),
        "tracker": running.tracker_counters(),
        "recordings": [one.report() for one in recorded],
        "out": str(out),
    }
    if json:
        print_json(summary)
    else:
        _print_summary(summary, config)
    for line in _advice(summary):
        say(line)


@contextmanager
def _writing(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(f"--out {out}: cannot be written ({error.strerror or error})") from error


class _Outputs:
    """The files of a replay."""

    def __init__(self, out: Path) -> None:
        from skydas.outputs.jsonl import LineFile, Lines
        from skydas.outputs.jsonl import Params as LineParams
        from skydas.outputs.parquet import Params, Recorder

        out.mkdir(parents=True, exist_ok=True)
        path = out / "facts.jsonl"
        path.unlink(missing_ok=True)
        self._recorder = Recorder(Params(str(out), "single", disk_free_mb_min=1.0))
        self._lines = Lines(LineParams(str(path), frames=False))
        self._file = LineFile(path, 0.0)

    def __enter__(self) -> _Outputs:
        return self

    def add(self, fact: Any) -> None:
        if isinstance(fact, Frame | PlotFrame):
            self._recorder.add(fact)
            if self._recorder.spill_is_due:
                self._recorder.spill()
            return
        self._recorder.add(fact)
        self._file.write(self._lines.of(fact))

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._file.write(self._lines.rest())
        self._file.close()
        if error is None:
            self._recorder.finish()


class _Counts:
    def __init__(self) -> None:
        self.first_ns = 0
        self.last_ns = 0
        self.plots = 0
        self.updates = 0
        self.confirmed: set[int] = set()
        self.tentative: set[int] = set()
        self.groups: dict[int, int] = {}  # number -> the most it was said to hold
        self.sources: dict[str, SourceStatus] = {}
        self.unknown_columns: dict[str, str] = {}  # sensor -> names
        self.notices: list[Notice] = []

    @property
    def span_s(self) -> float:
        return (self.last_ns - self.first_ns) / NS_PER_S

    def add(self, fact: Any) -> None:
        self.first_ns = self.first_ns or fact.now_ns
        self.last_ns = fact.now_ns
        if isinstance(fact, PlotFrame):
            self.plots += len(fact.rows())
        elif isinstance(fact, Frame):
            rows = fact.rows()
            self.updates += len(rows)
            self.tentative.update(rows["track_no"][rows["status"] == TrackStatus.TENTATIVE].tolist())
            self.confirmed.update(rows["track_no"][rows["status"] == TrackStatus.CONFIRMED].tolist())
        elif isinstance(fact, Group):
            self.groups[fact.number] = max(fact.count_max, self.groups.get(fact.number, 0))
        elif isinstance(fact, SourceStatus):
            self.sources[fact.source] = fact
        elif isinstance(fact, SensorStatus) and "unknown_columns" in fact.words:
            self.unknown_columns[fact.sensor] = fact.words["unknown_columns"]
        elif isinstance(fact, Notice) and len(self.notices) < 100:
            self.notices.append(fact)

    def summary(self) -> dict[str, Any]:
        return {
            "from": utc_text(self.first_ns),
            "to": utc_text(self.last_ns),
            "span_s": round(self.span_s, 3),
            "plots": self.plots,
            "tracks_confirmed": len(self.confirmed),
            "tracks_tentative": len(self.tentative),
            "track_updates": self.updates,
            "groups": {str(number): count for number, count in sorted(self.groups.items())},
            "sources": {name: msgspec.to_builtins(status) for name, status in sorted(self.sources.items())},
            "unknown_columns": self.unknown_columns,
            "notices": [f"{notice.level}: {notice.what}: {notice.text}" for notice in self.notices],
        }


def _pace(speed: str) -> float:
    if speed == "max":
        return 0.0
    try:
        pace = float(speed)
    except ValueError:
        pace = -1.0
    if pace <= 0.0:
        raise ConfigError(f"--speed: expected `max` or a number above 0, got {speed!r}")
    return pace


def _journal_config(journal: Recorded) -> NodeConfig:
    for given in journal.inputs(None):
        if given.kind == InputKind.CONFIG:
            return decode_config(given.payload)
    raise ConfigError(f"{journal.path}: this journal holds no configuration, so it cannot be replayed")


def _foreign_config(node: Path | None) -> NodeConfig:
    if node is None:
        raise ConfigError("--node: missing; a recording that is no journal needs a node file (examples/nodes/)")
    return read_node_file(node)


def _merged(recorded: list[Recorded], config: NodeConfig) -> Iterator[Input]:
    """Yield the inputs of all recordings in the order of time."""
    return heapq.merge(*(one.inputs(config) for one in recorded), key=lambda given: given.rx_ns)


def _started(given: Iterator[Input], configuration: bytes, name: str) -> Iterator[Input]:
    first = next(given, None)
    if first is None:
        raise SkydasError("the recording holds nothing that can be replayed (see `skydas probe`)")
    yield Input(first.rx_ns, name, InputKind.CONFIG, configuration)
    yield first
    yield from given


def _paced(given: Iterator[Input], pace: float, advance: Any) -> Iterator[Input]:
    began_ns, first_ns = stopwatch_ns(), None
    for one in given:
        if pace > 0.0:
            first_ns = one.rx_ns if first_ns is None else first_ns
            wait_ns = began_ns + int((one.rx_ns - first_ns) / pace) - stopwatch_ns()
            if wait_ns > 0:
                time.sleep(wait_ns / NS_PER_S)
        if one.payload:
            advance(len(one.payload))
        yield one


def _print_summary(summary: dict[str, Any], config: NodeConfig) -> None:
    for key in ("from", "to", "plots", "tracks_confirmed"):
        print(f"{key:18} {summary[key]}")
    print(f"{'tracks_tentative':18} {summary['tracks_tentative']} (every start of a track, most of them clutter)")
    groups = ", ".join(f"{number} (at most {count} objects)" for number, count in summary["groups"].items())
    print(f"{'groups':18} {groups or 'none'}")
    for key in ("track_updates", "facts", "facts_sha256"):
        print(f"{key:18} {summary[key]}")
    print(f"{'seconds':18} {summary['seconds']} ({summary['times_real_time']} times real time)")
    print()
    formats = {source.name: source.format for source in config.sources}
    rows = []
    for name, status in summary["sources"].items():
        meant = sorted_out(formats.get(name, ""), status["rejected"])
        counts = (status["record_count"], status["plot_count"], status["copy_count"])
        rows.append((name, *counts, *map(_reasons, meant)))
    heading = ("source", "records", "plots", "copies", "refused", "recorded, not tracked", "used, with doubt")
    print_table((*heading, "passed over"), rows)
    print()
    stages = summary["stages"].items()
    print_table(
        ("stage", "count", "total_s", "p50_ms", "p99_ms"),
        [(n, s["count"], f"{s['total_s']:.3f}", f"{s['p50_ms']:.4f}", f"{s['p99_ms']:.4f}") for n, s in stages],
    )
    for line in summary["notices"]:
        print(line)
    print(f"\nwritten to {summary['out']}: {', '.join(RESULTS)}")


def _reasons(counts: dict[str, int]) -> str:
    return ", ".join(f"{reason} {count}" for reason, count in counts.items()) or "-"


def _advice(summary: dict[str, Any]) -> Iterator[str]:
    """Yield what to do where nearly every plot of a source fell to one reason, and which columns nobody knows."""
    for name, status in summary["sources"].items():
        for reason, advice in ADVICE.items():
            count, plots = status["rejected"].get(reason, 0), status["plot_count"]
            if count and count >= ADVICE_SHARE * plots:
                yield f"{name}: {count} of {plots} plots were not tracked ({reason}): {advice}"
    for name, columns in summary["unknown_columns"].items():
        yield f"{name}: unknown columns: {columns}; docs/formats/plots.md lists those there are"
