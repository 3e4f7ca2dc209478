"""Claims against physics and against each other."""

from __future__ import annotations

import numpy as np
import pytest

from skydas.identify.deception.claimants import CLAIMANTS_MAX
from skydas.identify.deception.motion import offset_m
from skydas.model import NS_PER_S, PlotFlag, object_key
from tests.deception_scenes import T0_NS, Run, claims

MINUTE = np.arange(0.0, 60.0)
LATER = np.arange(60.0, 120.0)


def others(count: int = 6) -> list[np.ndarray]:
    """Return honest flights, by which a feed is known."""
    return [
        claims(np.arange(0.0, 120.0) + 0.1 * n, 0x500000 + n, north_m=-20_000.0 - 9_000.0 * n) for n in range(count)
    ]


def test_a_steady_flight_with_jitter_and_a_gap_is_not_doubted() -> None:
    rng = np.random.default_rng(1)
    flight = claims(np.r_[MINUTE, np.arange(95.0, 150.0)])
    flight["latitude_rad"] += rng.normal(0.0, 50.0 / 6.4e6, len(flight))
    run = Run().play(flight, *others())
    assert run.told == []
    assert run.checker.motion.gap_count == 1


def test_a_single_stray_position_is_forgotten() -> None:
    flight = claims(np.arange(0.0, 120.0))
    flight["latitude_rad"][60] += 0.1
    assert Run().play(flight).told == []


def test_a_flight_that_is_moved_and_goes_on_jumped_and_it_is_over_later() -> None:
    run = Run().play(claims(MINUTE), claims(LATER, north_m=60_000.0))
    (at_s, first), *_, (_, last) = run.told
    assert (first["what"], first["label"], first["mode_s"]) == ("jumped", "implausible", 0x400001)
    assert 60.0 < at_s <= 70.0
    assert "20.0 km aside" in first["text"]
    assert last["is_over"]
    assert last["number"] == first["number"]


def test_an_aircraft_that_comes_back_after_a_long_silence_where_it_may_be_did_not_jump() -> None:
    assert Run().play(claims(MINUTE), claims(np.arange(200.0, 260.0), east_m=9_000.0)).told == []


@pytest.mark.parametrize(
    ("name", "per_s"),
    [("longitude_rad", 1_300.0 / 6.371e6 / np.cos(np.radians(55.0))), ("height_pressure_m", 300.0)],
)
def test_what_nothing_flies_is_flagged_within_thirty_seconds(name: str, per_s: float) -> None:
    flight = claims(np.arange(0.0, 120.0))
    flight[name][60:] += per_s * np.arange(60.0)
    at_s, first = Run().play(flight).told[0]
    assert first["what"] == "impossible_state"
    assert at_s - 60.0 <= 30.0


def test_one_wrong_height_is_no_impossible_climb() -> None:
    flight = claims(np.arange(0.0, 120.0))
    flight["height_pressure_m"][55:62] = 32_000.0 - 9_000.0
    assert Run().play(flight).told == []


def test_two_senders_of_one_address_are_told_as_a_duplicate_and_not_as_jumps() -> None:
    run = Run().play(claims(np.arange(0.0, 90.0)), claims(np.arange(30.5, 90.0), north_m=90_000.0))
    assert run.whats() == ["duplicate_address"]
    assert "50.0 km apart" in run.told[0][1]["text"]


def test_a_position_that_stays_while_it_flew_is_frozen_where_the_feed_does_not_repeat_itself() -> None:
    flight = claims(np.arange(0.0, 120.0))
    for name in ("latitude_rad", "longitude_rad"):
        flight[name][60:] = flight[name][60]
    run = Run().play(flight, *others())
    assert run.whats() == ["frozen"]
    assert 80.0 <= run.told[0][0] <= 86.0


def test_a_feed_that_repeats_positions_for_want_of_news_is_not_taken_for_frozen() -> None:
    flights = others(8)
    for flight in flights:
        for name in ("latitude_rad", "longitude_rad"):
            flight[name][40:43] = flight[name][40]
            flight[name][60:90] = flight[name][60]
    assert Run().play(*flights).whats() == []


