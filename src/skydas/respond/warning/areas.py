"""Rings on the earth: made of a circle or a cone of predicted places, checked, tested for what lies in them.

A ring is latitude and longitude (deg), not closed; small enough to be flat once longitudes shrink with latitude.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

Point = tuple[float, float]  # latitude, longitude (deg)
Ring = tuple[Point, ...]

CORNERS_MAX: Final = 200
RADIUS_M_MAX: Final = 300_000.0
CIRCLE_CORNERS: Final = 24
_M_PER_DEG: Final = 111_195.0  # of latitude, on a sphere of 6,371 km
_DIGITS: Final = 5  # about a metre


def circle_ring(latitude_deg: float, longitude_deg: float, radius_m: float, corners: int = CIRCLE_CORNERS) -> Ring:
    """Return a polygon about a circle."""
    reach_deg = radius_m / math.cos(math.pi / corners) / _M_PER_DEG
    shrink = max(math.cos(math.radians(latitude_deg)), 0.01)
    turns = (math.tau * corner / corners for corner in range(corners))
    return tuple(
        (
            round(latitude_deg + reach_deg * math.cos(turn), _DIGITS),
            round(longitude_deg + reach_deg * math.sin(turn) / shrink, _DIGITS),
        )
        for turn in turns
    )


def cone_ring(cone: Sequence[tuple[float, float, float, float]]) -> Ring:
    """Return the convex hull of all circles of a cone: (s ahead, latitude, longitude in degrees, radius in m)."""
    return convex_hull([point for _, lat, lon, radius_m in cone for point in circle_ring(lat, lon, radius_m)])


def convex_hull(points: Sequence[Point]) -> Ring:
    """Return the convex hull, counter-clockwise (Andrew's monotone chain)."""
    ordered = sorted(set(points))
    if len(ordered) < 3:
        return tuple(ordered)
    halves: list[list[Point]] = []
    for way in (ordered, ordered[::-1]):
        half: list[Point] = []
        for point in way:
            while len(half) >= 2 and _turn(half[-2], half[-1], point) <= 0.0:
                half.pop()
            half.append(point)
        halves.append(half[:-1])
    return tuple(halves[0] + halves[1])


def ring_fault(ring: Ring) -> str:
    """Return what is wrong with a ring that a person gave, in words; empty: nothing."""
    if len(ring) < 3:
        return f"an area needs at least 3 corners, got {len(ring)}"
    if len(ring) > CORNERS_MAX:
        return f"an area has at most {CORNERS_MAX} corners, got {len(ring)}"
    for latitude_deg, longitude_deg in ring:
        if not (abs(latitude_deg) <= 90.0 and abs(longitude_deg) <= 180.0):
            return f"{latitude_deg}, {longitude_deg} is no place on earth (latitude, longitude in degrees)"
    crossing = self_crossing(ring)
    if crossing is not None:
        return f"the area crosses itself: side {crossing[0] + 1} and side {crossing[1] + 1}"
    if area_km2(ring) < 0.01:
        return "the area is empty: its corners lie on one line"
    longest_m = max(distance_m(ring[0], corner) for corner in ring)
    if longest_m > 2.0 * RADIUS_M_MAX:
        return f"the area is {longest_m / 1000.0:.0f} km long; at most {2.0 * RADIUS_M_MAX / 1000.0:.0f} km are warned"
    return ""


def self_crossing(ring: Ring) -> tuple[int, int] | None:
    """Return the first two sides that meet although they are not neighbours."""
    count = len(ring)
    for one in range(count):
        for other in range(one + 1, count):
            if other == one + 1 or (one == 0 and other == count - 1):
                continue
            if sides_meet(ring[one], ring[(one + 1) % count], ring[other], ring[(other + 1) % count]):
                return one, other
    return None


def sides_meet(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Return whether the segments ab and cd have a point in common."""
    turns = _turn(a, b, c), _turn(a, b, d), _turn(c, d, a), _turn(c, d, b)
    if turns[0] * turns[1] < 0.0 and turns[2] * turns[3] < 0.0:
        return True
    tests = zip(turns, ((a, b, c), (a, b, d), (c, d, a), (c, d, b)), strict=True)
    return any(turn == 0.0 and _is_between(*points) for turn, points in tests)


def is_inside(point: Point, ring: Sequence[Point]) -> bool:
    """Return whether a place lies in a ring (crossing number)."""
    latitude_deg, longitude_deg = point
    inside = False
    before = ring[-1]
    for corner in ring:
        if (corner[0] > latitude_deg) != (before[0] > latitude_deg):
            share = (latitude_deg - corner[0]) / (before[0] - corner[0])
            if longitude_deg < corner[1] + share * (before[1] - corner[1]):
                inside = not inside
        before = corner
    return inside


def overlap(one: Sequence[Point], other: Sequence[Point]) -> bool:
    """Return whether two rings have any place in common."""
    if not boxes_meet(box(one), box(other)):
        return False
    if is_inside(one[0], other) or is_inside(other[0], one):
        return True
    near = box(one)
    sides = list(zip(one, [*one[1:], one[0]], strict=True))
    for c, d in zip(other, [*other[1:], other[0]], strict=True):
        if boxes_meet(box((c, d)), near) and any(sides_meet(a, b, c, d) for a, b in sides):
            return True
    return False


def lies_in(one: Sequence[Point], other: Sequence[Point]) -> bool:
    """Return whether all of a ring lies in another, whose border it does not touch."""
    if not is_inside(one[0], other):
        return False
    near = box(one)
    sides = list(zip(one, [*one[1:], one[0]], strict=True))
    others = zip(other, [*other[1:], other[0]], strict=True)
    return not any(boxes_meet(box((c, d)), near) and any(sides_meet(a, b, c, d) for a, b in sides) for c, d in others)


Box = tuple[float, float, float, float]  # south, west, north, east


def box(ring: Sequence[Point]) -> Box:
    """Return the smallest box about a ring."""
    latitudes, longitudes = zip(*ring, strict=True)
    return min(latitudes), min(longitudes), max(latitudes), max(longitudes)


def boxes_meet(one: Box, other: Box) -> bool:
    """Return whether two boxes have a place in common."""
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def area_km2(ring: Sequence[Point]) -> float:
    """Return the area of a ring (shoelace formula, flat at its middle latitude)."""
    shrink = math.cos(math.radians(sum(corner[0] for corner in ring) / len(ring)))
    twice = sum(a[1] * b[0] - b[1] * a[0] for a, b in zip(ring, [*ring[1:], ring[0]], strict=True))
    return abs(0.5 * twice) * shrink * (_M_PER_DEG / 1_000.0) ** 2


def distance_m(one: Point, other: Point) -> float:
    """Return the distance of two places, good to a per cent within some hundred kilometres."""
    shrink = math.cos(math.radians(0.5 * (one[0] + other[0])))
    return _M_PER_DEG * math.hypot(one[0] - other[0], (one[1] - other[1]) * shrink)


def simplified(ring: Sequence[Point], tolerance_m: float) -> Ring:
    """Return a ring with the corners left out that lie within `tolerance_m` of the rest (Douglas and Peucker)."""
    if len(ring) <= 4:
        return tuple(ring)
    far = max(range(len(ring)), key=lambda k: distance_m(ring[0], ring[k]))
    keep = {0, far}
    waiting = [(0, far), (far, len(ring))]
    while waiting:
        first, last = waiting.pop()
        worst, at = tolerance_m, -1
        for k in range(first + 1, last):
            off_m = _off_line_m(ring[k], ring[first], ring[last % len(ring)])
            if off_m > worst:
                worst, at = off_m, k
        if at >= 0:
            keep.add(at)
            waiting += [(first, at), (at, last)]
    return tuple((round(ring[k][0], _DIGITS), round(ring[k][1], _DIGITS)) for k in sorted(keep))


def _off_line_m(point: Point, a: Point, b: Point) -> float:
    shrink = math.cos(math.radians(point[0]))
    px, py = (point[1] - a[1]) * shrink, point[0] - a[0]
    bx, by = (b[1] - a[1]) * shrink, b[0] - a[0]
    length2 = bx * bx + by * by
    share = 0.0 if length2 == 0.0 else min(max((px * bx + py * by) / length2, 0.0), 1.0)
    return _M_PER_DEG * math.hypot(px - share * bx, py - share * by)


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _is_between(a: Point, b: Point, c: Point) -> bool:
    return min(a[0], b[0]) <= c[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= c[1] <= max(a[1], b[1])
