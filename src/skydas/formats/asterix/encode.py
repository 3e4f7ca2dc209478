"""The encoder: rows to blocks of 021, 034, 048, 062 and 065, each block small enough for one datagram.

What a record cannot carry is not sent and is counted in `refused` under a reason; nothing is clamped or made up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

import msgspec
import numpy as np

from skydas.formats.asterix.encode_plots import (
    RECORD_021_OCTETS_MAX,
    RECORD_048_OCTETS_MAX,
    records_021,
    records_048,
)
from skydas.formats.asterix.encode_service import record_034, record_065
from skydas.formats.asterix.encode_tracks import NUMBERS, RECORD_062_OCTETS_MAX, records_062
from skydas.formats.asterix.octets import compiled, texts_of
from skydas.model import IntArray, Rows, SensorReport

BLOCK_OCTETS_MAX: Final = 1400  # with IP and UDP headers under every usual MTU
_BLOCK_HEAD_OCTETS: Final = 3


class EncoderParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an encoder must be told."""

    block_octets_max: Annotated[int, msgspec.Meta(ge=100, le=65_535)] = BLOCK_OCTETS_MAX


class Encoder:
    """Writes blocks; `refused` counts rows that could not be sent, by reason."""

    def __init__(self, params: EncoderParams | None = None) -> None:
        self.params = params or EncoderParams()
        self.refused: dict[str, int] = {}
        self._owners = np.zeros(NUMBERS, np.int64)  # wire number -> track_no + 1, 0 free
        self._reach = np.zeros(1, np.int64)

    def encode_048(self, plots: Rows, sac: int, sic: int) -> list[bytes]:
        """Return CAT048 blocks of polar plots, PLOT (n,), records in their order."""
        out = np.empty(len(plots) * RECORD_048_OCTETS_MAX, np.uint8)
        ends = np.empty(len(plots), np.int64)
        size = records_048(plots, texts_of(plots), sac, sic, out, ends)
        return self._blocks(48, out[:size].tobytes(), ends, "range_or_azimuth_missing")

    def encode_021(self, plots: Rows, sac: int, sic: int) -> list[bytes]:
        """Return CAT021 (edition 2.6) blocks of position plots with an address, PLOT (n,), records in their order."""
        out = np.empty(len(plots) * RECORD_021_OCTETS_MAX, np.uint8)
        ends = np.empty(len(plots), np.int64)
        size = records_021(plots, texts_of(plots), sac, sic, out, ends)
        return self._blocks(21, out[:size].tobytes(), ends, "position_or_address_missing")

    def encode_034(self, reports: Sequence[SensorReport], sac: int, sic: int) -> list[bytes]:
        """Return CAT034 blocks of north marks, sectors (by azimuth) and positions, records in their order."""
        records = [record_034(report, sac, sic) for report in reports]
        return self._blocks(34, b"".join(records), np.cumsum([len(record) for record in records]), "")

    def encode_062(self, tracks: Rows, sac: int, sic: int) -> list[bytes]:
        """Return CAT062 (edition 1.20) blocks of tracks, TRACK (k,), records in their order.

        A track keeps its number of 16 bits from its first record to the one that drops it; then another may get it.
        """
        out = np.empty(len(tracks) * RECORD_062_OCTETS_MAX, np.uint8)
        ends = np.empty(len(tracks), np.int64)
        size = records_062(tracks, texts_of(tracks), sac, sic, self._owners, self._reach, out, ends)
        return self._blocks(62, out[:size].tobytes(), ends, "position_missing_or_numbers_used_up")

    def encode_065(self, t_ns: int, sac: int, sic: int, batch: int | None = None, released: bool = True) -> bytes:
        """Return a CAT065 block: the status of the system, or the end of batch number `batch` (0..255)."""
        return self._blocks(65, record_065(t_ns, sac, sic, batch, released), None, "")[0]

    def _blocks(self, category: int, records: bytes, ends: IntArray | None, reason: str) -> list[bytes]:
        """Return the records, of which one ends at each of `ends` (None: there is one), cut into blocks."""
        if ends is None:
            ends = np.array([len(records)], np.int64)
        empty = int(np.count_nonzero(np.diff(ends, prepend=0) == 0))
        if empty:
            self.refused[reason] = self.refused.get(reason, 0) + empty
        blocks = []
        start = 0
        stops = np.empty(len(ends), np.int64)
        count = block_stops(ends, self.params.block_octets_max - _BLOCK_HEAD_OCTETS, stops)
        for stop in stops[:count].tolist():
            length = stop - start + _BLOCK_HEAD_OCTETS
            blocks.append(bytes((category, length >> 8, length & 0xFF)) + records[start:stop])
            start = stop
        return blocks


@compiled
def block_stops(ends: IntArray, room: int, stops: IntArray) -> int:
    """Fill where to cut records so that none of the pieces is larger than `room`; return how many pieces there are."""
    count = 0
    start = last = 0
    for end in ends:
        if end - start > room:
            stops[count] = last
            count += 1
            start = last
        last = end
    if last > start:
        stops[count] = last
        count += 1
    return count
