"""Tracks and plots as a node hands them to `Identifier`, for its tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from skydas.identify.flights import read_flight
from skydas.identify.identifier import Identifier
from skydas.identify.params import IdentifyParams
from skydas.model import NS_PER_S, Rows, SensorConfig, TrackStatus, empty_plots, empty_tracks, utc_ns
from skydas.model.config import FlightSection

T0_NS = utc_ns("2026-03-01T12:00:00Z")
SENSORS = [
    SensorConfig(id=1, name="radar", kind="radar_3d"),
    SensorConfig(id=2, name="adsb", kind="adsb"),
    SensorConfig(id=3, name="remote-id", kind="remote_id"),
    SensorConfig(id=4, name="rf", kind="rf"),
    SensorConfig(id=5, name="camera", kind="camera"),
    SensorConfig(id=6, name="second-camera", kind="camera"),
    SensorConfig(id=7, name="second-radar", kind="radar_2d"),
]
RADAR, ADSB, REMOTE_ID, RF, CAMERA, SECOND_CAMERA, SECOND_RADAR = range(len(SENSORS))


def after(seconds: float) -> int:
    """Return an instant after the scene's beginning."""
    return T0_NS + round(seconds * NS_PER_S)


def track(track_no: int, t_s: float, speed_mps: float = np.nan, **fields: Any) -> Rows:
    """Return a confirmed track near 55 N 24 E, TRACK (1,)."""
    row = empty_tracks(1)
    row["track_no"], row["status"] = track_no, TrackStatus.CONFIRMED
    row["t_ns"] = row["last_plot_ns"] = after(t_s)
    row["latitude_deg"], row["longitude_deg"] = 55.0, 24.0
    row["velocity_mps"] = (speed_mps, 0.0, 0.0)
    for name, value in fields.items():
        row[name] = value
    return row


def plot(sensor: int, t_s: float, **fields: Any) -> Rows:
    """Return a plot of one of SENSORS, PLOT (1,)."""
    row = empty_plots(1)
    row["sensor"], row["t_ns"], row["rx_ns"] = sensor, after(t_s), after(t_s)
    for name, value in fields.items():
        row[name] = value
    return row


class Scene:
    """An identifier, and what it told last of each track."""

    def __init__(self, *flights: FlightSection, **params: Any) -> None:
        self.identifier = Identifier(IdentifyParams(**params), SENSORS, [read_flight(flight) for flight in flights])
        self.told: dict[int, dict[str, Any]] = {}
        self.told_count = 0

    def see(self, t_s: float, row: Rows, *plots: Rows, names: dict[int, str] | None = None) -> Rows:
        """Let plots of one track come in with its row; return the row as it leaves."""
        given = np.concatenate(plots) if plots else empty_plots(0)
        owner = np.full(len(given), int(row["track_no"][0]))
        self._keep(self.identifier.step(after(t_s), given, owner, names or {}, row))
        return row

    def second(self, t_s: float, row: Rows) -> Rows:
        """Let a second pass."""
        self._keep(self.identifier.second(after(t_s), row))
        return row

    def last(self, track_no: int = 1) -> dict[str, Any]:
        """Judge a track at once and return the fields of its `Identified`."""
        now_ns = int(self.identifier.ledger.held["judged_ns"].max())
        self._keep(self.identifier.judge_now(now_ns, track_no))
        return self.told[track_no]

    def _keep(self, told: list[dict[str, Any]]) -> None:
        self.told_count += len(told)
        self.told |= {fields["track_no"]: fields for fields in told}
