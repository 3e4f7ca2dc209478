"""What is known of each address: rows of a fixed table, found by an open-addressed index.

An address heard over two ways (its own ADS-B; TIS-B or MLAT; relayed as ADS-R) has a row for each: their positions are
never paired with each other.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

from skydas.model import MODE_3A_UNKNOWN, NS_PER_S, QUALITY_UNKNOWN, IntArray, Rows

ADDRESSES_MAX: Final = 16_384
ADDRESS_AGE_S_MAX: Final = 600.0  # within which an aircraft at 550 m/s stays inside half a CPR zone (180 NM)
SLOT_COUNT: Final = 4 * ADDRESSES_MAX  # a power of two: the index is at most a quarter full
_DROPPED_WHEN_FULL: Final = ADDRESSES_MAX // 8

# Way of hearing, bits 24-25 of a key; bit 26: the address is not one that ICAO gave
WAY_ADSB: Final = 0
WAY_GROUND: Final = 1  # TIS-B and MLAT: others located it
WAY_RELAYED: Final = 2  # ADS-R: its own words over another link
NOT_ICAO: Final = 1 << 26

Record = Any  # one row of ADDRESS, in a kernel
NEVER_NS: Final = -(1 << 62)  # no such instant yet

ADDRESS: Final = np.dtype(
    [
        ("key", "<i8"),
        ("last_ns", "<i8"),
        ("pair_ns", "<i8", (2,)),  # of the last even and odd position
        ("pair_lat", "<i8", (2,)),  # CPR
        ("pair_lon", "<i8", (2,)),
        ("pair_surface", "u1", (2,)),
        ("position_ns", "<i8"),
        ("latitude_deg", "<f8"),
        ("longitude_deg", "<f8"),
        ("height_hae_m", "<f8"),
        ("height_pressure_m", "<f8"),  # of the position, or a reply to Mode S when that holds none
        ("reply_height_m", "<f8"),
        ("reply_height_ns", "<i8"),
        ("difference_m", "<f8"),  # GNSS height less pressure height
        ("difference_ns", "<i8"),
        ("ground_speed_mps", "<f8"),  # on the surface; NaN not known
        ("callsign", "<i8"),  # ASCII octets, big-endian, NUL after the end
        ("ident_ns", "<i8"),  # when the pilot's "ident" was last heard
        ("mode_3a", "<u2"),
        ("mode_3a_once", "<u2"),  # heard once without a check of its own; taken when heard again
        ("category", "u1"),  # emitter category: type code << 4 | category
        ("emergency", "u1"),  # of type 28
        ("alert", "u1"),  # permanent alert, of the position's surveillance status
        ("on_ground", "u1"),
        ("version", "u1"),
        ("nic_a", "u1"),
        ("nic_c", "u1"),
        ("nic", "u1"),
        ("nac_p", "u1"),
        ("nac_v", "u1"),
        ("sil", "u1"),
        ("gva", "u1"),
        ("refused", "u1"),  # positions refused in a row
    ]
)

BLANK: Final = np.zeros(1, ADDRESS)
for _name in ("latitude_deg", "longitude_deg", "height_hae_m", "height_pressure_m"):
    BLANK[_name] = np.nan
for _name in ("reply_height_m", "difference_m", "ground_speed_mps"):
    BLANK[_name] = np.nan
for _name in ("mode_3a", "mode_3a_once"):
    BLANK[_name] = MODE_3A_UNKNOWN
for _name in ("version", "nic", "nac_p", "nac_v", "sil", "gva"):
    BLANK[_name] = QUALITY_UNKNOWN

for _name in ("pair_ns", "position_ns", "reply_height_ns", "difference_ns", "ident_ns"):
    BLANK[_name] = NEVER_NS

ADDRESS_AGE_NS_MAX: Final = int(ADDRESS_AGE_S_MAX * NS_PER_S)


@njit(cache=True)
def slot_of(key: int, table: Rows, slots: IntArray) -> int:
    """Return the slot that holds the row of `key`, or the free one where it would go.

    slots : (SLOT_COUNT,) row of the table, -1 free
    """
    slot = (key * 2_654_435_761) >> 8 & (len(slots) - 1)
    while slots[slot] >= 0 and table[slots[slot]].key != key:
        slot = (slot + 1) & (len(slots) - 1)
    return slot


@njit(cache=True)
def index(table: Rows, count: int, slots: IntArray) -> None:
    """Fill `slots` anew for the first `count` rows of the table."""
    slots[:] = -1
    for row in range(count):
        slots[slot_of(table[row].key, table, slots)] = row


class Addresses:
    """The table and its index; `count` rows are in use.

    The last row of the table is the blank one, which the kernel copies for a new address.
    """

    def __init__(self) -> None:
        self.table: Rows = np.repeat(BLANK, ADDRESSES_MAX + 1)
        self.slots = np.full(SLOT_COUNT, -1, np.int64)
        self.count = np.zeros(1, np.int64)  # an array, because the kernel adds to it

    def make_room(self, now_ns: int) -> int:
        """Drop the rows that are too old, or else those not heard for longest; return how many were not too old."""
        used = self.table[: self.count[0]]
        fresh = np.abs(used["last_ns"] - now_ns) <= ADDRESS_AGE_NS_MAX
        dropped = 0
        if fresh.sum() > ADDRESSES_MAX - _DROPPED_WHEN_FULL:
            oldest = np.argsort(used["last_ns"], kind="stable")[:_DROPPED_WHEN_FULL]
            dropped = int(fresh[oldest].sum())
            fresh[oldest] = False
        self._keep(used[fresh])
        return dropped

    def octets(self) -> bytes:
        """Return the rows in use."""
        return self.table[: self.count[0]].tobytes()

    def restore(self, octets: bytes) -> None:
        """Take the rows that `octets()` returned. Raises ValueError if they are none."""
        self._keep(np.frombuffer(octets, ADDRESS))

    def _keep(self, rows: Rows) -> None:
        kept = rows.copy()  # it may be a part of the table
        self.count[0] = len(kept)
        self.table[: len(kept)] = kept
        index(self.table, len(kept), self.slots)
