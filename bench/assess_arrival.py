"""How well the probability of arrival holds: recorded flights and places put at random around them.

    python -m bench.assess_arrival ../shared/data/airtraffic/quickstart.json.gz --json

Recorded motion with simulated sensing: the assessment is given each flight's position with 30 m and velocity with
1 m/s of noise, and places of 2 km radius from 3 to 60 km away, in every direction alike. A place was reached when the
recorded path passes within its radius in the next ten minutes; a flight whose recording ends before is left out.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, Final

import numpy as np

from bench.machine import machine
from skydas.assess.arrival import SPEED_SIGMA_SHARE, Going, arrivals, course_sigma
from skydas.assess.params import AssessParams
from skydas.assess.table import table_of
from skydas.model import Asset, FloatArray
from skydas.sim import load_scenario
from skydas.sim.replayed import load_replay
from skydas.sim.scenario import Replay

RADIUS_M: Final = 2_000.0
AWAY_M: Final = (3_000.0, 60_000.0)
PLACES: Final = 100  # around each instant that is looked at
EVERY_S: Final = 30.0
SPAN_S: Final = 378.0  # of path that the assessment remembers
M_PER_RAD: Final = 6_371_008.8


def paths_of(recording: Path) -> list[FloatArray]:
    """Return the flights of a recording, for each (m, 3): s, latitude, longitude (rad), every second."""
    replay = Replay(name="recorded", file=str(recording), kind="airliner")
    made = load_replay(replay, load_scenario("crossing").scene, 1.0)
    return [
        np.stack((one.first_step + np.arange(len(one.latitude_rad)), one.latitude_rad, one.longitude_rad), axis=1)
        for one in made
    ]


def pairs(paths: list[FloatArray], params: AssessParams, seed: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return probability said, whether it came true, and the flight, (n,) each.

    paths : as `paths_of` returns them
    """
    rng = np.random.default_rng(seed)
    said, came, flight = [], [], []
    for number, path in enumerate(paths):
        t_s = path[:, 0]
        for at_s in np.arange(t_s[0] + 30.0, t_s[-1] - params.horizon_s, EVERY_S):
            now = int(np.searchsorted(t_s, at_s))
            ahead = path[now : int(np.searchsorted(t_s, at_s + params.horizon_s))]
            before = int(np.searchsorted(t_s, at_s - 10.0))
            here = path[now, 1:]
            velocity = _local(here, path[before, 1:]) / -max(t_s[now] - t_s[before], 1.0)
            velocity = velocity + rng.normal(0.0, 1.0, 2)
            away_m = AWAY_M[0] * (AWAY_M[1] / AWAY_M[0]) ** rng.random(PLACES)
            angle = rng.uniform(0.0, 2.0 * np.pi, PLACES)
            east_north = np.stack((np.sin(angle), np.cos(angle)), axis=1) * away_m[:, None]
            places = here + np.stack(
                (east_north[:, 1] / M_PER_RAD, east_north[:, 0] / M_PER_RAD / np.cos(here[0])), axis=1
            )
            past = _local(here, path[max(int(np.searchsorted(t_s, at_s - SPAN_S)), 0) : now + 1 : 6, 1:])
            flown_m = float(np.hypot(*np.diff(past, axis=0).T).sum())
            straightness = min(float(np.hypot(*(past[-1] - past[0]))) / max(flown_m, 1.0), 1.0)
            said.append(_said(here, velocity, straightness, places, params))
            way = _local(here, ahead[:, 1:])
            passed = np.hypot(*(way[:, None, axis] - east_north[None, :, axis] for axis in (0, 1))).min(axis=0)
            came.append((passed < RADIUS_M).astype(float))
            flight.append(np.full(PLACES, number))
    if not said:
        raise SystemExit(f"no flight is longer than the {params.horizon_s:g} s that are looked ahead")
    return np.concatenate(said), np.concatenate(came), np.concatenate(flight)


def _said(
    here: FloatArray, velocity: FloatArray, straightness: float, places: FloatArray, params: AssessParams
) -> FloatArray:
    speed = float(np.hypot(*velocity))
    sigma_course_rad = np.array([min(1.0 / max(speed, 0.1), np.pi)])
    going = Going(
        place_rad=here[None, :],
        speed_mps=np.array([speed]),
        speed_most_mps=np.array([speed + 2.0]),
        course_rad=np.array([np.arctan2(*velocity)]),
        sigma_course_rad=course_sigma(sigma_course_rad, np.array([straightness])),
        sigma_speed_mps=np.array([np.hypot(1.0, SPEED_SIGMA_SHARE * speed)]),
    )
    assets = [
        Asset(name=str(index), kind="place", shape="point", points=((float(a), float(b)),), radius_m=RADIUS_M)
        for index, (a, b) in enumerate(np.degrees(places).tolist())
    ]
    return arrivals(going, table_of(assets), params).probability[0].copy()


def _local(here: FloatArray, there: FloatArray) -> FloatArray:
    """Return east and north of places (rad) from `here`, (..., 2) m."""
    narrow = np.cos(0.5 * (here[0] + there[..., 0]))
    return np.stack(((there[..., 1] - here[1]) * narrow, there[..., 0] - here[0]), axis=-1) * M_PER_RAD


def quality(said: FloatArray, came: FloatArray) -> dict[str, Any]:
    """Return Brier score, calibration error and reliability."""
    edges = (0.0, 0.01, 0.03, 0.1, 0.2, 0.4, 0.6, 0.8, 1.01)
    bins = np.digitize(said, edges) - 1
    table = [
        [round(float(said[bins == one].mean()), 3), round(float(came[bins == one].mean()), 3), int((bins == one).sum())]
        for one in range(len(edges) - 1)
        if (bins == one).any()
    ]
    error = sum(abs(mean - share) * count for mean, share, count in table) / len(said)
    rate = float(came.mean())
    return {
        "pairs": len(said),
        "reached": round(rate, 4),
        "brier": round(float(np.mean((said - came) ** 2)), 5),
        "brier_of_base_rate": round(rate * (1.0 - rate), 5),
        "ece": round(float(error), 4),
        "reliability_said_was_pairs": table,
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recordings", nargs="+", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--wander-deg", type=float, default=AssessParams().wander_deg)
    parser.add_argument("--turn-s", type=float, default=AssessParams().turn_s)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    params = AssessParams(wander_deg=given.wander_deg, turn_s=given.turn_s)
    paths = [path for recording in given.recordings for path in paths_of(recording)]
    said, came, flight = pairs(paths, params, given.seed)
    found = {"machine": machine(), "flights": len(np.unique(flight)), **quality(said, came)}
    print(json.dumps(found, indent=2) if given.json else "\n".join(f"{key:28} {value}" for key, value in found.items()))


if __name__ == "__main__":
    main()
