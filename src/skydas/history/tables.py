"""TRACK and PLOT rows to Arrow tables and back: what `tracks.parquet` and `plots.parquet` hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skydas.history import columns
from skydas.history.schema import (
    MODES,
    ORIGIN_WORDS,
    PLOT_FLAG_WORDS,
    PLOT_KIND_WORDS,
    PLOTS_SCHEMA,
    STATUS_WORDS,
    TRACK_FLAG_WORDS,
    TRACKS_SCHEMA,
    covariance_columns,
)
from skydas.model import (
    ASSET_NONE,
    CLASS_WORDS,
    IDENTITY_WORDS,
    MODE_3A_UNKNOWN,
    MODE_S_UNKNOWN,
    QUALITY_UNKNOWN,
    TRACK,
    IntArray,
    PlotKind,
    Rows,
    empty_tracks,
)

SEQUENCE_UNKNOWN: Final = -1
_POLAR_KINDS: Final = (PlotKind.POLAR, PlotKind.BEARING, PlotKind.TDOA)


def tracks_table(rows: Rows, node: str, sensors: Sequence[str], sequence: IntArray | None = None) -> pa.Table:
    """Return tracks as a table of TRACKS_SCHEMA, in the order of the rows.

    rows     : TRACK (k,)
    sensors  : row of the node's sensor table -> name
    sequence : (k,) number of the fact that each row came in; default null
    """
    count = len(rows)
    grouped = rows["group"] > 0
    arrays: dict[str, pa.Array] = {
        "t_ns": columns.numbers(rows["t_ns"]),
        "node": columns.one(node, count),
        "track_no": columns.numbers(rows["track_no"]),
        "status": columns.named(rows["status"], STATUS_WORDS),
        "latitude_deg": columns.numbers(rows["latitude_deg"]),
        "longitude_deg": columns.numbers(rows["longitude_deg"]),
        "height_hae_m": columns.numbers(rows["height_hae_m"]),
        **_columns_of(rows["velocity_mps"], ("v_east_mps", "v_north_mps", "v_up_mps")),
        **_columns_of(rows["cov"], covariance_columns()),
        "existence": columns.numbers(rows["existence"]),
        **_columns_of(rows["mode_probability"], [f"mode_{mode}_probability" for mode in MODES]),
        "height_agl_m": columns.numbers(rows["height_agl_m"]),
        "mode_s": columns.coded(rows["mode_s"], "{:06x}".format, MODE_S_UNKNOWN),
        "mode_3a": columns.coded(rows["mode_3a"], "{:04o}".format, MODE_3A_UNKNOWN),
        "callsign": columns.callsigns(rows["callsign"]),
        "sensors": columns.sets(rows["sensors"], lambda bits: columns.sensor_names(bits, sensors)),
        "last_plot_ns": columns.numbers(rows["last_plot_ns"], unknown=0),
        "identity": columns.named(rows["identity"], IDENTITY_WORDS),
        "class": _likeliest_class(rows),
        **_columns_of(rows["class_probability"], [f"class_{word}_probability" for word in CLASS_WORDS]),
        "origin": columns.named(rows["origin"], ORIGIN_WORDS),
        "flags": columns.sets(rows["flags"], lambda bits: columns.bit_names(bits, TRACK_FLAG_WORDS)),
        "group_no": columns.where(rows["group"], grouped),
        "group_count_min": columns.where(rows["group_count"][:, 0], grouped),
        "group_count_max": columns.where(rows["group_count"][:, 1], grouped),
        "threat": columns.numbers(rows["threat"]),
        "threat_asset_no": columns.numbers(rows["threat_asset"], unknown=ASSET_NONE),
        "label_no": columns.numbers(rows["label"]),
        "revised_from_ns": columns.numbers(rows["revised_from_ns"], unknown=0),
        "sequence": _sequence(sequence, count),
    }
    return pa.table(arrays, schema=TRACKS_SCHEMA)


def plots_table(
    rows: Rows,
    node: str,
    sensors: Sequence[str],
    sources: Sequence[str] = (),
    source: IntArray | None = None,
    sequence: IntArray | None = None,
) -> pa.Table:
    """Return plots as a table of PLOTS_SCHEMA, in the order of the rows.

    rows     : PLOT (n,), `sensor` being the row of the node's sensor table
    source   : (n,) row in `sources`; default: null, or the only source there is
    sequence : (n,) number of the fact that each row came in; default null
    """
    count = len(rows)
    kind = rows["kind"]
    polar = np.isin(kind, _POLAR_KINDS)
    angular = polar & (kind != PlotKind.TDOA)
    cov = rows["cov"]
    with np.errstate(invalid="ignore"):
        sigma = np.sqrt(cov[:, [0, 3, 5]])
    if source is None:
        source = np.zeros(count, np.int64)
    east_north_up = [name for name in PLOTS_SCHEMA.names if name.startswith("cov_")]
    arrays: dict[str, pa.Array] = {
        "t_ns": columns.numbers(rows["t_ns"]),
        "rx_ns": columns.numbers(rows["rx_ns"]),
        "node": columns.one(node, count),
        "source": columns.named(source, sources),
        "sensor": columns.named(rows["sensor"].astype(np.int64), sensors),
        "kind": columns.named(kind, PLOT_KIND_WORDS),
        "flags": columns.sets(rows["flags"], lambda bits: columns.bit_names(bits, PLOT_FLAG_WORDS)),
        "range_m": columns.numbers(rows["range_m"]),
        "azimuth_true_deg": columns.numbers(np.degrees(rows["azimuth_true_rad"])),
        "elevation_deg": columns.numbers(np.degrees(rows["elevation_rad"])),
        "range_rate_mps": columns.numbers(rows["range_rate_mps"]),
        "latitude_deg": columns.numbers(np.degrees(rows["latitude_rad"])),
        "longitude_deg": columns.numbers(np.degrees(rows["longitude_rad"])),
        "height_hae_m": columns.numbers(rows["height_hae_m"]),
        "height_pressure_m": columns.numbers(rows["height_pressure_m"]),
        "sigma_range_m": columns.where(sigma[:, 0], polar & (kind != PlotKind.BEARING)),
        "sigma_azimuth_deg": columns.where(np.degrees(sigma[:, 1]), angular),
        "sigma_elevation_deg": columns.where(np.degrees(sigma[:, 2]), angular),
        **{name: columns.where(cov[:, at], ~polar) for at, name in enumerate(east_north_up)},
        "mode_s": columns.coded(rows["mode_s"], "{:06x}".format, MODE_S_UNKNOWN),
        "mode_3a": columns.coded(rows["mode_3a"], "{:04o}".format, MODE_3A_UNKNOWN),
        "callsign": columns.callsigns(rows["callsign"]),
        "object": columns.coded(rows["object"], "{:016x}".format, 0),
        "class": columns.named(rows["class_word"].astype(np.int64) - 1, CLASS_WORDS, rows["class_word"] > 0),
        "rcs_dbsm": columns.numbers(rows["rcs_db"]),
        "snr_db": columns.numbers(rows["snr_db"]),
        **{
            name: columns.numbers(rows["quality"][:, at], unknown=QUALITY_UNKNOWN)
            for at, name in enumerate(("nic", "nacp", "nacv", "sil"))
        },
        "decoder_seq": columns.numbers(rows["seq"]),
        "sequence": _sequence(sequence, count),
    }
    return pa.table(arrays, schema=PLOTS_SCHEMA)


def tracks_from_table(table: pa.Table) -> Rows:
    """Return TRACK (k,) from a table of TRACKS_SCHEMA.

    Not in the file, so not known here: `position_enu_m` (its plane is the node's). `sensors` has as many bits set
    as there were sensors, from bit 0: their names are in the table.
    """
    rows = empty_tracks(table.num_rows)
    for name in ("t_ns", "last_plot_ns", "revised_from_ns", "track_no"):
        rows[name] = _filled(table, name, 0)
    for name in ("latitude_deg", "longitude_deg", "height_hae_m", "height_agl_m", "existence", "threat"):
        rows[name] = _filled(table, name, np.nan)
    for at, name in enumerate(("v_east_mps", "v_north_mps", "v_up_mps")):
        rows["velocity_mps"][:, at] = _filled(table, name, np.nan)
    for at, name in enumerate(covariance_columns()):
        rows["cov"][:, at] = _filled(table, name, np.nan)
    for at, mode in enumerate(MODES):
        rows["mode_probability"][:, at] = _filled(table, f"mode_{mode}_probability", np.nan)
    for at, word in enumerate(CLASS_WORDS):
        rows["class_probability"][:, at] = _filled(table, f"class_{word}_probability", np.nan)
    for name, words in (("status", STATUS_WORDS), ("identity", IDENTITY_WORDS), ("origin", ORIGIN_WORDS)):
        rows[name] = [words.index(word) for word in table[name].to_pylist()]
    rows["mode_s"] = [int(code or "0", 16) for code in table["mode_s"].to_pylist()]
    rows["mode_3a"] = [MODE_3A_UNKNOWN if code is None else int(code, 8) for code in table["mode_3a"].to_pylist()]
    rows["callsign"] = [(text or "").encode("ascii", "replace") for text in table["callsign"].to_pylist()]
    rows["sensors"] = [(1 << min(len(names), 64)) - 1 for names in table["sensors"].to_pylist()]
    rows["flags"] = [
        sum(1 << TRACK_FLAG_WORDS.index(word) for word in words if word in TRACK_FLAG_WORDS)
        for words in table["flags"].to_pylist()
    ]
    rows["group"] = _filled(table, "group_no", 0)
    rows["group_count"][:, 0] = _filled(table, "group_count_min", 0)
    rows["group_count"][:, 1] = _filled(table, "group_count_max", 0)
    rows["threat_asset"] = _filled(table, "threat_asset_no", ASSET_NONE)
    rows["label"] = _filled(table, "label_no", 0)
    assert rows.dtype == TRACK
    return rows


def _columns_of(block: Any, names: Sequence[str]) -> dict[str, pa.Array]:
    """Return the columns of `block` (k, m) under `names` (m,)."""
    return {name: columns.numbers(block[:, at]) for at, name in enumerate(names)}


def _likeliest_class(rows: Rows) -> pa.Array:
    probability = rows["class_probability"]
    known = ~np.isnan(probability).any(axis=1)
    return columns.named(np.argmax(probability, axis=1), CLASS_WORDS, known)


def _sequence(sequence: IntArray | None, count: int) -> pa.Array:
    if sequence is None:
        return pa.nulls(count, pa.int64())
    return columns.numbers(sequence, unknown=SEQUENCE_UNKNOWN)


def _filled(table: pa.Table, name: str, unknown: float) -> Any:
    return pc.fill_null(table[name], unknown).to_numpy()
