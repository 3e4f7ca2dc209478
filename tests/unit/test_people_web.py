"""Sightings and warnings over real sockets: what is taken, what is refused, and who reaches what."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from skydas.model import Assessed, PublicWarning
from skydas.web.access import Person, may_ask
from skydas.web.people_routes import pseudonym
from tests.facts import T0_NS
from tests.served import Served, served

JSON = {"content-type": "application/json"}
REPORT = {
    "reporter": "device-1",
    "latitude_deg": 55.9,
    "longitude_deg": 25.3,
    "azimuth_magnetic_deg": 71,
    "words": "low",
}


def asked(ask: Callable[[Served], Awaitable[Any]]) -> Any:
    """Return what `ask` returns, run against a server of its own."""

    async def scenario() -> Any:
        async with served() as server:
            return await ask(server)

    return asyncio.run(scenario())


def test_a_report_reaches_the_node_as_an_action_under_a_pseudonym() -> None:
    async def ask(server: Served) -> tuple[httpx.Response, Served]:
        return await server.client.post("/api/v1/sightings", content=json.dumps(REPORT), headers=JSON), server

    answer, server = asked(ask)
    assert answer.status_code == 201, answer.text
    (action,) = server.actions
    assert (action.what, action.role) == ("report_sighting", "reporter")
    assert action.who == action.fields["reporter"] == pseudonym("lt-1", "device-1") == answer.json()["reporter"]
    assert "device-1" not in str(action)
    assert action.fields["azimuth_magnetic_deg"] == "71.0"


@pytest.mark.parametrize(
    "body", [b"{}", b"[" * 9_000, b'{"latitude_deg": "x", "longitude_deg": 3}', b'{"latitude_deg":1e999}']
)
def test_a_body_that_is_no_report_is_refused_in_words(body: bytes) -> None:
    answer = asked(lambda server: server.client.post("/api/v1/sightings", content=body, headers=JSON))
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_an_address_that_sends_too_many_is_told_to_wait() -> None:
    async def ask(server: Served) -> tuple[list[int], Served]:
        sent = [
            await server.client.post("/api/v1/sightings", content=json.dumps(REPORT), headers=JSON) for _ in range(70)
        ]
        return [answer.status_code for answer in sent], server

    codes, server = asked(ask)
    assert codes[:60] == [201] * 60
    assert 429 in codes[60:]
    assert len(server.actions) == codes.count(201)


def test_the_page_for_phones_and_its_files_are_served_without_inline_code() -> None:
    async def ask(server: Served) -> list[httpx.Response]:
        return [
            await server.client.get(path)
            for path in ("/report", "/report/phone.js", "/report/words.js", "/report/x.js")
        ]

    page, script, words, none = asked(ask)
    assert [one.status_code for one in (page, script, words, none)] == [200, 200, 200, 404]
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "style=" not in page.text
    assert "onclick" not in page.text


def test_a_reporter_reaches_the_page_and_its_reports_and_nothing_else() -> None:
    reporter, watch = Person("t" * 24, "village", "reporter"), Person("u" * 24, "anna", "operator")
    for method, path in (("GET", "/report"), ("GET", "/report/phone.js"), ("POST", "/api/v1/sightings/photos")):
        assert may_ask(reporter, method, path)
    for method, path in (
        ("GET", "/"), ("GET", "/api/v1/tracks"), ("GET", "/api/v1/sightings/photos/00"), ("POST", "/api/v1/actions"),
        ("DELETE", "/api/v1/sightings/photos/00"), ("GET", "/reports"), ("", "/api/v1/live"),
    ):  # fmt: skip
        assert not may_ask(reporter, method, path)
        assert may_ask(watch, method, path)


def test_a_draft_takes_the_prediction_that_the_page_shows() -> None:
    async def ask(server: Served) -> tuple[httpx.Response, Served]:
        server.hub.add(
            Assessed(
                node="lt-1", sequence=1, now_ns=T0_NS, track_no=12, score=0.9, asset="", destinations={"Utena": 0.6},
                cone=((0.0, 55.0, 24.0, 500.0), (60.0, 55.02, 24.0, 900.0)),
            )
        )  # fmt: skip
        body = json.dumps({"level": "red", "track_no": 12})
        return await server.client.post("/api/v1/warnings/drafts", content=body, headers=JSON), server

    answer, server = asked(ask)
    assert answer.json()["from_prediction"] is True
    (action,) = server.actions
    assert action.fields["cone"] == "0,55.00000,24.00000,500;60,55.02000,24.00000,900"
    assert action.fields["cause"] == "track 12, likeliest destination Utena (60%)"


def test_the_cap_message_of_a_warning_can_be_read() -> None:
    async def ask(server: Served) -> list[httpx.Response]:
        server.hub.add(
            PublicWarning(
                node="lt-1", sequence=1, now_ns=T0_NS, number=3, level="red", state="draft", is_exercise=True, cause="",
                ring=(), municipalities=(), texts={}, effective_ns=0, expires_ns=0, drafted_by="anna", cap="<alert/>",
            )
        )  # fmt: skip
        return [await server.client.get(f"/api/v1/warnings/{number}/cap") for number in (3, 4)]

    found, missing = asked(ask)
    assert (found.status_code, found.text, missing.status_code) == (200, "<alert/>", 404)
    assert found.headers["content-type"].startswith("application/cap+xml")
