"""From a decoder's plots to plots the tracker may use: whose they are, whether they can be true, how sure they are.

Every plot that is not used is counted under one of `REASONS`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from skydas.model import NS_PER_S, PLOT, SENSOR_UNKNOWN, FloatArray, NodeConfig, PlotKind, Rows, copy_rows
from skydas.model.config import SensorConfig
from skydas.model.keys import sensor_key, sensor_key_of

REASONS: Final = (
    "",
    "sensor_unknown",
    "not_finite",
    "outside_sensor_range",
    "time_in_future",
    "time_too_old",
    "place_impossible",
    "covariance_not_positive",
    "sensor_without_place",
)
_UNKNOWN, _NOT_FINITE, _RANGE, _FUTURE, _OLD, _PLACE, _COVARIANCE, _UNPLACED = range(1, 9)
FUTURE_S_MAX: Final = 2.0
AGE_S_MAX: Final = 60.0
HEIGHT_M_MIN, HEIGHT_M_MAX = -1_000.0, 100_000.0
SWERLING_1_DB: Final = 2.507  # 10 log10(e) times Euler's constant
ABOVE_MIN: Final = 0.12  # half a decibel, of the threshold: strengths are stated in whole ones
UNDECLARED: Final = "undeclared"
SENSORS_HEARD_MAX: Final = 256  # undeclared sensors that get a row of their own
NAMED_BY_THE_WIRE: Final = frozenset({"asterix"})

ReasonArray = npt.NDArray[np.uint8]

_POLAR, _POSITION, _BEARING = int(PlotKind.POLAR), int(PlotKind.POSITION), int(PlotKind.BEARING)
_TDOA, _TRACK = int(PlotKind.TDOA), int(PlotKind.TRACK)


class SensorTable:
    """Row numbers of sensors: the declared, one for each source that names none, then those heard undeclared.

    Rows up to `tracked` are known to the tracker; the last of these, "undeclared", stands for every later one.
    """

    def __init__(self, config: NodeConfig) -> None:
        self.sensors: list[SensorConfig] = list(config.sensors)
        taken = max((sensor.id for sensor in self.sensors), default=0)
        self.default_row: dict[str, int] = {}
        rows = {sensor.name: row for row, sensor in enumerate(self.sensors)}
        for source in config.sources:
            if source.sensor:
                self.default_row[source.name] = rows[source.sensor]
            elif source.format and source.format not in NAMED_BY_THE_WIRE:
                taken += 1
                self.default_row[source.name] = len(self.sensors)
                self.sensors.append(SensorConfig(id=taken, name=source.name, kind="other"))
        self.sensors.append(SensorConfig(id=taken + 1, name=UNDECLARED, kind="other"))
        self.undeclared_row = len(self.sensors) - 1
        self.names = [sensor.name for sensor in self.sensors]
        self._rows: dict[int, int] = {}
        for row, sensor in enumerate(self.sensors):
            self._rows[sensor_key_of(sensor.name)] = row
            if sensor.sac is not None and sensor.sic is not None:
                self._rows[sensor_key(sensor.sac, sensor.sic)] = row

    def row(self, key: int, source: str, texts: dict[int, str]) -> int:
        """Return the row of a wire key; a key never heard before gets a row of its own while there is room."""
        if key == SENSOR_UNKNOWN:
            return self.default_row.get(source, self.undeclared_row)
        row = self._rows.get(key)
        if row is None:
            row = self._heard(key, source, texts)
        return row

    def _heard(self, key: int, source: str, texts: dict[int, str]) -> int:
        if key >= 0x1_0000 and source in self.default_row:
            return self.default_row[source]
        if len(self.names) - len(self.sensors) >= SENSORS_HEARD_MAX:
            return self.undeclared_row
        self._rows[key] = len(self.names)
        self.names.append(texts.get(key) or (f"{key >> 8}/{key & 0xFF}" if key < 0x1_0000 else f"{key:08x}"))
        return self._rows[key]

    def heard(self) -> list[tuple[int, str]]:
        """Return the undeclared keys in the order they were heard, for a snapshot."""
        first = len(self.sensors)
        keys = sorted((row, key) for key, row in self._rows.items() if row >= first)
        return [(key, self.names[row]) for row, key in keys]

    def restore_heard(self, heard: Sequence[tuple[int, str]]) -> None:
        """Take back what `heard` returned."""
        for key, name in heard:
            self._rows[key] = len(self.names)
            self.names.append(name)


class Taken(NamedTuple):
    """What the intake made of one payload's plots."""

    plots: Rows  # PLOT (n,), with the row of their sensor
    reasons: ReasonArray  # (n,) index into REASONS, 0 for those that may be used
    refused: int  # how many may not
    counts: tuple[tuple[int, int], ...]  # (sensor row, plots)
    row_max: int  # of the sensors


