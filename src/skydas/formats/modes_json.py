"""JSON lines of raw Mode S frames, as jet1090 and many recordings write them.

{"timestamp": 1717664319.147975, "frame": "8c3461ce399e40586b4ee4932241", ...}
timestamp  seconds since 1970 UTC (or another unit, see Params), or ISO 8601 text
frame      hexadecimal
Other fields are left alone: what somebody decoded is decoded here again. A line needs no end once it is whole.
"""

from __future__ import annotations

import math
from typing import Any, Final, Literal

import msgspec

from skydas.formats._modes.fields import LONG_OCTETS
from skydas.formats._modes.frames import T_NS_MAX, Batch, ReceiverParams, StreamDecoder, batch_of
from skydas.formats._modes.items import FrameReader
from skydas.formats._modes.lines import Lines
from skydas.model import Decoded, utc_ns

DOUBTED: Final = frozenset(("time_not_valid",))  # counted, and used at the time of reception
EXAMPLES: Final = (
    b'{"timestamp":1457996402.0,"frame":"8d40621d58c382d690c8ac2863a7"}\n'
    b'{"timestamp":1457996403.5,"frame":"8d40621d58c386435cc412692ad6"}\n',
    b'{"timestamp":"2016-03-14T23:00:02Z","frame":"8D4840D6202CC371C32CE0576098","rssi":-12.5}\n',
    b'{"frame":"5d484fdea248f5","timestamp":1457996404}',
)
_UNITS_NS: Final = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}


class Params(ReceiverParams, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Names of the fields, and the unit of a time that is a number."""

    time_field: str = "timestamp"
    frame_field: str = "frame"
    time_unit: Literal["s", "ms", "us", "ns"] = "s"

    def __post_init__(self) -> None:
        ReceiverParams.__post_init__(self)
        if not self.time_field or not self.frame_field or self.time_field == self.frame_field:
            raise ValueError("time_field and frame_field must be two different names")


class _Splitter:
    def __init__(self, params: Params) -> None:
        self._lines = Lines(b"\n")
        self._unit_ns = _UNITS_NS[params.time_unit]
        names = {"time": params.time_field, "frame": params.frame_field}
        line = msgspec.defstruct(
            "Line",
            [("time", int | float | str | None, None), ("frame", str, "")],
            rename=names,
            namespace={"__doc__": "One line under the names it was given."},
        )
        self._decoder = msgspec.json.Decoder(line)

    def split(self, rx_ns: int, payload: bytes, decoded: Decoded) -> Batch:
        lines = self._lines.split(payload, decoded)
        tail = self._lines.tail
        if tail.endswith(b"}") and self._read(tail) is not None:
            lines.append(tail)
            self._lines.take_tail()
        frames: list[bytes] = []
        times_ns: list[int] = []
        assumed: list[bool] = []
        for text in lines:
            line = self._read(text)
            if line is None:
                decoded.reject("line_not_read")
                continue
            try:
                frame = bytes.fromhex(line.frame)
            except ValueError:
                decoded.reject("frame_not_hex")
                continue
            if not 0 < len(frame) <= LONG_OCTETS:
                decoded.reject("length_not_valid" if frame else "frame_missing")
                continue
            t_ns = self._time_ns(line.time)
            if t_ns is None:
                decoded.reject("time_not_valid")
            frames.append(frame)
            times_ns.append(rx_ns if t_ns is None else t_ns)
            assumed.append(t_ns is None)
        return batch_of(frames, times_ns, assumed)

    def _read(self, text: bytes) -> Any | None:
        try:
            return self._decoder.decode(text)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None

    def _time_ns(self, time: int | float | str | None) -> int | None:
        if isinstance(time, str):
            try:
                t_ns = utc_ns(time)
            except (ValueError, OverflowError):
                return None
        elif isinstance(time, int):
            t_ns = time * self._unit_ns
        elif isinstance(time, float) and math.isfinite(time):
            # a double of seconds since 1970 holds microseconds and no more
            t_ns = round(time * (self._unit_ns / 1_000)) * 1_000
        else:
            return None
        return t_ns if 0 <= t_ns <= T_NS_MAX else None

    def state(self) -> Any:
        return self._lines.state()

    def restore(self, state: Any) -> None:
        self._lines.restore(state)


class Decoder(StreamDecoder):
    """JSON lines -> plots."""

    def __init__(self, params: Params) -> None:
        super().__init__(_Splitter(params), params)


class Reader(FrameReader):
    """JSON lines -> one row a frame."""

    def __init__(self, params: Params) -> None:
        super().__init__(_Splitter(params), params)
