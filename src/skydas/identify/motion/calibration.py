"""From raw scores to probabilities that hold: a temperature for each level, one tree of groups and classes, sets."""

from __future__ import annotations

from typing import Final

import numpy as np

from skydas.model import CLASS_COUNT, BoolArray, FloatArray, ObjectClass

# What moves alike stands in one group; the names say how it moves.
GROUPS: Final[tuple[tuple[str, tuple[ObjectClass, ...]], ...]] = (
    ("airliner", (ObjectClass.AIRLINER,)),
    (
        "winged",
        (
            ObjectClass.LIGHT_AIRCRAFT,
            ObjectClass.GLIDER,
            ObjectClass.HELICOPTER,
            ObjectClass.FIXED_WING_DRONE,
            ObjectClass.ONE_WAY_DRONE,
        ),
    ),
    ("hovering_or_flapping", (ObjectClass.MULTIROTOR, ObjectClass.BIRD)),
    ("drifting", (ObjectClass.BALLOON,)),
)
GROUP_OF: Final = {int(member): row for row, (_, members) in enumerate(GROUPS) for member in members}
TOLD: Final = tuple(sorted(GROUP_OF))  # classes that motion tells apart; of the others it says nothing
PRIOR: Final = np.array([1.0 / len(TOLD) if k in GROUP_OF else 0.0 for k in range(CLASS_COUNT)])


def softmax(scores: FloatArray, temperature: float) -> FloatArray:
    """Return probabilities of raw scores (m, c) softened by a temperature, each row with the sum 1."""
    cooled = scores / temperature
    powers = np.exp(cooled - cooled.max(axis=1, keepdims=True))
    shares: FloatArray = powers / powers.sum(axis=1, keepdims=True)
    return shares


def joined(group: FloatArray, within: dict[int, FloatArray]) -> FloatArray:
    """Return the probability of each ObjectClass, (m, 12): that of its group times its share within the group.

    group : (m, groups); within : row of GROUPS -> (m, members), for groups of several classes
    """
    probability = np.zeros((len(group), CLASS_COUNT))
    for row, (_, members) in enumerate(GROUPS):
        for k, member in enumerate(members):
            share = within[row][:, k] if len(members) > 1 else 1.0
            probability[:, int(member)] = group[:, row] * share
    return probability


def log_ratio(probability: FloatArray, prior: FloatArray, floor: float) -> FloatArray:
    """Return log(probability / prior), (m, 12), ready to be added to other evidence; 0 where motion says nothing.

    floor : the part of every answer that is replaced by the prior, so that no class is ever ruled out by motion alone
    """
    told = prior > 0.0
    ratio = np.zeros_like(probability)
    ratio[:, told] = np.log((1.0 - floor) * probability[:, told] / prior[told] + floor)
    ratio[np.isnan(probability).any(axis=1)] = 0.0
    return ratio


def smallest_sets(probability: FloatArray, mass: float) -> BoolArray:
    """Return the fewest classes whose probabilities reach `mass`, (m, 12), the most probable first; never none."""
    order = np.argsort(-probability, axis=1, kind="stable")
    ranked = np.take_along_axis(probability, order, axis=1)
    before = np.cumsum(ranked, axis=1) - ranked
    chosen = (before < mass) & (ranked > 0.0)
    sets = np.zeros(probability.shape, np.bool_)
    np.put_along_axis(sets, order, chosen, axis=1)
    return sets


def mass_needed(probability: FloatArray, truth: FloatArray | np.ndarray, weight: FloatArray, coverage: float) -> float:
    """Return the mass whose sets hold the truth in `coverage` of held-out rows by weight (split conformal)."""
    order = np.argsort(-probability, axis=1, kind="stable")
    ranked = np.take_along_axis(probability, order, axis=1)
    place = np.argmax(order == np.asarray(truth)[:, None], axis=1)
    before = np.take_along_axis(np.cumsum(ranked, axis=1) - ranked, place[:, None], axis=1)[:, 0]
    ascending = np.argsort(before, kind="stable")
    reached = np.cumsum(weight[ascending]) / weight.sum()
    at = min(int(np.searchsorted(reached, coverage)), len(before) - 1)
    return float(np.nextafter(before[ascending[at]], 2.0))
