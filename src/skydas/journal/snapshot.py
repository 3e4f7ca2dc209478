"""Snapshots: the node's whole state at one record of the journal, so that a start need not replay a month.

A snapshot of another version of skydas is not read: the journal is replayed in full. One that was taken under another
configuration bears that configuration: a node goes on from it, and takes the new one as any input.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Final

import msgspec

from skydas.disk import write_whole

SNAPSHOT_SUFFIX: Final = ".sks"
SNAPSHOTS_KEPT: Final = 3


class Snapshot(msgspec.Struct, frozen=True):
    """A node's state after record `next_number - 1`."""

    version: str
    configuration: bytes  # under which it was taken, as a CONFIG input has it
    next_number: int
    state: bytes


def write_snapshot(directory: Path, snapshot: Snapshot) -> Path:
    """Write a snapshot so that it is either whole or absent, and delete all but the newest three."""
    octets = msgspec.msgpack.encode(snapshot)
    path = directory / f"{snapshot.next_number:012d}{SNAPSHOT_SUFFIX}"
    write_whole(path, zlib.crc32(octets).to_bytes(4, "little") + octets)
    for old in sorted(directory.glob(f"*{SNAPSHOT_SUFFIX}"))[:-SNAPSHOTS_KEPT]:
        old.unlink()
    return path


def newest_snapshot(directory: Path, version: str, safe_until: int | None = None) -> tuple[Snapshot | None, list[str]]:
    """Return the newest snapshot that fits, and a line for each newer one that was passed over, with the reason.

    safe_until : sequence up to which every output has what it must not miss; one that is not newer is preferred
    """
    passed_over = []
    newest: Snapshot | None = None
    for path in sorted(directory.glob(f"*{SNAPSHOT_SUFFIX}"), reverse=True):
        octets = path.read_bytes()
        if zlib.crc32(octets[4:]).to_bytes(4, "little") != octets[:4]:
            passed_over.append(f"{path.name}: damaged")
            continue
        try:
            snapshot = msgspec.msgpack.decode(octets[4:], type=Snapshot)
        except msgspec.DecodeError as error:
            passed_over.append(f"{path.name}: not readable ({error})")
            continue
        if snapshot.version != version:
            passed_over.append(f"{path.name}: of version {snapshot.version}")
        elif safe_until is None or _next_sequence(snapshot) <= safe_until + 1:
            return snapshot, passed_over
        else:
            newest = newest or snapshot
            passed_over.append(f"{path.name}: newer than what an output has put by")
    return newest, passed_over


class _Sequence(msgspec.Struct):
    sequence: int


def _next_sequence(snapshot: Snapshot) -> int:
    """Return the sequence of the first fact after a snapshot."""
    return msgspec.msgpack.decode(snapshot.state, type=_Sequence).sequence
