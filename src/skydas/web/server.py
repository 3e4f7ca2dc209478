"""Serve the application with uvicorn: one socket, bound before anything is promised, and a graceful stop."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import Iterator
from typing import Final

import uvicorn
from litestar import Litestar

from skydas.errors import OutputError
from skydas.model.config import WebSection
from skydas.web.access import check_listen

CONNECTIONS_MAX: Final = 1_000
SOCKET_MESSAGE_OCTETS_MAX: Final = 1_024  # a page only ever asks for a snapshot
SOCKET_MESSAGES_MAX: Final = 8
STOP_S_MAX: Final = 3
BACKLOG_MAX: Final = 256


class _Server(uvicorn.Server):
    """A server that leaves signals to the node, which stops everything in its own order."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def listen(web: WebSection) -> socket.socket:
    """Return a listening socket. Raises ConfigError where that is not allowed, OutputError where it cannot be done."""
    check_listen(web)
    try:
        family, _, _, _, address = socket.getaddrinfo(web.host, web.port, type=socket.SOCK_STREAM)[0]
        opened = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise OutputError(f"web.host: {web.host!r} is no address here ({error.strerror}); use 127.0.0.1") from error
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(address)
        opened.listen(BACKLOG_MAX)
    except OSError as error:
        opened.close()
        if error.errno == errno.EADDRINUSE:
            text = (
                f"port {web.port} on {web.host} is taken; stop what uses it, or choose another "
                "(--port, or port under [web] in the node file)"
            )
            raise OutputError(text) from error
        raise OutputError(f"cannot listen on {web.host} port {web.port}: {error.strerror}; set [web]") from error
    opened.setblocking(False)
    return opened


async def serve(app: Litestar, web: WebSection, listening: socket.socket | None = None) -> None:
    """Serve until cancelled; connections then get STOP_S_MAX to end. Raises as `listen` does."""
    opened = listening if listening is not None else listen(web)
    server = _Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            lifespan="on",
            ws_max_size=SOCKET_MESSAGE_OCTETS_MAX,
            ws_max_queue=SOCKET_MESSAGES_MAX,
            ws_per_message_deflate=False,  # 50 clients would cost 50 compressions of the same frame
            limit_concurrency=CONNECTIONS_MAX,
            timeout_graceful_shutdown=STOP_S_MAX,
            ssl_certfile=web.certificate_file or None,
            ssl_keyfile=web.key_file or None,
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[opened]))
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        server.should_exit = True
        await serving
        raise
    finally:
        opened.close()
