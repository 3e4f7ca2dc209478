"""SAPIENT: detections in any of its coordinates become plots; what may not be taken in is refused by name."""

from __future__ import annotations

import copy
import itertools
import json
import math
from typing import Any

import numpy as np
import pytest
from google.protobuf import json_format
from hypothesis import given, settings
from hypothesis import strategies as st
from sapient_msg.bsi_flex_335_v2_0 import sapient_message_pb2
from scipy.integrate import quad

from skydas.formats._sapient_rules import asks_for_effect
from skydas.formats._sapient_utm import geodetic_from_utm, zone_of
from skydas.formats.sapient import EXAMPLES, MESSAGE_OCTETS_MAX, Decoder, Params, Reader, framed
from skydas.geo.frames import ECCENTRICITY2, SEMI_MAJOR_M, TangentPlane
from skydas.model import Decoded, ObjectClass, PlotFlag, PlotKind, object_key, sensor_key_of
from tests.paths import DATA, needs_shared

RX_NS = 1_717_664_320_000_000_000
NODE = "a8654cdf-4328-47de-81fa-c495589e30c9"
OTHER = "a8654cdf-4328-47de-81fa-c495589e30c1"
REPORT = "01GGYFBAXGDG7AGAHRZ6XSNY12"
OBJECT = "01GGYFBAXH4VYRQYEX7S3XGK3H"
OBJECT_2 = "01H4R63D7NVN8444Z5M77WEBY2"
DEGREES, RADIANS, UTM = 1, 2, 5
ELLIPSOID, GEOID = 1, 2


def _message(content: str, node: str = NODE, destination: str = "", **fields: Any) -> bytes:
    head: dict[str, Any] = {"timestamp": {"seconds": 1_717_664_319, "nanos": 250_000_000}, "node_id": node}
    if destination:
        head["destination_id"] = destination
    return framed(sapient_message_pb2.SapientMessage(**head, **{content: fields}))


def _detection(node: str = NODE, **fields: Any) -> bytes:
    return _message("detection_report", node, **{"report_id": REPORT, "object_id": OBJECT, **fields})


def _decode(octets: bytes, **params: Any) -> Decoded:
    return Decoder(Params(**params)).decode(RX_NS, octets)


def _plot(**fields: Any) -> Any:
    decoded = _decode(_detection(**fields))
    assert decoded.rejected == {}
    (plot,) = decoded.plots
    return plot


