"""Mode S frames to plots on one core: the kernel alone, and each format in payloads as they come over a link.

    python -m bench.modes --json [--recording FRAMES.jsonl.gz]

Without a recording: simple traffic of 200 aircraft made here. rs1090's own decode of the same frames stands beside it.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import rs1090
from tests import modes_frames as make

from bench.machine import machine
from skydas.clock import stopwatch_ns
from skydas.formats import avr, beast, modes_json
from skydas.formats._modes.frames import FrameDecoder, ReceiverParams, batch_of
from skydas.model import NS_PER_S, Decoded

PAYLOAD_OCTETS = 4096
START_NS = 1_717_664_319 * NS_PER_S
ROUNDS = 3


def traffic(aircraft_count: int, seconds: int) -> list[tuple[int, bytes]]:
    """Return (t_ns, frame): positions twice a second, callsigns every five, a reply each second, of each aircraft."""
    frames = []
    for second in range(seconds):
        for aircraft in range(aircraft_count):
            address = 0x400000 + aircraft
            latitude_deg, longitude_deg = 50.0 + aircraft % 20 + second * 0.002, aircraft // 20 * 2.0
            for half in (0, 1):
                t_ns = START_NS + second * NS_PER_S + half * (NS_PER_S // 2) + aircraft * 1_000_000
                frames.append((t_ns, make.squitter(address, make.in_air(latitude_deg, longitude_deg, half == 1))))
            frames.append((t_ns, make.reply(4, address, 0x0C38)))
            if second % 5 == 0:
                frames.append((t_ns, make.squitter(address, make.identification(f"TEST{aircraft}"))))
    return sorted(frames)


def recorded(path: Path) -> list[tuple[int, bytes]]:
    """Return (t_ns, frame) of JSON lines."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        rows = [json.loads(line) for line in file]
    return [(round(row["timestamp"] * 1e6) * 1000, bytes.fromhex(row["frame"])) for row in rows]


def rate(count: int, work: Callable[[], int]) -> dict[str, float]:
    """Return frames per second in the best of a few rounds, after one that is not counted, and the plots."""
    plots = work()
    best_ns = 1 << 62
    for _ in range(ROUNDS):
        start_ns = stopwatch_ns()
        assert work() == plots
        best_ns = min(best_ns, stopwatch_ns() - start_ns)
    return {"frames_per_s": round(count / best_ns * NS_PER_S), "plots": plots}


def measure(frames: list[tuple[int, bytes]]) -> dict[str, Any]:
    """Return the figures."""
    octets = [frame for _, frame in frames]
    times_ns = [t_ns for t_ns, _ in frames]
    batch = batch_of(octets, times_ns, [False] * len(frames))
    streams = {
        beast: b"".join(
            b"\x1a" + (b"3" if len(frame) == 14 else b"2") + (bytes(6) + b"\x40" + frame).replace(b"\x1a", b"\x1a\x1a")
            for frame in octets
        ),
        avr: b"".join(b"*%s;\n" % frame.hex().encode() for frame in octets),
        modes_json: b"".join(
            b'{"timestamp":%.6f,"frame":"%s"}\n' % (t_ns / NS_PER_S, frame.hex().encode()) for t_ns, frame in frames
        ),
    }

    def kernel() -> int:
        decoded = Decoded()
        FrameDecoder(ReceiverParams()).step(START_NS, batch, decoded)
        return len(decoded.plots)

    def stream(module: Any, payloads: list[bytes]) -> int:
        decoder = module.Decoder(module.Params())
        return sum(len(decoder.decode(START_NS, payload).plots) for payload in payloads)

    figures: dict[str, Any] = {"frames": len(frames), "kernel": rate(len(frames), kernel)}
    for module, whole in streams.items():
        name = module.__name__.rpartition(".")[2]
        payloads = [whole[at : at + PAYLOAD_OCTETS] for at in range(0, len(whole), PAYLOAD_OCTETS)]
        figures[f"{name}_payloads_4096"] = rate(len(frames), lambda m=module, p=payloads: stream(m, p))
    lines = streams[modes_json].splitlines(keepends=True)
    figures["modes_json_line_by_line"] = rate(len(frames), lambda: stream(modes_json, lines))
    texts = [frame.hex() for frame in octets]
    figures["rs1090_items_only"] = rate(len(frames), lambda: len(rs1090.decode(texts)) * 0)
    return figures


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Mode S frames to plots on one core")
    parser.add_argument("--recording", type=Path)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    figures = measure(recorded(given.recording) if given.recording else traffic(200, 120))
    if given.json:
        print(json.dumps({"machine": machine(), "modes": figures}, indent=2))
    else:
        for name, figure in figures.items():
            print(f"{name:28} {figure}")


if __name__ == "__main__":
    main()
