"""One step of the tracker: plots of one sensor and short time (a run) to tracks, in place.

run    own codes first -> pairs within a coarse gate -> confirmed tracks -> tentative tracks -> births -> clutter
sweep  misses, coasting, dropping, places in the index: once a second of plot time, and at ticks
"""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from skydas.fuse import counters as c
from skydas.fuse.association import CLUSTER_MAX, assign, clusters, leave_open, propagate, sort_edges
from skydas.fuse.bare import bare, bare_work, uncounted
from skydas.fuse.bearings.kept import keep_bearing
from skydas.fuse.birth import COASTING, CONFIRMED, TENTATIVE, begin, drop, is_ready, judge, note_plot
from skydas.fuse.branch import branch
from skydas.fuse.follow import claim, follow_code, follow_partner, note_partner, plot_log_odds
from skydas.fuse.groups import gather, note_crowd, regroup
from skydas.fuse.index import (
    DROPPED,
    link,
    neighbours,
    relink,
)
from skydas.fuse.life import (
    RADAR,
    any_doubted,
    clutter_density,
    count_misses,
    existence,
    is_doubted,
    learn_clutter,
    longest_period_ns,
    missed_before,
    shortest_period_ns,
    slot_of,
    threshold,
    turn_antenna,
)
from skydas.fuse.measure import BEARING, TDOA
from skydas.fuse.output import report
from skydas.fuse.pairs import pair_line, pair_place
from skydas.fuse.prepare import prepare
from skydas.fuse.records import CANDIDATES_MAX, FREE, RUN_MAX, TRACKS_MAX, Records, Store, Work
from skydas.fuse.relink import note_lost
from skydas.fuse.together import looks_together, propose, search_radius_m
from skydas.fuse.update import advance, commit, evaluate, merge, touch
from skydas.model import IntArray

SWEEP_NS: Final = 1_000_000_000
BUCKET_NS: Final = 500_000_000  # plots of one sensor within this are associated together
LATE: Final = -1
ROWS_PER_PLOT: Final = 4  # a plot begins a track, and may be the second one of several
_LLR_MIN: Final = -50.0
_LLR_MIN_CROWDED: Final = -2.0  # a tentative track ends with its first miss where the store is more than half full
_SHARE_SURE: Final = 0.9  # of a plot: what a track takes beyond it is its own
_TENTATIVE_NS_MIN: Final = 2_000_000_000


@njit(cache=True)
def associate(store: Store, setup: Records, work: Work, prepared: Records, pair_count: int, tentative: bool) -> None:
    """One pass over the pairs of a run: tentative tracks, or those that are confirmed."""
    tracks, sensors, desk = store.tracks, store.sensors, work.desk[0]
    pairs, members, edges, edge_list = work.pairs, work.members, work.edges, work.edge_list
    member_count = 0
    for k in range(pair_count):  # the tracks of this pass, each to be moved to the instant of its nearest plot
        j, i = pairs[k].plot, pairs[k].row
        if (tracks[i].status == TENTATIVE) != tentative or tracks[i].status >= DROPPED or prepared[j].claimed > 0.5:
            continue
        n = tracks[i].member
        if n == FREE:
            n = member_count
            member_count += 1
            tracks[i].member = n
            members[n].row = i
            members[n].miss = 1e30
        if pairs[k].miss < members[n].miss:
            members[n].t_ns = prepared[j].t_ns
            members[n].miss = pairs[k].miss
    for n in range(member_count):
        advance(tracks, setup, desk, members[n].row, members[n].t_ns)
    edge_count = 0
    last_plot, log_odds = -1, 0.0
    for k in range(pair_count):
        j, i = pairs[k].plot, pairs[k].row
        if tracks[i].member == FREE or prepared[j].claimed > 0.5:
            continue
        if j != last_plot:
            last_plot = j
            log_odds = plot_log_odds(sensors, setup, prepared, j)
        if evaluate(tracks, sensors, setup, desk, edges, prepared, edge_count, i, j, log_odds) <= 0.0:
            edges[edge_count].plot = j
            edges[edge_count].member = tracks[i].member
            edge_count += 1
    sort_edges(edges, edge_count, members, member_count, edge_list)
    clusters(edges, edge_count, members, member_count, prepared)
    if not tentative:
        note_crowd(tracks, members, member_count)
    for n in range(member_count):
        size = members[n].cluster_end - members[n].cluster_start
        if size > 0:
            if tentative:  # several may be of one object: each for itself, and the first to be confirmed takes it all
                leave_open(n, edges, members, edge_list)
            elif setup.assigns:
                assign(n, edges, members, edge_list, prepared)
            else:
                propagate(n, edges, members, edge_list, prepared)
            if size > CLUSTER_MAX and not tentative:
                store.counts[c.CLUSTER_ROUNDS_CUT] += 1
    for n in range(member_count):
        i = members[n].row
        tracks[i].member = FREE
        start, end = members[n].start, members[n].end
        members[n].plot = FREE
        if start == end:
            commit(tracks, setup, desk, i)
        elif tentative and tracks[i].hits == 1 and end - start > 1:
            branch(store, setup, work, prepared, i, start, end)
        else:
            members[n].plot = settle(store, setup, work, prepared, i, start, end)
    if tentative:
        elect(store, setup, work, prepared, member_count)


