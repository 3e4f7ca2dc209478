"""The columns of the plain format `plots`, and how a cell becomes a value.

A column of cells (text from CSV; text, numbers or None from JSON lines) becomes an array, and each row that cannot be
read is marked in `Faults` with the first reason found.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skydas.model import (
    MODE_3A_UNKNOWN,
    MODE_S_UNKNOWN,
    SENSOR_UNKNOWN,
    BoolArray,
    FloatArray,
    IntArray,
    ObjectClass,
    PlotFlag,
    PlotKind,
    object_key,
    sensor_key_of,
    utc_ns,
)

Cell = str | float | int | None
Cells = tuple[Cell, ...] | list[Cell]

# column -> smallest and largest value taken
NUMBERS: Final[dict[str, tuple[float, float]]] = {
    "range_m": (0.0, 1e7),
    "azimuth_true_deg": (-360.0, 360.0),
    "elevation_deg": (-90.0, 90.0),
    "range_rate_mps": (-20_000.0, 20_000.0),
    "latitude_deg": (-90.0, 90.0),
    "longitude_deg": (-180.0, 180.0),
    "height_hae_m": (-12_000.0, 2_000_000.0),
    "height_pressure_m": (-2_000.0, 60_000.0),
    "sigma_range_m": (1e-6, 1e7),
    "sigma_azimuth_deg": (1e-9, 180.0),
    "sigma_elevation_deg": (1e-9, 180.0),
    "sigma_position_m": (1e-6, 1e7),
    "sigma_height_m": (1e-6, 1e7),
    "sigma_toa_ns": (1e-6, 1e9),
    "cov_east_east_m2": (1e-12, 1e14),
    "cov_east_north_m2": (-1e14, 1e14),
    "cov_east_up_m2": (-1e14, 1e14),
    "cov_north_north_m2": (1e-12, 1e14),
    "cov_north_up_m2": (-1e14, 1e14),
    "cov_up_up_m2": (1e-12, 1e14),
    "rcs_db": (-200.0, 200.0),
    "snr_db": (-200.0, 200.0),
}
TEXTS: Final = ("sensor", "group", "object", "mode_s", "mode_3a", "callsign", "class_word", "kind", "flags")
TIMES: Final = ("t_ns", "t_utc", "toa_ns")
COLUMNS: Final = frozenset({*NUMBERS, *TEXTS, *TIMES})

FLAG_WORDS: Final = {(flag.name or "").lower(): int(flag) for flag in PlotFlag if flag != PlotFlag.TIME_ASSUMED}
CLASS_WORDS: Final = {word.name.lower(): int(word) + 1 for word in ObjectClass}
KIND_WORDS: Final = {kind.name.lower(): int(kind) for kind in PlotKind}

T_NS_MAX: Final = 1 << 62
TEXT_MAX: Final = 120


class Faults:
    """Which rows of a batch cannot be used, and the first reason of each."""

    def __init__(self, row_count: int) -> None:
        self.bad: BoolArray = np.zeros(row_count, np.bool_)
        self.reasons: dict[str, int] = {}

    def mark(self, bad: BoolArray, reason: str) -> None:
        """Mark the rows of `bad` that are not marked yet."""
        fresh = bad & ~self.bad
        count = int(np.count_nonzero(fresh))
        if count:
            self.bad |= fresh
            self.reasons[reason] = self.reasons.get(reason, 0) + count


def numbers(name: str, cells: Cells, faults: Faults) -> FloatArray:
    """Return a number column, NaN where a cell is empty; a cell that is no number in range marks its row."""
    try:
        values = np.array(list(map(float, cells)), np.float64)  # type: ignore[arg-type]
    except (ValueError, TypeError, OverflowError):
        values = np.array([_number(cell) for cell in cells], np.float64)
    unread = np.isnan(values)
    if np.count_nonzero(unread) > cells.count(None) + cells.count(""):
        unread &= np.fromiter((cell is not None and cell != "" for cell in cells), np.bool_, len(cells))
        # "nan" is a number that nobody can use, "12.3m" is no number
        spelled = np.fromiter((_is_nan(cell) for cell in cells), np.bool_, len(cells))
        faults.mark(unread & spelled, "not_finite")
        faults.mark(unread, "bad_number")
    faults.mark(np.isinf(values), "not_finite")
    low, high = NUMBERS[name]
    outside = (values < low) | (values > high)
    faults.mark(outside, "out_of_range")
    values[outside] = math.nan
    return values


def _number(cell: Cell) -> float:
    if cell is None or cell == "":
        return math.nan
    try:
        return float(cell)
    except (ValueError, OverflowError):
        return math.nan


def _is_nan(cell: Cell) -> bool:
    return str(cell).strip().lower() in ("nan", "-nan", "+nan")


def instants(ns_cells: Cells | None, utc_cells: Cells | None, faults: Faults) -> tuple[IntArray, BoolArray]:
    """Return times in ns and which rows have none; `t_ns` is used before `t_utc`."""
    row_count = len(faults.bad)
    values = np.zeros(row_count, np.int64)
    missing = np.ones(row_count, np.bool_)
    for cells, parse in ((utc_cells, _utc_column), (ns_cells, _whole_column)):
        if cells is None:
            continue
        column = parse(cells)
        faults.mark(column == -2, "bad_time")
        given = column >= 0
        values[given] = column[given]
        missing &= ~given
    return values, missing


def _utc_column(cells: Cells) -> IntArray:
    """Return ns of ISO 8601 texts; -1 for none, -2 for what is no time."""
    if "" not in cells:
        try:
            return _arrow_utc(cells)
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            pass
    return np.array([_utc(cell) for cell in cells], np.int64)


def _arrow_utc(cells: Cells) -> IntArray:
    """Return ns of texts that end in Z or name no offset. Raises ArrowInvalid for any other."""
    texts_utc = pc.utf8_rtrim(pa.array(cells, pa.string()), "Zz")
    ns = texts_utc.cast(pa.timestamp("ns")).cast(pa.int64()).fill_null(-1).to_numpy()
    return np.where((ns < -1) | (ns >= T_NS_MAX), -2, ns)


def _utc(cell: Cell) -> int:
    if cell is None or cell == "":
        return -1
    if not isinstance(cell, str):
        return -2
    try:
        return int(_arrow_utc([cell])[0])
    except pa.ArrowInvalid:
        pass
    try:
        t_ns = utc_ns(cell)
    except (ValueError, OverflowError):
        return -2
    return t_ns if 0 <= t_ns < T_NS_MAX else -2


def _whole_column(cells: Cells) -> IntArray:
    """Return whole ns; -1 for none, -2 for what is no time."""
    return np.array([_whole(cell) for cell in cells], np.int64)


def _whole(cell: Cell) -> int:
    if cell is None or cell == "":
        return -1
    try:
        t_ns = int(cell) if isinstance(cell, int | str) else -2
    except ValueError:
        return -2
    return t_ns if 0 <= t_ns < T_NS_MAX else -2


def arrivals(cells: Cells, faults: Faults) -> tuple[IntArray, FloatArray, BoolArray]:
    """Return times of arrival as whole ns and the fraction, and which rows have one.

    A float of 64 bits cannot hold ns since 1970: the whole part stays an integer.
    """
    row_count = len(cells)
    whole = np.zeros(row_count, np.int64)
    fraction = np.zeros(row_count, np.float64)
    given = np.zeros(row_count, np.bool_)
    bad = np.zeros(row_count, np.bool_)
    for row, cell in enumerate(cells):
        if cell is None or cell == "":
            continue
        text, _, digits = str(cell).strip().partition(".")
        try:
            ns = int(text)
            fraction[row] = float(f"0.{digits}") if digits else 0.0
        except ValueError:
            bad[row] = True
            continue
        if 0 <= ns < T_NS_MAX:
            whole[row], given[row] = ns, True
        else:
            bad[row] = True
    faults.mark(bad, "bad_time")
    return whole, fraction, given & ~bad


def texts(cells: Cells) -> list[str]:
    """Return cells as stripped text, empty for none."""
    return ["" if cell is None else str(cell).strip() for cell in cells]


def by_word(words: list[str], value_of: Callable[[str], int], faults: Faults, reason: str) -> IntArray:
    """Return one number for each word, worked out once for each different word; -1 marks the row with `reason`."""
    table: dict[str, int] = {}
    for word in words:
        if word not in table:
            table[word] = value_of(word)
    values = np.array([table[word] for word in words], np.int64)
    faults.mark(values == -1, reason)
    return values


def sensor_of(word: str) -> int:
    """Return the sensor key of a name: `SAC/SIC` stays text, so a name is a name."""
    return sensor_key_of(word) if word else SENSOR_UNKNOWN


def object_of(word: str) -> int:
    """Return the object key of a name, 0 for none."""
    return object_key(word) if word else 0


def mode_s_of(word: str) -> int:
    """Return a 24-bit address from six hexadecimal digits, or -1."""
    if not word:
        return MODE_S_UNKNOWN
    return int(word, 16) if len(word) <= 6 and set(word) <= set("0123456789abcdefABCDEF") else -1


def mode_3a_of(word: str) -> int:
    """Return a code from four octal digits, or -1. A JSON number loses its leading zeros: they are put back."""
    if not word:
        return MODE_3A_UNKNOWN
    return int(word, 8) if len(word) <= 4 and set(word) <= set("01234567") else -1


def class_of(word: str) -> int:
    """Return the class word's number, 0 for none, -1 for a word that is not in the list."""
    return CLASS_WORDS.get(word.lower(), -1) if word else 0


def kind_of(word: str) -> int:
    """Return the kind's number, 255 where the columns decide, -1 for an unknown word."""
    return KIND_WORDS.get(word.lower(), -1) if word else 255


def flags_of(word: str) -> int:
    """Return the flags named, separated by `+`, or -1 where one is unknown."""
    flags = 0
    for name in word.lower().split("+") if word else ():
        flag = FLAG_WORDS.get(name.strip(), -1)
        if flag < 0:
            return -1
        flags |= flag
    return flags
