"""The decoder that the plug-ins with raw frames hold: frames with their times -> plots."""

from __future__ import annotations

from typing import Any, Final, Protocol

import msgspec
import numpy as np

from skydas.errors import FormatError
from skydas.formats._modes.addresses import ADDRESS, Addresses
from skydas.formats._modes.fields import LONG_OCTETS, Octets
from skydas.formats._modes.follow import REASONS, Reason, follow
from skydas.formats._modes.plots import names_of, plots_of
from skydas.model import Decoded, IntArray

T_NS_MAX: Final = 7_258_118_400 * 1_000_000_000  # the year 2200; differences of two times below it fit in 64 bits


_NO_FRAMES: Final = np.zeros(0, np.int64)


class ReceiverParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every format of raw frames may be told.

    latitude_deg, longitude_deg : of the receiver; without them, a position on the surface waits for one in the air
    range_m_max                 : positions further from the receiver are refused
    speed_mps_max               : positions that ask for more speed are refused
    """

    latitude_deg: float | None = None
    longitude_deg: float | None = None
    range_m_max: float = 600_000.0
    speed_mps_max: float = 700.0

    def __post_init__(self) -> None:
        if (self.latitude_deg is None) != (self.longitude_deg is None):
            raise ValueError("latitude_deg and longitude_deg must both be given, or neither")
        if abs(self.latitude_deg or 0.0) > 90.0:
            raise ValueError(f"latitude_deg must be within -90 .. 90, got {self.latitude_deg}")
        if abs(self.longitude_deg or 0.0) > 180.0:
            raise ValueError(f"longitude_deg must be within -180 .. 180, got {self.longitude_deg}")
        if self.range_m_max <= 0.0 or self.speed_mps_max <= 0.0:
            raise ValueError("range_m_max and speed_mps_max must be above 0")


class Batch(msgspec.Struct):
    """Frames in the order they came."""

    octets: Octets  # (n, 14); a short frame lies in the first seven
    lengths: Octets  # (n,)
    t_ns: IntArray  # (n,) within 0 .. T_NS_MAX
    marks: Octets  # (n,) Mark
    assumed: Octets  # (n,) 1: t_ns rests on rx_ns
    levels: Octets  # (n,) amplitude, 255 is full scale; 0 not known


class Splitter(Protocol):
    """Finds the frames in a stream and keeps its unfinished tail."""

    def split(self, rx_ns: int, payload: bytes, decoded: Decoded) -> Batch:
        """Return the frames that `payload` completes; count what is none in `decoded`."""
        ...

    def state(self) -> Any:
        """Return all that the next split depends on, in types of msgpack."""
        ...

    def restore(self, state: Any) -> None:
        """Take what `state()` returned, after a journey through msgpack."""
        ...


def batch_of(frames: list[bytes], t_ns: list[int], assumed: list[bool]) -> Batch:
    """Return frames of 1 to 14 octets, without marks or levels, as a batch."""
    none = np.zeros(len(frames), np.uint8)
    # a bytearray: its view can be written, as a Beast batch can, so one compiled kernel serves both
    octets = bytearray().join(frame.ljust(LONG_OCTETS, b"\0") for frame in frames)
    return Batch(
        np.frombuffer(octets, np.uint8).reshape(-1, LONG_OCTETS),
        np.array([len(frame) for frame in frames], np.uint8),
        np.array(t_ns, np.int64),
        none,
        np.array(assumed, np.uint8),
        none,
    )


class FrameDecoder:
    """Turns frames into plots and keeps what is known of each address."""

    def __init__(self, params: ReceiverParams) -> None:
        self.addresses = Addresses()
        self.seq = 0
        place = (params.latitude_deg, params.longitude_deg)
        self._limits = np.array(
            [*(np.nan if angle is None else angle for angle in place), params.range_m_max, params.speed_mps_max]
        )

    def step(self, rx_ns: int, batch: Batch, decoded: Decoded) -> IntArray:
        """Put the plots of `batch` into `decoded` and count what gave none; return the frame of each plot, (n,)."""
        count = len(batch.lengths)
        if not count:
            return _NO_FRAMES
        decoded.records += count
        points = np.empty(count, ADDRESS)
        point_frames = np.empty(count, np.int64)
        point_count = np.zeros(1, np.int64)
        reasons = np.zeros(len(REASONS), np.int64)
        addresses = self.addresses
        at = 0
        while True:
            at = follow(
                batch.octets,
                batch.lengths,
                batch.t_ns,
                batch.marks,
                at,
                self._limits,
                addresses.table,
                addresses.slots,
                addresses.count,
                points,
                point_frames,
                point_count,
                reasons,
            )
            if at == count:
                break
            reasons[Reason.ADDRESS_DROPPED] += addresses.make_room(int(batch.t_ns[at]))
        for reason, reason_count in enumerate(reasons.tolist()):
            if reason != Reason.USED and reason_count:
                decoded.reject(REASONS[reason], reason_count)
        if not point_count[0]:
            return _NO_FRAMES
        points, point_frames = points[: point_count[0]], point_frames[: point_count[0]]
        decoded.plots = plots_of(points, batch.t_ns[point_frames], rx_ns, batch.assumed[point_frames], self.seq)
        decoded.names = names_of(points)
        self.seq += len(points)
        return point_frames

    def state(self) -> tuple[int, bytes]:
        """Return all that the next step depends on."""
        return self.seq, self.addresses.octets()

    def restore(self, state: tuple[int, bytes]) -> None:
        """Take what `state()` returned. Raises ValueError if it is no such state."""
        self.seq = state[0]
        self.addresses.restore(state[1])


class StreamDecoder:
    """A plug-in's decoder: its splitter, then the frames."""

    def __init__(self, splitter: Splitter, params: ReceiverParams) -> None:
        self._splitter = splitter
        self._frames = FrameDecoder(params)

    def decode(self, rx_ns: int, payload: bytes) -> Decoded:
        """Return the plots of the frames that `payload` completes."""
        decoded = Decoded()
        self._frames.step(rx_ns, self._splitter.split(rx_ns, payload, decoded), decoded)
        return decoded

    def state(self) -> bytes:
        """Return all that later plots depend on."""
        return msgspec.msgpack.encode((*self._frames.state(), self._splitter.state()))

    def restore(self, octets: bytes) -> None:
        """Take what `state()` returned. Raises FormatError if it is no such state."""
        try:
            seq, table, splitter = msgspec.msgpack.decode(octets, type=tuple[int, bytes, Any])
            self._frames.restore((seq, table))
            self._splitter.restore(splitter)
        except (msgspec.MsgspecError, ValueError, TypeError) as error:
            raise FormatError("modes", f"this is no state of a decoder: {error}", octets=octets) from error
