"""From weighted points to a map of probability and the rings that hold half and nine tenths of it."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from skydas.assess.predict.flat import moved
from skydas.model import FloatArray

CELLS_MAX: Final = 48  # on a side
CELL_M_MIN: Final = 10.0
RINGS: Final = (0.5, 0.9)


class ProbabilityMap(NamedTuple):
    """A map as facts tell it: degrees, from the south-west corner."""

    latitude_deg: float
    longitude_deg: float
    cell_north_deg: float
    cell_east_deg: float
    rows: int
    columns: int
    probability: bytes
    rings: tuple[tuple[float, tuple[tuple[float, float], ...]], ...]


def probability_map(
    latitude_deg: float, longitude_deg: float, points_m: FloatArray, weight: FloatArray
) -> ProbabilityMap:
    """Return the map of weighted points (p, 2), metres east and north of a place; weights need not sum to 1."""
    low, high = _span(points_m, weight)
    cell_m = max(float((high - low).max()) / (CELLS_MAX - 4), CELL_M_MIN)
    low = low - 2.0 * cell_m
    size = np.minimum(np.ceil((high - low) / cell_m).astype(int) + 2, CELLS_MAX)
    at = np.floor((points_m - low) / cell_m).astype(int)
    inside = ((at >= 0) & (at < size)).all(axis=1)
    cells = np.zeros((int(size[1]), int(size[0])))
    np.add.at(cells, (at[inside, 1], at[inside, 0]), weight[inside])
    cells = _smooth(cells)
    origin = np.array([np.radians(latitude_deg)]), np.array([np.radians(longitude_deg)])
    (south,), (west,) = moved(*origin, low[:1], low[1:])
    (north,), (east,) = moved(*origin, low[:1] + cell_m, low[1:] + cell_m)
    corner = np.degrees([south, west, north - south, east - west])
    scaled = np.round(255.0 * cells / max(float(cells.max()), 1e-300)).astype(np.uint8)
    rings = tuple((share, _ring(cells, share, corner)) for share in RINGS)
    at_deg, rows, columns = [float(value) for value in corner], int(cells.shape[0]), int(cells.shape[1])
    return ProbabilityMap(at_deg[0], at_deg[1], at_deg[2], at_deg[3], rows, columns, scaled.tobytes(), rings)


def _span(points_m: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the corners (east, north) between which all but one in two hundred lie on each side."""
    found = []
    for column in range(2):
        order = np.argsort(points_m[:, column], kind="stable")
        heap = np.cumsum(weight[order])
        ends = np.searchsorted(heap, np.array([0.005, 0.995]) * heap[-1])
        found.append(points_m[order[np.minimum(ends, len(order) - 1)], column])
    return np.array([found[0][0], found[1][0]]), np.array([found[0][1], found[1][1]])


def _smooth(cells: FloatArray) -> FloatArray:
    """Return cells blurred by (1 2 1) / 4 both ways: a few thousand points do not fill every cell that they mean."""
    for axis in (0, 1):
        wide = np.pad(cells, [(1, 1) if axis == 0 else (0, 0), (1, 1) if axis == 1 else (0, 0)])
        before, after = (np.take(wide, range(at, at + cells.shape[axis]), axis=axis) for at in (0, 2))
        cells = 0.5 * cells + 0.25 * (before + after)
    return cells


def _ring(cells: FloatArray, share: float, corner: FloatArray) -> tuple[tuple[float, float], ...]:
    """Return the convex hull of the fewest cells that hold `share`, latitude and longitude (deg)."""
    order = np.argsort(-cells, axis=None, kind="stable")
    heap = np.cumsum(cells.ravel()[order])
    chosen = order[: int(np.searchsorted(heap, share * heap[-1])) + 1]
    row, column = np.unravel_index(chosen, cells.shape)
    corners = {(int(r) + i, int(c) + j) for r, c in zip(row, column, strict=True) for i in (0, 1) for j in (0, 1)}
    hull = convex_hull(sorted(corners))
    return tuple(
        (round(float(corner[0] + r * corner[2]), 6), round(float(corner[1] + c * corner[3]), 6)) for r, c in hull
    )


def convex_hull(points: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the corners of the hull of sorted points (monotone chain), in one turn around."""
    if len(points) < 3:
        return points

    def half(chain: list[tuple[int, int]]) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        for point in chain:
            while len(found) > 1 and _turn(found[-2], found[-1], point) <= 0:
                found.pop()
            found.append(point)
        return found[:-1]

    return half(points) + half(points[::-1])


def _turn(a: tuple[int, int], b: tuple[int, int], c: tuple[int, int]) -> int:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
