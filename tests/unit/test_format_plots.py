"""The plain format: a row is a measurement, used whole or refused whole under a reason."""

from __future__ import annotations

import itertools
import math
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skydas.formats._plots_columns import COLUMNS
from skydas.formats.plots import EXAMPLES, TAIL_MAX, Decoder, Params
from skydas.model import (
    SENSOR_UNKNOWN,
    SPEED_OF_LIGHT_MPS,
    Decoded,
    ObjectClass,
    PlotFlag,
    PlotKind,
    Rows,
    object_key,
    sensor_key_of,
)
from tests.paths import REPOSITORY

RX_NS = 1_717_664_320_000_000_000


def _decode(text: str, **params: object) -> Decoded:
    return Decoder(Params(**params)).decode(RX_NS, text.encode())  # type: ignore[arg-type]


def _row(columns: str, values: str) -> Rows:
    decoded = _decode(f"{columns}\n{values}\n")
    assert decoded.rejected == {}
    assert len(decoded.plots) == 1
    return decoded.plots[0]


def test_a_polar_row_becomes_a_polar_plot_in_si_and_radians() -> None:
    plot = _row(
        "t_utc,sensor,range_m,azimuth_true_deg,elevation_deg,range_rate_mps,sigma_range_m,sigma_azimuth_deg,snr_db",
        "2024-06-06T08:58:39.250Z,radar-1,12000.5,-90,2.5,-12.5,30,0.5,17",
    )
    assert plot["t_ns"] == 1_717_664_319_250_000_000
    assert plot["rx_ns"] == RX_NS
    assert plot["kind"] == PlotKind.POLAR
    assert plot["sensor"] == sensor_key_of("radar-1")
    assert plot["azimuth_true_rad"] == pytest.approx(1.5 * math.pi)
    assert plot["elevation_rad"] == pytest.approx(math.radians(2.5))
    assert (plot["range_m"], plot["range_rate_mps"], plot["snr_db"]) == (12_000.5, -12.5, 17.0)
    assert plot["cov"][[0, 1, 3]].tolist() == pytest.approx([900.0, 0.0, math.radians(0.5) ** 2])
    assert np.isnan(plot["cov"][[2, 4, 5]]).all()


def test_a_position_row_becomes_a_position_plot_with_its_words() -> None:
    plot = _row(
        "t_ns,sensor,latitude_deg,longitude_deg,height_hae_m,sigma_position_m,sigma_height_m,class_word,flags,object"
        ",mode_s,mode_3a,callsign",
        "1717664319250000001,net,58.5,24.5,120,10,20,multirotor,claim+on_ground,drone 7,4840d6,7700,ESTFLT1",
    )
    assert plot["t_ns"] == 1_717_664_319_250_000_001
    assert plot["kind"] == PlotKind.POSITION
    assert plot["latitude_rad"] == pytest.approx(math.radians(58.5))
    assert plot["cov"].tolist() == [100.0, 0.0, 0.0, 100.0, 0.0, 400.0]
    assert plot["class_word"] == ObjectClass.MULTIROTOR + 1
    assert plot["flags"] == PlotFlag.CLAIM | PlotFlag.ON_GROUND
    assert plot["object"] == object_key("drone 7")
    assert (plot["mode_s"], plot["mode_3a"], plot["callsign"]) == (0x4840D6, 0o7700, b"ESTFLT1")


def test_a_covariance_goes_before_a_sigma() -> None:
    plot = _row(
        "latitude_deg,longitude_deg,sigma_position_m,cov_east_east_m2,cov_east_north_m2,cov_north_north_m2",
        "58,24,10,25,-3,36",
    )
    assert plot["cov"][[0, 1, 3]].tolist() == [25.0, -3.0, 36.0]


def test_a_bearing_is_what_has_an_azimuth_only_and_the_kind_may_be_named() -> None:
    assert _row("azimuth_true_deg,elevation_deg", "10,1")["kind"] == PlotKind.BEARING
    assert _row("kind,latitude_deg,longitude_deg", "track,58,24")["kind"] == PlotKind.TRACK


def test_headings_are_not_counted_as_records() -> None:
    assert _decode("azimuth_true_deg\n5\n6\nsensor,azimuth_true_deg\na,7\n").records == 3


def test_a_row_without_time_has_the_time_of_reception_and_says_so() -> None:
    plot = _row("range_m,azimuth_true_deg", "1,2")
    assert plot["t_ns"] == RX_NS
    assert plot["flags"] == PlotFlag.TIME_ASSUMED
    assert plot["sensor"] == SENSOR_UNKNOWN


@pytest.mark.parametrize(
    "text",
    ["2024-06-06T08:58:39.25Z", "2024-06-06 08:58:39.250", "2024-06-06T10:58:39.250+02:00", "20240606T085839.250Z"],
)
def test_utc_is_read_in_every_usual_spelling_alone_or_in_company(text: str) -> None:
    plots = _decode(f"t_utc,azimuth_true_deg\n{text},1\n2024-06-06T08:58:39.250Z,1\n").plots
    assert plots["t_ns"].tolist() == [1_717_664_319_250_000_000] * 2


