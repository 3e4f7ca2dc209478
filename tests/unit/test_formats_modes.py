"""Streams of raw frames: Beast, AVR and JSON lines, however they are cut and whatever is broken in them."""

from __future__ import annotations

import json
import random
from types import ModuleType
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skydas.errors import FormatError
from skydas.formats import avr, beast, modes_json, readsb, sbs
from skydas.model import NS_PER_S, PLOT, S_PER_DAY, Decoded, PlotFlag, Rows
from skydas.warm import warm_up
from tests import modes_frames as make

FORMATS = (beast, avr, modes_json, sbs, readsb)
RX_NS = 1_717_664_319 * NS_PER_S
ADDRESS = 0x4CA2D6
LAT_DEG, LON_DEG = 58.5, 24.7


def flight(count: int = 8) -> list[bytes]:
    """Frames of one aircraft, half a second apart: callsign, then even and odd positions with replies between."""
    frames = [make.squitter(ADDRESS, make.identification("EIN5GV"))]
    for at in range(count):
        frames.append(make.squitter(ADDRESS, make.in_air(LAT_DEG + at * 0.001, LON_DEG, bool(at % 2))))
        frames.append(make.reply(5, ADDRESS, 0x0AAA))
    return frames


def beast_octets(frames: list[bytes], stamps: list[int] | None = None, level: int = 0x1A) -> bytes:
    octets = b""
    for at, frame in enumerate(frames):
        stamp = 6_000_000 * at + 0x1A if stamps is None else stamps[at]
        body = stamp.to_bytes(6, "big") + bytes([level]) + frame
        kind = {2: b"1", 7: b"2", 14: b"3"}[len(frame)]
        octets += b"\x1a" + kind + body.replace(b"\x1a", b"\x1a\x1a")
    return octets


def avr_text(frames: list[bytes]) -> bytes:
    return b"".join(b"*%s;\r\n" % frame.hex().upper().encode() for frame in frames)


def json_lines(frames: list[bytes], step_s: float = 0.5) -> bytes:
    start_s = RX_NS / NS_PER_S
    rows = ({"timestamp": start_s + at * step_s, "frame": frame.hex(), "df": "17"} for at, frame in enumerate(frames))
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def snapshots(count: int = 4) -> bytes:
    """aircraft.json documents, one a second, of an aircraft that flies and one that stands."""
    documents = [
        {
            "now": RX_NS / NS_PER_S + at,
            "aircraft": [
                {
                    "hex": "4ca2d6",
                    "flight": "EIN5GV  ",
                    "alt_baro": 36000,
                    "lat": 58.5 + at / 100,
                    "lon": 24.7,
                    "seen_pos": 0.25,
                },
                {
                    "hex": "3c6444",
                    "alt_baro": "ground",
                    "lat": 58.4,
                    "lon": 24.8,
                    "seen_pos": 0.5 + at,
                    "r": 'a "{" in text',
                },
            ],
        }
        for at in range(count)
    ]
    return b"\n".join(json.dumps(document).encode() for document in documents) + b"\n"


STREAMS: dict[ModuleType, bytes] = {
    beast: beast_octets(flight()),
    avr: avr_text(flight()),
    modes_json: json_lines(flight()),
    sbs: b"".join(sbs.EXAMPLES),
    readsb: snapshots(),
}


def decoder_of(module: ModuleType, **params: Any) -> Any:
    return module.Decoder(module.Params(**params))


def run(decoder: Any, payloads: list[bytes]) -> tuple[Rows, dict[str, int], int]:
    """Return all plots, what was rejected, and the number of records."""
    parts, total = [], Decoded()
    for payload in payloads:
        decoded = decoder.decode(RX_NS, payload)
        assert decoded.plots.dtype == PLOT
        parts.append(decoded.plots)
        total.records += decoded.records
        for reason, count in decoded.rejected.items():
            assert count > 0
            total.reject(reason, count)
    return np.concatenate(parts) if parts else np.zeros(0, PLOT), total.rejected, total.records


