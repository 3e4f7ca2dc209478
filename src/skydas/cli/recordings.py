"""Recordings of every kind as inputs: what `replay`, `decode` and `probe` open."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from skydas.capture import Capture
from skydas.config import FED
from skydas.errors import CaptureError, ConfigError, JournalError
from skydas.journal import JournalReader, segments
from skydas.model import Input, InputKind, NodeConfig, SourceConfig
from skydas.sources.file import FRAMINGS_WITHOUT_TIME, Params, open_recording, timed_chunks


class Recorded:
    """One recording: a journal or a foreign file."""

    def __init__(self, path: Path, capture: Capture | None, source: str) -> None:
        self.path = path
        self.capture = capture
        self._source = source
        self._reader: JournalReader | None = None

    @property
    def is_journal(self) -> bool:
        """Say whether it is a journal of ours."""
        return self.capture is None

    @property
    def octets(self) -> int:
        """Return its size."""
        if self.capture is not None:
            return self.capture.octets
        return sum(path.stat().st_size for path in segments(self.path))

    def inputs(self, config: NodeConfig | None) -> Iterator[Input]:
        """Yield its inputs in order."""
        if self.capture is None:
            self._reader = JournalReader(self.path)
            for record in self._reader:
                yield record.input
            return
        assert config is not None
        by_port, default = _sources_by_port(config, self._source, self.path)
        first = next(source for source in config.sources if source.name == default)
        for chunk in timed_chunks(self.capture, first.format, first.format_params):
            yield Input(chunk.t_ns, by_port.get(chunk.port, default), InputKind.DATA, chunk.payload)

    def report(self) -> dict[str, Any]:
        """Return what there is to say once it has been read."""
        if self.capture is not None:
            return {
                "path": str(self.path),
                "framing": self.capture.framing,
                "octets": self.octets,
                "errors": dict(sorted(self.capture.errors.items())),
                "time_from_reports": self.capture.framing in FRAMINGS_WITHOUT_TIME,
            }
        torn = self._reader.torn.octets if self._reader is not None and self._reader.torn else 0
        return {"path": str(self.path), "framing": "journal", "octets": self.octets, "torn_octets": torn}


def open_recorded(path: Path, framing: str, start: str, source: str) -> Recorded:
    """Return the opened recording. Raises CaptureError where there is nothing to open."""
    if not path.exists():
        raise CaptureError(f"{path}: there is no such file or folder")
    if is_journal(path):
        return Recorded(path, None, source)
    return Recorded(path, open_recording(Params(str(path), framing, start)), source)


def open_foreign(path: Path, framing: str, start: str) -> Capture:
    """Return the opened recording that is no journal of ours. Raises CaptureError, SourceError."""
    if not path.exists():
        raise CaptureError(f"{path}: there is no such file")
    if is_journal(path):
        raise CaptureError(
            f"{path}: a journal of skydas; `skydas journal verify {path}` says what is in it, "
            f"`skydas replay {path} --out DIR` makes tables of it"
        )
    return open_recording(Params(str(path), framing, start))


def is_journal(path: Path) -> bool:
    """Return whether `path` is a folder of segments, a node's directory or one segment."""
    if path.is_file():
        with path.open("rb") as file:
            return file.read(7) == b"SKYDASJ"
    try:
        segments(path)
    except JournalError:
        raise CaptureError(f"{path}: a folder, but no journal in it") from None
    return True


def _sources_by_port(config: NodeConfig, wanted: str, path: Path) -> tuple[dict[int, str], str]:
    """Return UDP port -> source, and the source of everything else."""
    by_port: dict[int, str] = {}
    candidates: list[SourceConfig] = []
    fed = [source.name for source in config.sources if source.source == FED]
    for source in config.sources:
        if not source.format or source.source == FED:
            continue
        candidates.append(source)
        port = source.params.get("port")
        if source.source == "udp" and isinstance(port, int):
            by_port[port] = source.name
    names = [source.name for source in candidates]
    if wanted in fed or (fed and not names):
        raise ConfigError(
            f"{path}: the node file's {', '.join(fed)} are fed: another source (sim, journal, file) hands each its "
            'octets by name, so which octets here are whose cannot be told. Give each `source = "udp"` and its port; '
            "`skydas sim SCENARIO --out NAME.pcap` writes such a node file beside the capture"
        )
    if wanted:
        if wanted not in names:
            raise ConfigError(f"--source: there is no source {wanted!r} with a format; there are: {', '.join(names)}")
        return {}, wanted
    if not names:
        raise ConfigError("the node file has no source with a format: add [[sources]] with name, source and format")
    by_name = [
        source.name
        for source in candidates
        if source.source == "file" and Path(str(source.params.get("path"))).name == path.name
    ]
    if by_name:
        return by_port, by_name[0]
    if len(names) > 1 and not by_port:
        raise ConfigError(f"{path}: which source is this? The node file has {', '.join(names)}; say --source NAME")
    return by_port, names[0]
