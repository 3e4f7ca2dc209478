"""What can be said of a threat and of a destination from distance and heading alone: the least that skydas must beat.

Nothing but a track's place, velocity and the protected places enters. Their alerts and ranks are learned from nothing:
`closeness` is a fixed formula. As probabilities they are fitted on the tuning seeds, so that they are as good as such
simple things can be; where nearness says nothing, that is the share of threats.
"""

from __future__ import annotations

import itertools
from typing import Final

import numpy as np

from bench.assessment_run import Run
from skydas.model import BoolArray, FloatArray, IntArray, Rows

AHEAD_S: Final = 600.0  # the closest point of approach is looked for so far ahead
KM: Final = 1_000.0
NEAR_M: Final = 5_000.0  # of the distance alone
FAR_M: Final = 20_000.0  # of the distance, where the heading counts too
MISSED_M: Final = 2_000.0  # of the miss distance on the present course
RIDGE: Final = 1e-3
NEWTON_STEPS: Final = 40
ELSEWHERE: Final = "elsewhere"
# of the destinations: falling off with distance, with the miss distance, and the weight of "elsewhere"
DISTANCE_KM: Final = (3.0, 6.0, 12.0, 24.0, 1e9)
MISS_KM: Final = (0.5, 1.0, 2.0, 4.0, 1e9)
ELSEWHERE_WEIGHT: Final = (1e-3, 1e-2, 0.03, 0.1, 0.3, 1.0, 3.0)


def to_assets(rows: Rows, assets: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the way to each asset's edge, how near the present course leads to it, and in how long, (n, a) each.

    rows   : (n,) with x_m, y_m, vx_mps, vy_mps
    assets : (a, 3) x, y and radius, m
    """
    east_m, north_m = assets[:, 0] - rows["x_m"][:, None], assets[:, 1] - rows["y_m"][:, None]
    vx, vy = rows["vx_mps"][:, None].astype(float), rows["vy_mps"][:, None].astype(float)
    closest_s = np.clip((east_m * vx + north_m * vy) / np.maximum(vx**2 + vy**2, 1.0), 0.0, AHEAD_S)
    distance_m = np.maximum(np.hypot(east_m, north_m) - assets[:, 2], 0.0)
    miss_m = np.maximum(np.hypot(east_m - vx * closest_s, north_m - vy * closest_s) - assets[:, 2], 0.0)
    return distance_m, miss_m, closest_s


def asset_array(run: Run) -> FloatArray:
    """Return the assets of a run, (a, 3)."""
    return np.array(list(run.assets.values()), float).reshape(-1, 3)


def features(run: Run) -> dict[str, FloatArray]:
    """Return what each baseline looks at, for every sample: (n, 1) and (n, 4)."""
    distance_m, miss_m, closest_s = to_assets(run.samples, asset_array(run))
    rows = np.arange(len(distance_m))
    nearest = distance_m.argmin(axis=1)
    aimed = (miss_m / KM + 0.1 * distance_m / KM).argmin(axis=1)
    away = np.log1p(distance_m[rows, nearest] / KM)
    return {
        "distance": away[:, None],
        "distance and heading": np.column_stack(
            (
                away,
                np.log1p(miss_m[rows, aimed] / KM),
                np.log1p(distance_m[rows, aimed] / KM),
                closest_s[rows, aimed] / AHEAD_S,
            )
        ),
    }


def closeness(run: Run) -> dict[str, FloatArray]:
    """Return how near each sample is to something protected, 0 .. 1: by distance, and by where its course leads."""
    distance_m, miss_m, _ = to_assets(run.samples, asset_array(run))
    return {
        "distance": np.exp(-distance_m / NEAR_M).max(axis=1),
        "distance and heading": np.exp(-distance_m / FAR_M - miss_m / MISSED_M).max(axis=1),
    }


def fit_logistic(x: FloatArray, is_true: BoolArray, weight: FloatArray) -> FloatArray:
    """Return the coefficients (f + 1,) of the likeliest logistic curve that nowhere rises, by Newton's method.

    A small ridge keeps it finite; a feature that would make what is farther more of a threat is left out.
    """
    kept = np.ones(x.shape[1], np.bool_)
    while True:
        found = np.zeros(x.shape[1] + 1)
        found[np.append(True, kept)] = _newton(x[:, kept], is_true, weight)
        rising = found[1:] > 0.0
        if not rising.any():
            return found
        kept &= found[1:] < found[1:].max()


def _newton(x: FloatArray, is_true: BoolArray, weight: FloatArray) -> FloatArray:
    design = np.column_stack((np.ones(len(x)), x))
    found = np.zeros(design.shape[1])
    weight = weight / weight.sum()
    for _ in range(NEWTON_STEPS):
        chance = _sigmoid(design @ found)
        slope = design.T @ (weight * (is_true - chance)) - RIDGE * found
        bend = (design * (weight * chance * (1.0 - chance))[:, None]).T @ design + RIDGE * np.eye(len(found))
        step = np.linalg.solve(bend, slope)
        found += step
        if np.abs(step).max() < 1e-9:
            break
    return found


def logistic(x: FloatArray, coefficients: FloatArray) -> FloatArray:
    """Return the chances of a fitted curve, (n,)."""
    return _sigmoid(coefficients[0] + x @ coefficients[1:])


def _sigmoid(value: FloatArray) -> FloatArray:
    chance: FloatArray = 1.0 / (1.0 + np.exp(-np.clip(value, -40.0, 40.0)))
    return chance


def destination_chances(rows: Rows, assets: FloatArray, shape: tuple[float, float, float]) -> FloatArray:
    """Return the chance of each asset and of elsewhere (last), (n, a + 1)."""
    distance_m, miss_m, _ = to_assets(rows, assets)
    weight = np.exp(-distance_m / KM / shape[0] - miss_m / KM / shape[1])
    weight = np.column_stack((weight, np.full(len(rows), shape[2])))
    chance: FloatArray = weight / weight.sum(axis=1, keepdims=True)
    return chance


def fit_destinations(rows: Rows, assets: FloatArray, true: IntArray) -> dict[str, tuple[float, float, float]]:
    """Return for each baseline the shape with the least log loss, "elsewhere" and all assets counting the same.

    true : (n,) column of the true destination, the last of them elsewhere
    """
    is_elsewhere = true == len(assets)
    weight = np.where(is_elsewhere, 1.0 / max(is_elsewhere.sum(), 1), 1.0 / max((~is_elsewhere).sum(), 1))
    found = {}
    for name, misses in (("distance", MISS_KM[-1:]), ("distance and heading", MISS_KM)):
        shapes = list(itertools.product(DISTANCE_KM, misses, ELSEWHERE_WEIGHT))
        chosen = [destination_chances(rows, assets, shape)[np.arange(len(rows)), true] for shape in shapes]
        losses = [float(np.average(-np.log(np.maximum(chance, 1e-6)), weights=weight)) for chance in chosen]
        found[name] = shapes[int(np.argmin(losses))]
    return found
