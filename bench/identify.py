"""What each kind of evidence adds to the class of a track, and how far the probabilities can be believed.

    python -m bench.identify --seeds 10 --json

Simulated, all of it: flights of eight classes, ten of each at a time, in one 3-D radar without replies; the tracker is
the node's. What further sensors would say is drawn here for each object from other figures than those that the
likelihoods are made of, with errors that stay: one camera in ten is wrong about its object for good, one multirotor in
four sends no Remote ID. The figures are the gain of evidence, not accuracy in the field.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import Any, Final

import msgspec
import numpy as np
from scipy.optimize import minimize

from bench.machine import machine
from skydas import sim
from skydas.identify.classes import prior_log
from skydas.identify.identifier import Identifier
from skydas.identify.params import IdentifyParams
from skydas.identify.weigh import KIND_FADING, SLOT_FADING, weigh
from skydas.library import Tracker, simulate
from skydas.model import (
    CLASS_COUNT,
    CLASS_WORDS,
    NS_PER_S,
    FloatArray,
    IntArray,
    ObjectClass,
    PlotFlag,
    PlotKind,
    Rows,
    SensorConfig,
    TrackStatus,
    empty_plots,
)

KINDS: Final = (
    "airliner",
    "glider",
    "helicopter",
    "fixed_wing_drone",
    "one_way_drone",
    "multirotor",
    "balloon",
    "bird",
)
EACH: Final = 10
RADIUS_M: Final = 20_000.0
PERIOD_S: Final = 1.0
NEAR_M: Final = 400.0  # of a track to an object at the same instant, to be it
SENSORS: Final = [
    SensorConfig(id=1, name="radar", kind="radar_3d", latitude_deg=55.0, longitude_deg=24.0),
    SensorConfig(id=2, name="interrogator", kind="radar_2d"),
    SensorConfig(id=3, name="rf", kind="rf"),
    SensorConfig(id=4, name="remote-id", kind="remote_id"),
    SensorConfig(id=5, name="camera", kind="camera"),
]
RADAR, INTERROGATOR, RF, REMOTE_ID, CAMERA = range(5)

# What is drawn for each object; typical open figures, and not those of `skydas.identify.classes`.
TRANSMITS: Final = {"fixed_wing_drone": 0.8, "multirotor": 0.9}
SENDS_ID: Final = {"fixed_wing_drone": 0.4, "multirotor": 0.75}
ANSWERS: Final = {"airliner": 1.0, "helicopter": 0.9, "glider": 0.5}
RCS_DB: Final = {
    "airliner": 16.0, "glider": 2.0, "helicopter": 6.0, "fixed_wing_drone": -12.0, "one_way_drone": -9.0,
    "multirotor": -19.0, "balloon": -12.0, "bird": -26.0,
}  # fmt: skip
RCS_SIGMA_DB: Final = 5.0
CAMERA_RIGHT: Final = 0.8
CAMERA_WRONG_FOR_GOOD: Final = 0.1
PROTOCOL_RIGHT: Final = 0.85  # a direction finder that names the kind of a transmitter
KIND_WORDS: Final = ("class_word", "code", "remote_id", "rf", "rcs", "speed", "height", "manoeuvre")
CAMERA_BLOCK_S: Final = 10.0  # its errors stay for so long

SETS: Final[dict[str, tuple[str, ...]]] = {
    "motion": (),
    "motion, replies": ("replies",),
    "motion, size": ("size",),
    "motion, RF directions": ("rf",),
    "motion, RF with protocol": ("rf", "protocol"),
    "motion, Remote ID": ("remote_id",),
    "motion, camera": ("camera",),
    "all": ("replies", "size", "rf", "protocol", "remote_id", "camera"),
}


SCENE: Final = f"""
[scene]
name = "eight"
title = "Eight classes before one radar"
start_utc = "2026-06-01T09:00:00Z"
duration_s = 60
latitude_deg = 55.0
longitude_deg = 24.0