def _default(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((DATA / "sapient/flex335v2_defaults" / f"Default.{name}.json").read_text())
    return loaded


def _from_json(message: dict[str, Any]) -> bytes:
    return framed(json_format.ParseDict(message, sapient_message_pb2.SapientMessage()))


def test_degrees_become_a_position_with_its_covariance() -> None:
    decoded = _decode(
        _detection(
            location={
                "x": 24.5,
                "y": 58.5,
                "z": 120.0,
                "x_error": 2e-4,
                "y_error": 1e-4,
                "z_error": 7.0,
                "coordinate_system": DEGREES,
                "datum": ELLIPSOID,
            },
            classification=[
                {"type": "Air Vehicle", "confidence": 0.9, "sub_class": [{"type": "UAV Fixed Wing", "level": 1}]},
                {"type": "Bird", "confidence": 0.1},
            ],
            id="ESTFLT1",
        )
    )
    (plot,) = decoded.plots
    assert plot["t_ns"] == 1_717_664_319_250_000_000
    assert plot["kind"] == PlotKind.POSITION
    assert (plot["latitude_rad"], plot["longitude_rad"]) == pytest.approx((math.radians(58.5), math.radians(24.5)))
    assert plot["height_hae_m"] == 120.0
    metre = 6_371_008.8 * math.radians(1e-4)
    assert plot["cov"][0] == pytest.approx((2 * metre * math.cos(math.radians(58.5))) ** 2)
    assert plot["cov"][[3, 5]].tolist() == pytest.approx([metre**2, 49.0])
    assert plot["class_word"] == ObjectClass.FIXED_WING_DRONE + 1
    assert plot["callsign"] == b"ESTFLT1"
    assert (plot["sensor"], plot["object"]) == (sensor_key_of(NODE), object_key(OBJECT))
    assert decoded.names == {sensor_key_of(NODE): NODE, object_key(OBJECT): OBJECT}


def test_radians_and_metres_of_error_are_taken_as_said() -> None:
    location = {"x": math.radians(24.5), "y": math.radians(58.5), "coordinate_system": RADIANS, "datum": ELLIPSOID}
    plot = _plot(location=location)
    assert (plot["latitude_rad"], plot["longitude_rad"]) == pytest.approx((math.radians(58.5), math.radians(24.5)))
    assert np.isnan(plot["height_hae_m"])
    assert np.isnan(plot["cov"]).all()
    decoded = _decode(_detection(location={**location, "x_error": 8.0, "y_error": 6.0}), error_unit="metres")
    assert decoded.plots["cov"][0, [0, 1, 3]].tolist() == pytest.approx([64.0, 0.0, 36.0])


def test_an_error_that_cannot_be_is_counted_and_the_plot_is_used_without_it() -> None:
    location = {"x": 24.5, "y": 58.5, "x_error": 5.0, "coordinate_system": DEGREES, "datum": ELLIPSOID}
    decoded = _decode(_detection(location=location))
    assert decoded.rejected == {"error_out_of_range": 1}
    assert np.isnan(decoded.plots["cov"]).all()


def test_a_zone_of_utm_leads_to_the_place_on_the_map() -> None:
    # the CN Tower: 17T 630084 4833438 is 43 38 33.24 N, 79 23 13.7 W
    tower = {"x": 630_084.0, "y": 4_833_438.0, "coordinate_system": UTM, "datum": ELLIPSOID, "utm_zone": "17T"}
    plot = _plot(location={**tower, "x_error": 10.0, "y_error": 1.0})
    assert math.degrees(plot["latitude_rad"]) == pytest.approx(43 + 38 / 60 + 33.24 / 3600, abs=2e-5)
    assert math.degrees(plot["longitude_rad"]) == pytest.approx(-(79 + 23 / 60 + 13.7 / 3600), abs=2e-5)
    # the grid's north is 1.11 degrees east of true north there, which turns the ellipse and keeps its size
    turned = plot["cov"][[0, 1, 3]]
    assert turned[0] * turned[2] - turned[1] ** 2 == pytest.approx(100.0)
    assert turned[1] == pytest.approx(-99.0 * math.sin(math.radians(1.113)), rel=2e-2)


def test_utm_on_the_middle_of_a_zone_is_the_meridians_length() -> None:
    def radius_m(latitude: float) -> float:
        return SEMI_MAJOR_M * (1 - ECCENTRICITY2) / (1 - ECCENTRICITY2 * math.sin(latitude) ** 2) ** 1.5

    latitudes = np.radians([0.5, 30.0, 58.5, 83.0])
    northing_m = np.array([0.9996 * quad(radius_m, 0.0, latitude, epsabs=1e-6)[0] for latitude in latitudes])
    found, longitude, convergence = geodetic_from_utm(np.full(4, 500_000.0), northing_m, np.full(4, 35))
    assert found == pytest.approx(latitudes, abs=1e-10)
    assert longitude == pytest.approx(np.radians([27.0] * 4))
    assert convergence == pytest.approx(np.zeros(4))
    south, _, _ = geodetic_from_utm(np.full(4, 500_000.0), 1e7 - northing_m, np.full(4, -35))
    assert south == pytest.approx(-latitudes, abs=1e-10)


@pytest.mark.parametrize(
    ("text", "zone"), [("30U", 30), ("05n", 5), ("35", 35), ("56H", -56), ("61U", 0), ("30I", 0), ("", 0), ("U30", 0)]
)
def test_zones_are_named_by_number_and_latitude_band(text: str, zone: int) -> None:
    assert zone_of(text) == zone


@pytest.mark.parametrize(
    ("system", "angle", "metre"), [(1, 1.0, 1.0), (2, math.pi / 180, 1.0), (3, 1.0, 1e-3), (4, math.pi / 180, 1e-3)]
)
def test_range_and_bearing_are_polar_in_every_unit(system: int, angle: float, metre: float) -> None:
    plot = _plot(
        range_bearing={
            "range": 2_500 * metre,
            "azimuth": -45 * angle,
            "elevation": 3 * angle,
            "datum": 1,
            "range_error": 10 * metre,
            "azimuth_error": 0.5 * angle,
            "coordinate_system": system,
        }
    )
    assert plot["kind"] == PlotKind.POLAR
    assert plot["range_m"] == pytest.approx(2_500.0)
    assert plot["azimuth_true_rad"] == pytest.approx(math.radians(315))
    assert plot["elevation_rad"] == pytest.approx(math.radians(3))
    assert plot["cov"][[0, 3]].tolist() == pytest.approx([100.0, math.radians(0.5) ** 2])
    assert np.isnan(plot["cov"][5])


def test_a_bearing_has_no_range_and_magnetic_north_needs_its_declination() -> None:
    assert _plot(range_bearing={"azimuth": 10.0, "coordinate_system": 1, "datum": 1})["kind"] == PlotKind.BEARING
    magnetic = _detection(range_bearing={"azimuth": 10.0, "coordinate_system": 1, "datum": 2})
    assert _decode(magnetic).rejected == {"unknown_north": 1}
    turned = _decode(magnetic, declination_deg=8.5).plots
    assert turned["azimuth_true_rad"].tolist() == pytest.approx([math.radians(18.5)])


def test_a_node_that_moves_sees_from_the_place_it_reported_last() -> None:
    plane = TangentPlane(58.5, 24.5, 30.0)
    seen = _detection(
        range_bearing={
            "range": 5_000.0,
            "azimuth": 30.0,
            "elevation": 10.0,
            "coordinate_system": 1,
            "datum": 1,
            "range_error": 10.0,
            "azimuth_error": 0.2,
            "elevation_error": 0.5,
        }
    )
    place = {"x": 24.5, "y": 58.5, "z": 30.0, "coordinate_system": DEGREES, "datum": ELLIPSOID}
    status = _message("status_report", report_id=REPORT, system=1, info=1, mode="m", node_location=place)
    decoder = Decoder(Params(node_place="reported"))
    assert decoder.decode(RX_NS, seen).rejected == {"node_place_unknown": 1}
    (plot,) = decoder.decode(RX_NS, status + seen).plots
    assert plot["kind"] == PlotKind.POSITION
    azimuth, elevation = math.radians(30.0), math.radians(10.0)
    flat_m = 5_000.0 * math.cos(elevation)
    expected_m = np.array([flat_m * math.sin(azimuth), flat_m * math.cos(azimuth), 5_000.0 * math.sin(elevation)])
    found_m = plane.enu_from_geodetic(plot["latitude_rad"], plot["longitude_rad"], plot["height_hae_m"])
    assert found_m == pytest.approx(expected_m, abs=1e-3)
    # the same ellipse as from many draws of the errors
    rng = np.random.default_rng(7)
    r, az, el = rng.normal((5_000.0, azimuth, elevation), (10.0, math.radians(0.2), math.radians(0.5)), (200_000, 3)).T
    drawn_m = np.stack((r * np.cos(el) * np.sin(az), r * np.cos(el) * np.cos(az), r * np.sin(el)))
    assert plot["cov"] == pytest.approx(np.cov(drawn_m)[np.triu_indices(3)], rel=0.05, abs=10.0)


def test_a_range_without_elevation_gives_a_position_without_height() -> None:
    place = {"x": 24.5, "y": 58.5, "coordinate_system": DEGREES, "datum": ELLIPSOID}
    status = _message("status_report", report_id=REPORT, system=1, info=1, mode="m", node_location=place)
    polar = {"range": 100.0, "azimuth": 90.0, "range_error": 5.0, "azimuth_error": 1.0}
    seen = _detection(range_bearing={**polar, "coordinate_system": 1, "datum": 1})
    (plot,) = _decode(status + seen, node_place="reported").plots
    assert np.isnan(plot["height_hae_m"])
    assert plot["cov"][[0, 3]].tolist() == pytest.approx([25.0, (100.0 * math.radians(1.0)) ** 2])
    assert np.isnan(plot["cov"][[2, 4, 5]]).all()


def test_a_height_above_the_geoid_needs_the_geoid() -> None:
    octets = _detection(location={"x": 24.5, "y": 58.5, "z": 100.0, "coordinate_system": DEGREES, "datum": GEOID})
    assert np.isnan(_decode(octets).plots["height_hae_m"]).all()
    assert _decode(octets, geoid_height_m=18.0).plots["height_hae_m"].tolist() == [118.0]


_HERE = {"x": 24.5, "y": 58.5, "coordinate_system": DEGREES, "datum": ELLIPSOID}


def test_what_is_made_from_other_reports_is_flagged_and_not_counted_twice() -> None:
    parent = {"node_id": OTHER, "object_id": OBJECT_2, "association_type": 2}
    sibling = {**parent, "association_type": 4}
    decoder = Decoder(Params())
    from_parent = decoder.decode(RX_NS, _detection(location=_HERE, associated_detection=[parent]))
    with_sibling = decoder.decode(RX_NS, _detection(location=_HERE, associated_detection=[sibling]))
    source = decoder.decode(
        RX_NS, _detection(location=_HERE, derived_detection=[{"node_id": OTHER, "object_id": OBJECT_2}])
    )
    # what was named as derived is so wherever it comes from, also after a restart
    later = Decoder(Params())
    later.restore(decoder.state())
    named = later.decode(RX_NS, _detection(OTHER, object_id=OBJECT_2, location=_HERE))
    flags = [int(part.plots["flags"][0]) for part in (from_parent, with_sibling, source, named)]
    assert flags == [PlotFlag.DERIVED, 0, 0, PlotFlag.DERIVED]


def test_a_nodes_sensor_may_have_a_name_and_a_fusion_nodes_reports_are_tracks() -> None:
    decoded = _decode(_detection(location=_HERE), nodes={NODE.upper(): "camera-1"})
    assert decoded.plots["sensor"].tolist() == [sensor_key_of("camera-1")]


def test_an_object_that_is_lost_ends_its_track() -> None:
    assert _plot(location=_HERE, state="Lost")["flags"] == PlotFlag.TRACK_END


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, "missing_field"),
        ({"location": {"x": 1.0, "coordinate_system": DEGREES, "datum": 1}}, "missing_field"),
        ({"location": {**_HERE, "coordinate_system": 0}}, "unknown_coordinate_system"),
        ({"location": {**_HERE, "z": 1.0, "datum": 0}}, "unknown_datum"),
        ({"location": {**_HERE, "x": -214.0}}, "out_of_range"),
        ({"location": {**_HERE, "y": math.nan}}, "not_finite"),
        ({"location": {**_HERE, "z": 1e9}}, "out_of_range"),
        ({"location": {**_HERE, "coordinate_system": UTM, "utm_zone": "30U"}}, "out_of_range"),
        ({"location": {**_HERE, "coordinate_system": UTM, "utm_zone": "99"}}, "bad_utm_zone"),
        ({"range_bearing": {"range": 5.0, "coordinate_system": 1, "datum": 1}}, "bearing_without_azimuth"),
        ({"range_bearing": {"azimuth": 5.0, "datum": 1}}, "unknown_coordinate_system"),
        ({"range_bearing": {"azimuth": 5.0, "coordinate_system": 1, "datum": 4}}, "unknown_north"),
        ({"range_bearing": {"azimuth": 5.0, "range": -1.0, "coordinate_system": 1, "datum": 1}}, "out_of_range"),
        ({"range_bearing": {"azimuth": math.inf, "coordinate_system": 1, "datum": 1}}, "not_finite"),
        ({"location": _HERE, "object_id": "not a ulid"}, "bad_ulid"),
        ({"location": _HERE, "report_id": ""}, "missing_field"),
    ],
)
def test_a_detection_that_cannot_be_used_is_refused_by_name(fields: dict[str, Any], reason: str) -> None:
    decoded = _decode(_detection(**fields) + _detection(location=_HERE))
    assert decoded.rejected == {reason: 1}
    assert len(decoded.plots) == 1


