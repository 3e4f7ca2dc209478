"""Destinations, cones, patterns of life, searches, balloons and usual traffic: what they promise."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from bench.destination_routes import cases
from bench.destinations import Table, judged, pooled, softmax, table_of

from skydas.assess.predict import Predictor, PredictParams
from skydas.assess.predict.balloon import Balloon, closures, drift
from skydas.assess.predict.coverage import should_be_seen
from skydas.assess.predict.destinations import SHOWN, Evidence, baseline_scores, destination_parameters, shown
from skydas.assess.predict.lost import Area, Last, inside, points_of, searched
from skydas.assess.predict.maps import probability_map
from skydas.assess.predict.normal import LEARNED_TRACKS_MIN, Normal
from skydas.assess.predict.params import range_faults
from skydas.assess.predict.paths import POINTS_MAX, Paths
from skydas.assess.predict.searches import area_km2
from skydas.assess.predict.wind import Wind
from skydas.config import examined
from skydas.model import NS_PER_S, Asset, ObjectClass, Rows, SensorConfig, TrackStatus, empty_tracks

T0_NS = 1_800_000_000 * NS_PER_S
NORTH = Asset(name="north", kind="airport", shape="point", points=((55.5, 24.0),), radius_m=1_000.0)
EAST = Asset(name="east", kind="power_plant", shape="point", points=((55.0, 25.0),))


def track(number: int = 1, at_s: float = 0.0, course: tuple[float, float] = (0.0, 40.0)) -> Rows:
    """Return one track that flies straight from 55 N 24 E."""
    row = empty_tracks(1)
    row["t_ns"], row["track_no"], row["status"] = T0_NS + round(at_s * NS_PER_S), number, TrackStatus.CONFIRMED
    row["latitude_deg"] = 55.0 + at_s * course[1] / 111_195.0
    row["longitude_deg"] = 24.0 + at_s * course[0] / (111_195.0 * np.cos(np.radians(55.0)))
    row["velocity_mps"] = (*course, 0.0)
    row["height_hae_m"] = 300.0
    row["cov"] = 0.0
    return row


def flown(predictor: Predictor, seconds: float, course: tuple[float, float] = (0.0, 40.0), number: int = 1) -> None:
    for at_s in np.arange(0.0, seconds, 2.0):
        predictor.step(T0_NS, track(number, float(at_s), course), [NORTH, EAST])


def test_a_track_that_flies_at_a_place_is_likeliest_to_go_there_and_one_never_seen_goes_elsewhere() -> None:
    predictor = Predictor(PredictParams())
    flown(predictor, 600.0)
    shares = predictor.destinations(np.array([1, 7]), [NORTH, EAST])
    np.testing.assert_allclose(shares.sum(axis=1), 1.0)
    assert shares[0].argmax() == 0
    assert shares[0, 0] > 0.5
    assert shares[1].tolist() == [0.0, 0.0, 1.0]
    assert predictor.destinations(np.array([1]), []).tolist() == [[1.0]]


def test_history_outweighs_geometry_once_flights_have_ended_there() -> None:
    predictor = Predictor(PredictParams(history_radius_m=8_000.0))
    for number in range(2, 6):
        high = track(number)
        high["height_hae_m"] = 1_500.0
        predictor.step(T0_NS, high, [NORTH, EAST])
        flown(predictor, 300.0, number=number)
        turned = track(number, 300.0)
        turned["latitude_deg"], turned["longitude_deg"] = 55.0, 25.0
        predictor.step(T0_NS, turned, [NORTH, EAST])
        turned["status"] = TrackStatus.DROPPED
        predictor.step(T0_NS, turned, [NORTH, EAST])
    flown(predictor, 120.0)
    assert predictor.destinations(np.array([1]), [NORTH, EAST])[0].argmax() == 1
    assert Predictor(PredictParams()).patterns.learn(np.zeros((2, 7)), [NORTH], 1e3, 1e3, 1.0) == ""


def test_a_flight_lost_in_the_air_votes_for_elsewhere_only_as_far_as_it_was_going_past() -> None:
    heading_there, going_past = Predictor(PredictParams()), Predictor(PredictParams())
    for predictor, course in ((heading_there, (0.0, 40.0)), (going_past, (-40.0, -5.0))):
        flown(predictor, 600.0, course)
        lost = track(1, 600.0, course)
        lost["height_hae_m"], lost["status"] = 2_000.0, TrackStatus.DROPPED
        predictor.step(T0_NS, lost, [NORTH, EAST])
        now = np.array([[0.0, np.radians(55.0), np.radians(24.0), *course, 0.0, 300.0]])
        votes = predictor.patterns.votes(now, ["north", "east"])[0]
        assert votes[:2].tolist() == [0.0, 0.0]
        assert (votes[2] > 0.8) == (predictor is going_past)
        assert votes[2] < 0.6 or predictor is going_past


def test_what_stayed_within_ten_kilometres_teaches_nothing() -> None:
    predictor = Predictor(PredictParams())
    flown(predictor, 240.0)
    ended = track(1, 240.0)
    ended["status"] = TrackStatus.DROPPED
    predictor.step(T0_NS, ended, [NORTH, EAST])
    assert len(predictor.patterns) == 0


def test_what_circles_beside_a_place_goes_nowhere_and_what_is_far_too_high_does_not_come_down() -> None:
    predictor = Predictor(PredictParams())
    for at_s in np.arange(0.0, 600.0, 2.0):
        rows = np.concatenate([track(number) for number in (1, 2, 3)])
        rows["t_ns"] = T0_NS + round(at_s * NS_PER_S)
        angle = 0.1 * at_s
        rows["latitude_deg"] = (
            55.45 + np.array([0.002 * np.sin(angle), 0.0, 0.0]) - (600.0 - at_s) * np.array([0.0, 2e-3, 2e-3])
        )
        rows["longitude_deg"][0] += 0.0035 * np.cos(angle)
        rows["velocity_mps"] = 0.0
        rows["velocity_mps"][0, :2] = -22.0 * np.sin(angle), 22.0 * np.cos(angle)
        rows["velocity_mps"][1:, 1] = 222.0
        rows["height_hae_m"][1:] = 11_000.0, 900.0
        predictor.step(T0_NS, rows, [NORTH, EAST])
    circles, high, low = predictor.destinations(np.array([1, 2, 3]), [NORTH, EAST])[:, 0].tolist()
    assert circles < 0.2
    assert high < 0.5 * low
    assert low > 0.5


def test_a_restored_predictor_says_the_same_to_the_octet() -> None:
    predictor = Predictor(PredictParams())
    for number in range(1, 100):
        flown(predictor, 60.0 + number, (number % 7 * 10.0, 30.0), number)
    restored = Predictor(PredictParams())
    restored.restore(msgspec.msgpack.decode(msgspec.msgpack.encode(predictor.state())))
    for one in (predictor, restored):
        flown(one, 300.0, number=200)
    numbers = np.arange(1, 201)
    here, there = (one.destinations(numbers, [NORTH, EAST]).tobytes() for one in (predictor, restored))
    assert here == there


def test_a_path_stays_bounded_and_spread_over_the_whole_life() -> None:
    paths = Paths(5.0)
    for at_s in range(0, 7_200, 5):
        paths.step(track(at_s=float(at_s)))
    path = paths.path(1)
    assert len(path) <= POINTS_MAX + 1
    gaps = np.diff(path[:-1, 0])
    assert gaps.max() <= 2.1 * gaps.min()
    assert path[0, 0] == T0_NS / NS_PER_S
    ended = track(at_s=7_205.0)
    ended["status"] = TrackStatus.DROPPED
    paths.step(ended)
    assert len(paths.path(1)) == 0


def test_destinations_beat_the_baseline_on_every_kind_of_route_that_a_path_shows_and_are_calibrated_on_each() -> None:
    parameters = destination_parameters()[0]
    table = table_of(list(cases(np.random.default_rng(77), 600)))
    ours = pooled(parameters, table)
    plain = softmax(*baseline_scores(parameters.baseline, Evidence(table.features, table.context)), table.is_place)
    assert judged(ours, table)["ece"] < 0.05
    kinds = shown(parameters, table.context)
    for kind in range(len(SHOWN)):
        part = Table(*(getattr(table, name)[kinds == kind] for name in table.__struct_fields__))
        assert judged(ours[kinds == kind], part)["brier"] < judged(plain[kinds == kind], part)["brier"]
        assert judged(ours[kinds == kind], part)["ece"] < 0.10


def test_the_cone_widens_with_time_and_is_narrower_for_what_holds_its_course() -> None:
    predictor = Predictor(PredictParams())
    rows = np.concatenate((track(1, course=(0.0, 200.0)), track(2, course=(0.0, 200.0)), track(3)))
    rows["height_hae_m"][:2] = 10_000.0, 1_000.0
    rows["class_probability"] = 0.0
    rows["class_probability"][0, ObjectClass.AIRLINER] = rows["class_probability"][1, ObjectClass.AIRLINER] = 1.0
    cone = predictor.cone(T0_NS, rows)
    assert cone.shape == (3, 6, 4)
    assert (np.diff(cone[:, :, 3], axis=1) > 0.0).all()
    assert (cone[0, :, 3] < cone[1, :, 3]).all()
    assert predictor.cone(T0_NS, rows[:0]).shape == (0, 6, 4)


def test_points_of_a_lost_drone_lie_ahead_of_it_and_a_balloon_has_none() -> None:
    last = Last(T0_NS, 55.0, 24.0, 100.0, (30.0, 0.0, 0.0), 20.0, 1.0, int(ObjectClass.FIXED_WING_DRONE))
    found = points_of(last)
    assert found.at_m[:, 0].mean() > 300.0
    assert found.weight.sum() == pytest.approx(1.0)
    drawn = probability_map(55.0, 24.0, found.at_m, found.weight)
    half, nine = (area_km2(ring) for _, ring in drawn.rings)
    assert 0.0 < half < nine
    assert len(drawn.probability) == drawn.rows * drawn.columns
    cells = np.frombuffer(drawn.probability, np.uint8)
    assert cells.max() == 255


def test_a_search_in_vain_is_bayes_rule() -> None:
    at_m = np.array([[0.0, 0.0], [5_000.0, 0.0]])
    area = Area(latitude_deg=55.0, longitude_deg=24.0, radius_m=500.0)
    ring = Area(ring=((54.99, 23.99), (54.99, 24.01), (55.01, 24.01), (55.01, 23.99)))
    for one in (area, ring):
        hit = inside(one, 55.0, 24.0, at_m)
        assert hit.tolist() == [True, False]
        weight, elsewhere = searched(np.array([0.6, 0.3]), 0.1, hit, 0.8)
        assert weight.tolist() == pytest.approx([0.12 / 0.52, 0.3 / 0.52])
        assert elsewhere == pytest.approx(0.1 / 0.52)


def test_a_sensor_should_see_what_is_in_its_reach_and_over_its_horizon() -> None:
    radar = SensorConfig(
        id=1, name="r", kind="radar_3d", latitude_deg=55.0, longitude_deg=24.0, height_hae_m=20.0, range_m_max=40_000.0
    )
    assert should_be_seen([radar], 1, 55.1, 24.0, 100.0)
    assert not should_be_seen([radar], 0, 55.1, 24.0, 100.0)
    assert not should_be_seen([radar], 1, 55.5, 24.0, 5_000.0)
    assert not should_be_seen([radar], 1, 55.35, 24.0, 5.0)


def test_a_balloon_that_floats_at_an_airport_closes_it_while_it_passes() -> None:
    wind = Wind()
    wind.give(T0_NS, np.array([0.0, 10_000.0]), np.array([[0.0, 15.0], [0.0, 15.0]]))
    now = Balloon(T0_NS, 55.2, 24.0, 4_000.0, (0.0, 15.0, 0.0), 100.0)
    drifting = drift(now, wind, 7_200.0, (3_000.0, 33_000.0))
    (window,) = closures(now, drifting, [NORTH], 5_000.0, 0.05)
    straight_ns = T0_NS + round(0.3 * 111_195.0 / 15.0 * NS_PER_S)
    assert window.asset == "north"
    assert window.from_ns < straight_ns < window.until_ns
    assert abs(window.peak_ns - straight_ns) < 600 * NS_PER_S
    assert not window.is_open_ended
    assert closures(now, drifting, [EAST], 5_000.0, 0.05) == ()


def test_a_wind_learned_from_a_balloon_is_told_by_layer_and_survives_a_snapshot() -> None:
    wind = Wind()
    for second in range(120):
        height_m = np.array([1_000.0 + 5.0 * second])
        wind.learn(T0_NS + second * NS_PER_S, height_m, np.array([[8.0, -3.0]]))
    layers = wind.layers()
    assert [round(east, 6) for _, east, _ in layers] == [8.0] * len(layers)
    restored = Wind()
    restored.restore(wind.state())
    assert restored.layers() == layers


def test_usual_traffic_raises_no_alarm_and_a_track_where_nobody_flies_does() -> None:
    normal = Normal(1.0)
    usual = np.array([[0.96, 0.42, 0.0, 200.0, 0.0, 10_000.0]])
    now_s = 0
    for number in range(1, 201):  # two minutes each: 6.7 hours
        for visit in range(12):
            now_s += 10
            state = usual + np.array([[visit * 2e-4, 0.0, 0.0, 0.0, 0.0, 0.0]])
            assert normal.step(now_s * NS_PER_S, np.array([number]), state) == []
        normal.end(number)
    odd = np.array([[0.9605, 0.425, -20.0, 5.0, 0.0, 100.0]])
    alarms = []
    for _ in range(12):
        now_s += 10
        alarms += normal.step(now_s * NS_PER_S, np.array([9_999]), odd)
    assert {number for number, _ in alarms} == {9_999}
    restored = Normal(1.0)
    restored.restore(msgspec.msgpack.decode(msgspec.msgpack.encode(normal.state())))
    assert restored.threshold() == normal.threshold()


@pytest.mark.parametrize(("per_hour", "known_after_h"), [(0.5, 12.0), (1.0, 6.0), (5.0, 1.2), (60.0, 1.0)])
def test_nothing_is_unusual_before_the_rate_of_false_alarms_is_known(per_hour: float, known_after_h: float) -> None:
    normal = Normal(per_hour)
    at = np.array([[0.96, 0.42, 0.0, 200.0, 0.0, 10_000.0]])
    rng = np.random.default_rng(3)
    for now_s in range(10, round(1.1 * known_after_h * 3600.0), 10):
        number = 1 + now_s // 60
        normal.step(now_s * NS_PER_S, np.array([number]), at + rng.normal(0.0, 1.0, 6) * (1e-2, 1e-2, 50, 50, 0, 2e3))
        if now_s % 60 == 50:
            normal.end(number)
        if now_s < 0.95 * known_after_h * 3600.0:
            assert normal.threshold() is None
    assert normal.ended_count > LEARNED_TRACKS_MIN
    assert normal.threshold() is not None


def test_parameters_that_cannot_be_meant_are_named() -> None:
    assert list(range_faults(PredictParams())) == []
    file = '[node]\nname = "x"\n\n[predict]\nelsewhere = 2.0\nballoon_horizon_s = 5.0\n'
    faults = examined(file, "node file").faults
    assert [fault.partition(":")[0] for fault in faults] == ["predict.elsewhere", "predict.balloon_horizon_s"]
    (fault,) = examined('[node]\nname = "x"\n\n[predict]\nfar = 1\n', "node file").faults
    assert fault.startswith("predict.far: no such key")
