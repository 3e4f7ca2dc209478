"""Assets, zones and axes as GeoJSON (RFC 7946): read with every fault listed, and written again."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

from skydas.assess.hours import hours_faults
from skydas.errors import ConfigError
from skydas.model import Asset, FloatArray
from skydas.model.tables import table_faults

ASSETS_MAX: Final = 2_000
POINTS_MAX: Final = 2_000  # of one shape
POINTS_ALL_MAX: Final = 50_000
OCTETS_MAX: Final = 16 << 20
FAULTS_MAX: Final = 200  # told; a file with more is of another kind
NAME_CHARACTERS_MAX: Final = 80
TEXT_CHARACTERS_MAX: Final = 500
RADIUS_M_MAX: Final = 500_000.0
HEIGHT_M_MAX: Final = 100_000.0
ZONES: Final = ("border", "prohibited", "restricted", "closed")
_SHAPES: Final = {"Point": "point", "Polygon": "area", "LineString": "route"}


class Properties(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`properties` of a feature: everything of an `Asset` but its shape."""

    name: str
    kind: str
    what: str = "asset"
    radius_m: float = 0.0
    value: float = 1.0
    from_amsl_m: float | None = None
    to_amsl_m: float | None = None
    hours: list[list[str]] = []
    text: str = ""


class Found(NamedTuple):
    """What a document holds, and what is wrong with it."""

    assets: list[Asset]
    faults: list[str]


def read_assets(octets: bytes, where: str = "assets") -> list[Asset]:
    """Return the assets in a GeoJSON document. Raises ConfigError with one line for each fault."""
    found = examined_assets(octets)
    if found.faults:
        raise ConfigError(*(f"{where}: {fault}" for fault in found.faults))
    return found.assets


def examined_assets(octets: bytes) -> Found:
    """Return every asset of a GeoJSON document that can be read, and every fault of the others."""
    if len(octets) > OCTETS_MAX:
        return Found([], [f"expected at most {OCTETS_MAX} octets, got {len(octets)}"])
    try:
        document = msgspec.json.decode(octets)
    except (msgspec.DecodeError, RecursionError) as error:
        return Found([], [f"not JSON: {error}"])
    if not isinstance(document, dict) or document.get("type") not in ("FeatureCollection", "Feature"):
        return Found([], ['expected GeoJSON with "type": "FeatureCollection" or "Feature"'])
    features = document.get("features") if document["type"] == "FeatureCollection" else [document]
    if not isinstance(features, list):
        return Found([], ["features: expected a list"])
    if len(features) > ASSETS_MAX:
        return Found([], [f"features: expected at most {ASSETS_MAX}, got {len(features)}"])
    return _examined_features(features)


def _examined_features(features: list[Any]) -> Found:
    assets: list[Asset] = []
    faults: list[str] = []
    names: set[str] = set()
    points = 0
    for index, feature in enumerate(features):
        asset, wrong = _examined_feature(feature)
        where = f"features[{index}]"
        if asset is not None:
            where += f" ({asset.name})"
            points += len(asset.points)
            if asset.name in names:
                wrong = [*wrong, "properties.name: is there twice"]
            names.add(asset.name)
            assets.append(asset)
        faults += [f"{where}: {fault}" for fault in wrong]
        if len(faults) > FAULTS_MAX:
            return Found(assets, [*faults[:FAULTS_MAX], f"more than {FAULTS_MAX} faults: the rest is not told"])
    if points > POINTS_ALL_MAX:
        faults.append(f"features: expected at most {POINTS_ALL_MAX} points in all, got {points}")
    return Found(assets, faults)


def _examined_feature(feature: Any) -> tuple[Asset | None, list[str]]:
    """Return the asset, or None, and the faults of one feature."""
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        return None, ['expected an object with "type": "Feature"']
    faults = [f"{key}: no such key" for key in feature if key not in ("type", "properties", "geometry", "id", "bbox")]
    given = feature.get("properties")
    faults += table_faults(given, Properties, "properties")
    shape, points, wrong = _examined_geometry(feature.get("geometry"))
    faults += wrong
    if faults:
        return None, faults
    properties = msgspec.convert(given, Properties)
    faults += _property_faults(properties, shape)
    if faults:
        return None, faults
    fields = msgspec.to_builtins(properties) | {"hours": tuple(tuple(pair) for pair in properties.hours)}
    return Asset(shape=shape, points=points, **fields), []  # type: ignore[arg-type]


