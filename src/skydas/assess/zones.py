"""Inside or outside: tracks against zones, with their heights."""

from __future__ import annotations

import numpy as np

from skydas.assess.picture import Picture
from skydas.model import BoolArray, FloatArray


def inside(picture: Picture, zones: BoolArray) -> FloatArray:
    """Return 1 where a track is inside a zone and between its heights, a half where its height is not known and the
    zone is bounded, (k, zones of the mask)."""
    table = picture.table
    rows = np.flatnonzero(zones)
    within = (picture.arrivals.distance_m[:, rows] <= 0.0).astype(float)
    height = picture.height_m[:, None]
    between = (height >= table.low_m[rows]) & (height <= table.high_m[rows])
    fits = np.where(np.isnan(height), 0.5, between.astype(float))
    bounded = np.isfinite(table.low_m[rows]) | np.isfinite(table.high_m[rows])
    found: FloatArray = within * np.where(bounded, fits, 1.0)
    return found


def inside_any(picture: Picture, zones: BoolArray) -> FloatArray:
    """Return the most of `inside` over the zones of the mask, 0 where there are none, (k,)."""
    found: FloatArray = inside(picture, zones).max(axis=1, initial=0.0)
    return found


def zone_of(picture: Picture, zones: BoolArray, row: int) -> str:
    """Return the name of the zone of the mask that one track is in, and what is written of it."""
    rows = np.flatnonzero(zones)
    if not len(rows):
        return "no zone"
    best = int(rows[np.argmax(inside(picture.changed(row, [{}]), zones)[0])])
    asset = picture.table.assets[best]
    assert asset is not None
    return f"{asset.name} ({asset.text})" if asset.text else asset.name
