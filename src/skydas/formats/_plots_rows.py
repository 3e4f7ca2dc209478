"""Columns of cells to PLOT rows, for the plain format `plots`."""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np

from skydas.formats import _plots_columns as columns
from skydas.formats._plots_columns import Cells, Faults
from skydas.model import (
    NS_PER_S,
    SENSOR_UNKNOWN,
    SPEED_OF_LIGHT_MPS,
    TAU,
    BoolArray,
    Decoded,
    FloatArray,
    IntArray,
    PlotFlag,
    PlotKind,
    Rows,
    empty_plots,
    object_key,
    sensor_key_of,
)

GROUPS_MAX: Final = 1_024  # TDOA groups that may still get a row
GROUP_NS_MAX: Final = 2 * NS_PER_S  # a group's name used again later is another group

_BY_COLUMNS: Final = 255
_DEG_RAD: Final = TAU / 360.0
_M_PER_NS: Final = SPEED_OF_LIGHT_MPS * 1e-9

# PLOT field, column, factor
_FIELDS: Final = (
    ("range_m", "range_m", 1.0),
    ("azimuth_true_rad", "azimuth_true_deg", _DEG_RAD),
    ("elevation_rad", "elevation_deg", _DEG_RAD),
    ("range_rate_mps", "range_rate_mps", 1.0),
    ("latitude_rad", "latitude_deg", _DEG_RAD),
    ("longitude_rad", "longitude_deg", _DEG_RAD),
    ("height_hae_m", "height_hae_m", 1.0),
    ("height_pressure_m", "height_pressure_m", 1.0),
    ("rcs_db", "rcs_db", 1.0),
    ("snr_db", "snr_db", 1.0),
)
_POSITION_COV: Final = (
    "cov_east_east_m2",
    "cov_east_north_m2",
    "cov_east_up_m2",
    "cov_north_north_m2",
    "cov_north_up_m2",
    "cov_up_up_m2",
)


class Reference(msgspec.Struct, array_like=True):
    """The first receiver of a TDOA group: every later row of the group is measured against it."""

    sensor: int
    t_ns: int
    toa_ns: int
    toa_fraction_ns: float
    variance_ns2: float
    seq: int
    row_count: int


class Groups(msgspec.Struct):
    """What must be remembered between payloads to number plots and complete groups."""

    seq: int = 0
    references: dict[str, Reference] = {}

    def next_seq(self) -> int:
        """Return the next running number."""
        self.seq = (self.seq + 1) & 0xFFFF_FFFF
        return self.seq


def decode_columns(rx_ns: int, cells: dict[str, Cells], row_count: int, groups: Groups, decoded: Decoded) -> Rows:
    """Return the plots of a batch, PLOT (n,), in the order of the rows; what is refused is counted in `decoded`."""
    faults = Faults(row_count)
    plots = empty_plots(row_count)
    t_ns, assumed = columns.instants(cells.get("t_ns"), cells.get("t_utc"), faults)
    plots["t_ns"] = np.where(assumed, rx_ns, t_ns)
    plots["rx_ns"] = rx_ns
    plots["sensor"] = SENSOR_UNKNOWN
    plots["flags"] = np.where(assumed, int(PlotFlag.TIME_ASSUMED), 0)
    values = {name: columns.numbers(name, cells[name], faults) for name in columns.NUMBERS if name in cells}
    for field, name, factor in _FIELDS:
        if name in values:
            plots[field] = values[name] * factor
    plots["azimuth_true_rad"] %= TAU
    _fill_words(plots, cells, faults, decoded)
    toa = columns.arrivals(cells["toa_ns"], faults) if "toa_ns" in cells else None
    _fill_kind(plots, cells, toa[2] if toa else np.zeros(row_count, np.bool_), faults)
    _fill_cov(plots, values)
    if toa is not None and toa[2].any():
        plots = _tdoa(plots, cells, toa, values.get("sigma_toa_ns"), groups, faults)
    else:
        first = groups.seq + 1
        good = ~faults.bad
        count = int(np.count_nonzero(good))
        plots = plots[good]
        plots["seq"] = (first + np.arange(count)) & 0xFFFF_FFFF
        groups.seq = (groups.seq + count) & 0xFFFF_FFFF
    for reason, count in faults.reasons.items():
        decoded.reject(reason, count)
    return plots


def _fill_words(plots: Rows, cells: dict[str, Cells], faults: Faults, decoded: Decoded) -> None:
    words = {name: columns.texts(cells[name]) for name in columns.TEXTS if name in cells}
    for name in ("sensor", "object", "group"):
        too_long = [len(word) > columns.TEXT_MAX for word in words.get(name, ())]
        if any(too_long):
            faults.mark(np.array(too_long), "text_too_long")
    if "sensor" in words:
        plots["sensor"] = columns.by_word(words["sensor"], columns.sensor_of, faults, "")
        decoded.names.update({sensor_key_of(word): word for word in dict.fromkeys(words["sensor"]) if word})
    if "object" in words:
        table = {word: object_key(word) for word in dict.fromkeys(words["object"]) if word}
        plots["object"] = np.array([table.get(word, 0) for word in words["object"]], np.uint64)
        decoded.names.update({key: word for word, key in table.items()})
    if "mode_s" in words:
        plots["mode_s"] = columns.by_word(words["mode_s"], columns.mode_s_of, faults, "bad_code")
    if "mode_3a" in words:
        plots["mode_3a"] = columns.by_word(words["mode_3a"], columns.mode_3a_of, faults, "bad_code")
    if "callsign" in words:
        bad = [len(word) > 8 or not word.isascii() or not (word.isprintable()) for word in words["callsign"]]
        faults.mark(np.array(bad), "bad_callsign")
        plots["callsign"] = [
            b"" if wrong else word.encode() for word, wrong in zip(words["callsign"], bad, strict=True)
        ]
    if "class_word" in words:
        plots["class_word"] = columns.by_word(words["class_word"], columns.class_of, faults, "unknown_class_word")
    if "flags" in words:
        plots["flags"] |= columns.by_word(words["flags"], columns.flags_of, faults, "unknown_flag").astype(np.uint32)


