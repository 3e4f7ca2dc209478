"""Remote ID: what drones say of themselves over WiFi and Bluetooth (ASTM F3411 versions 0, 1, 2; EN 4709-002).

Everything in it is a claim: plots carry the flag CLAIM, to be held against radar and direction finders. A location may
come before the identity: it is kept under the sender's address until an id is known. The operator's place goes out as
a status of the receiver, with the id as its name. Layouts: `_remote_id_messages` and `_remote_id_transport`.
"""

from __future__ import annotations

import math
import struct
from typing import Any, Final, Literal

import msgspec
import pyarrow as pa

from skydas.formats import _remote_id_messages as messages
from skydas.formats._remote_id_messages import BasicId, Location, Message, OperatorId, SelfId, System
from skydas.formats._remote_id_transport import Heard, unpack
from skydas.model import (
    NS_PER_S,
    SENSOR_UNKNOWN,
    Decoded,
    ObjectClass,
    PlotFlag,
    PlotKind,
    Rows,
    SensorReport,
    empty_plots,
    object_key,
    sensor_key_of,
    utc_ns,
)

PASSED_OVER: Final = frozenset(("no_remote_id", "repeated_message"))  # counted, but nothing is wrong with them
DOUBTED: Final = frozenset(("time_not_believed",))  # counted, and used at the time of reception
TAIL_MAX: Final = 1 << 16
SENDERS_MAX: Final = 4_096
NAME_MAX: Final = 64

_BASIC_ID: Final = b"\x02\x12" + b"DRONE-0001".ljust(23, b"\0")
_LOCATION: Final = struct.pack(
    "<BBBBbiiHHHBBHBx", 0x12, 0x20, 90, 20, 0, 585_000_000, 244_000_000, 2_048, 2_248, 2_032, 0x43, 0x33, 10_000, 1
)
_TIMELESS: Final = _LOCATION[:21] + b"\xff\xff" + _LOCATION[23:]
_PACK: Final = b"\xf2\x19\x02" + _BASIC_ID + _LOCATION

EXAMPLES: tuple[bytes, ...] = (
    # a WiFi beacon: frame control, addresses, fixed fields, the network's name, the vendor element
    b"\x80\0\0\0" + b"\xff" * 6 + b"\x02\0\0\0\x0a\x01" * 2 + bytes(2) + bytes(8) + b"\x64\0\x01\x04"
    + b"\0\x04TEST" + bytes((0xDD, 5 + len(_PACK))) + b"\xfa\x0b\xbc\x0d\x07" + _PACK,
    b"\x1e\x16\xfa\xff\x0d\x01" + _TIMELESS,  # legacy Bluetooth
    b'{"t_ns":1717664319250000000,"receiver":"roof-1","mac":"02:00:00:00:0a:02",'
    b'"data":"' + _PACK.hex().encode() + b'"}\n',
)  # fmt: skip

_CLASS: Final = {
    1: ObjectClass.FIXED_WING_DRONE,
    2: ObjectClass.MULTIROTOR,
    4: ObjectClass.FIXED_WING_DRONE,  # takes off upright, flies on wings
    6: ObjectClass.GLIDER,
    8: ObjectClass.BALLOON,
    9: ObjectClass.BALLOON,
}
_ON_GROUND, _EMERGENCY = 1, 3
_ID_TYPES: Final = ("none", "serial", "registration", "utm", "session")
_PLACES: Final = ("take_off", "live", "fixed", "reserved")
TIME_OFF_NS_MAX: Final = 10 * NS_PER_S  # a stated time further from its reception is not believed
COPY_NS_MAX: Final = NS_PER_S  # one message goes out over several carriers within this time
_HOUR_NS: Final = 3_600 * NS_PER_S
# a 95% bound in standard deviations: of a circle (Rayleigh), of a line
_BOUND_2D: Final = math.sqrt(-2.0 * math.log(0.05))
_BOUND_1D: Final = 1.959964


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the payloads come."""

    layout: Literal["auto", "frames", "jsonl"] = "auto"  # auto: a payload that opens with "{" is lines of JSON


class _Sender(msgspec.Struct):
    """What one address has said so far."""

    id: str = ""
    id_type: int = 0
    aircraft: int = 0
    operator_id: str = ""
    text: str = ""
    told: tuple[float | None, ...] | None = None  # operator's place as last reported
    last_location: bytes = b""
    last_counter: int | None = None
    last_ns: int = 0


class _State(msgspec.Struct):
    tail: bytes = b""
    skipping: bool = False
    seq: int = 0
    senders: dict[str, _Sender] = {}


class _Line(msgspec.Struct):
    """A receiver's line; whatever else stands in it is its own."""

    data: str
    t_ns: int | None = None
    t_utc: str | None = None
    receiver: str = ""
    mac: str = ""