@needs_shared
def test_every_example_of_the_test_harness_is_read() -> None:
    paths = sorted((DATA / "sapient/flex335v2_defaults").glob("*.json"))
    assert len(paths) == 40
    for path in paths:
        octets = _from_json(json.loads(path.read_text()))
        decoded = _decode(octets)
        # the two examples with a UTM zone hold degrees where metres are due: their places are refused, not believed
        expected = {"DetectionReport": {"out_of_range": 1}, "StatusReport": {"place_not_readable": 1}}
        assert decoded.rejected == expected.get(path.stem.removeprefix("Default."), {}), path.name
        reader = Reader(Params())
        reader.feed(RX_NS, octets)
        assert [table.num_rows for table in reader.tables().values()] == [1]


def _broken_registrations() -> list[tuple[str, str, Any]]:
    return [
        ("wrong_icd_version", "icdVersion", "BSI Flex 335 v1.0"),
        ("empty_manufacturer", "configData", [{"manufacturer": " ", "model": "M"}]),
        ("empty_model", "configData", [{"manufacturer": "A", "model": " "}]),
        ("empty_model", "configData", [{"manufacturer": "A", "model": "M", "subComponents": [{"manufacturer": "B"}]}]),
        ("bad_dependent_node", "dependentNodes", ["camera at the gate"]),
        ("missing_field", "capabilities", []),
        *(
            ("effector_node_refused", "nodeDefinition", [{"nodeType": f"NODE_TYPE_{kind}"}])
            for kind in ("KINETIC", "JAMMER", "CYBER", "LDEW", "RFDEW")
        ),
    ]


