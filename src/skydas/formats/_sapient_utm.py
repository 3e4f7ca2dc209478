"""UTM to geodetic on WGS-84: Krueger's series to the fourth power of the third flattening, under 1 mm inside a zone.

Karney, "Transverse Mercator with an accuracy of a few nanometers", 2011, eqs 8 to 12 and 36.
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from skydas.geo.frames import FLATTENING, SEMI_MAJOR_M
from skydas.model import FloatArray, IntArray

EASTING_M: Final = (100_000.0, 900_000.0)
NORTHING_M: Final = (0.0, 10_000_000.0)

_SCALE: Final = 0.9996
_FALSE_EASTING_M: Final = 500_000.0
_FALSE_NORTHING_M: Final = 10_000_000.0
_N: Final = FLATTENING / (2.0 - FLATTENING)
_RADIUS_M: Final = SEMI_MAJOR_M / (1.0 + _N) * (1.0 + _N**2 / 4.0 + _N**4 / 64.0)
_BETA: Final = (
    _N / 2.0 - 2.0 / 3.0 * _N**2 + 37.0 / 96.0 * _N**3 - _N**4 / 360.0,
    _N**2 / 48.0 + _N**3 / 15.0 - 437.0 / 1440.0 * _N**4,
    17.0 / 480.0 * _N**3 - 37.0 / 840.0 * _N**4,
    4397.0 / 161280.0 * _N**4,
)
_DELTA: Final = (
    2.0 * _N - 2.0 / 3.0 * _N**2 - 2.0 * _N**3 + 116.0 / 45.0 * _N**4,
    7.0 / 3.0 * _N**2 - 8.0 / 5.0 * _N**3 - 227.0 / 45.0 * _N**4,
    56.0 / 15.0 * _N**3 - 136.0 / 35.0 * _N**4,
    4279.0 / 630.0 * _N**4,
)
_ZONE: Final = re.compile(r"0?([1-9]|[1-5][0-9]|60)([C-HJ-NP-X])?", re.IGNORECASE)


def zone_of(text: str) -> int:
    """Return a zone's number, negative in the south, 0 where the text is no zone.

    The letter is the latitude band of the military grid (C to M south, N to X north); without one: north.
    """
    found = _ZONE.fullmatch(text.strip())
    if found is None:
        return 0
    south = found[2] is not None and found[2].upper() < "N"
    return -int(found[1]) if south else int(found[1])


def geodetic_from_utm(easting_m: FloatArray, northing_m: FloatArray, zone: IntArray) -> tuple[FloatArray, ...]:
    """Return latitude, longitude and grid convergence (from true to grid north, clockwise), radians, each (n,)."""
    xi = (northing_m - np.where(zone < 0, _FALSE_NORTHING_M, 0.0)) / (_SCALE * _RADIUS_M)
    eta = (easting_m - _FALSE_EASTING_M) / (_SCALE * _RADIUS_M)
    xi_0, eta_0 = xi.copy(), eta.copy()
    for order, beta in enumerate(_BETA, 1):
        xi_0 -= beta * np.sin(2 * order * xi) * np.cosh(2 * order * eta)
        eta_0 -= beta * np.cos(2 * order * xi) * np.sinh(2 * order * eta)
    conformal = np.arcsin(np.clip(np.sin(xi_0) / np.cosh(eta_0), -1.0, 1.0))
    latitude = conformal.copy()
    for order, delta in enumerate(_DELTA, 1):
        latitude += delta * np.sin(2 * order * conformal)
    from_middle = np.arctan2(np.sinh(eta_0), np.cos(xi_0))
    longitude = from_middle + np.radians(np.abs(zone) * 6.0 - 183.0)
    convergence = np.arctan(np.tan(from_middle) * np.sin(latitude))
    return latitude, longitude, convergence
