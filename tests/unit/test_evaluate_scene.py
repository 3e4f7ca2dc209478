"""What is where when: truth is not invented over gaps, tracks are not moved on for ever, and who is on whom."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skydas.errors import ConfigError
from skydas.evaluate.belonging import NOBODY, UNJUDGED, belong
from skydas.evaluate.options import Options
from skydas.evaluate.scene import instants_of, sample_tracks, sample_truth, truth_at
from skydas.evaluate.siap import continuity, runs_of, score_siap
from skydas.evaluate.tables import place, read_tracks, read_truth
from tests.unit.evaluate_scenes import (
    PLANE,
    START_NS,
    samples_of,
    straight,
    table_of,
    track_states,
    truth_states,
    write,
)

EAST = np.array([100.0, 0.0, 0.0])


def test_truth_between_two_rows_follows_a_turn_of_seven_g() -> None:
    radius, speed = 900.0, 249.0  # v^2 / r = 7 g
    time = np.arange(0.0, 20.0, 1.0)
    angle = speed / radius * time
    position = np.stack((radius * np.sin(angle), radius * (1 - np.cos(angle)), np.full(20, 3000.0)), axis=-1)
    velocity = speed * np.stack((np.cos(angle), np.sin(angle), np.zeros(20)), axis=-1)
    truth = truth_states(table_of("target_no", [1] * 20, time, position, velocity))
    at = np.array([5.5])
    found, speed_found = truth_at(
        truth, *place(truth, PLANE, 3), np.array([0]), START_NS + (at * 1e9).astype(np.int64), 2.0
    )
    true = np.array([radius * np.sin(speed / radius * 5.5), radius * (1 - np.cos(speed / radius * 5.5)), 3000.0])
    assert np.linalg.norm(found[0] - true) < 0.05  # a straight line would be 8.6 m off
    assert np.linalg.norm(speed_found[0]) == pytest.approx(speed, rel=1e-3)


def test_truth_is_not_interpolated_over_more_than_two_seconds() -> None:
    time = np.array([0.0, 1.0, 2.0, 10.0, 11.0])
    truth = truth_states(straight("target_no", 1, time, [0, 0, 1000], EAST))
    options = Options()
    instants = instants_of(truth, truth, options)
    found = sample_truth(truth, *place(truth, PLANE, 3), instants, options.truth_gap_s_max)
    assert found.instant.tolist() == [0, 1, 2, 10, 11]
    everywhere = sample_truth(truth, *place(truth, PLANE, 3), instants, 8.0)
    assert everywhere.instant.tolist() == list(range(12))


def test_a_track_is_its_last_update_moved_on_and_ends_at_the_stated_age() -> None:
    truth = truth_states(straight("target_no", 1, np.arange(0.0, 31.0), [0, 0, 1000], EAST))
    track = track_states(straight("track_no", 1, np.array([0.0, 4.0]), [0, 50, 1000], EAST))
    options = Options(age_s_max=6.0)
    instants = instants_of(truth, track, options)
    found = sample_tracks(track, *place(track, PLANE, 3), instants, options)
    assert found.instant.tolist() == list(range(11))
    true = sample_truth(truth, *place(truth, PLANE, 3), instants, 2.0).only(np.arange(31) <= 10)
    np.testing.assert_allclose(
        np.linalg.norm(found.position_m - true.position_m, axis=1), 50.0, atol=0.1
    )  # axes turn 0.1 mrad on 400 m


def test_a_tentative_row_is_no_track_and_a_dropped_one_ends_it() -> None:
    time = np.arange(0.0, 20.0, 2.0)
    status = ["tentative"] * 3 + ["confirmed"] * 3 + ["coasting"] * 2 + ["dropped"] * 2
    track = track_states(straight("track_no", 1, time, [0, 0, 1000], EAST, status=status))
    truth = truth_states(straight("target_no", 1, np.arange(0.0, 20.0), [0, 0, 1000], EAST))
    options = Options()
    instants = instants_of(truth, track, options)
    found = sample_tracks(track, *place(track, PLANE, 3), instants, options)
    assert found.instant.tolist() == list(range(6, 16))
    early = Options(include_tentative=True)
    found = sample_tracks(track, *place(track, PLANE, 3), instants, early)
    assert found.instant.tolist() == list(range(16))


def test_a_crossing_does_not_swap_tracks_but_a_jump_to_the_neighbour_does() -> None:
    instants = 40
    time = np.arange(instants)
    truth = np.zeros((instants, 2, 3))
    truth[:, 0] = np.stack((10.0 * time, 5.0 * (time - 20), 0 * time), axis=-1)
    truth[:, 1] = np.stack((10.0 * time, -5.0 * (time - 20), 0 * time), axis=-1)
    track = truth + np.random.default_rng(4).normal(0, 2, truth.shape)
    lives = np.array([[0, instants - 1]] * 2)
    every = np.ones((instants, 2), bool)
    found = belong(samples_of(every, truth), samples_of(every, track), lives, 2, 300.0, 900.0)
    assert np.all(found.truth == np.tile([0, 1], instants))
    jumped = track.copy()
    jumped[30:] = jumped[30:, ::-1]
    found = belong(samples_of(every, truth), samples_of(every, jumped), lives, 2, 300.0, 900.0)
    assert np.all(found.truth[60:] == np.tile([1, 0], 10))


def test_a_track_that_strays_is_wrong_and_not_on_its_truth_until_another_one_is_near() -> None:
    truth = np.zeros((30, 2, 3))
    truth[:, 1, 0] = 2_000.0
    track = np.zeros((30, 1, 3))
    track[:, 0, 0] = 100.0 * np.arange(
        30
    )  # leaves the gate of the first at 300 m, comes into that of the second at 1,700 m
    every = np.ones((30, 2), bool)
    found = belong(samples_of(every, truth), samples_of(every[:, :1], track), np.array([[0, 29]] * 2), 1, 300.0, 1200.0)
    assert found.truth.tolist() == [0] * 13 + [NOBODY] * 4 + [1] * 13
    assert np.flatnonzero(found.on(300.0)).tolist() == [0, 1, 2, 3, *range(17, 24)]


def test_a_track_whose_truth_has_a_gap_is_not_judged_and_one_on_nothing_is_false() -> None:
    instants = 12
    truth = np.zeros((instants, 1, 3))
    truth[:, 0, 0] = 100.0 * np.arange(instants)
    track = np.concatenate((truth, truth + 50_000.0), axis=1)
    present = np.ones((instants, 1), bool)
    present[4:8] = False
    found = belong(
        samples_of(present, truth),
        samples_of(np.ones((instants, 2), bool), track),
        np.array([[0, 11]]),
        2,
        300.0,
        900.0,
    )
    assert found.truth[0::2].tolist() == [0] * 4 + [UNJUDGED] * 4 + [0] * 4
    assert np.all(found.truth[1::2] == NOBODY)


def test_siap_of_a_scene_counted_by_hand() -> None:
    """Ten instants, two targets, one held by track 0 for five and track 1 for four, once by both; a false track."""
    truth = np.zeros((10, 2, 3))
    truth[:, 1, 0] = 10_000.0
    track = np.zeros((10, 3, 3))
    track[:, :2, 1] = 30.0
    track[:, 2, 0] = -50_000.0
    present = np.zeros((10, 3), bool)
    present[0:5, 0] = present[4:8, 1] = present[:, 2] = True
    truths, tracks = samples_of(np.ones((10, 2), bool), truth), samples_of(present, track)
    lives = np.array([[0, 9], [0, 9]])
    found = belong(truths, tracks, lives, 3, 100.0, 300.0)
    siap = score_siap(truths, tracks, found, lives, 1.0, 100.0, ["airliner", "bird"], ["airliner", "bird", ""])
    assert siap.completeness == pytest.approx(8 / 20)
    assert siap.ambiguity == pytest.approx(9 / 8)
    assert siap.spuriousness == pytest.approx(10 / 19)
    assert siap.position_accuracy_m == pytest.approx(30.0)
    assert siap.number_change_per_s == pytest.approx(1 / 7)
    assert siap.longest_segment == pytest.approx(4 / 18)
    assert siap.id_completeness == pytest.approx(1.0)
    assert siap.id_correctness == pytest.approx(4 / 8)
    assert siap.id_ambiguity == pytest.approx(1 / 8)


def test_siap_of_nothing_is_not_known_rather_than_good() -> None:
    nothing = samples_of(np.zeros((5, 0), bool), np.zeros((5, 0, 3)))
    lives = np.zeros((0, 2), np.int64)
    found = belong(nothing, nothing, lives, 0, 100.0, 300.0)
    siap = score_siap(nothing, nothing, found, lives, 1.0, 100.0, [], [])
    assert (siap.completeness, siap.ambiguity, siap.spuriousness, siap.position_accuracy_m) == (None,) * 4


def test_the_same_number_after_a_loss_is_no_change_of_number() -> None:
    truth, track = np.zeros(9, np.int64), np.array([7, 7, 7, 7, 7, 7, 8, 8, 8])
    instant = np.array([0, 1, 2, 5, 6, 7, 9, 10, 11])
    held = continuity(runs_of(truth, track, instant), 1)
    assert held.numbers.tolist() == [2]
    assert held.pieces.tolist() == [3]
    assert held.tracked_steps.tolist() == [6]
    assert held.longest_steps.tolist() == [4]


def test_one_minute_files_are_read_as_one_table(tmp_path: Path) -> None:
    table = straight("track_no", 3, np.arange(0.0, 120.0), [0, 0, 1000], EAST, node=["n"] * 120)
    write(tmp_path / "tracks" / "2023-11-14" / "2213.parquet", table.slice(0, 60))
    write(tmp_path / "tracks" / "2023-11-14" / "2214.parquet", table.slice(60))
    tracks = read_tracks(tmp_path)
    assert tracks.names == ["n/3"]
    assert len(tracks.t_ns) == 120
    assert np.all(np.diff(tracks.t_ns) == 1_000_000_000)


def test_a_file_without_its_columns_is_refused_by_name(tmp_path: Path) -> None:
    table = straight("target_no", 1, np.arange(3.0), [0, 0, 0], EAST).drop_columns(["longitude_deg"])
    write(tmp_path / "truth.parquet", table)
    with pytest.raises(ConfigError, match="longitude_deg"):
        read_truth(tmp_path)
    with pytest.raises(ConfigError, match="no tracks"):
        read_tracks(tmp_path)
    (tmp_path / "tracks.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_tracks(tmp_path)


def test_rows_without_a_place_and_second_copies_are_counted_and_left_out() -> None:
    table = straight("track_no", 1, np.array([0.0, 1.0, 1.0, 2.0]), [0, 0, 1000], EAST)
    latitude = table.column("latitude_deg").to_numpy().copy()
    latitude[3] = np.nan
    table = table.set_column(table.column_names.index("latitude_deg"), "latitude_deg", [latitude])
    tracks = track_states(table)
    assert tracks.refused == {"position_not_finite": 1, "same_instant_again": 1}
    assert len(tracks.t_ns) == 2
