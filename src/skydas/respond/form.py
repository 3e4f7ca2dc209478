"""The form of an incident: which fields there are, who fills them, and which are asked for again.

It is the union of what real forms hold: occurrence reports under EU 376/2014, sightings (SALUTE), airprox reports, and
what Baltic services write down. Only the first block is mandatory; "unknown" is an answer, and is asked for again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from skydas.errors import RefusedError
from skydas.respond.wording import needed

CATEGORIES: Final = ("drone", "balloon", "aircraft", "border", "cbrn", "other")
UNKNOWN: Final = "unknown"
FLYING: Final = ("drone", "balloon", "aircraft")


class Field(msgspec.Struct, frozen=True):
    """One field of the form."""

    name: str
    block: str  # reported: the witness's words, never edited; assessed: ours
    words: str
    categories: tuple[str, ...] = ()  # of incidents that it is for; empty: of all
    is_asked: bool = False  # again, while it is empty or unknown
    choices: tuple[str, ...] = ()


def _reported(name: str, words: str) -> Field:
    return Field(name, "reported", words)


def _assessed(
    name: str, words: str, categories: tuple[str, ...] = (), choices: tuple[str, ...] = (), *, is_asked: bool = False
) -> Field:
    return Field(name, "assessed", words, categories, is_asked, choices)


FIELDS: Final = (
    _reported("words", "what was said, as it was said"),
    _reported("language", "its language"),
    _reported("reporter", "a pseudonym; who that is does not stand here"),
    _reported("observer_place", "where the observer stood"),
    _reported("first_seen", "when it was first seen or heard"),
    _reported("last_seen", "when it was last seen or heard"),
    _reported("object_count", "how many"),
    _reported("kind", "multirotor, fixed wing, or cannot tell"),
    _reported("motion", "hovering, or its direction"),
    _reported("over", "over or outside what"),
    _reported("bearing", "its bearing from the observer"),
    _reported("heading", "where it flew to"),
    _reported("landmark", "a landmark"),
    _reported("operator_place", "where its operator was seen"),
    _reported("appearance", "what it looked like"),
    _reported("load", "what it carried"),
    _reported("lights", "its lights"),
    _reported("sound", "what it sounded like"),
    _assessed("object", "what it was", (), ("drone", "balloon", "aircraft", "model", "bird", "other"), is_asked=True),
    _assessed("object_confidence", "how sure that is", (), ("low", "moderate", "high"), is_asked=True),
    _assessed("class", "its class"),
    _assessed("class_confidence", "probability of that class"),
    _assessed("identity", "whose side it is on"),
    _assessed("object_count", "how many", is_asked=True),
    _assessed("wing", "how it flies", ("drone",), ("multirotor", "fixed wing", "helicopter", "other")),
    _assessed("place", "where, in words", is_asked=True),
    _assessed("area", "state, and area or flight information region"),
    _assessed("operator_place", "where its operator was", ("drone", "border"), is_asked=True),
    _assessed("launch_place", "where it started", ("drone", "balloon", "border")),
    _assessed("flight_pattern", "how it flew", FLYING),
    _assessed("height_hae_m", "its height"),
    _assessed("speed_mps", "its speed"),
    _assessed("course_deg", "its course"),
    _assessed("callsign", "its call sign"),
    _assessed("mode_s", "its 24-bit address"),
    _assessed("registration", "its registration", ("drone", "aircraft")),
    _assessed("model", "its model", ("drone", "aircraft")),
    _assessed("manufacturer", "who made it", ("drone", "balloon", "aircraft")),
    _assessed("serial_number", "its serial number", ("drone",)),
    _assessed("operator", "who operates it", FLYING, is_asked=True),
    _assessed("propulsion", "its propulsion", FLYING),
    _assessed("mass_group", "its mass group", FLYING),
    _assessed("flight_phase", "phase of flight", ("aircraft",)),
    _assessed("load", "what it carried", ("drone", "balloon", "border", "cbrn"), is_asked=True),
    _assessed("weather", "the weather", FLYING),
    _assessed("wind", "the wind", ("balloon", "cbrn"), is_asked=True),
    _assessed("detecting_system", "what detected it", is_asked=True),
    _assessed("risk", "risk of collision", FLYING, ("A", "B", "C", "D", "E"), is_asked=True),
    _assessed("occurrence_class", "class of the occurrence", FLYING, ("accident", "serious incident", "incident")),
    _assessed("event_type", "type of the event"),
    _assessed("crossing_place", "where the border was crossed", ("border", "balloon"), is_asked=True),
    _assessed("substance", "substance, or how it was measured", ("cbrn",), is_asked=True),
    _assessed("casualties", "who was hurt", ("cbrn", "aircraft", "other")),
    _assessed("person_held", "who was held", ("drone", "balloon", "border"), is_asked=True),
    _assessed("equipment_seized", "what was seized", ("drone", "balloon", "border"), is_asked=True),
    _assessed("flights_stopped", "flights that were stopped or diverted", FLYING, is_asked=True),
    _assessed("notam", "the NOTAM", FLYING),
    _assessed("narrative", "what happened"),
    _assessed("narrative_language", "its language"),
    _assessed("responsible_entity", "who is responsible for the report"),
    _assessed("file_number", "file number"),
)
_BY_KEY: Final = {f"{field.block}.{field.name}": field for field in FIELDS}


def is_for(field: Field, category: str) -> bool:
    """Return whether a field is for incidents of a category."""
    return not field.categories or category in field.categories


def written(fields: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return what an action writes into `reported` and `assessed`: its fields `reported.NAME` and `assessed.NAME`.

    An empty text is nothing reported, and takes back what was assessed. Raises RefusedError.
    """
    reported: dict[str, str] = {}
    assessed: dict[str, str] = {}
    for key in fields:
        if not key.startswith(("reported.", "assessed.")):
            continue
        if (field := _BY_KEY.get(key)) is None:
            raise RefusedError(f"the form has no field {key[:80]!r}; GET /api/v1/incidents/form lists them")
        text = needed(fields, key, "the form") if fields[key].strip() else ""
        if field.choices and text not in (*field.choices, UNKNOWN, ""):
            raise RefusedError(f"{key} is one of {', '.join(field.choices)}, {UNKNOWN}; got {text[:40]!r}")
        if field.block == "assessed":
            assessed[field.name] = text
        elif text:
            reported[field.name] = text
    return reported, assessed


def missing(category: str, assessed: Mapping[str, str]) -> tuple[str, ...]:
    """Return the fields that are asked for again."""
    return tuple(
        field.name
        for field in FIELDS
        if field.is_asked and is_for(field, category) and assessed.get(field.name, "").strip().lower() in ("", UNKNOWN)
    )


def category_of(text: str) -> str:
    """Return a category. Raises RefusedError."""
    if text not in CATEGORIES:
        raise RefusedError(f"category is one of {', '.join(CATEGORIES)}, got {text[:40]!r}")
    return text
