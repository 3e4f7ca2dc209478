"""The small map of a report: the package's own basemap around the incident, its tracks, a scale. No network.

A local equirectangular projection at the middle of the map: over 300 km at 55 degrees its error is below the width of
a line.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterable, Iterator
from importlib import resources
from typing import Any, Final, NamedTuple

import msgspec

from skydas.outputs._report_dossier import TRACKS_MAX, Dossier
from skydas.outputs._report_words import worded

WIDTH: Final = 680.0
HEIGHT: Final = 400.0
HALF_WIDTH_M_MIN: Final = 15_000.0
HALF_WIDTH_M_MAX: Final = 600_000.0
TOWNS_MAX: Final = 14
M_PER_DEG: Final = 111_195.0  # of a great circle on a sphere of 6,371 km
TRACK_COLOURS: Final = ("#b3261e", "#1f5fbf", "#7a3e9d", "#a85b00", "#00695c")
NEAR_PX: Final = 60.0  # between two names of towns

Point = tuple[float, float]


class Area(NamedTuple):
    """A filled shape with holes."""

    rings: list[list[Point]]
    colour: str


class Stroke(NamedTuple):
    """A line."""

    points: list[Point]
    colour: str
    width: float
    is_dashed: bool = False


class Dot(NamedTuple):
    """A filled circle."""

    x: float
    y: float
    radius: float
    colour: str


class Label(NamedTuple):
    """A text that begins at a point."""

    x: float
    y: float
    size: float
    colour: str
    text: str


class Map(NamedTuple):
    """What is drawn, in points from the upper left corner, and a line to be read below it."""

    width: float
    height: float
    water: str
    areas: list[Area]
    lines: list[Stroke]
    dots: list[Dot]
    texts: list[Label]
    note: str


class _Window(NamedTuple):
    latitude_deg: float
    longitude_deg: float
    half_width_m: float

    def point(self, longitude_deg: float, latitude_deg: float) -> Point:
        scale = 0.5 * WIDTH / self.half_width_m
        east_m = (longitude_deg - self.longitude_deg) * M_PER_DEG * math.cos(math.radians(self.latitude_deg))
        north_m = (latitude_deg - self.latitude_deg) * M_PER_DEG
        return 0.5 * WIDTH + east_m * scale, 0.5 * HEIGHT - north_m * scale


def map_of(dossier: Dossier) -> Map | None:
    """Return the map, or None for an incident without any place."""
    places = [place for track in dossier.tracks for place in zip(track.longitude_deg, track.latitude_deg, strict=True)]
    incident = dossier.incident
    if incident.latitude_deg is not None and incident.longitude_deg is not None:
        places.append((incident.longitude_deg, incident.latitude_deg))
    if not places:
        return None
    window = _window(places)
    drawn = Map(WIDTH, HEIGHT, "#dbe7f0", [], [], [], [], _note(dossier, window))
    _basemap(drawn, window)
    for index, track in enumerate(dossier.tracks[:TRACKS_MAX]):
        colour = TRACK_COLOURS[index % len(TRACK_COLOURS)]
        points = [window.point(*place) for place in zip(track.longitude_deg, track.latitude_deg, strict=True)]
        drawn.lines.extend(Stroke(run, colour, 1.8) for run in _inside(points))
        if points and _is_inside(points[-1]):
            x, y = points[-1]
            drawn.dots.append(Dot(x, y, 2.6, colour))
            drawn.texts.append(Label(x + 5, y - 4, 9.0, colour, str(track.track_no)))
    if incident.latitude_deg is not None and incident.longitude_deg is not None:
        x, y = window.point(incident.longitude_deg, incident.latitude_deg)
        drawn.lines.append(Stroke(_circle(x, y, 9.0), "#b3261e", 2.0))
        drawn.dots.append(Dot(x, y, 2.2, "#b3261e"))
    _scale(drawn, window)
    return drawn


def _window(places: list[Point]) -> _Window:
    longitudes, latitudes = [place[0] for place in places], [place[1] for place in places]
    latitude_deg = 0.5 * (min(latitudes) + max(latitudes))
    longitude_deg = 0.5 * (min(longitudes) + max(longitudes))
    east_m = 0.5 * (max(longitudes) - min(longitudes)) * M_PER_DEG * math.cos(math.radians(latitude_deg))
    north_m = 0.5 * (max(latitudes) - min(latitudes)) * M_PER_DEG
    half_m = 1.3 * max(east_m, north_m * WIDTH / HEIGHT)
    return _Window(latitude_deg, longitude_deg, min(max(half_m, HALF_WIDTH_M_MIN), HALF_WIDTH_M_MAX))


def _note(dossier: Dossier, window: _Window) -> str:
    said = worded(dossier.language)
    shown = said("{width} km wide, north up; ring: the incident's place; tracks: {count}, the number where each ends.")
    shown = shown.format(width=f"{2 * window.half_width_m / 1000:.0f}", count=len(dossier.tracks))
    return f"{shown} Natural Earth; GeoNames (CC BY 4.0). {said('Not for navigation.')}"


@functools.cache
def _layers() -> dict[str, Any]:
    octets = (resources.files("skydas") / "web" / "static" / "basemap.json").read_bytes()
    layers: dict[str, Any] = msgspec.json.decode(octets)
    return layers


def _basemap(drawn: Map, window: _Window) -> None:
    layers = _layers()
    for name, colour in (("land", "#f4f1ea"), ("lakes", drawn.water)):
        for polygon in layers[name]["coordinates"]:
            rings = [_clipped([window.point(*place) for place in ring]) for ring in polygon]
            if rings and len(rings[0]) > 2:
                drawn.areas.append(Area([ring for ring in rings if len(ring) > 2], colour))
    for name, colour, width, is_dashed in (
        ("rivers", "#a9c7dc", 0.8, False),
        ("coast", "#7f98a8", 0.8, False),
        ("borders", "#5d5047", 1.2, True),
    ):
        for line in layers[name]["coordinates"]:
            points = [window.point(*place) for place in line]
            drawn.lines.extend(Stroke(run, colour, width, is_dashed) for run in _inside(points))
    named: list[Point] = []
    for town in layers["towns"]["features"]:  # the largest first
        x, y = window.point(*town["geometry"]["coordinates"])
        if len(named) >= TOWNS_MAX or not (10 < x < WIDTH - 60 and 14 < y < HEIGHT - 24):
            continue
        if all(math.hypot(x - other[0], y - other[1]) > NEAR_PX for other in named):
            named.append((x, y))
            drawn.dots.append(Dot(x, y, 1.8, "#4a5460"))
            drawn.texts.append(Label(x + 4, y + 3, 9.0, "#4a5460", town["properties"]["n"]))


def _scale(drawn: Map, window: _Window) -> None:
    px_per_m = 0.5 * WIDTH / window.half_width_m
    length_m = next(m for m in _round_lengths() if m * px_per_m > 60.0)
    x, y = 14.0, HEIGHT - 14.0
    drawn.lines.append(
        Stroke([(x, y - 4), (x, y), (x + length_m * px_per_m, y), (x + length_m * px_per_m, y - 4)], "#14181d", 1.4)
    )
    drawn.texts.append(Label(x + 4, y - 4, 9.0, "#14181d", f"{length_m / 1000:g} km"))


def _round_lengths() -> Iterator[float]:
    for power in range(2, 8):
        for digit in (1, 2, 5):
            yield float(digit * 10**power)


def _circle(x: float, y: float, radius: float) -> list[Point]:
    angles = [math.tau * step / 36 for step in range(37)]
    return [(x + radius * math.cos(angle), y + radius * math.sin(angle)) for angle in angles]


def _is_inside(point: Point) -> bool:
    return 0.0 <= point[0] <= WIDTH and 0.0 <= point[1] <= HEIGHT


def _inside(points: list[Point]) -> Iterator[list[Point]]:
    """Yield the parts of a line that lie in the map (Liang and Barsky, 1984, for each segment)."""
    run: list[Point] = []
    for before, after in itertools.pairwise(points):
        cut = _cut(before, after)
        if cut is None:
            continue
        if run and run[-1] != cut[0]:
            yield run
            run = []
        run += [cut[1]] if run else list(cut)
    if len(run) > 1:
        yield run


def _cut(before: Point, after: Point) -> tuple[Point, Point] | None:
    first, last = 0.0, 1.0
    for axis, limit in ((0, WIDTH), (1, HEIGHT)):
        delta = after[axis] - before[axis]
        for slope, room in ((-delta, before[axis]), (delta, limit - before[axis])):
            if slope == 0.0:
                if room < 0.0:
                    return None
            elif slope < 0.0:
                first = max(first, room / slope)
            else:
                last = min(last, room / slope)
    if first >= last:
        return None
    return _between(before, after, first), _between(before, after, last)


def _between(before: Point, after: Point, share: float) -> Point:
    if share == 0.0:
        return before
    if share == 1.0:
        return after
    return before[0] + share * (after[0] - before[0]), before[1] + share * (after[1] - before[1])


def _clipped(ring: list[Point]) -> list[Point]:
    """Return the part of a polygon's ring in the map (Sutherland and Hodgman, 1974)."""
    xs, ys = [point[0] for point in ring], [point[1] for point in ring]
    if max(xs) < 0.0 or min(xs) > WIDTH or max(ys) < 0.0 or min(ys) > HEIGHT:
        return []
    for axis, limit, sign in ((0, 0.0, 1.0), (0, WIDTH, -1.0), (1, 0.0, 1.0), (1, HEIGHT, -1.0)):
        ring = list(_half(ring, axis, limit, sign))
    return ring


def _half(ring: Iterable[Point], axis: int, limit: float, sign: float) -> Iterator[Point]:
    points = list(ring)
    for before, after in zip(points[-1:] + points[:-1], points, strict=True):
        inside_before, inside = sign * (before[axis] - limit) >= 0.0, sign * (after[axis] - limit) >= 0.0
        if inside != inside_before:
            share = (limit - before[axis]) / (after[axis] - before[axis])
            yield _between(before, after, share)
        if inside:
            yield after
