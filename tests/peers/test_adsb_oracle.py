"""Real Mode S recordings against the decodes that others made of them: rs1090, readsb, and a golden decode."""

from __future__ import annotations

import csv
import gzip
import json
from typing import Any

import numpy as np
import pytest
import rs1090

from skydas.formats import beast, modes_json, readsb, sbs
from skydas.formats._modes import cpr, fields
from skydas.formats._modes.frames import FrameDecoder, ReceiverParams, batch_of
from skydas.model import FT_M, NS_PER_S, Decoded, PlotFlag, Rows
from tests.paths import needs_shared, recording

pytestmark = needs_shared
TOULOUSE = {"latitude_deg": 43.6, "longitude_deg": 1.4, "range_m_max": 2_000_000.0}


def degrees(plots: Rows) -> tuple[Any, Any]:
    return np.degrees(plots["latitude_rad"]), np.degrees(plots["longitude_rad"])


@pytest.fixture(scope="module")
def tutorial() -> bytes:
    with gzip.open(recording("adsb/tutorial.jsonl.gz")) as file:
        return file.read()


@pytest.fixture(scope="module")
def golden() -> dict[str, dict[str, Any]]:
    decoded: dict[str, dict[str, Any]] = json.loads(recording("adsb/golden_v2.json").read_text())
    return decoded


@pytest.fixture(scope="module")
def sample() -> list[tuple[int, bytes]]:
    """(t_ns, frame) of the 2,000 squitters of one aircraft, timed to the second."""
    with recording("adsb/sample_data_adsb.csv").open(encoding="utf-8-sig") as file:
        return [(int(row[0]) * NS_PER_S, bytes.fromhex(row[1])) for row in csv.reader(file)]


# -------- 71,939 real frames
def test_every_position_of_the_recording_is_the_one_decoded_with_it(tutorial: bytes) -> None:
    decoded = modes_json.Decoder(modes_json.Params(**TOULOUSE)).decode(0, tutorial)
    theirs: dict[tuple[int, int], list[tuple[float, float]]] = {}
    for text in tutorial.splitlines():
        row = json.loads(text)
        if row.get("latitude") is not None:
            key = round(row["timestamp"] * 1e6) * 1000, int(row["icao24"], 16)
            theirs.setdefault(key, []).append((row["latitude"], row["longitude"]))
    compared = 0
    for plot, latitude_deg, longitude_deg in zip(decoded.plots, *degrees(decoded.plots), strict=True):
        places = theirs.get((int(plot["t_ns"]), int(plot["mode_s"])), [])
        if places:
            assert min(cpr.distance_m(latitude_deg, longitude_deg, *place) for place in places) < 0.001
            compared += 1
    assert decoded.records == 71_939
    assert compared == 12_535  # all but one, which the decode with it does not have
    assert len(decoded.plots) == 12_536
    # Several receivers heard the same squitter; 28 replies carry an address that no squitter named.
    assert decoded.rejected == {"position_repeated": 918, "position_without_pair": 15, "address_not_confirmed": 28}


def test_heights_callsigns_and_quality_of_the_recording_are_those_of_its_messages(tutorial: bytes) -> None:
    plots = modes_json.Decoder(modes_json.Params(**TOULOUSE)).decode(0, tutorial).plots
    altitude_ft: dict[tuple[int, int], set[int]] = {}
    callsigns: dict[int, set[bytes]] = {}
    accuracies: dict[int, set[int]] = {}
    rows = [json.loads(text) for text in tutorial.splitlines()]
    for row, items in zip(rows, rs1090.decode([row["frame"] for row in rows]), strict=True):
        if items is None or items["df"] != "17":
            continue
        address = int(items["icao24"], 16)
        if items["bds"] == "05" and items["altitude"] is not None:
            altitude_ft.setdefault((round(row["timestamp"] * 1e6) * 1000, address), set()).add(items["altitude"])
        if items["bds"] == "08":
            callsigns.setdefault(address, set()).add(items["callsign"].encode())
        if items["bds"] == "62":
            accuracies.setdefault(address, set()).add(items["NACp"])
    in_air = plots[plots["flags"] & PlotFlag.ON_GROUND == 0]
    assert len(in_air) > 10_000
    for plot in in_air:
        at = int(plot["t_ns"]), int(plot["mode_s"])
        assert round(float(plot["height_pressure_m"]) / FT_M) in altitude_ft[at]
        assert plot["callsign"] in {b"", *callsigns.get(at[1], set())}
        assert int(plot["quality"][1]) in {8, *accuracies.get(at[1], set())}  # 8: before the first target state
    assert np.isfinite(in_air["height_hae_m"]).mean() > 0.95
    assert (
        np.abs(in_air["height_hae_m"] - in_air["height_pressure_m"])[np.isfinite(in_air["height_hae_m"])].max() < 500.0
    )


