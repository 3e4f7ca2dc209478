"""Existence: what a hit and a miss say, the clutter map they are weighed by, and when a track begins and ends.

The log-likelihood ratio starts at 0 with the first plot. A track is confirmed above ln(B / A), where B false tracks
begin in an hour on 10,000 km2 as dense in clutter as it is there: by Ville's inequality at most A of them ever pass,
if the density is right.
"""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from skydas.fuse.health.watch import note_again
from skydas.fuse.records import DOUBTED, FREE, MAP_CELLS, MAP_PARENTS, SLOTS, Records

# What may set a sensor apart.
RADAR: Final = 0
COOPERATIVE: Final = 1
OTHER: Final = 2
PEOPLE: Final = 3  # each report from a place of its own

LLR_HEADROOM: Final = 6.0  # over the threshold: so a confirmed track survives about this much bad evidence
HITS_UNCERTAIN: Final = 2  # so many plots of a track are counted as clutter before it is believed
HITS_MIN: Final = 3  # to be confirmed; two where the plots carry its own code
CODED_LLR: Final = 6.0  # a plausible report with the track's own code: such chance meetings are one in hundreds
EXISTENCE_AT_BAR: Final = 3.0  # log of the odds when the threshold is just reached: twenty real tracks to a false one
BAR_MIN: Final = 4.6  # odds of a hundred, where nothing false was ever seen
_AREA_M2: Final = 1e10  # false tracks are counted per 10,000 km2
_UNIT_MAX: Final = 1e6  # of the clutter map; then its numbers are scaled back
MISSED_MAX: Final = 5  # turns that a radar is held to have missed before it saw a track
_OCCUPIED_MIN: Final = 0.2  # plots, with what was forgotten: a parent cell with less is taken for empty
MAP_PRIOR: Final = 8.0  # plots that the density of the whole weighs in a parent cell, and a parent's in its cells;
_SHAPE_MIN: Final = 0.5  # later so many where the cells differ most, as in Jeffreys' prior,
_SHAPE_MAX: Final = 64.0  # and where they are alike:
_SPREAD_TURNS_MIN: Final = 50.0  # before, most of what differs are objects that are not believed yet
_CELLS: Final = MAP_CELLS // MAP_PARENTS  # of a parent's side


@njit(cache=True)
def threshold(density: float, sensors: Records, s: int, life: Records) -> float:
    """Return the log-likelihood ratio that confirms where sensor `s` has so many false plots per m2 and turn.

    What is wanted is wanted of all sensors together: those that look at the same place each get their share.
    """
    per_hour = density * _AREA_M2 * 3.6e12 / sensors[s].period_ns * sensors[s].crowd
    return max(np.log(max(per_hour / life.false_per_hour, 1.0)), BAR_MIN)


@njit(cache=True)
def map_cell(sensors: Records, s: int, x: float, y: float, cells: int, axis: int) -> int:
    """Return the row (axis 1) or column (axis 0) of a place in the sensor's map of `cells` a side."""
    reach = sensors[s].limits_m[1]
    m = sensors[s].rotation
    d0, d1 = x - sensors[s].origin[0], y - sensors[s].origin[1]
    local = m[axis, 0] * d0 + m[axis, 1] * d1
    return min(max(int((local + reach) / (2.0 * reach) * cells), 0), cells - 1)