@njit(cache=True)
def settle(store: Store, setup: Records, work: Work, prepared: Records, i: int, first: int, last: int) -> int:
    """Update track `i` by its edges edge_list[first:last], then its existence and its place.

    Returns the plot that it mainly took, FREE if none, or if the track was dropped.
    """
    tracks, sensors, desk = store.tracks, store.sensors, work.desk[0]
    edges, edge_list = work.edges, work.edge_list
    best, most = edge_list[first], -1.0
    for b in range(first, last):
        e = edge_list[b]
        if edges[e].weight * edges[e].nu > most:
            best, most = e, edges[e].weight * edges[e].nu
    j = edges[best].plot
    s = prepared[j].sensor
    whole = merge(tracks, setup.models, desk, edges, edge_list, i, first, last)
    for b in range(first, last):
        e = edge_list[b]
        claim(prepared, edges[e].plot, i, edges[e].weight * edges[e].nu / whole, tracks[i].status != TENTATIVE)
    if prepared[j].kind != BEARING and prepared[j].kind != TDOA:
        tracks[i].bar = threshold(prepared[j].density, sensors, s, setup)
    miss = np.log(1.0 - sensors[s].detection * setup.gate_probability)
    is_hit = whole > 2.0
    known = slot_of(tracks, i, s)
    if known != FREE:
        period = sensors[s].period_ns
        if sensors[s].kind == RADAR:  # turns that passed unseen before this one
            while prepared[j].t_ns - tracks[i].slot_ns[known] > period + period // 2 and tracks[i].llr > _LLR_MIN:
                tracks[i].slot_ns[known] += period
                tracks[i].llr += miss
        if not is_hit:
            tracks[i].slot_ns[known] = max(prepared[j].t_ns, tracks[i].slot_ns[known])
        tracks[i].llr += miss + np.log(whole)
    elif is_hit:
        tracks[i].llr += miss * (1.0 + missed_before(tracks, sensors, i, s, prepared[j].t_ns)) + np.log(whole)
    if is_hit:
        note_plot(store, prepared, i, j)
        prepared[j].known = max(prepared[j].known, existence(tracks, i))
    commit(tracks, setup, desk, i)
    if tracks[i].status == TENTATIVE and tracks[i].llr < setup.tentative_llr_min:
        drop(store, work, i)
        return FREE
    if tracks[i].status != TENTATIVE:
        judge(store, setup, work, i, is_hit)
        if tracks[i].status == DROPPED:
            return FREE
    relink(store, i, tracks[i].t_ns, setup.q_manoeuvre)
    touch(tracks, desk, work.touched, i)
    return j if is_hit else FREE


