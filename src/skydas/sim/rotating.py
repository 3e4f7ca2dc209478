"""A rotating radar: echoes and replies in each sector of each turn, as CAT048 with CAT034 sectors and north marks.

The antenna's angle, counted on over the turns, grows evenly; an object is seen when its azimuth equals it. What a
sector brought leaves as one message when the antenna leaves the sector.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from skydas.formats.asterix import Encoder, EncoderParams
from skydas.model import (
    MODE_3A_UNKNOWN,
    NS_PER_S,
    TAU,
    BoolArray,
    FloatArray,
    IntArray,
    PlotFlag,
    PlotKind,
    Rows,
    SensorReport,
    empty_plots,
    sensor_key,
)
from skydas.sim.block import Block
from skydas.sim.link import Way
from skydas.sim.motion import half_turn
from skydas.sim.scenario import ClutterArea, Radar, Scene
from skydas.sim.sensing import NOISE_DBM, Seen, Site, detection_probability, echo_power, in_spans_deg, mean_snr
from skydas.sim.world import STEP_S

NEIGHBOURS_MAX: Final = 8  # in order of range: how many further echoes one echo is compared with
SECTOR_BLOCK_OCTETS_MAX: Final = 12  # room for the record of one sector, not of two
CLUTTER_RATE_SIGMA_MPS: Final = 1.5
AREA_SNR: Final = 30.0  # of what stands in a clutter area; even clutter is noise that passed the threshold
PRESSURE_M_PER_HPA: Final = 8.3  # near sea level


def pressure_height_m(height_hae_m: FloatArray, scene: Scene) -> FloatArray:
    """Return the height an altimeter set to 1013.25 hPa shows."""
    return height_hae_m - scene.geoid_height_m + (1013.25 - scene.qnh_hpa) * PRESSURE_M_PER_HPA


def amplitude_dbm(power: FloatArray) -> FloatArray:
    """Return the amplitude of echoes whose power over the noise is given, as I048/130 states it."""
    found: FloatArray = NOISE_DBM + 10.0 * np.log10(power)
    return found


class RotatingRadar:
    """Sees a world through one antenna and sends what it saw."""

    def __init__(self, radar: Radar, scene: Scene, way: Way, rng: np.random.Generator) -> None:
        self._radar = radar
        self._scene = scene
        self._start_ns = scene.start_ns
        self._way = way
        self._rng = rng
        self._clutter_rng = rng.spawn(1)[0]  # apart: how strong clutter is moves no other plot
        self._site = Site(radar.latitude_deg, radar.longitude_deg, radar.mast_m, scene)
        self._key = sensor_key(radar.sac, radar.sic)
        self._encoder = Encoder()
        self._mark_encoder = Encoder(EncoderParams(block_octets_max=SECTOR_BLOCK_OCTETS_MAX))
        self._rate_radps = TAU / radar.period_s
        self._begin_rad = TAU * float(rng.random())  # where the antenna stands at the start
        self._sector_rad = TAU / radar.sectors
        self._sector = math.floor(self._begin_rad / self._sector_rad)  # the open one, counted on over the turns
        self._waiting = empty_plots(0)
        self._waiting_rad: FloatArray = np.zeros(0)  # the antenna's angle at each of the plots waiting
        self._areas = [(area, *self._polar(area)) for area in radar.clutter_areas]

    def look(self, block: Block) -> None:
        """Look through a block of the world and send the sectors that end in it."""
        parts = [self._objects(block), self._clutter(block), *self._mapped(block)]
        turns_rad = np.concatenate([self._waiting_rad, *(part[1] for part in parts)])
        order = np.argsort(turns_rad, kind="stable")
        self._waiting = np.concatenate([self._waiting, *(part[0] for part in parts)])[order]
        self._waiting_rad = turns_rad[order]
        self._close_sectors(block.end_s)

    def _turn_rad(self, t_s: FloatArray | float) -> FloatArray | float:
        return self._begin_rad + self._rate_radps * t_s

    # ------------------------------------------------------------------ what is seen

    def _objects(self, block: Block) -> tuple[Rows, FloatArray]:
        radar = self._radar
        rows = self._site.near(block.start_ecef_m, block.start_ecef_m2, max(radar.range_m_max, radar.secondary_range_m))
        rows, after_s = self._swept(rows, block)
        seen = self._site.see(block.at(rows, after_s))
        inside = (seen.range_m > radar.range_m_min) & self._site.above_horizon(seen)
        inside &= seen.elevation_rad < math.radians(radar.elevation_max_deg)
        inside &= ~in_spans_deg(seen.azimuth_rad, radar.blind_sectors_deg)
        seen_echo, power = self._echoes(seen, block.rcs_m2[rows], block.echo_db[rows])
        echo = inside & seen_echo
        reply = inside & self._replies(seen, block.transponder[rows])
        kept = np.flatnonzero(echo | reply)
        rows, after_s, echo, reply, power = rows[kept], after_s[kept], echo[kept], reply[kept], power[kept]
        seen = Seen(*(column[kept] for column in seen))
        t_s = block.start_s[rows] + after_s
        alone, seen, power = self._resolved(t_s, seen, ~reply, block.rcs_m2[rows], power)
        rows, t_s, echo, reply = rows[alone], t_s[alone], echo[alone], reply[alone]
        plots = self._measured(t_s, seen)
        plots["flags"] |= np.where(echo, np.uint32(PlotFlag.PRIMARY), np.uint32(0))
        plots["snr_db"] = amplitude_dbm(np.where(echo, power, np.nan))
        plots["flags"] |= np.where(reply, np.uint32(PlotFlag.SECONDARY | PlotFlag.MODE_S), np.uint32(0))
        plots["mode_s"] = np.where(reply, block.mode_s[rows], 0)
        plots["mode_3a"] = np.where(reply, block.mode_3a[rows], MODE_3A_UNKNOWN)
        plots["callsign"] = np.where(reply, block.callsign[rows], b"")
        height_m = pressure_height_m(seen.height_agl_m + self._site.ground_m, self._scene)
        plots["height_pressure_m"] = np.where(reply, height_m + block.altimeter_error_m[rows], np.nan)
        return plots, np.asarray(self._turn_rad(t_s))

    def _swept(self, rows: IntArray, block: Block) -> tuple[IntArray, FloatArray]:
        """Return the rows the beam passes in their step, and how long after its start."""
        start_m, end_m = self._site.enu_m(block.start_ecef_m[rows]), self._site.enu_m(block.end_ecef_m[rows])
        azimuth_rad = np.arctan2(start_m[:, 0], start_m[:, 1])
        moved_rad = half_turn(np.arctan2(end_m[:, 0], end_m[:, 1]) - azimuth_rad)
        phase_rad = self._turn_rad(block.start_s[rows]) - azimuth_rad
        swept_rad = self._rate_radps * STEP_S - moved_rad
        next_rad = (np.floor(phase_rad / TAU) + 1.0) * TAU
        hit = phase_rad + swept_rad >= next_rad
        return rows[hit], STEP_S * ((next_rad - phase_rad)[hit] / swept_rad[hit])

    def _echoes(self, seen: Seen, rcs_m2: FloatArray, echo_db: FloatArray) -> tuple[BoolArray, FloatArray]:
        """Return which objects give an echo, and the power of those, over the noise."""
        radar = self._radar
        lot = self._rng.random(len(rcs_m2))
        if not radar.primary:
            return np.zeros(len(rcs_m2), np.bool_), np.zeros(len(rcs_m2))
        probability = detection_probability(
            seen.range_m,
            rcs_m2,
            range_half_m=radar.range_half_m,
            probability_max=radar.detection_probability_max,
            false_alarm_probability=radar.false_alarm_probability,
        )
        moving = np.abs(seen.range_rate_mps) >= radar.range_rate_min_mps
        size_m2 = rcs_m2 * 10.0 ** (0.1 * echo_db)
        snr = mean_snr(seen.range_m, size_m2, radar.range_half_m, radar.false_alarm_probability)
        power = echo_power(snr, lot / probability, radar.false_alarm_probability)
        return (lot < probability) & moving & (seen.range_m < radar.range_m_max), power

    def _replies(self, seen: Seen, transponder: BoolArray) -> BoolArray:
        radar = self._radar
        lot = self._rng.random(len(transponder))
        if not radar.secondary:
            return np.zeros(len(transponder), np.bool_)
        return transponder & (lot < radar.secondary_probability) & (seen.range_m < radar.secondary_range_m)

    def _resolved(
        self, t_s: FloatArray, seen: Seen, mergeable: BoolArray, weight: FloatArray, power: FloatArray
    ) -> tuple[IntArray, Seen, FloatArray]:
        """Return which echoes stay, and all of these as seen: those of one resolution cell become one, at their middle
        and with the power of all.

        Replies carry a code of their own and stay apart, and so do the turns of the antenna that a block holds.
        """
        radar = self._radar
        label = _cells(t_s, seen, mergeable, radar.cell_range_m, math.radians(radar.cell_azimuth_deg), radar.period_s)
        alone, group = np.unique(label, return_inverse=True)
        if len(alone) == len(label):
            return alone, seen, power
        total = np.bincount(group, weight)
        first_azimuth_rad = seen.azimuth_rad[alone]
        aside_rad = half_turn(seen.azimuth_rad - first_azimuth_rad[group])
        merged = [np.bincount(group, weight * column) / total for column in seen]
        merged[1] = (first_azimuth_rad + np.bincount(group, weight * aside_rad) / total) % TAU
        return alone, Seen(*merged), np.bincount(group, power).astype(np.float64)

    def _measured(self, t_s: FloatArray, seen: Seen) -> Rows:
        """Return plots with noise and bias on them, PLOT (k,)."""
        radar, rng, count = self._radar, self._rng, len(t_s)
        plots = empty_plots(count)
        clock_s = np.array([self._way.clock_error_s(float(t)) for t in t_s]) if radar.link.clock_jumps else 0.0
        plots["t_ns"] = self._start_ns + np.rint((t_s + radar.bias_time_s + clock_s) * NS_PER_S).astype(np.int64)
        plots["sensor"] = self._key
        plots["kind"] = PlotKind.POLAR
        range_m = seen.range_m + radar.bias_range_m + rng.normal(0.0, radar.sigma_range_m, count)
        noise_rad = rng.normal(0.0, math.radians(radar.sigma_azimuth_deg), count)
        azimuth_rad = (seen.azimuth_rad + math.radians(radar.bias_azimuth_deg) + noise_rad) % TAU
        plots["range_m"], plots["azimuth_true_rad"] = np.maximum(range_m, 0.0), azimuth_rad
        if radar.dimensions == 3:
            noise_rad = rng.normal(0.0, math.radians(radar.sigma_elevation_deg), count)
            elevation_rad = seen.elevation_rad + math.radians(radar.bias_elevation_deg) + noise_rad
            plots["elevation_rad"] = elevation_rad
            height_hae_m = self._site.places(range_m, azimuth_rad, elevation_rad)
            plots["height_hae_m"] = height_hae_m - self._scene.geoid_height_m  # I048/110 is above sea level
        if radar.doppler:
            plots["range_rate_mps"] = seen.range_rate_mps + rng.normal(0.0, radar.sigma_range_rate_mps, count)
        return plots

    # ------------------------------------------------------------------ what is seen and is not there

    def _clutter(self, block: Block) -> tuple[Rows, FloatArray]:
        """Return false plots spread evenly over the area."""
        radar, rng = self._radar, self._rng
        lasts_s = block.end_s - block.begin_s
        count = int(rng.poisson(radar.clutter_per_scan * lasts_s / radar.period_s)) if radar.primary else 0
        t_s = block.begin_s + rng.random(count) * lasts_s
        turn_rad = np.asarray(self._turn_rad(t_s))
        range_m = np.sqrt(rng.uniform(radar.range_m_min**2, radar.range_m_max**2, count))
        elevation_rad = rng.uniform(0.0, math.radians(10.0), count)
        return self._false(t_s, turn_rad, range_m, elevation_rad, 0.0)

    def _mapped(self, block: Block) -> list[tuple[Rows, FloatArray]]:
        """Return false plots of the areas, once for each time that the beam passes their middle in the block."""
        found = []
        rng = self._rng
        begin_rad, end_rad = self._begin_rad + self._rate_radps * np.array((block.begin_s, block.end_s))
        for area, range_m, azimuth_rad, elevation_rad in self._areas:
            first, last = math.ceil((begin_rad - azimuth_rad) / TAU), math.ceil((end_rad - azimuth_rad) / TAU)
            turns = np.repeat(np.arange(first, last), rng.poisson(area.plots_per_scan, last - first))
            count = len(turns)
            reach_m, angle_rad = area.radius_m * np.sqrt(rng.random(count)), TAU * rng.random(count)
            aside_rad = reach_m * np.sin(angle_rad) / max(range_m, area.radius_m)
            turn_rad = turns * TAU + azimuth_rad + aside_rad
            t_s = (turn_rad - self._begin_rad) / self._rate_radps
            ranges_m = np.maximum(range_m + reach_m * np.cos(angle_rad), self._radar.range_m_min)
            found.append(self._false(t_s, turn_rad, ranges_m, np.full(count, elevation_rad), AREA_SNR))
        return found

    def _false(
        self, t_s: FloatArray, turn_rad: FloatArray, range_m: FloatArray, elevation_rad: FloatArray, snr: float
    ) -> tuple[Rows, FloatArray]:
        azimuth_rad = turn_rad % TAU
        rate_mps = self._rng.normal(0.0, CLUTTER_RATE_SIGMA_MPS, len(t_s))
        plots = self._measured(t_s, Seen(range_m, azimuth_rad, elevation_rad, rate_mps, np.zeros(len(t_s))))
        plots["flags"] |= np.uint32(PlotFlag.PRIMARY)
        passed = self._clutter_rng.random(len(t_s))
        power = echo_power(np.full(len(t_s), snr), passed, self._radar.false_alarm_probability)
        plots["snr_db"] = amplitude_dbm(power)
        kept = ~in_spans_deg(azimuth_rad, self._radar.blind_sectors_deg)
        return plots[kept], turn_rad[kept]

    def _polar(self, area: ClutterArea) -> tuple[float, float, float]:
        """Return range, azimuth and elevation of an area's middle."""
        enu_m = self._site.plane.enu_from_geodetic(
            np.radians(area.latitude_deg),
            np.radians(area.longitude_deg),
            np.array(self._site.ground_m + area.height_agl_m),
        )
        range_m = float(np.linalg.norm(enu_m))
        return range_m, math.atan2(enu_m[0], enu_m[1]) % TAU, math.asin(enu_m[2] / range_m)

    # ------------------------------------------------------------------ what is sent

    def _close_sectors(self, until_s: float) -> None:
        """Send each sector that ends before `until_s`, with the mark of the sector that begins then."""
        first = self._sector
        last = math.ceil((self._begin_rad + self._rate_radps * until_s) / self._sector_rad) - 1  # stays open
        ends_s = (np.arange(first + 1, last + 1) * self._sector_rad - self._begin_rad) / self._rate_radps
        bounds = np.searchsorted(self._waiting_rad, np.arange(first + 1, last + 1) * self._sector_rad).tolist()
        marks = self._sector_marks(ends_s.tolist())
        begin = 0
        for at, (end_s, end) in enumerate(zip(ends_s.tolist(), bounds, strict=True)):
            self._sector += 1
            end_ns = self._start_ns + round(end_s * NS_PER_S)
            plots, begin = self._waiting[begin:end], end
            blocks = self._encoder.encode_048(plots, self._radar.sac, self._radar.sic) if len(plots) else []
            if self._sector % self._radar.sectors == 0:
                blocks += self._encoder.encode_034([self._north_mark(end_s)], self._radar.sac, self._radar.sic)
            for payload in blocks[:-1]:
                self._way.send(end_ns, payload)
            self._way.send(end_ns, b"".join((*blocks[-1:], marks[at])))
        self._waiting, self._waiting_rad = self._waiting[begin:], self._waiting_rad[begin:]

    def _sector_marks(self, ends_s: list[float]) -> list[bytes]:
        """Return a block for each sector that begins when the one before it ends."""
        reports = [
            SensorReport(
                self._stamp_ns(end_s),
                self._key,
                "sector",
                azimuth_true_rad=(self._sector + 1 + at) % self._radar.sectors * self._sector_rad,
            )
            for at, end_s in enumerate(ends_s)
        ]
        return self._mark_encoder.encode_034(reports, self._radar.sac, self._radar.sic)

    def _north_mark(self, t_s: float) -> SensorReport:
        radar = self._radar
        return SensorReport(
            self._stamp_ns(t_s),
            self._key,
            "north",
            period_s=radar.period_s,
            latitude_deg=radar.latitude_deg,
            longitude_deg=radar.longitude_deg,
            height_hae_m=self._site.plane.height_hae_m,
        )

    def _stamp_ns(self, t_s: float) -> int:
        """Return what the radar's clock shows at `t_s`."""
        return self._start_ns + round((t_s + self._radar.bias_time_s + self._way.clock_error_s(t_s)) * NS_PER_S)


def _cells(
    t_s: FloatArray,
    seen: Seen,
    mergeable: BoolArray,
    cell_range_m: float,
    cell_azimuth_rad: float,
    period_s: float,
) -> IntArray:
    """Return for each echo the row of the first echo of the same turn that it cannot be told apart from, (k,)."""
    label = np.arange(len(mergeable))
    rows = np.flatnonzero(mergeable)
    rows = rows[np.argsort(seen.range_m[rows], kind="stable")]
    turns = math.ceil(float(np.ptp(t_s)) / period_s) + 1 if len(t_s) else 1
    for step in range(1, min(NEIGHBOURS_MAX * turns, len(rows) - 1) + 1):
        near, far = rows[:-step], rows[step:]
        close = seen.range_m[far] - seen.range_m[near] < cell_range_m
        if not close.any():
            break
        close &= np.abs(half_turn(seen.azimuth_rad[far] - seen.azimuth_rad[near])) < cell_azimuth_rad
        close &= np.abs(t_s[far] - t_s[near]) < 0.5 * period_s
        for one, other in zip(near[close], far[close], strict=True):
            lower, upper = sorted((int(label[one]), int(label[other])))
            label[label == upper] = lower
    return label
