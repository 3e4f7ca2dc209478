"""How well destinations are ranked: simulated routes of every kind, beside the heading/CPA baseline.

    python -m bench.destinations [--fit] [--keep DIR] [--routes 1800] [--seed 21] [--json]

`--fit` writes src/skydas/assess/predict/data/destinations.json. The network is fitted to routes drawn from FIT_SEED
and to the tracks of the open scenes' FIT_SEEDS (kept in the folder `--keep`), half and half; how much it counts beside
the baseline in each kind of route is fitted to other routes and to CALIBRATE_SEEDS. What is told is always of routes
drawn from yet another seed; `bench.destination_scenes` tells the same of the scenes. Brier: the sum over all places and
elsewhere. ECE: of the likeliest, 15 bins. "First three": of the places, where the route goes to one.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any, Final

import msgspec
import numpy as np
from scipy.optimize import minimize

from bench.calibration import calibration_error
from bench.destination_routes import FRACTIONS, KINDS, Case, cases
from bench.destination_scenes import CALIBRATE_SEEDS, FIT_SEEDS, SCENES, Tracked, taught, tracked_scenes
from bench.machine import machine
from skydas.assess.predict import destination_kernels as columns
from skydas.assess.predict.destination_kernels import CONTEXT, FEATURES
from skydas.assess.predict.destinations import (
    DATA,
    SHOWN,
    STRAIGHT_MIN,
    DestinationParameters,
    Evidence,
    Layers,
    Pool,
    baseline_scores,
    destination_parameters,
    experts,
    shown,
)
from skydas.model import FloatArray, IntArray

FIT_SEED, CALIBRATE_SEED, TEST_SEED = 11, 12, 21
PLACES: Final = (3, 40)
SCENES_SHARE: Final = 0.5  # of all weight, to the open scenes
NEUTRAL: Final = Pool(0.5, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0)
HIDDEN_PLACE, HIDDEN_ELSEWHERE = 12, 6
SHRINK: Final = 2e-5  # of squared weights, a case


class Table(msgspec.Struct):
    """Cases, padded to the largest count of places."""

    features: FloatArray  # (n, g, FEATURES)
    context: FloatArray  # (n, CONTEXT)
    is_place: Any  # (n, g)
    goal: IntArray  # (n,) elsewhere is g
    kind: Any  # (n,)
    fraction: FloatArray  # (n,)
    weight: FloatArray  # (n,) in all 1


def table_of(given: list[Case], weight: FloatArray | None = None) -> Table:
    """Return cases as arrays, all of one weight where none is given."""
    widest = max(case.given.features.shape[1] for case in given)
    features = np.zeros((len(given), widest, FEATURES))
    is_place = np.zeros((len(given), widest), bool)
    goal = np.zeros(len(given), np.int64)
    for row, case in enumerate(given):
        count = case.given.features.shape[1]
        features[row, :count] = case.given.features[0]
        is_place[row, :count] = True
        goal[row] = widest if case.goal == count else case.goal
    context = np.concatenate([case.given.context for case in given])
    return Table(
        features, context, is_place, goal, np.array([case.kind for case in given]),
        np.array([case.fraction for case in given]),
        np.full(len(given), 1.0 / len(given)) if weight is None else weight / weight.sum(),
    )  # fmt: skip


def lessons(routes: int, seed: int, scenes: list[Tracked]) -> Table:
    """Return the cases of routes and of scenes as one table."""
    drawn = list(cases(np.random.default_rng(seed), routes, PLACES))
    known = list(taught(iter(scenes)))
    seen = [Case("scene", moment.fraction, given, goal) for moment, given, goal in known]
    own = np.array([moment.weight for moment, _, _ in known])
    share = SCENES_SHARE if len(seen) else 0.0
    weight = np.concatenate((np.full(len(drawn), (1.0 - share) / len(drawn)), share * own / max(own.sum(), 1e-9)))
    return table_of(drawn + seen, weight)


def softmax(of_places: FloatArray, of_elsewhere: FloatArray, is_place: Any) -> FloatArray:
    """Return probabilities, (n, g + 1); 0 where there is no place."""
    whole = np.concatenate((np.where(is_place, of_places, -np.inf), of_elsewhere[:, None]), axis=1)
    whole = np.exp(whole - whole.max(axis=1, keepdims=True))
    found: FloatArray = whole / whole.sum(axis=1, keepdims=True)
    return found


def _unpacked(x: FloatArray, inputs: int, hidden: int) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, float]:
    a, b = inputs * hidden, inputs * hidden + hidden
    return x[:a].reshape(inputs, hidden), x[a:b], x[b : b + hidden], x[b + hidden : b + hidden + inputs], float(x[-1])


def _size(inputs: int, hidden: int) -> int:
    return inputs * hidden + 2 * hidden + inputs + 1


def _forward(x: FloatArray, inputs: FloatArray, hidden: int) -> tuple[FloatArray, FloatArray]:
    inner, bias, out, skip, last = _unpacked(x, inputs.shape[1], hidden)
    layer = np.tanh(inputs @ inner + bias)
    return layer @ out + inputs @ skip + last, layer


def _backward(x: FloatArray, inputs: FloatArray, layer: FloatArray, slope: FloatArray, hidden: int) -> FloatArray:
    _, _, out, _, _ = _unpacked(x, inputs.shape[1], hidden)
    back = slope[:, None] * out * (1.0 - layer**2)
    return np.concatenate(
        ((inputs.T @ back).ravel(), back.sum(axis=0), layer.T @ slope, inputs.T @ slope, [slope.sum()])
    )


def fit(given: Table, seed: int, iterations: int) -> tuple[Layers, Layers]:
    """Return both networks, by likelihood with a little shrinkage, from weights drawn from `seed`."""
    rows, places = np.nonzero(given.is_place)
    of_place = np.concatenate((given.features[rows, places], given.context[rows]), axis=1)
    mean, scale = of_place.mean(axis=0), of_place.std(axis=0) + 1e-6
    mean2, scale2 = given.context.mean(axis=0), given.context.std(axis=0) + 1e-6
    of_place, of_none = (of_place - mean) / scale, (given.context - mean2) / scale2
    first = _size(FEATURES + CONTEXT, HIDDEN_PLACE)
    rng = np.random.default_rng(seed)
    start = rng.normal(0.0, 0.2, first + _size(CONTEXT, HIDDEN_ELSEWHERE))
    count, weight = len(given.goal), given.weight
    wanted = np.zeros((count, given.is_place.shape[1] + 1))
    wanted[np.arange(count), given.goal] = 1.0

    def loss(x: FloatArray) -> tuple[float, FloatArray]:
        flat, layer = _forward(x[:first], of_place, HIDDEN_PLACE)
        none, layer2 = _forward(x[first:], of_none, HIDDEN_ELSEWHERE)
        padded = np.zeros(given.is_place.shape)
        padded[rows, places] = flat
        shares = softmax(padded, none, given.is_place)
        value = float(weight @ -np.log(shares[np.arange(count), given.goal] + 1e-12)) + SHRINK * float(x @ x)
        slope = (shares - wanted) * weight[:, None]
        gradient = np.concatenate(
            (
                _backward(x[:first], of_place, layer, slope[rows, places], HIDDEN_PLACE),
                _backward(x[first:], of_none, layer2, slope[:, -1], HIDDEN_ELSEWHERE),
            )
        )
        return value, gradient + 2.0 * SHRINK * x

    best = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": iterations, "maxfun": 2 * iterations})
    print(f"fitted: {best.nit} rounds, log loss {best.fun:.4f}", flush=True)
    return (
        _layers(best.x[:first], FEATURES + CONTEXT, HIDDEN_PLACE, mean, scale),
        _layers(best.x[first:], CONTEXT, HIDDEN_ELSEWHERE, mean2, scale2),
    )


def _layers(x: FloatArray, inputs: int, hidden: int, mean: FloatArray, scale: FloatArray) -> Layers:
    """Return the network for inputs as they are: their mean and scale go into its weights."""
    inner, bias, out, skip, last = _unpacked(x, inputs, hidden)
    inner, skip = inner / scale[:, None], skip / scale
    last, bias = last - mean @ skip, bias - mean @ inner

    def rounded(values: FloatArray) -> Any:
        return np.round(values, 6).tolist()

    return Layers(rounded(inner), rounded(bias), rounded(out), rounded(skip), round(float(last), 6))


def fit_baseline(given: Table) -> list[float]:
    """Return weight of the angle, weight of the miss and score of elsewhere."""
    evidence = Evidence(given.features, given.context)

    def loss(x: FloatArray) -> float:
        shares = softmax(*baseline_scores(np.append(np.exp(x[:2]), x[2]).tolist(), evidence), given.is_place)
        return log_loss(shares, given)

    best = minimize(loss, np.array([0.0, 0.0, 0.0]), method="Nelder-Mead", options={"maxiter": 200})
    return [round(float(value), 5) for value in (np.exp(best.x[0]), np.exp(best.x[1]), best.x[2])]


def log_loss(shares: FloatArray, given: Table) -> float:
    """Return the weighted log loss."""
    return float(given.weight @ -np.log(shares[np.arange(len(given.goal)), given.goal] + 1e-12) / given.weight.sum())


def pooled(parameters: DestinationParameters, given: Table) -> FloatArray:
    """Return the probabilities that are told, (n, g + 1)."""
    both = experts(parameters, Evidence(given.features, given.context))
    network, plain = (softmax(*one, given.is_place) for one in (both.network, both.plain))
    return both.share * network + (1.0 - both.share) * plain


def fit_pools(parameters: DestinationParameters, given: Table) -> list[Pool]:
    """Return for each kind of route first the likeliest baseline, then how it is joined to the network."""
    kind = shown(parameters, given.context)
    found = []
    for number, name in enumerate(SHOWN):
        part = _some(given, kind == number)

        def alone(x: FloatArray, part: Table = part) -> float:
            pool = Pool(0.0, 1.0, 0.0, *np.exp(x[:3]).tolist(), float(x[3]))
            return log_loss(pooled(_with(parameters, pool), part), part)

        plain = minimize(alone, np.array([0.0, 0.0, -2.0, 0.0]), method="Nelder-Mead", options={"maxiter": 400}).x
        weights = (*np.exp(plain[:3]).tolist(), float(plain[3]))

        def joined(x: FloatArray, part: Table = part, weights: Any = weights) -> float:
            share, temperature = 1.0 / (1.0 + np.exp(-x[0])), np.exp(x[1])
            return log_loss(pooled(_with(parameters, Pool(share, temperature, x[2], *weights)), part), part)

        best = minimize(joined, np.array([1.0, 0.0, 0.0]), method="Nelder-Mead", options={"maxiter": 200})
        values = (1.0 / (1.0 + np.exp(-best.x[0])), np.exp(best.x[1]), best.x[2], *weights)
        found.append(Pool(*(round(float(value), 5) for value in values)))
        print(f"{name}: {found[-1]}, log loss {alone(plain):.4f} -> {best.fun:.4f}", flush=True)
    return found


def _with(parameters: DestinationParameters, pool: Pool) -> DestinationParameters:
    return msgspec.structs.replace(parameters, pools=[pool] * len(SHOWN))


def judged(shares: FloatArray, given: Table) -> dict[str, float]:
    """Return the figures of some cases."""
    goal, wanted = given.goal, np.eye(shares.shape[1])[given.goal]
    to_place = goal < shares.shape[1] - 1
    first = np.argsort(-shares[:, :-1], axis=1)[:, :3]
    figures = {
        "brier": float(((shares - wanted) ** 2).sum(axis=1).mean()),
        "first": float((shares.argmax(axis=1) == goal).mean()),
        "ece": calibration_error(shares, goal),
    }
    if to_place.any():
        figures["first_three_of_places"] = float((first == goal[:, None]).any(axis=1)[to_place].mean())
    return figures


def _some(given: Table, rows: Any) -> Table:
    return Table(*(getattr(given, name)[rows] for name in given.__struct_fields__))


def kinds(parameters: DestinationParameters, given: Table) -> dict[str, Any]:
    """Return which cases are of each kind: as they were drawn, which nobody knows then, and as their path shows."""
    found = {kind: given.kind == kind for kind in KINDS}
    of = shown(parameters, given.context)
    found |= {f"shown: {name}": of == number for number, name in enumerate(SHOWN)}
    return found | {"all": np.ones(len(given.goal), bool)}


def report(parameters: DestinationParameters, given: Table) -> dict[str, Any]:
    """Return figures by method, kind and fraction."""
    evidence = Evidence(given.features, given.context)
    methods = {
        "baseline": softmax(*baseline_scores(parameters.baseline, evidence), given.is_place),
        "ours": pooled(parameters, given),
    }
    found: dict[str, Any] = {}
    for name, shares in methods.items():
        for kind, of_kind in kinds(parameters, given).items():
            row = {"all": judged(shares[of_kind], _some(given, of_kind))}
            for fraction in (0.3, 0.5, 0.7):
                at = of_kind & (given.fraction == fraction)
                row[f"{fraction}"] = judged(shares[at], _some(given, at))
            found[f"{kind} {name}"] = row
    return found


def made(given: argparse.Namespace) -> DestinationParameters:
    """Return everything fitted."""

    def scenes(seeds: tuple[int, ...]) -> list[Tracked]:
        return list(tracked_scenes(SCENES, seeds, given.keep, given.jobs)) if given.scenes else []

    known = lessons(given.routes, FIT_SEED, scenes(FIT_SEEDS))
    print(f"{len(known.goal)} cases to fit", flush=True)
    place, elsewhere = fit(known, FIT_SEED, given.iterations)
    straight = known.context[:, columns.STRAIGHT] >= STRAIGHT_MIN
    restless_min = round(float(np.median(known.context[straight, columns.RESTLESS])), 4)
    found = DestinationParameters(
        "python -m bench.destinations --fit", FIT_SEED, given.routes, place, elsewhere, fit_baseline(known),
        restless_min, [NEUTRAL] * len(SHOWN),
    )  # fmt: skip
    other = lessons(given.routes // 2, CALIBRATE_SEED, scenes(CALIBRATE_SEEDS))
    print(f"{len(other.goal)} cases to calibrate", flush=True)
    return msgspec.structs.replace(found, pools=fit_pools(found, other))


def main() -> None:
    """Fit if asked, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--routes", type=int, default=1800)
    parser.add_argument("--iterations", type=int, default=150)
    parser.add_argument("--seed", type=int, default=TEST_SEED)
    parser.add_argument(
        "--scenes", action=argparse.BooleanOptionalAction, default=True, help="fit to the open scenes too"
    )
    parser.add_argument("--keep", default="", help="folder of tracked scenes: those in it are not run again")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    began = time.process_time()
    if given.fit:
        (DATA / "destinations.json").write_bytes(msgspec.json.encode(made(given)) + b"\n")
        destination_parameters.cache_clear()
    parameters = destination_parameters()[0]
    tested = table_of(list(cases(np.random.default_rng(given.seed), given.routes // 2, PLACES)))
    found = report(parameters, tested)
    if given.json:
        print(
            json.dumps(
                {"machine": machine(), "routes": given.routes // 2, "seed": given.seed, "kinds": found}, indent=1
            )
        )
        return
    for name, row in found.items():
        for at, figures in row.items():
            print(f"{name:28s} {at:4s}", " ".join(f"{key} {value:.3f}" for key, value in figures.items()))
    print(
        f"{len(tested.goal)} cases at {len(FRACTIONS)} fractions; {time.process_time() - began:.0f} s of processor time"
    )


if __name__ == "__main__":
    main()
