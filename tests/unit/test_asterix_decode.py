"""ASTERIX payloads to plots, tracks and sensor reports; times, damage, editions."""

from __future__ import annotations

import math
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skydas.errors import ConfigError
from skydas.formats.asterix import EXAMPLES, Decoder, Params, Reader
from skydas.formats.asterix.octets import instant_ns
from skydas.model import (
    FL_M,
    NM_M,
    NS_PER_S,
    S_PER_DAY,
    SENSOR_UNKNOWN,
    Decoded,
    PlotFlag,
    PlotKind,
    TrackFlag,
    TrackStatus,
    sensor_key,
    time_of_day_ns,
    utc_ns,
)
from tests.paths import needs_shared, recording

NOON_NS = utc_ns("2024-03-05T12:00:00Z")
NOON = "546000"  # 12:00:00 in 1/128 s


def block(category: int, records: str) -> bytes:
    octets = bytes.fromhex(records)
    return struct.pack(">BH", category, len(octets) + 3) + octets


def decode(payload: bytes, rx_ns: int = NOON_NS, **params: object) -> Decoded:
    return Decoder(Params(**params)).decode(rx_ns, payload)  # type: ignore[arg-type]


def plot_048(time: str = NOON, rest: str = "80004000") -> str:
    """Return a CAT048 record: source 25/1, a time of day, roll-call, half the range there is, 90 degrees."""
    return f"f0 1901 {time} a0 {rest}"


def test_a_radar_plot_has_range_azimuth_codes_and_flags() -> None:
    # V G L - 3/A 7700; FL 100; address; RYR174C; height 3,000 ft; CAL -100 m/s; on the ground
    record = f"fd c1 0e 1901 {NOON} e0 80004000 0fc0 0190 4ca3e4 4994b1df40e0 0078 80 039c 0440"
    decoded = decode(block(48, record))
    assert decoded.rejected == {}
    assert decoded.records == 1
    plot = decoded.plots[0]
    assert (plot["t_ns"], plot["rx_ns"]) == (NOON_NS, NOON_NS)
    assert plot["sensor"] == sensor_key(25, 1)
    assert plot["kind"] == PlotKind.POLAR
    assert plot["range_m"] == 128 * NM_M
    assert plot["azimuth_true_rad"] == math.pi / 2
    assert plot["mode_3a"] == 0o7700
    assert plot["height_pressure_m"] == 100 * FL_M
    assert plot["mode_s"] == 0x4CA3E4
    assert plot["callsign"] == b"RYR174C"
    assert plot["height_hae_m"] == pytest.approx(3000 * 0.3048)
    assert plot["range_rate_mps"] == -100.0
    assert plot["flags"] == PlotFlag.PRIMARY | PlotFlag.MODE_S | PlotFlag.EMERGENCY | PlotFlag.ON_GROUND


def test_a_garbled_code_is_flagged_and_is_no_emergency() -> None:
    plot = decode(block(48, f"f8 1901 {NOON} 40 80004000 4fc0")).plots[0]
    assert plot["flags"] == PlotFlag.SECONDARY | PlotFlag.CODE_GARBLED


def test_heights_of_3d_radars_take_the_geoid_of_the_parameters() -> None:
    record = f"f1 01 08 1901 {NOON} 20 80004000 0000"
    assert decode(block(48, record), geoid_height_m=21.5).plots[0]["height_hae_m"] == 21.5


def test_the_last_message_of_a_radars_track_is_a_plot_without_a_place() -> None:
    decoded = decode(block(48, f"e1 02 1901 {NOON} 00 4180"))
    assert np.isnan(decoded.plots["range_m"]).all()
    assert decoded.plots["flags"].tolist() == [PlotFlag.TRACK_END | PlotFlag.COASTED]


def test_a_range_beyond_the_item_comes_from_the_expansion_field() -> None:
    # 020 with ERR; 040 full; RE: M4E one octet, then ERR 300 NM
    head = f"f1 01 01 02 1901 {NOON} a1 40 ffff4000"
    extended = decode(block(48, f"{head} 06 28 04 {300 * 256:06x}"))
    assert extended.plots["range_m"].tolist() == [300 * NM_M]
    foreign = decode(block(48, f"{head} 03 08 00"))
    assert (len(foreign.plots), foreign.rejected) == (0, {"position_missing": 1})


def test_a_record_without_a_place_is_counted() -> None:
    decoded = decode(block(48, f"e0 1901 {NOON} 20"))
    assert (len(decoded.plots), decoded.rejected) == (0, {"position_missing": 1})


