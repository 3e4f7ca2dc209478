"""Pattern of life: flights vote for where they ended, a place or elsewhere, where a new one flies as they did.

Nearness is in place, course, height, climb and speed. A flight votes once, by its sample that is nearest, and only
after it has ended: whatever is said of a track rests on what was known then. Where it was lost in the air, nobody knows
where it went: it votes for elsewhere as far as its own way led past all places, and with the rest of its vote not at
all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from skydas.assess.predict.flat import offset_m
from skydas.assess.predict.history_kernels import vote
from skydas.assess.predict.paths import POINTS_MAX
from skydas.assess.predict.paths_kernels import COLUMNS, HEIGHT, LATITUDE, LONGITUDE
from skydas.model import Asset, FloatArray

FLIGHTS_MAX: Final = 2_000  # the oldest is forgotten
PATH_MIN: Final = 3  # points of a path that is one
FLIGHT_M_MIN: Final = 10_000.0  # from first to last: what stayed nearer says nothing of where others go
DESCENT_M_MIN: Final = 300.0  # what did not come down by this was lost in the air, wherever that was
SAMPLES_MAX: Final = POINTS_MAX + 1  # of one flight

# How far apart counts as near, one sigma: m, rad, m, m/s, logarithm of the speed
NEAR: Final = np.array([8_000.0, 0.5, 1_000.0, 6.0, 0.35])


class Patterns:
    """Flights that ended at places."""

    def __init__(self) -> None:
        self._samples: list[FloatArray] = []  # (n, 7) each, as points of a path
        self._ended_at: list[str] = []
        self._weight: list[float] = []
        self._table: FloatArray | None = None

    def learn(self, path: FloatArray, assets: Sequence[Asset], radius_m: float, height_m: float, past: float) -> str:
        """Keep a path (n, 7) with the asset where it ended low; return its name, empty where it ended at none.

        past : how likely it was going past all assets when it was last seen
        """
        if len(path) < PATH_MIN or not assets:
            return ""
        last = path[-1]
        if np.hypot(*offset_m(path[0, LATITUDE], path[0, LONGITUDE], last[LATITUDE], last[LONGITUDE])) < FLIGHT_M_MIN:
            return ""
        came_down = np.fmax.reduce(path[:, HEIGHT]) - last[HEIGHT] >= DESCENT_M_MIN
        best, name = radius_m, ""
        for asset in assets:
            corners = np.radians(np.array(asset.points, np.float64).reshape(-1, 2))
            east_m, north_m = offset_m(last[LATITUDE], last[LONGITUDE], corners[:, 0], corners[:, 1])
            distance_m = float(np.hypot(east_m, north_m).min())
            if came_down and distance_m < best and last[HEIGHT] - (asset.from_amsl_m or 0.0) < height_m:
                best, name = distance_m, asset.name
        self.add(path, name, 1.0 if name else past)
        return name

    def add(self, path: FloatArray, name: str, weight: float = 1.0) -> None:
        """Keep a flight that ended at `name`, empty: elsewhere; `weight` is what its vote counts."""
        if len(self._samples) >= FLIGHTS_MAX:
            del self._samples[0], self._ended_at[0], self._weight[0]
        self._samples.append(path[-SAMPLES_MAX:].copy())
        self._ended_at.append(name)
        self._weight.append(weight)
        self._table = None

    def __len__(self) -> int:
        return len(self._samples)

    def votes(self, now: FloatArray, names: list[str]) -> FloatArray:
        """Return the votes for each name and, last, for none, (m, a + 1); now (m, 7) as points of a path."""
        found = np.zeros((len(now), len(names) + 1))
        rows = {name: row for row, name in enumerate(names)}
        if not self._samples:
            return found
        if self._table is None:
            parts = [
                np.column_stack((samples, np.full(len(samples), flight)))
                for flight, samples in enumerate(self._samples)
            ]
            self._table = np.concatenate(parts)
        of_flight = np.zeros((len(now), len(self._samples)))
        vote(now, self._table, NEAR, of_flight)
        for flight, (name, weight) in enumerate(zip(self._ended_at, self._weight, strict=True)):
            found[:, rows.get(name, len(names))] += weight * of_flight[:, flight]
        return found

    def state(self) -> dict[str, Any]:
        """Return what a snapshot must hold."""
        return {
            "samples": [one.tobytes() for one in self._samples],
            "ended_at": self._ended_at,
            "weight": self._weight,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        self._samples = [np.frombuffer(octets).reshape(-1, COLUMNS) for octets in state["samples"]]
        self._ended_at, self._weight, self._table = list(state["ended_at"]), list(state["weight"]), None
