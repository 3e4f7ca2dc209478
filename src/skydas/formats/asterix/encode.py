"""The encoder: rows to blocks of 021, 034, 048, 062 and 065, each block small enough for one datagram.

What a record cannot carry is not sent and is counted in `refused` under a reason; nothing is clamped or made up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from skydas.formats.asterix.encode_plots import (
    RECORD_021_OCTETS_MAX,
    RECORD_048_OCTETS_MAX,
    records_021,
    records_048,
)
from skydas.formats.asterix.encode_service import record_034
from skydas.formats.asterix.octets import texts_of
from skydas.model import IntArray, Rows, SensorReport

BLOCK_OCTETS_MAX: Final = 1400  # with IP and UDP headers under every usual MTU
_BLOCK_HEAD_OCTETS: Final = 3


class EncoderParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an encoder must be told."""

    block_octets_max: int = BLOCK_OCTETS_MAX


class Encoder:
    """Writes blocks; `refused` counts rows that could not be sent, by reason."""

    def __init__(self, params: EncoderParams | None = None) -> None:
        self.params = params or EncoderParams()
        self.refused: dict[str, int] = {}

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

    def _blocks(self, category: int, records: bytes, ends: IntArray, reason: str) -> list[bytes]:
        """Return the records, of which one ends at each of `ends`, cut into blocks of the size allowed."""
        empty = int(np.count_nonzero(np.diff(ends, prepend=0) == 0))
        if empty:
            self.refused[reason] = self.refused.get(reason, 0) + empty
        blocks = []
        start = 0
        while start < len(records):
            room = start + self.params.block_octets_max - _BLOCK_HEAD_OCTETS
            stop = int(ends[np.searchsorted(ends, room, "right") - 1])
            length = stop - start + _BLOCK_HEAD_OCTETS
            blocks.append(bytes((category, length >> 8, length & 0xFF)) + records[start:stop])
            start = stop
        return blocks
