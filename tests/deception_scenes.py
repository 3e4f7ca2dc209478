"""Claims and echoes of straight flights, for the tests of the checks for deception."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from skydas.geo.frames import MEAN_RADIUS_M, ecef_from_geodetic, rotation_enu_to_ecef
from skydas.identify.deception import Checker, DeceptionParams
from skydas.model import NS_PER_S, FloatArray, PlotFlag, PlotKind, Rows, SensorConfig, empty_plots, utc_ns

T0_NS = utc_ns("2026-03-01T12:00:00Z")
RECEIVER = SensorConfig(id=1, name="receiver", kind="adsb", latitude_deg=55.0, longitude_deg=24.0, height_hae_m=100.0)
RADAR = SensorConfig(
    id=2,
    name="radar",
    kind="radar_2d",
    latitude_deg=55.0,
    longitude_deg=24.0,
    height_hae_m=150.0,
    range_m_max=200_000.0,
)
SENSORS = [RECEIVER, RADAR]


def path(
    seconds: FloatArray, north_m: float = 40_000.0, east_m: float = 0.0, north_mps: float = 0.0, east_mps: float = 200.0
) -> tuple[FloatArray, FloatArray]:
    """Return latitude and longitude (rad) of a straight flight from a place relative to the receiver."""
    latitude = np.radians(55.0) + (north_m + north_mps * seconds) / MEAN_RADIUS_M
    longitude = np.radians(24.0) + (east_m + east_mps * seconds) / MEAN_RADIUS_M / np.cos(np.radians(55.0))
    return latitude, longitude


def claims(
    seconds: Sequence[float] | FloatArray, mode_s: int = 0x400001, height_m: float = 9_000.0, **way: float
) -> Rows:
    """Return a claim at each of some seconds, PLOT (n,)."""
    at = np.asarray(seconds, np.float64)
    plots = empty_plots(len(at))
    plots["t_ns"] = plots["rx_ns"] = T0_NS + np.rint(at * NS_PER_S).astype(np.int64)
    plots["sensor"], plots["kind"], plots["flags"] = 0, PlotKind.POSITION, PlotFlag.CLAIM
    plots["latitude_rad"], plots["longitude_rad"] = path(at, **way)
    plots["height_pressure_m"] = plots["height_hae_m"] = height_m
    plots["mode_s"] = mode_s
    return plots


def echoes(flight: Rows, every_s: float = 4.0, mode_s: int = 0) -> Rows:
    """Return what the radar sees of a flight, as it is claimed."""
    keep = np.arange(len(flight)) % round(every_s) == 0
    seen = flight[keep].copy()
    origin = ecef_from_geodetic(np.radians(55.0), np.radians(24.0), np.array(RADAR.height_hae_m))  # type: ignore[arg-type]
    ecef_m = ecef_from_geodetic(seen["latitude_rad"], seen["longitude_rad"], seen["height_hae_m"])
    enu_m = (ecef_m - origin) @ rotation_enu_to_ecef(float(np.radians(55.0)), float(np.radians(24.0)))
    plots = empty_plots(len(seen))
    plots["t_ns"], plots["rx_ns"] = seen["t_ns"], seen["rx_ns"]
    plots["sensor"], plots["kind"], plots["flags"] = 1, PlotKind.POLAR, PlotFlag.PRIMARY
    plots["range_m"] = np.sqrt((enu_m**2).sum(axis=1))
    plots["azimuth_true_rad"] = np.arctan2(enu_m[:, 0], enu_m[:, 1]) % (2.0 * np.pi)
    plots["mode_s"] = mode_s
    return plots


class Run:
    """A checker, and what it said."""

    def __init__(self, sensors: list[SensorConfig] = SENSORS, **params: Any) -> None:
        self.checker = Checker(DeceptionParams(**params), sensors)
        self.told: list[tuple[float, dict[str, Any]]] = []
        self.areas: list[dict[str, Any]] = []

    def play(self, *parts: Rows, until_s: float = 0.0) -> Run:
        """Let plots pass, second by second, and the time go on."""
        plots = np.concatenate(parts)
        plots = plots[np.argsort(plots["t_ns"], kind="stable")]
        second = (plots["t_ns"] - T0_NS) // NS_PER_S
        for now in range(int(second[0]), max(int(second[-1]) + 1, int(until_s))):
            part = plots[second == now]
            self.checker.take(part, np.where(part["mode_s"] > 0, part["mode_s"] & 0xFF, -1))
            self.pass_second(now + 1)
        return self

    def pass_second(self, now_s: int) -> None:
        """Judge."""
        changes = self.checker.second(T0_NS + now_s * NS_PER_S)
        self.told += [(float(now_s), fields) for fields in changes.deceptions]
        self.areas += changes.areas

    def whats(self, mode_s: int | None = None) -> list[str]:
        """Return what was found of an address, in order, each once."""
        said = (fields["what"] for _, fields in self.told if mode_s in (None, fields["mode_s"]))
        return list(dict.fromkeys(said))
