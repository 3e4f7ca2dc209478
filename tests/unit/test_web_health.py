"""Sensor health, measured coverage and the truth of a scene over the JSON API."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import numpy as np
import pytest

from skydas.model import Estimate, Fact, Origin, SensorHealth
from skydas.sim import TRUTH
from tests.facts import T0_NS, started
from tests.served import Served, served

KNOWN = Estimate(0.91, 0.02, 180.0)


def health(sensor: str = "radar-1", **fields: Any) -> SensorHealth:
    """Return the health of a radar that sees the east and not the north."""
    coverage = np.full((36, 10), 255, np.uint8)
    coverage[9, 2], coverage[0, 3] = 94, 3
    values = {
        "period_s": Estimate(4.01, 0.01, 900.0), "detection": KNOWN, "basis": "others",
        "rings": [None, KNOWN, *[None] * 8], "ring_m": 50_000.0, "false_per_turn": Estimate(5.0, 0.2, 120.0),
        "false_per_turn_area": Estimate(0.06, 0.003, 120.0), "coverage": coverage.tobytes(), "alarms": ["clutter_rose"],
    } | fields  # fmt: skip
    return SensorHealth(node="lt-1", sequence=5, now_ns=T0_NS, sensor=sensor, **values)  # type: ignore[arg-type]


def get(path: str, *facts: Fact, ask: Callable[[Served], None] = lambda server: None) -> tuple[int, Any]:
    """Return status and JSON of one path after the node told `facts`."""

    async def question() -> tuple[int, Any]:
        async with served() as server:
            for fact in facts:
                server.hub.add(fact)
            server.hub.tick()
            ask(server)
            answer = await server.client.get(path)
            return answer.status_code, answer.json()

    scenario: Awaitable[tuple[int, Any]] = question()
    return asyncio.run(scenario)  # type: ignore[arg-type]


def test_a_sensor_tells_its_health_and_one_never_heard_has_none() -> None:
    first, second = get("/api/v1/sensors", health())[1]["sensors"]
    assert first["health"]["detection"] == {"value": 0.91, "sigma": 0.02, "count": 180.0}
    assert first["health"]["rings"][:2] == [None, first["health"]["detection"]]
    assert first["health"]["alarms"] == ["clutter_rose"]
    assert "coverage" not in first["health"]
    assert second["health"] is None


def test_measured_coverage_is_by_sector_and_ring_with_null_where_nothing_is_known() -> None:
    status, body = get("/api/v1/coverage/measured?sensor=radar-1", health())
    assert status == 200
    assert (body["latitude_deg"], body["longitude_deg"], body["ring_m"]) == (55.0, 24.0, 50_000.0)
    assert (len(body["detection"]), len(body["detection"][0])) == (36, 10)
    assert (body["detection"][9][2], body["detection"][0][3], body["detection"][1][1]) == (0.94, 0.03, None)


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/api/v1/coverage/measured?sensor=radar-9", 404, "radar-9"),
        ("/api/v1/coverage/measured?sensor=people", 404, "no place"),
        ("/api/v1/coverage/measured", 400, "sensor"),
        ("/api/v1/coverage/measured?sensor=", 400, "sensor"),
        ("/api/v1/coverage/measured?sensor=" + 300 * "x", 400, "sensor"),
    ],
)
def test_coverage_that_nobody_measured_is_refused_by_name(path: str, status: int, says: str) -> None:
    found, body = get(path, health(), health("people"))
    assert found == status
    assert says in body["error"]


def test_the_truth_is_told_by_a_simulated_node_alone() -> None:
    rows = np.zeros(2, TRUTH)
    rows["t_ns"], rows["target_no"], rows["kind_no"], rows["latitude_deg"] = T0_NS, (1, 2), (0, 6), (55.0, 56.0)

    def play(server: Served) -> None:
        server.truth = rows

    status, body = get("/api/v1/truth", ask=play)
    assert status == 200
    assert body["t_ns"] == T0_NS
    assert [(target["target_no"], target["kind"], target["latitude_deg"]) for target in body["targets"]] == [
        (1, "airliner", 55.0),
        (2, "multirotor", 56.0),
    ]
    live = msgspec.structs.replace(started(), origin=Origin.LIVE)
    status, body = get("/api/v1/truth", live, ask=play)
    assert status == 404
    assert "targets" not in body
    assert get("/api/v1/truth")[1] == {"t_ns": None, "targets": []}
