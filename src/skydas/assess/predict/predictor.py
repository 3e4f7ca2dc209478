"""What the assessment asks: where each track may be heading, and where it may be in the next minutes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from skydas.assess.predict.cone import cone, cone_parameters
from skydas.assess.predict.destinations import destination_parameters, evidence, probabilities, scores
from skydas.assess.predict.params import PredictParams
from skydas.assess.predict.paths import Paths
from skydas.assess.predict.patterns import Patterns
from skydas.assess.predict.places import Places, places_of
from skydas.model import Asset, FloatArray, IntArray, Rows, TrackStatus

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
        """Take the tracks that changed, TRACK (k,); one that ends low at an asset becomes a pattern of life."""
        for row in tracks[tracks["status"] == TrackStatus.DROPPED]:
            path = self._paths.path(int(row["track_no"]))
            self.patterns.learn(path, assets, self._params.history_radius_m, self._params.history_height_m)
        self._paths.step(tracks)

    def destinations(self, now_ns: int, track_nos: IntArray, assets: Sequence[Asset]) -> FloatArray:
        """Return the probability that each track goes to each asset, and last to none of them, (m, a + 1).

        A track that is not known, and any track where there are no assets, goes elsewhere.
        """
        slots = self._paths.slots(track_nos)
        known = slots >= 0
        found = np.zeros((len(slots), len(assets) + 1))
        found[:, -1] = 1.0
        if not len(assets) or not known.any():
            return found
        places = self._places_of(assets)
        given = evidence(self._paths, slots[known], places)
        geometry = probabilities(*scores(self._destinations, given), places)
        names = [asset.name for asset in assets]
        votes = self.patterns.votes(self._paths.now[slots[known]], names)
        share = self._params.history_share
        found[known] = (share * geometry + votes) / (share + votes.sum(axis=1, keepdims=True))
        return found

    def _places_of(self, assets: Sequence[Asset]) -> Places:
        """Return the places of assets, made anew only where the assets are others."""
        if self._assets != (given := tuple(assets)):
            self._assets, self._places = given, places_of(given)
        return self._places

    def said(self, now_ns: int, tracks: Rows, assets: Sequence[Asset]) -> dict[str, Any]:
        """Return `destinations` and `cone` of an `Assessed` for one track, TRACK (1,); the likeliest places first."""
        shares = self.destinations(now_ns, tracks["track_no"].astype(np.int64), assets)[0].round(4).tolist()
        names = [*(asset.name for asset in assets), ELSEWHERE]
        order = sorted(range(len(assets)), key=lambda row: -shares[row])[:SAID_MAX]
        told = sorted([*order, len(assets)], key=lambda row: -shares[row])
        rows = self.cone(now_ns, tracks)[0]
        return {
            "destinations": {names[row]: shares[row] for row in told},
            "cone": tuple(
                (ahead_s, round(latitude_deg, 6), round(longitude_deg, 6), round(radius_m, 1))
                for ahead_s, latitude_deg, longitude_deg, radius_m in rows.tolist()
            ),
        }

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
