"""What plots say of a state, and which plots are refused."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from skydas.fuse.layout import empty_prepared, sensor_rows, setup_of
from skydas.fuse.measure import PLOT_NUMBERS, height_of, plane_numbers, rows, whitening
from skydas.fuse.params import FuseParams
from skydas.fuse.prepare import prepare
from skydas.fuse.records import DESK, RECEIVER
from skydas.geo import TangentPlane
from skydas.model import NS_PER_S, FloatArray, PlotFlag, PlotKind, Rows, SensorConfig, empty_plots, sensor_key_of
from tests import reference
from tests.unit.fuse_scenes import PLANE, at_ns, polar_plots, position_plots, radar, tracker_of

FAR = radar("far", north_deg=56.5, east_deg=27.0, sigma_range_rate_mps=1.0)
STATE = np.array([30_000.0, 40_000.0, 6_000.0, 120.0, -180.0, 5.0])


def rows_of(
    plots: Rows, state: FloatArray, sensors: list[SensorConfig], shift_s: float = 0.0, assumed: bool = False
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return rows (n, 6), residuals and variances of the first plot at `state`."""
    table, setup, prepared = sensor_rows(FuseParams(), sensors, PLANE), setup_of(FuseParams(), PLANE), empty_prepared(1)
    receivers = np.array([(int(plots["object"][0]), 1)], RECEIVER)
    prepare(int(plots["t_ns"][0]), plots.view(PLOT_NUMBERS), receivers, table, len(sensors), setup, prepared)
    assert prepared["verdict"][0] == 0
    desk = np.zeros(1, DESK)
    count = rows(prepared, table, setup[0], 0, state, shift_s, assumed, desk[0])
    return desk["h"][0, :count].copy(), desk["residual"][0, :count].copy(), desk["variance"][0, :count].copy()


def one(kind: PlotKind) -> Rows:
    """Return an exact plot of STATE."""
    if kind == PlotKind.POLAR:
        plots = polar_plots(FAR, 0, 0.0, STATE[None], np.zeros((1, 4)))
        plots["range_rate_mps"] = 0.0
        return plots
    if kind == PlotKind.BEARING:
        plots = polar_plots(FAR, 0, 0.0, STATE[None], np.zeros((1, 4)))
        plots["kind"] = PlotKind.BEARING
        return plots
    if kind == PlotKind.TDOA:
        plots = empty_plots(1)
        plots["sensor"] = 0
        plots["t_ns"], plots["sensor"], plots["kind"] = at_ns(0.0), 0, PlotKind.TDOA
        plots["object"] = sensor_key_of("other")
        plots["range_m"], plots["cov"][:, 0] = 1_000.0, 400.0
        return plots
    return position_plots(0, 0.0, STATE[None, :3], 30.0)


@pytest.mark.parametrize("shift_s", [0.0, 0.4])
@pytest.mark.parametrize("kind", [PlotKind.POLAR, PlotKind.POSITION, PlotKind.BEARING, PlotKind.TDOA])
def test_the_rows_of_every_kind_are_its_derivatives(kind: PlotKind, shift_s: float) -> None:
    sensors = [FAR, radar("other", north_deg=54.0)]
    away = STATE + np.array([200.0, -150.0, 80.0, 3.0, 2.0, 1.0])

    def residual(state: FloatArray) -> FloatArray:
        return rows_of(one(kind), state, sensors, shift_s)[1]

    h, _, _ = rows_of(one(kind), away, sensors, shift_s)
    step = np.array([10.0, 10.0, 10.0, 0.5, 0.5, 0.5])
    expected = -reference.numeric_rows(residual, away, step)
    np.testing.assert_allclose(h, expected, rtol=2e-4, atol=1e-7 * np.abs(expected).max())


def test_an_exact_plot_leaves_no_residual_however_far_the_sensor_is() -> None:
    for kind in (PlotKind.POSITION, PlotKind.BEARING):
        _, residual, _ = rows_of(one(kind), STATE, [FAR])
        np.testing.assert_allclose(residual, 0.0, atol=1e-5)
    plots = polar_plots(FAR, 0, 0.0, STATE[None], np.zeros((1, 4)))
    np.testing.assert_allclose(rows_of(plots, STATE, [FAR])[1], 0.0, atol=1e-5)


def test_a_reply_of_mode_c_measures_the_height_above_the_ellipsoid() -> None:
    height = reference.height_m(PLANE, STATE[:3])
    plots = polar_plots(FAR, 0, 0.0, STATE[None], np.zeros((1, 4)))
    plots["elevation_rad"] = np.nan
    plots["height_pressure_m"] = height + 100.0
    _, residual, variance = rows_of(plots, STATE, [FAR])
    assert residual[-1] == pytest.approx(100.0, abs=0.2)
    assert variance[-1] == pytest.approx(75.0**2 * 6.0)


