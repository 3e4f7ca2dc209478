"""Looking at the screen: is the symbol of a track where it should be?"""

from __future__ import annotations

import io
import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Page

from tests.browser.chromium import wait_frames

TILE_PX = 512  # the world's width at zoom 0
FRAMES = {
    "pending": 0xEAD96E,
    "unknown": 0xEAD96E,
    "assumed friend": 0x79C0F2,
    "friend": 0x79C0F2,
    "neutral": 0x7FD896,
    "suspect": 0xFFA657,
    "hostile": 0xFF6F6B,
}
COLOUR_STEPS_MAX = 80  # of 255 a channel: lines are thin and their edges smoothed
NEAR_PX = 10
PIXELS_MIN = 12
EDGE_PX = 40  # of the map, where the toolbar and the frame are


@dataclass
class Listed:
    """One row of the table."""

    track_no: int
    identity: str
    status: str
    latitude_deg: float
    longitude_deg: float


def table_rows(page: Page) -> list[Listed]:
    """Return what the table lists in the part of it that is drawn."""
    cells = page.eval_on_selector_all(
        "#track-table tbody tr[data-track]", "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
    )
    return [_listed(row) for row in cells]


def _listed(row: list[str]) -> Listed:
    found = re.fullmatch(r"([\d.]+)° ([NS])\s+([\d.]+)° ([EW])", row[-1].strip())
    assert found, f"the last cell holds no place: {row}"
    latitude = float(found[1]) * (1 if found[2] == "N" else -1)
    longitude = float(found[3]) * (1 if found[4] == "E" else -1)
    return Listed(int(row[0]), row[2], row[4], latitude, longitude)


def screenshot(page: Page) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the page as it is on screen, (height, width, 3)."""
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    return np.asarray(image).astype(np.int64)


def without(page: Page, canvas: str) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the page as it is when one of its canvases (`tracks`, `overlay`) is hidden."""
    page.evaluate(f"document.querySelector('canvas.{canvas}').style.visibility = 'hidden'")
    wait_frames(page)
    shot = screenshot(page)
    page.evaluate(f"document.querySelector('canvas.{canvas}').style.visibility = ''")
    wait_frames(page)
    return shot


def map_box(page: Page) -> dict[str, float]:
    """Return where the map is on the page, pixels."""
    box = page.locator(".pane").bounding_box()
    assert box is not None
    return dict(box)


def place_on_screen(page: Page, latitude_deg: float, longitude_deg: float) -> tuple[float, float]:
    """Return where a place is on the page, from the address alone: not by the page's own drawing code."""
    found = re.search(r"at=([-\d.]+),([-\d.]+),([-\d.]+)", page.evaluate("location.hash"))
    assert found, "the address names no view"
    centre_lat, centre_lon, zoom = (float(part) for part in found.groups())
    scale = TILE_PX * 2**zoom
    box = map_box(page)
    x = (longitude_deg - centre_lon) / 360 * scale + box["x"] + box["width"] / 2
    y = (_mercator_y(latitude_deg) - _mercator_y(centre_lat)) * scale + box["y"] + box["height"] / 2
    return x, y


def _mercator_y(latitude_deg: float) -> float:
    return 0.5 - math.log(math.tan(math.pi / 4 + math.radians(latitude_deg) / 2)) / math.tau


def share_drawn(page: Page) -> tuple[int, float]:
    """Return how many of the table's tracks are in view, and what share of them has its identity's colour there."""
    rows = [row for row in table_rows(page) if row.status == "confirmed"]
    shot = screenshot(page)
    box = map_box(page)
    seen = drawn = 0
    for row in rows:
        x, y = place_on_screen(page, row.latitude_deg, row.longitude_deg)
        inside_x = box["x"] + EDGE_PX < x < box["x"] + box["width"] - EDGE_PX
        inside_y = box["y"] + EDGE_PX < y < box["y"] + box["height"] - EDGE_PX
        if not (inside_x and inside_y):
            continue
        seen += 1
        drawn += is_drawn(shot, x, y, FRAMES[row.identity])
    return seen, drawn / max(seen, 1)


def is_drawn(shot: np.ndarray[Any, np.dtype[np.int64]], x: float, y: float, colour: int) -> bool:
    """Say whether enough pixels around a point have a frame's colour, and are nearer to it than to any other's."""
    column, row = round(x), round(y)
    patch = shot[row - NEAR_PX : row + NEAR_PX + 1, column - NEAR_PX : column + NEAR_PX + 1]
    frames = np.array([[each >> 16, each >> 8 & 0xFF, each & 0xFF] for each in dict.fromkeys(FRAMES.values())])
    steps = np.abs(patch[:, :, None, :] - frames).max(axis=3)  # (rows, columns, frames)
    wanted = list(dict.fromkeys(FRAMES.values())).index(colour)
    close = (steps[:, :, wanted] < COLOUR_STEPS_MAX) & (steps.argmin(axis=2) == wanted)
    return int(close.sum()) >= PIXELS_MIN