def test_a_position_beyond_the_pole_is_counted() -> None:
    decoded = decode(block(21, "82 1901 7fffffff 00000000"))
    assert (len(decoded.plots), decoded.rejected) == (0, {"position_impossible": 1})


def test_the_block_that_others_read_as_three_records_is_one_of_ten_items() -> None:
    octets = bytes.fromhex(
        "30 00 24 F3 1F 01 02 06 47 01 AB B7 40 77 31 DC 72 60 02 C6 03 3C D2 5A 26 4E 07 F4 5D 67 C6 05 40 08 80 40"
    )
    decoded = decode(octets)
    assert (decoded.records, decoded.rejected) == (1, {})
    assert decoded.plots["range_m"][0] == 0x7731 / 256 * NM_M
    reader = Reader()
    reader.feed(0, octets)
    columns = reader.tables()["048"].column_names
    assert {name[5:].split("_")[0] for name in columns if name.startswith("I048_")} == {
        *("010", "140", "020", "040", "130", "161", "042", "200", "170", "RE")
    }


@pytest.mark.parametrize(
    ("rx", "tod_s", "measured"),
    [
        ("2024-03-05T23:59:59Z", 1.0, "2024-03-06T00:00:01Z"),
        ("2024-03-06T00:00:01Z", 86_399.0, "2024-03-05T23:59:59Z"),
        ("2024-03-06T12:00:00Z", 43_199.5, "2024-03-06T11:59:59.500Z"),
    ],
)
def test_the_day_is_the_one_nearest_to_reception(rx: str, tod_s: float, measured: str) -> None:
    time = int(tod_s * 128).to_bytes(3, "big").hex()
    assert decode(block(48, plot_048(time)), utc_ns(rx)).plots["t_ns"][0] == utc_ns(measured)


@given(st.integers(0, 4 * 10**18), st.integers(0, S_PER_DAY * 128 - 1))
def test_the_kernels_instant_is_the_models(rx_ns: int, ticks: int) -> None:
    assert instant_ns(rx_ns, ticks) == time_of_day_ns(rx_ns, ticks / 128)


def test_a_time_of_day_of_more_than_a_day_is_counted_and_not_used() -> None:
    decoded = decode(block(48, plot_048("a8c000")))
    assert decoded.rejected == {"time_of_day_impossible": 1}
    assert decoded.plots["t_ns"][0] == NOON_NS
    assert decoded.plots["flags"][0] & PlotFlag.TIME_ASSUMED


def test_a_record_without_time_takes_the_time_of_reception() -> None:
    plot = decode(block(48, "90 1901 80004000")).plots[0]
    assert plot["t_ns"] == NOON_NS
    assert plot["flags"] & PlotFlag.TIME_ASSUMED


def test_the_truncated_time_of_001_is_completed_by_the_last_full_time_of_002() -> None:
    decoder = Decoder()
    service = block(2, "d0 1907 01 3c0000")  # 08:32:00, an hour and more away from the time of reception
    ticks = 0x3C0000 + 128
    plot = block(1, f"e2 1907 20 08004000 {ticks & 0xFFFF:04x}")
    before = decoder.decode(NOON_NS, plot).plots["t_ns"][0]
    decoder.decode(NOON_NS, service)
    after = decoder.decode(NOON_NS, plot).plots["t_ns"][0]
    assert abs(int(before) - NOON_NS) <= 256 * NS_PER_S
    assert after == utc_ns("2024-03-05T08:32:01Z")


@given(st.integers(0, S_PER_DAY * 128 - 1), st.integers(-191, 191))
def test_a_truncated_time_is_found_again_within_three_minutes(ticks: int, apart_s: int) -> None:
    # It comes round every 512 s, but the last turn of a day has only 384 s: half of that is certain.
    day_ns = utc_ns("2024-03-05T00:00:00Z")
    plot = block(1, f"e2 1907 20 08004000 {ticks & 0xFFFF:04x}")
    t_ns = day_ns + ticks * NS_PER_S // 128
    assert _SHARED_DECODER.decode(t_ns + apart_s * NS_PER_S, plot).plots["t_ns"][0] == t_ns


_SHARED_DECODER = Decoder()


def test_plots_and_tracks_of_001_are_told_apart_by_the_first_bit_of_020() -> None:
    both = "f0 1907 20 08004000 0fc0" + "f0 1907 a0 004d 08004000"
    decoded = decode(block(1, both))
    assert decoded.rejected == {}
    assert decoded.plots["mode_3a"].tolist() == [0o7700, 0xFFFF]
    assert decoded.plots["range_m"].tolist() == [16 * NM_M] * 2


