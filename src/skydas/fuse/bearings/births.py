"""When bearings that no track takes become one: which threads may be of one object, and how sure that must be.

Two threads of different sensors are fitted; whoever else sees the same flight is taken in, and it is fitted again. A
flight begins a track where it explains its bearings, where lines of sight cross at CROSSING_RAD_MIN or more, and where
its place is known to less than half of its distance. Several objects before two sensors make ghosts: where a thread
fits more than one flight, only one that a third sensor confirms may begin; a radar that sees it makes another track,
which then takes the bearings. A sensor that moves may begin a track alone, if it moves so that the place can be seen.
"""

from __future__ import annotations

from itertools import combinations
from typing import Final

import numpy as np

from skydas.fuse import counters as c
from skydas.fuse.bearings.begin import begin_flight
from skydas.fuse.bearings.fit import fit_flight, sight_rows
from skydas.fuse.bearings.flight import Flight, crosses, prior_of, sights_of
from skydas.fuse.bearings.kept import spend
from skydas.fuse.bearings.threads import may_cross, threads, waiting
from skydas.fuse.bearings.witnesses import fresh, refine, witnessed
from skydas.fuse.birth import COASTING, CONFIRMED
from skydas.fuse.life import PEOPLE
from skydas.fuse.measure import POSITION
from skydas.fuse.records import FREE, PREPARED, Records, Store, Work
from skydas.model import MODE_3A_UNKNOWN, NS_PER_S, IntArray, Rows

FITS_MAX: Final = 64  # of one tick; pairs beyond it are left out and counted
SIGHTS_MAX: Final = 24  # of one thread in a fit, evenly over its time: more add time, not knowledge
SIGHTS_MIN: Final = 6
SPAN_S_MIN: Final = 2.0
SPAN_SOUND_S_MIN: Final = 6.0  # shorter ones do not find the velocity, and the delay of sound needs it
CHI2_PER_FREEDOM_MAX: Final = 2.0
MOVED_M_MIN: Final = 50.0  # a sensor that moved less stands still
_SUPPORT_CHI2_MAX: Final = 2.5  # mean square of a further thread's residuals about a flight
_KNOWN_SIGMAS: Final = 4.0  # a flight so near to a track is that track
_KNOWN_M: Final = 100.0


def give_birth(store: Store, setup: Rows, work: Work, now_ns: int) -> None:
    """Begin tracks with the bearings that wait; KEPT of `store` holds them. For ticks: it costs up to FITS_MAX fits."""
    by_people = store.sensors["kind"][store.bearings["sensor"]] == PEOPLE
    made: list[Flight] = []
    if by_people.any():
        heard = fresh(store.bearings, np.flatnonzero(by_people), now_ns)
        refine(store, setup, work, heard)
        made += witnessed(store, setup, heard)
    rows = waiting(store.bearings, now_ns)
    rows = rows[~by_people[rows]]
    if len(rows) >= SIGHTS_MIN:
        found, left_out = threads(store.bearings, rows)
        store.counts[c.BEARING_THREADS_LEFT_OUT] += left_out
        made += chosen(flights(store, setup, found), store.counts)
    for flight in made:
        if not _is_known(store.tracks[: int(store.own[0]["high"])], flight):
            _begin(store, setup, work, flight)


def flights(store: Store, setup: Rows, found: list[IntArray]) -> list[Flight]:
    """Return every flight that threads of two or more sensors, or of one that moves, are enough for."""
    kept, sensors = store.bearings, store.sensors
    of = [int(kept["sensor"][thread[0]]) for thread in found]
    reach_m = [float(sensors["limits_m"][sensor][1]) for sensor in of]
    seeds: list[tuple[int, ...]] = [(a,) for a, thread in enumerate(found) if _moved_m(kept, thread) > MOVED_M_MIN]
    seeds += [
        (a, b)
        for a, b in combinations(range(len(found)), 2)
        if of[a] != of[b] and may_cross(kept, found[a], found[b], np.array((reach_m[a], reach_m[b])))
    ]
    store.counts[c.BEARING_FITS_LEFT_OUT] += max(len(seeds) - FITS_MAX, 0)
    made: dict[tuple[int, ...], Flight] = {}
    for seed in seeds[:FITS_MAX]:
        flight = _fitted(store, setup, found, seed)
        if flight is None:
            continue
        whole = _supported(store, setup, found, of, flight)
        if whole != seed:
            flight = made.get(whole) or _fitted(store, setup, found, whole) or flight
        made.setdefault(flight.numbers, flight)
    good = [flight for flight in made.values() if crosses(kept, flight)]
    store.counts[c.BEARINGS_NOT_CROSSING] += len(made) - len(good)
    return good


def chosen(made: list[Flight], counts: IntArray) -> list[Flight]:
    """Return which flights begin: those of most sensors first, each thread once, and no ghost of two sensors."""
    taken: set[int] = set()
    out: list[Flight] = []
    uses: dict[int, int] = {}
    for flight in made:
        for number in flight.numbers:
            uses[number] = uses.get(number, 0) + 1
    for flight in sorted(made, key=lambda one: (-one.sensor_count, one.cost)):
        if not taken.isdisjoint(flight.numbers):
            continue
        if flight.sensor_count == 2 and any(uses[number] > 1 for number in flight.numbers):
            counts[c.BEARINGS_AMBIGUOUS] += 1
            continue
        taken.update(flight.numbers)
        out.append(flight)
    return out


