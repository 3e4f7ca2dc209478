"""What others decoded already: SBS lines and aircraft.json."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from skydas.formats import readsb, sbs
from skydas.formats._modes.recent import RECENT_AGE_NS_MAX, RECENT_MAX, Recent
from skydas.model import FT_M, NS_PER_S, Decoded, PlotFlag, utc_ns

RX_NS = 1_717_664_319 * NS_PER_S
NOW_S = 1_717_664_319.0


# -------- SBS
def line(kind: int, time: str = "10:00:00.000", *, word: str = "MSG", address: str = "4CA2D6", **fields: str) -> bytes:
    names = [
        "callsign",
        "altitude",
        "speed",
        "track",
        "latitude",
        "longitude",
        "rate",
        "squawk",
        "alert",
        "emergency",
        "ident",
        "ground",
    ]
    day = "2024/06/06"
    rest = ",".join(fields.get(name, "") for name in names)
    return f"{word},{kind},1,1,{address},1,{day},{time},{day},{time},{rest}\r\n".encode()


def place(time: str = "10:00:00.000", **fields: str) -> bytes:
    return line(3, time, **{"altitude": "36000", "latitude": "58.5", "longitude": "24.7", "ground": "0", **fields})


def read_sbs(*lines: bytes, **params: Any) -> Decoded:
    return sbs.Decoder(sbs.Params(**params)).decode(RX_NS, b"".join(lines))


def test_lines_of_one_address_are_merged_into_each_position() -> None:
    decoded = read_sbs(
        line(1, callsign="EIN5GV"), line(6, squawk="7700", alert="-1", ident="-1"), place("10:00:00.500")
    )
    plot = decoded.plots[0]
    assert plot["t_ns"] == utc_ns("2024-06-06T10:00:00.500Z")
    assert (plot["callsign"], plot["mode_3a"], plot["mode_s"]) == (b"EIN5GV", 0o7700, 0x4CA2D6)
    assert plot["height_pressure_m"] == pytest.approx(36_000 * FT_M)
    assert plot["flags"] == PlotFlag.CLAIM | PlotFlag.MODE_S | PlotFlag.EMERGENCY | PlotFlag.IDENT
    assert decoded.records == 3


def test_positions_of_multilateration_are_no_claims() -> None:
    assert read_sbs(place(word="MLAT")).plots["flags"].tolist() == [PlotFlag.MODE_S | PlotFlag.MLAT]


def test_a_position_on_the_ground_has_no_height() -> None:
    plot = read_sbs(line(2, altitude="0", latitude="58.4", longitude="24.8", ground="-1")).plots[0]
    assert plot["flags"] & PlotFlag.ON_GROUND
    assert np.isnan(plot["height_pressure_m"])


def test_an_altitude_of_another_line_is_used_for_ten_seconds() -> None:
    altitude = line(5, "10:00:00.000", altitude="2000")
    fresh = read_sbs(altitude, place("10:00:09.000", altitude="")).plots[0]
    stale = read_sbs(altitude, place("10:00:11.000", altitude="")).plots[0]
    assert fresh["height_pressure_m"] == pytest.approx(2000 * FT_M)
    assert np.isnan(stale["height_pressure_m"])


def test_what_was_said_ten_minutes_ago_is_forgotten() -> None:
    decoded = read_sbs(line(1, "10:00:00.000", callsign="OLD1"), place("10:10:01.000"))
    assert decoded.plots["callsign"].tolist() == [b""]


def test_the_senders_clock_may_be_set_off_or_left_alone() -> None:
    assert read_sbs(place(), utc_offset_s=7200.0).plots["t_ns"][0] == utc_ns("2024-06-06T08:00:00Z")
    received = read_sbs(place(), time="received").plots[0]
    assert received["t_ns"] == RX_NS
    assert received["flags"] & PlotFlag.TIME_ASSUMED
    decoded = read_sbs(place("25:99:xx"))
    assert decoded.rejected == {"time_not_valid": 1}
    assert decoded.plots["t_ns"][0] == RX_NS


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (place(latitude="91"), "position_not_valid"),
        (place(longitude=""), "position_not_valid"),
        (place(longitude="nan"), "number_not_valid"),
        (place(altitude="high"), "number_not_valid"),
        (place(squawk="9999"), "number_not_valid"),
        (place(address="0"), "address_not_valid"),
        (place(address="1000000"), "address_not_valid"),
        (place(address=""), "address_not_valid"),
        (line(9), "type_not_read"),
        (b"MSG,3,1\n", "line_not_read"),
        (b"GET / HTTP/1.1\r\n", "line_not_read"),
    ],
)
def test_a_wrong_line_is_counted_by_its_fault_and_the_next_is_read(wrong: bytes, reason: str) -> None:
    decoded = read_sbs(wrong, place())
    assert decoded.rejected == {reason: 1}
    assert len(decoded.plots) == 1


# -------- aircraft.json
def snapshot(now_s: float, *aircraft: dict[str, Any]) -> bytes:
    return json.dumps({"now": now_s, "messages": 1, "aircraft": aircraft}).encode()


def craft(**fields: Any) -> dict[str, Any]:
    return {"hex": "4ca2d6", "lat": 58.5, "lon": 24.7, "seen_pos": 0.5, "alt_baro": 36000, **fields}


def read_readsb(*documents: bytes) -> Decoded:
    return readsb.Decoder(readsb.Params()).decode(RX_NS, b"".join(documents))


def test_an_aircraft_becomes_a_plot_with_its_own_time_and_quality() -> None:
    quality = {"nic": 8, "nac_p": 9, "nac_v": 1, "sil": 3, "gva": 2}
    decoded = read_readsb(
        snapshot(
            NOW_S, craft(type="adsb_icao", flight="EIN5GV  ", alt_geom=36175, squawk="1000", category="A7", **quality)
        )
    )
    plot = decoded.plots[0]
    assert plot["t_ns"] == RX_NS - NS_PER_S // 2
    assert (plot["callsign"], plot["mode_3a"], plot["mode_s"]) == (b"EIN5GV", 0o1000, 0x4CA2D6)
    assert (plot["height_pressure_m"], plot["height_hae_m"]) == (
        pytest.approx(36_000 * FT_M),
        pytest.approx(36_175 * FT_M),
    )
    assert plot["quality"].tolist() == [8, 9, 1, 3]
    assert np.sqrt(plot["cov"][0]) == pytest.approx(30.0 / 2.4477, rel=0.01)
    assert np.sqrt(plot["cov"][5]) == pytest.approx(45.0 / 1.96)
    assert plot["class_word"] == 4  # helicopter
    assert plot["flags"] == PlotFlag.CLAIM | PlotFlag.MODE_S


def test_a_position_is_told_once_however_often_it_is_shown() -> None:
    documents = [snapshot(NOW_S + at, craft(seen_pos=0.5 + at)) for at in range(5)]
    assert len(read_readsb(*documents).plots) == 1
    rounded = [snapshot(NOW_S + at, craft(seen_pos=0.5 + at + (at % 2) * 0.1)) for at in range(5)]
    assert len(read_readsb(*rounded).plots) == 1


def test_an_aircraft_that_stands_still_is_told_each_time_it_speaks() -> None:
    documents = [snapshot(NOW_S + at, craft(seen_pos=0.2)) for at in range(5)]
    assert len(read_readsb(*documents).plots) == 5


def test_a_sender_whose_clock_was_set_back_is_heard_again() -> None:
    documents = [snapshot(NOW_S, craft()), snapshot(NOW_S - 3600.0, craft()), snapshot(NOW_S - 3599.0, craft())]
    assert len(read_readsb(*documents).plots) == 3


@pytest.mark.parametrize(
    ("fields", "flags"),
    [
        ({}, PlotFlag.CLAIM | PlotFlag.MODE_S),
        ({"type": "mlat"}, PlotFlag.MLAT | PlotFlag.MODE_S),
        ({"type": "adsb_icao", "mlat": ["lat", "lon"]}, PlotFlag.MLAT | PlotFlag.MODE_S),
        ({"type": "tisb_other", "hex": "~2a1001"}, PlotFlag.MLAT),
        ({"type": "adsr_icao"}, PlotFlag.CLAIM | PlotFlag.MODE_S | PlotFlag.DERIVED),
        ({"hex": "~2a1001"}, PlotFlag.CLAIM),
        ({"alt_baro": "ground"}, PlotFlag.CLAIM | PlotFlag.MODE_S | PlotFlag.ON_GROUND),
        ({"emergency": "nordo"}, PlotFlag.CLAIM | PlotFlag.MODE_S | PlotFlag.EMERGENCY),
        ({"squawk": "7500"}, PlotFlag.CLAIM | PlotFlag.MODE_S | PlotFlag.EMERGENCY),
        ({"spi": 1}, PlotFlag.CLAIM | PlotFlag.MODE_S | PlotFlag.IDENT),
        ({"seen_pos": None}, PlotFlag.CLAIM | PlotFlag.MODE_S | PlotFlag.TIME_ASSUMED),
    ],
)
def test_flags_say_who_located_it_and_in_what_state_it_is(fields: dict[str, Any], flags: PlotFlag) -> None:
    assert read_readsb(snapshot(NOW_S, craft(**fields))).plots["flags"].tolist() == [flags]


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"{}", "document_not_read"),
        (b'{"now":1,"aircraft":7}', "document_not_read"),
        (snapshot(-5.0, craft()), "time_not_valid"),
        (snapshot(1e12, craft()), "time_not_valid"),
        (snapshot(NOW_S, craft(lat=95.0)), "aircraft_not_read"),
        (snapshot(NOW_S, craft(lon=None)), "aircraft_not_read"),
        (snapshot(NOW_S, craft(hex="")), "aircraft_not_read"),
        (snapshot(NOW_S, craft(nic=300)), "aircraft_not_read"),
        (snapshot(NOW_S, craft(seen_pos=-1.0)), "aircraft_not_read"),
        (snapshot(NOW_S, {"flight": "NOHEX"}), "aircraft_not_read"),
        (snapshot(NOW_S, craft(seen_pos=61.0)), "position_too_old"),
    ],
)
def test_what_cannot_be_used_is_counted_and_the_next_document_is_read(document: bytes, reason: str) -> None:
    decoded = read_readsb(document, snapshot(NOW_S, craft()))
    assert decoded.rejected == {reason: 1}
    assert len(decoded.plots) == 1


@pytest.mark.parametrize("cut", [20, 60, 75, 100])
def test_a_document_cut_short_does_not_spoil_the_next(cut: int) -> None:
    torn = snapshot(NOW_S, craft(flight="TORN", r="a {text} in braces"))[:cut]
    decoded = read_readsb(torn, snapshot(NOW_S, craft()), snapshot(NOW_S + 1.0, craft()))
    assert decoded.rejected == {"document_torn": 1}
    assert len(decoded.plots) == 2


def test_a_document_without_an_end_is_dropped_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readsb, "TAIL_MAX", 10_000)
    decoder = readsb.Decoder(readsb.Params())
    payloads = [b'{"now":' + b" " * 4_000, b" " * 4_000, b" " * 4_000]
    counts = [decoder.decode(RX_NS, payload).rejected for payload in payloads]
    assert counts == [{}, {}, {"document_too_long": 1}]
    assert len(decoder.decode(RX_NS, snapshot(NOW_S, craft())).plots) == 1


# -------- recent
def test_what_was_heard_lately_is_bounded_and_forgotten() -> None:
    recent: Recent[int] = Recent()
    assert [recent.put(key, RX_NS, key) for key in range(RECENT_MAX)] == [0] * RECENT_MAX
    assert recent.put(0, RX_NS, 0) == 0  # put again: now it is the newest
    assert recent.put(RECENT_MAX, RX_NS, 1) == 1  # somebody fresh had to go
    assert recent.get(1, RX_NS) is None
    assert recent.get(0, RX_NS) == 0
    assert recent.get(0, RX_NS + RECENT_AGE_NS_MAX + 1) is None
    assert len(recent.rows()) == RECENT_MAX
