"""What the public may be told, and what people tell us."""

from __future__ import annotations

from typing import Literal

import msgspec

from skydas.model.base import Message


class PublicWarning(Message, frozen=True, kw_only=True):
    """A warning to the public. It leaves only after a person approved it; each change of it is told whole."""

    number: int
    level: str  # yellow, red
    state: str  # draft, approved, updated, cancelled, expired, rejected
    is_exercise: bool
    cause: str  # in words: tracks, alert or incident
    ring: tuple[tuple[float, float], ...]  # latitude, longitude (deg); empty: the areas that have a code
    municipalities: tuple[tuple[str, str], ...]  # code, name
    texts: dict[str, dict[str, str]]  # language -> headline, description, instruction
    effective_ns: int
    expires_ns: int
    drafted_by: str  # or changed it last
    approved_by: str = ""
    cap_id: str = ""  # identifier of the CAP message that left
    references: tuple[str, ...] = ()  # CAP: sender,identifier,sent of the messages that it updates or cancels
    message: str = "Alert"  # or Update, Cancel
    certainty: str = "likely"  # observed, likely
    areas: tuple[tuple[str, str], ...] = ()  # ISO 3166-2 code, name of counties that it names
    replaces: int = 0  # the warning that it updates or cancels
    cap: str = ""  # the CAP message: as a draft what would leave, then what left
    cap_sha256: str = ""  # of its octets; who approves names the draft's
    reason: str = ""  # why it was rejected or cancelled
    is_over: bool = False


class PersonReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a person says to have seen or heard, as the page, the API and the format `people` take it."""

    latitude_deg: float  # of the person, not of the object
    longitude_deg: float
    t_utc: str = ""  # when it was seen, ISO 8601; empty: now
    reporter: str = ""  # a name the device made up for itself: never a person's
    azimuth_true_deg: float | None = None
    azimuth_magnetic_deg: float | None = None  # as a compass shows it
    sigma_azimuth_deg: float | None = None  # as the compass says
    elevation_deg: float | None = None  # a guess
    sense: Literal["saw", "heard"] = "saw"
    words: str = ""
    photo_sha256: str = ""
    id: str = ""  # that the device gave it: the same again completes it, and is never a second one


class Sighting(Message, frozen=True, kw_only=True):
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
    sigma_azimuth_deg: float | None = None  # that the tracker was given; None: it was given nothing
    track_no: int = 0  # the track that it agrees with
    photo_sha256: str = ""  # of the sealed photo
    photo_erased_by: str = ""  # its key is gone, for good
    judged: str = ""  # true or false, by a person on watch
    judged_by: str = ""
