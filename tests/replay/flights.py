"""A few aircraft that say where they are and what their codes are, as inputs of a whole node."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import msgspec

from skydas.config import encode_config
from skydas.model import (
    NS_PER_S,
    Action,
    ActionTaken,
    Fact,
    Input,
    InputKind,
    NodeConfig,
    SensorConfig,
    SourceConfig,
    utc_ns,
)
from skydas.model.config import NodeSection
from skydas.node import Node, with_ticks

T0_NS = utc_ns("2026-03-01T12:00:00Z")
SENSOR = "receiver"


class Flight(NamedTuple):
    """One aircraft: where it begins, how it flies, and what code it sends when."""

    name: str
    latitude_deg: float
    longitude_deg: float
    east_mps: float = 100.0
    north_mps: float = 0.0
    code: Callable[[float], str] = lambda _: "1000"  # s from the start -> Mode 3/A
    begins_s: float = 0.0
    ends_s: float = math.inf
    mode_s: str = ""


def node_config(respond: dict[str, Any] | None = None, directory: str = "skydas-data") -> NodeConfig:
    """Return a node that hears one receiver."""
    sensor = SensorConfig(
        id=1, name=SENSOR, kind="tracker", latitude_deg=55.0, longitude_deg=24.0, period_s=1.0, sigma_position_m=15.0
    )
    source = SourceConfig(name=SENSOR, source="udp", format="plots", params={"port": 9}, sensor=SENSOR)
    return NodeConfig(
        node=NodeSection(name="lt-1", origin="exercise", directory=directory),
        sensors=[sensor],
        sources=[source],
        respond=respond or {},
    )


def lines_at(flights: Iterable[Flight], second: int) -> bytes:
    """Return what the receiver sends in one second, JSON lines of the `plots` format."""
    lines = []
    for flight in flights:
        if not flight.begins_s <= second < flight.ends_s:
            continue
        flown_s = second - flight.begins_s
        across = math.cos(math.radians(flight.latitude_deg))
        line = {
            "t_ns": T0_NS + second * NS_PER_S,
            "sensor": SENSOR,
            "latitude_deg": flight.latitude_deg + flight.north_mps * flown_s / 111_195.0,
            "longitude_deg": flight.longitude_deg + flight.east_mps * flown_s / (111_195.0 * across),
            "height_hae_m": 3000.0,
            "callsign": flight.name,
            "mode_3a": flight.code(float(second)),
        }
        lines.append(json.dumps(line | ({"mode_s": flight.mode_s} if flight.mode_s else {})))
    return "".join(f"{line}\n" for line in lines).encode()


def inputs_of(config: NodeConfig, flights: Iterable[Flight], duration_s: int) -> list[Input]:
    """Return configuration, reports each second and ticks."""
    flights = list(flights)
    data = [
        Input(T0_NS + second * NS_PER_S + 50_000_000, SENSOR, InputKind.DATA, octets)
        for second in range(duration_s)
        if (octets := lines_at(flights, second))
    ]
    first = Input(T0_NS, config.node.name, InputKind.CONFIG, encode_config(config))
    return [first, *with_ticks(data)]


def after(seconds: float) -> int:
    """Return the instant so long after the start."""
    return T0_NS + round(seconds * NS_PER_S)


def said(at_s: float, what: str, /, who: str = "watch 1", **fields: str) -> Input:
    """Return an action as the input that it is."""
    payload = msgspec.msgpack.encode(Action(who, "operator", what, fields))
    return Input(T0_NS + round(at_s * NS_PER_S), "people", InputKind.ACTION, payload)


def among(inputs: list[Input], words: Iterable[Input]) -> list[Input]:
    """Return the inputs with what people said among them, each at its instant."""
    return [inputs[0], *sorted([*inputs[1:], *words], key=lambda given: given.rx_ns)]


def play(node: Node, inputs: Iterable[Input]) -> list[Fact]:
    """Return every fact."""
    return [fact for given in inputs for fact in node.step(given)]


def refusals(facts: Iterable[Fact]) -> list[str]:
    """Return what each action was answered."""
    return [fact.refused for fact in facts if isinstance(fact, ActionTaken)]


def later(config: NodeConfig, from_s: int, to_s: int) -> list[Input]:
    """Return ticks alone: nobody reports anything any more."""
    tick_ns = NS_PER_S // 10
    first, last = T0_NS + from_s * NS_PER_S, T0_NS + to_s * NS_PER_S
    return [Input(at_ns, "clock", InputKind.TICK, b"") for at_ns in range(first, last, tick_ns)]
