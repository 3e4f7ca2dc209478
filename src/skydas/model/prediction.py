"""Where something that is no longer seen may be, or may come down."""

from __future__ import annotations

from skydas.model.base import Message


class SearchArea(Message, frozen=True):
    """A probability map of where a lost object may be, told when it begins, changes and ends."""

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
    is_over: bool = False
