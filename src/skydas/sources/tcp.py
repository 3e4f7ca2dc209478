"""A TCP stream: as a client that connects again after a loss, or as a server for sensors that connect to us."""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec

from skydas.errors import SourceError
from skydas.sources import Emit

READ_OCTETS: Final = 64 * 1024
CLIENTS_MAX: Final = 16  # of the server; one more is refused
RETRY_S_MAX: Final = 60.0


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to connect to, or where to listen."""

    port: int
    host: str = "127.0.0.1"
    listen: bool = False
    retry_s: float = 1.0  # doubled at each failure, up to a minute
    connect_timeout_s: float = 10.0


async def run(params: Params, emit: Emit) -> None:
    """Hand what arrives to the node until cancelled."""
    await (_serve(params, emit) if params.listen else _connect(params, emit))


async def _connect(params: Params, emit: Emit) -> None:
    retry_s = params.retry_s
    while True:
        try:
            opening = asyncio.open_connection(params.host, params.port)
            reader, writer = await asyncio.wait_for(opening, params.connect_timeout_s)
        except (OSError, TimeoutError) as error:
            emit.link("lost", f"{params.host}:{params.port} {error or 'timed out'}; trying again")
        else:
            emit.link("open", f"connected to {params.host}:{params.port}")
            retry_s = params.retry_s
            try:
                while octets := await reader.read(READ_OCTETS):
                    await emit(octets)
                emit.link("lost", f"{params.host}:{params.port} closed the connection; trying again")
            except OSError as error:
                emit.link("lost", f"{params.host}:{params.port} {error}; trying again")
            finally:
                writer.close()
        await asyncio.sleep(retry_s)
        retry_s = min(2.0 * retry_s, RETRY_S_MAX)


async def _serve(params: Params, emit: Emit) -> None:
    busy: set[int] = set()

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(busy) >= CLIENTS_MAX:
            writer.close()
            return
        connection = next(number for number in range(CLIENTS_MAX) if number not in busy)
        busy.add(connection)
        emit.link("open", f"{len(busy)} connected to port {params.port}", connection)
        try:
            while octets := await reader.read(READ_OCTETS):
                await emit(octets, connection=connection)
        except OSError as error:
            emit.link("lost", str(error), connection)
        finally:
            busy.discard(connection)
            writer.close()
            if not busy:
                emit.link("lost", f"nobody is connected to port {params.port}", connection)

    try:
        server = await asyncio.start_server(client, params.host, params.port)
    except OSError as error:
        raise SourceError(f"tcp {params.host}:{params.port}: cannot listen ({error}); is the port free?") from error
    emit.link("waiting", f"listening on {params.host}:{params.port}")
    async with server:
        await server.serve_forever()