def test_the_profile_of_001_can_be_fixed() -> None:
    track = block(1, "f0 1907 20 004d 08004000")
    assert decode(track, profile_001="track").plots["range_m"][0] == 16 * NM_M


def test_a_claim_keeps_its_quality_figures_and_its_emergency() -> None:
    # 010 040 131 | 080 073 | 140 090 210 | 200: NACv 2, NIC 8, SIL 3, NACp 9; version 2; general emergency
    record = f"c3 19 71 40 1902 00 20000000 10000000 4ca3e4 {NOON} 0010 5172 12 04"
    decoded = decode(block(21, record))
    assert decoded.rejected == {}
    plot = decoded.plots[0]
    assert plot["kind"] == PlotKind.POSITION
    assert plot["flags"] == PlotFlag.CLAIM | PlotFlag.EMERGENCY
    assert plot["quality"].tolist() == [8, 9, 2, 3]
    assert math.degrees(plot["latitude_rad"]) == pytest.approx(90.0)
    assert math.degrees(plot["longitude_rad"]) == pytest.approx(45.0)
    assert plot["height_hae_m"] == pytest.approx(100 * 0.3048)


def test_the_old_family_of_021_is_read_by_its_edition() -> None:
    record = f"f8 1902 4000 {NOON} 01000000 00800000 4ca3e4"
    plot = decode(block(21, record), editions={"021": "0.26"}).plots[0]
    assert plot["flags"] == PlotFlag.CLAIM | PlotFlag.ON_GROUND
    assert math.degrees(plot["latitude_rad"]) == pytest.approx(90.0)
    assert math.degrees(plot["longitude_rad"]) == pytest.approx(45.0)


def test_a_partners_track_is_a_plot_and_a_track() -> None:
    decoded = decode(EXAMPLES[8])
    plot, track = decoded.plots[0], decoded.tracks[0]
    assert plot["kind"] == PlotKind.TRACK
    assert plot["object"] != 0
    assert plot["cov"][[0, 1, 3]].tolist() == [100.0, 0.0, 100.0]
    assert (track["track_no"], track["status"]) == (4711, TrackStatus.CONFIRMED)
    assert track["flags"] == TrackFlag.PARTNER
    assert track["velocity_mps"] == pytest.approx([100.0, -50.0, 5.0], abs=0.02)
    assert track["callsign"] == b"RYR174C"
    assert track["latitude_deg"] == pytest.approx(57.0, abs=3e-6)


def test_sensors_report_north_marks_sectors_and_their_place() -> None:
    north, sector = decode(EXAMPLES[6]).statuses
    assert (north.what, north.period_s, north.sensor) == ("north", 4.0, sensor_key(25, 1))
    assert north.latitude_deg == pytest.approx(57.0, abs=1e-4)
    assert north.height_hae_m == 30.0
    assert (sector.what, sector.azimuth_true_rad) == ("sector", pytest.approx(math.pi / 4))


def test_a_trackers_word_on_a_sensor_is_about_that_sensor() -> None:
    report = decode(EXAMPLES[9]).statuses[0]
    assert report.sensor == sensor_key(25, 1)
    assert report.words["reported_by"] == "25/100"
    assert report.words["state"] == "operational"


def test_an_unknown_category_is_relayed_and_the_block_behind_it_is_read() -> None:
    decoded = decode(EXAMPLES[11])
    assert decoded.relayed == [EXAMPLES[11][:8]]
    assert decoded.rejected == {"category_relayed": 1}
    assert len(decoded.statuses) == 1


GOOD = block(48, plot_048())


@pytest.mark.parametrize(
    ("payload", "reason", "plots"),
    [
        (GOOD[:2], "block_truncated", 0),
        (GOOD + GOOD[:-1], "block_truncated", 1),
        (GOOD + b"\x30\x00\x02", "block_length_wrong", 1),
        (block(48, plot_048()[:-2]) + GOOD, "record_truncated", 1),
        (block(48, "f1") + GOOD, "record_truncated", 1),
        (block(48, "f1 01 01 01 02 00") + GOOD, "fspec_too_long", 1),
        (block(2, "81 08 1901 00") + GOOD, "edition_mismatch", 1),
        (block(48, "00") + GOOD, "record_empty", 1),
        (block(48, "81 01 01 02 1901 00") + GOOD, "explicit_empty", 1),
        (block(1, "81 01 02 1907 01 01 1907") + GOOD, "item_twice", 1),
    ],
)
def test_damage_is_counted_by_reason_and_the_next_block_is_used(payload: bytes, reason: str, plots: int) -> None:
    decoded = decode(payload)
    assert decoded.rejected == {reason: 1}
    assert len(decoded.plots) == plots


