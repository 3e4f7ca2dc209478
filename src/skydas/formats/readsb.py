"""readsb, dump1090 and tar1090: `aircraft.json`, a snapshot of everything that a receiver hears, each second or so.

{"now": 1717664319.1, "messages": 1000, "aircraft": [
  {"hex": "4ca2d6", "type": "adsb_icao", "flight": "EIN5GV  ", "alt_baro": 36000, "alt_geom": 36175, "squawk": "1000",
   "emergency": "none", "category": "A3", "lat": 58.50123, "lon": 24.7321, "seen_pos": 0.4, "nic": 8, "nac_p": 9,
   "nac_v": 1, "sil": 3, "gva": 2, "spi": 0, "alert": 0, "mlat": [], "tisb": []}]}
hex         address; "~" before it: not one that ICAO gave
type        who located it (see _TYPES), in newer versions
alt_baro    ft at 1013.25 hPa, or "ground"          alt_geom   ft above the ellipsoid
seen_pos    age of the position at `now`, s         mlat, tisb   names of the fields that others located

Documents follow each other in a stream, or each is a payload. One aircraft gives a plot in the first snapshot that
shows a position later than the last one.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
from numba import njit

from skydas.errors import FormatError
from skydas.formats._modes.fields import Octets
from skydas.formats._modes.plots import CLASS_WORD, is_emergency_code, name_of
from skydas.formats._modes.quality import sigma_2_horizontal_m2, sigma_2_vertical_m2
from skydas.formats._modes.recent import Recent
from skydas.model import (
    FT_M,
    MODE_3A_UNKNOWN,
    NS_PER_S,
    QUALITY_UNKNOWN,
    SENSOR_UNKNOWN,
    Decoded,
    IntArray,
    PlotFlag,
    PlotKind,
    Rows,
    empty_plots,
    object_key,
)

EXAMPLES: Final = (
    b'{"now":1717664319.1,"messages":10,"aircraft":[\n{"hex":"4ca2d6","type":"adsb_icao","flight":"EIN5GV  ",'
    b'"alt_baro":36000,"alt_geom":36175,"squawk":"1000","emergency":"none","category":"A3","lat":58.50123,'
    b'"lon":24.7321,"seen_pos":0.4,"nic":8,"nac_p":9,"nac_v":1,"sil":3,"gva":2,"spi":0,"mlat":[],"tisb":[]},\n'
    b'{"hex":"~2a1001","type":"tisb_other","alt_baro":1200,"lat":58.4,"lon":24.5,"seen_pos":2.0,"tisb":["lat","lon"]}\n]}\n',
    b'{"now":1717664320.1,"aircraft":[{"hex":"4ca2d6","alt_baro":"ground","lat":58.41,"lon":24.83,"seen_pos":0.1,'
    b'"mlat":["lat","lon"],"squawk":"7700"},{"hex":"3c6444","rssi":-22.1,"seen":3.0}]}',
)

TAIL_MAX: Final = 6 * 1024 * 1024  # one document: 10,000 aircraft
AIRCRAFT_MAX: Final = 100_000  # in one document
# Two snapshots give the time of one position with the rounding of `now` and of `seen_pos`, 0.1 s each at worst
_SAME_NS_MAX: Final = 200_000_000
_TIME_S_MAX: Final = 7_258_118_400  # the year 2200
_FIRST_KEY: Final = np.frombuffer(b'"now"', np.uint8)  # of a document, and of nothing within one
_SPACES_MAX: Final = 8  # before it
_MORE: Final = 0
_END: Final = 1
_TORN: Final = 2
_CLAIM: Final = PlotFlag.CLAIM
_TYPES: Final = {
    "adsb_icao": PlotFlag.CLAIM | PlotFlag.MODE_S,
    "adsb_icao_nt": PlotFlag.CLAIM | PlotFlag.MODE_S,
    "adsb_other": PlotFlag.CLAIM,
    "adsr_icao": PlotFlag.CLAIM | PlotFlag.MODE_S | PlotFlag.DERIVED,
    "adsr_other": PlotFlag.CLAIM | PlotFlag.DERIVED,
    "adsc": PlotFlag.CLAIM,
    "mlat": PlotFlag.MLAT | PlotFlag.MODE_S,
    "tisb_icao": PlotFlag.MLAT | PlotFlag.MODE_S,
    "tisb_other": PlotFlag.MLAT,
    "tisb_trackfile": PlotFlag.MLAT,
}


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Positions older than this at `now` are left out."""

    position_age_s_max: float = 60.0

    def __post_init__(self) -> None:
        if not self.position_age_s_max > 0.0:
            raise ValueError(f"position_age_s_max must be above 0, got {self.position_age_s_max}")


