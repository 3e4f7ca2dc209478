"""Every item of every category and edition against libasterix, both ways, and on every real recording."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skydas.formats.asterix import EXAMPLES, Encoder, Params, Reader
from skydas.formats.asterix.items import CATEGORIES
from skydas.formats.asterix.program import editions
from skydas.model import SensorReport, empty_plots, empty_tracks
from tests.paths import DATA, needs_shared, recording
from tests.peers.environments import Peer, peer_python

pytestmark = pytest.mark.peer

RECORDS = 12
DAMAGED = 25
UNITS = {
    "°": "deg",
    "°/s": "deg_per_s",
    "°C": "degC",
    "m/s²": "m_per_s2",
    "dBm²": "dBm2",
    "m²": "m2",
    "NM/s": "NM_per_s",
    "m/s": "m_per_s",
    "ft/min": "ft_per_min",
    "%": "percent",
}
EVERY = [(category, edition) for category in CATEGORIES for edition in editions(category)]


@pytest.fixture(scope="module")
def libasterix() -> Iterator[Peer]:
    peer = Peer(peer_python("libasterix", "libasterix==0.36.3"), Path(__file__).with_name("asterix_oracle.py"))
    yield peer
    peer.close()


def block(category: int, records: bytes) -> bytes:
    return struct.pack(">BH", category, len(records) + 3) + records


def reader_rows(category: int, edition: str, payload: bytes) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """Return our records without what they do not have, and the reasons counted."""
    reader = Reader(Params(editions={f"{category:03d}": edition}))
    reader.feed(0, payload)
    tables = reader.tables()
    rows = tables[f"{category:03d}"].drop_columns(["rx_ns", "copy"]).to_pylist() if tables else []
    return [{k: v for k, v in row.items() if v is not None} for row in rows], reader.summary()["reasons"]


def expected(category: int, record: dict[str, Any]) -> dict[str, Any]:
    """Return libasterix's record under our column names; a text without what stands for no character."""
    found = {}
    for path, value in record.items():
        many = not value or isinstance(value[0], list)
        unit = "" if many and not value else (value[0] if many else value)[2]
        name = f"I{category:03d}_{path}"
        if isinstance(unit, str) and unit and not unit.startswith("String"):
            name += "_" + UNITS.get(unit, unit)
        found[name] = [one[:2] for one in value] if many else value[:2]
    return found


def comparable(kind: str, ours: Any, theirs: Any) -> tuple[Any, Any]:
    """Return both sides in one form: hex texts as numbers, characters that are none left out."""
    if kind == "code" and isinstance(ours, str):
        return int(ours, 16), theirs
    if kind == "code":
        return ours & 0xFFFF_FFFF_FFFF_FFFF, theirs
    if kind == "text":
        return ours.replace(" ", ""), theirs.replace(" ", "")
    return ours, theirs


