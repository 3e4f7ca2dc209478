"""Approved warnings leave as CAP 1.2 files, and are posted where an address is given.

A file is written once, whole, and under the message's own identifier; `IDENTIFIER.posted` beside it says that the
receiver took it, so that a restart neither loses nor repeats a warning: what has none and has not expired is posted
then. What is not approved by a named person, or is not the octets that were approved, is not written: that is told as
an alarm.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import threading
import urllib.error
import urllib.request
from datetime import datetime
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

import msgspec
import structlog

from skydas.clock import LiveClock
from skydas.disk import write_whole
from skydas.model import NS_PER_S, Input, InputKind, PublicWarning, link_payload
from skydas.outputs import Emit, Inbox
from skydas.respond.warning.cap import NAMESPACE

WAITING_MAX: Final = 100  # messages that could not be posted yet; then the oldest is given up, with an alarm
RETRY_S: Final = 10.0
MESSAGE_OCTETS_MAX: Final = 10_000_000
ANSWER_OCTETS_MAX: Final = 65_536
TOKEN_OCTETS_MAX: Final = 4_096
CONTENT_TYPE: Final = "application/cap+xml; charset=utf-8"
SOURCE: Final = "cap"

log = structlog.get_logger()


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the messages go."""

    path: str = "warnings"  # a folder in `directory`, unless it begins with /
    url: str = ""  # https; each message is posted there as well
    token_file: str = ""  # whose first line is sent as Bearer
    timeout_s: float = 10.0
    actual: bool = True  # False: only exercises and tests leave
    directory: str = "."


class Post:
    """A folder of messages, and those that still wait to be posted."""

    def __init__(self, params: Params) -> None:
        self._params = params
        self.folder = Path(params.directory, params.path)
        self._is_posting = threading.Lock()
        self.waiting: dict[str, tuple[Path, int]] = {}  # identifier -> file, when it expires

    def find_unposted(self, now_ns: int) -> list[str]:
        """Take up what an earlier run wrote and did not post, unless it has expired; return what cannot be read."""
        if not self._params.url or not self.folder.is_dir():
            return []
        found, faults = [], []
        for path in sorted(self.folder.glob("*.xml")):
            if path.with_suffix(".posted").exists():
                continue
            try:
                sent, status, expires_ns = _read(path)
            except (OSError, ValueError, ElementTree.ParseError) as error:
                faults.append(f"{path} is no message of ours and is not posted: {error}")
                continue
            if expires_ns > now_ns and (self._params.actual or status != "Actual"):
                number = path.stem.rpartition("-")[2]
                found.append((sent, int(number) if number.isdecimal() else 0, path, expires_ns))
        for _, _, path, expires_ns in sorted(found)[-WAITING_MAX:]:  # an update after what it updates
            self.waiting[path.stem] = path, expires_ns
        return faults

    def write(self, fact: PublicWarning) -> str:
        """Write a warning that left; return what is wrong with it, empty: nothing."""
        octets = fact.cap.encode()
        if not fact.approved_by or hashlib.sha256(octets).hexdigest() != fact.cap_sha256:
            return f"warning {fact.number} was not written: it is not what a person approved"
        if not self._params.actual and not fact.is_exercise:
            return f"warning {fact.number} was not written: this output lets only exercises and tests leave"
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{fact.cap_id}.xml"
        if not path.exists():
            write_whole(path, octets)
        lost = ""
        if self._params.url and not path.with_suffix(".posted").exists():
            self.waiting[fact.cap_id] = path, fact.expires_ns
            if len(self.waiting) > WAITING_MAX:
                oldest = next(iter(self.waiting))
                del self.waiting[oldest]
                lost = f"{oldest} was never posted: more than {WAITING_MAX} wait"
        return lost

    def post(self) -> str:
        """Post what waits, the oldest first; return why it stopped, empty: all is posted. Runs in a thread."""
        with self._is_posting:  # at the end of a run the last round may still be under way
            return self._post_all()

    def _post_all(self) -> str:
        for identifier, (path, _) in list(self.waiting.items()):
            try:
                octets = path.read_bytes()
            except OSError as error:
                return f"{path}: {error}"
            reason = self._sent(octets)
            if reason:
                return reason
            self.waiting.pop(identifier, None)
            try:
                path.with_suffix(".posted").touch()
            except OSError as error:
                return f"{identifier} was posted, and will be again after a restart: {error}"
        return ""

    def forget_expired(self, now_ns: int) -> list[str]:
        """Give up what nobody needs any more; return what."""
        late = [identifier for identifier, (_, expires_ns) in self.waiting.items() if expires_ns <= now_ns]
        for identifier in late:
            del self.waiting[identifier]
        return late

    def _sent(self, octets: bytes) -> str:
        headers = {"Content-Type": CONTENT_TYPE}
        try:
            if self._params.token_file:
                with Path(self._params.token_file).open() as opened:
                    headers["Authorization"] = f"Bearer {opened.readline(TOKEN_OCTETS_MAX).strip()}"
            request = urllib.request.Request(self._params.url, data=octets, headers=headers, method="POST")
            with urllib.request.urlopen(request, timeout=self._params.timeout_s) as answer:
                answer.read(ANSWER_OCTETS_MAX)
        except urllib.error.HTTPError as error:
            return f"{self._params.url} answered {error.code}"
        except (OSError, ValueError) as error:  # no way there, or no address
            return f"{self._params.url}: {error}"
        return ""


