"""The API of incidents: looking at them, their reports, witnesses' contacts and photos, erasing, the audit.

Every view of an incident or of a personal record is an action of the node: it is on disk before anything is shown.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Final

import msgspec
from litestar import get, post
from litestar.exceptions import ClientException, NotFoundException
from litestar.openapi.spec import Example
from litestar.params import Body, Parameter
from litestar.response import Response, Stream

from skydas.errors import RefusedError
from skydas.model import ActionTaken, Incident
from skydas.outputs._report_forms import FORMS
from skydas.outputs._report_gather import gather, made, track_lines
from skydas.outputs._report_html import CONTENT_SECURITY_POLICY
from skydas.outputs._report_words import Language, spoken
from skydas.store import position, reading
from skydas.store.photos import KINDS, PHOTO_OCTETS_MAX
from skydas.web.acting import AnyRequest, check_may_act, recorded
from skydas.web.answers import Name
from skydas.web.asked import Web
from skydas.web.incident_answers import (
    AuditAnswer,
    AuditLine,
    ContactBody,
    EraseBody,
    ErasedAnswer,
    IncidentAnswer,
    IncidentLine,
    IncidentsAnswer,
    KeptAnswer,
)
from skydas.web.photos import sealed_photo
from skydas.web.state import WebState
from skydas.web.store_door import caught_up, connected, vault_of

NUMBER_MAX: Final = 2**31 - 1
_NUMBER: Final = [Example(summary="the node's first", value=1)]
_CONTACT: Final = [
    Example(summary="a caller", value={"name": "A. Witness", "contact": "+370 600 00000", "who": "watch"})
]
_ERASE: Final = [Example(summary="on request", value={"reason": "asked for by the person", "who": "watch"})]

Number = Annotated[int, Parameter(ge=1, le=NUMBER_MAX, description="the node's number of it", examples=_NUMBER)]
Headings = Annotated[Language | None, Parameter(description="of the headings; else what the browser asks for")]
Who = Annotated[Name, Parameter(description="who looks, for the audit; where tokens are in use, the token's")]


@get("/api/v1/incidents", summary="The newest incidents")
async def incidents(web: Web, request: AnyRequest, before: Annotated[int, Parameter(ge=0)] = 0) -> IncidentsAnswer:
    """Return the newest incidents, the newest first, at most 1,000; `before`: those with lower numbers only."""
    async with connected(web, request) as connection:
        found = await reading.incidents(connection, web.config.node.name, before)
    names = IncidentLine.__struct_fields__
    return IncidentsAnswer(incidents=[IncidentLine(**{name: getattr(one, name) for name in names}) for one in found])


@get("/api/v1/incidents/{number:int}", summary="One incident; the view goes into the audit")
async def incident(web: Web, request: AnyRequest, number: Number, who: Who = "watch") -> IncidentAnswer:
    """Return one incident with its alerts and what is known of its personal records, without their content."""
    await _known(web, request, number)
    taken = await recorded(web, request, who, "operator", "view_incident", {"incident": str(number), "form": "screen"})
    name = web.config.node.name
    async with connected(web, request) as connection:
        await caught_up(connection, taken)
        found = await reading.incident(connection, name, number)
        assert found is not None
        return IncidentAnswer(
            incident=found,
            alerts=await reading.alerts(connection, name, found.alerts),
            personal=await reading.personal_records(connection, name, number),
        )


@get(
    [f"/api/v1/incidents/{{number:int}}/report.{form.suffix}" for form in FORMS.values()],
    summary="The report of an incident; the view goes into the audit",
)
async def report(
    web: Web, request: AnyRequest, number: Number, who: Who = "watch", language: Headings = None
) -> Response[bytes]:
    """Return the report as PDF, HTML, JSON, MISP event or CSV, as the path ends."""
    language = language or spoken(request.headers.get("accept-language", ""))
    suffix = request.url.path.partition("report.")[2]
    word, form = next((word, form) for word, form in FORMS.items() if form.suffix == suffix)
    await _known(web, request, number)
    taken = await recorded(web, request, who, "operator", "view_incident", {"incident": str(number), "form": word})
    async with connected(web, request) as connection:
        await caught_up(connection, taken)
        dossier = await gather(connection, made(web.config, taken.who, taken.now_ns), number)
    if web.history is not None:
        tracks = await asyncio.to_thread(track_lines, web.history, dossier.incident, taken.now_ns)
        dossier = msgspec.structs.replace(dossier, tracks=tracks)
    dossier = msgspec.structs.replace(dossier, language=language)
    octets = await asyncio.to_thread(form.render, dossier)
    headers = {"Content-Disposition": f'inline; filename="{dossier.node}-incident-{number}.{suffix}"'}
    if word == "html":
        headers["Content-Security-Policy"] = f"{CONTENT_SECURITY_POLICY}; frame-ancestors 'self'"
    return Response(octets, media_type=form.media_type, headers=headers)


@post("/api/v1/incidents/{number:int}/contacts", summary="Keep a witness's name and contact, sealed")
async def keep_contact(
    web: Web, request: AnyRequest, number: Number, data: Annotated[ContactBody, Body(examples=_CONTACT)]
) -> KeptAnswer:
    """Seal who a witness is under a key of its own; the node's record gets the hash only."""
    check_may_act(request)
    await _known(web, request, number)
    content = msgspec.json.encode({"name": data.name, "contact": data.contact, "words": data.words})
    sealed = await asyncio.to_thread(vault_of(web).seal, content)
    fields = {"incident": str(number), "sha256": sealed.sha256, "octet_count": str(sealed.octet_count)}
    return await _kept(web, request, (data.who, data.role), "keep_contact", fields)


