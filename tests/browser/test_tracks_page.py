"""Tracks on the page: a person merges, splits and renumbers them; uncertainty and fading are drawn as the node says."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.chromium import open_page, settle, wait_for, wait_frames, wait_until
from tests.browser.pixels import place_on_screen, screenshot, without
from tests.browser.scenes import run_scene, wait_for_the_end

TARGETS = """
[[targets]]
name = "left"
kind = "fixed_wing_drone"
waypoints = [
  { latitude_deg = 55.10, longitude_deg = 23.80, height_agl_m = 300, speed_mps = 30 },
  { latitude_deg = 55.30, longitude_deg = 23.80, height_agl_m = 300 },
]

[[targets]]
name = "right"
kind = "fixed_wing_drone"
waypoints = [
  { latitude_deg = 55.10, longitude_deg = 24.20, height_agl_m = 300, speed_mps = 30 },
  { latitude_deg = 55.30, longitude_deg = 24.20, height_agl_m = 300 },
]

[[targets]]
name = "far"
kind = "light_aircraft"
waypoints = [
  { latitude_deg = 55.60, longitude_deg = 23.20, height_agl_m = 1_500, speed_mps = 50 },
  { latitude_deg = 56.30, longitude_deg = 23.40, height_agl_m = 1_500 },
]

[[targets]]
name = "down"
kind = "fixed_wing_drone"
waypoints = [
  { latitude_deg = 54.80, longitude_deg = 24.00, height_agl_m = 300, speed_mps = 30 },
  { latitude_deg = 54.849, longitude_deg = 24.00, height_agl_m = 300 },
]
"""
END_S = 198  # the last scan is still to come
ELLIPSE_SIGMAS = 2.448  # 95 %
VIEW = "#at=55.1,24,8.5&show="  # no labels, trails or leaders to cover what is looked at
DIFFERS = 12  # of 255, in any channel


@pytest.fixture(scope="module")
def apart_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a node through the scene, thirty times as fast as real time, and return the page's address."""
    directory = tmp_path_factory.mktemp("apart")
    title = "Two drones and an aircraft, and a third drone that comes down shortly before the end"
    far: dict[str, Any] = {"radar": (55.0, 24.0), "range_m_max": 120_000.0, "period_s": 4, "judges": False}
    yield from run_scene(directory, "apart", title, TARGETS, duration_s=200, speed=30, **far)


def tracks_of(page: Page, address: str) -> dict[int, dict[str, Any]]:
    """Return the tracks that live and are no longer tentative, by number."""
    rows = page.request.get(f"{address}/api/v1/tracks").json()["tracks"]
    return {row["track_no"]: row for row in rows if row["status"] != "tentative"}


@pytest.fixture
def address(page: Page, apart_address: str) -> str:
    """Return the page's address when the scene is over and nothing moves any more."""
    wait_for_the_end(page, apart_address, END_S)
    return apart_address


def near(page: Page, address: str, latitude_deg: float, longitude_deg: float) -> int:
    """Return the number of the track nearest to a place."""
    tracks = tracks_of(page, address)
    return min(
        tracks,
        key=lambda no: math.hypot(
            tracks[no]["latitude_deg"] - latitude_deg, tracks[no]["longitude_deg"] - longitude_deg
        ),
    )


def left(page: Page, address: str) -> int:
    return near(page, address, 55.15, 23.80)


def right(page: Page, address: str) -> int:
    return near(page, address, 55.15, 24.20)


def near_pixels(shot: Any, x: float, y: float, reach_px: int) -> Any:
    return shot[round(y) - reach_px : round(y) + reach_px + 1, round(x) - reach_px : round(x) + reach_px + 1]


def pixels_of_a_metre(page: Page, latitude_deg: float, longitude_deg: float) -> float:
    """Return how many pixels of the page a metre is."""
    (x, y), (x_north, y_north) = (place_on_screen(page, latitude_deg + by, longitude_deg) for by in (0.0, 0.01))
    return math.hypot(x_north - x, y_north - y) / 1_113.2