def _read(path: Path) -> tuple[str, str, int]:
    """Return when a message was sent, its status and when it expires. Raises OSError, ValueError, ParseError."""
    if path.stat().st_size > MESSAGE_OCTETS_MAX:
        raise ValueError(f"larger than {MESSAGE_OCTETS_MAX} octets")
    names = {"": NAMESPACE}
    root = ElementTree.fromstring(path.read_bytes())
    sent, status, expires = (root.findtext(name, "", names) for name in ("sent", "status", "info/expires"))
    expires_ns = round(datetime.fromisoformat(expires).timestamp()) * NS_PER_S
    return sent, status, expires_ns


async def run(params: Params, inbox: Inbox, emit: Emit) -> None:
    """Write and post approved warnings until there are no more facts."""
    post, clock = Post(params), LiveClock()

    async def tell(state: str, text: str) -> None:
        log.warning("cap_" + state, reason=text)
        await emit(Input(clock.now_ns(), SOURCE, InputKind.LINK, link_payload(state, text)))

    async def keep_posting() -> None:
        was_lost = False
        while True:
            for identifier in post.forget_expired(clock.now_ns()):
                await tell("lost", f"{identifier} expired before it could be posted")
            reason = await asyncio.to_thread(post.post)
            if reason and not was_lost:
                await tell("lost", f"warnings cannot be posted: {reason}; trying again every {RETRY_S:.0f} s")
            elif was_lost and not reason:
                await tell("open", "warnings are posted again")
            was_lost = bool(reason)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RETRY_S):
                    await due.wait()
            due.clear()

    due = asyncio.Event()
    for fault in await asyncio.to_thread(post.find_unposted, clock.now_ns()):
        await tell("lost", fault)
    posting = asyncio.create_task(keep_posting()) if params.url else None
    try:
        while (got := await inbox.get()) is not None:
            fact = got[0]
            if not isinstance(fact, PublicWarning) or fact.state != "approved":
                continue
            try:
                fault = await asyncio.to_thread(post.write, fact)
            except OSError as error:
                fault = f"warning {fact.number} could not be written: {error}"
            if fault:
                await tell("lost", fault)
            due.set()
    finally:
        if posting is not None:
            posting.cancel()
            await asyncio.gather(posting, return_exceptions=True)
            if post.waiting:
                await asyncio.to_thread(post.post)  # the node stops: once more, so that the last one does not wait
