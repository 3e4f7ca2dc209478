"""Who may listen, and who may ask: addresses, tokens, and the checks on every request.

On loopback there is no token: whoever is on the machine is trusted, but not a foreign page in that person's browser.
So the Host must be a loopback name (DNS rebinding) and the Origin of everything that acts must be our own page
(cross-site requests and WebSockets); nor does another page fetch from the API, where a look may go into the record.
On any other address TLS and a token are needed as well.
"""

from __future__ import annotations

import hmac
import ipaddress
import stat
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from skydas.errors import ConfigError
from skydas.model.config import WebSection

PORT_MAX: Final = 65_535
TOKEN_CHARACTERS_MIN: Final = 24
TOKENS_MAX: Final = 1_000
TOKEN_FILE_OCTETS_MAX: Final = 1_000_000
COOKIE: Final = "skydas_token"
REPORTER: Final = "reporter"  # the role that reports sightings and sees nothing
VIEWER: Final = "viewer"  # the role that looks and does not act
ROLES: Final = (
    VIEWER,
    REPORTER,
    "operator",
    "officer",
    "supervisor",
    "commander",
)  # from the third on: they act, and the record says as what
REPORTER_PATHS: Final = {"GET": ("/report",), "POST": ("/api/v1/sightings",)}  # and what lies below these
SAFE_METHODS: Final = ("GET", "HEAD", "OPTIONS")
_LOOPBACK_NAMES: Final = ("localhost", "127.0.0.1", "::1")


class Person(msgspec.Struct, frozen=True):
    """Whom a token stands for."""

    token: str
    name: str
    role: str


def is_loopback(host: str) -> bool:
    """Say whether `host` is this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_listen(web: WebSection) -> None:
    """Raise ConfigError unless `web` is loopback, or has a token file, a certificate and its key."""
    faults = []
    if not 0 <= web.port <= PORT_MAX:
        faults.append(f"web.port: must be 0 to {PORT_MAX} (0: any that is free), got {web.port}")
    if not is_loopback(web.host):
        for key, what in (
            ("token_file", "a file of tokens"),
            ("certificate_file", "a certificate"),
            ("key_file", "the certificate's key"),
        ):
            if not getattr(web, key):
                faults.append(f"web.{key}: missing; to listen on {web.host} it needs {what}, or set host = '127.0.0.1'")
    if bool(web.certificate_file) != bool(web.key_file):
        faults.append("web: certificate_file and key_file go together")
    for key in ("token_file", "certificate_file", "key_file"):
        path = getattr(web, key)
        if path and not Path(path).is_file():
            faults.append(f"web.{key}: there is no file {path}")
    if faults:
        raise ConfigError(*faults)


def read_tokens(path: Path) -> tuple[Person, ...]:
    """Return who may enter, from lines of `TOKEN NAME ROLE`; `#` begins a comment. Raises ConfigError.

    A role is one of ROLES, in capitals or not: a viewer who is written otherwise must not be one who acts.
    """
    try:
        if path.stat().st_size > TOKEN_FILE_OCTETS_MAX:
            raise ConfigError(f"web.token_file: {path} is larger than {TOKEN_FILE_OCTETS_MAX} octets")
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ConfigError(f"web.token_file: others can read {path}; run: chmod 600 {path}")
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"web.token_file: {path} cannot be read ({error})") from error
    people = []
    faults = []
    for number, line in enumerate(lines, 1):
        words = line.split("#", 1)[0].split()
        if not words:
            continue
        if len(words) != 3:
            faults.append(f"web.token_file: {path} line {number}: expected TOKEN NAME ROLE, got {len(words)} words")
        elif len(words[0]) < TOKEN_CHARACTERS_MIN or not words[0].isascii():
            faults.append(
                f"web.token_file: {path} line {number}: a token has at least {TOKEN_CHARACTERS_MIN} ASCII characters"
            )
        elif words[2].casefold() not in ROLES:
            there_are = ", ".join(ROLES)
            faults.append(
                f"web.token_file: {path} line {number}: there is no role {words[2]!r}; there are: {there_are}"
            )
        else:
            people.append(Person(words[0], words[1], words[2].casefold()))
    if not people and not faults:
        faults.append(f"web.token_file: {path} holds no token; add a line: TOKEN NAME ROLE")
    if len(people) > TOKENS_MAX:
        faults.append(f"web.token_file: {path} holds more than {TOKENS_MAX} tokens")
    if faults:
        raise ConfigError(*faults)
    return tuple(people)


def person_of(token: str, people: tuple[Person, ...]) -> Person | None:
    """Return whom a token stands for. Compares with every token, each in constant time."""
    given = token.encode("utf-8", "surrogateescape")
    found = None
    for person in people:
        if hmac.compare_digest(given, person.token.encode()):
            found = person
    return found


def token_in(headers: dict[bytes, bytes]) -> str:
    """Return the token of a request: the bearer's, else the cookie's (a browser's WebSocket can send no header)."""
    scheme, _, bearer = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    if scheme.lower() == "bearer":
        return bearer.strip()
    try:
        cookies = SimpleCookie(headers.get(b"cookie", b"").decode("latin-1"))
    except CookieError:
        return ""
    return cookies[COOKIE].value if COOKIE in cookies else ""


def host_is_ours(host: str) -> bool:
    """Say whether a Host header names this machine; any port, for there may be a tunnel before us."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port  # a port that is no number raises
        return parts.hostname in _LOOPBACK_NAMES and "@" not in host
    except ValueError:
        return False


def origin_is_ours(origin: str, host: str, scheme: str) -> bool:
    """Say whether an Origin header is the page that this very Host served."""
    return origin.lower() == f"{scheme}://{host}".lower()


def may_ask(person: Person, method: str, path: str) -> bool:
    """Say whether a person may ask for a path at all: reporters reach their own page and nothing else."""
    if person.role != REPORTER:
        return True
    return any(path == own or path.startswith(f"{own}/") for own in REPORTER_PATHS.get(method, ()))
