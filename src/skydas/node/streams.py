"""Decoders: one for each stream of octets, because the unfinished tail of a stream is its own.

A source that takes several connections at once calls each `source#k`; the first one is the source itself. A
connection that opens gets a fresh decoder: nothing of the one before belongs to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from skydas import plugins
from skydas.model.config import SourceConfig

STREAMS_MAX: Final = 256  # of one source; a connection beyond it has no decoder
_MARK: Final = "#"


def stream_name(source: str, connection: int) -> str:
    """Return what the inputs of one connection of a source are called; connection 0 is the source itself."""
    return f"{source}{_MARK}{connection}" if connection else source


def source_of(stream: str) -> str:
    """Return the source that a stream belongs to."""
    return stream.partition(_MARK)[0]


class Streams:
    """The decoders of a node, by stream."""

    def __init__(self, sources: Sequence[SourceConfig]) -> None:
        self.datagram_sources: set[str] = set()  # what comes twice within seconds is a copy
        self._made_from: dict[str, tuple[Any, Any]] = {}  # source -> decoder class, parameters
        self._decoders: dict[str, Any] = {}
        for source in sources:
            if not source.format:
                continue
            module = plugins.load("formats", source.format)
            where = f"sources.{source.name}.format_params"
            params = plugins.params("formats", source.format, source.format_params, where)
            self._made_from[source.name] = (module.Decoder, params)
            self._decoders[source.name] = module.Decoder(params)
            if getattr(module, "DATAGRAMS", False):
                self.datagram_sources.add(source.name)

    def decoder(self, stream: str) -> Any | None:
        """Return the decoder of a stream; None where its source has no format or too many streams."""
        found = self._decoders.get(stream)
        if found is None:
            self.open(stream)
            found = self._decoders.get(stream)
        return found

    def open(self, stream: str) -> None:
        """Begin a stream afresh."""
        made_from = self._made_from.get(source_of(stream))
        connection = stream.partition(_MARK)[2]
        if made_from is None or (connection and not 0 < int(connection) < STREAMS_MAX):
            return
        decoder_class, params = made_from
        self._decoders[stream] = decoder_class(params)

    def state(self) -> dict[str, bytes]:
        """Return what every decoder depends on."""
        return {
            stream: decoder.state() for stream, decoder in sorted(self._decoders.items()) if hasattr(decoder, "state")
        }

    def restore(self, state: dict[str, bytes]) -> None:
        """Take back what `state` returned."""
        for stream, held in state.items():
            decoder = self.decoder(stream)
            if decoder is not None:
                decoder.restore(held)
