"""What one track is said to be, and all the evidence for it."""

from __future__ import annotations

from typing import Final

import msgspec
from litestar import get
from litestar.exceptions import NotFoundException

from skydas.model import NS_PER_S, Evidence, Identified
from skydas.web.asked import TrackNo, Web


class EvidenceAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of evidence."""

    kind: str
    source: str
    t_ns: int
    age_s: float
    is_stale: bool
    gain_bits: float
    text: str
    weights: dict[str, float]


class IdentityAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What one track is assessed to be: a suggestion to people, but for a person's word."""

    track_no: int
    now_ns: int
    told_ns: int
    identity: str
    rule: str
    suggested: str
    overridden_by: str
    flight: str
    class_probability: dict[str, float]
    set_words: list[str]
    evidence: list[EvidenceAnswer]


@get("/api/v1/tracks/{track_no:int}/identity", summary="What one track is said to be, and why", sync_to_thread=False)
def identity(web: Web, track_no: TrackNo) -> IdentityAnswer:
    """Return identity and class of one track with the rule, and every piece of evidence, what adds most first."""
    fact = web.hub.board.one("identified", track_no)
    if not isinstance(fact, Identified):
        raise NotFoundException(f"nothing is said of a track {track_no} in the picture")
    now_ns = web.hub.now_ns
    return IdentityAnswer(
        track_no=fact.track_no,
        now_ns=now_ns,
        told_ns=fact.now_ns,
        identity=fact.identity.name.lower(),
        rule=fact.rule,
        suggested=fact.suggested,
        overridden_by=fact.overridden_by,
        flight=fact.flight,
        class_probability=fact.class_probability,
        set_words=list(fact.set_words),
        evidence=[_answer(one, now_ns) for one in fact.evidence],
    )


HANDLERS: Final = (identity,)


def _answer(one: Evidence, now_ns: int) -> EvidenceAnswer:
    return EvidenceAnswer(
        kind=one.kind,
        source=one.source,
        t_ns=one.t_ns,
        age_s=round((now_ns - one.t_ns) / NS_PER_S, 1),
        is_stale=one.is_stale,
        gain_bits=one.gain_bits,
        text=one.text,
        weights=one.weights,
    )
