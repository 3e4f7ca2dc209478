"""The arrays and the table of messages are pinned: files and wires are made of them."""

from __future__ import annotations

import hashlib
import types
import typing
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skydas import model
from skydas.model import NS_PER_S, PLOT, S_PER_DAY, TRACK, empty_plots, empty_tracks, time_of_day_ns, utc_ns, utc_text


def test_the_layout_of_a_plot_is_pinned() -> None:
    assert PLOT.itemsize == 177
    assert hashlib.sha256(str(PLOT.descr).encode()).hexdigest()[:16] == "0ec9d093ff458c90"


def test_the_layout_of_a_track_is_pinned() -> None:
    assert TRACK.itemsize == 381
    assert hashlib.sha256(str(TRACK.descr).encode()).hexdigest()[:16] == "9cd2217e359ea498"


def test_an_empty_plot_knows_nothing() -> None:
    plot = empty_plots(1)[0]
    for name in PLOT.names or ():
        if PLOT[name].base.kind == "f":
            assert np.isnan(plot[name]).all(), name
    assert plot["mode_s"] == model.MODE_S_UNKNOWN
    assert plot["mode_3a"] == model.MODE_3A_UNKNOWN
    assert (plot["quality"] == model.QUALITY_UNKNOWN).all()


def test_an_empty_track_knows_nothing() -> None:
    track = empty_tracks(1)[0]
    for name in TRACK.names or ():
        if TRACK[name].base.kind == "f":
            assert np.isnan(track[name]).all(), name
    assert track["threat_asset"] == model.ASSET_NONE


def test_every_message_stands_in_the_table_once() -> None:
    in_table = [row.type for row in model.MESSAGES]
    assert len(in_table) == len(set(in_table))
    structs = {
        value
        for value in vars(model.messages).values()
        if isinstance(value, type) and issubclass(value, msgspec.Struct) and value.__module__ == model.messages.__name__
    }
    assert structs - {model.messages.MessageRow} <= set(in_table)
    assert set(typing.get_args(model.Fact)) <= set(in_table)


def any_of(kind: Any) -> Any:
    """Return some value of an annotated type."""
    plain = {int: 7, str: "x", bytes: b"\x00" * TRACK.itemsize, float: 0.5, bool: True, type(None): None}
    if kind in plain:
        return plain[kind]
    parts = typing.get_args(kind)
    match typing.get_origin(kind):
        case types.UnionType | typing.Union:
            return any_of(parts[0])
        case typing.Literal:
            return parts[0]
        case _ if typing.get_origin(kind) is list:
            return [any_of(parts[0])]
        case _ if typing.get_origin(kind) is dict:
            return {any_of(parts[0]): any_of(parts[1])}
        case _ if typing.get_origin(kind) is tuple:
            return tuple(any_of(part) for part in parts if part is not ...)
    if issubclass(kind, msgspec.Struct):
        return kind(**{field.name: any_of(field.type) for field in msgspec.structs.fields(kind)})
    return next(iter(kind))


@pytest.mark.parametrize("fact_type", typing.get_args(model.Fact))
def test_every_fact_survives_its_encoding(fact_type: type) -> None:
    fact = any_of(fact_type)
    assert model.decode_fact(model.encode_fact(fact)) == fact


@given(st.integers(0, 40_000), st.floats(0, S_PER_DAY, exclude_max=True, width=32), st.floats(-40_000, 40_000))
def test_a_time_of_day_is_put_on_the_nearest_day(day: int, tod_s: float, latency_s: float) -> None:
    measured_ns = day * S_PER_DAY * NS_PER_S + round(tod_s * NS_PER_S)
    rx_ns = measured_ns + round(latency_s * NS_PER_S)
    assert time_of_day_ns(rx_ns, tod_s) == measured_ns


def test_a_plot_measured_just_before_midnight_and_received_after_belongs_to_the_day_before() -> None:
    rx_ns = utc_ns("2026-03-02T00:00:00.500Z")
    assert utc_text(time_of_day_ns(rx_ns, 86_399.5)) == "2026-03-01T23:59:59.500Z"


@given(st.integers(0, 4_102_444_800_000))
def test_utc_text_reads_back(t_ms: int) -> None:
    assert utc_ns(utc_text(t_ms * 1_000_000)) == t_ms * 1_000_000


def test_the_keys_of_named_sensors_never_meet_those_of_asterix() -> None:
    assert model.sensor_key(255, 255) < 0x1_0000 <= model.sensor_key_of("")
    assert model.object_key("1581F5BKD224E00B0KJX") != model.object_key("1581F5BKD224E00B0KJY") != 0
