"""Alerts, incidents and the watch log in a whole node: from plots to what people are told, and back."""

from __future__ import annotations

import pytest

from skydas.model import Alert
from skydas.node import Node
from tests.replay.flights import T0_NS, Flight, among, inputs_of, node_config, play, refusals, said


def test_an_aircraft_in_distress_is_one_alert_from_its_code_to_its_end() -> None:
    config = node_config()
    flights = [
        Flight("LOT1", 55.0, 24.0, code=lambda s: "7700" if 20 <= s < 60 else "1234"),
        Flight("LOT2", 55.3, 24.0),
    ]
    facts = play(Node(config), among(inputs_of(config, flights, 90), [said(40.0, "acknowledge_alert", number="1")]))
    alerts = [fact for fact in facts if isinstance(fact, Alert)]
    assert refusals(facts) == [""]
    assert {alert.number for alert in alerts} == {1}
    raised = alerts[0]
    assert (raised.priority, raised.rule, raised.text) == (1, "emergency_7700", "LOT1 sends 7700, emergency")
    assert raised.delay_s == pytest.approx(3.05)  # the code must stand for three seconds
    assert [(alert.state, alert.is_active) for alert in alerts[1:]] == [
        ("unacknowledged", True),
        ("acknowledged", True),
        ("acknowledged", True),
        ("acknowledged", False),  # so urgent that it stays until somebody resets it
    ]
    assert alerts[-1].first_plot_ns == T0_NS
