"""Reports of a real node: by the command, while it runs and when it is stopped, and by themselves on closing."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import sync_playwright

from skydas.cli.report import incident as report_incident
from skydas.cli.store import audit
from skydas.config import node_config
from skydas.errors import ConfigError, StoreError
from skydas.model import Action, NodeConfig
from skydas.node import Running
from skydas.outputs import websocket
from skydas.web import WebState, create_app, listen, serve
from tests.browser.chromium import CHROMIUM, start_chromium
from tests.incidents import LETTERS, MARKUP

FORM = {
    "headline": f"Dronas {LETTERS}",
    "category": "drone",
    "latitude_deg": "54.54",
    "longitude_deg": "25.65",
    "reported.words": MARKUP,
    "assessed.model": "Matrice 30",
}
NODE_FILE = """
[node]
name = "lt-1"
origin = "exercise"
directory = "{directory}"

[[outputs]]
kind = "database"

[[outputs]]
kind = "report"
params = {{ forms = ["pdf", "json"] }}

[web]
port = {port}
"""


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def node_file(folder: Path) -> tuple[Path, NodeConfig]:
    """Write a node file and return it with what it says."""
    path = folder / "lt-1.toml"
    path.write_text(NODE_FILE.format(directory=folder / "node", port=free_port()))
    return path, node_config(path.read_text())


@contextlib.asynccontextmanager
async def running(config: NodeConfig) -> AsyncIterator[Running]:
    """Run a node with its page."""
    node, hub = Running(config), websocket.Hub(config, "0")
    app = create_app(WebState(config, hub, node.submit, node.stages))
    ready = asyncio.Event()
    tasks = [
        asyncio.create_task(node.run(ready)),
        asyncio.create_task(websocket.run(websocket.Params(), node.add_output("page"), node.submit_input, hub)),
        asyncio.create_task(serve(app, config.web, listen(config.web))),
    ]
    await ready.wait()
    try:
        yield node
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def do(node: Running, what: str, **fields: str) -> None:
    assert not (await node.submit(Action("watch 1", "officer", what, fields))).refused


async def there_is(path: Path) -> None:
    async with asyncio.timeout(30):
        while not path.exists():
            await asyncio.sleep(0.02)


async def an_incident_that_closes(config: NodeConfig) -> Path:
    """Run a node until it wrote the report of an incident by itself; return the list of its hashes."""
    listed = Path(config.node.directory) / "reports" / "lt-1-incident-1.sha256"
    async with running(config) as node:
        await do(node, "open_incident", **FORM)
        await do(node, "note_incident", number="1", text="landed near the road")
        await do(node, "close_incident", number="1", lessons="call the border guard first")
        await there_is(listed)
    return listed


def test_an_incident_that_closes_writes_its_report_with_nobody_asking(tmp_path: Path) -> None:
    _, config = node_file(tmp_path)
    listed = asyncio.run(an_incident_that_closes(config))
    names = {}
    for line in listed.read_text().splitlines():
        sha256, name = line.split()
        names[name] = hashlib.sha256((listed.parent / name).read_bytes()).hexdigest() == sha256
    assert names == {"lt-1-incident-1.pdf": True, "lt-1-incident-1.json": True}
    said = json.loads((listed.parent / "lt-1-incident-1.json").read_text())
    assert (said["origin"], said["incident"]["state"], said["made_by"]) == ("exercise", "closed", "the node")
    assert "landed near the road" in [entry["text"] for entry in said["incident"]["timeline"]]


def test_the_command_writes_every_form_of_a_stopped_node_and_the_view_stands_in_its_record(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, config = node_file(tmp_path)
    asyncio.run(an_incident_that_closes(config))
    report_incident(1, node=path, out=tmp_path / "out", who="officer 2")
    written = sorted(one.name for one in (tmp_path / "out").iterdir())
    assert written == [f"lt-1-incident-1.{end}" for end in ("csv", "html", "json", "misp.json", "pdf", "sha256")]
    with pytest.raises(ConfigError, match="already there"):
        report_incident(1, node=path, out=tmp_path / "out", who="officer 2")
    with pytest.raises(StoreError, match="there is no incident 2"):
        report_incident(2, node=path, out=tmp_path / "out2", who="officer 2")
    asyncio.run(once(config))
    audit(tmp_path / "node", verify=True)
    capsys.readouterr()
    audit(tmp_path / "node")
    assert capsys.readouterr().out.count("officer 2  view_incident") == 5


async def once(config: NodeConfig) -> None:
    """Start a node and stop it."""
    async with running(config):
        pass


def test_the_command_tells_a_running_node_who_looked(tmp_path: Path) -> None:
    path, config = node_file(tmp_path)

    async def check() -> list[str]:
        async with running(config) as node:
            await do(node, "open_incident", **FORM)
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{config.web.port}") as client:
                while not (await client.get("/api/v1/incidents")).json()["incidents"]:
                    await asyncio.sleep(0.02)
            await asyncio.to_thread(report_incident, 1, node=path, out=tmp_path / "out", who="officer 2", form=["csv"])
        return sorted(one.name for one in (tmp_path / "out").iterdir())

    assert asyncio.run(check()) == ["lt-1-incident-1.csv", "lt-1-incident-1.sha256"]
    audit(tmp_path / "node", verify=True)


def test_nothing_is_shown_where_the_view_cannot_be_recorded(tmp_path: Path) -> None:
    path, config = node_file(tmp_path)
    asyncio.run(an_incident_that_closes(config))

    async def check() -> None:
        node = Running(config)  # holds the journal, but has no page
        ready = asyncio.Event()
        task = asyncio.create_task(node.run(ready))
        await ready.wait()
        with pytest.raises(StoreError, match="does not answer"):
            await asyncio.to_thread(report_incident, 1, node=path, out=tmp_path / "out", who="officer 2")
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(check())
    assert not (tmp_path / "out").exists()


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium on this machine")
def test_the_html_report_opens_in_a_browser_with_its_style_its_map_and_no_script(tmp_path: Path) -> None:
    path, config = node_file(tmp_path)
    asyncio.run(an_incident_that_closes(config))
    report_incident(1, node=path, out=tmp_path / "out", who="officer 2", form=["html"])
    heard: list[str] = []
    with sync_playwright() as playwright:
        browser = start_chromium(playwright)
        page = browser.new_page()
        page.on("console", lambda message: heard.append(message.text))
        page.on("dialog", lambda dialog: heard.append(dialog.message))
        page.on("request", lambda request: heard.append(request.url) if not request.url.startswith("file:") else None)
        page.goto((tmp_path / "out" / "lt-1-incident-1.html").as_uri())
        assert page.locator("script, img").count() == 0
        assert MARKUP in page.inner_text("body")
        assert LETTERS in page.inner_text("h1")
        assert page.locator(".banner").first.evaluate("it => getComputedStyle(it).backgroundColor") == "rgb(20, 24, 29)"
        box = page.locator("svg").bounding_box()
        assert box is not None
        assert box["height"] > 200
        browser.close()
    assert heard == []
