"""SAPIENT (BSI Flex 335 v2): sensors and fusion nodes that speak protobuf over TCP.

octets 1-4    length of the message, unsigned, little-endian
octets 5-     SapientMessage: time (1), node (2), destination (3), and one of registration (4), registration_ack (5),
              status_report (6), detection_report (7), task (8), task_ack (9), alert (10), alert_ack (11), error (12)

Detections become plots; all else becomes statuses. A node that registers as an effector is refused with everything it
says, and so is a task that asks for an effect: this side senses. The name of a node's sensor is its UUID, or as
`nodes` says.
"""

from __future__ import annotations

import math
from typing import Any, Final, Literal

import msgspec
import pyarrow as pa
from google.protobuf import json_format
from google.protobuf.message import DecodeError
from sapient_msg.bsi_flex_335_v2_0 import registration_pb2, sapient_message_pb2, status_report_pb2

from skydas.formats import _sapient_rules as rules
from skydas.formats._sapient_detections import Batch, Objects, Options, Place
from skydas.model import NS_PER_S, Decoded, PlotKind, SensorReport, sensor_key_of

DOUBTED: Final = frozenset(("error_out_of_range", "place_not_readable"))  # counted, and used without that part
MESSAGE_OCTETS_MAX: Final = 1 << 20
NODES_MAX: Final = 1_024
WORD_MAX: Final = 200
T_S_MAX: Final = 1 << 33

_Message: Final = sapient_message_pb2.SapientMessage
_REPORT: Final = status_report_pb2.StatusReport
_FUSION: Final = registration_pb2.Registration.NodeType.NODE_TYPE_FUSION_NODE


def framed(message: Any) -> bytes:
    """Return a message with its length before it."""
    octets: bytes = message.SerializeToString()
    return len(octets).to_bytes(4, "little") + octets


def _example(content: str, **fields: Any) -> bytes:
    head = {"timestamp": {"seconds": 1_717_664_319, "nanos": 250_000_000}}
    return framed(_Message(**head, node_id="a8654cdf-4328-47de-81fa-c495589e30c9", **{content: fields}))


_IDS: Final = {"report_id": "01GGYFBAXGDG7AGAHRZ6XSNY12", "object_id": "01GGYFBAXH4VYRQYEX7S3XGK3H"}