# -------- all of them
@pytest.mark.parametrize("module", FORMATS)
def test_examples_decode_without_loss(module: ModuleType) -> None:
    for example in module.EXAMPLES:
        _, rejected, records = run(decoder_of(module), [example])
        assert records > 0
        assert set(rejected) <= {"position_without_pair"}


@pytest.mark.parametrize("module", FORMATS)
@settings(max_examples=40)
@given(data=st.data())
def test_a_stream_cut_anywhere_gives_the_same(module: ModuleType, data: st.DataObject) -> None:
    stream = STREAMS[module]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    pieces = [stream[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    whole, cut = run(decoder_of(module), [stream]), run(decoder_of(module), pieces)
    assert cut[0].tobytes() == whole[0].tobytes()
    assert cut[1:] == whole[1:]
    assert len(whole[0]) > 0


@pytest.mark.parametrize("module", FORMATS)
def test_a_stream_that_comes_octet_by_octet_gives_the_same(module: ModuleType) -> None:
    stream = STREAMS[module]
    whole = run(decoder_of(module), [stream])
    single = run(decoder_of(module), [stream[at : at + 1] for at in range(len(stream))])
    assert single[0].tobytes() == whole[0].tobytes()
    assert single[1:] == whole[1:]


@pytest.mark.parametrize("module", FORMATS)
def test_a_decoder_restored_anywhere_goes_on_the_same(module: ModuleType) -> None:
    stream = STREAMS[module]
    for cut in range(0, len(stream), 61):
        first = decoder_of(module)
        first.decode(RX_NS, stream[:cut])
        octets = first.state()
        second = decoder_of(module)
        second.restore(octets)
        assert second.state() == octets
        expected, got = first.decode(RX_NS, stream[cut:]), second.decode(RX_NS, stream[cut:])
        assert got.plots.tobytes() == expected.plots.tobytes()
        assert (got.rejected, got.names) == (expected.rejected, expected.names)


@pytest.mark.parametrize("module", FORMATS)
def test_a_state_that_is_none_is_refused_by_name(module: ModuleType) -> None:
    states = (b"", b"\xc1", b"\x00", msgspec.msgpack.encode((1, b"not rows", None)), msgspec.msgpack.encode([1, 2, 3]))
    for octets in states:
        with pytest.raises(FormatError):
            decoder_of(module).restore(octets)


@pytest.mark.parametrize("module", FORMATS)
def test_damaged_streams_raise_nothing_and_lose_nothing_unsaid(module: ModuleType) -> None:
    rng = random.Random(5)
    stream = STREAMS[module]
    decoder = decoder_of(module)  # one and the same: a broken payload must not spoil the next for ever
    for _ in range(4000):
        octets = bytearray(stream)
        for _ in range(rng.randrange(1, 6)):
            at = rng.randrange(len(octets))
            kind = rng.randrange(4)
            if kind == 0:
                octets[at] ^= 1 << rng.randrange(8)
            elif kind == 1:
                octets[at] = rng.choice(b'\x00\x1a\xff\n;,"{}[]*@-9e\\')
            elif kind == 2:
                del octets[at : at + rng.randrange(1, 30)]
            else:
                octets[at:at] = octets[rng.randrange(len(octets)) :][: rng.randrange(1, 30)]
        decoded = decoder.decode(RX_NS, bytes(octets))
        assert decoded.records <= len(octets)
        assert len(decoded.plots) <= decoded.records
        assert np.isfinite(decoded.plots["latitude_rad"]).all()
        assert np.isfinite(decoded.plots["longitude_rad"]).all()
        assert (np.abs(decoded.plots["latitude_rad"]) <= np.pi / 2).all()
        assert all(count > 0 and reason.replace("_", "").isalnum() for reason, count in decoded.rejected.items())


@pytest.mark.parametrize("module", FORMATS)
@given(payloads=st.lists(st.binary(max_size=300), max_size=5))
def test_octets_of_any_kind_raise_nothing(module: ModuleType, payloads: list[bytes]) -> None:
    run(decoder_of(module), payloads)


@pytest.mark.parametrize("module", FORMATS)
def test_after_noise_the_next_good_stream_is_read(module: ModuleType) -> None:
    decoder = decoder_of(module)
    noise = random.Random(6).randbytes(3000).replace(b'"', b"").replace(b"{", b"").replace(b"}", b"")
    decoder.decode(RX_NS, noise + b"\n;\n")
    plots, _, _ = run(decoder, [STREAMS[module]])
    assert len(plots) == len(run(decoder_of(module), [STREAMS[module]])[0])


@pytest.mark.parametrize("module", [avr, modes_json, sbs])
def test_a_line_without_an_end_is_dropped_and_counted_once(module: ModuleType) -> None:
    decoder = decoder_of(module)
    _, rejected, _ = run(decoder, [b"*{MSG" * 500] * 20)
    assert rejected == {"line_too_long": 1}
    plots, rejected, _ = run(decoder, [b"\n;\n", STREAMS[module]])
    assert len(plots) == len(run(decoder_of(module), [STREAMS[module]])[0])


@pytest.mark.parametrize("module", FORMATS)
def test_a_reader_has_a_row_for_each_record_with_the_unit_in_the_name(module: ModuleType) -> None:
    reader = module.Reader(module.Params())
    for example in module.EXAMPLES:
        reader.feed(RX_NS, example)
    (table,) = reader.tables().values()
    assert table.num_rows > 0
    assert {"latitude_deg", "longitude_deg", "altitude_ft", "mode_s", "callsign"} <= set(table.column_names)
    summary = reader.summary()
    assert summary["records"] >= table.num_rows
    assert sum(summary["by_category"].values()) == table.num_rows


@pytest.mark.parametrize("module", FORMATS)
def test_a_reader_of_damaged_octets_still_makes_its_table(module: ModuleType) -> None:
    rng = random.Random(7)
    for _ in range(60):
        octets = bytearray(STREAMS[module])
        for _ in range(8):
            octets[rng.randrange(len(octets))] = rng.randrange(256)
        reader = module.Reader(module.Params())
        reader.feed(RX_NS, bytes(octets))
        for table in reader.tables().values():
            table.validate(full=True)
        reader.summary()


@pytest.mark.parametrize("module", FORMATS)
def test_a_reader_that_saw_nothing_makes_an_empty_table(module: ModuleType) -> None:
    reader = module.Reader(module.Params())
    assert [table.num_rows for table in reader.tables().values()] == [0]


# -------- Beast
def test_beast_takes_escaped_octets_and_both_lengths() -> None:
    plots, rejected, records = run(decoder_of(beast), [beast_octets(flight(8))])
    assert records == 17
    assert rejected == {"position_without_pair": 1}
    assert len(plots) == 7
    assert (plots["flags"] & PlotFlag.TIME_ASSUMED != 0).all()
    assert (plots["t_ns"] == RX_NS).all()
    assert plots["callsign"][0] == b"EIN5GV"


def test_beast_counts_octets_between_messages_torn_messages_and_unknown_types() -> None:
    frames = beast_octets(flight(2))
    torn = beast_octets([flight()[0]])[:9]
    _, rejected, records = run(decoder_of(beast), [frames + b"xyz" + torn + frames + b"\x1a9abc" + frames])
    assert records == 15
    assert rejected["octets_between"] == 3
    assert rejected["message_torn"] == 1
    assert rejected["type_not_read"] == 1


def test_beast_passes_over_status_and_receiver_numbers_in_silence() -> None:
    stream = (
        b"\x1a\xe3\x00\x01\x1a\x1a\x03\x04\x05\x06\x07"
        + beast_octets(flight(2))
        + b"\x1a4"
        + bytes(14)
        + beast_octets([b"\x02\x01"])
    )
    _, rejected, records = run(decoder_of(beast), [stream])
    assert records == 6
    assert rejected == {"position_without_pair": 1}


def test_beast_marks_what_multilateration_and_other_links_made() -> None:
    pair = [make.squitter(ADDRESS, make.in_air(LAT_DEG, LON_DEG, odd)) for odd in (False, True)]
    plots, _, _ = run(decoder_of(beast), [beast_octets(pair, [beast.STAMP_MLAT] * 2)])
    assert plots["flags"].tolist() == [PlotFlag.MLAT | PlotFlag.MODE_S | PlotFlag.TIME_ASSUMED]
    plots, _, _ = run(decoder_of(beast), [beast_octets(pair, [beast.STAMP_UAT] * 2)])
    assert plots["flags"][0] & PlotFlag.DERIVED
    plots, rejected, _ = run(decoder_of(beast), [beast_octets(pair, [5, beast.STAMP_MLAT])])
    assert len(plots) == 0
    assert rejected == {"position_without_pair": 2}


def gps_stamp(second: int, nanosecond: int) -> int:
    return second << 30 | nanosecond


@pytest.mark.parametrize("off_s", [-2, 0, 3])
def test_beast_with_gps_has_the_time_of_the_stamp_also_across_midnight(off_s: int) -> None:
    midnight_ns = (RX_NS // (S_PER_DAY * NS_PER_S) + 1) * S_PER_DAY * NS_PER_S
    rx_ns = midnight_ns - NS_PER_S
    t_ns = rx_ns + off_s * NS_PER_S + 123_456_789
    second, nanosecond = divmod(t_ns % (S_PER_DAY * NS_PER_S), NS_PER_S)
    pair = [make.squitter(ADDRESS, make.in_air(LAT_DEG, LON_DEG, odd)) for odd in (False, True)]
    decoded = decoder_of(beast, clock="gps").decode(rx_ns, beast_octets(pair, [gps_stamp(second, nanosecond)] * 2))
    assert decoded.plots["t_ns"].tolist() == [t_ns]
    assert not decoded.plots["flags"][0] & PlotFlag.TIME_ASSUMED


def test_beast_with_gps_says_when_a_stamp_is_no_time_of_day() -> None:
    pair = [make.squitter(ADDRESS, make.in_air(LAT_DEG, LON_DEG, odd)) for odd in (False, True)]
    plots, rejected, _ = run(decoder_of(beast, clock="gps"), [beast_octets(pair, [gps_stamp(86_400, 0)] * 2)])
    assert rejected["time_not_valid"] == 2
    assert plots["t_ns"].tolist() == [RX_NS]
    assert plots["flags"][0] & PlotFlag.TIME_ASSUMED


def test_beast_of_one_receiver_can_take_its_counter_for_the_time_between_frames() -> None:
    plots, _, _ = run(decoder_of(beast, clock="counter"), [beast_octets(flight(8))])
    assert (np.diff(plots["t_ns"]) == NS_PER_S).all()  # a reply lies between two positions
    assert (plots["flags"] & PlotFlag.TIME_ASSUMED != 0).all()


def test_a_counter_that_starts_anew_is_tied_to_the_time_of_reception_again() -> None:
    pair = [make.squitter(ADDRESS, make.in_air(LAT_DEG, LON_DEG, odd)) for odd in (False, True)]
    decoder = decoder_of(beast, clock="counter")
    decoder.decode(RX_NS, beast_octets(pair, [10**12, 10**12 + 12_000_000]))
    decoded = decoder.decode(RX_NS + 5 * NS_PER_S, beast_octets(pair[:1], [100]))
    assert decoded.plots["t_ns"].tolist() == [RX_NS + 5 * NS_PER_S]


# -------- AVR, JSON lines
def test_avr_reads_stamps_levels_and_mode_ac() -> None:
    frames = flight(2)
    heads = (b"*%s;", b":%s;", b"@0123456789AB%s;", b"%%0123456789AB%s;", b"<0123456789AB80%s;")
    text = b"\n".join(heads[at % 5] % frame.hex().encode() for at, frame in enumerate(frames)) + b"*7700;*0000;"
    plots, rejected, records = run(decoder_of(avr), [text])
    assert (len(plots), records) == (1, 7)
    assert rejected == {"position_without_pair": 1}


def test_avr_names_what_is_wrong_with_a_line() -> None:
    _, rejected, _ = run(decoder_of(avr), [b"8D4840D6;*zz;*8D48;*;*8D4840D6202CC371C32CE057609800;@12;*\xff\xfe;"])
    assert rejected == {"line_not_read": 1, "frame_not_hex": 2, "length_not_valid": 3}


def test_json_lines_have_the_time_of_the_line() -> None:
    plots, _, _ = run(decoder_of(modes_json), [json_lines(flight(4), 0.25)])
    assert plots["t_ns"].tolist() == [RX_NS + round(at * 0.25 * NS_PER_S) for at in (3, 5, 7)]
    assert (plots["rx_ns"] == RX_NS).all()
    assert (plots["flags"] & PlotFlag.TIME_ASSUMED == 0).all()


def test_json_lines_may_name_their_fields_and_units_otherwise() -> None:
    pair = [make.squitter(ADDRESS, make.in_air(LAT_DEG, LON_DEG, odd)) for odd in (False, True)]
    text = b"".join(
        b'{"ms":%d,"raw":"%s"}\n' % (RX_NS // 10**6 + at, frame.hex().encode()) for at, frame in enumerate(pair)
    )
    plots, _, _ = run(decoder_of(modes_json, time_field="ms", frame_field="raw", time_unit="ms"), [text])
    assert plots["t_ns"].tolist() == [RX_NS + 1_000_000]


def test_json_lines_name_what_is_wrong_with_a_line() -> None:
    text = b'[1]\n{"frame":1}\n{"timestamp":1}\n{"frame":"xx"}\n{"frame":"%s"}\n{\n' % (b"00" * 15)
    _, rejected, _ = run(decoder_of(modes_json), [text])
    assert rejected == {"line_not_read": 3, "frame_missing": 1, "frame_not_hex": 1, "length_not_valid": 1}


@pytest.mark.parametrize("time", ["null", "-1", "1e300", '"soon"', '"9999-99-99"', "99999999999999999999"])
def test_a_line_whose_time_is_none_takes_the_time_of_reception(time: str) -> None:
    pair = [make.squitter(ADDRESS, make.in_air(LAT_DEG, LON_DEG, odd)) for odd in (False, True)]
    text = "".join(f'{{"timestamp":{time},"frame":"{frame.hex()}"}}\n' for frame in pair)
    plots, rejected, _ = run(decoder_of(modes_json), [text.encode()])
    assert rejected["time_not_valid"] == 2
    assert plots["t_ns"].tolist() == [RX_NS]
    assert plots["flags"][0] & PlotFlag.TIME_ASSUMED


def test_a_line_in_a_datagram_of_its_own_needs_no_line_end() -> None:
    lines = json_lines(flight(2)).splitlines()
    plots, _, records = run(decoder_of(modes_json), lines)
    assert (len(plots), records) == (1, len(lines))


@pytest.mark.parametrize(
    "wrong",
    [
        {"latitude_deg": 58.0},
        {"latitude_deg": 91.0, "longitude_deg": 0.0},
        {"latitude_deg": 0.0, "longitude_deg": 181.0},
        {"range_m_max": 0.0},
        {"time_field": "frame"},
    ],
)
def test_parameters_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, modes_json.Params)


def test_nothing_is_compiled_after_the_kernels_are_warm() -> None:
    from skydas.formats._modes import addresses, follow, plots

    warm_up()
    kernels = (follow.follow, plots._fill, addresses.index, beast._split, beast._counter_times, readsb._scan)
    before = [len(kernel.signatures) for kernel in kernels]
    for module in FORMATS:
        run(decoder_of(module), [STREAMS[module]])
        decoder_of(module).restore(decoder_of(module).state())
    run(decoder_of(beast, clock="gps"), [STREAMS[beast]])
    assert [len(kernel.signatures) for kernel in kernels] == before == [1] * len(kernels)
