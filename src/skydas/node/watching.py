"""Sensor health in a node: whenever the tracker has looked what its sensors see, that is judged and told."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import numpy as np

from skydas.fuse.health import Health, HealthParams, Misplaced, Watched
from skydas.geo import TangentPlane
from skydas.model import BiasPart, BoolArray, FloatArray, IntArray, Rows, SensorConfig

_PARTS: Final = (
    ("range_m", 1.0),
    ("azimuth_deg", math.radians(1.0)),
    ("elevation_deg", math.radians(1.0)),
    ("time_s", 1.0),
)
_OVER: Final = {
    "detection_fell": "detection_recovered",
    "clutter_rose": "clutter_fell",
    "bias_moved": "bias_settled",
    "period_differs": "period_agrees",
}


class Watching:
    """The health of one node's sensors: those that the tracker knows, by row."""

    def __init__(self, params: HealthParams, sensors: Sequence[SensorConfig], plane: TangentPlane) -> None:
        self._params = params
        self._names = [sensor.name for sensor in sensors]
        self._health = Health(params, sensors)
        self._misplaced = Misplaced(params, sensors, plane)
        self._looked_ns = 0  # the look that was judged last

    def is_due(self, looked_ns: int) -> bool:
        """Return whether the tracker has looked since the last judgement."""
        return looked_ns != self._looked_ns

    def step(
        self, now_ns: int, looked_ns: int, watched: Watched, last_ns: IntArray, biases: list[dict[str, Any]]
    ) -> list[tuple[str, str, str]]:
        """Take what was counted by the look at `looked_ns`; return level, event and text of what people should know.

        last_ns : when each sensor was last heard, by row
        biases  : the fields of each SensorBias, as registration tells them
        """
        self._looked_ns = looked_ns
        rows = len(self._names)
        alarms = self._health.step(now_ns, watched, last_ns[:rows])
        if biases:
            alarms += self._health.step_biases(now_ns, *self._numbers(biases))
        return [
            (
                "info" if alarm.is_over else "warning",
                _OVER[alarm.what] if alarm.is_over else alarm.what,
                f"{self._names[alarm.sensor]}: {alarm.text}",
            )
            for alarm in alarms
        ]

    def look_round(self, now_ns: int, picture: Rows) -> list[tuple[str, str, str]]:
        """Hold what each sensor alone sees against the others, TRACK (k,); return what people should know."""
        return [
            ("info", "sensor_believed_again", f"{self._names[row]}: {text}")
            if is_over
            else ("alarm", "sensor_misplaced", f"{self._names[row]}: {text}")
            for row, is_over, text in self._misplaced.step(now_ns, picture)
        ]

    def doubted(self) -> BoolArray:
        """Return which sensors contradict the others, (s,)."""
        return self._misplaced.doubted_ns > 0

    def detection(self) -> FloatArray | None:
        """Return what the tracker is to take for each sensor's detection probability, (s,); NaN: as stated."""
        return self._health.detection_of_radars() if self._params.tracker_uses_detection else None

    def told(self, last_ns: IntArray) -> list[dict[str, Any]]:
        """Return the fields of a SensorHealth for each sensor that was ever heard."""
        told = []
        for row, (name, figures) in enumerate(zip(self._names, self._health.figures(), strict=True)):
            if not last_ns[row]:
                continue
            fields = msgspec.structs.asdict(figures)
            if self._misplaced.doubted_ns[row]:
                fields["alarms"] = [*figures.alarms, "misplaced"]
            told.append({"sensor": name, **fields})
        return told

    def _numbers(self, biases: list[dict[str, Any]]) -> tuple[FloatArray, FloatArray]:
        """Return values and sigmas, (s, 4) each in m, rad, rad, s; NaN where nothing is observed."""
        value = np.full((len(self._names), len(_PARTS)), np.nan)
        sigma = value.copy()
        for fields in biases:
            row = self._names.index(fields["sensor"])
            for column, (name, scale) in enumerate(_PARTS):
                part: BiasPart = fields[name]
                if part.is_observed and part.value is not None and part.sigma is not None:
                    value[row, column], sigma[row, column] = part.value * scale, part.sigma * scale
        return value, sigma

    def state(self) -> list[Any]:
        """Return everything that the next step depends on."""
        return [self._looked_ns, self._health.state(), self._misplaced.state()]

    def restore(self, state: list[Any]) -> None:
        """Take back what `state` returned."""
        self._looked_ns, held, misplaced = state
        self._health.restore(held)
        self._misplaced.restore(misplaced)
