"""A simulated radar measures as its scenario states: noise, detection, horizon, cells, clutter and biases."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from skydas.geo import TangentPlane
from skydas.model import MODE_3A_UNKNOWN, NM_M, NS_PER_S, TAU, FloatArray, PlotFlag, Rows
from skydas.sim import Scenario, simulate
from skydas.sim.motion import half_turn
from skydas.sim.population import address_of
from skydas.sim.sensing import detection_probability, horizon_m
from tests.unit.sim_scenes import SEED, decoded_048, radar, scene, traffic, truth_rows

MAST_M = 30.0


def true_polar(scenario: Scenario, plots: Rows, seed: int = SEED) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the true range, azimuth and height of the object of each plot (told by its address) when it was seen."""
    rows = truth_rows(scenario, seed)
    plane = TangentPlane(55.0, 24.0, MAST_M)
    wanted = np.full((len(plots), 3), np.nan)
    for target_no in np.unique(rows["target_no"]):
        path = rows[rows["target_no"] == target_no]
        of_it = np.flatnonzero(plots["mode_s"] == address_of(int(target_no)))
        for column, name in enumerate(("latitude_deg", "longitude_deg", "height_hae_m")):
            known = (plots["t_ns"][of_it] >= path["t_ns"][0]) & (plots["t_ns"][of_it] <= path["t_ns"][-1])
            after_s = (plots["t_ns"][of_it] - path["t_ns"][0]) / NS_PER_S
            values = np.interp(after_s, (path["t_ns"] - path["t_ns"][0]) / NS_PER_S, path[name])
            wanted[of_it, column] = np.where(known, values, np.nan)
    enu_m = plane.enu_from_geodetic(np.radians(wanted[:, 0]), np.radians(wanted[:, 1]), wanted[:, 2])
    return np.linalg.norm(enu_m, axis=1), np.arctan2(enu_m[:, 0], enu_m[:, 1]) % TAU, wanted[:, 2]


def assert_spread(errors: FloatArray, sigma: float) -> None:
    """Fail unless the errors have this sigma and no mean, at one in ten thousand."""
    errors = errors[np.isfinite(errors)]
    count = len(errors)
    assert count > 300
    low, high = stats.chi2.ppf((5e-5, 1 - 5e-5), count)
    assert low < np.sum((errors / sigma) ** 2) < high
    assert abs(errors.mean()) < 4.0 * sigma / math.sqrt(count)


AIRLINERS = traffic("airliner", 60, 120_000, "height_agl_m = [9000, 11000]")


def test_range_and_azimuth_err_as_the_scenario_states() -> None:
    scenario = scene(AIRLINERS, radar("sigma_range_m = 60\nsigma_azimuth_deg = 0.1"), duration_s=120)
    plots, _ = decoded_048(scenario)
    assert len(np.unique(plots["mode_s"])) >= 60
    range_m, azimuth_rad, _ = true_polar(scenario, plots)
    # the wire rounds to 1/256 NM and 360/65536 deg; the truth is interpolated over a second
    assert_spread(plots["range_m"] - range_m, math.hypot(60.0, NM_M / 256 / math.sqrt(12)))
    assert_spread(np.degrees(half_turn(plots["azimuth_true_rad"] - azimuth_rad)), 0.1)


def test_a_radar_that_measures_elevation_gives_heights_above_the_sea() -> None:
    scenario = scene(
        AIRLINERS,
        radar("dimensions = 3\nsigma_elevation_deg = 0.2\nbias_elevation_deg = 0.3\nsigma_range_m = 1"),
        duration_s=120,
        extra="geoid_height_m = 25.0",
    )
    plots, _ = decoded_048(scenario)
    range_m, _, height_m = true_polar(scenario, plots)
    error_deg = np.degrees((plots["height_hae_m"] - height_m) / range_m)
    near = (range_m < 80_000) & (range_m > 30_000)
    assert np.nanmean(error_deg[near]) == pytest.approx(0.3, abs=0.05)
    assert np.nanstd(error_deg[near]) == pytest.approx(0.2, rel=0.15)


def test_biases_of_range_azimuth_and_time_are_on_every_plot() -> None:
    more = "sigma_range_m = 1\nsigma_azimuth_deg = 0.001\n"
    biased = "bias_range_m = 150\nbias_azimuth_deg = 0.3\nbias_time_s = 0.5"
    scenario, straight = (scene(AIRLINERS, radar(more + one), duration_s=60) for one in (biased, ""))
    (plots, _), (true, _) = decoded_048(scenario), decoded_048(straight)
    assert np.array_equal(plots["mode_s"], true["mode_s"])
    assert plots["range_m"] - true["range_m"] == pytest.approx(150.0, abs=8.0)
    assert np.degrees(half_turn(plots["azimuth_true_rad"] - true["azimuth_true_rad"])) == pytest.approx(0.3, abs=0.006)
    assert (plots["t_ns"] - true["t_ns"]) / NS_PER_S == pytest.approx(0.5, abs=0.02)