class Decoder:
    """Reads radio frames, advertisements and receivers' lines; remembers who each sender is."""

    def __init__(self, params: Params) -> None:
        self._params = params
        self._lines = msgspec.json.Decoder(_Line)
        self._state = _State()

    def state(self) -> bytes:
        """Return what must survive a restart."""
        return msgspec.msgpack.encode(self._state)

    def restore(self, octets: bytes) -> None:
        """Go on where `state` was taken."""
        self._state = msgspec.msgpack.decode(octets, type=_State)

    def decode(self, rx_ns: int, payload: bytes) -> Decoded:
        """Return the plots and the operators' places that `payload` holds."""
        decoded = Decoded()
        rows: list[Rows] = []
        for t_ns, sensor, heard in self.heard(rx_ns, payload, decoded):
            self._use(t_ns, rx_ns, sensor, heard, decoded, rows)
        if rows:
            decoded.plots = empty_plots(len(rows))
            for at, row in enumerate(rows):
                decoded.plots[at] = row[0]
        return decoded

    def heard(self, rx_ns: int, payload: bytes, decoded: Decoded) -> list[tuple[int, int, Heard]]:
        """Return what was received: when, by which sensor, and the message or pack."""
        is_json = self._params.layout == "jsonl" or (self._params.layout == "auto" and payload[:1] == b"{")
        if is_json:
            return self._from_lines(rx_ns, payload, decoded)
        found = [(rx_ns, SENSOR_UNKNOWN, heard) for heard in unpack(payload)]
        decoded.records += len(found)
        if not found:
            decoded.reject("no_remote_id")
        return found

    def _from_lines(self, rx_ns: int, payload: bytes, decoded: Decoded) -> list[tuple[int, int, Heard]]:
        found: list[tuple[int, int, Heard]] = []
        for line in self._whole_lines(payload, decoded):
            decoded.records += 1
            try:
                read = self._lines.decode(line)
                t_ns = read.t_ns if read.t_ns is not None else utc_ns(read.t_utc) if read.t_utc else rx_ns
                octets = bytes.fromhex(read.data)
            except (msgspec.DecodeError, ValueError, OverflowError, RecursionError):
                decoded.reject("bad_json")
                continue
            if not 0 <= t_ns < 1 << 62:
                decoded.reject("bad_time")
                continue
            sensor = SENSOR_UNKNOWN
            if read.receiver:
                sensor = sensor_key_of(read.receiver[:NAME_MAX])
                decoded.names[sensor] = read.receiver[:NAME_MAX]
            heard = list(unpack(octets))
            if not heard:
                decoded.reject("no_remote_id")
            for one in heard:
                mac = one.mac or read.mac.lower()[:NAME_MAX]
                found.append((t_ns, sensor, msgspec.structs.replace(one, mac=mac)))
        return found

    def _whole_lines(self, payload: bytes, decoded: Decoded) -> list[bytes]:
        """Return the lines that are complete. A payload of `auto` stands for itself: it ends with its last line."""
        state = self._state
        if self._params.layout == "auto":
            return [line for line in payload.split(b"\n") if line.strip()]
        octets = state.tail + payload
        end = octets.rfind(b"\n") + 1
        lines, state.tail = octets[:end].split(b"\n"), octets[end:]
        if end and state.skipping:
            lines[0], state.skipping = b"", False
            decoded.reject("line_too_long")
        if len(state.tail) > TAIL_MAX:
            state.tail, state.skipping = b"", True
        too_long = sum(len(line) > TAIL_MAX for line in lines)
        if too_long:
            decoded.reject("line_too_long", too_long)
        return [line for line in lines if line.strip() and len(line) <= TAIL_MAX]

    def _use(self, t_ns: int, rx_ns: int, sensor: int, heard: Heard, decoded: Decoded, rows: list[Rows]) -> None:
        parts, reason = messages.split(heard.octets)
        if reason:
            decoded.reject(reason)
        sender = self._sender(heard.mac)
        locations: list[tuple[bytes, Location]] = []
        for octets in parts:
            message = messages.read(octets)
            if isinstance(message, str):
                decoded.reject(message)
            elif isinstance(message, Location):
                locations.append((octets, message))
            else:
                self._learn(t_ns, sensor, sender, message, decoded)
        # an id that comes after the location in the same pack names that location too
        for octets, location in locations:
            if _is_copy(sender, octets, heard.counter, t_ns, location):
                decoded.reject("repeated_message")
            elif location.latitude_deg is None:
                decoded.reject("position_unknown")
            else:
                sender.last_location, sender.last_counter, sender.last_ns = octets, heard.counter, t_ns
                rows.append(self._plot(t_ns, rx_ns, sensor, heard.mac, sender, location, decoded))

    def _sender(self, mac: str) -> _Sender:
        """Return what is known of an address; of a message without one only what stands in it."""
        if not mac:
            return _Sender()
        senders = self._state.senders
        sender = senders.pop(mac, None)
        if sender is None:
            sender = _Sender()
            if len(senders) >= SENDERS_MAX:
                senders.pop(next(iter(senders)))  # the one not heard for the longest
        senders[mac] = sender
        return sender

    def _learn(self, t_ns: int, sensor: int, sender: _Sender, message: Message, decoded: Decoded) -> None:
        if isinstance(message, BasicId):
            # a serial number stays for good, a session's id does not: the lower type goes first
            if message.id and (not sender.id_type or message.id_type <= sender.id_type):
                sender.id, sender.id_type = message.id, message.id_type
            sender.aircraft = message.aircraft or sender.aircraft
        elif isinstance(message, OperatorId):
            sender.operator_id = message.id
        elif isinstance(message, SelfId):
            sender.text = message.text
        elif isinstance(message, System) and message.latitude_deg is not None:
            told = (message.latitude_deg, message.longitude_deg, message.height_hae_m)
            if told != sender.told:
                sender.told = told
                decoded.statuses.append(_operator(t_ns, sensor, sender, message))

    def _plot(
        self, t_ns: int, rx_ns: int, sensor: int, mac: str, sender: _Sender, location: Location, decoded: Decoded
    ) -> Rows:
        row = empty_plots(1)
        plot = row[0]
        flags = PlotFlag.CLAIM
        stated_ns = _stated_ns(t_ns, location)
        if stated_ns is None:
            flags |= PlotFlag.TIME_ASSUMED
            if location.time_s is not None:
                decoded.reject("time_not_believed")
        if location.status == _ON_GROUND:
            flags |= PlotFlag.ON_GROUND
        if location.status == _EMERGENCY:
            flags |= PlotFlag.EMERGENCY
        name = sender.id or (f"mac {mac}" if mac else "")
        if name:
            plot["object"] = object_key(name)
            decoded.names[int(plot["object"])] = name
        self._state.seq = (self._state.seq + 1) & 0xFFFF_FFFF
        plot["t_ns"] = t_ns if stated_ns is None else stated_ns
        plot["rx_ns"], plot["sensor"], plot["seq"] = rx_ns, sensor, self._state.seq
        plot["kind"], plot["flags"] = PlotKind.POSITION, flags
        plot["latitude_rad"] = math.radians(location.latitude_deg or 0.0)
        plot["longitude_rad"] = math.radians(location.longitude_deg or 0.0)
        plot["height_hae_m"] = _or_nan(location.height_hae_m)
        plot["height_pressure_m"] = _or_nan(location.height_pressure_m)
        _fill_accuracy(plot, location)
        if sender.aircraft in _CLASS:
            plot["class_word"] = _CLASS[sender.aircraft] + 1
        return row


