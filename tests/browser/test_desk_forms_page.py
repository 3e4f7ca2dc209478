"""An officer at the desk's other pages: zones and assets, searches, what flew where and when."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.chromium import open_page, settle, wait_for, wait_until
from tests.browser.pixels import place_on_screen, screenshot
from tests.browser.scenes import answer, run_scene
from tests.browser.test_page import CONTRAST_LARGE_MIN, CONTRAST_MIN, CONTRAST_PROBE

# A drone comes down within sight of its radar; another circles on, so that the picture is never empty.
TARGETS = """
[[targets]]
name = "lost"
kind = "fixed_wing_drone"
start_s = 500
waypoints = [
  { latitude_deg = 55.045, longitude_deg = 24.03, height_agl_m = 160, speed_mps = 25 },
  { latitude_deg = 55.02, longitude_deg = 24.04, height_agl_m = 120 },
]

[[targets]]
name = "stays"
kind = "fixed_wing_drone"
waypoints = [
  { latitude_deg = 54.80, longitude_deg = 23.80, height_agl_m = 200, speed_mps = 25 },
  { latitude_deg = 55.40, longitude_deg = 23.80, height_agl_m = 200 },
]
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a node through the scene, ten times as fast as real time, and return the page's address."""
    directory = tmp_path_factory.mktemp("descent")
    title = "A drone comes down in a field"
    more = '\n[[outputs]]\nkind = "parquet"\n'
    yield from run_scene(directory, "descent", title, TARGETS, duration_s=3_000, speed=10, more=more)


def asset_of(page: Page, address: str, name: str) -> dict[str, Any] | None:
    """Return the feature of one asset, or None."""
    return next((one for one in answer(page, address, "assets")["features"] if one["properties"]["name"] == name), None)


def open_desk(page: Page, address: str, board: str, at: str = "55.03,23.95,10") -> None:
    """Open the page on one page of the desk."""
    open_page(page, f"{address}/#at={at}&desk={board}")
    expect(page.locator("#desk")).to_have_attribute("data-board", board)


def test_a_zone_is_drawn_by_keyboard_alone_and_removed_again(page: Page, address: str) -> None:
    open_desk(page, address, "places")
    form = page.locator("#places-form")
    form.get_by_label("Name").fill("Test range")
    form.get_by_label("What it is").select_option("zone")
    form.get_by_label("Kind").fill("prohibited")
    form.get_by_label("area").focus()
    page.keyboard.press("Space")
    form.get_by_role("button", name=re.compile("Draw on the map")).focus()
    page.keyboard.press("Enter")
    page.evaluate("document.activeElement.blur()")
    for count, key in enumerate(("ArrowRight", "ArrowDown", "ArrowLeft"), start=1):
        page.keyboard.press("x")
        expect(page.locator("#said")).to_have_text(f"Point {count}")
        page.keyboard.press(key)
        settle(page)  # the map glides
    page.keyboard.press("x")
    page.keyboard.press("Backspace")
    page.keyboard.press("Escape")  # ends the drawing, not the desk
    expect(page.locator("#desk")).to_be_visible()
    form.get_by_label("Name").press("Enter")
    wait_for(page, lambda: asset_of(page, address, "Test range") is not None, "the zone is in the node")
    feature = asset_of(page, address, "Test range")
    assert feature is not None
    (ring,) = feature["geometry"]["coordinates"]
    assert len(ring) == 4
    assert len({tuple(corner) for corner in ring}) == 3
    expect(page.locator("[data-asset='Test range']")).to_be_visible()
    form.get_by_role("button", name="Remove").click()
    wait_for(page, lambda: asset_of(page, address, "Test range") is None, "the zone is gone")


