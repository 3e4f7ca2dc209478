"""Datagrams: unicast, broadcast or multicast, IPv4 or IPv6."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import struct
from typing import Final

import msgspec

from skydas.errors import SourceError
from skydas.sources import Emit

KERNEL_BUFFER_OCTETS: Final = 4 * 1024 * 1024


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where to listen."""

    port: int
    host: str = "127.0.0.1"  # own address to listen on; "0.0.0.0" for all
    group: str = ""  # multicast group to join
    interface: str = "0.0.0.0"  # own address of the interface that joins


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, emit: Emit) -> None:
        self._emit = emit

    def datagram_received(self, data: bytes, addr: object) -> None:
        self._emit.nowait(data)


def open_socket(params: Params) -> socket.socket:
    """Return the bound socket. Raises SourceError with what to check."""
    where = f"udp {params.group or params.host}:{params.port}"
    try:
        family = socket.AF_INET6 if ipaddress.ip_address(params.group or params.host).version == 6 else socket.AF_INET
        made = socket.socket(family, socket.SOCK_DGRAM)
        made.setblocking(False)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KERNEL_BUFFER_OCTETS)
        made.bind((params.group or params.host, params.port))
        if params.group and family == socket.AF_INET:
            joined = socket.inet_aton(params.group) + socket.inet_aton(params.interface)
            made.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, joined)
        elif params.group:
            joined = socket.inet_pton(socket.AF_INET6, params.group) + struct.pack("@I", 0)
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, joined)
    except (OSError, ValueError) as error:
        raise SourceError(
            f"{where}: cannot listen ({error}); is the address this machine's and the port free?"
        ) from error
    return made


async def run(params: Params, emit: Emit) -> None:
    """Hand each datagram to the node until cancelled."""
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Datagrams(emit), sock=open_socket(params)
    )
    emit.link("open", f"listening on {params.group or params.host}:{params.port}")
    try:
        await asyncio.Event().wait()
    finally:
        transport.close()
