"""Remote ID: the same messages over every carrier; special values are unknown; claims that cannot be are refused."""

from __future__ import annotations

import json
import math
import struct
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skydas.capture import open_capture
from skydas.formats._remote_id_messages import Location, System, read, split
from skydas.formats._remote_id_transport import unpack
from skydas.formats.remote_id import EXAMPLES, SENDERS_MAX, Decoder, Params, Reader
from skydas.model import SENSOR_UNKNOWN, ObjectClass, PlotFlag, PlotKind, object_key, sensor_key_of
from tests.paths import recording

RX_NS = 1_717_664_319_250_000_000  # 08:58:39.25 UTC: 3519.25 s into the hour
MAC = bytes.fromhex("020000000a01")
BASIC_ID = b"\x02\x12" + b"DRONE-0001".ljust(23, b"\0")


def _location(
    *,
    flags: int = 0x20,
    direction: int = 90,
    speed: int = 20,
    v_up: int = 4,
    latitude: int = 585_000_000,
    longitude: int = 244_000_000,
    heights: tuple[int, int, int] = (2_048, 2_248, 2_032),
    accuracy: int = 0x43,
    speed_accuracy: int = 0x33,
    tenths: int = 35_192,
    version: int = 2,
) -> bytes:
    return struct.pack(
        "<BBBBbiiHHHBBHBx",
        0x10 | version,
        *(flags, direction, speed, v_up, latitude, longitude),
        *heights,
        *(accuracy, speed_accuracy, tenths, 1),
    )


def _pack(*messages: bytes) -> bytes:
    return bytes((0xF2, 25, len(messages))) + b"".join(messages)


def _beacon(content: bytes, counter: int = 1) -> bytes:
    element = b"\xfa\x0b\xbc\x0d" + bytes((counter,)) + content
    fixed = b"\x80\0\0\0" + b"\xff" * 6 + MAC + MAC + bytes(2) + bytes(12)
    return fixed + b"\0\x03abc" + bytes((0xDD, len(element))) + element


def _nan(content: bytes, counter: int = 1) -> bytes:
    info = bytes((counter,)) + content
    attribute = b"\x88\x69\x19\x9d\x92\x09\x01\x00\x10" + bytes((len(info),)) + info
    frame = b"\xd0\0\0\0" + bytes(6) + MAC + bytes(6) + bytes(2) + b"\x04\x09\x50\x6f\x9a\x13"
    return frame + b"\x03" + struct.pack("<H", len(attribute)) + attribute


def _advertisement(content: bytes, counter: int = 1) -> bytes:
    structure = b"\x16\xfa\xff\x0d" + bytes((counter,)) + content
    return b"\x02\x01\x06" + bytes((len(structure),)) + structure


def _air(data: bytes) -> bytes:
    return b"\xd6\xbe\x89\x8e" + bytes((0x42, 6 + len(data))) + MAC[::-1] + data + b"crc"


def _air_extended(data: bytes) -> bytes:
    body = bytes((0x07, 0x01)) + MAC[::-1] + data
    return b"\xd6\xbe\x89\x8e" + bytes((0x47, len(body))) + body + b"crc"


def _report(data: bytes) -> bytes:
    return b"\x04\x3e" + bytes((0, 0x02, 1, 3, 1)) + MAC[::-1] + bytes((len(data),)) + data


def _report_extended(data: bytes) -> bytes:
    return b"\x04\x3e" + bytes((0, 0x0D, 1, 0, 0, 1)) + MAC[::-1] + bytes(14) + bytes((len(data),)) + data


_CARRIERS = {
    "beacon": _beacon(_pack(BASIC_ID, _location())),
    "beacon with radiotap": bytes((0, 0xB5, 9, 0, 0, 0, 0, 0, 0)) + _beacon(_pack(BASIC_ID, _location())),
    "nan": _nan(_pack(BASIC_ID, _location())),
    "bluetooth on the air": _air(_advertisement(_pack(BASIC_ID, _location()))),
    "bluetooth 5 on the air": bytes(10) + _air_extended(_advertisement(_pack(BASIC_ID, _location()))),
    "bluetooth at the host": _report(_advertisement(_pack(BASIC_ID, _location()))),
    "bluetooth 5 at the host": b"\0\0\0\1" + _report_extended(_advertisement(_pack(BASIC_ID, _location()))),
}


