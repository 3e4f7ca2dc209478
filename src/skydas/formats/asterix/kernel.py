"""The kernel that takes a payload to plots: blocks, records, and who fills a row for which category.

A payload is blocks one behind the other: `CAT:8 LEN:16`, then LEN - 3 octets of records. A record that cannot be read
takes the rest of its block with it (nobody knows where the next one begins); the next block is read again.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from skydas.formats.asterix.octets import DAY_NS, DAY_TICKS, Int, Octets, compiled, inlined, instant_ns, u16, u24
from skydas.formats.asterix.plots_position import (
    MESSAGE_010,
    SLOTS_010,
    SLOTS_020,
    SLOTS_021,
    TIME_OLD,
    TIME_RECEIVED,
    plot_010,
    plot_020,
    plot_021,
)
from skydas.formats.asterix.plots_radar import (
    ERR_PLACE,
    EXPANSION,
    SLOTS_001,
    SLOTS_048,
    SOURCE,
    TIME,
    is_extended_048,
    plot_001,
    plot_048,
)
from skydas.formats.asterix.program import SLOT, Table
from skydas.formats.asterix.tracks_system import NUMBER, SLOTS_062, plot_062, track_062
from skydas.formats.asterix.walk import REFUSALS, expansion_item, find_items, fspec_end
from skydas.model import NM_M, NS_PER_S, SENSOR_UNKNOWN, IntArray, PlotFlag, empty_plots, empty_tracks

PORTION_OCTETS_MAX: Final = 65_535  # one call reads whole blocks up to this many octets; a block is never longer
PLOTS_MAX: Final = PORTION_OCTETS_MAX // 5 + 1  # a FSPEC and a range with its azimuth
TRACKS_MAX: Final = PORTION_OCTETS_MAX // 9 + 1  # a FSPEC and a position
EVENTS_MAX: Final = PORTION_OCTETS_MAX // 3 + 1

# Service messages: the slots that `service` reads, in one order for all.
SERVICE_CATEGORIES: Final = (2, 23, 34, 63, 65)
SLOTS_SERVICE: Final = {
    2: ("010", "030", "000", "020", "041"),
    23: ("010", "070", "000", "-", "-", "-", "-", "100"),
    34: ("010", "030", "000", "020", "041", "120", "-", "050"),
    63: ("010", "030", "-", "-", "-", "-", "050", "060"),
    65: ("010", "030", "000", "-", "-", "-", "-", "040"),
}
MESSAGE, SECTOR, PERIOD, POSITION, ABOUT, STATE = range(3, 9)
SLOTS: Final = {
    1: SLOTS_001,
    10: SLOTS_010,
    20: SLOTS_020,
    21: SLOTS_021,
    48: SLOTS_048,
    62: SLOTS_062,
    **SLOTS_SERVICE,
}
EVENT_CATEGORY, EVENT_START, EVENT_STOP = range(3)
EVENT_SLOTS: Final = max(len(slots) for slots in SLOTS_SERVICE.values())  # where they begin follows, from slot 1 on
EVENT_COLUMNS: Final = 3 + EVENT_SLOTS
SLOT_COUNT: Final = 1 + max(len(slots) for slots in SLOTS.values())

# Why something is counted in `counts`: the refusals of `walk` (by minus their number), then these.
REASONS: Final = (
    *REFUSALS,
    "block_truncated",
    "block_length_wrong",
    "position_missing",
    "position_impossible",
    "time_of_day_impossible",
)
BLOCK_TRUNCATED: Final = REASONS.index("block_truncated")
BLOCK_LENGTH_WRONG: Final = REASONS.index("block_length_wrong")
POSITION_MISSING: Final = REASONS.index("position_missing")
POSITION_IMPOSSIBLE: Final = REASONS.index("position_impossible")
TIME_IMPOSSIBLE: Final = REASONS.index("time_of_day_impossible")
COUNTS: Final = len(REASONS)

_BLANK_PLOT: Final = empty_plots(1).view(np.uint8)
_BLANK_TRACK: Final = empty_tracks(1).view(np.uint8)
_TIME_ASSUMED: Final = int(PlotFlag.TIME_ASSUMED)
_RELAYED: Final = -1
Clock = npt.NDArray[np.int64]  # (65536, 2): last full time of day of a source (ticks, -1 none), when it was received


@compiled
def profile_of(octets: Octets, start: Int, stop: Int, category: Int, choice: Int, chosen: Table) -> Int:
    """Return the UAP of a record: CAT001 is a plot or a track by the first bit of its second item.

    choice : 0 as the record says, 1 always plots, 2 always tracks
    """
    if category != 1 or choice == 1:
        return chosen[category, 0]
    if choice == 2:
        return chosen[category, 1]
    here = fspec_end(octets, start, stop, 4)
    if here < 0 or octets[start] & 0x40 == 0:
        return chosen[category, 0]
    here += 2 if octets[start] & 0x80 else 0
    return chosen[category, 1] if here < stop and octets[here] & 0x80 else chosen[category, 0]


@inlined
def block_stop(octets: Octets, start: Int, end: Int) -> Int:
    """Return where the block at `start` ends, or minus the reason why there is none."""
    if start + 3 > end:
        return -BLOCK_TRUNCATED
    length = u16(octets, start + 1)
    if length < 3:
        return -BLOCK_LENGTH_WRONG
    return start + length if start + length <= end else -BLOCK_TRUNCATED


@compiled
def full_ticks(low: Int, sensor: Int, rx_ns: Int, clock: Clock) -> Int:
    """Return the time of day whose low 16 bits are `low` and that is nearest to what is known of the time of day.

    Known is the source's last full time (I002/030) moved on by what has passed since, else the time of reception.
    """
    if sensor != SENSOR_UNKNOWN and clock[sensor, 0] > 0:
        reference = clock[sensor, 0] - 1 + (rx_ns - clock[sensor, 1]) % DAY_NS * 128 // NS_PER_S
    else:
        reference = rx_ns % DAY_NS * 128 // NS_PER_S
    reference %= DAY_TICKS
    nearest = np.int64(low)
    best = np.int64(DAY_TICKS)
    around = (reference - low + 32768) // 65536
    for turn in (np.int64(0), around - 1, around, around + 1, np.int64(DAY_TICKS // 65536)):
        ticks = low + 65536 * turn
        if 0 <= ticks < DAY_TICKS:
            apart = abs(ticks - reference)
            apart = min(apart, DAY_TICKS - apart)
            if apart < best:
                nearest, best = ticks, apart
    return nearest


@inlined
def time_ticks(octets: Octets, at: IntArray, category: Int, sensor: Int, rx_ns: Int, clock: Clock) -> Int:
    """Return the time of day of a record in 1/128 s; -1 when it has none."""
    if category == 1:
        return full_ticks(u16(octets, at[TIME]), sensor, rx_ns, clock) if at[TIME] else -1
    here = at[TIME]
    if category == 21 and here == 0:
        here = at[TIME_RECEIVED] if at[TIME_RECEIVED] else at[TIME_OLD]
    return u24(octets, here) if here else -1


@compiled
def _put_extended_range(
    octets: Octets, at: Int, uap: Int, nodes: Table, parts: Table, subs: Table, uaps: Table, plots: Any, row: Int
) -> bool:
    """Set the range from the RE field at `at`; return whether it is there."""
    for frn in range(1, uaps[uap, 0] + 1):
        node = uaps[uap, frn]
        if at and node >= 0 and nodes[node, SLOT] == EXPANSION:
            here = expansion_item(octets, at, ERR_PLACE, node, nodes, parts, subs)
            if here:
                plots[row].range_m = u24(octets, here) * (NM_M / 256.0)
                return True
    return False


@compiled
def read_portion(
    octets: Octets,
    start: Int,
    rx_ns: Int,
    seq: Int,
    choice: Int,
    geoid_m: float,
    nodes: Table,
    parts: Table,
    subs: Table,
    uaps: Table,
    chosen: Table,
    clock: Clock,
    plots: Any,
    plot_octets: Octets,
    tracks: Any,
    track_octets: Octets,
    events: IntArray,
    counts: IntArray,
) -> tuple[Int, Int, Int, Int, Int, Int]:
    """Read blocks from `start` until the payload or the portion ends.

    seq    : running number of the next plot
    choice : see `profile_of`;  geoid_m : height of mean sea level above the ellipsoid
    events : (EVENTS_MAX, EVENT_COLUMNS) for `service`: category, -, -, where its items begin by slot;
             of a block to relay: -1, start, stop
    counts : (COUNTS,) by REASONS

    Returns where to go on, and how many plots, tracks, events, records and things counted there are.
    """
    end = len(octets)
    here = start
    plot_count = track_count = event_count = record_count = counted = 0
    at = np.zeros(SLOT_COUNT, np.int64)
    while here < end:
        stop = block_stop(octets, here, end)
        if stop < 0:
            counts[-stop] += 1
            counted += 1
            here = end
            break
        if stop - start > PORTION_OCTETS_MAX:
            break
        category = np.int64(octets[here])
        if chosen[category, 0] < 0:
            events[event_count, EVENT_CATEGORY] = _RELAYED
            events[event_count, EVENT_START] = here
            events[event_count, EVENT_STOP] = stop
            event_count += 1
            here = stop
            continue
        record = here + 3
        here = stop
        while record < stop:
            uap = profile_of(octets, record, stop, category, choice, chosen)
            record = find_items(octets, record, stop, uap, nodes, parts, subs, uaps, at)
            if record < 0:
                counts[-record] += 1
                counted += 1
                break
            record_count += 1
            sensor = u16(octets, at[SOURCE]) if at[SOURCE] else SENSOR_UNKNOWN
            ticks = time_ticks(octets, at, category, sensor, rx_ns, clock)
            if ticks >= DAY_TICKS:
                counts[TIME_IMPOSSIBLE] += 1
                counted += 1
                ticks = -1
            t_ns = instant_ns(rx_ns, ticks) if ticks >= 0 else rx_ns
            service = category == 2 or category == 23 or category == 34 or category == 63 or category == 65
            if service or (category == 10 and at[MESSAGE_010] and octets[at[MESSAGE_010]] != 1):
                if category == 2 and ticks >= 0 and sensor != SENSOR_UNKNOWN:
                    clock[sensor, 0] = ticks + 1
                    clock[sensor, 1] = rx_ns
                events[event_count, EVENT_CATEGORY] = category
                for slot in range(1, EVENT_SLOTS + 1):
                    events[event_count, EVENT_STOP + slot] = at[slot]
                event_count += 1
                continue
            row = plot_count
            for place in range(len(_BLANK_PLOT)):
                plot_octets[row, place] = _BLANK_PLOT[place]
            if category == 48:
                good = plot_048(octets, at, plots, row, plot_octets, geoid_m)
                if good and is_extended_048(octets, at):
                    good = _put_extended_range(octets, at[EXPANSION], uap, nodes, parts, subs, uaps, plots, row)
            elif category == 1:
                good = plot_001(octets, at, plots, row)
            elif category == 21:
                good = plot_021(octets, at, plots, row, plot_octets)
            elif category == 20:
                good = plot_020(octets, at, plots, row, plot_octets)
            elif category == 62:
                good = plot_062(octets, at, plots, row, plot_octets, sensor)
            else:
                good = plot_010(octets, at, plots, row, plot_octets)
            if not good:
                counts[POSITION_MISSING] += 1
                counted += 1
                continue
            plot = plots[row]
            if abs(plot.latitude_rad) > math.pi / 2.0 or abs(plot.longitude_rad) > math.pi:
                counts[POSITION_IMPOSSIBLE] += 1
                counted += 1
                continue
            plot.t_ns = t_ns
            plot.rx_ns = rx_ns
            plot.sensor = sensor
            plot.seq = seq
            if ticks < 0:
                plot.flags |= np.uint32(_TIME_ASSUMED)
            seq = (seq + 1) & 0xFFFF_FFFF
            plot_count += 1
            if category == 62 and at[NUMBER]:
                for place in range(len(_BLANK_TRACK)):
                    track_octets[track_count, place] = _BLANK_TRACK[place]
                track_062(octets, at, plots, row, track_octets, tracks, track_count)
                track_count += 1
    return here, plot_count, track_count, event_count, record_count, counted
