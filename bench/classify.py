"""What the classifier of motion costs while a node runs, and how far its figures move from seed to seed.

    python -m bench.classify --json
    python -m bench.classify --data ../shared/data --seeds 1 2 3 --json

Cost: CPU of taking one second's changed tracks and of judging them, with 4,000 live tracks. With --data: `skydas train`
is repeated with each seed, split by source and by object; mean, least and most of each figure over the seeds.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any, Final

import numpy as np

from bench.machine import machine
from skydas.cli.training import fit, learn
from skydas.cli.training.metrics import Quality
from skydas.cli.training.sensing import WINDOWS_S
from skydas.identify.motion import Motion, MotionParams, warm_up
from skydas.identify.motion.model import KNOWN
from skydas.model import NS_PER_S, Rows, TrackStatus, empty_tracks

TRACKS: Final = 4_000
CALLS: Final = 10
SHOWN: Final = ("balanced", "groups", "ece", "ece_groups", "answered", "answered_right", "sets_hold", "sets_size")


def cost(seed: int) -> dict[str, float]:
    """Return CPU times with TRACKS live tracks of 125 seconds each."""
    warm_up()
    rng = np.random.default_rng(seed)
    motion, tracks = Motion(MotionParams()), _tracks(rng)
    taken_s = []
    for second in range(125):
        tracks["t_ns"] = tracks["last_plot_ns"] = (1 + second) * NS_PER_S
        tracks["position_enu_m"] += tracks["velocity_mps"]
        began_s = time.process_time()
        motion.step(0, tracks)
        taken_s.append(time.process_time() - began_s)
    numbers = tracks["track_no"].astype(np.int64)
    began_s = time.process_time()
    for _ in range(CALLS):
        motion.judge(0, numbers)
    judged_s = (time.process_time() - began_s) / CALLS
    began_s = time.process_time()
    state = motion.state()
    return {
        "take_us_per_track": float(np.median(taken_s)) / TRACKS * 1e6,
        "judge_us_per_track": judged_s / TRACKS * 1e6,
        "state_ms": (time.process_time() - began_s) * 1e3,
        "state_octets_per_track": len(state["t_ns"] + state["values"]) / TRACKS,
    }


def accuracy(data: Path, seeds: list[int], windows: int, simulated: int) -> dict[str, Any]:
    """Return the figures over the seeds, of windows of sources and of objects that had no part in the trees."""
    told: dict[str, list[Quality]] = {}
    for seed in seeds:
        table = learn.windows_of(data, windows, simulated, seed, lambda _: None)
        for split, folds in (("source", fit.folds_by_source), ("object", fit.folds_by_object)):
            for window_s in WINDOWS_S:
                for known, what in enumerate(KNOWN):
                    samples = learn.part_of(table, window_s, known)
                    held_out = fit.unseen(samples, folds(samples), seed)
                    for radar in np.unique(samples.radar).tolist():
                        name = f"{split} never seen, {window_s} s, {radar}, {what}"
                        told.setdefault(name, []).append(learn.judged(held_out, radar)[0])
    return {
        name: {figure: _spread([getattr(one, figure) for one in of]) for figure in SHOWN} for name, of in told.items()
    }


def _spread(values: list[float]) -> dict[str, float]:
    return {"mean": float(np.mean(values)), "least": min(values), "most": max(values)}


def _tracks(rng: np.random.Generator) -> Rows:
    tracks = empty_tracks(TRACKS)
    tracks["track_no"] = np.arange(1, TRACKS + 1)
    tracks["status"] = int(TrackStatus.CONFIRMED)
    tracks["position_enu_m"] = rng.normal(0.0, 5e4, (TRACKS, 3))
    tracks["velocity_mps"] = rng.normal(0.0, 50.0, (TRACKS, 3))
    tracks["height_hae_m"] = rng.uniform(50.0, 9e3, TRACKS)
    tracks["cov"] = 0.0
    tracks["cov"][:, [0, 6, 11, 15, 18, 20]] = 400.0
    tracks["mode_probability"] = 0.8, 0.15, 0.05
    return tracks


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--windows", type=int, default=60)
    parser.add_argument("--simulated", type=int, default=120)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    result: dict[str, Any] = {"machine": machine(), "tracks": TRACKS, "cost": cost(given.seeds[0])}
    if given.data is not None:
        result["seeds"] = given.seeds
        result["accuracy"] = accuracy(given.data, given.seeds, given.windows, given.simulated)
    if given.json:
        print(json.dumps(result, indent=1))
        return
    for name, value in result["cost"].items():
        print(f"{name}  {value:.3g}")
    for name, figures in result.get("accuracy", {}).items():
        print(
            name,
            *(f"{figure} {one['mean']:.3f} ({one['least']:.3f}-{one['most']:.3f})" for figure, one in figures.items()),
        )


if __name__ == "__main__":
    main()
