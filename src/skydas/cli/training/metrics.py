"""What the answers are worth, balanced over classes, sources and objects."""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np

from skydas.cli.training.samples import Samples
from skydas.identify.motion.calibration import GROUP_OF, smallest_sets
from skydas.model import FloatArray, IntArray, ObjectClass

EIGHT: Final = (
    ObjectClass.AIRLINER, ObjectClass.GLIDER, ObjectClass.HELICOPTER, ObjectClass.FIXED_WING_DRONE,
    ObjectClass.ONE_WAY_DRONE, ObjectClass.MULTIROTOR, ObjectClass.BALLOON, ObjectClass.BIRD,
)  # fmt: skip
BINS: Final = 10


class Quality(msgspec.Struct, frozen=True):
    """Figures of one set of windows; each is a share by weight, balanced over classes, sources and objects."""

    windows: int
    balanced: float  # of the class named is the true one
    groups: float
    ece: float  # of the class named
    ece_groups: float
    answered: float  # the best class reaches 0.7
    answered_right: float
    sets_hold: float
    sets_size: float
    recall: dict[str, float]
    reliability: list[tuple[float, float, float]]  # mean probability, share right, share of weight; by tenths
    reliability_groups: list[tuple[float, float, float]]
    confusion: dict[str, dict[str, float]]
    by_source: dict[str, float]  # "class source" -> share right


def only_eight(probability: FloatArray) -> FloatArray:
    """Return the probabilities among the eight classes of the figures alone, (m, 12)."""
    kept = np.zeros_like(probability)
    columns = [int(kind) for kind in EIGHT]
    kept[:, columns] = probability[:, columns]
    shares: FloatArray = kept / np.maximum(kept.sum(axis=1, keepdims=True), 1e-300)
    return shares


def quality(
    samples: Samples, group: FloatArray, probability: FloatArray, set_mass: float, sure_min: float = 0.7
) -> Quality:
    """Return the figures of windows (n,) with probabilities of groups (n, 4) and classes (n, 12)."""
    weight = samples.weights()
    weight /= weight.sum()
    named, sure = probability.argmax(axis=1), probability.max(axis=1)
    right = named == samples.kind
    true_group = np.array([GROUP_OF[int(kind)] for kind in samples.kind])
    group_right = group.argmax(axis=1) == true_group
    answered = sure >= sure_min
    sets = smallest_sets(probability, set_mass)
    kinds = np.unique(samples.kind)
    words = {int(kind): ObjectClass(int(kind)).name.lower() for kind in np.union1d(kinds, named)}
    confusion = {
        words[int(kind)]: {
            words[int(n)]: _share(weight, named == n, samples.kind == kind)
            for n in np.unique(named[samples.kind == kind])
        }
        for kind in kinds
    }
    return Quality(
        len(named),
        float(weight @ right),
        float(_by_group(weight, true_group) @ group_right),
        _ece(sure, right, weight),
        _ece(group.max(axis=1), group_right, weight),
        float(weight @ answered),
        _share(weight, right, answered),
        float(weight @ sets[np.arange(len(named)), samples.kind]),
        float(weight @ sets.sum(axis=1)),
        {words[int(kind)]: _share(weight, right, samples.kind == kind) for kind in kinds},
        reliability(sure, right, weight),
        reliability(group.max(axis=1), group_right, weight),
        confusion,
        {
            f"{words[int(kind)]} {source}": _share(weight, right, (samples.kind == kind) & (samples.source == source))
            for kind in kinds
            for source in np.unique(samples.source[samples.kind == kind])
        },
    )


def reliability(
    sure: FloatArray, right: FloatArray | np.ndarray, weight: FloatArray
) -> list[tuple[float, float, float]]:
    """Return mean probability, share right and weight of each tenth of probability that is not empty."""
    tenth = np.minimum((sure * BINS).astype(np.int64), BINS - 1)
    rows = []
    for k in range(BINS):
        mine = weight * (tenth == k)
        if mine.sum() > 0.0:
            rows.append(
                (float(mine @ sure / mine.sum()), float(mine @ right / mine.sum()), float(mine.sum() / weight.sum()))
            )
    return rows


def _ece(sure: FloatArray, right: FloatArray | np.ndarray, weight: FloatArray) -> float:
    return float(sum(share * abs(told - true) for told, true, share in reliability(sure, right, weight)))


def _share(weight: FloatArray, what: np.ndarray, among: np.ndarray) -> float:
    total = float(weight @ among)
    return float(weight @ (what & among)) / total if total > 0.0 else float("nan")


def _by_group(weight: FloatArray, true_group: IntArray | np.ndarray) -> FloatArray:
    """Return weights by which the groups count alike."""
    balanced = weight.copy()
    for one in np.unique(true_group):
        balanced[true_group == one] /= balanced[true_group == one].sum()
    total: FloatArray = balanced / balanced.sum()
    return total
