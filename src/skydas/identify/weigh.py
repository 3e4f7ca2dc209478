"""What all the evidence of a track says of its class: log likelihoods, faded with age, and what follows from them.

Looks of one sensor at one thing are not independent: a camera that is wrong now is wrong in half a second too. So looks
count by the time they span, up to a limit, and every kind has a strength, chosen with `bench.identify --fit`. That asks
for more than one where its simulated flights are tidier than real ones: no likelihood counts more than it says.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from skydas.identify import evidence_kernels as led
from skydas.identify.classes import LOOKS_TABLE, THREATS
from skydas.identify.evidence_kernels import COLUMNS, HEIGHT, MANOEUVRE, MOTION, PLAN, SLOTS_MAX, SPEED
from skydas.identify.ledger import Ledger
from skydas.identify.motion import TOLD
from skydas.model import CLASS_COUNT, BoolArray, FloatArray, IntArray

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
ONE_THING: Final = np.zeros(led.KINDS_MAX, np.int64)  # kind of slot -> number of the thing it is about, 0: each counts
ONE_THING[[led.ADDRESS, led.INTERROGATED, led.CLAIMED_WORD, led.RCS, led.RF, led.SOUND, led.REMOTE_ID]] = (
    1,
    1,
    2,
    3,
    4,
    5,
    6,
)
KIND_FADING: Final[dict[int, Fading]] = {
    SPEED: Fading("speed", 1.0, 1.0, 1.0, 30.0, 60.0),
    HEIGHT: Fading("height", 1.0, 1.0, 1.0, 30.0, 60.0),
    MANOEUVRE: Fading("manoeuvre", 0.2, 1.0, 1.0, 30.0, 60.0),
    PLAN: Fading("plan", 0.7, 1.0, 1.0, 1e12, 1e12),
    # Calibrated by itself, on tracks of one radar; on those of several in the scenes with threats it says too much.
    MOTION: Fading("motion", 0.6, 1.0, 1.0, 60.0, 120.0),
}
FADING_TABLE: Final[FloatArray] = np.ones((led.KINDS_MAX + len(KIND_FADING), 5))  # as the kernels take it
for _kind, _fading in SLOT_FADING.items():
    FADING_TABLE[_kind] = _fading[1:]
for _column, _fading in KIND_FADING.items():
    FADING_TABLE[led.KINDS_MAX + _column - SLOTS_MAX] = _fading[1:]

# Kinds behind those of slots, for counting what speaks for a class: motion is one kind, however many numbers it has.
COLUMN_KINDS: Final = np.array([0] * SLOTS_MAX + [24, 25, 24, 26, 24])
_TOLD: Final = np.isin(np.arange(CLASS_COUNT), TOLD)  # classes that motion tells from each other
_THREATS: Final = np.isin(np.arange(CLASS_COUNT), THREATS)


class Weighed(NamedTuple):
    """The evidence of k tracks, in columns: their slots, then speed, height, manoeuvre, plan and motion."""

    log: FloatArray  # (k, COLUMNS, 12) log likelihood as it counts now; 0 where there is no evidence
    there: BoolArray  # (k, COLUMNS)
    stale: BoolArray  # (k, COLUMNS)
    last_ns: IntArray  # (k, COLUMNS)


class Settled(NamedTuple):
    """What follows from the evidence of k tracks."""

    probability: FloatArray  # (k, 12)
    can_tell: BoolArray  # (k,) there is evidence; height alone is none
    kinds: IntArray  # (k,) kinds of evidence that are there, as a bit set
    stale_kinds: IntArray  # (k,) those of them of which all is stale
    threat_kinds: IntArray  # (k,) how many kinds of fresh evidence speak for a dangerous class
    claims: BoolArray  # (k,) it says something of itself


def weigh(ledger: Ledger, rows: IntArray, now_ns: int, tables: FloatArray, planned: FloatArray) -> Weighed:
    """Return what counts of the evidence in these rows of the ledger, now.

    tables  : (sensors, 12, 12) ln P(word | class) by row of the sensor; the last is for all further rows
    planned : (k, 12) log likelihood of the class that a flight plan states, 0 without one
    """
    found = Weighed(
        log=np.zeros((len(rows), COLUMNS, CLASS_COUNT)),
        there=np.zeros((len(rows), COLUMNS), np.bool_),
        stale=np.zeros((len(rows), COLUMNS), np.bool_),
        last_ns=np.zeros((len(rows), COLUMNS), np.int64),
    )
    led.weigh(
        ledger.held, ledger.slots, rows, now_ns, LOOKS_TABLE, tables, planned, FADING_TABLE, ONE_THING, _TOLD, *found
    )
    return found


def settle(ledger: Ledger, rows: IntArray, weighed: Weighed, prior_log: FloatArray) -> Settled:
    """Return what follows from the evidence that was weighed of these rows of the ledger."""
    probability, found = np.empty((len(rows), CLASS_COUNT)), np.empty((len(rows), 5), np.int64)
    led.settle(
        ledger.slots,
        rows,
        weighed.log,
        weighed.there,
        weighed.stale,
        prior_log,
        COLUMN_KINDS,
        _THREATS,
        probability,
        found,
    )
    return Settled(probability, found[:, 0] > 0, found[:, 1], found[:, 2], found[:, 3], found[:, 4] > 0)


def posterior(log: FloatArray, prior_log: FloatArray) -> FloatArray:
    """Return class probabilities (..., 12) of log likelihoods (..., columns, 12)."""
    whole = log.sum(axis=-2) + prior_log
    whole -= whole.max(axis=-1, keepdims=True)
    share = np.exp(whole)
    out: FloatArray = share / share.sum(axis=-1, keepdims=True)
    return out


def gains_bits(log: FloatArray, prior_log: FloatArray) -> FloatArray:
    """Return what each piece of evidence adds, (..., columns): divergence from what is said without it, bits.

    log : (..., columns, 12)
    """
    whole = posterior(log, prior_log)[..., None, :]
    without = posterior((log.sum(axis=-2, keepdims=True) - log)[..., None, :], prior_log)
    out: FloatArray = np.sum(whole * np.log2(np.maximum(whole, 1e-12) / np.maximum(without, 1e-12)), axis=-1)
    return np.maximum(out, 0.0)


def ratios_of(log: FloatArray, prior_log: FloatArray) -> FloatArray:
    """Return log likelihood ratios (..., columns, 12): of each class against what was expected of all of them."""
    out: FloatArray = log - np.log(np.exp(prior_log + log).sum(axis=-1, keepdims=True))
    return out


def smallest_sets(probability: FloatArray) -> list[list[int]]:
    """Return the classes that together hold SET_PROBABILITY, the likeliest first, of each of (k, 12)."""
    order = np.argsort(-probability, axis=1, kind="stable")
    held = np.cumsum(np.take_along_axis(probability, order, axis=1), axis=1)
    counts = (held < SET_PROBABILITY - 1e-9).sum(axis=1) + 1
    return [row[:count] for row, count in zip(order.tolist(), counts.tolist(), strict=True)]
