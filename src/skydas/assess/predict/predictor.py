"""What the assessment asks: where each track may be heading, and where it may be in the next minutes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from skydas.assess.predict.cone import cone, cone_parameters
from skydas.assess.predict.destinations import SHOWN, Evidence, chances, destination_parameters, evidence, shown
from skydas.assess.predict.impact import Thrown, impact
from skydas.assess.predict.params import PredictParams
from skydas.assess.predict.paths import Paths
from skydas.assess.predict.patterns import Patterns
from skydas.assess.predict.places import Places, places_of
from skydas.model import NS_PER_S, Asset, FloatArray, IntArray, Rows, TrackStatus, empty_tracks

SAID_MAX: Final = 5  # places told of one track; the rest share what is missing to 1
ELSEWHERE: Final = "elsewhere"


class Predictor:
    """Paths of living tracks, flights that ended before, and what follows from them."""

    def __init__(self, params: PredictParams) -> None:
        self._params = params
        self._destinations, destinations_sha256 = destination_parameters()
        self._cone, cone_sha256 = cone_parameters()
        self.data_sha256 = {"destinations.json": destinations_sha256, "cone.json": cone_sha256}
        self._paths = Paths(params.path_every_s)
        self.patterns = Patterns()
        self._assets: tuple[Asset, ...] = ()
        self._places = places_of(())

    def step(self, now_ns: int, tracks: Rows, assets: Sequence[Asset] = ()) -> None:
        """Take the tracks that changed, TRACK (k,); those that end become patterns of life."""
        numbers = tracks["track_no"][tracks["status"] == TrackStatus.DROPPED].astype(np.int64)
        numbers = numbers[self._paths.slots(numbers) >= 0]
        if len(numbers):
            self._learn(numbers, assets)
        self._paths.step(tracks)

    def _learn(self, track_nos: IntArray, assets: Sequence[Asset]) -> None:
        """Keep the flights of tracks that end."""
        past = self.geometry(track_nos, assets)[:, -1].tolist()
        radius_m, height_m = self._params.history_radius_m, self._params.history_height_m
        for number, one in zip(track_nos.tolist(), past, strict=True):
            self.patterns.learn(self._paths.path(number), assets, radius_m, height_m, one)

    def destinations(self, track_nos: IntArray, assets: Sequence[Asset]) -> FloatArray:
        """Return the probability that each track goes to each asset, and last to none of them, (m, a + 1).

        A track that is not known, and any track where there are no assets, goes elsewhere.
        """
        found = self.geometry(track_nos, assets)
        slots = self._paths.slots(track_nos)
        known = slots >= 0
        if len(assets) and known.any():
            votes = self.patterns.votes(self._paths.now[slots[known]], [asset.name for asset in assets])
            share = self._params.history_share
            found[known] = (share * found[known] + votes) / (share + votes.sum(axis=1, keepdims=True))
        return found

    def geometry(self, track_nos: IntArray, assets: Sequence[Asset]) -> FloatArray:
        """Return the same from each track's own path alone, (m, a + 1)."""
        found = np.zeros((len(track_nos), len(assets) + 1))
        found[:, -1] = 1.0
        given = self.evidence(track_nos, assets)
        if given is not None:
            known = self._paths.slots(track_nos) >= 0
            found[known] = chances(self._destinations, given, self._places_of(assets))
        return found

    def evidence(self, track_nos: IntArray, assets: Sequence[Asset]) -> Evidence | None:
        """Return what the paths of the known ones among the tracks say; None: there are none, or no assets."""
        slots = self._paths.slots(track_nos)
        slots = slots[slots >= 0]
        return evidence(self._paths, slots, self._places_of(assets)) if len(assets) and len(slots) else None

    def shown(self, track_nos: IntArray, assets: Sequence[Asset]) -> list[str]:
        """Return the kind of route that each known track shows."""
        given = self.evidence(track_nos, assets)
        return [] if given is None else [SHOWN[row] for row in shown(self._destinations, given.context)]

    def _places_of(self, assets: Sequence[Asset]) -> Places:
        """Return the places of assets, made anew only where the assets are others."""
        if self._assets != (given := tuple(assets)):
            self._assets, self._places = given, places_of(given)
        return self._places

    def said(self, now_ns: int, tracks: Rows, assets: Sequence[Asset]) -> dict[str, Any]:
        """Return `destinations` and `cone` of an `Assessed` for one track, TRACK (1,); the likeliest places first."""
        rows = self.cone(now_ns, tracks)[0]
        return {
            "destinations": self.likeliest(tracks["track_no"].astype(np.int64), assets)[0][1],
            "cone": tuple(
                (ahead_s, round(latitude_deg, 6), round(longitude_deg, 6), round(radius_m, 1))
                for ahead_s, latitude_deg, longitude_deg, radius_m in rows.tolist()
            ),
        }

    def likeliest(self, track_nos: IntArray, assets: Sequence[Asset]) -> list[tuple[float, dict[str, float]]]:
        """Return for each track the probability of its likeliest place, and the likeliest places with elsewhere."""
        names = [*(asset.name for asset in assets), ELSEWHERE]
        found = []
        for shares in self.destinations(track_nos, assets).round(4).tolist():
            order = sorted(range(len(assets)), key=lambda row: -shares[row])[:SAID_MAX]
            told = sorted([*order, len(assets)], key=lambda row: -shares[row])
            found.append((max(shares[:-1], default=0.0), {names[row]: shares[row] for row in told}))
        return found

    def cone(self, now_ns: int, tracks: Rows) -> FloatArray:
        """Return s ahead, latitude, longitude (deg) and radius that holds 90 % (m) of each track, (k, h, 4)."""
        return cone(self._cone, tracks)

    def state(self) -> dict[str, Any]:
        """Return what a snapshot must hold."""
        return {"paths": self._paths.state(), "patterns": self.patterns.state()}

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        self._paths.restore(state["paths"])
        self.patterns.restore(state["patterns"])


def warm_up() -> None:
    """Load or compile every kernel of prediction: of one track and one place."""
    predictor, tracks = Predictor(PredictParams()), empty_tracks(1)
    tracks["track_no"], tracks["status"], tracks["cov"] = 1, TrackStatus.CONFIRMED, 1.0
    tracks["latitude_deg"], tracks["longitude_deg"], tracks["velocity_mps"] = 55.0, 24.0, 10.0
    asset = Asset(name="warm", kind="airport", shape="point", points=((55.1, 24.1),))
    for second in (1, 60):
        tracks["t_ns"] = second * NS_PER_S
        predictor.step(second * NS_PER_S, tracks, [asset])
    predictor.said(60 * NS_PER_S, tracks, [asset])
    impact(Thrown(55.0, 24.0, 1_000.0, (100.0, 0.0, 0.0), 10.0, 1.0))
