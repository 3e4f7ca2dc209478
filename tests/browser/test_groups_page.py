"""A swarm on the page: one symbol with a count where there is no room, its tracks and extent where there is."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.chromium import open_page, settle, wait_until
from tests.browser.pixels import COLOUR_STEPS_MAX, FRAMES, place_on_screen, screenshot, without
from tests.browser.scenes import answer, run_scene, wait_for_the_end

TARGETS = """
[[targets]]
name = "swarm"
kind = "fixed_wing_drone"
count = 6
spacing_m = 350
waypoints = [
  { latitude_deg = 55.05, longitude_deg = 24.10, height_agl_m = 200, speed_mps = 30, spacing_m = 900 },
  { latitude_deg = 55.07, longitude_deg = 24.13, height_agl_m = 200, spacing_m = 350 },
  { latitude_deg = 55.10, longitude_deg = 23.90, height_agl_m = 200, spacing_m = 350 },
]

[[targets]]
name = "far"
kind = "light_aircraft"
waypoints = [
  { latitude_deg = 55.40, longitude_deg = 23.20, height_agl_m = 1_500, speed_mps = 50 },
  { latitude_deg = 56.30, longitude_deg = 23.40, height_agl_m = 1_500 },
]
"""
MORE = """
[[outputs]]
kind = "parquet"
params = {{ directory = "{directory}/history", flush_s = 1.0, disk_free_mb_min = 1.0 }}
"""
FAR: dict[str, Any] = {"radar": (55.0, 24.0), "range_m_max": 120_000.0, "period_s": 4, "clutter_per_scan": 2}
ALONE_DEG = 0.08  # half the width of what is looked at where the group is one symbol
END_S = 298  # the last scan is still to come
ZOOM_OUT, ZOOM_IN = 8.0, 12.0
ELLIPSE_SIGMAS = 2.448
DIFFERS = 25  # of 255, in any channel


@pytest.fixture(scope="module")
def swarm_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a node through the scene, thirty times as fast as real time, and return the page's address."""
    directory = tmp_path_factory.mktemp("swarm")
    title = "Six drones that close up until they cannot be told apart, and an aircraft far off"
    more = MORE.format(directory=directory / "data")
    yield from run_scene(directory, "swarm", title, TARGETS, duration_s=300, speed=30, judges=False, more=more, **FAR)


@pytest.fixture
def group(page: Page, swarm_address: str) -> dict[str, Any]:
    """Return the group of the scene's end, when the picture stands still, as the API tells it."""
    wait_for_the_end(page, swarm_address, END_S)
    (only,) = answer(page, swarm_address, "groups")["groups"]
    strangers = [
        track
        for track in answer(page, swarm_address, "tracks")["tracks"]
        if track["track_no"] not in only["track_nos"]
        and math.hypot(track["latitude_deg"] - only["latitude_deg"], track["longitude_deg"] - only["longitude_deg"])
        < ALONE_DEG
    ]
    assert not strangers, "the page draws these under the group's symbol, and is right: they are not of it"
    return dict(only)


def look_at(page: Page, address: str, group: dict[str, Any], zoom: float, more: str = "&show=") -> None:
    """Open the page with the group in the middle, and wait until it is drawn."""
    open_page(page, f"{address}/#at={group['latitude_deg']:.4f},{group['longitude_deg']:.4f},{zoom}{more}")
    wait_until(page, "__skydas.groups.length === 1")
    settle(page)


def is_stack(shot: Any, x: float, y: float) -> bool:
    """Return whether frames of pending tracks are drawn around a point, to the reach of a full-sized symbol."""
    wanted = np.array([FRAMES["pending"] >> 16, FRAMES["pending"] >> 8 & 0xFF, FRAMES["pending"] & 0xFF])
    part = shot[round(y) - 24 : round(y) + 25, round(x) - 28 : round(x) + 29]
    return bool((np.abs(part - wanted).max(axis=2) < COLOUR_STEPS_MAX).sum() > 60)


def differs(a: Any, b: Any, x: float, y: float, reach_px: int) -> bool:
    """Return whether two pictures of the page differ near a point."""
    column, row = round(x), round(y)
    part = np.s_[row - reach_px : row + reach_px + 1, column - reach_px : column + reach_px + 1]
    return bool((np.abs(a[part] - b[part]).max(axis=2) > DIFFERS).any())


