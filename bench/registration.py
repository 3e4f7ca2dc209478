"""What registration costs, and what it finds: errors over many seeds beside microseconds a plot.

    PYTHONPATH=. python bench/registration.py [--seeds 30] [--json]

Simulated scenes (`tests/registration_scenes.py`): radars of 50 m and 0.1 deg with a turn of 4 s, biases of up to
0.3 deg, 150 m and 1 s, targets at 120 to 240 m/s of which a third turns, six of twenty with ADS-B, five minutes.
Association is given. `step` is on top of the tracker; `solve` comes every ten seconds.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import Any

import numpy as np
from tests.registration_scenes import PLANE, START_NS, Scene, feed, quiet_tracks, run, scene

from bench.machine import machine
from skydas.fuse.registration.estimates import TIME, column_of
from skydas.fuse.registration.registration import Registration, RegistrationParams, warm_up
from skydas.model import FloatArray, PlotKind

CASES: dict[str, dict[str, Any]] = {
    "2-D radars, 6 claims": {"kind": "radar_2d"},
    "3-D radars, 6 claims": {},
    "2-D radars alone": {"kind": "radar_2d", "claiming": 0},
    "3-D radars alone": {"claiming": 0},
    "3-D, pressure 50 m wrong": {"pressure_m": 50.0},
    "3-D, most targets turn": {"turning": 0.8},
    "2-D, two radars": {"kind": "radar_2d", "radar_count": 2},
    "2-D, five targets": {"kind": "radar_2d", "targets": 5, "claiming": 2},
    "2-D, slow targets": {"kind": "radar_2d", "speed_mps": (15.0, 40.0), "area_m": 60e3},
    "3-D, no bias in truth": {"bias_share": 0.0},
    "3-D, fifteen minutes": {"seconds": 900.0},
    "3-D, 4 radars, one 300 m away, 10 min": {"place_error_m": 300.0, "radar_count": 4, "seconds": 600.0},
    "3-D, 4 radars, one 100 m away, 15 min": {"place_error_m": 100.0, "radar_count": 4, "seconds": 900.0},
}
SPOOFS = [(n, off, together) for n in (2, 4, 6) for off in (30.0, 100.0, 400.0, 1000.0) for together in (False, True)]


def quality(seeds: int) -> list[dict[str, Any]]:
    """Return the errors of each case over the seeds; sensors that are excluded are left out."""
    found = []
    for name, given in CASES.items():
        errors, nees, freedom, excluded, used = [], [], [], 0, 0
        for seed in range(seeds):
            made = scene(seed, **given)
            registration = run(made)
            error, chi2, count = _errors(registration, made)
            errors.append(error)
            nees.append(chi2)
            freedom.append(count)
            excluded += int(np.isnan(error[:, 0]).any())
            used += registration.estimates()[0].claims == "used"
        all_errors = np.array(errors)
        times = all_errors[..., 3] - np.nanmean(all_errors[..., 3], axis=1, keepdims=True)
        radars = all_errors.shape[1]
        found.append(
            {
                "case": name,
                "range_m": _rms(all_errors[..., 0]),
                "azimuth_deg": _rms(np.degrees(all_errors[..., 1])),
                "elevation_deg": _rms(np.degrees(all_errors[..., 2])),
                "time_ms_relative": 1e3 * _rms(times) * np.sqrt(radars / (radars - 1)),
                "range_m_max": float(np.nanmax(np.abs(all_errors[..., 0]))),
                "azimuth_deg_max": float(np.degrees(np.nanmax(np.abs(all_errors[..., 1])))),
                "nees": float(np.mean(nees)),
                "freedom": float(np.mean(freedom)),
                "scenes_with_a_sensor_excluded": excluded,
                "scenes_with_claims_used": used,
                "seeds": seeds,
            }
        )
    return found


def spoofing(seeds: int) -> dict[str, float]:
    """Return how far false claims move the estimate from that of the radars alone, at most, over all spoofs."""
    most = np.zeros(2)
    for spoofed, spoof_m, together in SPOOFS:
        for seed in range(seeds):
            made = scene(seed, kind="radar_2d", spoofed=spoofed, spoof_m=spoof_m, spoof_together=together)
            radar = made.plots["kind"] == PlotKind.POLAR
            alone = made._replace(plots=made.plots[radar], track_no=made.track_no[radar])
            most = np.maximum(most, np.abs(_mean(run(made)) - _mean(run(alone))).max(axis=0))
    return {"range_m_max": float(most[0]), "azimuth_deg_max": float(np.degrees(most[1])), "scenes": seeds * len(SPOOFS)}


def cost(radars: int, targets: int, seed: int = 1) -> dict[str, Any]:
    """Return microseconds a plot of `step` and `correct`, milliseconds of a solution, for one second at a time."""
    made = scene(seed, radar_count=radars, targets=targets, claiming=targets // 3, seconds=60.0)
    registration = Registration(RegistrationParams(solve_every_s=1e6), made.sensors, PLANE)
    feed(registration, made, 0.0, 30.0)
    later = made.plots[made.plots["rx_ns"] >= START_NS + 30 * 10**9]
    numbers = made.track_no[made.plots["rx_ns"] >= START_NS + 30 * 10**9]
    parts = np.array_split(np.arange(len(later)), 30)
    given = []
    for part in parts:
        now_ns = int(later["rx_ns"][part[-1]])
        given.append((now_ns, later[part], numbers[part], quiet_tracks(now_ns, np.unique(numbers[part]), made.sensors)))
    began = time.process_time()
    for each in given:
        registration.step(*each)
    step_s = time.process_time() - began
    began = time.process_time()
    registration._solve(given[-1][0])
    solve_s = time.process_time() - began
    registration._store.is_settled[:] = 1
    registration._judgement.shift[:] = 1e-3
    registration._widens = True
    began = time.process_time()
    for each in given:
        registration.correct(each[1])
    correct_s = time.process_time() - began
    claims = np.count_nonzero(later["kind"] == PlotKind.POSITION)
    return {
        "radars": radars,
        "targets": targets,
        "plots_per_s": round(len(later) / 30.0),
        "share_of_claims": claims / len(later),
        "step_us_per_plot": 1e6 * step_s / len(later),
        "correct_us_per_plot": 1e6 * correct_s / len(later),
        "solve_ms": 1e3 * solve_s,
        "state_mb": len(registration.state()) / 1e6,
    }


def _errors(registration: Registration, made: Scene) -> tuple[FloatArray, float, int]:
    outcome, registered = registration.last, registration._around.registered
    assert outcome is not None
    error = np.full(made.biases.shape, np.nan)
    columns, values = [], []
    for s in range(len(made.biases)):
        if outcome.contradicts[s]:
            continue
        for part in range(4):
            column = column_of(registered, s, part)
            if column < 0:
                continue
            zero = made.biases[outcome.clock[s], TIME] if part == TIME else 0.0
            error[s, part] = outcome.mean[column] - made.biases[s, part] + zero
            if part != TIME or outcome.clock[s] != s:
                columns.append(column)
                values.append(error[s, part])
    vector = np.array(values)
    return error, float(vector @ np.linalg.solve(outcome.cov[np.ix_(columns, columns)], vector)), len(columns)


def _mean(registration: Registration) -> FloatArray:
    assert registration.last is not None
    registered = registration._around.registered
    return np.array([[registration.last.mean[column_of(registered, s, part)] for part in (0, 1)] for s in range(3)])


def _rms(values: FloatArray) -> float:
    return float(np.sqrt(np.nanmean(values**2))) if np.isfinite(values).any() else float("nan")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    warm_up()
    cost(3, 20)
    sizes = ((3, 20), (3, 200), (5, 200), (30, 200), (100, 200))
    found = {
        "machine": machine(),
        "cost": [cost(*size) for size in sizes],
        "quality": quality(given.seeds),
        "spoofing": spoofing(max(given.seeds // 3, 1)),
    }
    if given.json:
        json.dump(found, sys.stdout, indent=2)
        print()
        return
    for part in ("cost", "quality"):
        for row in found[part]:
            words = (f"{value:.4g}" if isinstance(value, float) else str(value) for value in row.values())
            print(", ".join(f"{key} {word}" for key, word in zip(row, words, strict=True)))
    print("spoofing:", found["spoofing"])


if __name__ == "__main__":
    main()
