"""Groups: tracks so close that nobody can say which is which, held together as one with a count.

near   confirmed tracks within NEAR_SIGMAS of each other's plots and of like velocity, three or more connected
loose  tracks of one group within LOOSE_SIGMAS: who is further from the rest than this leaves it
Both must hold for SCANS turns. A track that ends within a group may have merged with another's echo: it counts among
those the group may hold until it was not seen for `group_hidden_s_max`. A group has the number of one of its tracks,
so a replay gives it the same number again.
"""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from skydas.fuse import counters as c
from skydas.fuse.life import shortest_period_ns
from skydas.fuse.records import FREE, GROUP_TRACKS_MIN, Records, Store, Work
from skydas.fuse.update import touch
from skydas.model import MODE_3A_UNKNOWN, FloatArray, IntArray, TrackStatus

NEAR_SIGMAS: Final = 4.0  # under 3 sigma identity is lost, over 6 it is kept
LOOSE_SIGMAS: Final = 6.0
SCANS: Final = 3
SIGMA_M_MAX: Final = 500.0  # a track less sure than this is no neighbour of anything
SPEED_MPS_MAX: Final = 20.0  # velocities further apart are not alike, however unsure
_VELOCITY_SIGMAS: Final = 3.0
_EXTENT_KEEP: Final = 0.9  # of a group's extent from one second to the next
_CONFIRMED: Final = int(TrackStatus.CONFIRMED)


@njit(cache=True)
def note_crowd(tracks: Records, members: Records, member_count: int) -> None:
    """Mark the tracks of a pass that share plots with enough others to be a group."""
    for n in range(member_count):
        leader = members[n].cluster
        if members[leader].cluster_end - members[leader].cluster_start >= GROUP_TRACKS_MIN:
            tracks[members[n].row].crowd_ns = members[n].t_ns


@njit(cache=True)
def gather(store: Store, work: Work, count: int, i: int, t_ns: int) -> int:
    """Add track `i` to those that `regroup` looks at, if it is in a group or a crowd; return how many there are."""
    track = store.tracks[i]
    if track.group == 0:
        if track.crowd_ns == 0 or track.mode_s != 0 or track.status != _CONFIRMED:
            return count
        if t_ns - track.crowd_ns > SCANS * shortest_period_ns(store.tracks, store.sensors, i):
            store.tracks[i].near_ns = 0
            return count
    if count == len(work.crowd):
        store.counts[c.CROWD_LEFT_OUT] += 1
        return count
    work.crowd[count] = i
    return count + 1


@njit(cache=True)
def regroup(store: Store, setup: Records, work: Work, count: int, t_ns: int) -> None:
    """Form, change and end groups by what lies near what at `t_ns`; work.crowd[:count] are the tracks in question."""
    tracks, own = store.tracks, store.own[0]
    if count == 0 and own.groups == 0:
        return
    place = np.empty((count, 6))  # x, y, their rates, sigma of a plot about the track, sigma of velocity
    for a in range(count):
        i = work.crowd[a]
        dt = (t_ns - tracks[i].t_ns) * 1e-9
        centre = tracks[i].centre
        place[a, 0], place[a, 1] = centre[0] + dt * centre[3], centre[1] + dt * centre[4]
        place[a, 2], place[a, 3] = centre[3], centre[4]
        place[a, 4] = np.hypot(tracks[i].plot_sigma, tracks[i].spread[0])
        place[a, 5] = tracks[i].spread[1]
    near, loose = np.arange(count), np.arange(count)
    _connect(tracks, work.crowd, place, near, loose)
    _ripen(store, work.crowd, near, count, t_ns)
    _join(store, work, near, count, t_ns)
    _leave(store, work, loose, count, t_ns)
    _summarise(store, setup, work, place, count, t_ns)


@njit(cache=True)
def root(parent: IntArray, a: int) -> int:
    """Return the representative of `a`, halving the path on the way."""
    while parent[a] != a:
        parent[a] = parent[parent[a]]
        a = parent[a]
    return a


@njit(cache=True)
def _connect(tracks: Records, crowd: IntArray, place: FloatArray, near: IntArray, loose: IntArray) -> None:
    """Join what is near in `near`, and what is loosely near and of one group in `loose`: pairs by a sweep eastwards."""
    order = np.argsort(place[:, 0], kind="mergesort")
    count = len(order)
    widest = 0.0
    for a in range(count):
        widest = max(widest, min(place[a, 4], SIGMA_M_MAX))
    for u in range(count):
        a = order[u]
        for v in range(u + 1, count):
            b = order[v]
            dx, dy = place[b, 0] - place[a, 0], place[b, 1] - place[a, 1]
            if dx > LOOSE_SIGMAS * widest:
                break
            sigma = min(max(place[a, 4], place[b, 4]), SIGMA_M_MAX)
            away = np.hypot(dx, dy)
            i, k = crowd[a], crowd[b]
            if tracks[i].group != 0 and tracks[i].group == tracks[k].group and away < LOOSE_SIGMAS * sigma:
                _unite(loose, a, b)
            apart = np.hypot(place[b, 2] - place[a, 2], place[b, 3] - place[a, 3])
            alike = min(_VELOCITY_SIGMAS * np.hypot(place[a, 5], place[b, 5]), SPEED_MPS_MAX)
            if away < NEAR_SIGMAS * sigma and apart < alike and not _is_told_apart(tracks, i, k):
                _unite(near, a, b)


