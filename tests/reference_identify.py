"""The obvious NumPy twins of the kernels of evidence."""

from __future__ import annotations

import numpy as np

from skydas.identify import evidence_kernels as led
from skydas.identify.classes import LOOKS_TABLE, THREATS
from skydas.identify.evidence_kernels import COLUMNS, FLOOR, HEIGHT, MANOEUVRE, MOTION, PLAN, SLOTS_MAX, SPEED
from skydas.identify.ledger import Ledger
from skydas.identify.motion import TOLD
from skydas.identify.weigh import COLUMN_KINDS, KIND_FADING, ONE_THING, SLOT_FADING, Fading, Settled, Weighed, posterior
from skydas.model import CLASS_COUNT, NS_PER_S, BoolArray, FloatArray, IntArray, Rows

_SIGNS = {
    "transponder": led.TRANSPONDER,
    "remote_id": led.SENDS_REMOTE_ID,
    "transmits": led.TRANSMITS,
    "audible": led.AUDIBLE,
}


def speed_log(speed_mps: FloatArray) -> FloatArray:
    """Return the log likelihood of a mean speed over the ground (k,) under each class, (k, 12); NaN says nothing."""
    return _between(np.log(np.maximum(speed_mps, 0.5)), LOOKS_TABLE[:, 0:2], 0.12, (0.5, 3_000.0))


def height_log(height_m: FloatArray) -> FloatArray:
    """Return the log likelihood of a height (k,), above ground where known, else above the sea, (k, 12)."""
    return _between(np.log(np.maximum(height_m, 10.0)), LOOKS_TABLE[:, 2:4], 0.35, (10.0, 60_000.0))


def hover_log(share: FloatArray) -> FloatArray:
    """Return the log likelihood of the share of time (k,) that a track hovered, (k, 12); NaN says nothing."""
    share = np.clip(share, 0.0, 1.0)[:, None]
    return _known(np.log(share * LOOKS_TABLE[:, led.HOVERS] + (1.0 - share) * (1.0 - LOOKS_TABLE[:, led.HOVERS])))


def rcs_log(mean_db: FloatArray, looks: FloatArray) -> FloatArray:
    """Return the log likelihood of the mean (k,) in dBsm over so many independent echoes (k,), (k, 12)."""
    variance = LOOKS_TABLE[:, led.RCS_SIGMA_DB] ** 2 + 5.6**2 / np.maximum(looks, 1.0)[:, None]
    density = np.exp(-0.5 * (mean_db[:, None] - LOOKS_TABLE[:, led.RCS_DB]) ** 2 / variance) / np.sqrt(
        2.0 * np.pi * variance
    )
    return _known(np.log(FLOOR / 100.0 + (1.0 - FLOOR) * density))


def sign_log(name: str, looks: FloatArray) -> FloatArray:
    """Return the log likelihood of a sign that was seen in so many independent looks (k,), (k, 12).

    name : `transponder`, `remote_id`, `transmits`, `audible`
    Each look alone is of something else one time in three; a claim may be false however often it is repeated.
    """
    false = FLOOR + (1.0 - FLOOR) * 0.33 ** np.maximum(looks, 0.0)[:, None]
    return np.log(false + (1.0 - false) * LOOKS_TABLE[:, _SIGNS[name]])


def reply_log(looks: FloatArray, replied: FloatArray) -> FloatArray:
    """Return the log likelihood of answering a share (k,) of so many independent interrogations (k,), (k, 12)."""
    yes, no = (looks * replied)[:, None], (looks * (1.0 - replied))[:, None]
    has = (1.0 - 0.05) ** yes * 0.05**no
    has_not = 0.01**yes * (1.0 - 0.01) ** no
    carries = FLOOR / 2.0 + (1.0 - FLOOR) * LOOKS_TABLE[:, led.TRANSPONDER]
    return _known(np.log(carries * has + (1.0 - carries) * has_not))


def _between(x: FloatArray, limits: FloatArray, edge: float, whole: tuple[float, float]) -> FloatArray:
    """Return ln of a density that is even between soft limits (12, 2), over a floor spread over `whole`, (k, 12)."""
    first, last = limits[:, 0], limits[:, 1]
    rising = 1.0 / (1.0 + np.exp(np.clip((first - x[:, None]) / edge, -60.0, 60.0)))
    falling = 1.0 / (1.0 + np.exp(np.clip((x[:, None] - last) / edge, -60.0, 60.0)))
    even = FLOOR / float(np.log(whole[1] / whole[0]))
    return _known(np.log(even + (1.0 - FLOOR) * rising * falling / (last - first)))


def _known(log: FloatArray) -> FloatArray:
    """Return the log likelihoods with 0 in place of NaN: what is not known says nothing."""
    out: FloatArray = np.nan_to_num(log, nan=0.0)
    return out


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
    enough = held["samples"] >= led.SAMPLES_S_MIN
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


def settle(ledger: Ledger, rows: IntArray, weighed: Weighed, prior_log: FloatArray) -> Settled:
    """Return what follows from the evidence that was weighed of these rows of the ledger."""
    kinds = np.repeat(COLUMN_KINDS[None], len(rows), axis=0)
    kinds[:, :SLOTS_MAX] = ledger.slots["key"][rows] >> 16
    slot_kinds = kinds[:, :SLOTS_MAX]
    there, fresh = (_kind_bits(columns, kinds) for columns in (weighed.there, weighed.there & ~weighed.stale))
    claims = (slot_kinds == led.ADDRESS) | (slot_kinds == led.REMOTE_ID) | (slot_kinds == led.CLAIMED_WORD)
    among = np.isin(np.arange(CLASS_COUNT), THREATS)
    best_in, mean_out = weighed.log[:, :, among].max(axis=2), weighed.log[:, :, ~among].mean(axis=2)
    speaks = weighed.there & ~weighed.stale & (best_in - mean_out > np.log(2.0))
    speaking = sum((speaks & (kinds == kind)).any(axis=1).astype(np.int64) for kind in np.unique(kinds).tolist())
    can_tell = np.delete(weighed.there, HEIGHT, axis=1).max(axis=1)
    return Settled(
        posterior(weighed.log, prior_log), can_tell, there, there & ~fresh, np.asarray(speaking), claims.max(axis=1)
    )


def _kind_bits(columns: BoolArray, kinds: IntArray) -> IntArray:
    out: IntArray = np.bitwise_or.reduce(np.where(columns, 1 << kinds, 0), axis=1)
    return out
