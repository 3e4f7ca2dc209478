"""The page of a running node, in real Chromium: what is on screen, not what the code meant to draw."""

from __future__ import annotations

import re

import numpy as np
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.chromium import open_page, settle, wait_for, wait_frames, wait_until
from tests.browser.conftest import SIZE
from tests.browser.pixels import map_box, screenshot, share_drawn, table_rows

CONTRAST_MIN = 4.5  # WCAG 2.2 AA, 1.4.3
CONTRAST_LARGE_MIN = 3.0


def state(page: Page, name: str) -> object:
    """Return one of the page's own counters."""
    return page.evaluate(f"__skydas.{name}")


def choose_first(page: Page) -> int:
    """Choose the most urgent track by keyboard and return its number."""
    page.keyboard.press("J")
    wait_until(page, "__skydas.chosenNo > 0")
    return int(page.evaluate("__skydas.chosenNo"))


def show_table_and_all_tracks(page: Page) -> None:
    """Open the table, fit the map to all tracks and take away the labels, which may cover symbols."""
    page.keyboard.press("v")
    page.keyboard.press("l")
    wait_until(page, "__skydas.labelCount === 0")
    wait_frames(page)
    page.keyboard.press("2")
    settle(page)  # the view glides
    page.wait_for_timeout(1_000)  # the table follows once a second


def is_mostly_drawn(page: Page) -> bool:
    """Return whether most of the tracks that are listed and in view are drawn where the table says they are."""
    seen, share = share_drawn(page)
    return seen >= 3 and share >= 0.8


def test_symbols_stand_where_the_table_says_their_tracks_are(page: Page, node_address: str) -> None:
    open_page(page, node_address)
    show_table_and_all_tracks(page)
    wait_for(page, lambda: is_mostly_drawn(page), "four of five listed tracks are drawn")


def test_an_emptied_canvas_would_be_noticed(page: Page, node_address: str) -> None:
    open_page(page, node_address)
    page.evaluate("document.querySelector('canvas.tracks').style.visibility = 'hidden'")
    page.evaluate("document.querySelector('canvas.overlay').style.visibility = 'hidden'")  # rings, zones, names
    show_table_and_all_tracks(page)
    seen, share = share_drawn(page)
    assert seen >= 3
    assert share <= 0.2


def test_tracks_move_on_the_screen_without_a_repaint_of_the_basemap(page: Page, node_address: str) -> None:
    open_page(page, node_address)
    tracks = page.request.get(f"{node_address}/api/v1/tracks").json()["tracks"]
    fastest = max(tracks, key=lambda track: track["speed_mps"] or 0.0)
    track_no = fastest["track_no"]
    page.goto(f"{node_address}/#at={fastest['latitude_deg']},{fastest['longitude_deg']},10&track={track_no}")
    page.reload()
    wait_until(page, f"Boolean(window.__skydas && __skydas.mapIdle && __skydas.chosenNo === {track_no})")
    repaints = -1
    while repaints != state(page, "mapPaintCount"):  # a machine under load fades its labels in for longer
        repaints = state(page, "mapPaintCount")
        page.wait_for_timeout(1_000)
    before, frames = page.evaluate(f"__skydas.screenOf({track_no})"), state(page, "frameCount")
    first = screenshot(page)
    wait_for(
        page,
        lambda: np.hypot(*np.subtract(page.evaluate(f"__skydas.screenOf({track_no})"), before)) > 3,
        "the chosen track moves by 3 pixels",
    )
    box = {name: round(value) for name, value in map_box(page).items()}
    area = np.s_[box["y"] : box["y"] + box["height"], box["x"] : box["x"] + box["width"]]
    assert (np.abs(screenshot(page)[area] - first[area]).max(axis=2) > 60).sum() > 20
    assert state(page, "frameCount") > frames
    assert state(page, "mapPaintCount") == repaints


