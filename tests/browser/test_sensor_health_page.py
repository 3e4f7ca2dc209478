"""A sensor's health and the truth of a scene on the page: two radars, one blind to a side, one that turns otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.chromium import open_page, wait_for, wait_until
from tests.browser.conftest import free_port, run_node
from tests.browser.pixels import map_box, place_on_screen, screenshot

SCENARIO = """
[scene]
name = "one-side"
title = "Two radars, one of them blind to the west"
start_utc = "2026-06-01T09:00:00Z"
duration_s = 3000
latitude_deg = 55.0
longitude_deg = 24.0

[[traffic]]
name = "airliners"
kind = "airliner"
count = 60
latitude_deg = 55.0
longitude_deg = 24.0
radius_m = 120_000

[[radars]]
name = "half-blind"
sac = 1
sic = 1
latitude_deg = 55.0
longitude_deg = 24.0
clutter_per_scan = 2
blind_sectors_deg = [[180, 360]]

[[radars]]
name = "slow"
sac = 1
sic = 2
latitude_deg = 55.2
longitude_deg = 24.4
period_s = 5
clutter_per_scan = 2
"""
NODE = """
[node]
name = "one-side"
origin = "simulated"
clock = "sources"
directory = "{directory}"

[[sensors]]
id = 1
name = "half-blind"
kind = "radar_2d"
sac = 1
sic = 1
latitude_deg = 55.0
longitude_deg = 24.0
range_m_max = 200_000.0

[[sensors]]
id = 2
name = "slow"
kind = "radar_2d"
sac = 1
sic = 2
latitude_deg = 55.2
longitude_deg = 24.4
range_m_max = 200_000.0
period_s = 3.5

[[sources]]
name = "half-blind"
source = "fed"
format = "asterix"

[[sources]]
name = "slow"
source = "fed"
format = "asterix"

[[sources]]
name = "scene"
source = "sim"
params = {{ scenario = "{scenario}", seed = 1, now = false, speed = 15 }}
"""
CYAN = (0x07, 0xCD, 0xED)  # of the crosses, and of the banner that says SIMULATED
VIEW = "#at=55,24,7&show="  # no labels, trails or leaders to cover what is looked at


@pytest.fixture(scope="module")
def fast_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a node whose scene passes fifteen times as fast as real time, and return the page's address."""
    directory = tmp_path_factory.mktemp("fast")
    scenario, node = directory / "one-side.toml", directory / "node.toml"
    scenario.write_text(SCENARIO)
    node.write_text(NODE.format(directory=directory / "data", scenario=scenario))
    yield from run_node(["run", str(node)], free_port(), Path(directory))


def measured(page: Page, address: str, sensor: str) -> dict[str, Any]:
    """Return what the node measured of a sensor's surroundings."""
    answer = page.request.get(f"{address}/api/v1/coverage/measured?sensor={sensor}")
    return dict(answer.json()) if answer.ok else {"detection": []}


def cells(coverage: dict[str, Any], share_min: float, share_max: float) -> list[tuple[float, float]]:
    """Return the middles (latitude, longitude) of the cells with a detection probability within limits."""
    found = []
    for sector, rings in enumerate(coverage["detection"]):
        for ring, share in enumerate(rings):
            if ring in (3, 4) and share is not None and share_min <= share <= share_max:
                bearing, range_m = np.radians(10.0 * sector + 5.0), (ring + 0.5) * coverage["ring_m"]
                north, east = range_m * np.cos(bearing) / 111_195.0, range_m * np.sin(bearing) / 111_195.0
                latitude = coverage["latitude_deg"] + north
                found.append((latitude, coverage["longitude_deg"] + east / np.cos(np.radians(latitude))))
    return found


def patch(shot: Any, page: Page, place: tuple[float, float], reach_px: int = 6) -> Any:
    """Return the pixels around a place, (k, 3)."""
    x, y = (round(value) for value in place_on_screen(page, *place))
    return shot[y - reach_px : y + reach_px + 1, x - reach_px : x + reach_px + 1].reshape(-1, 3)


