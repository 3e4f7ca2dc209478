"""`Tracker`: arrays in, tracks out, with the engine and the registration of a node behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import numpy as np

from skydas.errors import ConfigError
from skydas.fuse import FuseParams
from skydas.fuse import Tracker as Engine
from skydas.fuse.registration import RegistrationParams
from skydas.geo import TangentPlane
from skydas.library.paths import PLANE, Paths, join_paths, nanoseconds, paths_of
from skydas.library.sensor import Sensor, keys_of
from skydas.model import NS_PER_S, IntArray, Rows, SensorConfig, TrackStatus
from skydas.node.registering import Registering, is_worth_it

PLOTS_TOGETHER_NS: Final = NS_PER_S // 10  # `run` takes together what arrives within a node's tick
ROWS_RETURNED_MAX: Final = 10_000_000  # of `run`; a longer one is taken in parts with `step`
_TENTATIVE: Final = int(TrackStatus.TENTATIVE)


class Tracker:
    """All tracks of one picture. Keywords are the names of `FuseParams` (docs/engine: `[fuse]` of a node file)."""

    def __init__(
        self,
        sensors: Sequence[Sensor | SensorConfig],
        plane: TangentPlane | None = None,
        *,
        registration: bool = True,
        **fuse: Any,
    ) -> None:
        names = [sensor.name for sensor in sensors]
        if len(set(names)) != len(names):
            raise ConfigError(f"sensors must have different names, got {', '.join(sorted(names))}")
        planes = [sensor.plane for sensor in sensors if isinstance(sensor, Sensor)]
        self.plane = plane or (planes[0] if planes else PLANE)
        self.sensors = [
            sensor.config(number) if isinstance(sensor, Sensor) else sensor
            for number, sensor in enumerate(sensors, start=1)
        ]
        try:
            params = msgspec.convert(fuse, FuseParams)
        except msgspec.ValidationError as error:
            known = ", ".join(FuseParams.__struct_fields__)
            raise ConfigError(f"{error}; there are: {known}") from error
        self.now_ns = 0
        self.unknown_count = 0  # plots of sensors that were not named
        self.engine = Engine(params, self.sensors, self.plane)
        self._registering = (
            Registering(RegistrationParams(), self.sensors, self.plane, params)
            if registration and is_worth_it(self.sensors)
            else None
        )
        self._keys = keys_of(names)
        self._second = 0

    def step(self, plots: Rows, now_s: float | None = None) -> Paths:
        """Take plots that arrived together, and let time pass; return the tracks that changed.

        now_s : when they arrived; None: as their `rx_ns` says
        """
        return paths_of(self.take(plots, now_s), self.plane)

    def run(self, plots: Rows) -> Paths:
        """Take plots in the order of their arrival; return every state that tracks had, but tentative ones."""
        order = np.argsort(plots["rx_ns"], kind="stable")
        arrived = plots[order]
        bounds = np.flatnonzero(np.diff(arrived["rx_ns"] // PLOTS_TOGETHER_NS)) + 1
        parts, count = [], 0
        for part in np.split(arrived, bounds):
            if len(part) == 0:
                continue
            changed = self.take(part)
            parts.append(changed[changed["status"] != _TENTATIVE])
            count += len(parts[-1])
            if count > ROWS_RETURNED_MAX:
                raise ConfigError(f"more than {ROWS_RETURNED_MAX} states: take the plots in parts, with step")
        return join_paths([paths_of(np.concatenate(parts), self.plane)] if parts else [], self.plane)

    def picture(self, t_s: float | None = None) -> Paths:
        """Return every living track moved on to `t_s`, or to now."""
        now_ns = self.now_ns if t_s is None else int(nanoseconds(t_s))
        return paths_of(self.engine.picture(now_ns), self.plane)

    def biases(self) -> list[dict[str, Any]]:
        """Return what is known of the sensors' biases, as a node's `SensorBias` says it (docs/registration.md)."""
        return [] if self._registering is None else self._registering.told()

    def counters(self) -> dict[str, int]:
        """Return what was counted since the start, refused plots by reason among it."""
        return {**self.engine.counters(), "refused_not_declared": self.unknown_count}

    def _now(self, plots: Rows, now_s: float | None) -> int:
        if now_s is not None:
            given_ns = int(nanoseconds(now_s))
        else:
            given_ns = int(plots["rx_ns"].max()) if len(plots) else self.now_ns
        self.now_ns = max(self.now_ns, given_ns)
        return self.now_ns

    def take(self, plots: Rows, now_s: float | None = None) -> Rows:
        """Do what `step` does, and return the tracks as a node has them, TRACK (k,): without the cost of `Paths`.

        The order is a node's: track, note, tick, learn the biases once a second.
        """
        now_ns = self._now(plots, now_s)
        known = self._rows(plots)
        changed = self.engine.step(now_ns, known)
        if self._registering is not None and len(known):
            self._registering.note(known.tobytes(), self.engine.last_owner, changed)
        ticked = self.engine.tick(now_ns)
        second = now_ns // NS_PER_S
        if self._registering is not None and second != self._second and self._registering.learn(now_ns):
            self.engine.use_biases(*self._registering.corrections())
        self._second = second
        return np.concatenate((changed, ticked)) if len(ticked) else changed

    def _rows(self, plots: Rows) -> Rows:
        """Return a copy of the plots with their sensors' rows; those of sensors not named are counted."""
        keys, at = np.unique(plots["sensor"], return_inverse=True)
        rows: IntArray = np.array([self._keys.get(key, -1) for key in keys.tolist()], np.int64)[at]
        self.unknown_count += int((rows < 0).sum())
        known = plots[rows >= 0].copy()
        known["sensor"] = rows[rows >= 0]
        return known
