"""From features to probabilities of places and of "elsewhere": a small network, fitted once, in plain JSON.

Its parameters stand in data/destinations.json, made by `python -m bench.destinations --fit` from simulated routes with
a fixed seed. The heading/CPA baseline, fitted on the same routes, stands beside them.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from skydas.assess.predict import destination_kernels as columns
from skydas.assess.predict.paths import Paths
from skydas.assess.predict.places import Places
from skydas.model import FloatArray, IntArray

DATA: Final = Path(__file__).parent / "data"


class Layers(msgspec.Struct, frozen=True):
    """One hidden layer: score = out . tanh(inner x + inner_bias) + skip . x + out_bias."""

    inner: list[list[float]]  # (inputs, hidden)
    inner_bias: list[float]
    out: list[float]
    skip: list[float]  # (inputs,)
    out_bias: float


class DestinationParameters(msgspec.Struct, frozen=True):
    """Everything that was fitted."""

    made_by: str
    seed: int
    routes: int
    place: Layers  # of features and context
    elsewhere: Layers  # of context
    baseline: list[float]  # weight of the angle, weight of the miss, score of elsewhere


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
