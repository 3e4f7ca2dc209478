"""SAPIENT detections to plots, detections/s on one core: `python bench/sapient.py` prints one line of JSON."""

from __future__ import annotations

import json
import time
from typing import Any

from sapient_msg.bsi_flex_335_v2_0 import sapient_message_pb2

from skydas.formats.sapient import Decoder, Params, framed

COUNT = 50_000
READ_OCTETS = 65_536
ROUNDS = 3
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def ulid(number: int) -> str:
    """Return a ULID that differs with `number`."""
    return "01GGYFBAXG" + "".join(ALPHABET[number >> shift & 31] for shift in range(75, -1, -5))


def detection(number: int) -> bytes:
    """Return a drone detector's report with errors and a class; 200 objects take turns."""
    fields: dict[str, Any] = {
        "report_id": ulid(number),
        "object_id": ulid(number % 200),
        "location": {"x": 24.5, "y": 58.5, "z": 120.0, "x_error": 1e-4, "y_error": 1e-4, "z_error": 9.0},
        "classification": [{"type": "UAV Rotary Wing", "confidence": 0.8}],
        "detection_confidence": 0.9,
    }
    fields["location"] |= {"coordinate_system": 1, "datum": 1}
    stamp = {"seconds": 1_717_664_319 + number // 1_000, "nanos": number % 1_000 * 1_000_000}
    node = "a8654cdf-4328-47de-81fa-c495589e30c9"
    return framed(sapient_message_pb2.SapientMessage(timestamp=stamp, node_id=node, detection_report=fields))


def main() -> None:
    """Decode the same stream a few times; the best round is the figure, as the machine may be shared."""
    stream = b"".join(detection(number) for number in range(COUNT))
    best_s = float("inf")
    for _ in range(ROUNDS):
        decoder = Decoder(Params())
        began = time.perf_counter()
        plots = sum(
            len(decoder.decode(0, stream[at : at + READ_OCTETS]).plots) for at in range(0, len(stream), READ_OCTETS)
        )
        best_s = min(best_s, time.perf_counter() - began)
        assert plots == COUNT
    print(json.dumps({"bench": "sapient", "detections_per_s": round(COUNT / best_s), "octets": len(stream)}))


if __name__ == "__main__":
    main()
