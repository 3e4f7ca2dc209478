"""Fitting: trees for the groups and for the classes within each, calibrated on sources that they never saw."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from skydas.cli.training.samples import Samples
from skydas.cli.training.samples import joined as together
from skydas.errors import ConfigError
from skydas.identify.motion.calibration import GROUP_OF, GROUPS, joined, mass_needed, softmax
from skydas.identify.motion.features_kernels import FEATURE_COUNT, HEIGHT_FROM, TERRAIN_FROM
from skydas.identify.motion.model import Part, Trees
from skydas.identify.motion.trees_kernels import LEAF
from skydas.model import FloatArray, IntArray

COVERAGE: Final = 0.9
# Each fold leaves these sources out; none of a fold's sources has a part in what judges it.
FOLDS: Final[tuple[tuple[str, ...], ...]] = (
    ("united_kingdom", "drone_trial", "sonde_R3320833"),
    ("paris", "bornholm", "uav_log", "sonde_R3330518"),
    ("franconia", "zurich", "porto", "sonde_S3140158"),
    ("storks", "scenario_simulator"),
)
ROUNDS: Final = 90  # of boosting
_TREES: Final = {
    "learning_rate": 0.06, "max_leaf_nodes": 12, "min_samples_leaf": 15, "l2_regularization": 3.0,
    "max_features": 0.4, "early_stopping": False,
}  # fmt: skip
_TEMPERATURES: Final = np.exp(np.linspace(np.log(0.5), np.log(5.0), 181))
USED: Final = (HEIGHT_FROM, TERRAIN_FROM, FEATURE_COUNT)  # so many features, by row of KNOWN
SEVERAL: Final = tuple(row for row, (_, members) in enumerate(GROUPS) if len(members) > 1)


class Level(NamedTuple):
    """One decision: which rows it learns from, and the class number of each."""

    name: str
    mine: Any  # (n,) of bool
    answer: IntArray  # (n,), where mine


def levels(kind: IntArray) -> dict[int, Level]:
    """Return the decisions: -1 the group, else the row of GROUPS whose classes are told apart."""
    group = np.array([GROUP_OF[int(one)] for one in kind], np.int64)
    found = {-1: Level("group", np.ones(len(kind), np.bool_), group)}
    for row in SEVERAL:
        name, members = GROUPS[row]
        place = {int(member): k for k, member in enumerate(members)}
        found[row] = Level(name, group == row, np.array([place.get(int(one), 0) for one in kind], np.int64))
    return found


def classes_of(row: int) -> int:
    """Return among how many a level decides."""
    return len(GROUPS) if row == -1 else len(GROUPS[row][1])


def fitted(samples: Samples, seed: int, rounds: int = ROUNDS) -> dict[int, Trees]:
    """Return the trees of every level, not yet calibrated (temperature 1)."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    weight = samples.weights()
    # Without heights the trees are not shown what needs them: these features are the last, the others keep their place.
    features = samples.features[:, : int(np.isfinite(samples.features).any(axis=0).sum())]
    trees = {}
    for row, level in levels(samples.kind).items():
        chosen = HistGradientBoostingClassifier(random_state=seed, max_iter=rounds, **_TREES)
        mine = level.mine
        answer, share = level.answer[mine], weight[mine].copy()
        if len(np.unique(answer)) != classes_of(row):
            raise ConfigError(f"too few windows: of some class of '{level.name}' there is none; draw more of them")
        for one in np.unique(answer):
            share[answer == one] /= share[answer == one].sum()
        chosen.fit(features[mine], answer, sample_weight=share * len(answer) / share.sum())
        trees[row] = exported(chosen)
    return trees


def exported(classifier: Any) -> Trees:
    """Return a fitted HistGradientBoostingClassifier as plain arrays (docs/classifier.md, the file)."""
    root, output, start = [], [], 0
    columns: dict[str, list[Any]] = {
        name: [] for name in ("feature", "threshold", "left", "right", "missing_left", "value")
    }
    for round_ in classifier._predictors:
        for k, predictor in enumerate(round_):
            nodes = predictor.nodes
            leaf = nodes["is_leaf"].astype(np.bool_)
            root.append(start)
            output.append(k)
            columns["feature"].append(np.where(leaf, LEAF, nodes["feature_idx"]))
            columns["threshold"].append(np.where(leaf, 0.0, nodes["num_threshold"]))
            columns["left"].append(np.where(leaf, 0, nodes["left"] + start))
            columns["right"].append(np.where(leaf, 0, nodes["right"] + start))
            columns["missing_left"].append(np.where(leaf, 0, nodes["missing_go_to_left"]))
            columns["value"].append(np.where(leaf, nodes["value"], 0.0))
            start += len(nodes)
    types: dict[str, Any] = {"threshold": np.float64, "value": np.float64, "missing_left": np.bool_}
    arrays = {name: np.concatenate(parts).astype(types.get(name, np.int32)) for name, parts in columns.items()}
    base = np.asarray(classifier._baseline_prediction, np.float64).ravel()
    return Trees(np.array(root, np.int32), np.array(output, np.int32), **arrays, base=base, temperature=1.0)


