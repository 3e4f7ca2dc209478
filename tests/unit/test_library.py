"""The library on arrays: what goes in comes out where it belongs, and wrong arrays are told."""

from __future__ import annotations

import numpy as np
import pytest

from skydas import Paths, Sensor, Tracker, score, simulate
from skydas.errors import ConfigError
from skydas.library import PLANE, delayed, join_plots
from skydas.model import FloatArray, Rows, TrackStatus

TARGETS = 8
T_S = np.arange(0.0, 80.0, 4.0)


def truth_m(seed: int = 1) -> FloatArray:
    """Return places (turns, targets, 3)."""
    rng = np.random.default_rng(seed)
    start = np.column_stack((rng.uniform(-60e3, 60e3, (TARGETS, 2)), rng.uniform(4e3, 9e3, TARGETS)))
    velocity = np.column_stack((rng.uniform(-200.0, 200.0, (TARGETS, 2)), np.zeros(TARGETS)))
    places: FloatArray = start + T_S[:, None, None] * velocity
    return places


def truth(places: FloatArray) -> Paths:
    count, targets, axes = places.shape
    return Paths.of(np.repeat(T_S[:count], targets), np.tile(np.arange(targets), count), places.reshape(-1, axes))


def polar(sensor: Sensor, t_s: float, places: FloatArray, rng: np.random.Generator) -> Rows:
    """Return what a radar that stands in the plane's origin measures."""
    ground = np.hypot(places[:, 0], places[:, 1])
    noise = rng.normal(size=(3, len(places)))
    return sensor.polar(
        t_s,
        np.hypot(ground, places[:, 2]) + sensor.sigma_range_m * noise[0],
        np.arctan2(places[:, 0], places[:, 1]) + np.radians(sensor.sigma_azimuth_deg) * noise[1],
        np.arctan2(places[:, 2], ground) + np.radians(sensor.sigma_elevation_deg) * noise[2],
    )


def test_ranges_and_angles_become_tracks_where_the_targets_are() -> None:
    rng = np.random.default_rng(2)
    radar = Sensor(name="radar", kind="radar_3d", sigma_elevation_deg=0.1)
    places = truth_m()
    tracks = Tracker([radar]).run(join_plots(*(polar(radar, t, p, rng) for t, p in zip(T_S, places, strict=True))))
    result = score(truth(places), tracks, truth_gap_s_max=5.0)
    assert result.detail.dimensions == 3
    assert result.extra_tracks == 0
    assert result.detail.never_tracked == 0
    assert result.detail.error_m is not None
    assert result.detail.error_m.median < 120.0


def test_positions_come_back_in_the_plane_they_were_given_in() -> None:
    sensor = Sensor(name="gps", kind="mlat", sigma_position_m=1.0, sigma_height_m=1.0, period_s=1.0)
    tracker = Tracker([sensor])
    at = np.array([[80_000.0, -30_000.0, 2_000.0]])
    velocity = np.array([[150.0, 40.0, 0.0]])
    for t_s in range(12):
        changed = tracker.step(sensor.position(float(t_s), at + t_s * velocity))
    np.testing.assert_allclose(changed.position_m, at + 11 * velocity, atol=2.0)
    np.testing.assert_allclose(changed.velocity_mps, velocity, atol=2.0)
    assert changed.status is not None
    assert changed.status.tolist() == [TrackStatus.CONFIRMED]


def test_velocities_far_from_the_origin_are_along_the_planes_axes() -> None:
    places = Paths.of([0.0, 1.0], 1, [[300e3, 200e3, 0.0], [300e3, 200e3, 0.0]], [[10.0, 20.0, 30.0]] * 2)
    result = score(places, Paths.of([0.0, 1.0], 1, places.position_m, [[10.0, 20.0, 31.0]] * 2))
    assert result.detail.velocity_mps is not None
    assert result.detail.velocity_mps.max == pytest.approx(1.0, abs=1e-6)


def test_scoring_on_the_ground_sees_no_heights() -> None:
    high, low = [[150e3, 90e3, 9_000.0]] * 2, [[150e3, 90e3, 200.0]] * 2
    result = score(Paths.of([0.0, 1.0], 1, high), Paths.of([0.0, 1.0], 1, low), dimensions=2)
    assert result.gospa == pytest.approx(0.0, abs=1e-3)
    flat = score(Paths.of([0.0, 1.0], 1, np.array(high)[:, :2]), Paths.of([0.0, 1.0], 1, low))
    assert flat.gospa == pytest.approx(0.0, abs=1e-3)


def test_run_gives_what_the_same_steps_give() -> None:
    rng = np.random.default_rng(3)
    radar = Sensor(name="radar", kind="radar_3d")
    turns = [polar(radar, t, p, rng) for t, p in zip(T_S, truth_m(), strict=True)]
    whole, stepped = Tracker([radar]), Tracker([radar])
    tracks = whole.run(np.concatenate(turns))
    for turn in turns:
        stepped.step(turn)
    np.testing.assert_array_equal(whole.picture().position_m, stepped.picture().position_m)
    assert set(stepped.picture().held.number.tolist()) <= set(tracks.number.tolist())


