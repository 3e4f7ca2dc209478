"""`Health`: what the tracker counted in, estimates and alarms out, the same for the same input."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import numpy as np

from skydas.fuse.health.bias import BiasDrift
from skydas.fuse.health.counts import (
    Watched,
    basis_of,
    chosen_counts,
    coverage,
    detection,
    false_plots,
    nothing_watched,
    period,
)
from skydas.fuse.health.drift import BLOCK_S, Change, Weighed, loss, more_clutter
from skydas.fuse.health.params import HealthParams
from skydas.fuse.records import COUNT, OWN_DUE, OWN_SEEN, RINGS
from skydas.model import NS_PER_S, Estimate, FloatArray, IntArray, SensorConfig

_STATE_VERSION: Final = 1
_RADARS: Final = ("radar_2d", "radar_3d")
_M2_PER_AREA: Final = 1e10  # 10,000 km2
_PERIOD_WELL_SHARE: Final = 0.5  # of `period_share`: below it a period that differed is well again


class Alarm(msgspec.Struct, frozen=True):
    """Something about a sensor that people should know, or that is over."""

    sensor: int  # row
    what: str
    is_over: bool
    text: str


class SensorFigures(msgspec.Struct, frozen=True):
    """What is known of one sensor; None: not known."""

    period_s: Estimate | None
    detection: Estimate | None
    basis: str  # of `detection`: others, own, none
    rings: list[Estimate | None]
    ring_m: float  # width of a ring
    false_per_turn: Estimate | None
    false_per_turn_area: Estimate | None  # on 10,000 km2
    coverage: bytes  # percent of each cell, sector by sector; 255 not known
    alarms: list[str]


class Health:
    """The health of the sensors of one node."""

    def __init__(self, params: HealthParams, sensors: Sequence[SensorConfig]) -> None:
        self.params = params
        self._sensors = list(sensors)
        count = len(self._sensors)
        self._is_radar = np.array([sensor.kind in _RADARS and sensor.latitude_deg is not None for sensor in sensors])
        self._read_ns = 0
        self._heard: FloatArray = np.zeros((2, count))  # 1: in the block before the last, and in the last
        self._read = nothing_watched(count)
        self._block = nothing_watched(count)  # the last; it is judged once the sensor was heard before, in and after it
        self._recent = nothing_watched(count)
        self._base = nothing_watched(count)
        self._loss = Change(count)
        self._clutter = Change(count)
        self._bias = BiasDrift(params, sensors)
        self._is_other_period: IntArray = np.zeros(count, np.int64)

    def step(self, now_ns: int, watched: Watched, heard_ns: IntArray) -> list[Alarm]:
        """Take what is counted by now and when each sensor was last heard, (s,); return what is new.

        A block in which a sensor fell silent or came back is left out: silence is told elsewhere, and is no blindness.
        """
        heard = ((heard_ns > self._read_ns) & (self._read_ns > 0)).astype(np.float64)
        alarms = self._judge(now_ns, self._heard.prod(axis=0) * heard)
        self._heard = np.stack((self._heard[1], heard))
        self._block = watched.less(self._read)
        self._read, self._read_ns = watched, now_ns
        return alarms

    def step_biases(self, now_ns: int, value: FloatArray, sigma: FloatArray) -> list[Alarm]:
        """Take the biases that registration found, (s, 4): range (m), azimuth, elevation (rad), time (s); NaN: none."""
        return [Alarm(row, "bias_moved", is_over, text) for row, is_over, text in self._bias.step(now_ns, value, sigma)]

    def detection_of_radars(self) -> FloatArray:
        """Return for each sensor what the tracker is to take for its detection probability, (s,); NaN: as stated."""
        params = self.params
        total = self._recent.cells.sum(axis=(1, 2))
        due = total[:, OWN_DUE]
        share = (total[:, OWN_SEEN] + 0.5) / (due + 1.0)
        known = self._is_radar & (due >= params.tracker_due_min)
        return np.where(known, np.clip(share, params.tracker_detection_min, params.tracker_detection_max), np.nan)

    def figures(self) -> list[SensorFigures]:
        """Return what is known of each sensor, by row."""
        recent = self._recent
        by_ring = recent.cells.sum(axis=1)
        total = by_ring.sum(axis=1)
        percent = coverage(recent.cells)
        return [self._figures_of(row, by_ring[row], total[row], percent[row].tobytes()) for row in range(len(total))]

    def _figures_of(self, row: int, by_ring: FloatArray, total: FloatArray, percent: bytes) -> SensorFigures:
        """Return what is known of one sensor; counts by ring (RINGS, 4) and in all (4,)."""
        sensor, recent = self._sensors[row], self._recent
        basis = basis_of(total)
        rings: list[Estimate | None] = [None] * RINGS
        overall = None
        if basis != "none":
            seen, due = (counted.tolist() for counted in chosen_counts(by_ring, basis))
            rings = [detection(*counted) for counted in zip(seen, due, strict=True)]
            overall = detection(*(float(counted) for counted in chosen_counts(total, basis)))
        false = None
        if self._is_radar[row]:
            false = false_plots(float(recent.false_plots[row]), float(recent.turns[row]))
        return SensorFigures(
            period_s=self._period(row),
            detection=overall,
            basis=basis,
            rings=rings,
            ring_m=sensor.range_m_max / RINGS,
            false_per_turn=false,
            false_per_turn_area=_on_area(false, sensor),
            coverage=percent,
            alarms=self._alarms_of(row),
        )

    def _period(self, row: int) -> Estimate | None:
        return period(self._recent.intervals[row], self._sensors[row].period_s)

    def _alarms_of(self, row: int) -> list[str]:
        standing = (
            ("detection_fell", self._loss.since_ns[row]),
            ("clutter_rose", self._clutter.since_ns[row]),
            ("bias_moved", self._bias.is_moved[row].any()),
            ("period_differs", self._is_other_period[row]),
        )
        return [what for what, holds in standing if holds]

    def _judge(self, now_ns: int, heard: FloatArray) -> list[Alarm]:
        """Test the last block of those that were heard after it, and only then let it count as what is usual."""
        params, block = self.params, self._block
        alarms = []
        begins, ends = self._loss.step(now_ns, _of(loss(block, self._base, params), heard), params)
        alarms += [Alarm(row, "detection_fell", False, self._loss_text(row)) for row in begins]
        alarms += [Alarm(row, "detection_fell", True, "sees again what it used to") for row in ends]
        clutter = _of(more_clutter(block, self._base, params), heard * self._is_radar)
        begins, ends = self._clutter.step(now_ns, clutter, params)
        alarms += [Alarm(row, "clutter_rose", False, self._clutter_text(row)) for row in begins]
        alarms += [Alarm(row, "clutter_rose", True, "as few false plots again as before") for row in ends]
        alarms += self._grown_used_to(now_ns)
        self._recent.add(block, np.full(len(heard), math.exp(-BLOCK_S / params.forget_s)), heard)
        # The baseline of a sensor that is not well, or not heard, waits for it.
        is_usual = heard * (self._loss.since_ns == 0) * (self._clutter.since_ns == 0)
        self._base.add(block, np.where(is_usual > 0.0, math.exp(-BLOCK_S / params.baseline_forget_s), 1.0), is_usual)
        return alarms + self._judge_periods()

    def _grown_used_to(self, now_ns: int) -> list[Alarm]:
        """End alarms that have stood as long as the baseline lasts: what is now is what is usual."""
        alarms = []
        for what, change in (("detection_fell", self._loss), ("clutter_rose", self._clutter)):
            old = (change.since_ns > 0) & (now_ns - change.since_ns > self.params.baseline_forget_s * NS_PER_S)
            for row in np.flatnonzero(old).tolist():
                change.since_ns[row], change.evidence[row] = 0, 0.0
                for base, recent in zip(self._base, self._recent, strict=True):
                    base[row] = recent[row]
                alarms.append(Alarm(row, what, True, "has stayed so for hours: from now on this is what is usual"))
        return alarms

    def _judge_periods(self) -> list[Alarm]:
        """Tell radars that turn otherwise than the node file says."""
        alarms = []
        counted = self._recent.intervals[:, :, COUNT].sum(axis=1)
        for row in np.flatnonzero(self._is_radar & (counted >= self.params.intervals_min)).tolist():
            stated_s, measured = self._sensors[row].period_s, self._period(row)
            if measured is None:
                continue
            off = abs(measured.value / stated_s - 1.0)
            if self._is_other_period[row] and off < _PERIOD_WELL_SHARE * self.params.period_share:
                self._is_other_period[row] = 0
                alarms.append(Alarm(row, "period_differs", True, f"turns in {measured.value:.2f} s, as stated"))
            elif not self._is_other_period[row] and off > self.params.period_share:
                self._is_other_period[row] = 1
                text = f"turns in {measured.value:.2f} s, the node file says {stated_s:g} s: correct period_s"
                alarms.append(Alarm(row, "period_differs", False, text))
        return alarms

    def _loss_text(self, row: int) -> str:
        basis = basis_of(self._base.cells[row].sum(axis=(0, 1)))
        share = []
        for counted in (self._base, self._block):
            seen, due = chosen_counts(counted.cells[row].sum(axis=(0, 1)), basis)
            share.append(100.0 * min(float(seen), float(due)) / max(float(due), 1.0))
        return (
            f"sees {share[1]:.0f} % of what it should, was {share[0]:.0f} %: check transmitter, antenna and receiver; "
            "jamming, rain or targets that are not where they claim to be look the same"
        )

    def _clutter_text(self, row: int) -> str:
        was = self._base.false_plots[row] / max(float(self._base.turns[row]), 1.0)
        now = self._block.false_plots[row] / max(float(self._block.turns[row]), 1.0)
        return (
            f"{now:.0f} false plots a turn, was {was:.0f}: weather, birds, interference or many unknown objects; "
            "look at the map before its thresholds are touched"
        )

    def state(self) -> list[Any]:
        """Return everything that the next step depends on."""
        return [_STATE_VERSION, self._read_ns, [array.tobytes() for array in self._arrays()], self._bias.state()]

    def restore(self, state: list[Any]) -> None:
        """Go on from a state of the same version and sensors. Raises ValueError for any other."""
        version, read_ns, blobs, bias = state
        arrays = self._arrays()
        if version != _STATE_VERSION or [len(blob) for blob in blobs] != [array.nbytes for array in arrays]:
            raise ValueError("state of sensor health of another version or with other sensors")
        self._read_ns = read_ns
        for array, blob in zip(arrays, blobs, strict=True):
            array[...] = np.frombuffer(blob, array.dtype).reshape(array.shape)
        self._bias.restore(bias)

    def _arrays(self) -> list[Any]:
        tested = [*self._loss.arrays(), *self._clutter.arrays()]
        return [self._heard, *self._read, *self._block, *self._recent, *self._base, *tested, self._is_other_period]


def _of(weighed: Weighed, chosen: FloatArray) -> Weighed:
    """Return what a block says of the chosen sensors, (s,) 1 or 0, and nothing of the others."""
    return Weighed(*(row * chosen for row in weighed))


def _on_area(false: Estimate | None, sensor: SensorConfig) -> Estimate | None:
    """Return false plots a turn on 10,000 km2 of what the sensor is said to reach."""
    area_m2 = math.pi * (sensor.range_m_max**2 - sensor.range_m_min**2)
    if false is None or area_m2 <= 0.0:
        return None
    scale = _M2_PER_AREA / area_m2
    return Estimate(false.value * scale, false.sigma * scale, false.count)
