"""What a track may do, how much that matters, and why."""

from __future__ import annotations

from typing import Literal

import msgspec

from skydas.model.base import Message


class Reason(msgspec.Struct, frozen=True):
    """What one rule says of one track."""

    rule: str
    score: float  # 0 .. 1
    weight: float  # signed share in the whole, log odds: below 0 is counter-evidence
    text: str  # one line that can be read aloud
    change: str = ""  # what would change it, by recomputation


class Arrival(msgspec.Struct, frozen=True):
    """Whether and when a track may reach one asset."""

    asset: str
    probability: float  # within the horizon
    earliest_s: float | None  # None: not within the horizon at any speed it has shown
    expected_s: float | None
    distance_m: float
    closest_m: float  # at the closest point of approach on its present course


class Assessed(Message, frozen=True):
    """How one track is assessed: a suggestion to people."""

    track_no: int
    score: float  # 0 .. 1, the published combination of the rules
    asset: str  # the one that the score is about; empty: none
    reasons: tuple[Reason, ...] = ()  # the weightiest first
    arrivals: tuple[Arrival, ...] = ()  # the likeliest first
    behaviours: dict[str, float] = {}  # word -> probability: transit, loiter, orbit, search, hover ...
    not_assessed: tuple[str, ...] = ()  # words that nothing is known about here, such as terrain_following
    destinations: dict[str, float] = {}  # asset or "elsewhere" -> probability, the likeliest first
    cone: tuple[tuple[float, float, float, float], ...] = ()  # s ahead, latitude, longitude (deg), radius of 90 % (m)
    delay_s: float = 0.0  # from the measurement of the newest plot in it to this fact, by the node's time
    is_over: bool = False


class Destinations(Message, frozen=True):
    """Where one confirmed track may be going, told while some asset is likely enough: a suggestion to people."""

    track_no: int
    destinations: dict[str, float] = {}  # asset or "elsewhere" -> probability, the likeliest first
    is_over: bool = False  # it ended, or no asset is likely any more


class Asset(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Something protected, a zone with rules of its own, or an axis that threats are expected along."""

    name: str
    kind: str  # airport, power_plant, city, event ...; of a zone: border, prohibited, restricted, closed
    what: Literal["asset", "zone", "axis"] = "asset"
    shape: Literal["point", "area", "route"]
    points: tuple[tuple[float, float], ...]  # latitude, longitude (deg): one, the ring of an area, the line of a route
    radius_m: float = 0.0  # of a point, or half the width of a route
    value: float = 1.0  # 0 .. 1
    from_amsl_m: float | None = None  # where it begins and ends upwards; None: not bounded
    to_amsl_m: float | None = None
    hours: tuple[
        tuple[str, str], ...
    ] = ()  # in force: pairs of ISO 8601 instants or of times of day UTC; empty: always
    text: str = ""
