"""SBS (BaseStation): comma-separated lines of what a receiver decoded (TCP 30003).

field  1 MSG (MLAT: located by multilateration)   2 type 1-8    5 address, hexadecimal
       7 date made, YYYY/MM/DD    8 time made, HH:MM:SS.sss     9, 10 date and time logged
      11 callsign    12 altitude, ft    13 ground speed, kt    14 track, deg    15 latitude, deg    16 longitude, deg
      17 vertical rate, ft/min    18 Mode A, octal    19 alert    20 emergency    21 ident    22 on the ground
Fields may be empty: each type fills its own, so what is known of an address is merged, and each position is a plot.

A line says no time zone: receivers write their local time (`utc_offset_s`). AIR, ID, SEL, STA and CLK hold no position.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any, Final, Literal

import msgspec
import numpy as np
import pyarrow as pa

from skydas.errors import FormatError
from skydas.formats._modes.lines import Lines
from skydas.formats._modes.plots import is_emergency_code
from skydas.formats._modes.recent import Recent
from skydas.model import (
    FT_M,
    MODE_3A_UNKNOWN,
    NS_PER_S,
    SENSOR_UNKNOWN,
    Decoded,
    PlotFlag,
    PlotKind,
    empty_plots,
)

DOUBTED: Final = frozenset(("time_not_valid",))  # counted, and used at the time of reception
EXAMPLES: Final = (
    b"MSG,1,1,1,4CA2D6,1,2024/06/06,10:00:01.250,2024/06/06,10:00:01.300,EIN5GV,,,,,,,,,,,0\r\n"
    b"MSG,3,1,1,4CA2D6,1,2024/06/06,10:00:01.500,2024/06/06,10:00:01.550,,36000,,,58.50123,24.73210,,,0,0,0,0\r\n",
    b"MSG,2,1,1,4CA2D6,1,2024/06/06,10:00:02.000,2024/06/06,10:00:02.010,,0,12,270.0,58.41332,24.83280,,,,,,-1\n"
    b"MSG,6,1,1,4CA2D6,1,2024/06/06,10:00:02.100,2024/06/06,10:00:02.110,,36000,,,,,,7700,-1,-1,0,0\n",
    b"MLAT,3,1,1,3C6444,1,2024/06/06,10:00:03.000,2024/06/06,10:00:03.010,DLH1AB,24000,310,92.5,57.9,23.1,64,1000,,,,\r\n"
    b"STA,,5,179,400AE7,10103,2024/06/06,10:00:04.000,2024/06/06,10:00:04.000,RM\r\n",
)

_FIELDS: Final = 22
_SILENT: Final = frozenset((b"AIR", b"ID", b"SEL", b"STA", b"CLK"))
_HEIGHT_NS_MAX: Final = 10 * NS_PER_S  # an altitude of another line still goes with a position
_IDENT_NS_MAX: Final = 18 * NS_PER_S


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whose clock: "made" as the line says it was made, "received" as we received it."""

    time: Literal["made", "received"] = "made"
    utc_offset_s: float = 0.0  # of the sender's clock; 7200 for a receiver that writes UTC+2

    def __post_init__(self) -> None:
        if not abs(self.utc_offset_s) <= 86_400.0:
            raise ValueError(f"utc_offset_s must be within a day, got {self.utc_offset_s}")


class Line(msgspec.Struct, array_like=True):
    """One line in numbers; None where its field is empty."""

    t_ns: int
    time_assumed: bool
    mlat: bool
    kind: int
    mode_s: int
    callsign: bytes | None = None
    altitude_ft: float | None = None
    ground_speed_kt: float | None = None
    track_deg: float | None = None
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    vertical_rate_fpm: float | None = None
    mode_3a: int | None = None
    alert: bool | None = None
    emergency: bool | None = None
    ident: bool | None = None
    on_ground: bool | None = None


class _Known(msgspec.Struct, array_like=True):
    """What the lines of one address have said."""

    callsign: bytes = b""
    mode_3a: int = MODE_3A_UNKNOWN
    altitude_ft: float = math.nan
    altitude_ns: int = 0
    emergency: bool = False
    ident_ns: int | None = None
    on_ground: bool = False


class _State(msgspec.Struct, array_like=True):
    seq: int
    lines: Any
    known: list[tuple[int, int, _Known]]


