"""Who looked at an incident, and which personal records are kept or erased. Their content is in no input and no fact.

An action brings the hash of a record that was sealed before; erasing is said here, and who holds the key deletes it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from skydas.errors import RefusedError
from skydas.model import Action, PersonalRecord

if TYPE_CHECKING:
    from skydas.node.judging import Desk, Seen

RECORDS_MAX: Final = 10_000  # of one node; a snapshot holds what is known of each
NUMBER_MAX: Final = 2**31 - 1
REASON_OCTETS_MAX: Final = 500
FORMS: Final = ("screen", "json", "html", "pdf", "csv", "misp", "contact", "photo")  # in which an incident is looked at
MEDIA_TYPES: Final = ("image/jpeg", "image/png", "image/webp", "image/heic")


class Protecting:
    """The personal records of one node; satisfies `skydas.node.judging.Stage`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._records: dict[int, dict[str, Any]] = {}  # number -> the fields of its PersonalRecord
        self._hashes: set[str] = set()
        self._next_number = 1

    def step(self, seen: Seen) -> None:
        """Nothing that is tracked concerns it."""

    def second(self, seen: Seen) -> None:
        """Nothing that passes with time concerns it."""

    def view_incident(self, action: Action) -> None:
        """Say that a person looked at `incident`, in the `form` of a report or of one personal record."""
        _number(action, "incident")
        if (form := action.fields.get("form", "screen")) not in FORMS:
            raise RefusedError(f"form: expected one of {', '.join(FORMS)}, got {form[:40]!r}")

    def keep_contact(self, action: Action) -> None:
        """Keep the name and contact of a witness of `incident`, sealed under `sha256`."""
        self._keep(action, "contact", "")

    def keep_photo(self, action: Action) -> None:
        """Keep a photo, sealed under `sha256`; `person` says whose it is, where that is known."""
        media_type = action.fields.get("media_type", "")
        if media_type not in MEDIA_TYPES:
            raise RefusedError(f"media_type: expected one of {', '.join(MEDIA_TYPES)}, got {media_type[:40]!r}")
        self._keep(action, "photo", media_type)

    def erase_person(self, action: Action) -> None:
        """Erase all records of `person`, for a `reason`. It cannot be taken back."""
        person = _number(action, "person")
        reason = action.fields.get("reason", "").strip()
        if not reason or len(reason.encode()) > REASON_OCTETS_MAX:
            raise RefusedError(f"erasing needs a reason, at most {REASON_OCTETS_MAX} octets")
        found = [fields for fields in self._records.values() if fields["person"] == person and not fields["is_erased"]]
        if not found:
            raise RefusedError(f"there is nothing of person {person} that could be erased")
        for fields in found:
            fields |= {"is_erased": True, "erased_by": action.who, "reason": reason}
            self._desk.tell(PersonalRecord, **fields)

    ACTIONS: Final[dict[str, Callable[[Any, Action], None]]] = {
        "view_incident": view_incident,
        "keep_contact": keep_contact,
        "keep_photo": keep_photo,
        "erase_person": erase_person,
    }

    def started(self, now_ns: int) -> None:
        """Nothing of it is on a page that would have to be told again."""

    def numbers(self) -> dict[str, int]:
        """Return the next number of each kind."""
        return {"personal_record": self._next_number}

    def number_from(self, numbers: dict[str, int]) -> None:
        """Give no number below these."""
        self._next_number = numbers["personal_record"]

    def state(self) -> list[Any]:
        """Return what a snapshot must hold."""
        return [self._next_number, list(self._records.values())]

    def restore(self, state: list[Any]) -> None:
        """Take back what `state` returned."""
        self._next_number, records = state
        self._records = {fields["number"]: dict(fields) for fields in records}
        self._hashes = {fields["sha256"] for fields in records}

    take_over = restore  # records outlive a changed configuration

    def _keep(self, action: Action, kind: str, media_type: str) -> None:
        incident = _number(action, "incident")
        octet_count = _number(action, "octet_count")
        sha256 = action.fields.get("sha256", "")
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise RefusedError("sha256: expected the 64 hexadecimal digits of a sealed record")
        if sha256 in self._hashes:
            raise RefusedError("this record is kept already")
        if len(self._records) >= RECORDS_MAX:
            raise RefusedError(f"{RECORDS_MAX} personal records are known already")
        number = self._next_number
        person = _number(action, "person") if "person" in action.fields else number
        if person != number and (self._records.get(person) or {}).get("person") != person:
            raise RefusedError(f"there is no person {person}")
        if person != number and self._records[person]["is_erased"]:
            raise RefusedError(f"person {person} was erased")
        fields = {"number": number, "person": person, "incident": incident, "kind": kind, "sha256": sha256}
        fields |= {"octet_count": octet_count, "media_type": media_type, "kept_by": action.who}
        fields |= {"is_erased": False, "erased_by": "", "reason": ""}
        self._records[number] = fields
        self._next_number += 1
        self._hashes.add(sha256)
        self._desk.tell(PersonalRecord, **fields)


def _number(action: Action, field: str) -> int:
    text = action.fields.get(field, "")
    if not (text.isascii() and text.isdecimal() and len(text) <= 10 and 1 <= int(text) <= NUMBER_MAX):
        raise RefusedError(f"{action.what} needs {field}, a whole number from 1, got {text[:40]!r}")
    return int(text)