class _Document(msgspec.Struct):
    now: float
    aircraft: list[msgspec.Raw]


class _Aircraft(msgspec.Struct):
    hex: str
    type: str = ""
    flight: str = ""
    alt_baro: float | str | None = None
    alt_geom: float | None = None
    squawk: str = ""
    emergency: str = "none"
    category: str = ""
    lat: float | None = None
    lon: float | None = None
    seen_pos: float | None = None
    nic: int = QUALITY_UNKNOWN
    nac_p: int = QUALITY_UNKNOWN
    nac_v: int = QUALITY_UNKNOWN
    sil: int = QUALITY_UNKNOWN
    gva: int = QUALITY_UNKNOWN
    spi: int = 0
    mlat: list[str] = []
    tisb: list[str] = []


class _State(msgspec.Struct, array_like=True):
    seq: int
    documents: tuple[bytes, int, list[int]]
    seen: list[tuple[int, int, tuple[float, float]]]


_read_document = msgspec.json.Decoder(_Document).decode
_read_aircraft = msgspec.json.Decoder(_Aircraft).decode


@njit(cache=True)
def _starts_document(data: Octets, at: int) -> int:
    """Return whether the brace at `at` opens a document, by its first key: 1 yes, 0 no, -1 cannot be said yet."""
    after = at + 1
    while after < len(data) and after <= at + _SPACES_MAX and data[after] in (0x20, 0x0A, 0x0D, 0x09):
        after += 1
    for offset in range(len(_FIRST_KEY)):
        if after + offset == len(data):
            return -1
        if data[after + offset] != _FIRST_KEY[offset]:
            return 0
    return 1


@njit(cache=True)
def _scan(data: Octets, state: IntArray) -> tuple[int, int]:
    """Return what was found and where: the octet after a document, or the brace of one that begins within another.

    state : (3,) depth of braces, 1 within a text, 1 after a backslash; goes on at the next call
    """
    for at in range(len(data)):
        octet = data[at]
        if octet == 0x7B and state[0]:
            starts = _starts_document(data, at)
            if starts:
                return (_TORN if starts > 0 else _MORE), at
        if state[2]:
            state[2] = 0
        elif state[1]:
            if octet == 0x5C:
                state[2] = 1
            elif octet == 0x22:
                state[1] = 0
        elif octet == 0x22 and state[0]:
            state[1] = 1
        elif octet == 0x7B:
            state[0] += 1
        elif octet == 0x7D and state[0]:
            state[0] -= 1
            if state[0] == 0:
                return _END, at + 1
    return _MORE, len(data)


class _Documents:
    """Cuts a stream into documents by their braces; one that was cut short is given up where the next begins."""

    def __init__(self) -> None:
        self._tail = bytearray()
        self._scanned = 0  # octets of the tail
        self._state = np.zeros(3, np.int64)

    def split(self, payload: bytes, decoded: Decoded) -> list[bytes]:
        """Return the documents that `payload` completes."""
        documents = []
        self._tail += payload
        rest = np.frombuffer(bytes(self._tail[self._scanned :]), np.uint8)
        while True:
            found, at = _scan(rest, self._state)
            self._scanned += at
            rest = rest[at:]
            if found == _MORE:
                break
            if found == _END:
                documents.append(bytes(self._tail[: self._scanned]))
            else:
                decoded.reject("document_torn")
            del self._tail[: self._scanned]
            self._scanned = 0
            self._state[:] = 0
        if len(self._tail) > TAIL_MAX:
            decoded.reject("document_too_long")
            self._clear()
        elif not self._state[0]:
            self._clear()  # what stands between documents
        return documents

    def _clear(self) -> None:
        self._tail.clear()
        self._scanned = 0
        self._state[:] = 0

    def state(self) -> tuple[bytes, int, list[int]]:
        return bytes(self._tail), self._scanned, self._state.tolist()

    def restore(self, state: tuple[bytes, int, list[int]]) -> None:
        tail, self._scanned, scan = state
        self._tail = bytearray(tail)
        self._state = np.array(scan, np.int64)


