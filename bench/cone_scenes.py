"""Whether the cone's stated 90 % hold in the open scenes: simulated motion, seen and tracked by simulated sensors.

    python -m bench.cone_scenes [--scenes transit one-way-attack] [--seeds 1 2 3] [--keep DIR] [--json]

Every 30 s of every confirmed track its cone is drawn, as of a track whose class nobody knows (the node that tracks here
does not judge), and held against where the same object is tracked so much later. An object counts once however long it
was seen; those of one table of a scene together at most as five. Nothing was fitted on any of these scenes.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numpy as np

from bench.destination_scenes import ALIKE_MAX, SCENES, Tracked, tracked_scenes
from bench.machine import machine
from skydas.assess.predict import Predictor, PredictParams
from skydas.assess.predict.cone import CONE_S
from skydas.geo import TangentPlane
from skydas.model import NS_PER_S, BoolArray, FloatArray, TrackStatus
from skydas.sim import load_scenario

EVERY_S: Final = 30.0
NEAR_S: Final = 2.5  # a sample so near in time is of that time
OBJECTS_MIN: Final = 3


class Held(NamedTuple):
    """The cones of one object."""

    kind: str
    weight: float
    known: BoolArray  # (n, ahead) something tracked it then
    inside: BoolArray  # (n, ahead)


def held(tracked: Tracked, predictor: Predictor) -> Iterator[Held]:
    """Yield the cones of every object of a scene."""
    run, scene = tracked.run, load_scenario(tracked.run.scene).scene
    plane = TangentPlane(scene.latitude_deg, scene.longitude_deg)
    alike = [target.name for target in run.targets]
    lives = tracked.tracks[tracked.tracks["status"] == TrackStatus.CONFIRMED]
    at_s = (lives["t_ns"] - tracked.start_ns) / NS_PER_S
    for target in run.targets:
        samples = run.samples[run.samples["target_no"] == target.number]
        wanted = samples[np.unique(np.round(samples["t_s"] / EVERY_S), return_index=True)[1]]
        rows = [
            int(near[np.argmin(np.abs(at_s[near] - sample["t_s"]))])
            for sample in wanted
            if len(near := np.flatnonzero((lives["track_no"] == sample["track_no"]) & (at_s <= sample["t_s"])))
        ]
        if target.is_ghost or not rows:
            continue
        cones = predictor.cone(0, lives[rows])
        middle_m = plane.enu_from_geodetic(np.radians(cones[..., 1]), np.radians(cones[..., 2]), np.zeros(()))
        then_s = at_s[rows][:, None] + np.array(CONE_S)
        found = np.abs(then_s[..., None] - samples["t_s"])
        later = found.argmin(axis=2)
        off_m = np.hypot(middle_m[..., 0] - samples["x_m"][later], middle_m[..., 1] - samples["y_m"][later])
        weight = min(count := alike.count(target.name), ALIKE_MAX) / count
        yield Held(target.kind, weight, found.min(axis=2) < NEAR_S, off_m <= cones[..., 3])


def coverage(of: list[Held]) -> FloatArray:
    """Return the share inside the stated 90 %, by time ahead; NaN: too few objects were seen for so long."""
    inside, whole = np.zeros(len(CONE_S)), np.zeros(len(CONE_S))
    objects = np.zeros(len(CONE_S))
    for one in of:
        count = np.maximum(one.known.sum(axis=0), 1)
        inside += one.weight * (one.known & one.inside).sum(axis=0) / count
        whole += one.weight * one.known.any(axis=0)
        objects += one.known.any(axis=0)
    return np.where(objects >= OBJECTS_MIN, inside / np.maximum(whole, 1e-9), np.nan)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", nargs="+", default=list(SCENES), choices=SCENES)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--keep", default="", help="folder of tracked scenes: those in it are not run again")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    predictor = Predictor(PredictParams())
    scenes = tracked_scenes(given.scenes, given.seeds, given.keep, given.jobs)
    cones = [one for tracked in scenes for one in held(tracked, predictor)]
    kinds = {kind: [one for one in cones if one.kind == kind] for kind in sorted({one.kind for one in cones})}
    found: dict[str, Any] = {
        kind: {"objects": len(of), "covered": np.round(coverage(of), 3).tolist()} for kind, of in kinds.items()
    }
    if given.json:
        print(json.dumps({"machine": machine(), "seeds": given.seeds, "ahead_s": CONE_S, "kinds": found}, indent=1))
        return
    for kind, row in found.items():
        print(f"{kind:18s} objects {row['objects']:4d} covered", *row["covered"])


if __name__ == "__main__":
    main()