def test_late_plots_change_the_picture_as_if_they_had_come_in_time() -> None:
    rng = np.random.default_rng(4)
    radar, other = Sensor(name="radar", kind="radar_3d"), Sensor(name="other", kind="radar_3d")
    places = truth_m()
    turns = [polar(radar, t, p, rng) for t, p in zip(T_S, places, strict=True)]
    late = polar(other, 60.5, places[15] + 0.5 * (places[16] - places[15]) / 4.0, rng)
    in_time, afterwards = Tracker([radar, other]), Tracker([radar, other])
    in_time.run(join_plots(*turns, late))
    afterwards.run(join_plots(*turns, delayed(late, 6.0)))
    assert afterwards.counters()["late_replays"] == 1
    np.testing.assert_allclose(afterwards.picture().position_m, in_time.picture().position_m, atol=1e-6)


def test_a_scenario_gives_plots_and_truth_and_its_biases_are_found() -> None:
    scene = simulate("three-radars", seed=2, duration_s=150.0)
    tracker = Tracker(scene.sensors, scene.plane)
    result = score(scene.truth, tracker.run(scene.plots))
    assert result.siap.completeness is not None
    assert result.siap.completeness > 0.9
    found = {bias["sensor"]: bias["range_m"].value for bias in tracker.biases()}
    assert found["north"] == pytest.approx(120.0, abs=30.0)
    again = simulate("three-radars", seed=2, duration_s=150.0)
    assert again.plots.tobytes() == scene.plots.tobytes()


def test_a_tracker_goes_on_from_its_state_to_the_octet() -> None:
    scene = simulate("three-radars", seed=1, duration_s=60.0)
    turns = np.array_split(scene.plots[np.argsort(scene.plots["rx_ns"], kind="stable")], 60)
    tracker, other = Tracker(scene.sensors, scene.plane), Tracker(scene.sensors, scene.plane)
    for turn in turns[:40]:
        tracker.take(turn)
    other.restore(tracker.state())
    assert other.state() == tracker.state()
    assert [other.take(turn).tobytes() for turn in turns[40:]] == [tracker.take(turn).tobytes() for turn in turns[40:]]
    assert other.biases() == tracker.biases()
    with pytest.raises(ConfigError, match="other sensors, plane or parameters"):
        Tracker(scene.sensors, scene.plane, registration=False).restore(tracker.state())


def test_copies_of_a_datagram_are_left_out() -> None:
    text = (
        '[scene]\nname = "twice"\nstart_utc = "2026-01-01T00:00:00Z"\nduration_s = 40\n'
        "latitude_deg = 55.0\nlongitude_deg = 24.0\n"
        '[[traffic]]\nname = "jets"\nkind = "airliner"\ncount = 5\nlatitude_deg = 55.0\nlongitude_deg = 24.0\n'
        'radius_m = 50000\n[[radars]]\nname = "one"\nsac = 1\nsic = 1\nlatitude_deg = 55.0\nlongitude_deg = 24.0\n'
    )
    once, twice = simulate(text), simulate(text + "link = { copy_probability = 1.0 }\n")
    assert len(once.plots) > 20
    assert len(twice.plots) == len(once.plots)


def test_plots_of_a_sensor_that_was_not_named_are_counted() -> None:
    tracker = Tracker([Sensor(name="one")])
    tracker.step(Sensor(name="two").position(0.0, [[0.0, 0.0]]))
    assert tracker.counters()["refused_not_declared"] == 1
    assert len(tracker.picture()) == 0


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        (lambda: Tracker([Sensor(name="one"), Sensor(name="one")]), "different names"),
        (lambda: Tracker([Sensor(name="one")], no_such=1), "there are: motion"),
        (lambda: Tracker([Sensor(name="one")], motion="fast"), "motion"),
        (lambda: Sensor(name="one").position(0.0, [[1.0]]), "(n, 2) or (n, 3)"),
        (lambda: Sensor(name="one").polar(0.0, [1.0, 2.0], [0.1]), "one value or 2"),
        (lambda: Paths.of(0.0, 1, [[1.0, 2.0]], [[1.0, 2.0, 3.0]]), "velocity_mps must be"),
        (lambda: Paths.of([0.0, 1.0, 2.0], 1, [[1.0, 2.0]]), "t_s and number"),
        (lambda: score(Paths.of(0.0, 1, [[0.0, 0.0]]), Paths.of(0.0, 1, [[0.0, 0.0]]), cut=1), "cutoff_m"),
        (lambda: simulate("no-such-scene"), "shipped scenarios"),
    ],
)
def test_what_cannot_be_is_told_with_what_can(wrong, word: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ConfigError, match=None) as told:
        wrong()
    assert word in str(told.value)


def test_nothing_in_gives_nothing_out() -> None:
    tracks = Tracker([Sensor(name="one")]).run(join_plots())
    assert len(tracks) == 0
    assert score(Paths.of([0.0], [1], [[0.0, 0.0, 0.0]]), tracks).detail.tracks == 0
    assert tracks.plane is PLANE
