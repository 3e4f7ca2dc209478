"""Each field of a raw frame is what rs1090 reads there, and positions come back from their compact form."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pytest
import rs1090
from hypothesis import given
from hypothesis import strategies as st

from skydas.formats._modes import addresses, cpr, fields
from skydas.formats._modes.frames import FrameDecoder, ReceiverParams, batch_of
from skydas.model import FT_M, NS_PER_S, Decoded, PlotFlag, Rows
from tests import modes_frames as make

ADDRESS = 0x4CA2D6
T_NS = 1_717_664_319 * NS_PER_S
LAT_DEG, LON_DEG = 58.5, 24.7


def decode(
    frames: list[bytes], *, step_s: float = 0.5, decoder: FrameDecoder | None = None, start_ns: int = T_NS
) -> tuple[FrameDecoder, Decoded]:
    decoder = decoder or FrameDecoder(ReceiverParams())
    decoded = Decoded()
    times = [start_ns + round(at * step_s * NS_PER_S) for at in range(len(frames))]
    decoder.step(start_ns, batch_of(frames, times, [False] * len(frames)), decoded)
    return decoder, decoded


def known_of(*frames: bytes) -> Rows:
    """The row of the only address after these frames."""
    decoder, _ = decode(list(frames))
    assert decoder.addresses.count[0] == 1
    return decoder.addresses.table[0]


def air(odd: bool, *, latitude_deg: float = LAT_DEG, longitude_deg: float = LON_DEG, **how: Any) -> bytes:
    return make.squitter(ADDRESS, make.in_air(latitude_deg, longitude_deg, odd, **how))


def surface(odd: bool, *, latitude_deg: float = LAT_DEG, longitude_deg: float = LON_DEG, **how: Any) -> bytes:
    return make.squitter(ADDRESS, make.on_surface(latitude_deg, longitude_deg, odd, **how))


# -------- fields, against rs1090
def test_parity_is_zero_for_intact_frames_and_shows_the_address_under_a_reply() -> None:
    intact = np.frombuffer(bytes.fromhex("8d406b902015a678d4d220aa4bda"), np.uint8)
    assert fields.parity_rest(intact, 14) == 0
    answer = np.frombuffer(make.reply(5, 0x4CA2D6, 0x0AAA), np.uint8)
    assert fields.parity_rest(answer, 7) == 0x4CA2D6


def test_every_altitude_code_of_13_bits_is_what_rs1090_reads() -> None:
    below_zero_ft = []
    for code in range(1 << 13):
        theirs = rs1090.decode(make.reply(4, ADDRESS, code).hex())["altitude"]
        ours = fields.altitude_ft_of(code)
        if code & 0x40:
            assert math.isnan(ours)  # M: metric, which nobody sends
        elif theirs is None and ours < 0.0:
            below_zero_ft.append(ours)  # rs1090 has none below zero in the 100 ft code
        else:
            assert ours == theirs or (math.isnan(ours) and theirs is None), code
    assert sorted(below_zero_ft) == [-1200.0 + 100.0 * at for at in range(12)]


def test_every_identity_code_is_what_rs1090_reads() -> None:
    for code in range(1 << 13):
        theirs = rs1090.decode(make.reply(5, ADDRESS, code).hex())["squawk"]
        assert f"{fields.mode_3a_of(code):04o}" == theirs


def test_callsigns_and_velocities_and_target_states_are_what_rs1090_reads() -> None:
    rng = random.Random(1)
    compared = 0
    for _ in range(3000):
        typecode, subtype_bits = rng.choice(((19, 3), (29, 2), (28, 3)))
        subtype = rng.choice((1, 2, 3, 4)) if typecode == 19 else 1
        message = typecode << 51 | subtype << (51 - subtype_bits) | rng.getrandbits(51 - subtype_bits)
        frame = make.squitter(ADDRESS, message)
        theirs = rs1090.decode(frame.hex())
        if theirs is None:
            continue
        known = known_of(frame)
        if typecode == 19:
            assert known["nac_v"] == theirs["NACv"]
            difference_ft = theirs["geo_minus_baro"]
            if difference_ft is None:  # rs1090 takes both 0, no information, and 1, no difference, for none
                assert np.isnan(known["difference_m"]) or known["difference_m"] == 0.0
            else:
                assert known["difference_m"] == pytest.approx(difference_ft * FT_M)
        elif typecode == 29:
            assert known["nac_p"] == theirs["NACp"]
            assert known["version"] == 2
        else:
            names = "none general medical minimum_fuel no_communication unlawful_interference downed_aircraft reserved"
            assert names.split()[known["emergency"]] == theirs["emergency_state"]
            assert known["mode_3a"] == int(theirs["squawk"], 8) or theirs["squawk"] == "0000"
        compared += 1
    assert compared > 2000


def test_operational_status_is_what_rs1090_reads() -> None:
    rng = random.Random(2)
    compared = 0
    for _ in range(2000):
        surface_status = rng.getrandbits(1)
        message = make.packed(
            (31, 5), (surface_status, 3), (0, 2), (0, 6), (rng.getrandbits(4), 4), (0, 4), (0, 16),
            (rng.choice((1, 2)), 3), (rng.getrandbits(1), 1), (rng.randrange(12), 4), (rng.randrange(3), 2),
            (rng.getrandbits(2), 2),
            (rng.getrandbits(1), 1), (0, 1), (0, 1), (0, 1),
        )  # fmt: skip
        frame = make.squitter(ADDRESS, message)
        theirs = rs1090.decode(frame.hex())
        if theirs is None:
            continue
        known = known_of(frame)
        assert (known["version"], known["nac_p"], known["sil"]) == (theirs["version"], theirs["NACp"], theirs["SIL"])
        if "NICa" in theirs:
            assert known["nic_a"] == theirs["NICa"]
        if "GVA" in theirs and known["version"] == 2 and not surface_status:
            assert known["gva"] == theirs["GVA"]
        compared += 1
    assert compared > 500


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1, max_size=8))
def test_a_callsign_comes_back(callsign: str) -> None:
    _, decoded = decode([make.squitter(ADDRESS, make.identification(callsign)), air(False), air(True)])
    assert decoded.plots["callsign"].tolist() == [callsign.encode()]
    assert decoded.plots["class_word"].tolist() == [1]  # A3: airliner


def test_a_callsign_with_an_illegal_character_is_not_taken() -> None:
    assert known_of(make.squitter(ADDRESS, make.identification("EIN#5GV")))["callsign"] == 0


def test_ground_speed_codes_are_what_rs1090_reads() -> None:
    for movement in range(128):
        theirs = rs1090.decode(surface(False, movement=movement).hex())["groundspeed"]
        ours = fields.movement_kt(movement)
        assert (math.isnan(ours) and theirs is None) or ours == pytest.approx(theirs), movement


# -------- positions
places = st.tuples(st.floats(-88.0, 88.0), st.floats(-180.0, 179.999))


def test_zones_in_longitude_follow_the_formula_of_the_standard() -> None:
    for latitude_deg in np.linspace(-90.0, 90.0, 20_001):
        assert cpr.zones_in_longitude(latitude_deg) == make.zones(latitude_deg)
    assert [cpr.zones_in_longitude(latitude_deg) for latitude_deg in (0.0, 10.4, 10.5, 86.9, 87.1)] == [
        59,
        59,
        58,
        2,
        1,
    ]


@given(places, st.booleans())
def test_a_pair_in_the_air_gives_the_place_to_a_few_metres(place: tuple[float, float], odd_is_newer: bool) -> None:
    even, odd = make.compact(*place, False), make.compact(*place, True)
    latitude_deg, longitude_deg = cpr.pair_position(*even, *odd, odd_is_newer, 360.0, math.nan, math.nan)
    if math.isnan(latitude_deg):  # the two roundings fell on two sides of a zone's edge
        assert make.zones(place[0] - 1e-4) != make.zones(place[0] + 1e-4)
    else:
        assert cpr.distance_m(latitude_deg, longitude_deg, *place) < 6.0 / min(
            1.0, math.cos(math.radians(place[0])) * 2
        )


@given(places, st.booleans(), st.floats(-40.0, 40.0), st.floats(-40.0, 40.0))
def test_a_pair_on_the_surface_gives_the_place_nearest_to_the_reference(
    place: tuple[float, float], odd_is_newer: bool, north_deg: float, east_deg: float
) -> None:
    even, odd = make.compact(*place, False, 90.0), make.compact(*place, True, 90.0)
    reference = (place[0] + north_deg, cpr.wrapped_deg(place[1] + east_deg))
    latitude_deg, longitude_deg = cpr.pair_position(*even, *odd, odd_is_newer, 90.0, *reference)
    if math.isnan(latitude_deg):
        assert make.zones(place[0] - 1e-4) != make.zones(place[0] + 1e-4)
    else:
        assert cpr.distance_m(latitude_deg, longitude_deg, *place) < 6.0


@given(places, st.booleans(), st.floats(-0.4, 0.4))
def test_one_message_near_a_reference_gives_the_place(place: tuple[float, float], odd: bool, off_zones: float) -> None:
    lat, lon = make.compact(*place, odd)
    reference = (max(-89.9, min(89.9, place[0] + 6.0 * off_zones)), place[1])
    latitude_deg, longitude_deg = cpr.position_near(odd, lat, lon, 360.0, *reference)
    if abs(place[0]) < 80.0 and make.zones(place[0] - 1e-4) == make.zones(place[0] + 1e-4):
        assert cpr.distance_m(latitude_deg, longitude_deg, *place) < 12.0


def test_positions_are_those_of_rs1090_along_a_flight() -> None:
    rng = random.Random(3)
    frames, times, latitude_deg, longitude_deg = [], [], 52.0, 3.0
    for at in range(2000):
        frames.append(air(rng.random() < 0.5, latitude_deg=latitude_deg, longitude_deg=longitude_deg))
        times.append(T_NS / NS_PER_S + at * 0.5)
        latitude_deg, longitude_deg = latitude_deg + 0.001, longitude_deg - 0.0007
    _, decoded = decode(frames)
    theirs = {
        round((row["timestamp"] - times[0]) * 2): (row["latitude"], row["longitude"])
        for row in rs1090.decode([frame.hex() for frame in frames], times)
        if row.get("latitude") is not None
    }
    assert len(decoded.plots) > 1990
    for plot in decoded.plots:
        at = round((int(plot["t_ns"]) - T_NS) / NS_PER_S * 2)
        ours = np.degrees(plot["latitude_rad"]), np.degrees(plot["longitude_rad"])
        if at in theirs:
            assert cpr.distance_m(*ours, *theirs[at]) < 0.01


def test_a_first_position_waits_for_its_pair() -> None:
    _, decoded = decode([air(False)])
    assert len(decoded.plots) == 0
    assert decoded.rejected == {"position_without_pair": 1}


def test_halves_more_than_ten_seconds_apart_are_no_pair() -> None:
    _, decoded = decode([air(False), air(True)], step_s=10.5)
    assert decoded.rejected == {"position_without_pair": 2}
    _, decoded = decode([air(False), air(True)], step_s=9.5)
    assert len(decoded.plots) == 1


def test_a_position_on_the_surface_waits_for_a_reference() -> None:
    _, decoded = decode([surface(False), surface(True)])
    assert decoded.rejected == {"position_without_pair": 1, "surface_without_reference": 1}
    near = FrameDecoder(ReceiverParams(latitude_deg=59.0, longitude_deg=25.0))
    _, decoded = decode([surface(False), surface(True)], decoder=near)
    assert np.degrees(decoded.plots["latitude_rad"]) == pytest.approx([LAT_DEG], abs=2e-5)
    assert np.degrees(decoded.plots["longitude_rad"]) == pytest.approx([LON_DEG], abs=4e-5)
    assert decoded.plots["flags"][0] & PlotFlag.ON_GROUND
    assert np.isnan(decoded.plots["height_pressure_m"][0])


def test_an_aircraft_that_lands_is_followed_on_the_surface_without_a_receivers_place() -> None:
    _, decoded = decode([air(False), air(True), surface(False), surface(True)])
    assert len(decoded.plots) == 3
    assert [bool(flags & PlotFlag.ON_GROUND) for flags in decoded.plots["flags"]] == [False, True, True]


def test_positions_that_ask_for_too_much_speed_are_refused_until_they_are_the_rule() -> None:
    there = {"latitude_deg": 56.0, "longitude_deg": 20.0}
    frames = [air(False), air(True)] + [air(bool(at % 2), **there) for at in range(10)]
    _, decoded = decode(frames)
    latitudes_deg = np.degrees(decoded.plots["latitude_rad"])
    assert decoded.rejected["position_too_fast"] == 4
    assert latitudes_deg[0] == pytest.approx(LAT_DEG, abs=1e-4)
    assert latitudes_deg[1:] == pytest.approx([56.0] * (len(latitudes_deg) - 1), abs=1e-4)
    assert len(latitudes_deg) >= 6


def test_positions_too_far_from_the_receiver_are_refused() -> None:
    decoder = FrameDecoder(ReceiverParams(latitude_deg=43.6, longitude_deg=1.4, range_m_max=400_000.0))
    _, decoded = decode([air(False), air(True), air(False)], decoder=decoder)
    assert decoded.rejected == {"position_without_pair": 1, "position_too_far": 2}


def test_the_same_position_a_moment_later_is_a_copy() -> None:
    _, decoded = decode([air(False), air(False), air(True), air(True)], step_s=0.01)
    assert decoded.rejected == {"position_without_pair": 1, "position_repeated": 2}
    assert len(decoded.plots) == 1


# -------- what goes with a position
def test_heights_come_from_pressure_and_the_difference_of_the_velocity_message() -> None:
    difference = make.packed((19, 5), (1, 3), (0, 2), (2, 3), (0, 35), (0, 1), (8, 7))  # +175 ft
    _, decoded = decode([make.squitter(ADDRESS, difference), air(False), air(True)])
    assert decoded.plots["height_pressure_m"] == pytest.approx([36_000 * FT_M])
    assert decoded.plots["height_hae_m"] == pytest.approx([36_175 * FT_M])
    assert decoded.plots["quality"][0, 2] == 2  # NACv


def test_a_gnss_height_is_a_height_above_the_ellipsoid() -> None:
    _, decoded = decode([air(False, typecode=20), air(True, typecode=20)])
    assert decoded.plots["height_hae_m"] == pytest.approx([36_000 * FT_M])
    assert np.isnan(decoded.plots["height_pressure_m"][0])


def test_a_reply_gives_the_height_that_a_position_leaves_out() -> None:
    answer = make.reply(4, ADDRESS, 0x0C38)
    assert fields.altitude_ft_of(0x0C38) == 18_800.0
    _, decoded = decode([air(False, altitude_ft=None), answer, air(True, altitude_ft=None)])
    assert decoded.plots["height_pressure_m"] == pytest.approx([18_800 * FT_M])


def test_a_reply_whose_address_no_squitter_named_is_not_used() -> None:
    _, decoded = decode([make.reply(5, 0x123456, 0x0AAA)])
    assert decoded.rejected == {"address_not_confirmed": 1}


def test_a_mode_a_code_of_replies_is_taken_when_it_came_twice() -> None:
    frames = [air(False), make.reply(5, ADDRESS, 0x0AAA), air(True), make.reply(21, ADDRESS, 0x0AAA), air(False)]
    _, decoded = decode(frames)
    assert decoded.plots["mode_3a"].tolist() == [0xFFFF, 0o7700]
    assert [bool(flags & PlotFlag.EMERGENCY) for flags in decoded.plots["flags"]] == [False, True]


def test_ident_and_emergency_are_flags() -> None:
    _, decoded = decode([air(False), air(True, status=3), air(False, status=1)])
    assert decoded.plots["flags"][0] & PlotFlag.IDENT
    assert not decoded.plots["flags"][0] & PlotFlag.EMERGENCY
    assert decoded.plots["flags"][1] & PlotFlag.EMERGENCY
    emergency = make.squitter(ADDRESS, make.packed((28, 5), (1, 3), (5, 3), (0, 13), (0, 32)))
    _, decoded = decode([emergency, air(False), air(True)])
    assert decoded.plots["flags"][0] & PlotFlag.EMERGENCY


def status_message(*, version: int, nic_a: int, nac_p: int, gva: int = 2, sil: int = 3) -> bytes:
    return make.squitter(
        ADDRESS,
        make.packed(
            (31, 5), (0, 3), (0, 16), (0, 16), (version, 3), (nic_a, 1), (nac_p, 4), (gva, 2), (sil, 2), (0, 4)
        ),
    )


@pytest.mark.parametrize(
    ("version", "nic_a", "bit_8", "typecode", "nic"),
    [
        (2, 1, 1, 11, 9),
        (2, 1, 0, 11, 8),
        (2, 0, 0, 11, 8),
        (2, 0, 1, 13, 6),
        (2, 1, 1, 16, 3),
        (2, 0, 0, 16, 2),
        (1, 1, 0, 11, 9),
        (1, 1, 0, 16, 3),
        (2, 0, 0, 18, 0),
        (2, 0, 0, 9, 11),
    ],
)  # ED-102A table 2-14
def test_nic_comes_from_the_type_code_and_its_supplements(
    version: int, nic_a: int, bit_8: int, typecode: int, nic: int
) -> None:
    how = {"typecode": typecode, "bit_8": bit_8}
    _, decoded = decode([status_message(version=version, nic_a=nic_a, nac_p=9), air(False, **how), air(True, **how)])
    assert decoded.plots["quality"][0].tolist() == [nic, 9, 0xFF, 3]


def test_nacp_becomes_the_covariance() -> None:
    _, decoded = decode([status_message(version=2, nic_a=0, nac_p=9), air(False), air(True)])
    cov = decoded.plots["cov"][0]
    assert np.sqrt(cov[0]) == pytest.approx(30.0 / 2.4477, rel=0.01)  # NACp 9: 95% within 30 m
    assert cov[0] == cov[3]
    assert cov[[1, 2, 4]].tolist() == [0.0, 0.0, 0.0]
    _, decoded = decode([status_message(version=2, nic_a=0, nac_p=0), air(False), air(True)])
    assert np.isnan(decoded.plots["cov"][0]).all()


def test_a_transponder_that_names_no_version_is_taken_as_version_0() -> None:
    _, decoded = decode([air(False), air(True)])
    assert decoded.plots["quality"][0].tolist() == [8, 8, 0xFF, 2]


# -------- who says it, and how
@pytest.mark.parametrize(
    ("control", "imf", "flags", "named"),
    [
        (0, 0, PlotFlag.CLAIM | PlotFlag.MODE_S, False),
        (1, 0, PlotFlag.CLAIM, True),
        (2, 0, PlotFlag.MLAT | PlotFlag.MODE_S, False),
        (2, 1, PlotFlag.MLAT, True),
        (5, 0, PlotFlag.MLAT, True),
        (6, 0, PlotFlag.CLAIM | PlotFlag.DERIVED | PlotFlag.MODE_S, False),
    ],
)
def test_what_others_located_or_relayed_is_marked(control: int, imf: int, flags: PlotFlag, named: bool) -> None:
    frames = [
        make.squitter(ADDRESS, make.in_air(LAT_DEG, LON_DEG, odd, bit_8=imf), df=18, low=control)
        for odd in (False, True)
    ]
    _, decoded = decode(frames)
    assert decoded.plots["flags"].tolist() == [flags]
    assert decoded.plots["mode_s"].tolist() == [0 if named else ADDRESS]
    assert list(decoded.names.values()) == (["~4ca2d6"] if named else [])
    assert decoded.plots["object"].tolist() == (list(decoded.names) if named else [0])


def test_a_claim_and_a_located_position_of_one_address_are_never_paired() -> None:
    located = make.squitter(ADDRESS, make.in_air(LAT_DEG, LON_DEG, True), df=18, low=2)
    _, decoded = decode([air(False), located])
    assert decoded.rejected == {"position_without_pair": 2}


def test_coarse_tis_b_and_its_management_are_counted() -> None:
    frames = [make.squitter(ADDRESS, make.in_air(LAT_DEG, LON_DEG, False), df=18, low=control) for control in (3, 4, 7)]
    _, decoded = decode(frames)
    assert decoded.rejected == {"tisb_not_read": 3}


def test_every_single_wrong_bit_of_a_squitter_is_found() -> None:
    good = air(False)
    frames = []
    for bit in range(5, 112):  # the first five say what it is
        frame = bytearray(good)
        frame[bit // 8] ^= 0x80 >> bit % 8
        frames.append(bytes(frame))
    decoder, decoded = decode(frames)
    assert decoded.rejected == {"crc_failed": len(frames)}
    assert decoder.addresses.count[0] == 0


def test_frames_of_the_wrong_length_or_kind_are_counted() -> None:
    _, decoded = decode([air(False)[:7], air(False)[:13], bytes([22 << 3]) + bytes(13), make.squitter(0, 0)])
    assert decoded.rejected == {"length_not_valid": 2, "df_not_read": 1, "address_not_valid": 1}


# -------- bounded and stable
def test_more_addresses_than_the_table_holds_push_out_those_not_heard_for_longest() -> None:
    total = addresses.ADDRESSES_MAX + 10
    frames = [make.squitter(address, make.identification("A")) for address in range(1, total + 1)]
    decoder, decoded = decode(frames, step_s=0.001)
    assert decoder.addresses.count[0] <= addresses.ADDRESSES_MAX
    assert decoded.rejected == {"address_dropped": addresses.ADDRESSES_MAX // 8}
    kept = set(decoder.addresses.table["key"][: decoder.addresses.count[0]].tolist())
    assert 1 not in kept
    assert total in kept


def test_an_address_not_heard_for_ten_minutes_is_forgotten() -> None:
    callsign = make.squitter(ADDRESS, make.identification("OLD1"))
    decoder, _ = decode([callsign])
    _, decoded = decode([air(False), air(True)], decoder=decoder, start_ns=T_NS + 601 * NS_PER_S)
    assert decoded.plots["callsign"].tolist() == [b""]


def test_a_decoder_restored_goes_on_as_if_nothing_had_happened() -> None:
    rng = random.Random(4)
    frames = [
        rng.choice(
            (air(False), air(True), make.reply(5, ADDRESS, 0x0AAA), make.squitter(ADDRESS, make.identification("AB1")))
        )
        for _ in range(200)
    ]
    whole, _ = decode(frames[:100])
    again = FrameDecoder(ReceiverParams())
    again.restore(whole.state())
    _, expected = decode(frames[100:], decoder=whole, start_ns=T_NS + 60 * NS_PER_S)
    _, got = decode(frames[100:], decoder=again, start_ns=T_NS + 60 * NS_PER_S)
    assert got.plots.tobytes() == expected.plots.tobytes()
    assert again.state() == whole.state()
