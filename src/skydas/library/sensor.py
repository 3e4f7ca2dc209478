"""`Sensor`: what stands where and how well it measures; its methods turn arrays into plots."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from skydas.errors import ConfigError
from skydas.geo import TangentPlane
from skydas.library.paths import PLANE, geodetic_at_height, nanoseconds
from skydas.model import PLOT, FloatArray, PlotFlag, PlotKind, Rows, SensorConfig, copy_rows, empty_plots, sensor_key_of
from skydas.model.config import SensorKind

HEIGHT_ASSUMED_M: Final = 5_000.0  # of a place without a height, as `FuseParams.height_m` has it
_CLAIMING: Final = ("adsb", "remote_id")
_SAME: Final = (
    "name", "kind", "sigma_range_m", "sigma_azimuth_deg", "sigma_elevation_deg", "sigma_range_rate_mps",
    "sigma_position_m", "sigma_height_m", "period_s", "range_m_max", "detection_probability",
)  # fmt: skip


class Sensor(msgspec.Struct, frozen=True, kw_only=True):
    """One sensor, its place in the plane and its stated accuracy (1 sigma), as in a node file."""

    name: str
    kind: SensorKind = "radar_2d"
    at_m: tuple[float, float, float] = (0.0, 0.0, 0.0)  # east, north, up in the plane
    plane: TangentPlane = PLANE
    sigma_range_m: float = 50.0
    sigma_azimuth_deg: float = 0.1
    sigma_elevation_deg: float = 0.5
    sigma_range_rate_mps: float = 1.0
    sigma_position_m: float = 30.0
    sigma_height_m: float = 50.0
    period_s: float = 4.0
    range_m_max: float = 500_000.0
    detection_probability: float = 0.9

    def config(self, number: int) -> SensorConfig:
        """Return the sensor as a node file states it."""
        latitude, longitude, height = self.plane.geodetic_from_enu(np.array(self.at_m, np.float64))
        return SensorConfig(
            id=number,
            latitude_deg=float(np.degrees(latitude)),
            longitude_deg=float(np.degrees(longitude)),
            height_hae_m=float(height),
            **{name: getattr(self, name) for name in _SAME},
        )

    def polar(
        self,
        t_s: npt.ArrayLike,
        range_m: npt.ArrayLike,
        azimuth_rad: npt.ArrayLike,
        elevation_rad: npt.ArrayLike | None = None,
        *,
        range_rate_mps: npt.ArrayLike | None = None,
        height_pressure_m: npt.ArrayLike | None = None,
        mode_s: npt.ArrayLike | None = None,
    ) -> Rows:
        """Return plots, PLOT (n,), of slant ranges and azimuths clockwise from the sensor's own north."""
        plots = self._plots(len(np.atleast_1d(np.asarray(range_m))), t_s, PlotKind.POLAR)
        angles = np.radians([self.sigma_azimuth_deg, self.sigma_elevation_deg])
        plots["cov"][:, [0, 3, 5]] = self.sigma_range_m**2, *angles**2
        columns = {
            "range_m": range_m,
            "azimuth_true_rad": np.mod(np.asarray(azimuth_rad, np.float64), 2.0 * np.pi),
            "elevation_rad": elevation_rad,
            "range_rate_mps": range_rate_mps,
            "height_pressure_m": height_pressure_m,
            "mode_s": mode_s,
        }
        return _filled(plots, columns)

    def position(
        self,
        t_s: npt.ArrayLike,
        position_m: npt.ArrayLike,
        *,
        cov_m2: npt.ArrayLike | None = None,
        mode_s: npt.ArrayLike | None = None,
    ) -> Rows:
        """Return plots, PLOT (n,), of places in the plane.

        position_m : (n, 3) east, north, up; (n, 2) where the sensor knows no height
        cov_m2     : (3, 3) or (n, 3, 3) of east, north, up at the plot's own place; None: as the sensor states
        """
        place = np.atleast_2d(np.asarray(position_m, np.float64))
        if place.ndim != 2 or place.shape[1] not in (2, 3):
            raise ConfigError(f"position_m must be (n, 2) or (n, 3), got {place.shape}")
        plots = self._plots(len(place), t_s, PlotKind.POSITION)
        if place.shape[1] == 3:
            latitude, longitude, plots["height_hae_m"] = self.plane.geodetic_from_enu(place)
        else:
            latitude, longitude, _ = geodetic_at_height(self.plane, place, HEIGHT_ASSUMED_M)
        plots["latitude_rad"], plots["longitude_rad"] = latitude, longitude
        plots["cov"][:, [0, 3, 5]] = self.sigma_position_m**2, self.sigma_position_m**2, self.sigma_height_m**2
        if cov_m2 is not None:
            upper = np.triu_indices(3)
            plots["cov"] = np.broadcast_to(np.asarray(cov_m2, np.float64), (len(place), 3, 3))[:, upper[0], upper[1]]
        if self.kind in _CLAIMING:
            plots["flags"] |= int(PlotFlag.CLAIM)
        return _filled(plots, {"mode_s": mode_s})

    def bearing(
        self, t_s: npt.ArrayLike, azimuth_rad: npt.ArrayLike, elevation_rad: npt.ArrayLike | None = None
    ) -> Rows:
        """Return plots, PLOT (n,), of directions clockwise from the sensor's own north; late by sound if acoustic."""
        plots = self._plots(len(np.atleast_1d(np.asarray(azimuth_rad))), t_s, PlotKind.BEARING)
        plots["cov"][:, [3, 5]] = np.radians([self.sigma_azimuth_deg, self.sigma_elevation_deg]) ** 2
        if self.kind == "acoustic":
            plots["flags"] |= int(PlotFlag.SOUND)
        azimuth = np.mod(np.asarray(azimuth_rad, np.float64), 2.0 * np.pi)
        return _filled(plots, {"azimuth_true_rad": azimuth, "elevation_rad": elevation_rad})

    def _plots(self, count: int, t_s: npt.ArrayLike, kind: PlotKind) -> Rows:
        plots = empty_plots(count)
        _fill(plots, "t_ns", nanoseconds(t_s))
        plots["rx_ns"] = plots["t_ns"]
        plots["sensor"] = sensor_key_of(self.name)
        plots["kind"] = kind
        plots["cov"] = 0.0
        plots["seq"] = np.arange(count)
        return plots


