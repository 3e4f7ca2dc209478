"""What is held of one alert: its objects, where it stands in its life, and what people answered."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from skydas.model import Cause
from skydas.respond.joins import Move
from skydas.respond.priority import Priority

TRACKS_TOLD_MAX: Final = 200  # numbers in one fact; `object_count` says how many objects there are
MEMBERS_MAX: Final = 2_000  # objects of one alert
MEMBER_TRACKS_MAX: Final = 200  # numbers of one object: a cause that names more is cut, and its group stands for them
TEXT_SIGNS_MAX: Final = 300  # of a line that is read aloud
NAME_SIGNS_MAX: Final = 80  # of a rule or an asset
CLAIMANT_GROUPS_FROM: Final = 1 << 32  # groups from here on are who makes claims, and no formation: never told
Key = tuple[str, str]  # rule, asset
WAITING: Final = ("unacknowledged", "returned_unacknowledged")
QUIET: Final = ("shelved", "suppressed", "out_of_service")  # shown, but they ask nobody


class Member(msgspec.Struct):
    """One object of an alert: a track, or several that nobody can tell apart."""

    group: int
    track_nos: list[int]
    score: float
    text: str
    latitude_deg: float | None
    longitude_deg: float | None
    plot_ns: int
    over_ns: int = 0  # since when its cause is over; 0: it stands
    lost: list[int] = msgspec.field(default_factory=list)  # of its tracks
    is_bundled: bool = False  # it is here because of a flood
    move: Move | None = None
    heard_ns: int = 0  # when its cause was told last

    @property
    def count(self) -> int:
        """Return how many there are: tracks that move as one, or one thing."""
        return max(1, len(self.track_nos) - len(self.lost))

    @property
    def is_lost(self) -> bool:
        """Return whether every track of it is lost."""
        return bool(self.track_nos) and len(self.lost) == len(self.track_nos)


class Record(msgspec.Struct):
    """One alert."""

    number: int
    rule: str
    asset: str
    priority: Priority
    state: str
    members: list[Member]
    raised_ns: int
    changed_ns: int
    delay_s: float
    score: float = 0.0
    text: str = ""
    is_active: bool = True
    is_silenced: bool = False
    escalated: int = 0
    waits_ns: int = 0  # since when it asks for an answer
    over_ns: int = 0  # since when it is closed
    who: str = ""
    reason: str = ""
    until_ns: int = 0
    is_rejected: bool = False
    answered_priority: int = 0  # how urgent it was, and how many objects it had, when somebody answered
    answered_count: int = 0
    activation_count: int = 0
    activations_ns: list[int] = msgspec.field(default_factory=list)  # the last three
    first_plot_ns: int = 0
    joined_to: int = 0
    told_ns: int = 0
    objects: list[int] = msgspec.field(default_factory=list)  # tracks, and groups below 0, that lead to it

    @property
    def key(self) -> Key:
        """Return what it is about, whichever the object."""
        return self.rule, self.asset

    @property
    def is_open(self) -> bool:
        """Return whether it still stands somewhere on the screen."""
        return self.state != "closed"

    def standing(self) -> list[Member]:
        """Return the objects whose cause stands."""
        return [member for member in self.members if member.over_ns == 0]

    def worst(self) -> Member:
        """Return the object that matters most: one that stands, before one that does not."""
        return max(self.standing() or self.members, key=lambda member: member.score)

    def object_count(self) -> int:
        """Return how many objects stand, or have stood once none does."""
        return sum(member.count for member in self.standing() or self.members)

    def told(self) -> dict[str, Any]:
        """Return the fields of an `Alert`."""
        shown = self.standing() or self.members
        worst = self.worst()
        track_nos = dict.fromkeys(no for member in shown for no in member.track_nos)
        count = sum(member.count for member in shown)
        text = worst.text if len(shown) == 1 else f"{count} objects: {worst.text}"
        return {
            "number": self.number,
            "priority": self.priority,
            "state": self.state,
            "rule": self.rule,
            "track_nos": tuple(track_nos)[:TRACKS_TOLD_MAX],
            "group": worst.group if worst.group < CLAIMANT_GROUPS_FROM else 0,
            "asset": self.asset,
            "score": worst.score,
            "text": text,
            "latitude_deg": worst.latitude_deg,
            "longitude_deg": worst.longitude_deg,
            "raised_ns": self.raised_ns,
            "changed_ns": self.changed_ns,
            "escalated": self.escalated,
            "who": self.who,
            "reason": self.reason,
            "until_ns": self.until_ns,
            "delay_s": self.delay_s,
            "is_over": not self.is_open,
            "is_active": self.is_active,
            "is_silenced": self.is_silenced,
            "is_bundle": any(member.is_bundled for member in shown),
            "object_count": count,
            "activation_count": self.activation_count,
            "first_plot_ns": self.first_plot_ns,
            "joined_to": self.joined_to,
        }


def objects_of(member: Member) -> list[int]:
    """Return what leads to an object: its group as a number below 0, and its tracks."""
    return [*([-member.group] if member.group else []), *member.track_nos]


def member_of(cause: Cause, track_nos: list[int], group: int, move: Move | None) -> Member:
    """Return an object as a cause tells of it."""
    return Member(
        group=group,
        track_nos=track_nos[:MEMBER_TRACKS_MAX],
        score=min(max(cause.score, 0.0), 1.0),
        text=cause.text[:TEXT_SIGNS_MAX],
        latitude_deg=cause.latitude_deg if cause.latitude_deg is not None or move is None else move.latitude_deg,
        longitude_deg=cause.longitude_deg if cause.longitude_deg is not None or move is None else move.longitude_deg,
        plot_ns=cause.plot_ns,
        move=move,
    )
