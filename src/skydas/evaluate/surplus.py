"""Tracks that should not be: false ones (on nothing) and second ones (on a truth that another track holds already)."""

from __future__ import annotations

import msgspec
import numpy as np

from skydas.evaluate.belonging import Belonging
from skydas.evaluate.scene import Samples
from skydas.evaluate.siap import ratio
from skydas.evaluate.updates import Updates
from skydas.model import NS_PER_S, BoolArray, FloatArray, IntArray


class Surplus(msgspec.Struct, frozen=True, kw_only=True):
    """Counts over tracks that last `s_min` and have `updates_min` updates."""

    tracks: int
    false: int  # most of their updates are on no truth
    second: int  # most of their updates are on a truth that an older track holds
    share: float | None  # (false + second) / tracks
    updates_surplus: float | None  # share of all updates that are on no truth or of a second track
    false_per_hour: float | None
    false_per_hour_10000_km2: float | None
    area_km2: float | None
    hours: float
    s_min: float
    updates_min: int


def second_samples(tracks: Samples, truth_of: IntArray, on: BoolArray) -> BoolArray:
    """Return which track samples are on a truth that another track has been on for longer, (n,).

    truth_of, on : (n,) truth of each sample and whether it is within the gate
    """
    found = np.zeros(len(on), bool)
    rows = np.flatnonzero(on)
    if not len(rows):
        return found
    instant = tracks.instant[rows]
    width = int(tracks.object[rows].max()) + 1
    _, inverse = np.unique(truth_of[rows] * width + tracks.object[rows], return_inverse=True)
    since = np.full(inverse.max() + 1, np.iinfo(np.int64).max)
    np.minimum.at(since, inverse, instant)
    order = np.lexsort((tracks.object[rows], since[inverse], truth_of[rows], instant))
    first = np.ones(len(rows), bool)
    first[1:] = (np.diff(instant[order]) != 0) | (np.diff(truth_of[rows][order]) != 0)
    found[rows[order[~first]]] = True
    return found


def score_surplus(
    tracks: Samples,
    belonging: Belonging,
    updates: Updates,
    gate_m: float,
    track_count: int,
    instants_ns: IntArray,
    area_km2: float | None,
    s_min: float,
    updates_min: int,
) -> tuple[Surplus, IntArray]:
    """Return the counts, and for each track 1 (false), 2 (second) or 0, (tracks,)."""
    on = updates.distance_m <= gate_m
    second = second_samples(tracks, belonging.truth, belonging.on(gate_m))
    second_share = _share(tracks.object, second, track_count)
    total = np.bincount(updates.track, minlength=track_count)
    off = np.bincount(updates.track[~on], minlength=track_count)
    begin = np.full(track_count, np.iinfo(np.int64).max)
    end = np.zeros(track_count, np.int64)
    np.minimum.at(begin, updates.track, updates.t_ns)
    np.maximum.at(end, updates.track, updates.t_ns)
    counted = (total >= updates_min) & (end - begin >= s_min * NS_PER_S)
    verdict = np.zeros(track_count, np.int64)
    verdict[counted & (second_share > 0.5)] = 2
    verdict[counted & (2 * off > total)] = 1
    false, twice, count = int(np.sum(verdict == 1)), int(np.sum(verdict == 2)), int(counted.sum())
    surplus_updates = int(np.sum(~on)) + int(np.sum(on & (verdict[updates.track] == 2)))
    hours = float(instants_ns[-1] - instants_ns[0]) / NS_PER_S / 3600.0 if len(instants_ns) else 0.0
    per_hour = ratio(false, hours)
    score = Surplus(
        tracks=count,
        false=false,
        second=twice,
        share=ratio(false + twice, count),
        updates_surplus=ratio(surplus_updates, len(updates.row)),
        false_per_hour=per_hour,
        false_per_hour_10000_km2=per_hour / area_km2 * 1e4 if area_km2 and per_hour is not None else None,
        area_km2=area_km2,
        hours=hours,
        s_min=s_min,
        updates_min=updates_min,
    )
    return score, verdict


def _share(item: IntArray, mask: BoolArray, count: int) -> FloatArray:
    return np.bincount(item[mask], minlength=count) / np.maximum(np.bincount(item, minlength=count), 1)


def hull_area_km2(xy_m: FloatArray) -> float | None:
    """Return the area of the convex hull of points (n, 2), None when they span none (monotone chain)."""
    points = np.unique(np.round(xy_m / 10.0) * 10.0, axis=0)
    if len(points) < 3:
        return None
    chain: list[list[float]] = []
    area2 = 0.0
    for way in (points, points[::-1]):
        side: list[list[float]] = []
        for x, y in way.tolist():
            while len(side) >= 2 and _turn(side[-2], side[-1], x, y) <= 0:
                side.pop()
            side.append([x, y])
        chain += side[:-1]
    for (ax, ay), (bx, by) in zip(chain, chain[1:] + chain[:1], strict=True):
        area2 += ax * by - bx * ay
    return area2 / 2e6 if area2 > 0 else None


def _turn(a: list[float], b: list[float], x: float, y: float) -> float:
    return (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])
