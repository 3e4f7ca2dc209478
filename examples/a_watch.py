"""A watch in a minute: an aircraft in distress, its alert, an answer, an incident, a hand-over.

    python examples/a_watch.py

Everything goes through a whole node, as inputs: what a receiver reports each second, and what people do. What comes out
are facts; those about alerts, incidents and the watch log are printed.
"""

from __future__ import annotations

import json

import msgspec

from skydas.config import encode_config, node_config
from skydas.model import NS_PER_S, Action, ActionTaken, Alert, Incident, Input, InputKind, ShiftEntry, utc_ns, utc_text
from skydas.node import Node, with_ticks

T0_NS = utc_ns("2026-03-01T12:00:00Z")
NODE = """
[node]
name = "lt-1"
origin = "exercise"

[[sensors]]
id = 1
name = "receiver"
kind = "tracker"
latitude_deg = 55.0
longitude_deg = 24.0
period_s = 1.0

[[sources]]
name = "receiver"
source = "udp"
format = "plots"
sensor = "receiver"
params = { port = 8700 }

[respond]
escalate_1_s = [15.0, 60.0]       # nobody answered for so long
"""


def report(second: int) -> Input:
    """Return what the receiver says of two aircraft in one second."""
    lines = [
        {
            "t_ns": T0_NS + second * NS_PER_S,
            "sensor": "receiver",
            "latitude_deg": 55.0 + 0.3 * k,
            "longitude_deg": 24.0 + 0.0016 * second,
            "callsign": name,
            "mode_3a": "7700" if k == 0 and second >= 15 else "1234",
        }
        for k, name in enumerate(("LOT7AB", "BTI42"))
    ]
    octets = "".join(f"{json.dumps(line)}\n" for line in lines).encode()
    return Input(T0_NS + second * NS_PER_S, "receiver", InputKind.DATA, octets)


def said(second: int, who: str, what: str, **fields: str) -> Input:
    """Return what a person does."""
    payload = msgspec.msgpack.encode(Action(who, "operator", what, fields))
    return Input(T0_NS + second * NS_PER_S + 500_000_000, "people", InputKind.ACTION, payload)


def main() -> None:
    """Play the watch and print what people are told."""
    config = node_config(NODE)
    words = [
        said(1, "watch 1", "start_shift", text="all quiet"),
        said(40, "watch 1", "acknowledge_alert", number="1"),
        said(42, "watch 1", "open_incident", alert="1", category="aircraft"),
        said(44, "watch 1", "notify", number="1", whom="rescue service", how="by telephone"),
        said(50, "watch 1", "hand_over", text="the aircraft returns to its airport"),
        said(52, "watch 2", "accept_hand_over", number="2"),
    ]
    inputs = sorted([*with_ticks(map(report, range(60))), *words], key=lambda given: given.rx_ns)
    node = Node(config)
    for given in [Input(T0_NS, "lt-1", InputKind.CONFIG, encode_config(config)), *inputs]:
        for fact in node.step(given):
            time = utc_text(fact.now_ns)[11:19]
            match fact:
                case Alert():
                    steps = f", escalated {fact.escalated}" if fact.escalated else ""
                    print(f"{time}  alert {fact.number}, priority {fact.priority}, {fact.state}{steps}: {fact.text}")
                case Incident():
                    print(f"{time}  incident {fact.number}: {fact.timeline[-1].text}; asked for: {len(fact.missing)}")
                case ShiftEntry():
                    print(f"{time}  {fact.who}: {fact.what} {fact.text}", *fact.summary, sep="\n            ")
                case ActionTaken() if fact.refused:
                    print(f"{time}  refused: {fact.refused}")


if __name__ == "__main__":
    main()
