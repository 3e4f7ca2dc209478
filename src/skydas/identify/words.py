"""Evidence as a person reads it: a line for each piece, with its weights, its age and what it adds."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from skydas.identify import evidence_kernels as led
from skydas.identify.addresses import state_of
from skydas.identify.evidence_kernels import HEIGHT, MANOEUVRE, MOTION, PLAN, SLOTS_MAX, SPEED
from skydas.identify.flights import Match, Standing
from skydas.identify.overrides import Override
from skydas.identify.rules import WORDS, Known, Rule
from skydas.identify.weigh import KIND_FADING, SLOT_FADING, Weighed, gains_bits, ratios_of
from skydas.model import CLASS_WORDS, NS_PER_S, Cause, Evidence, FloatArray, IntArray, Rows

WEIGHT_MIN: Final = 0.1  # a smaller log likelihood ratio is not told


class Pieces(NamedTuple):
    """The evidence of one track, in plain numbers by column."""

    there: list[int]  # columns
    last_ns: list[int]
    stale: list[bool]
    gains_bits: list[float]
    ratios: list[list[float]]


def pieces_of(weighed: Weighed, at: IntArray, prior_log: FloatArray) -> Iterator[Pieces]:
    """Yield the evidence of the tracks in some rows of what was weighed, worked out for all of them at once."""
    log = weighed.log[at]
    columns = (
        [np.flatnonzero(there).tolist() for there in weighed.there[at]],
        weighed.last_ns[at].tolist(),
        weighed.stale[at].tolist(),
        np.round(gains_bits(log, prior_log), 3).tolist(),
        np.round(ratios_of(log, prior_log), 2).tolist(),
    )
    for row in zip(*columns, strict=True):
        yield Pieces(*row)


def evidence_of(
    held: np.void, slots: Rows, pieces: Pieces, names: list[str], object_name: str, plan_text: str, classifier: str
) -> list[Evidence]:
    """Return all evidence of one track, that which adds most first.

    names      : of the sensors, by row
    classifier : which one judged the motion
    """
    found = []
    for column in pieces.there:
        if column < SLOTS_MAX:
            slot = slots[column]
            row = int(slot["key"]) & 0xFFFF
            kind = SLOT_FADING[int(slot["key"]) >> 16].word
            source = names[row] if row < len(names) else names[-1]
            text = _slot_text(slot, held, object_name)
        else:
            kind, source = KIND_FADING[column].word, "expected flights" if column == PLAN else "track"
            source = classifier if column == MOTION else source
            text = plan_text if column == PLAN else _motion_text(column, held)
        weights = zip(CLASS_WORDS, pieces.ratios[column], strict=True)
        found.append(
            Evidence(
                kind=kind,
                source=source,
                t_ns=pieces.last_ns[column],
                text=text,
                weights={word: ratio for word, ratio in weights if ratio >= WEIGHT_MIN or ratio <= -WEIGHT_MIN},
                is_stale=pieces.stale[column],
                gain_bits=pieces.gains_bits[column],
            )
        )
    return sorted(found, key=lambda one: -one.gain_bits)


def _slot_text(slot: np.void, held: np.void, object_name: str) -> str:
    span_s = (int(slot["last_ns"]) - int(slot["first_ns"])) / NS_PER_S
    count = max(float(slot["count"]), 1.0)
    value = slot["value"]
    match int(slot["key"]) >> 16:
        case led.WORD:
            best = int(np.argmax(value))
            return f"says {_said(best)} in {100.0 * value[best] / count:.0f} % of its looks over {span_s:.0f} s"
        case led.CLAIMED_WORD:
            return f"it says of itself to be: {_said(int(np.argmax(value)))}"
        case led.RCS:
            return f"{value[0] / count:.0f} dBsm in the mean of {count:.0f} echoes"
        case led.RF:
            return f"{count:.0f} directions of a transmitter agree over {span_s:.0f} s"
        case led.SOUND:
            return f"{count:.0f} directions of a sound agree over {span_s:.0f} s"
        case led.REMOTE_ID:
            return f"sends Remote ID {object_name}".rstrip()
        case led.ADDRESS:
            return f"sends address {_address(int(held['mode_s']))}"
        case _:
            answered = float(value[0])
            answers = f"answered {answered:.0f} of {count:.0f} interrogations" if answered >= 0.5 else ""
            code = f" with {_address(int(held['mode_s']))}" if answers and held["mode_s"] else ""
            return f"{answers}{code}" if answers else f"answered none of {count:.0f} interrogations"


def _motion_text(column: int, held: np.void) -> str:
    match column:
        case _ if column == SPEED:
            return f"{held['speed_mps']:.0f} m/s over the ground"
        case _ if column == HEIGHT:
            return f"{held['height_m']:.0f} m high"
        case _ if column == MOTION:
            best = _said(int(np.argmax(held["motion"])))
            return f"has moved as {best} most of all for {held['motion_s']:.0f} s"
        case _:
            assert column == MANOEUVRE
            return f"hovered {100.0 * held['hover']:.0f} % of the last time"


def _address(mode_s: int) -> str:
    state = state_of(mode_s)
    return f"{mode_s:06x}" + (f", registered in {state}" if state else ", of no state's block")


def _said(class_no: int) -> str:
    return CLASS_WORDS[class_no].replace("_", " ")


def plan_words(plan: tuple[Match, Standing]) -> str:
    """Return how a track stands to the flight it is compared with."""
    match, found = plan
    text = f"{match.flight.name}: agrees in {found.agrees}" if found.agrees else match.flight.name
    return f"{text}; {found.differs}" if found.differs else text


def rule_words(
    rule: Rule,
    known: Known,
    k: int,
    plan: tuple[Match, Standing] | None,
    contradictions: list[Cause],
    override: Override | None,
) -> str:
    """Return the rule that made an identity, in words, with this track's own figures; `known` has it in row `k`."""
    percent = {
        Rule.BIRD: known.p_bird[k],
        Rule.CIVIL_AIRCRAFT: known.p_aircraft[k],
        Rule.DANGEROUS_KIND: known.p_threat[k],
    }.get(rule, 0.0)
    return WORDS[rule].format(
        who="" if override is None else override.who,
        reason="" if override is None else override.reason,
        text="; ".join(cause.text for cause in contradictions),
        percent=f"{100.0 * percent:.0f}",
        flight="" if plan is None else plan[0].flight.name,
        agrees="" if plan is None else plan[1].agrees,
        differs="" if plan is None else plan[1].differs,
    )


def other_evidence(now_ns: int, override: Override | None, contradictions: list[Cause]) -> list[Evidence]:
    """Return what speaks for an identity without speaking for a class: deception checks, a person's word."""
    found = [
        Evidence(
            kind="deception",
            source=cause.rule,
            t_ns=cause.plot_ns or now_ns,
            text=cause.text,
            weights={"suspect": round(math.log(max(cause.score, 0.01) / max(1.0 - cause.score, 0.01)), 2)},
        )
        for cause in contradictions
    ]
    if override is not None:
        found.append(
            Evidence(kind="operator", source=override.who, t_ns=override.since_ns, text=override.text(), weights={})
        )
    return found


def class_words(probability: list[float]) -> dict[str, float]:
    """Return class word -> probability of 12, the likeliest first; what is below one in a thousand is left out."""
    order = sorted(range(len(probability)), key=lambda c: -probability[c])
    return {CLASS_WORDS[c]: round(probability[c], 3) for c in order if probability[c] >= 0.001}
