"""Lines of a stream: cut at a separator, with a bounded tail."""

from __future__ import annotations

from typing import Any, Final

from skydas.model import Decoded

TAIL_MAX: Final = 4096  # octets of one line


class Lines:
    """Cuts a stream into lines; what has no end yet waits for the next payload."""

    def __init__(self, separator: bytes) -> None:
        assert len(separator) == 1
        self._separator = separator
        self._tail = bytearray()
        self._skipping = False  # in a line that was too long, until its end

    def split(self, payload: bytes, decoded: Decoded) -> list[bytes]:
        """Return the lines that `payload` completes, without separators and the space around them; no empty ones."""
        *ended, rest = payload.split(self._separator)
        lines = []
        for piece in ended:
            self._add(piece, decoded)
            line = bytes(self._tail).strip()
            if line:
                lines.append(line)
            self._tail.clear()
            self._skipping = False
        self._add(rest, decoded)
        return lines

    @property
    def tail(self) -> bytes:
        """The octets that wait for their end."""
        return bytes(self._tail)

    def take_tail(self) -> None:
        """Forget the tail: it was read."""
        self._tail.clear()

    def state(self) -> Any:
        """Return the tail."""
        return bytes(self._tail), self._skipping

    def restore(self, state: Any) -> None:
        """Take what `state()` returned."""
        tail, skipping = state
        self._tail, self._skipping = bytearray(tail), bool(skipping)

    def _add(self, piece: bytes, decoded: Decoded) -> None:
        if self._skipping:
            return
        if len(self._tail) + len(piece) > TAIL_MAX:
            self._tail.clear()
            self._skipping = True
            decoded.reject("line_too_long")
        else:
            self._tail += piece
