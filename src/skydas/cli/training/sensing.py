"""Flights through simulated radars and our own tracker: what the classifier sees of them.

Every class is seen by the same radars at the same distances: otherwise the noise or the sampling would tell the class.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from skydas.cli.training.flights import Path
from skydas.identify.motion.windows import Windows
from skydas.library.sensor import Sensor
from skydas.library.tracking import Tracker
from skydas.model import FloatArray, Rows

LEAD_S: Final = 30.0  # for the track to be confirmed and to settle
LONG_S: Final = 120.0
WINDOWS_S: Final = (60, 120)
TRACKS_MAX: Final = 64  # of one flight: mostly one


class Radar(NamedTuple):
    """A kind of radar; each flight meets one drawn between these limits."""

    name: str
    three_d: bool
    period_s: tuple[float, float]
    sigma_range_m: tuple[float, float]
    sigma_azimuth_deg: tuple[float, float]
    sigma_height_m: tuple[float, float]  # at the flight's own distance
    distance_m: tuple[float, float]
    range_m_max: float


RADARS: Final = (
    Radar("surveillance_3d", True, (1.0, 4.0), (25, 100), (0.1, 0.5), (25, 120), (3e3, 25e3), 200e3),
    Radar("surveillance_2d", False, (1.0, 4.0), (25, 100), (0.1, 0.5), (25, 120), (3e3, 25e3), 200e3),
    Radar("drone_3d", True, (0.5, 1.5), (4, 15), (0.2, 0.8), (5, 30), (500, 5e3), 10e3),
)
DETECTED: Final = (0.8, 0.9)
ELEVATION_DEG_MAX: Final = 45.0


def sensed(
    path: Path, ground_m: float, begin_s: float, radar: Radar, rng: np.random.Generator
) -> dict[int, FloatArray]:
    """Track a flight for LEAD_S + LONG_S from `begin_s`; return the features of its last windows, by window length.

    Where the radar or the tracker lost it, windows are missing.
    """
    period_s, sigma_m = rng.uniform(*radar.period_s), rng.uniform(*radar.sigma_range_m)
    azimuth_deg, detected = rng.uniform(*radar.sigma_azimuth_deg), rng.uniform(*DETECTED)
    distance_m = float(np.exp(rng.uniform(*np.log(radar.distance_m))))
    elevation_deg = float(np.degrees(rng.uniform(*radar.sigma_height_m) / distance_m))
    sensor = Sensor(
        name=radar.name,
        kind="radar_3d" if radar.three_d else "radar_2d",
        sigma_range_m=sigma_m,
        sigma_azimuth_deg=azimuth_deg,
        sigma_elevation_deg=elevation_deg,
        period_s=period_s,
        range_m_max=radar.range_m_max,
        detection_probability=detected,
    )
    plots = _plots(path, begin_s, radar, sensor, distance_m, rng)
    tracker, windows = Tracker([sensor], registration=False), Windows(TRACKS_MAX)
    for k in range(len(plots)):
        changed = tracker.take(plots[k : k + 1])
        changed["height_agl_m"] = changed["height_hae_m"] - ground_m
        windows.take(changed)
    if len(windows) == 0:
        return {}
    newest_ns = np.where(windows.count > 0, windows.t_ns[np.arange(len(windows.count)), windows.newest], 0)
    row = np.array([int(np.argmax(newest_ns))])
    found = {}
    for window_s in WINDOWS_S:
        features, _, full = windows.features(row, window_s)
        if full[0]:
            found[window_s] = features[0]
    return found


def _plots(
    path: Path, begin_s: float, radar: Radar, sensor: Sensor, distance_m: float, rng: np.random.Generator
) -> Rows:
    """Return what the radar reports of the flight, PLOT (n,)."""
    end_s = begin_s + LEAD_S + LONG_S
    t = np.arange(begin_s + rng.uniform(0, sensor.period_s), end_s, sensor.period_s)
    t = t + rng.normal(0.0, 0.01 * sensor.period_s, len(t))
    t = t[(rng.random(len(t)) < sensor.detection_probability) & (t >= begin_s) & (t <= end_s)]
    toward = rng.uniform(-np.pi, np.pi)
    middle = path.at(np.array([end_s - LONG_S / 2.0]))[0]
    place = path.at(t)
    place[:, 0] += distance_m * np.sin(toward) - middle[0]
    place[:, 1] += distance_m * np.cos(toward) - middle[1]
    ground_m = np.hypot(place[:, 0], place[:, 1])
    below = np.arctan2(place[:, 2], ground_m) < np.radians(ELEVATION_DEG_MAX)  # a radar does not look straight up
    t, place, ground_m = t[below], place[below], ground_m[below]
    range_m = np.hypot(ground_m, place[:, 2]) + rng.normal(0.0, sensor.sigma_range_m, len(t))
    azimuth = np.arctan2(place[:, 0], place[:, 1]) + rng.normal(0.0, np.radians(sensor.sigma_azimuth_deg), len(t))
    elevation = np.arctan2(place[:, 2], ground_m)
    elevation = elevation + rng.normal(0.0, np.radians(sensor.sigma_elevation_deg), len(t))
    return sensor.polar(t - begin_s, np.abs(range_m), azimuth, elevation if radar.three_d else None)