@njit(cache=True)
def _unite(parent: IntArray, a: int, b: int) -> None:
    """Join two sets; the smaller number leads, so that the outcome does not depend on the order."""
    a, b = root(parent, a), root(parent, b)
    if a < b:
        parent[b] = a
    else:
        parent[a] = b


@njit(cache=True)
def _is_told_apart(tracks: Records, i: int, k: int) -> bool:
    """Return whether codes say which of two tracks is which, or one is too unsure to say anything of."""
    if tracks[i].mode_s != 0 or tracks[k].mode_s != 0:
        return True
    if tracks[i].spread[0] > SIGMA_M_MAX or tracks[k].spread[0] > SIGMA_M_MAX:
        return True
    a, b = tracks[i].mode_3a, tracks[k].mode_3a
    return a != b and a != MODE_3A_UNKNOWN and b != MODE_3A_UNKNOWN


@njit(cache=True)
def _ripen(store: Store, crowd: IntArray, near: IntArray, count: int, t_ns: int) -> None:
    """Note since when each track has been near enough others, or near one that stands for several."""
    tracks = store.tracks
    size = np.zeros(count, np.int64)
    has_group = np.zeros(count, np.bool_)
    for a in range(count):
        size[root(near, a)] += 1
        has_group[root(near, a)] |= tracks[crowd[a]].group != 0
    for a in range(count):
        i, leader = crowd[a], root(near, a)
        if size[leader] < GROUP_TRACKS_MIN and not (size[leader] == 2 and has_group[leader]):
            tracks[i].near_ns = 0
        elif tracks[i].near_ns == 0:
            tracks[i].near_ns = t_ns


@njit(cache=True)
def _is_ripe(store: Store, i: int, since_ns: int, t_ns: int) -> bool:
    """Return whether something has held for track `i` for SCANS turns."""
    return since_ns != 0 and t_ns - since_ns >= SCANS * shortest_period_ns(store.tracks, store.sensors, i)


@njit(cache=True)
def _join(store: Store, work: Work, near: IntArray, count: int, t_ns: int) -> None:
    """Give the ripe tracks of each connected set one group: the lowest numbered that is there, or a new one."""
    tracks, crowd = store.tracks, work.crowd
    for leader in range(count):
        if near[leader] != leader or tracks[crowd[leader]].near_ns == 0:
            continue
        number, lowest, ripe = 0, 0, 0
        for a in range(leader, count):
            i = crowd[a]
            if root(near, a) != leader or not _is_ripe(store, i, tracks[i].near_ns, t_ns):
                continue
            ripe += 1
            if tracks[i].group != 0 and (number == 0 or tracks[i].group < number):
                number = tracks[i].group
            if (lowest == 0 or tracks[i].number < lowest) and group_at(store.groups, tracks[i].number) == FREE:
                lowest = tracks[i].number
        if number == 0:
            if ripe < GROUP_TRACKS_MIN or lowest == 0 or not _form(store, lowest, t_ns):
                continue
            number = lowest
        to = group_at(store.groups, number)
        for a in range(leader, count):
            i = crowd[a]
            if root(near, a) != leader or not _is_ripe(store, i, tracks[i].near_ns, t_ns) or tracks[i].group == number:
                continue
            if tracks[i].group != 0:  # two groups became one: whom one of them may hold unseen, the other does now
                _hand_over(store, group_at(store.groups, tracks[i].group), to)
            tracks[i].group = number
            tracks[i].far_ns = 0
            touch(tracks, work.desk[0], work.touched, i)


@njit(cache=True)
def group_at(groups: Records, number: int) -> int:
    """Return the entry of the group with this number, or FREE."""
    for g in range(len(groups)):
        if groups[g].number == number:
            return g
    return FREE


@njit(cache=True)
def _form(store: Store, number: int, t_ns: int) -> bool:
    """Enter a new group, if there is room."""
    groups, own = store.groups, store.own[0]
    g = group_at(groups, 0)
    if g == FREE:
        store.counts[c.GROUPS_WITHOUT_ROOM] += 1
        return False
    groups[g].number = number
    groups[g].formed_ns = t_ns
    groups[g].tracks = groups[g].most = groups[g].hidden_ns = 0
    groups[g].extent[:] = 0.0
    own.groups += 1
    store.counts[c.GROUPS_FORMED] += 1
    return True


