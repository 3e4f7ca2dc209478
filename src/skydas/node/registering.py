"""Registration in a node: what the tracker is sure of teaches it once a second, and what it finds is told.

Late plots teach nothing: they are put in their place by the tracker, after the second they belong to was learned.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from skydas.fuse import FuseParams
from skydas.fuse.registration import Bias, BiasEstimate, Registration, RegistrationParams
from skydas.geo import TangentPlane
from skydas.model import PLOT, TRACK, BiasPart, FloatArray, IntArray, Rows, SensorConfig

PLOTS_WAITING_MAX: Final = 65_536  # not learned yet; what comes beyond it in one second teaches nothing
LEARNING_KINDS: Final = ("radar_2d", "radar_3d")
SHARING_KINDS: Final = (*LEARNING_KINDS, "adsb", "mlat", "remote_id")


class Registering:
    """The registration of one node, and the plots that it has not learned from yet."""

    def __init__(
        self, params: RegistrationParams, sensors: Sequence[SensorConfig], plane: TangentPlane, fuse: FuseParams
    ) -> None:
        self._names = [sensor.name for sensor in sensors]
        self._registration = Registration(params, sensors, plane, fuse)
        self._plots: list[bytes] = []
        self._owners: list[bytes] = []
        self._tracks: list[bytes] = []
        self._waiting = 0

    def corrections(self) -> tuple[FloatArray, FloatArray]:
        """Return what the tracker takes off every plot from now on; see `Registration.corrections`."""
        return self._registration.corrections()

    def note(self, plots: bytes, owners: IntArray, tracks: Rows) -> None:
        """Keep plots as they came (PLOT), the track that each is surely of (-1 none), and the tracks that changed."""
        if self._waiting >= PLOTS_WAITING_MAX:
            return
        self._waiting += len(owners)
        self._plots.append(plots)
        self._owners.append(owners.tobytes())
        self._tracks.append(tracks.tobytes())

    def learn(self, now_ns: int) -> list[tuple[str, str, str]] | None:
        """Learn from what was kept; return None without new estimates, else the notices (level, what, text) of them."""
        before, claims_before = self._standing(), self._claims()
        plots = np.frombuffer(bytearray(b"".join(self._plots)), PLOT)
        owners = np.frombuffer(bytearray(b"".join(self._owners)), np.int64)
        tracks = np.frombuffer(bytearray(b"".join(self._tracks)), TRACK)
        self._forget()
        if not self._registration.step(now_ns, plots, owners, tracks):
            return None
        notices = []
        for name, standing in self._standing().items():
            if "contradicts" in standing and "contradicts" not in before[name]:
                notices.append(("warning", "sensor_contradicts", f"{name}: {standing}"))
            elif standing and not before[name]:
                notices.append(("info", "bias_found", f"{name}: {standing}: taken off from now on"))
        if self._claims() == "contradicted" != claims_before:
            notices.append(("warning", "claims_contradicted", "positions that aircraft report contradict the radars"))
        return notices

    def told(self) -> list[dict[str, Any]]:
        """Return the fields of a SensorBias for each sensor that shares targets."""
        return [
            {
                "sensor": self._names[estimate.sensor],
                "range_m": _part(estimate.range_m, 1.0),
                "azimuth_deg": _part(estimate.azimuth_rad, math.degrees(1.0)),
                "elevation_deg": _part(estimate.elevation_rad, math.degrees(1.0)),
                "time_s": _part(estimate.time_s, 1.0),
                "clock": self._names[estimate.clock],
                "track_count": estimate.track_count,
                "claims": estimate.claims,
            }
            for estimate in self._estimates()
            if estimate.track_count
        ]

    def _standing(self) -> dict[str, str]:
        """Return for each sensor in words what is taken off its plots, or why its place is doubted; "" for nothing."""
        return {self._names[estimate.sensor]: _standing(estimate) for estimate in self._estimates()}

    def _claims(self) -> str:
        """Return what became of the targets' own claims: none, used, contradicted."""
        return next((estimate.claims for estimate in self._estimates()), "none")

    def _estimates(self) -> list[BiasEstimate]:
        return [estimate for estimate in self._registration.estimates() if estimate.sensor < len(self._names)]

    def _forget(self) -> None:
        self._plots, self._owners, self._tracks, self._waiting = [], [], [], 0

    def state(self) -> list[Any]:
        """Return everything that the next step depends on."""
        kept = [b"".join(octets) for octets in (self._plots, self._owners, self._tracks)]
        return [self._registration.state(), *kept, self._waiting]

    def restore(self, state: list[Any]) -> None:
        """Take back what `state` returned."""
        held, plots, owners, tracks, self._waiting = state
        self._registration.restore(held)
        self._plots, self._owners, self._tracks = [plots], [owners], [tracks]


def is_worth_it(sensors: Sequence[SensorConfig]) -> bool:
    """Return whether there is a radar that stands somewhere, and another sensor to hold it against."""
    radars = sum(sensor.kind in LEARNING_KINDS and sensor.latitude_deg is not None for sensor in sensors)
    sharing = sum(sensor.kind in SHARING_KINDS for sensor in sensors)
    return radars >= 1 and sharing >= 2


def _part(bias: Bias, scale: float) -> BiasPart:
    if math.isnan(bias.value):
        return BiasPart(None, None, bias.is_observed, bias.is_applied, bias.reason)
    return BiasPart(bias.value * scale, bias.sigma * scale, bias.is_observed, bias.is_applied, bias.reason)


def _standing(estimate: BiasEstimate) -> str:
    if "contradicts" in estimate.range_m.reason:
        return estimate.range_m.reason
    parts = (
        (estimate.range_m, "range {:+.0f} m", 1.0),
        (estimate.azimuth_rad, "azimuth {:+.3f} deg", math.degrees(1.0)),
        (estimate.elevation_rad, "elevation {:+.3f} deg", math.degrees(1.0)),
        (estimate.time_s, "time {:+.3f} s", 1.0),
    )
    return ", ".join(words.format(bias.value * scale) for bias, words, scale in parts if bias.is_applied)
