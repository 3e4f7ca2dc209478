"""What sensor health makes of counts: posteriors that are right, and alarms when there is something, not before."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from skydas.fuse.health import Alarm, Health, HealthParams, Watched
from skydas.fuse.health.counts import basis_of, coverage, detection, false_plots, nothing_watched, period
from skydas.fuse.health.drift import bar
from skydas.fuse.records import DUE, INTERVALS, OWN_DUE, OWN_SEEN, RINGS, SECTORS, SEEN
from skydas.model import NS_PER_S, FloatArray, SensorConfig
from tests.unit.fuse_scenes import START_NS, radar

BLOCK_NS = 10 * NS_PER_S
TURNS = 2.5  # of an antenna in a block
PERIOD_BIN = INTERVALS // 2  # of intervals as long as stated


class Scene:
    """Two radars watched over blocks of ten seconds; the first is the one that is looked at."""

    def __init__(self, seed: int = 1, **params: float) -> None:
        self.rng = np.random.default_rng(seed)
        self.sensors = [radar("north", id=1), radar("south", id=2)]
        self.health = Health(HealthParams(**params), self.sensors)
        self.counted = nothing_watched(2)
        self.now_ns = START_NS
        self.alarms: list[Alarm] = []

    def block(
        self, share: float = 0.9, clutter: float = 5.0, periods: float = 1.01, targets: int = 40, heard: bool = True
    ) -> list[Alarm]:
        """Let ten seconds pass: targets that others see, plots and false plots of the first radar."""
        self.now_ns += BLOCK_NS
        cells = self.counted.cells
        at = self.rng.integers(0, SECTORS, targets), self.rng.integers(0, RINGS, targets)
        hits = self.rng.binomial(5, share, targets) / 2.0
        for sector, ring, seen in zip(*at, hits, strict=True):
            cells[0, sector, ring, SEEN] += seen
            cells[0, sector, ring, DUE] += TURNS
        self.counted.intervals[0, PERIOD_BIN + int(np.floor(8 * np.log2(periods)))] += (
            np.array([1.0, periods, periods**2]) * targets
        )
        self.counted.false_plots[0] += self.rng.poisson(clutter * TURNS)
        self.counted.turns[0] += TURNS
        heard_ns = np.array([self.now_ns if heard else 0, self.now_ns])
        told = self.health.step(self.now_ns, Watched(*(array.copy() for array in self.counted)), heard_ns)
        self.alarms += told
        return told

    def blocks(self, count: int, **given: float) -> list[str]:
        """Let `count` blocks pass and return what was told in them."""
        return [alarm.what for _ in range(count) for alarm in self.block(**given)]  # type: ignore[arg-type]


def test_the_detection_probability_is_within_three_of_its_sigmas_in_nearly_all_cases() -> None:
    rng = np.random.default_rng(5)
    off = []
    for _ in range(500):
        true, due = rng.uniform(0.1, 0.98), int(rng.integers(20, 400))
        estimate = detection(float(rng.binomial(due, true)), float(due))
        assert estimate is not None
        off.append((estimate.value - true) / estimate.sigma)
    assert 0.85 < np.std(off) < 1.15
    assert np.mean(np.abs(off) > 3.0) < 0.02


def test_false_plots_a_turn_are_within_three_of_their_sigmas_in_nearly_all_cases() -> None:
    rng = np.random.default_rng(6)
    off = []
    for _ in range(500):
        true, turns = rng.uniform(0.5, 30.0), int(rng.integers(20, 300))
        estimate = false_plots(float(rng.poisson(true * turns)), float(turns))
        assert estimate is not None
        off.append((estimate.value - true) / estimate.sigma)
    assert 0.85 < np.std(off) < 1.15


def test_what_rests_on_too_little_is_not_told() -> None:
    assert detection(5.0, 6.0) is None
    assert false_plots(0.0, 0.0) is None
    assert period(np.zeros((INTERVALS, 3)), 4.0) is None
    assert basis_of(np.zeros(4)) == "none"


def test_the_period_is_the_mean_of_the_most_usual_interval_and_not_of_missed_turns() -> None:
    rng = np.random.default_rng(7)
    intervals = np.zeros((INTERVALS, 3))
    for turns, count in ((1, 700), (2, 200), (3, 60)):
        for periods in turns * 1.25 + rng.normal(0.0, 0.01, count):
            row = int(np.floor(8 * (np.log2(periods) + 4)))
            intervals[row] += 1.0, periods, periods**2
    estimate = period(intervals, 4.0)
    assert estimate is not None
    assert abs(estimate.value - 5.0) < 4.0 * estimate.sigma
    assert estimate.sigma < 0.005


def test_a_sensor_that_nobody_can_judge_is_measured_by_what_it_sees_again() -> None:
    cells = np.zeros((SECTORS, RINGS, 4))
    cells[3, 2, [OWN_SEEN, OWN_DUE]] = 80.0, 100.0
    assert basis_of(cells.sum(axis=(0, 1))) == "own"
    told = coverage(cells)
    assert told[3, 2] == 80
    assert np.count_nonzero(told == 255) == SECTORS * RINGS - 1
    cells[3, 2, [SEEN, DUE]] = 1.0, 100.0  # and as soon as others do see, by what they see
    assert basis_of(cells.sum(axis=(0, 1))) == "others"
    assert coverage(cells)[3, 2] == 1


@pytest.mark.parametrize(
    ("fault", "what"),
    [
        (lambda scene: scene.blocks(12, share=0.5), "detection_fell"),
        (lambda scene: scene.blocks(12, clutter=15.0), "clutter_rose"),
        (lambda scene: scene.blocks(60, periods=1.4), "period_differs"),
    ],
)
def test_a_fault_is_told_once_and_nothing_else_is(fault: Callable[[Scene], list[str]], what: str) -> None:
    scene = Scene(forget_s=300.0)
    assert scene.blocks(120) == []
    assert fault(scene) == [what]
    assert scene.health.figures()[0].alarms == [what]
    assert scene.health.figures()[1].alarms == []


def test_a_sensor_that_recovers_is_told_once_and_a_single_good_block_is_no_recovery() -> None:
    scene = Scene()
    scene.blocks(120)
    assert scene.blocks(12, share=0.5) == ["detection_fell"]
    assert scene.blocks(1, share=0.9) == []
    assert scene.blocks(20, share=0.5) == []
    told = [alarm for _ in range(20) for alarm in scene.block()]
    assert [(alarm.what, alarm.is_over) for alarm in told] == [("detection_fell", True)]
    assert scene.health.figures()[0].alarms == []


def test_sensors_that_do_not_change_are_not_told_of_in_twenty_hours() -> None:
    told = 0
    for seed in range(5):
        scene = Scene(seed)
        told += len(scene.blocks(1440))
    # The bound for two tests of two sensors over 20 h is 0.11 alarms.
    assert told == 0


def test_a_sensor_that_falls_silent_is_not_called_blind_too() -> None:
    scene = Scene()
    scene.blocks(120)
    assert scene.blocks(30, share=0.0, clutter=0.0, heard=False) == []
    assert scene.blocks(20) == []


def test_traffic_that_moves_to_where_the_sensor_sees_badly_is_no_loss() -> None:
    scene = Scene()
    rng, cells = np.random.default_rng(3), scene.counted.cells
    heard_ns = np.zeros(2, np.int64)

    def pass_block(ring: int, share: float) -> list[Alarm]:
        scene.now_ns += BLOCK_NS
        heard_ns[:] = scene.now_ns
        cells[0, :, ring, SEEN] += rng.binomial(5, share, SECTORS) / 2.0
        cells[0, :, ring, DUE] += TURNS
        return scene.health.step(scene.now_ns, Watched(*(array.copy() for array in scene.counted)), heard_ns)

    for _ in range(100):
        assert pass_block(1, 0.95) == pass_block(8, 0.5) == []
    assert [pass_block(8, 0.5) for _ in range(60)] == [[]] * 60


def test_a_change_that_stays_becomes_what_is_usual() -> None:
    scene = Scene(baseline_forget_s=1200.0)
    scene.blocks(120)
    assert scene.blocks(12, share=0.5) == ["detection_fell"]
    told = [alarm for _ in range(130) for alarm in scene.block(share=0.5)]
    assert [(alarm.what, alarm.is_over) for alarm in told] == [("detection_fell", True)]
    assert "usual" in told[0].text


def test_the_evidence_that_tells_a_change_follows_from_the_false_alarms_wanted() -> None:
    assert bar(HealthParams(days_between_false_alarms=30.0)) == pytest.approx(np.log(259_200.0))


def biased(scene: Scene, range_m: float, sigma_m: float = 5.0) -> list[Alarm]:
    """Let a minute pass and tell the first radar's range bias."""
    scene.now_ns += 60 * NS_PER_S
    value, sigma = np.full((2, 4), np.nan), np.full((2, 4), np.nan)
    value[0, 0], sigma[0, 0] = range_m, sigma_m
    return scene.health.step_biases(scene.now_ns, value, sigma)


