"""Assets as arrays, so that thousands of tracks are held against all of them at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from skydas.assess.hours import Hours, hours_of
from skydas.model import Asset, BoolArray, FloatArray, IntArray

NOTHING, POINT, AREA, ROUTE = range(4)  # shape; NOTHING: a row whose asset was removed
EARTH_RADIUS_M: Final = 6_371_008.8  # mean sphere: distances within 0.6 % of the ellipsoid's
_SHAPES: Final = {"point": POINT, "area": AREA, "route": ROUTE}


class AssetTable(NamedTuple):
    """Every asset by row; a row keeps its asset until that is removed, and may then be given to another."""

    assets: tuple[Asset | None, ...]  # (a,)
    shape: IntArray  # (a,) NOTHING, POINT, AREA, ROUTE
    centre_rad: FloatArray  # (a, 2) latitude, longitude of the middle of its box
    bound_m: FloatArray  # (a,) no point of it is farther from the centre
    radius_m: FloatArray  # (a,) of a point, half the width of a route
    first: IntArray  # (a + 1,) its corners are corners[first[a]:first[a + 1]]; a ring's last is its first
    corners: FloatArray  # (v, 5) latitude, longitude (rad), cosine and sine of half the latitude, 1: on the hull
    value: FloatArray  # (a,) 0 .. 1
    low_m: FloatArray  # (a,) heights above the sea between which it is; -inf, inf: not bounded
    high_m: FloatArray
    is_asset: BoolArray  # (a,)
    is_border: BoolArray  # (a,) a zone that is a country
    is_prohibited: BoolArray  # (a,) or restricted, by its hours
    is_closed: BoolArray  # (a,) airspace closed to all
    is_axis: BoolArray  # (a,)
    hours: tuple[Hours, ...]  # (a,)

    def open_rows(self, now_ns: int) -> BoolArray:
        """Return which rows count at `now_ns`, (a,)."""
        return np.array([hours.is_open(now_ns) for hours in self.hours], bool)

    def name(self, row: int) -> str:
        """Return the name of a row's asset; empty where there is none."""
        asset = self.assets[row] if 0 <= row < len(self.assets) else None
        return asset.name if asset is not None else ""


def table_of(assets: Sequence[Asset | None]) -> AssetTable:
    """Return the arrays of `assets`."""
    corners = [np.radians(np.array(asset.points if asset else [], float).reshape(-1, 2)) for asset in assets]
    boxes = [_box(ring) for ring in corners]
    there = [asset or _NOBODY for asset in assets]
    kind = np.array([asset.kind if asset.what == "zone" else "" for asset in there], "U80")
    what = np.array([asset.what if given else "" for asset, given in zip(there, assets, strict=True)], "U8")
    return AssetTable(
        assets=tuple(assets),
        shape=np.array([_SHAPES[asset.shape] if asset else NOTHING for asset in assets], np.int64),
        centre_rad=np.array([box[0] for box in boxes], float).reshape(-1, 2),
        bound_m=np.array([box[1] for box in boxes]) + np.array([asset.radius_m for asset in there]),
        radius_m=np.array([asset.radius_m for asset in there]),
        first=np.concatenate(([0], np.cumsum([len(ring) for ring in corners], dtype=np.int64))).astype(np.int64),
        corners=np.concatenate([*(_prepared(ring) for ring in corners), np.zeros((0, 5))]),
        value=np.array([asset.value for asset in there]),
        low_m=np.array([-math.inf if asset.from_amsl_m is None else asset.from_amsl_m for asset in there]),
        high_m=np.array([math.inf if asset.to_amsl_m is None else asset.to_amsl_m for asset in there]),
        is_asset=what == "asset",
        is_border=(what == "zone") & (kind == "border"),
        is_prohibited=(what == "zone") & ((kind == "prohibited") | (kind == "restricted")),
        is_closed=(what == "zone") & (kind == "closed"),
        is_axis=what == "axis",
        hours=tuple(hours_of(asset.hours) for asset in there),
    )


def _prepared(corners_rad: FloatArray) -> FloatArray:
    """Return corners with what the kernel needs of each, (v, 5)."""
    half = 0.5 * corners_rad[:, 0]
    return np.column_stack((corners_rad, np.cos(half), np.sin(half), _on_hull(corners_rad)))


def _on_hull(corners_rad: FloatArray) -> BoolArray:
    """Return which corners lie on the convex hull (Andrew's monotone chain): no other is seen at its edge."""
    found = np.zeros(len(corners_rad), bool)
    order = np.lexsort((corners_rad[:, 0], corners_rad[:, 1]))
    x, y = corners_rad[:, 1].tolist(), corners_rad[:, 0].tolist()
    for chain in (order.tolist(), order[::-1].tolist()):
        kept: list[int] = []
        for c in chain:
            while len(kept) >= 2:
                a, b = kept[-2], kept[-1]
                if (x[b] - x[a]) * (y[c] - y[a]) - (y[b] - y[a]) * (x[c] - x[a]) > 0.0:
                    break
                kept.pop()
            kept.append(c)
        found[kept] = True
    return found


_NOBODY: Final = Asset(name="", kind="", shape="point", points=())


def _box(corners_rad: FloatArray) -> tuple[tuple[float, float], float]:
    """Return the middle of a shape's box (rad) and the greatest distance of a corner from it (m)."""
    if not len(corners_rad):
        return (0.0, 0.0), 0.0
    low, high = corners_rad.min(axis=0), corners_rad.max(axis=0)
    middle = 0.5 * (low + high)
    north_m = (corners_rad[:, 0] - middle[0]) * EARTH_RADIUS_M
    # The widest parallel of the box bounds it; a side between two corners never leaves the circle around its corners.
    widest = math.cos(max(0.0, min(abs(low[0]), abs(high[0])) if low[0] * high[0] > 0.0 else 0.0))
    east_m = (corners_rad[:, 1] - middle[1]) * EARTH_RADIUS_M * widest
    return (float(middle[0]), float(middle[1])), float(np.hypot(north_m, east_m).max())
