"""What the API of incidents takes and answers."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from skydas.model import Alert, Incident, PersonalRecord
from skydas.web.answers import Name

WORDS_MAX: Final = 4_000

Text = Annotated[str, msgspec.Meta(max_length=500)]


class IncidentLine(msgspec.Struct, frozen=True, kw_only=True):
    """One incident in a list."""

    number: int
    state: str
    category: str
    headline: str
    opened_ns: int
    closed_ns: int
    latitude_deg: float | None
    longitude_deg: float | None


class IncidentsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The newest incidents."""

    incidents: list[IncidentLine]


class IncidentAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One incident with what belongs to it."""

    incident: Incident
    alerts: list[Alert]
    personal: list[PersonalRecord]


class AuditLine(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the audit."""

    position: int
    now_ns: int
    who: str
    role: str
    what: str
    refused: str
    fields: dict[str, str]
    sha256: str


class AuditAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of the audit, and where its chain ends."""

    rows: list[AuditLine]
    row_count: int
    sha256: str


class ContactBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who a witness is; sealed as it is, and in no journal. Where tokens are in use, who and role are the token's."""

    name: Text
    contact: Text = ""
    words: Annotated[str, msgspec.Meta(max_length=WORDS_MAX)] = ""
    who: Name = "watch"
    role: Name = "operator"


class EraseBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a person's records are erased."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    who: Name = "watch"
    role: Name = "operator"


class KeptAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A record that was kept, octet for octet as it came."""

    number: int
    person: int
    incident: int
    kind: str
    media_type: str
    octet_count: int
    sha256: str  # of the sealed octets


class ErasedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What was erased."""

    person: int
    records: list[int]
