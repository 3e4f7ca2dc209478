"""The truth keeps to what each kind of object can do, and to the route it was given."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skydas.geo import distance_m, ecef_from_geodetic
from skydas.model import FloatArray, Rows, utc_ns
from skydas.sim import load_scenario
from skydas.sim.kinds import KINDS
from skydas.sim.motion import GRAVITY_MPS2
from tests.paths import recording
from tests.unit.sim_scenes import SEED, scene, traffic, truth_rows


def path_of(rows: Rows, target_no: int) -> Rows:
    return rows[rows["target_no"] == target_no]


def speed_mps(rows: Rows) -> FloatArray:
    return np.hypot(rows["v_east_mps"], rows["v_north_mps"])


def apart_m(a: Rows, b: Rows) -> FloatArray:
    lat_a, lon_a, lat_b, lon_b = (
        np.radians(one) for one in (a["latitude_deg"], a["longitude_deg"], b["latitude_deg"], b["longitude_deg"])
    )
    return distance_m(lat_a, lon_a, lat_b, lon_b)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(kind=st.sampled_from([name for name in KINDS if name != "ballistic"]), seed=st.integers(0, 2**31))
def test_no_object_turns_climbs_or_speeds_up_more_than_its_kind_can(kind: str, seed: int) -> None:
    limits = KINDS[kind]
    scenario = scene(
        "[[winds]]\nheight_agl_m = 0\nfrom_deg = 90\nspeed_mps = 8", traffic(kind, 5, 20_000), duration_s=60
    )
    rows = truth_rows(scenario, seed, 0.25)
    for target_no in np.unique(rows["target_no"]):
        path = path_of(rows, target_no)
        along = speed_mps(path)
        course_rad = np.unwrap(np.arctan2(path["v_east_mps"], path["v_north_mps"]))
        sideways_mps2 = np.abs(np.diff(course_rad)) / 0.25 * np.maximum(along[:-1], along[1:])
        moving = along[:-1] > 1.5
        # a speed that changes within the step moves the turn rate a little off the limit it was set by
        assert np.all(sideways_mps2[moving] <= limits.turn_g_max * GRAVITY_MPS2 + 1.2 * limits.accel_mps2_max)
        assert np.all(np.abs(np.diff(along)) / 0.25 <= limits.accel_mps2_max + 1e-6)
        assert np.all(np.abs(path["v_up_mps"]) <= limits.climb_mps_max + 1e-6)
        assert np.all(path["height_hae_m"] >= 0.0)


def test_the_velocity_is_the_rate_of_the_position() -> None:
    rows = truth_rows(scene(traffic("airliner", 5), traffic("bird", 5), duration_s=20), step_s=0.1)
    for target_no in np.unique(rows["target_no"]):
        path = path_of(rows, target_no)
        place_m = ecef_from_geodetic(
            np.radians(path["latitude_deg"]), np.radians(path["longitude_deg"]), path["height_hae_m"]
        )
        moved_mps = np.linalg.norm(np.diff(place_m, axis=0), axis=1) / 0.1
        said = np.sqrt(speed_mps(path) ** 2 + path["v_up_mps"] ** 2)
        assert moved_mps == pytest.approx((said[:-1] + said[1:]) / 2.0, rel=2e-4, abs=1e-3)


def test_the_same_seed_gives_the_same_truth_and_another_seed_another() -> None:
    scenario = scene(traffic("light_aircraft", 10), duration_s=10)
    assert np.array_equal(truth_rows(scenario, 1), truth_rows(scenario, 1))
    assert not np.array_equal(truth_rows(scenario, 1), truth_rows(scenario, 2))


TURN = """
[[targets]]
name = "jet"
kind = "unknown"
turn_g_max = 7
waypoints = [
  { latitude_deg = 55.0, longitude_deg = 24.0, height_agl_m = 3_000, speed_mps = 250 },
  { latitude_deg = 56.0, longitude_deg = 24.0, height_agl_m = 3_000 },
]
manoeuvres = [{ at_s = 20, for_s = 5, turn_g = 7 }]
"""


def test_a_commanded_turn_of_seven_g_is_flown_at_seven_g() -> None:
    path = truth_rows(scene(TURN, duration_s=30), step_s=0.5)
    turning = path[(path["t_ns"] >= path["t_ns"][0] + 20 * 10**9) & (path["t_ns"] <= path["t_ns"][0] + 25 * 10**9)]
    course_rad = np.unwrap(np.arctan2(turning["v_east_mps"], turning["v_north_mps"]))
    rate_radps = np.diff(course_rad) / 0.5
    assert rate_radps * speed_mps(turning)[:-1] == pytest.approx(7.0 * GRAVITY_MPS2, rel=1e-3)


def test_waypoints_are_passed_and_the_last_one_ends_the_flight() -> None:
    scenario = scene(
        """
