"""How fast ASTERIX is read and written: `python bench/decode.py [--json] [--seed N] [--seconds S]`.

The plots are random (codes, callsign, level, Doppler in each), so a CAT048 record has 29 octets. Each figure is the
best of several rounds on one core; what was read is checked against what was written before anything is timed.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np

from skydas.formats.asterix import Decoder, Encoder, Reader
from skydas.model import TAU, PlotFlag, TrackStatus, empty_plots, empty_tracks

COUNT = 100_000
PAYLOAD_OCTETS = 250_000  # of a batch: whole blocks up to about this many
T_NS = 1_700_000_000_000_000_000


def some_plots(draw: np.random.Generator) -> Any:
    """Return plots that both CAT048 and CAT021 can carry, PLOT (COUNT,)."""
    plots = empty_plots(COUNT)
    plots["t_ns"] = T_NS
    plots["range_m"] = draw.uniform(1_000.0, 400_000.0, COUNT)
    plots["azimuth_true_rad"] = draw.uniform(0.0, TAU * 0.9999, COUNT)
    plots["latitude_rad"] = draw.uniform(0.9, 1.0, COUNT)
    plots["longitude_rad"] = draw.uniform(0.3, 0.5, COUNT)
    plots["height_pressure_m"] = draw.uniform(0.0, 12_000.0, COUNT)
    plots["range_rate_mps"] = draw.uniform(-250.0, 250.0, COUNT)
    plots["mode_3a"] = draw.integers(0, 4096, COUNT)
    plots["mode_s"] = draw.integers(1, 1 << 24, COUNT)
    plots["callsign"] = b"RYR174C"
    plots["quality"] = (8, 9, 2, 3)
    plots["flags"] = int(PlotFlag.MODE_S | PlotFlag.PRIMARY)
    return plots


def some_tracks(draw: np.random.Generator) -> Any:
    """Return tracks with velocity, height, codes and covariance, TRACK (60,000,): each has a number of 16 bits."""
    count = 60_000
    tracks = empty_tracks(count)
    tracks["t_ns"] = T_NS
    tracks["track_no"] = np.arange(1, count + 1)
    tracks["status"] = TrackStatus.CONFIRMED
    tracks["latitude_deg"] = draw.uniform(50.0, 60.0, count)
    tracks["longitude_deg"] = draw.uniform(10.0, 30.0, count)
    tracks["velocity_mps"] = draw.normal(0.0, 100.0, (count, 3))
    tracks["height_hae_m"] = draw.uniform(0.0, 12_000.0, count)
    tracks["mode_s"] = draw.integers(1, 1 << 24, count)
    tracks["mode_3a"] = draw.integers(0, 4096, count)
    tracks["callsign"] = b"RYR174C"
    tracks["cov"] = np.diag([400.0, 400.0, 900.0, 4.0, 4.0, 1.0])[np.triu_indices(6)]
    return tracks


def per_second(work: Callable[[], object], count: int, seconds: float) -> int:
    """Return how many of `count` are done in a second, best round of those that fit in `seconds`."""
    work()
    best_s = np.inf
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        work()
        best_s = min(best_s, time.perf_counter() - start)
    return round(count / best_s)


def batches(blocks: list[bytes]) -> list[bytes]:
    step = max(1, PAYLOAD_OCTETS // len(blocks[0]))
    return [b"".join(blocks[k : k + step]) for k in range(0, len(blocks), step)]


def decode_all(decoder: Decoder, payloads: list[bytes]) -> int:
    return sum(len(decoder.decode(T_NS, payload).plots) for payload in payloads)


def read_all(payloads: list[bytes]) -> Any:
    reader = Reader()
    for payload in payloads:
        reader.feed(T_NS, payload)
    return reader.tables()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=2.0, help="for each figure")
    options = parser.parse_args()
    draw = np.random.default_rng(options.seed)
    plots, tracks = some_plots(draw), some_tracks(draw)
    encoder, decoder = Encoder(), Decoder()
    blocks = {
        "048": encoder.encode_048(plots, 25, 1),
        "021": encoder.encode_021(plots, 25, 2),
        "062": encoder.encode_062(tracks, 25, 3),
    }
    assert encoder.refused == {}
    figures: dict[str, int] = {}
    for name, made in blocks.items():
        count = len(tracks) if name == "062" else COUNT
        payloads = batches(made)
        assert decode_all(decoder, payloads) == count
        figures[f"decode_{name}_batch_records_per_s"] = per_second(
            lambda payloads=payloads: decode_all(decoder, payloads), count, options.seconds
        )
        figures[f"decode_{name}_blocks_records_per_s"] = per_second(
            lambda made=made: decode_all(decoder, made), count, options.seconds
        )
    single = [encoder.encode_048(plots[k : k + 1], 25, 1)[0] for k in range(10_000)]
    figures["decode_048_datagrams_of_one_record_per_s"] = per_second(
        lambda: decode_all(decoder, single), len(single), options.seconds
    )
    figures["read_048_rows_per_s"] = per_second(lambda: read_all(blocks["048"]), COUNT, options.seconds)
    for name, work, count in (
        ("048", lambda: encoder.encode_048(plots, 25, 1), COUNT),
        ("021", lambda: encoder.encode_021(plots, 25, 2), COUNT),
        ("062", lambda: encoder.encode_062(tracks, 25, 3), len(tracks)),
    ):
        figures[f"encode_{name}_records_per_s"] = per_second(work, count, options.seconds)
    report = {
        "figures": figures,
        "seed": options.seed,
        "machine": platform.processor() or platform.machine(),
        "python": platform.python_version(),
        "numpy": version("numpy"),
        "numba": version("numba"),
        "octets_of_a_048_record": round(sum(map(len, blocks["048"])) / COUNT, 1),
    }
    if options.json:
        print(json.dumps(report))
        return
    for name, figure in figures.items():
        print(f"{name:45s} {figure:12,d}")


if __name__ == "__main__":
    main()
