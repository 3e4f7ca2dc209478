"""Where a balloon drifts, whether it comes near an airport, and when that is over.

It climbs at the rate it shows until it bursts at a height that nobody knows, falls as its parachute lets it, or floats
where it floats; the wind of each layer carries it (`wind.Wind`). Points spread over what is not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from skydas.assess.predict.flat import moved, offset_m
from skydas.assess.predict.quasi import normals, uniforms
from skydas.assess.predict.wind import (
    LAYER_M,
    LAYERS,
    SIGMA_MPS,
    SIGMA_MPS_MAX,
    SIGMA_PER_KM,
    SIGMA_PER_ROOT_HOUR,
    Wind,
)
from skydas.model import NS_PER_S, Asset, Closure, FloatArray, IntArray

POINTS: Final = 400
STEP_S: Final = 60.0
CLIMBS_MPS: Final = 1.0  # what climbs or sinks slower than this floats
# The air thins out with height, so a parachute falls faster up there: by exp(height / twice the scale height).
SCALE_HEIGHT_M: Final = 7_600.0
FALL_MPS: Final = (3.0, 10.0)  # near the ground, of balloons that have not fallen yet
FLOAT_MPS: Final = 0.3  # one sigma of how fast a floating one rises or sinks


class Balloon(NamedTuple):
    """One balloon as it is now."""

    t_ns: int
    latitude_deg: float
    longitude_deg: float
    height_m: float
    velocity_mps: tuple[float, float, float]
    sigma_m: float


class Drift(NamedTuple):
    """Where its points are, step by step."""

    ahead_s: FloatArray  # (t,)
    at_m: FloatArray  # (t, p, 2) east and north of where it is now
    height_m: FloatArray  # (t, p); 0: it lies on the ground


def drift(now: Balloon, wind: Wind, horizon_s: float, ceiling_m: tuple[float, float]) -> Drift:
    """Return where a balloon may be every STEP_S until the horizon; it bursts between the two heights."""
    steps = int(horizon_s / STEP_S)
    u = uniforms(POINTS, 8)
    z = normals(u[:, :6])
    mean, off_km = wind.table()
    # The balloon itself is the newest witness of its layer: what it shows beyond the table fades with height off it.
    own = np.array(now.velocity_mps[:2])
    here = _layer(np.array([now.height_m]))[0]
    near = np.exp(-(((np.arange(LAYERS) - here) * LAYER_M / 1_500.0) ** 2))[:, None]
    mean = mean + (own - mean[here]) * (near if wind.is_known else 1.0)
    own_off_km = np.abs(np.arange(LAYERS) - here) * LAYER_M / 1_000.0
    off_km = np.minimum(off_km, own_off_km) if wind.is_known else own_off_km
    climb = np.full(POINTS, now.velocity_mps[2]) * np.exp(0.1 * z[:, 4])
    rises = now.velocity_mps[2] > CLIMBS_MPS
    falls = now.velocity_mps[2] < -CLIMBS_MPS
    lowest = max(now.height_m, ceiling_m[0])
    ceiling = lowest + (max(ceiling_m[1], lowest + 1_000.0) - lowest) * u[:, 6]
    slow = np.exp(-now.height_m / (2.0 * SCALE_HEIGHT_M))
    fall = -climb * slow if falls else FALL_MPS[0] * (FALL_MPS[1] / FALL_MPS[0]) ** u[:, 7]
    is_rising = np.full(POINTS, rises)
    height = np.full(POINTS, now.height_m)
    at = now.sigma_m * z[:, :2]
    found_at, found_height = [at], [height]
    for step in range(1, steps + 1):
        down = -fall * np.exp(height / (2.0 * SCALE_HEIGHT_M))
        rate = np.where(is_rising, climb, down) if rises or falls else FLOAT_MPS * z[:, 5]
        lies = height <= 0.0
        middle = np.maximum(height + 0.5 * STEP_S * rate, 0.0)
        layer = _layer(middle)
        hours = step * STEP_S / 3600.0
        sigma = np.sqrt(SIGMA_MPS**2 + (SIGMA_PER_KM * off_km[layer]) ** 2 + SIGMA_PER_ROOT_HOUR**2 * hours)
        velocity = mean[layer] + np.minimum(sigma, SIGMA_MPS_MAX)[:, None] * z[:, 2:4]
        at = at + np.where(lies[:, None], 0.0, STEP_S * velocity)
        height = np.where(lies, 0.0, np.maximum(height + STEP_S * rate, 0.0))
        is_rising = is_rising & (height < ceiling)
        found_at.append(at)
        found_height.append(height)
    return Drift(STEP_S * np.arange(steps + 1.0), np.stack(found_at), np.stack(found_height))


def _layer(height_m: FloatArray) -> IntArray:
    rows: IntArray = np.clip((height_m / LAYER_M).astype(np.int64), 0, LAYERS - 1)
    return rows


def line(now: Balloon, drifting: Drift, every_s: float) -> tuple[tuple[float, float, float, float], ...]:
    """Return s ahead, latitude, longitude (deg) and radius that holds 90 % (m), every `every_s`."""
    found = []
    for row in range(0, len(drifting.ahead_s), max(int(every_s / STEP_S), 1)):
        middle = np.median(drifting.at_m[row], axis=0)
        radius_m = float(np.quantile(np.hypot(*(drifting.at_m[row] - middle).T), 0.9))
        latitude, longitude = moved(
            np.radians(np.array(now.latitude_deg)), np.radians(np.array(now.longitude_deg)), middle[0], middle[1]
        )
        place = (round(float(np.degrees(latitude)), 6), round(float(np.degrees(longitude)), 6))
        found.append((float(drifting.ahead_s[row]), *place, round(radius_m, 1)))
    return tuple(found)


def closures(
    now: Balloon, drifting: Drift, airports: Sequence[Asset], margin_m: float, probability_min: float
) -> tuple[Closure, ...]:
    """Return the window of each airport in which the balloon is in its area and in the air more often than that."""
    found = []
    for airport in airports:
        corners = np.radians(np.array(airport.points))
        east_m, north_m = offset_m(
            np.radians(np.array(now.latitude_deg)),
            np.radians(np.array(now.longitude_deg)),
            corners[:, 0],
            corners[:, 1],
        )
        middle = np.array([east_m.mean(), north_m.mean()])
        reach_m = max(airport.radius_m, float(np.hypot(east_m - middle[0], north_m - middle[1]).max())) + margin_m
        near = np.hypot(drifting.at_m[..., 0] - middle[0], drifting.at_m[..., 1] - middle[1]) < reach_m
        share = (near & (drifting.height_m > 0.0)).mean(axis=1)
        over = np.flatnonzero(share >= probability_min)
        if not len(over):
            continue
        peak = int(np.argmax(share))
        peak_ns, from_ns, until_ns = (
            now.t_ns + round(float(drifting.ahead_s[row]) * NS_PER_S) for row in (peak, over[0], over[-1])
        )
        is_open_ended = bool(over[-1] == len(share) - 1)
        largest = round(float(share[peak]), 3)
        found.append(Closure(airport.name, largest, peak_ns, from_ns, until_ns, is_open_ended))
    return tuple(found)