@njit(cache=True)
def _may_be_confirmed(store: Store, i: int) -> bool:
    return store.tracks[i].status == TENTATIVE and is_ready(store.tracks, store.sensors, i)


@njit(cache=True)
def elect(store: Store, setup: Records, work: Work, prepared: Records, member_count: int) -> None:
    """Confirm tentative tracks of this pass, the likeliest first; drop who took the same plot: it is the same object.

    members.plot : the plot that each took, or FREE
    """
    tracks, members, edge_list = store.tracks, work.members, work.edge_list
    count = 0
    for n in range(member_count - 1, -1, -1):  # members of one plot in a chain, from its `owner` on, by `parent`
        j = members[n].plot
        if j == FREE:
            continue
        members[n].parent = prepared[j].owner
        prepared[j].owner = n
        if _may_be_confirmed(store, members[n].row):
            edge_list[count] = n
            count += 1
    odds = np.empty(count)
    for a in range(count):
        odds[a] = -tracks[members[edge_list[count - 1 - a]].row].llr
    for a in np.argsort(odds, kind="mergesort"):
        n = edge_list[count - 1 - a]
        i, j = members[n].row, members[n].plot
        if prepared[j].claimed > 0.5 or not _may_be_confirmed(store, i):
            continue
        prepared[j].share = 0.0
        claim(prepared, j, i, 1.0, True)
        other = prepared[j].owner
        while other != FREE:  # before it is judged: a double of it is no rival
            k = members[other].row
            if k != i and tracks[k].status == TENTATIVE:
                drop(store, work, k)
            other = members[other].parent
        judge(store, setup, work, i, True)
    for n in range(member_count):
        if members[n].plot != FREE:
            prepared[members[n].plot].owner = FREE


@njit(cache=True)
def run(store: Store, setup: Records, work: Work, prepared: Records, order: IntArray, first: int, last: int) -> int:
    """Take the plots order[first:last], all of one sensor and short time; return where those begin that are left.

    Some are left where there is no room for the pairs of all: they are the next run.
    """
    sensors, desk = store.sensors, work.desk[0]
    s = prepared[order[first]].sensor
    newest = prepared[order[first]].t_ns
    for a in range(first, last):
        newest = max(newest, prepared[order[a]].t_ns)
    turn_antenna(sensors, s, newest, setup)
    pair_count = 0
    is_together = looks_together(store, prepared, order, first, last)
    starts, near = work.starts, work.near
    if is_together:
        is_together = propose(store, prepared, order, first, last, starts, near)
    for a in range(first, last):
        j = order[a]
        if pair_count > 0 and pair_count + CANDIDATES_MAX > len(work.pairs):
            last = a
            break
        prepared[j].claimed = prepared[j].share = 0.0
        prepared[j].row = FREE
        prepared[j].known = 0.0
        prepared[j].owner = FREE
        if prepared[j].mode_s != 0 and follow_code(store, setup, work, prepared, j):
            prepared[j].known = 1.0
        elif prepared[j].kind == BEARING and not keep_bearing(store, prepared, j):
            store.counts[c.COPIES] += 1
            prepared[j].claimed = 1.0
        elif prepared[j].kind == BEARING or prepared[j].kind == TDOA:
            pair_count = pair_line(store, setup, work, prepared, j, pair_count)
        else:
            prepared[j].density = clutter_density(sensors, s, prepared[j].place[0], prepared[j].place[1], setup)
            if prepared[j].partner != 0 and follow_partner(store, setup, work, prepared, j):
                prepared[j].known = 1
            elif is_together:
                begins, ends = starts[a - first], starts[a - first + 1]
                pair_count = pair_place(store, setup, work, prepared, j, pair_count, near, begins, ends)
            else:
                x, y = prepared[j].place[0], prepared[j].place[1]
                found = neighbours(store, x, y, search_radius_m(store.own[0], prepared, j), desk.found)
                pair_count = pair_place(store, setup, work, prepared, j, pair_count, desk.found, 0, found)
    if pair_count > 0:
        associate(store, setup, work, prepared, pair_count, False)
        associate(store, setup, work, prepared, pair_count, True)
    for a in range(first, last):
        j = order[a]
        if prepared[j].kind == BEARING or prepared[j].kind == TDOA:
            if prepared[j].claimed <= 0.5:
                sensors[s].map_total += sensors[s].map_unit
            elif prepared[j].kind == BEARING and prepared[j].kept != FREE:
                store.bearings[prepared[j].kept].is_used = 1
            continue
        if prepared[j].mode_s == 0:
            learn_clutter(sensors, s, prepared[j].place[0], prepared[j].place[1], 1.0 - prepared[j].known)
        if prepared[j].claimed <= 0.5:
            begin(store, setup, work, prepared, j)
        if prepared[j].partner != 0 and prepared[j].share > _SHARE_SURE:
            note_partner(store, prepared, j)
    sensors[s].newest_ns = max(sensors[s].newest_ns, newest)
    return last