def _fitted(store: Store, setup: Rows, found: list[IntArray], numbers: tuple[int, ...]) -> Flight | None:
    """Fit the threads with these numbers; None where they do not go together or say too little."""
    kept = store.bearings
    rows = np.concatenate([found[number] for number in numbers])
    times = kept["t_ns"][rows]
    t_ns = int(times.max())
    span_s = (t_ns - int(times.min())) / NS_PER_S
    if len(rows) < SIGHTS_MIN or span_s < (SPAN_SOUND_S_MIN if kept["is_sound"][rows].any() else SPAN_S_MIN):
        return None
    used = np.concatenate([_thinned(found[number]) for number in numbers])
    sights = sights_of(kept, store.sensors, float(setup["sound_slowness"][0]), used, t_ns)
    prior = prior_of(store.sensors, setup, int(kept["sensor"][rows[0]]), sights)
    mean, cov = np.empty(6), np.empty((6, 6))
    chi2, freedom, is_solved = fit_flight(sights, prior, np.ascontiguousarray(setup["plane"][0]), mean, cov)
    if not is_solved or chi2 > CHI2_PER_FREEDOM_MAX * freedom:
        return None
    count = len(np.unique(kept["sensor"][rows]))
    return Flight(rows, numbers, t_ns, mean, cov, chi2 / freedom, count)


def _supported(store: Store, setup: Rows, found: list[IntArray], of: list[int], flight: Flight) -> tuple[int, ...]:
    """Return the numbers of the flight's threads and, of each other sensor, of the one that sees the same best."""
    kept, best = store.bearings, dict[int, tuple[float, int]]()
    own = {of[number] for number in flight.numbers}
    slowness = float(setup["sound_slowness"][0])
    for number, thread in enumerate(found):
        if of[number] in own:
            continue
        sights = sights_of(kept, store.sensors, slowness, _thinned(thread), flight.t_ns)
        square = _mean_square(flight, sights)
        if square < min(_SUPPORT_CHI2_MAX, best.get(of[number], (np.inf, 0))[0]):
            best[of[number]] = square, number
    return tuple(sorted((*flight.numbers, *(number for _, number in best.values()))))


def _mean_square(flight: Flight, sights: Rows) -> float:
    """Return the mean of the squared residuals in sigmas, each with what is not known of the flight added."""
    r, h, d = np.empty(2), np.empty((2, 6)), np.empty(3)
    total, count = 0.0, 0
    for sight in sights:
        for k in range(sight_rows(flight.mean, sight, d, r, h)):
            total += r[k] ** 2 / (1.0 + h[k] @ flight.cov @ h[k])
            count += 1
    return total / max(count, 1)


def _is_known(tracks: Records, flight: Flight) -> bool:
    """Return whether a track already is where the flight is."""
    living = tracks[(tracks["status"] == CONFIRMED) | (tracks["status"] == COASTING)]
    if len(living) == 0:
        return False
    dt_s = (flight.t_ns - living["t_ns"]) / NS_PER_S
    off = living["centre"][:, :2] + dt_s[:, None] * living["centre"][:, 3:5] - flight.mean[:2]
    spread_m2 = living["spread"][:, 0] ** 2 + flight.cov[0, 0] + flight.cov[1, 1]
    near = (off**2).sum(axis=1) < _KNOWN_SIGMAS**2 * spread_m2 + _KNOWN_M**2
    return bool(near.any())


def _begin(store: Store, setup: Rows, work: Work, flight: Flight) -> None:
    sensors = np.unique(store.bearings["sensor"][flight.rows])
    prepared = np.zeros(1, PREPARED)
    prepared["t_ns"], prepared["sensor"], prepared["kind"] = flight.t_ns, sensors[0], POSITION
    prepared["mode_3a"], prepared["count"], prepared["owner"] = MODE_3A_UNKNOWN, 3, FREE
    prepared["range_rate"] = prepared["height"] = np.nan
    prepared["has_height"] = not np.isnan(store.bearings["elevation"][flight.rows]).all()
    cov = 0.5 * (flight.cov + flight.cov.T)
    white = np.linalg.inv(np.linalg.cholesky(cov[:3, :3]))
    prepared["place"], prepared["axes"], prepared["z"] = flight.mean[:3], white.ravel(), white @ flight.mean[:3]
    prepared["sigma"] = np.sqrt(max(cov[0, 0], cov[1, 1]) + abs(cov[0, 1]))
    if begin_flight(store, setup, work, prepared, flight.mean, cov, sensors, len(flight.rows)) != FREE:
        spend(store.bearings, flight.rows)


def _thinned(thread: IntArray) -> IntArray:
    if len(thread) <= SIGHTS_MAX:
        return thread
    rows: IntArray = thread[np.linspace(0, len(thread) - 1, SIGHTS_MAX).astype(np.int64)]
    return rows


def _moved_m(kept: Rows, thread: IntArray) -> float:
    site = kept["site"][thread][:, :2]
    return float(np.hypot(*(site.max(axis=0) - site.min(axis=0))))
