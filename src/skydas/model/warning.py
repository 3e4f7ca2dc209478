"""What the public may be told, and what people tell us."""

from __future__ import annotations

from skydas.model.base import Message


class PublicWarning(Message, frozen=True):
    """A warning to the public. It leaves only after a person approved it."""

    number: int
    level: str  # yellow, red
    state: str  # draft, approved, updated, cancelled, expired, rejected
    is_exercise: bool
    cause: str  # in words: tracks, alert or incident
    ring: tuple[tuple[float, float], ...]  # latitude, longitude (deg)
    municipalities: tuple[tuple[str, str], ...]  # code, name
    texts: dict[str, dict[str, str]]  # language -> headline, description, instruction
    effective_ns: int
    expires_ns: int
    drafted_by: str
    approved_by: str = ""
    cap_id: str = ""  # identifier of the CAP message that left
    references: tuple[str, ...] = ()  # CAP identifiers that it updates or cancels
    is_over: bool = False


class Sighting(Message, frozen=True):
    """What a person saw or heard, made into fields; the words themselves stay as they were."""

    number: int
    t_ns: int
    reporter: str  # a pseudonym; who that is lies encrypted elsewhere
    words: str
    latitude_deg: float
    longitude_deg: float
    azimuth_true_deg: float | None
    elevation_deg: float | None
    sense: str  # saw, heard
    category: str
    fields: dict[str, str]
    trust: float  # 0 .. 1
    joined_to: int = 0  # the earlier sighting that this one repeats
