"""Positions from arrival times: against a search on a grid, against truth, clocks, mirrors, and in a tracker."""

from __future__ import annotations

import numpy as np
import pytest

from skydas.fuse import Tracker
from skydas.fuse.measure import plane_numbers
from skydas.fuse.multilateration.clocks import OFFSET_SIGMA_M, Clocks, learn
from skydas.fuse.multilateration.solve import AIR_INDEX, REFUSED_MIRROR, SOLVED, group_rows, solve_group
from skydas.model import FloatArray, PlotKind, Rows, SensorConfig, empty_plots, sensor_key_of
from tests import reference_multilateration as reference
from tests.unit.fuse_scenes import PLANE, at_ns, confirmed, tracker_of

SIGMA_M = 20.0
NUMBERS = plane_numbers(PLANE)
PLACES_KM = ((-40.0, -30.0), (45.0, -20.0), (30.0, 40.0), (-35.0, 35.0), (5.0, -55.0), (0.0, 8.0))


def receivers(count: int = 6) -> list[SensorConfig]:
    """Return receivers around the plane's origin."""
    out = []
    for number, (east_km, north_km) in enumerate(PLACES_KM[:count], 1):
        latitude, longitude, _ = PLANE.geodetic_from_enu(np.array([1e3 * east_km, 1e3 * north_km, 0.0]))
        out.append(
            SensorConfig(
                id=number,
                name=f"rx-{number}",
                kind="tdoa",
                height_hae_m=100.0,
                period_s=1.0,
                latitude_deg=float(np.degrees(latitude)),
                longitude_deg=float(np.degrees(longitude)),
            )
        )
    return out


def sites(sensors: list[SensorConfig]) -> FloatArray:
    """Return their places in the plane, (k, 3)."""
    latitude, longitude = (
        np.radians([getattr(one, f"{name}_deg") for one in sensors]) for name in ("latitude", "longitude")
    )
    return PLANE.enu_from_geodetic(latitude, longitude, np.array([one.height_hae_m for one in sensors]))


def heard(place: FloatArray, site: FloatArray, error_m: FloatArray) -> FloatArray:
    """Return arrival times as lengths (k,), the first 0."""
    z = AIR_INDEX * np.linalg.norm(place - site, axis=1) + error_m
    return z - z[0]


def height_of(place: FloatArray) -> float:
    """Return the height above the ellipsoid."""
    return float(PLANE.geodetic_from_enu(place)[2])


