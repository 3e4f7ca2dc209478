"""Claims against radars, arrival times, and the receiver that heard them; areas of interference; snapshots."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from skydas.geo.frames import ecef_from_geodetic
from skydas.identify.deception import Checker, DeceptionParams, params_faults
from skydas.identify.deception.interference import interfered
from skydas.model import NS_PER_S, PlotFlag, PlotKind, Rows, SensorConfig, empty_plots, sensor_key_of
from tests.deception_scenes import RADAR, RECEIVER, SENSORS, T0_NS, Run, claims, echoes

LONG = np.arange(0.0, 240.0)


def traffic(count: int = 12) -> list[Rows]:
    """Return honest flights around the radar and their echoes."""
    rng = np.random.default_rng(5)
    parts = []
    for n in range(count):
        north_m, east_m = 90_000.0 * rng.uniform(-1.0, 1.0, 2)
        turn = rng.uniform(0.0, 2.0 * np.pi)
        way = {
            "north_m": north_m,
            "east_m": east_m,
            "north_mps": 200.0 * np.cos(turn),
            "east_mps": 200.0 * np.sin(turn),
        }
        flight = claims(LONG + 0.07 * n, 0x500000 + n, **way)
        parts += [flight, echoes(flight)]
    return parts


def test_a_claim_where_a_radar_sees_nothing_is_contradicted_and_honest_ones_are_not() -> None:
    ghost = claims(np.arange(120.0, 240.0), 0x400001, north_m=30_000.0, east_m=20_000.0)
    run = Run().play(*traffic(), ghost)
    assert run.whats() == ["position_contradicted"]
    assert {fields["mode_s"] for _, fields in run.told} == {0x400001}
    at_s, first = run.told[0]
    assert at_s <= 180.0
    assert first["label"] == "contradicted"
    assert first["strength"] > 0.8
    assert "which radar covers" in first["text"]


def test_a_claim_out_of_the_radars_sight_is_not_contradicted() -> None:
    low = claims(LONG, 0x400001, 100.0, north_m=90_000.0, east_mps=60.0)
    far = claims(LONG, 0x400002, north_m=230_000.0)
    overhead = claims(LONG, 0x400003, 9_000.0, north_m=0.0, east_m=-100.0, east_mps=1.0)
    assert Run().play(*traffic(), low, far, overhead).whats() == []


def test_a_radar_that_is_silent_contradicts_nobody() -> None:
    first = [part[part["t_ns"] < T0_NS + 60 * NS_PER_S] if part["sensor"][0] == 1 else part for part in traffic()]
    assert Run().play(*first).told == []


def test_a_radar_that_goes_blind_in_a_sector_is_learned_and_accuses_nobody_it_has_seen() -> None:
    parts = []
    for part in traffic(24):
        is_echo = part["sensor"][0] == 1
        blind = is_echo & (part["azimuth_true_rad"] < np.pi / 2) & (part["t_ns"] > T0_NS + 60 * NS_PER_S)
        parts.append(part[~blind])
    doubted = {fields["mode_s"] for _, fields in Run().play(*parts).told}
    assert len(doubted) <= 1


def test_radars_that_all_miss_an_aircraft_for_one_turn_accuse_nobody_and_for_several_they_do() -> None:
    radars = [msgspec.structs.replace(RADAR, id=2 + number, name=f"radar-{number}") for number in range(8)]
    for until_s, expected in ((102.0, []), (120.0, ["position_contradicted"])):
        parts = traffic()
        at_s = (parts[1]["t_ns"] - T0_NS) / NS_PER_S
        parts[1] = parts[1][(at_s < 98.0) | (at_s > until_s)]
        echoed = [part for part in parts if part["sensor"][0] == 1]
        for row in range(2, 9):
            for part in echoed:
                parts.append(part.copy())
                parts[-1]["sensor"] = row
        assert Run([RECEIVER, *radars]).play(*parts).whats() == expected


@pytest.mark.parametrize("away_m", [600.0, 8_000.0])
def test_an_echo_with_the_address_elsewhere_contradicts_and_one_nearby_does_not(away_m: float) -> None:
    true = claims(LONG[:90], 0x400001)
    false = claims(LONG[:90], 0x400001, north_m=40_000.0 + away_m)
    run = Run().play(false, echoes(true, mode_s=0x400001))
    assert run.whats() == ([] if away_m < 2_000.0 else ["position_contradicted"])
    if run.told:
        assert "7.9 km from where it says it is" in run.told[0][1]["text"]
        assert run.told[0][1]["track_nos"] == (1,)


def test_arrival_times_that_disagree_contradict_a_claim() -> None:
    second = SensorConfig(id=3, name="far", kind="adsb", latitude_deg=55.5, longitude_deg=24.8, height_hae_m=100.0)
    flight = claims(LONG[:60], 0x400001)
    true = claims(LONG[:60], 0x400001, north_m=60_000.0)
    at_m = [
        ecef_from_geodetic(np.radians(one.latitude_deg), np.radians(one.longitude_deg), np.array(one.height_hae_m))  # type: ignore[arg-type]
        for one in (RECEIVER, second)
    ]
    for shown, expected in ((flight, []), (true, ["position_contradicted"])):
        ecef_m = ecef_from_geodetic(shown["latitude_rad"], shown["longitude_rad"], shown["height_hae_m"])
        heard = empty_plots(len(flight))
        heard["t_ns"], heard["sensor"], heard["kind"] = flight["t_ns"] + 1_000_000, 0, PlotKind.TDOA
        heard["mode_s"], heard["object"], heard["cov"] = 0x400001, sensor_key_of("far"), 400.0
        heard["range_m"] = np.linalg.norm(ecef_m - at_m[0], axis=1) - np.linalg.norm(ecef_m - at_m[1], axis=1)
        assert Run([RECEIVER, RADAR, second]).play(flight, heard).whats() == expected


def test_a_position_by_multilateration_elsewhere_contradicts_a_claim() -> None:
    fixes = claims(LONG[:60], 0x400001, north_m=55_000.0)
    fixes["flags"], fixes["cov"] = int(PlotFlag.MLAT), 10_000.0
    assert Run().play(claims(LONG[:60], 0x400001), fixes).whats() == ["position_contradicted"]


def test_a_claim_from_beyond_the_horizon_of_its_receiver_is_out_of_reach() -> None:
    run = Run().play(
        claims(LONG[:30], 0x400001, 1_000.0, north_m=300_000.0),
        claims(LONG[:30], 0x400002, 11_000.0, north_m=300_000.0),
    )
    assert run.whats(0x400001) == ["out_of_reach"]
    assert run.whats(0x400002) == []


def test_a_signal_that_its_distance_forbids_is_implausible() -> None:
    rng = np.random.default_rng(4)
    parts = []
    for n in range(8):
        flight = claims(LONG[:90], 0x400001 + n, north_m=20_000.0 + 15_000.0 * n)
        distance_m = np.hypot(20_000.0 + 15_000.0 * n, 200.0 * LONG[:90])
        flight["snr_db"] = 120.0 - 20.0 * np.log10(distance_m if n < 7 else 2_000.0) + rng.normal(0.0, 4.0, 90)
        parts.append(flight)
    run = Run().play(*parts)
    assert run.whats() == ["signal_implausible"]
    assert {fields["mode_s"] for _, fields in run.told} == {0x400008}
    assert "stronger" in run.told[0][1]["text"]


def suffering(fell: int, of: int) -> Run:
    """Return a run in which so many of the aircraft near one place lose their quality after two minutes."""
    parts = []
    for n in range(of):
        flight = claims(LONG, 0x400001 + n, north_m=2_000.0 * n, east_mps=60.0)
        flight["quality"][:, :2] = (8, 9)
        if n < fell:
            flight["quality"][120:180, :2] = (0, 0)
        parts.append(flight)
    poor = claims(LONG, 0x600001, north_m=5_000.0)
    poor["quality"][:, :2] = (2, 3)  # always was: its own level
    return Run().play(*parts, poor, until_s=450)


def test_where_several_aircraft_fall_below_their_own_level_there_is_an_area_until_they_recover() -> None:
    areas = suffering(5, 6).areas
    assert areas[0]["aircraft_count"] >= 3
    assert areas[0]["probability"] >= 0.8
    ring = np.array(areas[0]["ring"])
    east, north = ring[:, 1], ring[:, 0]
    assert 0.5 * np.sum(east * np.roll(north, -1) - np.roll(east, -1) * north) < 0.0  # clockwise
    assert north.min() <= 55.0
    assert north.max() >= 55.05
    assert "not where the cause is" in areas[0]["text"]
    assert areas[-1]["is_over"]


def test_one_or_two_that_fall_are_no_area() -> None:
    assert suffering(2, 6).areas == []


def test_the_probability_of_interference_rises_with_each_that_falls_and_sinks_with_each_that_does_not() -> None:
    assert interfered(6, 1) < 0.05 < interfered(4, 4)
    assert all(interfered(8, k) < interfered(8, k + 1) for k in range(8))
    assert all(interfered(n, 3) > interfered(n + 1, 3) for n in range(3, 12))


def test_a_restored_checker_goes_on_to_the_octet() -> None:
    ghost = claims(np.arange(100.0, 240.0), 0x400001, north_m=30_000.0, east_m=20_000.0)
    plots = np.concatenate([*traffic(), ghost])
    plots = plots[np.argsort(plots["t_ns"], kind="stable")]
    second = (plots["t_ns"] - T0_NS) // NS_PER_S
    whole = Run().checker
    half: Checker | None = None
    for now in range(240):
        part = plots[second == now]
        owner = np.full(len(part), 7)
        for one in (whole, half):
            if one is not None:
                one.take(part, owner)
        if now == 125:
            half = Checker(DeceptionParams(), SENSORS)
            half.restore(msgspec.msgpack.decode(msgspec.msgpack.encode(whole.state())))
        said = whole.second(T0_NS + (now + 1) * NS_PER_S)
        if half is not None:
            assert half.second(T0_NS + (now + 1) * NS_PER_S) == said
    assert half is not None
    assert msgspec.msgpack.encode(half.state()) == msgspec.msgpack.encode(whole.state())
    assert whole.standing()


def test_parameters_that_cannot_be_meant_are_named() -> None:
    faults = list(params_faults(DeceptionParams(fit_m=-1.0, area_probability=1.5)))
    assert [fault.partition(":")[0] for fault in faults] == ["deceive.fit_m", "deceive.area_probability"]