def test_a_click_on_a_sensor_opens_its_figures_as_the_node_tells_them(page: Page, fast_address: str) -> None:
    open_page(page, fast_address)
    strip = page.locator("aside.left")
    strip.get_by_role("button", name=re.compile("half-blind")).click()
    detail = page.locator("#sensor-detail")
    expect(detail).to_have_attribute("data-sensor", "half-blind")
    expect(detail).to_contain_text(re.compile(r"Period\s*4\.0\d ±0\.\d\d s"), timeout=60_000)
    expect(detail).to_contain_text(re.compile(r"\d+ ±\d+ %\s*of what others see"))
    expect(detail).to_contain_text(re.compile(r"False plots a turn\s*[\d.]+ ±[\d.]+"))
    expect(detail.locator("tr").first).to_contain_text(re.compile(r"km.*%"))
    sensor = page.request.get(f"{fast_address}/api/v1/sensors").json()["sensors"][0]
    shown = int(re.search(r"(\d+) ±\d+ %", detail.inner_text())[1])  # type: ignore[index]
    assert abs(shown - 100.0 * sensor["health"]["detection"]["value"]) < 5.0
    page.keyboard.press("Escape")
    expect(detail).to_have_count(0)


def test_a_radar_that_turns_otherwise_than_the_node_file_says_is_marked_and_told(page: Page, fast_address: str) -> None:
    open_page(page, fast_address)
    button = page.locator("aside.left").get_by_role("button", name=re.compile("slow"))
    expect(button).to_contain_text("▲", timeout=60_000)
    button.click()
    expect(page.locator("#sensor-detail")).to_contain_text("Turns otherwise than stated")
    expect(page.locator("#sensor-detail")).to_contain_text("5.0")
    expect(page.locator("aside.left")).to_contain_text("slow: turns in 5.0")


def test_what_a_sensor_sees_is_bright_on_the_map_and_what_it_does_not_is_hatched(page: Page, fast_address: str) -> None:
    open_page(page, f"{fast_address}/{VIEW}")
    wait_for(
        page,
        lambda: len(cells(measured(page, fast_address, "half-blind"), 0.0, 0.1)) >= 3,
        "the radar is known to be blind in three cells",
        60.0,
    )
    page.wait_for_timeout(500)
    before = screenshot(page)
    page.locator("aside.left").get_by_role("button", name=re.compile("half-blind")).click()
    page.wait_for_timeout(2500)
    coverage, after = measured(page, fast_address, "half-blind"), screenshot(page)
    seen, unseen = cells(coverage, 0.8, 1.0), cells(coverage, 0.0, 0.1)
    assert len(seen) >= 3
    assert all(longitude < 24.05 for _, longitude in unseen)
    bluer = [np.median(patch(after, page, place) - patch(before, page, place), axis=0) for place in seen]
    assert np.mean([step[2] > 15 and step[2] > step[0] for step in bluer]) > 0.7
    orange = [np.mean(patch(after, page, place) - patch(before, page, place), axis=0) for place in unseen]
    assert np.mean([step[0] > 8 and step[0] > step[2] for step in orange]) > 0.6


def cyan_share(page: Page, address: str) -> float:
    """Return in what share of the places where the truth is there is a cross."""
    targets = page.request.get(f"{address}/api/v1/truth").json()["targets"]
    shot, box = screenshot(page), map_box(page)
    drawn = []
    for target in targets:
        x, y = place_on_screen(page, target["latitude_deg"], target["longitude_deg"])
        if not (40 < x - box["x"] < box["width"] - 40 and 60 < y - box["y"] < box["height"] - 40):
            continue
        near = patch(shot, page, (target["latitude_deg"], target["longitude_deg"]), 12)
        drawn.append(int((np.abs(near - CYAN).max(axis=1) < 40).sum()) >= 6)
    assert len(drawn) >= 5
    return float(np.mean(drawn))


def test_the_truth_is_drawn_as_crosses_when_it_is_asked_for_and_not_before(page: Page, node_address: str) -> None:
    open_page(page, f"{node_address}/#at=55.3,24,7&show=")
    wait_until(page, "__skydas.mapIdle")
    assert cyan_share(page, node_address) < 0.1
    page.keyboard.press("w")
    expect(page.get_by_role("toolbar").get_by_role("button", name="Truth")).to_have_attribute("aria-pressed", "true")
    wait_until(page, "location.hash.includes('truth')")
    page.wait_for_timeout(1500)
    assert cyan_share(page, node_address) > 0.8
    page.keyboard.press(" ")  # the truth is that of now: a replay shows none
    expect(page.get_by_role("toolbar").get_by_role("button", name="Truth")).to_have_count(0)
    page.wait_for_timeout(500)
    assert cyan_share(page, node_address) < 0.1
    page.keyboard.press(" ")
    page.keyboard.press("w")