def test_doppler_is_the_rate_of_range() -> None:
    scenario = scene(AIRLINERS, radar("doppler = true\nsigma_range_rate_mps = 0.5"), duration_s=40)
    plots, _ = decoded_048(scenario)
    range_m, _, _ = true_polar(scenario, plots)
    for address in np.unique(plots["mode_s"]):
        of_it = np.flatnonzero((plots["mode_s"] == address) & np.isfinite(range_m))
        if len(of_it) > 4:
            measured = np.diff(range_m[of_it]) / (np.diff(plots["t_ns"][of_it]) / NS_PER_S)
            said = plots["range_rate_mps"][of_it]
            assert measured == pytest.approx((said[1:] + said[:-1]) / 2.0, abs=6.0)


def test_the_radar_equation_holds_in_the_plots() -> None:
    more = "secondary = false\nrange_half_m = 60000\ndetection_probability_max = 0.9\ncell_range_m = 1"
    scenario = scene(
        traffic("airliner", 150, 110_000, "rcs_m2 = 1"), radar(more + "\nsigma_range_m = 1"), duration_s=200
    )
    plots, _ = decoded_048(scenario)
    rows = truth_rows(scenario, step_s=4.0)
    enu_m = TangentPlane(55.0, 24.0, MAST_M).enu_from_geodetic(
        np.radians(rows["latitude_deg"]), np.radians(rows["longitude_deg"]), rows["height_hae_m"]
    )
    truth_m = np.linalg.norm(enu_m, axis=1)
    for low_m in (30_000, 50_000, 70_000):
        inside = (truth_m >= low_m) & (truth_m < low_m + 15_000)
        chances = detection_probability(
            truth_m[inside],
            np.ones(np.count_nonzero(inside)),
            range_half_m=60_000,
            probability_max=0.9,
            false_alarm_probability=1e-6,
        )
        found = np.count_nonzero((plots["range_m"] >= low_m) & (plots["range_m"] < low_m + 15_000))
        assert found == pytest.approx(chances.sum(), abs=4.0 * math.sqrt(chances.sum()) + 0.02 * inside.sum())


def test_half_of_the_best_probability_is_reached_at_the_stated_range() -> None:
    chance = detection_probability(
        np.array([50_000.0]),
        np.array([1.0]),
        range_half_m=50_000.0,
        probability_max=0.8,
        false_alarm_probability=1e-6,
    )
    assert chance == pytest.approx(0.4)


def test_low_objects_are_seen_only_inside_the_horizon() -> None:
    low = traffic("one_way_drone", 200, 100_000, "height_agl_m = [50, 50]\nrcs_m2 = 1000")
    plots, _ = decoded_048(scene(low, radar("secondary = false\nsigma_range_m = 1\nmast_m = 30"), duration_s=40))
    limit_m = float(horizon_m(30.0, np.array(50.0)))
    assert limit_m == pytest.approx(51_700, rel=0.01)  # 4.12 (sqrt(30) + sqrt(50)) km
    assert plots["range_m"].max() < limit_m + 10.0
    assert plots["range_m"].max() > limit_m - 3_000.0


def test_nothing_is_seen_in_a_blind_sector() -> None:
    more = "blind_sectors_deg = [[350, 20]]\nclutter_per_scan = 50\nsigma_azimuth_deg = 0.01"
    plots, _ = decoded_048(scene(AIRLINERS, radar(more), duration_s=80))
    azimuth_deg = np.degrees(plots["azimuth_true_rad"])
    assert len(plots) > 500
    assert not np.any((azimuth_deg > 350.1) | (azimuth_deg < 19.9))


def test_echoes_in_one_cell_become_one_plot_and_replies_stay_apart() -> None:
    pair = """
[[targets]]
name = "pair"
kind = "light_aircraft"
count = 2
spacing_m = 60
waypoints = [
  { latitude_deg = 55.40, longitude_deg = 24.00, height_agl_m = 3_000, speed_mps = 60 },
  { latitude_deg = 55.50, longitude_deg = 24.00 },
]
"""
    certain = "cell_range_m = 150\ncell_azimuth_deg = 1.4\nrange_half_m = 500000\ndetection_probability_max = 1.0\n"
    merged, _ = decoded_048(scene(pair, radar(certain + "secondary = false")))
    apart, _ = decoded_048(scene(pair, radar(certain + "secondary_probability = 1.0")))
    resolved, _ = decoded_048(scene(pair, radar(certain.replace("1.4", "0.01") + "secondary = false")))
    assert len(merged) == 15
    assert len(apart) == len(resolved) == 30


