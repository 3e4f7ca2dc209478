"""`skydas run`: a node with its journal, its sources, its outputs and its page, in one process."""

from __future__ import annotations

import asyncio
import contextlib
import json as json_text
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

import skydas
from skydas.cli.terminal import log_to_stderr, say
from skydas.config import read_node_file
from skydas.errors import ConfigError
from skydas.model import NodeConfig

if TYPE_CHECKING:
    from skydas.node import Running


def run(
    node: Path,
    /,
    *,
    directory: str = "",
    port: int | None = None,
    page: bool = True,
    for_s: float | None = None,
    json: bool = False,
) -> None:
    """Run a node from its file until interrupted.

    Example: skydas run examples/nodes/one-radar.toml --port 8080

    Parameters
    ----------
    directory
        Where the node keeps its files, instead of what the node file says.
    port
        Port of the page, instead of what the node file says.
    page
        Serve the page and the API.
    for_s
        Stop after so many seconds.
    json
        Print counts, stage times and facts_sha256 at the end, as JSON.
    """
    config = read_node_file(node)
    if directory:
        config = msgspec.structs.replace(config, node=msgspec.structs.replace(config.node, directory=directory))
    run_node(config, port=port, page=page, for_s=for_s, json=json)


def run_node(config: NodeConfig, *, port: int | None, page: bool, for_s: float | None, json: bool) -> None:
    """Warm the kernels, then run until SIGINT or SIGTERM."""
    from skydas.memory import return_large_blocks
    from skydas.warm import compile_apart, is_compiled, warm_up

    _make_directory(config.node.directory)
    return_large_blocks()
    log_to_stderr()
    if not is_compiled():
        say("compiling kernels: some minutes, once after an installation")
        compile_apart()
    say(f"kernels ready after {warm_up():.1f} s")
    if port is not None:
        config = msgspec.structs.replace(config, web=msgspec.structs.replace(config.web, port=port))
    summary = asyncio.run(_run(config, page=page, for_s=for_s, keep_hash=json))
    if json:
        print(json_text.dumps(summary, indent=2))


def _make_directory(directory: str) -> None:
    """Make the node's folder before anything is promised. Raises ConfigError."""
    try:
        Path(directory).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"node.directory: {directory} cannot be made ({error.strerror}); set directory under [node], or --directory"
        ) from error


async def _run(config: NodeConfig, *, page: bool, for_s: float | None, keep_hash: bool) -> dict[str, Any]:
    from skydas.node import Running, running_metrics

    running = Running(config, keep_hash=keep_hash)
    tasks: list[asyncio.Task[None]] = []
    where = ""
    if page:
        tasks, where = _page_tasks(running)
    ready = asyncio.Event()
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    node_task = asyncio.create_task(running.run(ready), name="node")
    watching = asyncio.create_task(_ended(ended, for_s))
    if where:
        standing = asyncio.create_task(ready.wait())
        await asyncio.wait([node_task, standing], return_when=asyncio.FIRST_COMPLETED)
        if standing.done():
            say(f"the page is at {where}")
        standing.cancel()
    await asyncio.wait([node_task, watching, *tasks], return_when=asyncio.FIRST_COMPLETED)
    failed = next((task for task in (node_task, *tasks) if task.done() and not task.cancelled()), None)
    for task in (watching, *tasks):
        task.cancel()
    if not node_task.done():
        node_task.cancel()
    await asyncio.gather(node_task, watching, *tasks, return_exceptions=True)
    if failed is not None and (error := failed.exception()) is not None:
        raise error
    summary = running_metrics(running)
    if running.facts_hash is not None:
        facts = {"facts": running.facts_hash.count, "facts_sha256": running.facts_hash.hexdigest()}
        summary |= {"facts_from": running.facts_hash.sequence_first, **facts}
    return summary


def _page_tasks(running: Running) -> tuple[list[asyncio.Task[None]], str]:
    """Start the hub and the web server; return where the page is. Raises where the port cannot be had."""
    from skydas.history import History
    from skydas.outputs import websocket
    from skydas.web.app import create_app
    from skydas.web.server import listen, serve
    from skydas.web.state import WebState

    config: NodeConfig = running.config
    hub = websocket.Hub(config, skydas.__version__)
    recorded = any(output.kind == "parquet" for output in config.outputs)
    history, analysis = (History(running.history_directory) if recorded else None for _ in range(2))
    app = create_app(
        WebState(
            config,
            hub,
            running.submit,
            running.stages,
            history,
            running.stage,
            lambda: running.truth,
            analysis,
        )
    )
    listening = listen(config.web)
    scheme = "https" if config.web.certificate_file else "http"
    inbox = running.add_output("page")
    feeding = websocket.run(websocket.Params(), inbox, running.submit_input, hub)
    tasks = [
        asyncio.create_task(feeding, name="hub"),
        asyncio.create_task(serve(app, config.web, listening), name="web"),
    ]
    return tasks, f"{scheme}://{config.web.host}:{listening.getsockname()[1]}"


async def _ended(event: asyncio.Event, for_s: float | None) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), for_s)