def test_a_bias_that_moves_is_told_and_one_that_is_only_found_is_not() -> None:
    scene = Scene()
    told = [biased(scene, value, sigma) for value, sigma in ((90.0, 60.0), (110.0, 30.0), (121.0, 8.0), (119.0, 5.0))]
    told += [biased(scene, 120.0) for _ in range(20)]
    assert told == [[]] * 24
    moving: list[Alarm] = []
    for step in range(1, 15):
        moving += biased(scene, 120.0 + 10.0 * step)
    assert [(alarm.what, alarm.is_over, alarm.sensor) for alarm in moving] == [("bias_moved", False, 0)]
    assert "range bias moved by +" in moving[0].text
    still: list[Alarm] = []
    for _ in range(20):
        still += biased(scene, 260.0)
    assert [alarm.is_over for alarm in still] == [True]


def test_a_restored_health_goes_on_as_the_one_it_was_taken_from() -> None:
    scene, other = Scene(), Scene()
    scene.blocks(60)
    biased(scene, 100.0)
    other.health.restore(scene.health.state())
    other.counted, other.now_ns = Watched(*(array.copy() for array in scene.counted)), scene.now_ns
    other.rng.bit_generator.state = scene.rng.bit_generator.state
    assert scene.blocks(30, share=0.4) == other.blocks(30, share=0.4) != []
    assert scene.health.state() == other.health.state()


def test_a_state_with_other_sensors_is_refused() -> None:
    with pytest.raises(ValueError, match="other sensors"):
        Health(HealthParams(), [SensorConfig(id=1, name="one", kind="radar_2d")]).restore(Scene().health.state())


def test_the_tracker_gets_a_probability_within_limits_and_only_where_enough_is_known() -> None:
    scene = Scene()
    assert np.isnan(scene.health.detection_of_radars()).all()
    scene.blocks(3)
    scene.counted.cells[0, 0, 0, [OWN_SEEN, OWN_DUE]] = 500.0, 500.0
    scene.counted.cells[1, 0, 0, [OWN_SEEN, OWN_DUE]] = 10.0, 11.0
    scene.blocks(2)
    told: FloatArray = scene.health.detection_of_radars()
    assert told[0] == 0.95
    assert np.isnan(told[1])
