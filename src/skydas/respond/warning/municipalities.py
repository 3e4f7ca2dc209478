"""Municipalities out of a national file, GeoJSON or TopoJSON: code, name, county and outlines, simplified.

National files differ in the names of their properties: the first known one is taken unless the node file names it.
Every feature that cannot be used is told, with its number and the reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from skydas.respond.warning.areas import Point, Ring, box, boxes_meet, distance_m, lies_in, overlap, simplified

OCTETS_MAX: Final = 64_000_000
FEATURES_MAX: Final = 2_000
CORNERS_MAX: Final = 2_000_000  # of a whole file, before it is simplified
ISLET_TOLERANCES: Final = 5.0  # an islet smaller than so many tolerances is left out
CODE_KEYS: Final = ("OKOOD", "ATVK", "L1_code", "SAV_KODAS", "code", "CODE", "kodas", "kods", "kood", "id", "ID", "ref")
NAME_KEYS: Final = ("ONIMI", "L1_name", "SAV_PAV", "name", "NAME", "pavadinimas", "nosaukums", "nimi", "NIMI")


Outline = list[list[Point]]  # the outer ring, then the holes


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One connected piece of land: an outline, and what lies in it and belongs to others (a town in its district)."""

    outer: Ring
    holes: tuple[Ring, ...] = ()

    def has_in_common(self, ring: Ring) -> bool:
        """Return whether a ring has any place in common with it; one that lies in a hole has none."""
        return overlap(ring, self.outer) and not any(lies_in(ring, hole) for hole in self.holes)


