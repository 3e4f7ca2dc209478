"""How long a user waits: `skydas --help`, and from the command `skydas demo` to moving tracks on the wire.

python -m bench.start --json
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from typing import Any

from bench.machine import machine

RUNS = 5
WAIT_S_MAX = 60.0


def help_s() -> float:
    """Return the median time of `skydas --help`."""
    times = []
    for _ in range(RUNS):
        began_s = time.perf_counter()
        subprocess.run([sys.executable, "-m", "skydas", "--help"], check=True, capture_output=True)
        times.append(time.perf_counter() - began_s)
    return statistics.median(times)


def moving_tracks_s() -> float:
    """Return the time from starting `skydas demo` until a track's place has changed between two answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    began_s = time.perf_counter()
    command = [sys.executable, "-m", "skydas", "demo", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        seen: dict[int, tuple[float, float]] = {}
        while time.perf_counter() - began_s < WAIT_S_MAX:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/tracks", timeout=1.0) as answer:
                    tracks = json.load(answer)["tracks"]
            except OSError:
                time.sleep(0.05)
                continue
            for track in tracks:
                place = (track["latitude_deg"], track["longitude_deg"])
                if track["status"] == "confirmed" and seen.setdefault(track["track_no"], place) != place:
                    return time.perf_counter() - began_s
            time.sleep(0.05)
        raise TimeoutError(f"no moving track after {WAIT_S_MAX} s")
    finally:
        os.kill(process.pid, signal.SIGINT)
        process.wait(20)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found: dict[str, Any] = {"machine": machine(), "help_s": round(help_s(), 3)}
    found["moving_tracks_s"] = [round(moving_tracks_s(), 2) for _ in range(3)]
    print(json.dumps(found, indent=2) if given.json else found)


if __name__ == "__main__":
    main()