def _operator(t_ns: int, sensor: int, sender: _Sender, system: System) -> SensorReport:
    words = {"remote_id": sender.id, "operator_id": sender.operator_id, "text": sender.text}
    words["operator_place"] = _PLACES[system.place]
    return SensorReport(
        t_ns=t_ns,
        sensor=sensor,
        what="other",
        latitude_deg=system.latitude_deg,
        longitude_deg=system.longitude_deg,
        height_hae_m=system.height_hae_m,
        name=sender.id,
        words={name: word for name, word in words.items() if word},
    )


def _fill_accuracy(plot: Any, location: Location) -> None:
    """Turn the stated 95% bounds into variances; the codes are those of NACp and NACv."""
    horizontal_m = _bound(messages.HORIZONTAL_M, location.horizontal_code)
    vertical_m = _bound(messages.VERTICAL_M, location.vertical_code)
    if horizontal_m is not None:
        plot["cov"][0] = plot["cov"][3] = (horizontal_m / _BOUND_2D) ** 2
        plot["cov"][1] = 0.0
        plot["quality"][1] = min(location.horizontal_code, 11)
    if vertical_m is not None:
        plot["cov"][5] = (vertical_m / _BOUND_1D) ** 2
        if horizontal_m is not None:
            plot["cov"][2] = plot["cov"][4] = 0.0
    if _bound(messages.SPEED_MPS, location.speed_code) is not None:
        plot["quality"][2] = location.speed_code


