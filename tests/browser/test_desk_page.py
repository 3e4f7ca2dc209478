"""An officer at the page: an alert comes, is understood and answered, and becomes an incident, by keyboard alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from urllib.parse import urljoin

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.browser.chromium import open_page, settle, wait_for, wait_frames
from tests.browser.pixels import place_on_screen, screenshot
from tests.browser.scenes import run_scene, standing

ASSET = (55.0, 24.0)
TARGETS = """
[[targets]]
name = "drone"
kind = "fixed_wing_drone"
waypoints = [
  { latitude_deg = 55.13, longitude_deg = 24.10, height_agl_m = 150, speed_mps = 40 },
  { latitude_deg = 54.98, longitude_deg = 23.985, height_agl_m = 150 },
]
"""
MORE = """
[[outputs]]
kind = "database"

[assess]
assets_file = "assets.geojson"
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a node through the scene, twenty times as fast as real time, and return the page's address."""
    directory = tmp_path_factory.mktemp("approach")
    plant = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [ASSET[1], ASSET[0]]},
        "properties": {"name": "Plant", "kind": "power_plant", "radius_m": 2_000, "value": 1.0},
    }
    (directory / "assets.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [plant]}))
    title = "A drone without any word flies towards a power plant"
    yield from run_scene(directory, "approach", title, TARGETS, duration_s=240, speed=20, more=MORE)


def score_shown(page: Page) -> float:
    """Return the score that the panel of the chosen track shows."""
    return float(page.locator("#assessment").get_attribute("data-score") or "nan")


def score_told(page: Page, address: str, track_no: int) -> float:
    """Return the score that the node tells of a track by itself."""
    return next(
        (one["score"] for one in standing(page, address, "assessed") if one["track_no"] == track_no), float("inf")
    )


@pytest.fixture
def alert(page: Page, address: str) -> dict[str, Any]:
    """Return the alert that the approach raises."""
    wait_for(page, lambda: bool(standing(page, address, "alerts")), "an alert was raised", 90.0)
    return standing(page, address, "alerts")[0]


def test_an_alert_is_walked_to_understood_and_acknowledged_by_keyboard(
    page: Page, address: str, alert: dict[str, Any]
) -> None:
    open_page(page, address)
    row = page.locator(f"[data-alert='{alert['number']}']")
    expect(row).to_contain_text(alert["text"].split(":")[0][:20])
    expect(row).to_contain_text(f"alert {alert['number']}")
    expect(row).to_contain_text(f"track {alert['track_nos'][0]}")
    page.keyboard.press("j")
    expect(page.locator("#track-panel")).to_have_attribute("data-track", str(alert["track_nos"][0]))
    why = page.locator("#assessment")
    expect(why.locator("[data-rule]").first).to_be_visible()
    wait_for(page, lambda: score_shown(page) == score_told(page, address, alert["track_nos"][0]), "the node's score")
    expect(why).to_contain_text("Plant")  # the time to it
    page.keyboard.press("a")
    expect(row).to_have_attribute("data-state", "acknowledged")
    wait_for(
        page,
        lambda: any(
            one["number"] == alert["number"] and one["state"] == "acknowledged"
            for one in standing(page, address, "alerts")
        ),
        "the node knows that it was acknowledged",
    )


def test_an_incident_is_saved_with_three_keystrokes_from_the_alert(
    page: Page, address: str, alert: dict[str, Any]
) -> None:
    open_page(page, address)
    expect(page.locator("[data-alert]").first).to_be_visible()
    before = len(standing(page, address, "incidents"))
    for key in ("j", "i", "Enter"):
        page.keyboard.press(key)
    wait_for(page, lambda: len(standing(page, address, "incidents")) == before + 1, "the incident is in the node")
    incident = standing(page, address, "incidents")[-1]
    assert alert["number"] in incident["alerts"]
    assert set(alert["track_nos"]) <= set(incident["track_nos"])
    assert 0 < incident["first_plot_ns"] <= incident["opened_ns"]
    article = page.locator("#desk article")
    expect(article).to_have_attribute("data-incident", str(incident["number"]))
    expect(article).to_contain_text("first plot")
    article.get_by_label("Note").fill("<b>seen</b> by the patrol")
    article.get_by_label("Note").press("Enter")
    expect(article.locator(".timeline")).to_contain_text("<b>seen</b> by the patrol")  # markup stays text
    page.keyboard.press("Escape")


def test_the_report_of_an_incident_opens_in_every_form(page: Page, address: str, alert: dict[str, Any]) -> None:
    open_page(page, address)
    expect(page.locator("[data-alert]").first).to_be_visible()
    for key in ("j", "i", "Enter"):
        page.keyboard.press(key)
    article = page.locator("#desk article")
    expect(article).to_be_visible()
    article.get_by_label("Note").fill("patrol sent")
    article.get_by_label("Note").press("Enter")
    expect(article.locator(".timeline")).to_contain_text("patrol sent")
    links = [link.get_attribute("href") or "" for link in article.locator(".reports a").all()]
    assert len(links) == 5
    answers = {link.rpartition("report.")[2]: page.request.get(urljoin(page.url, link)) for link in links}
    assert {form: found.status for form, found in answers.items()} == dict.fromkeys(answers, 200)
    text = "".join(one.extract_text() for one in PdfReader(BytesIO(answers["pdf"].body())).pages)
    assert "patrol sent" in text
    assert "patrol sent" in answers["html"].text()
    with page.expect_popup() as opened:
        article.locator(".reports a", has_text="HTML").click()
    expect(opened.value.locator("body")).to_contain_text("patrol sent")


def test_what_is_protected_and_the_ring_of_the_alert_are_drawn(page: Page, address: str, alert: dict[str, Any]) -> None:
    open_page(page, f"{address}/#at={ASSET[0]},{ASSET[1]},10.5&show=zones")
    settle(page)
    x, y = place_on_screen(page, *ASSET)
    with_zones = screenshot(page)
    page.keyboard.press("z")
    wait_frames(page)
    without = screenshot(page)
    part = np.s_[round(y) - 6 : round(y) + 7, round(x) - 6 : round(x) + 7]
    assert (np.abs(with_zones[part] - without[part]).max(axis=2) > 40).sum() > 8


def test_a_public_warning_is_drafted_read_and_leaves_only_when_approved(
    page: Page, address: str, alert: dict[str, Any]
) -> None:
    open_page(page, address)
    row = page.locator("[data-alert]").first
    row.locator("button.line").click()
    page.keyboard.press("b")
    page.get_by_role("tab", name="Public warnings").click()
    desk = page.locator("#desk")
    before = len(standing(page, address, "warnings"))
    desk.get_by_role("button", name="Draft from the chosen track").click()
    wait_for(page, lambda: len(standing(page, address, "warnings")) == before + 1, "the draft is in the node")
    draft = standing(page, address, "warnings")[-1]
    assert draft["state"] == "draft"
    assert not draft["approved_by"]
    article = desk.locator(f"article[data-warning='{draft['number']}']")
    expect(article).to_have_attribute("data-state", "draft")
    expect(article).to_contain_text(draft["texts"]["en"]["headline"])
    cap = page.request.get(f"{address}/api/v1/warnings/{draft['number']}/cap").text()
    assert hashlib.sha256(cap.encode()).hexdigest() == draft["cap_sha256"]
    assert "<status>Test</status>" in cap  # the node is simulated
    article.get_by_role("button", name="Approve and send").click()
    expect(desk.get_by_role("alert")).to_contain_text("watch")  # who drafted it does not approve it
    expect(article).to_have_attribute("data-state", "draft")
    page.get_by_role("tab", name="Watch log").click()
    desk.get_by_label("Who is on watch").fill("second officer")
    page.get_by_role("tab", name="Public warnings").click()
    article.get_by_role("button", name="Approve and send").click()
    expect(article).to_have_attribute("data-state", "approved")
    approved = next(one for one in standing(page, address, "warnings") if one["number"] == draft["number"])
    assert approved["approved_by"] == "second officer"


def test_a_rejection_needs_its_reason(page: Page, address: str, alert: dict[str, Any]) -> None:
    open_page(page, address)
    row = page.locator(f"[data-alert='{alert['number']}']")
    if not row.count():
        pytest.skip("the approach is over")
    row.locator("button.line").click()
    row.get_by_role("button", name="Reject").first.click()
    row.locator("form button[type=submit]").click()
    expect(row.locator("input:invalid")).to_have_count(1)
    row.get_by_label("Reason").fill("known flight")
    row.get_by_label("Reason").press("Enter")
    expect(row).to_have_count(0)
