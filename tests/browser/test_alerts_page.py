"""The list of alerts: what stands is read before what is over."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chromium import open_page, wait_for
from tests.browser.scenes import run_scene, standing

TARGETS = """
[[targets]]
name = "first"
kind = "fixed_wing_drone"
waypoints = [
  { latitude_deg = 55.06, longitude_deg = 24.0, height_agl_m = 150, speed_mps = 60 },
  { latitude_deg = 55.00, longitude_deg = 24.0, height_agl_m = 150 },
]
[[targets]]
name = "second"
kind = "fixed_wing_drone"
start_s = 60
waypoints = [
  { latitude_deg = 54.80, longitude_deg = 24.0, height_agl_m = 150, speed_mps = 60 },
  { latitude_deg = 55.00, longitude_deg = 24.0, height_agl_m = 150 },
]
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a node through the scene and return the page's address."""
    directory = tmp_path_factory.mktemp("two")
    plant = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [24.0, 55.0]},
        "properties": {"name": "Plant", "kind": "power_plant", "radius_m": 2_000, "value": 1.0},
    }
    (directory / "assets.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [plant]}))
    more = '\n[assess]\nassets_file = "assets.geojson"\n'
    yield from run_scene(
        directory, "two", "One drone after another", TARGETS, duration_s=400, speed=12, clutter_per_scan=0, more=more
    )


def test_an_alert_that_stands_is_above_an_older_one_that_is_over(page: Page, address: str) -> None:
    open_page(page, address)

    def both() -> bool:
        alerts = standing(page, address, "alerts")
        return {one["is_active"] for one in alerts} == {True, False}

    wait_for(page, both, "one alert stands and one is over", 60.0)
    alerts = {one["number"]: one for one in standing(page, address, "alerts")}
    over = [number for number, one in alerts.items() if not one["is_active"]]
    assert min(over) == min(alerts)  # it was the first
    expect(page.locator(f"[data-alert='{over[0]}']")).to_have_attribute("data-state", "returned_unacknowledged")
    shown = [int(row.get_attribute("data-alert") or 0) for row in page.locator("[data-alert]").all()]
    assert alerts[shown[0]]["is_active"]
    assert shown[-1] == over[0]