def test_clutter_comes_at_its_rate_evenly_over_the_area_and_where_the_map_says() -> None:
    area = """
[[radars.clutter_areas]]
latitude_deg = 55.5
longitude_deg = 24.0
radius_m = 3_000
plots_per_scan = 10
"""
    plots, _ = decoded_048(scene(radar("clutter_per_scan = 40\nrange_m_max = 100_000" + area), duration_s=400))
    east_m = plots["range_m"] * np.sin(plots["azimuth_true_rad"])
    north_m = plots["range_m"] * np.cos(plots["azimuth_true_rad"])
    mapped = np.hypot(east_m, north_m - 55_660) < 3_400
    assert np.count_nonzero(mapped) == pytest.approx(1_000, abs=4 * math.sqrt(1_000))
    even = plots[~mapped]
    assert len(even) == pytest.approx(4_000, abs=4 * math.sqrt(4_000))
    assert stats.kstest(even["range_m"] ** 2 / 1e10, "uniform").pvalue > 1e-3
    assert stats.kstest(even["azimuth_true_rad"] / TAU, "uniform").pvalue > 1e-3
    assert np.all(plots["flags"] & PlotFlag.PRIMARY)
    assert np.all(plots["mode_3a"] == MODE_3A_UNKNOWN)


def test_an_object_is_seen_once_a_turn_and_north_is_marked_once_a_turn() -> None:
    certain = "secondary_probability = 1.0\nperiod_s = 5\nsectors = 8"
    scenario = scene(traffic("airliner", 20, 60_000, "renew = false"), radar(certain), duration_s=100)
    plots, reports = decoded_048(scenario)
    _, counts = np.unique(plots["mode_s"], return_counts=True)
    assert np.all(counts <= 21)
    assert np.median(counts) >= 19
    for address in np.unique(plots["mode_s"]):
        between_s = np.diff(plots["t_ns"][plots["mode_s"] == address]) / NS_PER_S
        assert between_s == pytest.approx(5.0, abs=0.35)  # an object near the radar changes its azimuth quickly
    assert sum(report.what == "north" for report in reports) == 20
    assert sum(report.what == "sector" for report in reports) == pytest.approx(160, abs=1)


@pytest.mark.parametrize("period_s", [2, 4])
def test_an_echo_without_a_transponder_is_one_a_turn_however_slow_it_is(period_s: int) -> None:
    slow = """
[[targets]]
name = "slow"
kind = "light_aircraft"
waypoints = [
  { latitude_deg = 55.20, longitude_deg = 23.90, height_agl_m = 1_000, speed_mps = 60 },
  { latitude_deg = 55.20, longitude_deg = 24.10 },
]
"""
    certain = f"secondary = false\nrange_half_m = 500000\ndetection_probability_max = 1.0\nperiod_s = {period_s}\n"
    scenario = scene(slow, radar(certain + "sigma_range_m = 1\nsigma_azimuth_deg = 0.001"), duration_s=120)
    plots, _ = decoded_048(scenario)
    assert np.diff(plots["t_ns"]) / NS_PER_S == pytest.approx(float(period_s), abs=0.05)
    assert len(plots) == pytest.approx(120 / period_s, abs=1)
    plots["mode_s"] = address_of(int(truth_rows(scenario)["target_no"][0]))
    _, azimuth_rad, _ = true_polar(scenario, plots)
    known = np.isfinite(azimuth_rad)
    assert np.degrees(half_turn(plots["azimuth_true_rad"] - azimuth_rad))[known] == pytest.approx(0.0, abs=0.012)


def test_messages_leave_in_order_of_time_with_the_plots_of_the_sector_just_swept() -> None:
    scenario = scene(AIRLINERS, radar("link = { latency_s = 0.2 }"), duration_s=30)
    emissions = list(simulate(scenario, SEED))
    arrivals = [emission.t_ns for emission in emissions]
    assert arrivals == sorted(arrivals)
    plots, _ = decoded_048(scenario)
    assert len(plots) > 100
    assert all(emission.source == "radar" for emission in emissions)


def test_the_same_seed_gives_the_same_octets() -> None:
    scenario = scene(AIRLINERS, traffic("bird", 3, 20_000, "flock = 5"), radar("clutter_per_scan = 9"), duration_s=20)
    assert list(simulate(scenario, 3)) == list(simulate(scenario, 3))
    assert list(simulate(scenario, 3)) != list(simulate(scenario, 4))


def test_another_radar_does_not_change_what_the_first_one_sees() -> None:
    alone = scene(AIRLINERS, radar(), duration_s=20)
    both = scene(AIRLINERS, radar(), radar("period_s = 6", name="other", sic=2), duration_s=20)
    first = [one for one in simulate(both, SEED) if one.source == "radar"]
    assert first == list(simulate(alone, SEED))


def test_what_stands_still_gives_an_echo_at_every_turn() -> None:
    slow = traffic("multirotor", 12, 30_000, "rcs_m2 = 100\nspeed_mps = [1, 1]\nheight_agl_m = [600, 600]")
    plots, _ = decoded_048(scene(slow, radar("secondary = false\nperiod_s = 2"), duration_s=60))
    assert len(plots) > 0.9 * 0.95 * 12 * 60 / 2