def assert_same(category: int, ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> None:
    assert len(ours) == len(theirs)
    for our, their in zip(ours, theirs, strict=True):
        wanted = expected(category, their)
        empty = {name for name, value in wanted.items() if value == []}
        left = {name for name in our if not any(name.startswith(one) and our[name] == [] for one in empty)}
        assert left == set(wanted) - empty
        for name in left:
            value = wanted[name]
            if isinstance(value[0], list):
                assert len(our[name]) == len(value)
                pairs = list(zip(our[name], value, strict=True))
            else:
                pairs = [(our[name], value)]
            for mine, (kind, theirs_value) in pairs:
                a, b = comparable(kind, mine, theirs_value)
                assert a == b, name


def test_we_have_every_edition_that_libasterix_has(libasterix: Peer) -> None:
    theirs = libasterix.ask(do="editions")
    for category in CATEGORIES:
        assert list(editions(category)) == theirs[str(category)]


@pytest.mark.parametrize(("category", "edition"), EVERY)
def test_random_records_that_libasterix_writes_are_read_item_by_item(
    libasterix: Peer, category: int, edition: str
) -> None:
    made = libasterix.ask(do="random", category=category, edition=edition, seed=category, count=RECORDS)
    rows, reasons = reader_rows(category, edition, block(category, bytes.fromhex(made["octets"])))
    assert "edition_mismatch" not in reasons
    assert_same(category, rows, made["records"])


@pytest.mark.parametrize(("category", "edition"), EVERY)
def test_damaged_records_are_refused_where_libasterix_refuses_them(
    libasterix: Peer, category: int, edition: str
) -> None:
    made = libasterix.ask(do="random", category=category, edition=edition, seed=category + 1, count=2)
    good = bytes.fromhex(made["octets"])
    draw = np.random.default_rng(category)
    for _ in range(DAMAGED):
        octets = bytearray(good)
        octets[draw.integers(min(len(octets), 24))] ^= 1 << draw.integers(8)
        records = bytes(octets[: draw.integers(1, len(octets) + 1)] if draw.random() < 0.3 else octets)
        theirs = libasterix.ask(do="decode", category=category, edition=edition, records=records.hex())
        ours, reasons = reader_rows(category, edition, block(category, records))
        reasons.pop("expansion_unread", None)
        if any(not record for record in theirs["records"]) or reasons.keys() & {"record_empty", "item_twice"}:
            continue  # libasterix passes a FSPEC without an item, and an item given twice
        assert bool(reasons) == bool(theirs["error"]), (theirs["error"], reasons, records.hex())
        assert_same(category, ours, theirs["records"])


def test_libasterix_reads_our_examples_as_we_do(libasterix: Peer) -> None:
    for payload in EXAMPLES:
        if payload[0] in CATEGORIES:
            assert_block(libasterix, payload)


def assert_block(libasterix: Peer, payload: bytes, edition: str = "") -> None:
    category = payload[0]
    newest = edition or editions(category)[-1]
    theirs = libasterix.ask(do="decode", category=category, edition=newest, records=payload[3:].hex())
    ours, _ = reader_rows(category, newest, payload)
    assert theirs["error"] == ""
    assert_same(category, ours, theirs["records"])


def test_libasterix_reads_what_our_encoder_writes(libasterix: Peer) -> None:
    draw = np.random.default_rng(62)
    plots = random_plots(draw, 40)
    encoder = Encoder()
    for payload in (*encoder.encode_048(plots, 25, 1), *encoder.encode_021(plots, 25, 2)):
        assert_block(libasterix, payload)
    for payload in (*encoder.encode_062(random_tracks(draw, 40), 25, 3), encoder.encode_065(10**18, 25, 3, 7)):
        assert_block(libasterix, payload)
    reports = [SensorReport(10**18, 0, "north", period_s=4.0), SensorReport(10**18, 0, "sector", azimuth_true_rad=1.0)]
    assert_block(libasterix, encoder.encode_034(reports, 25, 1)[0])
    assert encoder.refused == {}


def random_plots(draw: np.random.Generator, count: int) -> Any:
    plots = empty_plots(count)
    plots["t_ns"] = 10**18 + draw.integers(0, 10**13, count)
    plots["range_m"] = draw.uniform(100.0, 400_000.0, count)
    plots["azimuth_true_rad"] = draw.uniform(0.0, 6.28, count)
    plots["latitude_rad"] = draw.uniform(-1.5, 1.5, count)
    plots["longitude_rad"] = draw.uniform(-3.1, 3.1, count)
    plots["height_hae_m"] = draw.choice([np.nan, 1000.0, -50.0], count)
    plots["height_pressure_m"] = draw.choice([np.nan, 9144.0, -60.0], count)
    plots["range_rate_mps"] = draw.choice([np.nan, 240.0, -240.0], count)
    plots["mode_s"] = draw.integers(1, 1 << 24, count)
    plots["mode_3a"] = draw.choice([0xFFFF, 0o7700, 0o1234], count)
    plots["callsign"] = draw.choice([b"", b"RYR174C", b"A"], count)
    plots["quality"] = draw.choice([0xFF, 1, 3], (count, 4))
    plots["flags"] = draw.integers(0, 1 << 14, count)
    return plots


def random_tracks(draw: np.random.Generator, count: int) -> Any:
    tracks = empty_tracks(count)
    tracks["t_ns"] = 10**18 + draw.integers(0, 10**13, count)
    tracks["track_no"] = np.arange(1, count + 1)
    tracks["status"] = draw.integers(0, 4, count)
    tracks["flags"] = draw.integers(0, 256, count)
    tracks["latitude_deg"] = draw.uniform(-89.0, 89.0, count)
    tracks["longitude_deg"] = draw.uniform(-179.0, 179.0, count)
    tracks["velocity_mps"] = draw.normal(0.0, 100.0, (count, 3))
    tracks["height_hae_m"] = draw.choice([np.nan, 1000.0, -50.0], count)
    tracks["mode_s"] = draw.integers(0, 1 << 24, count)
    tracks["mode_3a"] = draw.choice([0xFFFF, 0o7700, 0o1234], count)
    tracks["callsign"] = draw.choice([b"", b"RYR174C", b"A"], count)
    tracks["cov"] = draw.uniform(1.0, 100.0, (count, 21))
    return tracks


def pcap_payloads(path: Path) -> Iterator[bytes]:
    """Yield the UDP payloads of a classic little-endian pcap of Ethernet frames."""
    octets = path.read_bytes()
    at = 24
    while at + 16 <= len(octets):
        size = struct.unpack_from("<I", octets, at + 8)[0]
        frame = octets[at + 16 : at + 16 + size]
        at += 16 + size
        header = 14 + (frame[14] & 0xF) * 4
        yield frame[header + 8 : 14 + struct.unpack_from(">H", frame, 16)[0]]


def blocks_of(payload: bytes) -> Iterator[bytes]:
    at = 0
    while at + 3 <= len(payload):
        size = struct.unpack_from(">H", payload, at + 1)[0]
        yield payload[at : at + size]
        at += size


@needs_shared
@pytest.mark.parametrize(
    "name", ["cat034.raw", "cat048.raw", "cat062cat065.raw", "cat21_re.ast", "readsb_cat021_from_pymodes_sample.bin"]
)
def test_every_record_of_the_raw_recordings_is_as_libasterix_reads_it(libasterix: Peer, name: str) -> None:
    for payload in blocks_of(recording(f"asterix/{name}").read_bytes()):
        assert_block(libasterix, payload)


@needs_shared
def test_the_radar_recording_has_128_records_of_048_and_34_of_034_with_every_item_equal(libasterix: Peer) -> None:
    payloads = list(pcap_payloads(recording("asterix/cat_034_048.pcap")))
    for payload in dict.fromkeys(payloads):
        for one in blocks_of(payload):
            assert_block(libasterix, one)
    reader = Reader()
    for payload in payloads:
        reader.feed(0, payload)
    summary = reader.summary()
    assert summary["by_category"] == {"034": 34, "048": 128}
    assert (summary["copies"], summary["records"] - summary["copy_records"]) == (50, 64 + 17)
    assert summary["errors"] == 0


@needs_shared
def test_the_tracker_recording_is_as_libasterix_reads_it(libasterix: Peer) -> None:
    for payload in pcap_payloads(recording("asterix/cat_062_065.pcap")):
        for one in blocks_of(payload):
            assert_block(libasterix, one)


@needs_shared
def test_the_older_blocks_are_read_where_libasterix_reads_them_too(libasterix: Peer) -> None:
    for path in sorted((DATA / "asterix" / "blocks").glob("*.bin")):
        payload = path.read_bytes()
        category = payload[0]
        named = path.stem.partition("ed")[2]
        edition = named if named in editions(category) else editions(category)[0]
        theirs = libasterix.ask(do="decode", category=category, edition=edition, records=payload[3:].hex())
        ours, reasons = reader_rows(category, edition, payload)
        assert bool(reasons) == bool(theirs["error"]), path.name
        assert_same(category, ours, theirs["records"])
