"""Protected assets as places to go to: points with a spread; a route is as many points as it has parts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from skydas.assess.predict.flat import offset_m
from skydas.model import Asset, FloatArray, IntArray

SPREAD_M_MIN: Final = 300.0
ROUTE_PLACES_MAX: Final = 8


class Places(NamedTuple):
    """Where assets are."""

    place: FloatArray  # (g, 2) latitude and longitude, rad
    spread_m: FloatArray  # (g,) around it still counts as there
    asset: IntArray  # (g,) row of the asset that it is of
    asset_count: int


def places_of(assets: Sequence[Asset]) -> Places:
    """Return the places of all assets."""
    found = [(row, *one) for row, asset in enumerate(assets) for one in _places(asset)]
    table = np.array(found, np.float64).reshape(-1, 4)
    return Places(table[:, 1:3].copy(), table[:, 3].copy(), table[:, 0].astype(np.int64), len(assets))


def _places(asset: Asset) -> list[tuple[float, float, float]]:
    """Return latitude, longitude (rad) and spread (m) of each place of one asset."""
    corners = np.radians(np.array(asset.points, np.float64).reshape(-1, 2))
    spread_m = max(asset.radius_m, SPREAD_M_MIN)
    if asset.shape == "route" and len(corners) > 1:
        chosen = np.unique(np.linspace(0, len(corners) - 1, min(len(corners), ROUTE_PLACES_MAX)).round().astype(int))
        return [(float(lat), float(lon), spread_m) for lat, lon in corners[chosen]]
    if asset.shape == "area" and len(corners) > 2:
        middle = corners.mean(axis=0)
        east_m, north_m = offset_m(middle[0], middle[1], corners[:, 0], corners[:, 1])
        radius_m = float(np.mean(np.hypot(east_m, north_m)))
        return [(float(middle[0]), float(middle[1]), max(radius_m / math.sqrt(2.0), spread_m))]
    return [(float(lat), float(lon), spread_m) for lat, lon in corners[:1]]