class Municipality(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One municipality with all its parts (islands)."""

    code: str
    name: str
    parts: tuple[Part, ...]


class Imported(msgspec.Struct, frozen=True):
    """What a file held."""

    municipalities: list[Municipality]
    faults: list[str]  # one line for each feature that cannot be used
    corners: int  # in the file, and
    corners_kept: int


def read_municipalities(octets: bytes, tolerance_m: float = 100.0, code_key: str = "", name_key: str = "") -> Imported:
    """Return every municipality in a file, by code, and every fault."""
    if len(octets) > OCTETS_MAX:
        return Imported([], [f"the file is larger than {OCTETS_MAX} octets"], 0, 0)
    try:
        read = msgspec.json.decode(octets)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Imported([], [f"not JSON: {error}"], 0, 0)
    made: dict[str, Municipality] = {}
    faults: list[str] = []
    corners = kept = 0
    for number, (properties, outlines, fault) in enumerate(_features(read)):
        if number >= FEATURES_MAX or corners > CORNERS_MAX:
            faults.append(f"feature {number}: only {FEATURES_MAX} features and {CORNERS_MAX} corners are read")
            break
        code, name = _named(properties, code_key, CODE_KEYS), _named(properties, name_key, NAME_KEYS)
        if not fault and not name:
            fault = f"no name; its properties are: {', '.join(sorted(map(str, properties)))[:200] or 'none'}"
        if fault:
            faults.append(f"feature {number}: {fault}")
            continue
        corners += sum(len(ring) for outline in outlines for ring in outline)
        parts = _simple_parts(outlines, tolerance_m)
        code = code or name
        before = made.get(code)
        made[code] = Municipality(code, name, (*before.parts, *parts) if before is not None else parts)
        kept += sum(len(ring) for part in parts for ring in (part.outer, *part.holes))
    if not made and not faults:
        faults.append("no features: expected a GeoJSON FeatureCollection or a TopoJSON Topology")
    return Imported([made[code] for code in sorted(made)], faults, corners, kept)


def _simple_parts(outlines: list[Outline], tolerance_m: float) -> tuple[Part, ...]:
    """Return the parts of a municipality, simplified, without islets and holes too small to see."""
    seen_m = ISLET_TOLERANCES * tolerance_m
    largest = max(outlines, key=lambda outline: _extent_m(outline[0]))
    parts = []
    for outer, *holes in outlines:
        simple = simplified(outer, tolerance_m)
        if _extent_m(outer) > seen_m and len(simple) >= 3:
            inner = (simplified(hole, tolerance_m) for hole in holes if _extent_m(hole) > seen_m)
            parts.append(Part(simple, tuple(hole for hole in inner if len(hole) >= 3)))
    return tuple(parts) or (Part(simplified(largest[0], 0.0)),)


def _extent_m(ring: Sequence[Point]) -> float:
    south, west, north, east = box(ring)
    return distance_m((south, west), (north, east))


def within(ring: Ring, municipalities: Sequence[Municipality]) -> tuple[tuple[str, str], ...]:
    """Return code and name of every municipality that has a place in common with a ring."""
    near = box(ring)
    return tuple(
        (one.code, one.name)
        for one in municipalities
        if any(boxes_meet(near, box(part.outer)) and part.has_in_common(ring) for part in one.parts)
    )


Feature = tuple[dict[str, Any], list[Outline], str]  # properties, outlines, what is wrong with it


def _features(read: Any) -> Iterator[Feature]:
    if not isinstance(read, dict):
        return
    if read.get("type") == "Topology":
        yield from _topology(read)
        return
    features = read.get("features")
    for feature in features if isinstance(features, list) else ():
        if not isinstance(feature, dict) or not isinstance(feature.get("geometry"), dict):
            yield {}, [], "no geometry"
            continue
        geometry = feature["geometry"]
        parts = _parts(geometry.get("type"), geometry.get("coordinates"))
        yield _feature(feature.get("properties"), parts, geometry.get("type"))


def _feature(properties: Any, parts: list[Any] | None, kind: Any) -> Feature:
    known = properties if isinstance(properties, dict) else {}
    if parts is None:
        return known, [], f"expected a Polygon or MultiPolygon, got {str(kind)[:40]}"
    outlines: list[Outline] = []
    for part in parts:
        if not isinstance(part, list) or not part:
            return known, [], "a polygon without rings"
        rings = [ring for ring in map(_ring, part) if ring is not None]
        if len(rings) < len(part):
            return known, [], "a ring that is not of longitude and latitude in degrees (is it projected?)"
        outlines.append(rings)
    return known, outlines, "" if outlines else "no rings"


def _parts(kind: Any, coordinates: Any) -> list[Any] | None:
    if not isinstance(coordinates, list):
        return None
    return [coordinates] if kind == "Polygon" else coordinates if kind == "MultiPolygon" else None


def _ring(given: Any) -> list[Point] | None:
    """Return a ring as latitude and longitude, not closed; None where it is none."""
    if not isinstance(given, list):
        return None
    ring: list[Point] = []
    for pair in given:
        if not isinstance(pair, list) or len(pair) < 2 or not all(isinstance(value, int | float) for value in pair[:2]):
            return None
        longitude_deg, latitude_deg = float(pair[0]), float(pair[1])
        if not (abs(latitude_deg) <= 90.0 and abs(longitude_deg) <= 180.0):
            return None
        ring.append((latitude_deg, longitude_deg))
    if len(ring) > 1 and ring[0] == ring[-1]:
        ring.pop()
    return ring if len(ring) >= 3 else None


def _topology(read: dict[str, Any]) -> Iterator[Feature]:
    """Yield the features of a TopoJSON topology: its arcs are deltas in whole steps where it has a transform."""
    try:
        arcs = [_arc(arc, read.get("transform")) for arc in read["arcs"]]
        objects = [one for _, one in sorted(read["objects"].items())]
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        yield {}, [], "a topology whose arcs or objects cannot be read"
        return
    for one in objects:
        geometries = one.get("geometries", [one]) if isinstance(one, dict) else []
        for geometry in geometries if isinstance(geometries, list) else ():
            try:
                parts = _parts(geometry.get("type"), geometry.get("arcs"))
                joined = None if parts is None else [[_joined(ring, arcs) for ring in part] for part in parts]
            except (TypeError, IndexError, AttributeError):
                yield {}, [], "a geometry that names arcs which are not there"
                continue
            yield _feature(geometry.get("properties"), joined, geometry.get("type"))


def _arc(arc: Any, transform: Any) -> list[list[float]]:
    if transform is None:
        return [[float(pair[0]), float(pair[1])] for pair in arc]
    (east_step, north_step), (east, north) = transform["scale"], transform["translate"]
    x = y = 0
    out = []
    for pair in arc:
        x, y = x + pair[0], y + pair[1]
        out.append([x * east_step + east, y * north_step + north])
    return out


def _joined(numbers: list[int], arcs: list[list[list[float]]]) -> list[list[float]]:
    """Return a ring of arcs; a negative number is the arc ~number backwards. Neighbours share an end."""
    out: list[list[float]] = []
    for number in numbers:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        out += arc[1:] if out else arc
    return out


def _named(properties: dict[str, Any], key: str, known: Sequence[str]) -> str:
    """Return a property as text: the named one, else the first known one there is."""
    for name in (key,) if key else known:
        value = properties.get(name)
        if isinstance(value, str | int) and str(value).strip():
            return " ".join(str(value).split())[:100]
    return ""
