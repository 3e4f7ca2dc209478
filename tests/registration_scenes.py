"""Radars with biases, targets that they share, and claims beside: plots, and the tracks that they belong to.

The association is given, because registration takes it as input: a plot's track is its target's.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skydas.fuse.registration import Registration, RegistrationParams
from skydas.geo import TangentPlane
from skydas.model import (
    NS_PER_S,
    TAU,
    FloatArray,
    IntArray,
    PlotFlag,
    PlotKind,
    Rows,
    SensorConfig,
    TrackStatus,
    empty_plots,
    empty_tracks,
)

START_NS = 1_700_000_000 * NS_PER_S
PLANE = TangentPlane(55.0, 24.0)
FIRST_PLACES_M = [[0.0, 0.0], [90e3, 10e3], [35e3, 85e3], [-60e3, 40e3], [10e3, -70e3]]
RADARS_MAX = 100
_TURNS = 2.399963 * np.arange(RADARS_MAX - len(FIRST_PLACES_M))  # the golden angle: spread evenly
_SPIRAL_M = 15e3 * np.sqrt(4.0 + np.arange(len(_TURNS)))[:, None] * np.stack((np.cos(_TURNS), np.sin(_TURNS)), axis=-1)
PLACES_M = np.pad(np.concatenate((FIRST_PLACES_M, _SPIRAL_M)), ((0, 0), (0, 1)))
STEP_S = 0.5


class Scene(NamedTuple):
    """Plots by arrival, and the truth behind them."""

    sensors: list[SensorConfig]
    biases: FloatArray  # (radars, 4): range m, azimuth rad, elevation rad, time s
    plots: Rows  # PLOT (n,)
    track_no: IntArray  # (n,)
    seconds: float


def radars(kind: str, count: int = 3) -> list[SensorConfig]:
    """Return radars of one kind and, last, an ADS-B network."""
    latitude, longitude, height = PLANE.geodetic_from_enu(PLACES_M[:count])
    made = [
        SensorConfig(
            id=row + 1,
            name=f"radar-{row + 1}",
            kind=kind,  # type: ignore[arg-type]
            latitude_deg=float(np.degrees(latitude[row])),
            longitude_deg=float(np.degrees(longitude[row])),
            height_hae_m=float(height[row]),
            sigma_elevation_deg=0.3,
        )
        for row in range(count)
    ]
    return [*made, SensorConfig(id=count + 1, name="adsb", kind="adsb")]


def scene(
    seed: int,
    *,
    kind: str = "radar_3d",
    radar_count: int = 3,
    targets: int = 20,
    seconds: float = 300.0,
    claiming: int = 6,
    speed_mps: tuple[float, float] = (120.0, 240.0),
    turning: float = 0.3,
    area_m: float = 120e3,
    bias_share: float = 1.0,
    drift_share_per_s: float = 0.0,
    spoofed: int = 0,
    spoof_m: float = 0.0,
    spoof_together: bool = False,
    pressure_m: float = 0.0,
    place_error_m: float = 0.0,
    latency_s: float = 0.058,
) -> Scene:
    """Make a scene. `place_error_m`: radar 2 stands so far east of where its configuration says.

    bias_share  : of (150 m, 0.3 deg, 0.3 deg, 1 s), the bounds that biases are drawn from
    spoof_m     : false offset of the first `spoofed` claims; together: all the same way
    """
    rng = np.random.default_rng(seed)
    sensors = radars(kind, radar_count)
    bound = np.array([150.0, np.radians(0.3), np.radians(0.3), 1.0]) * bias_share
    biases = rng.uniform(-1.0, 1.0, (radar_count, 4)) * bound
    if kind == "radar_2d":
        biases[:, 2] = 0.0
    centre = PLACES_M[:radar_count, :2].mean(axis=0)
    path = _paths(rng, targets, seconds, centre, area_m, speed_mps, turning)
    heights = rng.uniform(4000.0, 11000.0, targets)
    parts, owners = [], []
    for s in range(radar_count):
        plots, owner = _radar_plots(
            rng, sensors[s], s, path, heights, seconds, biases[s], drift_share_per_s, pressure_m,
            place_error_m if s == 1 else 0.0,
        )  # fmt: skip
        parts.append(plots)
        owners.append(owner)
    together = rng.normal(size=2)
    for i in range(claiming):
        offset = np.zeros(2)
        if i < spoofed:
            offset = together if spoof_together else rng.normal(size=2)
            offset = offset * spoof_m / np.hypot(*offset)
        lag_s = abs(rng.normal(latency_s * 0.86, latency_s * 0.86))
        plots = _claims(rng, radar_count, path[i], heights[i], seconds, offset, lag_s)
        parts.append(plots)
        owners.append(np.full(len(plots), i + 1))
    every, owner = np.concatenate(parts), np.concatenate(owners)
    order = np.lexsort((np.arange(len(every)), every["rx_ns"]))
    return Scene(sensors, biases, every[order], owner[order], seconds)


def _paths(
    rng: np.random.Generator, targets: int, seconds: float, centre: FloatArray, area_m: float,
    speed_mps: tuple[float, float], turning: float,
) -> FloatArray:  # fmt: skip
    """Return places in the plane every STEP_S from -6 s on, (targets, k, 2): legs, and turns up to 1 g."""
    count = int((seconds + 12.0) / STEP_S)
    start = centre + rng.uniform(-area_m / 2, area_m / 2, (targets, 2))
    aim = centre + rng.uniform(-area_m / 3, area_m / 3, (targets, 2)) - start
    speed = rng.uniform(*speed_mps, targets)
    course = np.arctan2(aim[:, 0], aim[:, 1])[:, None] * np.ones(count)
    for i in np.flatnonzero(rng.uniform(size=targets) < turning):
        at = rng.uniform(20.0, 120.0)
        while at < seconds:
            lasts = rng.uniform(15.0, 30.0)
            rate = rng.choice((-1.0, 1.0)) * min(np.radians(3.0), 10.0 / speed[i])
            first, last = int(at / STEP_S), min(int((at + lasts) / STEP_S), count)
            course[i, first:last] += rate * STEP_S * np.arange(1, last - first + 1)
            course[i, last:] += rate * STEP_S * (last - first)
            at += lasts + rng.uniform(40.0, 120.0)
    steps = speed[:, None, None] * STEP_S * np.stack((np.sin(course), np.cos(course)), axis=-1)
    return start[:, None] + np.cumsum(steps, axis=1)


def _at(path: FloatArray, t_s: FloatArray) -> FloatArray:
    grid = np.arange(len(path)) * STEP_S - 6.0
    return np.stack((np.interp(t_s, grid, path[:, 0]), np.interp(t_s, grid, path[:, 1])), axis=-1)


def _geodetic(place_m: FloatArray, height_m: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return latitude, longitude and height of what flies at `height_m` over (n, 2) places of the plane."""
    flat = np.concatenate((place_m, np.zeros((len(place_m), 1))), axis=1)
    latitude, longitude, _ = PLANE.geodetic_from_enu(flat)
    return latitude, longitude, np.full(len(place_m), height_m)


