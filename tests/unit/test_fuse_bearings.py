"""Tracks from directions alone: the delay of sound, two stations and three, ghosts, a sensor that moves, bad input."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from skydas.fuse import Tracker
from skydas.fuse.bearings.fit import SIGHT, fit_flight, sight_rows
from skydas.fuse.measure import plane_numbers
from skydas.model import FloatArray, PlotFlag, PlotKind, Rows, SensorConfig, empty_plots
from tests import reference_bearings as reference
from tests.unit.fuse_scenes import PLANE, at_ns, confirmed, tracker_of

SOUND_MPS = 340.3
SIGMA_RAD = np.radians(3.0)
PRIOR = np.array([200.0, 200.0, 40.0, 10.0])
NUMBERS = plane_numbers(PLANE)
PAIR = np.array([[-750.0, 0.0, 2.0], [750.0, 0.0, 2.0]])
FOUR = np.array([[-750.0, 0.0, 2.0], [750.0, 0.0, 2.0], [0.0, 1_500.0, 2.0], [900.0, 1_400.0, 2.0]])


def station(name: str, place: FloatArray, kind: str = "acoustic", **fields: Any) -> SensorConfig:
    """Return a sensor for directions at a place of the plane."""
    latitude, longitude, height = PLANE.geodetic_from_enu(place)
    return SensorConfig(
        id=1,
        name=name,
        kind=kind,  # type: ignore[arg-type]
        latitude_deg=float(np.degrees(latitude)),
        longitude_deg=float(np.degrees(longitude)),
        height_hae_m=float(height),
        **({"period_s": 1.0, "range_m_max": 5_000.0} | fields),
    )


def stations(places: FloatArray, kind: str = "acoustic") -> list[SensorConfig]:
    """Return a sensor at each place."""
    return [station(f"array-{number}", place, kind) for number, place in enumerate(places)]


def flight(seed: int, speed_mps: float = 45.0) -> FloatArray:
    """Return a state (6,) at the end of 12 s whose middle lies 300 to 1,200 m before a pair of stations."""
    rng = np.random.default_rng(seed)
    course = rng.uniform(0.0, 2.0 * np.pi)
    velocity = speed_mps * np.array([np.sin(course), np.cos(course), 0.0])
    middle = np.array([rng.uniform(-600.0, 600.0), rng.uniform(300.0, 1_200.0), 150.0])
    return np.concatenate((middle + 6.0 * velocity, velocity))


def bearing(row: int, t_s: float, azimuth_rad: float, sigma_rad: float = SIGMA_RAD, flags: int = 0) -> Rows:
    """Return one bearing plot."""
    plots = empty_plots(1)
    plots["t_ns"] = plots["rx_ns"] = at_ns(t_s)
    plots["sensor"], plots["kind"], plots["flags"] = row, PlotKind.BEARING, flags
    plots["azimuth_true_rad"] = azimuth_rad % (2.0 * np.pi)
    plots["cov"] = 0.0
    plots["cov"][:, [0, 3, 5]] = 1.0, sigma_rad**2, 1.0
    return plots


def rotation_of(place: FloatArray) -> FloatArray:
    """Return the rotation (3, 3) from the plane to the axes of a place."""
    latitude, longitude, _ = PLANE.geodetic_from_enu(place)
    return PLANE.rotation_from(float(latitude), float(longitude)).T


def listen(
    tracker: Tracker,
    places: FloatArray,
    states: FloatArray,
    seconds: float,
    seed: int = 0,
    speed_mps: float = SOUND_MPS,
    sigma_rad: float = SIGMA_RAD,
) -> None:
    """Feed what stations at `places` sense of flights (n, 6), states at second 12, once a second, and a tick after."""
    rng = np.random.default_rng(seed)
    for second in np.arange(0.0, seconds, 1.0):
        for row, place in enumerate(places):
            t_s = second + 0.9 * rng.uniform()
            for state in states:
                azimuth, _ = reference.sight(state, t_s - 12.0, place, rotation_of(place), speed_mps)
                tracker.step(at_ns(t_s), bearing(row, t_s, azimuth + sigma_rad * rng.normal(), sigma_rad))
        tracker.tick(at_ns(second + 1.0))


def sights(seed: int, places: FloatArray, delayed: bool = True) -> tuple[Rows, FloatArray]:
    """Return 12 s of bearings as SIGHT, one a second and station, and the true state at their end."""
    rng, state = np.random.default_rng(seed), flight(seed)
    out = np.zeros(12 * len(places), SIGHT)
    for at, row in enumerate(out):
        place = places[at % len(places)]
        row["t_s"] = -12.0 + at // len(places) + rng.uniform()
        row["site"], row["rotation"], row["elevation"] = place, np.eye(3), np.nan
        azimuth, _ = reference.sight(state, float(row["t_s"]), place, np.eye(3), SOUND_MPS)
        row["azimuth"] = azimuth + SIGMA_RAD * rng.normal()
        row["sigma_azimuth"], row["sigma_elevation"] = SIGMA_RAD, 1.0
        row["slowness"] = 1.0 / SOUND_MPS if delayed else 0.0
    return out, state


def fitted(rows: Rows) -> tuple[float, FloatArray, FloatArray]:
    """Return chi-square per degree of freedom, state and covariance."""
    mean, cov = np.empty(6), np.empty((6, 6))
    chi2, freedom, is_solved = fit_flight(rows, PRIOR, NUMBERS, mean, cov)
    assert is_solved
    return chi2 / freedom, mean, cov


@pytest.mark.parametrize("speed_mps", [SOUND_MPS, np.inf])
def test_rows_are_those_of_the_obvious_way_with_the_delay_of_sound(speed_mps: float) -> None:
    rng = np.random.default_rng(1)
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    turn *= np.sign(np.linalg.det(turn))
    row = np.zeros(1, SIGHT)[0]
    row["t_s"], row["site"], row["rotation"] = -3.0, [100.0, -50.0, 3.0], turn
    row["sigma_azimuth"], row["sigma_elevation"] = 0.05, 0.03
    row["slowness"] = 1.0 / speed_mps
    for _ in range(20):
        state = np.concatenate((rng.uniform(300.0, 2_000.0, 3), rng.normal(0.0, 60.0, 3)))
        row["azimuth"], row["elevation"] = rng.uniform(-3.0, 3.0), rng.uniform(-1.0, 1.0)
        r, h = np.empty(2), np.empty((2, 6))
        assert sight_rows(state, row, np.empty(3), r, h) == 2
        expected = reference.sight(state, -3.0, row["site"], turn, speed_mps)
        slopes = reference.slopes(state, -3.0, row["site"], turn, speed_mps)
        off = np.array([row["azimuth"] - expected[0], row["elevation"] - expected[1]])
        off[0] = (off[0] + np.pi) % (2.0 * np.pi) - np.pi
        np.testing.assert_allclose(r, off / [0.05, 0.03], atol=1e-3)
        np.testing.assert_allclose(h, slopes / np.array([[0.05], [0.03]]), rtol=1e-3, atol=1e-4)


def test_two_stations_place_45_mps_within_60_m_and_know_how_well() -> None:
    off_m, nees, ignored_m = [], [], []
    horizontal = [0, 1, 3, 4]
    for seed in range(120):
        rows, state = sights(seed, PAIR)
        _, mean, cov = fitted(rows)
        error = (mean - state)[horizontal]
        off_m.append(np.hypot(*error[:2]))
        nees.append(error @ np.linalg.solve(cov[np.ix_(horizontal, horizontal)], error))
        _, without, _ = fitted(sights(seed, PAIR, delayed=False)[0])
        ignored_m.append(np.hypot(*(without - state)[:2]))
    assert np.median(off_m) < 66.0  # 60 m over many seeds: bench/real.py
    assert np.median(ignored_m) > 2.0 * np.median(off_m)
    assert 3.3 < np.mean(nees) < 4.7  # four unknowns


def test_two_acoustic_stations_begin_one_confirmed_track_near_the_drone() -> None:
    found, off_m = 0, []
    for seed in range(6):
        tracker = tracker_of(*stations(PAIR))
        state = flight(seed)
        listen(tracker, PAIR, state[None], 13.0, seed)
        tracks = confirmed(tracker.picture(at_ns(12.0)))
        assert len(tracks) <= 1
        found += len(tracks)
        off_m += [float(np.hypot(*(row["position_enu_m"] - state[:3])[:2])) for row in tracks]
    assert found >= 5
    assert np.median(off_m) < 150.0


def test_the_track_goes_on_with_the_bearings_that_come_after() -> None:
    tracker = tracker_of(*stations(FOUR))
    state = flight(3, speed_mps=20.0)
    listen(tracker, FOUR, state[None], 40.0, 3)
    tracks = confirmed(tracker.picture(at_ns(40.0)))
    assert len(tracks) == 1
    assert tracks["track_no"][0] == 1
    here = state[:3] + 28.0 * state[3:]
    error = (tracks["position_enu_m"][0] - here)[:2]
    cov = tracks["cov"][0]
    spread = np.array([[cov[0], cov[1]], [cov[1], cov[6]]])
    assert error @ np.linalg.solve(spread, error) < 20.0
    assert np.hypot(*error) < 250.0


def test_two_drones_before_two_stations_stay_unconfirmed_and_before_four_become_two() -> None:
    states = np.array([[-350.0, 500.0, 150.0, 0.0, 20.0, 0.0], [450.0, 700.0, 150.0, 5.0, -18.0, 0.0]])
    pair, four = tracker_of(*stations(PAIR)), tracker_of(*stations(FOUR))
    listen(pair, PAIR, states, 13.0, 1)
    listen(four, FOUR, states, 16.0, 1)
    assert len(confirmed(pair.picture(at_ns(13.0)))) == 0
    assert pair.counters()["bearings_ambiguous"] > 0
    tracks = confirmed(four.picture(at_ns(16.0)))
    assert len(tracks) == 2
    for state in states:
        here = state[:2] + 4.0 * state[3:5]
        assert np.hypot(*(tracks["position_enu_m"][:, :2] - here).T).min() < 150.0


@pytest.mark.parametrize("count", [1, 2])
def test_one_place_never_makes_a_position(count: int) -> None:
    places = np.repeat(PAIR[:1], count, axis=0)  # two sensors on one mast are one place
    tracker = tracker_of(*stations(places))
    listen(tracker, places, flight(2)[None], 60.0, 2)
    assert len(confirmed(tracker.picture(at_ns(60.0)))) == 0
    assert tracker.counters()["begun_by_bearings"] == 0


def test_a_camera_that_moves_places_what_stands_still_and_one_that_stands_says_that_it_cannot() -> None:
    target = np.array([400.0, 900.0, 60.0, 0.0, 0.0, 0.0])
    for speed_mps, expected in ((150.0, 1), (0.0, 0)):
        tracker = tracker_of(station("aircraft", np.zeros(3), "camera"))
        rng = np.random.default_rng(7)
        for t_s in np.arange(0.0, 13.0, 0.5):
            # a zigzag: along a straight line a target that moves along cannot be told from a nearer one
            place = np.array([speed_mps * abs((t_s + 3.0) % 6.0 - 3.0), 20.0 * t_s * (speed_mps > 0.0), 100.0])
            azimuth, elevation = reference.sight(target, t_s, place, rotation_of(place), np.inf)
            plots = bearing(0, t_s, azimuth + 0.002 * rng.normal(), 0.002)
            plots["elevation_rad"] = elevation + 0.002 * rng.normal()
            plots["cov"][:, 5] = 0.002**2
            latitude, longitude, height = PLANE.geodetic_from_enu(place)
            plots["latitude_rad"], plots["longitude_rad"], plots["height_hae_m"] = latitude, longitude, height
            tracker.step(at_ns(t_s), plots)
            tracker.tick(at_ns(t_s))
        tracks = confirmed(tracker.picture(at_ns(12.5)))
        assert len(tracks) == expected
        if expected:
            error = (tracks["position_enu_m"][0] - target[:3])[:2]
            cov = tracks["cov"][0]
            assert np.hypot(*error) < 100.0
            assert error @ np.linalg.solve([[cov[0], cov[1]], [cov[1], cov[6]]], error) < 13.8


def test_the_same_bearing_again_is_no_measurement() -> None:
    tracker = tracker_of(*stations(PAIR))
    for again in range(8):
        for row, azimuth in enumerate((0.5, -0.5)):
            tracker.step(at_ns(10.0 + 0.2 * again), bearing(row, 8.0 + row, azimuth))
    tracker.tick(at_ns(12.0))
    assert tracker.counters()["copies"] == 14
    assert tracker.counters()["begun_by_bearings"] == 0


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_is_refused_and_counted(value: float) -> None:
    tracker = tracker_of(*stations(PAIR))
    plots = bearing(0, 1.0, 0.0)
    plots["azimuth_true_rad"] = value
    tracker.step(at_ns(1.0), plots)
    assert tracker.counters()["refused_not_finite"] == 1


def test_a_station_at_a_wrong_place_does_not_make_tracks_that_are_sure_of_a_wrong_place() -> None:
    for seed in range(4):
        declared = FOUR.copy()
        declared[1, 0] += 1_000.0
        tracker = tracker_of(*stations(declared))
        state = flight(seed, 25.0)
        listen(tracker, FOUR, state[None], 13.0, seed)
        for row in confirmed(tracker.picture(at_ns(12.0))):
            off_m = np.hypot(*(row["position_enu_m"] - state[:3])[:2])
            assert off_m < 500.0


def test_random_directions_make_no_track() -> None:
    tracker, rng = tracker_of(*stations(FOUR)), np.random.default_rng(8)
    for second in range(120):
        for row in range(4):
            tracker.step(at_ns(second + 0.2 * row), bearing(row, second + 0.2 * row, rng.uniform(0.0, 6.28)))
        tracker.tick(at_ns(second + 1.0))
    assert tracker.counters()["begun_by_bearings"] <= 1


def test_late_bearings_end_in_the_state_of_those_in_time() -> None:
    state, rng = flight(5, 30.0), np.random.default_rng(5)
    sent = []
    for second in range(20):
        for row, place in enumerate(FOUR):
            t_s = second + 0.2 * row
            azimuth, _ = reference.sight(state, t_s - 12.0, place, rotation_of(place), SOUND_MPS)
            sent.append((t_s, bearing(row, t_s, azimuth + SIGMA_RAD * rng.normal())))
    late = sorted((t_s + (4.0 if at % 9 == 4 else 0.0), at) for at, (t_s, _) in enumerate(sent))
    in_time, behind = (tracker_of(*stations(FOUR), late_tolerance_s=0.0) for _ in range(2))
    orders = ((in_time, [(t_s, at) for at, (t_s, _) in enumerate(sent)]), (behind, late))
    for tracker, order in orders:
        at = 0
        for second in np.arange(0.5, 32.0, 1.0):
            while at < len(order) and order[at][0] <= second:
                tracker.step(at_ns(order[at][0]), sent[order[at][1]][1])
                at += 1
            tracker.tick(at_ns(float(second)))
    assert behind.counters()["late_replays"] > 0
    expected, found = (confirmed(tracker.picture(at_ns(25.0))) for tracker in (in_time, behind))
    assert len(expected) == 1
    for name in ("position_enu_m", "velocity_mps", "cov"):
        np.testing.assert_array_equal(found[name], expected[name])


def test_a_tracker_restored_before_a_birth_goes_on_alike() -> None:
    first = tracker_of(*stations(PAIR))
    state = flight(0)
    listen(first, PAIR, state[None], 6.0, 1)
    second = tracker_of(*stations(PAIR))
    second.restore(first.state())
    for tracker in (first, second):
        rng = np.random.default_rng(9)
        for second_s in range(6, 14):
            for row, place in enumerate(PAIR):
                azimuth, _ = reference.sight(state, second_s - 12.0, place, rotation_of(place), SOUND_MPS)
                plots = bearing(row, second_s, azimuth + SIGMA_RAD * rng.normal(), flags=int(PlotFlag.SOUND))
                tracker.step(at_ns(second_s), plots)
            tracker.tick(at_ns(second_s + 1.0))
    assert second.state() == first.state()
    assert first.counters()["begun_by_bearings"] == 1