@njit(cache=True)
def sweep(store: Store, setups: Records, work: Work, now_ns: int, t_ns: int, shows: bool) -> int:
    """Count misses, coast and drop by `now_ns`, and put every track where it is expected at `t_ns`.

    shows : report every track that coasts, not only those that begin to
    Returns how many rows there are to report.
    """
    store, work, setups = bare(store), bare_work(work), uncounted(setups)
    tracks, sensors, own, desk, setup = store.tracks, store.sensors, store.own[0], work.desk[0], setups[0]
    crowd_count = 0
    llr_min = setup.tentative_llr_min
    if 2 * own.alive > TRACKS_MAX:
        llr_min = max(llr_min, _LLR_MIN_CROWDED)
    has_doubted = any_doubted(sensors)
    for i in range(own.high):
        status = tracks[i].status
        if status < 0 or status >= DROPPED:
            continue
        count_misses(tracks, sensors, i, setup)
        unseen = now_ns - tracks[i].last_ns
        if status == TENTATIVE:
            patience = max(setup.tentative_periods_max * longest_period_ns(tracks, sensors, i), _TENTATIVE_NS_MIN)
            if tracks[i].llr < llr_min or unseen > patience:
                drop(store, work, i)
                continue
        else:
            patience = setup.coast_periods_max * longest_period_ns(tracks, sensors, i)
            patience = min(max(patience, setup.coast_ns_min), setup.coast_ns_max)
            if has_doubted and is_doubted(tracks, sensors, i, now_ns - patience):
                drop(store, work, i)
                continue
            if unseen > patience or (tracks[i].llr < 0.0 and unseen > setup.coast_ns_min):
                note_lost(store, setup.models, desk, i)
                drop(store, work, i)
                continue
            if unseen > setup.coast_after_periods * shortest_period_ns(tracks, sensors, i):
                if status == CONFIRMED:
                    tracks[i].status = COASTING
                    store.counts[c.COASTED_COUNT] += 1
                    touch(tracks, desk, work.touched, i)
                elif shows:
                    touch(tracks, desk, work.touched, i)
            crowd_count = gather(store, work, crowd_count, i, t_ns)
        relink(store, i, t_ns, setup.q_manoeuvre)
    regroup(store, setup, work, crowd_count, t_ns)
    own.swept_ns = t_ns
    return desk.touched + desk.promoted


