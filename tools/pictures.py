"""Make the pictures of the documentation from the running program: python tools/pictures.py

Starts `skydas demo` on a free port, waits until tracks move, and photographs the page in Debian's Chromium.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))

from tests.browser.chromium import open_page, start_chromium  # noqa: E402

PICTURES = REPOSITORY / "docs" / "pictures"
SCENE_S = 150.0  # so that trails and history have something to show
START_S_MAX = 120.0
COLOURS = 128


def main() -> None:
    """Write docs/pictures/*.png."""
    PICTURES.mkdir(exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", "skydas", "demo", "--port", str(port)])
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(address)
        with sync_playwright() as playwright:
            browser = start_chromium(playwright)
            page = browser.new_page(viewport={"width": 1600, "height": 900})
            open_page(page, f"{address}/#at=55.4,23.9,6.3")
            page.wait_for_timeout(SCENE_S * 1_000)
            _press(page, "j", "Enter")
            _photograph(page, "page")
            _press(page, "i", "Enter")
            page.wait_for_timeout(2_000)
            _photograph(page, "incident")
            _press(page, "Escape", "Escape", "Escape", "v")
            _photograph(page, "table")
            _press(page, "v", " ")
            page.wait_for_timeout(4_000)
            _photograph(page, "replay")
            _press(page, " ")
            _draw_a_zone(page, address)
            _open(page, f"{address}/#at=54.7,25.2,8&desk=searches&show=zones")
            if page.locator("[data-search] button").count():
                page.locator("[data-search] button").first.click()
                page.wait_for_timeout(2_000)
            _photograph(page, "search")
            _open(page, f"{address}/#at=55.4,23.9,7&desk=figures&show=zones")
            _photograph(page, "analytics")
            browser.close()
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


def _open(page: Page, address: str) -> None:
    page.goto("about:blank")  # another place after the `#` alone loads nothing anew
    open_page(page, address)
    page.wait_for_timeout(4_000)


def _draw_a_zone(page: Page, address: str) -> None:
    _open(page, f"{address}/#at=54.72,25.3,9.5&desk=places&show=zones,labels")
    form = page.locator("#places-form")
    form.get_by_label("Name").fill("Festival")
    form.get_by_label("What it is").select_option("zone")
    form.get_by_label("Kind").fill("restricted")
    form.get_by_label("area").check()
    page.evaluate("document.activeElement.blur()")
    _press(page, "d", "x", "ArrowRight", "x", "ArrowDown", "x", "ArrowLeft", "x")
    _photograph(page, "zones")


def _wait_for(address: str) -> None:
    end_s = time.monotonic() + START_S_MAX
    while True:
        try:
            urllib.request.urlopen(f"{address}/api/v1/node", timeout=2).close()
        except (urllib.error.URLError, OSError):
            if time.monotonic() > end_s:
                raise
            time.sleep(0.2)
        else:
            return


def _press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)
        page.wait_for_timeout(700)


def _photograph(page: Page, name: str) -> None:
    picture = Image.open(BytesIO(page.screenshot())).convert("RGB")
    path = PICTURES / f"{name}.png"
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path.relative_to(REPOSITORY)}: {path.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
