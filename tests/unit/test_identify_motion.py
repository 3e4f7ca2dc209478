"""Class from motion: what is kept of tracks, and what is said of them."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from skydas.errors import ConfigError
from skydas.identify.motion import PRIOR, Motion, MotionParams, read_model, shipped_model
from skydas.identify.motion.features_kernels import NAMES, SAMPLES_MAX
from skydas.identify.motion.model import KNOWN, write_model
from skydas.library import Sensor, Tracker
from skydas.model import NS_PER_S, ObjectClass, Rows, TrackFlag, TrackStatus, empty_tracks

START_NS = 1_700_000_000 * NS_PER_S


def states(track_no: int, k: int, velocity_mps: tuple[float, float, float], flags: int = 0) -> Rows:
    """Return the row of a steady track at its second number `k`, TRACK (1,)."""
    row = empty_tracks(1)
    row["t_ns"] = row["last_plot_ns"] = START_NS + k * NS_PER_S
    row["track_no"], row["status"], row["flags"] = track_no, int(TrackStatus.CONFIRMED), flags
    row["position_enu_m"] = np.array(velocity_mps) * k
    row["height_hae_m"] = 500.0 + velocity_mps[2] * k
    row["velocity_mps"] = velocity_mps
    row["cov"] = 0.0
    row["cov"][:, [0, 6, 11, 15, 18, 20]] = 100.0
    row["mode_probability"] = 0.9, 0.1, 0.0
    return row


def fed(seconds: int, velocity_mps: tuple[float, float, float], flags: int = 0, track_no: int = 7) -> Motion:
    motion = Motion(MotionParams())
    for k in range(seconds):
        motion.step(START_NS + k * NS_PER_S, states(track_no, k, velocity_mps, flags))
    return motion


def test_it_cannot_tell_before_a_minute_has_passed() -> None:
    told = fed(40, (230.0, 0.0, 0.0)).judge(0, np.array([7]))
    assert np.isnan(told.probability).all()
    assert told.window_s[0] == 0.0
    assert not told.is_sure[0]
    assert not told.sets.any()
    assert (told.log_ratio == 0.0).all()


def test_it_judges_one_minute_and_then_two() -> None:
    assert fed(70, (230.0, 0.0, 0.0)).judge(0, np.array([7])).window_s[0] == 60.0
    assert fed(125, (230.0, 0.0, 0.0)).judge(0, np.array([7])).window_s[0] == 120.0


@pytest.mark.parametrize("flags", [0, int(TrackFlag.HEIGHT_ASSUMED)])
def test_steady_flight_at_230_metres_a_second_is_an_airliner_with_and_without_height(flags: int) -> None:
    told = fed(125, (230.0, 10.0, 0.0), flags).judge(0, np.array([7]))
    assert told.probability[0].argmax() == int(ObjectClass.AIRLINER)
    assert told.is_sure[0]
    assert told.sets[0, int(ObjectClass.AIRLINER)]


def test_probabilities_of_classes_and_groups_agree_and_add_up() -> None:
    told = fed(90, (12.0, 3.0, 0.0)).judge(0, np.array([7]))
    assert told.probability[0].sum() == pytest.approx(1.0)
    assert told.group[0].sum() == pytest.approx(1.0)
    assert told.probability[0, int(ObjectClass.BALLOON)] == pytest.approx(told.group[0, 3])
    assert (told.probability[0, PRIOR == 0.0] == 0.0).all()
    assert (told.log_ratio[0, PRIOR == 0.0] == 0.0).all()


def test_motion_alone_rules_no_class_out() -> None:
    told = fed(125, (230.0, 10.0, 0.0)).judge(0, np.array([7]))
    assert told.log_ratio.min() >= np.log(MotionParams().floor)


def test_an_unknown_track_and_one_forgotten_are_not_told_of() -> None:
    motion = fed(125, (230.0, 0.0, 0.0))
    motion.forget(np.array([7, 8]))
    assert np.isnan(motion.judge(0, np.array([7, 99])).probability).all()
    assert len(motion.windows) == 0


def test_tentative_and_coasting_states_are_no_evidence() -> None:
    motion = Motion(MotionParams())
    for k in range(90):
        row = states(7, k, (50.0, 0.0, 0.0))
        row["status"] = int(TrackStatus.COASTING) if k % 2 else int(TrackStatus.TENTATIVE)
        motion.step(0, row)
    provisional = states(1 << 31, 0, (50.0, 0.0, 0.0))
    motion.step(0, provisional)
    assert len(motion.windows) == 0


def test_a_state_without_a_new_plot_is_no_new_sample() -> None:
    motion = fed(20, (50.0, 0.0, 0.0))
    row = states(7, 30, (50.0, 0.0, 0.0))
    row["last_plot_ns"] = START_NS + 19 * NS_PER_S
    motion.step(0, row)
    assert motion.windows.count[motion.windows.rows_of(np.array([7]))[0]] == 20


def test_a_long_silence_begins_the_window_again() -> None:
    motion = fed(70, (50.0, 0.0, 0.0))
    motion.step(0, states(7, 150, (50.0, 0.0, 0.0)))
    assert np.isnan(motion.judge(0, np.array([7])).probability).all()


def test_more_tracks_than_there_is_room_for_are_counted_and_not_judged() -> None:
    motion = Motion(MotionParams(tracks_max=3))
    rows = np.concatenate([states(number, 0, (50.0, 0.0, 0.0)) for number in range(1, 6)])
    motion.step(0, rows)
    assert len(motion.windows) == 3
    assert motion.windows.refused_count == 2


def test_a_ring_holds_no_more_than_its_size_and_judges_the_newest() -> None:
    motion = fed(3 * SAMPLES_MAX, (230.0, 0.0, 0.0))
    assert motion.windows.count.max() == SAMPLES_MAX
    assert motion.judge(0, np.array([7])).window_s[0] == 120.0


def test_a_restored_store_says_the_same_to_the_bit_and_goes_on_alike() -> None:
    motion = fed(100, (30.0, 5.0, 1.0))
    motion.step(0, states(9, 0, (1.0, 2.0, 0.0)))
    motion.forget(np.array([9]))
    again = Motion(MotionParams())
    again.restore(msgspec.msgpack.decode(msgspec.msgpack.encode(motion.state())))
    for k in range(100, 130):
        for one in (motion, again):
            one.step(0, np.concatenate([states(7, k, (30.0, 5.0, 1.0)), states(11, k, (3.0, 5.0, 0.0))]))
    first, second = (one.judge(0, np.array([7, 11])) for one in (motion, again))
    assert first.probability.tobytes() == second.probability.tobytes()
    assert motion.state() == again.state()


def test_tracks_of_our_own_tracker_are_judged() -> None:
    radar = Sensor(name="radar", kind="radar_3d", sigma_range_m=30.0, sigma_elevation_deg=0.2, period_s=4.0)
    t = np.arange(0.0, 160.0, 4.0)
    east, north, up = 20_000.0 - 230.0 * t, np.full_like(t, 15_000.0), np.full_like(t, 9_000.0)
    noise = np.random.default_rng(3).normal(size=(3, len(t)))
    ground = np.hypot(east, north)
    plots = radar.polar(
        t,
        np.hypot(ground, up) + 30.0 * noise[0],
        np.arctan2(east, north) + np.radians(0.1) * noise[1],
        np.arctan2(up, ground) + np.radians(0.2) * noise[2],
    )
    tracker, motion = Tracker([radar], registration=False), Motion(MotionParams())
    for k in range(len(plots)):
        motion.step(0, tracker.take(plots[k : k + 1]))
    told = motion.judge(0, np.array([1]))
    assert told.window_s[0] == 120.0
    assert told.probability[0].argmax() == int(ObjectClass.AIRLINER)


def test_a_model_file_reads_as_it_was_written() -> None:
    model = shipped_model()
    octets = write_model(model.parts, "a test")
    again = read_model(octets, "again.npz")
    assert write_model(again.parts, "a test") == octets
    assert set(again.parts) == {(window_s, known) for window_s in (60, 120) for known in range(len(KNOWN))}


@pytest.mark.parametrize("octets", [b"", b"PK\x03\x04", b"{}", b"\x80\x04."])
def test_what_is_no_model_is_refused_with_its_name(octets: bytes) -> None:
    with pytest.raises(ConfigError, match=r"mine\.npz"):
        read_model(octets, "mine.npz")


def test_a_model_whose_trees_run_in_a_circle_is_refused() -> None:
    parts = dict(shipped_model().parts)
    part = parts[60, 1]
    left = part.group.left.copy()
    left[0] = 0
    parts[60, 1] = part._replace(group=part.group._replace(left=left))
    with pytest.raises(ConfigError, match="cannot be walked"):
        read_model(write_model(parts, "a test"), "mine.npz")


def test_every_feature_has_a_name_of_its_own() -> None:
    assert len(set(NAMES)) == len(NAMES)