def test_mode_a_codes_of_the_recording_are_those_of_its_replies(tutorial: bytes) -> None:
    plots = modes_json.Decoder(modes_json.Params(**TOULOUSE)).decode(0, tutorial).plots
    replies = [json.loads(text) for text in tutorial.splitlines() if b'"df":"21"' in text]
    heard: dict[int, set[int]] = {}
    for items in rs1090.decode([row["frame"] for row in replies]):
        heard.setdefault(int(items["icao24"], 16), set()).add(int(items["squawk"], 8))
    known = plots[plots["mode_3a"] != 0xFFFF]
    assert len(known) > 10_000
    assert all(int(plot["mode_3a"]) in heard[int(plot["mode_s"])] for plot in known)


def test_the_recording_in_beast_gives_the_same_positions(tutorial: bytes) -> None:
    frames = [bytes.fromhex(json.loads(text)["frame"]) for text in tutorial.splitlines()[:20_000]]
    stream = b"".join(
        b"\x1a" + (b"3" if len(frame) == 14 else b"2") + (bytes(6) + b"\x40" + frame).replace(b"\x1a", b"\x1a\x1a")
        for frame in frames
    )
    over_beast = beast.Decoder(beast.Params(**TOULOUSE)).decode(10**18, stream)
    alone = Decoded()
    times = [10**18] * len(frames)
    FrameDecoder(ReceiverParams(**TOULOUSE)).step(10**18, batch_of(frames, times, [True] * len(frames)), alone)
    assert over_beast.plots.tobytes() == alone.plots.tobytes()
    assert over_beast.rejected == alone.rejected


# -------- golden decode
def test_addresses_altitudes_and_codes_are_those_of_the_golden_decode(golden: dict[str, dict[str, Any]]) -> None:
    compared = 0
    for text, items in golden.items():
        frame = np.frombuffer(bytes.fromhex(text), np.uint8)
        message = fields.message_of(frame)
        if items["df"] == 17:
            assert fields.parity_rest(frame, 14) == 0
            assert f"{fields.announced_address(frame):06x}" == items["icao"].lower()
            assert fields.bits(message, 1, 5) == items["typecode"]
            if "altitude" in items:
                assert fields.altitude_12_ft(fields.bits(message, 9, 20)) == items["altitude"]
                assert fields.bits(message, 22, 22) == items["cpr_format"]
            if "callsign" in items:
                callsign = int(fields.callsign_of(message)).to_bytes(8, "big").rstrip(b"\0").decode()
                assert callsign == items["callsign"].rstrip("_")
                assert fields.bits(message, 6, 8) == items["category"]
        else:
            assert f"{fields.parity_rest(frame, 14):06X}" == items["icao"]
            code = fields.code_13(frame)
            if "altitude" in items:
                assert fields.altitude_ft_of(code) == items["altitude"]
            if "squawk" in items:
                assert f"{fields.mode_3a_of(code):04o}" == items["squawk"]
        compared += 1
    assert compared == 600


def test_velocities_in_the_reader_are_those_of_the_golden_decode(golden: dict[str, dict[str, Any]]) -> None:
    reader = modes_json.Reader(modes_json.Params())
    frames = [text for text, items in golden.items() if items.get("typecode") == 19]
    reader.feed(0, b"".join(b'{"timestamp":1,"frame":"%s"}\n' % frame.encode() for frame in frames))
    rows = reader.tables()["frames"].to_pylist()
    assert [row["frame"] for row in rows] == frames
    for row in rows:
        items = golden[row["frame"]]
        assert int(row["ground_speed_kt"]) == items["groundspeed"]  # the golden one is cut off to whole knots
        assert row["track_deg"] == pytest.approx(items["track"])
        assert row["vertical_rate_fpm"] == items["vertical_rate"]


