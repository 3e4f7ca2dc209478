"""Claims that cannot be true, and where navigation by satellite seems to fail."""

from __future__ import annotations

from skydas.model.base import Message


class Deception(Message, frozen=True):
    """Something that says of itself what cannot be, told when it begins, changes and ends."""

    number: int  # of the node, from 1
    # position_contradicted, duplicate_address, frozen, jumped, impossible_state, replayed_feed, several_at_one_place,
    # out_of_reach, signal_implausible
    what: str
    label: str  # contradicted (by a radar or a receiver) or implausible (in itself)
    track_nos: tuple[int, ...]
    mode_s: int  # 0: none
    source: str  # whose claims they are: the sensor that heard them
    strength: float  # 0 .. 1: how sure
    text: str  # one line that can be read aloud, with the figures
    latitude_deg: float | None
    longitude_deg: float | None
    since_ns: int
    is_over: bool = False


class InterferenceArea(Message, frozen=True):
    """Where the quality of satellite navigation fell for several aircraft; never the place of a jammer."""

    number: int
    ring: tuple[tuple[float, float], ...]  # latitude, longitude (deg) of its corners, clockwise
    probability: float
    aircraft_count: int
    since_ns: int
    text: str
    is_over: bool = False


class ClaimFigures(Message, frozen=True):
    """How claims go, once a minute: what is not heard is counted apart from what is not believed."""

    claimant_count: int  # heard of late
    claimant_hours: float  # that anybody was heard, added up, since the node's first input
    gap_count: int  # times that a flight came back after a while without a fresh position: reception
    lost_count: int  # flights that fell silent in the air
    contradicted_count: int  # that stand
    implausible_count: int
    dropped: dict[str, int]  # what was not looked at, by the limit that it met
