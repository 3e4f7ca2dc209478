"""The wind by height: what somebody gave, or what balloons and their like showed by drifting with it."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from skydas.model import NS_PER_S, FloatArray

LAYER_M: Final = 250.0
LAYERS: Final = 160  # up to 40 km
FORGET_S: Final = 3.0 * 3600.0  # what was seen counts for so long
GIVEN_WEIGHT: Final = 60.0  # a profile that somebody gives counts as much as a minute of a balloon in each layer
# How wrong the wind of a layer is, one sigma, m/s: at once; per km that the nearest known layer is off; per sqrt(hour).
# Of three radiosondes (`python -m bench.balloons`), from their way up to their way down.
SIGMA_MPS, SIGMA_PER_KM, SIGMA_PER_ROOT_HOUR = 2.2, 2.0, 2.0
SIGMA_MPS_MAX: Final = 15.0


class Wind:
    """A mean for each layer, as east and north, m/s: where the air goes to."""

    def __init__(self) -> None:
        self._weight: FloatArray = np.zeros(LAYERS)
        self._sum: FloatArray = np.zeros((LAYERS, 2))
        self._now_ns = 0

    def learn(self, now_ns: int, height_m: FloatArray, velocity_mps: FloatArray) -> None:
        """Take what drifts with the air, one second of each: heights (k,) and velocities (k, 2)."""
        self._forget(now_ns)
        layer = np.floor(height_m / LAYER_M)
        known = np.isfinite(velocity_mps).all(axis=1) & (layer >= 0) & (layer < LAYERS)
        rows = layer[known].astype(int)
        np.add.at(self._weight, rows, 1.0)
        np.add.at(self._sum, rows, velocity_mps[known])

    def give(self, now_ns: int, height_m: FloatArray, velocity_mps: FloatArray) -> None:
        """Take a profile instead of all that is known: heights (n,) rising, velocities (n, 2); between them linear."""
        middle_m = (np.arange(LAYERS) + 0.5) * LAYER_M
        within = (middle_m >= height_m[0] - LAYER_M) & (middle_m <= height_m[-1] + LAYER_M)
        self._now_ns = now_ns
        self._weight = np.where(within, GIVEN_WEIGHT, 0.0)
        mean = np.stack([np.interp(middle_m, height_m, velocity_mps[:, column]) for column in (0, 1)], axis=1)
        self._sum = mean * self._weight[:, None]

    def _forget(self, now_ns: int) -> None:
        if self._now_ns:
            keep = np.exp(-max(now_ns - self._now_ns, 0) / NS_PER_S / FORGET_S)
            self._weight *= keep
            self._sum *= keep
        self._now_ns = now_ns

    @property
    def is_known(self) -> bool:
        """Whether anything is known."""
        return bool((self._weight > 0.5).any())

    def table(self) -> tuple[FloatArray, FloatArray]:
        """Return the mean of every layer, (LAYERS, 2), and how far the nearest known one is, km; calm if none is."""
        known = np.flatnonzero(self._weight > 0.5)
        if not len(known):
            return np.zeros((LAYERS, 2)), np.full(LAYERS, SIGMA_MPS_MAX)
        mean = self._sum[known] / self._weight[known, None]
        layers = np.arange(LAYERS)
        filled = np.stack([np.interp(layers, known, mean[:, column]) for column in (0, 1)], axis=1)
        off = np.abs(layers[:, None] - known[None, :]).min(axis=1)
        return filled, off * LAYER_M / 1_000.0

    def layers(self) -> list[tuple[float, float, float]]:
        """Return height (m), east and north (m/s) of each known layer."""
        known = np.flatnonzero(self._weight > 0.5)
        mean = self._sum[known] / self._weight[known, None]
        return [
            ((row + 0.5) * LAYER_M, float(east), float(north))
            for row, (east, north) in zip(known.tolist(), mean.tolist(), strict=True)
        ]

    def state(self) -> dict[str, Any]:
        """Return what a snapshot must hold."""
        return {"weight": self._weight.tobytes(), "sum": self._sum.tobytes(), "now_ns": self._now_ns}

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        self._weight = np.frombuffer(state["weight"]).copy()
        self._sum = np.frombuffer(state["sum"]).reshape(LAYERS, 2).copy()
        self._now_ns = state["now_ns"]
