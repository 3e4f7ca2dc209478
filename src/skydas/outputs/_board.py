"""What stands until it is over: the latest of each alert, incident, area and assessment, for pages and the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from skydas.model import (
    Alert,
    AlertPerformance,
    Assessed,
    ClaimFigures,
    Deception,
    Destinations,
    Fact,
    Identified,
    Incident,
    InterferenceArea,
    PublicWarning,
    SearchArea,
    ShiftEntry,
    Sighting,
)

STANDING_MAX: Final = 5_000  # of one topic; beyond it the oldest is forgotten


class Topic(NamedTuple):
    """One kind of fact that stands."""

    name: str
    key: Callable[[Any], int]
    keeps_over: bool = False  # what is over is still shown


TOPICS: Final[dict[type, Topic]] = {
    Identified: Topic("identified", lambda fact: fact.track_no),
    Deception: Topic("deceptions", lambda fact: fact.number),
    InterferenceArea: Topic("interference", lambda fact: fact.number),
    ClaimFigures: Topic("claims", lambda fact: 0),
    Assessed: Topic("assessed", lambda fact: fact.track_no),
    Destinations: Topic("destinations", lambda fact: fact.track_no),
    SearchArea: Topic("searches", lambda fact: fact.number),
    Alert: Topic("alerts", lambda fact: fact.number),
    AlertPerformance: Topic("performance", lambda fact: 0),
    Incident: Topic("incidents", lambda fact: fact.number, True),
    ShiftEntry: Topic("shifts", lambda fact: fact.number),
    PublicWarning: Topic("warnings", lambda fact: fact.number, True),
    Sighting: Topic("sightings", lambda fact: fact.number, True),
}
TOPIC_NAMES: Final = tuple(topic.name for topic in TOPICS.values())


class Board:
    """The latest of everything that stands, by topic, and what changed since it was last sent."""

    def __init__(self) -> None:
        self._standing: dict[str, dict[int, Fact]] = {name: {} for name in TOPIC_NAMES}
        self._changed: dict[str, dict[int, Fact | None]] = {name: {} for name in TOPIC_NAMES}

    def take(self, fact: Fact) -> bool:
        """Keep a fact, or forget what it ends; False: it is of no topic."""
        topic = TOPICS.get(type(fact))
        if topic is None:
            return False
        key, standing = topic.key(fact), self._standing[topic.name]
        if getattr(fact, "is_over", False) and not topic.keeps_over:
            if standing.pop(key, None) is not None:
                self._changed[topic.name][key] = None
            return True
        if key not in standing and len(standing) >= STANDING_MAX:
            oldest = next(iter(standing))
            del standing[oldest]
            self._changed[topic.name][oldest] = None
        standing[key] = fact
        self._changed[topic.name][key] = fact
        return True

    def standing(self, name: str) -> list[Fact]:
        """Return all that stands of one topic, the oldest first."""
        return list(self._standing[name].values())

    def one(self, name: str, key: int) -> Fact | None:
        """Return one thing of a topic, by its number or its track's."""
        return self._standing[name].get(key)

    def whole(self) -> dict[str, list[Fact]]:
        """Return all that stands, by topic; empty topics are left out."""
        return {name: list(standing.values()) for name, standing in self._standing.items() if standing}

    def changed(self) -> tuple[dict[str, list[Fact]], dict[str, list[int]]] | None:
        """Return what is new since the last call, and what is gone, by topic; None: nothing."""
        new: dict[str, list[Fact]] = {}
        gone: dict[str, list[int]] = {}
        for name, changed in self._changed.items():
            if changed:
                self._changed[name] = {}
                new[name] = [fact for fact in changed.values() if fact is not None]
                gone[name] = [key for key, fact in changed.items() if fact is None]
        return (new, gone) if new else None