[[targets]]
name = "one"
kind = "helicopter"
start_s = 5
waypoints = [
  { latitude_deg = 55.00, longitude_deg = 24.00, height_agl_m = 300, speed_mps = 50 },
  { latitude_deg = 55.02, longitude_deg = 24.00, height_agl_m = 300 },
  { latitude_deg = 55.02, longitude_deg = 24.05, height_agl_m = 200 },
]
""",
        duration_s=180,
        extra="ground_height_hae_m = 100.0",
    )
    path = truth_rows(scenario)
    assert path["t_ns"][0] == utc_ns("2026-06-01T05:00:05Z")
    assert path["height_hae_m"][0] == 400.0
    length_m = 2_226.0 + 3_200.0
    assert len(path) == pytest.approx(length_m / 50.0, abs=12)
    for latitude_deg, longitude_deg in ((55.02, 24.00), (55.02, 24.05)):
        away_m = distance_m(
            np.radians(path["latitude_deg"]),
            np.radians(path["longitude_deg"]),
            np.radians(latitude_deg),
            np.radians(longitude_deg),
        )
        assert away_m.min() < 300.0
    assert path["height_hae_m"][-1] == pytest.approx(300.0, abs=20.0)


def test_a_multirotor_holds_where_it_is_told() -> None:
    path = truth_rows(
        scene(
            """
[[targets]]
name = "one"
kind = "multirotor"
waypoints = [
  { latitude_deg = 55.000, longitude_deg = 24.0, height_agl_m = 60, speed_mps = 10 },
  { latitude_deg = 55.001, longitude_deg = 24.0, height_agl_m = 60, hold_s = 60 },
  { latitude_deg = 55.003, longitude_deg = 24.0, height_agl_m = 60 },
]
""",
            duration_s=120,
        )
    )
    still = speed_mps(path) < 0.01
    assert 50 <= np.count_nonzero(still) <= 60
    assert speed_mps(path)[-1] > 5.0


def test_a_swarm_splits_and_merges_by_the_spacing_of_its_waypoints() -> None:
    rows = truth_rows(
        scene(
            """
[[targets]]
name = "swarm"
kind = "fixed_wing_drone"
count = 5
spacing_m = 50
waypoints = [
  { latitude_deg = 55.00, longitude_deg = 24.00, height_agl_m = 100, speed_mps = 40 },
  { latitude_deg = 55.03, longitude_deg = 24.00, height_agl_m = 100, spacing_m = 1_000 },
  { latitude_deg = 55.06, longitude_deg = 24.00, height_agl_m = 100, spacing_m = 50 },
  { latitude_deg = 55.08, longitude_deg = 24.00, height_agl_m = 100 },
]
""",
            duration_s=200,
        )
    )
    leader, last = path_of(rows, 1), path_of(rows, 5)
    together = min(len(leader), len(last))
    gap_m = apart_m(leader[:together], last[:together])
    assert gap_m[0] == pytest.approx(100.0, rel=0.01)
    assert gap_m.max() > 1_500.0
    assert gap_m[-5:].max() < 250.0


def test_a_flock_stays_together() -> None:
    rows = truth_rows(scene(traffic("bird", 1, 5_000, "flock = 10\nspacing_m = 5"), duration_s=120))
    assert len(np.unique(rows["target_no"])) == 10
    for number in range(2, 11):
        assert apart_m(path_of(rows, 1), path_of(rows, number)).max() < 100.0


def test_a_flock_that_crosses_leaves_and_comes_back_together() -> None:
    flock = traffic("bird", 1, 500, 'flock = 4\npattern = "cross"')
    rows = truth_rows(scene(flock, duration_s=300))
    assert len(np.unique(rows["target_no"])) >= 8
    for t_ns in np.unique(rows["t_ns"]):
        now = rows[rows["t_ns"] == t_ns]
        assert len(now) == 4
        assert apart_m(now[:1], now[1:]).max() < 100.0


def test_a_balloon_drifts_with_the_wind_at_its_height() -> None:
    scenario = scene(
        "[[winds]]\nheight_agl_m = 0\nfrom_deg = 90\nspeed_mps = 2",
        "[[winds]]\nheight_agl_m = 2000\nfrom_deg = 90\nspeed_mps = 10",
        traffic("balloon", 4, 5_000, "height_agl_m = [1000, 1000]"),
        duration_s=60,
    )
    rows = truth_rows(scenario)
    assert rows["v_east_mps"] == pytest.approx(-6.0, abs=0.01)
    assert rows["v_north_mps"] == pytest.approx(0.0, abs=0.01)


def test_a_ballistic_object_rises_to_its_apex_and_falls_on_its_goal() -> None:
    path = truth_rows(
        scene(
            """