def _bound(table: tuple[float | None, ...], code: int) -> float | None:
    return table[code] if code < len(table) else None


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value


def _stated_ns(rx_ns: int, location: Location) -> int | None:
    """Return the instant that a location states, of the UTC hour that brings it nearest to its reception.

    None where it states none, or one so far off that its clock must be wrong or was never set.
    """
    if location.time_s is None:
        return None
    t_ns = rx_ns - rx_ns % _HOUR_NS + round(location.time_s * 10.0) * (NS_PER_S // 10)
    off_ns = (t_ns - rx_ns + _HOUR_NS // 2) % _HOUR_NS - _HOUR_NS // 2
    return rx_ns + off_ns if abs(off_ns) <= TIME_OFF_NS_MAX else None


def _is_copy(sender: _Sender, octets: bytes, counter: int | None, t_ns: int, location: Location) -> bool:
    """Say whether a location came before: over another carrier, or sent again with the same stated time."""
    if octets != sender.last_location:
        return False
    if counter is not None and counter == sender.last_counter and abs(t_ns - sender.last_ns) <= COPY_NS_MAX:
        return True
    return _stated_ns(t_ns, location) is not None


class Reader:
    """Collects every message with every field, a table for each type."""

    def __init__(self, params: Params) -> None:
        self._decoder = Decoder(params)
        self._rows: dict[str, list[dict[str, Any]]] = {}
        self._reasons: dict[str, int] = {}
        self._records = 0

    def feed(self, rx_ns: int, payload: bytes) -> None:
        """Take one payload."""
        decoded = Decoded()
        for t_ns, _, heard in self._decoder.heard(rx_ns, payload, decoded):
            parts, reason = messages.split(heard.octets)
            if reason:
                decoded.reject(reason)
            for octets in parts:
                message = messages.read(octets)
                if isinstance(message, str):
                    decoded.reject(message)
                    continue
                self._records += 1
                head = {"rx_ns": t_ns, "mac": heard.mac, "transport": heard.transport, "counter": heard.counter}
                fields = {name.rstrip("_"): value for name, value in msgspec.structs.asdict(message).items()}
                if "id_type" in fields and isinstance(message, BasicId):
                    fields["id_type"] = _ID_TYPES[message.id_type] if message.id_type < len(_ID_TYPES) else "reserved"
                self._rows.setdefault(_TABLES[type(message)], []).append({**head, **fields})
        for reason, count in decoded.rejected.items():
            self._reasons[reason] = self._reasons.get(reason, 0) + count

    def tables(self) -> dict[str, pa.Table]:
        """Return a table for each type of message that occurred."""
        return {name: pa.Table.from_pylist(rows) for name, rows in sorted(self._rows.items())}

    def summary(self) -> dict[str, Any]:
        """Return the counts."""
        return {
            "records": self._records,
            "by_category": {name: len(rows) for name, rows in sorted(self._rows.items())},
            "errors": sum(self._reasons.values()),
            "reasons": dict(sorted(self._reasons.items())),
        }


_TABLES: Final[dict[type, str]] = {
    BasicId: "basic_id",
    Location: "location",
    messages.Auth: "auth",
    SelfId: "self_id",
    System: "system",
    OperatorId: "operator_id",
}
