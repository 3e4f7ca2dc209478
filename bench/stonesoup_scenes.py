"""Scenes for Stone Soup and skydas alike: the same targets, noise and false plots, on a flat plane and on the earth.

As the published anchor measurement: targets at 20-250 m/s under white acceleration (q = 1 m2/s3) in a square of 200 km
for 1,000, seen with 0.9; a fifth of all plots are false. `position`: one sensor of 50 m every 4 s. The others: three
radars round the middle, each turning in 4 s, 50 m and 0.1 degrees. Stone Soup gets ranges and bearings on a flat plane,
which its two-dimensional model fits without any error; skydas gets slant range, azimuth and elevation of the same
places 3 to 10 km above the round earth.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from skydas.geo import TangentPlane
from skydas.library import Sensor
from skydas.library.paths import PLANE, geodetic_at_height
from skydas.model import FloatArray, Rows

SIDE_M: Final = 200e3
PERIOD_S: Final = 4.0
DETECTION: Final = 0.9
CLUTTER_SHARE: Final = 0.2
SIGMA_M: Final = 50.0
SIGMA_AZIMUTH_DEG: Final = 0.1
SIGMA_ELEVATION_DEG: Final = 0.3
RADARS: Final = 3
RING_M: Final = 70e3
LATE_SHARE: Final = 0.05
LATE_S: Final = (2.0, 6.0)
KINDS: Final = ("position", "radar", "manoeuvres", "bias", "late", "everything")


class Scan(NamedTuple):
    """What one sensor sees at one instant."""

    t_s: float
    sensor: int
    truth_m: FloatArray  # (n, 2)
    flat: FloatArray  # (k, 2): east, north; or bearing from north (rad), ground range (m)
    late_s: FloatArray  # (k,) how late each comes in; 0 in time
    plots: Rows  # the same k as skydas gets them


class Made(NamedTuple):
    """A scene."""

    kind: str
    side_m: float
    sensors: list[Sensor]
    radars_m: FloatArray  # (radars, 2)
    scans: list[Scan]


def scene(kind: str, targets: int, scans: int, seed: int, side_m: float = SIDE_M) -> Made:
    """Return a scene of one of KINDS."""
    assert kind in KINDS
    rng = np.random.default_rng(seed)
    is_radar = kind != "position"
    place = rng.uniform(-0.5 * side_m, 0.5 * side_m, (targets, 2))
    height = rng.uniform(3e3, 10e3, targets)
    speed, course = rng.uniform(20.0, 250.0, targets), rng.uniform(0.0, 2.0 * np.pi, targets)
    velocity = np.stack((speed * np.cos(course), speed * np.sin(course)), axis=1)
    ring = np.arange(RADARS) * 2.0 * np.pi / RADARS
    radars_m = RING_M * side_m / SIDE_M * np.column_stack((np.cos(ring), np.sin(ring)))
    sensors = _radars(radars_m) if is_radar else [_position_sensor(side_m)]
    bias = np.zeros((RADARS, 2))
    if kind in ("bias", "everything"):
        bias = np.column_stack((rng.uniform(-100.0, 100.0, RADARS), np.radians(rng.uniform(-0.2, 0.2, RADARS))))
    turn = _Turns(rng, targets) if kind in ("manoeuvres", "everything") else None
    clutter = targets * DETECTION * CLUTTER_SHARE / (1.0 - CLUTTER_SHARE)
    step_s = PERIOD_S / RADARS if is_radar else PERIOD_S
    made = []
    for scan in range(scans):
        t_s, sensor = scan * step_s, scan % RADARS if is_radar else 0
        seen = np.flatnonzero(rng.uniform(size=targets) < DETECTION)
        false = rng.poisson(clutter)
        at = np.concatenate((place[seen], rng.uniform(-0.5 * side_m, 0.5 * side_m, (false, 2))))
        at_height = np.concatenate((height[seen], rng.uniform(3e3, 10e3, false)))
        noise = rng.normal(size=(len(at), 3))
        late = np.where(rng.uniform(size=len(at)) < LATE_SHARE, rng.uniform(*LATE_S, len(at)), 0.0)
        if kind not in ("late", "everything"):
            late[:] = 0.0
        order = np.argsort(np.arctan2(at[:, 0], at[:, 1]))  # as an antenna that turns would send them
        at, at_height, noise, late = at[order], at_height[order], noise[order], late[order]
        if is_radar:
            flat = _flat(at - radars_m[sensor], noise, bias[sensor])
            plots = polar_of(sensors[sensor], t_s, at, at_height, noise, bias[sensor])
        else:
            flat = at + SIGMA_M * noise[:, :2]
            plots = sensors[0].position(t_s, flat)
        plots["rx_ns"] += np.rint(late * 1e9).astype(np.int64)
        made.append(Scan(t_s, sensor, place.copy(), flat, late, plots))
        kick = rng.normal(size=(targets, 2)) / np.sqrt(step_s)
        if turn is not None:
            kick += turn.acceleration(t_s, velocity)
        place = place + step_s * velocity + 0.5 * step_s**2 * kick
        velocity = velocity + step_s * kick
    return Made(kind, side_m, sensors, radars_m, made)


class _Turns:
    """A third of the targets turn, 20 s at a time and 1 to 4 g, with 20 s between."""

    def __init__(self, rng: np.random.Generator, targets: int) -> None:
        self._turns = rng.uniform(size=targets) < 1.0 / 3.0
        self._from_s = rng.uniform(0.0, 40.0, targets)
        self._mps2 = rng.uniform(1.0, 4.0, targets) * 9.81 * rng.choice([-1.0, 1.0], targets)

    def acceleration(self, t_s: float, velocity_mps: FloatArray) -> FloatArray:
        """Return accelerations across the course, (n, 2)."""
        speed = np.hypot(*velocity_mps.T)
        now = self._turns & ((t_s - self._from_s) % 40.0 < 20.0) & (speed > 100.0)
        across = np.column_stack((velocity_mps[:, 1], -velocity_mps[:, 0])) / np.maximum(speed, 1.0)[:, None]
        turned: FloatArray = np.where(now, self._mps2, 0.0)[:, None] * across
        return turned


def _position_sensor(side_m: float) -> Sensor:
    """Return a sensor that reaches the corners, and further than one that looks for drones."""
    return Sensor(name="one", sigma_position_m=SIGMA_M, period_s=PERIOD_S, range_m_max=max(0.75 * side_m, 45e3))


def _radars(radars_m: FloatArray) -> list[Sensor]:
    return [
        Sensor(
            name=f"radar-{number}",
            kind="radar_3d",
            at_m=(float(east_m), float(north_m), 0.0),
            sigma_range_m=SIGMA_M,
            sigma_azimuth_deg=SIGMA_AZIMUTH_DEG,
            sigma_elevation_deg=SIGMA_ELEVATION_DEG,
            period_s=PERIOD_S,
            range_m_max=230_000.0,
        )
        for number, (east_m, north_m) in enumerate(radars_m, start=1)
    ]


def _flat(away_m: FloatArray, noise: FloatArray, bias: FloatArray) -> FloatArray:
    """Return bearing from north and range on the flat plane, (k, 2)."""
    azimuth = np.arctan2(away_m[:, 0], away_m[:, 1]) + np.radians(SIGMA_AZIMUTH_DEG) * noise[:, 1] + bias[1]
    return np.column_stack((azimuth, np.hypot(*away_m.T) + SIGMA_M * noise[:, 0] + bias[0]))


def polar_of(
    radar: Sensor, t_s: float, at_m: FloatArray, height_m: FloatArray, noise: FloatArray, bias: FloatArray
) -> Rows:
    """Return what the radar measures of places (k, 2) at heights above the ellipsoid."""
    latitude, longitude, height = geodetic_at_height(PLANE, at_m, height_m)
    own = radar.config(1)
    assert own.latitude_deg is not None
    assert own.longitude_deg is not None
    enu_m = TangentPlane(own.latitude_deg, own.longitude_deg, own.height_hae_m).enu_from_geodetic(
        latitude, longitude, height
    )
    ground_m = np.hypot(enu_m[:, 0], enu_m[:, 1])
    return radar.polar(
        t_s,
        np.hypot(ground_m, enu_m[:, 2]) + SIGMA_M * noise[:, 0] + bias[0],
        np.arctan2(enu_m[:, 0], enu_m[:, 1]) + np.radians(SIGMA_AZIMUTH_DEG) * noise[:, 1] + bias[1],
        np.arctan2(enu_m[:, 2], ground_m) + np.radians(SIGMA_ELEVATION_DEG) * noise[:, 2],
    )
