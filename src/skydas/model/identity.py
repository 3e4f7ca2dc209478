"""What a thing is taken to be, and on what evidence."""

from __future__ import annotations

import msgspec

from skydas.model.base import Message
from skydas.model.enums import Identity


class Evidence(msgspec.Struct, frozen=True):
    """One thing that speaks for or against a class or an identity."""

    kind: (
        str  # code, plan, remote_id, rf, sound, rcs, speed, height, manoeuvre, motion, class_word, deception, operator
    )
    source: str  # the sensor, the list or the person it comes from
    t_ns: int  # of the newest observation in it
    text: str  # one line that can be read aloud
    weights: dict[str, float]  # class or identity word -> log likelihood ratio; above 0 speaks for it
    is_stale: bool = False  # so old that it counts less and less
    gain_bits: float = 0.0  # how far the classes' probabilities would be from here without it


class Identified(Message, frozen=True):
    """What a track is assessed to be, told when it changed."""

    track_no: int
    identity: Identity
    rule: str  # which made it so, in words
    class_probability: dict[str, float]  # class word -> probability; empty: cannot tell yet
    set_words: tuple[str, ...] = ()  # the smallest set of classes that holds the true one nine times in ten
    evidence: tuple[Evidence, ...] = ()
    overridden_by: str = ""  # the person whose word holds; empty: nobody's
    suggested: str = ""  # where a person's word holds: what the rules would say
    flight: str = ""  # the expected flight that it is compared with
    is_over: bool = False  # the track dropped