EXAMPLES: tuple[bytes, ...] = (
    _example(
        "detection_report",
        **_IDS,
        location={"x": 24.5, "y": 58.5, "z": 120.0, "x_error": 1e-4, "coordinate_system": 1, "datum": 1},
        classification=[
            {"type": "Air Vehicle", "confidence": 0.9, "sub_class": [{"type": "UAV Rotary Wing", "level": 1}]}
        ],
    )
    + _example(
        "detection_report",
        **_IDS,
        location={"x": 500_000.0, "y": 6_500_000.0, "coordinate_system": 5, "datum": 2, "utm_zone": "35V"},
        associated_detection=[{"node_id": "a8654cdf-4328-47de-81fa-c495589e30c1", "object_id": _IDS["report_id"]}],
    ),
    _example(
        "detection_report",
        **_IDS,
        range_bearing={"range": 2.5, "azimuth": 45.0, "elevation": 3.0, "coordinate_system": 3, "datum": 1},
    ),
    _example("status_report", report_id=_IDS["report_id"], system=1, info=1, mode="Default"),
    _example("error", packet=b"?", error_message=["not understood"]),
)  # fmt: skip


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the messages come, and what the wire does not say.

    nodes          : a node's UUID -> the name of its sensor in the node file
    geoid_height_m : height of the geoid above the ellipsoid where the nodes are, for heights above the geoid
    declination_deg: of magnetic north there, east positive, for azimuths from it
    error_unit     : of x_error and y_error beside degrees or radians: the same (as the standard has it), or metres
    node_place     : ranges are seen from the place in the node file, or (nodes that move) from the place last reported
    """

    framing: Literal["stream", "message"] = "stream"  # message: a payload is one message without its length
    nodes: dict[str, str] = {}
    geoid_height_m: float | None = None
    declination_deg: float | None = None
    error_unit: Literal["coordinate", "metres"] = "coordinate"
    node_place: Literal["configured", "reported"] = "configured"


class _Node(msgspec.Struct):
    """What a node has said of itself."""

    is_fusion: bool = False
    refused: bool = False
    place: Place | None = None


class _State(msgspec.Struct):
    tail: bytes = b""
    skip_octets: int = 0  # of a message that is too long
    seq: int = 0
    nodes: dict[str, _Node] = {}
    derived: dict[int, None] = {}


class Decoder:
    """Reads messages; remembers nodes, what is derived from what, and the unfinished message."""

    def __init__(self, params: Params) -> None:
        self._params = params
        self._options = Options(params.geoid_height_m, params.declination_deg, params.error_unit, params.node_place)
        self._names = {uuid.lower(): name for uuid, name in params.nodes.items()}
        self._keys: dict[str, tuple[str, int]] = {}  # node id -> name and key, as derived from the parameters
        self._state = _State()
        self._message = _Message()
        self._objects = Objects()

    def state(self) -> bytes:
        """Return what must survive a restart."""
        return msgspec.msgpack.encode(self._state)

    def restore(self, octets: bytes) -> None:
        """Go on where `state` was taken."""
        self._state = msgspec.msgpack.decode(octets, type=_State)

    def decode(self, rx_ns: int, payload: bytes) -> Decoded:
        """Return the plots and statuses of the messages that `payload` completes."""
        decoded = Decoded()
        batch = Batch(self._options, self._objects)
        for octets in self.messages(payload, decoded):
            decoded.records += 1
            reason = self._one(octets, batch, decoded)
            if reason:
                decoded.reject(reason)
        decoded.plots = batch.plots(rx_ns, self._state.seq + 1, decoded)
        self._state.seq = (self._state.seq + len(decoded.plots)) & 0xFFFF_FFFF
        return decoded

    def messages(self, payload: bytes, decoded: Decoded) -> list[bytes]:
        """Return whole messages without their length; the rest waits."""
        if self._params.framing == "message":
            return [payload]
        state = self._state
        if state.skip_octets:
            skipped = min(state.skip_octets, len(payload))
            state.skip_octets -= skipped
            payload = payload[skipped:]
        octets = state.tail + payload if state.tail else payload
        found: list[bytes] = []
        at, end = 0, len(octets)
        while at + 4 <= end:
            length = int.from_bytes(octets[at : at + 4], "little")
            after = at + 4 + length
            if length > MESSAGE_OCTETS_MAX:
                decoded.reject("message_too_long")
                state.skip_octets = max(after - end, 0)
            elif after > end:
                break
            else:
                found.append(octets[at + 4 : after])
            at = min(after, end)
        state.tail = octets[at:]
        return found

    def _one(self, octets: bytes, batch: Batch, decoded: Decoded) -> str:
        """Use one message and return nothing, or why it was refused."""
        message = self._message
        try:
            message.ParseFromString(octets)
        except DecodeError:
            return "bad_protobuf"
        content = message.WhichOneof("content")
        node_id = message.node_id
        if content is None or not node_id or not message.HasField("timestamp"):
            return "missing_field"
        name, sensor = self._keys.get(node_id) or self._name(node_id)
        if not name:
            return "bad_uuid"
        stamp = message.timestamp
        if not (0 < stamp.seconds < T_S_MAX and 0 <= stamp.nanos < NS_PER_S):
            return "bad_time"
        t_ns = stamp.seconds * NS_PER_S + stamp.nanos
        node = self._state.nodes.get(node_id)
        if node is not None and node.refused and content != "registration":
            return "effector_node_refused"
        if content == "detection_report":
            report = message.detection_report
            kind = PlotKind.TRACK if node is not None and node.is_fusion else PlotKind.POSITION
            seen_from = node.place if node is not None else None
            reason = batch.add(t_ns, sensor, node_id, int(kind), report, self._state.derived, seen_from)
            if not reason:
                decoded.names[sensor] = name
                decoded.names[self._objects.key(report.object_id)] = report.object_id
            return reason
        return self._other(t_ns, sensor, name, content, decoded)

    def _name(self, node_id: str) -> tuple[str, int]:
        if not rules.UUID.fullmatch(node_id):
            return "", 0
        if len(self._keys) >= NODES_MAX:
            self._keys.clear()
        name = self._names.get(node_id.lower(), node_id.lower())
        self._keys[node_id] = name, sensor_key_of(name)
        return self._keys[node_id]

    def _other(self, t_ns: int, sensor: int, name: str, content: str, decoded: Decoded) -> str:
        """Turn a message that is no detection into a status, unless a rule is against it."""
        message = self._message
        body = getattr(message, content)
        fault = ""
        if content == "registration":
            fault = rules.registration_fault(body)
            self._register(message.node_id, body, fault == "effector_node_refused")
        elif content == "task":
            destination = self._state.nodes.get(message.destination_id)
            refused = destination is not None and destination.refused
            fault = "weapon_task_refused" if refused else rules.task_fault(body)
        elif content == "error":
            fault = rules.error_fault(body)
        fault = fault or rules.schema_fault(message)
        if fault:
            return fault
        decoded.names[sensor] = name
        status = self._status(t_ns, sensor, name, content, body, decoded)
        decoded.statuses.append(status)
        if content == "status_report" and status.latitude_deg is not None and status.longitude_deg is not None:
            node = self._remembered(message.node_id)
            height_m = status.height_hae_m or 0.0
            node.place = math.radians(status.latitude_deg), math.radians(status.longitude_deg), height_m
        return ""

    def _register(self, node_id: str, registration: Any, refused: bool) -> None:
        node = self._remembered(node_id)
        node.is_fusion = any(definition.node_type == _FUSION for definition in registration.node_definition)
        node.refused = refused

    def _remembered(self, node_id: str) -> _Node:
        """Return what is known of a node; where the table is full the longest unheard is forgotten."""
        nodes = self._state.nodes
        node = nodes.pop(node_id, None) or _Node()
        if len(nodes) >= NODES_MAX:
            # a refused node stays known as long as there is any other to forget
            accepted = (known for known, other in nodes.items() if not other.refused)
            nodes.pop(next(accepted, next(iter(nodes))))
        nodes[node_id] = node
        return node

    def _status(self, t_ns: int, sensor: int, name: str, content: str, body: Any, decoded: Decoded) -> SensorReport:
        words = {"message": content, **_words(content, body)}
        place: Any = None
        if content == "status_report" and body.HasField("node_location"):
            place = body.node_location
        elif content == "alert" and body.WhichOneof("location_oneof") == "location":
            place = body.location
        latitude_deg = longitude_deg = height_hae_m = None
        if place is not None:
            found = self._place(place)
            if found is None:
                decoded.reject("place_not_readable")
            else:
                latitude_deg, longitude_deg, height_hae_m = found
        return SensorReport(
            t_ns=t_ns,
            sensor=sensor,
            what="status" if content == "status_report" else "other",
            latitude_deg=latitude_deg,
            longitude_deg=longitude_deg,
            height_hae_m=height_hae_m,
            name=name,
            words={key: word[:WORD_MAX] for key, word in words.items() if word},
        )

    def _place(self, location: Any) -> tuple[float, float, float | None] | None:
        return Batch(self._options, self._objects).place(location)


def _words(content: str, body: Any) -> dict[str, str]:
    """Return what a person should read of a message."""
    if content == "status_report":
        words = {
            "system": _enum(_REPORT.System, body.system, "SYSTEM_"),
            "mode": body.mode,
            "task_id": body.active_task_id,
            "status": "; ".join(
                f"{_enum(_REPORT.StatusType, one.status_type, 'STATUS_TYPE_')} {one.status_value}"
                for one in body.status[:8]
            ),
        }
        if body.HasField("power"):
            power = _enum(_REPORT.PowerStatus, body.power.status, "POWERSTATUS_")
            words["power"] = f"{power} {body.power.level}%" if body.power.HasField("level") else power
        return words
    if content == "registration":
        types = [
            _enum(registration_pb2.Registration.NodeType, one.node_type, "NODE_TYPE_") for one in body.node_definition
        ]
        return {"name": body.name, "node_type": ", ".join(types[:8]), "icd_version": body.icd_version}
    if content == "task":
        return {"task_id": body.task_id, "task": body.task_name, "command": body.command.WhichOneof("command") or ""}
    if content == "task_ack":
        return {"task_id": body.task_id, "task_status": str(body.task_status), "reason": "; ".join(body.reason[:8])}
    if content == "alert":
        return {"alert_id": body.alert_id, "description": body.description, "priority": str(body.priority)}
    if content == "alert_ack":
        return {"alert_id": body.alert_id, "reason": "; ".join(body.reason[:8])}
    if content == "error":
        return {"error": "; ".join(body.error_message[:8])}
    return {"accepted": str(body.acceptance).lower(), "reason": "; ".join(body.ack_response_reason[:8])}


def _enum(kinds: Any, value: int, prefix: str) -> str:
    try:
        return str(kinds.Name(value)).removeprefix(prefix).lower()
    except ValueError:
        return str(value)


class Reader:
    """Collects every message with every field that it sets, a table for each kind; nested names are joined by dots."""

    def __init__(self, params: Params) -> None:
        self._decoder = Decoder(params)
        self._rows: dict[str, list[dict[str, str | float | bool]]] = {}
        self._reasons: dict[str, int] = {}
        self._records = 0

    def feed(self, rx_ns: int, payload: bytes) -> None:
        """Take one payload."""
        decoded = Decoded()
        for octets in self._decoder.messages(payload, decoded):
            message = _Message()
            try:
                message.ParseFromString(octets)
            except DecodeError:
                decoded.reject("bad_protobuf")
                continue
            content = message.WhichOneof("content")
            if content is None:
                decoded.reject("missing_field")
                continue
            stamp = message.timestamp
            if not (0 <= stamp.seconds < T_S_MAX and 0 <= stamp.nanos < NS_PER_S):
                decoded.reject("bad_time")
                continue
            row: dict[str, Any] = {"t_ns": stamp.seconds * NS_PER_S + stamp.nanos, "rx_ns": rx_ns}
            row["node_id"] = message.node_id
            if message.destination_id:
                row["destination_id"] = message.destination_id
            try:
                body = json_format.MessageToDict(getattr(message, content), preserving_proto_field_name=True)
            except (json_format.Error, ValueError):
                decoded.reject("bad_time")  # a time inside it that no calendar knows
                continue
            self._records += 1
            row.update(_flat(body, ""))
            self._rows.setdefault(content, []).append(row)
        for reason, count in decoded.rejected.items():
            self._reasons[reason] = self._reasons.get(reason, 0) + count

    def tables(self) -> dict[str, pa.Table]:
        """Return a table for each kind of message that occurred."""
        return {name: _table(rows) for name, rows in sorted(self._rows.items())}

    def summary(self) -> dict[str, Any]:
        """Return the counts."""
        return {
            "records": self._records,
            "by_category": {name: len(rows) for name, rows in sorted(self._rows.items())},
            "errors": sum(self._reasons.values()),
            "reasons": dict(sorted(self._reasons.items())),
        }


def _flat(body: dict[str, Any], before: str) -> dict[str, Any]:
    """Return nested fields under joined names; lists as JSON text. Bounded: protobuf nests 100 deep at most."""
    cells: dict[str, Any] = {}
    for name, value in body.items():
        if isinstance(value, dict):
            cells.update(_flat(value, f"{before}{name}."))
        elif isinstance(value, list):
            cells[before + name] = msgspec.json.encode(value).decode()
        else:
            cells[before + name] = value
    return cells


def _table(rows: list[dict[str, Any]]) -> pa.Table:
    """Return rows with different fields as one table; a number that JSON writes as text ("NaN") stays a number."""
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {}
    for name in names:
        cells = [row.get(name) for row in rows]
        kinds = {type(cell) for cell in cells if cell is not None}
        if kinds <= {float, int} or kinds == {str} or kinds == {bool}:
            columns[name] = pa.array(cells)
        else:
            columns[name] = pa.array([_number(cell) for cell in cells], pa.float64())
    return pa.table(columns)


def _number(cell: Any) -> float | None:
    try:
        return None if cell is None else float(cell)
    except ValueError:
        return None
