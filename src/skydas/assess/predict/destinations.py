"""From features to probabilities of places and of "elsewhere": a small network and a baseline, pooled by kind of route.

What a path shows (it holds course, wanders, has turned, or lingers) decides how much the network counts and how sure
it is; the rest is heading, miss and distance alone, fitted for that kind. A mean of probabilities scores, in Brier, at
most the mean of both scores: so where the network is wrong, what is told is not much worse than the baseline.

The parameters stand in data/destinations.json, made by `python -m bench.destinations --fit` with fixed seeds. The plain
heading/CPA baseline, fitted on the same cases, stands beside them to be measured against.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import numpy as np

from skydas.assess.predict import destination_kernels as columns
from skydas.assess.predict.paths import Paths
from skydas.assess.predict.places import Places
from skydas.model import FloatArray, IntArray

DATA: Final = Path(__file__).parent / "data"
SHOWN: Final = ("steady", "wandering", "turned", "lingers")
STEADY, WANDERING, TURNED, LINGERS = range(len(SHOWN))
STRAIGHT_MIN: Final = 0.98  # of the way flown that led away from the start: less is a turn
LINGERS_MAX: Final = 0.5  # and less than this no way at all


class Layers(msgspec.Struct, frozen=True):
    """One hidden layer: score = out . tanh(inner x + inner_bias) + skip . x + out_bias."""

    inner: list[list[float]]  # (inputs, hidden)
    inner_bias: list[float]
    out: list[float]
    skip: list[float]  # (inputs,)
    out_bias: float


class Pool(msgspec.Struct, frozen=True):
    """How the two are joined for one kind of route."""

    network: float  # share of the network
    temperature: float  # its scores are divided by this
    elsewhere: float  # added to its score of elsewhere
    angle: float  # what the other one loses by each feature
    miss: float
    distance: float
    of_elsewhere: float  # its score of elsewhere


class DestinationParameters(msgspec.Struct, frozen=True):
    """Everything that was fitted."""

    made_by: str
    seed: int
    routes: int
    place: Layers  # of features and context
    elsewhere: Layers  # of context
    baseline: list[float]  # weight of the angle, weight of the miss, score of elsewhere
    restless_min: float  # a straight path with more of it wanders
    pools: list[Pool]  # by SHOWN


class Evidence(msgspec.Struct):
    """What the paths of m tracks say of g places."""

    features: FloatArray  # (m, g, FEATURES)
    context: FloatArray  # (m, CONTEXT)


@cache
def destination_parameters() -> tuple[DestinationParameters, str]:
    """Return the parameters and the SHA-256 of their file."""
    octets = (DATA / "destinations.json").read_bytes()
    return msgspec.json.decode(octets, type=DestinationParameters), hashlib.sha256(octets).hexdigest()


def evidence(paths: Paths, slots: IntArray, places: Places) -> Evidence:
    """Return the features of every track in `slots` (m,) and every place."""
    found = np.zeros((len(slots), len(places.place), columns.FEATURES))
    context = np.zeros((len(slots), columns.CONTEXT))
    columns.features(
        slots, paths.points, paths.count, paths.now, paths.sigma, places.place, places.spread_m, found, context
    )
    return Evidence(found, context)


def scores(parameters: DestinationParameters, given: Evidence) -> tuple[FloatArray, FloatArray]:
    """Return the score of each place, (m, g), and of elsewhere, (m,): logarithms up to a common constant."""
    shape = given.features.shape
    context = np.broadcast_to(given.context[:, None, :], (*shape[:2], given.context.shape[1]))
    return score(parameters.place, np.concatenate((given.features, context), axis=2)), score(
        parameters.elsewhere, given.context
    )


def shown(parameters: DestinationParameters, context: FloatArray) -> IntArray:
    """Return which of SHOWN each path is, (m,)."""
    straight = context[:, columns.STRAIGHT]
    wanders = context[:, columns.RESTLESS] > parameters.restless_min
    found = np.where(straight < STRAIGHT_MIN, TURNED, np.where(wanders, WANDERING, STEADY))
    return np.where(straight < LINGERS_MAX, LINGERS, found).astype(np.int64)


class Experts(NamedTuple):
    """What both say, as scores."""

    network: tuple[FloatArray, FloatArray]  # of each place (m, g), of elsewhere (m,)
    plain: tuple[FloatArray, FloatArray]
    share: FloatArray  # (m, 1) of the network


def experts(parameters: DestinationParameters, given: Evidence) -> Experts:
    """Return the scores of both, each as its kind of route has it."""
    table = np.array([msgspec.structs.astuple(pool) for pool in parameters.pools])
    share, temperature, more, angle, miss, distance, none = table[shown(parameters, given.context)].T
    of_places, of_elsewhere = scores(parameters, given)
    weight = np.stack((angle, miss, distance), axis=1)[:, None, :]
    plain = -(given.features[..., [columns.ANGLE, columns.MISS, columns.DISTANCE]] * weight).sum(axis=2)
    return Experts(
        (of_places / temperature[:, None], (of_elsewhere + more) / temperature), (plain, none), share[:, None]
    )


def chances(parameters: DestinationParameters, given: Evidence, places: Places) -> FloatArray:
    """Return the probabilities of assets and, last, of elsewhere, (m, a + 1)."""
    both = experts(parameters, given)
    network, plain = probabilities(*both.network, places), probabilities(*both.plain, places)
    return both.share * network + (1.0 - both.share) * plain


def baseline_scores(weights: list[float], given: Evidence) -> tuple[FloatArray, FloatArray]:
    """Return the same of the heading/CPA baseline."""
    angle, miss = given.features[..., columns.ANGLE], given.features[..., columns.MISS]
    return -weights[0] * angle - weights[1] * miss, np.full(len(angle), weights[2])


def score(layers: Layers, inputs: FloatArray) -> FloatArray:
    """Return the score of each row of inputs, (..., inputs) -> (...)."""
    hidden = np.tanh(inputs @ np.array(layers.inner) + np.array(layers.inner_bias))
    found: FloatArray = hidden @ np.array(layers.out) + inputs @ np.array(layers.skip) + layers.out_bias
    return found


def probabilities(of_places: FloatArray, of_elsewhere: FloatArray, places: Places) -> FloatArray:
    """Return probabilities of assets and, last, of elsewhere, (m, a + 1); an asset is as likely as its best place."""
    of_assets = np.full((len(of_places), places.asset_count), -np.inf)
    for column, asset in enumerate(places.asset.tolist()):
        np.maximum(of_assets[:, asset], of_places[:, column], out=of_assets[:, asset])
    whole = np.concatenate((of_assets, of_elsewhere[:, None]), axis=1)
    whole = np.exp(whole - whole.max(axis=1, keepdims=True))
    shares: FloatArray = whole / whole.sum(axis=1, keepdims=True)
    return shares
