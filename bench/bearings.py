"""Tracks from bearings alone, simulated: errors over many seeds, with and without the delay of sound.

    PYTHONPATH=. python bench/bearings.py [--seeds 400] [--json] [--no-write]

It writes docs/accuracy/bearings.md. Acoustic stations 1.5 km apart, 3 degrees, one bearing a second each, 12 s; a drone
at 45 m/s in any course, in the middle of that time 300 to 1,200 m before the line between them.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

import numpy as np
from tests.unit.fuse_scenes import at_ns, confirmed, tracker_of
from tests.unit.test_fuse_bearings import FOUR, PAIR, fitted, flight, listen, sights, stations

from bench.accuracy import header, table, write_page
from bench.machine import machine


def batch(places: np.ndarray, seeds: int, delayed: bool) -> dict[str, Any]:
    """Return errors of the fit alone at the end of its time, and how honest its covariance is."""
    off_m, nees = [], []
    kept = [0, 1, 3, 4]
    for seed in range(seeds):
        rows, state = sights(seed, places, delayed)
        _, mean, cov = fitted(rows)
        error = (mean - state)[kept]
        off_m.append(np.hypot(*error[:2]))
        nees.append(error @ np.linalg.solve(cov[np.ix_(kept, kept)], error))
    return {
        "stations": len(places),
        "delayed": delayed,
        "median_m": float(np.median(off_m)),
        "p90_m": float(np.quantile(off_m, 0.9)),
        "nees": float(np.mean(nees)),
    }


def born(seeds: int) -> dict[str, Any]:
    """Return how often the tracker has one track, and its error, after 13 s of two stations."""
    off_m, count = [], 0
    for seed in range(seeds):
        tracker, state = tracker_of(*stations(PAIR)), flight(seed)
        listen(tracker, PAIR, state[None], 13.0, seed)
        tracks = confirmed(tracker.picture(at_ns(12.0)))
        count += len(tracks) == 1
        off_m += [float(np.hypot(*(row["position_enu_m"] - state[:3])[:2])) for row in tracks]
    return {"one_track": count / seeds, "median_m": float(np.median(off_m)), "seeds": seeds}


def main() -> None:
    """Run; write the page, or print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seeds", type=int, default=400)
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--no-write", action="store_true")
    given = arguments.parse_args()
    places = (PAIR, FOUR[:3], FOUR)
    cases = [batch(one, given.seeds, delayed) for one in places for delayed in (True, False)]
    found = {"machine": machine(), "cases": cases, "born": born(max(given.seeds // 10, 5))}
    if given.json:
        print(json.dumps(found))
    rows = [
        (
            case["stations"], "yes" if case["delayed"] else "ignored",
            f"{case['median_m']:.0f} / {case['p90_m']:.0f}", f"{case['nees']:.1f}",
        )
        for case in cases
    ]  # fmt: skip
    told = found["born"]
    text = "\n".join(
        (
            header("Acoustic bearings alone", "PYTHONPATH=. python bench/bearings.py", found, "simulated"),
            "A drone at 45 m/s, any course, 300 to 1,200 m before stations 1.5 km apart; 3 degrees, one bearing a",
            f"second each, 12 s; {given.seeds} seeds. Error of the place at the end of that time, when the last sounds",
            "are seconds old; NEES of four unknowns is 4 where the covariance is honest.",
            "",
            table(("stations", "delay of sound", "median / 90%, m", "NEES"), rows),
            "",
            f"In the tracker, two stations: one track in {told['one_track']:.0%} of {told['seeds']} scenes after",
            f"13 s, median error {told['median_m']:.0f} m.",
            "",
        )
    )
    if not given.no_write:
        write_page("bearings", text)
    elif not given.json:
        print(text)


if __name__ == "__main__":
    main()
