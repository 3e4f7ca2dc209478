"""Photos of sightings on a real node: sealed, shown, erased for good, also where only the journal knows."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import msgspec
import pytest

from skydas.clock import LiveClock
from skydas.journal import JournalReader, JournalWriter
from skydas.model import Action, Input, InputKind, NodeConfig
from skydas.model.config import NodeSection, WebSection
from skydas.node import Running
from skydas.outputs import websocket
from skydas.store import sighting_photos
from skydas.web import WebState, create_app, listen, serve

pytest.importorskip("cryptography", reason="cryptography is not installed (make install)")

PHOTOS = "/api/v1/sightings/photos"
JPEG = b"\xff\xd8\xff" + b"a face at the window " * 10_000
REPORT = {"reporter": "device-1", "latitude_deg": 55.9, "longitude_deg": 25.3, "words": "low"}


@contextlib.asynccontextmanager
async def node(directory: Path) -> AsyncIterator[httpx.AsyncClient]:
    web = WebSection(port=0)
    config = NodeConfig(node=NodeSection(name="lt-1", directory=str(directory)), web=web)
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
            yield client
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def sent(client: httpx.AsyncClient, octets: bytes = JPEG) -> httpx.Response:
    return await client.post(PHOTOS, content=octets, headers={"content-type": "image/jpeg"})


async def reported(client: httpx.AsyncClient) -> str:
    """Send a photo and a report that names it; return its hash."""
    sha256: str = (await sent(client)).json()["sha256"]
    answer = await client.post("/api/v1/sightings", json=REPORT | {"photo_sha256": sha256})
    assert answer.status_code == 201, answer.text
    return sha256


def actions(directory: Path) -> list[Action]:
    return [
        msgspec.msgpack.decode(record.input.payload, type=Action)
        for record in JournalReader(directory)
        if record.input.kind == InputKind.ACTION
    ]


def test_a_photo_lies_sealed_is_shown_with_its_view_in_the_record_and_is_erased_for_good(tmp_path: Path) -> None:
    async def check() -> str:
        async with node(tmp_path) as client:
            sha256 = await reported(client)
            assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"a face at" in path.read_bytes()]
            shown = await client.get(f"{PHOTOS}/{sha256}", params={"who": "officer 1"})
            assert (shown.content, shown.headers["content-type"]) == (JPEG, "image/jpeg")
            erased = await client.delete(f"{PHOTOS}/{sha256}", params={"who": "officer 2", "reason": "asked for"})
            assert erased.json() == {"sha256": sha256}
            assert (await client.get(f"{PHOTOS}/{sha256}")).status_code == 404
            assert (await client.delete(f"{PHOTOS}/{sha256}")).status_code == 404
            return sha256

    async def again(sha256: str) -> None:
        async with node(tmp_path) as client:
            assert (await client.get(f"{PHOTOS}/{sha256}")).status_code == 404
            while not (sightings := (await client.get("/api/v1/standing/sightings")).json()):
                await asyncio.sleep(0.01)
            assert [(one["photo_sha256"], one["photo_erased_by"]) for one in sightings] == [(sha256, "officer 2")]

    sha256 = asyncio.run(check())
    asyncio.run(again(sha256))
    done = [(one.who, one.what, one.fields["sha256"]) for one in actions(tmp_path) if "photo" in one.what]
    assert done == [("officer 1", "view_photo", sha256), ("officer 2", "erase_photo", sha256)]
    assert not list((tmp_path / "photos" / "keys").iterdir())
    assert not list((tmp_path / "photos" / "sealed").iterdir())


def test_an_erasure_that_fails_is_not_answered_as_done_and_is_repeated_until_it_is_after_a_restart_too(
    tmp_path: Path,
) -> None:
    """The key cannot be written: a folder stands in its place."""
    aside = tmp_path / "aside"

    async def fails() -> Path:
        async with node(tmp_path) as client:
            sha256 = await reported(client)
            key = tmp_path / "photos" / "keys" / f"{sha256}.key"
            key.rename(aside)
            (key / "in the way").mkdir(parents=True)
            body = {"what": "erase_photo", "who": "w", "fields": {"sha256": sha256, "reason": "asked for"}}
            answer = await client.post("/api/v1/actions", json=body)
            assert answer.status_code == 409
            assert "not erased yet" in answer.json()["error"]
            return key

    async def again(key: Path) -> None:
        async with node(tmp_path):
            (key / "in the way").rmdir()
            key.rmdir()
            aside.rename(key)
            async with asyncio.timeout(20):
                while key.exists():
                    await asyncio.sleep(0.05)

    key = asyncio.run(fails())
    asyncio.run(again(key))
    links = [
        msgspec.json.decode(record.input.payload)["state"]
        for record in JournalReader(tmp_path)
        if record.input.source == "erasure"
    ]
    assert links == ["pending", "pending", "done"]
    assert not list((tmp_path / "photos" / "sealed").iterdir())


def test_an_erasure_that_only_the_journal_knows_is_done_at_the_next_start(tmp_path: Path) -> None:
    """The process was killed between the record and the deletion."""

    async def first() -> str:
        async with node(tmp_path) as client:
            return await reported(client)

    async def second() -> None:
        async with node(tmp_path):
            pass

    sha256 = asyncio.run(first())
    writer = JournalWriter(tmp_path / "journal")
    erase = Action("officer 2", "operator", "erase_photo", {"sha256": sha256, "reason": "asked for"})
    writer.append(Input(LiveClock().now_ns(), "people", InputKind.ACTION, msgspec.msgpack.encode(erase)))
    writer.close()
    assert sighting_photos(tmp_path).is_readable(sha256)
    asyncio.run(second())
    assert not sighting_photos(tmp_path).is_readable(sha256)


@pytest.mark.parametrize(
    ("octets", "status", "says"),
    [
        (b"\xff\xd8\xff" + b"0" * 100_000_000, 413, "a photo has at most 4 MB, this one 100.0"),
        (b"<svg onload=alert(1)>", 415, "send JPEG or PNG"),
        (b"RIFF\0\0\0\0WEBPVP8 ", 415, "send JPEG or PNG"),
        (b"", 415, "send JPEG or PNG"),
    ],
)
def test_what_is_no_photo_or_too_large_is_refused_with_the_reason_and_nothing_of_it_stays(
    tmp_path: Path, octets: bytes, status: int, says: str
) -> None:
    async def check() -> None:
        async with node(tmp_path) as client:
            answer = await sent(client, octets)
            assert (answer.status_code, says in answer.json()["error"]) == (status, True), answer.text

    asyncio.run(check())
    assert not [path for path in (tmp_path / "photos").rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    "fields", [{"sha256": "../../keys"}, {"sha256": "A" * 64, "reason": "x"}, {"sha256": "a" * 64}]
)
def test_an_erasure_without_a_hash_or_a_reason_is_refused(tmp_path: Path, fields: dict[str, str]) -> None:
    async def check() -> None:
        async with node(tmp_path) as client:
            body = {"what": "erase_photo", "who": "w", "fields": fields}
            assert (await client.post("/api/v1/actions", json=body)).json()["refused"]

    asyncio.run(check())
