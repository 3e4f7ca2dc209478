"""Beast binary: Mode S frames with a stamp and a level, from Mode-S Beast, Radarcape, dump1090, readsb (TCP 30005).

octet 1       0x1A
octet 2       type: "1" Mode A/C, "2" short frame, "3" long frame; "4" status, "5" receiver's place, 0xE3 its number
octets 3-8    stamp, 48 bits: a counter of 12 MHz; or (Radarcape) 18 bits second of the UTC day, 30 bits nanosecond
octet 9       level: amplitude, 255 is full scale
octets 10-    2, 7 or 14 octets of the reply
An octet 0x1A after the type is sent twice; a single one begins the next message.

Two stamps are no time: multilateration servers and links from UAT mark the frames they made up with them.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import numpy as np
from numba import njit

from skydas.formats._modes.fields import LONG_OCTETS, Octets
from skydas.formats._modes.follow import Mark
from skydas.formats._modes.frames import Batch, ReceiverParams, StreamDecoder
from skydas.formats._modes.items import FrameReader
from skydas.model import NS_PER_S, S_PER_DAY, Decoded, IntArray

DOUBTED: Final = frozenset(("time_not_valid",))  # counted, and used at the time of reception
STAMP_MLAT: Final = 0xFF00_4D4C_4154
STAMP_UAT: Final = 0xFF00_4D4C_4155
TAIL_MAX: Final = 2 + 2 * (7 + LONG_OCTETS)  # a long frame in which every octet is an escape
COUNTER_GAP_S_MAX: Final = 60.0  # a counter that jumps further was started anew

_ESCAPE: Final = 0x1A
_HEAD: Final = 7  # stamp and level
_MODE_AC: Final = 0x31
_SHORT: Final = 0x32
_LONG: Final = 0x33
_QUIET: Final = (0x34, 0x35, 0xE3, 0xE4)  # known, and of no use here
_SHORTEST: Final = 2 + _HEAD + 2
_DAY_NS: Final = S_PER_DAY * NS_PER_S

EXAMPLES: Final = (
    b"\x1a3\x00\x00\x00\x00\x10\x00\x80" + bytes.fromhex("8d40621d58c382d690c8ac2863a7")
    + b"\x1a3\x00\x00\x00\x60\x10\x00\x80" + bytes.fromhex("8d40621d58c386435cc412692ad6"),
    b"\x1a2\x00\x00\x1a\x1a\x00\x00\x01\x40" + bytes.fromhex("5d484fdea248f5")
    + b"\x1a1\x00\x00\x00\x00\x00\x02\x30\x0f\xc0",
    b"\x1a3\xff\x00MLAT\x10" + bytes.fromhex("8d4840d6202cc371c32ce0576098") + b"\x1a4" + bytes(14),
)  # fmt: skip


class Params(ReceiverParams, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the stamps are.

    clock : "received" leaves them alone (t_ns is rx_ns); "gps" for a Radarcape with GPS; "counter" for a recording
            without times of one receiver: the first frame is at rx_ns, the 12 MHz counter tells the rest
    """

    clock: Literal["received", "gps", "counter"] = "received"


@njit(cache=True)
def _split(
    data: Octets,
    quiet: bool,
    octets: Octets,
    lengths: Octets,
    stamps: IntArray,
    levels: Octets,
    counts: IntArray,
) -> tuple[int, int, bool]:
    """Find the messages in `data`; return their number, the octets used, and whether a quiet message goes on.

    octets, lengths, stamps, levels : room for every message that `data` can hold
    counts : (3,) added to: octets between messages, torn messages, types not read
    """
    found = 0
    at = 0
    while at < len(data):
        if data[at] != _ESCAPE:
            if not quiet:
                counts[0] += 1
            at += 1
            continue
        if at + 1 == len(data):
            break
        kind = np.int64(data[at + 1])
        if kind == _ESCAPE:
            if not quiet:
                counts[0] += 2
            at += 2
            continue
        length = 2 if kind == _MODE_AC else 7 if kind == _SHORT else 14 if kind == _LONG else 0
        if length == 0:
            quiet = True
            if kind not in _QUIET:
                counts[2] += 1
            at += 2
            continue
        quiet = False
        after = at + 2
        filled = 0
        stamps[found] = 0
        while filled < _HEAD + length:
            if after == len(data) or (data[after] == _ESCAPE and after + 1 == len(data)):
                return found, at, quiet
            octet = data[after]
            if octet == _ESCAPE:
                after += 1
                if data[after] != _ESCAPE:
                    break
            if filled < _HEAD - 1:
                stamps[found] = stamps[found] << 8 | np.int64(octet)
            elif filled < _HEAD:
                levels[found] = octet
            else:
                octets[found, filled - _HEAD] = octet
            filled += 1
            after += 1
        if filled < _HEAD + length:
            counts[1] += 1
            at = after - 1
        else:
            octets[found, length:] = 0
            lengths[found] = length
            found += 1
            at = after
    return found, at, quiet


