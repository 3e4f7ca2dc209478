"""plots: one measurement a row, as CSV with a heading or as JSON lines; every column names its unit.

    t_utc,sensor,range_m,azimuth_true_deg,sigma_range_m
    2024-06-06T08:58:39.250Z,radar-1,12000,45.5,30

    {"t_ns": 1717664319250000000, "sensor": "camera-2", "azimuth_true_deg": 12.5, "elevation_deg": 3.0}

A stream may be cut anywhere: the unfinished line waits for the rest. A row is used whole or refused whole.
See docs/formats/plots.md for every column.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import groupby
from typing import Final, Literal

import msgspec
import numpy as np

from skydas.formats._plots_columns import COLUMNS, Cell, Cells
from skydas.formats._plots_rows import Groups, decode_columns
from skydas.model import SENSOR_UNKNOWN, Decoded, Rows, SensorReport

TAIL_MAX: Final = 1 << 16  # octets of one line
_PIECE_OCTETS: Final = 1 << 15
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
    heading_text: list[str] = []  # as it came
    heading: list[str] = []  # our names, "" for a column left out
    heading_is_bad: bool = False
    reported: list[str] = []  # column names that a status has named
    groups: Groups = msgspec.field(default_factory=Groups)


class Decoder:
    """Reads rows; keeps the heading, the unfinished line and the open TDOA groups."""

    def __init__(self, params: Params) -> None:
        self._params = params
        self._names = {**{name: name for name in COLUMNS}, **params.columns}
        self._state = _State()
        if params.heading:
            self._read_heading(params.heading.split(","), 0, Decoded())

    def state(self) -> bytes:
        """Return what must survive a restart."""
        return msgspec.msgpack.encode(self._state)

    def restore(self, octets: bytes) -> None:
        """Go on where `state` was taken."""
        self._state = msgspec.msgpack.decode(octets, type=_State)

    def decode(self, rx_ns: int, payload: bytes) -> Decoded:
        """Return the plots of the lines that `payload` completes."""
        decoded = Decoded()
        parts: list[Rows] = []
        # a long payload in pieces that stay in the cache; a datagram is never long
        step = _PIECE_OCTETS if self._params.framing == "stream" else max(len(payload), 1)
        for at in range(0, len(payload), step):
            self._decode_piece(rx_ns, payload[at : at + step], decoded, parts)
        if parts:
            decoded.plots = parts[0] if len(parts) == 1 else np.concatenate(parts)
        return decoded

    def _decode_piece(self, rx_ns: int, piece: bytes, decoded: Decoded, parts: list[Rows]) -> None:
        lines = self._lines(piece, decoded)
        decoded.records += len(lines)
        for is_json, run in groupby(lines, self._is_json):
            tables = self._json_tables if is_json else self._csv_tables
            for cells, row_count in tables(rx_ns, list(run), decoded):
                parts.append(decode_columns(rx_ns, cells, row_count, self._state.groups, decoded))

    def _lines(self, payload: bytes, decoded: Decoded) -> list[str]:
        """Return the whole lines, without their ends and without empty ones."""
        octets = self._state.tail + payload
        if self._params.framing == "datagram":
            body, tail = octets, b""
        else:
            end = octets.rfind(b"\n") + 1
            body, tail = octets[:end], octets[end:]
        if len(tail) > TAIL_MAX:
            # counted when its end comes, so that the count does not depend on where the stream was cut
            tail, self._state.skipping, skips = b"", True, self._state.skipping
        else:
            skips = self._state.skipping
            if body:
                self._state.skipping = False
        self._state.tail = tail
        if body and skips:
            body = body[body.find(b"\n") :]  # the end of the line that was too long
            decoded.reject("line_too_long")
        pieces = body.split(b"\n")
        if body.isascii() and max(map(len, pieces)) <= TAIL_MAX:
            return [line for line in map(str.strip, body.decode("ascii").split("\n")) if line]
        lines = (_line(piece, decoded) for piece in pieces)
        return [line for line in lines if line]

    def _is_json(self, line: str) -> bool:
        return self._params.layout == "jsonl" or (self._params.layout == "auto" and line[0] == "{")

    def _csv_tables(self, rx_ns: int, lines: list[str], decoded: Decoded) -> Iterator[tuple[dict[str, Cells], int]]:
        """Yield the columns between one heading and the next."""
        rows: list[list[str]] = []
        for line in lines:
            fields = _fields(line)
            if fields is None:
                decoded.reject("bad_csv")
            elif fields == self._state.heading_text or self._is_heading(fields):
                if rows:
                    yield self._columns(rows), len(rows)
                    rows = []
                self._read_heading(fields, rx_ns, decoded)
                decoded.records -= 1  # a heading is no row
            elif not self._state.heading:
                if self._read_heading(fields, rx_ns, decoded):
                    decoded.records -= 1
                else:
                    decoded.reject("no_heading")
                    names = [field.strip("\ufeff ") for field in fields]
                    if not self._state.reported and all(map(_is_name, names)):
                        self._report(names, rx_ns, decoded)
            elif self._state.heading_is_bad:
                decoded.reject("unknown_column")
            elif len(fields) != len(self._state.heading):
                decoded.reject("wrong_field_count")
            else:
                rows.append(fields)
        if rows:
            yield self._columns(rows), len(rows)

    def _is_heading(self, fields: list[str]) -> bool:
        return fields[0] in self._names and all(field.strip() in self._names for field in fields)

    def _columns(self, rows: list[list[str]]) -> dict[str, Cells]:
        return {name: cells for name, cells in zip(self._state.heading, zip(*rows, strict=True), strict=True) if name}

    def _read_heading(self, fields: list[str], rx_ns: int, decoded: Decoded) -> bool:
        """Take `fields` as the heading if one of them is a column; say so if it is one that nobody knows."""
        names = [field.strip().lstrip("\ufeff") for field in fields]
        if not any(name in self._names for name in names):
            return False
        heading = [self._names.get(name, name) for name in names]
        used = [name for name in heading if name]
        wrong = [name for name in used if name not in COLUMNS or used.count(name) > 1]
        self._state.heading_text, self._state.heading, self._state.heading_is_bad = fields, heading, bool(wrong)
        self._report(wrong, rx_ns, decoded)
        return True

    def _json_tables(self, rx_ns: int, lines: list[str], decoded: Decoded) -> Iterator[tuple[dict[str, Cells], int]]:
        """Yield the columns of the objects that can be read."""
        rows: list[dict[str, Cell]] = []
        for line in lines:
            row = self._json_row(line, rx_ns, decoded)
            if row is not None:
                rows.append(row)
        if rows:
            names = dict.fromkeys(name for row in rows for name in row)
            yield {name: [row.get(name) for row in rows] for name in names}, len(rows)

    def _json_row(self, line: str, rx_ns: int, decoded: Decoded) -> dict[str, Cell] | None:
        try:
            read = msgspec.json.decode(line)
        except (msgspec.DecodeError, RecursionError):
            read = None
        if not isinstance(read, dict):
            decoded.reject("bad_json")
            return None
        row: dict[str, Cell] = {self._names.get(str(name), str(name)): value for name, value in read.items()}
        row.pop("", None)
        unknown = [name for name in row if name not in COLUMNS]
        if unknown:
            decoded.reject("unknown_column")
            self._report(unknown, rx_ns, decoded)
            return None
        if any(isinstance(value, bool | list | dict) for value in row.values()):
            decoded.reject("bad_json_value")
            return None
        return row

    def _report(self, names: list[str], rx_ns: int, decoded: Decoded) -> None:
        """Name the columns that nobody knows, each once, so that a person can mend the heading."""
        reported = self._state.reported
        fresh = [name[:NAME_MAX] for name in dict.fromkeys(names)]
        fresh = [name for name in fresh if name not in reported][: NAMES_SHOWN_MAX - len(reported)]
        if fresh:
            reported += fresh
            words = {"unknown_columns": ", ".join(fresh)}
            decoded.statuses.append(SensorReport(rx_ns, SENSOR_UNKNOWN, "other", words=words))


def _is_name(field: str) -> bool:
    """Return whether a cell could be a column's name, so that a heading of other words can be told from a row."""
    return field[:1].isalpha() and len(field) <= NAME_MAX and field.isprintable()


def _fields(line: str) -> list[str] | None:
    """Return the cells of one line; None where its quotes make no sense.

    Line by line, so that a quote left open cannot swallow the lines after it.
    """
    if '"' not in line:
        return line.split(",")
    try:
        return next(csv.reader([line]))
    except (csv.Error, StopIteration):
        return None


def _line(piece: bytes, decoded: Decoded) -> str:
    """Return a line as text, empty where it cannot be, counted."""
    if len(piece) > TAIL_MAX:
        decoded.reject("line_too_long")
        return ""
    try:
        return piece.decode().strip()
    except UnicodeDecodeError:
        decoded.reject("not_utf8")
        return ""
