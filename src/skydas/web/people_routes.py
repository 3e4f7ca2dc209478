"""Reports of people by the API, their photos, and the page for phones at /report.

Who reports is a pseudonym: a number that the device made up for itself, hashed with the node's name. Addresses are
counted for a minute or two in memory and kept nowhere. Photos are sealed under a key each outside the journal, which
holds the hash of the sealed octets, so that they can be erased.
"""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import structlog
from litestar import Request, delete, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException, TooManyRequestsException
from litestar.openapi.spec import Example
from litestar.params import Body, Parameter
from litestar.response import Response

from skydas.clock import stopwatch_ns
from skydas.errors import RefusedError
from skydas.model import Action, PersonReport
from skydas.model.personal import ERASE_PHOTO, VIEW_PHOTO
from skydas.respond.people.limits import Bucket, per_minute
from skydas.respond.warning.params import WarnParams
from skydas.store import Vault, sighting_photos
from skydas.store.photos import KINDS, media_type_of
from skydas.web.access import REPORTER
from skydas.web.acting import asker, check_may_act, recorded
from skydas.web.answers import Name
from skydas.web.asked import Web
from skydas.web.photos import sealed_photo
from skydas.web.state import WebState

PHOTO_OCTETS_MAX: Final = 4_000_000
PHOTOS_OCTETS_MAX: Final = 2_000_000_000  # of all; then no more are taken until some are erased
PHOTO_KINDS: Final = {kind: KINDS[kind] for kind in ("image/jpeg", "image/png")}  # what the page for phones sends
PHONE: Final = Path(__file__).parent / "phone"
PHONE_FILES: Final = {
    "phone.js": "text/javascript",
    "words.js": "text/javascript",
    "queue.js": "text/javascript",
    "phone.css": "text/css",
}

Sha256 = Annotated[str, Parameter(pattern="^[0-9a-f]{64}$", description="SHA-256 of the sealed photo")]
Who = Annotated[Name, Parameter(description="who acts, for the audit; where tokens are in use, the token's")]
Reason = Annotated[str, Parameter(min_length=1, max_length=500, description="why it is erased")]
_REPORT: Final = [
    Example(
        summary="somebody hears a moped over the lake",
        value={
            "id": "3f9a-1",
            "reporter": "3f9a",
            "t_utc": "2026-11-21T08:00:05Z",
            "latitude_deg": 55.91,
            "longitude_deg": 25.3,
            "azimuth_magnetic_deg": 71,
            "sense": "heard",
            "words": "like a moped, low, over the lake",
        },
    )
]

log = structlog.get_logger()


class SightingAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """That a report was taken: it is on disk."""

    now_ns: int
    reporter: str  # the pseudonym that it is kept under


class PhotoAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a photo is called; the report names it as `photo_sha256`."""

    sha256: str  # of the sealed octets
    octets: int


class ErasedPhoto(msgspec.Struct, frozen=True, kw_only=True):
    """That a photo was erased."""

    sha256: str


@post("/api/v1/sightings", summary="Report what you saw or heard", status_code=201)
async def report_sighting(
    web: Web, request: Request[None, None, State], data: Annotated[PersonReport, Body(examples=_REPORT)]
) -> SightingAnswer:
    """Hand a person's report to the node and answer when it is on disk; 409 says why it did not count."""
    _count(request, web)
    person = asker(request)
    own = data.reporter or (person.name if person is not None else _address(request))
    reporter = pseudonym(web.config.node.name, own)
    given = msgspec.to_builtins(msgspec.structs.replace(data, reporter=reporter))
    fields = {name: str(value) for name, value in given.items() if value not in (None, "")}
    who, role = (person.name, person.role) if person is not None and person.role != REPORTER else (reporter, REPORTER)
    taken = await web.submit(Action(who=who, role=role, what="report_sighting", fields=fields))
    if taken.refused:
        raise RefusedError(taken.refused)
    return SightingAnswer(now_ns=taken.now_ns, reporter=reporter)


