"""Shards: several processes give the picture that one tracker gives."""

from __future__ import annotations

import os
import signal

import numpy as np
import pytest

from skydas.errors import ConfigError, ShardError
from skydas.library import Paths, Sensor, Shards, Tracker
from skydas.library.shards import areas_of
from skydas.model import FloatArray, Rows

T_S = np.arange(0.0, 120.0, 4.0)
SENSOR = Sensor(name="wide", kind="mlat", sigma_position_m=50.0, sigma_height_m=50.0, period_s=4.0)


def places(count: int, seed: int) -> FloatArray:
    """Return places (turns, targets, 3) of targets of which many cross the axes, 3 km apart at the start."""
    rng = np.random.default_rng(seed)
    side = int(np.ceil(np.sqrt(count)))
    grid = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1).reshape(-1, 2)[:count]
    start = np.column_stack((3e3 * (grid - 0.5 * side) + rng.uniform(-300.0, 300.0, (count, 2)), np.full(count, 6e3)))
    course = rng.uniform(0.0, 2.0 * np.pi, count)
    velocity = 180.0 * np.column_stack((np.cos(course), np.sin(course), np.zeros(count)))
    start[:, 2] += rng.uniform(-2e3, 2e3, count)
    moved: FloatArray = start + T_S[:, None, None] * velocity
    return moved


def turns(where: FloatArray, seed: int) -> list[Rows]:
    rng = np.random.default_rng(seed)
    return [
        SENSOR.position(t, (here + rng.normal(0.0, 50.0, here.shape))[rng.uniform(size=len(here)) < 0.9])
        for t, here in zip(T_S, where, strict=True)
    ]


def farthest_m(of: Paths, other: Paths) -> float:
    """Return how far the track of one picture that fits the other worst is from it."""
    apart = np.linalg.norm(of.position_m[:, None] - other.position_m[None], axis=2)
    return float(apart.min(axis=1).max())


def test_four_shards_give_the_picture_of_one_tracker_but_for_the_numbers() -> None:
    plots = turns(places(200, 1), 2)
    one = Tracker([SENSOR])
    with Shards([SENSOR], cuts_east_m=[0.0], cuts_north_m=[0.0], margin_m=15e3) as shards:
        for turn in plots:
            one.step(turn)
            shards.step(turn)
        whole, parts = one.picture().held, shards.picture()
        shares = [counted["plots"] for counted in shards.counters()]
    assert len(parts) == len(whole)
    assert len(set(parts.number.tolist())) == len(parts)
    assert max(farthest_m(whole, parts), farthest_m(parts, whole)) < 10.0  # sigma is 30 m
    assert all(0 < share < sum(len(turn) for turn in plots) for share in shares)


def test_a_track_that_crosses_a_cut_keeps_its_number() -> None:
    start = np.array([[-9e3, 5e3, 6e3], [9e3, -5e3, 6e3]])
    velocity = np.array([[200.0, 0.0, 0.0], [-200.0, 0.0, 0.0]])
    where = start + T_S[:, None, None] * velocity
    with Shards([SENSOR], cuts_east_m=[0.0], margin_m=8e3) as shards:
        told = [shards.step(turn) for turn in turns(where, 3)]
        last = shards.picture()
    sides: dict[int, set[bool]] = {}
    for paths in told:
        for number, (east_m, *_) in zip(paths.number.tolist(), paths.position_m.tolist(), strict=True):
            sides.setdefault(number, set()).add(east_m > 0.0)
    assert sides == {number: {False, True} for number in last.number.tolist()}
    assert len(last) == 2


def test_each_area_is_beside_the_next_and_the_outer_ones_have_no_end() -> None:
    areas = areas_of([-5.0, 5.0], [0.0])
    assert areas.shape == (6, 2, 2)
    probe = np.array([[-100.0, 3.0], [0.0, -1e9], [7.0, 0.5]])
    inside = ((probe >= areas[:, None, 0]) & (probe < areas[:, None, 1])).all(axis=-1)
    assert inside.sum(axis=0).tolist() == [1, 1, 1]


def test_bearings_go_to_every_shard_and_nonsense_is_counted_once() -> None:
    bearing = Sensor(name="ears", kind="acoustic")
    with Shards([SENSOR, bearing], cuts_east_m=[0.0], margin_m=5e3) as shards:
        shards.step(SENSOR.position(0.0, [[np.nan, 0.0, 0.0], [-50e3, 0.0, 5e3]]))
        shards.step(Sensor(name="stranger").position(0.0, [[0.0, 0.0]]))
        counted = shards.counters()
    assert [one["refused_not_finite"] for one in counted] == [1, 0]
    assert [one["births"] for one in counted] == [1, 0]
    assert shards.unknown_count == 1


def test_a_shard_that_dies_is_told() -> None:
    with Shards([SENSOR], cuts_east_m=[0.0]) as shards:
        shards.picture()
        os.kill(shards.process_ids[1], signal.SIGKILL)
        with pytest.raises(ShardError, match="shard 1 has ended"):
            shards.picture()


def test_shards_restored_after_one_died_go_on_as_if_nothing_had_happened() -> None:
    plots = turns(places(30, 5), 6)
    half = len(plots) // 2
    cuts = {"cuts_east_m": [0.0], "margin_m": 15e3}
    with Shards([SENSOR], **cuts) as shards:  # type: ignore[arg-type]
        for turn in plots[:half]:
            shards.take(turn)
        kept = shards.state()
        went_on = [shards.take(turn).tobytes() for turn in plots[half:]]
        os.kill(shards.process_ids[0], signal.SIGKILL)
    with Shards([SENSOR], **cuts) as fresh:  # type: ignore[arg-type]
        fresh.restore(kept)
        assert fresh.state() == kept
        assert [fresh.take(turn).tobytes() for turn in plots[half:]] == went_on


def test_a_state_of_other_shards_is_refused() -> None:
    with Shards([SENSOR], cuts_east_m=[0.0]) as shards, Shards([SENSOR], cuts_east_m=[1.0]) as others:
        with pytest.raises(ConfigError, match="other sensors, cuts or parameters"):
            others.restore(shards.state())
        with pytest.raises(ConfigError, match="no state of shards"):
            others.restore(b"nothing")


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"cuts_east_m": [1.0, 0.0]}, "cuts_east_m must rise"),
        ({"cuts_north_m": [float(k) for k in range(80)]}, "at most 64"),
        ({"margin_m": 0.0}, "margin_m"),
        ({"no_such": 1}, "there are: motion"),
    ],
)
def test_what_cannot_be_is_refused_before_any_process_starts(fields: dict[str, object], word: str) -> None:
    with pytest.raises(ConfigError, match=word):
        Shards([SENSOR], **fields)  # type: ignore[arg-type]
