"""Every format plug-in, ours and other packages', keeps the contract of docs/ARCHITECTURE.md on whatever it is fed."""

from __future__ import annotations

import re
import sys
import time
from types import FrameType
from typing import Any

import numpy as np
import pytest

from skydas import plugins
from skydas.model import NS_PER_S, PLOT, TRACK, Decoded, PlotFlag, PlotKind, utc_ns
from tests.contract.damage import damaged

RX_NS = utc_ns("2026-03-01T12:00:00Z")
STATE_OCTETS_MAX = 8_000_000
LINES_PER_OCTET_MAX = 60  # of Python executed for one octet of payload, besides a constant
LINES_MAX = 4_000
REASON = re.compile(r"[a-z][a-z0-9_]*(:[A-Za-z0-9_./ -]{1,40})?$")
NAMES = plugins.names("formats")


def decoder_of(name: str) -> Any:
    return plugins.load("formats", name).Decoder(plugins.params("formats", name, {}, name))


def check(decoded: Decoded, rx_ns: int) -> None:
    assert decoded.plots.dtype == PLOT
    assert decoded.tracks.dtype == TRACK
    assert decoded.records >= 0
    for reason, count in decoded.rejected.items():
        assert REASON.match(reason), reason
        assert count > 0
    plots = decoded.plots
    if len(plots):
        assert (plots["rx_ns"] == rx_ns).all()
        assert np.isin(plots["kind"], [int(kind) for kind in PlotKind]).all()
        measured = plots["flags"] & PlotFlag.TRACK_END == 0  # a track's last message may be without a place
        placed = measured & np.isin(plots["kind"], (PlotKind.POSITION, PlotKind.TRACK))
        assert (np.abs(plots["latitude_rad"][placed]) <= np.pi / 2).all()
        assert (np.abs(plots["longitude_rad"][placed]) <= np.pi + 1e-9).all()
        assert np.isfinite(plots["range_m"][measured & (plots["kind"] == PlotKind.POLAR)]).all()
        assert np.isfinite(plots["azimuth_true_rad"][plots["kind"] == PlotKind.BEARING]).all()
        assert (plots["mode_s"] <= 0xFFFFFF).all()


@pytest.mark.parametrize("name", NAMES)
def test_its_examples_are_read(name: str) -> None:
    decoder = decoder_of(name)
    examples = plugins.load("formats", name).EXAMPLES
    assert examples
    records = 0
    for example in examples:
        decoded = decoder.decode(RX_NS, example)
        check(decoded, RX_NS)
        records += decoded.records
    assert records > 0


@pytest.mark.parametrize("name", NAMES)
def test_nothing_escapes_it_however_its_examples_are_damaged(name: str, request: pytest.FixtureRequest) -> None:
    decoder = decoder_of(name)
    slowest_s, slowest = 0.0, b""
    count = request.config.getoption("--damaged")
    examples = plugins.load("formats", name).EXAMPLES
    for example in examples:  # so that no compiling is taken for slowness
        decoder_of(name).decode(RX_NS, example)
    for number, payload in enumerate(damaged(examples, count, seed=sum(name.encode()))):
        rx_ns = RX_NS + number * NS_PER_S // 50
        began_s = time.perf_counter()
        try:
            decoded = decoder.decode(rx_ns, payload)
        except Exception as error:
            raise AssertionError(f"{name}: {error!r} escaped on {payload.hex()}") from error
        taken_s = time.perf_counter() - began_s
        if taken_s > slowest_s:
            slowest_s, slowest = taken_s, payload
        check(decoded, rx_ns)
    if hasattr(decoder, "state"):
        assert len(decoder.state()) < STATE_OCTETS_MAX
    if request.config.getoption("--slowest"):
        print(f"\n{name}: {count} damaged payloads, slowest {slowest_s * 1e3:.2f} ms for {len(slowest)} octets")
    healthy = decoder_of(name)
    assert sum(healthy.decode(RX_NS, example).records for example in examples) > 0


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("deep", [b"[" * 60_000 + b"\n", b'{"a":' * 20_000 + b"\n", b'{"aircraft":' + b"[" * 60_000])
def test_what_is_nested_without_end_is_refused(name: str, deep: bytes) -> None:
    decoder = decoder_of(name)
    for payload in (deep, deep + b"]" * 60_000 + b"}\n"):
        check(decoder.decode(RX_NS, payload), RX_NS)


@pytest.mark.parametrize("name", NAMES)
def test_its_steps_are_bounded_by_the_length_of_the_payload(name: str) -> None:
    decoder = decoder_of(name)
    examples = plugins.load("formats", name).EXAMPLES
    for example in examples:
        decoder.decode(RX_NS, example)
    lines = 0

    def count_lines(frame: FrameType, event: str, arg: object) -> Any:
        nonlocal lines
        if event == "line":
            lines += 1
        return count_lines

    for payload in damaged(examples, 400, seed=7):
        lines = 0
        sys.settrace(count_lines)
        try:
            decoder.decode(RX_NS, payload)
        finally:
            sys.settrace(None)
        assert lines <= LINES_MAX + LINES_PER_OCTET_MAX * len(payload), (name, lines, payload.hex())


@pytest.mark.parametrize("name", NAMES)
def test_a_restored_decoder_goes_on_as_if_nothing_had_happened(name: str) -> None:
    examples = plugins.load("formats", name).EXAMPLES
    decoder = decoder_of(name)
    if not hasattr(decoder, "state"):
        pytest.skip(f"{name} remembers nothing between payloads")
    feed = [*examples, *damaged(examples, 200, seed=3), *examples]
    for payload in feed:
        decoder.decode(RX_NS, payload)
    restored = decoder_of(name)
    restored.restore(decoder.state())
    assert restored.state() == decoder.state()
    for number, payload in enumerate([*examples, *damaged(examples, 200, seed=4)]):
        ours, theirs = (one.decode(RX_NS + number, payload) for one in (decoder, restored))
        assert ours.plots.tobytes() == theirs.plots.tobytes()
        assert (ours.rejected, ours.records, ours.statuses) == (theirs.rejected, theirs.records, theirs.statuses)
