"""Which report repeats which: of one event several people tell, and one person taps twice."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final, NamedTuple

import msgspec

from skydas.model import NS_PER_S

REMEMBERED_MAX: Final = 1_000  # reports that a later one may be joined to, the newest
TWICE_S: Final = 3.0  # a second tap of the same person within this is the same report
_EARTH_M_PER_RAD: Final = 6_371_000.0


class Told(msgspec.Struct, array_like=True):
    """What is remembered of a report."""

    number: int
    t_ns: int
    reporter: str
    latitude_deg: float
    longitude_deg: float
    category: str
    count: str  # as the words say; empty: they do not
    event: int  # the first report of the same event: its own number if it is that


class Joined(NamedTuple):
    """What a new report is."""

    event: int  # number of the first report of the same event; 0: this one
    is_twice: bool  # the same person tapped again: no second measurement


class Joining:
    """The reports of the last minutes."""

    def __init__(self, joined_s: float, joined_m: float) -> None:
        self._joined_ns, self._joined_m = round(joined_s * NS_PER_S), joined_m
        self._told: list[Told] = []

    def take(self, told: Told) -> Joined:
        """Return what the report repeats, the nearest first, and remember it."""
        recent = [other for other in self._told if abs(other.t_ns - told.t_ns) <= self._joined_ns]
        is_twice = any(
            other.reporter == told.reporter != "" and abs(other.t_ns - told.t_ns) < TWICE_S * NS_PER_S
            for other in recent
        )
        others = {other.event for other in recent if not _agree(other, told)}  # of which this one cannot be
        best, least = None, 1.0
        for other in recent:
            miss = distance_m(other, told) / self._joined_m
            if miss < least and other.event not in others:
                best, least = other, miss
        told.event = best.event if best is not None else told.number
        self._told.append(told)
        del self._told[:-REMEMBERED_MAX]
        return Joined(best.event if best is not None else 0, is_twice)

    def state(self) -> list[Told]:
        """Return what a snapshot must hold."""
        return self._told

    def restore(self, state: list[list[object]]) -> None:
        """Take back what `state` returned."""
        self._told = msgspec.convert(state, list[Told])


def _agree(one: Told, other: Told) -> bool:
    """Return whether two reports may be of one event: neither says another kind or another number of things."""
    kinds = {one.category, other.category} - {"other"}
    counts = {one.count, other.count} - {""}
    return len(kinds) <= 1 and len(counts) <= 1


def distance_m(one: Told, other: Told) -> float:
    """Return how far apart two reporters stood; good to a per cent over some kilometres."""
    middle_rad = math.radians(0.5 * (one.latitude_deg + other.latitude_deg))
    north_rad = math.radians(one.latitude_deg - other.latitude_deg)
    east_deg = (one.longitude_deg - other.longitude_deg + 180.0) % 360.0 - 180.0
    return _EARTH_M_PER_RAD * math.hypot(north_rad, math.radians(east_deg) * math.cos(middle_rad))


def category_of(fields: Mapping[str, str]) -> str:
    """Return the category of the incident that words are about: drone, balloon, aircraft, other."""
    kind = fields.get("kind", "")
    if kind in ("balloon", "lantern"):
        return "balloon"
    if kind in ("airliner", "helicopter", "light_aircraft", "glider"):
        return "aircraft"
    if kind in ("multirotor", "fixed_wing_drone", "one_way_drone", "drone"):
        return "drone"
    return "other"
