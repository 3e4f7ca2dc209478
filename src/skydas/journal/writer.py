"""Write a journal: one process, one writer; records reach the kernel before they are used, the disk in groups.

A torn tail found on opening is cut off and kept beside the segment as `NAME.torn`: nothing is thrown away unseen.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path
from typing import Final, NamedTuple

from skydas.disk import sync, write_whole
from skydas.errors import JournalError
from skydas.journal.reader import KEPT_FILE, SEGMENT_SUFFIX, JournalReader, Torn, sound_octets
from skydas.journal.records import SEGMENT_HEAD, SEGMENT_MAGIC, encode_record
from skydas.model import Input, InputKind

SEGMENT_OCTETS_DEFAULT: Final = 256 * 1024 * 1024
BUFFER_OCTETS_MAX: Final = 4 * 1024 * 1024
KEPT_KINDS: Final = frozenset({InputKind.ACTION, InputKind.CONFIG})  # never rotated away


class Mark(NamedTuple):
    """A place between two records, to which the journal can be taken back."""

    path: Path
    octets: int
    number: int


class JournalWriter:
    """Append inputs to a folder of segments. Raises JournalError where another process holds it."""

    def __init__(self, directory: Path, segment_octets: int = SEGMENT_OCTETS_DEFAULT) -> None:
        self.directory = directory
        self.segment_octets = segment_octets
        self.torn: Torn | None = None
        self.next_number = 0
        self._buffer = bytearray()
        self._path = directory  # of the open segment
        self._file = -1
        self._written = 0  # octets of the open segment that are whole records in the kernel
        self._number_written = 0  # number of the record that comes behind them
        self._cut_to: Mark | None = None  # what lies behind it is to go before the next record
        directory.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(directory / "writer.lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            raise JournalError(f"{directory}: another running node writes this journal") from error
        self._continue()

    def append(self, given: Input) -> int:
        """Take one input into the buffer and return its number; `flush` puts it into the kernel's hands."""
        number = self.next_number
        self._buffer += encode_record(number, given)
        self.next_number = number + 1
        if len(self._buffer) >= BUFFER_OCTETS_MAX:
            self.flush()
        return number

    def flush(self) -> None:
        """Write the buffer: from here on a kill -9 of this process loses nothing. Raises OSError (a full disk)."""
        self._cut()
        if not self._buffer:
            return
        view = memoryview(self._buffer)
        done = 0
        try:
            while done < len(view):
                done += os.write(self._file, view[done:])
        except OSError:
            self._cut_to = Mark(self._path, self._written, self._number_written)
            with contextlib.suppress(OSError):
                self._cut()
            raise
        finally:
            view.release()
        self._written += done
        self._number_written = self.next_number
        self._buffer.clear()
        if self._written >= self.segment_octets:
            self._open_segment()

    def sync(self) -> None:
        """Write the buffer and wait for the disk. Raises OSError."""
        self.flush()
        os.fsync(self._file)

    def give_up_buffer(self) -> int:
        """Forget what could not be written and return how many records that were."""
        lost = self.next_number - self._number_written
        self._buffer = bytearray()  # not cleared: an error on its way may still hold a view of the old one
        self.next_number = self._number_written
        return lost

    def mark(self) -> Mark:
        """Return the place behind the last record written, for `take_back`. The buffer must be empty."""
        assert not self._buffer
        return self._cut_to or Mark(self._path, self._written, self._number_written)

    def take_back(self, mark: Mark) -> int:
        """Take back every record behind a mark, written or not, and return how many; what was refused is not kept."""
        lost = self.next_number - mark.number
        self._buffer = bytearray()  # not cleared: an error on its way may still hold a view of the old one
        self.next_number = self._number_written = mark.number
        self._cut_to = mark
        with contextlib.suppress(OSError):
            self._cut()
            os.fsync(self._file)
        return lost

    def delete_before(self, t_ns: int) -> int:
        """Delete segments that ended before `t_ns`, keeping their actions and configurations; return how many."""
        paths = sorted(self.directory.glob(f"*{SEGMENT_SUFFIX}"))[:-1]
        past: list[Path] = []
        kept = self._kept()
        for path in paths:
            records = list(JournalReader(path))
            if not records or records[-1].input.rx_ns >= t_ns:
                break
            kept += b"".join(encode_record(r.number, r.input) for r in records if r.input.kind in KEPT_KINDS)
            past.append(path)
        if past:
            write_whole(self.directory / KEPT_FILE, kept)
        for path in past:
            path.unlink()
        return len(past)

    def close(self) -> None:
        """Sync and let go of the journal."""
        if self._file >= 0:
            try:
                self.sync()
            finally:
                os.close(self._file)
                self._file = -1
                os.close(self._lock)

    def _cut(self) -> None:
        """Cut off what is to go. Raises OSError: then it is cut off before the next record is written."""
        if self._cut_to is None:
            return
        path, octets, _ = self._cut_to
        if self._path != path:
            self._go_back_to(path)
        os.ftruncate(self._file, octets)
        self._written, self._cut_to = octets, None

    def _go_back_to(self, path: Path) -> None:
        """Write on in an earlier segment; those behind it go."""
        for later in sorted(self.directory.glob(f"*{SEGMENT_SUFFIX}"), reverse=True):
            if later.name > path.name:
                later.unlink()
        sync(self.directory)
        earlier = os.open(path, os.O_RDWR | os.O_APPEND)
        os.close(self._file)
        self._path, self._file = path, earlier

    def _continue(self) -> None:
        paths = sorted(self.directory.glob(f"*{SEGMENT_SUFFIX}"))
        if paths:
            reader = JournalReader(paths[-1])
            first_of_last = None
            for record in reader:
                first_of_last = record.number
            self.torn = reader.torn
            if self.torn is not None:
                self._set_aside(self.torn)
            if first_of_last is not None:
                self.next_number = first_of_last + 1
            elif paths[-1].exists() and paths[-1].stat().st_size >= SEGMENT_HEAD.size:
                self.next_number = int(SEGMENT_HEAD.unpack(paths[-1].read_bytes()[: SEGMENT_HEAD.size])[1])
            elif len(paths) > 1:
                paths[-1].unlink(missing_ok=True)
                self._continue()
                return
        self._open_segment()

    def _kept(self) -> bytes:
        """Return the records kept so far; a torn tail behind them is set aside. Raises JournalError, OSError."""
        path = self.directory / KEPT_FILE
        if not path.is_file():
            return b""
        octets, sound = path.read_bytes(), sound_octets(self.directory)
        if sound < len(octets):
            path.with_suffix(".torn").write_bytes(octets[sound:])
            write_whole(path, octets[:sound])
        return octets[:sound]

    def _set_aside(self, torn: Torn) -> None:
        octets = torn.path.read_bytes()
        torn.path.with_suffix(".torn").write_bytes(octets[torn.offset :])
        with torn.path.open("r+b") as file:
            file.truncate(torn.offset)

    def _open_segment(self) -> None:
        """Go on in the segment of the next number. Raises OSError: then the one before stays open and whole."""
        path = self.directory / f"{self.next_number:012d}{SEGMENT_SUFFIX}"
        fresh = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            size = self._begin(fresh)
            if self._file >= 0:
                os.fsync(self._file)
            sync(self.directory)
        except OSError:
            os.close(fresh)
            if self._file >= 0:
                path.unlink()
            raise
        if self._file >= 0:
            os.close(self._file)
        self._path, self._file, self._written, self._number_written = path, fresh, size, self.next_number

    def _begin(self, fresh: int) -> int:
        """Write a segment's head where it has none, and return the segment's octets."""
        head = SEGMENT_HEAD.pack(SEGMENT_MAGIC, self.next_number)
        size = os.fstat(fresh).st_size
        if size < len(head):
            os.ftruncate(fresh, 0)
            size = 0
            while size < len(head):
                size += os.write(fresh, head[size:])
        os.fsync(fresh)
        return size