@post(
    "/api/v1/incidents/{number:int}/photos",
    summary="Keep a photo, sealed",
    request_max_body_size=None,  # counted below, as it comes
)
async def keep_photo(
    web: Web,
    request: AnyRequest,
    number: Number,
    who: Who = "watch",
    person: Annotated[int, Parameter(ge=0, le=NUMBER_MAX, description="whose it is, where known")] = 0,
) -> KeptAnswer:
    """Seal the body, a photo, as it comes: whole, with all that the camera wrote into it."""
    check_may_act(request)
    await _known(web, request, number)
    sealed, media_type = await sealed_photo(vault_of(web), request, PHOTO_OCTETS_MAX, KINDS)
    fields = {"incident": str(number), "sha256": sealed.sha256, "octet_count": str(sealed.octet_count)}
    fields |= {"media_type": media_type} | ({"person": str(person)} if person else {})
    return await _kept(web, request, (who, "operator"), "keep_photo", fields)


@get("/api/v1/personal/{number:int}", summary="A personal record; the view goes into the audit")
async def personal(web: Web, request: AnyRequest, number: Number, who: Who = "watch") -> Stream:
    """Return the content of a personal record: JSON of a contact, or a photo."""
    check_may_act(request)
    async with connected(web, request) as connection:
        record = await reading.personal_record(connection, web.config.node.name, number)
    if record is None:
        raise NotFoundException(f"there is no personal record {number}")
    vault = vault_of(web)
    if record.is_erased or not vault.is_readable(record.sha256):
        raise ClientException(f"personal record {number} was erased; nobody can read it any more", status_code=410)
    if not await asyncio.to_thread(vault.intact, record.sha256):
        raise ClientException(f"personal record {number} is damaged or missing on disk", status_code=410)
    fields = {"incident": str(record.incident), "form": record.kind, "record": str(number)}
    await recorded(web, request, who, "operator", "view_incident", fields)
    suffix = record.media_type.partition("/")[2] or "json"
    headers = {"Content-Disposition": f'attachment; filename="record-{number}.{suffix}"'}
    return Stream(vault.open(record.sha256), media_type=record.media_type or "application/json", headers=headers)


@post("/api/v1/persons/{number:int}/erase", summary="Erase a person's records, for good", status_code=200)
async def erase(
    web: Web, request: AnyRequest, number: Number, data: Annotated[EraseBody, Body(examples=_ERASE)]
) -> ErasedAnswer:
    """Delete the keys of all records of a person; their hashes stay, and the audit says who erased them and why."""
    check_may_act(request)
    fields = {"person": str(number), "reason": data.reason}
    taken = await recorded(web, request, data.who, data.role, "erase_person", fields)
    async with connected(web, request) as connection:
        await caught_up(connection, taken)
        records = await reading.records_of_person(connection, web.config.node.name, number)
    for record in records:
        await asyncio.to_thread(vault_of(web).erase, record.sha256)
    return ErasedAnswer(person=number, records=[record.number for record in records])


@get("/api/v1/audit", summary="Rows of the audit")
async def audit(
    web: Web,
    request: AnyRequest,
    start: Annotated[int, Parameter(ge=0, description="first row")] = 0,
    limit: Annotated[int, Parameter(ge=1, le=reading.LISTED_MAX)] = 100,
) -> AuditAnswer:
    """Return rows of the audit from `start` on, and the hash in which its chain ends."""
    name = web.config.node.name
    async with connected(web, request) as connection:
        at = await position(connection, name)
        links = await reading.audit(connection, name, start, limit)
    rows = []
    for link in links:
        said = msgspec.json.decode(link.record, type=ActionTaken)
        columns = {column: getattr(link, column) for column in AuditLine.__struct_fields__ if column != "fields"}
        rows.append(AuditLine(**columns, fields=said.fields))
    return AuditAnswer(rows=rows, row_count=at.audit.row_count, sha256=at.audit.sha256)


HANDLERS: Final = (incidents, incident, report, keep_contact, keep_photo, personal, erase, audit)


async def _known(web: WebState, request: AnyRequest, number: int) -> Incident:
    async with connected(web, request) as connection:
        found = await reading.incident(connection, web.config.node.name, number)
    if found is None:
        raise NotFoundException(f"there is no incident {number}")
    return found


async def _kept(
    web: WebState, request: AnyRequest, actor: tuple[str, str], what: str, fields: dict[str, str]
) -> KeptAnswer:
    """Tell the node what was sealed; a record that it does not take is removed again."""
    try:
        taken = await recorded(web, request, *actor, what, fields)
    except RefusedError:
        await asyncio.to_thread(vault_of(web).remove, fields["sha256"])
        raise
    async with connected(web, request) as connection:
        await caught_up(connection, taken)
        record = await reading.personal_record_of(connection, taken.node, fields["sha256"])
    if record is None:
        raise RefusedError("it is kept, but the database does not say so yet; look again before sending it twice")
    return KeptAnswer(**{name: getattr(record, name) for name in KeptAnswer.__struct_fields__})
