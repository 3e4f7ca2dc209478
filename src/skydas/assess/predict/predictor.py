"""What the assessment asks: where each track may be heading, and where it may be in the next minutes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from skydas.assess.predict.cone import cone, cone_parameters
from skydas.assess.predict.destinations import destination_parameters, evidence, probabilities, scores
from skydas.assess.predict.params import PredictParams
from skydas.assess.predict.paths import Paths
from skydas.assess.predict.patterns import Patterns
from skydas.assess.predict.places import places_of
from skydas.model import Asset, FloatArray, IntArray, Rows, TrackStatus


class Predictor:
    """Paths of living tracks, flights that ended before, and what follows from them."""

    def __init__(self, params: PredictParams) -> None:
        self._params = params
        self._destinations, destinations_sha256 = destination_parameters()
        self._cone, cone_sha256 = cone_parameters()
        self.data_sha256 = {"destinations.json": destinations_sha256, "cone.json": cone_sha256}
        self._paths = Paths(params.path_every_s)
        self.patterns = Patterns()

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
        places = places_of(assets)
        given = evidence(self._paths, slots[known], places)
        geometry = probabilities(*scores(self._destinations, given), places)
        names = [asset.name for asset in assets]
        votes = self.patterns.votes(self._paths.now[slots[known]], names)
        share = self._params.history_share
        found[known] = (share * geometry + votes) / (share + votes.sum(axis=1, keepdims=True))
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