class _LineReader:
    """Lines of text -> `Line`; keeps the unfinished one."""

    def __init__(self, params: Params) -> None:
        self.lines = Lines(b"\n")
        self._made = params.time == "made"
        self._offset_ns = round(params.utc_offset_s * NS_PER_S)
        self._day = (b"", 0)  # the date of the last line, and its first instant

    def read(self, rx_ns: int, payload: bytes, decoded: Decoded) -> list[Line]:
        """Return the lines that `payload` completes."""
        read = []
        for text in self.lines.split(payload, decoded):
            fields = text.split(b",")
            if fields[0] in _SILENT:
                decoded.records += 1
                continue
            try:
                line = self._line(rx_ns, fields, decoded)
            except ValueError as error:
                decoded.reject(str(error))
                continue
            decoded.records += 1
            read.append(line)
        return read

    def _line(self, rx_ns: int, fields: list[bytes], decoded: Decoded) -> Line:
        """Return the line. Raises ValueError whose text is the reason."""
        if fields[0] not in (b"MSG", b"MLAT") or len(fields) < _FIELDS:
            raise ValueError("line_not_read")
        kind = _integer(fields[1], 10)
        mode_s = _integer(fields[4], 16)
        if kind is None or not 1 <= kind <= 8:
            raise ValueError("type_not_read")
        if mode_s is None or not 0 < mode_s <= 0xFF_FFFF:
            raise ValueError("address_not_valid")
        latitude_deg, longitude_deg = _number(fields[14]), _number(fields[15])
        if (latitude_deg is None) != (longitude_deg is None):
            raise ValueError("position_not_valid")
        if abs(latitude_deg or 0.0) > 90.0 or abs(longitude_deg or 0.0) > 180.0:
            raise ValueError("position_not_valid")
        mode_3a = _integer(fields[17], 8)
        if mode_3a is not None and not 0 <= mode_3a <= 0o7777:
            raise ValueError("number_not_valid")
        t_ns = self._time_ns(fields[6], fields[7]) if self._made else None
        if t_ns is None and self._made:
            decoded.reject("time_not_valid")
        return Line(
            t_ns=rx_ns if t_ns is None else t_ns,
            time_assumed=t_ns is None,
            mlat=fields[0] == b"MLAT",
            kind=kind,
            mode_s=mode_s,
            callsign=_callsign(fields[10]),
            altitude_ft=_number(fields[11]),
            ground_speed_kt=_number(fields[12]),
            track_deg=_number(fields[13]),
            latitude_deg=latitude_deg,
            longitude_deg=longitude_deg,
            vertical_rate_fpm=_number(fields[16]),
            mode_3a=mode_3a,
            alert=_truth(fields[18]),
            emergency=_truth(fields[19]),
            ident=_truth(fields[20]),
            on_ground=_truth(fields[21]),
        )

    def _time_ns(self, date: bytes, time: bytes) -> int | None:
        """Return the instant, or None if it is none: YYYY/MM/DD and HH:MM:SS.sss."""
        try:
            if date != self._day[0]:
                midnight = datetime.strptime(date.decode("ascii"), "%Y/%m/%d").replace(tzinfo=UTC)
                if midnight.year < 1971 or midnight.year >= 2200:
                    return None
                self._day = (date, round(midnight.timestamp()) * NS_PER_S)
            hour, minute, second = time.split(b":")
            whole, _, fraction = second.partition(b".")
            seconds = int(hour) * 3600 + int(minute) * 60 + int(whole)
            ns = int(fraction[:9].ljust(9, b"0"))
        except ValueError:
            return None
        if not (0 <= seconds <= 86_400 and 0 <= ns < NS_PER_S):
            return None
        return self._day[1] + seconds * NS_PER_S + ns - self._offset_ns


class Decoder:
    """SBS lines -> plots."""

    def __init__(self, params: Params) -> None:
        self._reader = _LineReader(params)
        self._known: Recent[_Known] = Recent()
        self._seq = 0

    def decode(self, rx_ns: int, payload: bytes) -> Decoded:
        """Return a plot for each position in the lines that `payload` completes."""
        decoded = Decoded()
        placed: list[tuple[Line, _Known]] = []
        for line in self._reader.read(rx_ns, payload, decoded):
            known = _merged(line, self._known.get(line.mode_s, line.t_ns) or _Known())
            if self._known.put(line.mode_s, line.t_ns, known):
                decoded.reject("address_dropped")
            if line.latitude_deg is not None:
                placed.append((line, known))
        if not placed:
            return decoded
        plots = empty_plots(len(placed))
        plots["rx_ns"] = rx_ns
        plots["sensor"] = SENSOR_UNKNOWN
        plots["kind"] = PlotKind.POSITION
        plots["t_ns"] = [line.t_ns for line, _ in placed]
        plots["latitude_rad"] = np.radians([line.latitude_deg or 0.0 for line, _ in placed])
        plots["longitude_rad"] = np.radians([line.longitude_deg or 0.0 for line, _ in placed])
        plots["height_pressure_m"] = [_height_m(line, known) for line, known in placed]
        plots["flags"] = [_flags(line, known) for line, known in placed]
        plots["mode_s"] = [line.mode_s for line, _ in placed]
        plots["mode_3a"] = [known.mode_3a for _, known in placed]
        plots["callsign"] = [known.callsign for _, known in placed]
        plots["seq"] = (self._seq + np.arange(len(placed))) & 0xFFFF_FFFF
        self._seq += len(placed)
        decoded.plots = plots
        return decoded

    def state(self) -> bytes:
        """Return all that later plots depend on."""
        return msgspec.msgpack.encode(_State(self._seq, self._reader.lines.state(), self._known.rows()))

    def restore(self, octets: bytes) -> None:
        """Take what `state()` returned. Raises FormatError if it is no such state."""
        try:
            state = msgspec.msgpack.decode(octets, type=_State)
            self._reader.lines.restore(state.lines)
        except (msgspec.MsgspecError, ValueError, TypeError) as error:
            raise FormatError("sbs", f"this is no state of a decoder: {error}", octets=octets) from error
        self._seq = state.seq
        self._known.restore(state.known)