def test_an_asset_is_placed_by_a_click_and_shown_where_it_was_put(page: Page, address: str) -> None:
    open_desk(page, address, "places")
    form = page.locator("#places-form")
    form.get_by_label("Name").fill("Water works")
    form.get_by_label("Kind").fill("water")
    form.get_by_label("Radius").fill("1500")
    form.get_by_label("Hours").fill("22:00 06:00")
    form.get_by_role("button", name=re.compile("Draw on the map")).click()
    x, y = place_on_screen(page, 55.05, 24.0)
    page.mouse.click(x, y)
    expect(form.get_by_label("Latitude")).to_have_value(re.compile(r"^55\.0[45]\d*, 2[34]\.\d+$"))
    form.get_by_role("button", name=re.compile("Save")).click()
    wait_for(page, lambda: asset_of(page, address, "Water works") is not None, "the asset is in the node")
    feature = asset_of(page, address, "Water works")
    assert feature is not None
    longitude, latitude = feature["geometry"]["coordinates"]
    assert abs(latitude - 55.05) < 0.002
    assert abs(longitude - 24.0) < 0.003
    assert feature["properties"]["radius_m"] == 1500
    assert feature["properties"]["hours"] == [["22:00", "06:00"]]


def test_every_fault_of_a_bad_shape_is_shown_and_nothing_is_saved(page: Page, address: str) -> None:
    open_desk(page, address, "places")
    form = page.locator("#places-form")
    form.get_by_label("Name").fill("Bow tie")
    form.get_by_label("What it is").select_option("zone")
    form.get_by_label("Kind").fill("fantasy")
    form.get_by_label("Name").press("Enter")
    expect(form.get_by_role("alert")).to_contain_text("Points are missing")
    form.get_by_label("area").check()
    form.get_by_label("Latitude").fill("55, 24\n55.1, 24.1\n55.1, 24\n55, 24.1")
    form.get_by_label("Name").press("Enter")
    expect(form.get_by_role("alert")).to_contain_text("crosses itself")
    form.get_by_label("Latitude").fill("55, 24\n55.1, 24.1\n55.1, north")
    expect(form.get_by_label("Latitude")).to_have_attribute("aria-invalid", "true")
    form.get_by_label("Latitude").fill("55, 24\n55.1, 24.1\n55.1, 24")
    form.get_by_label("Hours").fill("25:00 06:00")
    form.get_by_label("Name").press("Enter")
    faults = form.get_by_role("alert").locator("li")
    expect(faults.filter(has_text="kind")).to_have_count(1)
    expect(faults.filter(has_text="hours")).to_have_count(1)
    assert asset_of(page, address, "Bow tie") is None


def test_a_search_starts_draws_its_map_and_takes_what_was_searched_in_vain(page: Page, address: str) -> None:
    open_desk(page, address, "searches", at="55.02,24.04,10")

    last_seen: dict[int, tuple[float, float]] = {}

    def ended() -> list[int]:
        """Return the tracks that left the picture near where the drone came down."""
        living = {
            row["track_no"]: (row["latitude_deg"], row["longitude_deg"])
            for row in answer(page, address, "tracks")["tracks"]
            if row["status"] != "tentative"
        }
        last_seen.update(living)
        gone = [(number, place) for number, place in last_seen.items() if number not in living]
        return [number for number, (lat, lon) in gone if np.hypot(lat - 55.02, lon - 24.04) < 0.05]

    def started() -> bool:
        if answer(page, address, "standing/searches"):
            return True  # the node began it by itself
        for number in ended():
            page.locator("#search-start").get_by_label("Track").fill(str(number))
            page.locator("#search-start").get_by_role("button", name="Start the search").click()
        return False

    wait_for(page, started, "a search began", 90.0)
    search = answer(page, address, "standing/searches")[0]
    page.locator(f"[data-search='{search['number']}'] button").click()
    article = page.locator(f"article[data-search='{search['number']}']")
    expect(article).to_have_attribute("data-searched", "0")
    settle(page)  # the map glides there; the address follows
    likeliest = likeliest_cell(search)
    x, y = place_on_screen(page, *likeliest)
    shot = screenshot(page)[round(y) - 3 : round(y) + 4, round(x) - 3 : round(x) + 4].astype(int)
    assert (shot[..., 0] - shot[..., 1]).mean() > 40  # magenta, as no map of ours is
    article.get_by_label("Latitude").fill(f"{likeliest[0]:.6f}, {likeliest[1]:.6f}")
    article.get_by_label("Radius").fill("300")
    article.get_by_role("button", name="Searched, nothing found").click()
    expect(article).to_have_attribute("data-searched", "1")
    after = answer(page, address, "standing/searches")[0]
    assert after["elsewhere"] > search["elsewhere"]
    assert after["probability"] != search["probability"]
    article.get_by_label("Reason").fill("found by the patrol")
    article.get_by_label("Reason").press("Enter")
    wait_for(page, lambda: not answer(page, address, "standing/searches"), "the search is over")


