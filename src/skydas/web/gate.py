"""Stands before everything: refuses who may not ask, and puts the protective headers on every answer."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qs

import msgspec
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from skydas.web.access import (
    COOKIE,
    SAFE_METHODS,
    Person,
    host_is_ours,
    may_ask,
    origin_is_ours,
    person_of,
    token_in,
)

REFUSED_SOCKET: Final = 4403
PHOTOS: Final = "/photos"  # where a body is a photo
API: Final = "/api/"
OWN_SITES: Final = ("same-origin", "none")  # of Sec-Fetch-Site; none: an address that a person typed
COOKIE_S: Final = 12 * 3600  # one shift
PAGES: Final = ("/", "/report")

# Symbols are data: images; everything else is the page's own files.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS: Final = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


class Refusal(msgspec.Struct, frozen=True):
    """Every error, as the asker gets it."""

    error: str
    what_to_do: str


class Gate:
    """ASGI around the whole application, so that paths which do not exist are guarded too."""

    def __init__(self, app: ASGIApp, *, on_loopback: bool, people: tuple[Person, ...]) -> None:
        self._app = app
        self._on_loopback = on_loopback
        self._people = people

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        kind: str = scope["type"]
        if kind not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        refused = self._refused(scope, headers)
        if refused is None and self._people:
            token = _asked_in(scope)
            if token and person_of(token, self._people):
                await _enter(token, scope["path"], send)
                return
            person = person_of(token_in(headers), self._people)
            if person is None:
                refused = (401, Refusal("a token is needed", "open /?token=YOUR_TOKEN once, or send it as Bearer"))
            elif not may_ask(person, str(scope.get("method", "")), scope["path"]):
                refused = (403, Refusal(f"{person.name} may only report", "open /report, or ask for another token"))
            else:
                scope.setdefault("state", {})["person"] = person
        if refused is None:
            await self._app(scope, receive, _with_headers(scope, send))
        elif kind == "websocket":
            await send({"type": "websocket.close", "code": REFUSED_SOCKET, "reason": refused[1].error})
        else:
            await _answer(_with_headers(scope, send), *refused)

    def _refused(self, scope: Any, headers: dict[bytes, bytes]) -> tuple[int, Refusal] | None:
        host = headers.get(b"host", b"").decode("latin-1")
        if self._on_loopback and not host_is_ours(host):
            return 403, Refusal(f"Host {host!r} is not this machine", "open http://127.0.0.1 with the node's port")
        acts = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
        if not acts and not scope["path"].startswith(API):
            return None
        fetched_from = headers.get(b"sec-fetch-site", b"none").decode("latin-1").strip().lower()
        if not acts and fetched_from not in OWN_SITES:  # a look may go into the record, under the name it gives
            return 403, Refusal("another site's page may not look here", f"open {host} itself")
        origin = headers.get(b"origin")
        scheme = {"ws": "http", "wss": "https"}.get(scope["scheme"], scope["scheme"])
        if origin is not None and not origin_is_ours(origin.decode("latin-1"), host, scheme):
            return 403, Refusal("another site's page may not do this", f"use the node's own page at {scheme}://{host}")
        if acts and scope["type"] == "http" and scope["method"] != "DELETE":  # which has no body, and no form can send
            content_type = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
            # Neither JSON nor a photo can be sent by a form of a foreign page; what a form can send is refused.
            is_photo = scope["path"].endswith(PHOTOS) and content_type.startswith(b"image/")
            if content_type != b"application/json" and not is_photo:
                return 415, Refusal("the body is not JSON", "send Content-Type: application/json")
        return None


def _asked_in(scope: Any) -> str:
    """Return the token in the address of a page, `/?token=X` or `/report?token=X`."""
    if scope["type"] != "http" or scope["method"] != "GET" or scope["path"] not in PAGES:
        return ""
    query = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=20) if scope["query_string"] else {}
    token: str = query.get("token", [""])[0]
    return token


async def _enter(token: str, path: str, send: Send) -> None:
    """Answer with the cookie and the page's address without the token, so that it stays in no history."""
    cookie = f"{COOKIE}={token}; Max-Age={COOKIE_S}; Path=/; HttpOnly; Secure; SameSite=Strict"
    headers = [
        (b"location", path.encode()),
        (b"set-cookie", cookie.encode()),
        (b"cache-control", b"no-store"),
        *_HEADERS,
    ]
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _answer(send: Send, status: int, refusal: Refusal) -> None:
    body = msgspec.json.encode(refusal)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _with_headers(scope: Any, send: Send) -> Send:
    """Return a `send` that adds our headers to an answer."""
    if scope["type"] != "http":
        return send
    cache = _cache_of(scope["path"])

    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            names = {name.lower() for name, _ in message["headers"]}
            added = [(name, value) for name, value in (*_HEADERS, (b"cache-control", cache)) if name not in names]
            message["headers"] = [*message["headers"], *added]
        await send(message)

    return wrapped


def _cache_of(path: str) -> bytes:
    """Return how long an answer may be kept: the picture not at all, the page's files until asked for again."""
    return b"no-store" if path.startswith("/api/") else b"no-cache"