[[staring_radars]]
name = "radar"
latitude_deg = 55.0
longitude_deg = 24.0
mast_m = 150
width_deg = 360
period_s = {PERIOD_S}
range_m_max = 60000
range_half_m = 60000
sigma_range_m = 10
sigma_azimuth_deg = 0.2
sigma_elevation_deg = 0.2
clutter_per_scan = 0
"""
POPULATION: Final = """
[[traffic]]
name = "{kind}"
kind = "{kind}"
count = {count}
latitude_deg = 55.0
longitude_deg = 24.0
radius_m = {radius_m}
rcs_m2 = 30  # the radar sees them all; how large they look to it is drawn below
transponder = false
adsb = false
remote_id = false
"""


def scenario(seconds: float) -> sim.Scenario:
    """Return eight populations before one radar that sees them all."""
    populations = [POPULATION.format(kind=kind, count=EACH, radius_m=RADIUS_M) for kind in KINDS]
    loaded = sim.load_scenario(SCENE + "".join(populations))
    return msgspec.structs.replace(loaded, scene=msgspec.structs.replace(loaded.scene, duration_s=seconds))


class Evidence:
    """What further sensors say of the objects of one seed."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng([seed, 77])
        self._traits: dict[int, dict[str, Any]] = {}
        self._seen: dict[tuple[int, int], int] = {}  # object and block of time -> the camera's word

    def plots(self, now_ns: int, target_no: int, kind: str) -> dict[str, list[Rows]]:
        """Return what is said of one object in one second, by kind of evidence, PLOT (1,) each."""
        rng, traits = self._rng, self._traits.setdefault(target_no, self._drawn(kind))
        second = now_ns // NS_PER_S
        found: dict[str, list[Rows]] = {
            "replies": [],
            "size": [],
            "rf": [],
            "protocol": [],
            "remote_id": [],
            "camera": [],
        }
        if second % 4 == 0:
            replied = traits["answers"] and rng.random() < 0.95
            flags = PlotFlag.PRIMARY | (PlotFlag.MODE_S if replied else 0)
            found["replies"].append(_plot(INTERROGATOR, now_ns, flags=flags, kind=PlotKind.POLAR))
        if second % 2 == 0:
            size_db = traits["rcs_db"] + 10.0 * np.log10(rng.exponential() + 1e-9)  # Swerling 1
            found["size"].append(_plot(RADAR, now_ns, rcs_db=max(size_db, -60.0), kind=PlotKind.POLAR))
        if (traits["transmits"] and rng.random() < 0.6) or rng.random() < 0.002:
            found["rf"].append(_plot(RF, now_ns, kind=PlotKind.BEARING))
            if traits["transmits"] and second % 5 == 0:
                word = traits["protocol"]
                found["protocol"].append(_plot(RF, now_ns, kind=PlotKind.BEARING, class_word=word + 1))
        if traits["sends_id"] and rng.random() < 0.7:
            claim = {"object": target_no, "class_word": int(ObjectClass[kind.upper()]) + 1}
            found["remote_id"].append(_plot(REMOTE_ID, now_ns, flags=PlotFlag.CLAIM, kind=PlotKind.POSITION, **claim))
        if second % 2 == 0 and rng.random() < 0.7:
            block = target_no, int(second // CAMERA_BLOCK_S)
            if block not in self._seen:
                self._seen[block] = self._looked(kind, traits)
            found["camera"].append(_plot(CAMERA, now_ns, kind=PlotKind.BEARING, class_word=self._seen[block] + 1))
        return found

    def _drawn(self, kind: str) -> dict[str, Any]:
        rng = self._rng
        transmits = rng.random() < TRANSMITS.get(kind, 0.0)
        return {
            "answers": rng.random() < ANSWERS.get(kind, 0.0),
            "rcs_db": RCS_DB[kind] + rng.normal(0.0, RCS_SIGMA_DB),
            "transmits": transmits,
            "protocol": self._word(kind, PROTOCOL_RIGHT),
            "sends_id": transmits and rng.random() < SENDS_ID.get(kind, 0.0) / TRANSMITS.get(kind, 1.0),
            "wrong": self._word(kind, 0.0) if rng.random() < CAMERA_WRONG_FOR_GOOD else -1,
        }

    def _looked(self, kind: str, traits: dict[str, Any]) -> int:
        return traits["wrong"] if traits["wrong"] >= 0 else self._word(kind, CAMERA_RIGHT)

    def _word(self, kind: str, right: float) -> int:
        """Return a class: the true one so often, else any other of the eight."""
        others = [one for one in KINDS if one != kind]
        said = kind if self._rng.random() < right else others[int(self._rng.integers(len(others)))]
        return int(ObjectClass[said.upper()])


def _plot(sensor: int, now_ns: int, **fields: Any) -> Rows:
    row = empty_plots(1)
    row["sensor"], row["t_ns"], row["rx_ns"] = sensor, now_ns, now_ns
    for name, value in fields.items():
        row[name] = value
    return row


def run(
    seed: int, seconds: float, ages_s: tuple[int, ...]
) -> Iterator[tuple[str, int, int, FloatArray, Identifier, int]]:
    """Yield set of evidence, age (s), true class, its probabilities (12,), the identifier and the ledger's row."""
    made = scenario(seconds)
    scene = simulate(made, seed)
    tracker = Tracker(scene.sensors, scene.plane)
    identifiers = {name: Identifier(IdentifyParams(), SENSORS, []) for name in SETS}
    said, owner_of, since_ns = Evidence(seed), dict[int, int](), dict[int, int]()
    first = 0
    for truth in sim.truth(made, seed, 1.0):
        now_ns = int(truth["t_ns"][0])
        last = first + int(np.searchsorted(scene.plots["t_ns"][first:], now_ns))
        changed = tracker.take(scene.plots[first:last], now_ns)
        first = last
        picture = tracker.engine.picture(now_ns)
        shown = picture[picture["status"] == TrackStatus.CONFIRMED]
        _own(now_ns, shown, truth, scene.plane.enu_from_geodetic(
            np.radians(truth["latitude_deg"]), np.radians(truth["longitude_deg"]), truth["height_hae_m"]
        ), owner_of, since_ns)  # fmt: skip
        kinds = dict(zip(truth["target_no"].tolist(), truth["kind_no"].tolist(), strict=True))
        heard = {
            number: said.plots(now_ns, owner_of[number], CLASS_WORDS[kinds[owner_of[number]]])
            for number in shown["track_no"].tolist()
            if number in owner_of
        }
        for name, identifier in identifiers.items():
            given = [(plot, number) for number, found in heard.items() for kind in SETS[name] for plot in found[kind]]
            plots = np.concatenate([plot for plot, _ in given]) if given else empty_plots(0)
            identifier.step(now_ns, plots, np.array([number for _, number in given], np.int64), {}, changed.copy())
            identifier.second(now_ns, picture.copy())
            for number in heard:
                age_s = round((now_ns - since_ns[number]) / NS_PER_S)
                row = identifier.ledger.row(number)
                if age_s in ages_s and row >= 0:
                    probability = identifier.ledger.held["probability"][row].astype(np.float64)
                    yield name, age_s, kinds[owner_of[number]], probability, identifier, row


def _own(
    now_ns: int, shown: Rows, truth: Rows, enu_m: FloatArray, owner_of: dict[int, int], since_ns: dict[int, int]
) -> None:
    """Say of which object each track is; a track that left its object is of none for good."""
    for row in shown:
        number = int(row["track_no"])
        away_m = np.linalg.norm(enu_m - row["position_enu_m"], axis=1)
        nearest = int(np.argmin(away_m))
        target = int(truth["target_no"][nearest]) if away_m[nearest] < NEAR_M else 0
        if number not in since_ns and target:
            owner_of[number], since_ns[number] = target, now_ns
        elif owner_of.get(number, target) != target:
            owner_of.pop(number, None)


def scores(probability: FloatArray, true: IntArray) -> dict[str, float]:
    """Return figures of (n, 12) and (n,), every class with the same weight."""
    classes, counts = np.unique(true, return_counts=True)
    weight = 1.0 / counts[np.searchsorted(classes, true)] / len(classes)
    known = ~np.isnan(probability[:, 0])
    p = np.where(known[:, None], probability, 1.0 / CLASS_COUNT)
    best, top = p.argmax(axis=1), p.max(axis=1)
    bins = np.minimum((top * 10).astype(int), 9)
    right = best == true
    ece = sum(abs(np.sum(weight[bins == b] * (right - top)[bins == b])) for b in range(10))
    order = -np.sort(-p, axis=1)
    size = 1 + (np.cumsum(order, axis=1) < 0.9).sum(axis=1)
    rank = (p > p[np.arange(len(true)), true][:, None]).sum(axis=1)
    sure = top >= 0.7
    return {
        "balanced_accuracy": round(float(np.sum(weight * right)), 3),
        "ece": round(float(ece), 3),
        "log_loss": round(float(np.sum(weight * -np.log(np.maximum(p[np.arange(len(true)), true], 1e-9)))), 3),
        "set_size": round(float(np.sum(weight * size)), 2),
        "set_holds_truth": round(float(np.sum(weight * (rank < size))), 3),
        "sure": round(float(np.sum(weight[sure])), 3),
        "right_when_sure": round(float(np.sum((weight * right)[sure]) / max(np.sum(weight[sure]), 1e-9)), 3),
        "tracks": len(true),
    }


def measure(seeds: range, seconds: float, ages_s: tuple[int, ...]) -> dict[str, Any]:
    """Return the figures of every set of evidence at every age, over all seeds."""
    found: dict[tuple[str, int], list[tuple[int, FloatArray]]] = {}
    for seed in seeds:
        for name, age_s, true, probability, _, _ in run(seed, seconds, ages_s):
            found.setdefault((name, age_s), []).append((true, probability))
    out: dict[str, Any] = {}
    for (name, age_s), rows in sorted(found.items(), key=lambda item: (item[0][1], list(SETS).index(item[0][0]))):
        true = np.array([row[0] for row in rows])
        figures = scores(np.array([row[1] for row in rows]), true)
        out[f"{name}, {age_s} s"] = figures
    return out


def fit(seeds: range, seconds: float, ages_s: tuple[int, ...]) -> dict[str, float]:
    """Return for each kind of evidence the exponent by which its likelihoods predict best (log loss, classes alike).

    Every set of evidence but the first is one case of each track, so that an exponent suits few kinds and many.
    """
    logs: list[FloatArray] = []
    true: list[int] = []
    for seed in seeds:
        for name, _, kind_no, _, identifier, row in run(seed, seconds, ages_s):
            if name != next(iter(SETS)):
                logs.append(by_kind(identifier, row))
                true.append(kind_no)
    log, labels = np.array(logs), np.array(true)
    prior = prior_log({})

    def loss(exponents: FloatArray) -> float:
        score = np.einsum("e,nec->nc", exponents, log) + prior
        score -= score.max(axis=1, keepdims=True)
        chance = score[np.arange(len(labels)), labels] - np.log(np.exp(score).sum(axis=1))
        return -float(np.mean([chance[labels == one].mean() for one in np.unique(labels)]))

    found = minimize(loss, np.full(len(KIND_WORDS), 0.7), bounds=[(0.05, 1.5)] * len(KIND_WORDS))
    return {"log_loss": round(float(found.fun), 3)} | {
        word: round(value, 2) for word, value in zip(KIND_WORDS, found.x.tolist(), strict=True)
    }


def by_kind(identifier: Identifier, row: int) -> FloatArray:
    """Return the log likelihoods of one track with exponent one, summed by kind of evidence, (kinds, 12)."""
    rows = np.array([row])
    now_ns = int(identifier.ledger.held["judged_ns"][row])
    weighed = weigh(identifier.ledger, rows, now_ns, identifier.tables, np.zeros((1, CLASS_COUNT)))
    kinds = identifier.ledger.slots["key"][row] >> 16
    fadings = [SLOT_FADING.get(int(kind)) for kind in kinds] + [KIND_FADING[column] for column in sorted(KIND_FADING)]
    out = np.zeros((len(KIND_WORDS), CLASS_COUNT))
    for column in np.flatnonzero(weighed.there[0]).tolist():
        if (fading := fadings[column]) is not None and fading.word in KIND_WORDS:
            out[KIND_WORDS.index(fading.word)] += weighed.log[0, column] / fading.strength
    return out


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=101)
    parser.add_argument("--seconds", type=float, default=200.0)
    parser.add_argument("--fit", action="store_true", help="look for exponents instead; take other seeds for it")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    seeds = range(given.first_seed, given.first_seed + given.seeds)
    work = fit if given.fit else measure
    found = {"machine": machine(), "seeds": list(seeds), **work(seeds, given.seconds, (60, 120))}
    if given.json:
        print(json.dumps(found, indent=2))
    else:
        for key, value in found.items():
            print(f"{key:32} {value}")


if __name__ == "__main__":
    main()
