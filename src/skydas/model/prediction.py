"""Where something that is no longer seen may be, or may come down."""

from __future__ import annotations

import msgspec

from skydas.model.base import Message


class Closure(msgspec.Struct, frozen=True):
    """When an airport may have a drifting balloon in its area: a suggestion to those who close and open it."""

    asset: str
    probability: float  # the largest of the window
    peak_ns: int
    from_ns: int  # from here on the probability is above the configured one
    until_ns: int  # and to here: the reopening estimate
    is_open_ended: bool  # the window reaches the end of what was predicted


class SearchArea(Message, frozen=True):
    """A probability map of where a lost or drifting object may be, told when it begins, changes and ends."""

    number: int
    track_no: int
    what: str  # landed_or_crashed, balloon_drift, ballistic_impact
    lost_ns: int
    latitude_deg: float  # of the south-west corner of the map
    longitude_deg: float
    cell_north_deg: float
    cell_east_deg: float
    rows: int
    columns: int
    probability: bytes  # u1 (rows, columns) from the south-west: 255 is the largest
    rings: tuple[tuple[float, tuple[tuple[float, float], ...]], ...]  # probability inside, corners (deg)
    text: str
    elsewhere: float = 0.0  # probability that it is nowhere on the map, which grows as searches find nothing
    searched: int = 0  # areas searched without finding it
    line: tuple[tuple[float, float, float, float], ...] = ()  # s ahead, latitude, longitude (deg), radius of 90 % (m)
    closures: tuple[Closure, ...] = ()
    earliest_ns: int = 0  # of an impact
    latest_ns: int = 0
    is_over: bool = False
