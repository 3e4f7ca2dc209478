"""How well the words of behaviour hold on simulated paths, and the fit that their weights come from.

    python -m bench.assess_behaviour --json      # paths of seeds that the fit never saw
    python -m bench.assess_behaviour --fit       # prints `WEIGHTS` of assess/behaviour.py

Simulated motion with simulated noise: what it says of real drones is that the words mean what they say, no more.
"""

from __future__ import annotations

import argparse
import json
from typing import Any, Final

import numpy as np

from bench.assess_paths import STEP_S, paths
from bench.machine import machine
from skydas.assess.behaviour import MOTIONS, columns_of, motions
from skydas.assess.memory import Memory
from skydas.model import NS_PER_S, FloatArray, IntArray, TrackStatus, empty_tracks

FIT_SEED: Final = 1
AFTER_S: Final = (60.0, 120.0, 240.0, 390.0)  # of path seen


def features(count: int, seed: int) -> tuple[FloatArray, IntArray, FloatArray]:
    """Return features (n, f), words (n,) and seconds seen (n,) of simulated paths."""
    made = paths(count, seed)
    memory, held, words, seen_s = Memory(), [], [], []
    rows = empty_tracks(len(made))
    rows["track_no"], rows["status"] = np.arange(1, len(made) + 1), TrackStatus.CONFIRMED
    places = np.stack([path for _, path in made])
    velocity = np.gradient(places, STEP_S, axis=1)
    truth = np.array([word for word, _ in made])
    for step in range(places.shape[1]):
        rows["t_ns"] = 1 + round(step * STEP_S * NS_PER_S)
        rows["latitude_deg"] = 55.0 + places[:, step, 1] / 111_194.93
        rows["longitude_deg"] = 24.0 + places[:, step, 0] / 111_194.93 / np.cos(np.radians(55.0))
        rows["velocity_mps"][:, :2] = velocity[:, step]
        rows["height_hae_m"] = 200.0
        slots = memory.meet(rows, int(rows["t_ns"][0]), 2.0, 1).slots
        if any(abs(step * STEP_S - after_s) < 0.5 * STEP_S for after_s in AFTER_S):
            held.append(memory.features(slots))
            words.append(truth)
            seen_s.append(np.full(len(truth), step * STEP_S))
    return np.concatenate(held), np.concatenate(words), np.concatenate(seen_s)


def measure(count: int, seed: int) -> dict[str, Any]:
    """Return recall of each word, by seconds seen, and the expected calibration error."""
    found, truth, seen_s = features(count, seed)
    probability = motions(found)
    said = probability.argmax(axis=1)
    figures: dict[str, Any] = {}
    for after_s in np.unique(seen_s).tolist():
        here = seen_s == after_s
        recall = [float((said[here & (truth == word)] == word).mean()) for word in range(len(MOTIONS))]
        figures[f"after_{after_s:.0f}_s"] = {
            "balanced": round(float(np.mean(recall)), 3),
            **{word: round(one, 3) for word, one in zip(MOTIONS, recall, strict=True)},
            "ece": round(calibration_error(probability[here].max(axis=1), said[here] == truth[here]), 3),
        }
    return figures


def calibration_error(confidence: FloatArray, is_right: Any) -> float:
    """Return the expected calibration error over ten bins of equal width."""
    bins = np.minimum((confidence * 10.0).astype(int), 9)
    shares = [(bins == one) for one in range(10)]
    return float(sum(abs(confidence[b].mean() - is_right[b].mean()) * b.mean() for b in shares if b.any()))


def fit(count: int) -> FloatArray:
    """Return weights fitted by multinomial logistic regression, (words, columns)."""
    from sklearn.linear_model import LogisticRegression

    found, truth, _ = features(count, FIT_SEED)
    model = LogisticRegression(C=1.0, fit_intercept=False, max_iter=2_000).fit(columns_of(found), truth)
    return np.asarray(model.coef_)


def main() -> None:
    """Print the figures, or the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200, help="paths of each word")
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if given.fit:
        print(np.array2string(fit(given.count), precision=2, separator=", ", suppress_small=True))
        return
    found = {
        "machine": machine(),
        "paths_of_each_word": given.count,
        "seed": given.seed,
        **measure(given.count, given.seed),
    }
    if given.json:
        print(json.dumps(found, indent=2))
        return
    for key, value in found.items():
        print(f"{key:20} {value}")


if __name__ == "__main__":
    main()
