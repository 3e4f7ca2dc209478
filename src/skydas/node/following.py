"""What is followed beyond its track: balloons, falling objects, and traffic that is not as usual."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from skydas.assess.predict.balloon import Balloon, closures, drift, line
from skydas.assess.predict.impact import Impact, Thrown, impact
from skydas.assess.predict.maps import probability_map
from skydas.assess.predict.normal import Normal
from skydas.assess.predict.params import PredictParams
from skydas.assess.predict.searches import area_km2
from skydas.assess.predict.wind import Wind
from skydas.model import NS_PER_S, Cause, FloatArray, IntArray, Rows, SearchArea, utc_text

if TYPE_CHECKING:
    from skydas.node.judging import Desk

ASKED_MAX: Final = 50  # tracks that a person wants the impact of
BALLOON_EVERY_S: Final = 60.0
FALLING_EVERY_S: Final = 2.0
LINE_EVERY_S: Final = 600.0
UNUSUAL_TURNS: Final = 10  # a track is held against usual traffic in one second of so many, by its number
MAP_S: Final = 3_600.0  # a balloon's map is where it may be within this
ANOMALY: Final = "not_as_usual"
BALLOON_NEAR: Final = "balloon_near_airport"
IMPACT: Final = "ballistic_impact"


class Following:
    """What was told of each track that drifts or falls, the wind, and usual traffic."""

    def __init__(self, desk: Desk, params: PredictParams, number: Callable[[], int]) -> None:
        self._desk, self._params, self._number = desk, params, number
        self._drifting: dict[int, list[int]] = {}  # balloon -> number of its area, when told (ns)
        self._falling: dict[int, list[int]] = {}  # falling object -> likewise
        self._asked: list[int] = []  # tracks that a person wants the impact of
        self.wind = Wind()
        self._normal = Normal(params.anomaly_alarms_per_hour)
        self._alarms: dict[int, float] = {}  # track -> how far it was over the threshold in its last turn

    def second(
        self, now_ns: int, tracks: Rows, balloons: IntArray, falling: IntArray, works: int, causes: list[Cause]
    ) -> None:
        """Take confirmed tracks; `balloons` and `falling` are the numbers of those that are such.

        works : maps that may be made
        """
        made = self._balloons(now_ns, tracks[np.isin(tracks["track_no"], balloons)], works, causes)
        asked = np.concatenate((falling, np.array(self._asked, np.int64)))
        self._fall(now_ns, tracks[np.isin(tracks["track_no"], asked)], works - made, causes)
        self._unusual(now_ns, tracks, causes)

    def ended(self, number: int) -> None:
        """Take a track that ended."""
        self._normal.end(number)
        self._alarms.pop(number, None)
        self._is_over(self._drifting, number)
        self._is_over(self._falling, number)
        if number in self._asked:
            self._asked.remove(number)

    def ask(self, number: int) -> None:
        """Tell the impact of a track from now on."""
        if number not in self._asked:
            self._asked = [*self._asked, number][-ASKED_MAX:]

    def _balloons(self, now_ns: int, balloons: Rows, works: int, causes: list[Cause]) -> int:
        """Tell where balloons drift, the longest not told first; return how many maps were made."""
        self.wind.learn(now_ns, balloons["height_hae_m"], balloons["velocity_mps"][:, :2])
        for number in sorted(set(self._drifting) - set(balloons["track_no"].tolist())):
            self._is_over(self._drifting, number)
        due = _due(self._drifting, balloons, now_ns, BALLOON_EVERY_S)[:works]
        for row in due:
            self._tell_drift(now_ns, row, causes)
        return len(due)

    def _tell_drift(self, now_ns: int, row: np.void, causes: list[Cause]) -> None:
        number = int(row["track_no"])
        now = Balloon(
            now_ns, float(row["latitude_deg"]), float(row["longitude_deg"]), float(row["height_hae_m"]),
            _three(row["velocity_mps"]), float(np.sqrt(max(row["cov"][0], 1.0))),
        )  # fmt: skip
        drifting = drift(now, self.wind, self._params.balloon_horizon_s, self._params.balloon_ceiling_m)
        airports = [asset for asset in self._desk.assets if asset.kind == "airport"]
        windows = closures(now, drifting, airports, self._params.closure_margin_m, self._params.closure_probability_min)
        soon = drifting.at_m[drifting.ahead_s <= MAP_S].reshape(-1, 2)
        drawn = probability_map(now.latitude_deg, now.longitude_deg, soon, np.full(len(soon), 1.0 / len(soon)))
        said_of = self._drifting.setdefault(number, [self._number(), 0])
        said_of[1] = now_ns
        of_windows = "; ".join(
            f"{one.asset} {utc_text(one.from_ns)[11:16]} to {utc_text(one.until_ns)[11:16]}Z"
            f"{' or later' if one.is_open_ended else ''}, at most {100.0 * one.probability:.0f} %"
            for one in windows
        )
        text = f"balloon, track {number}: where it may be within the hour; in the area of: {of_windows or 'no airport'}"
        self._desk.tell(
            SearchArea, number=said_of[0], track_no=number, what="balloon_drift", lost_ns=0, **drawn._asdict(),
            text=text, line=line(now, drifting, LINE_EVERY_S), closures=windows,
        )  # fmt: skip
        for one in windows:
            causes.append(
                Cause(
                    rule=BALLOON_NEAR, track_nos=(number,), asset=one.asset, score=one.probability, text=text,
                    latitude_deg=now.latitude_deg, longitude_deg=now.longitude_deg, plot_ns=int(row["last_plot_ns"]),
                )
            )  # fmt: skip

    def _fall(self, now_ns: int, fallen: Rows, works: int, causes: list[Cause]) -> None:
        """Tell where falling objects come down."""
        for number in sorted(set(self._falling) - set(fallen["track_no"].tolist())):
            self._is_over(self._falling, number)
        for row in _due(self._falling, fallen, now_ns, FALLING_EVERY_S)[: max(works, 0)]:
            cov = row["cov"]
            now = Thrown(
                float(row["latitude_deg"]), float(row["longitude_deg"]), float(row["height_hae_m"]),
                _three(row["velocity_mps"]), float(np.sqrt(max(cov[0] + cov[6] + cov[11], 1.0) / 3.0)),
                float(np.sqrt(max(cov[15] + cov[18] + cov[20], 0.01) / 3.0)),
            )  # fmt: skip
            found = impact(now, self._params.ground_hae_m)
            if found.came_down.any():
                self._tell_impact(now_ns, row, now, found, causes)

    def _tell_impact(self, now_ns: int, row: np.void, now: Thrown, found: Impact, causes: list[Cause]) -> None:
        number, down = int(row["track_no"]), found.came_down
        weight = np.full(int(down.sum()), 1.0 / len(down))
        drawn = probability_map(now.latitude_deg, now.longitude_deg, found.at_m[down], weight)
        t_ns = int(row["t_ns"])
        earliest, latest = (t_ns + round(float(np.quantile(found.fall_s[down], q)) * NS_PER_S) for q in (0.05, 0.95))
        said_of = self._falling.setdefault(number, [self._number(), 0])
        said_of[1] = now_ns
        text = (
            f"track {number}: if it falls freely, it comes down between {utc_text(earliest)[11:19]} and "
            f"{utc_text(latest)[11:19]}Z, nine tenths within {area_km2(drawn.rings[1][1]):.2g} km2; to warn people"
        )
        self._desk.tell(
            SearchArea, number=said_of[0], track_no=number, what="ballistic_impact", lost_ns=0, **drawn._asdict(),
            text=text, elsewhere=round(1.0 - float(weight.sum()), 3), earliest_ns=earliest, latest_ns=latest,
        )  # fmt: skip
        middle = np.array(drawn.rings[0][1]).mean(axis=0)
        causes.append(
            Cause(
                rule=IMPACT, track_nos=(number,), score=1.0, text=text, latitude_deg=float(middle[0]),
                longitude_deg=float(middle[1]), plot_ns=int(row["last_plot_ns"]),
            )
        )  # fmt: skip

    def _is_over(self, told: dict[int, list[int]], number: int) -> None:
        """Say that the area of a track that drifts or falls no longer stands."""
        if (area := told.pop(number, None)) is None:
            return
        what = "balloon_drift" if told is self._drifting else "ballistic_impact"
        self._desk.tell(
            SearchArea, number=area[0], track_no=number, what=what, lost_ns=0, latitude_deg=0.0, longitude_deg=0.0,
            cell_north_deg=0.0, cell_east_deg=0.0, rows=0, columns=0, probability=b"", rings=(),
            text=f"track {number} is no longer followed as such", is_over=True,
        )  # fmt: skip

    def _unusual(self, now_ns: int, tracks: Rows, causes: list[Cause]) -> None:
        if self._params.anomaly_alarms_per_hour <= 0.0:
            return
        turn = tracks["track_no"] % UNUSUAL_TURNS == now_ns // NS_PER_S % UNUSUAL_TURNS
        asked = tracks["track_no"][turn].astype(np.int64)
        place, velocity = (tracks[name][turn] for name in ("latitude_deg", "velocity_mps"))
        state = np.column_stack(
            (np.radians(place), np.radians(tracks["longitude_deg"][turn]), velocity, tracks["height_hae_m"][turn])
        )
        found = dict(self._normal.step(now_ns, asked, state))
        answered = set(asked.tolist())
        self._alarms = {no: over for no, over in self._alarms.items() if no not in answered} | found
        alarms = self._alarms
        for row in tracks[np.isin(tracks["track_no"], np.array(sorted(alarms), np.int64))]:
            number = int(row["track_no"])
            text = (
                f"track {number} flies here as few do; as rare as this were about "
                f"{self._params.anomaly_alarms_per_hour:g} an hour of the {self._normal.ended_count} tracks before it"
            )
            causes.append(
                Cause(
                    rule=ANOMALY, track_nos=(number,), score=1.0 - 0.5 * float(np.exp(-alarms[number])), text=text,
                    latitude_deg=float(row["latitude_deg"]), longitude_deg=float(row["longitude_deg"]),
                    plot_ns=int(row["last_plot_ns"]),
                )
            )  # fmt: skip

    def state(self) -> dict[str, Any]:
        """Return what a snapshot must hold."""
        return {
            "drifting": list(self._drifting.items()),
            "falling": list(self._falling.items()),
            "asked": self._asked,
            "wind": self.wind.state(),
            "normal": self._normal.state(),
            "alarms": list(self._alarms.items()),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        self._drifting = {number: list(said_of) for number, said_of in state["drifting"]}
        self._falling = {number: list(said_of) for number, said_of in state["falling"]}
        self._asked = list(state["asked"])
        self.wind.restore(state["wind"])
        self._normal.restore(state["normal"])
        self._alarms = dict(state["alarms"])


def _due(told: dict[int, list[int]], tracks: Rows, now_ns: int, every_s: float) -> list[np.void]:
    """Return the tracks that were not told for so long, the longest not told first."""
    told_ns = {number: told.get(number, [0, 0])[1] for number in tracks["track_no"].tolist()}
    due = [row for row in tracks if now_ns - told_ns[int(row["track_no"])] >= every_s * NS_PER_S]
    return sorted(due, key=lambda row: (told_ns[int(row["track_no"])], int(row["track_no"])))


def _three(velocity_mps: FloatArray) -> tuple[float, float, float]:
    return float(velocity_mps[0]), float(velocity_mps[1]), float(velocity_mps[2])