class Decoder:
    """aircraft.json -> plots."""

    def __init__(self, params: Params) -> None:
        self._age_ns_max = round(params.position_age_s_max * NS_PER_S)
        self._documents = _Documents()
        self._seen: Recent[tuple[float, float]] = Recent()
        self._seq = 0

    def decode(self, rx_ns: int, payload: bytes) -> Decoded:
        """Return a plot for each position that is new in the documents that `payload` completes."""
        decoded = Decoded()
        parts = [self._plots(rx_ns, text, decoded) for text in self._documents.split(payload, decoded)]
        if parts:
            decoded.plots = np.concatenate(parts)
            decoded.plots["seq"] = (self._seq + np.arange(len(decoded.plots))) & 0xFFFF_FFFF
            self._seq += len(decoded.plots)
        return decoded

    def _plots(self, rx_ns: int, text: bytes, decoded: Decoded) -> Rows:
        placed: list[tuple[int, _Aircraft]] = []
        for now_ns, raw in _aircraft_of(text, decoded):
            try:
                aircraft = _checked(_read_aircraft(raw))
            except (msgspec.MsgspecError, ValueError, RecursionError):
                decoded.reject("aircraft_not_read")
                continue
            decoded.records += 1
            t_ns = now_ns - round((aircraft.seen_pos or 0.0) * NS_PER_S)
            if aircraft.lat is None or not self._is_new(aircraft, now_ns, t_ns, decoded):
                continue
            placed.append((t_ns, aircraft))
        plots = empty_plots(len(placed))
        plots["rx_ns"] = rx_ns
        for row, (t_ns, aircraft) in enumerate(placed):
            _fill(plots[row], t_ns, aircraft, decoded)
        return plots

    def _is_new(self, aircraft: _Aircraft, now_ns: int, t_ns: int, decoded: Decoded) -> bool:
        """Return whether this position has not been told yet, and remember it."""
        if now_ns - t_ns > self._age_ns_max:
            decoded.reject("position_too_old")
            return False
        key = int(aircraft.hex.lstrip("~"), 16) | (1 << 24 if aircraft.hex.startswith("~") else 0)
        place = (aircraft.lat or 0.0, aircraft.lon or 0.0)
        last = self._seen.last_ns(key)
        if last is not None and abs(t_ns - last) <= _SAME_NS_MAX and self._seen.get(key, t_ns) == place:
            return False
        if last is not None and t_ns < last - _SAME_NS_MAX and last <= now_ns:
            return False
        if self._seen.put(key, t_ns, place):
            decoded.reject("address_dropped")
        return True

    def state(self) -> bytes:
        """Return all that later plots depend on."""
        return msgspec.msgpack.encode(_State(self._seq, self._documents.state(), self._seen.rows()))

    def restore(self, octets: bytes) -> None:
        """Take what `state()` returned. Raises FormatError if it is no such state."""
        try:
            state = msgspec.msgpack.decode(octets, type=_State)
            self._documents.restore(state.documents)
        except (msgspec.MsgspecError, ValueError, TypeError) as error:
            raise FormatError("readsb", f"this is no state of a decoder: {error}", octets=octets) from error
        self._seq = state.seq
        self._seen.restore(state.seen)


