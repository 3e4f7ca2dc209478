"""One officer's watch by keyboard alone, on default weights: from the first plot to a written report and a warning."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Download, Page, expect
from pypdf import PdfReader

from tests.browser.chromium import open_page, wait_for, wait_until
from tests.browser.scenes import run_scene, standing

TARGETS = """
[[targets]]
name = "drone"
kind = "fixed_wing_drone"
waypoints = [
  { latitude_deg = 55.20, longitude_deg = 24.10, height_agl_m = 150, speed_mps = 40 },
  { latitude_deg = 54.99, longitude_deg = 23.99, height_agl_m = 150 },
]
"""
MORE = """
[[outputs]]
kind = "database"

[[outputs]]
kind = "cap"

[assess]
assets_file = "assets.geojson"
"""
COUNTRY = [[23.0, 54.0], [25.0, 54.0], [25.0, 55.12], [23.0, 55.12], [23.0, 54.0]]
PLANT = {"name": "Plant", "kind": "power_plant", "radius_m": 2_000, "value": 1.0}
TABS_MAX = 120  # presses of Tab from one control to any other


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("watch")


@pytest.fixture(scope="module")
def address(directory: Path) -> Iterator[str]:
    """Run a node through the scene, ten times as fast as real time, and return the page's address."""
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Polygon", "coordinates": [COUNTRY]},
            "properties": {"name": "Country", "what": "zone", "kind": "border"},
        },
        {"type": "Feature", "geometry": {"type": "Point", "coordinates": [24.0, 55.0]}, "properties": PLANT},
    ]
    (directory / "assets.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    title = "A drone without any word comes over a border and flies towards a power plant"
    yield from run_scene(directory, "over-the-border", title, TARGETS, duration_s=600, speed=10, more=MORE)


def tab_to(page: Page, text: str) -> None:
    """Press Tab until the control that has this text, label or placeholder has the focus."""
    for _ in range(TABS_MAX):
        page.keyboard.press("Tab")
        named = page.evaluate(
            "(() => { const e = document.activeElement;"
            " return [e.innerText, e.ariaLabel, e.placeholder, e.labels && e.labels[0] && e.labels[0].innerText]; })()"
        )
        if any(one and one.strip().startswith(text) for one in named):
            return
    pytest.fail(f"no {text!r} within {TABS_MAX} presses of Tab")


def desk_tab(page: Page, name: str) -> None:
    """Open one page of the desk: the arrow keys walk the tabs."""
    if not page.locator("#desk").count():
        page.keyboard.press("b")
    for _ in range(TABS_MAX):
        if page.evaluate("document.activeElement.getAttribute('role')") == "tab":
            break
        page.keyboard.press("Tab")
    for _ in range(8):
        if page.evaluate("document.activeElement.innerText").startswith(name):
            return
        page.keyboard.press("ArrowRight")
    pytest.fail(f"the desk has no tab {name!r}")


def name_officer(page: Page, name: str) -> None:
    """Say who sits here."""
    desk_tab(page, "Watch log")
    tab_to(page, "Who is on watch")
    page.keyboard.press("Control+a")
    page.keyboard.type(name)
    tab_to(page, "Start")
    page.keyboard.press("Enter")


def test_from_the_first_plot_to_a_written_report_and_an_approved_warning_by_keyboard(
    page: Page, context: BrowserContext, address: str, directory: Path
) -> None:
    open_page(page, address)
    name_officer(page, "first officer")
    wait_for(page, lambda: bool(standing(page, address, "shifts")), "the shift began")
    page.keyboard.press("Escape")

    wait_for(page, lambda: bool(standing(page, address, "alerts")), "an alert was raised", 120.0)
    alert = standing(page, address, "alerts")[0]
    expect(page.locator("[data-alert]").first).to_be_visible()
    page.keyboard.press("j")
    expect(page.locator("#track-panel")).to_have_attribute("data-track", str(alert["track_nos"][0]))
    expect(page.locator("#assessment [data-rule]").first).to_be_visible()
    page.keyboard.press("a")
    for key in ("i", "Enter"):  # with the j of the choice: three keystrokes
        page.keyboard.press(key)
    wait_for(page, lambda: bool(standing(page, address, "incidents")), "the incident is in the node")
    incident = standing(page, address, "incidents")[-1]
    assert alert["number"] in incident["alerts"]
    assert incident["opened_by"] == "first officer"
    article = page.locator("#desk article")
    expect(article).to_have_attribute("data-incident", str(incident["number"]))
    tab_to(page, "Note")
    page.keyboard.type("patrol sent to the border")
    page.keyboard.press("Enter")
    expect(article.locator(".timeline")).to_contain_text("patrol sent to the border")

    downloads: list[Download] = []
    pages: list[Page] = []
    context.on("page", lambda opened: pages.append(opened))
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    tab_to(page, "HTML")
    page.keyboard.press("Enter")
    wait_for(page, lambda: bool(pages), "the report opened beside the page")
    expect(pages[0].locator("body")).to_contain_text("patrol sent to the border")
    expect(pages[0].locator("body")).to_contain_text("first officer")
    pages[0].close()
    page.bring_to_front()
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.innerText") == "PDF"
    page.on("download", lambda download: downloads.append(download))
    page.keyboard.press("Alt+Enter")  # what a browser does to save what a link leads to
    wait_for(page, lambda: bool(downloads), "the PDF was downloaded")
    pdf = Path(downloads[0].path()).read_bytes()
    text = "".join(one.extract_text() for one in PdfReader(BytesIO(pdf)).pages)
    assert "patrol sent to the border" in text
    assert "SIMULATED" in text

    desk_tab(page, "Public warnings")
    tab_to(page, "Draft from the chosen track")
    page.keyboard.press("Enter")
    wait_for(page, lambda: bool(standing(page, address, "warnings")), "the draft is in the node")
    drafted = page.locator("#desk article[data-warning]")
    expect(drafted).to_have_attribute("data-state", "draft")
    tab_to(page, "Approve and send")
    page.keyboard.press("Enter")
    expect(page.locator("#desk").get_by_role("alert")).to_be_visible()  # who drafted it does not approve it
    assert standing(page, address, "warnings")[0]["state"] == "draft"
    assert not list((directory / "data").rglob("*.xml"))

    second = page.context.browser.new_context(viewport=page.viewport_size)  # another officer at another screen
    try:
        other = second.new_page()
        other.goto(address)
        wait_until(other, "Boolean(window.__skydas && __skydas.mapIdle)")
        name_officer(other, "second officer")
        desk_tab(other, "Public warnings")
        expect(other.locator("#desk article[data-warning]")).to_have_attribute("data-state", "draft")
        tab_to(other, "Approve and send")
        other.keyboard.press("Enter")
        wait_for(page, lambda: standing(page, address, "warnings")[0]["state"] == "approved", "the second's approval")
        expect(other.locator("#desk article[data-warning]")).to_have_attribute("data-state", "approved")
    finally:
        second.close()
    expect(drafted).to_have_attribute("data-state", "approved")
    [warning] = standing(page, address, "warnings")
    assert (warning["drafted_by"], warning["approved_by"]) == ("first officer", "second officer")
    wait_for(page, lambda: bool(list((directory / "data").rglob("*.xml"))), "the CAP message left")
