"""Where Remote ID travels: from a radio frame, an advertisement or a line of JSON to its messages.

radiotap      0, any 1, length 2 (little-endian), ..., then an 802.11 frame
802.11        frame control 2, duration 2, address 1 6, address 2 (sender) 6, address 3 6, sequence 2, body at 24
beacon        body: time 8, interval 2, capabilities 2, then elements: number 1, length 1, octets
              vendor element DD, length, FA 0B BC, 0D, counter 1, message or pack
NAN action    body: 04 09 50 6F 9A 13, then attributes: number 1, length 2 (little-endian), octets
              attribute 03: service 88 69 19 9D 92 09, instance 1, requestor 1, control 1, [bitmap, filters], info
              length 1, counter 1, message or pack
Bluetooth     advertising data: length 1, type 1, octets; type 16: FA FF, 0D, counter 1, message (legacy) or pack (5)
  air         access address D6 BE 89 8E, header 2, sender 6, advertising data; extended: header of its own length
  host        04 3E length 02|0D ...: advertising report of the controller
JSON line     {"t_utc": ..., "mac": "60:60:1f:aa:bb:cc", "receiver": "roof-1", "rssi_dbm": -71, "data": "f219..."}
              `data`: hexadecimal, any of the above
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

MAC_NONE: Final = ""
ELEMENTS_MAX: Final = 256
PAYLOAD_OCTETS_MAX: Final = 4_096

_BEACON: Final = frozenset({0x80, 0x50})  # beacon, probe response
_ACTION: Final = 0xD0
_VENDOR: Final = b"\xfa\x0b\xbc\x0d"
_NAN: Final = b"\x04\x09\x50\x6f\x9a\x13"
_NAN_SERVICE: Final = b"\x88\x69\x19\x9d\x92\x09"
_BLUETOOTH: Final = b"\xfa\xff\x0d"
_ADVERTISING_ADDRESS: Final = b"\xd6\xbe\x89\x8e"


class Heard(msgspec.Struct, frozen=True):
    """One carrier's content: a message or a pack."""

    mac: str
    transport: str
    counter: int | None
    octets: bytes


def unpack(payload: bytes) -> Iterator[Heard]:
    """Yield what a radio frame or an advertisement carries; nothing where it carries no Remote ID."""
    if len(payload) > PAYLOAD_OCTETS_MAX:
        return
    if (len(payload) == 25 and payload[0] >> 4 <= 5) or (payload[:1] >= b"\xf0" and payload[1:2] == b"\x19"):
        yield Heard(MAC_NONE, "message", None, payload)
    elif payload[10:14] == _ADVERTISING_ADDRESS:  # behind the recorder's own header
        yield from _bluetooth(payload)
    elif payload[:3] == b"\0\0\0" and payload[4:6] == b"\x04\x3e":  # a host's recording that notes the direction
        yield from _bluetooth(payload[4:])
    elif payload[:1] == b"\0" and len(payload) > 8:  # the second octet is padding and may be anything
        yield from _frame(payload[payload[2] | payload[3] << 8 :])
    elif payload[:1] in (b"\x80", b"\x50", b"\xd0"):
        yield from _frame(payload)
    else:
        yield from _bluetooth(payload)


def mac_text(octets: bytes) -> str:
    """Return six octets as `60:60:1f:aa:bb:cc`."""
    return octets.hex(":") if len(octets) == 6 else MAC_NONE


def _frame(frame: bytes) -> Iterator[Heard]:
    if len(frame) < 26:
        return
    mac, body = mac_text(frame[10:16]), frame[24:]
    if frame[0] in _BEACON:
        at = 12
        for _ in range(ELEMENTS_MAX):
            if at + 2 > len(body):
                return
            element = body[at + 2 : at + 2 + body[at + 1]]
            if body[at] == 0xDD and element.startswith(_VENDOR) and len(element) > 5:
                yield Heard(mac, "wifi_beacon", element[4], element[5:])
            at += 2 + body[at + 1]
    elif frame[0] == _ACTION and body.startswith(_NAN):
        yield from _nan(mac, body)


def _nan(mac: str, body: bytes) -> Iterator[Heard]:
    at = len(_NAN)
    for _ in range(ELEMENTS_MAX):
        if at + 3 > len(body):
            return
        length = body[at + 1] | body[at + 2] << 8
        attribute = body[at + 3 : at + 3 + length]
        if body[at] == 3 and attribute.startswith(_NAN_SERVICE) and len(attribute) > 10:
            info = _service_info(attribute)
            if len(info) > 1:
                yield Heard(mac, "wifi_nan", info[0], info[1:])
        at += 3 + length


def _service_info(attribute: bytes) -> bytes:
    """Return the service's own octets: what stands before them depends on the bits of the control octet."""
    control, at = attribute[8], 9
    if control & 0x40:  # binding bitmap
        at += 2
    for bit in (0x04, 0x08):  # matching filter, response filter
        if control & bit and at < len(attribute):
            at += 1 + attribute[at]
    if not control & 0x10 or at >= len(attribute):
        return b""
    return attribute[at + 1 : at + 1 + attribute[at]]


def _bluetooth(payload: bytes) -> Iterator[Heard]:
    mac, data = _advertising_data(payload)
    at = 0
    for _ in range(ELEMENTS_MAX):
        if at + 2 > len(data) or data[at] == 0:
            return
        structure = data[at + 2 : at + 1 + data[at]]
        if data[at + 1] == 0x16 and structure.startswith(_BLUETOOTH) and len(structure) > 4:
            pack = structure[4] >> 4 == 0xF
            yield Heard(mac, "bluetooth_5" if pack else "bluetooth_4", structure[3], structure[4:])
        at += 1 + data[at]


def _advertising_data(payload: bytes) -> tuple[str, bytes]:
    """Return the sender and the advertising data of an air packet, a controller's report, or bare data."""
    for at in (0, 10):  # 10: behind the recorder's own header
        if payload[at : at + 4] == _ADVERTISING_ADDRESS:
            body = payload[at + 6 : at + 6 + payload[at + 5]] if len(payload) > at + 6 else b""
            if payload[at + 4] & 0x0F != 7:
                return mac_text(body[5::-1]), body[6:]
            # extended: length of its header (low 6 bits), flags, then the sender first where bit 0 is set
            header = body[0] & 0x3F if body else 0
            sender = body[2:8] if len(body) > 8 and body[1] & 1 else b""
            return mac_text(sender[::-1]), body[1 + header :]
    if payload[:2] == b"\x04\x3e" and len(payload) > 5:
        report = payload[5:]  # after the sub-event and the count of reports: the first is read
        if payload[3] == 0x02 and len(report) > 9:
            return mac_text(report[7:1:-1]), report[9 : 9 + report[8]]
        if payload[3] == 0x0D and len(report) > 24:
            return mac_text(report[8:2:-1]), report[24 : 24 + report[23]]
    return MAC_NONE, payload
