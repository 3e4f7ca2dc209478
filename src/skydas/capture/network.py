"""UDP and TCP payloads out of packets; radio frames (802.11, Bluetooth) are handed out whole.

Ethernet    destination 6, source 6, type 2; 802.1Q and 802.1ad put a tag of 4 octets before the type
Linux SLL   16 octets, type at 14; SLL2: 20 octets, type at 0
loopback    4 octets, address family, in either byte order
IPv4        header length in the low half of octet 0 (x 4), total length at 2, flags and fragment offset at 6,
            protocol at 9
IPv6        payload length at 4, next header at 6, 40 octets; extension headers: next 1, length 1 (x 8, + 8)
UDP         source port 2, destination port 2, length 2, checksum 2
TCP         source port 2, destination port 2, sequence 4, acknowledgement 4, header length in the high half of octet 12
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterator
from typing import Final

from skydas.capture.chunk import Chunk, Errors, count_error
from skydas.capture.packets import Octets, Packet
from skydas.capture.tcp import Streams

_ETHERNET, _NULL, _LOOP, _SLL, _SLL2 = 1, 0, 108, 113, 276
_RAW_IP: Final = frozenset({12, 14, 101, 228, 229})
# 802.11, Prism, radiotap, AVS, HCI H4, HCI H4 with direction, PPI, LE link layer and its forms with a radio header
_RADIO: Final = frozenset({105, 119, 127, 163, 187, 192, 201, 251, 256, 272})
_TAGS: Final = frozenset({0x8100, 0x88A8, 0x9100})
_TAGS_MAX: Final = 4
_EXTENSIONS: Final = frozenset({0, 43, 60})  # hop by hop, routing, destination options
_EXTENSIONS_MAX: Final = 8
_TCP, _UDP, _FRAGMENT = 6, 17, 44
_IPV4, _IPV6 = 0x0800, 0x86DD
# each system's own number for the address family IPv6 on a loopback link
_FAMILIES: Final = {2: _IPV4, 10: _IPV6, 24: _IPV6, 28: _IPV6, 30: _IPV6}


def payloads(packets: Iterator[Packet], errors: Errors) -> Iterator[Chunk]:
    """Yield what the packets carry. Packets of other protocols are counted, not yielded."""
    streams = Streams(errors)
    for packet in packets:
        if packet.link_type in _RADIO:
            yield Chunk(packet.t_ns, bytes(packet.octets))
            continue
        network = _network(packet, errors)
        if network is not None:
            yield from _transport(packet, network, streams, errors)
    yield from streams.rest()


def _network(packet: Packet, errors: Errors) -> Octets | None:
    octets, link_type = packet.octets, packet.link_type
    try:
        if link_type == _ETHERNET:
            at, kind = _after_tags(octets, 12)
        elif link_type in _RAW_IP:
            at, kind = 0, {4: _IPV4, 6: _IPV6}.get(octets[0] >> 4, 0)
        elif link_type == _SLL:
            at, kind = _after_tags(octets, 14)
        elif link_type == _SLL2:
            at, kind = 20, octets[0] << 8 | octets[1]
        elif link_type in (_NULL, _LOOP):
            family = int.from_bytes(octets[:4], "big" if octets[0] == 0 else "little")
            at, kind = 4, _FAMILIES.get(family, 0)
        else:
            count_error(errors, "unknown_link_type")
            return None
    except IndexError:
        count_error(errors, "cut_short")
        return None
    if kind not in (_IPV4, _IPV6):
        count_error(errors, "not_ip")
        return None
    return octets[at:]


def _after_tags(octets: Octets, at: int) -> tuple[int, int]:
    for _ in range(_TAGS_MAX):
        kind = octets[at] << 8 | octets[at + 1]
        if kind not in _TAGS:
            return at + 2, kind
        at += 4
    return at, 0


def _transport(packet: Packet, network: Octets, streams: Streams, errors: Errors) -> Iterator[Chunk]:
    try:
        protocol, at, end, addresses = _ip(network)
    except (IndexError, struct.error):
        count_error(errors, "cut_short")
        return
    if protocol == _FRAGMENT:
        count_error(errors, "ip_fragment")
        return
    if protocol not in (_TCP, _UDP):
        count_error(errors, "not_udp_or_tcp")
        return
    if at + (8 if protocol == _UDP else 20) > len(network):
        count_error(errors, "cut_short")
        return
    if end > len(network):
        # the recording kept less than was sent; a stream only loses a piece, a datagram is of no use
        count_error(errors, "cut_short")
        if protocol == _UDP:
            return
    if protocol == _UDP:
        yield from _udp(packet.t_ns, network, at, end, addresses, errors)
    else:
        yield from streams.segment(packet.t_ns, network[at:end], addresses)


def _ip(network: Octets) -> tuple[int, int, int, Octets]:
    """Return the protocol, where its header starts, where the packet ends, and source + destination address."""
    if network[0] >> 4 == 4:
        at = (network[0] & 0x0F) * 4
        total = network[2] << 8 | network[3]
        end = total or len(network)  # 0: the network card was left to cut the packet up
        fragmented = (network[6] << 8 | network[7]) & 0x3FFF  # more fragments, or an offset
        return _FRAGMENT if fragmented else network[9], at, end, network[12:20]
    end = 40 + (network[4] << 8 | network[5])
    protocol, at = network[6], 40
    for _ in range(_EXTENSIONS_MAX):
        if protocol not in _EXTENSIONS:
            break
        protocol, at = network[at], at + 8 + network[at + 1] * 8
    return protocol, at, end, network[8:40]


def _udp(t_ns: int, network: Octets, at: int, end: int, addresses: Octets, errors: Errors) -> Iterator[Chunk]:
    port, length = network[at + 2] << 8 | network[at + 3], network[at + 4] << 8 | network[at + 5]
    if length < 8 or at + length > end:
        count_error(errors, "bad_udp_length")
        return
    yield Chunk(t_ns, bytes(network[at + 8 : at + length]), port, _group(addresses))


def _group(addresses: Octets) -> str:
    """Return the destination if it is a multicast group, else nothing."""
    destination = addresses[len(addresses) // 2 :]
    multicast = destination[0] >> 4 == 0xE if len(destination) == 4 else destination[0] == 0xFF
    return str(ipaddress.ip_address(bytes(destination))) if multicast else ""