@njit(cache=True)
def clutter_density(sensors: Records, s: int, x: float, y: float, life: Records) -> float:
    """Return the false plots per m2 and turn of the antenna to be expected at a place.

    Gamma-Poisson: a cell's plots over its turns, drawn towards its parent's density, this towards that of the whole:
    of all parents where anything was ever seen, for a circle in a square is not all, and a coast is less. How far it is
    drawn to its parent's is what `note_spread` found there.
    """
    unit = 1.0 / sensors[s].map_unit
    turns = sensors[s].map_scans * unit
    side = 2.0 * sensors[s].limits_m[1]
    area = side * side
    total = sensors[s].map_total * unit
    spread = total * (MAP_PARENTS * MAP_PARENTS) / max(sensors[s].map_parents, 1.0)
    density = (spread + life.clutter_plots * life.clutter_scans) / (turns + life.clutter_scans) / area
    a, b = map_cell(sensors, s, x, y, MAP_PARENTS, 0), map_cell(sensors, s, x, y, MAP_PARENTS, 1)
    parent_area = area / (MAP_PARENTS * MAP_PARENTS)
    count = sensors[s].map_parent[b, a] * unit
    density = (MAP_PRIOR + count) / (MAP_PRIOR / (density * parent_area) + turns) / parent_area
    a, b = map_cell(sensors, s, x, y, MAP_CELLS, 0), map_cell(sensors, s, x, y, MAP_CELLS, 1)
    cell_area = area / (MAP_CELLS * MAP_CELLS)
    count = sensors[s].map[b, a] * unit
    shape = sensors[s].map_shape[b // _CELLS, a // _CELLS]
    return (shape + count) / (shape / (density * cell_area) + turns) / cell_area


@njit(cache=True)
def note_spread(sensors: Records, s: int) -> None:
    """Find the shape of the Gamma prior in each parent cell: mean2 / (variance - mean) over its cells' counts.

    By moments, as the negative binomial's. Cells that are alike get nearly their mean, and so little noise; where
    clutter ends within a parent, as at a coast or at the edge of what the sensor sees, each stands for itself.
    """
    unit = 1.0 / sensors[s].map_unit
    is_known = sensors[s].map_scans * unit > _SPREAD_TURNS_MIN
    cells = float(_CELLS * _CELLS)
    for b in range(MAP_PARENTS):
        for a in range(MAP_PARENTS):
            total, squares = 0.0, 0.0
            for d in range(b * _CELLS, (b + 1) * _CELLS):
                for e in range(a * _CELLS, (a + 1) * _CELLS):
                    count = sensors[s].map[d, e] * unit
                    total += count
                    squares += count * count
            mean = total / cells
            excess = (squares - total * mean) / (cells - 1.0) - mean
            shape = mean * mean / excess if excess > 0.0 else _SHAPE_MAX
            shape = min(max(shape, _SHAPE_MIN), _SHAPE_MAX)
            sensors[s].map_shape[b, a] = shape if is_known else MAP_PRIOR


@njit(cache=True)
def existence(tracks: Records, i: int) -> float:
    """Return the probability that track `i` is of an object."""
    return 1.0 / (1.0 + np.exp(tracks[i].bar - EXISTENCE_AT_BAR - tracks[i].llr))


@njit(cache=True)
def learn_clutter(sensors: Records, s: int, x: float, y: float, share: float) -> None:
    """Count a plot, as far as no track explains it."""
    if share <= 0.0:
        return
    unit = share * sensors[s].map_unit
    sensors[s].false_plots += share
    sensors[s].map_total += unit
    sensors[s].map_parent[map_cell(sensors, s, x, y, MAP_PARENTS, 1), map_cell(sensors, s, x, y, MAP_PARENTS, 0)] += (
        unit
    )
    sensors[s].map[map_cell(sensors, s, x, y, MAP_CELLS, 1), map_cell(sensors, s, x, y, MAP_CELLS, 0)] += unit


@njit(cache=True)
def unlearn_clutter(sensors: Records, s: int, x: float, y: float, plots: int) -> None:
    """Take back what a track's first plots were counted as, now that it is confirmed near (x, y)."""
    amount = plots * sensors[s].map_unit
    sensors[s].false_plots -= plots
    a, b = map_cell(sensors, s, x, y, MAP_PARENTS, 0), map_cell(sensors, s, x, y, MAP_PARENTS, 1)
    sensors[s].map_parent[b, a] = max(sensors[s].map_parent[b, a] - amount, 0.0)
    a, b = map_cell(sensors, s, x, y, MAP_CELLS, 0), map_cell(sensors, s, x, y, MAP_CELLS, 1)
    sensors[s].map[b, a] = max(sensors[s].map[b, a] - amount, 0.0)
    sensors[s].map_total = max(sensors[s].map_total - amount, 0.0)


@njit(cache=True)
def turn_antenna(sensors: Records, s: int, t_ns: int, life: Records) -> None:
    """Count the turns up to `t_ns`: what is older weighs less from each turn to the next."""
    scan = t_ns // sensors[s].period_ns
    if sensors[s].scan == 0:
        sensors[s].scan = scan - 1
    turns = scan - sensors[s].scan
    if turns <= 0:
        return
    sensors[s].scan = scan
    sensors[s].turns += 1.0
    turns = min(turns, 1000)  # after a long silence the map is as good as forgotten
    for _ in range(turns):
        sensors[s].map_unit /= life.clutter_forget
    sensors[s].map_scans += sensors[s].map_unit  # silent turns saw nothing: they are no evidence of a clean sky
    least = _OCCUPIED_MIN * sensors[s].map_unit
    occupied = 0.0
    for b in range(MAP_PARENTS):
        for a in range(MAP_PARENTS):
            if sensors[s].map_parent[b, a] > least:
                occupied += 1.0
    sensors[s].map_parents = occupied
    note_spread(sensors, s)
    if sensors[s].map_unit > _UNIT_MAX:
        scale = 1.0 / sensors[s].map_unit
        for b in range(MAP_CELLS):
            for a in range(MAP_CELLS):
                sensors[s].map[b, a] *= scale
        for b in range(MAP_PARENTS):
            for a in range(MAP_PARENTS):
                sensors[s].map_parent[b, a] *= scale
        sensors[s].map_total *= scale
        sensors[s].map_scans *= scale
        sensors[s].map_unit = 1.0


@njit(cache=True)
def slot_of(tracks: Records, i: int, s: int) -> int:
    """Return the slot in which track `i` remembers sensor `s`, or FREE."""
    for k in range(SLOTS):
        if tracks[i].slot_sensor[k] == s:
            return k
        if tracks[i].slot_sensor[k] == FREE:
            return FREE
    return FREE


@njit(cache=True)
def any_doubted(sensors: Records) -> bool:
    """Return whether there is a sensor that is not believed at all."""
    found = False
    for s in range(len(sensors)):
        found |= sensors[s].trust == DOUBTED
    return found


@njit(cache=True)
def is_doubted(tracks: Records, sensors: Records, i: int, since_ns: int) -> bool:
    """Return whether none but doubted sensors saw track `i` since then."""
    for k in range(SLOTS):
        s = tracks[i].slot_sensor[k]
        if s == FREE:
            return k > 0
        if sensors[s].trust != DOUBTED and tracks[i].slot_seen_ns[k] >= since_ns:
            return False
    return True


@njit(cache=True)
def missed_before(tracks: Records, sensors: Records, i: int, s: int, t_ns: int) -> int:
    """Return in how many turns up to `t_ns` sensor `s`, which sees track `i` for the first time, did not see it.

    That it looks there is known only now; without those turns, sensors that never saw a track could only speak for it.
    """
    if tracks[i].status != 0 or sensors[s].kind != RADAR:
        return 0
    return min((t_ns - tracks[i].first_ns) // sensors[s].period_ns, MISSED_MAX)


@njit(cache=True)
def saw(tracks: Records, sensors: Records, i: int, s: int, t_ns: int) -> None:
    """Remember that sensor `s` saw track `i`; if every slot is taken, the one longest ago is forgotten."""
    oldest = 0
    for k in range(SLOTS):
        if tracks[i].slot_sensor[k] == s or tracks[i].slot_sensor[k] == FREE:
            oldest = k
            break
        if tracks[i].slot_ns[k] < tracks[i].slot_ns[oldest]:
            oldest = k
    tracks[i].slot_ns[oldest] = max(t_ns, tracks[i].slot_ns[oldest]) if tracks[i].slot_sensor[oldest] == s else t_ns
    if tracks[i].slot_sensor[oldest] == s:
        note_again(tracks, sensors, i, s, t_ns - tracks[i].slot_seen_ns[oldest])
        tracks[i].slot_hits[oldest] += 1
        tracks[i].slot_seen_ns[oldest] = max(t_ns, tracks[i].slot_seen_ns[oldest])
    else:
        tracks[i].slot_hits[oldest] = 1
        tracks[i].slot_seen_ns[oldest] = t_ns
    tracks[i].slot_sensor[oldest] = s
    tracks[i].sensors |= np.int64(1) << min(s, 63)


@njit(cache=True)
def count_misses(tracks: Records, sensors: Records, i: int, life: Records) -> None:
    """Count each turn in which a sensor that has seen track `i` should have seen it again and did not.

    A turn is over when the sensor's newest plot is half a turn past the expected one. A silent sensor misses nothing.
    """
    for k in range(SLOTS):
        s = tracks[i].slot_sensor[k]
        if s == FREE:
            return
        if sensors[s].kind != RADAR:  # who hears what others send cannot tell a miss from silence
            continue
        period = sensors[s].period_ns
        while sensors[s].newest_ns - tracks[i].slot_ns[k] > period + period // 2:
            tracks[i].slot_ns[k] += period
            tracks[i].llr += np.log(1.0 - sensors[s].detection * life.gate_probability)
            if tracks[i].llr < -50.0:
                tracks[i].slot_ns[k] = sensors[s].newest_ns


@njit(cache=True)
def shortest_period_ns(tracks: Records, sensors: Records, i: int) -> int:
    """Return the period of the quickest of the sensors that see track `i`."""
    shortest = sensors.period_ns[tracks[i].slot_sensor[0]]
    for k in range(1, SLOTS):
        s = tracks[i].slot_sensor[k]
        if s == FREE:
            break
        shortest = min(shortest, sensors[s].period_ns)
    return shortest


@njit(cache=True)
def longest_period_ns(tracks: Records, sensors: Records, i: int) -> int:
    """Return the period of the slowest of the sensors that see track `i`."""
    longest = sensors.period_ns[tracks[i].slot_sensor[0]]
    for k in range(1, SLOTS):
        s = tracks[i].slot_sensor[k]
        if s == FREE:
            break
        longest = max(longest, sensors[s].period_ns)
    return longest
