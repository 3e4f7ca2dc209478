"""`[warn]` of a node file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from skydas.respond.people.params import PeopleParams
from skydas.respond.warning.cap import SENDER_FORBIDDEN
from skydas.respond.warning.municipalities import Municipality

LANGUAGES: Final = ("lt", "lv", "et", "en")
EXPIRES_MIN_MAX: Final = 24.0 * 60.0


class WarnParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who warns, in which languages, and where municipalities come from."""

    two_persons: bool = True  # whoever drafted or last changed a warning may not approve it
    sender: str = ""  # CAP sender, as agreed with those who receive it; empty: the node's name
    sender_name: str = ""  # as the public reads it
    contact: str = ""
    languages: tuple[str, ...] = LANGUAGES  # the order in the message
    expires_min: float = 30.0  # unless the draft says otherwise
    municipalities_file: str = ""  # GeoJSON or TopoJSON, beside the node file
    municipalities_code_key: str = ""  # the property with the code; empty: the first known one
    municipalities_name_key: str = ""
    municipalities_tolerance_m: float = 100.0  # by which outlines are simplified
    municipalities: list[Municipality] = []  # read from the file when the node starts, and journalled
    people: PeopleParams = PeopleParams()


def warn_faults(params: WarnParams) -> Iterator[str]:
    """Yield what is well-formed but cannot be meant, one line each."""
    if any(sign in params.sender for sign in SENDER_FORBIDDEN):
        yield f"warn.sender: may hold no spaces, commas, < or & (CAP 1.2, 3.2.1), got {params.sender!r}"
    if not params.languages or len(set(params.languages)) < len(params.languages):
        yield "warn.languages: at least one, each once"
    for language in params.languages:
        if language not in LANGUAGES:
            yield f"warn.languages: expected {', '.join(LANGUAGES)}, got {language!r}"
    if not 1.0 <= params.expires_min <= EXPIRES_MIN_MAX:
        yield f"warn.expires_min: expected 1 to {EXPIRES_MIN_MAX:.0f}, got {params.expires_min}"
    people = params.people
    for name in ("per_reporter_minute", "per_address_minute", "per_second", "age_s_max", "joined_m", "joined_s"):
        if not getattr(people, name) > 0.0:
            yield f"warn.people.{name}: must be above 0, got {getattr(people, name)}"
    if not 0.0 < people.sigma_azimuth_deg <= 90.0:
        yield f"warn.people.sigma_azimuth_deg: must be above 0 and at most 90, got {people.sigma_azimuth_deg}"
    if not 0.0 <= people.trust_min <= 1.0:
        yield f"warn.people.trust_min: must be 0 to 1, got {people.trust_min}"