@needs_shared
@pytest.mark.parametrize(("reason", "field", "value"), _broken_registrations())
def test_a_registration_against_the_rules_is_refused_by_name(reason: str, field: str, value: Any) -> None:
    message = _default("Registration")
    message["registration"][field] = value
    decoded = _decode(_from_json(message))
    assert decoded.rejected == {reason: 1}
    assert decoded.statuses == []


@needs_shared
def test_a_task_definition_that_can_run_no_task_is_refused() -> None:
    message = _default("Registration")
    message["registration"]["modeDefinition"][0]["task"]["concurrentTasks"] = 0
    assert _decode(_from_json(message)).rejected == {"bad_concurrent_tasks": 1}


@needs_shared
def test_nothing_that_an_effector_says_is_taken_in_until_it_registers_as_a_sensor() -> None:
    decoder = Decoder(Params())
    sensor = _default("Registration")
    effector = copy.deepcopy(sensor)
    effector["registration"]["nodeDefinition"].append({"nodeType": "NODE_TYPE_JAMMER"})
    rejected = [
        decoder.decode(RX_NS, octets).rejected
        for octets in (_from_json(effector), _detection(location=_HERE), _from_json(_default("StatusReport")))
    ]
    assert rejected == [{"effector_node_refused": 1}] * 3
    restarted = Decoder(Params())
    restarted.restore(decoder.state())
    assert restarted.decode(RX_NS, _detection(location=_HERE)).rejected == {"effector_node_refused": 1}
    task = _message("task", OTHER, NODE, task_id=REPORT, control=1, command={"request": "Start"})
    assert restarted.decode(RX_NS, task).rejected == {"weapon_task_refused": 1}
    assert restarted.decode(RX_NS, _from_json(sensor)).rejected == {}
    assert len(restarted.decode(RX_NS, _detection(location=_HERE)).plots) == 1