def _fill_kind(plots: Rows, cells: dict[str, Cells], has_toa: BoolArray, faults: Faults) -> None:
    """Give each row the kind it names, or the first of TDOA, position, polar, bearing whose columns it has."""
    has_position = ~np.isnan(plots["latitude_rad"]) & ~np.isnan(plots["longitude_rad"])
    has_azimuth = ~np.isnan(plots["azimuth_true_rad"])
    has = {
        PlotKind.TDOA: has_toa,
        PlotKind.POSITION: has_position,
        PlotKind.POLAR: has_azimuth & ~np.isnan(plots["range_m"]),
        PlotKind.BEARING: has_azimuth,
        PlotKind.TRACK: has_position,
    }
    named = np.full(len(plots), _BY_COLUMNS, np.int64)
    if "kind" in cells:
        named = columns.by_word(columns.texts(cells["kind"]), columns.kind_of, faults, "unknown_kind")
    found = np.select([has[kind] for kind in has], [int(kind) for kind in has], _BY_COLUMNS)
    plots["kind"] = np.where(named == _BY_COLUMNS, found, named)
    faults.mark(plots["kind"] == _BY_COLUMNS, "no_measurement")
    for kind, rows in has.items():
        faults.mark((named == int(kind)) & ~rows, "kind_without_its_columns")
    group_words = columns.texts(cells["group"]) if "group" in cells else [""] * len(plots)
    ungrouped = np.fromiter((not word for word in group_words), np.bool_, len(plots))
    faults.mark((plots["kind"] == int(PlotKind.TDOA)) & ungrouped, "toa_without_group")


def _fill_cov(plots: Rows, values: dict[str, FloatArray]) -> None:
    """Square the sigmas into the diagonal; a covariance given as such goes before them."""
    none = np.full(len(plots), np.nan)
    position = (plots["kind"] == int(PlotKind.POSITION)) | (plots["kind"] == int(PlotKind.TRACK))
    flat = values.get("sigma_position_m", none)
    diagonal = (
        np.where(position, flat, values.get("sigma_range_m", none)),
        np.where(position, flat, values.get("sigma_azimuth_deg", none) * _DEG_RAD),
        np.where(position, values.get("sigma_height_m", none), values.get("sigma_elevation_deg", none) * _DEG_RAD),
    )
    cov = plots["cov"]
    for sigma, at in zip(diagonal, (0, 3, 5), strict=True):
        cov[:, at] = sigma**2
    # what is stated without a correlation is taken as uncorrelated
    for at, (one, other) in {1: (0, 3), 2: (0, 5), 4: (3, 5)}.items():
        cov[~np.isnan(cov[:, one]) & ~np.isnan(cov[:, other]), at] = 0.0
    for at, name in enumerate(_POSITION_COV):
        if name in values:
            given = position & ~np.isnan(values[name])
            cov[given, at] = values[name][given]


def _tdoa(
    plots: Rows,
    cells: dict[str, Cells],
    toa: tuple[IntArray, FloatArray, BoolArray],
    sigma_toa_ns: FloatArray | None,
    groups: Groups,
    faults: Faults,
) -> Rows:
    """Turn the rows of each group into differences against the group's first row, which gives no plot of its own."""
    whole, fraction, _ = toa
    words = columns.texts(cells["group"]) if "group" in cells else []
    keep = np.zeros(len(plots), np.bool_)
    for row in np.flatnonzero(~faults.bad):
        if plots["kind"][row] != PlotKind.TDOA:
            plots["seq"][row] = groups.next_seq()
            keep[row] = True
            continue
        sigma_ns = float(sigma_toa_ns[row]) if sigma_toa_ns is not None else np.nan
        sensor, t_ns = int(plots["sensor"][row]), int(plots["t_ns"][row])
        reference = groups.references.get(words[row])
        if reference is None or abs(t_ns - reference.t_ns) > GROUP_NS_MAX:
            _open_group(
                words[row],
                Reference(sensor, t_ns, int(whole[row]), float(fraction[row]), sigma_ns**2, 0, 1),
                groups,
                faults,
            )
            continue
        reference.row_count += 1
        difference_ns = int(whole[row]) - reference.toa_ns + (float(fraction[row]) - reference.toa_fraction_ns)
        plots["range_m"][row] = difference_ns * _M_PER_NS
        plots["object"][row] = reference.sensor
        plots["t_ns"][row] = reference.t_ns
        plots["seq"][row] = reference.seq
        variance_ns2 = sigma_ns**2 + reference.variance_ns2
        if not np.isnan(variance_ns2):
            plots["cov"][row, 0] = variance_ns2 * _M_PER_NS**2
        keep[row] = True
    return plots[keep]


def _open_group(name: str, reference: Reference, groups: Groups, faults: Faults) -> None:
    before = groups.references.pop(name, None)
    if before is None and len(groups.references) >= GROUPS_MAX:
        before = groups.references.pop(next(iter(groups.references)))
    if before is not None and before.row_count == 1:
        faults.reasons["group_of_one"] = faults.reasons.get("group_of_one", 0) + 1
    reference.seq = groups.next_seq()
    groups.references[name] = reference
