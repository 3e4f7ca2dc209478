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
            _press(page, "j", "j", "j", "Enter")
            _photograph(page, "page")
            _press(page, "v")
            _photograph(page, "table")
            _press(page, "v", "Escape", " ")
            page.wait_for_timeout(4_000)
            _photograph(page, "replay")
            browser.close()
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


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
