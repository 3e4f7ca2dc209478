"""What normal traffic is, learned from all that flew, and who does not fly like it, at a stated rate of false alarms.

A visit is a confirmed track in a cell of place, course, height and speed, counted once per `VISIT_S`; where a place of
5 km has seen few, the 20 km around it stand for it, and behind them all that ever flew. A track teaches only when it
has ended, so that it does not make itself normal. Its score says how rare its course, height and speed are where it
is, and how rare anybody is there, as a mean over the last minute. What score is an alarm follows from the tracks that
ended before: so few of them, per hour, ever scored higher as the configured rate of false alarms allows. Until those
few are at least three, the rate is not known, and nothing is an alarm: at one an hour, that takes six hours.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from skydas.model import NS_PER_S, FloatArray, IntArray

VISIT_S: Final = 10.0
EARLY_S: Final = 0.5  # who asks every ten seconds may be a moment early
CELLS_MAX: Final = 200_000  # of place, course, height and speed; the rarest are forgotten
ENDED_MAX: Final = 20_000  # tracks that ended: their highest scores
TRACKS_MAX: Final = 20_000
LEARNED_TRACKS_MIN: Final = 60  # before so many tracks have ended, nothing is an alarm
LEARNED_S_MIN: Final = 3_600.0  # nor before so long, at whatever rate: minutes are no sample of a day's traffic
ABOVE_MIN: Final = 3  # tracks that scored higher: on fewer no rate can be founded
VISITS_MAX: Final = 360  # of one track, an hour: no later one teaches
KEEP: Final = 0.8  # of a score from visit to visit: a mean over about 50 s
VISITS_MIN: Final = 6  # before a track has been scored so often, it is no alarm
CELL_RAD: Final = 5_000.0 / 6_371_008.8
COURSES: Final = 8
HEIGHTS_M: Final = np.array([150.0, 500.0, 1_500.0, 3_000.0, 6_000.0, 9_000.0])
SPEEDS_MPS: Final = np.array([15.0, 40.0, 75.0, 110.0, 160.0, 210.0])
COLUMNS: Final = 20_000  # more than the cells around the equator
WAYS: Final = COURSES * (len(HEIGHTS_M) + 1) * (len(SPEEDS_MPS) + 1)
WIDE: Final = 4  # cells on a side of the surroundings of a place
PRIOR: Final = 4.0  # visits that a place is given, as its surroundings; and they, as everywhere


class Normal:
    """Counts of visits, and the scores of tracks that live and that ended."""

    def __init__(self, alarms_per_hour: float) -> None:
        self._alarms_per_hour = alarms_per_hour
        self._count: dict[int, float] = {}  # visits by place and way, of a place or, below 0, of its surroundings
        self._place: dict[int, float] = {}  # by place alone
        self._way: FloatArray = np.zeros(WAYS)
        self._tracks: dict[int, list[float]] = {}  # last visit (s), score, highest score, visits
        self._visits: dict[int, list[tuple[int, int]]] = {}  # of living tracks
        self._ended: list[float] = []
        self._ended_ever = 0
        self._seconds = 0.0  # in which anything was learned
        self._last_s = 0.0
        self.refused = 0  # tracks that found no room

    def step(self, now_ns: int, numbers: IntArray, state: FloatArray) -> list[tuple[int, float]]:
        """Score and learn confirmed tracks: numbers (k,), state (k, 6) latitude, longitude (rad), east, north (m/s),
        up (m/s), height (m). Return (number, score over threshold) of those whose score is an alarm.
        """  # fmt: skip
        now_s = now_ns / NS_PER_S
        self._seconds += min(max(now_s - self._last_s, 0.0), 60.0) if self._last_s else 0.0
        self._last_s = now_s
        places, ways = cells(state)
        limit = self.threshold()
        alarms = []
        for number, place, way in zip(numbers.tolist(), places.tolist(), ways.tolist(), strict=True):
            track = self._tracks.get(number)
            if track is None:
                if len(self._tracks) >= TRACKS_MAX:
                    self.refused += 1
                    continue
                track = self._tracks[number] = [0.0, 0.0, 0.0, 0.0]
            if now_s - track[0] >= VISIT_S - EARLY_S:
                self._visit(number, track, now_s, place, way)
            if limit is not None and track[3] >= VISITS_MIN and track[1] > limit:
                alarms.append((number, track[1] - limit))
        return alarms

    def _visit(self, number: int, track: list[float], now_s: float, place: int, way: int) -> None:
        score = self._surprise(place, way)
        track[3] += 1.0
        track[1] = score if track[3] == 1.0 else KEEP * track[1] + (1.0 - KEEP) * score
        if track[3] >= VISITS_MIN:
            track[2] = max(track[2], track[1])
        track[0] = now_s
        visits = self._visits.setdefault(number, [])
        if len(visits) < VISITS_MAX:
            visits.append((place, way))

    def _surprise(self, place: int, way: int) -> float:
        """Return -log p(way | place), backed by how all fly, and a share of -log p(place)."""
        whole = float(self._way.sum())
        everywhere = (float(self._way[way]) + 0.5) / (whole + 0.5 * WAYS)
        likely = everywhere
        for at in (around(place), place):
            likely = (self._count.get(at * WAYS + way, 0.0) + PRIOR * likely) / (self._place.get(at, 0.0) + PRIOR)
        visited = (self._place.get(around(place), 0.0) + 1.0) / (whole + len(self._place) + 1.0)
        return -math.log(likely) - 0.5 * math.log(visited)

    def _forget_rarest(self) -> None:
        """Drop the half of the cells with the fewest visits, the oldest first among equals."""
        kept = sorted(self._count.items(), key=lambda item: -item[1])[: CELLS_MAX // 2]
        self._count = dict(kept)

    def _learn(self, place: int, way: int) -> None:
        if len(self._count) >= CELLS_MAX - 1:
            self._forget_rarest()
        for at in (place, around(place)):
            key = at * WAYS + way
            self._count[key] = self._count.get(key, 0.0) + 1.0
            self._place[at] = self._place.get(at, 0.0) + 1.0
        self._way[way] += 1.0

    def end(self, number: int) -> None:
        """Take a track that ended: where it flew, and its highest score, are what normal traffic does."""
        for place, way in self._visits.pop(number, ()):
            self._learn(place, way)
        track = self._tracks.pop(number, None)
        if track is not None and track[3] >= VISITS_MIN:
            self._ended.append(track[2])
            self._ended_ever += 1
            del self._ended[:-ENDED_MAX]

    def threshold(self) -> float | None:
        """Return the score that tracks exceed as often as the rate of false alarms allows; None: not known yet."""
        if len(self._ended) < LEARNED_TRACKS_MIN or self._seconds < LEARNED_S_MIN:
            return None
        # The first half was scored when little was known, and high: the newer half is what the next will be like.
        recent = self._ended[len(self._ended) // 2 :]
        count = len(recent)
        per_hour = self._ended_ever / (self._seconds / 3600.0)
        allowed = min(self._alarms_per_hour / per_hour, 1.0)
        above = math.floor(allowed * (count + 1))  # of exchangeable tracks, the next is above with (above + 1)/(n + 1)
        if above < ABOVE_MIN:
            return None
        at = max(count - above, 0)
        return float(np.partition(np.array(recent), at)[at])

    @property
    def ended_count(self) -> int:
        """How many tracks have been learned from."""
        return len(self._ended)

    def state(self) -> dict[str, Any]:
        """Return what a snapshot must hold."""
        return {
            "count": list(self._count.items()),
            "place": list(self._place.items()),
            "way": self._way.tobytes(),
            "tracks": list(self._tracks.items()),
            "visits": list(self._visits.items()),
            "ended": self._ended,
            "ended_ever": self._ended_ever,
            "seconds": self._seconds,
            "last_s": self._last_s,
            "refused": self.refused,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        self._count = dict(state["count"])
        self._place = dict(state["place"])
        self._way = np.frombuffer(state["way"]).copy()
        self._tracks = {key: list(value) for key, value in state["tracks"]}
        self._visits = {key: [(place, way) for place, way in value] for key, value in state["visits"]}
        self._ended, self._ended_ever = list(state["ended"]), state["ended_ever"]
        self._seconds, self._last_s, self.refused = state["seconds"], state["last_s"], state["refused"]


def around(place: int) -> int:
    """Return the surroundings of a place: a key below 0."""
    row, column = divmod(place, COLUMNS)
    return -1 - (row // WIDE * COLUMNS + column // WIDE)


def cells(state: FloatArray) -> tuple[IntArray, IntArray]:
    """Return the cell of place and the cell of way of each track, (k,): state as in `Normal.step`."""
    row = np.floor(state[:, 0] / CELL_RAD).astype(np.int64)
    scale = np.cos((row + 0.5) * CELL_RAD)
    column = np.floor((state[:, 1] + np.pi) * scale / CELL_RAD).astype(np.int64)
    course = np.floor(np.arctan2(state[:, 2], state[:, 3]) / (2.0 * np.pi) * COURSES + 0.5).astype(np.int64) % COURSES
    height = np.searchsorted(HEIGHTS_M, np.nan_to_num(state[:, 5], nan=-1.0))
    speed = np.searchsorted(SPEEDS_MPS, np.hypot(state[:, 2], state[:, 3]))
    ways = (course * (len(HEIGHTS_M) + 1) + height) * (len(SPEEDS_MPS) + 1) + speed
    return (row + 100_000) * COLUMNS + column, ways
