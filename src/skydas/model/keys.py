"""Numbers that stand for a name on the wire: of sensors and of the objects that senders name."""

from __future__ import annotations

import hashlib
import zlib
from typing import Final

_NAMED: Final = 0x8000_0000


def sensor_key(sac: int, sic: int) -> int:
    """Return the key of an ASTERIX data source, below 65,536."""
    return (sac & 0xFF) << 8 | (sic & 0xFF)


def sensor_key_of(name: str) -> int:
    """Return the key of a sensor known by its name: CRC-32 with the top bit set, so never an ASTERIX key."""
    return zlib.crc32(name.encode()) | _NAMED


def object_key(text: str | bytes) -> int:
    """Return 64 bits of SHA-256 of a sender's own name for an object; 0 is kept for "none"."""
    octets = text.encode() if isinstance(text, str) else text
    return int.from_bytes(hashlib.sha256(octets).digest()[:8], "little") or 1
