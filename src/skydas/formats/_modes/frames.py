"""The decoder that the plug-ins with raw frames hold: frames with their times -> plots."""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np

from skydas.formats._modes.addresses import ADDRESS, Addresses
from skydas.formats._modes.fields import LONG_OCTETS, Octets
from skydas.formats._modes.follow import REASONS, Mark, Reason, follow
from skydas.formats._modes.plots import names_of, plots_of
from skydas.model import Decoded, IntArray, PlotFlag

T_NS_MAX: Final = 7_258_118_400 * 1_000_000_000  # the year 2200; differences of two times below it fit in 64 bits


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
    assumed: Octets  # (n,) 1: t_ns is rx_ns


def batch_of(frames: list[bytes], t_ns: list[int], assumed: list[bool], marks: list[Mark]) -> Batch:
    """Return frames of 1 to 14 octets as a batch."""
    octets = b"".join(frame.ljust(LONG_OCTETS, b"\0") for frame in frames)
    return Batch(
        np.frombuffer(octets, np.uint8).reshape(-1, LONG_OCTETS),
        np.array([len(frame) for frame in frames], np.uint8),
        np.array(t_ns, np.int64),
        np.array(marks, np.uint8),
        np.array(assumed, np.uint8),
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

    def step(self, rx_ns: int, batch: Batch, decoded: Decoded) -> None:
        """Add the plots of `batch` to `decoded`, and count what gave none."""
        count = len(batch.lengths)
        if not count:
            return
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
        for reason in range(1, len(REASONS)):
            if reasons[reason]:
                decoded.reject(REASONS[reason], int(reasons[reason]))
        if not point_count[0]:
            return
        points, point_frames = points[: point_count[0]], point_frames[: point_count[0]]
        flags = batch.assumed[point_frames].astype(np.int64) * int(PlotFlag.TIME_ASSUMED)
        rx = np.full(len(points), rx_ns, np.int64)
        decoded.plots = plots_of(points, batch.t_ns[point_frames], rx, flags, self.seq)
        decoded.names = names_of(points)
        self.seq += len(points)

    def state(self) -> tuple[int, bytes]:
        """Return all that the next step depends on."""
        return self.seq, self.addresses.octets()

    def restore(self, state: tuple[int, bytes]) -> None:
        """Take what `state()` returned. Raises ValueError if it is no such state."""
        self.seq = state[0]
        self.addresses.restore(state[1])
