"""What a photo is, by its first octets: what the sender calls it does not count."""

from __future__ import annotations

from typing import Final

PHOTO_OCTETS_MAX: Final = 20_000_000
KINDS: Final = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WebP", "image/heic": "HEIC"}
_HEIF_BRANDS: Final = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")


def media_type_of(head: bytes) -> str:
    """Return the media type of a photo that begins with `head` (12 octets at least); empty: it is none we keep."""
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS:
        return "image/heic"
    return ""