def test_json_lines_give_the_same_plots_as_csv() -> None:
    csv_plots = _decode("t_ns,sensor,range_m,azimuth_true_deg,mode_3a,elevation_deg\n5,a,100,20,0021,\n").plots
    json_plots = _decode(
        '{"t_ns":5,"sensor":"a","range_m":100,"azimuth_true_deg":20.0,"mode_3a":21,"elevation_deg":null}\n'
    ).plots
    assert csv_plots.tobytes() == json_plots.tobytes()


def test_arrival_times_become_differences_against_the_first_receiver_without_loss() -> None:
    decoded = _decode(
        "t_ns,group,sensor,toa_ns,sigma_toa_ns\n"
        "1717664319000000000,a,north,1717664319000000100.25,30\n"
        "1717664319000000000,b,north,1717664319000000900,\n"
        "1717664319000000000,a,south,1717664319000000103.75,40\n"
        "1717664319000000000,b,east,1717664319000000890,\n"
        "1717664319000000000,a,east,1717664319000000100,40\n"
    )
    plots = decoded.plots
    assert plots["kind"].tolist() == [PlotKind.TDOA] * 3
    assert plots["range_m"].tolist() == pytest.approx([d * 1e-9 * SPEED_OF_LIGHT_MPS for d in (3.5, -10.0, -0.25)])
    assert plots["sensor"].tolist() == [sensor_key_of(name) for name in ("south", "east", "east")]
    assert set(plots["object"].tolist()) == {sensor_key_of("north")}
    assert plots["seq"][0] == plots["seq"][2] != plots["seq"][1]
    assert plots["cov"][0, 0] == pytest.approx((50e-9 * SPEED_OF_LIGHT_MPS) ** 2)
    assert math.isnan(plots["cov"][1, 0])


def test_a_groups_name_used_again_later_is_another_group() -> None:
    rows = [(0, "north"), (0, "south"), (10, "north"), (10, "south")]
    text = "".join(f"{s}000000000,1,{name},{s}000000000\n" for s, name in rows)
    plots = _decode("t_ns,group,sensor,toa_ns\n" + text).plots
    assert len(plots) == 2
    assert plots["seq"][0] != plots["seq"][1]


@pytest.mark.parametrize(
    ("columns", "values", "reason"),
    [
        ("t_utc,azimuth_true_deg", "yesterday,1", "bad_time"),
        ("t_ns,azimuth_true_deg", "-5,1", "bad_time"),
        ("t_ns,azimuth_true_deg", "99999999999999999999,1", "bad_time"),
        ("azimuth_true_deg", "north", "bad_number"),
        ("azimuth_true_deg", "nan", "not_finite"),
        ("azimuth_true_deg", "1e999", "not_finite"),
        ("azimuth_true_deg", "361", "out_of_range"),
        ("range_m,azimuth_true_deg", "-1,0", "out_of_range"),
        ("latitude_deg,longitude_deg", "91,0", "out_of_range"),
        ("azimuth_true_deg,sigma_azimuth_deg", "1,0", "out_of_range"),
        ("azimuth_true_deg,mode_s", "1,xyz", "bad_code"),
        ("azimuth_true_deg,mode_3a", "1,7800", "bad_code"),
        ("azimuth_true_deg,callsign", "1,MUCHTOOLONG", "bad_callsign"),
        ("azimuth_true_deg,class_word", "1,saucer", "unknown_class_word"),
        ("azimuth_true_deg,kind", "1,guess", "unknown_kind"),
        ("azimuth_true_deg,kind", "1,polar", "kind_without_its_columns"),
        ("azimuth_true_deg,flags", "1,shiny", "unknown_flag"),
        ("azimuth_true_deg,sensor", "1," + "x" * 121, "text_too_long"),
        ("range_m,sensor", "5,a", "no_measurement"),
        ("sensor,toa_ns", "a,5", "toa_without_group"),
        ("azimuth_true_deg,sensor", "1,a,b", "wrong_field_count"),
        ("nothing,known", "1,2", "no_heading"),
    ],
)
def test_a_row_that_cannot_be_used_is_refused_with_its_reason_and_the_rest_is_used(
    columns: str, values: str, reason: str
) -> None:
    decoded = _decode(f"{columns}\n{values}\nsensor,azimuth_true_deg\na,5\n")
    assert reason in decoded.rejected
    assert set(decoded.rejected) == {reason}
    assert decoded.plots["azimuth_true_rad"].tolist() == pytest.approx([math.radians(5)])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"azimuth_true_deg":', "bad_json"),
        ("[1,2]", "bad_json"),
        ('{"azimuth_true_deg":true}', "bad_json_value"),
        ('{"azimuth_true_deg":[1]}', "bad_json_value"),
        ('{"azimuth_deg":1}', "unknown_column"),
    ],
)
def test_a_json_line_that_cannot_be_used_is_refused_with_its_reason(line: str, reason: str) -> None:
    decoded = _decode(f'{line}\n{{"azimuth_true_deg":5}}\n', layout="jsonl")
    assert decoded.rejected == {reason: 1}
    assert len(decoded.plots) == 1