@njit(cache=True)
def _hand_over(store: Store, g: int, to: int) -> None:
    """Move one object from what group `g` may hold to what group `to` may hold."""
    groups = store.groups
    groups[to].most += 1
    groups[g].most = max(groups[g].most - 1, 0)


@njit(cache=True)
def _leave(store: Store, work: Work, loose: IntArray, count: int, t_ns: int) -> None:
    """Let go the tracks that have long been far from the largest connected part of their group."""
    tracks, groups, crowd = store.tracks, store.groups, work.crowd
    size = np.zeros(count, np.int64)
    for a in range(count):
        size[root(loose, a)] += 1
    for g in range(len(groups)):
        if groups[g].number == 0:
            continue
        core = FREE
        for a in range(count):
            if tracks[crowd[a]].group == groups[g].number and (core == FREE or size[root(loose, a)] > size[core]):
                core = root(loose, a)
        for a in range(count):
            i = crowd[a]
            if tracks[i].group != groups[g].number:
                continue
            if root(loose, a) == core:
                tracks[i].far_ns = 0
            elif tracks[i].far_ns == 0:
                tracks[i].far_ns = t_ns
            elif _is_ripe(store, i, tracks[i].far_ns, t_ns):
                tracks[i].group = tracks[i].far_ns = tracks[i].near_ns = 0
                groups[g].most -= 1
                touch(tracks, work.desk[0], work.touched, i)


@njit(cache=True)
def _summarise(store: Store, setup: Records, work: Work, place: FloatArray, count: int, t_ns: int) -> None:
    """Count each group's tracks, place it and take its extent; end those that hold no more than one object."""
    tracks, groups, own, crowd = store.tracks, store.groups, store.own[0], work.crowd
    for g in range(len(groups)):
        if groups[g].number == 0:
            continue
        n, seen = 0, 0
        noise = 0.0
        centre = groups[g].centre
        centre[:] = 0.0
        for a in range(count):
            i = crowd[a]
            if tracks[i].group == groups[g].number:
                n += 1
                seen += 1 if tracks[i].status == _CONFIRMED else 0
                noise += tracks[i].spread[0] ** 2
                for k in range(6):
                    centre[k] += tracks[i].centre[k]
                centre[0] += place[a, 0] - tracks[i].centre[0]
                centre[1] += place[a, 1] - tracks[i].centre[1]
        groups[g].tracks = n
        groups[g].least = max(seen, 1)
        groups[g].t_ns = t_ns
        groups[g].most = max(groups[g].most, n)
        if n == groups[g].most:
            groups[g].hidden_ns = 0
        elif groups[g].hidden_ns == 0:
            groups[g].hidden_ns = t_ns
        elif t_ns - groups[g].hidden_ns > setup.group_hidden_ns_max:
            groups[g].most = n
            groups[g].hidden_ns = 0
        if n == 0 or groups[g].most < 2:
            for a in range(count):
                i = crowd[a]
                if tracks[i].group == groups[g].number:
                    tracks[i].group = tracks[i].far_ns = tracks[i].near_ns = 0
                    touch(tracks, work.desk[0], work.touched, i)
            groups[g].number = 0
            own.groups -= 1
            continue
        for k in range(6):
            centre[k] /= n
        if n > 1:  # one track alone says nothing of how far apart those it stands for are
            _take_extent(tracks, groups, g, crowd, place, count, noise / n)


@njit(cache=True)
def _take_extent(
    tracks: Records, groups: Records, g: int, crowd: IntArray, place: FloatArray, count: int, noise: float
) -> None:
    """Let the extent (east-east, east-north, north-north, m2) follow the scatter of the tracks less their own noise."""
    scatter = np.zeros(3)
    for a in range(count):
        if tracks[crowd[a]].group == groups[g].number:
            dx, dy = place[a, 0] - groups[g].centre[0], place[a, 1] - groups[g].centre[1]
            scatter[0] += dx * dx
            scatter[1] += dx * dy
            scatter[2] += dy * dy
    scatter /= groups[g].tracks
    scatter[0] = max(scatter[0] - noise, 0.0)
    scatter[2] = max(scatter[2] - noise, 0.0)
    limit = np.sqrt(scatter[0] * scatter[2])
    scatter[1] = min(max(scatter[1], -limit), limit)
    keep = _EXTENT_KEEP if groups[g].formed_ns < groups[g].t_ns else 0.0
    for k in range(3):
        groups[g].extent[k] = keep * groups[g].extent[k] + (1.0 - keep) * scatter[k]
