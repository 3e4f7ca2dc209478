"""The real web server on a port of its own on 127.0.0.1, for the tests of the page's API."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from skydas.errors import RefusedError
from skydas.history import History
from skydas.model import Action, ActionTaken, NodeConfig, Rows, SensorConfig, SourceConfig
from skydas.model.config import NodeSection, WebSection
from skydas.outputs.websocket import Hub
from skydas.web import WebState, create_app, listen, serve
from tests.facts import T0_NS, started


@dataclass
class Served:
    """A server that runs, and what it told the node."""

    hub: Hub
    port: int
    client: httpx.AsyncClient
    actions: list[Action] = field(default_factory=list)
    truth: Rows | None = None  # of the scene that the node plays


def node_config(web: WebSection | None = None) -> NodeConfig:
    """Return the configuration of a node with a radar and a source."""
    radar = SensorConfig(
        id=1, name="radar-1", kind="radar_2d", latitude_deg=55.0, longitude_deg=24.0, height_hae_m=100.0
    )
    people = SensorConfig(id=2, name="people", kind="people")
    source = SourceConfig(name="feed-1", source="udp", format="asterix")
    return NodeConfig(
        node=NodeSection(name="lt-1", origin="simulated"),
        sensors=[radar, people],
        sources=[source],
        web=web or WebSection(port=0),
    )


@contextlib.asynccontextmanager
async def served(
    *, web: WebSection | None = None, history: History | None = None, static: Path | None = None
) -> AsyncIterator[Served]:
    """Run the server until the block ends."""
    config = node_config(web)
    hub = Hub(config, "0")
    hub.add(started())
    actions: list[Action] = []

    async def submit(action: Action) -> ActionTaken:
        if action.what == "refuse":
            raise RefusedError("nothing can be recorded at the moment")
        if action.what == "fail":
            raise ZeroDivisionError("secret detail")
        actions.append(action)
        return ActionTaken(
            node="lt-1",
            sequence=9,
            now_ns=T0_NS,
            who=action.who,
            role=action.role,
            what=action.what,
            fields=action.fields,
        )

    running: list[Served] = []

    def truth() -> Rows | None:
        return running[0].truth

    state = WebState(config, hub, submit, lambda: {"decode": {"p99_us": 12.5}}, history, truth=truth, analysis=history)
    app = create_app(state, static) if static is not None else create_app(state)
    listening = listen(config.web)
    port = listening.getsockname()[1]
    serving = asyncio.create_task(serve(app, config.web, listening))
    scheme = "https" if config.web.certificate_file else "http"
    try:
        async with httpx.AsyncClient(base_url=f"{scheme}://127.0.0.1:{port}", verify=False) as client:
            running.append(Served(hub, port, client, actions))
            yield running[0]
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
