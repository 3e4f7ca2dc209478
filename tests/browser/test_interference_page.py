"""Where satellite navigation fails, on the page: the area, how sure it is, since when, and what was told last."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from skydas.capture import Chunk, write_pcap
from skydas.formats.asterix import Encoder
from skydas.model import NS_PER_S
from tests.browser.chromium import open_page, settle, wait_for, wait_frames, wait_until
from tests.browser.conftest import free_port, run_node
from tests.browser.pixels import map_box, place_on_screen, screenshot, without
from tests.browser.scenes import answer, standing
from tests.browser.test_page import CONTRAST_LARGE_MIN, CONTRAST_MIN, CONTRAST_PROBE
from tests.deception_scenes import T0_NS, claims

NODE = """
[node]
name = "disturbed"
clock = "sources"
directory = "{directory}/data"

[[sensors]]
id = 1
name = "receiver"
kind = "adsb"
sac = 1
sic = 2
latitude_deg = 55.0
longitude_deg = 24.0

[[sources]]
name = "recording"
source = "file"
format = "asterix"
params = {{ path = "{directory}/flights.pcap", speed = 20.0 }}
"""
LENGTH_S, FALLS_S = 260, 120
FLIGHTS, SUFFERING = 6, 5
BLUE = (0x5E, 0x8D, 0xF6)
WHITE = (0xF2, 0xF6, 0xFA)
BLUE_STEPS_MAX, WHITE_STEPS_MAX = 60, 60  # of 255 a channel: lines and letters are thin
LABEL_PX = (62, 4)  # above an area: from, to
LINE_PX = 16


@pytest.fixture(scope="module")
def disturbed_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a node through recorded claims of flights, most of which lose their quality of position after two minutes."""
    directory = tmp_path_factory.mktemp("disturbed")
    write_pcap(directory / "flights.pcap", recorded())
    (directory / "node.toml").write_text(NODE.format(directory=directory))
    yield from run_node(["run", str(directory / "node.toml")], free_port(), Path(directory))


