"""What all the evidence of a track says of its class: log likelihoods, faded with age, and what follows from them.

Looks of one sensor at one thing are not independent: a camera that is wrong now is wrong in half a second too. So looks
count by the time they span, up to a limit, and every kind has a strength, chosen with `bench.identify --fit`. That asks
for more than one where its simulated flights are tidier than real ones: no likelihood counts more than it says.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from skydas.identify import ledger as led
from skydas.identify.classes import height_log, hover_log, rcs_log, reply_log, sign_log, speed_log
from skydas.identify.ledger import SLOTS_MAX, Ledger
from skydas.identify.motion import TOLD
from skydas.model import CLASS_COUNT, NS_PER_S, BoolArray, FloatArray, IntArray, Rows

SAMPLES_S_MIN: Final = 3.0  # of motion, before speed and height say anything
SET_PROBABILITY: Final = 0.9


class Fading(NamedTuple):
    """How a kind of evidence counts."""

    word: str  # in facts
    strength: float  # exponent of its likelihood
    apart_s: float  # looks nearer than this in time are one
    looks_max: float  # independent ones that it can come to
    stale_s: float  # older is told as stale, and counts less
    half_s: float  # after that, half of it every so many seconds


SLOT_FADING: Final[dict[int, Fading]] = {
    led.WORD: Fading("class_word", 0.45, 10.0, 3.0, 60.0, 300.0),
    led.CLAIMED_WORD: Fading("class_word", 0.45, 60.0, 1.0, 30.0, 300.0),  # a claim is no truer for being repeated
    led.RCS: Fading("rcs", 1.0, 2.0, 8.0, 60.0, 300.0),
    led.RF: Fading("rf", 1.0, 5.0, 4.0, 30.0, 300.0),
    led.SOUND: Fading("sound", 0.7, 5.0, 4.0, 30.0, 300.0),
    led.REMOTE_ID: Fading("remote_id", 1.0, 5.0, 4.0, 15.0, 600.0),
    led.ADDRESS: Fading("code", 1.0, 5.0, 4.0, 30.0, 600.0),
    led.INTERROGATED: Fading("code", 1.0, 4.0, 4.0, 60.0, 300.0),
}
# What several sensors find in one object is one thing: of these kinds only the slot that says most counts. Words of
# several sensors are several opinions and all count.
ONE_THING: Final = np.zeros(16, np.int64)  # kind of slot -> number of the thing it is about, 0: counts each time
ONE_THING[[led.ADDRESS, led.INTERROGATED, led.CLAIMED_WORD, led.RCS, led.RF, led.SOUND, led.REMOTE_ID]] = (
    1,
    1,
    2,
    3,
    4,
    5,
    6,
)
SPEED, HEIGHT, MANOEUVRE, PLAN, MOTION = range(SLOTS_MAX, SLOTS_MAX + 5)  # columns behind those of the slots
COLUMNS: Final = SLOTS_MAX + 5
KIND_FADING: Final[dict[int, Fading]] = {
    SPEED: Fading("speed", 1.0, 1.0, 1.0, 30.0, 60.0),
    HEIGHT: Fading("height", 1.0, 1.0, 1.0, 30.0, 60.0),
    MANOEUVRE: Fading("manoeuvre", 0.2, 1.0, 1.0, 30.0, 60.0),
    PLAN: Fading("plan", 0.7, 1.0, 1.0, 1e12, 1e12),
    # Calibrated by itself, on tracks of one radar; on those of several in the scenes with threats it says too much.
    MOTION: Fading("motion", 0.6, 1.0, 1.0, 60.0, 120.0),
}

# Kinds behind those of slots, for counting what speaks for a class: motion is one kind, however many numbers it has.
COLUMN_KINDS: Final = np.array([0] * SLOTS_MAX + [24, 25, 24, 26, 24])


class Weighed(NamedTuple):
    """The evidence of k tracks, in columns: their slots, then speed, height, manoeuvre, plan and motion."""

    log: FloatArray  # (k, COLUMNS, 12) log likelihood as it counts now; 0 where there is no evidence
    there: BoolArray  # (k, COLUMNS)
    stale: BoolArray  # (k, COLUMNS)
    last_ns: IntArray  # (k, COLUMNS)


def weigh(ledger: Ledger, rows: IntArray, now_ns: int, tables: FloatArray, planned: FloatArray) -> Weighed:
    """Return what counts of the evidence in these rows of the ledger, now.

    tables  : (sensors, 12, 12) ln P(word | class) by row of the sensor; the last is for all further rows
    planned : (k, 12) log likelihood of the class that a flight plan states, 0 without one
    """
    held, slots = ledger.held[rows], ledger.slots[rows]
    log = np.zeros((len(rows), COLUMNS, CLASS_COUNT))
    last_ns = np.zeros((len(rows), COLUMNS), np.int64)
    there = np.zeros((len(rows), COLUMNS), np.bool_)
    stale_s, half_s = np.ones((len(rows), COLUMNS)), np.ones((len(rows), COLUMNS))
    last_ns[:, :SLOTS_MAX] = slots["last_ns"]
    kinds = slots["key"] >> 16
    for kind, fading in SLOT_FADING.items():
        at = np.nonzero(kinds == kind)
        if len(at[0]):
            log[at] = fading.strength * _slot_log(kind, fading, slots[at], tables)
            there[at], stale_s[at], half_s[at] = True, fading.stale_s, fading.half_s
    enough = held["samples"] >= SAMPLES_S_MIN
    for column, found in (
        (SPEED, speed_log(held["speed_mps"])),
        (HEIGHT, height_log(held["height_m"])),
        (MANOEUVRE, hover_log(held["hover"])),
        (PLAN, planned),
        (MOTION, held["motion"].astype(np.float64)),
    ):
        fading = KIND_FADING[column]
        there[:, column] = found.any(axis=1) & (enough | (column == PLAN))
        log[:, column] = np.where(there[:, column, None], fading.strength * found, 0.0)
        stale_s[:, column], half_s[:, column] = fading.stale_s, fading.half_s
        last_ns[:, column] = held["motion_ns" if column == MOTION else "sampled_ns"]
    last_ns[:, PLAN] = now_ns
    _leave_to_motion(log, there[:, MOTION])
    age_s = np.maximum((now_ns - last_ns) / NS_PER_S, 0.0)
    log *= np.exp2(-np.maximum(age_s - stale_s, 0.0) / half_s)[:, :, None]
    things = ONE_THING[kinds]
    for thing in range(1, int(ONE_THING.max()) + 1):
        _keep_strongest(log, things == thing)
    return Weighed(log, there, there & (age_s > stale_s), last_ns)


def _leave_to_motion(log: FloatArray, judged: BoolArray) -> None:
    """Where the classifier of motion has judged, let speed, height and hovering say only what it cannot.

    It knows the classes TOLD from each other better than limits of speed do, and says nothing of the others: so the
    simple numbers weigh each other class against all of TOLD together.
    """
    among = np.zeros(CLASS_COUNT, np.bool_)
    among[list(TOLD)] = True
    for column in (SPEED, HEIGHT, MANOEUVRE):
        together = np.log(np.exp(log[judged, column][:, among]).mean(axis=1, keepdims=True))
        log[judged, column] = np.where(among, together, log[judged, column])


def _keep_strongest(log: FloatArray, alike: BoolArray) -> None:
    """Leave of the columns that are alike (k, SLOTS_MAX) only the one whose classes differ most."""
    several = np.flatnonzero(alike.sum(axis=1) > 1)
    if len(several) == 0:
        return
    among = log[several, :SLOTS_MAX]
    range_log = np.where(alike[several], among.max(axis=2) - among.min(axis=2), -1.0)
    kept = np.zeros_like(alike[several])
    kept[np.arange(len(several)), range_log.argmax(axis=1)] = True
    among[alike[several] & ~kept] = 0.0
    log[several, :SLOTS_MAX] = among


def _slot_log(kind: int, fading: Fading, slots: Rows, tables: FloatArray) -> FloatArray:
    """Return the log likelihood of slots of one kind (m,) under each class, (m, 12)."""
    span_s = (slots["last_ns"] - slots["first_ns"]) / NS_PER_S
    looks = np.minimum(np.minimum(slots["count"], 1.0 + span_s / fading.apart_s), fading.looks_max)
    count = np.maximum(slots["count"], 1e-9)
    match kind:
        case led.WORD | led.CLAIMED_WORD:
            shares = slots["value"] / count[:, None]
            sensor = np.minimum(slots["key"] & 0xFFFF, len(tables) - 1)
            said: FloatArray = looks[:, None] * np.einsum("mw,mwc->mc", shares, tables[sensor])
            return said
        case led.RCS:
            return rcs_log(slots["value"][:, 0] / count, looks)
        case led.RF:
            return sign_log("transmits", looks)
        case led.SOUND:
            return sign_log("audible", looks)
        case led.REMOTE_ID:
            return sign_log("remote_id", looks)
        case led.ADDRESS:
            return sign_log("transponder", looks)
        case _:
            return reply_log(looks, slots["value"][:, 0] / count)


def posterior(log: FloatArray, prior_log: FloatArray) -> FloatArray:
    """Return class probabilities (k, 12) of log likelihoods (k, columns, 12)."""
    whole = log.sum(axis=1) + prior_log
    whole -= whole.max(axis=1, keepdims=True)
    share = np.exp(whole)
    out: FloatArray = share / share.sum(axis=1, keepdims=True)
    return out


def gains_bits(log: FloatArray, prior_log: FloatArray) -> FloatArray:
    """Return what each piece of evidence of one track adds, (columns,): divergence from what is said without it, bits.

    log : (columns, 12)
    """
    whole = posterior(log[None], prior_log)[0]
    without = posterior((log.sum(axis=0) - log)[:, None, :], prior_log)
    out: FloatArray = np.sum(whole * np.log2(np.maximum(whole, 1e-12) / np.maximum(without, 1e-12)), axis=1)
    return np.maximum(out, 0.0)


def speak_for(weighed: Weighed, column_kinds: IntArray, classes: tuple[int, ...]) -> IntArray:
    """Return how many kinds of fresh evidence speak for these classes together against the rest, (k,).

    column_kinds : (k, COLUMNS) number of the kind in each column; what moves alike is one kind
    """
    among = np.zeros(CLASS_COUNT, np.bool_)
    among[list(classes)] = True
    best_in = weighed.log[:, :, among].max(axis=2)
    mean_out = weighed.log[:, :, ~among].mean(axis=2)
    speaks = weighed.there & ~weighed.stale & (best_in - mean_out > np.log(2.0))
    count = np.zeros(len(column_kinds), np.int64)
    for kind in np.unique(column_kinds).tolist():
        count += (speaks & (column_kinds == kind)).any(axis=1)
    return count


def smallest_set(probability: FloatArray) -> IntArray:
    """Return the classes that together hold SET_PROBABILITY, the likeliest first, of (12,)."""
    order = np.argsort(-probability, kind="stable")
    count = int(np.searchsorted(np.cumsum(probability[order]), SET_PROBABILITY - 1e-9)) + 1
    return order[:count]
