"""The page for phones in a real browser: one press reports, words follow, nothing is lost without a connection."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.chromium import wait_for
from tests.browser.conftest import free_port, run_node

NODE = """
[node]
name = "phones"
origin = "exercise"
directory = "{directory}"
latitude_deg = 55.9
longitude_deg = 25.3
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    directory = tmp_path_factory.mktemp("phones")
    file = directory / "node.toml"
    file.write_text(NODE.format(directory=directory / "data"))
    port = free_port()
    yield from run_node(["run", str(file)], port, directory)


@pytest.fixture
def phone(context: BrowserContext, address: str) -> Page:
    context.grant_permissions(["geolocation"], origin=address)
    context.set_geolocation({"latitude": 55.91, "longitude": 25.31, "accuracy": 12})
    page = context.new_page()
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{address}/report")
    return page


def sightings(address: str, count: int) -> list[dict[str, Any]]:
    """Return the node's sightings once there are so many."""
    for _ in range(100):
        with urllib.request.urlopen(f"{address}/api/v1/standing/sightings") as answer:
            found: list[dict[str, Any]] = json.load(answer)
        if len(found) >= count:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{len(found)} sightings, expected {count}")


def test_one_press_reports_and_words_follow_in_every_language(phone: Page, address: str) -> None:
    before = len(sightings(address, 0))
    for language, title in (
        ("lt", "Pranešti apie droną"),
        ("lv", "Ziņot par dronu"),
        ("et", "Teata droonist"),
        ("en", "Report a drone"),
    ):
        phone.click(f"[data-language={language}]")
        expect(phone.locator("h1")).to_have_text(title)
        assert phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert not phone.locator("[data-text]:empty").count()
    phone.click("#locate")
    expect(phone.locator("#place")).to_have_text("Within 12 m")
    phone.check("input[value=heard]")
    phone.click("#compass")  # browsers want it asked for
    turned = "dispatchEvent(new DeviceOrientationEvent('deviceorientationabsolute', {alpha: 280, absolute: true}))"

    def heading_is_shown() -> bool:
        phone.evaluate(turned)  # a compass says it again and again
        return phone.locator("#heading").text_content() == "80° by compass"

    wait_for(phone, heading_is_shown, "the heading is shown")
    phone.click("#now")
    expect(phone.locator("#said")).to_have_text("Thank you. Your report arrived.")
    phone.fill("#words", "Two drones, like mopeds, low")
    phone.click("#add")
    expect(phone.locator("#said")).to_have_text("Added.")
    told = sightings(address, before + 1)[-1]
    assert (told["sense"], told["azimuth_true_deg"], told["fields"]["count"]) == ("heard", 89.0, "2")
    assert (told["latitude_deg"], told["longitude_deg"]) == (55.91, 25.31)


def test_a_report_waits_for_a_connection_and_is_counted_once(
    phone: Page, address: str, context: BrowserContext
) -> None:
    before = len(sightings(address, 0))
    phone.click("[data-language=en]")
    phone.click("summary")
    phone.fill("#latitude", "55,95")
    phone.fill("#longitude", "25.4")
    phone.fill("#azimuth", "200")
    context.set_offline(True)
    phone.click("#now")
    expect(phone.locator("#said")).to_contain_text("No connection")
    expect(phone.locator("#waiting")).to_have_text("1 waiting to be sent")
    context.set_offline(False)
    expect(phone.locator("#waiting")).to_have_text("", timeout=15_000)
    told = sightings(address, before + 1)
    assert len(told) == before + 1
    assert (told[-1]["latitude_deg"], told[-1]["azimuth_true_deg"]) == (55.95, 200.0)


def test_without_a_place_nothing_is_sent_and_the_page_says_why(
    context: BrowserContext, address: str, tmp_path: Path
) -> None:
    page = context.new_page()
    page.goto(f"{address}/report")
    page.click("[data-language=en]")
    page.click("#now")
    expect(page.locator("#said")).to_contain_text("Where do you stand?")