def _radar_plots(
    rng: np.random.Generator, sensor: SensorConfig, row: int, path: FloatArray, heights: FloatArray, seconds: float,
    bias: FloatArray, drift_share_per_s: float, pressure_m: float, place_error_m: float,
) -> tuple[Rows, IntArray]:  # fmt: skip
    assert sensor.latitude_deg is not None
    assert sensor.longitude_deg is not None
    own = TangentPlane(sensor.latitude_deg, sensor.longitude_deg, sensor.height_hae_m)
    parts, owners = [], []
    for i in range(len(path)):
        t_s = np.arange(rng.uniform(0.0, 4.0), seconds, 4.0)
        t_s = t_s[rng.uniform(size=len(t_s)) < 0.9]
        place = _at(path[i], t_s) - np.array([place_error_m, 0.0])
        enu = own.enu_from_geodetic(*_geodetic(place, heights[i]))
        ground = np.hypot(enu[:, 0], enu[:, 1])
        plots = empty_plots(len(t_s))
        noise = rng.normal(size=(len(t_s), 3))
        now = bias[None] * (1.0 + drift_share_per_s * t_s[:, None])
        plots["t_ns"] = START_NS + ((t_s + bias[3]) * NS_PER_S).astype(np.int64)
        plots["rx_ns"] = START_NS + ((t_s + 0.2) * NS_PER_S).astype(np.int64)
        plots["range_m"] = np.hypot(ground, enu[:, 2]) + now[:, 0] + 50.0 * noise[:, 0]
        plots["azimuth_true_rad"] = (np.arctan2(enu[:, 0], enu[:, 1]) + now[:, 1] + np.radians(0.1) * noise[:, 1]) % TAU
        if sensor.kind == "radar_3d":
            plots["elevation_rad"] = np.arctan2(enu[:, 2], ground) + now[:, 2] + np.radians(0.3) * noise[:, 2]
        plots["height_pressure_m"] = heights[i] + pressure_m + rng.normal(0.0, 15.0, len(t_s))
        plots["sensor"], plots["kind"] = row, PlotKind.POLAR
        plots["cov"] = 2500.0, 0.0, 0.0, np.radians(0.1) ** 2, 0.0, np.radians(0.3) ** 2
        parts.append(plots)
        owners.append(np.full(len(t_s), i + 1))
    return np.concatenate(parts), np.concatenate(owners)


