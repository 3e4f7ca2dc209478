"""From a folder of recordings to a model and its figures: the steps of `skydas train`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from skydas.cli.training import fit
from skydas.cli.training.imagined import PILOTS
from skydas.cli.training.metrics import EIGHT, Quality, only_eight, quality
from skydas.cli.training.recordings import real_flights
from skydas.cli.training.samples import Samples, draw, joined, scenario_flights
from skydas.cli.training.sensing import WINDOWS_S
from skydas.identify.motion.calibration import GROUPS
from skydas.identify.motion.features_kernels import HEIGHT_FROM
from skydas.identify.motion.model import KNOWN, Part, write_model
from skydas.model import CLASS_COUNT

SCENARIO_FLIGHTS: Final = 120  # of each class
Table = dict[tuple[int, str], Samples]


class Made(NamedTuple):
    """A trained model's file, and what it is worth on sources that its parts never saw."""

    octets: bytes
    sha256: str
    figures: dict[str, Quality]  # "60 s, surveillance_3d" and so on; the eight classes of the targets
    figures_nine: dict[str, Quality]  # with light aircraft


def drawn_count(data: Path, windows: int, simulated: int) -> int:
    """Return how often `windows_of` advances."""
    groups = {(flight.kind, flight.source) for flight in real_flights(data)}
    return (len(groups) + 2) * windows + len(PILOTS) * simulated


def windows_of(
    data: Path, windows: int, simulated: int, seed: int, advance: Callable[[int], object], jobs: int = 1
) -> Table:
    """Return the windows that are learned from."""
    flights = real_flights(data) + scenario_flights(seed, SCENARIO_FLIGHTS)
    return draw(flights, windows, simulated, seed, advance, jobs)


def steps() -> int:
    """Return how often `learned` advances."""
    return len(WINDOWS_S) * len(KNOWN) * (len(fit.FOLDS) + 1)


def learned(table: Table, seed: int, advance: Callable[[], object], rounds: int = fit.ROUNDS) -> Made:
    """Fit, calibrate and judge."""
    figures, figures_nine = {}, {}
    parts: dict[tuple[int, int], Part] = {}
    for window_s in WINDOWS_S:
        for known, what in enumerate(KNOWN):
            samples = part_of(table, window_s, known)
            held_out = fit.unseen(samples, fit.folds_by_source(samples), seed, advance, rounds)
            trees = fit.fitted(samples, seed, rounds)
            advance()
            every = np.ones(len(held_out.fold), np.bool_)
            parts[window_s, known] = fit.finished(trees, *fit.calibrated(held_out, every))
            for radar in np.unique(samples.radar).tolist():
                eight, nine = judged(held_out, radar)
                name = f"{window_s} s, {radar}, {what}"
                figures[name], figures_nine[name] = eight, nine
    octets = write_model(parts, f"skydas train --seed {seed}")
    return Made(octets, hashlib.sha256(octets).hexdigest(), figures, figures_nine)


def part_of(table: Table, window_s: int, known: int) -> Samples:
    """Return the windows that one part learns from: of all radars that know so much, as if they knew no more."""
    mine = [samples for (length_s, _), samples in table.items() if length_s == window_s]
    enough = [samples for samples in mine if known == 0 or np.isfinite(samples.features[:, HEIGHT_FROM]).any()]
    return joined([fit.knowing(samples, known) for samples in enough])


def judged(held_out: fit.Unseen, radar: str) -> tuple[Quality, Quality]:
    """Return the figures of one radar, of the eight classes and of nine; each fold is calibrated on the other folds."""
    count = len(held_out.fold)
    group, probability = np.zeros((count, len(GROUPS))), np.zeros((count, CLASS_COUNT))
    masses = []
    for fold in range(len(fit.FOLDS)):
        mine = held_out.fold == fold
        temperatures, mass = fit.calibrated(held_out, ~mine)
        group[mine], probability[mine] = fit.probabilities(held_out, temperatures, mine)
        masses.append(mass)
    mass = float(np.mean(masses))
    seen = held_out.samples.radar == radar
    eight = seen & np.isin(held_out.samples.kind, [int(kind) for kind in EIGHT])
    return (
        quality(held_out.samples.only(eight), group[eight], only_eight(probability[eight]), mass),
        quality(held_out.samples.only(seen), group[seen], probability[seen], mass),
    )