@pytest.mark.parametrize("carrier", _CARRIERS)
def test_the_same_pack_is_read_over_every_carrier(carrier: str) -> None:
    (heard,) = unpack(_CARRIERS[carrier])
    assert heard.mac == "02:00:00:00:0a:01"
    (plot,) = Decoder(Params()).decode(RX_NS, _CARRIERS[carrier]).plots
    assert plot["object"] == object_key("DRONE-0001")
    assert plot["latitude_rad"] == pytest.approx(math.radians(58.5))


def test_a_location_becomes_a_claimed_position_with_its_accuracy() -> None:
    decoded = Decoder(Params()).decode(RX_NS, _CARRIERS["beacon"])
    (plot,) = decoded.plots
    assert plot["kind"] == PlotKind.POSITION
    assert plot["flags"] == PlotFlag.CLAIM
    assert plot["t_ns"] == RX_NS - 50_000_000
    assert plot["longitude_rad"] == pytest.approx(math.radians(24.4))
    assert (plot["height_hae_m"], plot["height_pressure_m"]) == (124.0, 24.0)
    assert plot["class_word"] == ObjectClass.MULTIROTOR + 1
    assert plot["cov"][0] == pytest.approx((3_704.0 / 2.447747) ** 2, rel=1e-6)  # code 3: under 2 NM, 95%
    assert plot["cov"][5] == pytest.approx((10.0 / 1.959964) ** 2)
    assert plot["quality"].tolist() == [0xFF, 3, 3, 0xFF]
    assert decoded.names == {object_key("DRONE-0001"): "DRONE-0001"}
    assert decoded.rejected == {}


def test_a_location_before_the_identity_is_kept_under_the_senders_address() -> None:
    decoder = Decoder(Params())
    early = decoder.decode(RX_NS, _beacon(_pack(_location())))
    decoder.decode(RX_NS, _beacon(_pack(BASIC_ID), 2))
    late = decoder.decode(RX_NS + 1_000_000_000, _beacon(_pack(_location(tenths=35_202)), 3))
    assert early.names[int(early.plots["object"][0])] == "mac 02:00:00:00:0a:01"
    assert late.names[int(late.plots["object"][0])] == "DRONE-0001"


def test_what_is_known_of_senders_survives_a_restart_and_is_bounded() -> None:
    before, after = Decoder(Params()), Decoder(Params())
    before.decode(RX_NS, _beacon(_pack(BASIC_ID)))
    after.restore(before.state())
    plots = after.decode(RX_NS, _beacon(_pack(_location()), 2)).plots
    assert plots["object"][0] == object_key("DRONE-0001")
    for number in range(SENDERS_MAX + 10):
        after.decode(RX_NS, _beacon(_pack(BASIC_ID)).replace(MAC, b"\x06" + struct.pack(">IB", number, 0)))
    assert len(after._state.senders) == SENDERS_MAX


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"v_up": 126}, "v_up_mps"),
        ({"direction": 181, "flags": 0x22}, "direction_deg"),
        ({"speed": 255, "flags": 0x21}, "speed_mps"),
        ({"heights": (2_000, 0, 2_000)}, "height_hae_m"),
        ({"heights": (0, 2_000, 2_000)}, "height_pressure_m"),
        ({"tenths": 0xFFFF}, "time_s"),
        ({"latitude": 0, "longitude": 0}, "latitude_deg"),
    ],
)
def test_special_values_are_unknown(changes: dict[str, int], field: str) -> None:
    message = read(_location(**changes))  # type: ignore[arg-type]
    assert isinstance(message, Location)
    assert getattr(message, field) is None


def test_the_fields_of_a_location_are_scaled_as_the_standard_says() -> None:
    message = read(_location(flags=0x27, direction=45, speed=10, v_up=-3))
    assert isinstance(message, Location)
    assert (message.status, message.height_above_ground) == (2, True)
    assert (message.direction_deg, message.speed_mps, message.v_up_mps) == (225.0, 71.25, -1.5)
    assert (message.height_m, message.time_s, message.time_accuracy_s) == (16.0, 3_519.2, 0.1)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (_location(longitude=-2_140_000_000), "impossible_position"),
        (_location(latitude=900_000_001), "impossible_position"),
        (_location(latitude=0, longitude=0), "position_unknown"),
        (_location(tenths=36_001), "bad_time"),
        (_location(version=3), "unknown_version"),
        (b"\x62" + bytes(24), "unknown_message_type"),
    ],
)
def test_what_cannot_be_is_refused_and_the_rest_of_the_pack_is_used(message: bytes, reason: str) -> None:
    decoded = Decoder(Params()).decode(RX_NS, _beacon(_pack(BASIC_ID, message, _location())))
    assert decoded.rejected == {reason: 1}
    assert decoded.names == {object_key("DRONE-0001"): "DRONE-0001"}
    assert len(decoded.plots) == 1