@njit(cache=True)
def _counter_times(stamps: IntArray, marks: Octets, rx_ns: int, anchor: IntArray, t_ns: IntArray) -> None:
    """Fill `t_ns` from the counter of one receiver.

    anchor : (3,) stamp and time that belong together, and the stamp last seen; -1 none yet
    """
    gap = int(COUNTER_GAP_S_MAX * 12_000_000)
    for at in range(len(stamps)):
        if marks[at] != 0:
            t_ns[at] = rx_ns
            continue
        if anchor[2] < 0 or abs(stamps[at] - anchor[2]) > gap:
            anchor[1] = rx_ns if anchor[2] < 0 else max(rx_ns, anchor[1] + (anchor[2] - anchor[0]) * 250 // 3)
            anchor[0] = stamps[at]
        anchor[2] = stamps[at]
        t_ns[at] = anchor[1] + (stamps[at] - anchor[0]) * 250 // 3


class _Splitter:
    def __init__(self, params: Params) -> None:
        self._clock = params.clock
        self._tail = b""
        self._quiet = True  # a stream may be joined in the middle of a message
        self._anchor = np.full(3, -1, np.int64)

    def split(self, rx_ns: int, payload: bytes, decoded: Decoded) -> Batch:
        data = np.frombuffer(self._tail + payload, np.uint8)
        room = len(data) // _SHORTEST + 1
        octets, lengths = np.empty((room, LONG_OCTETS), np.uint8), np.empty(room, np.uint8)
        stamps, levels = np.empty(room, np.int64), np.empty(room, np.uint8)
        counts = np.zeros(3, np.int64)
        found, used, self._quiet = _split(data, self._quiet, octets, lengths, stamps, levels, counts)
        self._tail = data[used:].tobytes()
        assert len(self._tail) <= TAIL_MAX
        for reason, count in zip(("octets_between", "message_torn", "type_not_read"), counts.tolist(), strict=True):
            if count:
                decoded.reject(reason, count)
        mode_s = lengths[:found] > 2
        decoded.records += int(found - mode_s.sum())
        stamps = stamps[:found][mode_s]
        marks = np.zeros(len(stamps), np.uint8)
        marks[stamps == STAMP_MLAT] = Mark.MLAT
        marks[stamps == STAMP_UAT] = Mark.RELAYED
        t_ns, assumed = self._times(rx_ns, stamps, marks, decoded)
        return Batch(octets[:found][mode_s], lengths[:found][mode_s], t_ns, marks, assumed, levels[:found][mode_s])

    def _times(self, rx_ns: int, stamps: IntArray, marks: Octets, decoded: Decoded) -> tuple[IntArray, Octets]:
        """Return t_ns and whether it is assumed."""
        t_ns = np.full(len(stamps), rx_ns, np.int64)
        assumed = np.ones(len(stamps), np.uint8)
        if self._clock == "counter":
            _counter_times(stamps, marks, rx_ns, self._anchor, t_ns)
        elif self._clock == "gps":
            second, nanosecond = stamps >> 30, stamps & 0x3FFF_FFFF
            good = (second < S_PER_DAY) & (nanosecond < NS_PER_S) & (marks == 0)
            bad = int((~good & (marks == 0)).sum())
            if bad:
                decoded.reject("time_not_valid", bad)
            of_day_ns = second * NS_PER_S + nanosecond
            apart_ns = (of_day_ns - rx_ns % _DAY_NS + _DAY_NS // 2) % _DAY_NS - _DAY_NS // 2
            t_ns = np.where(good, rx_ns + apart_ns, rx_ns)
            assumed[good] = 0
        return t_ns, assumed

    def state(self) -> Any:
        return self._tail, self._quiet, self._anchor.tolist()

    def restore(self, state: Any) -> None:
        self._tail, self._quiet, anchor = state
        self._anchor = np.array(anchor, np.int64)


class Decoder(StreamDecoder):
    """Beast octets -> plots."""

    def __init__(self, params: Params) -> None:
        super().__init__(_Splitter(params), params)


class Reader(FrameReader):
    """Beast octets -> one row a frame."""

    def __init__(self, params: Params) -> None:
        super().__init__(_Splitter(params), params)


def warm_up() -> None:
    """Compile every kernel that this format uses, or load it from the cache."""
    decoder = Decoder(Params(clock="counter"))
    for example in EXAMPLES:
        decoder.decode(0, example)
    decoder.restore(decoder.state())