def test_the_ellipse_of_the_chosen_track_is_that_of_its_covariance(page: Page, address: str) -> None:
    far = near(page, address, 55.66, 23.21)
    row = tracks_of(page, address)[far]
    place = f"{row['latitude_deg']:.4f},{row['longitude_deg']:.4f}"
    open_page(page, f"{address}/#at={place},14&track={far}&show=")
    ee, en, nn = page.request.get(f"{address}/api/v1/tracks/{far}").json()["cov_position_m2"][:3]
    page.wait_for_timeout(2_500)  # what a chosen track holds is asked for every two seconds
    page.keyboard.press("Enter")  # centre
    settle(page)  # the view glides
    bright = screenshot(page).min(axis=2) > 110
    x, y = page.evaluate(f"__skydas.screenOf({far})")
    metre_px = pixels_of_a_metre(page, row["latitude_deg"], row["longitude_deg"])
    values, axes = np.linalg.eigh([[ee, en], [en, nn]])
    angles = np.radians(np.arange(0, 360, 5))
    rim = (axes * np.sqrt(values) * ELLIPSE_SIGMAS) @ [np.cos(angles), np.sin(angles)] * metre_px * [[1.0], [-1.0]]

    def share_drawn(scale: float, east_px: int, south_px: int) -> float:
        columns, rows = np.round(scale * rim + [[x + east_px], [y + south_px]]).astype(int)
        return float(bright[rows, columns].mean())

    # The page moves the track on while the picture is taken, so its middle is looked for.
    shifts = [(east, south) for east in range(-12, 13) for south in range(-40, 41)]
    best = max(shifts, key=lambda shift: share_drawn(1.0, *shift))
    assert share_drawn(1.0, *best) > 0.3  # it is broken into dashes, one smoothed pixel wide
    assert share_drawn(0.8, *best) < 0.1
    assert share_drawn(1.2, *best) < 0.1


def test_a_coasting_track_is_drawn_fainter_than_one_that_is_seen(page: Page, address: str) -> None:
    tracks = tracks_of(page, address)
    fading = near(page, address, 54.85, 24.0)
    assert tracks[fading]["status"] == "coasting"
    assert tracks[left(page, address)]["status"] == "confirmed"
    open_page(page, f"{address}/{VIEW}")
    settle(page)
    shot = screenshot(page)

    def brightest(no: int) -> int:
        x, y = place_on_screen(page, tracks[no]["latitude_deg"], tracks[no]["longitude_deg"])
        return int(near_pixels(shot, x, y, 16).max())

    assert brightest(fading) < 0.85 * brightest(left(page, address))
    assert brightest(fading) > 60  # but it is there


def test_the_panel_names_the_sensors_that_contribute_and_how_sure_the_place_is(page: Page, address: str) -> None:
    no = left(page, address)
    open_page(page, f"{address}/{VIEW}&track={no}")
    panel = page.locator("#track-panel")
    expect(panel.locator("ul.sensors li")).to_have_text([re.compile("radar")])
    sigma_m = page.request.get(f"{address}/api/v1/tracks/{no}").json()["cov_position_m2"]
    expect(panel).to_contain_text("Horizontal")
    said_m = float(re.search(r"± (\d+) m", panel.inner_text())[1])  # type: ignore[index]
    assert 0.5 * math.sqrt(sigma_m[2]) < said_m < 2.0 * math.sqrt(sigma_m[0] + sigma_m[2])


def test_two_tracks_are_merged_by_keyboard_and_the_merge_is_taken_back(page: Page, address: str) -> None:
    stays, ends = left(page, address), right(page, address)
    open_page(page, f"{address}/{VIEW}&track={stays}")
    expect(page.locator("#track-panel")).to_be_visible()
    page.keyboard.press("m")
    page.keyboard.type(str(ends))
    expect(page.locator("#corrections .effect")).to_contain_text(f"Track {ends} ends")
    page.keyboard.press("Enter")  # to the button that confirms
    assert ends in tracks_of(page, address)  # nothing is done yet
    page.keyboard.press("Enter")
    expect(page.locator("#corrections [role=status]")).to_contain_text(f"Track {ends} is track {stays}.")
    wait_for(page, lambda: ends not in tracks_of(page, address), "the second has ended")
    assert stays in tracks_of(page, address)
    page.get_by_role("button", name="Take it back").click()
    wait_for(page, lambda: {stays, ends} <= set(tracks_of(page, address)), "both numbers live again")
    expect(page.locator("#corrections [role=status]")).to_have_count(0)


