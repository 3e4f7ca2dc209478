"""A confirmed track from a fitted flight, or a track that takes the state of one."""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

from numba import njit

from skydas.fuse import counters as c
from skydas.fuse.bare import bare, bare_work
from skydas.fuse.birth import begin, confirm
from skydas.fuse.index import relink
from skydas.fuse.life import LLR_HEADROOM, saw
from skydas.fuse.records import FREE, Records, Store, Work
from skydas.fuse.update import commit
from skydas.model import FloatArray, IntArray


@njit(cache=True)
def begin_flight(
    store: Store,
    setups: Records,
    work: Work,
    prepared: Records,
    mean: FloatArray,
    cov: FloatArray,
    sensors: IntArray,
    hits: int,
) -> int:
    """Begin a confirmed track with state `mean` (6,) and covariance `cov` (6, 6); return its row, FREE without room.

    prepared : PREPARED (1,), the place of the state as a position plot of the first sensor
    sensors  : (k,) rows of those that saw it
    """
    store, work = bare(store), bare_work(work)
    tracks, setup, desk = store.tracks, setups[0], work.desk[0]
    prepared[0].row = FREE
    begin(store, setup, work, prepared, 0)
    i = prepared[0].row
    if i == FREE:
        return FREE
    for m in range(setup.models):
        k = 0
        for a in range(6):
            tracks[i].mean[m, a] = mean[a]
            for b in range(a, 6):
                tracks[i].cov[m, k] = cov[a, b]
                k += 1
    for k in range(1, len(sensors)):  # the first was noted with the position
        saw(tracks, store.sensors, i, sensors[k], prepared[0].t_ns)
    tracks[i].hits = hits
    tracks[i].llr = tracks[i].bar + LLR_HEADROOM
    commit(tracks, setup, desk, i)
    relink(store, i, prepared[0].t_ns, setup.q_manoeuvre)
    confirm(store, setup, work, i)
    store.counts[c.BEGUN_BY_BEARINGS] += 1
    return i


@njit(cache=True)
def renew(store: Store, setups: Records, work: Work, i: int, mean: FloatArray, cov: FloatArray) -> None:
    """Give every model of track `i` the state `mean` (6,) and covariance `cov` (6, 6), at the track's own instant."""
    store, work = bare(store), bare_work(work)
    tracks, setup, desk = store.tracks, setups[0], work.desk[0]
    for m in range(setup.models):
        k = 0
        for a in range(6):
            tracks[i].mean[m, a] = mean[a]
            for b in range(a, 6):
                tracks[i].cov[m, k] = cov[a, b]
                k += 1
    commit(tracks, setup, desk, i)
    relink(store, i, tracks[i].t_ns, setup.q_manoeuvre)