class Intake:
    """Give plots their sensor's row, fill covariances, and refuse what cannot be true."""

    def __init__(self, table: SensorTable) -> None:
        self.table = table
        sensors = table.sensors
        self._limits = np.array(
            [
                (
                    sensor.latitude_deg is not None,
                    sensor.range_m_min,
                    sensor.range_m_max,
                    sensor.sigma_range_m**2,
                    np.radians(sensor.sigma_azimuth_deg) ** 2,
                    np.radians(sensor.sigma_elevation_deg) ** 2,
                    sensor.sigma_position_m**2,
                    sensor.sigma_height_m**2,
                    np.nan if sensor.echo_1m2_db is None else sensor.echo_1m2_db,
                    sensor.echo_min_db,
                )
                for sensor in sensors
            ]
        )

    def step(self, rx_ns: int, source: str, decoded: Rows, texts: dict[int, str]) -> Taken:
        """Give each plot its row and its covariance, and say which may be used; `decoded` is changed if it may be."""
        plots = decoded if decoded.flags.writeable else copy_rows(decoded)
        keys = plots["sensor"]
        wire = keys.tolist()
        first = wire[0]
        if wire.count(first) == len(wire):
            row = self.table.row(first, source, texts)
            keys[:] = row_max = row
            counts: tuple[tuple[int, int], ...] = ((row, len(wire)),)
        else:
            rows = {key: self.table.row(key, source, texts) for key in sorted(set(wire))}
            keys[:] = [rows[key] for key in wire]
            row_max = max(rows.values())
            counts = tuple((row, wire.count(key)) for key, row in rows.items())
        reasons = np.zeros(len(plots), np.uint8)
        refused = _check(plots, self._limits, self.table.undeclared_row, rx_ns, reasons)
        return Taken(plots, reasons, int(refused), counts, row_max)


@numba.njit(cache=True)
def _check(plots: Rows, limits: FloatArray, undeclared_row: int, rx_ns: int, reasons: ReasonArray) -> int:
    """Check and complete each plot in place; return how many have a reason not to be used."""
    for i in range(len(plots)):
        plot = plots[i]
        row = min(int(plot.sensor), undeclared_row)
        limit = limits[row]
        kind = plot.kind
        if plot.t_ns - rx_ns > FUTURE_S_MAX * NS_PER_S:
            reasons[i] = _FUTURE
            continue
        if rx_ns - plot.t_ns > AGE_S_MAX * NS_PER_S:
            reasons[i] = _OLD
            continue
        if kind in (_POSITION, _TRACK):
            if not (np.isfinite(plot.latitude_rad) and np.isfinite(plot.longitude_rad)):
                reasons[i] = _NOT_FINITE
                continue
            height_m = plot.height_hae_m
            bad_height = not np.isnan(height_m) and not (HEIGHT_M_MIN <= height_m <= HEIGHT_M_MAX)
            if abs(plot.latitude_rad) > np.pi / 2 or abs(plot.longitude_rad) > np.pi or bad_height:
                reasons[i] = _PLACE
                continue
            _complete(plot.cov, limit[6], limit[6], limit[7])
        else:
            says_its_place = kind == _BEARING and np.isfinite(plot.latitude_rad) and np.isfinite(plot.longitude_rad)
            if says_its_place and (abs(plot.latitude_rad) > np.pi / 2 or abs(plot.longitude_rad) > np.pi):
                reasons[i] = _PLACE
                continue
            if limit[0] == 0.0 and not says_its_place:
                reasons[i] = _UNKNOWN if row == undeclared_row else _UNPLACED
                continue
            ranged = kind in (_POLAR, _TDOA)
            angled = kind in (_POLAR, _BEARING)
            if (ranged and not np.isfinite(plot.range_m)) or (angled and not np.isfinite(plot.azimuth_true_rad)):
                reasons[i] = _NOT_FINITE
                continue
            if np.isinf(plot.elevation_rad) or np.isinf(plot.range_rate_mps):
                reasons[i] = _NOT_FINITE
                continue
            if kind == _POLAR and not (limit[1] <= plot.range_m <= limit[2]):
                reasons[i] = _RANGE
                continue
            _complete(plot.cov, limit[3], limit[4], limit[5])
            if np.isnan(plot.rcs_db) and kind == _POLAR:
                plot.rcs_db = _size_db(plot.snr_db, plot.range_m, limit[8], limit[9])
        if not (plot.cov[0] > 0.0 and plot.cov[3] > 0.0 and plot.cov[5] > 0.0):
            reasons[i] = _COVARIANCE
    return int(np.count_nonzero(reasons))


@numba.njit(cache=True)
def _size_db(strength_db: float, range_m: float, echo_1m2_db: float, echo_min_db: float) -> float:
    """Return the radar cross-section that one echo speaks for, dBsm; NaN where strength or sensor says nothing.

    The radar equation: strength falls with the fourth power of range. Of an echo that fluctuates as Swerling 1 what is
    above the threshold is again exponential, with the whole mean: so weak objects, seen only when their echo happens to
    be strong, do not look larger than they are. SWERLING_1_DB takes the mean of its logarithm to the mean.
    """
    if np.isnan(strength_db) or np.isnan(echo_1m2_db) or range_m <= 0.0:
        return np.nan
    least = 10.0 ** (0.1 * echo_min_db)
    above = max(10.0 ** (0.1 * strength_db) - least, ABOVE_MIN * least)
    return 10.0 * math.log10(above) + 40.0 * math.log10(range_m / 1_000.0) - echo_1m2_db + SWERLING_1_DB


@numba.njit(cache=True)
def _complete(cov: FloatArray, first: float, second: float, third: float) -> None:
    """Put the sensor's stated variances where the wire gave none; off the diagonal, not known means 0."""
    if np.isnan(cov[0]):
        cov[0] = first
    if np.isnan(cov[3]):
        cov[3] = second
    if np.isnan(cov[5]):
        cov[5] = third
    for k in (1, 2, 4):
        if np.isnan(cov[k]):
            cov[k] = 0.0


def warm_up() -> None:
    """Compile, or load from the cache, what `Intake.step` runs."""
    plots = np.zeros(1, PLOT)
    _check(plots, np.zeros((1, 10)), 0, 0, np.zeros(1, np.uint8))
