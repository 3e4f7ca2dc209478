"""COURAGEOUS 0.4.1: what follows the form is read, each fault has its name, no octets raise."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skydas.evaluate.courageous import decode, document_of, encode, states_of
from tests.unit.evaluate_scenes import straight, track_states

EAST = np.array([20.0, 0.0, 1.0])


def _document() -> dict[str, Any]:
    place = {"$type": "Position3d", "lat": 54.9, "lon": 23.9, "height_amsl": 80.0}
    records = [
        {
            "time": 1_700_000_000_000 + 1000 * k,
            "record_number": k,
            "classification": "UAV",
            "alarm": {"active": True, "certainty": 0.5},
            "location": {"$type": "Position3d", "lat": 54.9 + 0.001 * k, "lon": 23.9, "height_amsl": 100.0},
            "velocity": {"east": 0.0, "north": 111.0, "up": 0.0},
        }
        for k in range(3)
    ]
    seen = {"time": 1_700_000_000_500, "record_number": 77, "classification": "Unknown"}
    return {
        "version": "0.4.1",
        "vendor_name": "a vendor",
        "system_name": "a system",
        "static_cuas_location": place,
        "detection": [{"uas_id": None, "records": [seen | {"location": {"$type": "Arc", "from": 350.0, "to": 10.0}}]}],
        "tracks": [{"uas_id": 7, "name": "first", "records": records}],
    }


def _faults(document: Any) -> list[str]:
    return [fault.name for fault in decode(json.dumps(document).encode())[1]]


def test_a_good_document_has_no_fault_and_survives_a_round_trip() -> None:
    document, faults = decode(json.dumps(_document()).encode())
    assert faults == []
    assert document is not None
    again, faults = decode(encode(document))
    assert faults == []
    assert again == document


@pytest.mark.parametrize(
    "place",
    [
        {"$type": "Position2d", "lat": 54.9, "lon": 23.9},
        {"$type": "Bearing", "bearing": 12.5},
        {"$type": "BearingElevation", "bearing": 12.5, "elevation": 3},
        {"$type": "BearingElevationDistance", "bearing": 12.5, "elevation": 3.0, "distance": 900.0},
        {"$type": "Quad", "quad": "West"},
    ],
)
def test_every_kind_of_location_is_read(place: dict[str, Any]) -> None:
    document = _document()
    document["tracks"][0]["records"][0]["location"] = place
    assert _faults(document) == []


def _set(path: str, value: Any) -> Any:
    document: Any = _document()
    at = document
    *way, last = path.split("/")
    for step in way:
        at = at[int(step)] if isinstance(at, list) else at[step]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return document


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        ("version", "0.4.0", "unknown_word"),
        ("vendor_name", None, "missing_key"),
        ("mood", "good", "unknown_key"),
        ("tracks/0/records/0/mood", "good", "unknown_key"),
        ("tracks/0/uas_id", None, "missing_key"),
        ("tracks/0/uas_id", -1, "number_out_of_range"),
        ("tracks/0/uas_id", 2**64, "number_out_of_range"),
        ("tracks/0/uas_id", "7", "wrong_type"),
        ("tracks/0/records/1/record_number", 77, "record_number_again"),
        ("tracks/0/records/2/time", 1_700_000_000_999, "time_goes_back"),
        ("tracks/0/records/0/classification", "Bird", "unknown_word"),
        ("tracks/0/records/0/alarm", None, "missing_key"),
        ("tracks/0/records/0/alarm/certainty", 1.5, "certainty_out_of_range"),
        ("tracks/0/records/0/location/lat", 91.0, "lat_out_of_range"),
        ("tracks/0/records/0/location/$type", "Somewhere", "unknown_word"),
        ("detection/0/records/0/location/from", 361.0, "from_out_of_range"),
        ("static_cuas_location/$type", "Position2d", "unknown_word"),
    ],
)
def test_each_fault_has_its_name(path: str, value: Any, fault: str) -> None:
    assert _faults(_set(path, value)) == [fault]


def test_all_faults_of_a_document_that_can_be_read_are_told_with_their_place() -> None:
    document = _set("tracks/0/records/0/alarm/certainty", -1.0)
    document["tracks"][0]["records"][2]["record_number"] = 1
    _, faults = decode(json.dumps(document).encode())
    assert [(fault.name, fault.where) for fault in faults] == [
        ("certainty_out_of_range", "$.tracks[0].records[0]"),
        ("record_number_again", "$.tracks[0].records[2]"),
    ]


@given(st.binary(max_size=200))
def test_no_octets_raise(octets: bytes) -> None:
    assert decode(octets)[1]


@given(st.integers(0, 1400), st.integers(0, 255))
def test_a_damaged_document_never_raises(at: int, octet: int) -> None:
    octets = bytearray(json.dumps(_document()).encode())
    octets[at % len(octets)] = octet
    document, faults = decode(bytes(octets))
    assert document is not None or faults


def test_heights_are_moved_by_the_geoid_and_what_is_no_place_is_counted() -> None:
    document = _document()
    document["tracks"][0]["records"][1]["location"] = {"$type": "Bearing", "bearing": 10.0}
    found, _ = decode(json.dumps(document).encode())
    assert found is not None
    states, skipped = states_of(found, 24.0)
    assert skipped == {"location_is_bearing": 1}
    assert states.names == ["7"]
    assert states.height_hae_m.tolist() == [124.0, 124.0, 124.0]  # two places and the end of the entry


def test_a_distance_and_a_bearing_are_placed_from_the_system() -> None:
    document = _document()
    document["tracks"][0]["records"] = document["tracks"][0]["records"][:1]
    place = {"$type": "BearingElevationDistance", "bearing": 90.0, "elevation": 0.0, "distance": 1000.0}
    document["tracks"][0]["records"][0]["location"] = place
    found, _ = decode(json.dumps(document).encode())
    assert found is not None
    states, _ = states_of(found, 0.0)
    assert np.degrees(states.latitude_rad[0]) == pytest.approx(54.9, abs=1e-5)
    assert (np.degrees(states.longitude_rad[0]) - 23.9) * 111_320 * np.cos(np.radians(54.9)) == pytest.approx(
        1000, rel=0.005
    )


def test_only_confirmed_rows_are_written_and_numbers_are_unique() -> None:
    time = np.arange(0.0, 10.0)
    status = ["tentative"] * 2 + ["confirmed"] * 7 + ["dropped"]
    tracks = track_states(*(straight("track_no", n, time, [0, 500 * n, 100], EAST, status=status) for n in (4, 9)))
    document, left = document_of(tracks, 20.0)
    assert left == {"not_confirmed": 6}
    assert decode(encode(document))[1] == []
    assert [each.name for each in document.tracks] == ["4", "9"]
    assert [record.record_number for each in document.tracks for record in each.records] == list(range(1, 15))
    states, skipped = states_of(document, 20.0)
    assert skipped == {}
    np.testing.assert_allclose(states.height_hae_m[:7], tracks.height_hae_m[2:9], atol=1e-6)
