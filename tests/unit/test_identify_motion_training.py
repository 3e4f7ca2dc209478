"""How the classifier of motion is trained: fair splits, honest figures, the same file from the same seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skydas.cli.train import train
from skydas.cli.training import fit
from skydas.cli.training.diagram import reliability_svg
from skydas.cli.training.flights import Flight, pieces, smoothed
from skydas.cli.training.imagined import PILOTS, imagined_flight
from skydas.cli.training.metrics import quality
from skydas.cli.training.recordings import real_flights
from skydas.cli.training.samples import SCENARIO, Samples, draw, scenario_flights
from skydas.errors import ConfigError
from skydas.identify.motion.calibration import (
    GROUP_OF,
    TOLD,
    joined,
    log_ratio,
    mass_needed,
    smallest_sets,
    softmax,
)
from skydas.identify.motion.features_kernels import FEATURE_COUNT
from skydas.identify.motion.model import read_model, write_model
from skydas.model import CLASS_COUNT, ObjectClass
from tests.paths import DATA, needs_shared

SOURCES = [source for fold in fit.FOLDS for source in fold]


def invented(per_class: int, seed: int = 1) -> Samples:
    """Return windows of every class that differ in two features, of three objects in two sources each."""
    rng = np.random.default_rng(seed)
    kind = np.repeat(np.array(TOLD), per_class)
    rows = rng.normal(size=(len(kind), FEATURE_COUNT))
    rows[:, 0] += 4.0 * kind
    rows[:, 1] += 6.0 * np.array([GROUP_OF[int(one)] for one in kind])
    source = np.where(
        rng.random(len(kind)) < 0.3, "imagined", np.array(SOURCES)[rng.integers(0, len(SOURCES), len(kind))]
    )
    name = np.array([f"object-{number}" for number in rng.integers(0, 3, len(kind))])
    return Samples(rows, kind, source, name, np.full(len(kind), "surveillance_3d"))


def test_a_source_that_is_judged_had_no_part_in_what_judges_it() -> None:
    samples = invented(60)
    fold = fit.folds_by_source(samples)
    for k in range(len(fit.FOLDS)):
        assert not set(samples.source[fold == k]) & set(samples.source[fold != k])
    assert (fold[samples.source == "imagined"] == -1).all()


def test_an_object_that_is_judged_had_no_part_in_what_judges_it() -> None:
    samples = invented(60)
    fold = fit.folds_by_object(samples)
    objects = np.char.add(samples.source, samples.name)
    for k in range(len(fit.FOLDS)):
        assert not set(objects[fold == k]) & set(objects[fold != k])


@pytest.mark.parametrize("kind", PILOTS)
def test_classes_weigh_alike_and_in_a_class_its_sources_and_objects(kind: ObjectClass) -> None:
    samples = invented(60)
    weight = samples.weights()
    of_kind = samples.kind == int(kind)
    assert weight[of_kind].sum() == pytest.approx(1.0)
    sources = np.unique(samples.source[of_kind])
    for source in sources:
        assert weight[of_kind & (samples.source == source)].sum() == pytest.approx(1.0 / len(sources))


def test_the_same_windows_and_seed_give_the_same_file_and_the_file_says_what_the_trees_say() -> None:
    samples = invented(25)
    temperatures = {-1: 1.3} | dict.fromkeys(fit.SEVERAL, 1.7)
    parts = [fit.finished(fit.fitted(samples, 3), temperatures, 0.9) for _ in range(2)]
    files = [write_model({(60, 2): part}, "a test") for part in parts]
    assert files[0] == files[1]
    again = read_model(files[0], "again.npz").parts[60, 2]
    for one, other in zip(parts[0].judge(samples.features), again.judge(samples.features), strict=True):
        assert one.tobytes() == other.tobytes()
    _, probability = again.judge(samples.features)
    assert (probability.argmax(axis=1) == samples.kind).mean() > 0.9


def test_what_is_left_out_is_judged_row_by_row_and_calibrated_without_itself() -> None:
    samples = invented(15)
    held_out = fit.unseen(samples, fit.folds_by_source(samples), 3)
    assert len(held_out.fold) == (fit.folds_by_source(samples) >= 0).sum()
    temperatures, mass = fit.calibrated(held_out, held_out.fold != 0)
    group, probability = fit.probabilities(held_out, temperatures, held_out.fold == 0)
    assert 0.0 < mass <= 1.0 + 1e-9
    assert np.abs(group.sum(axis=1) - 1.0).max() < 1e-9
    assert (probability.argmax(axis=1) == held_out.samples.kind[held_out.fold == 0]).mean() > 0.6


def test_features_that_nobody_may_know_have_no_part_in_the_trees() -> None:
    samples = fit.knowing(invented(15), 0)
    trees = fit.fitted(samples, 1)
    assert max(int(one.feature.max()) for one in trees.values()) < fit.USED[0]


def test_the_best_temperature_undoes_scores_that_are_three_times_too_sure() -> None:
    rng = np.random.default_rng(4)
    scores = rng.normal(size=(20_000, 3))
    shares = softmax(scores, 1.0)
    answer = (rng.random(len(scores))[:, None] > np.cumsum(shares, axis=1)).sum(axis=1)
    assert fit.best_temperature(3.0 * scores, answer, np.ones(len(scores))) == pytest.approx(3.0, rel=0.05)


def test_sets_hold_the_truth_as_often_as_they_promise_on_windows_not_used_for_it() -> None:
    rng = np.random.default_rng(5)
    group = softmax(rng.normal(size=(8000, 4)), 0.7)
    within = {row: softmax(rng.normal(size=(8000, 5 if row == 1 else 2)), 0.7) for row in fit.SEVERAL}
    probability = joined(group, within)
    truth = (rng.random(8000)[:, None] > np.cumsum(probability, axis=1)).sum(axis=1)
    mass = mass_needed(probability[:4000], truth[:4000], np.ones(4000), 0.9)
    sets = smallest_sets(probability[4000:], mass)
    assert sets[np.arange(4000), truth[4000:]].mean() == pytest.approx(0.9, abs=0.02)
    assert sets.sum(axis=1).mean() < 7


def test_the_log_ratio_of_an_answer_equal_to_the_prior_is_nothing() -> None:
    prior = np.where(np.isin(np.arange(CLASS_COUNT), TOLD), 1.0 / len(TOLD), 0.0)
    assert np.abs(log_ratio(prior[None, :], prior, 0.02)).max() < 1e-12


def test_figures_of_answers_that_are_known_beforehand() -> None:
    samples = invented(50)
    probability = np.full((len(samples.kind), CLASS_COUNT), 0.0)
    probability[np.arange(len(samples.kind)), samples.kind] = 1.0
    group = np.eye(4)[[GROUP_OF[int(kind)] for kind in samples.kind]]
    told = quality(samples, group, probability, 0.9)
    assert (told.balanced, told.groups, told.ece, told.answered, told.sets_size) == pytest.approx((1, 1, 0, 1, 1))
    always = np.zeros_like(probability)
    always[:, int(ObjectClass.BIRD)] = 0.9
    told = quality(samples, group, always, 0.9)
    assert told.balanced == pytest.approx(1.0 / len(TOLD))
    assert told.ece == pytest.approx(0.9 - 1.0 / len(TOLD))
    assert reliability_svg({"60 s": told}).count("<circle") == 2


@pytest.mark.parametrize("kind", PILOTS)
def test_simulated_flights_are_drawn_alike_from_a_seed_and_stay_above_the_ground(kind: ObjectClass) -> None:
    first, again = (imagined_flight(kind, 1, 200.0, np.random.default_rng(9)) for _ in range(2))
    assert first.place_m.tobytes() == again.place_m.tobytes()
    assert first.place_m[:, 2].min() >= 5.0 - 1e-9
    speed = np.linalg.norm(np.diff(first.place_m, axis=0), axis=1) / np.diff(first.t_s)
    assert speed.max() < 320.0


def test_drones_of_the_scenario_simulator_are_a_source_of_their_own() -> None:
    flights = scenario_flights(1, 6, 200.0)
    assert {flight.kind for flight in flights} == {ObjectClass.FIXED_WING_DRONE, ObjectClass.ONE_WAY_DRONE}
    assert {flight.source for flight in flights} == {SCENARIO}
    assert not any(flight.is_real for flight in flights)


def test_a_flight_is_cut_where_it_is_silent_or_jumps_and_short_pieces_are_left_out() -> None:
    t = np.concatenate((np.arange(0.0, 200.0), np.arange(300.0, 360.0), np.arange(400.0, 800.0)))
    latitude = 55.0 + t * 1e-3
    latitude[t >= 600.0] += 1.0
    place = (latitude, np.full(len(t), 24.0), np.full(len(t), 100.0))
    found = pieces(ObjectClass.AIRLINER, "here", "one", t, place, None, 0.0)
    assert [round(flight.length_s) for flight in found] == [199, 199, 199]


def test_running_means_keep_a_straight_climb() -> None:
    t = np.arange(100.0)
    assert np.abs(smoothed(3.0 * t, t, 8.0) - 3.0 * t)[8:-8].max() < 1e-9


def test_windows_drawn_twice_from_a_seed_are_the_same_to_the_bit() -> None:
    t = np.arange(0.0, 200.0)
    place = np.column_stack((50.0 * t, 0.0 * t, 300.0 + 0.0 * t))
    flight = Flight(ObjectClass.HELICOPTER, "zurich", "one", True, t, place, 0.0)
    tables = [draw([flight], 2, 1, 7, lambda _: None) for _ in range(2)]
    assert sorted(tables[0]) == sorted(tables[1])
    for key, table in tables[0].items():
        assert table.features.tobytes() == tables[1][key].features.tobytes()


@needs_shared
def test_every_recording_gives_flights_of_the_class_it_is_known_to_hold() -> None:
    flights = real_flights(DATA)
    assert {flight.source for flight in flights} | {SCENARIO} == set(SOURCES)
    for flight in flights:
        assert (np.diff(flight.t_s) > 0.0).all()
        assert np.isfinite(flight.place_m).all()
    kinds = {flight.kind for flight in flights}
    assert kinds == set(PILOTS) - {ObjectClass.FIXED_WING_DRONE, ObjectClass.ONE_WAY_DRONE}


def test_training_without_recordings_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is no folder"):
        train(data=tmp_path / "nothing", out=tmp_path / "model.npz")
    with pytest.raises(ConfigError, match="quickstart"):
        train(data=tmp_path, out=tmp_path / "model.npz")
    with pytest.raises(ConfigError, match="--windows must be from 1"):
        train(data=tmp_path, out=tmp_path / "model.npz", windows=0)


def test_a_model_that_is_there_is_not_replaced_unasked(tmp_path: Path) -> None:
    out = tmp_path / "model.npz"
    out.write_bytes(b"mine")
    with pytest.raises(ConfigError, match="already there"):
        train(data=tmp_path, out=out)
    assert out.read_bytes() == b"mine"