class Reader:
    """aircraft.json -> one row an aircraft and snapshot, with the fields that stand there."""

    def __init__(self, params: Params) -> None:
        self._documents = _Documents()
        self._decoded = Decoded()
        self._rows: list[dict[str, Any]] = []
        self._types: Counter[str] = Counter()

    def feed(self, rx_ns: int, payload: bytes) -> None:
        """Take one payload."""
        for text in self._documents.split(payload, self._decoded):
            for now_ns, raw in _aircraft_of(text, self._decoded):
                try:
                    row = msgspec.json.decode(raw, type=dict[str, Any])
                except (msgspec.MsgspecError, ValueError, RecursionError):
                    self._decoded.reject("aircraft_not_read")
                    continue
                self._decoded.records += 1
                self._types[str(row.get("type", "unknown"))] += 1
                on_ground = row.get("alt_baro") == "ground"
                if on_ground:
                    del row["alt_baro"]
                self._rows.append({"rx_ns": rx_ns, "now_ns": now_ns, "on_ground": on_ground, **row})

    def tables(self) -> dict[str, pa.Table]:
        """Return one table, `aircraft`; a field that is no number or text everywhere is JSON text."""
        names: dict[str, None] = {}
        for row in self._rows:
            names.update(dict.fromkeys(row))
        columns = {_UNITS.get(name, name): _column([row.get(name) for row in self._rows]) for name in names}
        return {"aircraft": pa.table(columns)}

    def summary(self) -> dict[str, Any]:
        """Return the counts."""
        return {
            "records": self._decoded.records,
            "by_category": dict(sorted(self._types.items())),
            "errors": sum(self._decoded.rejected.values()),
            "reasons": dict(sorted(self._decoded.rejected.items())),
        }


# Name on the wire -> our column; the others have no unit
_UNITS: Final = {
    "hex": "mode_s",
    "flight": "callsign",
    "squawk": "mode_3a",
    "alt_baro": "altitude_ft",
    "alt_geom": "altitude_gnss_ft",
    "baro_rate": "baro_rate_fpm",
    "geom_rate": "geom_rate_fpm",
    "gs": "ground_speed_kt",
    "ias": "ias_kt",
    "lat": "latitude_deg",
    "lon": "longitude_deg",
    "mag_heading": "mag_heading_deg",
    "nav_altitude_fms": "nav_altitude_fms_ft",
    "nav_altitude_mcp": "nav_altitude_mcp_ft",
    "nav_heading": "nav_heading_deg",
    "nav_qnh": "nav_qnh_hpa",
    "oat": "oat_degc",
    "r_dir": "receiver_azimuth_deg",
    "r_dst": "receiver_range_nm",
    "rc": "containment_radius_m",
    "roll": "roll_deg",
    "rssi": "level_dbfs",
    "seen": "seen_s",
    "seen_pos": "seen_pos_s",
    "tas": "tas_kt",
    "tat": "tat_degc",
    "track": "track_deg",
    "track_rate": "track_rate_degps",
    "true_heading": "true_heading_deg",
    "wd": "wind_direction_deg",
    "ws": "wind_speed_kt",
}


