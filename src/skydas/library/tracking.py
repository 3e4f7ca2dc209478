"""`Tracker`: arrays in, tracks out, with the engine and the registration of a node behind it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import numpy as np

from skydas.errors import ConfigError
from skydas.fuse import FuseParams
from skydas.fuse import Tracker as Engine
from skydas.fuse.registration import RegistrationParams
from skydas.geo import TangentPlane
from skydas.library.paths import Paths, join_paths, nanoseconds, paths_of
from skydas.library.sensor import Sensor, configs_of, keys_of, plane_of, with_rows
from skydas.model import NS_PER_S, PROVISIONAL_NO, IntArray, Rows, SensorConfig, TrackStatus
from skydas.node.registering import Registering, is_worth_it

PLOTS_TOGETHER_NS: Final = NS_PER_S // 10  # `run` takes together what arrives within a node's tick
ROWS_RETURNED_MAX: Final = 10_000_000  # of `run`; a longer one is taken in parts with `step`
_STATE_VERSION: Final = 1
_TENTATIVE: Final = int(TrackStatus.TENTATIVE)


def params_of(fuse: dict[str, Any]) -> FuseParams:
    """Return the engine's parameters. Raises ConfigError with the names that there are."""
    try:
        return msgspec.convert(fuse, FuseParams)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{error}; there are: {', '.join(FuseParams.__struct_fields__)}") from error


def setup_sha256(*setup: Any) -> bytes:
    """Return a hash of what something was set up with, so that a state is taken back by its like alone."""
    return hashlib.sha256(msgspec.msgpack.encode(setup)).digest()


class Tracker:
    """All tracks of one picture. Keywords are the names of `FuseParams`, as in `[fuse]` of a node file."""

    def __init__(
        self,
        sensors: Sequence[Sensor | SensorConfig],
        plane: TangentPlane | None = None,
        *,
        registration: bool = True,
        **fuse: Any,
    ) -> None:
        self.plane = plane_of(sensors, plane)
        self.sensors = configs_of(sensors)
        params = params_of(fuse)
        plane_at = (self.plane.latitude_deg, self.plane.longitude_deg, self.plane.height_hae_m)
        self._setup_sha256 = setup_sha256(self.sensors, plane_at, registration, params)
        self.now_ns = 0
        self.unknown_count = 0  # plots of sensors that were not named
        self.engine = Engine(params, self.sensors, self.plane)
        self._registering = (
            Registering(RegistrationParams(), self.sensors, self.plane, params)
            if registration and is_worth_it(self.sensors)
            else None
        )
        self.last_owner: IntArray = np.zeros(0, np.int64)  # of `take`: see there
        self._keys = keys_of(self.sensors)
        self._second = 0

    def step(self, plots: Rows, now_s: float | None = None) -> Paths:
        """Take plots that arrived together, and let time pass; return the tracks that changed.

        now_s : when they arrived; None: as their `rx_ns` says
        """
        return paths_of(self.take(plots, None if now_s is None else int(nanoseconds(now_s))), self.plane)

    def run(self, plots: Rows) -> Paths:
        """Take plots in the order of their arrival; return every state that tracks had once they were confirmed."""
        order = np.argsort(plots["rx_ns"], kind="stable")
        arrived = plots[order]
        bounds = np.flatnonzero(np.diff(arrived["rx_ns"] // PLOTS_TOGETHER_NS)) + 1
        parts, count = [], 0
        for part in np.split(arrived, bounds):
            if len(part) == 0:
                continue
            changed = self.take(part)
            # one that ends without ever being confirmed has its provisional number to the end
            parts.append(changed[(changed["status"] != _TENTATIVE) & (changed["track_no"] < PROVISIONAL_NO)])
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

    def state(self) -> bytes:
        """Return everything that the next step depends on: write it to a file, and `restore` goes on from there."""
        learned = None if self._registering is None else self._registering.state()
        counted = (self.now_ns, self.unknown_count, self._second)
        return msgspec.msgpack.encode((_STATE_VERSION, self._setup_sha256, counted, self.engine.state(), learned))

    def restore(self, octets: bytes) -> None:
        """Go on from a `state` of a tracker with the same sensors, plane and parameters; ConfigError for any other."""
        kind = tuple[int, bytes, tuple[int, int, int], bytes, list[Any] | None]
        try:
            version, setup, counted, engine, learned = msgspec.msgpack.decode(octets, type=kind)
        except msgspec.DecodeError as error:
            raise ConfigError(f"no state of a tracker: {error}") from error
        if version != _STATE_VERSION or setup != self._setup_sha256:
            raise ConfigError("the state is of a tracker with other sensors, plane or parameters: set up the same one")
        try:
            self.engine.restore(engine)
        except ValueError as error:
            raise ConfigError(f"the state is of another version: {error}") from error
        self.now_ns, self.unknown_count, self._second = counted
        if self._registering is not None and learned is not None:
            self._registering.restore(learned)

    def _now(self, plots: Rows, now_ns: int | None) -> int:
        """Return the time, which never runs backwards: as given, or when the newest of the plots arrived."""
        if now_ns is None:
            now_ns = int(plots["rx_ns"].max()) if len(plots) else self.now_ns
        self.now_ns = max(self.now_ns, now_ns)
        return self.now_ns

    def take(self, plots: Rows, now_ns: int | None = None) -> Rows:
        """Do what `step` does, and return the tracks as a node has them, TRACK (k,): without the cost of `Paths`.

        The order is a node's: track, note, tick, learn the biases once a second. `last_owner` then holds for each of
        these plots that a named sensor made the number of the confirmed track that it is surely of, or -1.
        """
        now_ns = self._now(plots, now_ns)
        known, unknown_count = with_rows(plots, self._keys)
        self.unknown_count += unknown_count
        changed = self.engine.step(now_ns, known)
        self.last_owner = self.engine.last_owner
        if self._registering is not None and len(known):
            self._registering.note(known.tobytes(), self.last_owner, changed)
        ticked = self.engine.tick(now_ns)
        second = now_ns // NS_PER_S
        if self._registering is not None and second != self._second and self._registering.learn(now_ns) is not None:
            self.engine.use_biases(*self._registering.corrections())
        self._second = second
        return np.concatenate((changed, ticked)) if len(ticked) else changed
