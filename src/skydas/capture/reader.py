"""`open_capture`: finds out what a recording is and reads it."""

from __future__ import annotations

import mmap
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from skydas.capture import asterix_files, lines, network, packets, streams
from skydas.capture.chunk import Chunk, Errors, count_error
from skydas.errors import CaptureError

UNPACKED_OCTETS_MAX: Final = 4 << 30
FILE_OCTETS_MAX: Final = 64 << 20  # of the framing `file`, which is one payload

_Read = Callable[[memoryview, Errors, int], Iterator[Chunk]]


def _read_pcap(data: memoryview, errors: Errors, start_ns: int) -> Iterator[Chunk]:
    if bytes(data[:4]) not in packets.PCAP_MAGICS:
        count_error(errors, "bad_magic")
        return iter(())
    return asterix_files.unframe(network.payloads(packets.read_pcap(data, errors), errors))


def _read_pcapng(data: memoryview, errors: Errors, start_ns: int) -> Iterator[Chunk]:
    return asterix_files.unframe(network.payloads(packets.read_pcapng(data, errors, start_ns), errors))


def _read_beast_gps(data: memoryview, errors: Errors, start_ns: int) -> Iterator[Chunk]:
    return streams.read_beast(data, errors, start_ns, gps=True)


def _read_file(data: memoryview, errors: Errors, start_ns: int) -> Iterator[Chunk]:
    if len(data) > FILE_OCTETS_MAX:
        count_error(errors, "file_too_long")
        return
    yield Chunk(start_ns, bytes(data))


_READERS: Final[dict[str, _Read]] = {
    "pcap": _read_pcap,
    "pcapng": _read_pcapng,
    "asterix": asterix_files.read_blocks,
    "final": asterix_files.read_final,
    "gps": asterix_files.read_gps,
    "framed": asterix_files.read_framed,
    "beast": streams.read_beast,
    "beast_gps": _read_beast_gps,
    "sapient": streams.read_sapient,
    "lines": lines.read_lines,
    "file": _read_file,
}
FRAMINGS: Final = ("auto", *_READERS)


class Capture:
    """A recording; walk over it for its chunks. `errors` is complete once the walk has ended."""

    def __init__(self, path: Path, data: memoryview, framing: str, start_ns: int, errors: Errors) -> None:
        self.path = path
        self.framing = framing
        self.octets = len(data)  # unpacked
        self.errors = errors
        self._opening_errors = dict(errors)
        self._data = data
        self._start_ns = start_ns

    def __iter__(self) -> Iterator[Chunk]:
        self.errors.clear()
        self.errors.update(self._opening_errors)
        return _READERS[self.framing](self._data, self.errors, self._start_ns)


def open_capture(path: str | Path, framing: str = "auto", start_ns: int = 0) -> Capture:
    """Open the recording at `path`, packed with gzip or not.

    framing  : one of FRAMINGS; `auto` looks at the content
    start_ns : the time of recordings that hold none, and the day of those that hold only the time of day

    Raises CaptureError where the file cannot be read, is empty, or `auto` does not know what it is.
    """
    path = Path(path)
    if framing not in FRAMINGS:
        raise CaptureError(f"there is no framing {framing!r}; there are: {', '.join(FRAMINGS)}")
    errors: Errors = {}
    data = _unpacked(_mapped(path), errors, path)
    if not len(data):
        raise CaptureError(f"{path} is empty")
    if framing == "auto":
        framing = _detect(data, path)
    elif framing == "final" and not asterix_files.is_final(data) and asterix_files.is_gps(data):
        framing = "gps"  # both are called "final" by people
    return Capture(path, data, framing, start_ns, errors)


def _mapped(path: Path) -> memoryview:
    try:
        with path.open("rb") as file:
            if not path.stat().st_size:
                return memoryview(b"")
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise CaptureError(f"{path} cannot be read: {reason}") from error


def _unpacked(data: memoryview, errors: Errors, path: Path) -> memoryview:
    """Return the content of a gzip file, of several members in a row too; a torn end is counted."""
    if bytes(data[:2]) != b"\x1f\x8b":
        return data
    pieces, octet_count, rest = [], 0, data
    while bytes(rest[:2]) == b"\x1f\x8b":
        unpacker = zlib.decompressobj(wbits=31)
        try:
            piece = unpacker.decompress(rest, UNPACKED_OCTETS_MAX - octet_count + 1)
        except zlib.error:
            # read again in small steps, to keep what lies before the damage
            piece = _before_damage(rest, UNPACKED_OCTETS_MAX - octet_count + 1)
            count_error(errors, "gzip_damaged")
            unpacker = None  # type: ignore[assignment]
        octet_count += len(piece)
        if octet_count > UNPACKED_OCTETS_MAX:
            raise CaptureError(f"{path} is over {UNPACKED_OCTETS_MAX} octets unpacked: unpack it first")
        pieces.append(piece)
        if unpacker is None:
            break
        if not unpacker.eof:
            count_error(errors, "gzip_truncated")
            break
        rest = memoryview(unpacker.unused_data)
    return memoryview(b"".join(pieces))


def _before_damage(packed: memoryview, octets_max: int) -> bytes:
    unpacker, pieces, octet_count = zlib.decompressobj(wbits=31), [], 0
    for at in range(0, len(packed), 256):
        try:
            piece = unpacker.decompress(packed[at : at + 256])
        except zlib.error:
            break
        pieces.append(piece)
        octet_count += len(piece)
        if octet_count >= octets_max:
            break
    return b"".join(pieces)


def _detect(data: memoryview, path: Path) -> str:
    """Return the framing by content: by magic number, then by structure, then as text."""
    magic = bytes(data[:4])
    if magic in packets.PCAP_MAGICS:
        return "pcap"
    if magic == packets.PCAPNG_MAGIC:
        return "pcapng"
    text = _text_framing(bytes(data[:65_536]))
    if text:
        return text
    for framing, fits in (
        ("final", asterix_files.is_final),
        ("gps", asterix_files.is_gps),
        ("beast", streams.is_beast),
        ("sapient", streams.is_sapient),
        ("asterix", asterix_files.covers),
        ("framed", lambda octets: bool(asterix_files.framed_blocks(octets))),
        ("asterix", asterix_files.opens_with_block),
    ):
        if fits(data):
            return framing
    raise CaptureError(
        f"{path} is none of the recordings that show by content what they are ({magic.hex(' ')} ...): "
        f"say which framing it has ({', '.join(FRAMINGS[1:])})"
    )


def _text_framing(head: bytes) -> str:
    """Return `lines`, or `file` for a document that goes over many lines; nothing where it is no text."""
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3 or not error.start:  # a character may be cut at the end of what we look at
            return ""
        text = head[: error.start].decode("utf-8")
    if not text.isprintable() and any(ord(character) < 32 and character not in "\t\r\n\x0c" for character in text):
        return ""
    start = text.lstrip("\ufeff \t\r\n")
    first_line = start.split("\n", 1)[0].rstrip()
    document = start[:1] in ("[", "<") or (start[:1] == "{" and not first_line.endswith("}"))
    return "file" if document else "lines"
