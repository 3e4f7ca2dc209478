"""Every item of every frame, one row a frame, for `skydas decode`: rs1090 reads the items, the positions are ours."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, Final

import numpy as np
import pyarrow as pa
import rs1090

from skydas.formats._modes.frames import FrameDecoder, ReceiverParams, Splitter
from skydas.model import Decoded

_BATCH: Final = 1000

# rs1090's name -> ours, with the unit it is in; names that are not here have none
_NAMES: Final = {
    "IAS": "ias_kt",
    "Mach": "mach",
    "NACp": "nac_p",
    "NACv": "nac_v",
    "NICa": "nic_a",
    "NICb": "nic_b",
    "NICs": "nic_s",
    "NUCp": "nuc_p",
    "SIL": "sil",
    "SILs": "sil_s",
    "GVA": "gva",
    "BAI": "bai",
    "BAQ": "baq",
    "TAH": "tah",
    "HRD": "hrd",
    "TAS": "tas_kt",
    "altitude": "altitude_ft",
    "barometric_setting": "barometric_setting_hpa",
    "geo_minus_baro": "geo_minus_baro_ft",
    "groundspeed": "ground_speed_kt",
    "heading": "heading_deg",
    "humidity": "humidity_percent",
    "icao24": "mode_s",
    "pressure": "pressure_hpa",
    "radio_height": "radio_height_ft",
    "roll": "roll_deg",
    "selected_altitude": "selected_altitude_ft",
    "selected_fms": "selected_fms_ft",
    "selected_heading": "selected_heading_deg",
    "selected_mcp": "selected_mcp_ft",
    "squawk": "mode_3a",
    "static_pressure": "static_pressure_hpa",
    "static_temperature": "static_temperature_degc",
    "tc": "typecode",
    "temperature": "temperature_degc",
    "threat_altitude": "threat_altitude_ft",
    "threat_bearing": "threat_bearing_deg",
    "threat_range": "threat_range_nm",
    "track": "track_deg",
    "track_rate": "track_rate_degps",
    "vertical_rate": "vertical_rate_fpm",
    "vrate_barometric": "vrate_barometric_fpm",
    "vrate_inertial": "vrate_inertial_fpm",
    "wind_direction": "wind_direction_deg",
    "wind_speed": "wind_speed_kt",
}


class FrameReader:
    """Collects frames and makes one table of them."""

    def __init__(self, splitter: Splitter, params: ReceiverParams) -> None:
        self._splitter = splitter
        self._frames = FrameDecoder(params)
        self._hex: list[str] = []
        self._parts: list[tuple[Any, ...]] = []  # t_ns, rx_ns, level, latitude_deg, longitude_deg of each payload
        self._reasons: Counter[str] = Counter()
        self._records = 0
        self._plot_count = 0

    def feed(self, rx_ns: int, payload: bytes) -> None:
        """Take one payload."""
        decoded = Decoded()
        batch = self._splitter.split(rx_ns, payload, decoded)
        of_plot = self._frames.step(rx_ns, batch, decoded)
        self._reasons.update(decoded.rejected)
        self._records += decoded.records
        self._plot_count += len(of_plot)
        count = len(batch.lengths)
        if not count:
            return
        latitude_deg, longitude_deg = np.full(count, np.nan), np.full(count, np.nan)
        latitude_deg[of_plot] = np.degrees(decoded.plots["latitude_rad"])
        longitude_deg[of_plot] = np.degrees(decoded.plots["longitude_rad"])
        rx = np.full(count, rx_ns, np.int64)
        self._parts.append((batch.t_ns, rx, batch.levels, latitude_deg, longitude_deg))
        self._hex += [frame[:length].tobytes().hex() for frame, length in zip(batch.octets, batch.lengths, strict=True)]

    def tables(self) -> dict[str, pa.Table]:
        """Return one table, `frames`: times, octets, level, place, then the items in the order they were first met."""
        columns: dict[str, Any] = {}
        if self._parts:
            t_ns, rx_ns, levels, latitude_deg, longitude_deg = (
                np.concatenate(part) for part in zip(*self._parts, strict=True)
            )
            with np.errstate(divide="ignore"):
                level_dbfs = 20.0 * np.log10(levels / 255.0)
            columns = {
                "t_ns": pa.array(t_ns),
                "rx_ns": pa.array(rx_ns),
                "frame": pa.array(self._hex),
                "level_dbfs": pa.array(level_dbfs, mask=levels == 0),
                "latitude_deg": pa.array(latitude_deg, mask=np.isnan(latitude_deg)),
                "longitude_deg": pa.array(longitude_deg, mask=np.isnan(longitude_deg)),
            }
            for name, cells in _items(self._hex).items():
                columns.setdefault(name, _column(cells, len(self._hex)))
        return {"frames": pa.table(columns)}

    def summary(self) -> dict[str, Any]:
        """Return the counts."""
        formats = Counter(f"DF{min(int(frame[:2], 16) >> 3, 24):02d}" for frame in self._hex)
        return {
            "records": self._records,
            "plots": self._plot_count,
            "by_category": dict(sorted(formats.items())),
            "errors": sum(self._reasons.values()),
            "reasons": dict(sorted(self._reasons.items())),
        }


def _items(frames: list[str]) -> dict[str, dict[int, Any]]:
    """Return column -> row -> value."""
    columns: dict[str, dict[int, Any]] = {}
    for start in range(0, len(frames), _BATCH):
        # a frame of no legal length is empty here: rs1090 gives None for it, as for a failed parity
        batch = [frame if len(frame) in (14, 28) else "" for frame in frames[start : start + _BATCH]]
        for row, items in enumerate(rs1090.decode(batch), start):
            if items is not None:
                _flatten(columns, row, "", items)
    return columns


def _flatten(columns: dict[str, dict[int, Any]], row: int, prefix: str, items: dict[str, Any]) -> None:
    for name, value in items.items():
        if value is None:
            continue
        if isinstance(value, dict):
            _flatten(columns, row, f"{prefix}{name}_", value)
        elif not (prefix and name == "bds"):  # a nested register says its number in the prefix
            columns.setdefault(prefix + _NAMES.get(name, name.lower()), {})[row] = value


def _column(cells: dict[int, Any], count: int) -> pa.Array:
    """Return a column of one type: what it holds, or text where it holds several kinds."""
    kinds = {type(value) for value in cells.values()}
    values: list[Any] = [None] * count
    if kinds <= {int, float} and len(kinds) > 1:
        for row, value in cells.items():
            values[row] = float(value)
    elif len(kinds) == 1 and kinds <= {int, float, bool, str}:
        for row, value in cells.items():
            values[row] = value
    else:
        for row, value in cells.items():
            values[row] = value if isinstance(value, str) else json.dumps(value)
    return pa.array(values)
