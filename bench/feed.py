"""A scene as inputs, simulated in a process of its own: what is measured here is the node alone, memory too."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from itertools import chain
from multiprocessing.connection import Connection
from typing import Final

import msgspec

from skydas.config import encode_config
from skydas.model import Input, InputKind, NodeConfig
from skydas.node import with_ticks
from skydas.sim import Scenario, load_scenario, node_config, simulate

BATCH: Final = 2_000  # inputs handed over at once


def lasting(scenario_name: str, seconds: float) -> Scenario:
    """Return a scenario that comes with skydas, of another length."""
    scenario = load_scenario(scenario_name)
    return msgspec.structs.replace(scenario, scene=msgspec.structs.replace(scenario.scene, duration_s=seconds))


def batches(scenario_name: str, seconds: float, seed: int) -> tuple[NodeConfig, Iterator[list[Input]]]:
    """Return the node's configuration and its inputs, ticks among them, BATCH at a time."""
    config = node_config(lasting(scenario_name, seconds))
    receiving, sending = multiprocessing.Pipe(duplex=False)
    context = multiprocessing.get_context("spawn")
    child = context.Process(target=_send, args=(scenario_name, seconds, seed, sending), daemon=True)
    child.start()
    sending.close()
    return config, _ticked(config, receiving)


def _send(scenario_name: str, seconds: float, seed: int, sending: Connection) -> None:
    batch = []
    for emission in simulate(lasting(scenario_name, seconds), seed):
        batch.append((emission.t_ns, emission.source, emission.payload))
        if len(batch) == BATCH:
            sending.send(batch)
            batch = []
    sending.send(batch)
    sending.close()


def _ticked(config: NodeConfig, receiving: Connection) -> Iterator[list[Input]]:
    stream = _received(receiving)
    first = next(stream)
    start = Input(first.rx_ns, config.node.name, InputKind.CONFIG, encode_config(config))
    batch = [start]
    for given in with_ticks(chain((first,), stream)):
        batch.append(given)
        if len(batch) >= BATCH:
            yield batch
            batch = []
    yield batch


def _received(receiving: Connection) -> Iterator[Input]:
    while True:
        try:
            rows = receiving.recv()
        except EOFError:
            return
        for t_ns, source, payload in rows:
            yield Input(t_ns, source, InputKind.DATA, payload)