def test_several_that_come_to_one_place_are_told() -> None:
    false = [claims(LATER, 0x400001 + n, north_m=3_000.0 + 20.0 * n, east_mps=0.0) for n in range(3)]
    true = [claims(MINUTE, 0x400001 + n, north_m=20_000.0 * n) for n in range(3)]
    run = Run().play(*true, *false)
    assert set(run.whats()) == {"jumped", "several_at_one_place"}
    assert "3 moving claims" in next(one["text"] for _, one in run.told if one["what"] == "several_at_one_place")


def test_two_in_formation_and_a_stack_of_holding_aircraft_that_pass_each_other_are_not_several_at_one_place() -> None:
    pair = [claims(np.arange(0.0, 90.0), 0x400001 + n, north_m=30_000.0 + 100.0 * n) for n in range(2)]
    crossing = [
        claims(
            np.arange(0.0, 90.0),
            0x400010 + n,
            east_m=-9_000.0,
            east_mps=200.0 + 0.0 * n,
            north_m=-9_000.0 + 18_000.0 * n,
            north_mps=200.0 - 400.0 * n,
        )
        for n in range(2)
    ]
    assert Run().play(*pair, *crossing).told == []


def test_a_flight_that_comes_again_under_another_address_is_a_replay() -> None:
    rng = np.random.default_rng(2)
    flight = claims(np.arange(0.0, 180.0))
    flight["latitude_rad"] += rng.normal(0.0, 10.0 / 6.4e6, len(flight))
    again = flight.copy()
    again["t_ns"] += 200 * NS_PER_S
    again["mode_s"] = 0x400002
    run = Run().play(flight, again)
    assert run.whats(0x400002) == ["replayed_feed"]
    assert run.whats(0x400001) == []
    assert "200 s before" in run.told[0][1]["text"]


def test_the_next_flight_on_the_same_approach_is_no_replay() -> None:
    rng = np.random.default_rng(3)
    flights = []
    for n in range(4):
        flight = claims(np.arange(0.0, 180.0) + 200.0 * n, 0x400001 + n, east_m=-200.0 * 200.0 * n)
        flight["latitude_rad"] += rng.normal(0.0, 15.0 / 6.4e6) + rng.normal(0.0, 5.0 / 6.4e6, len(flight))
        flight["longitude_rad"] += rng.normal(0.0, 150.0 / 6.4e6)
        flights.append(flight)
    assert Run().play(*flights).told == []


def test_what_stands_on_the_ground_is_not_judged() -> None:
    flight = claims(np.arange(0.0, 120.0))
    flight["flags"] |= int(PlotFlag.ON_GROUND)
    flight["latitude_rad"][60:] += 0.1
    assert Run().play(flight).told == []


def test_a_drone_by_remote_id_has_limits_of_its_own() -> None:
    flight = claims(np.arange(0.0, 60.0), 0, 100.0, east_mps=250.0)
    flight["object"] = object_key("1581F5BKD224")
    run = Run().play(flight)
    assert run.whats() == ["impossible_state"]
    assert run.told[0][1]["mode_s"] == 0


def test_claims_beyond_the_limits_are_dropped_and_counted() -> None:
    run = Run()
    many = claims(np.linspace(0.0, 0.9, 40))
    run.play(many)
    assert run.checker.dropped["too_many_of_one"] == 24
    crowd = claims(np.full(CLAIMANTS_MAX + 10, 1.5))
    crowd["mode_s"] = np.arange(1, len(crowd) + 1)
    run.checker.take(crowd, np.full(len(crowd), -1))
    run.checker.second(T0_NS + 2 * NS_PER_S)
    assert len(run.checker.claimants) == CLAIMANTS_MAX
    assert run.checker.claimants.refused == 11


def test_who_falls_silent_in_the_air_is_counted_as_lost_and_accused_of_nothing() -> None:
    run = Run().play(claims(MINUTE), until_s=400)
    assert run.told == []
    assert run.checker.lost_count == 1
    assert len(run.checker.claimants) == 0


def test_offsets_over_the_date_line_are_short() -> None:
    here, there = np.radians([[0.0, 179.9], [0.0, -179.9]])
    away_m = offset_m(here[:1], here[1:], there[:1], there[1:])[0]
    assert np.hypot(*away_m) == pytest.approx(22_239.0, rel=1e-3)
