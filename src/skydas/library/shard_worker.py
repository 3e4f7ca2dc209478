"""One shard's process: it reads requests from its standard input and answers on its standard output.

A message is its length (four octets, little-endian) and MessagePack. Requests: the setup, then steps, pictures and
states, to take or to go on from.
"""

from __future__ import annotations

import struct
import sys
from typing import IO, Any, Final

import msgspec

from skydas.errors import ConfigError
from skydas.geo import TangentPlane
from skydas.library.tracking import Tracker
from skydas.model import PLOT, SensorConfig, rows_from

MESSAGE_OCTETS_MAX: Final = 1 << 31
_LENGTH: Final = struct.Struct("<I")


class Setup(msgspec.Struct, tag="setup"):
    """The first request."""

    sensors: list[SensorConfig]
    plane: tuple[float, float, float]
    registration: bool
    fuse: dict[str, Any]


class Step(msgspec.Struct, tag="step"):
    """Plots that arrived, PLOT as octets; there may be none, but time passes."""

    now_ns: int
    plots: bytes


class Picture(msgspec.Struct, tag="picture"):
    """A question for every living track, and for what was counted."""

    now_ns: int


class State(msgspec.Struct, tag="state"):
    """A question for everything that the next step depends on."""


class Restore(msgspec.Struct, tag="restore"):
    """Go on from a state; answered when it is done."""

    state: bytes


class Answer(msgspec.Struct):
    """Tracks, TRACK as octets; of a step, the owner of each plot (int64)."""

    tracks: bytes = b""
    owners: bytes = b""
    counters: dict[str, int] = {}
    state: bytes = b""
    refused: str = ""  # why a state was not taken


def write(to: IO[bytes], message: msgspec.Struct) -> None:
    """Write one message."""
    octets = msgspec.msgpack.encode(message)
    assert len(octets) <= MESSAGE_OCTETS_MAX
    to.write(_LENGTH.pack(len(octets)))
    to.write(octets)
    to.flush()


def read(source: IO[bytes]) -> bytes:
    """Return the octets of one message, none at the end."""
    head = source.read(_LENGTH.size)
    return source.read(_LENGTH.unpack(head)[0]) if len(head) == _LENGTH.size else b""


def main() -> None:
    """Answer until the input ends."""
    source, to = sys.stdin.buffer, sys.stdout.buffer
    setup = msgspec.msgpack.decode(read(source), type=Setup)
    plane = TangentPlane(*setup.plane)
    tracker = Tracker(setup.sensors, plane, registration=setup.registration, **setup.fuse)
    request = msgspec.msgpack.Decoder(Step | Picture | State | Restore)
    while octets := read(source):
        asked = request.decode(octets)
        if isinstance(asked, Step):
            changed = tracker.take(rows_from(asked.plots, PLOT), asked.now_ns)
            write(to, Answer(changed.tobytes(), tracker.last_owner.tobytes()))
        elif isinstance(asked, State):
            write(to, Answer(state=tracker.state()))
        elif isinstance(asked, Restore):
            write(to, Answer(refused=_restored(tracker, asked.state)))
        else:
            write(to, Answer(tracker.engine.picture(asked.now_ns).tobytes(), b"", tracker.counters()))


def _restored(tracker: Tracker, state: bytes) -> str:
    """Let a tracker go on from a state; return why it did not, or nothing."""
    try:
        tracker.restore(state)
    except ConfigError as error:
        return str(error)
    return ""
