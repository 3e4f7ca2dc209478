"""Compact position reporting (ED-102A 2.2.3.2.3.7, appendix A.1.7): 17 bits each of a latitude and a longitude.

The same place is sent on an even and an odd grid in turn. A pair of both gives the place on the globe (on the surface:
one of eight, so that a reference must choose); one alone gives it near a reference.

zone in latitude    360/60 deg even, 360/59 deg odd; a quarter of these on the surface
zones in longitude  NL(latitude) even, NL(latitude) - 1 odd
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numba import njit

_SCALE: Final = 131_072.0  # 2^17
_ZONES: Final = 60
# The latitudes at which NL falls from 59 to 58, from 58 to 57 ... from 2 to 1, in degrees
_TRANSITIONS_DEG: Final = np.array(
    [
        math.degrees(
            math.acos(math.sqrt((1 - math.cos(math.pi / 30)) / (1 - math.cos(math.tau / zones)))) if zones > 2 else
            math.radians(87.0)
        )
        for zones in range(59, 1, -1)
    ]
)  # fmt: skip


@njit(cache=True)
def zones_in_longitude(latitude_deg: float) -> int:
    """Return NL, 1 to 59."""
    latitude_deg = abs(latitude_deg)
    low, high = 0, len(_TRANSITIONS_DEG)
    while low < high:
        middle = (low + high) // 2
        if latitude_deg < _TRANSITIONS_DEG[middle]:
            high = middle
        else:
            low = middle + 1
    return 59 - low


@njit(cache=True)
def wrapped_deg(longitude_deg: float) -> float:
    """Return a longitude in -180 .. 180."""
    return (longitude_deg + 180.0) % 360.0 - 180.0


@njit(cache=True)
def pair_position(
    even_lat: int,
    even_lon: int,
    odd_lat: int,
    odd_lon: int,
    odd_is_newer: bool,
    circle_deg: float,
    reference_latitude_deg: float,
    reference_longitude_deg: float,
) -> tuple[float, float]:
    """Return latitude and longitude in degrees of the newer of a pair; NaN if the two lie in different zones.

    circle_deg : 360 in the air; 90 on the surface, where the place nearest to the reference is meant
    """
    nowhere = (np.nan, np.nan)
    y_even, y_odd = even_lat / _SCALE, odd_lat / _SCALE
    x_even, x_odd = even_lon / _SCALE, odd_lon / _SCALE
    zone = math.floor(59.0 * y_even - 60.0 * y_odd + 0.5)
    latitude_even = circle_deg / 60.0 * (zone % 60 + y_even)
    latitude_odd = circle_deg / 59.0 * (zone % 59 + y_odd)
    if circle_deg == 360.0:
        latitude_even = wrapped_deg(latitude_even)
        latitude_odd = wrapped_deg(latitude_odd)
    elif reference_latitude_deg < latitude_even - 45.0:
        latitude_even -= 90.0
        latitude_odd -= 90.0
    if abs(latitude_even) > 90.0 or abs(latitude_odd) > 90.0:
        return nowhere
    count = zones_in_longitude(latitude_even)
    if count != zones_in_longitude(latitude_odd):
        return nowhere
    meridian = math.floor(x_even * (count - 1) - x_odd * count + 0.5)
    zones = max(count - 1, 1) if odd_is_newer else count
    longitude = circle_deg / zones * (meridian % zones + (x_odd if odd_is_newer else x_even))
    if circle_deg != 360.0:
        longitude += 90.0 * math.floor((reference_longitude_deg - longitude) / 90.0 + 0.5)
    return latitude_odd if odd_is_newer else latitude_even, wrapped_deg(longitude)


@njit(cache=True)
def position_near(
    odd: bool, lat: int, lon: int, circle_deg: float, reference_latitude_deg: float, reference_longitude_deg: float
) -> tuple[float, float]:
    """Return the place of one message, degrees: the only one within half a zone of the reference; NaN beyond a pole."""
    i = 1 if odd else 0
    y, x = lat / _SCALE, lon / _SCALE
    height = circle_deg / (_ZONES - i)
    latitude = height * (math.floor(0.5 + reference_latitude_deg / height - y) + y)
    if abs(latitude) > 90.0:
        return np.nan, np.nan
    width = circle_deg / max(zones_in_longitude(latitude) - i, 1)
    longitude = width * (math.floor(0.5 + reference_longitude_deg / width - x) + x)
    return latitude, wrapped_deg(longitude)


@njit(cache=True)
def distance_m(latitude_a_deg: float, longitude_a_deg: float, latitude_b_deg: float, longitude_b_deg: float) -> float:
    """Return the great-circle distance on the mean sphere."""
    latitude_a, latitude_b = math.radians(latitude_a_deg), math.radians(latitude_b_deg)
    half_lat = math.sin((latitude_b - latitude_a) / 2.0) ** 2
    half_lon = math.sin(math.radians(longitude_b_deg - longitude_a_deg) / 2.0) ** 2
    chord = half_lat + math.cos(latitude_a) * math.cos(latitude_b) * half_lon
    return 2.0 * 6_371_008.8 * math.asin(math.sqrt(min(chord, 1.0)))
