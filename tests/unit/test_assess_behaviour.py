"""Words for how a track moves: paths that are drawn, with the noise of a tracker."""

from __future__ import annotations

import math

import numpy as np
import pytest

from skydas.assess.behaviour import MOTIONS
from skydas.assess.corridors import Corridors
from skydas.assess.memory import Memory
from skydas.assess.swarm import swarms
from skydas.model import NS_PER_S, S_PER_DAY, FloatArray, TrackStatus
from tests.unit.assess_scenes import COUNTRY, T0_NS, assessor, at, flown, judged

T_S = np.arange(0.0, 360.0)


def circle(radius_m: float, speed_mps: float) -> FloatArray:
    angle = T_S * speed_mps / radius_m
    return radius_m * np.stack((np.cos(angle), np.sin(angle)), axis=1)


def lawn(leg_m: float, apart_m: float, speed_mps: float) -> FloatArray:
    """Return parallel legs, one after the other."""
    period_m = leg_m + apart_m
    way = T_S * speed_mps
    leg, along = np.floor(way / period_m), way % period_m
    north = np.where(leg % 2 == 0, np.minimum(along, leg_m), leg_m - np.minimum(along, leg_m))
    return np.stack((north, leg * apart_m + np.maximum(along - leg_m, 0.0)), axis=1)


def wandering(speed_mps: float, seed: int) -> FloatArray:
    """Return a path around one place, with turns now and then."""
    rng = np.random.default_rng(seed)
    place, course, found = np.zeros(2), 0.0, []
    for _ in T_S:
        home = math.atan2(-place[1], -place[0])
        if rng.random() < 0.08:
            course = home + rng.normal(0.0, 1.5)
        place = place + speed_mps * np.array((math.cos(course), math.sin(course)))
        found.append(place)
    return np.array(found)


@pytest.mark.parametrize(
    ("path", "word"),
    [
        (np.stack((T_S * 40.0, T_S * 5.0), axis=1), "transit"),
        (circle(300.0, 25.0), "orbit"),
        (lawn(800.0, 150.0, 25.0), "search"),
        (np.zeros((len(T_S), 2)), "hover"),
        (wandering(18.0, 3), "loiter"),
    ],
)
def test_a_path_has_its_word(path: FloatArray, word: str) -> None:
    noise = np.random.default_rng(1).normal(0.0, 3.0, path.shape)
    motion = flown(assessor(), path + noise).picture.motion[0]
    assert MOTIONS[int(np.argmax(motion))] == word
    assert motion.sum() == pytest.approx(1.0)


def test_a_path_too_short_to_tell_is_not_assessed() -> None:
    one = assessor()
    found = flown(one, np.stack((T_S[:20] * 40.0, T_S[:20]), axis=1))
    said = one.said(T0_NS, found, 0)
    assert np.isnan(found.picture.motion).all()
    assert {"transit", "loiter", "terrain_following"} <= set(said["not_assessed"])
    assert not {"transit", "loiter", "terrain_following"} & set(said["behaviours"])


def test_terrain_following_is_told_only_where_the_terrain_is_known() -> None:
    hills_m = 80.0 * np.sin(T_S * 40.0 / 1_500.0)
    one = assessor()
    for t_s, ground_m in zip(T_S, hills_m, strict=True):
        row = at(t_s * 40.0, 0.0, t_s=t_s, height_hae_m=200.0 + ground_m, height_agl_m=100.0)
        one.memory.meet(row, int(row["t_ns"][0]), 1.0, 1)
    assert one.said(T0_NS, judged(one, row), 0)["behaviours"]["terrain_following"] > 0.9
    level = flown(assessor(), np.stack((T_S * 40.0, T_S), axis=1), height_agl_m=100.0 - hills_m[-1])
    assert "terrain_following" in assessor().said(T0_NS, level, 0)["not_assessed"] or level.picture.size


def test_what_flies_along_a_border_hugs_it_and_what_crosses_it_does_not() -> None:
    along, across = assessor(COUNTRY), assessor(COUNTRY)
    for t_s in range(0, 600, 4):
        hugging = judged(along, at(t_s * 40.0 - 12_000.0, 61_500.0, t_s=t_s))
        crossing = judged(across, at(0.0, 52_000.0 + t_s * 40.0, t_s=t_s, velocity_mps=(40.0, 0.0, 0.0)))
    assert along.said(T0_NS, hugging, 0)["behaviours"]["border_hugging"] > 0.7
    assert across.said(T0_NS, crossing, 0)["behaviours"]["border_hugging"] < 0.3


