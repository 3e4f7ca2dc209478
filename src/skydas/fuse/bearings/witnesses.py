"""Flights from the bearings of people: each a single one, wide, and from a place of its own.

They make no threads, so they are fitted all together: those of the last WINDOW_S that lie near each other, with the
delay of sound, and while they do not agree the one that agrees least is left out. Enough must be left, from enough
places: a few wide bearings fit some flight, whatever they say (`bench/people.py` counts how often).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from skydas.fuse import counters as c
from skydas.fuse.bearings.begin import renew
from skydas.fuse.bearings.fit import fit_flight, sight_rows
from skydas.fuse.bearings.flight import Flight, crosses, prior_of, sights_of
from skydas.fuse.birth import COASTING, CONFIRMED
from skydas.fuse.life import PEOPLE
from skydas.fuse.records import FREE, Store, Work
from skydas.model import NS_PER_S, BoolArray, FloatArray, IntArray, Rows

WINDOW_S: Final = 90.0
NOTICED_SIGMA_M: Final = 1_200.0  # in each axis: how far from a person what is noticed usually is
WITNESSED_MAX: Final = 32  # bearings in one fit, the newest: a drone heard by more is well known already
WITNESSED_MIN: Final = 7
PLACES_MIN: Final = 4
PLACE_M: Final = 150.0  # reports nearer to each other than this are of one place
SPAN_S_MIN: Final = 8.0
REACH_M: Final = 4_000.0  # neither ear nor eye notices a small drone from further away
CHI2_PER_FREEDOM_MAX: Final = 1.5
FITS_MAX: Final = 10  # of one tick, for beginnings: a millisecond each
FITS_A_TRACK_MAX: Final = 4
REFINED_MAX: Final = 16  # tracks that only people see, in one tick
AHEAD_S_MAX: Final = 30.0
HEARD_LATE_M: Final = 300.0  # what flies moves so far while its sound travels
GATE_SIGMAS: Final = 4.0
_LEFT_OUT_SHARE: Final = 0.35  # of the bearings of a flight; where more disagree there are several, or none


def fresh(kept: Rows, by_people: IntArray, now_ns: int) -> IntArray:
    """Return which of the rows `by_people` of KEPT are of the last WINDOW_S, by time."""
    rows = by_people[kept["t_ns"][by_people] > max(now_ns - round(WINDOW_S * NS_PER_S), 0)]
    order: IntArray = rows[np.lexsort((rows, kept["t_ns"][rows]))]
    return order


def witnessed(store: Store, setup: Rows, heard: IntArray) -> list[Flight]:
    """Return the flights that bearings `heard`, rows of KEPT by time, which no track took are enough for."""
    kept = store.bearings
    rows = heard[kept["is_used"][heard] == 0]
    made: list[Flight] = []
    budget = FITS_MAX
    while len(rows) >= WITNESSED_MIN and budget > 0:
        near = np.hypot(*(kept["site"][rows] - kept["site"][rows[-1]])[:, :2].T) < 2.0 * REACH_M
        flight, fits = _agreed(store, setup, rows[near][-WITNESSED_MAX:], budget)
        budget -= fits
        if flight is None:
            rows = rows[:-1]
            continue
        rows = rows[~np.isin(rows, flight.rows)]
        if crosses(kept, flight) and _is_within_reach(kept, flight):
            made.append(flight)
        else:
            store.counts[c.BEARINGS_NOT_CROSSING] += 1
    store.counts[c.BEARING_FITS_LEFT_OUT] += len(rows) >= WITNESSED_MIN
    return made


def refine(store: Store, setup: Rows, work: Work, heard: IntArray) -> None:
    """Fit each track that only people see again to all their bearings `heard`, while a straight flight explains them.

    A wide bearing moves a filter little; those of a minute together know the velocity ten times better.
    """
    kept, tracks = store.bearings, store.tracks[: int(store.own[0]["high"])]
    living = (tracks["status"] == CONFIRMED) | (tracks["status"] == COASTING)
    slots = tracks["slot_sensor"]
    theirs = (slots == FREE) | (store.sensors["kind"][np.maximum(slots, 0)] == PEOPLE)
    for i in np.flatnonzero(living & theirs.all(axis=1))[:REFINED_MAX].tolist():
        track = tracks[i]
        rows = heard[_may_be_of(track, kept, heard)][-WITNESSED_MAX:]
        if len(rows) < WITNESSED_MIN or kept["t_ns"][rows[-1]] < track["t_ns"]:
            continue  # nothing new
        flight, _ = _agreed(store, setup, rows, FITS_A_TRACK_MAX)
        if flight is None or not crosses(kept, flight) or not _is_within_reach(kept, flight):
            continue
        ahead_s = (int(track["t_ns"]) - flight.t_ns) / NS_PER_S
        if abs(ahead_s) > AHEAD_S_MAX:
            continue
        step = np.eye(6)
        step[[0, 1, 2], [3, 4, 5]] = ahead_s
        renew(store, setup, work, i, step @ flight.mean, step @ flight.cov @ step.T)


def _may_be_of(track: np.void, kept: Rows, rows: IntArray) -> BoolArray:
    """Return which bearings point where the track was, within four sigmas and what is not known of it, (n,)."""
    since_s = (kept["t_ns"][rows] - track["t_ns"]) / NS_PER_S
    way = track["centre"][:2] + since_s[:, None] * track["centre"][3:5] - kept["site"][rows][:, :2]
    away_m = np.hypot(*way.T)
    off = np.arctan2(way[:, 0], way[:, 1]) - kept["azimuth"][rows]
    off = np.abs((off + np.pi) % (2.0 * np.pi) - np.pi)
    unsure_m = track["spread"][0] + np.abs(since_s) * track["spread"][1] + HEARD_LATE_M * kept["is_sound"][rows]
    wide = np.arctan2(unsure_m, np.maximum(away_m, 1.0))
    within: BoolArray = (off < GATE_SIGMAS * kept["sigma_azimuth"][rows] + wide) & (away_m < REACH_M + unsure_m)
    return within


def places(site: FloatArray) -> int:
    """Return how many places (n, 2+) are further than PLACE_M from those before them."""
    found: list[FloatArray] = []
    for one in site[:, :2]:
        if all(np.hypot(*(one - other)) > PLACE_M for other in found):
            found.append(one)
    return len(found)


def _is_within_reach(kept: Rows, flight: Flight) -> bool:
    """Return whether the flight passed near enough to all who say they noticed it."""
    since_s = (kept["t_ns"][flight.rows] - flight.t_ns) / NS_PER_S
    way = flight.mean[:2] + since_s[:, None] * flight.mean[3:5] - kept["site"][flight.rows][:, :2]
    return bool(np.hypot(*way.T).max() < REACH_M)


def _agreed(store: Store, setup: Rows, rows: IntArray, budget: int) -> tuple[Flight | None, int]:
    """Fit bearings, leaving out those that agree least, until they agree; None where too few are left.

    Returns how many fits that took, too: at most `budget`.
    """
    least = max(WITNESSED_MIN, int(np.ceil((1.0 - _LEFT_OUT_SHARE) * len(rows))))
    fits = 0
    while len(rows) >= least and fits < budget:
        fits += 1
        flight, squares = _fitted(store, setup, rows)
        if flight is None:
            break
        if flight.cost <= CHI2_PER_FREEDOM_MAX:
            return flight, fits
        worst = max(len(rows) // 8, 1)
        rows = np.sort(rows[np.argsort(squares, kind="stable")[:-worst]])
        rows = rows[np.lexsort((rows, store.bearings["t_ns"][rows]))]
    return None, max(fits, 1)


def _fitted(store: Store, setup: Rows, rows: IntArray) -> tuple[Flight | None, FloatArray]:
    """Return the flight through bearings and each one's squared residual in sigmas, (n,)."""
    kept = store.bearings
    times = kept["t_ns"][rows]
    t_ns = int(times.max())
    if len(rows) < WITNESSED_MIN or t_ns - int(times.min()) < SPAN_S_MIN * NS_PER_S:
        return None, np.zeros(0)
    if places(kept["site"][rows]) < PLACES_MIN:
        return None, np.zeros(0)
    sights = sights_of(kept, store.sensors, float(setup["sound_slowness"][0]), rows, t_ns)
    prior = np.append(prior_of(store.sensors, setup, int(kept["sensor"][rows[0]]), sights), NOTICED_SIGMA_M)
    mean, cov = np.empty(6), np.empty((6, 6))
    plane = np.ascontiguousarray(setup["plane"][0])
    chi2, freedom, is_solved = fit_flight(sights, prior, plane, mean, cov)
    if not is_solved:
        return None, np.zeros(0)
    r, h, d = np.empty(2), np.empty((2, 6)), np.empty(3)
    squares = np.array([float(np.sum(r[: sight_rows(mean, sight, d, r, h)] ** 2)) for sight in sights])
    return Flight(rows, (), t_ns, mean, cov, chi2 / freedom, places(kept["site"][rows])), squares