def test_a_height_nobody_measured_is_held_by_its_prior() -> None:
    plots = polar_plots(FAR, 0, 0.0, STATE[None], np.zeros((1, 4)))
    plots["elevation_rad"] = np.nan
    h, residual, variance = rows_of(plots, STATE, [FAR], assumed=True)
    assert len(h) == 3
    assert residual[-1] == pytest.approx(5_000.0 - reference.height_m(PLANE, STATE[:3]), abs=0.2)
    assert variance[-1] == pytest.approx(8.0 * 3_500.0**2)


@pytest.mark.parametrize("away_km", [0.0, 100.0, 250.0, 480.0])
def test_the_height_of_a_place_is_the_ellipsoids(away_km: float) -> None:
    up = np.zeros(3)
    for bearing in np.linspace(0.0, 6.0, 7):
        place = np.array([np.sin(bearing) * away_km * 1e3, np.cos(bearing) * away_km * 1e3, 9_000.0 - 78.5 * away_km])
        height = height_of(plane_numbers(PLANE), *place, up)
        assert height == pytest.approx(reference.height_m(PLANE, place), abs=0.5)
        assert reference.height_m(PLANE, place + 100.0 * up) - height == pytest.approx(100.0, abs=0.6)


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("seed", range(5))
def test_whitened_rows_have_unit_covariance(seed: int, first: int) -> None:
    root = np.random.default_rng(seed).normal(size=(3, 3)) * np.array([[50.0], [0.002], [0.01]])
    cov = root @ root.T
    out = np.zeros(9)
    log_det = whitening(cov[np.triu_indices(3)], np.zeros(3), first, 3 - first, out)
    white = out.reshape(3, 3)[: 3 - first, : 3 - first]
    part = cov[first:, first:]
    np.testing.assert_allclose(white @ part @ white.T, np.eye(3 - first), atol=1e-6)
    assert log_det == pytest.approx(0.5 * np.linalg.slogdet(part)[1], rel=1e-6)


def test_what_is_no_covariance_is_said_to_be_none() -> None:
    assert np.isnan(whitening(np.array([1.0, 2.0, 0.0, 1.0, 0.0, 1.0]), np.zeros(3), 0, 3, np.zeros(9)))
    assert np.isnan(whitening(np.array([np.nan, 0.0, 0.0, 1.0, 0.0, 1.0]), np.zeros(3), 0, 2, np.zeros(9)))


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("sensor", 7, "refused_sensor_unknown"),
        ("t_ns", at_ns(-11.0), "refused_late"),
        ("t_ns", at_ns(3.0), "refused_future"),
        ("range_m", np.nan, "refused_not_finite"),
        ("range_m", np.inf, "refused_not_finite"),
        ("azimuth_true_rad", np.nan, "refused_not_finite"),
        ("elevation_rad", -np.inf, "refused_not_finite"),
        ("range_m", 300_001.0, "refused_out_of_range"),
        ("range_m", -5.0, "refused_out_of_range"),
        ("cov", np.nan, "refused_covariance"),
        ("cov", 0.0, "refused_covariance"),
        ("cov", -1.0, "refused_covariance"),
        ("flags", PlotFlag.COASTED, "refused_not_a_measurement"),
        ("flags", PlotFlag.DERIVED, "refused_not_a_measurement"),
        ("flags", PlotFlag.FIELD_MONITOR, "refused_test_target"),
        ("kind", 9, "refused_kind"),
    ],
)
def test_a_bad_plot_is_refused_by_name_and_the_good_one_beside_it_is_used(
    field: str, value: float, reason: str
) -> None:
    tracker = tracker_of(FAR)
    plots = polar_plots(FAR, 0, 0.0, np.array([STATE, STATE]), np.zeros((2, 4)))
    plots[field][0] = value
    tracker.step(at_ns(0.0), plots)
    assert tracker.last_accepted.tolist() == [False, True]
    counted = {name: count for name, count in tracker.counters().items() if count}
    assert counted == {"plots": 2, reason: 1, "births": 1}


def test_a_position_off_the_earth_is_refused() -> None:
    tracker = tracker_of(FAR)
    plots = position_plots(0, 0.0, np.array([STATE[:3]] * 4), 30.0)
    plots["latitude_rad"][0] = 2.0
    plots["height_hae_m"][1] = 1e9
    plots["longitude_rad"][2] = np.nan
    tracker.step(at_ns(0.0), plots)
    assert tracker.last_accepted.tolist() == [False, False, False, True]


def test_biases_that_are_known_are_taken_off() -> None:
    biased = radar("far", north_deg=56.5, east_deg=27.0, bias_range_m=400.0, bias_azimuth_deg=1.5, bias_time_s=0.5)
    plots = polar_plots(FAR, 0, 0.5, STATE[None], np.zeros((1, 4)))
    plots["range_m"] += 400.0
    plots["azimuth_true_rad"] += np.radians(1.5)
    tracker = tracker_of(biased)
    track = tracker.step(at_ns(0.5), plots)[0]
    assert track["t_ns"] == at_ns(0.0)
    np.testing.assert_allclose(track["position_enu_m"], STATE[:3], atol=30.0)


