"""Reports of people by the API, their photos, and the page for phones at /report.

Who reports is a pseudonym: a number that the device made up for itself, hashed with the node's name. Addresses are
counted for a minute or two in memory and kept nowhere. Photos lie outside the journal, which holds their hash, so
that they can be erased.
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
from litestar.exceptions import ClientException, NotFoundException, TooManyRequestsException
from litestar.openapi.spec import Example
from litestar.params import Body, Parameter
from litestar.response import Response

from skydas.clock import stopwatch_ns
from skydas.errors import RefusedError
from skydas.model import Action, PersonReport
from skydas.respond.people.limits import Bucket, per_minute
from skydas.respond.warning.params import WarnParams
from skydas.web.access import REPORTER
from skydas.web.acting import asker, check_may_act, recorded
from skydas.web.asked import Web
from skydas.web.state import WebState

PHOTO_OCTETS_MAX: Final = 4_000_000
PHOTOS_OCTETS_MAX: Final = 2_000_000_000  # of all; then no more are taken until some are erased
PHOTO_KINDS: Final = {"image/jpeg": (b"\xff\xd8\xff", "jpg"), "image/png": (b"\x89PNG\r\n\x1a\n", "png")}
PHONE: Final = Path(__file__).parent / "phone"
PHONE_FILES: Final = {
    "phone.js": "text/javascript",
    "words.js": "text/javascript",
    "queue.js": "text/javascript",
    "phone.css": "text/css",
}

Sha256 = Annotated[str, Parameter(pattern="^[0-9a-f]{64}$", description="SHA-256 of the photo")]
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

    sha256: str
    octets: int


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
    request_max_body_size=PHOTO_OCTETS_MAX,
)
async def send_photo(web: Web, request: Request[None, None, State]) -> PhotoAnswer:
    """Keep a JPEG or PNG and answer with the hash that a report names it by."""
    _count(request, web)
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    octets = await request.body()
    mark, suffix = PHOTO_KINDS.get(kind, (b"", ""))
    if not suffix or not octets.startswith(mark):
        raise ClientException(f"a photo is {' or '.join(PHOTO_KINDS)}, and its octets must be one")
    sha256 = hashlib.sha256(octets).hexdigest()
    await asyncio.to_thread(_store, photos(web), f"{sha256}.{suffix}", octets)
    return PhotoAnswer(sha256=sha256, octets=len(octets))


@get("/api/v1/sightings/photos/{sha256:str}", summary="The photo of a report")
async def photo(web: Web, sha256: Sha256) -> Response[bytes]:
    """Return a photo; 404 where there is none, or it was erased."""
    path = _photo(web, sha256)
    kind = next(kind for kind, (_, suffix) in PHOTO_KINDS.items() if path.suffix == f".{suffix}")
    headers = {"content-disposition": "inline", "cache-control": "no-store"}
    return Response(await asyncio.to_thread(path.read_bytes), media_type=kind, headers=headers)


@delete("/api/v1/sightings/photos/{sha256:str}", summary="Erase the photo of a report", status_code=200)
async def erase_photo(web: Web, request: Request[None, None, State], sha256: Sha256) -> PhotoAnswer:
    """Erase a photo for good; that somebody did is put into the record, the photo's hash stays there."""
    check_may_act(request)
    path = _photo(web, sha256)
    await recorded(web, request, "watch", "operator", "remark", {"text": f"photo {sha256} erased"})
    size = path.stat().st_size
    path.unlink(missing_ok=True)
    return PhotoAnswer(sha256=sha256, octets=size)


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


def photos(web: WebState) -> Path:
    """Return the folder of photos."""
    return Path(web.config.node.directory) / "photos"


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


def _photo(web: WebState, sha256: str) -> Path:
    for _, suffix in PHOTO_KINDS.values():
        path = photos(web) / f"{sha256}.{suffix}"
        if path.is_file():
            return path
    raise NotFoundException("there is no such photo, or it was erased")


def _store(folder: Path, name: str, octets: bytes) -> None:
    """Write a photo, readable by the node's own user alone. Raises RefusedError where there is no room."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (folder / name).exists():
        return
    if sum(path.stat().st_size for path in folder.iterdir()) + len(octets) > PHOTOS_OCTETS_MAX:
        raise RefusedError("no more photos can be kept; report without one")
    part = folder / f"{name}.part"
    part.touch(mode=0o600)
    part.write_bytes(octets)
    part.rename(folder / name)