def _claims(
    rng: np.random.Generator, row: int, path: FloatArray, height_m: float, seconds: float, offset_m: FloatArray,
    lag_s: float,
) -> Rows:  # fmt: skip
    t_s = np.arange(rng.uniform(0.0, 1.0), seconds, 1.0)
    place = _at(path, t_s - lag_s) + offset_m + rng.normal(0.0, 15.0, (len(t_s), 2))
    plots = empty_plots(len(t_s))
    plots["latitude_rad"], plots["longitude_rad"], plots["height_hae_m"] = _geodetic(place, height_m)
    plots["height_hae_m"] += rng.normal(0.0, 20.0, len(t_s))
    plots["t_ns"] = START_NS + (t_s * NS_PER_S).astype(np.int64)
    plots["rx_ns"] = plots["t_ns"] + NS_PER_S // 10
    plots["sensor"], plots["kind"], plots["flags"] = row, PlotKind.POSITION, PlotFlag.CLAIM
    plots["cov"] = 15.0**2, 0.0, 0.0, 15.0**2, 0.0, 20.0**2
    return plots


def run(given: Scene, params: RegistrationParams | None = None, batch_s: float = 1.0) -> Registration:
    """Give a scene to a new registration, `batch_s` of arrivals at a time."""
    registration = Registration(params or RegistrationParams(), given.sensors, PLANE)
    feed(registration, given, 0.0, given.seconds + 2.0, batch_s)
    return registration


def feed(registration: Registration, given: Scene, from_s: float, to_s: float, batch_s: float = 1.0) -> None:
    """Give what arrived from `from_s` to `to_s`."""
    rx_ns = given.plots["rx_ns"]
    for begin_s in np.arange(from_s, to_s, batch_s):
        first, last = np.searchsorted(rx_ns, START_NS + (np.array([begin_s, begin_s + batch_s]) * NS_PER_S).astype(int))
        now_ns = START_NS + int((begin_s + batch_s) * NS_PER_S)
        track_no = given.track_no[first:last]
        tracks = quiet_tracks(now_ns, np.unique(track_no), given.sensors)
        registration.step(now_ns, given.plots[first:last], track_no, tracks)


def quiet_tracks(now_ns: int, numbers: IntArray, sensors: list[SensorConfig]) -> Rows:
    """Return confirmed, quiet tracks that every sensor sees."""
    tracks = empty_tracks(len(numbers))
    tracks["track_no"], tracks["status"], tracks["t_ns"] = numbers, TrackStatus.CONFIRMED, now_ns
    tracks["mode_probability"] = 0.9, 0.05, 0.05
    tracks["sensors"] = np.uint64((1 << min(len(sensors), 64)) - 1)
    return tracks