def test_a_pack_that_promises_more_than_it_holds_gives_what_it_holds() -> None:
    octets = bytes((0xF1, 25, 3)) + BASIC_ID + _location()
    assert split(octets) == ([BASIC_ID, _location()], "pack_cut_short")
    assert split(bytes((0xF1, 24, 1)) + BASIC_ID) == ([], "bad_pack")
    assert split(b"\x01\x02") == ([], "message_too_short")


def test_a_clock_that_is_far_off_is_not_believed() -> None:
    decoded = Decoder(Params()).decode(RX_NS, _beacon(_pack(BASIC_ID, _location(tenths=0))))
    assert decoded.plots["t_ns"].tolist() == [RX_NS]
    assert decoded.plots["flags"][0] == PlotFlag.CLAIM | PlotFlag.TIME_ASSUMED
    assert decoded.rejected == {"time_not_believed": 1}


def test_the_time_of_the_hour_is_read_over_the_full_hour() -> None:
    hour_ns = 1_717_664_400_000_000_000
    plots = Decoder(Params()).decode(hour_ns + 100_000_000, _beacon(_pack(_location(tenths=35_999)))).plots
    assert plots["t_ns"].tolist() == [hour_ns - 100_000_000]


def test_one_message_over_two_carriers_is_one_plot() -> None:
    decoder = Decoder(Params())
    first = decoder.decode(RX_NS, _nan(_pack(BASIC_ID, _location(tenths=0xFFFF)), 9))
    second = decoder.decode(RX_NS + 1_000_000, _beacon(_pack(BASIC_ID, _location(tenths=0xFFFF)), 9))
    fresh = decoder.decode(RX_NS + 900_000_000, _beacon(_pack(BASIC_ID, _location(tenths=0xFFFF)), 10))
    assert [len(part.plots) for part in (first, second, fresh)] == [1, 0, 1]
    assert second.rejected == {"repeated_message": 1}


def test_the_operators_place_is_told_once_while_it_stays() -> None:
    system = struct.pack(
        "<BBiiHBHHBHIx", 0x42, 0x05, 585_100_000, 244_100_000, 1, 5, 2_240, 0, 0x15, 2_100, 171_763_200
    )
    message = read(system)
    assert isinstance(message, System)
    assert (message.place, message.region, message.category, message.class_) == (1, 1, 1, 5)
    assert (message.ceiling_m, message.floor_m, message.height_hae_m) == (120.0, None, 50.0)
    assert message.time_s == 171_763_200 + 1_546_300_800
    decoder = Decoder(Params())
    operator = b"\x52\x00" + b"EST-OP-1".ljust(23, b"\0")
    statuses = [
        status
        for counter in range(3)
        for status in decoder.decode(RX_NS, _beacon(_pack(BASIC_ID, operator, system), counter)).statuses
    ]
    assert len(statuses) == 1
    assert (statuses[0].name, statuses[0].latitude_deg, statuses[0].sensor) == ("DRONE-0001", 58.51, SENSOR_UNKNOWN)
    assert statuses[0].words["operator_id"] == "EST-OP-1"


def test_receivers_lines_name_the_receiver_and_may_be_cut_anywhere() -> None:
    data = _pack(BASIC_ID, _location()).hex()
    line = f'{{"t_utc":"2024-06-06T08:58:39.250Z","receiver":"roof-1","mac":"02:00:00:00:0A:01","data":"{data}"}}\n'
    octets = line.encode() + b'{"data":"zz"}\nnot json\n'
    for step in (7, 100, 10_000):
        decoder = Decoder(Params(layout="jsonl"))
        parts = [decoder.decode(0, octets[at : at + step]) for at in range(0, len(octets), step)]
        plots = [plot for part in parts for plot in part.plots]
        assert len(plots) == 1
        assert plots[0]["sensor"] == sensor_key_of("roof-1")
        assert plots[0]["t_ns"] == RX_NS - 50_000_000
        assert sum(part.rejected.get("bad_json", 0) for part in parts) == 2