@njit(cache=True)
def step(
    now_ns: int,
    plots: Records,
    receivers: Records,
    sensor_count: int,
    store: Store,
    setups: Records,
    work: Work,
    prepared: Records,
    order: IntArray,
    defers: bool,
    out: Records,
    origin: int,
) -> tuple[int, int, int, int]:
    """Check plots, PLOT_NUMBERS (n,), and take those that are accepted, by half second and sensor: each group is a run.

    defers : if some are later than the tolerance, take none
    out    : TRACK_NUMBERS, receives the tracks that changed, if it is long enough for them

    Returns how many rows there are to report, or LATE; the instant and the sensor of the oldest plot, -1 for none;
    and how many plots the next step may bring before anything must grow.
    """
    store, work, setups, prepared = bare(store), bare_work(work), uncounted(setups), uncounted(prepared)
    plots, receivers, order, out = uncounted(plots), uncounted(receivers), uncounted(order), uncounted(out)
    prepare(now_ns, plots, receivers, store.sensors, sensor_count, setups, prepared)
    store.counts[c.PLOTS] += len(plots)
    count = order_plots(prepared, len(plots), order, store.counts)
    own, setup, desk = store.own[0], setups[0], work.desk[0]
    desk.oldest_ns = own.newest_ns
    desk.oldest_sensor = -1
    for a in range(count):
        j = order[a]
        if desk.oldest_sensor < 0 or prepared[j].t_ns < desk.oldest_ns:
            desk.oldest_ns = prepared[j].t_ns
            desk.oldest_sensor = prepared[j].sensor
    if defers and desk.oldest_ns < own.newest_ns - setup.tolerance_ns:
        for j in range(len(plots)):
            prepared[j].number = 0
            prepared[j].sure = -1
        return LATE, desk.oldest_ns, desk.oldest_sensor, 0
    first = 0
    while first < count:
        j = order[first]
        s, t_ns = prepared[j].sensor, prepared[j].t_ns
        last = first + 1
        while last < count and last - first < RUN_MAX:
            k = order[last]
            if prepared[k].sensor != s or prepared[k].t_ns // BUCKET_NS != t_ns // BUCKET_NS:
                break
            last += 1
        own.newest_ns = max(own.newest_ns, t_ns)
        if t_ns - own.swept_ns >= SWEEP_NS:
            sweep(store, setups, work, t_ns, t_ns, False)
        first = run(store, setup, work, prepared, order, first, last)
    for j in range(len(plots)):
        prepared[j].number = 0
        prepared[j].sure = -1
        if prepared[j].verdict == 0 and prepared[j].share > 0.0:
            i = prepared[j].row
            prepared[j].number = store.tracks[i].number
            if store.tracks[i].status == CONFIRMED and prepared[j].share > _SHARE_SURE:
                prepared[j].sure = store.tracks[i].number
    row_count = desk.touched + desk.promoted
    if row_count <= len(out):
        report(out, store, setups, work, 0, origin)
    room = min(own.free_count // ROWS_PER_PLOT, len(order))
    room = min(room, len(store.codes) // 2 - own.codes, len(store.births) // 2 - own.births)
    return row_count, desk.oldest_ns, desk.oldest_sensor, room


@njit(cache=True)
def order_plots(prepared: Records, n: int, order: IntArray, counts: IntArray) -> int:
    """Write the accepted plots in the order they are taken: by half second, sensor, arrival. Return how many."""
    count = 0
    in_order = True
    for j in range(n):
        if prepared[j].verdict != 0:
            counts[prepared[j].verdict] += 1
            continue
        if count > 0:
            k = order[count - 1]
            before, after = prepared[k].t_ns // BUCKET_NS, prepared[j].t_ns // BUCKET_NS
            if after < before or (after == before and prepared[j].sensor < prepared[k].sensor):
                in_order = False
        order[count] = j
        count += 1
    if not in_order:
        keys = np.empty(count, np.int64)
        for a in range(count):
            keys[a] = prepared[order[a]].sensor
        chosen = order[:count][np.argsort(keys, kind="mergesort")]
        for a in range(count):
            keys[a] = prepared[chosen[a]].t_ns // BUCKET_NS
        order[:count] = chosen[np.argsort(keys, kind="mergesort")]
    return count


@njit(cache=True)
def relink_all(store: Store, setups: Records) -> None:
    """Enter every living track in an empty index."""
    own = store.own[0]
    own.level[:] = 0
    for i in range(own.high):
        if 0 <= store.tracks[i].status < DROPPED:
            link(store, i, store.tracks[i].index_ns, setups[0].q_manoeuvre)
