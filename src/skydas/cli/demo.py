"""`skydas demo`: a Baltic scene from simulated sensors, whose octets take the same way as real ones."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack

import msgspec

from skydas.cli.run import run_node
from skydas.cli.terminal import say
from skydas.model import OutputConfig, SourceConfig


def demo(
    *,
    port: int = 8080,
    scenario: str = "baltic",
    seed: int = 1,
    directory: str = "",
    for_s: float | None = None,
    json: bool = False,
) -> None:
    """Start one process with a scene, a node, its store and the page. It needs no server, no account, no network.

    Example: skydas demo --port 8080

    Parameters
    ----------
    port
        Port of the page on 127.0.0.1.
    scenario
        Scenario file, or the name of one that comes with skydas (`skydas sim --list`).
    seed
        The same seed gives the same scene.
    directory
        Keep journal and history here; default: a folder that is deleted at the end.
    for_s
        Stop after so many seconds.
    json
        Print counts, stage times and facts_sha256 at the end, as JSON.
    """
    from skydas.assess.sets import shipped_assets
    from skydas.sim import load_scenario, node_config

    with ExitStack() as stack:
        if not directory:
            directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="skydas-demo-"))
            say(f"journal and history are in {directory} until you stop; --directory keeps them")
        config = node_config(load_scenario(scenario))
        scene = SourceConfig(name="scene", source="sim", params={"scenario": scenario, "seed": seed})
        config = msgspec.structs.replace(
            config,
            node=msgspec.structs.replace(config.node, directory=directory),
            sources=[*config.sources, scene],
            outputs=[OutputConfig(kind="parquet"), OutputConfig(kind="database")],
        )
        if not config.assets:  # the scene has none of its own
            config = msgspec.structs.replace(
                config, assess={"assets_file": "baltic"} | config.assess, assets=shipped_assets("baltic")
            )
        run_node(config, port=port, page=True, for_s=for_s, json=json)