@needs_shared
def test_a_fusion_nodes_detections_are_tracks() -> None:
    message = _default("Registration")
    message["registration"]["nodeDefinition"] = [{"nodeType": "NODE_TYPE_FUSION_NODE"}]
    assert _decode(_from_json(message) + _detection(location=_HERE)).plots["kind"].tolist() == [PlotKind.TRACK]


@pytest.mark.parametrize(
    ("content", "fields", "reason"),
    [
        ("error", {"packet": b"?"}, "error_without_text"),
        ("error", {"packet": b"?", "error_message": ["bad", " "]}, "error_with_empty_text"),
        ("task", {"command": {"follow": {}}}, "follow_without_object"),
        ("task", {"command": {"follow": {"follow_object_id": "that one"}}}, "bad_follow_object"),
        ("task", {"command": {"request": "Fire"}}, "weapon_task_refused"),
        ("task", {"command": {"mode_change": "JamUplink"}}, "weapon_task_refused"),
        ("task", {"task_description": "engage the drone", "command": {"request": "Start"}}, "weapon_task_refused"),
        ("task", {"task_id": "7", "command": {"request": "Start"}}, "bad_ulid"),
        ("task", {"command": {}}, "missing_field"),
        ("status_report", {"report_id": REPORT, "info": 1, "mode": "m"}, "missing_field"),
    ],
)
def test_a_message_against_the_rules_is_refused_by_name(content: str, fields: dict[str, Any], reason: str) -> None:
    if content == "task":
        fields = {"task_id": REPORT, "control": 1, **fields}
    decoded = _decode(_message(content, **fields))
    assert decoded.rejected == {reason: 1}
    assert decoded.statuses == []


