"""Files of assets: every fault is told at once, and what is written reads again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skydas.assess import examined_assets, feature_of, geojson_of, read_assets
from skydas.assess.assets import ASSETS_MAX, POINTS_MAX
from skydas.assess.hours import hours_of
from skydas.assess.sets import set_path
from skydas.config import examined, node_config
from skydas.errors import ConfigError
from skydas.model import utc_ns

SQUARE = [[24.0, 55.0], [24.1, 55.0], [24.1, 55.1], [24.0, 55.1], [24.0, 55.0]]
BOW_TIE = [[24.0, 55.0], [24.1, 55.1], [24.1, 55.0], [24.0, 55.1], [24.0, 55.0]]


def feature(geometry: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"name": "a", "kind": "b"} | properties, "geometry": geometry}


def faults_of(*features: Any) -> list[str]:
    return examined_assets(json.dumps({"type": "FeatureCollection", "features": features}).encode()).faults


def point(*place: Any) -> dict[str, Any]:
    return {"type": "Point", "coordinates": list(place)}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (feature({"type": "Polygon", "coordinates": [BOW_TIE]}), "crosses itself: side 0 with side 2"),
        (feature({"type": "Polygon", "coordinates": [SQUARE[:-1]]}), "ends where it begins"),
        (feature({"type": "Polygon", "coordinates": [SQUARE, SQUARE]}), "without holes"),
        (feature({"type": "Polygon", "coordinates": [[[24.0, 55.0]] * 5]}), "passes one point twice"),
        (feature({"type": "MultiPolygon", "coordinates": []}), "make one feature of each part"),
        (feature({"type": "LineString", "coordinates": [[24.0, 55.0]]}), "needs 2 points"),
        (feature({"type": "LineString", "coordinates": [[0.0, 0.0]] * (POINTS_MAX + 1)}), f"at most {POINTS_MAX}"),
        (feature({"type": "LineString", "coordinates": [[179.0, 0.0], [-179.0, 0.0]]}), "cut it there"),
        (feature(point(55.0, 124.0)), "outside the world"),
        (feature(point(24.0, "55")), "expected [longitude, latitude]"),
        (feature(point(True, 55.0)), "expected [longitude, latitude]"),
        (feature(None), "expected Point, Polygon or LineString"),
        (feature(point(24.0, 55.0), colour="red"), "properties.colour: no such key"),
        (feature(point(24.0, 55.0), value=2.0), "properties.value: must be 0 to 1"),
        (feature(point(24.0, 55.0), radius_m=-1.0), "properties.radius_m"),
        (feature(point(24.0, 55.0), name="a\nb"), "printable"),
        (feature(point(24.0, 55.0), name=" "), "expected a word"),
        (feature(point(24.0, 55.0), what="zone"), "a zone is one of border"),
        (feature(point(24.0, 55.0), what="axis", radius_m=1.0), "an axis is a LineString"),
        (feature(point(24.0, 55.0), what="zone", kind="closed"), "radius_m: missing"),
        (feature(point(24.0, 55.0), from_amsl_m=900.0, to_amsl_m=100.0), "is not below"),
        (feature(point(24.0, 55.0), hours=[["06:00", "2026-01-01T00:00:00Z"]]), "two times of day or two instants"),
        (feature(point(24.0, 55.0), hours=[["2026-01-02", "2026-01-01"]]), "is not before"),
        (feature(point(24.0, 55.0), hours=[["25:00", "26:00"]]), "expected times of day"),
        ("nonsense", 'expected an object with "type": "Feature"'),
    ],
)
def test_what_cannot_be_an_asset_is_refused_with_its_reason(wrong: Any, said: str) -> None:
    faults = faults_of(wrong)
    assert all(fault.startswith("features[0]") for fault in faults)
    assert said in "; ".join(faults)


def test_all_faults_of_a_file_are_told_at_once() -> None:
    wrong = feature({"type": "Polygon", "coordinates": [BOW_TIE]}, colour=1, value="x")
    told = faults_of(feature(point(24.0, 55.0)), wrong, feature(point(0.0, 99.0), name="c"), feature(point(1.0, 1.0)))
    assert [fault.partition(":")[0] for fault in told] == ["features[1]"] * 3 + ["features[2]", "features[3] (a)"]
    assert told[-1].endswith("properties.name: is there twice")


def test_numbers_that_are_none_are_refused() -> None:
    assert "not JSON" in examined_assets(b'{"type": "Feature", "geometry": {"coordinates": [NaN, 1]}}').faults[0]
    huge = (
        b'{"type":"Feature","properties":{"name":"a","kind":"b"},"geometry":{"type":"Point","coordinates":[1e999,1]}}'
    )
    assert examined_assets(huge).faults


def test_too_many_features_are_refused_without_reading_them() -> None:
    [fault] = faults_of(*[{}] * (ASSETS_MAX + 1))
    assert f"at most {ASSETS_MAX}" in fault
    assert len(faults_of(*[{}] * ASSETS_MAX)) == 201


ANY_JSON = st.recursive(st.none() | st.floats() | st.text(), st.lists).map(lambda value: json.dumps(value).encode())


@given(st.binary(max_size=200) | ANY_JSON)
def test_any_octets_are_faults_and_no_exception(octets: bytes) -> None:
    assert examined_assets(octets).faults


def test_the_shipped_set_has_no_fault_and_reads_as_it_is_written() -> None:
    path = set_path("baltic")
    assert path is not None
    assets = read_assets(path.read_bytes())
    assert {asset.kind for asset in assets} == {"border", "airport", "city"}
    assert {asset.name for asset in assets} >= {"Lithuania", "Latvia", "Estonia", "Vilnius", "Riga", "Tallinn"}
    assert read_assets(msgspec.json.encode(geojson_of(assets))) == assets


def test_one_feature_alone_is_read_too() -> None:
    given_ = feature({"type": "LineString", "coordinates": [[24.0, 55.0], [24.5, 55.0]]}, radius_m=50.0, kind="bridge")
    [asset] = read_assets(json.dumps(given_).encode())
    assert (asset.shape, asset.points, asset.radius_m) == ("route", ((55.0, 24.0), (55.0, 24.5)), 50.0)
    assert feature_of(asset) == given_


def test_hours_hold_over_midnight_and_at_their_instants() -> None:
    night = hours_of([["22:00", "06:00"]])
    event = hours_of([["2026-07-06T17:00:00Z", "2026-07-06T22:00:00Z"]])
    for text, by_night, at_event in (
        ("2026-07-06T21:59:59Z", False, True),
        ("2026-07-06T22:00:00Z", True, False),
        ("2026-07-07T05:59:59Z", True, False),
        ("2026-07-07T06:00:00Z", False, False),
    ):
        assert (night.is_open(utc_ns(text)), event.is_open(utc_ns(text))) == (by_night, at_event)
    assert hours_of([]).is_open(0)


NODE = '[node]\nname = "lt-1"\n[assess]\nassets_file = "{}"\n'


def test_a_node_file_reads_the_assets_it_names_beside_it(tmp_path: Path) -> None:
    (tmp_path / "mine.geojson").write_text(json.dumps(feature(point(24.0, 55.0))))
    [asset] = node_config(NODE.format("mine.geojson"), "node.toml", tmp_path).assets
    assert asset.points == ((55.0, 24.0),)
    assert len(node_config(NODE.format("baltic")).assets) > 40


def test_faults_of_the_assets_are_faults_of_the_node_file(tmp_path: Path) -> None:
    (tmp_path / "mine.geojson").write_text(json.dumps(feature(point(24.0, 255.0), x=1)))
    found = examined(NODE.format("mine.geojson") + "horizon_s = 0.0\ncolour = 1\n[rules.aproach]\n", "n", tmp_path)
    assert [fault.partition(": ")[0] for fault in found.faults] == [
        "assess.colour",
        "assess.horizon_s",
        "rules.aproach",
        "assess.assets_file",
        "assess.assets_file",
    ]
    with pytest.raises(ConfigError, match=r"cannot be read .* `skydas assets starter` writes one"):
        node_config(NODE.format("nowhere.geojson"))


def test_rules_are_checked_by_their_own_parameters() -> None:
    text = '[node]\nname = "lt-1"\n[rules.approach]\nweight = 2.0\nlow = 1\n[rules.swarm]\non = "no"\n'
    faults = examined(text, "n").faults
    assert [fault.partition(":")[0] for fault in faults] == ["rules.approach.low", "rules.swarm.on"]
