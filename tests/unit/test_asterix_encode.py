"""What the encoder writes is read again as what it was, within half the least bit of each field."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skydas.formats.asterix import Decoder, Encoder, EncoderParams
from skydas.formats.asterix.encode import BLOCK_OCTETS_MAX
from skydas.model import (
    NM_M,
    NS_PER_S,
    TAU,
    PlotFlag,
    PlotKind,
    SensorReport,
    TrackStatus,
    empty_plots,
    empty_tracks,
    sensor_key,
    utc_ns,
)

NOON_NS = utc_ns("2024-03-05T12:00:00Z")
TICK_NS = NS_PER_S // 128
RADAR_FLAGS = (
    *(PlotFlag.PRIMARY, PlotFlag.SECONDARY, PlotFlag.MODE_S, PlotFlag.MODE_S | PlotFlag.PRIMARY),
    *(PlotFlag.PRIMARY | PlotFlag.SECONDARY, PlotFlag.PRIMARY | PlotFlag.SIMULATED, PlotFlag.SECONDARY | PlotFlag.TEST),
    *(PlotFlag.SECONDARY | PlotFlag.IDENT, PlotFlag.SECONDARY | PlotFlag.FIELD_MONITOR),
    PlotFlag.SECONDARY | PlotFlag.MILITARY_EMERGENCY,
)
DECODER = Decoder()


def one_plot(**fields: object) -> Any:
    plots = empty_plots(1)
    plots["t_ns"] = plots["rx_ns"] = NOON_NS
    for name, value in fields.items():
        plots[name] = value
    return plots


def read_back(blocks: list[bytes], rx_ns: int = NOON_NS) -> Any:
    decoded = DECODER.decode(rx_ns, b"".join(blocks))
    assert decoded.rejected == {}
    return decoded


@settings(max_examples=300)
@given(
    st.integers(0, 43_000 * NS_PER_S),
    st.floats(0.0, 255.9 * NM_M),
    st.floats(0.0, TAU),
    st.sampled_from(RADAR_FLAGS),
    st.one_of(st.just(math.nan), st.floats(-60.0, 30_000.0)),
    st.one_of(st.just(math.nan), st.floats(-511.0, 511.0)),
    st.integers(0, 0xFFFFFF),
    st.one_of(st.just(0xFFFF), st.integers(0, 0o7477)),
    st.text("ABCXYZ0189", max_size=8),
)
def test_a_radar_plot_comes_back_within_its_least_bits(
    after_ns: int,
    range_m: float,
    azimuth_rad: float,
    flags: PlotFlag,
    height_m: float,
    speed_mps: float,
    mode_s: int,
    mode_3a: int,
    callsign: str,
) -> None:
    sent = one_plot(
        t_ns=NOON_NS + after_ns,
        range_m=range_m,
        azimuth_true_rad=azimuth_rad,
        flags=flags,
        height_pressure_m=height_m,
        height_hae_m=height_m,
        range_rate_mps=speed_mps,
        mode_s=mode_s,
        mode_3a=mode_3a,
        callsign=callsign.encode(),
    )
    back = read_back(Encoder().encode_048(sent, 25, 7), NOON_NS + after_ns).plots[0]
    assert abs(int(back["t_ns"]) - int(sent["t_ns"][0])) <= TICK_NS // 2 + 1
    assert back["sensor"] == sensor_key(25, 7)
    assert back["range_m"] == pytest.approx(range_m, abs=NM_M / 512 + 1e-6)
    assert abs(math.remainder(back["azimuth_true_rad"] - azimuth_rad, TAU)) <= TAU / 131_072 + 1e-12
    assert back["height_pressure_m"] == pytest.approx(height_m, abs=3.82, nan_ok=True)
    assert back["height_hae_m"] == pytest.approx(height_m, abs=3.82, nan_ok=True)
    assert back["range_rate_mps"] == pytest.approx(speed_mps, abs=0.5, nan_ok=True)
    assert (back["mode_s"], back["mode_3a"], back["callsign"]) == (mode_s, mode_3a, callsign.encode())
    assert back["flags"] == flags


@settings(max_examples=200)
@given(
    st.floats(-90.0, 90.0),
    st.floats(-180.0, 180.0),
    st.integers(1, 0xFFFFFF),
    st.one_of(st.just([0xFF] * 4), st.tuples(*[st.integers(0, 7)] * 3, st.integers(0, 3)).map(list)),
)
def test_a_claim_comes_back_within_its_least_bits(
    latitude_deg: float, longitude_deg: float, mode_s: int, quality: list[int]
) -> None:
    sent = one_plot(
        latitude_rad=math.radians(latitude_deg),
        longitude_rad=math.radians(longitude_deg),
        height_hae_m=1000.0,
        height_pressure_m=950.0,
        mode_s=mode_s,
        callsign=b"DRONE 1",
        quality=quality,
    )
    back = read_back(Encoder().encode_021(sent, 25, 8)).plots[0]
    assert back["kind"] == PlotKind.POSITION
    assert back["flags"] == PlotFlag.CLAIM
    assert math.degrees(back["latitude_rad"]) == pytest.approx(latitude_deg, abs=1e-7)
    assert math.degrees(back["longitude_rad"]) == pytest.approx(longitude_deg, abs=2e-7)
    assert back["height_hae_m"] == pytest.approx(1000.0, abs=0.96)
    assert back["height_pressure_m"] == pytest.approx(950.0, abs=3.82)
    assert (back["mode_s"], back["callsign"], back["quality"].tolist()) == (mode_s, b"DRONE 1", quality)


def some_tracks(numbers: list[int], status: TrackStatus = TrackStatus.CONFIRMED) -> Any:
    tracks = empty_tracks(len(numbers))
    tracks["t_ns"] = NOON_NS
    tracks["track_no"] = numbers
    tracks["status"] = status
    tracks["latitude_deg"], tracks["longitude_deg"] = 57.0, 24.0
    return tracks


@settings(max_examples=200)
@given(
    st.floats(-90.0, 90.0),
    st.floats(-180.0, 180.0),
    st.tuples(*[st.floats(-500.0, 500.0)] * 3),
    st.floats(-1000.0, 20_000.0),
    st.sampled_from(TrackStatus),
)
def test_a_track_comes_back_within_its_least_bits(
    latitude_deg: float,
    longitude_deg: float,
    velocity_mps: tuple[float, float, float],
    height_m: float,
    status: TrackStatus,
) -> None:
    sent = some_tracks([70_001], status)
    sent["latitude_deg"], sent["longitude_deg"] = latitude_deg, longitude_deg
    sent["velocity_mps"], sent["height_hae_m"] = velocity_mps, height_m
    sent["cov"] = np.diag([400.0, 900.0, 100.0, 4.0, 9.0, 1.0])[np.triu_indices(6)]
    decoded = read_back(Encoder().encode_062(sent, 25, 100))
    back, plot = decoded.tracks[0], decoded.plots[0]
    assert back["latitude_deg"] == pytest.approx(latitude_deg, abs=2.7e-6)
    assert back["longitude_deg"] == pytest.approx(longitude_deg, abs=2.7e-6)
    assert back["velocity_mps"][:2] == pytest.approx(velocity_mps[:2], abs=0.126)
    assert back["velocity_mps"][2] == pytest.approx(velocity_mps[2], abs=0.016)
    assert back["height_hae_m"] == pytest.approx(height_m, abs=0.96)
    assert (back["track_no"], back["status"]) == (70_001 - 65_536, status)
    assert plot["cov"][[0, 1, 3]].tolist() == [400.0, 0.0, 900.0]
    assert plot["cov"][5] >= 100.0


def test_blocks_stay_under_one_datagram_and_keep_the_order() -> None:
    plots = np.repeat(one_plot(range_m=1000.0, azimuth_true_rad=1.0), 1000)
    plots["mode_s"] = np.arange(1, 1001)
    blocks = Encoder().encode_048(plots, 1, 2)
    assert max(map(len, blocks)) <= BLOCK_OCTETS_MAX
    assert len(blocks) < 1000 * 20 / (BLOCK_OCTETS_MAX - 40)
    assert read_back(blocks).plots["mode_s"].tolist() == list(range(1, 1001))


def test_the_size_of_a_block_can_be_chosen() -> None:
    plots = np.repeat(one_plot(range_m=1000.0, azimuth_true_rad=1.0), 100)
    assert max(map(len, Encoder(EncoderParams(block_octets_max=100)).encode_048(plots, 1, 2))) <= 100


def test_nothing_to_send_is_no_block() -> None:
    assert Encoder().encode_048(empty_plots(0), 1, 2) == []
    assert Encoder().encode_034([], 1, 2) == []


def test_what_a_record_cannot_carry_is_refused_and_counted() -> None:
    plots = np.concatenate(
        (
            one_plot(range_m=1000.0, azimuth_true_rad=1.0),
            one_plot(range_m=257 * NM_M, azimuth_true_rad=1.0),
            one_plot(azimuth_true_rad=1.0),
        )
    )
    encoder = Encoder()
    assert len(read_back(encoder.encode_048(plots, 1, 2)).plots) == 1
    assert encoder.encode_021(plots, 1, 2) == []
    assert encoder.refused == {"range_or_azimuth_missing": 2, "position_or_address_missing": 3}


def test_two_tracks_never_share_a_number_and_a_dropped_ones_number_is_free_again() -> None:
    encoder = Encoder()
    first = read_back(encoder.encode_062(some_tracks([5, 5 + 65_536, 6]), 1, 2)).tracks["track_no"]
    assert len(set(first.tolist())) == 3
    again = read_back(encoder.encode_062(some_tracks([6, 5 + 65_536, 5]), 1, 2)).tracks["track_no"]
    assert again.tolist() == first.tolist()[::-1]
    encoder.encode_062(some_tracks([5], TrackStatus.DROPPED), 1, 2)
    assert read_back(encoder.encode_062(some_tracks([5 + 2 * 65_536]), 1, 2)).tracks["track_no"].tolist() == [5]


def test_a_system_with_every_number_in_use_refuses_the_next_track() -> None:
    encoder = Encoder()
    encoder.encode_062(some_tracks(list(range(65_536))), 1, 2)
    assert encoder.encode_062(some_tracks([70_000]), 1, 2) == []
    assert encoder.refused == {"position_missing_or_numbers_used_up": 1}


def test_north_marks_sectors_and_statuses_come_back() -> None:
    north = SensorReport(NOON_NS, 0, "north", period_s=4.0, latitude_deg=-33.9, longitude_deg=151.2, height_hae_m=-5.0)
    sectors = [SensorReport(NOON_NS, 0, "sector", azimuth_true_rad=k * TAU / 32) for k in range(32)]
    back = read_back(Encoder().encode_034([north, *sectors], 25, 1)).statuses
    assert back[0].what == "north"
    assert back[0].period_s == 4.0
    assert back[0].latitude_deg == pytest.approx(-33.9, abs=1.1e-5)
    assert back[0].longitude_deg == pytest.approx(151.2, abs=1.1e-5)
    assert back[0].height_hae_m == -5.0
    assert [report.azimuth_true_rad for report in back[1:]] == [k * TAU / 32 for k in range(32)]
    status = read_back([Encoder().encode_065(NOON_NS, 25, 100, released=False)]).statuses[0]
    assert status.words["state"] == "degraded"