def test_what_a_node_read_from_the_wire_cannot_write_to_is_copied_and_left_alone() -> None:
    plots = polar_plots(FAR, 0, 0.0, STATE[None], np.zeros((1, 4)))
    frozen = np.frombuffer(plots.tobytes(), plots.dtype)
    assert len(tracker_of(FAR).step(at_ns(0.0), frozen)) == 1
    assert frozen.tobytes() == plots.tobytes()
    assert at_ns(1.0) - at_ns(0.0) == NS_PER_S


def test_a_bias_found_while_running_is_taken_off_like_one_of_the_configuration() -> None:
    shift = np.array([[120.0, 0.004, 0.0, 0.2]])
    configured = msgspec.structs.replace(
        FAR, bias_range_m=120.0, bias_azimuth_deg=float(np.degrees(0.004)), bias_time_s=0.2
    )
    found, stated = tracker_of(FAR), tracker_of(configured)
    found.use_biases(shift, np.zeros((1, 4)))
    plots = one(PlotKind.POLAR)
    now_ns = int(plots["t_ns"][0])
    a, b = found.step(now_ns, plots.copy()), stated.step(now_ns, plots.copy())
    assert a["t_ns"] == b["t_ns"] == now_ns - 200_000_000
    assert np.allclose(a["position_enu_m"], b["position_enu_m"], atol=1e-6)
    assert np.allclose(a["cov"], b["cov"])


def test_what_is_not_known_of_a_bias_makes_the_plot_wider() -> None:
    sure, unsure = tracker_of(FAR), tracker_of(FAR)
    unsure.use_biases(np.zeros((1, 4)), np.array([[90_000.0, 0.0, 0.0, 0.0]]))
    plots = one(PlotKind.POLAR)
    now_ns = int(plots["t_ns"][0])
    a, b = sure.step(now_ns, plots.copy()), unsure.step(now_ns, plots.copy())
    grown = b["cov"][0, [0, 6]].sum() - a["cov"][0, [0, 6]].sum()
    assert grown == pytest.approx(90_000.0, rel=0.1)


def height_of_polar(sensor: SensorConfig, plots: Rows) -> float:
    """Return the height above the ellipsoid that a 3-D radar makes of its first plot."""
    range_m, azimuth, elevation = (float(plots[name][0]) for name in ("range_m", "azimuth_true_rad", "elevation_rad"))
    flat_m = range_m * np.cos(elevation)
    enu_m = np.array([[flat_m * np.sin(azimuth), flat_m * np.cos(azimuth), range_m * np.sin(elevation)]])
    assert sensor.latitude_deg is not None
    assert sensor.longitude_deg is not None
    own = TangentPlane(sensor.latitude_deg, sensor.longitude_deg, sensor.height_hae_m)
    return float(own.geodetic_from_enu(enu_m)[2][0])


@pytest.mark.parametrize("away_km", [20.0, 60.0, 220.0])
@pytest.mark.parametrize("up_m", [-1_500.0, 5_000.0, 15_000.0])
def test_a_height_that_a_3d_radar_sends_is_the_elevation_that_it_measured(away_km: float, up_m: float) -> None:
    sensor = radar("tall", north_deg=55.5, east_deg=24.5, height_hae_m=40.0)
    for bearing in np.linspace(0.1, 6.0, 5):
        state = np.zeros(6)
        state[:3] = away_km * 1e3 * np.sin(bearing), away_km * 1e3 * np.cos(bearing), up_m
        plots = polar_plots(sensor, 0, 0.0, state[None], np.zeros((1, 4)))
        plots["height_hae_m"], plots["elevation_rad"] = height_of_polar(sensor, plots), np.nan
        _, residual, _ = rows_of(plots, state, [sensor])
        assert len(residual) == 3
        np.testing.assert_allclose(residual[:2], 0.0, atol=1e-5)
        turned_rad = residual[2] * np.sqrt(plots["cov"][0, 5])
        assert abs(turned_rad) * plots["range_m"][0] < 1.0


def test_a_height_that_nothing_in_this_range_has_is_not_used() -> None:
    plots = polar_plots(FAR, 0, 0.0, STATE[None], np.zeros((1, 4)))
    plots["elevation_rad"], plots["height_hae_m"] = np.nan, plots["range_m"] * 1.5
    assert len(rows_of(plots, STATE, [FAR])[1]) == 2


def test_the_bias_of_an_elevation_is_taken_off_the_height_made_of_it() -> None:
    sensor = msgspec.structs.replace(FAR, bias_elevation_deg=0.5)
    plots = polar_plots(FAR, 0, 0.0, STATE[None], np.zeros((1, 4)))
    plots["elevation_rad"] += np.radians(0.5)
    plain = rows_of(plots, STATE, [sensor])[1]
    plots["height_hae_m"], plots["elevation_rad"] = height_of_polar(FAR, plots), np.nan
    np.testing.assert_allclose(rows_of(plots, STATE, [sensor])[1], plain, atol=2e-3)
