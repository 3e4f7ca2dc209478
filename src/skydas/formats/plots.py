"""plots: one measurement a row, as CSV with a heading or as JSON lines; every column names its unit.

    t_utc,sensor,range_m,azimuth_true_deg,sigma_range_m
    2024-06-06T08:58:39.250Z,radar-1,12000,45.5,30

    {"t_ns": 1717664319250000000, "sensor": "camera-2", "azimuth_true_deg": 12.5, "elevation_deg": 3.0}

A stream may be cut anywhere: the unfinished line waits for the rest. A row is used whole or refused whole.
See docs/formats/plots.md for every column.
"""

from __future__ import annotations

import csv
from typing import Any, Final, Literal

import msgspec

from skydas.formats._plots_columns import COLUMNS, Cells
from skydas.formats._plots_rows import Groups, decode_columns
from skydas.model import SENSOR_UNKNOWN, Decoded, SensorReport

TAIL_MAX: Final = 1 << 16  # octets of one line
NAMES_SHOWN_MAX: Final = 8
NAME_MAX: Final = 40

EXAMPLES: tuple[bytes, ...] = (
    b"t_utc,sensor,range_m,azimuth_true_deg,elevation_deg,sigma_range_m,sigma_azimuth_deg,mode_3a,callsign\n"
    b"2024-06-06T08:58:39.250Z,radar-1,12000.5,45.25,2.0,30,0.1,7000,ABC123\n"
    b"2024-06-06T08:58:39.300Z,radar-1,8000,359.5,,30,0.1,,\n",
    b'{"t_ns":1717664319250000000,"sensor":"camera-2","azimuth_true_deg":12.5,"elevation_deg":3.0}\n',
    b"t_ns,sensor,latitude_deg,longitude_deg,height_hae_m,sigma_position_m,class_word,flags,object\n"
    b"1717664319250000000,net-1,58.5,24.5,120,10,multirotor,claim,drone 7\n",
    b"group,sensor,toa_ns,sigma_toa_ns\n1,north,8605679765,20\n1,south,8605694015.5,20\n1,east,8605621531,20\n",
)


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the rows come."""

    layout: Literal["auto", "csv", "jsonl"] = "auto"
    framing: Literal["stream", "datagram"] = "stream"  # datagram: a payload ends with its last line
    heading: str = ""  # for CSV without one
    columns: dict[str, str] = {}  # a column's own name -> ours; "" leaves the column out


class _State(msgspec.Struct):
    tail: bytes = b""
    skipping: bool = False  # inside a line that is too long
    heading: list[str] = []  # our names, "" for a column left out
    unknown: list[str] = []  # names already reported
    groups: Groups = msgspec.field(default_factory=Groups)


class Decoder:
    """Reads rows; keeps the heading, the unfinished line and the open TDOA groups."""

    def __init__(self, params: Params) -> None:
        self._params = params
        self._json = msgspec.json.Decoder()
        self._state = _State()
        if params.heading:
            self._state.heading = self._renamed(next(csv.reader([params.heading])))

    def state(self) -> bytes:
        """Return what must survive a restart."""
        return msgspec.msgpack.encode(self._state)

    def restore(self, octets: bytes) -> None:
        """Go on where `state` was taken."""
        self._state = msgspec.msgpack.decode(octets, type=_State)

    def decode(self, rx_ns: int, payload: bytes) -> Decoded:
        """Return the plots of the lines that `payload` completes."""
        decoded = Decoded()
        lines = self._lines(payload, decoded)
        tables: list[tuple[dict[str, Cells], int]] = []
        run: list[str] = []
        for line in lines:
            if self._is_json(line) != self._is_json(run[0] if run else line):
                tables += self._tables(run, decoded)
                run = []
            run.append(line)
        tables += self._tables(run, decoded)
        parts = [decode_columns(rx_ns, cells, count, self._state.groups, decoded) for cells, count in tables]
        if parts:
            decoded.plots = _joined(parts)
        return decoded