def fleet(places_m: list[tuple[float, float]], east_mps: float = 40.0):  # type: ignore[no-untyped-def]
    rows = [at(*place, number=number, velocity_mps=(east_mps, 0.0, 0.0)) for number, place in enumerate(places_m, 11)]
    return np.concatenate(rows)


def test_tracks_that_move_as_one_are_a_swarm_with_a_shape_and_others_are_not() -> None:
    tracks = np.concatenate((
        fleet([(0.0, 600.0 * step) for step in range(5)]),
        at(300.0, 300.0, number=90, velocity_mps=(-40.0, 0.0, 0.0)),
        at(9_000.0, 0.0, number=91, velocity_mps=(40.0, 0.0, 0.0)),
    ))  # fmt: skip
    found = swarms(tracks, np.arange(7), np.zeros(7, np.int64))
    assert found.number.tolist() == [11] * 5 + [0, 0]
    assert found.size.tolist() == [5] * 5 + [0, 0]
    assert found.shape.tolist() == [2] * 5 + [0, 0]  # a column
    across = fleet([(600.0 * step, 0.0) for step in range(5)])
    assert swarms(across, np.arange(5), np.zeros(5, np.int64)).shape.tolist() == [3] * 5  # a line


def test_a_swarm_that_splits_keeps_its_number_in_the_larger_part() -> None:
    parts = fleet(
        [(0.0, 0.0), (300.0, 0.0), (600.0, 0.0), (300.0, 300.0), (8_000.0, 0.0), (8_300.0, 0.0), (8_600.0, 0.0)]
    )
    found = swarms(parts, np.arange(7), np.full(7, 42))
    assert found.number.tolist() == [42] * 4 + [15] * 3
    assert found.has_split.tolist() == [1] * 7


def test_a_way_that_is_used_again_is_remembered_by_day_and_direction() -> None:
    corridors, day_ns = Corridors(14), S_PER_DAY * NS_PER_S
    place, north, south = np.radians([[55.0, 24.0]]), np.array([0.0]), np.array([math.pi])
    for day in (0, 1, 3):
        corridors.note(T0_NS + day * day_ns, place, north)
        corridors.note(T0_NS + day * day_ns + NS_PER_S, place, north)
    assert corridors.days(T0_NS + 3 * day_ns, place, north).tolist() == [2.0]
    assert corridors.days(T0_NS + 4 * day_ns, place, north).tolist() == [3.0]
    assert corridors.days(T0_NS + 4 * day_ns, place, south).tolist() == [0.0]
    assert corridors.days(T0_NS + 40 * day_ns, place, north).tolist() == [0.0]
    again = Corridors(14)
    again.restore(corridors.state())
    assert again.days(T0_NS + 4 * day_ns, place, north).tolist() == [3.0]
    [(latitude_deg, longitude_deg, direction_deg, count)] = corridors.ways()
    assert (abs(latitude_deg - 55.0) < 0.05, abs(longitude_deg - 24.0) < 0.1, direction_deg, count) == (
        True,
        True,
        0.0,
        3,
    )


def test_the_memory_grows_forgets_and_comes_back_to_the_octet() -> None:
    memory = Memory()
    rows = np.concatenate([at(100.0 * number, 0.0, number=number) for number in range(1, 601)])
    rows["track_no"][5] = 0x8000_0001
    met = memory.meet(rows, T0_NS, 0.1, 1)
    assert met.slots[5] < 0
    assert len(memory) == 599
    assert len(set(met.slots.tolist())) == 600
    rows["status"][::2] = TrackStatus.DROPPED
    ended = memory.meet(rows, T0_NS, 0.1, 1).ended
    assert ended.tolist() == list(range(0, 600, 2))
    memory.drop(rows["track_no"][ended].astype(np.int64))
    again = Memory()
    again.restore(memory.state())
    assert again.state() == memory.state()
    more = np.concatenate([at(0.0, 0.0, number=number) for number in range(1_000, 1_200)])
    assert memory.meet(more, T0_NS, 0.1, 1).slots.tolist() == again.meet(more, T0_NS, 0.1, 1).slots.tolist()
    assert again.state() == memory.state()