def likeliest_cell(search: dict[str, Any]) -> tuple[float, float]:
    """Return the middle of the fullest cell of a search, latitude and longitude."""
    cells = np.frombuffer(base64.b64decode(search["probability"]), np.uint8)
    row, column = divmod(int(cells.argmax()), search["columns"])
    return (
        search["latitude_deg"] + (row + 0.5) * search["cell_north_deg"],
        search["longitude_deg"] + (column + 0.5) * search["cell_east_deg"],
    )


def test_recorded_traffic_is_drawn_as_the_node_counts_it(page: Page, address: str) -> None:
    open_desk(page, address, "figures")
    figures = page.locator(".traffic")

    def counted() -> bool:
        figures.get_by_role("button", name="Count again").click()
        return int(figures.get_attribute("data-tracks") or 0) > 0

    wait_for(page, counted, "what was recorded is counted", 60.0)
    now_ns = answer(page, address, "node")["now_ns"]
    told = answer(page, address, f"analytics/traffic?from_ns={now_ns - 86_400 * 10**9}&to_ns={now_ns}")
    assert told["track_count"] >= int(figures.get_attribute("data-tracks") or 0)
    hour = figures.locator("td button").first
    expect(hour).to_have_text(re.compile(r"\d+"))
    hour.click()
    expect(hour).to_have_attribute("aria-pressed", "true")
    expect(figures.get_by_label("Weekday")).to_have_value("0")  # 2026-06-01 is a Monday
    south, west, _ = told["cells"][0]
    place = (south + told["cell_north_deg"] / 2, west + told["cell_east_deg"] / 2)
    page.evaluate(f"location.hash = '#at={place[0]},{place[1]},11&desk=figures&show='")
    page.reload()
    wait_until(page, "Boolean(window.__skydas && __skydas.mapIdle)")
    wait_for(page, counted, "it is counted again")
    settle(page)
    x, y = place_on_screen(page, south + told["cell_north_deg"] * 0.2, west + told["cell_east_deg"] * 0.2)
    shot = screenshot(page)[round(y) - 2 : round(y) + 3, round(x) - 2 : round(x) + 3].astype(int)
    assert (shot[..., 0] - shot[..., 2]).mean() > 25  # yellow over a blue map


@pytest.mark.parametrize("board", ["incidents", "warnings", "sightings", "log", "places", "searches", "figures"])
def test_every_page_of_the_desk_has_contrast_and_a_name_for_every_control(
    page: Page, address: str, board: str, outside: list[str]
) -> None:
    open_desk(page, address, board)
    page.wait_for_timeout(700)
    assert page.evaluate(CONTRAST_PROBE, [CONTRAST_MIN, CONTRAST_LARGE_MIN]) == []
    assert page.evaluate(NAMELESS_PROBE) == []
    assert outside == []


def test_the_tabs_are_walked_by_the_arrow_keys(page: Page, address: str) -> None:
    open_page(page, address)
    page.keyboard.press("b")
    page.get_by_role("tab", selected=True).focus()
    seen = []
    for _ in range(7):
        page.keyboard.press("ArrowRight")
        seen.append(page.locator("#desk").get_attribute("data-board"))
        expect(page.get_by_role("tab", selected=True)).to_be_focused()
    assert len(set(seen)) == 7
    wait_until(page, f"location.hash.includes({json.dumps('desk=' + str(seen[-1]))})")


# Every control of the desk that a screen reader could not name.
NAMELESS_PROBE = """() => [...document.querySelectorAll("#desk :is(input, select, textarea, button, a)")]
  .filter((node) => node.checkVisibility())
  .filter((node) => !(node.labels && node.labels.length) && !node.getAttribute("aria-label"))
  .filter((node) => !node.textContent.trim())
  .map((node) => node.outerHTML.slice(0, 80))"""
