"""A search: where a lost object may lie, and what is left of that after places were searched in vain."""

from __future__ import annotations

import math
from typing import Any, Final

import msgspec
import numpy as np

from skydas.assess.predict.lost import Area, Last, inside, points_of, searched
from skydas.assess.predict.maps import probability_map
from skydas.model import NS_PER_S, FloatArray, ObjectClass, utc_text

AREAS_MAX: Final = 500  # searched, of one search
WORDS: Final = {kind: ObjectClass(kind).name.lower().replace("_", " ") for kind in ObjectClass}


class Search:
    """One lost object."""

    def __init__(self, number: int, track_no: int, last: Last, elsewhere: float, wind: tuple[float, float]) -> None:
        self.number, self.track_no, self.last = number, track_no, last
        self.elsewhere = elsewhere
        self.areas = 0
        points = points_of(last, wind)
        self.at_m: FloatArray = points.at_m
        self.weight: FloatArray = points.weight * (1.0 - elsewhere)

    def take_searched(self, area: Area, detection: float) -> float:
        """Note that an area was searched in vain; return the probability that it lay there, before."""
        hit = inside(area, self.last.latitude_deg, self.last.longitude_deg, self.at_m)
        share = float(self.weight[hit].sum())
        self.weight, self.elsewhere = searched(self.weight, self.elsewhere, hit, detection)
        self.areas += 1
        return share

    def fields(self) -> dict[str, Any]:
        """Return the fields of a `SearchArea`."""
        last = self.last
        drawn = probability_map(last.latitude_deg, last.longitude_deg, self.at_m, self.weight)
        half, nine = (area_km2(ring) for _, ring in drawn.rings)
        found = f", {self.areas} areas searched in vain" if self.areas else ""
        text = (
            f"track {self.track_no} ({WORDS[ObjectClass(last.kind)]}) last seen {utc_text(last.t_ns)} at "
            f"{last.height_m:.0f} m above ground{found}; if it came down, then half within {half:.2g} km2 and nine "
            f"tenths within {nine:.2g} km2; {100.0 * self.elsewhere:.0f} % that it is nowhere on the map"
        )
        return {
            "number": self.number,
            "track_no": self.track_no,
            "what": "landed_or_crashed",
            "lost_ns": last.t_ns,
            **drawn._asdict(),
            "text": text,
            "elsewhere": round(self.elsewhere, 4),
            "searched": self.areas,
        }

    def is_old(self, now_ns: int, hours: float) -> bool:
        """Return whether it has lasted for so long."""
        return now_ns - self.last.t_ns > hours * 3600.0 * NS_PER_S

    def state(self) -> list[Any]:
        """Return what a snapshot must hold."""
        return [
            self.number,
            self.track_no,
            msgspec.to_builtins(self.last),
            self.elsewhere,
            self.areas,
            self.at_m.tobytes(),
            self.weight.tobytes(),
        ]


def search_from(state: list[Any]) -> Search:
    """Return the search whose `state` that is."""
    made = Search.__new__(Search)
    made.number, made.track_no, made.elsewhere, made.areas = state[0], state[1], state[3], state[4]
    made.last = msgspec.convert(state[2], Last)
    made.at_m = np.frombuffer(state[5]).reshape(-1, 2)
    made.weight = np.frombuffer(state[6])
    return made


def area_km2(ring: tuple[tuple[float, float], ...]) -> float:
    """Return the area of a ring of latitude and longitude, deg."""
    if len(ring) < 3:
        return 0.0
    scale = math.cos(math.radians(ring[0][0])) * (6_371.0088 * math.pi / 180.0) ** 2
    pairs = zip(ring, ring[1:] + ring[:1], strict=True)
    return 0.5 * scale * abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in pairs))
