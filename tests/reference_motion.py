"""The obvious NumPy twins of the classifier's kernels."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from skydas.identify.motion.features_kernels import NAMES
from skydas.identify.motion.model import Trees
from skydas.model import FloatArray

LEGS = 6


def features(t_s: FloatArray, values: FloatArray) -> dict[str, float]:
    """Return the features by name of samples in order: t_s (n,), values (n, len(VALUES))."""
    east, north, up, ve, vn, vu, sigma, sigma_v, sigma_h, manoeuvre, hover, agl = values.T
    speed = np.hypot(ve, vn)
    n, span = len(t_s), t_s[-1] - t_s[0]
    out = dict.fromkeys(NAMES, np.nan)
    ordered = np.sort(speed)
    out |= {"speed_mean_mps": speed.mean(), "speed_std_mps": speed.std(), "slow_share": (speed < 4.0).mean()}
    for k, name in enumerate(("min", "p25", "p50", "p75", "max")):
        out[f"speed_{name}_mps"] = ordered[(n - 1) * k // 4]
    out |= {"manoeuvre_mean": manoeuvre.mean(), "manoeuvre_max": manoeuvre.max()}
    out |= {"hover_mean": hover.mean(), "hover_max": hover.max(), "step_s": span / (n - 1)}
    out |= {"sigma_position_log_m": np.log(sigma.mean()), "sigma_velocity_log_mps": np.log(sigma_v.mean())}
    out |= _legs(t_s, east, north)
    u = 2.0 * (t_s - t_s[0]) / span - 1.0
    east, north, up = east - east[0], north - north[0], up - up[0]
    rest = [sum(_rest(u, x, degree) for x in (east, north)) for degree in range(4)]
    line_m = np.sqrt(rest[1] / (2 * n - 4))
    out |= {"line_rest_log_m": np.log(line_m + 1.0), "line_rest_log": np.log(line_m / sigma.mean() + 0.01)}
    out["arc_rest_log"] = np.log(np.sqrt(rest[2] / (2 * n - 6)) / sigma.mean() + 0.01)
    out["cubic_rest_log"] = np.log(np.sqrt(rest[3] / (2 * n - 8)) / sigma.mean() + 0.01)
    v = np.array([np.polyfit(t_s, x, 1)[0] for x in (east, north)])
    a = np.array([2.0 * np.polyfit(t_s, x, 2)[0] for x in (east, north)])
    out["line_speed_mps"] = fast = np.hypot(*v)
    out["accel_along_mps2"] = abs(a @ v) / (fast + 1.0)
    out["accel_across_mps2"] = abs(a[0] * v[1] - a[1] * v[0]) / (fast + 1.0)
    out["straightness"] = np.hypot(east[-1], north[-1]) / (np.hypot(np.diff(east), np.diff(north)).sum() + 1.0)
    out["net_mps"] = np.hypot(east[-1], north[-1]) / span
    out["spread_log_m"] = np.log(np.sqrt(east.var() + north.var()) + 1.0)
    out |= _turns(t_s, ve, vn) | _air(ve, vn)
    if np.isfinite(sigma_h).all():
        climb = np.polyfit(t_s, up, 1)[0]
        legs = np.array([np.polyfit(t_s[leg], up[leg], 1)[0] for leg in _parts(t_s) if len(leg) >= 3])
        both = ((vu - vu.mean()) * (speed - speed.mean())).mean()
        out |= {"climb_mps": climb, "climb_std_mps": legs.std()}
        out |= {"climb_min_mps": legs.min(), "climb_max_mps": legs.max()}
        out["climb_rest_log"] = np.log(np.sqrt(_rest(u, up, 1) / n) / sigma_h.mean() + 0.01)
        out["climb_per_way"] = climb / (fast + 3.0)
        out["climb_turning"] = climb * min(out["turn_abs_rad"] / (2.0 * np.pi), 4.0)
        out["climb_slowing"] = both / (vu.std() * speed.std() + 0.01)
        out["sigma_height_log_m"] = np.log(sigma_h.mean())
        out["height_agl_log_m"] = np.log(np.maximum(agl.mean(), 5.0))
    return out


def tree_sums(trees: Trees, row: FloatArray) -> FloatArray:
    """Return the sums of one row (features,), walked node by node."""
    sums = trees.base.copy()
    for root, output in zip(trees.root, trees.output, strict=True):
        node = root
        while trees.feature[node] >= 0:
            x = row[trees.feature[node]]
            goes_left = trees.missing_left[node] if np.isnan(x) else x <= trees.threshold[node]
            node = trees.left[node] if goes_left else trees.right[node]
        sums[output] += trees.value[node]
    return sums


def _rest(u: FloatArray, x: FloatArray, degree: int) -> float:
    return float(((x - np.polyval(np.polyfit(u, x, degree), u)) ** 2).sum())


def _parts(t_s: FloatArray) -> list[FloatArray]:
    leg = np.minimum(((t_s - t_s[0]) / (t_s[-1] - t_s[0]) * LEGS).astype(int), LEGS - 1)
    return [np.flatnonzero(leg == k) for k in range(LEGS)]


def _legs(t_s: FloatArray, east: FloatArray, north: FloatArray) -> dict[str, float]:
    legs = [leg for leg in _parts(t_s) if len(leg) >= 3]
    v = np.array([[np.polyfit(t_s[leg], x[leg], 1)[0] for x in (east, north)] for leg in legs])
    middle = np.array([0.5 * (t_s[leg[0]] + t_s[leg[-1]]) for leg in legs])
    speed = np.hypot(*v.T)
    turn = 0.0
    for before, after in pairwise(v):
        if min(np.hypot(*before), np.hypot(*after)) > 2.0:
            turn += abs(np.angle(complex(*after) / complex(*before)))
    accel = np.hypot(*np.diff(v, axis=0).T) / np.maximum(np.diff(middle), 1.0)
    return {
        "leg_speed_min_mps": speed.min(), "leg_speed_max_mps": speed.max(), "leg_speed_std_mps": speed.std(),
        "leg_accel_max_mps2": accel.max(), "leg_turn_rad": turn,
    }  # fmt: skip


def _turns(t_s: FloatArray, ve: FloatArray, vn: FloatArray) -> dict[str, float]:
    v = ve + 1j * vn
    moving = (np.abs(v[1:]) > 2.0) & (np.abs(v[:-1]) > 2.0)
    turn = np.angle(v[1:][moving] / v[:-1][moving])
    per_minute = 60.0 / (t_s[-1] - t_s[0])
    out = {"turn_net_rad": abs(turn.sum()) * per_minute, "turn_abs_rad": np.abs(turn).sum() * per_minute}
    out["turn_one_way"] = abs(turn.sum()) / (np.abs(turn).sum() + 0.05)
    if len(turn):
        rate = np.sort(np.abs(turn) / np.maximum(np.diff(t_s)[moving], 0.1))
        out |= {"turn_p50_radps": rate[(len(rate) - 1) // 2], "turn_p90_radps": rate[(len(rate) - 1) * 9 // 10]}
    return out


def _air(ve: FloatArray, vn: FloatArray) -> dict[str, float]:
    v = np.column_stack((ve, vn))
    about = v - v.mean(axis=0)
    spread = about.T @ about
    if np.linalg.det(spread) < 0.02 * np.trace(spread) ** 2 or np.trace(spread) < len(v):
        return {}
    middle, *_ = np.linalg.lstsq(np.column_stack((2.0 * about, np.ones(len(v)))), (about**2).sum(axis=1), rcond=None)
    radius = np.sqrt(middle[2] + middle[:2] @ middle[:2])
    rest = np.hypot(*(about - middle[:2]).T) - radius
    return {
        "air_speed_mps": min(radius, 1000.0),
        "air_rest_mps": float(np.sqrt((rest**2).mean())),
        "wind_mps": min(float(np.hypot(*(v.mean(axis=0) + middle[:2]))), 1000.0),
    }
