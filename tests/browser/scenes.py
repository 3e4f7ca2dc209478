"""Scenes for the tests of the page, the nodes that track them, and what those nodes say of themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.browser.chromium import wait_for
from tests.browser.conftest import free_port, run_node

START_S = 1_780_304_400  # 2026-06-01T09:00:00Z, when every scene here begins
STANDS_STILL_MS = 2_000  # a minute of a fast scene: a picture unchanged for as long has nothing more to come

_SCENE = """
[scene]
name = "{name}"
title = "{title}"
start_utc = "2026-06-01T09:00:00Z"
duration_s = {duration_s}
latitude_deg = 55.0
longitude_deg = 24.0
{targets}
[[radars]]
name = "radar"
sac = 1
sic = 1
latitude_deg = {radar[0]}
longitude_deg = {radar[1]}
secondary = false
doppler = true
period_s = {period_s}
range_m_max = {range_m_max}
clutter_per_scan = {clutter_per_scan}
"""
_NODE = """
[node]
name = "{name}"
origin = "simulated"
clock = "sources"
judges = {judges}
directory = "{directory}/data"

[[sensors]]
id = 1
name = "radar"
kind = "radar_2d"
sac = 1
sic = 1
latitude_deg = {radar[0]}
longitude_deg = {radar[1]}
range_m_max = {range_m_max}
period_s = {period_s}

[[sources]]
name = "radar"
source = "fed"
format = "asterix"

[[sources]]
name = "scene"
source = "sim"
params = {{ scenario = "{directory}/scene.toml", seed = 1, now = false, speed = {speed} }}
"""


def run_scene(
    directory: Path,
    name: str,
    title: str,
    targets: str,
    *,
    duration_s: int,
    speed: int,
    radar: tuple[float, float] = (55.02, 23.9),
    range_m_max: float = 40_000.0,
    period_s: int = 2,
    clutter_per_scan: int = 5,
    judges: bool = True,
    more: str = "",
) -> Iterator[str]:
    """Run a node through the scene of one radar, `speed` times as fast as real time, and yield the page's address.

    `targets` is what the scenario says of them; `more` ends the node file.
    """
    place = {"name": name, "radar": radar, "range_m_max": range_m_max, "period_s": period_s}
    scene = _SCENE.format(
        **place, title=title, duration_s=duration_s, targets=targets, clutter_per_scan=clutter_per_scan
    )
    (directory / "scene.toml").write_text(scene)
    node = directory / "node.toml"
    node.write_text(_NODE.format(**place, directory=directory, judges=str(judges).lower(), speed=speed) + more)
    yield from run_node(["run", str(node)], free_port(), directory)


def answer(page: Page, address: str, path: str) -> Any:
    """Return what the node answers."""
    return page.request.get(f"{address}/api/v1/{path}").json()


def standing(page: Page, address: str, topic: str) -> list[dict[str, Any]]:
    """Return what the node says of one topic."""
    return list(answer(page, address, f"standing/{topic}"))


def wait_for_the_end(page: Page, address: str, end_s: float, what: str = "groups") -> None:
    """Wait until `end_s` of the scene have passed, and neither the node's time nor what it answers changes any more."""

    def now() -> tuple[int, Any]:
        return int(answer(page, address, "node")["now_ns"]), answer(page, address, what)

    def stands_still() -> bool:
        before = now()
        page.wait_for_timeout(STANDS_STILL_MS)
        return before[0] >= (START_S + end_s) * 10**9 and now() == before

    wait_for(page, stands_still, "the scene is over and nothing changes")