def test_records_before_a_damaged_one_are_kept() -> None:
    decoded = decode(block(48, plot_048() * 3 + "f1"))
    assert len(decoded.plots) == 3
    assert decoded.rejected == {"record_truncated": 1}


def test_an_empty_payload_is_nothing() -> None:
    decoded = decode(b"")
    assert (decoded.records, decoded.rejected) == (0, {})


def test_twenty_thousand_damaged_examples_raise_nothing_and_lose_nothing_in_silence() -> None:
    draw = np.random.default_rng(7)
    decoder = Decoder()
    for _ in range(20_000):
        octets = bytearray(EXAMPLES[draw.integers(len(EXAMPLES))])
        for _ in range(draw.integers(1, 5)):
            octets[draw.integers(len(octets))] = draw.integers(256)
        payload = bytes(octets[: draw.integers(len(octets) + 1)])
        decoded = decoder.decode(NOON_NS, payload)
        made = len(decoded.plots) + len(decoded.statuses)
        without = sum(decoded.rejected.get(name, 0) for name in ("position_missing", "position_impossible"))
        assert made + without == decoded.records
        assert not payload or decoded.records or decoded.rejected or payload[1:3] == b"\x00\x03"


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_decoder_and_reader_agree_on_any_octets(payload: bytes) -> None:
    decoded = _SHARED_DECODER.decode(NOON_NS, payload)
    reader = Reader()
    reader.feed(NOON_NS, payload)
    assert reader.summary()["records"] == decoded.records


def test_a_payload_of_many_blocks_gives_what_its_blocks_give() -> None:
    blocks = [block(48, plot_048(f"{ticks:06x}") * 20) for ticks in range(0, 4000 * 20, 20)]
    whole = decode(b"".join(blocks))
    one_by_one = Decoder()
    parts = [one_by_one.decode(NOON_NS, each).plots for each in blocks]
    assert len(whole.plots) == 80_000
    assert whole.plots.tobytes() == b"".join(part.tobytes() for part in parts)


def test_results_do_not_share_memory_and_may_be_written() -> None:
    decoder = Decoder()
    first = decoder.decode(NOON_NS, GOOD)
    kept = first.plots.copy()
    decoder.decode(NOON_NS, EXAMPLES[7])
    assert first.plots.tobytes() == kept.tobytes()
    first.plots["range_m"] = 0.0


def test_a_decoder_goes_on_from_a_snapshot() -> None:
    whole, before, after = Decoder(), Decoder(), Decoder()
    plot = block(1, "e2 1907 20 08004000 0100")
    service = block(2, "d0 1907 01 3c0000")
    for payload in (GOOD, service):
        whole.decode(NOON_NS, payload)
        before.decode(NOON_NS, payload)
    after.restore(before.state())
    assert after.decode(NOON_NS, plot).plots.tobytes() == whole.decode(NOON_NS, plot).plots.tobytes()
    assert after.state() == whole.state()


def test_a_record_without_its_source_has_no_sensor() -> None:
    assert decode(block(48, f"70 {NOON} a0 80004000")).plots["sensor"][0] == SENSOR_UNKNOWN


@pytest.mark.parametrize(
    ("given_editions", "named"), [({"048": "9.9"}, "1.30"), ({"077": "1.0"}, "048"), ({"x": "1.0"}, "048")]
)
def test_an_edition_that_there_is_not_is_refused_with_those_there_are(
    given_editions: dict[str, str], named: str
) -> None:
    with pytest.raises(ConfigError, match=named):
        Decoder(Params(editions=given_editions))


@needs_shared
@pytest.mark.parametrize(
    ("name", "edition", "field", "value"),
    [
        ("cat001ed1.1", "", "range_m", 0x3FB8 * NM_M / 128),
        ("cat010ed0.31", "", "range_m", 0x0634),
        ("cat020ed1.5", "", "mode_s", 0x02442F),
        ("cat021ed0.26", "0.26", "mode_s", 0x496C2E),
        ("cat048ed1.15", "", "callsign", b"RYR5XW"),
        ("cat062ed1.12", "", "callsign", b"DLH9CK"),
    ],
)
def test_blocks_of_older_editions_are_read(name: str, edition: str, field: str, value: object) -> None:
    payload = recording(f"asterix/blocks/{name}.bin").read_bytes()
    decoded = decode(payload, editions={name[3:6]: edition} if edition else {})
    assert (decoded.records, decoded.rejected) == (1, {})
    assert decoded.plots[field][0] == value