# -------- readsb
def sample_plots(sample: list[tuple[int, bytes]]) -> tuple[Rows, list[int]]:
    """Return the plots of the sample and the number of the frame of each."""
    decoder = FrameDecoder(ReceiverParams())
    decoded = Decoded()
    frames = [frame for _, frame in sample]
    of_plot = decoder.step(0, batch_of(frames, [t_ns for t_ns, _ in sample], [False] * len(frames)), decoded)
    return decoded.plots, of_plot.tolist()


def test_positions_are_those_that_readsb_wrote_for_the_same_frames(sample: list[tuple[int, bytes]]) -> None:
    plots, of_plot = sample_plots(sample)
    lines = recording("adsb/readsb_sbs_from_pymodes_sample.txt").read_text().splitlines()
    assert len(lines) == len(sample)
    theirs = {
        at: (float(row[14]), float(row[15])) for at, row in enumerate(line.split(",") for line in lines) if row[14]
    }
    apart_m = [
        cpr.distance_m(latitude_deg, longitude_deg, *theirs[at])
        for at, latitude_deg, longitude_deg in zip(of_plot, *degrees(plots), strict=True)
        if at in theirs
    ]
    assert len(apart_m) > 400
    assert max(apart_m) < 1.0  # six decimals in its lines


def test_readsbs_sbs_lines_decode_to_the_positions_and_heights_of_our_own(sample: list[tuple[int, bytes]]) -> None:
    plots, of_plot = sample_plots(sample)
    text = recording("adsb/readsb_sbs_from_pymodes_sample.txt").read_bytes()
    decoded = sbs.Decoder(sbs.Params()).decode(0, text)
    assert (decoded.records, decoded.rejected) == (2000, {})
    placed = [at for at, line in enumerate(text.splitlines()) if line.split(b",")[14]]
    assert len(placed) == len(decoded.plots)
    ours = dict(zip(of_plot, plots, strict=True))
    both = [(ours[at], plot) for at, plot in zip(placed, decoded.plots, strict=True) if at in ours]
    assert len(both) > 400
    for own, plot in both:
        assert plot["height_pressure_m"] == pytest.approx(own["height_pressure_m"])
        assert plot["mode_s"] == own["mode_s"]
        assert plot["callsign"] in (b"", b"EZY85MH")


def test_readsbs_aircraft_json_decodes_with_its_quality() -> None:
    text = recording("adsb/readsb_aircraft.json").read_bytes()
    decoded = readsb.Decoder(readsb.Params()).decode(0, text)
    (plot,) = decoded.plots
    (aircraft,) = json.loads(text)["aircraft"]
    assert decoded.rejected == {}
    assert np.degrees(plot["latitude_rad"]) == pytest.approx(aircraft["lat"])
    assert np.degrees(plot["longitude_rad"]) == pytest.approx(aircraft["lon"])
    assert plot["height_pressure_m"] == pytest.approx(aircraft["alt_baro"] * FT_M)
    assert plot["height_hae_m"] == pytest.approx(aircraft["alt_geom"] * FT_M)
    assert plot["quality"].tolist() == [aircraft[name] for name in ("nic", "nac_p", "nac_v", "sil")]


def test_our_quality_of_the_sample_is_that_of_readsb(sample: list[tuple[int, bytes]]) -> None:
    plots, _ = sample_plots(sample)
    (aircraft,) = json.loads(recording("adsb/readsb_aircraft.json").read_bytes())["aircraft"]
    assert plots["quality"][-1].tolist() == [aircraft[name] for name in ("nic", "nac_p", "nac_v", "sil")]
    assert plots["height_hae_m"][-1] == pytest.approx(aircraft["alt_geom"] * FT_M)
    assert plots["callsign"][-1] == aircraft["flight"].strip().encode()
