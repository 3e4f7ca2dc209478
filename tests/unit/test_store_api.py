"""The API of incidents on a real node with its journal and its database."""

from __future__ import annotations

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from skydas.cli.store import audit as audit_command
from skydas.model import NodeConfig, OutputConfig
from skydas.model.config import NodeSection, WebSection
from skydas.node import Running
from skydas.outputs import websocket
from skydas.outputs._report_html import CONTENT_SECURITY_POLICY
from skydas.web import WebState, create_app, listen, serve
from tests.incidents import MARKUP, NODE

pytest.importorskip("cryptography", reason="cryptography is not installed (make install)")

FORM = {
    "headline": f"Drone over Medininkai {MARKUP}",
    "category": "drone",
    "latitude_deg": "54.54",
    "longitude_deg": "25.65",
    "reported.words": MARKUP,
}
CONTACT = {"name": "Ąžuolas Šarūnas", "contact": "+370 600 00000", "words": "it hummed", "who": "watch 1"}


@contextlib.asynccontextmanager
async def node_with_an_incident(directory: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Run a node with a page, a database and incident 1."""
    web = WebSection(port=0)
    outputs = [OutputConfig(kind="database")]
    config = NodeConfig(node=NodeSection(name=NODE, directory=str(directory)), outputs=outputs, web=web)
    running, hub = Running(config), websocket.Hub(config, "0")
    app = create_app(WebState(config, hub, running.submit, running.stages))
    listening = listen(web)
    ready = asyncio.Event()
    tasks = [
        asyncio.create_task(running.run(ready)),
        asyncio.create_task(websocket.run(websocket.Params(), running.add_output("page"), running.submit_input, hub)),
        asyncio.create_task(serve(app, web, listening)),
    ]
    await ready.wait()
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{listening.getsockname()[1]}", timeout=60) as client:
            opened = await client.post("/api/v1/actions", json={"what": "open_incident", "who": "w", "fields": FORM})
            assert opened.json()["refused"] == ""
            while (await client.get("/api/v1/audit")).json()["row_count"] == 0:
                await asyncio.sleep(0.01)
            yield client
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def photo(kind: str = "JPEG") -> bytes:
    octets = io.BytesIO()
    Image.effect_noise((400, 300), 80).save(octets, kind)
    return octets.getvalue()


async def audited(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    """Return the rows after that of the opening."""
    rows: list[dict[str, Any]] = (await client.get("/api/v1/audit?start=1")).json()["rows"]
    return rows


def test_every_view_of_an_incident_is_in_the_audit_before_it_is_answered(tmp_path: Path) -> None:
    async def check() -> None:
        async with node_with_an_incident(tmp_path) as client:
            listed = (await client.get("/api/v1/incidents")).json()["incidents"]
            assert [one["number"] for one in listed] == [1]
            assert await audited(client) == []
            answer = (await client.get("/api/v1/incidents/1", params={"who": "officer 2"})).json()
            assert answer["incident"]["number"] == 1
            for suffix in ("pdf", "html", "json", "misp.json", "csv"):
                made = await client.get(f"/api/v1/incidents/1/report.{suffix}", params={"who": "officer 3"})
                assert made.status_code == 200, made.text
            rows = await audited(client)
            assert [(row["who"], row["fields"]["form"]) for row in rows] == [
                ("officer 2", "screen"),
                *(("officer 3", form) for form in ("pdf", "html", "json", "misp", "csv")),
            ]
            assert {row["what"] for row in rows} == {"view_incident"}
            assert made.text.count(rows[-1]["sha256"]) == 1  # the last report names the row of its own view
            assert (await client.get("/api/v1/incidents/2")).status_code == 404
            assert (await client.get("/api/v1/incidents/1/report.exe")).status_code == 404

    asyncio.run(check())
    audit_command(tmp_path, verify=True)


def test_a_served_report_runs_nothing(tmp_path: Path) -> None:
    async def check() -> None:
        async with node_with_an_incident(tmp_path) as client:
            made = await client.get("/api/v1/incidents/1/report.html")
            assert made.headers["content-security-policy"].startswith(CONTENT_SECURITY_POLICY)
            assert MARKUP not in made.text
            assert "&lt;script&gt;" in made.text

    asyncio.run(check())


def test_a_contact_and_a_photo_are_kept_sealed_and_erased_for_good(tmp_path: Path) -> None:
    async def check() -> None:
        async with node_with_an_incident(tmp_path) as client:
            kept = (await client.post("/api/v1/incidents/1/contacts", json=CONTACT)).json()
            assert (kept["number"], kept["person"], kept["kind"]) == (1, 1, "contact")
            octets = photo()
            sent = await client.post(
                "/api/v1/incidents/1/photos?person=1&who=watch 1",
                content=octets,
                headers={"Content-Type": "image/jpeg"},
            )
            assert sent.status_code == 201, sent.text
            assert sent.json()["octet_count"] == len(octets)
            seen = await client.get("/api/v1/personal/1", params={"who": "officer 2"})
            assert {name: seen.json()[name] for name in ("name", "contact")} == {
                "name": CONTACT["name"],
                "contact": CONTACT["contact"],
            }
            shown = await client.get("/api/v1/personal/2")
            assert shown.content == octets  # nothing is stripped of it
            assert shown.headers["content-type"] == "image/jpeg"
            erased = await client.post("/api/v1/persons/1/erase", json={"reason": "asked for", "who": "officer 2"})
            assert erased.json() == {"person": 1, "records": [1, 2]}
            for number in (1, 2):
                gone = await client.get(f"/api/v1/personal/{number}")
                assert gone.status_code == 410
                assert "erased" in gone.json()["error"]
            again = await client.post("/api/v1/persons/1/erase", json={"reason": "asked for"})
            assert "nothing of person 1" in again.json()["error"]
            records = (await client.get("/api/v1/incidents/1")).json()["personal"]
            assert [(one["is_erased"], one["erased_by"]) for one in records] == [(True, "officer 2")] * 2
            whats = [row["what"] for row in await audited(client)]
            views = ["view_incident", "view_incident"]
            assert whats == ["keep_contact", "keep_photo", *views, "erase_person", "erase_person", "view_incident"]

    asyncio.run(check())
    assert not list((tmp_path / "personal" / "keys").iterdir())
    assert len(list((tmp_path / "personal" / "sealed").iterdir())) == 2
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert CONTACT["name"].encode() not in everything
    assert CONTACT["contact"].encode() not in everything
    audit_command(tmp_path, verify=True)


def test_a_person_whose_key_cannot_be_deleted_is_not_said_to_be_erased_until_it_is(tmp_path: Path) -> None:
    """The key cannot be written: a folder stands in its place."""

    async def check() -> None:
        async with node_with_an_incident(tmp_path) as client:
            kept = (await client.post("/api/v1/incidents/1/contacts", json=CONTACT)).json()
            key = tmp_path / "personal" / "keys" / f"{kept['sha256']}.key"
            key.rename(tmp_path / "aside")
            (key / "in the way").mkdir(parents=True)
            answer = await client.post("/api/v1/persons/1/erase", json={"reason": "asked for", "who": "officer 2"})
            assert answer.status_code == 409
            assert "not erased yet" in answer.json()["error"]
            (key / "in the way").rmdir()
            key.rmdir()
            (tmp_path / "aside").rename(key)
            async with asyncio.timeout(20):
                while key.exists():
                    await asyncio.sleep(0.05)

    asyncio.run(check())


def test_an_erasure_that_only_the_journal_knows_is_done_by_the_database_output(tmp_path: Path) -> None:
    async def check() -> None:
        async with node_with_an_incident(tmp_path) as client:
            await client.post("/api/v1/incidents/1/contacts", json=CONTACT)
            body = {"what": "erase_person", "who": "officer 2", "fields": {"person": "1", "reason": "asked for"}}
            assert (await client.post("/api/v1/actions", json=body)).json()["refused"] == ""

    asyncio.run(check())
    assert not list((tmp_path / "personal" / "keys").iterdir())


@pytest.mark.parametrize("is_counted", [True, False])
def test_a_photo_of_a_hundred_megabytes_is_refused_with_the_reason_and_nothing_of_it_stays(
    tmp_path: Path, is_counted: bool
) -> None:
    async def body() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield bytes(1_000_000)

    async def check() -> None:
        async with node_with_an_incident(tmp_path) as client:
            headers = {"Content-Type": "image/jpeg"} | ({"Content-Length": "100000000"} if is_counted else {})
            sent = await client.post("/api/v1/incidents/1/photos", content=body(), headers=headers)
            assert sent.status_code == 413
            assert "a photo has at most 20 MB" in sent.json()["error"]
            assert await audited(client) == []

    asyncio.run(check())
    assert not [path for path in (tmp_path / "personal").rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"<svg onload=alert(1)>", "image/svg+xml", 415),
        (b"", "image/png", 415),
        (photo("PNG"), "application/octet-stream", 415),
        (photo("PNG"), "text/plain", 415),
        (photo("PNG"), "image/jpeg", 201),  # what it is counts, not what it is called
        (photo("WEBP"), "image/webp", 201),
    ],
)
def test_only_photos_are_kept(tmp_path: Path, content: bytes, content_type: str, status: int) -> None:
    async def check() -> None:
        async with node_with_an_incident(tmp_path) as client:
            headers = {"Content-Type": content_type}
            sent = await client.post("/api/v1/incidents/1/photos", content=content, headers=headers)
            assert sent.status_code == status, sent.text
            if status == 201:
                assert sent.json()["media_type"] == ("image/webp" if content[:4] == b"RIFF" else "image/png")

    asyncio.run(check())


def test_a_node_without_a_database_says_what_to_add(tmp_path: Path) -> None:
    from tests.served import served

    async def check() -> None:
        async with served() as page:
            answer = await page.client.get("/api/v1/incidents")
            assert answer.status_code == 404
            assert 'add [[outputs]] with kind = "database"' in answer.json()["error"]

    asyncio.run(check())
