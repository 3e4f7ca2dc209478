"""Has a bias moved away from what it was? Registration follows it; people should know that the sensor moves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from skydas.fuse.health.params import HealthParams
from skydas.model import NS_PER_S, BoolArray, FloatArray, SensorConfig

PARTS: Final = 4  # range (m), azimuth, elevation (rad), time (s)
LOOK_NS: Final = 60 * NS_PER_S
_TIME_NOISE_S: Final = 0.1
_WELL_SHARE: Final = 0.5  # of what alarms: below it a bias stands still again
_WORDS: Final = (
    ("range", "{:+.0f} m", 1.0),
    ("azimuth", "{:+.3f} deg", math.degrees(1.0)),
    ("elevation", "{:+.3f} deg", math.degrees(1.0)),
    ("time", "{:+.3f} s", 1.0),
)


class BiasDrift:
    """What registration said over the last quarter of an hour, a look a minute."""

    def __init__(self, params: HealthParams, sensors: Sequence[SensorConfig]) -> None:
        self._params = params
        self._noise = np.array(
            [
                (
                    sensor.sigma_range_m,
                    math.radians(sensor.sigma_azimuth_deg),
                    math.radians(sensor.sigma_elevation_deg),
                    _TIME_NOISE_S,
                )
                for sensor in sensors
            ]
        ).reshape(-1, PARTS)
        self._looks: list[tuple[int, FloatArray, FloatArray]] = []
        self.is_moved: BoolArray = np.zeros(self._noise.shape, np.bool_)

    def step(self, now_ns: int, value: FloatArray, sigma: FloatArray) -> list[tuple[int, bool, str]]:
        """Take the biases (s, PARTS), NaN where none is known; return (row, is it over, text) of what is new."""
        looks, params = self._looks, self._params
        if looks and now_ns - looks[-1][0] < LOOK_NS:
            return []
        looks.append((now_ns, value.copy(), sigma.copy()))
        while len(looks) > 1 and looks[1][0] <= now_ns - params.bias_reference_s * NS_PER_S:
            looks.pop(0)
        _, before, before_sigma = looks[0]
        moved = np.abs(value - before)
        # The estimates share most of their plots, so the older one's sigma says how sure it was, not the difference's.
        least = np.maximum(params.bias_sigmas * np.hypot(sigma, before_sigma), params.bias_noise_share * self._noise)
        was = self.is_moved
        now = np.where(was, moved > _WELL_SHARE * least, moved > least)
        self.is_moved = np.where(np.isfinite(moved), now, was)
        told = []
        for row, part in np.argwhere(self.is_moved != was).tolist():
            name, form, scale = _WORDS[part]
            if was[row, part]:
                told.append((row, True, f"the {name} bias stands still again"))
                continue
            shift = form.format(scale * float(value[row, part] - before[row, part]))
            minutes = (now_ns - looks[0][0]) / NS_PER_S / 60.0
            text = (
                f"the {name} bias moved by {shift} in {minutes:.0f} min; it is followed and taken off: "
                f"check the sensor's {'clock' if name == 'time' else 'alignment'}"
            )
            told.append((row, False, text))
        return told

    def state(self) -> list[Any]:
        """Return everything that the next step depends on."""
        looks = [[t_ns, value.tobytes(), sigma.tobytes()] for t_ns, value, sigma in self._looks]
        return [looks, self.is_moved.tobytes()]

    def restore(self, state: list[Any]) -> None:
        """Take back what `state` returned."""
        looks, moved = state
        shape = self._noise.shape
        self._looks = [
            (t_ns, np.frombuffer(value).reshape(shape), np.frombuffer(sigma).reshape(shape))
            for t_ns, value, sigma in looks
        ]
        self.is_moved = np.frombuffer(moved, np.bool_).reshape(shape).copy()
