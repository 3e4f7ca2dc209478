"""What is kept of witnesses: where it lies and its hash. The content itself is in no fact and in no journal."""

from __future__ import annotations

from typing import Final, Literal

from skydas.model.base import Message

# Actions about the photo of a sighting: it has no record of its own, its hash stands in the sighting.
VIEW_PHOTO: Final = "view_photo"
ERASE_PHOTO: Final = "erase_photo"


class PersonalRecord(Message, frozen=True, kw_only=True):
    """One sealed record of a person; told when it is kept and when it is erased."""

    number: int  # of the node, from 1
    person: int  # the number of the first record of the same person: his pseudonym
    incident: int
    kind: Literal["contact", "photo"]
    sha256: str  # of the sealed octets, which stay after the key is gone
    octet_count: int
    media_type: str = ""  # of a photo
    kept_by: str
    is_erased: bool = False  # its key is gone, for good
    erased_by: str = ""
    reason: str = ""  # why it was erased
