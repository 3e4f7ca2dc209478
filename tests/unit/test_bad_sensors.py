"""One bad sensor among three good ones: no target is lost to it, no track of the good ones is pulled away, and what it
reports elsewhere does not stay in the picture.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import pytest

from skydas.config import node_config
from skydas.errors import ConfigError
from skydas.evaluate.points import gospa_m
from skydas.fuse.health import HealthParams, Misplaced
from skydas.fuse.health.invented import invented
from skydas.model import FloatArray, Rows
from tests.unit.fuse_scenes import PLANE, at_ns, confirmed, polar_plots, radar, straight, tracker_of

GOOD = (radar("north", north_deg=55.3), radar("west", east_deg=23.6), radar("east", east_deg=24.5))
BAD = radar("bad", north_deg=54.8, east_deg=24.1)
CUTOFF_M = 1_000.0
TARGETS = 12
FOLLOWS = "follows each target at an offset of its own"
OFFSETS = (FOLLOWS, "follows each target at another offset each turn")


class Seen(NamedTuple):
    """What became of the picture."""

    gospa_m: float  # mean
    error_m: float  # mean, of each target's nearest track
    missing: int  # most targets that had none at once
    false: int  # most tracks at once that were further from every target than CUTOFF_M
    told: tuple[tuple[int, str], ...]  # row of the sensor and what was said of it


def targets(seed: int) -> FloatArray:
    """Return straight flights, (12, 6)."""
    rng = np.random.default_rng(seed)
    start = np.zeros((TARGETS, 6))
    start[:, :2] = rng.uniform(-60e3, 60e3, (TARGETS, 2))
    start[:, 2] = rng.uniform(4e3, 10e3, TARGETS)
    start[:, 3:5] = rng.normal(0.0, 130.0, (TARGETS, 2))
    return start


def of_the_bad_one(fault: str, t_s: float, states: FloatArray, noise: FloatArray) -> Rows:
    """Return what the bad radar reports."""
    if fault == "stands elsewhere by 500 m":
        return polar_plots(radar(north_deg=54.8, east_deg=24.1 + 500.0 / 64_000.0), 3, t_s, states, noise)
    if fault == "stands elsewhere by 20 km":
        return polar_plots(radar(north_deg=54.8, east_deg=24.1 + 20_000.0 / 64_000.0), 3, t_s, states, noise)
    if fault == "is a minute late":
        states = straight(-60.0, states)
    if fault in OFFSETS:
        rng = np.random.default_rng([7, 0 if fault == FOLLOWS else round(10.0 * t_s)])
        states = states.copy()
        states[:, :2] += rng.uniform(-8e3, 8e3, (len(states), 2))
    if fault == "reports 500 things that are not there":
        rng = np.random.default_rng([8, len(states), round(1e3 * abs(states[0, 3])), round(10.0 * t_s)])
        states = rng.uniform((-120e3, -120e3, 1e3, 0.0, 0.0, 0.0), (120e3, 120e3, 12e3, 0.1, 0.1, 0.1), (500, 6))
        noise = np.zeros((500, 4))
    plots = polar_plots(BAD, 3, t_s, states, noise)
    if fault == "is turned by 20 degrees":
        plots["azimuth_true_rad"] = (plots["azimuth_true_rad"] + np.radians(20.0)) % (2.0 * np.pi)
    if fault == "claims a tenth of its sigma":
        plots["cov"] *= 0.01
    if fault == "two radars under one name":
        other = polar_plots(radar(north_deg=55.2, east_deg=24.4), 3, t_s, states, noise[::-1])
        return np.concatenate((plots, other))
    return plots


@cache
def picture_error(fault: str, seed: int, seconds: float = 120.0, *, looks: bool = False) -> Seen:
    """Return the scores of the last minute.

    looks : whether somebody holds what each sensor alone sees against the others, as a node does
    """
    sensors = [*GOOD, BAD]
    misplaced = Misplaced(HealthParams(), sensors, PLANE)
    told: list[tuple[int, str]] = []
    rng = np.random.default_rng(seed + 100)
    start = targets(seed)
    tracker = tracker_of(*GOOD, BAD)
    gospa, error, missing, false = [], [], 0, 0
    for t_s in np.arange(0.0, seconds, 1.0).tolist():
        row = int(t_s) % 4
        noise = rng.normal(size=(TARGETS, 4))
        states = straight(t_s, start)
        if row < 3:
            tracker.step(at_ns(t_s), polar_plots(GOOD[row], row, t_s, states, noise))
        elif fault:
            tracker.step(at_ns(t_s), of_the_bad_one(fault, t_s, states, noise))
        tracker.tick(at_ns(t_s + 0.5))
        if looks and (new := misplaced.step(at_ns(t_s), tracker.picture(at_ns(t_s)))):
            told += [(row, text) for row, _, text in new]
            tracker.use_doubts(misplaced.doubted_ns > 0)
        if t_s >= seconds - 60.0:
            place = confirmed(tracker.picture(at_ns(t_s)))["position_enu_m"]
            gospa.append(gospa_m(states[:, :3], place, CUTOFF_M))
            between = np.linalg.norm(states[:, None, :3] - place, axis=2)
            away = between.min(axis=1)
            error.append(np.minimum(away, CUTOFF_M).mean())
            missing = max(missing, int((away > CUTOFF_M).sum()))
            false = max(false, int((between.min(axis=0) > CUTOFF_M).sum()))
    return Seen(float(np.mean(gospa)), float(np.mean(error)), missing, false, tuple(told))


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(
    ("fault", "ratio_max"),
    [
        ("stands elsewhere by 500 m", 1.15),
        ("stands elsewhere by 20 km", 1.15),
        ("two radars under one name", 1.15),
        ("claims a tenth of its sigma", 3.0),  # its plots within the gate count for more than they are worth
    ],
)
def test_a_bad_sensor_neither_hides_a_target_nor_pulls_its_track_away(fault: str, ratio_max: float, seed: int) -> None:
    without, seen = picture_error("", seed), picture_error(fault, seed)
    assert without.missing == seen.missing == 0
    assert seen.error_m < ratio_max * without.error_m


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(
    "fault",
    ["stands elsewhere by 20 km", "is turned by 20 degrees", "is a minute late", "two radars under one name"],
)
def test_what_a_misplaced_sensor_alone_sees_leaves_the_picture(fault: str, seed: int) -> None:
    without_m = picture_error("", seed, 240.0).gospa_m
    assert picture_error(fault, seed, 240.0).gospa_m > 4.0 * without_m
    assert picture_error(fault, seed, 240.0, looks=True).gospa_m < 1.15 * without_m


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_targets_invented_after_real_ones_leave_the_picture_and_their_sensor_is_named(seed: int) -> None:
    without_m = picture_error("", seed, 240.0).gospa_m
    assert picture_error(FOLLOWS, seed, 240.0).gospa_m > 4.0 * without_m
    looked_at = picture_error(FOLLOWS, seed, 240.0, looks=True)
    assert looked_at.gospa_m < 1.15 * without_m
    assert len(looked_at.told) == 1
    row, text = looked_at.told[0]
    assert row == 3
    assert "each some kilometres beside another one" in text


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("fault", [OFFSETS[1], "reports 500 things that are not there"])
def test_plots_without_any_order_hardly_become_tracks_and_pull_none(fault: str, seed: int) -> None:
    without, seen = picture_error("", seed), picture_error(fault, seed)
    assert seen.missing == 0
    assert seen.error_m < 1.15 * without.error_m
    assert seen.false <= 2


def test_what_others_do_not_see_and_flies_by_itself_is_not_invented() -> None:
    rng = np.random.default_rng(3)
    kinds = rng.uniform((-5e4, -5e4, -2e2, -2e2, 1.0), (5e4, 5e4, 2e2, 2e2, 3.0), (40, 5))
    swarm = np.repeat(kinds[:1], 12, axis=0)
    swarm[:, :2] += rng.uniform(-5e3, 5e3, (12, 2))
    for own in (kinds[20:], swarm):  # each its own way, and all like one of the others
        assert invented(own, kinds[:20]) == 0
    beside = kinds[:20].copy()
    beside[:, :2] += rng.uniform(-8e3, 8e3, (20, 2))
    assert invented(beside, kinds[:20]) >= 16


@pytest.mark.parametrize("seed", range(10))
def test_no_sensor_that_stands_where_it_is_said_to_stand_is_doubted(seed: int) -> None:
    assert picture_error("none", seed, 240.0, looks=True) == picture_error("none", seed, 240.0)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_same_sensor_without_its_fault_makes_the_picture_better(seed: int) -> None:
    assert picture_error("none", seed).gospa_m < picture_error("", seed).gospa_m
    assert picture_error("none", seed).error_m < picture_error("", seed).error_m


def test_two_sensors_with_one_id_or_one_wire_name_are_a_fault_of_the_node_file() -> None:
    one = '[[sensors]]\nid = 1\nname = "a"\nkind = "radar_2d"\nsac = 1\nsic = 2\n'
    one += "latitude_deg = 55.0\nlongitude_deg = 24.0\n"
    same_id = one.replace('"a"', '"b"').replace("sic = 2", "sic = 3")
    same_wire = one.replace('"a"', '"b"').replace("id = 1", "id = 2")
    for other, key in ((same_id, "id"), (same_wire, "sac and sic")):
        with pytest.raises(ConfigError, match=rf"{key}: .* is there twice"):
            node_config(f'[node]\nname = "n"\n\n{one}\n{other}')