def member_places(page: Page, address: str, group: dict[str, Any]) -> list[tuple[float, float]]:
    """Return where the tracks of a group are on the page, by the API's word."""
    tracks = page.request.get(f"{address}/api/v1/tracks").json()["tracks"]
    listed = [track for track in tracks if track["track_no"] in group["track_nos"]]
    return [place_on_screen(page, track["latitude_deg"], track["longitude_deg"]) for track in listed]


def count_on_page(group: dict[str, Any]) -> str:
    """Return the count as the page should write it."""
    least, most = group["count_min"], group["count_max"]
    return f"{least}–{most}" if most > least else f"≥{least}"


def test_zoomed_out_one_symbol_with_its_count_stands_for_all_tracks(
    page: Page, swarm_address: str, group: dict[str, Any]
) -> None:
    look_at(page, swarm_address, group, ZOOM_OUT)
    assert [each["merged"] for each in page.evaluate("__skydas.groups")] == [True]
    x, y = place_on_screen(page, group["latitude_deg"], group["longitude_deg"])
    shot = screenshot(page)
    assert is_stack(shot, x, y)
    above = shot[round(y) - 43 : round(y) - 27, round(x) - 12 : round(x) + 13]
    assert (above.min(axis=2) > 200).sum() > 10  # white figures
    assert not is_stack(without(page, "overlay"), x, y)  # none of its tracks is drawn


def test_zoomed_in_its_tracks_are_drawn_thinly_around_its_extent(
    page: Page, swarm_address: str, group: dict[str, Any]
) -> None:
    look_at(page, swarm_address, group, ZOOM_IN)
    assert [each["merged"] for each in page.evaluate("__skydas.groups")] == [False]
    shot, no_overlay, no_tracks = screenshot(page), without(page, "overlay"), without(page, "tracks")
    places = member_places(page, swarm_address, group)
    assert len(places) == len(group["track_nos"]) > 3
    assert all(differs(shot, no_tracks, x, y, 10) for x, y in places)
    assert not any(is_stack(no_overlay, x, y) for x, y in places)  # there, but faint
    rim = [rim_place(page, group, degrees) for degrees in range(0, 360, 15)]
    assert np.mean([differs(shot, no_overlay, x, y, 4) for x, y in rim]) > 0.75  # symbols and labels may lie over it


def rim_place(page: Page, group: dict[str, Any], degrees: float) -> tuple[float, float]:
    """Return a point of a group's 95% ellipse on the page."""
    along = ELLIPSE_SIGMAS * group["major_m"] * math.cos(math.radians(degrees))
    aside = ELLIPSE_SIGMAS * group["minor_m"] * math.sin(math.radians(degrees))
    axis = math.radians(group["axis_true_deg"])
    north = along * math.cos(axis) - aside * math.sin(axis)
    east = along * math.sin(axis) + aside * math.cos(axis)
    latitude = group["latitude_deg"] + north / 111_320.0
    longitude = group["longitude_deg"] + east / (111_320.0 * math.cos(math.radians(latitude)))
    return place_on_screen(page, latitude, longitude)


def test_a_click_on_a_group_shows_its_count_tracks_extent_course_and_speed(
    page: Page, swarm_address: str, group: dict[str, Any]
) -> None:
    look_at(page, swarm_address, group, ZOOM_OUT)
    page.mouse.click(*place_on_screen(page, group["latitude_deg"], group["longitude_deg"]))
    panel = page.locator("#group-panel")
    expect(panel).to_have_attribute("data-group", str(group["number"]))
    expect(page.locator("#said")).to_contain_text(re.compile(rf"^Group {group['number']} chosen, .*objects, pending"))
    expect(panel.locator("dd.count")).to_have_text(count_on_page(group))
    expect(panel).to_contain_text(f"{round(group['major_m'])} m × {round(group['minor_m'])} m")
    course = math.degrees(math.atan2(group["v_east_mps"], group["v_north_mps"])) % 360
    expect(panel).to_contain_text(f"{round(course) % 360:03d}°")
    expect(panel).to_contain_text(f"{round(math.hypot(group['v_east_mps'], group['v_north_mps']))} m/s")
    members = panel.locator("[data-member]").evaluate_all("all => all.map(one => Number(one.dataset.member))")
    assert members == list(group["track_nos"])
    panel.locator(f"[data-member='{members[0]}']").click()
    expect(page.locator("#track-panel")).to_have_attribute("data-track", str(members[0]))
    page.get_by_role("button", name=re.compile(rf"In group {group['number']}: .*objects")).click()
    expect(panel).to_be_visible()


