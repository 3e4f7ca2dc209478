"""A small server that speaks the page's wire with N synthetic tracks: it loads the page alone, with no node behind it.

python bench/page_feed.py --tracks 2000 --port 8099
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import mimetypes
import struct
import time
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

STATIC = Path(__file__).resolve().parents[1] / "src/skydas/web/static"
HEADER = struct.Struct("<BBHIq")
UPDATES_PER_S = 5  # frames; each holds the tracks whose turn it is
TRACK_PERIOD_S = 1.0  # every track is updated once in this time
SEED = 7
METRES_PER_DEGREE = 111_320.0
RECORD = np.dtype(
    [
        ("track_no", "<u4"),
        ("latitude", "<i4"),
        ("longitude", "<i4"),
        ("height_dm", "<i4"),
        ("v", "<i2", (3,)),
        ("status", "u1"),
        ("identity", "u1"),
        ("class", "u1"),
        ("origin", "u1"),
        ("threat", "u1"),
        ("flags", "u1"),
        ("sigma_m", "<u2"),
        ("age_ds", "<u2"),
        ("mode_s", "<u4"),
        ("mode_3a", "<u2"),
        ("sensor_count", "<u2"),
    ]
)
assert RECORD.itemsize == 40
SENSORS = [
    {
        "id": 1,
        "name": "feed-radar",
        "kind": "radar_3d",
        "nation": "",
        "latitude_deg": 56.0,
        "longitude_deg": 24.0,
        "height_hae_m": 100.0,
        "range_m_min": 0.0,
        "range_m_max": 300_000.0,
        "period_s": 4.0,
        "state": "ok",
        "last_ns": 0,
        "plot_count": 0,
        "plots_per_s": 0.0,
        "silent_s": 0.0,
        "words": {},
    }
]


class Scene:
    """Tracks that fly straight on and turn back at the edges of a box over the Baltic states."""

    def __init__(self, count: int) -> None:
        rng = np.random.default_rng(SEED)
        self.latitude_deg = rng.uniform(54.0, 59.5, count)
        self.longitude_deg = rng.uniform(21.0, 28.0, count)
        speed_mps = rng.uniform(20.0, 260.0, count)
        course_rad = rng.uniform(0.0, 2 * np.pi, count)
        self.v_mps = np.stack((speed_mps * np.sin(course_rad), speed_mps * np.cos(course_rad), np.zeros(count)), axis=1)
        self.rows = np.zeros(count, RECORD)
        self.rows["track_no"] = np.arange(1, count + 1)
        self.rows["height_dm"] = rng.uniform(500, 110_000, count)
        self.rows["status"] = rng.choice([0, 1, 2], count, p=[0.05, 0.9, 0.05])
        self.rows["identity"] = rng.choice(7, count, p=[0.1, 0.3, 0.1, 0.1, 0.34, 0.05, 0.01])
        self.rows["class"] = rng.choice(
            12, count, p=[0.4, 0.1, 0.03, 0.05, 0.05, 0.04, 0.05, 0.02, 0.1, 0.01, 0.0, 0.15]
        )
        self.rows["origin"] = 1
        self.rows["sigma_m"] = 60
        self.rows["mode_s"] = rng.integers(1, 1 << 24, count)
        self.rows["mode_3a"] = rng.integers(0, 0o7777, count)
        self.rows["sensor_count"] = 1

    def step(self, elapsed_s: float) -> None:
        """Move every track on by `elapsed_s`."""
        per_degree_m = METRES_PER_DEGREE * np.cos(np.radians(self.latitude_deg))
        self.longitude_deg += self.v_mps[:, 0] * elapsed_s / per_degree_m
        self.latitude_deg += self.v_mps[:, 1] * elapsed_s / METRES_PER_DEGREE
        self.v_mps[:, 0] *= np.where((self.longitude_deg < 20.5) | (self.longitude_deg > 28.5), -1, 1)
        self.v_mps[:, 1] *= np.where((self.latitude_deg < 53.5) | (self.latitude_deg > 60.0), -1, 1)
        self.rows["latitude"] = self.latitude_deg * 1e7
        self.rows["longitude"] = self.longitude_deg * 1e7
        self.rows["v"] = np.round(self.v_mps * 10)


class Feed:
    """One scene for every page that is connected."""

    def __init__(self, count: int) -> None:
        self.scene = Scene(count)
        self.scene.step(0.0)
        self.seq = 0

    async def talk(self, link: ServerConnection) -> None:
        """Send the snapshot, then updates and the texts once a second, until the page goes away."""
        with contextlib.suppress(ConnectionClosed):
            await self._send_all(link)

    async def _send_all(self, link: ServerConnection) -> None:
        await link.send(self.text({"type": "node", **node_info()}))
        await link.send(self.tracks(1, self.scene.rows))
        names = {str(no): f"TST{no:04d}" for no in self.scene.rows["track_no"][::2]}
        await link.send(self.text({"type": "names", "names": names}))
        turn, turns = 0, max(1, round(UPDATES_PER_S * TRACK_PERIOD_S))
        while True:
            await asyncio.sleep(1 / UPDATES_PER_S)
            self.scene.step(1 / UPDATES_PER_S)
            await link.send(self.tracks(2, self.scene.rows[turn % turns :: turns]))
            turn += 1
            if turn % UPDATES_PER_S == 0:
                await link.send(self.text({"type": "sensors", "sensors": SENSORS}))

    def tracks(self, kind: int, rows: np.ndarray[Any, Any]) -> bytes:
        """Return a frame of track records."""
        self.seq += 1
        return HEADER.pack(kind, 1, 0, self.seq, time.time_ns()) + struct.pack("<II", len(rows), 0) + rows.tobytes()

    def text(self, message: dict[str, Any]) -> bytes:
        """Return a text frame."""
        self.seq += 1
        return HEADER.pack(3, 1, 0, self.seq, time.time_ns()) + json.dumps(message).encode()


def node_info() -> dict[str, Any]:
    """Return what the feed says of itself: everything it sends is simulated."""
    return {
        "node": "feed",
        "version": "0",
        "origin": "simulated",
        "now_ns": time.time_ns(),
        "latitude_deg": 56.5,
        "longitude_deg": 24.5,
    }


def answer(_: ServerConnection, request: Request) -> Response | None:
    """Serve the page's files; everything of the API but the link itself is not there."""
    path = urlsplit(request.path).path
    if path == "/api/v1/live":
        return None
    file = STATIC / (path.lstrip("/") or "index.html")
    if path.startswith("/api/") or not file.is_file():
        return Response(HTTPStatus.NOT_FOUND, "Not Found", Headers({"Content-Length": "0"}), b"")
    body = file.read_bytes()
    kind = "text/javascript" if file.suffix in (".js", ".mjs") else mimetypes.guess_type(file.name)[0] or "text/plain"
    headers = Headers({"Content-Type": kind, "Content-Length": str(len(body))})
    return Response(HTTPStatus.OK, "OK", headers, body)


async def open_feed(count: int, port: int) -> Server:
    """Start serving on 127.0.0.1."""
    return await serve(Feed(count).talk, "127.0.0.1", port, process_request=answer, compression=None)


async def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracks", type=int, default=2000)
    parser.add_argument("--port", type=int, default=8099)
    options = parser.parse_args()
    server = await open_feed(options.tracks, options.port)
    print(f"http://127.0.0.1:{options.port} with {options.tracks} tracks", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
