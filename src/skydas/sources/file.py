"""A recording: pcap, pcapng, ASTERIX files, lines of text; paced, or as fast as the node takes it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from skydas import plugins
from skydas.capture import Capture, Chunk, open_capture
from skydas.clock import stopwatch_ns
from skydas.errors import ConfigError, SkydasError, SourceError
from skydas.model import NS_PER_S, utc_ns
from skydas.sources import Emit

FRAMINGS_WITHOUT_TIME = frozenset({"asterix", "framed"})
CHUNKS_HELD_MAX: Final = 10_000  # that wait for the first report with a time
_HALF_DAY_NS: Final = 43_200 * NS_PER_S  # a decoder takes a time of day as the nearest to its reception
_EARLY_NS_MAX: Final = 60 * NS_PER_S


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which recording, and how fast."""

    path: str
    framing: str = "auto"
    start: str = "1970-01-01T00:00:00Z"  # the time of recordings that hold none
    speed: float = 1.0  # times real time; 0: as fast as the node takes it
    ports: dict[str, str] = {}  # UDP port -> name of the source that it feeds
    format: str = ""  # whose times to use where the container has none
    format_params: dict[str, Any] = {}


def timed_chunks(capture: Capture, format_name: str, format_params: dict[str, Any]) -> Iterator[Chunk]:
    """Yield the chunks; where the container has no time, with the newest time that its own reports have had so far.

    Reports that hold only a time of day are of the 24 hours from the recording's start on (or a minute before it, where
    the start was stated a little late). What comes before the first report has that one's time.
    """
    if capture.framing not in FRAMINGS_WITHOUT_TIME or not format_name:
        yield from capture
        return
    module = plugins.load("formats", format_name)
    decoder = module.Decoder(plugins.params("formats", format_name, format_params, "format_params"))
    now_ns: int | None = None
    held: list[Chunk] = []
    for chunk in capture:
        at_ns = max(chunk.t_ns - _EARLY_NS_MAX, 0) + _HALF_DAY_NS if now_ns is None else now_ns
        decoded = decoder.decode(at_ns, chunk.payload)
        heard_ns = [status.t_ns for status in decoded.statuses] + decoded.plots["t_ns"].tolist()
        heard_ns = [t_ns for t_ns in heard_ns if t_ns != at_ns]  # a report without a time has that of its reception
        if heard_ns:
            now_ns = max(heard_ns) if now_ns is None else max(now_ns, *heard_ns)
        held.append(chunk)
        if now_ns is not None or len(held) == CHUNKS_HELD_MAX:
            yield from (one if now_ns is None else one._replace(t_ns=now_ns) for one in held)
            held.clear()
    yield from held


def open_recording(params: Params) -> Capture:
    """Return the opened recording. Raises SourceError."""
    try:
        start_ns = utc_ns(params.start)
    except ValueError as error:
        raise ConfigError(f"start: expected a UTC time such as 2026-11-21T08:00:00Z, got {params.start!r}") from error
    try:
        return open_capture(Path(params.path), params.framing, start_ns)
    except SkydasError as error:
        raise SourceError(str(error)) from error


async def run(params: Params, emit: Emit) -> None:
    """Hand the recording to the node at its own pace times `speed`, then end."""
    capture = open_recording(params)
    emit.link("open", f"{params.path} ({capture.framing})")
    began_ns, first_ns = stopwatch_ns(), None
    for chunk in timed_chunks(capture, params.format, params.format_params):
        first_ns = chunk.t_ns if first_ns is None else first_ns
        if params.speed > 0.0:
            due_ns = began_ns + int((chunk.t_ns - first_ns) / params.speed)
            if (wait_ns := due_ns - stopwatch_ns()) > 0:
                await asyncio.sleep(wait_ns / NS_PER_S)
        await emit.tick(chunk.t_ns)
        await emit(chunk.payload, chunk.t_ns, params.ports.get(str(chunk.port)))
    reasons = ", ".join(f"{reason}: {count}" for reason, count in sorted(capture.errors.items()))
    emit.link("ended", f"{params.path}{' (' + reasons + ')' if reasons else ''}")