def test_the_banner_says_that_the_scene_is_simulated(page: Page, node_address: str) -> None:
    open_page(page, node_address)
    expect(page.locator("#banner")).to_have_text(re.compile("SIMULATED"))
    expect(page.locator("#banner")).to_have_attribute("data-banner", "simulated")


def test_every_sensor_is_shown_with_its_rate_or_its_silence(page: Page, node_address: str) -> None:
    open_page(page, node_address)
    sensors = page.request.get(f"{node_address}/api/v1/sensors").json()["sensors"]
    assert sensors
    strip = page.locator("aside.left section").last  # above it, alerts and notices name sensors too
    for sensor in sensors:
        expect(strip.get_by_role("button", name=re.compile(re.escape(sensor["name"])))).to_have_text(
            re.compile(r"/s|silent|never heard")
        )


def test_the_table_mirrors_the_picture_and_sorts(page: Page, node_address: str) -> None:
    open_page(page, node_address)
    page.keyboard.press("v")
    expect(page.locator("#track-table")).to_be_visible()
    page.get_by_role("columnheader", name="Track").get_by_role("button").click()
    wait_for(page, lambda: len(table_rows(page)) > 2, "the table lists tracks")
    numbers = [row.track_no for row in table_rows(page)]
    assert numbers == sorted(numbers)
    assert set(numbers) <= {*page.evaluate("__skydas.trackNumbers()"), *numbers[-2:]}
    rows_said = int(page.locator("#track-table").get_attribute("aria-rowcount") or 0) - 1
    tracks_shown = int(page.evaluate("__skydas.trackCount"))
    assert abs(rows_said - tracks_shown) <= max(5, tracks_shown // 10)  # the picture moves on between two questions


def test_a_click_on_a_symbol_chooses_its_track(page: Page, node_address: str) -> None:
    open_page(page, node_address)
    track_no = choose_first(page)
    page.keyboard.press("Enter")
    page.wait_for_timeout(800)
    page.keyboard.press("Escape")
    wait_until(page, "__skydas.chosenNo === 0")
    x, y = page.evaluate(f"__skydas.screenOf({track_no})")
    page.mouse.click(x, y)
    wait_until(page, "__skydas.chosenNo > 0")
    chosen = page.evaluate("__skydas.chosenNo")
    near = page.evaluate(f"__skydas.screenOf({chosen})")
    assert np.hypot(near[0] - x, near[1] - y) < 20
    expect(page.locator("#track-panel")).to_have_attribute("data-track", str(chosen))


def test_the_chosen_track_shows_kinematics_sensors_codes_and_provenance(page: Page, node_address: str) -> None:
    open_page(page, node_address)
    track_no = choose_first(page)
    answer = page.request.get(f"{node_address}/api/v1/tracks/{track_no}").json()
    panel = page.locator("#track-panel")
    for words in (
        "Ground speed",
        "Uncertainty",
        "Mode S address",
        "Sensors that contribute",
        "Provenance",
        "simulated",
    ):
        expect(panel).to_contain_text(words)
    expect(panel).to_contain_text(answer["sensors"][0], timeout=10_000)
    expect(panel).to_contain_text(re.compile(r"± [\d.]+ m/s"))


def test_the_keyboard_reaches_everything(page: Page, node_address: str) -> None:
    open_page(page, node_address)
    keyboard = page.keyboard
    first = choose_first(page)
    keyboard.press("J")
    wait_until(page, f"__skydas.chosenNo !== {first}")
    keyboard.press("Enter")
    chosen = page.evaluate("__skydas.chosenNo")
    box = map_box(page)
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    wait_for(
        page,
        lambda: np.hypot(*np.subtract(page.evaluate(f"__skydas.screenOf({chosen})") or (0, 0), middle)) < 25,
        "the chosen track stands in the middle",
    )
    for key, tool in (("l", "Labels"), ("t", "Trails"), ("h", "History"), ("g", "Coverage"), ("e", "Leaders")):
        button = page.get_by_role("toolbar").get_by_role("button", name=tool)
        before = button.get_attribute("aria-pressed")
        keyboard.press(key)
        expect(button).to_have_attribute("aria-pressed", "false" if before == "true" else "true")
    wait_until(page, "__skydas.labelCount === 0")
    keyboard.press("r")
    expect(page.get_by_role("button", name="Range and bearing")).to_have_attribute("aria-pressed", "true")
    keyboard.press("Escape")
    expect(page.get_by_role("button", name="Range and bearing")).to_have_attribute("aria-pressed", "false")
    keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keyboard")).to_have_count(0)
    zoom = page.evaluate("__skydas.zoom")
    keyboard.press("+")
    wait_until(page, f"__skydas.zoom > {zoom} + 0.5")
    keyboard.press("]")
    wait_until(page, "location.hash.includes('speed=2')")
    keyboard.press("[")
    wait_until(page, "!location.hash.includes('speed=')")
    keyboard.press("Escape")
    wait_until(page, "__skydas.chosenNo === 0")


def test_search_finds_a_track_by_its_number_and_a_town_by_its_name(page: Page, node_address: str) -> None:
    open_page(page, node_address)
    track_no = page.evaluate("__skydas.trackNumbers()[0]")
    page.keyboard.press("/")
    page.keyboard.type(str(track_no))
    expect(page.locator("#search-results [role=option]").first).to_contain_text(str(track_no))
    page.keyboard.press("Enter")
    wait_until(page, f"__skydas.chosenNo === {track_no}")
    page.keyboard.press("/")
    page.keyboard.type("siauliai")
    expect(page.locator("#search-results [role=option]").first).to_contain_text("Šiauliai")
    page.keyboard.press("Enter")
    wait_until(page, "/at=55\\.9\\d*,23\\.3/.test(location.hash)")


def test_space_replays_under_a_stamp_and_a_tinted_frame_and_back(page: Page, node_address: str) -> None:
    open_page(page, node_address)
    page.keyboard.press(" ")
    expect(page.locator("#banner")).to_have_text(re.compile("REPLAY"))
    expect(page.locator(".stamp")).to_be_visible()
    box = map_box(page)
    red, green, blue = screenshot(page)[round(box["y"] + box["height"] / 2), round(box["x"] + 1)]
    assert red > 200
    assert blue > 180
    assert green < 160
    wait_until(page, "location.hash.includes('time=')")
    page.keyboard.press(" ")
    expect(page.locator("#banner")).to_have_text(re.compile("SIMULATED"))
    wait_until(page, "__skydas.trackCount > 0 && !__skydas.replaying")


def test_a_view_can_be_sent_as_its_address(page: Page, context: BrowserContext, node_address: str) -> None:
    open_page(page, node_address)
    track_no = choose_first(page)
    page.keyboard.press("3")
    page.keyboard.press("t")
    page.keyboard.press("v")
    wait_until(page, f"location.hash.includes('track={track_no}') && location.hash.includes('table=')")
    page.wait_for_timeout(1000)
    theirs = context.new_page()
    open_page(theirs, page.url)
    wait_until(theirs, f"__skydas.chosenNo === {track_no}")
    theirs.wait_for_timeout(700)
    assert theirs.evaluate("location.hash") == page.evaluate("location.hash")
    expect(theirs.locator("#track-table")).to_be_visible()
    expect(theirs.get_by_role("button", name="Trails")).to_have_attribute("aria-pressed", "false")


def test_nothing_outside_the_node_is_asked_for(page: Page, node_address: str, outside: list[str]) -> None:
    sockets: list[str] = []
    asked: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.on("request", lambda request: asked.append(request.url))
    open_page(page, node_address)
    choose_first(page)
    for key in ("Enter", "g", "+", "+", "3", "/", "Escape", "?", "Escape", " ", " ", "v"):
        page.keyboard.press(key)
        page.wait_for_timeout(150)
    host = node_address.removeprefix("http://")
    assert outside == []
    assert len(asked) > 5
    assert all(address.startswith((f"http://{host}/", "blob:", "data:")) for address in asked)
    assert sockets == [f"ws://{host}/api/v1/live"]


def test_a_lost_link_is_said_and_taken_up_again(page: Page, node_address: str) -> None:
    links: list[object] = []

    def pass_on(link: object) -> None:
        links.append(link)
        link.connect_to_server()  # type: ignore[attr-defined]

    page.route_web_socket(re.compile("/api/v1/live$"), pass_on)
    open_page(page, node_address)
    links[0].close()  # type: ignore[attr-defined]
    expect(page.locator("#said")).to_have_text(re.compile("lost|open"))
    wait_for(page, lambda: len(links) >= 2, "the page connects again")
    wait_until(page, "__skydas.link.open && __skydas.trackCount > 0")


def test_without_graphics_the_most_urgent_tracks_are_drawn_under_a_banner(page: Page, node_address: str) -> None:
    page.add_init_script(
        """const real = HTMLCanvasElement.prototype.getContext;
        HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
            return kind.startsWith("webgl") ? null : real.call(this, kind, ...rest);
        };"""
    )
    open_page(page, node_address)
    expect(page.get_by_role("alert")).to_contain_text("Degraded display")
    show_table_and_all_tracks(page)
    wait_for(page, lambda: is_mostly_drawn(page), "four of five listed tracks are drawn")


def test_a_webgl_that_draws_nothing_is_noticed(page: Page, node_address: str) -> None:
    page.add_init_script("WebGL2RenderingContext.prototype.drawArrays = function () {};")
    open_page(page, node_address)
    expect(page.get_by_role("alert")).to_contain_text("Degraded display")


def test_who_asks_for_less_motion_gets_a_step_a_second(chromium: Browser, node_address: str) -> None:
    context = chromium.new_context(viewport=SIZE, reduced_motion="reduce")
    page = context.new_page()
    open_page(page, f"{node_address}/#at=55.5,24,7")
    page.wait_for_timeout(1000)
    before = page.evaluate("__skydas.frameCount")
    page.wait_for_timeout(3000)
    assert 1 <= page.evaluate("__skydas.frameCount") - before <= 6
    context.close()


def test_every_word_on_the_page_has_enough_contrast(page: Page, node_address: str) -> None:
    open_page(page, node_address)
    choose_first(page)
    page.keyboard.press("v")
    page.wait_for_timeout(1500)
    poor = page.evaluate(CONTRAST_PROBE, [CONTRAST_MIN, CONTRAST_LARGE_MIN])
    assert poor == []


def test_the_page_speaks_four_languages(page: Page, node_address: str) -> None:
    open_page(page, f"{node_address}/#lang=lt")
    expect(page.locator("html")).to_have_attribute("lang", "lt")
    expect(page.get_by_role("toolbar")).not_to_contain_text("Coverage")
    page.get_by_role("combobox").first.select_option("et")
    wait_until(page, "location.hash.includes('lang=et')")
    expect(page.locator("html")).to_have_attribute("lang", "et")


# Walks over what is on screen and returns each text whose colour is too near to what is behind it.
CONTRAST_PROBE = """([least, leastLarge]) => {
  const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = (rgb) => rgb.slice(0, 3).map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, index) => sum + v * [0.2126, 0.7152, 0.0722][index], 0);
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const rgb = parse(getComputedStyle(node).backgroundColor);
      if (rgb.length === 3 || rgb[3] > 0.9) return rgb;
    }
    return [0, 0, 0];
  };
  const poor = [];
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
    if (!own || !node.checkVisibility() || node.closest("button:disabled, .unseen, option")) continue;
    const style = getComputedStyle(node);
    const a = light(parse(style.color)), b = light(behind(node));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? leastLarge : least)) poor.push(`${node.textContent.trim().slice(0, 30)}: ${ratio.toFixed(2)}`);
  }
  return poor;
}"""
