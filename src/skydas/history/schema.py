"""The columns of tracks.parquet, plots.parquet and groups.parquet, each with its unit in its name; null: not known.

`docs/files.md` explains them; a test pins them. Columns are only ever added, at the end.
"""

from __future__ import annotations

from enum import IntFlag
from typing import Final

import pyarrow as pa

from skydas.model import CLASS_WORDS, Origin, PlotFlag, PlotKind, TrackFlag, TrackStatus, words

SCHEMA_VERSION: Final = "1"

STATE: Final = ("east", "north", "up", "v_east", "v_north", "v_up")
MODES: Final = ("quiet", "manoeuvring", "hovering")


def flag_words(enum: type[IntFlag]) -> tuple[str, ...]:
    """Return the lower-case words of a flag enum, bit 0 first."""
    assert [member.value for member in enum] == [1 << bit for bit in range(len(enum))]
    return tuple(str(member.name).lower() for member in enum)


STATUS_WORDS: Final = words(TrackStatus)
ORIGIN_WORDS: Final = words(Origin)
PLOT_KIND_WORDS: Final = words(PlotKind)
TRACK_FLAG_WORDS: Final = flag_words(TrackFlag)
PLOT_FLAG_WORDS: Final = flag_words(PlotFlag)


def covariance_columns() -> tuple[str, ...]:
    """Return the names of the 21 columns of a track's covariance, in the order of TRACK `cov`."""
    return tuple(
        f"cov_{a}_{b}_m2{('', 'ps', 'ps2')[a.startswith('v_') + b.startswith('v_')]}"
        for row, a in enumerate(STATE)
        for b in STATE[row:]
    )


TEXT: Final = pa.dictionary(pa.int32(), pa.string())  # few distinct words
TEXTS: Final = pa.list_(pa.string())

TRACKS_SCHEMA: Final = pa.schema(
    [
        ("t_ns", pa.int64()),
        ("node", TEXT),
        ("track_no", pa.uint32()),
        ("status", TEXT),
        ("latitude_deg", pa.float64()),
        ("longitude_deg", pa.float64()),
        ("height_hae_m", pa.float64()),
        ("v_east_mps", pa.float64()),
        ("v_north_mps", pa.float64()),
        ("v_up_mps", pa.float64()),
        *((name, pa.float64()) for name in covariance_columns()),
        ("existence", pa.float32()),
        *((f"mode_{mode}_probability", pa.float32()) for mode in MODES),
        ("height_agl_m", pa.float32()),
        ("mode_s", TEXT),
        ("mode_3a", TEXT),
        ("callsign", TEXT),
        ("sensors", TEXTS),
        ("last_plot_ns", pa.int64()),
        ("identity", TEXT),
        ("class", TEXT),
        *((f"class_{word}_probability", pa.float32()) for word in CLASS_WORDS),
        ("origin", TEXT),
        ("flags", TEXTS),
        ("group_no", pa.uint32()),
        ("group_count_min", pa.uint16()),
        ("group_count_max", pa.uint16()),
        ("threat", pa.float32()),
        ("threat_asset_no", pa.uint16()),
        ("label_no", pa.uint16()),
        ("revised_from_ns", pa.int64()),
        ("sequence", pa.int64()),
    ],
    metadata={"skydas": "tracks", "skydas_version": SCHEMA_VERSION},
)

PLOTS_SCHEMA: Final = pa.schema(
    [
        ("t_ns", pa.int64()),
        ("rx_ns", pa.int64()),
        ("node", TEXT),
        ("source", TEXT),
        ("sensor", TEXT),
        ("kind", TEXT),
        ("flags", TEXTS),
        ("range_m", pa.float64()),
        ("azimuth_true_deg", pa.float64()),
        ("elevation_deg", pa.float64()),
        ("range_rate_mps", pa.float64()),
        ("latitude_deg", pa.float64()),
        ("longitude_deg", pa.float64()),
        ("height_hae_m", pa.float64()),
        ("height_pressure_m", pa.float64()),
        ("sigma_range_m", pa.float64()),
        ("sigma_azimuth_deg", pa.float64()),
        ("sigma_elevation_deg", pa.float64()),
        ("cov_east_east_m2", pa.float64()),
        ("cov_east_north_m2", pa.float64()),
        ("cov_east_up_m2", pa.float64()),
        ("cov_north_north_m2", pa.float64()),
        ("cov_north_up_m2", pa.float64()),
        ("cov_up_up_m2", pa.float64()),
        ("mode_s", TEXT),
        ("mode_3a", TEXT),
        ("callsign", TEXT),
        ("object", TEXT),
        ("class", TEXT),
        ("rcs_dbsm", pa.float32()),
        ("snr_db", pa.float32()),
        ("nic", pa.uint8()),
        ("nacp", pa.uint8()),
        ("nacv", pa.uint8()),
        ("sil", pa.uint8()),
        ("decoder_seq", pa.uint32()),
        ("sequence", pa.int64()),
    ],
    metadata={"skydas": "plots", "skydas_version": SCHEMA_VERSION},
)

GROUPS_SCHEMA: Final = pa.schema(
    [
        ("t_ns", pa.int64()),
        ("node", TEXT),
        ("group_no", pa.uint32()),
        ("count_min", pa.uint16()),
        ("count_max", pa.uint16()),
        ("latitude_deg", pa.float64()),
        ("longitude_deg", pa.float64()),
        ("height_hae_m", pa.float64()),
        ("v_east_mps", pa.float64()),
        ("v_north_mps", pa.float64()),
        ("v_up_mps", pa.float64()),
        ("major_m", pa.float64()),
        ("minor_m", pa.float64()),
        ("axis_true_deg", pa.float64()),
        ("is_over", pa.bool_()),
        ("sequence", pa.int64()),
    ],
    metadata={"skydas": "groups", "skydas_version": SCHEMA_VERSION},
)
