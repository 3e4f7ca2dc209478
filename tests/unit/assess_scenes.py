"""Tracks and assets that the tests of the assessment share."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from skydas.assess import Assessor, AssessParams
from skydas.assess.assessor import Judged
from skydas.model import NS_PER_S, Asset, Rows, TrackStatus, empty_tracks, utc_ns

T0_NS = utc_ns("2026-06-01T09:00:00Z")
PLANT = Asset(name="plant", kind="power_plant", shape="point", points=((55.0, 24.0),), radius_m=500.0)
RING = ((54.5, 25.0), (54.5, 26.0), (55.5, 26.0), (55.5, 25.0), (54.5, 25.0))
COUNTRY = Asset(name="Eastland", kind="border", what="zone", shape="area", points=RING)
M_PER_DEG = 111_194.93


def at(north_m: float, east_m: float, number: int = 1, t_s: float = 0.0, **columns: Any) -> Rows:
    """Return one confirmed track so far north and east of the plant, going north at 40 m/s, TRACK (1,)."""
    rows = empty_tracks(1)
    rows["track_no"], rows["status"], rows["existence"] = number, TrackStatus.CONFIRMED, 1.0
    rows["t_ns"] = rows["last_plot_ns"] = T0_NS + round(t_s * NS_PER_S)
    rows["latitude_deg"] = 55.0 + north_m / M_PER_DEG
    rows["longitude_deg"] = 24.0 + east_m / M_PER_DEG / math.cos(math.radians(55.0 + 0.5 * north_m / M_PER_DEG))
    rows["height_hae_m"], rows["velocity_mps"] = 200.0, (0.0, 40.0, 0.0)
    rows["cov"] = 0.0
    rows["cov"][:, [0, 6, 11]], rows["cov"][:, [15, 18, 20]] = 400.0, 1.0
    for name, value in columns.items():
        rows[name] = value
    return rows


def assessor(*assets: Asset, rules: dict[str, Any] | None = None, **params: Any) -> Assessor:
    """Return an assessor of some assets; without any, of the plant."""
    return Assessor(AssessParams(**params), rules or {}, list(assets or (PLANT,)))


def judged(one: Assessor, tracks: Rows) -> Judged:
    """Return what is said of tracks, which are taken into the memory."""
    now_ns = int(tracks["t_ns"].max())
    slots = one.memory.meet(tracks.copy(), now_ns, 1.0, 1).slots
    found = one.judge(now_ns, tracks, slots)
    one.note(now_ns, found)
    return found


def flown(one: Assessor, places_m: np.ndarray, step_s: float = 1.0, number: int = 1, **columns: Any) -> Judged:
    """Fly a path, (n, 2) north and east of the plant each step; return what is said at its end."""
    velocity = np.gradient(places_m, step_s, axis=0)
    for index, (place, speed) in enumerate(zip(places_m, velocity, strict=True)):
        row = at(*place, number=number, t_s=index * step_s, **columns)
        row["velocity_mps"] = (speed[1], speed[0], 0.0)
        one.memory.meet(row, int(row["t_ns"][0]), 1.0, 1)
    return judged(one, row)


def score(found: Judged, one: Assessor, rule: str, row: int = 0) -> float:
    """Return what one rule says."""
    return float(found.scored.scores[row, one.rules.names.index(rule)])
