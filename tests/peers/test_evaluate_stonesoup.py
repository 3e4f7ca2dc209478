"""GOSPA, OSPA and SIAP of random scenes are those of Stone Soup 1.9.1.

Where the definitions differ, the test says so: Stone Soup has no metric at an instant without any object, calls an
empty ratio 0 or 1 where ours is not known, counts a return of the same number as a new track where we count
numbers, and matches for OSPA by distance whatever the order is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skydas.evaluate.belonging import NOBODY, Belonging, belong
from skydas.evaluate.points import score_points
from skydas.evaluate.scene import Samples
from skydas.evaluate.siap import continuity, runs_of, score_siap
from tests.peers.environments import Peer, peer_python
from tests.unit.evaluate_scenes import random_samples

REQUIREMENTS = ("stonesoup==1.9.1",)
SCRIPT = Path(__file__).with_name("stonesoup_metrics.py")
SCENES = 60
GATE_M = 60.0


class Scene:
    """A random scene with what ours makes of it."""

    def __init__(self, seed: int) -> None:
        generator = np.random.default_rng(seed)
        self.instants = int(generator.integers(5, 15))
        self.truths, self.tracks = int(generator.integers(1, 6)), int(generator.integers(1, 8))
        self.truth = random_samples(generator, self.instants, self.truths, whole_lives=True)
        self.track = random_samples(generator, self.instants, self.tracks, like=self.truth)
        self.cutoff_m, self.order = float(generator.uniform(40, 150)), float(generator.choice([1.0, 2.0]))
        self.lives = np.array([[0, self.instants - 1]] * self.truths)
        for item in range(self.truths):
            held = self.truth.instant[self.truth.object == item]
            self.lives[item] = held[0], held[-1]
        self.belonging: Belonging = belong(self.truth, self.track, self.lives, self.tracks, GATE_M, GATE_M)
        self._forget_single_instants()

    def _forget_single_instants(self) -> None:
        """Take out holds of one instant: Stone Soup's spans of time cannot be that short."""
        on = np.flatnonzero(self.belonging.on(GATE_M))
        instant = self.track.instant[on]
        key = np.stack((self.belonging.truth[on], self.track.object[on], instant))
        known = {tuple(column) for column in key.T.tolist()}
        alone = [
            (truth, track, at - 1) not in known and (truth, track, at + 1) not in known
            for truth, track, at in key.T.tolist()
        ]
        self.belonging.truth[on[alone]] = NOBODY
        self.belonging.sample[on[alone]] = -1
        self.belonging.distance_m[on[alone]] = np.nan

    def question(self) -> dict[str, Any]:
        on = self.belonging.on(GATE_M)
        runs = runs_of(self.belonging.truth[on], self.track.object[on], self.track.instant[on])
        pairs: dict[tuple[int, int], list[list[int]]] = {}
        for truth, track, begin, end in zip(runs.truth, runs.track, runs.begin, runs.end, strict=True):
            pairs.setdefault((int(truth), int(track)), []).append([int(begin), int(end)])
        return {
            "truth": _rows(self.truth, self.truths),
            "tracks": _rows(self.track, self.tracks),
            "pairs": [[str(truth), str(track), spans] for (truth, track), spans in pairs.items()],
            "c": self.cutoff_m,
            "p": self.order,
        }


def _rows(samples: Samples, count: int) -> dict[str, list[list[float]]]:
    table = np.column_stack((samples.instant, samples.position_m, samples.velocity_mps))
    return {str(item): table[samples.object == item].tolist() for item in range(count)}


@pytest.fixture(scope="module")
def answered() -> list[tuple[Scene, dict[str, Any]]]:
    python = peer_python("stonesoup", *REQUIREMENTS)
    scenes = [Scene(seed) for seed in range(SCENES)]
    peer = Peer(python, SCRIPT)
    try:
        return [(scene, peer.ask(**scene.question())) for scene in scenes]
    finally:
        peer.close()


@pytest.mark.peer
def test_gospa_and_its_parts_are_those_of_stone_soup(answered: list[tuple[Scene, dict[str, Any]]]) -> None:
    for scene, theirs in answered:
        ours = score_points(
            scene.truth.first,
            scene.truth.position_m,
            scene.track.first,
            scene.track.position_m,
            scene.cutoff_m,
            scene.order,
        )
        table = np.column_stack((ours.gospa_m, ours.localisation_mp, ours.missed_mp, ours.false_mp))
        assert len(theirs["gospa"]) > 0
        for instant, *parts in theirs["gospa"]:
            np.testing.assert_allclose(table[int(instant)], parts, rtol=1e-9, atol=1e-9)


@pytest.mark.peer
def test_ospa_is_that_of_stone_soup(answered: list[tuple[Scene, dict[str, Any]]]) -> None:
    """Stone Soup looks for the least sum of distances whatever p is: its OSPA of order 2 is not the least there is."""
    compared = {1.0: 0, 2.0: 0}
    for scene, theirs in answered:
        ours = score_points(
            scene.truth.first,
            scene.truth.position_m,
            scene.track.first,
            scene.track.position_m,
            scene.cutoff_m,
            scene.order,
        )
        for instant, value in theirs["ospa"]:
            compared[scene.order] += 1
            if scene.order == 1.0:
                assert ours.ospa_m[int(instant)] == pytest.approx(value, rel=1e-9, abs=1e-9)
            else:
                assert ours.ospa_m[int(instant)] <= value * (1 + 1e-9)
    assert min(compared.values()) > 50


@pytest.mark.peer
def test_siap_is_that_of_stone_soup(answered: list[tuple[Scene, dict[str, Any]]]) -> None:
    for scene, theirs in answered:
        ours = score_siap(scene.truth, scene.track, scene.belonging, scene.lives, 1.0, GATE_M, [], [])
        siap = theirs["siap"]
        for value, title, empty in (
            (ours.completeness, "SIAP Completeness", 0.0),
            (ours.ambiguity, "SIAP Ambiguity", 1.0),
            (ours.spuriousness, "SIAP Spuriousness", 0.0),
            (ours.position_accuracy_m, "SIAP Position Accuracy", 0.0),
            (ours.velocity_accuracy_mps, "SIAP Velocity Accuracy", 0.0),
            (ours.longest_segment, "SIAP Longest Track Segment", 0.0),
        ):
            assert (empty if value is None else value) == pytest.approx(siap[title], rel=1e-9, abs=1e-9), title


@pytest.mark.peer
def test_the_pieces_a_target_is_held_in_are_those_of_stone_soup(answered: list[tuple[Scene, dict[str, Any]]]) -> None:
    """Only where no track comes back to a target: Stone Soup joins the holds of one track, takes the track that
    ends last even if its hold at that time ends sooner than another's, and stops at a hold that ends where it is
    taken up."""
    equal, several = 0, 0
    for scene, theirs in answered:
        on = scene.belonging.on(GATE_M)
        runs = runs_of(scene.belonging.truth[on], scene.track.object[on], scene.track.instant[on])
        held = continuity(runs, scene.truths)
        tracked = held.tracked_steps.sum()
        ours = np.maximum(held.pieces - 1, 0).sum() / tracked if tracked else 0.0
        rate = theirs["siap"]["SIAP Rate of Track Number Change"]
        assert np.all(held.numbers <= held.pieces)
        pairs = set(zip(runs.truth.tolist(), runs.track.tolist(), strict=True))
        if len(pairs) == len(runs.truth):
            assert ours == pytest.approx(rate, rel=1e-9, abs=1e-12)
            equal += 1
            several += int(np.sum(held.pieces > 1))
    assert equal > 5
    assert several > 1  # or the scenes would not try the question
