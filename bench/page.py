"""Frames a second of the page with N moving tracks, in headless Chromium with software WebGL.

python -m bench.page --tracks 2000 --size 1280x720 --json
python -m bench.page --address http://127.0.0.1:8080  # a node that runs already
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright
from tests.browser.chromium import FLAGS, open_page, start_chromium, wait_until

FEED = Path(__file__).with_name("page_feed.py")
PORT = 8098
VIEW = "at=56.75,24.50,6.20"  # holds every track of the feed
WARM_UP_S = 4.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tracks", type=int, default=2000)
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--address", default="", help="measure the page of a node that runs already")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    width, height = map(int, options.size.split("x"))
    feed = None if options.address else start_feed(options.tracks)
    try:
        address = options.address or f"http://127.0.0.1:{PORT}"
        result = measure(f"{address}/#{VIEW}", width, height, options.seconds, 1 if feed is None else options.tracks)
    finally:
        if feed is not None:
            feed.terminate()
            feed.wait()
    result["machine"] = {"cpus": os.cpu_count(), "platform": platform.platform(), "python": platform.python_version()}
    if options.json:
        print(json.dumps(result))
    else:
        print(
            f"{result['frames_per_s']:.1f} frames/s, {result['track_count']} tracks, {result['label_count']} labels, "
            f"{result['updates_per_s']:.0f} updates/s at {options.size} ({result['chromium']})"
        )


def start_feed(count: int) -> subprocess.Popen[bytes]:
    """Start the synthetic feed and wait until it listens."""
    feed = subprocess.Popen(
        [sys.executable, str(FEED), "--tracks", str(count), "--port", str(PORT)], stdout=subprocess.PIPE
    )
    assert feed.stdout is not None
    feed.stdout.readline()
    return feed


def measure(address: str, width: int, height: int, seconds: float, track_count_min: int) -> dict[str, Any]:
    """Return what the page counted of itself over `seconds`."""
    with sync_playwright() as playwright:
        browser = start_chromium(playwright)
        page = browser.new_page(viewport={"width": width, "height": height})
        open_page(page, address)
        wait_until(page, f"__skydas.trackCount >= {track_count_min}")
        page.wait_for_timeout(WARM_UP_S * 1000)
        before, began = counts(page), time.perf_counter()
        page.wait_for_timeout(seconds * 1000)
        after, took_s = counts(page), time.perf_counter() - began
        version = browser.version
        browser.close()
    return {
        "frames_per_s": (after["frames"] - before["frames"]) / took_s,
        "updates_per_s": (after["updates"] - before["updates"]) / took_s,
        "track_count": after["tracks"],
        "label_count": after["labels"],
        "gap_count": after["gaps"],
        "degraded": after["degraded"],
        "width_px": width,
        "height_px": height,
        "seconds": took_s,
        "chromium": version,
        "flags": FLAGS,
    }


def counts(page: Page) -> dict[str, Any]:
    """Return the page's own counters."""
    read = """({frames: __skydas.frameCount, updates: __skydas.updateCount, tracks: __skydas.trackCount,
                labels: __skydas.labelCount, gaps: __skydas.link.gaps, degraded: __skydas.degraded})"""
    return dict(page.evaluate(read))


if __name__ == "__main__":
    main()
