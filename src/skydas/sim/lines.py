"""Sensors without a wire of their own: they send `plots` JSON lines.

Staring radar, bearings by radio, sound and camera, arrival times, Remote ID receivers and people.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, Protocol

import msgspec
import numpy as np

from skydas.geo import ecef_from_geodetic
from skydas.model import NS_PER_S, SPEED_OF_LIGHT_MPS, SPEED_OF_SOUND_MPS, TAU, FloatArray, IntArray
from skydas.sim.kinds import KIND_NAMES, KINDS
from skydas.sim.link import Way
from skydas.sim.motion import displaced
from skydas.sim.routes import drawn, member_offset_m
from skydas.sim.scenario import BearingSensor, Link, People, RemoteIdReceiver, Scenario, Scene, StaringRadar, TdoaGroup
from skydas.sim.sensing import Seen, Site, chances, detection_probability, due, echo_power, faces, mean_snr
from skydas.sim.world import STEP_S, World

NOTICED_MAX: Final = 100_000  # pairs of witness and object that are remembered
LOW_AGL_M: Final = 1_500.0  # higher objects nobody reports
_HOUR_S: Final = 3_600.0

Row = dict[str, int | float | str]


class LineSensor(Protocol):
    """What the loop asks of a sensor."""

    def step(self, world: World) -> None:
        """Sense through one step and send what was sensed."""


def make_line_sensors(
    scenario: Scenario,
    way: Callable[[str, str, Link], Way],
    rng_of: Callable[[str], np.random.Generator],
) -> list[LineSensor]:
    """Return the sensors of a scenario that send `plots` lines."""
    scene = scenario.scene
    made: list[LineSensor] = []
    for staring in scenario.staring_radars:
        made.append(_Staring(staring, scene, way(staring.name, staring.stream, staring.link), rng_of(staring.name)))
    for bearing in scenario.bearing_sensors:
        made.append(_Bearing(bearing, scene, way(bearing.name, bearing.stream, bearing.link), rng_of(bearing.name)))
    for group in scenario.tdoa_groups:
        made.append(_Tdoa(group, scene, way(group.name, group.stream, group.link), rng_of(group.name)))
    for remote in scenario.remote_id_receivers:
        made.append(_RemoteId(remote, scene, way(remote.name, remote.stream, remote.link), rng_of(remote.name)))
    for people in scenario.people:
        made.append(_Witnesses(people, scene, way(people.name, people.stream, Link()), rng_of(people.name)))
    return made


def receiver_name(group: TdoaGroup, number: int) -> str:
    """Return the name of one receiver of a group."""
    return f"{group.name}-{number + 1}"


def _kinds(wanted: list[str], otherwise: Callable[[str], bool]) -> IntArray:
    """Return the numbers of the kinds a sensor perceives."""
    names = wanted or [name for name in KINDS if otherwise(name)]
    return np.array([int(KINDS[name].number) for name in names], np.int64)


class _Base:
    """What these sensors share: a clock that may be wrong, and a way out."""

    def __init__(self, scene: Scene, way: Way, rng: np.random.Generator) -> None:
        self._scene = scene
        self._start_ns = scene.start_ns
        self._way = way
        self._rng = rng

    def _stamp_ns(self, t_s: float) -> int:
        return self._start_ns + round((t_s + self._way.clock_error_s(t_s)) * NS_PER_S)

    def _send(self, t_s: float, rows: list[Row]) -> None:
        payload = b"".join(msgspec.json.encode(row) + b"\n" for row in rows)
        self._way.send(self._start_ns + round(t_s * NS_PER_S), payload)


class _Staring(_Base):
    """A 3-D radar that sees its whole field at once, once a period."""

    def __init__(self, radar: StaringRadar, scene: Scene, way: Way, rng: np.random.Generator) -> None:
        super().__init__(scene, way, rng)
        self._radar = radar
        self._site = Site(radar.latitude_deg, radar.longitude_deg, radar.mast_m, scene)
        self._phase = float(rng.random())
        self._clutter_rng = rng.spawn(1)[0]  # apart: how strong clutter is moves no other plot

    def step(self, world: World) -> None:
        radar, rng = self._radar, self._rng
        rows = self._site.candidates(world, radar.range_m_max)
        now, after_s = due(np.full(1, self._phase), radar.period_s, world.now_s)
        if not now[0]:
            return
        seen = self._site.see(world.at(rows, after_s[0]))
        chance = detection_probability(
            seen.range_m,
            world.traits.rcs_m2[rows],
            range_half_m=radar.range_half_m,
            probability_max=radar.detection_probability_max,
            false_alarm_probability=radar.false_alarm_probability,
        )
        lot = rng.random(len(rows))
        size_m2 = world.traits.rcs_m2[rows] * 10.0 ** (0.1 * world.traits.echo_db[rows])
        snr = mean_snr(seen.range_m, size_m2, radar.range_half_m, radar.false_alarm_probability)
        power = echo_power(snr, lot / chance, radar.false_alarm_probability)
        kept = (lot < chance) & (seen.range_m < radar.range_m_max)
        kept &= self._site.above_horizon(seen) & faces(seen.azimuth_rad, radar.facing_deg, radar.width_deg)
        seen = Seen(*(np.concatenate((one[kept], false)) for one, false in zip(seen, self._false(), strict=True)))
        passed = self._clutter_rng.random(len(seen.range_m) - int(kept.sum()))
        false_power = echo_power(np.zeros(len(passed)), passed, radar.false_alarm_probability)
        snr_db = 10.0 * np.log10(np.concatenate((power[kept], false_power)))
        t_s = world.now_s + float(after_s[0])
        columns = (*(column.tolist() for column in seen), snr_db.tolist())
        plots = [self._row(t_s, *values) for values in zip(*columns, strict=True)]
        if plots:
            self._send(t_s, plots)

    def _false(self) -> Seen:
        radar, rng = self._radar, self._rng
        count = int(rng.poisson(radar.clutter_per_scan))
        aside_deg = rng.uniform(-0.5, 0.5, count) * radar.width_deg
        return Seen(
            radar.range_m_max * np.sqrt(rng.random(count)),
            np.radians(radar.facing_deg + aside_deg) % TAU,
            np.radians(rng.uniform(0.0, 10.0, count)),
            rng.normal(0.0, 2.0, count),
            np.zeros(count),
        )

    def _row(
        self,
        t_s: float,
        range_m: float,
        azimuth_rad: float,
        elevation_rad: float,
        rate_mps: float,
        _: float,
        snr_db: float,
    ) -> Row:
        radar, noise = self._radar, self._rng.normal(0.0, 1.0, 4).tolist()
        return {
            "t_ns": self._stamp_ns(t_s),
            "sensor": radar.name,
            "range_m": round(max(range_m + noise[0] * radar.sigma_range_m, 0.0), 2),
            "azimuth_true_deg": round((math.degrees(azimuth_rad) + noise[1] * radar.sigma_azimuth_deg) % 360.0, 4),
            "elevation_deg": round(math.degrees(elevation_rad) + noise[2] * radar.sigma_elevation_deg, 4),
            "range_rate_mps": round(rate_mps + noise[3] * radar.sigma_range_rate_mps, 2),
            "sigma_range_m": radar.sigma_range_m,
            "sigma_azimuth_deg": radar.sigma_azimuth_deg,
            "sigma_elevation_deg": radar.sigma_elevation_deg,
            "snr_db": round(snr_db, 1),
        }


class _Bearing(_Base):
    """Direction only. Sound tells where the object was when it made it, and arrives later by its way."""

    def __init__(self, sensor: BearingSensor, scene: Scene, way: Way, rng: np.random.Generator) -> None:
        super().__init__(scene, way, rng)
        self._sensor = sensor
        self._site = Site(sensor.latitude_deg, sensor.longitude_deg, sensor.mast_m, scene)
        perceives: dict[str, Callable[[str], bool]] = {
            "rf": lambda name: KINDS[name].transmits,
            "acoustic": lambda name: KINDS[name].audible,
            "camera": lambda name: True,
        }
        self._kinds = _kinds(list(sensor.hears), perceives[sensor.kind])

    def step(self, world: World) -> None:
        sensor, traits, rng = self._sensor, world.traits, self._rng
        rows = self._site.candidates(world, sensor.range_m_max)
        rows = rows[np.isin(traits.kind_no[rows], self._kinds)]
        now, after_s = due(traits.phase[rows], sensor.period_s, world.now_s)
        rows, after_s = rows[now], after_s[now]
        seen = self._site.see(world.at(rows, after_s))
        kept = (seen.range_m < sensor.range_m_max) & (rng.random(len(rows)) < sensor.detection_probability)
        kept &= faces(seen.azimuth_rad, sensor.facing_deg, sensor.width_deg) & self._site.above_horizon(seen)
        delay_s = seen.range_m / SPEED_OF_SOUND_MPS if sensor.kind == "acoustic" else np.zeros(len(rows))
        t_s = world.now_s + after_s + delay_s
        for row in np.flatnonzero(kept):
            self._tell(float(t_s[row]), float(seen.azimuth_rad[row]), float(seen.elevation_rad[row]))
        for _ in range(chances(rng, sensor.false_per_hour / _HOUR_S)):
            aside_deg = sensor.facing_deg + (rng.random() - 0.5) * sensor.width_deg
            self._tell(world.now_s + rng.random() * STEP_S, math.radians(aside_deg) % TAU, math.radians(5.0))

    def _tell(self, t_s: float, azimuth_rad: float, elevation_rad: float) -> None:
        sensor, noise = self._sensor, self._rng.normal(0.0, 1.0, 2).tolist()
        row: Row = {
            "t_ns": self._stamp_ns(t_s),
            "sensor": sensor.name,
            "azimuth_true_deg": round((math.degrees(azimuth_rad) + noise[0] * sensor.sigma_azimuth_deg) % 360.0, 4),
            "sigma_azimuth_deg": sensor.sigma_azimuth_deg,
        }
        if sensor.kind == "camera":
            row["elevation_deg"] = round(math.degrees(elevation_rad) + noise[1] * sensor.sigma_elevation_deg, 4)
            row["sigma_elevation_deg"] = sensor.sigma_elevation_deg
        if sensor.kind == "acoustic":
            row["flags"] = "sound"
        self._send(t_s, [row])


class _Tdoa(_Base):
    """Receivers that time the arrival of one transmission; a line for each that heard it."""

    def __init__(self, group: TdoaGroup, scene: Scene, way: Way, rng: np.random.Generator) -> None:
        super().__init__(scene, way, rng)
        self._group = group
        self._sites = [Site(latitude, longitude, group.mast_m, scene) for latitude, longitude in group.receivers]
        self._kinds = _kinds(list(group.hears), lambda name: KINDS[name].transmits or KINDS[name].transponder)
        self._count = 0

    def step(self, world: World) -> None:
        group, traits, rng = self._group, world.traits, self._rng
        rows = self._sites[0].candidates(world, group.range_m_max * 2.0)
        rows = rows[np.isin(traits.kind_no[rows], self._kinds)]
        now, after_s = due(traits.phase[rows], group.period_s, world.now_s)
        rows, after_s = rows[now], after_s[now]
        state = world.at(rows, after_s)
        seen = [site.see(state) for site in self._sites]
        heard = np.array(
            [
                (one.range_m < group.range_m_max)
                & site.above_horizon(one)
                & (rng.random(len(rows)) < group.detection_probability)
                for one, site in zip(seen, self._sites, strict=True)
            ]
        )
        for row in np.flatnonzero(heard.sum(axis=0) >= 2):
            sent_s = world.now_s + float(after_s[row])
            ranges_m = [float(one.range_m[row]) for one in seen]
            self._tell(sent_s, [(at, ranges_m[at]) for at in np.flatnonzero(heard[:, row]).tolist()])

    def _tell(self, sent_s: float, ranges_m: list[tuple[int, float]]) -> None:
        self._count += 1
        lines: list[Row] = []
        for at, range_m in ranges_m:
            way_ns = range_m / SPEED_OF_LIGHT_MPS * NS_PER_S + self._rng.normal(0.0, self._group.sigma_toa_ns)
            whole_ns = math.floor(way_ns)
            thousandths = min(int((way_ns - whole_ns) * 1_000.0), 999)
            lines.append(
                {
                    "group": f"{self._group.name}-{self._count}",
                    "sensor": receiver_name(self._group, at),
                    "toa_ns": f"{self._stamp_ns(sent_s) + whole_ns}.{thousandths:03d}",
                    "sigma_toa_ns": self._group.sigma_toa_ns,
                }
            )
        self._send(sent_s, lines)


class _RemoteId(_Base):
    """Hears what drones say of themselves; a claim, as ADS-B is."""

    def __init__(self, receiver: RemoteIdReceiver, scene: Scene, way: Way, rng: np.random.Generator) -> None:
        super().__init__(scene, way, rng)
        self._receiver = receiver
        self._site = Site(receiver.latitude_deg, receiver.longitude_deg, receiver.mast_m, scene)

    def step(self, world: World) -> None:
        receiver, traits, rng = self._receiver, world.traits, self._rng
        rows = self._site.candidates(world, receiver.range_m_max)
        rows = rows[traits.remote_id[rows]]
        now, after_s = due(traits.phase[rows], receiver.period_s, world.now_s)
        rows, after_s = rows[now], after_s[now]
        state = world.at(rows, after_s)
        seen = self._site.see(state)
        kept = (seen.range_m < receiver.range_m_max) & (rng.random(len(rows)) < receiver.reception_probability)
        noise = rng.normal(0.0, receiver.sigma_position_m, (len(rows), 3))
        latitude_rad, longitude_rad = displaced(*state[:3], noise[:, 0], noise[:, 1])
        for at in np.flatnonzero(kept):
            t_s = world.now_s + float(after_s[at])
            row: Row = {
                "t_ns": self._stamp_ns(t_s),
                "sensor": receiver.name,
                "object": traits.callsign[rows[at]].decode() or f"SIM{int(traits.target_no[rows[at]]):08d}",
                "latitude_deg": round(math.degrees(latitude_rad[at]), 7),
                "longitude_deg": round(math.degrees(longitude_rad[at]), 7),
                "height_hae_m": round(float(state.height_hae_m[at] + noise[at, 2]), 1),
                "sigma_position_m": receiver.sigma_position_m,
                "class_word": KIND_NAMES[int(traits.kind_no[rows[at]])],
                "flags": "claim",
            }
            self._send(t_s, [row])


class _Witnesses(_Base):
    """People who report, minutes later, that something low passed them."""

    def __init__(self, people: People, scene: Scene, way: Way, rng: np.random.Generator) -> None:
        super().__init__(scene, way, rng)
        self._people = people
        self._site = Site(people.latitude_deg, people.longitude_deg, 2.0, scene)
        spacing_m = people.radius_m / math.sqrt(people.count)
        east_m, north_m = np.array([member_offset_m(number, spacing_m) for number in range(people.count)]).T
        flat = np.column_stack((east_m, north_m, np.zeros(people.count)))
        self._latitude_rad, self._longitude_rad, _ = self._site.plane.geodetic_from_enu(flat)
        ground_m = np.full(people.count, scene.ground_height_hae_m + 2.0)
        self._ecef_m: FloatArray = ecef_from_geodetic(self._latitude_rad, self._longitude_rad, ground_m)
        self._noticed: dict[tuple[int, int], None] = {}

    def step(self, world: World) -> None:
        people, rng = self._people, self._rng
        rows = self._site.candidates(world, people.radius_m + people.hears_m)
        audible = _kinds([], lambda name: KINDS[name].audible)
        low = world.state.height_hae_m[rows] - self._scene.ground_height_hae_m < LOW_AGL_M
        rows = rows[np.isin(world.traits.kind_no[rows], audible) & low]
        away_m = np.linalg.norm(self._ecef_m[:, None, :] - world.start_ecef_m[rows][None, :, :], axis=2)
        for person, at in np.argwhere(away_m < people.hears_m).tolist():
            pair = (person, int(world.traits.target_no[rows[at]]))
            if pair in self._noticed:
                continue
            self._noticed[pair] = None
            if len(self._noticed) > NOTICED_MAX:
                del self._noticed[next(iter(self._noticed))]
            if rng.random() < people.report_probability:
                self._tell(person, world.now_s)
        for _ in range(chances(rng, people.false_per_hour / _HOUR_S)):
            self._tell(int(rng.integers(people.count)), world.now_s)

    def _tell(self, person: int, t_s: float) -> None:
        row: Row = {
            "t_ns": self._stamp_ns(t_s),
            "sensor": self._people.name,
            "object": f"{self._people.name} {person + 1}",
            "latitude_deg": round(math.degrees(self._latitude_rad[person]), 5),
            "longitude_deg": round(math.degrees(self._longitude_rad[person]), 5),
            "sigma_position_m": self._people.sigma_position_m,
            "flags": "report_by_person",
        }
        self._send(t_s + drawn(self._rng, self._people.delay_s), [row])
