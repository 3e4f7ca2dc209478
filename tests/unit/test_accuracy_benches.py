"""What the pages of docs/accuracy rest on: the scenes are what they say, and each measurement can be made."""

from __future__ import annotations

import numpy as np
import pytest
from bench import consistency, motion, scale, stonesoup, stonesoup_scenes

from skydas.errors import ConfigError
from skydas.geo import TangentPlane
from skydas.library import PLANE
from skydas.sim import load_scenario
from tests.paths import DATA, REPOSITORY, needs_shared


def test_stone_soup_and_skydas_get_the_same_scene_on_the_plane_and_on_the_earth() -> None:
    made = stonesoup_scenes.scene("radar", 40, 6, 1)
    for scan in made.scans:
        own = made.sensors[scan.sensor].config(1)
        assert own.latitude_deg is not None
        assert own.longitude_deg is not None
        plots = scan.plots
        ground = plots["range_m"] * np.cos(plots["elevation_rad"])
        enu_m = np.column_stack(
            (
                ground * np.sin(plots["azimuth_true_rad"]),
                ground * np.cos(plots["azimuth_true_rad"]),
                plots["range_m"] * np.sin(plots["elevation_rad"]),
            )
        )
        at = TangentPlane(own.latitude_deg, own.longitude_deg, own.height_hae_m).geodetic_from_enu(enu_m)
        on_earth_m = PLANE.enu_from_geodetic(*at)[:, :2]
        bearing, range_m = scan.flat.T
        flat_m = made.radars_m[scan.sensor] + range_m[:, None] * np.column_stack((np.sin(bearing), np.cos(bearing)))
        apart_m = np.linalg.norm(on_earth_m - flat_m, axis=1)
        # what the noise of the elevation moves along the ground
        steep_m = np.abs(enu_m[:, 2]) * np.radians(stonesoup_scenes.SIGMA_ELEVATION_DEG)
        assert np.all(apart_m < 5.0 * steep_m + 60.0)
        assert np.median(apart_m) < 30.0


def test_scenes_with_bias_and_late_plots_have_them() -> None:
    plain, biased = (stonesoup_scenes.scene(kind, 40, 3, 1) for kind in ("radar", "bias"))
    assert len(plain.scans[0].flat) > 20
    assert np.all(plain.scans[0].late_s == 0.0)
    assert len(biased.scans) == 3
    late = np.concatenate([scan.late_s for scan in stonesoup_scenes.scene("late", 200, 5, 1).scans])
    assert 0.02 < np.mean(late > 0.0) < 0.09
    assert late.max() <= stonesoup_scenes.LATE_S[1]


def test_late_plots_reach_skydas_after_they_were_measured() -> None:
    made = stonesoup_scenes.scene("late", 60, 16, 1)
    run = stonesoup.run_skydas(made, "imm", registration=False)
    assert len(run.gospa) == 16
    assert run.gospa[-1] < run.gospa[0]


@pytest.mark.parametrize("number", [0, 3, 5])
def test_constant_velocity_is_consistent_in_its_matched_scenes(number: int) -> None:
    found = consistency.measure(consistency.CASES[number], 3)
    assert found["share_tracked"] > 0.97
    for name in ("nees", "nis"):
        assert 0.9 < found[name].mean / found[name].dof < 1.1, name


def test_the_truth_that_changes_its_model_hovers_cruises_and_turns() -> None:
    rng = np.random.default_rng(1)
    state, mode = np.zeros((4000, 6)), rng.choice(3, 4000, p=consistency.SHARES)
    state[:, 3] = 100.0
    for _ in range(5):
        state, mode = consistency.switching(rng, state, mode, 4.0)
    shares = np.bincount(mode, minlength=3) / len(mode)
    np.testing.assert_allclose(shares, consistency.SHARES, atol=0.03)
    assert np.abs(state[mode == 2, 3]).mean() < np.abs(state[mode == 0, 3]).mean()


def test_one_core_is_measured_with_its_quality() -> None:
    found = scale.one_core(1000, "constant_velocity")
    assert found["confirmed"] > 900
    assert found["gospa"] < 150.0
    assert found["pairs_left_out"] == 0


def test_a_hundred_radars_cover_every_target() -> None:
    radars = scale.radars()
    assert len({radar.name for radar in radars}) == 100
    moving = scale.Targets(500, scale.SHARD_SIDE_M, 1)
    away = np.min([np.hypot(*(moving.place - radar.at_m[:2]).T) for radar in radars], axis=0)
    assert away.max() < scale.RADAR_RANGE_M


@needs_shared
@pytest.mark.parametrize("setting", motion.SETTINGS, ids=lambda setting: setting.name)
def test_every_scene_of_real_motion_is_a_scenario_without_faults(setting: motion.Setting) -> None:
    scenario = load_scenario(motion.scenario(setting, DATA.resolve()))
    assert len(scenario.replays) == len(setting.files)
    assert any(radar.bias_range_m for radar in scenario.radars) == setting.is_biased


def test_a_scene_without_its_recording_is_a_clear_error() -> None:
    with pytest.raises((ConfigError, FileNotFoundError)):
        motion.measure(motion.SETTINGS[-1], REPOSITORY / "no-such-folder", 1)
