"""AVR text: Mode S frames in hexadecimal, one to a line (dump1090 and readsb, TCP 30002).

*8D4840D6202CC371C32CE0576098;                    the frame
@016CE3671C745D484FDEA248F5;                      stamp of 12 MHz, 12 digits, then the frame; "%" likewise
<016CE3671C74805D484FDEA248F5;                    stamp, level (2 digits), then the frame
Frames of 4 digits are Mode A/C; *0000; says only that the link is alive.

The stamp is a counter without an epoch, so t_ns is rx_ns.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from skydas.formats._modes.fields import LONG_OCTETS
from skydas.formats._modes.frames import Batch, ReceiverParams, StreamDecoder, batch_of
from skydas.formats._modes.items import FrameReader
from skydas.formats._modes.lines import Lines
from skydas.model import Decoded

EXAMPLES: Final = (
    b"*8D40621D58C382D690C8AC2863A7;\n*8D40621D58C386435CC412692AD6;\n",
    b"@016CE3671C748D4840D6202CC371C32CE0576098;\r\n*0000;\r\n",
    b"<016CE3671C74805D484FDEA248F5;\n",
)
# First octet -> digits of stamp and level before the frame
_HEADS: Final = {0x2A: 0, 0x3A: 0, 0x40: 12, 0x25: 12, 0x3C: 14}
_LEVEL_AT: Final = 6
_MODE_AC_OCTETS: Final = 2


class Params(ReceiverParams, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where the receiver is, and what to refuse."""


class _Splitter:
    def __init__(self) -> None:
        self._lines = Lines(b";")

    def split(self, rx_ns: int, payload: bytes, decoded: Decoded) -> Batch:
        frames: list[bytes] = []
        levels: list[int] = []
        for line in self._lines.split(payload, decoded):
            head = _HEADS.get(line[0])
            if head is None:
                decoded.reject("line_not_read")
                continue
            try:
                octets = bytes.fromhex(line[1:].decode("ascii"))
            except ValueError:  # not ASCII, or not hexadecimal
                decoded.reject("frame_not_hex")
                continue
            frame = octets[head // 2 :]
            if len(frame) == _MODE_AC_OCTETS:
                decoded.records += 1
            elif 0 < len(frame) <= LONG_OCTETS:
                frames.append(frame)
                levels.append(octets[_LEVEL_AT] if head == 14 else 0)
            else:
                decoded.reject("length_not_valid")
        batch = batch_of(frames, [rx_ns] * len(frames), [True] * len(frames))
        batch.levels = np.array(levels, np.uint8)
        return batch

    def state(self) -> Any:
        return self._lines.state()

    def restore(self, state: Any) -> None:
        self._lines.restore(state)


class Decoder(StreamDecoder):
    """AVR text -> plots."""

    def __init__(self, params: Params) -> None:
        super().__init__(_Splitter(), params)


class Reader(FrameReader):
    """AVR text -> one row a frame."""

    def __init__(self, params: Params) -> None:
        super().__init__(_Splitter(), params)