class Unseen(NamedTuple):
    """Raw scores of windows that had no part in the trees, row by row beside `samples`."""

    samples: Samples
    scores: dict[int, FloatArray]  # level -> (n, classes); for all rows, whatever their group
    fold: IntArray  # (n,) by which they were left out


def folds_by_source(samples: Samples) -> IntArray:
    """Return the fold (n,) in which each window is left out with all of its source; -1: never, as what is imagined."""
    fold = np.full(len(samples.kind), -1)
    for k, left_out in enumerate(FOLDS):
        fold[np.isin(samples.source, left_out)] = k
    return fold


def folds_by_object(samples: Samples) -> IntArray:
    """Return the fold (n,) in which each window is left out with all of its object, but not its source; -1: never."""
    fold = np.full(len(samples.kind), -1)
    real = folds_by_source(samples) >= 0
    names = np.char.add(np.char.add(samples.source, " "), samples.name)
    for k, name in enumerate(np.unique(names[real])):
        fold[names == name] = k % len(FOLDS)
    return fold


def unseen(samples: Samples, fold: IntArray, seed: int, rounds: int = ROUNDS) -> Unseen:
    """Return what trees say of the windows that they were fitted without, fold by fold."""
    parts: list[Samples] = []
    scores: dict[int, list[FloatArray]] = {row: [] for row in (-1, *SEVERAL)}
    for k in range(len(FOLDS)):
        trees = fitted(samples.only(fold != k), seed, rounds)
        parts.append(samples.only(fold == k))
        for row, one in trees.items():
            scores[row].append(one.scores(parts[-1].features))
    return Unseen(
        together(parts),
        {row: np.concatenate(some) for row, some in scores.items()},
        np.repeat(np.arange(len(FOLDS)), [len(part.kind) for part in parts]),
    )


def calibrated(held_out: Unseen, of: Any) -> tuple[dict[int, float], float]:
    """Return the temperature of each level and the mass of the sets, from the rows `of` (n,) that trees never saw."""
    samples = held_out.samples.only(of)
    weight = samples.weights()
    temperatures = {}
    for row, level in levels(samples.kind).items():
        scores, answer = held_out.scores[row][of][level.mine], level.answer[level.mine]
        temperatures[row] = best_temperature(scores, answer, weight[level.mine])
    probability = probabilities(held_out, temperatures, of)[1]
    return temperatures, mass_needed(probability, samples.kind, weight, COVERAGE)


def best_temperature(scores: FloatArray, answer: IntArray, weight: FloatArray) -> float:
    """Return the temperature with the least log loss."""
    losses = []
    for temperature in _TEMPERATURES:
        told = softmax(scores, float(temperature))[np.arange(len(answer)), answer]
        losses.append(-(weight * np.log(np.maximum(told, 1e-12))).sum())
    return float(_TEMPERATURES[int(np.argmin(losses))])


def probabilities(held_out: Unseen, temperatures: dict[int, float], of: Any) -> tuple[FloatArray, FloatArray]:
    """Return the probability of each group (m, groups) and class (m, 12) of the rows `of`."""
    group = softmax(held_out.scores[-1][of], temperatures[-1])
    within = {row: softmax(held_out.scores[row][of], temperatures[row]) for row in SEVERAL}
    return group, joined(group, within)


def finished(trees: dict[int, Trees], temperatures: dict[int, float], set_mass: float) -> Part:
    """Return the part of a model file."""
    warm = {row: one._replace(temperature=temperatures[row]) for row, one in trees.items()}
    return Part(warm[-1], {row: warm[row] for row in SEVERAL}, set_mass)


def knowing(samples: Samples, known: int) -> Samples:
    """Return samples as they are where only so much (a row of KNOWN) is known."""
    features = samples.features.copy()
    features[:, USED[known] :] = np.nan
    return samples._replace(features=features)
