"""Small scenes and nodes that the replay tests share."""

from __future__ import annotations

from pathlib import Path

import msgspec

from skydas.config import encode_config
from skydas.model import Input, InputKind, NodeConfig
from skydas.node import FactsHash, Node, replay, with_ticks
from skydas.sim import Emission, load_scenario, node_config, simulate


def scene(name: str, duration_s: float, seed: int = 3) -> tuple[NodeConfig, list[Emission]]:
    """Return a shipped scenario's node and the first `duration_s` of what its sensors send."""
    scenario = load_scenario(name)
    scenario = msgspec.structs.replace(scenario, scene=msgspec.structs.replace(scenario.scene, duration_s=duration_s))
    return node_config(scenario), list(simulate(scenario, seed))


def inputs_of(config: NodeConfig, emissions: list[Emission]) -> list[Input]:
    """Return the inputs that a live node would have had: configuration, data, ticks."""
    first = Input(emissions[0].t_ns, config.node.name, InputKind.CONFIG, encode_config(config))
    return [first, *with_ticks(Input(e.t_ns, e.source, InputKind.DATA, e.payload) for e in emissions)]


def facts_of(node: Node, inputs: list[Input]) -> tuple[list[bytes], str]:
    """Return the encoded facts and their hash."""
    facts_hash = FactsHash()
    return [encoded for _, encoded in replay(node, inputs, facts_hash)], facts_hash.hexdigest()


def in_directory(config: NodeConfig, directory: Path) -> NodeConfig:
    """Return the configuration with its files elsewhere."""
    return msgspec.structs.replace(config, node=msgspec.structs.replace(config.node, directory=str(directory)))