[[targets]]
name = "one"
kind = "ballistic"
apex_m = 40_000
waypoints = [{ latitude_deg = 55.0, longitude_deg = 24.0 }, { latitude_deg = 56.0, longitude_deg = 24.0 }]
""",
            duration_s=400,
        )
    )
    assert path["height_hae_m"].max() == pytest.approx(40_000.0, rel=1e-3)
    assert path["latitude_deg"][-1] == pytest.approx(56.0, abs=0.02)
    assert np.diff(path["v_up_mps"]) == pytest.approx(-GRAVITY_MPS2, rel=1e-6)


def test_traffic_that_leaves_is_renewed_under_new_numbers() -> None:
    rows = truth_rows(scene(traffic("airliner", 6, 15_000), duration_s=300))
    assert all(np.count_nonzero(rows["t_ns"] == t_ns) == 6 for t_ns in np.unique(rows["t_ns"]))
    assert len(np.unique(rows["target_no"])) > 10


def test_a_recording_is_moved_turned_and_flown_as_recorded(tmp_path: Path) -> None:
    points = [
        {"timestamp": (1_700_000_000 + t) * 1_000, "icao24": "a", "latitude": 48.0 + t * 1e-3, "longitude": 2.0}
        | {"altitude": 10_000.0}
        for t in range(0, 61, 5)
    ]
    file = tmp_path / "north.json"
    file.write_text(json.dumps(points))
    scenario = scene(
        f"""
[[replays]]
name = "north"
file = "{file}"
kind = "airliner"
latitude_deg = 55.0
longitude_deg = 24.0
turn_deg = 90
start_s = 10
smooth_s = 0
""",
        duration_s=120,
    )
    path = truth_rows(scenario)
    assert (path["t_ns"][0] - scenario.scene.start_ns) / 1e9 == 10.0
    assert len(path) == 60
    assert path["height_hae_m"] == pytest.approx(3_048.0)
    assert path["v_east_mps"] == pytest.approx(111.2, rel=5e-3)  # it flew north at 1e-3 deg a second
    assert path["v_north_mps"] == pytest.approx(0.0, abs=2.0)
    assert np.median(path["latitude_deg"]) == pytest.approx(55.0, abs=1e-2)
    assert np.median(path["longitude_deg"]) == pytest.approx(24.0, abs=1e-2)


@pytest.mark.parametrize(
    ("name", "kind", "unit", "least"),
    [
        ("airtraffic/quickstart.json.gz", "airliner", "ft", 80),
        ("airtraffic/rega_zh.json.gz", "helicopter", "ft", 1),
        ("birds/storks_1hz_3birds.csv.gz", "bird", "m", 3),
        ("balloons/R3320833.csv", "balloon", "m", 1),
    ],
)
def test_real_trajectories_can_be_replayed_in_another_place(name: str, kind: str, unit: str, least: int) -> None:
    file = recording(name)
    scenario = load_scenario(
        f"""
[scene]
name = "replayed"
start_utc = "2026-06-01T05:00:00Z"
duration_s = 5_000
latitude_deg = 55.0
longitude_deg = 24.0
[[replays]]
name = "real"
file = "{file}"
kind = "{kind}"
altitude_unit = "{unit}"
latitude_deg = 55.0
longitude_deg = 24.0
"""
    )
    rows = truth_rows(scenario, SEED, 10.0)
    assert len(np.unique(rows["target_no"])) >= least
    assert np.all(np.isfinite(rows["latitude_deg"]))
    assert np.median(rows["latitude_deg"]) == pytest.approx(55.0, abs=1.5)
    assert np.percentile(speed_mps(rows), 99) < 350.0