def recorded() -> list[Chunk]:
    """Return what the receiver heard, CAT021, a datagram a second."""
    parts = []
    for n in range(FLIGHTS):
        flight = claims(np.arange(float(LENGTH_S)), 0x400001 + n, north_m=2_000.0 * n, east_mps=60.0)
        flight["quality"] = (8, 9, 1, 3)
        if n < SUFFERING:
            flight["quality"][FALLS_S:, :2] = (0, 0)
        parts.append(flight)
    encoder, heard = Encoder(), np.concatenate(parts)
    second = (heard["t_ns"] - T0_NS) // NS_PER_S
    return [
        Chunk(T0_NS + at * NS_PER_S + NS_PER_S // 10, block, 8600)
        for at in range(LENGTH_S)
        for block in encoder.encode_021(heard[second == at], 1, 2)
    ]


@pytest.fixture
def area(page: Page, disturbed_address: str) -> dict[str, Any]:
    """Return the area that stands when the recording is over, as the API tells it."""

    def is_over() -> bool:
        return int(answer(page, disturbed_address, "node")["now_ns"]) >= T0_NS + (LENGTH_S - 1) * NS_PER_S

    wait_for(page, is_over, "the recording is over")
    (only,) = standing(page, disturbed_address, "interference")
    return only


def look_at(page: Page, address: str, area: dict[str, Any], more: str = "") -> None:
    """Open the page with the area in the middle."""
    latitude, longitude = middle(area)
    open_page(page, f"{address}/#at={latitude:.4f},{longitude:.4f},8.5&show={more}")
    settle(page)


def middle(area: dict[str, Any]) -> tuple[float, float]:
    """Return the middle of an area's bounds, latitude and longitude."""
    ring = np.array(area["ring"])
    latitude, longitude = (ring.min(axis=0) + ring.max(axis=0)) / 2
    return float(latitude), float(longitude)


def utc(t_ns: int) -> str:
    """Return the time of day."""
    return datetime.fromtimestamp(t_ns // NS_PER_S, UTC).strftime("%H:%M:%S")


def share(area: dict[str, Any]) -> str:
    """Return the probability as the page should say it: never as certain."""
    return "> 99 %" if area["probability"] >= 0.995 else f"{round(100 * area['probability'])} %"


def near(shot: Any, colour: tuple[int, int, int], steps: int) -> Any:
    """Return which pixels have a colour."""
    return np.abs(shot - colour).max(axis=2) < steps


def screen_box(page: Page, area: dict[str, Any]) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of an area on the page."""
    corners = np.array([place_on_screen(page, *corner) for corner in area["ring"]])
    left, top = corners.min(axis=0)
    right, bottom = corners.max(axis=0)
    return round(left), round(top), round(right), round(bottom)


def outline_share(page: Page, shot: Any, area: dict[str, Any]) -> float:
    """Return at what share of points on the outline there is something blue."""
    corners = [place_on_screen(page, *corner) for corner in area["ring"]]
    drawn = []
    for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1], strict=True):
        for along in np.linspace(0.05, 0.95, 12):
            x, y = round(x0 + along * (x1 - x0)), round(y0 + along * (y1 - y0))
            drawn.append(near(shot[y - 3 : y + 4, x - 3 : x + 4], BLUE, BLUE_STEPS_MAX).any())
    return float(np.mean(drawn))


def test_the_area_is_outlined_and_hatched_with_three_lines_of_words_above_it(
    page: Page, disturbed_address: str, area: dict[str, Any]
) -> None:
    assert area["aircraft_count"] >= 3
    look_at(page, disturbed_address, area)
    left, top, right, bottom = screen_box(page, area)
    shot, bare = screenshot(page), without(page, "overlay")
    assert outline_share(page, shot, area) > 0.9
    assert outline_share(page, bare, area) < 0.1
    inside = np.s_[top + 6 : bottom - 6, left + 6 : right - 6]
    hatched = np.abs(shot[inside] - bare[inside]).max(axis=2) > 12
    assert 0.1 < hatched.mean() < 0.9
    band = np.s_[top - LABEL_PX[0] : top - LABEL_PX[1], (left + right) // 2 - 90 : (left + right) // 2 + 90]
    letters = near(shot[band], WHITE, WHITE_STEPS_MAX)
    rows = [int(letters[row : row + LINE_PX].sum()) for row in range(5, 5 + 3 * LINE_PX, LINE_PX)]
    assert min(rows) > 60
    assert near(bare[band], WHITE, WHITE_STEPS_MAX).sum() < 20


def test_the_list_says_area_time_and_how_sure_and_the_keyboard_walks_to_it(
    page: Page, disturbed_address: str, area: dict[str, Any], outside: list[str]
) -> None:
    open_page(page, f"{disturbed_address}/#at=56.5,25.5,8.5&show=")
    row = page.locator(f"#interference [data-area='{area['number']}']")
    expect(row).to_contain_text(f"probability {share(area)}")
    assert T0_NS + FALLS_S * NS_PER_S <= area["since_ns"] < area["now_ns"]
    expect(row).to_contain_text(f"since {utc(area['since_ns'])}, last told {utc(area['now_ns'])} UTC")
    expect(row).to_contain_text(re.compile(r"\d+\.\d km × 27\.8 km"))  # of a quarter of a degree, or it is not that
    expect(row).to_contain_text(f"{area['aircraft_count']} aircraft")
    expect(page.locator("#interference")).to_contain_text("not where the cause is")
    page.keyboard.press("s")
    expect(row.get_by_role("button")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#said")).to_contain_text(f"GNSS interference {area['number']}, {share(area)}, since")
    settle(page)
    x, y = place_on_screen(page, *middle(area))
    box = map_box(page)
    assert abs(x - box["x"] - box["width"] / 2) < 3
    assert abs(y - box["y"] - box["height"] / 2) < 3
    wait_until(page, f"location.hash.includes('area={area['number']}')")
    chosen = near(screenshot(page), BLUE, 20).sum()
    page.keyboard.press("Escape")
    expect(row.get_by_role("button")).to_have_attribute("aria-pressed", "false")
    wait_until(page, "!location.hash.includes('area=')")
    wait_frames(page)
    assert chosen > 1.3 * near(screenshot(page), BLUE, 20).sum()  # its line is thick, and not broken
    row.get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(row.get_by_role("button")).to_have_attribute("aria-pressed", "true")
    assert page.evaluate(CONTRAST_PROBE, [CONTRAST_MIN, CONTRAST_LARGE_MIN]) == []
    assert outside == []


@pytest.mark.parametrize(
    ("language", "title", "times"),
    [
        ("lt", "GNSS trikdžiai", "nuo {since}, paskutinį kartą pranešta {last} UTC"),
        ("lv", "GNSS traucējumi", "kopš {since}, pēdējoreiz ziņots {last} UTC"),
        ("et", "GNSS-i häired", "alates {since}, viimati teatatud {last} UTC"),
    ],
)
def test_the_area_is_told_in_each_language(
    page: Page, disturbed_address: str, area: dict[str, Any], language: str, title: str, times: str
) -> None:
    look_at(page, disturbed_address, area, f"&lang={language}")
    part = page.locator("#interference")
    expect(part.get_by_role("heading")).to_contain_text(title)
    expect(part).to_contain_text(times.format(since=utc(area["since_ns"]), last=utc(area["now_ns"])))


def test_a_replay_shows_no_area_because_a_recording_holds_none(
    page: Page, disturbed_address: str, area: dict[str, Any]
) -> None:
    look_at(page, disturbed_address, area)
    expect(page.locator("#interference")).to_be_visible()
    page.keyboard.press(" ")
    wait_until(page, "__skydas.replaying")
    expect(page.locator("#interference")).to_have_count(0)
    wait_frames(page)
    assert outline_share(page, screenshot(page), area) < 0.1
