"""How Debian's Chromium is started, and how a page with a strict content policy is waited for."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright

CHROMIUM = Path("/usr/bin/chromium")
# Without the last three the WebGL canvas is black or missing on a machine that has no graphics card.
FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
]
POLL_MS = 50
ADDRESS_MS = 600  # the page writes its address a little more often
WAIT_S_MAX = 90.0  # a machine under load draws a frame in a second


def start_chromium(playwright: Playwright) -> Browser:
    """Return a headless Chromium that draws WebGL2 in software."""
    return playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS, ignore_default_args=["--disable-gpu"])


def wait_until(page: Page, expression: str, seconds: float = WAIT_S_MAX) -> None:
    """Wait until a JavaScript expression is true in the page.

    Playwright's own wait_for_function evaluates inside the page, which the page's content policy forbids.
    """
    wait_for(page, lambda: bool(page.evaluate(expression)), expression, seconds)


def wait_for(page: Page, holds: Callable[[], bool], what: str, seconds: float = WAIT_S_MAX) -> None:
    """Wait until `holds()` is true; fail with `what` when it does not come true."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"never came true in {seconds:.0f} s: {what}"
        page.wait_for_timeout(POLL_MS)


def wait_frames(page: Page, count: int = 3) -> None:
    """Wait until the map was drawn so many times more: what changed before the call is on screen."""
    drawn = page.evaluate("__skydas.frameCount")
    wait_until(page, f"__skydas.frameCount >= {drawn + count}")


def settle(page: Page) -> None:
    """Wait until the map stands still, the address says where, and all of it is drawn."""

    def view() -> str:
        return str(page.evaluate("__skydas.mapIdle && (location.hash.match(/at=[^&]*/) || [''])[0]"))

    def stands() -> bool:
        before = view()
        page.wait_for_timeout(ADDRESS_MS)
        return before.startswith("at=") and view() == before

    wait_for(page, stands, "the map stands still")
    wait_frames(page)


def open_page(page: Page, address: str) -> None:
    """Open the page and wait until its map stands still and tracks are drawn on it."""
    page.goto(address)
    wait_until(
        page, "Boolean(window.__skydas && __skydas.mapIdle && __skydas.trackCount > 0 && __skydas.frameCount > 3)"
    )
