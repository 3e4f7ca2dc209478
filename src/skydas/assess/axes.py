"""Axes of threat, learned from where earlier threats flew: proposals, which people edit before a node uses them.

Paths that go alike are one bundle: every point of the shorter one lies within `width_m` of the longest of the bundle,
and its chord points the same way within ALIKE_DEG. A bundle of `count_min` paths becomes an axis along its longest
path. Its value is the chance that the next threat comes along it, by the rule of succession: (n + 1) / (N + 2) of N.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from skydas.model import Asset, FloatArray

ALIKE_DEG: Final = 45.0
LENGTH_M_MIN: Final = 5_000.0  # a shorter path has no direction worth an axis
SAMPLES: Final = 33  # of a path, evenly along its way
RADIUS_M_MIN: Final = 1_000.0
AXES_MAX: Final = 50
_M_PER_DEG: Final = 111_195.0  # of latitude, on a sphere of 6,371 km


class Path(msgspec.Struct, frozen=True):
    """Where one threat flew."""

    day: int  # since 1970-01-01, UTC
    latitude_deg: FloatArray  # (n,) in the order of time
    longitude_deg: FloatArray


class Bundle(msgspec.Struct):
    """Paths that go alike; the longest leads."""

    lead_m: FloatArray  # (SAMPLES, 2) north, east
    days: set[int]
    apart_m: list[float]  # of every path, 90 % of its samples lie within this of the lead

    @property
    def count(self) -> int:
        """Return how many paths are in it."""
        return len(self.apart_m)


def learned_axes(paths: Sequence[Path], width_m: float = 5_000.0, count_min: int = 3) -> list[Asset]:
    """Return an axis for each way that threats took again, the likeliest first."""
    if not paths:
        return []
    middle_deg = float(np.mean([np.mean(path.latitude_deg) for path in paths]))
    narrow = math.cos(math.radians(middle_deg))
    flown = [(path, _even(path, narrow)) for path in paths]
    flown = [(path, line_m) for path, line_m in flown if _length_m(line_m) >= LENGTH_M_MIN]
    bundles: list[Bundle] = []
    for path, line_m in sorted(flown, key=lambda one: -_length_m(one[1])):
        for bundle in bundles:
            if _is_alike(line_m, bundle.lead_m, width_m):
                bundle.days.add(path.day)
                bundle.apart_m.append(_apart_m(line_m, bundle.lead_m))
                break
        else:
            bundles.append(Bundle(line_m, {path.day}, [0.0]))
    held = sorted((bundle for bundle in bundles if bundle.count >= count_min), key=lambda bundle: -bundle.count)
    return [_axis(number, bundle, len(flown), narrow) for number, bundle in enumerate(held[:AXES_MAX], 1)]


def _axis(number: int, bundle: Bundle, whole: int, narrow: float) -> Asset:
    kept = _corners(bundle.lead_m, RADIUS_M_MIN)
    return Asset(
        name=f"learned axis {number}",
        kind="learned",
        what="axis",
        shape="route",
        points=tuple(
            (round(north / _M_PER_DEG, 4), round(east / _M_PER_DEG / narrow, 4)) for north, east in kept.tolist()
        ),
        radius_m=round(max(RADIUS_M_MIN, float(np.quantile(bundle.apart_m, 0.9))), -2),
        value=round((bundle.count + 1) / (whole + 2), 3),
        text=f"{bundle.count} of {whole} threats flew here, on {len(bundle.days)} days",
    )


def _even(path: Path, narrow: float) -> FloatArray:
    """Return a path as SAMPLES places evenly along its way, (SAMPLES, 2) north and east in metres."""
    line_m = np.stack((path.latitude_deg * _M_PER_DEG, path.longitude_deg * _M_PER_DEG * narrow), axis=1)
    way_m = np.r_[0.0, np.cumsum(np.hypot(*np.diff(line_m, axis=0).T))]
    at_m = np.linspace(0.0, way_m[-1], SAMPLES)
    return np.stack([np.interp(at_m, way_m, line_m[:, column]) for column in range(2)], axis=1)


def _length_m(line_m: FloatArray) -> float:
    """Return how far a path's end is from its beginning: what circles goes nowhere."""
    return float(np.hypot(*(line_m[-1] - line_m[0])))


def _is_alike(line_m: FloatArray, lead_m: FloatArray, width_m: float) -> bool:
    ahead, lead = line_m[-1] - line_m[0], lead_m[-1] - lead_m[0]
    cosine = float(ahead @ lead) / (_length_m(line_m) * _length_m(lead_m))
    return cosine >= math.cos(math.radians(ALIKE_DEG)) and float(_off_m(line_m, lead_m).max()) <= width_m


def _apart_m(line_m: FloatArray, lead_m: FloatArray) -> float:
    return float(np.quantile(_off_m(line_m, lead_m), 0.9))


def _off_m(line_m: FloatArray, lead_m: FloatArray) -> FloatArray:
    """Return how far each sample of a path is from another path, (SAMPLES,)."""
    first, side = lead_m[:-1], np.diff(lead_m, axis=0)
    away = line_m[:, None] - first
    along = (away * side).sum(axis=2) / np.maximum((side * side).sum(axis=1), 1e-9)
    off: FloatArray = np.linalg.norm(away - np.clip(along, 0.0, 1.0)[:, :, None] * side, axis=2).min(axis=1)
    return off


def _corners(line_m: FloatArray, tolerance_m: float) -> FloatArray:
    """Return a line with the places left out that lie within `tolerance_m` of the rest (Douglas and Peucker)."""
    keep, waiting = {0, len(line_m) - 1}, [(0, len(line_m) - 1)]
    while waiting:
        first, last = waiting.pop()
        if last - first < 2:
            continue
        off_m = _off_m(line_m[first + 1 : last], line_m[[first, last]])
        if off_m.max() > tolerance_m:
            at = first + 1 + int(off_m.argmax())
            keep.add(at)
            waiting += [(first, at), (at, last)]
    return line_m[sorted(keep)]