def _property_faults(given: Properties, shape: str) -> Iterator[str]:
    for key, most in (("name", NAME_CHARACTERS_MAX), ("kind", NAME_CHARACTERS_MAX), ("text", TEXT_CHARACTERS_MAX)):
        text = getattr(given, key)
        if len(text) > most or not text.isprintable():
            yield f"properties.{key}: expected at most {most} printable characters, got {len(text)}"
        elif key != "text" and not text.strip():
            yield f"properties.{key}: expected a word"
    if given.what not in ("asset", "zone", "axis"):
        yield f"properties.what: expected one of asset, zone, axis, got {given.what!r}"
    if given.what == "zone" and given.kind not in ZONES:
        yield f"properties.kind: a zone is one of {', '.join(ZONES)}, got {given.kind!r}"
    if given.what == "zone" and shape == "route":
        yield "geometry: a zone is an area, or a point with radius_m"
    if given.what == "axis" and shape != "route":
        yield "geometry: an axis is a LineString, flown from its first point to its last"
    if not 0.0 <= given.radius_m <= RADIUS_M_MAX:
        yield f"properties.radius_m: must be 0 to {RADIUS_M_MAX:g}, got {given.radius_m}"
    if given.radius_m == 0.0 and (given.what == "axis" or (given.what == "zone" and shape == "point")):
        yield "properties.radius_m: missing; it says how wide this is"
    if not 0.0 <= given.value <= 1.0:
        yield f"properties.value: must be 0 to 1, got {given.value}"
    heights = (given.from_amsl_m, given.to_amsl_m)
    for key, height in zip(("from_amsl_m", "to_amsl_m"), heights, strict=True):
        if height is not None and not abs(height) <= HEIGHT_M_MAX:
            yield f"properties.{key}: must be within {HEIGHT_M_MAX:g} m, got {height}"
    if heights[0] is not None and heights[1] is not None and heights[0] >= heights[1]:
        yield f"properties: from_amsl_m {heights[0]} is not below to_amsl_m {heights[1]}"
    yield from (f"properties.hours: {fault}" for fault in hours_faults(given.hours))


def _examined_geometry(geometry: Any) -> tuple[str, tuple[tuple[float, float], ...], list[str]]:
    """Return the shape, its points (latitude, longitude, deg) and the faults of one geometry."""
    if not isinstance(geometry, dict) or geometry.get("type") not in _SHAPES:
        got = geometry.get("type") if isinstance(geometry, dict) else geometry
        advice = "; make one feature of each part" if str(got).startswith(("Multi", "GeometryC")) else ""
        return "", (), [f"geometry: expected Point, Polygon or LineString, got {got!r}{advice}"]
    shape, places = _SHAPES[geometry["type"]], geometry.get("coordinates")
    if shape == "point":
        places = [places]
    if shape == "area":
        if not isinstance(places, list) or len(places) != 1:
            return shape, (), ["geometry: expected a Polygon of one ring, without holes"]
        places = places[0]
    if not isinstance(places, list):
        return shape, (), ["geometry.coordinates: expected a list of positions"]
    if len(places) > POINTS_MAX:
        return shape, (), [f"geometry: expected at most {POINTS_MAX} points, got {len(places)}"]
    faults = [fault for at, place in enumerate(places) if (fault := _place_fault(place, at))]
    if faults:
        return shape, (), faults
    points = tuple((float(place[1]), float(place[0])) for place in places)
    return shape, points, list(_shape_faults(shape, points))