def test_a_track_is_split_and_the_two_are_one_again_when_it_is_taken_back(page: Page, address: str) -> None:
    no = left(page, address)
    before = set(tracks_of(page, address))
    open_page(page, f"{address}/{VIEW}&track={no}")
    page.get_by_role("button", name="Split", exact=True).click()
    page.get_by_role("button", name=f"Split track {no}").click()
    said = page.locator("#corrections [role=status]")
    expect(said).to_contain_text(re.compile(rf"Track {no} is two: {no} and \d+\."))
    second = int(re.search(r"and (\d+)", said.inner_text())[1])  # type: ignore[index]
    wait_for(page, lambda: set(tracks_of(page, address)) == before | {second}, "both live")
    page.get_by_role("button", name="Take it back").click()
    wait_for(page, lambda: set(tracks_of(page, address)) == before, "the second is gone")


def test_a_track_gets_the_next_number_and_its_old_one_back(page: Page, address: str) -> None:
    no = left(page, address)
    open_page(page, f"{address}/{VIEW}&track={no}")
    page.get_by_role("button", name="Number", exact=True).click()
    expect(page.get_by_role("button", name=f"Renumber track {no}")).to_be_visible()
    expect(page.get_by_label("New number")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    wait_until(page, f"__skydas.chosenNo !== {no}")  # the page goes on with the new number
    new_no = int(page.evaluate("__skydas.chosenNo"))
    expect(page.locator("#track-panel")).to_have_attribute("data-track", str(new_no))
    wait_for(page, lambda: no not in tracks_of(page, address), "the old number is nobody's")
    assert new_no in tracks_of(page, address)
    page.get_by_role("button", name="Take it back").click()
    wait_until(page, f"__skydas.chosenNo === {no}")
    wait_for(page, lambda: no in tracks_of(page, address), "it has its number again")


def test_a_click_on_the_map_names_the_second_track_and_both_are_marked(page: Page, address: str) -> None:
    stays, ends = left(page, address), near(page, address, 55.66, 23.21)
    open_page(page, f"{address}/#at=55.5,23.5,8.5&track={stays}&show=")
    page.get_by_role("button", name="Merge", exact=True).click()
    place = page.evaluate(f"__skydas.screenOf({ends})")
    page.mouse.click(*place)
    expect(page.get_by_role("button", name=f"Merge {ends} into {stays}")).to_be_visible()
    expect(page.locator("#said")).to_have_text(f"Tracks {stays} and {ends} are to be merged.")
    assert page.evaluate("__skydas.chosenNo") == stays  # the click chose nothing else
    wait_frames(page)
    shot, bare = screenshot(page), without(page, "overlay")
    x, y = place
    corner = near_pixels(shot, x - 20, y - 20, 3), near_pixels(bare, x - 20, y - 20, 3)
    assert np.abs(corner[0] - corner[1]).max() > DIFFERS
    page.get_by_label(f"Track {ends} stays").check()
    expect(page.get_by_role("button", name=f"Merge {stays} into {ends}")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#corrections form")).to_have_count(0)
    assert {stays, ends} <= set(tracks_of(page, address))


def test_a_refused_correction_says_why(page: Page, address: str) -> None:
    no = left(page, address)
    taken = right(page, address)
    open_page(page, f"{address}/{VIEW}&track={no}")
    page.get_by_role("button", name="Number", exact=True).click()
    page.get_by_label("New number").fill(str(taken))
    page.get_by_role("button", name=f"Renumber track {no}").click()
    expect(page.locator("#corrections [role=alert]")).to_have_text(f"the number {taken} is a living track's")


def test_the_past_cannot_be_corrected(page: Page, address: str) -> None:
    open_page(page, f"{address}/{VIEW}&track={left(page, address)}")
    expect(page.get_by_role("button", name="Merge", exact=True)).to_be_visible()
    page.keyboard.press(" ")
    wait_until(page, "__skydas.replaying")
    expect(page.get_by_role("button", name="Merge", exact=True)).to_have_count(0)