class Reader:
    """SBS lines -> one row a line."""

    def __init__(self, params: Params) -> None:
        self._reader = _LineReader(params)
        self._rows: list[dict[str, Any]] = []
        self._decoded = Decoded()

    def feed(self, rx_ns: int, payload: bytes) -> None:
        """Take one payload."""
        for line in self._reader.read(rx_ns, payload, self._decoded):
            row = msgspec.structs.asdict(line)
            row["mode_s"] = f"{line.mode_s:06x}"
            row["mode_3a"] = None if line.mode_3a is None else f"{line.mode_3a:04o}"
            row["callsign"] = None if line.callsign is None else line.callsign.decode("ascii")
            self._rows.append({"rx_ns": rx_ns, **row})

    def tables(self) -> dict[str, pa.Table]:
        """Return one table, `lines`."""
        return {"lines": pa.Table.from_pylist(self._rows, schema=_SCHEMA)}

    def summary(self) -> dict[str, Any]:
        """Return the counts."""
        kinds = [f"MSG{row['kind']}" for row in self._rows]
        return {
            "records": self._decoded.records,
            "by_category": {kind: kinds.count(kind) for kind in sorted(set(kinds))},
            "errors": sum(self._decoded.rejected.values()),
            "reasons": dict(sorted(self._decoded.rejected.items())),
        }


_SCHEMA: Final = pa.schema(
    [("rx_ns", pa.int64()), ("t_ns", pa.int64()), ("time_assumed", pa.bool_()), ("mlat", pa.bool_())]
    + [("kind", pa.int8()), ("mode_s", pa.string()), ("callsign", pa.string()), ("altitude_ft", pa.float64())]
    + [("ground_speed_kt", pa.float64()), ("track_deg", pa.float64()), ("latitude_deg", pa.float64())]
    + [("longitude_deg", pa.float64()), ("vertical_rate_fpm", pa.float64()), ("mode_3a", pa.string())]
    + [(name, pa.bool_()) for name in ("alert", "emergency", "ident", "on_ground")]
)


def _merged(line: Line, known: _Known) -> _Known:
    """Return what is known after `line`."""
    changed: dict[str, Any] = {}
    if line.callsign is not None:
        changed["callsign"] = line.callsign
    if line.mode_3a is not None:
        changed["mode_3a"] = line.mode_3a
    if line.altitude_ft is not None:
        changed["altitude_ft"], changed["altitude_ns"] = line.altitude_ft, line.t_ns
    if line.emergency is not None:
        changed["emergency"] = line.emergency
    if line.ident is not None:
        changed["ident_ns"] = line.t_ns if line.ident else None
    if line.on_ground is not None:
        changed["on_ground"] = line.on_ground
    return msgspec.structs.replace(known, **changed)


def _height_m(line: Line, known: _Known) -> float:
    """Return the pressure height; NaN on the ground, where the field is filled with anything."""
    if known.on_ground or line.kind == 2 or abs(line.t_ns - known.altitude_ns) > _HEIGHT_NS_MAX:
        return math.nan
    return known.altitude_ft * FT_M


def _flags(line: Line, known: _Known) -> int:
    flags = PlotFlag.MODE_S | (PlotFlag.MLAT if line.mlat else PlotFlag.CLAIM)
    if line.time_assumed:
        flags |= PlotFlag.TIME_ASSUMED
    if known.on_ground or line.kind == 2:
        flags |= PlotFlag.ON_GROUND
    if known.emergency or is_emergency_code(known.mode_3a):
        flags |= PlotFlag.EMERGENCY
    if known.ident_ns is not None and abs(line.t_ns - known.ident_ns) <= _IDENT_NS_MAX:
        flags |= PlotFlag.IDENT
    return int(flags)


def _integer(field: bytes, base: int) -> int | None:
    """Return the whole number in a field, None if it is empty. Raises ValueError whose text is the reason."""
    if not field:
        return None
    try:
        return int(field, base)
    except ValueError as error:
        raise ValueError("number_not_valid") from error


def _number(field: bytes) -> float | None:
    """Return the finite number in a field, None if it is empty. Raises ValueError whose text is the reason."""
    if not field:
        return None
    try:
        number = float(field)
    except ValueError as error:
        raise ValueError("number_not_valid") from error
    if not abs(number) < 1e6:
        raise ValueError("number_not_valid")
    return number


def _truth(field: bytes) -> bool | None:
    """Return a flag: 0 no, -1 or 1 yes, empty unknown."""
    return None if not field else field != b"0"


def _callsign(field: bytes) -> bytes | None:
    text = field.strip().upper()
    return text if 0 < len(text) <= 8 and text.isalnum() and text.isascii() else None