def _place_fault(place: Any, at: int) -> str:
    is_number = [isinstance(value, int | float) and not isinstance(value, bool) for value in _listed(place)]
    if len(is_number) not in (2, 3) or not all(is_number):
        return f"geometry.coordinates[{at}]: expected [longitude, latitude] in degrees, got {place!r}"[:200]
    longitude_deg, latitude_deg = place[0], place[1]
    if not (math.isfinite(longitude_deg) and math.isfinite(latitude_deg)):
        return f"geometry.coordinates[{at}]: expected finite numbers, got {place!r}"
    if not (-180.0 <= longitude_deg <= 180.0 and -90.0 <= latitude_deg <= 90.0):
        return f"geometry.coordinates[{at}]: outside the world (longitude first, then latitude): {place!r}"
    return ""


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _shape_faults(shape: str, points: tuple[tuple[float, float], ...]) -> Iterator[str]:
    if shape == "route" and len(points) < 2:
        yield f"geometry: a LineString needs 2 points, got {len(points)}"
        return
    if shape == "area":
        if len(points) < 4 or points[0] != points[-1]:
            yield "geometry: a ring has 4 points or more, and ends where it begins"
            return
        if len(set(points)) < len(points) - 1:
            yield "geometry: the ring passes one point twice"
            return
    longitudes = [longitude_deg for _, longitude_deg in points]
    if max(longitudes) - min(longitudes) > 180.0:
        yield "geometry: crosses the meridian of 180 degrees; cut it there into two features"
    elif shape == "area":
        if crossing := self_crossing(np.array(points)):
            yield f"geometry: the ring crosses itself: side {crossing[0]} with side {crossing[1]}"
        elif abs(_signed_area_deg2(np.array(points))) < 1e-12:
            yield "geometry: the ring encloses nothing"


def self_crossing(ring: FloatArray) -> tuple[int, int] | None:
    """Return the first two sides of a closed ring, (n, 2), that meet other than at a common corner, or None."""
    start, end = ring[:-1], ring[1:]
    count = len(start)
    for side in range(count - 2):
        others = np.arange(side + 2, count if side else count - 1)  # the last side shares the first one's corner
        if not len(others):
            continue
        meets = _meet(start[side], end[side], start[others], end[others])
        if meets.any():
            return side, int(others[np.argmax(meets)])
    return None


def _meet(a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray) -> Any:
    """Return which segments c-d, shape (n, 2) each, touch or cross the segment a-b."""
    c_side, d_side = _turn(a, b, c), _turn(a, b, d)
    a_side, b_side = _turn(c, d, a), _turn(c, d, b)
    straddles = (c_side * d_side <= 0.0) & (a_side * b_side <= 0.0)
    low, high = np.minimum(a, b), np.maximum(a, b)  # two segments on one line overlap only where their boxes do
    apart = (np.maximum(c, d) < low).any(axis=1) | (np.minimum(c, d) > high).any(axis=1)
    return straddles & ~apart


def _turn(a: FloatArray, b: FloatArray, c: FloatArray) -> FloatArray:
    found: FloatArray = np.sign(
        (b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1]) - (b[..., 1] - a[..., 1]) * (c[..., 0] - a[..., 0])
    )
    return found


def _signed_area_deg2(ring: FloatArray) -> float:
    x, y = ring[:, 1] - ring[0, 1], ring[:, 0] - ring[0, 0]
    return 0.5 * float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]))


def geojson_of(assets: list[Asset]) -> dict[str, Any]:
    """Return the GeoJSON document that reads as `assets`; what is as by default is left out."""
    return {"type": "FeatureCollection", "features": [feature_of(asset) for asset in assets]}


def feature_of(asset: Asset) -> dict[str, Any]:
    """Return one asset as a GeoJSON feature."""
    usual = msgspec.structs.asdict(Properties(name="", kind=""))
    given = {key: getattr(asset, key) for key in usual}
    given["hours"] = [list(pair) for pair in asset.hours]
    properties = {key: value for key, value in given.items() if value != usual[key]}
    places: Any = [[longitude_deg, latitude_deg] for latitude_deg, longitude_deg in asset.points]
    kind = {shape: kind for kind, shape in _SHAPES.items()}[asset.shape]
    coordinates = {"point": places[0], "area": [places], "route": places}[asset.shape]
    return {"type": "Feature", "properties": properties, "geometry": {"type": kind, "coordinates": coordinates}}
