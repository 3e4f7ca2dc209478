"""Areas of warnings: circles, cones, corners that people type, and municipalities out of national files."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skydas.respond.warning.areas import (
    area_km2,
    circle_ring,
    cone_ring,
    convex_hull,
    distance_m,
    is_inside,
    lies_in,
    overlap,
    ring_fault,
    simplified,
)
from skydas.respond.warning.counties import COUNTIES
from skydas.respond.warning.municipalities import Part, read_municipalities, within
from tests.paths import recording

SQUARE = ((55.0, 24.0), (55.0, 25.0), (56.0, 25.0), (56.0, 24.0))
places = st.tuples(st.floats(53.0, 60.0), st.floats(20.0, 29.0))


def feature(name: str, ring: list[list[float]], **more: object) -> dict[str, object]:
    return {
        "type": "Feature",
        "properties": {"name": name, **more},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def square_lonlat(west: float, south: float, side: float = 1.0) -> list[list[float]]:
    east, north = west + side, south + side
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


@given(places, st.floats(100.0, 100_000.0))
def test_a_ring_about_a_circle_holds_all_of_it(centre: tuple[float, float], radius_m: float) -> None:
    ring = circle_ring(*centre, radius_m)
    assert not ring_fault(ring)
    for corner, following in zip(ring, [*ring[1:], ring[0]], strict=True):
        middle = ((corner[0] + following[0]) / 2.0, (corner[1] + following[1]) / 2.0)
        assert distance_m(centre, middle) > 0.985 * radius_m - 2.0
    assert area_km2(ring) == pytest.approx(math.pi * (radius_m / 1000.0) ** 2, rel=0.06)


@given(st.lists(places, min_size=3, max_size=40))
def test_every_point_lies_in_the_hull_of_all(points: list[tuple[float, float]]) -> None:
    hull = convex_hull(points)
    assert set(hull) <= set(points)
    if len(hull) >= 3 and area_km2(hull) > 1.0:
        middle = (sum(p[0] for p in hull) / len(hull), sum(p[1] for p in hull) / len(hull))
        for point in points:
            inward = (point[0] + 1e-6 * (middle[0] - point[0]), point[1] + 1e-6 * (middle[1] - point[1]))
            assert is_inside(inward, hull)


def test_a_cone_is_one_area_from_its_first_place_to_its_last() -> None:
    ring = cone_ring([(0.0, 55.0, 24.0, 500.0), (300.0, 55.1, 24.2, 3_000.0)])
    assert not ring_fault(ring)
    assert is_inside((55.0, 24.0), ring)
    assert is_inside((55.1, 24.2), ring)
    assert is_inside((55.05, 24.1), ring)
    assert not is_inside((55.0, 24.2), ring)


@pytest.mark.parametrize(
    ("ring", "said"),
    [
        (((55.0, 24.0), (56.0, 25.0)), "at least 3 corners"),
        (((55.0, 24.0), (56.0, 25.0), (55.0, 25.0), (56.0, 24.0)), "crosses itself"),
        (((55.0, 24.0), (55.0, 24.5), (55.0, 25.0)), "crosses itself|empty"),
        (((155.0, 24.0), (55.0, 24.5), (55.5, 25.0)), "no place on earth"),
        (((math.nan, 24.0), (55.0, 24.5), (55.5, 25.0)), "no place on earth"),
        (((0.0, 0.0), (40.0, 0.0), (40.0, 60.0)), "km long"),
        (tuple((55.0 + math.cos(k / 50), 24.0 + math.sin(k / 50)) for k in range(300)), "at most 200"),
    ],
)
def test_an_area_that_cannot_be_meant_is_refused_with_its_fault(
    ring: tuple[tuple[float, float], ...], said: str
) -> None:
    assert any(word in ring_fault(ring) for word in said.split("|"))


def test_rings_overlap_where_one_lies_in_the_other_crosses_it_or_touches_it() -> None:
    assert overlap(SQUARE, circle_ring(55.5, 24.5, 1_000.0))
    assert overlap(circle_ring(55.5, 24.5, 1_000.0), SQUARE)
    assert overlap(SQUARE, ((55.5, 23.0), (55.6, 23.0), (55.6, 26.0), (55.5, 26.0)))
    assert overlap(SQUARE, ((56.0, 24.5), (57.0, 24.0), (57.0, 25.0)))
    assert not overlap(SQUARE, ((57.0, 24.0), (57.0, 25.0), (58.0, 25.0)))


def test_a_simplified_outline_stays_within_its_tolerance() -> None:
    wavy = [(55.0 + 0.2 * math.sin(k / 60.0), 24.0 + 0.3 * math.cos(k / 60.0)) for k in range(377)]
    simple = simplified(wavy, 100.0)
    assert len(simple) < len(wavy) / 4
    assert area_km2(simple) == pytest.approx(area_km2(wavy), rel=0.01)


def test_geojson_is_read_with_every_fault_told_and_the_rest_used() -> None:
    text = json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                feature("B", square_lonlat(25.0, 55.0), code="2"),
                feature("A", square_lonlat(24.0, 55.0), code="1"),
                {"type": "Feature", "properties": {"name": "no shape"}, "geometry": None},
                feature("", square_lonlat(24.0, 55.0)),
                feature("metres", square_lonlat(545_000.0, 6_500_000.0)),
                {
                    "type": "Feature",
                    "properties": {"name": "point"},
                    "geometry": {"type": "Point", "coordinates": [1, 2]},
                },
            ],
        }
    )
    read = read_municipalities(text.encode())
    assert [(one.code, one.name) for one in read.municipalities] == [("1", "A"), ("2", "B")]
    assert len(read.faults) == 4
    assert "projected" in read.faults[2]
    assert within(circle_ring(55.5, 24.5, 1_000.0), read.municipalities) == (("1", "A"),)
    assert within(circle_ring(55.5, 25.0, 1_000.0), read.municipalities) == (("1", "A"), ("2", "B"))


def test_topojson_gives_the_same_as_the_geojson_it_was_made_of() -> None:
    topology = {
        "type": "Topology",
        "transform": {"scale": [0.5, 0.5], "translate": [24.0, 55.0]},
        "arcs": [[[2, 0], [0, 2]], [[2, 2], [-2, 0], [0, -2], [2, 0]], [[2, 0], [2, 0], [0, 2], [-2, 0]]],
        "objects": {
            "areas": {
                "type": "GeometryCollection",
                "geometries": [
                    {"type": "Polygon", "arcs": [[0, 1]], "properties": {"name": "A"}},
                    {"type": "Polygon", "arcs": [[2, -1]], "properties": {"name": "B"}},
                    {"type": "Polygon", "arcs": [[9]], "properties": {"name": "C"}},
                ],
            }
        },
    }
    read = read_municipalities(json.dumps(topology).encode())
    a, b = read.municipalities
    assert sorted(a.parts[0].outer) == sorted(((55.0, 25.0), (56.0, 25.0), (56.0, 24.0), (55.0, 24.0)))
    assert sorted(b.parts[0].outer) == sorted(((55.0, 25.0), (55.0, 26.0), (56.0, 26.0), (56.0, 25.0)))
    assert read.faults == ["feature 2: a geometry that names arcs which are not there"]


def nested() -> bytes:
    """A district with a town in it, which has a park of the district in it."""
    outer, town, park = (square_lonlat(*at) for at in ((24.0, 55.0, 1.0), (24.2, 55.2, 0.5), (24.4, 55.4, 0.1)))
    district = {"type": "MultiPolygon", "coordinates": [[outer, town[::-1]], [park]]}
    features = [
        {"type": "Feature", "properties": {"name": "District"}, "geometry": district},
        feature("Town", town) | {"geometry": {"type": "Polygon", "coordinates": [town, park[::-1]]}},
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


@pytest.mark.parametrize(
    ("latitude_deg", "longitude_deg", "names"),
    [
        (55.05, 24.05, ["District"]),
        (55.3, 24.3, ["Town"]),
        (55.45, 24.45, ["District"]),
        (55.2, 24.3, ["District", "Town"]),
        (55.4, 24.45, ["District", "Town"]),
        (57.0, 24.45, []),
    ],
)
def test_a_town_in_its_district_is_named_alone_and_so_is_the_park_in_the_town(
    latitude_deg: float, longitude_deg: float, names: list[str]
) -> None:
    found = within(circle_ring(latitude_deg, longitude_deg, 500.0), read_municipalities(nested()).municipalities)
    assert [name for _, name in found] == names


@given(st.floats(0.0, 120_000.0), st.floats(0.0, math.tau), st.floats(200.0, 30_000.0), st.floats(20_000.0, 40_000.0))
def test_a_circle_meets_a_ring_of_land_where_it_reaches_over_the_hole_and_not_beyond_the_outline(
    away_m: float, course_rad: float, radius_m: float, hole_m: float
) -> None:
    centre, outer_m, doubt = (56.0, 24.0), 80_000.0, 0.03  # circles of few corners; degrees are not metres
    part = Part(circle_ring(*centre, outer_m, 96), (circle_ring(*centre, hole_m, 96),))
    shrink = math.cos(math.radians(centre[0]))
    north, east = math.cos(course_rad) * away_m / 111_195.0, math.sin(course_rad) * away_m / 111_195.0
    ring = circle_ring(centre[0] + north, centre[1] + east / shrink, radius_m, 96)
    in_hole, outside = hole_m - away_m - radius_m, away_m - radius_m - outer_m
    margin_m = doubt * (away_m + radius_m) + 100.0
    if max(in_hole, outside) > margin_m:
        assert not part.has_in_common(ring)
    elif max(in_hole, outside) < -margin_m:
        assert part.has_in_common(ring)


@given(st.lists(places, min_size=3, max_size=12), st.floats(0.05, 0.95))
def test_a_hull_drawn_smaller_about_its_middle_lies_in_it_and_never_the_other_way(
    points: list[tuple[float, float]], share: float
) -> None:
    hull = convex_hull(points)
    if len(hull) < 3 or area_km2(hull) < 100.0:
        return
    middle = (sum(p[0] for p in hull) / len(hull), sum(p[1] for p in hull) / len(hull))
    small = tuple((middle[0] + share * (p[0] - middle[0]), middle[1] + share * (p[1] - middle[1])) for p in hull)
    assert lies_in(small, hull)
    assert not lies_in(hull, small)
    assert not lies_in(hull, hull)


@pytest.mark.parametrize("octets", [b"", b"[]", b"{}", b"\xff\xfe", b'{"type":"Topology"}', b"[" * 100_000])
def test_what_is_no_map_is_a_fault_and_not_a_crash(octets: bytes) -> None:
    read = read_municipalities(octets)
    assert not read.municipalities
    assert read.faults


def test_estonias_own_file_gives_its_79_municipalities() -> None:
    read = read_municipalities(recording("geo/municipalities_ee_2018.json").read_bytes())
    assert len(read.municipalities) == 79
    assert not read.faults
    assert read.corners_kept < read.corners / 3
    names = [name for _, name in within(circle_ring(59.437, 24.754, 500.0), read.municipalities)]
    assert names == ["Tallinn"]
    rakvere = [name for _, name in within(circle_ring(59.349, 26.355, 300.0), read.municipalities)]
    assert rakvere == ["Rakvere linn"]  # and not the parish around it
    assert len(within(circle_ring(58.4, 26.7, 60_000.0), read.municipalities)) > 10


def test_the_three_countries_have_their_counties() -> None:
    count = {country: sum(code.startswith(country) for code in COUNTIES) for country in ("LT", "LV", "EE")}
    assert count == {"LT": 10, "LV": 43, "EE": 15}
    assert len(set(COUNTIES.values())) == len(COUNTIES)
