"""Kernels: plots become evidence in the slots of their tracks, and evidence becomes log likelihoods of every class.

HELD and SLOT are the rows of `ledger.py`; what each class does and shows is the table of `classes.py`.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numba import njit

from skydas.model.units import NS_PER_S

SLOTS_MAX: Final = 12  # of a track; beyond it the slot that was not used for the longest gives way, and is counted
CLASSES: Final = 12
FADE_S: Final = 120.0  # looks older than this count a third
INTERROGATES_S: Final = 60.0  # a radar that brought a reply within this time asks for replies
SENSOR_ROWS_MAX: Final = 1 << 16

# Kinds of slots; the number is in states, so it only grows.
WORD, CLAIMED_WORD, RCS, RF, SOUND, REMOTE_ID, ADDRESS, INTERROGATED = range(1, 9)
KINDS_MAX: Final = 16
# Kinds of sensors that matter to what a plot says.
OTHER_SENSOR, RF_SENSOR, ACOUSTIC_SENSOR, REMOTE_ID_SENSOR, ADSB_SENSOR = range(5)
# Columns of evidence behind those of the slots.
SPEED, HEIGHT, MANOEUVRE, PLAN, MOTION = range(SLOTS_MAX, SLOTS_MAX + 5)
COLUMNS: Final = SLOTS_MAX + 5
# Columns of what a class does and shows; limits of speed (m/s) and height (m) as logarithms.
SPEED_FROM, SPEED_TO, HEIGHT_FROM, HEIGHT_TO, RCS_DB, RCS_SIGMA_DB = range(6)
HOVERS, TRANSPONDER, SENDS_REMOTE_ID, TRANSMITS, AUDIBLE = range(6, 11)
# Columns of how a kind of evidence fades.
STRENGTH, APART_S, LOOKS_MAX, STALE_S, HALF_S = range(5)

FLOOR: Final = 0.02  # share of any reading that comes from something else: a wrong association, a bad sensor
SPEED_MPS_MIN: Final = 0.5
HEIGHT_M_MIN: Final = 10.0
SPEED_EDGE: Final = 0.12  # softness of a limit, in ln m/s
HEIGHT_EDGE: Final = 0.35
SPEED_SPAN: Final = math.log(3_000.0 / 0.5)  # what the floor is spread over, in ln m/s
HEIGHT_SPAN: Final = math.log(60_000.0 / 10.0)
ECHO_DB: Final = 5.6  # one sigma of a single echo that fluctuates as Swerling 1
FALSE_LOOK: Final = 0.33  # a look is of something else so often
REPLY_MISSED: Final = 0.05  # a transponder does not answer, garbled or shadowed
REPLY_FALSE: Final = 0.01  # a reply of another aircraft on an echo without one
SAMPLES_S_MIN: Final = 3.0  # of motion, before speed and height say anything

# PlotKind and PlotFlag
_POLAR, _POSITION, _BEARING = 0, 1, 2
_PRIMARY, _REPLY, _CLAIM, _MLAT, _DERIVED = 1, 1 << 1 | 1 << 2, 1 << 3, 1 << 4, 1 << 16
_NOT_MEASURED = 1 << 16 | 1 << 15 | 1 << 19  # derived, coasted, reported by a person


@njit(cache=True)
def absorb(plots: Any, rows: Any, sensor_kinds: Any, held: Any, slots: Any, reply_ns: Any) -> int:
    """Take what PLOT (n,) say of the tracks that they are surely of; return how many slots had to give way.

    rows         : (n,) of their tracks in held (HELD) and slots (SLOT), below 0: none
    sensor_kinds : kind of each sensor by row; the last is for all further rows
    reply_ns     : by row of the sensor, its last plot with a reply
    """
    for n in range(len(plots)):
        if rows[n] >= 0 and plots[n].flags & _REPLY and not _is_claimed(plots[n], sensor_kinds):
            sensor = min(plots[n].sensor, SENSOR_ROWS_MAX - 1)
            reply_ns[sensor] = max(reply_ns[sensor], plots[n].t_ns)
    replaced = 0
    for n in range(len(plots)):
        row = rows[n]
        if row >= 0:
            replaced += _absorb_one(plots[n], row, sensor_kinds, held, slots, reply_ns)
    return replaced


@njit(cache=True)
def _kind_of(plot: Any, sensor_kinds: Any) -> int:
    return int(sensor_kinds[min(plot.sensor, len(sensor_kinds) - 1)])


@njit(cache=True)
def _is_claimed(plot: Any, sensor_kinds: Any) -> bool:
    """Return whether it is the object's own word: what hears claims brings claims, whatever its plots are marked as.

    A position by multilateration is none.
    """
    kind = _kind_of(plot, sensor_kinds)
    hears = kind == REMOTE_ID_SENSOR or (kind == ADSB_SENSOR and plot.flags & _MLAT == 0)
    return bool(hears or plot.flags & _CLAIM > 0)


@njit(cache=True)
def _absorb_one(plot: Any, row: int, sensor_kinds: Any, held: Any, slots: Any, reply_ns: Any) -> int:
    """Take one plot of the track in `row`."""
    flags, t_ns = plot.flags, plot.t_ns
    kind, claimed = _kind_of(plot, sensor_kinds), _is_claimed(plot, sensor_kinds)
    sensor = np.int64(min(plot.sensor, SENSOR_ROWS_MAX - 1))
    if (plot.kind == _POLAR or plot.kind == _POSITION) and not claimed and flags & _NOT_MEASURED == 0:
        held[row].measured_ns = max(held[row].measured_ns, t_ns)
        held[row].measured += 1
    replaced = 0
    word = np.int64(plot.class_word)
    if 0 < word <= CLASSES and claimed:
        replaced += _look(row, CLAIMED_WORD, sensor, t_ns, word - 1, 1.0, held, slots)
    elif 0 < word <= CLASSES and flags & _DERIVED == 0:
        replaced += _look(row, WORD, sensor, t_ns, word - 1, 1.0, held, slots)
    rcs_db = np.float64(plot.rcs_db)
    if not math.isnan(rcs_db):
        replaced += _look(row, RCS, sensor, t_ns, 0, rcs_db, held, slots)
    if plot.kind == _BEARING and kind == RF_SENSOR:
        replaced += _look(row, RF, sensor, t_ns, 0, 0.0, held, slots)
    if plot.kind == _BEARING and kind == ACOUSTIC_SENSOR:
        replaced += _look(row, SOUND, sensor, t_ns, 0, 0.0, held, slots)
    if kind == REMOTE_ID_SENSOR or (claimed and plot.object > 0 and plot.mode_s == 0):
        replaced += _look(row, REMOTE_ID, sensor, t_ns, 0, 0.0, held, slots)
        if plot.object > 0:
            held[row].object = plot.object
    if plot.mode_s > 0 and (claimed or flags & _MLAT > 0):
        replaced += _look(row, ADDRESS, sensor, t_ns, 0, 0.0, held, slots)
    asks = t_ns - reply_ns[sensor] < INTERROGATES_S * NS_PER_S
    if not claimed and asks and flags & (_PRIMARY | _REPLY) > 0:
        replaced += _look(row, INTERROGATED, sensor, t_ns, 0, 1.0 if flags & _REPLY else 0.0, held, slots)
    return replaced


@njit(cache=True)
def _look(row: int, kind: int, sensor: int, t_ns: int, at: int, value: float, held: Any, slots: Any) -> int:
    """Enter one look in the slot of its kind and sensor; return 1 where another slot had to give way."""
    key = kind << 16 | sensor
    found, oldest, replaced = -1, 0, 0
    for s in range(SLOTS_MAX):
        if slots[row, s].key == key:
            found = s
            break
        if found < 0 and slots[row, s].key == 0:
            found = s
        if slots[row, s].last_ns < slots[row, oldest].last_ns:
            oldest = s
    if found < 0:
        found, replaced = oldest, 1
    if slots[row, found].key != key:
        slots[row, found].key = key
        slots[row, found].first_ns = slots[row, found].last_ns = t_ns
        slots[row, found].count = 0.0
        for c in range(CLASSES):
            slots[row, found].value[c] = 0.0
        held[row].new = True
    passed_s = max(t_ns - slots[row, found].last_ns, 0) / NS_PER_S
    if passed_s > 0.0:
        fade = math.exp(-passed_s / FADE_S)
        slots[row, found].count *= fade
        for c in range(CLASSES):
            slots[row, found].value[c] *= fade
        slots[row, found].last_ns = t_ns
    slots[row, found].first_ns = min(slots[row, found].first_ns, t_ns)
    slots[row, found].count += 1.0
    slots[row, found].value[at] += value
    held[row].changed = True
    return replaced


@njit(cache=True)
def weigh(
    held: Any, slots: Any, rows: Any, now_ns: int, looks: Any, tables: Any, planned: Any, fading: Any, things: Any,
    told: Any, log: Any, there: Any, stale: Any, last_ns: Any,
) -> None:  # fmt: skip
    """Write what counts of the evidence in these rows of the ledger, now: as `weigh.Weighed` says, all zero before.

    looks   : (12, 11) what each class does and shows
    tables  : (sensors, 12, 12) ln P(word | class) by row of the sensor; the last is for all further rows
    planned : (k, 12) log likelihood of the class that a flight plan states, 0 without one
    fading  : (KINDS_MAX + 5, 5) how kinds of slots, then the other columns, fade
    things  : (KINDS_MAX,) which thing a kind of slot is about, 0: it counts each time
    told    : (12,) classes that the classifier of motion tells from each other
    """
    for k in range(len(rows)):
        row = rows[k]
        one = held[row]
        enough = one.samples >= SAMPLES_S_MIN
        for s in range(SLOTS_MAX):
            kind = np.int64(slots[row, s].key >> 16)
            last_ns[k, s] = slots[row, s].last_ns
            if kind > 0:
                there[k, s] = True
                _slot_log(slots[row, s], kind, fading[kind], looks, tables, log[k, s])
        if enough:
            if not math.isnan(one.speed_mps):
                x = math.log(max(one.speed_mps, SPEED_MPS_MIN))
                _between(x, looks, SPEED_FROM, SPEED_EDGE, SPEED_SPAN, log[k, SPEED])
            if not math.isnan(one.height_m):
                x = math.log(max(one.height_m, HEIGHT_M_MIN))
                _between(x, looks, HEIGHT_FROM, HEIGHT_EDGE, HEIGHT_SPAN, log[k, HEIGHT])
            if not math.isnan(one.hover):
                share = min(max(one.hover, 0.0), 1.0)
                for c in range(CLASSES):
                    hovers = looks[c, HOVERS]
                    log[k, MANOEUVRE, c] = math.log(share * hovers + (1.0 - share) * (1.0 - hovers))
            for c in range(CLASSES):
                log[k, MOTION, c] = one.motion[c]
        log[k, PLAN] = planned[k]
        for column in range(SLOTS_MAX, COLUMNS):
            for c in range(CLASSES):
                there[k, column] |= log[k, column, c] != 0.0
                log[k, column, c] *= fading[KINDS_MAX + column - SLOTS_MAX, STRENGTH]
            last_ns[k, column] = one.sampled_ns
        last_ns[k, PLAN], last_ns[k, MOTION] = now_ns, one.motion_ns
        if there[k, MOTION]:
            for column in (SPEED, HEIGHT, MANOEUVRE):
                _leave_to_motion(log[k, column], told)
        for column in range(COLUMNS):
            if there[k, column]:
                at = KINDS_MAX + column - SLOTS_MAX if column >= SLOTS_MAX else np.int64(slots[row, column].key >> 16)
                late_s = max(now_ns - last_ns[k, column], 0) / NS_PER_S - fading[at, STALE_S]
                if late_s > 0.0:
                    stale[k, column] = True
                    log[k, column] *= 2.0 ** (-late_s / fading[at, HALF_S])
        _keep_strongest(slots[row], things, log[k])


@njit(cache=True)
def _slot_log(slot: Any, kind: int, fading: Any, looks: Any, tables: Any, log: Any) -> None:
    """Write the log likelihood of one slot under each class, (12,)."""
    span_s = (slot.last_ns - slot.first_ns) / NS_PER_S
    independent = min(slot.count, 1.0 + span_s / fading[APART_S], fading[LOOKS_MAX])
    count = max(slot.count, 1e-9)
    false = FLOOR + (1.0 - FLOOR) * FALSE_LOOK ** max(independent, 0.0)
    table = tables[min(slot.key & 0xFFFF, len(tables) - 1)]
    for c in range(CLASSES):
        found = 0.0
        if kind in (WORD, CLAIMED_WORD):
            for word in range(CLASSES):
                found += slot.value[word] * table[word, c]
            found *= independent / count
        elif kind == RCS:
            variance = looks[c, RCS_SIGMA_DB] ** 2 + ECHO_DB**2 / max(independent, 1.0)
            away_db = slot.value[0] / count - looks[c, RCS_DB]
            density = math.exp(-0.5 * away_db**2 / variance) / math.sqrt(2.0 * math.pi * variance)
            found = math.log(FLOOR / 100.0 + (1.0 - FLOOR) * density)
        elif kind == INTERROGATED:
            yes = independent * slot.value[0] / count
            no = independent - yes
            has = (1.0 - REPLY_MISSED) ** yes * REPLY_MISSED**no
            has_not = REPLY_FALSE**yes * (1.0 - REPLY_FALSE) ** no
            carries = FLOOR / 2.0 + (1.0 - FLOOR) * looks[c, TRANSPONDER]
            found = math.log(carries * has + (1.0 - carries) * has_not)
        else:
            sign = TRANSPONDER if kind == ADDRESS else SENDS_REMOTE_ID
            if kind == RF:
                sign = TRANSMITS
            elif kind == SOUND:
                sign = AUDIBLE
            found = math.log(false + (1.0 - false) * looks[c, sign])
        log[c] = fading[STRENGTH] * found


@njit(cache=True)
def _between(x: float, looks: Any, first: int, edge: float, span: float, log: Any) -> None:
    """Write ln of a density that is even between soft limits, columns first and first + 1, over a floor, (12,)."""
    for c in range(CLASSES):
        low, high = looks[c, first], looks[c, first + 1]
        rising = 1.0 / (1.0 + math.exp(min(max((low - x) / edge, -60.0), 60.0)))
        falling = 1.0 / (1.0 + math.exp(min(max((x - high) / edge, -60.0), 60.0)))
        log[c] = math.log(FLOOR / span + (1.0 - FLOOR) * rising * falling / (high - low))


@njit(cache=True)
def _leave_to_motion(log: Any, told: Any) -> None:
    """Where the classifier of motion has judged, let one of speed, height and hovering say only what it cannot.

    It knows the classes that it tells from each other better than limits of speed do, and says nothing of the others:
    so the simple numbers weigh each other class against all of those together.
    """
    together, count = 0.0, 0
    for c in range(CLASSES):
        if told[c]:
            together += math.exp(log[c])
            count += 1
    for c in range(CLASSES):
        if told[c]:
            log[c] = math.log(together / count)


@njit(cache=True)
def _keep_strongest(slots: Any, things: Any, log: Any) -> None:
    """Leave, of slots about one thing (SLOTS_MAX,), only the one whose classes differ most; the first of equals."""
    for s in range(SLOTS_MAX):
        thing = things[slots[s].key >> 16]
        if thing == 0:
            continue
        mine = _range(log[s])
        for other in range(SLOTS_MAX):
            if other == s or things[slots[other].key >> 16] != thing:
                continue
            theirs = _range(log[other])
            if theirs > mine or (theirs == mine and other < s and theirs > 0.0):
                log[s] = 0.0
                break


@njit(cache=True)
def _range(log: Any) -> float:
    low = high = log[0]
    for c in range(1, CLASSES):
        low, high = min(low, log[c]), max(high, log[c])
    return float(high - low)


@njit(cache=True)
def settle(slots: Any, rows: Any, log: Any, there: Any, stale: Any, prior_log: Any, kinds_of: Any, among: Any,
    probability: Any, found: Any,
) -> None:  # fmt: skip
    """Write what follows from weighed evidence: class probabilities (k, 12), and to found (k, 5) int64

    1 where a class can be told (height alone tells none), the kinds of evidence that are there and those of them that
    are stale, as bit sets, how many kinds of fresh evidence speak for the classes `among` (12,) against the rest, and
    1 where the track says something of itself.

    kinds_of : (COLUMNS,) number of the kind in the columns behind the slots; what moves alike is one kind
    """
    for k in range(len(rows)):
        most = -np.inf
        for c in range(CLASSES):
            whole = prior_log[c]
            for column in range(COLUMNS):
                whole += log[k, column, c]
            probability[k, c] = whole
            most = max(most, whole)
        total = 0.0
        for c in range(CLASSES):
            probability[k, c] = math.exp(probability[k, c] - most)
            total += probability[k, c]
        for c in range(CLASSES):
            probability[k, c] /= total
        can_tell, kinds, fresh, speaking, claims = 0, 0, 0, 0, 0
        for column in range(COLUMNS):
            if not there[k, column]:
                continue
            kind = int(slots[rows[k], column].key >> 16 if column < SLOTS_MAX else kinds_of[column])
            if column != HEIGHT:
                can_tell = 1
            if kind in (ADDRESS, REMOTE_ID, CLAIMED_WORD):
                claims = 1
            kinds |= 1 << kind
            if not stale[k, column]:
                fresh |= 1 << kind
                if _speaks(log[k, column], among):
                    speaking |= 1 << kind
        found[k, 0], found[k, 1], found[k, 2], found[k, 3], found[k, 4] = can_tell, kinds, kinds & ~fresh, 0, claims
        while speaking:
            speaking &= speaking - 1
            found[k, 3] += 1


@njit(cache=True)
def _speaks(log: Any, among: Any) -> bool:
    """Return whether the best of the classes `among` is twice as likely as the others are in the mean."""
    best, mean, others = -np.inf, 0.0, 0
    for c in range(CLASSES):
        if among[c]:
            best = max(best, log[c])
        else:
            mean += log[c]
            others += 1
    return bool(best - mean / others > math.log(2.0))


@njit(cache=True)
def fill(tracks: Any, rows: Any, held: Any) -> None:
    """Write identity and class of TRACK (k,) as judged last; rows (k,) of held, below 0: none."""
    for k in range(len(tracks)):
        if rows[k] >= 0:
            tracks[k].identity = held[rows[k]].identity
            for c in range(CLASSES):
                tracks[k].class_probability[c] = held[rows[k]].probability[c]
