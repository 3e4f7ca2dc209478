"""One bad sensor among three good ones: no target is lost to it, no track of the good ones is pulled away, and what it
reports elsewhere does not stay in the picture.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from skydas.config import node_config
from skydas.errors import ConfigError
from skydas.evaluate.points import gospa_m
from skydas.fuse.health import HealthParams, Misplaced
from skydas.model import FloatArray, Rows
from tests.unit.fuse_scenes import PLANE, at_ns, confirmed, polar_plots, radar, straight, tracker_of

GOOD = (radar("north", north_deg=55.3), radar("west", east_deg=23.6), radar("east", east_deg=24.5))
BAD = radar("bad", north_deg=54.8, east_deg=24.1)
CUTOFF_M = 1_000.0
TARGETS = 12


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
def picture_error(fault: str, seed: int, seconds: float = 120.0, *, looks: bool = False) -> tuple[float, float, int]:
    """Return three scores of the last minute.

    Mean GOSPA (m), mean error of each target's nearest track (m), and how many targets at once had none.
    looks : whether somebody holds what each sensor alone sees against the others, as a node does
    """
    sensors = [*GOOD, BAD]
    misplaced = Misplaced(HealthParams(), sensors, PLANE)
    rng = np.random.default_rng(seed + 100)
    start = targets(seed)
    tracker = tracker_of(*GOOD, BAD)
    gospa, error, missing = [], [], 0
    for t_s in np.arange(0.0, seconds, 1.0).tolist():
        row = int(t_s) % 4
        noise = rng.normal(size=(TARGETS, 4))
        states = straight(t_s, start)
        if row < 3:
            tracker.step(at_ns(t_s), polar_plots(GOOD[row], row, t_s, states, noise))
        elif fault:
            tracker.step(at_ns(t_s), of_the_bad_one(fault, t_s, states, noise))
        tracker.tick(at_ns(t_s + 0.5))
        if looks and misplaced.step(at_ns(t_s), tracker.picture(at_ns(t_s))):
            tracker.use_doubts(misplaced.doubted_ns > 0)
        if t_s >= seconds - 60.0:
            place = confirmed(tracker.picture(at_ns(t_s)))["position_enu_m"]
            gospa.append(gospa_m(states[:, :3], place, CUTOFF_M))
            away = np.linalg.norm(states[:, None, :3] - place, axis=2).min(axis=1)
            error.append(np.minimum(away, CUTOFF_M).mean())
            missing = max(missing, int((away > CUTOFF_M).sum()))
    return float(np.mean(gospa)), float(np.mean(error)), missing


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
    _, without_m, missing_without = picture_error("", seed)
    _, with_m, missing_with = picture_error(fault, seed)
    assert missing_without == missing_with == 0
    assert with_m < ratio_max * without_m


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(
    "fault",
    ["stands elsewhere by 20 km", "is turned by 20 degrees", "is a minute late", "two radars under one name"],
)
def test_what_a_misplaced_sensor_alone_sees_leaves_the_picture(fault: str, seed: int) -> None:
    without_m = picture_error("", seed, 240.0)[0]
    assert picture_error(fault, seed, 240.0)[0] > 4.0 * without_m
    assert picture_error(fault, seed, 240.0, looks=True)[0] < 1.15 * without_m


@pytest.mark.parametrize("seed", range(10))
def test_no_sensor_that_stands_where_it_is_said_to_stand_is_doubted(seed: int) -> None:
    assert picture_error("none", seed, 240.0, looks=True) == picture_error("none", seed, 240.0)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_same_sensor_without_its_fault_makes_the_picture_better(seed: int) -> None:
    assert picture_error("none", seed)[0] < picture_error("", seed)[0]
    assert picture_error("none", seed)[1] < picture_error("", seed)[1]


def test_two_sensors_with_one_id_or_one_wire_name_are_a_fault_of_the_node_file() -> None:
    one = '[[sensors]]\nid = 1\nname = "a"\nkind = "radar_2d"\nsac = 1\nsic = 2\n'
    one += "latitude_deg = 55.0\nlongitude_deg = 24.0\n"
    same_id = one.replace('"a"', '"b"').replace("sic = 2", "sic = 3")
    same_wire = one.replace('"a"', '"b"').replace("id = 1", "id = 2")
    for other, key in ((same_id, "id"), (same_wire, "sac and sic")):
        with pytest.raises(ConfigError, match=rf"{key}: .* is there twice"):
            node_config(f'[node]\nname = "n"\n\n{one}\n{other}')