def solved(
    site: FloatArray, z: FloatArray, height_m: float, sigma_height_m: float = 30.0
) -> tuple[int, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return verdict, place and instant, covariance, residuals, rows."""
    count = len(z)
    best, cov, r, h = np.empty(4), np.empty((3, 3)), np.empty(count + 1), np.empty((count + 1, 4))
    variance = np.full(count, SIGMA_M**2)
    verdict = solve_group(site, z, variance, height_m, sigma_height_m**2, NUMBERS, best, cov, r, h)
    return verdict, best, cov, r, h


@pytest.mark.parametrize("seed", range(4))
def test_the_place_is_the_one_that_a_search_on_a_grid_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    site = sites(receivers())
    place = np.array([*rng.uniform(-50e3, 50e3, 2), 9_000.0])
    z = heard(place, site, 0.4 * SIGMA_M * rng.normal(size=6))  # so that no weight is below 1
    height_m = height_of(place)
    verdict, best, *_ = solved(site, z, height_m, sigma_height_m=0.1)
    searched = reference.place_by_search(site, z, np.full(6, SIGMA_M**2), height_m, PLANE, 120e3)
    assert verdict == SOLVED
    assert np.linalg.norm(best[:2] - searched[:2]) < 1.0


def test_rows_are_the_slopes_of_the_residuals() -> None:
    site = sites(receivers())
    u = np.array([12e3, -7e3, 8_500.0, 300.0])
    z = heard(u[:3], site, np.zeros(6))
    r, h = np.empty(7), np.empty((7, 4))
    above, below, other = np.empty(7), np.empty(7), np.empty((7, 4))
    values = (site, z, np.full(6, 400.0), 8_000.0, 900.0, NUMBERS, np.empty(3))
    group_rows(u, *values, r, h)
    for a in range(4):
        step = 0.5 * np.eye(4)[a]
        group_rows(u + step, *values, above, other)
        group_rows(u - step, *values, below, other)
        np.testing.assert_allclose(h[:, a], below - above, atol=1e-6)


def test_the_covariance_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(5)
    site = sites(receivers(5))
    inside = []
    for _ in range(400):
        place = np.array([*rng.uniform(-60e3, 60e3, 2), rng.uniform(3e3, 11e3)])
        z = heard(place, site, SIGMA_M * rng.normal(size=5))
        verdict, best, cov, *_ = solved(site, z, height_of(place) + 30.0 * rng.normal())
        if verdict == SOLVED:
            off = best[:2] - place[:2]
            inside.append(off @ np.linalg.solve(cov[:2, :2], off) < 5.99)
    assert len(inside) > 380
    assert 0.91 < np.mean(inside) < 0.99


def test_a_mirror_that_explains_the_times_as_well_is_refused() -> None:
    line = np.array([[-30e3, 0.0, 0.0], [-10e3, 0.0, 0.0], [10e3, 0.0, 0.0], [30e3, 0.0, 0.0]])
    place = np.array([5e3, 25e3, 6e3])
    verdict, *_ = solved(line, heard(place, line, np.zeros(4)), height_of(place))
    assert verdict == REFUSED_MIRROR


def test_learning_is_the_update_in_the_null_space_of_the_place() -> None:
    rng = np.random.default_rng(2)
    size, member = 8, np.array([3, 5, 2, 7, 4, 0])
    root = rng.normal(size=(size, size))
    cov = 400.0 * (root @ root.T / size + np.eye(size))
    offset = rng.normal(0.0, 20.0, size)
    noise = rng.uniform(200.0, 900.0, 6)
    h, residual = rng.normal(size=(6, 4)), rng.normal(0.0, 5.0, 6)
    expected = reference.learnt(offset, cov, member, noise, residual, h)
    total = noise + cov[member, member]
    found, found_cov = offset.copy(), cov.copy()
    learn(found, found_cov, member, total, residual / np.sqrt(total), h / np.sqrt(total)[:, None])
    np.testing.assert_allclose(found, expected[0], rtol=1e-8)
    np.testing.assert_allclose(found_cov, expected[1], rtol=1e-7, atol=1e-6)


def groups(sensors: list[SensorConfig], t_s: float, place: FloatArray, error_m: FloatArray, seq: int) -> Rows:
    """Return the rows of one signal: differences against the first receiver, which is their second."""
    z = heard(place, sites(sensors), error_m)
    rows = empty_plots(len(sensors) - 1)
    rows["t_ns"] = rows["rx_ns"] = at_ns(t_s)
    rows["kind"] = PlotKind.TDOA
    rows["sensor"] = np.arange(1, len(sensors))
    rows["object"] = sensor_key_of(sensors[0].name)
    rows["range_m"] = z[1:]
    rows["cov"] = 0.0
    rows["cov"][:, [0, 3, 5]] = 2.0 * SIGMA_M**2, 1.0, 1.0
    rows["height_pressure_m"] = height_of(place)
    rows["seq"] = seq
    return rows


def flown(
    sensors: list[SensorConfig], seconds: int, offset_m: FloatArray, seed: int = 0, **params: float
) -> tuple[Tracker, FloatArray]:
    """Track one aircraft that sends each second; return the tracker and where the aircraft ends."""
    rng = np.random.default_rng(seed)
    tracker = tracker_of(*sensors, **params)
    place = np.zeros(3)
    for second in range(seconds):
        place = np.array([-30e3 + 200.0 * second, 10e3 + 30.0 * second, 9_000.0])
        error_m = offset_m + 3.0 * rng.normal(size=len(sensors))
        tracker.step(at_ns(second), groups(sensors, second, place, error_m, second + 1))
        tracker.tick(at_ns(second + 0.5))
    return tracker, place


def test_arrival_times_alone_make_one_confirmed_track_where_the_aircraft_is() -> None:
    tracker, place = flown(receivers(), 40, np.zeros(6))
    tracks = confirmed(tracker.picture(at_ns(39.0)))
    assert len(tracks) == 1
    assert np.linalg.norm(tracks["position_enu_m"][0] - place) < 60.0
    assert tracker.counters()["groups_solved"] == 40


def test_rows_that_arrive_one_by_one_make_the_same_as_together() -> None:
    sensors = receivers()
    together, apart = tracker_of(*sensors), tracker_of(*sensors)
    for second in range(20):
        place = np.array([-30e3 + 200.0 * second, 10e3, 9_000.0])
        rows = groups(sensors, second, place, np.zeros(6), second + 1)
        together.step(at_ns(second), rows)
        for at in range(len(rows)):
            apart.step(at_ns(second + 0.02 * at), rows[at : at + 1].copy())
        for tracker in (together, apart):
            tracker.tick(at_ns(second + 0.5))
    assert apart.picture(at_ns(20)).tobytes() == together.picture(at_ns(20)).tobytes()


def test_a_receiver_whose_clock_is_off_is_found_and_corrected() -> None:
    offset_m = np.array([0.0, 0.0, 45.0, 0.0, 0.0, 0.0])
    sensors = receivers()
    tracker = tracker_of(*sensors)
    rng = np.random.default_rng(3)
    for second in range(240):
        place = np.array([*rng.uniform(-40e3, 40e3, 2), rng.uniform(2e3, 11e3)])
        tracker.step(at_ns(second), groups(sensors, second, place, offset_m + 5.0 * rng.normal(size=6), second + 1))
        tracker.tick(at_ns(second + 0.5))
    found = {row: (offset, sigma) for row, offset, sigma in tracker.receivers()}
    mean_m = np.mean([offset for offset, _ in found.values()])  # what all share looks like the instant of sending
    assert found[2][0] - mean_m == pytest.approx(45.0 * 5 / 6, abs=8.0)
    assert found[2][1] < OFFSET_SIGMA_M


def test_a_receiver_whose_clock_jumps_gets_its_say_back_after_it_is_learnt_anew() -> None:
    sensors, rng = receivers(), np.random.default_rng(4)
    tracker = tracker_of(*sensors)
    for second in range(300):
        place = np.array([*rng.uniform(-40e3, 40e3, 2), 9_000.0])
        offset_m = np.zeros(6)
        offset_m[4] = 1_500.0 if second >= 100 else 0.0
        tracker.step(at_ns(second), groups(sensors, second, place, offset_m + 5.0 * rng.normal(size=6), second + 1))
        tracker.tick(at_ns(second + 0.5))
    counted = tracker.counters()
    assert counted["receivers_restarted"] >= 1
    assert counted["groups_inconsistent"] < 20
    found = {row: offset for row, offset, _ in tracker.receivers()}
    assert found[4] - found[0] == pytest.approx(1_500.0, abs=60.0)


def test_a_receiver_that_stands_elsewhere_than_declared_cannot_ruin_the_track() -> None:
    sensors = receivers()
    declared = [*sensors]
    latitude = sensors[5].latitude_deg
    assert latitude is not None
    declared[5] = SensorConfig(
        id=6, name="rx-6", kind="tdoa", height_hae_m=100.0, longitude_deg=sensors[5].longitude_deg,
        latitude_deg=latitude + 0.02, period_s=1.0,
    )  # fmt: skip
    tracker, rng = tracker_of(*declared), np.random.default_rng(6)
    off_m = []
    for second in range(120):
        place = np.array([-30e3 + 200.0 * second, 10e3 + 30.0 * second, 9_000.0])
        tracker.step(at_ns(second), groups(sensors, second, place, 5.0 * rng.normal(size=6), second + 1))
        tracker.tick(at_ns(second + 0.5))
        tracks = confirmed(tracker.picture(at_ns(second)))
        if second >= 60 and len(tracks) == 1:
            off_m.append(float(np.linalg.norm(tracks["position_enu_m"][0, :2] - place[:2])))
    assert len(off_m) > 50
    assert np.median(off_m) < 300.0


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("range_m", np.nan, "refused_not_finite"),
        ("range_m", np.inf, "refused_not_finite"),
        ("object", 12345, "refused_sensor_unknown"),
        ("cov", -1.0, "refused_covariance"),
        ("sensor", 77, "refused_sensor_unknown"),
    ],
)
def test_rows_that_cannot_be_are_refused_by_name_and_the_rest_is_used(field: str, value: float, reason: str) -> None:
    sensors = receivers()
    tracker = tracker_of(*sensors)
    rows = groups(sensors, 0.0, np.array([1e3, 2e3, 9e3]), np.zeros(6), 1)
    if field == "object":
        rows[field] = value
    else:
        rows[field][2] = value
    tracker.step(at_ns(0.0), rows)
    tracker.tick(at_ns(0.5))
    counted = tracker.counters()
    assert counted["groups_solved"] == (0 if field == "object" else 1)
    assert counted[reason] == (5 if field == "object" else 1)


def test_a_receiver_heard_twice_in_a_group_counts_once() -> None:
    sensors = receivers()
    tracker = tracker_of(*sensors)
    rows = groups(sensors, 0.0, np.array([1e3, 2e3, 9e3]), np.zeros(6), 1)
    tracker.step(at_ns(0.0), np.concatenate((rows, rows[2:4])))
    tracker.tick(at_ns(0.5))
    assert tracker.counters()["group_copies"] == 2
    assert tracker.counters()["groups_solved"] == 1


def test_a_tracker_restored_between_rows_of_a_group_goes_on_alike() -> None:
    sensors = receivers()
    first, _ = flown(sensors, 12, np.array([0.0, 20.0, 0.0, -20.0, 0.0, 0.0]))
    rows = groups(sensors, 12.0, np.array([-27.6e3, 10.36e3, 9_000.0]), np.zeros(6), 40)
    first.step(at_ns(12.0), rows[:2].copy())
    second = tracker_of(*sensors)
    second.restore(first.state())
    for tracker in (first, second):
        tracker.step(at_ns(12.1), rows[2:].copy())
    assert second.tick(at_ns(13.0)).tobytes() == first.tick(at_ns(13.0)).tobytes()
    assert second.state() == first.state()


def test_what_is_known_of_the_clocks_is_forgotten_slowly() -> None:
    clocks = Clocks(1.0)
    slot = clocks.slots(np.array([4]))
    assert slot is not None
    clocks.offset[slot], clocks.cov[slot, slot] = 10.0, 1.0
    clocks.pass_time(at_ns(0.0))
    clocks.pass_time(at_ns(86_400.0))
    assert 5.0 < clocks.offset[slot[0]] < 9.0
    assert 10.0 < np.sqrt(clocks.cov[slot[0], slot[0]]) < OFFSET_SIGMA_M
