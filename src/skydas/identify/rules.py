"""From what is known of a track to its identity: the first rule that holds, and what it says in words.

Nothing here makes a track hostile but a person's word, and nothing makes it a friend that rests on its own word alone:
every rule that ends in friend, assumed friend or neutral asks for measurements by sensors that take nobody's word.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np

from skydas.identify.params import IdentifyParams
from skydas.model import BoolArray, FloatArray, Identity, IntArray

OCTAL_HIJACKED: Final = 0o7500  # ICAO Annex 10 volume IV: unlawful interference


class Rule(IntEnum):
    """What made an identity, the strongest first; the numbers are in snapshots."""

    PERSON = 0
    CONTRADICTED = 1
    HIJACKED = 2
    DANGEROUS_KIND = 3
    PLANNED_FRIEND = 4
    PLANNED_FRIEND_WEAKLY = 5
    PLANNED_NEUTRAL = 6
    BIRD = 7
    CIVIL_AIRCRAFT = 8
    PLANNED_ELSEWHERE = 9
    PLANNED_UNSUPPORTED = 10
    OWN_WORD_ONLY = 11
    NOTHING_KNOWN = 12
    TOO_EARLY = 13


IDENTITY_OF: Final[dict[Rule, Identity]] = {
    Rule.CONTRADICTED: Identity.SUSPECT,
    Rule.HIJACKED: Identity.SUSPECT,
    Rule.DANGEROUS_KIND: Identity.SUSPECT,
    Rule.PLANNED_FRIEND: Identity.FRIEND,
    Rule.PLANNED_FRIEND_WEAKLY: Identity.ASSUMED_FRIEND,
    Rule.PLANNED_NEUTRAL: Identity.NEUTRAL,
    Rule.BIRD: Identity.NEUTRAL,
    Rule.CIVIL_AIRCRAFT: Identity.NEUTRAL,
    Rule.PLANNED_ELSEWHERE: Identity.UNKNOWN,
    Rule.PLANNED_UNSUPPORTED: Identity.UNKNOWN,
    Rule.OWN_WORD_ONLY: Identity.UNKNOWN,
    Rule.NOTHING_KNOWN: Identity.UNKNOWN,
    Rule.TOO_EARLY: Identity.PENDING,
}
WORDS: Final[dict[Rule, str]] = {
    Rule.PERSON: "{who} says so: {reason}",
    Rule.CONTRADICTED: "what it says of itself is contradicted: {text}",
    Rule.HIJACKED: "it sends code 7500, unlawful interference",
    Rule.DANGEROUS_KIND: "assessed as one-way drone, cruise or ballistic with {percent} % by several kinds of evidence",
    Rule.PLANNED_FRIEND: "is expected flight {flight}: two identifiers, time and place agree, and it is measured there",
    Rule.PLANNED_FRIEND_WEAKLY: "agrees with expected flight {flight} in {agrees}, and it is measured there",
    Rule.PLANNED_NEUTRAL: "agrees with authorised flight {flight} in {agrees}, and it is measured there",
    Rule.BIRD: "assessed as a bird with {percent} %",
    Rule.CIVIL_AIRCRAFT: "has an address, flies as an aircraft ({percent} %), and is measured where it says to be",
    Rule.PLANNED_ELSEWHERE: "has the identifiers of flight {flight}, but {differs}",
    Rule.PLANNED_UNSUPPORTED: "says to be flight {flight}; nothing but its own word supports it",
    Rule.OWN_WORD_ONLY: "nothing but its own word is known of it",
    Rule.NOTHING_KNOWN: "no rule says more",
    Rule.TOO_EARLY: "seen for too short a time",
}
assert set(WORDS) == set(Rule)


class PlanState(IntEnum):
    """How a track stands to the list of flights."""

    NONE = 0
    ELSEWHERE = 1  # identifiers agree; time or place does not
    AGREES = 2  # identifiers and time agree; the list names no place, or only one identifier is there
    FIRMLY = 3  # two identifiers or more, time and place


class Known(NamedTuple):
    """What the rules look at, (k,) each."""

    person: IntArray  # Identity that a person gave, or -1
    contradicted: BoolArray
    mode_3a: IntArray
    corroborated: BoolArray  # measured of late by sensors that take nobody's word
    claims: BoolArray  # it says something of itself
    has_code: BoolArray  # an address, by reply or claim
    plan: IntArray  # PlanState
    plan_friend: BoolArray  # of a friend's flight; else of an authorised one
    p_bird: FloatArray
    p_aircraft: FloatArray
    p_threat: FloatArray
    threat_kinds: IntArray  # kinds of evidence that speak for a dangerous kind
    age_s: FloatArray
    before: IntArray  # Rule that held before, or -1


def judge(known: Known, params: IdentifyParams) -> tuple[IntArray, IntArray]:
    """Return Identity and Rule of each track, (k,) each."""

    def above(probability: FloatArray, least: float, rule: Rule) -> BoolArray:
        held: BoolArray = probability >= least - params.hysteresis * (known.before == rule)
        return held

    agrees = (known.plan >= PlanState.AGREES) & known.corroborated
    # What bears a friend's identifiers without being that flight is not to be called harmless for how it flies.
    poses = (known.plan == PlanState.ELSEWHERE) & known.plan_friend
    holds = {
        Rule.PERSON: known.person >= 0,
        Rule.CONTRADICTED: known.contradicted,
        Rule.HIJACKED: known.mode_3a == OCTAL_HIJACKED,
        Rule.DANGEROUS_KIND: above(known.p_threat, params.threat_probability, Rule.DANGEROUS_KIND)
        & (known.threat_kinds >= params.threat_kinds_min),
        Rule.PLANNED_FRIEND: agrees & known.plan_friend & (known.plan == PlanState.FIRMLY),
        Rule.PLANNED_FRIEND_WEAKLY: agrees & known.plan_friend,
        Rule.PLANNED_NEUTRAL: agrees,
        Rule.BIRD: known.corroborated & ~poses & above(known.p_bird, params.bird_probability, Rule.BIRD),
        Rule.CIVIL_AIRCRAFT: known.corroborated
        & ~poses
        & known.has_code
        & above(known.p_aircraft, params.aircraft_probability, Rule.CIVIL_AIRCRAFT),
        Rule.PLANNED_ELSEWHERE: known.plan == PlanState.ELSEWHERE,
        Rule.PLANNED_UNSUPPORTED: known.plan >= PlanState.AGREES,
        Rule.OWN_WORD_ONLY: known.claims & ~known.corroborated,
        Rule.NOTHING_KNOWN: known.age_s >= params.pending_s,
    }
    rule = np.select(list(holds.values()), [int(one) for one in holds], int(Rule.TOO_EARLY)).astype(np.int64)
    identity = _IDENTITY[rule]
    return np.where(rule == Rule.PERSON, known.person, identity), rule


_IDENTITY: Final = np.array([int(IDENTITY_OF.get(rule, Identity.UNKNOWN)) for rule in Rule], np.int64)