def test_the_keyboard_chooses_a_group_and_the_address_keeps_it(
    page: Page, swarm_address: str, group: dict[str, Any]
) -> None:
    look_at(page, swarm_address, group, ZOOM_OUT)
    page.keyboard.press("n")
    expect(page.locator("#group-panel")).to_be_visible()
    wait_until(page, f"location.hash.includes('group={group['number']}')")
    page.keyboard.press("Escape")
    expect(page.locator("#group-panel")).to_have_count(0)
    wait_until(page, "!location.hash.includes('group=')")
    look_at(page, swarm_address, group, ZOOM_OUT, f"&group={group['number']}&show=")
    expect(page.locator("#group-panel dd.count")).to_have_text(count_on_page(group))


def test_the_table_lists_the_group_above_the_tracks(page: Page, swarm_address: str, group: dict[str, Any]) -> None:
    look_at(page, swarm_address, group, ZOOM_OUT, "&show=&table=urgency.down")
    row = page.locator("#track-table tr[data-group]")
    expect(row.locator("td").nth(0)).to_have_text(f"G{group['number']}")
    expect(row.locator("td").nth(1)).to_have_text(re.compile(r"^(\d to \d|at least \d) objects$"))
    row.click()
    expect(page.locator("#group-panel")).to_be_visible()
    expect(row).to_have_attribute("aria-selected", "true")


def test_a_replay_shows_the_group_as_it_was_told_then(page: Page, swarm_address: str, group: dict[str, Any]) -> None:
    look_at(page, swarm_address, group, ZOOM_OUT, f"&group={group['number']}&show=")
    at_ns = group["now_ns"] - 30 * 10**9
    past = page.request.get(f"{swarm_address}/api/v1/history/groups?at_ns={at_ns}").json()["groups"]
    assert [len(each["track_nos"]) >= each["count_min"] > 2 for each in past] == [True]
    page.keyboard.press(" ")  # a minute back
    wait_until(page, "__skydas.replaying && __skydas.groups.length === 1")
    number = page.evaluate("__skydas.groups[0].number")
    settle(page)
    x, y = page.evaluate("__skydas.groups[0].at")
    assert is_stack(screenshot(page), x, y)
    page.mouse.click(x, y)
    expect(page.locator("#group-panel")).to_have_attribute("data-group", str(number))
    expect(page.locator("#group-panel [data-member]").first).to_be_visible()


def test_a_replay_of_when_there_was_no_group_says_so(page: Page, swarm_address: str, group: dict[str, Any]) -> None:
    open_page(page, f"{swarm_address}/#at=55,24,{ZOOM_OUT}&group={group['number']}&show=&time=2026-06-01T09:00:20Z")
    wait_until(page, "__skydas.replaying && __skydas.groups.length === 0")
    expect(page.locator("#group-panel")).to_contain_text("There was no such group at this instant.")


@pytest.mark.parametrize(("language", "title"), [("lt", "Grupė"), ("lv", "Grupa"), ("et", "Rühm")])
def test_the_group_is_told_in_each_language(
    page: Page, swarm_address: str, group: dict[str, Any], language: str, title: str
) -> None:
    look_at(page, swarm_address, group, ZOOM_OUT, f"&group={group['number']}&show=&lang={language}")
    expect(page.locator("#group-panel .name")).to_have_text(f"{title} {group['number']}")


def test_without_graphics_the_group_is_drawn_as_well(page: Page, swarm_address: str, group: dict[str, Any]) -> None:
    look_at(page, swarm_address, group, ZOOM_OUT, "&show=&plain=1")
    x, y = place_on_screen(page, group["latitude_deg"], group["longitude_deg"])
    assert is_stack(screenshot(page), x, y)
    assert not is_stack(without(page, "overlay"), x, y)
