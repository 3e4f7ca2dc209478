"""From a folder of recordings to a model and its figures: the steps of `skydas train`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
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

PARTS: Final = len(WINDOWS_S) * len(KNOWN)  # as often `learned` advances
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


def learned(table: Table, seed: int, advance: Callable[[], object], rounds: int = fit.ROUNDS, jobs: int = 1) -> Made:
    """Fit, calibrate and judge every part; the same for any number of jobs."""
    tasks = [
        (window_s, known, part_of(table, window_s, known), seed, rounds)
        for window_s in WINDOWS_S
        for known in range(len(KNOWN))
    ]
    parts: dict[tuple[int, int], Part] = {}
    figures, figures_nine = {}, {}
    with ExitStack() as stack:
        spread = map if jobs == 1 else stack.enter_context(ProcessPoolExecutor(jobs)).map
        for (window_s, known, *_), (part, judgements) in zip(tasks, spread(_learned_part, tasks), strict=True):
            parts[window_s, known] = part
            for radar, (eight, nine) in judgements.items():
                name = f"{window_s} s, {radar}, {KNOWN[known]}"
                figures[name], figures_nine[name] = eight, nine
            advance()
    octets = write_model(parts, f"skydas train --seed {seed}")
    return Made(octets, hashlib.sha256(octets).hexdigest(), figures, figures_nine)


def _learned_part(task: tuple[int, int, Samples, int, int]) -> tuple[Part, dict[str, tuple[Quality, Quality]]]:
    """Return one part, of trees that saw every source, and by radar what such trees are worth on sources unseen."""
    _, _, samples, seed, rounds = task
    held_out = fit.unseen(samples, fit.folds_by_source(samples), seed, rounds)
    every = np.ones(len(held_out.fold), np.bool_)
    part = fit.finished(fit.fitted(samples, seed, rounds), *fit.calibrated(held_out, every))
    return part, {radar: judged(held_out, radar) for radar in np.unique(samples.radar).tolist()}


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
