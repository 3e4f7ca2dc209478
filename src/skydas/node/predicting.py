"""Prediction in a node: searches for what was lost; balloons, falling objects and odd traffic are followed beside it.

Destinations and cones are asked for by the assessment (`assess.predict.Predictor`). Nothing here runs for a plot: what
one input brings is only noted, and at most WORKS_PER_S_MAX maps are made a second.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np

from skydas.assess.predict.coverage import should_be_seen
from skydas.assess.predict.flat import offset_m
from skydas.assess.predict.lost import NOT_SEARCHED, Last
from skydas.assess.predict.params import predict_params
from skydas.assess.predict.searches import AREAS_MAX, WORDS, Search, search_from
from skydas.errors import RefusedError
from skydas.model import (
    NS_PER_S,
    PROVISIONAL_NO,
    Action,
    IntArray,
    ObjectClass,
    Rows,
    SearchArea,
    TrackStatus,
    chosen_rows,
)
from skydas.node import predict_fields as said
from skydas.node.following import Following

if TYPE_CHECKING:
    from skydas.node.judging import Desk, Seen

SEARCHES_MAX: Final = 50
WAITING_MAX: Final = 200  # tracks that were lost and wait for their turn
WORKS_PER_S_MAX: Final = 2
LOST_KEPT_MAX: Final = 2_000  # tracks that ended: how they were last seen, for `start_search`


class Predicting:
    """What was lost, and where it may lie."""

    def __init__(self, desk: Desk) -> None:
        self._params = predict_params(desk.config.predict)
        self._desk = desk
        self._now_ns = 0
        self._next = 1
        self._born: dict[int, int] = {}  # confirmed track -> since when
        self._lost: dict[int, Last] = {}  # ended track -> how it was last seen, the oldest first
        self._waiting: list[int] = []  # ended tracks whose search begins soon
        self._searches: dict[int, Search] = {}
        self._class: dict[int, tuple[int, float]] = {}  # living track -> most probable class, probability
        self._balloon: dict[int, tuple[float, float]] = {}  # living track -> probability of a balloon now, and its mean
        self._following = Following(desk, self._params, self._number)
        self.refused = 0  # lost tracks that found no room to wait

    def step(self, seen: Seen) -> None:
        """Note what tracks are, and which ended."""
        self._now_ns = seen.now_ns
        chance = seen.tracks["class_probability"]
        at = np.flatnonzero(
            np.isfinite(chance[:, 0])
            & (seen.tracks["status"] != TrackStatus.DROPPED)
            & (seen.tracks["track_no"] < PROVISIONAL_NO)
        )
        known = zip(chance[at].argmax(axis=1).tolist(), chance[at].max(axis=1).tolist(), strict=True)
        self._class.update(zip(seen.tracks["track_no"][at].tolist(), known, strict=True))
        for number, probability in zip(
            seen.tracks["track_no"][at].tolist(), chance[at, ObjectClass.BALLOON].tolist(), strict=True
        ):
            self._balloon[number] = probability, self._balloon.get(number, (0.0, 0.0))[1]
        for row in seen.tracks[seen.tracks["status"] == TrackStatus.DROPPED]:
            if row["track_no"] < PROVISIONAL_NO:
                self._ended(row)

    def second(self, seen: Seen) -> None:
        """Learn from the picture, begin searches that wait, and tell where balloons and falling objects go."""
        self._now_ns = now_ns = seen.now_ns
        is_sure = (seen.tracks["track_no"] < PROVISIONAL_NO) & np.isfinite(seen.tracks["latitude_deg"])
        tracks = chosen_rows(seen.tracks, is_sure & (seen.tracks["status"] == TrackStatus.CONFIRMED))
        numbers = tracks["track_no"].tolist()
        for number in sorted(set(numbers) - self._born.keys()):
            self._born[number] = now_ns
        living = set(seen.tracks["track_no"].tolist())
        for held in (self._born, self._class, self._balloon):  # a person may have given a track another number
            for number in sorted(held.keys() - living):
                del held[number]
        self._found_again(set(numbers))
        works = WORKS_PER_S_MAX
        while self._waiting and works:
            self._begin(self._waiting.pop(0))
            works -= 1
        balloons = self._balloons()
        falling = _are(tracks, ObjectClass.BALLISTIC, self._params.ballistic_probability_min)
        self._following.second(now_ns, tracks, balloons, falling, works, seen.causes)
        for search in [one for one in self._searches.values() if one.is_old(now_ns, self._params.search_hours)]:
            self._end(search)

    def _balloons(self) -> IntArray:
        """Return the numbers of the living tracks that have been balloons for a while.

        A class that wavers is none: birds are balloons for a moment. The mean begins at nothing and is taken once a
        second.
        """
        share = 1.0 - math.exp(-1.0 / self._params.balloon_s)
        for number, (now, mean) in self._balloon.items():
            self._balloon[number] = now, mean + share * (now - mean)
        found = [no for no, (_, mean) in self._balloon.items() if mean >= self._params.balloon_probability_min]
        return np.array(sorted(found), np.int64)

    # -- lost

    def _ended(self, row: np.void) -> None:
        number = int(row["track_no"])
        self._following.ended(number)
        born_ns = self._born.pop(number, None)
        last = self._last_of(row)
        self._class.pop(number, None)
        self._balloon.pop(number, None)
        self._lost.pop(number, None)
        self._lost[number] = last
        while len(self._lost) > LOST_KEPT_MAX:
            del self._lost[next(iter(self._lost))]
        if born_ns is None or not self._params.search_automatically or not self._is_missed(row, last, born_ns):
            return
        if len(self._waiting) >= WAITING_MAX:
            self.refused += 1
            return
        self._waiting.append(number)

    def _last_of(self, row: np.void) -> Last:
        """Return how a track was last seen: moved back over the time that it coasted."""
        coasted_s = max((int(row["t_ns"]) - int(row["last_plot_ns"])) / NS_PER_S, 0.0) if row["last_plot_ns"] else 0.0
        east, north, up = (float(value) for value in row["velocity_mps"])
        latitude = np.radians(float(row["latitude_deg"]))
        back_deg = np.degrees(-coasted_s / 6_371_008.8)
        agl_m = float(row["height_agl_m"])
        above_m = agl_m if np.isfinite(agl_m) else float(row["height_hae_m"]) - self._params.ground_hae_m
        cov = row["cov"]
        kind, sure = self._class.get(int(row["track_no"]), (int(ObjectClass.UNKNOWN), 0.0))
        return Last(
            t_ns=int(row["last_plot_ns"]) or int(row["t_ns"]),
            latitude_deg=float(row["latitude_deg"]) + float(back_deg) * north,
            longitude_deg=float(row["longitude_deg"]) + float(back_deg) * east / float(np.cos(latitude)),
            height_m=max(above_m - coasted_s * up, 2.0),
            velocity_mps=(east, north, up),
            sigma_m=float(np.sqrt(max(0.5 * (cov[0] + cov[6]), 1.0))) / (1.0 + 0.2 * coasted_s),
            sigma_mps=float(np.sqrt(max(0.5 * (cov[15] + cov[18]), 0.01))),
            kind=kind if sure > 0.5 else int(ObjectClass.UNKNOWN),
        )

    def _is_missed(self, row: np.void, last: Last, born_ns: int) -> bool:
        """Return whether a track went down or hid: low, not new, inside what its sensors see, at no airport."""
        params = self._params
        if last.kind in NOT_SEARCHED or last.height_m > params.search_height_m_max:
            return False
        if last.t_ns - born_ns < params.search_age_s_min * NS_PER_S:
            return False
        airports = [asset for asset in self._desk.assets if asset.kind == "airport"]
        if any(self._distance_m(last, asset.points[0]) < params.search_near_airport_m for asset in airports):
            return False
        height_m = float(row["height_hae_m"])
        return should_be_seen(
            self._desk.sensors, int(row["sensors"]), float(row["latitude_deg"]), float(row["longitude_deg"]), height_m
        )

    def _distance_m(self, last: Last, place: tuple[float, float]) -> float:
        here, there = np.radians((last.latitude_deg, last.longitude_deg)), np.radians(place)
        return float(np.hypot(*offset_m(here[0], here[1], there[0], there[1])))

    def _begin(self, number: int) -> Search:
        """Begin the search for a lost track; the oldest ends where there are too many."""
        last = self._lost[number]
        if len(self._searches) >= SEARCHES_MAX:
            self._end(self._searches[next(iter(self._searches))])
        mean = self._following.wind.table()[0][0]
        search = Search(self._number(), number, last, self._params.elsewhere, (float(mean[0]), float(mean[1])))
        self._searches[search.number] = search
        self._desk.tell(SearchArea, **search.fields())
        return search

    def _found_again(self, living: set[int]) -> None:
        self._waiting = [number for number in self._waiting if number not in living]
        for search in [one for one in self._searches.values() if one.track_no in living]:
            self._end(search)
            text = f"track {search.track_no} is seen again: search {search.number} is over"
            self._desk.notice("info", "lost_track_found", text)

    def _end(self, search: Search) -> None:
        del self._searches[search.number]
        self._desk.tell(SearchArea, **search.fields(), is_over=True)

    def _number(self) -> int:
        self._next += 1
        return self._next - 1

    # -- what people say

    def start_search(self, action: Action) -> None:
        """Begin the search for a track that ended, or that lives and is known to be lost: `track_no`, `class`."""
        number = said.whole(action, "track_no")
        is_living, last = self._living(number)
        if is_living:
            raise RefusedError(f"track {number} is seen: it can be searched for once it coasts or has ended")
        last = last or self._lost.get(number)
        if last is None:
            raise RefusedError(f"there is no track {number}, neither in the picture nor among those that ended lately")
        if any(search.track_no == number for search in self._searches.values()):
            raise RefusedError(f"track {number} is being searched for already")
        if word := action.fields.get("class", "").strip():
            kinds = {name.replace(" ", "_"): kind for kind, name in WORDS.items()}
            if word not in kinds:
                raise RefusedError(f"there is no class {word[:40]!r}; there are: {', '.join(kinds)}")
            last = msgspec.structs.replace(last, kind=int(kinds[word]))
        self._lost[number] = last
        self._waiting = [one for one in self._waiting if one != number]
        search = self._begin(number)
        self._desk.notice("info", "search_started", f"{action.who}: search {search.number} for track {number}")

    def _living(self, number: int) -> tuple[bool, Last | None]:
        """Return whether a track is seen, and where it is or was; None where it is not in the picture."""
        rows = self._desk.picture(self._now_ns)
        rows = rows[(rows["track_no"] == number) & np.isfinite(rows["latitude_deg"])]
        if not len(rows):
            return False, None
        return bool(rows["status"][0] == TrackStatus.CONFIRMED), self._last_of(rows[0])

    def searched_area(self, action: Action) -> None:
        """Say that an area was searched and nothing found: `search`, `detection`, and `ring` or a circle."""
        search = self._search(action)
        detection = said.number(action, "detection", 0.0, 1.0)
        area = said.area(action)
        if search.areas >= AREAS_MAX:
            raise RefusedError(f"a search keeps at most {AREAS_MAX} searched areas; end it and begin another")
        if detection == 1.0 and search.elsewhere <= 0.0:
            raise RefusedError("detection 1 would leave no place at all; say less")
        share = search.take_searched(area, detection)
        self._desk.tell(SearchArea, **search.fields())
        text = f"{action.who}: search {search.number}: nothing where {100.0 * share:.0f} % lay"
        self._desk.notice("info", "area_searched", text)

    def end_search(self, action: Action) -> None:
        """End a search: `search`, `reason`."""
        search = self._search(action)
        reason = action.fields.get("reason", "").strip()
        if not reason:
            raise RefusedError("end_search needs a reason: found, called off ...")
        self._end(search)
        self._desk.notice("info", "search_ended", f"{action.who}: search {search.number}: {reason[:200]}")

    def _search(self, action: Action) -> Search:
        number = said.whole(action, "search")
        if number not in self._searches:
            there_are = ", ".join(map(str, self._searches)) or "none"
            raise RefusedError(f"there is no search {number}; there are: {there_are}")
        return self._searches[number]

    def set_wind(self, action: Action) -> None:
        """Give the wind by height: `profile`, layers height_m,from_deg,speed_mps."""
        heights_m, velocity_mps = said.wind_profile(action)
        self._following.wind.give(self._now_ns, heights_m, velocity_mps)
        self._desk.notice("info", "wind_given", f"{action.who}: {len(heights_m)} layers up to {heights_m[-1]:.0f} m")

    def predict_impact(self, action: Action) -> None:
        """Say that a track falls freely: `track_no`; where it comes down is told from now on."""
        number = said.whole(action, "track_no")
        if self._living(number)[1] is None:
            raise RefusedError(f"there is no track {number} in the picture")
        self._following.ask(number)

    ACTIONS: dict[str, Callable[[Any, Action], None]] = {  # noqa: RUF012
        "start_search": start_search,
        "searched_area": searched_area,
        "end_search": end_search,
        "set_wind": set_wind,
        "predict_impact": predict_impact,
    }

    def take_over(self, state: dict[str, Any]) -> None:
        """Take what `state` returned under the configuration before: searches are people's, and go on."""
        self.restore(state)

    def started(self, now_ns: int) -> None:
        """Tell the searches that stand: the pages are new."""
        self._now_ns = now_ns
        for search in self._searches.values():
            self._desk.tell(SearchArea, **search.fields())

    def numbers(self) -> dict[str, int]:
        """Return the next number of each kind."""
        return {"search": self._next}

    def number_from(self, numbers: dict[str, int]) -> None:
        """Give no number below these."""
        self._next = numbers["search"]

    def state(self) -> dict[str, Any]:
        """Return what a snapshot must hold."""
        return {
            "now_ns": self._now_ns,
            "next": self._next,
            "born": list(self._born.items()),
            "lost": [[number, msgspec.to_builtins(last)] for number, last in self._lost.items()],
            "waiting": self._waiting,
            "searches": [search.state() for search in self._searches.values()],
            "class": list(self._class.items()),
            "balloon": list(self._balloon.items()),
            "following": self._following.state(),
            "refused": self.refused,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        self._now_ns, self._next, self.refused = state["now_ns"], state["next"], state["refused"]
        self._born = dict(state["born"])
        self._lost = {number: msgspec.convert(last, Last) for number, last in state["lost"]}
        self._waiting = list(state["waiting"])
        searches = [search_from(one) for one in state["searches"]]
        self._searches = {search.number: search for search in searches}
        self._class = {number: (best, sure) for number, (best, sure) in state["class"]}
        self._balloon = {number: (now, mean) for number, (now, mean) in state["balloon"]}
        self._following.restore(state["following"])


def _are(tracks: Rows, kind: ObjectClass, probability_min: float) -> IntArray:
    """Return the numbers of TRACK (k,) that are of a class before all others, ascending."""
    chance = tracks["class_probability"]
    is_such = (chance[:, kind] >= probability_min) & (chance.argmax(axis=1) == kind)
    return np.sort(tracks["track_no"][is_such].astype(np.int64))