def test_an_unknown_column_refuses_its_rows_and_is_named_once_for_the_operator() -> None:
    decoder = Decoder(Params())
    first = decoder.decode(RX_NS, b"t_ns,azimuth_deg,range_m\n1,2,3\n")
    second = decoder.decode(RX_NS, b"1,2,3\nt_ns,azimuth_deg,range_m\n4,5,6\n")
    assert (first.rejected, second.rejected) == ({"unknown_column": 1}, {"unknown_column": 2})
    assert [status.words for status in first.statuses] == [{"unknown_columns": "azimuth_deg"}]
    assert second.statuses == []


def test_a_recording_with_its_own_names_is_read_by_naming_them_in_the_parameters() -> None:
    names = {"lat": "latitude_deg", "lon": "longitude_deg", "battery": ""}
    decoded = _decode("t_ns,lat,lon,battery\n1,58,24,full\n", columns=names)
    assert decoded.rejected == {}
    assert decoded.plots["latitude_rad"].tolist() == pytest.approx([math.radians(58)])
    assert len(_decode("58,24,x\n", columns=names, heading="lat,lon,battery").plots) == 1


def test_a_datagram_ends_with_its_last_line() -> None:
    assert len(_decode("azimuth_true_deg\n5", framing="datagram").plots) == 1
    assert len(_decode("azimuth_true_deg\n5", framing="stream").plots) == 0


def test_a_line_without_end_is_bounded_and_counted_wherever_the_stream_is_cut() -> None:
    octets = b"azimuth_true_deg\n" + b"7" * (TAIL_MAX + 5) + b"\n5\n"
    for step in (1_000, 40_000, len(octets)):
        decoder = Decoder(Params())
        decoded = [decoder.decode(RX_NS, octets[at : at + step]) for at in range(0, len(octets), step)]
        assert sum(part.rejected.get("line_too_long", 0) for part in decoded) == 1
        assert sum(len(part.plots) for part in decoded) == 1
        assert len(decoder.state()) < 2 * TAIL_MAX


@settings(max_examples=150, deadline=None)
@given(cuts=st.lists(st.integers(0, 2_000), max_size=8), restart=st.booleans())
def test_a_stream_cut_anywhere_gives_the_same_plots_also_over_a_restart(cuts: list[int], restart: bool) -> None:
    octets = b"".join(EXAMPLES) + b"1,west,8605621531.25,20\nbad,row\n" + EXAMPLES[1]
    whole = Decoder(Params()).decode(RX_NS, octets)
    decoder, plots, rejected = Decoder(Params()), b"", 0
    edges = [0, *sorted(cut for cut in cuts if cut < len(octets)), len(octets)]
    for begin, end in itertools.pairwise(edges):
        if restart:
            state = decoder.state()
            decoder = Decoder(Params())
            decoder.restore(state)
        decoded = decoder.decode(RX_NS, octets[begin:end])
        plots += decoded.plots.tobytes()
        rejected += sum(decoded.rejected.values())
    assert plots == whole.plots.tobytes()
    assert rejected == sum(whole.rejected.values())


@settings(max_examples=400, deadline=None)
@given(data=st.data(), example=st.sampled_from(EXAMPLES))
def test_damaged_examples_are_refused_or_read_but_never_raise(data: st.DataObject, example: bytes) -> None:
    octets = bytearray(example)
    for _ in range(data.draw(st.integers(1, 6))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    decoded = Decoder(Params()).decode(RX_NS, bytes(octets))
    # a row is one plot or one refusal; the first row of a TDOA group is neither
    assert len(decoded.plots) + sum(decoded.rejected.values()) <= octets.count(b"\n") + 1
    for field in ("range_m", "latitude_rad", "longitude_rad", "azimuth_true_rad"):
        assert not np.isinf(decoded.plots[field]).any()


def test_every_example_in_the_documentation_runs() -> None:
    text = (REPOSITORY / "docs" / "formats" / "plots.md").read_text()
    blocks = re.findall(r"```(csv|json)\n(.*?)```", text, re.S)
    assert len(blocks) >= 5
    for _, block in blocks:
        decoded = _decode(block)
        assert decoded.rejected == {}, block
        assert len(decoded.plots) > 0, block


def test_the_documentation_names_every_column() -> None:
    text = Path(REPOSITORY / "docs" / "formats" / "plots.md").read_text()
    assert {name for name in COLUMNS if f"`{name}`" not in text} == set()