@post(
    "/api/v1/sightings/photos",
    summary="Send the photo of a report",
    status_code=201,
    request_max_body_size=None,  # counted as it comes
)
async def send_photo(web: Web, request: Request[None, None, State]) -> PhotoAnswer:
    """Seal a JPEG or PNG under a key of its own, and answer with the hash that a report names it by."""
    _count(request, web)
    vault = sighting_photos(web.config.node.directory)
    if await asyncio.to_thread(vault.octets) > PHOTOS_OCTETS_MAX:
        raise RefusedError("no more photos can be kept; report without one")
    sealed, _ = await sealed_photo(vault, request, PHOTO_OCTETS_MAX, PHOTO_KINDS)
    return PhotoAnswer(sha256=sealed.sha256, octets=sealed.octet_count)


@get("/api/v1/sightings/photos/{sha256:str}", summary="The photo of a report; the view goes into the audit")
async def photo(web: Web, request: Request[None, None, State], sha256: Sha256, who: Who = "watch") -> Response[bytes]:
    """Return a photo; 404 where there is none, or it was erased."""
    check_may_act(request)
    vault = sighting_photos(web.config.node.directory)
    _check_readable(vault, sha256)
    await recorded(web, request, who, "operator", VIEW_PHOTO, {"sha256": sha256})
    octets = await asyncio.to_thread(lambda: b"".join(vault.open(sha256)))
    headers = {"content-disposition": "inline", "cache-control": "no-store"}
    return Response(octets, media_type=media_type_of(octets[:64]), headers=headers)


@delete("/api/v1/sightings/photos/{sha256:str}", summary="Erase the photo of a report", status_code=200)
async def erase_photo(
    web: Web, request: Request[None, None, State], sha256: Sha256, who: Who = "watch", reason: Reason = "asked for"
) -> ErasedPhoto:
    """Erase a photo for good: the node deletes its key and its octets; its hash, who erased it and why stay."""
    check_may_act(request)
    _check_readable(sighting_photos(web.config.node.directory), sha256)
    await recorded(web, request, who, "operator", ERASE_PHOTO, {"sha256": sha256, "reason": reason})
    return ErasedPhoto(sha256=sha256)


@get("/report", summary="The page for phones", media_type="text/html", sync_to_thread=False)
def phone_page() -> Response[bytes]:
    """Return the page on which a person reports what they see or hear."""
    return Response((PHONE / "index.html").read_bytes(), media_type="text/html")


@get("/report/{name:str}", include_in_schema=False, sync_to_thread=False)
def phone_file(name: Annotated[str, Parameter(description="of a file")]) -> Response[bytes]:
    """Return one of the page's own files."""
    if name not in PHONE_FILES:
        raise NotFoundException(f"the page has no file {name[:40]!r}")
    return Response((PHONE / name).read_bytes(), media_type=PHONE_FILES[name])


HANDLERS: Final = (report_sighting, send_photo, photo, erase_photo, phone_page, phone_file)


def pseudonym(node_name: str, own: str) -> str:
    """Return the name a reporter is kept under: the same for the same device and node, and nothing else."""
    return "p-" + hashlib.sha256(f"{node_name}\n{own}".encode()).hexdigest()[:12]


def _address(request: Request[Any, Any, Any]) -> str:
    return request.client.host if request.client is not None else ""


def _count(request: Request[Any, Any, Any], web: WebState) -> None:
    """Count a request of an address, before anything of it reaches the node. Raises TooManyRequestsException."""
    door: Bucket | None = request.app.state.get("sightings_door")
    if door is None:
        params = msgspec.convert(web.config.warn, WarnParams).people
        door = request.app.state["sightings_door"] = per_minute(params.per_address_minute)
    now_ns, address = stopwatch_ns(), _address(request)
    if not door.takes(address, now_ns):
        raise TooManyRequestsException(f"too many from this address; again in {door.wait_s(address, now_ns):.0f} s")


def _check_readable(vault: Vault, sha256: str) -> None:
    if not vault.is_readable(sha256):
        raise NotFoundException("there is no such photo, or it was erased")
