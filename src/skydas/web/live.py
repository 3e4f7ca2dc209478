"""GET /api/v1/live: one WebSocket a page. The hub makes the frames; here they are only passed on."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, Final

from litestar import WebSocket, websocket
from litestar.exceptions import WebSocketDisconnect

from skydas.errors import RefusedError
from skydas.outputs.websocket import Subscription
from skydas.web.asked import Web

SEND_S_MAX: Final = 30.0  # a client that takes no frame for so long is gone
SNAPSHOT_REQUEST: Final = "snapshot"
TRY_AGAIN_LATER: Final = 1013  # RFC 6455, IANA registry of close codes
GOING_AWAY: Final = 1001


@websocket("/api/v1/live")
async def live(socket: WebSocket[Any, Any, Any], web: Web) -> None:
    """Pass frames on until either side ends."""
    await socket.accept()
    try:
        client = web.hub.subscribe()
    except RefusedError as error:
        await socket.close(TRY_AGAIN_LATER, str(error))
        return
    sending = asyncio.create_task(_send(socket, client))
    listening = asyncio.create_task(_listen(socket, client))
    try:
        await asyncio.wait((sending, listening), return_when=asyncio.FIRST_COMPLETED)
    finally:
        web.hub.unsubscribe(client)
        for task in (sending, listening):
            task.cancel()
        await asyncio.gather(sending, listening, return_exceptions=True)
    with contextlib.suppress(RuntimeError, WebSocketDisconnect, TimeoutError):  # closed already by the other side
        async with asyncio.timeout(SEND_S_MAX):
            await socket.close(GOING_AWAY, "the node ended the connection")


async def _send(socket: WebSocket[Any, Any, Any], client: Subscription) -> None:
    with contextlib.suppress(TimeoutError, WebSocketDisconnect):
        while (frame := await client.get()) is not None:
            async with asyncio.timeout(SEND_S_MAX):
                await socket.send_bytes(frame)


async def _listen(socket: WebSocket[Any, Any, Any], client: Subscription) -> None:
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            if await socket.receive_data(mode="text") == SNAPSHOT_REQUEST:
                client.ask_snapshot()