def join_plots(*parts: Rows) -> Rows:
    """Return plots of several sensors in the order of their arrival, PLOT (n,)."""
    every = np.concatenate(parts) if parts else empty_plots(0)
    return every[np.argsort(every["rx_ns"], kind="stable")]


def delayed(plots: Rows, late_s: npt.ArrayLike) -> Rows:
    """Return the plots as they are when they arrive `late_s` after they were measured."""
    late: FloatArray = np.asarray(late_s, np.float64)
    arrived = plots.copy()
    arrived["rx_ns"] = arrived["t_ns"] + np.rint(late * 1e9).astype(np.int64)
    return arrived


def _filled(plots: Rows, columns: dict[str, npt.ArrayLike | None]) -> Rows:
    assert plots.dtype == PLOT
    for name, values in columns.items():
        if values is not None:
            _fill(plots, name, values)
    return plots


def _fill(plots: Rows, name: str, values: npt.ArrayLike) -> None:
    given = np.asarray(values)
    if given.ndim > 1 or (given.ndim == 1 and len(given) != len(plots)):
        raise ConfigError(f"{name} must be one value or {len(plots)}, got {given.shape}")
    plots[name] = given


def configs_of(sensors: Sequence[Sensor | SensorConfig]) -> list[SensorConfig]:
    """Return the sensors as a node file states them. Raises ConfigError where two have one name."""
    names = [sensor.name for sensor in sensors]
    if len(set(names)) != len(names):
        raise ConfigError(f"sensors must have different names, got {', '.join(sorted(names))}")
    return [
        sensor.config(number) if isinstance(sensor, Sensor) else sensor
        for number, sensor in enumerate(sensors, start=1)
    ]


def plane_of(sensors: Sequence[Sensor | SensorConfig], plane: TangentPlane | None) -> TangentPlane:
    """Return the plane as given, else that of the first sensor which has one, else PLANE."""
    return plane or next((sensor.plane for sensor in sensors if isinstance(sensor, Sensor)), PLANE)


def keys_of(sensors: Sequence[SensorConfig]) -> dict[int, int]:
    """Return the row of each sensor by the key that its plots carry."""
    return {sensor_key_of(sensor.name): row for row, sensor in enumerate(sensors)}


def with_rows(plots: Rows, keys: dict[int, int]) -> tuple[Rows, int]:
    """Return a copy of the plots with their sensors' rows, and how many are left out: their sensor has none."""
    wire, at = np.unique(plots["sensor"], return_inverse=True)
    rows = np.array([keys.get(key, -1) for key in wire.tolist()], np.int64)[at]
    known = copy_rows(plots) if bool((rows >= 0).all()) else plots[rows >= 0]
    known["sensor"] = rows[rows >= 0]
    return known, len(plots) - len(known)
