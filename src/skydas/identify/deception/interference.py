"""Where navigation by satellite seems to fail: aircraft whose stated quality fell below their own level, by cell.

How many of a cell's aircraft fell is held against two beta-binomials: few fall by themselves (about one in sixty), most
fall where something interferes. What comes of it is where aircraft suffered, never where a transmitter stands: that may
be far away, and no aircraft flew where nothing is drawn.
"""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import numpy as np

from skydas.identify.deception.claimants import Claimants
from skydas.identify.deception.params import DeceptionParams
from skydas.model import NS_PER_S, QUALITY_UNKNOWN, IntArray, Rows

CELL_DEG: Final = (0.25, 0.5)  # latitude, longitude: about 28 km by 30 km at 57 N
EVERY_S: Final = 10.0
LEVEL_S_MIN: Final = 30.0  # an own level is known after so long
LEVEL_S: Final = 600.0  # and follows what is lower so slowly
FELL_BY: Final = 2.0  # categories of NIC or NACp
BY_ITSELF: Final = (1.0, 60.0)  # beta: share of aircraft that fall anyway
INTERFERED: Final = (4.0, 1.5)
PRIOR: Final = 1e-3  # of a cell
AREAS_MAX: Final = 100


class Area(NamedTuple):
    """Cells that hang together, in which aircraft suffer."""

    ring: tuple[tuple[float, float], ...]  # latitude, longitude (deg), clockwise
    probability: float
    aircraft: int
    suffering: int
    cells: frozenset[tuple[int, int]]


class Interference:
    """Own levels of quality, and areas where several are below theirs."""

    def __init__(self, params: DeceptionParams, claimants: Claimants) -> None:
        self._params = params
        self._claimants = claimants

    def take(self, now_ns: int, rows: IntArray, claims: Rows) -> None:
        """Take NIC and NACp of claims, PLOT (n,) of different rows."""
        said = (claims["quality"][:, :2] != QUALITY_UNKNOWN).any(axis=1)
        rows, claims = rows[said], claims[said]
        if not len(rows):
            return
        held = self._claimants.held
        quality = claims["quality"][:, :2].astype(np.float64)
        quality[quality == QUALITY_UNKNOWN] = np.nan
        passed_s = np.clip((now_ns - held["quality_ns"][rows]) / NS_PER_S, 0.0, EVERY_S)
        passed_s[held["quality_ns"][rows] == 0] = 0.0
        level = held["level"][rows]
        fell = (held["level_s"][rows] >= LEVEL_S_MIN) & (quality <= level - FELL_BY).any(axis=1)
        held["fell_ns"][rows[fell]] = now_ns
        held["fell_place"][rows[fell], 0] = claims["latitude_rad"][fell]
        held["fell_place"][rows[fell], 1] = claims["longitude_rad"][fell]
        # Up at once, down slowly: who is interfered with for minutes does not get used to it.
        share = 1.0 - np.exp(-passed_s / LEVEL_S)
        lower = level + share[:, None] * (quality - level)
        level = np.where(
            np.isnan(level), quality, np.where(quality >= level, quality, np.where(np.isnan(quality), level, lower))
        )
        held["level"][rows] = level
        held["level_s"][rows] += passed_s
        held["quality_ns"][rows] = now_ns

    def areas(self, now_ns: int) -> list[Area]:
        """Return the areas that there are now, the one with most aircraft first."""
        held = self._claimants.held
        rows = self._claimants.living()
        window_ns = round(self._params.area_window_s * NS_PER_S)
        rows = rows[(now_ns - held["quality_ns"][rows] < window_ns) & (held["level_s"][rows] >= LEVEL_S_MIN)]
        if not len(rows):
            return []
        first = held["strands"][rows, 0]
        fell = (held["fell_ns"][rows] > 0) & (now_ns - held["fell_ns"][rows] < window_ns)
        places = np.stack((first["latitude_rad"], first["longitude_rad"]), axis=1)
        places = np.degrees(np.where(fell[:, None], held["fell_place"][rows], places)) / CELL_DEG
        cells, back = np.unique(np.floor(places).astype(np.int64), axis=0, return_inverse=True)
        there = np.bincount(back.ravel(), minlength=len(cells))
        suffering = np.bincount(back.ravel()[fell], minlength=len(cells))
        found = {}
        for cell, n, k in zip(cells.tolist(), there.tolist(), suffering.tolist(), strict=True):
            if k and (probability := interfered(n, k)) >= self._params.area_probability / 2.0:
                found[cell[0], cell[1]] = (probability, n, k)
        return self._joined(found)

    def _joined(self, found: dict[tuple[int, int], tuple[float, int, int]]) -> list[Area]:
        """Return cells that touch as one area each, where enough aircraft suffer."""
        areas = []
        left = set(found)
        for begin in sorted(found):
            if begin not in left:
                continue
            left.discard(begin)
            joined, waiting = [], [begin]
            while waiting:
                cell = waiting.pop()
                joined.append(cell)
                around = [(cell[0] + a, cell[1] + b) for a in (-1, 0, 1) for b in (-1, 0, 1)]
                new = [one for one in around if one in left]
                left.difference_update(new)
                waiting += new
            n, k = sum(found[one][1] for one in joined), sum(found[one][2] for one in joined)
            probability = interfered(n, k)
            if k >= self._params.area_aircraft_min and probability >= self._params.area_probability:
                areas.append(Area(_ring(sorted(joined)), probability, n, k, frozenset(joined)))
        areas.sort(key=lambda area: (-area.suffering, area.ring))
        return areas[:AREAS_MAX]


def interfered(count: int, fell: int) -> float:
    """Return the probability that something interferes where `fell` of `count` aircraft fell below their own level."""
    ratio = (
        PRIOR
        / (1.0 - PRIOR)
        * math.exp(_beta_binomial(count, fell, *INTERFERED) - _beta_binomial(count, fell, *BY_ITSELF))
    )
    return ratio / (1.0 + ratio)


def _beta_binomial(count: int, fell: int, a: float, b: float) -> float:
    """Return the natural log of the probability, but for the binomial coefficient, that both have."""
    return _log_beta(a + fell, b + count - fell) - _log_beta(a, b)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def _ring(cells: list[tuple[int, int]]) -> tuple[tuple[float, float], ...]:
    """Return the convex hull of cells, clockwise, latitude and longitude in degrees (Andrew's monotone chain)."""
    corners = sorted({(b + x, a + y) for a, b in cells for x in (0, 1) for y in (0, 1)})  # longitude, latitude cells

    def half(points: list[tuple[int, int]]) -> list[tuple[int, int]]:
        chain: list[tuple[int, int]] = []
        for point in points:
            while len(chain) > 1 and _turn(chain[-2], chain[-1], point) >= 0:
                chain.pop()
            chain.append(point)
        return chain[:-1]

    hull = half(corners) + half(corners[::-1])
    return tuple((y * CELL_DEG[0], x * CELL_DEG[1]) for x, y in hull)


def _turn(a: tuple[int, int], b: tuple[int, int], c: tuple[int, int]) -> int:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def state_of_area(area: Area) -> list[Any]:
    """Return what msgpack can hold."""
    return [area.ring, area.probability, area.aircraft, area.suffering, sorted(area.cells)]


def area_of_state(state: list[Any]) -> Area:
    """Take back what `state_of_area` returned."""
    ring, probability, aircraft, suffering, cells = state
    return Area(tuple(map(tuple, ring)), probability, aircraft, suffering, frozenset(map(tuple, cells)))
