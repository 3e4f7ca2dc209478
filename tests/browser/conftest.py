"""A real node with the demonstration's scene, and a real Chromium that may speak to nobody else."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Route, sync_playwright

from tests.browser.chromium import CHROMIUM, start_chromium

NODE_START_S_MAX = 120.0  # the first start compiles the kernels
SIZE = {"width": 1280, "height": 720}

needs_chromium = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM} (apt install chromium)")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test here that asks for a page."""
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
            item.add_marker(needs_chromium)
            item.add_marker(pytest.mark.xdist_group(f"browser {item.path.name}"))  # one node, one browser


@pytest.fixture(scope="module")
def node_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run `skydas demo` for the tests of one file and return the page's address."""
    directory = tmp_path_factory.mktemp("node")
    yield from run_node(["demo", "--directory", str(directory / "data")], free_port(), directory)


def run_node(arguments: list[str], port: int, directory: Path) -> Iterator[str]:
    """Run `skydas` with these arguments and a page on `port`, yield the page's address, and stop it."""
    log = directory / "log.txt"
    command = [sys.executable, "-c", "from skydas.cli import main; main()", *arguments, "--port", str(port)]
    with log.open("wb") as sink:
        process = subprocess.Popen(command, stdout=sink, stderr=sink, start_new_session=True)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address, process, log)
        yield address
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + NODE_START_S_MAX
    while time.monotonic() < end:
        assert process.poll() is None, f"the node ended at once:\n{log.read_text()[-2000:]}"
        try:
            urllib.request.urlopen(f"{address}/api/v1/node", timeout=2).close()
        except (URLError, OSError):
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"the node did not answer in {NODE_START_S_MAX:.0f} s:\n{log.read_text()[-2000:]}")


@pytest.fixture(scope="module")
def playwright_driver() -> Iterator[Playwright]:
    """Run Playwright's driver; it must end with the file, because no other event loop runs beside it."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def chromium(playwright_driver: Playwright) -> Iterator[Browser]:
    """Run one Chromium for the session."""
    browser = start_chromium(playwright_driver)
    yield browser
    browser.close()


@pytest.fixture
def outside() -> list[str]:
    """Return the addresses outside the node that a page asked for: they are blocked and counted."""
    return []


@pytest.fixture
def context(chromium: Browser, outside: list[str]) -> Iterator[BrowserContext]:
    """Return a fresh browser profile that reaches 127.0.0.1 alone."""
    context = chromium.new_context(viewport=SIZE)
    context.route("**/*", lambda route: _only_here(route, outside))
    yield context
    context.close()


def _only_here(route: Route, outside: list[str]) -> None:
    address = urlsplit(route.request.url)
    if address.scheme in ("data", "blob") or address.hostname == "127.0.0.1":
        route.continue_()
        return
    outside.append(route.request.url)
    route.abort()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """Return an empty page; an error in its scripts fails the test that looks at it."""
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"error in the page: {error}"))
    return page