def _column(values: list[Any]) -> pa.Array:
    """Return a column of one type: whole numbers, numbers, flags or text."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {int} and all(abs(value or 0) < 1 << 63 for value in values):
        return pa.array(values, pa.int64())
    if kinds and kinds <= {int, float}:
        return pa.array([None if value is None else float(value) for value in values], pa.float64())
    if kinds == {bool}:
        return pa.array(values, pa.bool_())
    texts = [
        value if value is None or isinstance(value, str) else msgspec.json.encode(value).decode() for value in values
    ]
    return pa.array(texts, pa.string())


def _aircraft_of(text: bytes, decoded: Decoded) -> list[tuple[int, msgspec.Raw]]:
    """Return (now_ns, aircraft) of a document."""
    try:
        document = _read_document(text)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        decoded.reject("document_not_read")
        return []
    if not 0.0 <= document.now <= _TIME_S_MAX:
        decoded.reject("time_not_valid")
        return []
    if len(document.aircraft) > AIRCRAFT_MAX:
        decoded.reject("aircraft_beyond_limit", len(document.aircraft) - AIRCRAFT_MAX)
    now_ns = round(document.now * 1e6) * 1_000
    return [(now_ns, raw) for raw in document.aircraft[:AIRCRAFT_MAX]]


def _checked(aircraft: _Aircraft) -> _Aircraft:
    """Return the aircraft as it came. Raises ValueError where a field is out of its range."""
    address = int(aircraft.hex.removeprefix("~"), 16)
    good = (
        0 < address <= 0xFF_FFFF
        and (aircraft.lat is None) == (aircraft.lon is None)
        and abs(aircraft.lat or 0.0) <= 90.0
        and abs(aircraft.lon or 0.0) <= 180.0
        and 0.0 <= (aircraft.seen_pos or 0.0) <= 1e6
        and all(0 <= quality <= 0xFF for quality in (aircraft.nic, aircraft.nac_p, aircraft.nac_v))
        and all(0 <= quality <= 0xFF for quality in (aircraft.sil, aircraft.gva))
        and all(abs(height) < 1e6 for height in (aircraft.alt_baro, aircraft.alt_geom) if isinstance(height, float))
    )
    if not good:
        raise ValueError(f"a field of {aircraft.hex} is out of range")
    return aircraft


def _fill(plot: np.void, t_ns: int, aircraft: _Aircraft, decoded: Decoded) -> None:
    """Fill one row of PLOT."""
    on_ground = aircraft.alt_baro == "ground"
    not_icao = aircraft.hex.startswith("~")
    mode_3a = int(aircraft.squawk, 8) if len(aircraft.squawk) == 4 and set(aircraft.squawk) <= set("01234567") else None
    plot["t_ns"] = t_ns
    plot["sensor"] = SENSOR_UNKNOWN
    plot["kind"] = PlotKind.POSITION
    plot["flags"] = _flags(aircraft, on_ground, not_icao, mode_3a)
    plot["latitude_rad"] = math.radians(aircraft.lat or 0.0)
    plot["longitude_rad"] = math.radians(aircraft.lon or 0.0)
    if isinstance(aircraft.alt_baro, float):
        plot["height_pressure_m"] = aircraft.alt_baro * FT_M
    if aircraft.alt_geom is not None and not on_ground:
        plot["height_hae_m"] = aircraft.alt_geom * FT_M
        plot["cov"][5] = sigma_2_vertical_m2(aircraft.gva)
    horizontal_m2 = sigma_2_horizontal_m2(aircraft.nac_p, on_ground)
    if math.isfinite(horizontal_m2):
        plot["cov"][:5] = (horizontal_m2, 0.0, 0.0, horizontal_m2, 0.0)
    address = int(aircraft.hex.removeprefix("~"), 16)
    if not_icao:
        name = name_of(address)
        plot["object"] = object_key(name)
        decoded.names[object_key(name)] = name
    else:
        plot["mode_s"] = address
    plot["mode_3a"] = MODE_3A_UNKNOWN if mode_3a is None else mode_3a
    callsign = aircraft.flight.strip()
    if callsign.isalnum() and callsign.isascii() and len(callsign) <= 8:
        plot["callsign"] = callsign.encode()
    plot["class_word"] = _class_word(aircraft.category)
    plot["quality"] = (aircraft.nic, aircraft.nac_p, aircraft.nac_v, aircraft.sil)


def _flags(aircraft: _Aircraft, on_ground: bool, not_icao: bool, mode_3a: int | None) -> int:
    flags = _TYPES.get(aircraft.type, _CLAIM if not_icao else _CLAIM | PlotFlag.MODE_S)
    if "lat" in aircraft.mlat or "lat" in aircraft.tisb:
        flags = flags & ~(PlotFlag.CLAIM | PlotFlag.DERIVED) | PlotFlag.MLAT
    if aircraft.seen_pos is None:
        flags |= PlotFlag.TIME_ASSUMED
    if on_ground:
        flags |= PlotFlag.ON_GROUND
    if aircraft.spi:
        flags |= PlotFlag.IDENT
    if aircraft.emergency != "none" or (mode_3a is not None and is_emergency_code(mode_3a)):
        flags |= PlotFlag.EMERGENCY
    return int(flags)


def _class_word(category: str) -> int:
    """Return ObjectClass + 1 of an emitter category such as A3, 0 for none."""
    if len(category) != 2 or category[0] not in "ABCD" or category[1] not in "01234567":
        return 0
    return int(CLASS_WORD[(4 - "ABCD".index(category[0])) << 4 | int(category[1])])
