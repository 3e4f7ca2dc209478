"""Do real landings lie inside the rings of a search? Recorded drones, lost at a height that a radar no longer sees.

    python -m bench.searches [--data DIR] [--json]

Each flight that ends on the ground is "lost" where it last passed a height on its way down. These landed under control:
nothing recorded here crashed, so falls and glides rest on what is assumed of them.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, Final

import numpy as np

from bench.cone import DATA
from bench.machine import machine
from bench.recordings import Flight, motion
from skydas.assess.predict.flat import offset_m
from skydas.assess.predict.lost import Area, Last, inside, points_of
from skydas.assess.predict.maps import probability_map
from skydas.assess.predict.searches import area_km2
from skydas.model import ObjectClass

HEIGHTS_M: Final = (15.0, 30.0, 45.0)
KINDS: Final = {"multirotor": ObjectClass.MULTIROTOR}


def judged(flight: Flight, height_m: float) -> dict[str, Any] | None:
    """Return whether a flight's end lies in its rings; None where it never came down from that height."""
    above = flight.height_m - float(flight.height_m[-1])
    high = np.flatnonzero(above > height_m)
    if not len(high) or high[-1] + 1 >= len(above) or float(above[-60:].min()) < -5.0:
        return None
    row = int(high[-1]) + 1
    velocity = flight.velocity_mps[row]
    last = Last(
        round(flight.t_s[row] * 1e9), float(np.degrees(flight.latitude_rad[row])),
        float(np.degrees(flight.longitude_rad[row])), height_m,
        (float(velocity[0]), float(velocity[1]), float(velocity[2])), 10.0, 1.0, int(KINDS[flight.kind]),
    )  # fmt: skip
    east, north = offset_m(
        flight.latitude_rad[row], flight.longitude_rad[row], flight.latitude_rad[-1], flight.longitude_rad[-1]
    )
    points = points_of(last)
    drawn = probability_map(last.latitude_deg, last.longitude_deg, points.at_m, points.weight)
    at_m = np.array([[float(east), float(north)]])
    within = [bool(inside(Area(ring=ring), last.latitude_deg, last.longitude_deg, at_m)[0]) for _, ring in drawn.rings]
    return {
        "flight": f"{flight.source} {flight.name}", "lost_at_m": height_m,
        "way_to_landing_m": round(float(np.hypot(east, north))),
        "in_50": within[0], "in_90": within[1], "ring_90_km2": round(area_km2(drawn.rings[1][1]), 3),
    }  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    flights = [one for one in motion(given.data) if one.kind in KINDS]
    found = [row for one in flights for height in HEIGHTS_M if (row := judged(one, height)) is not None]
    if given.json:
        print(json.dumps({"machine": machine(), "cases": found}, indent=2))
        return
    for row in found:
        print(", ".join(f"{key} {value}" for key, value in row.items()))
    for ring in ("in_50", "in_90"):
        print(ring, round(float(np.mean([row[ring] for row in found])), 2))


if __name__ == "__main__":
    main()