# Each value below was read from the octets of the recording by hand, with the layout of the standard beside it.
def test_a_recorded_beacon_holds_the_values_that_stand_in_its_octets() -> None:
    reader = Reader(Params())
    chunk = next(iter(open_capture(recording("remoteid/odid_wifi_bcn_sample.pcap"))))
    reader.feed(chunk.t_ns, chunk.payload)
    tables = {name: table.to_pylist()[0] for name, table in reader.tables().items()}
    assert set(tables) == {"basic_id", "location", "operator_id", "self_id", "system"}
    head = {"mac": "84:cc:a8:60:43:24", "transport": "wifi_beacon", "counter": 0xD0, "version": 0}
    assert all(head.items() <= row.items() for row in tables.values())
    assert tables["basic_id"]["id"] == "MFG1A0123456789"
    location = tables["location"]
    assert location["latitude_deg"] == 0x1B25BABC / 1e7  # bc ba 25 1b
    assert location["longitude_deg"] == (0xB6B48CA8 - (1 << 32)) / 1e7  # a8 8c b4 b6
    assert (location["direction_deg"], location["speed_mps"], location["v_up_mps"]) == (0x5C, 0x52 * 0.25, None)
    assert (location["height_pressure_m"], location["height_hae_m"]) == (None, 0x09AA / 2 - 1_000)
    assert (location["height_m"], location["vertical_code"], location["horizontal_code"]) == (0x0898 / 2 - 1_000, 3, 9)
    assert (location["pressure_code"], location["speed_code"], location["time_s"]) == (4, 1, 0.0)
    assert tables["self_id"]["text"] == "Recreational"
    system = tables["system"]
    assert system["latitude_deg"] == 0x1B2585A4 / 1e7  # a4 85 25 1b
    assert (system["aircraft_count"], system["radius_m"], system["category"], system["class"]) == (1, 500.0, 1, 5)
    assert tables["operator_id"]["id"] == "GBR-OP-123ABCD"


@pytest.mark.parametrize(
    ("name", "message_count", "plot_count", "rejected"),
    [
        ("remoteid/odid_wifi_bcn_sample.pcap", 105, 21, {"time_not_believed": 21}),
        # 21 service messages, each also in a beacon, and 21 frames that only keep the devices in step
        (
            "remoteid/odid_wifi_sample.pcap",
            42,
            17,
            {"no_remote_id": 21, "time_not_believed": 17, "repeated_message": 14},
        ),
    ],
)
def test_whole_recordings_are_read(name: str, message_count: int, plot_count: int, rejected: dict[str, int]) -> None:
    decoder, reader = Decoder(Params()), Reader(Params())
    plots, found = 0, dict.fromkeys(rejected, 0)
    for chunk in open_capture(recording(name)):
        decoded = decoder.decode(chunk.t_ns, chunk.payload)
        reader.feed(chunk.t_ns, chunk.payload)
        plots += len(decoded.plots)
        for reason, count in decoded.rejected.items():
            found[reason] += count
    assert (reader.summary()["records"], plots, found) == (message_count, plot_count, rejected)


@settings(max_examples=500, deadline=None)
@given(data=st.data(), example=st.sampled_from([*EXAMPLES, *_CARRIERS.values()]))
def test_damaged_frames_are_refused_or_read_but_never_raise(data: st.DataObject, example: bytes) -> None:
    octets = bytearray(example)
    for _ in range(data.draw(st.integers(1, 5))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    octets = octets[: data.draw(st.integers(0, len(octets)))]
    decoded = Decoder(Params()).decode(RX_NS, bytes(octets))
    assert (abs(decoded.plots["latitude_rad"]) <= math.pi / 2).all()
    assert (abs(decoded.plots["longitude_rad"]) <= math.pi).all()


def test_a_frame_of_something_else_is_passed_over_and_no_error() -> None:
    path = recording("remoteid/odid_wifi_sample.pcap")
    said = subprocess.run(
        [sys.executable, "-m", "skydas", "decode", str(path), "--format", "remote_id", "--json"],
        capture_output=True,
        check=True,
    )
    summary = json.loads(said.stdout)
    assert summary["passed_over"] == {"no_remote_id": 21}
    assert summary["errors"] == sum(summary["reasons"].values())
    assert not summary["passed_over"].keys() & summary["reasons"].keys()