def test_words_that_only_sound_like_an_effect_are_no_weapon_task() -> None:
    assert not asks_for_effect("Firefly camera, jammed lens, launcher")
    assert asks_for_effect("launch interceptor")


def test_a_status_tells_where_the_node_is_and_how_it_is() -> None:
    decoded = _decode(
        _message(
            "status_report",
            report_id=REPORT,
            system=2,
            info=1,
            mode="Night",
            power={"level": 40, "status": 1},
            node_location={"x": 500_000.0, "y": 6_484_000.0, "coordinate_system": UTM, "datum": 1, "utm_zone": "35V"},
        )
    )
    (status,) = decoded.statuses
    assert (status.what, status.name, status.sensor) == ("status", NODE, sensor_key_of(NODE))
    assert status.words == {"message": "status_report", "system": "warning", "mode": "Night", "power": "ok 40%"}
    assert status.latitude_deg == pytest.approx(58.495, abs=0.01)
    assert status.longitude_deg == pytest.approx(27.0)


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (b"\x03\0\0\0\xff\xff\xff", "bad_protobuf"),
        (b"\0\0\0\0", "missing_field"),
        (framed(sapient_message_pb2.SapientMessage(node_id=NODE, error={"packet": b"?"})), "missing_field"),
        (_message("error", "camera 1", packet=b"?", error_message=["x"]), "bad_uuid"),
        ((MESSAGE_OCTETS_MAX + 1).to_bytes(4, "little") + bytes(MESSAGE_OCTETS_MAX + 1), "message_too_long"),
    ],
)
def test_a_frame_that_holds_no_message_is_refused_and_the_stream_goes_on(octets: bytes, reason: str) -> None:
    decoder = Decoder(Params())
    first = decoder.decode(RX_NS, octets[:1_000])
    rest = decoder.decode(RX_NS, octets[1_000:] + _detection(location=_HERE))
    assert {**first.rejected, **rest.rejected} == {reason: 1}
    assert len(rest.plots) == 1


@settings(max_examples=150, deadline=None)
@given(cuts=st.lists(st.integers(0, 1_200), max_size=8), restart=st.booleans())
def test_a_stream_cut_anywhere_gives_the_same_plots_also_over_a_restart(cuts: list[int], restart: bool) -> None:
    octets = b"".join(EXAMPLES)
    whole = Decoder(Params()).decode(RX_NS, octets)
    decoder, plots, statuses = Decoder(Params()), b"", 0
    edges = sorted({0, len(octets), *(cut for cut in cuts if cut < len(octets))})
    for begin, end in itertools.pairwise(edges):
        if restart:
            state, decoder = decoder.state(), Decoder(Params())
            decoder.restore(state)
        decoded = decoder.decode(RX_NS, octets[begin:end])
        plots += decoded.plots.tobytes()
        statuses += len(decoded.statuses)
    assert plots == whole.plots.tobytes()
    assert statuses == len(whole.statuses)


@settings(max_examples=500, deadline=None)
@given(data=st.data(), example=st.sampled_from(EXAMPLES))
def test_damaged_examples_are_refused_or_read_but_never_raise(data: st.DataObject, example: bytes) -> None:
    octets = bytearray(example)
    for _ in range(data.draw(st.integers(1, 5))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    decoded = Decoder(Params()).decode(RX_NS, bytes(octets))
    assert (abs(decoded.plots["latitude_rad"][~np.isnan(decoded.plots["latitude_rad"])]) <= math.pi / 2).all()
    assert not np.isinf(decoded.plots["range_m"]).any()
    reader = Reader(Params())
    reader.feed(RX_NS, bytes(octets))
    reader.tables()
