"""Ranges, azimuths, levels and addresses of the radar recording against Wireshark's reading of them."""

from __future__ import annotations

import shutil
import struct
import subprocess

import pytest

from skydas.formats.asterix import Params, Reader
from tests.paths import needs_shared, recording

FIELDS = {
    "asterix.048_040_RHO": "I048_040_RHO_NM",
    "asterix.048_040_THETA": "I048_040_THETA_deg",
    "asterix.048_090_FL": "I048_090_FL_FL",
    "asterix.048_140_VALUE": "I048_140_s",
}


@pytest.mark.peer
@needs_shared
def test_tshark_reads_the_same_ranges_azimuths_levels_and_times() -> None:
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not installed (Debian package tshark)")
    path = recording("asterix/cat_034_048.pcap")
    command = ["tshark", "-r", str(path), "-d", "udp.port==0-65535,asterix", "-T", "fields", "-E", "aggregator=,"]
    for name in FIELDS:
        command += ["-e", name]
    lines = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout.splitlines()
    theirs: dict[str, list[float]] = {name: [] for name in FIELDS.values()}
    for line in lines:
        for name, text in zip(FIELDS.values(), line.split("\t"), strict=True):
            theirs[name] += [float(value) for value in text.split(",") if value]
    reader = Reader(Params(editions={"048": "1.30"}))  # as tshark, it has no levels below zero
    octets = path.read_bytes()
    at = 24
    while at + 16 <= len(octets):
        size = struct.unpack_from("<I", octets, at + 8)[0]
        frame = octets[at + 16 : at + 16 + size]
        reader.feed(0, frame[42 : 14 + struct.unpack_from(">H", frame, 16)[0]])
        at += 16 + size
    ours = reader.tables()["048"]
    for name, values in theirs.items():
        assert len(values) > 100
        assert [value for value in ours[name].to_pylist() if value is not None] == pytest.approx(values, abs=1e-9), name
