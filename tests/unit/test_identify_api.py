"""What the API says of one track's identity."""

from __future__ import annotations

import asyncio
from typing import Any

from skydas.model import Evidence, Identified, Identity
from tests.facts import after
from tests.served import served


def told(sequence: int, now_s: float, **fields: Any) -> Identified:
    evidence = Evidence(
        kind="class_word",
        source="camera",
        t_ns=after(now_s - 12.0),
        text="says multirotor in 90 % of its looks over 40 s",
        weights={"multirotor": 2.4, "bird": -0.7},
        gain_bits=1.8,
    )
    made = {"identity": Identity.UNKNOWN, "rule": "no rule says more", "class_probability": {"multirotor": 0.9}}
    return Identified(
        node="lt-1", sequence=sequence, now_ns=after(now_s), track_no=7, evidence=(evidence,), **(made | fields)
    )


def asked(path: str, *facts: Identified) -> tuple[int, Any]:
    async def ask() -> tuple[int, Any]:
        async with served() as server:
            for fact in facts:
                server.hub.add(fact)
            answer = await server.client.get(path)
            return answer.status_code, answer.json()

    return asyncio.run(ask())


def test_the_identity_of_a_track_has_its_rule_and_every_piece_of_evidence_with_its_age() -> None:
    status, body = asked("/api/v1/tracks/7/identity", told(1, 20.0, set_words=("multirotor",), flight="survey"))
    assert status == 200
    assert (body["identity"], body["rule"], body["flight"]) == ("unknown", "no rule says more", "survey")
    assert body["class_probability"] == {"multirotor": 0.9}
    [evidence] = body["evidence"]
    assert (evidence["age_s"], evidence["is_stale"], evidence["gain_bits"]) == (12.0, False, 1.8)
    assert evidence["weights"] == {"multirotor": 2.4, "bird": -0.7}


def test_a_track_that_ended_or_never_was_has_none_and_the_answer_says_so() -> None:
    for facts in ((), (told(1, 20.0), told(2, 30.0, is_over=True))):
        status, body = asked("/api/v1/tracks/7/identity", *facts)
        assert status == 404
        assert body["error"] == "nothing is said of a track 7 in the picture"
        assert body["what_to_do"]
